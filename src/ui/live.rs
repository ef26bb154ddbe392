//! The live map, told: on the Map page how fresh it is, what it runs on, and learning that follows the labels; in the bar at
//! the bottom in a few words.

use super::view::View;
use super::words::tr;
use super::{format, tokens};
use crate::app::{AppState, Command, LIVE, LiveLayer, OpenProject};
use crate::jobs::JobKind;
use crate::model::{bf16_is_available, instructions};
use egui::{Button, RichText, Ui};

/// Learning that follows the labels: its switch, its button, and why nothing was learned.
pub fn learning_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    let can = project.folder.read_only().is_none();
    ui.horizontal(|ui| {
        let mut on = project.document.settings.keep_learning;
        let hint = tr!(
            "Two seconds after labels have changed a short training goes on from the last weights, and the live map follows. The model is called {name}",
            name = LIVE
        );
        let switch = ui.add_enabled(can, egui::Checkbox::new(&mut on, tr!("Keep learning")));
        if switch.on_hover_text(hint).changed() {
            view.send(Command::SetKeepLearning(on));
        }
        let ready = can && state.job(JobKind::Train).is_none() && !project.annotations.is_empty();
        let hint = tr!("Trains {name} once, briefly and from the last weights on", name = LIVE);
        if ui.add_enabled(ready, Button::new(tr!("Retrain now"))).on_hover_text(hint).clicked() {
            view.send(Command::RetrainNow);
        }
    });
    if let Some(why) = project.not_learned() {
        let words = tr!("Not learned from the labels: {why}", why = why);
        ui.label(RichText::new(words).small().color(tokens::warning(ui.visuals().dark_mode)));
    }
}

/// How fresh the live map is, or why there is none; what it is computed on.
pub fn live_ui(ui: &mut Ui, project: &OpenProject) {
    if let Some(live) = project.live_map() {
        ui.label(RichText::new(words(live)).small());
        let hint = tr!("It follows the view and is not saved: Map makes a map of the whole site.");
        ui.label(RichText::new(hint).small().weak());
    }
    if let Some(why) = project.no_live_map() {
        let words = tr!("No live map of this site: {why}", why = why);
        ui.label(RichText::new(words).small().color(tokens::warning(ui.visuals().dark_mode)));
    }
}

/// "CPU, 2 threads, AVX-512, f32".
pub fn device_words(project: &OpenProject) -> String {
    let settings = &project.document.settings;
    let rounded = settings.bf16 && bf16_is_available() && settings.model.kind.has_bf16();
    tr!(
        "CPU, {threads}, {instructions}, {precision}",
        threads = format::count(rayon::current_num_threads(), "thread"),
        instructions = instructions(),
        precision = if rounded { tr!("trains in f32, maps in bf16") } else { "f32" }
    )
}

/// "Live map of model-2: epoch 7, 64 % of the view at full resolution".
fn words(live: &LiveLayer) -> String {
    let fresh = live.fresh;
    let epoch = match fresh.oldest == fresh.newest || fresh.oldest == 0 {
        true => tr!("epoch {epoch}", epoch = fresh.newest),
        false => tr!("epochs {oldest} to {newest}", oldest = fresh.oldest, newest = fresh.newest),
    };
    match fresh.fine {
        fine if fine >= 1.0 => {
            tr!(
                "Live map of {model}: {epoch}, the view at full resolution",
                model = live.model,
                epoch = epoch
            )
        }
        fine => tr!(
            "Live map of {model}: {epoch}, {share} of the view at full resolution",
            model = live.model,
            epoch = epoch,
            share = format::percent(Some(f64::from(fine)))
        ),
    }
}

/// How fresh the live map is, in the bar at the bottom.
pub fn status_ui(ui: &mut Ui, project: &OpenProject) {
    let Some(live) = project.live_map() else { return };
    let text = match live.fresh.fine {
        fine if fine >= 1.0 => tr!("live, epoch {epoch}", epoch = live.fresh.newest),
        fine => tr!(
            "live, epoch {epoch}, {share} fine",
            epoch = live.fresh.newest,
            share = format!("{:.0} %", fine * 100.0)
        ),
    };
    ui.label(RichText::new(text).small()).on_hover_text(words(live));
}
