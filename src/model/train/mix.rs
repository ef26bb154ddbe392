//! Mixing samples in pairs (Zhang et al. 2018, arXiv 1710.09412): series and targets alike, so that the network learns to go
//! evenly from one class to another.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Beta, Distribution};

/// Keeps the draws of mixing apart from others of the same seed.
const MIXING: u64 = 0x313;

/// Mixes each sample of a batch with another one of it by a share of its own, from a beta distribution of `alpha` and `alpha`;
/// drawn from a seed and a step. A date that either of a pair lacks is lacking.
pub(super) fn mix(
    alpha: f64,
    (seed, step): (u64, u64),
    samples: usize,
    series: &mut [f32],
    targets: &mut [f32],
    missing: Option<&mut [bool]>,
) {
    let mut random = ChaCha8Rng::seed_from_u64(seed.wrapping_add(MIXING));
    random.set_stream(step);
    let mut pairs: Vec<usize> = (0..samples).collect();
    pairs.shuffle(&mut random);
    // Parameters that no beta distribution has mix nothing.
    let Ok(beta) = Beta::new(alpha, alpha) else { return };
    let shares: Vec<f32> = (0..samples)
        .map(|_| {
            let share: f64 = beta.sample(&mut random);
            // Where both gammas of a very small parameter are nothing.
            if share.is_finite() { share as f32 } else { f32::from(u8::from(random.random::<bool>())) }
        })
        .collect();
    for values in [series, targets] {
        let (before, each) = (values.to_vec(), values.len() / samples.max(1));
        for ((row, pair), share) in values.chunks_exact_mut(each.max(1)).zip(&pairs).zip(&shares) {
            let other = &before[pair * each..(pair + 1) * each];
            row.iter_mut().zip(other).for_each(|(value, other)| *value = other + share * (*value - other));
        }
    }
    if let Some(missing) = missing {
        let (before, each) = (missing.to_vec(), missing.len() / samples.max(1));
        for (row, pair) in missing.chunks_exact_mut(each.max(1)).zip(&pairs) {
            let both: Vec<bool> = row.iter().zip(&before[pair * each..]).map(|(a, b)| *a || *b).collect();
            // A pair that shares no date keeps the gaps of the first.
            if both.contains(&false) {
                row.copy_from_slice(&both);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_and_targets_are_mixed_by_the_same_share_and_pairs_and_the_same_key_gives_the_same() {
        // Sample i is i at each date and of class i: so the target tells how the series was mixed.
        let n = 16;
        let mixed = |key| {
            let mut series: Vec<f32> = (0..n).flat_map(|i| [i as f32; 3]).collect();
            let mut targets: Vec<f32> = (0..n * n).map(|at| f32::from(u8::from(at / n == at % n))).collect();
            let mut missing: Vec<bool> = (0..n * 3).map(|at| at % 3 == 0 && at / 3 < 4).collect();
            mix(0.4, key, n, &mut series, &mut targets, Some(&mut missing));
            (series, targets, missing)
        };
        let (series, targets, missing) = mixed((1, 2));
        for (series, targets) in series.chunks(3).zip(targets.chunks(n)) {
            let told: f32 = targets.iter().enumerate().map(|(i, share)| i as f32 * share).sum();
            assert!((targets.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            assert!(series.iter().all(|v| (v - told).abs() < 1e-4), "{series:?} {told}");
        }
        assert!(targets.iter().any(|t| *t > 0.01 && *t < 0.99), "something is mixed");
        assert!(missing.iter().filter(|m| **m).count() >= 4);
        assert_eq!(mixed((1, 2)), (series.clone(), targets, missing));
        assert_ne!(mixed((1, 3)).0, series);
    }
}
