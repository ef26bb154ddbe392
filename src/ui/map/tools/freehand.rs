//! Freehand: a stroke around a place, closed when the button is released.

use super::Gesture;
use super::corners::polygon_of;
use super::scene::{Scene, lonlat};
use crate::labels::{Annotation, shape};
use crate::ui::view::View;
use egui::{CursorIcon, Event, Pos2, Rect};

/// Points nearer to the last one are passed over, in points of the screen.
const NEAREST: f32 = 2.0;
/// How far the outline may lie off the stroke, in points of the screen.
const TOLERANCE: f64 = 1.0;
/// What is smaller on the screen, in points, was not meant.
const LEAST: f32 = 4.0;

/// A stroke so far.
pub struct Stroke {
    places: Vec<[f64; 2]>,
    last: Pos2,
}

impl Stroke {
    /// A stroke of one place.
    pub fn begin(place: [f64; 2], pos: Pos2) -> Self {
        Self { places: vec![place], last: pos }
    }

    /// Goes on to these points of the screen.
    fn go_on(&mut self, scene: &Scene, points: impl IntoIterator<Item = Pos2>) {
        for pos in points {
            if pos.distance(self.last) >= NEAREST {
                self.places.push(lonlat(scene.projector, pos));
                self.last = pos;
            }
        }
    }

    /// With as few corners as tell its shape; `None` where it surrounds nothing to be seen.
    fn polygon(&self, scene: &Scene) -> Option<geo::Polygon<f64>> {
        let on_screen: Vec<Pos2> = self.places.iter().map(|&place| scene.on_screen(place)).collect();
        let size = Rect::from_points(&on_screen).size();
        if size.x < LEAST || size.y < LEAST {
            return None;
        }
        let line: Vec<[f64; 2]> = on_screen.iter().map(|p| [f64::from(p.x), f64::from(p.y)]).collect();
        let kept: Vec<_> = shape::simplified(&line, TOLERANCE).into_iter().map(|i| self.places[i]).collect();
        polygon_of(&kept)
    }
}

pub fn freehand_ui(scene: &Scene, view: &mut View) {
    scene.response.clone().on_hover_cursor(CursorIcon::Crosshair);
    let tools = &mut view.map.tools;
    let Gesture::Stroke(stroke) = &mut tools.gesture else { return };
    if !scene.dragged() && !scene.dropped() {
        return;
    }
    // The mouse may have been seen many times since the last frame.
    let seen: Vec<Pos2> = scene.ui.input(|i| {
        let moved = i.events.iter().filter_map(|event| match event {
            Event::PointerMoved(pos) => Some(*pos),
            _ => None,
        });
        moved.collect()
    });
    stroke.go_on(scene, seen.into_iter().chain(scene.pos));
    let polygon = stroke.polygon(scene);
    if scene.dropped() {
        tools.gesture = Gesture::Spent;
        tools.preview.forget();
        view.commands.extend(polygon.map(|polygon| tools.drawn(polygon)));
        return;
    }
    let Some(polygon) = polygon else { return };
    let annotation = Annotation::new(0, polygon.into(), scene.class());
    scene.tell(&scene.sketch(tools, &annotation));
}
