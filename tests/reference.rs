//! Reference samples through the real program: drawn of a map, sent out, answered, agreed upon.

#[path = "support/map.rs"]
mod map_files;
mod support;

use map_files::write_map;
use ritmo::labels::Class;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use support::{arg, grid, project, ritmo, two_classes};

/// A project with a map `raw` of two thirds forest, a third pasture.
fn with_map(home: &Path) -> PathBuf {
    let project = project(home, Some(two_classes()));
    let classes = [Class::new(1, "forest", [1, 50, 32]), Class::new(2, "pasture", [200, 180, 90])];
    let pixels = grid().pixels();
    let first = (0..pixels).map(|at| if at % 96 < 64 { 230 } else { 20 });
    let mut planes: Vec<u8> = first.collect();
    planes.extend(planes.clone().iter().map(|value| 250 - value));
    write_map(&project.join("maps/site"), "raw", &grid(), &classes, &planes, &[]);
    project
}

fn design(project: &Path, more: &[&str]) -> Value {
    ritmo(&[&["reference", "design", arg(project), "--map", "raw", "--json"][..], more].concat()).json()
}

#[test]
fn a_sample_is_drawn_answered_by_two_and_told() {
    let home = tempfile::tempdir().unwrap();
    let project = with_map(home.path());
    let drawn =
        design(&project, &["--size", "20", "--allocation", "equal", "--name", "first", "--seed", "7"]);
    assert_eq!((drawn["units"].as_u64(), drawn["map"].as_str()), (Some(20), Some("site/raw")));
    assert!((drawn["strata"][0]["hectares"].as_f64().unwrap() - 40.96).abs() < 1e-9);
    assert_eq!(drawn["strata"][1]["weight"], 204.8);
    let again =
        design(&project, &["--size", "20", "--allocation", "equal", "--name", "second", "--seed", "7"]);
    let units = |value: &Value| -> Value {
        let text = fs::read_to_string(value["path"].as_str().unwrap()).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["features"].clone()
    };
    assert_eq!(units(&drawn), units(&again), "the same seed draws the same");
    let failure = ritmo(&["reference", "design", arg(&project), "--map", "raw", "--name", "first"]);
    assert!(failure.failure().contains("first already"));

    let plots = home.path().join("plots.csv");
    ritmo(&["reference", "export", arg(&project), "first", arg(&plots), "--json"]).json();
    let text = fs::read_to_string(&plots).unwrap();
    assert_eq!((text.lines().next(), text.lines().count()), (Some("LON,LAT,PLOTID"), 21));
    // Ana says what the map says; Ben says forest everywhere but for one unit that he skips.
    let features = units(&drawn);
    let answers = |who: &str, class: &dyn Fn(&Value) -> String| {
        let path = home.path().join(format!("{who}.csv"));
        let rows = features.as_array().unwrap().iter().map(|f| {
            let p = &f["properties"];
            format!("{},{},{who}\n", p["number"], class(p))
        });
        fs::write(&path, "PLOTID,class,interpreter\n".to_string() + &rows.collect::<String>()).unwrap();
        path
    };
    let ana = answers("Ana", &|p| p["stratum"].to_string());
    let ben = answers("Ben", &|p| if p["number"] == 1 { String::new() } else { "Forest".into() });
    let taken = ritmo(&["reference", "answer", arg(&project), "first", arg(&ana), "--json"]).json();
    assert_eq!(taken["answers"], 20);
    let taken = ritmo(&["reference", "import", arg(&project), arg(&ben), "--into", "first", "--json"]).json();
    assert_eq!(taken["answers"], 19);
    let info = ritmo(&["reference", "info", arg(&project), "first", "--json"]).json();
    assert_eq!(info["unanswered"], 0);
    assert_eq!(info["interpreters"][1]["answers"], 19);
    let agreement = &info["agreement"][0];
    let (both, agreed) = (agreement["both"].as_u64().unwrap(), agreement["agreed"].as_u64().unwrap());
    assert_eq!(info["disputed"].as_u64(), Some(both - agreed));
    assert_eq!(agreement["differ"].as_array().unwrap().len() as u64, both - agreed);
    assert!(agreed >= 9 && both == 19, "{agreement}");
    let all = ritmo(&["reference", "info", arg(&project), "--json"]).json();
    assert_eq!(all["samples"].as_array().unwrap().len(), 2);
    let words = ritmo(&["reference", "info", arg(&project), "first"]);
    assert!(words.code == 0 && words.stdout.contains("Ana and Ben agree on"), "{}", words.stdout);

    for file in ["out.gpkg", "out.geojson"] {
        let file = home.path().join(file);
        ritmo(&["reference", "export", arg(&project), "first", arg(&file), "--json"]).json();
        let name = format!("from-{}", file.extension().unwrap().to_str().unwrap());
        let came =
            ritmo(&["reference", "import", arg(&project), arg(&file), "--name", &name, "--json"]).json();
        assert_eq!(came["units"], 20);
        let told = ritmo(&["reference", "info", arg(&project), &name, "--json"]).json();
        assert_eq!((&told["disputed"], &told["agreement"]), (&info["disputed"], &info["agreement"]));
    }
}

#[test]
fn a_wanted_standard_error_gives_the_size_and_expected_accuracies_count() {
    let home = tempfile::tempdir().unwrap();
    let project = with_map(home.path());
    let error = ["--standard-error", "0.02", "--allocation", "neyman"];
    let unknown = design(&project, &error);
    let sure = design(
        &project,
        &[&error[..], &["--expected", "forest=0.98", "--expected", "pasture=0.98"]].concat(),
    );
    let units = |value: &Value| value["units"].as_u64().unwrap();
    assert!(units(&unknown) > 5 * units(&sure), "{} and {}", units(&unknown), units(&sure));
    for drawn in [&unknown, &sure] {
        assert!((drawn["expected_standard_error"].as_f64().unwrap() - 0.02).abs() < 3e-4, "{drawn}");
    }
}

#[test]
fn what_cannot_be_done_is_told_with_the_file_and_the_way_out() {
    let home = tempfile::tempdir().unwrap();
    let project = with_map(home.path());
    let why = |arguments: &[&str]| ritmo(&[&["reference"], arguments].concat()).failure().to_string();
    let at = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let project = arg(&project);
    assert!(why(&["design", project, "--map", "gone"]).contains("no map gone"));
    assert!(why(&["design", project, "--map", "raw", "--standard-error", "7"]).contains("between 0 and 0.5"));
    assert!(why(&["design", project, "--map", "raw", "--expected", "swamp=0.5"]).contains("swamp"));
    assert!(why(&["design", project, "--map", "raw", "--expected", "forest=5"]).contains("makes no sense"));
    assert!(why(&["info", project, "gone"]).contains("no reference sample gone"));
    assert!(why(&["import", project, arg(&at("e.geojson", ""))]).contains("empty"));
    assert!(why(&["import", project, arg(&at("t.geojson", r#"{"type":"Feat"#))]).contains("cut off"));
    assert!(why(&["import", project, arg(&at("n.csv", "lon,lat\n999,2\n"))]).contains("no"));
    assert!(
        why(&["import", project, arg(&at("c.csv", "lon,lat,k\n1,2,3\n")), "--class-field", "z"])
            .contains("“z”")
    );
    fs::write(Path::new(project).join("maps/site/raw.tif"), "no raster").unwrap();
    assert!(why(&["design", project, "--map", "raw"]).contains("raw.tif"));
}
