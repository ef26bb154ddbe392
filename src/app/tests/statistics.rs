//! Measuring sites and comparing them.

use super::*;
use crate::app::{MeasureRequest, MeasureState, Measuring};

fn measuring(state: &AppState) -> &Measuring {
    &state.project.as_ref().unwrap().statistics
}

fn measure() -> Command {
    Command::Measure(MeasureRequest::default())
}

#[test]
fn sites_are_measured_once_and_again_when_their_cubes_are_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    run(&mut state, measure()).unwrap();
    let last = measuring(&state).last.clone().unwrap();
    assert_eq!((measuring(&state).state.clone(), last.read), (MeasureState::Ready, 1));
    assert_eq!((last.comparison.sites.len(), last.comparison.bands.len()), (1, 2));
    assert!(folder.path().join("project/statistics/site.json").exists());
    let read = |state: &mut AppState, command: Command| {
        run(state, command).unwrap();
        measuring(state).last.as_ref().unwrap().read
    };
    assert_eq!(read(&mut state, measure()), 0, "it is known");
    let afresh = Command::Measure(MeasureRequest { afresh: true, ..MeasureRequest::default() });
    assert_eq!(read(&mut state, afresh), 1);
    run(&mut state, build_of("site", &folder.path().join("mosaics"))).unwrap();
    assert_eq!(read(&mut state, measure()), 1, "it was built anew");
    std::fs::write(folder.path().join("project/statistics/site.json"), "{\"version\": 1, ").unwrap();
    assert_eq!(read(&mut state, measure()), 1, "the file was damaged");
    let again = measuring(&state).last.clone().unwrap();
    assert_eq!(again.comparison.sites[0].statistics, last.comparison.sites[0].statistics);
}

#[test]
fn two_sites_of_the_same_mosaics_do_not_differ_and_one_that_is_gone_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    run(&mut state, build_of("twin", &folder.path().join("mosaics"))).unwrap();
    run(&mut state, measure()).unwrap();
    let last = measuring(&state).last.clone().unwrap();
    assert_eq!(last.comparison.pairs.len(), 1);
    assert_eq!(last.comparison.pairs[0].distance, 0.0);
    std::fs::remove_dir_all(folder.path().join("project/cubes/twin.zarr")).unwrap();
    run(&mut state, measure()).unwrap();
    let last = measuring(&state).last.clone().unwrap();
    assert_eq!(last.comparison.sites.len(), 1);
    assert!(last.failed[0].0 == "twin" && last.failed[0].1.contains("no cube"), "{:?}", last.failed);
    let one = MeasureRequest { sites: vec!["twin".into()], ..MeasureRequest::default() };
    let why = run(&mut state, Command::Measure(one)).unwrap_err();
    assert!(why.contains("no site can be measured") && why.contains("twin"), "{why}");
    assert!(matches!(&measuring(&state).state, MeasureState::Failed(why) if why.contains("twin")));
    assert!(measuring(&state).last.is_some(), "what was known last stays");
}

#[test]
fn what_cannot_be_measured_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let (mut state, inputs) = started(folder.path());
    assert!(run(&mut state, measure()).unwrap_err().contains("no imagery"));
    run(&mut state, build_of("site", &inputs)).unwrap();
    let of = |sites: &[&str], bands: &[&str]| {
        let named = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Command::Measure(MeasureRequest { sites: named(sites), bands: named(bands), afresh: false })
    };
    assert!(run(&mut state, of(&["nowhere"], &[])).unwrap_err().contains("nowhere"));
    let why = run(&mut state, of(&[], &["B77"])).unwrap_err();
    assert!(why.contains("B77") && why.contains("B04, B08"), "{why}");
    run(&mut state, of(&["site"], &["nir"])).unwrap();
    assert_eq!(measuring(&state).last.as_ref().unwrap().comparison.bands.len(), 1);
}

#[test]
fn measuring_that_is_cancelled_says_so_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    state.notices.clear();
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(run_to_end(&mut state, measure(), &mut |_, _| {}, &cancel).is_err());
    assert_eq!(measuring(&state).state, MeasureState::Stopped);
    assert!(state.notices.is_empty(), "{:?}", state.notices);
    // The one asked last is waited for.
    update(&mut state, measure()).unwrap();
    run(&mut state, measure()).unwrap();
    assert_eq!(measuring(&state).state, MeasureState::Ready);
}
