//! The sieve: patches smaller than the minimum mapping unit go to their largest neighbour, as in GDAL (`gdalsievefilter.cpp`).
//!
//! Patches are found row by row with a union-find of their fragments, four times in the same order: to count them, to measure
//! them, to find the largest neighbour of each small one, and to write. Beside the codes memory grows with the number of
//! fragments alone.

use crate::classify::run::NODATA;
use crate::progress::{Cancel, Cancelled};
use std::ops::Range;

/// What no patch has for its number.
const NONE: u32 = u32::MAX;

/// A part of a map, row by row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// Columns.
    pub width: usize,
    /// Which of its edges (left, top, right, bottom) cut through the map: a patch that touches one may go on beyond it, and
    /// stays.
    pub cut: [bool; 4],
}

/// Fragments of patches: each row of the map adds some, and those that meet become one.
#[derive(Default)]
struct Fragments {
    parent: Vec<u32>,
    /// Pixels; of a root, those of its whole patch.
    size: Vec<u32>,
    code: Vec<u8>,
}

impl Fragments {
    fn root(&mut self, mut of: u32) -> u32 {
        while self.parent[of as usize] != of {
            let above = self.parent[of as usize];
            self.parent[of as usize] = self.parent[above as usize];
            of = above;
        }
        of
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = (a.min(b), a.max(b));
        self.parent[high as usize] = low;
    }
}

/// Takes patches of fewer than `least` pixels to their largest neighbour. A small patch whose largest neighbour is small
/// goes where that one goes; one that finds no large patch so stays. Nodata is no patch and no neighbour. With `corners`
/// pixels that touch at a corner are of one patch.
pub(super) fn sieve(
    codes: &mut [u8],
    part: Part,
    least: u32,
    corners: bool,
    cancel: &Cancel,
) -> Result<(), Cancelled> {
    let Part { width, cut } = part;
    if width == 0 || codes.is_empty() {
        return Ok(());
    }
    let height = codes.len() / width;
    let mut fragments = Fragments::default();
    measure(&mut fragments, codes, part, corners, cancel)?;
    // Numbers of fragments become those of their patches.
    for fragment in 0..fragments.parent.len() as u32 {
        let root = fragments.root(fragment) as usize;
        fragments.parent[fragment as usize] = root as u32;
        if root != fragment as usize {
            fragments.size[root] = fragments.size[root].saturating_add(fragments.size[fragment as usize]);
        }
    }
    let edges = [(cut[0], 0..1, 0..height), (cut[2], width - 1..width, 0..height)];
    let edges = edges.into_iter().chain([(cut[1], 0..width, 0..1), (cut[3], 0..width, height - 1..height)]);
    let cut: Vec<_> = edges.filter(|(cut, ..)| *cut).map(|(_, columns, rows)| (columns, rows)).collect();
    if !cut.is_empty() {
        keep_cut(&mut fragments, codes, width, &cut, cancel)?;
    }

    let mut largest = neighbours(&fragments, codes, width, corners, cancel)?;
    settle(&mut largest, &fragments, least);

    let mut rows = Rows::new(width);
    for y in 0..height {
        cancel.check()?;
        let row = &mut codes[y * width..][..width];
        rows.number(row);
        for (code, number) in row.iter_mut().zip(&rows.this).filter(|(_, number)| **number != NONE) {
            let to = largest[fragments.parent[*number as usize] as usize];
            if to != NONE {
                *code = fragments.code[to as usize];
            }
        }
    }
    Ok(())
}

/// Numbers the fragments of one row after another: a run of one code in a row is a fragment.
struct Rows {
    next: u32,
    this: Vec<u32>,
    last: Vec<u32>,
}

impl Rows {
    fn new(width: usize) -> Self {
        Self { next: 0, this: vec![NONE; width], last: vec![NONE; width] }
    }

    /// Numbers the next row.
    fn number(&mut self, row: &[u8]) {
        std::mem::swap(&mut self.this, &mut self.last);
        let mut before = NODATA;
        for (code, number) in row.iter().zip(&mut self.this) {
            if *code == NODATA {
                *number = NONE;
            } else {
                if *code != before {
                    self.next += 1;
                }
                *number = self.next - 1;
            }
            before = *code;
        }
    }
}

/// Finds the fragments, their pixels and codes, and which are one patch.
fn measure(
    fragments: &mut Fragments,
    codes: &[u8],
    Part { width, .. }: Part,
    corners: bool,
    cancel: &Cancel,
) -> Result<(), Cancelled> {
    // Counted first, so that no list is ever held twice to grow.
    let mut rows = Rows::new(width);
    for row in codes.chunks_exact(width) {
        cancel.check()?;
        rows.number(row);
    }
    let count = rows.next as usize;
    fragments.parent.reserve_exact(count);
    fragments.size.reserve_exact(count);
    fragments.code.reserve_exact(count);
    let mut rows = Rows::new(width);
    for (y, row) in codes.chunks_exact(width).enumerate() {
        cancel.check()?;
        rows.number(row);
        for (x, number) in rows.this.iter().enumerate().filter(|(_, number)| **number != NONE) {
            if *number as usize == fragments.parent.len() {
                fragments.parent.push(*number);
                fragments.size.push(0);
                fragments.code.push(row[x]);
            }
            let size = &mut fragments.size[*number as usize];
            *size = size.saturating_add(1);
            if y == 0 {
                continue;
            }
            for above in above(x, width, corners) {
                let other = rows.last[above];
                if other != NONE && codes[(y - 1) * width + above] == row[x] {
                    fragments.join(*number, other);
                }
            }
        }
    }
    Ok(())
}

/// The columns of the row above that touch a pixel, in the order in which GDAL looks at them.
fn above(x: usize, width: usize, corners: bool) -> impl Iterator<Item = usize> {
    let left = (corners && x > 0).then(|| x - 1);
    let right = (corners && x + 1 < width).then_some(x + 1);
    std::iter::once(x).chain(left).chain(right)
}

/// Patches that touch an edge where the map was cut are as large as can be.
fn keep_cut(
    fragments: &mut Fragments,
    codes: &[u8],
    width: usize,
    edges: &[(Range<usize>, Range<usize>)],
    cancel: &Cancel,
) -> Result<(), Cancelled> {
    let mut rows = Rows::new(width);
    for (y, row) in codes.chunks_exact(width).enumerate() {
        cancel.check()?;
        rows.number(row);
        for (columns, _) in edges.iter().filter(|(_, rows)| rows.contains(&y)) {
            for number in rows.this[columns.clone()].iter().filter(|number| **number != NONE) {
                fragments.size[fragments.parent[*number as usize] as usize] = u32::MAX;
            }
        }
    }
    Ok(())
}

/// The largest neighbour of each patch, the first of equals in the order of rows.
fn neighbours(
    fragments: &Fragments,
    codes: &[u8],
    width: usize,
    corners: bool,
    cancel: &Cancel,
) -> Result<Vec<u32>, Cancelled> {
    let mut largest = vec![NONE; fragments.parent.len()];
    let mut meet = |a: u32, b: u32| {
        if a == NONE || b == NONE {
            return;
        }
        let (a, b) = (fragments.parent[a as usize], fragments.parent[b as usize]);
        if a == b {
            return;
        }
        for (of, other) in [(a, b), (b, a)] {
            let known = &mut largest[of as usize];
            if *known == NONE || fragments.size[*known as usize] < fragments.size[other as usize] {
                *known = other;
            }
        }
    };
    let mut rows = Rows::new(width);
    for (y, row) in codes.chunks_exact(width).enumerate() {
        cancel.check()?;
        rows.number(row);
        for x in 0..width {
            if y > 0 {
                above(x, width, corners).for_each(|above| meet(rows.this[x], rows.last[above]));
            }
            if x > 0 {
                meet(rows.this[x], rows.this[x - 1]);
            }
        }
    }
    Ok(largest)
}

/// Leaves, of each small patch, the large one that it goes to; [`NONE`] of those that stay.
fn settle(largest: &mut [u32], fragments: &Fragments, least: u32) {
    let small = |patch: u32| fragments.size[patch as usize] < least;
    let mut seen = std::collections::HashSet::new();
    for patch in 0..largest.len() as u32 {
        let is_patch = fragments.parent[patch as usize] == patch;
        if !is_patch || !small(patch) {
            largest[patch as usize] = NONE;
            continue;
        }
        seen.clear();
        seen.insert(patch);
        let mut end = largest[patch as usize];
        while end != NONE && small(end) {
            end = if seen.insert(end) { largest[end as usize] } else { NONE };
        }
        // All on the way go where this one goes.
        let mut here = patch;
        while here != NONE && here != end && small(here) {
            let next = std::mem::replace(&mut largest[here as usize], end);
            if end == NONE {
                break;
            }
            here = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sieved(codes: &[u8], width: usize, least: u32, corners: bool) -> Vec<u8> {
        let mut codes = codes.to_vec();
        sieve(&mut codes, Part { width, cut: [false; 4] }, least, corners, &Cancel::new()).unwrap();
        codes
    }

    /// Patches with their pixels, found by flooding.
    fn patches(codes: &[u8], width: usize, corners: bool) -> Vec<Vec<usize>> {
        let height = codes.len() / width;
        let mut seen = vec![false; codes.len()];
        let mut found = Vec::new();
        for start in 0..codes.len() {
            if seen[start] || codes[start] == NODATA {
                continue;
            }
            let (mut patch, mut next) = (Vec::new(), vec![start]);
            seen[start] = true;
            while let Some(at) = next.pop() {
                patch.push(at);
                let (x, y) = (at % width, at / width);
                for other in 0..width * height {
                    let (dx, dy) = ((other % width).abs_diff(x), (other / width).abs_diff(y));
                    let touches = if corners { dx.max(dy) == 1 } else { dx + dy == 1 };
                    if touches && !seen[other] && codes[other] == codes[at] {
                        seen[other] = true;
                        next.push(other);
                    }
                }
            }
            found.push(patch);
        }
        found
    }

    #[test]
    fn a_small_patch_goes_to_its_largest_neighbour_and_nodata_stays() {
        #[rustfmt::skip]
        let codes = [
            1, 1, 1, 2, 2,
            1, 3, 3, 2, 2,
            1, 1, 255, 2, 2,
        ];
        #[rustfmt::skip]
        let expected = [
            1, 1, 1, 2, 2,
            1, 1, 1, 2, 2,
            1, 1, 255, 2, 2,
        ];
        // Both neighbours of 3 have six pixels; 1 is met first.
        assert_eq!(sieved(&codes, 5, 3, false), expected);
        assert_eq!(sieved(&codes, 5, 2, false), codes, "two pixels are not fewer than two");
    }

    #[test]
    fn corners_join_patches_when_they_are_told_to() {
        #[rustfmt::skip]
        let codes = [
            2, 1, 1,
            1, 2, 1,
            1, 1, 2,
        ];
        assert_eq!(sieved(&codes, 3, 3, true), codes);
        assert_eq!(sieved(&codes, 3, 3, false), [1; 9]);
    }

    #[test]
    fn patches_that_the_edge_cuts_stay() {
        let codes = [2, 1, 1, 1, 3];
        let mut left = codes.to_vec();
        let part = Part { width: 5, cut: [true, false, false, false] };
        sieve(&mut left, part, 2, false, &Cancel::new()).unwrap();
        assert_eq!(left, [2, 1, 1, 1, 1]);
    }

    /// Sieved by `tests/references/sieve.py`, which asks GDAL.
    #[test]
    fn it_agrees_with_gdal() {
        let text = include_str!("../../../tests/references/sieve.json");
        let cases: serde_json::Value = serde_json::from_str(text).unwrap();
        let bytes = |value: &serde_json::Value| -> Vec<u8> {
            value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as u8).collect()
        };
        let cases = cases.as_array().unwrap();
        assert!(cases.len() >= 8);
        for case in cases {
            let (least, corners) = (case["threshold"].as_u64().unwrap(), case["connectedness"] == 8);
            let width = case["width"].as_u64().unwrap() as usize;
            let found = sieved(&bytes(&case["codes"]), width, least as u32, corners);
            assert_eq!(found, bytes(&case["sieved"]), "{least} {corners}");
        }
    }

    proptest! {
        #[test]
        fn what_has_nothing_small_is_left_as_it_is(
            codes in prop::collection::vec(prop::sample::select(vec![1_u8, 1, 1, 2, 2, 3, 255]), 8 * 9),
            least in 2_u32..7,
            corners: bool,
        ) {
            let mut now = codes.clone();
            let mut rounds = 0;
            // A patch among small ones alone may need a second look, as with GDAL.
            loop {
                let next = sieved(&now, 8, least, corners);
                rounds += 1;
                if next == now || rounds > 20 { break; }
                now = next;
            }
            prop_assert!(rounds <= 20);
            prop_assert_eq!(&sieved(&now, 8, least, corners), &now);
            for (before, after) in codes.iter().zip(&now) {
                prop_assert_eq!(*before == NODATA, *after == NODATA);
            }
            let large = |patch: &Vec<usize>| patch.len() >= least as usize;
            if patches(&codes, 8, corners).iter().all(large) {
                prop_assert_eq!(&codes, &now);
            }
            // A large patch keeps every pixel.
            for patch in patches(&codes, 8, corners).iter().filter(|patch| large(patch)) {
                prop_assert!(patch.iter().all(|at| now[*at] == codes[*at]));
            }
        }
    }
}
