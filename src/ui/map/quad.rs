//! Drawing windows of the grid: their corners are projected, so that no pixel is resampled.

use crate::geo::{Grid, Window};
use egui::{Color32, Mesh, Pos2, Rect, TextureId, pos2};
use std::collections::HashMap;
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

    /// The mesh of a texture laid on the net; `None` where it does not touch this part of the screen.
    pub fn mesh(&self, projector: &Projector, clip: Rect, texture: TextureId, tint: Color32) -> Option<Mesh> {
        let nodes = self.on_screen(projector);
        if !Rect::from_points(&nodes).intersects(clip) {
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

    /// The same mesh, with a texture that repeats itself every `period` points of the screen, wherever the map is moved to.
    pub fn pattern(
        &self,
        projector: &Projector,
        clip: Rect,
        texture: TextureId,
        period: f32,
    ) -> Option<Mesh> {
        let mut mesh = self.mesh(projector, clip, texture, Color32::WHITE)?;
        for vertex in &mut mesh.vertices {
            vertex.uv = (vertex.pos.to_vec2() / period).to_pos2();
        }
        Some(mesh)
    }

    /// Whether it touches this part of the screen.
    pub fn visible(&self, projector: &Projector, clip: Rect) -> bool {
        Rect::from_points(&self.on_screen(projector)).intersects(clip)
    }
}

/// Nets of the tiles of a grid, each made once.
#[derive(Default)]
pub struct Nets(HashMap<Window, Option<Net>>);

impl Nets {
    /// The net of a tile; `None` where its corners cannot be projected.
    pub fn of(&mut self, grid: &Grid, window: Window) -> Option<&Net> {
        self.0.entry(window).or_insert_with(|| Net::new(grid, window)).as_ref()
    }

    /// The tiles in view that show every `step`-th pixel in squares of at most `side` such pixels, each with how far its middle
    /// lies from that of the view, in points.
    pub fn in_view(
        &mut self,
        grid: &Grid,
        projector: &Projector,
        clip: Rect,
        (side, step): (u32, u32),
    ) -> Vec<(Window, f32)> {
        let far = |window: Window| {
            corners(grid, projector, window)
                .map_or(f32::MAX, |c| within(&c, 0.5, 0.5).distance(clip.center()))
        };
        tiles(grid.width, grid.height, side, step)
            .filter(|window| self.of(grid, *window).is_some_and(|net| net.visible(projector, clip)))
            .map(|window| (window, far(window)))
            .collect()
    }
}

/// Every how many pixels of the grid are shown: 1 where one covers a point of the screen or more, else 2, 4 …
pub fn step(grid: &Grid, projector: &Projector) -> u32 {
    let whole = Window { col: 0, row: 0, width: grid.width, height: grid.height };
    let Some(corners) = corners(grid, projector, whole) else { return 1 };
    let points = corners[0].distance(corners[1]) / grid.width as f32;
    if points >= 1.0 { 1 } else { ((1.0 / points.max(1e-6)) as u32).next_power_of_two().min(4096) / 2 }.max(1)
}

/// The tiles of a grid that show every `step`-th pixel in squares of at most `side` such pixels.
pub fn tiles(width: u32, height: u32, side: u32, step: u32) -> impl Iterator<Item = Window> {
    let side = side.saturating_mul(step).max(1);
    (0..height).step_by(side as usize).flat_map(move |row| {
        (0..width).step_by(side as usize).map(move |col| Window {
            col,
            row,
            width: side.min(width - col),
            height: side.min(height - row),
        })
    })
}

/// The part of the grid in view: the smallest window that holds it; `None` where nothing of it is.
pub fn in_view(grid: &Grid, projector: &Projector, clip: Rect) -> Option<Window> {
    let along = |from: f32, to: f32| (0..=4).map(move |i| from + (to - from) * i as f32 / 4.0);
    let edge = along(clip.top(), clip.bottom())
        .flat_map(|y| along(clip.left(), clip.right()).map(move |x| pos2(x, y)));
    let mut points: Vec<[f64; 2]> = edge
        .map(|at| {
            let place = projector.unproject(at.to_vec2());
            [place.x(), place.y()]
        })
        .collect();
    grid.crs.xy_from_lonlat(&mut points).ok()?;
    let pixels: Vec<[f64; 2]> = points.iter().map(|p| grid.pixel_from_xy(p[0], p[1])).collect();
    let range = |axis: usize, size: u32| {
        let of = pixels.iter().map(|p| p[axis]).filter(|v| v.is_finite());
        let (low, high) = of.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        // Casting keeps to what the type holds.
        let (low, high) = (low.floor().max(0.0) as u32, (high.ceil().max(0.0) as u32).min(size));
        (high > low).then(|| (low, high - low))
    };
    let ((col, width), (row, height)) = (range(0, grid.width)?, range(1, grid.height)?);
    Some(Window { col, row, width, height })
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
