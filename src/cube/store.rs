//! The store: Zarr v3, `[time, band, y, x]`, chunks `[T, B, 64, 64]` in shards, blosc lz4 bit-shuffle.

use super::Band;
use crate::geo::raster::PixelType;
use crate::geo::{Grid, Window};
use crate::progress::Cancelled;
use chrono::NaiveDate;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What can go wrong with a cube. Each says what was tried, on which file, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum CubeError {
    /// The store cannot be read.
    #[error("cannot read the cube {path}: {why}")]
    Read { path: PathBuf, why: String },
    /// The store cannot be written.
    #[error("cannot write the cube {path}: {why}")]
    Write { path: PathBuf, why: String },
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

/// An open cube. Cheap to clone; shared between threads. Decoded chunks are kept up to a bound in bytes.
#[derive(Clone)]
pub struct Cube {
    _inner: Arc<()>,
}

impl Cube {
    /// Opens a store folder.
    ///
    /// # Errors
    /// [`CubeError::Read`] when it is absent, damaged, or no cube.
    pub fn open(_path: &Path) -> Result<Self, CubeError> {
        todo!()
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        todo!()
    }

    /// What it says of itself.
    pub fn info(&self) -> &CubeInfo {
        todo!()
    }

    /// Chunks across and down.
    pub fn chunk_counts(&self) -> (u32, u32) {
        todo!()
    }

    /// The pixels of chunk (across, down).
    pub fn chunk_window(&self, _chunk: (u32, u32)) -> Window {
        todo!()
    }

    /// Reads a chunk, from memory where it is kept there. Blocks on the disk: not for the window's thread.
    ///
    /// # Errors
    /// [`CubeError::Read`] when the chunk is damaged.
    pub fn chunk(&self, _chunk: (u32, u32)) -> Result<Arc<Chunk>, CubeError> {
        todo!()
    }

    /// The chunk if it is in memory. Never waits for the disk.
    pub fn cached_chunk(&self, _chunk: (u32, u32)) -> Option<Arc<Chunk>> {
        todo!()
    }

    /// A raw word as a value, NaN for "no observation".
    pub fn value(&self, _word: u16) -> f32 {
        todo!()
    }

    /// The series of a pixel of a decoded chunk; `col`, `row` are the grid's.
    pub fn series_in(&self, _chunk: &Chunk, _col: u32, _row: u32) -> Series {
        todo!()
    }

    /// The series of a pixel. Blocks on the disk.
    ///
    /// # Errors
    /// [`CubeError::Read`].
    pub fn series(&self, _col: u32, _row: u32) -> Result<Series, CubeError> {
        todo!()
    }

    /// The series of a pixel if its chunk is in memory. Never waits for the disk.
    pub fn cached_series(&self, _col: u32, _row: u32) -> Option<Series> {
        todo!()
    }
}
