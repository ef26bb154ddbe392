//! Tables of samples in and tables of classes out; the models of a project listed, renamed and deleted: through the program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use support::{arg, command, project, ritmo, shared_data, square, two_classes};

/// A project with a trained model `m`.
fn trained(folder: &Path) -> PathBuf {
    let project = project(folder, Some(two_classes()));
    ritmo(&["train", arg(&project), "--name", "m", "--epochs", "12", "--json"]).json();
    project
}

/// A CSV table as rows of cells, the titles first.
fn cells(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| line.split(',').map(String::from).collect()).collect()
}

#[test]
fn the_samples_of_a_project_are_classified_from_their_own_table() {
    let folder = tempfile::tempdir().unwrap();
    let project = trained(folder.path());
    let (model, table) = (project.join("models/m"), folder.path().join("muestras ñ.parquet"));
    let samples = ritmo(&["samples", arg(&project), "--output", arg(&table), "--json"]).json();
    let told = ritmo(&["predict", arg(&model), arg(&table), "--json"]).json();
    assert_eq!((&told["series"], &told["unusable"]), (&samples["samples"], &0.into()));
    let made = folder.path().join("muestras ñ-predicted.parquet");
    assert_eq!(told["path"].as_str(), made.to_str());
    assert!(fs::metadata(&made).unwrap().len() > 1000);

    let output = folder.path().join("classes.csv");
    let ran = ritmo(&["predict", arg(&model), arg(&table), "--output", arg(&output)]);
    assert!(
        ran.stdout.contains("samples classified into") && ran.stdout.contains("pasture"),
        "{}",
        ran.stdout
    );
    let rows = cells(&output);
    let titles = ["sample_id", "longitude", "latitude", "class", "probability", "p_forest", "p_pasture"];
    assert_eq!(rows[0], titles);
    assert_eq!(rows.len() as u64 - 1, samples["samples"].as_u64().unwrap());
    for row in &rows[1..] {
        let number = |at: usize| row[at].parse::<f64>().unwrap();
        assert!((number(5) + number(6) - 1.0).abs() < 1e-5, "{row:?}");
        assert_eq!(number(4), number(5).max(number(6)));
        // Forest lies in the left half of the grid, which begins at 93 degrees west.
        let (left, forest) = (number(1) < -92.9955, row[3] == "forest");
        assert_eq!(left, forest, "{row:?}");
    }
}

#[test]
fn a_published_table_is_classified_and_what_does_not_fit_is_said() {
    let Some(samples) = shared_data("samples") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (model, out) = (folder.path().join("model"), folder.path().join("out.csv"));
    let table = samples.join("mt_mod13q1_2115_9classes_2017.parquet");
    let train =
        ["train", "--samples", arg(&table), "--output", arg(&model), "--inputs", "MIR,NDVI", "--epochs", "4"];
    assert_eq!(ritmo(&train).code, 0);
    // The bands stand in another order there, and the labels are not looked at.
    let other = samples.join("mt_mod13q1_1892_9classes.parquet");
    let ran =
        ritmo(&["predict", "--model", arg(&model), "--input", arg(&other), "--output", arg(&out), "--json"]);
    let told = ran.json();
    assert_eq!(told["series"], 1892);
    assert!(told["notes"].to_string().contains("most frequent dates"), "{told}");
    assert!(ran.stderr.contains("most frequent dates"), "what was made of the dates is told: {}", ran.stderr);
    let counted: u64 =
        told["counts"].as_array().unwrap().iter().map(|c| c["samples"].as_u64().unwrap()).sum();
    assert_eq!(counted + told["unusable"].as_u64().unwrap(), 1892);
    assert_eq!(cells(&out).len(), 1893);

    let two = samples.join("l8_rondonia_160_4classes.parquet");
    let ran = ritmo(&["predict", arg(&model), arg(&two), "--output", arg(&out)]);
    let why = ran.failure();
    assert!(why.contains("no band MIR") && why.contains("Its bands are EVI, NDVI"), "{why}");
    let rondonia = folder.path().join("rondonia");
    let train =
        ["train", "--samples", arg(&two), "--output", arg(&rondonia), "--inputs", "NDVI", "--epochs", "1"];
    assert_eq!(ritmo(&train).code, 0);
    let ran = ritmo(&["predict", arg(&rondonia), arg(&table), "--output", arg(&out)]);
    let why = ran.failure();
    assert!(why.contains("other dates (23") && why.contains("Give series of"), "{why}");
    assert_eq!(cells(&out).len(), 1893, "what was there stays");
}

#[test]
fn a_table_is_not_written_over_or_where_it_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    let project = trained(folder.path());
    let model = project.join("models/m");
    let table = folder.path().join("t.csv");
    let rows: String = (1..=4).map(|m| format!("1,2022-{m:02}-15,{m}\n")).collect();
    fs::write(&table, format!("sample_id,date,B04\n{rows}")).unwrap();
    let why = |output: &Path| {
        let ran = ritmo(&["predict", arg(&model), arg(&table), "--output", arg(output)]);
        ran.failure().to_string()
    };
    assert!(why(&table).contains("the series are in it"), "{}", why(&table));
    assert!(why(&folder.path().join("a.tif")).contains(".parquet or .csv"));
    assert!(why(&folder.path().join("a.csv")).contains("no band B08. Its bands are B04"));
    fs::write(&table, format!("sample_id,date,B04,B08\n{}", rows.replace('\n', ",\n"))).unwrap();
    assert!(why(&folder.path().join("absent/a.csv")).contains("absent/a.csv"));
    let out = folder.path().join("a.csv");
    let ran = ritmo(&["predict", arg(&model), arg(&table), "--output", arg(&out)]);
    assert!(ran.stdout.contains("1 sample could not be classified"), "{} {}", ran.stdout, ran.stderr);
    assert_eq!(cells(&out)[1], ["1", "", "", "", "", "", ""]);
    for wrong in [&["predict"][..], &["predict", arg(&model)], &["predict", "a", "b", "--model", "c"]] {
        let ran = ritmo(wrong);
        assert!(ran.code == 2 && ran.stdout.is_empty(), "{wrong:?}: {}", ran.stderr);
    }
}

fn names(project: &Path) -> Vec<String> {
    let listed = ritmo(&["model", "list", arg(project), "--json"]).json();
    let name = |model: &Value| model["name"].as_str().unwrap().to_string();
    listed["models"].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn models_are_listed_with_scores_and_renamed_with_their_maps() {
    let folder = tempfile::tempdir().unwrap();
    // Four of each class: one chooses the epoch, one is kept for the assessment.
    let of = |(class, col)| [2.0, 17.0, 32.0, 47.0].map(|row| square(class, col, row, 13.0));
    let features = [("forest", 4.0), ("pasture", 60.0)].into_iter().flat_map(of).collect();
    let project = project(folder.path(), Some(features));
    let ran = ritmo(&["model", "list", arg(&project)]);
    assert!(ran.stdout.contains("no model yet"), "{}", ran.stdout);
    ritmo(&["train", arg(&project), "--name", "m", "--epochs", "12", "--json"]).json();
    ritmo(&["map", arg(&project), "--model", "m", "--json"]).json();
    ritmo(&["assess", arg(&project), "--map", "m", "--json"]).json();
    let listed = ritmo(&["model", "list", arg(&project), "--json"]).json();
    let model = &listed["models"][0];
    assert_eq!((&model["name"], &model["network"]), (&"m".into(), &"tempcnn".into()));
    assert!(model["samples"].as_u64().unwrap() > 100 && model["created"].as_str().unwrap().len() > 10);
    for scores in ["held_out", "assessed"] {
        let accuracy = model[scores]["overall_accuracy"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&accuracy), "{model}");
        assert!(model[scores]["obtained"].as_str().unwrap().contains("annotation"), "{model}");
    }
    let words = ritmo(&["model", "list", arg(&project)]).stdout;
    assert!(words.contains("m: TempCNN") && words.contains("not a final score"), "{words}");

    let ran = ritmo(&["model", "rename", arg(&project), "m", "a/b"]);
    assert!(ran.failure().contains("a_b"), "{}", ran.stderr);
    let ran = ritmo(&["model", "rename", arg(&project), "absent", "b"]);
    assert!(ran.failure().contains("no model absent"), "{}", ran.stderr);
    let told = ritmo(&["model", "rename", arg(&project), "m", "maíz 2022", "--json"]).json();
    assert!(Path::new(told["path"].as_str().unwrap()).join("model.json").exists(), "{told}");
    assert_eq!(names(&project), ["maíz 2022"]);
    assert!(project.join("maps/site/maíz 2022.tif").exists() && !project.join("maps/site/m.tif").exists());
    let listed = ritmo(&["model", "list", arg(&project), "--json"]).json();
    assert!(listed["models"][0]["assessed"]["overall_accuracy"].is_number(), "{listed}");
}

#[test]
fn a_model_is_deleted_after_a_yes_only() {
    let folder = tempfile::tempdir().unwrap();
    let project = trained(folder.path());
    ritmo(&["map", arg(&project), "--model", "m", "--json"]).json();
    fs::create_dir(project.join("models/torn")).unwrap();
    fs::write(project.join("models/torn/model.json"), "{").unwrap();
    let delete = |answer: &str, options: &[&str]| {
        use std::io::Write;
        let mut child = command(&[&["model", "delete", arg(&project)][..], options].concat())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It may end without reading the answer.
        let _ = child.stdin.take().unwrap().write_all(answer.as_bytes());
        let out = child.wait_with_output().unwrap();
        (out.status.code(), String::from_utf8(out.stderr).unwrap())
    };
    for answer in ["", "n\n", "maybe\n"] {
        let (code, said) = delete(answer, &["m"]);
        assert!(
            code == Some(1) && said.contains("cannot be undone") && said.contains("was not deleted"),
            "{said}"
        );
        assert_eq!(names(&project), ["m"]);
    }
    let (code, said) = delete("", &["absent"]);
    assert!(code == Some(1) && said.contains("no model absent"), "{said}");
    assert_eq!(delete("y\n", &["m"]).0, Some(0));
    assert!(names(&project).is_empty() && project.join("maps/site/m.tif").exists(), "its map stays");
    let listed = ritmo(&["model", "list", arg(&project), "--json"]).json();
    assert!(listed["damaged"][0]["why"].as_str().unwrap().contains("model.json"), "{listed}");
    assert_eq!(delete("", &["torn", "--yes", "--maps-too"]).0, Some(0));
    assert!(!project.join("models/torn").exists());
}
