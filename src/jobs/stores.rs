//! Looking into the folders of stores, behind the window.

use super::Newest;
use crate::geo::folders::{StoreFolder, list_folder};
use std::path::PathBuf;
use std::sync::Arc;

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
