//! Maps from elsewhere: any classified raster as a map of a site, beside those of the project's own models.
//!
//! A raster tells its classes in many ways, and some tell less than they seem to: a value 0 is the first class in PEARL's raw
//! maps and "unlabelled" in label rasters. So [`survey_map`] says what a file holds over a site and what is not known,
//! [`propose`] says which class of the legend each may be and why, people change that, and [`import_map`] writes it.

mod codes;
mod listed;
mod matching;
mod pixels;
mod place;
mod side_files;
mod survey;
mod synonyms;
#[cfg(test)]
mod tests;
mod write;

pub use codes::Meaning;
pub use matching::{Chosen, How, Proposal, propose, settle};
pub use survey::{FoundClass, FoundClasses, MapForm, Question, survey_map};
pub use write::{ForeignSpec, IMPORTED, ImportedClass, ImportedMap, import_map, imported_from};

use crate::geo::GeoError;
use crate::labels::LabelError;
use crate::progress::Cancelled;
use std::path::PathBuf;

/// How people say that a raster is to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MapReading {
    /// A list of its classes: JSON (names, or objects with `name` and, where wanted, `color` and `value`), CSV or a QGIS style.
    pub classes: Option<PathBuf>,
    /// What its values mean, where neither a list nor the file tells.
    pub meaning: Option<Meaning>,
    /// Of a list without codes: whether the value 0 is its first class, or unlabelled and 1 is.
    pub zero_is_first: Option<bool>,
}

/// Why a map from elsewhere cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    /// Reading or writing.
    #[error(transparent)]
    Geo(#[from] GeoError),
    /// The list of its classes.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// It cannot be taken like this; a sentence with the file and the way out.
    #[error("{0}")]
    Refused(String),
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

fn refuse<T>(why: impl Into<String>) -> Result<T, ForeignError> {
    Err(ForeignError::Refused(why.into()))
}
