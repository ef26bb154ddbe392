//! The dates: a tick and a clear share for each, step, play.

use super::bars::Bars;
use super::format;
use super::tokens;
use super::view::View;
use super::widgets::{icon_button, icon_toggle};
use super::words::tr;
use crate::app::{Command, OpenProject};
use chrono::{Datelike, NaiveDate};
use egui::{Align2, FontId, Rangef, Rect, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2};
use lucide_icons::Icon;
use std::time::{Duration, Instant};

/// How long a date is shown while playing.
pub const PLAY_STEP: Duration = Duration::from_millis(500);

/// The dates, in their pane below the map: 52 points high, so that nothing jumps while a site is on its way.
pub fn timeline_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let Some((opened, _)) = project.cube() else { return };
    let dates = &opened.cube.info().dates;
    let time = project.time();
    ui.horizontal_centered(|ui| {
        let playing = view.playing.is_some();
        let (picture, name) = if playing { (Icon::Square, tr!("Stop")) } else { (Icon::Play, tr!("Play")) };
        ui.spacing_mut().item_spacing.x = tokens::GRID;
        if icon_toggle(ui, picture, name, playing, tr!("Plays through the dates (Space)")).clicked() {
            view.playing = (!playing).then(Instant::now);
        }
        for (picture, name, hint, step) in [
            (Icon::ChevronLeft, tr!("Date before"), tr!("The date before (Left, A)"), -1),
            (Icon::ChevronRight, tr!("Date after"), tr!("The date after (Right, D)"), 1),
        ] {
            if icon_button(ui, picture, name, hint).clicked() {
                view.playing = None;
                view.send(Command::StepTime(step));
            }
        }
        if let Some(&date) = dates.get(time) {
            let label = egui::Label::new(egui::RichText::new(format::date(date)).monospace());
            ui.add_sized([92.0, tokens::TARGET], label);
        }
        if let Some(picked) = slider_ui(ui, dates, &opened.clear_share, time) {
            view.playing = None;
            view.send(Command::ShowTime(picked));
        }
    });
}

fn slider_ui(ui: &mut Ui, dates: &[NaiveDate], clear: &[f32], time: usize) -> Option<usize> {
    let size = Vec2::new(ui.available_width() - 8.0, 44.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    let (Some(&first), Some(&last)) = (dates.first(), dates.last()) else { return None };
    let (start, end) = (format::days(first), format::days(last).max(format::days(first) + 1.0));
    let inner = rect.shrink2(Vec2::new(12.0, 0.0));
    let x_of = |date: NaiveDate| {
        let share = (format::days(date) - start) / (end - start);
        inner.left() + inner.width() * share as f32
    };
    let nearest = |x: f32| {
        (0..dates.len()).min_by(|&a, &b| (x_of(dates[a]) - x).abs().total_cmp(&(x_of(dates[b]) - x).abs()))
    };
    let label = dates.get(time).map_or(String::new(), |&d| format::date(d));
    response.widget_info(|| WidgetInfo {
        value: Some(time as f64),
        ..WidgetInfo::labeled(Role::Slider, true, tr!("Date {date}", date = label))
    });
    paint(ui, rect, dates, clear, time, &x_of);
    let pointed = response.hover_pos().and_then(|pos| nearest(pos.x));
    if let Some(i) = pointed {
        let share = clear
            .get(i)
            .map_or(String::new(), |s| tr!("\n{percent} % observed", percent = format!("{:.0}", s * 100.0)));
        response.clone().on_hover_text_at_pointer(format!("{}{share}", format::date(dates[i])));
    }
    let pressed = response.interact_pointer_pos().filter(|_| response.clicked() || response.dragged());
    pressed.and_then(|pos| nearest(pos.x)).filter(|&i| i != time)
}

fn paint(
    ui: &Ui,
    rect: Rect,
    dates: &[NaiveDate],
    clear: &[f32],
    time: usize,
    x_of: &dyn Fn(NaiveDate) -> f32,
) {
    let painter = ui.painter_at(rect);
    let visuals = ui.visuals();
    let base = rect.bottom() - 14.0;
    let full = 22.0;
    painter.hline(rect.x_range(), base, visuals.widgets.noninteractive.bg_stroke);
    let weak = visuals.weak_text_color();
    let font = FontId::proportional(10.5);
    let mut last_label = f32::NEG_INFINITY;
    let mut bars = Bars::default();
    for (i, &date) in dates.iter().enumerate() {
        let x = x_of(date);
        let chosen = i == time;
        let colour = if chosen { super::tokens::accent(visuals.dark_mode) } else { weak };
        let share = clear.get(i).copied().unwrap_or(1.0);
        let width = if chosen { 6.0 } else { 3.0 };
        let ghost = visuals.widgets.inactive.weak_bg_fill;
        bars.add_around(&painter, x, width, Rangef::new(base - full, base), ghost);
        bars.add_around(&painter, x, width, Rangef::new(base - full * share.max(0.04), base), colour);
        if x - last_label > 20.0 {
            let words = format::month_mark(date, date.month() == 1 || i == 0);
            let colour = if chosen { visuals.text_color() } else { weak };
            let align = if i == 0 { Align2::LEFT_TOP } else { Align2::CENTER_TOP };
            let at = if i == 0 { pos2(x - 6.0, base + 2.0) } else { pos2(x, base + 2.0) };
            let drawn = painter.text(at, align, words, font.clone(), colour);
            last_label = drawn.right();
        }
    }
    bars.paint(&painter);
    if let Some(&date) = dates.get(time) {
        let x = x_of(date);
        let line = Stroke::new(1.0, super::tokens::accent(visuals.dark_mode));
        painter.vline(x, rect.top()..=base, line);
    }
}
