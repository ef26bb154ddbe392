//! Drawing the sample from a map that comes block by block.
//!
//! Each pixel has a number that its place and the seed decide, and a stratum gives those with the least (permanent random
//! numbers: Ohlsson 1995, in Cox et al., Business Survey Methods, chapter 9). So it is a simple random sample without
//! replacement in each stratum; it does not matter in what blocks the map comes; and a larger sample of the same seed holds
//! the smaller one, so that what was labelled is not lost.

use super::Allocated;
use crate::geo::Window;
use crate::labels::ClassCode;
use std::collections::BinaryHeap;

/// A pixel drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawn {
    pub col: u32,
    pub row: u32,
    pub stratum: ClassCode,
}

/// Draws from each code of a map while the map comes by: in any order, and in several parts at once that are merged.
#[derive(Debug, Clone)]
pub struct Drawing {
    seed: u64,
    /// Units of each code, at most.
    most: [u64; 256],
    /// A pixel above it is not drawn: none is, of codes that give none.
    limits: [Option<u64>; 256],
    /// By code, those with the least numbers: number, row, column.
    drawn: Vec<BinaryHeap<(u64, u32, u32)>>,
}

impl Drawing {
    /// Nothing yet, of so many of each code at most.
    pub fn new(seed: u64, most: impl Fn(ClassCode) -> u64) -> Self {
        let most = std::array::from_fn(|code| most(code as ClassCode));
        let limits = most.map(|most| (most > 0).then_some(u64::MAX));
        Self { seed: mixed(seed), most, limits, drawn: vec![BinaryHeap::new(); 256] }
    }

    /// A part of the map, row by row. Each pixel comes once.
    pub fn take(&mut self, window: Window, codes: &[u8]) {
        for (row, codes) in (window.row..).zip(codes.chunks_exact(window.width.max(1) as usize)) {
            for (col, code) in (window.col..).zip(codes) {
                let Some(limit) = self.limits[usize::from(*code)] else { continue };
                let number = mixed(self.seed ^ (u64::from(row) << 32 | u64::from(col)));
                if number <= limit {
                    self.keep(usize::from(*code), (number, row, col));
                }
            }
        }
    }

    fn keep(&mut self, code: usize, pixel: (u64, u32, u32)) {
        let heap = &mut self.drawn[code];
        heap.push(pixel);
        if heap.len() as u64 > self.most[code] {
            heap.pop();
        }
        if heap.len() as u64 == self.most[code] {
            self.limits[code] = heap.peek().map(|(number, ..)| *number);
        }
    }

    /// With what was drawn of another part of the same map.
    #[must_use]
    pub fn merged(mut self, other: Self) -> Self {
        for (code, heap) in other.drawn.into_iter().enumerate() {
            heap.into_iter().for_each(|pixel| self.keep(code, pixel));
        }
        self
    }

    /// The units that were allocated, in an order that tells nothing of their strata; `None` where more were allocated than
    /// were asked for when the drawing began.
    pub fn units(mut self, strata: &[Allocated]) -> Option<Vec<Drawn>> {
        let mut all: Vec<(u64, Drawn)> = Vec::new();
        for stratum in strata.iter().filter(|stratum| stratum.units > 0) {
            let code = stratum.stratum.code;
            if stratum.units > self.most[usize::from(code)] {
                return None;
            }
            let mut heap = std::mem::take(&mut self.drawn[usize::from(code)]);
            while heap.len() as u64 > stratum.units {
                heap.pop();
            }
            let unit = |(number, row, col)| (mixed(number ^ self.seed), Drawn { col, row, stratum: code });
            all.extend(heap.into_iter().map(unit));
        }
        all.sort_unstable_by_key(|(order, unit)| (*order, unit.row, unit.col));
        Some(all.into_iter().map(|(_, unit)| unit).collect())
    }
}

/// A number that has nothing to see of the one it was made from: SplitMix64 (Steele et al. 2014, 10.1145/2714064.2660195).
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::super::{Allocation, DesignSpec, Stratum, allocate};
    use super::*;

    const WIDTH: u32 = 60;

    /// A map of stripes: codes 0 to 3 and 255.
    fn map() -> Vec<u8> {
        (0..WIDTH * WIDTH).map(|i| [1, 1, 1, 2, 1, 0, 3, 1, 255, 2][(i % 10) as usize]).collect()
    }

    /// The map in blocks of some size, by turns in two parts that are merged.
    fn drawing(seed: u64, block: u32, most: impl Fn(u8) -> u64) -> Drawing {
        let map = map();
        let mut parts = [Drawing::new(seed, &most), Drawing::new(seed, &most)];
        for row in (0..WIDTH).step_by(block as usize) {
            for col in (0..WIDTH).step_by(block as usize) {
                let window =
                    Window { col, row, width: block.min(WIDTH - col), height: block.min(WIDTH - row) };
                let at = |row: u32| &map[(row * WIDTH + col) as usize..][..window.width as usize];
                let codes: Vec<u8> = (row..row + window.height).flat_map(|row| at(row).to_vec()).collect();
                parts[(row / block + col / block) as usize % 2].take(window, &codes);
            }
        }
        let [one, other] = parts;
        one.merged(other)
    }

    fn draw(strata: &[Allocated], seed: u64, block: u32) -> Vec<Drawn> {
        let units = |code| strata.iter().find(|s| s.stratum.code == code).map_or(0, |s| s.units);
        drawing(seed, block, units).units(strata).unwrap()
    }

    fn allocated(size: u64) -> Vec<Allocated> {
        let pixels = |code: u8| map().into_iter().filter(|of| *of == code).count() as u64;
        let stratum = |code: u8| Stratum { code, name: String::new(), pixels: pixels(code) };
        let strata: Vec<Stratum> = (1..=3).map(stratum).collect();
        allocate(&strata, &DesignSpec { size, allocation: Allocation::Proportional, ..DesignSpec::default() })
            .unwrap()
    }

    #[test]
    fn the_draw_is_of_its_strata_without_repeats_and_the_same_in_any_blocks() {
        let strata = allocated(200);
        let drawn = draw(&strata, 5, 7);
        assert_eq!(drawn, draw(&strata, 5, 60));
        assert_ne!(drawn, draw(&strata, 6, 60));
        let places: std::collections::BTreeSet<_> = drawn.iter().map(|d| (d.row, d.col)).collect();
        assert_eq!(places.len(), 200);
        for stratum in &strata {
            let own = drawn.iter().filter(|d| d.stratum == stratum.stratum.code).count();
            assert_eq!(own as u64, stratum.units);
        }
        assert!(drawn.iter().all(|d| map()[(d.row * WIDTH + d.col) as usize] == d.stratum));
    }

    #[test]
    fn a_larger_sample_holds_the_smaller_one() {
        let all: std::collections::BTreeSet<_> =
            draw(&allocated(300), 5, 7).iter().map(|d| (d.row, d.col)).collect();
        let few = draw(&allocated(100), 5, 7);
        assert!(few.iter().all(|d| all.contains(&(d.row, d.col))));
    }

    #[test]
    fn each_pixel_of_a_stratum_is_drawn_as_often_as_the_others() {
        let strata = allocated(360);
        let mut times = vec![0u32; (WIDTH * WIDTH) as usize];
        for seed in 0..300 {
            for d in draw(&strata, seed, 60) {
                times[(d.row * WIDTH + d.col) as usize] += 1;
            }
        }
        // Each of the pixels of the first stratum in about 12.5 % of the draws: chi-squared of 1800 degrees of freedom.
        let first = &strata[0];
        let share = first.units as f64 / first.stratum.pixels as f64;
        let (expected, spread) = (300.0 * share, 300.0 * share * (1.0 - share));
        let own = times.iter().zip(map()).filter(|(_, code)| *code == 1);
        let chi: f64 = own.map(|(n, _)| (f64::from(*n) - expected).powi(2) / spread).sum();
        assert!((1600.0..2000.0).contains(&chi), "{chi}");
        assert!(times.iter().zip(map()).all(|(n, code)| code != 0 && code != 255 || *n == 0));
    }

    #[test]
    fn the_order_tells_nothing_of_the_strata() {
        let drawn = draw(&allocated(360), 1, 60);
        let early = drawn[..180].iter().filter(|d| d.stratum == 2).count();
        let late = drawn[180..].iter().filter(|d| d.stratum == 2).count();
        assert!(early.abs_diff(late) < 30, "{early} {late}");
    }

    #[test]
    fn fewer_than_were_asked_for_are_those_of_a_smaller_draw_and_more_are_not_had() {
        let strata = allocated(200);
        assert_eq!(drawing(5, 7, |_| 400).units(&strata).unwrap(), draw(&strata, 5, 60));
        assert_eq!(drawing(5, 7, |_| 20).units(&strata), None);
        assert_eq!(drawing(0, 9, |_| 0).units(&[]).unwrap(), []);
    }
}
