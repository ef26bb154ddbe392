//! A cube as large as a Sentinel-2 scene, 12 dates x 10 bands x 10980 x 10980 pixels: a square of 2048 pixels is built as
//! any cube is, and its shards, which are whole files, then stand at every place of the larger one as links. Its mosaic is
//! written in full once, with overviews, and stands for each date.

use rayon::prelude::*;
use ritmo::cube::{BuildSpec, build};
use ritmo::geo::raster::{PixelType, write_mosaic};
use ritmo::geo::{Crs, Grid, TiledSpec, TiledWriter, Window};
use ritmo::progress::Cancel;
use ritmo::source::{InputSpec, recognise};
use std::path::Path;

/// Pixels along the scene.
pub const SIDE: u32 = 10_980;
/// Pixels along the square that it repeats: whole shards.
const SQUARE: u32 = 2048;
/// Pixels along a shard of such a cube.
const SHARD: u32 = 512;
const BANDS: [&str; 10] = ["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"];
const NODATA: f64 = -9999.0;

fn grid(side: u32) -> Grid {
    let crs = Crs::from_epsg(32614).expect("EPSG:32614 is known");
    Grid { crs, left: 5e5, top: 2.2e6, pixel_width: 10.0, pixel_height: 10.0, width: side, height: side }
}

/// Smooth fields with noise and a few per cent of gaps, which compress about as real mosaics do.
fn value(month: u32, band: u32, col: u32, row: u32) -> u16 {
    if (row / 40 + month * 3).is_multiple_of(25) && (col / 60 + month).is_multiple_of(3) {
        return (NODATA as i16).cast_unsigned();
    }
    let noise =
        (col.wrapping_mul(1_664_525) ^ row.wrapping_mul(1_013_904_223) ^ month.wrapping_mul(97 + band))
            .wrapping_mul(2_654_435_761)
            >> 25;
    let field = ((row as f32 / 90.0).sin() + (col as f32 / 70.0 + month as f32 / 2.0).cos()) * 400.0;
    (1000.0 + 150.0 * band as f32 + field + noise as f32) as u16
}

/// Makes the scene's store in a folder.
pub fn make(folder: &Path) -> std::path::PathBuf {
    let store = folder.join("scene.zarr");
    if store.join("zarr.json").exists() {
        return store;
    }
    let inputs = folder.join("inputs");
    std::fs::create_dir_all(&inputs).expect("a folder");
    (1..=12u32).into_par_iter().for_each(|month| {
        let values: Vec<u16> = (0..BANDS.len() as u32 * SQUARE * SQUARE)
            .map(|i| value(month, i / (SQUARE * SQUARE), i % SQUARE, i / SQUARE % SQUARE))
            .collect();
        let path = inputs.join(format!("scene_2022-{month:02}-15.tif"));
        write_mosaic(&path, &grid(SQUARE), &BANDS, PixelType::Int16, NODATA, &values, &[]).expect("written");
    });
    let square = folder.join("square.zarr");
    let found = recognise(&InputSpec::of([&inputs]), &|_| {}, &Cancel::new()).expect("recognised");
    let spec = BuildSpec { found, ..BuildSpec::default() };
    build(&spec, &square, &|_| {}, &Cancel::new()).expect("built");
    let made = folder.join("scene.making");
    copy(&square, &made, Path::new(""));
    let mosaic = folder.join("mosaic.tif");
    write_scene_mosaic(&mosaic);
    for file in std::fs::read_dir(square.join("mosaics")).expect("listed").flatten() {
        if file.path().extension().is_some_and(|ending| ending == "tif") {
            std::fs::hard_link(&mosaic, made.join("mosaics").join(file.file_name())).expect("linked");
        }
    }
    std::fs::rename(&made, &store).expect("renamed");
    std::fs::remove_dir_all(&inputs).expect("removed");
    store
}

/// Copies what the store says of itself, with the scene's size in it, and links the shards.
fn copy(square: &Path, to: &Path, inside: &Path) {
    std::fs::create_dir_all(to.join(inside)).expect("a folder");
    for entry in std::fs::read_dir(square.join(inside)).expect("listed").flatten() {
        let (path, inside) = (entry.path(), inside.join(entry.file_name()));
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && name == "c" && path.join("0/0/0").is_dir() {
            link_shards(&path, &to.join(&inside), 2);
        } else if path.is_dir() && name == "c" && path.join("0/0").is_dir() {
            link_shards(&path, &to.join(&inside), 1);
        } else if path.is_dir() {
            copy(square, to, &inside);
        } else if name == "zarr.json" {
            let text = std::fs::read_to_string(&path).expect("read");
            let mut about: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            let shape = about.get_mut("shape").and_then(serde_json::Value::as_array_mut);
            for length in shape.into_iter().flatten().filter(|length| **length == SQUARE) {
                // The coordinates of columns and rows are not read here: one of the two shapes of theirs would lack values.
                *length = SIDE.into();
            }
            std::fs::write(to.join(&inside), about.to_string()).expect("written");
        } else if path.extension().is_none_or(|ending| ending != "tif") {
            std::fs::copy(&path, to.join(&inside)).expect("copied");
        }
    }
}

/// Links each shard at every place that it stands for; `before` axes come before rows and columns.
fn link_shards(from: &Path, to: &Path, before: usize) {
    let first = (0..before).fold(String::new(), |path, _| path + "0/");
    let (here, across) = (SQUARE / SHARD, SIDE.div_ceil(SHARD));
    for row in 0..across {
        let folder = to.join(format!("{first}{row}"));
        std::fs::create_dir_all(&folder).expect("a folder");
        for col in 0..across {
            let shard = from.join(format!("{first}{}/{}", row % here, col % here));
            std::fs::hard_link(shard, folder.join(col.to_string())).expect("linked");
        }
    }
}

fn write_scene_mosaic(path: &Path) {
    let grid = grid(SIDE);
    let scaling = [None; BANDS.len()];
    let spec = TiledSpec {
        grid: &grid,
        bands: &BANDS,
        scaling: &scaling,
        kind: PixelType::Int16,
        nodata: NODATA,
        tile: (512, 512),
    };
    let mut writer = TiledWriter::create(path, &spec).expect("created");
    for band in 0..BANDS.len() {
        for row in (0..SIDE).step_by(512) {
            let window = Window { col: 0, row, width: SIDE, height: 512.min(SIDE - row) };
            let of = |i: u32| value(6, band as u32, i % SIDE % SQUARE, (row + i / SIDE) % SQUARE);
            let words: Vec<u16> = (0..window.pixels() as u32).into_par_iter().map(of).collect();
            writer.write_words(band, window, &words).expect("written");
        }
    }
    writer.finish().expect("finished");
}
