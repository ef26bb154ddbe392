//! Annotations, their cores and pure pixels, pins, and the pixel under the mouse.

use super::quad::{corners, within};
use crate::app::OpenProject;
use crate::geo::{Grid, Window};
use crate::jobs::DrawnCore;
use crate::labels::{Annotation, AnnotationId};
use crate::ui::{tokens, widgets};
use egui::{Color32, Mesh, Painter, Pos2, Rect, Shape, Stroke, epaint::PathStroke};
use geo::CoordsIter;
use std::collections::HashMap;
use std::sync::Arc;
use walkers::{Projector, lon_lat};

/// Pixels smaller than this on the screen are not drawn one by one.
const SMALLEST_PIXEL: f32 = 0.6;

/// The windows of cores, worked out once a core.
#[derive(Default)]
pub struct CoreLayer {
    windows: HashMap<u64, (Arc<DrawnCore>, Window)>,
    /// An annotation that a tool paints as it will be.
    pub hidden: Option<AnnotationId>,
}

impl CoreLayer {
    /// Paints all annotations, the selected one on top.
    pub fn paint(&mut self, painter: &Painter, projector: &Projector, grid: &Grid, project: &OpenProject) {
        self.windows.retain(|id, _| project.derived.cores.get(*id).is_some());
        let chosen = |a: &&Arc<Annotation>| project.selection.contains(&a.id);
        let hidden = self.hidden;
        let (above, below): (Vec<_>, Vec<_>) = project.annotations.iter().partition(chosen);
        for annotation in below.into_iter().chain(above).filter(|a| Some(a.id) != hidden) {
            let selected = project.selection.contains(&annotation.id);
            self.paint_one(painter, projector, grid, project, annotation, selected);
        }
    }

    fn paint_one(
        &mut self,
        painter: &Painter,
        projector: &Projector,
        grid: &Grid,
        project: &OpenProject,
        annotation: &Annotation,
        selected: bool,
    ) {
        let drawn = rings_on_screen(&annotation.geometry, projector);
        let all = Rect::from_points(&drawn.concat());
        if !all.expand(4.0).intersects(projector.clip_rect()) {
            return;
        }
        let class = project.document.legend.class(annotation.class);
        let colour = class.map_or(Color32::GRAY, |c| widgets::colour(c.colour));
        if let Some(Ok(core)) = project.derived.cores.get(annotation.id) {
            let known = self.windows.get(&annotation.id).filter(|(c, _)| Arc::ptr_eq(c, core));
            let window = match known {
                Some((_, window)) => *window,
                None => {
                    let window = window_of(core);
                    self.windows.insert(annotation.id, (Arc::clone(core), window));
                    window
                }
            };
            paint_core(painter, projector, grid, core, window, colour);
        }
        let (width, line) = if selected { (3.0, tokens::OVER_IMAGE) } else { (2.0, colour) };
        for ring in &drawn {
            paint_ring(painter, ring, width, line);
        }
        if let geo::Geometry::Point(_) = annotation.geometry
            && let Some(&at) = drawn.first().and_then(|r| r.first())
        {
            painter.circle(at, 4.0, colour, Stroke::new(1.5, tokens::HALO));
        }
    }
}

/// Paints a core: its pure pixels and its outline.
pub fn paint_core(
    painter: &Painter,
    projector: &Projector,
    grid: &Grid,
    core: &DrawnCore,
    window: Window,
    colour: Color32,
) {
    paint_pixels(painter, projector, grid, &core.core.pure_pixels, window, colour.gamma_multiply(0.45));
    for ring in &core.outline {
        let ring: Vec<Pos2> = ring.iter().map(|&[lon, lat]| on_screen(projector, lon, lat)).collect();
        painter.add(Shape::closed_line(ring, PathStroke::new(1.0, colour)));
    }
}

/// The smallest window that holds all pure pixels.
pub fn window_of(core: &DrawnCore) -> Window {
    let pixels = &core.core.pure_pixels;
    let range = |of: fn(&(u32, u32)) -> u32| {
        let (low, high) =
            pixels.iter().map(of).fold((u32::MAX, 0), |(low, high), v| (low.min(v), high.max(v)));
        if low > high { (0, 0) } else { (low, high + 1 - low) }
    };
    let ((col, width), (row, height)) = (range(|p| p.0), range(|p| p.1));
    Window { col, row, width, height }
}

fn paint_pixels(
    painter: &Painter,
    projector: &Projector,
    grid: &Grid,
    pixels: &[(u32, u32)],
    window: Window,
    colour: Color32,
) {
    if window.width == 0 || window.height == 0 {
        return;
    }
    let Some(corners) = corners(grid, projector, window) else { return };
    let side = corners[0].distance(corners[1]) / window.width as f32;
    if side < SMALLEST_PIXEL {
        return;
    }
    let mut mesh = Mesh::default();
    let place = |col: u32, row: u32| {
        let u = (col - window.col) as f32 / window.width as f32;
        let v = (row - window.row) as f32 / window.height as f32;
        within(&corners, u, v)
    };
    for &(col, row) in pixels {
        let at = mesh.vertices.len() as u32;
        for (c, r) in [(col, row), (col + 1, row), (col + 1, row + 1), (col, row + 1)] {
            mesh.colored_vertex(place(c, r), colour);
        }
        mesh.add_triangle(at, at + 1, at + 2);
        mesh.add_triangle(at, at + 2, at + 3);
    }
    painter.add(Shape::mesh(mesh));
}

/// A closed line with a halo, readable on any ground.
pub fn paint_ring(painter: &Painter, ring: &[Pos2], width: f32, colour: Color32) {
    if ring.len() < 2 {
        return;
    }
    painter.add(Shape::closed_line(ring.to_vec(), PathStroke::new(width + 2.0, tokens::halo(colour))));
    painter.add(Shape::closed_line(ring.to_vec(), PathStroke::new(width, colour)));
}

/// A place on the screen.
pub fn on_screen(projector: &Projector, lon: f64, lat: f64) -> Pos2 {
    projector.project(lon_lat(lon, lat)).to_pos2()
}

/// The rings of a geometry on the screen, without the corner that closes each.
pub fn rings_on_screen(geometry: &geo::Geometry<f64>, projector: &Projector) -> Vec<Vec<Pos2>> {
    let ring = |line: &geo::LineString<f64>| {
        let mut points: Vec<Pos2> = line.coords().map(|c| on_screen(projector, c.x, c.y)).collect();
        if points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        points
    };
    let polygon = |p: &geo::Polygon<f64>| {
        std::iter::once(p.exterior()).chain(p.interiors()).map(ring).collect::<Vec<_>>()
    };
    match geometry {
        geo::Geometry::Polygon(p) => polygon(p),
        geo::Geometry::MultiPolygon(many) => many.iter().flat_map(polygon).collect(),
        other => vec![other.coords_iter().map(|c| on_screen(projector, c.x, c.y)).collect()],
    }
}

/// Outlines a pixel.
pub fn paint_pixel(
    painter: &Painter,
    projector: &Projector,
    grid: &Grid,
    (col, row): (u32, u32),
    colour: Color32,
) {
    if let Some(c) = corners(grid, projector, Window { col, row, width: 1, height: 1 }) {
        paint_ring(painter, &c, 1.0, colour);
    }
}

/// Paints the pins, each in its colour.
pub fn paint_pins(painter: &Painter, projector: &Projector, grid: &Grid, pins: &[(u32, u32)]) {
    for (i, &(col, row)) in pins.iter().enumerate() {
        let colour = tokens::PINS[i % tokens::PINS.len()];
        let Some(c) = corners(grid, projector, Window { col, row, width: 1, height: 1 }) else { continue };
        let middle = within(&c, 0.5, 0.5);
        paint_ring(painter, &c, 1.5, colour);
        let badge = middle + egui::vec2(0.0, -14.0 - c[0].distance(c[3]) / 2.0);
        painter.line_segment([badge, middle], Stroke::new(1.5, colour));
        painter.circle(badge, 8.0, colour, Stroke::new(1.0, tokens::HALO));
        painter.text(
            badge,
            egui::Align2::CENTER_CENTER,
            (i + 1).to_string(),
            egui::FontId::proportional(tokens::SMALL),
            Color32::BLACK,
        );
    }
}
