//! What is wrong with inputs is said in a sentence with the file and the way out, and nothing saved is lost.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod damage;
mod support;

use damage::damage_chunk;
use std::fs;
use std::path::{Path, PathBuf};
use support::{
    arg, geojson, grid, mosaic, mosaics, polygon, project, ritmo, shared_data, square, two_classes,
};

/// A project without imagery, and a folder of four mosaics beside it.
fn started(folder: &Path) -> (PathBuf, PathBuf) {
    let (project, inputs) = (folder.join("project"), folder.join("mosaics"));
    ritmo(&["new", arg(&project), "--json"]).json();
    mosaics(&inputs);
    (project, inputs)
}

/// Building from these inputs fails with a sentence that has all these words, and leaves no cube.
fn refuses(project: &Path, inputs: &Path, words: &[&str]) {
    let ran = ritmo(&["cube", "build", arg(project), "--site", "s", arg(inputs), "--json"]);
    let why = ran.failure();
    for word in words {
        assert!(why.contains(word), "«{word}» is missing in: {why}");
    }
    let cubes: Vec<_> = fs::read_dir(project.join("cubes")).into_iter().flatten().flatten().collect();
    assert!(cubes.is_empty(), "no half cube: {cubes:?}");
}

#[test]
fn an_empty_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (project, _) = started(folder.path());
    let empty = folder.path().join("vacío");
    fs::create_dir(&empty).unwrap();
    refuses(&project, &empty, &["vacío", "GeoTIFF"]);
    refuses(&project, &folder.path().join("absent"), &["absent"]);
}

#[test]
fn truncated_and_empty_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (project, inputs) = started(folder.path());
    let file = inputs.join("m_2022-03-15.tif");
    let whole = fs::read(&file).unwrap();
    for length in [0, 7, 200, whole.len() / 2, whole.len() - 100] {
        fs::write(&file, &whole[..length]).unwrap();
        refuses(&project, &inputs, &["m_2022-03-15.tif"]);
    }
    fs::write(&file, "this is no picture").unwrap();
    refuses(&project, &inputs, &["m_2022-03-15.tif"]);
}

#[test]
fn options_that_make_no_sense_are_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let (project, inputs) = started(folder.path());
    for options in [
        "",
        "--site s --each",
        "--site s --period fortnight",
        "--site s --from 2022-05-01 --to 2022-01-01",
        "--site s --extent 4,3,2,1",
        "--site s --crs EPSG:0",
        "--site s --mask scl=cloud",
        "--site s --append --resolution 20",
    ] {
        let options: Vec<_> = options.split_whitespace().collect();
        let ran = ritmo(&[&["cube", "build", arg(&project), arg(&inputs)][..], &options].concat());
        assert_eq!(ran.code, 2, "{options:?}: {}", ran.stderr);
        assert!(ran.stdout.is_empty() && !ran.stderr.contains("panicked"), "{options:?}: {}", ran.stderr);
    }
    assert!(!project.join("cubes").exists());
}

#[test]
fn an_extent_without_polygons_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (project, inputs) = started(folder.path());
    let file = folder.path().join("place.geojson");
    geojson(&file, vec![]);
    let build = ["cube", "build", arg(&project), "--site", "s", arg(&inputs), "--extent", arg(&file)];
    let ran = ritmo(&build);
    assert!(ran.failure().contains("place.geojson"), "{}", ran.stderr);
}

#[test]
fn dates_are_not_added_to_a_site_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let (project, inputs) = started(folder.path());
    let ran = ritmo(&["cube", "build", arg(&project), "--site", "nowhere", arg(&inputs), "--append"]);
    assert!(ran.failure().contains("nowhere"), "{}", ran.stderr);
}

#[test]
fn two_files_of_one_date_are_both_named() {
    let folder = tempfile::tempdir().unwrap();
    let (project, inputs) = started(folder.path());
    mosaic(&inputs.join("again_20220215.tif"), &grid(), &["B04", "B08"], 2);
    refuses(&project, &inputs, &["again_20220215.tif", "m_2022-02-15.tif", "2022-02-15"]);
}

#[test]
fn a_band_missing_in_one_date_is_named_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let (project, inputs) = started(folder.path());
    mosaic(&inputs.join("m_2022-04-15.tif"), &grid(), &["B04", "B11"], 4);
    refuses(&project, &inputs, &["m_2022-04-15.tif", "B08"]);
}

#[test]
fn names_without_a_date_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let (project, _) = started(folder.path());
    let undated = folder.path().join("undated");
    fs::create_dir(&undated).unwrap();
    mosaic(&undated.join("picture.tif"), &grid(), &["B04", "B08"], 1);
    refuses(&project, &undated, &["date"]);
}

#[test]
fn one_file_without_a_date_is_left_aside_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let (project, inputs) = started(folder.path());
    mosaic(&inputs.join("picture.tif"), &grid(), &["B04", "B08"], 1);
    let built = ritmo(&["cube", "build", arg(&project), "--site", "s", arg(&inputs), "--json"]).json();
    assert_eq!(built["time"], 4);
    assert!(built["skipped"][0]["file"].as_str().unwrap().ends_with("picture.tif"));
    assert!(built["skipped"][0]["why"].as_str().unwrap().contains("date"));
}

#[test]
fn grids_that_differ_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let (project, inputs) = started(folder.path());
    let shifted = ritmo::geo::Grid { left: 500_010.0, ..grid() };
    mosaic(&inputs.join("m_2022-05-15.tif"), &shifted, &["B04", "B08"], 5);
    refuses(&project, &inputs, &["m_2022-05-15.tif"]);
    // One satellite path of it: the others share dates with it, which is told first.
    let Some(data) = shared_data("newyork_l8_2018_misaligned") else { return };
    let one_path = folder.path().join("newyork");
    fs::create_dir(&one_path).unwrap();
    for file in fs::read_dir(&data).unwrap().flatten() {
        if file.file_name().to_string_lossy().starts_with("newyork_014031") {
            fs::copy(file.path(), one_path.join(file.file_name())).unwrap();
        }
    }
    refuses(&project, &one_path, &["grid", "newyork_014031"]);
}

#[test]
fn a_cube_that_cannot_be_rebuilt_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), None);
    let before = ritmo(&["cube", "info", arg(&project), "--json"]).json();
    let file = folder.path().join("mosaics/m_2022-03-15.tif");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let inputs = folder.path().join("mosaics");
    ritmo(&["cube", "build", arg(&project), "--site", "site", arg(&inputs)]).failure();
    assert_eq!(ritmo(&["cube", "info", arg(&project), "--json"]).json(), before);
}

#[test]
fn polygons_that_leave_no_pixel_are_told_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), None);
    let file = folder.path().join("odd.geojson");
    let features = vec![
        square("outside", 500.0, 500.0, 20.0),
        square("smaller than its buffer", 10.0, 10.0, 3.0),
        square("good", 30.0, 10.0, 16.0),
        polygon("a line", &[(10.0, 10.0), (20.0, 20.0), (30.0, 30.0)]),
    ];
    geojson(&file, features);
    let imported = ritmo(&["labels", "import", arg(&project), arg(&file), "--json"]).json();
    let told = imported["emptied_by_buffer"].as_array().unwrap().len()
        + imported["skipped"].as_array().unwrap().len();
    assert_eq!(told, 3, "{imported}");
    let why = imported["emptied_by_buffer"].to_string();
    assert!(why.contains("outside of the images") && why.contains("inward buffer"), "{why}");
}

#[test]
fn a_class_without_a_pure_pixel_is_named_and_training_goes_on_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut features = two_classes();
    features.push(square("tiny", 30.0, 10.0, 2.0));
    let project = project(folder.path(), Some(features));
    let ran = ritmo(&["train", arg(&project), "--epochs", "2", "--json"]);
    let trained = ran.json();
    assert_eq!(trained["classes"], serde_json::json!(["forest", "pasture"]));
    assert!(trained["left_out"].to_string().contains("tiny"), "{trained}");
    assert!(ran.stderr.contains("tiny"));
}

#[test]
fn training_stops_where_fewer_than_two_classes_remain() {
    let folder = tempfile::tempdir().unwrap();
    let features = vec![square("forest", 4.0, 4.0, 16.0), square("tiny", 60.0, 10.0, 2.0)];
    let project = project(folder.path(), Some(features));
    let ran = ritmo(&["train", arg(&project), "--json"]);
    let why = ran.failure();
    assert!(why.contains("two classes") && why.contains("tiny"), "{why}");
    assert!(
        !project.join("models").exists() || fs::read_dir(project.join("models")).unwrap().next().is_none()
    );
}

#[test]
fn label_files_that_are_none_are_named_and_nothing_is_imported() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    let before = fs::read(project.join("labels.geojson")).unwrap();
    let file = folder.path().join("malas etiquetas.geojson");
    for text in ["", "{", "[1, 2]", "{\"type\": \"FeatureCollection\"}", "\u{0}\u{1}"] {
        fs::write(&file, text).unwrap();
        let ran = ritmo(&["labels", "import", arg(&project), arg(&file), "--json"]);
        assert!(ran.failure().contains("malas etiquetas.geojson"), "{}", ran.stderr);
    }
    geojson(&file, two_classes());
    let ran = ritmo(&["labels", "import", arg(&project), arg(&file), "--class-field", "clase"]);
    assert!(ran.failure().contains("clase") && ran.stderr.contains("class"), "{}", ran.stderr);
    assert_eq!(fs::read(project.join("labels.geojson")).unwrap(), before);
}

#[test]
fn a_damaged_or_newer_project_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    let document = project.join("ritmo.json");
    let whole = fs::read_to_string(&document).unwrap();
    for (text, word) in [
        (whole[..whole.len() / 2].to_string(), "damaged"),
        (whole.replace("\"version\": 1", "\"version\": 2"), "newer"),
        (String::new(), "damaged"),
    ] {
        fs::write(&document, &text).unwrap();
        let ran = ritmo(&["train", arg(&project), "--json"]);
        let why = ran.failure();
        assert!(why.contains("ritmo.json") && why.contains(word), "{why}");
        assert_eq!(fs::read_to_string(&document).unwrap(), text);
    }
    fs::write(&document, &whole).unwrap();
    let labels = project.join("labels.geojson");
    let text = fs::read_to_string(&labels).unwrap();
    fs::write(&labels, &text[..text.len() / 2]).unwrap();
    let ran = ritmo(&["train", arg(&project)]);
    assert!(ran.failure().contains("labels.geojson"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&labels).unwrap().len(), text.len() / 2);
}

#[test]
fn a_project_that_cannot_be_made_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    fs::write(&file, "x").unwrap();
    let ran = ritmo(&["new", arg(&file.join("project"))]);
    assert!(ran.failure().contains("a file"), "{}", ran.stderr);
    let ran = ritmo(&["demo", arg(folder.path()), "--headless"]);
    assert!(ran.failure().contains("not empty"), "{}", ran.stderr);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was left behind");
}

#[test]
fn a_read_only_project_refuses_changes_and_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    // Rights do not bind the superuser; a lock that cannot be made does.
    fs::remove_file(project.join(".ritmo.lock")).unwrap();
    fs::create_dir(project.join(".ritmo.lock")).unwrap();
    let before = fs::read(project.join("labels.geojson")).unwrap();
    let ran = ritmo(&["train", arg(&project), "--json"]);
    assert!(ran.failure().contains("read-only"), "{}", ran.stderr);
    assert_eq!(fs::read(project.join("labels.geojson")).unwrap(), before);
    ritmo(&["cube", "info", arg(&project), "--json"]).json();
}

#[test]
fn a_map_with_a_model_of_other_bands_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    ritmo(&["train", arg(&project), "--name", "m", "--epochs", "2", "--json"]).json();
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    for month in 1..=4 {
        mosaic(&other.join(format!("o_2022-{month:02}-15.tif")), &grid(), &["B04", "B11"], month);
    }
    ritmo(&["cube", "build", arg(&project), "--site", "other", arg(&other), "--json"]).json();
    let ran = ritmo(&["map", arg(&project), "--model", "m", "--site", "other"]);
    assert!(ran.failure().contains("B08"), "{}", ran.stderr);
    let ran = ritmo(&["map", arg(&project), "--model", "m"]);
    assert!(ran.failure().contains("site, other"), "says which sites there are: {}", ran.stderr);
}

#[test]
fn a_damaged_chunk_is_reported_and_the_rest_is_learned_and_mapped() {
    let folder = tempfile::tempdir().unwrap();
    // The cube has a chunk of 64 columns and one of 32: pasture has pixels in both.
    let mut features: Vec<_> = [2.0, 22.0, 42.0].map(|row| square("forest", 4.0, row, 16.0)).to_vec();
    features.extend([2.0, 22.0, 42.0].map(|row| square("pasture", 50.0, row, 13.0)));
    features.push(square("pasture", 70.0, 2.0, 16.0));
    let project = project(folder.path(), Some(features));
    ritmo(&["train", arg(&project), "--name", "m", "--epochs", "2", "--json"]).json();
    let mapped = ritmo(&["map", arg(&project), "--model", "m", "--json"]).json();
    assert_eq!((mapped["pixels"].as_u64(), mapped["damaged"].as_array().unwrap().len()), (Some(96 * 64), 0));

    let store = project.join("cubes/site.zarr");
    damage_chunk(&store, (1, 0));
    let ran = ritmo(&["train", arg(&project), "--name", "n", "--epochs", "2", "--json"]);
    let trained = ran.json();
    let left_out = trained["left_out"].to_string();
    assert!(
        left_out.contains("pixels in damaged chunks were left out: chunk 1 across, 0 down"),
        "{left_out}"
    );
    assert!(ran.stderr.contains("damaged chunks"), "{}", ran.stderr);
    let ran = ritmo(&["map", arg(&project), "--model", "n", "--json"]);
    let mapped = ran.json();
    assert_eq!(mapped["pixels"], 64 * 64, "the damaged chunk has no class");
    let [sentence] = mapped["damaged"].as_array().unwrap().as_slice() else { panic!("{mapped}") };
    assert!(sentence.as_str().unwrap().contains("checksum"), "{sentence}");
    assert!(ran.stderr.contains("1 damaged chunk left empty on the map"), "{}", ran.stderr);

    // With nothing whole left there is nothing to learn from or to map.
    let shard = store.join("data/c/0/0/0/0");
    fs::write(&shard, &fs::read(&shard).unwrap()[..100]).unwrap();
    for verb in [&["train", arg(&project)][..], &["map", arg(&project), "--model", "m"]] {
        let ran = ritmo(verb);
        assert!(ran.failure().contains("is damaged"), "{}", ran.stderr);
    }
}

#[test]
fn gaps_are_filled_as_was_asked_and_a_model_remembers_it() {
    let folder = tempfile::tempdir().unwrap();
    let (inputs, project) = (folder.path().join("mosaics"), folder.path().join("project"));
    support::mosaics(&inputs);
    // Twelve rows of the third month were not seen.
    let grid = grid();
    let third = inputs.join("m_2022-03-15.tif");
    fs::remove_file(&third).unwrap();
    let values: Vec<u16> = (0..2 * grid.pixels())
        .map(|i| {
            let (col, row) = (i % grid.pixels() % 96, i % grid.pixels() / 96);
            if row < 12 { 0 } else { 500 + 1000 * u16::from(col >= 48) + (i * 7919 % 61) as u16 }
        })
        .collect();
    let kind = ritmo::geo::raster::PixelType::Uint16;
    ritmo::geo::raster::write_mosaic(&third, &grid, &["B04", "B08"], kind, 0.0, &values, &[]).unwrap();
    ritmo(&["new", arg(&project), "--json"]).json();
    ritmo(&["cube", "build", arg(&project), "--site", "site", arg(&inputs), "--json"]).json();
    let file = folder.path().join("labels.geojson");
    geojson(&file, two_classes());
    ritmo(&["labels", "import", arg(&project), arg(&file), "--json"]).json();

    let train = |fill: &str| {
        let ran = ritmo(&["train", arg(&project), "--name", fill, "--epochs", "2", "--fill", fill, "--json"]);
        let pixels = ritmo(&["map", arg(&project), "--model", fill, "--json"]).json()["pixels"].clone();
        (ran.json(), pixels)
    };
    let (linear, pixels) = train("linear");
    assert_eq!((linear["fill"].as_str(), pixels.as_u64()), (Some("linear"), Some(96 * 64)));
    let (last, pixels) = train("last");
    assert_eq!((last["fill"].as_str(), pixels.as_u64()), (Some("last"), Some(96 * 64)));
    assert_eq!(last["samples"], linear["samples"]);
    let (off, pixels) = train("off");
    assert_eq!((off["fill"].as_str(), pixels.as_u64()), (Some("off"), Some(96 * 52)));
    assert!(off["left_out"].to_string().contains("pixels with gaps were left out"), "{off}");
    assert!(off["samples"].as_u64() < linear["samples"].as_u64());
    let ran = ritmo(&["train", arg(&project), "--fill", "spline"]);
    assert!(ran.code == 2 && ran.stderr.contains("give off, linear or last"), "{}", ran.stderr);
}

#[test]
fn a_damaged_model_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    ritmo(&["train", arg(&project), "--name", "m", "--epochs", "2", "--json"]).json();
    let weights = project.join("models/m/model.safetensors");
    let whole = fs::read(&weights).unwrap();
    fs::write(&weights, &whole[..whole.len() / 2]).unwrap();
    let ran = ritmo(&["map", arg(&project), "--model", "m"]);
    assert!(ran.failure().contains("models/m") || ran.stderr.contains("no model"), "{}", ran.stderr);
}

#[test]
#[cfg(unix)]
fn a_program_killed_while_it_saves_loses_nothing_that_was_saved() {
    use std::process::Stdio;
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), None);
    let file = folder.path().join("more.geojson");
    geojson(&file, two_classes());
    let mut acknowledged = 0;
    for round in 0..24u64 {
        let mut child = support::command(&["labels", "import", arg(&project), arg(&file), "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Every moment of its life comes up in some round; in the last ones it may end.
        std::thread::sleep(std::time::Duration::from_millis(4 + round * 7 % 150));
        child.kill().unwrap();
        let out = child.wait_with_output().unwrap();
        let told = !out.stdout.is_empty();
        let saved = annotations(&project);
        assert!(saved.is_multiple_of(6), "a whole import or none of it: {saved}");
        assert!(saved >= acknowledged + if told { 6 } else { 0 }, "what was told is saved");
        acknowledged = saved;
    }
    let imported = ritmo(&["labels", "import", arg(&project), arg(&file), "--json"]).json();
    assert_eq!(imported["imported"], 6);
    assert_eq!(annotations(&project), acknowledged + 6);
    let trained = ritmo(&["train", arg(&project), "--epochs", "1", "--json"]).json();
    assert_eq!(trained["classes"].as_array().unwrap().len(), 2, "legend and labels fit");
}

fn annotations(project: &Path) -> usize {
    let text = fs::read_to_string(project.join("labels.geojson")).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).expect("labels.geojson is whole");
    value["features"].as_array().unwrap().len()
}
