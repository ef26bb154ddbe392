//! Annotations from and to GeoJSON.

use super::{Annotation, LabelError, Legend};
use std::path::{Path, PathBuf};

/// How to import.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportSettings {
    /// The property that holds the class's name (or code, where no class has that name).
    pub class_field: String,
    /// The inward buffer given to what is imported; the project's where `None`.
    pub buffer_m: Option<f64>,
}

impl Default for ImportSettings {
    fn default() -> Self {
        Self { class_field: "class".into(), buffer_m: None }
    }
}

/// What an import found.
#[derive(Debug, Clone, Default)]
pub struct ImportReport {
    /// Annotations taken, with ids from the first free one on.
    pub annotations: Vec<Annotation>,
    /// Names of classes that the legend did not have and now has.
    pub new_classes: Vec<String>,
    /// Features left aside: file, which (its place in the file, from 1), why.
    pub skipped: Vec<(PathBuf, usize, String)>,
    /// Features whose rings were repaired: file, which, and the change in area in hectares.
    pub repaired: Vec<(PathBuf, usize, f64)>,
}

/// Reads features of a GeoJSON file as annotations; a legacy `crs` member is honoured. Adds missing classes to `legend`.
///
/// # Errors
/// When the file is no GeoJSON or lacks the class field altogether.
pub fn import(
    _path: &Path,
    _settings: &ImportSettings,
    _legend: &mut Legend,
    _first_id: u64,
) -> Result<ImportReport, LabelError> {
    todo!()
}

/// Reads a project's `labels.geojson`.
///
/// # Errors
/// When the file is damaged.
pub fn read_labels(_path: &Path) -> Result<Vec<Annotation>, LabelError> {
    todo!()
}

/// The text of a project's `labels.geojson` (RFC 7946; class code, class name, confidence, buffer_m, created, note as properties).
pub fn write_labels(_annotations: &[Annotation], _legend: &Legend) -> String {
    todo!()
}
