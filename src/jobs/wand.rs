//! What the wand would draw, for the window: a region, its polygon and its core.

use super::{DrawnCore, Newest, outlined};
use crate::cube::Cube;
use crate::labels::core_of;
use crate::labels::wand::{
    AT_MOST, BandSpreads, WandError, WandSpec, grow, polygon_lonlat, smooth_outline, tidy,
};
use crate::progress::Cancel;
use geo::Polygon;
use std::sync::Arc;

/// Where the wand points, and how it is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WandRequest {
    /// The pixel (column, row).
    pub seed: (u32, u32),
    /// How far a year may be from the seed's: [`WandSpec::tolerance`].
    pub tolerance: f32,
    /// The inward buffer of what would be drawn, in metres.
    pub buffer_m: f64,
}

/// What would be drawn there.
#[derive(Debug, Clone, PartialEq)]
pub struct WandPreview {
    /// What was asked.
    pub request: WandRequest,
    /// The region, or why there is none.
    pub region: Result<WandRegion, String>,
}

/// A region as a polygon.
#[derive(Debug, Clone, PartialEq)]
pub struct WandRegion {
    /// Its polygon, in longitude and latitude.
    pub polygon: Polygon<f64>,
    /// Its core.
    pub core: DrawnCore,
    /// Pixels of the region.
    pub pixels: usize,
    /// Whether it was stopped where it has as many pixels as it may.
    pub bounded: bool,
}

/// Starts the thread of the wand for a cube.
pub fn wand(cube: &Cube, wake: Arc<dyn Fn() + Send + Sync>) -> Newest<WandRequest, WandPreview> {
    let cube = cube.clone();
    let mut spreads = None;
    Newest::start("ritmo-wand", wake, move |request: WandRequest, cancel| {
        let region = region(&cube, &mut spreads, request, cancel)?;
        Some(WandPreview { request, region })
    })
}

/// `None` where it was cancelled. The spreads of the bands are found once a cube, which is not taken back halfway:
/// every request needs them.
fn region(
    cube: &Cube,
    spreads: &mut Option<BandSpreads>,
    request: WandRequest,
    cancel: &Cancel,
) -> Option<Result<WandRegion, String>> {
    if spreads.is_none() {
        match BandSpreads::of(cube, &Cancel::new()) {
            Ok(found) => *spreads = Some(found),
            Err(e) => return Some(Err(e.to_string())),
        }
    }
    let WandRequest { seed, tolerance, buffer_m } = request;
    let spec = WandSpec { seed, tolerance, at_most: AT_MOST };
    let grown = match grow(cube, spreads.as_ref()?, &spec, cancel) {
        Ok(grown) => grown,
        Err(WandError::Cancelled(_)) => return None,
        Err(e) => return Some(Err(e.to_string())),
    };
    let tidy = tidy(&grown.region, seed);
    let Some(line) = smooth_outline(&tidy) else {
        return Some(Err("nothing hangs together with this pixel".into()));
    };
    let grid = &cube.info().grid;
    let polygon = match polygon_lonlat(&line, grid) {
        Ok(polygon) => polygon,
        Err(e) => return Some(Err(e.to_string())),
    };
    let core = outlined(core_of(&polygon.clone().into(), grid, buffer_m), grid);
    let region = core.map(|core| WandRegion { polygon, core, pixels: tidy.len(), bounded: grown.bounded });
    Some(region.map_err(|e| e.to_string()))
}
