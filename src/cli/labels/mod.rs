//! `ritmo labels`: one file a verb.

mod import;

use super::{Failure, Shell};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Import annotations from GeoJSON, GeoPackage and Shapefiles, or from label rasters.
    Import(Box<import::Args>),
}

/// Runs a verb.
pub fn run(verb: Verb, shell: &mut Shell) -> Result<(), Failure> {
    match verb {
        Verb::Import(args) => import::run(*args, shell),
    }
}
