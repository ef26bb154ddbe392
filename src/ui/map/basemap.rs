//! The basemap: tiles of a server, painted by the map itself, so that it can lie over and under everything else.

use super::plane::Plane;
use crate::jobs::BasemapLoader;
use crate::project::Document;
use crate::project::LayerKind;
use crate::source::{Basemap, TileAddress, TilePicture, TileTrouble};
use egui::{Color32, ColorImage, Context, Mesh, Painter, Rect, Shape, TextureHandle, TextureOptions, pos2};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use walkers::Projector;

/// Pixels a side of a tile.
const SIDE: usize = 256;
/// Textures kept: 64 MiB.
const KEPT: usize = 256;
/// More tiles than this no window shows.
const MOST: i64 = 400;

struct Tile {
    texture: TextureHandle,
    used: u64,
}

/// Textures of tiles, and who fetches them.
#[derive(Default)]
pub struct BasemapLayer {
    loader: Option<BasemapLoader>,
    tiles: HashMap<TileAddress, Tile>,
    frame: u64,
}

impl BasemapLayer {
    /// Takes in tiles that have come; fetches for the basemap of the document while it is shown, and for none otherwise.
    pub fn take_in(&mut self, ctx: &Context, document: Option<&Document>, cache: Option<&Path>) {
        let shown = document.filter(|document| document.view.layers.of(LayerKind::Basemap).visible);
        let wanted = shown.map(|document| &document.settings.basemap);
        if self.loader.as_ref().map(BasemapLoader::basemap) != wanted {
            self.tiles.clear();
            self.loader = wanted.filter(|basemap| basemap.check().is_ok()).map(|basemap| {
                let ctx = ctx.clone();
                let cache = cache.map(|folder| folder.join("basemaps"));
                BasemapLoader::start(basemap.clone(), cache, Arc::new(move || ctx.request_repaint()))
            });
        }
        for (tile, picture) in self.loader.iter().flat_map(BasemapLoader::drain).collect::<Vec<_>>() {
            self.insert(ctx, tile, &picture);
        }
    }

    fn insert(&mut self, ctx: &Context, tile: TileAddress, picture: &TilePicture) {
        let image = ColorImage::from_rgba_unmultiplied([SIDE, SIDE], &picture.rgba);
        let texture = ctx.load_texture("basemap", image, TextureOptions::LINEAR);
        self.tiles.insert(tile, Tile { texture, used: self.frame });
        while self.tiles.len() > KEPT {
            let oldest = self.tiles.iter().min_by_key(|(_, tile)| tile.used).map(|(tile, _)| *tile);
            let Some(oldest) = oldest else { break };
            self.tiles.remove(&oldest);
        }
    }

    /// Whom what is shown is from.
    pub fn attribution(&self) -> Option<&str> {
        self.loader.as_ref().map(|loader| loader.basemap().attribution.as_str()).filter(|a| !a.is_empty())
    }

    /// What is wrong with the server now.
    pub fn trouble(&self) -> Option<TileTrouble> {
        self.loader.as_ref()?.trouble()
    }

    /// Asks the server again at once.
    pub fn retry(&self) {
        self.loader.iter().for_each(BasemapLoader::retry);
    }

    /// Paints the tiles in view, or parts of coarser ones in their place, and says which are missing.
    pub fn paint(&mut self, painter: &Painter, projector: &Projector) {
        let Some(loader) = &self.loader else { return };
        self.frame += 1;
        let plane = Plane::new(projector);
        let clip = projector.clip_rect();
        let mut missing = Vec::new();
        for tile in in_view(&plane, clip, loader.basemap(), projector.zoom()) {
            let rect = on_screen(&plane, tile);
            if !self.tiles.contains_key(&tile) {
                missing.push((rect.center().distance(clip.center()), tile));
            }
            let Some((there, uv)) = best(tile, |tile| self.tiles.contains_key(tile)) else { continue };
            if let Some(tile) = self.tiles.get_mut(&there) {
                tile.used = self.frame;
                let mut mesh = Mesh::with_texture(tile.texture.id());
                mesh.add_rect_with_uv(rect, uv, Color32::WHITE);
                painter.add(Shape::mesh(mesh));
            }
        }
        missing.sort_by(|a, b| a.0.total_cmp(&b.0));
        loader.want(missing.into_iter().map(|(_, tile)| tile));
    }
}

/// The tiles that cover a part of the screen.
fn in_view(plane: &Plane, clip: Rect, basemap: &Basemap, zoom: f64) -> Vec<TileAddress> {
    let z = zoom.round().clamp(0.0, f64::from(basemap.max_zoom.min(30))) as u8;
    let count = 2f64.powi(i32::from(z));
    let [left, top, right, bottom] = plane.under(clip);
    // East and west of the world there are no tiles.
    let range = |from: f64, to: f64| {
        let last = count as i64 - 1;
        ((from * count).floor() as i64).clamp(0, last)..=((to * count).floor() as i64).clamp(0, last)
    };
    let (cols, rows) = (range(left, right), range(top, bottom));
    if right < 0.0 || left > 1.0 || bottom < 0.0 || top > 1.0 {
        return Vec::new();
    }
    let size = |range: &std::ops::RangeInclusive<i64>| range.end() - range.start() + 1;
    if size(&cols).saturating_mul(size(&rows)) > MOST {
        return Vec::new();
    }
    rows.flat_map(|y| cols.clone().map(move |x| TileAddress { z, x: x as u32, y: y as u32 })).collect()
}

fn on_screen(plane: &Plane, tile: TileAddress) -> Rect {
    let count = 2f64.powi(i32::from(tile.z));
    let corner = |x: u32, y: u32| plane.at([f64::from(x) / count, f64::from(y) / count]);
    Rect::from_min_max(corner(tile.x, tile.y), corner(tile.x + 1, tile.y + 1))
}

/// The finest tile there is that covers this one, and which part of it does.
fn best(tile: TileAddress, has: impl Fn(&TileAddress) -> bool) -> Option<(TileAddress, Rect)> {
    (0..=tile.z).find_map(|up| {
        let coarser = TileAddress { z: tile.z - up, x: tile.x >> up, y: tile.y >> up };
        let size = 0.5f32.powi(i32::from(up));
        let part = |v: u32, whole: u32| (v - (whole << up)) as f32 * size;
        let min = pos2(part(tile.x, coarser.x), part(tile.y, coarser.y));
        has(&coarser).then(|| (coarser, Rect::from_min_size(min, egui::Vec2::splat(size))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use walkers::{MapMemory, MercatorProjection, lon_lat};

    fn tiles(centre: [f64; 2], zoom: f64, size: [f32; 2]) -> Vec<TileAddress> {
        let mut memory = MapMemory::default();
        memory.center_at(lon_lat(centre[0], centre[1]));
        memory.set_zoom(zoom).unwrap();
        let rect = Rect::from_min_size(pos2(10.0, 20.0), size.into());
        let projector = Projector::new(rect, &MercatorProjection, &memory, lon_lat(0.0, 0.0));
        in_view(&Plane::new(&projector), rect, &Basemap { max_zoom: 19, ..Basemap::default() }, zoom)
    }

    #[test]
    fn the_tiles_in_view_are_those_that_the_world_is_cut_into() {
        assert_eq!(tiles([0.0, 0.0], 0.0, [200.0, 200.0]), [TileAddress { z: 0, x: 0, y: 0 }]);
        assert_eq!(tiles([1.0, -1.0], 1.0, [40.0, 40.0]).len(), 4);
        // The citadel of Warsaw, whose tile is known.
        assert_eq!(
            tiles([21.000_27, 52.264_7], 20.0, [1.0, 1.0]),
            [TileAddress { z: 19, x: 292_727, y: 172_552 }]
        );
        assert!(tiles([0.0, 0.0], 19.0, [1400.0, 900.0]).len() <= 40);
        assert!(tiles([0.0, 0.0], 19.0, [90_000.0, 90_000.0]).is_empty(), "more than any window shows");
    }

    #[test]
    fn a_tile_that_lacks_is_painted_from_the_finest_one_above_it() {
        let tile = TileAddress { z: 5, x: 13, y: 22 };
        assert_eq!(best(tile, |_| false), None);
        let (there, uv) = best(tile, |t| t.z <= 3).unwrap();
        assert_eq!(there, TileAddress { z: 3, x: 3, y: 5 });
        assert_eq!(uv, Rect::from_min_size(pos2(0.25, 0.5), egui::Vec2::splat(0.25)));
        assert_eq!(best(tile, |_| true).unwrap().0, tile);
    }
}
