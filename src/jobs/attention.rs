//! What a model's attention looks at in the series under the mouse, for the window.

use super::Newest;
use crate::model::Model;
use std::path::PathBuf;
use std::sync::Arc;

/// Whose attention, and to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttentionOf {
    /// The model's folder.
    pub folder: PathBuf,
    /// When the model in it was made.
    pub training: String,
    /// The pixel (column, row).
    pub pixel: (u32, u32),
}

/// Whose attention is wanted.
#[derive(Debug, Clone)]
pub struct AttentionRequest {
    /// Whose, and to what.
    pub of: AttentionOf,
    /// The pixel's series as the model takes it, `time x band`, gaps NaN.
    pub series: Vec<f32>,
}

/// Which dates a model looks at in a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Attended {
    /// Whose, and to what.
    pub of: AttentionOf,
    /// The mean over its heads, a date; NaN where the series cannot be used. Or why the model cannot be read.
    pub dates: Result<Vec<f32>, String>,
}

/// Starts the thread; the model asked for last stays in memory.
pub fn attention(wake: Arc<dyn Fn() + Send + Sync>) -> Newest<AttentionRequest, Attended> {
    let mut read: Option<(PathBuf, String, Model)> = None;
    Newest::start("ritmo-attention", wake, move |AttentionRequest { of, series }, _| {
        let asked = |folder: &PathBuf, training: &String| *folder == of.folder && *training == of.training;
        if read.as_ref().is_none_or(|(folder, training, _)| !asked(folder, training)) {
            match Model::load(&of.folder) {
                Ok(model) => read = Some((of.folder.clone(), of.training.clone(), model)),
                Err(e) => return Some(Attended { of, dates: Err(e.to_string()) }),
            }
        }
        let (_, _, model) = read.as_ref()?;
        let dates = match model.attention(&series) {
            Ok(attention) => Ok(attention?.mean),
            Err(e) => Err(e.to_string()),
        };
        Some(Attended { of, dates })
    })
}
