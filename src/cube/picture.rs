//! Pictures of one date: three bands or indices as colour, or one on a ramp of colours, with a stretch.

mod composite;
mod display;
mod mask;
mod paint;
mod preset;
mod ramp;
mod sampled;
mod values;

pub use composite::{Composite, Stretch, Tone, natural_channels};
pub use display::{Display, GAMMAS, PERCENTILES, StretchFrom};
pub use mask::{MaskPicture, counted as counted_chunks, mask_picture, mask_shares};
pub use paint::paint;
pub use preset::{PRESETS, Preset, channels};
pub use ramp::Ramp;
pub use sampled::Sampled;
pub use values::{Kept, Values};

use super::index::find_band;
use super::{Chunk, Cube, CubeError, Feature};
use crate::geo::Window;

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
    check(cube, time, composite)?;
    let composite = &*composite.at(cube, time)?;
    Ok(Values::read(cube, time, composite.needed(), window, step)?.painted(composite))
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

/// What was read of chunks, without the damaged ones: they are empty, as long as there is another to show.
fn whole<T>(read: Vec<Result<T, CubeError>>) -> Result<Vec<T>, CubeError> {
    let (read, mut damaged): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
    if let (true, Some(Err(damage))) = (read.is_empty(), damaged.pop()) {
        return Err(damage);
    }
    Ok(read.into_iter().flatten().collect())
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
    (start..start + pixels).map(move |at| chunk.value(at))
}

/// Whether the cube has what is to be painted.
fn check(cube: &Cube, time: usize, composite: &Composite) -> Result<(), CubeError> {
    check_bands(cube, &composite.channels)?;
    let dates = cube.info().dates.len();
    if time >= dates {
        return Err(cube.unreadable(format!("it has {dates} dates, and no date {time}")));
    }
    Ok(())
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
