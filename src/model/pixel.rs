//! The two-branch pixel network of the Reforestamos maps (Development Seed, `time-series-for-lulc`).
//!
//! Batch norm over the input bands; two branches, kernels 3 and 5, each: convolution, batch norm, ReLU, dropout, max-pool
//! of 2 dates, convolution, batch norm, ReLU, flatten; side by side; dense, batch norm, ReLU; dense to the classes.
//! Their dropout is off at inference. The convolutions and the dense layer have no bias: the shift of the batch norm behind
//! them takes its place (an imported bias goes into the running mean).

use super::ModelError;
use super::backprop::{Graph, Sheet, pool};
use super::convolution::Convolution;
use super::definition::{Tape, convolution, flat};
use super::engine::{Finish, Rows, vectorised};
use super::network::{Inference, Input, Shape, bound, odd, share};
use super::side::Precision;
use super::weights::{Layout, Weights};
use candle_core::Tensor;
use serde::{Deserialize, Serialize};

/// Options of the two-branch pixel network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PixelOptions {
    /// Filters of each convolution; the dense layer has twice as many units.
    pub filters: usize,
    /// Width of the first branch's kernels in time steps; odd.
    pub short_kernel: usize,
    /// Width of the second branch's kernels; odd.
    pub long_kernel: usize,
    /// Share of activations dropped after each branch's first convolution while training.
    pub dropout: f32,
}

impl Default for PixelOptions {
    fn default() -> Self {
        Self { filters: 32, short_kernel: 3, long_kernel: 5, dropout: 0.2 }
    }
}

impl PixelOptions {
    /// The kernel of each branch.
    pub(super) fn kernels(&self) -> [usize; 2] {
        [self.short_kernel, self.long_kernel]
    }

    /// # Errors
    /// [`ModelError::Options`] that says which is out of bounds.
    pub(super) fn check(&self, times: usize) -> Result<(), ModelError> {
        let network = "a pixel network";
        bound(network, "the filters", self.filters, 1, 4096)?;
        bound(network, "the dates", times, 2, 10_000)?;
        odd(network, "the short kernel", self.short_kernel)?;
        odd(network, "the long kernel", self.long_kernel)?;
        share(network, "dropout", self.dropout)
    }
}

/// The tensors: `input`, `branch1.block1`, `branch1.block2`, `branch2.block1`, `branch2.block2`, `dense`, `output`.
/// The dense layer reads the first branch, `time x filter`, then the second.
pub(super) fn layout(shape: &Shape, options: &PixelOptions, layout: &mut Layout) {
    let filters = options.filters;
    layout.batch_norm("input", shape.bands);
    for (i, kernel) in options.kernels().into_iter().enumerate() {
        let branch = branch(i);
        layout.block(&format!("{branch}.block1"), kernel * shape.bands, filters);
        layout.block(&format!("{branch}.block2"), kernel * filters, filters);
    }
    layout.block("dense", 2 * filters * (shape.times / 2), 2 * filters);
    layout.linear("output", 2 * filters, shape.classes);
}

/// The name of branch `i`, from 0.
pub(super) fn branch(i: usize) -> String {
    format!("branch{}", i + 1)
}

/// The definition.
pub(super) fn define(tape: &Tape, options: &PixelOptions, series: &Tensor) -> candle_core::Result<Tensor> {
    let (samples, times, bands) = series.dims3()?;
    let x = series.reshape((samples * times, bands))?;
    let x = tape.batch_norm(&x, "input")?.reshape((samples, times, bands))?;
    let mut branches = Vec::new();
    for (i, kernel) in options.kernels().into_iter().enumerate() {
        let branch = branch(i);
        let y = convolution(tape, &x, &format!("{branch}.block1"), kernel)?.relu()?;
        let y = max_of_two(&tape.dropout(&y, options.dropout)?)?;
        branches.push(flat(&convolution(tape, &y, &format!("{branch}.block2"), kernel)?.relu()?)?);
    }
    let x = Tensor::cat(&branches, 1)?;
    let z = x.matmul(&tape.weight("dense.weight")?)?;
    tape.linear(&tape.batch_norm(&z, "dense")?.relu()?, "output")
}

/// Max-pool over each two dates of `sample x time x channel`; an odd last date is left out.
fn max_of_two(x: &Tensor) -> candle_core::Result<Tensor> {
    let times = x.dim(1)? as u32;
    let every_other = |first: u32| -> candle_core::Result<Tensor> {
        let dates: Vec<u32> = (0..times / 2).map(|t| 2 * t + first).collect();
        x.index_select(&Tensor::new(dates, x.device())?, 1)
    };
    every_other(0)?.maximum(&every_other(1)?)
}

/// Series a block of inference: its activations stay in the cache, and they fill whole register tiles.
const SERIES: usize = 48;

/// A trained network made ready for inference: batch norm is folded into the weights, that of the input into a scale and
/// shift a band.
pub(super) struct Pixel {
    graph: Graph,
    values: usize,
    bands: [Vec<f32>; 2],
    /// Weight and shift of each block but the first, then of the output.
    layers: Vec<(Convolution, Vec<f32>)>,
}

impl Pixel {
    pub fn new(shape: &Shape, options: &PixelOptions, weights: &Weights, precision: Precision) -> Self {
        let graph = Graph::pixel(shape, options);
        let mut layers: Vec<(Convolution, Vec<f32>)> = Vec::new();
        for block in &graph.blocks {
            let Some([mut convolution, _]) = block.convolutions(precision) else { continue };
            let (weight, shift) = weights.folded(&block.name);
            convolution.fill(&weight);
            layers.push((convolution, shift));
        }
        let mut output = Convolution::new(1, 2 * options.filters, shape.classes, 1, Precision::Single);
        output.fill(weights.values("output.weight"));
        layers.push((output, weights.values("output.bias").to_vec()));
        Self { graph, values: shape.values(), bands: weights.scale_and_shift("input"), layers }
    }

    /// Lays series out with batch norm of the bands; rows of zeros lie beyond it, as the definition has them.
    #[inline(always)]
    fn take(&self, series: &[f32], to: &mut [f32], sheet: &Sheet) {
        let [scales, shifts] = &self.bands;
        let to = to[sheet.start()..].chunks_mut(sheet.stride());
        for (from, to) in series.chunks_exact(sheet.real()).zip(to) {
            for (from, to) in from.chunks_exact(sheet.channels).zip(to.chunks_exact_mut(sheet.channels)) {
                to.iter_mut().zip(from).zip(scales).zip(shifts).for_each(|(((y, x), s), b)| *y = x * s + b);
            }
        }
    }
}

impl Inference for Pixel {
    fn logits(&self, input: Input) -> Vec<f32> {
        let Graph { sheets, blocks, classes, .. } = &self.graph;
        let samples = (input.series.len() / self.values).min(SERIES);
        let mut buffers: Vec<Vec<f32>> = sheets.iter().map(|sheet| vec![0.0; sheet.part(samples)]).collect();
        let mut z = vec![0.0; blocks.iter().map(|b| b.product.part(samples)).max().unwrap_or(0)];
        let mut logits = vec![0.0; input.series.len() / self.values * classes];
        let series = input.series.chunks(SERIES * self.values);
        for (series, logits) in series.zip(logits.chunks_mut(SERIES * classes)) {
            let samples = series.len() / self.values;
            vectorised(
                #[inline(always)]
                || self.take(series, &mut buffers[0], &sheets[0]),
            );
            let products = blocks.iter().filter_map(|block| Some((block, block.window.as_ref()?)));
            for ((block, window), (convolution, shift)) in products.zip(&self.layers) {
                let (sheet, to) = (&block.product, &sheets[block.output]);
                let mut out = std::mem::take(&mut buffers[block.output]);
                let input = (buffers[block.input].as_slice(), window.rows(&sheets[block.input], sheet));
                let finish = Finish { shift, relu: true, add: false };
                let place = to.start() + block.place;
                if block.pool {
                    convolution.run(input, samples, finish, (&mut z, sheet.lying()));
                    let (channels, real) = (sheet.channels, sheet.real());
                    let parts = z[sheet.start()..].chunks(sheet.stride());
                    let parts = parts.zip(out[place..].chunks_mut(to.stride())).take(samples);
                    vectorised(
                        #[inline(always)]
                        || parts.for_each(|(z, out)| pool(channels, &z[..real], &mut out[..block.written()])),
                    );
                } else {
                    let rows = Rows { offset: place, jump: to.stride(), ..sheet.lying() };
                    convolution.run(input, samples, finish, (&mut out, rows));
                }
                buffers[block.output] = out;
            }
            let (output, bias) = &self.layers[self.layers.len() - 1];
            let even = |stride| Rows { offset: 0, run: 1, stride, jump: stride };
            let last = sheets.len() - 1;
            let input = (buffers[last].as_slice(), even(sheets[last].channels));
            let finish = Finish { shift: bias, ..Finish::default() };
            output.run(input, samples, finish, (logits, even(*classes)));
        }
        logits
    }
}
