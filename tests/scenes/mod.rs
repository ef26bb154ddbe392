//! Scenes of a catalogue that the demo makes, and the words with which a cube of them is asked for.

#![allow(dead_code, clippy::allow_attributes, clippy::unwrap_used, reason = "each test uses a part of it")]

use crate::support::{arg, ritmo};
use chrono::NaiveDate;
use ritmo::demo::{Ground, write_scenes};
use ritmo::geo::{Crs, Grid};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

const BANDS: [&str; 3] = ["B04", "B08", "B11"];
/// Degrees around 1.2 km in the middle of the ground.
pub const AREA: [&str; 5] = ["--bbox", "-93.7216", "16.5310", "-93.7100", "16.5420"];

/// The scenes, made once: three months of ground with fields of 7 pixels.
static SCENES: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let crs = Crs::from_epsg(32615).unwrap();
    let mut middle = [[-93.7158, 16.5365]];
    crs.xy_from_lonlat(&mut middle).unwrap();
    let [x, y] = middle[0].map(|n| (n / 10.0).round() * 10.0);
    let side = 1100;
    let half = f64::from(side) * 5.0;
    let grid = Grid {
        crs,
        left: x - half,
        top: y + half,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: side,
        height: side,
    };
    let dates: Vec<NaiveDate> =
        (1..=3).map(|month| NaiveDate::from_ymd_opt(2022, month, 15).unwrap()).collect();
    let value = |month: usize, band: usize, i: usize| {
        let (col, row) = (i % side as usize, i / side as usize);
        let field = (col / 7 * 31 + row / 7 * 17) % 23;
        let grain = (i.wrapping_mul(2_654_435_761) >> 7) % 200;
        300 + (field * 120 + band * 700 + month * 250 * (field % 3) + grain) as u16
    };
    let pixels = grid.pixels();
    let mosaics: Vec<Vec<u16>> = (0..3)
        .map(|month| (0..BANDS.len() * pixels).map(|i| value(month, i / pixels, i % pixels)).collect())
        .collect();
    let ground = Ground { seed: 5, grid: &grid, bands: &BANDS, dates: &dates, mosaics: &mosaics };
    write_scenes(&ground, folder.path()).unwrap();
    folder
});

pub fn scenes() -> &'static Path {
    SCENES.path()
}

/// A project that has nothing yet.
pub fn project(home: &Path) -> PathBuf {
    let project = home.join("project");
    ritmo(&["new", arg(&project), "--json"]).json();
    project
}

pub fn words<'a>(project: &'a Path, endpoint: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let dates = ["--from", "2022-01-01", "--to", "2022-03-31", "--endpoint", endpoint];
    [&["stac", arg(project), "--site", "s", "--bands", "B04,B08,B11", "--json"], &AREA[..], &dates, more]
        .concat()
}

/// The pixels of a cube, by the mosaics that hold them; in its shards chunks lie as they came.
fn store(cube: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![cube.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "tif") {
                files.insert(path.strip_prefix(cube).unwrap().to_path_buf(), std::fs::read(&path).unwrap());
            }
        }
    }
    assert!(!files.is_empty(), "it has mosaics");
    files
}

pub fn assert_same(a: &Path, b: &Path) {
    let (a, b) = (store(a), store(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    let other: Vec<_> = a.iter().filter(|(path, bytes)| b[*path] != **bytes).map(|(path, _)| path).collect();
    assert!(other.is_empty(), "{other:?} differ");
}

/// Items of the scenes whose files lie at `/files`.
pub fn items() -> Vec<Value> {
    let mut items = Vec::new();
    for entry in std::fs::read_dir(scenes()).unwrap() {
        let path = entry.unwrap().path();
        let Some(id) = path.file_name().and_then(|name| name.to_str()).filter(|_| path.is_dir()) else {
            continue;
        };
        let text = std::fs::read_to_string(path.join(format!("{id}.json"))).unwrap();
        let mut item: Value = serde_json::from_str(&text).unwrap();
        for (name, asset) in item["assets"].as_object_mut().unwrap() {
            asset["href"] = json!(format!("/files/{id}/{name}.tif"));
        }
        items.push(item);
    }
    items.sort_by_key(|item| item["properties"]["datetime"].to_string());
    items
}
