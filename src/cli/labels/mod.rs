//! `ritmo labels`: one file a verb.

mod check;
mod export;
mod import;

use super::{Failure, Shell};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Import annotations from GeoJSON, GeoPackage and Shapefiles, or from label rasters.
    Import(Box<import::Args>),
    /// Export annotations, or their cores, to GeoJSON or GeoPackage.
    Export(export::ExportArgs),
    /// Say what is wrong with the annotations.
    Check(check::CheckArgs),
}

/// Runs a verb.
pub fn run(verb: Verb, shell: &mut Shell) -> Result<(), Failure> {
    match verb {
        Verb::Import(args) => import::run(*args, shell),
        Verb::Export(args) => export::run(args, shell),
        Verb::Check(args) => check::run(&args, shell),
    }
}
