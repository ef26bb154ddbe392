//! Cleaning maps: the recipe in the document, and the map that comes of it.

use super::*;
use crate::classify::clean::{Condition, Majority, Place, Recipe, Rule, Sieve, Smooth, Step, Verdict};
use crate::classify::testing::write_map;

fn the_project(state: &AppState) -> &OpenProject {
    state.project.as_ref().unwrap()
}

fn recipe() -> Recipe {
    Recipe::of([Step::Majority(Majority::default()), Step::Sieve(Sieve { hectares: 0.1, corners: false })])
}

/// A project whose site has a map of forest with a pixel of water in each block of eight.
fn with_map(folder: &Path) -> AppState {
    let mut state = project(folder);
    let (grid, pixels) = (grid(), grid().pixels());
    let water = |at: usize| (at % 96) % 8 == 3 && (at / 96) % 8 == 3;
    let mut planes = vec![0; 3 * pixels];
    for at in 0..pixels {
        planes[at] = if water(at) { 60 } else { 200 };
        planes[2 * pixels + at] = 250 - planes[at];
    }
    let maps = the_project(&state).folder.maps_path("site");
    write_map(&maps, "raw", &grid, &legend().classes, &planes, &[]);
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    state
}

fn request() -> CleanRequest {
    CleanRequest { recipe: Some(recipe()), ..CleanRequest::default() }
}

#[test]
fn a_recipe_is_one_step_of_undo_and_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    run(&mut state, Command::SetCleaning(recipe())).unwrap();
    run(&mut state, Command::SetCleaning(recipe())).unwrap();
    assert_eq!(the_project(&state).history.undoes(), Some("changing the cleaning"));
    run(&mut state, Command::Undo).unwrap();
    assert!(the_project(&state).document.settings.cleaning.is_default(), "the same again is no step");
    run(&mut state, Command::Redo).unwrap();
    let odd = Recipe::of([Step::Sieve(Sieve { hectares: f64::NAN, corners: false })]);
    let refused = run(&mut state, Command::SetCleaning(odd)).unwrap_err();
    assert!(refused.contains("no number"), "{refused}");
    let path = the_project(&state).folder.path().to_owned();
    drop(state);
    let mut again = self::state();
    run(&mut again, Command::OpenProject(path)).unwrap();
    assert_eq!(the_project(&again).document.settings.cleaning, recipe());
}

#[test]
fn a_map_is_cleaned_into_another_one_which_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_map(folder.path());
    run(&mut state, Command::Clean(request())).unwrap();
    let project = the_project(&state);
    assert_eq!(project.map_names(), ["raw-clean", "raw"]);
    assert_eq!(project.map().map(|map| map.name.as_str()), Some("raw-clean"));
    assert!(project.map().unwrap().codes.iter().all(|code| *code == 1));
    let cleaned = project.last.cleaned.as_ref().unwrap();
    assert_eq!(cleaned.changed, 12 * 8);
    let (class, before, after) = &cleaned.areas_ha[2];
    assert_eq!((class.name.as_str(), (before * 100.0).round(), *after), ("water", 96.0, 0.0));
    run(&mut state, Command::ShowMap("raw".into())).unwrap();
    assert!(the_project(&state).map().unwrap().codes.contains(&3), "the raw map is as it was");
    run(&mut state, Command::Clean(request())).unwrap();
    assert_eq!(the_project(&state).map_names()[0], "raw-clean-2", "no map is written over");
    let named = CleanRequest { map: Some("raw".into()), output: Some("raw-clean".into()), ..request() };
    let refused = run(&mut state, Command::Clean(named)).unwrap_err();
    assert!(refused.contains("raw-clean of site already"), "{refused}");
}

#[test]
fn a_rule_knows_the_annotations_of_the_project() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_map(folder.path());
    update(&mut state, Command::PickClass(1)).unwrap();
    update(&mut state, Command::Draw(square(0.0, 0.0, 16.0))).unwrap();
    let condition = Condition::Inside(Place::Annotations("forest".into()));
    let rule = Rule { class: "water".into(), verdict: Verdict::Never, condition };
    run(&mut state, Command::SetCleaning(Recipe::of([Step::Rule(rule)]))).unwrap();
    run(&mut state, Command::Clean(CleanRequest::default())).unwrap();
    let map = the_project(&state).map().unwrap();
    let water: Vec<usize> = (0..map.codes.len()).filter(|at| map.codes[*at] == 3).collect();
    assert_eq!(water.len(), 12 * 8 - 4);
    assert!(water.iter().all(|at| at % 96 >= 16 || at / 96 >= 16));
}

#[test]
fn cleaning_that_makes_no_sense_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    let refused =
        |state: &mut AppState, request: CleanRequest| run(state, Command::Clean(request)).unwrap_err();
    assert!(refused(&mut state, request()).contains("no map to clean yet"));
    let lost = CleanRequest { map: Some("lost".into()), ..request() };
    assert!(refused(&mut state, lost).contains("no map lost"));
    let other = tempfile::tempdir().unwrap();
    let mut state = with_map(other.path());
    assert!(refused(&mut state, CleanRequest::default()).contains("switch one on"));
    let itself = CleanRequest { output: Some("raw".into()), ..request() };
    assert!(refused(&mut state, itself).contains("choose another name"));
    let bad = CleanRequest { output: Some("a/b".into()), ..request() };
    assert!(refused(&mut state, bad).contains("a/b"));
    let odd = Recipe::of([Step::Majority(Majority { window: 2 })]);
    let odd = CleanRequest { recipe: Some(odd), ..CleanRequest::default() };
    assert!(refused(&mut state, odd).contains("odd number"));
}

#[test]
fn a_cleaned_map_is_assessed_on_what_its_model_has_not_seen() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    annotate(&mut state);
    let mut spec = the_project(&state).document.settings.model.clone();
    spec.training.epochs = 2;
    update(&mut state, Command::SetModel(spec)).unwrap();
    run(&mut state, Command::Train { name: None, then_map: true }).unwrap();
    run(&mut state, Command::Clean(request())).unwrap();
    let project = the_project(&state);
    assert_eq!(project.model_of("model-1-clean").map(|model| model.name.as_str()), Some("model-1"));
    let path = project.folder.path().to_owned();
    run(&mut state, Command::CloseProject).unwrap();
    // As a verb does: no site was shown.
    run(&mut state, Command::OpenProject(path)).unwrap();
    let (map, site) = (Some("model-1-clean".into()), Some("site".into()));
    run(&mut state, Command::Assess { map, site }).unwrap();
    let assessed = the_project(&state).last.assessed.as_ref().unwrap();
    let obtained = &assessed.report.annotations.as_ref().unwrap().assessment.obtained;
    assert!(obtained.contains("neither trained the model"), "{obtained}");
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    let model = the_project(&state).model_of("model-1-clean");
    assert_eq!(model.map(|model| model.name.as_str()), Some("model-1"), "read from the map");
}

#[test]
fn what_was_corrected_by_hand_stays_whatever_is_smoothed() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_map(folder.path());
    let water = |state: &AppState| {
        let map = the_project(state).map().unwrap();
        (map.name.clone(), map.codes.iter().filter(|code| **code == 3).count())
    };
    let polygon = square(40.0, 40.0, 6.0);
    let correct = Command::Correct { polygon, to: "water".into(), from: None, note: None };
    update(&mut state, correct).unwrap();
    let smooth = || {
        let recipe = Recipe::of([
            Step::Smooth(Smooth::default()),
            Step::Sieve(Sieve { hectares: 1.0, corners: false }),
        ]);
        CleanRequest { recipe: Some(recipe), ..CleanRequest::default() }
    };
    run(&mut state, Command::Clean(smooth())).unwrap();
    assert_eq!(water(&state), ("raw-clean".into(), 36), "of all the water only what a person saw is left");
    assert!(state.notices.iter().any(|notice| notice.text.contains("corrected by hand lies over raw-clean")));
    // On the disk too, and so in the map that is made of it; one that was made with corrections gives them on as well.
    let path = the_project(&state).folder.path().to_owned();
    drop(state);
    let mut state = self::state();
    run(&mut state, Command::OpenProject(path)).unwrap();
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    assert_eq!(water(&state), ("raw-clean".into(), 36));
    run(&mut state, Command::ApplyCorrections(CorrectRequest::default())).unwrap();
    assert_eq!(water(&state), ("raw-clean-corrected".into(), 36));
    assert!(the_project(&state).corrections().is_empty());
    run(&mut state, Command::Clean(smooth())).unwrap();
    assert_eq!(water(&state), ("raw-clean-corrected-clean".into(), 36));
    assert_eq!(the_project(&state).corrections().len(), 1);
    update(&mut state, Command::DeleteCorrection(0)).unwrap();
    assert_eq!(water(&state).1, 0);
}
