//! Networks, training, weights in and out.
//!
//! One file a network: `tempcnn`, `pixel`, `ltae`; `network` says what they have in common, `weights` what they are made
//! of. A network is there twice. Its `define` says in candle what it is, with gradients by automatic differentiation
//! (`definition`): the reference, and the place to try a change first. What runs is the fast path by hand: `engine` (products
//! and SIMD), `convolution` (as one product, or by `winograd` with fewer multiplications), the network's inference, and
//! `backprop` (a training step). Tests hold the second to the first, and both to finite differences and PyTorch;
//! `benches/engine.rs` measures them side by side. The `unet`, which looks around a pixel on one date, is there to be
//! compared with, as its definition only.

mod adamw;
mod attention;
mod augment;
mod backprop;
mod balance;
mod baselines;
mod bf16;
mod convolution;
pub mod definition;
mod engine;
pub mod exchange;
mod labels_state;
mod learned;
mod ltae;
mod network;
mod options;
mod pixel;
#[cfg(test)]
mod real_cubes;
mod saved;
mod side;
mod snapshot;
mod spec;
mod tempcnn;
#[cfg(test)]
mod testing;
mod train;
mod unet;
mod warm;
mod weights;
mod winograd;

pub use attention::Attention;
pub use baselines::Baseline;
pub use bf16::is_available as bf16_is_available;
pub use engine::instructions;
pub use labels_state::{LABELS_FILE, LabelsState, LabelsUsed};
pub use learned::{Ground, InputRange, Learned, SHARES, TrainedSite};
pub use options::{OptionInfo, OptionKind};
pub use saved::{Model, ModelCard, Probe};
pub use snapshot::Snapshot;
pub use spec::{
    ClassWeights, LtaeOptions, ModelKind, ModelSpec, Optimiser, PixelOptions, Schedule, TempCnnOptions,
    TrainOptions, UNetOptions,
};
pub use train::{EpochScore, Start, Stopped, TrainEvent, checkpoint_of, train, train_from};
pub use unet::train_patches;

use std::path::PathBuf;

/// What can go wrong with models.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A model cannot be read.
    #[error("cannot read the model {path}: {why}")]
    Read { path: PathBuf, why: String },
    /// A model cannot be written.
    #[error("cannot write the model {path}: {why}")]
    Write { path: PathBuf, why: String },
    /// Series to classify cannot be read, or what became of them not written.
    #[error("cannot classify the series, {path}: {why}")]
    Series { path: PathBuf, why: String },
    /// The model does not fit the cube.
    #[error("{why}")]
    Mismatch { why: String },
    /// Options that cannot be.
    #[error("{why}")]
    Options { why: String },
    /// Too little to learn from.
    #[error("{why}")]
    TooFew { why: String },
    /// The engine failed.
    #[error("the engine failed while it {doing}: {why}")]
    Engine { doing: &'static str, why: String },
    /// A table of samples cannot be read, or what became of it not written.
    #[error(transparent)]
    Samples(#[from] crate::samples::SampleError),
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] crate::progress::Cancelled),
}
