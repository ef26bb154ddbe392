//! How a model was trained: all that differs from the usual, its curves and its matrix.

use super::changes::compare_maps_ui;
use super::curves::curves_ui;
use super::labels::labels_ui;
use super::matrix::{Matrix, matrix_ui};
use super::models::can_change;
use super::options::differing;
use super::training::notes_ui;
use crate::app::{AppState, Command, ModelEntry, OpenProject};
use crate::cube::Filling;
use crate::jobs::JobKind;
use crate::model::ModelCard;
use crate::ui::view::View;
use crate::ui::words::{tr, tr_word};
use crate::ui::{format, tokens, widgets};
use egui::{Button, Frame, Grid, Key, Label, Margin, RichText, Role, TextEdit, Ui, WidgetInfo};

pub fn details_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View, model: &ModelEntry) {
    let frame = Frame::new().fill(ui.visuals().faint_bg_color).corner_radius(tokens::RADIUS);
    frame.inner_margin(Margin::same(8)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        actions_ui(ui, state, project, view, model);
        how_ui(ui, project, model);
        let card = &model.card;
        notes_ui(ui, &card.notes);
        labels_ui(ui, project, model, &mut view.models.since);
        if !card.history.is_empty() {
            let (best, curve) = (Some(card.best_epoch), &mut view.models.curve);
            curves_ui(ui, &model.name, &card.history, &card.classes, best, curve);
        }
        let matrix = Matrix { classes: &card.classes, counts: &card.held_out_matrix };
        matrix_ui(ui, &model.name, &matrix, Some(card.held_out.len()));
    });
}

fn actions_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View, model: &ModelEntry) {
    let can = can_change(state, project);
    let renaming = view.models.renaming.take_if(|(name, _)| *name == model.name);
    match renaming {
        Some((name, mut to)) => {
            let (mut done, mut given_up) = (false, false);
            ui.horizontal(|ui| {
                let width = ui.available_width() - 148.0;
                let field = ui.add(TextEdit::singleline(&mut to).desired_width(width));
                field.widget_info(|| WidgetInfo {
                    current_text_value: Some(to.clone()),
                    ..WidgetInfo::labeled(Role::TextInput, true, tr!("New name of the model"))
                });
                let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
                let ready = can && !to.trim().is_empty();
                done = widgets::primary(ui, ready, tr!("Rename")).clicked() || entered && ready;
                let escaped = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Escape));
                given_up = ui.button(tr!("Not now")).clicked() || escaped;
            });
            if done {
                if view.models.selected.as_deref() == Some(name.as_str()) {
                    // Its details stay open under its new name.
                    view.models.selected = Some(to.trim().to_string());
                }
                view.send(Command::RenameModel { name, to });
            } else if !given_up {
                view.models.renaming = Some((name, to));
            }
        }
        None => {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.x = tokens::GRID;
                let hint = tr!("Gives it another name, and its maps and assessments too");
                if ui.add_enabled(can, Button::new(tr!("Rename…"))).on_hover_text(hint).clicked() {
                    view.models.renaming = Some((model.name.clone(), model.name.clone()));
                }
                if ui.add_enabled(can, Button::new(tr!("Delete…"))).clicked() {
                    view.dialogs.ask_delete_model(&model.name);
                }
                let hint = tr!("Copies it under a free name; its maps are not copied");
                if ui.add_enabled(can, Button::new(tr!("Duplicate"))).on_hover_text(hint).clicked() {
                    view.send(Command::DuplicateModel { name: model.name.clone(), to: None });
                }
                let sites = project.document.sites.len();
                let hint = tr!("Maps all sites with it, one after the other; maps of its name that are there are replaced");
                let writable = project.folder.read_only().is_none();
                if sites > 1
                    && ui.add_enabled(writable, Button::new(tr!("Map all sites"))).on_hover_text(hint).clicked()
                {
                    let model = Some(model.name.clone());
                    view.send(Command::MapSites { model, sites: None, bf16: None, resume: true });
                    view.queue.open = true;
                }
                compare_maps_ui(ui, project, model, view);
                let hint = tr!("Writes it as a folder to take along, as ONNX, or as a STAC item");
                let idle = state.job(JobKind::ExportModel).is_none();
                if ui.add_enabled(idle, Button::new(tr!("Export…"))).on_hover_text(hint).clicked() {
                    view.dialogs.ask_export_model(&model.name);
                }
                let hint = tr!(
                    "Trains a new model on today's labels, beginning with what this one has learned; a new class is \
                     added to it"
                );
                let ready = can && state.job(JobKind::Train).is_none() && !project.annotations.is_empty();
                if ui.add_enabled(ready, Button::new(tr!("Train on"))).on_hover_text(hint).clicked() {
                    let spec = project.document.settings.model.clone();
                    view.send(Command::TrainWith { name: None, spec, from: Some(model.name.clone()) });
                }
                let same = model.card.spec == project.document.settings.model;
                let editable = !same && project.folder.read_only().is_none();
                let hint = tr!("Trains the next model as this one was: network, options, inputs, gaps, seed");
                let button = Button::new(tr!("Use its settings"));
                if ui.add_enabled(editable, button).on_hover_text(hint).clicked() {
                    view.send(Command::SetModel(model.card.spec.clone()));
                }
            });
        }
    }
}

/// Facts in two columns.
fn how_ui(ui: &mut Ui, project: &OpenProject, model: &ModelEntry) {
    let card = &model.card;
    let mut rows = vec![(tr!("Network"), card.spec.kind.title().to_string())];
    match &card.imported_from {
        Some(file) => rows.push((tr!("Imported from"), file.clone())),
        None => rows.extend([
            (tr!("Samples"), samples(card)),
            (tr!("Held out"), format::count(card.held_out.len(), "annotation")),
            (tr!("Epochs"), epochs(card)),
            (tr!("Seed"), card.spec.training.seed.to_string()),
        ]),
    }
    rows.push((tr!("Inputs"), inputs(card)));
    rows.push((tr!("Gaps"), gaps(card).into()));
    rows.push((tr!("Dates"), dates(card)));
    for (info, now, usual) in differing(&card.spec) {
        rows.push((tr_word(info.title), tr!("{now}  (usually {usual})", now = now, usual = usual)));
    }
    if let Some(trained) = project.last.trained.as_ref().filter(|trained| trained.name == model.name) {
        rows.push((tr!("Took"), format!("{:.1} s", trained.seconds)));
    }
    rows.push((tr!("Made"), format::moment(&card.created)));
    // Rows of words, not of buttons.
    let grid = Grid::new((&model.name, "how")).num_columns(2).spacing([12.0, 3.0]).min_row_height(0.0);
    grid.show(ui, |ui| {
        ui.spacing_mut().interact_size.y = 0.0;
        for (name, value) in rows {
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Min), |ui| {
                ui.set_width(100.0);
                ui.add(Label::new(RichText::new(name).small().weak()).truncate());
            });
            ui.add(Label::new(RichText::new(value).small()).wrap());
            ui.end_row();
        }
    });
}

fn samples(card: &ModelCard) -> String {
    let annotations = format::count(card.trained_on.len(), "annotation");
    tr!(
        "{samples} of {annotations}",
        samples = format::grouped(card.samples as i64),
        annotations = annotations
    )
}

fn epochs(card: &ModelCard) -> String {
    let ran = card.history.last().map_or(0, |last| last.epoch);
    tr!(
        "{best} kept of {ran}, at most {most}",
        best = card.best_epoch,
        ran = ran,
        most = card.spec.training.epochs
    )
}

fn inputs(card: &ModelCard) -> String {
    let names = card.bands.join(", ");
    match &card.spec.inputs {
        None => tr!("all {n} bands: {names}", n = card.bands.len(), names = names),
        Some(_) => names,
    }
}

fn gaps(card: &ModelCard) -> &'static str {
    match (card.spec.masks_gaps(), card.spec.filling) {
        (true, _) => tr!("looked past"),
        (false, Filling::Linear) => tr!("filled linearly by date"),
        (false, Filling::LastClear) => tr!("filled by the last clear"),
        (false, Filling::Off) => tr!("left out"),
    }
}

fn dates(card: &ModelCard) -> String {
    match (card.dates.first(), card.dates.last()) {
        (Some(first), Some(last)) if first != last => {
            tr!(
                "{n}, {first} to {last}",
                n = card.dates.len(),
                first = format::date(*first),
                last = format::date(*last)
            )
        }
        (Some(only), _) => format::date(*only),
        _ => tr!("none").into(),
    }
}
