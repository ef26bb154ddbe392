//! The long layout: a row a sample and date.

use super::columns::{Columns, Stop};
use super::{SampleTable, legend_of};
use crate::cube::FeatureRecord;
use crate::progress::Cancel;
use crate::samples::SampleSet;
use chrono::NaiveDate;
use std::collections::HashMap;

/// Columns that are no bands.
const NOT_BANDS: [&str; 15] = [
    "sample_id",
    "id",
    "label",
    "class",
    "code",
    "split",
    "polygon_id",
    "annotation_id",
    "longitude",
    "lon",
    "latitude",
    "lat",
    "date",
    "t",
    "geometry",
];
/// More dates a sample are a mistake in the table.
const MOST_DATES: usize = 10_000;

pub fn read(columns: &Columns, bands: Option<&[String]>, cancel: &Cancel) -> Result<SampleTable, Stop> {
    let there = || columns.names().join(", ");
    let need = |what: &str, names: &[&str]| {
        columns.first_of(names).ok_or_else(|| {
            Stop::Why(format!("it has no column of {what} ({}); it has {}", names.join(" or "), there()))
        })
    };
    let id = need("the sample each row is of", &["sample_id", "id"])?;
    let label = need("classes", &["label", "class"])?;
    let date = need("dates", &["date", "time", "t"])?;
    let known: Vec<String> = columns
        .names()
        .iter()
        .filter(|name| columns.is_number(name))
        .filter(|name| {
            !NOT_BANDS.iter().any(|n| n.eq_ignore_ascii_case(name)) && *name != id && *name != label
        })
        .cloned()
        .collect();
    let bands = match bands {
        None => known.clone(),
        Some(asked) => {
            if let Some(lacking) = asked.iter().find(|band| !known.contains(band)) {
                return Err(Stop::Why(format!("it has no band {lacking}; it has {}", known.join(", "))));
            }
            asked.to_vec()
        }
    };
    if bands.is_empty() {
        return Err(Stop::Why(format!(
            "it has no column of numbers that could be a band; it has {}",
            there()
        )));
    }

    // Rows of each sample, in order of the date or place.
    let ids = columns.texts_of(id, cancel)?;
    let mut sample_of: HashMap<&str, usize> = HashMap::new();
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for (row, id) in ids.iter().enumerate() {
        let sample = *sample_of.entry(id).or_insert_with(|| {
            rows.push(Vec::new());
            rows.len() - 1
        });
        rows[sample].push(row);
    }
    if rows.is_empty() {
        return Err(Stop::Why("it has no rows".into()));
    }
    let mut notes = Vec::new();
    let when: Vec<Option<NaiveDate>> = if columns.is_number(date) {
        let places = columns.numbers_of(date, cancel)?;
        notes.push(format!(
            "{date} is a place in the series and no date: the places were taken for days from 2001-01-01, 16 apart"
        ));
        let first = NaiveDate::from_ymd_opt(2001, 1, 1);
        let day = |place: f64| {
            let days = (place >= 0.0 && place < MOST_DATES as f64).then_some(place as u64 * 16)?;
            first?.checked_add_days(chrono::Days::new(days))
        };
        places.into_iter().map(day).collect()
    } else {
        columns.dates_of(date, cancel)?
    };
    let undated = when.iter().filter(|d| d.is_none()).count();
    if undated > 0 {
        return Err(Stop::Why(format!(
            "{undated} of its {} rows have no {date} that can be read",
            when.len()
        )));
    }
    for rows in &mut rows {
        rows.sort_by_key(|row| when[*row]);
    }
    let dates = timeline(&rows, &when, &mut notes)?;

    let texts = columns.texts_of(label, cancel)?;
    let labels: Vec<String> = rows.iter().map(|rows| texts[rows[0]].trim().to_string()).collect();
    let unlabelled = labels.iter().filter(|label| label.is_empty()).count();
    let (legend, classes) = legend_of(&labels)?;
    if unlabelled > 0 {
        return Err(Stop::Why(format!("{unlabelled} of its {} samples have no {label}", labels.len())));
    }

    let each = dates.list.len() * bands.len();
    let mut values = vec![f32::NAN; rows.len() * each];
    for (b, band) in bands.iter().enumerate() {
        let column = columns.numbers_of(band, cancel)?;
        for (sample, rows) in rows.iter().enumerate() {
            for (place, row) in rows.iter().enumerate() {
                let t = dates.place(place, when[*row]);
                values[sample * each + t * bands.len() + b] = column[*row] as f32;
            }
        }
    }
    let locations = match (columns.first_of(&["longitude", "lon"]), columns.first_of(&["latitude", "lat"])) {
        (Some(lon), Some(lat)) => {
            let (lon, lat) = (columns.numbers_of(lon, cancel)?, columns.numbers_of(lat, cancel)?);
            rows.iter().map(|rows| [lon[rows[0]], lat[rows[0]]]).collect()
        }
        _ => Vec::new(),
    };
    let annotations = match columns.first_of(&["annotation_id", "polygon_id"]) {
        Some(polygon) => {
            let polygons = columns.texts_of(polygon, cancel)?;
            let mut number: HashMap<&str, u64> = HashMap::new();
            let number = |row: usize| {
                let next = number.len() as u64 + 1;
                *number.entry(polygons[row].as_str()).or_insert(next)
            };
            rows.iter().map(|rows| rows[0]).map(number).collect()
        }
        None => (1..=rows.len() as u64).collect(),
    };
    let features = bands.iter().map(FeatureRecord::named).collect();
    let samples = SampleSet {
        bands,
        features,
        dates: dates.list,
        values,
        classes,
        annotations,
        places: Vec::new(),
        locations,
    };
    Ok(SampleTable { samples, legend, notes })
}

/// The dates of all samples.
struct Timeline {
    list: Vec<NaiveDate>,
    /// Whether samples have years of their own, and lie side by side by their place in the series.
    by_place: bool,
}

impl Timeline {
    fn place(&self, place: usize, date: Option<NaiveDate>) -> usize {
        match date {
            Some(date) if !self.by_place => self.list.binary_search(&date).unwrap_or(place),
            _ => place,
        }
    }
}

fn timeline(
    rows: &[Vec<usize>],
    when: &[Option<NaiveDate>],
    notes: &mut Vec<String>,
) -> Result<Timeline, Stop> {
    let of = |rows: &[usize]| -> Vec<NaiveDate> { rows.iter().filter_map(|row| when[*row]).collect() };
    let mut commonest: HashMap<Vec<NaiveDate>, usize> = HashMap::new();
    for rows in rows {
        let dates = of(rows);
        if dates.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Stop::Why(format!("a sample of it has two rows of one date, {}", dates[0])));
        }
        *commonest.entry(dates).or_default() += 1;
    }
    let mut all: Vec<NaiveDate> = commonest.keys().flatten().copied().collect();
    all.sort_unstable();
    all.dedup();
    let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
    let same_length = rows.iter().all(|rows| rows.len() == longest);
    if longest > MOST_DATES {
        return Err(Stop::Why(format!("a sample of it has {longest} dates; at most {MOST_DATES} are read")));
    }
    // Samples of one period share most of their dates; where not all have all, the rest are gaps.
    if commonest.len() == 1 || all.len() < 2 * longest {
        let gaps = rows.iter().map(|rows| all.len() - rows.len()).sum::<usize>();
        if gaps > 0 {
            notes.push(format!("{gaps} dates of samples are not in the table and are gaps"));
        }
        return Ok(Timeline { list: all, by_place: false });
    }
    if !same_length {
        return Err(Stop::Why(format!(
            "its samples have up to {longest} dates each, but {} different ones in all, and not all the same number: they \
             cannot be laid side by side",
            all.len()
        )));
    }
    let kinds = commonest.len();
    let best = commonest.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
    let (list, count) = best.unwrap_or_default();
    let first = list.first().map(ToString::to_string).unwrap_or_default();
    notes.push(format!(
        "samples are of {kinds} periods and lie side by side by their place in the series; the dates from {first} on, of \
         {count} samples, stand for all"
    ));
    Ok(Timeline { list, by_place: true })
}
