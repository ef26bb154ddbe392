//! Layers, the views before and after, bookmarks, the basemap.

use super::*;
use crate::project::Bookmark;
use crate::source::Basemap;

fn open(state: &AppState) -> &OpenProject {
    state.project.as_ref().unwrap()
}

fn look(state: &mut AppState, lon: f64, zoom: f64) {
    update(state, Command::SetView { centre: [lon, 17.0], zoom }).unwrap();
}

fn centre(state: &AppState) -> f64 {
    open(state).document.view.centre.unwrap()[0]
}

#[test]
fn layers_are_shown_faded_and_ordered_and_it_is_so_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    let mosaic = Layer { kind: LayerKind::Mosaic, visible: false, opacity: 0.4 };
    update(&mut state, Command::SetLayer(mosaic)).unwrap();
    update(&mut state, Command::MoveLayer { layer: LayerKind::Mosaic, to: 0 }).unwrap();
    assert!(open(&state).history.undoes().is_none(), "how one looks is no change of the work");
    drop(state);
    let mut state = self::state();
    run(&mut state, Command::OpenProject(folder.path().join("project"))).unwrap();
    assert_eq!(open(&state).document.view.layers.all()[0], mosaic);
    let nan = Layer { opacity: f32::NAN, ..mosaic };
    update(&mut state, Command::SetLayer(nan)).unwrap();
    assert_eq!(open(&state).document.view.layers.all()[0].opacity, 1.0);
}

#[test]
fn one_step_brings_the_last_view_back_and_another_one_leads_on_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    assert!(update(&mut state, Command::ViewBack).is_err(), "there is none yet");
    look(&mut state, -93.0, 14.0);
    look(&mut state, -93.000_01, 14.0);
    assert!(!open(&state).places.has_past(), "a nudge is no other view");
    look(&mut state, -92.9, 14.0);
    look(&mut state, -92.9, 16.0);
    let jumps = open(&state).places.jumps();
    update(&mut state, Command::ViewBack).unwrap();
    assert_eq!((centre(&state), open(&state).document.view.zoom), (-92.9, 14.0));
    update(&mut state, Command::ViewBack).unwrap();
    assert_eq!(centre(&state), -93.000_01);
    assert_eq!(open(&state).places.jumps(), jumps + 2, "the map is told");
    assert!(update(&mut state, Command::ViewBack).is_err());
    update(&mut state, Command::ViewForward).unwrap();
    update(&mut state, Command::ViewForward).unwrap();
    assert_eq!(open(&state).document.view.zoom, 16.0);
    assert!(update(&mut state, Command::ViewForward).is_err());
    update(&mut state, Command::ViewBack).unwrap();
    look(&mut state, -91.0, 12.0);
    assert!(!open(&state).places.has_future(), "one who goes elsewhere has left the old way");
}

#[test]
fn the_layers_that_were_shown_come_back_with_the_view() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    look(&mut state, -93.0, 14.0);
    let hidden = Layer { visible: false, ..Layer::new(LayerKind::Annotations) };
    update(&mut state, Command::SetLayer(hidden)).unwrap();
    update(&mut state, Command::ViewBack).unwrap();
    assert!(open(&state).document.view.layers.of(LayerKind::Annotations).visible);
    update(&mut state, Command::ViewForward).unwrap();
    assert!(!open(&state).document.view.layers.of(LayerKind::Annotations).visible);
}

#[test]
fn a_view_of_another_site_brings_that_site_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    run(&mut state, build_of("other", &folder.path().join("mosaics"))).unwrap();
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    look(&mut state, -93.0, 14.0);
    run(&mut state, Command::ShowSite("other".into())).unwrap();
    look(&mut state, -92.0, 13.0);
    run(&mut state, Command::ViewBack).unwrap();
    assert_eq!(open(&state).cube().unwrap().0.site, "site");
    assert_eq!(centre(&state), -93.0);
}

fn bookmark(name: &str) -> Bookmark {
    Bookmark {
        name: name.into(),
        site: "site".into(),
        centre: [-93.2, 17.1],
        zoom: 15.0,
        date: chrono::NaiveDate::from_ymd_opt(2022, 3, 10),
        composite: vec!["B08".into()],
    }
}

#[test]
fn a_bookmark_brings_back_place_date_and_bands_and_undo_takes_it_off() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    update(&mut state, Command::AddBookmark(bookmark(" the bend "))).unwrap();
    assert_eq!(open(&state).document.settings.bookmarks[0].name, "the bend");
    for twice in ["the bend", " ", &"x".repeat(90)] {
        assert!(update(&mut state, Command::AddBookmark(bookmark(twice))).is_err(), "{twice}");
    }
    run(&mut state, Command::GoToBookmark("the bend".into())).unwrap();
    let view = &open(&state).document.view;
    assert_eq!((view.centre, view.zoom, view.time), (Some([-93.2, 17.1]), 15.0, 2));
    assert_eq!(view.composite, ["B08"]);
    update(&mut state, Command::RenameBookmark { name: "the bend".into(), to: "river".into() }).unwrap();
    assert!(run(&mut state, Command::GoToBookmark("the bend".into())).is_err());
    update(&mut state, Command::DeleteBookmark("river".into())).unwrap();
    assert!(open(&state).document.settings.bookmarks.is_empty());
    update(&mut state, Command::Undo).unwrap();
    assert_eq!(open(&state).document.settings.bookmarks[0].name, "river");
    drop(state);
    let mut state = self::state();
    run(&mut state, Command::OpenProject(folder.path().join("project"))).unwrap();
    assert_eq!(open(&state).document.settings.bookmarks[0].name, "river");
    // From nothing on screen it leads to its site, and to its date once there are dates.
    run(&mut state, Command::GoToBookmark("river".into())).unwrap();
    assert_eq!((open(&state).cube().unwrap().0.site.as_str(), open(&state).time()), ("site", 2));
    run(&mut state, Command::RemoveSite("site".into())).unwrap();
    let why = run(&mut state, Command::GoToBookmark("river".into())).unwrap_err();
    assert!(why.contains("no longer here"), "{why}");
}

#[test]
fn another_basemap_is_a_step_of_undo_and_one_that_cannot_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    assert!(!open(&state).document.view.layers.of(LayerKind::Basemap).visible, "nothing is fetched unasked");
    let own = Basemap {
        name: " own ".into(),
        url: "https://tiles.org/{z}/{x}/{-y}.png?key=secret".into(),
        attribution: "us".into(),
        max_zoom: 12,
    };
    update(&mut state, Command::SetBasemap(own)).unwrap();
    assert_eq!(open(&state).document.settings.basemap.name, "own");
    let bad = Basemap { url: "https://tiles.org/?key=secret".into(), ..Basemap::default() };
    let why = update(&mut state, Command::SetBasemap(bad)).unwrap_err().to_string();
    assert!(why.contains("which tile") && !why.contains("secret"), "{why}");
    update(&mut state, Command::Undo).unwrap();
    assert!(open(&state).document.settings.basemap.is_default());
}
