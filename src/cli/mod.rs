//! The command line: one file a verb, all through the commands of [`crate::app`].

mod assess;
mod clean;
mod compare;
mod correct;
mod crossval;
mod cube;
mod demo;
mod import;
mod labels;
mod legend;
mod list;
mod map;
mod merge;
mod model;
mod new;
mod picture;
mod predict;
mod reference;
mod samples;
mod series;
mod shell;
mod stac;
mod statistics;
mod stores;
mod train;
mod train_table;
mod trust;
mod uncertain;

pub use shell::{Failure, Shell};

use crate::app::Window;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Maps land cover from satellite image time series.
///
/// Without a verb the window opens: recent projects, or the demo.
#[derive(Debug, Parser)]
#[command(name = "ritmo", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// One JSON object on standard output; everything else goes to standard error.
    #[arg(long, global = true)]
    pub json: bool,
    /// Copies of what lies in stores, for as long as the verb runs.
    #[arg(skip)]
    copies: Option<std::sync::Arc<tempfile::TempDir>>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make the simulated project if it is absent, and open it; headless: label, train, map and assess in the terminal.
    Demo(demo::Args),
    /// Open a project in the window.
    Open {
        /// The project's folder.
        project: PathBuf,
    },
    /// Make a project.
    New(new::Args),
    /// Cubes: time x band x y x x.
    #[command(subcommand)]
    Cube(cube::Verb),
    /// Fetch the imagery of an area from a catalogue (STAC), and build the cube of a site from it.
    Stac(Box<stac::Args>),
    /// Say what a folder of a store (S3, Azure, Google) holds.
    List(list::Args),
    /// Annotations.
    #[command(subcommand)]
    Labels(labels::Verb),
    /// Take in what others made: maps, sets of labelled chips.
    #[command(subcommand)]
    Import(import::Verb),
    /// Print the legend; take in another one, or write it to a file.
    Legend(legend::Args),
    /// Write the series of all pure pixels, with their classes, as a table.
    Samples(samples::Args),
    /// Write the series of single pixels: values as CSV, or a chart as SVG or PNG.
    Series(series::Args),
    /// Train a model on the project's annotations.
    Train(train::Args),
    /// Cross-validate a network, beside a random forest and nearest neighbours, on groups of samples never parted.
    Crossval(crossval::Args),
    /// Models: those of a project, in from PyTorch, out to ONNX and STAC.
    #[command(subcommand)]
    Model(model::Verb),
    /// Classify the samples of a table, or series from a file.
    Predict(predict::Args),
    /// Write a picture of a date, or a sheet of all dates.
    Picture(picture::Args),
    /// Map a site with a model.
    Map(map::Args),
    /// Clean a map into a new one: smooth its probabilities, take the majority, sieve small patches, apply rules.
    Clean(clean::Args),
    /// Correct a map by hand into a new one: polygons set a class; or say which corrections a map has.
    Correct(correct::Args),
    /// Say how far a site lies from what a model learned from, before it is mapped.
    Trust(trust::Args),
    /// Make one map of those of several sites.
    Merge(merge::Args),
    /// Write the places where a map is least certain and that no annotation touches, as points.
    Uncertain(uncertain::Args),
    /// Measure the values of sites, date by date and band by band; tell how far sites lie apart and which dates stand out.
    Statistics(statistics::Args),
    /// Say which of two maps of a site is better, by how much and where.
    Compare(compare::Args),
    /// Reference samples: drawn of a map at random, labelled by people, for an honest assessment.
    #[command(subcommand)]
    Reference(reference::Verb),
    /// Assess a map on annotations that its model has not seen, and against the true map where there is one; or try its model
    /// without what then tests it. Writes a report.
    Assess(assess::Args),
}

/// Runs a verb; `Some` when the window is to be opened.
///
/// # Errors
/// What failed, in a sentence with the file and the way out.
pub fn run(cli: Cli) -> Result<Option<Window>, Failure> {
    let Cli { verb, json, copies: _copies } = cli;
    let Some(verb) = verb else { return Ok(Some(Window::Start)) };
    // The shell catches signals, to put away what a verb was making; a window ends by them at once.
    let verb = match verb {
        Verb::Open { project } => return Ok(Some(Window::Project(project))),
        Verb::Demo(args) if !args.headless => return demo::window(args).map(Some),
        other => other,
    };
    let mut shell = Shell::new(json);
    match verb {
        Verb::Open { .. } => {}
        Verb::Demo(args) => demo::run(args, &mut shell)?,
        Verb::New(args) => new::run(args, &mut shell)?,
        Verb::Cube(cube::Verb::Build(args)) => cube::build(&args, &mut shell)?,
        Verb::Cube(cube::Verb::Info { cube }) => cube::info(&cube, &mut shell)?,
        Verb::Stac(args) => stac::run(&args, &mut shell)?,
        Verb::List(args) => list::run(args, &mut shell)?,
        Verb::Labels(verb) => labels::run(verb, &mut shell)?,
        Verb::Import(verb) => import::run(verb, &mut shell)?,
        Verb::Legend(args) => legend::run(args, &mut shell)?,
        Verb::Samples(args) => samples::run(args, &mut shell)?,
        Verb::Series(args) => series::run(args, &mut shell)?,
        Verb::Train(args) => train::run(args, &mut shell)?,
        Verb::Crossval(args) => crossval::run(args, &mut shell)?,
        Verb::Model(verb) => model::run(verb, &mut shell)?,
        Verb::Predict(args) => predict::run(args, &mut shell)?,
        Verb::Picture(args) => picture::run(args, &mut shell)?,
        Verb::Map(args) => map::run(args, &mut shell)?,
        Verb::Clean(args) => clean::run(args, &mut shell)?,
        Verb::Correct(args) => correct::run(args, &mut shell)?,
        Verb::Trust(args) => trust::run(args, &mut shell)?,
        Verb::Merge(args) => merge::run(args, &mut shell)?,
        Verb::Uncertain(args) => uncertain::run(args, &mut shell)?,
        Verb::Statistics(args) => statistics::run(args, &mut shell)?,
        Verb::Compare(args) => compare::run(args, &mut shell)?,
        Verb::Reference(verb) => reference::run(verb, &mut shell)?,
        Verb::Assess(args) => assess::run(args, &mut shell)?,
    }
    Ok(None)
}
