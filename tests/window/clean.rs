//! Cleaning the map on the Map page: the preview of what is in view, and the map that comes of it.

use crate::desk::Desk;
use crate::learn::press;
use crate::map_files::write_map;
use crate::small::{Made, SIDE, grid};
use egui::Key;
use ritmo::app::Command;
use ritmo::classify::clean::{Condition, Place, Step};

fn with_map() -> Desk {
    let mut desk = Desk::open(Made::Cube);
    give_map(&mut desk);
    desk
}

/// Gives the site a map of the first class with a pixel of the second in each block of eight, and turns to the Map page.
fn give_map(desk: &mut Desk) {
    let classes = desk.project().document.legend.classes.clone();
    let pixels = grid().pixels();
    let mut planes = vec![0; 3 * pixels];
    for at in 0..pixels {
        let (col, row) = (at % SIDE as usize, at / SIDE as usize);
        planes[at] = if col % 8 == 3 && row % 8 == 3 { 60 } else { 200 };
        planes[pixels + at] = 250 - planes[at];
    }
    write_map(&desk.folder().join("maps/field"), "raw", &grid(), &classes, &planes, &[]);
    desk.send(Command::ShowSite("field".into()));
    desk.until("the map is known", |d| d.project().map().is_some());
    desk.key(Key::F3);
    desk.settle();
}

#[test]
fn the_view_is_cleaned_before_anything_is_written() {
    let mut desk = with_map();
    assert!(!desk.can("Clean raw"), "there is no step yet");
    press(&mut desk, "Majority");
    desk.until("the preview is there", |d| d.sees("of the pixels in view get another class"));
    desk.assert_sees("Preview of the cleaning");
    desk.assert_sees("1.6 % of the pixels");
    press(&mut desk, "Show before");
    desk.assert_sees("Before the cleaning");
    press(&mut desk, "Show before");
    press(&mut desk, "Step 1: take the majority");
    assert!(!desk.sees("Preview of the cleaning"), "no step is on");
    press(&mut desk, "Step 1: take the majority");
    press(&mut desk, "Preview on the map");
    assert!(!desk.sees("Preview of the cleaning"));
    assert_eq!(desk.project().map_names(), ["raw"], "nothing was written");
}

#[test]
fn a_button_makes_the_cleaned_map_and_tells_areas_before_and_after() {
    let mut desk = with_map();
    press(&mut desk, "Sieve");
    press(&mut desk, "Clean raw");
    desk.until_idle();
    assert_eq!(desk.project().map_names(), ["raw-clean", "raw"]);
    desk.assert_sees("raw before, raw-clean after");
    let map = desk.project().map().unwrap();
    assert_eq!(map.name, "raw-clean");
    assert!(map.codes.iter().all(|code| *code == map.codes[0]));
    // What is shown now is the cleaned one, and could be cleaned again.
    assert!(desk.can("Clean raw-clean"));
}

#[test]
fn steps_are_ordered_removed_and_taken_back() {
    let mut desk = with_map();
    press(&mut desk, "Sieve");
    press(&mut desk, "Majority");
    press(&mut desk, "Smoothing");
    desk.assert_sees("Step 1: smooth the probabilities");
    press(&mut desk, "Move step 3 up");
    desk.assert_sees("Step 2: take the majority");
    press(&mut desk, "Remove step 2");
    desk.assert_sees("Step 2: sieve small patches");
    desk.ctrl(Key::Z);
    desk.settle();
    desk.assert_sees("Step 2: take the majority");
    let steps = &desk.project().document.settings.cleaning.steps;
    assert!(matches!(steps[0].step, Step::Smooth(_)));
    // Smoothing that would undo another step is told, and nothing can be written so.
    press(&mut desk, "Move step 1 down");
    desk.until("it is told why not", |d| d.sees("put it first"));
    assert!(!desk.can("Clean raw"));
}

#[test]
fn a_rule_is_put_together_from_left_to_right() {
    let mut desk = with_map();
    press(&mut desk, "Rule");
    desk.pick("Class of step 1", "Maize");
    desk.pick("Where step 1 holds", "outside annotations");
    desk.pick("Annotations of step 1", "Water");
    let Step::Rule(rule) = desk.project().document.settings.cleaning.steps[0].step.clone() else { panic!() };
    assert_eq!(rule.sentence(), "Never Maize outside annotations of Water");
    assert_eq!(rule.condition, Condition::Outside(Place::Annotations("Water".into())));
    desk.until("the preview is there", |d| d.sees("of the pixels in view get another class"));
    desk.assert_sees("1.6 % of the pixels");
    desk.pick("Where step 1 holds", "where a band or index");
    let Step::Rule(rule) = desk.project().document.settings.cleaning.steps[0].step.clone() else { panic!() };
    assert_eq!(rule.sentence(), "Never Maize where the mean of NDVI is below 0.3");
    desk.pick("Where step 1 holds", "where a raster, such as slope,");
    desk.until("what is lacking is told", |d| d.sees("slope.tif"));
}

#[test]
fn a_class_has_a_window_and_a_smoothness_of_its_own() {
    use egui_kittest::kittest::Queryable;
    let mut desk = with_map();
    press(&mut desk, "Smoothing");
    press(&mut desk, "Classes");
    let mut set = |field: &str, value: f64| {
        desk.harness().get_by_role_and_label(egui::Role::SpinButton, field).set_value_accesskit(value);
        desk.settle();
        let Step::Smooth(smooth) = &desk.project().document.settings.cleaning.steps[0].step else { panic!() };
        smooth.classes.iter().map(|own| (own.class.clone(), own.window, own.smoothness)).collect::<Vec<_>>()
    };
    assert_eq!(set("Window of Water in step 1", 5.0), [("Water".into(), Some(5), None)]);
    assert_eq!(set("Smoothness of Water in step 1", 3.0), [("Water".into(), Some(5), Some(3.0))]);
    // What is as for all others is not of its own any more.
    assert_eq!(set("Window of Water in step 1", 9.0), [("Water".into(), None, Some(3.0))]);
    assert_eq!(set("Smoothness of Water in step 1", 20.0), []);
}
