//! Dates of a site that are not as their neighbours in time lead one to expect.

use super::matching::{period_days, season_apart};
use super::{Statistics, median};

/// A date stands out from so many spreads on (Iglewicz & Hoaglin 1993, "How to detect and handle outliers").
pub const STANDS_OUT: f32 = 3.5;
/// Of fewer dates nothing can be told.
pub const ENOUGH_DATES: usize = 5;
/// Up to so many dates the spread that one is held against is that of the dates that are not beside it.
const FEW_DATES: usize = 24;
/// From the median absolute deviation to the standard deviation of what is normally distributed.
const NORMAL: f32 = 1.4826;

/// How far each date of a site is from what one expects of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    bands: usize,
    /// `time x band`, in spreads, brighter is positive; NaN where it cannot be told.
    z: Vec<f32>,
    /// A figure a date, over its bands.
    pub scores: Vec<f32>,
    /// A date each: what half of the values span, in shares of what it does at the neighbours; NaN where it cannot be told.
    pub contrast: Vec<f32>,
}

impl Drift {
    /// How far the median of a band at a date is from what one expects, in spreads; NaN where it cannot be told.
    pub fn z(&self, time: usize, band: usize) -> f32 {
        self.z.get(time * self.bands + band).copied().filter(|_| band < self.bands).unwrap_or(f32::NAN)
    }

    /// Whether a date stands out.
    pub fn stands_out(&self, time: usize) -> bool {
        self.scores.get(time).is_some_and(|score| *score >= STANDS_OUT)
    }
}

/// Holds the median of each band and date against a straight line between the dates before and after it, and against the
/// same time of year in at least two other years; the nearer one counts, since a harvest is no drift. A spread is the
/// usual size (1.4826 x the median absolute deviation) of these differences, but no less than a sixth of what half of the
/// values of a date span, 2 % of the values, or one stored step. The score of a date is the mean over the third of the bands that
/// differ most. Of few dates the spread leaves out the date itself and those beside it. The date that stands out most is
/// set aside before the others are looked at, so that it does not spoil
/// its neighbours; at most a third of them are.
pub fn drift(statistics: &Statistics, bands: &[usize]) -> Drift {
    let (times, all) = (statistics.dates.len(), statistics.bands.len());
    let mut drift = Drift {
        bands: all,
        z: vec![f32::NAN; times * all],
        scores: vec![0.0; times],
        contrast: vec![f32::NAN; times],
    };
    let seen = |time: usize| bands.iter().any(|band| statistics.cell(time, *band).is_some());
    let present = (0..times).filter(|time| seen(*time)).count();
    if present < ENOUGH_DATES {
        return drift;
    }
    let lines: Vec<Line> = bands.iter().map(|band| Line::of(statistics, *band)).collect();
    let mut aside = vec![false; times];
    for _ in 0..=present / 3 {
        for (line, band) in lines.iter().zip(bands) {
            for (time, z) in line.spreads(&aside).into_iter().enumerate() {
                drift.z[time * all + band] = z;
            }
        }
        for time in 0..times {
            drift.scores[time] = score((0..bands.len()).map(|i| drift.z[time * all + bands[i]]));
        }
        let worst = (0..times).filter(|time| !aside[*time]);
        let worst = worst.max_by(|a, b| drift.scores[*a].total_cmp(&drift.scores[*b]));
        match worst.filter(|time| drift.scores[*time] >= STANDS_OUT) {
            Some(worst) if aside.iter().filter(|out| **out).count() < present / 3 => aside[worst] = true,
            _ => break,
        }
    }
    for time in 0..times {
        drift.contrast[time] = median(lines.iter().map(|line| line.contrast(time, &aside)));
    }
    drift
}

/// The mean of the third of the bands that differ most.
fn score(z: impl Iterator<Item = f32>) -> f32 {
    let mut sizes: Vec<f32> = z.filter(|z| z.is_finite()).map(f32::abs).collect();
    sizes.sort_unstable_by(|a, b| b.total_cmp(a));
    let most = sizes.len().div_ceil(3);
    sizes.iter().take(most).sum::<f32>() / most.max(1) as f32
}

/// The medians of one band.
struct Line<'a> {
    statistics: &'a Statistics,
    band: usize,
    days: Vec<f32>,
    medians: Vec<f32>,
    /// The least that a spread is.
    least: f32,
}

impl<'a> Line<'a> {
    fn of(statistics: &'a Statistics, band: usize) -> Self {
        let first = statistics.dates.first().copied().unwrap_or_default();
        let of = |time: usize| statistics.cell(time, band);
        let times = 0..statistics.dates.len();
        let medians: Vec<f32> =
            times.clone().map(|time| of(time).map_or(f32::NAN, |cell| cell.median)).collect();
        let quartiles = median(times.filter_map(|time| Some(of(time)?.quartile_range())));
        let usual = median(medians.iter().map(|value| value.abs()));
        let least =
            (quartiles / 6.0).max(0.02 * usual).max(statistics.bands[band].step).max(f32::MIN_POSITIVE);
        let days = statistics.dates.iter().map(|date| (*date - first).num_days() as f32).collect();
        Self { statistics, band, days, medians, least }
    }

    /// The nearest dates before and after one that were seen and are not set aside.
    fn neighbours(&self, time: usize, aside: &[bool]) -> (Option<usize>, Option<usize>) {
        let counts = |other: &usize| self.medians[*other].is_finite() && !aside[*other];
        ((0..time).rev().find(counts), (time + 1..self.medians.len()).find(counts))
    }

    /// What the other years have at this time of year, where at least two do.
    fn other_years(&self, time: usize, aside: &[bool]) -> Option<f32> {
        let dates = &self.statistics.dates;
        let half = (period_days(dates) / 2.0).max(1.0);
        let same = |other: &usize| {
            let far = (dates[*other] - dates[time]).num_days().abs() > 180;
            far && !aside[*other] && season_apart(dates[*other], dates[time]) as f64 <= half
        };
        let found: Vec<f32> =
            (0..dates.len()).filter(same).map(|i| self.medians[i]).filter(|v| v.is_finite()).collect();
        (found.len() >= 2).then(|| median(found))
    }

    /// How far each date is from what one expects, in spreads.
    fn spreads(&self, aside: &[bool]) -> Vec<f32> {
        let times = self.medians.len();
        // The first and the last date have one neighbour, and differ from it by more than from a line between two.
        let mut between = vec![f32::NAN; times];
        let mut at_end = vec![f32::NAN; times];
        let mut steps = Vec::new();
        for time in 0..times {
            let value = self.medians[time];
            if !value.is_finite() {
                continue;
            }
            let seasonal = self.other_years(time, aside).map(|expected| value - expected);
            let nearer = |difference: f32| match seasonal {
                Some(other) if other.abs() < difference.abs() => other,
                _ => difference,
            };
            match self.neighbours(time, aside) {
                (Some(before), Some(after)) => {
                    let share =
                        (self.days[time] - self.days[before]) / (self.days[after] - self.days[before]);
                    let (from, to) = (self.medians[before], self.medians[after]);
                    between[time] = nearer(value - (from + (to - from) * share));
                    if !aside[time] {
                        steps.push(value - from);
                    }
                }
                (Some(only), None) | (None, Some(only)) => at_end[time] = nearer(value - self.medians[only]),
                (None, None) => {}
            }
        }
        let usual = |without: &dyn Fn(usize) -> bool| {
            let kept = (0..times).filter(|time| !aside[*time] && !without(*time));
            NORMAL * median(kept.map(|time| between[time].abs()))
        };
        let spread = usual(&|_| false).max(self.least);
        // Of few dates, one that stands out makes the spread wide itself, and by its neighbours, which are held against it.
        let own = |time: usize| {
            let near = usual(&|other| other.abs_diff(time) <= 1);
            if times <= FEW_DATES && near.is_finite() { near.max(self.least) } else { spread }
        };
        let at_end_spread = (NORMAL * median(steps.into_iter().map(f32::abs))).max(spread);
        (0..times)
            .map(|time| match between[time].is_finite() {
                true => between[time] / own(time),
                false => at_end[time] / at_end_spread,
            })
            .collect()
    }

    /// What half of the values of a date span, in shares of what it does at the neighbours.
    fn contrast(&self, time: usize, aside: &[bool]) -> f32 {
        let range = |time: usize| self.statistics.cell(time, self.band).map(|cell| cell.quartile_range());
        let (before, after) = self.neighbours(time, aside);
        let around: Vec<f32> = [before, after].into_iter().flatten().filter_map(range).collect();
        let usual = around.iter().sum::<f32>() / around.len() as f32;
        match range(time) {
            Some(own) if usual > 0.0 => own / usual,
            _ => f32::NAN,
        }
    }
}
