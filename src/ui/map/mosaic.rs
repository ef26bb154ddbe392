//! The mosaic of a date, in tiles: the last picture stays until the next one has come.

use super::quad::{Net, step, tiles};
use crate::cube::picture::Picture;
use crate::geo::{Grid, Window};
use crate::jobs::{Loader, OpenedCube, TileKey};
use crate::ui::tokens;
use egui::{Color32, ColorImage, Context, Painter, Shape, TextureFilter, TextureHandle, TextureOptions};
use std::collections::{HashMap, HashSet};
use walkers::Projector;

/// Side of a tile, in texture pixels.
pub const TILE: u32 = 512;
/// Textures are let go of beyond so many bytes. With those of the masks they stay below 512 MiB.
pub const KEPT_BYTES: usize = 384 << 20;

struct Tile {
    texture: TextureHandle,
    used: u64,
    /// Whether there are pixels without a value.
    gaps: bool,
}

/// Textures of tiles, and which picture was last on screen where.
#[derive(Default)]
pub struct Mosaic {
    tiles: HashMap<TileKey, Tile>,
    nets: HashMap<Window, Option<Net>>,
    last_shown: HashMap<Window, TileKey>,
    given_up: HashSet<TileKey>,
    hatch: Option<TextureHandle>,
    frame: u64,
}

impl Mosaic {
    /// Forgets everything: another cube is on screen.
    pub fn clear(&mut self) {
        if self.frame > 0 {
            *self = Self::default();
        }
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
        let gaps = picture.rgba.chunks_exact(4).any(|pixel| pixel[3] == 0);
        self.tiles.insert(key, Tile { texture, used: self.frame, gaps });
        // While a stretch is dragged the picture follows, though newer ones are wanted already.
        let shown = self.last_shown.get_mut(&key.window);
        if let Some(shown) = shown.filter(|shown| shown.time == key.time && shown.look < key.look) {
            *shown = key;
        }
        self.let_go();
    }

    /// Lets go of textures beyond the bound: first of those painted in another way, then of those not seen for longest.
    fn let_go(&mut self) {
        let mut bytes = self.bytes();
        // Tiles that come late are of an older look.
        let look = self.tiles.keys().map(|key| key.look).max().unwrap_or(0);
        while bytes > KEPT_BYTES {
            let shown: HashSet<&TileKey> = self.last_shown.values().collect();
            let order = |(key, tile): &(&TileKey, &Tile)| {
                (shown.contains(key) && tile.used == self.frame, key.look == look, tile.used)
            };
            let oldest = self.tiles.iter().min_by_key(order).map(|(key, _)| *key);
            let Some(tile) = oldest.and_then(|k| self.tiles.remove(&k)) else { break };
            bytes -= tile.texture.byte_size();
        }
    }

    /// Bytes of its textures.
    pub fn bytes(&self) -> usize {
        self.tiles.values().map(|tile| tile.texture.byte_size()).sum()
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
        let (step, clip) = (step(grid, projector), projector.clip_rect());
        let middle = clip.center();
        let mut missing = Vec::new();
        let mut shapes = Vec::new();
        let mut lacks = false;
        let hatch = self.hatch(painter.ctx());
        for window in tiles(grid.width, grid.height, TILE, step) {
            let net = self.nets.entry(window).or_insert_with(|| Net::new(grid, window));
            let Some(net) = net.as_ref().filter(|n| n.visible(projector, clip)) else { continue };
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
            let tile = shown.and_then(|k| self.tiles.get_mut(&k));
            lacks |= tile.is_none();
            if let Some(tile) = tile {
                tile.used = self.frame;
                if tile.gaps {
                    let pattern = net.pattern(projector, clip, hatch, tokens::HATCH);
                    shapes.extend(pattern.map(Shape::mesh));
                }
                let mesh = net.mesh(projector, clip, tile.texture.id(), Color32::WHITE);
                shapes.extend(mesh.map(Shape::mesh));
            }
        }
        let coarse = coarse_key(grid, (look, time), step);
        if let Some(coarse) = coarse.filter(|_| lacks) {
            // A coarse picture of everything comes first, and lies under what is not there yet.
            if !self.tiles.contains_key(&coarse) && !self.given_up.contains(&coarse) {
                missing.push((-1.0, coarse));
            }
            let below = self.below(grid, projector, (look, time), step);
            painter.extend(below);
        }
        let painted = !shapes.is_empty();
        painter.extend(shapes);
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

    /// Coarser pictures of a date, the coarsest below.
    fn below(
        &mut self,
        grid: &Grid,
        projector: &Projector,
        (look, time): (u64, usize),
        step: u32,
    ) -> Vec<Shape> {
        let clip = projector.clip_rect();
        let coarser = |k: &&TileKey| k.look == look && k.time == time && k.step > step;
        let mut keys: Vec<TileKey> = self.tiles.keys().filter(coarser).copied().collect();
        keys.sort_by_key(|k| std::cmp::Reverse(k.step));
        let mut shapes = Vec::new();
        for key in keys {
            let net = self.nets.entry(key.window).or_insert_with(|| Net::new(grid, key.window));
            if let (Some(net), Some(tile)) = (net, self.tiles.get_mut(&key))
                && let Some(mesh) = net.mesh(projector, clip, tile.texture.id(), Color32::WHITE)
            {
                tile.used = self.frame;
                shapes.push(Shape::mesh(mesh));
            }
        }
        shapes
    }

    /// The quiet hatch that is seen where there was no observation.
    fn hatch(&mut self, ctx: &Context) -> egui::TextureId {
        let texture = self.hatch.get_or_insert_with(|| {
            const SIDE: usize = 16;
            let line = |i: usize| match (i % SIDE + i / SIDE) % SIDE {
                0 | 1 => Color32::from_white_alpha(34),
                _ => Color32::from_white_alpha(5),
            };
            let image = ColorImage::new([SIDE, SIDE], (0..SIDE * SIDE).map(line).collect());
            ctx.load_texture("no observation", image, TextureOptions::LINEAR_REPEAT)
        });
        texture.id()
    }
}

/// A picture of all of a cube in one tile, where it is coarser than what is wanted anyway.
fn coarse_key(grid: &Grid, (look, time): (u64, usize), step: u32) -> Option<TileKey> {
    let coarse = coarse_step(grid);
    (coarse > step).then(|| TileKey { look, time, step: coarse, window: grid.window() })
}

/// Every how many pixels of the cube are shown so that one tile holds all of it.
pub fn coarse_step(grid: &Grid) -> u32 {
    grid.width.max(grid.height).div_ceil(TILE).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Crs;

    fn key(look: u64, time: usize, col: u32) -> TileKey {
        TileKey { look, time, step: 1, window: Window { col, row: 0, width: TILE, height: TILE } }
    }

    fn picture() -> Picture {
        let side = TILE as usize;
        Picture { width: side, height: side, rgba: vec![255; side * side * 4] }
    }

    #[test]
    fn whatever_comes_the_textures_stay_within_the_budget() {
        let ctx = Context::default();
        let (mut mosaic, picture) = (Mosaic::default(), picture());
        let many = 2 * KEPT_BYTES / (TILE * TILE * 4) as usize;
        for i in 0..many {
            mosaic.frame += 1;
            mosaic.insert(&ctx, key(1, i, 0), &picture);
            assert!(mosaic.bytes() <= KEPT_BYTES);
        }
        assert!(mosaic.bytes() > KEPT_BYTES / 2);
        assert!(!mosaic.tiles.contains_key(&key(1, 0, 0)) && mosaic.tiles.contains_key(&key(1, many - 1, 0)));
        let all = KEPT_BYTES + super::super::mask_layer::KEPT_BYTES;
        assert!(all <= 512 << 20, "pictures and masks together");
    }

    #[test]
    fn pictures_painted_in_another_way_go_before_those_that_are_wanted() {
        let ctx = Context::default();
        let (mut mosaic, picture) = (Mosaic::default(), picture());
        mosaic.insert(&ctx, key(2, 0, 0), &picture);
        for i in 1..=KEPT_BYTES / (TILE * TILE * 4) as usize {
            mosaic.frame += 1;
            mosaic.insert(&ctx, key(1, i, 0), &picture);
        }
        mosaic.insert(&ctx, key(2, 1, 0), &picture);
        assert!(mosaic.tiles.contains_key(&key(2, 0, 0)), "it is the oldest, but of the look on screen");
    }

    #[test]
    fn a_newer_look_takes_the_place_of_what_is_shown_though_a_still_newer_one_is_wanted() {
        let ctx = Context::default();
        let (mut mosaic, picture) = (Mosaic::default(), picture());
        mosaic.last_shown.insert(key(1, 3, 0).window, key(1, 3, 0));
        mosaic.insert(&ctx, key(2, 3, 0), &picture);
        assert_eq!(mosaic.last_shown[&key(1, 3, 0).window], key(2, 3, 0));
        mosaic.insert(&ctx, key(5, 4, 0), &picture);
        assert_eq!(mosaic.last_shown[&key(1, 3, 0).window], key(2, 3, 0), "it is of another date");
    }

    #[test]
    fn one_coarse_tile_holds_all_of_any_cube() {
        for (width, height, step) in [(10, 9, 1), (512, 512, 1), (513, 20, 2), (10_980, 10_980, 32)] {
            let crs = Crs::from_epsg(32631).unwrap();
            let (pixel_width, pixel_height) = (10.0, 10.0);
            let grid = Grid { crs, left: 0.0, top: 0.0, pixel_width, pixel_height, width, height };
            assert_eq!(coarse_step(&grid), step);
            assert!(width.div_ceil(step) <= TILE && height.div_ceil(step) <= TILE);
            assert!(coarse_key(&grid, (0, 0), step).is_none(), "it is what is wanted anyway");
        }
    }
}
