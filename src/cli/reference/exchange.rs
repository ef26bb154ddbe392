//! `ritmo reference answer PROJECT NAME FILE`, `export PROJECT NAME FILE`, `import PROJECT FILE`

use crate::app::{Command, LastReference, ReferenceOrder};
use crate::cli::{Failure, Shell};
use crate::project::reference::Told;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct AnswerArgs {
    /// The project's folder.
    pub project: PathBuf,
    /// The sample.
    pub name: String,
    /// A table (CSV) or vector file with the numbers of units (`number` or `PLOTID`) and their classes.
    pub file: PathBuf,
    /// The column of the classes; the likely one unless given.
    #[arg(long, value_name = "COLUMN")]
    pub class_field: Option<String>,
    /// Who gave answers that do not say who; who sits here unless given.
    #[arg(long, value_name = "NAME")]
    pub interpreter: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// The project's folder.
    pub project: PathBuf,
    /// The sample.
    pub name: String,
    /// Where to: `.geojson`, `.gpkg`, or `.csv` with LON, LAT and PLOTID for Collect Earth Online.
    pub file: PathBuf,
    /// Replace a file that is there.
    #[arg(long)]
    pub replace: bool,
}

#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The project's folder.
    pub project: PathBuf,
    /// Points: GeoJSON, GeoPackage, another vector file, or a table with longitude and latitude (Collect Earth Online).
    pub file: PathBuf,
    /// The sample's name; that of the file unless given.
    #[arg(long, value_name = "N", conflicts_with = "into")]
    pub name: Option<String>,
    /// Take the answers into this sample, whose units went out to be labelled elsewhere.
    #[arg(long, value_name = "SAMPLE")]
    pub into: Option<String>,
    /// The column of the classes; the likely one unless given.
    #[arg(long, value_name = "COLUMN")]
    pub class_field: Option<String>,
    /// Replace a sample of this name.
    #[arg(long, conflicts_with = "into")]
    pub replace: bool,
}

pub fn answer(args: AnswerArgs, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    take(shell, args.name, args.file, args.class_field, args.interpreter)
}

fn take(
    shell: &mut Shell,
    name: String,
    file: PathBuf,
    class_field: Option<String>,
    interpreter: Option<String>,
) -> Result<(), Failure> {
    let order = ReferenceOrder::TakeAnswers { name, file, class_field, interpreter };
    shell.run(Command::Reference(order))?;
    let Some(LastReference::Answered(taken, told)) = shell.project_mut()?.take_last_reference() else {
        return Err(Failure("no answers were taken in".into()));
    };
    print(shell, "answers", taken, &told)
}

pub fn import(args: ImportArgs, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    if let Some(name) = args.into {
        return take(shell, name, args.file, args.class_field, None);
    }
    let (file, class_field, replace) = (args.file, args.class_field, args.replace);
    let order = ReferenceOrder::Import { file, name: args.name, class_field, replace };
    shell.run(Command::Reference(order))?;
    let Some(LastReference::Imported(told)) = shell.project_mut()?.take_last_reference() else {
        return Err(Failure("nothing was taken in".into()));
    };
    let units = shell.project()?.references().open.as_ref().map_or(0, |open| open.sample.units.len());
    print(shell, "units", units as u64, &told)
}

/// Says what was taken in, and what was not.
fn print(shell: &Shell, what: &str, taken: u64, told: &Told) -> Result<(), Failure> {
    let open = shell.project()?.references().open.as_ref();
    let open = open.ok_or_else(|| Failure("the sample is not open".into()))?;
    let mut value = json!({
        "name": open.sample.name,
        "path": open.file,
        "no_point": told.no_point,
        "off_the_earth": told.off_the_earth,
        "duplicates": told.duplicates,
        "unknown_classes": told.unknown_classes,
        "no_such_number": told.no_such_number,
        "elsewhere": told.elsewhere,
        "notes": told.sentences(),
    });
    value[what] = Value::from(taken);
    shell.print(&value, &format!("{taken} {what} are in {}", open.file.display()));
    Ok(())
}

pub fn export(args: ExportArgs, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    let (name, file) = (args.name.clone(), args.file.clone());
    shell.run(Command::Reference(ReferenceOrder::Export { name, file, replace: args.replace }))?;
    let Some(LastReference::Exported(units)) = shell.project_mut()?.take_last_reference() else {
        return Err(Failure("nothing was written".into()));
    };
    let value = json!({ "name": args.name, "path": args.file, "units": units });
    shell.print(&value, &format!("{units} units of {} are in {}", args.name, args.file.display()));
    Ok(())
}
