//! The store: Zarr v3, `[time, band, y, x]`, chunks `[T, B, 64, 64]` in shards, blosc lz4 bit-shuffle.

use super::cache::ChunkCache;
use super::chunk::{Chunk, Masks, Pixels, Words};
use super::mosaics::MosaicPool;
use super::shards::{Fault, Shards};
use super::{Band, CHUNK, Made, PixelState};
use crate::geo::raster::PixelType;
use crate::geo::{Crs, Grid, Window};
use crate::progress::Cancelled;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zarrs::array::Array;
use zarrs::filesystem::{FilesystemStore, FilesystemStoreOptions};

/// What can go wrong with a cube. Each says what was tried, on which file, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum CubeError {
    /// The store cannot be read.
    #[error("cannot read the cube {path}: {why}")]
    Read { path: PathBuf, why: String },
    /// One chunk (across, down) of the store is damaged; the others may be whole.
    #[error("chunk {} across, {} down of the cube {path} is damaged ({why}). Build the cube again from its mosaics", chunk.0, chunk.1)]
    Damaged { path: PathBuf, chunk: (u32, u32), why: String },
    /// All of the store is gone since it was opened.
    #[error(
        "the cube {path} is not there any more: its folder was moved, or its disk is away. Bring it back, then try again"
    )]
    Gone { path: PathBuf },
    /// The store cannot be written.
    #[error("cannot write the cube {path}: {why}")]
    Write { path: PathBuf, why: String },
    /// Input files that make no cube together.
    #[error("{why}")]
    Input { why: String },
    /// An input file.
    #[error(transparent)]
    Geo(#[from] crate::geo::GeoError),
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// What a cube says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct CubeInfo {
    /// Its grid.
    pub grid: Grid,
    /// Its bands, in order.
    pub bands: Vec<Band>,
    /// Its dates, in order, no two alike.
    pub dates: Vec<NaiveDate>,
    /// How pixels are stored.
    pub pixel_type: PixelType,
    /// The stored value that means "no observation".
    pub nodata: f64,
    /// Free words about where it came from ("simulated landscape, seed 1"), shown wherever the cube is.
    pub origin: Option<String>,
}

/// One pixel's values, `time x band`, in the units of the input; NaN where there was no observation.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Steps in time.
    pub times: usize,
    /// Bands.
    pub bands: usize,
    /// `times * bands` values, the bands of one date together.
    pub values: Vec<f32>,
}

impl Series {
    /// A series without any observation.
    pub fn empty(times: usize, bands: usize) -> Self {
        Self { times, bands, values: vec![f32::NAN; times * bands] }
    }

    /// The value of `band` at `time`.
    pub fn value(&self, time: usize, band: usize) -> f32 {
        self.values[time * self.bands + band]
    }

    /// Why there is nothing to see at a date, where there is nothing: what the cube's masks say, else that no band was
    /// observed.
    pub fn missing(&self, mask: Option<&PixelMask>, time: usize) -> Option<PixelState> {
        let masked = mask.and_then(|mask| mask.states.get(time)).copied();
        let mut values = self.values.iter().skip(time * self.bands).take(self.bands);
        match masked {
            Some(state) if state != PixelState::Clear => Some(state),
            _ => values.all(|value| !value.is_finite()).then_some(PixelState::NotObserved),
        }
    }
}

/// What the masks say of one pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PixelMask {
    /// Why there is no clear observation, a step each.
    pub states: Vec<PixelState>,
    /// How many clear observations there are, a step each.
    pub counts: Vec<u8>,
}

/// Version of the store that this program writes, and the newest it reads.
pub(super) const VERSION: u32 = 2;

/// What the group's attributes hold under `ritmo`; the grid stands in `spatial_ref`, the sizes in `data`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoreAttributes {
    pub version: u32,
    #[serde(deserialize_with = "bands_or_names")]
    pub bands: Vec<Band>,
    pub dates: Vec<NaiveDate>,
    /// `None` for NaN.
    pub nodata: Option<f64>,
    pub origin: Option<String>,
    #[serde(default)]
    pub made: Made,
}

/// Version 1 had names alone.
fn bands_or_names<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Band>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Name(String),
        Band(Band),
    }
    let bands = Vec::<Either>::deserialize(deserializer)?;
    Ok(bands
        .into_iter()
        .map(|band| match band {
            Either::Name(name) => Band::named(name),
            Either::Band(band) => band,
        })
        .collect())
}

/// Bytes of decoded chunks kept in memory, unless a cube is told otherwise.
const CACHE_BYTES: usize = 512 << 20;

/// Shard files kept open.
const OPEN_FILES: usize = 64;

/// An open cube. Cheap to clone; shared between threads. Decoded chunks are kept up to a bound in bytes.
#[derive(Clone)]
pub struct Cube {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    info: CubeInfo,
    made: Made,
    /// Steps and bands.
    times: usize,
    bands: usize,
    /// Steps in a chunk; more are kept in several, one after another.
    chunk_times: usize,
    nodata_word: u16,
    data: Shards,
    /// Why pixels have no clear observation, and how many they have.
    masks: Option<(Shards, Shards)>,
    kept: ChunkCache,
    mosaics: MosaicPool,
}

impl Cube {
    /// Opens a store folder. Every part is checked but the pixels, which are checked as they are read.
    ///
    /// # Errors
    /// [`CubeError::Read`] when it is absent, damaged, or no cube.
    pub fn open(path: &Path) -> Result<Self, CubeError> {
        Self::open_with_cache(path, CACHE_BYTES)
    }

    /// As [`Cube::open`], with another bound on the decoded chunks that are kept.
    ///
    /// # Errors
    /// As [`Cube::open`].
    pub fn open_with_cache(path: &Path, cache_bytes: usize) -> Result<Self, CubeError> {
        Inner::open(path, cache_bytes)
            .map(|inner| Self { inner: Arc::new(inner) })
            .map_err(|why| CubeError::Read { path: path.to_owned(), why })
    }

    /// Whether both are the same open cube, with the same chunks in memory.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// What it says of itself.
    pub fn info(&self) -> &CubeInfo {
        &self.inner.info
    }

    /// How it was made.
    pub fn made(&self) -> &Made {
        &self.inner.made
    }

    /// How its arrays are cut: steps in a chunk, and columns and rows of a shard.
    pub(super) fn cut(&self) -> (usize, (u32, u32)) {
        (self.inner.chunk_times, self.inner.data.shard_size())
    }

    pub(super) fn mosaics(&self) -> &MosaicPool {
        &self.inner.mosaics
    }

    /// Chunks across and down.
    pub fn chunk_counts(&self) -> (u32, u32) {
        let grid = &self.inner.info.grid;
        (grid.width.div_ceil(CHUNK), grid.height.div_ceil(CHUNK))
    }

    /// The chunk (across, down) that holds a pixel.
    pub fn chunk_of(&self, col: u32, row: u32) -> (u32, u32) {
        (col / CHUNK, row / CHUNK)
    }

    /// The pixels of chunk (across, down); empty for a chunk that the cube does not have.
    pub fn chunk_window(&self, chunk: (u32, u32)) -> Window {
        let (across, down) = chunk;
        let whole = Window {
            col: across.saturating_mul(CHUNK),
            row: down.saturating_mul(CHUNK),
            width: CHUNK,
            height: CHUNK,
        };
        whole.cut_to(self.inner.info.grid.window())
    }

    /// Reads a chunk with its masks, from memory where it is kept there. Blocks on the disk: not for the window's thread.
    ///
    /// # Errors
    /// [`CubeError::Damaged`] when the chunk is damaged (or its mask is, and its pixels are stored under it);
    /// [`CubeError::Read`] when there is no such chunk, or the system will not have it read.
    pub fn chunk(&self, chunk: (u32, u32)) -> Result<Arc<Chunk>, CubeError> {
        if let Some(kept) = self.cached_chunk(chunk) {
            return Ok(kept);
        }
        let masks = self.decode_masks(chunk);
        let read = Arc::new(self.decode_with(chunk, masks)?);
        self.inner.kept.keep(chunk, &read);
        Ok(read)
    }

    /// The chunk if it is in memory. Never waits for the disk.
    pub fn cached_chunk(&self, chunk: (u32, u32)) -> Option<Arc<Chunk>> {
        self.inner.kept.get(chunk)
    }

    /// Reads a chunk from the disk, without its masks, and does not keep it: for walks over the whole cube, which would
    /// push out of memory what the user looks at.
    ///
    /// # Errors
    /// As [`Cube::chunk`].
    pub fn decode(&self, chunk: (u32, u32)) -> Result<Chunk, CubeError> {
        let masks = if self.inner.made.mask_applies { self.decode_masks(chunk) } else { Ok(None) };
        let mut decoded = self.decode_with(chunk, masks)?;
        decoded.masks = None;
        Ok(decoded)
    }

    /// The pixels of a chunk under these masks of it.
    fn decode_with(
        &self,
        chunk: (u32, u32),
        masks: Result<Option<Masks>, CubeError>,
    ) -> Result<Chunk, CubeError> {
        let window = self.chunk_window(chunk);
        if window.pixels() == 0 {
            let (across, down) = self.chunk_counts();
            return Err(self.unreadable(format!("it has {across} x {down} chunks, and no chunk {chunk:?}")));
        }
        let mut decoded = self.decode_window(chunk, window)?;
        decoded.masks = match masks {
            Ok(masks) => masks.map(Ok),
            // Composites hold nothing but clear pixels: they do not need their masks.
            Err(damage @ CubeError::Damaged { .. }) if !self.inner.made.mask_applies => {
                Some(Err(damage.to_string()))
            }
            Err(error) => return Err(error),
        };
        if self.inner.made.mask_applies {
            decoded.apply_masks();
        }
        Ok(decoded)
    }

    /// The chunk as it is stored, its mask not applied.
    pub(super) fn decode_as_stored(&self, chunk: (u32, u32)) -> Result<Chunk, CubeError> {
        self.decode_window(chunk, self.chunk_window(chunk))
    }

    fn decode_window(&self, chunk: (u32, u32), window: Window) -> Result<Chunk, CubeError> {
        let pixels =
            self.inner.read(chunk, window).map_err(|fault| self.fault(&self.inner.data, chunk, fault))?;
        Ok(Chunk { window, pixels, masks: None })
    }

    /// Why a chunk cannot be read: the fault, and the place along time where it was met.
    fn fault(&self, shards: &Shards, chunk: (u32, u32), (time, fault): (u64, Fault)) -> CubeError {
        let shard = shards.key((time, chunk.0, chunk.1));
        let path = self.inner.path.clone();
        match fault {
            Fault::Damaged(why) => CubeError::Damaged { path, chunk, why: format!("{shard}: {why}") },
            Fault::Missing if !path.join("zarr.json").exists() => CubeError::Gone { path },
            Fault::Missing => {
                CubeError::Damaged { path, chunk, why: format!("{shard}: the file is missing") }
            }
            Fault::Unreadable(why) => CubeError::Read { path, why: format!("{shard}: {why}") },
        }
    }

    /// Why the pixels of a chunk have no clear observation (as [`super::PixelState`]), and how many they have, both
    /// `[T][height][width]`; `None` where the cube has no masks. Blocks on the disk.
    ///
    /// # Errors
    /// As [`Cube::chunk`].
    pub fn decode_masks(&self, chunk: (u32, u32)) -> Result<Option<Masks>, CubeError> {
        let Some((states, counts)) = &self.inner.masks else { return Ok(None) };
        let window = self.chunk_window(chunk);
        let read = |shards: &Shards, absent: u8| {
            let planes = self.inner.planes(shards, chunk, window, 1, &[absent]);
            planes.map_err(|fault| self.fault(shards, chunk, fault))
        };
        Ok(Some(Masks { states: read(states, PixelState::NotObserved as u8)?, counts: read(counts, 0)? }))
    }

    /// Whether the cube says why pixels have no clear observation.
    pub fn has_masks(&self) -> bool {
        self.inner.masks.is_some()
    }

    /// Why the pixels of a chunk have no clear observation at one date (as [`super::PixelState`]), y x x; `None` where the
    /// cube has no masks, or not this date. No more is unpacked than the steps that are stored together with it. Blocks on
    /// the disk.
    ///
    /// # Errors
    /// As [`Cube::chunk`].
    pub fn mask_at(&self, chunk: (u32, u32), time: usize) -> Result<Option<Vec<u8>>, CubeError> {
        let Some((states, _)) = self.inner.masks.as_ref().filter(|_| time < self.inner.times) else {
            return Ok(None);
        };
        let window = self.chunk_window(chunk);
        let kept = self.cached_chunk(chunk).and_then(|kept| {
            let masks = kept.masks.as_ref()?.as_ref().ok()?;
            masks.states.chunks_exact(window.pixels().max(1)).nth(time).map(<[u8]>::to_vec)
        });
        if kept.is_some() {
            return Ok(kept);
        }
        let (piece, within) = ((time / self.inner.chunk_times) as u64, time % self.inner.chunk_times);
        let bytes = states.unpacked((piece, chunk.0, chunk.1));
        let bytes = bytes.map_err(|fault| self.fault(states, chunk, (piece, fault)))?;
        let Some(bytes) = bytes else {
            return Ok(Some(vec![PixelState::NotObserved as u8; window.pixels()]));
        };
        let side = CHUNK as usize;
        let plane = bytes.get(within * side * side..(within + 1) * side * side).unwrap_or_default();
        let rows = plane.chunks_exact(side).take(window.height as usize);
        Ok(Some(rows.flat_map(|row| &row[..window.width as usize]).copied().collect()))
    }

    /// The series of a pixel of a decoded chunk; `col`, `row` are the grid's. A pixel that the chunk does not hold has
    /// no observation.
    pub fn series_in(&self, chunk: &Chunk, col: u32, row: u32) -> Series {
        let mut series = Series::empty(self.inner.times, self.inner.bands);
        if chunk.window.contains(col, row) {
            let pixels = chunk.window.pixels();
            let at = (row - chunk.window.row) as usize * chunk.window.width as usize
                + (col - chunk.window.col) as usize;
            for (value, at) in series.values.iter_mut().zip((at..).step_by(pixels)) {
                *value = chunk.value(at);
            }
        }
        series
    }

    /// The series of a pixel. Blocks on the disk.
    ///
    /// # Errors
    /// [`CubeError::Read`], also for a pixel outside of the grid.
    pub fn series(&self, col: u32, row: u32) -> Result<Series, CubeError> {
        Ok(self.series_and_mask(col, row)?.0)
    }

    /// The series of a pixel if its chunk is in memory. Never waits for the disk.
    pub fn cached_series(&self, col: u32, row: u32) -> Option<Series> {
        let chunk = self.cached_chunk(self.chunk_of(col, row))?;
        chunk.window.contains(col, row).then(|| self.series_in(&chunk, col, row))
    }

    /// What the masks say of a pixel, if its chunk is in memory with them. Never waits for the disk.
    pub fn cached_mask(&self, col: u32, row: u32) -> Option<PixelMask> {
        Self::mask_in(self.cached_chunk(self.chunk_of(col, row))?.as_ref(), col, row)
    }

    /// The series of a pixel and what the masks say of it, where the cube has masks that can be read. Blocks on the disk.
    ///
    /// # Errors
    /// As [`Self::series`].
    pub fn series_and_mask(&self, col: u32, row: u32) -> Result<(Series, Option<PixelMask>), CubeError> {
        if !self.inner.info.grid.window().contains(col, row) {
            return Err(self.unreadable(format!("column {col}, row {row} lies outside of it")));
        }
        let chunk = self.chunk(self.chunk_of(col, row))?;
        Ok((self.series_in(&chunk, col, row), Self::mask_in(&chunk, col, row)))
    }

    fn mask_in(chunk: &Chunk, col: u32, row: u32) -> Option<PixelMask> {
        let masks = chunk.masks.as_ref()?.as_ref().ok().filter(|_| chunk.window.contains(col, row))?;
        let at = (row - chunk.window.row) as usize * chunk.window.width as usize
            + (col - chunk.window.col) as usize;
        let of = |planes: &[u8]| -> Vec<u8> {
            planes.iter().skip(at).step_by(chunk.window.pixels()).copied().collect()
        };
        let states = of(&masks.states).into_iter().map(PixelState::of).collect();
        Some(PixelMask { states, counts: of(&masks.counts) })
    }

    pub(super) fn unreadable(&self, why: String) -> CubeError {
        CubeError::Read { path: self.inner.path.clone(), why }
    }
}

impl Inner {
    /// Reads and unpacks a chunk, cut to `window`; an error comes with the place along time.
    fn read(&self, chunk: (u32, u32), window: Window) -> Result<Pixels, (u64, Fault)> {
        if self.info.pixel_type == PixelType::Float32 {
            let bytes = self.planes(&self.data, chunk, window, self.bands, &f32::NAN.to_le_bytes())?;
            let (floats, _) = bytes.as_chunks::<4>();
            return Ok(Pixels::Floats(floats.iter().map(|float| f32::from_le_bytes(*float)).collect()));
        }
        let bytes = self.planes(&self.data, chunk, window, self.bands, &self.nodata_word.to_le_bytes())?;
        Ok(Pixels::Words(Words::unpacked(bytes, self.nodata_word, self.info.pixel_type)))
    }

    /// The bytes of a chunk's planes (`bands` a step), cut to `window`; `absent` stands for a pixel that is not stored.
    fn planes(
        &self,
        shards: &Shards,
        chunk: (u32, u32),
        window: Window,
        bands: usize,
        absent: &[u8],
    ) -> Result<Vec<u8>, (u64, Fault)> {
        let (side, pixel) = (CHUNK as usize, absent.len());
        let size = self.times * bands * window.pixels() * pixel;
        let mut out = Vec::new();
        for (time, first) in (0..self.times).step_by(self.chunk_times).enumerate() {
            let time = time as u64;
            let planes = self.chunk_times.min(self.times - first) * bands;
            let bytes = shards.unpacked((time, chunk.0, chunk.1)).map_err(|why| (time, why))?;
            match bytes {
                // Most chunks are whole and in one piece: that is what was unpacked.
                Some(mut bytes) if out.is_empty() && window.pixels() == side * side => {
                    bytes.truncate(planes * side * side * pixel);
                    out = bytes;
                }
                Some(bytes) => {
                    for plane in bytes.chunks_exact(pixel * side * side).take(planes) {
                        for row in plane.chunks_exact(pixel * side).take(window.height as usize) {
                            out.extend_from_slice(&row[..pixel * window.width as usize]);
                        }
                    }
                }
                None => out.extend(absent.iter().cycle().take(planes * window.pixels() * pixel)),
            }
            out.reserve_exact(size - out.len());
        }
        Ok(out)
    }

    fn open(path: &Path, cache_bytes: usize) -> Result<Self, String> {
        if !path.join("zarr.json").is_file() {
            return Err("there is no cube. Build one with `ritmo cube build`".into());
        }
        let damaged = |what: &str, why: String| {
            format!(
                "{what} is damaged or of a kind Ritmo does not know ({why}). Build the cube again from its mosaics"
            )
        };
        let mut options = FilesystemStoreOptions::default();
        options.file_handle_cache_size(OPEN_FILES);
        let store =
            Arc::new(FilesystemStore::new_with_options(path, options).map_err(|error| error.to_string())?);

        let group = zarrs::group::Group::open(Arc::clone(&store), "/")
            .map_err(|error| damaged("zarr.json", error.to_string()))?;
        let attributes = group
            .attributes()
            .get("ritmo")
            .ok_or("it is a Zarr store, but not one that Ritmo built. Build a cube from mosaics with `ritmo cube build`")?;
        let version = attributes.get("version").and_then(serde_json::Value::as_u64);
        if version.is_some_and(|version| version > u64::from(VERSION)) {
            return Err("a newer version of Ritmo made it. Install that one, or build the cube again".into());
        }
        let attributes = StoreAttributes::deserialize(attributes)
            .map_err(|error| damaged("zarr.json", error.to_string()))?;

        let place = Array::open(Arc::clone(&store), "/spatial_ref")
            .map_err(|error| damaged("spatial_ref", error.to_string()))?;
        let text = |key: &str| place.attributes().get(key).and_then(serde_json::Value::as_str);
        let crs = Crs::from_wkt(text("crs_wkt").unwrap_or_default())
            .map_err(|error| damaged("spatial_ref", error.to_string()))?;
        let geotransform: Vec<f64> =
            text("GeoTransform").unwrap_or_default().split_whitespace().flat_map(str::parse).collect();

        let data =
            Array::open(Arc::clone(&store), "/data").map_err(|error| damaged("data", error.to_string()))?;
        let pixel_type = if data.data_type() == &zarrs::array::data_type::int16() {
            PixelType::Int16
        } else if data.data_type() == &zarrs::array::data_type::uint16() {
            PixelType::Uint16
        } else if data.data_type() == &zarrs::array::data_type::float32() {
            PixelType::Float32
        } else {
            return Err(damaged("data", format!("its pixels are {:?}", data.data_type())));
        };
        let (times, bands) = (attributes.dates.len(), attributes.bands.len());
        let &[shape_times, shape_bands, height, width] = data.shape() else {
            return Err(damaged("data", format!("it has {} dimensions", data.shape().len())));
        };
        // Steps that are being added are there before they are told of.
        if shape_times < times as u64 || shape_bands != bands as u64 || times == 0 || bands == 0 {
            return Err(damaged(
                "data",
                format!("{times} dates and {bands} bands are named, {shape_times} and {shape_bands} stored"),
            ));
        }
        if !attributes.dates.is_sorted_by(|a, b| a < b) {
            return Err(damaged("zarr.json", "its dates are not in order".into()));
        }
        let chunk_times = data
            .chunk_shape(&[0; 4])
            .ok()
            .and_then(|shape| usize::try_from(shape.first()?.get()).ok())
            .ok_or_else(|| damaged("data", "its chunks have no size".into()))?;
        let &[left, pixel_width, skew_x, top, skew_y, pixel_height] = geotransform.as_slice() else {
            return Err(damaged("spatial_ref", "it has no GeoTransform".into()));
        };
        let is_north_up = skew_x == 0.0 && skew_y == 0.0 && pixel_width > 0.0 && pixel_height < 0.0;
        let (Ok(width @ 1..), Ok(height @ 1..)) = (u32::try_from(width), u32::try_from(height)) else {
            return Err(damaged("data", format!("it has {width} x {height} pixels")));
        };
        if !is_north_up || !geotransform.iter().all(|n| n.is_finite()) {
            return Err(damaged("spatial_ref", "its grid is not north-up".into()));
        }
        let nodata = attributes.nodata.unwrap_or(f64::NAN);
        let nodata_word = match pixel_type {
            PixelType::Float32 => 0,
            _ => word_of(nodata, pixel_type)
                .ok_or_else(|| damaged("zarr.json", format!("nodata {nodata} is no {pixel_type:?}")))?,
        };
        let made = attributes.made;
        let data =
            Shards::new(data, chunk_times, bands * pixel_type.bytes()).map_err(|why| damaged("data", why))?;
        let masks = if made.has_mask {
            let open = |name: &str| {
                let array = Array::open(Arc::clone(&store), &format!("/{name}"))
                    .map_err(|error| damaged(name, error.to_string()))?;
                if array.data_type() != &zarrs::array::data_type::uint8()
                    || array.shape() != [shape_times, height.into(), width.into()]
                {
                    return Err(damaged(name, "it does not fit the data".into()));
                }
                Shards::new(array, chunk_times, 1).map_err(|why| damaged(name, why))
            };
            Some((open("mask")?, open("clear_count")?))
        } else {
            None
        };

        let info = CubeInfo {
            grid: Grid { crs, left, top, pixel_width, pixel_height: -pixel_height, width, height },
            bands: attributes.bands,
            dates: attributes.dates,
            pixel_type,
            nodata,
            origin: attributes.origin,
        };
        let kept = ChunkCache::new(cache_bytes);
        let mosaics = MosaicPool::new(path, &info.dates);
        Ok(Self {
            path: path.to_owned(),
            info,
            made,
            times,
            bands,
            chunk_times,
            nodata_word,
            data,
            masks,
            kept,
            mosaics,
        })
    }
}

/// The stored word of a value, if the pixel type has it.
pub(super) fn word_of(value: f64, pixel_type: PixelType) -> Option<u16> {
    if value.fract() != 0.0 {
        return None;
    }
    match pixel_type {
        PixelType::Int16 if (-32_768.0..=32_767.0).contains(&value) => Some((value as i16).cast_unsigned()),
        PixelType::Uint16 if (0.0..=65_535.0).contains(&value) => Some(value as u16),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::tests::{Input, values_of};

    #[test]
    fn a_series_reads_no_chunk_but_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let input = Input { width: 200, height: 130, ..Input::default() };
        let cube = input.build(folder.path());
        let shard = cube.path().join(cube.inner.data.key((0, 2, 1)).as_str());
        let packed = cube.inner.data.packed((0, 2, 1)).unwrap().unwrap();
        let mut bytes = std::fs::read(&shard).unwrap();
        let start = bytes.windows(packed.len()).position(|part| part == packed).unwrap();
        // Four across and three down, two numbers of eight bytes each, a checksum of four.
        let index = bytes.len() - (4 * 3 * 16 + 4);
        bytes[..start].fill(0);
        bytes[start + packed.len()..index].fill(0);
        std::fs::write(&shard, bytes).unwrap();

        let cube = Cube::open(cube.path()).unwrap();
        assert!(cube.cached_series(130, 70).is_none());
        let series = cube.series(130, 70).unwrap();
        assert_eq!(values_of(&series), input.expected(130, 70));
        assert!(cube.cached_chunk((2, 1)).is_some());
        for other in [(0, 0), (1, 1), (3, 1), (2, 2)] {
            assert!(matches!(cube.chunk(other), Err(CubeError::Damaged { chunk, .. }) if chunk == other));
        }
    }

    #[test]
    fn a_chunk_without_observations_is_left_out_of_its_shard_and_read_as_gaps() {
        let folder = tempfile::tempdir().unwrap();
        let cube = Input { gaps_every: 1, ..Input::default() }.build(folder.path());
        assert!(cube.inner.data.packed((0, 0, 0)).unwrap().is_none());
        assert!(values_of(&cube.series(69, 65).unwrap()).iter().all(Option::is_none));
    }

    #[test]
    fn a_word_exists_for_whole_values_of_the_type_only() {
        assert_eq!(word_of(-9999.0, PixelType::Int16), Some(55_537));
        assert_eq!(word_of(65_535.0, PixelType::Uint16), Some(65_535));
        for (value, kind) in [
            (-1.0, PixelType::Uint16),
            (40_000.0, PixelType::Int16),
            (0.5, PixelType::Int16),
            (f64::NAN, PixelType::Int16),
            (f64::INFINITY, PixelType::Uint16),
        ] {
            assert_eq!(word_of(value, kind), None, "{value}");
        }
    }
}
