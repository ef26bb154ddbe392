//! Labels: the legend, what annotators drew, its core after the inward buffer, and the pure pixels inside.

mod annotation;
mod core;
mod extent;
mod geojson;
mod index;
mod legend;
mod pure;
mod repair;
pub mod shape;

pub use annotation::{Annotation, AnnotationId, Annotations, Buffers, Change, Confidence, Holds};
pub use core::{Core, Emptied, core_of, core_of_annotation, largest_buffer_m};
pub use extent::{extent_in, extent_of_file};
pub use geojson::{ImportReport, ImportSettings, import, read_labels, write_labels};
pub use index::AnnotationIndex;
pub use legend::{Class, ClassCode, Legend};

use std::path::PathBuf;

/// What can go wrong with labels. Each says what was tried, on which file, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    /// A vector file cannot be read.
    #[error("cannot read labels from {path}: {why}")]
    Read { path: PathBuf, why: String },
    /// A vector file cannot be written.
    #[error("cannot write labels to {path}: {why}")]
    Write { path: PathBuf, why: String },
    /// A geometry that cannot be used.
    #[error("this polygon cannot be used: {why}")]
    Geometry { why: String },
    /// A legend that cannot be used.
    #[error("the legend cannot be used: {why}")]
    Legend { why: String },
    /// A place that cannot be projected.
    #[error(transparent)]
    Geo(#[from] crate::geo::GeoError),
}
