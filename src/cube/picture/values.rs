//! The values of a picture, before they are painted; and those of the pictures shown last, so that another stretch is painted
//! without the disk.

use super::{Composite, Picture, Samples, check, paint, plane, whole};
use crate::cube::{CHUNK, Chunk, Cube, CubeError};
use crate::geo::Window;
use rayon::prelude::*;
use std::collections::VecDeque;

/// Bytes of values that are kept: some twenty tiles of three bands.
const KEPT_BYTES: usize = 64 << 20;

/// Values of a picture: a plane a band, rows from the top; NaN where there was no observation.
#[derive(Debug, Clone)]
pub struct Values {
    width: usize,
    height: usize,
    planes: Vec<Vec<f32>>,
}

impl Values {
    /// The values of some bands of `window` at date `time`, every `step`-th pixel from its corner. Where it reaches beyond the
    /// grid there is nothing, nor where its mosaic cannot be read and a chunk is damaged. Blocks on the disk.
    ///
    /// # Errors
    /// When chunks cannot be read or all of them are damaged.
    pub fn read(
        cube: &Cube,
        time: usize,
        bands: Vec<usize>,
        window: Window,
        step: u32,
    ) -> Result<Self, CubeError> {
        let step = step.max(1);
        let (width, height) = (window.width.div_ceil(step) as usize, window.height.div_ceil(step) as usize);
        let mut planes = vec![vec![f32::NAN; width * height]; bands.len()];
        let inside = window.cut_to(cube.info().grid.window());
        let at_corner = inside.col == window.col && inside.row == window.row;
        if inside.pixels() > 0 && cube.mosaics().has(time) && at_corner {
            // What is left of the window beyond the grid stays empty.
            let size = (inside.width.div_ceil(step) as usize, inside.height.div_ceil(step) as usize);
            if let Ok(read) = cube.mosaics().read(time, &bands, inside, size) {
                if size == (width, height) {
                    return Ok(Self { width, height, planes: read });
                }
                for (plane, read) in planes.iter_mut().zip(&read) {
                    for (to, from) in plane.chunks_exact_mut(width).zip(read.chunks_exact(size.0)) {
                        to[..size.0].copy_from_slice(from);
                    }
                }
                return Ok(Self { width, height, planes });
            }
            // A mosaic that cannot be read is shown from the chunks, which hold the same pixels.
        }
        if inside.pixels() > 0 {
            let chunk_cols = inside.col / CHUNK..=(inside.col + inside.width - 1) / CHUNK;
            let chunk_rows = inside.row / CHUNK..=(inside.row + inside.height - 1) / CHUNK;
            let chunks: Vec<_> =
                chunk_rows.flat_map(|row| chunk_cols.clone().map(move |col| (col, row))).collect();
            let read = chunks
                .into_par_iter()
                .filter_map(|at| {
                    Some((at, Samples::new(cube.chunk_window(at).cut_to(inside), window, step)?))
                })
                .map(|(at, samples)| match cube.chunk(at) {
                    Ok(chunk) => Ok(Ok((samples, taken(cube, &chunk, time, &bands, samples)))),
                    Err(damage @ CubeError::Damaged { .. }) => Ok(Err(damage)),
                    Err(error) => Err(error),
                })
                .collect::<Result<Vec<_>, CubeError>>()?;
            for (samples, parts) in whole(read)? {
                for (plane, part) in planes.iter_mut().zip(&parts) {
                    let rows = plane.chunks_exact_mut(width).skip(samples.out_row);
                    for (to, from) in rows.zip(part.chunks_exact(samples.cols)) {
                        to[samples.out_col..][..samples.cols].copy_from_slice(from);
                    }
                }
            }
        }
        Ok(Self { width, height, planes })
    }

    /// The picture of them, where they are of the bands of [`Composite::needed`].
    pub fn painted(&self, composite: &Composite) -> Picture {
        let planes: Vec<&[f32]> = self.planes.iter().map(Vec::as_slice).collect();
        let (width, height) = (self.width, self.height);
        let mut rgba = paint(composite, &planes);
        rgba.resize(width * height * 4, 0);
        Picture { width, height, rgba }
    }

    fn bytes(&self) -> usize {
        self.planes.iter().map(|plane| std::mem::size_of_val(plane.as_slice())).sum()
    }
}

/// The values that a picture takes of a chunk, a plane a band.
fn taken(cube: &Cube, chunk: &Chunk, time: usize, bands: &[usize], samples: Samples) -> Vec<Vec<f32>> {
    let first = (samples.col - chunk.window.col) as usize;
    let of = |band: &usize| {
        let plane: Vec<f32> = plane(cube, chunk, time, *band).collect();
        let mut values = Vec::with_capacity(samples.rows * samples.cols);
        for row in 0..samples.rows {
            let row = (samples.row - chunk.window.row) as usize + row * samples.step as usize;
            let line = plane.get(row * chunk.window.width as usize + first..).unwrap_or_default();
            values.extend(line.iter().step_by(samples.step as usize).take(samples.cols));
        }
        values
    };
    bands.iter().map(of).collect()
}

/// What is kept, by date, bands, window and step.
type Key = (usize, Vec<usize>, Window, u32);

/// The values of the pictures of a cube that were painted last.
#[derive(Default)]
pub struct Kept(VecDeque<(Key, Values)>);

impl Kept {
    /// As [`super::picture`], from values in memory where they are there.
    ///
    /// # Errors
    /// As [`super::picture`].
    pub fn picture(
        &mut self,
        cube: &Cube,
        time: usize,
        composite: &Composite,
        window: Window,
        step: u32,
    ) -> Result<Picture, CubeError> {
        check(cube, time, composite)?;
        let composite = &*composite.at(cube, time)?;
        let key = (time, composite.needed(), window, step);
        let known = self.0.iter().position(|(kept, _)| *kept == key).and_then(|at| self.0.remove(at));
        let (key, values) = match known {
            Some(known) => known,
            None => {
                let values = Values::read(cube, time, key.1.clone(), window, step)?;
                (key, values)
            }
        };
        let painted = values.painted(composite);
        self.0.push_back((key, values));
        let mut bytes: usize = self.0.iter().map(|(_, values)| values.bytes()).sum();
        while bytes > KEPT_BYTES
            && let Some((_, oldest)) = self.0.pop_front()
        {
            bytes -= oldest.bytes();
        }
        Ok(painted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::Feature;
    use crate::cube::picture::{Stretch, picture};

    fn stretched(cube: &Cube, high: f32) -> Composite {
        let channels = Feature::all_bands(&cube.info().bands).into_iter().take(1).collect();
        Composite::new(channels, Stretch { low: [0.0; 3], high: [high; 3] })
    }

    #[test]
    fn another_stretch_of_what_is_shown_needs_no_disk() {
        let home = tempfile::tempdir().unwrap();
        let cube = crate::testing::cube(home.path(), (70, 20), 2, |step, _, col, row| {
            (col + row) as u16 + 10 * step as u16
        });
        let window = cube.info().grid.window();
        let expected: Vec<_> = [40.0, 90.0]
            .map(|high| picture(&cube, 1, &stretched(&cube, high), window, 2).unwrap().rgba)
            .into();
        assert_ne!(expected[0], expected[1]);
        let mut kept = Kept::default();
        assert_eq!(kept.picture(&cube, 1, &stretched(&cube, 40.0), window, 2).unwrap().rgba, expected[0]);
        std::fs::remove_dir_all(cube.path()).unwrap();
        assert_eq!(kept.picture(&cube, 1, &stretched(&cube, 90.0), window, 2).unwrap().rgba, expected[1]);
        assert_eq!(kept.0.len(), 1);
    }

    #[test]
    fn what_is_kept_stays_within_its_bytes_and_the_oldest_goes_first() {
        let home = tempfile::tempdir().unwrap();
        let cube = crate::testing::cube(home.path(), (20, 10), 1, |_, _, col, _| col as u16 + 1);
        let (mut kept, composite) = (Kept::default(), stretched(&cube, 40.0));
        // Beyond the grid there is nothing, but it has its place in the picture.
        let window = |col| Window { col, row: 0, width: 2048, height: 2048 };
        let many = 2 + (KEPT_BYTES / (2048 * 2048 * 4)) as u32;
        for col in 0..many {
            let picture = kept.picture(&cube, 0, &composite, window(col), 1).unwrap();
            assert_eq!(picture.rgba.len(), 2048 * 2048 * 4);
        }
        let bytes: usize = kept.0.iter().map(|(_, values)| values.bytes()).sum();
        assert!(bytes <= KEPT_BYTES && kept.0.len() > 1, "{bytes}");
        assert!(kept.0.iter().all(|(key, _)| key.2.col > 0), "the first is gone");
    }
}
