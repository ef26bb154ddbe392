//! The demo: a simulated landscape in southern Mexico, said to be simulated wherever it is shown.
//!
//! It is made from the ground up, and hard in the right way: one month does not tell its classes apart, the year does.
//! [`terrain`] raises the land, [`cover`] lays stands and parcels on it, [`phenology`] takes each through its year,
//! [`sensor`] looks at it through the atmosphere once a month, [`annotate`] draws what a person would label,
//! [`landscape`] puts it together, and [`inputs`] writes it to files.

mod annotate;
mod cover;
mod inputs;
mod landscape;
mod noise;
mod phenology;
#[cfg(test)]
mod quadratic;
mod scenes;
mod sensor;
mod terrain;
#[cfg(test)]
mod tests;

pub use inputs::{Inputs, write_inputs};
pub use landscape::{Landscape, simulate};
pub use scenes::{Ground, write_scenes};
