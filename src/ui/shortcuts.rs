//! Keys, and the sheet that lists them.

use super::map::{self, Tool, finish_drawing};
use super::pages::show_preset;
use super::view::View;
use super::{listing, navigate, rhythm};
use crate::app::{AnnotationChange, AppState, Command, OpenProject, Page};
use egui::{Context, Grid, Id, Key, Modal, Modifiers, RichText, Ui};

/// Keys and what they do, in groups as the sheet lists them.
const SHEET: [(&str, &[(&str, &str)]); 6] = [
    (
        "Pages and dates",
        &[
            ("F1 F2 F3 F4", "Look, Label, Map, Assess"),
            ("Left, Right or A, D", "the date before, the date after"),
            ("Space", "play through the year, or stop"),
            ("Page Up, Page Down", "the site before, the next site"),
        ],
    ),
    (
        "Map",
        &[
            ("Wheel, drag", "zoom, pan"),
            ("Space or middle button, and drag", "pan with any tool"),
            ("F, Shift+F", "the whole site, all annotations"),
            ("G, Shift+G", "pixels of 16 points, of one point"),
            ("Alt+Left, Alt+Right", "the view before, the view after"),
            ("Ctrl+G, Ctrl+D", "go to a place, bookmark the view"),
            ("M, B held", "show or hide the class map, look under it"),
            ("K", "show or hide the mask"),
            ("U", "stretch to the view"),
            ("Ctrl+1 … 6", "natural colour, infrared and other composites"),
            (", and .", "fade the topmost picture, or back"),
            ("C; Enter, Esc", "calendar of all dates; back to the map"),
            ("Shift+C", "compare: swipe, side by side, differences, off"),
            ("Shift+Left, Shift+Right", "move the handle of the swipe"),
            ("Shift+comma, Shift+period", "the date before, the date after on the right"),
            ("Click (Look page)", "pin a pixel, or take its pin off"),
        ],
    ),
    (
        "Project",
        &[
            ("Ctrl+Z, Ctrl+Y", "undo, redo"),
            ("Ctrl+T, Ctrl+Enter", "train, train and map"),
            ("Ctrl+I, Ctrl+Shift+I", "add imagery, import labels"),
            ("Ctrl+D", "compare sites and dates"),
            ("Ctrl+O, Ctrl+N", "open a project, make a new one"),
            ("?", "this sheet"),
        ],
    ),
    (
        "Draw",
        &[
            ("P", "polygon"),
            ("R", "rectangle along the pixels"),
            ("L", "freehand"),
            ("W", "wand: all that has the year of the pixel you click"),
            ("[ and ], Alt or Shift and wheel", "tolerance of the wand"),
            ("Click; double click or Enter", "add a corner; finish"),
            ("Backspace, Esc", "take the last corner back, give up"),
            ("S, Ctrl held", "snapping on or off, off for now"),
            ("1 … 9, 0", "pick a class"),
        ],
    ),
    (
        "Edit",
        &[
            ("H", "cut a hole"),
            ("X", "split along a line"),
            ("E", "extend"),
            ("J", "merge the selected"),
            ("Delete", "delete the selected"),
            ("O", "drop pixels that stand apart"),
        ],
    ),
    (
        "Select",
        &[
            ("V", "select"),
            ("Ctrl or Shift and click", "add to the selection, or take away"),
            ("Up, Down; Ctrl+A", "the one before, the next one; all"),
            ("T, Z", "table of annotations, zoom to the selected"),
            ("Shift and drag", "select all that a box touches"),
            ("1 … 9, 0", "give the selected a class"),
            ("Drag a corner, an edge, the whole", "move it, add a corner, move all of it"),
            ("Alt and click, or right click", "take a corner out"),
        ],
    ),
];

/// Sends the commands of the keys pressed, unless somebody types.
pub fn handle(ctx: &Context, state: &AppState, view: &mut View) {
    let typing = ctx.text_edit_focused();
    view.map.peeking = false;
    // Esc takes the focus off a field before anybody sees it: it was meant for the field.
    let left =
        std::mem::replace(&mut view.typing.focused, typing) && ctx.input(|i| i.key_pressed(Key::Escape));
    if view.dialogs.is_open() || view.basemap.is_open() || typing || left {
        return;
    }
    let pressed = |modifiers, key| ctx.input_mut(|i| i.consume_key(modifiers, key));
    let plain = |key| pressed(Modifiers::NONE, key);
    if ctx.input(|i| i.events.iter().any(|e| matches!(e, egui::Event::Text(t) if t == "?"))) {
        view.shortcuts = !view.shortcuts;
    }
    if view.shortcuts && plain(Key::Escape) {
        view.shortcuts = false;
        return;
    }
    if pressed(Modifiers::COMMAND, Key::O) {
        view.dialogs.ask_open();
    }
    if pressed(Modifiers::COMMAND, Key::N) {
        view.dialogs.ask_new();
    }
    let Some(project) = &state.project else { return };
    for (key, page) in [Key::F1, Key::F2, Key::F3, Key::F4].into_iter().zip(Page::ALL) {
        if plain(key) {
            view.uncover();
            view.send(Command::ShowPage(page));
        }
    }
    if pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::I) && project.folder.read_only().is_none() {
        view.uncover();
        view.labels_in.show();
    }
    if pressed(Modifiers::COMMAND, Key::I) && project.folder.read_only().is_none() {
        view.uncover();
        view.imagery.show();
    }
    if pressed(Modifiers::COMMAND, Key::D) {
        view.uncover();
        view.drift.show();
    }
    if view.drift.is_open() {
        // A list that is open takes it first.
        if !egui::Popup::is_any_open(ctx) && plain(Key::Escape) {
            view.drift.close();
        }
        return;
    }
    if view.labels_in.is_open() {
        // A list that is open takes it first.
        if !egui::Popup::is_any_open(ctx) && plain(Key::Escape) {
            view.labels_in.close();
        }
        return;
    }
    if view.imagery.is_open() {
        // The page lies over the map and what one does there.
        if plain(Key::Escape) {
            view.imagery.close();
        }
        return;
    }
    if pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z) || pressed(Modifiers::COMMAND, Key::Y) {
        view.send(Command::Redo);
    }
    if pressed(Modifiers::COMMAND, Key::Z) {
        // While a polygon is being drawn its corners are what one takes back.
        if !view.map.take_corner_back() {
            view.send(Command::Undo);
        }
    }
    if pressed(Modifiers::COMMAND, Key::T) {
        view.send(Command::Train { name: None, then_map: false });
    }
    if pressed(Modifiers::COMMAND, Key::Enter) {
        view.send(Command::Train { name: None, then_map: true });
    }
    compare_keys(ctx, project, view);
    navigate::keys(ctx, project, view);
    for (keys, step) in [([Key::ArrowLeft, Key::A], -1), ([Key::ArrowRight, Key::D], 1)] {
        if keys.into_iter().any(plain) {
            view.playing = None;
            view.send(Command::StepTime(step));
        }
    }
    // With space held one pans; a tap plays.
    let pressed = plain(Key::Space);
    let released = |e: &egui::Event| matches!(e, egui::Event::Key { key: Key::Space, pressed: false, .. });
    if view.map.tools.space(pressed, ctx.input(|i| i.events.iter().any(released))) {
        view.playing = match view.playing {
            Some(_) => None,
            None => Some(std::time::Instant::now()),
        };
    }
    for (key, step) in [(Key::PageUp, -1), (Key::PageDown, 1)] {
        if plain(key) {
            view.send(Command::StepSite(step));
        }
    }
    composite_keys(ctx, project, view);
    if project.page == Page::Label {
        label_keys(ctx, project, view);
    }
}

/// Keys of the calendar and of comparing; those with Shift come first, since the others do not look at it.
fn compare_keys(ctx: &Context, project: &OpenProject, view: &mut View) {
    if project.cube().is_none() {
        return;
    }
    let pressed = |modifiers, key| ctx.input_mut(|i| i.consume_key(modifiers, key));
    let handle = view.map.compare.handle_has_focus;
    for (key, by) in [(Key::ArrowLeft, -map::HANDLE_STEP), (Key::ArrowRight, map::HANDLE_STEP)] {
        if pressed(Modifiers::SHIFT, key) || handle && pressed(Modifiers::NONE, key) {
            map::push_handle(project, view, by);
        }
    }
    if pressed(Modifiers::SHIFT, Key::C) {
        map::compare_next(project, view);
    }
    if pressed(Modifiers::NONE, Key::C) {
        let open = view.map.calendar.open;
        view.map.calendar.show(!open);
    }
    for (key, step) in [(Key::Comma, -1), (Key::Period, 1)] {
        if pressed(Modifiers::SHIFT, key) {
            map::step_other(project, view, step);
        }
    }
    if view.map.calendar.open && pressed(Modifiers::NONE, Key::Enter) {
        view.map.calendar.show(false);
    }
    // On the Label page it gives up what is drawn, and the selection.
    let free = view.map.calendar.open || project.page != Page::Label;
    if free
        && !egui::Popup::is_any_open(ctx)
        && ctx.input(|i| i.key_pressed(Key::Escape))
        && map::one_map(project, view)
    {
        pressed(Modifiers::NONE, Key::Escape);
    }
}

/// Composites by number, and the stretch.
fn composite_keys(ctx: &Context, project: &OpenProject, view: &mut View) {
    let Some((opened, _)) = project.cube() else { return };
    let digits = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6];
    for (place, key) in digits.into_iter().enumerate() {
        if ctx.input_mut(|i| i.consume_key(Modifiers::COMMAND, key)) {
            show_preset(project, place, view);
        }
    }
    if ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::U))
        && let Some(window) = view.map.seen(opened)
    {
        view.send(Command::StretchTo(window));
    }
}

fn label_keys(ctx: &Context, project: &OpenProject, view: &mut View) {
    let plain = |key| ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    let digits = [
        Key::Num1,
        Key::Num2,
        Key::Num3,
        Key::Num4,
        Key::Num5,
        Key::Num6,
        Key::Num7,
        Key::Num8,
        Key::Num9,
        Key::Num0,
    ];
    for (key, class) in digits.into_iter().zip(&project.document.legend.classes) {
        if plain(key) {
            if view.map.tool == Tool::Select && !project.selection.is_empty() {
                let ids = project.selection.iter().copied().collect();
                view.send(Command::ChangeAnnotations { ids, change: AnnotationChange::Class(class.code) });
            }
            view.send(Command::PickClass(class.code));
        }
    }
    listing::keys(ctx, project, view);
    for tool in Tool::ALL {
        if plain(tool.key()) {
            view.map.tool = tool;
        }
    }
    for (key, steps) in [(Key::OpenBracket, -1.0), (Key::CloseBracket, 1.0)] {
        if view.map.tool == Tool::Wand && plain(key) {
            view.map.wand.widen(steps);
        }
    }
    if plain(Key::O) {
        rhythm::drop_apart(project, view);
    }
    if plain(Key::S) {
        view.map.tools.loose = !view.map.tools.loose;
    }
    if plain(Key::J) {
        view.send(Command::Merge(project.selection.iter().copied().collect()));
    }
    if plain(Key::Enter) {
        finish_drawing(project, view);
    }
    if plain(Key::Escape) && !view.map.give_drawing_up() {
        view.send(Command::Select(Vec::new()));
    }
    if plain(Key::Backspace) && !view.map.take_corner_back() {
        delete_selected(project, view);
    }
    if plain(Key::Delete) {
        delete_selected(project, view);
    }
}

fn delete_selected(project: &OpenProject, view: &mut View) {
    if !project.selection.is_empty() {
        view.send(Command::DeleteAnnotations(project.selection.iter().copied().collect()));
    }
}

/// The sheet of shortcuts.
pub fn sheet_ui(ctx: &Context, view: &mut View) {
    if !view.shortcuts {
        return;
    }
    let modal = Modal::new(Id::unique("shortcuts")).show(ctx, |ui| {
        ui.heading("Shortcuts");
        ui.add_space(8.0);
        ui.horizontal_top(|ui| {
            for (column, groups) in SHEET.chunks(3).enumerate() {
                if column > 0 {
                    ui.add_space(24.0);
                }
                ui.vertical(|ui| groups.iter().for_each(|group| group_ui(ui, group)));
            }
        });
        ui.add_space(8.0);
        ui.button("Close").clicked()
    });
    if modal.inner || modal.should_close() {
        view.shortcuts = false;
    }
}

/// A title and its keys.
fn group_ui(ui: &mut Ui, (title, keys): &(&str, &[(&str, &str)])) {
    ui.add_space(4.0);
    ui.label(RichText::new(*title).weak());
    Grid::new(*title).num_columns(2).spacing([20.0, 4.0]).min_col_width(204.0).min_row_height(18.0).show(
        ui,
        |ui| {
            for (keys, what) in *keys {
                ui.label(RichText::new(*keys).strong());
                ui.label(*what);
                ui.end_row();
            }
        },
    );
}
