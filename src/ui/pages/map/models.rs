//! The models of the project: a row each, and what is wrong with those that cannot be read.

use super::curves::Curve;
use super::details::details_ui;
use super::labels::SinceView;
use super::trust::{cannot_map, trust_ui};
use crate::app::{
    AppState, Command, DamagedModel, HOLDS_MODELS, LIVE, ModelEntry, OpenProject, QueueEntry, Training,
};
use crate::jobs::{JobId, StoppedTraining};
use crate::model::{EpochScore, ModelKind, bf16_is_available};
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below};
use crate::ui::{format, tokens, widgets};
use egui::{Align, Button, Label, Layout, RichText, Ui};
use std::collections::HashMap;

/// What the list of models remembers.
#[derive(Default)]
pub struct ModelsView {
    /// The model whose details are open.
    pub selected: Option<String>,
    /// The model that is being renamed, and its new name as it is typed.
    pub renaming: Option<(String, String)>,
    /// The training whose model was opened when it ended.
    opened: Option<JobId>,
    /// What curves show.
    pub curve: Curve,
    /// What became of the labels since the model was trained whose details are open.
    pub since: SinceView,
    /// Options of networks that were chosen before, by name.
    pub networks: HashMap<&'static str, ModelKind>,
}

pub fn models_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    widgets::section(ui, tr!("Models"));
    if project.models.is_empty() && project.damaged_models.is_empty() {
        ui.label(RichText::new(tr!("No model yet. Train one: it takes seconds.")).weak());
    }
    open_what_was_trained(project, &mut view.models);
    bf16_ui(ui, project, view);
    for stopped in &project.stopped {
        stopped_ui(ui, state, project, view, stopped);
    }
    for model in &project.models {
        widgets::part(ui, ("model", &model.name), |ui| model_ui(ui, state, project, view, model));
    }
    for model in &project.damaged_models {
        damaged_ui(ui, project, view, model);
    }
}

/// What a training gave is looked at where it ended: its curves and its matrix stay on screen, now those of its model.
fn open_what_was_trained(project: &OpenProject, view: &mut ModelsView) {
    // One that follows the labels ends every few seconds: what was looked at stays.
    let ended = |training: &&Training| !training.running && training.name != LIVE;
    let Some(training) = project.training.as_ref().filter(ended) else { return };
    if view.opened != Some(training.job) && project.models.iter().any(|model| model.name == training.name) {
        view.opened = Some(training.job);
        view.selected = Some(training.name.clone());
    }
}

/// Whether models of this project can be renamed and deleted now.
pub fn can_change(state: &AppState, project: &OpenProject) -> bool {
    project.folder.read_only().is_none() && HOLDS_MODELS.iter().all(|kind| state.job(*kind).is_none())
}

fn model_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View, model: &ModelEntry) {
    let on_map = project.map().is_some_and(|map| map.name == model.name);
    let selected = view.models.selected.as_deref() == Some(model.name.as_str());
    ui.horizontal(|ui| {
        let name = RichText::new(&model.name);
        let name = if on_map { name.strong() } else { name };
        let hint = if selected {
            tr!("Hides how it was trained")
        } else {
            tr!("How it was trained, its curves and its matrix")
        };
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            map_button(ui, project, view, model);
            if project.map().is_some_and(|map| model.is_newer_than(map)) {
                let hint =
                    tr!("The map on screen was made before this model was trained anew: map the site again");
                let words = RichText::new(tr!("older map on screen")).small();
                ui.label(words.color(tokens::warning(ui.visuals().dark_mode))).on_hover_text(hint);
            } else if on_map {
                ui.label(RichText::new(tr!("on screen")).small().weak());
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let button = Button::selectable(selected, name).truncate();
                if ui.add(button).on_hover_text(hint).clicked() {
                    view.models.selected = (!selected).then(|| model.name.clone());
                    view.models.renaming = None;
                }
            });
        });
    });
    let [scores, when] = summary(model).map(|words| Label::new(RichText::new(words).small().weak()).wrap());
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let hint = tr!("Accuracy and macro F1 are of the annotations that chose the epoch; assess on others");
        ui.add(scores).on_hover_text(hint);
        ui.add(when).on_hover_text(format::moment(&model.card.created));
    });
    trust_ui(ui, state, project, view, model);
    if selected {
        widgets::part(ui, "details", |ui| details_ui(ui, state, project, view, model));
    }
    ui.add_space(tokens::GRID);
}

/// "TempCNN · accuracy 93.4 % · F1 0.921", and "1 204 samples · 3 min ago".
fn summary(model: &ModelEntry) -> [String; 2] {
    let card = &model.card;
    let mut parts = vec![card.spec.kind.title().to_string()];
    if let Some(accuracy) = card.best().and_then(|best| best.held_out_accuracy) {
        parts.push(tr!("accuracy {accuracy}", accuracy = format::percent(Some(f64::from(accuracy)))));
    }
    if let Some(f1) = card.best().and_then(EpochScore::macro_f1) {
        parts.push(tr!("F1 {f1}", f1 = format!("{f1:.3}")));
    }
    let from = match &card.imported_from {
        Some(_) => tr!("imported").into(),
        None => format::count(card.samples, "sample"),
    };
    [parts.join(" · "), format!("{from} · {}", format::ago(&card.created))]
}

fn map_button(ui: &mut Ui, project: &OpenProject, view: &mut View, model: &ModelEntry) {
    let site = project.site.as_ref();
    let same =
        |entry: &QueueEntry| entry.name == model.name && site.is_some_and(|s| s.name == entry.asked.site);
    let asked = project.queue.entries().iter().any(|entry| entry.is_ahead() && same(entry));
    let fits = !cannot_map(project, &model.name);
    let can = !asked && fits && project.folder.read_only().is_none() && site.is_some();
    let there = project.map_names().contains(&model.name);
    let hint = match there {
        true => tr!(
            "Maps the site on screen with {name} again; you are asked what becomes of its map of this name",
            name = model.name
        ),
        false => tr!("Maps the site on screen with {name}, what is in view first", name = model.name),
    };
    if ui.add_enabled(can, Button::new(tr!("Map"))).on_hover_text(hint).clicked() {
        match there {
            true => view.dialogs.ask_map_again(&model.name, project.map_names()),
            false => {
                view.send(Command::Map {
                    model: Some(model.name.clone()),
                    site: None,
                    bf16: None,
                    resume: true,
                });
            }
        }
    }
}

/// Whether maps are made in bfloat16, where the processor has it.
fn bf16_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let of_use = project.models.iter().any(|model| model.card.spec.kind.has_bf16());
    if !of_use || !bf16_is_available() {
        return;
    }
    let mut on = project.document.settings.bf16;
    let hint = tr!(
        "Maps with a TempCNN or Pixel network faster, with products rounded to 8 bits of precision. Some labels near a border \
                change: how many, on a probe, is told when the map is made"
    );
    if ui.checkbox(&mut on, tr!("Map in bf16")).on_hover_text(hint).changed() {
        view.send(Command::SetBf16(on));
    }
}

/// A training that was stopped before its end.
fn stopped_ui(
    ui: &mut Ui,
    state: &AppState,
    project: &OpenProject,
    view: &mut View,
    stopped: &StoppedTraining,
) {
    if project.training.as_ref().is_some_and(|training| training.running && training.name == stopped.name) {
        return;
    }
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let can = can_change(state, project);
            let hint = tr!("Deletes where this training stands. A model that it left stays");
            if ui.add_enabled(can, Button::new(tr!("Forget"))).on_hover_text(hint).clicked() {
                view.send(Command::ForgetTraining(stopped.name.clone()));
            }
            let hint = tr!(
                "Goes on with this training, with the network and options that it had: it comes to the same model as \
                 if it had not been stopped"
            );
            if ui.add_enabled(can, Button::new(tr!("Resume"))).on_hover_text(hint).clicked() {
                view.send(Command::Resume(stopped.name.clone()));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(tr!("Training of {name}", name = stopped.name)).truncate());
            });
        });
    });
    let words = tr!(
        "stopped after {epochs} of at most {most} epochs",
        epochs = stopped.epochs,
        most = stopped.spec.training.epochs
    );
    ui.label(RichText::new(words).small().weak());
    ui.add_space(tokens::GRID);
}

fn damaged_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, model: &DamagedModel) {
    ui.horizontal(|ui| {
        ui.label(&model.name);
        ui.label(RichText::new(tr!("cannot be read")).small().color(tokens::error(ui.visuals().dark_mode)));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let can = project.folder.read_only().is_none();
            if ui.add_enabled(can, Button::new(tr!("Delete…"))).clicked() {
                view.dialogs.ask_delete_model(&model.name);
            }
        });
    });
    ui.add(Label::new(RichText::new(tr_below(&model.why)).small().weak()).wrap());
    ui.add_space(tokens::GRID);
}
