//! From planes of values to colours.

use super::Composite;
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
    let share = |i: usize, value: f32| {
        let (low, high) = (composite.stretch.low[i], composite.stretch.high[i]);
        (value - low) / (high - low)
    };
    let mut rgba = vec![0; pixels * 4];
    let (to, _) = rgba.as_chunks_mut::<4>();
    match channels.unwrap_or_default().as_slice() {
        [value] => {
            let table = Table::new(|share| composite.tone.colour(share));
            for (to, value) in to.iter_mut().zip(value.iter()).filter(|(_, value)| !value.is_nan()) {
                let [r, g, b] = table.at(share(0, *value));
                *to = [r, g, b, 255];
            }
        }
        [red, green, blue] => {
            let table = Table::new(|share| (composite.tone.bright(share) * 255.0).round() as u8);
            let plain = composite.tone.gamma == 1.0;
            let byte = |share: f32| match plain {
                true => (share * 255.0).round().clamp(0.0, 255.0) as u8,
                false => table.at(share),
            };
            for (to, ((r, g), b)) in to.iter_mut().zip(red.iter().zip(green.iter()).zip(blue.iter())) {
                if !(r.is_nan() || g.is_nan() || b.is_nan()) {
                    *to = [byte(share(0, *r)), byte(share(1, *g)), byte(share(2, *b)), 255];
                }
            }
        }
        _ => {}
    }
    rgba
}

/// What is shown for each share of a stretch, so that nothing but a lookup is left for each pixel.
struct Table<T>(Vec<T>);

impl<T: Copy + Default> Table<T> {
    /// Many for each of the 255 steps of a byte: where gamma is steep, neighbours still differ by a byte at most.
    const STEPS: u16 = 255 * 32;

    fn new(of: impl Fn(f32) -> T) -> Self {
        Self((0..=Self::STEPS).map(|i| of(f32::from(i) / f32::from(Self::STEPS))).collect())
    }

    fn at(&self, share: f32) -> T {
        // A cast keeps to its bounds: what is below, or no number, is the first.
        let place = (share * f32::from(Self::STEPS) + 0.5) as usize;
        self.0.get(place).or(self.0.last()).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::picture::{Ramp, Stretch};
    use crate::cube::{Band, Feature};

    fn composite(channels: &[&str], low: f32, high: f32) -> Composite {
        let bands: Vec<Band> = ["B04", "B08", "B11"].into_iter().map(Band::named).collect();
        let channels = channels.iter().map(|text| Feature::resolve(text, &bands, &[]).unwrap()).collect();
        Composite::new(channels, Stretch { low: [low; 3], high: [high; 3] })
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
        let [r, g, b] = Ramp::default().colour(0.75);
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

    #[test]
    fn gamma_brightens_and_infinite_values_have_the_colours_of_the_ends() {
        let mut composite = composite(&["B04", "B04", "B04"], 0.0, 100.0);
        composite.tone.gamma = 2.0;
        let rgba = paint(&composite, &[&[25.0, f32::INFINITY, f32::NEG_INFINITY]]);
        assert_eq!(rgba, [128, 128, 128, 255, 255, 255, 255, 255, 0, 0, 0, 255]);
    }

    #[test]
    fn values_between_are_shown_as_near_as_a_byte_can() {
        let composite = composite(&["B04", "B04", "B04"], -7.0, 1234.0);
        let values: Vec<f32> = (-100..1400).map(|i| i as f32).collect();
        for (rgba, value) in paint(&composite, &[&values]).chunks(4).zip(&values) {
            let exact = ((value + 7.0) / 1241.0 * 255.0).clamp(0.0, 255.0);
            assert!((f32::from(rgba[0]) - exact).abs() < 0.52, "{value}: {} {exact}", rgba[0]);
        }
    }
}
