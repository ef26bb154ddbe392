//! From annotations on a cube to samples.

use super::{SampleError, SampleSet};
use crate::cube::Cube;
use crate::labels::{Annotation, AnnotationId, ClassCode};
use crate::progress::{Cancel, Report};

/// What was left out, and why.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExtractReport {
    /// Annotations without a pure pixel, with why (outside of the cube, emptied by the buffer …).
    pub without_pixels: Vec<(AnnotationId, String)>,
    /// Pixels claimed by annotations of different classes, used for none.
    pub claimed_twice: usize,
    /// Pixels without a single observation in some band, used for none.
    pub without_observation: usize,
    /// Classes that have annotations but no sample left.
    pub classes_without_samples: Vec<ClassCode>,
}

/// Reads the series of all pure pixels of the sure annotations. `buffer_m` is the project's inward buffer.
/// Chunks are read once each, in parallel.
///
/// # Errors
/// When the cube cannot be read.
pub fn extract(
    _cube: &Cube,
    _annotations: &[Annotation],
    _buffer_m: f64,
    _report: Report,
    _cancel: &Cancel,
) -> Result<(SampleSet, ExtractReport), SampleError> {
    todo!()
}
