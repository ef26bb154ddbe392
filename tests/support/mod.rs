//! What the end-to-end tests share: running the real program, and small inputs.

#![allow(
    dead_code,
    clippy::allow_attributes,
    clippy::unwrap_used,
    reason = "each test file uses a part of it"
)]

use ritmo::geo::raster::{PixelType, write_mosaic};
use ritmo::geo::{Crs, Grid};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What a verb gave.
pub struct Ran {
    /// Its exit status.
    pub code: i32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Ran {
    /// What a run of the program gave.
    pub fn of(Output { status, stdout, stderr }: Output) -> Self {
        Self {
            code: status.code().unwrap_or(-1),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    /// The one JSON object on standard output.
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.stderr);
        let lines: Vec<_> = self.stdout.lines().collect();
        assert_eq!(lines.len(), 1, "one object on one line: {}", self.stdout);
        serde_json::from_str(lines[0]).unwrap()
    }

    /// The sentence of a failure.
    pub fn failure(&self) -> &str {
        assert_eq!(self.code, 1, "out: {}\nerr: {}", self.stdout, self.stderr);
        assert!(self.stdout.is_empty(), "nothing on standard output: {}", self.stdout);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        &self.stderr
    }
}

/// The program with these arguments, not started yet.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ritmo"));
    command.args(arguments);
    command
}

/// Runs the program.
pub fn ritmo(arguments: &[&str]) -> Ran {
    Ran::of(command(arguments).output().unwrap())
}

/// A path as an argument.
pub fn arg(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A folder of the real imagery that lies beside the checkout, or `None`, with a printed line, where it is absent.
pub fn shared_data(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")).join(folder);
    if !path.exists() {
        println!("skipped: {folder} of the shared data is absent");
        return None;
    }
    Some(path)
}

/// The grid of the small inputs: 96 x 64 pixels of 10 m.
pub fn grid() -> Grid {
    let crs = Crs::from_epsg(32615).unwrap();
    Grid {
        crs,
        left: 500_000.0,
        top: 1_900_000.0,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: 96,
        height: 64,
    }
}

/// Writes one mosaic of bands whose left half is dark all year and whose right half greens in summer.
pub fn mosaic(path: &Path, grid: &Grid, bands: &[&str], month: u16) {
    let values: Vec<u16> = (0..bands.len() * grid.pixels())
        .map(|i| {
            let (pixel, col) = (i % grid.pixels(), (i % grid.pixels()) % grid.width as usize);
            let noise = (pixel * 7919 % 61) as u16;
            if col < 48 { 500 + noise } else { 1500 + 600 * (month % 3) + noise }
        })
        .collect();
    write_mosaic(path, grid, bands, PixelType::Uint16, 0.0, &values, &[]).unwrap();
}

/// A folder of four mosaics.
pub fn mosaics(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for month in 1..=4 {
        mosaic(&folder.join(format!("m_2022-{month:02}-15.tif")), &grid(), &["B04", "B08"], month);
    }
}

/// A square of `side` pixels with its top left corner at (col, row), as a GeoJSON feature.
pub fn square(class: &str, col: f64, row: f64, side: f64) -> Value {
    polygon(class, &[(col, row), (col + side, row), (col + side, row + side), (col, row + side)])
}

/// A polygon in pixel coordinates as a GeoJSON feature.
pub fn polygon(class: &str, corners: &[(f64, f64)]) -> Value {
    let mut ring: Vec<_> =
        corners.iter().map(|&(c, r)| grid().lonlat_from_pixel(c, r).unwrap().to_vec()).collect();
    ring.push(ring[0].clone());
    serde_json::json!({ "type": "Feature", "properties": { "class": class },
        "geometry": { "type": "Polygon", "coordinates": [ring] } })
}

/// Writes features as a GeoJSON file.
pub fn geojson(path: &Path, features: Vec<Value>) {
    let collection = serde_json::json!({ "type": "FeatureCollection", "features": features });
    std::fs::write(path, collection.to_string()).unwrap();
}

/// Three squares for each of two classes, in the halves they belong to.
pub fn two_classes() -> Vec<Value> {
    [("forest", 4.0), ("pasture", 60.0)]
        .into_iter()
        .flat_map(|(class, col)| [2.0, 22.0, 42.0].map(|row| square(class, col, row, 16.0)))
        .collect()
}

/// A project with a cube, and labels where given.
pub fn project(folder: &Path, features: Option<Vec<Value>>) -> PathBuf {
    let (inputs, project) = (folder.join("mosaics"), folder.join("project"));
    mosaics(&inputs);
    ritmo(&["new", arg(&project), "--json"]).json();
    ritmo(&["cube", "build", arg(&project), "--site", "site", arg(&inputs), "--json"]).json();
    if let Some(features) = features {
        let file = folder.join("labels.geojson");
        geojson(&file, features);
        ritmo(&["labels", "import", arg(&project), arg(&file), "--json"]).json();
    }
    project
}

/// A project in `home` with a site `s` of this grid and so many months, labels of two classes, and a small model `m` of them.
pub fn trained_project(home: &Path, grid: &Grid, months: u16) -> PathBuf {
    let (project, inputs) = (home.join("project"), home.join("mosaics"));
    std::fs::create_dir(&inputs).unwrap();
    for month in 1..=months {
        mosaic(&inputs.join(format!("m_2022-{month:02}-15.tif")), grid, &["B04", "B08"], month);
    }
    let labels = home.join("labels.geojson");
    geojson(&labels, two_classes());
    ritmo(&["new", arg(&project), "--json"]).json();
    ritmo(&["cube", "build", arg(&project), "--site", "s", arg(&inputs), "--json"]).json();
    ritmo(&["labels", "import", arg(&project), arg(&labels), "--json"]).json();
    let small = ["--set", "filters=4", "--set", "layers=1", "--set", "dense=4", "--epochs", "3"];
    ritmo(&[&["train", arg(&project), "--name", "m", "--json"], &small[..]].concat()).json();
    project
}
