//! Pictures of one date: three bands or indices as colour, or one on a ramp of colours, with a stretch.

mod composite;
mod display;
mod mask;
mod paint;
mod preset;
mod ramp;
mod sampled;

pub use composite::{Composite, Stretch, Tone, natural_channels};
pub use display::{Display, GAMMAS, PERCENTILES, StretchFrom};
pub use mask::{MaskPicture, mask_picture, mask_shares};
pub use paint::paint;
pub use preset::{PRESETS, Preset, channels};
pub use ramp::Ramp;
pub use sampled::Sampled;

use super::index::find_band;
use super::{CHUNK, Chunk, Cube, CubeError, Feature};
use crate::geo::Window;
use rayon::prelude::*;

fn needed(channels: &[Feature]) -> Vec<usize> {
    let mut bands = Vec::new();
    for band in channels.iter().flat_map(Feature::bands) {
        if !bands.contains(band) {
            bands.push(*band);
        }
    }
    bands
}

/// A picture: RGBA, rows from the top; alpha 0 where there was no observation.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height * 4` bytes.
    pub rgba: Vec<u8>,
}

/// Bands for natural colour (red, green and blue by common name, else B4 B3 B2), else the first three; of two bands the
/// second is shown green and blue; the one there is, grey.
pub fn natural_colour(bands: &[super::Band]) -> [usize; 3] {
    let find = |wanted: &str| find_band(wanted, bands);
    for [red, green, blue] in [["red", "green", "blue"], ["B4", "B3", "B2"]] {
        if let (Some(red), Some(green), Some(blue)) = (find(red), find(green), find(blue)) {
            return [red, green, blue];
        }
    }
    match bands.len() {
        0 | 1 => [0, 0, 0],
        2 => [0, 1, 1],
        _ => [0, 1, 2],
    }
}

/// The picture of `window` at date `time`, every `step`-th pixel from its corner. Where it reaches beyond the grid it is
/// transparent, and where its mosaic cannot be read and a chunk is damaged. Blocks on the disk.
///
/// # Errors
/// When chunks cannot be read or all of them are damaged, or the date or a band is not there.
pub fn picture(
    cube: &Cube,
    time: usize,
    composite: &Composite,
    window: Window,
    step: u32,
) -> Result<Picture, CubeError> {
    check_bands(cube, &composite.channels)?;
    if time >= cube.info().dates.len() {
        return Err(cube.unreadable(format!("it has {} dates, and no date {time}", cube.info().dates.len())));
    }
    let composite = &*composite.at(cube, time)?;
    let step = step.max(1);
    let (width, height) = (window.width.div_ceil(step) as usize, window.height.div_ceil(step) as usize);
    let mut rgba = vec![0; width * height * 4];
    let inside = window.cut_to(cube.info().grid.window());
    if inside.pixels() > 0 && cube.mosaics().has(time) && inside.col == window.col && inside.row == window.row
    {
        // What is left of the window beyond the grid stays transparent.
        let size = (inside.width.div_ceil(step) as usize, inside.height.div_ceil(step) as usize);
        if let Ok(planes) = cube.mosaics().read(time, &composite.needed(), inside, size) {
            let planes: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
            let painted = paint(composite, &planes);
            if size == (width, height) {
                return Ok(Picture { width, height, rgba: painted });
            }
            for (to, from) in rgba.chunks_exact_mut(width * 4).zip(painted.chunks_exact(size.0 * 4)) {
                to[..size.0 * 4].copy_from_slice(from);
            }
            return Ok(Picture { width, height, rgba });
        }
        // A mosaic that cannot be read is shown from the chunks, which hold the same pixels.
    }
    if inside.pixels() > 0 {
        let chunk_cols = inside.col / CHUNK..=(inside.col + inside.width - 1) / CHUNK;
        let chunk_rows = inside.row / CHUNK..=(inside.row + inside.height - 1) / CHUNK;
        let chunks: Vec<_> =
            chunk_rows.flat_map(|row| chunk_cols.clone().map(move |col| (col, row))).collect();
        let painted = chunks
            .into_par_iter()
            .filter_map(|at| Some((at, Samples::new(cube.chunk_window(at).cut_to(inside), window, step)?)))
            .map(|(at, samples)| match cube.chunk(at) {
                Ok(chunk) => Ok(Ok((samples, paint_chunk(cube, &chunk, time, composite, samples)))),
                Err(damage @ CubeError::Damaged { .. }) => Ok(Err(damage)),
                Err(error) => Err(error),
            })
            .collect::<Result<Vec<_>, CubeError>>()?;
        let (painted, mut damaged): (Vec<_>, Vec<_>) = painted.into_iter().partition(Result::is_ok);
        // A damaged chunk is transparent, as long as there is another to show.
        if let (true, Some(Err(damage))) = (painted.is_empty(), damaged.pop()) {
            return Err(damage);
        }
        for (samples, part) in painted.into_iter().flatten() {
            let rows = rgba.chunks_exact_mut(width * 4).skip(samples.out_row);
            for (to, from) in rows.zip(part.chunks_exact(samples.cols * 4)) {
                to[samples.out_col * 4..][..samples.cols * 4].copy_from_slice(from);
            }
        }
    }
    Ok(Picture { width, height, rgba })
}

/// The pixels of a chunk that a picture takes.
#[derive(Debug, Clone, Copy)]
struct Samples {
    /// The first, in the grid.
    col: u32,
    row: u32,
    /// How many.
    cols: usize,
    rows: usize,
    step: u32,
    /// Where the first stands in the picture.
    out_col: usize,
    out_row: usize,
}

impl Samples {
    /// Those of `part` whose distance from the corner of `whole` is a multiple of `step`, if there are any.
    fn new(part: Window, whole: Window, step: u32) -> Option<Self> {
        let first = |start: u32, corner: u32| (start - corner).div_ceil(step);
        let (out_col, out_row) = (first(part.col, whole.col), first(part.row, whole.row));
        // Beyond the largest column there is no pixel either.
        let place = |corner: u32, steps: u32| corner.saturating_add(steps.saturating_mul(step));
        let (col, row) = (place(whole.col, out_col), place(whole.row, out_row));
        part.contains(col, row).then(|| Self {
            col,
            row,
            cols: (part.col + part.width - col).div_ceil(step) as usize,
            rows: (part.row + part.height - row).div_ceil(step) as usize,
            step,
            out_col: out_col as usize,
            out_row: out_row as usize,
        })
    }
}

fn paint_chunk(cube: &Cube, chunk: &Chunk, time: usize, composite: &Composite, samples: Samples) -> Vec<u8> {
    let first = (samples.col - chunk.window.col) as usize;
    let taken = |band: usize| {
        let plane: Vec<f32> = plane(cube, chunk, time, band).collect();
        let mut values = Vec::with_capacity(samples.rows * samples.cols);
        for row in 0..samples.rows {
            let row = (samples.row - chunk.window.row) as usize + row * samples.step as usize;
            let line = plane.get(row * chunk.window.width as usize + first..).unwrap_or_default();
            values.extend(line.iter().step_by(samples.step as usize).take(samples.cols));
        }
        values
    };
    let planes: Vec<Vec<f32>> = composite.needed().into_iter().map(taken).collect();
    let planes: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
    paint(composite, &planes)
}

/// The values of one band of one date of a chunk, y x x.
fn plane<'a>(
    cube: &'a Cube,
    chunk: &'a Chunk,
    time: usize,
    band: usize,
) -> impl Iterator<Item = f32> + use<'a> {
    let pixels = chunk.window.pixels();
    let start = (time * cube.info().bands.len() + band) * pixels;
    (start..start + pixels).map(move |at| cube.value_in(chunk, at))
}

fn check_bands(cube: &Cube, channels: &[Feature]) -> Result<(), CubeError> {
    let count = cube.info().bands.len();
    match needed(channels).into_iter().find(|band| *band >= count) {
        Some(band) => Err(cube.unreadable(format!("it has {count} bands, and no band {band} (from 0)"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
