//! `ritmo import map` and `ritmo compare`, end to end: a map from elsewhere beside that of a model, and which is better.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use ritmo::app::{AppState, Command, run_to_end};
use ritmo::geo::raster::{read_u8, write_cog_u8};
use ritmo::geo::{Crs, Grid, Placement};
use ritmo::progress::Cancel;
use ritmo::project::Recent;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use support::{arg, geojson, grid, project, ritmo, square, trained_project};

/// A trained project with the map `m` of its model.
fn mapped(home: &Path) -> PathBuf {
    let project = trained_project(home, &grid(), 4);
    ritmo(&["map", arg(&project), "--model", "m", "--json"]).json();
    project
}

fn write(path: &Path, grid: &Grid, codes: &[u8], nodata: Option<u8>) {
    write_cog_u8(path, grid, &[("class".into(), codes)], None, nodata, &[]).unwrap();
}

#[test]
fn a_model_is_compared_with_an_imported_map_on_annotations_that_it_has_not_seen() {
    let home = tempfile::tempdir().unwrap();
    let project = trained_project(home.path(), &grid(), 4);
    let well = ["--set", "filters=4", "--set", "layers=1", "--set", "dense=4", "--epochs", "30"];
    ritmo(&[&["train", arg(&project), "--name", "m", "--json"], &well[..]].concat()).json();
    ritmo(&["map", arg(&project), "--model", "m", "--json"]).json();
    // Forest on the left, pasture on the right, but for a third of the pixels; 1 and 4 in the coding of wikidata.
    let is_forest = |at: usize| (at % 96 < 48) != (at * 7919 % 101).is_multiple_of(3);
    let worse: Vec<u8> = (0..grid().pixels()).map(|at| if is_forest(at) { 1 } else { 4 }).collect();
    let forest = worse.iter().filter(|code| **code == 1).count();
    let file = home.path().join("other.tif");
    write(&file, &grid(), &worse, None);
    let import = ["import", "map", arg(&project), arg(&file), "--name", "worse", "--json"];
    let why = ritmo(&import).failure().to_string();
    assert!(why.contains("--meaning"), "{why}");
    let dry = ritmo(&[&import[..], &["--dry-run"]].concat()).json();
    assert!(dry["asks"].as_str().unwrap().contains("does not name its classes"), "{dry}");
    assert_eq!((&dry["values"][1]["value"], &dry["values"][1]["becomes"]), (&json!("4"), &Value::Null));
    let told = ritmo(&[&import[..], &["--meaning", "wikidata"]].concat()).json();
    assert_eq!(
        (&told["classes"][0]["name"], &told["classes"][0]["pixels"]),
        (&json!("forest"), &json!(forest))
    );
    assert_eq!(told["without"], 0);

    let compare = ["compare", arg(&project), "m", "worse", "--json"];
    let labels = home.path().join("more.geojson");
    let at = [("forest", 24.0), ("pasture", 78.0)];
    let more =
        at.into_iter().flat_map(|(class, col)| [3.0, 23.0, 43.0].map(|row| square(class, col, row, 14.0)));
    geojson(&labels, more.collect());
    ritmo(&["labels", "import", arg(&project), arg(&labels), "--json"]).json();
    let told = ritmo(&compare).json();
    let answer = told["answer"].as_str().unwrap();
    assert!(answer.contains("pixels of annotations that neither model has seen"), "{answer}");
    assert!(answer.contains("the series model m is better by"), "{answer}");
    assert_eq!(told["basis"], "annotations");
    for (map, name) in ["m", "worse"].into_iter().enumerate() {
        let map = &told["maps"][map];
        assert_eq!(map["name"], name);
        for figure in ["overall_accuracy", "macro_f1", "weighted_f1"] {
            assert!((0.0..=1.0).contains(&map[figure].as_f64().unwrap()), "{figure}: {map}");
        }
        assert!(map["obtained"].as_str().unwrap().contains("intervals by drawing annotations anew"));
        let forest =
            map["classes"].as_array().unwrap().iter().find(|class| class["name"] == "forest").unwrap();
        assert!(forest["support"].as_u64().unwrap() > 0 && forest["users_accuracy"].is_number());
    }
    assert!((0.55..0.78).contains(&told["maps"][1]["overall_accuracy"].as_f64().unwrap()), "{told}");
    let [low, high] = [0, 1].map(|i| told["difference"]["overall_accuracy"]["interval"][i].as_f64().unwrap());
    assert!(low > 0.0 && high > low, "{low} {high}");
    assert_eq!(told["mcnemar"]["p"], Value::Null, "pixels of an annotation are alike");
    let places: Vec<_> = told["places"].as_array().unwrap().iter().map(|place| &place["places"]).collect();
    assert_eq!(places, ["all", "edges", "interiors"]);
    let note = told["notes"][0].as_str().unwrap();
    assert!(note.contains("Nothing is known of the training of the imported map worse"), "{note}");
    let agreement = &told["agreement"];
    assert!((0.6..0.73).contains(&agreement["share_agreeing"].as_f64().unwrap()), "{agreement}");
    assert!(agreement["transitions"][0]["hectares"].as_f64().unwrap() > 5.0);

    let [written, table] = [0, 1].map(|i| PathBuf::from(told["files"][i].as_str().unwrap()));
    assert!(written.starts_with(project.join("assessments")));
    let written: Value = serde_json::from_slice(&std::fs::read(written).unwrap()).unwrap();
    assert_eq!(written["answer"], told["answer"]);
    let table = std::fs::read_to_string(table).unwrap();
    assert!(table.starts_with("basis,places,units,class,figure,m,from,to,worse,"), "{table}");
    assert!(table.lines().any(|line| line.contains(",overall accuracy,") && line.ends_with(",m")), "{table}");
    // A reference sample drawn at random tells more, and stands first.
    let point = |at: u32| {
        let (col, row) = (f64::from(at % 12 * 8) + 3.5, f64::from(at / 12 * 8) + 4.5);
        let [lon, lat] = grid().lonlat_from_pixel(col, row).unwrap();
        json!({ "type": "Feature", "properties": { "class": if col < 48.0 { "forest" } else { "pasture" } },
            "geometry": { "type": "Point", "coordinates": [lon, lat] } })
    };
    let sample = home.path().join("drawn.geojson");
    geojson(&sample, (0..96).map(point).collect());
    let told = ritmo(&[&compare[..], &["--reference", arg(&sample)]].concat()).json();
    assert_eq!((&told["basis"], told["bases"].as_array().unwrap().len()), (&json!("reference"), 2));
    let answer = told["answer"].as_str().unwrap();
    assert!(answer.starts_with("On 96 reference units, the series model m is right on"), "{answer}");
    assert!(answer.contains("the series model m is better by"), "{answer}");
    assert!(told["mcnemar"]["p"].as_f64().unwrap() < 1e-3, "{told}");
    let obtained = told["maps"][0]["obtained"].as_str().unwrap();
    assert!(obtained.contains("does not tell how it was drawn"), "{obtained}");
    // The same places in another coordinate system tell the same.
    let crs = Crs::from_epsg(6362).unwrap();
    let moved = |at: u32| {
        let mut point = point(at);
        let lonlat = &point["geometry"]["coordinates"];
        let mut place = [[lonlat[0].as_f64().unwrap(), lonlat[1].as_f64().unwrap()]];
        crs.xy_from_lonlat(&mut place).unwrap();
        assert!(place[0][0] > 1e5, "metres");
        point["geometry"]["coordinates"] = json!(place[0]);
        point
    };
    let elsewhere = home.path().join("in metres.geojson");
    let named = json!({ "type": "name", "properties": { "name": "urn:ogc:def:crs:EPSG::6362" } });
    let collection = json!({ "type": "FeatureCollection", "crs": named,
        "features": (0..96).map(moved).collect::<Vec<_>>() });
    std::fs::write(&elsewhere, collection.to_string()).unwrap();
    let same = ritmo(&[&compare[..], &["--reference", arg(&elsewhere)]].concat()).json();
    assert_eq!((&same["answer"], &same["mcnemar"]), (&told["answer"], &told["mcnemar"]));
    // A page in Spanish says in Spanish what the answer for programs says in English.
    let asked = ["--reference", arg(&sample), "--language", "es"];
    let again = ritmo(&[&compare[..], &asked].concat()).json();
    assert_eq!(again["answer"], told["answer"]);
    let page = again["files"].as_array().unwrap().iter().filter_map(Value::as_str);
    let page = page.filter(|file| file.ends_with(".html")).map(|file| std::fs::read_to_string(file).unwrap());
    let page = page.collect::<String>();
    assert!(page.contains("<html lang=\"es\""), "{again}");
    for words in ["On 96 reference units", "is better by", "overall accuracy", "neither model has seen"] {
        assert!(!page.contains(words), "{words} is left in English: {page}");
    }
    let why = ritmo(&[&compare[..], &["--reference", "drawn"]].concat()).failure().to_string();
    assert!(why.contains("no reference sample drawn"), "{why}");

    // What was assessed before is still what the project opens with.
    ritmo(&["assess", arg(&project), "--map", "worse", "--json"]).json();
}

#[test]
fn what_cannot_be_compared_or_imported_is_told_with_the_way_out() {
    let home = tempfile::tempdir().unwrap();
    let project = mapped(home.path());
    let failure = |arguments: &[&str]| ritmo(arguments).failure().to_string();
    assert!(failure(&["compare", arg(&project), "m", "m"]).contains("with itself"));
    assert!(failure(&["compare", arg(&project), "m", "pearl"]).contains("no map pearl of s yet"));
    let file = home.path().join("x.tif");
    write(&file, &grid(), &vec![3; grid().pixels()], None);
    let import = |more: &[&str]| {
        failure(&[&["import", "map", arg(&project), arg(&file), "--meaning", "legend"], more].concat())
    };
    assert!(import(&["--name", "m"]).contains("there is a model m"));
    assert!(import(&["--map", "3"]).contains("VALUE=CLASS"));
    assert!(import(&["--map", "9=forest"]).contains("no value 9 over the site, only 3"));
    assert!(import(&["--map", "3=lava"]).contains("no class lava"));
    assert!(import(&["--skip", "3"]).contains("would be left out"));
    assert!(import(&["--site", "t"]).contains("no site t"));
    let matching = home.path().join("match.json");
    assert!(import(&["--match", arg(&matching)]).contains("match.json"));
    std::fs::write(&matching, "[1]").unwrap();
    assert!(import(&["--match", arg(&matching)]).contains("no JSON object"));
    std::fs::write(&matching, r#"{"3": 2}"#).unwrap();
    let matched = [
        "import",
        "map",
        arg(&project),
        arg(&file),
        "--meaning",
        "legend",
        "--match",
        arg(&matching),
        "--json",
    ];
    let told = ritmo(&matched).json();
    assert_eq!((&told["map"], &told["values"][0]["becomes"]), (&json!("x"), &json!("pasture")));
    assert_eq!(told["values"][0]["why"], "as chosen");
    assert!(failure(&matched[..matched.len() - 1]).contains("--replace"));
}

#[test]
fn where_nothing_tells_which_map_is_better_that_is_said_with_how_far_they_agree() {
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path(), None);
    ritmo(&["legend", arg(&project), "--preset", "reforestamos", "--json"]).json();
    for (name, forest) in [("a", 48), ("b", 24)] {
        let codes: Vec<u8> = (0..grid().pixels()).map(|at| if at % 96 < forest { 1 } else { 4 }).collect();
        let file = home.path().join(format!("{name}.tif"));
        write(&file, &grid(), &codes, None);
        ritmo(&["import", "map", arg(&project), arg(&file), "--meaning", "legend", "--json"]).json();
    }
    let told = ritmo(&["compare", arg(&project), "a", "b", "--json"]).json();
    assert_eq!((&told["basis"], &told["difference"]), (&Value::Null, &Value::Null));
    let answer = told["answer"].as_str().unwrap();
    assert!(answer.contains("agree on 75.0 % of the land that both map"), "{answer}");
    assert!(answer.contains("nothing tells which of them is better"), "{answer}");
    let transitions = told["agreement"]["transitions"].as_array().unwrap();
    let [transition] = &transitions[..] else { panic!("{transitions:?}") };
    assert_eq!(
        (&transition["from"], &transition["to"], &transition["pixels"]),
        (&json!("forest"), &json!("pasture"), &json!(1536))
    );
    assert!((transition["hectares"].as_f64().unwrap() - 15.36).abs() < 1e-9, "{transition}");
    assert!(told["notes"].to_string().contains("make a reference sample"), "{told}");
}

fn demo(folder: &Path) {
    let mut state = AppState::new(Recent::load(None), Arc::new(|| {}));
    let make = Command::MakeDemo(ritmo::jobs::DemoSpec::new(folder.into()));
    run_to_end(&mut state, make, &mut |_, _| {}, &Cancel::new()).unwrap();
}

/// The true map with a part of its pixels as the class of a pixel so many columns further.
fn degraded(truth: &[u8], one_in: usize) -> Vec<u8> {
    let other = |at: usize| {
        if (at * 7919 % 97).is_multiple_of(one_in) { truth[(at + 40) % truth.len()] } else { truth[at] }
    };
    (0..truth.len()).map(other).collect()
}

#[test]
fn on_the_demo_the_better_of_two_maps_of_pearls_kind_is_found_and_the_truth_is_said_to_be_simulated() {
    let home = tempfile::tempdir().unwrap();
    let project = home.path().join("demo");
    demo(&project);
    let document: Value =
        serde_json::from_slice(&std::fs::read(project.join("ritmo.json")).unwrap()).unwrap();
    let truth = project.join(document["sites"][0]["true_map"].as_str().unwrap());
    let (grid, truth) = read_u8(&truth, 0).unwrap();
    let classes: Vec<&str> =
        document["legend"].as_array().unwrap().iter().map(|class| class["name"].as_str().unwrap()).collect();
    let list = home.path().join("classes.json");
    std::fs::write(&list, serde_json::to_string(&json!({ "classes": classes })).unwrap()).unwrap();
    // As PEARL writes them: web mercator, the place in the list.
    let crs = Crs::from_epsg(3857).unwrap();
    let [left, bottom, right, top] = Placement::from(&grid).extent_in(&crs).unwrap();
    let side = 8.0;
    let size = |from: f64, to: f64| ((to - from) / side).ceil() as u32;
    let (width, height) = (size(left, right), size(bottom, top));
    let mercator = Grid { crs, left, top, pixel_width: side, pixel_height: side, width, height };
    let mut middles: Vec<[f64; 2]> = (0..height)
        .flat_map(|row| (0..width).map(move |col| (col, row)))
        .map(|(c, r)| mercator.pixel_centre(c, r))
        .collect();
    mercator.crs.lonlat_from_xy(&mut middles).unwrap();
    grid.crs.xy_from_lonlat(&mut middles).unwrap();
    for (name, one_in) in [("deeplab", 12), ("unet", 4)] {
        let codes = degraded(&truth, one_in);
        let value = |place: &[f64; 2]| {
            let [col, row] = grid.pixel_from_xy(place[0], place[1]);
            let inside =
                col >= 0.0 && row >= 0.0 && col < f64::from(grid.width) && row < f64::from(grid.height);
            // Codes count from 1, PEARL's values from 0.
            if inside { codes[row as usize * grid.width as usize + col as usize] - 1 } else { 255 }
        };
        let file = home.path().join(format!("{name}.tif"));
        write(&file, &mercator, &middles.iter().map(value).collect::<Vec<_>>(), Some(255));
        let told = ritmo(&[
            "import",
            "map",
            arg(&project),
            arg(&file),
            "--classes",
            arg(&list),
            "--zero",
            "first",
            "--json",
        ])
        .json();
        assert_eq!((&told["map"], &told["crs"]), (&json!(name), &json!("EPSG:3857")));
        assert!(told["values"].as_array().unwrap().iter().all(|value| value["why"] == "same name"), "{told}");
        let without = told["without"].as_u64().unwrap() as f64 / grid.pixels() as f64;
        assert!(without < 0.01, "{without}");
    }
    let told = ritmo(&["compare", arg(&project), "deeplab", "unet", "--json"]).json();
    let answer = told["answer"].as_str().unwrap();
    assert!(answer.contains("the imported map deeplab is better by"), "{answer}");
    let true_map = told["bases"].as_array().unwrap().iter().find(|on| on["basis"] == "true_map").unwrap();
    assert!(true_map["obtained"].as_str().unwrap().contains("The landscape is simulated"), "{true_map}");
    let all = &true_map["comparison"]["places"][0]["overall_accuracy"];
    let right = [0, 1].map(|map| all["maps"][map]["value"].as_f64().unwrap());
    assert!(right[0] > right[1] + 0.05 && right[0] < 1.0, "{right:?}");
    // Scattered errors make every pixel an edge or none: the counts of both places make the whole.
    let units = [0, 1, 2].map(|place| true_map["comparison"]["places"][place]["units"].as_u64().unwrap());
    assert_eq!(units[0], units[1] + units[2]);

    // A true map on another grid is left out, and both say so with the way out.
    let path = project.join(document["sites"][0]["true_map"].as_str().unwrap());
    let cut: Vec<u8> = truth.chunks_exact(grid.width as usize).skip(1).flatten().copied().collect();
    let shorter = Grid { top: grid.top - grid.pixel_height, height: grid.height - 1, ..grid.clone() };
    write(&path, &shorter, &cut, None);
    let told = ritmo(&["compare", arg(&project), "deeplab", "unet", "--json"]).json();
    assert!(told["bases"].as_array().unwrap().iter().all(|on| on["basis"] != "true_map"), "{told}");
    assert!(told["notes"].to_string().contains("was left out: it lies on another grid"), "{told}");
    let told = ritmo(&["assess", arg(&project), "--map", "deeplab", "--json"]).json();
    assert!(told["notes"].to_string().contains("build the site's cube on the grid"), "{told}");
    assert_eq!(told["true_map"], Value::Null);
}
