//! What goes wrong is said, and nothing is lost.

use crate::damage::damage_chunk;
use crate::desk::Desk;
use crate::small::{BANDS, Made, value};
use egui::Key;
use ritmo::app::{Command, CubeState};

#[test]
fn a_project_that_is_open_elsewhere_is_read_only_here_and_refuses() {
    let first = Desk::open(Made::Labels);
    let mut desk = first.second();
    desk.assert_sees("read-only");
    let before = desk.project().annotations.len();
    desk.key(Key::F2);
    desk.key(Key::V);
    desk.click_map(14.0, 10.0);
    assert!(desk.project().selected().is_some(), "looking and selecting go on");
    desk.key(Key::Delete);
    desk.assert_sees("this project is open read-only");
    assert_eq!(desk.project().annotations.len(), before);
    desk.key(Key::F3);
    assert!(!desk.can("Train"));
}

#[test]
fn a_cube_that_cannot_be_opened_says_why_and_is_tried_again() {
    let desk = Desk::open(Made::Cube);
    let cube = desk.project().cube().unwrap().0.cube.path().to_path_buf();
    let aside = cube.with_extension("aside");
    let home = desk.restarted();
    std::fs::rename(&cube, &aside).unwrap();
    let mut desk = home.reopened();
    desk.assert_sees("The cube cannot be shown");
    assert!(matches!(desk.project().site.as_ref().unwrap().cube, CubeState::Failed(_)));
    std::fs::rename(&aside, &cube).unwrap();
    desk.click("Retry");
    desk.until("the cube is on screen", |d| d.project().cube().is_some());
}

#[test]
fn a_cube_whose_disk_is_away_says_so_over_what_was_seen_last_and_comes_back() {
    let mut desk = Desk::open(Made::Cube);
    let cube = desk.project().cube().unwrap().0.cube.path().to_path_buf();
    let aside = cube.with_extension("aside");
    std::fs::rename(&cube, &aside).unwrap();
    // A date that is not beside the one on screen was not fetched ahead.
    desk.send(Command::ShowTime(4));
    desk.until("it is told", |d| d.sees("The cube is out of reach") && d.sees("is not there any more"));
    assert!(desk.project().cube().is_some(), "what was seen last stays");
    assert!(!desk.sees("is damaged"), "nothing of it is");
    std::fs::rename(&aside, &cube).unwrap();
    desk.click("Retry");
    desk.until("the picture is whole", |d| d.app().picture_is_whole());
    assert!(!desk.sees("The cube is out of reach"));
}

#[test]
fn a_cube_whose_data_is_damaged_says_so() {
    let desk = Desk::open(Made::Cube);
    let cube = desk.project().cube().unwrap().0.cube.path().to_path_buf();
    let start = desk.restarted();
    damage(&cube);
    let mut desk = start.reopened();
    desk.assert_sees("is damaged");
    desk.click("Label");
    assert!(desk.can("Retry"), "the window lives on");
}

#[test]
fn a_damaged_chunk_is_told_once_and_shown_as_missing_and_the_rest_works() {
    let desk = Desk::open(Made::Cube);
    let cube = desk.project().cube().unwrap().0.cube.path().to_path_buf();
    let start = desk.restarted();
    damage_chunk(&cube, (1, 0));
    let mut desk = start.reopened();
    assert!(desk.project().cube().is_some(), "it opens");
    for (col, row) in [(70.5, 52.5), (90.5, 57.5), (80.5, 62.5)] {
        desk.point(col, row);
        desk.until("it is told", |d| d.sees("damaged: no values"));
        desk.assert_sees("damaged: no series");
    }
    let [notice] = desk.notices()[..] else { panic!("{:?}", desk.notices()) };
    assert!(notice.starts_with("Part of the cube cannot be read and is shown as missing"), "{notice}");
    assert!(notice.contains("chunk 1 across, 0 down") && notice.contains("Build the cube again"), "{notice}");
    desk.point(5.5, 7.5);
    let red = BANDS.iter().position(|b| *b == "B04").unwrap();
    let words = format!("B04 {}", value(0, red, 5, 7));
    desk.until("the others are read", |d| d.sees(&words));
    assert!(!desk.sees("damaged: no"));
}

/// Cuts every file of data in a folder short.
fn damage(folder: &std::path::Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            damage(&path);
        } else if path.extension().is_none_or(|e| e != "json") {
            let length = std::fs::metadata(&path).unwrap().len();
            std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length / 2).unwrap();
        }
    }
}

#[test]
fn labels_that_are_no_geojson_are_refused_with_a_sentence() {
    let mut desk = Desk::open(Made::Cube);
    let file = desk.home().join("labels.geojson");
    std::fs::write(&file, "not a label").unwrap();
    desk.click("Project");
    desk.click("Import labels…");
    desk.type_into("Path", &file.display().to_string());
    desk.click("Add");
    desk.until("the file is looked at", |d| {
        matches!(d.project().labels_in.state, ritmo::app::SurveyState::Failed(_))
    });
    desk.settle();
    desk.assert_sees("These files cannot be imported yet");
    desk.assert_sees("it is no GeoJSON");
    assert!(!desk.can("Import"));
    assert!(desk.project().annotations.is_empty());
}
