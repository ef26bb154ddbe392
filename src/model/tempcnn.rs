//! TempCNN: Pelletier, Webb, Petitjean 2019 (10.3390/rs11050523).
//!
//! `layers` x [convolution over time, same padding; batch norm; ReLU; dropout]; flatten; [dense; batch norm; ReLU;
//! dropout]; dense to the classes. No pooling. Neither the convolutions nor the dense layer have a bias: the shift of the
//! batch norm behind them takes its place.
//!
//! All of it but the end is one thing, a block: a product with a window over the input, then batch norm, ReLU, dropout.
//! The dense layer is a block whose window is the whole series. Activations lie `sample x time x channel` with `pad`
//! rows of zeros before, between and after samples, as a direct convolution reads them.

use super::ModelError;
use super::convolution::Convolution;
use super::definition::{Tape, convolution, flat};
use super::engine::{Finish, Rows};
use super::network::{Inference, Input, Shape, bound, odd, share};
use super::side::Precision;
use super::weights::{Layout, Weights};
use serde::{Deserialize, Serialize};

/// Batch norm's guard against division by zero.
pub(super) const EPSILON: f64 = 1e-5;
/// Series a block of inference: its activations stay in the cache.
const SERIES: usize = 48;

/// Options of TempCNN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TempCnnOptions {
    /// Filters of each convolution.
    pub filters: usize,
    /// Width of the kernel in time steps; odd.
    pub kernel: usize,
    /// Convolutions, one after the other.
    pub layers: usize,
    /// Units of the dense layer.
    pub dense: usize,
    /// Share of activations dropped after each convolution while training.
    pub conv_dropout: f32,
    /// Share dropped after the dense layer while training.
    pub dense_dropout: f32,
}

impl Default for TempCnnOptions {
    fn default() -> Self {
        Self { filters: 64, kernel: 5, layers: 3, dense: 256, conv_dropout: 0.2, dense_dropout: 0.5 }
    }
}

impl TempCnnOptions {
    /// # Errors
    /// [`ModelError::Options`] that says which is out of bounds.
    pub(super) fn check(&self) -> Result<(), ModelError> {
        let network = "a TempCNN";
        bound(network, "the filters", self.filters, 1, 4096)?;
        bound(network, "the layers", self.layers, 1, 32)?;
        bound(network, "the units of the dense layer", self.dense, 1, 65_536)?;
        odd(network, "the kernel", self.kernel)?;
        share(network, "conv_dropout", self.conv_dropout)?;
        share(network, "dense_dropout", self.dense_dropout)
    }
}

/// The tensors: `block1` and on, the last of them the dense layer, then `output`.
pub(super) fn layout(shape: &Shape, options: &TempCnnOptions, layout: &mut Layout) {
    for (i, plan) in plans(shape, options).iter().enumerate() {
        layout.block(&block(i), plan.width(), plan.filters);
    }
    layout.linear("output", options.dense, shape.classes);
}

/// The name of block `i`, from 0.
pub(super) fn block(i: usize) -> String {
    format!("block{}", i + 1)
}

/// The definition.
pub(super) fn define(
    tape: &Tape,
    options: &TempCnnOptions,
    series: &candle_core::Tensor,
) -> candle_core::Result<candle_core::Tensor> {
    let mut x = series.clone();
    for i in 0..options.layers {
        x = convolution(tape, &x, &block(i), options.kernel)?.relu()?;
        x = tape.dropout(&x, options.conv_dropout)?;
    }
    let dense = block(options.layers);
    let z = flat(&x)?.matmul(&tape.weight(&format!("{dense}.weight"))?)?;
    let x = tape.dropout(&tape.batch_norm(&z, &dense)?.relu()?, options.dense_dropout)?;
    tape.linear(&x, "output")
}

/// How a block reads its input and lays out its output, in values and rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plan {
    /// Where the first window starts in the input.
    pub offset: usize,
    /// From one window to the next.
    pub stride: usize,
    /// Rows of input in a window.
    pub kernel: usize,
    /// Values in a row of input.
    pub channels: usize,
    /// Values in a row of output.
    pub filters: usize,
    /// Rows of output a sample.
    pub times: usize,
    /// Rows of zeros before, between and after the samples of input and output.
    pub pad: usize,
}

impl Plan {
    /// Values in a window; rows of the weight.
    pub fn width(&self) -> usize {
        self.kernel * self.channels
    }
}

/// The blocks in order, the dense one last.
pub(super) fn plans(shape: &Shape, options: &TempCnnOptions) -> Vec<Plan> {
    let TempCnnOptions { filters, kernel, layers, dense, .. } = *options;
    let (times, pad) = (shape.times, kernel / 2);
    let conv = |channels| Plan { offset: 0, stride: channels, kernel, channels, filters, times, pad };
    let mut plans: Vec<Plan> =
        (0..layers).map(|i| conv(if i == 0 { shape.bands } else { filters })).collect();
    plans.push(Plan {
        offset: pad * filters,
        stride: (times + pad) * filters,
        kernel: 1,
        channels: times * filters,
        filters: dense,
        times: 1,
        pad: 0,
    });
    plans
}

/// Lays series `sample x time x band` out as a first block with `pad` rows of zeros reads them; these are there already.
fn lay_out_into(shape: &Shape, pad: usize, series: &[f32], out: &mut [f32]) {
    let n = shape.values();
    let pad = pad * shape.bands;
    for (from, to) in series.chunks_exact(n).zip(out[pad..].chunks_exact_mut(n + pad)) {
        to[..n].copy_from_slice(from);
    }
}

/// A trained network made ready for inference: batch norm is folded into the weights.
pub(super) struct TempCnn {
    shape: Shape,
    options: TempCnnOptions,
    plans: Vec<Plan>,
    /// Weight and shift of each block, then of the output.
    layers: Vec<(Convolution, Vec<f32>)>,
}

impl TempCnn {
    pub fn new(shape: &Shape, options: &TempCnnOptions, weights: &Weights, precision: Precision) -> Self {
        let plans = plans(shape, options);
        let fold = |(i, plan): (usize, &Plan)| {
            let (weight, shift) = weights.folded(&block(i));
            let Plan { kernel, channels, filters, times, .. } = *plan;
            let mut convolution = Convolution::new(kernel, channels, filters, times, precision);
            convolution.fill(&weight);
            (convolution, shift)
        };
        let mut layers: Vec<_> = plans.iter().enumerate().map(fold).collect();
        let mut output = Convolution::new(1, options.dense, shape.classes, 1, Precision::Single);
        output.fill(weights.values("output.weight"));
        layers.push((output, weights.values("output.bias").to_vec()));
        Self { shape: shape.clone(), options: options.clone(), plans, layers }
    }

    /// Logits of at most [`SERIES`] series into `logits`; `buffers` are as [`Buffers::new`] makes them.
    fn block_logits(&self, series: &[f32], buffers: &mut Buffers, logits: &mut [f32]) {
        let TempCnnOptions { filters, dense, .. } = self.options;
        let samples = series.len() / self.shape.values();
        lay_out_into(&self.shape, self.options.kernel / 2, series, &mut buffers.series);
        let [mut from, mut to] = [&mut buffers.even, &mut buffers.odd];
        let (ends, convolutions) = (self.layers.len() - 2, &self.plans[..self.plans.len() - 1]);
        for (i, (plan, (convolution, shift))) in convolutions.iter().zip(&self.layers).enumerate() {
            let input: &[f32] = if i == 0 { &buffers.series } else { from };
            let rows = |values: usize| Rows {
                offset: plan.pad * values,
                run: plan.times,
                stride: values,
                jump: (plan.times + plan.pad) * values,
            };
            let finish = Finish { shift, relu: true, add: false };
            let places = (to.as_mut_slice(), rows(filters));
            convolution.run((input, rows(plan.channels)), samples, finish, places);
            std::mem::swap(&mut from, &mut to);
        }
        let even = |offset, stride| Rows { offset, run: 1, stride, jump: stride };
        let (plan, (layer, shift)) = (&self.plans[ends], &self.layers[ends]);
        let finish = Finish { shift, relu: true, add: false };
        let input = (from.as_slice(), even(plan.offset, plan.stride));
        layer.run(input, samples, finish, (&mut buffers.dense, even(0, dense)));
        let (layer, bias) = &self.layers[ends + 1];
        let finish = Finish { shift: bias, ..Finish::default() };
        let input = (buffers.dense.as_slice(), even(0, dense));
        layer.run(input, samples, finish, (logits, even(0, self.shape.classes)));
    }
}

/// Activations of a block of series, used for one block after the other: rows of zeros between samples are written once.
struct Buffers {
    series: Vec<f32>,
    even: Vec<f32>,
    odd: Vec<f32>,
    dense: Vec<f32>,
}

impl Buffers {
    fn new(net: &TempCnn, samples: usize) -> Self {
        let plan = &net.plans[0];
        let rows = plan.pad + samples * (plan.times + plan.pad);
        let convolved = vec![0.0; rows * plan.filters];
        Self {
            series: vec![0.0; rows * plan.channels],
            even: convolved.clone(),
            odd: convolved,
            dense: vec![0.0; samples * net.options.dense],
        }
    }
}

impl Inference for TempCnn {
    fn logits(&self, input: Input) -> Vec<f32> {
        let (values, classes) = (self.shape.values(), self.shape.classes);
        let samples = input.series.len() / values;
        let mut logits = vec![0.0; samples * classes];
        let mut buffers = Buffers::new(self, samples.min(SERIES));
        let blocks = input.series.chunks(SERIES * values).zip(logits.chunks_mut(SERIES * classes));
        for (series, logits) in blocks {
            self.block_logits(series, &mut buffers, logits);
        }
        logits
    }
}
