//! Map: choose a network, train, watch it learn, map, and keep what was trained.

mod areas;
mod changes;
mod curves;
mod details;
mod labels;
mod matrix;
mod models;
mod network;
mod options;
mod training;
mod trust;

pub use areas::AreasView;
pub use models::ModelsView;

use super::page;
use crate::app::{AppState, OpenProject, Page};
use crate::ui::actions::Action;
use crate::ui::cleaning;
use crate::ui::correcting;
use crate::ui::live;
use crate::ui::uncertain::uncertain_ui;
use crate::ui::view::View;
use crate::ui::widgets::part;
use egui::{Button, Ui};

pub fn map_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    page(ui, Page::Map, |ui| {
        part(ui, "network", |ui| network::network_ui(ui, project, view));
        part(ui, "training", |ui| training::train_ui(ui, state, project, view));
        part(ui, "live", |ui| live::live_ui(ui, project));
        part(ui, "learning", |ui| live::learning_ui(ui, state, project, view));
        part(ui, "models", |ui| models::models_ui(ui, state, project, view));
        part(ui, "cleaning", |ui| cleaning::section_ui(ui, state, project, view));
        part(ui, "correcting", |ui| correcting::section_ui(ui, state, project, view));
        part(ui, "changes", |ui| changes::changes_ui(ui, project, view));
        part(ui, "uncertain", |ui| uncertain_ui(ui, project, view));
        part(ui, "areas", |ui| areas::areas_ui(ui, project, view));
        part(ui, "merge", |ui| merge_ui(ui, state, view));
    });
}

fn merge_ui(ui: &mut Ui, state: &AppState, view: &mut View) {
    let action = Action::MergeMaps;
    let why = action.can(state, view).err();
    let button = ui.add_enabled(why.is_none(), Button::new(action.name()));
    if button.on_disabled_hover_text(why.unwrap_or_default()).clicked() {
        action.run(state, view);
    }
}
