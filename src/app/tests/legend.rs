//! Edits of the legend, each with its undo.

use super::*;
use crate::app::ImportMapRequest;
use crate::classify::foreign::{Chosen, MapReading, Meaning};
use crate::geo::raster::write_cog_u8;
use crate::labels::{Combine, Preset, write_legend};

fn bytes(state: &AppState) -> (String, String) {
    let project = state.project.as_ref().unwrap();
    (labels_text(state), serde_json::to_string(&project.document).unwrap())
}

fn project_of(state: &AppState) -> &OpenProject {
    state.project.as_ref().unwrap()
}

fn names(state: &AppState) -> Vec<&str> {
    project_of(state).document.legend.classes.iter().map(|class| class.name.as_str()).collect()
}

/// Carries out an edit, looks at what it made, and goes back and forth: the same bytes come back.
#[track_caller]
fn one_step(state: &mut AppState, command: Command, look: impl Fn(&AppState)) {
    let before = bytes(state);
    run(state, command).unwrap();
    let after = bytes(state);
    assert_ne!(before, after);
    look(state);
    update(state, Command::Undo).unwrap();
    assert_eq!(bytes(state), before);
    update(state, Command::Redo).unwrap();
    assert_eq!(bytes(state), after);
    look(state);
}

fn in_group(code: u8, name: &str, group: &str) -> Command {
    let class = Class { group: Some(group.into()), ..Class::new(code, name, [1, 2, 3]) };
    Command::EditClass(class)
}

/// A project with three annotations of forest and three of pasture, without imagery.
fn annotated(folder: &Path) -> AppState {
    let mut state = state();
    let home = folder.join("project");
    run(&mut state, Command::NewProject { folder: home, name: "Test".into(), legend: legend() }).unwrap();
    annotate(&mut state);
    state
}

fn of_class(state: &AppState, code: u8) -> usize {
    project_of(state).annotations.iter().filter(|annotation| annotation.class == code).count()
}

#[test]
fn a_class_gets_another_code_and_its_annotations_follow() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = annotated(folder.path());
    update(&mut state, Command::PickClass(1)).unwrap();
    let class = Class { buffer_m: Some(5.0), ..Class::new(77, " woods ", [9, 9, 9]) };
    one_step(&mut state, Command::RecodeClass { from: 1, class }, |state| {
        assert_eq!(names(state), ["woods", "pasture", "water"], "the order is apart from codes");
        assert_eq!((of_class(state, 77), of_class(state, 1), of_class(state, 2)), (3, 0, 3));
    });
    assert!(
        project_of(&state).class.is_some_and(|code| project_of(&state).document.legend.class(code).is_some())
    );
    for (code, part) in [(2, "pasture has the code 2"), (0, "1 to 254"), (255, "1 to 254")] {
        let class = Class::new(code, "woods", [0; 3]);
        let why = update(&mut state, Command::RecodeClass { from: 77, class }).unwrap_err().to_string();
        assert!(why.contains(part), "{why}");
    }
    let class = Class::new(4, "x", [0; 3]);
    assert!(update(&mut state, Command::RecodeClass { from: 200, class }).is_err());
}

#[test]
fn classes_are_moved_and_keep_their_codes() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = annotated(folder.path());
    one_step(&mut state, Command::MoveClass { code: 3, to: 0 }, |state| {
        assert_eq!(names(state), ["water", "forest", "pasture"]);
        assert_eq!(project_of(state).document.legend.by_name("water").unwrap().code, 3);
    });
    one_step(&mut state, Command::MoveClass { code: 3, to: 900 }, |state| {
        assert_eq!(names(state), ["forest", "pasture", "water"]);
    });
    let before = bytes(&state);
    update(&mut state, Command::MoveClass { code: 2, to: 1 }).unwrap();
    assert_eq!(bytes(&state), before, "it is there already");
    assert!(update(&mut state, Command::MoveClass { code: 99, to: 0 }).is_err());
}

#[test]
fn groups_stand_together_are_renamed_and_dissolved() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = annotated(folder.path());
    update(&mut state, in_group(1, "forest", "green")).unwrap();
    one_step(&mut state, in_group(3, "water", " green "), |state| {
        assert_eq!(names(state), ["forest", "water", "pasture"], "beside the other one of its group");
    });
    let groups = |state: &AppState| {
        let classes = &project_of(state).document.legend.classes;
        classes.iter().map(|class| class.group.clone().unwrap_or_default()).collect::<Vec<_>>()
    };
    one_step(&mut state, Command::MoveClass { code: 2, to: 1 }, |state| {
        assert_eq!(groups(state), ["green"; 3], "in the midst of a group it belongs to it");
    });
    one_step(
        &mut state,
        Command::RenameGroup { group: "green".into(), name: Some("land".into()) },
        |state| {
            assert_eq!(groups(state), ["land"; 3]);
        },
    );
    one_step(&mut state, Command::RenameGroup { group: "land".into(), name: None }, |state| {
        assert_eq!(groups(state), [""; 3]);
    });
    let gone = Command::RenameGroup { group: "land".into(), name: None };
    assert!(update(&mut state, gone).unwrap_err().to_string().contains("land"));
    update(&mut state, in_group(1, "forest", "a")).unwrap();
    update(&mut state, in_group(2, "pasture", "a")).unwrap();
    update(&mut state, Command::MoveClass { code: 1, to: 2 }).unwrap();
    assert_eq!(names(&state), ["pasture", "water", "forest"]);
    assert_eq!(groups(&state), ["a", "", ""], "away from the others it has left its group");
}

#[test]
fn a_class_is_deleted_with_its_annotations_or_merged_into_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = annotated(folder.path());
    let first = project_of(&state).annotations.first().unwrap().id;
    update(&mut state, Command::Select(vec![first])).unwrap();
    let give = |to| Command::DeleteClass { code: 1, annotations: Orphans::Give(to) };
    assert!(update(&mut state, give(1)).unwrap_err().to_string().contains("itself"));
    assert!(update(&mut state, give(9)).unwrap_err().to_string().contains("code 9"));
    one_step(&mut state, give(2), |state| {
        assert_eq!(names(state), ["pasture", "water"]);
        assert_eq!(of_class(state, 2), 6);
    });
    assert_eq!(project_of(&state).history.undoes(), Some("merging forest into pasture"));
    update(&mut state, Command::Undo).unwrap();
    one_step(&mut state, Command::DeleteClass { code: 1, annotations: Orphans::Delete }, |state| {
        assert_eq!(names(state), ["pasture", "water"]);
        assert_eq!((project_of(state).annotations.len(), of_class(state, 2)), (3, 3));
        assert!(project_of(state).selection.is_empty());
    });
}

#[test]
fn another_coding_is_taken_in_by_name_and_nothing_that_is_drawn_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = annotated(folder.path());
    let alphabetical =
        Command::TakeLegend { legend: Preset::ReforestamosAlphabetical.legend(), how: Combine::Replace };
    one_step(&mut state, alphabetical, |state| {
        assert_eq!(project_of(state).document.legend, Preset::ReforestamosAlphabetical.legend());
        assert_eq!(
            (of_class(state, 4), of_class(state, 6)),
            (3, 3),
            "forest and pasture, by their new codes"
        );
    });
    let blank = Command::TakeLegend { legend: Legend::default(), how: Combine::Replace };
    one_step(&mut state, blank, |state| {
        assert_eq!(names(state), ["forest", "pasture"], "those in use stay");
        assert_eq!((of_class(state, 4), of_class(state, 6)), (3, 3));
    });
    let cover = Command::TakeLegend { legend: Preset::WorldCover.legend(), how: Combine::AddMissing };
    one_step(&mut state, cover, |state| assert_eq!(names(state).len(), 13));
    let twice = Legend { classes: vec![Class::new(1, "a", [0; 3]), Class::new(1, "b", [0; 3])] };
    let why = update(&mut state, Command::TakeLegend { legend: twice, how: Combine::Merge }).unwrap_err();
    assert!(why.to_string().contains("share the code 1"), "{why}");
}

#[test]
fn a_legend_comes_from_a_file_as_one_step_and_goes_into_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = annotated(folder.path());
    let file = folder.path().join("legend.qml");
    let classes = vec![Class::new(9, "Pasture", [1, 1, 1]), Class::new(8, "humedal", [2, 2, 2])];
    write_legend(&file, &Legend { classes }).unwrap();
    let import = |how| Command::ImportLegend { file: file.clone(), how };
    one_step(&mut state, import(Combine::Merge), |state| {
        assert_eq!(names(state), ["forest", "pasture", "water", "humedal"]);
        assert_eq!(project_of(state).document.legend.classes[1].colour, [1, 1, 1]);
    });
    one_step(&mut state, import(Combine::Replace), |state| {
        assert_eq!(names(state), ["Pasture", "humedal", "forest"]);
        assert_eq!((of_class(state, 9), of_class(state, 1)), (3, 3));
    });
    assert!(
        state.notices.iter().any(|notice| notice.text.contains("kept") && notice.text.contains("forest"))
    );
    let out = folder.path().join("out.csv");
    run(&mut state, Command::ExportLegend(out.clone())).unwrap();
    assert_eq!(crate::labels::read_legend(&out).unwrap(), project_of(&state).document.legend);
    std::fs::write(&file, "<qgis>").unwrap();
    let before = bytes(&state);
    let why = run(&mut state, import(Combine::Replace)).unwrap_err();
    assert!(why.contains("legend.qml"), "{why}");
    assert_eq!(bytes(&state), before);
    let why = run(&mut state, Command::ExportLegend(folder.path().join("out.doc"))).unwrap_err();
    assert!(why.contains(".csv"), "{why}");
}

#[test]
fn what_is_thin_is_told_the_thinnest_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    assert!(project_of(&state).thin_classes().is_empty(), "nothing is drawn yet");
    annotate(&mut state);
    update(&mut state, Command::PickClass(3)).unwrap();
    update(&mut state, Command::Draw(square(30.0, 2.0, 6.0))).unwrap();
    let thin: Vec<_> = project_of(&state)
        .thin_classes()
        .into_iter()
        .map(|(c, t)| (c.name.clone(), t.sure, t.sure_pixels))
        .collect();
    assert_eq!(thin, [("water".into(), 1, 4)], "6 pixels less 2 on each side");
    let likely = AnnotationChange::Confidence(Confidence::Likely);
    update(&mut state, Command::ChangeAnnotations { ids: vec![1], change: likely }).unwrap();
    let names: Vec<_> =
        project_of(&state).thin_classes().iter().map(|(class, _)| class.name.clone()).collect();
    assert_eq!(names, ["water", "forest"]);
}

#[test]
fn a_map_keeps_the_classes_of_its_model_whatever_becomes_of_the_legend() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = mapped(folder.path(), "m");
    run(&mut state, Command::Assess { map: None, site: None }).unwrap();
    let score = |state: &AppState| {
        let seen = project_of(state).last.assessed.as_ref().unwrap().report.annotations.as_ref().unwrap();
        (
            seen.assessment.matrix.total(),
            seen.assessment.matrix.counts.iter().filter(|count| **count > 0).count(),
        )
    };
    let before = score(&state);
    assert_eq!(project_of(&state).models_with(1), ["m"]);
    // The codes change places: the map on disk does not.
    let legend = |codes: [u8; 3]| {
        let classes = codes.into_iter().zip(["forest", "pasture", "water"]);
        Legend { classes: classes.map(|(code, name)| Class::new(code, name, [code, 0, 0])).collect() }
    };
    update(&mut state, Command::TakeLegend { legend: legend([2, 1, 3]), how: Combine::Replace }).unwrap();
    let of_map = project_of(&state).legend_of_map();
    assert_eq!(
        (of_map.class(1).unwrap().name.as_str(), of_map.class(1).unwrap().colour),
        ("forest", [2, 0, 0])
    );
    run(&mut state, Command::Assess { map: None, site: None }).unwrap();
    assert_eq!(score(&state), before, "the same pixels are right");
    // A class goes, with its annotations: the map still tells what it shows.
    update(&mut state, Command::DeleteClass { code: 1, annotations: Orphans::Delete }).unwrap();
    assert_eq!(project_of(&state).legend_of_map().class(2).unwrap().name, "pasture");
    run(&mut state, Command::Map { model: None, site: None, bf16: None, resume: true }).unwrap();
}

#[test]
fn a_map_from_elsewhere_keeps_its_own_classes_whatever_becomes_of_the_legend() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    let raster = folder.path().join("theirs.tif");
    let codes = [vec![1; grid().pixels() / 2], vec![2; grid().pixels() / 2]].concat();
    write_cog_u8(&raster, &grid(), &[("class".into(), &codes)], None, Some(255), &[]).unwrap();
    let request = ImportMapRequest {
        file: raster,
        site: None,
        name: None,
        reading: MapReading { meaning: Some(Meaning::Legend), ..MapReading::default() },
        chosen: Chosen::default(),
        replace: false,
    };
    run(&mut state, Command::ImportMap(request)).unwrap();
    let names: Vec<String> =
        project_of(&state).document.legend.classes.iter().map(|class| class.name.clone()).collect();
    // The codes of the first two classes change places, and the second is no more: the map on disk stays as it is.
    let legend =
        Legend { classes: vec![Class::new(2, &names[0], [9, 8, 7]), Class::new(1, "city", [1, 1, 1])] };
    update(&mut state, Command::TakeLegend { legend, how: Combine::Replace }).unwrap();
    let seen = |state: &AppState| {
        let project = project_of(state);
        assert_eq!(project.map().unwrap().name, "theirs");
        let of_map = project.legend_of_map();
        let classes = [1, 2].map(|code| of_map.class(code).unwrap().clone());
        assert_eq!([&classes[0].name, &classes[1].name], [&names[0], &names[1]]);
        assert_eq!(classes[0].colour, [9, 8, 7], "today's colour of a class that is there still");
        assert_eq!(project.codes_today("theirs")[1], 2);
        assert_eq!(project.classes_on("theirs").len(), 2);
    };
    seen(&state);
    let path = project_of(&state).folder.path().to_owned();
    drop(state);
    let mut again = self::state();
    run(&mut again, Command::OpenProject(path)).unwrap();
    run(&mut again, Command::ShowSite("site".into())).unwrap();
    seen(&again);
}
