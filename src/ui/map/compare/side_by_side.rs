//! Two maps of the same place beside each other: what moves one moves both, and the mouse over one marks its place on the other.

use super::content;
use crate::app::OpenProject;
use crate::jobs::OpenedCube;
use crate::ui::map::pane::{self, Hands, Side};
use crate::ui::map::{stack, tools};
use crate::ui::tokens;
use crate::ui::view::View;
use crate::ui::words::tr;
use egui::{Rect, Role, Ui, WidgetInfo, pos2};

/// Points between both maps.
const BETWEEN: f32 = 2.0;

/// Where both maps lie.
pub fn halves(rect: Rect) -> (Rect, Rect) {
    let x = (rect.left() + rect.width() / 2.0).round();
    let left = Rect::from_min_max(rect.min, pos2(x - BETWEEN / 2.0, rect.bottom()));
    (left, Rect::from_min_max(pos2(x + BETWEEN / 2.0, rect.top()), rect.max))
}

/// Both maps; tells whether there is a picture.
pub fn side_by_side_ui(
    ui: &mut Ui,
    rect: Rect,
    project: &OpenProject,
    opened: &OpenedCube,
    view: &mut View,
) -> bool {
    let (left, right) = halves(rect);
    let sides = [(Side::Main, left), (Side::Other, right)];
    // Tools work on the side where the mouse is; what was begun on one ends there.
    let (pointer, down) = ui.input(|i| (i.pointer.hover_pos(), i.pointer.any_down()));
    let began = ui.input(|i| i.pointer.any_pressed());
    if !down || began {
        let under = sides.iter().find(|(_, half)| pointer.is_some_and(|pos| half.contains(pos)));
        view.map.compare.hand = under.map_or(view.map.compare.hand, |(side, _)| *side);
    }
    let hand = view.map.compare.hand;
    let hand_rect = if hand == Side::Main { left } else { right };
    let pans = tools::press(ui, hand_rect, project, view);
    let hands = Hands { pans, wheel: true };
    let memory = view.map.memory.clone();
    let (mut picture, mut moved) = (false, None);
    for (side, half) in sides {
        let shown = pane::show(ui, (side, half), (&memory, 0.0), &hands, |ui, response, projector| {
            pane::point(response, projector, opened, view);
            let painter = ui.painter_at(projector.clip_rect());
            let what = (side, content(project, side));
            let painted = stack::paint(&painter, projector, project, opened, view, what);
            let tools = side == hand;
            super::super::over_ui(ui, &painter, response, projector, (project, opened), view, tools);
            if let Some(place) = view.map.hovered.filter(|_| response.hover_pos().is_none()) {
                pane::cross_hair(&painter, projector, place);
            }
            painted
        });
        let name = match side {
            Side::Main => tr!("Map"),
            Side::Other => tr!("Map on the right"),
        };
        shown.response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, name));
        view.map.panes.push((half, memory.clone()));
        picture |= shown.inner;
        // Both glide on alike; the first counts.
        moved = moved.or(shown.moved);
    }
    if let Some(moved) = moved {
        view.map.memory = moved;
    }
    ui.painter().rect_filled(
        Rect::from_min_max(left.right_top(), right.left_bottom()),
        0.0,
        tokens::MAP_BACKGROUND,
    );
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_maps_are_as_wide_as_each_other_to_a_point() {
        for width in [431.0, 432.0, 1000.5] {
            let (left, right) = halves(Rect::from_min_size(pos2(208.0, 40.0), egui::vec2(width, 300.0)));
            assert!((left.width() - right.width()).abs() <= 1.0);
            assert_eq!(right.left() - left.right(), BETWEEN);
        }
    }
}
