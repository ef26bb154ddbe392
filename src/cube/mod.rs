//! The cube: mosaics on one grid, time x band x y x x, and the store that holds it on disk.

mod build;
mod cache;
mod gaps;
pub mod picture;
mod shards;
mod store;
#[cfg(test)]
mod tests;

pub use build::{BuildSpec, build};
pub use gaps::{fill_gaps, fill_gaps_in};
pub use store::{Chunk, Cube, CubeError, CubeInfo, Series};

use serde::{Deserialize, Serialize};

/// A band of a cube.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Its name as the input has it: "B08", "NDVI".
    pub name: String,
}

/// Side of the square chunks that series are read from, in pixels.
pub const CHUNK: u32 = 64;
