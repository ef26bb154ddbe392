//! `ritmo map PROJECT --model N [--site S]... [--all] [--resume]`

use super::{Failure, Shell};
use crate::app::{Command, QueueEntry, QueueState};
use crate::jobs::Mapped;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// A model's name in the project, or its folder; the newest unless given.
    #[arg(long)]
    pub model: Option<String>,
    /// The site to map, given once for each; the only one unless given.
    #[arg(long = "site", value_name = "SITE", conflicts_with = "all")]
    pub sites: Vec<String>,
    /// Map all sites, one after the other.
    #[arg(long)]
    pub all: bool,
    /// Classify in bfloat16, where the processor has it and the network is a TempCNN or Pixel: faster, and some labels change; it is
    /// told how many on a probe.
    #[arg(long)]
    pub bf16: bool,
    /// Go on with a run that was stopped, where it is of the same model and cube; it comes to the same files.
    #[arg(long)]
    pub resume: bool,
}

/// Maps one site, or several of which those that fail do not stop the others.
///
/// # Errors
/// When a site could not be mapped; the others are mapped and told then.
pub fn run(mut args: Args, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    let (bf16, resume) = (args.bf16.then_some(true), args.resume);
    if args.all || args.sites.len() > 1 {
        let sites = (!args.all).then_some(args.sites);
        let result = shell.run(Command::MapSites { model: args.model, sites, bf16, resume });
        return several(shell, result);
    }
    let site = args.sites.pop();
    let trust = super::trust::before_map(shell, &args.model, &site);
    shell.run(Command::Map { model: args.model, site, bf16, resume })?;
    let mapped = shell.project()?.last.mapped.as_ref().ok_or_else(|| Failure("nothing was mapped".into()))?;
    let mut text = format!(
        "{} pixels mapped in {:.1} s: {}\n",
        mapped.pixels,
        mapped.seconds,
        mapped.files.classes.display()
    );
    if mapped.replaced {
        text += "it took the place of the map of this name\n";
    }
    if let Some(words) = mapped.probe_words() {
        text += &format!("{words}\n");
    }
    for (class, ha) in &mapped.areas_ha {
        text += &format!("  {:28} {ha:>12.2} ha\n", class.name);
    }
    let mut value = told(mapped);
    value["trust"] = json!(trust);
    shell.print(&value, &text);
    Ok(())
}

/// A table of what became of each site; a failure where one was not mapped.
fn several(shell: &Shell, result: Result<(), Failure>) -> Result<(), Failure> {
    let entries: Vec<&QueueEntry> =
        shell.project()?.queue.entries().iter().filter(|entry| !entry.is_left()).collect();
    if entries.is_empty() {
        // It was refused, or the model cannot be read.
        return result;
    }
    let wide = entries.iter().map(|entry| entry.asked.site.chars().count()).max().unwrap_or(0);
    let (mut maps, mut text) = (Vec::new(), String::new());
    for entry in &entries {
        let site = &entry.asked.site;
        let (value, words) = became(entry);
        maps.push(value);
        text += &format!("{site:wide$}  {words}\n");
    }
    let done = entries.iter().filter(|entry| matches!(entry.state, QueueState::Done(_))).count();
    let (failed, all) = (entries.len() - done, entries.len());
    shell.print(&json!({ "maps": maps, "done": done, "failed": failed }), &text);
    match failed {
        0 => result,
        _ => Err(Failure(format!(
            "{failed} of {all} sites {} not mapped",
            if failed == 1 { "was" } else { "were" }
        ))),
    }
}

/// What became of a site, as JSON and in a line.
fn became(entry: &QueueEntry) -> (Value, String) {
    let site = &entry.asked.site;
    match &entry.state {
        QueueState::Done(mapped) => {
            let mut value = told(mapped);
            value["state"] = "done".into();
            let path = mapped.files.classes.display();
            (value, format!("{:>12} pixels {:>8.1} s  {path}", mapped.pixels, mapped.seconds))
        }
        QueueState::Failed(why) => {
            let value = json!({ "map": entry.name, "site": site, "state": "failed", "why": why });
            (value, format!("failed: {why}"))
        }
        _ => {
            let value = json!({ "map": entry.name, "site": site, "state": "stopped" });
            (value, "stopped".into())
        }
    }
}

/// What `--json` gives of a map.
fn told(mapped: &Mapped) -> Value {
    json!({
        "map": mapped.name,
        "site": mapped.site,
        "classes_path": mapped.files.classes,
        "probabilities_path": mapped.files.probabilities,
        "entropy_path": mapped.files.entropy,
        "margin_path": mapped.files.margin,
        "pixels": mapped.pixels,
        "damaged": mapped.damaged,
        "bf16_probe": mapped.probe,
        "resumed": mapped.resumed,
        "replaced": mapped.replaced,
        "seconds": mapped.seconds,
        "areas_ha": mapped.areas_ha.iter()
            .map(|(class, ha)| json!({ "name": class.name, "ha": ha }))
            .collect::<Vec<_>>(),
    })
}
