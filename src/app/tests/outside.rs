//! Files that other programs change, and a second window on one project.

use super::*;
use crate::labels::read_labels;
use std::time::{Duration, Instant};

fn labels_file(folder: &Path) -> std::path::PathBuf {
    folder.join("project/labels.geojson")
}

/// Another program gives every annotation a note and takes the first one away.
fn change_outside(folder: &Path) {
    let path = labels_file(folder);
    let theirs = read_labels(&path).unwrap();
    let noted = theirs.iter().skip(1).map(|a| {
        let mut annotation = (**a).clone();
        annotation.note = Some("theirs".into());
        annotation
    });
    std::fs::write(&path, write_labels(&noted.collect(), &legend())).unwrap();
}

/// Frames go by until something holds.
fn until(state: &mut AppState, holds: impl Fn(&OpenProject) -> bool) {
    let since = Instant::now();
    loop {
        pump(state);
        if holds(state.project.as_ref().unwrap()) {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(20), "it never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn saved(state: &mut AppState) {
    until(state, |p| p.save == SaveState::Saved);
}

#[test]
fn theirs_are_loaded_as_one_step_of_undo_and_one_looks_where_one_looked() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    annotate(&mut state);
    update(&mut state, Command::ShowTime(2)).unwrap();
    saved(&mut state);
    let ours = bytes(&state);
    change_outside(folder.path());
    until(&mut state, |p| p.outside.is_some());
    update(&mut state, Command::LoadTheirs).unwrap();
    {
        let project = state.project.as_ref().unwrap();
        assert_eq!(project.annotations.len(), 5);
        assert!(project.annotations.iter().all(|a| a.note.as_deref() == Some("theirs")));
        assert_eq!(project.document.view.time, 2);
        assert!(project.outside.is_none());
        assert_eq!(project.derived.cores.len(), 5);
    }
    saved(&mut state);
    update(&mut state, Command::Undo).unwrap();
    assert_eq!(bytes(&state), ours);
    saved(&mut state);
    let text = std::fs::read_to_string(labels_file(folder.path())).unwrap();
    assert_eq!(text, ours.0, "and ours is on the disk again");
}

#[test]
fn nothing_of_ours_goes_over_theirs_until_mine_is_kept_and_theirs_stays_beside() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    annotate(&mut state);
    saved(&mut state);
    change_outside(folder.path());
    let theirs = std::fs::read(labels_file(folder.path())).unwrap();
    update(&mut state, Command::Draw(square(30.0, 30.0, 9.0))).unwrap();
    until(&mut state, |p| p.save == SaveState::Waiting);
    update(&mut state, Command::Draw(square(32.0, 30.0, 9.0))).unwrap();
    until(&mut state, |p| p.save == SaveState::Waiting);
    assert_eq!(std::fs::read(labels_file(folder.path())).unwrap(), theirs);
    let beside = read_labels(&folder.path().join("project/labels.geojson.mine")).unwrap();
    assert_eq!(beside.len(), 8, "what waits is not lost");
    update(&mut state, Command::KeepMine).unwrap();
    saved(&mut state);
    assert!(state.project.as_ref().unwrap().outside.is_none());
    assert_eq!(read_labels(&labels_file(folder.path())).unwrap().len(), 8);
    let kept = std::fs::read(folder.path().join("project/labels.geojson.theirs")).unwrap();
    assert_eq!(kept, theirs);
}

#[test]
fn a_verb_does_not_write_over_what_changed_while_it_worked_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    annotate(&mut state);
    run(&mut state, Command::SetBuffer(15.0)).unwrap();
    change_outside(folder.path());
    let theirs = std::fs::read(labels_file(folder.path())).unwrap();
    let why = run(&mut state, Command::AddClass("new".into())).unwrap_err();
    assert!(why.contains("another program has changed labels.geojson"), "{why}");
    assert_eq!(std::fs::read(labels_file(folder.path())).unwrap(), theirs);
}

#[test]
fn a_damaged_file_cannot_be_loaded_and_mine_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    annotate(&mut state);
    saved(&mut state);
    let ours = bytes(&state);
    std::fs::write(labels_file(folder.path()), "{").unwrap();
    until(&mut state, |p| p.outside.is_some());
    let why = update(&mut state, Command::LoadTheirs).unwrap_err().to_string();
    assert!(why.contains("labels.geojson"), "{why}");
    assert_eq!(bytes(&state), ours);
    update(&mut state, Command::KeepMine).unwrap();
    saved(&mut state);
    assert_eq!(std::fs::read_to_string(labels_file(folder.path())).unwrap(), ours.0);
}

#[test]
fn what_waited_when_the_program_ended_is_told_at_the_next_opening() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    annotate(&mut state);
    saved(&mut state);
    change_outside(folder.path());
    update(&mut state, Command::Draw(square(30.0, 30.0, 9.0))).unwrap();
    drop(state);
    let mut again = self::state();
    run(&mut again, Command::OpenProject(folder.path().join("project"))).unwrap();
    assert_eq!(again.project.as_ref().unwrap().annotations.len(), 5, "theirs");
    assert!(again.notices.iter().any(|n| n.text.contains("labels.geojson.mine")), "{:?}", again.notices);
}

#[test]
fn every_edit_is_refused_where_another_window_has_the_project_and_it_is_taken_over_when_that_closes() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = project(folder.path());
    annotate(&mut first);
    let mut second = state();
    run(&mut second, Command::OpenProject(folder.path().join("project"))).unwrap();
    let before = bytes(&second);
    for kind in 0..18 {
        let command = edit((kind, 2, 7.0));
        let why = update(&mut second, command.clone()).unwrap_err().to_string();
        assert!(why.contains("read-only") && why.contains("another Ritmo"), "{command:?}: {why}");
    }
    for command in [Command::Undo, Command::Redo, Command::LoadTheirs, Command::KeepMine] {
        assert!(update(&mut second, command).unwrap_err().to_string().contains("read-only"));
    }
    assert_eq!(bytes(&second), before);
    let why = update(&mut second, Command::OpenForEditing).unwrap_err().to_string();
    assert!(why.contains("another Ritmo"), "{why}");
    update(&mut first, Command::Draw(square(30.0, 30.0, 9.0))).unwrap();
    drop(first);
    until(&mut second, |p| p.free);
    run(&mut second, Command::OpenForEditing).unwrap();
    let project = second.project.as_ref().unwrap();
    assert!(project.folder.read_only().is_none());
    assert_eq!(project.annotations.len(), 7, "as the first one left it");
    update(&mut second, Command::Draw(square(32.0, 30.0, 9.0))).unwrap();
}
