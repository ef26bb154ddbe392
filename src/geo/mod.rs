//! Where things are: coordinate systems, pixel grids, windows, and raster files.
//!
//! Spaces are named in every function: `lonlat` (degrees, WGS 84, longitude first), `xy` (the grid's own
//! coordinate system, metres or degrees, easting first) and `pixel` (columns and rows from the top left
//! corner; whole numbers are pixel corners, so that pixel (c, r) covers `c..c+1` x `r..r+1`).

mod cog;
pub mod copied;
mod crs;
pub mod folders;
mod gdal_errors;
mod grid;
pub mod merged;
mod placement;
pub mod raster;
mod redact;
pub mod remote;
mod stores;
mod tiled;
pub mod vector;
pub mod vector_write;
mod warp;
mod written;

pub(crate) use gdal_errors::{quiet as quiet_gdal, words as gdal_words};

pub use cog::{CogSpec, ReadPixels, write_cog};
pub use crs::{Crs, GeoError};
pub use grid::{Grid, Window, lattice_window, metres_per_degree};
pub use placement::Placement;
pub use redact::redacted;
pub use tiled::{TiledSpec, TiledWriter};
pub use warp::{Resample, WarpSpec};
pub use written::{FoundPlace, PlaceError, WrittenPlace};
