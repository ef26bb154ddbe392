//! What a random reference sample tells: accuracies of the map, and areas on the ground.

use super::cell::Cells;
use super::matrix::matrix_ui;
use super::scores::{SHARES, bar_ui, class_ui, interval, score_ui};
use crate::app::OpenProject;
use crate::assess::{Estimated, MapEstimate, Measure};
use crate::jobs::{Assessed, HeldAgainst};
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below, tr_word};
use crate::ui::{format, widgets};
use egui::{Grid, Label, RichText, Ui};

pub fn reference_ui(ui: &mut Ui, project: &OpenProject, report: &Assessed, view: &mut View) {
    let Some(estimate) = &report.report.reference else { return };
    ui.separator();
    widgets::section(ui, tr!("Random reference sample"));
    ui.add(Label::new(RichText::new(tr_below(&estimate.obtained)).small().weak()).wrap());
    score_ui(ui, Measure::OverallAccuracy, &estimate.overall_accuracy);
    score_ui(ui, Measure::MacroF1, &estimate.macro_f1);
    score_ui(ui, Measure::WeightedF1, &estimate.weighted_f1);
    classes_ui(ui, estimate);
    areas_ui(ui, estimate);
    matrix_ui(ui, &estimate.matrix, &Cells::of(project, report, HeldAgainst::Reference), view);
    for note in &estimate.notes {
        ui.add(Label::new(RichText::new(tr_below(note)).small().weak()).wrap());
    }
}

fn colour(estimate: &MapEstimate, i: usize) -> [u8; 3] {
    estimate.matrix.classes.get(i).map_or([128; 3], |class| class.colour)
}

fn classes_ui(ui: &mut Ui, estimate: &MapEstimate) {
    Grid::new("classes of the reference").num_columns(4).spacing([8.0, 4.0]).striped(true).show(ui, |ui| {
        ui.label("");
        for (head, width) in [tr!("user's"), tr!("producer's"), "F1"].into_iter().zip(SHARES) {
            widgets::right(ui, width, RichText::new(head).small().weak());
        }
        ui.end_row();
        for (i, class) in estimate.classes.iter().enumerate() {
            class_ui(ui, colour(estimate, i), &class.name);
            let figures = [&class.users_accuracy, &class.producers_accuracy, &class.f1];
            for (figure, width) in figures.into_iter().zip(SHARES) {
                let hint = format!("{}\n{}", interval(figure), format::count(class.units as usize, "unit"));
                let value = RichText::new(format::percent(figure.value)).monospace().small();
                widgets::right(ui, width, value).on_hover_text(hint);
            }
            ui.end_row();
        }
    });
}

fn areas_ui(ui: &mut Ui, estimate: &MapEstimate) {
    widgets::section(ui, tr!("Areas on the ground"));
    ui.add(Label::new(RichText::new(tr_word(Measure::Area.measures())).small().weak()).wrap());
    let ends = estimate.classes.iter().flat_map(|class| {
        let high = class.area_ha.interval.map(|interval| interval[1]);
        [high, class.area_ha.value, Some(class.mapped_ha)].into_iter().flatten()
    });
    let most = ends.fold(0.0, f64::max);
    for (i, class) in estimate.classes.iter().enumerate() {
        ui.horizontal(|ui| {
            class_ui(ui, colour(estimate, i), &class.name);
            ui.label(RichText::new(hectares(&class.area_ha)).monospace().small())
                .on_hover_text(tr!("mapped: {ha}", ha = format::hectares(class.mapped_ha)));
        });
        bar_ui(ui, &class.area_ha, [0.0, most], Some(class.mapped_ha));
    }
}

/// "1 240 ha (1 180 to 1 300)".
fn hectares(area: &Estimated) -> String {
    let value = area.value.map_or("–".into(), format::hectares);
    match area.interval {
        Some([low, high]) => {
            let plain = |ha: f64| format::hectares(ha).trim_end_matches(" ha").to_string();
            tr!("{value} ({low} to {high})", value = value, low = plain(low), high = plain(high))
        }
        None => value,
    }
}
