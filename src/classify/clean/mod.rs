//! Cleaning of a map: smoothing, majority, sieve and rules, block by block, in the order of a recipe.
//!
//! Steps are plain functions over a block of pixels. A block is read with a margin, as wide as all steps together look, so
//! that what comes of it does not depend on how the map is cut into blocks. Only class codes (a byte a pixel) are held for
//! the whole map, for the sieve; probabilities pass block by block.

mod bayes;
mod ground;
mod majority;
mod planes;
mod recipe;
mod rules;
mod run;
mod sieve;
mod source;
#[cfg(test)]
mod tests;
mod write;

pub use ground::Surroundings;
pub use recipe::{
    At, ClassSmoothing, Condition, CubeTest, Majority, Place, RasterTest, Recipe, RecipeStep, Rule, Sieve,
    Smooth, Step, Test, Verdict,
};
pub use run::{Cleaned, Cleaner};
pub use source::Source;
pub use write::{CleanedFiles, Story, write_cleaned};

use crate::cube::{CubeError, IndexError};
use crate::geo::GeoError;
use crate::labels::LabelError;
use crate::progress::Cancelled;

/// What can go wrong while a map is cleaned.
#[derive(Debug, thiserror::Error)]
pub enum CleanError {
    /// The recipe makes no sense on this map.
    #[error("the map cannot be cleaned like this: {0}")]
    Recipe(String),
    /// Files of the map do not fit together.
    #[error("{0}")]
    Map(String),
    /// Reading or writing a file.
    #[error(transparent)]
    Geo(#[from] GeoError),
    /// Reading the cube that a rule asks.
    #[error(transparent)]
    Cube(#[from] CubeError),
    /// An expression of a rule.
    #[error("a rule asks the cube for what it does not have: {0}")]
    Index(#[from] IndexError),
    /// The classes of the map.
    #[error(transparent)]
    Legend(#[from] LabelError),
    /// Writing the map.
    #[error(transparent)]
    Write(#[from] super::ClassifyError),
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Columns and rows of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Size {
    width: usize,
    height: usize,
}

impl Size {
    fn pixels(self) -> usize {
        self.width * self.height
    }
}
