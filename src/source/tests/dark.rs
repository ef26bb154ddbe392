//! Dark pixels, made and real.

use crate::geo::raster::{PixelType, write_mosaic};
use crate::geo::{Crs, Grid};
use crate::progress::Cancel;
use crate::source::{DarkPixels, InputSpec, OffsetAdvice, dark_pixels, recognise};
use crate::testing::shared_data;

fn advice(visible: &[f32], infrared: &[f32]) -> OffsetAdvice {
    let bands = |values: &[f32]| values.iter().map(|value| ("band".to_owned(), *value)).collect();
    DarkPixels { visible: bands(visible), infrared: bands(infrared) }.advice()
}

#[test]
fn the_thresholds_are_those_of_the_words() {
    assert_eq!(advice(&[1400.0, 1010.0], &[1200.0]), OffsetAdvice::LooksShifted);
    assert_eq!(advice(&[1010.0], &[900.0]), OffsetAdvice::Unclear);
    assert_eq!(advice(&[1010.0], &[699.0]), OffsetAdvice::LooksUnshifted);
    assert_eq!(advice(&[699.0], &[1200.0]), OffsetAdvice::LooksUnshifted);
    assert_eq!(advice(&[800.0], &[1200.0]), OffsetAdvice::Unclear);
    assert_eq!(advice(&[], &[1200.0]), OffsetAdvice::Unclear);
    assert_eq!(advice(&[1300.0, 2200.0], &[2400.0]), OffsetAdvice::Unclear);
    assert_eq!(advice(&[], &[]), OffsetAdvice::Unclear);
}

#[test]
fn a_scene_with_water_tells_whether_it_is_shifted() {
    let folder = tempfile::tempdir().unwrap();
    let crs = Crs::from_epsg(32631).unwrap();
    let grid =
        Grid { crs, left: 5e5, top: 5e6, pixel_width: 10.0, pixel_height: 10.0, width: 600, height: 500 };
    for (shift, expected) in [(0, OffsetAdvice::LooksUnshifted), (1000, OffsetAdvice::LooksShifted)] {
        let path = folder.path().join(format!("2022-03-{:02}.tif", 1 + shift / 500));
        let pixels = grid.pixels();
        // A lake on a fiftieth of the scene, a border without observation.
        let values: Vec<u16> = (0..4 * pixels)
            .map(|i| match i % pixels {
                0..1000 => 0,
                n if n % 600 < 12 => 120 + shift,
                n => 1500 + shift + (n % 700) as u16,
            })
            .collect();
        write_mosaic(&path, &grid, &["B02", "B03", "B04", "B8A"], PixelType::Uint16, 0.0, &values, &[])
            .unwrap();
        let found = recognise(&InputSpec::of([&path]), &|_| {}, &Cancel::new()).unwrap();
        let dark = dark_pixels(&found.acquisitions[0], &Cancel::new()).unwrap();
        assert_eq!(dark.visible.len(), 3);
        assert_eq!(dark.advice(), expected, "{dark:?}");
    }
}

#[test]
fn a_scene_without_observations_is_unclear_and_a_file_that_is_gone_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("2022-03-01.tif");
    let crs = Crs::from_epsg(32631).unwrap();
    let grid =
        Grid { crs, left: 5e5, top: 5e6, pixel_width: 10.0, pixel_height: 10.0, width: 20, height: 20 };
    write_mosaic(&path, &grid, &["B04", "B8A"], PixelType::Uint16, 7.0, &[7; 800], &[]).unwrap();
    let found = recognise(&InputSpec::of([&path]), &|_| {}, &Cancel::new()).unwrap();
    let dark = dark_pixels(&found.acquisitions[0], &Cancel::new()).unwrap();
    assert_eq!(dark.advice(), OffsetAdvice::Unclear);
    std::fs::remove_file(&path).unwrap();
    assert!(dark_pixels(&found.acquisitions[0], &Cancel::new()).is_err());
}

#[test]
fn no_real_scene_without_the_shift_looks_shifted() {
    for name in [
        "flanders_s2_a_2018",
        "flanders_s2_a_2018_monthly",
        "tanzania_s2_2020_2021_20m",
        "slovenia_s2_l1c_2015",
    ] {
        let Some(folder) = shared_data(name) else { continue };
        let found = recognise(&InputSpec::of([folder]), &|_| {}, &Cancel::new()).unwrap();
        let advices: Vec<_> = found
            .acquisitions
            .iter()
            .map(|acquisition| dark_pixels(acquisition, &Cancel::new()).unwrap().advice())
            .collect();
        let count = |advice| advices.iter().filter(|other| **other == advice).count();
        let (shifted, unshifted) = (count(OffsetAdvice::LooksShifted), count(OffsetAdvice::LooksUnshifted));
        println!("{name}: {shifted} shifted, {unshifted} unshifted of {}", advices.len());
        assert!(shifted == 0 && unshifted > 0, "{name}: {shifted} shifted, {unshifted} unshifted");
    }
}
