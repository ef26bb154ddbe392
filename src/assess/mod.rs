//! How far a map can be trusted.

mod agreement;
mod crossval;
mod matrix;

pub use agreement::{Agreement, agreement, differ};
pub use crossval::{CrossvalSpec, Crossvalidated, crossval};
pub use matrix::{Assessment, ClassScore, ErrorMatrix};
