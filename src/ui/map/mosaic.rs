//! Mosaics of dates, in tiles: the last picture stays until the next one has come. Several maps of a frame share the tiles;
//! what they lack is asked for at the end of the frame, all at once.

use super::quad::{Net, step, tiles};
use crate::cube::picture::Picture;
use crate::geo::Window;
use crate::jobs::{Loader, OpenedCube, TileKey};
use egui::{Color32, ColorImage, Context, Painter, Shape, TextureFilter, TextureHandle, TextureOptions};
use std::collections::{HashMap, HashSet};
use walkers::Projector;

/// Side of a tile, in texture pixels.
const TILE: u32 = 512;
/// The same of a small map, of which many are on screen.
const SMALL_TILE: u32 = 256;
/// Small maps ask first for pictures so many times coarser, that come at once.
const COARSER: u32 = 4;
/// Textures are let go of beyond so many bytes.
const KEPT_BYTES: usize = 256 << 20;

/// Which map of a frame a picture is painted on: what was on it last stays until the next one has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The map, or the main side of two.
    Main,
    /// The other side.
    Other,
    /// A small one of many, always of the same date.
    Small,
}

struct Tile {
    texture: TextureHandle,
    used: u64,
}

/// Textures of tiles, and which picture was last on screen where.
#[derive(Default)]
pub struct Mosaic {
    tiles: HashMap<TileKey, Tile>,
    nets: HashMap<Window, Option<Net>>,
    last_shown: HashMap<(Slot, Window), TileKey>,
    given_up: HashSet<TileKey>,
    /// What this frame lacks, each with how much it is wanted: less is more.
    missing: Vec<((u8, f32), TileKey)>,
    frame: u64,
    /// Whether the last frame lacked nothing.
    whole: bool,
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
        self.whole
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

    /// A frame begins.
    pub fn begin(&mut self) {
        self.frame += 1;
        self.missing.clear();
    }

    /// A frame has ended: asks for what it lacks, the most wanted first; where it lacks nothing, for the dates beside the one
    /// that is shown, which are the likeliest to come next.
    pub fn ask(&mut self, opened: &OpenedCube, time: usize, loader: &Loader) {
        self.missing.sort_by(|(a, _), (b, _)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut wanted: Vec<_> = std::mem::take(&mut self.missing).into_iter().map(|(_, key)| key).collect();
        let mut known = HashSet::new();
        wanted.retain(|key| known.insert(*key));
        self.whole = wanted.is_empty();
        if wanted.is_empty() {
            wanted = self.neighbours(opened.look, time, opened.cube.info().dates.len());
        }
        loader.want_tiles(wanted);
    }

    /// Paints the tiles in view at a date and notes down which are missing; tells whether anything was painted.
    pub fn paint(
        &mut self,
        painter: &Painter,
        projector: &Projector,
        opened: &OpenedCube,
        time: usize,
        slot: Slot,
    ) -> bool {
        let (grid, look, clip) = (&opened.cube.info().grid, opened.look, painter.clip_rect());
        let fine = step(grid, projector);
        // A pixel of a small map covers a point or more, so that many of them fit into memory.
        let (side, step) = match slot {
            Slot::Small if fine > 1 || !covers_a_point(opened, projector) => (SMALL_TILE, fine * 2),
            Slot::Small => (SMALL_TILE, fine),
            _ => (TILE, fine),
        };
        let middle = clip.center();
        let mut shapes = Vec::new();
        let mut gaps = false;
        for window in tiles(grid.width, grid.height, side, step) {
            let net = self.nets.entry(window).or_insert_with(|| Net::new(grid, window));
            let Some(net) = net.as_ref().filter(|n| n.visible(projector, clip)) else { continue };
            let key = TileKey { look, time, step, window };
            let place = (slot, window);
            let shown = if self.tiles.contains_key(&key) {
                if slot != Slot::Small {
                    self.last_shown.insert(place, key);
                }
                Some(key)
            } else {
                if !self.given_up.contains(&key) {
                    let corners = super::quad::corners(grid, projector, window);
                    let far =
                        corners.map_or(f32::MAX, |c| super::quad::within(&c, 0.5, 0.5).distance(middle));
                    self.missing.push(((u8::from(slot == Slot::Small), far), key));
                }
                self.last_shown.get(&place).copied().filter(|_| slot != Slot::Small)
            };
            let tile = shown.and_then(|k| self.tiles.get_mut(&k));
            gaps |= tile.is_none();
            if let Some(tile) = tile {
                tile.used = self.frame;
                let mesh = net.mesh(projector, clip, tile.texture.id(), Color32::WHITE);
                shapes.extend(mesh.map(Shape::mesh));
            }
        }
        let mut painted = !shapes.is_empty();
        if gaps {
            let below = self.other_steps(painter, projector, (look, time, step));
            if below.is_empty() && slot == Slot::Small {
                self.want_coarse(painter, projector, opened, time, step * COARSER);
            }
            painted |= !below.is_empty();
            painter.extend(below);
        }
        painter.extend(shapes);
        painted
    }

    /// Pictures of a date at other steps, for where the right ones are not there yet: the coarse ones below.
    fn other_steps(
        &mut self,
        painter: &Painter,
        projector: &Projector,
        (look, time, step): (u64, usize, u32),
    ) -> Vec<Shape> {
        let clip = painter.clip_rect();
        let of_date = |k: &&TileKey| k.look == look && k.time == time && k.step != step;
        let mut keys: Vec<TileKey> = self.tiles.keys().filter(of_date).copied().collect();
        keys.sort_by_key(|k| std::cmp::Reverse(k.step));
        let mut shapes = Vec::new();
        for key in keys {
            let net = self.nets.get(&key.window).and_then(Option::as_ref);
            if let (Some(net), Some(tile)) = (net, self.tiles.get_mut(&key))
                && let Some(mesh) = net.mesh(projector, clip, tile.texture.id(), Color32::WHITE)
            {
                tile.used = self.frame;
                shapes.push(Shape::mesh(mesh));
            }
        }
        shapes
    }

    /// Notes down that coarse pictures of a date are wanted before all others.
    fn want_coarse(
        &mut self,
        painter: &Painter,
        projector: &Projector,
        opened: &OpenedCube,
        time: usize,
        step: u32,
    ) {
        let (grid, clip) = (&opened.cube.info().grid, painter.clip_rect());
        for window in tiles(grid.width, grid.height, SMALL_TILE, step) {
            let net = self.nets.entry(window).or_insert_with(|| Net::new(grid, window));
            let key = TileKey { look: opened.look, time, step, window };
            let is_visible = net.as_ref().is_some_and(|n| n.visible(projector, clip));
            if is_visible && !self.given_up.contains(&key) {
                self.missing.push(((0, clip.top()), key));
            }
        }
    }

    fn neighbours(&self, look: u64, time: usize, times: usize) -> Vec<TileKey> {
        let of_main = self.last_shown.iter().filter(|((slot, _), _)| *slot == Slot::Main).map(|(_, k)| k);
        let used = |k: &&TileKey| self.tiles.get(*k).is_some_and(|tile| tile.used == self.frame);
        let shown = of_main.filter(|k| k.look == look && k.time == time).filter(used);
        let beside = [Some(time + 1).filter(|&t| t < times), time.checked_sub(1)];
        shown
            .flat_map(|k| beside.into_iter().flatten().map(|time| TileKey { time, ..*k }))
            .filter(|k| !self.tiles.contains_key(k) && !self.given_up.contains(k))
            .collect()
    }
}

/// Whether a pixel covers a point of the screen or more.
fn covers_a_point(opened: &OpenedCube, projector: &Projector) -> bool {
    let grid = &opened.cube.info().grid;
    let pixel = Window { col: grid.width / 2, row: grid.height / 2, width: 1, height: 1 };
    super::quad::corners(grid, projector, pixel).is_none_or(|c| c[0].distance(c[1]) >= 1.0)
}
