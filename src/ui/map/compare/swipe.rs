//! A handle over the map: left of it the main side, right of it the other.

use crate::app::{Command, OpenProject};
use crate::ui::tokens;
use crate::ui::view::View;
use crate::ui::words::tr;
use egui::{CursorIcon, EventFilter, Rect, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2};

/// The handle is taken within so many points of its line.
const REACH: f32 = 7.0;
/// The round grip on it.
const GRIP: f32 = 13.0;
/// How far a key moves it, as a share of the map.
pub const STEP: f32 = 0.02;

/// Where the handle stands, from 0 (left) to 1: where it is dragged, ahead of the document.
pub fn split(project: &OpenProject, view: &View) -> f32 {
    view.map.compare.dragged.unwrap_or(project.document.view.comparison.split)
}

/// What lies left and right of the handle.
pub fn halves(rect: Rect, split: f32) -> (Rect, Rect) {
    let x = rect.left() + rect.width() * split;
    let left = Rect::from_min_max(rect.min, pos2(x, rect.bottom()));
    (left, Rect::from_min_max(pos2(x, rect.top()), rect.max))
}

/// The handle; gives what lies left and right of it.
pub fn handle_ui(ui: &mut Ui, rect: Rect, project: &OpenProject, view: &mut View) -> (Rect, Rect) {
    let now = split(project, view);
    let x = rect.left() + rect.width() * now;
    let line = Rect::from_x_y_ranges(x - REACH..=x + REACH, rect.y_range()).intersect(rect);
    let response = ui.interact(line, ui.scope_id().with("swipe"), Sense::click_and_drag());
    let words = tr!("Divides the map; drag it, or Shift and Left or Right");
    let response = response.on_hover_cursor(CursorIcon::ResizeHorizontal).on_hover_text_at_pointer(words);
    response.widget_info(|| WidgetInfo::slider(true, f64::from(now) * 100.0, tr!("Handle of the swipe")));
    let mut to = None;
    if let Some(pos) = response.interact_pointer_pos().filter(|_| response.dragged()) {
        view.map.compare.dragged = Some(((pos.x - rect.left()) / rect.width().max(1.0)).clamp(0.0, 1.0));
    } else if let Some(dragged) = view.map.compare.dragged.take() {
        to = Some(dragged);
    }
    view.map.compare.handle_has_focus = response.has_focus();
    if response.has_focus() {
        let arrows = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
    }
    let set = |input: &egui::InputState| {
        let asked = input.accesskit_action_requests(response.id, egui::accesskit::Action::SetValue);
        asked
            .filter_map(|request| match request.data {
                Some(egui::accesskit::ActionData::NumericValue(value)) => Some((value / 100.0) as f32),
                _ => None,
            })
            .last()
    };
    to = ui.input(set).or(to);
    if let Some(split) = to {
        let comparison = project.document.view.comparison.clone();
        view.send(Command::Compare(crate::project::Comparison { split, ..comparison }));
    }
    paint(ui, rect, x, response.hovered() || response.dragged() || response.has_focus());
    halves(rect, now)
}

fn paint(ui: &Ui, rect: Rect, x: f32, held: bool) {
    let painter = ui.painter_at(rect);
    painter.vline(x, rect.y_range(), Stroke::new(4.0, tokens::HALO));
    painter.vline(x, rect.y_range(), Stroke::new(2.0, tokens::OVER_IMAGE));
    let middle = pos2(x, rect.center().y);
    let dark = ui.visuals().dark_mode;
    let fill = if held { tokens::accent(dark) } else { tokens::OVER_IMAGE };
    painter.circle(middle, GRIP, fill, Stroke::new(2.0, tokens::HALO));
    let ink = if held { tokens::on_accent(dark) } else { egui::Color32::BLACK };
    for way in [-1.0, 1.0] {
        let tip = middle + Vec2::new(way * 8.0, 0.0);
        let back = |up: f32| middle + Vec2::new(way * 3.5, up);
        painter.line(vec![back(-4.5), tip, back(4.5)], Stroke::new(1.5, ink));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handle_divides_the_map_without_gap_or_overlap() {
        let rect = Rect::from_min_max(pos2(200.0, 40.0), pos2(600.0, 300.0));
        for split in [0.0, 0.3, 1.0] {
            let (left, right) = halves(rect, split);
            assert_eq!((left.left(), right.right()), (200.0, 600.0));
            assert_eq!(left.right(), right.left());
        }
        assert_eq!(halves(rect, 0.25).0.width(), 100.0);
    }
}
