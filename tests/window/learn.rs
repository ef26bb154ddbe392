//! Training, mapping, assessing.

use crate::desk::Desk;
use crate::small::{CLASSES, Made, SIDE, small_model};
use egui::Key;
use ritmo::app::Command;
use ritmo::model::{ModelKind, TempCnnOptions};

fn train_and_map(desk: &mut Desk) {
    desk.key(Key::F3);
    desk.click("Train and map");
    desk.until_idle();
    assert!(desk.project().map().is_some_and(|m| m.complete), "{:?}", desk.notices());
}

fn trained() -> Desk {
    let mut desk = Desk::open(Made::Labels);
    train_and_map(&mut desk);
    desk
}

#[test]
fn training_and_mapping_by_one_button_brings_the_loss_curve_and_the_map() {
    let mut desk = trained();
    desk.assert_sees("Loss curve");
    desk.assert_sees("model-1");
    desk.assert_sees("on screen");
    desk.assert_sees("Areas on model-1");
    let map = desk.project().map().unwrap();
    assert!(map.complete);
    assert_eq!(map.codes.len(), (SIDE * SIDE) as usize);
    for (i, name) in CLASSES.iter().enumerate() {
        let code = desk.project().document.legend.by_name(name).unwrap().code;
        let at = 48 * SIDE as usize + i * 32 + 16;
        assert_eq!(map.codes[at], code, "{name} in the middle of its third");
    }
    desk.point(16.5, 48.5);
    desk.settle();
    desk.assert_sees("map: Forest");
}

fn assessed() -> Desk {
    let mut desk = trained();
    desk.key(Key::F4);
    desk.click("Assess model-1");
    desk.until_idle();
    desk
}

#[test]
fn a_map_is_assessed_by_button_and_its_scores_are_read() {
    let desk = assessed();
    desk.assert_sees("Pure pixels of 3 annotations");
    desk.assert_sees("Overall accuracy");
    desk.assert_sees("Annotations not seen by the model");
    desk.assert_sees("Error matrix");
}

#[test]
fn a_map_is_not_assessed_on_what_trained_it_and_it_is_said() {
    let mut desk = Desk::open(Made::Labels);
    // Of a class with two annotations none is kept for assessment.
    for id in [1, 2, 5, 6, 9, 10] {
        desk.send(Command::DeleteAnnotations(vec![id]));
    }
    train_and_map(&mut desk);
    desk.key(Key::F4);
    desk.click("Assess model-1");
    desk.until_idle();
    desk.assert_sees("every annotation trained it");
}

#[test]
fn model_map_and_scores_are_there_when_the_project_is_opened_again() {
    let desk = assessed();
    let accuracy =
        desk.project().last.assessed.as_ref().unwrap().annotations.as_ref().unwrap().overall_accuracy;
    let codes = desk.project().map().unwrap().codes.clone();
    let mut desk = desk.reopened();
    assert_eq!(desk.project().models.len(), 1);
    assert!(desk.project().map().unwrap().codes == codes);
    let assessed = desk.project().last.assessed.as_ref().unwrap();
    assert_eq!(assessed.annotations.as_ref().unwrap().overall_accuracy, accuracy);
    desk.key(Key::F4);
    desk.assert_sees("Scores of model-1");
}

#[test]
fn the_class_map_is_switched_and_faded() {
    let mut desk = trained();
    assert!(desk.can("Class map"));
    desk.key(Key::M);
    desk.key(Key::M);
    let slider = "Opacity of the class map";
    desk.set_slider(slider, 40.0);
    assert!((desk.project().document.view.map_opacity - 0.4).abs() < 0.01);
}

#[test]
fn a_training_that_is_cancelled_in_its_first_epoch_leaves_nothing() {
    let mut desk = Desk::open(Made::Labels);
    let mut spec = small_model();
    spec.kind = ModelKind::TempCnn(TempCnnOptions { filters: 256, dense: 1024, ..TempCnnOptions::default() });
    desk.send(Command::SetModel(spec));
    desk.key(Key::F3);
    desk.click("Train and map");
    desk.click("Cancel");
    desk.until_idle();
    assert_eq!(desk.notices(), ["Training was cancelled"]);
    assert!(desk.project().models.is_empty() && desk.project().map().is_none());
    assert!(desk.can("Train"), "one can train again");
}

#[test]
fn a_training_that_is_stopped_later_keeps_the_best_model_so_far() {
    let mut desk = Desk::open(Made::Labels);
    let mut spec = small_model();
    (spec.training.epochs, spec.training.patience) = (1000, 1000);
    desk.send(Command::SetModel(spec));
    desk.key(Key::F3);
    desk.click("Train and map");
    desk.until("an epoch has ended", |d| d.project().training.as_ref().is_some_and(|t| !t.epochs.is_empty()));
    desk.assert_sees("Epoch");
    desk.click("Cancel");
    desk.until_idle();
    let [model] = desk.project().models.as_slice() else { panic!("{:?}", desk.notices()) };
    assert!(model.card.history.len() < 1000, "it did not run to its end");
    assert!(desk.project().map().is_none(), "and nothing new begins");
}

#[test]
fn without_labels_there_is_nothing_to_train_on_and_it_is_said() {
    let mut desk = Desk::open(Made::Cube);
    desk.key(Key::F3);
    assert!(!desk.can("Train"));
    desk.assert_sees("Training needs pure pixels of two classes");
    desk.ctrl(Key::T);
    desk.assert_sees("there is nothing to learn from yet");
    desk.key(Key::F4);
    desk.assert_sees("No map yet");
    assert!(!desk.can("Assess the map"));
}

#[test]
fn the_plot_tells_which_dates_an_attention_network_looks_at() {
    let mut desk = Desk::open(Made::Labels);
    let mut spec = desk.project().document.settings.model.clone();
    spec.kind = ModelKind::named("ltae").unwrap();
    (spec.training.epochs, spec.training.patience) = (2, 2);
    desk.send(Command::SetModel(spec));
    desk.key(Key::F3);
    desk.click("Train");
    desk.until_idle();
    desk.send(Command::TogglePin(15, 30));
    desk.until("the attention is there", |d| d.sees("; model-1 looks most at "));
    desk.send(Command::ClearPins);
    desk.until("there is no pixel to look at", |d| !d.sees("looks most at"));
}
