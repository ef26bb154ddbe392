//! The core: an annotation after its inward buffer, and the pure pixels that lie wholly inside.

use super::LabelError;
use crate::geo::Grid;

/// Why a core has no pure pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emptied {
    /// It lies outside of the grid.
    OutsideGrid,
    /// Nothing is left after the buffer.
    ByBuffer,
    /// Something is left, but no whole pixel fits in.
    NoWholePixel,
}

/// An annotation after its inward buffer on a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Core {
    /// What is left, in the grid's `xy`.
    pub polygons: geo::MultiPolygon<f64>,
    /// Its area in hectares.
    pub area_ha: f64,
    /// Area of what was drawn, in hectares.
    pub drawn_area_ha: f64,
    /// Pixels (column, row) whose whole footprint lies in the core, in row order.
    pub pure_pixels: Vec<(u32, u32)>,
    /// Why there is none, if there is none.
    pub emptied: Option<Emptied>,
    /// Whether the ring had to be repaired (it crossed itself) before it was buffered.
    pub repaired: bool,
}

/// The core of a geometry in longitude and latitude, buffered inward by `buffer_m` metres with round joins, measured
/// in the grid's system. A point's core is the pixel that holds it. Fast enough for every mouse move.
///
/// # Errors
/// When the geometry cannot be projected, or is neither polygon nor point.
pub fn core_of(_geometry: &geo::Geometry<f64>, _grid: &Grid, _buffer_m: f64) -> Result<Core, LabelError> {
    todo!()
}
