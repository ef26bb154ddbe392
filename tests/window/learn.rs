//! Training, mapping, assessing.

use crate::desk::Desk;
use crate::small::{CLASSES, Made, SIDE, small_model};
use egui::Key;
use egui::accesskit::Role;
use egui_kittest::Node;
use egui_kittest::kittest::{NodeT, Queryable};
use ritmo::app::Command;
use ritmo::model::{ModelKind, TempCnnOptions};
use ritmo::project::LayerKind;

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
    let code = desk.project().document.legend.by_name("Forest").unwrap().code;
    desk.assert_sees(&format!("{code} Forest"));
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
    let mut desk = assessed();
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
    let accuracy = |desk: &Desk| {
        let report = &desk.project().last.assessed.as_ref().unwrap().report;
        report.annotations.as_ref().unwrap().assessment.overall_accuracy
    };
    let before = accuracy(&desk);
    let codes = desk.project().map().unwrap().codes.clone();
    let mut desk = desk.reopened();
    assert_eq!(desk.project().models.len(), 1);
    assert!(desk.project().map().unwrap().codes == codes);
    assert_eq!(accuracy(&desk), before);
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
    assert!((desk.project().document.view.layers.of(LayerKind::ClassMap).opacity - 0.4).abs() < 0.01);
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
    desk.assert_sees("Cancel keeps the best so far");
    desk.assert_sees("Stops after 1\u{202f}000 epochs without a better one");
    desk.click("Cancel");
    desk.until_idle();
    let [model] = desk.project().models.as_slice() else { panic!("{:?}", desk.notices()) };
    assert!(model.card.history.len() < 1000, "it did not run to its end");
    assert!(desk.project().map_names().is_empty(), "and nothing new begins");
    assert!(desk.project().map().is_none_or(|map| map.live.is_some()), "its live map may stay");
}

#[test]
fn a_training_that_was_stopped_is_resumed_by_button_or_forgotten() {
    let mut desk = Desk::open(Made::Labels);
    let mut spec = small_model();
    (spec.training.epochs, spec.training.patience) = (400, 400);
    desk.send(Command::SetModel(spec));
    desk.key(Key::F3);
    desk.click("Train");
    desk.until("some epochs have ended", |desk| {
        desk.project().training.as_ref().is_some_and(|t| t.epochs.len() > 1)
    });
    desk.click("Cancel");
    desk.until_idle();
    desk.assert_sees("can be resumed");
    desk.assert_sees("Training of model-1");
    let stopped = desk.project().stopped[0].clone();
    desk.assert_sees(&format!("stopped after {} of at most", stopped.epochs));

    // It is there when the project is opened again, and ends as if nothing had been.
    let mut desk = desk.reopened();
    desk.key(Key::F3);
    desk.click("Resume");
    desk.until_idle();
    assert!(desk.project().stopped.is_empty() && !desk.sees("Training of model-1"));
    let card = &desk.project().models[0].card;
    assert!(card.history.len() > stopped.epochs, "{} epochs", card.history.len());
    assert!(card.notes.iter().any(|note| note.contains("went on after epoch")), "{:?}", card.notes);

    desk.click("Train");
    desk.until("an epoch has ended", |desk| {
        desk.project().training.as_ref().is_some_and(|t| t.running && !t.epochs.is_empty())
    });
    desk.click("Cancel");
    desk.until_idle();
    desk.click("Forget");
    desk.until_idle();
    assert!(desk.project().stopped.is_empty());
    assert_eq!(desk.project().models.len(), 2, "the models stay");
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

#[test]
fn what_the_model_thinks_of_a_pixel_stands_in_bars_and_nothing_jumps_without_one() {
    let mut desk = trained();
    desk.key(Key::F1);
    desk.assert_sees("What model-1 thinks");
    desk.assert_sees("Point at a pixel, or pin one.");
    let rows = |desk: &Desk| {
        let sees = |name: &&&str| desk.words().iter().any(|words| words.starts_with(&format!("{name}: ")));
        CLASSES.iter().filter(sees).count()
    };
    assert_eq!(rows(&desk), CLASSES.len(), "a row a class before there is a pixel");
    desk.send(Command::TogglePin(16, 48));
    desk.until("the probabilities are there", |d| d.sees("the probability of each class"));
    let top = |desk: &Desk, name: &str| {
        let words = desk.words();
        let of = words.iter().find_map(|words| words.strip_prefix(&format!("{name}: "))).map(str::to_string);
        of.and_then(|share| share.trim_end_matches(" %").parse::<f64>().ok()).unwrap_or(f64::NAN)
    };
    assert!(top(&desk, "Forest") > 50.0, "{}", top(&desk, "Forest"));
    let sum: f64 = CLASSES.iter().map(|name| top(&desk, name)).sum();
    assert!((sum - 100.0).abs() < 0.3, "{sum}");
    desk.send(Command::ClearPins);
    desk.until("there is no pixel", |d| d.sees("Point at a pixel, or pin one."));
    assert_eq!(rows(&desk), CLASSES.len());
}

#[test]
fn another_network_is_chosen_by_its_card_and_keeps_how_to_train() {
    let mut desk = Desk::open(Made::Labels);
    desk.key(Key::F3);
    let before = desk.project().document.settings.model.clone();
    for kind in ModelKind::all() {
        desk.assert_sees(kind.sentence());
    }
    desk.click("L-TAE");
    let after = &desk.project().document.settings.model;
    assert_eq!((after.kind.name(), &after.training), ("ltae", &before.training));
    desk.click("TempCNN");
    assert_eq!(desk.project().document.settings.model, before, "its options are there again");
    desk.ctrl(Key::Z);
    assert_eq!(desk.project().document.settings.model.kind.name(), "ltae");
    desk.ctrl(Key::Z);
    assert_eq!(desk.project().document.settings.model, before);
}

fn set(desk: &mut Desk, option: &str, value: f64) {
    desk.harness().get_by_role_and_label(Role::SpinButton, option).set_value_accesskit(value);
    desk.settle();
}

/// Presses what may have to be scrolled to, as assistive technology does.
pub fn press(desk: &mut Desk, name: &str) {
    fn node<'a>(desk: &'a mut Desk, name: &'a str) -> Node<'a> {
        let mut all = desk.harness().query_all_by_label(name);
        all.find(|n| n.accesskit_node().role() != Role::Label).unwrap()
    }
    node(desk, name).scroll_to_me();
    desk.settle();
    node(desk, name).click_accesskit();
    desk.settle();
}

#[test]
fn options_are_set_within_their_bounds_and_go_back_to_the_defaults() {
    let mut desk = Desk::open(Made::Labels);
    desk.key(Key::F3);
    desk.assert_sees("3 differ from the defaults");
    assert!(!desk.sees("Batch (samples)"), "options are folded");
    set(&mut desk, "Seed", 12.0);
    desk.click("Options");
    set(&mut desk, "Batch (samples)", 16.0);
    set(&mut desk, "Label smoothing", 7.0);
    set(&mut desk, "Kernel (dates)", 6.0);
    let spec = desk.project().document.settings.model.clone();
    let ModelKind::TempCnn(options) = &spec.kind else { panic!("{:?}", spec.kind) };
    assert_eq!((spec.training.batch, spec.training.seed, options.kernel), (16, 12, 7), "kernels are odd");
    assert_eq!(spec.training.label_smoothing, 0.9, "no more than its bound");
    press(&mut desk, "Also learn from likely annotations");
    assert!(desk.project().document.settings.model.training.take_likely);
    press(&mut desk, "Defaults");
    let spec = &desk.project().document.settings.model;
    assert_eq!(spec.kind, ModelKind::TempCnn(TempCnnOptions::default()));
    assert_eq!((spec.training.batch, spec.training.seed, spec.training.epochs), (64, 12, 6));
    desk.ctrl(Key::Z);
    assert_eq!(desk.project().document.settings.model.training.batch, 16, "one step of undo");
}

#[test]
fn a_model_tells_how_it_was_trained_with_its_curves_and_the_confusion_matrix() {
    let mut desk = trained();
    desk.assert_sees("TempCNN · accuracy");
    desk.assert_sees("just now");
    for words in ["Filters", "8  (usually 64)", "kept of 6, at most 6", "all 4 bands: B02, B03, B04, B08"] {
        desk.assert_sees(words);
    }
    desk.assert_sees("that chose the epoch: not a final score");
    let matrix = desk.words().into_iter().find(|w| w.starts_with("Confusion matrix")).unwrap();
    for class in CLASSES {
        assert!(matrix.contains(&format!("{class}: producer's accuracy")), "{matrix}");
    }
    for (curve, figure) in [("Accuracy", "Accuracy curve"), ("F1", "F1 curves"), ("Loss", "Loss curve")] {
        press(&mut desk, curve);
        desk.assert_sees(figure);
    }
    desk.click("model-1");
    assert!(!desk.sees("Confusion matrix"));
}

#[test]
fn a_model_is_renamed_with_its_map_and_deleted_after_a_question() {
    let mut desk = trained();
    desk.click("Rename…");
    desk.type_into("New name of the model", "b");
    desk.click("Rename");
    desk.until_idle();
    let name = desk.project().models[0].name.clone();
    assert!(name.contains("model-1") && name.ends_with('b'), "{name}");
    assert!(desk.folder().join(format!("maps/field/{name}.tif")).exists());
    assert!(desk.folder().join(format!("models/{name}/model.json")).exists());
    assert!(!desk.folder().join("models/model-1").exists());
    assert_eq!(desk.project().map().unwrap().name, name);
    desk.assert_sees("Confusion matrix");
    let mut desk = desk.reopened();
    assert_eq!(desk.project().map().unwrap().name, name);
    desk.key(Key::F3);
    desk.click(&name);
    desk.click("Delete…");
    desk.assert_sees("This cannot be undone");
    desk.click("Not now");
    assert_eq!(desk.project().models.len(), 1);
    desk.click("Delete…");
    desk.click("Delete");
    desk.until_idle();
    assert!(desk.project().models.is_empty() && !desk.folder().join(format!("models/{name}")).exists());
    assert!(desk.project().map().is_some(), "its map stays");
    desk.assert_sees("No model yet");
}

#[test]
fn a_model_is_exported_in_each_form_and_nothing_is_replaced_unasked() {
    let mut desk = trained();
    let home = desk.home().to_path_buf();
    let told = |desk: &Desk, words: &str| desk.notices().iter().any(|n| n.contains(words));
    for (form, label, name, made) in [
        ("Safetensors folder", "Folder", "taken along", "taken along/model.safetensors"),
        ("ONNX", "File", "m.onnx", "m.onnx"),
        ("STAC item", "File", "item.json", "item.json"),
    ] {
        desk.click("Export…");
        assert!(!desk.can("Export"), "there is no name yet");
        desk.click(form);
        desk.type_into(label, home.join(name).to_str().unwrap());
        desk.harness().check_accessibility();
        desk.click("Export");
        desk.until_idle();
        assert!(
            told(&desk, &format!("model-1 is exported to {}", home.join(name).display())),
            "{:?}",
            desk.notices()
        );
        assert!(std::fs::metadata(home.join(made)).unwrap().len() > 1000);
    }
    assert!(told(&desk, "Gaps are filled linearly by date before"), "{:?}", desk.notices());
    let before = std::fs::read(home.join("m.onnx")).unwrap();
    let again = |desk: &mut Desk, form: &str, label: &str, place: &std::path::Path, replace: bool| {
        desk.click("Export…");
        desk.click(form);
        desk.type_into(label, place.to_str().unwrap());
        if replace {
            desk.click("Replace what is there");
        }
        desk.click("Export");
        desk.until_idle();
    };
    again(&mut desk, "ONNX", "File", &home.join("m.onnx"), false);
    assert!(told(&desk, "m.onnx is there already"), "{:?}", desk.notices());
    again(&mut desk, "Safetensors folder", "Folder", &home.join("taken along"), false);
    assert!(told(&desk, "taken along is there already"), "{:?}", desk.notices());
    again(&mut desk, "Safetensors folder", "Folder", &home, true);
    assert!(told(&desk, "something else is in it"), "{:?}", desk.notices());
    let own = desk.folder().join("models/model-1");
    again(&mut desk, "Safetensors folder", "Folder", &own, true);
    assert!(told(&desk, "is the model itself"), "{:?}", desk.notices());
    again(&mut desk, "ONNX", "File", &home.join("absent/m.onnx"), false);
    assert!(told(&desk, "there is no folder"), "{:?}", desk.notices());
    again(&mut desk, "ONNX", "File", &home.join("m.onnx"), true);
    assert_eq!(std::fs::read(home.join("m.onnx")).unwrap(), before, "the same model");
    let there = ritmo::model::Model::load(&home.join("taken along")).unwrap();
    assert_eq!(there.card, desk.project().models[0].card);
    desk.click("Export…");
    desk.key(Key::Escape);
    assert!(!desk.sees("Replace what is there"));
}

#[test]
fn a_model_that_is_damaged_is_listed_with_why() {
    let desk = trained();
    std::fs::write(desk.folder().join("models/model-1/model.json"), "{").unwrap();
    let mut desk = desk.reopened();
    desk.key(Key::F3);
    desk.assert_sees("cannot be read");
    desk.assert_sees("it is damaged");
    desk.click("Delete…");
    desk.click("Delete");
    desk.until_idle();
    assert!(!desk.sees("cannot be read") && !desk.folder().join("models/model-1").exists());
}

#[test]
fn the_settings_of_a_model_are_taken_for_the_next_one() {
    let mut desk = trained();
    let before = desk.project().document.settings.model.clone();
    assert!(!desk.can("Use its settings"), "they are set");
    desk.click("Pixel");
    // What is told of the model comes from behind, and may move the button away from below the mouse.
    for _ in 0..5 {
        if desk.can("Use its settings") {
            desk.click("Use its settings");
        }
    }
    assert_eq!(desk.project().document.settings.model, before);
}
