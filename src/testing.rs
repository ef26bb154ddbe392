//! Help for tests.

use std::path::PathBuf;

/// A folder of the real imagery and labels that lie beside the checkout, or `None`, with a printed line, where it is absent.
pub fn shared_data(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")).join(folder);
    if !path.exists() {
        println!("skipped: {folder} of the shared data is absent");
        return None;
    }
    Some(path)
}
