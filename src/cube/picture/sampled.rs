//! A sample of the values of a picture's channels: what stretches and histograms are made of. Bounded, whatever the cube.

use super::{check_bands, needed, plane};
use crate::cube::{Chunk, Cube, CubeError, Feature};
use crate::geo::Window;
use crate::progress::Cancel;
use rayon::prelude::*;

/// Values that are taken of a channel, about.
const VALUES: usize = 200_000;
/// Dates that are taken where all share a stretch.
const DATES: usize = 12;
/// Chunks that are read at most, and bytes of them.
const CHUNKS: usize = 16;
const CHUNK_BYTES: usize = 256 << 20;

/// Values of channels in a part of a cube, at some of its dates.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// The part of the grid that they are from.
    pub window: Window,
    /// The dates that they are from.
    pub times: Vec<usize>,
    /// For each channel, the finite values in order.
    values: Vec<Vec<f32>>,
}

impl Sampled {
    /// Takes values of `channels` in `window`, cut to the grid, at these dates: from overviews of the mosaics where what they
    /// show is what is clear, else from chunks that lie evenly in the window. Blocks on the disk.
    ///
    /// # Errors
    /// When nothing can be read, a band is not there, or it is cancelled.
    pub fn take(
        cube: &Cube,
        channels: &[Feature],
        window: Window,
        times: &[usize],
        cancel: &Cancel,
    ) -> Result<Self, CubeError> {
        check_bands(cube, channels)?;
        let window = window.cut_to(cube.info().grid.window());
        let times: Vec<usize> =
            times.iter().copied().filter(|time| *time < cube.info().dates.len()).collect();
        let mut values = vec![Vec::new(); channels.len()];
        if window.pixels() > 0 && !times.is_empty() {
            // Mosaics of acquisitions show their clouds, which would make the land dark.
            let shown = !cube.made().mask_applies && times.iter().all(|time| cube.mosaics().has(*time));
            let found = if shown { of_mosaics(cube, channels, window, &times, cancel)? } else { None };
            values = match found {
                Some(found) => found,
                // Mosaics that cannot be read leave the chunks, which hold the same pixels.
                None => of_chunks(cube, channels, window, &times, cancel)?,
            };
        }
        for channel in &mut values {
            channel.retain(|value| value.is_finite());
            channel.par_sort_unstable_by(f32::total_cmp);
        }
        Ok(Self { window, times, values })
    }

    /// Dates for a stretch that all share: all of them, or a dozen that lie evenly.
    pub fn dates(count: usize) -> Vec<usize> {
        spread(count, DATES)
    }

    /// How many channels there are.
    pub fn channels(&self) -> usize {
        self.values.len()
    }

    /// How many values of a channel there are.
    pub fn count(&self, channel: usize) -> usize {
        self.values.get(channel).map_or(0, Vec::len)
    }

    /// The value of a channel that `percent` of its values (0 to 100) do not exceed; `None` where there are none.
    pub fn percentile(&self, channel: usize, percent: f32) -> Option<f32> {
        let values = self.values.get(channel)?;
        let last = values.len().checked_sub(1)?;
        let place = (f64::from(percent.clamp(0.0, 100.0)) / 100.0 * last as f64).round() as usize;
        values.get(place.min(last)).copied()
    }

    /// The values at two percentiles of a channel, apart from each other also where all values are equal: such a channel is
    /// shown at half brightness. From 0 to 1 where there are no values.
    pub fn ends(&self, channel: usize, [low, high]: [f32; 2]) -> [f32; 2] {
        let (Some(low), Some(high)) = (self.percentile(channel, low), self.percentile(channel, high)) else {
            return [0.0, 1.0];
        };
        if high - low > (low.abs() + high.abs()) * 1e-6 {
            return [low, high];
        }
        let half = 0.5f32.max(low.abs() * 1e-3);
        [low - half, high + half]
    }

    /// How many values of a channel lie in each of `bins` equal parts between two values.
    pub fn histogram(&self, channel: usize, [low, high]: [f32; 2], bins: usize) -> Vec<usize> {
        let Some(values) = self.values.get(channel) else { return vec![0; bins] };
        let edge = |i: usize| f64::from(low) + f64::from(high - low) * i as f64 / bins.max(1) as f64;
        let below = |edge: f64| values.partition_point(|value| f64::from(*value) < edge);
        let last = values.partition_point(|value| *value <= high);
        (0..bins)
            .map(|i| {
                let end = if i + 1 == bins { last } else { below(edge(i + 1)) };
                end.saturating_sub(below(edge(i)))
            })
            .collect()
    }
}

/// At most `most` of `count`, evenly spread, and the same each time.
fn spread(count: usize, most: usize) -> Vec<usize> {
    let taken = count.min(most);
    (0..taken).map(|i| count * (2 * i + 1) / (2 * taken)).collect()
}

/// From overviews of the mosaics; `None` where one cannot be read.
fn of_mosaics(
    cube: &Cube,
    channels: &[Feature],
    window: Window,
    times: &[usize],
    cancel: &Cancel,
) -> Result<Option<Vec<Vec<f32>>>, CubeError> {
    let side = ((VALUES as f64 / times.len() as f64).sqrt() as u32).clamp(48, 256);
    let size = (window.width.min(side) as usize, window.height.min(side) as usize);
    let bands = needed(channels);
    let read: Vec<_> = times
        .par_iter()
        .map(|time| {
            cancel.check()?;
            Ok(cube.mosaics().read(*time, &bands, window, size).ok())
        })
        .collect::<Result<_, CubeError>>()?;
    let Some(dates) = read.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
    let of = |channel: &Feature| {
        let values = |planes: &Vec<Vec<f32>>| values_of(channel, &bands, planes);
        dates.iter().flat_map(values).collect()
    };
    Ok(Some(channels.iter().map(of).collect()))
}

/// From chunks, of which one that is damaged does not hide the others.
fn of_chunks(
    cube: &Cube,
    channels: &[Feature],
    window: Window,
    times: &[usize],
    cancel: &Cancel,
) -> Result<Vec<Vec<f32>>, CubeError> {
    let (first, last) = (
        cube.chunk_of(window.col, window.row),
        cube.chunk_of(window.col + window.width - 1, window.row + window.height - 1),
    );
    let (across, down) = (last.0 - first.0 + 1, last.1 - first.1 + 1);
    let info = cube.info();
    let bytes = info.dates.len() * info.bands.len() * (crate::cube::CHUNK * crate::cube::CHUNK) as usize * 4;
    let most = (CHUNK_BYTES / bytes.max(1)).clamp(2, CHUNKS);
    let places: Vec<(u32, u32)> = spread(across as usize * down as usize, most)
        .into_iter()
        .map(|i| (first.0 + i as u32 % across, first.1 + i as u32 / across))
        .collect();
    let part = |at: (u32, u32)| cube.chunk_window(at).cut_to(window);
    let pixels: usize = places.iter().map(|at| part(*at).pixels()).sum();
    let every = (pixels * times.len() / VALUES).max(1);
    let bands = needed(channels);
    let read: Vec<_> = places
        .par_iter()
        .map(|&at| {
            cancel.check()?;
            let chunk = match cube.cached_chunk(at) {
                Some(kept) => kept,
                None => std::sync::Arc::new(cube.decode(at)?),
            };
            Ok(of_chunk(cube, &chunk, channels, &bands, part(at), times, every))
        })
        .collect();
    let (read, mut damaged): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
    cancel.check()?;
    if let (true, Some(Err(why))) = (read.is_empty(), damaged.pop()) {
        return Err(why);
    }
    let mut values = vec![Vec::new(); channels.len()];
    for chunk in read.into_iter().flatten() {
        let chunk: Vec<Vec<f32>> = chunk;
        values.iter_mut().zip(chunk).for_each(|(to, from)| to.extend(from));
    }
    Ok(values)
}

fn of_chunk(
    cube: &Cube,
    chunk: &Chunk,
    channels: &[Feature],
    bands: &[usize],
    part: Window,
    times: &[usize],
    every: usize,
) -> Vec<Vec<f32>> {
    let whole = chunk.window;
    let places: Vec<usize> = (part.row..part.row + part.height)
        .flat_map(|row| (part.col..part.col + part.width).map(move |col| (col, row)))
        .step_by(every)
        .map(|(col, row)| ((row - whole.row) * whole.width + col - whole.col) as usize)
        .collect();
    let mut values = vec![Vec::new(); channels.len()];
    for time in times {
        let planes: Vec<Vec<f32>> = bands
            .iter()
            .map(|band| {
                let all: Vec<f32> = plane(cube, chunk, *time, *band).collect();
                places.iter().filter_map(|at| all.get(*at)).copied().collect()
            })
            .collect();
        for (to, channel) in values.iter_mut().zip(channels) {
            to.extend(values_of(channel, bands, &planes));
        }
    }
    values
}

/// The values of a channel from planes of these bands.
fn values_of(channel: &Feature, bands: &[usize], planes: &[Vec<f32>]) -> Vec<f32> {
    let of = |band: &usize| {
        bands
            .iter()
            .position(|other| other == band)
            .and_then(|at| planes.get(at))
            .map_or(&[][..], Vec::as_slice)
    };
    let own: Vec<&[f32]> = channel.bands().iter().map(of).collect();
    let mut values = vec![f32::NAN; own.iter().map(|plane| plane.len()).min().unwrap_or(0)];
    channel.evaluate(&own, &mut values);
    values
}

#[cfg(test)]
impl Sampled {
    /// Of values that are given.
    pub fn of(values: Vec<Vec<f32>>) -> Self {
        let sorted = |mut values: Vec<f32>| {
            values.retain(|value| value.is_finite());
            values.sort_unstable_by(f32::total_cmp);
            values
        };
        let window = Window { col: 0, row: 0, width: 1, height: 1 };
        Self { window, times: vec![0], values: values.into_iter().map(sorted).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::tests::Input;
    use proptest::prelude::*;

    #[test]
    fn a_part_of_a_date_is_sampled_alike_from_mosaics_and_from_chunks() {
        let folder = tempfile::tempdir().unwrap();
        let input = Input { width: 150, height: 100, dates: 3, ..Input::default() };
        let cube = input.build(folder.path());
        let channels = Feature::all_bands(&cube.info().bands);
        let window = Window { col: 60, row: 10, width: 40, height: 30 };
        let take = || Sampled::take(&cube, &channels, window, &[2], &Cancel::new()).unwrap();
        let from_mosaics = take();
        let mut expected: Vec<f32> = (10..40)
            .flat_map(|row| (60..100).map(move |col| (col, row)))
            .filter_map(|(col, row)| input.expected(col, row)[4])
            .collect();
        expected.sort_unstable_by(f32::total_cmp);
        assert_eq!(from_mosaics.values[0], expected);
        std::fs::remove_dir_all(cube.path().join("mosaics")).unwrap();
        assert_eq!(take(), from_mosaics);
    }

    #[test]
    fn a_window_beyond_the_grid_has_no_values_and_the_ends_from_0_to_1() {
        let folder = tempfile::tempdir().unwrap();
        let cube = Input::default().build(folder.path());
        let channels = Feature::all_bands(&cube.info().bands);
        let window = Window { col: 9000, row: 0, width: 10, height: 10 };
        let sampled = Sampled::take(&cube, &channels, window, &[0, 77], &Cancel::new()).unwrap();
        assert_eq!((sampled.channels(), sampled.count(0)), (2, 0));
        assert_eq!(sampled.ends(0, [2.0, 98.0]), [0.0, 1.0]);
        assert_eq!(sampled.histogram(0, [0.0, 1.0], 4), [0; 4]);
        assert_eq!(sampled.percentile(7, 50.0), None);
    }

    #[test]
    fn a_sample_stops_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let cube = Input::default().build(folder.path());
        let channels = Feature::all_bands(&cube.info().bands);
        let cancel = Cancel::new();
        cancel.cancel();
        let taken = Sampled::take(&cube, &channels, cube.info().grid.window(), &[0], &cancel);
        assert!(matches!(taken, Err(CubeError::Cancelled(_))));
    }

    #[test]
    fn equal_values_have_ends_apart_and_lie_in_their_middle() {
        for value in [0.0f32, 0.4, -3.0, 9_999.0, 3e7, -1e30] {
            let sampled = Sampled::of(vec![vec![value; 5]]);
            let [low, high] = sampled.ends(0, [2.0, 98.0]);
            let middle = (value - low) / (high - low);
            assert!(low < high && (middle - 0.5).abs() < 0.01, "{value}: {low} {high}");
        }
    }

    #[test]
    fn values_that_are_no_numbers_do_not_count() {
        let sampled = Sampled::of(vec![vec![f32::NAN, f32::INFINITY, 1.0, f32::NEG_INFINITY, 3.0]]);
        assert_eq!(sampled.ends(0, [0.0, 100.0]), [1.0, 3.0]);
    }

    proptest! {
        #[test]
        fn percentiles_and_histograms_count_as_people_do(
            values in prop::collection::vec(-100i16..100, 1..300), percent in 0.0f32..100.0, bins in 1usize..40,
        ) {
            let values: Vec<f32> = values.into_iter().map(f32::from).collect();
            let sampled = Sampled::of(vec![values.clone()]);
            let found = sampled.percentile(0, percent).unwrap();
            let below = values.iter().filter(|value| **value < found).count() as f32;
            let not_above = values.iter().filter(|value| **value <= found).count() as f32;
            let wanted = percent / 100.0 * (values.len() - 1) as f32;
            prop_assert!(below <= wanted + 0.51 && wanted <= not_above - 0.49, "{below} {wanted} {not_above}");
            let counts = sampled.histogram(0, [-50.0, 50.0], bins);
            let inside = values.iter().filter(|value| (-50.0..=50.0).contains(*value)).count();
            prop_assert_eq!((counts.len(), counts.iter().sum::<usize>()), (bins, inside));
        }
    }
}
