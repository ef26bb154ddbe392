//! Maps from elsewhere: the question that takes one in, and comparing two maps on the Assess page.

use crate::compare::write_maps;
use crate::desk::Desk;
use crate::learn::press;
use crate::small::{CLASSES, Made, SIDE, grid};
use egui::Key;
use ritmo::app::{Command, Page};
use ritmo::geo::raster::write_cog_u8;
use ritmo::project::CompareMode;
use std::path::PathBuf;

/// A raster of the classes' places in a list, from 0, and the list; a third of the site each, in another order.
fn raster(desk: &Desk) -> (PathBuf, PathBuf) {
    let values: Vec<u8> = (0..SIDE * SIDE).map(|at| (at % SIDE * 3 / SIDE) as u8).collect();
    let file = desk.home().join("pearl.tif");
    write_cog_u8(&file, &grid(), &[("class".into(), &values)], None, Some(255), &[]).unwrap();
    let list = desk.home().join("classes.json");
    std::fs::write(&list, r#"["forest", "corn", "Agua"]"#).unwrap();
    (file, list)
}

#[test]
fn a_map_is_taken_in_once_every_value_has_a_class() {
    let mut desk = Desk::open(Made::Cube);
    let (file, list) = raster(&desk);
    desk.pick("Project", "Import a map…");
    desk.assert_sees("Choose a raster of classes");
    assert!(!desk.can("Import"));
    desk.type_into("Raster", file.to_str().unwrap());
    desk.until("it is looked at", |d| d.sees("The raster does not name its classes"));
    desk.assert_sees("3\u{202f}072");
    desk.type_into("Class list", list.to_str().unwrap());
    desk.until("the list is read", |d| d.sees("Say what 0 is"));
    desk.until_idle();
    desk.pick("What 0 is", "0 is the first class (PEARL)");
    desk.until("names are known", |d| d.sees("1 values have no class yet"));
    desk.until_idle();
    desk.assert_sees("corn");
    desk.assert_sees("name of the same kind");
    assert!(!desk.can("Import"));
    desk.pick("What 1 becomes", CLASSES[1]);
    desk.assert_sees("as chosen");
    desk.click("Import");
    desk.until("it is a map of the site", |d| d.project().map_names() == ["pearl"]);
    desk.until("it is shown", |d| d.project().map().is_some_and(|map| map.name == "pearl"));
    assert!(!desk.sees("Import a map"), "the question is answered");
    let codes: Vec<u8> = desk.project().document.legend.classes.iter().map(|class| class.code).collect();
    let map = desk.project().map().unwrap();
    assert_eq!([5, 40, 90].map(|col| map.codes[col]), [codes[0], codes[1], codes[2]]);
}

#[test]
fn a_value_can_be_left_out_and_the_question_given_up() {
    let mut desk = Desk::open(Made::Cube);
    let (file, _) = raster(&desk);
    desk.pick("Project", "Import a map…");
    desk.type_into("Raster", file.to_str().unwrap());
    desk.until("it is looked at", |d| d.sees("3\u{202f}072"));
    desk.until_idle();
    desk.pick("What values are", "Codes of the legend");
    // 0 is unlabelled there, 1 and 2 are its first classes.
    desk.until("names are known", |d| d.sees("unlabelled") && d.can("Import"));
    desk.until_idle();
    desk.pick("What 1 becomes", "Leave out");
    desk.type_into("Name", "half");
    desk.click("Import");
    desk.until("it is a map of the site", |d| d.project().map_names() == ["half"]);
    desk.until("it is shown", |d| d.project().map().is_some_and(|map| map.name == "half"));
    let map = desk.project().map().unwrap();
    assert_eq!([5, 40].map(|col| map.codes[col]), [255, 255]);
    desk.pick("Project", "Import a map…");
    desk.assert_sees("Choose a raster of classes");
    desk.key(Key::Escape);
    assert!(!desk.sees("Choose a raster of classes"));
}

#[test]
fn a_raster_that_is_none_is_told_in_the_question() {
    let mut desk = Desk::open(Made::Cube);
    let file = desk.home().join("none.tif");
    std::fs::write(&file, "no raster").unwrap();
    desk.pick("Project", "Import a map…");
    desk.type_into("Raster", file.to_str().unwrap());
    desk.until("it is told", |d| d.sees("cannot read") && d.sees("none.tif"));
    assert!(!desk.can("Import"));
}

#[test]
fn two_maps_are_swiped_and_compared_on_the_assess_page() {
    let mut desk = Desk::open(Made::Labels);
    desk.send(Command::ShowPage(Page::Assess));
    desk.assert_sees("Two maps of this site are needed");
    write_maps(&mut desk, &["plain", "half"]);
    desk.send(Command::ShowPage(Page::Assess));
    desk.pick("First map", "plain");
    press(&mut desk, "Swipe both");
    let comparison = desk.project().document.view.comparison.clone();
    assert_eq!((comparison.mode, comparison.other_map.as_deref()), (CompareMode::Swipe, Some("half")));
    desk.until("both are open", |d| {
        d.project().other_map().is_some() && d.project().map().is_some_and(|map| map.name == "plain")
    });
    press(&mut desk, "Show differences");
    desk.until("it is counted", |d| d.sees("50.0 % of the pixels in view differ"));
    press(&mut desk, "Compare");
    desk.until("they are compared", |d| d.project().last.compared.is_some());
    desk.settle();
    desk.assert_sees("pixels of annotations that neither model has seen, the map plain is right on");
    desk.assert_sees("The maps agree on 50.0 % of the land that both map");
    desk.assert_sees("Where they differ");
}
