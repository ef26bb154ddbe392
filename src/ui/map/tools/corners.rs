//! What tools share that draw by clicks: corners are added, taken back, closed.

use super::super::annotations::paint_ring;
use super::scene::Scene;
use super::{Tool, Tools, extend, hole, split};
use crate::app::{Command, OpenProject};
use crate::labels::{Annotation, AnnotationId};
use crate::ui::tokens;
use crate::ui::view::View;
use crate::ui::words::tr;
use egui::epaint::PathStroke;
use egui::{CursorIcon, Pos2, Shape};
use geo::orient::{Direction, Orient};

/// A click so near to the first corner closes, in points of the screen.
const CLOSES: f32 = 10.0;

/// A polygon in longitude and latitude, of three corners or more.
pub fn polygon_of(corners: &[[f64; 2]]) -> Option<geo::Polygon<f64>> {
    let mut ring = corners.to_vec();
    // A double click sets the last corner twice.
    ring.dedup();
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    (ring.len() >= 3).then(|| geo::Polygon::new(ring.into(), Vec::new()).orient(Direction::Default))
}

/// The annotations that a tool works on: the selected ones, else the one under its first corner.
pub fn targets(project: &OpenProject, corners: &[[f64; 2]]) -> Vec<AnnotationId> {
    if !project.selection.is_empty() {
        return project.selection.iter().copied().collect();
    }
    corners.first().and_then(|&first| project.derived.index.at(first, [0.0, 0.0])).into_iter().collect()
}

/// The command that what was drawn makes; too few corners make none and stay.
pub fn finish(tool: Tool, project: &OpenProject, tools: &mut Tools) -> Option<Command> {
    let corners = &tools.corners;
    let command = match tool {
        Tool::Polygon => polygon_of(corners).map(|polygon| tools.drawn(polygon)),
        Tool::Hole => hole::finish(corners, project),
        Tool::Split => split::finish(corners, project),
        Tool::Extend => match extend::finish(corners, project) {
            Some(Err(words)) => {
                tools.told.push(words.into());
                None
            }
            extends => extends.and_then(Result::ok),
        },
        Tool::Select | Tool::Rectangle | Tool::Freehand | Tool::Wand => None,
    };
    if command.is_some() {
        tools.corners.clear();
        tools.preview.forget();
    }
    command
}

/// Follows the mouse and paints what is being drawn.
pub fn corners_ui(scene: &Scene, view: &mut View, tool: Tool) {
    let cursor = if scene.panning { CursorIcon::Grabbing } else { CursorIcon::Crosshair };
    scene.response.clone().on_hover_cursor(cursor);
    let first = view.map.tools.corners.first().map(|&place| scene.on_screen(place));
    let many = view.map.tools.corners.len() >= 3 && tool != Tool::Split;
    let closes = scene.pos.zip(first).is_some_and(|(pos, first)| many && pos.distance(first) < CLOSES);
    let place = if closes || scene.panning { None } else { scene.place(None) };
    if !scene.panning && scene.response.double_clicked() || scene.clicked_or_pressed() && closes {
        view.commands.extend(finish(tool, scene.project, &mut view.map.tools));
        return;
    }
    if scene.clicked_or_pressed() {
        view.map.tools.corners.extend(place);
    }
    let set = view.map.tools.corners.clone();
    if set.is_empty() {
        return;
    }
    let mut corners = set.clone();
    corners.extend(place.filter(|place| corners.last() != Some(place)));
    let mut words = match tool {
        Tool::Split => tr!("Click on, double click or Enter to split").to_string(),
        _ => tr!("Click to add a corner").to_string(),
    };
    let drawn = polygon_of(&corners);
    let preview = drawn.as_ref().and_then(|drawn| match tool {
        Tool::Polygon => Some(Annotation::new(0, drawn.clone().into(), scene.class())),
        Tool::Hole => hole::preview(drawn, &set, scene.project),
        Tool::Extend => extend::preview(drawn, &set, scene.project),
        _ => None,
    });
    if let Some(annotation) = preview {
        let tools = &mut view.map.tools;
        words = scene.sketch(tools, &annotation);
        tools.hidden = Some(annotation.id).filter(|id| *id > 0);
    }
    let line: Vec<Pos2> = corners.iter().map(|&place| scene.on_screen(place)).collect();
    let colour = if tool == Tool::Polygon { scene.colour_drawn(&view.map.tools) } else { tokens::OVER_IMAGE };
    if tool == Tool::Split {
        scene.painter.add(Shape::line(line.clone(), PathStroke::new(4.0, tokens::HALO)));
        scene.painter.add(Shape::line(line, PathStroke::new(2.0, colour)));
    } else {
        paint_ring(scene.painter, &line, 2.0, colour);
    }
    for (i, &place) in set.iter().enumerate() {
        scene.paint_corner(place, if i == 0 && closes { 7.0 } else { 4.0 });
    }
    scene.tell(&if closes { format!("{words}\n{}", tr!("click to finish")) } else { words });
}
