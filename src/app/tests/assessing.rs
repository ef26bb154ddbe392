//! Assessing maps, trying models, and what becomes of their reports.

use super::*;
use crate::assess::HoldOut;
use crate::jobs::{self, HeldAgainst};
use crate::model::{ModelKind, TempCnnOptions};

/// A project with a model and its map.
fn mapped(folder: &std::path::Path) -> AppState {
    let mut state = project(folder);
    annotate(&mut state);
    let mut spec = state.project.as_ref().unwrap().document.settings.model.clone();
    // Small, since trials train it many times.
    spec.kind = ModelKind::TempCnn(TempCnnOptions { filters: 8, layers: 1, dense: 16, ..Default::default() });
    spec.training.epochs = 3;
    update(&mut state, Command::SetModel(spec)).unwrap();
    run(&mut state, Command::Train { name: Some("m".into()), then_map: true }).unwrap();
    state
}

fn tried(state: &mut AppState, hold_out: HoldOut) -> crate::assess::Report {
    run(state, Command::TryModel(TryRequest { model: None, hold_out, folds: 5, output: None })).unwrap();
    let last = state.project.as_ref().unwrap().last.assessed.as_ref().unwrap();
    assert!(last.file.exists() && jobs::beside(&last.file, "html").exists());
    last.report.clone()
}

#[test]
fn a_model_is_tried_by_annotations_blocks_and_mosaics() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = mapped(folder.path());
    let report = tried(&mut state, HoldOut::Annotations);
    let trials = report.trials.as_ref().unwrap();
    let matrix = &trials.pooled.assessment.matrix;
    assert_eq!(trials.trials.iter().map(|trial| trial.tested as u64).sum::<u64>(), matrix.total());
    assert!(trials.trials.len() > 1 && trials.pooled.intervals.is_some());
    assert!(report.headline().contains("does not measure a map"), "{}", report.headline());

    let report = tried(&mut state, HoldOut::Blocks { metres: 150.0, buffer_m: 20.0 });
    assert!(report.trials.is_some(), "{:?}", report.notes);
    assert!(report.trials.as_ref().unwrap().trials.iter().any(|trial| trial.left_out > 0), "{report:?}");

    let report = tried(&mut state, HoldOut::Mosaics);
    let trials = report.trials.unwrap();
    let dates = state.project.as_ref().unwrap().cube().unwrap().0.cube.info().dates.len();
    assert_eq!(trials.trials.len(), dates + 1);
    assert!(trials.trials[0].change.is_none() && trials.trials[1..].iter().all(|t| t.change.is_some()));
    assert_eq!(state.project.as_ref().unwrap().reports.len(), 3);
}

#[test]
fn one_site_alone_is_told_in_a_sentence_and_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = mapped(folder.path());
    let report = tried(&mut state, HoldOut::Sites);
    assert!(report.trials.is_none());
    assert!(report.notes[0].contains("1 site") && report.notes[0].contains("blocks"), "{:?}", report.notes);
}

#[test]
fn what_cannot_be_tried_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    let request = |model: Option<&str>, folds| {
        let model = model.map(str::to_string);
        Command::TryModel(TryRequest { model, hold_out: HoldOut::Annotations, folds, output: None })
    };
    assert!(run(&mut state, request(None, 5)).unwrap_err().contains("train one first"));
    assert!(run(&mut state, request(Some("no"), 5)).unwrap_err().contains("no model no"));
    assert!(run(&mut state, request(None, 1)).unwrap_err().contains("two folds"));
    let cell = Command::ShowCell { against: HeldAgainst::Annotations, cell: [1, 1] };
    assert!(run(&mut state, cell).unwrap_err().contains("no finished map"));
    assert!(run(&mut state, Command::StepCell { back: true }).unwrap_err().contains("click a cell"));
}

#[test]
fn reports_follow_the_name_of_their_model_and_go_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = mapped(folder.path());
    run(&mut state, Command::Assess { map: None, site: None }).unwrap();
    tried(&mut state, HoldOut::Annotations);
    run(&mut state, Command::RenameModel { name: "m".into(), to: "n".into() }).unwrap();
    let reports = &state.project.as_ref().unwrap().reports;
    assert_eq!(reports.len(), 2);
    for report in reports {
        assert!(report.report.map == "n" && report.file.exists(), "{}", report.file.display());
        let read: crate::assess::Report =
            serde_json::from_slice(&std::fs::read(&report.file).unwrap()).unwrap();
        assert_eq!(read.map, "n");
    }
    let files: Vec<_> = reports.iter().map(|report| report.file.clone()).collect();
    run(&mut state, Command::DeleteModel { name: "n".into(), maps_too: true }).unwrap();
    assert!(state.project.as_ref().unwrap().reports.is_empty() && files.iter().all(|file| !file.exists()));
}

#[test]
fn the_pixels_of_a_cell_are_as_many_as_the_report_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = mapped(folder.path());
    run(&mut state, Command::Assess { map: None, site: None }).unwrap();
    let matrix = {
        let last = state.project.as_ref().unwrap().last.assessed.as_ref().unwrap();
        last.report.annotations.as_ref().unwrap().assessment.matrix.clone()
    };
    for (r, reference) in matrix.classes.iter().enumerate() {
        for (m, mapped) in matrix.classes.iter().enumerate() {
            let cell = [reference.code, mapped.code];
            run(&mut state, Command::ShowCell { against: HeldAgainst::Annotations, cell }).unwrap();
            let found = state.project.as_ref().unwrap().cell().unwrap();
            assert_eq!(found.pixels.len() as u64, matrix.count(r, m), "{cell:?}");
        }
    }
}
