//! A landscape of ten classes through the twelve months of 2022.

use crate::geo::Grid;
use crate::labels::{Annotation, Legend};
use chrono::NaiveDate;

/// What is simulated.
pub struct Landscape {
    /// 512 x 512 pixels of 10 m in EPSG:6362.
    pub grid: Grid,
    /// The ten classes.
    pub legend: Legend,
    /// B02 B03 B04 B05 B06 B07 B08 B8A B11 B12.
    pub bands: Vec<&'static str>,
    /// The middle of each month of 2022.
    pub dates: Vec<NaiveDate>,
    /// A mosaic a month: band x y x x digital numbers (reflectance x 10000), 0 where there is a gap.
    pub mosaics: Vec<Vec<u16>>,
    /// The class of every pixel, y x x: what the pixel's centre is. For assessment only.
    pub truth: Vec<u8>,
    /// About forty confident polygons inside of parcels.
    pub annotations: Vec<Annotation>,
}

/// Simulates the landscape. Same seed, same bytes, whatever the number of threads.
pub fn simulate(_seed: u64) -> Landscape {
    todo!()
}
