//! What the three networks have in common: their shape, what goes in and what a training step gives; and which file has what.

use super::definition::Tape;
use super::side::Precision;
use super::weights::{Layout, Slot, Weights};
use super::{ModelError, ModelKind, backprop, bf16, ltae, pixel, tempcnn, unet};
use chrono::{Datelike, NaiveDate};

/// How much of a batch's statistics goes into the running ones of batch norm, as in PyTorch.
const MOMENTUM: f32 = 0.1;

/// What decides the shape of all tensors.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    pub times: usize,
    pub bands: usize,
    pub classes: usize,
    /// Day of the year of each date, from 1.
    pub days: Vec<f32>,
    pub kind: ModelKind,
}

impl Shape {
    /// Of `bands` on `dates`.
    pub fn new(kind: &ModelKind, dates: &[NaiveDate], bands: usize, classes: usize) -> Self {
        let days = dates.iter().map(|date| date.ordinal() as f32).collect();
        Self { times: dates.len(), bands, classes, days, kind: kind.clone() }
    }

    /// Checks the options; a model file may say anything.
    ///
    /// # Errors
    /// [`ModelError::Options`] that says which is out of bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        let network = self.kind.title();
        bound(network, "the dates", self.times, 1, 10_000)?;
        bound(network, "the bands", self.bands, 1, 10_000)?;
        bound(network, "the classes", self.classes, 2, 254)?;
        self.kind.check(self.times)
    }

    /// Values a series.
    pub fn values(&self) -> usize {
        self.times * self.bands
    }

    /// The tensors of the network, in order.
    pub fn layout(&self) -> Vec<Slot> {
        let mut layout = Layout::default();
        match &self.kind {
            ModelKind::TempCnn(options) => tempcnn::layout(self, options, &mut layout),
            ModelKind::Pixel(options) => pixel::layout(self, options, &mut layout),
            ModelKind::Ltae(options) => ltae::layout(self, options, &mut layout),
            ModelKind::UNet(options) => unet::layout(self, options, &mut layout),
        }
        layout.slots
    }

    /// The definition: logits in candle's tensors, of series `sample x time x band`.
    pub fn define(
        &self,
        tape: &Tape,
        series: &candle_core::Tensor,
        missing: Option<&candle_core::Tensor>,
    ) -> candle_core::Result<candle_core::Tensor> {
        match &self.kind {
            ModelKind::TempCnn(options) => tempcnn::define(tape, options, series),
            ModelKind::Pixel(options) => pixel::define(tape, options, series),
            ModelKind::Ltae(options) => ltae::define(tape, self, options, series, missing),
            ModelKind::UNet(_) => candle_core::bail!("a UNet reads patches, not series"),
        }
    }

    /// The network made ready for inference with its long products in bfloat16; `None` where the processor or the network has
    /// none.
    pub fn ready_in_bf16(&self, weights: &Weights) -> Option<Box<dyn Inference>> {
        if !bf16::is_available() {
            return None;
        }
        let half = Precision::Half;
        match &self.kind {
            ModelKind::TempCnn(options) => {
                Some(Box::new(tempcnn::TempCnn::new(self, options, weights, half)))
            }
            ModelKind::Pixel(options) => Some(Box::new(pixel::Pixel::new(self, options, weights, half))),
            ModelKind::Ltae(_) | ModelKind::UNet(_) => None,
        }
    }

    /// The network made ready for inference.
    pub fn ready(&self, weights: &Weights) -> Box<dyn Inference> {
        let single = Precision::Single;
        match &self.kind {
            ModelKind::TempCnn(options) => Box::new(tempcnn::TempCnn::new(self, options, weights, single)),
            ModelKind::Pixel(options) => Box::new(pixel::Pixel::new(self, options, weights, single)),
            ModelKind::Ltae(options) => Box::new(ltae::Ltae::new(self, options, weights)),
            ModelKind::UNet(_) => Box::new(unet::NoSeries::new(self)),
        }
    }

    /// What trains the network, step by step; it keeps its memory from one to the next.
    pub fn trainer(&self) -> Box<dyn Trainer> {
        match &self.kind {
            ModelKind::TempCnn(options) => Box::new(backprop::ByHand::tempcnn(self, options)),
            ModelKind::Pixel(options) => Box::new(backprop::ByHand::pixel(self, options)),
            ModelKind::Ltae(options) => Box::new(ltae::ByHand::new(self, options)),
            ModelKind::UNet(_) => Box::new(unet::NoSeries::new(self)),
        }
    }
}

/// Refuses a size out of bounds.
pub(super) fn bound(network: &str, what: &str, is: usize, low: usize, high: usize) -> Result<(), ModelError> {
    if (low..=high).contains(&is) {
        return Ok(());
    }
    let why = format!("{what} of {network} must be {low} to {high}, not {is}");
    Err(ModelError::Options { why })
}

/// Refuses a kernel that has no middle.
pub(super) fn odd(network: &str, what: &str, is: usize) -> Result<(), ModelError> {
    if !is.is_multiple_of(2) && is <= 255 {
        return Ok(());
    }
    let why = format!("{what} of {network} must be odd and at most 255, not {is}");
    Err(ModelError::Options { why })
}

/// Refuses a share to drop that leaves too little.
pub(super) fn share(network: &str, what: &str, is: f32) -> Result<(), ModelError> {
    if (0.0..=0.95).contains(&is) {
        return Ok(());
    }
    let why = format!("{what} of {network} must be from 0 to 0.95, not {is}");
    Err(ModelError::Options { why })
}

/// Series as a network reads them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input<'a> {
    /// Normalised, gaps filled: `sample x time x band`.
    pub series: &'a [f32],
    /// Dates that were a gap, `sample x time`, for networks that look past them.
    pub missing: Option<&'a [bool]>,
}

impl<'a> Input<'a> {
    /// Without gaps.
    pub fn whole(series: &'a [f32]) -> Self {
        Self { series, missing: None }
    }
}

/// A batch to learn from.
pub(super) struct Batch<'a> {
    pub input: Input<'a>,
    /// What each sample should be, `sample x class`. A row sums to the sample's weight, so that label smoothing, class
    /// weights and mixed samples are all told by it.
    pub targets: &'a [f32],
    /// What dropout is drawn from, a seed and a step; two steps of a training never share one. `None`: no dropout.
    pub dropout: Option<(u64, u64)>,
}

/// What a training step gives.
#[derive(Clone)]
pub(super) struct Step {
    /// Cross entropy, the mean by weight.
    pub loss: f64,
    /// In the order of [`Weights::trained`].
    pub gradients: Vec<Vec<f32>>,
    /// Statistics of the batch, for each batch norm.
    pub statistics: Vec<Statistics>,
}

/// Mean and unbiased variance of a batch norm's channels over a batch.
#[derive(Clone)]
pub(super) struct Statistics {
    /// The batch norm's name in the layout.
    pub name: String,
    pub mean: Vec<f32>,
    pub variance: Vec<f32>,
}

impl Step {
    /// Moves the running statistics of batch norm towards this batch's.
    pub fn update_running(&self, weights: &mut Weights) {
        for Statistics { name, mean, variance } in &self.statistics {
            for (what, new) in [("running_mean", mean), ("running_variance", variance)] {
                if let Some(running) = weights.values_mut(&format!("{name}.{what}")) {
                    running.iter_mut().zip(new).for_each(|(r, n)| *r += MOMENTUM * (n - *r));
                }
            }
        }
    }
}

/// A network in training.
pub(super) trait Trainer: Send {
    /// Loss, gradients and statistics of a batch of at least one sample; they stay until the next step.
    fn step(&mut self, weights: &Weights, batch: &Batch) -> &Step;
}

/// A trained network that classifies; shared between threads.
pub(super) trait Inference: Send + Sync {
    /// Logits `sample x class`, on this thread.
    fn logits(&self, input: Input) -> Vec<f32>;

    /// How much each head looks at each date, `sample x head x time`; `None` for a network without attention.
    fn attention(&self, _: Input) -> Option<Vec<f32>> {
        None
    }
}

/// Turns logits into probabilities in place, one row of `classes` a sample.
pub(super) fn softmax(logits: &mut [f32], classes: usize) {
    for row in logits.chunks_exact_mut(classes) {
        let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        row.iter_mut().for_each(|z| *z = (*z - top).exp());
        let sum: f32 = row.iter().sum();
        row.iter_mut().for_each(|p| *p /= sum);
    }
}

/// The logarithm of the sum of exponentials.
pub(super) fn log_sum(logits: &[f32]) -> f32 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    top + logits.iter().map(|z| (z - top).exp()).sum::<f32>().ln()
}

/// Targets `sample x class` of classes given by index, all of weight 1; `smoothing` is the share spread evenly over all
/// classes (Szegedy et al. 2016).
pub(super) fn targets(classes: &[usize], count: usize, smoothing: f64) -> Vec<f32> {
    let mut targets = vec![(smoothing / count as f64) as f32; classes.len() * count];
    for (row, class) in targets.chunks_exact_mut(count).zip(classes) {
        row[*class] += (1.0 - smoothing) as f32;
    }
    targets
}
