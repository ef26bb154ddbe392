//! The rhythm of what one draws: all series of a polygon together, and the pixels whose series stand apart from them.

use super::SampleError;
use crate::cube::{CHUNK, Cube, CubeError, Feature};
use crate::labels::{Annotation, AnnotationId, Buffers, core_of_annotation};
use crate::progress::{Cancel, Progress, Report};
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Of more pixels every so many-th is looked at.
const MOST_PIXELS: usize = 50_000;
/// Series that are drawn one by one at most; and as many that stand apart.
const MOST_LINES: usize = 150;
/// A polygon of fewer pixels has no usual year.
const FEWEST: usize = 8;
/// So many robust standard deviations beyond the median distance a pixel stands apart: the limit of Iglewicz and
/// Hoaglin.
const APART: f32 = 3.5;
/// Of few pixels the limit is wider, by this over their number: their deviations are badly known.
const FEW_PIXELS: f32 = 6.0;
/// From median absolute deviation to standard deviation, for normal values.
const TO_SIGMA: f32 = 1.4826;
/// The spread of a date counts as at least this share of its band's usual one.
const LEAST_SPREAD: f32 = 0.25;
/// Distances vary by at least this share of their median, where they hardly do: all pixels of a field may be alike.
const LEAST_VARIATION: f32 = 0.05;

/// An annotation, and those of its pixels (column, row) whose series stand apart.
pub type ApartPixels = (AnnotationId, Vec<(u32, u32)>);

/// All series of a polygon together.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// Pixels that were looked at.
    pub pixels: usize,
    /// One for each band or index asked for, in their order.
    pub curves: Vec<SpreadCurve>,
    /// Pixels (column, row) whose series stand apart, in the order of those given.
    pub apart: Vec<(u32, u32)>,
}

/// One band or index of all series; a value a date, NaN where no pixel was observed.
#[derive(Debug, Clone, PartialEq)]
pub struct SpreadCurve {
    /// Its name.
    pub name: String,
    /// The mean of the pixels.
    pub mean: Vec<f32>,
    /// The 10th percentile.
    pub low: Vec<f32>,
    /// The 90th percentile.
    pub high: Vec<f32>,
    /// Series of some of the pixels, evenly chosen, of those that stand apart none.
    pub lines: Vec<Vec<f32>>,
    /// Series of pixels that stand apart.
    pub apart: Vec<Vec<f32>>,
}

/// The series of some pixels, plane by plane: all pixels' values of a date and band lie together.
struct Columns {
    pixels: usize,
    bands: usize,
    /// `time x band x pixel`, NaN for gaps.
    values: Vec<f32>,
}

impl Columns {
    /// Reads them from the chunks they lie in, from memory where they are kept there; pixels of damaged chunks have
    /// gaps.
    fn read(cube: &Cube, pixels: &[(u32, u32)], cancel: &Cancel) -> Result<Self, SampleError> {
        let all: Vec<usize> = (0..cube.info().bands.len()).collect();
        let values = read_planes(cube, pixels, &all, true, cancel)?;
        Ok(Self { pixels: pixels.len(), bands: all.len(), values })
    }

    fn column(&self, plane: usize) -> &[f32] {
        &self.values[plane * self.pixels..(plane + 1) * self.pixels]
    }

    fn planes(&self) -> usize {
        self.values.len().checked_div(self.pixels).unwrap_or(0)
    }

    /// The places of pixels whose series stand apart from the others, in order.
    ///
    /// A pixel's distance is the root mean square, over the dates and bands it was observed at, of its modified
    /// z-scores: `(x - median) / (1.4826 MAD)`, median and MAD (median absolute deviation) being those of all pixels
    /// at that date and band. It stands apart where its distance exceeds the median distance by 3.5 robust standard
    /// deviations (1.4826 MAD) of all distances, by a little more where there are few pixels (Iglewicz and Hoaglin
    /// 1993, "How to detect and handle outliers"; the finite-sample widening is that of Davies and Gather 1993, "The
    /// identification of multiple outliers", in spirit, its size from simulation). A third of the pixels may be
    /// strangers without hiding one another, as they would with mean and standard deviation. Pixels with less than
    /// half of the values are passed over, and fewer than 8 pixels tell nothing.
    fn apart(&self, cancel: &Cancel) -> Result<Vec<usize>, SampleError> {
        if self.pixels < FEWEST {
            return Ok(Vec::new());
        }
        let planes = self.planes();
        let mut buffer = Vec::with_capacity(self.pixels);
        // Median and spread of each date and band.
        let mut centres = Vec::with_capacity(planes);
        for plane in 0..planes {
            cancel.check()?;
            buffer.clear();
            buffer.extend(self.column(plane).iter().filter(|value| value.is_finite()));
            centres.push((buffer.len() >= FEWEST).then(|| centre_and_spread(&mut buffer)));
        }
        let least: Vec<f32> = (0..self.bands)
            .map(|band| {
                let of_band = centres.iter().skip(band).step_by(self.bands.max(1)).flatten();
                let mut spreads: Vec<f32> = of_band.map(|(_, spread)| *spread).filter(|s| *s > 0.0).collect();
                median_of(&mut spreads).unwrap_or(0.0) * LEAST_SPREAD
            })
            .collect();
        let (mut sums, mut counts) = (vec![0.0f32; self.pixels], vec![0.0f32; self.pixels]);
        let mut telling = 0.0;
        for (plane, centre) in centres.iter().enumerate() {
            let Some((median, spread)) = centre else { continue };
            let spread = spread.max(least[plane % self.bands]);
            if spread <= 0.0 {
                continue;
            }
            telling += 1.0;
            for ((sum, count), value) in sums.iter_mut().zip(&mut counts).zip(self.column(plane)) {
                let score = (value - median) / spread;
                let seen = !score.is_nan();
                *sum += if seen { score * score } else { 0.0 };
                *count += f32::from(u8::from(seen));
            }
        }
        let distance =
            |i: usize| (counts[i] > 0.0 && counts[i] * 2.0 >= telling).then(|| (sums[i] / counts[i]).sqrt());
        let distances: Vec<Option<f32>> = (0..self.pixels).map(distance).collect();
        let mut known: Vec<f32> = distances.iter().flatten().copied().collect();
        if known.len() < FEWEST {
            return Ok(Vec::new());
        }
        let factor = APART * (1.0 + FEW_PIXELS / known.len() as f32);
        let median = median_of(&mut known).unwrap_or(0.0);
        known.iter_mut().for_each(|d| *d = (*d - median).abs());
        let variation = (TO_SIGMA * median_of(&mut known).unwrap_or(0.0)).max(LEAST_VARIATION * median);
        let limit = median + factor * variation;
        let apart = |(i, distance): (usize, &Option<f32>)| distance.filter(|d| *d > limit).map(|_| i);
        Ok(distances.iter().enumerate().filter_map(apart).collect())
    }

    /// The values of a feature for all pixels at a date.
    fn of_feature(&self, feature: &Feature, time: usize, out: &mut [f32]) {
        let planes: Vec<&[f32]> =
            feature.bands().iter().map(|band| self.column(time * self.bands + band)).collect();
        feature.evaluate(&planes, out);
    }
}

/// Some bands of pixels at all dates, `time x band x pixel`, NaN for gaps and for pixels of damaged chunks. Chunks that are not
/// in memory are `kept` there, or not.
pub(super) fn read_planes(
    cube: &Cube,
    pixels: &[(u32, u32)],
    bands: &[usize],
    kept: bool,
    cancel: &Cancel,
) -> Result<Vec<f32>, SampleError> {
    let (all, times, n) = (cube.info().bands.len(), cube.info().dates.len(), pixels.len());
    let mut values = vec![f32::NAN; times * bands.len() * n];
    let chunk_of = |i: &usize| (pixels[*i].1 / CHUNK, pixels[*i].0 / CHUNK);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(chunk_of);
    for group in order.chunk_by(|a, b| chunk_of(a) == chunk_of(b)) {
        cancel.check()?;
        let Some(&(down, across)) = group.first().map(chunk_of).as_ref() else { continue };
        let in_memory = if kept { None } else { cube.cached_chunk((across, down)) };
        let chunk = match in_memory {
            Some(chunk) => Ok(chunk),
            None if kept => cube.chunk((across, down)),
            None => cube.decode((across, down)).map(Arc::new),
        };
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(CubeError::Damaged { .. }) => continue,
            Err(e) => return Err(e.into()),
        };
        let (window, size) = (chunk.window, chunk.window.pixels());
        let places: Vec<(usize, usize)> = group
            .iter()
            .map(|&i| (i, pixels[i]))
            .filter(|(_, (col, row))| window.contains(*col, *row))
            .map(|(i, (col, row))| {
                (i, (row - window.row) as usize * window.width as usize + (col - window.col) as usize)
            })
            .collect();
        for (plane, column) in values.chunks_exact_mut(n).enumerate() {
            let plane = plane / bands.len() * all + bands[plane % bands.len()];
            for &(i, at) in &places {
                column[i] = chunk.value(plane * size + at);
            }
        }
    }
    Ok(values)
}

/// The median, and 1.4826 x the median absolute deviation from it; where most values are alike, what the mean absolute
/// deviation makes of it.
fn centre_and_spread(values: &mut [f32]) -> (f32, f32) {
    let median = median_of(values).unwrap_or(0.0);
    values.iter_mut().for_each(|value| *value = (*value - median).abs());
    match median_of(values) {
        Some(deviation) if deviation > 0.0 => (median, TO_SIGMA * deviation),
        _ => (median, 1.2533 * values.iter().sum::<f32>() / values.len().max(1) as f32),
    }
}

fn median_of(values: &mut [f32]) -> Option<f32> {
    quantile(values, 0.5)
}

pub(super) fn quantile(values: &mut [f32], share: f64) -> Option<f32> {
    let place = (share * values.len().saturating_sub(1) as f64).round() as usize;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(place, f32::total_cmp).1)
}

/// All series of these pixels (column, row) together, for the bands and indices given, and which of the pixels stand
/// apart, by all bands of the cube. Of more than 50 000 pixels only some are looked at, evenly chosen. 10 000 pixels
/// of 12 dates and 10 bands in memory take some 20 ms on one core; blocks on the disk for chunks that are not.
///
/// # Errors
/// When the cube cannot be read (damaged chunks are passed over), or when asked to stop.
pub fn spread(
    cube: &Cube,
    pixels: &[(u32, u32)],
    features: &[Feature],
    cancel: &Cancel,
) -> Result<Spread, SampleError> {
    let every = pixels.len().div_ceil(MOST_PIXELS).max(1);
    let pixels: Vec<(u32, u32)> = pixels.iter().step_by(every).copied().collect();
    let columns = Columns::read(cube, &pixels, cancel)?;
    let apart = columns.apart(cancel)?;
    let times = cube.info().dates.len();
    let mut stands_apart = vec![false; pixels.len()];
    apart.iter().for_each(|&i| stands_apart[i] = true);
    let usual: Vec<usize> = (0..pixels.len()).filter(|&i| !stands_apart[i]).collect();
    let some = |of: &[usize]| -> Vec<usize> {
        of.iter().step_by(of.len().div_ceil(MOST_LINES).max(1)).copied().collect()
    };
    let (drawn, drawn_apart) = (some(&usual), some(&apart));
    let mut values = vec![f32::NAN; pixels.len()];
    let mut seen = Vec::with_capacity(pixels.len());
    let mut curves = Vec::with_capacity(features.len());
    for feature in features {
        let of = |lines: &[usize]| vec![Vec::with_capacity(times); lines.len()];
        let mut curve = SpreadCurve {
            name: feature.name.clone(),
            mean: vec![],
            low: vec![],
            high: vec![],
            lines: of(&drawn),
            apart: of(&drawn_apart),
        };
        for time in 0..times {
            cancel.check()?;
            columns.of_feature(feature, time, &mut values);
            curve.lines.iter_mut().zip(&drawn).for_each(|(line, i)| line.push(values[*i]));
            curve.apart.iter_mut().zip(&drawn_apart).for_each(|(line, i)| line.push(values[*i]));
            seen.clear();
            seen.extend(values.iter().filter(|value| value.is_finite()));
            let sum: f64 = seen.iter().map(|value| f64::from(*value)).sum();
            curve.mean.push(if seen.is_empty() { f32::NAN } else { (sum / seen.len() as f64) as f32 });
            curve.low.push(quantile(&mut seen, 0.1).unwrap_or(f32::NAN));
            curve.high.push(quantile(&mut seen, 0.9).unwrap_or(f32::NAN));
        }
        curves.push(curve);
    }
    let apart = apart.into_iter().map(|i| pixels[i]).collect();
    Ok(Spread { pixels: pixels.len(), curves, apart })
}

/// For each annotation that has some, the pure pixels (column, row) whose series stand apart from their own
/// annotation's, in the order of the annotations; pixels that were dropped already are not among them. Annotations
/// without a core on this cube have none. In parallel.
///
/// # Errors
/// When the cube cannot be read (damaged chunks are passed over), or when asked to stop.
pub fn stand_apart(
    cube: &Cube,
    annotations: &[Arc<Annotation>],
    buffers: &Buffers,
    report: Report,
    cancel: &Cancel,
) -> Result<Vec<ApartPixels>, SampleError> {
    let (done, total) = (AtomicU64::new(0), annotations.len() as u64);
    let found: Vec<Vec<(u32, u32)>> = annotations
        .par_iter()
        .map(|annotation| {
            cancel.check()?;
            // Those that cannot be laid on the grid are told elsewhere.
            let core = core_of_annotation(annotation, &cube.info().grid, buffers);
            let pixels = core.map(|core| core.pure_pixels).unwrap_or_default();
            let apart = match pixels.len() {
                ..FEWEST => Vec::new(),
                _ => spread(cube, &pixels, &[], cancel)?.apart,
            };
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            report(Progress::new(done, total, "Comparing the pixels of each annotation"));
            Ok::<_, SampleError>(apart)
        })
        .collect::<Result<_, _>>()?;
    let with_some = annotations.iter().map(|a| a.id).zip(found).filter(|(_, apart)| !apart.is_empty());
    Ok(with_some.collect())
}

#[cfg(test)]
mod tests;
