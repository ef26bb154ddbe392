//! What the map shows of a mosaic: composites, stretches, pictures as files.

use super::*;
use crate::cube::picture::{Composite, Display, Ramp, StretchFrom};
use crate::geo::Window;
use crate::jobs::Dated;

fn composite(state: &AppState) -> (Composite, u64) {
    let (opened, _) = state.project.as_ref().unwrap().cube().unwrap();
    (opened.composite.clone(), opened.look)
}

fn ends(state: &AppState) -> [f32; 2] {
    let stretch = composite(state).0.stretch;
    [stretch.low[0], stretch.high[0]]
}

fn set(state: &mut AppState, change: impl FnOnce(&mut Display)) -> Result<(), String> {
    let mut display = state.project.as_ref().unwrap().document.view.display.clone();
    change(&mut display);
    run(state, Command::SetDisplay(display))
}

fn shows(state: &mut AppState, channels: &[&str]) {
    let channels = channels.iter().map(ToString::to_string).collect();
    run(state, Command::SetComposite(channels)).unwrap();
}

#[test]
fn a_display_is_kept_with_the_project_and_shown_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    shows(&mut state, &["B08"]);
    let (usual, look) = (ends(&state), composite(&state).1);
    set(&mut state, |d| (d.gamma, d.ramp, d.inverted) = (1.5, Ramp::Grey, true)).unwrap();
    assert!(state.jobs.is_empty() && composite(&state).1 > look, "nothing is read for it");
    assert_eq!((composite(&state).0.tone.ramp, ends(&state)), (Ramp::Grey, usual));
    set(&mut state, |d| d.percentiles = [0.0, 100.0]).unwrap();
    let wide = ends(&state);
    assert!(wide[0] <= usual[0] && wide[1] > usual[1], "{wide:?} {usual:?}");
    set(&mut state, |d| {
        d.from = StretchFrom::Hand;
        d.hand.insert("B08".into(), [10.0, 20.0]);
    })
    .unwrap();
    assert_eq!(ends(&state), [10.0, 20.0]);
    shows(&mut state, &["B04"]);
    assert_ne!(ends(&state), [10.0, 20.0], "what was given is of another band");
    shows(&mut state, &["B08"]);
    assert_eq!(ends(&state), [10.0, 20.0], "and is remembered");

    state.project.as_ref().unwrap().flush();
    drop(state);
    let mut again = self::state();
    run(&mut again, Command::OpenProject(folder.path().join("project"))).unwrap();
    run(&mut again, Command::ShowSite("site".into())).unwrap();
    assert_eq!((ends(&again), composite(&again).0.tone.gamma), ([10.0, 20.0], 1.5));
}

#[test]
fn a_display_that_makes_no_picture_is_refused_and_one_in_a_file_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    let before = ends(&state);
    let error = set(&mut state, |d| d.gamma = 99.0).unwrap_err();
    assert!(error.contains("gamma of 99"), "{error}");
    assert!(state.project.as_ref().unwrap().document.view.display.is_default());
    // Another program may have written anything.
    state.project.as_mut().unwrap().document.view.display.percentiles = [98.0, 2.0];
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    assert_eq!(ends(&state), before);
}

#[test]
fn a_stretch_to_the_view_is_among_what_is_in_view_and_stays_there_for_other_bands() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    shows(&mut state, &["B08"]);
    let site = ends(&state);
    let dark = Window { col: 0, row: 0, width: 48, height: 64 };
    run(&mut state, Command::StretchTo(dark)).unwrap();
    let view = ends(&state);
    assert!(
        (500.0..562.0).contains(&view[0]) && (500.0..562.0).contains(&view[1]) && site[1] > 1500.0,
        "{view:?}"
    );
    assert_eq!(state.project.as_ref().unwrap().document.view.display.from, StretchFrom::View);
    shows(&mut state, &["B04"]);
    assert!(ends(&state)[1] < 562.0);
    set(&mut state, |d| d.from = StretchFrom::Site).unwrap();
    assert!(ends(&state)[1] > 1500.0);
    let beyond = Window { col: 400, row: 0, width: 9, height: 9 };
    assert!(run(&mut state, Command::StretchTo(beyond)).unwrap_err().contains("out of view"));
}

#[test]
fn of_two_stretches_that_are_asked_for_in_haste_the_last_one_counts() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    shows(&mut state, &["B08"]);
    let (dark, bright) =
        (Window { col: 0, row: 0, width: 48, height: 64 }, Window { col: 48, row: 0, width: 48, height: 64 });
    update(&mut state, Command::StretchTo(dark)).unwrap();
    run(&mut state, Command::StretchTo(bright)).unwrap();
    assert!(ends(&state)[0] > 1000.0);
    assert!(state.jobs.is_empty() && !state.project.as_ref().unwrap().site.as_ref().unwrap().is_composing());
}

#[test]
fn composites_without_a_name_are_remembered_the_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    for channels in [&["B08", "B04", "B04"][..], &["NDVI"], &["B08", "B04", "B04"]] {
        shows(&mut state, channels);
    }
    shows(&mut state, &[]);
    let recent = &state.project.as_ref().unwrap().document.view.recent;
    assert_eq!(recent, &[vec!["B08", "B04", "B04"], vec!["NDVI"]]);
    for i in 0..9 {
        shows(&mut state, &[&format!("B08 + {i}")]);
    }
    assert_eq!(state.project.as_ref().unwrap().document.view.recent.len(), 6);
}

fn request(file: std::path::PathBuf) -> PictureRequest {
    PictureRequest {
        site: None,
        dates: Dated::All,
        channels: vec!["NDVI".into()],
        display: Display::default(),
        ends: Vec::new(),
        window: None,
        size: 64,
        file,
        replace: false,
    }
}

#[test]
fn a_picture_that_cannot_be_written_is_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    let file = |name: &str| folder.path().join(name);
    let mut refused = |request: PictureRequest| {
        let error = run(&mut state, Command::SavePicture(request)).unwrap_err();
        assert!(state.jobs.is_empty());
        error
    };
    assert!(refused(request(file("a.jpg"))).contains("end the name"));
    assert!(refused(request(file("no/a.png"))).contains("there is no folder"));
    assert!(refused(PictureRequest { size: 0, ..request(file("a.png")) }).contains("no pixels"));
    let other = PictureRequest { site: Some("moon".into()), ..request(file("a.png")) };
    assert!(refused(other).contains("no site moon"));
    let wrong = Display { gamma: 0.0, ..Display::default() };
    assert!(refused(PictureRequest { display: wrong, ..request(file("a.png")) }).contains("gamma"));
    run(&mut state, Command::SavePicture(request(file("a.png")))).unwrap();
    let saved = state.project.as_mut().unwrap().last.picture.take().unwrap();
    assert_eq!((saved.dates.len(), saved.world_file), (4, None));
    let again = run(&mut state, Command::SavePicture(request(file("a.png")))).unwrap_err();
    assert!(again.contains("is there already"), "{again}");
}
