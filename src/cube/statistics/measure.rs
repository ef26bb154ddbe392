//! Measuring a cube: a bounded, even sample of its pixels.

use super::{Distribution, MeasuredBand, Statistics, Unit};
use crate::cube::index::common_names;
use crate::cube::{Cube, CubeError};
use crate::geo::raster::PixelType;
use crate::progress::{Cancel, Progress, Report};
use crate::source::Scale;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// At most so many values are in memory (4 bytes each).
const MOST_VALUES: usize = 24 << 20;
/// At most so many pixels are looked at.
const MOST_PIXELS: usize = 65_536;
/// At least so many, however many dates and bands there are.
const LEAST_PIXELS: usize = 512;
/// Of a cube with more pixels, at most so many chunks are read.
const MOST_CHUNKS: u64 = 64;

/// Common names of what is no reflected light.
const NOT_OPTICAL: [&str; 4] = ["tir1", "tir2", "ndvi", "evi"];

/// Which chunks of a cube are read (across, down), and every how many of their pixels are taken.
pub struct Sample {
    /// The chunks, evenly spread.
    pub chunks: Vec<(u32, u32)>,
    /// Every so many pixels of them are taken.
    pub every: usize,
}

impl Sample {
    /// Of some `most` pixels: all chunks of a cube that has no more, else at most 64.
    pub fn of(cube: &Cube, most: usize) -> Self {
        let info = cube.info();
        let (across, down) = cube.chunk_counts();
        let all = u64::from(across) * u64::from(down);
        let taken = if info.grid.pixels() <= most { all } else { all.min(MOST_CHUNKS) };
        let place = |i: u64| (2 * i + 1) * all / (2 * taken);
        let chunk = |place: u64| ((place % u64::from(across)) as u32, (place / u64::from(across)) as u32);
        let chunks: Vec<_> = (0..taken).map(place).map(chunk).collect();
        let pixels: usize = chunks.iter().map(|chunk| cube.chunk_window(*chunk).pixels()).sum();
        let every = pixels.div_ceil(most).max(1);
        // Odd steps: other columns in each row.
        Self { chunks, every: if every > 1 { every | 1 } else { 1 } }
    }
}

/// The values taken of one chunk, `plane x pixel`.
type Taken = Result<Vec<Vec<f32>>, String>;

/// Measures a cube: all pixels of a small one, of a large one some 65 000 of at most 64 chunks, evenly spread (fewer where
/// it has very many dates and bands). Values are in the unit of the band ([`Unit`]). At most 100 MB of values are in
/// memory; in parallel. Damaged chunks are passed over and told.
///
/// # Errors
/// When the cube cannot be read or all of the chunks are damaged, or when asked to stop.
pub fn measure(cube: &Cube, report: Report, cancel: &Cancel) -> Result<Statistics, CubeError> {
    let info = cube.info();
    let (times, bands) = (info.dates.len(), info.bands.len());
    let planes = times * bands;
    let sample = Sample::of(cube, (MOST_VALUES / planes.max(1)).clamp(LEAST_PIXELS, MOST_PIXELS));
    let (done, total) = (AtomicU64::new(0), (sample.chunks.len() + times) as u64);
    let step = |what: &str| {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        report(Progress::new(done, total, what));
    };
    let taken: Vec<Taken> = sample
        .chunks
        .par_iter()
        .map(|at| -> Result<Taken, CubeError> {
            cancel.check()?;
            let chunk = match cube.decode(*at) {
                Err(damage @ CubeError::Damaged { .. }) => return Ok(Err(damage.to_string())),
                other => other?,
            };
            let mut plane_values = Vec::new();
            let of = |plane: usize, values: &mut Vec<f32>| -> Vec<f32> {
                chunk.plane(plane, values);
                values.iter().step_by(sample.every).copied().collect()
            };
            let values = (0..planes).map(|plane| of(plane, &mut plane_values)).collect();
            step("Reading pixels");
            Ok(Ok(values))
        })
        .collect::<Result<_, CubeError>>()?;
    let mut damaged = Vec::new();
    let mut chunks = Vec::with_capacity(taken.len());
    for one in taken {
        match one {
            Ok(values) => chunks.push(values),
            Err(why) => damaged.push(why),
        }
    }
    if let (true, Some(why)) = (chunks.is_empty(), damaged.first()) {
        return Err(cube.unreadable(format!("none of its chunks that were looked at can be read: {why}")));
    }
    let scales: Vec<Scale> = info.bands.iter().map(|band| band.knowledge.scale).collect();
    let cells: Vec<Vec<Option<Distribution>>> = (0..times)
        .into_par_iter()
        .map(|time| -> Result<Vec<Option<Distribution>>, CubeError> {
            cancel.check()?;
            let of_band = |band: usize| {
                let parts = chunks.iter().map(|chunk| chunk[time * bands + band].iter());
                let seen = parts.flatten().filter(|value| value.is_finite());
                Distribution::of(&mut seen.map(|value| scales[band].physical(*value)).collect())
            };
            let cells = (0..bands).map(of_band).collect();
            step("Sorting values");
            Ok(cells)
        })
        .collect::<Result<_, CubeError>>()?;
    let pixels = chunks.iter().filter_map(|chunk| Some(chunk.first()?.len() as u64)).sum();
    Ok(Statistics {
        bands: measured_bands(cube),
        dates: info.dates.clone(),
        pixels,
        of_pixels: info.grid.pixels() as u64,
        damaged,
        cells: cells.into_iter().flatten().collect(),
    })
}

/// The bands of a cube, and what their numbers are.
fn measured_bands(cube: &Cube) -> Vec<MeasuredBand> {
    let info = cube.info();
    let is_whole = info.pixel_type != PixelType::Float32;
    let of = |(band, common): (&crate::cube::Band, Option<String>)| {
        let scale = band.knowledge.scale;
        let is_optical = common.as_deref().is_some_and(|common| !NOT_OPTICAL.contains(&common));
        let unit = match (scale == Scale::default(), is_whole) {
            (true, true) => Unit::Stored,
            // Floating point of a sensor that is known is taken as physical already.
            (true, false) if is_optical && band.knowledge.wavelength_nm.is_some() => Unit::Reflectance,
            (false, _) if is_optical => Unit::Reflectance,
            _ => Unit::Physical,
        };
        let step = if is_whole { scale.factor.abs() as f32 } else { 0.0 };
        MeasuredBand { name: band.name.clone(), common, unit, step }
    };
    info.bands.iter().zip(common_names(&info.bands)).map(of).collect()
}
