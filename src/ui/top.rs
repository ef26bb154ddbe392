//! The bar on top: project and site, the four pages, saving, undo and redo, finding commands, theme, help.

use super::actions::Action;
use super::view::View;
use super::widgets::{self, icon, icon_button};
use super::words::tr;
use super::{format, hints, tokens};
use crate::app::{AppState, Command, OpenProject, Page, SaveState};
use crate::project::{Language, Pane};
use egui::{Align, Button, Label, Layout, Panel, Response, RichText, Ui, Vec2};
use lucide_icons::Icon;

/// Width of what stands on the right: saving, undo and redo, search, the theme, help.
const RIGHT: f32 = 264.0;
/// The name of a project or site is cut short where it would take more.
const NAME: f32 = 120.0;

/// The title of a page, on screen.
pub fn page_title(page: Page) -> &'static str {
    match page {
        Page::Look => tr!("Look"),
        Page::Label => tr!("Label"),
        Page::Map => tr!("Map"),
        Page::Assess => tr!("Assess"),
    }
}

fn page_icon(page: Page) -> Icon {
    match page {
        Page::Look => Icon::Eye,
        Page::Label => Icon::Pencil,
        Page::Map => Icon::Map,
        Page::Assess => Icon::ClipboardCheck,
    }
}

pub fn top_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    Panel::top("top").exact_size(40.0).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = 1.5 * tokens::GRID;
            project_menu_ui(ui, state, view);
            view_menu_ui(ui, state, view);
            ui.separator();
            name_ui(ui, &project.document.name, true);
            if let Some(site) = &project.site {
                ui.label(RichText::new("›").weak());
                name_ui(ui, &site.name, false);
            }
            if let Some(why) = project.folder.read_only() {
                ui.label(RichText::new(tr!("read-only")).color(ui.visuals().warn_fg_color))
                    .on_hover_text(tr!("Nothing can be changed, since {why}", why = why));
                super::outside::open_for_editing_ui(ui, project, view);
            }
            // Narrow windows have room for the pages and what stands on the right, and little between.
            let width = Page::ALL.into_iter().map(|page| page_width(ui, page)).sum::<f32>();
            let spare = ui.available_width() - width - RIGHT;
            ui.add_space((spare * 0.5).clamp(0.0, 240.0));
            for (i, page) in Page::ALL.into_iter().enumerate() {
                page_ui(ui, i, page, state, project, view);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| right_ui(ui, state, project, view));
        });
    });
}

/// A name, cut short where there is no room.
fn name_ui(ui: &mut Ui, name: &str, strong: bool) {
    let text = if strong { RichText::new(name).strong() } else { RichText::new(name) };
    let wide = ui.available_width() > 900.0;
    ui.scope(|ui| {
        ui.set_max_width(if wide { 2.0 * NAME } else { NAME });
        ui.add(Label::new(text).truncate());
    });
}

fn page_width(ui: &Ui, page: Page) -> f32 {
    let font = egui::FontId::proportional(tokens::TEXT);
    let words = ui.painter().layout_no_wrap(page_title(page).into(), font, egui::Color32::WHITE);
    words.size().x + tokens::ICON + 9.0 * tokens::GRID
}

fn page_ui(ui: &mut Ui, i: usize, page: Page, state: &AppState, project: &OpenProject, view: &mut View) {
    let title = page_title(page);
    let chosen = project.page == page && !view.imagery.is_open() && !view.labels_in.is_open();
    let text = if chosen { RichText::new(title).strong() } else { RichText::new(title) };
    let button = Button::selectable(chosen, (icon(page_icon(page)), text));
    let response = ui.add(button.min_size(Vec2::new(64.0, tokens::TARGET)));
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, title));
    hints::anchor(ui.ctx(), hints::Anchor::Page(page), response.rect);
    let hint = match page {
        Page::Look => tr!("Looks at images and series"),
        Page::Label => tr!("Draws annotations"),
        Page::Map => tr!("Trains models and makes maps"),
        Page::Assess => tr!("Says how far a map can be trusted"),
    };
    if response.on_hover_text(format!("{hint} (F{})", i + 1)).clicked() {
        Action::Page(page).run(state, view);
    }
}

fn right_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    help_ui(ui, state, view);
    let (other, picture) = match state.recent.light {
        true => (tr!("Dark"), Icon::Moon),
        false => (tr!("Light"), Icon::Sun),
    };
    let hint = tr!("Switches between the dark and the light theme");
    if icon_button(ui, picture, other, hint).clicked() {
        view.send(Command::SetLight(!state.recent.light));
    }
    let hint = tr!("Finds a command, a site or a date by its name (Ctrl+P)");
    let found = icon_button(ui, Icon::Search, tr!("Find a command"), hint);
    hints::anchor(ui.ctx(), hints::Anchor::Palette, found.rect);
    if found.clicked() {
        view.palette.open();
    }
    ui.add_space(tokens::GRID);
    let (redo, undo) = (project.history.redoes(), project.history.undoes());
    let hint = match redo {
        Some(change) => tr!("Redoes {change} (Ctrl+Y)", change = change),
        None => tr!("Nothing to redo (Ctrl+Y)").to_string(),
    };
    if enabled(ui, redo.is_some(), |ui| icon_button(ui, Icon::Redo2, tr!("Redo"), &hint)).clicked() {
        view.send(Command::Redo);
    }
    let hint = match undo {
        Some(change) => tr!("Undoes {change} (Ctrl+Z)", change = change),
        None => tr!("Nothing to undo (Ctrl+Z)").to_string(),
    };
    if enabled(ui, undo.is_some(), |ui| icon_button(ui, Icon::Undo2, tr!("Undo"), &hint)).clicked() {
        view.send(Command::Undo);
    }
    saved_ui(ui, project);
}

fn enabled(ui: &mut Ui, enabled: bool, content: impl FnOnce(&mut Ui) -> Response) -> Response {
    ui.add_enabled_ui(enabled, content).inner
}

fn saved_ui(ui: &mut Ui, project: &OpenProject) {
    let (word, colour, hint) = match (&project.save, project.folder.read_only()) {
        (_, Some(_)) => return,
        (SaveState::Saved, _) => (tr!("Saved"), None, tr!("Everything is on the disk").to_string()),
        (SaveState::Waiting, _) => {
            let why = tr!("Waits until you say whose files are kept; it lies beside them as .mine meanwhile");
            (tr!("Not saved"), Some(ui.visuals().warn_fg_color), why.to_string())
        }
        (SaveState::Saving, _) => (tr!("Saving"), None, tr!("On its way to the disk").to_string()),
        (SaveState::Failed(why), _) => {
            (tr!("Not saved"), Some(ui.visuals().error_fg_color), format::without_options(why))
        }
    };
    let text = RichText::new(word).small();
    ui.label(colour.map_or_else(|| text.clone().weak(), |c| text.clone().color(c))).on_hover_text(hint);
}

/// An entry of a menu: the action's title, its icon and its keys; grey with why where it makes no sense now.
fn entry_ui(ui: &mut Ui, picture: Option<Icon>, action: Action, state: &AppState, view: &mut View) {
    let title = action.title(state, view);
    let why = action.can(state, view).err();
    let keys = RichText::new(action.keys_text()).weak();
    let picture = picture.map_or_else(|| RichText::new(" ").size(tokens::ICON), icon);
    let button = Button::new((picture, title.as_str())).shortcut_text(keys);
    let response = ui.add_enabled(why.is_none(), button.min_size(Vec2::new(220.0, tokens::TARGET)));
    widgets::named(&response, &title);
    if response.on_disabled_hover_text(why.unwrap_or_default()).clicked() {
        ui.close();
        action.run(state, view);
    }
}

fn project_menu_ui(ui: &mut Ui, state: &AppState, view: &mut View) {
    ui.menu_button(tr!("Project"), |ui| {
        for (picture, action) in [(Icon::FolderPlus, Action::New), (Icon::FolderOpen, Action::Open)] {
            entry_ui(ui, Some(picture), action, state, view);
        }
        ui.separator();
        let entries = [
            (Icon::Images, Action::AddImagery),
            (Icon::Satellite, Action::ImageryByArea),
            (Icon::Import, Action::ImportLabels),
            (Icon::Grid2x2, Action::ImportChips),
            (Icon::Upload, Action::ExportLabels),
            (Icon::ChartColumn, Action::CompareSites),
            (Icon::Layers, Action::MapAll),
            (Icon::ListOrdered, Action::Queue),
            (Icon::MapPlus, Action::ImportMap),
            (Icon::Merge, Action::MergeMaps),
        ];
        for (picture, action) in entries {
            entry_ui(ui, Some(picture), action, state, view);
        }
        ui.separator();
        ui.menu_button(tr!("Language"), |ui| {
            for language in Language::ALL {
                let chosen = state.language == language;
                // Each is called as those call it who speak it.
                if ui.selectable_label(chosen, language.own_name()).clicked() {
                    view.send(Command::SetLanguage(language));
                    ui.close();
                }
            }
        });
        ui.separator();
        entry_ui(ui, Some(Icon::X), Action::Close, state, view);
    });
}

fn view_menu_ui(ui: &mut Ui, state: &AppState, view: &mut View) {
    ui.menu_button(tr!("View"), |ui| {
        for pane in Pane::ALL {
            let shown = state.layout.of(pane).shown && !view.panes.alone;
            entry_ui(ui, shown.then_some(Icon::Check), Action::Pane(pane), state, view);
        }
        ui.separator();
        entry_ui(ui, view.panes.alone.then_some(Icon::Check), Action::MapAlone, state, view);
        entry_ui(ui, view.panes.arranging.then_some(Icon::Check), Action::Arrange, state, view);
        entry_ui(ui, None, Action::ResetPanes, state, view);
    });
}

fn help_ui(ui: &mut Ui, state: &AppState, view: &mut View) {
    // Quiet, as the other icons beside it.
    let button = Button::new(icon(Icon::CircleQuestionMark)).frame_when_inactive(false);
    let (response, _) = egui::containers::menu::MenuButton::from_button(button).ui(ui, |ui| {
        entry_ui(ui, Some(Icon::Keyboard), Action::Shortcuts, state, view);
        entry_ui(ui, Some(Icon::Compass), Action::Guide, state, view);
    });
    widgets::named(&response, tr!("Help"));
    response.on_hover_text(tr!("Shortcuts, and hints for the first steps"));
}
