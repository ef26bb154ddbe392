//! The areas of the map on screen: a sortable table, to be copied or saved.

use crate::app::OpenProject;
use crate::classify::{Areas, Extent};
use crate::jobs::{self, AreasRequest, Newest};
use crate::labels::Class;
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below};
use crate::ui::{format, tokens, widgets};
use egui::{Align, Button, Color32, Grid, Label, RichText, TextStyle, Ui};
use std::sync::Arc;

/// What the table is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Column {
    /// As the legend has the classes.
    #[default]
    Legend,
    Name,
    Pixels,
    Hectares,
}

/// What the table remembers.
#[derive(Default)]
pub struct AreasView {
    thread: Option<Newest<AreasRequest, (AreasRequest, Areas)>>,
    asked: Option<AreasRequest>,
    shown: Option<(AreasRequest, Areas)>,
    by: Column,
    ascending: bool,
}

/// The areas of the map on screen, counted on a thread of their own; those of another map stay away.
pub fn areas_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let Some(map) = project.map() else { return };
    widgets::section(ui, &tr!("Areas on {name}", name = map.name));
    let Some(request) = project.areas_request() else {
        ui.label(RichText::new(tr!("Counted once the map is finished")).small().weak());
        return;
    };
    follow(ui.ctx(), request, &mut view.areas);
    let AreasView { shown, asked, by, ascending, .. } = &mut view.areas;
    let current = shown.as_ref().filter(|(of, _)| asked.as_ref().is_some_and(|asked| asked.is_same(of)));
    let Some((_, areas)) = current else {
        ui.label(RichText::new(tr!("Counting pixels …")).small().weak());
        return;
    };
    let rows = sorted(areas, *by, *ascending);
    let all = areas.share(areas.total);
    let told = rows.iter().map(|(class, extent)| {
        (Some(class.colour), class.name.as_str(), *extent, Some(areas.share(*extent)))
    });
    let told = told.chain([
        (None, tr!("All classes"), areas.total, Some(all)),
        (None, tr!("No class"), areas.nodata, None),
    ]);
    let table: Vec<_> =
        told.map(|(colour, name, extent, share)| (colour, name, cells(extent, share))).collect();
    let widths = widths(ui, table.iter().map(|(.., cells)| cells));
    Grid::new("areas").num_columns(4).striped(true).show(ui, |ui| {
        let columns = [
            (Column::Name, tr!("Class")),
            (Column::Pixels, tr!("Pixels")),
            (Column::Hectares, tr!("Area")),
            (Column::Hectares, tr!("Share")),
        ];
        for ((column, title), width) in columns.into_iter().zip(widths) {
            let hint = tr!("Sorts by this column; again, the other way; a third time, as in the legend");
            let side = if column == Column::Name { Align::Min } else { Align::Max };
            let button = Button::new(RichText::new(title).small()).frame(false);
            let response = widgets::cell(ui, (width, tokens::TARGET), side, |ui| ui.add(button));
            if response.on_hover_text(hint).clicked() {
                // Numbers begin with the largest.
                let first = column == Column::Name;
                (*by, *ascending) = match (*by == column, *ascending == first) {
                    (false, _) => (column, first),
                    (true, true) => (column, !first),
                    (true, false) => (Column::Legend, true),
                };
            }
        }
        ui.end_row();
        for (colour, name, cells) in &table {
            ui.horizontal(|ui| {
                ui.set_width(widths[0]);
                if let Some(colour) = colour {
                    widgets::swatch(ui, *colour);
                }
                ui.add(Label::new(*name).truncate());
            });
            for (cell, width) in cells.iter().zip(&widths[1..]) {
                widgets::right(ui, *width, RichText::new(cell).monospace());
            }
            ui.end_row();
        }
    });
    let text = areas.text();
    let words = tr!("Counted pixels: areas with intervals need a reference sample.");
    ui.label(RichText::new(words).small().weak());
    ui.add(Label::new(RichText::new(tr_below(&format!("{}.", areas.method))).small().weak()).wrap());
    ui.horizontal(|ui| {
        if ui
            .button(tr!("Copy table"))
            .on_hover_text(tr!("As text with tabs, for a table elsewhere"))
            .clicked()
        {
            ui.ctx().copy_text(text);
        }
        if ui.button(tr!("Save areas…")).on_hover_text(tr!("As CSV")).clicked() {
            view.dialogs.ask_save_areas();
        }
    });
}

/// Pixels, area and share of a row.
fn cells(extent: Extent, share: Option<f64>) -> [String; 3] {
    let share = share.map_or(String::new(), |share| format::percent(Some(share)));
    [format::grouped(extent.pixels as i64), format::hectares(extent.ha), share]
}

/// Widths of the columns: numbers take what they need, names what is left.
fn widths<'a>(ui: &Ui, rows: impl Iterator<Item = &'a [String; 3]>) -> [f32; 4] {
    /// A title, and a name that can be told from others.
    const LEAST: f32 = 44.0;
    let font = TextStyle::Monospace.resolve(ui.style());
    let mut widths = [0.0, LEAST, LEAST, LEAST];
    for row in rows {
        for (cell, width) in row.iter().zip(&mut widths[1..]) {
            let colour = Color32::PLACEHOLDER;
            *width = ui.painter().layout_no_wrap(cell.clone(), font.clone(), colour).size().x.max(*width);
        }
    }
    let taken: f32 = widths.iter().map(|width| width + ui.spacing().item_spacing.x).sum();
    widths[0] = (ui.available_width() - taken).max(LEAST);
    widths
}

/// Takes in what was counted, and asks where something else is on screen.
fn follow(ctx: &egui::Context, request: AreasRequest, view: &mut AreasView) {
    if let Some(came) = view.thread.as_ref().and_then(Newest::take) {
        view.shown = Some(came);
    }
    if view.asked.as_ref().is_some_and(|asked| asked.is_same(&request)) {
        return;
    }
    view.asked = Some(request.clone());
    let start = || {
        let ctx = ctx.clone();
        jobs::count_areas(Arc::new(move || ctx.request_repaint()))
    };
    view.thread.get_or_insert_with(start).ask(request);
}

fn sorted(areas: &Areas, by: Column, ascending: bool) -> Vec<(&Class, Extent)> {
    let mut rows: Vec<_> = areas.classes.iter().map(|(class, extent)| (class, *extent)).collect();
    match by {
        Column::Legend => return rows,
        Column::Name => rows.sort_by_key(|(class, _)| class.name.to_lowercase()),
        Column::Pixels => rows.sort_by_key(|(_, extent)| extent.pixels),
        Column::Hectares => rows.sort_by(|a, b| a.1.ha.total_cmp(&b.1.ha)),
    }
    if !ascending {
        rows.reverse();
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_by_each_column_both_ways() {
        let class = |code: u8, name: &str, pixels: u64| {
            (Class::new(code, name, [code; 3]), Extent { pixels, ha: pixels as f64 / 100.0 })
        };
        let classes = vec![class(1, "maize", 5), class(2, "Water", 9), class(3, "Forest", 7)];
        let areas =
            Areas { classes, total: Extent::default(), nodata: Extent::default(), method: String::new() };
        let codes =
            |by, ascending| sorted(&areas, by, ascending).iter().map(|(c, _)| c.code).collect::<Vec<_>>();
        assert_eq!(codes(Column::Legend, true), [1, 2, 3]);
        assert_eq!(codes(Column::Name, true), [3, 1, 2]);
        assert_eq!(codes(Column::Pixels, false), [2, 3, 1]);
        assert_eq!(codes(Column::Hectares, true), [1, 3, 2]);
    }
}
