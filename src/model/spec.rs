//! What to train: the network, its options, and how.

use crate::cube::Filling;
use serde::{Deserialize, Serialize};

/// A network and its options.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "network", rename_all = "lowercase")]
pub enum ModelKind {
    /// TempCNN (Pelletier, Webb, Petitjean 2019).
    TempCnn(TempCnnOptions),
}

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

/// How to train.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainOptions {
    /// Everything random comes from it: the split, the weights, the batches, dropout.
    pub seed: u64,
    /// At most this many passes over the samples.
    pub epochs: usize,
    /// Samples a step, at least 2.
    pub batch: usize,
    /// AdamW's learning rate at the start; it falls along a cosine.
    pub learning_rate: f64,
    /// AdamW's weight decay.
    pub weight_decay: f64,
    /// Share of the target spread evenly over all classes.
    pub label_smoothing: f64,
    /// Stop after this many epochs without a better loss on the held-out annotations.
    pub patience: usize,
    /// Share of each class's annotations held out.
    pub held_out_share: f64,
    /// Whether annotations that are only likely train too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub take_likely: bool,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            epochs: 60,
            batch: 64,
            learning_rate: 5e-4,
            weight_decay: 1e-4,
            label_smoothing: 0.05,
            patience: 12,
            held_out_share: 0.25,
            take_likely: false,
        }
    }
}

/// All that a training run needs besides the samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelSpec {
    /// The network.
    pub kind: ModelKind,
    /// How to train it.
    pub training: TrainOptions,
    /// What it learns from: bands and indices by name, or expressions; all bands of the cube where it is `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Vec<String>>,
    /// How gaps are filled before the network sees a series, in training and in mapping alike.
    // Models from before there was a choice were filled linearly, and know their training by what is written here.
    #[serde(default, skip_serializing_if = "Filling::is_default")]
    pub filling: Filling,
}

impl Default for ModelSpec {
    fn default() -> Self {
        Self {
            kind: ModelKind::TempCnn(TempCnnOptions::default()),
            training: TrainOptions::default(),
            inputs: None,
            filling: Filling::default(),
        }
    }
}
