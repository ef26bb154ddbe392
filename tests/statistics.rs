//! `ritmo statistics`, end to end through the real program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod damage;
mod support;

use damage::damage_chunk;
use ritmo::app::{AppState, Command, run_to_end};
use ritmo::progress::Cancel;
use ritmo::project::Recent;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use support::{arg, grid, mosaic, project, ritmo, shared_data};

fn builds(project: &Path, site: &str, inputs: &Path) {
    ritmo(&["cube", "build", arg(project), "--site", site, arg(inputs), "--json"]).json();
}

/// A project of two sites: of the second, what is dark in the first is bright.
fn two_sites(folder: &Path) -> PathBuf {
    let project = project(folder, None);
    let other = folder.join("other");
    std::fs::create_dir(&other).unwrap();
    for month in 1..=4 {
        mosaic(&other.join(format!("m_2022-{month:02}-15.tif")), &grid(), &["B04", "B08"], month + 1);
    }
    builds(&project, "other", &other);
    project
}

#[test]
fn medians_distances_and_findings_are_told_in_json_and_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let project = two_sites(folder.path());
    let told = ritmo(&["statistics", arg(&project), "--json"]).json();
    assert_eq!(told["read"], 2);
    assert_eq!(told["sites"][0]["name"], "site");
    assert_eq!(told["sites"][0]["pixels"], 96 * 64);
    assert_eq!(told["sites"][0]["exact"], true);
    let values = told["sites"][1]["values"].as_array().unwrap();
    assert_eq!(values.len(), 8, "four dates of two bands");
    assert!(
        values.iter().all(|value| value["clear_share"] == 1.0 && value["median"].as_f64().unwrap() > 0.0)
    );
    assert!(values[0]["histogram"].is_null());
    let distance = told["distances"][0]["distance"].as_f64().unwrap();
    assert!(distance > 0.05, "{distance}");
    assert_eq!(told["distances"][0]["matched_by"], "date");
    // What is known is not read again.
    let again =
        ritmo(&["statistics", arg(&project), "--site", "other", "--band", "nir", "--histograms", "--json"])
            .json();
    assert_eq!(again["read"], 0);
    assert_eq!(again["bands"].as_array().unwrap().len(), 1);
    let histogram = again["sites"][0]["values"][0]["histogram"].as_array().unwrap();
    assert_eq!(histogram.len(), 64);
    assert_eq!(again["distances"], serde_json::json!([]));
    let words = ritmo(&["statistics", arg(&project)]);
    assert_eq!(words.code, 0, "{}", words.stderr);
    for expected in ["2022-03-15", "Distances of sites", "other", "What stands out", "all 6144 pixels"] {
        assert!(words.stdout.contains(expected), "{expected}: {}", words.stdout);
    }
}

#[test]
fn tables_are_written_and_other_endings_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let project = two_sites(folder.path());
    let table = folder.path().join("all.csv");
    let told = ritmo(&["statistics", arg(&project), "--output", arg(&table), "--json"]).json();
    let distances = folder.path().join("all.distances.csv");
    assert_eq!(told["paths"], serde_json::json!([arg(&table), arg(&distances)]));
    assert_eq!(std::fs::read_to_string(&table).unwrap().lines().count(), 1 + 2 * 4 * 2);
    assert_eq!(std::fs::read_to_string(&distances).unwrap().lines().count(), 2);
    let file = folder.path().join("all.json");
    ritmo(&["statistics", arg(&project), "--output", arg(&file), "--json"]).json();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&text).unwrap()["findings"].is_array());
    for (options, words) in [
        (["--output", "all.txt"], ".csv or .json"),
        (["--site", "nowhere"], "nowhere"),
        (["--band", "B77"], "B77"),
    ] {
        let ran = ritmo(&[&["statistics", arg(&project), "--json"][..], &options].concat());
        assert!(ran.failure().contains(words), "{}", ran.stderr);
    }
    let nothing = folder.path().join("nothing");
    ritmo(&["new", arg(&nothing), "--json"]).json();
    assert!(ritmo(&["statistics", arg(&nothing)]).failure().contains("no imagery"));
}

#[test]
fn a_damaged_chunk_is_left_out_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), None);
    damage_chunk(&project.join("cubes/site.zarr"), (1, 0));
    let told = ritmo(&["statistics", arg(&project), "--json"]).json();
    assert_eq!(told["sites"][0]["pixels"], 64 * 64);
    assert_eq!(told["sites"][0]["exact"], false);
    let notes = told["notes"].to_string();
    assert!(notes.contains("1 across, 0 down") && notes.contains("damaged"), "{notes}");
}

#[test]
fn flanders_is_measured_and_its_dates_are_held_against_one_another() {
    let Some(data) = shared_data("flanders_s2_a_2018_monthly") else { return };
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("flanders");
    ritmo(&["new", arg(&project), "--json"]).json();
    builds(&project, "a", &data);
    let told = ritmo(&["statistics", arg(&project), "--json"]).json();
    assert_eq!(told["sites"][0]["values"].as_array().unwrap().len(), 160);
    assert_eq!(told["bands"].as_array().unwrap().len(), 10);
    for finding in told["findings"].as_array().unwrap() {
        println!("{}", finding["words"]);
        assert!(finding["spreads"].as_f64().unwrap() >= 3.5);
    }
}

#[test]
fn the_demo_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let demo = folder.path().join("demo");
    let mut state = AppState::new(Recent::load(None), Arc::new(|| {}));
    let make = Command::MakeDemo(ritmo::jobs::DemoSpec::new(demo.clone()));
    run_to_end(&mut state, make, &mut |_, _| {}, &Cancel::new()).unwrap();
    drop(state);
    let told = ritmo(&["statistics", arg(&demo), "--json"]).json();
    assert_eq!(told["failed"], serde_json::json!([]));
    assert_eq!(told["sites"].as_array().unwrap().len(), 1);
    let medians =
        told["sites"][0]["values"].as_array().unwrap().iter().filter(|value| value["median"].is_number());
    assert!(medians.count() > 50);
    for finding in told["findings"].as_array().unwrap() {
        println!("{}", finding["words"]);
    }
}
