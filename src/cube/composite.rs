//! From several observations of a place in one step of time to one.

use super::Method;
use super::masks::PixelState;

/// One acquisition's observation of a window.
#[derive(Debug, Clone)]
pub(super) struct Observed {
    /// `band x y x x`; NaN where there is no value.
    pub values: Vec<f32>,
    /// y x x, as [`PixelState`].
    pub states: Vec<u8>,
    /// The share of the site that is clear in this acquisition, from 0 to 1.
    pub clear_share: f32,
}

/// What a step shows of a window.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Composed {
    /// `band x y x x`; NaN where every observation is masked.
    pub values: Vec<f32>,
    /// y x x, as [`PixelState`].
    pub states: Vec<u8>,
    /// Clear observations, y x x; 255 stands for as many or more.
    pub counts: Vec<u8>,
}

/// Composes the observations of one window of `pixels` pixels and `bands` bands. Masked observations take no part, also
/// where nothing else is left.
pub(super) fn compose(mut seen: Vec<Observed>, bands: usize, pixels: usize, method: Method) -> Composed {
    // The clearest first: it wins where one observation is to be chosen among equals.
    seen.sort_by(|a, b| b.clear_share.total_cmp(&a.clear_share));
    for observed in &mut seen {
        for pixel in 0..pixels {
            let any = (0..bands).any(|band| !observed.values[band * pixels + pixel].is_nan());
            if !any && observed.states[pixel] == PixelState::Clear as u8 {
                observed.states[pixel] = PixelState::NotObserved as u8;
            }
        }
    }
    let mut composed = Composed {
        values: vec![f32::NAN; bands * pixels],
        states: vec![PixelState::NotObserved as u8; pixels],
        counts: vec![0; pixels],
    };
    let mut clear: Vec<usize> = Vec::with_capacity(seen.len());
    let mut gathered: Vec<f32> = Vec::with_capacity(seen.len());
    for pixel in 0..pixels {
        clear.clear();
        clear.extend((0..seen.len()).filter(|&i| seen[i].states[pixel] == PixelState::Clear as u8));
        composed.counts[pixel] = u8::try_from(clear.len()).unwrap_or(u8::MAX);
        if clear.is_empty() {
            composed.states[pixel] = reason(&seen, pixel);
            continue;
        }
        composed.states[pixel] = PixelState::Clear as u8;
        let chosen = match method {
            Method::Median => None,
            Method::Medoid => Some(medoid(&seen, &clear, pixel, bands, pixels)),
            Method::LeastCloudy => Some(whole(&seen, &clear, pixel, bands, pixels)),
        };
        for band in 0..bands {
            let at = band * pixels + pixel;
            composed.values[at] = match chosen {
                Some(i) => seen[i].values[at],
                None => {
                    gathered.clear();
                    gathered
                        .extend(clear.iter().map(|&i| seen[i].values[at]).filter(|value| !value.is_nan()));
                    median(&mut gathered)
                }
            };
        }
    }
    composed
}

/// The median; between two in the middle, their mean. NaN of none.
fn median(values: &mut [f32]) -> f32 {
    let middle = values.len() / 2;
    match values.len() {
        0 => f32::NAN,
        1 => values[0],
        2 => (values[0] + values[1]) / 2.0,
        n => {
            values.sort_unstable_by(f32::total_cmp);
            if n % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
        }
    }
}

/// The observation nearest to all others: the least sum of Euclidean distances over the bands that both have. Among
/// equals the clearest acquisition.
fn medoid(seen: &[Observed], clear: &[usize], pixel: usize, bands: usize, pixels: usize) -> usize {
    let value = |i: usize, band: usize| f64::from(seen[i].values[band * pixels + pixel]);
    let distance = |i: usize, j: usize| {
        let squares = (0..bands).map(|band| (value(i, band) - value(j, band)).powi(2));
        squares.filter(|square| !square.is_nan()).sum::<f64>().sqrt()
    };
    let candidates = most_complete(seen, clear, pixel, bands, pixels);
    let sum = |i: usize| candidates.iter().map(|&j| distance(i, j)).sum::<f64>();
    candidates.iter().copied().min_by(|&i, &j| sum(i).total_cmp(&sum(j))).unwrap_or(clear[0])
}

/// The first observation with as many bands as any.
fn whole(seen: &[Observed], clear: &[usize], pixel: usize, bands: usize, pixels: usize) -> usize {
    most_complete(seen, clear, pixel, bands, pixels).first().copied().unwrap_or(clear[0])
}

/// The observations that have values in the most bands.
fn most_complete(
    seen: &[Observed],
    clear: &[usize],
    pixel: usize,
    bands: usize,
    pixels: usize,
) -> Vec<usize> {
    let count = |i: usize| (0..bands).filter(|band| !seen[i].values[band * pixels + pixel].is_nan()).count();
    let most = clear.iter().map(|&i| count(i)).max().unwrap_or(0);
    clear.iter().copied().filter(|&i| count(i) == most).collect()
}

/// Why no observation of a pixel is clear: the most frequent reason among those that saw it.
fn reason(seen: &[Observed], pixel: usize) -> u8 {
    let mut counts = [0u32; PixelState::ALL.len()];
    for observed in seen {
        counts[usize::from(observed.states[pixel]).min(counts.len() - 1)] += 1;
    }
    let masked = (PixelState::Cloud as usize..counts.len()).rev().max_by_key(|&state| counts[state]);
    match masked {
        Some(state) if counts[state] > 0 => state as u8,
        _ => PixelState::NotObserved as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn observed(values: &[f32], state: u8, clear_share: f32) -> Observed {
        Observed { values: values.to_vec(), states: vec![state], clear_share }
    }

    fn one(seen: &[Observed], method: Method) -> (Vec<f32>, u8, u8) {
        let composed = compose(seen.to_vec(), seen.first().map_or(1, |o| o.values.len()), 1, method);
        (composed.values, composed.states[0], composed.counts[0])
    }

    #[test]
    fn the_median_is_that_of_the_clear_observations_of_each_band() {
        let seen = [
            observed(&[10.0, 7.0], 0, 0.5),
            observed(&[30.0, f32::NAN], 0, 0.5),
            observed(&[20.0, 8.0], 0, 0.5),
            observed(&[9999.0, 9999.0], 2, 0.5),
        ];
        assert_eq!(one(&seen, Method::Median), (vec![20.0, 7.5], 0, 3));
    }

    #[test]
    fn a_pixel_masked_every_time_stays_a_gap_and_says_why() {
        let seen = [observed(&[10.0], 2, 0.9), observed(&[11.0], 3, 0.9), observed(&[12.0], 2, 0.9)];
        for method in [Method::Median, Method::Medoid, Method::LeastCloudy] {
            let (values, state, count) = one(&seen, method);
            assert!(values[0].is_nan());
            assert_eq!((state, count), (PixelState::Cloud as u8, 0));
        }
        assert_eq!(one(&[], Method::Median).1, PixelState::NotObserved as u8);
        assert_eq!(one(&[observed(&[f32::NAN], 0, 1.0)], Method::Median).1, PixelState::NotObserved as u8);
    }

    #[test]
    fn the_medoid_is_one_of_the_observations() {
        let seen = [
            observed(&[0.0, 0.0], 0, 0.1),
            observed(&[10.0, 1.0], 0, 0.2),
            observed(&[11.0, 0.0], 0, 0.3),
            observed(&[40.0, 40.0], 0, 0.4),
        ];
        assert_eq!(one(&seen, Method::Medoid).0, [10.0, 1.0]);
    }

    #[test]
    fn the_least_cloudy_acquisition_wins_where_it_is_clear() {
        let seen = [observed(&[1.0], 0, 0.2), observed(&[2.0], 0, 0.8), observed(&[3.0], 2, 0.9)];
        assert_eq!(one(&seen, Method::LeastCloudy), (vec![2.0], 0, 2));
        let partial = [observed(&[1.0, 5.0], 0, 0.2), observed(&[2.0, f32::NAN], 0, 0.8)];
        assert_eq!(one(&partial, Method::LeastCloudy).0, [1.0, 5.0]);
    }

    proptest! {
        #[test]
        fn the_median_lies_in_the_middle(values in prop::collection::vec(-2000i32..30_000, 1..40)) {
            let mut floats: Vec<f32> = values.iter().map(|v| *v as f32).collect();
            let found = median(&mut floats);
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let n = sorted.len();
            let expected = f64::from(sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0;
            prop_assert_eq!(f64::from(found), expected);
        }
    }
}
