//! What a catalogue has of an area, period by period, or why that is not known.

use crate::app::{AppState, OpenProject, SurveyState, size};
use crate::jobs::PlannedImagery;
use crate::ui::words::{tr, tr_below};
use crate::ui::{format, tokens};
use egui::{RichText, ScrollArea, Ui};

/// Height of the table of periods.
const TABLE: f32 = 340.0;

/// The periods with their scenes, and what is to be known of them.
pub fn answer_ui(ui: &mut Ui, planned: Option<&PlannedImagery>) {
    let Some(planned) = planned else { return };
    ui.add_space(tokens::GRID);
    ScrollArea::vertical().id_salt("periods").max_height(TABLE).auto_shrink([false, true]).show(ui, |ui| {
        egui::Grid::new("periods").striped(true).num_columns(4).spacing([24.0, 2.0]).show(ui, |ui| {
            for name in [tr!("Period"), tr!("Scenes"), tr!("Clouds"), tr!("Size")] {
                ui.label(RichText::new(name).weak());
            }
            ui.end_row();
            for period in &planned.periods {
                ui.label(format!("{} – {}", format::date(period.from), format::date(period.to)));
                let scenes = RichText::new(period.scenes.to_string()).monospace();
                let none = period.scenes == 0;
                ui.label(if none { scenes.color(tokens::warning(ui.visuals().dark_mode)) } else { scenes });
                ui.label(RichText::new(format::percent(period.cloud)).monospace());
                ui.label(RichText::new(period.bytes.map_or(String::new(), size)).monospace());
                ui.end_row();
            }
        });
    });
    let left_out = planned.wanted.left_out.len() + planned.odd.len() + planned.too_cloudy;
    if left_out > 0 {
        let reasons = planned.wanted.left_out.iter().chain(&planned.odd);
        let reasons: Vec<String> = reasons.map(|(id, why)| format!("{id}: {}", tr_below(why))).collect();
        let words = tr!("{scenes} left out", scenes = format::count(left_out, "scene"));
        let cloudy = tr!("{n} have more clouds than asked for", n = planned.too_cloudy);
        ui.label(RichText::new(words).weak()).on_hover_text(format!("{cloudy}\n{}", reasons.join("\n")));
    }
    for sentence in &planned.told {
        ui.label(RichText::new(tr_below(sentence)).small().weak());
    }
}

/// What all of it costs; or how far looking for it is, or why that failed.
pub fn total_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, planned: Option<&PlannedImagery>) {
    match &project.imagery_plan.state {
        SurveyState::Looking(job) => {
            ui.horizontal(|ui| {
                ui.spinner();
                let progress = state
                    .jobs
                    .iter()
                    .find(|listed| listed.id == *job)
                    .and_then(|job| Some(tr_below(&job.progress.as_ref()?.what).into_owned()));
                let words = progress.filter(|words| !words.is_empty());
                ui.label(words.unwrap_or_else(|| tr!("Searching the catalogue").to_owned()));
            });
        }
        SurveyState::Failed(why) => {
            ui.label(RichText::new(format::without_options(why)).color(ui.visuals().error_fg_color));
        }
        _ => {}
    }
    let Some(planned) = planned else { return };
    let estimate = planned.estimate.unwrap_or_default();
    let words = tr!(
        "{scenes} of {server}: {size} to fetch, {time}; told from {files}",
        scenes = format::count(planned.wanted.scenes.len(), "scene"),
        server = planned.server,
        size = size(estimate.bytes),
        time = format::about(estimate.seconds),
        files = format::count(estimate.looked_at, "file"),
    );
    ui.label(RichText::new(words).strong()).on_hover_text(planned.grid.label());
}
