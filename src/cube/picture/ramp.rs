//! Ramps of colours for a single value, in even steps, so that equal differences look equal. All are made by formula in
//! Oklab (Ottosson 2020, "A perceptual color space for image processing"): lightness runs straight, hue and chroma follow.

use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// A ramp of colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ramp {
    /// Violet, blue, green, yellow: from dark to light.
    #[default]
    VioletYellow,
    /// Black to white.
    Grey,
    /// Black, purple, red, orange, light yellow.
    Heat,
    /// Light sand to dark green: the denser, the darker.
    Greens,
    /// Brown, almost white, green: about a middle, for indices of vegetation.
    BrownGreen,
    /// Blue, almost white, red: about a middle, for differences.
    BlueRed,
}

impl Ramp {
    /// All, in the order of the list.
    pub const ALL: [Self; 6] =
        [Self::VioletYellow, Self::Grey, Self::Heat, Self::Greens, Self::BrownGreen, Self::BlueRed];

    /// Its name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::VioletYellow => "violet-yellow",
            Self::Grey => "grey",
            Self::Heat => "heat",
            Self::Greens => "greens",
            Self::BrownGreen => "brown-green",
            Self::BlueRed => "blue-red",
        }
    }

    /// The ramp of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ramp| ramp.name() == name)
    }

    /// Whether it has a middle that says "neither".
    pub fn is_diverging(self) -> bool {
        matches!(self, Self::BrownGreen | Self::BlueRed)
    }

    /// The colour of a share from 0 to 1; beyond them that of the ends.
    pub fn colour(self, share: f32) -> [u8; 3] {
        static COLOURS: [OnceLock<Vec<[u8; 3]>>; 6] = [const { OnceLock::new() }; 6];
        let colours = COLOURS[self as usize]
            .get_or_init(|| (0..256u16).map(|i| self.at(f64::from(i) / 255.0)).collect());
        let place = (share.clamp(0.0, 1.0) * 255.0).round() as usize;
        colours.get(place).copied().unwrap_or_default()
    }

    fn at(self, share: f64) -> [u8; 3] {
        let mixed = |from: f64, to: f64| from + (to - from) * share;
        match self {
            Self::VioletYellow => colour(mixed(0.24, 0.94), 0.16, mixed(305.0, 102.0)),
            Self::Grey => colour(share, 0.0, 0.0),
            Self::Heat => colour(mixed(0.12, 0.97), 0.19, mixed(300.0, 465.0)),
            Self::Greens => colour(mixed(0.95, 0.28), 0.11, mixed(95.0, 150.0)),
            Self::BrownGreen => diverging(share, [0.11, 62.0], [0.13, 146.0]),
            Self::BlueRed => diverging(share, [0.15, 258.0], [0.17, 27.0]),
        }
    }
}

/// Dark at both ends, light in the middle, the lightness of equal distances from it equal. Each side has its chroma at its
/// end, and its hue.
fn diverging(share: f64, low: [f64; 2], high: [f64; 2]) -> [u8; 3] {
    let distance = (2.0 * share - 1.0).abs();
    let [chroma, hue] = if share < 0.5 { low } else { high };
    colour(0.96 - 0.54 * distance, chroma * distance.powf(0.8), hue)
}

/// A colour of this lightness and hue (degrees): as colourful as the screen can, but no more than `chroma`.
fn colour(lightness: f64, chroma: f64, hue: f64) -> [u8; 3] {
    let hue = hue.to_radians();
    let (mut low, mut high) = (0.0, chroma);
    if !linear(lightness, chroma, hue).iter().all(|v| (0.0..=1.0).contains(v)) {
        for _ in 0..24 {
            let middle = (low + high) / 2.0;
            if linear(lightness, middle, hue).iter().all(|v| (0.0..=1.0).contains(v)) {
                low = middle;
            } else {
                high = middle;
            }
        }
    } else {
        low = chroma;
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

    fn steps(ramp: Ramp) -> Vec<f64> {
        (0..=16).map(|i| lightness(ramp.colour(i as f32 / 16.0))).collect()
    }

    #[test]
    fn lightness_rises_or_falls_evenly_along_each_ramp() {
        for ramp in Ramp::ALL.into_iter().filter(|ramp| !ramp.is_diverging()) {
            let of = steps(ramp);
            let sign = (of[16] - of[0]).signum();
            assert!((of[16] - of[0]).abs() > 60.0, "{ramp:?} {of:?}");
            for pair in of.windows(2) {
                let step = sign * (pair[1] - pair[0]);
                assert!((1.2..9.0).contains(&step), "{ramp:?} {of:?}");
            }
        }
        let of = steps(Ramp::default());
        assert!(of[0] < 20.0 && of[16] > 88.0, "{of:?}");
    }

    #[test]
    fn a_ramp_about_a_middle_is_light_there_and_equally_dark_at_equal_distances() {
        for ramp in Ramp::ALL.into_iter().filter(|ramp| ramp.is_diverging()) {
            let of = steps(ramp);
            assert!(of[8] > 93.0 && of[0] < 50.0 && of[16] < 50.0, "{ramp:?} {of:?}");
            for i in 0..8 {
                assert!((of[i] - of[16 - i]).abs() < 9.0, "{ramp:?} {of:?}");
                assert!(of[i] < of[i + 1] && of[16 - i] < of[15 - i], "{ramp:?} {of:?}");
            }
            let [r, g, b] = ramp.colour(0.5);
            assert!(r.abs_diff(g) < 6 && g.abs_diff(b) < 6, "the middle has no hue: {r} {g} {b}");
        }
        let ([lr, _, lb], [hr, hg, hb]) = (Ramp::BlueRed.colour(0.0), Ramp::BlueRed.colour(1.0));
        assert!(lb > lr && hr > hb && hr > hg);
        let ([lr, lg, _], [hr, hg, _]) = (Ramp::BrownGreen.colour(0.0), Ramp::BrownGreen.colour(1.0));
        assert!(lr > lg && hg > hr);
    }

    #[test]
    fn shares_beyond_the_ends_have_the_colours_of_the_ends() {
        for ramp in Ramp::ALL {
            assert_eq!(ramp.colour(-1.0), ramp.colour(0.0));
            assert_eq!(ramp.colour(7.0), ramp.colour(1.0));
            assert_eq!(ramp.colour(f32::INFINITY), ramp.colour(1.0));
        }
    }

    #[test]
    fn every_ramp_is_found_by_the_name_that_files_give_it() {
        for ramp in Ramp::ALL {
            assert_eq!(Ramp::named(ramp.name()), Some(ramp));
            assert_eq!(serde_json::to_value(ramp).unwrap(), ramp.name());
        }
        assert_eq!(Ramp::named("rainbow"), None);
    }
}
