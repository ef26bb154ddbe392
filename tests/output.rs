//! What comes out of maps: uncertain places as points, and maps of two sites in two UTM zones made one. Readers that nobody here
//! wrote open them: GDAL's own tools, rasterio and QGIS, where they are installed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use ritmo::geo::raster::{Palette, PixelType, write_cog_u8, write_mosaic};
use ritmo::geo::{Crs, Grid};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{arg, ritmo};

const CLASSES: [(u8, &str, [u8; 3]); 2] = [(1, "Bosque & selva", [38, 140, 60]), (2, "Agua", [60, 130, 220])];

/// A small grid on one side of the 90th meridian, where zones 15 and 16 meet.
fn grid(epsg: u32, left: f64) -> Grid {
    let crs = Crs::from_epsg(epsg).unwrap();
    Grid { crs, left, top: 1_900_000.0, pixel_width: 10.0, pixel_height: 10.0, width: 96, height: 64 }
}

fn grids() -> [(&'static str, Grid); 2] {
    [("west", grid(32615, 818_000.0)), ("east", grid(32616, 182_000.0))]
}

/// A project of two sites in two zones, each with a map `m`: forest left, water right, uncertain in a square.
fn project(folder: &Path) -> PathBuf {
    let project = folder.join("project");
    ritmo(&["new", arg(&project), "--json"]).json();
    for (site, grid) in grids() {
        let inputs = folder.join(site);
        std::fs::create_dir_all(&inputs).unwrap();
        let words = vec![700u16; grid.pixels()];
        for month in 1..=2 {
            let path = inputs.join(format!("m_2022-{month:02}-15.tif"));
            write_mosaic(&path, &grid, &["B04"], PixelType::Uint16, 0.0, &words, &[]).unwrap();
        }
        ritmo(&["cube", "build", arg(&project), "--site", site, arg(&inputs), "--json"]).json();
        write_map(&project.join("maps").join(site), &grid);
    }
    project
}

fn write_map(folder: &Path, grid: &Grid) {
    std::fs::create_dir_all(folder).unwrap();
    let plane = |of: &dyn Fn(u32, u32) -> u8| -> Vec<u8> {
        let pixels = (0..grid.height).flat_map(|row| (0..grid.width).map(move |col| (col, row)));
        pixels.map(|(col, row)| of(col, row)).collect()
    };
    let palette = Palette { entries: CLASSES.to_vec() };
    let classes = plane(&|col, _| if col < 48 { 1 } else { 2 });
    let entropy = plane(&|col, row| if (16..32).contains(&col) && (16..32).contains(&row) { 230 } else { 5 });
    let forest = plane(&|col, _| if col < 48 { 150 } else { 20 });
    let water: Vec<u8> = forest.iter().map(|p| 250 - p).collect();
    let write = |end: &str, bands: &[(String, &[u8])], palette: Option<&Palette>| {
        let path = folder.join(format!("m.{end}"));
        write_cog_u8(&path, grid, bands, palette, Some(255), &[("RITMO_MODEL", "m")]).unwrap();
    };
    write("tif", &[("class".into(), &classes)], Some(&palette));
    write("entropy.tif", &[("entropy".into(), &entropy)], None);
    write("probs.tif", &[("Bosque & selva".into(), &forest), ("Agua".into(), &water)], None);
}

#[test]
fn uncertain_places_are_written_as_points_with_their_classes() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path());
    let file = folder.path().join("places.geojson");
    let verb = ["uncertain", arg(&project), "--map", "m", "--site", "west", "--output", arg(&file), "--json"];
    let said = ritmo(&verb).json();
    assert_eq!(said["places"], 1, "{said}");
    assert!(said["highest_entropy"].as_f64().unwrap() > 0.9, "{said}");
    let points: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let place = &points["features"][0];
    let [(_, grid), _] = grids();
    let at = place["geometry"]["coordinates"].as_array().unwrap();
    let (lon, lat) = (at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
    let (col, row) = grid.pixel_from_lonlat(lon, lat).unwrap().unwrap();
    assert!((16..32).contains(&col) && (16..32).contains(&row), "{col} {row}");
    let about = &place["properties"];
    assert_eq!((&about["class_1"], &about["class_2"]), (&"Bosque & selva".into(), &"Agua".into()));
    assert_eq!((&about["probability_1"], &about["entropy"]), (&0.6.into(), &0.92.into()));
    assert!(ritmo(&verb).failure().contains("is there already"));
    let ran = ritmo(&["uncertain", arg(&project), "--map", "no", "--site", "west", "--output", arg(&file)]);
    assert!(ran.failure().contains("no map no of west"), "{}", ran.stderr);
}

/// The merged map of both sites in the national system of Mexico.
fn merged(folder: &Path) -> (PathBuf, serde_json::Value) {
    let project = project(folder);
    let file = folder.join("all.tif");
    let verb = [
        "merge",
        arg(&project),
        "--map",
        "m",
        "--crs",
        "6362",
        "--resolution",
        "10",
        "--output",
        arg(&file),
        "--json",
    ];
    let said = ritmo(&verb).json();
    (file, said)
}

#[test]
fn two_sites_in_two_zones_become_one_map() {
    let folder = tempfile::tempdir().unwrap();
    let (file, said) = merged(folder.path());
    assert_eq!((&said["sites"], &said["crs"]), (&serde_json::json!(["west", "east"]), &"EPSG:6362".into()));
    assert!(said["overlap"].as_str().unwrap().contains("more certain"), "{said}");
    for (class, (code, name, _)) in said["classes"].as_array().unwrap().iter().zip(CLASSES) {
        assert_eq!((&class["code"], &class["name"]), (&code.into(), &name.into()));
        let pixels = class["pixels"].as_f64().unwrap();
        assert!((pixels - 96.0 * 64.0).abs() < 0.05 * 96.0 * 64.0, "half of each of two sites: {pixels}");
    }
    assert!(file.with_extension("qml").exists());
    let project = folder.path().join("project");
    let merge = |output: &Path, more: &[&str]| {
        ritmo(
            &[&["merge", arg(&project), "--map", "m", "--output", arg(output), "--json"][..], more].concat(),
        )
    };
    let vrt = folder.path().join("all.vrt");
    let why = merge(&vrt, &[]).failure().to_string();
    assert!(why.contains("end the file's name in .tif"), "{why}");
    let said = merge(&vrt, &["--site", "east"]).json();
    assert_eq!((&said["width"], &said["height"]), (&96.into(), &64.into()));
    let ran = merge(&folder.path().join("all.png"), &[]);
    assert!(ran.failure().contains(".tif or .vrt"), "{}", ran.stderr);
    let ran = merge(&file, &[]);
    assert!(ran.failure().contains("is there already"), "{}", ran.stderr);
    let ran = merge(&file, &["--site", "north"]);
    assert!(ran.failure().contains("no site north"), "{}", ran.stderr);
}

/// Runs a script of another program's Python on a file; `None`, with a printed line, where it lacks the modules.
fn python(pythons: &[PathBuf], modules: &str, script: &str, arguments: &[&str]) -> Option<String> {
    let has = |python: &&PathBuf| {
        let asked = Command::new(python)
            .env("QT_QPA_PLATFORM", "offscreen")
            .args(["-c", &format!("import {modules}")])
            .output();
        asked.is_ok_and(|output| output.status.success())
    };
    let Some(python) = pythons.iter().find(has) else {
        println!("skipped: no Python with {modules}");
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers").join(script);
    let output = Command::new(python)
        .env("QT_QPA_PLATFORM", "offscreen")
        .arg(script)
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn pythons() -> Vec<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let own = cache.map(|cache| cache.join("ritmo/readers/bin/python"));
    own.into_iter().chain(["/usr/bin/python3".into(), "python3".into()]).collect()
}

#[test]
fn rasterio_reads_the_merged_map() {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = merged(folder.path());
    if let Some(said) = python(&pythons(), "rasterio", "merged.py", &[arg(&file)]) {
        assert!(said.contains("EPSG:6362"), "{said}");
    }
}

#[test]
fn gdal_shows_a_valid_cog_with_names_and_colours() {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = merged(folder.path());
    let modules = "osgeo_utils.samples.validate_cloud_optimized_geotiff";
    if let Some(said) = python(&pythons(), modules, "cog.py", &[arg(&file)]) {
        assert!(said.contains("valid"), "{said}");
    }
    let Ok(output) = Command::new("gdalinfo").args(["-json", arg(&file)]).output() else {
        println!("skipped: gdalinfo is not installed");
        return;
    };
    let info: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let band = &info["bands"][0];
    assert_eq!(band["noDataValue"], 255.0);
    for (code, name, [red, green, blue]) in CLASSES {
        assert_eq!(band["categories"][usize::from(code)], name, "{band}");
        let entry = &band["colorTable"]["entries"][usize::from(code)];
        assert_eq!(*entry, serde_json::json!([red, green, blue, 255]));
    }
}

#[test]
fn qgis_shows_names_and_colours() {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = merged(folder.path());
    let said = python(&["/usr/bin/python3".into()], "qgis.core", "qgis_map.py", &[arg(&file)]);
    if let Some(said) = said {
        assert_eq!(said.trim(), "1 Bosque & selva #268c3c; 2 Agua #3c82dc", "{said}");
    }
}
