//! Pictures of one date: three bands as colour, with a stretch.

use super::{CHUNK, Chunk, Cube, CubeError};
use crate::geo::Window;
use rayon::prelude::*;

/// From values to brightness, a band: black at `low`, white at `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Value shown black, for red, green, blue.
    pub low: [f32; 3],
    /// Value shown white.
    pub high: [f32; 3],
}

/// Which bands to show, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Composite {
    /// Indices of the bands shown red, green and blue.
    pub bands: [usize; 3],
    /// The stretch.
    pub stretch: Stretch,
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

/// Bands for natural colour (B04 B03 B02, B4 B3 B2, or red green blue by name), else the first three; of two bands the
/// second is shown green and blue; the one there is, grey.
pub fn natural_colour(bands: &[super::Band]) -> [usize; 3] {
    let find = |wanted: &str| bands.iter().position(|band| band.name.trim().eq_ignore_ascii_case(wanted));
    for [red, green, blue] in [["B04", "B03", "B02"], ["B4", "B3", "B2"], ["red", "green", "blue"]] {
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

/// A stretch from the 2nd to the 98th percentile of a sample of chunks over all dates, so that dates can be compared.
///
/// # Errors
/// When chunks cannot be read, or a band is not there.
pub fn sensible_stretch(cube: &Cube, bands: [usize; 3]) -> Result<Stretch, CubeError> {
    const CHUNKS: u32 = 16;
    /// Every this many pixels of a chunk.
    const EVERY: usize = 7;
    check_bands(cube, bands)?;
    let (across, down) = cube.chunk_counts();
    let all = across * down;
    let taken = all.min(CHUNKS);
    // Evenly spread over the cube, and the same each time.
    let places: Vec<u32> = (0..taken)
        .map(|i| (u64::from(all) * (2 * u64::from(i) + 1) / (2 * u64::from(taken))) as u32)
        .collect();
    let chunks = places
        .par_iter()
        .map(|place| cube.chunk((place % across, place / across)))
        .collect::<Result<Vec<_>, _>>()?;
    let mut stretch = Stretch { low: [0.0; 3], high: [1.0; 3] };
    for (i, band) in bands.into_iter().enumerate() {
        let mut values: Vec<f32> = (0..cube.info().dates.len())
            .flat_map(|time| chunks.iter().map(move |chunk| plane(cube, chunk, time, band)))
            .flat_map(|plane| plane.iter().step_by(EVERY))
            .map(|word| cube.value(*word))
            .filter(|value| !value.is_nan())
            .collect();
        if values.is_empty() {
            continue;
        }
        let last = values.len() - 1;
        let mut percentile =
            |percent: usize| *values.select_nth_unstable_by(last * percent / 100, f32::total_cmp).1;
        (stretch.low[i], stretch.high[i]) = (percentile(2), percentile(98));
        if stretch.high[i] <= stretch.low[i] {
            stretch.high[i] = stretch.low[i] + 1.0;
        }
    }
    Ok(stretch)
}

/// The picture of `window` at date `time`, every `step`-th pixel from its corner. Where it reaches beyond the grid it is
/// transparent. Blocks on the disk.
///
/// # Errors
/// When chunks cannot be read, or the date or a band is not there.
pub fn picture(
    cube: &Cube,
    time: usize,
    composite: &Composite,
    window: Window,
    step: u32,
) -> Result<Picture, CubeError> {
    check_bands(cube, composite.bands)?;
    if time >= cube.info().dates.len() {
        return Err(cube.unreadable(format!("it has {} dates, and no date {time}", cube.info().dates.len())));
    }
    let step = step.max(1);
    let (width, height) = (window.width.div_ceil(step) as usize, window.height.div_ceil(step) as usize);
    let mut rgba = vec![0; width * height * 4];
    let inside = window.cut_to(cube.info().grid.window());
    if inside.pixels() > 0 {
        let chunk_cols = inside.col / CHUNK..=(inside.col + inside.width - 1) / CHUNK;
        let chunk_rows = inside.row / CHUNK..=(inside.row + inside.height - 1) / CHUNK;
        let chunks: Vec<_> =
            chunk_rows.flat_map(|row| chunk_cols.clone().map(move |col| (col, row))).collect();
        let painted = chunks
            .into_par_iter()
            .filter_map(|at| Some((at, Samples::new(cube.chunk_window(at).cut_to(inside), window, step)?)))
            .map(|(at, samples)| Ok((samples, paint(cube, &*cube.chunk(at)?, time, composite, samples))))
            .collect::<Result<Vec<_>, CubeError>>()?;
        for (samples, part) in painted {
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
        let (col, row) = (whole.col + out_col * step, whole.row + out_row * step);
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

fn paint(cube: &Cube, chunk: &Chunk, time: usize, composite: &Composite, samples: Samples) -> Vec<u8> {
    let planes = composite.bands.map(|band| plane(cube, chunk, time, band));
    let Stretch { low, high } = composite.stretch;
    let mut rgba = Vec::with_capacity(samples.cols * samples.rows * 4);
    let start = (samples.col - chunk.window.col) as usize;
    for row in 0..samples.rows {
        let row = (samples.row - chunk.window.row) as usize + row * samples.step as usize;
        let start = row * chunk.window.width as usize + start;
        for col in 0..samples.cols {
            let at = start + col * samples.step as usize;
            let values = planes.map(|plane| plane.get(at).map_or(f32::NAN, |word| cube.value(*word)));
            if values.iter().any(|value| value.is_nan()) {
                rgba.extend([0; 4]);
            } else {
                let bright = |i: usize| {
                    ((values[i] - low[i]) / (high[i] - low[i]) * 255.0).round().clamp(0.0, 255.0) as u8
                };
                rgba.extend([bright(0), bright(1), bright(2), 255]);
            }
        }
    }
    rgba
}

/// One band of one date of a chunk, y x x.
fn plane<'a>(cube: &Cube, chunk: &'a Chunk, time: usize, band: usize) -> &'a [u16] {
    let pixels = chunk.window.pixels();
    let start = (time * cube.info().bands.len() + band) * pixels;
    chunk.words.get(start..start + pixels).unwrap_or_default()
}

fn check_bands(cube: &Cube, bands: [usize; 3]) -> Result<(), CubeError> {
    let count = cube.info().bands.len();
    match bands.into_iter().find(|band| *band >= count) {
        Some(band) => Err(cube.unreadable(format!("it has {count} bands, and no band {band} (from 0)"))),
        None => Ok(()),
    }
}
