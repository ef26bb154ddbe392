//! Ritmo maps land cover from satellite image time series.
//!
//! Two walks lead through the house; every room lies on one of them and arrows point down only
//! (`tests/layering.rs` reads the `use` lines and holds us to it).
//!
//! **The walk of the data.** Files, as people have them, are recognised ([`source`]): dates, bands, masks, grids. Warped
//! to one grid where asked, masked and composited, they become a [`cube::Cube`] of time x band x y x x;
//! annotations ([`labels`]) laid on the cube give [`samples::SampleSet`], split by annotation and
//! normalised from the training part alone; [`model::train`] turns it into a [`model::Model`], which
//! holds all that a map needs; [`classify`] takes the cube chunk by chunk to a map; [`assess`] says how far to trust it.
//!
//! **The walk of a click.** A button sends an [`app::Command`]; [`app::update`] checks it and starts a
//! [`jobs`] job on an immutable snapshot; the job's events come back over a channel and wake the
//! window; `update` takes them in; [`ui`] paints from `&AppState`. The verbs of [`cli`] send the same commands.

/// What tests outside of the crate share with those within names it so.
#[cfg(test)]
extern crate self as ritmo;

pub mod app;
pub mod assess;
pub mod chart;
pub mod classify;
pub mod cli;
pub mod cube;
pub mod demo;
pub mod files;
pub mod geo;
pub mod jobs;
pub mod labels;
pub mod model;
pub mod progress;
pub mod project;
pub mod samples;
pub mod source;
#[cfg(test)]
mod testing;
pub mod ui;
pub mod words;
pub mod xml;
