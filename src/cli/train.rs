//! `ritmo train PROJECT|--samples F.parquet --output MODEL [--model …] [--name N] [--seed S] [--epochs E] [--inputs B04,NDVI] [--fill off|linear|last]`

use super::crossval::{choose_network, set_options};
use super::train_table::train_table;
use super::{Failure, Shell};
use crate::app::Command;
use crate::cube::Filling;
use crate::cube::index::split_list;
use crate::model::{ModelCard, ModelKind, ModelSpec};
use chrono::NaiveDate;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder, unless a table is given.
    #[arg(required_unless_present_any = ["samples", "options"])]
    pub project: Option<PathBuf>,
    /// A table of samples (.parquet or .csv) to learn from: long (sample_id, label, date, a column a band) or as `ritmo samples`
    /// writes it.
    #[arg(long, value_name = "FILE", conflicts_with = "project", requires = "output")]
    pub samples: Option<PathBuf>,
    /// Where the model of a table goes: a folder.
    #[arg(long, value_name = "MODEL", requires = "samples")]
    pub output: Option<PathBuf>,
    /// The network; what the project has set, or tempcnn.
    #[arg(long, value_parser = ["tempcnn", "pixel", "ltae", "unet"])]
    pub model: Option<String>,
    /// The date whose mosaic a unet learns from, YYYY-MM-DD or YYYY-MM, or `best`: the one whose pixels alone tell held-out
    /// annotations apart best. The clearest one unless given.
    #[arg(long, value_name = "DATE|best", value_parser = date, conflicts_with = "samples")]
    pub date: Option<OfDate>,
    /// List the options of the network and of training, with what they are by default.
    #[arg(long, conflicts_with_all = ["project", "samples"])]
    pub options: bool,
    /// An option of the network or of training, as NAME=VALUE; --options lists them.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// The model's name; `model-1`, `model-2` … unless given. A model of this name is replaced.
    #[arg(long)]
    pub name: Option<String>,
    /// Everything random comes from it.
    #[arg(long)]
    pub seed: Option<u64>,
    /// At most this many passes over the samples.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub epochs: Option<u32>,
    /// What it learns from, separated by commas: bands, indices, or expressions over common names, such as
    /// B04,NDVI,"(nir - swir1) / (nir + swir1)"; what the project has set unless given.
    #[arg(long, value_name = "LIST")]
    pub inputs: Option<String>,
    /// How gaps are filled before the network sees a series, in training and in mapping: off (a pixel with a gap is left
    /// out), linear (by date), or last (the last clear observation); what the project has set unless given.
    #[arg(long, value_name = "off|linear|last")]
    pub fill: Option<Filling>,
    /// Also learn from annotations that are only likely.
    #[arg(long)]
    pub take_likely: bool,
    /// Go on from this model, by its name or folder: its network, bands, filling and weights stay, a new class is added to
    /// its outputs, one that is gone leaves them.
    #[arg(long, value_name = "MODEL", conflicts_with = "samples")]
    pub warm_start: Option<String>,
    /// Go on with a training that was stopped or killed, with the network and options that it had: that of --name, or of
    /// --output. It comes to the same model as if it had not been stopped.
    #[arg(long, conflicts_with_all = ["model", "date", "set", "seed", "epochs", "inputs", "fill", "warm_start", "take_likely"])]
    pub resume: bool,
}

/// Which mosaic a network learns from that looks at one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OfDate {
    /// That of a day.
    Day(NaiveDate),
    /// The one that tells most by itself.
    Best,
}

/// `best`, a day, or the middle of a month.
fn date(text: &str) -> Result<OfDate, String> {
    if text == "best" {
        return Ok(OfDate::Best);
    }
    let day = text.parse().or_else(|_| NaiveDate::parse_from_str(&format!("{text}-15"), "%Y-%m-%d"));
    day.map(OfDate::Day).map_err(|_| format!("{text} is no date: write it as 2022-06-15 or 2022-06, or best"))
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    if args.options {
        let mut spec = ModelSpec::default();
        choose_network(&mut spec, args.model.as_deref());
        list_options(&spec, shell);
        return Ok(());
    }
    let mut spec = match &args.project {
        Some(project) => {
            shell.open(project)?;
            shell.project()?.document.settings.model.clone()
        }
        None => ModelSpec::default(),
    };
    choose_network(&mut spec, args.model.as_deref());
    set_options(&mut spec, &args.set)?;
    if let Some(seed) = args.seed {
        spec.training.seed = seed;
    }
    if let Some(epochs) = args.epochs {
        spec.training.epochs = epochs as usize;
    }
    if let Some(inputs) = &args.inputs {
        spec.inputs = Some(split_list(inputs));
    }
    if let Some(filling) = args.fill {
        spec.filling = filling;
    }
    if let Some(date) = args.date {
        let ModelKind::UNet(options) = &mut spec.kind else {
            return Err(Failure(format!(
                "{} learns from all dates: leave --date out, or take --model unet",
                spec.kind.title()
            )));
        };
        (options.date, options.best_date) = match date {
            OfDate::Day(day) => (Some(day), false),
            OfDate::Best => (None, true),
        };
    }
    spec.training.take_likely |= args.take_likely;
    if let (Some(samples), Some(output)) = (&args.samples, &args.output) {
        return train_table(samples, output, spec, args.resume, shell);
    }
    let command = match (args.resume, args.name) {
        (false, name) => Command::TrainWith { name, spec, from: args.warm_start },
        (true, Some(name)) => Command::Resume(name),
        (true, None) => {
            let stopped: Vec<&str> = shell.project()?.stopped.iter().map(|s| s.name.as_str()).collect();
            return Err(Failure(match stopped.as_slice() {
                [] => "no training of this project was stopped: there is nothing to resume".into(),
                names => format!("say which training to resume with --name: {}", names.join(", ")),
            }));
        }
    };
    shell.run(command)?;
    let trained =
        shell.project()?.last.trained.as_ref().ok_or_else(|| Failure("no model was trained".into()))?;
    let card = &trained.card;
    let best = card.best();
    let accuracy = best.and_then(|e| e.held_out_accuracy);
    let value = json!({
        "model": trained.name,
        "path": trained.folder,
        "samples": card.samples,
        "inputs": card.inputs(),
        "fill": card.spec.filling.to_string(),
        "classes": card.classes.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
        "epochs": card.history.len(),
        "best_epoch": card.best_epoch,
        "held_out_loss": best.and_then(|e| e.held_out_loss),
        "held_out_accuracy": accuracy,
        "left_out": trained.left_out,
        "notes": card.notes,
        "seconds": trained.seconds,
        "stopped_after": trained.stopped.as_ref().map(|stopped| stopped.epochs),
    });
    let mut text = learned(&trained.name, card);
    if let Some(accuracy) = accuracy {
        text += &format!(
            "\noverall accuracy {:.1} % on the annotations that chose this epoch (assess it on others with `assess`)",
            accuracy * 100.0
        );
    }
    if let ModelKind::UNet(_) = &card.spec.kind {
        card.notes.iter().for_each(|note| text += &format!("\n{note}"));
    }
    shell.print(&value, &text);
    Ok(())
}

/// What a model has learned, and when.
pub(super) fn learned(name: &dyn std::fmt::Display, card: &ModelCard) -> String {
    format!(
        "{name} learned {} classes from {} samples; the weights of epoch {} of {} were kept",
        card.classes.len(),
        card.samples,
        card.best_epoch,
        card.history.len()
    )
}

/// Every option with its default and a sentence.
fn list_options(spec: &ModelSpec, shell: &Shell) {
    let all = spec.kind.options().iter().chain(ModelSpec::training_options());
    let (mut values, mut text) = (Vec::new(), format!("{}: {}\n", spec.kind.title(), spec.kind.sentence()));
    for info in all {
        let value = spec.option(info.name).unwrap_or_default();
        text += &format!("\n{}={value}\n    {} Takes {}.\n", info.name, info.sentence, info.kind.words());
        values.push(json!({
            "name": info.name,
            "default": value,
            "takes": info.kind.words(),
            "sentence": info.sentence,
        }));
    }
    shell.print(&json!({ "network": spec.kind.name(), "options": values }), &text);
}
