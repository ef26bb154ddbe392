//! Correcting the map by hand on the Map page: drawn on the map, seen at once, undone, and made into a new map.

use crate::desk::Desk;
use crate::learn::press;
use crate::map_files::write_map;
use crate::small::{Made, grid};
use egui::Key;
use ritmo::app::Command;

/// A site with a map of its first class alone, on the Map page.
fn with_map() -> Desk {
    let mut desk = Desk::open(Made::Cube);
    let classes = desk.project().document.legend.classes.clone();
    let pixels = grid().pixels();
    let mut planes = vec![40; classes.len() * pixels];
    planes[..pixels].fill(210);
    write_map(&desk.folder().join("maps/field"), "raw", &grid(), &classes, &planes, &[]);
    desk.send(Command::ShowSite("field".into()));
    desk.until("the map is known", |d| d.project().map().is_some());
    desk.key(Key::F3);
    desk.settle();
    desk
}

/// Pixels of the second class on the map as it is seen.
fn seconds(desk: &Desk) -> usize {
    let code = desk.project().document.legend.classes[1].code;
    desk.project().map().unwrap().codes.iter().filter(|of| **of == code).count()
}

fn draw_square(desk: &mut Desk) {
    for (col, row) in [(10.0, 10.0), (20.0, 10.0), (20.0, 20.0), (10.0, 20.0)] {
        desk.click_map(col, row);
    }
    desk.key(Key::Enter);
    desk.settle();
}

#[test]
fn a_polygon_on_the_map_sets_its_pixels_at_once_and_undo_takes_it_back() {
    let mut desk = with_map();
    let second = desk.project().document.legend.classes[1].name.clone();
    press(&mut desk, "Draw corrections");
    desk.pick("Set to", &second);
    draw_square(&mut desk);
    let set = seconds(&desk);
    assert!((90..=110).contains(&set), "{set} pixels");
    desk.assert_sees("1 correction set");
    assert!(desk.project().annotations.is_empty(), "it is no annotation");
    desk.ctrl(Key::Z);
    desk.settle();
    assert_eq!(seconds(&desk), 0);
    desk.ctrl_shift(Key::Z);
    desk.settle();
    assert_eq!(seconds(&desk), set);
    press(&mut desk, "Delete correction 1");
    assert_eq!(seconds(&desk), 0);
    desk.assert_sees("Nothing is corrected yet on raw");
}

#[test]
fn esc_ends_correcting_and_the_map_pins_pixels_again() {
    let mut desk = with_map();
    press(&mut desk, "Draw corrections");
    desk.click_map(10.0, 10.0);
    assert!(desk.project().document.view.pins.is_empty());
    desk.key(Key::Escape);
    desk.key(Key::Escape);
    desk.settle();
    assert!(!desk.sees("Set to"));
    desk.click_map(10.0, 10.0);
    assert_eq!(desk.project().document.view.pins.len(), 1);
}

#[test]
fn a_button_makes_a_new_map_of_the_corrections() {
    let mut desk = with_map();
    let second = desk.project().document.legend.classes[1].name.clone();
    press(&mut desk, "Draw corrections");
    desk.pick("Set to", &second);
    draw_square(&mut desk);
    let set = seconds(&desk);
    press(&mut desk, "Apply into a new map");
    desk.until_idle();
    assert_eq!(desk.project().map_names(), ["raw-corrected", "raw"]);
    assert_eq!(desk.project().map().unwrap().name, "raw-corrected");
    assert_eq!(seconds(&desk), set);
}
