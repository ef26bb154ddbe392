//! Series made smooth for the eye, and the season that they tell. What is mapped is never smoothed.
//!
//! Dates need not be evenly apart, and gaps count for nothing.

use serde::{Deserialize, Serialize};

/// How the plot draws a smooth line beside what was observed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Smoothing {
    /// Not at all.
    #[default]
    Off,
    /// Whittaker's smoother, close to what was observed.
    WhittakerLight,
    /// Whittaker's smoother, for noisy series.
    WhittakerStrong,
    /// Savitzky and Golay's: a parabola through the seven nearest observations of each date.
    SavitzkyGolay,
}

/// Days of the period of which Whittaker's smoother leaves half: what is shorter is noise, what is longer is season.
const LIGHT: f64 = 60.0;
const STRONG: f64 = 120.0;
/// Observations that a parabola goes through.
const WINDOW: usize = 7;

impl Smoothing {
    /// All of them, as they are offered.
    pub const ALL: [Self; 4] = [Self::Off, Self::WhittakerLight, Self::WhittakerStrong, Self::SavitzkyGolay];

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Off => "not smoothed",
            Self::WhittakerLight => "Whittaker, 60 days",
            Self::WhittakerStrong => "Whittaker, 120 days",
            Self::SavitzkyGolay => "Savitzky–Golay",
        }
    }

    /// Whether nothing is smoothed.
    pub fn is_off(&self) -> bool {
        *self == Self::Off
    }

    /// The smooth values at each date, those of gaps included; `None` where nothing is smoothed or there are fewer than three
    /// observations. `days` rise; gaps are what is no finite number.
    pub fn of(self, days: &[f64], values: &[f32]) -> Option<Vec<f64>> {
        let seen = values.iter().filter(|value| value.is_finite()).count();
        if seen < 3 || days.len() != values.len() || days.windows(2).any(|pair| pair[0] >= pair[1]) {
            return None;
        }
        match self {
            Self::Off => None,
            Self::WhittakerLight => Some(whittaker(days, values, LIGHT)),
            Self::WhittakerStrong => Some(whittaker(days, values, STRONG)),
            Self::SavitzkyGolay => Some(savitzky_golay(days, values)),
        }
    }
}

/// Whittaker's smoother (Eilers 2003, 10.1021/ac034173t): the values `z` of least
/// `sum of w (y - z)^2 + lambda * sum of (second divided difference of z)^2`, w being 1 where there is an observation. Of a wave
/// of `period` days half is left, however far apart the dates are: lambda is the fourth power of the period over 2 pi, in mean
/// distances between dates.
fn whittaker(days: &[f64], values: &[f32], period: f64) -> Vec<f64> {
    let n = days.len();
    let step = (days[n - 1] - days[0]) / (n - 1) as f64;
    let lambda = (period / step / std::f64::consts::TAU).powi(4);
    // The matrix is symmetric with two bands beside its diagonal.
    let (mut diagonal, mut first, mut second) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    let mut right = vec![0.0; n];
    for (i, value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
        diagonal[i] = 1.0;
        right[i] = f64::from(*value);
    }
    for i in 0..n - 2 {
        let [a, b] = [(days[i + 1] - days[i]) / step, (days[i + 2] - days[i + 1]) / step];
        // Of evenly spaced dates 1, -2, 1.
        let difference = [2.0 / (a * (a + b)), -2.0 / (a * b), 2.0 / (b * (a + b))];
        for (j, d) in difference.iter().enumerate() {
            diagonal[i + j] += lambda * d * d;
        }
        first[i] += lambda * difference[0] * difference[1];
        first[i + 1] += lambda * difference[1] * difference[2];
        second[i] += lambda * difference[0] * difference[2];
    }
    // L D L', then forwards and backwards.
    for i in 0..n {
        let (one, two) = (first[i], second[i]);
        if i + 1 < n {
            first[i] = one / diagonal[i];
            diagonal[i + 1] -= first[i] * one;
            right[i + 1] -= first[i] * right[i];
        }
        if i + 2 < n {
            second[i] = two / diagonal[i];
            first[i + 1] -= second[i] * one;
            diagonal[i + 2] -= second[i] * two;
            right[i + 2] -= second[i] * right[i];
        }
    }
    let mut smooth = vec![0.0; n];
    for i in (0..n).rev() {
        let mut z = right[i] / diagonal[i];
        if i + 1 < n {
            z -= first[i] * smooth[i + 1];
        }
        if i + 2 < n {
            z -= second[i] * smooth[i + 2];
        }
        smooth[i] = z;
    }
    smooth
}

/// A parabola of least squares through the observations nearest to each date (Savitzky, Golay 1964, 10.1021/ac60214a047, for
/// dates that are not evenly apart).
fn savitzky_golay(days: &[f64], values: &[f32]) -> Vec<f64> {
    let seen: Vec<(f64, f64)> = days
        .iter()
        .zip(values)
        .filter(|(_, value)| value.is_finite())
        .map(|(day, value)| (*day, f64::from(*value)))
        .collect();
    let width = WINDOW.min(seen.len());
    let at = |day: f64| {
        // The window that is nearest: it slides on while the next observation is nearer than the first.
        let mut start = 0;
        while start + width < seen.len() && seen[start + width].0 - day < day - seen[start].0 {
            start += 1;
        }
        parabola(&seen[start..start + width], day)
    };
    days.iter().map(|day| at(*day)).collect()
}

/// The value at `day` of the parabola of least squares through some points, of which there are three at least.
fn parabola(points: &[(f64, f64)], day: f64) -> f64 {
    let reach = points.iter().map(|(d, _)| (d - day).abs()).fold(f64::MIN_POSITIVE, f64::max);
    let (mut powers, mut sums) = ([0.0; 5], [0.0; 3]);
    for (d, value) in points {
        let x = (d - day) / reach;
        let mut power = 1.0;
        for k in 0..5 {
            powers[k] += power;
            if k < 3 {
                sums[k] += power * value;
            }
            power *= x;
        }
    }
    // Cramer's rule for the constant term.
    let determinant = |m: [[f64; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let rows = |constant: [f64; 3]| [0, 1, 2].map(|r| [constant[r], powers[r + 1], powers[r + 2]]);
    let whole = determinant(rows([powers[0], powers[1], powers[2]]));
    determinant(rows(sums)) / whole
}

/// What a series tells of the season, as phenologists have it: from where it rises above the middle of its range to where it
/// falls below (TIMESAT: Jönsson, Eklundh 2004, 10.1016/j.cageo.2004.05.006, at half of the amplitude).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Season {
    /// Days at which it begins and ends; `None` where the series begins above the middle, or ends there.
    pub start: Option<f64>,
    pub end: Option<f64>,
    /// The day of the greatest value.
    pub peak: f64,
    /// The greatest value.
    pub greatest: f64,
    /// The greatest less the least value.
    pub amplitude: f64,
}

impl Season {
    /// Of smooth values at rising days; `None` of fewer than three, or where all are the same.
    pub fn of(days: &[f64], smooth: &[f64]) -> Option<Self> {
        if smooth.len() < 3 || smooth.len() != days.len() || smooth.iter().any(|v| !v.is_finite()) {
            return None;
        }
        let top = (0..smooth.len()).max_by(|a, b| smooth[*a].total_cmp(&smooth[*b]))?;
        let least = smooth.iter().copied().fold(f64::INFINITY, f64::min);
        let amplitude = smooth[top] - least;
        if amplitude <= 0.0 {
            return None;
        }
        let middle = least + amplitude / 2.0;
        // Between two dates, in a straight line.
        let crossing = |i: usize, j: usize| {
            let share = (middle - smooth[i]) / (smooth[j] - smooth[i]);
            days[i] + share * (days[j] - days[i])
        };
        let start = (0..top).rev().find(|i| smooth[*i] < middle).map(|i| crossing(i, i + 1));
        let end = (top + 1..smooth.len()).find(|i| smooth[*i] < middle).map(|i| crossing(i - 1, i));
        Some(Self { start, end, peak: days[top], greatest: smooth[top], amplitude })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GAP: f32 = f32::NAN;

    /// `(W + lambda D'D) z = W y`, solved by Gauss as it stands.
    #[test]
    fn whittaker_is_that_of_a_dense_solution() {
        let days = [0.0, 10.0, 25.0, 30.0, 50.0, 61.0];
        let values = [1.0, 3.0, GAP, 2.0, 6.0, 4.0];
        let n = days.len();
        let step = 61.0 / 5.0;
        let lambda = (STRONG / step / std::f64::consts::TAU).powi(4);
        let mut matrix = vec![vec![0.0; n]; n];
        let mut right = vec![0.0; n];
        for i in 0..n {
            if f32::is_finite(values[i]) {
                matrix[i][i] = 1.0;
                right[i] = f64::from(values[i]);
            }
        }
        for i in 0..n - 2 {
            let [a, b] = [(days[i + 1] - days[i]) / step, (days[i + 2] - days[i + 1]) / step];
            let row = [2.0 / (a * (a + b)), -2.0 / (a * b), 2.0 / (b * (a + b))];
            for j in 0..3 {
                for k in 0..3 {
                    matrix[i + j][i + k] += lambda * row[j] * row[k];
                }
            }
        }
        // Gauss, without looking for pivots: the matrix is positive definite.
        for i in 0..n {
            for r in i + 1..n {
                let factor = matrix[r][i] / matrix[i][i];
                let pivot = matrix[i].clone();
                matrix[r].iter_mut().zip(&pivot).for_each(|(v, p)| *v -= factor * p);
                right[r] -= factor * right[i];
            }
        }
        let mut expected = vec![0.0; n];
        for i in (0..n).rev() {
            let rest: f64 = (i + 1..n).map(|c| matrix[i][c] * expected[c]).sum();
            expected[i] = (right[i] - rest) / matrix[i][i];
        }
        let smooth = Smoothing::WhittakerStrong.of(&days, &values).unwrap();
        for (a, b) in smooth.iter().zip(&expected) {
            assert!((a - b).abs() < 1e-9, "{smooth:?} {expected:?}");
        }
    }

    #[test]
    fn of_a_wave_of_the_period_half_is_left_however_dense_the_dates_are() {
        for step in [3.0, 5.0, 10.0] {
            let days: Vec<f64> = (0..(1200.0 / step) as usize).map(|i| i as f64 * step).collect();
            let wave = |day: &f64| (day / LIGHT * std::f64::consts::TAU).sin() as f32;
            let values: Vec<f32> = days.iter().map(wave).collect();
            let smooth = Smoothing::WhittakerLight.of(&days, &values).unwrap();
            let middle = days.iter().zip(&smooth).filter(|(day, _)| **day > 300.0 && **day < 900.0);
            let most = middle.map(|(_, z)| z.abs()).fold(0.0, f64::max);
            assert!((most - 0.5).abs() < 0.03, "{most} of steps of {step} days");
        }
    }

    #[test]
    fn too_little_to_smooth_is_nothing() {
        for smoothing in Smoothing::ALL {
            assert_eq!(smoothing.of(&[0.0, 1.0, 2.0], &[1.0, GAP, 2.0]), None);
            assert_eq!(smoothing.of(&[], &[]), None);
            assert_eq!(smoothing.of(&[0.0], &[1.0]), None);
            assert_eq!(smoothing.of(&[0.0, 0.0, 1.0], &[1.0, 2.0, 3.0]), None, "days that do not rise");
        }
        assert_eq!(Smoothing::Off.of(&[0.0, 1.0, 2.0], &[1.0, 2.0, 3.0]), None);
    }

    #[test]
    fn a_season_begins_and_ends_at_the_middle_of_its_range() {
        let days: Vec<f64> = (0..7).map(|i| f64::from(i) * 30.0).collect();
        let season = Season::of(&days, &[0.2, 0.2, 0.4, 0.8, 0.4, 0.2, 0.2]).unwrap();
        assert_eq!((season.peak, season.greatest), (90.0, 0.8));
        assert!((season.amplitude - 0.6).abs() < 1e-12);
        // The middle is 0.5: a quarter of the way from 0.4 to 0.8.
        assert!((season.start.unwrap() - 67.5).abs() < 1e-9 && (season.end.unwrap() - 112.5).abs() < 1e-9);
        let open = Season::of(&days, &[0.9, 0.8, 0.7, 0.4, 0.3, 0.2, 0.1]).unwrap();
        assert_eq!((open.start, open.peak), (None, 0.0));
        assert_eq!(Season::of(&days, &[0.5; 7]), None);
        assert_eq!(Season::of(&days, &[f64::NAN; 7]), None);
    }

    proptest! {
        #[test]
        fn a_parabola_is_kept_by_savitzky_and_golay_and_a_line_by_all(
            gaps in prop::collection::vec(any::<bool>(), 5..40), a in -1.0..1.0f64, b in -5.0..5.0f64, c in -0.01..0.01f64,
        ) {
            let days: Vec<f64> = (0..gaps.len()).map(|i| (i * 10 + i * i % 7) as f64).collect();
            let shape = |day: f64, c: f64| a + b * day / 100.0 + c * day * day / 100.0;
            prop_assume!(gaps.iter().filter(|gap| !**gap).count() >= 3);
            for (smoothing, c) in [
                (Smoothing::SavitzkyGolay, c), (Smoothing::WhittakerLight, 0.0), (Smoothing::WhittakerStrong, 0.0),
            ] {
                let value = |(day, gap): (&f64, &bool)| if *gap { GAP } else { shape(*day, c) as f32 };
                let values: Vec<f32> = days.iter().zip(&gaps).map(value).collect();
                let smooth = smoothing.of(&days, &values).unwrap();
                let last = days.iter().zip(&gaps).rev().find(|(_, gap)| !**gap).unwrap().0;
                let first = days.iter().zip(&gaps).find(|(_, gap)| !**gap).unwrap().0;
                for (day, z) in days.iter().zip(smooth).filter(|(day, _)| *day >= first && *day <= last) {
                    prop_assert!((z - shape(*day, c)).abs() < 1e-2, "{:?} {} {}", smoothing, day, z);
                }
            }
        }

        #[test]
        fn what_is_smooth_lies_between_what_was_observed_and_no_numbers_make_it_panic(
            values in prop::collection::vec(prop_oneof![Just(f32::NAN), -1e4..1e4f32], 0..50),
        ) {
            let days: Vec<f64> = (0..values.len()).map(|i| i as f64 * 5.0).collect();
            for smoothing in Smoothing::ALL {
                if let Some(smooth) = smoothing.of(&days, &values) {
                    prop_assert!(smooth.iter().all(|z| z.is_finite()));
                    let _ = Season::of(&days, &smooth);
                }
            }
        }
    }
}
