//! Arranging: each pane has a head to drag it by, with buttons for those who do not drag.

use super::place_name;
use crate::app::Command;
use crate::project::{Layout, Pane, Place};
use crate::ui::actions::Action;
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{tokens, widgets};
use egui::{
    Align, Align2, Context, CursorIcon, FontId, Id, LayerId, Layout as Flow, Order, Pos2, Rect, RichText,
    Sense, Stroke, StrokeKind, Ui, UiBuilder, Vec2, pos2,
};
use lucide_icons::Icon;

/// The part of the window, from each side, where a pane that is let go comes to lie on this side.
const SIDE: f32 = 0.28;

/// The pane that is dragged by its head, and where the mouse is.
fn held() -> Id {
    Id::unique("pane that is moved")
}

/// The head of a pane: its name, where else it can lie, and a way to hide it.
pub fn head_ui(ui: &mut Ui, pane: Pane, layout: &Layout, view: &mut View) {
    let name = Action::Pane(pane).name();
    let size = Vec2::new(ui.available_width(), tokens::TARGET);
    let (rect, response) = ui.allocate_exact_size(size, Sense::drag());
    let words = tr!("Drag {pane} to where it is to lie", pane = name);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &words));
    ui.painter().rect_filled(rect, f32::from(tokens::RADIUS), ui.visuals().widgets.open.weak_bg_fill);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(rect).layout(Flow::right_to_left(Align::Center)));
    let ui = &mut ui;
    ui.spacing_mut().item_spacing.x = 0.0;
    let (words, hint) = (tr!("Hide {pane}", pane = name), tr!("Hides it; the View menu shows it again"));
    if widgets::icon_button(ui, Icon::EyeOff, &words, hint).clicked() {
        hide(pane, layout, view);
    }
    for (place, picture) in [
        (Place::Window, Icon::AppWindow),
        (Place::Right, Icon::PanelRight),
        (Place::Bottom, Icon::PanelBottom),
        (Place::Left, Icon::PanelLeft),
    ] {
        let on = layout.of(pane).place == place;
        let words = format!("{name} {}", uncapitalised(place_name(place)));
        if widgets::icon_toggle(ui, picture, &words, on, place_name(place)).clicked() && !on {
            move_to(pane, place, layout, view);
        }
    }
    ui.with_layout(Flow::left_to_right(Align::Center), |ui| {
        ui.label(widgets::icon(Icon::GripVertical).weak());
        ui.add(egui::Label::new(RichText::new(name).strong()).truncate().selectable(false));
    });
    if response.dragged() || response.drag_stopped() {
        let to = response.interact_pointer_pos().or_else(|| ui.input(|i| i.pointer.latest_pos()));
        if let Some(pos) = to {
            ui.ctx().data_mut(|data| data.insert_temp(held(), (pane, pos, response.drag_stopped())));
        }
    }
    response.on_hover_cursor(CursorIcon::Grab);
}

fn uncapitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_lowercase().chain(chars).collect())
}

fn move_to(pane: Pane, place: Place, layout: &Layout, view: &mut View) {
    let mut layout = layout.clone();
    layout.of_mut(pane).place = place;
    view.send(Command::SetLayout(layout));
}

fn hide(pane: Pane, layout: &Layout, view: &mut View) {
    let mut layout = layout.clone();
    layout.of_mut(pane).shown = false;
    view.send(Command::SetLayout(layout));
}

/// Where the pane that is dragged would come to lie; where it is let go it lies there.
pub fn drop_ui(ctx: &Context, all: Rect, layout: &Layout, view: &mut View) {
    let Some((pane, pos, let_go)) = ctx.data(|data| data.get_temp::<(Pane, Pos2, bool)>(held())) else {
        return;
    };
    let place = place_at(all, pos);
    if let_go {
        ctx.data_mut(|data| data.remove::<(Pane, Pos2, bool)>(held()));
        if let Some(place) = place.filter(|place| *place != layout.of(pane).place) {
            move_to(pane, place, layout, view);
        }
        return;
    }
    let Some(place) = place else { return };
    let painter = ctx.layer_painter(LayerId::new(Order::Foreground, held()));
    let accent = tokens::accent(ctx.global_style().visuals.dark_mode);
    let zone = zone_of(all, place);
    painter.rect(
        zone,
        f32::from(tokens::RADIUS),
        accent.gamma_multiply(0.22),
        Stroke::new(2.0, accent),
        StrokeKind::Inside,
    );
    let font = FontId::proportional(tokens::TEXT);
    let words = format!("{}\n{}", Action::Pane(pane).name(), place_name(place));
    painter.text(zone.center(), Align2::CENTER_CENTER, words, font, tokens::OVER_IMAGE);
}

/// The place that a point of the window stands for: none in the middle, where the map stays.
fn place_at(all: Rect, pos: Pos2) -> Option<Place> {
    if !all.expand(8.0).contains(pos) {
        return Some(Place::Window);
    }
    let across = (pos.x - all.left()) / all.width().max(1.0);
    let down = (pos.y - all.top()) / all.height().max(1.0);
    match (across, down) {
        _ if across < SIDE => Some(Place::Left),
        _ if across > 1.0 - SIDE => Some(Place::Right),
        _ if down > 1.0 - SIDE => Some(Place::Bottom),
        _ => None,
    }
}

fn zone_of(all: Rect, place: Place) -> Rect {
    match place {
        Place::Left => Rect::from_min_max(all.min, pos2(all.left() + SIDE * all.width(), all.bottom())),
        Place::Right => Rect::from_min_max(pos2(all.right() - SIDE * all.width(), all.top()), all.max),
        Place::Bottom => Rect::from_min_max(
            pos2(all.left() + SIDE * all.width(), all.bottom() - SIDE * all.height()),
            pos2(all.right() - SIDE * all.width(), all.bottom()),
        ),
        Place::Window => all.shrink(24.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_middle_is_no_place_and_outside_is_a_window_of_its_own() {
        let all = Rect::from_min_size(pos2(0.0, 40.0), Vec2::new(1000.0, 600.0));
        assert_eq!(place_at(all, all.center()), None);
        assert_eq!(place_at(all, pos2(20.0, 300.0)), Some(Place::Left));
        assert_eq!(place_at(all, pos2(980.0, 300.0)), Some(Place::Right));
        assert_eq!(place_at(all, pos2(500.0, 620.0)), Some(Place::Bottom));
        assert_eq!(place_at(all, pos2(-200.0, 300.0)), Some(Place::Window));
    }

    proptest! {
        #[test]
        fn a_pane_that_is_let_go_lies_in_the_zone_that_was_shown(x in 0.0f32..1000.0, y in 0.0f32..600.0) {
            let all = Rect::from_min_size(pos2(0.0, 0.0), Vec2::new(1000.0, 600.0));
            if let Some(place) = place_at(all, pos2(x, y)) {
                prop_assert!(zone_of(all, place).expand(0.5).contains(pos2(x, y)));
            }
        }
    }
}
