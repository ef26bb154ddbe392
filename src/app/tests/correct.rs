//! Corrections of maps by hand: over the map at once, one step of undo each, on the disk, and a new map made of them.

use super::*;
use crate::classify::correct::{layer_path, read_corrections};
use crate::classify::testing::write_map;
use crate::jobs::JobKind;

fn the_project(state: &AppState) -> &OpenProject {
    state.project.as_ref().unwrap()
}

/// A project whose site has a map of forest alone, and a pixel of nodata in its corner.
fn with_map(folder: &Path) -> AppState {
    let mut state = project(folder);
    let (grid, pixels) = (grid(), grid().pixels());
    let mut planes = vec![20; 3 * pixels];
    planes[..pixels].fill(210);
    [0, pixels, 2 * pixels].into_iter().for_each(|at| planes[at] = 255);
    let maps = the_project(&state).folder.maps_path("site");
    write_map(&maps, "raw", &grid, &legend().classes, &planes, &[]);
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    state
}

fn correct(to: &str, from: Option<&str>, (col, row, side): (f64, f64, f64)) -> Command {
    let polygon = square(col, row, side);
    Command::Correct { polygon, to: to.into(), from: from.map(Into::into), note: Some(" seen there ".into()) }
}

/// Pixels of each code on the map as it is seen.
fn seen(state: &AppState) -> [usize; 3] {
    let codes = &the_project(state).map().unwrap().codes;
    [1, 2, 3].map(|code| codes.iter().filter(|of| **of == code).count())
}

fn on_disk(state: &AppState) -> Vec<String> {
    let project = the_project(state);
    project.flush();
    let path = layer_path(&project.folder.maps_path("site"), "raw");
    if !path.exists() {
        return Vec::new();
    }
    let (corrections, skipped) = read_corrections(&path).unwrap();
    assert!(skipped.is_empty());
    corrections.into_iter().map(|correction| correction.to).collect()
}

#[test]
fn a_correction_is_seen_at_once_undone_and_made_again_and_lies_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_map(folder.path());
    let all = grid().pixels() - 1;
    let arrived = |state: &AppState| the_project(state).map().unwrap().arrived.len();
    update(&mut state, correct("water", None, (0.0, 0.0, 10.0))).unwrap();
    assert_eq!(seen(&state), [all - 99, 0, 99], "nodata stays");
    assert_eq!(on_disk(&state), ["water"]);
    let before = arrived(&state);
    update(&mut state, correct("pasture", Some("water"), (5.0, 5.0, 20.0))).unwrap();
    assert_eq!(seen(&state), [all - 99, 25, 74]);
    assert_eq!(arrived(&state), before + 1, "only what changed is painted anew");
    let entries = the_project(&state).corrections();
    let entry = &entries[1];
    assert_eq!(entry.changed.as_ref().map(|changed| changed.pixels), Ok(25));
    assert!(entry.correction.at.is_some());
    assert_eq!(entry.correction.note.as_deref(), Some("seen there"));
    assert_eq!(the_project(&state).corrections_change().pixels, 124);
    assert_eq!(the_project(&state).history.undoes(), Some("correcting to pasture"));
    run(&mut state, Command::Undo).unwrap();
    assert_eq!(seen(&state), [all - 99, 0, 99]);
    assert_eq!(on_disk(&state), ["water"]);
    run(&mut state, Command::Redo).unwrap();
    assert_eq!((seen(&state), on_disk(&state).len()), ([all - 99, 25, 74], 2));
    // What came after one that is deleted is done again without it.
    update(&mut state, Command::DeleteCorrection(0)).unwrap();
    assert_eq!(seen(&state), [all, 0, 0]);
    assert_eq!(the_project(&state).corrections()[0].changed.as_ref().map(|changed| changed.pixels), Ok(0));
    run(&mut state, Command::Undo).unwrap();
    assert_eq!(seen(&state), [all - 99, 25, 74]);
    [0, 1].into_iter().for_each(|_| run(&mut state, Command::Undo).unwrap());
    assert_eq!((seen(&state), on_disk(&state).len()), ([all, 0, 0], 0));
    let file = crate::geo::raster::read_u8(&the_project(&state).folder.maps_path("site").join("raw.tif"), 0);
    assert!(file.unwrap().1[1..].iter().all(|code| *code == 1), "the map's file stays as it was");
}

#[test]
fn corrections_are_there_after_reopening_and_become_a_new_map() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_map(folder.path());
    update(&mut state, correct("water", None, (10.0, 10.0, 10.0))).unwrap();
    let path = the_project(&state).folder.path().to_owned();
    run(&mut state, Command::CloseProject).unwrap();
    drop(state);
    let mut state = self::state();
    run(&mut state, Command::OpenProject(path)).unwrap();
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    assert_eq!(seen(&state)[2], 100);
    run(&mut state, Command::ApplyCorrections(CorrectRequest::default())).unwrap();
    let project = the_project(&state);
    assert_eq!(project.map_names(), ["raw-corrected", "raw"]);
    assert_eq!(project.map().map(|map| map.name.as_str()), Some("raw-corrected"));
    assert!(project.corrections().is_empty(), "they are in the new map, not over it");
    assert_eq!(seen(&state)[2], 100);
    let corrected = the_project(&state).last.corrected.as_ref().unwrap();
    assert_eq!(corrected.changed().pixels, 100);
    let (class, before, after) = &corrected.areas_ha[2];
    assert_eq!((class.name.as_str(), *before, (after * 100.0).round()), ("water", 0.0, 100.0));
    run(&mut state, Command::ShowMap("raw".into())).unwrap();
    assert_eq!((seen(&state)[2], the_project(&state).corrections().len()), (100, 1));
    run(&mut state, Command::ApplyCorrections(CorrectRequest::default())).unwrap();
    assert_eq!(the_project(&state).map_names()[0], "raw-corrected-2", "no map is written over");
}

#[test]
fn corrections_that_make_no_sense_are_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    let refused = |state: &mut AppState, command| update(state, command).unwrap_err().to_string();
    assert!(refused(&mut state, correct("water", None, (0.0, 0.0, 9.0))).contains("no finished map"));
    let apply = || Command::ApplyCorrections(CorrectRequest::default());
    assert!(refused(&mut state, apply()).contains("no map to correct yet"));
    let other = tempfile::tempdir().unwrap();
    let mut state = with_map(other.path());
    assert!(refused(&mut state, apply()).contains("no corrections yet"));
    assert!(refused(&mut state, correct("ice", None, (0.0, 0.0, 9.0))).contains("no class ice"));
    assert!(refused(&mut state, correct("forest", None, (3.0, 3.0, 9.0))).contains("nothing changes"));
    assert!(refused(&mut state, correct("water", None, (-50.0, 3.0, 9.0))).contains("beside the map"));
    assert!(refused(&mut state, Command::DeleteCorrection(0)).contains("no such correction"));
    assert!(on_disk(&state).is_empty() && the_project(&state).history.undoes().is_none());
    let itself = CorrectRequest { output: Some("raw".into()), ..CorrectRequest::default() };
    assert!(refused(&mut state, Command::ApplyCorrections(itself)).contains("choose another name"));
}

#[test]
fn an_outline_that_crosses_itself_is_repaired_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_map(folder.path());
    let whole = square(20.0, 20.0, 10.0);
    let corners = whole.exterior().0.clone();
    let tie = vec![corners[0], corners[2], corners[1], corners[3]];
    let polygon = geo::Polygon::new(geo::LineString(tie), Vec::new());
    update(&mut state, Command::Correct { polygon, to: "water".into(), from: None, note: None }).unwrap();
    let water = seen(&state)[2];
    assert!((40..=60).contains(&water), "{water} pixels lie in the two triangles");
    assert!(state.notices.iter().any(|notice| notice.text.contains("crossed itself")));
}

#[test]
fn a_file_of_corrections_is_taken_in_once_and_what_does_not_fit_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_map(folder.path());
    let file = folder.path().join("corrections.geojson");
    let feature = |properties: &str, (col, row, side): (f64, f64, f64)| {
        let polygon = geo::Geometry::from(square(col, row, side));
        let geometry = crate::labels::json_of_geometry(&polygon);
        format!(r#"{{"type":"Feature","properties":{properties},"geometry":{geometry}}}"#)
    };
    let features = [
        feature(r#"{"class":"water","note":"a lake"}"#, (10.0, 10.0, 10.0)),
        feature(r#"{"class":"ice"}"#, (10.0, 10.0, 10.0)),
        feature(r#"{"class":"water"}"#, (500.0, 10.0, 10.0)),
    ];
    let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    std::fs::write(&file, text).unwrap();
    let import = || Command::ImportCorrections { file: file.clone(), request: CorrectRequest::default() };
    run(&mut state, import()).unwrap();
    let skipped = the_project(&state).last.corrections_skipped.clone();
    assert!(skipped[0].contains("feature 2") && skipped[0].contains("no class ice"), "{skipped:?}");
    assert!(skipped[1].contains("feature 3") && skipped[1].contains("beside the map"), "{skipped:?}");
    assert_eq!((seen(&state)[2], on_disk(&state).len()), (100, 1));
    run(&mut state, import()).unwrap();
    assert_eq!(on_disk(&state).len(), 1, "the same again is not added");
    run(&mut state, Command::Undo).unwrap();
    assert_eq!((seen(&state)[2], on_disk(&state).len()), (0, 0));
    std::fs::write(&file, "{").unwrap();
    assert!(run(&mut state, import()).unwrap_err().contains("corrections.geojson"));
}

#[test]
fn corrections_that_cannot_be_read_are_told_and_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_map(folder.path());
    let path = layer_path(&the_project(&state).folder.maps_path("site"), "raw");
    std::fs::write(&path, "damaged").unwrap();
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    assert!(state.notices.iter().any(|notice| notice.text.contains("raw.corrections.geojson")));
    assert!(the_project(&state).corrections_lack().is_some());
    let refused = update(&mut state, correct("water", None, (0.0, 0.0, 9.0))).unwrap_err().to_string();
    assert!(refused.contains("cannot be read"), "{refused}");
    the_project(&state).flush();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "damaged");
    let why = run(&mut state, Command::ApplyCorrections(CorrectRequest::default())).unwrap_err();
    assert!(why.contains("raw.corrections.geojson"), "{why}");
}

#[test]
fn what_takes_longer_than_a_frame_is_carried_out_in_a_job_and_looks_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_map(folder.path());
    let all = grid().pixels() - 1;
    let wait = |state: &mut AppState| {
        while !state.jobs.is_empty() {
            crate::app::pump(state);
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    };
    update(&mut state, correct("water", None, (0.0, 0.0, 96.0))).unwrap();
    assert_eq!(seen(&state), [all, 0, 0], "the window does not wait for it");
    assert!(state.job(JobKind::CarryOut).is_some());
    assert_eq!(on_disk(&state), ["water"], "it is not lost meanwhile");
    // One more is drawn before that is done.
    update(&mut state, correct("pasture", None, (10.0, 10.0, 10.0))).unwrap();
    wait(&mut state);
    assert_eq!(seen(&state), [0, 100, all - 100]);
    let changed = |state: &AppState| {
        let entries = the_project(state).corrections();
        entries.iter().map(|entry| entry.changed.as_ref().unwrap().pixels as usize).collect::<Vec<_>>()
    };
    assert_eq!(changed(&state), [all, 100]);
    the_project(&state).flush();
    let path = layer_path(&the_project(&state).folder.maps_path("site"), "raw");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(&format!("\"pixels\":{all}")), "the log tells what it changed: {text}");
    update(&mut state, Command::DeleteCorrection(0)).unwrap();
    wait(&mut state);
    assert_eq!((seen(&state), changed(&state)), ([all - 100, 100, 0], vec![100]));
    run(&mut state, Command::Undo).unwrap();
    wait(&mut state);
    assert_eq!(seen(&state), [0, 100, all - 100]);
    // The site is shown anew before it is done: what comes of it is of no map on screen, and nothing is lost.
    update(&mut state, correct("forest", Some("water"), (0.0, 0.0, 96.0))).unwrap();
    assert!(state.job(JobKind::CarryOut).is_some());
    update(&mut state, Command::ShowSite("site".into())).unwrap();
    wait(&mut state);
    assert_eq!((seen(&state), on_disk(&state).len()), ([all - 100, 100, 0], 3));
}
