//! The start screen: recent projects, Open, New, the demo.

use super::view::View;
use super::words::{tr, tr_below};
use super::{status, tokens, widgets};
use crate::app::{AppState, Command};
use crate::jobs::{DemoSpec, JobKind};
use crate::project::Language;
use egui::{Align, Layout, RichText, ScrollArea, Ui, Vec2};
use lucide_icons::Icon;

pub fn start_ui(ui: &mut Ui, state: &AppState, view: &mut View) {
    status::status_ui(ui, state, None, view);
    egui::CentralPanel::default().show(ui, |ui| {
        let width = 560.0_f32.min(ui.available_width() - 32.0);
        let left = (ui.available_width() - width) / 2.0;
        let top = (ui.available_height() * 0.16).max(24.0);
        let rect = egui::Rect::from_min_size(
            ui.max_rect().min + Vec2::new(left, top),
            Vec2::new(width, ui.available_height() - top - 16.0),
        );
        let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(rect));
        content_ui(&mut ui, state, view);
    });
}

fn content_ui(ui: &mut Ui, state: &AppState, view: &mut View) {
    ui.label(RichText::new("Ritmo").size(30.0).strong());
    ui.label(
        RichText::new(tr!("Maps land cover from satellite image time series: label where you are sure, learn from each pixel's year, watch the map appear."))
            .weak(),
    );
    ui.add_space(6.0 * tokens::GRID);
    if let Some(job) = state.job(JobKind::Demo).or(state.job(JobKind::OpenProject)) {
        ui.horizontal(|ui| {
            ui.spinner();
            ui.label(format!("{} …", status::job_title(job.kind)));
            if let Some(progress) = &job.progress {
                ui.label(RichText::new(tr_below(&progress.what)).weak());
            }
        });
        if let Some(share) = job.progress.as_ref().and_then(crate::progress::Progress::share) {
            ui.add(egui::ProgressBar::new(share).desired_height(6.0));
        }
        return;
    }
    ui.horizontal(|ui| {
        if widgets::primary(ui, true, tr!("Try the demo"))
            .on_hover_text(tr!("Makes a simulated landscape, with labels to train on, and opens it"))
            .clicked()
            && let Some(dirs) = directories::ProjectDirs::from("", "", "ritmo")
        {
            let folder = dirs.data_dir().join("demo");
            view.send(if folder.join("ritmo.json").exists() {
                Command::OpenProject(folder)
            } else {
                Command::MakeDemo(DemoSpec::new(folder))
            });
        }
        let size = Vec2::new(0.0, tokens::TARGET + tokens::GRID);
        let question = |ui: &mut Ui, picture: Icon, words: &str, keys: &str| {
            let response = ui.add(widgets::icon_text(picture, words).min_size(size));
            widgets::named(&response, words);
            response.on_hover_text(keys).clicked()
        };
        if question(ui, Icon::FolderOpen, tr!("Open project…"), "Ctrl+O") {
            view.dialogs.ask_open();
        }
        if question(ui, Icon::FolderPlus, tr!("New project…"), "Ctrl+N") {
            view.dialogs.ask_new();
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| language_ui(ui, state, view));
    });
    ui.add_space(6.0 * tokens::GRID);
    ui.label(RichText::new(tr!("Recent projects")).strong());
    if state.recent.folders.is_empty() {
        ui.label(RichText::new(tr!("Projects that you open are listed here.")).weak());
    }
    ScrollArea::vertical().show(ui, |ui| {
        for folder in &state.recent.folders {
            ui.horizontal(|ui| {
                let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
                if ui
                    .add(egui::Button::new(RichText::new(name.as_ref())).frame(true))
                    .on_hover_text(tr!("Opens {folder}", folder = folder.display()))
                    .clicked()
                {
                    view.send(Command::OpenProject(folder.clone()));
                }
                ui.label(RichText::new(folder.display().to_string()).weak().small());
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui
                        .small_button(tr!("Forget"))
                        .on_hover_text(tr!("Takes it off this list; the project stays where it is"))
                        .clicked()
                    {
                        view.send(Command::ForgetRecent(folder.clone()));
                    }
                });
            });
        }
    });
}

/// The language, each called as those call it who speak it.
fn language_ui(ui: &mut Ui, state: &AppState, view: &mut View) {
    for language in Language::ALL.into_iter().rev() {
        let chosen = state.language == language;
        if ui.selectable_label(chosen, language.own_name()).clicked() && !chosen {
            view.send(Command::SetLanguage(language));
        }
    }
    ui.label(widgets::icon(Icon::Languages).weak());
}
