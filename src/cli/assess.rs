//! `ritmo assess PROJECT --map N`

use super::{Failure, Shell};
use crate::app::Command;
use crate::assess::Assessment;
use crate::jobs::Assessed;
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
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    shell.run(Command::Assess { map: args.map, site: args.site })?;
    let assessed = assessed(shell)?;
    // What stands at the top is the score that needs no simulation; without one, the other.
    let top = assessed.annotations.as_ref().or(assessed.true_map.as_ref());
    let mut value = top.map_or_else(|| json!({}), figures);
    value["map"] = json!(assessed.map);
    value["report"] = json!(assessed.file);
    if let (Some(_), Some(true_map)) = (&assessed.annotations, &assessed.true_map) {
        value["true_map"] = figures(true_map);
    }
    shell.print(&value, &words(&assessed));
    Ok(())
}

/// What the last assessment found.
pub fn assessed(shell: &Shell) -> Result<Assessed, Failure> {
    let last = shell.project()?.last.assessed.clone();
    last.ok_or_else(|| Failure("nothing was assessed".into()))
}

/// The figures that others read.
pub fn figures(assessment: &Assessment) -> Value {
    json!({
        "overall_accuracy": assessment.overall_accuracy,
        "macro_f1": assessment.macro_f1,
        "weighted_f1": assessment.weighted_f1,
        "obtained": assessment.obtained,
        "classes": assessment.classes,
    })
}

/// For people.
pub fn words(assessed: &Assessed) -> String {
    let parts = [&assessed.annotations, &assessed.true_map].into_iter().flatten();
    parts.map(table).collect::<Vec<_>>().join("\n")
}

fn table(assessment: &Assessment) -> String {
    let share = |value: Option<f64>| value.map_or("     –".into(), |v| format!("{:5.1} %", v * 100.0));
    let mut text = format!(
        "{}\n  overall accuracy {}   macro F1 {}   weighted F1 {}\n  {:28} {:>9} {:>11} {:>8} {:>9}\n",
        assessment.obtained,
        share(assessment.overall_accuracy).trim(),
        share(assessment.macro_f1).trim(),
        share(assessment.weighted_f1).trim(),
        "class",
        "user's",
        "producer's",
        "F1",
        "support"
    );
    for class in &assessment.classes {
        text += &format!(
            "  {:28} {:>9} {:>11} {:>8} {:>9}\n",
            class.name,
            share(class.users_accuracy),
            share(class.producers_accuracy),
            share(class.f1),
            class.support
        );
    }
    text
}
