//! `ritmo series`, end to end: values, drawings and pictures of single pixels.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use support::{arg, geojson, grid, mosaic, project, ritmo, two_classes};

fn rows(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let words = |record: &csv::StringRecord| record.iter().map(str::to_string).collect::<Vec<_>>();
    let head = words(reader.headers().unwrap());
    (head, reader.records().map(|record| words(&record.unwrap())).collect())
}

/// What the small mosaics hold of a pixel.
fn stored(month: u16, band: usize, col: usize, row: usize) -> u16 {
    let pixel = row * 96 + col;
    assert!(band < 2 && col >= 48);
    1500 + 600 * (month % 3) + (pixel * 7919 % 61) as u16
}

#[test]
fn values_of_a_pixel_are_written_and_read_back_to_what_was_stored() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), None);
    let (dn, physical) = (folder.path().join("dn.csv"), folder.path().join("physical.csv"));
    let [lon, lat] = grid().lonlat_from_pixel(60.5, 7.5).unwrap();
    let place = format!("--lonlat={lon},{lat}");
    let by_place = ["series", arg(&project), &place, "--index", "NDVI", "--output", arg(&dn), "--json"];
    let told = ritmo(&by_place).json();
    assert_eq!((&told["dates"], &told["units"]), (&4.into(), &"dn".into()));
    assert_eq!((&told["pixels"][0]["column"], &told["pixels"][0]["row"]), (&60.into(), &7.into()));
    assert_eq!(told["pixels"][0]["observed"], 4);
    let names: Vec<_> =
        told["columns"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["B04", "B08", "NDVI"]);
    assert_eq!(told["bytes"], std::fs::metadata(&dn).unwrap().len());
    let (head, read) = rows(&dn);
    let column = |name: &str| head.iter().position(|other| other == name).unwrap();
    for (month, row) in (1..).zip(&read) {
        assert_eq!(row[column("B08")], stored(month, 1, 60, 7).to_string());
        assert_eq!(row[column("state")], "observed");
    }
    // These bands alone say nothing of their sensor.
    let again = ["series", arg(&project), "--pixel", "60,7", "--units", "reflectance"];
    let why = ritmo(&[&again[..], &["--output", arg(&physical)]].concat()).failure().to_string();
    assert!(why.contains("does not say how its numbers become reflectances"), "{why}");
}

#[test]
fn reflectances_read_back_to_what_was_stored() {
    let folder = tempfile::tempdir().unwrap();
    let (inputs, project) = (folder.path().join("mosaics"), folder.path().join("project"));
    std::fs::create_dir_all(&inputs).unwrap();
    for month in 1..=4 {
        let file = inputs.join(format!("m_2022-{month:02}-15.tif"));
        mosaic(&file, &grid(), &["B02", "B03", "B04", "B08"], month);
    }
    ritmo(&["new", arg(&project), "--json"]).json();
    ritmo(&["cube", "build", arg(&project), "--site", "site", arg(&inputs), "--json"]).json();
    let file = folder.path().join("physical.csv");
    let verb = ["series", arg(&project), "--pixel", "60,7", "--units", "reflectance", "--bands", "B08"];
    let told = ritmo(&[&verb[..], &["--smooth", "light", "--output", arg(&file), "--json"]].concat()).json();
    assert_eq!(told["columns"], serde_json::json!([{ "name": "B08", "unit": "reflectance" }]));
    let (head, read) = rows(&file);
    assert_eq!(head.last().unwrap(), "B08_smooth");
    let place = head.iter().position(|name| name == "B08").unwrap();
    for (month, row) in (1..).zip(&read) {
        let value: f64 = row[place].parse().unwrap();
        assert_eq!((value / 1e-4).round() as u16, stored(month, 1, 60, 7));
    }
}

#[test]
fn a_chart_of_several_pixels_is_a_drawing_or_a_picture_as_the_ending_says() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), None);
    let (svg, png) = (folder.path().join("a.svg"), folder.path().join("a.png"));
    for file in [&svg, &png] {
        let verb = ["series", arg(&project), "--pixel", "60,7", "--pixel", "3,4", "--index", "NDVI"];
        ritmo(&[&verb[..], &["--output", arg(file), "--json"]].concat()).json();
    }
    let text = std::fs::read_to_string(&svg).unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let seen = document.descendants().filter(|node| node.attribute("class") == Some("seen")).count();
    assert_eq!(seen, 2 * 3 * 4, "two pixels, three curves, four dates");
    let bytes = std::fs::read(&png).unwrap();
    assert_eq!(bytes[..8], *b"\x89PNG\r\n\x1a\n");
    assert_eq!(u32::from_be_bytes(bytes[16..20].try_into().unwrap()), 2000, "pixels across");
    assert!(bytes.len() > 10_000);
}

#[test]
fn years_lie_over_one_another_and_usual_years_stand_behind_as_in_the_window() {
    let folder = tempfile::tempdir().unwrap();
    let (inputs, project) = (folder.path().join("mosaics"), folder.path().join("project"));
    std::fs::create_dir_all(&inputs).unwrap();
    for (year, month) in [(2021, 1), (2021, 7), (2022, 2), (2022, 7)] {
        let file = inputs.join(format!("m_{year}-{month:02}-15.tif"));
        mosaic(&file, &grid(), &["B04", "B08"], month);
    }
    let [labels, table, svg] = ["labels.geojson", "a.csv", "a.svg"].map(|name| folder.path().join(name));
    geojson(&labels, two_classes());
    ritmo(&["new", arg(&project), "--json"]).json();
    ritmo(&["cube", "build", arg(&project), "--site", "site", arg(&inputs), "--json"]).json();
    ritmo(&["labels", "import", arg(&project), arg(&labels), "--json"]).json();
    let verb = ["series", arg(&project), "--pixel", "60,7", "--years", "--usual", "pasture", "--json"];
    let told = ritmo(&[&verb[..], &["--output", arg(&table)]].concat()).json();
    assert_eq!(
        (&told["usual"][0]["class"], &told["usual"][0]["feature"]),
        (&"pasture".into(), &"B04".into())
    );
    assert_eq!(told["usual"][0]["annotations"], 3);
    let (head, read) = rows(&table);
    let column = |name: &str| head.iter().position(|other| other == name).unwrap();
    let days: Vec<_> = read.iter().take(4).map(|row| row[column("day_of_year")].as_str()).collect();
    assert_eq!(days, ["15", "196", "46", "196"]);
    let median: Vec<&Vec<String>> = read.iter().filter(|row| row[0] == "pasture, median").collect();
    assert_eq!(median.len(), 4);
    for (row, month) in median.iter().zip([1, 7, 2, 7]) {
        let value: f64 = row[column("B04")].parse().unwrap();
        let least = f64::from(1500 + 600 * (month % 3));
        assert!((least..=least + 60.0).contains(&value) && row[column("B08")].is_empty(), "{row:?}");
    }
    // An index has it before the bands do.
    let told = ritmo(&[&verb[..], &["--index", "NDVI", "--output", arg(&svg)]].concat()).json();
    assert_eq!(told["usual"][0]["feature"], "NDVI");
    let text = std::fs::read_to_string(&svg).unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let bands = document.descendants().filter(|node| node.attribute("class") == Some("usual-band")).count();
    assert_eq!(bands, 2, "one a year");
}

#[test]
fn what_cannot_be_written_is_told_with_the_way_out_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), None);
    let file = folder.path().join("a.csv");
    let told = |more: &[&str]| {
        let verb = ["series", arg(&project)];
        ritmo(&[&verb[..], more].concat()).failure().to_string()
    };
    let to = ["--output", arg(&file)];
    for (more, words) in [
        (vec![], "say which pixels"),
        (vec!["--pixel", "960,7"], "columns run from 0 to 95"),
        (vec!["--lonlat", "-90,17"], "lies outside of site"),
        (vec!["--pixel", "6,7", "--index", "NDMI"], "swir1"),
        (vec!["--pixel", "6,7", "--bands", "B99"], "B99"),
        (vec!["--pixel", "6,7", "--site", "nowhere"], "there is no site nowhere"),
        (vec!["--pixel", "6,7", "--years"], "its dates span no more than one; leave --years out"),
        (vec!["--pixel", "6,7", "--usual", "ice"], "there is no class “ice” in the legend"),
    ] {
        let why = told(&[&more[..], &to].concat());
        assert!(why.contains(words), "{words}: {why}");
    }
    assert!(told(&["--pixel", "6,7", "--output", "a.pdf"]).contains(".csv, .svg or .png"));
    assert!(!file.exists());
    let wrong = ritmo(&["series", arg(&project), "--pixel", "six", "--output", arg(&file)]);
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
    assert!(wrong.stderr.contains("a column and a row"), "{}", wrong.stderr);
}
