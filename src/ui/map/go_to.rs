//! The box that takes a place and brings the map there.

use super::MapView;
use crate::app::{Command, OpenProject};
use crate::geo::{FoundPlace, Grid, PlaceError, WrittenPlace};
use crate::jobs::OpenedCube;
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below};
use crate::ui::{format, widgets};
use egui::{Frame, Id, Key, Order, Rect, RichText, TextEdit, Ui};

/// Width of the box.
const WIDTH: f32 = 380.0;

/// What is being written.
#[derive(Default)]
pub struct GoTo {
    text: String,
    open: bool,
    focus: bool,
}

impl GoTo {
    /// Opens the box.
    pub fn show(&mut self) {
        (self.open, self.focus) = (true, true);
    }
}

/// Paints the box over the map, where it is open.
pub fn go_to_ui(ui: &Ui, rect: Rect, project: &OpenProject, opened: &OpenedCube, view: &mut View) {
    if !view.map.go_to_box.open {
        return;
    }
    let width = WIDTH.min(rect.width() - 24.0);
    let at = rect.center_top() + egui::vec2(-width / 2.0, 56.0);
    let area = egui::Area::new(Id::unique("go to")).order(Order::Foreground).fixed_pos(at);
    area.show(ui.ctx(), |ui| {
        Frame::popup(ui.style()).show(ui, |ui| {
            ui.set_width(width - 16.0);
            box_ui(ui, project, &opened.cube.info().grid, view);
        });
    });
}

fn box_ui(ui: &mut Ui, project: &OpenProject, grid: &Grid, view: &mut View) {
    let form = &mut view.map.go_to_box;
    let field = TextEdit::singleline(&mut form.text)
        .hint_text(tr!("latitude, longitude; x y; EPSG:code x y; pixel column, row"))
        .desired_width(f32::INFINITY);
    let response = ui.add(field);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, tr!("Place to go to")));
    if std::mem::take(&mut form.focus) {
        response.request_focus();
    }
    let found = WrittenPlace::read(&form.text);
    let found = found.map(|written| written.find(grid).map_err(|why| why.to_string()));
    let (words, found) = match found {
        Ok(Ok(found)) => (told(&found, grid), Some(found)),
        Ok(Err(why)) => (tr_below(&why).into_owned(), None),
        Err(PlaceError::Empty) => (tr!("Degrees, coordinates of the grid, or a pixel").to_string(), None),
        Err(why) => (tr_below(&why.to_string()).into_owned(), None),
    };
    // Two lines have room for all that can be said: the box does not jump.
    ui.allocate_ui(egui::vec2(ui.available_width(), 34.0), |ui| {
        ui.set_min_height(34.0);
        let line = RichText::new(words).small();
        ui.add(egui::Label::new(if found.is_some() { line } else { line.weak() }).wrap());
    });
    let enter = ui.input(|i| i.key_pressed(Key::Enter));
    let shift = ui.input(|i| i.modifiers.shift);
    let mut go = (enter, enter && shift);
    let mut close = ui.input(|i| i.key_pressed(Key::Escape));
    ui.horizontal(|ui| {
        let hint = tr!("Brings the map there and marks the place for a while (Enter)");
        go.0 |= widgets::primary(ui, found.is_some(), tr!("Go")).on_hover_text(hint).clicked();
        let can = found.as_ref().is_some_and(|found| found.pixel.is_some());
        let pin = egui::Button::new(tr!("Go and pin"));
        let pin =
            ui.add_enabled(can, pin).on_hover_text(tr!("Pins its pixel in the plot, too (Shift+Enter)"));
        if pin.clicked() {
            go = (true, true);
        }
        close |= ui.button(tr!("Close")).on_hover_text(tr!("Closes the box (Esc)")).clicked();
    });
    match found {
        Some(found) if go.0 => {
            go_there(project, &found, go.1, view);
            close = true;
        }
        // Whoever pressed Enter too early writes on.
        None if enter => view.map.go_to_box.focus = true,
        _ => {}
    }
    if close {
        view.map.go_to_box.open = false;
    }
}

fn go_there(project: &OpenProject, found: &FoundPlace, pin: bool, view: &mut View) {
    let command = view.map.go_to_place(project, found);
    view.commands.extend(command);
    if let Some(pixel) = found.pixel.filter(|pixel| pin && !project.document.view.pins.contains(pixel)) {
        view.send(Command::TogglePin(pixel.0, pixel.1));
    }
}

/// Where a place lies, in a sentence.
fn told(found: &FoundPlace, grid: &Grid) -> String {
    let lonlat = format::lonlat(found.lonlat);
    if let Some((col, row)) = found.pixel {
        return tr!("{place}, in the site: pixel {col}, {row}", place = lonlat, col = col, row = row);
    }
    let off = found.metres_off(grid);
    let distance = format::distance(off[0].hypot(off[1]));
    let way = match (off[0].abs() > off[1].abs() * 2.4, off[1].abs() > off[0].abs() * 2.4) {
        (true, _) if off[0] > 0.0 => tr!("east"),
        (true, _) => tr!("west"),
        (_, true) if off[1] > 0.0 => tr!("north"),
        (_, true) => tr!("south"),
        _ => match (off[0] > 0.0, off[1] > 0.0) {
            (true, true) => tr!("northeast"),
            (true, false) => tr!("southeast"),
            (false, true) => tr!("northwest"),
            (false, false) => tr!("southwest"),
        },
    };
    tr!("{place}, {distance} {way} of the site", place = lonlat, distance = distance, way = way)
}

impl MapView {
    /// Opens the box that takes a place.
    pub fn ask_place(&mut self) {
        self.go_to_box.show();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_place_lies_is_told_with_how_far_and_which_way() {
        let grid = crate::testing::grid();
        let words = |text: &str| told(&WrittenPlace::read(text).unwrap().find(&grid).unwrap(), &grid);
        assert!(words("pixel 3, 4").ends_with("in the site: pixel 3, 4"));
        assert!(words("512400 2150000").ends_with("12.4 km east of the site"), "{}", words("512400 2150000"));
        assert!(words("490000 2160250").ends_with("250 m north of the site"));
        assert!(
            words("479000 2139000").ends_with("1.41 km southwest of the site"),
            "{}",
            words("479000 2139000")
        );
    }
}
