//! Pictures of one date: three bands or indices as colour, or one on a ramp of colours, with a stretch.

mod paint;
mod preset;
mod ramp;

pub use paint::paint;
pub use preset::{PRESETS, Preset, channels};
pub use ramp::ramp;

use super::index::find_band;
use super::{CHUNK, Chunk, Cube, CubeError, Feature};
use crate::geo::Window;
use rayon::prelude::*;

/// From values to brightness, a channel: black at `low`, white at `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Value shown black, for red, green, blue; the first for a single channel.
    pub low: [f32; 3],
    /// Value shown white.
    pub high: [f32; 3],
}

/// What to show, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Composite {
    /// What is shown red, green and blue; or the one that is shown on a ramp of colours.
    pub channels: Vec<Feature>,
    /// The stretch.
    pub stretch: Stretch,
}

impl Composite {
    /// The bands that are read for it, each once.
    pub fn needed(&self) -> Vec<usize> {
        needed(&self.channels)
    }

    /// Names of its channels.
    pub fn names(&self) -> Vec<&str> {
        self.channels.iter().map(|channel| channel.name.as_str()).collect()
    }
}

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

/// A stretch from the 2nd to the 98th percentile of a sample of chunks over all dates, so that dates can be compared.
///
/// # Errors
/// When chunks cannot be read, or a band is not there.
pub fn sensible_stretch(cube: &Cube, channels: &[Feature]) -> Result<Stretch, CubeError> {
    const CHUNKS: u32 = 16;
    /// Every this many pixels of a chunk.
    const EVERY: usize = 7;
    check_bands(cube, channels)?;
    let (across, down) = cube.chunk_counts();
    let all = across * down;
    let taken = all.min(CHUNKS);
    // Evenly spread over the cube, and the same each time.
    let places: Vec<u32> = (0..taken)
        .map(|i| (u64::from(all) * (2 * u64::from(i) + 1) / (2 * u64::from(taken))) as u32)
        .collect();
    let read: Vec<_> = places.par_iter().map(|place| cube.chunk((place % across, place / across))).collect();
    // One damaged chunk must not hide the others.
    let (chunks, mut damaged): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
    if let (true, Some(Err(why))) = (chunks.is_empty(), damaged.pop()) {
        return Err(why);
    }
    let chunks: Vec<_> = chunks.into_iter().flatten().collect();
    let mut stretch = Stretch { low: [0.0; 3], high: [1.0; 3] };
    for (i, channel) in channels.iter().take(3).enumerate() {
        let sample = |chunk: &Chunk, time: usize| {
            let of = |band: &usize| -> Vec<f32> { plane(cube, chunk, time, *band).step_by(EVERY).collect() };
            let planes: Vec<Vec<f32>> = channel.bands().iter().map(of).collect();
            let planes: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
            let mut values = vec![f32::NAN; planes.first().map_or(0, |plane| plane.len())];
            channel.evaluate(&planes, &mut values);
            values
        };
        let mut values: Vec<f32> = (0..cube.info().dates.len())
            .flat_map(|time| chunks.iter().flat_map(move |chunk| sample(chunk, time)))
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
mod tests {
    use super::*;
    use crate::cube::Band;
    use crate::cube::tests::Input;
    use proptest::prelude::*;

    fn bands(names: &[&str]) -> Vec<Band> {
        names.iter().map(|name| Band::named(*name)).collect()
    }

    /// The bands at these places of a cube of eight.
    fn features<const N: usize>(places: [usize; N]) -> Vec<Feature> {
        let bands = bands(&["a", "b", "c", "d", "e", "f", "g", "h"]);
        places.into_iter().map(|place| Feature::band_at(&bands, place).unwrap()).collect()
    }

    #[test]
    fn natural_colour_is_found_by_name() {
        assert_eq!(natural_colour(&bands(&["B02", "B03", "B04", "B08"])), [2, 1, 0]);
        assert_eq!(natural_colour(&bands(&["B1", "B2", "B3", "B4", "B5"])), [3, 2, 1]);
        assert_eq!(natural_colour(&bands(&["Blue", "green", "RED", "nir"])), [2, 1, 0]);
        assert_eq!(natural_colour(&bands(&["x", "y", "z", "w"])), [0, 1, 2]);
        assert_eq!(natural_colour(&bands(&["NDVI", "EVI"])), [0, 1, 1]);
        assert_eq!(natural_colour(&bands(&["NDVI"])), [0, 0, 0]);
    }

    #[test]
    fn the_stretch_holds_most_values_of_all_dates() {
        let folder = tempfile::tempdir().unwrap();
        let input = Input { width: 150, height: 100, dates: 4, ..Input::default() };
        let cube = input.build(folder.path());
        let stretch = sensible_stretch(&cube, &features([0, 1, 1])).unwrap();
        assert_eq!((stretch.low[1], stretch.high[1]), (stretch.low[2], stretch.high[2]));
        let mut values: Vec<f32> = Vec::new();
        for (col, row) in (0..100).flat_map(|row| (0..150).map(move |col| (col, row))) {
            values.extend(input.expected(col, row).chunks(2).filter_map(|date| date[0]));
        }
        let below =
            values.iter().filter(|value| **value < stretch.low[0]).count() as f64 / values.len() as f64;
        let above =
            values.iter().filter(|value| **value > stretch.high[0]).count() as f64 / values.len() as f64;
        assert!((0.01..0.03).contains(&below) && (0.01..0.03).contains(&above), "{below} {above}");
    }

    #[test]
    fn a_cube_without_observations_still_has_a_stretch() {
        let folder = tempfile::tempdir().unwrap();
        let cube = Input { gaps_every: 1, ..Input::default() }.build(folder.path());
        let stretch = sensible_stretch(&cube, &features([0, 0, 0])).unwrap();
        assert!(stretch.high[0] > stretch.low[0]);
        let composite = Composite { channels: features([0, 1, 0]), stretch };
        let picture = picture(&cube, 0, &composite, cube.info().grid.window(), 1).unwrap();
        assert!(picture.rgba.iter().all(|byte| *byte == 0));
    }

    #[test]
    fn dates_and_bands_that_are_not_there_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let cube = Input::default().build(folder.path());
        let stretch = Stretch { low: [0.0; 3], high: [1.0; 3] };
        let window = cube.info().grid.window();
        assert!(
            picture(&cube, 99, &Composite { channels: features([0, 0, 0]), stretch }, window, 1).is_err()
        );
        assert!(picture(&cube, 0, &Composite { channels: features([0, 0, 2]), stretch }, window, 1).is_err());
        assert!(sensible_stretch(&cube, &features([7, 0, 0])).is_err());
    }

    #[test]
    fn any_part_shows_the_pixels_that_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let input = Input { width: 150, height: 100, ..Input::default() };
        let cube = input.build(folder.path());
        let composite = Composite {
            channels: features([0, 1, 0]),
            stretch: Stretch { low: [-500.0, 0.0, 1000.0], high: [2000.0, 3000.0, 1001.0] },
        };
        proptest!(ProptestConfig::with_cases(60), |(col in 0u32..170, row in 0u32..120, width in 0u32..180, height in 0u32..130, step in 0u32..90)| {
            let window = Window { col, row, width, height };
            let picture = picture(&cube, 1, &composite, window, step).unwrap();
            let step = step.max(1);
            let exact = step == 1 || col >= 150 || row >= 100;
            prop_assert_eq!((picture.width, picture.height), (width.div_ceil(step) as usize, height.div_ceil(step) as usize));
            prop_assert_eq!(picture.rgba.len(), picture.width * picture.height * 4);
            for (i, rgba) in picture.rgba.chunks(4).enumerate() {
                let (col, row) = (col + (i % picture.width) as u32 * step, row + (i / picture.width) as u32 * step);
                let values = (col < 150 && row < 100).then(|| input.expected(col, row)).and_then(|v| Some([v[2]?, v[3]?, v[2]?]));
                let expected = values.map_or([0; 4], |v| {
                    let b = |i: usize| {
                        let share = (v[i] - composite.stretch.low[i]) / (composite.stretch.high[i] - composite.stretch.low[i]);
                        (share.clamp(0.0, 1.0) * 255.0).round() as u8
                    };
                    [b(0), b(1), b(2), 255]
                });
                if exact {
                    prop_assert_eq!(rgba, expected, "{} {}", col, row);
                }
            }
        });
    }

    /// Writes a plane that rises with column and row, as one date.
    fn rising(folder: &std::path::Path) -> Cube {
        use crate::geo::raster::{PixelType, write_mosaic};
        use crate::geo::{Crs, Grid};
        let crs = Crs::from_epsg(6362).unwrap();
        let (width, height) = (900, 700);
        let grid = Grid { crs, left: 0.0, top: 0.0, pixel_width: 10.0, pixel_height: 10.0, width, height };
        let words: Vec<u16> = (0..grid.pixels()).map(|i| (1 + i % 900 + 10 * (i / 900)) as u16).collect();
        write_mosaic(&folder.join("2022-01-15.tif"), &grid, &["x"], PixelType::Uint16, 0.0, &words, &[])
            .unwrap();
        let input = crate::source::InputSpec::of([folder]);
        let found = crate::source::recognise(&input, &|_| {}, &crate::progress::Cancel::new());
        let spec = crate::cube::BuildSpec { found: found.unwrap(), ..Default::default() };
        let store = folder.join("site.zarr");
        crate::cube::build(&spec, &store, &|_| {}, &crate::progress::Cancel::new()).unwrap();
        Cube::open(&store).unwrap()
    }

    #[test]
    fn coarse_pictures_show_each_place_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let cube = rising(folder.path());
        for span in [7900.0f32] {
            let stretch = Stretch { low: [0.0; 3], high: [span; 3] };
            let composite = Composite { channels: features([0, 0, 0]), stretch };
            for (step, window) in [
                (2, Window { col: 0, row: 0, width: 900, height: 700 }),
                (8, Window { col: 512, row: 0, width: 388, height: 700 }),
                (4, Window { col: 100, row: 60, width: 400, height: 300 }),
            ] {
                let picture = picture(&cube, 0, &composite, window, step).unwrap();
                for (i, rgba) in picture.rgba.chunks(4).enumerate() {
                    let (col, row) = ((i % picture.width) as u32, (i / picture.width) as u32);
                    let (col, row) = (window.col + col * step, window.row + row * step);
                    let value = f32::from(rgba[0]) / 255.0 * span;
                    let expected = (1 + col + 10 * row) as f32;
                    // Somewhere in the step's square, or beside it, and what a colour of 8 bits can tell.
                    let within = 11.0 * step as f32 + span / 255.0;
                    assert!(
                        (value - expected - 5.5 * step as f32).abs() <= within,
                        "{step} {col} {row}: {value}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_mosaic_that_is_gone_is_shown_from_the_chunks() {
        let folder = tempfile::tempdir().unwrap();
        let input = Input::default();
        let cube = input.build(folder.path());
        let composite = Composite {
            channels: features([0, 1, 0]),
            stretch: Stretch { low: [0.0; 3], high: [4000.0; 3] },
        };
        let window = cube.info().grid.window();
        let whole = picture(&cube, 1, &composite, window, 1).unwrap();
        for damage in [Some("II*"), None] {
            let path = cube.path().join("mosaics/2020-02-15.tif");
            match damage {
                Some(text) => std::fs::write(&path, text).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
            let cube = Cube::open(cube.path()).unwrap();
            assert_eq!(picture(&cube, 1, &composite, window, 1).unwrap().rgba, whole.rgba);
        }
    }
}
