//! Corrections of a map by hand: polygons that set a class, one after the other, kept as a layer beside the map. The map
//! itself is never written over; a new one is made with all of them.

mod file;
#[cfg(test)]
mod tests;
mod write;

pub use file::{Skipped, corrections_text, layer_path, layers_in, log_path, read_corrections};
pub use write::{Corrected, CorrectedFiles, write_corrected};

use super::areas::{Extent, row_pixel_ha};
use super::inside::{collect, window_around, within};
use super::run::NODATA;
use crate::geo::{GeoError, Grid, Window};
use crate::labels::Class;
use geo::{BoundingRect, MultiPolygon, Polygon};

/// Rows of pixels that are looked at in one go.
const ROWS: u32 = 128;

/// A correction: all pixels with data whose centre lies inside get a class.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// Where, in longitude and latitude; valid geometry.
    pub polygons: MultiPolygon<f64>,
    /// The class that it sets, by the map's name for it.
    pub to: String,
    /// The class that pixels must have; any where it is none.
    pub from: Option<String>,
    /// Who made it.
    pub by: Option<String>,
    /// When, as RFC 3339.
    pub at: Option<String>,
    /// Why.
    pub note: Option<String>,
}

impl Correction {
    /// Left, bottom, right and top, in longitude and latitude.
    pub fn bounds(&self) -> Option<[f64; 4]> {
        let bounds = self.polygons.bounding_rect()?;
        Some([bounds.min().x, bounds.min().y, bounds.max().x, bounds.max().y])
    }

    /// Whether both do the same to a map, whoever made them.
    pub fn does_the_same(&self, other: &Self) -> bool {
        (&self.polygons, &self.to, &self.from) == (&other.polygons, &other.to, &other.from)
    }
}

/// A correction on the pixels of a map.
#[derive(Debug, Clone)]
pub struct Placed {
    polygons: Vec<Polygon<f64>>,
    /// The part of the map that it may change.
    pub window: Window,
    to: u8,
    from: Option<u8>,
}

impl Placed {
    /// Puts a correction on the grid of a map with these classes.
    ///
    /// # Errors
    /// Why it cannot be, in a sentence: a class that the map does not have, or no pixel of the map under it.
    pub fn new(correction: &Correction, grid: &Grid, classes: &[Class]) -> Result<Self, String> {
        let code = |name: &str| {
            let found = classes.iter().find(|class| class.name == name).map(|class| class.code);
            let known = || classes.iter().map(|class| class.name.as_str()).collect::<Vec<_>>().join(", ");
            found.ok_or_else(|| format!("the map has no class {name}, only {}", known()))
        };
        let (to, from) = (code(&correction.to)?, correction.from.as_deref().map(code).transpose()?);
        if from == Some(to) {
            return Err(format!("it makes {0} of what is {0} already: choose another class", correction.to));
        }
        let polygons = in_pixels(&correction.polygons, grid).map_err(|error| error.to_string())?;
        let Some(window) = window_around(&polygons, grid) else {
            return Err("it lies beside the map: choose the site that it lies on".into());
        };
        let placed = Self { polygons, window, to, from };
        if strips(window).all(|strip| !within(&placed.polygons, strip).contains(&true)) {
            return Err("no pixel of the map has its centre inside: draw it larger".into());
        }
        Ok(placed)
    }

    /// Carries it out on class codes of the whole map, y x x; gives what it changed.
    pub fn apply(&self, codes: &mut [u8], grid: &Grid) -> Extent {
        self.apply_in(self.window, codes, grid)
    }

    /// The same within a window alone. What becomes of a pixel depends on no other one.
    pub fn apply_in(&self, part: Window, codes: &mut [u8], grid: &Grid) -> Extent {
        let mut changed = Extent::default();
        let width = grid.width as usize;
        self.visit(part, |row, cols, inside| {
            let start = row as usize * width + cols;
            let Some(codes) = codes.get_mut(start..start + inside.len()) else { return };
            let mut pixels = 0;
            for (code, _) in
                codes.iter_mut().zip(inside).filter(|(code, inside)| **inside && self.changes(**code))
            {
                *code = self.to;
                pixels += 1;
            }
            changed.add(pixels, row_pixel_ha(grid, row));
        });
        changed
    }

    /// What it would change.
    pub fn would_change(&self, codes: &[u8], grid: &Grid) -> Extent {
        let mut changed = Extent::default();
        let width = grid.width as usize;
        self.visit(self.window, |row, cols, inside| {
            let start = row as usize * width + cols;
            let codes = codes.get(start..start + inside.len()).unwrap_or_default();
            let there = codes.iter().zip(inside).filter(|(code, inside)| **inside && self.changes(**code));
            changed.add(there.count() as u64, row_pixel_ha(grid, row));
        });
        changed
    }

    /// Pixels without data stay so: nothing was seen there.
    fn changes(&self, code: u8) -> bool {
        code != NODATA && code != self.to && self.from.is_none_or(|from| from == code)
    }

    /// Each row of a part of the window with its first column and which of its pixels lie inside.
    fn visit(&self, part: Window, mut row_of: impl FnMut(u32, usize, &[bool])) {
        for strip in strips(self.window.cut_to(part)) {
            let inside = within(&self.polygons, strip);
            for (row, inside) in (strip.row..).zip(inside.chunks_exact(strip.width as usize)) {
                row_of(row, strip.col as usize, inside);
            }
        }
    }
}

/// A window in strips of some rows.
fn strips(window: Window) -> impl Iterator<Item = Window> {
    let height = if window.width == 0 { 0 } else { window.height };
    let rows = (window.row..window.row + height).step_by(ROWS as usize);
    rows.map(move |row| Window { row, height: ROWS, ..window }.cut_to(window))
}

/// The part of a map that a correction lies on; `None` where it lies beside it.
pub fn window_of(correction: &Correction, grid: &Grid) -> Option<Window> {
    window_around(&in_pixels(&correction.polygons, grid).ok()?, grid)
}

fn in_pixels(polygons: &MultiPolygon<f64>, grid: &Grid) -> Result<Vec<Polygon<f64>>, GeoError> {
    let mut found = Vec::new();
    collect(polygons.clone().into(), None, grid, &mut found)?;
    Ok(found)
}
