//! Keys that lead around the map and through its layers.

use super::view::View;
use super::{layers, places};
use crate::app::{Command, OpenProject};
use crate::project::LayerKind;
use egui::{Context, Key, Modifiers, PointerButton};

/// How much a key fades a layer.
const STEP: f32 = 0.1;

/// Sends the commands of the keys pressed. Those with Ctrl, Alt or Shift come first, since plain ones would take them.
pub fn keys(ctx: &Context, project: &OpenProject, view: &mut View) {
    let pressed = |modifiers, key| ctx.input_mut(|i| i.consume_key(modifiers, key));
    let mouse = |button| ctx.input(|i| i.pointer.button_pressed(button));
    if pressed(Modifiers::ALT, Key::ArrowLeft) || mouse(PointerButton::Extra1) {
        view.send(Command::ViewBack);
    }
    if pressed(Modifiers::ALT, Key::ArrowRight) || mouse(PointerButton::Extra2) {
        view.send(Command::ViewForward);
    }
    if pressed(Modifiers::COMMAND, Key::G) && project.cube().is_some() {
        view.map.ask_place();
    }
    if pressed(Modifiers::COMMAND, Key::D) {
        places::bookmark_here(project, view);
    }
    if pressed(Modifiers::SHIFT, Key::G) {
        view.map.zoom_to_pixel(project, 1.0);
    }
    if pressed(Modifiers::NONE, Key::G) {
        view.map.zoom_to_pixel(project, 16.0);
    }
    if pressed(Modifiers::SHIFT, Key::F) {
        view.map.zoom_to_layer(project, LayerKind::Annotations);
    }
    if pressed(Modifiers::NONE, Key::F) {
        view.map.fit();
    }
    if pressed(Modifiers::NONE, Key::M) {
        layers::toggle(project, LayerKind::ClassMap, view);
    }
    if pressed(Modifiers::NONE, Key::K) {
        layers::toggle(project, LayerKind::Mask, view);
    }
    for (key, by) in [(Key::Comma, -STEP), (Key::Period, STEP)] {
        if pressed(Modifiers::NONE, key) {
            layers::fade_top(project, by, view);
        }
    }
    view.map.peeking = ctx.input(|i| i.key_down(Key::B) && !i.modifiers.command);
}
