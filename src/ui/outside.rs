//! What other programs did to the project: files that changed, told with the two ways on; and a project that is open
//! read-only here and could be edited now.

use super::view::View;
use super::{format, tokens, widgets};
use crate::app::{AppState, Command, OpenProject};
use crate::project::{OutsideChange, Theirs};
use egui::{Align2, Area, Context, Frame, Id, Order, RichText, Ui, Vec2};
use std::time::Duration;

/// Tells of files that another program has changed, and asks whose are kept.
pub fn outside_ui(ctx: &Context, state: &AppState, view: &mut View) {
    let Some(project) = &state.project else { return };
    if project.folder.read_only().is_some() {
        // Whether it is still open elsewhere is looked at between frames.
        ctx.request_repaint_after(Duration::from_secs(1));
    }
    let Some(change) = &project.outside else { return };
    let place = Area::new(Id::unique("changed outside")).order(Order::Foreground);
    place.anchor(Align2::CENTER_TOP, Vec2::new(0.0, 56.0)).show(ctx, |ui| {
        Frame::window(ui.style()).inner_margin(12).show(ui, |ui| {
            ui.set_width(460.0);
            change_ui(ui, change, view);
        });
    });
}

fn change_ui(ui: &mut Ui, change: &OutsideChange, view: &mut View) {
    let files = change.files.join(" and ");
    ui.label(RichText::new(format!("Another program has changed {files}")).strong());
    match &change.theirs {
        Ok(theirs) => {
            ui.label(differences(theirs));
        }
        Err(why) => {
            let words = RichText::new(format!("What is there now cannot be loaded: {why}"));
            ui.label(words.color(tokens::error(ui.visuals().dark_mode)));
        }
    }
    if change.ours_waits {
        ui.label("What you changed since waits beside it, with .mine behind the name.");
    }
    ui.add_space(tokens::GRID);
    ui.horizontal(|ui| {
        let hint = "Takes in what is on the disk; Undo brings back yours (labels and legend)";
        if widgets::primary(ui, change.theirs.is_ok(), "Load theirs").on_hover_text(hint).clicked() {
            view.send(Command::LoadTheirs);
        }
        let hint = "Writes yours; theirs stays beside, with .theirs behind the name";
        if ui.button("Keep mine").on_hover_text(hint).clicked() {
            view.send(Command::KeepMine);
        }
    });
}

/// "Labels there: 3 new, 1 gone, 2 different. Sites, legend or settings differ."
fn differences(theirs: &Theirs) -> String {
    let mut sentences = Vec::new();
    if theirs.annotations.is_some() {
        let counts = theirs.differences.iter().zip(["new", "gone", "different"]);
        let parts: Vec<_> = counts
            .filter(|(count, _)| **count > 0)
            .map(|(count, what)| format!("{} {what}", format::grouped(*count as i64)))
            .collect();
        sentences.push(match parts.is_empty() {
            true => "The annotations there are the same as here.".to_string(),
            false => format!("Annotations there: {}.", parts.join(", ")),
        });
    }
    if theirs.document.is_some() {
        sentences.push("Sites, legend or settings are different there.".to_string());
    }
    sentences.join(" ")
}

/// Offers to open a project for editing that is open read-only here, once nobody else has it open.
pub fn open_for_editing_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    if project.free {
        let hint = "Nobody else has it open any more: opens it again, as it is now on the disk";
        if ui.button("Open for editing").on_hover_text(hint).clicked() {
            view.send(Command::OpenForEditing);
        }
    }
}
