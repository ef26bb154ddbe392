//! Days and months along a chart.

use chrono::{Datelike, NaiveDate};

/// 1970-01-01 in days from the common era.
const EPOCH: i32 = 719_163;

/// A mark at the first day of a month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// Days since 1970-01-01.
    pub day: f64,
    /// Days to the next mark, about.
    pub step: f64,
}

/// Days since 1970-01-01.
pub fn days(date: NaiveDate) -> f64 {
    f64::from(date.num_days_from_ce() - EPOCH)
}

/// The date of a day since 1970-01-01.
pub fn date_of_days(days: f64) -> Option<NaiveDate> {
    if !days.is_finite() {
        return None;
    }
    NaiveDate::from_num_days_from_ce_opt(EPOCH.saturating_add(days.round() as i32))
}

/// A mark at the first of each month, or of every other, third, half year … where there are more than `most` of them.
pub fn months((from, to): (f64, f64), most: usize) -> Vec<Mark> {
    let (Some(first), Some(last)) = (date_of_days(from), date_of_days(to)) else {
        return Vec::new();
    };
    let many = (to - from) / 30.4;
    // So that January is marked, a step divides the year or is years.
    let least = (many / most.max(2) as f64).ceil().max(1.0) as i32;
    let every =
        [1, 2, 3, 4, 6].into_iter().find(|every| *every >= least).unwrap_or(12 * (least + 11).div_euclid(12));
    let start = first.year() * 12 + first.month0() as i32;
    let end = last.year() * 12 + last.month0() as i32;
    (start..=end)
        .filter(|m| m % every == 0)
        .filter_map(|m| NaiveDate::from_ymd_opt(m.div_euclid(12), m.rem_euclid(12) as u32 + 1, 1))
        .map(|date| Mark { day: days(date), step: 30.0 * f64::from(every) })
        .filter(|mark| (from..=to).contains(&mark.day))
        .collect()
}

/// "Mar", and "Jan 2022" where the year is told.
pub fn month_name(day: f64, with_year: bool) -> String {
    match date_of_days(day) {
        Some(date) if with_year && date.month() == 1 => date.format("%b %Y").to_string(),
        Some(date) => date.format("%b").to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_marked_on_their_first_day() {
        let day = |m, d| days(NaiveDate::from_ymd_opt(2022, m, d).unwrap());
        let marks = months((day(1, 10), day(4, 2)), 14);
        let values: Vec<_> = marks.iter().map(|m| m.day).collect();
        assert_eq!(values, [day(2, 1), day(3, 1), day(4, 1)]);
        assert_eq!(month_name(day(1, 1), true), "Jan 2022");
        assert_eq!(month_name(day(1, 1), false), "Jan");
    }

    #[test]
    fn many_years_have_no_more_marks_than_can_be_read() {
        for (years, most) in [(1.0, 14), (1.0, 5), (3.0, 14), (30.0, 14), (30.0, 4)] {
            let marks = months((0.0, 366.0 * years), most).len();
            assert!((2..=most + 1).contains(&marks), "{years} years: {marks} marks of {most}");
        }
        assert!(months((f64::NAN, f64::INFINITY), 14).is_empty());
    }
}
