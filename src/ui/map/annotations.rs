//! Annotations, their cores and pure pixels, pins, and the pixel under the mouse.

use super::crowd::Crowd;
use super::plane::{Placed, Plane, corners_on_screen, lonlat_bounds, mercator};
use super::quad::{corners, within};
use crate::app::OpenProject;
use crate::geo::{Grid, Window};
use crate::jobs::DrawnCore;
use crate::labels::{Annotation, AnnotationId};
use crate::ui::{tokens, widgets};
use egui::{Color32, Mesh, Painter, Pos2, Rect, Shape, Stroke, Vec2, epaint::PathStroke};
use geo::CoordsIter;
use std::collections::HashMap;
use std::sync::Arc;
use walkers::{Projector, lon_lat};

/// Pixels smaller than this on the screen are not drawn one by one.
const SMALLEST_PIXEL: f32 = 0.6;
/// So many annotations in view are painted one by one, each frame; more as one picture.
const FEW: usize = 400;
/// Corners of all of them, likewise.
const FEW_CORNERS: usize = 16_000;
/// Corners nearer to one another than this on the screen are one.
const APART: f32 = 0.7;
/// Annotations smaller than this on the screen are small squares.
const SQUARE: f32 = 3.0;

/// Annotations on the map: few one by one, very many as one picture.
#[derive(Default)]
pub struct CoreLayer {
    known: HashMap<AnnotationId, Known>,
    crowd: Crowd,
    /// An annotation that a tool paints as it will be.
    pub hidden: Option<AnnotationId>,
}

/// An annotation on the plane, worked out once.
struct Known {
    annotation: Arc<Annotation>,
    placed: Placed,
    core: Option<KnownCore>,
}

/// Its core: the window of its pure pixels, its outline on the plane.
struct KnownCore {
    core: Arc<DrawnCore>,
    window: Window,
    outline: Vec<Vec<[f64; 2]>>,
}

impl CoreLayer {
    /// Forgets what belongs to a site that is no longer shown.
    pub fn clear(&mut self) {
        self.known.clear();
    }

    /// Paints the annotations in view, selected ones on top.
    pub fn paint(&mut self, painter: &Painter, projector: &Projector, grid: &Grid, project: &OpenProject) {
        let (plane, clip) = (Plane::new(projector), projector.clip_rect());
        let view = lonlat_bounds(plane.under(clip.expand(6.0)));
        let (mut few, mut corners, mut many) = (Vec::new(), 0, false);
        for annotation in project.derived.index.within(view) {
            if few.len() == FEW || corners > FEW_CORNERS {
                many = true;
                break;
            }
            corners += annotation.geometry.coords_count();
            few.push(annotation);
        }
        let of_picture = many && self.crowd.paint(painter, clip, &plane, project);
        // While the picture is not there yet, some are better than none.
        if of_picture {
            few.clear();
        }
        let chosen = |a: &&Arc<Annotation>| project.selection.contains(&a.id);
        let (mut above, mut below): (Vec<_>, Vec<_>) = few.into_iter().partition(chosen);
        if many {
            let selected = project.selection.iter().filter_map(|id| project.annotations.get(*id));
            above = selected.take(FEW).collect();
        }
        below.sort_unstable_by_key(|a| a.id);
        above.sort_unstable_by_key(|a| a.id);
        let hidden = self.hidden;
        let all = below.into_iter().map(|a| (a, false)).chain(above.into_iter().map(|a| (a, true)));
        for (annotation, selected) in all.filter(|(a, _)| Some(a.id) != hidden) {
            self.paint_one(painter, projector, &plane, grid, project, annotation, selected);
        }
        if self.known.len() > 8 * FEW {
            // What is still in view is worked out again in the next frame.
            self.known.clear();
        }
    }

    /// What is known of an annotation, worked out where it has changed.
    fn known(&mut self, project: &OpenProject, annotation: &Arc<Annotation>) -> &Known {
        let core = project.derived.cores.get(annotation.id).and_then(|core| core.as_ref().ok());
        let known = self.known.entry(annotation.id).or_insert_with(|| Known {
            annotation: Arc::clone(annotation),
            placed: Placed::new(annotation),
            core: None,
        });
        if !Arc::ptr_eq(&known.annotation, annotation) {
            known.placed = Placed::new(annotation);
            known.annotation = Arc::clone(annotation);
        }
        let same = known.core.as_ref().map(|known| Arc::as_ptr(&known.core)) == core.map(Arc::as_ptr);
        if !same {
            let ring = |ring: &Vec<[f64; 2]>| ring.iter().map(|&place| mercator(place)).collect();
            known.core = core.map(|core| KnownCore {
                core: Arc::clone(core),
                window: window_of(core),
                outline: core.outline.iter().map(ring).collect(),
            });
        }
        known
    }

    fn paint_one(
        &mut self,
        painter: &Painter,
        projector: &Projector,
        plane: &Plane,
        grid: &Grid,
        project: &OpenProject,
        annotation: &Arc<Annotation>,
        selected: bool,
    ) {
        let class = project.document.legend.class(annotation.class);
        let colour = class.map_or(Color32::GRAY, |c| widgets::colour(c.colour));
        let known = self.known(project, annotation);
        let [left, top, right, bottom] = known.placed.bounds;
        let all = Rect::from_min_max(plane.at([left, top]), plane.at([right, bottom]));
        if !all.expand(6.0).intersects(projector.clip_rect()) {
            return;
        }
        if let geo::Geometry::Point(_) = annotation.geometry {
            paint_core_of(painter, projector, plane, grid, known, colour);
            let line = if selected { tokens::OVER_IMAGE } else { tokens::HALO };
            painter.circle(all.center(), 4.0, colour, Stroke::new(1.5, line));
            return;
        }
        if all.width().max(all.height()) < SQUARE {
            let colour = if selected { tokens::OVER_IMAGE } else { colour };
            painter.rect_filled(Rect::from_center_size(all.center(), Vec2::splat(SQUARE)), 0.0, colour);
            return;
        }
        paint_core_of(painter, projector, plane, grid, known, colour);
        let (width, line) = if selected { (3.0, tokens::OVER_IMAGE) } else { (2.0, colour) };
        for ring in &known.placed.rings {
            paint_ring(painter, &corners_on_screen(ring, |place| plane.at(place), APART), width, line);
        }
    }
}

fn paint_core_of(
    painter: &Painter,
    projector: &Projector,
    plane: &Plane,
    grid: &Grid,
    known: &Known,
    colour: Color32,
) {
    let Some(KnownCore { core, window, outline }) = &known.core else { return };
    let pixels = &core.core.pure_pixels;
    paint_pixels(painter, projector, grid, pixels, *window, colour.gamma_multiply(0.45));
    for ring in outline {
        let ring = corners_on_screen(ring, |place| plane.at(place), APART);
        painter.add(Shape::closed_line(ring, PathStroke::new(1.0, colour)));
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
    // Neighbours in a row are one piece.
    for run in pixels.chunk_by(|a, b| a.1 == b.1 && a.0 + 1 == b.0) {
        let ((first, row), past) = (run[0], run[0].0 + run.len() as u32);
        let at = mesh.vertices.len() as u32;
        for (c, r) in [(first, row), (past, row), (past, row + 1), (first, row + 1)] {
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
