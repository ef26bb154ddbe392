//! Help for tests.

#[path = "../tests/ranges/mod.rs"]
pub mod ranges;
#[path = "../tests/tiles/mod.rs"]
pub mod tiles;

use std::path::PathBuf;

/// A folder of the real imagery and labels that lie beside the checkout, or `None`, with a printed line, where it is
/// absent.
pub fn shared_data(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")).join(folder);
    if !path.exists() {
        println!("skipped: {folder} of the shared data is absent");
        return None;
    }
    Some(path)
}

/// A grid of 2000 x 2000 pixels of 10 m in central Mexico.
pub fn grid() -> crate::geo::Grid {
    crate::geo::Grid {
        crs: crate::geo::Crs::from_epsg(32614).unwrap(),
        left: 480_000.0,
        top: 2_160_000.0,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: 2000,
        height: 2000,
    }
}

/// A cube of two bands on a grid of 10 m pixels, built in `home` from the values that `value` gives for a step, a
/// band, a column and a row; 0 is no observation.
pub fn cube(
    home: &std::path::Path,
    (width, height): (u32, u32),
    steps: usize,
    value: impl Fn(usize, usize, u32, u32) -> u16,
) -> crate::cube::Cube {
    use crate::geo::raster::{PixelType, write_mosaic};
    use crate::source::{InputSpec, recognise};
    let crs = crate::geo::Crs::from_epsg(6362).unwrap();
    let grid = crate::geo::Grid {
        crs,
        left: 2.7e6,
        top: 6.5e5,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width,
        height,
    };
    let mosaics = home.join("mosaics");
    std::fs::create_dir_all(&mosaics).unwrap();
    for step in 0..steps {
        let all = (0..2).flat_map(|band| (0..height).map(move |row| (band, row)));
        let at = |(band, row)| (0..width).map(move |col| (band, row, col));
        let values: Vec<u16> = all.flat_map(at).map(|(band, row, col)| value(step, band, col, row)).collect();
        let path = mosaics.join(format!("site_2022-{:02}-15.tif", step + 1));
        write_mosaic(&path, &grid, &["B04", "B08"], PixelType::Uint16, 0.0, &values, &[]).unwrap();
    }
    let found = recognise(&InputSpec::of([mosaics]), &|_| {}, &crate::progress::Cancel::new()).unwrap();
    let spec = crate::cube::BuildSpec { found, ..Default::default() };
    let store = home.join("site.zarr");
    crate::cube::build(&spec, &store, &|_| {}, &crate::progress::Cancel::new()).unwrap();
    crate::cube::Cube::open(&store).unwrap()
}

/// Chance for tests: a number from 0 to 1 that these numbers decide.
pub fn chance(numbers: &[u64]) -> f64 {
    let mixed = numbers.iter().fold(0x9e37_79b9_7f4a_7c15u64, |state, number| {
        let state = (state ^ number).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (state ^ (state >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb) ^ (state >> 29)
    });
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}
