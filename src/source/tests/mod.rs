//! Help for the tests of this room.

mod dark;
mod folders;
mod names;
mod products;
mod sensors;
mod spec;
mod trouble;

use super::*;
use crate::geo::raster::{PixelType, write_cog_u8, write_mosaic};
use crate::geo::{Crs, Grid};
use crate::progress::{Cancel, Progress};
use crate::testing::shared_data;
use gdal::DriverManager;
use std::path::Path;

fn grid_at(left: f64, pixel: f64) -> Grid {
    let crs = Crs::from_epsg(32614).unwrap();
    Grid { crs, left, top: 2.2e6, pixel_width: pixel, pixel_height: pixel, width: 4, height: 3 }
}

fn small_grid() -> Grid {
    grid_at(5e5, 10.0)
}

/// Writes a file with these bands; without a name a band has no description.
fn write(path: &Path, bands: &[&str], kind: PixelType) {
    write_on(path, &small_grid(), bands, kind, &[]);
}

fn write_on(path: &Path, grid: &Grid, bands: &[&str], kind: PixelType, metadata: &[(&str, &str)]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let values = vec![1; bands.len() * grid.pixels()];
    write_mosaic(path, grid, bands, kind, 0.0, &values, metadata).unwrap();
}

/// Writes a JPEG 2000 file of one band without description.
fn write_jp2(path: &Path, grid: &Grid) {
    let tif = path.with_extension("tmp.tif");
    write_on(&tif, grid, &[""], PixelType::Uint16, &[]);
    let source = gdal::Dataset::open(&tif).unwrap();
    let driver = DriverManager::get_driver_by_name("JP2OpenJPEG").unwrap();
    source.create_copy(&driver, path, &Default::default()).unwrap().close().unwrap();
    std::fs::remove_file(tif).unwrap();
}

fn write_u8(path: &Path, description: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let values = vec![1u8; 12];
    write_cog_u8(path, &small_grid(), &[(description.into(), &values)], None, None, &[]).unwrap();
}

fn look_at(spec: &InputSpec) -> Result<Recognised, SourceError> {
    recognise(spec, &|_| {}, &Cancel::new())
}

fn look_in(folder: &Path) -> Recognised {
    look_at(&InputSpec::of([folder])).unwrap()
}

fn names(acquisition: &Acquisition) -> Vec<&str> {
    acquisition.layers.iter().map(|layer| layer.name.as_str()).collect()
}

fn commons(acquisition: &Acquisition) -> Vec<&str> {
    acquisition.layers.iter().map(|layer| layer.knowledge.common.as_deref().unwrap_or("-")).collect()
}

fn layer<'a>(acquisition: &'a Acquisition, name: &str) -> &'a Layer {
    acquisition.layers.iter().find(|layer| layer.name == name).unwrap()
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}
