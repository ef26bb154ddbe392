//! A model on other ground, end to end through the real program: what is shifted is named before it is mapped.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use ritmo::cube::Cube;
use ritmo::geo::raster::{PixelType, write_mosaic};
use serde_json::Value;
use std::path::{Path, PathBuf};
use support::{arg, geojson, grid, mosaics, project, ritmo, shared_data, square, two_classes};

const BANDS: [&str; 3] = ["B04", "B08", "B11"];

fn trained(project: &Path, more: &[&str]) -> PathBuf {
    let train = [
        &["train", arg(project), "--name", "first", "--epochs", "2", "--json"][..],
        &["--set", "filters=4", "--set", "dense=8", "--set", "layers=1"],
        more,
    ];
    ritmo(&train.concat()).json();
    project.join("models/first")
}

fn trust(project: &Path, site: &str) -> Value {
    ritmo(&["trust", arg(project), "--model", "first", "--site", site, "--json"]).json()
}

/// Writes a cube's mosaics again under dates of so many years later, near infrared of June to August as `summer` has it, and
/// adds them to the project as a site.
fn copied(project: &Path, home: &Path, name: &str, years: i32, summer: impl Fn(f32) -> f32) {
    use chrono::Datelike;
    let cube = Cube::open(&project.join("cubes/a.zarr")).unwrap();
    let info = cube.info();
    let folder = home.join(name);
    std::fs::create_dir(&folder).unwrap();
    let (across, down) = cube.chunk_counts();
    for (time, date) in info.dates.iter().enumerate() {
        let mut values = vec![0u16; BANDS.len() * info.grid.pixels()];
        for at in (0..down).flat_map(|y| (0..across).map(move |x| (x, y))) {
            let chunk = cube.decode(at).unwrap();
            let window = chunk.window;
            let mut plane = Vec::new();
            for (band, name) in BANDS.iter().enumerate() {
                let place = info.bands.iter().position(|b| b.name == *name).unwrap();
                chunk.plane(time * info.bands.len() + place, &mut plane);
                for (i, value) in plane.iter().enumerate().filter(|(_, value)| value.is_finite()) {
                    let is_summer = *name == "B08" && (6..=8).contains(&date.month());
                    let value = if is_summer { summer(*value) } else { *value };
                    let (col, row) = (i as u32 % window.width, i as u32 / window.width);
                    let pixel = (window.row + row) * info.grid.width + window.col + col;
                    values[band * info.grid.pixels() + pixel as usize] = value.clamp(1.0, 20_000.0) as u16;
                }
            }
        }
        let date = date.with_year(date.year() + years).unwrap();
        let path = folder.join(format!("{name}_{date}.tif"));
        write_mosaic(&path, &info.grid, &BANDS, PixelType::Uint16, 0.0, &values, &[]).unwrap();
    }
    ritmo(&["cube", "build", arg(project), "--site", name, arg(&folder), "--json"]).json();
}

#[test]
fn trained_in_flanders_the_shift_of_another_ground_is_named_and_its_copy_has_none() {
    let Some(data) = shared_data("flanders_s2_a_2018_monthly") else { return };
    let home = tempfile::tempdir().unwrap();
    let project = home.path().join("flanders");
    ritmo(&["new", arg(&project), "--json"]).json();
    let build = ["cube", "build", arg(&project), "--site", "a", arg(&data), "--bands", "B04,B08,B11"];
    ritmo(&[&build[..], &["--json"]].concat()).json();
    let labels = data.join("labels.geojson");
    ritmo(&["labels", "import", arg(&project), arg(&labels), "--buffer", "0", "--json"]).json();
    let model = trained(&project, &[]);
    assert!(model.join("statistics.json").is_file());
    assert_eq!(trust(&project, "a")["state"], "trained");

    copied(&project, home.path(), "copy", 1, |nir| nir);
    let told = trust(&project, "copy");
    println!("copy: {}", told["sentence"]);
    assert_eq!(told["state"], "fits", "{}", told["sentence"]);
    assert_eq!(told["sentence"], "This site looks like the ground it learned from");
    assert_eq!(told["values"].as_array().unwrap().len(), 16 * 3);
    assert_eq!(told["values"][0]["site_date"], "2018-08-15");
    assert_eq!(told["notes"], serde_json::json!([]));

    copied(&project, home.path(), "drifted", 1, |nir| 0.7 * nir - 600.0);
    let told = trust(&project, "drifted");
    let sentence = told["sentence"].as_str().unwrap();
    println!("drifted: {sentence}");
    assert_eq!(told["state"], "shifted");
    assert!(
        sentence.starts_with("Near infrared (B08) from June to August 2018 is lower than "),
        "{sentence}"
    );
    assert!(sentence.contains("(median 0.") && sentence.contains("expect vegetation classes to be wrong"));
    // What was found is kept, and told again when the site is mapped.
    let kept = std::fs::read_dir(project.join("statistics")).unwrap().flatten();
    assert_eq!(kept.filter(|file| file.file_name().to_string_lossy().ends_with(".trust.json")).count(), 2);
    let words = ritmo(&["trust", arg(&project), "--model", "first", "--site", "drifted"]);
    assert!(words.stdout.contains(sentence) && words.stdout.contains("2018-07-15"), "{}", words.stdout);
    let mapped = ritmo(&["map", arg(&project), "--model", "first", "--site", "drifted", "--json"]);
    assert_eq!(mapped.json()["trust"]["sentence"], sentence);
    assert!(mapped.stderr.contains(&format!("warning: drifted with first: {sentence}")), "{}", mapped.stderr);
    let mapped = ritmo(&["map", arg(&project), "--model", "first", "--site", "copy", "--json"]);
    assert_eq!(mapped.json()["trust"]["state"], "fits");
    assert!(mapped.stderr.contains("This site looks like"), "{}", mapped.stderr);
}

/// Writes the blocks of 16 pixels of a cube that have this parity as mosaics, under dates of so many months later.
fn blocks(cube: &Cube, folder: &Path, parity: u32, months: u32) {
    let info = cube.info();
    std::fs::create_dir(folder).unwrap();
    let (across, down) = cube.chunk_counts();
    for (time, date) in info.dates.iter().enumerate() {
        let mut values = vec![0u16; BANDS.len() * info.grid.pixels()];
        for at in (0..down).flat_map(|y| (0..across).map(move |x| (x, y))) {
            let chunk = cube.decode(at).unwrap();
            let (window, mut plane) = (chunk.window, Vec::new());
            for band in 0..BANDS.len() {
                chunk.plane(time * info.bands.len() + band, &mut plane);
                for (i, value) in plane.iter().enumerate().filter(|(_, value)| value.is_finite()) {
                    let (col, row) =
                        (window.col + i as u32 % window.width, window.row + i as u32 / window.width);
                    if (col / 16 + row / 16) % 2 == parity {
                        let pixel = row * info.grid.width + col;
                        values[band * info.grid.pixels() + pixel as usize] =
                            value.clamp(1.0, 20_000.0) as u16;
                    }
                }
            }
        }
        let date = date.checked_add_months(chrono::Months::new(months)).unwrap();
        let path = folder.join(format!("blocks_{date}.tif"));
        write_mosaic(&path, &info.grid, &BANDS, PixelType::Uint16, 0.0, &values, &[]).unwrap();
    }
}

#[test]
fn other_blocks_of_the_same_ground_fit_and_another_season_of_them_does_not() {
    let Some(data) = shared_data("flanders_s2_a_2018_monthly") else { return };
    let home = tempfile::tempdir().unwrap();
    let (whole, project) = (home.path().join("whole"), home.path().join("flanders"));
    ritmo(&["new", arg(&whole), "--json"]).json();
    let build = ["cube", "build", arg(&whole), "--site", "a", arg(&data), "--bands", "B04,B08,B11", "--json"];
    ritmo(&build).json();
    let cube = Cube::open(&whole.join("cubes/a.zarr")).unwrap();
    let site = |name: &str, parity: u32, months: u32| {
        let folder = home.path().join(name);
        blocks(&cube, &folder, parity, months);
        ritmo(&["cube", "build", arg(&project), "--site", name, arg(&folder), "--json"]).json();
    };
    ritmo(&["new", arg(&project), "--json"]).json();
    site("white", 0, 0);
    let labels = data.join("labels.geojson");
    ritmo(&["labels", "import", arg(&project), arg(&labels), "--buffer", "0", "--json"]).json();
    trained(&project, &[]);
    site("black", 1, 0);
    let told = trust(&project, "black");
    assert_eq!(told["state"], "fits", "{}", told["sentence"]);
    site("later", 1, 3);
    let told = trust(&project, "later");
    println!("later: {}", told["sentence"]);
    assert_eq!(told["state"], "shifted", "{}", told["sentence"]);
}

#[test]
fn a_site_far_away_with_other_bands_and_dates_does_not_keep_one_from_training_again() {
    let Some(data) = shared_data("sinop_modis_2013_2014") else { return };
    let home = tempfile::tempdir().unwrap();
    let project = small(home.path());
    ritmo(&["cube", "build", arg(&project), "--site", "a-far-one", arg(&data), "--json"]).json();
    trained(&project, &[]);
    let table = home.path().join("samples.parquet");
    let written = ritmo(&["samples", arg(&project), "--output", arg(&table), "--json"]).json();
    assert!(written["samples"].as_u64().unwrap() > 10, "{written}");
}

/// A project of two bands and four months that has a model.
fn small(home: &Path) -> PathBuf {
    let project = project(home, Some(two_classes()));
    trained(&project, &[]);
    project
}

fn site(project: &Path, home: &Path, name: &str, bands: &[&str], dates: &[&str], value: u16) {
    let folder = home.join(name);
    std::fs::create_dir(&folder).unwrap();
    for date in dates {
        let values = vec![value; bands.len() * grid().pixels()];
        let path = folder.join(format!("m_{date}.tif"));
        write_mosaic(&path, &grid(), bands, PixelType::Uint16, 0.0, &values, &[]).unwrap();
    }
    ritmo(&["cube", "build", arg(project), "--site", name, arg(&folder), "--json"]).json();
}

#[test]
fn what_the_model_cannot_map_is_told_before_and_refused_with_the_same_sentence() {
    let home = tempfile::tempdir().unwrap();
    let project = small(home.path());
    let year = ["2023-01-15", "2023-02-15", "2023-03-15", "2023-04-15"];
    site(&project, home.path(), "no-nir", &["B04", "B11"], &year, 900);
    site(&project, home.path(), "autumn", &["B04", "B08"], &["2023-09-15", "2023-10-15", "2023-11-15"], 900);
    for (name, words) in [("no-nir", "needs B08"), ("autumn", "no date near 2022-01-15, 2022-02-15")] {
        let told = trust(&project, name);
        assert_eq!(told["state"], "cannot_map", "{told}");
        let sentence = told["sentence"].as_str().unwrap();
        assert!(sentence.contains(words), "{sentence}");
        let ran = ritmo(&["map", arg(&project), "--model", "first", "--site", name, "--json"]);
        assert!(ran.failure().contains(sentence), "{}", ran.stderr);
    }
    // One date of four is a gap, and filled.
    site(&project, home.path(), "short", &["B04", "B08"], &year[..3], 900);
    let told = trust(&project, "short");
    assert!(told["notes"][0].as_str().unwrap().contains("1 of the 4 dates"), "{told}");
    assert!(told["values"][6]["site_date"].is_null());
    ritmo(&["map", arg(&project), "--model", "first", "--site", "short", "--json"]).json();
    let unknown = ritmo(&["trust", arg(&project), "--model", "first", "--site", "nowhere"]);
    assert!(unknown.failure().contains("nowhere"));
}

#[test]
fn a_site_with_gaps_everywhere_is_told_before_it_is_mapped() {
    let home = tempfile::tempdir().unwrap();
    let project = small(home.path());
    site(&project, home.path(), "dark", &["B04", "B08"], &["2023-01-15", "2023-02-15", "2023-03-15"], 0);
    let told = trust(&project, "dark");
    assert_eq!((&told["state"], &told["pixels"]), (&"empty".into(), &0.into()));
    let mapped = ritmo(&["map", arg(&project), "--model", "first", "--site", "dark", "--json"]);
    assert!(mapped.stderr.contains("the map would be empty"), "{}", mapped.stderr);
    assert_eq!(mapped.json()["pixels"], 0);
}

#[test]
fn another_project_is_told_what_its_legend_lacks_and_an_older_model_that_nothing_is_known() {
    let home = tempfile::tempdir().unwrap();
    let first = small(home.path());
    let model = first.join("models/first");
    let (other, inputs) = (home.path().join("other"), home.path().join("again"));
    mosaics(&inputs);
    ritmo(&["new", arg(&other), "--json"]).json();
    ritmo(&["cube", "build", arg(&other), "--site", "there", arg(&inputs), "--json"]).json();
    let file = home.path().join("one.geojson");
    geojson(&file, vec![square("forest", 4.0, 2.0, 16.0)]);
    ritmo(&["labels", "import", arg(&other), arg(&file), "--json"]).json();
    let told = ritmo(&["trust", arg(&other), "--model", arg(&model), "--json"]).json();
    assert_eq!(told["state"], "fits", "the same ground under another name: {}", told["sentence"]);
    let note = told["notes"][0].as_str().unwrap();
    assert!(note.contains("lacks 1 of its 2 classes") && note.ends_with("pasture"), "{note}");
    std::fs::remove_file(model.join("statistics.json")).unwrap();
    let told = ritmo(&["trust", arg(&other), "--model", arg(&model), "--json"]).json();
    assert_eq!(told["state"], "unknown");
    assert!(told["sentence"].as_str().unwrap().contains("trained before this was kept"), "{told}");
    let mapped = ritmo(&["map", arg(&other), "--model", arg(&model), "--json"]);
    assert_eq!(mapped.json()["trust"]["state"], "unknown");
}
