//! Small pieces that several panels use.

use super::tokens;
use egui::{
    Align, Button, Color32, DragValue, FontId, IdSalt, Layout, Response, RichText, Role, Sense, StrokeKind,
    Ui, UiBuilder, Vec2, WidgetInfo,
};
use lucide_icons::Icon;

/// A title over a part of a panel.
pub fn section(ui: &mut Ui, title: &str) {
    ui.add_space(2.0 * tokens::GRID);
    ui.label(RichText::new(title).strong());
}

/// A part of a page. Its controls stay the same ones whatever comes and goes above it: a click that begins on one of them ends
/// on it, though a line that was computed meanwhile has moved it. What shows nothing takes no room.
pub fn part(ui: &mut Ui, name: impl std::hash::Hash + std::fmt::Debug, add: impl FnOnce(&mut Ui)) {
    let builder = UiBuilder::new().scope_id(ui.scope_id().with(IdSalt::new(("part", name))));
    let mut child = ui.new_child(builder.max_rect(ui.available_rect_before_wrap()).layout(*ui.layout()));
    add(&mut child);
    let shown = child.min_rect();
    if shown.height() > 0.0 {
        ui.advance_cursor_after_rect(shown);
    }
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

/// An icon, to stand before words in a button.
pub fn icon(icon: Icon) -> RichText {
    RichText::new(char::from(icon).to_string()).family(tokens::icons()).size(tokens::ICON)
}

/// A button with an icon alone, `name` for assistive technology and tests. The hint says what it does, and the key.
pub fn icon_button(ui: &mut Ui, picture: Icon, name: &str, hint: &str) -> Response {
    icon_toggle(ui, picture, name, false, hint)
}

/// As [`icon_button`], of something that is on or off.
pub fn icon_toggle(ui: &mut Ui, picture: Icon, name: &str, on: bool, hint: &str) -> Response {
    let (rect, response) =
        ui.allocate_exact_size(Vec2::new(tokens::ICON_BUTTON, tokens::TARGET), Sense::click());
    response.widget_info(|| match on {
        true => WidgetInfo::selected(Role::Button, ui.is_enabled(), true, name),
        false => WidgetInfo::labeled(Role::Button, ui.is_enabled(), name),
    });
    let look = ui.style().interact_selectable(&response, on);
    // Quiet until it is pointed at, has the keyboard, or is on.
    if on || response.hovered() || response.has_focus() {
        let radius = f32::from(tokens::RADIUS);
        ui.painter().rect(rect, radius, look.weak_bg_fill, look.bg_stroke, StrokeKind::Inside);
    }
    let font = FontId::new(tokens::ICON, tokens::icons());
    let glyph = char::from(picture);
    ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, glyph, font, look.fg_stroke.color);
    response.on_hover_text(hint).on_disabled_hover_text(hint)
}

/// A button with an icon before its words, called by its words alone.
pub fn icon_text<'a>(picture: Icon, words: &'a str) -> Button<'a> {
    Button::new((icon(picture), words)).min_size(Vec2::new(0.0, tokens::TARGET))
}

/// Adds a button with an icon before its words, called by its words alone.
pub fn icon_text_button(ui: &mut Ui, picture: Icon, words: &str) -> Response {
    let response = ui.add(icon_text(picture, words));
    named(&response, words);
    response
}

/// Gives a button another name than what is painted on it.
pub fn named(response: &Response, name: &str) {
    response.widget_info(|| WidgetInfo::labeled(Role::Button, response.enabled(), name));
}

/// Gives a field for text a name, where no label stands beside it; its hint goes away once something is typed.
pub fn named_field(response: &Response, name: &str, hint: &str, text: &str) {
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(text.to_string()),
        hint_text: Some(hint.to_string()),
        ..WidgetInfo::labeled(Role::TextInput, response.enabled(), name)
    });
}

/// Gives a box that one chooses from a name, where no label is tied to it.
pub fn named_choice(response: &Response, name: &str, chosen: &str) {
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(chosen.to_string()),
        ..WidgetInfo::labeled(Role::ComboBox, response.enabled(), name)
    });
}

/// The name of what stands right of it, in a column of this width.
pub fn left_name(ui: &mut Ui, width: f32, words: &str) -> Response {
    let layout = Layout::left_to_right(Align::Center);
    let row = ui.allocate_ui_with_layout(Vec2::new(width, tokens::TARGET), layout, |ui| {
        ui.set_min_width(width);
        ui.label(RichText::new(words).weak())
    });
    row.inner
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

/// A cell of a column of this width, in a row of this height, with what is in it on one side: [`Align::Max`] is the right.
pub fn cell<R>(
    ui: &mut Ui,
    (width, height): (f32, f32),
    side: Align,
    content: impl FnOnce(&mut Ui) -> R,
) -> R {
    let layout = match side {
        Align::Max => Layout::right_to_left(Align::Center),
        Align::Min | Align::Center => Layout::left_to_right(Align::Center),
    };
    let cell = ui.allocate_ui_with_layout(Vec2::new(width, height), layout, |ui| {
        ui.set_min_width(width);
        ui.set_max_width(width);
        content(ui)
    });
    cell.inner
}

/// A figure, or what stands over figures, on the right of its column.
pub fn right(ui: &mut Ui, width: f32, text: RichText) -> Response {
    cell(ui, (width, tokens::BAR), Align::Max, |ui| ui.label(text))
}

/// A distance in metres that one drags or types; gives the new one once it is let go or left. `words` stand in its place.
pub fn metres(ui: &mut Ui, name: &str, value: f64, words: Option<&str>, hint: &str) -> Option<f64> {
    // What is dragged is remembered until it is let go: the document does not follow every step.
    let held = egui::Id::unique(("dragged", name));
    let before = ui.data(|data| data.get_temp::<f64>(held)).unwrap_or(value);
    let mut m = before;
    let drag = DragValue::new(&mut m).range(0.0..=1000.0).speed(0.5).max_decimals(1);
    let drag = drag.update_while_editing(false);
    let drag = match words.filter(|_| before == value) {
        Some(words) => drag.custom_formatter(|_, _| words.to_string()),
        None => drag.suffix(" m"),
    };
    let response = ui.add(drag).on_hover_text(hint);
    response.widget_info(|| egui::WidgetInfo {
        value: Some(m),
        ..egui::WidgetInfo::labeled(egui::Role::SpinButton, true, name)
    });
    if response.dragged() {
        ui.data_mut(|data| data.insert_temp(held, m));
        return None;
    }
    ui.data_mut(|data| data.remove_temp::<f64>(held));
    ((response.drag_stopped() || response.changed()) && m != value).then_some(m)
}

/// The colour of a class.
pub fn colour([r, g, b]: [u8; 3]) -> Color32 {
    Color32::from_rgb(r, g, b)
}

/// The address of a file, for a browser.
pub fn file_url(path: &std::path::Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let text = path.to_string_lossy().replace('\\', "/");
    let mut url = String::from(if text.starts_with('/') { "file://" } else { "file:///" });
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' | b':' => {
                url.push(char::from(byte));
            }
            other => url += &format!("%{other:02X}"),
        }
    }
    url
}
