//! Pictures of masks: why pixels have no clear observation at a date.

use super::Samples;
use crate::cube::{CHUNK, Cube, CubeError, PixelState};
use crate::geo::Window;
use rayon::prelude::*;

/// Chunks that the shares of a date are counted in at most.
const COUNTED: usize = 400;

/// Why pixels have no clear observation, as a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskPicture {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// As [`PixelState`], rows from the top; beyond the grid, and where a chunk is damaged, [`PixelState::Clear`].
    pub states: Vec<u8>,
}

/// The mask of `window` at date `time`, every `step`-th pixel from its corner; `None` where the cube has no masks or not this
/// date. Blocks on the disk.
///
/// # Errors
/// When chunks cannot be read or all of them are damaged.
pub fn mask_picture(
    cube: &Cube,
    time: usize,
    window: Window,
    step: u32,
) -> Result<Option<MaskPicture>, CubeError> {
    if !cube.has_masks() || time >= cube.info().dates.len() {
        return Ok(None);
    }
    let step = step.max(1);
    let (width, height) = (window.width.div_ceil(step) as usize, window.height.div_ceil(step) as usize);
    let mut states = vec![PixelState::Clear as u8; width * height];
    let inside = window.cut_to(cube.info().grid.window());
    if inside.pixels() > 0 {
        let cols = inside.col / CHUNK..=(inside.col + inside.width - 1) / CHUNK;
        let rows = inside.row / CHUNK..=(inside.row + inside.height - 1) / CHUNK;
        let chunks: Vec<_> = rows.flat_map(|row| cols.clone().map(move |col| (col, row))).collect();
        let read = chunks
            .into_par_iter()
            .filter_map(|at| Some((at, Samples::new(cube.chunk_window(at).cut_to(inside), window, step)?)))
            .map(|(at, samples)| match cube.mask_at(at, time) {
                Ok(plane) => Ok(Ok((cube.chunk_window(at), samples, plane.unwrap_or_default()))),
                Err(damage @ CubeError::Damaged { .. }) => Ok(Err(damage)),
                Err(error) => Err(error),
            })
            .collect::<Result<Vec<_>, CubeError>>()?;
        let (read, mut damaged): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
        if let (true, Some(Err(damage))) = (read.is_empty(), damaged.pop()) {
            return Err(damage);
        }
        for (chunk, samples, plane) in read.into_iter().flatten() {
            for row in 0..samples.rows {
                let from = (samples.row - chunk.row) as usize + row * step as usize;
                let first = from * chunk.width as usize + (samples.col - chunk.col) as usize;
                let line = plane.get(first..).unwrap_or_default().iter().step_by(step as usize);
                let start = (samples.out_row + row) * width + samples.out_col;
                if let Some(to) = states.get_mut(start..start + samples.cols) {
                    to.iter_mut().zip(line).for_each(|(to, from)| *to = *from);
                }
            }
        }
    }
    Ok(Some(MaskPicture { width, height, states }))
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
    let (across, down) = cube.chunk_counts();
    let all = across as usize * down as usize;
    let taken = all.min(COUNTED);
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
    fn a_cube_without_masks_has_no_picture_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let cube = crate::cube::tests::Input::default().build(folder.path());
        assert!(mask_picture(&cube, 0, cube.info().grid.window(), 1).unwrap().is_none());
        assert!(mask_shares(&cube, 0).unwrap().is_none());
    }
}
