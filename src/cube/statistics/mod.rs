//! What the values of a cube are like, date by date and band by band, and how far sites and dates lie from one another:
//! what a model stumbles over before it has seen a label.
//!
//! [`measure`] looks at an even sample of a cube's pixels and keeps, for each date and band, a [`Distribution`]: moments,
//! percentiles, and 64 evenly spaced quantiles from which distances and histograms on any common edges follow.
//! [`compare`] holds sites and dates against one another and says what stands out ([`Finding`]).

mod bands;
mod compare;
mod distribution;
mod drift;
mod file;
mod finding;
mod matching;
mod measure;
mod table;
#[cfg(test)]
mod tests;

pub use compare::{Column, ComparedBand, ComparedSite, Comparison, Pair, compare};
pub use distribution::{BINS, Distribution, POINTS, distance, pooled_spread, wasserstein};
pub use drift::{Drift, ENOUGH_DATES, STANDS_OUT, drift};
pub use file::{Identity, identity, load, save};
pub use finding::{Finding, Hint, Kind};
pub use matching::{Matching, matched, period_days, season_apart};
pub use measure::{Sample, measure};
pub use table::{distances_csv, values_csv};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What a band's numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Reflectance, from 0 to 1.
    Reflectance,
    /// Physical, of a unit that is not known.
    Physical,
    /// As they are stored.
    Stored,
}

impl Unit {
    /// For people; nothing where there is no name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reflectance => "reflectance",
            Self::Physical => "",
            Self::Stored => "DN",
        }
    }
}

/// A band that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredBand {
    /// Its name in the cube.
    pub name: String,
    /// Its common name, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub common: Option<String>,
    /// What its numbers are.
    pub unit: Unit,
    /// The smallest difference that it can have; 0 for floating point.
    pub step: f32,
}

/// What the values of a cube are like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Bands, in the order of the cube.
    pub bands: Vec<MeasuredBand>,
    /// Dates, in order.
    pub dates: Vec<NaiveDate>,
    /// Pixels that were looked at, evenly spread.
    pub pixels: u64,
    /// Pixels that there are.
    pub of_pixels: u64,
    /// Chunks that could not be read, each in a sentence.
    #[serde(default)]
    pub damaged: Vec<String>,
    /// `time x band`; `None` where nothing was seen.
    pub cells: Vec<Option<Distribution>>,
}

impl Statistics {
    /// The values of a band at a date; `None` where nothing was seen.
    pub fn cell(&self, time: usize, band: usize) -> Option<&Distribution> {
        (band < self.bands.len()).then(|| self.cells.get(time * self.bands.len() + band)?.as_ref())?
    }

    /// The share of the pixels looked at with an observation of a band at a date, from 0 to 1.
    pub fn clear_share(&self, time: usize, band: usize) -> f64 {
        let seen = self.cell(time, band).map_or(0, |cell| cell.seen);
        seen as f64 / self.pixels.max(1) as f64
    }

    /// Whether every pixel was looked at.
    pub fn is_exact(&self) -> bool {
        self.pixels == self.of_pixels
    }
}

/// The value at a share from 0 to 1 of sorted values, linear between neighbours (type 7 of Hyndman & Fan 1996).
pub(crate) fn quantile(sorted: &[f32], share: f64) -> f32 {
    let Some(last) = sorted.len().checked_sub(1) else { return f32::NAN };
    let at = share.clamp(0.0, 1.0) * last as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    if below == above { below } else { below + (above - below) * at.fract() as f32 }
}

/// The middle of values; NaN of none. Those that are no number are passed over.
fn median(values: impl IntoIterator<Item = f32>) -> f32 {
    let mut seen: Vec<f32> = values.into_iter().filter(|value| value.is_finite()).collect();
    seen.sort_unstable_by(f32::total_cmp);
    quantile(&seen, 0.5)
}
