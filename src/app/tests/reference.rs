//! Reference samples: drawn of a map, labelled blind to it, by two who do not see what the other said, and settled.

use super::*;
use crate::app::{DesignRequest, LabelOrder, LastReference, ReferenceOrder};
use crate::assess::Allocation;
use crate::classify::testing::write_map;
use crate::jobs::HeldAgainst;
use crate::labels::Confidence;
use crate::project::CompareMode;
use crate::project::reference::{AGREED, ReferenceSample, Size, Standing, Wanted, read_reference};

fn the_project(state: &AppState) -> &OpenProject {
    state.project.as_ref().unwrap()
}

fn sample(state: &AppState) -> &ReferenceSample {
    &the_project(state).references().open.as_ref().unwrap().sample
}

/// A project whose map has a third of water, east of forest.
fn with_map(folder: &Path) -> AppState {
    let mut state = project(folder);
    let (grid, pixels) = (grid(), grid().pixels());
    let mut planes = vec![0; 3 * pixels];
    for at in 0..pixels {
        let water = at as u32 % grid.width >= 2 * grid.width / 3;
        planes[at] = if water { 20 } else { 230 };
        planes[2 * pixels + at] = 250 - planes[at];
    }
    let maps = the_project(&state).folder.maps_path("site");
    write_map(&maps, "raw", &grid, &legend().classes, &planes, &[]);
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    state
}

fn send(state: &mut AppState, order: ReferenceOrder) -> Result<(), String> {
    run(state, Command::Reference(order))
}

fn label(state: &mut AppState, order: LabelOrder) -> Result<(), String> {
    send(state, ReferenceOrder::Label(order))
}

fn request(units: u64) -> DesignRequest {
    let wanted = Wanted { size: Size::Units(units), allocation: Allocation::Equal, ..Wanted::default() };
    DesignRequest { wanted, ..DesignRequest::default() }
}

/// With a sample of six units that Ana labels.
fn labelling(folder: &Path) -> AppState {
    let mut state = with_map(folder);
    send(&mut state, ReferenceOrder::Design(request(6))).unwrap();
    label(&mut state, LabelOrder::Start { interpreter: "Ana".into() }).unwrap();
    state
}

fn saved(state: &AppState) -> ReferenceSample {
    let project = the_project(state);
    project.flush();
    let file = project.folder.reference_path("reference-1");
    read_reference(&file, &project.document.legend).unwrap().0
}

#[test]
fn a_sample_is_drawn_of_the_map_on_screen_and_names_that_exist_are_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_map(folder.path());
    send(&mut state, ReferenceOrder::Count { map: None, site: None }).unwrap();
    let counted = the_project(&state).references().counted.clone().unwrap();
    assert_eq!((counted.map.as_str(), counted.counts.pixels[1]), ("raw", 64 * u64::from(grid().height)));
    send(&mut state, ReferenceOrder::Design(request(10))).unwrap();
    let Some(LastReference::Designed(plan)) = state.project.as_mut().unwrap().take_last_reference() else {
        panic!()
    };
    let units: Vec<_> = plan.strata.iter().map(|s| (s.stratum.name.clone(), s.units)).collect();
    assert_eq!(units, [("forest".to_string(), 5), ("water".to_string(), 5)]);
    assert_eq!(
        (the_project(&state).references().names.clone(), sample(&state).units.len()),
        (vec!["reference-1".into()], 10)
    );
    let named = |replace| DesignRequest { name: Some("reference-1".into()), replace, ..request(4) };
    let refused = send(&mut state, ReferenceOrder::Design(named(false))).unwrap_err();
    assert!(refused.contains("reference-1 already"), "{refused}");
    send(&mut state, ReferenceOrder::Design(named(true))).unwrap();
    assert_eq!(saved(&state).units.len(), 4);
    let odd = DesignRequest { name: Some("../x".into()), ..request(4) };
    assert!(send(&mut state, ReferenceOrder::Design(odd)).unwrap_err().contains("_x"));
    let lacking = DesignRequest { map: Some("gone".into()), ..request(4) };
    assert!(send(&mut state, ReferenceOrder::Design(lacking)).unwrap_err().contains("no map gone"));
    let path = the_project(&state).folder.path().to_owned();
    drop(state);
    let mut again = self::state();
    run(&mut again, Command::OpenProject(path)).unwrap();
    assert_eq!(the_project(&again).references().names, ["reference-1"]);
}

#[test]
fn who_labels_sees_no_map_and_goes_from_unit_to_unit() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_map(folder.path());
    let swipe = the_project(&state).comparing(CompareMode::Swipe);
    run(&mut state, Command::Compare(swipe)).unwrap();
    run(&mut state, Command::TogglePin(3, 4)).unwrap();
    assert!(the_project(&state).map().is_some());
    send(&mut state, ReferenceOrder::Design(request(6))).unwrap();
    label(&mut state, LabelOrder::Start { interpreter: " Ana ".into() }).unwrap();
    let project = the_project(&state);
    assert!(
        project.is_blind()
            && project.map().is_none()
            && project.other_map().is_none()
            && project.uncertain().is_none()
    );
    assert!(project.areas_request().is_none());
    assert_eq!(project.document.view.comparison.mode, CompareMode::Off);
    let unit = |state: &AppState| {
        let (open, labelling) = the_project(state).labelling().unwrap();
        (open.unit().unwrap().clone(), labelling.number(), open.progress())
    };
    let (first, number, progress) = unit(&state);
    assert_eq!((first.number, number, progress), (1, 1, (0, 6)));
    let [lon, lat] = first.lonlat;
    let pixel = grid().pixel_from_lonlat(lon, lat).unwrap().unwrap();
    let view = &the_project(&state).document.view;
    assert_eq!((view.pins.as_slice(), view.centre), (&[pixel][..], Some(first.lonlat)));
    label(&mut state, LabelOrder::Answer(Some(1))).unwrap();
    let (second, number, progress) = unit(&state);
    assert_eq!((second.number, number, progress), (2, 2, (1, 6)));
    assert_ne!(the_project(&state).document.view.pins, [pixel]);
    label(&mut state, LabelOrder::Next).unwrap();
    label(&mut state, LabelOrder::GoTo(6)).unwrap();
    label(&mut state, LabelOrder::Answer(None)).unwrap();
    assert_eq!(unit(&state).0.number, 2, "the next without an answer, round the end");
    label(&mut state, LabelOrder::Back).unwrap();
    assert_eq!(unit(&state).0.number, 1);
    assert!(label(&mut state, LabelOrder::GoTo(77)).is_err());
    assert!(label(&mut state, LabelOrder::Answer(Some(99))).unwrap_err().contains("no such class"));
    assert!(the_project(&state).is_blind(), "a refusal does not end it");
    label(&mut state, LabelOrder::Stop).unwrap();
    let project = the_project(&state);
    assert!(project.map().is_some() && !project.is_blind());
    assert_eq!(
        (project.document.view.pins.as_slice(), project.document.view.comparison.mode),
        (&[(3, 4)][..], CompareMode::Swipe)
    );
    assert_eq!(sample(&state).units[5].standing(), Standing::Skipped);
}

#[test]
fn answers_are_saved_one_by_one_with_how_sure_and_why_and_can_be_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = labelling(folder.path());
    label(&mut state, LabelOrder::Confidence(Confidence::Likely)).unwrap();
    label(&mut state, LabelOrder::Note("  burnt in May ".into())).unwrap();
    label(&mut state, LabelOrder::Answer(Some(3))).unwrap();
    let first = saved(&state).units[0].answers[0].clone();
    assert_eq!(
        (first.interpreter.as_str(), first.class, first.confidence),
        ("Ana", Some(3), Confidence::Likely)
    );
    assert_eq!(first.note.as_deref(), Some("burnt in May"));
    assert!(first.at.is_some_and(|at| at.ends_with('Z')));
    label(&mut state, LabelOrder::Answer(Some(1))).unwrap();
    assert_eq!(saved(&state).units[1].answers[0].confidence, Confidence::Sure, "each unit begins anew");
    run(&mut state, Command::Undo).unwrap();
    run(&mut state, Command::Undo).unwrap();
    assert!(run(&mut state, Command::Undo).unwrap_err().contains("no answer to take back"));
    assert!(saved(&state).units.iter().all(|unit| unit.answers.is_empty()));
    assert_eq!(the_project(&state).history.undoes(), None, "the document has no step of it");
    run(&mut state, Command::Redo).unwrap();
    assert_eq!(saved(&state).units[0].answers[0].class, Some(3));
    label(&mut state, LabelOrder::GoTo(1)).unwrap();
    label(&mut state, LabelOrder::Confidence(Confidence::Sure)).unwrap();
    assert_eq!(saved(&state).units[0].answers[0].confidence, Confidence::Sure, "it can be changed after");
    assert!(run(&mut state, Command::Redo).is_err(), "what was changed since cannot be given again");
}

#[test]
fn the_units_of_a_cell_are_as_many_as_the_report_of_their_site_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = labelling(folder.path());
    for class in [1, 2, 1, 1, 2, 1] {
        label(&mut state, LabelOrder::Answer(Some(class))).unwrap();
    }
    label(&mut state, LabelOrder::Stop).unwrap();
    the_project(&state).flush();
    run(&mut state, Command::Assess { map: None, site: None }).unwrap();
    let assessed = the_project(&state).last.assessed.clone().unwrap();
    let of_site = the_project(&state).folder.assessments_path().join("site/raw.json");
    assert!(assessed.file == of_site && of_site.exists(), "{}", assessed.file.display());
    let matrix = assessed.report.reference.unwrap().matrix;
    assert_eq!(matrix.total(), 6);
    for (r, reference) in matrix.classes.iter().enumerate() {
        for (m, mapped) in matrix.classes.iter().enumerate() {
            let cell = [reference.code, mapped.code];
            run(&mut state, Command::ShowCell { against: HeldAgainst::Reference, cell }).unwrap();
            assert_eq!(
                the_project(&state).cell().unwrap().pixels.len() as u64,
                matrix.count(r, m),
                "{cell:?}"
            );
        }
    }
    std::fs::remove_file(the_project(&state).folder.reference_path("reference-1")).unwrap();
    let cell = [matrix.classes[0].code; 2];
    let gone = run(&mut state, Command::ShowCell { against: HeldAgainst::Reference, cell }).unwrap_err();
    assert!(gone.contains("reference-1.geojson"), "{gone}");
}

#[test]
fn a_second_interpreter_begins_with_nothing_and_what_differs_is_settled() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = labelling(folder.path());
    (0..6).for_each(|_| label(&mut state, LabelOrder::Answer(Some(1))).unwrap());
    assert!(label(&mut state, LabelOrder::NextOpen).unwrap_err().contains("every unit"));
    assert!(label(&mut state, LabelOrder::Settle).unwrap_err().contains("nothing to settle"));
    assert!(!the_project(&state).is_blind());
    label(&mut state, LabelOrder::Start { interpreter: "Ben".into() }).unwrap();
    assert_eq!(the_project(&state).labelling().unwrap().0.progress(), (0, 6));
    for class in [1, 3, 1, 3, 1, 1] {
        label(&mut state, LabelOrder::Answer(Some(class))).unwrap();
    }
    assert_eq!(sample(&state).disputed(), [1, 3]);
    label(&mut state, LabelOrder::Settle).unwrap();
    let (open, labelling) = the_project(&state).labelling().unwrap();
    assert_eq!(
        (open.unit().unwrap().number, labelling.round.as_slice(), open.progress()),
        (2, &[1, 3][..], (0, 2))
    );
    label(&mut state, LabelOrder::Answer(Some(3))).unwrap();
    label(&mut state, LabelOrder::Answer(Some(1))).unwrap();
    let classes: Vec<_> = saved(&state).units.iter().map(ReferenceSample::class_of).collect();
    assert_eq!(classes, [1, 3, 1, 1, 1, 1].map(Some));
    assert!(
        label(&mut state, LabelOrder::Start { interpreter: AGREED.into() }).unwrap_err().contains("a name")
    );
}

#[test]
fn points_and_answers_come_in_and_samples_go_out_by_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_map(folder.path());
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("p.csv"), "lon,lat,class,PLOTID\n-99.1,19.5,forest,4\n-99.2,19.5,swamp,5\n").unwrap();
    let import = |name: Option<&str>| ReferenceOrder::Import {
        file: at("p.csv"),
        name: name.map(str::to_string),
        class_field: None,
        replace: false,
    };
    send(&mut state, import(None)).unwrap();
    assert!(send(&mut state, import(None)).unwrap_err().contains("p already"));
    assert_eq!(sample(&state).units.len(), 2);
    std::fs::write(at("a.csv"), "PLOTID,class\n5,water\n6,water\n").unwrap();
    let order = ReferenceOrder::TakeAnswers {
        name: "p".into(),
        file: at("a.csv"),
        class_field: None,
        interpreter: Some("Ana".into()),
    };
    send(&mut state, order).unwrap();
    let Some(LastReference::Answered(1, told)) = state.project.as_mut().unwrap().take_last_reference() else {
        panic!()
    };
    assert_eq!(told.no_such_number, 1);
    assert_eq!(ReferenceSample::class_of(&sample(&state).units[1]), Some(3));
    let export =
        |file: &str, name: &str| ReferenceOrder::Export { name: name.into(), file: at(file), replace: false };
    send(&mut state, export("out.gpkg", "p")).unwrap();
    assert!(send(&mut state, export("out.gpkg", "p")).unwrap_err().contains("there already"));
    assert!(send(&mut state, export("out.doc", "p")).unwrap_err().contains("Collect Earth"));
    assert!(send(&mut state, export("b.gpkg", "q")).unwrap_err().contains("there is p"));
    assert!(send(&mut state, ReferenceOrder::Open("q".into())).is_err());
    std::fs::write(the_project(&state).folder.reference_path("p"), "{").unwrap();
    assert!(send(&mut state, ReferenceOrder::Open("p".into())).unwrap_err().contains("cut off"));
}

#[test]
fn points_of_a_server_are_copied_here_first_and_a_failed_copy_changes_nothing() {
    use crate::testing::ranges::{Reply, Server};
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_map(folder.path());
    let points = folder.path().join("there");
    std::fs::write(&points, "lon,lat,class,PLOTID\n-99.1,19.5,forest,4\n-99.2,19.5,swamp,5\n").unwrap();
    let server = Server::start(move |request| match request.query.as_str() {
        "sig=s3cr3t" => Reply::File(points.clone()),
        _ => Reply::status(403),
    });
    let import = |address: &str| ReferenceOrder::Import {
        file: server.url(address).into(),
        name: None,
        class_field: None,
        replace: false,
    };
    send(&mut state, import("/points.csv?sig=s3cr3t")).unwrap();
    assert_eq!((sample(&state).name.as_str(), sample(&state).units.len()), ("points", 2));
    let why = send(&mut state, import("/other.csv?sig=0ther")).unwrap_err();
    assert!(why.contains("refuses") && why.contains("other.csv") && !why.contains("0ther"), "{why}");
    assert_eq!(sample(&state).name, "points");
    assert!(state.notices.iter().all(|notice| !notice.text.contains("s3cr3t")));
}

#[test]
fn a_project_that_cannot_be_written_refuses_what_would_change_a_sample() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = with_map(folder.path());
    send(&mut first, ReferenceOrder::Design(request(6))).unwrap();
    let path = the_project(&first).folder.path().to_owned();
    let mut second = self::state();
    run(&mut second, Command::OpenProject(path)).unwrap();
    send(&mut second, ReferenceOrder::Open("reference-1".into())).unwrap();
    for order in [
        ReferenceOrder::Design(request(6)),
        ReferenceOrder::Label(LabelOrder::Start { interpreter: "Ana".into() }),
    ] {
        assert!(send(&mut second, order).unwrap_err().contains("read-only"));
    }
}

#[test]
fn answers_that_cannot_be_saved_are_told_once_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = labelling(folder.path());
    let samples = the_project(&state).folder.references_path();
    std::fs::remove_dir_all(&samples).unwrap();
    std::fs::write(&samples, "in the way").unwrap();
    label(&mut state, LabelOrder::Answer(Some(1))).unwrap();
    crate::app::pump(&mut state);
    assert!(the_project(&state).references().unsaved.as_ref().is_some_and(|why| why.contains("cannot save")));
    assert_eq!(sample(&state).units[0].answers.len(), 1);
    std::fs::remove_file(&samples).unwrap();
    label(&mut state, LabelOrder::Answer(Some(1))).unwrap();
    crate::app::pump(&mut state);
    assert_eq!(the_project(&state).references().unsaved, None);
    assert_eq!(saved(&state).units.iter().filter(|unit| !unit.answers.is_empty()).count(), 2);
}
