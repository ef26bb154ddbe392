//! Builds the store from mosaic files on one grid.

use super::CubeError;
use crate::progress::{Cancel, Report};
use crate::source::Mosaic;
use std::path::Path;

/// What to build a cube from.
#[derive(Debug, Clone)]
pub struct BuildSpec {
    /// The mosaics, as [`crate::source::folder::recognise`] found them.
    pub mosaics: Vec<Mosaic>,
    /// Only these bands, in this order; all bands of the first mosaic otherwise.
    pub bands: Option<Vec<String>>,
    /// Words about where it came from.
    pub origin: Option<String>,
}

/// Builds a cube at `store` (made beside it under a temporary name, then renamed: a stop leaves no half cube).
/// Memory is bounded by one row of shards.
///
/// # Errors
/// When files differ in grid, lack a band, share a date, are truncated, or the disk is full; each names its files.
pub fn build(
    _spec: &BuildSpec,
    _store: &Path,
    _report: Report,
    _cancel: &Cancel,
) -> Result<super::CubeInfo, CubeError> {
    todo!()
}
