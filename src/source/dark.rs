//! Whether the values of a scene are shifted by 1000, as the darkest pixels have it.
//!
//! Since processing baseline 04.00 Sentinel-2 adds 1000 to every value, so that dark pixels that noise or the correction of
//! the air takes below zero can be stored. Where no metadata tell, the darkest pixels advise: water, shadow and dense
//! forest reflect nearly nothing in visible and short-wave infrared light, and few scenes have none of them.

use super::{Acquisition, Layer, Role};
use crate::geo::GeoError;
use crate::geo::raster::RasterReader;
use crate::progress::Cancel;
use std::path::Path;

/// Places a side at which a band is sampled.
const SIDE: u32 = 256;
/// The darkest values are those between these shares of all.
const DARKEST: [f64; 2] = [0.001, 0.01];
/// A scene is shifted only if the darkest values of every band are at least this (reflectance 0 of a shifted scene).
pub(super) const SHIFTED_FROM: f32 = 1000.0;
/// A scene is not shifted if the darkest values of a band are below this: in a shifted one, a reflectance of -0.03.
pub(super) const UNSHIFTED_BELOW: f32 = 700.0;
/// Where the darkest values of every band are above this, cloud or snow covers the scene, and nothing can be said: what is
/// dark under a shift reflects no more than a tenth.
pub(super) const COVERED_FROM: f32 = 2000.0;
/// Fewer pixels than these tell nothing.
const LEAST_PIXELS: usize = 100;

/// The darkest values of an acquisition.
#[derive(Debug, Clone, PartialEq)]
pub struct DarkPixels {
    /// Bands and the mean of their darkest values, the 0.1th to the 1st percentile of a sample, as stored.
    pub bands: Vec<(String, f32)>,
}

/// What the darkest pixels advise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffsetAdvice {
    /// The values look shifted by 1000.
    LooksShifted,
    /// The values do not look shifted.
    LooksUnshifted,
    /// The darkest pixels tell neither.
    Unclear,
}

impl DarkPixels {
    /// What they advise: unshifted where one band's darkest values are below 700, shifted where all bands' are at least
    /// 1000 and one band's below 2000; unclear otherwise.
    pub fn advice(&self) -> OffsetAdvice {
        let Some(least) = self.bands.iter().map(|(_, value)| *value).reduce(f32::min) else {
            return OffsetAdvice::Unclear;
        };
        if least < UNSHIFTED_BELOW {
            OffsetAdvice::LooksUnshifted
        } else if (SHIFTED_FROM..COVERED_FROM).contains(&least) {
            OffsetAdvice::LooksShifted
        } else {
            OffsetAdvice::Unclear
        }
    }
}

/// Reads the darkest values of the visible and short-wave infrared bands of an acquisition, from at most 256 x 256 pixels
/// of each. Pixels without an observation and zeros do not count. Files that cannot be read are an error; bands of
/// floating-point numbers are passed over, since they are not shifted digital numbers.
///
/// # Errors
/// [`GeoError::Read`] when a file cannot be read; nothing more is read after a stop is asked for.
pub fn dark_pixels(acquisition: &Acquisition, cancel: &Cancel) -> Result<DarkPixels, GeoError> {
    let mut bands = Vec::new();
    let mut open: Option<(&Path, RasterReader)> = None;
    for layer in acquisition.layers.iter().filter(|layer| tells(layer)) {
        if cancel.is_cancelled() {
            break;
        }
        // One file has often all the bands.
        let reader = match open.take() {
            Some((path, reader)) if path == layer.path => reader,
            _ => RasterReader::open(&layer.path)?,
        };
        let values = reader.read_f32_sampled(layer.index, SIDE)?;
        if let Some(value) = darkest(values, layer.nodata) {
            bands.push((layer.name.clone(), value));
        }
        open = Some((&layer.path, reader));
    }
    Ok(DarkPixels { bands })
}

fn tells(layer: &Layer) -> bool {
    let common = layer.knowledge.common.as_deref().unwrap_or_default();
    layer.role == Role::Band
        && !layer.pixel_type.starts_with("Float")
        && matches!(common, "blue" | "green" | "red" | "swir1" | "swir2")
}

/// The mean of the darkest values; `None` where there are too few.
fn darkest(mut values: Vec<f32>, nodata: Option<f64>) -> Option<f32> {
    values.retain(|value| value.is_finite() && *value != 0.0 && Some(f64::from(*value)) != nodata);
    if values.len() < LEAST_PIXELS {
        return None;
    }
    values.sort_by(f32::total_cmp);
    let [from, to] = DARKEST.map(|share| (share * values.len() as f64) as usize);
    let dark = &values[from..to.max(from + 1)];
    Some(dark.iter().sum::<f32>() / dark.len() as f32)
}

#[cfg(test)]
#[path = "dark_tests.rs"]
mod tests;
