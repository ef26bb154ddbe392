//! Samples that one cannot learn much from, and models that do not fit: each is learned from as far as it goes, or refused in a
//! sentence that says what is wrong and what to do.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use support::{Ran, arg, grid, mosaic, project, ritmo, square, two_classes};

const NETWORKS: [&str; 3] = ["tempcnn", "pixel", "ltae"];

/// A sample of four dates: its label, its polygon, and B04 and B08 a date, where they were seen.
struct Sample {
    label: &'static str,
    polygon: usize,
    values: [[Option<f64>; 2]; 4],
}

impl Sample {
    /// Forest is dark in B04 all year, maize gets dark; sample `i` differs a little from others.
    fn usual(label: &'static str, i: usize) -> Self {
        let values = [0, 1, 2, 3].map(|t| {
            let noise = ((i * 7919 + t * 104_729) % 97) as f64;
            let level = if label == "forest" { 300.0 } else { 2000.0 - 400.0 * t as f64 };
            [Some(level + noise), Some(4000.0 - level + noise)]
        });
        Self { label, polygon: i, values }
    }

    /// As many of each label.
    fn some(labels: &[(&'static str, usize)]) -> Vec<Self> {
        let of = |(label, n): &(&'static str, usize)| (0..*n).map(|_| *label).collect::<Vec<_>>();
        labels.iter().flat_map(of).enumerate().map(|(i, label)| Self::usual(label, i)).collect()
    }
}

/// Writes samples as a long table.
fn table(folder: &Path, samples: &[Sample]) -> PathBuf {
    let mut text = String::from("sample_id,label,polygon_id,date,B04,B08\n");
    for (i, Sample { label, polygon, values }) in samples.iter().enumerate() {
        for (t, bands) in values.iter().enumerate() {
            let [red, nir] = bands.map(|value| value.map_or(String::new(), |value| value.to_string()));
            text += &format!("{i},{label},{polygon},2022-{:02}-15,{red},{nir}\n", t + 1);
        }
    }
    let path = folder.join("samples.csv");
    fs::write(&path, text).unwrap();
    path
}

/// Trains on a table for a few epochs.
fn train(table: &Path, model: &Path, network: &str) -> Ran {
    let options = ["--model", network, "--epochs", "4", "--json"];
    ritmo(&[&["train", "--samples", arg(table), "--output", arg(model)][..], &options].concat())
}

/// Trains each network on the samples, and classifies them: all of them have a class with a probability.
fn learns(samples: &[Sample]) {
    let folder = tempfile::tempdir().unwrap();
    let (table, out) = (table(folder.path(), samples), folder.path().join("out.csv"));
    for network in NETWORKS {
        let model = folder.path().join(network);
        train(&table, &model, network).json();
        let told = ritmo(&["predict", arg(&model), arg(&table), "--output", arg(&out), "--json"]).json();
        assert_eq!(
            (told["series"].as_u64(), told["unusable"].as_u64()),
            (Some(samples.len() as u64), Some(0))
        );
        for row in fs::read_to_string(&out).unwrap().lines().skip(1) {
            let probability: f64 = row.split(',').nth(4).unwrap().parse().unwrap();
            assert!(probability > 0.0 && probability <= 1.0, "{network}: {row}");
        }
    }
}

#[test]
fn constant_bands_teach_nothing_and_break_nothing() {
    let mut one = Sample::some(&[("forest", 12), ("maize", 12)]);
    one.iter_mut().for_each(|s| s.values.iter_mut().for_each(|bands| bands[1] = Some(7.0)));
    learns(&one);
    one.iter_mut().for_each(|s| s.values = [[Some(0.0); 2]; 4]);
    learns(&one);
}

#[test]
fn a_class_with_one_sample_is_learned_and_cross_validated_with_the_others() {
    let samples = Sample::some(&[("forest", 12), ("maize", 12), ("water", 1)]);
    learns(&samples);
    learns(&Sample::some(&[("forest", 1), ("maize", 1)]));
    let folder = tempfile::tempdir().unwrap();
    let table = table(folder.path(), &samples);
    let crossval = ["crossval", "--samples", arg(&table), "--folds", "3", "--set", "epochs=2", "--json"];
    let told = ritmo(&crossval).json();
    let water = told["classes"].as_array().unwrap().iter().find(|class| class["name"] == "water").unwrap();
    assert_eq!(water["support"], 1, "{told}");
}

#[test]
fn samples_of_one_class_are_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(folder.path(), &Sample::some(&[("forest", 12)]));
    let model = folder.path().join("model");
    for network in NETWORKS {
        let ran = train(&table, &model, network);
        let why = ran.failure();
        assert!(why.contains("one class only, forest") && why.contains("at least one more class"), "{why}");
    }
    assert!(!model.exists());
    let ran = ritmo(&["crossval", "--samples", arg(&table), "--json"]);
    assert!(ran.failure().contains("one class, forest"), "{}", ran.stderr);
}

#[test]
fn one_annotation_is_not_enough_and_one_a_class_holds_nothing_out() {
    let folder = tempfile::tempdir().unwrap();
    let alone = project(folder.path(), Some(vec![square("forest", 4.0, 4.0, 16.0)]));
    let ran = ritmo(&["train", arg(&alone), "--json"]);
    let why = ran.failure();
    assert!(why.contains("one class only, forest") || why.contains("two classes"), "{why}");

    let folder = tempfile::tempdir().unwrap();
    let two = vec![square("forest", 4.0, 4.0, 16.0), square("pasture", 60.0, 4.0, 16.0)];
    let project = project(folder.path(), Some(two));
    let trained = ritmo(&["train", arg(&project), "--epochs", "2", "--name", "m", "--json"]).json();
    assert!(trained["held_out_accuracy"].is_null() && trained["samples"].as_u64() > Some(100), "{trained}");
    let ran = ritmo(&["model", "list", arg(&project)]);
    assert!(!ran.stdout.contains("accuracy"), "nothing is scored on what trained it: {}", ran.stdout);

    // Both classes in one polygon of a table: nothing can be parted.
    let mut samples = Sample::some(&[("forest", 6), ("maize", 6)]);
    samples.iter_mut().for_each(|sample| sample.polygon = 1);
    learns(&samples);
    let table = table(folder.path(), &samples);
    let ran = ritmo(&["crossval", "--samples", arg(&table), "--folds", "2", "--json"]);
    let why = ran.failure();
    assert!(why.contains("1 group") && why.contains("cannot be parted into 2 folds"), "{why}");
}

#[test]
fn series_without_a_single_observation_are_left_out_or_refused_and_get_no_class() {
    let folder = tempfile::tempdir().unwrap();
    let mut samples = Sample::some(&[("forest", 12), ("maize", 12)]);
    for sample in [0, 13] {
        samples[sample].values = [[None; 2]; 4];
    }
    // A band that was never seen.
    samples[5].values.iter_mut().for_each(|bands| bands[0] = None);
    let mut all = Sample::some(&[("forest", 12), ("maize", 12)]);
    all.iter_mut().for_each(|sample| sample.values = [[None; 2]; 4]);
    for network in NETWORKS {
        let (some, model) = (table(folder.path(), &samples), folder.path().join(network));
        let trained = train(&some, &model, network).json();
        assert!(trained["samples"].as_u64() <= Some(21), "{trained}");
        let out = folder.path().join("out.csv");
        let told = ritmo(&["predict", arg(&model), arg(&some), "--output", arg(&out), "--json"]).json();
        assert_eq!((told["series"].as_u64(), told["unusable"].as_u64()), (Some(24), Some(3)), "{network}");
        let none = table(folder.path(), &all);
        let ran = train(&none, &folder.path().join("nothing"), network);
        assert!(ran.failure().contains("no sample to learn from"), "{}", ran.stderr);
        let told = ritmo(&["predict", arg(&model), arg(&none), "--output", arg(&out), "--json"]).json();
        assert_eq!(told["unusable"], 24);
    }
    let ran = ritmo(&["crossval", "--samples", arg(&table(folder.path(), &all)), "--json"]);
    assert!(!ran.failure().is_empty());
}

#[test]
fn a_map_with_a_model_of_other_dates_says_which_the_cube_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    ritmo(&["train", arg(&project), "--name", "m", "--epochs", "2", "--json"]).json();
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    for month in 1..=2 {
        mosaic(&other.join(format!("o_2022-{month:02}-15.tif")), &grid(), &["B04", "B08"], month);
    }
    ritmo(&["cube", "build", arg(&project), "--site", "other", arg(&other), "--json"]).json();
    let ran = ritmo(&["map", arg(&project), "--model", "m", "--site", "other"]);
    let why = ran.failure();
    assert!(why.contains("from 4 dates, and the cube has no date near 2022-03-15 and 2022-04-15"), "{why}");
    assert!(!project.join("maps/other").join("m.tif").exists());
}

#[test]
fn what_a_model_is_exported_to_must_be_a_file_that_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let (table, model) =
        (table(folder.path(), &Sample::some(&[("forest", 6), ("maize", 6)])), folder.path().join("m"));
    train(&table, &model, "pixel").json();
    let file = folder.path().join("a file");
    fs::write(&file, "x").unwrap();
    let taken = folder.path().join("taken");
    fs::create_dir_all(taken.join("more")).unwrap();
    let mut places = vec![folder.path().join("absent/m"), file.join("m"), taken.clone()];
    // Not even the superuser may write there.
    if Path::new("/proc/version").exists() {
        places.push("/proc/m".into());
    }
    for place in &places {
        for option in ["--onnx", "--stac"] {
            let ran = ritmo(&["model", "export", arg(&model), option, arg(place), "--json"]);
            let why = ran.failure();
            assert!(why.contains(arg(place)) && why.contains("may you write into it?"), "{why}");
        }
    }
    assert_eq!(fs::read(&file).unwrap(), b"x");
    assert!(taken.join("more").is_dir(), "nothing was removed");
    let mut left: Vec<String> =
        fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["a file", "m", "samples.csv", "taken"], "no half file is left behind");
}
