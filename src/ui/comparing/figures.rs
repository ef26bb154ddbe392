//! What a comparison found: the answer first, then figures of both maps beside one another.

use crate::assess::{ComparedPlaces, Paired, Places, Winner, points};
use crate::jobs::{ComparedMaps, ComparedOn};
use crate::ui::words::{tr, tr_below, tr_word};
use crate::ui::{format, tokens, widgets};
use egui::{Align, Grid, Label, RichText, Ui};

/// More kinds of disagreement tell less.
const ROWS: usize = 8;
/// Widths of the name of a figure, and of a figure.
const NAME: f32 = 84.0;
const FIGURE: f32 = 46.0;
/// Width of an area.
const HECTARES: f32 = 60.0;

pub fn figures_ui(ui: &mut Ui, compared: &ComparedMaps) {
    ui.add_space(tokens::GRID);
    ui.add(Label::new(RichText::new(tr_below(&compared.answer)).strong()).wrap());
    for on in &compared.bases {
        basis_ui(ui, on, compared);
    }
    agreement_ui(ui, compared);
    for note in &compared.notes {
        let words = RichText::new(tr_below(note)).small().color(tokens::warning(ui.visuals().dark_mode));
        ui.add(Label::new(words).wrap());
    }
    if let Some(page) = compared.files.iter().find(|file| file.extension().is_some_and(|end| end == "html")) {
        let hint = tr!(
            "Opens the page in the browser: maps, matrices, tables and how all was obtained, to read or print"
        );
        if ui.button(tr!("Open report")).on_hover_text(hint).clicked() {
            ui.ctx().open_url(egui::OpenUrl::new_tab(widgets::file_url(page)));
        }
    }
    for file in &compared.files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        ui.add(Label::new(RichText::new(name).small().weak()).truncate())
            .on_hover_text(file.display().to_string());
    }
}

fn basis_ui(ui: &mut Ui, on: &ComparedOn, compared: &ComparedMaps) {
    let title = tr_word(on.basis.title());
    widgets::section(ui, title);
    ui.add(Label::new(RichText::new(tr_below(&on.obtained)).small().weak()).wrap());
    let names = [0, 1].map(|side| compared.maps[side].name.as_str());
    Grid::new((title, "compared")).num_columns(5).spacing([8.0, 3.0]).min_row_height(0.0).show(ui, |ui| {
        ui.spacing_mut().interact_size.y = 0.0;
        ui.label("");
        for head in [names[0], names[1], tr!("points")] {
            cell_ui(ui, FIGURE, Align::Max, RichText::new(head).weak(), head);
        }
        cell_ui(ui, FIGURE, Align::Min, RichText::new(tr!("better")).weak(), "");
        ui.end_row();
        for places in on.comparison.places.iter().filter(|places| places.units > 0) {
            let words = match places.places {
                Places::All => tr!("Overall accuracy"),
                Places::Edges => tr!("at edges"),
                Places::Interiors => tr!("in interiors"),
            };
            row_ui(ui, words, &places.overall_accuracy, names);
        }
        if let Some(all) = on.comparison.places.first() {
            row_ui(ui, tr!("Macro F1"), &all.macro_f1, names);
            row_ui(ui, tr!("Weighted F1"), &all.weighted_f1, names);
            for class in all.classes.iter().filter(|class| class.units > 0) {
                row_ui(ui, &class.name, &class.f1, names);
            }
        }
    });
    if let Some(all) = on.comparison.places.first() {
        mcnemar_ui(ui, all);
    }
}

/// A figure of both maps: "F1 of the class", by which of them is better where the interval of the difference tells.
fn row_ui(ui: &mut Ui, words: &str, paired: &Paired, names: [&str; 2]) {
    cell_ui(ui, NAME, Align::Min, RichText::new(words), words);
    let share = |side: usize| format::percent(paired.maps[side].value);
    for side in [0, 1] {
        cell_ui(ui, FIGURE, Align::Max, RichText::new(share(side)).monospace(), "");
    }
    let difference = &paired.difference;
    let hint = match difference.interval {
        Some([low, high]) => {
            tr!("95 % interval {low} to {high} points", low = points(low), high = points(high))
        }
        None => tr_below(difference.why.as_deref().unwrap_or_default()).into_owned(),
    };
    let value = difference.value.map_or("–".into(), points);
    cell_ui(ui, FIGURE, Align::Max, RichText::new(value).monospace(), &hint);
    let better = match paired.winner() {
        Winner::First => names[0],
        Winner::Second => names[1],
        Winner::Undecided => "–",
    };
    cell_ui(ui, FIGURE, Align::Min, RichText::new(better), better);
    ui.end_row();
}

/// A cell, with what it says when the mouse is on it.
fn cell_ui(ui: &mut Ui, width: f32, side: Align, text: RichText, hint: &str) {
    let label = Label::new(text.small()).truncate();
    let response = widgets::cell(ui, (width, tokens::BAR), side, |ui| ui.add(label));
    if !hint.is_empty() {
        response.on_hover_text(hint);
    }
}

fn mcnemar_ui(ui: &mut Ui, all: &ComparedPlaces) {
    let test = &all.mcnemar;
    let how = tr_below(&test.how);
    let words = match test.p {
        Some(p) => tr!("McNemar's test: p = {p}, {how}", p = format!("{p:.2e}"), how = how),
        None => tr!("McNemar's test: {how}", how = how),
    };
    ui.add(Label::new(RichText::new(words).small().weak()).wrap());
}

fn agreement_ui(ui: &mut Ui, compared: &ComparedMaps) {
    widgets::section(ui, tr!("Where they differ"));
    let share = compared.agreement.share().map(|differ| 1.0 - differ);
    let ha = compared.differ_ha();
    let words = tr!(
        "The maps agree on {share} of the land that both map and differ on {ha}.",
        share = format::percent(share),
        ha = format::hectares(ha)
    );
    ui.add(Label::new(RichText::new(words).small()).wrap());
    Grid::new("transitions").num_columns(3).spacing([12.0, 3.0]).min_row_height(0.0).show(ui, |ui| {
        ui.spacing_mut().interact_size.y = 0.0;
        for map in &compared.maps {
            ui.label(RichText::new(&map.name).small().weak());
        }
        widgets::right(ui, HECTARES, RichText::new(tr!("hectares")).small().weak());
        ui.end_row();
        for one in compared.transitions.iter().take(ROWS) {
            ui.label(RichText::new(&one.from).small());
            ui.label(RichText::new(&one.to).small());
            widgets::right(ui, HECTARES, RichText::new(format::hectares(one.hectares)).small().monospace());
            ui.end_row();
        }
    });
    if compared.transitions.len() > ROWS {
        let more = tr!("and {n} more", n = compared.transitions.len() - ROWS);
        ui.label(RichText::new(more).small().weak());
    }
}
