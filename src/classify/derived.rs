//! What the probabilities of a pixel say beside its class: how sure the model is.

use super::run::{FULL, NODATA};
use crate::labels::Class;
use std::sync::LazyLock;

/// Entropy and margin of pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Derived {
    /// Entropy of each pixel's probabilities over the logarithm of the number of classes, scaled to 0..=250; 255 nodata.
    pub(super) entropy: Vec<u8>,
    /// The largest probability less the second, scaled to 0..=250; 255 nodata.
    pub(super) margin: Vec<u8>,
}

/// `v ln v` of each scaled probability.
static V_LN_V: LazyLock<[f64; 256]> =
    LazyLock::new(|| std::array::from_fn(|v| if v == 0 { 0.0 } else { v as f64 * (v as f64).ln() }));

impl Derived {
    /// Of planes of `pixels` scaled probabilities each.
    pub(super) fn of(probabilities: &[u8], pixels: usize) -> Self {
        let classes = probabilities.len() / pixels.max(1);
        let table = &*V_LN_V;
        let (mut sums, mut terms) = (vec![0u32; pixels], vec![0f64; pixels]);
        let (mut largest, mut second) = (vec![0u8; pixels], vec![0u8; pixels]);
        for plane in probabilities.chunks_exact(pixels.max(1)) {
            for ((v, sum), term) in plane.iter().zip(&mut sums).zip(&mut terms) {
                *sum += u32::from(*v);
                *term += table[usize::from(*v)];
            }
            for ((v, largest), second) in plane.iter().zip(&mut largest).zip(&mut second) {
                *second = (*second).max((*v).min(*largest));
                *largest = (*largest).max(*v);
            }
        }
        // H = ln(sum) - (sum of v ln v) / sum, with p = v / sum.
        let most = (classes.max(2) as f64).ln();
        let entropy = |(sum, term): (&u32, &f64)| {
            let sum = f64::from(*sum);
            let share = if sum > 0.0 { (sum.ln() - term / sum) / most } else { 1.0 };
            (share * f64::from(FULL)).round().clamp(0.0, f64::from(FULL)) as u8
        };
        let mut entropy: Vec<u8> = sums.iter().zip(&terms).map(entropy).collect();
        let mut margin: Vec<u8> = largest.iter().zip(&second).map(|(a, b)| a - b).collect();
        for ((largest, entropy), margin) in largest.iter().zip(&mut entropy).zip(&mut margin) {
            if *largest == NODATA {
                (*entropy, *margin) = (NODATA, NODATA);
            }
        }
        Self { entropy, margin }
    }
}

/// The code of the largest plane at each pixel, the first of equals; nodata stays nodata.
pub(super) fn most_likely(planes: &[u8], pixels: usize, classes: &[Class]) -> Vec<u8> {
    let mut largest: Vec<u8> = planes[..pixels].to_vec();
    let first = classes.first().map_or(NODATA, |class| class.code);
    let mut codes: Vec<u8> = largest.iter().map(|v| if *v == NODATA { NODATA } else { first }).collect();
    for (plane, class) in planes.chunks_exact(pixels.max(1)).zip(classes).skip(1) {
        for ((code, largest), v) in codes.iter_mut().zip(&mut largest).zip(plane) {
            if *v > *largest {
                *largest = *v;
                *code = class.code;
            }
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn classes() -> Vec<Class> {
        [7, 14, 21].map(|code| Class::new(code, format!("class {code}"), [code, 2, 3])).to_vec()
    }

    #[test]
    fn the_class_is_the_most_likely_one_and_the_first_of_equals() {
        let planes =
            [[250, 0, 0, 83, 125, 255], [0, 250, 10, 83, 125, 255], [0, 0, 240, 83, 0, 255]].concat();
        assert_eq!(most_likely(&planes, 6, &classes()), [7, 14, 21, 7, 7, 255]);
    }

    #[test]
    fn entropy_runs_from_certain_to_undecided_and_the_margin_the_other_way() {
        let planes =
            [[250, 0, 0, 83, 125, 255], [0, 250, 30, 83, 125, 255], [0, 0, 220, 83, 0, 255]].concat();
        let derived = Derived::of(&planes, 6);
        // Two of three equal: ln 2 / ln 3 = 0.631. 0.12 and 0.88: 0.3669 / ln 3 = 0.334.
        assert_eq!(derived.entropy, [0, 0, 83, 250, 158, 255]);
        assert_eq!(derived.margin, [250, 250, 190, 0, 0, 255]);
        let one = Derived::of(&[250, 255], 2);
        assert_eq!((one.entropy, one.margin), (vec![0, 255], vec![250, 255]), "a model of one class");
    }

    proptest! {
        #[test]
        fn entropy_is_that_of_its_formula(values in proptest::collection::vec(0u8..=250, 2..12)) {
            prop_assume!(values.iter().any(|v| *v > 0));
            let sum: f64 = values.iter().map(|v| f64::from(*v)).sum();
            let shares = values.iter().map(|v| f64::from(*v) / sum).filter(|p| *p > 0.0);
            let entropy: f64 = shares.map(|p| -p * p.ln()).sum();
            let expected = entropy / (values.len() as f64).ln() * 250.0;
            let is = f64::from(Derived::of(&values, 1).entropy[0]);
            prop_assert!((is - expected).abs() <= 0.5 + 1e-9, "{is} {expected}");
        }
    }
}
