//! Classifying a part of a cube, as finely as it is looked at.

use super::ClassifyError;
use super::fit::Fit;
use super::run::{NODATA, classify_chunk};
use crate::cube::{Cube, CubeError, CubeInfo};
use crate::geo::Window;
use crate::model::{Model, ModelCard, ModelError};
use crate::progress::Cancel;

/// Classes of a part of a grid: of each block of `stride` x `stride` pixels, that of one in its middle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The pixels it covers.
    pub window: Window,
    /// Pixels along a block, counted from the corner of the window.
    pub stride: u32,
    /// A code a block, row by row: 255 where the pixel has no class. Blocks at the right and lower edge are cut.
    pub codes: Vec<u8>,
    /// How undecided the model is there: entropy, 0 to 250; 255 where the pixel has no class.
    pub entropy: Vec<u8>,
}

impl Part {
    /// Blocks in a row.
    pub fn across(&self) -> usize {
        self.window.width.div_ceil(self.stride) as usize
    }

    /// Puts the codes where they belong on a grid of so many columns: every pixel of a block gets the block's code.
    pub fn place(&self, codes: &mut [u8], columns: u32) {
        self.put(&self.codes, codes, columns);
    }

    /// The same with the entropy.
    pub fn place_entropy(&self, entropy: &mut [u8], columns: u32) {
        self.put(&self.entropy, entropy, columns);
    }

    fn put(&self, blocks: &[u8], codes: &mut [u8], columns: u32) {
        let Window { col, row, width, height } = self.window;
        let stride = self.stride as usize;
        let rows = blocks.chunks_exact(self.across().max(1));
        for (i, y) in (row as usize..(row + height) as usize).enumerate() {
            let Some(from) = rows.clone().nth(i / stride) else { return };
            let start = y * columns as usize + col as usize;
            let Some(to) = codes.get_mut(start..start + width as usize) else { return };
            match stride {
                1 => to.copy_from_slice(from),
                _ => to.chunks_mut(stride).zip(from).for_each(|(to, code)| to.fill(*code)),
            }
        }
    }
}

/// Whether a model can map a cube.
///
/// # Errors
/// What it needs that the cube has not.
pub fn fits(card: &ModelCard, info: &CubeInfo) -> Result<(), ModelError> {
    Fit::of(card, info).map(drop)
}

/// Classifies, of each block of `stride` x `stride` pixels of a window, one pixel in its middle. Works on this thread. A damaged
/// chunk has no class.
///
/// # Errors
/// When the model does not fit the cube, the cube cannot be read, or it is cancelled.
pub fn classify_part(
    cube: &Cube,
    model: &Model,
    window: Window,
    stride: u32,
    cancel: &Cancel,
) -> Result<Part, ClassifyError> {
    let info = cube.info();
    let fit = Fit::of(&model.card, info)?;
    let (window, stride) = (window.cut_to(info.grid.window()), stride.max(1));
    let mut part = Part { window, stride, codes: Vec::new(), entropy: Vec::new() };
    let (across, down) = (part.across(), window.height.div_ceil(stride) as usize);
    part.codes = vec![NODATA; across * down];
    part.entropy = part.codes.clone();
    // Which blocks lie in which chunk, in order of chunks.
    let middle = |start: u32, i: usize, end: u32| (start + i as u32 * stride + stride / 2).min(end - 1);
    let mut blocks: Vec<_> = (0..across * down)
        .map(|block| {
            let col = middle(window.col, block % across, window.col + window.width);
            let row = middle(window.row, block / across, window.row + window.height);
            let (x, y) = cube.chunk_of(col, row);
            ((y, x), block, (col, row))
        })
        .collect();
    blocks.sort_by_key(|(chunk, ..)| *chunk);
    for here in blocks.chunk_by(|a, b| a.0 == b.0) {
        let (y, x) = here[0].0;
        cancel.check()?;
        let cached = cube.cached_chunk((x, y));
        let decoded;
        let chunk = match &cached {
            Some(cached) => cached,
            None => match cube.decode((x, y)) {
                Err(CubeError::Damaged { .. }) => continue,
                other => {
                    decoded = other?;
                    &decoded
                }
            },
        };
        let within = |&(_, _, (col, row)): &(_, _, (u32, u32))| {
            ((row - chunk.window.row) * chunk.window.width + col - chunk.window.col) as usize
        };
        let chosen: Vec<usize> = here.iter().map(within).collect();
        let all = chunk.window.pixels();
        let map = match chosen.len() == all && chosen.is_sorted() {
            true => classify_chunk(chunk, &fit, model, &|_| (), cancel)?,
            false => classify_chunk(&chunk.thinned(&chosen), &fit, model, &|_| (), cancel)?,
        };
        for (((_, block, _), code), entropy) in here.iter().zip(&map.codes).zip(map.entropy()) {
            (part.codes[*block], part.entropy[*block]) = (*code, entropy);
        }
    }
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn a_part_has_the_classes_of_the_whole_map_at_the_middles_of_its_blocks() {
        let folder = tempfile::tempdir().unwrap();
        let cube = testing::cube(folder.path());
        let (model, _) = testing::model(&cube);
        let grid = cube.info().grid.clone();
        for (window, stride) in [
            (grid.window(), 1),
            (grid.window(), 4),
            (Window { col: 3, row: 5, width: 70, height: 9 }, 1),
            (Window { col: 60, row: 2, width: 11, height: 13 }, 4),
            (grid.window(), 64),
        ] {
            let part = classify_part(&cube, &model, window, stride, &Cancel::new()).unwrap();
            let mut codes = vec![9; grid.pixels()];
            part.place(&mut codes, grid.width);
            for (row, col) in (0..grid.height).flat_map(|row| (0..grid.width).map(move |col| (row, col))) {
                let found = codes[(row * grid.width + col) as usize];
                if !window.contains(col, row) {
                    assert_eq!(found, 9, "nothing beside the window is touched");
                    continue;
                }
                let block = (col - window.col) / stride * stride + stride / 2;
                let middle = (window.col + block).min(window.col + window.width - 1);
                assert_eq!(found, testing::class_at(middle), "{window:?} by {stride}, pixel {col} {row}");
            }
        }
    }

    #[test]
    fn a_part_beside_the_cube_is_empty_and_one_that_is_cancelled_fails() {
        let folder = tempfile::tempdir().unwrap();
        let cube = testing::cube(folder.path());
        let (model, _) = testing::model(&cube);
        let beside = Window { col: 5000, row: 0, width: 64, height: 64 };
        let cancel = Cancel::new();
        let part = classify_part(&cube, &model, beside, 4, &cancel).unwrap();
        assert!(part.codes.is_empty());
        part.place(&mut [], 80);
        cancel.cancel();
        let window = cube.info().grid.window();
        let cancelled = classify_part(&cube, &model, window, 1, &cancel);
        assert!(matches!(cancelled, Err(ClassifyError::Cancelled(_))));
    }

    #[test]
    fn a_model_of_other_dates_does_not_fit_and_it_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let cube = testing::cube(folder.path());
        let (model, _) = testing::model(&cube);
        fits(&model.card, cube.info()).unwrap();
        let mut other = model.card;
        other.dates.iter_mut().for_each(|date| *date += chrono::TimeDelta::days(100));
        let why = fits(&other, cube.info()).unwrap_err().to_string();
        assert!(why.contains("no date near"), "{why}");
    }
}
