//! Samples from a Parquet table.
//!
//! Two layouts are read. Long: a row a sample and date, `sample_id`, `label`, `date` (or `t`, a place in the series), and a
//! column a band. Wide: what Ritmo itself writes, a row a sample. In both, `longitude`, `latitude` and `polygon_id` or
//! `annotation_id` are taken where they are there.
//!
//! Tables that gather samples of several years have dates of their own for each sample. What a network learns is the year's
//! course, so such samples are laid side by side by their place in the series, and the commonest dates stand for all; the
//! notes say so.

mod columns;
mod long;
#[cfg(test)]
mod tests;
mod wide;

use super::{SampleError, SampleSet};
use crate::labels::{Class, ClassCode, Legend};
use crate::progress::Cancel;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::collections::BTreeMap;
use std::path::Path;

/// Samples of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleTable {
    /// The samples; without an annotation of their own each is its own.
    pub samples: SampleSet,
    /// The classes, in order of their names unless the table tells.
    pub legend: Legend,
    /// What was made of the table, in sentences.
    pub notes: Vec<String>,
}

/// Reads a table of samples; `bands` by name and in this order, or all of them.
///
/// # Errors
/// [`SampleError::Read`]: a file that is no such table, with the columns there are; bands it lacks; more than memory holds.
pub fn read_table(
    path: &Path,
    bands: Option<&[String]>,
    cancel: &Cancel,
) -> Result<SampleTable, SampleError> {
    let failed = |why: String| SampleError::Read { path: path.into(), why };
    let file = std::fs::File::open(path).map_err(|e| failed(e.to_string()))?;
    let reader = SerializedFileReader::new(file)
        .map_err(|e| failed(format!("it is no Parquet file, or a damaged one ({e})")))?;
    let metadata = reader.metadata().file_metadata();
    let own = metadata.key_value_metadata().into_iter().flatten().find(|pair| pair.key == "ritmo");
    let own = own.and_then(|pair| pair.value.clone());
    let columns = columns::Columns::new(&reader);
    enough_memory(&columns, metadata.num_rows(), own.is_some()).map_err(failed)?;
    let table = match own {
        Some(own) => wide::read(&columns, &own, bands, cancel),
        None => long::read(&columns, bands, cancel),
    };
    match table {
        Ok(table) => Ok(table),
        Err(columns::Stop::Cancelled(cancelled)) => Err(cancelled.into()),
        Err(columns::Stop::Why(why)) => Err(failed(why)),
    }
}

/// Whether the numbers of the table fit into the memory that is free.
fn enough_memory(columns: &columns::Columns, rows: i64, wide: bool) -> Result<(), String> {
    let rows = u64::try_from(rows).unwrap_or(0);
    // Values as read, and laid out by sample.
    let needed = rows.saturating_mul(columns.numbers() as u64).saturating_mul(if wide { 12 } else { 16 });
    match crate::files::free_memory() {
        Some(free) if needed > free => Err(format!(
            "its {rows} rows need about {} MB of memory, and {} MB are free. Read fewer bands, or split the table",
            needed / 1_000_000,
            free / 1_000_000
        )),
        _ => Ok(()),
    }
}

/// A legend of labels, in order of their names (numbers by their value), in colours that keep apart; and the code of each.
fn legend_of(labels: &[String]) -> Result<(Legend, Vec<ClassCode>), String> {
    let mut codes: BTreeMap<(Option<i64>, &str), ClassCode> = BTreeMap::new();
    for label in labels {
        codes.insert((label.parse().ok(), label), 0);
    }
    if codes.len() > 254 {
        return Err(format!("its labels are of {} classes; a legend holds at most 254", codes.len()));
    }
    let mut classes = Vec::new();
    for ((_, label), code) in codes.iter_mut() {
        *code = (classes.len() + 1) as ClassCode;
        classes.push(Class::new(*code, *label, colour(classes.len())));
    }
    let of =
        labels.iter().filter_map(|label| codes.get(&(label.parse().ok(), label.as_str())).copied()).collect();
    Ok((Legend { classes }, of))
}

/// Colours around the circle by the golden angle, so that neighbours in the list keep apart.
fn colour(i: usize) -> [u8; 3] {
    let hue = (i as f32 * 0.618_034).fract() * 6.0;
    let value = if i.is_multiple_of(2) { 0.85 } else { 0.6 };
    let channel = |shift: f32| {
        let k = (shift + hue).rem_euclid(6.0);
        let share = k.min(4.0 - k).clamp(0.0, 1.0);
        ((value - value * 0.7 * share) * 255.0) as u8
    };
    [channel(5.0), channel(3.0), channel(1.0)]
}
