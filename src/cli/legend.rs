//! `ritmo legend PROJECT [--import F | --preset NAME] [--merge] [--export F]`

use super::{Failure, Shell};
use crate::app::Command;
use crate::geo::remote::is_remote;
use crate::labels::{Class, Combine, Legend, Preset, read_legend};
use clap::builder::PossibleValuesParser;
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// Take in the legend of a file: a QGIS style (.qml), a table (.csv) or a list (.json). It replaces the one there
    /// is; annotations follow their classes by name, and classes that are in use are kept.
    #[arg(long, value_name = "FILE")]
    pub import: Option<PathBuf>,
    /// Take in a preset.
    #[arg(long, value_name = "NAME", conflicts_with = "import", value_parser = presets())]
    pub preset: Option<String>,
    /// Keep the legend there is: with --import, classes of the same name take the file's colour and the rest is added;
    /// with --preset, what is missing is added.
    #[arg(long)]
    pub merge: bool,
    /// Write the legend, as the ending says: .qml, .csv or .json.
    #[arg(long, value_name = "FILE")]
    pub export: Option<PathBuf>,
}

/// Names of presets, as clap lists them.
pub fn presets() -> PossibleValuesParser {
    PossibleValuesParser::new(Preset::ALL.map(Preset::name))
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    if args.merge && args.import.is_none() && args.preset.is_none() {
        return Err(Failure("--merge takes in nothing by itself: give --import or --preset as well".into()));
    }
    shell.open(&args.project)?;
    if let Some(file) = args.import {
        let how = if args.merge { Combine::Merge } else { Combine::Replace };
        shell.run(Command::ImportLegend { file, how })?;
    } else if let Some(preset) = args.preset.as_deref().and_then(Preset::by_name) {
        let how = if args.merge { Combine::AddMissing } else { Combine::Replace };
        shell.run(Command::TakeLegend { legend: preset.legend(), how })?;
    }
    if let Some(file) = args.export {
        shell.run(Command::ExportLegend(file))?;
    }
    print(shell)
}

/// A legend given by the name of a preset, or by a file.
pub fn given(given: &Path) -> Result<Legend, Failure> {
    match given.to_str().and_then(Preset::by_name).filter(|_| !given.exists()) {
        Some(preset) => Ok(preset.legend()),
        None if is_remote(given) || given.exists() => read_legend(given).map_err(|e| Failure(e.to_string())),
        None => Err(Failure(format!(
            "there is no file {} and no preset of this name: give a QGIS style (.qml), a table (.csv), a list (.json) \
             or one of {}",
            given.display(),
            Preset::ALL.map(Preset::name).join(", ")
        ))),
    }
}

fn print(shell: &Shell) -> Result<(), Failure> {
    let project = shell.project()?;
    let classes = &project.document.legend.classes;
    let hex = |[r, g, b]: [u8; 3]| format!("#{r:02x}{g:02x}{b:02x}");
    let of_class = |class: &Class| {
        json!({
            "code": class.code,
            "name": class.name,
            "colour": hex(class.colour),
            "group": class.group,
            "buffer_m": class.buffer_m,
            "annotations": project.tally(class.code).annotations,
        })
    };
    let value = json!({ "classes": classes.iter().map(of_class).collect::<Vec<_>>() });
    let width = classes.iter().map(|class| class.name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for class in classes {
        let annotations = project.tally(class.code).annotations;
        let name = format!("{:width$}", class.name);
        text += &format!("{:>3}  {}  {name}  {annotations} annotations", class.code, hex(class.colour));
        text += &class.group.as_ref().map_or(String::new(), |group| format!("  in {group}"));
        text += &class.buffer_m.map_or(String::new(), |m| format!("  buffer {m} m"));
        text += "\n";
    }
    if classes.is_empty() {
        text += "The legend has no class yet: add some with --import or --preset";
    }
    shell.print(&value, &text);
    Ok(())
}
