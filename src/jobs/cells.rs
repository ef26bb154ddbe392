//! Which pixels stand behind a cell of an error matrix, and where they lie together.

use super::assessing::{AssessSpec, HeldAgainst, Looked};
use super::{JobContext, Outcome};
use crate::labels::ClassCode;
use std::collections::HashSet;

/// Which pixels to look for.
#[derive(Debug, Clone)]
pub struct CellSpec {
    /// The map, and what it is held against.
    pub of: AssessSpec,
    pub against: HeldAgainst,
    /// The codes of the reference class and of the mapped class.
    pub cell: [ClassCode; 2],
}

/// The pixels of a cell of an error matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct CellPixels {
    /// The site.
    pub site: String,
    /// The map's name.
    pub map: String,
    pub against: HeldAgainst,
    /// The codes of the reference class and of the mapped class.
    pub cell: [ClassCode; 2],
    /// Column and row, in the order of rows.
    pub pixels: Vec<(u32, u32)>,
    /// Where they lie together, the most pixels first.
    pub patches: Vec<PixelPatch>,
}

/// Pixels that touch one another, by sides or corners.
#[derive(Debug, Clone, PartialEq)]
pub struct PixelPatch {
    pub pixels: usize,
    /// One of them, near their middle.
    pub pixel: (u32, u32),
    /// Its middle in longitude and latitude.
    pub lonlat: [f64; 2],
}

/// Looks for the pixels of a cell of an error matrix.
///
/// # Errors
/// As [`assess`], but that nothing is found is no error.
pub fn cell_pixels(spec: &CellSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let looked = Looked::at(&spec.of, context)?;
    let pixels = looked.of_cell(&spec.of, spec.against, spec.cell)?;
    let mut patches = Vec::new();
    for (pixels, (col, row)) in together(&pixels) {
        let lonlat = looked.grid.lonlat_from_pixel(f64::from(col) + 0.5, f64::from(row) + 0.5)?;
        patches.push(PixelPatch { pixels, pixel: (col, row), lonlat });
    }
    Ok(Outcome::CellFound(CellPixels {
        site: spec.of.site.clone(),
        map: spec.of.name.clone(),
        against: spec.against,
        cell: spec.cell,
        pixels,
        patches,
    }))
}

/// Pixels that touch one another: how many, and the one nearest to their middle; the most first, then in the order of rows.
fn together(pixels: &[(u32, u32)]) -> Vec<(usize, (u32, u32))> {
    let mut left: HashSet<(u32, u32)> = pixels.iter().copied().collect();
    let mut found = Vec::new();
    for start in pixels {
        if !left.remove(start) {
            continue;
        }
        let (mut all, mut next) = (vec![*start], 0);
        while let Some(&(col, row)) = all.get(next) {
            next += 1;
            for (c, r) in (-1..=1).flat_map(|down| (-1..=1).map(move |right| (right, down))) {
                if let (Some(c), Some(r)) = (col.checked_add_signed(c), row.checked_add_signed(r))
                    && left.remove(&(c, r))
                {
                    all.push((c, r));
                }
            }
        }
        let mean = |of: fn(&(u32, u32)) -> u32| {
            all.iter().map(|pixel| f64::from(of(pixel))).sum::<f64>() / all.len() as f64
        };
        let (col, row) = (mean(|p| p.0), mean(|p| p.1));
        let distance = |p: &(u32, u32)| (f64::from(p.0) - col).powi(2) + (f64::from(p.1) - row).powi(2);
        let middle = all.iter().copied().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        found.push((all.len(), middle.unwrap_or(*start)));
    }
    found.sort_by_key(|(count, (col, row))| (std::cmp::Reverse(*count), *row, *col));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_that_touch_are_one_place_which_lies_on_one_of_them() {
        let ring: Vec<(u32, u32)> = (0..9).map(|i| (i % 3, i / 3)).filter(|p| *p != (1, 1)).collect();
        let mut pixels = ring.clone();
        pixels.extend([(3, 3), (9, 0)]);
        let found = together(&pixels);
        assert_eq!(found.iter().map(|(count, _)| *count).collect::<Vec<_>>(), [9, 1], "a corner touches too");
        assert!(pixels.contains(&found[0].1));
        assert_eq!(found[1].1, (9, 0));
        assert!(together(&[]).is_empty());
    }
}
