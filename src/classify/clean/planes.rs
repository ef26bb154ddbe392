//! Planes of a cleaned map on their way to its files.

use super::run::paste;
use crate::files::{read_at, write_at};
use crate::geo::{GeoError, Window};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Planes, block by block, in a file without a name: it is gone with the program, however that ends.
pub(super) struct Planes {
    file: File,
    folder: PathBuf,
    whole: Window,
    side: u32,
    count: usize,
}

impl Planes {
    /// So many planes over `whole`, in blocks of `side`, in a folder.
    ///
    /// # Errors
    /// [`GeoError::Write`].
    pub(super) fn new(folder: &Path, whole: Window, side: u32, count: usize) -> Result<Self, GeoError> {
        let file = tempfile::tempfile_in(folder)
            .map_err(|error| GeoError::Write { path: folder.into(), why: error.to_string() })?;
        Ok(Self { file, folder: folder.into(), whole, side, count })
    }

    /// Where a plane of a block begins in the file.
    fn place(&self, plane: usize, block: Window) -> u64 {
        let across = u64::from(self.whole.width.div_ceil(self.side));
        let number = u64::from(block.row / self.side) * across + u64::from(block.col / self.side);
        let side = u64::from(self.side);
        number * self.count as u64 * side * side + (plane * block.pixels()) as u64
    }

    /// Keeps the planes of a block, one after another.
    ///
    /// # Errors
    /// [`GeoError::Write`] for a full disk.
    pub(super) fn keep(&self, block: Window, planes: &[u8]) -> Result<(), GeoError> {
        write_at(&self.file, planes, self.place(0, block))
            .map_err(|error| GeoError::Write { path: self.folder.clone(), why: error.to_string() })
    }

    /// Fills in a window of a plane.
    ///
    /// # Errors
    /// [`GeoError::Read`].
    pub(super) fn read(&self, plane: usize, window: Window, out: &mut [u8]) -> Result<(), GeoError> {
        let side = self.side;
        let (right, bottom) = (window.col + window.width, window.row + window.height);
        let mut values = Vec::new();
        for row in (window.row / side * side..bottom).step_by(side as usize) {
            for col in (window.col / side * side..right).step_by(side as usize) {
                let block = Window { col, row, width: side, height: side }.cut_to(self.whole);
                values.resize(block.pixels(), 0);
                read_at(&self.file, &mut values, self.place(plane, block))
                    .map_err(|error| GeoError::Read { path: self.folder.clone(), why: error.to_string() })?;
                paste(&values, block, block.cut_to(window), out, window);
            }
        }
        Ok(())
    }
}
