//! Bringing labels in: reading files, giving classes to what they hold, and telling what became of each feature.
//!
//! [`read`] goes through the files once and knows nothing of classes; [`plan`] gives classes to what was read, in no time, so
//! that people can try what they choose.

mod coding;
mod column;
mod geojson_stream;
mod place;
mod plan;
mod read;
mod regions;
mod settings;

pub use coding::CodingSeen;
pub use column::Column;
pub use place::{Placed, place};
pub use plan::{Group, ImportReport, Repaired, Told, ValueTaken, grouped, plan};
pub use read::{ReadFile, ReadLabels, Row, read};
pub use settings::{ClassTarget, ImportSettings, MoreFields, Numbers, Reading};

use super::{AnnotationId, LabelError, Legend};
use crate::progress::Cancel;
use std::path::Path;

/// Reads a file of labels as annotations, in one go. Adds missing classes to `legend`.
///
/// Polygons and multipolygons become one annotation each, points one each. Rings that cross themselves are repaired and
/// wound as RFC 7946 asks. A number is a class's name first, then the code of a class that `legend` had before; a class
/// added for a number gets it as its code where that is free.
///
/// # Errors
/// When the file cannot be read, its coordinate system is not understood, or it lacks the class field altogether (the
/// message lists the properties there are).
pub fn import(
    path: &Path,
    settings: &ImportSettings,
    legend: &mut Legend,
    first_id: AnnotationId,
) -> Result<ImportReport, LabelError> {
    let read = read(&[path.to_owned()], settings, &|_| {}, &Cancel::new())?;
    plan(&read, settings, legend, first_id)
}

#[cfg(test)]
mod tests;
