//! The tools on the map, by mouse and keys.

use crate::desk::Desk;
use crate::small::{CLASSES, Made, block, grid};
use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Pos2};
use geo::{Area, Geometry};
use ritmo::app::Command;
use ritmo::jobs::JobKind;
use ritmo::labels::Annotation;
use std::time::{Duration, Instant};

fn label_page(made: Made) -> Desk {
    let mut desk = Desk::open(made);
    desk.key(Key::F2);
    desk
}

fn event(desk: &mut Desk, event: Event) {
    desk.harness().event(event);
    desk.steps(1);
}

fn hold(desk: &mut Desk, modifiers: Modifiers) {
    event(desk, Event::ModifiersChanged(modifiers));
}

fn button(desk: &mut Desk, pos: Pos2, button: PointerButton, pressed: bool, modifiers: Modifiers) {
    event(desk, Event::PointerButton { pos, button, pressed, modifiers });
}

/// Drags over points of the screen without letting go.
fn drag_on(desk: &mut Desk, points: &[Pos2], with: PointerButton, modifiers: Modifiers) {
    desk.harness().hover_at(points[0]);
    desk.steps(1);
    button(desk, points[0], with, true, modifiers);
    for pair in points.windows(2) {
        for step in 1..=4 {
            let pos = pair[0].lerp(pair[1], step as f32 / 4.0);
            desk.harness().hover_at(pos);
            desk.steps(1);
        }
    }
}

fn let_go(desk: &mut Desk, pos: Pos2, with: PointerButton, modifiers: Modifiers) {
    button(desk, pos, with, false, modifiers);
    desk.settle();
}

/// Drags over places of the grid.
fn drag(desk: &mut Desk, places: &[(f64, f64)], with: PointerButton, modifiers: Modifiers) {
    let points: Vec<Pos2> = places.iter().map(|&(col, row)| desk.at(col, row)).collect();
    hold(desk, modifiers);
    drag_on(desk, &points, with, modifiers);
    let_go(desk, points[points.len() - 1], with, modifiers);
    hold(desk, Modifiers::NONE);
}

fn left_drag(desk: &mut Desk, places: &[(f64, f64)]) {
    drag(desk, places, PointerButton::Primary, Modifiers::NONE);
}

fn click_with(desk: &mut Desk, (col, row): (f64, f64), with: PointerButton, modifiers: Modifiers) {
    let pos = desk.at(col, row);
    desk.harness().hover_at(pos);
    desk.steps(1);
    hold(desk, modifiers);
    button(desk, pos, with, true, modifiers);
    button(desk, pos, with, false, modifiers);
    hold(desk, Modifiers::NONE);
    desk.settle();
}

fn click_corners(desk: &mut Desk, places: &[(f64, f64)]) {
    for &(col, row) in places {
        desk.click_map(col, row);
    }
}

fn annotations(desk: &Desk) -> Vec<Annotation> {
    desk.project().annotations.iter().map(|a| (**a).clone()).collect()
}

fn selection(desk: &Desk) -> Vec<u64> {
    desk.project().selection.iter().copied().collect()
}

/// Corners (column, row) of the exterior, to a tenth of a pixel; the first one once.
fn corners(geometry: &Geometry<f64>) -> Vec<(f64, f64)> {
    let Geometry::Polygon(polygon) = geometry else { panic!("{geometry:?}") };
    let mut places: Vec<[f64; 2]> = polygon.exterior().coords().skip(1).map(|c| [c.x, c.y]).collect();
    grid().crs.xy_from_lonlat(&mut places).unwrap();
    let round = |v: f64| (v * 10.0).round() / 10.0;
    let pixel = |[x, y]: [f64; 2]| {
        let [col, row] = grid().pixel_from_xy(x, y);
        (round(col), round(row))
    };
    places.into_iter().map(pixel).collect()
}

fn near(found: (f64, f64), (col, row): (f64, f64)) -> bool {
    (found.0 - col).abs() < 0.35 && (found.1 - row).abs() < 0.35
}

#[track_caller]
fn assert_corners(geometry: &Geometry<f64>, expected: &[(f64, f64)]) {
    let found = corners(geometry);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    assert!(expected.iter().all(|&e| found.iter().any(|&f| near(f, e))), "{found:?} and not {expected:?}");
}

/// Pixels that a geometry covers.
fn pixels(geometry: &Geometry<f64>) -> f64 {
    let one = ritmo::labels::shape::whole(&crate::small::block((40, 41), (40, 41)).into()).unwrap();
    geometry.unsigned_area() / one.geometry.unsigned_area()
}

const SQUARE: [(f64, f64); 4] = [(30.0, 30.0), (30.0, 60.0), (60.0, 60.0), (60.0, 30.0)];

/// A square of 30 x 30 pixels, drawn and selected.
fn with_square() -> Desk {
    let mut desk = label_page(Made::Cube);
    click_corners(&mut desk, &SQUARE);
    desk.key(Key::Enter);
    assert_eq!(desk.project().annotations.len(), 1);
    desk
}

#[test]
fn every_tool_is_in_the_bar_and_under_its_key() {
    let mut desk = label_page(Made::Labels);
    for name in ["Select", "Polygon", "Rectangle", "Freehand", "Hole", "Split", "Extend", "Snapping"] {
        assert!(desk.can(name), "{name}");
    }
    assert!(!desk.can("Merge"), "nothing is selected");
    desk.harness().check_accessibility();
    // A click alone makes nothing with any of them.
    for key in [Key::R, Key::L, Key::H, Key::X, Key::E, Key::P] {
        desk.key(key);
        desk.click_map(40.0, 40.0);
        desk.key(Key::Escape);
    }
    assert_eq!(desk.project().annotations.len(), 12);
    assert!(desk.notices().is_empty(), "{:?}", desk.notices());
}

#[test]
fn a_rectangle_is_drawn_by_a_drag_and_by_two_clicks_along_the_pixels() {
    let mut desk = label_page(Made::Cube);
    desk.key(Key::R);
    left_drag(&mut desk, &[(30.0, 30.0), (50.0, 44.0)]);
    let drawn = annotations(&desk);
    assert_corners(&drawn[0].geometry, &[(30.0, 30.0), (50.0, 30.0), (50.0, 44.0), (30.0, 44.0)]);
    click_corners(&mut desk, &[(60.0, 60.0), (80.0, 70.0)]);
    let drawn = annotations(&desk);
    assert_corners(&drawn[1].geometry, &[(60.0, 60.0), (80.0, 60.0), (80.0, 70.0), (60.0, 70.0)]);
    let middle = desk.at(48.0, 48.0);
    let canvas = desk.rect(Role::Canvas, "Map").center();
    assert!(middle.distance(canvas) < 1.0, "the map did not pan");
}

#[test]
fn a_drag_of_no_length_draws_nothing_and_says_nothing() {
    let mut desk = label_page(Made::Cube);
    for key in [Key::R, Key::L] {
        desk.key(key);
        left_drag(&mut desk, &[(30.0, 30.0), (50.0, 30.0), (30.0, 30.0)]);
        desk.key(Key::Escape);
    }
    assert!(desk.project().annotations.is_empty());
    assert!(desk.notices().is_empty(), "{:?}", desk.notices());
}

#[test]
fn a_stroke_becomes_a_polygon_of_few_corners_and_one_that_crosses_itself_is_repaired() {
    let mut desk = label_page(Made::Cube);
    desk.click("Freehand");
    left_drag(&mut desk, &[(30.0, 30.0), (30.0, 60.0), (60.0, 60.0), (60.0, 30.0), (31.0, 30.0)]);
    let drawn = annotations(&desk);
    assert!((pixels(&drawn[0].geometry) - 900.0).abs() < 20.0, "{}", pixels(&drawn[0].geometry));
    assert!(corners(&drawn[0].geometry).len() <= 8, "{:?}", corners(&drawn[0].geometry));
    assert!(desk.notices().is_empty(), "{:?}", desk.notices());
    left_drag(&mut desk, &[(66.0, 30.0), (90.0, 60.0), (90.0, 30.0), (66.0, 60.0)]);
    let drawn = annotations(&desk);
    assert!(matches!(&drawn[1].geometry, Geometry::MultiPolygon(p) if p.0.len() == 2));
    desk.assert_sees("crossed itself");
}

#[test]
fn the_tag_tells_pure_pixels_with_the_buffer_of_the_class_and_which_buffer_leaves_some() {
    let mut desk = label_page(Made::Cube);
    let mut class = desk.project().document.legend.classes[0].clone();
    class.buffer_m = Some(35.0);
    desk.send(Command::EditClass(class));
    desk.key(Key::Num1);
    click_corners(&mut desk, &[(40.0, 30.0), (40.0, 66.0)]);
    desk.point(44.0, 48.0);
    desk.until("the largest buffer is known", |d| d.sees("leaves some"));
    desk.assert_sees("no pure pixel yet");
    desk.assert_sees("buffer 35 m");
    desk.point(80.0, 48.0);
    desk.assert_sees("pure pixels");
}

#[test]
fn space_and_the_middle_button_pan_in_the_middle_of_a_polygon_and_draw_nothing() {
    let mut desk = label_page(Made::Cube);
    click_corners(&mut desk, &[(30.0, 30.0), (30.0, 60.0)]);
    // There and back, so that places on the grid are where tests look for them.
    let (from, to) = (desk.at(50.0, 50.0), desk.at(70.0, 60.0));
    let place = |d: &mut Desk| {
        d.point(50.0, 50.0);
        d.words().into_iter().find(|w| w.contains('°')).unwrap()
    };
    let before = place(&mut desk);
    desk.harness().key_down(Key::Space);
    desk.steps(1);
    drag_on(&mut desk, &[from, to], PointerButton::Primary, Modifiers::NONE);
    let panned = desk.words().into_iter().find(|w| w.contains('°')).unwrap();
    desk.steps(1);
    // What lies under the mouse moves along with it.
    assert!(panned != place(&mut desk));
    drag_back(&mut desk, to, from, PointerButton::Primary);
    desk.harness().key_up(Key::Space);
    desk.settle();
    assert!(!desk.sees("Stop"), "it was no tap of space");
    drag_on(&mut desk, &[from, to], PointerButton::Middle, Modifiers::NONE);
    drag_back(&mut desk, to, from, PointerButton::Middle);
    assert_eq!(place(&mut desk), before, "there and back");
    assert!(desk.project().annotations.is_empty());
    click_corners(&mut desk, &[(60.0, 60.0), (60.0, 30.0)]);
    desk.key(Key::Enter);
    assert_corners(&annotations(&desk)[0].geometry, &SQUARE);
}

/// Goes on with a drag and rests before letting go, so that the map does not glide on.
fn drag_back(desk: &mut Desk, from: Pos2, to: Pos2, with: PointerButton) {
    for step in 1..=4 {
        desk.harness().hover_at(from.lerp(to, step as f32 / 4.0));
        desk.steps(1);
    }
    desk.steps(30);
    let_go(desk, to, with, Modifiers::NONE);
    desk.steps(60);
}

#[test]
fn with_rectangle_and_freehand_the_middle_button_pans() {
    let mut desk = label_page(Made::Cube);
    for key in [Key::R, Key::L] {
        desk.key(key);
        let (from, to) = (desk.at(40.0, 40.0), desk.at(60.0, 50.0));
        drag_on(&mut desk, &[from, to], PointerButton::Middle, Modifiers::NONE);
        drag_back(&mut desk, to, from, PointerButton::Middle);
    }
    assert!(desk.project().annotations.is_empty());
}

#[test]
fn a_tap_of_space_plays_the_dates() {
    let mut desk = label_page(Made::Cube);
    let first = desk.project().time();
    desk.key(Key::Space);
    desk.until("the dates play", |d| d.project().time() != first);
}

#[test]
fn a_corner_is_dragged_put_in_and_taken_out_and_each_is_one_step() {
    let mut desk = with_square();
    desk.key(Key::V);
    let drawn = annotations(&desk)[0].clone();
    left_drag(&mut desk, &[(60.0, 60.0), (70.0, 66.0)]);
    assert_corners(
        &annotations(&desk)[0].geometry,
        &[(30.0, 30.0), (30.0, 60.0), (70.0, 66.0), (60.0, 30.0)],
    );
    desk.ctrl(Key::Z);
    assert_eq!(annotations(&desk)[0], drawn);
    // The middle of the left edge.
    left_drag(&mut desk, &[(30.0, 45.0), (22.0, 45.0)]);
    assert_eq!(corners(&annotations(&desk)[0].geometry).len(), 5);
    click_with(&mut desk, (22.0, 45.0), PointerButton::Secondary, Modifiers::NONE);
    assert_corners(&annotations(&desk)[0].geometry, &SQUARE);
    click_with(&mut desk, (60.0, 60.0), PointerButton::Primary, Modifiers::ALT);
    assert_eq!(corners(&annotations(&desk)[0].geometry).len(), 3);
    click_with(&mut desk, (60.0, 30.0), PointerButton::Primary, Modifiers::ALT);
    assert_eq!(corners(&annotations(&desk)[0].geometry).len(), 3, "a triangle keeps its corners");
    desk.assert_sees("nothing would be left");
    for _ in 0..3 {
        desk.ctrl(Key::Z);
    }
    assert_eq!(annotations(&desk)[0], drawn);
}

#[test]
fn the_whole_is_dragged_with_its_core_live_and_escape_leaves_it_where_it_was() {
    let mut desk = with_square();
    desk.key(Key::V);
    let drawn = annotations(&desk)[0].clone();
    left_drag(&mut desk, &[(40.0, 40.0), (50.0, 35.0)]);
    let moved: Vec<_> = SQUARE.iter().map(|&(col, row)| (col + 10.0, row - 5.0)).collect();
    assert_corners(&annotations(&desk)[0].geometry, &moved);
    desk.ctrl(Key::Z);
    let points = [desk.at(40.0, 40.0), desk.at(50.0, 35.0)];
    drag_on(&mut desk, &points, PointerButton::Primary, Modifiers::NONE);
    desk.assert_sees("pure pixels");
    desk.key(Key::Escape);
    let_go(&mut desk, points[1], PointerButton::Primary, Modifiers::NONE);
    assert_eq!(annotations(&desk)[0], drawn);
}

#[test]
fn ctrl_and_shift_add_and_take_away_and_a_box_selects_what_it_touches() {
    let mut desk = label_page(Made::Labels);
    desk.key(Key::V);
    // Blocks begin at columns 6, 38, 70 and rows 2, 26, 50, 74 and are 16 pixels wide.
    desk.click_map(46.0, 34.0);
    let first = selection(&desk);
    click_with(&mut desk, (78.0, 34.0), PointerButton::Primary, Modifiers::COMMAND);
    click_with(&mut desk, (46.0, 58.0), PointerButton::Primary, Modifiers::SHIFT);
    assert_eq!(selection(&desk).len(), 3);
    click_with(&mut desk, (78.0, 34.0), PointerButton::Primary, Modifiers::COMMAND);
    assert_eq!(selection(&desk).len(), 2);
    assert!(selection(&desk).contains(&first[0]));
    drag(&mut desk, &[(34.0, 46.0), (80.0, 70.0)], PointerButton::Primary, Modifiers::SHIFT);
    assert_eq!(selection(&desk).len(), 2, "the third row of the second and third column");
    let classes: Vec<_> = selection(&desk)
        .iter()
        .map(|&id| desk.project().annotation(id).unwrap().class)
        .map(|code| desk.project().document.legend.class(code).unwrap().name.clone())
        .collect();
    assert_eq!(classes, &CLASSES[1..]);
    assert_eq!(annotations(&desk).len(), 12);
}

#[test]
fn a_number_gives_the_selected_its_class_in_one_step() {
    let mut desk = label_page(Made::Labels);
    desk.key(Key::V);
    let ids: Vec<u64> = annotations(&desk).iter().take(3).map(|a| a.id).collect();
    desk.send(Command::Select(ids.clone()));
    desk.key(Key::Num3);
    let water = desk.project().document.legend.by_name(CLASSES[2]).unwrap().code;
    assert!(ids.iter().all(|&id| desk.project().annotation(id).unwrap().class == water));
    assert_eq!(desk.project().class, Some(water));
    desk.ctrl(Key::Z);
    assert!(ids.iter().all(|&id| desk.project().annotation(id).unwrap().class != water));
    desk.key(Key::P);
    desk.key(Key::Num3);
    assert!(
        ids.iter().all(|&id| desk.project().annotation(id).unwrap().class != water),
        "it is picked to draw"
    );
}

#[test]
fn a_hole_is_cut_out_of_the_selected_annotation() {
    let mut desk = with_square();
    desk.key(Key::H);
    click_corners(&mut desk, &[(40.0, 40.0), (40.0, 50.0), (50.0, 50.0)]);
    desk.point(50.0, 40.0);
    desk.assert_sees("pure pixels");
    desk.click_map(50.0, 40.0);
    desk.key(Key::Enter);
    let Geometry::Polygon(holed) = &annotations(&desk)[0].geometry else { panic!() };
    assert_eq!(holed.interiors().len(), 1);
    let left = pixels(&annotations(&desk)[0].geometry);
    assert!((left - 800.0).abs() < 15.0, "{left}");
    desk.ctrl(Key::Z);
    assert_corners(&annotations(&desk)[0].geometry, &SQUARE);
}

#[test]
fn a_line_splits_the_selected_annotation_and_one_that_misses_says_why() {
    let mut desk = with_square();
    desk.key(Key::X);
    click_corners(&mut desk, &[(40.0, 25.0), (40.0, 65.0)]);
    desk.key(Key::Enter);
    let mut sizes: Vec<_> = annotations(&desk).iter().map(|a| pixels(&a.geometry).round()).collect();
    sizes.sort_by(f64::total_cmp);
    assert!(matches!(sizes[..], [a, b] if (a - 300.0).abs() < 10.0 && (b - 600.0).abs() < 10.0), "{sizes:?}");
    assert_eq!(selection(&desk).len(), 2);
    desk.ctrl(Key::Z);
    assert_eq!(annotations(&desk).len(), 1);
    click_corners(&mut desk, &[(40.0, 25.0), (40.0, 50.0)]);
    desk.key(Key::Enter);
    assert_eq!(annotations(&desk).len(), 1);
    desk.assert_sees("does not cross");
}

#[test]
fn an_annotation_is_extended_and_two_are_merged() {
    let mut desk = with_square();
    desk.key(Key::E);
    click_corners(&mut desk, &[(55.0, 40.0), (70.0, 40.0), (70.0, 50.0), (55.0, 50.0)]);
    desk.key(Key::Enter);
    let wide = pixels(&annotations(&desk)[0].geometry);
    assert!((wide - 1000.0).abs() < 15.0, "{wide}");
    desk.key(Key::R);
    left_drag(&mut desk, &[(74.0, 30.0), (90.0, 50.0)]);
    desk.key(Key::V);
    desk.click_map(40.0, 36.0);
    desk.key(Key::J);
    assert_eq!(annotations(&desk).len(), 2, "one alone cannot be merged");
    click_with(&mut desk, (82.0, 40.0), PointerButton::Primary, Modifiers::COMMAND);
    desk.click("Merge");
    assert_eq!(annotations(&desk).len(), 1);
    desk.ctrl(Key::Z);
    assert_eq!(annotations(&desk).len(), 2);
}

#[test]
fn corners_jump_to_what_lies_near_unless_ctrl_or_s_says_otherwise() {
    let mut desk = with_square();
    let corner = annotations(&desk)[0].geometry.clone();
    let Geometry::Polygon(square) = &corner else { panic!() };
    let shared = |d: &Desk| {
        let drawn = annotations(d).pop().unwrap().geometry;
        let Geometry::Polygon(polygon) = drawn else { panic!() };
        polygon.exterior().coords().any(|c| square.exterior().coords().any(|s| s == c))
    };
    // The first corner is a pixel, four points of the screen, beside a corner of the square.
    let beside = [(61.0, 60.5), (75.0, 60.0), (75.0, 75.0)];
    click_corners(&mut desk, &beside);
    desk.key(Key::Enter);
    assert!(shared(&desk));
    desk.ctrl(Key::Z);
    click_with(&mut desk, beside[0], PointerButton::Primary, Modifiers::COMMAND);
    click_corners(&mut desk, &beside[1..]);
    desk.key(Key::Enter);
    assert!(!shared(&desk));
    desk.ctrl(Key::Z);
    desk.key(Key::S);
    click_corners(&mut desk, &beside);
    desk.key(Key::Enter);
    assert!(!shared(&desk));
}

#[test]
fn another_tool_gives_up_what_was_being_drawn() {
    let mut desk = label_page(Made::Cube);
    click_corners(&mut desk, &SQUARE);
    desk.key(Key::H);
    desk.key(Key::P);
    desk.key(Key::Enter);
    assert!(desk.project().annotations.is_empty());
}

#[test]
fn the_sheet_of_shortcuts_tells_the_tools_and_fits_on_a_window_of_800_points() {
    let mut desk = label_page(Made::Cube);
    desk.letter("?");
    for words in ["Cut a hole", "split along a line", "Merge the selected", "freehand"] {
        desk.assert_sees(words);
    }
    let close = desk.rect(Role::Button, "Close");
    let title = desk.rect(Role::Label, "Shortcuts");
    assert!(title.top() > 0.0 && close.bottom() < 800.0, "{title:?} {close:?}");
}

#[test]
fn a_slow_click_sets_a_corner_too() {
    let mut desk = label_page(Made::Cube);
    for (col, row) in &SQUARE[..3] {
        let pos = desk.at(*col, *row);
        drag_on(&mut desk, &[pos, pos], PointerButton::Primary, Modifiers::NONE);
        // A second and more.
        desk.steps(90);
        let_go(&mut desk, pos, PointerButton::Primary, Modifiers::NONE);
    }
    desk.key(Key::Enter);
    assert_corners(&annotations(&desk)[0].geometry, &SQUARE[..3]);
}

#[test]
fn the_core_of_an_outline_with_thousands_of_corners_comes_while_it_is_dragged() {
    let mut desk = label_page(Made::Cube);
    let around = |i: usize| {
        let angle = i as f64 / 5000.0 * std::f64::consts::TAU;
        grid().lonlat_from_pixel(45.0 + 20.0 * angle.cos(), 45.0 - 20.0 * angle.sin()).unwrap()
    };
    let ring: Vec<[f64; 2]> = (0..5000).map(around).collect();
    desk.send(Command::Draw(geo::Polygon::new(ring.into(), vec![])));
    desk.key(Key::V);
    let drawn = annotations(&desk)[0].clone();
    let points = [desk.at(45.0, 45.0), desk.at(50.0, 40.0)];
    drag_on(&mut desk, &points, PointerButton::Primary, Modifiers::NONE);
    desk.until("the core is there", |d| d.sees("pure pixels\ncore"));
    let_go(&mut desk, points[1], PointerButton::Primary, Modifiers::NONE);
    assert!(annotations(&desk)[0] != drawn);
}

#[test]
fn learning_that_follows_the_labels_waits_while_something_is_dragged() {
    let mut desk = label_page(Made::Labels);
    let trains = |desk: &Desk| desk.app().state.job(JobKind::Train).is_some();
    desk.send(Command::SetKeepLearning(true));
    desk.until("it learns when it is switched on", |d| d.project().models.iter().any(|m| m.name == "live"));
    desk.until_idle();
    desk.send(Command::Draw(block((2, 8), (2, 8))));
    desk.key(Key::R);
    let points = [desk.at(30.0, 30.0), desk.at(40.0, 40.0)];
    drag_on(&mut desk, &points, PointerButton::Primary, Modifiers::NONE);
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(3) {
        std::thread::sleep(Duration::from_millis(50));
        desk.steps(1);
        assert!(!trains(&desk), "the labels changed, and the mouse still drags");
    }
    let_go(&mut desk, points[1], PointerButton::Primary, Modifiers::NONE);
    assert!(!trains(&desk), "the labels are to rest first");
    desk.until("it learns then", trains);
}
