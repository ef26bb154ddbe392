//! How far the values of a site lie from those that a model learned from, input by input and date by date, and what that means
//! in a sentence.
//!
//! A cell of the table (an input at a date) holds the middle value of a sample of the site's pixels against that of the sites that
//! the training samples came from ([`Ground`]; that of the samples themselves where the sites are not known: labels are no even
//! sample of their site). Its **shift** is their difference in spreads (what half of the ground's values span); its **share
//! outside** is that of values beyond the range of the training samples, which leaves out one value in a thousand at each end.
//! A cell stands out from [`SHIFTED`] spreads on, or where [`MANY_OUTSIDE`] more of the values lie outside than of its ground. One
//! input that stands out to the same side on dates that follow one another is a run, and counts by its cells' shifts; a site is
//! shifted where a run counts [`RUN_COUNTS`], or where [`PIXELS_OUTSIDE`] more of its pixels than of the ground are outside as a
//! whole ([`Limits`]).
//!
//! These numbers were held against grounds that are known: of the corridor, of Flanders and of Sinop, cut like a chessboard, the
//! white blocks never stand out against the black ones; three months later they do in all three, two months later in two.
//! Halves that hold other land (forest here, fields there) stand out too: what their values cannot tell from a drift, the
//! sentence does not either.

mod words;

use super::fit::Fit;
use crate::model::{Ground, InputRange, Learned, ModelCard};
use chrono::NaiveDate;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A cell stands out from so many spreads of the training on.
pub const SHIFTED: f32 = 0.75;
/// A cell stands out where so much more of its values lies outside the training's range than of the ground's.
pub const MANY_OUTSIDE: f32 = 0.25;
/// What the cells of a run must come to, in spreads: two dates of one, or one of two.
pub const RUN_COUNTS: f32 = 2.0;
/// A site is shifted where so many more of its pixels than of the ground lie outside, whatever their middle values.
pub const PIXELS_OUTSIDE: f32 = 0.3;
/// A pixel lies outside where so much of its observed values does.
pub const OUTSIDE: f32 = 0.25;
/// A pixel also lies outside where so much of its observed values is further out than the training's range is wide.
pub const FAR_OUTSIDE: f32 = 0.05;

/// An input of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrustInput {
    /// Its name in the model.
    pub name: String,
    /// Its common name, where that is known.
    pub common: Option<String>,
    /// Whether it is an index.
    pub is_index: bool,
    /// The unit of its values: "reflectance", "DN", or nothing.
    pub unit: String,
}

/// An input at a date, in the unit of the input.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The training's values: the least, the middle and the greatest one, without one in a thousand at each end.
    pub learned: Option<[f32; 3]>,
    /// The middle value of the site.
    pub here: Option<f32>,
    /// The middle value of the ground that the samples came from, or of the samples where that is not known.
    pub ground: Option<f32>,
    /// How far the site's middle value is from that, in spreads of the ground; above is positive.
    pub shift: Option<f32>,
    /// The share of the site's values outside the training's range, from 0 to 1, and of those above it.
    pub outside: [f32; 2],
    /// The share of the ground's values outside that range.
    pub ground_outside: f32,
    /// The share of the site's pixels with a value.
    pub seen: f32,
    /// Where the middle value lies among the training's: within half, within 90 of 100, within all, or beyond.
    pub place: Place,
}

impl Cell {
    /// To which side it stands out, 1 or -1; 0 where it does not.
    pub fn side(&self) -> i8 {
        let [outside, above] = self.outside;
        let higher = match self.shift {
            Some(shift) if shift.abs() >= SHIFTED => shift > 0.0,
            Some(_) if self.excess() >= MANY_OUTSIDE => above * 2.0 >= outside,
            _ => return 0,
        };
        if higher { 1 } else { -1 }
    }

    /// By how much more of the values lies outside than of the ground's.
    fn excess(&self) -> f32 {
        self.outside[0] - self.ground_outside
    }

    /// What it counts in a run, in spreads.
    fn counts(&self) -> f32 {
        let far = self.shift.map_or(0.0, f32::abs);
        far.max(self.excess() / MANY_OUTSIDE * SHIFTED)
    }
}

/// Where a middle value lies among those of the training.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Among 90 of 100 of them.
    #[default]
    Usual,
    /// Beyond these.
    Rare,
    /// Beyond all but one in a thousand.
    Beyond,
}

/// One input that stands out on dates that follow one another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// The input, by its place.
    pub input: usize,
    /// The first date of the model and the last, by their place.
    pub dates: (usize, usize),
    /// Whether the site lies above.
    pub above: bool,
    /// The middle value of the ground that the samples came from, at the mean of these dates.
    pub learned: f32,
    /// The site's.
    pub here: f32,
    /// The least far of its dates.
    pub place: Place,
    /// Other inputs that stand out in runs that count.
    pub others: usize,
}

/// What comes of holding a site against a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing stands out.
    Fits,
    /// An input stands out.
    Shifted(Shift),
    /// Many pixels lie outside, and no input stands out.
    Scattered,
    /// No pixel has an observation.
    Empty,
}

/// A site held against what a model learned from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trust {
    /// The model's inputs.
    pub inputs: Vec<TrustInput>,
    /// The model's dates.
    pub dates: Vec<NaiveDate>,
    /// The site's date for each of them; `None` where that is a gap.
    pub site_dates: Vec<Option<NaiveDate>>,
    /// `time x input`.
    pub cells: Vec<Cell>,
    /// Pixels of the site that were looked at, and have an observation.
    pub pixels: u64,
    /// The share of them that lies outside the training's range, from 0 to 1.
    pub outside: f32,
    /// That of the ground that trained the model.
    pub ground_outside: f32,
    /// What that comes to.
    pub verdict: Verdict,
}

/// A sample of a site's pixels.
#[derive(Debug, Default)]
pub struct Sounding {
    /// `pixel x time x input`, in the units of the model's input, gaps NaN.
    pub values: Vec<f32>,
}

impl Trust {
    /// Holds a sample of a site against a training.
    pub fn of(
        card: &ModelCard,
        learned: &Learned,
        fit: &Fit,
        cube: &[NaiveDate],
        sounding: &Sounding,
    ) -> Self {
        let records = card.inputs();
        let inputs: Vec<TrustInput> = records
            .iter()
            .zip(&fit.features)
            .map(|(record, feature)| TrustInput {
                name: record.name.clone(),
                common: record.common.clone(),
                is_index: record.expression.is_some(),
                unit: match (record.scale, record.expression.is_some()) {
                    (Some(_), _) => "reflectance".into(),
                    (None, true) => String::new(),
                    (None, false) => feature.unit().into(),
                },
            })
            .collect();
        let each = fit.values();
        let physical = |at: usize, value: f32| {
            records[at % records.len()].scale.map_or(value, |scale| scale.physical(value))
        };
        let cells: Vec<Cell> = (0..each)
            .into_par_iter()
            .map(|at| {
                let all = sounding.values.iter().skip(at).step_by(each).copied();
                let ground = learned.ground.as_ref().and_then(|ground| ground.cells.get(at)?.as_ref());
                let range = learned.cells.get(at).and_then(Option::as_ref);
                let mut cell = cell(range, ground, all.collect());
                for value in cell.learned.iter_mut().flatten().chain(&mut cell.here).chain(&mut cell.ground) {
                    *value = physical(at, *value);
                }
                cell
            })
            .collect();
        let limits = Limits::of(learned);
        let (pixels, outside) = limits.share_outside(&sounding.values);
        let mut trust = Self {
            inputs,
            dates: card.dates.clone(),
            site_dates: fit.times.iter().map(|time| cube.get((*time)?).copied()).collect(),
            cells,
            pixels,
            outside,
            ground_outside: learned.ground.as_ref().map_or(0.0, |ground: &Ground| ground.outside),
            verdict: Verdict::Fits,
        };
        trust.verdict = trust.judged();
        trust
    }

    /// An input at a date of the model.
    pub fn cell(&self, time: usize, input: usize) -> Option<&Cell> {
        (input < self.inputs.len()).then(|| self.cells.get(time * self.inputs.len() + input))?
    }

    fn judged(&self) -> Verdict {
        if self.pixels == 0 {
            return Verdict::Empty;
        }
        let mut best: Vec<(f32, Shift)> =
            (0..self.inputs.len()).filter_map(|input| self.longest(input)).collect();
        best.sort_by(|a, b| b.0.total_cmp(&a.0));
        match best.first() {
            Some((_, shift)) => Verdict::Shifted(Shift { others: best.len() - 1, ..shift.clone() }),
            None if self.outside - self.ground_outside >= PIXELS_OUTSIDE => Verdict::Scattered,
            None => Verdict::Fits,
        }
    }

    /// The run of an input that counts most, where it counts enough.
    fn longest(&self, input: usize) -> Option<(f32, Shift)> {
        let mut best: Option<(f32, Vec<usize>)> = None;
        let (mut side, mut run, mut sum) = (0, Vec::new(), 0.0);
        for time in 0..self.dates.len() {
            let Some(cell) = self.cell(time, input) else { continue };
            // A date that the site lacks parts nothing.
            if cell.shift.is_none() {
                continue;
            }
            if cell.side() != side {
                (side, sum) = (cell.side(), 0.0);
                run.clear();
            }
            if side != 0 {
                run.push(time);
                sum += cell.counts();
                if best.as_ref().is_none_or(|(most, _)| sum > *most) {
                    best = Some((sum, run.clone()));
                }
            }
        }
        let (sum, run) = best.filter(|(sum, _)| *sum >= RUN_COUNTS)?;
        let cells: Vec<&Cell> = run.iter().filter_map(|time| self.cell(*time, input)).collect();
        let mean = |of: &dyn Fn(&Cell) -> Option<f32>| {
            cells.iter().filter_map(|cell| of(cell)).sum::<f32>() / cells.len().max(1) as f32
        };
        let shift = Shift {
            input,
            dates: (*run.first()?, *run.last()?),
            above: cells.first()?.side() > 0,
            learned: mean(&|cell| cell.ground),
            here: mean(&|cell| cell.here),
            place: cells.iter().map(|cell| cell.place).min().unwrap_or_default(),
            others: 0,
        };
        Some((sum, shift))
    }
}

/// The values of a site at one input and date against those of the training samples, and of the ground that they came from.
fn cell(learned: Option<&InputRange>, ground: Option<&InputRange>, mut values: Vec<f32>) -> Cell {
    let all = values.len();
    values.retain(|value| value.is_finite());
    values.sort_unstable_by(f32::total_cmp);
    let count = values.len() as f32;
    let here = (!values.is_empty()).then(|| crate::cube::statistics::quantile(&values, 0.5));
    let mut cell = Cell { here, seen: count / all.max(1) as f32, ..Cell::default() };
    let Some(range) = learned else { return cell };
    let (low, high) = range.range();
    let of = ground.unwrap_or(range);
    cell.learned = Some([low, range.median(), high]);
    cell.ground = Some(of.median());
    cell.ground_outside =
        ground.map_or(0.0, |ground| ground.share_below(low) + 1.0 - ground.share_below(high));
    if let Some(here) = here {
        let below = values.partition_point(|value| *value < low) as f32;
        let above = count - values.partition_point(|value| *value <= high) as f32;
        cell.shift = Some((here - of.median()) / of.spread());
        cell.outside = [(below + above) / count, above / count];
        let within = |(low, high): (f32, f32)| (low..=high).contains(&here);
        cell.place = match () {
            () if within(range.usual()) => Place::Usual,
            () if within((low, high)) => Place::Rare,
            () => Place::Beyond,
        };
    }
    cell
}

/// The values that a model learned from, and how far beyond them it is far.
///
/// A pixel lies outside where a quarter of its observed values lies beyond the training's range (one value in a thousand left
/// out at each end), or a twentieth of them further beyond than the range is wide.
#[derive(Debug, Clone)]
pub struct Limits {
    /// `time x input`: the least and the greatest value; without limits where the training had nothing but gaps.
    ranges: Vec<(f32, f32)>,
}

impl Limits {
    /// Of a training.
    pub fn of(learned: &Learned) -> Self {
        let widened = |range: &InputRange| {
            let (low, high) = range.range();
            // A range of no width is that of few samples or of a lake.
            let least = (range.spread() - (high - low)).max(0.0) / 2.0;
            (low - least, high + least)
        };
        let open = (f32::NEG_INFINITY, f32::INFINITY);
        let ranges = learned.cells.iter().map(|cell| cell.as_ref().map_or(open, widened)).collect();
        Self { ranges }
    }

    /// How many of these pixels (`pixel x time x input`) have an observation, and the share of them that lies outside.
    pub fn share_outside(&self, values: &[f32]) -> (u64, f32) {
        let series = values.par_chunks_exact(self.ranges.len().max(1));
        let told: Vec<bool> = series.filter_map(|series| self.is_outside(series)).collect();
        let outside = told.iter().filter(|outside| **outside).count();
        (told.len() as u64, outside as f32 / told.len().max(1) as f32)
    }

    /// Whether a series (`time x input`, gaps NaN) lies outside; `None` where nothing was observed.
    pub fn is_outside(&self, series: &[f32]) -> Option<bool> {
        let (mut seen, mut outside, mut far) = (0u32, 0u32, 0u32);
        for (value, (low, high)) in series.iter().zip(&self.ranges) {
            if value.is_finite() {
                seen += 1;
                let beyond = (low - value).max(value - high);
                outside += u32::from(beyond > 0.0);
                far += u32::from(beyond > high - low);
            }
        }
        let share = |count: u32| count as f32 / seen as f32;
        (seen > 0).then(|| share(outside) >= OUTSIDE || share(far) >= FAR_OUTSIDE)
    }
}

#[cfg(test)]
mod tests;
