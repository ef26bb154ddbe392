//! How far a map can be trusted.

mod crossval;
mod matrix;

pub use crossval::{CrossvalSpec, Crossvalidated, crossval};
pub use matrix::{Assessment, ClassScore, ErrorMatrix};
