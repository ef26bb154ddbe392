//! The house holds: arrows between rooms point down only, and some crates are named in their rooms alone.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from top to bottom; `cli` and `ui` stand side by side. A room may use those of a greater number.
const ROOMS: [(&str, u32); 20] = [
    ("main", 0),
    ("ui", 1),
    ("cli", 1),
    ("app", 3),
    ("jobs", 4),
    ("demo", 5),
    ("project", 6),
    ("assess", 7),
    ("classify", 8),
    ("model", 9),
    ("samples", 10),
    ("labels", 11),
    ("chart", 11),
    ("cube", 12),
    ("source", 13),
    ("geo", 14),
    ("files", 15),
    ("progress", 16),
    ("words", 16),
    ("xml", 17),
];

/// Crates and the rooms that may name them.
const CRATES: [(&str, &[&str]); 13] = [
    ("gdal", &["geo", "source"]),
    ("candle_core", &["model"]),
    ("candle_nn", &["model"]),
    ("egui", &["ui", "main"]),
    ("eframe", &["ui", "main"]),
    ("egui_plot", &["ui"]),
    ("walkers", &["ui"]),
    ("rfd", &["ui"]),
    ("anyhow", &["main", "cli", "app", "jobs", "ui"]),
    ("zarrs", &["cube"]),
    ("resvg", &["chart"]),
    ("ureq", &["source"]),
    ("rustls", &["source"]),
];

fn level(room: &str) -> Option<u32> {
    ROOMS.iter().find(|(name, _)| *name == room).map(|(_, level)| *level)
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The room of a file: the first folder under `src`, or the file's own name.
fn room_of(file: &Path) -> String {
    let inside = file.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_string()
}

/// The code of a file: comments and strings out of the way, and tests, which may build what they need.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut code = String::new();
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        let outside: Vec<_> = line.split('"').step_by(2).collect();
        code.push_str(&outside.join("\"\""));
        code.push('\n');
    }
    code
}

/// Names that follow `prefix::`, in paths and in braces: `crate::{cube, geo::Grid}`.
fn names_after(code: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let rest = &code[at + prefix.len()..];
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut name = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => names.push(std::mem::take(&mut name)),
                    c if depth == 0 => name.push(c),
                    _ => {}
                }
            }
            names.push(name);
        } else {
            names.push(rest.to_string());
        }
    }
    let word = |n: &String| n.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    names.iter().map(word).filter(|n: &String| !n.is_empty()).collect()
}

#[test]
fn arrows_between_rooms_point_down_only() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 40, "the sources are there");
    let mut wrong = Vec::new();
    for file in files {
        let room = room_of(&file);
        if ["lib", "testing"].contains(&room.as_str()) || file.ends_with("tests.rs") {
            continue;
        }
        let own = level(&room).unwrap_or_else(|| panic!("{room} is no room of the house"));
        let code = code(&fs::read_to_string(&file).unwrap());
        let used = names_after(&code, "crate::").into_iter().chain(names_after(&code, "ritmo::"));
        for used in used.filter(|u| *u != room) {
            match level(&used) {
                Some(level) if level <= own => wrong.push(format!("{} uses {used}", file.display())),
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that point up:\n{}", wrong.join("\n"));
}

#[test]
fn crates_are_named_in_their_rooms_only() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let room = room_of(&file);
        let text = fs::read_to_string(&file).unwrap();
        let code = code(&text);
        for (name, rooms) in CRATES {
            let named = code.match_indices(&format!("{name}::")).any(|(at, _)| {
                let before = code[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
            });
            if named && !rooms.contains(&room.as_str()) {
                wrong.push(format!("{} names {name}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "crates outside of their rooms:\n{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_use_lines_sees_paths_braces_and_nothing_in_comments() {
    let text = "use crate::geo::Grid; // crate::ui\nuse crate::{cube, labels::{Core, Legend}};\nlet x = \"crate::app\";";
    assert_eq!(names_after(&code(text), "crate::"), ["geo", "cube", "labels"]);
}
