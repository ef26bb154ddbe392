//! Class maps, which grow as chunks come: in tiles, of which only those in view are made.

use super::quad::{Net, step, tiles};
use crate::app::MapLayer;
use crate::assess::differ;
use crate::geo::{Grid, Window};
use crate::labels::Legend;
use crate::ui::tokens;
use egui::{Color32, ColorImage, Painter, Shape, TextureHandle, TextureOptions};
use std::collections::HashMap;
use walkers::Projector;

/// Side of a tile, in texture pixels.
const TILE: u32 = 512;
/// So many tiles are made in a frame at most; the others follow in the next ones.
const IN_A_FRAME: usize = 24;
/// Textures of one layer are let go of beyond so many bytes.
pub const KEPT_BYTES: usize = 72 << 20;

struct Tile {
    net: Option<Net>,
    texture: TextureHandle,
    used: u64,
}

/// What a layer shows: the colour of each pixel, from one map or from two.
struct Source<'a> {
    maps: &'a [&'a MapLayer],
    colour: &'a dyn Fn(usize) -> Color32,
}

/// What the textures were made of.
#[derive(Default, PartialEq)]
struct Identity {
    generations: Vec<u64>,
    /// Colours or codes that pixels are painted by.
    look: Vec<u8>,
}

/// Textures of a class map, or of where two of them differ.
#[derive(Default)]
pub struct ClassLayer {
    of: Identity,
    /// How many of the windows of each map that came are taken in.
    taken: Vec<usize>,
    tiles: HashMap<(u32, Window), Tile>,
    frame: u64,
}

impl ClassLayer {
    /// Lets go of all textures: it is not shown for now.
    pub fn rest(&mut self) {
        self.tiles.clear();
    }

    /// Paints what has come of a map.
    pub fn paint(
        &mut self,
        painter: &Painter,
        projector: &Projector,
        grid: &Grid,
        map: &MapLayer,
        legend: &Legend,
        opacity: f32,
    ) {
        let mut palette = [Color32::TRANSPARENT; 256];
        let mut look = Vec::with_capacity(legend.classes.len() * 4);
        for class in &legend.classes {
            let [r, g, b] = class.colour;
            palette[usize::from(class.code)] = Color32::from_rgb(r, g, b);
            look.extend([class.code, r, g, b]);
        }
        let colour = |at: usize| palette[usize::from(map.codes.get(at).copied().unwrap_or(0))];
        let source = Source { maps: &[map], colour: &colour };
        self.paint_source(painter, projector, grid, &source, look, opacity);
    }

    /// Paints other values of the pixels of a map that grows, by their colours; `of` tells of what kind they are.
    pub fn paint_values(
        &mut self,
        painter: &Painter,
        projector: &Projector,
        grid: &Grid,
        map: &MapLayer,
        (values, colours, of): (&[u8], &[Color32; 256], u8),
    ) {
        let nothing = usize::from(u8::MAX);
        let colour = |at: usize| colours[values.get(at).map_or(nothing, |value| usize::from(*value))];
        let source = Source { maps: &[map], colour: &colour };
        self.paint_source(painter, projector, grid, &source, vec![of], 1.0);
    }

    /// Paints where two maps differ, strong, and where they agree, muted; `today` tells what the codes of each are today.
    pub fn paint_differences(
        &mut self,
        painter: &Painter,
        projector: &Projector,
        grid: &Grid,
        maps: [&MapLayer; 2],
        today: &[[u8; 256]; 2],
    ) {
        let code = |i: usize, at: usize| today[i][usize::from(maps[i].codes.get(at).copied().unwrap_or(0))];
        let colour = |at: usize| match differ(code(0, at), code(1, at)) {
            None => Color32::TRANSPARENT,
            Some(false) => tokens::AGREE,
            Some(true) => tokens::DIFFER,
        };
        let source = Source { maps: &maps, colour: &colour };
        let look = today.iter().flatten().copied().collect();
        self.paint_source(painter, projector, grid, &source, look, 1.0);
    }

    fn paint_source(
        &mut self,
        painter: &Painter,
        projector: &Projector,
        grid: &Grid,
        source: &Source,
        look: Vec<u8>,
        opacity: f32,
    ) {
        self.frame += 1;
        self.take_in(source, look);
        let (clip, step) = (painter.clip_rect(), step(grid, projector));
        let tint = Color32::WHITE.gamma_multiply(opacity);
        let mut made = 0;
        for window in tiles(grid.width, grid.height, TILE, step) {
            if !self.tiles.contains_key(&(step, window)) {
                let net = Net::new(grid, window);
                if net.as_ref().is_none_or(|net| !net.visible(projector, clip)) {
                    continue;
                }
                if made == IN_A_FRAME {
                    painter.ctx().request_repaint();
                    continue;
                }
                made += 1;
                let whole = image(source, window, window, step, grid.width);
                let texture = painter.ctx().load_texture("class map", whole, TextureOptions::NEAREST);
                self.tiles.insert((step, window), Tile { net, texture, used: self.frame });
            }
            if let Some(tile) = self.tiles.get_mut(&(step, window))
                && let Some(net) = &tile.net
                && let Some(mesh) = net.mesh(projector, clip, tile.texture.id(), tint)
            {
                tile.used = self.frame;
                painter.add(Shape::mesh(mesh));
            }
        }
        if made > 0 {
            self.let_go();
        }
    }

    /// Lets go of what was not in view for longest, while there is too much.
    fn let_go(&mut self) {
        let mut bytes: usize = self.tiles.values().map(|tile| tile.texture.byte_size()).sum();
        while bytes > KEPT_BYTES {
            let idle = self.tiles.iter().filter(|(_, tile)| tile.used < self.frame);
            let oldest = idle.min_by_key(|(_, tile)| tile.used).map(|(key, _)| *key);
            let Some(tile) = oldest.and_then(|key| self.tiles.remove(&key)) else { break };
            bytes -= tile.texture.byte_size();
        }
    }

    /// Forgets textures of other maps, and paints what has come of these into those that are there.
    fn take_in(&mut self, source: &Source, look: Vec<u8>) {
        let generations = source.maps.iter().map(|map| map.generation).collect();
        let of = Identity { generations, look };
        let arrived = || source.maps.iter().map(|map| map.arrived.len()).collect();
        if self.of != of {
            self.tiles.clear();
            (self.of, self.taken) = (of, arrived());
            return;
        }
        for (map, taken) in source.maps.iter().zip(&self.taken) {
            for &came in map.arrived.get(*taken..).unwrap_or_default() {
                for (&(step, window), tile) in &mut self.tiles {
                    if let Some(part) = overlap(came, window) {
                        let (at, part) = on_steps(part, window, step);
                        let image = image(source, part, window, step, map.width);
                        tile.texture.set_partial(at, image, TextureOptions::NEAREST);
                    }
                }
            }
        }
        self.taken = arrived();
    }
}

fn overlap(a: Window, b: Window) -> Option<Window> {
    let (col, row) = (a.col.max(b.col), a.row.max(b.row));
    let right = (a.col + a.width).min(b.col + b.width);
    let bottom = (a.row + a.height).min(b.row + b.height);
    (right > col && bottom > row).then(|| Window { col, row, width: right - col, height: bottom - row })
}

/// A part of a tile grown to the steps of the tile: where it begins, in texture pixels, and the window.
fn on_steps(part: Window, tile: Window, step: u32) -> ([usize; 2], Window) {
    let (left, top) = ((part.col - tile.col) / step, (part.row - tile.row) / step);
    let (col, row) = (tile.col + left * step, tile.row + top * step);
    let grown = Window { col, row, width: part.col + part.width - col, height: part.row + part.height - row };
    ([left as usize, top as usize], grown)
}

/// Every `step`-th pixel of a window, counted from the corner of its tile.
fn image(source: &Source, window: Window, tile: Window, step: u32, grid_width: u32) -> ColorImage {
    debug_assert!(
        (window.col - tile.col).is_multiple_of(step) && (window.row - tile.row).is_multiple_of(step)
    );
    let size = [window.width.div_ceil(step) as usize, window.height.div_ceil(step) as usize];
    let mut pixels = Vec::with_capacity(size[0] * size[1]);
    for row in (window.row..window.row + window.height).step_by(step as usize) {
        let start = row as usize * grid_width as usize;
        let cols = (window.col..window.col + window.width).step_by(step as usize);
        pixels.extend(cols.map(|col| (source.colour)(start + col as usize)));
    }
    ColorImage::new(size, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn windows_overlap_where_they_share_pixels_and_only_there() {
        let a = Window { col: 0, row: 0, width: 64, height: 64 };
        let b = Window { col: 32, row: 48, width: 64, height: 64 };
        assert_eq!(overlap(a, b), Some(Window { col: 32, row: 48, width: 32, height: 16 }));
        assert_eq!(overlap(a, Window { col: 64, ..a }), None);
    }

    proptest! {
        #[test]
        fn what_comes_is_painted_on_the_same_pixels_as_the_whole_tile(
            step in prop::sample::select(vec![1u32, 2, 4, 8]),
            (col, row, width, height) in (0u32..30, 0u32..30, 1u32..30, 1u32..30),
        ) {
            let tile = Window { col: 8, row: 16, width: 37, height: 29 };
            let colour = |at: usize| Color32::from_rgb((at % 251) as u8, (at / 251) as u8, 0);
            let source = Source { maps: &[], colour: &colour };
            let all = image(&source, tile, tile, step, 64);
            let Some(part) = overlap(tile, Window { col: 8 + col, row: 16 + row, width, height }) else { return Ok(()) };
            let ([left, top], grown) = on_steps(part, tile, step);
            let piece = image(&source, grown, tile, step, 64);
            prop_assert!(left + piece.size[0] <= all.size[0] && top + piece.size[1] <= all.size[1]);
            for y in 0..piece.size[1] {
                for x in 0..piece.size[0] {
                    prop_assert_eq!(piece[(x, y)], all[(left + x, top + y)]);
                }
            }
        }
    }
}
