//! Pictures of masks: why pixels have no clear observation at a date.

use super::{Samples, whole};
use crate::cube::{CHUNK, Cube, CubeError, PixelState};
use crate::geo::Window;
use rayon::prelude::*;

/// Chunks that the shares of a date are counted in at most.
const COUNTED: usize = 400;
/// Chunks that a picture is made from at most.
const READ: u32 = 2048;

/// Why pixels have no clear observation, as a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskPicture {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// As [`PixelState`], rows from the top; beyond the grid, and where a chunk is damaged, [`PixelState::Clear`].
    pub states: Vec<u8>,
    /// 1 where every chunk was read. Else it is a sample: of each block of so many chunks across and down the one in the middle
    /// was read, and stands for all of the block.
    pub every: u32,
}

/// The mask of `window` at date `time`, every `step`-th pixel from its corner; `None` where the cube has no masks or not this
/// date. There are no overviews of masks: of a window of more than some thousands of chunks a sample is read, see
/// [`MaskPicture::every`]. Blocks on the disk.
///
/// # Errors
/// When chunks cannot be read or all of them are damaged.
pub fn mask_picture(
    cube: &Cube,
    time: usize,
    window: Window,
    step: u32,
) -> Result<Option<MaskPicture>, CubeError> {
    of_chunks(cube, time, window, step, READ)
}

/// As [`mask_picture`], from at most so many chunks.
fn of_chunks(
    cube: &Cube,
    time: usize,
    window: Window,
    step: u32,
    most: u32,
) -> Result<Option<MaskPicture>, CubeError> {
    if !cube.has_masks() || time >= cube.info().dates.len() {
        return Ok(None);
    }
    let step = step.max(1);
    let (width, height) = (window.width.div_ceil(step) as usize, window.height.div_ceil(step) as usize);
    let mut states = vec![PixelState::Clear as u8; width * height];
    let inside = window.cut_to(cube.info().grid.window());
    if inside.pixels() == 0 {
        return Ok(Some(MaskPicture { width, height, states, every: 1 }));
    }
    let (blocks, every) = blocks(cube, inside, most);
    let read = blocks
        .into_par_iter()
        .filter_map(|block| Some((block, Samples::new(block.pixels.cut_to(inside), window, step)?)))
        .map(|(block, samples)| match cube.mask_at(block.chunk, time) {
            Ok(plane) => Ok(Ok((block, samples, plane.unwrap_or_default()))),
            Err(damage @ CubeError::Damaged { .. }) => Ok(Err(damage)),
            Err(error) => Err(error),
        })
        .collect::<Result<Vec<_>, CubeError>>()?;
    for (block, samples, plane) in whole(read)? {
        let chunk = cube.chunk_window(block.chunk);
        // The chunk that is read fills the whole block.
        let along = |at: u32, start: u32, size: u32, read: u32| {
            (u64::from(at - start) * u64::from(read) / u64::from(size.max(1))) as usize
        };
        for row in 0..samples.rows {
            let y = samples.row + row as u32 * step;
            let line = along(y, block.pixels.row, block.pixels.height, chunk.height) * chunk.width as usize;
            let start = (samples.out_row + row) * width + samples.out_col;
            let to = states.get_mut(start..start + samples.cols).unwrap_or_default();
            for (col, to) in to.iter_mut().enumerate() {
                let x = samples.col + col as u32 * step;
                let at = line + along(x, block.pixels.col, block.pixels.width, chunk.width);
                *to = plane.get(at).copied().unwrap_or(*to);
            }
        }
    }
    Ok(Some(MaskPicture { width, height, states, every }))
}

/// Chunks of which one is read.
#[derive(Debug, Clone, Copy)]
struct Block {
    /// The one in their middle.
    chunk: (u32, u32),
    /// The pixels of all.
    pixels: Window,
}

/// The blocks over a part of the grid, at most so many, and how many chunks each is wide and high.
fn blocks(cube: &Cube, inside: Window, most: u32) -> (Vec<Block>, u32) {
    let first = (inside.col / CHUNK, inside.row / CHUNK);
    let last = ((inside.col + inside.width - 1) / CHUNK, (inside.row + inside.height - 1) / CHUNK);
    let (across, down) = (last.0 - first.0 + 1, last.1 - first.1 + 1);
    let count = |every: u32| u64::from(across.div_ceil(every)) * u64::from(down.div_ceil(every));
    let mut every = 1;
    while count(every) > u64::from(most.max(1)) {
        every += 1;
    }
    let along = |first: u32, last: u32| (first..=last).step_by(every as usize);
    let block = |(col, row): (u32, u32)| {
        let end = ((col + every - 1).min(last.0), (row + every - 1).min(last.1));
        let (from, to) = (cube.chunk_window((col, row)), cube.chunk_window(end));
        let pixels =
            Window { width: to.col + to.width - from.col, height: to.row + to.height - from.row, ..from };
        Block { chunk: (col.midpoint(end.0), row.midpoint(end.1)), pixels }
    };
    let rows = along(first.1, last.1);
    let places = rows.flat_map(|row| along(first.0, last.0).map(move |col| (col, row)));
    (places.map(block).collect(), every)
}

/// The share of pixels in each state of [`PixelState::ALL`] at a date, from 0 to 1: of all chunks, or of some hundreds that lie
/// evenly; `None` where the cube has no masks. Blocks on the disk.
///
/// # Errors
/// When no chunk can be read.
pub fn mask_shares(cube: &Cube, time: usize) -> Result<Option<[f32; PixelState::ALL.len()]>, CubeError> {
    if !cube.has_masks() || time >= cube.info().dates.len() {
        return Ok(None);
    }
    let (across, _) = cube.chunk_counts();
    let (taken, all) = counted(cube);
    let read: Vec<_> = (0..taken)
        .into_par_iter()
        .map(|i| {
            let place = (all * (2 * i + 1) / (2 * taken)) as u32;
            cube.mask_at((place % across, place / across), time)
        })
        .collect();
    let (read, mut failed): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
    if let (true, Some(Err(why))) = (read.is_empty(), failed.pop()) {
        return Err(why);
    }
    let mut counts = [0u64; PixelState::ALL.len()];
    for state in read.into_iter().flatten().flatten().flatten() {
        counts[PixelState::of(state) as usize] += 1;
    }
    let total = counts.iter().sum::<u64>().max(1);
    Ok(Some(counts.map(|count| (count as f64 / total as f64) as f32)))
}

/// In how many chunks the shares of a date are counted, and how many there are.
pub fn counted(cube: &Cube) -> (usize, usize) {
    let (across, down) = cube.chunk_counts();
    let all = across as usize * down as usize;
    (all.min(COUNTED), all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::tests::acquisitions::masked;
    use proptest::prelude::*;

    #[test]
    fn a_mask_shows_for_each_pixel_what_the_chunk_in_memory_tells() {
        let (_folder, cube) = masked();
        let grid = cube.info().grid.clone();
        let times = cube.info().dates.len();
        let mut expected = vec![vec![0u8; grid.pixels()]; times];
        let (across, down) = cube.chunk_counts();
        for at in (0..down).flat_map(|row| (0..across).map(move |col| (col, row))) {
            let (window, masks) = (cube.chunk_window(at), cube.decode_masks(at).unwrap().unwrap());
            for (i, state) in masks.states.iter().enumerate() {
                let (time, pixel) = (i / window.pixels(), (i % window.pixels()) as u32);
                let (col, row) = (window.col + pixel % window.width, window.row + pixel / window.width);
                expected[time][(row * grid.width + col) as usize] = *state;
            }
        }
        assert!(expected.iter().flatten().any(|state| *state != 0), "something is masked");
        proptest!(ProptestConfig::with_cases(40), |(time in 0..times, col in 0u32..90, row in 0u32..70, width in 1u32..120, height in 1u32..90, step in 1u32..9)| {
            let window = Window { col, row, width, height };
            let mask = mask_picture(&cube, time, window, step).unwrap().unwrap();
            prop_assert_eq!((mask.width, mask.height), (width.div_ceil(step) as usize, height.div_ceil(step) as usize));
            for (i, state) in mask.states.iter().enumerate() {
                let (x, y) = (col + (i % mask.width) as u32 * step, row + (i / mask.width) as u32 * step);
                let inside = x < grid.width && y < grid.height;
                let is = if inside { expected[time][(y * grid.width + x) as usize] } else { 0 };
                prop_assert_eq!(*state, is, "{} {}", x, y);
            }
        });
        for (time, expected) in expected.iter().enumerate() {
            let shares = mask_shares(&cube, time).unwrap().unwrap();
            for (share, state) in shares.into_iter().zip(PixelState::ALL) {
                let count = expected.iter().filter(|is| **is == state as u8).count();
                assert!((share - count as f32 / grid.pixels() as f32).abs() < 1e-6, "{state:?} {share}");
            }
        }
        assert!(mask_picture(&cube, times, grid.window(), 1).unwrap().is_none());
    }

    #[test]
    fn a_picture_of_many_chunks_is_a_sample_that_says_so_and_reads_no_more_than_it_may() {
        let (_folder, cube) = masked();
        let whole = cube.info().grid.window();
        let (across, down) = cube.chunk_counts();
        assert!(across * down > 1, "there is something to pass over");
        for most in 1..=across * down {
            let (blocks, every) = blocks(&cube, whole, most);
            assert!(blocks.len() as u32 <= most);
            assert_eq!(every == 1, most >= across * down, "{most}");
            let covered: usize = blocks.iter().map(|block| block.pixels.pixels()).sum();
            assert_eq!(covered, whole.pixels(), "no pixel without a block, and none with two");
        }
        for time in 0..cube.info().dates.len() {
            let sample = of_chunks(&cube, time, whole, 1, 1).unwrap().unwrap();
            assert_eq!(sample.every, across.max(down));
            let read = cube.mask_at(((across - 1) / 2, (down - 1) / 2), time).unwrap().unwrap();
            assert!(sample.states.iter().all(|state| read.contains(state)), "nothing is made up");
            assert!(read.iter().all(|state| sample.states.contains(state)), "and nothing is lost");
            let exact = of_chunks(&cube, time, whole, 1, across * down).unwrap().unwrap();
            assert_eq!((exact.every, &exact), (1, &mask_picture(&cube, time, whole, 1).unwrap().unwrap()));
        }
    }

    #[test]
    fn a_cube_without_masks_has_no_picture_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let cube = crate::cube::tests::Input::default().build(folder.path());
        assert!(mask_picture(&cube, 0, cube.info().grid.window(), 1).unwrap().is_none());
        assert!(mask_shares(&cube, 0).unwrap().is_none());
    }
}
