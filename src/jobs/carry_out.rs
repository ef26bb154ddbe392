//! Corrections of the map on screen, carried out over it: at once where that takes no longer than a frame has, else as a job.

use super::Outcome;
use crate::classify::Extent;
use crate::classify::correct::{Correction, Placed, window_of};
use crate::geo::{Grid, Window};
use crate::labels::Class;
use std::sync::Arc;

/// So many bytes are copied while one pixel is held against a polygon.
const COPIED: usize = 16;

/// A correction of the map on screen.
#[derive(Debug, Clone)]
pub struct CorrectionEntry {
    /// What is to be done.
    pub correction: Correction,
    /// What it changed, after those before it; or why it cannot be carried out on this map, in a sentence.
    pub changed: Result<Extent, String>,
    placed: Option<Placed>,
}

/// Which corrections to carry out over which map.
#[derive(Debug, Clone)]
pub struct CarryOutSpec {
    /// Class codes of the map itself, y x x.
    pub base: Arc<Vec<u8>>,
    /// The same as far as corrections are carried out.
    pub codes: Arc<Vec<u8>>,
    /// Those that are.
    pub entries: Vec<CorrectionEntry>,
    /// Those that are to be.
    pub wanted: Arc<Vec<Correction>>,
    /// The grid of the map.
    pub grid: Grid,
    /// Its classes.
    pub classes: Vec<Class>,
}

/// A map with its corrections.
#[derive(Debug)]
pub struct CarriedOut {
    /// Its class codes, y x x.
    pub codes: Arc<Vec<u8>>,
    /// The corrections, each with what it changed.
    pub entries: Vec<CorrectionEntry>,
    /// Where something has changed since.
    pub windows: Vec<Window>,
}

impl CarryOutSpec {
    /// How many are carried out and are to be still, before one that is not.
    fn kept(&self) -> usize {
        let same = |(done, wanted): &(&CorrectionEntry, &Correction)| done.correction == **wanted;
        self.entries.iter().zip(&*self.wanted).take_while(same).count()
    }

    /// How many pixels are to be held against polygons, or what takes as long; `is_shared` where the codes are others' too.
    pub fn effort(&self, is_shared: bool) -> usize {
        let kept = self.kept();
        let windows = self.entries[kept..].iter().filter_map(|entry| Some(entry.placed.as_ref()?.window));
        let taken_back: usize = windows.map(|window| window.pixels()).sum();
        let new = self.wanted[kept..].iter().filter_map(|correction| window_of(correction, &self.grid));
        let new: usize = new.map(|window| window.pixels()).sum();
        // What is taken back is copied, and each that stays is held against it.
        let again = taken_back.saturating_mul(kept.min(8));
        let copied = if is_shared { self.codes.len() / COPIED } else { 0 };
        new + again + taken_back / COPIED + copied
    }

    /// Carries out what is to be. What was done before and is wanted no more is taken back where it lies, and what comes after
    /// it is done again.
    pub fn carry_out(self) -> CarriedOut {
        let kept = self.kept();
        let Self { base, mut codes, mut entries, wanted, grid, classes } = self;
        let mut windows = Vec::new();
        let taken_back = entries.split_off(kept);
        let pixels = Arc::make_mut(&mut codes);
        for window in taken_back.iter().filter_map(|entry| Some(entry.placed.as_ref()?.window)) {
            copy(&base, pixels, grid.width, window);
            for placed in entries.iter().filter_map(|entry| entry.placed.as_ref()) {
                placed.apply_in(window, pixels, &grid);
            }
            windows.push(window);
        }
        for correction in &wanted[kept..] {
            let (placed, changed) = match Placed::new(correction, &grid, &classes) {
                Ok(placed) => {
                    let changed = placed.apply(pixels, &grid);
                    windows.push(placed.window);
                    (Some(placed), Ok(changed))
                }
                Err(why) => (None, Err(why)),
            };
            entries.push(CorrectionEntry { correction: correction.clone(), changed, placed });
        }
        CarriedOut { codes, entries, windows }
    }
}

/// Carries out corrections of the map on screen.
///
/// # Errors
/// None: one that cannot be carried out says why in its entry.
pub fn carry_out(spec: CarryOutSpec) -> anyhow::Result<Outcome> {
    Ok(Outcome::CarriedOut(Box::new(spec.carry_out())))
}

/// Copies a window of class codes, y x x.
fn copy(from: &[u8], to: &mut [u8], width: u32, window: Window) {
    for row in window.row..window.row + window.height {
        let start = row as usize * width as usize + window.col as usize;
        let place = start..start + window.width as usize;
        if let (Some(from), Some(to)) = (from.get(place.clone()), to.get_mut(place)) {
            to.copy_from_slice(from);
        }
    }
}
