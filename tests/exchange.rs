//! Models in and out, end to end through the real program: their checkpoint in, series through it, ONNX and STAC out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use safetensors::SafeTensors;
use support::{arg, project, ritmo, two_classes};

const BANDS: &str = "B02,B03,B04,B05,B06,B07,B08,B8A,B11,B12";

fn reforestamos(name: &str) -> Option<std::path::PathBuf> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reforestamos").join(name);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn floats(bytes: &[u8], name: &str) -> Vec<f32> {
    let file = SafeTensors::deserialize(bytes).unwrap();
    file.tensor(name).unwrap().data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

#[test]
fn their_checkpoint_becomes_a_model_that_gives_what_pytorch_gives() {
    let (Some(checkpoint), Some(parity)) = (
        reforestamos("epoch_18-step_2204-loss_0.939-f1score_0.813.ckpt"),
        reforestamos("pixel_parity_shared.safetensors"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (model, out) = (folder.path().join("modelo ñ"), folder.path().join("out.safetensors"));
    let import = ["model", "import", arg(&checkpoint), "--as", "pixel", "--output", arg(&model)];
    let run = ritmo(&import);
    let why = run.failure();
    assert!(why.contains("--legend (10 classes") && why.contains("12 or 13 dates"), "{why}");
    assert!(!model.exists());

    let known = ["--legend", "reforestamos", "--bands", BANDS, "--dates", "2021-11-01/14d/13", "--json"];
    let told = ritmo(&[&import[..], &known[..]].concat()).json();
    assert_eq!(told["network"], "pixel");
    assert!(told["imported_from"].as_str().unwrap().contains("epoch_18"));
    assert!(told["training"].is_null(), "how it was trained is not known");

    let predict =
        ["predict", "--model", arg(&model), "--input", arg(&parity), "--output", arg(&out), "--json"];
    let predicted = ritmo(&predict).json();
    assert_eq!((&predicted["series"], &predicted["unusable"]), (&64.into(), &0.into()));
    let (got, expected) = (std::fs::read(&out).unwrap(), std::fs::read(&parity).unwrap());
    let (got, expected) = (floats(&got, "logits"), floats(&expected, "logits"));
    assert_eq!(got.len(), 640);
    for (got, expected) in got.iter().zip(&expected) {
        assert!((got - expected).abs() < 1e-4, "{got}, PyTorch has {expected}");
    }
}

#[test]
fn a_trained_model_goes_on_and_goes_out() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    for network in ["pixel", "ltae"] {
        let set = ["--set", "epochs=3", "--json"];
        let train = ["train", arg(&project), "--name", network, "--model", network];
        ritmo(&[&train[..], &set[..]].concat()).json();
        let on = format!("{network}-on");
        let train = ["train", arg(&project), "--name", &on, "--warm-start", network];
        ritmo(&[&train[..], &set[..]].concat()).json();
        let info = ritmo(&["model", "info", arg(&project.join("models").join(&on)), "--json"]).json();
        assert_eq!(info["network"], network, "the network stays");
        let notes = info["notes"].to_string();
        assert!(notes.contains("went on from") && notes.contains("dropped and filled again"), "{notes}");
        ritmo(&["map", arg(&project), "--model", &on, "--json"]).json();

        let (onnx, stac) = (folder.path().join("m.onnx"), folder.path().join("m.json"));
        let model = project.join("models").join(&on);
        ritmo(&["model", "export", arg(&model), "--onnx", arg(&onnx), "--stac", arg(&stac), "--json"]).json();
        assert!(std::fs::metadata(&onnx).unwrap().len() > 10_000);
        let words = ritmo(&["model", "export", arg(&model), "--onnx", arg(&onnx)]).stdout;
        assert_eq!(
            words.contains("the input missing"),
            network == "ltae",
            "what becomes of gaps is told: {words}"
        );
        let item: serde_json::Value = serde_json::from_slice(&std::fs::read(&stac).unwrap()).unwrap();
        assert_eq!(item["properties"]["mlm:input"][0]["bands"], serde_json::json!(["B04", "B08"]));
    }
    let run = ritmo(&["train", arg(&project), "--warm-start", "absent"]);
    assert!(run.failure().contains("there is no model absent"));
    let nowhere = folder.path().join("not/there.onnx");
    let run = ritmo(&["model", "export", arg(&project.join("models/pixel")), "--onnx", arg(&nowhere)]);
    assert!(run.failure().contains("not/there.onnx"));
    let run = ritmo(&["train", arg(&project), "--set", "fliters=3"]);
    assert!(run.failure().contains("has no option fliters. There are filters"));
}

#[test]
fn every_option_is_listed_with_its_default() {
    for network in ["tempcnn", "pixel", "ltae"] {
        let told = ritmo(&["train", "--options", "--model", network, "--json"]).json();
        let options = told["options"].as_array().unwrap();
        assert!(options.len() > 15, "{told}");
        assert!(
            options.iter().all(|o| !o["default"].is_null() && o["sentence"].as_str().unwrap().ends_with('.'))
        );
    }
}
