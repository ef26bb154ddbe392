//! The queue: all work under way or waiting, each with its progress, its time left and what one can do about it; what
//! was left when the project was closed; and the question before closing while something is made.

mod closing;
mod entry;
mod left;

pub use closing::{Closing, closing_ui};
pub use left::left_ui;

use super::status::job_title;
use super::view::View;
use super::words::{tr, tr_below};
use super::{format, tokens, widgets};
use crate::app::{AppState, Command, JobView, OpenProject, QueueOrder};
use crate::jobs::JobKind;
use egui::{
    Align, Align2, Area, Context, Frame, Id, Label, Layout, Order, ProgressBar, RichText, ScrollArea, Ui,
    Vec2,
};
use lucide_icons::Icon;

/// What the window remembers of the queue.
#[derive(Default)]
pub struct QueueView {
    /// Whether the panel is open.
    pub open: bool,
    /// Whether the offer to go on was put off.
    pub put_off: bool,
    /// The question before closing.
    pub closing: Closing,
}

const WIDTH: f32 = 420.0;

/// The panel, above the bar at the bottom.
pub fn queue_ui(ctx: &Context, state: &AppState, view: &mut View) {
    let Some(project) = state.project.as_ref().filter(|_| view.queue.open) else { return };
    let area = Area::new(Id::unique("queue")).order(Order::Foreground);
    area.anchor(Align2::RIGHT_BOTTOM, Vec2::new(-8.0, -36.0)).show(ctx, |ui| {
        Frame::window(ui.style()).inner_margin(12).show(ui, |ui| {
            ui.set_width(WIDTH);
            head_ui(ui, state, project, view);
            let room = (ctx.content_rect().height() - 220.0).clamp(120.0, 480.0);
            ScrollArea::vertical().max_height(room).min_scrolled_height(room).show(ui, |ui| {
                ui.set_width(WIDTH);
                for job in others(state) {
                    job_ui(ui, job, view);
                }
                waiting_ui(ui, project, view);
                for entry in project.queue.entries() {
                    entry::entry_ui(ui, state, project, entry, view);
                }
            });
            foot_ui(ui, project, view);
        });
    });
}

/// Work beside the maps that one may want to stop: training, cubes, whatever takes long.
fn others(state: &AppState) -> impl Iterator<Item = &JobView> {
    const QUICK: [JobKind; 7] = [
        JobKind::Map,
        JobKind::List,
        JobKind::Cores,
        JobKind::Flags,
        JobKind::Compose,
        JobKind::OpenMap,
        JobKind::CarryOut,
    ];
    state.jobs.iter().filter(|job| !QUICK.contains(&job.kind))
}

fn head_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr!("Queue")).strong());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let hint = tr!("Takes the list off the screen; the work goes on");
            if widgets::icon_button(ui, Icon::X, tr!("Close the queue"), hint).clicked() {
                view.queue.open = false;
            }
        });
    });
    if project.queue.entries().is_empty() && others(state).next().is_none() {
        let next = tr!(
            "Train a model, then press Map beside it, or choose several sites on the left: each is mapped in its turn."
        );
        widgets::empty(ui, tr!("Nothing is under way"), next);
        return;
    }
    let ahead = project.queue.ahead();
    if ahead > 0 {
        let sites = format::count(ahead, "site");
        let mapping = state.job(JobKind::Map);
        let words = match mapping.and_then(|job| project.queue_time_left(job)) {
            Some(left) => tr!("{sites} to map, {left} in all", sites = sites, left = format::time_left(left)),
            None => tr!("{sites} to map", sites = sites),
        };
        ui.label(RichText::new(words).small().weak());
    }
}

fn foot_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let entries = project.queue.entries();
    let ended = entries.iter().any(|entry| !entry.is_ahead() && !entry.is_left());
    let (ahead, left) = (project.queue.ahead(), project.queue.left());
    if !ended && ahead < 2 && left == 0 {
        return;
    }
    ui.add_space(tokens::GRID);
    ui.horizontal(|ui| {
        let hint = tr!("Goes on with the maps that were not finished when the project was closed");
        if left > 0 && ui.button(tr!("Go on")).on_hover_text(hint).clicked() {
            view.send(Command::Queue(QueueOrder::GoOn));
        }
        let hint = tr!("Deletes what there is of unfinished maps; maps that are finished stay");
        if left > 0 && ui.button(tr!("Forget unfinished maps")).on_hover_text(hint).clicked() {
            view.send(Command::Queue(QueueOrder::ForgetLeft));
        }
        let hint = tr!("Stops the map that is made; those that wait do not begin");
        if ahead > 1 && ui.button(tr!("Stop all")).on_hover_text(hint).clicked() {
            view.send(Command::Queue(QueueOrder::StopAll));
        }
        let hint = tr!("Takes what has ended off the list; maps stay");
        if ended && ui.button(tr!("Clear")).on_hover_text(hint).clicked() {
            view.send(Command::Queue(QueueOrder::Clear));
        }
    });
}

/// A job that is no map: what it does, how far it is, and Cancel.
fn job_ui(ui: &mut Ui, job: &JobView, view: &mut View) {
    let title = job_title(job.kind);
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let name = tr!("Stop: {job}", job = title);
            let stop = |ui: &mut Ui| widgets::icon_button(ui, Icon::Square, &name, tr!("Asks it to stop"));
            if ui.add_enabled_ui(!job.cancelling, stop).inner.clicked() {
                view.send(Command::Cancel(job.id));
            }
            if job.kind == JobKind::FetchImagery {
                let rests = job.paused.is_some();
                let (picture, name) = match rests {
                    true => (Icon::Play, tr!("Go on with {job}", job = job.subject)),
                    false => (Icon::Pause, tr!("Pause {job}", job = job.subject)),
                };
                let hint = tr!("Rests after the windows that are on their way");
                let rest = |ui: &mut Ui| widgets::icon_button(ui, picture, &name, hint);
                if ui.add_enabled_ui(!job.cancelling, rest).inner.clicked() {
                    view.send(Command::Rest { job: job.id, rest: !rests });
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(format!("{title} {}", job.subject)).truncate());
            });
        });
    });
    progress_ui(ui, job);
}

/// Sites whose imagery is fetched once that of the one before is there.
fn waiting_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let waiting = project.fetching().waiting();
    if waiting == 0 {
        return;
    }
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr!("{n} sites wait for their imagery", n = waiting)).small().weak());
        if ui.small_button(tr!("Stop all")).on_hover_text(tr!("Those that wait do not begin")).clicked() {
            view.send(Command::StopFetching);
        }
    });
}

/// How far a job is, and its time left.
fn progress_ui(ui: &mut Ui, job: &JobView) {
    let share = job.progress.as_ref().and_then(crate::progress::Progress::share);
    let bar = ProgressBar::new(share.unwrap_or(0.0)).desired_width(WIDTH).desired_height(6.0);
    ui.add(if share.is_none() && job.paused.is_none() { bar.animate(true) } else { bar });
    let mut words: Vec<String> = Vec::new();
    if job.cancelling {
        words.push(tr!("Stopping …").into());
    } else if job.paused.is_some() {
        words.push(tr!("paused").into());
    }
    if let Some(share) = share {
        words.push(format!("{:.0} %", share * 100.0));
    }
    if let Some(left) = job.time_left().filter(|_| job.paused.is_none()) {
        words.push(format::time_left(left));
    }
    if let Some(progress) = &job.progress {
        words.push(tr_below(&progress.what).into_owned());
    }
    ui.label(RichText::new(words.join(" · ")).small().weak());
    ui.add_space(tokens::GRID);
}
