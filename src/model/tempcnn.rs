//! TempCNN: Pelletier, Webb, Petitjean 2019 (10.3390/rs11050523).
//!
//! `layers` x [convolution over time, same padding; batch norm; ReLU; dropout]; flatten; [dense; batch norm; ReLU;
//! dropout]; dense to the classes. No pooling. Neither the convolutions nor the dense layer have a bias: the shift of the
//! batch norm behind them takes its place.
//!
//! All of it but the end is one thing, a block: a product with a window over the input, then batch norm, ReLU, dropout.
//! The dense layer is a block whose window is the whole series. Activations lie `sample x time x channel` with `pad`
//! rows of zeros before, between and after samples; so a convolution is a product with a view whose rows overlap.

use super::ModelError;
use super::definition::{Tape, convolution, flat};
use super::engine::{Packed, View, product, vectorised};
use super::network::{Inference, Input, Shape, bound, odd, share};
use super::weights::{Layout, Weights};
use serde::{Deserialize, Serialize};

/// Batch norm's guard against division by zero.
pub(super) const EPSILON: f64 = 1e-5;
/// Series a block of inference: its activations stay in the cache.
const SERIES: usize = 64;

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
    /// Share of activations dropped after each convolution while training, kept to 1/256.
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

    /// Windows over `samples` samples. Those that start in the `pad` rows behind a sample give nothing of use.
    pub fn rows(&self, samples: usize) -> usize {
        samples * (self.times + self.pad) - self.pad
    }

    /// Values from a sample's output to the next one's, in the product and in the padded output.
    pub fn sample_stride(&self) -> usize {
        (self.times + self.pad) * self.filters
    }

    /// Values of the padded output.
    pub fn output_len(&self, samples: usize) -> usize {
        self.pad * self.filters + samples * self.sample_stride()
    }

    /// The windows of `samples` samples of the block's input.
    pub fn windows<'a>(&self, input: &'a [f32], samples: usize) -> View<'a> {
        View {
            values: input,
            offset: self.offset,
            rows: self.rows(samples),
            cols: self.width(),
            row_stride: self.stride,
            col_stride: 1,
        }
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

/// Lays series `sample x time x band` out as a first block with `pad` rows of zeros reads them.
pub(super) fn lay_out(shape: &Shape, pad: usize, series: &[f32]) -> Vec<f32> {
    let n = shape.values();
    let pad = pad * shape.bands;
    let mut out = vec![0.0; pad + series.len() / n * (n + pad)];
    for (from, to) in series.chunks_exact(n).zip(out[pad..].chunks_exact_mut(n + pad)) {
        to[..n].copy_from_slice(from);
    }
    out
}

/// A trained network made ready for inference: batch norm is folded into the weights.
pub(super) struct TempCnn {
    shape: Shape,
    options: TempCnnOptions,
    plans: Vec<Plan>,
    /// Weight and shift of each block, then of the output.
    layers: Vec<(Packed, Vec<f32>)>,
}

impl TempCnn {
    pub fn new(shape: &Shape, options: &TempCnnOptions, weights: &Weights) -> Self {
        let plans = plans(shape, options);
        let fold = |(i, plan): (usize, &Plan)| {
            let name = block(i);
            let [gamma, beta, mean, variance] = weights.norm(&name);
            let spread = |v: &f32| (f64::from(*v) + EPSILON).sqrt();
            let scales = gamma.iter().zip(variance);
            let scales: Vec<f32> = scales.map(|(gamma, v)| (f64::from(*gamma) / spread(v)) as f32).collect();
            let mut weight = weights.values(&format!("{name}.weight")).to_vec();
            for row in weight.chunks_exact_mut(plan.filters) {
                row.iter_mut().zip(&scales).for_each(|(w, s)| *w *= s);
            }
            let shift = beta.iter().zip(mean).zip(&scales);
            let shift = shift.map(|((beta, mean), s)| beta - mean * s).collect();
            (Packed::new(View::of(&weight, plan.width(), plan.filters)), shift)
        };
        let mut layers: Vec<_> = plans.iter().enumerate().map(fold).collect();
        let output = View::of(weights.values("output.weight"), options.dense, shape.classes);
        layers.push((Packed::new(output), weights.values("output.bias").to_vec()));
        Self { shape: shape.clone(), options: options.clone(), plans, layers }
    }

    fn block_logits(&self, series: &[f32]) -> Vec<f32> {
        let samples = series.len() / self.shape.values();
        let mut values = lay_out(&self.shape, self.options.kernel / 2, series);
        for (plan, (weight, shift)) in self.plans.iter().zip(&self.layers) {
            let z = product(plan.windows(&values, samples), weight);
            values.clear();
            values.resize(plan.output_len(samples), 0.0);
            vectorised(
                #[inline(always)]
                || {
                    let real = plan.times * plan.filters;
                    let to = values[plan.pad * plan.filters..].chunks_mut(plan.sample_stride());
                    for (from, to) in z.chunks(plan.sample_stride()).zip(to) {
                        let rows = from[..real].chunks_exact(plan.filters);
                        for (from, to) in rows.zip(to[..real].chunks_exact_mut(plan.filters)) {
                            for ((z, shift), y) in from.iter().zip(shift).zip(to) {
                                *y = (z + shift).max(0.0);
                            }
                        }
                    }
                },
            );
        }
        let (weight, bias) = &self.layers[self.plans.len()];
        let mut logits = product(View::of(&values, samples, self.options.dense), weight);
        for row in logits.chunks_exact_mut(self.shape.classes) {
            row.iter_mut().zip(bias).for_each(|(z, b)| *z += b);
        }
        logits
    }
}

impl Inference for TempCnn {
    fn logits(&self, input: Input) -> Result<Vec<f32>, ModelError> {
        let blocks = input.series.chunks(SERIES * self.shape.values());
        Ok(blocks.flat_map(|series| self.block_logits(series)).collect())
    }
}
