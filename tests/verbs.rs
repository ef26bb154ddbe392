//! The verbs, end to end through the real program: on small inputs, on real imagery, and on the demo.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::Value;
use std::path::Path;
use support::{arg, geojson, grid, project, ritmo, shared_data, two_classes};

fn share(value: &Value) -> f64 {
    let share = value.as_f64().unwrap_or_else(|| panic!("a figure, not {value}"));
    assert!((0.0..=1.0).contains(&share), "{share}");
    share
}

/// An assessment has the names that others read.
fn check_scores(value: &Value) {
    for name in ["overall_accuracy", "macro_f1", "weighted_f1"] {
        share(&value[name]);
    }
    assert!(value["obtained"].as_str().unwrap().len() > 20);
    for class in value["classes"].as_array().unwrap() {
        assert!(class["name"].is_string() && class["support"].is_u64());
        for name in ["users_accuracy", "producers_accuracy", "f1"] {
            assert!(class[name].is_null() || (0.0..=1.0).contains(&class[name].as_f64().unwrap()), "{class}");
        }
    }
}

#[test]
fn a_small_project_goes_from_folder_to_assessed_map() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    let info = ritmo(&["cube", "info", arg(&project), "--json"]).json();
    assert_eq!((&info["time"], &info["band"]), (&4.into(), &2.into()));
    assert_eq!((&info["y"], &info["x"]), (&64.into(), &96.into()));
    assert_eq!(info["bands"], serde_json::json!(["B04", "B08"]));
    assert_eq!(info["dates"][1], "2022-02-15");
    assert_eq!(info["crs"], "EPSG:32615");
    assert_eq!((&info["mask"], &info["period"]), (&false.into(), &"none".into()));
    let step = &info["steps"][1];
    assert_eq!(
        (&step["date"], &step["from"], &step["to"]),
        (&info["dates"][1], &info["dates"][1], &info["dates"][1])
    );
    assert_eq!((&step["acquisitions"], &step["clear_share"]), (&1.into(), &1.0.into()));
    assert_eq!(info["dropped"], serde_json::json!([]));

    let trained = ritmo(&["train", arg(&project), "--name", "first", "--epochs", "8", "--json"]).json();
    assert_eq!(trained["model"], "first");
    let mapped = ritmo(&["map", arg(&project), "--model", "first", "--json"]).json();
    assert_eq!(mapped["pixels"], 96 * 64);
    assert!(mapped["seconds"].as_f64().unwrap() > 0.0);
    let classes = mapped["classes_path"].as_str().unwrap();
    assert!(Path::new(classes).exists());
    assert!(Path::new(classes).with_extension("qml").exists());
    let areas: f64 = mapped["areas_ha"].as_array().unwrap().iter().map(|a| a["ha"].as_f64().unwrap()).sum();
    assert!((areas - 61.44).abs() < 1e-6, "hectares of all classes make the site: {areas}");

    let assessed = ritmo(&["assess", arg(&project), "--map", "first", "--json"]).json();
    check_scores(&assessed);
    assert!(share(&assessed["overall_accuracy"]) > 0.9, "two plain halves: {assessed}");
    assert!(assessed["obtained"].as_str().unwrap().contains("2 annotations"), "one kept a class: {assessed}");
    assert!(assessed["headline"].as_str().unwrap().starts_with("The map first of "), "{assessed}");
    for file in ["report", "page", "table"] {
        assert!(Path::new(assessed[file].as_str().unwrap()).exists(), "{file}");
    }
    assert!(assessed["intervals"]["classes"].as_array().unwrap().len() == 2, "{assessed}");

    let spanish = folder.path().join("told/spanish.json");
    let asked =
        ["assess", arg(&project), "--map", "first", "--output", arg(&spanish), "--language", "es", "--json"];
    let told = ritmo(&asked).json();
    assert_eq!(told["headline"], assessed["headline"], "what programs read stays in English");
    let page = std::fs::read_to_string(told["page"].as_str().unwrap()).unwrap();
    assert!(page.contains("<html lang=\"es\"") && page.contains("El mapa first de "), "{page}");
    for words in
        ["The map", "Error matrix", "reference down", "annotations", "samples", "made by", "columns,"]
    {
        let left: Vec<_> = page
            .lines()
            .filter(|line| line.contains(&format!(">{words}")) || line.contains(&format!(" {words}")))
            .collect();
        assert!(left.is_empty(), "{words} is left in English: {left:#?}");
    }
    assert_eq!(ritmo(&["assess", arg(&project), "--language", "fr"]).code, 2);

    let elsewhere = folder.path().join("told/by blocks.html");
    let tried = [
        "assess",
        arg(&project),
        "--by",
        "block:150:10",
        "--folds",
        "3",
        "--output",
        arg(&elsewhere),
        "--json",
    ];
    let tried = ritmo(&tried).json();
    check_scores(&tried);
    assert_eq!(tried["held_out"], "blocks of 150 m with 10 m around them left out");
    let tested: u64 = tried["trials"].as_array().unwrap().iter().map(|t| t["tested"].as_u64().unwrap()).sum();
    let support: u64 =
        tried["classes"].as_array().unwrap().iter().map(|c| c["support"].as_u64().unwrap()).sum();
    assert!(tested == support && elsewhere.exists(), "{tried}");
    let alone = ritmo(&["assess", arg(&project), "--by", "site", "--json"]).json();
    assert!(
        alone["overall_accuracy"].is_null() && alone["notes"][0].as_str().unwrap().contains("1 site"),
        "{alone}"
    );
    assert_eq!(ritmo(&["assess", arg(&project), "--by", "block"]).code, 2);

    // Forty points all over the site, of which four say what the map does not.
    let points = (0..40u32).map(|i| {
        let (col, row) = (4 + i % 8 * 12, 6 + i / 8 * 12);
        let right = (col < 48) != (i % 10 == 0);
        let [lon, lat] = grid().lonlat_from_pixel(f64::from(col) + 0.5, f64::from(row) + 0.5).unwrap();
        serde_json::json!({ "type": "Feature", "properties": { "class": if right { "forest" } else { "pasture" } },
            "geometry": { "type": "Point", "coordinates": [lon, lat] } })
    });
    let file = folder.path().join("reference.geojson");
    geojson(&file, points.collect());
    let held =
        ritmo(&["assess", arg(&project), "--map", "first", "--reference", arg(&file), "--json"]).json();
    check_scores(&held);
    assert!((share(&held["overall_accuracy"]) - 0.9).abs() < 0.03, "{held}");
    assert!(held["headline"].as_str().unwrap().contains("of the land"), "{held}");
    assert!(held["gap"].as_str().unwrap().contains("random reference sample"), "{held}");
    let ha: f64 = held["classes"].as_array().unwrap().iter().map(|c| c["area_ha"].as_f64().unwrap()).sum();
    assert!((ha - 61.44).abs() < 0.01, "all classes make the site: {ha}");
    let nowhere = ritmo(&["assess", arg(&project), "--reference", "nowhere", "--json"]);
    assert!(nowhere.failure().contains("no reference sample nowhere"), "{}", nowhere.stderr);
}

#[test]
fn usage_errors_exit_with_two_and_failures_with_one() {
    assert_eq!(ritmo(&["no-such-verb"]).code, 2);
    assert_eq!(ritmo(&["map"]).code, 2);
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent");
    for verb in [&["train"][..], &["map"], &["assess"], &["cube", "info"]] {
        let ran = ritmo(&[verb, &[arg(&absent), "--json"]].concat());
        assert!(ran.failure().contains("absent"), "{verb:?}: {}", ran.stderr);
    }
}

#[test]
fn the_same_seed_gives_the_same_model_and_map() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    let bytes = || {
        ritmo(&["train", arg(&project), "--name", "m", "--epochs", "3", "--seed", "7", "--json"]).json();
        let mapped = ritmo(&["map", arg(&project), "--model", "m", "--json"]).json();
        let weights = project.join("models/m/model.safetensors");
        let maps = ["classes_path", "probabilities_path", "entropy_path", "margin_path"];
        let maps = maps.map(|path| Path::new(mapped[path].as_str().unwrap()).to_owned());
        [weights].into_iter().chain(maps).map(|path| std::fs::read(path).unwrap()).collect::<Vec<_>>()
    };
    let (first, second) = (bytes(), bytes());
    let same: Vec<_> = first.iter().zip(&second).map(|(a, b)| a == b).collect();
    assert_eq!(same, [true; 5], "weights, classes, probabilities, entropy, margin");
}

#[test]
fn flanders_goes_from_mosaics_and_parcels_to_an_assessed_map() {
    let Some(data) = shared_data("flanders_s2_a_2018_monthly") else { return };
    for buffer in ["0", "10"] {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("flanders");
        ritmo(&["new", arg(&project), "--json"]).json();
        let built = ritmo(&["cube", "build", arg(&project), "--site", "a", arg(&data), "--json"]).json();
        assert_eq!((&built["time"], &built["band"]), (&16.into(), &10.into()));
        let labels = data.join("labels.geojson");
        let imported =
            ritmo(&["labels", "import", arg(&project), arg(&labels), "--buffer", buffer, "--json"]).json();
        assert_eq!(imported["imported"], 22);
        assert_eq!(imported["skipped"], serde_json::json!([]));
        let emptied = imported["emptied_by_buffer"].as_array().unwrap().len();
        assert_eq!(emptied, if buffer == "0" { 0 } else { 3 });
        let trained = ritmo(&["train", arg(&project), "--epochs", "10", "--json"]).json();
        let model = trained["model"].as_str().unwrap();
        let mapped = ritmo(&["map", arg(&project), "--model", model, "--json"]).json();
        assert_eq!(mapped["pixels"], 64 * 64);
        let assessed = ritmo(&["assess", arg(&project), "--map", model, "--json"]).json();
        check_scores(&assessed);
    }
}

#[test]
fn sinop_goes_through_without_an_epsg_code() {
    let Some(data) = shared_data("sinop_modis_2013_2014") else { return };
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("sinop");
    ritmo(&["new", arg(&project), "--json"]).json();
    let built = ritmo(&["cube", "build", arg(&project), "--site", "sinop", arg(&data), "--json"]).json();
    assert_eq!((&built["time"], &built["band"]), (&23.into(), &2.into()));
    assert_eq!(built["y"].as_u64().unwrap() * built["x"].as_u64().unwrap(), 144 * 254);
    assert!(!built["crs"].as_str().unwrap().starts_with("EPSG"));
    let labels = data.join("labels.geojson");
    let imported =
        ritmo(&["labels", "import", arg(&project), arg(&labels), "--buffer", "0", "--json"]).json();
    assert_eq!(imported["imported"], 18);
    let trained = ritmo(&["train", arg(&project), "--epochs", "20", "--json"]).json();
    assert_eq!(trained["classes"].as_array().unwrap().len(), 4);
    let mapped = ritmo(&["map", arg(&project), "--json"]).json();
    assert!(mapped["pixels"].as_u64().unwrap() > 36_000);
    check_scores(&ritmo(&["assess", arg(&project), "--json"]).json());
}

#[test]
fn the_demo_runs_headless_from_nothing_to_an_assessed_map() {
    let folder = tempfile::tempdir().unwrap();
    let demo = folder.path().join("demo");
    let ran = ritmo(&["demo", arg(&demo), "--headless", "--json"]);
    let value = ran.json();
    assert!(ran.stderr.contains("simulated"));
    assert_eq!(value["project"], arg(&demo));
    check_scores(&value);
    check_scores(&value["annotations"]);
    assert!(value["obtained"].as_str().unwrap().contains("simulated"));
    let accuracy = share(&value["overall_accuracy"]);
    assert!(accuracy > 0.85, "{accuracy}");
    let info = ritmo(&["cube", "info", arg(&demo), "--json"]).json();
    assert_eq!((&info["time"], &info["band"], &info["crs"]), (&12.into(), &10.into(), &"EPSG:6362".into()));
    assert!(info["origin"].as_str().unwrap().contains("simulated"));
    assert_eq!((&info["common_names"][2], &info["common_names"][8]), (&"red".into(), &"swir1".into()));

    // Indices as input: the same field, seen as ratios.
    let inputs = "NDVI,ndmi,(nir - rededge1) / (nir + rededge1), B02";
    let trained = ["train", arg(&demo), "--name", "ratios", "--epochs", "12", "--inputs", inputs, "--json"];
    let trained = ritmo(&trained).json();
    let names: Vec<_> = trained["inputs"].as_array().unwrap().iter().map(|i| i["name"].clone()).collect();
    assert_eq!(names, ["NDVI", "NDMI", "(nir - rededge1) / (nir + rededge1)", "B02"]);
    assert_eq!(trained["inputs"][0]["expression"], "(nir - red) / (nir + red)");
    assert_eq!(trained["inputs"][3]["common"], "blue");
    let mapped = ritmo(&["map", arg(&demo), "--model", "ratios", "--json"]).json();
    assert!(mapped["pixels"].as_u64().unwrap() > 0);
    let accuracy =
        share(&ritmo(&["assess", arg(&demo), "--map", "ratios", "--json"]).json()["overall_accuracy"]);
    assert!(accuracy > 0.75, "{accuracy}");
}

#[test]
fn what_a_model_cannot_learn_from_is_told_with_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    for (inputs, part) in [
        ("B04,nri", "cannot learn from nri: `nri` is no band of this cube; it has red (B04), nir (B08)"),
        ("NDMI", "`swir1` is no band"),
        ("(nir - red", "not closed"),
        ("EVI2", "suppose reflectances"),
        (" , ", "nothing to learn from"),
    ] {
        let ran = ritmo(&["train", arg(&project), "--inputs", inputs, "--json"]);
        assert!(ran.failure().contains(part), "{inputs}: {}", ran.stderr);
    }
    let trained =
        ritmo(&["train", arg(&project), "--name", "m", "--inputs", "NDVI", "--epochs", "2", "--json"]);
    trained.json();
    // A cube of other bands lacks what the index needs.
    let mosaics = folder.path().join("other");
    std::fs::create_dir_all(&mosaics).unwrap();
    for month in 1..=4 {
        let path = mosaics.join(format!("o_2022-{month:02}-15.tif"));
        support::mosaic(&path, &support::grid(), &["B04", "B11"], month);
    }
    ritmo(&["cube", "build", arg(&project), "--site", "other", arg(&mosaics), "--json"]).json();
    let ran = ritmo(&["map", arg(&project), "--model", "m", "--site", "other"]);
    assert!(ran.failure().contains("this model needs nir for NDVI"), "{}", ran.stderr);
}

#[test]
fn a_dry_run_tells_what_a_cube_would_be_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (inputs, project) = (folder.path().join("mosaics"), folder.path().join("project"));
    support::mosaics(&inputs);
    ritmo(&["new", arg(&project), "--json"]).json();
    let dry = ["cube", "build", arg(&project), "--site", "s", arg(&inputs), "--dry-run"];
    let value = ritmo(&[&dry[..], &["--json"]].concat()).json();
    let rows = value["acquisitions"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!(
        (&rows[1]["date"], &rows[1]["bands"]),
        (&"2022-02-15".into(), &serde_json::json!(["B04", "B08"]))
    );
    assert!(rows[0]["grids"][0].as_str().unwrap().contains("96 x 64"));
    assert_eq!(value["steps"].as_array().unwrap().len(), 4);
    assert_eq!((&value["grid"]["x"], &value["grid"]["y"]), (&96.into(), &64.into()));
    assert!(value["bytes"].as_u64().unwrap() > 0 && value["seconds"].is_f64());
    assert_eq!((&value["problems"], &value["skipped"]), (&serde_json::json!([]), &serde_json::json!([])));
    let words = ritmo(&dry).stdout;
    for word in ["m_2022-03-15.tif", "B04 B08", "Steps", "Size", "Time", "96 x 64"] {
        assert!(words.contains(word), "«{word}» is missing in {words}");
    }
    assert!(!project.join("cubes").exists());
}

#[test]
fn a_dry_run_with_a_problem_prints_the_table_and_exits_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let (inputs, project) = (folder.path().join("mosaics"), folder.path().join("project"));
    support::mosaics(&inputs);
    ritmo(&["new", arg(&project), "--json"]).json();
    let shifted = ritmo::geo::Grid { left: 500_010.0, ..support::grid() };
    support::mosaic(&inputs.join("m_2022-05-15.tif"), &shifted, &["B04", "B08"], 5);
    let ran = ritmo(&["cube", "build", arg(&project), "--site", "s", arg(&inputs), "--dry-run", "--json"]);
    assert_eq!(ran.code, 1);
    let value: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(value["acquisitions"].as_array().unwrap().len(), 5);
    assert!(value["problems"][0].as_str().unwrap().contains("grid"));
    assert!(ran.stderr.contains("grid"), "{}", ran.stderr);
}

#[test]
fn each_tile_becomes_a_site_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (inputs, project) = (folder.path().join("chips"), folder.path().join("project"));
    std::fs::create_dir(&inputs).unwrap();
    for (name, left) in [("north", 500_000.0), ("south", 600_000.0)] {
        let grid = ritmo::geo::Grid { left, ..support::grid() };
        for month in 1..=3 {
            let file = inputs.join(format!("{name}_2022-{month:02}-15.tif"));
            support::mosaic(&file, &grid, &["B04", "B08"], month);
        }
    }
    ritmo(&["new", arg(&project), "--json"]).json();
    let built = ritmo(&["cube", "build", arg(&project), "--each", arg(&inputs), "--json"]).json();
    let names: Vec<_> = built["sites"].as_array().unwrap().iter().map(|s| s["site"].clone()).collect();
    assert_eq!(names, ["north", "south"]);
    let info = ritmo(&["cube", "info", arg(&project), "--json"]).json();
    assert_eq!(info["sites"].as_array().unwrap().len(), 2);
}

#[test]
fn a_legend_is_printed_taken_in_and_written_by_a_verb() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    let names = |value: &Value| {
        let classes = value["classes"].as_array().unwrap().iter();
        classes
            .map(|c| (c["code"].as_u64().unwrap(), c["name"].as_str().unwrap().to_owned()))
            .collect::<Vec<_>>()
    };
    let legend = |more: &[&str]| ritmo(&[&["legend", arg(&project), "--json"], more].concat()).json();
    let value = legend(&[]);
    assert_eq!(names(&value), [(1, "forest".into()), (2, "pasture".into())]);
    assert_eq!(value["classes"][0]["annotations"], 3);
    let words = ritmo(&["legend", arg(&project)]).stdout;
    assert!(words.contains("forest") && words.contains("3 annotations") && words.contains('#'), "{words}");

    let value = legend(&["--preset", "reforestamos-alphabetical"]);
    assert_eq!(names(&value)[3], (4, "forest".into()));
    assert_eq!(value["classes"][3]["annotations"], 3, "annotations follow by name");
    for ending in ["qml", "csv", "json"] {
        let file = folder.path().join(format!("legend.{ending}"));
        legend(&["--export", arg(&file)]);
        let other = folder.path().join(format!("new-{ending}"));
        let new = ritmo(&["new", arg(&other), "--legend", arg(&file), "--json"]).json();
        assert_eq!(new["classes"], 10);
        assert_eq!(names(&ritmo(&["legend", arg(&other), "--json"]).json()), names(&value));
    }
    let file = folder.path().join("more.csv");
    std::fs::write(&file, "name\nmanglar\n").unwrap();
    assert_eq!(legend(&["--import", arg(&file), "--merge"])["classes"].as_array().unwrap().len(), 11);
    let value = legend(&["--import", arg(&file)]);
    let kept: Vec<_> = names(&value).into_iter().map(|(_, name)| name).collect();
    assert_eq!(kept, ["manglar", "forest", "pasture"], "what is in use is kept");
    let world = folder.path().join("world");
    assert_eq!(ritmo(&["new", arg(&world), "--legend", "worldcover", "--json"]).json()["classes"], 11);
}

#[test]
fn a_legend_that_cannot_be_used_is_told_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("project");
    ritmo(&["new", arg(&project), "--legend", "worldcover", "--json"]).json();
    let file = folder.path().join("twice.csv");
    std::fs::write(&file, "code,name\n1,a\n1,b\n").unwrap();
    for arguments in
        [["legend", arg(&project), "--import"], ["new", arg(&folder.path().join("p")), "--legend"]]
    {
        let ran = ritmo(&[&arguments[..], &[arg(&file)]].concat());
        let why = ran.failure();
        assert!(why.contains("twice.csv") && why.contains("line 3") && why.contains("the code 1"), "{why}");
    }
    let ran = ritmo(&["new", arg(&folder.path().join("q")), "--legend", "world-cover"]);
    assert!(ran.failure().contains("worldcover"), "{}", ran.stderr);
    assert!(!folder.path().join("q").exists());
    let ran = ritmo(&["legend", arg(&project), "--export", arg(&folder.path().join("l.xls"))]);
    assert!(ran.failure().contains(".qml"), "{}", ran.stderr);
    assert!(ritmo(&["legend", arg(&project), "--merge"]).failure().contains("--import"));
    assert_eq!(ritmo(&["legend", arg(&project), "--preset", "no-such"]).code, 2);
    let after = ritmo(&["legend", arg(&project), "--json"]).json();
    assert_eq!(after["classes"].as_array().unwrap().len(), 11, "nothing was changed");
}
