//! `ritmo model import FILE --as NETWORK --output MODEL [--legend F] [--bands …] [--dates …]`; `ritmo model export MODEL
//! [--onnx F] [--stac F]`; `ritmo model info MODEL`; and those of a project: [`own`].

mod own;

use super::{Failure, Shell, legend};
use crate::cube::index::split_list;
use crate::model::exchange::{ImportAsked, StacFiles, export_onnx, export_stac, import, onnx_gaps};
use crate::model::{Model, ModelCard};
use chrono::{Days, Months, NaiveDate};
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// List the models of a project, with their scores and how these were obtained.
    List {
        /// The project's folder.
        project: PathBuf,
    },
    /// Give a model of a project another name, and its maps and assessments too.
    Rename(own::Rename),
    /// Copy a model of a project under another name; its maps are not copied.
    Duplicate(own::Duplicate),
    /// Delete a model of a project from the disk; asks before.
    Delete(own::Delete),
    /// Delete what is left of a training that was stopped; a model that it left stays.
    Forget(own::Forget),
    /// Read a network that PyTorch trained: a checkpoint (Lightning's too) or a safetensors file. Nothing in it is run.
    Import(Import),
    /// Write a model as an ONNX file, its normalisation inside, or as a STAC item for catalogues; or both.
    #[command(group(clap::ArgGroup::new("what").required(true).multiple(true)))]
    Export {
        /// The model's folder.
        model: PathBuf,
        /// The ONNX file; its input is series x band x time in the units of the cube, gaps filled. L-TAE also takes which
        /// dates were gaps.
        #[arg(long, value_name = "FILE", group = "what")]
        onnx: Option<PathBuf>,
        /// The STAC item, with the Machine Learning Model extension; it refers to the model's files.
        #[arg(long, value_name = "FILE", group = "what")]
        stac: Option<PathBuf>,
    },
    /// What a model is, how it was trained, and its scores.
    Info {
        /// The model's folder.
        model: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub struct Import {
    /// The file: .ckpt, .pt, .pth or .safetensors.
    pub file: PathBuf,
    /// What network it is.
    #[arg(long = "as", value_name = "NETWORK", value_parser = ["pixel", "tempcnn", "ltae"])]
    pub network: String,
    /// The folder of the model that comes of it.
    #[arg(long, value_name = "MODEL")]
    pub output: PathBuf,
    /// The classes in the order of the network's outputs: a legend's file (.qml, .csv, .json) or a preset's name.
    #[arg(long, value_name = "FILE|NAME")]
    pub legend: Option<PathBuf>,
    /// The bands in the order of the network's inputs, separated by commas.
    #[arg(long, value_name = "LIST")]
    pub bands: Option<String>,
    /// The dates: a list separated by commas, or a start, a step and how many: 2021-11-01/14d/13 or 2022-01-01/month/12.
    #[arg(long, value_name = "DATES")]
    pub dates: Option<String>,
}

pub fn run(verb: Verb, shell: &mut Shell) -> Result<(), Failure> {
    let failed = |e: crate::model::ModelError| Failure(e.to_string());
    match verb {
        Verb::List { project } => own::list(&project, shell)?,
        Verb::Rename(args) => own::rename(args, shell)?,
        Verb::Duplicate(args) => own::duplicate(args, shell)?,
        Verb::Delete(args) => own::delete(args, shell)?,
        Verb::Forget(args) => own::forget(args, shell)?,
        Verb::Info { model } => {
            let card = Model::load(&model).map_err(failed)?.card;
            shell.print(&told(&card), &words(&card));
        }
        Verb::Export { model, onnx, stac } => {
            let loaded = Model::load(&model).map_err(failed)?;
            let mut written = Vec::new();
            if let Some(onnx) = &onnx {
                export_onnx(&loaded, onnx).map_err(failed)?;
                written.push(onnx.display().to_string());
            }
            if let Some(stac) = &stac {
                let files = StacFiles { model: &model, onnx: onnx.as_deref() };
                export_stac(&loaded, files, stac).map_err(failed)?;
                written.push(stac.display().to_string());
            }
            let mut text = format!("{} is written as {}", model.display(), written.join(" and "));
            let gaps = onnx.as_ref().map(|_| onnx_gaps(&loaded.card));
            if let Some(gaps) = &gaps {
                text += &format!("\n{gaps}");
            }
            shell.print(&json!({ "model": model, "onnx": onnx, "stac": stac, "gaps": gaps }), &text);
        }
        Verb::Import(args) => {
            let asked = ImportAsked {
                classes: args.legend.as_deref().map(legend::given).transpose()?.map(|legend| legend.classes),
                bands: args.bands.as_deref().map(split_list),
                dates: args.dates.as_deref().map(dates).transpose()?,
            };
            if args.output.exists() && !args.output.join("model.json").is_file() {
                let there = args.output.display();
                return Err(Failure(format!("cannot import into {there}: something else is there already")));
            }
            let model = import(&args.file, &args.network, &asked).map_err(failed)?;
            model.save(&args.output).map_err(failed)?;
            let outputs: Vec<String> = model
                .card
                .classes
                .iter()
                .enumerate()
                .map(|(i, class)| format!("output {i} is {} (code {})", class.name, class.code))
                .collect();
            let mut value = told(&model.card);
            value["path"] = json!(args.output);
            let text = format!(
                "{} is imported into {}: {} bands, {} dates\n{}",
                args.file.display(),
                args.output.display(),
                model.card.bands.len(),
                model.card.dates.len(),
                outputs.join("\n")
            );
            shell.print(&value, &text);
        }
    }
    Ok(())
}

/// Dates as they are given: a list, or start/step/count.
fn dates(text: &str) -> Result<Vec<NaiveDate>, Failure> {
    let date = |text: &str| {
        let text = text.trim();
        text.parse::<NaiveDate>()
            .map_err(|_| Failure(format!("--dates: {text} is no date; write it as 2021-11-01")))
    };
    let parts: Vec<&str> = text.split('/').collect();
    let [start, step, count] = parts.as_slice() else {
        return text.split(',').filter(|t| !t.trim().is_empty()).map(date).collect();
    };
    let start = date(start)?;
    let count: u32 = count
        .trim()
        .parse()
        .ok()
        .filter(|n| (1..=10_000).contains(n))
        .ok_or_else(|| Failure(format!("--dates: {count} is no number of dates from 1 to 10000")))?;
    let days: Option<u32> = step.trim().strip_suffix('d').and_then(|d| d.parse().ok()).filter(|d| *d > 0);
    let at = |i: u32| match (step.trim(), days) {
        ("month", _) => start.checked_add_months(Months::new(i)),
        (_, Some(days)) => start.checked_add_days(Days::new(u64::from(days) * u64::from(i))),
        _ => None,
    };
    (0..count).map(at).collect::<Option<Vec<_>>>().ok_or_else(|| {
        Failure(format!("--dates: {step} is no step; write it as 14d or month, as in 2021-11-01/14d/13"))
    })
}

/// What `--json` gives of a model.
pub fn told(card: &ModelCard) -> Value {
    let best = card.best();
    json!({
        "network": card.spec.kind.name(),
        "options": card.spec.kind,
        // How an imported network was trained is not known.
        "training": card.imported_from.is_none().then_some(&card.spec.training),
        "bands": card.bands,
        "dates": card.dates,
        "classes": card.classes.iter().map(|c| json!({ "code": c.code, "name": c.name })).collect::<Vec<_>>(),
        "samples": card.samples,
        "epochs": card.history.len(),
        "best_epoch": card.best_epoch,
        "held_out_loss": best.and_then(|e| e.held_out_loss),
        "held_out_accuracy": best.and_then(|e| e.held_out_accuracy),
        "held_out_matrix": card.held_out_matrix,
        "notes": card.notes,
        "imported_from": card.imported_from,
        "created": card.created,
    })
}

fn words(card: &ModelCard) -> String {
    let mut text = format!(
        "{}: {} bands ({}), {} dates from {} to {}, {} classes",
        card.spec.kind.title(),
        card.bands.len(),
        card.bands.join(", "),
        card.dates.len(),
        card.dates.first().map(ToString::to_string).unwrap_or_default(),
        card.dates.last().map(ToString::to_string).unwrap_or_default(),
        card.classes.len()
    );
    for class in &card.classes {
        text += &format!("\n  {:>3} {}", class.code, class.name);
    }
    match &card.imported_from {
        Some(file) => text += &format!("\nimported from {file}"),
        None => {
            text += &format!(
                "\ntrained on {} samples; the weights of epoch {} of {} were kept",
                card.samples,
                card.best_epoch,
                card.history.len()
            );
        }
    }
    if let Some(accuracy) = card.best().and_then(|e| e.held_out_accuracy) {
        text +=
            &format!("\noverall accuracy {:.1} % on the annotations that chose this epoch", accuracy * 100.0);
    }
    for note in &card.notes {
        text += &format!("\n{note}");
    }
    text + &format!("\n{}", card.created)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_a_list_and_as_a_rule() {
        assert_eq!(dates("2021-11-01, 2021-11-15").unwrap().len(), 2);
        let fortnights = dates("2021-11-01/14d/13").unwrap();
        assert_eq!(fortnights.len(), 13);
        assert_eq!(fortnights[12], NaiveDate::from_ymd_opt(2022, 4, 18).unwrap());
        assert_eq!(dates("2022-01-31/month/2").unwrap()[1], NaiveDate::from_ymd_opt(2022, 2, 28).unwrap());
        for (text, says) in [
            ("2021-13-01", "is no date"),
            ("2021-11-01/0d/3", "is no step"),
            ("2021-11-01/fortnight/3", "is no step"),
            ("2021-11-01/14d/0", "no number of dates"),
            ("2021-11-01/4000000000d/9000", "is no step"),
        ] {
            let why = dates(text).unwrap_err().to_string();
            assert!(why.contains(says), "{text}: {why}");
        }
    }
}
