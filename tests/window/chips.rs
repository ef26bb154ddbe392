//! The question how a set of labelled chips becomes sites and annotations.

use crate::chip_set::Chips;
use crate::desk::Desk;
use crate::pictures;
use crate::small::Made;
use std::sync::Arc;

#[test]
fn chips_are_looked_at_and_imported_once_the_day_and_the_coding_are_said() {
    let chips = Chips::new(64);
    for x in [3476, 3477, 3490] {
        chips.image(x, 7215, true);
        chips.raster(x, 7215, true);
    }
    chips.vectors(3476, 7215);
    let mut desk = Desk::open(Made::Nothing);
    desk.pick("Project", "Import chips…");
    assert!(!desk.can("Import chips"));
    desk.type_into("Folder", chips.prefix.to_str().unwrap());
    desk.click("Look what is in it");
    desk.until_idle();
    desk.assert_sees("3 chips: 1 with polygons, 3 with a label raster, 1 with both, 0 without labels");
    desk.assert_sees("2 of 2 polygons fit alphabetical");
    desk.assert_sees("0 of 2 polygons fit wikidata");
    desk.assert_sees("Say which day the images show");
    desk.type_into("Day", "2022-03-15");
    desk.assert_sees("Say what the numbers of label rasters mean");
    assert!(!desk.can("Import chips"));
    desk.pick("What the numbers of label rasters mean", "Reforestamos, alphabetical: 1 agriculture");
    desk.click("Import chips");
    desk.until_idle();
    let project = desk.project();
    assert_eq!(project.document.sites.len(), 2);
    assert_eq!(project.annotations.len(), 6);
    let told = project.last.chips.as_ref().unwrap();
    assert_eq!((told.chips, told.aside.len()), (3, 1));
    // What came of it is told where it was asked for, and what comes next is one click away.
    desk.assert_sees("3 chips are on 2 sites, with 6 new annotations");
    desk.assert_sees("3476-7215-14.geojson: feature 3");
    desk.click("Fetch the series…");
    desk.assert_sees("Imagery by area");
    desk.assert_sees("The area of each site is its own");
    assert!(!desk.can("Fetch the series"), "days are missing");
}

#[test]
fn a_folder_without_chips_is_told_where_it_was_asked_for() {
    let empty = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(Made::Nothing);
    desk.pick("Project", "Import chips…");
    desk.type_into("Folder", empty.path().to_str().unwrap());
    desk.click("Look what is in it");
    desk.until_idle();
    desk.assert_sees("there are no chips in");
    assert!(!desk.can("Import chips"));
}

#[test]
fn a_picture_of_the_question_for_chips() {
    let Some(mut desk) = pictures::desk(Some(Made::Nothing)) else { return };
    desk.pick("Project", "Import chips…");
    pictures::compare(desk, "chips_empty");
}

/// A desk that has looked at chips with both kinds of labels.
fn looked(chips: &Chips) -> Option<Desk> {
    for x in [3476, 3477, 3490] {
        chips.image(x, 7215, true);
        chips.raster(x, 7215, true);
    }
    chips.vectors(3476, 7215);
    let mut desk = pictures::desk(Some(Made::Nothing))?;
    desk.pick("Project", "Import chips…");
    desk.type_into("Folder", chips.prefix.to_str().unwrap());
    desk.click("Look what is in it");
    desk.until_idle();
    Some(desk)
}

#[test]
fn a_picture_of_the_coding_being_asked() {
    let chips = Chips::new(64);
    let Some(mut desk) = looked(&chips) else { return };
    // As if it lay in a store: the folder of a test has another name each time.
    let mut seen = Arc::into_inner(desk.project_mut().chips.last.take().unwrap()).unwrap();
    seen.set.prefix = "s3://corridor/chips".into();
    desk.project_mut().chips.last = Some(Arc::new(seen));
    desk.replace("Folder", "s3://corridor/chips");
    desk.type_into("Day", "2022-03-15");
    pictures::compare(desk, "chips_coding");
}

#[test]
fn a_picture_of_what_became_of_the_chips() {
    let chips = Chips::new(64);
    let Some(mut desk) = looked(&chips) else { return };
    desk.type_into("Day", "2022-03-15");
    desk.pick("What the numbers of label rasters mean", "Reforestamos, alphabetical: 1 agriculture");
    desk.click("Import chips");
    desk.until_idle();
    let told = desk.project_mut().last.chips.as_mut().unwrap();
    told.report = "/data/corridor/imports/chips.csv".into();
    desk.assert_sees("3 chips are on 2 sites");
    pictures::compare(desk, "chips_done");
}
