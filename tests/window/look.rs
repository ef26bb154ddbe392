//! Looking: dates, series, pins, layers.

use crate::desk::Desk;
use crate::small::{BANDS, Made, value};
use egui::Key;
use egui::accesskit::Role;

fn time(desk: &Desk) -> usize {
    desk.project().time()
}

/// Points at the map until the years of its four chunks are in memory.
fn chunks_in_memory(desk: &mut Desk) {
    for (col, row) in [(10.5, 10.5), (80.5, 10.5), (10.5, 80.5), (80.5, 80.5)] {
        desk.point(col, row);
        let chunk = (col as u32 / ritmo::cube::CHUNK, row as u32 / ritmo::cube::CHUNK);
        desk.until("the chunk is in memory", |d| {
            d.project().cube().is_some_and(|(o, _)| o.cube.cached_chunk(chunk).is_some())
        });
    }
}

#[test]
fn dates_are_stepped_by_button_and_by_key() {
    let mut desk = Desk::open(Made::Cube);
    desk.assert_sees("15 Jan 2022");
    desk.click("Date after");
    assert_eq!(time(&desk), 1);
    desk.assert_sees("15 Mar 2022");
    desk.key(Key::ArrowRight);
    desk.key(Key::D);
    assert_eq!(time(&desk), 3);
    desk.key(Key::ArrowLeft);
    desk.key(Key::A);
    desk.click("Date before");
    assert_eq!(time(&desk), 0);
    desk.click("Date before");
    assert_eq!(time(&desk), 0, "there is nothing before the first date");
}

#[test]
fn a_click_on_the_timeline_shows_the_nearest_date() {
    let mut desk = Desk::open(Made::Cube);
    let timeline = desk.rect(Role::Slider, "Date 15 Jan 2022");
    desk.click_at(timeline.right_center() - egui::vec2(14.0, 0.0));
    assert_eq!(time(&desk), 5);
    desk.assert_sees("15 Nov 2022");
}

#[test]
fn space_plays_through_the_dates_and_stops() {
    let mut desk = Desk::open(Made::Cube);
    desk.key(Key::Space);
    desk.until("the date has moved on", |d| time(d) >= 1);
    assert!(desk.can("Stop"));
    desk.key(Key::Space);
    assert!(desk.can("Play"));
}

#[test]
fn pointing_at_the_map_reads_the_pixel_at_once() {
    let mut desk = Desk::open(Made::Cube);
    desk.assert_sees("Point at the map to read its values");
    chunks_in_memory(&mut desk);
    for (col, row) in [(5, 7), (40, 20), (90, 91)] {
        // What is in memory is read without a wait.
        desk.point(f64::from(col) + 0.5, f64::from(row) + 0.5);
        desk.assert_sees(&format!("pixel {col}, {row}"));
        let red = BANDS.iter().position(|b| *b == "B04").unwrap();
        desk.assert_sees(&format!("B04 {}", value(0, red, col, row)));
    }
    desk.point(-8.0, 20.0);
    desk.assert_sees("outside of the images");
}

#[test]
fn the_values_follow_the_date() {
    let mut desk = Desk::open(Made::Cube);
    chunks_in_memory(&mut desk);
    desk.point(40.5, 20.5);
    desk.key(Key::ArrowRight);
    desk.key(Key::ArrowRight);
    desk.assert_sees(&format!("B04 {}", value(2, 2, 40, 20)));
}

#[test]
fn a_click_on_the_map_pins_a_pixel_and_another_takes_the_pin_off() {
    let mut desk = Desk::open(Made::Cube);
    desk.click_map(20.5, 30.5);
    assert_eq!(desk.project().document.view.pins, [(20, 30)]);
    desk.assert_sees("Clear pins");
    desk.click_map(70.5, 50.5);
    assert_eq!(desk.project().document.view.pins, [(20, 30), (70, 50)]);
    desk.click_map(20.5, 30.5);
    assert_eq!(desk.project().document.view.pins, [(70, 50)]);
    desk.click("Unpin");
    assert!(desk.project().document.view.pins.is_empty());
    assert!(!desk.sees("Clear pins"));
}

#[test]
fn a_drag_moves_the_map_and_pins_nothing_and_fit_brings_it_back() {
    let mut desk = Desk::open(Made::Cube);
    let start = desk.at(48.5, 48.5);
    let before = desk.project().document.view.centre;
    desk.harness().drag_at(start);
    desk.settle();
    desk.harness().hover_at(start + egui::vec2(44.0, 0.0));
    desk.settle();
    desk.harness().drop_at(start + egui::vec2(44.0, 0.0));
    desk.settle();
    assert!(desk.project().document.view.pins.is_empty());
    desk.until("where the map looks is remembered", |d| d.project().document.view.centre != before);
    let moved = desk.project().document.view.centre.unwrap();
    assert!(moved[0] < before.unwrap()[0], "dragged to the east, one looks further west");
    desk.key(Key::F);
    desk.until("the map is back", |d| {
        let [lon, lat] = d.project().document.view.centre.unwrap();
        (lon - before.unwrap()[0]).abs() < 1e-4 && (lat - before.unwrap()[1]).abs() < 1e-4
    });
}

#[test]
fn bands_are_shown_and_hidden_but_one_stays() {
    let mut desk = Desk::open(Made::Cube);
    for band in BANDS {
        desk.click(band);
    }
    for _ in 0..2 {
        for band in BANDS {
            desk.click(band);
        }
    }
    desk.assert_sees("Series");
}

#[test]
fn layers_are_switched_by_click() {
    let mut desk = Desk::open(Made::Labels);
    for layer in ["Annotations", "Mosaic"] {
        desk.click(layer);
        desk.click(layer);
    }
    assert!(!desk.can("Class map"), "there is no map yet");
}
