//! Growing a region: chunks are compared with the seed plane by plane, as they are stored, and walked from the seed
//! on.

use super::{Region, WandError};
use crate::cube::{CHUNK, Chunk, Cube, CubeError};
use crate::geo::Window;
use crate::progress::Cancel;
use std::collections::VecDeque;

/// Chunks that the spreads of bands are read from.
const SAMPLED_CHUNKS: usize = 16;
/// Every so many pixels of them; no divisor of the side of a chunk, so that all columns take their turn.
const SAMPLE_STEP: usize = 7;
/// From median absolute deviation to standard deviation, for normal values.
const TO_SIGMA: f32 = 1.4826;

/// How far the values of each band usually lie apart, over the whole cube and year: 1.4826 x the median absolute
/// deviation from the median (Rousseeuw and Croux 1993, "Alternatives to the median absolute deviation", JASA 88), of
/// a sample of pixels. It makes differences in bright and dark bands count alike.
#[derive(Debug, Clone, PartialEq)]
pub struct BandSpreads {
    /// One a band, in the units of the store; 0 where a band is the same everywhere.
    pub of_bands: Vec<f32>,
}

impl BandSpreads {
    /// Those of a cube, from some of its chunks, spread evenly. Damaged ones are passed over. Reads from the disk.
    ///
    /// # Errors
    /// When the cube cannot be read at all; when asked to stop.
    pub fn of(cube: &Cube, cancel: &Cancel) -> Result<Self, WandError> {
        let bands = cube.info().bands.len();
        let planes = cube.info().dates.len() * bands;
        let (across, down) = cube.chunk_counts();
        let all = across as usize * down as usize;
        let step = all.div_ceil(SAMPLED_CHUNKS).max(1);
        let mut of_bands: Vec<Vec<f32>> = vec![Vec::new(); bands];
        let mut values = Vec::new();
        for i in (step / 2..all).step_by(step) {
            cancel.check()?;
            let at = ((i % across as usize) as u32, (i / across as usize) as u32);
            // A walk over the cube must not push out of memory what people look at.
            let decoded;
            let kept = cube.cached_chunk(at);
            let chunk: &Chunk = match &kept {
                Some(chunk) => chunk,
                None => match cube.decode(at) {
                    Ok(chunk) => {
                        decoded = chunk;
                        &decoded
                    }
                    Err(CubeError::Damaged { .. }) => continue,
                    Err(e) => return Err(e.into()),
                },
            };
            for plane in 0..planes {
                chunk.plane(plane, &mut values);
                let sampled = values.iter().skip(i % SAMPLE_STEP).step_by(SAMPLE_STEP);
                of_bands[plane % bands].extend(sampled.filter(|value| value.is_finite()));
            }
        }
        Ok(Self { of_bands: of_bands.into_iter().map(|mut values| spread_of(&mut values)).collect() })
    }
}

/// 1.4826 x the median absolute deviation; where most values are alike, what the mean absolute deviation makes of it.
fn spread_of(values: &mut [f32]) -> f32 {
    let Some(median) = median_of(values) else { return 0.0 };
    values.iter_mut().for_each(|value| *value = (*value - median).abs());
    match median_of(values) {
        Some(deviation) if deviation > 0.0 => TO_SIGMA * deviation,
        // sqrt(pi / 2): the same step for the mean absolute deviation.
        _ => 1.2533 * values.iter().sum::<f32>() / values.len() as f32,
    }
}

fn median_of(values: &mut [f32]) -> Option<f32> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f32::total_cmp).1)
}

/// What to grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WandSpec {
    /// The pixel (column, row) that the others are to resemble.
    pub seed: (u32, u32),
    /// How far they may be from it: the root mean square, over all dates and bands, of the difference to the seed's
    /// series in units of each band's spread.
    pub tolerance: f32,
    /// Pixels that are taken at most.
    pub at_most: usize,
}

/// What was grown.
#[derive(Debug, Clone, PartialEq)]
pub struct Grown {
    /// The pixels, which hang together by their sides.
    pub region: Region,
    /// Whether there would be more of them, had they not been bounded.
    pub bounded: bool,
}

/// The pixels around the seed that hang together by their sides and whose year resembles the seed's: those nearest in
/// steps first, until there are no more or as many as are allowed. Dates and bands where either has a gap are passed
/// over; a pixel of which less than half of the values can be compared is none of them, nor is any of a damaged
/// chunk. Chunks are read as they are come to, from memory where they are kept there: a fraction of a millisecond each, then.
///
/// # Errors
/// [`WandError`]: a seed outside of the grid or without a year, a cube that cannot be read, or a wish to stop.
pub fn grow(
    cube: &Cube,
    spreads: &BandSpreads,
    spec: &WandSpec,
    cancel: &Cancel,
) -> Result<Grown, WandError> {
    let grid = &cube.info().grid;
    let seed = spec.seed;
    if !grid.window().contains(seed.0, seed.1) {
        return Err(WandError::Outside { seed });
    }
    let likeness = Likeness::new(cube, spreads, seed)?;
    let (across, down) = cube.chunk_counts();
    let chunks = std::iter::repeat_with(|| None).take(across as usize * down as usize).collect();
    let mut field = Field { cube, likeness, across: across as usize, chunks };
    let limit = spec.tolerance * spec.tolerance;
    let mut taken = Vec::new();
    let mut queue = VecDeque::new();
    let mut bounded = false;
    if field.take(seed, f32::INFINITY, cancel)? {
        taken.push(seed);
        queue.push_back(seed);
    }
    'grow: while let Some((col, row)) = queue.pop_front() {
        let beside = [(col.wrapping_sub(1), row), (col + 1, row), (col, row.wrapping_sub(1)), (col, row + 1)];
        for next in beside {
            if next.0 < grid.width && next.1 < grid.height && field.take(next, limit, cancel)? {
                if taken.len() >= spec.at_most {
                    bounded = true;
                    break 'grow;
                }
                taken.push(next);
                queue.push_back(next);
            }
        }
    }
    Ok(Grown { region: Region::of_pixels(&taken), bounded })
}

/// The seed's series, as what planes of chunks are compared with.
struct Likeness {
    /// Plane, the seed's value, and one over the band's spread; planes that tell nothing are left out.
    planes: Vec<(usize, f32, f32)>,
    /// A pixel counts where so many planes can be compared.
    enough: f32,
}

impl Likeness {
    fn new(cube: &Cube, spreads: &BandSpreads, seed: (u32, u32)) -> Result<Self, WandError> {
        let series = cube.series(seed.0, seed.1)?;
        let bands = series.bands;
        let spread = |plane: usize| spreads.of_bands.get(plane % bands).copied().unwrap_or(0.0);
        let telling: Vec<(usize, f32)> =
            series.values.iter().copied().enumerate().filter(|(plane, _)| spread(*plane) > 0.0).collect();
        let planes: Vec<_> = telling
            .iter()
            .filter(|(_, value)| value.is_finite())
            .map(|&(plane, value)| (plane, value, 1.0 / spread(plane)))
            .collect();
        if planes.is_empty() || planes.len() * 2 < telling.len() {
            return Err(WandError::HardlyObserved { seed });
        }
        Ok(Self { planes, enough: telling.len() as f32 / 2.0 })
    }

    /// The mean square of the difference of each pixel of a chunk, in order of rows; infinite where too little can be
    /// compared. Plane by plane, so that memory is read in the order it lies in.
    fn squares(&self, chunk: &Chunk) -> Vec<f32> {
        let pixels = chunk.window.pixels();
        let (mut sums, mut counts) = (vec![0.0f32; pixels], vec![0.0f32; pixels]);
        let mut values = Vec::with_capacity(pixels);
        for &(plane, seed, weight) in &self.planes {
            chunk.plane(plane, &mut values);
            for ((sum, count), value) in sums.iter_mut().zip(&mut counts).zip(&values) {
                let difference = (value - seed) * weight;
                let seen = !difference.is_nan();
                *sum += if seen { difference * difference } else { 0.0 };
                *count += f32::from(u8::from(seen));
            }
        }
        let mean = |(sum, count): (&f32, &f32)| match *count >= self.enough {
            true => sum / count,
            false => f32::INFINITY,
        };
        sums.iter().zip(&counts).map(mean).collect()
    }
}

/// Chunks that were come to, compared with the seed.
struct Field<'a> {
    cube: &'a Cube,
    likeness: Likeness,
    across: usize,
    /// All chunks of the cube, in order of rows.
    chunks: Vec<Option<Compared>>,
}

struct Compared {
    window: Window,
    /// Mean squares; infinite also where a pixel was taken, so that it is taken once.
    squares: Vec<f32>,
}

impl Field<'_> {
    /// Takes a pixel whose mean square is within the limit and that was not taken before; tells whether it did.
    fn take(&mut self, (col, row): (u32, u32), limit: f32, cancel: &Cancel) -> Result<bool, WandError> {
        let at = (col / CHUNK, row / CHUNK);
        let Some(known) = self.chunks.get_mut(at.1 as usize * self.across + at.0 as usize) else {
            return Ok(false);
        };
        if known.is_none() {
            cancel.check()?;
            let window = self.cube.chunk_window(at);
            let squares = match self.cube.chunk(at) {
                Ok(chunk) => self.likeness.squares(&chunk),
                Err(CubeError::Damaged { .. }) => vec![f32::INFINITY; window.pixels()],
                Err(e) => return Err(e.into()),
            };
            *known = Some(Compared { window, squares });
        }
        let Some(Compared { window, squares }) = known else { return Ok(false) };
        let place = (row - window.row) as usize * window.width as usize + (col - window.col) as usize;
        let Some(square) = squares.get_mut(place) else { return Ok(false) };
        let takes = square.is_finite() && *square <= limit;
        if takes {
            *square = f32::INFINITY;
        }
        Ok(takes)
    }
}

#[cfg(test)]
mod tests;
