//! Taking labels out and checking them, end to end through the real program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{arg, grid, polygon, project, ritmo, shared_data, square, two_classes};

/// What `ogrinfo` says of a layer, in words; `None`, with a printed line, where it is not installed.
fn ogrinfo(path: &Path, layer: &str) -> Option<String> {
    let Ok(output) = Command::new("ogrinfo").args(["-ro", "-al", arg(path), layer]).output() else {
        println!("skipped: ogrinfo is not installed");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let words = String::from_utf8(output.stdout).unwrap();
    assert!(!words.contains("Warning") && !words.contains("ERROR"), "{words}");
    Some(words)
}

/// The Python that has pyarrow: `./run install` puts one into the cache; else the system's own.
fn python() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let own = cache.map(|cache| cache.join("ritmo/readers/bin/python"));
    let has_it = |python: &PathBuf| {
        let asked = Command::new(python).args(["-c", "import pyarrow.parquet"]).output();
        asked.is_ok_and(|output| output.status.success())
    };
    let found = own.into_iter().chain([PathBuf::from("python3")]).find(has_it);
    if found.is_none() {
        println!("skipped: no Python with pyarrow (./run install gets one)");
    }
    found
}

fn kinds(checked: &Value) -> Vec<(String, Vec<u64>)> {
    let findings = checked["findings"].as_array().unwrap();
    let ids =
        |f: &Value| f["annotations"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
    findings.iter().map(|f| (f["kind"].as_str().unwrap().to_string(), ids(f))).collect()
}

#[test]
fn labels_go_out_as_geojson_and_come_in_again() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    let file = folder.path().join("salida ñ.geojson");
    let exported = ritmo(&["labels", "export", arg(&project), arg(&file), "--json"]).json();
    assert_eq!((&exported["features"], &exported["left_out"]), (&6.into(), &json!([])));
    let value: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let first = &value["features"][0]["properties"];
    assert_eq!((&first["class"], &first["sites"]), (&"forest".into(), &"site".into()));
    // 16 pixels a side and a buffer of 20 m.
    let buffer = first["buffer_m"].as_f64().unwrap() / 10.0;
    let side = 16.0 - 2.0 * buffer;
    assert_eq!(first["pure_pixels"].as_f64().unwrap(), side * side);
    assert!((first["area_ha"].as_f64().unwrap() - 2.56).abs() < 1e-6);
    let again = folder.path().join("again");
    ritmo(&["new", arg(&again), "--json"]).json();
    let imported = ritmo(&["labels", "import", arg(&again), arg(&file), "--json"]).json();
    assert_eq!((&imported["imported"], &imported["skipped"]), (&6.into(), &json!([])));
}

#[test]
fn gdal_opens_a_geopackage_of_cores_with_its_layer_fields_and_system() {
    let folder = tempfile::tempdir().unwrap();
    let mut features = two_classes();
    features.push(square("pasture", 50.0, 30.0, 3.0));
    let project = project(folder.path(), Some(features));
    for (options, system) in [(&[][..], "\"EPSG\",4326"), (&["--crs", "site"], "\"EPSG\",32615")] {
        let file = folder.path().join(format!("cores{}.gpkg", options.len()));
        let export = ["labels", "export", arg(&project), arg(&file), "--what", "cores", "--json"];
        let exported = ritmo(&[&export[..], options].concat()).json();
        assert_eq!(exported["features"], 6);
        assert_eq!(exported["left_out"][0]["annotation"], 7, "three pixels wide, emptied by the buffer");
        let Some(words) = ogrinfo(&file, "cores") else { return };
        for part in [
            "Geometry: Multi Polygon",
            "Feature Count: 6",
            system,
            "id: Integer64",
            "class: String",
            "from: Date",
            "core_area_ha: Real",
            "pure_pixels: Integer64",
            "site (String) = site",
            "class (String) = forest",
        ] {
            assert!(words.contains(part), "{part} is missing in {words}");
        }
    }
}

#[test]
fn an_export_asks_before_it_replaces_and_says_what_it_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("there.geojson"), "precious").unwrap();
    std::fs::create_dir(at("folder.gpkg")).unwrap();
    for (file, words) in [
        ("there.geojson", "is there already"),
        ("absent/x.geojson", "there is no folder"),
        ("folder.gpkg", "it is a folder"),
        ("x.shp", ".geojson or .gpkg"),
        ("noend", ".geojson or .gpkg"),
    ] {
        let ran = ritmo(&["labels", "export", arg(&project), arg(&at(file)), "--json"]);
        assert!(ran.failure().contains(words), "{file}: {}", ran.stderr);
    }
    assert_eq!(std::fs::read_to_string(at("there.geojson")).unwrap(), "precious");
    let there = at("there.geojson");
    ritmo(&["labels", "export", arg(&project), arg(&there), "--replace", "--json"]).json();
    assert!(std::fs::read_to_string(&there).unwrap().contains("FeatureCollection"));
    let ran = ritmo(&["labels", "export", arg(&project), arg(&at("x.gpkg")), "--site", "nowhere", "--json"]);
    assert!(ran.failure().contains("nowhere"), "{}", ran.stderr);
    let ran = ritmo(&["labels", "export", arg(&project), arg(&at("x.geojson")), "--crs", "site", "--json"]);
    assert!(ran.failure().contains("WGS 84"), "{}", ran.stderr);
    assert_eq!(ritmo(&["labels", "export", arg(&project), "x.gpkg", "--what", "points"]).code, 2);

    let table = at("s.parquet");
    for (options, words) in [
        (&["--output", "x.csv"][..], ".parquet"),
        (&["--output", "/no/such/folder/x.parquet"], "there is no folder"),
        (&["--output", arg(&table), "--inputs", "B99"], "B99"),
        (&["--output", arg(&table), "--site", "nowhere"], "nowhere"),
    ] {
        let ran = ritmo(&[&["samples", arg(&project), "--json"], options].concat());
        assert!(ran.failure().contains(words), "{options:?}: {}", ran.stderr);
    }
    std::fs::write(&table, "precious").unwrap();
    let ran = ritmo(&["samples", arg(&project), "--output", arg(&table), "--json"]);
    assert!(ran.failure().contains("is there already"), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(&table).unwrap(), "precious");
}

#[cfg(unix)]
#[test]
fn a_folder_without_rights_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    let locked = folder.path().join("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(locked.join("probe"), "").is_ok() {
        println!("skipped: rights do not hold for this user");
        return;
    }
    for verb in [&["labels", "export"][..], &["samples"]] {
        let name = if verb.len() == 2 { "x.gpkg" } else { "x.parquet" };
        let file = locked.join(name);
        let target = if verb.len() == 2 { vec![arg(&file)] } else { vec!["--output", arg(&file)] };
        let ran = ritmo(&[verb, &[arg(&project)], &target, &["--json"]].concat());
        assert!(ran.failure().contains(name), "{}", ran.stderr);
    }
}

#[test]
fn a_check_names_what_is_wrong_and_counts_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut features = two_classes();
    features.push(square("pasture", 10.0, 4.0, 16.0));
    features.push(polygon("pasture", &[(60.0, 2.0), (76.0, 2.0), (76.0, 18.0), (60.0, 18.0)]));
    features.push(square("pasture", 200.0, 4.0, 16.0));
    features.push(square("urban", 50.0, 50.0, 2.0));
    let project = project(folder.path(), Some(features));
    let checked = ritmo(&["labels", "check", arg(&project), "--json"]).json();
    assert_eq!((&checked["annotations"], &checked["sites"]), (&10.into(), &1.into()));
    let found = kinds(&checked);
    for (kind, ids) in [
        ("overlap", &[1, 7][..]),
        ("duplicate", &[4, 8]),
        ("outside_sites", &[9]),
        ("emptied_by_buffer", &[10]),
        ("too_little", &[10]),
    ] {
        assert!(found.contains(&(kind.to_string(), ids.to_vec())), "{kind} {ids:?} is not in {found:?}");
        assert_eq!(checked["counts"][kind], 1, "{checked}");
    }
    let of = |kind: &str| {
        checked["findings"].as_array().unwrap().iter().find(|f| f["kind"] == kind).unwrap().clone()
    };
    // 10 x 14 pixels are drawn twice, in part by each core.
    let overlap = of("overlap");
    assert!((overlap["area_ha"].as_f64().unwrap() - 1.4).abs() < 0.01, "{overlap}");
    assert!(overlap["pixels"].as_u64().unwrap() > 0);
    let forest = &checked["classes"][0];
    assert_eq!((&forest["name"], &forest["annotations"]), (&"forest".into(), &3.into()));
    let said = ritmo(&["labels", "check", arg(&project)]);
    assert_eq!(said.code, 0, "findings are no failure");
    assert!(
        said.stdout.contains("Overlap of classes (1)") && said.stdout.contains("annotation 9"),
        "{}",
        said.stdout
    );
}

#[test]
fn pyarrow_reads_samples_equal_to_the_mosaics() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    let table = folder.path().join("samples.parquet");
    let saved = ritmo(&["samples", arg(&project), "--output", arg(&table), "--json"]).json();
    let samples = saved["samples"].as_u64().unwrap();
    assert!(samples > 100);
    assert_eq!((&saved["dates"], &saved["bands"]), (&4.into(), &json!(["B04", "B08"])));
    assert_eq!(saved["gaps"], 0);
    let counted: u64 =
        saved["classes"].as_array().unwrap().iter().map(|c| c["samples"].as_u64().unwrap()).sum();
    assert_eq!(counted, samples);
    // As `support::mosaic` writes them.
    let pixels = grid().pixels();
    let value = |month: usize, i: usize| {
        let (pixel, col) = (i % pixels, i % pixels % 96);
        let noise = pixel * 7919 % 61;
        if col < 48 { 500 + noise } else { 1500 + 600 * (month % 3) + noise }
    };
    let band = |month: usize, band: usize| -> Vec<Vec<usize>> {
        let row = |row: usize| (0..96).map(|col| value(month, band * pixels + row * 96 + col)).collect();
        (0..64).map(row).collect()
    };
    let dates: Vec<_> = (1..=4).map(|month| [band(month, 0), band(month, 1)]).collect();
    let mosaics = folder.path().join("mosaics.json");
    std::fs::write(&mosaics, json!({ "site": dates }).to_string()).unwrap();
    let Some(python) = python() else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/readers/samples.py");
    let output = Command::new(python).args([script, arg(&table), arg(&mosaics)]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let compared = samples * 8;
    assert_eq!(said.trim(), format!("{samples} samples, {compared} values compared, ['forest', 'pasture']"));
}

#[test]
fn samples_of_indices_and_filled_gaps_are_what_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    let table = folder.path().join("ndvi.parquet");
    let options = ["--output", arg(&table), "--inputs", "NDVI", "--fill", "linear", "--json"];
    let saved = ritmo(&[&["samples", arg(&project)], &options[..]].concat()).json();
    assert_eq!(saved["bands"], json!(["NDVI"]));
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let reader = SerializedFileReader::new(std::fs::File::open(&table).unwrap()).unwrap();
    let columns = reader.metadata().file_metadata().schema_descr();
    let names: Vec<_> = columns.columns().iter().map(|c| c.name().to_string()).collect();
    assert_eq!(names[9..], ["geometry", "NDVI_0", "NDVI_1", "NDVI_2", "NDVI_3"]);
}

#[test]
fn flanders_goes_out_and_its_labels_are_checked() {
    let Some(data) = shared_data("flanders_s2_a_2018_monthly") else { return };
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("flanders");
    ritmo(&["new", arg(&project), "--json"]).json();
    ritmo(&["cube", "build", arg(&project), "--site", "a", arg(&data), "--json"]).json();
    let labels = data.join("labels.geojson");
    ritmo(&["labels", "import", arg(&project), arg(&labels), "--buffer", "10", "--json"]).json();
    let checked = ritmo(&["labels", "check", arg(&project), "--json"]).json();
    let emptied =
        ["emptied_by_buffer", "no_whole_pixel"].map(|kind| checked["counts"][kind].as_u64().unwrap_or(0));
    assert_eq!(emptied.iter().sum::<u64>(), 3, "{}", checked["counts"]);
    let file = folder.path().join("cores.gpkg");
    let exported =
        ritmo(&["labels", "export", arg(&project), arg(&file), "--what", "cores", "--json"]).json();
    let cores = exported["features"].as_u64().unwrap();
    assert_eq!(cores + exported["left_out"].as_array().unwrap().len() as u64, 22);
    let table = folder.path().join("s.parquet");
    let saved = ritmo(&["samples", arg(&project), "--output", arg(&table), "--json"]).json();
    let pixels: u64 =
        checked["classes"].as_array().unwrap().iter().map(|c| c["pure_pixels"].as_u64().unwrap()).sum();
    assert!(saved["samples"].as_u64().unwrap() <= pixels);
    println!("{} samples of {pixels} pure pixels, {} bytes", saved["samples"], saved["bytes"]);
}
