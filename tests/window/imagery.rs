//! The Add imagery page: from a folder to a cube, with corrections on the way.

use crate::desk::Desk;
use crate::small::{BANDS, Made, grid, write_mosaics};
use egui::{Event, Key};
use ritmo::app::{Page, SurveyState};
use ritmo::cube::Period;
use ritmo::geo::Grid;
use ritmo::geo::raster::{PixelType, write_mosaic};
use std::path::Path;

/// The page, with the mosaics of the small project looked at.
fn looked_at() -> Desk {
    let mut desk = Desk::open(Made::Nothing);
    let mosaics = desk.home().join("mosaics");
    write_mosaics(&mosaics);
    desk.ctrl(Key::I);
    add(&mut desk, &mosaics);
    desk
}

/// Types a path and waits until it is looked at.
fn add(desk: &mut Desk, path: &Path) {
    desk.type_into("Path", &path.display().to_string());
    desk.click("Add");
    wait(desk);
}

/// Waits until what is on the page has been asked and answered.
fn wait(desk: &mut Desk) {
    let before = desk.project().survey.last.clone();
    desk.until("the imagery is looked at", |d| {
        let survey = &d.project().survey;
        let is_new = match (&before, &survey.last) {
            (Some(a), Some(b)) => !std::sync::Arc::ptr_eq(a, b),
            (_, last) => last.is_some(),
        };
        is_new && survey.state == SurveyState::Ready || matches!(survey.state, SurveyState::Failed(_))
    });
    desk.settle();
}

/// Puts another text into the field of this name.
fn retype(desk: &mut Desk, name: &str, text: &str) {
    {
        use egui_kittest::kittest::{NodeT, Queryable};
        let field = desk.harness().query_all_by_label(name).find(|n| n.accesskit_node().is_text_input());
        field.unwrap_or_else(|| panic!("no field {name:?}")).focus();
    }
    desk.settle();
    desk.ctrl(Key::A);
    desk.harness().event(Event::Text(text.into()));
    desk.settle();
}

fn mosaic(path: &Path, grid: &Grid, bands: &[&str]) {
    let values = vec![900; bands.len() * grid.pixels()];
    write_mosaic(path, grid, bands, PixelType::Uint16, 0.0, &values, &[]).unwrap();
}

#[test]
fn a_folder_becomes_a_table_an_estimate_and_a_cube_on_screen() {
    let mut desk = looked_at();
    desk.assert_sees("6 acquisitions of Sentinel-2 L2A, 15 Jan 2022 to 15 Nov 2022");
    desk.assert_sees("small_2022-05-15.tif");
    desk.assert_sees("96 x 96 of 10 m");
    desk.assert_sees("6 steps x 4 bands x 96 x 96 pixels");
    desk.assert_sees("free");
    for band in BANDS {
        assert!(desk.can(band), "{band} can be switched off");
    }
    assert!(desk.can("Build the cube"));
    desk.click("Build the cube");
    desk.until("the cube is on screen", |d| d.project().cube().is_some());
    desk.settle();
    desk.assert_sees("The cube of mosaics is built: 6 dates, 4 bands");
    desk.assert_sees("estimated");
    desk.assert_sees("15 Jan 2022");
    desk.ctrl(Key::I);
    desk.assert_sees("Drop a folder here, or browse…");
}

#[test]
fn bands_dates_and_files_are_corrected_before_anything_is_written() {
    let mut desk = looked_at();
    desk.click("B03");
    wait(&mut desk);
    desk.assert_sees("6 steps x 3 bands");
    desk.click("Take small_2022-03-15.tif");
    wait(&mut desk);
    desk.assert_sees("5 steps x 3 bands");
    desk.assert_sees("1 file left out");
    desk.click("Take small_2022-03-15.tif");
    wait(&mut desk);
    desk.assert_sees("6 steps x 3 bands");
    assert!(!desk.project().folder.path().join("cubes").exists());
    desk.click("Build the cube");
    desk.until("the cube is on screen", |d| d.project().cube().is_some());
    let bands: Vec<_> =
        desk.project().cube().unwrap().0.cube.info().bands.iter().map(|b| b.name.clone()).collect();
    assert_eq!(bands, ["B02", "B04", "B08"]);
}

#[test]
fn a_date_that_is_typed_over_is_a_correction_and_nonsense_is_forgotten() {
    let mut desk = looked_at();
    retype(&mut desk, "Date of small_2022-01-15.tif", "someday");
    desk.key(Key::Enter);
    desk.assert_sees("2022-01-15");
    assert!(!desk.sees("someday"));
    retype(&mut desk, "Date of small_2022-01-15.tif", "2021-12-31");
    desk.key(Key::Enter);
    desk.until("it is looked at with the new date", |d| {
        let last = d.project().survey.last.as_ref();
        last.is_some_and(|last| last.input.corrections.iter().any(|c| c.date.is_some()))
    });
}

#[test]
fn a_change_of_the_period_is_looked_at_again_by_itself() {
    let mut desk = looked_at();
    desk.click("Month");
    wait(&mut desk);
    assert_eq!(desk.project().survey.last.as_ref().unwrap().settings.period, Period::Month);
    desk.click("Days");
    wait(&mut desk);
    assert_eq!(desk.project().survey.last.as_ref().unwrap().settings.period, Period::Days(16));
    retype(&mut desk, "Begins", "someday");
    desk.assert_sees("is no date: write it as 2022-03-15");
    assert!(!desk.can("Build the cube"));
}

#[test]
fn what_stands_in_the_way_is_told_and_nothing_can_be_built() {
    let mut desk = looked_at();
    let shifted = Grid { left: grid().left + 10.0, ..grid() };
    mosaic(&desk.home().join("mosaics/small_2022-12-15.tif"), &shifted, &BANDS);
    desk.click("Look again");
    wait(&mut desk);
    desk.assert_sees("grid");
    desk.assert_sees("A  96 x 96");
    assert!(!desk.can("Build the cube"));
    desk.click("Take small_2022-12-15.tif");
    wait(&mut desk);
    assert!(desk.can("Build the cube"), "without the odd one out");
}

#[test]
fn a_folder_without_images_says_so_on_the_page() {
    let mut desk = Desk::open(Made::Nothing);
    let empty = desk.home().join("empty");
    std::fs::create_dir(&empty).unwrap();
    desk.click("Add imagery…");
    add(&mut desk, &empty);
    desk.assert_sees("These files cannot be used yet");
    assert!(!desk.can("Build the cube"));
    assert!(desk.notices().is_empty());
    desk.click("Remove");
    desk.until("the page is empty again", |d| d.sees("Drop a folder here, or browse…"));
}

#[test]
fn a_file_without_a_date_is_listed_with_why() {
    let mut desk = Desk::open(Made::Nothing);
    let mosaics = desk.home().join("mosaics");
    write_mosaics(&mosaics);
    mosaic(&mosaics.join("picture.tif"), &grid(), &BANDS);
    desk.ctrl(Key::I);
    add(&mut desk, &mosaics);
    desk.click("1 file left aside");
    desk.settle();
    desk.assert_sees("picture.tif");
    desk.assert_sees("date");
}

#[test]
fn several_places_become_a_site_each() {
    let mut desk = Desk::open(Made::Nothing);
    let chips = desk.home().join("chips");
    std::fs::create_dir(&chips).unwrap();
    for (name, left) in [("north", 2_700_000.0), ("south", 2_800_000.0)] {
        for month in 1..=3 {
            let file = chips.join(format!("{name}_2022-{month:02}-15.tif"));
            mosaic(&file, &Grid { left, ..grid() }, &BANDS);
        }
    }
    desk.ctrl(Key::I);
    add(&mut desk, &chips);
    assert!(!desk.can("Build the cube"));
    desk.click("One site for each tile (2)");
    wait(&mut desk);
    desk.assert_sees("2 cubes of 3 steps");
    desk.click("Build 2 cubes");
    desk.until("both are there", |d| d.project().document.sites.len() == 2 && d.project().cube().is_some());
    desk.assert_sees("The cubes of 2 sites are built");
}

#[test]
fn a_site_that_has_a_cube_says_that_building_replaces_it() {
    let mut desk = Desk::open(Made::Cube);
    let mosaics = desk.home().join("mosaics");
    desk.ctrl(Key::I);
    add(&mut desk, &mosaics);
    assert!(desk.can("Build the cube"), "a free name is suggested");
    retype(&mut desk, "Site", "field");
    desk.assert_sees("field has a cube: building it anew replaces that one.");
    assert!(desk.can("Build the cube anew") && desk.can("Add to the cube of this site"));
}

#[test]
fn the_page_goes_away_with_escape_and_keeps_what_was_chosen() {
    let mut desk = looked_at();
    desk.key(Key::Escape);
    assert!(!desk.sees("Look again"));
    desk.ctrl(Key::I);
    desk.assert_sees("6 acquisitions");
    desk.click("Not now");
    assert!(!desk.sees("Look again"));
    desk.ctrl(Key::I);
    desk.click(Page::Label.title());
    assert!(!desk.sees("Look again"));
    assert_eq!(desk.project().page, Page::Label);
}

#[test]
fn what_is_dropped_on_the_window_is_looked_at() {
    let mut desk = Desk::open(Made::Nothing);
    let mosaics = desk.home().join("mosaics");
    write_mosaics(&mosaics);
    desk.drop_paths(&[&mosaics]);
    wait(&mut desk);
    desk.assert_sees("6 acquisitions");
    let mut desk = desk.restarted();
    desk.drop_paths(&[&mosaics]);
    desk.assert_sees("Open a project or make a new one first");
}
