//! Training with early stopping on held-out annotations.

use super::{Model, ModelError, ModelSpec};
use crate::labels::Legend;
use crate::progress::Cancel;
use crate::samples::{SampleSet, Split};
use serde::{Deserialize, Serialize};

/// What one epoch gave.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpochScore {
    /// From 1.
    pub epoch: usize,
    /// Mean training loss over the epoch.
    pub train_loss: f32,
    /// Loss on the held-out annotations (plain cross entropy); NaN-free: `None` where nothing is held out.
    pub held_out_loss: Option<f32>,
    /// Overall accuracy on the held-out annotations.
    pub held_out_accuracy: Option<f32>,
}

/// What training tells while it runs.
#[derive(Debug, Clone)]
pub enum TrainEvent {
    /// A step within an epoch: epoch (from 1), steps done, steps an epoch.
    Step { epoch: usize, done: usize, of: usize },
    /// An epoch ended.
    Epoch(EpochScore),
}

/// Trains on `split.train`, stops early on `split.held_out`, keeps the best weights. Same seed, same samples, same
/// machine: same weights, bit for bit. When `cancel` is set after the first epoch, the best so far is given.
///
/// # Errors
/// Fewer than two classes in the training part; the engine failing; cancelled before the first epoch ended.
pub fn train(
    _set: &SampleSet,
    _split: &Split,
    _legend: &Legend,
    _spec: &ModelSpec,
    _on_event: &dyn Fn(TrainEvent),
    _cancel: &Cancel,
) -> Result<Model, ModelError> {
    todo!()
}
