//! Drawing windows of the grid: their corners are projected, so that no pixel is resampled.

use crate::geo::{Grid, Window};
use egui::{Color32, Mesh, Pos2, Rect, TextureId, pos2};
use walkers::{Position, Projector, lon_lat};

/// A net of this many cells a side is fine enough for the bend of any projection within a tile.
const CELLS: usize = 4;

/// Places of a net over a window, projected to longitude and latitude once.
#[derive(Debug, Clone)]
pub struct Net {
    places: Vec<Position>,
}

impl Net {
    /// The net of a window; `None` where its corners cannot be projected.
    pub fn new(grid: &Grid, window: Window) -> Option<Self> {
        let mut points = Vec::with_capacity((CELLS + 1) * (CELLS + 1));
        for row in 0..=CELLS {
            for col in 0..=CELLS {
                let part = |start: u32, size: u32, i: usize| {
                    f64::from(start) + f64::from(size) * i as f64 / CELLS as f64
                };
                points.push(grid.xy_from_pixel(
                    part(window.col, window.width, col),
                    part(window.row, window.height, row),
                ));
            }
        }
        grid.crs.lonlat_from_xy(&mut points).ok()?;
        Some(Self { places: points.iter().map(|&[lon, lat]| lon_lat(lon, lat)).collect() })
    }

    /// Its nodes on the screen.
    fn on_screen(&self, projector: &Projector) -> Vec<Pos2> {
        self.places.iter().map(|&p| projector.project(p).to_pos2()).collect()
    }

    /// The mesh of a texture laid on the net; `None` where it does not touch the screen.
    pub fn mesh(&self, projector: &Projector, texture: TextureId, tint: Color32) -> Option<Mesh> {
        let nodes = self.on_screen(projector);
        if !Rect::from_points(&nodes).intersects(projector.clip_rect()) {
            return None;
        }
        let mut mesh = Mesh::with_texture(texture);
        for (i, &pos) in nodes.iter().enumerate() {
            let (row, col) = (i / (CELLS + 1), i % (CELLS + 1));
            let uv = pos2(col as f32 / CELLS as f32, row as f32 / CELLS as f32);
            mesh.vertices.push(egui::epaint::Vertex { pos, uv, color: tint });
        }
        for row in 0..CELLS as u32 {
            for col in 0..CELLS as u32 {
                let at = row * (CELLS as u32 + 1) + col;
                let below = at + CELLS as u32 + 1;
                mesh.add_triangle(at, at + 1, below);
                mesh.add_triangle(at + 1, below + 1, below);
            }
        }
        Some(mesh)
    }

    /// Whether it touches the screen.
    pub fn visible(&self, projector: &Projector) -> bool {
        Rect::from_points(&self.on_screen(projector)).intersects(projector.clip_rect())
    }
}

/// The four corners of a window on the screen: top left, top right, bottom right, bottom left.
pub fn corners(grid: &Grid, projector: &Projector, window: Window) -> Option<[Pos2; 4]> {
    let (left, top) = (f64::from(window.col), f64::from(window.row));
    let (right, bottom) = (left + f64::from(window.width), top + f64::from(window.height));
    let mut points = [
        grid.xy_from_pixel(left, top),
        grid.xy_from_pixel(right, top),
        grid.xy_from_pixel(right, bottom),
        grid.xy_from_pixel(left, bottom),
    ];
    grid.crs.lonlat_from_xy(&mut points).ok()?;
    Some(points.map(|[lon, lat]| projector.project(lon_lat(lon, lat)).to_pos2()))
}

/// A place within four corners: `u` to the right, `v` down, from 0 to 1.
pub fn within(corners: &[Pos2; 4], u: f32, v: f32) -> Pos2 {
    let top = corners[0].lerp(corners[1], u);
    let bottom = corners[3].lerp(corners[2], u);
    top.lerp(bottom, v)
}
