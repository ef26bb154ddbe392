//! Where two class maps of the same place give the same class.

use crate::geo::Window;
use crate::progress::Cancel;

/// Pixels that both maps give a class, and those of them that are given different ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Pixels with a class on both.
    pub compared: u64,
    /// Those with another class on one than on the other.
    pub differ: u64,
}

impl Agreement {
    /// The share of compared pixels that differ, from 0 to 1; none where nothing can be compared.
    pub fn share(&self) -> Option<f64> {
        (self.compared > 0).then(|| self.differ as f64 / self.compared as f64)
    }
}

/// What two codes, as they are today, tell of a pixel: nothing where one of them is no class.
pub fn differ(a: u8, b: u8) -> Option<bool> {
    let is_class = |code: u8| code != 0 && code != 255;
    (is_class(a) && is_class(b)).then_some(a != b)
}

/// Counts within a window of two maps of `width` columns, y x x; `today` tells what the codes of each are today. `None`
/// where it was cancelled.
pub fn agreement(
    maps: [&[u8]; 2],
    today: &[[u8; 256]; 2],
    width: u32,
    window: Window,
    cancel: &Cancel,
) -> Option<Agreement> {
    let mut found = Agreement::default();
    for row in window.row..window.row.saturating_add(window.height) {
        if cancel.is_cancelled() {
            return None;
        }
        let start = row as usize * width as usize + window.col as usize;
        let [Some(a), Some(b)] = maps.map(|map| map.get(start..start + window.width as usize)) else { break };
        for (&a, &b) in a.iter().zip(b) {
            if let Some(other) = differ(today[0][usize::from(a)], today[1][usize::from(b)]) {
                found.compared += 1;
                found.differ += u64::from(other);
            }
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SAME: fn(usize) -> u8 = |code| code as u8;

    fn as_they_are() -> [[u8; 256]; 2] {
        [std::array::from_fn(SAME), std::array::from_fn(SAME)]
    }

    fn whole(width: u32, height: u32) -> Window {
        Window { col: 0, row: 0, width, height }
    }

    #[test]
    fn only_pixels_with_a_class_on_both_are_compared() {
        let (a, b) = ([1, 1, 0, 255, 2, 3], [1, 2, 1, 1, 255, 3]);
        let found = agreement([&a, &b], &as_they_are(), 3, whole(3, 2), &Cancel::new()).unwrap();
        assert_eq!(found, Agreement { compared: 3, differ: 1 });
        assert_eq!(Agreement::default().share(), None);
    }

    #[test]
    fn a_class_under_another_code_is_the_same_class() {
        let mut today = as_they_are();
        today[1][7] = 1;
        let found = agreement([&[1, 1], &[7, 1]], &today, 2, whole(2, 1), &Cancel::new()).unwrap();
        assert_eq!(found.differ, 0);
    }

    #[test]
    fn counting_stops_when_asked_to_and_at_the_end_of_the_maps() {
        let cancel = Cancel::new();
        let beyond = agreement([&[1; 4], &[2; 4]], &as_they_are(), 2, whole(2, 99), &cancel);
        assert_eq!(beyond, Some(Agreement { compared: 4, differ: 4 }));
        cancel.cancel();
        assert_eq!(agreement([&[1; 4], &[2; 4]], &as_they_are(), 2, whole(2, 2), &cancel), None);
    }

    proptest! {
        #[test]
        fn two_halves_are_the_whole(a in proptest::collection::vec(0u8..6, 48), b in proptest::collection::vec(0u8..6, 48), cut in 0u32..=8) {
            let count = |window| agreement([&a, &b], &as_they_are(), 8, window, &Cancel::new()).unwrap();
            let (left, right) = (count(whole(cut, 6)), count(Window { col: cut, row: 0, width: 8 - cut, height: 6 }));
            let all = count(whole(8, 6));
            prop_assert_eq!((left.compared + right.compared, left.differ + right.differ), (all.compared, all.differ));
        }
    }
}
