//! The mosaic of a date, in tiles: the last picture stays until the next one has come.

use super::quad::Net;
use crate::cube::picture::Picture;
use crate::geo::{Grid, Window};
use crate::jobs::{Loader, OpenedCube, TileKey};
use egui::{Color32, ColorImage, Context, Painter, Shape, TextureFilter, TextureHandle, TextureOptions};
use std::collections::{HashMap, HashSet};
use walkers::Projector;

/// Side of a tile, in texture pixels.
const TILE: u32 = 512;
/// Textures are let go of beyond so many bytes.
const KEPT_BYTES: usize = 256 << 20;

struct Tile {
    texture: TextureHandle,
    used: u64,
}

/// Textures of tiles, and which picture was last on screen where.
#[derive(Default)]
pub struct Mosaic {
    tiles: HashMap<TileKey, Tile>,
    nets: HashMap<Window, Option<Net>>,
    last_shown: HashMap<Window, TileKey>,
    given_up: HashSet<TileKey>,
    frame: u64,
    /// Tiles that the last frame lacked.
    missing: usize,
}

impl Mosaic {
    /// Forgets everything: another cube is on screen.
    pub fn clear(&mut self) {
        if self.frame > 0 {
            *self = Self::default();
        }
    }

    /// Whether the last frame lacked nothing.
    pub fn is_whole(&self) -> bool {
        self.missing == 0
    }

    /// Takes in a tile.
    pub fn insert(&mut self, ctx: &Context, key: TileKey, picture: &Picture) {
        let image = ColorImage::from_rgba_unmultiplied([picture.width, picture.height], &picture.rgba);
        let options = TextureOptions {
            magnification: TextureFilter::Nearest,
            minification: TextureFilter::Linear,
            ..TextureOptions::default()
        };
        let texture = ctx.load_texture("mosaic", image, options);
        self.tiles.insert(key, Tile { texture, used: self.frame });
        let mut bytes: usize = self.tiles.values().map(|t| t.texture.byte_size()).sum();
        while bytes > KEPT_BYTES {
            let oldest = self.tiles.iter().min_by_key(|(_, t)| t.used).map(|(k, _)| *k);
            let Some(tile) = oldest.and_then(|k| self.tiles.remove(&k)) else { break };
            bytes -= tile.texture.byte_size();
        }
    }

    /// A tile that cannot be read is not asked for again.
    pub fn give_up(&mut self, key: TileKey) {
        self.given_up.insert(key);
    }

    /// Paints the tiles in view at a date and says which are missing; tells whether anything was painted.
    pub fn paint(
        &mut self,
        painter: &Painter,
        projector: &Projector,
        opened: &OpenedCube,
        time: usize,
        loader: &Loader,
    ) -> bool {
        let (grid, times, look) = (&opened.cube.info().grid, opened.cube.info().dates.len(), opened.look);
        self.frame += 1;
        let step = step(grid, projector);
        let side = TILE * step;
        let middle = projector.clip_rect().center();
        let mut missing = Vec::new();
        let mut painted = false;
        for row in (0..grid.height).step_by(side as usize) {
            for col in (0..grid.width).step_by(side as usize) {
                let window = Window {
                    col,
                    row,
                    width: side.min(grid.width - col),
                    height: side.min(grid.height - row),
                };
                let net = self.nets.entry(window).or_insert_with(|| Net::new(grid, window));
                let Some(net) = net.as_ref().filter(|n| n.visible(projector)) else { continue };
                let key = TileKey { look, time, step, window };
                let shown = if self.tiles.contains_key(&key) {
                    self.last_shown.insert(window, key);
                    Some(key)
                } else {
                    if !self.given_up.contains(&key) {
                        let corners = super::quad::corners(grid, projector, window);
                        let far =
                            corners.map_or(f32::MAX, |c| super::quad::within(&c, 0.5, 0.5).distance(middle));
                        missing.push((far, key));
                    }
                    self.last_shown.get(&window).copied()
                };
                if let Some(tile) = shown.and_then(|k| self.tiles.get_mut(&k)) {
                    tile.used = self.frame;
                    if let Some(mesh) = net.mesh(projector, tile.texture.id(), Color32::WHITE) {
                        painter.add(Shape::mesh(mesh));
                        painted = true;
                    }
                }
            }
        }
        self.missing = missing.len();
        missing.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut wanted: Vec<_> = missing.into_iter().map(|(_, key)| key).collect();
        if wanted.is_empty() {
            // The dates beside this one are the likeliest to come next.
            wanted = self.neighbours(look, time, times, step);
        }
        loader.want_tiles(wanted);
        painted
    }

    fn neighbours(&self, look: u64, time: usize, times: usize, step: u32) -> Vec<TileKey> {
        let shown = self.last_shown.values().filter(|k| (k.look, k.step) == (look, step));
        let beside = [Some(time + 1).filter(|&t| t < times), time.checked_sub(1)];
        shown
            .flat_map(|k| beside.into_iter().flatten().map(|time| TileKey { time, ..*k }))
            .filter(|k| !self.tiles.contains_key(k) && !self.given_up.contains(k))
            .collect()
    }
}

/// Every how many pixels of the cube are shown: 1 where one covers a point of the screen or more, else 2, 4 …
fn step(grid: &Grid, projector: &Projector) -> u32 {
    let whole = Window { col: 0, row: 0, width: grid.width, height: grid.height };
    let Some(corners) = super::quad::corners(grid, projector, whole) else { return 1 };
    let points = corners[0].distance(corners[1]) / grid.width as f32;
    if points >= 1.0 { 1 } else { ((1.0 / points.max(1e-6)) as u32).next_power_of_two().min(4096) / 2 }.max(1)
}
