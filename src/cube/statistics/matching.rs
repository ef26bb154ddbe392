//! Which dates of two sites are held against one another.

use chrono::{Datelike, NaiveDate};

/// By what dates were matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Matching {
    /// They are of the same time.
    Date,
    /// They are of the same time of year, in other years.
    Season,
}

/// Days from one date to the next, as a rule; a month where there is one date.
pub fn period_days(dates: &[NaiveDate]) -> f64 {
    let mut gaps: Vec<i64> = dates.windows(2).map(|pair| (pair[1] - pair[0]).num_days()).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).map_or(30.0, |gap| *gap as f64)
}

/// Pairs of dates of two sites, by index: each the other's nearest, and no further apart than half a period of the coarser
/// one. Where no two are, dates of the same time of year are taken. The same pairs come of it whichever site comes first.
pub fn matched(a: &[NaiveDate], b: &[NaiveDate]) -> (Matching, Vec<(usize, usize)>) {
    if a == b {
        return (Matching::Date, (0..a.len()).map(|i| (i, i)).collect());
    }
    let half = (period_days(a).max(period_days(b)) / 2.0).clamp(1.0, 183.0);
    let by_date = mutual(a, b, half, |a, b| (a - b).num_days().abs());
    if !by_date.is_empty() {
        return (Matching::Date, by_date);
    }
    // Periods of a month do not begin on the same day each year.
    (Matching::Season, mutual(a, b, half.max(16.0), season_apart))
}

/// Days between the times of year of two dates, at most half a year.
pub fn season_apart(a: NaiveDate, b: NaiveDate) -> i64 {
    let apart = (i64::from(a.ordinal()) - i64::from(b.ordinal())).abs();
    apart.min(366 - apart)
}

fn mutual(
    a: &[NaiveDate],
    b: &[NaiveDate],
    half: f64,
    apart: impl Fn(NaiveDate, NaiveDate) -> i64,
) -> Vec<(usize, usize)> {
    // Of several that are equally near, the first.
    let nearest = |date: NaiveDate, among: &[NaiveDate]| {
        among.iter().enumerate().map(|(i, other)| (apart(date, *other), i)).min()
    };
    let of_b: Vec<_> = b.iter().map(|date| nearest(*date, a).map(|(_, i)| i)).collect();
    let pair = |(i, date): (usize, &NaiveDate)| {
        let (days, j) = nearest(*date, b)?;
        (days as f64 <= half && of_b[j] == Some(i)).then_some((i, j))
    };
    a.iter().enumerate().filter_map(pair).collect()
}
