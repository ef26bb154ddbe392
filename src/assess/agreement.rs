//! Where two class maps of the same place give the same class.

use crate::classify::{Extent, row_pixel_ha};
use crate::geo::{Grid, Window};
use crate::labels::ClassCode;
use crate::progress::Cancel;
use serde::{Deserialize, Serialize};

/// Pixels that both maps give a class, and those of them that are given different ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// Which class of the first map is which other class on the second, in pixels and hectares of a map on this grid, the most first;
/// pixels without a class on either are not counted. As [`agreement`] else.
pub fn transitions(
    [a, b]: [&[u8]; 2],
    today: &[[u8; 256]; 2],
    grid: &Grid,
    cancel: &Cancel,
) -> Option<Vec<((ClassCode, ClassCode), Extent)>> {
    let width = grid.width.max(1) as usize;
    let mut found = vec![Extent::default(); 1 << 16];
    // Of one row: in degrees each has its own area.
    let (mut counts, mut met) = (vec![0u64; 1 << 16], Vec::new());
    for (row, (a, b)) in (0u32..).zip(a.chunks(width).zip(b.chunks(width))) {
        if cancel.is_cancelled() {
            return None;
        }
        for (&a, &b) in a.iter().zip(b) {
            let (a, b) = (today[0][usize::from(a)], today[1][usize::from(b)]);
            if differ(a, b) == Some(true) {
                let pair = usize::from(a) << 8 | usize::from(b);
                if counts[pair] == 0 {
                    met.push(pair);
                }
                counts[pair] += 1;
            }
        }
        let pixel_ha = row_pixel_ha(grid, row);
        for pair in met.drain(..) {
            found[pair].add(std::mem::take(&mut counts[pair]), pixel_ha);
        }
    }
    let found = (0u16..=u16::MAX).zip(found).filter(|(_, extent)| extent.pixels > 0);
    let mut found: Vec<_> = found.map(|(pair, extent)| (pair.to_be_bytes().into(), extent)).collect();
    found.sort_by_key(|(_, extent)| std::cmp::Reverse(extent.pixels));
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

    fn grid(epsg: u32, (left, top): (f64, f64), pixel: f64, width: u32, height: u32) -> Grid {
        let crs = crate::geo::Crs::from_epsg(epsg).unwrap();
        Grid { crs, left, top, pixel_width: pixel, pixel_height: pixel, width, height }
    }

    #[test]
    fn which_class_became_which_is_told_the_most_first() {
        let (a, b) = ([1, 1, 1, 0, 2, 255, 2, 9], [1, 2, 2, 1, 1, 1, 2, 9]);
        let grid = grid(6362, (2.7e6, 6.5e5), 10.0, 4, 2);
        let found = transitions([&a, &b], &as_they_are(), &grid, &Cancel::new()).unwrap();
        let of = |pixels| Extent { pixels, ha: pixels as f64 * 0.01 };
        assert_eq!(found, [((1, 2), of(2)), ((2, 1), of(1))]);
        let cancel = Cancel::new();
        cancel.cancel();
        assert_eq!(transitions([&a, &b], &as_they_are(), &grid, &cancel), None);
    }

    #[test]
    fn in_degrees_what_changed_nearer_to_the_pole_is_less_land() {
        let grid = grid(4326, (0.0, 60.0), 0.5, 1, 120);
        let (a, b) = (vec![1; 120], [vec![2; 60], vec![3; 60]].concat());
        let found = transitions([&a, &b], &as_they_are(), &grid, &Cancel::new()).unwrap();
        let [((1, north), in_north), ((1, south), in_south)] = found[..] else { panic!("{found:?}") };
        assert_eq!((north, south, in_north.pixels, in_south.pixels), (2, 3, 60, 60));
        let rows = |rows: std::ops::Range<u32>| rows.map(|row| row_pixel_ha(&grid, row)).sum::<f64>();
        assert!((in_north.ha - rows(0..60)).abs() < 1e-6 && (in_south.ha - rows(60..120)).abs() < 1e-6);
        assert!(in_north.ha < 0.9 * in_south.ha);
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
