//! Models in from PyTorch, series in and logits out.

mod import;
mod layers;
mod pickle;
mod predict;
mod state_dict;

pub use import::{ImportAsked, import};
pub use predict::{Predicted, predict_safetensors};
