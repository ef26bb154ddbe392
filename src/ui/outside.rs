//! What other programs did to the project: files that changed, told with the two ways on; and a project that is open
//! read-only here and could be edited now.

use super::view::View;
use super::{format, tokens, widgets};
use crate::app::{AppState, Command, OpenProject};
use crate::project::{OutsideChange, Theirs};
use crate::ui::words::tr;
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
    let files = change.files.join(tr!(" and "));
    ui.label(RichText::new(tr!("Another program has changed {files}", files = files)).strong());
    match &change.theirs {
        Ok(theirs) => {
            ui.label(differences(theirs));
        }
        Err(why) => {
            let words = RichText::new(tr!("What is there now cannot be loaded: {why}", why = why));
            ui.label(words.color(tokens::error(ui.visuals().dark_mode)));
        }
    }
    if change.ours_waits {
        ui.label(tr!("What you changed since waits beside it, with .mine behind the name."));
    }
    ui.add_space(tokens::GRID);
    ui.horizontal(|ui| {
        let hint = tr!("Takes in what is on the disk; Undo brings back yours (labels and legend)");
        if widgets::primary(ui, change.theirs.is_ok(), tr!("Load theirs")).on_hover_text(hint).clicked() {
            view.send(Command::LoadTheirs);
        }
        let hint = tr!("Writes yours; theirs stays beside, with .theirs behind the name");
        if ui.button(tr!("Keep mine")).on_hover_text(hint).clicked() {
            view.send(Command::KeepMine);
        }
    });
}

/// "Labels there: 3 new, 1 gone, 2 different. Sites, legend or settings differ."
fn differences(theirs: &Theirs) -> String {
    let mut sentences = Vec::new();
    if theirs.annotations.is_some() {
        let [new, gone, different] = theirs.differences.map(|count| format::grouped(count as i64));
        let told = [tr!("{n} new", n = new), tr!("{n} gone", n = gone), tr!("{n} different", n = different)];
        let counts = theirs.differences.into_iter().zip(told);
        let parts: Vec<_> = counts.filter(|(count, _)| *count > 0).map(|(_, told)| told).collect();
        sentences.push(match parts.is_empty() {
            true => tr!("The annotations there are the same as here.").to_string(),
            false => tr!("Annotations there: {parts}.", parts = parts.join(", ")),
        });
    }
    if theirs.document.is_some() {
        sentences.push(tr!("Sites, legend or settings are different there.").to_string());
    }
    sentences.join(" ")
}

/// Offers to open a project for editing that is open read-only here, once nobody else has it open.
pub fn open_for_editing_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    if project.free {
        let hint = tr!("Nobody else has it open any more: opens it again, as it is now on the disk");
        if ui.button(tr!("Open for editing")).on_hover_text(hint).clicked() {
            view.send(Command::OpenForEditing);
        }
    }
}
