//! The series wand: from one pixel to the polygon around all that have the same year and lie together.
//!
//! [`grow`] takes the pixels whose series resembles that of the seed, neighbour by neighbour; [`tidy`] smooths what
//! it took; [`outline`] and [`smooth_outline`] draw the line around it. Everything but the last step counts in pixels
//! of the grid.

mod grow;
mod outline;
mod region;

pub use grow::{BandSpreads, Grown, WandSpec, grow};
pub use outline::{outline, polygon_lonlat, smooth_outline};
pub use region::{Region, tidy};

/// Pixels that a region has at most, unless one is told otherwise.
pub const AT_MOST: usize = 20_000;

/// What can go wrong with the wand.
#[derive(Debug, thiserror::Error)]
pub enum WandError {
    /// Reading the cube.
    #[error(transparent)]
    Cube(#[from] crate::cube::CubeError),
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] crate::progress::Cancelled),
    /// A seed that cannot be compared.
    #[error("the pixel {}, {} was hardly ever observed: point at one with a fuller year", seed.0, seed.1)]
    HardlyObserved { seed: (u32, u32) },
    /// A seed that the cube does not have.
    #[error("the pixel {}, {} lies outside of the images", seed.0, seed.1)]
    Outside { seed: (u32, u32) },
}
