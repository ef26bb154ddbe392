//! The list of annotations: sorting, filtering, selecting several, and changing them at once.

use crate::desk::Desk;
use crate::small::{CLASSES, Made, block};
use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton};
use egui_kittest::kittest::{NodeT, Queryable};
use ritmo::app::{AnnotationChange, Command};
use ritmo::jobs::{Column, Mark};
use ritmo::labels::{AnnotationId, Confidence, Holds};

/// The table of twelve annotations, four a class.
fn table() -> Desk {
    let mut desk = Desk::open(Made::Labels);
    desk.key(Key::F2);
    desk.key(Key::T);
    desk
}

fn ids(desk: &Desk) -> Vec<AnnotationId> {
    desk.project().annotations.iter().map(|a| a.id).collect()
}

fn selection(desk: &Desk) -> Vec<AnnotationId> {
    desk.project().selection.iter().copied().collect()
}

/// The rows on screen, from top to bottom, by their ids.
fn rows(desk: &mut Desk) -> Vec<AnnotationId> {
    let mut rows: Vec<(i32, AnnotationId)> = desk
        .harness()
        .query_all_by_role(Role::Row)
        .map(|node| {
            let words = node.accesskit_node().label().unwrap();
            let id = words.trim_start_matches("Annotation ").split(',').next().unwrap().parse().unwrap();
            (node.rect().top() as i32, id)
        })
        .collect();
    rows.sort_unstable();
    rows.into_iter().map(|(_, id)| id).collect()
}

fn click_row(desk: &mut Desk, id: AnnotationId, modifiers: Modifiers) {
    let name = format!("Annotation {id}, ");
    let pos = desk
        .harness()
        .query_all_by_role(Role::Row)
        .find(|node| node.accesskit_node().label().is_some_and(|words| words.starts_with(&name)))
        .unwrap_or_else(|| panic!("no row of {id}"))
        .rect()
        .left_center()
        + egui::vec2(12.0, 0.0);
    let harness = desk.harness();
    harness.hover_at(pos);
    for pressed in [true, false] {
        let event = Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers };
        harness.event_modifiers(event, modifiers);
        harness.step();
    }
    desk.settle();
    // Two clicks in haste are a double click.
    desk.steps(40);
}

/// Chooses an entry of a list that drops down; it lies above all else.
fn choose(desk: &mut Desk, list: &str, entry: &str) {
    desk.click(list);
    let entries = desk.harness().query_all_by_role_and_label(Role::Button, entry);
    entries.last().unwrap_or_else(|| panic!("no entry {entry}")).click();
    desk.settle();
}

#[test]
fn the_table_opens_by_key_below_the_map_and_closes_by_button() {
    let mut desk = Desk::open(Made::Labels);
    desk.key(Key::F2);
    assert!(!desk.can("Close table"));
    desk.click("Open table");
    desk.assert_sees("12 annotations");
    assert!(desk.can("Sort by pure pixels") && desk.rect(Role::Canvas, "Map").height() > 200.0);
    desk.harness().check_accessibility();
    desk.click("Close table");
    assert!(!desk.can("Sort by class") && desk.can("Open table"));
    desk.key(Key::T);
    assert!(desk.can("Sort by class"));
    desk.key(Key::T);
    assert!(!desk.can("Sort by class"));
}

#[test]
fn a_header_sorts_and_again_the_other_way_round() {
    let mut desk = table();
    let all = ids(&desk);
    let top = rows(&mut desk);
    assert_eq!(top[..3], all[..3]);
    desk.click("Sort by no, ascending");
    assert_eq!(rows(&mut desk)[0], *all.last().unwrap());
    desk.click("Sort by class");
    assert_eq!(desk.project().derived.listing.spec().unwrap().by, Column::Class);
    assert_eq!(rows(&mut desk)[..4], all[..4], "forest first");
    desk.click("Sort by class, ascending");
    assert_eq!(rows(&mut desk)[..4], all[8..12], "water first, in the order of numbers");
}

#[test]
fn filters_leave_fewer_rows_and_say_of_how_many() {
    let mut desk = table();
    let all = ids(&desk);
    desk.send(Command::ChangeAnnotations {
        ids: vec![all[5]],
        change: AnnotationChange::Note(Some("beside the river".into())),
    });
    desk.type_into("Filter annotations", "maize RIVER");
    assert_eq!(rows(&mut desk), [all[5]]);
    desk.assert_sees("1 of 12 annotations");
    desk.click("Show all");
    desk.assert_sees("12 annotations");
    choose(&mut desk, "Filter by class", CLASSES[2]);
    assert_eq!(desk.project().derived.listing.rows()[..], all[8..12]);
    desk.click("Show all");
    desk.click("Filter by flag");
    desk.click(Mark::NoPurePixel.title());
    desk.assert_sees("No annotation is like this");
    desk.click("Show all");
    desk.send(Command::ChangeAnnotations {
        ids: vec![all[1]],
        change: AnnotationChange::Confidence(Confidence::Likely),
    });
    desk.click("Filter by confidence");
    desk.click("likely");
    assert_eq!(rows(&mut desk), [all[1]]);
}

#[test]
fn ctrl_and_shift_select_several_and_arrows_step() {
    let mut desk = table();
    let all = ids(&desk);
    click_row(&mut desk, all[0], Modifiers::NONE);
    assert_eq!(selection(&desk), [all[0]]);
    click_row(&mut desk, all[2], Modifiers::COMMAND);
    assert_eq!(selection(&desk), [all[0], all[2]]);
    desk.assert_sees("2 annotations selected");
    click_row(&mut desk, all[1], Modifiers::NONE);
    click_row(&mut desk, all[3], Modifiers::SHIFT);
    assert_eq!(selection(&desk), all[1..=3]);
    desk.key(Key::ArrowDown);
    assert_eq!(selection(&desk), [all[4]]);
    for _ in 0..2 {
        desk.harness().key_press_modifiers(Modifiers::SHIFT, Key::ArrowUp);
        desk.settle();
    }
    assert_eq!(selection(&desk), all[2..=4]);
    desk.ctrl(Key::A);
    assert_eq!(selection(&desk), all);
    desk.key(Key::Escape);
    assert!(selection(&desk).is_empty());
}

#[test]
fn what_is_selected_on_the_map_comes_into_view_in_the_table() {
    let mut desk = table();
    let last = *ids(&desk).last().unwrap();
    assert!(!rows(&mut desk).contains(&last), "the test needs a table that scrolls");
    desk.send(Command::Select(vec![last]));
    desk.steps(4);
    assert!(rows(&mut desk).contains(&last));
}

#[test]
fn z_zooms_to_what_is_selected() {
    let mut desk = table();
    let first = ids(&desk)[0];
    click_row(&mut desk, first, Modifiers::NONE);
    let before = desk.project().document.view.zoom;
    desk.key(Key::Z);
    desk.until("the view is remembered", |d| d.project().document.view.zoom > before + 0.5);
}

#[test]
fn several_are_changed_at_once_and_undone_in_one_step() {
    let mut desk = table();
    let all = ids(&desk);
    desk.send(Command::Select(vec![all[0], all[11]]));
    desk.assert_sees("2 annotations selected");
    assert_eq!(
        desk.harness().get_by_role_and_label(Role::ComboBox, "Class").value().as_deref(),
        Some("several")
    );
    choose(&mut desk, "Class", CLASSES[1]);
    let class = |desk: &Desk, at: usize| desk.project().annotation(all[at]).unwrap().class;
    let maize = desk.project().document.legend.by_name(CLASSES[1]).unwrap().code;
    assert_eq!((class(&desk, 0), class(&desk, 11)), (maize, maize));
    desk.click("Sure");
    let sure =
        |desk: &Desk| desk.project().annotations.iter().filter(|a| a.confidence == Confidence::Sure).count();
    assert_eq!(sure(&desk), 10);
    desk.harness().get_by_role_and_label(Role::SpinButton, "Own buffer").set_value_accesskit(5.0);
    desk.settle();
    let own = |desk: &Desk| desk.project().annotations.iter().filter(|a| a.buffer_m == Some(5.0)).count();
    assert_eq!(own(&desk), 2);
    desk.click("Back to project 20 m");
    assert_eq!(own(&desk), 0);
    for _ in 0..4 {
        desk.ctrl(Key::Z);
    }
    assert_eq!(sure(&desk), 12);
    assert!(class(&desk, 0) != maize && class(&desk, 11) != maize);
    desk.send(Command::Select(all[..3].to_vec()));
    desk.click("Delete");
    assert_eq!(desk.project().annotations.len(), 9);
    desk.ctrl(Key::Z);
    assert_eq!(desk.project().annotations.len(), 12);
}

#[test]
fn a_note_is_saved_when_the_field_is_left_in_one_step() {
    let mut desk = table();
    let all = ids(&desk);
    let note = |desk: &Desk, at: usize| desk.project().annotation(all[at]).unwrap().note.clone();
    desk.send(Command::Select(vec![all[0]]));
    desk.type_into("Note", "burnt in March");
    assert_eq!(note(&desk, 0), None, "not yet");
    // Something else is selected while the field is still in use.
    desk.send(Command::Select(vec![all[1]]));
    assert_eq!(note(&desk, 0).as_deref(), Some("burnt in March"));
    assert_eq!(note(&desk, 1), None);
    desk.type_into("Author", "Ana");
    desk.key(Key::Enter);
    assert_eq!(
        desk.project().annotation(all[1]).unwrap().author.as_deref().map(|a| a.contains("Ana")),
        Some(true)
    );
    desk.ctrl(Key::Z);
    desk.ctrl(Key::Z);
    assert_eq!(note(&desk, 0), None, "a note is one step");
}

#[test]
fn the_dates_it_holds_for_are_typed_and_what_is_no_date_says_so() {
    let mut desk = table();
    let all = ids(&desk);
    desk.send(Command::Select(vec![all[0]]));
    desk.click("Always");
    desk.assert_sees("Holds from");
    let holds = |desk: &Desk| desk.project().annotation(all[0]).unwrap().holds;
    assert_eq!(holds(&desk), Holds::ALWAYS, "nothing is said yet");
    // At the end of the first date of the cube.
    desk.type_into("Holds from", "9");
    desk.assert_sees("write it as 2022-03-15");
    desk.key(Key::Escape);
    assert!(holds(&desk) == Holds::ALWAYS && !desk.sees("write it as") && selection(&desk) == [all[0]]);
    desk.send(Command::ChangeAnnotations {
        ids: vec![all[0]],
        change: AnnotationChange::Holds(Holds { from: "2022-03-01".parse().ok(), to: None }),
    });
    desk.assert_sees("training leaves it out");
    desk.type_into("Holds to", "2022-12-31");
    desk.key(Key::Enter);
    assert_eq!(holds(&desk), Holds { from: "2022-03-01".parse().ok(), to: "2022-12-31".parse().ok() });
    desk.click("Always");
    assert_eq!(holds(&desk), Holds::ALWAYS);
}

#[test]
fn a_polygon_too_small_for_its_buffer_offers_one_that_leaves_a_pixel() {
    let mut desk = Desk::open(Made::Labels);
    desk.key(Key::F2);
    desk.send(Command::Draw(block((60, 63), (40, 43))));
    desk.assert_sees("No pure pixel");
    let id = desk.project().selected().unwrap();
    let m = desk.project().derived.flags.largest_buffer_m(id).unwrap();
    let words = desk.words().into_iter().find(|w| w.starts_with("Use ")).unwrap();
    desk.click(&words);
    assert_eq!(desk.project().annotation(id).unwrap().buffer_m, Some(m));
    assert_eq!(desk.project().derived.cores.pure_pixels(id), 1);
}

#[test]
fn an_overlap_with_another_class_is_named() {
    let mut desk = Desk::open(Made::Labels);
    desk.key(Key::F2);
    let forest = ids(&desk)[0];
    desk.key(Key::Num3);
    desk.send(Command::Draw(block((10, 26), (6, 22))));
    desk.assert_sees(&format!("overlaps {forest} {} by", CLASSES[0]));
    desk.assert_sees("claimed twice");
    assert!(!desk.project().derived.flags.claimed().is_empty());
}

#[test]
fn who_draws_is_said_once_and_remembered() {
    let mut desk = Desk::open(Made::Cube);
    desk.key(Key::F2);
    desk.app_mut().state.author = None;
    desk.settle();
    desk.type_into("You are", "Ana");
    desk.key(Key::Enter);
    assert_eq!(desk.app().state.author.as_deref(), Some("Ana"));
    desk.send(Command::Draw(block((10, 26), (6, 22))));
    assert_eq!(desk.project().annotations.first().unwrap().author.as_deref(), Some("Ana"));
    assert_eq!(desk.restarted().app().state.recent.author.as_deref(), Some("Ana"));
}

#[test]
fn likely_annotations_are_learnt_from_where_the_map_page_says_so() {
    let mut desk = Desk::open(Made::Labels);
    desk.key(Key::F3);
    assert!(!desk.project().document.settings.model.training.take_likely);
    desk.click("Also learn from likely annotations");
    assert!(desk.project().document.settings.model.training.take_likely);
}
