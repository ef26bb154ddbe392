//! What was measured, kept beside the project, so that it is there at once the next time.

use super::Statistics;
use crate::files::write_atomically;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// The version of the file that is written; others are not read.
const VERSION: u32 = 1;

/// Which cube it is, and as which build or append left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Checksum of what the cube says of itself.
    pub checksum: u32,
    /// When that was written, in nanoseconds since 1970.
    pub written: u64,
}

/// The identity of the cube in this folder: building it anew and adding dates both give it another one.
///
/// # Errors
/// When there is no cube, or it cannot be read.
pub fn identity(cube: &Path) -> std::io::Result<Identity> {
    let file = cube.join("zarr.json");
    let written = std::fs::metadata(&file)?.modified()?;
    let written = written.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
    Ok(Identity { checksum: crc32c::crc32c(&std::fs::read(&file)?), written })
}

#[derive(Serialize)]
struct ToWrite<'a> {
    version: u32,
    cube: Identity,
    statistics: &'a Statistics,
}

#[derive(Deserialize)]
struct Read {
    version: u32,
    cube: Identity,
    statistics: Statistics,
}

/// What was measured of the cube of this identity; `None` where it was not, where it was of the cube as it was before, or
/// where the file is damaged: it is measured again then.
pub fn load(file: &Path, cube: Identity) -> Option<Statistics> {
    let read: Read = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    let statistics = read.statistics;
    let is_sound = read.version == VERSION
        && read.cube == cube
        && statistics.cells.len() == statistics.bands.len() * statistics.dates.len()
        && statistics.dates.is_sorted_by(|a, b| a < b)
        && statistics.cells.iter().flatten().all(super::Distribution::is_sound);
    is_sound.then_some(statistics)
}

/// Keeps what was measured; a crash leaves the old file or the new one whole.
///
/// # Errors
/// The system's own: no space, no rights.
pub fn save(file: &Path, cube: Identity, statistics: &Statistics) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let text = serde_json::to_vec(&ToWrite { version: VERSION, cube, statistics })?;
    write_atomically(file, &text)
}
