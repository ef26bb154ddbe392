//! Sets of labelled chips, as the corridor maps of Mexico were trained on: `import reforestamos`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chip_set;
mod scenes;
mod support;

use chip_set::Chips;
use ritmo::geo::raster::RasterReader;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use support::{Ran, arg, ritmo};

/// Where the project of a set goes: beside it.
fn project(chips: &Chips) -> PathBuf {
    chips.prefix.with_file_name("project")
}

fn import(chips: &Chips, more: &[&str]) -> Ran {
    let project = project(chips);
    let all = ["import", "reforestamos", arg(&chips.prefix), arg(&project), "--json"];
    ritmo(&[&all, more].concat())
}

fn whys(value: &Value) -> String {
    value["aside"].as_array().unwrap().iter().map(|one| one.to_string() + "\n").collect()
}

const DATE: [&str; 2] = ["--date", "2022-03-15"];

fn info(project: &Path) -> Value {
    ritmo(&["cube", "info", arg(project), "--json"]).json()
}

#[test]
fn neighbouring_chips_become_one_site_with_their_annotations_and_what_could_not_be_joined_is_told() {
    let chips = Chips::new(64);
    for (x, y) in [(3476, 7215), (3477, 7215), (3480, 7215)] {
        chips.image(x, y, true);
        chips.vectors(x, y);
    }
    chips.image(3490, 7215, true);
    chips.vectors(3470, 7215);
    fs::write(chips.path("geojson", ".DS_Store"), "x").unwrap();
    fs::write(chips.prefix.join("clean_features.geojson"), "{}").unwrap();
    let told = import(&chips, &DATE).json();
    assert_eq!((told["chips"].as_u64(), told["sites"].as_u64()), (Some(4), Some(3)), "{told:#}");
    assert_eq!(told["annotations"], 6);
    let aside = whys(&told);
    assert!(aside.contains("has no labels") && aside.contains("3490-7215-14.tif"), "{aside}");
    assert!(aside.contains("3470-7215-14.geojson") && aside.contains("no image in images_dt_4B"), "{aside}");
    assert_eq!(aside.matches("feature 3").count(), 3, "geometries that are null: {aside}");
    let report = fs::read_to_string(told["report"].as_str().unwrap()).unwrap();
    assert_eq!(report.lines().count(), 1 + told["aside"].as_array().unwrap().len());

    let sites = info(&project(&chips))["sites"].clone();
    let of = |name: &str| sites.as_array().unwrap().iter().find(|s| s["site"] == name).unwrap().clone();
    let pair = of("3476-7215 to 3477-7215");
    assert_eq!(
        (pair["x"].as_u64(), pair["y"].as_u64(), pair["time"].as_u64()),
        (Some(128), Some(64), Some(1))
    );
    assert_eq!(pair["bands"], json!(["B04", "B03", "B02", "B08"]));
    assert_eq!(pair["dates"], json!(["2022-03-15"]));
    assert_eq!(of("3480-7215-14")["x"], 64);
    // Both halves of the pair have their own values where they lie, and nothing between them is lost.
    let mosaic = project(&chips).join("cubes/3476-7215 to 3477-7215.zarr/mosaics/2022-03-15.tif");
    let reader = RasterReader::open(&mosaic).unwrap();
    let red = reader.read_f32(0, reader.window()).unwrap();
    let expected: Vec<f32> = (0..64).flat_map(|_| [[76.0; 64], [77.0; 64]].concat()).collect();
    assert_eq!(red, expected);
    // And the annotations have pure pixels.
    let table = project(&chips).join("samples.parquet");
    let samples = ritmo(&["samples", arg(&project(&chips)), "--output", arg(&table), "--json"]).json();
    assert!(samples["samples"].as_u64().unwrap() > 1000, "{samples}");
}

#[test]
fn an_import_that_is_run_again_makes_nothing_twice_and_goes_on_where_it_was_stopped() {
    let chips = Chips::new(64);
    chips.image(3476, 7215, true);
    chips.vectors(3476, 7215);
    import(&chips, &DATE).json();
    chips.image(3480, 7215, true);
    chips.vectors(3480, 7215);
    let again = import(&chips, &DATE).json();
    assert_eq!((again["sites"].as_u64(), again["sites_before"].as_u64()), (Some(1), Some(1)));
    assert_eq!((again["annotations"].as_u64(), again["labels_before"].as_u64()), (Some(2), Some(1)));
    let labels = fs::read_to_string(project(&chips).join("labels.geojson")).unwrap();
    let labels: Value = serde_json::from_str(&labels).unwrap();
    assert_eq!(labels["features"].as_array().unwrap().len(), 4);
    // A cube that was built just before a kill, and that the project does not know of.
    let document = project(&chips).join("ritmo.json");
    let mut value: Value = serde_json::from_slice(&fs::read(&document).unwrap()).unwrap();
    value["sites"].as_array_mut().unwrap().pop();
    fs::write(&document, value.to_string()).unwrap();
    let third = import(&chips, &DATE).json();
    assert_eq!((third["sites"].as_u64(), third["sites_before"].as_u64()), (Some(0), Some(2)));
    assert_eq!(info(&project(&chips))["sites"].as_array().unwrap().len(), 2);
}

#[test]
fn bands_without_names_get_those_of_their_folder() {
    let chips = Chips::new(64);
    chips.image(3476, 7215, false);
    chips.vectors(3476, 7215);
    import(&chips, &DATE).json();
    assert_eq!(info(&project(&chips))["bands"], json!(["B04", "B03", "B02", "B08"]));
}

#[test]
fn rasters_are_never_read_before_somebody_says_what_their_numbers_mean() {
    let chips = Chips::new(64);
    for x in [3476, 3480, 3484] {
        chips.image(x, 7215, true);
        chips.raster(x, 7215, true);
    }
    chips.vectors(3476, 7215);
    let refused = import(&chips, &DATE);
    let why = refused.failure();
    assert!(
        why.contains("--coding")
            && why.contains("0 of 2 polygons fit wikidata, 2 of 2 polygons fit alphabetical"),
        "{why}"
    );
    let seen = import(&chips, &["--dry-run"]).json();
    assert_eq!(seen["coding"]["likely"], "alphabetical");
    assert_eq!(seen["with_raster"], 3);
    let four = seen["coding"]["values"].as_array().unwrap().iter().find(|v| v["value"] == 4).unwrap().clone();
    assert_eq!(
        four,
        json!({ "value": 4, "wikidata": "pasture", "alphabetical": "forest", "polygons": { "forest": 1 } })
    );
    let told = import(&chips, &[&DATE[..], &["--coding", "alphabetical", "--sites", "each"]].concat()).json();
    assert_eq!(told["annotations"], 6);
    let labels: Value =
        serde_json::from_slice(&fs::read(project(&chips).join("labels.geojson")).unwrap()).unwrap();
    let forest = labels["features"].as_array().unwrap().iter();
    assert_eq!(forest.filter(|f| f["properties"]["class"] == "forest").count(), 3);
}

#[test]
fn codings_that_are_mixed_are_told() {
    let chips = Chips::new(64);
    for (x, alphabetical) in [(3476, true), (3480, false)] {
        chips.image(x, 7215, true);
        chips.raster(x, 7215, alphabetical);
        chips.vectors(x, 7215);
    }
    let seen = import(&chips, &[&DATE[..], &["--labels", "rasters"]].concat());
    assert!(seen.failure().contains("both codings seem to be mixed"), "{}", seen.failure());
    let told = import(&chips, &DATE).json();
    assert_eq!(told["annotations"], 4, "polygons need no coding");
}

#[test]
fn damaged_chips_are_set_aside_and_the_rest_goes_on() {
    let chips = Chips::new(64);
    for x in [3476, 3480, 3484] {
        chips.image(x, 7215, true);
        chips.vectors(x, 7215);
    }
    fs::write(chips.path("images_dt_4B", "3480-7215-14.tif"), "no image").unwrap();
    fs::write(chips.path("geojson", "3484-7215-14.geojson"), "{ \"type\": \"FeatureColl").unwrap();
    fs::write(chips.path("geojson", "3476-7216-14.geojson"), "").unwrap();
    let told = import(&chips, &DATE).json();
    let aside = whys(&told);
    assert!(aside.contains("images_dt_4B/3480-7215-14.tif"), "{aside}");
    assert!(aside.contains("geojson/3484-7215-14.geojson"), "{aside}");
    let labels = aside.lines().find(|line| line.contains("geojson/3480-7215-14.geojson")).unwrap();
    assert!(labels.contains("the image of its chip") && labels.contains("images_dt_4B/3480"), "{labels}");
    assert_eq!((&told["sites"], &told["annotations"]), (&2.into(), &2.into()), "{told:#}");
    // Its labels come with it once it is mended.
    chips.image(3480, 7215, true);
    let again = import(&chips, &DATE).json();
    assert_eq!((&again["sites"], &again["annotations"]), (&1.into(), &2.into()), "{again:#}");
}

#[test]
fn a_prefix_without_chips_is_refused_in_a_sentence() {
    let chips = Chips::new(64);
    fs::create_dir_all(&chips.prefix).unwrap();
    assert!(import(&chips, &DATE).failure().contains("there are no chips in"));
    let chips = Chips::new(64);
    assert!(import(&chips, &DATE).failure().contains("there is no"));
}

/// A tile of the web map in the middle of the simulated scenes, and one far from them.
const INSIDE: (u32, u32) = (3926, 7428);
const FAR: (u32, u32) = (3990, 7428);

#[test]
fn the_series_of_sites_that_chips_made_are_fetched_and_their_labels_stay() {
    let chips = Chips::new(64);
    for (x, y) in [INSIDE, (INSIDE.0 + 1, INSIDE.1 + 1)] {
        chips.image(x, y, true);
        chips.vectors(x, y);
    }
    let each = [&DATE[..], &["--sites", "each"]].concat();
    import(&chips, &each).json();
    let project = project(&chips);
    let labels = fs::read(project.join("labels.geojson")).unwrap();
    let catalogue = scenes::scenes().join("catalog.json");
    let all = ["stac", arg(&project), "--each", "--from", "2022-01-01", "--to", "2022-03-31"];
    let words = [&all[..], &["--bands", "B04,B08,B11", "--endpoint", arg(&catalogue), "--json"]].concat();
    let told = ritmo(&words).json();
    assert_eq!(told["fetched"], json!(["3926-7428-14", "3927-7429-14"]), "{told:#}");
    let sites = info(&project)["sites"].clone();
    let of = |name: &str| sites.as_array().unwrap().iter().find(|s| s["site"] == name).unwrap().clone();
    for name in ["3926-7428-14", "3927-7429-14"] {
        assert_eq!((&of(name)["time"], &of(name)["bands"]), (&json!(3), &json!(["B04", "B08", "B11"])));
    }
    assert_eq!(fs::read(project.join("labels.geojson")).unwrap(), labels);
    // The annotations lie on the series now: samples have its dates.
    let table = project.join("samples.parquet");
    let samples = ritmo(&["samples", arg(&project), "--output", arg(&table), "--json"]).json();
    assert!(samples["samples"].as_u64().unwrap() > 1000, "{samples}");

    // A chip more, where the catalogue has nothing: the others are passed over, and it is told.
    chips.image(FAR.0, FAR.1, true);
    chips.vectors(FAR.0, FAR.1);
    import(&chips, &each).json();
    let told = ritmo(&words).json();
    assert_eq!((&told["fetched"], told["there_already"].as_array().unwrap().len()), (&json!([]), 2));
    assert_eq!(told["failed"][0]["site"], "3990-7428-14");
    assert!(told["failed"][0]["why"].as_str().unwrap().contains("no scene of the area"), "{told:#}");
    let mut named = words.clone();
    named.insert(3, "3990-7428-14");
    let refused = ritmo(&named);
    assert!(refused.failure().contains("no scene of the area"), "{}", refused.failure());
}

#[test]
fn a_project_without_chips_has_no_sites_to_fetch_series_of() {
    let home = tempfile::tempdir().unwrap();
    let project = scenes::project(home.path());
    let catalogue = scenes::scenes().join("catalog.json");
    let all = ["stac", arg(&project), "--each", "--from", "2022-01-01", "--to", "2022-03-31"];
    let refused = ritmo(&[&all[..], &["--endpoint", arg(&catalogue), "--json"]].concat());
    assert!(refused.failure().contains("import chips first"), "{}", refused.failure());
}

#[test]
fn chips_in_another_coordinate_system_and_images_that_were_not_rescaled_are_taken() {
    let chips = Chips::new(64);
    chips.image(3476, 7215, true);
    chips.vectors(3476, 7215);
    let four = chips.path("images_dt_4B", "3476-7215-14.tif");
    let unrescaled = chips.path("no_rescale_color_formula", "3476-7215-14.tif");
    let warped = std::process::Command::new("gdalwarp")
        .args(["-q", "-t_srs", "EPSG:32614", arg(&four), arg(&unrescaled)])
        .status();
    let Ok(true) = warped.map(|status| status.success()) else {
        println!("skipped: gdalwarp is absent");
        return;
    };
    let told = import(&chips, &[&DATE[..], &["--images", "unrescaled"]].concat()).json();
    assert_eq!((&told["images"], &told["annotations"]), (&json!("unrescaled"), &json!(2)), "{told:#}");
    let info = info(&project(&chips));
    assert!(info["crs"].as_str().unwrap().contains("32614"), "{info:#}");
    let seen = import(&chips, &["--dry-run"]).json();
    assert_eq!((&seen["images"]["unrescaled"], &seen["images"]["4b"]), (&json!(1), &json!(1)));
}
