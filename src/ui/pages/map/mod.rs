//! Map: choose a network, train, watch it learn, map, and keep what was trained.

mod curves;
mod details;
mod matrix;
mod models;
mod network;
mod options;
mod training;

pub use models::ModelsView;

use super::page;
use crate::app::{AppState, OpenProject};
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{format, widgets};
use egui::{RichText, Ui};

pub fn map_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    page(ui, |ui| {
        network::network_ui(ui, project, view);
        training::train_ui(ui, state, project, view);
        models::models_ui(ui, state, project, view);
        areas_ui(ui, project);
    });
}

fn areas_ui(ui: &mut Ui, project: &OpenProject) {
    let Some(mapped) = &project.last.mapped else { return };
    widgets::section(ui, &tr!("Areas on {name}", name = mapped.name));
    for (class, ha) in &mapped.areas_ha {
        ui.horizontal(|ui| {
            widgets::swatch(ui, class.colour);
            ui.label(&class.name);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.label(RichText::new(format::hectares(*ha)).monospace());
            });
        });
    }
    let words = tr!("Counted pixels: areas with intervals need a reference sample.");
    ui.label(RichText::new(words).small().weak());
}
