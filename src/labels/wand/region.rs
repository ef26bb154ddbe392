//! A region of pixels, and how its edge is made smooth.

use crate::geo::Window;

/// Holes of fewer pixels are filled.
const SMALL_HOLE: usize = 16;

/// Pixels of a grid, within a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// What holds all of them.
    pub window: Window,
    /// Which pixels of the window belong to it, in order of rows.
    pub inside: Vec<bool>,
}

impl Region {
    /// That of these pixels (column, row).
    pub fn of_pixels(pixels: &[(u32, u32)]) -> Self {
        let range = |of: fn(&(u32, u32)) -> u32| {
            let ends = pixels.iter().map(of).fold((u32::MAX, 0), |(a, b), v| (a.min(v), b.max(v)));
            if ends.0 > ends.1 { (0, 0) } else { (ends.0, ends.1 - ends.0 + 1) }
        };
        let ((col, width), (row, height)) = (range(|p| p.0), range(|p| p.1));
        let window = Window { col, row, width, height };
        let mut inside = vec![false; window.pixels()];
        for &(c, r) in pixels {
            inside[(r - row) as usize * width as usize + (c - col) as usize] = true;
        }
        Self { window, inside }
    }

    /// How many pixels.
    pub fn len(&self) -> usize {
        self.inside.iter().filter(|inside| **inside).count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        !self.inside.contains(&true)
    }

    /// Its pixels (column, row), in order of rows.
    pub fn pixels(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let width = self.window.width.max(1);
        let place =
            move |at: usize| (self.window.col + at as u32 % width, self.window.row + at as u32 / width);
        self.inside.iter().enumerate().filter(|(_, inside)| **inside).map(move |(at, _)| place(at))
    }

    /// Whether a pixel of the window, counted from its corner, belongs to it; those beside the window do not.
    pub(super) fn has(&self, col: i64, row: i64) -> bool {
        let within = (0..i64::from(self.window.width)).contains(&col)
            && (0..i64::from(self.window.height)).contains(&row);
        within && self.inside[row as usize * self.window.width as usize + col as usize]
    }

    /// The places within the window of the pixels beside one.
    fn beside(&self, at: usize) -> impl Iterator<Item = usize> + use<> {
        let (width, height) = (self.window.width as usize, self.window.height as usize);
        let (col, row) = (at % width, at / width);
        let sides = [
            (col > 0).then(|| at - 1),
            (col + 1 < width).then_some(at + 1),
            (row > 0).then(|| at.wrapping_sub(width)),
            (row + 1 < height).then_some(at + width),
        ];
        sides.into_iter().flatten()
    }

    /// The pixels of the window that hang together with one by their sides, and are inside or outside as it is.
    fn together(&self, first: usize, seen: &mut [bool]) -> Vec<usize> {
        let (mut found, mut next) = (vec![first], 0);
        seen[first] = true;
        while let Some(&at) = found.get(next) {
            next += 1;
            for beside in self.beside(at) {
                if !seen[beside] && self.inside[beside] == self.inside[first] {
                    seen[beside] = true;
                    found.push(beside);
                }
            }
        }
        found
    }

    /// Each pixel as most of the nine around it and itself are. Nothing grows out of the window: no pixel beside it
    /// has five within.
    fn by_majority(&self) -> Self {
        let (width, height) = (i64::from(self.window.width), i64::from(self.window.height));
        let most = |col: i64, row: i64| {
            let around = (row - 1..=row + 1).flat_map(|r| (col - 1..=col + 1).map(move |c| (c, r)));
            around.filter(|&(c, r)| self.has(c, r)).count() >= 5
        };
        let inside = (0..height).flat_map(|row| (0..width).map(move |col| (col, row)));
        Self { window: self.window, inside: inside.map(|(col, row)| most(col, row)).collect() }
    }

    /// The part that holds a place of the window, or else the largest part.
    fn one_part(&self, at: Option<usize>) -> Self {
        let mut seen = vec![false; self.inside.len()];
        let part = match at.filter(|&at| self.inside[at]) {
            Some(at) => self.together(at, &mut seen),
            None => {
                let mut largest = Vec::new();
                for at in 0..self.inside.len() {
                    if self.inside[at] && !seen[at] {
                        let part = self.together(at, &mut seen);
                        largest = if part.len() > largest.len() { part } else { largest };
                    }
                }
                largest
            }
        };
        let mut inside = vec![false; self.inside.len()];
        part.into_iter().for_each(|at| inside[at] = true);
        Self { window: self.window, inside }
    }

    fn fill_small_holes(&mut self) {
        let (width, height) = (self.window.width as usize, self.window.height as usize);
        let mut seen = vec![false; self.inside.len()];
        for at in 0..self.inside.len() {
            if self.inside[at] || seen[at] {
                continue;
            }
            let hole = self.together(at, &mut seen);
            let at_the_edge = |&at: &usize| {
                let (col, row) = (at % width, at / width);
                col == 0 || row == 0 || col + 1 == width || row + 1 == height
            };
            if hole.len() < SMALL_HOLE && !hole.iter().any(at_the_edge) {
                hole.into_iter().for_each(|at| self.inside[at] = true);
            }
        }
    }
}

/// A region with a smooth edge, in one part, without small holes: each pixel becomes what most around it are, unless
/// that would take most of the region away, as of a narrow one. The part that holds the seed is kept.
pub fn tidy(region: &Region, seed: (u32, u32)) -> Region {
    if region.is_empty() {
        return region.clone();
    }
    let window = region.window;
    let place = window
        .contains(seed.0, seed.1)
        .then(|| (seed.1 - window.row) as usize * window.width as usize + (seed.0 - window.col) as usize);
    let smooth = region.by_majority();
    let whole = if smooth.len() * 2 < region.len() { region } else { &smooth };
    let mut tidy = whole.one_part(place);
    tidy.fill_small_holes();
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(rows: &[&str]) -> Region {
        let window = Window { col: 7, row: 3, width: rows[0].len() as u32, height: rows.len() as u32 };
        Region { window, inside: rows.concat().chars().map(|c| c == '#').collect() }
    }

    #[test]
    fn a_region_of_pixels_gives_them_back_in_order_of_rows() {
        let region = Region::of_pixels(&[(5, 9), (4, 8), (4, 9)]);
        assert_eq!(region.pixels().collect::<Vec<_>>(), [(4, 8), (4, 9), (5, 9)]);
        assert_eq!((region.len(), region.window.width, region.window.height), (3, 2, 2));
        assert!(Region::of_pixels(&[]).is_empty() && tidy(&Region::of_pixels(&[]), (1, 1)).is_empty());
    }

    #[test]
    fn salt_and_spikes_go_and_the_body_stays() {
        let ragged = drawn(&["########..", "###.####..", "#########.", "########..", "########.."]);
        let smooth = drawn(&[".######...", "########..", "########..", "########..", ".######..."]);
        assert_eq!(tidy(&ragged, (9, 5)).inside, smooth.inside);
    }

    #[test]
    fn small_holes_are_filled_and_large_ones_are_kept() {
        let around = |side: u32| {
            let all = (0..20u32).flat_map(|row| (0..20u32).map(move |col| (col, row)));
            let hole =
                |&(col, row): &(u32, u32)| (8..8 + side).contains(&col) && (8..8 + side).contains(&row);
            Region::of_pixels(&all.filter(|p| !hole(p)).collect::<Vec<_>>())
        };
        // Four corners go with the majority.
        assert_eq!(tidy(&around(3), (0, 2)).len(), 396);
        assert!(tidy(&around(6), (0, 2)).len() < 375);
    }

    #[test]
    fn a_narrow_region_is_not_smoothed_away() {
        let lane = drawn(&["############"]);
        assert_eq!(tidy(&lane, (9, 3)), lane);
    }

    #[test]
    fn of_two_parts_that_hang_by_a_thread_the_seeds_one_is_kept() {
        let two =
            drawn(&["####.....####", "####.....####", "#############", "####.....####", "####.....####"]);
        let left = tidy(&two, (8, 5));
        assert!(left.pixels().all(|(col, _)| col < 12) && left.len() >= 12, "{left:?}");
        assert!(tidy(&two, (18, 5)).pixels().all(|(col, _)| col > 14));
    }
}
