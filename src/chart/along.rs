//! Where dates lie along the plot: one after the other, or year over year.

use super::{Point, date_of_days, days};
use chrono::{Datelike, NaiveDate};

/// All years are laid over this one, which has a 29 February.
const YEAR: i32 = 2000;
/// How strong the oldest of several years is.
const OLDEST: f32 = 0.35;

/// Where dates lie along the plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Along {
    /// The dates.
    pub dates: Vec<NaiveDate>,
    /// Days since 1970-01-01.
    pub days: Vec<f64>,
    /// Where they lie: as [`Self::days`], or on the same day of one year.
    pub places: Vec<f64>,
    /// Whether years lie over one another.
    pub folded: bool,
}

impl Along {
    /// Dates in order, one after the other or year over year.
    pub fn new(dates: &[NaiveDate], folded: bool) -> Self {
        let place = |date: &NaiveDate| match folded {
            true => days(date.with_year(YEAR).unwrap_or(*date)),
            false => days(*date),
        };
        Self {
            dates: dates.to_vec(),
            days: dates.iter().map(|date| days(*date)).collect(),
            places: dates.iter().map(place).collect(),
            folded,
        }
    }

    /// Why years cannot be laid over one another: the dates span no more than one.
    pub fn is_one_year(dates: &[NaiveDate]) -> bool {
        let (first, last) =
            (dates.first().copied().unwrap_or_default(), dates.last().copied().unwrap_or_default());
        (last - first).num_days() <= 366
    }

    /// From where to where the plot goes.
    pub fn span(&self) -> (f64, f64) {
        let whole_year = || {
            let day = |month, day| NaiveDate::from_ymd_opt(YEAR, month, day).map(days);
            Some((day(1, 1)?, day(12, 31)?))
        };
        let (first, last) = match self.folded {
            true => whole_year().unwrap_or((0.0, 366.0)),
            false => {
                (self.places.first().copied().unwrap_or(0.0), self.places.last().copied().unwrap_or(1.0))
            }
        };
        let margin = ((last - first) * 0.02).max(5.0);
        (first - margin, last + margin)
    }

    /// The year that a line belongs to, where there is a line a year.
    pub fn year(&self, time: usize) -> Option<i32> {
        self.dates.get(time).map(NaiveDate::year).filter(|_| self.folded)
    }

    /// The years that have lines of their own, or one `None` for all.
    pub fn years(&self) -> Vec<Option<i32>> {
        let mut years: Vec<Option<i32>> = (0..self.dates.len()).map(|time| self.year(time)).collect();
        years.dedup();
        years
    }

    /// Whether a line is broken between a date and the one before.
    pub fn breaks_before(&self, time: usize) -> bool {
        time > 0 && self.year(time) != self.year(time - 1)
    }

    /// Dates with values that follow one another without a gap, on the line of one year.
    pub fn runs(&self, values: &[f32]) -> Vec<std::ops::Range<usize>> {
        let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
        for (time, _) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
            match runs.last_mut() {
                Some(run) if run.end == time && !self.breaks_before(time) => run.end += 1,
                _ => runs.push(time..time + 1),
            }
        }
        runs
    }

    /// How strong a line of this year is, from 0 to 1: later years stand out.
    pub fn strength(&self, year: Option<i32>) -> f32 {
        let (Some(year), Some(first), Some(last)) = (year, self.dates.first(), self.dates.last()) else {
            return 1.0;
        };
        let all = (last.year() - first.year()).max(1) as f32;
        OLDEST + (1.0 - OLDEST) * (year - first.year()) as f32 / all
    }

    /// Points of a line over days, each year by itself and where it lies.
    pub fn parts(&self, points: &[Point]) -> Vec<(Option<i32>, Vec<Point>)> {
        if !self.folded {
            return vec![(None, points.to_vec())];
        }
        let mut parts: Vec<(Option<i32>, Vec<Point>)> = Vec::new();
        for [day, value] in points {
            let Some(date) = date_of_days(*day) else { continue };
            let place = date.with_year(YEAR).map_or(*day, days);
            match parts.last_mut() {
                Some((year, part)) if *year == Some(date.year()) => part.push([place, *value]),
                _ => parts.push((Some(date.year()), vec![[place, *value]])),
            }
        }
        parts
    }

    /// The date nearest to a place; of one year with the date `now`, where there is a line a year.
    pub fn nearest(&self, place: f64, now: usize) -> Option<usize> {
        let year = self.year(now);
        let distance = |time: &usize| (self.places[*time] - place).abs();
        let times = (0..self.places.len()).filter(|time| self.year(*time) == year);
        times.min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }

    /// The date that lies at a place, on the line of a year.
    pub fn at(&self, place: f64, year: Option<i32>) -> Option<usize> {
        (0..self.places.len())
            .find(|time| self.year(*time) == year && (self.places[*time] - place).abs() < 0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn dates() -> Vec<NaiveDate> {
        vec![date(2020, 2, 29), date(2020, 11, 1), date(2021, 3, 1), date(2021, 11, 2), date(2022, 1, 1)]
    }

    #[test]
    fn years_lie_over_one_another_by_month_and_day() {
        let along = Along::new(&dates(), true);
        assert_eq!(along.years(), [Some(2020), Some(2021), Some(2022)]);
        assert_eq!(along.places[3] - along.places[1], 1.0);
        assert_eq!(along.places[2] - along.places[0], 1.0, "the 29 February has its place");
        let (from, to) = along.span();
        assert!(along.places.iter().all(|place| (from..=to).contains(place)));
        let strengths: Vec<f32> = along.years().into_iter().map(|year| along.strength(year)).collect();
        assert!(strengths.windows(2).all(|pair| pair[0] < pair[1]) && strengths[2] == 1.0);
        assert!(along.breaks_before(2) && !along.breaks_before(1) && !along.breaks_before(0));
        let points: Vec<Point> = along.days.iter().map(|day| [*day, 1.0]).collect();
        let parts = along.parts(&points);
        assert_eq!(parts.iter().map(|(_, part)| part.len()).collect::<Vec<_>>(), [2, 2, 1]);
    }

    #[test]
    fn a_place_is_that_of_the_nearest_date_of_the_same_year() {
        let folded = Along::new(&dates(), true);
        let march = folded.places[2];
        assert_eq!(folded.nearest(march + 3.0, 0), Some(0));
        assert_eq!(folded.nearest(march + 3.0, 3), Some(2));
        assert_eq!((folded.at(march, Some(2021)), folded.at(march, Some(2022))), (Some(2), None));
        let straight = Along::new(&dates(), false);
        assert_eq!(straight.nearest(straight.days[2] + 3.0, 0), Some(2));
        assert_eq!(straight.years(), [None]);
        assert_eq!(straight.strength(None), 1.0);
    }

    #[test]
    fn one_date_and_none_have_a_span() {
        for folded in [true, false] {
            let one = Along::new(&[date(2022, 5, 5)], folded);
            assert!(one.span().0 < one.places[0] && one.span().1 > one.places[0]);
            assert_eq!(one.nearest(0.0, 0), Some(0));
            let none = Along::new(&[], folded);
            assert!(none.span().0 < none.span().1);
            assert_eq!(none.nearest(0.0, 0), None);
        }
        assert!(Along::is_one_year(&[]) && Along::is_one_year(&[date(2022, 5, 5), date(2023, 5, 4)]));
        assert!(!Along::is_one_year(&dates()));
    }
}
