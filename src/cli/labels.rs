//! `ritmo labels import PROJECT FILE... [--class-field class] [--buffer M]`

use super::{Failure, Shell};
use crate::app::Command;
use crate::labels::ImportSettings;
use clap::Subcommand;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Import annotations from GeoJSON files.
    Import(ImportArgs),
    /// Export annotations, or their cores, to GeoJSON or GeoPackage.
    Export(super::labels_export::ExportArgs),
    /// Say what is wrong with the annotations.
    Check(super::labels_check::CheckArgs),
}

#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The project's folder.
    pub project: PathBuf,
    /// GeoJSON files.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// The property that holds the class.
    #[arg(long, default_value = "class")]
    pub class_field: String,
    /// The inward buffer of what is imported, in metres; the project's unless given.
    #[arg(long, value_name = "M")]
    pub buffer: Option<f64>,
}

pub fn import(args: ImportArgs, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    let settings = ImportSettings { class_field: args.class_field, buffer_m: args.buffer };
    shell.run(Command::ImportLabels { files: args.files, settings })?;
    let imported =
        shell.project_mut()?.last.imported.take().ok_or_else(|| Failure("nothing was imported".into()))?;
    let value = json!({
        "imported": imported.count,
        "new_classes": imported.new_classes,
        "skipped": imported.skipped.iter()
            .map(|(file, feature, why)| json!({ "file": file, "feature": feature, "why": why }))
            .collect::<Vec<_>>(),
        "repaired": imported.repaired.iter()
            .map(|(file, feature, ha)| json!({ "file": file, "feature": feature, "changed_ha": ha }))
            .collect::<Vec<_>>(),
        "emptied_by_buffer": imported.emptied.iter()
            .map(|(id, why)| json!({ "annotation": id, "why": why }))
            .collect::<Vec<_>>(),
    });
    let mut text = format!("{} annotations imported", imported.count);
    if !imported.new_classes.is_empty() {
        text += &format!("; new classes: {}", imported.new_classes.join(", "));
    }
    for (file, feature, why) in &imported.skipped {
        text += &format!("\n  skipped   feature {feature} of {}: {why}", file.display());
    }
    for (file, feature, ha) in &imported.repaired {
        text += &format!("\n  repaired  feature {feature} of {}: {ha:+.4} ha", file.display());
    }
    for (id, why) in &imported.emptied {
        text += &format!("\n  no pixel  annotation {id}: {why}");
    }
    shell.print(&value, &text);
    Ok(())
}
