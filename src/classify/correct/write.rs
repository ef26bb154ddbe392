//! The files of a corrected map: those of any map, what was corrected, and areas before and after. Probabilities, entropy
//! and margin stay those of the model: what a person decided does not make it more certain.

use super::{Correction, Placed, corrections_text, log_path};
use crate::classify::areas::{Extent, Extents, NOTHING, change_csv, tally};
use crate::classify::clean::{CleanError, Source};
use crate::classify::derived::Derived;
use crate::classify::run::has_room;
use crate::classify::unfinished::{DERIVED, Making};
use crate::classify::write::{Content, write_content};
use crate::classify::{ClassifyError, MapFiles, RUN};
use crate::files::write_atomically;
use crate::geo::{GeoError, Window};
use crate::labels::Class;
use crate::progress::{Cancel, Progress, Report};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrectedFiles {
    /// Those of any map.
    pub map: MapFiles,
    /// `<name>.corrected.geojson`: what was corrected, with what each correction changed.
    pub log: PathBuf,
    /// `<name>.correcting.csv`: pixels and hectares a class, before and after.
    pub areas: PathBuf,
}

impl CorrectedFiles {
    fn new(folder: &Path, name: &str) -> Self {
        let at = |end: &str| folder.join(format!("{name}.{end}"));
        Self { map: MapFiles::new(folder, name), log: log_path(folder, name), areas: at("correcting.csv") }
    }
}

/// What came of the corrections of a map.
#[derive(Debug, Clone)]
pub struct Corrected {
    /// What each correction changed, after those before it.
    pub changed: Vec<Extent>,
    /// What each code took before.
    pub before: Extents,
    /// What each code takes now.
    pub after: Extents,
}

/// Carries out corrections on a map and writes it under another name into `folder`, as a whole once all of it is there. Of the
/// classes a byte a pixel is held. Those that the map was made with, `earlier`, are in it already: they stand before the
/// others in its log.
///
/// # Errors
/// When a correction cannot be carried out, the map cannot be read, the disk is too small or full, or it was asked to stop; there
/// is no new map then.
pub fn write_corrected(
    source: Source,
    (earlier, corrections): (&[Correction], &[Correction]),
    (folder, name): (&Path, &str),
    metadata: &[(&str, &str)],
    report: Report,
    cancel: &Cancel,
) -> Result<(Corrected, CorrectedFiles), CleanError> {
    cancel.check()?;
    let (grid, classes, origin) = (&source.grid.clone(), &source.classes.clone(), source.name.clone());
    has_room(folder, ((classes.len() + DERIVED) * grid.pixels()) as u64 / 3 * 4)?;
    let making = Making::begin(folder, name)?;
    let mut codes = source.codes(grid.window())?;
    let (mut before, mut after, mut changed) = (NOTHING, NOTHING, Vec::new());
    tally(&mut before, grid, grid.window(), &codes);
    for (i, correction) in corrections.iter().enumerate() {
        cancel.check()?;
        report(Progress::new(i as u64, corrections.len() as u64, "Correcting"));
        let placed = Placed::new(correction, grid, classes)
            .map_err(|why| CleanError::Map(format!("correction {} cannot be carried out: {why}", i + 1)))?;
        changed.push(placed.apply(&mut codes, grid));
    }
    tally(&mut after, grid, grid.window(), &codes);

    let known: Vec<Option<Extent>> =
        earlier.iter().map(|_| None).chain(changed.iter().copied().map(Some)).collect();
    let log = corrections_text(&[earlier, corrections].concat(), &known);
    let run = format!("{:08x}{:08x}", crc32c::crc32c(log.as_bytes()), crc32c::crc32c(&codes));
    let pixels: u64 = changed.iter().map(|changed| changed.pixels).sum();
    let told = format!(
        "{} by hand, {pixels} pixels set; the probabilities are those of {}. See {name}.corrected.geojson",
        corrections.len(),
        origin
    );
    let own = [
        ("RITMO_VERSION", env!("CARGO_PKG_VERSION")),
        (RUN, run.as_str()),
        ("RITMO_SOURCE_MAP", origin.as_str()),
        ("RITMO_CORRECTIONS", told.as_str()),
    ];
    let metadata: Vec<(&str, &str)> = own.into_iter().chain(metadata.iter().copied()).collect();
    let counts: Vec<(Class, Extent)> =
        classes.iter().map(|class| (class.clone(), after[usize::from(class.code)])).collect();
    // A reader works for one thread at a time.
    let planes = Mutex::new(source);
    let read = |plane: usize, window: Window, out: &mut [u8]| {
        if plane != classes.len() {
            let source = planes.lock().unwrap_or_else(PoisonError::into_inner);
            return read_plane(&source, plane, window, out).map_err(|error| match error {
                CleanError::Geo(error) => error,
                other => GeoError::Read { path: origin.clone().into(), why: other.to_string() },
            });
        }
        let width = window.width as usize;
        for (row, out) in (window.row..).zip(out.chunks_exact_mut(width)) {
            let start = row as usize * grid.width as usize + window.col as usize;
            out.copy_from_slice(&codes[start..start + width]);
        }
        Ok(())
    };
    let content = Content { grid, classes, counts: &counts, metadata: &metadata, read: &read };
    let files = CorrectedFiles::new(&making.folder(), name);
    let text = |path: &Path, text: String| {
        write_atomically(path, text.as_bytes())
            .map_err(|e| GeoError::Write { path: path.into(), why: e.to_string() })
    };
    text(&files.log, log)?;
    text(&files.areas, change_csv(classes, &before, &after))?;
    write_content(&making.folder(), name, &content, report, cancel).map_err(|error| match error {
        ClassifyError::Geo(GeoError::Cancelled(asked)) => asked.into(),
        other => CleanError::Write(other),
    })?;
    cancel.check()?;
    making.put_in_place()?;
    Ok((Corrected { changed, before, after }, CorrectedFiles::new(folder, name)))
}

/// The probabilities of a map, and what follows from them.
fn read_plane(source: &Source, plane: usize, window: Window, out: &mut [u8]) -> Result<(), CleanError> {
    let classes = source.classes.len();
    if plane < classes {
        out.copy_from_slice(&source.plane(plane, window)?);
        return Ok(());
    }
    let Derived { entropy, margin } = Derived::of(&source.planes(window)?, window.pixels());
    out.copy_from_slice(if plane == classes + 1 { &entropy } else { &margin });
    Ok(())
}
