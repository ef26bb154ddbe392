//! `ritmo reference`: one file a verb.

mod design;
mod exchange;
mod info;

use super::{Failure, Shell};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Draw a stratified random sample of a map's pixels, to be labelled by people who do not see the map.
    Design(Box<design::Args>),
    /// Take answers into a sample, by the numbers of its units, from a table, GeoJSON or GeoPackage.
    Answer(exchange::AnswerArgs),
    /// Write a sample to GeoJSON, GeoPackage, or a table for Collect Earth Online.
    Export(exchange::ExportArgs),
    /// Take points with classes made elsewhere as a sample of the project.
    Import(exchange::ImportArgs),
    /// Tell how far samples are labelled, and how far their interpreters agree.
    Info(info::Args),
}

/// Runs a verb.
pub fn run(verb: Verb, shell: &mut Shell) -> Result<(), Failure> {
    match verb {
        Verb::Design(args) => design::run(*args, shell),
        Verb::Answer(args) => exchange::answer(args, shell),
        Verb::Export(args) => exchange::export(args, shell),
        Verb::Import(args) => exchange::import(args, shell),
        Verb::Info(args) => info::run(args, shell),
    }
}
