//! Tables of samples through the program: cross-validation and training without a project.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A table of the real samples beside the checkout, or `None`, with a printed line, where it is absent.
fn table() -> Option<PathBuf> {
    let file = "../shared/data/samples/mt_mod13q1_2115_9classes_2017.parquet";
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    if !path.exists() {
        println!("skipped: {file} is absent");
        return None;
    }
    Some(path)
}

/// Runs the program; gives what it printed as JSON, or what it complained of.
fn ritmo(arguments: &[&str]) -> Result<Value, String> {
    let run = Command::new(env!("CARGO_BIN_EXE_ritmo")).args(arguments).arg("--json").output().unwrap();
    if !run.status.success() {
        return Err(String::from_utf8_lossy(&run.stderr).into_owned());
    }
    Ok(serde_json::from_slice(&run.stdout).unwrap())
}

#[test]
fn a_network_and_the_baselines_are_cross_validated_on_a_published_table() {
    let Some(table) = table() else { return };
    let table = table.to_str().unwrap();
    let bands = ["--bands", "NDVI,EVI,NIR,MIR", "--folds", "2", "--group", "cell:0.1", "--set", "epochs=4"];
    let mut arguments = vec!["crossval", "--samples", table];
    arguments.extend(bands);
    let value = ritmo(&arguments).unwrap();
    assert_eq!((value["samples"].as_u64(), value["classes"].as_array().map(Vec::len)), (Some(2115), Some(9)));
    let support: u64 =
        value["classes"].as_array().unwrap().iter().map(|c| c["support"].as_u64().unwrap()).sum();
    assert_eq!(support, 2115, "each sample is tested once");
    for name in ["overall_accuracy", "macro_f1", "weighted_f1", "mean_accuracy", "mean_macro_f1"] {
        let share = value[name].as_f64().unwrap();
        assert!(share > 0.2 && share < 1.0, "{name} {share}");
    }
    assert!(value["obtained"].as_str().unwrap().contains("0.1 degrees"));
    let forest = &value["baselines"][0];
    // By two folds of cells it does somewhat worse than by the published five.
    let accuracy = forest["overall_accuracy"].as_f64().unwrap();
    assert!((0.7..0.9).contains(&accuracy), "random forest {accuracy}");
    let why = ritmo(&["crossval", "--samples", table, "--bands", "ndvi"]).unwrap_err();
    assert!(why.contains("no band ndvi") && why.contains("Is NDVI meant?"), "{why}");
}

#[test]
fn a_model_is_trained_on_a_table_without_a_project() {
    let Some(table) = table() else { return };
    let home = tempfile::tempdir().unwrap();
    let model = home.path().join("model");
    let arguments = ["train", "--samples", table.to_str().unwrap(), "--output", model.to_str().unwrap()];
    let mut few = arguments.to_vec();
    few.extend(["--inputs", "NDVI,MIR", "--epochs", "3"]);
    let value = ritmo(&few).unwrap();
    assert_eq!(value["bands"], serde_json::json!(["NDVI", "MIR"]));
    assert!(value["held_out_accuracy"].as_f64().unwrap() > 0.3, "{value}");
    let card: Value = serde_json::from_slice(&std::fs::read(model.join("model.json")).unwrap()).unwrap();
    assert_eq!(card["classes"].as_array().map(Vec::len), Some(9));
    assert!(card["notes"].to_string().contains("different dates"), "{}", card["notes"]);

    let other = home.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("thesis.txt"), "years").unwrap();
    let mut wrong = arguments.to_vec();
    wrong[4] = other.to_str().unwrap();
    assert!(ritmo(&wrong).unwrap_err().contains("something else is there"));
    assert!(ritmo(&["train", "--samples", "none.parquet"]).is_err(), "an output is asked for");
    assert!(ritmo(&["crossval"]).is_err(), "a project or a table is asked for");
}

#[test]
fn a_training_that_is_killed_is_resumed_and_comes_to_the_same_model() {
    let Some(table) = table() else { return };
    let home = tempfile::tempdir().unwrap();
    let (whole, killed) = (home.path().join("whole"), home.path().join("killed"));
    let options = ["--samples", table.to_str().unwrap(), "--inputs", "NDVI,MIR", "--epochs", "30"];
    let train = |output: &Path, more: &[&str]| {
        let mut arguments = vec!["train", "--output", output.to_str().unwrap()];
        arguments.extend(more);
        ritmo(&arguments)
    };
    train(&whole, &options).unwrap();

    let checkpoint = home.path().join(".killed.checkpoint");
    let mut child = Command::new(env!("CARGO_BIN_EXE_ritmo"))
        .args(["train", "--output", killed.to_str().unwrap()])
        .args(options)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // On a fast machine it may be over before anything was written: then there is nothing to resume.
    while !checkpoint.exists() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let samples = ["--samples", table.to_str().unwrap(), "--resume"];
    if killed.join("model.json").exists() {
        let why = train(&killed, &samples).unwrap_err();
        assert!(why.contains("train it anew"), "{why}");
        return;
    }
    train(&killed, &samples).unwrap();
    assert!(!checkpoint.exists());
    let weights = |folder: &Path| std::fs::read(folder.join("model.safetensors")).unwrap();
    assert_eq!(weights(&killed), weights(&whole), "not a bit differs");
    assert!(train(&killed, &samples).unwrap_err().contains("train it anew"));
    let why = train(&killed, &[&samples[..], &["--epochs", "3"]].concat()).unwrap_err();
    assert!(why.contains("--resume"), "its options are those that it had: {why}");
}
