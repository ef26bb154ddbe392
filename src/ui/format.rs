//! Numbers and dates as people read them.

pub use crate::chart::{date_of_days, days};
use chrono::{DateTime, NaiveDate, Utc};
use std::time::Duration;

/// "1 min left", "12 s left".
pub fn time_left(left: Duration) -> String {
    let seconds = left.as_secs_f32().ceil() as u64;
    match seconds {
        0..=1 => "a moment left".into(),
        2..=99 => format!("{seconds} s left"),
        100..=5999 => format!("{} min left", seconds.div_ceil(60)),
        _ => format!("{:.1} h left", seconds as f32 / 3600.0),
    }
}

/// "12.34 %", or a dash where there is no figure.
pub fn percent(share: Option<f64>) -> String {
    share.map_or("–".into(), |s| format!("{:.1} %", s * 100.0))
}

/// "0.84 ha" with three significant figures or so.
pub fn hectares(ha: f64) -> String {
    match ha.abs() {
        a if a >= 100.0 => format!("{} ha", grouped(ha.round() as i64)),
        a if a >= 10.0 => format!("{ha:.1} ha"),
        _ => format!("{ha:.2} ha"),
    }
}

/// "250 m", "1.41 km", "12.4 km", "340 km".
pub fn distance(m: f64) -> String {
    match m.abs() {
        a if a < 1000.0 => format!("{a:.0} m"),
        a if a < 10_000.0 => format!("{:.2} km", a / 1000.0),
        a if a < 100_000.0 => format!("{:.1} km", a / 1000.0),
        a => format!("{} km", grouped((a / 1000.0).round() as i64)),
    }
}

/// "12 345": thousands apart.
pub fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(c);
    }
    if n < 0 { format!("−{text}") } else { text }
}

/// "1 polygon", "2 polygons".
pub fn count(n: usize, what: &str) -> String {
    format!("{} {what}{}", grouped(n as i64), if n == 1 { "" } else { "s" })
}

/// "15 Mar 2022".
pub fn date(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

/// "10", "231.66": no more figures than tell something.
pub fn trimmed(value: f64) -> String {
    let text = format!("{value:.5}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if value.abs() >= 1.0 {
        format!("{:.2}", value).trim_end_matches('0').trim_end_matches('.').into()
    } else {
        text.into()
    }
}

/// A sentence without the options of the command line that stand in brackets of their own: "warp them (--crs)".
pub fn without_options(sentence: &str) -> String {
    let mut parts = sentence.split(" (--");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(')') {
            Some((_, rest)) => text += rest,
            None => text = format!("{text} (--{part}"),
        }
    }
    text
}

/// "3 min ago", of a time as RFC 3339 writes it; as it stands where it cannot be read.
pub fn ago(created: &str) -> String {
    ago_at(created, chrono::Utc::now())
}

fn ago_at(created: &str, now: DateTime<Utc>) -> String {
    let Ok(then) = DateTime::parse_from_rfc3339(created) else { return created.into() };
    let minutes = now.signed_duration_since(then).num_minutes();
    match minutes {
        // A clock may have been set back since.
        ..=0 => "just now".into(),
        1..=59 => format!("{minutes} min ago"),
        60..=1439 => format!("{} h ago", minutes / 60),
        1440..=43_199 => format!("{} ago", count((minutes / 1440) as usize, "day")),
        _ => date(then.date_naive()),
    }
}

/// "15 Mar 2022, 14:05" by the clock of this machine, of a time as RFC 3339 writes it; as it stands where it cannot be read.
pub fn moment(created: &str) -> String {
    match DateTime::parse_from_rfc3339(created) {
        Ok(then) => then.with_timezone(&chrono::Local).format("%-d %b %Y, %H:%M").to_string(),
        Err(_) => created.into(),
    }
}

/// "17.2145° N, 92.1200° W".
pub fn lonlat([lon, lat]: [f64; 2]) -> String {
    let ns = if lat < 0.0 { "S" } else { "N" };
    let ew = if lon < 0.0 { "W" } else { "E" };
    format!("{:.5}° {ns}  {:.5}° {ew}", lat.abs(), lon.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(grouped(-12), "−12");
        let trims = [(10.0, "10"), (231.656_358, "231.66"), (0.000_25, "0.00025")];
        trims.iter().for_each(|(number, text)| assert_eq!(trimmed(*number), *text));
        assert_eq!(hectares(0.8412), "0.84 ha");
        assert_eq!(hectares(12_345.6), "12\u{202f}346 ha");
        assert_eq!(time_left(Duration::from_secs(130)), "3 min left");
        assert_eq!(count(1, "polygon"), "1 polygon");
        assert_eq!(lonlat([-92.12, 17.2145]), "17.21450° N  92.12000° W");
    }

    #[test]
    fn how_long_ago_it_was_reads_well() {
        let now = DateTime::parse_from_rfc3339("2026-03-10T12:00:00Z").unwrap().with_timezone(&Utc);
        for (then, words) in [
            ("2026-03-10T11:59:40Z", "just now"),
            ("2026-03-10T12:30:00Z", "just now"),
            ("2026-03-10T11:12:00+00:00", "48 min ago"),
            ("2026-03-10T01:00:00Z", "11 h ago"),
            ("2026-03-09T11:00:00Z", "1 day ago"),
            ("2026-01-02T11:00:00Z", "2 Jan 2026"),
            ("yesterday", "yesterday"),
        ] {
            assert_eq!(ago_at(then, now), words);
        }
    }

    #[test]
    fn the_window_names_no_options_of_the_command_line() {
        let told = "warp them (--crs, --extent), or mask (as here) none (--mask none).";
        assert_eq!(without_options(told), "warp them, or mask (as here) none.");
        assert_eq!(without_options("open (--never"), "open (--never");
    }

    #[test]
    fn days_and_dates_are_each_other() {
        let day = NaiveDate::from_ymd_opt(2022, 3, 15).unwrap();
        assert_eq!(days(NaiveDate::from_ymd_opt(1970, 1, 1).unwrap()), 0.0);
        assert_eq!(date_of_days(days(day)), Some(day));
    }
}
