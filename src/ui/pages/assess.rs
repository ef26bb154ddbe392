//! Assess: scores with how they were obtained, and the error matrix.

use super::page;
use crate::app::{AppState, Command, OpenProject};
use crate::assess::Assessment;
use crate::jobs::JobKind;
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{format, tokens, widgets};
use egui::{Align2, Color32, FontId, Grid, RichText, Sense, Ui, Vec2};

pub fn assess_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    page(ui, |ui| {
        widgets::section(ui, tr!("Assessment"));
        let busy = state.job(JobKind::Assess).is_some();
        let has_map = project.map().is_some_and(|m| m.complete);
        let ready = !busy && has_map && project.folder.read_only().is_none();
        let name = project.map().map_or(tr!("the map"), |m| m.name.as_str());
        if widgets::primary(ui, ready, &tr!("Assess {name}", name = name))
            .on_hover_text(tr!("Holds the map against annotations that its model has not seen"))
            .clicked()
        {
            view.send(Command::Assess { map: None, site: None });
        }
        if busy {
            ui.spinner();
        }
        if !has_map {
            ui.label(RichText::new(tr!("No map yet. Train and map on the Map page.")).weak());
        }
        let Some(assessed) = &project.last.assessed else { return };
        ui.label(RichText::new(tr!("Scores of {map}", map = assessed.map)).weak());
        if let Some(a) = &assessed.annotations {
            score_ui(ui, tr!("Annotations not seen by the model"), a);
        }
        if let Some(a) = &assessed.true_map {
            score_ui(ui, tr!("Simulated true map"), a);
        }
    });
}

fn score_ui(ui: &mut Ui, title: &str, a: &Assessment) {
    ui.separator();
    widgets::section(ui, title);
    ui.label(RichText::new(&a.obtained).small().weak());
    widgets::figure(ui, tr!("Overall accuracy"), &format::percent(a.overall_accuracy));
    widgets::figure(ui, tr!("Macro F1"), &format::percent(a.macro_f1));
    widgets::figure(ui, tr!("Weighted F1"), &format::percent(a.weighted_f1));
    Grid::new((title, "classes")).num_columns(4).spacing([10.0, 4.0]).striped(true).show(ui, |ui| {
        for head in ["", tr!("user's"), tr!("producer's"), tr!("samples")] {
            ui.label(RichText::new(head).small().weak());
        }
        ui.end_row();
        for (class, score) in a.matrix.classes.iter().zip(&a.classes) {
            ui.horizontal(|ui| {
                widgets::swatch(ui, class.colour);
                let name = egui::Label::new(RichText::new(&score.name).small()).truncate();
                let left = egui::Layout::left_to_right(egui::Align::Center);
                ui.allocate_ui_with_layout(Vec2::new(112.0, 16.0), left, |ui| {
                    ui.set_min_width(112.0);
                    ui.add(name).on_hover_text(&score.name);
                });
            });
            ui.label(RichText::new(format::percent(score.users_accuracy)).monospace().small());
            ui.label(RichText::new(format::percent(score.producers_accuracy)).monospace().small());
            ui.label(RichText::new(format::grouped(score.support as i64)).monospace().small());
            ui.end_row();
        }
    });
    ui.add_space(tokens::GRID);
    matrix_ui(ui, a);
}

/// The error matrix as a picture: reference down, map across, each row's shares as shades.
fn matrix_ui(ui: &mut Ui, a: &Assessment) {
    let n = a.matrix.classes.len();
    if n == 0 {
        return;
    }
    ui.label(
        RichText::new(tr!("Error matrix: reference down, map across, shares of each row")).small().weak(),
    );
    let cell = ((ui.available_width() - 24.0) / n as f32).clamp(8.0, 28.0);
    let (rect, response) =
        ui.allocate_exact_size(Vec2::new(cell * n as f32 + 20.0, cell * n as f32 + 20.0), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Figure, true, tr!("Error matrix")));
    let origin = rect.min + Vec2::splat(20.0);
    let painter = ui.painter_at(rect);
    let dark = ui.visuals().dark_mode;
    let accent = tokens::accent(dark);
    let count = |r: usize, m: usize| a.matrix.counts.get(r * n + m).copied().unwrap_or(0);
    for (i, class) in a.matrix.classes.iter().enumerate() {
        let colour = widgets::colour(class.colour);
        let along = cell * i as f32;
        let across = egui::Rect::from_min_size(origin + Vec2::new(along, -18.0), Vec2::new(cell - 1.0, 14.0));
        let down = egui::Rect::from_min_size(origin + Vec2::new(-18.0, along), Vec2::new(14.0, cell - 1.0));
        painter.rect_filled(across, 2.0, colour);
        painter.rect_filled(down, 2.0, colour);
        let total: u64 = (0..n).map(|m| count(i, m)).sum();
        for m in 0..n {
            let share = if total == 0 { 0.0 } else { count(i, m) as f32 / total as f32 };
            let at = origin + Vec2::new(cell * m as f32, along);
            let square = egui::Rect::from_min_size(at, Vec2::splat(cell - 1.0));
            painter.rect_filled(square, 2.0, ui.visuals().extreme_bg_color);
            painter.rect_filled(square, 2.0, accent.gamma_multiply(share.sqrt()));
            if share >= 0.005 && cell >= 20.0 {
                let ink = if share > 0.3 { tokens::on_accent(dark) } else { ui.visuals().text_color() };
                let words = format!("{:.0}", share * 100.0);
                painter.text(square.center(), Align2::CENTER_CENTER, words, FontId::proportional(10.0), ink);
            }
        }
    }
    if let Some(pos) = response.hover_pos() {
        let at = (pos - origin) / cell;
        let (m, r) = (at.x.floor() as i64, at.y.floor() as i64);
        if (0..n as i64).contains(&m) && (0..n as i64).contains(&r) {
            let (m, r) = (m as usize, r as usize);
            let words = tr!(
                "{reference} in the reference, {map} on the map: {pixels}",
                reference = a.matrix.classes[r].name,
                map = a.matrix.classes[m].name,
                pixels = format::count(count(r, m) as usize, "pixel")
            );
            painter.rect_stroke(
                egui::Rect::from_min_size(
                    origin + Vec2::new(cell * m as f32, cell * r as f32),
                    Vec2::splat(cell - 1.0),
                ),
                2.0,
                egui::Stroke::new(1.0, Color32::WHITE),
                egui::StrokeKind::Inside,
            );
            response.on_hover_text_at_pointer(words);
        }
    }
}
