//! The values of one date in a window that may reach beyond the cube: what networks that look around a pixel read.

use super::{Chunk, Cube, CubeError, Feature};
use crate::geo::Window;
use std::sync::Arc;

/// A window of pixels that may begin before the first one and end behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Around {
    /// Column of the first pixel.
    pub col: i64,
    /// Row of the first pixel.
    pub row: i64,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Around {
    /// So many pixels more on each side of a window.
    pub fn of(window: Window, margin: usize) -> Self {
        let margin_px = margin as i64;
        Self {
            col: i64::from(window.col) - margin_px,
            row: i64::from(window.row) - margin_px,
            width: window.width as usize + 2 * margin,
            height: window.height as usize + 2 * margin,
        }
    }
}

impl Cube {
    /// The features of a window at a date, `row x column x feature`, NaN for "no observation". What lies beyond the cube is
    /// mirrored at its edge. Damaged chunks have no observation.
    ///
    /// # Errors
    /// When the cube cannot be read.
    pub fn around(&self, features: &[Feature], time: usize, window: Around) -> Result<Vec<f32>, CubeError> {
        let grid = &self.info().grid;
        let bands = self.info().bands.len();
        let cols: Vec<u32> = (0..window.width).map(|i| mirrored(window.col + i as i64, grid.width)).collect();
        let rows: Vec<u32> =
            (0..window.height).map(|i| mirrored(window.row + i as i64, grid.height)).collect();
        let n = features.len();
        let mut values = vec![f32::NAN; window.width * window.height * n];
        let mut chunks: Vec<(u32, u32)> =
            rows.iter().flat_map(|row| cols.iter().map(|col| self.chunk_of(*col, *row))).collect();
        chunks.sort_unstable();
        chunks.dedup();
        for at in chunks {
            let chunk: Arc<Chunk> = match self.chunk(at) {
                Err(CubeError::Damaged { .. }) => continue,
                other => other?,
            };
            let place = chunk.window;
            let planes = planes(&chunk, features, time, bands);
            for (y, row) in rows.iter().enumerate().filter(|(_, row)| within(**row, place.row, place.height))
            {
                for (x, col) in
                    cols.iter().enumerate().filter(|(_, col)| within(**col, place.col, place.width))
                {
                    let from = (row - place.row) as usize * place.width as usize + (col - place.col) as usize;
                    let to = (y * window.width + x) * n;
                    for (value, plane) in values[to..to + n].iter_mut().zip(&planes) {
                        *value = plane[from];
                    }
                }
            }
        }
        Ok(values)
    }
}

/// The features of a chunk at a date, a plane each.
fn planes(chunk: &Chunk, features: &[Feature], time: usize, bands: usize) -> Vec<Vec<f32>> {
    let pixels = chunk.window.pixels();
    let plane = |feature: &Feature| {
        let of_bands: Vec<Vec<f32>> = feature
            .bands()
            .iter()
            .map(|band| {
                let mut plane = Vec::new();
                chunk.plane(time * bands + band, &mut plane);
                plane
            })
            .collect();
        let slices: Vec<&[f32]> = of_bands.iter().map(Vec::as_slice).collect();
        let mut out = vec![f32::NAN; pixels];
        feature.evaluate(&slices, &mut out);
        out
    };
    features.iter().map(plane).collect()
}

fn within(at: u32, first: u32, count: u32) -> bool {
    at >= first && at - first < count
}

/// The place from 0 to below `count` that lies there once the line is mirrored at both ends, without the end itself twice.
fn mirrored(at: i64, count: u32) -> u32 {
    let last = i64::from(count.max(1)) - 1;
    if last == 0 {
        return 0;
    }
    let at = at.rem_euclid(2 * last);
    (if at > last { 2 * last - at } else { at }) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_edges_lies_the_mirror() {
        let seen: Vec<u32> = (-5..9).map(|at| mirrored(at, 4)).collect();
        assert_eq!(seen, [1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]);
        assert_eq!((mirrored(-7, 1), mirrored(3, 1)), (0, 0));
    }
}
