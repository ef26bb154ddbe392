//! Splitting samples so that no annotation is on both sides.

use super::SampleSet;

/// Indices of samples to learn from and to hold out.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Split {
    /// Indices to learn from.
    pub train: Vec<usize>,
    /// Indices held out.
    pub held_out: Vec<usize>,
}

/// Holds out about `share` of each class's annotations (at least one where the class has two or more; a class with one
/// annotation is learned from and not held out), drawn from `seed`.
pub fn split_by_annotation(_set: &SampleSet, _share: f64, _seed: u64) -> Split {
    todo!()
}
