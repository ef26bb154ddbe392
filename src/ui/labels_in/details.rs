//! Under the table: what is skipped and why, what was repaired, what is left without pixels, what overlaps.

use crate::jobs::{ToldOfImport, Without};
use crate::labels::import::{Group, Told, grouped};
use crate::ui::words::tr;
use crate::ui::{format, tokens};
use egui::{CollapsingHeader, Label, RichText, ScrollArea, Ui};

/// Rows that are seen at once.
const ROWS: f32 = 6.0;
/// So many repairs are listed.
const LISTED: usize = 1000;

pub fn details_ui(ui: &mut Ui, told: &ToldOfImport) {
    let warning = tokens::warning(ui.visuals().dark_mode);
    let list = |ui: &mut Ui, id: &str, what: &[Told], words: String| {
        if !what.is_empty() {
            let title = RichText::new(words).color(warning);
            let rows = grouped(what).iter().map(group_line).collect::<Vec<_>>();
            list_ui(ui, id, title, &rows);
        }
    };
    ui.add_space(tokens::GRID);
    let skipped = told.skipped_features();
    list(
        ui,
        "skipped",
        &told.skipped,
        tr!("{features} skipped", features = format::count(skipped, "feature")),
    );
    list(
        ui,
        "in-part",
        &told.in_part,
        tr!("{features} imported in part", features = format::count(told.in_part.len(), "feature")),
    );
    let emptied = told.without_told(Without::Emptied);
    list(
        ui,
        "emptied",
        &emptied,
        tr!("{annotations} emptied by the buffer", annotations = format::count(emptied.len(), "annotation")),
    );
    let none = told.without_told(Without::NoWholePixel);
    list(
        ui,
        "none",
        &none,
        tr!(
            "{annotations} too small for a whole pixel",
            annotations = format::count(none.len(), "annotation")
        ),
    );
    let failed = told.without_told(Without::Failed);
    list(
        ui,
        "failed",
        &failed,
        tr!("{annotations} cannot be buffered", annotations = format::count(failed.len(), "annotation")),
    );
    let outside = told.without_told(Without::Outside);
    list(
        ui,
        "outside",
        &outside,
        tr!("{annotations} outside of every site", annotations = format::count(outside.len(), "annotation")),
    );
    let overlaps = format::count(told.overlaps.len(), "overlap");
    let words = match told.overlaps_cut_short {
        true => tr!("at least {overlaps} with another class", overlaps = overlaps),
        false => tr!("{overlaps} with another class", overlaps = overlaps),
    };
    list(ui, "overlaps", &told.overlaps, words);
    if !told.repaired.is_empty() {
        let title = tr!("{features} repaired", features = format::count(told.repaired.len(), "feature"));
        let row = |r: &crate::labels::import::Repaired| {
            let (before, after) = (format::hectares(r.before_ha), format::hectares(r.after_ha));
            tr!(
                "Feature {n}: {before} as drawn, {after} as imported",
                n = r.feature,
                before = before,
                after = after
            )
        };
        let rows: Vec<String> = told.repaired.iter().take(LISTED).map(row).collect();
        list_ui(ui, "repaired", RichText::new(title), &rows);
    }
}

fn group_line(group: &Group) -> String {
    format::sentence(&crate::jobs::group_words(group))
}

fn list_ui(ui: &mut Ui, id: &str, title: RichText, rows: &[String]) {
    CollapsingHeader::new(title).id_salt(id).show(ui, |ui| {
        let height = ROWS * (tokens::TARGET + ui.spacing().item_spacing.y);
        let area = ScrollArea::vertical().id_salt(id).max_height(height).auto_shrink([false, true]);
        area.show_rows(ui, tokens::TARGET, rows.len(), |ui, range| {
            for row in &rows[range] {
                ui.add(Label::new(RichText::new(row).weak()).truncate()).on_hover_text(row);
            }
        });
    });
}
