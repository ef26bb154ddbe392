//! Trainings without what then tested them.

use super::cell::Cells;
use super::scores::{interval, scores_ui};
use crate::app::OpenProject;
use crate::jobs::Assessed;
use crate::ui::format;
use crate::ui::view::View;
use crate::ui::words::tr;
use egui::{Grid, RichText, Ui};

pub fn trials_ui(ui: &mut Ui, _: &OpenProject, report: &Assessed, view: &mut View) {
    let Some(trials) = &report.report.trials else { return };
    scores_ui(ui, tr!("Trained again without what tests it"), &trials.pooled, &Cells::None, view);
    let with_change = trials.trials.iter().any(|trial| trial.change.is_some());
    Grid::new("trials").num_columns(3).spacing([10.0, 4.0]).striped(true).show(ui, |ui| {
        let heads = [tr!("trial"), tr!("overall"), if with_change { tr!("change") } else { tr!("macro F1") }];
        for head in heads {
            ui.label(RichText::new(head).small().weak());
        }
        ui.end_row();
        for trial in &trials.trials {
            let hint = tr!(
                "trained on {trained}, tested on {tested}",
                trained = format::count(trial.trained, "sample"),
                tested = format::count(trial.tested, "sample")
            );
            ui.label(RichText::new(&trial.name).small()).on_hover_text(&hint);
            ui.label(RichText::new(format::percent(trial.overall_accuracy)).monospace().small());
            match &trial.change {
                Some(change) => {
                    let points = change.value.map_or("–".into(), |value| format!("{:+.1}", value * 100.0));
                    ui.label(RichText::new(points).monospace().small()).on_hover_text(interval(change));
                }
                None if with_change => {
                    ui.label("");
                }
                None => {
                    ui.label(RichText::new(format::percent(trial.macro_f1)).monospace().small());
                }
            }
            ui.end_row();
        }
    });
    for trial in trials.trials.iter().filter(|trial| !trial.unlearned.is_empty()) {
        let words = tr!(
            "{trial}: nothing taught {classes}",
            trial = trial.name,
            classes = trial.unlearned.join(", ")
        );
        ui.label(RichText::new(words).small().weak());
    }
}
