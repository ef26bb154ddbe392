//! Training: its button, how far it is, and what it gives while it runs.

use super::curves::curves_ui;
use super::matrix::{Matrix, matrix_ui};
use crate::app::{AppState, Command, JobView, OpenProject, Training};
use crate::jobs::JobKind;
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below};
use crate::ui::{format, live, tokens, widgets};
use egui::{Button, ProgressBar, RichText, Ui};

pub fn train_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    ui.add_space(tokens::GRID);
    let busy = state.job(JobKind::Train);
    let classes = project.document.legend.classes.iter().filter(|c| project.tally(c.code).pixels > 0).count();
    let ready = busy.is_none() && classes >= 2 && project.folder.read_only().is_none();
    ui.horizontal(|ui| {
        if widgets::primary(ui, ready, tr!("Train and map")).on_hover_text(tr!("Ctrl+Enter")).clicked() {
            view.send(Command::Train { name: None, then_map: true });
        }
        let size = egui::vec2(0.0, tokens::TARGET + tokens::GRID);
        if ui
            .add_enabled(ready, Button::new(tr!("Train")).min_size(size))
            .on_hover_text(tr!("Ctrl+T"))
            .clicked()
        {
            view.send(Command::Train { name: None, then_map: false });
        }
    });
    if classes < 2 && busy.is_none() {
        let words = tr!("Training needs pure pixels of two classes: draw polygons on the Label page.");
        ui.label(RichText::new(words).weak());
    }
    if let Some(job) = busy {
        progress_ui(ui, job, project, view);
    }
    // A training that has ended well is in the list of models.
    let Some(training) = &project.training else { return };
    if training.running || !project.models.iter().any(|model| model.name == training.name) {
        running_ui(ui, training, view);
    }
}

fn progress_ui(ui: &mut Ui, job: &JobView, project: &OpenProject, view: &mut View) {
    let kept = project.training.as_ref().and_then(Training::best).map(|best| best.epoch);
    ui.horizontal(|ui| {
        let share = job.progress.as_ref().and_then(crate::progress::Progress::share).unwrap_or(0.0);
        ui.add(ProgressBar::new(share).desired_width(ui.available_width() - 92.0).desired_height(8.0));
        let word = if job.cancelling { tr!("Stopping …") } else { tr!("Cancel") };
        let hint = match kept {
            Some(epoch) => {
                tr!("Stops now and keeps the best model so far, that of epoch {epoch}", epoch = epoch)
            }
            None => tr!("Stops now; before the first epoch has ended there is no model to keep").into(),
        };
        if ui.add_enabled(!job.cancelling, Button::new(word)).on_hover_text(hint).clicked() {
            view.send(Command::Cancel(job.id));
        }
    });
    let what = job.progress.as_ref().map_or(tr!("Reading samples"), |p| p.what.as_str());
    let what = tr_below(what).into_owned();
    let left =
        job.time_left().map_or(String::new(), |l| tr!(", {time} at most", time = format::time_left(l)));
    ui.label(RichText::new(format!("{what}{left}")).small().weak());
    ui.label(RichText::new(live::device_words(project)).small().weak());
    if let Some(epoch) = kept {
        let words = tr!("Cancel keeps the best so far, epoch {epoch}.", epoch = epoch);
        ui.label(RichText::new(words).small().weak());
    }
}

/// What a training gives while it runs, or gave before it failed.
fn running_ui(ui: &mut Ui, training: &Training, view: &mut View) {
    if training.samples > 0 {
        let held_out = match training.held_out {
            0 => tr!("nothing is held out").into(),
            n => tr!("{n} held out", n = format::grouped(n as i64)),
        };
        let classes = match training.classes.len() {
            1 => tr!("1 class").to_string(),
            n => tr!("{n} classes", n = n),
        };
        let words = tr!(
            "{name}: {samples} of {classes}, {held_out}",
            name = training.name,
            samples = format::count(training.samples, "sample"),
            classes = classes,
            held_out = held_out
        );
        ui.label(RichText::new(words).small().weak());
    }
    notes_ui(ui, &training.notes);
    let Some(last) = training.epochs.last() else { return };
    let best = training.best();
    curves_ui(
        ui,
        "training",
        &training.epochs,
        &training.classes,
        best.map(|best| best.epoch),
        &mut view.models.curve,
    );
    ui.label(RichText::new(epoch_words(training)).small().weak());
    if let Some(best) = best.filter(|best| best.held_out_loss.is_some()) {
        let mut words = tr!("Best: epoch {epoch}", epoch = best.epoch);
        if let Some(accuracy) = best.held_out_accuracy {
            words += &tr!(", accuracy {accuracy}", accuracy = format::percent(Some(f64::from(accuracy))));
        }
        if let Some(f1) = best.macro_f1() {
            words += &tr!(", macro F1 {f1}", f1 = format!("{f1:.3}"));
        }
        ui.label(RichText::new(words).small());
        if training.running && training.patience > 0 {
            let since = last.epoch.saturating_sub(best.epoch);
            let epochs = format::count(training.patience, "epoch");
            let words = tr!(
                "Stops after {epochs} without a better one; {since} so far.",
                epochs = epochs,
                since = since
            );
            ui.label(RichText::new(words).small().weak());
        }
    }
    matrix_ui(ui, "training", &Matrix { classes: &training.classes, counts: &training.matrix }, None);
}

/// What the last epoch gave.
fn epoch_words(training: &Training) -> String {
    let Some(last) = training.epochs.last() else { return String::new() };
    let held_out = last.held_out_accuracy.map_or(String::new(), |a| {
        tr!(", held-out annotations {accuracy}", accuracy = format::percent(Some(f64::from(a))))
    });
    tr!(
        "Epoch {epoch}: loss {loss}{held_out}",
        epoch = last.epoch,
        loss = format!("{:.3}", last.train_loss),
        held_out = held_out
    )
}

/// What was used and left out.
pub fn notes_ui(ui: &mut Ui, notes: &[String]) {
    for note in notes {
        ui.label(RichText::new(tr_below(note)).small().weak());
    }
}
