//! The offer, once a project is open, to go on with the maps that were not finished when it was closed.

use crate::app::{AppState, Command, QueueOrder};
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{format, tokens, widgets};
use egui::{Align2, Area, Context, Frame, Id, Order, RichText, Vec2};

pub fn left_ui(ctx: &Context, state: &AppState, view: &mut View) {
    let Some(project) = &state.project else {
        view.queue.put_off = false;
        return;
    };
    let left = project.queue.left();
    // Where files have changed, that is the first thing to answer.
    if left == 0 || view.queue.put_off || view.queue.open || project.outside.is_some() || view.is_covered() {
        return;
    }
    let area = Area::new(Id::unique("unfinished maps")).order(Order::Foreground);
    area.anchor(Align2::CENTER_TOP, Vec2::new(0.0, 56.0)).show(ctx, |ui| {
        Frame::window(ui.style()).inner_margin(12).show(ui, |ui| {
            ui.set_width(420.0);
            let maps = format::count(left, "map");
            ui.label(RichText::new(tr!("{maps} not finished", maps = maps)).strong());
            let words = tr!(
                "When the project was closed last, it was still mapping. What is finished is not made again."
            );
            ui.label(words);
            ui.add_space(tokens::GRID);
            ui.horizontal(|ui| {
                if widgets::primary(ui, true, tr!("Go on mapping")).clicked() {
                    view.send(Command::Queue(QueueOrder::GoOn));
                }
                let hint = tr!("Shows what is not finished, to choose from");
                if ui.button(tr!("Show the queue")).on_hover_text(hint).clicked() {
                    view.queue.open = true;
                }
                let hint = tr!("They stay in the queue, for another day");
                if ui.button(tr!("Later")).on_hover_text(hint).clicked() {
                    view.queue.put_off = true;
                }
            });
        });
    });
}
