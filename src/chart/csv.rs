//! Series as CSV: a row a pixel and date.

use super::SeriesTable;
use chrono::{Datelike, NaiveDate};
use std::io::Write;

/// What every row begins with.
const BEFORE: [&str; 9] =
    ["pixel", "column", "row", "longitude", "latitude", "date", "state", "filled", "units"];
/// Where a date lies in its year, where years lie over one another.
const IN_YEAR: [&str; 2] = ["year", "day_of_year"];
/// What is told of the usual year of a class, and its state.
const USUAL: [&str; 3] = ["10th percentile", "median", "90th percentile"];
const USUAL_STATE: &str = "usual";
/// How many clear observations there were, where the cube counts them.
const COUNTS: &str = "clear_observations";

/// The table as CSV (RFC 4180): pixel, column, row, longitude, latitude, date (ISO 8601), state (`observed`, or why there is
/// nothing), filled (names of the bands and indices whose gap is filled at that date, separated by spaces), units of bands,
/// counts of clear observations where the cube has them, year and day of the year where years lie over one another, then a
/// column a band or index, and one `NAME_smooth` each where there is a smooth line. Below the pixels stand the usual years of
/// classes: `pixel` is `CLASS, median` (`10th percentile`, `90th percentile`), `state` is `usual`, and one column has values. A
/// gap that is not filled is an empty cell. Numbers read back to exactly those of the table.
///
/// # Errors
/// Only those of memory.
pub fn csv(table: &SeriesTable) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    write(table, &mut bytes)?;
    String::from_utf8(bytes).map_err(std::io::Error::other)
}

fn write(table: &SeriesTable, to: impl Write) -> std::io::Result<()> {
    let counted = table.pixels.iter().any(|pixel| pixel.counts.is_some());
    let smooth = !table.smoothing.is_off();
    let mut out = csv::Writer::from_writer(to);
    let taken = |name: &str| BEFORE.contains(&name) || name == COUNTS || IN_YEAR.contains(&name);
    let units = match table.units.is_dn() {
        true => "DN",
        false => "reflectance",
    };
    let in_year = |date: &NaiveDate| {
        let told = table.years.then(|| [date.year().to_string(), date.ordinal().to_string()]);
        told.into_iter().flatten()
    };
    let cell = |value: Option<f32>| {
        value.filter(|value| value.is_finite()).map_or(String::new(), |value| value.to_string())
    };
    // A band may be called as one of the columns before it is.
    let name = |name: &str| if taken(name) { format!("band_{name}") } else { name.to_string() };
    let names: Vec<String> = table.columns.iter().map(|column| name(&column.name)).collect();
    let mut head: Vec<String> = BEFORE.map(str::to_string).to_vec();
    head.extend(counted.then(|| COUNTS.to_string()));
    head.extend(IN_YEAR.iter().filter(|_| table.years).map(ToString::to_string));
    head.extend(names.iter().cloned());
    if smooth {
        head.extend(names.iter().map(|name| format!("{name}_smooth")));
    }
    out.write_record(&head)?;
    for pixel in &table.pixels {
        let place = |i: usize| pixel.lonlat.map_or(String::new(), |at| format!("{:.7}", at[i]));
        for (time, date) in table.dates.iter().enumerate() {
            let state = pixel.missing.get(time).copied().flatten().map_or("observed", |state| state.name());
            let is_filled = |place: &usize| {
                let curve = &pixel.curves[*place];
                let finite = |values: &[f32]| values.get(time).is_some_and(|value| value.is_finite());
                !finite(&curve.seen) && finite(&curve.filled)
            };
            let filled: Vec<&str> =
                (0..names.len()).filter(is_filled).map(|place| names[place].as_str()).collect();
            let mut row = vec![
                pixel.name.clone(),
                pixel.pixel.0.to_string(),
                pixel.pixel.1.to_string(),
                place(0),
                place(1),
                date.format("%Y-%m-%d").to_string(),
                state.to_string(),
                filled.join(" "),
                units.into(),
            ];
            if counted {
                let count = pixel.counts.as_ref().and_then(|counts| counts.get(time));
                row.push(count.map_or(String::new(), u8::to_string));
            }
            row.extend(in_year(date));
            row.extend(pixel.curves.iter().map(|curve| cell(curve.filled.get(time).copied())));
            if smooth {
                let smooth_at = |curve: &super::Curve| curve.smooth.as_ref()?.get(time).map(|z| *z as f32);
                row.extend(pixel.curves.iter().map(|curve| cell(smooth_at(curve))));
            }
            out.write_record(&row)?;
        }
    }
    for usual in &table.usual {
        for (what, values) in USUAL.into_iter().zip([&usual.low, &usual.median, &usual.high]) {
            for (date, value) in table.dates.iter().zip(values) {
                let mut row = vec![String::new(); BEFORE.len() + usize::from(counted)];
                row[0] = format!("{}, {what}", usual.class);
                row[5] = date.format("%Y-%m-%d").to_string();
                row[6] = USUAL_STATE.into();
                row[8] = units.into();
                row.extend(in_year(date));
                let of = |column: &super::Column| Some(*value).filter(|_| column.name == usual.feature);
                row.extend(table.columns.iter().map(|column| cell(of(column))));
                row.resize(head.len(), String::new());
                out.write_record(&row)?;
            }
        }
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::{GAP, info, input, table_of, usual};
    use super::*;
    use crate::cube::{Filling, PixelMask, PixelState, Smoothing, Units};
    use proptest::prelude::*;

    fn rows(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let head = reader.headers().unwrap().iter().map(str::to_string).collect();
        let record =
            |record: csv::Result<csv::StringRecord>| record.unwrap().iter().map(str::to_string).collect();
        (head, reader.records().map(record).collect())
    }

    #[test]
    fn a_row_says_where_when_and_why_there_is_nothing() {
        let info = info(3);
        let mut of = table_of(&info, Units::Dn);
        of.project = "a, b".into();
        let mut pixel = input("pin, \"1\"", vec![1000., 3000., GAP, GAP, 2000., GAP]);
        let states = vec![PixelState::Clear, PixelState::Cloud, PixelState::Clear];
        pixel.mask = Some(PixelMask { states, counts: vec![2, 0, 1] });
        let table = SeriesTable::new(&info, &of, vec![pixel]);
        let (head, rows) = rows(&csv(&table).unwrap());
        assert_eq!(head[..9], BEFORE);
        assert_eq!(head[9..], ["clear_observations", "B04", "B08", "NDVI"]);
        let tail: Vec<&[String]> = rows.iter().map(|row| &row[5..]).collect();
        assert_eq!(tail[0][..7], ["2022-01-05", "observed", "", "DN", "2", "1000", "3000"]);
        assert_eq!(tail[1][..7], ["2022-01-15", "cloud", "B04 B08 NDVI", "DN", "0", "1500", "3000"]);
        assert_eq!(tail[2][..7], ["2022-01-25", "observed", "B08 NDVI", "DN", "1", "2000", "3000"]);
        assert!(tail.iter().all(|row| (row[7].parse::<f32>().unwrap() - 0.5).abs() < 1e-6));
        assert_eq!(rows[0][0], "pin, \"1\"");
        assert!(rows[0][3].parse::<f64>().unwrap() < -90.0 && rows[0][4].parse::<f64>().unwrap() > 17.0);
    }

    #[test]
    fn usual_years_stand_below_the_pixels_and_years_over_one_another_tell_their_day() {
        let info = info(2);
        let mut of = table_of(&info, Units::Dn);
        of.years = true;
        of.usual = vec![usual("NDVI", vec![0.5, GAP])];
        let table = SeriesTable::new(&info, &of, vec![input("a", vec![10., 30., 20., 60.])]);
        let (head, rows) = rows(&csv(&table).unwrap());
        assert_eq!(head[9..], ["year", "day_of_year", "B04", "B08", "NDVI"]);
        assert_eq!(rows.len(), 2 + 3 * 2);
        assert_eq!(rows[1][9..13], ["2022", "15", "20", "60"]);
        let median = rows.iter().find(|row| row[0] == "Maize & beans, median").unwrap();
        assert_eq!(
            median[1..],
            ["", "", "", "", "2022-01-05", "usual", "", "DN", "2022", "5", "", "", "0.5"]
        );
        assert!(rows[2][0].ends_with("10th percentile") && rows[2][13].starts_with("0.4"));
        assert!(rows[7][0].ends_with("90th percentile") && rows[7][13].is_empty(), "a gap is an empty cell");
    }

    #[test]
    fn gaps_as_they_are_are_empty_cells_and_a_smooth_line_has_columns_of_its_own() {
        let info = info(4);
        let mut of = table_of(&info, Units::Dn);
        (of.filling, of.smoothing) = (Filling::Off, Smoothing::WhittakerLight);
        let values = vec![10., 20., GAP, GAP, 30., 40., 50., 60.];
        let table = SeriesTable::new(&info, &of, vec![input("a", values)]);
        let (head, rows) = rows(&csv(&table).unwrap());
        assert_eq!(head[9..], ["B04", "B08", "NDVI", "B04_smooth", "B08_smooth", "NDVI_smooth"]);
        assert_eq!(rows[1][6..11], ["not observed", "", "DN", "", ""]);
        assert!(rows[1][12].parse::<f32>().unwrap() > 10.0, "the smooth line goes through");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_to_the_stored_number(words in prop::collection::vec(1u16.., 8), dn: bool) {
            let info = info(4);
            let units = if dn { Units::Dn } else { Units::Reflectance };
            let values = words.iter().map(|word| f32::from(*word)).collect();
            let table = SeriesTable::new(&info, &table_of(&info, units), vec![input("a", values)]);
            let (_, rows) = rows(&csv(&table).unwrap());
            for (time, row) in rows.iter().enumerate() {
                for band in 0..2 {
                    let told: f64 = row[9 + band].parse().unwrap();
                    let stored = if dn { told } else { told / 1e-4 };
                    prop_assert_eq!(stored.round() as u16, words[time * 2 + band]);
                }
            }
        }
    }
}
