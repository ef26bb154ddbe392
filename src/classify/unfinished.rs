//! A map under way, on the disk: what stops at any moment goes on from its finished chunks.
//!
//! Beside the finished maps of a site lies, for each map that is not, the folder `.<name>.unfinished`:
//!
//! - `map.json`: of which model, classes, grid and cube it is. It comes last, so a folder without it is none;
//! - `planes`: a slot for each chunk, in the order of chunks, with its planes one after another: the probabilities of each
//!   class, the class codes, entropy and margin;
//! - `journal`: a record for each chunk that is finished, with a checksum of its slot, or damaged. A record is appended once
//!   the bytes of its chunk are written; what stands after the last whole record is ignored;
//! - `making`: the map's files as they are written; called `files` once all of them are whole. From then on they are moved
//!   to their places, and whoever finds that folder moves the rest. So the old map of the name is there until all of
//!   the new one is.

use super::derived::Derived;
use super::journal::{Finished, Journal, Records};
use super::run::{ChunkMap, NODATA};
use crate::cube::{Band, CHUNK, Cube, Made};
use crate::files::{read_at, write_at, write_atomically};
use crate::geo::raster::PixelType;
use crate::geo::{GeoError, Grid, Window};
use crate::labels::Class;
use crate::model::{ModelCard, Probe};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Of the header.
const VERSION: u32 = 1;
/// Planes beside the probabilities: codes, entropy, margin.
pub(super) const DERIVED: usize = 3;
/// Where the map's files are written.
const MAKING: &str = "making";
/// Where they lie once they are whole, until they are moved.
const FILES: &str = "files";
/// Side files of earlier runs that would say something wrong of new ones.
const STALE: [&str; 3] = ["probs.tif.aux.xml", "entropy.tif.aux.xml", "margin.tif.aux.xml"];

/// A map that was begun and not finished.
#[derive(Debug, Clone, PartialEq)]
pub struct Unfinished {
    /// The map's name: that of its model.
    pub name: String,
    /// Chunks that are finished.
    pub done: u64,
    /// Chunks in all.
    pub of: u64,
    /// Chunks that were damaged; they are tried again.
    pub damaged: u64,
    /// The folder of the model.
    pub model: PathBuf,
    /// Whether it is classified in bfloat16.
    pub bf16: bool,
    /// Bytes of it on the disk.
    pub bytes: u64,
}

/// The maps of a folder that were begun and not finished, by name. A map that was finished and only not in its place yet
/// is put there.
pub fn unfinished_maps(maps_folder: &Path) -> Vec<Unfinished> {
    let entries = std::fs::read_dir(maps_folder).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .filter_map(|entry| {
            let name = entry
                .file_name()
                .to_string_lossy()
                .strip_prefix('.')?
                .strip_suffix(".unfinished")?
                .to_string();
            let folder = entry.path();
            if folder.join(FILES).is_dir() {
                // Where it cannot be moved now, it is next time.
                let moved = move_in(&folder, maps_folder, &name).and_then(|()| discard(&folder));
                return moved.err().and_then(|_| look(&folder, name));
            }
            look(&folder, name)
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Deletes what there is of an unfinished map; a finished one of the name stays.
///
/// # Errors
/// When the folder cannot be deleted.
pub fn forget_unfinished(maps_folder: &Path, name: &str) -> Result<(), GeoError> {
    discard(&folder_of(maps_folder, name))
}

/// Gives an unfinished map, where there is one, the new name and folder of its model.
///
/// # Errors
/// When there is one of the new name, or the folder cannot be renamed.
pub fn rename_unfinished(maps_folder: &Path, from: &str, to: &str, model: &Path) -> Result<(), GeoError> {
    let (old, new) = (folder_of(maps_folder, from), folder_of(maps_folder, to));
    let Some(header) = Header::read(&old) else { return Ok(()) };
    if new.exists() {
        return Err(failed(&new, "it is there already"));
    }
    std::fs::rename(&old, &new).map_err(|error| failed(&old, error))?;
    Header { model: model.into(), ..header }.write(&new)
}

fn look(folder: &Path, name: String) -> Option<Unfinished> {
    let header = Header::read(folder)?;
    let records = Records::read(&File::open(folder.join("journal")).ok()?).ok()?;
    Some(Unfinished {
        name,
        done: records.finished.len() as u64,
        of: header.chunks(),
        damaged: records.damaged,
        model: header.model,
        bf16: header.bf16,
        bytes: crate::files::folder_bytes(folder),
    })
}

fn folder_of(maps_folder: &Path, name: &str) -> PathBuf {
    maps_folder.join(format!(".{name}.unfinished"))
}

/// What an unfinished map is of. Only one of the same header is gone on with; where the model lies does not matter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Header {
    version: u32,
    model: PathBuf,
    training: String,
    pub(super) bf16: bool,
    pub(super) classes: Vec<Class>,
    pub(super) grid: Grid,
    cube: CubeMark,
}

/// What a cube can be told by, beside its grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct CubeMark {
    bands: Vec<Band>,
    dates: Vec<NaiveDate>,
    pixel_type: PixelType,
    /// `None` for NaN.
    nodata: Option<f64>,
    made: Made,
    /// Of its pixels on the disk.
    bytes: u64,
}

impl Header {
    pub(super) fn new(cube: &Cube, card: &ModelCard, model: &Path, bf16: bool) -> Self {
        let info = cube.info();
        let mark = CubeMark {
            bands: info.bands.clone(),
            dates: info.dates.clone(),
            pixel_type: info.pixel_type,
            nodata: Some(info.nodata).filter(|nodata| !nodata.is_nan()),
            made: cube.made().clone(),
            bytes: crate::files::folder_bytes(&cube.path().join("data")),
        };
        Self {
            version: VERSION,
            model: model.into(),
            training: card.training_id(),
            bf16,
            classes: card.classes.clone(),
            grid: info.grid.clone(),
            cube: mark,
        }
    }

    fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(folder.join("map.json")).ok()?).ok()
    }

    fn write(&self, folder: &Path) -> Result<(), GeoError> {
        let path = folder.join("map.json");
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed(&path, error))?;
        write_atomically(&path, &text).map_err(|error| failed(&path, error))
    }

    /// What it is of, as bytes: the same wherever the model lies.
    pub(super) fn identity(&self) -> Vec<u8> {
        // Plain structs always serialise.
        serde_json::to_vec(&Self { model: PathBuf::new(), ..self.clone() }).unwrap_or_default()
    }

    /// Chunks across.
    pub(super) fn across(&self) -> u32 {
        self.grid.width.div_ceil(CHUNK)
    }

    fn chunks(&self) -> u64 {
        u64::from(self.across()) * u64::from(self.grid.height.div_ceil(CHUNK))
    }

    /// Bytes of a slot.
    pub(super) fn slot(&self) -> u64 {
        ((self.classes.len() + DERIVED) * (CHUNK * CHUNK) as usize) as u64
    }

    /// What is another now than it was when a map was begun; `None` where it is the same.
    fn other_since(&self, begun: &Self) -> Option<&'static str> {
        match () {
            () if self.version != begun.version => Some("another version of Ritmo began it"),
            () if self.training != begun.training => Some("the model has been trained anew since"),
            () if self.classes != begun.classes => Some("the model's classes are others since"),
            () if self.bf16 != begun.bf16 && begun.bf16 => Some("it was begun in bf16"),
            () if self.bf16 != begun.bf16 => Some("it was begun in f32"),
            () if (&self.grid, &self.cube) != (&begun.grid, &begun.cube) => {
                Some("the site's cube is another since")
            }
            () => None,
        }
    }
}

/// An open unfinished map; shared by the threads that write chunks.
pub(super) struct UnfinishedMap {
    folder: PathBuf,
    maps_folder: PathBuf,
    name: String,
    pub(super) header: Header,
    planes: File,
    journal: Mutex<Journal>,
}

impl UnfinishedMap {
    /// Opens the unfinished map of a name, or begins it; with `resume` goes on with what is there where it is of the same
    /// model and cube. Gives why it began anew where something else is there.
    ///
    /// # Errors
    /// [`GeoError::Write`] for a full disk or a read-only folder.
    pub(super) fn open(
        maps_folder: &Path,
        name: &str,
        header: Header,
        resume: bool,
    ) -> Result<(Self, Option<&'static str>), GeoError> {
        let folder = folder_of(maps_folder, name);
        if folder.join(FILES).is_dir() {
            move_in(&folder, maps_folder, name)?;
        }
        let mut why = None;
        let goes_on = resume
            && Header::read(&folder).is_some_and(|begun| {
                why = header.other_since(&begun);
                why.is_none()
            });
        if goes_on {
            header.write(&folder)?;
            remove_tree(&folder.join(MAKING))?;
        } else {
            discard(&folder)?;
            std::fs::create_dir_all(&folder).map_err(|error| failed(&folder, error))?;
        }
        let open = |file: &str| {
            let path = folder.join(file);
            let options = File::options().read(true).write(true).create(true).truncate(false).open(&path);
            options.map_err(|error| failed(&path, error))
        };
        let (planes, journal) = (open("planes")?, open("journal")?);
        let journal = Journal::open(journal).map_err(|error| failed(&folder.join("journal"), error))?;
        if !goes_on {
            header.write(&folder)?;
        }
        let journal = Mutex::new(journal);
        let map =
            Self { folder, maps_folder: maps_folder.into(), name: name.into(), header, planes, journal };
        Ok((map, why))
    }

    /// Its folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The number of a chunk (across, down).
    pub(super) fn number(&self, (x, y): (u32, u32)) -> u32 {
        y * self.header.across() + x
    }

    /// The finished chunks, by number.
    pub(super) fn finished(&self) -> BTreeMap<u32, Finished> {
        self.journal().finished.clone()
    }

    fn journal_failed(&self, error: std::io::Error) -> GeoError {
        failed(&self.folder.join("journal"), error)
    }

    fn journal(&self) -> std::sync::MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a finished chunk as it was handed out; `None` where its bytes are not those that were written, and it counts
    /// as finished no longer.
    ///
    /// # Errors
    /// [`GeoError::Read`] when the system will not have it read.
    pub(super) fn chunk(&self, number: u32, window: Window) -> Result<Option<ChunkMap>, GeoError> {
        let Some(Finished { checksum, .. }) = self.journal().finished.get(&number).copied() else {
            return Ok(None);
        };
        let (pixels, classes) = (window.pixels(), self.header.classes.len());
        let mut probabilities = vec![0; pixels * (classes + DERIVED)];
        match read_at(&self.planes, &mut probabilities, u64::from(number) * self.header.slot()) {
            Ok(()) if crc32c::crc32c(&probabilities) == checksum => {
                let codes = probabilities[classes * pixels..][..pixels].to_vec();
                probabilities.truncate(classes * pixels);
                Ok(Some(ChunkMap { window, codes, probabilities }))
            }
            Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
                Err(GeoError::Read { path: self.folder.join("planes"), why: error.to_string() })
            }
            _ => {
                self.journal().finished.remove(&number);
                Ok(None)
            }
        }
    }

    /// Writes a chunk, which then is finished.
    ///
    /// # Errors
    /// [`GeoError::Write`] for a full disk; the chunk is not finished then.
    pub(super) fn keep(
        &self,
        number: u32,
        chunk: &ChunkMap,
        derived: &Derived,
        probe: Probe,
    ) -> Result<(), GeoError> {
        let parts = [&chunk.probabilities, &chunk.codes, &derived.entropy, &derived.margin];
        let bytes = parts.map(Vec::as_slice).concat();
        write_at(&self.planes, &bytes, u64::from(number) * self.header.slot())
            .map_err(|error| failed(&self.folder.join("planes"), error))?;
        let finished = Finished { checksum: crc32c::crc32c(&bytes), probe };
        self.journal().finish(number, finished).map_err(|error| self.journal_failed(error))
    }

    /// Remembers that a chunk is damaged.
    ///
    /// # Errors
    /// [`GeoError::Write`] for a full disk.
    pub(super) fn damaged(&self, number: u32) -> Result<(), GeoError> {
        self.journal().damage(number).map_err(|error| self.journal_failed(error))
    }

    /// Fills in a window of a plane; nodata where chunks are not in `finished`.
    ///
    /// # Errors
    /// [`GeoError::Read`].
    pub(super) fn read(
        &self,
        plane: usize,
        window: Window,
        finished: &BTreeMap<u32, Finished>,
        out: &mut [u8],
    ) -> Result<(), GeoError> {
        let width = window.width as usize;
        let mut of_chunk = vec![0; (CHUNK * CHUNK) as usize];
        let (last_col, last_row) = (window.col + window.width - 1, window.row + window.height - 1);
        for y in window.row / CHUNK..=last_row / CHUNK {
            for x in window.col / CHUNK..=last_col / CHUNK {
                let whole = Window { col: x * CHUNK, row: y * CHUNK, width: CHUNK, height: CHUNK };
                let chunk = whole.cut_to(self.header.grid.window());
                let of_chunk = &mut of_chunk[..chunk.pixels()];
                let number = self.number((x, y));
                if finished.contains_key(&number) {
                    let place = u64::from(number) * self.header.slot() + (plane * chunk.pixels()) as u64;
                    read_at(&self.planes, of_chunk, place).map_err(|error| GeoError::Read {
                        path: self.folder.join("planes"),
                        why: error.to_string(),
                    })?;
                } else {
                    of_chunk.fill(NODATA);
                }
                let part = chunk.cut_to(window);
                for row in part.row..part.row + part.height {
                    let from = ((row - chunk.row) * chunk.width + part.col - chunk.col) as usize;
                    let to = (row - window.row) as usize * width + (part.col - window.col) as usize;
                    out[to..to + part.width as usize]
                        .copy_from_slice(&of_chunk[from..from + part.width as usize]);
                }
            }
        }
        Ok(())
    }

    /// An empty folder for the map's files.
    ///
    /// # Errors
    /// [`GeoError::Write`], also where the project has been moved meanwhile.
    pub(super) fn making(&self) -> Result<PathBuf, GeoError> {
        let making = self.folder.join(MAKING);
        remove_tree(&making)?;
        // Not with the folders above it: a project that was moved away is not made again.
        std::fs::create_dir(&making).map_err(|error| failed(&making, error))?;
        Ok(making)
    }

    /// Puts all files that were made in the place of those of the same names, and forgets that the map was unfinished.
    ///
    /// # Errors
    /// [`GeoError::Write`]; the next run goes on from here then.
    pub(super) fn put_in_place(self) -> Result<(), GeoError> {
        let files = self.folder.join(FILES);
        std::fs::rename(self.folder.join(MAKING), &files).map_err(|error| failed(&files, error))?;
        move_in(&self.folder, &self.maps_folder, &self.name)?;
        let Self { folder, .. } = self;
        discard(&folder)
    }
}

/// Where the files of a map that is made in one go are written, until they are put in place as a whole; what there is of
/// them goes away with it before.
pub(super) struct Making {
    folder: PathBuf,
    maps_folder: PathBuf,
    name: String,
    whole: bool,
}

impl Making {
    /// An empty folder for the files of a map of this name.
    ///
    /// # Errors
    /// [`GeoError::Write`], also where a map of the name was begun by mapping.
    pub(super) fn begin(maps_folder: &Path, name: &str) -> Result<Self, GeoError> {
        let folder = folder_of(maps_folder, name);
        if folder.join(FILES).is_dir() {
            move_in(&folder, maps_folder, name)?;
        } else if Header::read(&folder).is_some() {
            return Err(failed(&folder, "mapping has begun a map of this name: choose another name"));
        }
        discard(&folder)?;
        let making = folder.join(MAKING);
        std::fs::create_dir_all(&making).map_err(|error| failed(&making, error))?;
        Ok(Self { folder, maps_folder: maps_folder.into(), name: name.into(), whole: false })
    }

    /// The folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.folder.join(MAKING)
    }

    /// Puts all files in the place of those of the same names.
    ///
    /// # Errors
    /// [`GeoError::Write`]; whoever looks at unfinished maps next goes on from here then.
    pub(super) fn put_in_place(mut self) -> Result<(), GeoError> {
        let files = self.folder.join(FILES);
        std::fs::rename(self.folder(), &files).map_err(|error| failed(&files, error))?;
        self.whole = true;
        move_in(&self.folder, &self.maps_folder, &self.name)?;
        discard(&self.folder)
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if !self.whole {
            let _ = remove_tree(&self.folder);
        }
    }
}

/// Moves the whole files of a map to their places.
fn move_in(folder: &Path, maps_folder: &Path, name: &str) -> Result<(), GeoError> {
    let files = folder.join(FILES);
    let mut moves: Vec<_> = std::fs::read_dir(&files)
        .map_err(|error| failed(&files, error))?
        .flatten()
        .map(|entry| (entry.path(), maps_folder.join(entry.file_name())))
        .collect();
    // The classes come last: they are what a map is found by.
    let classes = maps_folder.join(format!("{name}.tif"));
    moves.sort_by_key(|(_, to)| *to == classes);
    for end in STALE {
        let stale = maps_folder.join(format!("{name}.{end}"));
        match std::fs::remove_file(&stale) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(&stale, error)),
            _ => {}
        }
    }
    for (from, to) in moves {
        std::fs::rename(&from, &to).map_err(|error| failed(&to, error))?;
    }
    // Renames must reach the disk too, before what they came from is deleted.
    File::open(maps_folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| failed(maps_folder, error))?;
    std::fs::remove_dir(&files).map_err(|error| failed(&files, error))
}

/// Deletes the folder of an unfinished map, its header first: what is left of it where that is stopped is none.
fn discard(folder: &Path) -> Result<(), GeoError> {
    let header = folder.join("map.json");
    match std::fs::remove_file(&header) {
        Err(error) if ![ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => {
            Err(failed(&header, error))
        }
        _ => remove_tree(folder),
    }
}

fn remove_tree(folder: &Path) -> Result<(), GeoError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(folder, error)),
        _ => Ok(()),
    }
}

fn failed(path: &Path, why: impl ToString) -> GeoError {
    GeoError::Write { path: path.into(), why: why.to_string() }
}
