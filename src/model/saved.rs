//! A trained model and its two files: `model.safetensors` (weights) and `model.json` (all else a map needs).

use super::{EpochScore, ModelError, ModelKind, ModelSpec};
use crate::labels::{AnnotationId, Class};
use crate::samples::Normalisation;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What `model.json` holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// Version of this file.
    pub version: u32,
    /// The network and how it was trained.
    pub spec: ModelSpec,
    /// Band names, in the order of the input.
    pub bands: Vec<String>,
    /// Dates, in the order of the input.
    pub dates: Vec<NaiveDate>,
    /// Classes, in the order of the output.
    pub classes: Vec<Class>,
    /// Normalisation of the input.
    pub normalisation: Normalisation,
    /// Annotations it learned from.
    pub trained_on: Vec<AnnotationId>,
    /// Annotations held out for early stopping: not for a final score.
    pub held_out: Vec<AnnotationId>,
    /// Samples it learned from.
    pub samples: usize,
    /// Each epoch's losses.
    pub history: Vec<EpochScore>,
    /// The epoch whose weights were kept.
    pub best_epoch: usize,
    /// When, RFC 3339.
    pub created: String,
}

/// A trained model: all that a map needs. Shared between threads.
pub struct Model {
    /// Everything but the weights.
    pub card: ModelCard,
}

impl Model {
    /// Writes both files into `folder`, each to a temporary name, then renamed.
    ///
    /// # Errors
    /// [`ModelError::Write`].
    pub fn save(&self, _folder: &Path) -> Result<(), ModelError> {
        todo!()
    }

    /// Reads a model folder.
    ///
    /// # Errors
    /// [`ModelError::Read`] when a file is absent, damaged, or its shapes do not fit.
    pub fn load(_folder: &Path) -> Result<Self, ModelError> {
        todo!()
    }

    /// Class probabilities, `series x class` (in the order of `card.classes`), of raw series `series x time x band`
    /// in the units of the cube, gaps NaN: filling and normalising happen here. Callable from many threads.
    ///
    /// # Errors
    /// When the length does not fit, or the engine fails.
    pub fn probabilities(&self, _values: &[f32]) -> Result<Vec<f32>, ModelError> {
        todo!()
    }

    /// The network.
    pub fn kind(&self) -> &ModelKind {
        &self.card.spec.kind
    }
}
