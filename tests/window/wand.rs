//! The series wand, and the rhythm of what one draws.

use crate::desk::Desk;
use crate::small::{CLASSES, Made, block, grid};
use egui::{Key, Modifiers, Vec2};
use ritmo::app::{AnnotationChange, Command};

fn with_the_wand(made: Made) -> Desk {
    let mut desk = Desk::open(made);
    desk.key(Key::F2);
    desk.key(Key::Num2);
    desk.key(Key::W);
    desk
}

/// Pixels of the polygon that is drawn or selected, once their series have come.
fn until_told(desk: &mut Desk, what: &str) {
    let what = what.to_string();
    desk.until("the plot tells of the series of all pixels", move |d| {
        d.words().iter().any(|words| words.starts_with("Series plot") && words.contains(&what))
    });
}

#[test]
fn the_wand_draws_a_parcel_in_one_click_and_undo_takes_it_away() {
    let mut desk = with_the_wand(Made::Cube);
    // Maize is the middle third, 32 x 96 pixels.
    desk.click_map(48.0, 40.0);
    desk.until("it is drawn", |d| d.project().annotations.len() == 1);
    let project = desk.project();
    let drawn = project.annotations.first().unwrap();
    assert_eq!(project.document.legend.class(drawn.class).unwrap().name, CLASSES[1]);
    let pure = &project.derived.cores[&drawn.id].as_ref().unwrap().core.pure_pixels;
    // Two pixels of 10 m go at each edge with a buffer of 20 m.
    assert!((28 * 92 - 60..=28 * 92).contains(&pure.len()), "{} pure pixels", pure.len());
    assert!(pure.iter().all(|(col, _)| (32..64).contains(col)));
    desk.ctrl(Key::Z);
    assert!(desk.project().annotations.is_empty());
    assert_eq!(desk.project().history.undoes(), None, "it was one step");
}

#[test]
fn what_a_click_would_draw_is_shown_with_its_series_before_one_clicks() {
    let mut desk = with_the_wand(Made::Cube);
    desk.point(16.0, 40.0);
    until_told(&mut desk, "what is being drawn: mean and spread of 2");
    assert!(desk.project().annotations.is_empty());
    // Another tool shows nothing of it any more.
    desk.key(Key::V);
    assert!(!desk.sees("what is being drawn"));
}

#[test]
fn the_tolerance_is_changed_by_keys_wheel_and_slider() {
    let mut desk = with_the_wand(Made::Cube);
    let tolerance = |desk: &Desk| desk.slider("Tolerance");
    let first = tolerance(&desk);
    desk.key(Key::CloseBracket);
    let wider = tolerance(&desk);
    assert!(wider > first * 1.1, "{first} {wider}");
    desk.key(Key::OpenBracket);
    desk.key(Key::OpenBracket);
    assert!(tolerance(&desk) < first / 1.1);
    desk.set_slider("Tolerance", 0.5);
    let zoom = desk.project().document.view.zoom;
    desk.point(48.0, 40.0);
    desk.wheel(Vec2::new(0.0, 100.0), Modifiers::ALT);
    assert!(tolerance(&desk) > 0.55, "{}", tolerance(&desk));
    assert_eq!(desk.project().document.view.zoom, zoom);
    desk.key(Key::P);
    assert!(!desk.sees("Tolerance"), "the polygon tool has none");
}

#[test]
fn a_tolerance_that_takes_everything_draws_everything() {
    let mut desk = with_the_wand(Made::Cube);
    desk.set_slider("Tolerance", 10.0);
    desk.click_map(48.0, 40.0);
    desk.until("it is drawn", |d| d.project().annotations.len() == 1);
    let drawn = desk.project().annotations.first().unwrap();
    let core = &desk.project().derived.cores[&drawn.id].as_ref().unwrap().core;
    assert!(
        (core.drawn_area_ha - grid().pixel_area_ha() * 96.0 * 96.0).abs() < 1.0,
        "{} ha",
        core.drawn_area_ha
    );
}

/// A polygon of maize with a strip of forest in it: 3 of 30 columns.
fn maize_with_strangers(desk: &mut Desk) -> u64 {
    desk.send(Command::SetBuffer(0.0));
    desk.send(Command::Draw(block((30, 62), (20, 60))));
    let id = desk.project().selected().unwrap();
    until_told(desk, "stand apart");
    id
}

#[test]
fn pixels_that_stand_apart_are_told_dropped_by_a_key_and_taken_back() {
    let mut desk = Desk::open(Made::Cube);
    desk.key(Key::F2);
    let id = maize_with_strangers(&mut desk);
    desk.assert_sees(&format!(
        "annotation {id}: mean and spread of 1\u{202f}280 pure pixels, 80 stand apart"
    ));
    desk.assert_sees("80 pixels stand apart");
    desk.key(Key::O);
    let dropped = &desk.project().annotation(id).unwrap().dropped;
    assert_eq!(dropped.len(), 80);
    let core = desk.project().derived.cores[&id].as_ref().unwrap().core.clone();
    assert!(core.dropped.iter().all(|(col, _)| *col < 32) && core.dropped.len() == 80);
    assert_eq!(core.pure_pixels.len(), 1280 - 80);
    until_told(&mut desk, "spread of 1\u{202f}200 pure pixels");
    desk.assert_sees("Dropped pixels");
    // The key drops nothing more, and one step takes it back.
    desk.key(Key::O);
    assert_eq!(desk.project().annotation(id).unwrap().dropped.len(), 80);
    desk.ctrl(Key::Z);
    assert!(desk.project().annotation(id).unwrap().dropped.is_empty());
    until_told(&mut desk, "80 stand apart");
    desk.until("they can be dropped", |d| d.can("Drop them"));
    desk.click("Drop them");
    assert_eq!(desk.project().annotation(id).unwrap().dropped.len(), 80);
    desk.click("Take back");
    assert!(desk.project().annotation(id).unwrap().dropped.is_empty());
}

#[test]
fn the_series_of_a_polygon_are_told_while_it_is_drawn_and_those_of_the_selected_one_after() {
    let mut desk = Desk::open(Made::Cube);
    desk.key(Key::F2);
    for (col, row) in [(40.0, 10.0), (40.0, 30.0), (60.0, 30.0), (60.0, 10.0)] {
        desk.click_map(col, row);
    }
    until_told(&mut desk, "what is being drawn: mean and spread of");
    desk.key(Key::Enter);
    let id = desk.project().selected().unwrap();
    until_told(&mut desk, &format!("annotation {id}: mean and spread of"));
    desk.send(Command::Select(vec![]));
    desk.settle();
    assert!(!desk.sees("mean and spread"));
}

#[test]
fn dropping_with_nothing_to_drop_changes_nothing() {
    let mut desk = Desk::open(Made::Labels);
    desk.key(Key::F2);
    let id = desk.project().annotations.first().unwrap().id;
    desk.key(Key::O);
    desk.send(Command::Select(vec![id]));
    until_told(&mut desk, "mean and spread");
    desk.key(Key::O);
    assert!(desk.project().annotations.iter().all(|annotation| annotation.dropped.is_empty()));
    desk.send(Command::ChangeAnnotations { ids: vec![id], change: AnnotationChange::TakeBack });
    assert!(desk.notices().is_empty(), "{:?}", desk.notices());
}
