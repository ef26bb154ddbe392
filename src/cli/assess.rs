//! `ritmo assess PROJECT [--map N] [--reference SAMPLE] [--by annotation|block:METRES[:BUFFER]|site|mosaic [--model M]]`

use super::{Failure, Shell};
use crate::app::{AssessRequest, Command, TryRequest};
use crate::assess::{Estimated, HoldOut, MapEstimate, Measure, Scores, Trials};
use crate::jobs::{Assessed, beside};
use crate::words::Language;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// The map's name: that of its model; the newest model's unless given.
    #[arg(long)]
    pub map: Option<String>,
    /// The site; the only one unless given.
    #[arg(long)]
    pub site: Option<String>,
    /// Try the model instead: train it again without what then tests it, which is annotation, block:METRES or
    /// block:METRES:BUFFER, site, or mosaic (one date at a time).
    #[arg(long, value_name = "WHAT", conflicts_with_all = ["map", "site"])]
    pub by: Option<HoldOut>,
    /// The model to try; the newest unless given.
    #[arg(long, requires = "by")]
    pub model: Option<String>,
    /// How many folds of annotations or blocks.
    #[arg(long, requires = "by", default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub folds: u32,
    /// A reference sample drawn at random: its name in the project, or a file with points and classes. Gives the map's accuracy
    /// and the areas of the classes, weighted by how it was drawn.
    #[arg(long, value_name = "SAMPLE", conflicts_with = "by")]
    pub reference: Option<String>,
    /// Where to write the report, as JSON with a page (.html) and a table (.csv) beside it; into the project unless given.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The language of the report's page: en or es. JSON and tables stay in English, for programs.
    #[arg(long, value_name = "LANGUAGE", default_value_t)]
    pub language: Language,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    shell.run(Command::SetLanguage(args.language))?;
    let output = args.output.map(|file| beside(&file, "json"));
    let command = match args.by {
        Some(hold_out) => {
            let (model, folds) = (args.model, args.folds as usize);
            Command::TryModel(TryRequest { model, hold_out, folds, output })
        }
        None => {
            let (map, site, reference) = (args.map, args.site, args.reference);
            Command::AssessWith(AssessRequest { map, site, reference, output })
        }
    };
    shell.run(command)?;
    let assessed = assessed(shell)?;
    let report = &assessed.report;
    // What stands at the top is the score that needs no simulation; without one, the other.
    let tried = report.trials.as_ref().map(|trials| &trials.pooled);
    let top = report.annotations.as_ref().or(report.true_map.as_ref()).or(tried);
    let mut value = top.map_or_else(nothing, figures);
    if let Some(reference) = &report.reference {
        // What was drawn at random tells of the map: it stands at the top.
        if let Some(inside) = &report.annotations {
            value["annotations"] = figures(inside);
        }
        of_reference(reference, &mut value);
    }
    value["map"] = json!(report.map);
    value["headline"] = json!(report.headline());
    value["gap"] = json!(report.gap());
    value["notes"] = json!(report.notes);
    value["report"] = json!(assessed.file);
    value["page"] = json!(beside(&assessed.file, "html"));
    value["table"] = json!(beside(&assessed.file, "csv"));
    if let (Some(_), Some(true_map)) = (&report.annotations, &report.true_map) {
        value["true_map"] = figures(true_map);
    }
    if let Some(trials) = &report.trials {
        value["held_out"] = json!(trials.held_out);
        value["trials"] = json!(trials.trials);
    }
    shell.print(&value, &words(&assessed));
    Ok(())
}

/// What the last assessment found.
pub fn assessed(shell: &Shell) -> Result<Assessed, Failure> {
    let last = shell.project()?.last.assessed.clone();
    last.ok_or_else(|| Failure("nothing was assessed".into()))
}

/// Where the labels do not let anything be measured.
fn nothing() -> Value {
    json!({ "overall_accuracy": null, "macro_f1": null, "weighted_f1": null, "obtained": null, "classes": [] })
}

/// The figures that others read.
pub fn figures(scores: &Scores) -> Value {
    let assessment = &scores.assessment;
    json!({
        "overall_accuracy": assessment.overall_accuracy,
        "macro_f1": assessment.macro_f1,
        "weighted_f1": assessment.weighted_f1,
        "obtained": assessment.obtained,
        "classes": assessment.classes,
        "disagreement": scores.disagreement,
        "intervals": scores.intervals,
    })
}

/// The figures of a reference sample, as those that others read; areas with their intervals besides.
fn of_reference(estimate: &MapEstimate, value: &mut Value) {
    let classes: Vec<Value> = estimate
        .classes
        .iter()
        .map(|class| {
            json!({
                "name": class.name,
                "users_accuracy": class.users_accuracy.value,
                "producers_accuracy": class.producers_accuracy.value,
                "f1": class.f1.value,
                "support": class.units,
                "area_ha": class.area_ha.value,
                "area_ha_interval": class.area_ha.interval,
                "mapped_ha": class.mapped_ha,
            })
        })
        .collect();
    value["overall_accuracy"] = json!(estimate.overall_accuracy.value);
    value["overall_accuracy_interval"] = json!(estimate.overall_accuracy.interval);
    value["macro_f1"] = json!(estimate.macro_f1.value);
    value["weighted_f1"] = json!(estimate.weighted_f1.value);
    value["obtained"] = json!(estimate.obtained);
    value["disagreement"] = json!(estimate.disagreement);
    value["classes"] = json!(classes);
    value["intervals"] = json!(null);
    value["reference"] = json!(estimate);
}

/// For people.
pub fn words(assessed: &Assessed) -> String {
    let report = &assessed.report;
    let mut text = format!("{}\n", report.headline());
    if let Some(gap) = report.gap() {
        text += &format!("{gap}\n");
    }
    if let Some(reference) = &report.reference {
        text += &format!("\n{}", table_of_reference(reference));
    }
    for scores in [&report.annotations, &report.true_map].into_iter().flatten() {
        text += &format!("\n{}", table(scores));
    }
    if let Some(trials) = &report.trials {
        text += &format!("\n{}{}", table(&trials.pooled), of_trials(trials));
    }
    for note in &report.notes {
        text += &format!("\n{note}");
    }
    text + &format!("\nThe report is {}\n", beside(&assessed.file, "html").display())
}

fn share(value: Option<f64>) -> String {
    value.map_or("     –".into(), |v| format!("{:5.1} %", v * 100.0))
}

fn interval(of: Option<&Estimated>) -> String {
    let ends = of.and_then(|of| of.interval);
    ends.map_or(String::new(), |[low, high]| format!(" ({:.1} to {:.1})", low * 100.0, high * 100.0))
}

fn table(scores: &Scores) -> String {
    let assessment = &scores.assessment;
    let found = scores.intervals.as_ref();
    let mut text = format!("{}\n", assessment.obtained);
    let whole = [
        (Measure::OverallAccuracy, assessment.overall_accuracy, found.map(|found| &found.overall_accuracy)),
        (Measure::MacroF1, assessment.macro_f1, found.map(|found| &found.macro_f1)),
        (Measure::WeightedF1, assessment.weighted_f1, found.map(|found| &found.weighted_f1)),
        (
            Measure::QuantityDisagreement,
            scores.disagreement.map(|d| d.quantity),
            found.map(|found| &found.quantity_disagreement),
        ),
        (
            Measure::AllocationDisagreement,
            scores.disagreement.map(|d| d.allocation),
            found.map(|found| &found.allocation_disagreement),
        ),
    ];
    for (measure, value, ends) in whole {
        text += &format!("  {:24} {}{}\n", measure.name(), share(value), interval(ends));
    }
    text += &format!("  {:28} {:>9} {:>11} {:>8} {:>9}\n", "class", "user's", "producer's", "F1", "support");
    for (i, class) in assessment.classes.iter().enumerate() {
        let f1 = found.and_then(|found| found.classes.get(i)).map(|class| &class.f1);
        text += &format!(
            "  {:28} {:>9} {:>11} {:>8} {:>9}{}\n",
            class.name,
            share(class.users_accuracy),
            share(class.producers_accuracy),
            share(class.f1),
            class.support,
            interval(f1)
        );
    }
    if found.is_some() {
        text += "  in brackets: 95 % intervals over annotations, of the classes those of F1\n";
    }
    text
}

fn table_of_reference(estimate: &MapEstimate) -> String {
    let mut text = format!("{}\n", estimate.obtained);
    let overall = &estimate.overall_accuracy;
    text += &format!("  {:24} {}{}\n", "overall accuracy", share(overall.value), interval(Some(overall)));
    text +=
        &format!("  {:28} {:>9} {:>11} {:>12}  95 % interval\n", "class", "user's", "producer's", "area, ha");
    for class in &estimate.classes {
        let area = class.area_ha.value.map_or("–".into(), |ha| format!("{ha:.1}"));
        let ends =
            class.area_ha.interval.map_or(String::new(), |[low, high]| format!("{low:.1} to {high:.1}"));
        text += &format!(
            "  {:28} {:>9} {:>11} {area:>12}  {ends}\n",
            class.name,
            share(class.users_accuracy.value),
            share(class.producers_accuracy.value)
        );
    }
    estimate.notes.iter().for_each(|note| text += &format!("  {note}\n"));
    text
}

fn of_trials(trials: &Trials) -> String {
    let mut text = format!("held out: {}\n", trials.held_out);
    for trial in &trials.trials {
        text += &format!(
            "  {:28} overall accuracy {}, macro F1 {}, {} samples tested",
            trial.name,
            share(trial.overall_accuracy).trim(),
            share(trial.macro_f1).trim(),
            trial.tested
        );
        if let Some(change) = &trial.change {
            let points = change.value.map_or("–".into(), |value| format!("{:+.1}", value * 100.0));
            text += &format!(", {points} points{}", interval(Some(change)));
        }
        if !trial.unlearned.is_empty() {
            text += &format!(", not taught: {}", trial.unlearned.join(", "));
        }
        text.push('\n');
    }
    text
}
