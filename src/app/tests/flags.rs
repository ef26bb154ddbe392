//! What is wrong with annotations, the list of them, and who draws.

use super::*;
use crate::app::flags::{followed, from_scratch};
use crate::jobs::{self, AssessSpec, Column, Flagged, ListSpec, Mark, Outcome, Runner};
use crate::labels::{Annotation, Annotations, Buffers, Holds};

/// Draws a square of a class; gives its id.
fn draw(state: &mut AppState, class: u8, col: f64, row: f64, side: f64) -> u64 {
    update(state, Command::PickClass(class)).unwrap();
    update(state, Command::Draw(square(col, row, side))).unwrap();
    state.project.as_ref().unwrap().selected().unwrap()
}

fn change(state: &mut AppState, ids: &[u64], change: AnnotationChange) {
    update(state, Command::ChangeAnnotations { ids: ids.to_vec(), change }).unwrap();
}

fn open(state: &AppState) -> &OpenProject {
    state.project.as_ref().unwrap()
}

fn marks(state: &AppState, id: u64) -> Vec<Mark> {
    open(state).derived.flags.of(id).unwrap().marks.iter().collect()
}

/// Takes in what jobs say until none is under way.
fn wait(state: &mut AppState) {
    while !state.jobs.is_empty() {
        pump(state);
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

fn assert_same(followed: &Flagged, scratch: &Flagged, after: &str) {
    assert!(followed.annotations == scratch.annotations, "annotations after {after}");
    assert_eq!(followed.relations, scratch.relations, "after {after}");
    assert_eq!(followed.claimed, scratch.claimed, "after {after}");
    assert!(followed.facts == scratch.facts, "facts after {after}");
}

#[test]
fn overlaps_and_pixels_claimed_twice_are_told_of_both_and_go_with_the_overlap() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    update(&mut state, Command::SetBuffer(0.0)).unwrap();
    let forest = draw(&mut state, 1, 4.0, 4.0, 10.0);
    let water = draw(&mut state, 3, 10.0, 10.0, 10.0);
    let other = draw(&mut state, 1, 12.0, 12.0, 4.0);
    assert_eq!(marks(&state, forest), [Mark::ClaimedTwice, Mark::Overlaps]);
    let flags = &open(&state).derived.flags;
    let [(id, ha)] = flags.overlaps(forest) else { panic!("{:?}", flags.overlaps(forest)) };
    assert_eq!(*id, water);
    assert!((ha - 0.16).abs() < 0.002, "{ha}: 4 x 4 pixels of 10 m");
    assert_eq!(flags.of(forest).unwrap().claimed_twice, 16);
    assert_eq!(flags.of(water).unwrap().claimed_twice, 16 + 16 - 4, "the squares of forest share four");
    assert_eq!(flags.claimed().len(), 28);
    assert_eq!(flags.claimed()[0], (10, 10));
    // The same class is no contradiction.
    change(&mut state, &[water], AnnotationChange::Class(1));
    assert!(marks(&state, forest).is_empty() && open(&state).derived.flags.claimed().is_empty());
    update(&mut state, Command::Undo).unwrap();
    assert_eq!(marks(&state, other), [Mark::ClaimedTwice, Mark::Overlaps]);
    // A buffer that keeps the cores apart leaves the overlap, but nothing is claimed twice.
    change(&mut state, &[forest, water, other], AnnotationChange::Buffer(Some(20.0)));
    assert_eq!(marks(&state, forest), [Mark::Overlaps]);
    update(&mut state, Command::DeleteAnnotations(vec![water])).unwrap();
    assert!(marks(&state, forest).is_empty());
}

#[test]
fn marks_tell_what_else_there_is_to_know() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    let small = draw(&mut state, 1, 4.0, 4.0, 3.0);
    assert_eq!(marks(&state, small), [Mark::NoPurePixel]);
    let off = draw(&mut state, 1, 200.0, 4.0, 10.0);
    assert_eq!(marks(&state, off), [Mark::OutsideSite]);
    let good = draw(&mut state, 1, 20.0, 20.0, 10.0);
    assert!(marks(&state, good).is_empty());
    let day = chrono::NaiveDate::from_ymd_opt(2022, 2, 1);
    change(&mut state, &[good], AnnotationChange::Holds(Holds { from: day, to: None }));
    let place = grid().lonlat_from_pixel(25.5, 25.5).unwrap();
    change(&mut state, &[good], AnnotationChange::Drop(vec![place]));
    assert_eq!(marks(&state, good), [Mark::Dropped, Mark::SomeDates]);
}

#[test]
fn where_a_buffer_leaves_nothing_the_largest_that_does_is_offered() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    let small = draw(&mut state, 1, 4.0, 4.0, 3.0);
    let offered = open(&state).derived.flags.largest_buffer_m(small).unwrap();
    // Ten metres leave the pixel in the middle, but for the last bit of where the corners are.
    assert!((9.8..=10.0).contains(&offered), "{offered}");
    change(&mut state, &[small], AnnotationChange::Buffer(Some(offered)));
    assert_eq!(open(&state).derived.cores.pure_pixels(small), 1);
    update(&mut state, Command::Select(Vec::new())).unwrap();
    assert_eq!(
        open(&state).derived.flags.largest_buffer_m(small),
        None,
        "only what is selected is worked out"
    );
}

#[test]
fn following_changes_finds_what_looking_at_all_anew_finds() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    update(&mut state, Command::SetBuffer(5.0)).unwrap();
    let mut seed = 7u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let mut claimed_at_all = 0;
    for step in 0..220 {
        let ids: Vec<u64> = open(&state).annotations.iter().map(|a| a.id).collect();
        let (col, row, side) = (random(70) as f64, random(40) as f64, 3.0 + random(20) as f64);
        let some = ids.get(random(ids.len().max(1) as u64) as usize).copied();
        let class = 1 + random(3) as u8;
        let command = match (random(12), some) {
            (0..=3, _) | (_, None) => {
                update(&mut state, Command::PickClass(class)).unwrap();
                Command::Draw(square(col, row, side))
            }
            (4..=5, Some(id)) => Command::Reshape { id, geometry: square(col, row, side).into() },
            (6, Some(id)) => Command::DeleteAnnotations(vec![id]),
            (7, Some(_)) => Command::ChangeAnnotations { ids, change: AnnotationChange::Class(class) },
            (8, Some(id)) => {
                let change = AnnotationChange::Buffer(Some(random(30) as f64));
                Command::ChangeAnnotations { ids: vec![id], change }
            }
            (9, Some(_)) => Command::SetBuffer(random(30) as f64),
            (10, Some(_)) => Command::Undo,
            (_, Some(_)) => Command::Redo,
        };
        let words = format!("step {step}: {command:?}");
        // Nothing to undo or to redo is no matter.
        let _ = update(&mut state, command);
        wait(&mut state);
        assert_same(followed(open(&state)), &from_scratch(open(&state)), &words);
        claimed_at_all += open(&state).derived.flags.claimed().len();
    }
    assert!(claimed_at_all > 0, "nothing was ever claimed twice");
}

#[test]
fn many_are_looked_at_in_a_job_and_listed_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    update(&mut state, Command::List(ListSpec { by: Column::Area, ..ListSpec::default() })).unwrap();
    let project = state.project.as_mut().unwrap();
    project.annotations = (0..2500u64)
        .map(|id| {
            let at = square((id % 50) as f64 * 1.7, (id / 50) as f64 * 1.1, 1.0 + (id % 3) as f64);
            Annotation::new(id, at.into(), 1 + (id % 2) as u8)
        })
        .collect();
    project.next_id = 2500;
    // Anything that is done next sees them.
    update(&mut state, Command::Select(Vec::new())).unwrap();
    wait(&mut state);
    assert_same(followed(open(&state)), &from_scratch(open(&state)), "the job");
    let flags = &open(&state).derived.flags;
    assert!(open(&state).annotations.iter().filter(|a| !flags.overlaps(a.id).is_empty()).count() > 1000);
    let rows = open(&state).derived.listing.rows();
    assert_eq!(rows.len(), 2500);
    let area = |id: &u64| flags.of(*id).unwrap().drawn_ha;
    assert!(rows.windows(2).all(|pair| area(&pair[0]) <= area(&pair[1])));
    // Then one by one.
    let rows = Arc::clone(rows);
    update(&mut state, Command::DeleteAnnotations(vec![rows[0]])).unwrap();
    assert_same(followed(open(&state)), &from_scratch(open(&state)), "deleting one");
    wait(&mut state);
    assert_eq!(open(&state).derived.listing.rows()[..], rows[1..]);
    // Selecting changes nothing that the list is worked out from.
    let before = Arc::clone(open(&state).derived.listing.rows());
    update(&mut state, Command::Select(vec![rows[5]])).unwrap();
    assert!(state.jobs.is_empty() && Arc::ptr_eq(&before, open(&state).derived.listing.rows()));
}

#[test]
fn another_site_on_screen_has_cores_and_claims_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    update(&mut state, Command::SetBuffer(0.0)).unwrap();
    draw(&mut state, 1, 4.0, 4.0, 10.0);
    draw(&mut state, 2, 8.0, 8.0, 10.0);
    assert_eq!(open(&state).derived.flags.claimed().len(), 36);
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    assert_same(followed(open(&state)), &from_scratch(open(&state)), "showing it again");
    assert_eq!(open(&state).derived.flags.claimed().len(), 36);
}

#[test]
fn new_annotations_bear_the_name_of_who_draws_and_it_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    let file = folder.path().join("recent.json");
    state.recent = Recent::load(Some(file.clone()));
    update(&mut state, Command::SetAuthor(Some("  Ana María ".into()))).unwrap();
    let drawn = draw(&mut state, 1, 4.0, 4.0, 10.0);
    assert_eq!(open(&state).annotation(drawn).unwrap().author.as_deref(), Some("Ana María"));
    assert_eq!(Recent::load(Some(file.clone())).author.as_deref(), Some("Ana María"));
    update(&mut state, Command::SetAuthor(Some(" ".into()))).unwrap();
    let drawn = draw(&mut state, 1, 30.0, 4.0, 10.0);
    assert_eq!(open(&state).annotation(drawn).unwrap().author, None);
    assert_eq!(Recent::load(Some(file)).author, None);
}

/// Assesses a map of one class by these annotations; gives how many pixels counted.
fn assessed(folder: &Path, annotations: Vec<Annotation>) -> Option<u64> {
    let classes = folder.join("map.tif");
    let codes = vec![1u8; grid().pixels()];
    let bands = [("class".to_string(), codes.as_slice())];
    crate::geo::raster::write_cog_u8(&classes, &grid(), &bands, None, Some(255), &[]).unwrap();
    let spec = AssessSpec {
        project: String::new(),
        site: String::new(),
        name: "map".into(),
        classes,
        model: None,
        models: Vec::new(),
        true_map: None,
        reference: None,
        annotations: annotations.into_iter().collect::<Annotations>(),
        buffers: Buffers::all(0.0),
        legend: legend(),
        language: crate::words::Language::English,
        output: folder.join("map.json"),
    };
    let mut runner = Runner::new(Arc::new(|| {}));
    runner.start(crate::jobs::JobKind::Assess, move |context| jobs::assess(&spec, context));
    loop {
        match runner.wait(std::time::Duration::from_secs(60)).unwrap().body {
            crate::jobs::EventBody::Finished(outcome) => {
                let Outcome::Assessed(assessed) = *outcome else { panic!() };
                return assessed
                    .report
                    .annotations
                    .map(|a| a.assessment.classes.iter().map(|class| class.support).sum());
            }
            crate::jobs::EventBody::Failed(_) => return None,
            _ => {}
        }
    }
}

#[test]
fn pixels_claimed_for_different_classes_assess_nothing_and_those_claimed_twice_for_one_count_once() {
    let folder = tempfile::tempdir().unwrap();
    let at = |id, class, col: f64| Annotation::new(id, square(col, 4.0, 10.0).into(), class);
    let apart = assessed(folder.path(), vec![at(1, 1, 4.0), at(2, 2, 20.0)]);
    assert_eq!(apart, Some(200));
    let half = assessed(folder.path(), vec![at(1, 1, 4.0), at(2, 2, 9.0)]);
    assert_eq!(half, Some(100), "fifty pixels of each are claimed for the other");
    let same = assessed(folder.path(), vec![at(1, 1, 4.0), at(2, 1, 9.0)]);
    assert_eq!(same, Some(150));
    let mut likely = at(2, 2, 9.0);
    likely.confidence = Confidence::Likely;
    assert_eq!(
        assessed(folder.path(), vec![at(1, 1, 4.0), likely]),
        Some(100),
        "what is only likely claims nothing"
    );
    assert_eq!(assessed(folder.path(), vec![at(1, 1, 4.0), at(2, 2, 4.0)]), None, "nothing is left");
}
