//! Chunks of the cube that cannot be read: known once they were asked for, told once, and shown as missing.

use super::{plate, quad};
use crate::cube::Cube;
use crate::ui::tokens;
use crate::ui::words::tr;
use egui::{Align2, Color32, Painter, Rect, Stroke};
use std::collections::HashMap;
use walkers::Projector;

/// What cannot be read of the cube on screen.
#[derive(Debug, Default)]
pub struct Damage {
    /// Chunks (across, down), each with why; they are not asked for again.
    chunks: HashMap<(u32, u32), String>,
    told: [bool; 2],
}

impl Damage {
    /// Notes a chunk down; gives the sentence for people, the first time.
    pub fn chunk(&mut self, chunk: (u32, u32), why: String) -> Option<String> {
        let sentence = self.anything(&why);
        self.chunks.insert(chunk, why);
        sentence
    }

    /// Something else of the cube that cannot be shown; gives the sentence for people, the first time.
    pub fn anything(&mut self, why: &str) -> Option<String> {
        let sentence = || tr!("Part of the cube cannot be read and is shown as missing: {why}", why = why);
        (!std::mem::replace(&mut self.told[0], true)).then(sentence)
    }

    /// A mask that cannot be read, of pixels that can; gives the sentence for people, the first time.
    pub fn mask(&mut self, why: &str) -> Option<String> {
        let sentence =
            || tr!("The plot cannot tell why observations are missing in part of the cube: {why}", why = why);
        (!std::mem::replace(&mut self.told[1], true)).then(sentence)
    }

    /// Why a chunk cannot be read, where that is so.
    pub fn of(&self, chunk: (u32, u32)) -> Option<&str> {
        self.chunks.get(&chunk).map(String::as_str)
    }

    /// Paints the chunks that are missing: dimmed, with an outline, and a word where there is room.
    pub fn paint(&self, painter: &Painter, projector: &Projector, cube: &Cube) {
        for chunk in self.chunks.keys() {
            let window = cube.chunk_window(*chunk);
            let Some(corners) = quad::corners(&cube.info().grid, projector, window) else { continue };
            let outline = Stroke::new(1.0, tokens::OVER_IMAGE);
            let dimmed = Color32::from_black_alpha(140);
            painter.add(egui::Shape::convex_polygon(corners.to_vec(), dimmed, outline));
            if Rect::from_points(&corners).width() > 88.0 {
                let middle = quad::within(&corners, 0.5, 0.5);
                plate::plate_text(painter, middle, Align2::CENTER_CENTER, tr!("damaged"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_told_once_and_known_of_each_chunk() {
        let mut damage = Damage::default();
        assert!(damage.chunk((1, 0), "cut short".into()).is_some_and(|words| words.contains("cut short")));
        assert_eq!(damage.chunk((2, 0), "gone".into()), None);
        assert_eq!(damage.anything("a picture"), None);
        assert!(damage.mask("its mask").is_some(), "that is another thing to know");
        assert_eq!((damage.of((2, 0)), damage.of((3, 0))), (Some("gone"), None));
    }
}
