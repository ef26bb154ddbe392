//! `ritmo list FOLDER [--deep]`

use super::{Failure, Shell};
use crate::geo::folders::{StoreEntry, list_folder};
use crate::geo::remote::{is_remote, keep_query};
use crate::progress::Cancel;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A folder of a store: s3://bucket/folder, az://container/folder, gs://bucket/folder.
    pub folder: PathBuf,
    /// Also what the folders below hold.
    #[arg(long)]
    pub deep: bool,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    let folder = keep_query(&args.folder);
    if !is_remote(&folder) {
        return Err(Failure(format!(
            "{} is no folder of a store: give one such as s3://bucket/folder, az://container/folder or gs://bucket/folder",
            folder.display()
        )));
    }
    let entries = list_folder(&folder, args.deep, usize::MAX, &Cancel::new())
        .map_err(|why| Failure(format!("cannot list {}: {why}", folder.display())))?
        .entries;
    if entries.is_empty() {
        return Err(Failure(format!("there is nothing in {}: check its spelling", folder.display())));
    }
    let paths: Vec<_> = entries.iter().map(|entry| &entry.path).collect();
    let told: Vec<_> = entries
        .iter()
        .map(|entry| json!({ "path": entry.path, "folder": entry.is_folder, "bytes": entry.bytes }))
        .collect();
    let lines: Vec<String> = entries.iter().map(line).collect();
    shell.print(&json!({ "folder": folder, "paths": paths, "entries": told }), &lines.join("\n"));
    Ok(())
}

/// A folder ends with a slash; the bytes of a file stand behind a tab.
fn line(entry: &StoreEntry) -> String {
    let path = entry.path.display();
    match entry.bytes {
        _ if entry.is_folder => format!("{path}/"),
        Some(bytes) => format!("{path}\t{bytes}"),
        None => path.to_string(),
    }
}
