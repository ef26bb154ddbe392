//! From planes of values to colours.

use super::{Composite, ramp};
use std::borrow::Cow;

/// RGBA of pixels from planes of stored values, one for each band of [`Composite::needed`], in that order and all of one
/// length. A pixel that lacks a value in some channel is transparent.
pub fn paint(composite: &Composite, planes: &[&[f32]]) -> Vec<u8> {
    let pixels = planes.iter().map(|plane| plane.len()).min().unwrap_or(0);
    let needed = composite.needed();
    let plane_of = |band: &usize| {
        let place = needed.iter().position(|needed| needed == band)?;
        planes.get(place).map(|plane| &plane[..pixels])
    };
    let channels: Option<Vec<Cow<[f32]>>> = composite
        .channels
        .iter()
        .map(|feature| {
            let own: Vec<&[f32]> = feature.bands().iter().filter_map(plane_of).collect();
            match own.as_slice() {
                // Bands are shown as they are stored.
                [band] if !feature.is_index() => Some(Cow::Borrowed(*band)),
                own if own.len() == feature.bands().len() => {
                    let mut out = vec![f32::NAN; pixels];
                    feature.evaluate(own, &mut out);
                    Some(Cow::Owned(out))
                }
                _ => None,
            }
        })
        .collect();
    let bright = |i: usize, value: f32| {
        let (low, high) = (composite.stretch.low[i], composite.stretch.high[i]);
        (value - low) / (high - low)
    };
    let byte = |share: f32| (share * 255.0).round().clamp(0.0, 255.0) as u8;
    let mut rgba = vec![0; pixels * 4];
    let (to, _) = rgba.as_chunks_mut::<4>();
    match channels.unwrap_or_default().as_slice() {
        [value] => {
            for (to, value) in to.iter_mut().zip(value.iter()).filter(|(_, value)| !value.is_nan()) {
                let [r, g, b] = ramp(bright(0, *value));
                *to = [r, g, b, 255];
            }
        }
        [red, green, blue] => {
            for (to, ((r, g), b)) in to.iter_mut().zip(red.iter().zip(green.iter()).zip(blue.iter())) {
                if !(r.is_nan() || g.is_nan() || b.is_nan()) {
                    *to = [byte(bright(0, *r)), byte(bright(1, *g)), byte(bright(2, *b)), 255];
                }
            }
        }
        _ => {}
    }
    rgba
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::picture::Stretch;
    use crate::cube::{Band, Feature};

    fn composite(channels: &[&str], low: f32, high: f32) -> Composite {
        let bands: Vec<Band> = ["B04", "B08", "B11"].into_iter().map(Band::named).collect();
        let channels = channels.iter().map(|text| Feature::resolve(text, &bands, &[]).unwrap()).collect();
        Composite { channels, stretch: Stretch { low: [low; 3], high: [high; 3] } }
    }

    #[test]
    fn three_channels_are_red_green_and_blue_and_bands_are_read_once() {
        let composite = composite(&["B08", "B04", "B08"], 0.0, 510.0);
        assert_eq!(composite.needed(), [1, 0]);
        let rgba = paint(&composite, &[&[510.0, 100.0, f32::NAN], &[0.0, 255.0, 1.0]]);
        assert_eq!(rgba, [255, 0, 255, 255, 50, 128, 50, 255, 0, 0, 0, 0]);
    }

    #[test]
    fn one_channel_runs_along_the_ramp() {
        let composite = composite(&["(B08 - B04) / (B08 + B04)"], -1.0, 1.0);
        let rgba = paint(&composite, &[&[3.0, 0.0, 1.0], &[1.0, 0.0, f32::NAN]]);
        let [r, g, b] = ramp(0.75);
        assert_eq!(rgba, [r, g, b, 255, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn bands_and_indices_mix() {
        let composite = composite(&["NDVI", "NDMI", "B04 / 100"], 0.0, 1.0);
        assert_eq!(composite.needed(), [1, 0, 2]);
        let rgba = paint(&composite, &[&[60.0], &[20.0], &[60.0]]);
        assert_eq!(rgba, [128, 0, 51, 255]);
    }

    #[test]
    fn planes_that_lack_paint_nothing() {
        assert!(paint(&composite(&["B04"], 0.0, 1.0), &[]).is_empty());
        assert_eq!(paint(&composite(&["B04", "B08", "B11"], 0.0, 1.0), &[&[1.0]]), [0; 4]);
    }
}
