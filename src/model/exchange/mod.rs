//! Models in from PyTorch and out to ONNX and STAC, series in and logits out.

mod import;
mod layers;
mod onnx;
mod pickle;
mod predict;
mod stac;
mod state_dict;

pub use import::{ImportAsked, import};
pub use onnx::export_onnx;
pub use predict::{Predicted, predict_safetensors};
pub use stac::{StacFiles, export_stac};
