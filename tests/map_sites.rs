//! Several sites mapped by one verb, and what is done to models: end to end through the real program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use support::{arg, project, ritmo, two_classes};

/// A project with a model `m` and the sites `site`, `other` and `bare`, the last of which lacks a band.
fn three_sites(folder: &Path) -> PathBuf {
    let project = project(folder, Some(two_classes()));
    ritmo(&["train", arg(&project), "--name", "m", "--epochs", "2", "--json"]).json();
    let inputs = folder.join("mosaics");
    ritmo(&["cube", "build", arg(&project), "--site", "other", arg(&inputs), "--json"]).json();
    ritmo(&["cube", "build", arg(&project), "--site", "bare", arg(&inputs), "--bands", "B04", "--json"])
        .json();
    project
}

fn states(told: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_string();
    told["maps"].as_array().unwrap().iter().map(|map| (text(&map["site"]), text(&map["state"]))).collect()
}

#[test]
fn all_sites_are_mapped_and_one_that_does_not_fit_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let project = three_sites(folder.path());
    let ran = ritmo(&["map", arg(&project), "--all", "--json"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let told: Value = serde_json::from_str(ran.stdout.trim()).unwrap();
    let pair = |site: &str, state: &str| (site.to_string(), state.to_string());
    assert_eq!(states(&told), [pair("bare", "failed"), pair("site", "done"), pair("other", "done")]);
    assert_eq!((&told["done"], &told["failed"]), (&2.into(), &1.into()));
    assert!(told["maps"][0]["why"].as_str().unwrap().contains("B08"), "{told}");
    for map in [&told["maps"][1], &told["maps"][2]] {
        assert_eq!(map["pixels"], 96 * 64);
        assert!(Path::new(map["classes_path"].as_str().unwrap()).exists());
    }
    assert!(ran.stderr.contains("1 of 3 sites was not mapped"), "{}", ran.stderr);
    assert!(ran.stderr.contains("1 site is not mapped: bare ("), "it is told before: {}", ran.stderr);

    let args = ["map", arg(&project), "--model", "m", "--site", "other", "--site", "site"];
    let ran = ritmo(&args);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stdout.lines().count(), 2, "a line a site: {}", ran.stdout);
    assert!(ran.stdout.starts_with("other"), "in the order asked for: {}", ran.stdout);
    assert!(ran.stderr.contains("had a map called m, which is replaced"), "{}", ran.stderr);

    let one = ritmo(&["map", arg(&project), "--site", "site", "--json"]).json();
    assert!(one["classes_path"].is_string() && one["pixels"].is_u64() && one["seconds"].is_f64(), "{one}");
    assert_eq!(ritmo(&["map", arg(&project), "--all", "--site", "site"]).code, 2);
    let why = ritmo(&["map", arg(&project), "--site", "site", "--site", "nowhere"]);
    assert!(why.failure().contains("no site nowhere"), "{}", why.stderr);
}

#[test]
fn a_model_tells_its_labels_and_what_changed_since() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    ritmo(&["train", arg(&project), "--name", "m", "--epochs", "2", "--json"]).json();
    let copy = fs::read(project.join("models/m/labels.geojson")).unwrap();
    assert_eq!(copy, fs::read(project.join("labels.geojson")).unwrap(), "as they were when it was trained");
    let list = || ritmo(&["model", "list", arg(&project), "--json"]).json();
    let labels = list()["models"][0]["labels"].clone();
    assert_eq!(
        (&labels["annotations"], &labels["since"]["words"]),
        (&6.into(), &"the labels are as they were".into())
    );
    let classes = labels["classes"].as_array().unwrap();
    assert_eq!(classes.len(), 2);
    assert!(classes.iter().all(|class| class["annotations"] == 3 && class["pixels"].as_u64().unwrap() > 100));
    let file = folder.path().join("more.geojson");
    support::geojson(&file, vec![support::square("forest", 24.0, 30.0, 12.0)]);
    ritmo(&["labels", "import", arg(&project), arg(&file), "--json"]).json();
    let labels = list()["models"][0]["labels"].clone();
    assert_eq!(labels["since"]["drawn"], 1);
    let text = ritmo(&["model", "list", arg(&project)]).stdout;
    assert!(text.contains("6 annotations") && text.contains("1 annotation drawn since"), "{text}");
}

#[test]
fn a_model_is_copied_and_the_copy_maps() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    ritmo(&["train", arg(&project), "--name", "m", "--epochs", "2", "--json"]).json();
    ritmo(&["map", arg(&project), "--json"]).json();
    let copied = ritmo(&["model", "duplicate", arg(&project), "m", "--json"]).json();
    assert_eq!((&copied["from"], &copied["name"]), (&"m".into(), &"m-2".into()));
    let copied = ritmo(&["model", "duplicate", arg(&project), "m", "best", "--json"]).json();
    assert_eq!(copied["name"], "best");
    assert!(!project.join("maps/site/best.tif").exists(), "its maps are not copied");
    let again = ritmo(&["model", "duplicate", arg(&project), "m", "best"]);
    assert!(again.failure().contains("already"), "{}", again.stderr);
    let why = ritmo(&["model", "duplicate", arg(&project), "none"]);
    assert!(why.failure().contains("no model none"), "{}", why.stderr);
    ritmo(&["map", arg(&project), "--model", "best", "--json"]).json();
    let map = |name: &str| fs::metadata(project.join(format!("maps/site/{name}.tif"))).unwrap().len();
    assert!(map("best") > 0 && map("m") > 0);
    let why = ritmo(&["model", "forget", arg(&project), "m"]);
    assert!(why.failure().contains("no training of m"), "{}", why.stderr);
}
