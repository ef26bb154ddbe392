//! The map's files: classes as a COG with palette, category names and QGIS style; probabilities; entropy.

use super::{ClassifyError, ProbabilityMap};
use std::path::{Path, PathBuf};

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapFiles {
    /// `<name>.tif`: class codes.
    pub classes: PathBuf,
    /// `<name>.probs.tif`: a band a class.
    pub probabilities: PathBuf,
    /// `<name>.entropy.tif`.
    pub entropy: PathBuf,
}

/// Writes `<name>.tif` (+ `.aux.xml`, `.qml`), `<name>.probs.tif` and `<name>.entropy.tif` into `folder`.
/// `metadata` (model, scores, origin) goes into the files.
///
/// # Errors
/// When the disk is full or the folder is read-only.
pub fn write_map(
    _map: &ProbabilityMap,
    _folder: &Path,
    _name: &str,
    _metadata: &[(&str, &str)],
) -> Result<MapFiles, ClassifyError> {
    todo!()
}
