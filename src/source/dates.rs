//! Dates in names and in the values of metadata.

use chrono::{NaiveDate, NaiveTime};
use std::ops::Range;

/// A date found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dated {
    pub date: NaiveDate,
    pub time: Option<NaiveTime>,
    /// Where it stands, in bytes, with the time where that follows at once.
    pub span: Range<usize>,
}

/// The date that counts in a name without its extension: `2022-03-15`, `20220315`, `2022_03_15`, `2022-03` (its 15th), `2022074` (day of year),
/// each also followed by a time. Whole dates go before months, and the last one in the name counts; in the names that
/// agencies give their products (`S2A_MSIL2A_…`, `LC08_…`, `MOD13Q1.…`) the first, for there the last is when it was
/// processed, or when a period ends.
pub(super) fn date_in_stem(stem: &str) -> Option<Dated> {
    let mut found = dates_in(stem);
    if is_product_name(stem) { (!found.is_empty()).then(|| found.swap_remove(0)) } else { found.pop() }
}

/// All dates in a text, in order; months only where there is no whole date.
pub(super) fn dates_in(text: &str) -> Vec<Dated> {
    let runs = digit_runs(text);
    let mut days = Vec::new();
    let mut months = Vec::new();
    let mut next_free = 0;
    for (i, run) in runs.iter().enumerate() {
        if i < next_free {
            continue;
        }
        let digits = run.digits;
        let two = |n: usize| runs.get(i + n).filter(|next| next.digits.len() == 2).map(|next| next.digits);
        let separator = |n: usize| runs.get(i + n).and_then(Run::separator);
        // How many runs the date takes, its day, and the time where the same run holds it.
        let (taken, day, inner_time) = match digits.len() {
            4 => match (two(1), two(2), separator(1), separator(2)) {
                // A date is written with the same separator throughout.
                (Some(month), Some(day), Some(a), Some(b)) if a == b => (3, date(digits, month, day), None),
                (Some(month), _, Some(_), _) => {
                    let month = date(digits, month, "15");
                    months.extend(month.map(|date| Dated {
                        date,
                        time: None,
                        span: run.start..runs[i + 1].end(),
                    }));
                    continue;
                }
                _ => continue,
            },
            6 => {
                let month = date(&digits[..4], &digits[4..], "15");
                months.extend(month.map(|date| Dated { date, time: None, span: run.start..run.end() }));
                continue;
            }
            7 => (1, day_of_year(&digits[..4], &digits[4..]), None),
            11 | 13 => (1, day_of_year(&digits[..4], &digits[4..7]), Some(&digits[7..])),
            8 | 12 | 14 => match date(&digits[..4], &digits[4..6], &digits[6..8]) {
                Some(day) => (1, Some(day), Some(&digits[8..])),
                // Landsat before its collections: path, row, year and day of year in one.
                None if digits.len() == 14 => (1, day_of_year(&digits[7..11], &digits[11..]), None),
                None => continue,
            },
            _ => continue,
        };
        let Some(day) = day else { continue };
        let mut end = runs[i + taken - 1].end();
        next_free = i + taken;
        let mut time = inner_time.and_then(clock);
        if let (None, Some((after, to, used))) = (time, time_at(&runs, next_free)) {
            (time, end) = (Some(after), to);
            next_free += used;
        }
        days.push(Dated { date: day, time, span: run.start..end });
    }
    if days.is_empty() { months } else { days }
}

/// A time of day that begins with the run `at`: `T101112`, `T10:11:12`, ` 10:11`; with where it ends and how many runs it takes.
fn time_at(runs: &[Run], at: usize) -> Option<(NaiveTime, usize, usize)> {
    let run = runs.get(at)?;
    if !matches!(run.before, "T" | "t" | " ") {
        return None;
    }
    if run.digits.len() >= 6 && run.before != " " {
        return clock(&run.digits[..6]).map(|time| (time, run.end(), 1));
    }
    let two = |n: usize| {
        let next = runs.get(at + n)?;
        (next.digits.len() == 2 && (n == 0 || next.before == ":")).then_some(next)
    };
    let (hour, minute) = (two(0)?, two(1)?);
    let second = two(2);
    let text = format!("{}{}{}", hour.digits, minute.digits, second.map_or("00", |s| s.digits));
    let used = if second.is_some() { 3 } else { 2 };
    clock(&text).map(|time| (time, second.unwrap_or(minute).end(), used))
}

/// `hhmmss` or `hhmm`.
fn clock(digits: &str) -> Option<NaiveTime> {
    let part = |from: usize| digits.get(from..from + 2)?.parse().ok();
    NaiveTime::from_hms_opt(part(0)?, part(2)?, part(4).unwrap_or(0))
}

/// A run of ASCII digits in a text.
struct Run<'a> {
    digits: &'a str,
    start: usize,
    /// What stands between it and the run before.
    before: &'a str,
}

impl Run<'_> {
    fn end(&self) -> usize {
        self.start + self.digits.len()
    }

    /// The one character between it and the run before, if dates are written with it.
    fn separator(&self) -> Option<char> {
        let mut chars = self.before.chars();
        let first = chars.next().filter(|c| matches!(c, '-' | '_' | '.' | ':'))?;
        chars.next().is_none().then_some(first)
    }
}

fn digit_runs(text: &str) -> Vec<Run<'_>> {
    let mut runs: Vec<Run> = Vec::new();
    let mut at = 0;
    let mut before = "";
    while at < text.len() {
        let rest = &text[at..];
        let is_digits = rest.starts_with(|c: char| c.is_ascii_digit());
        let length = rest.find(|c: char| c.is_ascii_digit() != is_digits).unwrap_or(rest.len());
        if is_digits {
            runs.push(Run { digits: &rest[..length], start: at, before });
        } else {
            before = &rest[..length];
        }
        at += length;
    }
    runs
}

/// A day that exists, in the years in which satellites have looked.
fn date(year: &str, month: &str, day: &str) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(plausible_year(year)?, month.parse().ok()?, day.parse().ok()?)
}

fn day_of_year(year: &str, day: &str) -> Option<NaiveDate> {
    NaiveDate::from_yo_opt(plausible_year(year)?, day.parse().ok()?)
}

fn plausible_year(year: &str) -> Option<i32> {
    year.parse().ok().filter(|year| (1970..2100).contains(year))
}

fn is_product_name(stem: &str) -> bool {
    let stem = stem.to_uppercase();
    // Earth Engine names a scene of Sentinel-2 by when it was taken, when it was processed, and its tile.
    let mut parts = stem.split('_');
    let is_stamp = |part: Option<&str>| part.is_some_and(|p| p.len() == 15 && p.as_bytes()[8] == b'T');
    if is_stamp(parts.next()) && is_stamp(parts.next()) {
        return true;
    }
    ["S1", "S2", "LC", "LE", "LT", "MOD", "MYD", "MCD", "VNP", "CB4", "CBERS"].iter().any(|mission| {
        stem.strip_prefix(mission).is_some_and(|rest| {
            let level = rest.split(['_', '.', '-']).next().unwrap_or_default();
            let continues = rest.len() > level.len();
            let is_level = match *mission {
                "CB4" | "CBERS" => level.len() <= 2,
                _ => level.len() <= 5 && level.chars().any(|c| c.is_ascii_alphanumeric()),
            };
            continues && is_level
        })
    }) && stem.chars().filter(char::is_ascii_digit).count() >= 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date_in_name(name: &str) -> Option<NaiveDate> {
        date_in_stem(name.rsplit_once('.').map_or(name, |(stem, _)| stem)).map(|found| found.date)
    }

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn dates_are_read_from_many_forms_of_names() {
        let mut wrong = Vec::new();
        for (name, expected) in [
            ("flanders_s2_a_2018_2017-08-15.tif", Some(day(2017, 8, 15))),
            ("sinop_2014-01-01.tif", Some(day(2014, 1, 1))),
            ("newyork_013032_2018-01-31.tif", Some(day(2018, 1, 31))),
            ("tanzania_s2_2020_2021_20m_2019-09-26.tif", Some(day(2019, 9, 26))),
            ("T14QMJ_20211203T170701.tif", Some(day(2021, 12, 3))),
            ("T14QMJ_20211203T170701_B04.tif", Some(day(2021, 12, 3))),
            ("20220315.tif", Some(day(2022, 3, 15))),
            ("site_2022_03_15.tiff", Some(day(2022, 3, 15))),
            ("2022.03.15.tif", Some(day(2022, 3, 15))),
            ("mosaic-2022-03.tif", Some(day(2022, 3, 15))),
            ("mosaic_202203.tif", Some(day(2022, 3, 15))),
            ("mosaic2022074.tif", Some(day(2022, 3, 15))),
            ("20220315123000.tif", Some(day(2022, 3, 15))),
            ("2022-01-01_2022-03-15.tif", Some(day(2022, 3, 15))),
            ("2021-11_made_2022-03-15.tif", Some(day(2022, 3, 15))),
            ("S2B_MSIL2A_20180704T105029_N0500_R051_T31UFS_20230811T064525.tif", Some(day(2018, 7, 4))),
            ("20180704T105029_20180705T105210_T31UFS.tif", Some(day(2018, 7, 4))),
            ("LC08_L2SP_013032_20180131_20200902_02_T1.tif", Some(day(2018, 1, 31))),
            ("LC80130322018031LGN00_B4.TIF", Some(day(2018, 1, 31))),
            ("MOD13Q1.A2013257.h12v10.061.2021234012345.tif", Some(day(2013, 9, 14))),
            ("MOD13Q1.061__250m_16_days_NDVI_doy2013257_aid0001.tif", Some(day(2013, 9, 14))),
            ("HLS.S30.T10TFS.2021123T185911.v2.0.B04.tif", Some(day(2021, 5, 3))),
            ("CB4_64_16D_STK_v001_022024_2018-08-29_2018-09-13_EVI.tif", Some(day(2018, 8, 29))),
            ("CB4-16D-2_V2_007004_20180101_BAND15.tif", Some(day(2018, 1, 1))),
            ("20220301_143012_1032_3B_AnalyticMS_SR.tif", Some(day(2022, 3, 1))),
            ("S2_corridor_2022-03-15.tif", Some(day(2022, 3, 15))),
            ("s2_a_2017-01-01_2022-03-15.tif", Some(day(2022, 3, 15))),
            ("2024-02-29.tif", Some(day(2024, 2, 29))),
            ("2023-02-29.tif", None),
            ("2022-13-01.tif", None),
            ("20221345.tif", None),
            ("2022366.tif", None),
            ("1822-03-15.tif", None),
            ("reference_LULC.tif", None),
            ("reference_LC_CT_10m.tif", None),
            ("site_2022.tif", None),
            ("site_2022-03_15.tif", Some(day(2022, 3, 15))),
            ("site_v12_34.tif", None),
            ("über_2022-03-15_ñ.tif", Some(day(2022, 3, 15))),
            (".tif", None),
            ("", None),
        ] {
            let found = date_in_name(name);
            if found != expected {
                wrong.push((name, found));
            }
        }
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn times_are_read_where_they_follow_a_date() {
        for (text, time) in [
            ("T14QMJ_20211203T170701_B04", Some((17, 7, 1))),
            ("HLS.S30.T10TFS.2021123T185911.v2.0.B04", Some((18, 59, 11))),
            ("20220315123005", Some((12, 30, 5))),
            ("2018:01:31 15:40:12", Some((15, 40, 12))),
            ("2018-01-31T15:40:12.0251Z", Some((15, 40, 12))),
            ("2018-01-31T15:40", Some((15, 40, 0))),
            ("2018-01-31", None),
            ("20220301_143012_1032", None),
            ("20220315T256199", None),
        ] {
            let found = dates_in(text);
            let expected = time.and_then(|(h, m, s)| NaiveTime::from_hms_opt(h, m, s));
            assert_eq!(found[0].time, expected, "{text}");
        }
        assert_eq!(dates_in("x_20211203T170701_B04")[0].span, 2..17);
    }

    proptest! {
        #[test]
        fn any_date_is_found_in_any_form(days in 0i32..47_000, form in 0usize..6, prefix in "[a-z]{0,5}_", suffix in "(_[a-z]{1,5})?") {
            let date = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + chrono::Days::new(days as u64);
            let text = date.format(["%Y-%m-%d", "%Y%m%d", "%Y_%m_%d", "%Y%j", "%Y%m%dT101112", "%Y.%m.%d"][form]);
            let found = date_in_name(&format!("{prefix}{text}{suffix}.tif"));
            prop_assert_eq!(found, Some(date));
        }

        #[test]
        fn no_name_panics(name in "\\PC{0,40}") {
            let _ = date_in_name(&name);
            for found in dates_in(&name) {
                prop_assert!(name.get(found.span).is_some());
            }
        }

        #[test]
        fn no_run_of_digits_panics(name in "[0-9T:_ .-]{0,40}") {
            let _ = dates_in(&name);
        }
    }
}
