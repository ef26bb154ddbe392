//! Distances of pairs of sites, sorted; only the rows in view are painted, however many there are.

use super::{Clicked, Drift};
use crate::cube::picture::Ramp;
use crate::cube::statistics::{Comparison, Matching, Pair};
use crate::jobs::Measured;
use crate::ui::words::tr;
use crate::ui::{format, tokens};
use egui::{
    Align, Align2, Button, Color32, FontId, Label, Layout, RichText, Role, Sense, Ui, Vec2, WidgetInfo,
};
use egui_extras::{Column, TableBuilder};
use std::sync::Arc;

/// From this distance on a cell has the brightest colour.
const FAR: f32 = 2.0;

/// The order of the rows.
#[derive(Default)]
pub struct Order {
    /// The band sorted by; all together where there is none.
    by: Option<usize>,
    /// What it was worked out of.
    of: Option<(Arc<Measured>, Option<usize>)>,
    rows: Vec<usize>,
}

impl Order {
    /// Sorts the pairs anew where they, or what they are sorted by, are others: the greatest distance first.
    fn follow(&mut self, measured: &Arc<Measured>) {
        let comparison = &measured.comparison;
        self.by = self.by.filter(|band| *band < comparison.bands.len());
        if self.of.as_ref().is_some_and(|(of, by)| Arc::ptr_eq(of, measured) && *by == self.by) {
            return;
        }
        self.rows = (0..comparison.pairs.len()).collect();
        if let Some(band) = self.by {
            let known = |at: &usize| {
                let distance = comparison.pairs[*at].bands[band];
                if distance.is_nan() { -1.0 } else { distance }
            };
            self.rows.sort_by(|a, b| known(b).total_cmp(&known(a)));
        }
        self.of = Some((Arc::clone(measured), self.by));
    }
}

pub fn pairs_ui(ui: &mut Ui, measured: &Arc<Measured>, drift: &mut Drift) -> Option<Clicked> {
    let comparison = &measured.comparison;
    drift.pairs.follow(measured);
    let mut clicked = None;
    let mut over = None;
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr!("Distances of sites")).strong()).on_hover_text(tr!(
            "How far the values of one site must be moved to be those of the other (Wasserstein-1), at the mean over dates \
             and bands. 1 is as far as half of the values span"
        ));
        let words = match comparison.pairs.len() {
            1 => tr!("1 pair").into(),
            n => tr!("{n} pairs", n = format::grouped(n as i64)),
        };
        ui.label(RichText::new(words).small().weak());
    });
    egui::ScrollArea::horizontal().id_salt("drift-pairs").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing = Vec2::new(tokens::GRID, 0.0);
        let mut table = TableBuilder::new(ui)
            .id_salt("drift-pairs")
            .sense(Sense::click())
            .auto_shrink(false)
            .cell_layout(Layout::left_to_right(Align::Center))
            .column(Column::exact(132.0).clip(true))
            .column(Column::exact(52.0));
        for _ in &comparison.bands {
            table = table.column(Column::exact(52.0).clip(true));
        }
        let by = &mut drift.pairs.by;
        let header = |mut header: egui_extras::TableRow<'_, '_>| {
            header.col(|ui| {
                ui.label(RichText::new(tr!("Sites")).small().weak());
            });
            header.col(|ui| sort_ui(ui, by, None, tr!("All bands")));
            for (at, band) in comparison.bands.iter().enumerate() {
                header.col(|ui| sort_ui(ui, by, Some(at), &band.name));
            }
        };
        let rows = &drift.pairs.rows;
        table.header(tokens::TARGET, header).body(|body| {
            body.rows(tokens::TARGET - 2.0, rows.len(), |mut row| {
                let Some(pair) = rows.get(row.index()).and_then(|at| comparison.pairs.get(*at)) else { return };
                let name = |site: usize| comparison.sites[site].name.as_str();
                row.col(|ui| {
                    ui.add(Label::new(format!("{} – {}", name(pair.a), name(pair.b))).truncate().selectable(false));
                });
                row.col(|ui| cell_ui(ui, pair.distance));
                for distance in &pair.bands {
                    row.col(|ui| cell_ui(ui, *distance));
                }
                let response = row.response();
                response.widget_info(|| WidgetInfo::labeled(Role::Row, true, row_words(comparison, pair)));
                let ctrl = response.ctx.input(|i| i.modifiers.command);
                let response = response.on_hover_ui(|ui| {
                    ui.label(row_words(comparison, pair));
                    ui.label(tr!("Click shows the first one on the map, where they differ most; Ctrl and click lays the histograms of both over the others"));
                });
                if response.clicked() {
                    match ctrl {
                        true => over = Some((pair.a, pair.b, pair.worst)),
                        false => clicked = Some(Clicked { site: pair.a, time: pair.worst.0, over: false }),
                    }
                }
            });
        });
    });
    if let Some((a, b, (first, second))) = over {
        drift.chosen.clear();
        drift.toggle(comparison, Clicked { site: a, time: first, over: true });
        drift.toggle(comparison, Clicked { site: b, time: second, over: true });
    }
    clicked
}

fn sort_ui(ui: &mut Ui, by: &mut Option<usize>, band: Option<usize>, name: &str) {
    let sorted = *by == band;
    let text = RichText::new(name).small();
    let text = if sorted { text.strong() } else { text.weak() };
    let button = ui.add(Button::new(text).frame(false).truncate());
    let words = tr!("Sort distances by {band}", band = name);
    button.widget_info(|| WidgetInfo::selected(Role::Button, true, sorted, &words));
    if button.on_hover_text(&words).clicked() {
        *by = band;
    }
}

/// A distance on its colour.
fn cell_ui(ui: &mut Ui, distance: f32) {
    let rect = ui.max_rect().shrink2(Vec2::new(0.0, 1.0));
    if !distance.is_finite() {
        ui.painter().text(
            rect.center(),
            Align2::CENTER_CENTER,
            "–",
            FontId::monospace(11.5),
            ui.visuals().weak_text_color(),
        );
        return;
    }
    let share = (distance / FAR).clamp(0.0, 1.0);
    let [r, g, b] = Ramp::default().colour(share);
    ui.painter().rect_filled(rect, 2.0, Color32::from_rgb(r, g, b));
    let ink = if share > 0.5 { Color32::BLACK } else { Color32::WHITE };
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        format!("{distance:.2}"),
        FontId::monospace(11.5),
        ink,
    );
}

fn row_words(comparison: &Comparison, pair: &Pair) -> String {
    let name = |site: usize| comparison.sites[site].name.as_str();
    let (a, b) = (name(pair.a), name(pair.b));
    if pair.distance.is_nan() {
        return tr!("{a} and {b} have no date and band in common", a = a, b = b);
    }
    let date = comparison.sites[pair.a]
        .statistics
        .dates
        .get(pair.worst.0)
        .map_or(String::new(), ToString::to_string);
    let distance = format!("{:.2}", pair.distance);
    match pair.matching {
        Matching::Date => tr!(
            "{a} and {b} are {distance} quartile ranges apart on {n} dates, furthest on {date}",
            a = a,
            b = b,
            distance = distance,
            n = pair.dates,
            date = date
        ),
        Matching::Season => tr!(
            "{a} and {b} are {distance} quartile ranges apart on {n} dates of the same time of year, furthest on {date}",
            a = a,
            b = b,
            distance = distance,
            n = pair.dates,
            date = date
        ),
    }
}
