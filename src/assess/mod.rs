//! How far a map can be trusted.

mod matrix;

pub use matrix::{Assessment, ClassScore, ErrorMatrix};
