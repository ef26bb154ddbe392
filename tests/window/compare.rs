//! Comparing on the map: the calendar, swipe, side by side, differences.

use crate::desk::Desk;
use crate::small::{Made, SIDE, grid, value};
use egui::accesskit::Role;
use egui::{Key, Modifiers, Pos2, vec2};
use ritmo::app::Command;
use ritmo::cube::{BuildSettings, Period};
use ritmo::geo::raster::{PixelType, write_cog_u8, write_mosaic};
use ritmo::jobs::SiteNaming;
use ritmo::project::{CompareMode, Comparison};
use ritmo::source::InputSpec;

fn comparison(desk: &Desk) -> &Comparison {
    &desk.project().document.view.comparison
}

fn time(desk: &Desk) -> usize {
    desk.project().time()
}

/// Writes class maps of the site and shows it anew: `plain`, and `half`, which differs in its right half.
pub fn write_maps(desk: &mut Desk, names: &[&str]) {
    let folder = desk.folder().join("maps/field");
    std::fs::create_dir_all(&folder).unwrap();
    let codes: Vec<u8> = desk.project().document.legend.classes.iter().map(|c| c.code).collect();
    for name in names {
        let of = |i: u32| if *name == "half" && i % SIDE >= SIDE / 2 { codes[1] } else { codes[0] };
        let values: Vec<u8> = (0..SIDE * SIDE).map(of).collect();
        let path = folder.join(format!("{name}.tif"));
        write_cog_u8(&path, &grid(), &[("class".into(), &values)], None, Some(255), &[]).unwrap();
    }
    desk.send(Command::ShowSite("field".into()));
    desk.until("the maps are known", |d| d.project().cube().is_some() && d.project().map().is_some());
    desk.settle();
}

fn chord(desk: &mut Desk, modifiers: Modifiers, key: Key) {
    desk.harness().key_press_modifiers(modifiers, key);
    desk.settle();
}

fn drag(desk: &mut Desk, from: Pos2, to: Pos2) {
    desk.harness().hover_at(from);
    desk.settle();
    desk.harness().drag_at(from);
    desk.settle();
    desk.harness().hover_at(to);
    desk.settle();
    desk.harness().drop_at(to);
    desk.settle();
}

const MAY: &str = "15 May 2022, 100 % observed";

#[test]
fn the_calendar_shows_all_dates_and_a_click_chooses_one() {
    let mut desk = Desk::open(Made::Cube);
    desk.click("Calendar");
    for month in ["Jan", "Mar", "May", "Jul", "Sep", "Nov"] {
        desk.assert_sees(&format!("15 {month} 2022, 100 % observed"));
    }
    let may = desk.rect(Role::Button, MAY);
    desk.click_at(may.center());
    assert_eq!(time(&desk), 2);
    assert!(desk.sees(MAY), "one looks on");
    desk.key(Key::Enter);
    assert!(!desk.sees(MAY));
    assert_eq!(time(&desk), 2);
    desk.rect(Role::Canvas, "Map");
}

#[test]
fn the_calendar_comes_by_key_and_a_double_click_shows_the_date_large() {
    let mut desk = Desk::open(Made::Cube);
    desk.key(Key::C);
    let may = desk.rect(Role::Button, MAY);
    desk.double_click_at(may.center());
    assert!(!desk.sees(MAY));
    assert_eq!(time(&desk), 2);
    desk.key(Key::C);
    desk.key(Key::ArrowRight);
    desk.key(Key::Escape);
    assert!(!desk.sees(MAY));
    assert_eq!(time(&desk), 3, "the keys of dates work there too");
}

#[test]
fn the_mouse_over_a_small_map_reads_the_pixel_as_over_the_map() {
    let mut desk = Desk::open(Made::Cube);
    desk.key(Key::C);
    let middle = desk.rect(Role::Button, MAY).center();
    desk.harness().hover_at(middle);
    desk.until("the series is read", |d| d.sees("B04 ") && d.sees("pixel 4"));
    assert!(desk.words().iter().any(|w| w.contains("pixel 47, ") || w.contains("pixel 48, ")));
}

#[test]
fn what_moves_a_small_map_moves_the_map() {
    let mut desk = Desk::open(Made::Cube);
    let before = desk.project().document.view.centre.unwrap();
    desk.key(Key::C);
    let from = desk.rect(Role::Button, MAY).center();
    drag(&mut desk, from, from + vec2(30.0, 0.0));
    desk.until("where it looks is remembered", |d| d.project().document.view.centre != Some(before));
    assert!(desk.project().document.view.centre.unwrap()[0] < before[0], "one looks further west");
    assert_eq!(time(&desk), 0, "a drag chooses no date");
    let zoom = desk.project().document.view.zoom;
    desk.harness().hover_at(from);
    desk.wheel(vec2(0.0, 120.0), Modifiers::COMMAND);
    desk.until("the zoom is remembered", |d| d.project().document.view.zoom > zoom);
}

#[test]
fn a_larger_calendar_scrolls_to_the_date() {
    let mut desk = Desk::open(Made::Cube);
    desk.key(Key::C);
    desk.set_slider("Size of the small maps", 480.0);
    let november = "15 Nov 2022, 100 % observed";
    assert!(!desk.sees(november), "it is out of view");
    desk.send(Command::ShowTime(5));
    desk.until("it is brought into view", |d| d.sees(november));
}

#[test]
fn a_swipe_shows_another_date_on_the_right_and_its_handle_is_moved_by_mouse_and_keys() {
    let mut desk = Desk::open(Made::Cube);
    desk.click("Swipe");
    assert_eq!((comparison(&desk).mode, comparison(&desk).other_time), (CompareMode::Swipe, 1));
    desk.assert_sees("Left side: 15 Jan 2022");
    desk.assert_sees("Right side: 15 Mar 2022");
    let handle = desk.rect(Role::Slider, "Handle of the swipe");
    let map = desk.rect(Role::Canvas, "Map");
    assert!((handle.center().x - map.center().x).abs() < 1.0);
    let from = handle.center() + vec2(0.0, 60.0);
    drag(&mut desk, from, from - vec2(map.width() / 4.0, 0.0));
    assert!((comparison(&desk).split - 0.25).abs() < 0.02, "{}", comparison(&desk).split);
    let before = comparison(&desk).split;
    chord(&mut desk, Modifiers::SHIFT, Key::ArrowRight);
    assert!(comparison(&desk).split > before);
    assert_eq!(time(&desk), 0, "with Shift the date stays");
    desk.set_slider("Handle of the swipe", 60.0);
    assert!((comparison(&desk).split - 0.6).abs() < 1e-3);
    desk.key(Key::Escape);
    assert_eq!(comparison(&desk).mode, CompareMode::Off);
    assert!(!desk.sees("Right side"));
}

#[test]
fn the_dates_of_both_sides_are_stepped_apart() {
    let mut desk = Desk::open(Made::Cube);
    chord(&mut desk, Modifiers::SHIFT, Key::C);
    chord(&mut desk, Modifiers::SHIFT, Key::Period);
    chord(&mut desk, Modifiers::SHIFT, Key::Period);
    assert_eq!((time(&desk), comparison(&desk).other_time), (0, 3));
    chord(&mut desk, Modifiers::SHIFT, Key::Comma);
    desk.click("Date after on the left (Right, D)");
    assert_eq!((time(&desk), comparison(&desk).other_time), (1, 2));
    desk.click("Date after on the right (Shift+.)");
    desk.key(Key::D);
    assert_eq!((time(&desk), comparison(&desk).other_time), (2, 3));
    desk.pick("Right side: 15 Jul 2022", "15 Nov 2022");
    assert_eq!(comparison(&desk).other_time, 5);
}

#[test]
fn image_and_class_map_are_swiped() {
    let mut desk = Desk::open(Made::Cube);
    write_maps(&mut desk, &["plain"]);
    desk.click("Swipe");
    desk.pick("Right side: 15 Mar 2022", "plain");
    assert_eq!(comparison(&desk).other_map.as_deref(), Some("plain"));
    desk.assert_sees("Right side: plain");
    desk.pick("Left side: 15 Jan 2022", "15 May 2022");
    assert_eq!(time(&desk), 2);
    chord(&mut desk, Modifiers::SHIFT, Key::Period);
    assert_eq!(comparison(&desk).other_map, None, "a step of the date shows an image again");
}

#[test]
fn side_by_side_the_pixel_is_read_and_pinned_on_either_map() {
    let mut desk = Desk::open(Made::Cube);
    desk.click("Side by side");
    let (left, right) = (desk.rect(Role::Canvas, "Map"), desk.rect(Role::Canvas, "Map on the right"));
    assert!(left.right() <= right.left() && (left.width() - right.width()).abs() <= 1.0);
    for map in [left, right] {
        desk.harness().hover_at(map.center() + vec2(9.0, 0.0));
        desk.until("the pixel is read", |d| d.sees("pixel 5") || d.sees("pixel 4"));
        desk.until("and its values", |d| d.sees("B04 "));
    }
    let at = desk.at(30.5, 40.5) - left.center();
    desk.click_at(right.center() + at);
    assert_eq!(desk.project().document.view.pins, [(30, 40)]);
    desk.assert_sees(&format!("B04 {}", value(0, 2, 30, 40)));
    desk.click_at(left.center() + at);
    assert!(desk.project().document.view.pins.is_empty(), "it is the same place on both");
}

#[test]
fn side_by_side_a_drag_of_either_map_moves_both() {
    let mut desk = Desk::open(Made::Cube);
    desk.click("Side by side");
    for name in ["Map on the right", "Map"] {
        let before = desk.project().document.view.centre;
        let from = desk.rect(Role::Canvas, name).center();
        drag(&mut desk, from, from + vec2(40.0, 0.0));
        desk.until("both moved", |d| d.project().document.view.centre != before);
    }
}

#[test]
fn tools_draw_on_either_map() {
    let mut desk = Desk::open(Made::Labels);
    let before = desk.project().annotations.len();
    desk.click("Side by side");
    desk.key(Key::F2);
    desk.key(Key::R);
    for name in ["Map", "Map on the right"] {
        let middle = desk.rect(Role::Canvas, name).center();
        drag(&mut desk, middle - vec2(20.0, 20.0), middle + vec2(24.0, 20.0));
    }
    assert_eq!(desk.project().annotations.len(), before + 2);
}

#[test]
fn without_two_maps_the_differences_say_what_to_do() {
    let mut desk = Desk::open(Made::Cube);
    desk.click("Differences");
    desk.assert_sees("There is no map of this site yet: train a model and map the site on the Map page");
    write_maps(&mut desk, &["plain"]);
    desk.assert_sees("There is one map of this site: map it with another model to compare");
    desk.click("One map");
    assert!(!desk.sees("There is one map"));
}

#[test]
fn the_share_that_differs_is_told_in_view_and_of_the_site() {
    let mut desk = Desk::open(Made::Cube);
    write_maps(&mut desk, &["plain", "half"]);
    desk.click("Differences");
    desk.until("it is counted", |d| d.sees("50.0 % of the pixels in view differ, 50.0 % of the site"));
    desk.click("+");
    desk.click("+");
    let east = desk.rect(Role::Canvas, "Map").center();
    drag(&mut desk, east + vec2(200.0, 0.0), east - vec2(200.0, 0.0));
    desk.until("only what differs is in view", |d| {
        d.sees("100.0 % of the pixels in view differ, 50.0 % of the site")
    });
}

#[test]
fn one_of_several_maps_is_chosen_in_the_list_of_layers() {
    let mut desk = Desk::open(Made::Cube);
    write_maps(&mut desk, &["plain"]);
    assert!(!desk.can("Shown map"), "there is nothing to choose");
    write_maps(&mut desk, &["plain", "half"]);
    for name in ["plain", "half"] {
        desk.pick("Shown map", name);
        desk.until("it is shown", |d| d.project().map().is_some_and(|map| map.name == name));
    }
    let mut desk = desk.reopened();
    desk.until("it is shown again", |d| d.project().map().is_some_and(|map| map.name == "half"));
}

#[test]
fn of_very_many_dates_only_the_small_maps_in_view_are_there() {
    const MANY: usize = 120;
    let mut desk = Desk::open(Made::Nothing);
    let mosaics = desk.home().join("many");
    std::fs::create_dir_all(&mosaics).unwrap();
    let day =
        |i: usize| chrono::NaiveDate::from_ymd_opt(2021, 1, 3).unwrap() + chrono::Days::new(5 * i as u64);
    for i in 0..MANY {
        let pixels = grid().pixels();
        let values: Vec<u16> = (0..3 * pixels).map(|at| 300 + (at % 97 * 11 + i * 7) as u16).collect();
        let path = mosaics.join(format!("many_{}.tif", day(i)));
        write_mosaic(&path, &grid(), &["B02", "B03", "B04"], PixelType::Uint16, 0.0, &values, &[]).unwrap();
    }
    desk.send(Command::BuildCube {
        site: SiteNaming::One("many".into()),
        input: InputSpec { inputs: vec![mosaics], ..InputSpec::default() },
        settings: BuildSettings { period: Period::None, ..BuildSettings::default() },
        skip_damaged: false,
    });
    desk.until("the cube is shown", |d| d.project().cube().is_some() && d.app().state.jobs.is_empty());
    assert_eq!(desk.project().cube().unwrap().0.cube.info().dates.len(), MANY);
    desk.key(Key::C);
    let cells = |desk: &Desk| desk.words().iter().filter(|words| words.ends_with("observed")).count();
    assert!((2..MANY / 3).contains(&cells(&desk)), "{} of {MANY}", cells(&desk));
    let said = |i: usize| day(i).format("%-d %b %Y").to_string() + ", 100 % observed";
    let last = said(MANY - 1);
    assert!(!desk.sees(&last));
    desk.send(Command::ShowTime(MANY - 1));
    desk.until("the last date is brought into view", |d| d.sees(&last));
    assert!(!desk.sees(&said(0)), "and the first is out of it");
    let over = desk.rect(Role::Button, &last).center();
    desk.harness().hover_at(over);
    desk.wheel(vec2(0.0, 4000.0), Modifiers::NONE);
    desk.until("the wheel scrolls back", |d| !d.sees(&last));
    // With `RITMO_TIMINGS` set, this tells what a frame of panning costs.
    let cell = desk.words().into_iter().rfind(|words| words.ends_with("observed")).unwrap();
    let from = desk.rect(Role::Button, &cell).center();
    for i in 0..60 {
        drag_on(&mut desk, from, i);
    }
    desk.harness().drop_at(from);
    desk.settle();
}

/// A drag under way, frame by frame.
fn drag_on(desk: &mut Desk, from: Pos2, frame: usize) {
    if frame == 0 {
        desk.harness().hover_at(from);
        desk.steps(1);
        desk.harness().drag_at(from);
    }
    desk.harness().hover_at(from + vec2((frame % 20) as f32, 0.0));
    desk.steps(1);
}
