//! The series of all pixels of a polygon, for the window.

use super::Newest;
use crate::cube::{Cube, Feature};
use crate::labels::AnnotationId;
use crate::samples::{SampleError, Spread, spread};
use std::sync::Arc;

/// Whose pixels they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RhythmOf {
    /// Those of the polygon that is being drawn.
    Draft,
    /// Those of an annotation.
    Annotation(AnnotationId),
}

/// Which series are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct RhythmRequest {
    /// Whose pixels.
    pub of: RhythmOf,
    /// Its pure pixels (column, row).
    pub pixels: Arc<Vec<(u32, u32)>>,
    /// The bands and indices that are shown.
    pub features: Vec<Feature>,
}

/// All series of a polygon together.
#[derive(Debug, Clone, PartialEq)]
pub struct Rhythm {
    /// Whose pixels.
    pub of: RhythmOf,
    /// Its pure pixels (column, row).
    pub pixels: Arc<Vec<(u32, u32)>>,
    /// The bands and indices that were asked for.
    pub features: Vec<Feature>,
    /// Their series, or why they cannot be read.
    pub spread: Result<Spread, String>,
}

/// Starts the thread for the series of a cube.
pub fn rhythm(cube: &Cube, wake: Arc<dyn Fn() + Send + Sync>) -> Newest<RhythmRequest, Rhythm> {
    let cube = cube.clone();
    Newest::start("ritmo-rhythm", wake, move |request: RhythmRequest, cancel| {
        let RhythmRequest { of, pixels, features } = request;
        let spread = match spread(&cube, &pixels, &features, cancel) {
            Err(SampleError::Cancelled(_) | SampleError::Cube(crate::cube::CubeError::Cancelled(_))) => {
                return None;
            }
            other => other.map_err(|e| e.to_string()),
        };
        Some(Rhythm { of, pixels, features, spread })
    })
}
