//! Scores with their intervals: of the whole as bars, of the classes as a table, and the error matrix.

use super::cell::Cells;
use super::matrix::matrix_ui;
use crate::assess::{Estimated, Measure, Scores};
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below, tr_word};
use crate::ui::{format, tokens, widgets};
use egui::{Grid, Label, RichText, Role, Sense, Ui, Vec2, WidgetInfo};

/// Width of a class's name in a table.
const NAME: f32 = 108.0;
/// Widths of the columns of user's and producer's accuracy and F1.
pub const SHARES: [f32; 3] = [46.0, 54.0, 46.0];

/// What a score of the whole is called.
pub fn title(measure: Measure) -> &'static str {
    match measure {
        Measure::OverallAccuracy => tr!("Overall accuracy"),
        Measure::MacroF1 => tr!("Macro F1"),
        Measure::WeightedF1 => tr!("Weighted F1"),
        Measure::QuantityDisagreement => tr!("Quantity disagreement"),
        Measure::AllocationDisagreement => tr!("Allocation disagreement"),
        Measure::Kappa => tr!("Kappa"),
        Measure::UsersAccuracy => tr!("User's accuracy"),
        Measure::ProducersAccuracy => tr!("Producer's accuracy"),
        Measure::F1 => "F1",
        Measure::Area => tr!("Area"),
        Measure::McNemar => tr!("McNemar's test"),
        Measure::Agreement => tr!("Agreement of interpreters"),
    }
}

/// "84.1 to 90.2 %", or why there is no interval.
pub fn interval(of: &Estimated) -> String {
    match (of.interval, &of.why) {
        (Some([low, high]), _) => {
            tr!(
                "{low} to {high} %",
                low = format!("{:.1}", low * 100.0),
                high = format!("{:.1}", high * 100.0)
            )
        }
        (None, Some(why)) => tr!("no interval: {why}", why = why),
        (None, None) => tr!("no interval").into(),
    }
}

/// A score of the whole: its name, value and interval, with what it says where one points at it.
pub fn score_ui(ui: &mut Ui, measure: Measure, of: &Estimated) {
    let words = format!("{}\n{}", tr_word(measure.measures()), interval(of));
    let row = ui.scope(|ui| {
        widgets::figure(ui, title(measure), &format::percent(of.value));
        bar_ui(ui, of, [0.0, 1.0], None);
    });
    row.response.on_hover_text(words);
}

/// The interval as a bar from `ends`, the value as a dot, a mark where one is given.
pub fn bar_ui(ui: &mut Ui, of: &Estimated, [least, most]: [f64; 2], mark: Option<f64>) {
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), 10.0), Sense::hover());
    let words = of.interval.map_or_else(
        || interval(of),
        |[low, high]| {
            tr!("95 % interval {low} to {high}", low = format::trimmed(low), high = format::trimmed(high))
        },
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &words));
    let inner = rect.shrink2(Vec2::new(4.0, 0.0));
    let span = if most > least { most - least } else { 1.0 };
    let x = |value: f64| inner.left() + (((value - least) / span) as f32).clamp(0.0, 1.0) * inner.width();
    let (painter, accent) = (ui.painter(), tokens::accent(ui.visuals().dark_mode));
    let y = inner.center().y;
    painter.hline(inner.x_range(), y, ui.visuals().widgets.noninteractive.bg_stroke);
    if let Some(mark) = mark {
        let stroke = egui::Stroke::new(1.5, ui.visuals().weak_text_color());
        painter.vline(x(mark), rect.y_range(), stroke);
    }
    if let Some([low, high]) = of.interval {
        let bar = egui::Rect::from_x_y_ranges(x(low)..=x(high).max(x(low) + 1.0), y - 3.0..=y + 3.0);
        painter.rect_filled(bar, 2.0, accent.gamma_multiply(0.4));
    }
    if let Some(value) = of.value {
        painter.circle_filled(egui::pos2(x(value), y), 3.0, accent);
    }
}

/// A class with its colour, in a column of its own.
pub fn class_ui(ui: &mut Ui, colour: [u8; 3], name: &str) {
    ui.horizontal(|ui| {
        widgets::swatch(ui, colour);
        let label = Label::new(RichText::new(name).small()).truncate();
        let left = egui::Layout::left_to_right(egui::Align::Center);
        ui.allocate_ui_with_layout(Vec2::new(NAME, 16.0), left, |ui| {
            ui.set_min_width(NAME);
            ui.add(label).on_hover_text(name);
        });
    });
}

pub fn scores_ui(ui: &mut Ui, title: &str, scores: &Scores, cells: &Cells, view: &mut View) {
    let assessment = &scores.assessment;
    ui.separator();
    widgets::section(ui, title);
    ui.add(Label::new(RichText::new(tr_below(&assessment.obtained)).small().weak()).wrap());
    let of_all = |value: Option<f64>| Estimated {
        value,
        why: Some(tr!("every pixel was looked at").into()),
        ..Estimated::default()
    };
    let found = scores.intervals.as_ref();
    let (quantity, allocation) =
        scores.disagreement.map_or((None, None), |d| (Some(d.quantity), Some(d.allocation)));
    let whole = [
        (Measure::OverallAccuracy, found.map(|f| &f.overall_accuracy), assessment.overall_accuracy),
        (Measure::MacroF1, found.map(|f| &f.macro_f1), assessment.macro_f1),
        (Measure::WeightedF1, found.map(|f| &f.weighted_f1), assessment.weighted_f1),
        (Measure::QuantityDisagreement, found.map(|f| &f.quantity_disagreement), quantity),
        (Measure::AllocationDisagreement, found.map(|f| &f.allocation_disagreement), allocation),
    ];
    for (measure, figure, value) in whole {
        score_ui(ui, measure, &figure.cloned().unwrap_or_else(|| of_all(value)));
        if measure == Measure::OverallAccuracy {
            ui.add(Label::new(RichText::new(tr_word(measure.measures())).small().weak()).wrap());
        }
    }
    classes_ui(ui, title, scores);
    ui.add_space(tokens::GRID);
    matrix_ui(ui, &assessment.matrix, cells, view);
    for note in found.into_iter().flat_map(|found| &found.notes) {
        ui.add(Label::new(RichText::new(tr_below(note)).small().weak()).wrap());
    }
}

fn classes_ui(ui: &mut Ui, title: &str, scores: &Scores) {
    let assessment = &scores.assessment;
    Grid::new((title, "classes")).num_columns(4).spacing([8.0, 4.0]).striped(true).show(ui, |ui| {
        ui.label("");
        let heads = [
            (tr!("user's"), Measure::UsersAccuracy),
            (tr!("producer's"), Measure::ProducersAccuracy),
            ("F1", Measure::F1),
        ];
        for ((head, measure), width) in heads.into_iter().zip(SHARES) {
            let head = RichText::new(head).small().weak();
            widgets::right(ui, width, head).on_hover_text(tr_word(measure.measures()));
        }
        ui.end_row();
        for (i, (class, score)) in assessment.matrix.classes.iter().zip(&assessment.classes).enumerate() {
            class_ui(ui, class.colour, &score.name);
            let own = scores.intervals.as_ref().and_then(|found| found.classes.get(i));
            let figures = [
                (score.users_accuracy, own.map(|own| &own.users_accuracy)),
                (score.producers_accuracy, own.map(|own| &own.producers_accuracy)),
                (score.f1, own.map(|own| &own.f1)),
            ];
            for ((value, figure), width) in figures.into_iter().zip(SHARES) {
                let mut hint = format::count(score.support as usize, "sample");
                if let Some(own) = own {
                    hint += &format!(", {}", format::count(own.annotations, "annotation"));
                }
                if let Some(figure) = figure {
                    hint = format!("{}\n{hint}", interval(figure));
                }
                let value = RichText::new(format::percent(value)).monospace().small();
                widgets::right(ui, width, value).on_hover_text(hint);
            }
            ui.end_row();
        }
    });
}
