//! What of a site is on screen, told to work under way: it takes what is looked at first.

use crate::geo::Window;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The part of a site's grid that is on screen, and otherwise the part that was last. The window says it in every frame
/// without waiting, work asks whenever it chooses what comes next.
#[derive(Debug, Default)]
pub struct Looking {
    /// Column and row of the first pixel.
    corner: AtomicU64,
    /// Columns and rows; 0 where nothing was ever on screen.
    size: AtomicU64,
    /// Every how many pixels of the grid a pixel of the screen shows; 0 before it was said.
    step: AtomicU32,
}

impl Looking {
    /// From now on this part is on screen. Work that asks between the two stores takes one chunk in another order, no
    /// more.
    pub fn see(&self, window: Window) {
        self.corner.store(pack(window.col, window.row), Ordering::Relaxed);
        self.size.store(pack(window.width, window.height), Ordering::Relaxed);
    }

    /// From now on the screen shows every so manieth pixel: 1, 2, 4 …
    pub fn see_every(&self, step: u32) {
        self.step.store(step, Ordering::Relaxed);
    }

    /// Every how many pixels of the grid a pixel of the screen shows; 1 where nobody said.
    pub fn step(&self) -> u32 {
        self.step.load(Ordering::Relaxed).max(1)
    }

    /// What is on screen; `None` where nothing ever was.
    pub fn window(&self) -> Option<Window> {
        let ((col, row), (width, height)) =
            (unpack(self.corner.load(Ordering::Relaxed)), unpack(self.size.load(Ordering::Relaxed)));
        (width > 0 && height > 0).then_some(Window { col, row, width, height })
    }
}

fn pack(a: u32, b: u32) -> u64 {
    u64::from(a) << 32 | u64::from(b)
}

fn unpack(both: u64) -> (u32, u32) {
    ((both >> 32) as u32, both as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_last_is_looked_at() {
        let looking = Looking::default();
        assert_eq!(looking.window(), None);
        let window = Window { col: 7, row: u32::MAX, width: 3, height: 9 };
        looking.see(window);
        assert_eq!(looking.window(), Some(window));
        assert_eq!(looking.step(), 1);
        looking.see_every(8);
        assert_eq!(looking.step(), 8);
    }
}
