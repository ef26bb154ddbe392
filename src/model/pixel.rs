//! The two-branch pixel network of the Reforestamos maps (Development Seed, `time-series-for-lulc`).
//!
//! Batch norm over the input bands; two branches, kernels 3 and 5, each: convolution, batch norm, ReLU, dropout, max-pool
//! of 2 dates, convolution, batch norm, ReLU, flatten; side by side; dense, batch norm, ReLU; dense to the classes.
//! Their dropout is off at inference. The convolutions and the dense layer have no bias: the shift of the batch norm behind
//! them takes its place (an imported bias goes into the running mean).

use super::ModelError;
use super::definition::{Tape, convolution, flat};
use super::network::{Shape, bound, odd, share};
use super::weights::Layout;
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
