//! Every control can be reached by keys, and has a name for those who do not see it.

use crate::desk::Desk;
use crate::small::Made;
use egui::Key;
use egui::accesskit::{Action, Role};
use egui_kittest::kittest::{NodeT, Queryable};
use ritmo::app::Page;
use std::collections::BTreeSet;

/// What tells a control from all others.
type Place = String;

/// Controls that take the keyboard: which, role, name.
fn controls(desk: &mut Desk) -> Vec<(Place, Role, Option<String>)> {
    let root = desk.harness().root();
    let all = root.children_recursive().map(|n| {
        let node = n.accesskit_node();
        let takes = node.data().supports_action(Action::Focus) && !node.is_disabled();
        takes.then(|| (format!("{:?}", node.id()), node.role(), node.label()))
    });
    all.flatten().collect()
}

#[track_caller]
fn assert_named(desk: &mut Desk, screen: &str) {
    let nameless: Vec<_> = controls(desk)
        .into_iter()
        .filter(|(_, _, name)| name.as_ref().is_none_or(|name| name.trim().is_empty()))
        .collect();
    assert!(nameless.is_empty(), "without a name on {screen}: {nameless:#?}");
    // A name in letters: a picture of a font says nothing.
    let pictures: Vec<_> = controls(desk)
        .into_iter()
        .filter_map(|(_, role, name)| Some((role, name?)))
        .filter(|(_, name)| name.chars().any(|c| ('\u{e000}'..='\u{f8ff}').contains(&c)))
        .collect();
    assert!(pictures.is_empty(), "called by a picture on {screen}: {pictures:#?}");
}

#[test]
fn every_control_of_every_page_has_a_name() {
    let mut desk = Desk::open(Made::Labels);
    for page in Page::ALL {
        desk.click(page.title());
        assert_named(&mut desk, page.title());
    }
    desk.click("Label");
    desk.key(Key::T);
    // Edges of its columns belong to the table of egui_extras, which gives them no role and no name.
    let edges = |(_, role, name): &(Place, Role, Option<String>)| *role == Role::Unknown && name.is_none();
    let rest = controls(&mut desk).into_iter().filter(|control| !edges(control));
    let nameless: Vec<_> = rest.filter(|(_, _, name)| name.is_none()).collect();
    assert!(nameless.is_empty(), "without a name on the table: {nameless:#?}");
    desk.key(Key::T);
    let id = desk.project().annotations.iter().next().unwrap().id;
    desk.send(ritmo::app::Command::Select(vec![id]));
    assert_named(&mut desk, "a selected annotation");
    desk.pick("View", "Arrange panels");
    assert_named(&mut desk, "panels that are arranged");
    desk.ctrl(Key::P);
    assert_named(&mut desk, "the palette");
    desk.key(Key::Escape);
    desk.letter("?");
    assert_named(&mut desk, "the sheet of shortcuts");
    desk.key(Key::Escape);
    for menu in ["Project", "View", "Help"] {
        desk.click(menu);
        assert_named(&mut desk, menu);
        desk.key(Key::Escape);
    }
    desk.pick("Help", "What would you like to do?");
    assert_named(&mut desk, "the hints");
}

#[test]
fn every_control_of_the_other_screens_has_a_name() {
    let mut desk = Desk::start();
    assert_named(&mut desk, "the start screen");
    for open in ["Open project…", "New project…"] {
        desk.click(open);
        assert_named(&mut desk, open);
        desk.click("Not now");
    }
    let mut desk = Desk::open(Made::Labels);
    for open in ["Add imagery…", "Import labels…"] {
        desk.pick("Project", open);
        assert_named(&mut desk, open);
        desk.click("Not now");
    }
}

/// Presses Tab until what had the keyboard first has it again.
fn reached(desk: &mut Desk) -> BTreeSet<Place> {
    let focused = |desk: &mut Desk| {
        let root = desk.harness().root();
        let mut nodes = root.children_recursive().map(|n| n.accesskit_node());
        nodes.find(|n| n.is_focused()).map(|n| format!("{:?}", n.id()))
    };
    let mut reached = BTreeSet::new();
    for _ in 0..600 {
        desk.harness().key_press(Key::Tab);
        desk.steps(2);
        let now = focused(desk);
        if now.is_some_and(|now| !reached.insert(now)) {
            break;
        }
    }
    reached
}

#[test]
fn tab_reaches_every_control_of_every_page() {
    let mut desk = Desk::open(Made::Labels);
    for page in Page::ALL {
        desk.click(page.title());
        desk.key(Key::Escape);
        let reached = reached(&mut desk);
        let missed: Vec<_> =
            controls(&mut desk).into_iter().filter(|(id, ..)| !reached.contains(id)).collect();
        assert!(missed.is_empty(), "Tab does not reach on {}: {missed:#?}", page.title());
    }
}

#[test]
fn space_presses_the_control_that_has_the_keyboard_and_plays_otherwise() {
    let mut desk = Desk::open(Made::Cube);
    desk.harness().get_by_role_and_label(Role::Button, "Date after").focus();
    desk.settle();
    desk.key(Key::Space);
    assert_eq!(desk.project().time(), 1);
    assert!(desk.can("Play"), "nothing plays");
    desk.key(Key::Escape);
    desk.key(Key::Space);
    assert!(desk.can("Stop"));
}
