//! `ritmo new PROJECT [--legend FILE]`

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
    /// A legend: a JSON list of {"code": 1, "name": "forest", "colour": [r, g, b]}; none unless given.
    #[arg(long)]
    pub legend: Option<PathBuf>,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    let legend = match &args.legend {
        None => Legend::default(),
        Some(file) => {
            let shape = r#"Give a JSON list like [{"code": 1, "name": "forest", "colour": [0, 90, 40]}]"#;
            let failed =
                |why: String| Failure(format!("cannot read the legend {}: {why}. {shape}", file.display()));
            let text = std::fs::read_to_string(file).map_err(|e| failed(e.to_string()))?;
            let legend: Legend = serde_json::from_str(&text).map_err(|e| failed(e.to_string()))?;
            legend.check().map_err(|e| failed(e.to_string()))?;
            legend
        }
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
