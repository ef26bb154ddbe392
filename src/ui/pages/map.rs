//! Map: train, watch the loss fall, map.

use super::inputs::inputs_ui;
use super::page;
use crate::app::{AppState, Command, ModelEntry, OpenProject};
use crate::jobs::JobKind;
use crate::model::EpochScore;
use crate::ui::view::View;
use crate::ui::{format, tokens, widgets};
use egui::{DragValue, Grid, RichText, Ui};
use egui_plot::{Legend, Line, Plot, PlotPoints};

pub fn map_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    page(ui, |ui| {
        network_ui(ui, project, view);
        train_ui(ui, state, project, view);
        models_ui(ui, state, project, view);
        areas_ui(ui, project);
    });
}

fn network_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    widgets::section(ui, "Network");
    let kind = &project.document.settings.model.kind;
    ui.label(format!("{}: {}", kind.title(), kind.sentence()));
    let mut spec = project.document.settings.model.clone();
    Grid::new("training").num_columns(2).spacing([16.0, 6.0]).show(ui, |ui| {
        let training = &mut spec.training;
        let mut changed = false;
        let mut row = |ui: &mut Ui, name: &str, hint: &str, drag: DragValue<'_>| {
            let label = ui.label(RichText::new(name).weak()).on_hover_text(hint);
            let response = ui.add(drag).labelled_by(label.id).on_hover_text(hint);
            changed |= response.changed() && !response.dragged() || response.drag_stopped();
            ui.end_row();
        };
        row(
            ui,
            "Epochs at most",
            "Passes over the samples; training stops earlier when the held-out annotations get no better",
            DragValue::new(&mut training.epochs).range(1..=1000),
        );
        row(
            ui,
            "Seed",
            "Everything random comes from it: the same seed gives the same model",
            DragValue::new(&mut training.seed).range(0..=u64::from(u32::MAX)),
        );
        if changed {
            view.send(Command::SetModel(spec.clone()));
        }
    });
    let hint = "Training takes the sure annotations; with this it takes those that are only likely too";
    let likely = ui.checkbox(&mut spec.training.take_likely, "Also learn from likely annotations");
    if likely.on_hover_text(hint).changed() {
        view.send(Command::SetModel(spec));
    }
    inputs_ui(ui, project, view);
}

fn train_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    ui.add_space(tokens::GRID);
    let busy = state.job(JobKind::Train);
    let classes = project.document.legend.classes.iter().filter(|c| project.tally(c.code).pixels > 0).count();
    let ready = busy.is_none() && classes >= 2 && project.folder.read_only().is_none();
    ui.horizontal(|ui| {
        if widgets::primary(ui, ready, "Train and map").on_hover_text("Ctrl+Enter").clicked() {
            view.send(Command::Train { name: None, then_map: true });
        }
        let size = egui::vec2(0.0, tokens::TARGET + tokens::GRID);
        if ui.add_enabled(ready, egui::Button::new("Train").min_size(size)).on_hover_text("Ctrl+T").clicked()
        {
            view.send(Command::Train { name: None, then_map: false });
        }
    });
    if classes < 2 && busy.is_none() {
        let words = "Training needs pure pixels of two classes: draw polygons on the Label page.";
        ui.label(RichText::new(words).weak());
    }
    if let Some(job) = busy {
        ui.horizontal(|ui| {
            let share = job.progress.as_ref().and_then(crate::progress::Progress::share).unwrap_or(0.0);
            ui.add(egui::ProgressBar::new(share).desired_width(196.0).desired_height(8.0));
            let word = if job.cancelling { "Stopping …" } else { "Cancel" };
            if ui.add_enabled(!job.cancelling, egui::Button::new(word)).clicked() {
                view.send(Command::Cancel(job.id));
            }
        });
        let what = job.progress.as_ref().map_or("Reading samples", |p| p.what.as_str());
        let left = job.time_left().map_or(String::new(), |l| format!(", {}", format::time_left(l)));
        ui.label(RichText::new(format!("{what}{left}")).small().weak());
    }
    if let Some(training) = &project.training
        && !training.epochs.is_empty()
    {
        curves_ui(ui, &training.epochs);
        if let Some(last) = training.epochs.last() {
            let held_out = last.held_out_accuracy.map_or(String::new(), |a| {
                format!(", held-out annotations {}", format::percent(Some(f64::from(a))))
            });
            let words = format!("Epoch {}: loss {:.3}{held_out}", last.epoch, last.train_loss);
            ui.label(RichText::new(words).small().weak());
        }
    }
}

/// The loss of each epoch, on what trains and on what is held out.
fn curves_ui(ui: &mut Ui, epochs: &[EpochScore]) {
    let dark = ui.visuals().dark_mode;
    let points = |value: fn(&EpochScore) -> Option<f32>| -> PlotPoints<'static> {
        epochs.iter().filter_map(|e| Some([e.epoch as f64, f64::from(value(e)?)])).collect()
    };
    let train = points(|e| Some(e.train_loss));
    let held_out = points(|e| e.held_out_loss);
    let response = Plot::new("loss")
        .height(140.0)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_drag(false)
        .allow_boxed_zoom(false)
        .include_y(0.0)
        .include_x(1.0)
        .include_x(8.0)
        .x_axis_label("epoch")
        .y_axis_label("loss")
        .legend(Legend::default())
        .show(ui, |plot| {
            plot.line(Line::new("training", train).color(tokens::band(0, dark)).width(2.0));
            plot.line(Line::new("held out", held_out).color(tokens::band(6, dark)).width(2.0));
        });
    response.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Figure, true, "Loss curve"));
}

fn models_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    widgets::section(ui, "Models");
    if project.models.is_empty() {
        ui.label(RichText::new("No model yet. Train one: it takes seconds.").weak());
    }
    let busy = state.job(JobKind::Map).is_some();
    let shown = project.map().map(|m| m.name.as_str());
    for model in &project.models {
        model_ui(ui, project, view, model, busy, shown == Some(model.name.as_str()));
    }
}

fn model_ui(
    ui: &mut Ui,
    project: &OpenProject,
    view: &mut View,
    model: &ModelEntry,
    busy: bool,
    shown: bool,
) {
    ui.horizontal(|ui| {
        let name = RichText::new(&model.name);
        ui.label(if shown { name.strong() } else { name }).on_hover_text(format!(
            "{} classes, {} bands, {} dates, {} samples; trained {}",
            model.card.classes.len(),
            model.card.bands.len(),
            model.card.dates.len(),
            format::grouped(model.card.samples as i64),
            model.card.created
        ));
        let best = model.card.history.iter().find(|e| e.epoch == model.card.best_epoch);
        let accuracy = best.and_then(|e| e.held_out_accuracy).map(f64::from);
        ui.label(RichText::new(format::percent(accuracy)).small().weak()).on_hover_text(
            "Overall accuracy on the annotations that chose when training stopped; assess on others",
        );
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let can = !busy && project.folder.read_only().is_none() && project.site.is_some();
            let hint = format!("Maps the site on screen with {}, what is in view first", model.name);
            if ui.add_enabled(can, egui::Button::new("Map")).on_hover_text(hint).clicked() {
                let focus = project.cube().and_then(|(opened, _)| view.map.focus(opened));
                view.send(Command::Map { model: Some(model.name.clone()), site: None, focus });
            }
            if shown {
                ui.label(RichText::new("on screen").small().weak());
            }
        });
    });
}

fn areas_ui(ui: &mut Ui, project: &OpenProject) {
    let Some(mapped) = &project.last.mapped else { return };
    widgets::section(ui, &format!("Areas on {}", mapped.name));
    for (class, ha) in &mapped.areas_ha {
        ui.horizontal(|ui| {
            widgets::swatch(ui, class.colour);
            ui.label(&class.name);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.label(RichText::new(format::hectares(*ha)).monospace());
            });
        });
    }
    let words = "Counted pixels: areas with intervals need a reference sample.";
    ui.label(RichText::new(words).small().weak());
}
