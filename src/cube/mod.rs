//! The cube: mosaics on one grid, time x band x y x x, and the store that holds it on disk.

mod append;
mod around;
mod build;
mod cache;
mod chunk;
mod composite;
mod feature;
mod gaps;
pub mod index;
mod layout;
mod masks;
mod metadata;
mod mosaics;
mod new_files;
mod offset;
pub mod picture;
mod plan;
mod read_inputs;
mod settings;
mod shards;
mod smooth;
pub mod statistics;
mod store;
mod survey;
mod target;
#[cfg(test)]
mod tests;
mod units;
mod write;

pub use append::append;
pub use around::Around;
pub use build::{BuildSpec, Made, build};
pub use chunk::{Chunk, Masks, Pixels, Words};
pub use feature::{Feature, FeatureRecord};
pub use gaps::{Filling, fill};
pub use index::{IndexError, NamedIndex};
pub use masks::PixelState;
pub use settings::{BuildSettings, GridSetting, MaskSetting, Method, OffsetSetting, Period, Resampling};
pub use smooth::{Season, Smoothing};
pub use store::{Cube, CubeError, CubeInfo, PixelMask, Series};
pub use survey::{AcquisitionSurvey, StepSurvey, Survey, survey};
pub use units::Units;

use crate::source::BandKnowledge;
use serde::{Deserialize, Serialize};

/// A band of a cube.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Its name as the input has it: "B08", "NDVI".
    pub name: String,
    /// Common name, wavelength, and how its numbers become physical ones.
    #[serde(flatten)]
    pub knowledge: BandKnowledge,
}

impl Band {
    /// A band of which only the name is known.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), knowledge: BandKnowledge::default() }
    }
}

/// Side of the square chunks that series are read from, in pixels.
pub const CHUNK: u32 = 64;
