//! The palette: everything by a few letters.

use crate::desk::Desk;
use crate::small::Made;
use egui::Key;
use ritmo::app::Page;

fn palette(made: Made, typed: &str) -> Desk {
    let mut desk = Desk::open(made);
    open(&mut desk, typed);
    desk
}

fn open(desk: &mut Desk, typed: &str) {
    desk.ctrl(Key::P);
    if !typed.is_empty() {
        desk.letter(typed);
    }
}

/// The titles of the rows, from top to bottom, as far as they are among these.
fn order(desk: &Desk, titles: &[&str]) -> Vec<String> {
    let mut found: Vec<_> = titles
        .iter()
        .filter_map(|title| Some((desk.rects(title).last()?.top(), title.to_string())))
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found.into_iter().map(|(_, title)| title).collect()
}

#[test]
fn a_few_letters_and_enter_do_what_was_meant() {
    let mut desk = palette(Made::Cube, "lab");
    desk.key(Key::Enter);
    assert_eq!(desk.project().page, Page::Label);
    assert!(!desk.can("Whole site"), "it is closed");
}

#[test]
fn arrows_choose_and_a_click_does_too() {
    let mut desk = palette(Made::Cube, "date");
    desk.key(Key::ArrowUp);
    desk.key(Key::ArrowDown);
    let rows = order(&desk, &["Dates", "Date before", "Date after"]);
    let steps = rows.iter().position(|row| row == "Date after").unwrap();
    for _ in 0..steps {
        desk.key(Key::ArrowDown);
    }
    desk.key(Key::Enter);
    assert_eq!(desk.project().time(), 1);
    open(&mut desk, "wand");
    desk.click("Wand (tool)");
    assert_eq!(desk.project().page, Page::Label, "tools are of the Label page");
}

#[test]
fn a_month_that_is_typed_shows_the_nearest_date() {
    let mut desk = palette(Made::Cube, "2022-05");
    desk.assert_sees("Show 15 May 2022");
    desk.key(Key::Enter);
    assert_eq!(desk.project().time(), 2);
    open(&mut desk, "1999");
    desk.key(Key::Enter);
    assert_eq!(desk.project().time(), 0, "the first date is the nearest");
}

#[test]
fn sites_classes_and_composites_are_found_by_name() {
    let mut desk = palette(Made::Labels, "water");
    desk.assert_sees("Draw with class Water");
    desk.key(Key::Enter);
    let class = desk.project().document.legend.classes.iter().find(|c| c.name == "Water").unwrap().code;
    assert_eq!(desk.project().class, Some(class));
    open(&mut desk, "ndvi");
    desk.key(Key::Enter);
    assert_eq!(desk.project().document.view.composite, ["NDVI"]);
    open(&mut desk, "show field");
    assert!(!desk.can("Show site field"), "it is on screen");
}

#[test]
fn what_makes_no_sense_now_is_grey_and_says_why() {
    let mut desk = palette(Made::Cube, "assess the");
    desk.assert_sees("Assess the map");
    assert!(!desk.can("Assess the map"));
    desk.key(Key::Enter);
    desk.assert_sees("Assess the map");
    assert!(desk.notices().is_empty(), "nothing was asked for");
    desk.key(Key::Escape);
    assert!(!desk.sees("Assess the map"));
}

#[test]
fn what_was_used_last_comes_first_on_other_days_too() {
    let mut desk = palette(Made::Cube, "whole");
    desk.key(Key::Enter);
    open(&mut desk, "");
    assert_eq!(order(&desk, &["Date before", "Whole site"])[0], "Whole site");
    desk.key(Key::Escape);
    let mut desk = desk.reopened();
    open(&mut desk, "");
    assert_eq!(order(&desk, &["Date before", "Whole site"])[0], "Whole site");
}

#[test]
fn nothing_found_says_what_to_do() {
    let mut desk = palette(Made::Cube, "qqq");
    desk.assert_sees("Nothing is called so");
    desk.assert_sees("Type fewer letters");
}

#[test]
fn it_opens_from_a_field_and_by_its_button() {
    let mut desk = Desk::open(Made::Labels);
    desk.key(Key::F2);
    desk.new_class_field().focus();
    desk.settle();
    desk.ctrl(Key::P);
    assert!(desk.can("Whole site"));
    desk.ctrl(Key::P);
    assert!(!desk.can("Whole site"));
    desk.click("Find a command");
    assert!(desk.can("Whole site"));
}

#[test]
fn on_the_start_screen_it_opens_projects() {
    let mut desk = Desk::open(Made::Nothing).restarted();
    open(&mut desk, "small");
    desk.key(Key::Enter);
    desk.until("the project is open", |d| d.app().state.project.is_some());
}
