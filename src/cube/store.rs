//! The store: Zarr v3, `[time, band, y, x]`, chunks `[T, B, 64, 64]` in shards, blosc lz4 bit-shuffle.

use super::cache::ChunkCache;
use super::shards::Shards;
use super::{Band, CHUNK};
use crate::geo::raster::PixelType;
use crate::geo::{Crs, Grid, Window};
use crate::progress::Cancelled;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zarrs::array::codec::bytes_to_bytes::blosc::{blosc_decompress_bytes, blosc_validate};
use zarrs::array::{Array, ArrayShardedExt};
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
    shards: Shards,
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
        let words = self.inner.read(chunk, window).map_err(|why| {
            let shard = self.inner.shards.key(chunk);
            self.unreadable(format!(
                "chunk {chunk:?} in {shard} is damaged ({why}). Build the cube again from its mosaics"
            ))
        })?;
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

impl Inner {
    /// Reads and unpacks a chunk, cut to `window`.
    fn read(&self, chunk: (u32, u32), window: Window) -> Result<Vec<u16>, String> {
        let side = CHUNK as usize;
        let planes = self.times * self.bands;
        let Some(packed) = self.shards.packed(chunk)? else {
            return Ok(vec![self.nodata_word; planes * window.pixels()]);
        };
        let size = 2 * planes * side * side;
        if blosc_validate(&packed) != Some(size) {
            return Err("it does not unpack to its size".into());
        }
        let bytes = blosc_decompress_bytes(&packed, size, 1).map_err(|error| error.to_string())?;
        if bytes.len() != size {
            return Err("it does not unpack to its size".into());
        }
        let mut words = Vec::with_capacity(planes * window.pixels());
        for plane in bytes.chunks_exact(2 * side * side) {
            for row in plane.chunks_exact(2 * side).take(window.height as usize) {
                let (pairs, _) = row.as_chunks::<2>();
                words.extend(pairs.iter().take(window.width as usize).map(|pair| u16::from_le_bytes(*pair)));
            }
        }
        Ok(words)
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
        let (Ok(width @ 1..), Ok(height @ 1..)) = (u32::try_from(width), u32::try_from(height)) else {
            return Err(damaged("data", format!("it has {width} x {height} pixels")));
        };
        if !is_north_up || !geotransform.iter().all(|n| n.is_finite()) {
            return Err(damaged("spatial_ref", "its grid is not north-up".into()));
        }
        let nodata_word = word_of(attributes.nodata, pixel_type).ok_or_else(|| {
            damaged("zarr.json", format!("nodata {} is no {pixel_type:?}", attributes.nodata))
        })?;
        let shards = Shards::new(data).map_err(|why| damaged("data", why))?;

        let info = CubeInfo {
            grid: Grid { crs, left, top, pixel_width, pixel_height: -pixel_height, width, height },
            bands: attributes.bands.into_iter().map(Band::named).collect(),
            dates: attributes.dates,
            pixel_type,
            nodata: attributes.nodata,
            origin: attributes.origin,
        };
        let kept = ChunkCache::new(cache_bytes);
        Ok(Self { path: path.to_owned(), info, times, bands, nodata_word, shards, kept })
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
        let shard = cube.path().join(cube.inner.shards.key((2, 1)).as_str());
        let packed = cube.inner.shards.packed((2, 1)).unwrap().unwrap();
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
            assert!(matches!(cube.chunk(other), Err(CubeError::Read { .. })), "{other:?}");
        }
    }

    #[test]
    fn a_chunk_without_observations_is_left_out_of_its_shard_and_read_as_gaps() {
        let folder = tempfile::tempdir().unwrap();
        let cube = Input { gaps_every: 1, ..Input::default() }.build(folder.path());
        assert!(cube.inner.shards.packed((0, 0)).unwrap().is_none());
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
