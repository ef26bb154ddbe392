//! `ritmo correct`, end to end: polygons of a file become corrections of a map, and a new map is made of them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/map.rs"]
mod map;
mod support;

use ritmo::geo::raster::read_u8;
use ritmo::labels::Class;
use std::path::{Path, PathBuf};
use support::{arg, geojson, grid, project, ritmo, square};

/// A project whose site has a map of forest.
fn with_map(folder: &Path) -> PathBuf {
    let project = project(folder, None);
    // A map that no model of the project made is seen with the project's classes.
    let legend = folder.join("legend.csv");
    std::fs::write(&legend, "code,name,colour\n1,Forest,#006300\n5,Water,#0000c8\n").unwrap();
    ritmo(&["legend", arg(&project), "--import", arg(&legend), "--json"]).json();
    let (grid, pixels) = (grid(), grid().pixels());
    let mut planes = vec![20_u8; 2 * pixels];
    planes[..pixels].fill(230);
    let classes = vec![Class::new(1, "Forest", [0, 99, 0]), Class::new(5, "Water", [0, 0, 200])];
    map::write_map(&project.join("maps/site"), "raw", &grid, &classes, &planes, &[("RITMO_MODEL", "net")]);
    project
}

#[test]
fn polygons_of_a_file_become_a_layer_and_a_new_map() {
    let folder = tempfile::tempdir().unwrap();
    let project = with_map(folder.path());
    let raw = project.join("maps/site/raw.tif");
    let before = std::fs::read(&raw).unwrap();
    let file = folder.path().join("f.geojson");
    geojson(&file, vec![square("Water", 10.0, 10.0, 5.0), square("Ice", 30.0, 30.0, 5.0)]);
    let told =
        ritmo(&["correct", arg(&project), "--map", "raw", "--corrections", arg(&file), "--json"]).json();
    assert_eq!((told["map"].as_str(), told["changed_pixels"].as_u64()), (Some("raw-corrected"), Some(25)));
    assert!(told["skipped"][0].as_str().unwrap().contains("feature 2"), "{told}");
    let (_, codes) = read_u8(Path::new(told["classes_path"].as_str().unwrap()), 0).unwrap();
    assert_eq!((codes[12 * 96 + 12], codes[32 * 96 + 32]), (5, 1));
    assert_eq!(std::fs::read(&raw).unwrap(), before);
    assert!(project.join("maps/site/raw.corrections.geojson").exists());

    let listed = ritmo(&["correct", arg(&project), "--map", "raw", "--list", "--json"]).json();
    assert_eq!(
        (listed["changed_pixels"].as_u64(), listed["corrections"][0]["to"].as_str()),
        (Some(25), Some("Water")),
        "{listed:#}"
    );

    // Without a file the layer is applied as it is; a name that is taken is refused.
    let again = ritmo(&["correct", arg(&project), "--map", "raw", "--name", "mine", "--json"]).json();
    assert_eq!((again["map"].as_str(), again["changed_pixels"].as_u64()), (Some("mine"), Some(25)));
    let why = ritmo(&["correct", arg(&project), "--map", "raw", "--name", "mine"]);
    assert!(why.failure().contains("mine of site already"));
}

#[test]
fn what_cannot_be_corrected_is_told_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let project = with_map(folder.path());
    let run = |more: &[&str]| {
        let all: Vec<&str> = ["correct", arg(&project)].into_iter().chain(more.iter().copied()).collect();
        ritmo(&all).failure().to_string()
    };
    assert!(run(&["--map", "raw"]).contains("no corrections yet"));
    assert!(run(&["--map", "lost"]).contains("no map lost"));
    let file = folder.path().join("f.geojson");
    std::fs::write(&file, "{").unwrap();
    assert!(run(&["--map", "raw", "--corrections", arg(&file)]).contains("f.geojson"));
    let far = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"class":"Water"},
        "geometry":{"type":"Polygon","coordinates":[[[2700000,650000],[2700100,650000],[2700100,649900],[2700000,650000]]]}}]}"#;
    std::fs::write(&file, far).unwrap();
    let why = run(&["--map", "raw", "--corrections", arg(&file)]);
    assert!(why.contains("no longitudes and latitudes"), "{why}");
    assert!(!project.join("maps/site/raw.corrections.geojson").exists());
}
