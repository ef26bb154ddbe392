//! `ritmo model list PROJECT`; `ritmo model rename PROJECT OLD NEW`; `ritmo model duplicate PROJECT NAME [NEW]`; `ritmo model
//! delete PROJECT NAME [--maps-too] [--yes]`; `ritmo model forget PROJECT NAME`

use crate::app::{Command, ModelEntry};
use crate::assess::{Report, Scores};
use crate::cli::{Failure, Shell};
use crate::jobs::{Assessed, LabelsSince, labels_since};
use crate::model::ModelCard;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Rename {
    /// The project's folder.
    pub project: PathBuf,
    /// The model's name.
    pub old: String,
    /// Its new name; its maps and assessments get it too.
    pub new: String,
}

#[derive(Debug, clap::Args)]
pub struct Duplicate {
    /// The project's folder.
    pub project: PathBuf,
    /// The model's name.
    pub name: String,
    /// The name of the copy; a free one unless given.
    pub new: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct Forget {
    /// The project's folder.
    pub project: PathBuf,
    /// The name of the training.
    pub name: String,
}

#[derive(Debug, clap::Args)]
pub struct Delete {
    /// The project's folder.
    pub project: PathBuf,
    /// The model's name.
    pub name: String,
    /// Delete its maps and assessments too.
    #[arg(long)]
    pub maps_too: bool,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// Lists the models of a project.
///
/// # Errors
/// When the project cannot be opened.
pub fn list(project: &Path, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(project)?;
    let project = shell.project()?;
    let (mut models, mut text) = (Vec::new(), String::new());
    for model in &project.models {
        let assessed = assessed(&project.reports, &model.name);
        let since = labels_since(&model.folder, &project.annotations);
        let mut value = told(model, assessed.as_ref());
        value["labels"] = labels(model, since);
        models.push(value);
        text += &words(model, assessed.as_ref());
        if let Some(labels) = &model.card.labels {
            let since = since.map_or(String::new(), |since| format!("; {}", since.words()));
            text += &format!("    labels: {} annotations{since}\n", labels.annotations);
        }
    }
    let damaged = &project.damaged_models;
    for model in damaged {
        text += &format!("{}: cannot be read\n    {}\n", model.name, model.why);
    }
    for stopped in &project.stopped {
        let (epochs, most) = (stopped.epochs, stopped.spec.training.epochs);
        text += &format!("training of {}: stopped after {epochs} of at most {most} epochs\n", stopped.name);
    }
    let stopped: Vec<Value> = project
        .stopped
        .iter()
        .map(|s| json!({ "name": s.name, "epochs": s.epochs, "at_most": s.spec.training.epochs }))
        .collect();
    if text.is_empty() {
        text = "no model yet: train one with `ritmo train`".into();
    }
    let damaged: Vec<Value> =
        damaged.iter().map(|m| json!({ "name": m.name, "path": m.folder, "why": m.why })).collect();
    shell.print(&json!({ "models": models, "stopped": stopped, "damaged": damaged }), &text);
    Ok(())
}

/// Gives a model, its maps and its assessments another name, as the window does.
///
/// # Errors
/// When there is no such model, or the name is taken or not good for files.
pub fn rename(args: Rename, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    let to = args.new.trim().to_string();
    shell.run(Command::RenameModel { name: args.old.clone(), to: args.new })?;
    let path = shell.project()?.folder.model_path(&to);
    let text = format!("{} is called {to}: {}", args.old, path.display());
    shell.print(&json!({ "from": args.old, "to": to, "path": path }), &text);
    Ok(())
}

/// Copies a model under another name, as the window does.
///
/// # Errors
/// When there is no such model, or the name is taken or not good for files.
pub fn duplicate(args: Duplicate, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    let before: Vec<String> = shell.project()?.models.iter().map(|model| model.name.clone()).collect();
    shell.run(Command::DuplicateModel { name: args.name.clone(), to: args.new })?;
    let copy = shell.project()?.models.iter().find(|model| !before.contains(&model.name));
    let copy = copy.ok_or_else(|| Failure(format!("{} was not copied", args.name)))?;
    let text = format!("{} is copied as {}: {}", args.name, copy.name, copy.folder.display());
    shell.print(&json!({ "from": args.name, "name": copy.name, "path": copy.folder }), &text);
    Ok(())
}

/// Deletes what is left of a training that was stopped, as the window does.
///
/// # Errors
/// When there is no such training.
pub fn forget(args: Forget, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    shell.run(Command::ForgetTraining(args.name.clone()))?;
    let text = format!("what was left of the training of {} is deleted", args.name);
    shell.print(&json!({ "forgotten": args.name }), &text);
    Ok(())
}

/// Deletes a model from the disk, as the window does, after a question.
///
/// # Errors
/// When there is no such model, the answer is no, or files cannot be deleted.
pub fn delete(args: Delete, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    let Delete { name, maps_too, .. } = args;
    let project = shell.project()?;
    let with = if maps_too { " with its maps and assessments" } else { "" };
    let there = project.models.iter().map(|m| &m.name).chain(project.damaged_models.iter().map(|m| &m.name));
    // Without a model there is nothing to ask; the command says so.
    if !args.yes && there.into_iter().any(|own| *own == name) {
        let question = format!("Delete the model {name}{with} from the disk? This cannot be undone.");
        if !shell.ask(&question) {
            return Err(Failure(format!("{name} was not deleted: answer y, or give --yes")));
        }
    }
    shell.run(Command::DeleteModel { name: name.clone(), maps_too })?;
    shell.print(&json!({ "deleted": name, "maps_too": maps_too }), &format!("{name} is deleted{with}"));
    Ok(())
}

/// The newest assessment of a model's map, where there is one.
fn assessed(reports: &[Assessed], name: &str) -> Option<Report> {
    let of_map = reports.iter().map(|assessed| &assessed.report);
    of_map.filter(|report| report.trials.is_none()).find(|report| report.map == name).cloned()
}

/// How the scores of the kept epoch were obtained; `None` where nothing was held out.
fn obtained(card: &ModelCard) -> Option<String> {
    card.best()?.held_out_accuracy?;
    let n = card.held_out.len();
    let annotations = if n == 1 { "annotation" } else { "annotations" };
    Some(format!(
        "On {n} {annotations} that were held out of training and chose the epoch: not a final score."
    ))
}

/// The labels that trained a model, and what became of them since.
fn labels(model: &ModelEntry, since: Option<LabelsSince>) -> Value {
    let Some(labels) = &model.card.labels else { return Value::Null };
    let classes = labels.classes.iter().map(|used| {
        let class = model.card.classes.iter().find(|class| class.code == used.code);
        let name = class.map(|class| class.name.as_str());
        json!({ "code": used.code, "name": name, "annotations": used.annotations, "pixels": used.pixels })
    });
    let since = since.map(|since| {
        let LabelsSince { drawn, changed, deleted } = since;
        json!({ "drawn": drawn, "changed": changed, "deleted": deleted, "words": since.words() })
    });
    json!({
        "annotations": labels.annotations,
        "hash": labels.hash,
        "classes": classes.collect::<Vec<_>>(),
        "since": since,
    })
}

fn told(model: &ModelEntry, assessed: Option<&Report>) -> Value {
    let card = &model.card;
    let best = card.best();
    let scores = |scores: &Scores| {
        let a = &scores.assessment;
        json!({
            "overall_accuracy": a.overall_accuracy,
            "macro_f1": a.macro_f1,
            "weighted_f1": a.weighted_f1,
            "obtained": a.obtained,
        })
    };
    let held_out = obtained(card).map(|obtained| {
        json!({
            "overall_accuracy": best.and_then(|e| e.held_out_accuracy),
            "macro_f1": best.and_then(|e| e.macro_f1()),
            "obtained": obtained,
        })
    });
    json!({
        "name": model.name,
        "path": model.folder,
        "network": card.spec.kind.name(),
        "bands": card.bands,
        "dates": card.dates.len(),
        "classes": card.classes.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
        "samples": card.samples,
        "imported_from": card.imported_from,
        "created": card.created,
        "held_out": held_out,
        "assessed": assessed.and_then(|a| a.annotations.as_ref()).map(scores),
        "true_map": assessed.and_then(|a| a.true_map.as_ref()).map(scores),
    })
}

fn words(model: &ModelEntry, assessed: Option<&Report>) -> String {
    let card = &model.card;
    let from = match &card.imported_from {
        Some(file) => format!("imported from {file}"),
        None => format!("{} samples", card.samples),
    };
    let when = card.created.get(..16).unwrap_or(&card.created).replace('T', " ");
    let mut text = format!("{}: {}, {from}, {when}\n", model.name, card.spec.kind.title());
    let mut line = |accuracy: Option<f64>, f1: Option<f64>, obtained: &str| {
        let Some(accuracy) = accuracy else { return };
        let f1 = f1.map_or(String::new(), |f1| format!(", macro F1 {:.1} %", f1 * 100.0));
        text += &format!("    overall accuracy {:.1} %{f1}. {obtained}\n", accuracy * 100.0);
    };
    if let (Some(best), Some(obtained)) = (card.best(), obtained(card)) {
        line(best.held_out_accuracy.map(f64::from), best.macro_f1().map(f64::from), &obtained);
    }
    for of in [|a: &Report| a.annotations.clone(), |a: &Report| a.true_map.clone()] {
        if let Some(Scores { assessment: scores, .. }) = assessed.and_then(of) {
            line(scores.overall_accuracy, scores.macro_f1, &scores.obtained);
        }
    }
    text
}
