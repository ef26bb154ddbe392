//! Labelling: drawing, selecting, the legend, the buffer.

use crate::desk::Desk;
use crate::small::{CLASSES, Made};
use egui::Key;
use ritmo::app::Command;

/// Draws a square of 20 x 20 pixels by clicks, without finishing it.
fn click_square(desk: &mut Desk) {
    for (col, row) in [(10.0, 10.0), (10.0, 30.0), (30.0, 30.0), (30.0, 10.0)] {
        desk.click_map(col, row);
    }
}

fn label_page(made: Made) -> Desk {
    let mut desk = Desk::open(made);
    desk.key(Key::F2);
    desk
}

#[test]
fn a_polygon_is_drawn_by_clicks_and_enter_with_the_class_of_the_number_key() {
    let mut desk = label_page(Made::Cube);
    desk.key(Key::Num2);
    click_square(&mut desk);
    assert!(desk.project().annotations.is_empty(), "it is not finished yet");
    desk.key(Key::Enter);
    let project = desk.project();
    let drawn: Vec<_> = project.annotations.iter().collect();
    let [annotation] = drawn.as_slice() else { panic!("{:?}", project.annotations) };
    assert_eq!(project.document.legend.class(annotation.class).unwrap().name, CLASSES[1]);
    // Two pixels of 10 m go at each edge with a buffer of 20 m, give or take where the mouse hit.
    let pure = project.derived.cores[&annotation.id].as_ref().unwrap().core.pure_pixels.len();
    assert!((15 * 15..=17 * 17).contains(&pure), "{pure} pure pixels");
    desk.assert_sees("Pure pixels");
    desk.assert_sees(&format!("{pure} px"));
}

#[test]
fn a_polygon_is_finished_by_a_click_on_its_first_corner() {
    let mut desk = label_page(Made::Cube);
    desk.key(Key::Num1);
    click_square(&mut desk);
    desk.click_map(10.0, 10.0);
    assert_eq!(desk.project().annotations.len(), 1);
}

#[test]
fn escape_gives_a_polygon_up_and_backspace_takes_a_corner_back() {
    let mut desk = label_page(Made::Cube);
    click_square(&mut desk);
    desk.key(Key::Escape);
    desk.key(Key::Enter);
    assert!(desk.project().annotations.is_empty());
    desk.click_map(60.0, 10.0);
    click_square(&mut desk);
    for _ in 0..4 {
        desk.key(Key::Backspace);
    }
    click_square(&mut desk);
    desk.ctrl(Key::Z);
    desk.key(Key::Enter);
    let geo::Geometry::Polygon(drawn) = &desk.project().annotations.first().unwrap().geometry else {
        panic!()
    };
    assert_eq!(drawn.exterior().points().count(), 5, "four corners, the first one twice");
}

#[test]
fn a_line_of_two_corners_is_no_polygon() {
    let mut desk = label_page(Made::Cube);
    desk.click_map(10.0, 10.0);
    desk.click_map(20.0, 20.0);
    desk.key(Key::Enter);
    assert!(desk.project().annotations.is_empty());
}

#[test]
fn undo_takes_a_polygon_away_redo_brings_it_back_and_delete_deletes_it() {
    let mut desk = label_page(Made::Cube);
    click_square(&mut desk);
    desk.key(Key::Enter);
    desk.ctrl(Key::Z);
    assert!(desk.project().annotations.is_empty());
    desk.ctrl(Key::Y);
    assert_eq!(desk.project().annotations.len(), 1);
    desk.click("Undo");
    desk.click("Redo");
    assert_eq!(desk.project().annotations.len(), 1);
    desk.key(Key::V);
    desk.click_map(20.0, 20.0);
    assert!(desk.project().selected().is_some());
    desk.key(Key::Delete);
    assert!(desk.project().annotations.is_empty());
    desk.ctrl(Key::Z);
    assert_eq!(desk.project().annotations.len(), 1);
}

#[test]
fn annotations_are_selected_on_the_map_and_in_the_list() {
    let mut desk = label_page(Made::Labels);
    desk.click("Select");
    // In the third block of water.
    desk.click_map(78.0, 58.0);
    let id = desk.project().selected().unwrap();
    desk.assert_sees(&format!("Annotation {id}"));
    let class = desk.project().annotation(id).unwrap().class;
    assert_eq!(desk.project().document.legend.class(class).unwrap().name, CLASSES[2]);
    desk.click_map(2.0, 1.0);
    assert!(desk.project().selected().is_none(), "beside all of them");
    // The list has come to what was selected on the map.
    let last = desk.project().annotations.last().unwrap().id;
    desk.click(&format!("{last}  {}", CLASSES[2]));
    assert_eq!(desk.project().selected(), Some(last));
}

#[test]
fn an_annotation_that_is_likely_only_is_not_sure() {
    use ritmo::labels::Confidence;
    let mut desk = label_page(Made::Labels);
    let id = desk.project().annotations.first().unwrap().id;
    desk.send(Command::Select(vec![id]));
    desk.click("Sure");
    assert_eq!(desk.project().annotation(id).unwrap().confidence, Confidence::Likely);
}

#[test]
fn classes_are_added_renamed_and_deleted() {
    let mut desk = label_page(Made::Cube);
    desk.harness().check_accessibility();
    let field = desk.new_class_field();
    field.focus();
    desk.settle();
    desk.letter("Pasture");
    desk.key(Key::Enter);
    let added = desk.project().document.legend.by_name("Pasture").unwrap().code;
    assert_eq!(desk.project().class, Some(added), "one draws with a new class at once");
    desk.click("Edit");
    desk.click("Delete");
    assert!(desk.project().document.legend.by_name(CLASSES[0]).is_none(), "no annotation used it");
    desk.ctrl(Key::Z);
    assert!(desk.project().document.legend.by_name(CLASSES[0]).is_some());
}

#[test]
fn letters_typed_into_a_field_are_no_shortcuts() {
    let mut desk = label_page(Made::Cube);
    let field = desk.new_class_field();
    field.focus();
    desk.settle();
    desk.letter("d?");
    desk.key(Key::D);
    assert_eq!(desk.project().time(), 0);
    assert!(!desk.sees("undo, redo"));
}

#[test]
fn a_wider_buffer_leaves_fewer_pure_pixels() {
    let mut desk = label_page(Made::Labels);
    let forest = desk.project().document.legend.by_name("Forest").unwrap().code;
    let before = desk.project().tally(forest).pixels;
    desk.set_buffer(40.0);
    assert_eq!(desk.project().document.settings.buffer_m, 40.0);
    desk.until_idle();
    let (polygons, after) = {
        let tally = desk.project().tally(forest);
        (tally.annotations, tally.pixels)
    };
    assert_eq!(polygons, 4);
    assert!(0 < after && after < before, "{after} after, {before} before");
    desk.ctrl(Key::Z);
    desk.until_idle();
    assert_eq!(desk.project().tally(forest).pixels, before);
}

#[test]
fn what_was_drawn_is_there_when_the_project_is_opened_again() {
    let mut desk = label_page(Made::Cube);
    desk.key(Key::Num3);
    click_square(&mut desk);
    desk.key(Key::Enter);
    desk.key(Key::ArrowRight);
    let drawn = desk.project().annotations.first().unwrap().clone();
    let desk = desk.reopened();
    let again: Vec<_> = desk.project().annotations.iter().cloned().collect();
    assert_eq!(again, [drawn]);
    assert_eq!(desk.project().time(), 1);
}
