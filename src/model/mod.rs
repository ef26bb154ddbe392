//! Networks, training, weights in and out. Products and SIMD are in `engine`; a network is a file of its own.

mod adamw;
mod backprop;
mod engine;
mod saved;
mod spec;
mod tempcnn;
mod train;

pub(crate) use saved::write_whole;
pub use saved::{Model, ModelCard};
pub use spec::{ModelKind, ModelSpec, TempCnnOptions, TrainOptions};
pub use train::{EpochScore, TrainEvent, train};

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
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] crate::progress::Cancelled),
}
