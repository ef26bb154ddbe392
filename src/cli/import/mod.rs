//! `ritmo import …`: what other programs made.

mod map;
mod reforestamos;

use super::{Failure, Shell};

#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Take a classified raster in as a map of a site: PEARL's maps, ESA WorldCover, label rasters and others.
    Map(map::Args),
    /// A prefix with chips in geojson, labels, images_dt_4B, images_dt_12B: sites of their images, annotations of their
    /// labels. What is there from an earlier run is not made again.
    Reforestamos(reforestamos::Args),
}

pub fn run(verb: Verb, shell: &mut Shell) -> Result<(), Failure> {
    match verb {
        Verb::Map(args) => map::run(args, shell),
        Verb::Reforestamos(args) => reforestamos::run(args, shell),
    }
}
