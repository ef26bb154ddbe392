//! Select: one by a click, several with Ctrl or Shift, all that a box touches; one alone is reshaped by its handles.

use super::Gesture;
use super::reshape::{self, Grabbed};
use super::scene::{Scene, degrees, lonlat};
use crate::app::{Command, OpenProject};
use crate::labels::AnnotationId;
use crate::ui::tokens;
use crate::ui::view::View;
use egui::{Color32, CursorIcon, Modifiers, PointerButton, Pos2, Rect, Stroke, StrokeKind};
use geo::Intersects;
use std::collections::BTreeSet;
use walkers::Projector;

/// What a drag does that begins here.
pub fn gesture_of(projector: &Projector, project: &OpenProject, pos: Pos2, modifiers: Modifiers) -> Gesture {
    if modifiers.shift {
        return Gesture::Box(pos);
    }
    match reshape::grab(projector, project, pos) {
        // With Ctrl or Alt one clicks.
        Some(reshaping) if !modifiers.command && !modifiers.alt => Gesture::Reshape(reshaping),
        _ => Gesture::Pan,
    }
}

pub fn select_ui(scene: &Scene, view: &mut View) {
    let gesture = std::mem::take(&mut view.map.tools.gesture);
    view.map.tools.gesture = match gesture {
        Gesture::Reshape(mut reshaping) => {
            let command = reshape::reshape_ui(scene, view, &mut reshaping);
            let dragged = reshaping.now.is_some();
            let ended = command.is_some();
            view.commands.extend(command);
            if !dragged {
                let on_handle = !matches!(reshaping.grabbed, Grabbed::Whole(_));
                clicks(scene, view, on_handle);
                handles(scene);
            }
            if ended { Gesture::Spent } else { Gesture::Reshape(reshaping) }
        }
        Gesture::Box(from) => {
            if scene.dragged() || scene.dropped() {
                box_ui(scene, view, from);
            } else {
                clicks(scene, view, false);
            }
            handles(scene);
            Gesture::Box(from)
        }
        other => {
            if matches!(other, Gesture::Pan) {
                clicks(scene, view, false);
            }
            handles(scene);
            other
        }
    };
}

/// The handles of the one annotation that is selected, and what the mouse would do with it.
fn handles(scene: &Scene) {
    let selected = scene.project.selected().and_then(|id| scene.project.annotation(id));
    if let Some(annotation) = selected {
        reshape::paint_handles(scene, &annotation.geometry);
    }
    let over = scene.pos.and_then(|pos| reshape::grab(scene.projector, scene.project, pos));
    let cursor = match over.map(|reshaping| reshaping.grabbed) {
        _ if scene.panning => CursorIcon::Grabbing,
        Some(Grabbed::Corner(_)) => CursorIcon::Grab,
        Some(Grabbed::Edge(_)) => CursorIcon::Copy,
        Some(Grabbed::Whole(_)) => CursorIcon::Move,
        None => CursorIcon::PointingHand,
    };
    scene.response.clone().on_hover_cursor(cursor);
}

fn clicks(scene: &Scene, view: &mut View, on_handle: bool) {
    let Some(pos) = scene.pos else { return };
    let takes_out = scene.modifiers.alt && scene.clicked()
        || !scene.panning && scene.response.clicked_by(PointerButton::Secondary);
    if takes_out {
        let one = scene.project.selected().and_then(|id| scene.project.annotation(id));
        if let Some(annotation) = one
            && let Some(Grabbed::Corner(corner)) =
                reshape::handle_at(scene.projector, &annotation.geometry, pos)
        {
            match reshape::take_out(scene.project, annotation.id, corner) {
                Ok(command) => view.send(command),
                Err(words) => view.map.tools.told.push(words),
            }
        }
        return;
    }
    if !scene.clicked() || on_handle {
        return;
    }
    let hit = annotation_at(scene, pos);
    if scene.modifiers.command || scene.modifiers.shift {
        let mut selection = scene.project.selection.clone();
        if let Some(id) = hit
            && !selection.remove(&id)
        {
            selection.insert(id);
        }
        view.send(Command::Select(selection.into_iter().collect()));
    } else {
        view.send(Command::Select(hit.into_iter().collect()));
    }
}

/// The annotation at a point of the screen; for points, the nearest within a few points of it.
fn annotation_at(scene: &Scene, pos: Pos2) -> Option<AnnotationId> {
    let near = degrees(scene.projector, pos, 8.0);
    scene.project.derived.index.at(lonlat(scene.projector, pos), near)
}

/// A box that selects what it touches; with Ctrl what was selected stays so.
fn box_ui(scene: &Scene, view: &mut View, from: Pos2) {
    let Some(to) = scene.pos else { return };
    let drawn = Rect::from_two_pos(from, to);
    if !scene.dropped() {
        scene.painter.rect(
            drawn,
            0.0,
            Color32::from_white_alpha(24),
            Stroke::new(1.5, tokens::OVER_IMAGE),
            StrokeKind::Middle,
        );
        return;
    }
    let (a, b) = (lonlat(scene.projector, drawn.left_bottom()), lonlat(scene.projector, drawn.right_top()));
    let area = geo::Rect::new(a, b);
    let around = [area.min().x, area.min().y, area.max().x, area.max().y];
    let touched = scene.project.derived.index.within(around);
    let touched = touched.filter(|annotation| annotation.geometry.intersects(&area)).map(|a| a.id);
    let mut selection: BTreeSet<AnnotationId> = touched.collect();
    if scene.modifiers.command {
        selection.extend(&scene.project.selection);
    }
    view.send(Command::Select(selection.into_iter().collect()));
}
