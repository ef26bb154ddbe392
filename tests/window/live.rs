//! The live map, and learning that follows the labels.

use crate::desk::Desk;
use crate::small::{CLASSES, Made, SIDE};
use egui::Key;
use ritmo::app::{Command, LIVE};

#[test]
fn the_live_map_tells_how_fresh_it_is_and_stays_when_training_ends() {
    let mut desk = Desk::open(Made::Labels);
    desk.key(Key::F3);
    desk.click("Train");
    desk.until("the view is live", |desk| {
        desk.app().state.jobs.is_empty()
            && desk.project().live_map().is_some_and(|live| live.fresh.current == 1.0)
    });
    desk.settle();
    desk.assert_sees("Live map of model-1: epoch");
    desk.assert_sees("the view at full resolution");
    desk.assert_sees("is not saved");
    desk.assert_sees("live, epoch");
    let map = desk.project().map().unwrap();
    for (i, name) in CLASSES.iter().enumerate() {
        let code = desk.project().document.legend.by_name(name).unwrap().code;
        assert_eq!(map.codes[48 * SIDE as usize + i * 32 + 16], code, "{name} in the middle of its third");
    }
    desk.harness().check_accessibility();
}

#[test]
fn what_it_is_computed_on_is_told_while_training() {
    let mut desk = Desk::open(Made::Labels);
    let mut spec = desk.project().document.settings.model.clone();
    (spec.training.epochs, spec.training.patience) = (1000, 1000);
    desk.send(Command::SetModel(spec));
    desk.key(Key::F3);
    desk.click("Train");
    desk.until("it is told", |desk| desk.sees("CPU, "));
    desk.assert_sees(ritmo::model::instructions());
    desk.click("Cancel");
    desk.until_idle();
}

#[test]
fn a_button_retrains_once_and_a_switch_whenever_labels_change() {
    let mut desk = Desk::open(Made::Labels);
    desk.key(Key::F3);
    desk.click("Retrain now");
    desk.until_idle();
    assert_eq!(desk.project().models[0].name, LIVE);
    assert!(desk.notices().is_empty(), "{:?}", desk.notices());
    desk.click("Keep learning");
    assert!(desk.project().document.settings.keep_learning);
    desk.until_idle();
    let before = desk.project().models[0].card.training_id();
    desk.send(Command::DeleteAnnotations(vec![1]));
    desk.until("it has learned from them", |desk| {
        desk.project().models.first().is_some_and(|model| model.card.training_id() != before)
    });
    desk.until_idle();
    // With one class left a sentence says so.
    desk.send(Command::DeleteAnnotations((2..=8).collect()));
    desk.until("it is told", |desk| desk.sees("Not learned from the labels"));
    desk.click("Keep learning");
    assert!(!desk.project().document.settings.keep_learning);
}

#[test]
fn the_palette_switches_learning_too() {
    let mut desk = Desk::open(Made::Labels);
    desk.ctrl(Key::P);
    desk.letter("keep learning");
    desk.key(Key::Enter);
    assert!(desk.project().document.settings.keep_learning);
    desk.until_idle();
}
