//! `ritmo trust PROJECT --model N [--site S]`

use super::{Failure, Shell};
use crate::app::Command;
use crate::classify::Trust;
use crate::jobs::Trusted;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// A model's name in the project, or its folder; the newest unless given.
    #[arg(long)]
    pub model: Option<String>,
    /// The site to hold against what the model learned from; the only one unless given.
    #[arg(long)]
    pub site: Option<String>,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    let trusted = check(shell, args.model, args.site)?;
    let mut text = format!("{} for {}: {}\n", trusted.site, trusted.model, trusted.sentence());
    trusted.notes.iter().for_each(|note| text += &format!("{note}\n"));
    if let Some(trust) = trusted.table() {
        text += &table(trust);
    }
    shell.print(&told(&trusted), &text);
    Ok(())
}

/// Before a map: finds out how the site stands to the model, says so on standard error, and gives it for the JSON. Where the
/// model cannot map the site, or one of them cannot be read, mapping itself says why.
pub(super) fn before_map(shell: &mut Shell, model: &Option<String>, site: &Option<String>) -> Value {
    let Ok(trusted) = check(shell, model.clone(), site.clone()) else { return Value::Null };
    trusted.notes.iter().for_each(|note| eprintln!("{note}"));
    // What is doubtful is a warning of the map, what cannot be is its failure, and of its own site there is nothing to say.
    if matches!(trusted.state(), "fits" | "unknown") {
        eprintln!("{}", trusted.sentence());
    }
    told(&trusted)
}

fn check(shell: &mut Shell, model: Option<String>, site: Option<String>) -> Result<Arc<Trusted>, Failure> {
    shell.run(Command::CheckTrust { model, site })?;
    let last = shell.project()?.last_trust();
    last.cloned().ok_or_else(|| Failure("nothing was held against the model".into()))
}

/// A figure, or null.
fn figure(value: Option<f32>) -> Value {
    match value.filter(|value| value.is_finite()) {
        Some(value) => json!((f64::from(value) * 1e4).round() / 1e4),
        None => Value::Null,
    }
}

fn told(trusted: &Trusted) -> Value {
    let mut value = json!({
        "model": trusted.model,
        "site": trusted.site,
        "state": trusted.state(),
        "sentence": trusted.sentence(),
        "notes": trusted.notes,
    });
    let Some(trust) = trusted.table() else { return value };
    value["pixels"] = json!(trust.pixels);
    value["outside_share"] = figure(Some(trust.outside));
    value["ground_outside_share"] = figure(Some(trust.ground_outside));
    let mut cells = Vec::new();
    for (time, date) in trust.dates.iter().enumerate() {
        for (at, input) in trust.inputs.iter().enumerate() {
            let Some(cell) = trust.cell(time, at) else { continue };
            cells.push(json!({
                "date": date,
                "site_date": trust.site_dates[time],
                "input": input.name,
                "unit": input.unit,
                "learned_from": figure(cell.learned.map(|l| l[0])),
                "learned_median": figure(cell.learned.map(|l| l[1])),
                "learned_to": figure(cell.learned.map(|l| l[2])),
                "ground_median": figure(cell.ground),
                "median": figure(cell.here),
                "shift": figure(cell.shift),
                "outside_share": figure(Some(cell.outside[0])),
                "seen_share": figure(Some(cell.seen)),
            }));
        }
    }
    value["values"] = json!(cells);
    value
}

/// Shifts in spreads of the training, a line a date; what stands out is marked.
fn table(trust: &Trust) -> String {
    let width = |name: &str| name.chars().count().max(6) + 1;
    let mut text = format!(
        "\nShifts in spreads of the ground it learned from (* stands out), of {} pixels, evenly spread\n  date      ",
        trust.pixels
    );
    for input in &trust.inputs {
        text += &format!("  {:>1$}", input.name, width(&input.name));
    }
    text.push('\n');
    for (time, date) in trust.dates.iter().enumerate() {
        text += &format!("  {date}");
        for (at, input) in trust.inputs.iter().enumerate() {
            let cell = trust.cell(time, at);
            let words = match cell.and_then(|cell| Some((cell.shift?, cell.side()))) {
                Some((shift, 0)) => format!("{shift:+.1} "),
                Some((shift, _)) => format!("{shift:+.1}*"),
                None => "- ".into(),
            };
            text += &format!("  {words:>0$}", width(&input.name));
        }
        text.push('\n');
    }
    text
}
