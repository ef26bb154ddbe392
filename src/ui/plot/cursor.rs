//! The date on screen as a line in the plot, which one drags, clicks to another date, or moves by keys.

use crate::chart::Along;
use crate::ui::{format, tokens};
use egui::{Align2, CursorIcon, EventFilter, FontId, Key, Modifiers, Rect, Response, Stroke, Ui, vec2};
use egui_plot::{PlotPoint, PlotTransform};

/// So near the line, in points, the mouse takes it.
const REACH: f32 = 5.0;

/// Paints the line with its date; gives another date where one is asked for.
pub fn cursor_ui(
    ui: &Ui,
    response: &Response,
    transform: &PlotTransform,
    along: &Along,
    now: usize,
) -> Option<usize> {
    let frame = *transform.frame();
    let x = transform.position_from_point(&PlotPoint::new(along.places.get(now).copied()?, 0.0)).x;
    let accent = tokens::accent(ui.visuals().dark_mode);
    let painter = ui.painter().with_clip_rect(frame);
    let near = response.hover_pos().is_some_and(|pos| (pos.x - x).abs() <= REACH);
    let taken = response.dragged() || near;
    painter.vline(x, frame.y_range(), Stroke::new(if taken { 2.0 } else { 1.0 }, accent));
    if let Some(date) = along.dates.get(now) {
        let font = FontId::proportional(tokens::SMALL);
        let text =
            painter.layout_no_wrap(format::date(*date), font, tokens::on_accent(ui.visuals().dark_mode));
        let size = text.size() + vec2(8.0, 2.0);
        // At the ends of the plot it stands beside the line.
        let left = (x - size.x / 2.0).clamp(frame.left(), (frame.right() - size.x).max(frame.left()));
        let plate = Rect::from_min_size(egui::pos2(left, frame.top()), size);
        painter.rect_filled(plate, f32::from(tokens::RADIUS), accent);
        let at = Align2::CENTER_CENTER.anchor_size(plate.center(), text.size()).min;
        painter.galley(at, text, accent);
    }
    if taken {
        ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
    }
    if response.clicked() || response.drag_started() {
        response.request_focus();
    }
    let by_key = response.has_focus().then(|| {
        painter.rect_stroke(frame, 0.0, Stroke::new(1.0, accent), egui::StrokeKind::Inside);
        // The arrows are the date's, and do not lead to the next control.
        let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
        let last = along.dates.len().saturating_sub(1);
        let keys = [
            (Key::Home, 0),
            (Key::End, last),
            (Key::ArrowLeft, now.saturating_sub(1)),
            (Key::ArrowRight, (now + 1).min(last)),
        ];
        keys.into_iter().find(|(key, _)| pressed(*key)).map(|(_, time)| time)
    });
    let pressed = response.interact_pointer_pos().filter(|_| response.clicked() || response.dragged());
    let by_mouse = pressed.and_then(|pos| along.nearest(transform.value_from_position(pos).x, now));
    by_mouse.or(by_key.flatten()).filter(|time| *time != now)
}
