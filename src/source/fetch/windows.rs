//! Fetching windows, several at once, each to a file of its own.
//!
//! A window is read in pieces of bounded size. Pieces and windows are written to temporary files and renamed once they are
//! whole: that a file is there under its name is the record that it is done, and it cannot be lost or lie.

use super::plan::notes;
use super::{FetchError, Wanted, WantedWindow};
use crate::files::write_atomically;
use crate::geo::raster::{PixelType, RasterReader};
use crate::geo::remote::{RemoteTrouble, asking, is_remote};
use crate::geo::{GeoError, Grid, Placement, TiledSpec, TiledWriter, Window, lattice_window};
use crate::progress::{Cancel, Progress, Report};
use crate::source::Scale;
use crate::source::sensors::sensor_by_key;
use crate::source::stac::{Patience, Scene, Signer, backoff, rest};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Connections at once; each thread has one.
pub const CONNECTIONS: usize = 8;
/// Columns and rows of a piece: 8 MiB of 16-bit numbers.
const PIECE: u32 = 2048;
/// Pixels around the area, of each file's own: values between pixels need their neighbours.
const MARGIN: f64 = 2.0;

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fetched {
    /// The files, in the order of [`Wanted::windows`], of the scenes that are whole.
    pub files: Vec<PathBuf>,
    /// Windows that were fetched now.
    pub now: usize,
    /// Windows that were there already.
    pub there: usize,
    /// Bytes of the blocks that were fetched now.
    pub bytes: u64,
    /// Scenes that could not be had: id, why.
    pub left_out: Vec<(String, String)>,
    /// Scenes whose files do not reach into the area after all.
    pub beside: usize,
}

/// What to fetch, where to, and how.
#[derive(Clone, Copy)]
pub struct FetchSpec<'a> {
    /// The windows.
    pub wanted: &'a Wanted,
    /// The grid that they are for.
    pub grid: &'a Grid,
    /// The folder that their files go to.
    pub folder: &'a Path,
    /// Who gets tokens.
    pub signer: &'a Signer,
    /// How often it is tried again.
    pub patience: Patience,
    /// Gets sentences about waits while it runs.
    pub tell: &'a (dyn Fn(String) + Sync),
}

/// Whether a window is there, or known to be empty.
pub(super) fn is_there(folder: &Path, window: &WantedWindow) -> bool {
    folder.join(&window.file).exists() || empty_mark(folder, window).exists()
}

/// The mark of a window that is empty: its file does not reach into the area.
fn empty_mark(folder: &Path, window: &WantedWindow) -> PathBuf {
    folder.join(format!("{}.empty", window.file))
}

/// Fetches all windows that are not in `folder` yet. A scene with a file that is missing or damaged is left out and told; a
/// server that refuses, is silent or stays busy stops the work.
///
/// # Errors
/// [`FetchError::Stopped`], a full disk, or asked to stop. What was fetched stays.
pub fn fetch(spec: &FetchSpec, report: Report, cancel: &Cancel) -> Result<Fetched, FetchError> {
    let FetchSpec { wanted, folder, .. } = *spec;
    std::fs::create_dir_all(folder)
        .map_err(|error| FetchError::Write { path: folder.to_owned(), why: error.to_string() })?;
    let work = Work { spec, cancel, bytes: AtomicU64::new(0), whole: AtomicU64::new(0) };
    let (next, done, now) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let stopped = AtomicBool::new(false);
    let failed: Mutex<Option<FetchError>> = Mutex::new(None);
    let lost: Mutex<BTreeMap<usize, String>> = Mutex::new(BTreeMap::new());
    let total = wanted.windows.len();
    let worker = || {
        while !stopped.load(Ordering::Relaxed) {
            let Some(window) = wanted.windows.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
            // Of a scene that cannot be had whole no more is asked for.
            let is_lost = lost.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&window.scene);
            if !is_there(folder, window) && !is_lost {
                match work.one(window) {
                    Ok(Had::Whole) => {
                        now.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(Had::Lost(why)) => {
                        let mut lost = lost.lock().unwrap_or_else(PoisonError::into_inner);
                        lost.entry(window.scene).or_insert(format!("{}: {why}", window.band));
                    }
                    Err(error) => {
                        stopped.store(true, Ordering::Relaxed);
                        failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    }
                }
            }
            let done = done.fetch_add(1, Ordering::Relaxed) as u64 + 1;
            let day = wanted.scenes[window.scene].taken.date();
            report(Progress::new(done, total as u64, format!("Fetching {} of {day}", window.band)));
        }
    };
    std::thread::scope(|scope| {
        for n in 1..CONNECTIONS.min(total) {
            let named = std::thread::Builder::new().name(format!("ritmo-fetch-{n}"));
            // Where there is no thread to be had, those that there are do its part.
            let _ = named.spawn_scoped(scope, worker);
        }
        worker();
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    cancel.check()?;
    let lost = lost.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(gather(wanted, folder, lost, now.into_inner(), work.bytes.into_inner()))
}

/// The files of the scenes that are whole.
fn gather(wanted: &Wanted, folder: &Path, lost: BTreeMap<usize, String>, now: usize, bytes: u64) -> Fetched {
    let mut fetched = Fetched { now, bytes, ..Fetched::default() };
    for (place, scene) in wanted.scenes.iter().enumerate() {
        let own = || wanted.windows.iter().filter(move |window| window.scene == place);
        if let Some(why) = lost.get(&place) {
            fetched.left_out.push((scene.id.clone(), why.clone()));
        } else if own().any(|window| empty_mark(folder, window).exists()) {
            fetched.beside += 1;
        } else {
            fetched.files.extend(own().map(|window| folder.join(&window.file)));
        }
    }
    let there = wanted.windows.iter().filter(|window| is_there(folder, window)).count();
    fetched.there = there.saturating_sub(now);
    fetched
}

/// What became of a window.
enum Had {
    Whole,
    /// It cannot be had, and the others can.
    Lost(String),
}

struct Work<'a> {
    spec: &'a FetchSpec<'a>,
    cancel: &'a Cancel,
    bytes: AtomicU64,
    /// Windows that came, of all threads.
    whole: AtomicU64,
}

impl Work<'_> {
    /// Fetches a window, again where that may help.
    fn one(&self, window: &WantedWindow) -> Result<Had, FetchError> {
        let path = &window.asset.path;
        let mut attempt = 1;
        let mut refused = false;
        let mut came = self.whole.load(Ordering::Relaxed);
        loop {
            self.cancel.check()?;
            self.spec.signer.sign(path, refused)?;
            let why = match asking(path, || self.attempt(window)) {
                Ok(()) => {
                    self.whole.fetch_add(1, Ordering::Relaxed);
                    return Ok(Had::Whole);
                }
                Err(FetchError::Geo(GeoError::Read { why, .. })) => why,
                Err(error) => return Err(error),
            };
            let trouble = trouble_of(path, &why);
            let stop = || FetchError::Stopped { path: path.clone(), why: why.clone() };
            // A server that gives others what they ask for is not broken, it only wants fewer requests.
            let now = self.whole.load(Ordering::Relaxed);
            if trouble == RemoteTrouble::Busy && now > std::mem::replace(&mut came, now) {
                attempt = attempt.min(self.attempts(trouble) - 1).max(1);
            }
            match trouble {
                RemoteTrouble::Missing => return Ok(Had::Lost(why)),
                // A token may have run out while its window was read.
                RemoteTrouble::Refused if !refused => refused = true,
                RemoteTrouble::Refused => return Err(stop()),
                _ if attempt < self.attempts(trouble) && is_remote(path) => {
                    let wait = backoff(self.spec.patience.first_wait, attempt);
                    (self.spec.tell)(format!(
                        "{}: {why}. Asking again in {:.1} s ({attempt} of {} attempts were made)",
                        path.display(),
                        wait.as_secs_f64(),
                        self.attempts(trouble)
                    ));
                    rest(wait, self.cancel)?;
                    attempt += 1;
                }
                RemoteTrouble::Damaged => return Ok(Had::Lost(why)),
                _ => return Err(stop()),
            }
        }
    }

    /// How often it is tried: what came whole and is no raster will hardly be one later.
    fn attempts(&self, trouble: RemoteTrouble) -> u32 {
        let most = self.spec.patience.attempts;
        if trouble == RemoteTrouble::Damaged { most.min(3) } else { most }
    }

    fn attempt(&self, window: &WantedWindow) -> Result<(), FetchError> {
        let reader = RasterReader::open(&window.asset.path)?;
        let Some((part, place)) = window_on(&reader, self.spec.grid)? else {
            let mark = empty_mark(self.spec.folder, window);
            return write_atomically(&mark, b"")
                .map_err(|error| FetchError::Write { path: mark, why: error.to_string() });
        };
        let (_, bytes) = reader.blocks_touched(0, part)?;
        let kind = kind_of(&reader)?;
        let target = Target { window, scene: &self.spec.wanted.scenes[window.scene], reader: &reader, kind };
        let path = self.spec.folder.join(&window.file);
        match pieces_of(part).as_slice() {
            [only] => target.write(&path, &place, &[(*only, None)])?,
            pieces => self.in_pieces(&target, &path, &place, pieces)?,
        }
        self.bytes.fetch_add(bytes.unwrap_or(part.pixels() as u64 * 2), Ordering::Relaxed);
        Ok(())
    }

    /// A window that is too large for the memory: its pieces lie beside it until all are there.
    fn in_pieces(
        &self,
        target: &Target,
        path: &Path,
        place: &Grid,
        pieces: &[Window],
    ) -> Result<(), FetchError> {
        let folder = self.spec.folder.join(format!("{}.parts", target.window.file));
        let unwritable =
            |error: std::io::Error| FetchError::Write { path: folder.clone(), why: error.to_string() };
        std::fs::create_dir_all(&folder).map_err(unwritable)?;
        let first = pieces[0];
        let mut parts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            self.cancel.check()?;
            let part = folder.join(format!("{}_{}.tif", piece.col, piece.row));
            if !part.exists() {
                let [left, top] =
                    place.xy_from_pixel(f64::from(piece.col - first.col), f64::from(piece.row - first.row));
                let grid = Grid { left, top, width: piece.width, height: piece.height, ..place.clone() };
                target.write(&part, &grid, &[(*piece, None)])?;
            }
            parts.push((*piece, Some(part)));
        }
        target.write(path, place, &parts)?;
        std::fs::remove_dir_all(&folder).map_err(unwritable)
    }
}

/// The file that a window becomes.
struct Target<'a> {
    window: &'a WantedWindow,
    scene: &'a Scene,
    reader: &'a RasterReader,
    kind: PixelType,
}

impl Target<'_> {
    /// Writes pieces to a file on this grid, whose first pixel is that of the first piece: each from the source, or from the
    /// file it was put in before.
    fn write(
        &self,
        path: &Path,
        grid: &Grid,
        pieces: &[(Window, Option<PathBuf>)],
    ) -> Result<(), FetchError> {
        let info = &self.reader.info().bands[0];
        let asset = &self.window.asset;
        let nodata = info.nodata.or(asset.nodata).unwrap_or(match self.kind {
            PixelType::Float32 => f64::NAN,
            _ => 0.0,
        });
        // The offset of Sentinel-2 goes by its baseline, in whole numbers.
        let is_sentinel = self.scene.sensor.is_some_and(|key| key.starts_with("sentinel-2"));
        let stated = info.scaling.or(asset.scaling);
        let scaling = stated.or_else(|| self.usual_scaling()).filter(|_| !is_sentinel);
        let name = [self.window.band.as_str()];
        let spec =
            TiledSpec { grid, bands: &name, scaling: &[scaling], kind: self.kind, nodata, tile: (256, 256) };
        let first = pieces[0].0;
        let written = TiledWriter::whole(path, &spec, |writer| {
            for (key, value) in notes(self.scene) {
                writer.note(key, &value)?;
            }
            for (piece, part) in pieces {
                let values = match part {
                    Some(part) => {
                        let reader = RasterReader::open(part)?;
                        read(&reader, reader.window(), self.kind)?
                    }
                    None => read(self.reader, *piece, self.kind)?,
                };
                let at = Window { col: piece.col - first.col, row: piece.row - first.row, ..*piece };
                match values {
                    Values::Words(words) => writer.write_words(0, at, &words)?,
                    Values::Floats(floats) => writer.write_floats(0, at, &floats)?,
                }
            }
            Ok(())
        });
        Ok(written?)
    }
}

impl Target<'_> {
    /// Scale and offset of the sensor's band, for catalogues that do not say.
    fn usual_scaling(&self) -> Option<(f64, f64)> {
        let sensor = sensor_by_key(self.scene.sensor?)?;
        let band = sensor.bands.iter().find(|band| band.common == Some(self.window.band.as_str()))?;
        let scale = sensor.knowledge(band.names[0], self.kind == PixelType::Float32).scale;
        (scale != Scale::default()).then_some((scale.factor, scale.offset))
    }
}

enum Values {
    Words(Vec<u16>),
    Floats(Vec<f32>),
}

fn read(reader: &RasterReader, window: Window, kind: PixelType) -> Result<Values, GeoError> {
    Ok(match kind {
        PixelType::Float32 => Values::Floats(reader.read_f32(0, window)?),
        kind => Values::Words(reader.read_16(0, window, kind)?),
    })
}

/// The pixels that hold the file's.
fn kind_of(reader: &RasterReader) -> Result<PixelType, GeoError> {
    match reader.info().bands[0].pixel_type.as_str() {
        "Byte" | "UInt16" => Ok(PixelType::Uint16),
        "Int16" => Ok(PixelType::Int16),
        "Float32" | "Float64" => Ok(PixelType::Float32),
        other => Err(reader.refuse(format!("its pixels are {other}, which a cube does not hold"))),
    }
}

/// The window of a file that an area needs, with its grid; `None` where the file does not reach there.
pub(super) fn window_on(reader: &RasterReader, grid: &Grid) -> Result<Option<(Window, Grid)>, GeoError> {
    let own = reader.info().placement.north_up().map_err(|why| reader.refuse(why))?;
    // What its coordinate system cannot express lies far away.
    let Ok([left, bottom, right, top]) = Placement::from(grid).extent_in(&own.crs) else { return Ok(None) };
    let (dx, dy) = (MARGIN * own.pixel_width, MARGIN * own.pixel_height);
    let touches = left < own.left + own.pixel_width * f64::from(own.width)
        && right > own.left
        && bottom < own.top
        && top > own.top - own.pixel_height * f64::from(own.height);
    if !touches {
        return Ok(None);
    }
    // Pixels need not be square: rows are counted in units of their own.
    let stretch = own.pixel_width / own.pixel_height;
    let extent = [left - dx, (bottom - dy) * stretch, right + dx, (top + dy) * stretch];
    let [col, row, width, height] = lattice_window(extent, [own.left, own.top * stretch], own.pixel_width);
    let from = |first: f64, count: f64, most: u32| {
        let start = first.clamp(0.0, f64::from(most));
        let end = (first + count).clamp(0.0, f64::from(most));
        (start as u32, (end - start) as u32)
    };
    let ((col, width), (row, height)) = (from(col, width, own.width), from(row, height, own.height));
    if width == 0 || height == 0 {
        return Ok(None);
    }
    let [left, top] = own.xy_from_pixel(f64::from(col), f64::from(row));
    Ok(Some((Window { col, row, width, height }, Grid { left, top, width, height, ..own })))
}

/// The pieces of a window, along lines that pieces of other windows of the file share, so that no block belongs to two.
fn pieces_of(window: Window) -> Vec<Window> {
    if window.width <= PIECE && window.height <= PIECE {
        return vec![window];
    }
    let lines = |from: u32, count: u32| {
        let end = from + count;
        let mut cuts = vec![from];
        let mut next = (from / PIECE + 1) * PIECE;
        while next < end {
            cuts.push(next);
            next += PIECE;
        }
        cuts.push(end);
        cuts
    };
    let (columns, rows) = (lines(window.col, window.width), lines(window.row, window.height));
    let of = |rows: &[u32]| {
        let (row, height) = (rows[0], rows[1] - rows[0]);
        let piece = |cols: &[u32]| Window { col: cols[0], row, width: cols[1] - cols[0], height };
        columns.windows(2).map(piece).collect::<Vec<_>>()
    };
    rows.windows(2).flat_map(of).collect()
}

/// What went wrong with a file: of one on this disk only that it is damaged or missing.
fn trouble_of(path: &Path, why: &str) -> RemoteTrouble {
    match (is_remote(path), path.exists()) {
        (true, _) => RemoteTrouble::of(why),
        (false, true) => RemoteTrouble::Damaged,
        (false, false) => RemoteTrouble::Missing,
    }
}

#[cfg(test)]
mod tests;
