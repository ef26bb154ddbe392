//! Models in from PyTorch and out to ONNX and STAC, series in and logits out.

mod formats;
mod import;
mod layers;
mod ltae_layers;
mod onnx;
mod pickle;
mod predict;
mod predict_table;
mod stac;
mod state_dict;

pub use formats::{ModelFormat, export_model};
pub use import::{ImportAsked, import};
pub use onnx::{export_onnx, onnx_gaps};
pub use predict::{Predicted, predict_safetensors};
pub use predict_table::{PredictedTable, predict_table};
pub use stac::{StacFiles, export_stac};
