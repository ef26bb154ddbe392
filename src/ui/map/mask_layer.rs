//! The mask of a date over its mosaic, in tiles: why pixels have no clear observation. What was never observed shows a quiet
//! hatch through the mosaic, whether the layer is on or not.

use super::mosaic::{TILE, coarse_step};
use super::quad::{Nets, step};
use crate::cube::PixelState;
use crate::cube::picture::MaskPicture;
use crate::geo::Grid;
use crate::jobs::{Loader, MaskKey, MaskShares};
use crate::ui::tokens;
use egui::{Color32, ColorImage, Context, Painter, Shape, TextureFilter, TextureHandle, TextureOptions};
use std::collections::{HashMap, HashSet};
use walkers::Projector;

/// Textures are let go of beyond so many bytes. With those of the mosaic they stay below 512 MiB.
pub const KEPT_BYTES: usize = 40 << 20;

struct Tile {
    texture: TextureHandle,
    used: u64,
    /// As [`MaskPicture::every`].
    every: u32,
}

/// Textures of masks.
#[derive(Default)]
pub struct MaskLayer {
    tiles: HashMap<MaskKey, Tile>,
    nets: Nets,
    shares: HashMap<usize, MaskShares>,
    given_up: HashSet<MaskKey>,
    frame: u64,
}

impl MaskLayer {
    /// Forgets everything: another cube is on screen.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes in a tile.
    pub fn insert(&mut self, ctx: &Context, key: MaskKey, mask: &MaskPicture) {
        let colours: Vec<Color32> = PixelState::ALL.into_iter().map(tokens::mask).collect();
        let other = tokens::mask(PixelState::Other);
        let of = |(i, state): (usize, &u8)| {
            let colour = colours.get(usize::from(*state)).copied().unwrap_or(other);
            // A hatch of single pixels lets the picture through, and tells the layer from what the land looks like.
            if (i % mask.width + i / mask.width).is_multiple_of(2) {
                colour
            } else {
                colour.gamma_multiply(0.55)
            }
        };
        let pixels = mask.states.iter().enumerate().map(of).collect();
        let image = ColorImage::new([mask.width, mask.height], pixels);
        let options = TextureOptions {
            magnification: TextureFilter::Nearest,
            minification: TextureFilter::Linear,
            ..TextureOptions::default()
        };
        let texture = ctx.load_texture("mask", image, options);
        self.tiles.insert(key, Tile { texture, used: self.frame, every: mask.every });
        let mut bytes = self.bytes();
        while bytes > KEPT_BYTES {
            let oldest = self.tiles.iter().min_by_key(|(_, tile)| tile.used).map(|(key, _)| *key);
            let Some(tile) = oldest.and_then(|key| self.tiles.remove(&key)) else { break };
            bytes -= tile.texture.byte_size();
        }
    }

    /// Bytes of its textures.
    pub fn bytes(&self) -> usize {
        self.tiles.values().map(|tile| tile.texture.byte_size()).sum()
    }

    /// Takes in the shares of a date.
    pub fn take_shares(&mut self, key: MaskKey, shares: MaskShares) {
        if let MaskKey::Shares(time) = key {
            self.shares.insert(time, shares);
        }
    }

    /// What cannot be read is not asked for again.
    pub fn give_up(&mut self, key: MaskKey) {
        self.given_up.insert(key);
    }

    /// The shares of the states at a date, once they are counted.
    pub fn shares(&self, time: usize) -> Option<&MaskShares> {
        self.shares.get(&time)
    }

    /// Of what was painted last: 1 where all of it was read, else of blocks of how many chunks across and down one was read.
    pub fn every(&self) -> u32 {
        let painted = self.tiles.values().filter(|tile| tile.used == self.frame);
        painted.map(|tile| tile.every).max().unwrap_or(1)
    }

    /// Paints the tiles in view at a date, and asks for those that lack: first a coarse one of everything, then the fine ones,
    /// the nearest to the middle first.
    pub fn paint(
        &mut self,
        painter: &Painter,
        projector: &Projector,
        grid: &Grid,
        time: usize,
        loader: &Loader,
    ) {
        self.frame += 1;
        let (clip, coarse) = (projector.clip_rect(), coarse_step(grid));
        let step = step(grid, projector).min(coarse);
        let whole = MaskKey::Tile { time, step: coarse, window: grid.window() };
        let mut missing = Vec::new();
        if !self.shares.contains_key(&time) {
            missing.push((f32::MAX, MaskKey::Shares(time)));
        }
        let mut wanted = Vec::new();
        for (window, far) in self.nets.in_view(grid, projector, clip, (TILE, step)) {
            let key = MaskKey::Tile { time, step, window };
            wanted.push((window, key));
            if !self.tiles.contains_key(&key) {
                missing.push((far, key));
            }
        }
        let is_there =
            wanted.iter().all(|(_, key)| self.tiles.contains_key(key) || self.given_up.contains(key));
        if !is_there {
            // Tints let the picture through, and two on one another would be darker: the fine ones are shown together.
            if !self.tiles.contains_key(&whole) && step < coarse {
                missing.push((-1.0, whole));
            }
            wanted = vec![(grid.window(), whole)];
        }
        for (window, key) in wanted {
            if let (Some(net), Some(tile)) = (self.nets.of(grid, window), self.tiles.get_mut(&key)) {
                tile.used = self.frame;
                let mesh = net.mesh(projector, clip, tile.texture.id(), Color32::WHITE);
                painter.extend(mesh.map(Shape::mesh));
            }
        }
        missing.retain(|(_, key)| !self.given_up.contains(key));
        missing.sort_by(|a, b| a.0.total_cmp(&b.0));
        loader.want_masks(missing.into_iter().map(|(_, key)| key).collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Window;

    #[test]
    fn whatever_comes_the_textures_stay_within_the_budget() {
        let ctx = Context::default();
        let (mut layer, side) = (MaskLayer::default(), TILE as usize);
        let mask = MaskPicture { width: side, height: side, states: vec![2; side * side], every: 1 };
        let window = Window { col: 0, row: 0, width: TILE, height: TILE };
        let many = KEPT_BYTES / (side * side * 4) + 20;
        for time in 0..many {
            layer.frame += 1;
            layer.insert(&ctx, MaskKey::Tile { time, step: 1, window }, &mask);
            assert!(layer.bytes() <= KEPT_BYTES);
        }
        assert!(!layer.tiles.contains_key(&MaskKey::Tile { time: 0, step: 1, window }));
        assert!(layer.tiles.contains_key(&MaskKey::Tile { time: many - 1, step: 1, window }));
    }
}
