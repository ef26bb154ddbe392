//! `ritmo crossval PROJECT|--samples F.parquet [--model …] [--folds K] [--group …] [--bands …]`

use super::{Failure, Shell};
use crate::app::{Command, SamplesRequest};
use crate::assess::{CrossvalSpec, Crossvalidated, crossval};
use crate::cube::index::split_list;
use crate::labels::Legend;
use crate::model::{Baseline, ModelKind, ModelSpec};
use crate::samples::{Group, SampleSet, read_table};
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder, unless a table is given.
    #[arg(required_unless_present = "samples")]
    pub project: Option<PathBuf>,
    /// A table of samples (.parquet or .csv): long (sample_id, label, date, a column a band) or as `ritmo samples` writes it.
    #[arg(long, value_name = "FILE", conflicts_with = "project")]
    pub samples: Option<PathBuf>,
    /// The network; what the project has set, or tempcnn.
    #[arg(long, value_parser = ["tempcnn", "pixel", "ltae"])]
    pub model: Option<String>,
    /// An option of the network or of training, as NAME=VALUE; `ritmo train --options` lists them.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// How many folds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub folds: u32,
    /// What is never parted: annotation, block:METRES, cell:DEGREES (cells are centred on the multiples), or none.
    #[arg(long, default_value = "annotation", value_name = "GROUP")]
    pub group: Group,
    /// The bands, by name and in this order; all unless given.
    #[arg(long, value_name = "LIST")]
    pub bands: Option<String>,
    /// Everything random comes from it.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Share of each class's groups of the training part held out to stop early; 0 runs all epochs.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    pub held_out: f64,
    /// Leave out the random forest and the nearest neighbours.
    #[arg(long)]
    pub no_baselines: bool,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    if !(0.0..=0.5).contains(&args.held_out) {
        return Err(Failure(format!("--held-out takes a share from 0 to 0.5, not {}", args.held_out)));
    }
    let bands = args.bands.as_deref().map(split_list);
    let cancel = shell.cancel().clone();
    // The project's samples go through a table of their own, so that both ways are one.
    let folder = tempfile::tempdir().map_err(|e| Failure(format!("cannot make a temporary folder: {e}")))?;
    let mut model = ModelSpec::default();
    let (file, columns) = match (&args.project, args.samples) {
        (_, Some(samples)) => (samples, bands.as_deref()),
        (Some(project), None) => {
            shell.open(project)?;
            model = shell.project()?.document.settings.model.clone();
            let file = folder.path().join("samples.parquet");
            shell.run(Command::SaveSamples(SamplesRequest {
                file: file.clone(),
                site: None,
                inputs: bands.clone(),
                filling: None,
                take_likely: model.training.take_likely,
                replace: false,
            }))?;
            (file, None)
        }
        (None, None) => return Err(Failure("give a project or --samples FILE".into())),
    };
    choose_network(&mut model, args.model.as_deref());
    set_options(&mut model, &args.set)?;
    if let Some(seed) = args.seed {
        model.training.seed = seed;
    }
    let table = read_table(&file, columns, &cancel).map_err(|e| Failure(e.to_string()))?;
    table.notes.iter().for_each(|note| eprintln!("{note}"));
    let spec = CrossvalSpec {
        model,
        folds: args.folds as usize,
        group: args.group,
        held_out_share: args.held_out,
        baselines: if args.no_baselines { Vec::new() } else { Baseline::ALL.to_vec() },
    };
    print(&table.samples, &table.legend, &spec, shell)
}

/// Takes another network, with its usual options; training stays as it is set.
pub fn choose_network(model: &mut ModelSpec, name: Option<&str>) {
    if let Some(kind) = name.and_then(ModelKind::named).filter(|kind| kind.name() != model.kind.name()) {
        model.kind = kind;
    }
}

/// Sets options given as NAME=VALUE.
pub fn set_options(model: &mut ModelSpec, given: &[String]) -> Result<(), Failure> {
    for option in given {
        let Some((name, value)) = option.split_once('=') else {
            return Err(Failure(format!("--set takes NAME=VALUE, not {option}")));
        };
        model.set_option(name.trim(), &Value::from(value)).map_err(|e| Failure(e.to_string()))?;
    }
    Ok(())
}

fn print(set: &SampleSet, legend: &Legend, spec: &CrossvalSpec, shell: &mut Shell) -> Result<(), Failure> {
    let started = std::time::Instant::now();
    let cancel = shell.cancel().clone();
    let all = shell
        .with_bar(|report| crossval(set, legend, spec, report, &cancel))
        .map_err(|e| Failure(e.to_string()))?;
    let Some((network, baselines)) = all.split_first() else {
        return Err(Failure("nothing was cross-validated".into()));
    };
    let mut value = serde_json::to_value(network).map_err(|e| Failure(e.to_string()))?;
    value["baselines"] = json!(baselines);
    value["folds"] = json!(spec.folds);
    value["group"] = json!(spec.group.to_string());
    value["samples"] = json!(set.len());
    value["bands"] = json!(set.bands);
    value["options"] = json!(spec.model.kind);
    value["training"] = json!(spec.model.training);
    value["seconds"] = json!(started.elapsed().as_secs_f64());
    let mut text = String::new();
    for one in &all {
        text += &table(one);
        text.push('\n');
    }
    text += &format!("{}\n", network.pooled.obtained);
    shell.print(&value, &text);
    Ok(())
}

/// The scores of one classifier, a line a class.
fn table(one: &Crossvalidated) -> String {
    let percent = |share: Option<f64>| share.map_or("-".into(), |s| format!("{:.1}", s * 100.0));
    let scores = &one.pooled;
    let mut text = format!(
        "{}: overall accuracy {} % (folds {:.1} ± {:.1}), macro F1 {} % (folds {:.1} ± {:.1}), weighted F1 {} %\n",
        one.name,
        percent(scores.overall_accuracy),
        one.mean_accuracy * 100.0,
        one.spread * 100.0,
        percent(scores.macro_f1),
        one.mean_macro_f1 * 100.0,
        one.macro_f1_spread * 100.0,
        percent(scores.weighted_f1)
    );
    let width = scores.classes.iter().map(|c| c.name.chars().count()).max().unwrap_or(5).max(5);
    text += &format!("  {:width$}  user's %  producer's %    F1 %  samples\n", "class");
    for class in &scores.classes {
        text += &format!(
            "  {:width$}  {:>8}  {:>12}  {:>6}  {:>7}\n",
            class.name,
            percent(class.users_accuracy),
            percent(class.producers_accuracy),
            percent(class.f1),
            class.support
        );
    }
    if one.left_out > 0 {
        text += &format!("  {} samples could not be classified and are left out\n", one.left_out);
    }
    text
}
