//! What a model can be written as.

use super::{StacFiles, export_onnx, export_stac};
use crate::model::{Model, ModelError};
use std::path::Path;

/// What to write of a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ModelFormat {
    /// Its folder: weights as safetensors, and all else in `model.json`.
    #[default]
    Folder,
    /// An ONNX file, its normalisation inside.
    Onnx,
    /// A STAC item that refers to the model's own files.
    Stac,
}

impl ModelFormat {
    /// All of them, in the order of a menu.
    pub const ALL: [Self; 3] = [Self::Folder, Self::Onnx, Self::Stac];

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Folder => "Safetensors folder",
            Self::Onnx => "ONNX",
            Self::Stac => "STAC item",
        }
    }

    /// What it is good for, in a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Folder => {
                "A folder with the weights and all that a map needs, for Ritmo here or elsewhere."
            }
            Self::Onnx => "One file with the normalisation inside, for ONNX Runtime and the like.",
            Self::Stac => {
                "One file for catalogues, with the Machine Learning Model extension. It refers to the model's files."
            }
        }
    }

    /// The ending of its name; none for a folder.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Folder => "",
            Self::Onnx => ".onnx",
            Self::Stac => ".json",
        }
    }
}

/// Writes the model that lies in `folder` to `path`.
///
/// # Errors
/// [`ModelError::Read`] where the folder holds none; [`ModelError::Write`].
pub fn export_model(folder: &Path, format: ModelFormat, path: &Path) -> Result<Model, ModelError> {
    let model = Model::load(folder)?;
    match format {
        ModelFormat::Folder => model.save(path)?,
        ModelFormat::Onnx => export_onnx(&model, path)?,
        ModelFormat::Stac => export_stac(&model, StacFiles { model: folder, onnx: None }, path)?,
    }
    Ok(model)
}
