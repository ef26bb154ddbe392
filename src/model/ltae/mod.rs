//! L-TAE per pixel: Garnot, Landrieu 2020 (arXiv 2007.00586), its set encoder replaced by one for single pixels, as sits
//! has it.
//!
//! Bands -> 32 -> 64 -> 128 (each with batch norm and ReLU); layer norm; a product to 256 and layer norm over dates and
//! channels; plus a sinusoid of the day of the year, tiled per head; 16 heads of attention over the dates, each with one
//! learned query; 256 -> 128 with batch norm, ReLU, dropout; layer norm; a decoder 128 -> 64 -> 32 with batch norm and ReLU;
//! dense to the classes. The products before a batch norm have no bias: its shift takes its place.
//!
//! Dates that were a gap can be masked: no head looks at them, and the layer norm over dates leaves them out, so that what
//! they were filled with has no influence on what a trained network says. Where all dates of a series are gaps (each in some
//! band), the filled values are all there is, and none is masked.

mod fast;
mod rows;
mod step;
#[cfg(test)]
mod tests;

pub(super) use fast::Ltae;
pub(super) use step::ByHand;

use super::ModelError;
use super::definition::{Tape, flat};
use super::network::{Shape, bound, share};
use super::tempcnn::EPSILON;
use super::weights::{Init, Layout};
use candle_core::{D, Tensor};
use serde::{Deserialize, Serialize};

/// Widths of the encoder.
pub(super) const ENCODER: [usize; 3] = [32, 64, 128];
/// Width in front of the attention.
pub(super) const MODEL: usize = 256;
/// Width of the decoder.
pub(super) const DECODER: [usize; 2] = [64, 32];
/// Period of the sinusoid in days (Garnot's T).
const PERIOD: f64 = 1000.0;

/// Options of L-TAE.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LtaeOptions {
    /// Heads of attention; a power of two up to 32.
    pub heads: usize,
    /// Width of keys and queries.
    pub key: usize,
    /// Share of attention dropped while training.
    pub attention_dropout: f32,
    /// Share dropped after the attention's perceptron while training.
    pub dropout: f32,
    /// Whether dates with a gap are masked in the attention.
    pub mask_gaps: bool,
}

impl Default for LtaeOptions {
    fn default() -> Self {
        Self { heads: 16, key: 8, attention_dropout: 0.1, dropout: 0.2, mask_gaps: true }
    }
}

impl LtaeOptions {
    /// # Errors
    /// [`ModelError::Options`] that says which is out of bounds.
    pub(super) fn check(&self) -> Result<(), ModelError> {
        let network = "an L-TAE";
        if !self.heads.is_power_of_two() || self.heads > 32 {
            let why = format!("the heads of {network} must be 1, 2, 4, 8, 16 or 32, not {}", self.heads);
            return Err(ModelError::Options { why });
        }
        bound(network, "the width of keys", self.key, 1, 256)?;
        share(network, "attention_dropout", self.attention_dropout)?;
        share(network, "dropout", self.dropout)
    }
}

/// The tensors: `encoder1` to `encoder3`, `in_norm`, `embed`, `embed_norm`, `query`, `key`, `mlp`, `out_norm`, `decoder1`,
/// `decoder2`, `output`.
pub(super) fn layout(shape: &Shape, options: &LtaeOptions, layout: &mut Layout) {
    let LtaeOptions { heads, key, .. } = *options;
    let mut width = shape.bands;
    for (i, next) in ENCODER.into_iter().enumerate() {
        layout.block(&format!("encoder{}", i + 1), width, next);
        width = next;
    }
    layout.scale_and_shift("in_norm", &[width]);
    layout.linear("embed", width, MODEL).scale_and_shift("embed_norm", &[shape.times, MODEL]);
    let spread = Init::Normal(2.0 / key as f64);
    layout.tensor("query", &[heads, key], spread);
    layout.tensor("key.weight", &[MODEL, heads * key], Init::linear(MODEL));
    layout.tensor("key.bias", &[heads * key], Init::Zeros);
    layout.block("mlp", MODEL, width);
    layout.scale_and_shift("out_norm", &[width]);
    for (i, next) in DECODER.into_iter().enumerate() {
        layout.block(&format!("decoder{}", i + 1), width, next);
        width = next;
    }
    layout.linear("output", width, shape.classes);
}

/// The sinusoid of each day, `time x 256`, tiled per head.
pub(super) fn positions(shape: &Shape, options: &LtaeOptions) -> Vec<f32> {
    let width = MODEL / options.heads;
    let value = |day: f32, i: usize| {
        let angle = f64::from(day) / PERIOD.powf((2 * (i / 2)) as f64 / width as f64);
        (if i.is_multiple_of(2) { angle.sin() } else { angle.cos() }) as f32
    };
    shape.days.iter().flat_map(|day| (0..MODEL).map(move |i| value(*day, i % width))).collect()
}

/// The definition; `missing` is `sample x time`, 1 for a gap.
pub(super) fn define(
    tape: &Tape,
    shape: &Shape,
    options: &LtaeOptions,
    series: &Tensor,
    missing: Option<&Tensor>,
) -> candle_core::Result<Tensor> {
    let (samples, times, bands) = series.dims3()?;
    let LtaeOptions { heads, key, .. } = *options;
    let missing = missing.map(masked).transpose()?;
    let mut x = series.reshape((samples * times, bands))?;
    for i in 1..=ENCODER.len() {
        x = tape.block(&x, &format!("encoder{i}"))?;
    }
    let x = tape.linear(&tape.layer_norm(&x, "in_norm")?, "embed")?.reshape((samples, times * MODEL))?;
    let x = match &missing {
        None => tape.layer_norm(&x, "embed_norm")?,
        Some(missing) => norm_of_seen(tape, &x, missing)?,
    };
    let x = x.reshape((samples, times, MODEL))?;
    let days = tape.constant(&positions(shape, options), &[1, times, MODEL])?;
    let x = x.broadcast_add(&days)?;

    // One query a head, so that its product with the keys is a sum over their width: sample x time x head.
    let keys = tape.linear(&x.reshape((samples * times, MODEL))?, "key")?;
    let keys = keys.reshape((samples, times, heads, key))?;
    let scores = keys.broadcast_mul(&tape.weight("query")?)?.sum(D::Minus1)?;
    let mut scores = (scores * (1.0 / (key as f64).sqrt()))?;
    if let Some(missing) = &missing {
        scores = scores.broadcast_sub(&(missing.reshape((samples, times, 1))? * 1e9)?)?;
    }
    let above = scores.broadcast_sub(&scores.max_keepdim(1)?.detach())?.exp()?;
    let attention = above.broadcast_div(&above.sum_keepdim(1)?)?;
    let attention = tape.dropout(&attention, options.attention_dropout)?;
    let values = x.reshape((samples, times, heads, MODEL / heads))?;
    let seen = values.broadcast_mul(&attention.unsqueeze(3)?)?.sum(1)?;

    let x = tape.dropout(&tape.block(&flat(&seen)?, "mlp")?, options.dropout)?;
    let mut x = tape.layer_norm(&x, "out_norm")?;
    for i in 1..=DECODER.len() {
        x = tape.block(&x, &format!("decoder{i}"))?;
    }
    tape.linear(&x, "output")
}

/// The dates to mask: all gaps, but none in a series that is gaps only.
fn masked(missing: &Tensor) -> candle_core::Result<Tensor> {
    let seen = missing.affine(-1.0, 1.0)?.sum_keepdim(1)?;
    missing.broadcast_mul(&seen.gt(0.0)?.to_dtype(missing.dtype())?)
}

/// The layer norm over dates and channels of `sample x time * channel`, its mean and variance of the dates that are not
/// masked.
fn norm_of_seen(tape: &Tape, x: &Tensor, missing: &Tensor) -> candle_core::Result<Tensor> {
    let (samples, times) = missing.dims2()?;
    let seen = missing.affine(-1.0, 1.0)?;
    let count = (seen.sum_keepdim(1)? * MODEL as f64)?;
    let seen = seen.unsqueeze(2)?.broadcast_as((samples, times, MODEL))?.reshape((samples, times * MODEL))?;
    let mean = |of: &Tensor| of.mul(&seen)?.sum_keepdim(1)?.div(&count);
    let centred = x.broadcast_sub(&mean(x)?)?;
    let deviation = (mean(&centred.sqr()?)? + EPSILON)?.sqrt()?;
    let weight = |what: &str| tape.weight(&format!("embed_norm.{what}"))?.flatten_all();
    centred.broadcast_div(&deviation)?.broadcast_mul(&weight("gamma")?)?.broadcast_add(&weight("beta")?)
}
