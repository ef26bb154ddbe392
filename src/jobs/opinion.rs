//! What a model makes of the series under the mouse, for the window: a probability a class, and the dates that it looks at.

use super::Newest;
use crate::model::{Model, ModelError};
use std::path::PathBuf;
use std::sync::Arc;

/// Whose opinion, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpinionOf {
    /// The model's folder.
    pub folder: PathBuf,
    /// When the model in it was made.
    pub training: String,
    /// The pixel (column, row).
    pub pixel: (u32, u32),
}

/// Whose opinion is wanted.
#[derive(Debug, Clone)]
pub struct OpinionRequest {
    /// Whose, and of what.
    pub of: OpinionOf,
    /// The pixel's series as the model takes it, `time x band`, gaps NaN.
    pub series: Vec<f32>,
}

/// What a model makes of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Opinion {
    /// Whose, and of what.
    pub of: OpinionOf,
    /// Or why the model cannot be read.
    pub said: Result<Said, String>,
}

/// What it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// A probability a class, in the order of the model's classes; NaN where the series cannot be used.
    pub probabilities: Vec<f32>,
    /// How much it looks at each date, the mean over its heads; `None` for a network without attention.
    pub dates: Option<Vec<f32>>,
}

/// Starts the thread; the model asked for last stays in memory.
pub fn opinion(wake: Arc<dyn Fn() + Send + Sync>) -> Newest<OpinionRequest, Opinion> {
    let mut read: Option<(PathBuf, String, Model)> = None;
    Newest::start("ritmo-opinion", wake, move |OpinionRequest { of, series }, _| {
        let asked = |folder: &PathBuf, training: &String| *folder == of.folder && *training == of.training;
        if read.as_ref().is_none_or(|(folder, training, _)| !asked(folder, training)) {
            match Model::load(&of.folder) {
                Ok(model) => read = Some((of.folder.clone(), of.training.clone(), model)),
                Err(e) => return Some(Opinion { of, said: Err(e.to_string()) }),
            }
        }
        let (_, _, model) = read.as_ref()?;
        let said = || -> Result<Said, ModelError> {
            let probabilities = model.probabilities(&series)?;
            Ok(Said { probabilities, dates: model.attention(&series)?.map(|attention| attention.mean) })
        };
        Some(Opinion { of, said: said().map_err(|e| e.to_string()) })
    })
}
