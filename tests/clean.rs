//! `ritmo clean`, end to end: a map becomes another one, and the raw one stays.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/map.rs"]
mod map;
mod support;

use ritmo::geo::raster::read_u8;
use ritmo::labels::Class;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use support::{arg, grid, project, ritmo};

/// A project whose site has a map of forest with a patch of four pixels of water, and one of a hundred.
fn with_map(folder: &Path) -> PathBuf {
    let project = project(folder, None);
    let (grid, pixels) = (grid(), grid().pixels());
    let mut planes = vec![230_u8; 2 * pixels];
    for at in 0..pixels {
        let (col, row) = (at % 96, at / 96);
        let small = (20..22).contains(&col) && (20..22).contains(&row);
        let large = (60..70).contains(&col) && (30..40).contains(&row);
        planes[at] = if small || large { 20 } else { 230 };
        planes[pixels + at] = 250 - planes[at];
    }
    let classes = vec![Class::new(1, "Forest", [0, 99, 0]), Class::new(5, "Water", [0, 0, 200])];
    let maps = project.join("maps/site");
    map::write_map(&maps, "raw", &grid, &classes, &planes, &[("RITMO_MODEL", "net")]);
    project
}

fn water(told: &Value, when: &str) -> f64 {
    let areas = told["areas_ha"].as_array().unwrap();
    areas.iter().find(|area| area["name"] == "Water").unwrap()[when].as_f64().unwrap()
}

#[test]
fn a_map_is_sieved_by_options_and_by_a_file_and_the_raw_one_stays() {
    let folder = tempfile::tempdir().unwrap();
    let project = with_map(folder.path());
    let raw = project.join("maps/site/raw.tif");
    let before = std::fs::read(&raw).unwrap();
    let told =
        ritmo(&["clean", arg(&project), "--map", "raw", "--majority", "3", "--sieve", "0.1", "--json"])
            .json();
    assert_eq!((told["map"].as_str(), told["source"].as_str()), (Some("raw-clean"), Some("raw")));
    assert_eq!(told["steps"].as_array().unwrap().len(), 2);
    assert!((water(&told, "before") - 1.04).abs() < 1e-9, "{told}");
    // The majority rounds off the corners of the large patch.
    assert!((water(&told, "after") - 0.96).abs() < 1e-9, "{told}");
    assert_eq!(told["changed_pixels"], 8);
    assert_eq!(std::fs::read(&raw).unwrap(), before);
    let (_, codes) = read_u8(Path::new(told["classes_path"].as_str().unwrap()), 0).unwrap();
    assert_eq!((codes[20 * 96 + 20], codes[35 * 96 + 65]), (1, 5));

    // What lies beside a cleaned map does the same again.
    let recipe = told["recipe_path"].as_str().unwrap();
    let again = ["clean", arg(&project), "--map", "raw", "--recipe", recipe, "--output", "again", "--json"];
    let told = ritmo(&again).json();
    assert_eq!(told["map"], "again");
    assert_eq!(read_u8(Path::new(told["classes_path"].as_str().unwrap()), 0).unwrap().1, codes);
    let why = ritmo(&again).failure().to_string();
    assert!(why.contains("again of site already"), "{why}");

    let smooth = ["clean", arg(&project), "--map", "raw", "--smooth", "5,30", "--output", "smooth", "--json"];
    let told = ritmo(&smooth).json();
    assert_eq!(told["steps"], json!(["Smooth the probabilities over 5 x 5 pixels, smoothness 30"]));
}

#[test]
fn what_makes_no_sense_is_told_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let project = with_map(folder.path());
    let failure = |options: &[&str]| {
        ritmo(&[&["clean", arg(&project), "--map", "raw"], options].concat()).failure().to_string()
    };
    assert!(failure(&[]).contains("switch one on"));
    assert!(failure(&["--smooth", "5;3"]).contains("as in 9,20"));
    assert!(failure(&["--majority", "4"]).contains("odd number"));
    assert!(failure(&["--sieve=-1"]).contains("more than 0"));
    let file = folder.path().join("recipe.json");
    assert!(failure(&["--recipe", arg(&file)]).contains("recipe.json"));
    std::fs::write(&file, r#"{"steps": [{"step": "polish"}]}"#).unwrap();
    let why = failure(&["--recipe", arg(&file)]);
    assert!(why.contains("recipe.json") && why.contains("polish"), "{why}");
    let rule = json!({ "steps": [{ "step": "rule", "class": "Water", "does": "never",
        "where": { "raster": { "file": "slope.tif", "is": "above", "value": 15 } } }] });
    std::fs::write(&file, rule.to_string()).unwrap();
    assert!(failure(&["--recipe", arg(&file)]).contains("slope.tif"));
    assert!(!project.join("maps/site/raw-clean.tif").exists());
}
