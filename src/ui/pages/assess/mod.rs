//! Assess: how right a map or a model is, with intervals and how they were obtained; what stands behind each figure.

mod areas;
mod begin;
mod cell;
mod matrix;
mod reports;
mod scores;
mod trials;

use super::page;
use crate::app::{AppState, OpenProject, Page};
use crate::jobs::{Assessed, HeldAgainst};
use crate::ui::view::View;
use crate::ui::widgets::part;
use crate::ui::words::tr;
use crate::ui::{comparing, reference, widgets};
use egui::Ui;
use std::path::PathBuf;

/// What the page remembers.
#[derive(Default)]
pub struct AssessView {
    begin: begin::BeginView,
    /// The file of the report on screen; the newest unless one was chosen.
    chosen: Option<PathBuf>,
}

impl AssessView {
    /// The report on screen.
    fn report<'a>(&self, project: &'a OpenProject) -> Option<&'a Assessed> {
        let chosen = project.reports.iter().find(|report| Some(&report.file) == self.chosen.as_ref());
        chosen.or(project.reports.first())
    }
}

/// A part of the page that tells of a report.
type Section = fn(&mut Ui, &OpenProject, &Assessed, &mut View);

/// The parts that tell of the report on screen, from top to bottom.
const SECTIONS: [Section; 6] =
    [reports::report_ui, annotations_ui, truth_ui, areas::reference_ui, trials::trials_ui, cell::cell_ui];

pub fn assess_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    if project.is_blind() {
        return reference::labelling_ui(ui, project, view);
    }
    page(ui, Page::Assess, |ui| {
        part(ui, "begin", |ui| begin::begin_ui(ui, state, project, view));
        part(ui, "reference", |ui| reference::section_ui(ui, state, project, view));
        match view.assess.report(project) {
            Some(report) => {
                for (i, section) in SECTIONS.into_iter().enumerate() {
                    part(ui, ("section", i), |ui| section(ui, project, report, view));
                }
                part(ui, "others", |ui| reports::others_ui(ui, project, view));
            }
            None => widgets::empty(
                ui,
                tr!("Nothing has been assessed yet"),
                match project.map() {
                    Some(map) if map.complete => tr!(
                        "Press the button above: the map is held against annotations that its model has not seen."
                    ),
                    _ => tr!(
                        "Map a site, then press the button above: the map is held against annotations that its model has not seen."
                    ),
                },
            ),
        }
        part(ui, "comparing", |ui| comparing::comparing_ui(ui, state, project, view));
    });
}

fn annotations_ui(ui: &mut Ui, project: &OpenProject, report: &Assessed, view: &mut View) {
    if let Some(found) = &report.report.annotations {
        let cells = cell::Cells::of(project, report, HeldAgainst::Annotations);
        scores::scores_ui(ui, tr!("Annotations not seen by the model"), found, &cells, view);
    }
}

fn truth_ui(ui: &mut Ui, project: &OpenProject, report: &Assessed, view: &mut View) {
    if let Some(found) = &report.report.true_map {
        let cells = cell::Cells::of(project, report, HeldAgainst::TrueMap);
        scores::scores_ui(ui, tr!("Simulated true map"), found, &cells, view);
    }
}
