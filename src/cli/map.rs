//! `ritmo map PROJECT --model N [--site S]`

use super::{Failure, Shell};
use crate::app::Command;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// A model's name in the project, or its folder; the newest unless given.
    #[arg(long)]
    pub model: Option<String>,
    /// The site to map; the only one unless given.
    #[arg(long)]
    pub site: Option<String>,
    /// Classify in bfloat16, where the processor has it and the network is a TempCNN or Pixel: faster, and some labels change; it is
    /// told how many on a probe.
    #[arg(long)]
    pub bf16: bool,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    shell.run(Command::Map {
        model: args.model,
        site: args.site,
        focus: None,
        bf16: args.bf16.then_some(true),
    })?;
    let mapped = shell.project()?.last.mapped.as_ref().ok_or_else(|| Failure("nothing was mapped".into()))?;
    let value = json!({
        "map": mapped.name,
        "site": mapped.site,
        "classes_path": mapped.files.classes,
        "probabilities_path": mapped.files.probabilities,
        "entropy_path": mapped.files.entropy,
        "pixels": mapped.pixels,
        "damaged": mapped.damaged,
        "bf16_probe": mapped.probe,
        "seconds": mapped.seconds,
        "areas_ha": mapped.areas_ha.iter()
            .map(|(class, ha)| json!({ "name": class.name, "ha": ha }))
            .collect::<Vec<_>>(),
    });
    let mut text = format!(
        "{} pixels mapped in {:.1} s: {}\n",
        mapped.pixels,
        mapped.seconds,
        mapped.files.classes.display()
    );
    if let Some(words) = mapped.probe_words() {
        text += &format!("{words}\n");
    }
    for (class, ha) in &mapped.areas_ha {
        text += &format!("  {:28} {ha:>12.2} ha\n", class.name);
    }
    shell.print(&value, &text);
    Ok(())
}
