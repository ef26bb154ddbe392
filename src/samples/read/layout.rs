//! Which column of a table is what.

use super::columns::{Column, Kind};
use crate::labels::Legend;
use chrono::NaiveDate;
use serde_json::Value;
use std::collections::BTreeMap;

/// Names that columns have, in lower case, the usual one first.
const ID: &[&str] = &["sample_id", "sample", "id"];
const LABEL: &[&str] = &["label", "class", "class_name"];
const LONGITUDE: &[&str] = &["longitude", "lon"];
const LATITUDE: &[&str] = &["latitude", "lat"];
const DATE: &[&str] = &["date", "timestamp", "time"];
const STEP: &[&str] = &["t", "step"];
const POLYGON: &[&str] = &["annotation_id", "polygon_id", "polygon"];
/// Numbers that are no bands, though they stand among them.
const NEVER: &[&str] =
    &["code", "col", "row", "x", "y", "split", "fold", "index", "level_0", "year", "month", "day", "weight"];

/// How the sentence about bands that are not there begins.
pub(in crate::samples) const NO_BAND: &str = "it has no band";

/// What the columns are.
#[derive(Debug)]
pub(super) struct Layout {
    pub id: Option<Column>,
    pub label: Option<Column>,
    pub longitude: Option<Column>,
    pub latitude: Option<Column>,
    pub polygon: Option<Column>,
    pub form: Form,
    /// In sentences.
    pub notes: Vec<String>,
}

/// How series lie in the table.
#[derive(Debug)]
pub(super) enum Form {
    /// One row a sample and date.
    Long {
        /// The column of dates, or of steps.
        date: Column,
        /// Whether it counts steps.
        steps: bool,
        /// One column a band.
        bands: Vec<Column>,
    },
    /// One row a sample.
    Wide {
        /// Names of bands.
        bands: Vec<String>,
        /// `time x band`.
        columns: Vec<Column>,
        /// The dates, where the file tells.
        dates: Option<Vec<NaiveDate>>,
        /// The classes, where the file tells.
        legend: Option<Legend>,
    },
}

/// Finds what the columns are; of the bands, those asked for, in that order, or all.
///
/// # Errors
/// What is lacking, and what there is, in a sentence.
pub(super) fn layout(
    columns: &[Column],
    own: Option<&str>,
    asked: Option<&[String]>,
    label: Option<&str>,
) -> Result<Layout, String> {
    let find = |names: &[&str]| {
        names.iter().find_map(|name| columns.iter().find(|c| c.name.to_lowercase() == *name).cloned())
    };
    let label = match label {
        None => find(LABEL),
        Some(name) => {
            let found = columns.iter().find(|c| c.name == name).cloned();
            Some(
                found
                    .ok_or_else(|| format!("it has no column {name}. Its columns are {}", listed(columns)))?,
            )
        }
    };
    let id = find(ID);
    let mut notes = Vec::new();
    let taken: Vec<Column> = [ID, LABEL, LONGITUDE, LATITUDE, DATE, STEP, POLYGON]
        .iter()
        .flat_map(|names| find(names))
        .chain(label.clone())
        .collect();
    let date = find(DATE).filter(|c| !c.kind.is_number()).map(|c| (c, false));
    let date = date.or_else(|| find(STEP).filter(|c| c.kind.is_number()).map(|c| (c, true)));
    let form = match (date, &id) {
        (Some((date, steps)), Some(_)) => {
            let bands = long_bands(columns, &taken, asked, &mut notes)?;
            Form::Long { date, steps, bands }
        }
        (Some(_), None) if wide(columns, &taken, own).is_none() => {
            return Err(format!(
                "it has a date but no `sample_id` that tells which rows are one series. Its columns are {}",
                listed(columns)
            ));
        }
        _ => match wide(columns, &taken, own) {
            Some(form) => chosen_of_wide(form, asked)?,
            None => {
                return Err(format!(
                    "it is no table of series: a long one has `sample_id`, `date` (or `t`) and a column a band, a wide one a column \
                     a band and date, such as B04_0, B04_1, B04_2. Its columns are {}",
                    listed(columns)
                ));
            }
        },
    };
    Ok(Layout {
        id,
        label: label.filter(|c| c.kind != Kind::Other),
        longitude: find(LONGITUDE).filter(|c| c.kind.is_number()),
        latitude: find(LATITUDE).filter(|c| c.kind.is_number()),
        polygon: find(POLYGON).filter(|c| c.kind != Kind::Other),
        form,
        notes,
    })
}

/// Bands of the long form.
fn long_bands(
    columns: &[Column],
    taken: &[Column],
    asked: Option<&[String]>,
    notes: &mut Vec<String>,
) -> Result<Vec<Column>, String> {
    let numbers = || columns.iter().filter(|c| c.kind.is_number() && !taken.contains(c));
    if let Some(asked) = asked {
        let there: Vec<&str> = numbers().map(|c| c.name.as_str()).collect();
        let find = |name: &String| numbers().find(|c| c.name == *name).cloned();
        return all_or(asked, &there, find);
    }
    let is_band = |column: &&Column| {
        let name = column.name.to_lowercase();
        let key = name.ends_with("_id") || name.ends_with("_code") || name.starts_with("__");
        !key && !NEVER.contains(&name.as_str())
    };
    let bands: Vec<Column> = numbers().filter(is_band).cloned().collect();
    let passed: Vec<&str> = numbers().filter(|c| !bands.contains(c)).map(|c| c.name.as_str()).collect();
    if !passed.is_empty() {
        notes.push(format!("{} are not taken for bands: name the bands if they are", passed.join(", ")));
    }
    if bands.is_empty() {
        return Err(format!(
            "it has no column of numbers that could be a band. Its columns are {}",
            listed(columns)
        ));
    }
    Ok(bands)
}

/// What was asked for, all of it found, in the order asked for; else what is lacking, and what there is.
fn all_or<T>(
    asked: &[String],
    there: &[&str],
    find: impl Fn(&String) -> Option<T>,
) -> Result<Vec<T>, String> {
    let lacking: Vec<&str> = asked.iter().filter(|name| find(name).is_none()).map(String::as_str).collect();
    if lacking.is_empty() {
        return Ok(asked.iter().filter_map(find).collect());
    }
    let nearly = |name: &&str| there.iter().find(|other| other.eq_ignore_ascii_case(name)).copied();
    let meant: Vec<&str> = lacking.iter().filter_map(nearly).collect();
    let hint = match meant.as_slice() {
        [] => String::new(),
        [one] => format!(" Is {one} meant?"),
        several => format!(" Are {} meant?", several.join(", ")),
    };
    Err(format!("{NO_BAND} {}. Its bands are {}.{hint}", lacking.join(", "), shortened(there)))
}

/// A list that is not longer than a sentence may be.
pub(super) fn shortened(names: &[&str]) -> String {
    match names {
        [] => "none".into(),
        names if names.len() <= 20 => names.join(", "),
        names => format!("{} and {} more", names[..20].join(", "), names.len() - 20),
    }
}

fn listed(columns: &[Column]) -> String {
    shortened(&columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>())
}

/// The wide form, where the columns make one: `<band>_<place of the date>` for each band and date.
fn wide(columns: &[Column], taken: &[Column], own: Option<&str>) -> Option<Form> {
    let own: Option<Value> = own.and_then(|text| serde_json::from_str(text).ok());
    let told = |key: &str| own.as_ref().and_then(|own| own.get(key)).cloned();
    let told_bands: Option<Vec<String>> = told("bands").and_then(|v| serde_json::from_value(v).ok());
    let told_dates: Option<Vec<NaiveDate>> = told("dates").and_then(|v| serde_json::from_value(v).ok());
    let legend: Option<Legend> = told("classes").and_then(|v| serde_json::from_value(v).ok());
    let legend = legend.filter(|legend| legend.check().is_ok());

    let mut bands: Vec<String> = Vec::new();
    let mut found: BTreeMap<(usize, usize), &Column> = BTreeMap::new();
    for column in columns.iter().filter(|c| c.kind.is_number() && !taken.contains(c)) {
        let Some((band, place)) = column.name.rsplit_once('_') else { continue };
        let Ok(time) = place.parse::<usize>() else { continue };
        if band.is_empty()
            || place != time.to_string()
            || told_bands.as_ref().is_some_and(|b| !b.iter().any(|b| b == band))
        {
            continue;
        }
        let at = bands.iter().position(|b| b == band).unwrap_or_else(|| {
            bands.push(band.to_string());
            bands.len() - 1
        });
        found.insert((time, at), column);
    }
    let (&(first, _), &(last, _)) = (found.keys().next()?, found.keys().next_back()?);
    let times = last.checked_sub(first)?.checked_add(1)?;
    // A hole, or a band that lacks a date, and it is something else.
    if first > 1 || times < 2 || times.checked_mul(bands.len())? != found.len() {
        return None;
    }
    let order: Vec<usize> = match &told_bands {
        None => (0..bands.len()).collect(),
        Some(told) => told.iter().map(|b| bands.iter().position(|c| c == b)).collect::<Option<_>>()?,
    };
    let dates =
        told_dates.filter(|dates| dates.len() == times && dates.windows(2).all(|pair| pair[0] < pair[1]));
    let columns = (first..=last).flat_map(|time| order.iter().map(move |band| (time, *band)));
    Some(Form::Wide {
        columns: columns.map(|at| found.get(&at).map(|c| (*c).clone())).collect::<Option<_>>()?,
        bands: order.iter().map(|band| bands[*band].clone()).collect(),
        dates,
        legend,
    })
}

/// The bands asked for, in the order asked for.
fn chosen_of_wide(form: Form, asked: Option<&[String]>) -> Result<Form, String> {
    let (Form::Wide { bands, columns, dates, legend }, Some(asked)) = (&form, asked) else { return Ok(form) };
    let there: Vec<&str> = bands.iter().map(String::as_str).collect();
    let places = all_or(asked, &there, |name| bands.iter().position(|b| b == name))?;
    let columns = columns.chunks(bands.len()).flat_map(|date| places.iter().map(|at| date[*at].clone()));
    Ok(Form::Wide {
        bands: asked.to_vec(),
        columns: columns.collect(),
        dates: dates.clone(),
        legend: legend.clone(),
    })
}
