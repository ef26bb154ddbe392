//! Readers that nobody here wrote: xarray, rasterio and GDAL's own tools open what `cube build` makes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use ritmo::geo::raster::{PixelType, write_mosaic};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{arg, grid, ritmo, shared_data, trained_project};

/// The Python that has xarray and rasterio: `./run install` puts one into the cache; else the system's own.
fn python() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let own = cache.map(|cache| cache.join("ritmo/readers/bin/python"));
    let candidates = own.into_iter().chain([PathBuf::from("python3")]);
    let has_all = |python: &PathBuf| {
        let asked = Command::new(python).args(["-c", "import xarray, zarr, rasterio"]).output();
        asked.is_ok_and(|output| output.status.success())
    };
    let found = candidates.into_iter().find(has_all);
    if found.is_none() {
        println!("skipped: no Python with xarray, zarr and rasterio (./run install gets one)");
    }
    found
}

fn build(folder: &Path, inputs: &Path, options: &[&str]) -> PathBuf {
    let project = folder.join("project");
    ritmo(&["new", arg(&project), "--json"]).json();
    let mut arguments = vec!["cube", "build", arg(&project), "--site", "site", arg(inputs), "--json"];
    arguments.extend(options);
    PathBuf::from(ritmo(&arguments).json()["cube"].as_str().unwrap())
}

fn read(python: &Path, store: &Path, inputs: &Path, more: &[&str]) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/readers/read.py");
    let output = Command::new(python).args([script, arg(store), arg(inputs)]).args(more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn xarray_and_rasterio_read_every_value_of_the_files() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (name, kind, nodata) in [("signed", PixelType::Int16, -9999.0), ("unsigned", PixelType::Uint16, 0.0)]
    {
        let inputs = folder.path().join(name);
        std::fs::create_dir(&inputs).unwrap();
        for month in 1..=3u32 {
            let words: Vec<u16> = (0..2 * grid().pixels() as u32)
                .map(|i| if i % 17 == month { nodata as i32 as u16 } else { (i * month % 9000) as u16 + 1 })
                .collect();
            let path = inputs.join(format!("m_2022-{month:02}-15.tif"));
            write_mosaic(&path, &grid(), &["B04", "B08"], kind, nodata, &words, &[]).unwrap();
        }
        let place = folder.path().join(format!("project of {name}"));
        std::fs::create_dir(&place).unwrap();
        let store = build(&place, &inputs, &[]);
        let said = read(&python, &store, &inputs, &[]);
        assert!(said.starts_with("3 dates, 2 bands, 36864 values compared"), "{said}");
    }
}

#[test]
fn xarray_reads_real_mosaics_masks_and_a_system_without_a_code() {
    let Some(python) = python() else { return };
    for (name, options, more) in [
        ("flanders_s2_a_2018_monthly", &[][..], &[][..]),
        ("sinop_modis_2013_2014", &[], &[]),
        ("flanders_s2_a_2018", &["--period", "month"], &["--masks"]),
    ] {
        let Some(inputs) = shared_data(name) else { continue };
        let folder = tempfile::tempdir().unwrap();
        let store = build(folder.path(), &inputs, options);
        println!("{name}: {}", read(&python, &store, &inputs, more));
    }
}

/// What `gdalinfo` says of a file, with checksums of its bands.
fn gdalinfo(path: &Path) -> Option<serde_json::Value> {
    let output = Command::new("gdalinfo").args(["-json", "-checksum", arg(path)]).output();
    let Ok(output) = output else {
        println!("skipped: gdalinfo is not installed");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn gdal_finds_the_same_pixels_in_a_steps_mosaic_as_in_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    support::mosaics(&inputs);
    let store = build(folder.path(), &inputs, &[]);
    for month in 1..=4 {
        let Some(own) = gdalinfo(&inputs.join(format!("m_2022-{month:02}-15.tif"))) else { return };
        let Some(made) = gdalinfo(&store.join(format!("mosaics/2022-{month:02}-15.tif"))) else { return };
        for what in ["size", "geoTransform"] {
            assert_eq!(own[what], made[what]);
        }
        assert_eq!(own["coordinateSystem"]["wkt"], made["coordinateSystem"]["wkt"]);
        for band in 0..2 {
            for what in ["checksum", "type", "description", "noDataValue"] {
                assert_eq!(own["bands"][band][what], made["bands"][band][what], "{month} {band} {what}");
            }
        }
    }
}

/// GDAL's own check of cloud optimized GeoTIFFs, where its Python is installed.
fn is_valid_cog(path: &Path) -> Option<bool> {
    let module = "osgeo_utils.samples.validate_cloud_optimized_geotiff";
    for python in ["/usr/bin/python3", "python3"] {
        if !Command::new(python)
            .args(["-c", &format!("import {module}")])
            .output()
            .is_ok_and(|o| o.status.success())
        {
            continue;
        }
        let output =
            Command::new(python).args(["-m", module, "--full-check=yes", arg(path)]).output().unwrap();
        println!("{}", String::from_utf8_lossy(&output.stdout));
        return Some(output.status.success());
    }
    println!("skipped: no Python with osgeo_utils (Debian: python3-gdal)");
    None
}

#[test]
fn rasterio_reads_a_map_and_gdal_finds_each_of_its_files_cloud_optimized() {
    let folder = tempfile::tempdir().unwrap();
    let large = ritmo::geo::Grid { width: 1100, height: 70, ..grid() };
    let project = trained_project(folder.path(), &large, 3);
    let mapped = ritmo(&["map", arg(&project), "--model", "m", "--json"]).json();
    for path in ["classes_path", "probabilities_path", "entropy_path", "margin_path"] {
        let path = PathBuf::from(mapped[path].as_str().unwrap());
        let Some(valid) = is_valid_cog(&path) else { break };
        assert!(valid, "{}", path.display());
    }
    let Some(python) = python() else { return };
    println!("{}", read(&python, &project.join("maps/s"), Path::new("m"), &["--map"]));
}
