//! The Import labels page: from a file to annotations, with choices on the way.

use crate::desk::Desk;
use crate::small::{CLASSES, Made, grid};
use egui::Key;
use ritmo::app::SurveyState;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A square of 20 x 20 pixels with its top left corner at (col, row).
fn square(class: Value, col: f64, row: f64, swap: bool) -> Value {
    let corners = [(0.0, 0.0), (0.0, 20.0), (20.0, 20.0), (20.0, 0.0), (0.0, 0.0)];
    let place = |(x, y): (f64, f64)| {
        let [lon, lat] = grid().lonlat_from_pixel(col + x, row + y).unwrap();
        if swap { [lat, lon] } else { [lon, lat] }
    };
    let ring: Vec<_> = corners.map(place).to_vec();
    json!({ "type": "Feature", "properties": { "id": 1, "cobertura": class },
        "geometry": { "type": "Polygon", "coordinates": [ring] } })
}

fn write(folder: &Path, features: &[Value]) -> PathBuf {
    let file = folder.join("parcels.geojson");
    std::fs::write(&file, json!({ "type": "FeatureCollection", "features": features }).to_string()).unwrap();
    file
}

/// The page, with a file of two classes, one of which is new, and a feature without a place.
fn looked_at(swap: bool) -> Desk {
    let mut desk = Desk::open(Made::Labels);
    let mut without = square(json!(CLASSES[0]), 0.0, 0.0, swap);
    without["geometry"] = Value::Null;
    let one = square(json!(CLASSES[0].to_uppercase()), 10.0, 10.0, swap);
    let other = square(json!("selva húmeda"), 50.0, 50.0, swap);
    let file = write(desk.home(), &[one, other, without]);
    desk.key(Key::F2);
    desk.click("Import labels…");
    desk.assert_sees("Drop files of labels here, or browse…");
    desk.harness().check_accessibility();
    desk.type_into("Path", &file.display().to_string());
    desk.click("Add");
    wait(&mut desk);
    desk
}

/// Waits until what is on the page has been asked and answered.
fn wait(desk: &mut Desk) {
    desk.until("the page has asked", |d| matches!(d.project().labels_in.state, SurveyState::Looking(_)));
    desk.until("the file is looked at", |d| {
        matches!(d.project().labels_in.state, SurveyState::Ready | SurveyState::Failed(_))
    });
    desk.settle();
}

#[test]
fn a_file_becomes_a_table_of_values_and_its_import_is_one_step() {
    let mut desk = looked_at(false);
    let before = desk.project().annotations.clone();
    let legend = desk.project().document.legend.clone();
    desk.harness().check_accessibility();
    desk.assert_sees("What “selva húmeda” becomes");
    desk.assert_sees("New classes");
    desk.assert_sees("1 feature skipped");
    desk.click("Import 2 annotations");
    desk.until_idle();
    assert_eq!(desk.project().annotations.len(), before.len() + 2);
    let last = desk.project().annotations.last().unwrap().class;
    assert_eq!(desk.project().document.legend.class(last).unwrap().name, "selva húmeda");
    desk.assert_sees("2 annotations were imported");
    desk.ctrl(Key::Z);
    assert_eq!(desk.project().annotations, before);
    assert_eq!(desk.project().document.legend, legend);
    desk.click("Import labels…");
    desk.assert_sees("Drop files of labels here, or browse…");
}

#[test]
fn a_value_is_skipped_where_that_is_chosen() {
    let mut desk = looked_at(false);
    desk.click("What “selva húmeda” becomes");
    desk.click("Skip");
    wait(&mut desk);
    desk.assert_sees("2 features skipped");
    desk.click("Import 1 annotation");
    desk.until_idle();
    assert!(desk.project().document.legend.by_name("selva húmeda").is_none());
}

#[test]
fn coordinates_in_the_wrong_order_are_turned_about_by_a_button() {
    let mut desk = looked_at(true);
    desk.assert_sees("wrong way round");
    desk.click("Turn them about");
    wait(&mut desk);
    assert!(!desk.sees("wrong way round"));
    desk.assert_sees("Import 2 annotations");
    assert!(!desk.sees("outside of every site"));
}

#[test]
fn vector_files_that_are_dropped_open_the_page_and_escape_leaves_it() {
    let mut desk = Desk::open(Made::Cube);
    let file = write(desk.home(), &[square(json!("a"), 5.0, 5.0, false)]);
    desk.drop_paths(&[&file]);
    desk.assert_sees("Import labels");
    desk.assert_sees("parcels.geojson");
    desk.key(Key::Escape);
    assert!(!desk.sees("parcels.geojson"));
}
