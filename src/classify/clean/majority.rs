//! The majority filter: each pixel becomes what most pixels around it are.

use super::Size;
use crate::classify::run::NODATA;
use rayon::prelude::*;

/// The most frequent code among the pixels up to `leg` away (those on the map that have data). Of equally frequent ones a
/// pixel keeps its own, else takes the lowest. Nodata stays.
pub(super) fn majority(codes: &[u8], size: Size, leg: usize) -> Vec<u8> {
    let Size { width, height } = size;
    let mut out = vec![NODATA; codes.len()];
    out.par_chunks_exact_mut(width).enumerate().for_each(|(y, out)| {
        let rows = y.saturating_sub(leg)..(y + leg + 1).min(height);
        let mut counts = [0_u32; 256];
        let count = |counts: &mut [u32; 256], column: usize, by: i32| {
            for row in rows.clone() {
                let of = &mut counts[usize::from(codes[row * width + column])];
                *of = of.wrapping_add_signed(by);
            }
        };
        (0..leg.min(width)).for_each(|column| count(&mut counts, column, 1));
        for (x, out) in out.iter_mut().enumerate() {
            if x + leg < width {
                count(&mut counts, x + leg, 1);
            }
            if x > leg {
                count(&mut counts, x - leg - 1, -1);
            }
            let own = codes[y * width + x];
            if own != NODATA {
                *out = most(&counts, own);
            }
        }
    });
    out
}

fn most(counts: &[u32; 256], own: u8) -> u8 {
    let (mut best, mut code) = (counts[usize::from(own)], own);
    let known = &counts[..usize::from(NODATA)];
    for (other, count) in known.iter().enumerate() {
        if *count > best {
            (best, code) = (*count, other as u8);
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_most_frequent_wins_and_of_equals_ones_own_or_the_lowest() {
        let size = Size { width: 3, height: 3 };
        #[rustfmt::skip]
        let codes = [
            2, 2, 1,
            2, 3, 1,
            1, 1, 255,
        ];
        // The middle sees 1 four times, 2 three times, itself once.
        assert_eq!(majority(&codes, size, 1)[4], 1);
        // The last sees no data there and stays; the first sees 2, 2, 2, 3.
        assert_eq!((majority(&codes, size, 1)[8], majority(&codes, size, 1)[0]), (255, 2));
        let row = Size { width: 3, height: 1 };
        assert_eq!(majority(&[5, 4, 3], row, 1), [5, 4, 3], "each keeps its own of equals");
        assert_eq!(majority(&[6, 5, 9, 6, 5], Size { width: 5, height: 1 }, 2)[2], 5, "else the lowest");
    }

    proptest! {
        #[test]
        fn a_sliding_count_is_a_count(
            codes in prop::collection::vec(prop::sample::select(vec![1_u8, 2, 3, 255]), 7 * 6),
            leg in 1_usize..5,
        ) {
            let size = Size { width: 7, height: 6 };
            let found = majority(&codes, size, leg);
            for (at, found) in found.iter().enumerate() {
                let (x, y) = (at % 7, at / 7);
                if codes[at] == NODATA {
                    prop_assert_eq!(*found, NODATA);
                    continue;
                }
                let around = (0..codes.len()).filter(|i| (i % 7).abs_diff(x) <= leg && (i / 7).abs_diff(y) <= leg);
                let mut counts = [0; 256];
                around.filter(|i| codes[*i] != NODATA).for_each(|i| counts[usize::from(codes[i])] += 1);
                let most = *counts.iter().max().unwrap();
                let lowest = counts.iter().position(|count| *count == most).unwrap() as u8;
                let expected = if counts[usize::from(codes[at])] == most { codes[at] } else { lowest };
                prop_assert_eq!(*found, expected);
            }
        }
    }
}
