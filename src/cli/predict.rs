//! `ritmo predict MODEL TABLE [--output F]`, or `--model MODEL --input F --output F`

use super::{Cli, Failure, Shell};
use crate::model::Model;
use crate::model::exchange::{predict_safetensors, predict_table};
use clap::CommandFactory;
use clap::error::ErrorKind;
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The model's folder.
    #[arg(value_name = "MODEL")]
    pub first: Option<PathBuf>,
    /// The series: a table of samples (.parquet or .csv), long or as `ritmo samples` writes it, its bands found by name; or a
    /// safetensors file with `x`, series x band x time, in the units of the model's training, NaN for gaps.
    #[arg(value_name = "TABLE")]
    pub second: Option<PathBuf>,
    /// The model's folder, where it does not stand first.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// The series, where they do not stand last.
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Where the classes and probabilities of a table go, as the ending says: .parquet or .csv; TABLE-predicted beside the
    /// table unless given. `logits` and `probabilities` of a safetensors file go into another one.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl Args {
    /// The model and the series; ends the program as wrong usage does where they are not both told, once each.
    fn both(&self) -> (&Path, &Path) {
        let mut places = self.first.iter().chain(&self.second);
        let model = self.model.as_ref().or_else(|| places.next());
        let input = self.input.as_ref().or_else(|| places.next());
        match (model, input, places.next()) {
            (Some(model), Some(input), None) => (model, input),
            (_, _, None) => {
                let why = "give a model and the series to classify: ritmo predict MODEL TABLE";
                Cli::command().error(ErrorKind::MissingRequiredArgument, why).exit()
            }
            _ => {
                let why = "the model or the series are given twice";
                Cli::command().error(ErrorKind::ArgumentConflict, why).exit()
            }
        }
    }
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    let (folder, input) = args.both();
    let failed = |e: crate::model::ModelError| Failure(e.to_string());
    let model = Model::load(folder).map_err(failed)?;
    let ends_in =
        |all: &[&str]| input.extension().is_some_and(|e| all.iter().any(|end| e.eq_ignore_ascii_case(end)));
    let output = match args.output.clone() {
        Some(output) => output,
        None => beside(input, if ends_in(&["csv", "tsv", "txt"]) { "csv" } else { "parquet" }),
    };
    if same(input, &output) {
        let both = input.display();
        return Err(Failure(format!("cannot write {both}: the series are in it. Give another --output")));
    }
    if ends_in(&["parquet", "pq", "csv", "tsv", "txt"]) {
        return of_table(&model, input, output, shell);
    }
    if args.output.is_none() {
        return Err(Failure(format!(
            "say where the logits of {} are to go: --output FILE. Without it, tables (.parquet, .csv) are classified",
            input.display()
        )));
    }
    let predicted = predict_safetensors(&model, input, &output).map_err(failed)?;
    let value = json!({
        "series": predicted.series,
        "unusable": predicted.unusable,
        "classes": model.card.classes.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
        "path": output,
    });
    let mut words = format!("{} series classified into {}", predicted.series, output.display());
    if predicted.unusable > 0 {
        words += &format!("; {} have a band that was never observed and got no class", predicted.unusable);
    }
    shell.print(&value, &words);
    Ok(())
}

fn of_table(model: &Model, input: &Path, output: PathBuf, shell: &mut Shell) -> Result<(), Failure> {
    let cancel = shell.cancel().clone();
    let predicted = shell
        .with_bar(|report| predict_table(model, input, &output, report, &cancel))
        .map_err(|e| Failure(e.to_string()))?;
    predicted.notes.iter().for_each(|note| eprintln!("{note}"));
    let classes = &model.card.classes;
    let counted = || classes.iter().zip(&predicted.counts);
    let value = json!({
        "series": predicted.samples,
        "unusable": predicted.unusable,
        "classes": classes.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
        "counts": counted().map(|(c, n)| json!({ "name": c.name, "samples": n })).collect::<Vec<_>>(),
        "notes": predicted.notes,
        "path": output,
    });
    let mut words = format!("{} samples classified into {}", predicted.samples, output.display());
    for (class, count) in counted().filter(|(_, count)| **count > 0) {
        words += &format!("\n  {:28} {count:>9}", class.name);
    }
    if predicted.unusable > 0 {
        let n = predicted.unusable;
        let (what, have) = if n == 1 { ("sample", "has") } else { ("samples", "have") };
        words += &format!(
            "\n{n} {what} could not be classified, because of gaps, and {have} a row without a class"
        );
    }
    shell.print(&value, &words);
    Ok(())
}

/// `TABLE-predicted`, beside the table.
fn beside(input: &Path, end: &str) -> PathBuf {
    let stem = input.file_stem().unwrap_or_default().to_string_lossy();
    input.with_file_name(format!("{stem}-predicted.{end}"))
}

/// Whether both are one file.
fn same(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}
