//! Numbers and dates as people read them, in the language of the window.
//!
//! Figures are the same in all languages: a point before decimals and a thin space between thousands, as the ISO and the
//! BIPM have it, as Mexico writes it, and as what is typed and what tables hold is read; so a figure can be copied from
//! anywhere to anywhere.

use super::words::{Language, language, tr, tr_below, tr_word};
pub use crate::chart::{date_of_days, days};
pub use crate::words::grouped;
use chrono::{DateTime, Datelike, NaiveDate, TimeZone, Utc};
use std::time::Duration;

/// "1 min left", "12 s left".
pub fn time_left(left: Duration) -> String {
    let seconds = left.as_secs_f32().ceil() as u64;
    match seconds {
        0..=1 => tr!("a moment left").into(),
        2..=99 => tr!("{n} s left", n = seconds),
        100..=5999 => tr!("{n} min left", n = seconds.div_ceil(60)),
        _ => tr!("{n} h left", n = format!("{:.1}", seconds as f32 / 3600.0)),
    }
}

/// "about 3.1 s", "less than 0.1 s".
pub fn about(seconds: f64) -> String {
    match crate::app::duration(seconds) {
        words if words.starts_with("less") => tr!("less than 0.1 s").into(),
        words => tr!("about {time}", time = words),
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

/// "1 polygon", "2 polygons". Other languages have one and many of each in `assets/words/LANGUAGE/words.json`.
pub fn count(n: usize, what: &str) -> String {
    let many = format!("{what}s");
    format!("{} {}", grouped(n as i64), tr_word(if n == 1 { what } else { &many }))
}

/// Months, as short as they are written in a date: "Mar", "mar".
pub fn month(date: impl Datelike) -> &'static str {
    let months = match language() {
        Language::English => {
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        }
        Language::Spanish => {
            ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"]
        }
    };
    months[date.month0() as usize % months.len()]
}

/// "15 Mar 2022".
pub fn date(date: NaiveDate) -> String {
    format!("{} {} {}", date.day(), month(date), date.year())
}

/// The month of a mark along dates: "Mar", or "Jan 2022".
pub fn month_mark(date: NaiveDate, with_year: bool) -> String {
    match with_year {
        true => format!("{} {}", month(date), date.year()),
        false => month(date).into(),
    }
}

/// "15 Mar".
pub fn day_and_month(date: NaiveDate) -> String {
    format!("{} {}", date.day(), month(date))
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

/// A sentence of a room below in the window's language, without the options of the command line that stand in brackets of
/// their own: "warp them (--crs)".
pub fn without_options(sentence: &str) -> String {
    let sentence = tr_below(sentence);
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

/// A sentence for the screen: with a capital first letter, and [`without_options`].
pub fn sentence(words: &str) -> String {
    let words = without_options(words);
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
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
        ..=0 => tr!("just now").into(),
        1..=59 => tr!("{n} min ago", n = minutes),
        60..=1439 => tr!("{n} h ago", n = minutes / 60),
        1440..=43_199 => tr!("{days} ago", days = count((minutes / 1440) as usize, "day")),
        _ => date(then.date_naive()),
    }
}

/// "15 Mar 2022, 14:05" by the clock of this machine, of a time as RFC 3339 writes it; as it stands where it cannot be read.
pub fn moment(created: &str) -> String {
    match DateTime::parse_from_rfc3339(created) {
        Ok(then) => moment_at(&then.with_timezone(&chrono::Local)),
        Err(_) => created.into(),
    }
}

fn moment_at<Zone: TimeZone<Offset: std::fmt::Display>>(then: &DateTime<Zone>) -> String {
    format!("{}, {}", date(then.date_naive()), then.format("%H:%M"))
}

/// "17.2145° N, 92.1200° W".
pub fn lonlat([lon, lat]: [f64; 2]) -> String {
    let ns = if lat < 0.0 { tr!("S") } else { tr!("N") };
    let ew = if lon < 0.0 { tr!("W") } else { tr!("E") };
    format!("{:.5}° {ns}  {:.5}° {ew}", lat.abs(), lon.abs())
}

#[cfg(test)]
mod tests {
    use super::super::words::speak;
    use super::*;

    #[test]
    fn what_the_rooms_below_say_is_told_in_the_language_of_the_window() {
        let said =
            "cannot read /a.tif: it is empty. Check that the file is whole and a raster that GDAL knows";
        speak(Language::Spanish);
        let told = sentence(said);
        let grid = without_options("x: the size of a pixel cannot be told from the files: give a resolution");
        speak(Language::English);
        assert_eq!(
            told,
            "No se puede leer /a.tif: está vacío. Compruebe que el archivo esté completo y sea un ráster que GDAL conoce"
        );
        assert_eq!(
            grid,
            "x: el tamaño de un píxel no se puede saber por los archivos: indique una resolución"
        );
        assert_eq!(without_options(said), said);
    }

    #[test]
    fn numbers_read_well() {
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
    fn spanish_has_its_own_months_plurals_directions_and_order() {
        speak(Language::Spanish);
        let now = DateTime::parse_from_rfc3339("2026-03-10T12:00:00Z").unwrap().with_timezone(&Utc);
        for (then, words) in [
            ("2026-03-10T11:59:40Z", "hace un momento"),
            ("2026-03-10T11:12:00+00:00", "hace 48 min"),
            ("2026-03-10T01:00:00Z", "hace 11 h"),
            ("2026-03-09T11:00:00Z", "hace 1 día"),
            ("2026-03-01T11:00:00Z", "hace 9 días"),
            ("2026-01-02T11:00:00Z", "2 ene 2026"),
        ] {
            assert_eq!(ago_at(then, now), words);
        }
        assert_eq!(moment_at(&now), "10 mar 2026, 12:00");
        assert_eq!(count(1, "annotation"), "1 anotación");
        assert_eq!(count(1200, "annotation"), "1\u{202f}200 anotaciones");
        assert_eq!(count(2, "pure pixel"), "2 píxeles puros");
        assert_eq!(lonlat([-92.12, 17.2145]), "17.21450° N  92.12000° O");
        assert_eq!(time_left(Duration::from_secs(130)), "quedan 3 min");
        assert_eq!(day_and_month(now.date_naive()), "10 mar");
        speak(Language::English);
    }

    #[test]
    fn the_window_names_no_options_of_the_command_line() {
        let told = "warp them (--crs, --extent), or mask (as here) none (--mask none).";
        assert_eq!(without_options(told), "warp them, or mask (as here) none.");
        assert_eq!(without_options("open (--never"), "open (--never");
        assert_eq!(sentence("there is no map (--map) yet"), "There is no map yet");
    }

    #[test]
    fn days_and_dates_are_each_other() {
        let day = NaiveDate::from_ymd_opt(2022, 3, 15).unwrap();
        assert_eq!(days(NaiveDate::from_ymd_opt(1970, 1, 1).unwrap()), 0.0);
        assert_eq!(date_of_days(days(day)), Some(day));
    }
}
