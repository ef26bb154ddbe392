//! Keys that lead around the map and through its layers.

use super::layers;
use super::view::View;
use crate::app::{Command, OpenProject};
use egui::{Context, Key, Modifiers, PointerButton};

/// How much a key fades a layer.
const STEP: f32 = 0.1;

/// Sends the commands of the keys pressed. Those with Ctrl, Alt or Shift come first, since plain ones would take them.
pub fn keys(ctx: &Context, project: &OpenProject, view: &mut View) {
    let pressed = |modifiers, key| ctx.input_mut(|i| i.consume_key(modifiers, key));
    let mouse = |button| ctx.input(|i| i.pointer.button_pressed(button));
    if mouse(PointerButton::Extra1) {
        view.send(Command::ViewBack);
    }
    if mouse(PointerButton::Extra2) {
        view.send(Command::ViewForward);
    }
    for (key, by) in [(Key::Comma, -STEP), (Key::Period, STEP)] {
        if pressed(Modifiers::NONE, key) {
            layers::fade_top(project, by, view);
        }
    }
    view.map.peeking = ctx.input(|i| i.key_down(Key::B) && !i.modifiers.command);
}
