//! Labels: the legend, what annotators drew, its core after the inward buffer, and the pure pixels inside.

mod annotation;
mod check;
mod core;
mod export;
mod extent;
mod geojson;
pub mod import;
mod index;
mod legend;
mod lines;
mod overlaps;
mod plane;
mod polygons;
mod pure;
mod repair;
pub mod shape;
mod site;
pub mod wand;

pub use annotation::{Annotation, AnnotationId, Annotations, Buffers, Change, Confidence, Holds};
pub use check::{CheckReport, ClassCount, Finding, FindingKind, check};
pub use core::{Core, Emptied, core_of, core_of_annotation, largest_buffer_m};
pub use export::{ExportFormat, ExportReport, ExportSpec, ExportWhat, export};
pub use extent::{extent_in, extent_of_file};
pub use geojson::{json_of_geometry, read_labels, write_labels};
pub use import::{ImportReport, ImportSettings, import};
pub use index::AnnotationIndex;
pub use legend::{Class, ClassCode, Legend};
pub use legend::{
    Combine, Combined, LegendFormat, Preset, Translation, qgis_style, read_legend, write_legend,
};
pub(crate) use legend::{colour_distance, colour_in, colour_of, parse_xml};
pub use lines::LabelLines;
pub use overlaps::{Overlap, overlaps, overlaps_of};
pub use plane::area_ha;
pub use polygons::{PolygonFeature, read_polygons, whole_polygons};
pub use site::LabelSite;

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
    /// A file of a legend cannot be read.
    #[error("cannot read the legend {path}: {why}")]
    ReadLegend { path: PathBuf, why: String },
    /// A file of a legend cannot be written.
    #[error("cannot write the legend {path}: {why}")]
    WriteLegend { path: PathBuf, why: String },
    /// A place that cannot be projected.
    #[error(transparent)]
    Geo(#[from] crate::geo::GeoError),
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] crate::progress::Cancelled),
}
