//! `ritmo demo [DIR] [--headless]`

use super::{Failure, Shell, assess};
use crate::app::{Command, Window};
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
}

/// The demo in a window.
pub fn window(args: Args) -> Result<Window, Failure> {
    Ok(Window::Demo { seed: args.seed, folder: folder(&args)? })
}

/// The demo in the terminal.
pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    let folder = folder(&args)?;
    if folder.join("ritmo.json").exists() {
        shell.open(&folder)?;
    } else {
        shell.run(Command::MakeDemo { folder: folder.clone(), seed: args.seed })?;
    }
    eprintln!(
        "The landscape of this demo is simulated: its figures tell how the program works, not how a map of yours will be."
    );
    shell.run(Command::Train { name: None, then_map: false })?;
    shell.run(Command::Map { model: None, site: None, focus: None, bf16: None })?;
    shell.run(Command::Assess { map: None, site: None })?;
    let assessed = assess::assessed(shell)?;
    let true_map = assessed.true_map.as_ref();
    let mut value = true_map.map_or_else(|| json!({}), assess::figures);
    value["project"] = json!(folder);
    value["simulated"] = json!(true);
    if let Some(annotations) = &assessed.annotations {
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
