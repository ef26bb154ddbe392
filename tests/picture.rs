//! Pictures as files, from the command line.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use resvg::tiny_skia::Pixmap;
use std::path::Path;
use support::{arg, project, ritmo};

fn read(path: &Path) -> Pixmap {
    Pixmap::load_png(path).unwrap()
}

/// The colour of a pixel.
fn pixel(picture: &Pixmap, col: u32, row: u32) -> [u8; 4] {
    let p = picture.pixel(col, row).unwrap();
    [p.red(), p.green(), p.blue(), p.alpha()]
}

#[test]
fn a_picture_of_a_date_shows_its_values_and_tells_where_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), None);
    let file = folder.path().join("summer.png");
    let told = ritmo(&[
        "picture",
        arg(&project),
        "--date",
        "2022-02-15",
        "--composite",
        "B04,B08,B04",
        "--stretch",
        "0,5100",
        "--window",
        "40,10,20,8",
        "--output",
        arg(&file),
        "--json",
    ])
    .json();
    assert_eq!((&told["width"], &told["height"], &told["step"]), (&20.into(), &8.into(), &1.into()));
    assert_eq!(told["channels"][1], serde_json::json!({ "name": "B08", "low": 0.0, "high": 5100.0 }));
    let picture = read(&file);
    // As `support::mosaic` writes it: dark on the left, 1500 + 600 x 2 on the right, and noise that the pixel tells.
    for (col, row) in [(0u32, 0u32), (7, 3), (8, 0), (19, 7)] {
        let (x, y) = (col + 40, row + 10);
        let noise = (y * 96 + x) as usize * 7919 % 61;
        let value = if x < 48 { 500 } else { 2700 } + noise;
        let byte = (value as f64 / 5100.0 * 255.0).round() as u8;
        assert_eq!(pixel(&picture, col, row)[0], byte, "{col} {row}");
    }
    let world = std::fs::read_to_string(file.with_extension("pgw")).unwrap();
    let numbers: Vec<f64> = world.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(numbers, [10.0, 0.0, 0.0, -10.0, 500_405.0, 1_899_895.0]);
}

#[test]
fn a_single_index_has_the_colours_of_its_ramp_and_the_size_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), None);
    let file = folder.path().join("b08.png");
    let run = |more: &[&str]| {
        let all = [
            "picture",
            arg(&project),
            "--date",
            "2022-01-15",
            "--composite",
            "B08",
            "--output",
            arg(&file),
            "--replace",
        ];
        ritmo(&[&all, more, &["--json"]].concat()).json()
    };
    let told = run(&["--size", "24", "--ramp", "grey", "--stretch", "view", "--percentiles", "0,100"]);
    assert_eq!((&told["width"], &told["height"], &told["step"]), (&24.into(), &16.into(), &4.into()));
    let plain = read(&file);
    let [left, right] = [pixel(&plain, 0, 8), pixel(&plain, 23, 8)];
    assert!(left[0] == left[1] && left[1] == left[2], "grey has no hue: {left:?}");
    assert!(right[0] > left[0], "the bright half is bright");
    run(&["--size", "24", "--ramp", "grey", "--inverted", "--stretch", "view", "--percentiles", "0,100"]);
    let inverted = read(&file);
    assert!(pixel(&inverted, 23, 8)[0] < pixel(&inverted, 0, 8)[0]);
    run(&["--size", "24", "--ramp", "grey", "--gamma", "3", "--stretch", "0,6000"]);
    let bright = read(&file);
    run(&["--size", "24", "--ramp", "grey", "--stretch", "0,6000"]);
    assert!(pixel(&bright, 0, 8)[0] > pixel(&read(&file), 0, 8)[0]);
}

#[test]
fn all_dates_come_on_one_sheet() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), None);
    let file = folder.path().join("all.png");
    let told = ritmo(&["picture", arg(&project), "--date", "all", "--output", arg(&file), "--json"]).json();
    assert_eq!(told["dates"].as_array().unwrap().len(), 4);
    assert!(told["world_file"].is_null() && !file.with_extension("pgw").exists());
    let sheet = read(&file);
    assert_eq!(
        (Some(sheet.width().into()), Some(sheet.height().into())),
        (told["width"].as_u64(), told["height"].as_u64())
    );
    assert!(sheet.width() >= 2 * 96 && sheet.height() >= 2 * 64);
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), None);
    let file = folder.path().join("a.png");
    let base = ["picture", arg(&project), "--output", arg(&file)];
    for (more, words) in [
        (&["--date", "2022-01-16"][..], "no date 2022-01-16: it has 2022-01-15, 2022-02-15"),
        (&["--date", "2022-01-15", "--composite", "B08,B77,B04"], "`B77` is no band of this cube"),
        (&["--date", "2022-01-15", "--composite", "swir2,nir,red"], "swir2"),
        (&["--date", "2022-01-15", "--window", "90,0,20,20"], "does not hold 20 x 20 pixels"),
        (&["--date", "2022-01-15", "--stretch", "9,9"], "lower first"),
        (&["--date", "2022-01-15", "--stretch", "bright"], "give site, view"),
        (
            &["--date", "2022-01-15", "--composite", "B08", "--stretch", "1,2,3,4,5,6"],
            "do not fit 1 channels",
        ),
        (&["--date", "2022-01-15", "--gamma", "0"], "gamma of 0"),
        (&["--date", "2022-01-15", "--site", "moon"], "no site moon"),
    ] {
        let ran = ritmo(&[&base, more].concat());
        assert!(ran.failure().contains(words), "{more:?}: {}", ran.stderr);
        assert!(!file.exists());
    }
    assert_eq!(ritmo(&[&base[..], &["--date", "yesterday"]].concat()).code, 2);
    assert_eq!(ritmo(&[&base[..], &["--date", "all", "--ramp", "rainbow"]].concat()).code, 2);
}
