//! Pictures of one date: three bands as colour, with a stretch.

use super::{Cube, CubeError};
use crate::geo::Window;

/// From values to brightness, a band: black at `low`, white at `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Value shown black, for red, green, blue.
    pub low: [f32; 3],
    /// Value shown white.
    pub high: [f32; 3],
}

/// Which bands to show, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Composite {
    /// Indices of the bands shown red, green and blue.
    pub bands: [usize; 3],
    /// The stretch.
    pub stretch: Stretch,
}

/// A picture: RGBA, rows from the top; alpha 0 where there was no observation.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height * 4` bytes.
    pub rgba: Vec<u8>,
}

/// Bands for natural colour (B04 B03 B02, or red green blue by name), else the first three, else the one there is.
pub fn natural_colour(_bands: &[super::Band]) -> [usize; 3] {
    todo!()
}

/// A stretch from the 2nd to the 98th percentile of a sample of chunks over all dates, so that dates can be compared.
///
/// # Errors
/// When chunks cannot be read.
pub fn sensible_stretch(_cube: &Cube, _bands: [usize; 3]) -> Result<Stretch, CubeError> {
    todo!()
}

/// The picture of `window` at date `time`, every `step`-th pixel. Blocks on the disk.
///
/// # Errors
/// When chunks cannot be read.
pub fn picture(
    _cube: &Cube,
    _time: usize,
    _composite: &Composite,
    _window: Window,
    _step: u32,
) -> Result<Picture, CubeError> {
    todo!()
}
