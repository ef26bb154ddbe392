//! How values become brightness and colour, as people choose it.

use super::Ramp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Least and greatest gamma.
pub const GAMMAS: [f32; 2] = [0.2, 5.0];

/// Pairs of percentiles that people ask for, the usual one first.
pub const PERCENTILES: [[f32; 2]; 4] = [[2.0, 98.0], [0.0, 100.0], [1.0, 99.0], [5.0, 95.0]];

/// Where the values at the ends of a stretch come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StretchFrom {
    /// Percentiles of the whole site.
    #[default]
    Site,
    /// Percentiles of what is in view.
    View,
    /// They are given, a channel each.
    Hand,
}

/// How a picture's values become brightness and colour; part of what a project remembers of its view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Display {
    /// Where the ends of the stretch come from.
    pub from: StretchFrom,
    /// Percentiles shown black and white, from 0 to 100.
    pub percentiles: [f32; 2],
    /// Whether each date has a stretch of its own; else all share one, so that they can be compared.
    pub per_date: bool,
    /// Above 1 the middle is brighter, below darker; from 0.2 to 5.
    pub gamma: f32,
    /// The colours of a single channel.
    pub ramp: Ramp,
    /// Whether the ramp runs the other way.
    pub inverted: bool,
    /// The value that the middle of the ramp shows, where it is not the middle of the stretch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub centre: Option<f32>,
    /// Values given by hand, by the name of the band or the index: shown black, shown white.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub hand: BTreeMap<String, [f32; 2]>,
}

impl Default for Display {
    fn default() -> Self {
        Self {
            from: StretchFrom::default(),
            percentiles: PERCENTILES[0],
            per_date: false,
            gamma: 1.0,
            ramp: Ramp::default(),
            inverted: false,
            centre: None,
            hand: BTreeMap::new(),
        }
    }
}

impl Display {
    /// Whether nothing is chosen.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What no picture can be made with, in a sentence; `None` where all is well.
    pub fn fault(&self) -> Option<String> {
        let [low, high] = self.percentiles;
        if !(0.0..=100.0).contains(&low) || !(0.0..=100.0).contains(&high) || low >= high {
            return Some(format!(
                "percentiles {low} and {high} make no stretch: give two from 0 to 100, the lower first"
            ));
        }
        if !(GAMMAS[0]..=GAMMAS[1]).contains(&self.gamma) {
            return Some(format!(
                "a gamma of {} makes no picture: give {} to {}",
                self.gamma, GAMMAS[0], GAMMAS[1]
            ));
        }
        if self.centre.is_some_and(|centre| !centre.is_finite()) {
            return Some("the middle of the ramp is no number: give one".into());
        }
        let wrong = |ends: &[f32; 2]| !ends.iter().all(|end| end.is_finite()) || ends[0] >= ends[1];
        let (name, [low, high]) = self.hand.iter().find(|(_, ends)| wrong(ends))?;
        Some(format!("{name} cannot be stretched from {low} to {high}: give two numbers, the lower first"))
    }

    /// The same where it is well, else what it says without: a document may hold anything.
    #[must_use]
    pub fn mended(self) -> Self {
        if self.fault().is_none() { self } else { Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_is_written_and_read_and_old_projects_have_the_usual_one() {
        assert_eq!(serde_json::from_str::<Display>("{}").unwrap(), Display::default());
        let mut display = Display {
            from: StretchFrom::Hand,
            percentiles: [5.0, 95.0],
            per_date: true,
            gamma: 0.7,
            ramp: Ramp::ALL[3],
            inverted: true,
            centre: Some(0.2),
            ..Display::default()
        };
        display.hand.insert("B04".into(), [100.0, 3000.0]);
        let text = serde_json::to_string(&display).unwrap();
        assert_eq!(serde_json::from_str::<Display>(&text).unwrap(), display);
        assert!(display.fault().is_none());
    }

    #[test]
    fn what_makes_no_picture_is_told() {
        let of = |change: &dyn Fn(&mut Display)| {
            let mut display = Display::default();
            change(&mut display);
            assert_eq!(display.clone().mended(), Display::default());
            display.fault().unwrap()
        };
        assert!(of(&|d| d.percentiles = [98.0, 2.0]).contains("98 and 2"));
        assert!(of(&|d| d.percentiles = [f32::NAN, 2.0]).contains("percentiles"));
        assert!(of(&|d| d.gamma = 0.0).contains("gamma of 0"));
        assert!(of(&|d| d.gamma = f32::NAN).contains("gamma"));
        assert!(of(&|d| d.centre = Some(f32::INFINITY)).contains("middle"));
        assert!(of(&|d| d.hand = [("NDVI".into(), [0.5, 0.5])].into()).contains("NDVI"));
    }
}
