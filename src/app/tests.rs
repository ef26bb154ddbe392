use super::*;
use crate::cube::BuildSettings;
use crate::geo::raster::{PixelType, write_mosaic};
use crate::geo::{Crs, Grid};
use crate::jobs::SiteNaming;
use crate::labels::{Class, Confidence, Holds, Legend, write_labels};
use crate::progress::Cancel;
use crate::project::{Layer, LayerKind, Recent};
use crate::source::InputSpec;
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;

fn state() -> AppState {
    AppState::new(Recent::load(None), Arc::new(|| {}))
}

fn run(state: &mut AppState, command: Command) -> Result<(), String> {
    run_to_end(state, command, &mut |_, _| {}, &Cancel::new())
}

fn grid() -> Grid {
    let crs = Crs::from_epsg(32615).unwrap();
    Grid {
        crs,
        left: 500_000.0,
        top: 1_900_000.0,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: 96,
        height: 64,
    }
}

/// Left half dark all year, right half bright in summer.
fn mosaics(folder: &Path) {
    let grid = grid();
    for month in 1..=4u16 {
        let values: Vec<u16> = (0..2 * grid.pixels())
            .map(|i| {
                let (pixel, col) = (i % grid.pixels(), (i % grid.pixels()) % 96);
                let noise = (pixel * 7919 % 61) as u16;
                if col < 48 { 500 + noise } else { 1500 + 600 * (month % 3) + noise }
            })
            .collect();
        let path = folder.join(format!("m_2022-{month:02}-15.tif"));
        write_mosaic(&path, &grid, &["B04", "B08"], PixelType::Uint16, 0.0, &values, &[]).unwrap();
    }
}

fn legend() -> Legend {
    let class = |code, name: &str| Class::new(code, name, [code * 40, 90, 200]);
    Legend { classes: vec![class(1, "forest"), class(2, "pasture"), class(3, "water")] }
}

/// A square in pixel coordinates as a polygon in longitude and latitude.
fn square(col: f64, row: f64, side: f64) -> geo::Polygon<f64> {
    let grid = grid();
    let corners = [(col, row), (col + side, row), (col + side, row + side), (col, row + side)];
    let ring: Vec<geo::Coord<f64>> = corners
        .iter()
        .map(|&(c, r)| {
            let [x, y] = grid.lonlat_from_pixel(c, r).unwrap();
            geo::Coord { x, y }
        })
        .collect();
    geo::Polygon::new(geo::LineString::new(ring), vec![])
}

fn input_of(folder: &Path) -> InputSpec {
    InputSpec { inputs: vec![folder.into()], ..InputSpec::default() }
}

fn build_of(site: &str, folder: &Path) -> Command {
    Command::BuildCube {
        site: SiteNaming::One(site.into()),
        input: input_of(folder),
        settings: BuildSettings::default(),
        skip_damaged: false,
    }
}

/// A project without imagery, and a folder of mosaics beside it.
fn started(folder: &Path) -> (AppState, std::path::PathBuf) {
    let inputs = folder.join("mosaics");
    std::fs::create_dir_all(&inputs).unwrap();
    mosaics(&inputs);
    let mut state = state();
    let home = folder.join("project");
    run(&mut state, Command::NewProject { folder: home, name: "Test".into(), legend: legend() }).unwrap();
    (state, inputs)
}

/// A project with a cube, its site on screen.
fn project(folder: &Path) -> AppState {
    let (mut state, inputs) = started(folder);
    run(&mut state, build_of("site", &inputs)).unwrap();
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    state
}

/// Three annotations for each of two classes.
fn annotate(state: &mut AppState) {
    for (class, col) in [(1, 4.0), (2, 60.0)] {
        update(state, Command::PickClass(class)).unwrap();
        for row in [2.0, 22.0, 42.0] {
            update(state, Command::Draw(square(col, row, 16.0))).unwrap();
        }
    }
}

fn labels_text(state: &AppState) -> String {
    let project = state.project.as_ref().unwrap();
    write_labels(&project.annotations, &project.document.legend)
}

#[test]
fn what_is_drawn_has_a_core_at_once_and_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    annotate(&mut state);
    for command in [
        Command::ShowTime(2),
        Command::TogglePin(5, 6),
        Command::SetLayer(Layer { opacity: 0.25, ..Layer::new(LayerKind::ClassMap) }),
        Command::SetView { centre: [-93.0, 17.0], zoom: 12.5 },
        Command::SetBuffer(30.0),
    ] {
        update(&mut state, command).unwrap();
    }
    let before = {
        let project = state.project.as_ref().unwrap();
        project.flush();
        let core = project.derived.cores[&1].as_ref().unwrap();
        assert_eq!(core.core.pure_pixels.len(), 100, "16 pixels less 3 on each side");
        (project.document.clone(), project.annotations.clone())
    };
    drop(state);
    let mut again = self::state();
    run(&mut again, Command::OpenProject(folder.path().join("project"))).unwrap();
    let project = again.project.as_ref().unwrap();
    assert_eq!((&project.document, &project.annotations), (&before.0, &before.1));
}

#[test]
fn training_mapping_and_assessing_go_through_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    annotate(&mut state);
    let mut spec = state.project.as_ref().unwrap().document.settings.model.clone();
    spec.training.epochs = 6;
    update(&mut state, Command::SetModel(spec)).unwrap();
    run(&mut state, Command::Train { name: None, then_map: true }).unwrap();
    run(&mut state, Command::Assess { map: None, site: None }).unwrap();
    let project = state.project.as_ref().unwrap();
    assert_eq!(project.models.len(), 1);
    let map = project.map().unwrap();
    assert!(map.complete && map.codes.iter().all(|&c| c == 1 || c == 2));
    let assessed = project.last.assessed.as_ref().unwrap();
    let seen = assessed.report.annotations.as_ref().unwrap();
    assert!(seen.assessment.matrix.total() > 0, "one annotation of each class was kept");
    assert!(assessed.file.exists());
    let card = &project.models[0].card;
    for kept in project.annotations.iter().filter(|a| !card.trained_on.contains(&a.id)) {
        assert!(!card.held_out.contains(&kept.id) || card.held_out.len() < 6);
    }
}

#[test]
fn a_training_that_is_cancelled_leaves_the_project_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    annotate(&mut state);
    let before = labels_text(&state);
    let cancel = Cancel::new();
    cancel.cancel();
    let result =
        run_to_end(&mut state, Command::Train { name: None, then_map: true }, &mut |_, _| {}, &cancel);
    assert!(result.is_err_and(|why| why.contains("stopped")));
    let project = state.project.as_ref().unwrap();
    assert!(project.models.is_empty() && !project.training.as_ref().unwrap().running);
    assert_eq!(labels_text(&state), before);
    assert!(state.jobs.is_empty());
}

#[test]
fn commands_that_make_no_sense_now_are_refused_with_a_sentence() {
    let mut state = state();
    let refused = |state: &mut AppState, command| update(state, command).unwrap_err().to_string();
    assert!(refused(&mut state, Command::Undo).contains("no project"));
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("p");
    run(&mut state, Command::NewProject { folder: home, name: "p".into(), legend: legend() }).unwrap();
    assert!(refused(&mut state, Command::Undo).contains("nothing to undo"));
    assert!(refused(&mut state, Command::Train { name: None, then_map: false }).contains("imagery"));
    assert!(
        refused(&mut state, Command::Map { model: None, site: None, bf16: None, resume: true })
            .contains("imagery")
    );
    assert!(refused(&mut state, Command::ShowSite("x".into())).contains("no site"));
    assert!(refused(&mut state, Command::PickClass(77)).contains("77"));
    assert!(refused(&mut state, Command::SetBuffer(-1.0)).contains("-1"));
    assert!(refused(&mut state, Command::SetBuffer(f64::NAN)).contains("NaN"));
    assert!(refused(&mut state, Command::DeleteAnnotations(vec![9])).contains('9'));
    let input = InputSpec::default();
    let build = Command::BuildCube {
        site: SiteNaming::One("s".into()),
        input,
        settings: BuildSettings::default(),
        skip_damaged: false,
    };
    assert!(refused(&mut state, build).contains("folders or files"));
}

#[test]
fn a_class_in_use_is_not_deleted_and_a_free_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    annotate(&mut state);
    let why = update(&mut state, Command::DeleteClass { code: 1, annotations: Orphans::Refuse })
        .unwrap_err()
        .to_string();
    assert!(why.contains("forest") && why.contains('3'), "{why}");
    update(&mut state, Command::DeleteClass { code: 3, annotations: Orphans::Refuse }).unwrap();
    assert!(state.project.as_ref().unwrap().document.legend.class(3).is_none());
    update(&mut state, Command::Undo).unwrap();
    assert!(state.project.as_ref().unwrap().document.legend.class(3).is_some());
}

#[test]
fn a_polygon_that_cannot_be_used_is_refused_and_nothing_is_added() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    let line =
        geo::Polygon::new(geo::LineString::from(vec![(-93.0, 17.0), (-92.99, 17.0), (-92.98, 17.0)]), vec![]);
    let result = update(&mut state, Command::Draw(line));
    let project = state.project.as_ref().unwrap();
    // Three corners on a line are either refused or drawn as an annotation that says it has no pixel.
    match result {
        Err(_) => assert!(project.annotations.is_empty()),
        Ok(_) => {
            let core = &project.derived.cores[&project.annotations.first().unwrap().id];
            assert!(core.as_ref().map_or(true, |c| c.core.emptied.is_some()));
        }
    }
}

#[test]
fn a_second_window_opens_read_only_and_refuses_edits() {
    let folder = tempfile::tempdir().unwrap();
    let first = project(folder.path());
    let mut second = state();
    run(&mut second, Command::OpenProject(folder.path().join("project"))).unwrap();
    assert!(second.project.as_ref().unwrap().folder.read_only().is_some());
    let why = update(&mut second, Command::AddClass("new".into())).unwrap_err().to_string();
    assert!(why.contains("read-only") && why.contains("another Ritmo"), "{why}");
    assert!(update(&mut second, Command::ShowTime(1)).is_ok());
    drop(first);
}

#[test]
fn a_project_whose_labels_know_a_lost_class_gets_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    annotate(&mut state);
    state.project.as_ref().unwrap().flush();
    drop(state);
    let path = folder.path().join("project/ritmo.json");
    let mut document: crate::project::Document =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    document.legend.classes.retain(|c| c.code != 2);
    std::fs::write(&path, serde_json::to_vec(&document).unwrap()).unwrap();
    let mut again = self::state();
    run(&mut again, Command::OpenProject(folder.path().join("project"))).unwrap();
    let project = again.project.as_ref().unwrap();
    assert_eq!(project.annotations.len(), 6);
    assert!(project.document.legend.class(2).is_some());
}

#[test]
fn importing_adds_to_the_legend_by_name_and_undoes_as_one_step() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    annotate(&mut state);
    let before = labels_text(&state);
    let ring: Vec<_> = square(20.0, 20.0, 8.0).exterior().coords().map(|c| vec![c.x, c.y]).collect();
    let feature = |class: &str| {
        serde_json::json!({ "type": "Feature", "properties": { "class": class },
            "geometry": { "type": "Polygon", "coordinates": [ring] } })
    };
    let file = folder.path().join("more.geojson");
    let collection = serde_json::json!({ "type": "FeatureCollection", "features": [feature("Forest"), feature("selva húmeda")] });
    std::fs::write(&file, collection.to_string()).unwrap();
    let settings = crate::labels::ImportSettings::default();
    run(&mut state, Command::ImportLabels { files: vec![file], settings }).unwrap();
    let project = state.project.as_ref().unwrap();
    assert_eq!(project.annotations.len(), 8);
    assert_eq!(project.annotations.iter().nth(6).unwrap().class, 1, "forest by its name");
    assert_eq!(
        project.document.legend.by_name("selva húmeda").unwrap().code,
        project.annotations.iter().nth(7).unwrap().class
    );
    let mut ids: Vec<_> = project.annotations.iter().map(|a| a.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 8);
    update(&mut state, Command::Undo).unwrap();
    assert_eq!(labels_text(&state), before);
}

/// An edit, drawn at random.
fn edits() -> impl Strategy<Value = (u8, u64, f64)> {
    (0..26u8, 1..12u64, 0.0..40.0f64)
}

fn edit((kind, number, place): (u8, u64, f64)) -> Command {
    let change = |change| Command::ChangeAnnotations { ids: vec![number, number + 1 + number % 3], change };
    let day = |n: u64| chrono::NaiveDate::from_ymd_opt(2022, 1 + (n % 12) as u32, 9);
    let words = || Some(format!("“{place:.1}” of {number}")).filter(|_| !number.is_multiple_of(3));
    match kind {
        0..=3 => Command::Draw(square(place, place, 6.0 + number as f64)),
        4 => Command::DeleteAnnotations(vec![number]),
        5 => change(AnnotationChange::Class((1 + number % 3) as u8)),
        6 => Command::AddClass(format!("class {number}")),
        7 => Command::EditClass(Class {
            group: words(),
            buffer_m: Some(place).filter(|_| number.is_multiple_of(2)),
            ..Class::new(2, format!("renamed {number}"), [number as u8; 3])
        }),
        8 => Command::SetBuffer(place.round()),
        9 => change(AnnotationChange::Confidence(Confidence::Likely)),
        10 => {
            Command::Reshape { id: number, geometry: square(40.0 - place, place, 5.0 + number as f64).into() }
        }
        11 => change(AnnotationChange::Buffer(Some(place).filter(|_| number.is_multiple_of(2)))),
        12 => change(AnnotationChange::Holds(Holds { from: day(number), to: day(number + 2) })),
        13 => change(AnnotationChange::Author(words())),
        14 => change(AnnotationChange::Note(words())),
        15 => change(AnnotationChange::Drop(vec![[-93.0 + place / 1000.0, 17.0], [place, number as f64]])),
        16 => change(AnnotationChange::TakeBack),
        17 => Command::MoveClass { code: (1 + number % 5) as u8, to: place as usize % 6 },
        18 => Command::RecodeClass {
            from: (1 + number % 5) as u8,
            class: Class::new(place as u8, format!("recoded {number}"), [place as u8; 3]),
        },
        19 => Command::DeleteClass {
            code: (1 + number % 5) as u8,
            annotations: [Orphans::Delete, Orphans::Give((place as u8) % 6)][usize::from(place < 20.0)],
        },
        20 => Command::EditClass(Class {
            group: Some(format!("group {}", number % 2)),
            buffer_m: (place < 20.0).then_some(place),
            ..Class::new((1 + number % 5) as u8, format!("grouped {number}"), [7; 3])
        }),
        21 => {
            let place = |col, row| grid().lonlat_from_pixel(col, row).unwrap();
            Command::Split { ids: vec![], line: vec![place(4.0 * number as f64, -5.0), place(40.0, 70.0)] }
        }
        22 => Command::Merge(vec![number, number + 1]),
        23 => Command::CutHole { ids: vec![number], hole: square(place + 1.0, place + 2.0, 4.0) },
        24 => Command::Extend { id: number, with: square(place + 3.0, place, 9.0) },
        _ => Command::RenameGroup {
            group: format!("group {}", number % 2),
            name: (place < 20.0).then(|| "group 0".into()),
        },
    }
}

/// What would be saved.
fn bytes(state: &AppState) -> (String, String) {
    let project = state.project.as_ref().unwrap();
    (labels_text(state), serde_json::to_string(&project.document).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn undo_and_redo_return_to_the_same_bytes(list in prop::collection::vec(edits(), 1..50)) {
        let folder = tempfile::tempdir().unwrap();
        let mut state = state();
        let home = folder.path().join("p");
        run(&mut state, Command::NewProject { folder: home.clone(), name: "p".into(), legend: legend() }).unwrap();
        let mut states = vec![bytes(&state)];
        for command in list {
            // Edits that make no sense are refused and change nothing.
            let before = bytes(&state);
            if update(&mut state, edit(command)).is_err() {
                prop_assert_eq!(&bytes(&state), &before);
            }
            let now = bytes(&state);
            if states.last() != Some(&now) {
                states.push(now);
            }
            let project = state.project.as_ref().unwrap();
            prop_assert_eq!(&project.derived.tallies, &derived::tests::counted_anew(project));
        }
        for expected in states.iter().rev().skip(1) {
            update(&mut state, Command::Undo).unwrap();
            prop_assert_eq!(&bytes(&state), expected);
        }
        prop_assert!(update(&mut state, Command::Undo).is_err());
        for expected in states.iter().skip(1) {
            update(&mut state, Command::Redo).unwrap();
            prop_assert_eq!(&bytes(&state), expected);
        }
        // And so they are on the disk.
        state.project.as_ref().unwrap().flush();
        let saved = std::fs::read_to_string(home.join("labels.geojson")).unwrap();
        prop_assert_eq!(&saved, &states.last().unwrap().0);
        let saved: serde_json::Value =
            serde_json::from_slice(&std::fs::read(home.join("ritmo.json")).unwrap()).unwrap();
        prop_assert_eq!(saved.to_string(), states.last().unwrap().1.clone());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn cores_and_tallies_followed_step_by_step_are_those_of_opening_anew(
        list in prop::collection::vec(edits(), 1..30),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut state = project(folder.path());
        for command in list {
            let _ = update(&mut state, edit(command));
        }
        let known = |state: &AppState| {
            let project = state.project.as_ref().unwrap();
            let cores: Vec<_> =
                project.annotations.iter().map(|a| project.derived.cores.get(a.id).cloned()).collect();
            (cores, project.derived.tallies.clone())
        };
        let followed = known(&state);
        state.project.as_mut().unwrap().derived.forget_cores();
        derived::follow(&mut state);
        prop_assert_eq!(known(&state), followed);
    }
}

#[test]
fn more_cores_than_are_computed_at_once_come_from_a_job_and_edits_meanwhile_are_right() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    for i in 0..40 {
        update(&mut state, Command::Draw(square(f64::from(i) / 2.0, 4.0, 20.0))).unwrap();
    }
    update(&mut state, Command::SetBuffer(10.0)).unwrap();
    assert!(state.job(crate::jobs::JobKind::Cores).is_some());
    // While it computes: one goes, one changes its shape, one is new.
    update(&mut state, Command::DeleteAnnotations(vec![3])).unwrap();
    update(&mut state, Command::Reshape { id: 4, geometry: square(40.0, 30.0, 12.0).into() }).unwrap();
    update(&mut state, Command::Draw(square(60.0, 30.0, 12.0))).unwrap();
    run(&mut state, Command::ClearPins).unwrap();
    let project = state.project.as_ref().unwrap();
    assert_eq!((project.annotations.len(), project.derived.cores.len()), (40, 40));
    assert_eq!(project.derived.cores.pure_pixels(4), 100, "12 pixels less 1 on each side");
    assert_eq!(project.derived.cores.pure_pixels(41), 100);
    assert_eq!(project.derived.tallies, derived::tests::counted_anew(project));
}

mod outside;

#[test]
fn annotations_are_shared_and_not_copied_by_undo_steps() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    annotate(&mut state);
    let before = state.project.as_ref().unwrap().annotations.clone();
    update(&mut state, Command::SetBuffer(5.0)).unwrap();
    assert!(before.is_same(&state.project.as_ref().unwrap().annotations));
}

/// A project with a model of this name, trained for one epoch, and its map.
fn mapped(folder: &Path, model: &str) -> AppState {
    let mut state = project(folder);
    annotate(&mut state);
    train_one_epoch(&mut state, model, 1).unwrap();
    run(&mut state, Command::Map { model: Some(model.into()), site: None, bf16: None, resume: true })
        .unwrap();
    state
}

fn train_one_epoch(state: &mut AppState, name: &str, seed: u64) -> Result<(), String> {
    let mut spec = state.project.as_ref().unwrap().document.settings.model.clone();
    (spec.training.epochs, spec.training.seed) = (1, seed);
    run(state, Command::TrainWith { name: Some(name.into()), spec, from: None })
}

#[test]
fn a_model_whose_name_is_no_file_name_is_refused_with_one_that_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    annotate(&mut state);
    for (given, proposed) in
        [("../up", "_up"), ("a/b", "a_b"), (".hidden", "hidden"), ("x.probs", "x-probs"), (" ", "unnamed")]
    {
        let why = train_one_epoch(&mut state, given, 1).unwrap_err();
        assert!(why.contains(&format!("“{proposed}”")), "{given}: {why}");
    }
    train_one_epoch(&mut state, "año 2022-v1.2", 1).unwrap();
    assert!(folder.path().join("project/models/año 2022-v1.2/model.json").exists());
}

#[test]
fn a_training_with_settings_of_its_own_leaves_those_of_the_project() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    annotate(&mut state);
    let before = state.project.as_ref().unwrap().document.clone();
    train_one_epoch(&mut state, "m", 5).unwrap();
    let project = state.project.as_ref().unwrap();
    assert_eq!(project.document, before);
    assert_eq!(project.models[0].card.spec.training.seed, 5);
}

#[test]
fn a_model_trained_anew_under_its_name_replaces_the_old_one_and_its_old_map_is_not_assessed() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = mapped(folder.path(), "m");
    run(&mut state, Command::Assess { map: None, site: None }).unwrap();
    train_one_epoch(&mut state, "m", 2).unwrap();
    assert_eq!(state.project.as_ref().unwrap().models.len(), 1);
    let left: Vec<_> = std::fs::read_dir(folder.path().join("project/models")).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "nothing is left beside it: {left:?}");
    let why = run(&mut state, Command::Assess { map: Some("m".into()), site: None }).unwrap_err();
    assert!(why.contains("map the site again"), "{why}");
    run(&mut state, Command::Map { model: None, site: None, bf16: None, resume: true }).unwrap();
    run(&mut state, Command::Assess { map: None, site: None }).unwrap();
}

#[test]
fn a_map_by_a_model_from_elsewhere_is_assessed_on_all_annotations_and_says_so() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    drop(mapped(there.path(), "theirs"));
    let folder = there.path().join("project/models/theirs");
    let mut state = project(here.path());
    annotate(&mut state);
    let given = Some(folder.display().to_string());
    run(&mut state, Command::Map { model: given.clone(), site: None, bf16: None, resume: true }).unwrap();
    run(&mut state, Command::Assess { map: Some("theirs".into()), site: None }).unwrap();
    let assessed = state.project.as_ref().unwrap().last.assessed.as_ref().unwrap();
    let obtained = &assessed.report.annotations.as_ref().unwrap().assessment.obtained;
    assert!(obtained.contains("6 annotations") && obtained.contains("not of this project"), "{obtained}");

    // A model of this project by the same name keeps its map.
    train_one_epoch(&mut state, "theirs", 1).unwrap();
    let why =
        run(&mut state, Command::Map { model: given, site: None, bf16: None, resume: true }).unwrap_err();
    assert!(why.contains("another model called theirs"), "{why}");
}

#[test]
fn two_sites_are_not_kept_in_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    let inputs = folder.path().join("mosaics");
    let build = |site: &str| build_of(site, &inputs);
    run(&mut state, build("a/b")).unwrap();
    let why = update(&mut state, build("a:b")).unwrap_err().to_string();
    assert!(why.contains("a/b") && why.contains("same folder"), "{why}");
    run(&mut state, build("a/b")).unwrap();
    assert_eq!(state.project.as_ref().unwrap().document.sites.len(), 2, "the second time replaces the cube");
}

#[test]
fn what_is_no_number_never_reaches_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    let mut spec = state.project.as_ref().unwrap().document.settings.model.clone();
    spec.training.learning_rate = f64::NAN;
    assert!(update(&mut state, Command::SetModel(spec)).is_err());
    let _ =
        update(&mut state, Command::SetLayer(Layer { opacity: f32::NAN, ..Layer::new(LayerKind::Mosaic) }));
    let _ = update(&mut state, Command::LookAt { centre: [0.0, f64::NAN], zoom: 1.0 });
    let _ = update(&mut state, Command::SetView { centre: [f64::INFINITY, 0.0], zoom: f64::NAN });
    let mut beyond = square(2.0, 2.0, 9.0);
    beyond.exterior_mut(|ring| ring.0[1].x = f64::NAN);
    assert!(update(&mut state, Command::Draw(beyond)).is_err());
    drop(state);
    run(&mut self::state(), Command::OpenProject(folder.path().join("project"))).unwrap();
}

#[test]
fn what_a_job_of_a_closed_project_made_does_not_come_into_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    annotate(&mut state);
    update(&mut state, Command::Train { name: None, then_map: true }).unwrap();
    let next = folder.path().join("next");
    run(&mut state, Command::NewProject { folder: next, name: "next".into(), legend: legend() }).unwrap();
    assert!(state.jobs.is_empty());
    pump(&mut state);
    let project = state.project.as_ref().unwrap();
    assert!(project.models.is_empty() && project.training.is_none());
}

#[test]
fn saving_that_fails_fails_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    let document = folder.path().join("project/ritmo.json");
    let whole = std::fs::read(&document).unwrap();
    // A folder in the place of the file stops every user, root as well.
    std::fs::remove_file(&document).unwrap();
    std::fs::create_dir_all(document.join("in the way")).unwrap();
    let why = run(&mut state, Command::AddClass("new".into())).unwrap_err();
    // What lies there now is another program's, as far as one can tell.
    assert!(why.contains("ritmo.json") && why.contains("it was left as it is"), "{why}");
    std::fs::remove_dir_all(&document).unwrap();
    std::fs::write(&document, whole).unwrap();
    run(&mut state, Command::AddClass("newer".into())).unwrap();
}

#[test]
fn an_id_that_a_model_learned_from_is_not_given_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = mapped(folder.path(), "m");
    let last = *state.project.as_ref().unwrap().models[0].card.trained_on.iter().max().unwrap();
    for id in 1..=6 {
        update(&mut state, Command::DeleteAnnotations(vec![id])).unwrap();
    }
    state.project.as_ref().unwrap().flush();
    run(&mut state, Command::OpenProject(folder.path().join("project"))).unwrap();
    update(&mut state, Command::Draw(square(4.0, 2.0, 16.0))).unwrap();
    assert!(state.project.as_ref().unwrap().annotations.first().unwrap().id > last);
}

fn names_of_sites(state: &AppState) -> Vec<&str> {
    state.project.as_ref().unwrap().document.sites.iter().map(|site| site.name.as_str()).collect()
}

/// A project with the sites a, b and c beside the one of [`project`].
fn four_sites(folder: &Path) -> AppState {
    let mut state = project(folder);
    for site in ["a", "b", "c"] {
        run(&mut state, build_of(site, &folder.join("mosaics"))).unwrap();
    }
    state
}

#[test]
fn a_site_that_is_removed_comes_back_by_undo_and_what_was_built_since_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = four_sites(folder.path());
    assert_eq!(names_of_sites(&state), ["site", "a", "b", "c"]);
    run(&mut state, Command::RemoveSite("a".into())).unwrap();
    let cube = state.project.as_ref().unwrap().folder.path().join("cubes/a.zarr");
    assert!(cube.exists(), "its cube stays");
    run(&mut state, build_of("d", &folder.path().join("mosaics"))).unwrap();
    assert_eq!(names_of_sites(&state), ["site", "b", "c", "d"]);
    run(&mut state, Command::Undo).unwrap();
    assert_eq!(names_of_sites(&state), ["site", "a", "b", "c", "d"]);
    run(&mut state, Command::Redo).unwrap();
    assert_eq!(names_of_sites(&state), ["site", "b", "c", "d"]);
    assert!(update(&mut state, Command::RemoveSite("a".into())).is_err());
}

#[test]
fn a_site_is_deleted_with_its_cube_only_when_that_is_asked_for_and_only_within_the_project() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = four_sites(folder.path());
    let project = state.project.as_ref().unwrap().folder.path().to_owned();
    run(&mut state, Command::DeleteSite("b".into())).unwrap();
    assert!(!project.join("cubes/b.zarr").exists() && project.join("cubes/c.zarr").exists());
    assert_eq!(names_of_sites(&state), ["site", "a", "c"]);
    let outside = folder.path().join("outside.zarr");
    std::fs::rename(project.join("cubes/c.zarr"), &outside).unwrap();
    state.project.as_mut().unwrap().document.sites[2].cube = "../outside.zarr".into();
    let why = run(&mut state, Command::DeleteSite("c".into())).unwrap_err();
    assert!(why.contains("left alone") && outside.exists(), "{why}");
}

#[test]
fn sites_are_stepped_through_and_end_at_the_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = four_sites(folder.path());
    let shown = |state: &AppState| state.project.as_ref().unwrap().site.as_ref().map(|s| s.name.clone());
    run(&mut state, Command::ShowSite("a".into())).unwrap();
    for (step, name) in [(1, "b"), (1, "c"), (1, "c"), (-3, "site"), (-1, "site")] {
        run(&mut state, Command::StepSite(step)).unwrap();
        assert_eq!(shown(&state).as_deref(), Some(name));
    }
    run(&mut state, Command::ShowAllSites).unwrap();
    assert_eq!(shown(&state), None);
}

#[test]
fn where_sites_lie_is_found_out_for_a_project_that_does_not_know_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = four_sites(folder.path());
    let path = state.project.as_ref().unwrap().folder.path().to_owned();
    let before = state.project.as_ref().unwrap().document.sites.clone();
    assert!(before.iter().all(|site| site.footprint.is_some()));
    run(&mut state, Command::CloseProject).unwrap();
    drop(state);
    let file = path.join("ritmo.json");
    let mut document: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    for site in document["sites"].as_array_mut().unwrap() {
        site.as_object_mut().unwrap().remove("footprint");
    }
    std::fs::write(&file, document.to_string()).unwrap();
    std::fs::remove_dir_all(path.join("cubes/b.zarr")).unwrap();
    let mut state = super::tests::state();
    run(&mut state, Command::OpenProject(path.clone())).unwrap();
    let sites = &state.project.as_ref().unwrap().document.sites;
    assert_eq!((&sites[0], &sites[1], &sites[3]), (&before[0], &before[1], &before[3]));
    assert_eq!(sites[2].footprint, None, "its cube is gone");
    let saved = std::fs::read_to_string(&file).unwrap();
    assert_eq!(saved.matches("\"footprint\"").count(), 3);
    let [left, bottom] = sites[0].footprint.unwrap()[3];
    assert!((left - -93.0).abs() < 0.01 && (bottom - 17.178).abs() < 0.01, "{left} {bottom}");
}

#[test]
fn indices_of_the_project_are_checked_and_undone() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    let index = |name: &str, expression: &str| crate::cube::NamedIndex {
        name: name.into(),
        expression: expression.into(),
    };
    let indices = |state: &AppState| state.project.as_ref().unwrap().document.settings.indices.clone();
    run(&mut state, Command::AddIndex(index(" Mine ", "nir / red"))).unwrap();
    assert_eq!(indices(&state), [index("Mine", "nir / red")]);
    for (wrong, part) in [
        (index("mine", "nir"), "already"),
        (index("NDVI", "nir"), "something else"),
        (index("Red", "nir"), "something else"),
        (index("", "nir"), "needs a name"),
        (index("x", "nir +"), "missing at the end"),
    ] {
        let why = update(&mut state, Command::AddIndex(wrong.clone())).unwrap_err().to_string();
        assert!(why.contains(part), "{wrong:?}: {why}");
    }
    let mut spec = state.project.as_ref().unwrap().document.settings.model.clone();
    spec.inputs = Some(vec!["B04".into(), "Mine".into()]);
    run(&mut state, Command::SetModel(spec)).unwrap();
    let why = update(&mut state, Command::DeleteIndex("Mine".into())).unwrap_err().to_string();
    assert!(why.contains("input of the model"), "{why}");
    run(&mut state, Command::EditIndex { name: "Mine".into(), index: index("Ours", "nir - red") }).unwrap();
    let model = &state.project.as_ref().unwrap().document.settings.model;
    assert_eq!(model.inputs.as_ref().unwrap()[1], "Ours");
    run(&mut state, Command::Undo).unwrap();
    assert_eq!(indices(&state), [index("Mine", "nir / red")]);
    let model = &state.project.as_ref().unwrap().document.settings.model;
    assert_eq!(model.inputs.as_ref().unwrap()[1], "Mine");
    run(&mut state, Command::Undo).unwrap();
    assert_eq!(state.project.as_ref().unwrap().document.settings.model.inputs, None);
    run(&mut state, Command::Undo).unwrap();
    assert_eq!(indices(&state), []);
}

mod assessing;
mod clean;
mod correct;
mod display;
mod flags;
mod imagery;
mod legend;
mod live;
mod maps;
mod models;
mod person;
mod places;
mod queue;
mod reference;
mod shapes;
mod statistics;
mod uncertain;
