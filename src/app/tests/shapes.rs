//! What annotations cover: reshaped, cut, extended, split, merged; each undone in one step.

use super::*;
use crate::labels::Annotation;
use geo::{Area, Geometry};

/// A place in pixel coordinates, in longitude and latitude.
fn at(col: f64, row: f64) -> [f64; 2] {
    grid().lonlat_from_pixel(col, row).unwrap()
}

fn ring(corners: &[(f64, f64)]) -> geo::Polygon<f64> {
    let places: Vec<[f64; 2]> = corners.iter().map(|&(col, row)| at(col, row)).collect();
    geo::Polygon::new(places.into(), vec![])
}

fn annotations(state: &AppState) -> Vec<Annotation> {
    state.project.as_ref().unwrap().annotations.iter().map(|a| (**a).clone()).collect()
}

fn selection(state: &AppState) -> Vec<u64> {
    state.project.as_ref().unwrap().selection.iter().copied().collect()
}

/// Pixels of the grid that a geometry covers, by area.
fn pixels(geometry: &Geometry<f64>) -> f64 {
    let one: Geometry<f64> = square(40.0, 30.0, 1.0).into();
    geometry.unsigned_area() / one.unsigned_area()
}

/// Carries a command out, undoes it and makes it again: the same bytes each time.
fn undone_and_redone(state: &mut AppState, command: Command) {
    let before = labels_text(state);
    update(state, command).unwrap();
    let after = labels_text(state);
    assert_ne!(after, before);
    update(state, Command::Undo).unwrap();
    assert_eq!(labels_text(state), before);
    update(state, Command::Redo).unwrap();
    assert_eq!(labels_text(state), after);
}

fn drawn(folder: &Path, squares: &[(f64, f64, f64)]) -> AppState {
    let mut state = project(folder);
    for &(col, row, side) in squares {
        update(&mut state, Command::Draw(square(col, row, side))).unwrap();
    }
    state
}

#[test]
fn a_stroke_that_crosses_itself_is_repaired_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    let tie = ring(&[(10.0, 10.0), (30.0, 30.0), (30.0, 10.0), (10.0, 30.0)]);
    undone_and_redone(&mut state, Command::Draw(tie));
    let all = annotations(&state);
    let Geometry::MultiPolygon(parts) = &all[0].geometry else { panic!("{:?}", all[0].geometry) };
    assert_eq!(parts.0.len(), 2);
    let told: Vec<&str> =
        state.notices.iter().map(|n| n.text.as_str()).filter(|n| n.contains("crossed")).collect();
    // Two triangles of 100 pixels of 100 m2 each, of which the outline as drawn tells nothing.
    assert!(matches!(told[..], [words] if words.contains("+2.00 ha")), "{told:?}");
    let core = &state.project.as_ref().unwrap().derived.cores[&all[0].id];
    assert!(!core.as_ref().unwrap().core.repaired, "what is kept is whole");
}

#[test]
fn a_hole_is_cut_into_what_it_reaches_and_dropped_pixels_go_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = drawn(folder.path(), &[(4.0, 4.0, 20.0), (40.0, 4.0, 20.0)]);
    let ids: Vec<u64> = annotations(&state).iter().map(|a| a.id).collect();
    let drop = AnnotationChange::Drop(vec![at(10.5, 10.5), at(20.5, 20.5)]);
    update(&mut state, Command::ChangeAnnotations { ids: vec![ids[0]], change: drop }).unwrap();
    let hole = square(8.0, 8.0, 6.0);
    undone_and_redone(&mut state, Command::CutHole { ids: ids.clone(), hole: hole.clone() });
    let all = annotations(&state);
    assert!((pixels(&all[0].geometry) - 364.0).abs() < 0.5, "{}", pixels(&all[0].geometry));
    assert!((pixels(&all[1].geometry) - 400.0).abs() < 0.5, "the other one lies beside");
    assert_eq!(all[0].dropped, [at(20.5, 20.5)]);
    for (ids, hole, why) in [
        (vec![], hole.clone(), "select the annotation"),
        (vec![ids[1]], hole, "does not reach"),
        (vec![ids[1]], square(30.0, 0.0, 40.0), "nothing would be left"),
    ] {
        let refused = update(&mut state, Command::CutHole { ids, hole }).unwrap_err();
        assert!(refused.0.contains(why), "{refused}");
    }
}

#[test]
fn what_is_split_off_keeps_everything_said_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = drawn(folder.path(), &[(4.0, 4.0, 20.0), (30.0, 4.0, 20.0)]);
    let id = annotations(&state)[0].id;
    for change in [
        AnnotationChange::Class(3),
        AnnotationChange::Confidence(Confidence::Likely),
        AnnotationChange::Buffer(Some(5.0)),
        AnnotationChange::Note(Some("by the river".into())),
        AnnotationChange::Author(Some("Ana".into())),
        AnnotationChange::Drop(vec![at(6.5, 10.5), at(20.5, 10.5)]),
    ] {
        update(&mut state, Command::ChangeAnnotations { ids: vec![id], change }).unwrap();
    }
    let line = vec![at(10.0, 0.0), at(10.0, 40.0)];
    undone_and_redone(&mut state, Command::Split { ids: vec![id], line });
    let all = annotations(&state);
    assert_eq!(all.len(), 3);
    let (large, small) = (&all[0], &all[2]);
    assert_eq!(large.id, id, "the larger piece keeps the id");
    assert!((pixels(&large.geometry) - 280.0).abs() < 0.5 && (pixels(&small.geometry) - 120.0).abs() < 0.5);
    let said =
        |a: &Annotation| Annotation { id: 0, geometry: large.geometry.clone(), dropped: vec![], ..a.clone() };
    assert_eq!(said(large), said(small));
    assert_eq!(small.note.as_deref(), Some("by the river"));
    assert_eq!((&large.dropped[..], &small.dropped[..]), (&[at(20.5, 10.5)][..], &[at(6.5, 10.5)][..]));
    // Without a selection, whatever the line crosses.
    let line = vec![at(0.0, 12.0), at(95.0, 12.0)];
    undone_and_redone(&mut state, Command::Split { ids: vec![], line });
    assert_eq!(annotations(&state).len(), 6);
    let line = vec![at(0.0, 50.0), at(95.0, 50.0)];
    assert!(update(&mut state, Command::Split { ids: vec![], line }).is_err());
}

#[test]
fn merging_keeps_the_lowest_id_and_refuses_different_classes() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = drawn(folder.path(), &[(4.0, 4.0, 10.0), (14.0, 4.0, 10.0), (40.0, 4.0, 10.0)]);
    let ids: Vec<u64> = annotations(&state).iter().map(|a| a.id).collect();
    let change = AnnotationChange::Confidence(Confidence::Likely);
    update(&mut state, Command::ChangeAnnotations { ids: vec![ids[1]], change }).unwrap();
    undone_and_redone(&mut state, Command::Merge(vec![ids[1], ids[0]]));
    let all = annotations(&state);
    assert_eq!(all.iter().map(|a| a.id).collect::<Vec<_>>(), [ids[0], ids[2]]);
    assert!(matches!(&all[0].geometry, Geometry::Polygon(_)), "they touched");
    assert!((pixels(&all[0].geometry) - 200.0).abs() < 0.5);
    assert_eq!(all[0].confidence, Confidence::Likely, "as sure as its least sure part");
    let change = AnnotationChange::Class(2);
    update(&mut state, Command::ChangeAnnotations { ids: vec![ids[2]], change }).unwrap();
    let before = labels_text(&state);
    let refused = update(&mut state, Command::Merge(vec![ids[0], ids[2]])).unwrap_err();
    assert!(refused.0.contains("forest") && refused.0.contains("pasture"), "{refused}");
    assert!(update(&mut state, Command::Merge(vec![ids[0]])).is_err());
    assert_eq!(labels_text(&state), before);
    let change = AnnotationChange::Class(1);
    update(&mut state, Command::ChangeAnnotations { ids: vec![ids[2]], change }).unwrap();
    update(&mut state, Command::Merge(vec![ids[0], ids[2]])).unwrap();
    assert!(matches!(&annotations(&state)[0].geometry, Geometry::MultiPolygon(_)), "they lie apart");
    assert_eq!(selection(&state), [ids[0]]);
}

#[test]
fn an_annotation_is_extended_and_reshaped_in_one_step_each() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = drawn(folder.path(), &[(4.0, 4.0, 10.0)]);
    let id = annotations(&state)[0].id;
    undone_and_redone(&mut state, Command::Extend { id, with: square(10.0, 4.0, 10.0) });
    assert!((pixels(&annotations(&state)[0].geometry) - 160.0).abs() < 0.5);
    let geometry = crate::labels::shape::moved(&annotations(&state)[0].geometry, [0.0, -0.001]);
    undone_and_redone(&mut state, Command::Reshape { id, geometry: geometry.clone() });
    assert_eq!(annotations(&state)[0].geometry, geometry);
    let beyond = crate::labels::shape::moved(&geometry, [-200.0, 0.0]);
    assert!(update(&mut state, Command::Reshape { id, geometry: beyond }).is_err());
    assert_eq!(annotations(&state)[0].geometry, geometry);
}
