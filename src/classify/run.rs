//! Classifying a cube chunk by chunk.

use crate::cube::Cube;
use crate::geo::{Grid, Window};
use crate::labels::Class;
use crate::model::Model;
use crate::progress::{Cancel, Report};

/// What can go wrong while mapping.
#[derive(Debug, thiserror::Error)]
pub enum ClassifyError {
    /// Reading the cube.
    #[error(transparent)]
    Cube(#[from] crate::cube::CubeError),
    /// The model.
    #[error(transparent)]
    Model(#[from] crate::model::ModelError),
    /// Writing the map.
    #[error(transparent)]
    Geo(#[from] crate::geo::GeoError),
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] crate::progress::Cancelled),
}

/// The result for one chunk, given out as soon as it is there.
#[derive(Debug, Clone)]
pub struct ChunkMap {
    /// The pixels it covers.
    pub window: Window,
    /// Class codes, y x x; 255 where some band of the pixel has no observation at all.
    pub codes: Vec<u8>,
    /// Probabilities scaled to 0..=250, class x y x x; 255 for nodata.
    pub probabilities: Vec<u8>,
}

/// Probabilities of every class at every pixel.
#[derive(Debug, Clone)]
pub struct ProbabilityMap {
    /// Its grid.
    pub grid: Grid,
    /// Classes, in the order of the planes.
    pub classes: Vec<Class>,
    /// class x y x x, scaled to 0..=250; 255 for nodata.
    pub planes: Vec<u8>,
}

/// Classes per pixel.
#[derive(Debug, Clone)]
pub struct ClassMap {
    /// Its grid.
    pub grid: Grid,
    /// Its classes.
    pub classes: Vec<Class>,
    /// Class codes, y x x; 255 nodata.
    pub codes: Vec<u8>,
}

impl ProbabilityMap {
    /// The most likely class of each pixel.
    pub fn class_map(&self) -> ClassMap {
        todo!()
    }

    /// Entropy of each pixel's probabilities over the logarithm of the number of classes, scaled to 0..=250; 255 nodata.
    pub fn entropy(&self) -> Vec<u8> {
        todo!()
    }
}

/// Matches the model's bands and dates to the cube's: bands by name, dates by position where the counts agree.
/// Classifies every chunk; `next` picks which of the remaining chunks (across, down) comes next, so that those in
/// view come first. `on_chunk` gets each as it is done, from any thread.
///
/// # Errors
/// When the model lacks a band of the cube (says which), or has another number of dates; when reading fails.
pub fn classify(
    _cube: &Cube,
    _model: &Model,
    _next: &(dyn Fn(&[(u32, u32)]) -> usize + Sync),
    _on_chunk: &(dyn Fn(ChunkMap) + Sync),
    _report: Report,
    _cancel: &Cancel,
) -> Result<ProbabilityMap, ClassifyError> {
    todo!()
}
