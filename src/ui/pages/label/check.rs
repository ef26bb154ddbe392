//! What is wrong with the annotations, once that was asked.

use crate::app::{AppState, Command, OpenProject};
use crate::jobs::{CheckedLabels, JobKind};
use crate::labels::{AnnotationId, Finding};
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below, tr_word};
use crate::ui::{format, listing, tokens, widgets};
use egui::{RichText, Ui};

pub fn check_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    ui.horizontal(|ui| {
        let busy = state.job(JobKind::CheckLabels).is_some();
        let ready = !project.annotations.is_empty() && !busy;
        let hint = tr!("Looks for rings that cross themselves, overlaps, annotations without a pixel, classes with too little …");
        if ui.add_enabled(ready, egui::Button::new(tr!("Check labels"))).on_hover_text(hint).clicked() {
            view.send(Command::CheckLabels);
        }
        if ui.add_enabled(!project.annotations.is_empty(), egui::Button::new(tr!("Export…")))
            .on_hover_text(tr!("To GeoJSON or GeoPackage"))
            .clicked()
        {
            view.dialogs.ask_export();
        }
        if busy {
            ui.spinner();
        }
    });
    if let Some(checked) = &project.last.checked {
        findings_ui(ui, project, checked, view);
    }
}

fn findings_ui(ui: &mut Ui, project: &OpenProject, checked: &CheckedLabels, view: &mut View) {
    let findings = &checked.report.findings;
    let title = match findings.len() {
        0 => tr!("Nothing is wrong").to_string(),
        n => format::count(n, "finding"),
    };
    widgets::section(ui, &title);
    if !checked.annotations.is_same(&project.annotations) {
        let words = RichText::new(tr!("The labels have changed since")).small();
        ui.label(words.color(tokens::warning(ui.visuals().dark_mode)));
    }
    egui::ScrollArea::vertical().id_salt("findings").max_height(220.0).auto_shrink([false, true]).show_rows(
        ui,
        tokens::TARGET,
        findings.len(),
        |ui, range| {
            for finding in range.filter_map(|i| findings.get(i)) {
                finding_ui(ui, project, finding, view);
            }
        },
    );
    // Only few are looked at: those of thousands that are about one of the selected.
    let chosen =
        findings.iter().filter(|f| f.annotations.first().is_some_and(|id| project.selection.contains(id)));
    for finding in chosen.filter(|f| is_selected(project, &f.annotations)).take(3) {
        ui.label(RichText::new(tr_below(&finding.why)).small());
    }
}

/// A row that can be clicked: it selects what it is about, and brings the map there.
fn finding_ui(ui: &mut Ui, project: &OpenProject, finding: &Finding, view: &mut View) {
    let there = still_there(project, finding);
    let title = tr_word(finding.kind.title());
    let words = match finding.annotations.as_slice() {
        [one] if !finding.kind.is_about_classes() => format!("{one}  {title}"),
        [a, b] if !finding.kind.is_about_classes() => format!("{a}, {b}  {title}"),
        // What is said of many, or of a class, has no name but its sentence.
        _ => tr_below(&finding.why).into_owned(),
    };
    let button = egui::Button::selectable(is_selected(project, &there), (words.as_str(), egui::Atom::grow()));
    ui.horizontal(|ui| {
        let figure = figure(finding);
        let width = ui.available_width() - if figure.is_empty() { 0.0 } else { FIGURE };
        let button = button.truncate().min_size(egui::vec2(width, tokens::TARGET));
        let response =
            ui.add_enabled_ui(!there.is_empty(), |ui| ui.add_sized([width, tokens::TARGET], button)).inner;
        ui.label(RichText::new(figure).small().weak());
        if response
            .on_hover_text(tr_below(&finding.why))
            .on_disabled_hover_text(tr_below(&finding.why))
            .clicked()
        {
            listing::zoom_to_all(project, &there, &mut view.map);
            view.send(Command::Select(there));
        }
    });
}

/// Room for the figure of a finding.
const FIGURE: f32 = 72.0;

/// How much is wrong, where that can be said in a number.
fn figure(finding: &Finding) -> String {
    match (finding.largest_buffer_m, finding.area_ha) {
        (Some(m), _) => tr!("{m} m fits", m = m),
        (None, Some(ha)) => format::hectares(ha),
        (None, None) => String::new(),
    }
}

fn still_there(project: &OpenProject, finding: &Finding) -> Vec<AnnotationId> {
    finding.annotations.iter().copied().filter(|id| project.annotations.get(*id).is_some()).collect()
}

/// Whether these, and no others, are selected.
fn is_selected(project: &OpenProject, ids: &[AnnotationId]) -> bool {
    !ids.is_empty()
        && ids.len() == project.selection.len()
        && ids.iter().all(|id| project.selection.contains(id))
}
