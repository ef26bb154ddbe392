//! The demo: a simulated landscape in southern Mexico, said to be simulated wherever it is shown.

mod landscape;

pub use landscape::{Landscape, simulate};
