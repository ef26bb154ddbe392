//! Samples: series with a class, split by annotation, normalised from the training part alone.

mod envelope;
mod extract;
mod folds;
mod normalise;
mod patches;
mod plain;
mod read;
mod rows;
mod split;
mod spread;
mod table;

pub use envelope::{Envelope, EnvelopeMember, envelopes};
pub use extract::{ExtractReport, ExtractSpec, extract, extract_in_parts};
pub use folds::{Blocks, Folds, Group};
pub use normalise::Normalisation;
pub use patches::{LabelledPixel, Patch, cut_patches};
pub use plain::{CellColumn, CellKind, PlainWriter};
pub use read::{SampleTable, TableRequest, TableRows, read_rows, read_table};
pub use rows::{Rows, check_room};
pub use split::{Split, split_by_annotation};
pub use spread::{ApartPixels, Spread, SpreadCurve, spread, stand_apart};
pub use table::{TableSpec, TableWriter};

use crate::cube::{FeatureRecord, Filling};
use crate::labels::{AnnotationId, ClassCode};
use chrono::NaiveDate;
use std::borrow::Cow;

/// What can go wrong with samples.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// Reading the cube.
    #[error(transparent)]
    Cube(#[from] crate::cube::CubeError),
    /// Reading the labels.
    #[error(transparent)]
    Labels(#[from] crate::labels::LabelError),
    /// Too little to learn from.
    #[error("{why}")]
    TooFew { why: String },
    /// A table of samples cannot be read.
    #[error("cannot read samples from {path}: {why}")]
    Read { path: std::path::PathBuf, why: String },
    /// A table of samples cannot be written.
    #[error("cannot write samples to {path}: {why}. Check the folder, its rights and the free space")]
    Write { path: std::path::PathBuf, why: String },
    /// A temporary file for samples that do not fit into memory.
    #[error(
        "samples that do not fit into memory go to a temporary file in {folder}, which cannot be {what}: {why}. Free \
             some space there, or set TMPDIR to a folder that has room"
    )]
    Room { folder: std::path::PathBuf, what: &'static str, why: String },
    /// Neither memory nor disk has room.
    #[error(
        "the samples take {needed}: neither the memory ({memory} to spare) nor {folder} ({disk} free) has room for them. \
             Take fewer of them or fewer bands, or set TMPDIR to a folder that has room"
    )]
    TooLarge { needed: String, memory: String, disk: String, folder: std::path::PathBuf },
    /// Samples that do not go together.
    #[error("{why}")]
    Unusable { why: String },
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] crate::progress::Cancelled),
}

impl SampleError {
    /// Whether it is that a table lacks bands that were asked for by name.
    pub fn lacks_bands(&self) -> bool {
        matches!(self, Self::Read { why, .. } if why.starts_with(read::NO_BAND))
    }
}

/// Labelled series from the pure pixels of annotations, or of a table.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone, PartialEq))]
pub struct SampleSet {
    /// Names of the bands and indices, in the order of the values.
    pub bands: Vec<String>,
    /// How each of them is found on another cube; empty where nothing but the names is known.
    pub features: Vec<FeatureRecord>,
    /// Dates, in the order of the values.
    pub dates: Vec<NaiveDate>,
    /// A row a sample: `time x band`, bands in the units of the input, NaN for gaps (they are filled when read for a network).
    pub values: Rows,
    /// The class of each sample.
    pub classes: Vec<ClassCode>,
    /// The annotation of each sample: splits never part them.
    pub annotations: Vec<AnnotationId>,
    /// The pixel (column, row) of each sample; empty for samples that come from a table.
    pub places: Vec<(u32, u32)>,
    /// Longitude and latitude of each sample in degrees; empty where they are not known.
    pub locations: Vec<[f64; 2]>,
}

impl SampleSet {
    /// How many samples.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// Adds others of the same bands and dates at the end.
    ///
    /// # Errors
    /// [`SampleError::Room`] where they do not fit into memory and no file can be written.
    pub fn append(&mut self, others: &Self) -> Result<(), SampleError> {
        self.values.append(&others.values)?;
        self.classes.extend(&others.classes);
        self.annotations.extend(&others.annotations);
        self.places.extend(&others.places);
        self.locations.extend(&others.locations);
        Ok(())
    }

    /// The same samples at one of their dates only.
    ///
    /// # Errors
    /// As [`SampleSet::series`].
    pub fn at_date(&self, time: usize) -> Result<Self, SampleError> {
        self.at_dates(&[time])
    }

    /// The same samples at some of their dates, in this order.
    ///
    /// # Errors
    /// As [`SampleSet::series`].
    pub fn at_dates(&self, times: &[usize]) -> Result<Self, SampleError> {
        let bands = self.bands.len();
        let mut values = Rows::new(bands * times.len());
        let mut row = Vec::with_capacity(bands * times.len());
        for i in 0..self.len() {
            let series = self.series(i)?;
            row.clear();
            times.iter().for_each(|time| row.extend(&series[time * bands..(time + 1) * bands]));
            values.push(&row)?;
        }
        Ok(Self {
            bands: self.bands.clone(),
            features: self.features.clone(),
            dates: times.iter().filter_map(|time| self.dates.get(*time)).copied().collect(),
            values,
            classes: self.classes.clone(),
            annotations: self.annotations.clone(),
            places: self.places.clone(),
            locations: self.locations.clone(),
        })
    }

    /// The values of sample `i`, `time x band`.
    ///
    /// # Errors
    /// [`SampleError::Room`] where they lie in a file that cannot be read.
    pub fn series(&self, i: usize) -> Result<Cow<'_, [f32]>, SampleError> {
        self.values.row(i)
    }

    /// Those of `part` that a network can read once their gaps are filled in this way.
    ///
    /// # Errors
    /// As [`SampleSet::series`].
    pub fn usable(&self, part: &[usize], filling: Filling) -> Result<Vec<usize>, SampleError> {
        let usable = |i: &usize| {
            Ok(extract::lacks(&self.series(*i)?, self.bands.len(), filling).is_none().then_some(*i))
        };
        part.iter().filter_map(|i| usable(i).transpose()).collect()
    }
}
