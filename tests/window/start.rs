//! The start screen, its questions, and the window's frame.

use crate::desk::Desk;
use crate::small::Made;
use egui::{Key, Theme};
use ritmo::app::Page;

#[test]
fn the_start_screen_offers_the_demo_opening_and_a_new_project() {
    let mut desk = Desk::start();
    for name in ["Try the demo", "Open project…", "New project…"] {
        assert!(desk.can(name), "{name}");
    }
    desk.assert_sees("Projects that you open are listed here.");
}

#[test]
fn a_project_that_was_open_is_listed_opens_by_a_click_and_can_be_forgotten() {
    let mut desk = Desk::open(Made::Nothing).restarted();
    assert!(desk.can("small"));
    desk.click("small");
    desk.until("the project is open", |d| d.app().state.project.is_some());
    let mut desk = desk.restarted();
    desk.click("Forget");
    assert!(!desk.can("small"));
    assert!(!desk.restarted().can("small"), "it stays forgotten");
}

#[test]
fn a_project_opens_by_typing_its_folder() {
    let mut desk = Desk::open(Made::Nothing).restarted();
    desk.ctrl(Key::O);
    desk.assert_sees("Open a project");
    assert!(!desk.can("Open"), "an empty path cannot be opened");
    let folder = desk.folder().display().to_string();
    desk.type_into("Folder", &folder);
    desk.click("Open");
    desk.until("the project is open", |d| d.app().state.project.is_some());
    desk.assert_sees("Small");
}

#[test]
fn a_folder_without_a_project_is_answered_with_a_sentence() {
    let mut desk = Desk::start();
    let folder = desk.home().join("nowhere").display().to_string();
    desk.click("Open project…");
    desk.type_into("Folder", &folder);
    desk.key(Key::Enter);
    desk.until("it failed", |d| !d.notices().is_empty());
    desk.settle();
    desk.assert_sees("Opening the project failed");
    desk.assert_sees("nowhere");
    desk.click("Dismiss");
    assert!(desk.notices().is_empty());
    assert!(desk.can("Open project…"), "the start screen is back");
}

#[test]
fn a_question_goes_away_with_not_now_and_with_escape() {
    let mut desk = Desk::start();
    desk.click("New project…");
    desk.click("Not now");
    assert!(!desk.sees("Make project"));
    desk.ctrl(Key::N);
    desk.assert_sees("Make project");
    desk.key(Key::Escape);
    assert!(!desk.sees("Make project"));
}

#[test]
fn a_new_project_starts_blank_or_with_a_legend_of_those_in_circulation() {
    for (legend, classes) in [("Blank", 0), ("Forest corridors", 10), ("ESA WorldCover", 11)] {
        let mut desk = Desk::start();
        let folder = desk.home().join("mine").display().to_string();
        desk.click("New project…");
        desk.type_into("Folder", &folder);
        desk.click("Legend to begin with");
        desk.click(legend);
        desk.click("Make project");
        desk.until("the project is open", |d| d.app().state.project.is_some());
        assert_eq!(desk.project().document.legend.classes.len(), classes);
        assert_eq!(desk.project().document.name, "mine");
    }
}

#[test]
fn a_project_without_imagery_says_what_to_do() {
    let mut desk = Desk::open(Made::Nothing);
    desk.assert_sees("No imagery yet");
    desk.click("Add imagery…");
    desk.assert_sees("Drop a folder here, or browse…");
}

#[test]
fn every_page_is_reached_by_click_and_by_key() {
    let mut desk = Desk::open(Made::Cube);
    for page in [Page::Assess, Page::Map, Page::Label, Page::Look] {
        desk.click(page.title());
        assert_eq!(desk.project().page, page);
    }
    for (key, page) in [Key::F2, Key::F3, Key::F4, Key::F1].into_iter().zip([
        Page::Label,
        Page::Map,
        Page::Assess,
        Page::Look,
    ]) {
        desk.key(key);
        assert_eq!(desk.project().page, page);
    }
}

#[test]
fn a_question_mark_opens_the_shortcuts_and_escape_closes_them() {
    let mut desk = Desk::open(Made::Cube);
    desk.letter("?");
    desk.assert_sees("Undo, redo");
    desk.key(Key::Escape);
    assert!(!desk.sees("Undo, redo"), "{:?}", desk.words());
    desk.pick("Help", "Shortcuts");
    desk.assert_sees("Undo, redo");
    desk.click("Close");
    assert!(!desk.sees("Undo, redo"));
}

#[test]
fn the_project_menu_closes_the_project() {
    let mut desk = Desk::open(Made::Cube);
    desk.click("Project");
    desk.click("Close");
    assert!(desk.app().state.project.is_none());
    assert!(desk.can("Open project…"));
}

#[test]
fn every_page_is_painted_in_both_themes_and_every_control_has_a_name() {
    let mut desk = Desk::open(Made::Labels);
    for other in ["Light", "Dark"] {
        desk.click(other);
        let theme = desk.harness().ctx.theme();
        assert_eq!(theme == Theme::Light, other == "Light");
        for page in Page::ALL {
            desk.click(page.title());
            desk.harness().check_accessibility();
        }
    }
    desk.click("Label");
    desk.click("Edit");
    desk.harness().check_accessibility();
    desk.letter("?");
    desk.harness().check_accessibility();
}

#[test]
fn every_control_of_the_start_screen_and_of_questions_has_a_name() {
    let mut desk = Desk::start();
    desk.harness().check_accessibility();
    for open in ["Open project…", "New project…"] {
        desk.click(open);
        desk.harness().check_accessibility();
        desk.click("Not now");
    }
    let mut desk = Desk::open(Made::Labels);
    for open in ["Add imagery…", "Import labels…"] {
        desk.click("Project");
        desk.harness().check_accessibility();
        desk.click(open);
        desk.harness().check_accessibility();
        desk.click("Not now");
    }
}
