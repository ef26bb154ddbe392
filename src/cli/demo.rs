//! `ritmo demo [DIR] [--headless [--only-make]] [--cloud MONTH=PERCENT]`

use super::{Failure, Shell, assess};
use crate::app::{Command, Window};
use crate::jobs::DemoSpec;
use chrono::NaiveDate;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder; in the user's data folder unless given.
    pub folder: Option<PathBuf>,
    /// Without a window: train on the annotations, map and assess in the terminal.
    #[arg(long)]
    pub headless: bool,
    /// Another seed, another landscape.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Put a share of a month's mosaic under clouds, as MONTH=PERCENT (2022-06=30): what is lost there.
    #[arg(long, value_name = "MONTH=PERCENT", value_parser = cloud)]
    pub cloud: Option<(NaiveDate, u8)>,
    /// Make the project and leave it at that: nothing is trained.
    #[arg(long, requires = "headless")]
    pub only_make: bool,
}

/// "2022-06=30".
fn cloud(text: &str) -> Result<(NaiveDate, u8), String> {
    let parts = text.split_once('=').and_then(|(month, percent)| {
        let month = NaiveDate::parse_from_str(&format!("{month}-15"), "%Y-%m-%d").ok()?;
        let percent: u8 = percent.trim_end_matches('%').trim().parse().ok()?;
        (percent <= 100).then_some((month, percent))
    });
    parts.ok_or_else(|| format!("{text} is no month with a share: write 30 % of June as 2022-06=30"))
}

/// The demo in a window.
pub fn window(args: Args) -> Result<Window, Failure> {
    Ok(Window::Demo(spec(&args)?))
}

/// The demo in the terminal.
pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    let spec = spec(&args)?;
    let folder = spec.folder.clone();
    if args.cloud.is_some() && folder.join("ritmo.json").exists() {
        return Err(Failure(format!(
            "there is a demo in {} already, whose mosaics stay as they are: give --cloud with another folder",
            folder.display()
        )));
    }
    if folder.join("ritmo.json").exists() {
        shell.open(&folder)?;
    } else {
        shell.run(Command::MakeDemo(spec))?;
    }
    eprintln!(
        "The landscape of this demo is simulated: its figures tell how the program works, not how a map of yours will be."
    );
    if args.only_make {
        let text = format!("The project is in {}", folder.display());
        shell.print(&json!({ "project": folder, "simulated": true }), &text);
        return Ok(());
    }
    shell.run(Command::Train { name: None, then_map: false })?;
    shell.run(Command::Map { model: None, site: None, bf16: None, resume: true })?;
    shell.run(Command::Assess { map: None, site: None })?;
    let assessed = assess::assessed(shell)?;
    let true_map = assessed.report.true_map.as_ref();
    let mut value = true_map.map_or_else(|| json!({}), assess::figures);
    value["project"] = json!(folder);
    value["simulated"] = json!(true);
    if let Some(annotations) = &assessed.report.annotations {
        value["annotations"] = assess::figures(annotations);
    }
    shell.print(&value, &format!("{}\nThe project is in {}", assess::words(&assessed), folder.display()));
    Ok(())
}

fn folder(args: &Args) -> Result<PathBuf, Failure> {
    match &args.folder {
        Some(folder) => Ok(folder.clone()),
        None => directories::ProjectDirs::from("", "", "ritmo")
            .map(|d| d.data_dir().join("demo"))
            .ok_or_else(|| Failure("there is no home folder: give a folder for the demo".into())),
    }
}

fn spec(args: &Args) -> Result<DemoSpec, Failure> {
    Ok(DemoSpec { folder: folder(args)?, seed: args.seed, cloud: args.cloud })
}
