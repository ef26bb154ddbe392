//! The error matrix and what is read from it.

use crate::labels::{Class, ClassCode};
use serde::Serialize;

/// Counts of (reference class, mapped class).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorMatrix {
    /// Classes, in order of rows and columns.
    pub classes: Vec<Class>,
    /// Row by row: reference class down, mapped class across.
    pub counts: Vec<u64>,
}

impl ErrorMatrix {
    /// No counts yet.
    pub fn new(_classes: &[Class]) -> Self {
        todo!()
    }

    /// Counts one sample; gives false (and counts nothing) where a code is not of these classes.
    pub fn add(&mut self, _reference: ClassCode, _mapped: ClassCode) -> bool {
        todo!()
    }

    /// The scores.
    pub fn assessment(&self, _obtained: impl Into<String>) -> Assessment {
        todo!()
    }
}

/// One class's scores, shares from 0 to 1; `None` where nothing was mapped or referenced so.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassScore {
    pub name: String,
    pub users_accuracy: Option<f64>,
    pub producers_accuracy: Option<f64>,
    pub f1: Option<f64>,
    /// Reference samples of the class.
    pub support: u64,
}

/// A map's scores, and how they were obtained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Assessment {
    pub overall_accuracy: Option<f64>,
    /// Mean F1 over the classes that have reference samples.
    pub macro_f1: Option<f64>,
    /// Mean F1 weighted by support.
    pub weighted_f1: Option<f64>,
    /// The split or design, in a sentence, with what it does not measure.
    pub obtained: String,
    pub classes: Vec<ClassScore>,
    pub matrix: ErrorMatrix,
}
