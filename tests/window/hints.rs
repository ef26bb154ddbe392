//! Hints for the first steps.

use crate::desk::Desk;
use crate::small::Made;
use egui::Key;
use ritmo::app::Page;

#[test]
fn nobody_is_asked_unless_it_is_the_real_window() {
    let desk = Desk::open(Made::Cube);
    assert!(!desk.sees("What would you like to do?"));
}

#[test]
fn those_who_are_new_are_asked_once_a_project_is_open_and_led_through() {
    let mut desk = Desk::open(Made::Labels);
    desk.app_mut().greet();
    desk.settle();
    desk.assert_sees("What would you like to do?");
    desk.click("Draw annotations");
    assert_eq!(desk.project().page, Page::Label);
    desk.assert_sees("1 of 4");
    for step in ["2 of 4", "3 of 4", "4 of 4"] {
        desk.click("Next");
        desk.assert_sees(step);
    }
    desk.click("Back");
    desk.assert_sees("3 of 4");
    desk.click("Next");
    desk.click("Done");
    assert!(!desk.sees("4 of 4"));
    let mut desk = desk.reopened();
    desk.app_mut().greet();
    desk.settle();
    assert!(!desk.sees("What would you like to do?"), "it was answered");
}

#[test]
fn the_card_goes_away_for_today_or_for_ever_and_comes_when_it_is_asked_for() {
    let mut desk = Desk::open(Made::Cube);
    desk.app_mut().greet();
    desk.settle();
    desk.click("Not now");
    assert!(!desk.sees("What would you like to do?"));
    let mut desk = desk.reopened();
    desk.app_mut().greet();
    desk.settle();
    desk.click("Don't show again");
    let mut desk = desk.reopened();
    desk.app_mut().greet();
    desk.settle();
    assert!(!desk.sees("What would you like to do?"));
    desk.pick("Help", "What would you like to do?");
    desk.assert_sees("A few hints show where");
    desk.click("Not now");
    desk.ctrl(Key::P);
    desk.letter("what would");
    desk.key(Key::Enter);
    desk.assert_sees("A few hints show where");
}

#[test]
fn the_card_is_in_nobodys_way_who_begins_without_it() {
    let mut desk = Desk::open(Made::Cube);
    desk.app_mut().greet();
    desk.settle();
    desk.assert_sees("What would you like to do?");
    desk.click_map(5.5, 20.5);
    assert_eq!(desk.project().document.view.pins, [(5, 20)]);
    assert!(!desk.sees("What would you like to do?"));
    let mut desk = desk.reopened();
    desk.app_mut().greet();
    desk.settle();
    desk.assert_sees("What would you like to do?");
}

#[test]
fn a_hint_waits_on_its_page_and_the_map_can_be_used_meanwhile() {
    let mut desk = Desk::open(Made::Cube);
    desk.pick("Help", "What would you like to do?");
    desk.click("Read the years of pixels");
    desk.assert_sees("1 of 4");
    desk.key(Key::F3);
    assert!(!desk.sees("1 of 4"));
    desk.key(Key::F1);
    desk.assert_sees("1 of 4");
    desk.click_map(5.5, 20.5);
    assert_eq!(desk.project().document.view.pins, [(5, 20)]);
}

#[test]
fn the_mapper_is_led_to_the_pages_of_the_steps() {
    let mut desk = Desk::open(Made::Cube);
    desk.pick("Help", "What would you like to do?");
    desk.click("Train a model and make a map");
    assert_eq!(desk.project().page, Page::Map);
    for _ in 0..3 {
        desk.click("Next");
    }
    assert_eq!(desk.project().page, Page::Assess);
}
