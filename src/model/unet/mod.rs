//! UNet (Ronneberger, Fischer, Brox 2015, arXiv 1505.04597): a network that looks around a pixel on one mosaic instead of
//! along its year. It is here to be compared with: the map makers that Ritmo's users come from work like this.
//!
//! Differences from the paper: batch norm behind each convolution, zeros around them so that sizes stay, the nearest pixel
//! in place of a transposed convolution on the way up, and half as wide and one level less deep by default.
//!
//! It is there as its definition only, in candle's tensors, which trains and maps too: rows are pixels, a convolution is a
//! gathering of nine neighbours and a product.

mod train;
mod window;

pub use train::train_patches;

use super::definition::Tape;
use super::network::{Batch, Inference, Input, Shape, Step, Trainer, bound};
use super::weights::{Layout, Weights};
use super::{ModelError, ModelKind};
use candle_core::{Result, Tensor};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Neighbours that a filter sees: 3 x 3.
const NINE: usize = 9;

/// The options of a UNet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UNetOptions {
    /// Filters of the first level; each level further down has twice as many.
    pub width: usize,
    /// How often the picture is halved.
    pub depth: usize,
    /// Pixels a side of the patches that it learns from; a multiple of 2 to the power of the depth.
    pub patch: usize,
    /// Patches a step.
    pub patches: usize,
    /// The date whose mosaic it learns from; where it is `None`, the one with the most clear pixels,
    /// or the best one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    /// Whether, without a date, the one is taken whose pixels alone tell held-out annotations apart best.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub best_date: bool,
}

impl Default for UNetOptions {
    fn default() -> Self {
        Self { width: 16, depth: 3, patch: 64, patches: 8, date: None, best_date: false }
    }
}

impl UNetOptions {
    /// Checks the options.
    ///
    /// # Errors
    /// [`ModelError::Options`] with the option that cannot be.
    pub(super) fn check(&self) -> std::result::Result<(), ModelError> {
        bound("UNet", "the width", self.width, 1, 256)?;
        bound("UNet", "the depth", self.depth, 1, 5)?;
        bound("UNet", "the patches a step", self.patches, 1, 256)?;
        bound("UNet", "the patch", self.patch, 1 << self.depth, 512)?;
        if !self.patch.is_multiple_of(1 << self.depth) {
            let why = format!(
                "the patch of a UNet that halves {} times must be a multiple of {}, not {}",
                self.depth,
                1 << self.depth,
                self.patch
            );
            return Err(ModelError::Options { why });
        }
        Ok(())
    }

    /// Pixels that a pixel's result depends on, at most, on each side: a multiple of 2 to the power of the depth.
    pub fn reach(&self) -> usize {
        // Two convolutions at each level on the way down and up, two at the bottom, each of as many pixels as the level is
        // coarse: 6 * 2^depth - 4. Halving and doubling move by less than 2^depth.
        7 << self.depth
    }

    /// Filters of a level, the finest is 0.
    fn filters(&self, level: usize) -> usize {
        self.width << level
    }
}

/// The tensors of the network.
pub(super) fn layout(shape: &Shape, options: &UNetOptions, layout: &mut Layout) {
    let mut pair = |name: String, inputs: usize, outputs: usize| {
        layout.block(&format!("{name}.a"), NINE * inputs, outputs);
        layout.block(&format!("{name}.b"), NINE * outputs, outputs);
    };
    for level in 0..options.depth {
        let inputs = if level == 0 { shape.bands } else { options.filters(level - 1) };
        pair(format!("down{level}"), inputs, options.filters(level));
    }
    pair("bottom".into(), options.filters(options.depth - 1), options.filters(options.depth));
    for level in (0..options.depth).rev() {
        pair(format!("up{level}"), 3 * options.filters(level), options.filters(level));
    }
    layout.linear("output", options.width, shape.classes);
}

/// The definition: logits, `patch * pixel x class`, of patches `patch x row x column x band` whose rows and columns are
/// multiples of 2 to the power of the depth.
pub(super) fn define(tape: &Tape, options: &UNetOptions, patches: &Tensor) -> Result<Tensor> {
    let mut x = patches.clone();
    let mut skipped = Vec::new();
    for level in 0..options.depth {
        x = pair(tape, &x, &format!("down{level}"))?;
        skipped.push(x.clone());
        x = halved(&x)?;
    }
    x = pair(tape, &x, "bottom")?;
    for (level, skipped) in skipped.iter().enumerate().rev() {
        x = pair(tape, &Tensor::cat(&[skipped, &doubled(&x)?], 3)?, &format!("up{level}"))?;
    }
    let (patches, rows, columns, filters) = x.dims4()?;
    tape.linear(&x.reshape((patches * rows * columns, filters))?, "output")
}

fn pair(tape: &Tape, x: &Tensor, name: &str) -> Result<Tensor> {
    convolution(tape, &convolution(tape, x, &format!("{name}.a"))?, &format!("{name}.b"))
}

/// A convolution of 3 x 3 pixels with zeros beyond the edges, batch norm and ReLU.
fn convolution(tape: &Tape, x: &Tensor, name: &str) -> Result<Tensor> {
    let (patches, rows, columns, channels) = x.dims4()?;
    let across = columns + 2;
    let places: Vec<u32> = (0..rows)
        .flat_map(|y| (0..columns).map(move |x| (y, x)))
        .flat_map(|(y, x)| (0..NINE).map(move |i| ((y + i / 3) * across + x + i % 3) as u32))
        .collect();
    let places = Tensor::new(places, x.device())?;
    let padded = x.pad_with_zeros(1, 1, 1)?.pad_with_zeros(2, 1, 1)?;
    let padded = padded.reshape((patches, (rows + 2) * across, channels))?;
    let nine = padded.index_select(&places, 1)?.reshape((patches * rows * columns, NINE * channels))?;
    let z = tape.block(&nine, name)?;
    let filters = z.dim(1)?;
    z.reshape((patches, rows, columns, filters))
}

/// The largest of each 2 x 2 pixels.
fn halved(x: &Tensor) -> Result<Tensor> {
    let (patches, rows, columns, channels) = x.dims4()?;
    x.reshape(vec![patches * rows / 2, 2, columns / 2, 2, channels])?.max(3)?.max(1)?.reshape((
        patches,
        rows / 2,
        columns / 2,
        channels,
    ))
}

/// Each pixel as 2 x 2.
fn doubled(x: &Tensor) -> Result<Tensor> {
    let (patches, rows, columns, channels) = x.dims4()?;
    x.reshape(vec![patches * rows, 1, columns, 1, channels])?
        .broadcast_as(vec![patches * rows, 2, columns, 2, channels])?
        .contiguous()?
        .reshape((patches, 2 * rows, 2 * columns, channels))
}

/// Stands where networks of series have what they make of series: a UNet makes nothing of them.
pub(super) struct NoSeries {
    values: usize,
    classes: usize,
    step: Step,
}

impl NoSeries {
    pub fn new(shape: &Shape) -> Self {
        let step = Step { loss: f64::NAN, gradients: Vec::new(), statistics: Vec::new() };
        Self { values: shape.values().max(1), classes: shape.classes, step }
    }
}

impl Inference for NoSeries {
    fn logits(&self, input: Input) -> Vec<f32> {
        vec![f32::NAN; input.series.len() / self.values * self.classes]
    }
}

impl Trainer for NoSeries {
    fn step(&mut self, _: &Weights, _: &Batch) -> &Step {
        &self.step
    }
}

/// The options of a network of patches.
///
/// # Errors
/// [`ModelError::Mismatch`] for a network of series.
pub(super) fn options_of(kind: &ModelKind) -> std::result::Result<&UNetOptions, ModelError> {
    match kind {
        ModelKind::UNet(options) => Ok(options),
        other => {
            let why = format!("{} reads series of pixels, not patches of a mosaic", other.title());
            Err(ModelError::Mismatch { why })
        }
    }
}

#[cfg(test)]
mod tests;
