//! Imagery that is being fetched, while it is; and what came of it, with what to do next.

use crate::app::{AppState, Command, JobView, OpenProject, Page};
use crate::jobs::JobKind;
use crate::progress::Progress;
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below};
use crate::ui::{format, tokens, widgets};
use egui::{ProgressBar, RichText, Ui};

/// Paints what is under way, or what came of it; tells whether there was anything.
pub fn work_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) -> bool {
    if let Some(job) = state.job(JobKind::FetchImagery).or(state.job(JobKind::ChooseSites)) {
        running_ui(ui, project, job, view);
        return true;
    }
    let fetching = project.fetching();
    let many = fetching.done.len() + fetching.failed.len() + fetching.there.len() > 1;
    match (fetching.done.as_slice(), fetching.failed.as_slice()) {
        ([], []) if fetching.there.is_empty() => false,
        ([site], []) if !many => {
            done_ui(ui, project, site, view);
            true
        }
        ([], [(site, why)]) if !many => {
            let dark = ui.visuals().dark_mode;
            let words = tr!("{site} could not be fetched", site = site);
            ui.label(RichText::new(words).strong().color(tokens::error(dark)));
            ui.label(format::without_options(why));
            let words = tr!("What was fetched stays: to go on from there, find the scenes and fetch again.");
            ui.label(RichText::new(words).small().weak());
            true
        }
        _ => {
            many_ui(ui, project, view);
            true
        }
    }
}

fn running_ui(ui: &mut Ui, project: &OpenProject, job: &JobView, view: &mut View) {
    let waiting = project.fetching().waiting();
    let title = match waiting {
        0 => tr!("Fetching {site}", site = job.subject),
        n => tr!("Fetching {site}, {n} sites wait", site = job.subject, n = n),
    };
    ui.label(RichText::new(title).strong());
    let share = job.progress.as_ref().and_then(Progress::share);
    let bar = ProgressBar::new(share.unwrap_or(0.0)).desired_width(ui.available_width()).desired_height(8.0);
    ui.add(if share.is_none() && job.paused.is_none() { bar.animate(true) } else { bar });
    let mut words: Vec<String> = Vec::new();
    if job.cancelling {
        words.push(tr!("Stopping …").into());
    } else if job.paused.is_some() {
        words.push(tr!("paused").into());
    }
    words.extend(share.map(|share| format!("{:.0} %", share * 100.0)));
    words.extend(job.time_left().filter(|_| job.paused.is_none()).map(format::time_left));
    words.extend(job.progress.as_ref().map(|progress| tr_below(&progress.what).into_owned()));
    ui.label(RichText::new(words.join(" · ")).small().weak());
    ui.horizontal(|ui| {
        let rests = job.paused.is_some();
        if job.kind == JobKind::FetchImagery {
            let (words, hint) = match rests {
                true => (tr!("Go on"), tr!("Goes on where it rests")),
                false => (tr!("Pause"), tr!("Rests after the windows that are on their way")),
            };
            let button = egui::Button::new(words);
            if ui.add_enabled(!job.cancelling, button).on_hover_text(hint).clicked() {
                view.send(Command::Rest { job: job.id, rest: !rests });
            }
        }
        let hint = tr!("What was fetched stays, and is not fetched again");
        let stop = ui.add_enabled(!job.cancelling, egui::Button::new(tr!("Stop")));
        if stop.on_hover_text(hint).clicked() {
            view.send(Command::Cancel(job.id));
        }
        if waiting > 0
            && ui.button(tr!("Stop all")).on_hover_text(tr!("Those that wait do not begin")).clicked()
        {
            view.send(Command::StopFetching);
        }
    });
    let words = tr!("It goes on when this page is closed: the bar at the bottom and the queue show it.");
    ui.label(RichText::new(words).small().weak());
}

fn done_ui(ui: &mut Ui, project: &OpenProject, site: &str, view: &mut View) {
    let cube = project.last.cubes.iter().rev().find(|cube| cube.site == site);
    let words = match cube {
        Some(cube) => tr!(
            "{site} is there: {dates} dates, {bands} bands",
            site = site,
            dates = cube.info.dates.len(),
            bands = cube.info.bands.len()
        ),
        None => tr!("{site} is there", site = site),
    };
    ui.label(RichText::new(words).strong());
    ui.label(tr!("Next, look through its dates, then label places where the class is beyond doubt."));
    ui.horizontal(|ui| {
        if widgets::primary(ui, true, tr!("Look at it")).clicked() {
            show(site, Page::Look, view);
        }
        if ui.button(tr!("Label it")).clicked() {
            show(site, Page::Label, view);
        }
    });
}

fn show(site: &str, page: Page, view: &mut View) {
    view.uncover();
    view.send(Command::ShowSite(site.to_owned()));
    view.send(Command::ShowPage(page));
}

fn many_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let fetching = project.fetching();
    let words = tr!(
        "{done} fetched, {there} passed over, {failed} could not be had",
        done = format::count(fetching.done.len(), "site"),
        there = format::grouped(fetching.there.len() as i64),
        failed = format::grouped(fetching.failed.len() as i64)
    );
    ui.label(RichText::new(words).strong());
    let dark = ui.visuals().dark_mode;
    for (site, why) in fetching.failed.iter().take(4) {
        let text = format!("{site}: {}", tr_below(&format::without_options(why)));
        ui.label(RichText::new(text).small().color(tokens::error(dark)));
    }
    let words = match fetching.failed.is_empty() {
        true => tr!("Next, train on their labels."),
        false => tr!("To try the others again, fetch once more: what is there is not fetched again."),
    };
    ui.label(words);
    if let Some(site) = fetching.done.first().or(fetching.there.first())
        && ui.button(tr!("Look at {site}", site = site)).clicked()
    {
        show(site, Page::Look, view);
    }
}
