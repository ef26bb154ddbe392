//! The bar on top: project and site, the four pages, saving, theme, help.

use super::tokens;
use super::view::View;
use super::words::tr;
use crate::app::{AppState, Command, OpenProject, Page, SaveState};
use egui::{Align, Layout, Panel, RichText, Ui};

/// Width of the four pages.
const PAGES: f32 = 300.0;
/// Width of what stands on the right: saving, undo and redo, the theme, help.
const RIGHT: f32 = 280.0;

pub fn top_ui(ui: &mut Ui, _state: &AppState, project: &OpenProject, view: &mut View) {
    Panel::top("top").exact_size(40.0).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            menu_ui(ui, view);
            ui.separator();
            ui.label(RichText::new(&project.document.name).strong());
            if let Some(site) = &project.site {
                ui.label(RichText::new("›").weak());
                ui.label(&site.name);
            }
            if let Some(why) = project.folder.read_only() {
                ui.label(RichText::new("read-only").color(ui.visuals().warn_fg_color))
                    .on_hover_text(format!("Nothing can be changed, since {why}"));
                super::outside::open_for_editing_ui(ui, project, view);
            }
            // Narrow windows have room for the pages and what stands on the right, and little between.
            let spare = ui.available_width() - PAGES - RIGHT;
            ui.add_space((spare * 0.5).clamp(0.0, 240.0));
            for (i, page) in Page::ALL.into_iter().enumerate() {
                let chosen = project.page == page && !view.is_covered();
                let text = RichText::new(page.title());
                let text = if chosen { text.strong() } else { text };
                let button =
                    egui::Button::selectable(chosen, text).min_size(egui::vec2(64.0, tokens::TARGET));
                if ui.add(button).on_hover_text(format!("F{}", i + 1)).clicked() {
                    view.uncover();
                    view.send(Command::ShowPage(page));
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| right_ui(ui, project, view));
        });
    });
}

fn right_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    if ui.button("?").on_hover_text("Shortcuts (?)").clicked() {
        view.shortcuts = !view.shortcuts;
    }
    let dark = ui.visuals().dark_mode;
    let other = if dark { "Light" } else { "Dark" };
    if ui.button(other).on_hover_text("Switches between the dark and the light theme").clicked() {
        ui.ctx().set_theme(if dark { egui::Theme::Light } else { egui::Theme::Dark });
    }
    let (redo, undo) = (project.history.redoes(), project.history.undoes());
    let hint = |change: Option<&str>, keys: &str| match change {
        Some(change) => format!("{change} ({keys})"),
        None => format!("nothing ({keys})"),
    };
    if ui
        .add_enabled(redo.is_some(), egui::Button::new("Redo"))
        .on_hover_text(format!("Redoes {}", hint(redo, "Ctrl+Y")))
        .clicked()
    {
        view.send(Command::Redo);
    }
    if ui
        .add_enabled(undo.is_some(), egui::Button::new("Undo"))
        .on_hover_text(format!("Undoes {}", hint(undo, "Ctrl+Z")))
        .clicked()
    {
        view.send(Command::Undo);
    }
    let (word, colour, hint) = match (&project.save, project.folder.read_only()) {
        (_, Some(_)) => return,
        (SaveState::Saved, _) => ("Saved", None, "Everything is on the disk".to_string()),
        (SaveState::Waiting, _) => {
            let why = "Waits until you say whose files are kept; it lies beside them as .mine meanwhile";
            ("Not saved", Some(ui.visuals().warn_fg_color), why.to_string())
        }
        (SaveState::Saving, _) => ("Saving", None, "On its way to the disk".to_string()),
        (SaveState::Failed(why), _) => ("Not saved", Some(ui.visuals().error_fg_color), why.clone()),
    };
    let text = RichText::new(word).small();
    ui.label(colour.map_or_else(|| text.clone().weak(), |c| text.clone().color(c))).on_hover_text(hint);
}

fn menu_ui(ui: &mut Ui, view: &mut View) {
    ui.menu_button("Project", |ui| {
        if ui.button("New…").clicked() {
            view.dialogs.ask_new();
            ui.close();
        }
        if ui.button("Open…").clicked() {
            view.dialogs.ask_open();
            ui.close();
        }
        ui.separator();
        if ui.button("Add imagery…").clicked() {
            view.uncover();
            view.imagery.show();
            ui.close();
        }
        if ui.button("Import labels…").clicked() {
            view.uncover();
            view.labels_in.show();
            ui.close();
        }
        let hint = tr!("Medians, histograms and distances of sites and dates, and what stands out (Ctrl+D)");
        if ui.button(tr!("Compare sites and dates…")).on_hover_text(hint).clicked() {
            view.uncover();
            view.drift.show();
            ui.close();
        }
        ui.separator();
        if ui.button("Close").clicked() {
            view.send(Command::CloseProject);
            ui.close();
        }
    });
}
