//! The class map, which grows as chunks come.

use super::quad::Net;
use crate::app::MapLayer;
use crate::geo::{Grid, Window};
use crate::labels::Legend;
use egui::{Color32, ColorImage, Painter, Shape, TextureHandle, TextureOptions};
use walkers::Projector;

/// Side of a tile, in pixels.
const TILE: u32 = 512;

struct Tile {
    window: Window,
    net: Option<Net>,
    texture: TextureHandle,
}

/// Textures of the class map.
#[derive(Default)]
pub struct ClassLayer {
    generation: u64,
    colours: Vec<(u8, [u8; 3])>,
    taken: usize,
    tiles: Vec<Tile>,
}

impl ClassLayer {
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
        self.bring_up_to_date(painter, grid, map, legend);
        let tint = Color32::WHITE.gamma_multiply(opacity);
        for tile in &self.tiles {
            let mesh = tile
                .net
                .as_ref()
                .and_then(|n| n.mesh(projector, projector.clip_rect(), tile.texture.id(), tint));
            painter.extend(mesh.map(Shape::mesh));
        }
    }

    fn bring_up_to_date(&mut self, painter: &Painter, grid: &Grid, map: &MapLayer, legend: &Legend) {
        let colours: Vec<_> = legend.classes.iter().map(|c| (c.code, c.colour)).collect();
        let mut palette = [Color32::TRANSPARENT; 256];
        for &(code, [r, g, b]) in &colours {
            palette[usize::from(code)] = Color32::from_rgb(r, g, b);
        }
        if self.generation != map.generation || self.colours != colours || self.tiles.is_empty() {
            self.tiles = windows(map)
                .map(|window| Tile {
                    window,
                    net: Net::new(grid, window),
                    texture: painter.ctx().load_texture(
                        "class map",
                        image(map, window, &palette),
                        TextureOptions::NEAREST,
                    ),
                })
                .collect();
            (self.generation, self.colours, self.taken) = (map.generation, colours, map.arrived.len());
            return;
        }
        for &arrived in &map.arrived[self.taken.min(map.arrived.len())..] {
            for tile in &mut self.tiles {
                if let Some(part) = overlap(arrived, tile.window) {
                    let at = [(part.col - tile.window.col) as usize, (part.row - tile.window.row) as usize];
                    tile.texture.set_partial(at, image(map, part, &palette), TextureOptions::NEAREST);
                }
            }
        }
        self.taken = map.arrived.len();
    }
}

fn windows(map: &MapLayer) -> impl Iterator<Item = Window> {
    let (width, height) = (map.width, map.height);
    (0..height).step_by(TILE as usize).flat_map(move |row| {
        (0..width).step_by(TILE as usize).map(move |col| Window {
            col,
            row,
            width: TILE.min(width - col),
            height: TILE.min(height - row),
        })
    })
}

fn overlap(a: Window, b: Window) -> Option<Window> {
    let (col, row) = (a.col.max(b.col), a.row.max(b.row));
    let right = (a.col + a.width).min(b.col + b.width);
    let bottom = (a.row + a.height).min(b.row + b.height);
    (right > col && bottom > row).then(|| Window { col, row, width: right - col, height: bottom - row })
}

fn image(map: &MapLayer, window: Window, palette: &[Color32; 256]) -> ColorImage {
    let mut pixels = Vec::with_capacity(window.pixels());
    for row in window.row..window.row + window.height {
        let start = row as usize * map.width as usize + window.col as usize;
        let codes = map.codes.get(start..start + window.width as usize).unwrap_or_default();
        pixels.extend(codes.iter().map(|&c| palette[usize::from(c)]));
    }
    pixels.resize(window.pixels(), Color32::TRANSPARENT);
    ColorImage::new([window.width as usize, window.height as usize], pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_overlap_where_they_share_pixels_and_only_there() {
        let a = Window { col: 0, row: 0, width: 64, height: 64 };
        let b = Window { col: 32, row: 48, width: 64, height: 64 };
        assert_eq!(overlap(a, b), Some(Window { col: 32, row: 48, width: 32, height: 16 }));
        assert_eq!(overlap(a, Window { col: 64, ..a }), None);
    }
}
