//! One map of the queue: what it is, what became of it so far, and what one can do about it.

use super::progress_ui;
use crate::app::{AppState, Command, OpenProject, QueueEntry, QueueOrder, QueueState};
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{format, tokens, widgets};
use egui::{Align, Label, Layout, RichText, Ui};
use lucide_icons::Icon;

pub fn entry_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, entry: &QueueEntry, view: &mut View) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            orders_ui(ui, project, entry, view);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let words = tr!("{site} with {model}", site = entry.asked.site, model = entry.name);
                ui.add(Label::new(words).truncate());
            });
        });
    });
    if let QueueState::Running(job) = entry.state {
        if let Some(job) = state.jobs.iter().find(|view| view.id == job) {
            progress_ui(ui, job);
        }
        return;
    }
    let dark = ui.visuals().dark_mode;
    let words = RichText::new(became(entry)).small();
    let words = match entry.state {
        QueueState::Failed(_) => words.color(tokens::error(dark)),
        _ => words.weak(),
    };
    ui.add(Label::new(words).wrap());
    ui.add_space(tokens::GRID);
}

/// What became of it so far, in a sentence.
fn became(entry: &QueueEntry) -> String {
    match &entry.state {
        QueueState::Left { done, of } if *of > 0 => {
            let share = format::percent(Some(*done as f64 / *of as f64));
            tr!("not finished when the project was closed: {share} is there", share = share)
        }
        QueueState::Left { .. } => tr!("had not begun when the project was closed").into(),
        QueueState::Waiting if entry.paused => tr!("paused: passed over until it goes on").into(),
        QueueState::Waiting => tr!("waits").into(),
        QueueState::Running(_) => tr!("is made").into(),
        QueueState::Done(mapped) => {
            let seconds = format!("{:.1}", mapped.seconds);
            let pixels = format::count(mapped.pixels as usize, "pixel");
            tr!("done: {pixels} in {seconds} s", pixels = pixels, seconds = seconds)
        }
        QueueState::Failed(why) => tr!("failed: {why}", why = format::without_options(why)),
        QueueState::Stopped => tr!("stopped").into(),
    }
}

/// The buttons of an entry, from the right.
fn orders_ui(ui: &mut Ui, project: &OpenProject, entry: &QueueEntry, view: &mut View) {
    let (id, site) = (entry.id, &entry.asked.site);
    let mut order = |ui: &mut Ui, can: bool, picture: Icon, name: String, hint: &str, order: QueueOrder| {
        let button = |ui: &mut Ui| widgets::icon_button(ui, picture, &name, hint);
        if ui.add_enabled_ui(can, button).inner.clicked() {
            view.send(Command::Queue(order));
        }
    };
    match entry.state {
        QueueState::Waiting | QueueState::Running(_) => {
            let hint = tr!("Stops it; what is finished of it stays, and Retry goes on from there");
            order(
                ui,
                true,
                Icon::Square,
                tr!("Stop the map of {site}", site = site),
                hint,
                QueueOrder::Stop(id),
            );
            if entry.paused {
                let name = tr!("Go on with the map of {site}", site = site);
                order(ui, true, Icon::Play, name, tr!("Goes on where it rests"), QueueOrder::Resume(id));
            } else {
                let hint = tr!(
                    "Rests at once, and the cores are free; those that wait behind one that is made wait on"
                );
                let name = tr!("Pause the map of {site}", site = site);
                order(ui, true, Icon::Pause, name, hint, QueueOrder::Pause(id));
            }
        }
        QueueState::Left { .. } | QueueState::Failed(_) | QueueState::Stopped => {
            let name = tr!("Retry the map of {site}", site = site);
            let hint = tr!("Enters it again; it goes on from what is finished");
            order(ui, true, Icon::RotateCcw, name, hint, QueueOrder::Retry(id));
        }
        QueueState::Done(_) => {}
    }
    if entry.waits() {
        let (up, down) = (project.queue.can_move(id, true), project.queue.can_move(id, false));
        let name = tr!("Move the map of {site} down", site = site);
        order(ui, down, Icon::ArrowDown, name, tr!("Later"), QueueOrder::MoveDown(id));
        let name = tr!("Move the map of {site} up", site = site);
        order(ui, up, Icon::ArrowUp, name, tr!("Sooner"), QueueOrder::MoveUp(id));
    }
}
