//! What other programs do to the project on screen.

use crate::desk::Desk;
use crate::small::Made;
use egui::Key;
use ritmo::app::{Command, SaveState};
use ritmo::labels::{read_labels, write_labels};

fn label_page() -> Desk {
    let mut desk = Desk::open(Made::Labels);
    desk.key(Key::F2);
    desk.until("everything is saved", |d| d.project().save == SaveState::Saved);
    desk
}

/// Another program takes the first annotation away.
fn change_outside(desk: &Desk) {
    let path = desk.folder().join("labels.geojson");
    let theirs = read_labels(&path).unwrap();
    let fewer = theirs.iter().skip(1).cloned().collect();
    std::fs::write(&path, write_labels(&fewer, &desk.project().document.legend)).unwrap();
}

#[test]
fn a_file_changed_by_another_program_is_told_and_loaded_when_asked() {
    let mut desk = label_page();
    change_outside(&desk);
    desk.until("it is told", |d| d.sees("Another program has changed labels.geojson"));
    desk.assert_sees("Annotations there: 1 gone.");
    assert_eq!(desk.project().annotations.len(), 12, "nothing is loaded unasked");
    desk.click("Load theirs");
    assert_eq!(desk.project().annotations.len(), 11);
    assert!(!desk.sees("Another program has changed"));
    desk.ctrl(Key::Z);
    assert_eq!(desk.project().annotations.len(), 12);
    desk.until("ours is on the disk again", |d| {
        d.project().save == SaveState::Saved
            && read_labels(&d.folder().join("labels.geojson")).unwrap().len() == 12
    });
}

#[test]
fn what_is_drawn_meanwhile_waits_and_mine_is_kept_when_asked() {
    let mut desk = label_page();
    change_outside(&desk);
    let first = desk.project().annotations.first().unwrap().id;
    desk.send(Command::DeleteAnnotations(vec![first + 1, first + 2]));
    desk.until("it waits", |d| d.project().save == SaveState::Waiting);
    desk.settle();
    desk.assert_sees("Not saved");
    desk.assert_sees("waits beside it");
    desk.click("Keep mine");
    desk.until("mine is saved", |d| d.project().save == SaveState::Saved);
    desk.settle();
    assert!(desk.sees("Saved") && !desk.sees("Another program has changed"));
    assert_eq!(read_labels(&desk.folder().join("labels.geojson")).unwrap().len(), 10);
    assert_eq!(read_labels(&desk.folder().join("labels.geojson.theirs")).unwrap().len(), 11);
}

#[test]
fn a_file_damaged_by_another_program_is_told_with_why_and_can_only_be_replaced() {
    let mut desk = label_page();
    std::fs::write(desk.folder().join("labels.geojson"), "{\"type\"").unwrap();
    desk.until("it is told", |d| d.sees("What is there now cannot be loaded"));
    desk.assert_sees("cut off");
    assert!(!desk.can("Load theirs") && desk.can("Keep mine"));
    desk.click("Keep mine");
    desk.until("mine is saved", |d| d.project().save == SaveState::Saved);
    assert_eq!(read_labels(&desk.folder().join("labels.geojson")).unwrap().len(), 12);
}

#[test]
fn a_second_window_takes_over_when_the_first_is_closed() {
    let first = Desk::open(Made::Labels);
    let mut desk = first.second();
    desk.key(Key::F2);
    desk.assert_sees("read-only");
    assert!(!desk.can("Open for editing"), "the first one has it open");
    let class = desk.project().document.legend.classes[0].code;
    let before = desk.project().annotations.clone();
    for command in [
        Command::SetBuffer(50.0),
        Command::AddClass("new".into()),
        Command::DeleteClass { code: class, annotations: ritmo::app::Orphans::Delete },
        Command::DeleteAnnotations(vec![before.first().unwrap().id]),
        Command::Undo,
    ] {
        desk.app_mut().state.notices.clear();
        desk.send(command);
        desk.assert_sees("this project is open read-only, since another Ritmo has this project open");
    }
    assert_eq!(desk.project().annotations, before);
    first.closed();
    desk.until("it is offered", |d| d.can("Open for editing"));
    desk.click("Open for editing");
    desk.until("it is open for editing", |d| {
        d.app().state.project.as_ref().is_some_and(|p| p.folder.read_only().is_none())
    });
    desk.settle();
    assert!(!desk.sees("read-only"));
    desk.send(Command::SetBuffer(50.0));
    assert_eq!(desk.project().document.settings.buffer_m, 50.0);
}
