//! Whether the values of a scene are shifted by 1000, as the darkest pixels have it.
//!
//! Since processing baseline 04.00 Sentinel-2 adds 1000 to every value, so that dark pixels that noise or the correction of
//! the air takes below zero can be stored. Where no metadata tell, the darkest pixels advise: water, shadow and dense
//! forest reflect nearly nothing in visible and short-wave infrared light, and few scenes have none of them.

use super::{Acquisition, Layer, MaskKind, Role};
use crate::geo::GeoError;
use crate::geo::raster::RasterReader;
use crate::progress::Cancel;
use std::path::PathBuf;

/// Places a side at which a band is sampled.
const SIDE: u32 = 256;
/// The darkest values are those between these shares of all.
const DARKEST: [f64; 2] = [0.001, 0.01];
/// A scene is shifted only if the darkest values of every band are at least this (reflectance 0 of a shifted scene).
pub(super) const SHIFTED_FROM: f32 = 1000.0;
/// A scene is not shifted if the darkest values of a band are below this: in a shifted one, a reflectance of -0.03.
pub(super) const UNSHIFTED_BELOW: f32 = 700.0;
/// Where the darkest values of every visible band are at least this, haze, cloud or snow may cover the scene, and nothing
/// can be said. Under the shift it is a reflectance of 0.025: water, shadow and dense forest are darker. Of the real
/// unshifted scenes that the tests read, the darkest hazy one that would look shifted has 1262.
pub(super) const COVERED_FROM: f32 = 1250.0;
/// Fewer pixels than these tell nothing.
const LEAST_PIXELS: usize = 100;

/// The darkest values of an acquisition.
#[derive(Debug, Clone, PartialEq)]
pub struct DarkPixels {
    /// Visible bands and the mean of their darkest values, the 0.1th to the 1st percentile of a sample, as stored.
    pub visible: Vec<(String, f32)>,
    /// The same of short-wave infrared bands. Dry ground is bright in them, so that they tell of no shift.
    pub infrared: Vec<(String, f32)>,
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
    /// What they advise: unshifted where one band's darkest values are below 700; shifted where a visible band was read,
    /// all bands' are at least 1000, and one visible band's below 1250; unclear otherwise.
    pub fn advice(&self) -> OffsetAdvice {
        let least = |bands: &[(String, f32)]| bands.iter().map(|(_, value)| *value).reduce(f32::min);
        let (visible, infrared) = (least(&self.visible), least(&self.infrared));
        let all = visible.into_iter().chain(infrared).reduce(f32::min);
        match (all, visible) {
            (Some(all), _) if all < UNSHIFTED_BELOW => OffsetAdvice::LooksUnshifted,
            (Some(all), Some(visible)) if all >= SHIFTED_FROM && visible < COVERED_FROM => {
                OffsetAdvice::LooksShifted
            }
            _ => OffsetAdvice::Unclear,
        }
    }
}

/// Reads the darkest values of the visible and short-wave infrared bands of an acquisition, from at most 256 x 256 pixels
/// of each. Pixels without an observation, zeros, and what the scene classes call cloud do not count. Bands of
/// floating-point numbers are passed over, since they are not shifted digital numbers. A stop ends the reading early.
///
/// # Errors
/// [`GeoError::Read`] when a file cannot be read.
pub fn dark_pixels(acquisition: &Acquisition, cancel: &Cancel) -> Result<DarkPixels, GeoError> {
    let mut dark = DarkPixels { visible: Vec::new(), infrared: Vec::new() };
    let mut open = Open::default();
    let classes = acquisition.layers.iter().find(|layer| layer.role == Role::Mask(MaskKind::Scl));
    let classes = classes.map(|layer| open.sample(layer)).transpose()?;
    for layer in acquisition.layers.iter().filter(|layer| is_packed_band(layer)) {
        let bands = match layer.knowledge.common.as_deref() {
            Some("blue" | "green" | "red") => &mut dark.visible,
            Some("swir1" | "swir2") => &mut dark.infrared,
            _ => continue,
        };
        if cancel.is_cancelled() {
            break;
        }
        let mut values = open.sample(layer)?;
        if let Some(classes) = classes.as_ref().filter(|classes| classes.len() == values.len()) {
            // Dark, shadow, plants, ground, water, and what has no class.
            let is_clear = |class: f32| (2.0..=7.0).contains(&class);
            values
                .iter_mut()
                .zip(classes)
                .filter(|(_, class)| !is_clear(**class))
                .for_each(|(value, _)| *value = 0.0);
        }
        bands.extend(darkest(values, layer.nodata).map(|value| (layer.name.clone(), value)));
    }
    Ok(dark)
}

/// The file read last: one file has often all the bands.
#[derive(Default)]
struct Open(Option<(PathBuf, RasterReader)>);

impl Open {
    fn sample(&mut self, layer: &Layer) -> Result<Vec<f32>, GeoError> {
        let reader = match self.0.take() {
            Some((path, reader)) if path == layer.path => reader,
            _ => RasterReader::open(&layer.path)?,
        };
        let values = reader.read_f32_sampled(layer.index, SIDE);
        self.0 = Some((layer.path.clone(), reader));
        values
    }
}

fn is_packed_band(layer: &Layer) -> bool {
    layer.role == Role::Band && !layer.pixel_type.starts_with("Float")
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
