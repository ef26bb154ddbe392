//! What dropout is drawn from: a number a value, from a seed, a step, a block and the value's place, by mixing alone. So it
//! can be computed side by side, in any order, and needs no state.

/// Dropout of a block in a step.
pub(super) struct Dice {
    pub keys: [u32; 2],
    /// Values that throw less are dropped.
    pub threshold: u32,
    /// What the others are multiplied by, so that the mean stays.
    pub scale: f32,
}

impl Dice {
    /// `None` where nothing is dropped.
    pub fn new(share: f32, dropout: Option<(u64, u64)>, block: usize) -> Option<Self> {
        let (seed, step) = dropout.filter(|_| share > 0.0)?;
        let key = mixed(mixed(seed).wrapping_add(step)).wrapping_add(block as u64);
        let key = mixed(key);
        let threshold = (f64::from(share) * 4_294_967_296.0) as u32;
        Some(Self { keys: [key as u32, (key >> 32) as u32], threshold, scale: 1.0 / (1.0 - share) })
    }
}

/// The finaliser of SplitMix64 (Steele et al. 2014).
fn mixed(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// 32 bits for place `n`: a mixing with little bias (Wellons 2018, "lowbias32"), with a key before and between.
#[inline(always)]
pub(super) fn throw(keys: [u32; 2], n: u32) -> u32 {
    let x = n ^ keys[0];
    let x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    let x = (x ^ (x >> 15)).wrapping_add(keys[1]).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropout_drops_its_share_keeps_the_mean_and_differs_between_steps_and_blocks() {
        const N: u32 = 100_000;
        for share in [0.05f32, 0.2, 0.5, 0.95] {
            let thrown = |step, block| -> Vec<bool> {
                let dice = Dice::new(share, Some((1, step)), block).unwrap();
                (0..N).map(|n| throw(dice.keys, n) < dice.threshold).collect()
            };
            let all = [thrown(1, 0), thrown(2, 0), thrown(1, 1)];
            let scale = Dice::new(share, Some((1, 1)), 0).unwrap().scale;
            // Five standard deviations of a share of N throws.
            let off = |p: f32| 5.0 * (p * (1.0 - p) / N as f32).sqrt();
            for (i, one) in all.iter().enumerate() {
                let dropped = one.iter().filter(|d| **d).count() as f32 / N as f32;
                assert!((dropped - share).abs() < off(share), "{dropped} but {share}");
                assert!(((1.0 - dropped) * scale - 1.0).abs() < off(share) * scale);
                // Neighbours, and the same place in another step or block, fall as if they did not know of one another.
                for other in [&all[(i + 1) % 3][..], &one[1..], &one[64..]] {
                    let both =
                        one.iter().zip(other).filter(|(a, b)| **a && **b).count() as f32 / other.len() as f32;
                    assert!(
                        (both - share * share).abs() < off(share * share) + 1e-4,
                        "{both} of {share} squared"
                    );
                }
            }
        }
        assert!(Dice::new(0.0, Some((1, 1)), 0).is_none() && Dice::new(0.5, None, 0).is_none());
    }
}
