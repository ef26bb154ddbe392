//! Sentences that slide in at the top right: done, left out, failed.

use super::view::View;
use super::words::tr;
use super::{format, tokens, widgets};
use crate::app::{AppState, Command, Level};
use egui::{Align2, Area, Frame, Id, Order, RichText, pos2};
use lucide_icons::Icon;
use std::time::Duration;

/// What was done is told for so long; warnings and errors stay until they are taken off.
const DONE_FOR: Duration = Duration::from_secs(6);
/// More than so many would cover the work.
const SHOWN: usize = 4;

/// Takes off what has been told for long enough.
pub fn expire(state: &mut AppState, ctx: &egui::Context) {
    let before = state.notices.len();
    state.notices.retain(|n| n.level != Level::Done || n.since.elapsed() < DONE_FOR);
    if state.notices.iter().any(|n| n.level == Level::Done) {
        ctx.request_repaint_after(Duration::from_millis(500));
    }
    if state.notices.len() != before {
        ctx.request_repaint();
    }
}

pub fn notices_ui(ctx: &egui::Context, state: &AppState, view: &mut View) {
    if state.notices.is_empty() {
        return;
    }
    // On the map, so that no panel is covered; of the pages that lie over it, beside what is on the right.
    let over = state.project.is_none() || view.imagery.is_open() || view.labels_in.is_open();
    let right = match view.panes.map().filter(|_| !over) {
        Some(map) => map.right(),
        None => ctx.content_rect().right() - tokens::RIGHT_PANEL,
    };
    let place = pos2(right - 16.0, 88.0);
    let area = Area::new(Id::unique("notices")).order(Order::Foreground);
    area.fixed_pos(place).pivot(Align2::RIGHT_TOP).constrain_to(ctx.content_rect()).show(ctx, |ui| {
        ui.set_max_width(420.0);
        for notice in state.notices.iter().rev().take(SHOWN) {
            let dark = ui.visuals().dark_mode;
            let (word, picture, colour) = match notice.level {
                Level::Done => (tr!("Done"), Icon::CircleCheck, ui.visuals().text_color()),
                Level::Warning => (tr!("Note"), Icon::Info, tokens::warning(dark)),
                Level::Error => (tr!("Failed"), Icon::TriangleAlert, tokens::error(dark)),
            };
            Frame::window(ui.style()).inner_margin(10).show(ui, |ui| {
                ui.set_width(400.0);
                ui.horizontal(|ui| {
                    ui.label(widgets::icon(picture).color(colour));
                    ui.label(RichText::new(word).strong().color(colour));
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        let hint = tr!("Takes it off the screen");
                        if widgets::icon_button(ui, Icon::X, tr!("Dismiss"), hint).clicked() {
                            view.send(Command::Dismiss(notice.id));
                        }
                    });
                });
                ui.label(format::without_options(&notice.text));
            });
            ui.add_space(tokens::GRID);
        }
    });
}
