//! Mosaics of dates, in tiles: the last picture stays until the next one has come. Several maps of a frame share the tiles;
//! what they lack is asked for at the end of the frame, all at once.

use super::quad::{Nets, step};
use crate::cube::picture::Picture;
use crate::geo::{Grid, Window};
use crate::jobs::{Loader, OpenedCube, TileKey};
use crate::ui::tokens;
use egui::{Color32, ColorImage, Context, Painter, Shape, TextureFilter, TextureHandle, TextureOptions};
use std::collections::{HashMap, HashSet};
use walkers::Projector;

/// Side of a tile, in texture pixels.
pub const TILE: u32 = 512;
/// The same of a small map, of which many are on screen.
const SMALL_TILE: u32 = 256;
/// Small maps ask first for pictures so many times coarser, that come at once.
const COARSER: u32 = 4;
/// Textures are let go of beyond so many bytes. With those of masks and class maps they stay below 512 MiB.
pub const KEPT_BYTES: usize = 224 << 20;

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
    /// Whether there are pixels without a value.
    gaps: bool,
}

/// Textures of tiles, and which picture was last on screen where.
#[derive(Default)]
pub struct Mosaic {
    tiles: HashMap<TileKey, Tile>,
    nets: Nets,
    last_shown: HashMap<(Slot, Window), TileKey>,
    given_up: HashSet<TileKey>,
    /// What this frame lacks, each with how much it is wanted: less is more.
    missing: Vec<((u8, f32), TileKey)>,
    hatch: Option<TextureHandle>,
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
        let gaps = picture.rgba.chunks_exact(4).any(|pixel| pixel[3] == 0);
        self.tiles.insert(key, Tile { texture, used: self.frame, gaps });
        // While a stretch is dragged the picture follows, though newer ones are wanted already.
        for slot in [Slot::Main, Slot::Other] {
            let shown = self.last_shown.get_mut(&(slot, key.window));
            if let Some(shown) = shown.filter(|shown| shown.time == key.time && shown.look < key.look) {
                *shown = key;
            }
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
        let mut shapes = Vec::new();
        let mut lacks = false;
        let hatch = self.hatch(painter.ctx());
        for (window, far) in self.nets.in_view(grid, projector, clip, (side, step)) {
            let key = TileKey { look, time, step, window };
            let place = (slot, window);
            let shown = if self.tiles.contains_key(&key) {
                if slot != Slot::Small {
                    self.last_shown.insert(place, key);
                }
                Some(key)
            } else {
                if !self.given_up.contains(&key) {
                    self.missing.push(((u8::from(slot == Slot::Small), far), key));
                }
                self.last_shown.get(&place).copied().filter(|_| slot != Slot::Small)
            };
            let tile = shown.and_then(|k| self.tiles.get_mut(&k));
            lacks |= tile.is_none();
            if let (Some(tile), Some(net)) = (tile, self.nets.of(grid, window)) {
                tile.used = self.frame;
                if tile.gaps {
                    let pattern = net.pattern(projector, clip, hatch, tokens::HATCH);
                    shapes.extend(pattern.map(Shape::mesh));
                }
                let mesh = net.mesh(projector, clip, tile.texture.id(), Color32::WHITE);
                shapes.extend(mesh.map(Shape::mesh));
            }
        }
        let mut painted = !shapes.is_empty();
        if lacks {
            let below = self.other_steps(painter, projector, grid, (look, time, step));
            let coarse = coarse_key(grid, (look, time), step).filter(|_| slot != Slot::Small);
            match coarse {
                // A coarse picture of everything comes first, and lies under what is not there yet.
                Some(coarse) if !self.tiles.contains_key(&coarse) && !self.given_up.contains(&coarse) => {
                    self.missing.push(((0, -1.0), coarse));
                }
                None if below.is_empty() && slot == Slot::Small => {
                    self.want_coarse(painter, projector, opened, time, step * COARSER);
                }
                _ => {}
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
        grid: &Grid,
        (look, time, step): (u64, usize, u32),
    ) -> Vec<Shape> {
        let clip = painter.clip_rect();
        let of_date = |k: &&TileKey| k.look == look && k.time == time && k.step != step;
        let mut keys: Vec<TileKey> = self.tiles.keys().filter(of_date).copied().collect();
        keys.sort_by_key(|k| std::cmp::Reverse(k.step));
        let mut shapes = Vec::new();
        for key in keys {
            if let (Some(net), Some(tile)) = (self.nets.of(grid, key.window), self.tiles.get_mut(&key))
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
        for (window, _) in self.nets.in_view(grid, projector, clip, (SMALL_TILE, step)) {
            let key = TileKey { look: opened.look, time, step, window };
            if !self.given_up.contains(&key) {
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

/// Whether a pixel covers a point of the screen or more.
fn covers_a_point(opened: &OpenedCube, projector: &Projector) -> bool {
    let grid = &opened.cube.info().grid;
    let pixel = Window { col: grid.width / 2, row: grid.height / 2, width: 1, height: 1 };
    super::quad::corners(grid, projector, pixel).is_none_or(|c| c[0].distance(c[1]) >= 1.0)
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
        // Class maps of both sides, and where they differ.
        let classes = 3 * super::super::class_layer::KEPT_BYTES;
        let certainty = super::super::certainty_layer::KEPT_BYTES;
        let all = KEPT_BYTES + super::super::mask_layer::KEPT_BYTES + classes + certainty;
        assert!(all <= 512 << 20, "pictures, masks and class maps together");
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
        mosaic.last_shown.insert((Slot::Main, key(1, 3, 0).window), key(1, 3, 0));
        mosaic.insert(&ctx, key(2, 3, 0), &picture);
        assert_eq!(mosaic.last_shown[&(Slot::Main, key(1, 3, 0).window)], key(2, 3, 0));
        mosaic.insert(&ctx, key(5, 4, 0), &picture);
        assert_eq!(
            mosaic.last_shown[&(Slot::Main, key(1, 3, 0).window)],
            key(2, 3, 0),
            "it is of another date"
        );
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
