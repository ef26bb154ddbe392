//! Tables of samples as people have them, Parquet or comma-separated text in two forms.
//!
//! The long form has a row a sample and date: `sample_id`, `label`, `longitude`, `latitude`, `date` (or `t`, which counts steps),
//! then a column a band. The wide form, which [`super::TableWriter`] writes, has a row a sample and a column a band and date:
//! `B04_0`, `B08_0`, `B04_1` …, with dates and classes in the file's metadata. Bands are found by name; what is no number, is
//! null or says nodata becomes a gap. Row groups are read one by one into [`Rows`], so that a table may be larger than memory.

mod columns;
mod layout;
mod long;
mod text;
mod timeline;
mod wide;

use super::plain::is_text;
use super::{Rows, SampleError, SampleSet};
use crate::cube::FeatureRecord;
use crate::labels::{AnnotationId, ClassCode, Legend};
use crate::progress::{Cancel, Cancelled, Report};
use chrono::NaiveDate;
use columns::Key;
pub(super) use layout::NO_BAND;
use layout::{Form, Layout};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// What annotations are where a table tells no polygons.
const PLACES: &str = "places";

/// What to read of a table.
#[derive(Debug, Clone, Copy, Default)]
pub struct TableRequest<'a> {
    /// Bands by name, in the order they are wanted; all of the table in its order where `None`.
    pub bands: Option<&'a [String]>,
    /// The column that says what a sample is; `label` or `class` where `None`.
    pub label: Option<&'a str>,
    /// Whether samples without a label are read too; without, they are left out, and a table that has none is refused.
    pub take_unlabelled: bool,
    /// Whether labels are passed over, whatever they are: all samples are read, and none has a class.
    pub without_labels: bool,
}

impl TableRequest<'_> {
    /// Whether samples without a label are read.
    fn takes_all(&self) -> bool {
        self.take_unlabelled || self.without_labels
    }
}

/// Samples of a table, as many as memory and disk hold.
#[derive(Debug)]
pub struct TableRows {
    /// The file.
    pub path: PathBuf,
    /// Names of bands, in the order of the values.
    pub bands: Vec<String>,
    /// Dates, in the order of the values.
    pub dates: Vec<NaiveDate>,
    /// A row a sample: `time x band`, NaN for gaps.
    pub rows: Rows,
    /// What the table calls each sample.
    pub ids: Vec<String>,
    /// The class of each sample; 0 for one without.
    pub classes: Vec<ClassCode>,
    /// The classes, in order of their names where the table does not tell their codes.
    pub legend: Legend,
    /// The polygon of each sample, where the table tells polygons; else its place, where it tells places; else itself.
    pub annotations: Vec<AnnotationId>,
    /// What annotations are: "polygons (polygon_id)".
    pub annotations_are: String,
    /// Longitude and latitude of each sample; NaN where it is not known, empty where none is.
    pub locations: Vec<[f64; 2]>,
    /// What was made of the table, in sentences.
    pub notes: Vec<String>,
}

impl TableRows {
    /// The samples, which stay where they are: in memory, or in a file.
    pub fn into_set(self) -> SampleSet {
        SampleSet {
            features: self.bands.iter().map(FeatureRecord::named).collect(),
            bands: self.bands,
            dates: self.dates,
            values: self.rows,
            classes: self.classes,
            annotations: self.annotations,
            places: Vec::new(),
            locations: self.locations,
        }
    }

    /// How many samples.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }
}

/// Reads a table of samples row group by row group: Parquet, or comma-separated text (`.csv`, `.tsv`, `.txt`; semicolons and
/// tabs part cells too).
///
/// # Errors
/// [`SampleError::Read`], which says what the file lacks or has wrong and what to do; [`SampleError::TooLarge`] before anything
/// is read; asked to stop.
pub fn read_rows(
    path: &Path,
    request: &TableRequest,
    report: Report,
    cancel: &Cancel,
) -> Result<TableRows, SampleError> {
    let failed = |why: String| SampleError::Read { path: path.into(), why };
    let told = |trouble| match trouble {
        Trouble::Sample(error) => error,
        Trouble::Table(why) => failed(why),
    };
    let made = match is_text(path) && path.is_file() {
        true => Some(text::as_parquet(path, cancel).map_err(told)?),
        false => None,
    };
    let of_parquet = made.as_ref().map_or(path, |made| made.path());
    let open = || -> Result<SerializedFileReader<File>, String> {
        let file = File::open(of_parquet).map_err(|e| e.to_string())?;
        if file.metadata().is_ok_and(|m| m.is_dir()) {
            return Err("it is a folder. Give a table: a Parquet file, or one of comma-separated text".into());
        }
        let damaged = |e| {
            format!(
                "it is no Parquet file, or a damaged one ({e}). Tables are read from .parquet, .csv, .tsv and .txt"
            )
        };
        SerializedFileReader::new(file).map_err(damaged)
    };
    let reader = open().map_err(failed)?;
    columns::check(&reader, of_parquet).map_err(failed)?;
    let columns = columns::columns(&reader);
    let metadata = reader.metadata().file_metadata().key_value_metadata();
    let own = metadata.and_then(|all| all.iter().find(|m| m.key == "ritmo")).and_then(|m| m.value.as_deref());
    let mut layout = layout::layout(&columns, own, request.bands, request.label).map_err(failed)?;
    if request.without_labels {
        layout.label = None;
    }
    if layout.label.is_none() && !request.takes_all() {
        let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
        return Err(failed(format!(
            "it has no column `label` that says what each sample is. Its columns are {}. Name the column that does",
            layout::shortened(&names)
        )));
    }
    // What a file tells of itself may be anything; what is read is not more than it holds.
    let cells = reader.metadata().file_metadata().num_rows().max(0) as u64;
    let job = Job { path, request, reader: &reader, total: cells, report, cancel };
    let table = match &layout.form {
        Form::Long { .. } => long::read(&job, &layout),
        Form::Wide { .. } => wide::read(&job, &layout),
    };
    table.map_err(told)
}

/// Samples of a table.
#[derive(Debug)]
pub struct SampleTable {
    /// The samples. Their annotations are the polygons that the table tells, else its places, else each is its own.
    pub samples: SampleSet,
    /// The classes, in order of their names unless the table tells.
    pub legend: Legend,
    /// What was made of the table, in sentences.
    pub notes: Vec<String>,
}

/// Reads a table of samples; `bands` by name and in this order, or all of them.
///
/// # Errors
/// As [`read_rows`].
pub fn read_table(
    path: &Path,
    bands: Option<&[String]>,
    cancel: &Cancel,
) -> Result<SampleTable, SampleError> {
    let mut table = read_rows(path, &TableRequest { bands, ..Default::default() }, &|_| (), cancel)?;
    let (legend, notes) = (std::mem::take(&mut table.legend), std::mem::take(&mut table.notes));
    Ok(SampleTable { samples: table.into_set(), legend, notes })
}

/// What a reader of either form is given.
struct Job<'a> {
    path: &'a Path,
    request: &'a TableRequest<'a>,
    reader: &'a SerializedFileReader<File>,
    /// Rows of the table.
    total: u64,
    report: Report<'a>,
    cancel: &'a Cancel,
}

/// Why a table is not read.
enum Trouble {
    /// Its own fault, in a sentence.
    Table(String),
    /// Of memory, disk, or a wish to stop.
    Sample(SampleError),
}

impl From<ParquetError> for Trouble {
    fn from(error: ParquetError) -> Self {
        match error.to_string().split_once("Disabled feature at compile time: ") {
            None => Self::Table(format!("it is damaged ({error})")),
            Some((_, codec)) => Self::Table(format!(
                "it is compressed by {codec}, which is not read here. Write it with Zstandard, Snappy, LZ4 or Gzip"
            )),
        }
    }
}

impl From<SampleError> for Trouble {
    fn from(error: SampleError) -> Self {
        Self::Sample(error)
    }
}

impl From<String> for Trouble {
    fn from(why: String) -> Self {
        Self::Table(why)
    }
}

impl From<Cancelled> for Trouble {
    fn from(cancelled: Cancelled) -> Self {
        Self::Sample(cancelled.into())
    }
}

/// What is known of samples, one entry each.
#[derive(Default)]
struct Samples {
    ids: Vec<Key>,
    /// Places in `labels`.
    classes: Vec<Option<usize>>,
    labels: Vec<Key>,
    seen: HashMap<Key, usize>,
    polygons: Vec<Option<Key>>,
    lonlat: Vec<[f64; 2]>,
}

impl Samples {
    /// Keeps only some of them.
    fn keep(&mut self, keep: &[bool]) {
        fn of<T>(list: &mut Vec<T>, keep: &[bool]) {
            let mut keep = keep.iter();
            list.retain(|_| keep.next().is_some_and(|keep| *keep));
        }
        of(&mut self.ids, keep);
        of(&mut self.classes, keep);
        of(&mut self.polygons, keep);
        of(&mut self.lonlat, keep);
    }

    /// The place of a label among the labels.
    fn label(&mut self, key: Key) -> usize {
        if let Some(at) = self.seen.get(&key) {
            return *at;
        }
        self.labels.push(key.clone());
        self.seen.insert(key, self.labels.len() - 1);
        self.labels.len() - 1
    }

    /// The legend of the labels, in their order, and the code of each label. Labels that differ in case only are one class.
    fn legend(&self, notes: &mut Vec<String>) -> Result<(Legend, Vec<ClassCode>), String> {
        let mut order: Vec<usize> = (0..self.labels.len()).collect();
        order.sort_by(|a, b| self.labels[*a].cmp(&self.labels[*b]));
        if order.len() > 254 {
            let [a, b, c] = [0, 1, 2].map(|i| self.labels[order[i]].to_string());
            return Err(format!(
                "it has {} different labels ({a}, {b}, {c} …), and 254 classes are the most. Is another column the label?",
                order.len()
            ));
        }
        let mut legend = Legend::default();
        let mut codes = vec![0; order.len()];
        for at in order {
            let name = self.labels[at].to_string();
            codes[at] = match legend.by_name(&name) {
                Some(class) => {
                    notes.push(format!("the labels {} and {name} are taken for one class", class.name));
                    class.code
                }
                None => legend.add(&name).map_err(|e| e.to_string())?,
            };
        }
        Ok((legend, codes))
    }

    /// The annotation of each sample, and what that is.
    fn annotations(&self, layout: &Layout) -> (Vec<AnnotationId>, String) {
        let mut seen: HashMap<(Option<&Key>, [u64; 2], usize), AnnotationId> = HashMap::new();
        let polygon = layout.polygon.as_ref().filter(|_| self.polygons.iter().any(Option::is_some));
        let placed = self.lonlat.iter().any(|[lon, lat]| lon.is_finite() && lat.is_finite());
        let annotations = (0..self.ids.len())
            .map(|i| {
                let place = self.lonlat[i];
                let key = match (&self.polygons[i], polygon) {
                    // Ritmo's own tables come with the numbers of its annotations: they stay.
                    (Some(Key::Whole(id)), Some(_)) if *id >= 0 => return *id as AnnotationId,
                    (Some(key), Some(_)) => (Some(key), [0; 2], 0),
                    _ if polygon.is_none() && placed && place.iter().all(|v| v.is_finite()) => {
                        (None, place.map(f64::to_bits), 0)
                    }
                    _ => (None, [0; 2], i + 1),
                };
                // Those that were made up lie above all that tables count.
                let next = (1 << 40) + seen.len() as AnnotationId;
                *seen.entry(key).or_insert(next)
            })
            .collect();
        let are = match polygon {
            Some(column) => format!("polygons ({})", column.name),
            None if placed => PLACES.into(),
            None => "samples".into(),
        };
        (annotations, are)
    }

    /// Puts the table together.
    fn table(
        self,
        job: &Job,
        layout: &Layout,
        (bands, dates, rows): (Vec<String>, Vec<NaiveDate>, Rows),
        (legend, codes): (Legend, Vec<ClassCode>),
        mut notes: Vec<String>,
    ) -> TableRows {
        let (annotations, annotations_are) = self.annotations(layout);
        // Of samples without labels nothing is held out.
        if annotations_are == PLACES && !job.request.without_labels {
            notes.push("it tells no polygons: samples of one place count as one annotation".into());
        }
        let placed = self.lonlat.iter().flatten().any(|v| v.is_finite());
        TableRows {
            path: job.path.into(),
            bands,
            dates,
            rows,
            classes: self.classes.iter().map(|at| at.map_or(0, |at| codes[at])).collect(),
            ids: self.ids.iter().map(Key::to_string).collect(),
            legend,
            annotations,
            annotations_are,
            locations: if placed { self.lonlat } else { Vec::new() },
            notes,
        }
    }
}

/// A place, where it can be one on Earth.
fn lonlat(lon: f64, lat: f64) -> [f64; 2] {
    let there = (-360.0..=360.0).contains(&lon) && (-90.0..=90.0).contains(&lat);
    if there { [lon, lat] } else { [f64::NAN; 2] }
}

#[cfg(test)]
mod tests;
