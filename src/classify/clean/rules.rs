//! What rules do to a block.

use super::Size;
use super::recipe::AROUND;
use crate::classify::run::{FULL, NODATA};
use crate::labels::{Class, ClassCode};

/// The code of a pixel that no class is left for.
const UNLABELLED: u8 = 0;

/// A class becomes another one where the rule holds.
pub(super) fn become_other(codes: &mut [u8], holds: &[Option<bool>], from: ClassCode, to: ClassCode) {
    for (code, holds) in codes.iter_mut().zip(holds) {
        if *code == from && *holds == Some(true) {
            *code = to;
        }
    }
}

/// Takes a class out of the probabilities (class x y x x) where it is `forbidden`; those of the other classes make up
/// for it.
pub(super) fn forbid(planes: &mut [u8], pixels: usize, class: usize, forbidden: &[bool]) {
    let classes = planes.len() / pixels.max(1);
    for at in (0..pixels).filter(|at| forbidden[*at]) {
        if planes[at] == NODATA {
            continue;
        }
        planes[class * pixels + at] = 0;
        let sum: u32 = (0..classes).map(|k| u32::from(planes[k * pixels + at])).sum();
        if sum > 0 {
            for k in 0..classes {
                let of = &mut planes[k * pixels + at];
                *of = (f64::from(*of) * f64::from(FULL) / f64::from(sum)).round() as u8;
            }
        }
    }
}

/// Gives pixels that are mapped as a class where it is `forbidden` the next most likely one of the probabilities, in
/// which [`forbid`] has been at work. Where a pixel names none any more, that which the pixels around it name most; where they
/// name none either, the pixel is left unlabelled.
pub(super) fn next_likely(
    codes: &mut [u8],
    planes: &[u8],
    size: Size,
    classes: &[Class],
    class: usize,
    forbidden: &[bool],
) {
    let pixels = size.pixels();
    let mut sums = vec![0_u32; classes.len()];
    for at in (0..pixels).filter(|at| forbidden[*at]) {
        if codes[at] != classes[class].code {
            continue;
        }
        let own = |k: usize| u32::from(planes[k * pixels + at]);
        sums.iter_mut().enumerate().for_each(|(k, sum)| *sum = if planes[at] == NODATA { 0 } else { own(k) });
        if sums.iter().all(|sum| *sum == 0) {
            let (x, y) = (at % size.width, at / size.width);
            for row in y.saturating_sub(AROUND)..(y + AROUND + 1).min(size.height) {
                for column in x.saturating_sub(AROUND)..(x + AROUND + 1).min(size.width) {
                    let other = row * size.width + column;
                    if planes[other] != NODATA {
                        let of = |k: usize| u32::from(planes[k * pixels + other]);
                        sums.iter_mut().enumerate().for_each(|(k, sum)| *sum += of(k));
                    }
                }
            }
            sums[class] = 0;
        }
        // Of equals the first, as everywhere.
        let most = sums.iter().copied().max().unwrap_or(0);
        let first = sums.iter().position(|sum| *sum == most && most > 0);
        codes[at] = first.map_or(UNLABELLED, |k| classes[k].code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes() -> Vec<Class> {
        [(7, "Water"), (3, "Forest"), (9, "City")]
            .map(|(code, name)| Class::new(code, name, [0, 0, 0]))
            .to_vec()
    }

    #[test]
    fn a_class_becomes_another_only_where_that_is_known_to_hold() {
        let mut codes = [7, 7, 7, 3, 255];
        become_other(&mut codes, &[Some(true), Some(false), None, Some(true), Some(true)], 7, 9);
        assert_eq!(codes, [9, 7, 7, 3, 255]);
    }

    #[test]
    fn a_forbidden_class_gives_way_to_the_next_most_likely() {
        let size = Size { width: 4, height: 1 };
        // Water, forest, city of four pixels; the third has no data.
        let mut planes = vec![150, 200, 255, 150, 60, 0, 255, 10, 40, 50, 255, 90];
        let mut codes = [7, 7, 255, 7];
        let forbidden = [true, true, true, false];
        forbid(&mut planes, 4, 0, &forbidden);
        assert_eq!(planes, [0, 0, 255, 150, 150, 0, 255, 10, 100, 250, 255, 90]);
        next_likely(&mut codes, &planes, size, &classes(), 0, &forbidden);
        assert_eq!(codes, [3, 9, 255, 7]);
        // A second rule does not bring the first class back.
        forbid(&mut planes, 4, 1, &[true, false, false, false]);
        next_likely(&mut codes, &planes, size, &classes(), 1, &[true, false, false, false]);
        assert_eq!(codes[0], 9);
    }

    #[test]
    fn a_pixel_that_was_sure_asks_those_around_it() {
        let size = Size { width: 3, height: 1 };
        let mut planes = vec![250, 250, 50, 0, 0, 20, 0, 0, 180];
        let mut codes = [7, 7, 9];
        let forbidden = [true, true, false];
        forbid(&mut planes, 3, 0, &forbidden);
        next_likely(&mut codes, &planes, size, &classes(), 0, &forbidden);
        assert_eq!(codes, [9, 9, 9], "not water again, though it is named there too");
        let mut alone = [7];
        let mut planes = vec![250, 0, 0];
        forbid(&mut planes, 1, 0, &[true]);
        next_likely(&mut alone, &planes, Size { width: 1, height: 1 }, &classes(), 0, &[true]);
        assert_eq!(alone, [UNLABELLED]);
    }
}
