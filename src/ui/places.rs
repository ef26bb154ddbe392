//! Ways around: the views before and after, a place to go to, places with a name.

use super::view::View;
use super::words::tr;
use super::{format, tokens, widgets};
use crate::app::{Command, OpenProject};
use crate::project::Bookmark;
use egui::{Button, TextEdit, Ui, Vec2, WidgetInfo};

/// Room for the button of the menu of a bookmark.
const MORE: f32 = 44.0;

/// A bookmark whose name is being written.
#[derive(Default)]
pub struct Renaming {
    of: Option<(String, String)>,
    focus: bool,
}

pub fn places_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    widgets::section(ui, tr!("Places"));
    let has_cube = project.cube().is_some();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens::GRID;
        let places = &project.places;
        let size = Vec2::new(tokens::TARGET, tokens::TARGET);
        for (text, name, hint, can, command) in [
            (
                "<",
                tr!("View before"),
                tr!("Back to the view before this one (Alt+Left)"),
                places.has_past(),
                Command::ViewBack,
            ),
            (
                ">",
                tr!("View after"),
                tr!("On to the view after this one (Alt+Right)"),
                places.has_future(),
                Command::ViewForward,
            ),
        ] {
            let response = ui.add_enabled(can, Button::new(text).min_size(size)).on_hover_text(hint);
            response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, can, name));
            if response.clicked() {
                view.send(command);
            }
        }
        let go = ui.add_enabled(has_cube, Button::new(tr!("Go to…")));
        if go.on_hover_text(tr!("Brings the map to coordinates or to a pixel (Ctrl+G)")).clicked() {
            view.map.ask_place();
        }
    });
    let bookmarks = &project.document.settings.bookmarks;
    for bookmark in bookmarks {
        bookmark_ui(ui, project, bookmark, view);
    }
    let can = has_cube && project.folder.read_only().is_none();
    let add = ui.add_enabled(can, Button::new(tr!("Bookmark this view")));
    let hint = tr!("Keeps the place, the date and the bands on screen under a name (Ctrl+D)");
    if add.on_hover_text(hint).clicked() {
        bookmark_here(project, view);
    }
}

/// Bookmarks the view on screen; its name can then be written.
pub fn bookmark_here(project: &OpenProject, view: &mut View) {
    let Some((centre, zoom)) = view.map.looks_at() else { return };
    if let Some(bookmark) =
        project.bookmark_here(centre, zoom).filter(|_| project.folder.read_only().is_none())
    {
        view.renaming = Renaming { of: Some((bookmark.name.clone(), bookmark.name.clone())), focus: true };
        view.send(Command::AddBookmark(bookmark));
    }
}

fn bookmark_ui(ui: &mut Ui, project: &OpenProject, bookmark: &Bookmark, view: &mut View) {
    let can = project.folder.read_only().is_none();
    if view.renaming.of.as_ref().is_some_and(|(name, _)| *name == bookmark.name) {
        rename_ui(ui, bookmark, view);
        return;
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens::GRID;
        let width = ui.available_width() - MORE;
        let button = Button::new(&bookmark.name).truncate().frame_when_inactive(false);
        let button = button.min_size(Vec2::new(width, tokens::TARGET));
        let response = ui.allocate_ui(Vec2::new(width, tokens::TARGET), |ui| ui.add(button)).inner;
        if response.on_hover_text(told(bookmark)).clicked() {
            view.send(Command::GoToBookmark(bookmark.name.clone()));
        }
        let name = tr!("More of {layer}", layer = &bookmark.name);
        let more = Button::new("…").small();
        let (response, _) = egui::containers::menu::MenuButton::from_button(more).ui(ui, |ui| {
            if ui.add_enabled(can, Button::new(tr!("Rename"))).clicked() {
                let name = bookmark.name.clone();
                view.renaming = Renaming { of: Some((name.clone(), name)), focus: true };
            }
            let delete = ui.add_enabled(can, Button::new(tr!("Delete")));
            if delete.on_hover_text(tr!("Undo brings it back")).clicked() {
                view.send(Command::DeleteBookmark(bookmark.name.clone()));
            }
        });
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &name));
        response.on_hover_text(name);
    });
}

/// The name of a bookmark, being written: Enter or leaving takes it, Esc gives it up.
fn rename_ui(ui: &mut Ui, bookmark: &Bookmark, view: &mut View) {
    let Some((_, text)) = &mut view.renaming.of else { return };
    let response = ui.add(TextEdit::singleline(text).desired_width(f32::INFINITY));
    response.widget_info(|| WidgetInfo::labeled(egui::Role::TextInput, true, tr!("Name of the bookmark")));
    let to = text.trim().to_string();
    if std::mem::take(&mut view.renaming.focus) {
        response.request_focus();
        return;
    }
    if response.lost_focus() {
        let given_up = ui.input(|i| i.key_pressed(egui::Key::Escape));
        view.renaming = Renaming::default();
        if !given_up && to != bookmark.name {
            view.send(Command::RenameBookmark { name: bookmark.name.clone(), to });
        }
    }
}

/// What a bookmark shows.
fn told(bookmark: &Bookmark) -> String {
    let mut parts = vec![bookmark.site.clone(), format::lonlat(bookmark.centre)];
    parts.extend(bookmark.date.map(format::date));
    if !bookmark.composite.is_empty() {
        parts.push(bookmark.composite.join(", "));
    }
    parts.join("\n")
}
