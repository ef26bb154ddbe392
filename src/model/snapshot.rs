//! Weights of a training under way, handed out so that one can look at what they make of a place.

use super::weights::Weights;
use super::{Model, ModelCard};
use std::sync::Arc;

/// The best weights of a training so far. Shared, never changed: cheap to hand on; what makes a [`Model`] of them pays for
/// making them ready.
#[derive(Clone)]
pub struct Snapshot {
    epoch: usize,
    card: Arc<ModelCard>,
    weights: Arc<Weights>,
}

impl Snapshot {
    /// Of epoch `epoch`, from 1; `card` as it is before the training has ended.
    pub(super) fn new(epoch: usize, card: &Arc<ModelCard>, weights: &Weights) -> Self {
        Self { epoch, card: Arc::clone(card), weights: Arc::new(weights.clone()) }
    }

    /// The epoch that gave the weights, from 1; within the first one too.
    pub fn epoch(&self) -> usize {
        self.epoch
    }

    /// What the model is like: its input, its classes. Without scores.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// The model, made ready to classify: takes some milliseconds.
    pub fn model(&self) -> Model {
        Model::new(ModelCard::clone(&self.card), Weights::clone(&self.weights))
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}
