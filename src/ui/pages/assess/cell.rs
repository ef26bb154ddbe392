//! The pixels of a cell of the error matrix: which they are, and how to go from one place to the next.

use crate::app::{Command, OpenProject};
use crate::jobs::{Assessed, HeldAgainst};
use crate::labels::ClassCode;
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{format, tokens, widgets};
use egui::{Button, Label, RichText, Ui};

/// Whether the cells of an error matrix can be pressed.
pub enum Cells {
    /// They are of no map.
    None,
    /// They are of a map that is not on screen.
    Elsewhere(String),
    /// They are of the map on screen, held against this; and which of them is shown.
    Of(HeldAgainst, Option<[ClassCode; 2]>),
}

impl Cells {
    /// Of a part of a report.
    pub fn of(project: &OpenProject, report: &Assessed, against: HeldAgainst) -> Self {
        let report = &report.report;
        let here =
            project.site.as_ref().is_some_and(|site| site.name == report.site || report.site.is_empty());
        match project.map() {
            Some(map) if here && map.complete && map.name == report.map => {
                let shown = project.cell().filter(|found| found.against == against).map(|found| found.cell);
                Self::Of(against, shown)
            }
            _ if here && project.map_names().contains(&report.map) => Self::Elsewhere(report.map.clone()),
            _ => Self::None,
        }
    }

    /// Whether the pixels of this cell are on the map.
    pub fn shows(&self, cell: [ClassCode; 2]) -> bool {
        matches!(self, Self::Of(_, Some(shown)) if *shown == cell)
    }
}

/// Which pixels are shown, and the buttons that lead on.
pub fn cell_ui(ui: &mut Ui, project: &OpenProject, report: &Assessed, view: &mut View) {
    if project.cell_tour.is_looking() {
        ui.separator();
        ui.label(tr!("Looking for the pixels …"));
        return;
    }
    let Some(found) = project.cell() else { return };
    ui.separator();
    widgets::section(ui, tr!("Pixels of a cell"));
    let legend = project.legend_of(&found.map);
    let name =
        |code: ClassCode| legend.class(code).map_or_else(|| code.to_string(), |class| class.name.clone());
    let [reference, mapped] = found.cell;
    let words = tr!(
        "{reference} in the reference, {map} on the map: {pixels} in {places}",
        reference = name(reference),
        map = name(mapped),
        pixels = format::count(found.pixels.len(), "pixel"),
        places = format::count(found.patches.len(), "place")
    );
    ui.add(Label::new(words).wrap());
    let told = counted(report, found.against, found.cell);
    if told.is_some_and(|told| told != found.pixels.len() as u64) {
        let words = tr!("The report counted others: labels or the map have changed since. Assess anew.");
        ui.add(
            Label::new(RichText::new(words).small().color(tokens::warning(ui.visuals().dark_mode))).wrap(),
        );
    }
    ui.horizontal_wrapped(|ui| {
        let tour = &project.cell_tour;
        let many = found.patches.len() > 1;
        let hint = tr!("Goes to the place before, on the map (Shift+Y)");
        if ui.add_enabled(many, Button::new(tr!("Pixels before"))).on_hover_text(hint).clicked() {
            view.send(Command::StepCell { back: true });
        }
        let hint = tr!("Goes to the next place on the map; the largest come first (Y)");
        if ui.add_enabled(many, Button::new(tr!("Next pixels"))).on_hover_text(hint).clicked() {
            view.send(Command::StepCell { back: false });
        }
        if ui.button(tr!("Hide them")).clicked() {
            view.send(Command::HideCell);
        }
        if let (Some(number), Some(place)) = (tour.number(), tour.current()) {
            let words = tr!(
                "{number} of {count}: {pixels}",
                number = number,
                count = found.patches.len(),
                pixels = format::count(place.pixels, "pixel")
            );
            ui.label(RichText::new(words).small().weak());
        }
    });
}

/// What the report counted of a cell.
fn counted(report: &Assessed, against: HeldAgainst, [reference, mapped]: [ClassCode; 2]) -> Option<u64> {
    let scores = match against {
        HeldAgainst::Annotations => report.report.annotations.as_ref(),
        HeldAgainst::TrueMap => report.report.true_map.as_ref(),
        HeldAgainst::Reference => None,
    };
    let of_reference = || report.report.reference.as_ref().map(|estimate| &estimate.matrix);
    let matrix = scores.map(|scores| &scores.assessment.matrix).or_else(of_reference)?;
    let place = |code| matrix.classes.iter().position(|class| class.code == code);
    Some(matrix.count(place(reference)?, place(mapped)?))
}
