//! Small pieces that several panels use.

use super::tokens;
use egui::{Color32, Response, RichText, Sense, Ui, Vec2};

/// A title over a part of a panel.
pub fn section(ui: &mut Ui, title: &str) {
    ui.add_space(2.0 * tokens::GRID);
    ui.label(RichText::new(title).strong());
}

/// The button that is meant to be pressed first.
pub fn primary(ui: &mut Ui, enabled: bool, text: &str) -> Response {
    let dark = ui.visuals().dark_mode;
    // What cannot be pressed now is a quiet grey, of which the words can still be read.
    let words = RichText::new(text).strong();
    let button = match enabled {
        true => egui::Button::new(words.color(tokens::on_accent(dark))).fill(tokens::accent(dark)),
        false => egui::Button::new(words),
    };
    let button = button.min_size(Vec2::new(0.0, tokens::TARGET + tokens::GRID));
    ui.add_enabled(enabled, button)
}

/// A square in a class's colour.
pub fn swatch(ui: &mut Ui, [r, g, b]: [u8; 3]) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(14.0), Sense::hover());
    ui.painter().rect_filled(rect, 3.0, Color32::from_rgb(r, g, b));
    let line = ui.visuals().widgets.noninteractive.bg_stroke;
    ui.painter().rect_stroke(rect, 3.0, line, egui::StrokeKind::Inside);
    response
}

/// Words in the middle of an empty place: what is missing, and what to do next.
pub fn empty(ui: &mut Ui, what: &str, next: &str) {
    ui.add_space(3.0 * tokens::GRID);
    ui.label(RichText::new(what).strong());
    ui.label(RichText::new(next).weak());
}

/// A row of a table of figures: a name on the left, figures on the right.
pub fn figure(ui: &mut Ui, name: &str, value: &str) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(name).weak());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(RichText::new(value).monospace());
        });
    });
}

/// The colour of a class.
pub fn colour([r, g, b]: [u8; 3]) -> Color32 {
    Color32::from_rgb(r, g, b)
}
