//! Mapping a site: its cube is classified chunk by chunk.

use super::areas::Extent;
use super::around::classify_around;
use super::derived::{Derived, most_likely};
use super::fit::{Fit, SeriesReader};
use super::unfinished::{DERIVED, Header, UnfinishedMap};
use super::write::{MapFiles, facts, write_files};
use crate::cube::{Chunk, Cube, CubeError};
use crate::geo::{GeoError, Window};
use crate::labels::Class;
use crate::model::{Model, Probe};
use crate::progress::{Cancel, Progress, Report};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Nodata in codes, probabilities and entropy.
pub(super) const NODATA: u8 = 255;
/// What a probability of 1 is written as.
pub(super) const FULL: u8 = 250;
/// Series between two looks at the cancel flag: whole blocks of the networks (48 or 96), so that few are cut short.
const SERIES: usize = 480;
/// Series of each chunk that are classified in f32 too, where a model classifies in bfloat16.
const PROBED: usize = 64;

/// Picks which of the remaining chunks (across, down) comes next, by its index.
pub type Next<'a> = &'a (dyn Fn(&[(u32, u32)]) -> usize + Sync);

/// What can go wrong while mapping.
#[derive(Debug, thiserror::Error)]
pub enum ClassifyError {
    /// Reading the cube.
    #[error(transparent)]
    Cube(#[from] crate::cube::CubeError),
    /// The model.
    #[error(transparent)]
    Model(#[from] crate::model::ModelError),
    /// Writing the map.
    #[error(transparent)]
    Geo(#[from] crate::geo::GeoError),
    /// Writing the map, after some of it was finished.
    #[error("{why}. {done} of {of} chunks are kept, and mapping again goes on from there")]
    Kept { why: crate::geo::GeoError, done: u64, of: u64 },
    /// The disk cannot hold the map.
    #[error(
        "the map needs about {needed_mb} MB in {folder}, and {free_mb} MB are free on its disk. Make room, or move the project to a larger disk"
    )]
    Space { folder: PathBuf, needed_mb: u64, free_mb: u64 },
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] crate::progress::Cancelled),
}

/// The result for one chunk, given out as soon as it is there.
#[derive(Debug, Clone)]
pub struct ChunkMap {
    /// The pixels it covers.
    pub window: Window,
    /// Class codes, y x x; 255 where some band of the pixel has no observation at all. They are of the scaled
    /// probabilities: of equal ones the first class.
    pub codes: Vec<u8>,
    /// Probabilities scaled to 0..=250, class x y x x; 255 for nodata.
    pub probabilities: Vec<u8>,
}

impl ChunkMap {
    /// How undecided the model is at each pixel: entropy, 0 to 250; 255 for nodata.
    pub fn entropy(&self) -> Vec<u8> {
        Derived::of(&self.probabilities, self.window.pixels()).entropy
    }
}

/// What to map, and where to.
#[derive(Clone, Copy)]
pub struct SiteRun<'a> {
    /// The cube.
    pub cube: &'a Cube,
    /// The model.
    pub model: &'a Model,
    /// Its folder.
    pub model_folder: &'a Path,
    /// The folder of the site's maps.
    pub folder: &'a Path,
    /// The map's name.
    pub name: &'a str,
    /// Whether to go on with a map of this name that was begun, where it is of the same model and cube.
    pub resume: bool,
}

/// Whom a run listens to and tells.
#[derive(Clone, Copy)]
pub struct Company<'a> {
    /// Picks which chunk comes next.
    pub next: Next<'a>,
    /// Gets each chunk as it is done, from any thread; damaged ones as nodata, those of an earlier run too.
    pub on_chunk: &'a (dyn Fn(ChunkMap) + Sync),
    /// Gets a sentence where the run goes on with an earlier one, or does not though there is one.
    pub tell: &'a (dyn Fn(String) + Sync),
    /// Gets how far it is.
    pub report: Report<'a>,
    /// The wish to stop.
    pub cancel: &'a Cancel,
}

/// What came of a site.
#[derive(Debug, Clone)]
pub struct SiteMap {
    /// Its files.
    pub files: MapFiles,
    /// Its classes, each with what it takes.
    pub counts: Vec<(Class, Extent)>,
    /// Damaged chunks, which are nodata in the map, each in a sentence, in order of rows.
    pub damaged: Vec<String>,
    /// What bfloat16 changed on some pixels of each chunk; `None` where the model classified in f32.
    pub probe: Option<Probe>,
    /// Chunks that an earlier run had finished.
    pub resumed: u64,
}

/// Maps a site, chunk by chunk on all threads, and writes the map's files. Each chunk is on the disk as soon as it is
/// finished: a run that is stopped, killed or out of space goes on from there, and comes to the same bytes as one that was
/// not. The map of the name that is there stays until the new one is whole.
///
/// Bands are matched by common name or name, dates by nearest in time, across years by nearest time of year ([`Fit`]); indices
/// are computed. Damaged chunks are nodata. A run that goes on tries them again: reading one costs little, and what could not
/// be read from a disk or over a network once may be read the next time.
///
/// # Errors
/// When the cube lacks a band of the model (says which), or dates near those of the model; when reading fails, or every chunk
/// is damaged; when the disk is too small or full, or the folder read-only.
pub fn map_site(run: &SiteRun, company: &Company) -> Result<SiteMap, ClassifyError> {
    let SiteRun { cube, model, .. } = *run;
    let Company { on_chunk, report, cancel, .. } = *company;
    let fit = Fit::of(&model.card, cube.info())?;
    let header = Header::new(cube, &model.card, run.model_folder, model.is_in_bf16());
    // What was stopped before it began leaves nothing.
    cancel.check()?;
    let (map, why_anew) = UnfinishedMap::open(run.folder, run.name, header, run.resume)?;
    if let Some(why) = why_anew {
        (company.tell)(format!("The map {} is begun anew and not gone on with: {why}", run.name));
    }
    let (across, down) = cube.chunk_counts();
    let total = u64::from(across * down);
    check_space(&map, total - map.finished().len() as u64)?;
    let mut chunks = Vec::new();
    for at in (0..down).flat_map(|y| (0..across).map(move |x| (x, y))) {
        cancel.check()?;
        match map.chunk(map.number(at), cube.chunk_window(at))? {
            Some(finished) => on_chunk(finished),
            None => chunks.push(at),
        }
    }
    let resumed = total - chunks.len() as u64;
    if resumed > 0 {
        (company.tell)(format!(
            "The map {} goes on: {resumed} of {total} chunks were finished before",
            run.name
        ));
    }

    let damaged = Mutex::new(BTreeMap::new());
    let one = |at: (u32, u32)| {
        // What looks around reads a chunk again for its neighbours: it stays in memory.
        let decoded = match model.reach() {
            None => cube.decode(at).map(Arc::new),
            Some(_) => cube.chunk(at),
        };
        let chunk = match decoded {
            Err(damage @ CubeError::Damaged { .. }) => {
                map.damaged(map.number(at))?;
                lock(&damaged).insert((at.1, at.0), damage);
                return Ok(empty(cube.chunk_window(at), model.card.classes.len()));
            }
            other => other?,
        };
        let probe = Mutex::new(Probe::default());
        let classified = match model.reach() {
            None => classify_chunk(&chunk, &fit, model, &|more| lock(&probe).add(more), cancel)?,
            Some(_) => classify_around(cube, &fit, chunk.window, model, cancel)?,
        };
        let derived = Derived::of(&classified.probabilities, classified.window.pixels());
        map.keep(map.number(at), &classified, &derived, *lock(&probe))?;
        Ok(classified)
    };
    for_all_chunks(chunks, resumed, &one, company)
        .map_err(|error| kept(error, map.finished().len() as u64, total))?;
    let mut damaged = damaged.into_inner().unwrap_or_else(PoisonError::into_inner);
    if damaged.len() as u64 == total
        && let Some((_, first)) = damaged.pop_first()
    {
        return Err(first.into());
    }

    let finished = map.finished();
    let probe = model.is_in_bf16().then(|| {
        let mut sum = Probe::default();
        finished.values().for_each(|finished| sum.add(finished.probe));
        sum
    });
    let places: Vec<(u32, u32)> = damaged.keys().map(|(row, col)| (*col, *row)).collect();
    let facts = facts(&map, &finished, run, probe, &places);
    let (counts, files) = write_files(map, &finished, run, &facts, report, cancel)
        .map_err(|error| kept(error, finished.len() as u64, total))?;
    let damaged = damaged.into_values().map(|damage| damage.to_string()).collect();
    Ok(SiteMap { files, counts, damaged, probe, resumed })
}

/// Where what was done before stays, an error says so.
fn kept(error: ClassifyError, done: u64, of: u64) -> ClassifyError {
    match error {
        ClassifyError::Geo(why @ GeoError::Write { .. }) => ClassifyError::Kept { why, done, of },
        ClassifyError::Geo(GeoError::Cancelled(asked)) => asked.into(),
        other => other,
    }
}

/// Refuses before anything is classified what the disk cannot hold: the planes that are to come, and the files, which are
/// taken to be as large as all planes, with a third of that for overviews on the way.
fn check_space(map: &UnfinishedMap, chunks: u64) -> Result<(), ClassifyError> {
    let grid = &map.header.grid;
    let planes = (map.header.classes.len() + DERIVED) as u64 * grid.pixels() as u64;
    has_room(map.folder(), chunks * map.header.slot() + planes / 3 * 4)
}

/// Refuses what the disk of a folder cannot hold, in bytes.
pub(super) fn has_room(folder: &Path, needed: u64) -> Result<(), ClassifyError> {
    match crate::files::free_bytes(folder) {
        Some(free) if free < needed => Err(ClassifyError::Space {
            folder: folder.to_owned(),
            needed_mb: needed.div_ceil(1_000_000),
            free_mb: free / 1_000_000,
        }),
        _ => Ok(()),
    }
}

/// A chunk of which nothing is known.
fn empty(window: Window, classes: usize) -> ChunkMap {
    let pixels = window.pixels();
    ChunkMap { window, codes: vec![NODATA; pixels], probabilities: vec![NODATA; pixels * classes] }
}

/// Classifies the pixels of a chunk; `probed` is told what bfloat16 changed on the first of them.
pub(super) fn classify_chunk(
    chunk: &Chunk,
    fit: &Fit,
    model: &Model,
    probed: &dyn Fn(Probe),
    cancel: &Cancel,
) -> Result<ChunkMap, ClassifyError> {
    let (window, classes) = (chunk.window, &model.card.classes);
    let pixels = window.pixels();
    fit.check(chunk)?;
    cancel.check()?;
    let each = fit.values();
    let mut reader = SeriesReader::new(fit);
    let mut probabilities = vec![NODATA; pixels * classes.len()];
    let mut series = Vec::new();
    for start in (0..pixels).step_by(SERIES) {
        cancel.check()?;
        let here = SERIES.min(pixels - start);
        reader.read(chunk, start..start + here, &mut series);
        if start == 0 && model.is_in_bf16() {
            probed(model.probe(&series[..here.min(PROBED) * each])?);
        }
        let found = model.probabilities(&series)?;
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                for (k, plane) in probabilities.chunks_exact_mut(pixels).enumerate() {
                    let rows = found.chunks_exact(classes.len());
                    plane[start..start + here]
                        .iter_mut()
                        .zip(rows)
                        .for_each(|(to, row)| *to = scaled(row[k]));
                }
            },
        );
    }
    let codes = most_likely(&probabilities, pixels, classes);
    Ok(ChunkMap { window, codes, probabilities })
}

/// A probability as it is written; NaN, which all of a pixel are where one is, as nodata.
#[inline(always)]
pub(super) fn scaled(probability: f32) -> u8 {
    if probability.is_nan() { NODATA } else { (probability * f32::from(FULL) + 0.5) as u8 }
}

/// Works on all chunks, beside `before` others that are done, with as many threads as rayon has. These are threads of their
/// own: a thread of rayon that waits inside of `one` could be lent to another chunk and finish its own late.
fn for_all_chunks(
    chunks: Vec<(u32, u32)>,
    before: u64,
    one: &(dyn Fn((u32, u32)) -> Result<ChunkMap, ClassifyError> + Sync),
    &Company { next, on_chunk, report, cancel, .. }: &Company,
) -> Result<(), ClassifyError> {
    let (threads, total) = (rayon::current_num_threads().min(chunks.len()), before + chunks.len() as u64);
    let tell = |done| report(Progress::new(done, total, "Mapping"));
    let (remaining, failure, done) = (Mutex::new(chunks), Mutex::new(None), AtomicU64::new(before));
    let work = || {
        loop {
            let chunk = {
                let mut remaining = lock(&remaining);
                if remaining.is_empty() || lock(&failure).is_some() {
                    return;
                }
                let chosen = next(&remaining).min(remaining.len() - 1);
                remaining.remove(chosen)
            };
            match cancel.check().map_err(ClassifyError::from).and_then(|()| one(chunk)) {
                Ok(map) => {
                    on_chunk(map);
                    tell(done.fetch_add(1, Ordering::Relaxed) + 1);
                }
                Err(error) => {
                    lock(&failure).get_or_insert(error);
                    return;
                }
            }
        }
    };
    tell(before);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
