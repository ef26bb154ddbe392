//! Cubes and expressions at the ends of what there is: the window says what is the matter, and goes on.

use crate::desk::Desk;
use crate::plot::build;
use crate::small::Made;
use egui::Key;
use ritmo::app::{Command, CubeState, Page};

/// Turns to every page, and looks at all that shows a cube.
fn look_around(desk: &mut Desk) {
    for page in Page::ALL {
        desk.send(Command::ShowPage(page));
    }
    desk.send(Command::ShowPage(Page::Look));
    desk.send(Command::ShowSpectrum(true));
    for key in [Key::C, Key::C, Key::F, Key::U, Key::D, Key::D, Key::A, Key::Space, Key::Space] {
        desk.key(key);
    }
    desk.until_idle();
}

#[test]
fn values_that_are_all_equal_are_shown_and_told() {
    let mut desk = Desk::open(Made::Nothing);
    build(&mut desk, &["B04", "B08"], &["2022-02-01"]);
    desk.send(Command::TogglePin(40, 40));
    desk.until("the pixel is told", |d| d.sees("Series plot of B04, B08"));
    look_around(&mut desk);
    desk.point(60.5, 50.5);
    desk.until("its value is told", |d| d.sees("B04 1000"));
    desk.send(Command::SetComposite(vec!["NDVI".into()]));
    desk.until_idle();
    let (opened, _) = desk.project().cube().unwrap();
    let stretch = opened.composite.stretch;
    assert!(stretch.low[0] < stretch.high[0], "there is something between black and white: {stretch:?}");
    desk.ctrl_shift(Key::D);
    crate::drift::until_measured(&mut desk);
    desk.assert_sees("What stands out");
}

#[test]
fn a_year_of_366_dates_is_stepped_through_and_shown_on_one_sheet() {
    let mut desk = Desk::open(Made::Nothing);
    let first = chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap();
    let dates: Vec<String> = first.iter_days().take(366).map(|date| date.to_string()).collect();
    let dates: Vec<&str> = dates.iter().map(String::as_str).collect();
    build(&mut desk, &["B04"], &dates);
    desk.send(Command::TogglePin(40, 40));
    desk.until("the pixel is told", |d| d.sees("Series plot of B04"));
    look_around(&mut desk);
    desk.send(Command::ShowTime(365));
    desk.assert_sees("31 Dec 2020");
    desk.key(Key::ArrowRight);
    assert_eq!(desk.project().time(), 365, "there is none after the last");
    desk.key(Key::C);
    let maps = desk.words().iter().filter(|words| words.ends_with("% observed")).count();
    assert!((4..120).contains(&maps), "only those in view are painted: {maps}");
}

#[test]
fn an_expression_that_divides_by_nothing_is_a_gap_that_is_told() {
    let mut desk = Desk::open(Made::Cube);
    desk.send(Command::TogglePin(40, 40));
    desk.type_into("New index", "Hole = nir / (red - red)");
    desk.key(Key::Enter);
    desk.assert_sees("Series plot of B04, B08, Hole");
    for band in ["B04", "B08"] {
        desk.click(band);
    }
    desk.until("it is told", |d| d.sees("pin 1: nothing but gaps, at all dates"));
    desk.send(Command::SetComposite(vec!["Hole".into()]));
    desk.until_idle();
    look_around(&mut desk);
    desk.point(60.5, 50.5);
    desk.until("the mouse reads nothing", |d| d.sees("Hole      –"));
    desk.send(Command::SetComposite(Vec::new()));
    desk.until_idle();
    desk.point(60.5, 50.5);
    desk.until("the map goes on", |d| d.sees("B04 "));
}

#[test]
fn a_cube_that_goes_away_while_it_is_on_screen_is_told_and_found_again() {
    let mut desk = Desk::open(Made::Cube);
    let cube = desk.project().cube().unwrap().0.cube.path().to_path_buf();
    let aside = cube.with_extension("aside");
    desk.point(20.5, 20.5);
    std::fs::rename(&cube, &aside).unwrap();
    // What is in memory stays; what is not is asked for, and cannot be had.
    desk.send(Command::SetComposite(vec!["B08".into()]));
    for time in 0..6 {
        desk.send(Command::ShowTime(time));
        desk.point(80.5, 80.5);
    }
    look_around(&mut desk);
    assert!(desk.can("Label"), "the window lives on");
    desk.ctrl_shift(Key::D);
    desk.until("it is told", |d| d.sees("there is no cube"));
    desk.key(Key::Escape);
    desk.send(Command::ShowSite("field".into()));
    desk.until("showing it again is refused", |d| d.sees("The cube cannot be shown"));
    std::fs::rename(&aside, &cube).unwrap();
    desk.click("Retry");
    desk.until("it is on screen again", |d| {
        d.project().site.as_ref().is_some_and(|site| matches!(site.cube, CubeState::Open { .. }))
    });
    desk.point(20.5, 20.5);
    desk.until("its values are read", |d| d.sees("B08 "));
}
