//! The store: Zarr v3, `[time, band, y, x]`, chunks `[T, B, 64, 64]` in shards, blosc lz4 bit-shuffle.

use super::cache::ChunkCache;
use super::{Band, CHUNK};
use crate::geo::raster::PixelType;
use crate::geo::{Crs, Grid, Window};
use crate::progress::Cancelled;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zarrs::array::{
    Array, ArrayBytes, ArrayShardedExt, ArrayShardedReadableExt, ArrayShardedReadableExtCache, CodecOptions,
};
use zarrs::filesystem::{FilesystemStore, FilesystemStoreOptions};

/// What can go wrong with a cube. Each says what was tried, on which file, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum CubeError {
    /// The store cannot be read.
    #[error("cannot read the cube {path}: {why}")]
    Read { path: PathBuf, why: String },
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
}

/// One decoded chunk: `[T][B][height][width]` raw 16-bit words.
#[derive(Debug)]
pub struct Chunk {
    /// Which pixels it covers (edge chunks are cut to the grid).
    pub window: Window,
    /// Raw words, int16 by its bit pattern; read them through [`Cube::value`].
    pub words: Vec<u16>,
}

/// Version of the store that this program writes.
pub(super) const VERSION: u32 = 1;

/// What the group's attributes hold under `ritmo`; the grid stands in `spatial_ref`, the sizes in `data`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoreAttributes {
    pub version: u32,
    pub bands: Vec<String>,
    pub dates: Vec<NaiveDate>,
    pub nodata: f64,
    pub origin: Option<String>,
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
    /// Steps and bands in a chunk.
    times: usize,
    bands: usize,
    nodata_word: u16,
    data: Array<FilesystemStore>,
    shard_indices: ArrayShardedReadableExtCache,
    kept: ChunkCache,
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

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// What it says of itself.
    pub fn info(&self) -> &CubeInfo {
        &self.inner.info
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

    /// Reads a chunk, from memory where it is kept there. Blocks on the disk: not for the window's thread.
    ///
    /// # Errors
    /// [`CubeError::Read`] when the chunk is damaged, or there is no such chunk.
    pub fn chunk(&self, chunk: (u32, u32)) -> Result<Arc<Chunk>, CubeError> {
        if let Some(kept) = self.cached_chunk(chunk) {
            return Ok(kept);
        }
        let read = Arc::new(self.decode(chunk)?);
        self.inner.kept.keep(chunk, &read);
        Ok(read)
    }

    /// The chunk if it is in memory. Never waits for the disk.
    pub fn cached_chunk(&self, chunk: (u32, u32)) -> Option<Arc<Chunk>> {
        self.inner.kept.get(chunk)
    }

    /// Reads a chunk from the disk and does not keep it: for walks over the whole cube, which would push out
    /// of memory what the user looks at.
    ///
    /// # Errors
    /// As [`Cube::chunk`].
    pub fn decode(&self, chunk: (u32, u32)) -> Result<Chunk, CubeError> {
        let window = self.chunk_window(chunk);
        if window.pixels() == 0 {
            let (across, down) = self.chunk_counts();
            return Err(self.unreadable(format!("it has {across} x {down} chunks, and no chunk {chunk:?}")));
        }
        // Callers read many chunks in parallel: one chunk is one thread's work.
        let options = CodecOptions::default().with_concurrent_target(1);
        let indices = [0, 0, u64::from(chunk.1), u64::from(chunk.0)];
        let whole = self
            .inner
            .data
            .retrieve_subchunk_opt::<ArrayBytes>(&self.inner.shard_indices, &indices, &options)
            .map_err(|error| error.to_string())
            .and_then(|bytes| bytes.into_fixed().map_err(|error| error.to_string()))
            .map_err(|why| {
                let shard = self.inner.data.shard_file(chunk);
                self.unreadable(format!(
                    "chunk {chunk:?} in {shard} is damaged ({why}). Build the cube again from its mosaics"
                ))
            })?;
        let whole: Vec<u16> = zarrs::array::transmute_from_bytes_vec(whole.into_owned());
        let side = CHUNK as usize;
        let planes = self.inner.times * self.inner.bands;
        if whole.len() != planes * side * side {
            return Err(self.unreadable(format!("chunk {chunk:?} has another size than it should")));
        }
        let (width, height) = (window.width as usize, window.height as usize);
        let words = if (width, height) == (side, side) {
            whole
        } else {
            let planes = whole.chunks_exact(side * side);
            planes
                .flat_map(|plane| plane.chunks_exact(side).take(height))
                .flat_map(|row| &row[..width])
                .copied()
                .collect()
        };
        Ok(Chunk { window, words })
    }

    /// A raw word as a value, NaN for "no observation".
    #[inline]
    pub fn value(&self, word: u16) -> f32 {
        if word == self.inner.nodata_word {
            f32::NAN
        } else if self.inner.info.pixel_type == PixelType::Int16 {
            f32::from(word.cast_signed())
        } else {
            f32::from(word)
        }
    }

    /// The series of a pixel of a decoded chunk; `col`, `row` are the grid's. A pixel that the chunk does not hold has
    /// no observation.
    pub fn series_in(&self, chunk: &Chunk, col: u32, row: u32) -> Series {
        let mut series = Series::empty(self.inner.times, self.inner.bands);
        if chunk.window.contains(col, row) {
            let pixels = chunk.window.pixels();
            let at = (row - chunk.window.row) as usize * chunk.window.width as usize
                + (col - chunk.window.col) as usize;
            let words = chunk.words.iter().skip(at).step_by(pixels);
            for (value, word) in series.values.iter_mut().zip(words) {
                *value = self.value(*word);
            }
        }
        series
    }

    /// The series of a pixel. Blocks on the disk.
    ///
    /// # Errors
    /// [`CubeError::Read`], also for a pixel outside of the grid.
    pub fn series(&self, col: u32, row: u32) -> Result<Series, CubeError> {
        if !self.inner.info.grid.window().contains(col, row) {
            return Err(self.unreadable(format!("column {col}, row {row} lies outside of it")));
        }
        Ok(self.series_in(self.chunk(self.chunk_of(col, row))?.as_ref(), col, row))
    }

    /// The series of a pixel if its chunk is in memory. Never waits for the disk.
    pub fn cached_series(&self, col: u32, row: u32) -> Option<Series> {
        let chunk = self.cached_chunk(self.chunk_of(col, row))?;
        chunk.window.contains(col, row).then(|| self.series_in(&chunk, col, row))
    }

    pub(super) fn unreadable(&self, why: String) -> CubeError {
        CubeError::Read { path: self.inner.path.clone(), why }
    }
}

/// The shard's file, for people.
trait ShardFile {
    fn shard_file(&self, chunk: (u32, u32)) -> String;
}

impl ShardFile for Array<FilesystemStore> {
    fn shard_file(&self, chunk: (u32, u32)) -> String {
        match self.chunk_shape(&[0, 0, 0, 0]) {
            Ok(shape) => {
                let [down, across] = [2, 3].map(|axis: usize| shape.get(axis).map_or(1, |side| side.get()));
                let indices = [0, 0, u64::from(chunk.1 * CHUNK) / down, u64::from(chunk.0 * CHUNK) / across];
                self.chunk_key(&indices).to_string()
            }
            Err(_) => "data".into(),
        }
    }
}

impl Inner {
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
        } else {
            return Err(damaged("data", format!("its pixels are {:?}", data.data_type())));
        };
        let (times, bands) = (attributes.dates.len(), attributes.bands.len());
        let &[shape_times, shape_bands, height, width] = data.shape() else {
            return Err(damaged("data", format!("it has {} dimensions", data.shape().len())));
        };
        if (shape_times, shape_bands) != (times as u64, bands as u64) || times == 0 || bands == 0 {
            return Err(damaged(
                "data",
                format!("{times} dates and {bands} bands are named, {shape_times} and {shape_bands} stored"),
            ));
        }
        if !attributes.dates.is_sorted_by(|a, b| a < b) {
            return Err(damaged("zarr.json", "its dates are not in order".into()));
        }
        let side = u64::from(CHUNK);
        let chunk = data.subchunk_shape().map(|shape| shape.iter().map(|n| n.get()).collect::<Vec<_>>());
        if !data.is_exclusively_sharded() || chunk != Some(vec![shape_times, shape_bands, side, side]) {
            return Err(damaged("data", format!("its chunks are {chunk:?}")));
        }
        let &[left, pixel_width, skew_x, top, skew_y, pixel_height] = geotransform.as_slice() else {
            return Err(damaged("spatial_ref", "it has no GeoTransform".into()));
        };
        let is_north_up = skew_x == 0.0 && skew_y == 0.0 && pixel_width > 0.0 && pixel_height < 0.0;
        let (Ok(width), Ok(height)) = (u32::try_from(width), u32::try_from(height)) else {
            return Err(damaged("data", format!("it has {width} x {height} pixels")));
        };
        if !is_north_up || !geotransform.iter().all(|n| n.is_finite()) || width == 0 || height == 0 {
            return Err(damaged("spatial_ref", "its grid is not north-up".into()));
        }
        let nodata_word = word_of(attributes.nodata, pixel_type).ok_or_else(|| {
            damaged("zarr.json", format!("nodata {} is no {pixel_type:?}", attributes.nodata))
        })?;
        check_shards(&data, path).map_err(|why| damaged("data", why))?;

        let info = CubeInfo {
            grid: Grid { crs, left, top, pixel_width, pixel_height: -pixel_height, width, height },
            bands: attributes.bands.into_iter().map(|name| Band { name }).collect(),
            dates: attributes.dates,
            pixel_type,
            nodata: attributes.nodata,
            origin: attributes.origin,
        };
        let shard_indices = ArrayShardedReadableExtCache::new(&data);
        let kept = ChunkCache::new(cache_bytes);
        Ok(Self { path: path.to_owned(), info, times, bands, nodata_word, data, shard_indices, kept })
    }
}

/// Sees to it that every shard is there: Zarr would read an absent one as "no observation".
fn check_shards(data: &Array<FilesystemStore>, path: &Path) -> Result<(), String> {
    let &[_, _, down, across] = data.chunk_grid_shape() else { return Err("it has no shards".into()) };
    for (row, col) in (0..down).flat_map(|row| (0..across).map(move |col| (row, col))) {
        let key = data.chunk_key(&[0, 0, row, col]);
        if !path.join(key.as_str()).is_file() {
            return Err(format!("{key} is missing"));
        }
    }
    Ok(())
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
