//! `ritmo new PROJECT [--legend FILE|PRESET]`

use super::{Failure, Shell};
use crate::app::Command;
use crate::labels::Legend;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder to make the project in.
    pub project: PathBuf,
    /// The project's name; the folder's unless given.
    #[arg(long)]
    pub name: Option<String>,
    /// A legend: a QGIS style (.qml), a table (.csv), a list (.json) or a preset: reforestamos,
    /// reforestamos-alphabetical (each also with -pearl behind it, for PEARL's colours), worldcover, dynamic-world,
    /// blank; no class unless given.
    #[arg(long, value_name = "FILE|PRESET")]
    pub legend: Option<PathBuf>,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    let legend = match &args.legend {
        None => Legend::default(),
        Some(file) => super::legend::given(file)?,
    };
    let name = args.name.unwrap_or_else(|| {
        let whole = std::path::absolute(&args.project).unwrap_or_else(|_| args.project.clone());
        whole.file_name().map_or("project".into(), |n| n.to_string_lossy().into_owned())
    });
    shell.run(Command::NewProject { folder: args.project.clone(), name, legend })?;
    let project = shell.project()?;
    let value = json!({ "project": args.project, "classes": project.document.legend.classes.len() });
    shell.print(&value, &format!("A project is in {}", args.project.display()));
    Ok(())
}
