//! Looking into the folders of stores, and copying from them, behind the window.

use super::{JobContext, Newest, Outcome};
use crate::geo::copied;
use crate::geo::folders::{StoreFolder, list_folder};
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// Of a folder with more entries the window shows these.
const MOST: usize = 20_000;

/// A folder, with what it holds, folders first; or why that cannot be known.
pub type StoreAnswer = (PathBuf, Result<StoreFolder, String>);

/// Starts a thread that says what is in the folder it was asked of last. A server that hangs holds up this thread alone: it is
/// parted with when dropped.
pub fn look_into_stores(wake: Arc<dyn Fn() + Send + Sync>) -> Newest<PathBuf, StoreAnswer> {
    Newest::start("ritmo-stores", wake, |folder: PathBuf, cancel| {
        let mut listed = list_folder(&folder, false, MOST, cancel);
        if let Ok(listed) = &mut listed {
            // Both stay in order of name.
            listed.entries.sort_by_key(|entry| !entry.is_folder);
        }
        (!cancel.is_cancelled()).then_some((folder, listed))
    })
}

/// Copies a file or a folder of a store to a folder of this machine that lasts as long as it is kept.
///
/// # Errors
/// When it cannot be had or written; when asked to stop.
pub fn copy_here(path: &Path, context: &JobContext) -> anyhow::Result<Outcome> {
    let folder = TempDir::with_prefix("ritmo-")
        .context("cannot make a folder for copies. Set TMPDIR to a place that can be written")?;
    let copy =
        copied::copy_here(path, folder.path(), &|progress| context.progress(progress), &context.cancel)?;
    Ok(Outcome::CopiedHere { copy, folder: Arc::new(folder) })
}
