//! The palette: a field that finds everything one can do by a few letters, with its keys.

mod entries;
mod fuzzy;

use super::view::View;
use super::words::tr;
use super::{tokens, widgets};
use crate::app::{AppState, Command};
use egui::{
    Align, Align2, Button, Context, Frame, Id, Key, Modal, Modifiers, RichText, Role, ScrollArea, TextEdit,
    Ui, UiBuilder, Vec2, WidgetInfo,
};
use entries::{Does, Entry};
use lucide_icons::Icon;

/// Width of the palette.
const WIDTH: f32 = 520.0;
/// Rows in view.
const ROWS: f32 = 11.0;

/// What the palette remembers.
#[derive(Default)]
pub struct Palette {
    /// What is typed, while it is open.
    typed: Option<String>,
    /// The row that Enter takes.
    row: usize,
    /// Whether the row was moved by a key and must come into view.
    moved: bool,
}

impl Palette {
    /// Opens it, with nothing typed.
    pub fn open(&mut self) {
        *self = Self { typed: Some(String::new()), ..Self::default() };
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.typed.is_some()
    }
}

pub fn palette_ui(ctx: &Context, state: &AppState, view: &mut View) {
    let Some(mut typed) = view.palette.typed.take() else { return };
    // The field would take these keys for itself.
    let pressed = |key| ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    let (up, down) = (pressed(Key::ArrowUp), pressed(Key::ArrowDown));
    let (enter, escape) = (pressed(Key::Enter), pressed(Key::Escape));
    let again = ctx.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::P));
    let before = typed.clone();
    let id = Id::unique("palette");
    let area = Modal::default_area(id).anchor(Align2::CENTER_TOP, Vec2::new(0.0, 64.0));
    let frame = Frame::popup(&ctx.global_style()).inner_margin(8);
    let modal = Modal::new(id).area(area).frame(frame).show(ctx, |ui| {
        ui.set_width(WIDTH);
        field_ui(ui, &mut typed);
        let found = entries::found(state, view, &typed);
        if typed != before {
            view.palette.row = 0;
            view.palette.moved = true;
        }
        let last = found.len().saturating_sub(1);
        let row = match (up, down) {
            (true, false) => view.palette.row.checked_sub(1).unwrap_or(last),
            (false, true) if view.palette.row >= last => 0,
            (false, true) => view.palette.row + 1,
            _ => view.palette.row.min(last),
        };
        view.palette.moved |= row != view.palette.row;
        view.palette.row = row;
        let clicked = rows_ui(ui, &found, view);
        let chosen = clicked.or_else(|| enter.then_some(row));
        chosen.and_then(|row| found.into_iter().nth(row)).filter(|entry| entry.why_not.is_none())
    });
    match modal.inner {
        Some(entry) => choose(state, view, entry),
        None if escape || again || modal.should_close() => {}
        None => view.palette.typed = Some(typed),
    }
}

fn choose(state: &AppState, view: &mut View, entry: Entry) {
    if !entry.id.is_empty() {
        view.send(Command::Used(entry.id));
    }
    match entry.does {
        Does::Action(action) => action.run(state, view),
        Does::Command(command) => {
            view.playing = None;
            view.send(*command);
        }
    }
}

fn field_ui(ui: &mut Ui, typed: &mut String) {
    ui.horizontal(|ui| {
        ui.label(widgets::icon(Icon::Search).weak());
        let hint = tr!("A command, a site, a class, a date such as 2018-05");
        let field = TextEdit::singleline(typed)
            .frame(Frame::NONE)
            .hint_text(hint)
            .align(egui::Align2([egui::Align::Min, Align::Center]))
            .min_size(Vec2::new(0.0, tokens::TARGET))
            .desired_width(f32::INFINITY);
        let response = ui.add(field);
        widgets::named_field(&response, tr!("Find a command"), hint, typed);
        // It has the keyboard as long as it is there.
        response.request_focus();
    });
    ui.separator();
}

/// The rows; gives the one that was clicked.
fn rows_ui(ui: &mut Ui, found: &[Entry], view: &mut View) -> Option<usize> {
    // The palette keeps its size while one types.
    let height = ROWS * (tokens::TARGET + 2.0);
    let size = Vec2::new(ui.available_width(), height);
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    let mut ui = ui.new_child(UiBuilder::new().max_rect(rect));
    if found.is_empty() {
        widgets::empty(&mut ui, tr!("Nothing is called so"), tr!("Type fewer letters, or others."));
        return None;
    }
    ui.spacing_mut().item_spacing.y = 2.0;
    let mut clicked = None;
    let mut scroll = ScrollArea::vertical().auto_shrink(false).max_height(height);
    if std::mem::take(&mut view.palette.moved) {
        let top = (view.palette.row as f32 - ROWS / 2.0).max(0.0) * (tokens::TARGET + 2.0);
        scroll = scroll.vertical_scroll_offset(top);
    }
    scroll.show_rows(&mut ui, tokens::TARGET, found.len(), |ui, rows| {
        for (at, entry) in found.iter().enumerate().take(rows.end).skip(rows.start) {
            if row_ui(ui, entry, at == view.palette.row) {
                clicked = Some(at);
            }
        }
    });
    clicked
}

/// A row: the title, what it is about or why it makes no sense now, the keys.
fn row_ui(ui: &mut Ui, entry: &Entry, chosen: bool) -> bool {
    let can = entry.why_not.is_none();
    let aside = RichText::new(entry.why_not.unwrap_or(entry.group)).size(tokens::SMALL).weak();
    let keys = RichText::new(&entry.keys).size(tokens::SMALL).strong();
    let size = Vec2::new(ui.available_width(), tokens::TARGET);
    let button = Button::selectable(chosen, entry.title.as_str()).truncate().right_text((aside, keys));
    let response = ui.add_enabled(can, button.min_size(size));
    response.widget_info(|| WidgetInfo::selected(Role::Button, can, chosen, &entry.title));
    response.on_disabled_hover_text(entry.why_not.unwrap_or_default()).clicked()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_with_nothing_typed_whatever_was_typed_before() {
        let mut palette = Palette { typed: Some("train".into()), row: 3, moved: true };
        palette.open();
        assert_eq!((palette.typed.as_deref(), palette.row), (Some(""), 0));
        assert!(palette.is_open());
        assert!(!Palette::default().is_open());
    }
}
