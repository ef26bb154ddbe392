//! Which class map of a site is shown, and which one it is compared with.

use super::*;
use crate::geo::raster::write_cog_u8;
use crate::project::{CompareMode, Comparison};

fn the_project(state: &AppState) -> &OpenProject {
    state.project.as_ref().unwrap()
}

/// A map of the site, of which every pixel has this code; later ones are newer.
fn write_map(state: &AppState, name: &str, code: u8, grid: &Grid) {
    let folder = the_project(state).folder.maps_path("site");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}.tif"));
    write_cog_u8(&path, grid, &[("class".into(), &vec![code; grid.pixels()])], None, Some(255), &[]).unwrap();
    let age = std::time::Duration::from_secs(3600 - 60 * u64::from(code));
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(std::time::SystemTime::now() - age).unwrap();
}

/// A project whose site has the maps `a`, `b` and `c`, the newest, of classes 1, 2 and 3.
fn with_maps(folder: &Path) -> AppState {
    let mut state = project(folder);
    for (name, code) in [("a", 1), ("b", 2), ("c", 3)] {
        write_map(&state, name, code, &grid());
    }
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    state
}

fn shown(state: &AppState) -> Option<(&str, u8)> {
    the_project(state).map().map(|map| (map.name.as_str(), map.codes[0]))
}

fn other(state: &AppState) -> Option<(&str, u8)> {
    the_project(state).other_map().map(|map| (map.name.as_str(), map.codes[0]))
}

fn with(name: &str) -> Comparison {
    Comparison { mode: CompareMode::Swipe, other_map: Some(name.into()), ..Comparison::default() }
}

#[test]
fn the_newest_map_is_shown_until_another_one_is_chosen_which_is_shown_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_maps(folder.path());
    assert_eq!(the_project(&state).map_names(), ["c", "b", "a"]);
    assert_eq!(shown(&state), Some(("c", 3)));
    run(&mut state, Command::ShowMap("a".into())).unwrap();
    assert_eq!(shown(&state), Some(("a", 1)));
    let path = the_project(&state).folder.path().to_owned();
    drop(state);
    let mut again = self::state();
    run(&mut again, Command::OpenProject(path)).unwrap();
    run(&mut again, Command::ShowSite("site".into())).unwrap();
    assert_eq!(shown(&again), Some(("a", 1)));
}

#[test]
fn the_other_map_is_opened_for_a_comparison_and_let_go_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_maps(folder.path());
    run(&mut state, Command::Compare(with("b"))).unwrap();
    assert_eq!((shown(&state), other(&state)), (Some(("c", 3)), Some(("b", 2))));
    run(&mut state, Command::Compare(with("a"))).unwrap();
    assert_eq!(other(&state), Some(("a", 1)));
    run(&mut state, Command::Compare(Comparison { mode: CompareMode::Off, ..with("a") })).unwrap();
    assert_eq!(other(&state), None, "no more is kept in memory than is shown");
    run(&mut state, Command::Compare(with("c"))).unwrap();
    assert_eq!(other(&state), Some(("c", 3)), "it is the one on screen");
}

#[test]
fn both_sides_are_kept_apart_when_the_one_on_screen_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_maps(folder.path());
    run(&mut state, Command::Compare(with("b"))).unwrap();
    run(&mut state, Command::ShowMap("a".into())).unwrap();
    assert_eq!((shown(&state), other(&state)), (Some(("a", 1)), Some(("b", 2))));
    run(&mut state, Command::ShowMap("b".into())).unwrap();
    assert_eq!((shown(&state), other(&state)), (Some(("b", 2)), Some(("b", 2))));
    run(&mut state, Command::Compare(with("c"))).unwrap();
    run(&mut state, Command::ShowMap("a".into())).unwrap();
    assert_eq!((shown(&state), other(&state)), (Some(("a", 1)), Some(("c", 3))));
    run(&mut state, Command::Compare(with("a"))).unwrap();
    run(&mut state, Command::ShowMap("b".into())).unwrap();
    assert_eq!((shown(&state), other(&state)), (Some(("b", 2)), Some(("a", 1))));
}

#[test]
fn a_map_that_is_not_there_is_refused_with_those_that_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    let why = run(&mut state, Command::ShowMap("x".into())).unwrap_err();
    assert!(why.contains("no map of site yet"), "{why}");
    let mut state = with_maps(&folder.path().join("other"));
    for command in [Command::ShowMap("x".into()), Command::Compare(with("x"))] {
        let why = run(&mut state, command).unwrap_err();
        assert!(why.contains("only c, b, a"), "{why}");
    }
    assert_eq!(the_project(&state).document.view.comparison, Comparison::default());
}

#[test]
fn a_map_that_lies_elsewhere_is_not_offered_and_one_that_is_gone_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_maps(folder.path());
    write_map(&state, "elsewhere", 9, &Grid { left: 0.0, ..grid() });
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    assert_eq!(the_project(&state).map_names(), ["c", "b", "a"]);
    std::fs::remove_file(the_project(&state).folder.maps_path("site").join("a.tif")).unwrap();
    let why = run(&mut state, Command::ShowMap("a".into())).unwrap_err();
    assert!(why.contains("choose another map"), "{why}");
    assert_eq!(shown(&state), Some(("c", 3)), "what was shown stays");
    assert_eq!(the_project(&state).map_names(), ["c", "b"]);
}

#[test]
fn another_site_has_maps_of_its_own_and_the_comparison_finds_none_of_the_last_ones() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_maps(folder.path());
    run(&mut state, Command::Compare(with("b"))).unwrap();
    let inputs = folder.path().join("mosaics");
    run(&mut state, build_of("bare", &inputs)).unwrap();
    run(&mut state, Command::ShowSite("bare".into())).unwrap();
    let project = the_project(&state);
    assert!(project.map().is_none() && project.other_map().is_none() && project.map_names().is_empty());
    assert_eq!(project.comparing(CompareMode::Swipe).other_map, None);
}

#[test]
fn comparing_begins_with_two_sides_that_are_not_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_maps(folder.path());
    let dates = the_project(&state).cube().unwrap().0.cube.info().dates.len();
    for time in 0..dates {
        update(&mut state, Command::ShowTime(time)).unwrap();
        let comparison = the_project(&state).comparing(CompareMode::Swipe);
        assert!(comparison.other_time != time && comparison.other_time < dates);
    }
    let differ = the_project(&state).comparing(CompareMode::Differences);
    assert_eq!(differ.other_map.as_deref(), Some("b"), "the newest but the one on screen");
    run(&mut state, Command::ShowMap("b".into())).unwrap();
    let differ = the_project(&state).comparing(CompareMode::Differences);
    assert_eq!(differ.other_map.as_deref(), Some("c"));
}

#[test]
fn a_handle_that_is_no_number_stands_in_the_middle_and_never_leaves_the_map() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    for (split, stands) in [(f32::NAN, 0.5), (-3.0, 0.0), (1.5, 1.0), (0.25, 0.25)] {
        let comparison = Comparison { mode: CompareMode::Swipe, split, ..Comparison::default() };
        update(&mut state, Command::Compare(comparison)).unwrap();
        assert_eq!(the_project(&state).document.view.comparison.split, stands);
    }
}

#[test]
fn a_document_without_a_comparison_opens_and_one_with_it_says_the_same_again() {
    let old: crate::project::View = serde_json::from_str(r#"{"time": 3}"#).unwrap();
    assert_eq!((old.time, old.comparison, old.map), (3, Comparison::default(), None));
    let now = crate::project::View { comparison: with("a"), map: Some("b".into()), ..Default::default() };
    let text = serde_json::to_string(&now).unwrap();
    assert_eq!(serde_json::from_str::<crate::project::View>(&text).unwrap(), now);
}
