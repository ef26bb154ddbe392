//! Imagery by area: the grid around it, which windows of which scenes it needs and what they cost, and fetching them.
//!
//! Windows are fetched, not scenes: of each file the blocks that the area touches. Each becomes a GeoTIFF of its own on the
//! disk, under its final name only once it is whole; so whatever stops the work, what is there need not come again.

mod area;
mod error;
mod plan;
mod windows;

pub use area::{area_grid, check_bbox, extent_of_bbox, utm_of};
pub use error::FetchError;
pub use plan::{Estimate, Wanted, WantedWindow, estimate, folder_name, usual_bands, wanted};
pub use windows::{CONNECTIONS, FetchSpec, Fetched, fetch};
