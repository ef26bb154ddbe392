//! Colours for a single value: from dark to light in even steps, so that equal differences look equal.

use std::sync::OnceLock;

/// The colour of a share from 0 to 1: violet, blue, green, yellow, its lightness rising evenly (in Oklab: Ottosson 2020,
/// "A perceptual color space for image processing").
pub fn ramp(share: f32) -> [u8; 3] {
    static COLOURS: OnceLock<Vec<[u8; 3]>> = OnceLock::new();
    let colours = COLOURS.get_or_init(|| (0..256u16).map(|i| colour(f64::from(i) / 255.0)).collect());
    let place = (share.clamp(0.0, 1.0) * 255.0).round() as usize;
    colours.get(place).copied().unwrap_or_default()
}

fn colour(share: f64) -> [u8; 3] {
    let lightness = 0.24 + 0.70 * share;
    let hue = (305.0 - 203.0 * share).to_radians();
    // As colourful as the screen can, but no more than this: grey would say less.
    let (mut low, mut high) = (0.0, 0.16);
    for _ in 0..24 {
        let middle = (low + high) / 2.0;
        if linear(lightness, middle, hue).iter().all(|v| (0.0..=1.0).contains(v)) {
            low = middle;
        } else {
            high = middle;
        }
    }
    linear(lightness, low, hue).map(|v| {
        let encoded = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
        (encoded.clamp(0.0, 1.0) * 255.0).round() as u8
    })
}

/// Linear red, green and blue of a colour in Oklab's polar form.
fn linear(lightness: f64, chroma: f64, hue: f64) -> [f64; 3] {
    let (a, b) = (chroma * hue.cos(), chroma * hue.sin());
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lightness as CIE has it, from another formula than the ramp's.
    fn lightness([r, g, b]: [u8; 3]) -> f64 {
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        let y = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
        116.0 * y.cbrt() - 16.0
    }

    #[test]
    fn lightness_rises_evenly_from_dark_to_light() {
        let of: Vec<f64> = (0..=16).map(|i| lightness(ramp(i as f32 / 16.0))).collect();
        assert!(of[0] < 20.0 && of[16] > 88.0, "{of:?}");
        for pair in of.windows(2) {
            assert!((2.5..7.5).contains(&(pair[1] - pair[0])), "{of:?}");
        }
    }

    #[test]
    fn shares_beyond_the_ends_have_the_colours_of_the_ends() {
        assert_eq!(ramp(-1.0), ramp(0.0));
        assert_eq!(ramp(7.0), ramp(1.0));
    }
}
