//! Bayesian smoothing of probabilities.
//!
//! Camara, Simoes, Souza, Pelletier, Sanchez et al. (2024): Bayesian inference for post-processing of remote-sensing image
//! classification. Remote Sensing 16 (23), 4572; as in sits (`src/smooth_bayes.cpp`). Each class goes by itself: a pixel's
//! logit is drawn towards the mean of the highest logits around it, the more, the less these vary beside the class's
//! smoothness. The neighbourhood is mirrored at the edges of the map.
//!
//! Two things differ from sits: probabilities are made to sum to 1 afterwards, which changes no pixel's most likely class,
//! and pixels without data stay without.

use super::Size;
use crate::classify::run::{FULL, NODATA};
use rayon::prelude::*;

/// Variance of logits below which a neighbourhood is of one mind, and its mean is taken.
const EVEN: f64 = 1e-4;
/// What probabilities of 0 are taken for, so that their logits are finite; those of 1 lie as far from 1.
const LEAST: f64 = 1e-6;

/// How each class is smoothed, in the order of the planes.
#[derive(Debug, Clone)]
pub(super) struct Smoothing {
    /// Pixels to each side, and the variance of the logits.
    pub classes: Vec<(usize, f64)>,
    /// Share of the neighbours that count, those of the highest logits.
    pub neigh_fraction: f64,
}

/// Smooths the planes of a block (class x y x x, 0..=250, 255 nodata).
pub(super) fn smooth(planes: &mut [u8], size: Size, smoothing: &Smoothing) {
    let pixels = size.pixels();
    let logits = logits(planes, pixels);
    let mut smoothed = vec![0.0_f32; planes.len()];
    for (plane, (logits, (leg, variance))) in
        smoothed.chunks_exact_mut(pixels).zip(logits.chunks_exact(pixels).zip(&smoothing.classes))
    {
        smooth_plane(logits, plane, size, *leg, *variance, smoothing.neigh_fraction);
    }
    let classes = smoothing.classes.len();
    for at in 0..pixels {
        if planes[at] == NODATA {
            continue;
        }
        let likely = |k: usize| f64::from(smoothed[k * pixels + at]);
        let sum: f64 = (0..classes).map(likely).sum();
        for k in 0..classes {
            planes[k * pixels + at] = (likely(k) / sum * f64::from(FULL)).round() as u8;
        }
    }
}

/// Logits of each class against all others; NaN where there is no data.
fn logits(planes: &[u8], pixels: usize) -> Vec<f32> {
    let full = f64::from(FULL);
    let bounded = |v: u8| (f64::from(v) / full).clamp(LEAST, 1.0 - LEAST);
    let mut sums = vec![0.0_f64; pixels];
    for plane in planes.chunks_exact(pixels) {
        sums.iter_mut().zip(plane).for_each(|(sum, v)| *sum += bounded(*v));
    }
    let mut logits = Vec::with_capacity(planes.len());
    for plane in planes.chunks_exact(pixels) {
        logits.extend(plane.iter().zip(&sums).map(|(v, sum)| match *v {
            NODATA => f32::NAN,
            v => (bounded(v) / (sum - bounded(v))).ln() as f32,
        }));
    }
    logits
}

/// Writes the smoothed probabilities of a class, which do not sum to 1 with those of the others yet.
fn smooth_plane(logits: &[f32], out: &mut [f32], size: Size, leg: usize, variance: f64, fraction: f64) {
    let columns = mirrored(size.width, leg);
    let rows = mirrored(size.height, leg);
    let side = 2 * leg + 1;
    out.par_chunks_exact_mut(size.width).enumerate().for_each(|(y, out)| {
        let mut around = Vec::with_capacity(side * side);
        for (x, out) in out.iter_mut().enumerate() {
            let own = f64::from(logits[y * size.width + x]);
            if own.is_nan() {
                continue;
            }
            around.clear();
            for row in &rows[y..y + side] {
                let row = &logits[row * size.width..][..size.width];
                let values = columns[x..x + side].iter().map(|column| row[*column]);
                around.extend(values.filter(|logit| !logit.is_nan()));
            }
            let logit = posterior(own, &mut around, variance, fraction);
            *out = (1.0 / (1.0 + (-logit).exp())) as f32;
        }
    });
}

/// The posterior mean of a logit, given those around it (itself among them).
fn posterior(own: f64, around: &mut [f32], variance: f64, fraction: f64) -> f64 {
    let taken = (fraction * around.len() as f64).ceil() as usize;
    if taken < around.len() {
        around.select_nth_unstable_by(taken, |a, b| b.total_cmp(a));
    }
    let taken = &around[..taken];
    // Of a single one there is no variance.
    if taken.len() < 2 {
        return own;
    }
    let count = taken.len() as f64;
    let mean = taken.iter().map(|v| f64::from(*v)).sum::<f64>() / count;
    let spread = taken.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / (count - 1.0);
    if spread < EVEN {
        return mean;
    }
    let weight = spread / (spread + variance);
    weight * own + (1.0 - weight) * mean
}

/// Where each place from `-leg` to `size + leg` lies, mirrored at the edges, the edge itself twice.
fn mirrored(size: usize, leg: usize) -> Vec<usize> {
    let (period, size, leg) = (2 * size as i64, size as i64, leg as i64);
    let place = |at: i64| {
        let at = at.rem_euclid(period);
        (if at < size { at } else { period - 1 - at }) as usize
    };
    (-leg..size + leg).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_mirrored_with_the_edge_twice() {
        assert_eq!(mirrored(4, 2), [1, 0, 0, 1, 2, 3, 3, 2]);
        assert_eq!(mirrored(1, 2), [0; 5], "a map of one pixel");
    }

    #[test]
    fn a_posterior_worked_by_hand() {
        // The highest half of these nine is 4, 3, 2, 2, 1: mean 2.4, variance 5.2 / 4 = 1.3.
        let mut around = [4.0, -1.0, 2.0, 0.0, 3.0, 1.0, -2.0, 2.0, -5.0];
        // Weight 1.3 / (1.3 + 2.6) = 1/3: 1/3 x -1 + 2/3 x 2.4.
        let found = posterior(-1.0, &mut around, 2.6, 0.5);
        assert!((found - (-1.0 / 3.0 + 1.6)).abs() < 1e-6, "{found}");
        let even = posterior(0.7, &mut [0.5, 0.5, 0.5], 1.0, 1.0);
        assert_eq!(even, 0.5, "neighbours of one mind are followed");
        assert_eq!(posterior(0.7, &mut [0.7], 1.0, 0.5), 0.7, "without neighbours nothing changes");
    }

    /// Smoothed by `tests/references/bayes_smooth.py`, which follows sits line by line in numpy.
    #[test]
    fn it_agrees_with_an_independent_implementation() {
        let text = include_str!("../../../tests/references/bayes_smooth.json");
        let cases: serde_json::Value = serde_json::from_str(text).unwrap();
        let bytes = |value: &serde_json::Value| -> Vec<u8> {
            value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as u8).collect()
        };
        let cases = cases.as_array().unwrap();
        assert!(cases.len() >= 3);
        for case in cases {
            let size = Size {
                width: case["width"].as_u64().unwrap() as usize,
                height: case["height"].as_u64().unwrap() as usize,
            };
            let legs = case["window"].as_array().unwrap().iter().map(|w| w.as_u64().unwrap() as usize / 2);
            let variances = case["smoothness"].as_array().unwrap().iter().map(|s| s.as_f64().unwrap());
            let smoothing = Smoothing {
                classes: legs.zip(variances).collect(),
                neigh_fraction: case["neigh_fraction"].as_f64().unwrap(),
            };
            let (mut planes, expected) = (bytes(&case["planes"]), bytes(&case["smoothed"]));
            smooth(&mut planes, size, &smoothing);
            let far = planes.iter().zip(&expected).filter(|(a, b)| a.abs_diff(**b) > 1).count();
            assert_eq!(far, 0, "{}", case["name"]);
            let differing = planes.iter().zip(&expected).filter(|(a, b)| a != b).count();
            assert!(differing * 100 <= planes.len(), "{differing} of {} rounded otherwise", planes.len());
            for at in 0..size.pixels() {
                let values = planes.iter().skip(at).step_by(size.pixels());
                if planes[at] == NODATA {
                    assert!(values.clone().all(|v| *v == NODATA));
                } else {
                    let sum: u32 = values.map(|v| u32::from(*v)).sum();
                    let half = smoothing.classes.len() as u32 / 2 + 1;
                    assert!(sum.abs_diff(u32::from(FULL)) <= half, "they sum to {sum}");
                }
            }
        }
    }
}
