//! The bar at the bottom: where the mouse is, what is there, and the jobs under way.

use super::view::View;
use super::words::{tr, tr_below, tr_word};
use super::{actions::Action, format, here, live, tokens};
use crate::app::{AppState, Command, OpenProject};
use crate::jobs::JobKind;
use egui::{Align, Layout, Panel, RichText, Ui};

pub fn status_ui(ui: &mut Ui, state: &AppState, project: Option<&OpenProject>, view: &mut View) {
    Panel::bottom("status").exact_size(28.0).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0 * tokens::GRID;
            if let Some(project) = project.filter(|_| !view.is_covered()) {
                here::here_ui(ui, project, view);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                jobs_ui(ui, state, view);
                if let Some(project) = project {
                    live::status_ui(ui, project);
                }
            });
        });
    });
}

/// Opens the queue; tells how many maps are not made yet.
fn queue_button_ui(ui: &mut Ui, state: &AppState, view: &mut View) {
    let Some(project) = &state.project else { return };
    let words = match project.queue.ahead() + project.queue.left() {
        0 => tr!("Queue").to_string(),
        n => tr!("Queue ({n})", n = n),
    };
    let button = egui::Button::selectable(view.queue.open, RichText::new(words).small());
    let hint =
        tr!("What is made, what waits, and what became of it ({keys})", keys = Action::Queue.keys_text());
    if ui.add(button).on_hover_text(hint).clicked() {
        view.queue.open ^= true;
    }
}

fn jobs_ui(ui: &mut Ui, state: &AppState, view: &mut View) {
    queue_button_ui(ui, state, view);
    // The list sorts itself; only what one may want to stop is told.
    for job in state.jobs.iter().filter(|job| job.kind != JobKind::List) {
        let cancel =
            egui::Button::new(if job.cancelling { tr!("Stopping …") } else { tr!("Cancel") }).small();
        if ui
            .add_enabled(!job.cancelling, cancel)
            .on_hover_text(tr!("Stops: {job}", job = job_title(job.kind)))
            .clicked()
        {
            view.send(Command::Cancel(job.id));
        }
        let share = job.progress.as_ref().and_then(crate::progress::Progress::share);
        let mut text = format!("{} {}", job_title(job.kind), short(&job.subject));
        if let Some(share) = share {
            text += &format!(" {:.0} %", share * 100.0);
        }
        if job.paused.is_some() {
            text += &format!(", {}", tr!("paused"));
        } else if let Some(left) = job.time_left() {
            text += &format!(", {}", format::time_left(left));
        }
        let bar = egui::ProgressBar::new(share.unwrap_or(0.0)).desired_width(96.0).desired_height(6.0);
        ui.add(if share.is_none() { bar.animate(true) } else { bar });
        let label = ui.label(RichText::new(text).small());
        if let Some(progress) = &job.progress {
            label.on_hover_text(tr_below(&progress.what));
        }
    }
}

/// What a job does, on screen.
pub fn job_title(kind: JobKind) -> &'static str {
    tr_word(kind.title())
}

/// The end of a long subject, which for paths is what tells.
fn short(subject: &str) -> String {
    let length = subject.chars().count();
    if length <= 36 {
        return subject.to_string();
    }
    format!("…{}", subject.chars().skip(length - 35).collect::<String>())
}
