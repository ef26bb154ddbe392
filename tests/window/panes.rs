//! The panes: shown and hidden, moved, resized, and remembered.

use crate::desk::Desk;
use crate::small::Made;
use egui::accesskit::Role;
use egui::{Key, Pos2, Rect};
use ritmo::project::{Layout, Place};

fn map(desk: &Desk) -> Rect {
    desk.rect(Role::Canvas, "Map")
}

fn drag(desk: &mut Desk, from: Pos2, to: Pos2) {
    desk.harness().hover_at(from);
    desk.steps(1);
    desk.harness().drag_at(from);
    desk.steps(1);
    for share in [0.3, 0.7, 1.0] {
        desk.harness().hover_at(from + (to - from) * share);
        desk.steps(1);
    }
    desk.harness().drop_at(to);
    desk.settle();
}

#[test]
fn panes_are_hidden_and_shown_by_key_and_by_menu_and_stay_so() {
    let mut desk = Desk::open(Made::Cube);
    let before = map(&desk);
    desk.ctrl(Key::B);
    assert!(!desk.sees("Mosaic") && map(&desk).width() > before.width() + 150.0);
    desk.ctrl(Key::J);
    assert!(!desk.sees("Pinned pixels"));
    desk.ctrl_shift(Key::J);
    assert!(!desk.sees("Series") && map(&desk).height() > before.height() + 150.0);
    let mut desk = desk.reopened();
    assert!(!desk.sees("Mosaic") && !desk.sees("Pinned pixels"));
    desk.pick("View", "Layers and sites");
    desk.assert_sees("Mosaic");
    desk.pick("View", "Reset panels");
    desk.assert_sees("Pinned pixels");
    assert_eq!(map(&desk), before);
}

#[test]
fn the_map_stands_alone_and_escape_brings_the_panes_back() {
    let mut desk = Desk::open(Made::Cube);
    let before = map(&desk);
    desk.key(Key::F11);
    assert_eq!(map(&desk).width(), 1280.0);
    assert!(!desk.can("Play") && !desk.sees("Mosaic"));
    desk.key(Key::Escape);
    assert_eq!(map(&desk), before);
    desk.key(Key::F11);
    desk.key(Key::F11);
    assert_eq!(map(&desk), before);
    assert_eq!(desk.app().state.layout, Layout::default(), "it is no change of the layout");
}

#[test]
fn a_pane_is_moved_by_the_buttons_of_its_head_and_lies_there_on_other_days() {
    let mut desk = Desk::open(Made::Cube);
    desk.pick("View", "Arrange panels");
    desk.click("Series plot right of the map");
    assert!(desk.rect(Role::Label, "Indices").left() >= map(&desk).right());
    desk.pick("View", "Stop arranging panels");
    assert!(!desk.can("Hide Series plot"));
    let mut desk = desk.reopened();
    assert!(desk.rect(Role::Label, "Indices").left() >= map(&desk).right());
    desk.point(40.5, 20.5);
    desk.until("the plot tells of the pixel under the mouse", |d| d.sees("pixel 40, 20"));
    desk.pick("View", "Reset panels");
    assert!(desk.rect(Role::Label, "Indices").top() >= map(&desk).bottom());
}

#[test]
fn a_pane_is_moved_by_dragging_its_head_and_stays_where_it_was_in_the_middle() {
    let mut desk = Desk::open(Made::Cube);
    desk.pick("View", "Arrange panels");
    let head =
        desk.rects("Drag Layers and sites to where it is to lie")[0].left_center() + egui::vec2(40.0, 0.0);
    drag(&mut desk, head, Pos2::new(640.0, 250.0));
    assert_eq!(desk.app().state.layout.layers.place, Place::Left);
    drag(&mut desk, head, Pos2::new(1200.0, 250.0));
    assert_eq!(desk.app().state.layout.layers.place, Place::Right);
    assert!(desk.rects("Mosaic")[0].left() > map(&desk).right());
}

#[test]
fn the_edge_of_a_pane_is_dragged_and_its_width_is_remembered() {
    let mut desk = Desk::open(Made::Cube);
    let before = map(&desk);
    let edge = before.left_center() - egui::vec2(2.0, 0.0);
    drag(&mut desk, edge, edge + egui::vec2(60.0, 0.0));
    let wide = map(&desk).left();
    assert!((wide - before.left() - 60.0).abs() < 6.0, "{wide}");
    let mut desk = desk.reopened();
    assert!((map(&desk).left() - wide).abs() < 2.0);
    desk.pick("View", "Reset panels");
    assert_eq!(map(&desk), before);
}

#[test]
fn the_plot_has_a_window_of_its_own() {
    let mut desk = Desk::open(Made::Cube);
    let before = map(&desk);
    desk.pick("View", "Arrange panels");
    desk.click("Series plot in a window of its own");
    assert!(map(&desk).height() > before.height() + 150.0);
    desk.assert_sees("Series plot – Ritmo");
    desk.assert_sees("Indices");
    desk.point(40.5, 20.5);
    desk.until("the plot tells of the pixel under the mouse", |d| d.sees("pixel 40, 20"));
}

#[test]
fn a_damaged_layout_is_the_usual_one_and_this_is_said_once() {
    let desk = Desk::open(Made::Cube);
    std::fs::write(desk.home().join("layout.json"), "{\"series\": 3}").unwrap();
    let mut desk = desk.reopened();
    desk.assert_sees("The panels lie as they do at first");
    let desk = desk.reopened();
    assert!(desk.notices().is_empty());
}

#[test]
fn the_panes_leave_room_for_the_map_in_the_narrowest_window() {
    let mut desk = Desk::open(Made::Cube);
    let mut layout = Layout::default();
    layout.layers.width = 440.0;
    layout.page.width = 560.0;
    layout.series.height = 520.0;
    desk.send(ritmo::app::Command::SetLayout(layout));
    desk.harness().set_size(egui::vec2(960.0, 600.0));
    desk.settle();
    assert!(map(&desk).width() >= 150.0 && map(&desk).height() >= 60.0, "{:?}", map(&desk));
}
