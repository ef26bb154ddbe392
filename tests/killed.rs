//! A program that is killed at any moment loses at most the gesture under way.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use ritmo::app::{AnnotationChange, AppState, Command, SaveState, pump, run_to_end, update};
use ritmo::labels::{Annotation, Class, Legend};
use ritmo::progress::Cancel;
use ritmo::project::Recent;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use support::{arg, command, ritmo, trained_project};

/// How often it is killed.
const KILLS: u64 = 100;
/// Annotations that are there before the first gesture, so that writing the file takes a while.
const BEFORE: u64 = 600;
/// Names the project, and the gestures made before, to the program that is going to be killed.
const PROJECT: &str = "RITMO_TEST_KILLED_PROJECT";
const READY: &str = "the project is open";
const MADE: &str = "RITMO_TEST_KILLED_MADE";

fn open(folder: &Path) -> AppState {
    let mut state = AppState::new(Recent::load(None), Arc::new(|| {}));
    run_to_end(&mut state, Command::OpenProject(folder.into()), &mut |_, _| {}, &Cancel::new()).unwrap();
    state
}

/// What is drawn by a gesture of this number: the number can be read from its place.
fn drawn(number: u64) -> geo::Polygon<f64> {
    let (x, y) = ((number % 1000) as f64 / 10.0 - 90.0, (number / 1000) as f64 / 10.0);
    let corner = |i: u32| {
        let turn = f64::from(i) / 30.0 * std::f64::consts::TAU;
        geo::Coord { x: x + 0.04 * turn.cos(), y: y + 0.04 * turn.sin() }
    };
    geo::Polygon::new(geo::LineString::new((0..30).map(corner).collect()), Vec::new())
}

fn number_of(annotation: &Annotation) -> u64 {
    let geo::Geometry::Polygon(polygon) = &annotation.geometry else { panic!("{annotation:?}") };
    let first = polygon.exterior().0[0];
    let (x, y) = ((first.x - 0.04 + 90.0) * 10.0, first.y * 10.0);
    (x.round() + 1000.0 * y.round()) as u64
}

/// Of four gestures two draw, one gives the second of these another class and a note, one deletes the first.
fn gesture(state: &AppState, number: u64) -> Command {
    let find = |wanted| {
        let annotations = &state.project.as_ref().unwrap().annotations;
        annotations.iter().rev().find(|a| number_of(a) == wanted).unwrap().id
    };
    match number % 4 {
        0 => Command::DeleteAnnotations(vec![find(number - 3)]),
        3 => Command::ChangeAnnotations { ids: vec![find(number - 1)], change: AnnotationChange::Class(2) },
        _ => Command::Draw(drawn(number)),
    }
}

/// What is there after so many gestures: numbers and classes.
fn after(gestures: u64) -> BTreeMap<u64, u8> {
    let mut there: BTreeMap<u64, u8> = BTreeMap::new();
    for number in 1..=gestures {
        match number % 4 {
            0 => drop(there.remove(&(number - 3))),
            3 => drop(there.insert(number - 1, 2)),
            _ => drop(there.insert(number, 1)),
        }
    }
    there
}

/// Not a test of its own: the program that is killed. It makes gestures as fast as they are saved, and says so each time.
#[test]
fn gestures_without_end_in_the_project_that_is_named() {
    let Some(folder) = std::env::var_os(PROJECT) else { return };
    let made: u64 = std::env::var(MADE).unwrap().parse().unwrap();
    let mut state = open(Path::new(&folder));
    eprintln!("{READY}");
    for number in made + 1.. {
        let command = gesture(&state, number);
        update(&mut state, command).unwrap();
        state.project.as_ref().unwrap().flush();
        pump(&mut state);
        assert_eq!(state.project.as_ref().unwrap().save, SaveState::Saved);
        eprintln!("saved {number}");
    }
}

#[test]
fn a_program_killed_a_hundred_times_has_lost_no_gesture_that_was_saved() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("p");
    let classes = vec![Class::new(1, "selva húmeda", [0, 90, 40]), Class::new(2, "milpa", [200, 190, 40])];
    let mut state = AppState::new(Recent::load(None), Arc::new(|| {}));
    let new = Command::NewProject { folder: folder.clone(), name: "p".into(), legend: Legend { classes } };
    run_to_end(&mut state, new, &mut |_, _| {}, &Cancel::new()).unwrap();
    let mut saved = BEFORE;
    for number in 1..=saved {
        let command = gesture(&state, number);
        update(&mut state, command).unwrap();
    }
    drop(state);

    let mut random = 88_172_645_463_325_252u64;
    let (mut in_time, mut under_way, started) = (0, 0, Instant::now());
    for kill in 0..KILLS {
        let mut child = Process::new(std::env::current_exe().unwrap())
            .args(["--exact", "gestures_without_end_in_the_project_that_is_named", "--nocapture"])
            .env(PROJECT, &folder)
            .env(MADE, saved.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (told, heard) = channel();
        let reader = std::thread::spawn(move || {
            let mut saved: Option<u64> = None;
            for line in lines.map_while(Result::ok) {
                let number = line.strip_prefix("saved ").and_then(|number| number.parse().ok());
                if line == READY || number.is_some() {
                    let _ = told.send(());
                }
                saved = number.or(saved);
            }
            saved
        });
        // Xorshift.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // From its start on, or once it has opened the project and saved up to three gestures; then at any moment of the next.
        for _ in 0..kill % 5 {
            heard.recv_timeout(Duration::from_secs(60)).unwrap();
        }
        std::thread::sleep(Duration::from_micros(random % 25_000));
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = reader.join().unwrap().unwrap_or(saved);
        in_time += u32::from(acknowledged > saved);

        let state = open(&folder);
        let project = state.project.as_ref().unwrap();
        assert!(project.folder.read_only().is_none(), "a killed program holds no lock");
        let there: BTreeMap<u64, u8> = project.annotations.iter().map(|a| (number_of(a), a.class)).collect();
        assert_eq!(there.len(), project.annotations.len());
        let whole = |a: &Arc<Annotation>| a.geometry == geo::Geometry::from(drawn(number_of(a)));
        assert!(project.annotations.iter().all(whole), "nothing half");
        // The gesture under way may be there or not; nothing else is.
        let made = [acknowledged, acknowledged + 1].into_iter().find(|made| after(*made) == there);
        let Some(made) = made else { panic!("kill {kill}: not what is there after {acknowledged} gestures") };
        under_way += u32::from(made > acknowledged);
        saved = made;
        let left = std::fs::read_dir(&folder).unwrap().flatten();
        let left: Vec<_> = left.filter(|e| e.file_name().to_string_lossy().ends_with(".tmp")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
    println!(
        "{KILLS} kills in {:.0} s, {} gestures saved; {in_time} came after one was, {under_way} with one on the disk that was not told",
        started.elapsed().as_secs_f32(),
        saved - BEFORE
    );
    assert!(in_time >= KILLS as u32 / 2, "it came to work before it was killed");
}

/// How often a program that maps is killed.
const KILLS_OF_A_MAP: u32 = 10;

/// Names and bytes of the files of a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries.map(|e| (e.file_name().into_string().unwrap(), std::fs::read(e.path()).unwrap())).collect()
}

/// The chunks that a journal has as finished, in the order in which they were.
fn finished(journal: &Path) -> Vec<u32> {
    let bytes = std::fs::read(journal).unwrap_or_default();
    bytes
        .chunks_exact(24)
        .map(|record| u32::from_le_bytes([record[4], record[5], record[6], record[7]]))
        .collect()
}

#[test]
fn a_map_killed_ten_times_comes_to_the_same_bytes_and_computes_no_finished_chunk_twice() {
    let home = tempfile::tempdir().unwrap();
    // 99 chunks.
    let grid = ritmo::geo::Grid { width: 690, height: 530, ..support::grid() };
    let project = trained_project(home.path(), &grid, 4);

    let maps = project.join("maps/s");
    let started = Instant::now();
    ritmo(&["map", arg(&project), "--model", "m", "--json"]).json();
    let takes = started.elapsed();
    let whole = files(&maps);
    std::fs::remove_dir_all(&maps).unwrap();

    let journal = maps.join(".m.unfinished/journal");
    let mut random = 88_172_645_463_325_252u64;
    let mut in_work = 0;
    for kill in 0..KILLS_OF_A_MAP {
        let before = finished(&journal);
        let mut child = command(&["map", arg(&project), "--model", "m", "--resume", "--json"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Xorshift.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // Every third at any moment from its start on; the others once a chunk more is finished, however slow the machine.
        while kill % 3 != 0 && finished(&journal).len() <= before.len() && child.try_wait().unwrap().is_none()
        {
            std::thread::sleep(Duration::from_millis(1));
        }
        let longest = if kill % 3 == 0 { 0.2 } else { 0.05 };
        std::thread::sleep(takes.mul_f64((random % 1000) as f64 / 1000.0 * longest));
        child.kill().unwrap();
        child.wait().unwrap();
        let after = finished(&journal);
        if maps.join(".m.unfinished/map.json").exists() {
            assert_eq!(after[..before.len()], before, "what was finished stays");
            let mut once = after.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), after.len(), "no chunk is finished twice");
            in_work += u32::from(!after.is_empty());
        }
    }
    let before = finished(&journal).len() as u64;
    let mapped = ritmo(&["map", arg(&project), "--model", "m", "--resume", "--json"]).json();
    assert!(mapped["resumed"].as_u64().unwrap() >= before, "{mapped} {before}");
    assert_eq!(files(&maps).keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
    assert!(files(&maps) == whole, "all files are the same, byte for byte");
    println!(
        "{KILLS_OF_A_MAP} kills, {in_work} of them with chunks finished; {before} of 99 resumed at last"
    );
    assert!(in_work >= 3, "it came to work before it was killed: {in_work}");
}
