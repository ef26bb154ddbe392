//! Handles of the selected annotation: corners are dragged, put in on the middle of an edge, taken out; inside of it the whole
//! is dragged.

use super::super::annotations::on_screen;
use super::scene::{Scene, describe, lonlat};
use crate::app::{Command, OpenProject};
use crate::labels::shape::{self, CornerAt};
use crate::labels::{Annotation, AnnotationId};
use crate::ui::tokens;
use crate::ui::view::View;
use crate::ui::words::tr;
use egui::{Color32, Pos2, Rect, Stroke, StrokeKind, Vec2};
use geo::Geometry;
use walkers::Projector;

/// A handle is grabbed so near, in points of the screen.
const GRABS: f32 = 8.0;
/// Shorter edges have no handle in their middle, in points of the screen.
const SHORT: f32 = 28.0;
/// With more handles in view than this, only those near the mouse are painted.
const MANY: usize = 400;
/// Near the mouse, in points of the screen.
const AROUND: f32 = 64.0;

/// What was grabbed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Grabbed {
    /// A corner.
    Corner(CornerAt),
    /// The middle of the edge that begins at a corner.
    Edge(CornerAt),
    /// The whole, at a place.
    Whole([f64; 2]),
}

/// An annotation being reshaped.
pub struct Reshaping {
    pub id: AnnotationId,
    pub grabbed: Grabbed,
    /// As it will be; `None` while nothing was dragged.
    pub now: Option<Geometry<f64>>,
}

/// The handle at a point of the screen: the nearest corner, else the nearest middle of an edge.
pub fn handle_at(projector: &Projector, geometry: &Geometry<f64>, pos: Pos2) -> Option<Grabbed> {
    let at = |[lon, lat]: [f64; 2]| on_screen(projector, lon, lat);
    let near = |distance: &f32| *distance <= GRABS;
    let corners =
        shape::corners(geometry).into_iter().map(|(corner, place)| (at(place).distance(pos), corner));
    let corner = corners.filter(|(d, _)| near(d)).min_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((_, corner)) = corner {
        return Some(Grabbed::Corner(corner));
    }
    let middles = shape::edges(geometry).into_iter().filter_map(|(corner, ends)| {
        let [a, b] = ends.map(at);
        (a.distance(b) >= SHORT).then(|| (a.lerp(b, 0.5).distance(pos), corner))
    });
    let middle = middles.filter(|(d, _)| near(d)).min_by(|a, b| a.0.total_cmp(&b.0));
    middle.map(|(_, corner)| Grabbed::Edge(corner))
}

/// What is grabbed of the selected annotation at a point of the screen: a handle, or the whole.
pub fn grab(projector: &Projector, project: &OpenProject, pos: Pos2) -> Option<Reshaping> {
    let annotation = project.annotation(project.selected()?)?;
    let place = lonlat(projector, pos);
    let inside = || match &annotation.geometry {
        Geometry::Point(point) => on_screen(projector, point.x(), point.y()).distance(pos) <= GRABS,
        geometry => shape::holds(geometry, place),
    };
    let grabbed = handle_at(projector, &annotation.geometry, pos)
        .or_else(|| inside().then_some(Grabbed::Whole(place)))?;
    Some(Reshaping { id: annotation.id, grabbed, now: None })
}

/// Takes a corner out.
pub fn take_out(project: &OpenProject, id: AnnotationId, corner: CornerAt) -> Result<Command, String> {
    let annotation = project.annotation(id).ok_or(tr!("this annotation is not there any more"))?;
    let geometry = shape::delete_corner(&annotation.geometry, corner).map_err(|why| why.to_string())?;
    Ok(Command::Reshape { id, geometry })
}

impl Reshaping {
    /// Follows the mouse.
    fn follow(&mut self, scene: &Scene) {
        let Some(annotation) = scene.project.annotation(self.id) else { return };
        let geometry = &annotation.geometry;
        let (Some(pos), place) = (scene.pos, scene.place(Some(self.id))) else { return };
        let now = match (self.grabbed, place) {
            (Grabbed::Corner(corner), Some(place)) => shape::move_corner(geometry, corner, place).ok(),
            (Grabbed::Edge(corner), Some(place)) => shape::insert_corner(geometry, corner, place).ok(),
            (Grabbed::Whole(from), _) => {
                let to = lonlat(scene.projector, pos);
                Some(shape::moved(geometry, [to[0] - from[0], to[1] - from[1]]))
            }
            _ => None,
        };
        self.now = now.or(self.now.take());
    }
}

/// Follows the drag that reshapes; `None` when it goes on, what comes of it when it ends.
pub fn reshape_ui(scene: &Scene, view: &mut View, reshaping: &mut Reshaping) -> Option<Command> {
    if scene.dragged() || scene.dropped() {
        reshaping.follow(scene);
    }
    let geometry = reshaping.now.clone()?;
    let id = reshaping.id;
    if scene.dropped() {
        return Some(Command::Reshape { id, geometry });
    }
    let annotation = scene.project.annotation(id)?;
    let annotation = Annotation { geometry, ..annotation.clone() };
    let tools = &mut view.map.tools;
    let shown = tools.preview.of(&annotation, scene.grid, &scene.project.buffers(), scene.ui.ctx());
    scene.paint(&annotation, shown);
    paint_handles(scene, &annotation.geometry);
    scene.tell(&shown.map(describe).unwrap_or_default());
    tools.hidden = Some(id);
    None
}

/// Paints the handles of an annotation: squares on corners, dots on the middles of edges.
pub fn paint_handles(scene: &Scene, geometry: &Geometry<f64>) {
    let clip = scene.projector.clip_rect();
    let in_view = |pos: &Pos2| clip.contains(*pos);
    let corners: Vec<Pos2> = shape::corners(geometry)
        .into_iter()
        .map(|(_, place)| scene.on_screen(place))
        .filter(in_view)
        .collect();
    let many = corners.len() > MANY;
    let near = |pos: &Pos2| !many || scene.pos.is_some_and(|mouse| mouse.distance(*pos) < AROUND);
    let line = Stroke::new(1.0, Color32::BLACK);
    for (_, ends) in shape::edges(geometry) {
        let [a, b] = ends.map(|place| scene.on_screen(place));
        let middle = a.lerp(b, 0.5);
        if a.distance(b) >= SHORT && in_view(&middle) && near(&middle) {
            scene.painter.circle(middle, 3.0, tokens::OVER_IMAGE.gamma_multiply(0.75), line);
        }
    }
    for corner in corners.into_iter().filter(near) {
        let square = Rect::from_center_size(corner, Vec2::splat(8.0));
        scene.painter.rect(square, 1.0, tokens::OVER_IMAGE, line, StrokeKind::Middle);
    }
}
