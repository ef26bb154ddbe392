//! What a training saw: the values of each input (band or index) at each date of its samples, in few numbers, so that other
//! ground can be held against them. They lie in `statistics.json` beside the model; models of before, and those that were
//! imported, have none.

use super::ModelError;
use crate::cube::statistics::quantile;
use crate::samples::SampleSet;
use serde::{Deserialize, Serialize};

/// The shares whose quantiles are kept.
pub const SHARES: [f64; 15] =
    [0.0, 0.001, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.999, 1.0];
/// Of more samples, an even part is looked at.
const MOST_SAMPLES: usize = 20_000;
/// At most so many values are in memory at once (4 bytes each).
const MOST_VALUES: usize = 16 << 20;
/// The version of the file.
const VERSION: u32 = 1;
/// Its name in the model's folder.
pub(super) const FILE: &str = "statistics.json";

/// The values of one input at one date of the training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputRange {
    /// Samples with a value.
    pub seen: u64,
    /// Share of the samples that had a gap, from 0 to 1.
    pub gaps: f32,
    /// The values at [`SHARES`], in the units of the model's input.
    pub quantiles: Vec<f32>,
}

impl InputRange {
    /// That of the values of so many samples, gaps NaN; `None` where there is nothing but gaps.
    fn of(values: &mut Vec<f32>) -> Option<Self> {
        let samples = values.len();
        values.retain(|value| value.is_finite());
        values.sort_unstable_by(f32::total_cmp);
        let quantiles = SHARES.iter().map(|share| quantile(values, *share)).collect();
        let gaps = (samples - values.len()) as f32 / samples.max(1) as f32;
        (!values.is_empty()).then_some(Self { seen: values.len() as u64, gaps, quantiles })
    }

    fn at(&self, place: usize) -> f32 {
        self.quantiles.get(place).copied().unwrap_or(f32::NAN)
    }

    /// The middle value.
    pub fn median(&self) -> f32 {
        self.at(7)
    }

    /// The values between which 90 of 100 lie.
    pub fn usual(&self) -> (f32, f32) {
        (self.at(4), self.at(10))
    }

    /// What it learned from: the values without one in a thousand at each end.
    pub fn range(&self) -> (f32, f32) {
        (self.at(1), self.at(13))
    }

    /// What half of the values span, but no less than 2 % of the middle one: a lake as even as a mirror is not infinitely
    /// far from another one.
    pub fn spread(&self) -> f32 {
        (self.at(8) - self.at(6)).max(0.02 * self.median().abs()).max(f32::MIN_POSITIVE)
    }

    /// The share of the values below this one, from 0 to 1, linear between those that are kept.
    pub fn share_below(&self, value: f32) -> f32 {
        let above = self.quantiles.partition_point(|kept| *kept < value);
        let (Some(before), Some(after)) = (above.checked_sub(1), self.quantiles.get(above)) else {
            return if above == 0 { 0.0 } else { 1.0 };
        };
        let from = self.at(before);
        let part = f64::from((value - from) / (after - from));
        (SHARES[before] + (SHARES[above] - SHARES[before]) * part) as f32
    }

    fn is_sound(&self) -> bool {
        self.quantiles.len() == SHARES.len()
            && self.quantiles.iter().all(|value| value.is_finite())
            && self.quantiles.is_sorted()
    }
}

/// A site that samples came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainedSite {
    /// The name of its cube, without the ending.
    pub cube: String,
    /// Checksum of what the cube says of itself ([`crate::cube::statistics::Identity`]).
    pub checksum: u32,
}

/// The sites that samples came from, as a whole: an even sample of their pixels, whether they are labelled or not. Labels are
/// drawn where people are sure, and are no even sample of their site; other ground is held against this one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ground {
    /// Pixels that were looked at.
    pub pixels: u64,
    /// The share of them that lies outside of what the samples show, from 0 to 1.
    pub outside: f32,
    /// `time x input`; `None` where there was nothing but gaps.
    pub cells: Vec<Option<InputRange>>,
}

impl Ground {
    /// Of some pixels, `pixel x time x input` with `each` values a pixel, of which this share lies outside.
    pub fn of(values: &[f32], each: usize, outside: f32) -> Self {
        Self { pixels: (values.len() / each.max(1)) as u64, outside, cells: cells(values, each) }
    }
}

/// The range of each of `each` values that rows have.
fn cells(values: &[f32], each: usize) -> Vec<Option<InputRange>> {
    let cell = |at: usize| InputRange::of(&mut values.iter().skip(at).step_by(each).copied().collect());
    (0..each).map(cell).collect()
}

/// What a training saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    version: u32,
    /// Which training it is of ([`super::ModelCard::training_id`]).
    training: String,
    /// Samples that were looked at.
    pub samples: u64,
    /// Sites that samples came from; none where they came from a table.
    pub sites: Vec<TrainedSite>,
    /// `time x input`; `None` where there was nothing but gaps.
    pub cells: Vec<Option<InputRange>>,
    /// The sites as a whole; `None` where samples came from a table, or they could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
}

impl Learned {
    /// Of these samples of a set, gaps as they were before anything was filled.
    ///
    /// # Errors
    /// Samples that cannot be read.
    pub fn of(set: &SampleSet, chosen: &[usize]) -> Result<Self, ModelError> {
        let each = set.dates.len() * set.bands.len();
        let most = MOST_SAMPLES.min(MOST_VALUES / each.max(1)).max(1);
        let every = chosen.len().div_ceil(most).max(1) | 1;
        let taken: Vec<usize> = chosen.iter().copied().step_by(every).collect();
        let values = set.values.gather(&taken)?;
        Ok(Self {
            version: VERSION,
            training: String::new(),
            samples: taken.len() as u64,
            sites: Vec::new(),
            cells: cells(&values, each),
            ground: None,
        })
    }

    /// The file's bytes.
    pub(super) fn written(&self, training: String) -> Result<Vec<u8>, serde_json::Error> {
        let mut text = serde_json::to_vec(&Self { training, ..self.clone() })?;
        text.push(b'\n');
        Ok(text)
    }

    /// From the file's bytes; `None` where they are damaged, of another training, or of other inputs.
    pub(super) fn read(bytes: &[u8], training: &str, cells: usize) -> Option<Self> {
        let read: Self = serde_json::from_slice(bytes).ok()?;
        let sound = read.version == VERSION
            && read.training == training
            && read.cells.len() == cells
            && read.ground.as_ref().is_none_or(|ground| ground.cells.len() == cells)
            && read.all_ranges().all(InputRange::is_sound);
        sound.then_some(read)
    }

    fn all_ranges(&self) -> impl Iterator<Item = &InputRange> {
        let ground = self.ground.iter().flat_map(|ground| &ground.cells);
        self.cells.iter().chain(ground).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Rows;
    use chrono::NaiveDate;

    fn set() -> SampleSet {
        let values: Vec<f32> =
            (0..1001).flat_map(|i| [i as f32, if i % 4 == 0 { f32::NAN } else { 2.0 }, f32::NAN]).collect();
        SampleSet {
            bands: vec!["a".into(), "b".into(), "c".into()],
            features: vec![],
            dates: vec![NaiveDate::from_ymd_opt(2022, 1, 15).unwrap()],
            values: Rows::of(3, values),
            classes: vec![1; 1001],
            annotations: vec![1; 1001],
            places: vec![],
            locations: vec![],
        }
    }

    #[test]
    fn quantiles_and_gaps_of_each_input_are_kept_and_nothing_where_all_are_gaps() {
        let learned = Learned::of(&set(), &(0..1001).collect::<Vec<_>>()).unwrap();
        assert_eq!(learned.samples, 1001);
        let [Some(a), Some(b), None] = learned.cells.as_slice() else { panic!("{:?}", learned.cells) };
        assert_eq!((a.median(), a.range(), a.spread()), (500.0, (1.0, 999.0), 500.0));
        assert_eq!((a.gaps, a.usual()), (0.0, (50.0, 950.0)));
        assert!((b.gaps - 0.25).abs() < 0.01 && (b.spread() - 0.04).abs() < 1e-6, "{b:?}");
    }

    #[test]
    fn the_share_below_a_value_is_read_between_the_quantiles() {
        let range = InputRange::of(&mut (0..=1000).map(|i| i as f32).collect()).unwrap();
        for (value, share) in
            [(-1.0, 0.0), (0.0, 0.0), (500.0, 0.5), (600.0, 0.6), (999.5, 0.9995), (2e3, 1.0)]
        {
            assert!((range.share_below(value) - share).abs() < 1e-3, "{value}: {}", range.share_below(value));
        }
        let flat = InputRange::of(&mut vec![3.0; 9]).unwrap();
        assert_eq!((flat.share_below(3.0), flat.share_below(3.1)), (0.0, 1.0));
    }

    #[test]
    fn a_file_of_another_training_or_with_damage_is_none() {
        let learned = Learned::of(&set(), &[1, 2, 3, 5]).unwrap();
        let bytes = learned.written("abc".into()).unwrap();
        assert_eq!(Learned::read(&bytes, "abc", 3).unwrap().cells, learned.cells);
        assert!(Learned::read(&bytes, "abd", 3).is_none());
        assert!(Learned::read(&bytes, "abc", 4).is_none());
        assert!(Learned::read(&bytes[..bytes.len() / 2], "abc", 3).is_none());
        let text = String::from_utf8(bytes).unwrap().replacen("1.0", "99.0", 1);
        assert!(Learned::read(text.as_bytes(), "abc", 3).is_none(), "not in order");
    }
}
