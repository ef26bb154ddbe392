//! `ritmo train PROJECT [--name N] [--seed S] [--epochs E] [--inputs B04,NDVI] [--fill off|linear|last]`

use super::{Failure, Shell};
use crate::app::Command;
use crate::cube::Filling;
use crate::cube::index::split_list;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// The network.
    #[arg(long, default_value = "tempcnn", value_parser = ["tempcnn"])]
    pub model: String,
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
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    let mut spec = shell.project()?.document.settings.model.clone();
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
    spec.training.take_likely |= args.take_likely;
    shell.run(Command::TrainWith { name: args.name, spec })?;
    let trained =
        shell.project()?.last.trained.as_ref().ok_or_else(|| Failure("no model was trained".into()))?;
    let card = &trained.card;
    let best = card.history.iter().find(|e| e.epoch == card.best_epoch);
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
        "seconds": trained.seconds,
    });
    let mut text = format!(
        "{} learned {} classes from {} samples; the weights of epoch {} of {} were kept",
        trained.name,
        card.classes.len(),
        card.samples,
        card.best_epoch,
        card.history.len()
    );
    if let Some(accuracy) = accuracy {
        text += &format!(
            "\noverall accuracy {:.1} % on the annotations that chose this epoch (assess it on others with `assess`)",
            accuracy * 100.0
        );
    }
    shell.print(&value, &text);
    Ok(())
}
