use super::*;
use crate::cube::Band;
use crate::cube::tests::Input;
use proptest::prelude::*;

fn bands(names: &[&str]) -> Vec<Band> {
    names.iter().map(|name| Band::named(*name)).collect()
}

/// The bands at these places of a cube of eight.
fn features<const N: usize>(places: [usize; N]) -> Vec<Feature> {
    let bands = bands(&["a", "b", "c", "d", "e", "f", "g", "h"]);
    places.into_iter().map(|place| Feature::band_at(&bands, place).unwrap()).collect()
}

/// The stretch that nobody chose.
fn usual_stretch(cube: &Cube, channels: &[Feature]) -> Result<Stretch, CubeError> {
    let (window, cancel) = (cube.info().grid.window(), crate::progress::Cancel::new());
    Ok(Composite::sampled(cube, channels.to_vec(), window, &Display::default(), &cancel)?.stretch)
}

#[test]
fn natural_colour_is_found_by_name() {
    assert_eq!(natural_colour(&bands(&["B02", "B03", "B04", "B08"])), [2, 1, 0]);
    assert_eq!(natural_colour(&bands(&["B1", "B2", "B3", "B4", "B5"])), [3, 2, 1]);
    assert_eq!(natural_colour(&bands(&["Blue", "green", "RED", "nir"])), [2, 1, 0]);
    assert_eq!(natural_colour(&bands(&["x", "y", "z", "w"])), [0, 1, 2]);
    assert_eq!(natural_colour(&bands(&["NDVI", "EVI"])), [0, 1, 1]);
    assert_eq!(natural_colour(&bands(&["NDVI"])), [0, 0, 0]);
}

#[test]
fn the_stretch_holds_most_values_of_all_dates() {
    let folder = tempfile::tempdir().unwrap();
    let input = Input { width: 150, height: 100, dates: 4, ..Input::default() };
    let cube = input.build(folder.path());
    let stretch = usual_stretch(&cube, &features([0, 1, 1])).unwrap();
    assert_eq!((stretch.low[1], stretch.high[1]), (stretch.low[2], stretch.high[2]));
    let mut values: Vec<f32> = Vec::new();
    for (col, row) in (0..100).flat_map(|row| (0..150).map(move |col| (col, row))) {
        values.extend(input.expected(col, row).chunks(2).filter_map(|date| date[0]));
    }
    let below = values.iter().filter(|value| **value < stretch.low[0]).count() as f64 / values.len() as f64;
    let above = values.iter().filter(|value| **value > stretch.high[0]).count() as f64 / values.len() as f64;
    assert!((0.01..0.03).contains(&below) && (0.01..0.03).contains(&above), "{below} {above}");
}

#[test]
fn a_cube_without_observations_still_has_a_stretch() {
    let folder = tempfile::tempdir().unwrap();
    let cube = Input { gaps_every: 1, ..Input::default() }.build(folder.path());
    let stretch = usual_stretch(&cube, &features([0, 0, 0])).unwrap();
    assert!(stretch.high[0] > stretch.low[0]);
    let composite = Composite::new(features([0, 1, 0]), stretch);
    let picture = picture(&cube, 0, &composite, cube.info().grid.window(), 1).unwrap();
    assert!(picture.rgba.iter().all(|byte| *byte == 0));
}

#[test]
fn dates_and_bands_that_are_not_there_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let cube = Input::default().build(folder.path());
    let stretch = Stretch { low: [0.0; 3], high: [1.0; 3] };
    let window = cube.info().grid.window();
    assert!(picture(&cube, 99, &Composite::new(features([0, 0, 0]), stretch), window, 1).is_err());
    assert!(picture(&cube, 0, &Composite::new(features([0, 0, 2]), stretch), window, 1).is_err());
    assert!(usual_stretch(&cube, &features([7, 0, 0])).is_err());
}

#[test]
fn any_part_shows_the_pixels_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let input = Input { width: 150, height: 100, ..Input::default() };
    let cube = input.build(folder.path());
    let composite = Composite::new(
        features([0, 1, 0]),
        Stretch { low: [-500.0, 0.0, 1000.0], high: [2000.0, 3000.0, 1001.0] },
    );
    proptest!(ProptestConfig::with_cases(60), |(col in 0u32..170, row in 0u32..120, width in 0u32..180, height in 0u32..130, step in 0u32..90)| {
        let window = Window { col, row, width, height };
        let picture = picture(&cube, 1, &composite, window, step).unwrap();
        let step = step.max(1);
        let exact = step == 1 || col >= 150 || row >= 100;
        prop_assert_eq!((picture.width, picture.height), (width.div_ceil(step) as usize, height.div_ceil(step) as usize));
        prop_assert_eq!(picture.rgba.len(), picture.width * picture.height * 4);
        for (i, rgba) in picture.rgba.chunks(4).enumerate() {
            let (col, row) = (col + (i % picture.width) as u32 * step, row + (i / picture.width) as u32 * step);
            let values = (col < 150 && row < 100).then(|| input.expected(col, row)).and_then(|v| Some([v[2]?, v[3]?, v[2]?]));
            let expected = values.map_or([0; 4], |v| {
                let b = |i: usize| {
                    let share = (v[i] - composite.stretch.low[i]) / (composite.stretch.high[i] - composite.stretch.low[i]);
                    (share.clamp(0.0, 1.0) * 255.0).round() as u8
                };
                [b(0), b(1), b(2), 255]
            });
            if exact {
                prop_assert_eq!(rgba, expected, "{} {}", col, row);
            }
        }
    });
}

/// Writes a plane that rises with column and row, as one date.
fn rising(folder: &std::path::Path) -> Cube {
    use crate::geo::raster::{PixelType, write_mosaic};
    use crate::geo::{Crs, Grid};
    let crs = Crs::from_epsg(6362).unwrap();
    let (width, height) = (900, 700);
    let grid = Grid { crs, left: 0.0, top: 0.0, pixel_width: 10.0, pixel_height: 10.0, width, height };
    let words: Vec<u16> = (0..grid.pixels()).map(|i| (1 + i % 900 + 10 * (i / 900)) as u16).collect();
    write_mosaic(&folder.join("2022-01-15.tif"), &grid, &["x"], PixelType::Uint16, 0.0, &words, &[]).unwrap();
    let input = crate::source::InputSpec::of([folder]);
    let found = crate::source::recognise(&input, &|_| {}, &crate::progress::Cancel::new());
    let spec = crate::cube::BuildSpec { found: found.unwrap(), ..Default::default() };
    let store = folder.join("site.zarr");
    crate::cube::build(&spec, &store, &|_| {}, &crate::progress::Cancel::new()).unwrap();
    Cube::open(&store).unwrap()
}

#[test]
fn coarse_pictures_show_each_place_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let cube = rising(folder.path());
    for span in [7900.0f32] {
        let stretch = Stretch { low: [0.0; 3], high: [span; 3] };
        let composite = Composite::new(features([0, 0, 0]), stretch);
        for (step, window) in [
            (2, Window { col: 0, row: 0, width: 900, height: 700 }),
            (8, Window { col: 512, row: 0, width: 388, height: 700 }),
            (4, Window { col: 100, row: 60, width: 400, height: 300 }),
        ] {
            let picture = picture(&cube, 0, &composite, window, step).unwrap();
            for (i, rgba) in picture.rgba.chunks(4).enumerate() {
                let (col, row) = ((i % picture.width) as u32, (i / picture.width) as u32);
                let (col, row) = (window.col + col * step, window.row + row * step);
                let value = f32::from(rgba[0]) / 255.0 * span;
                let expected = (1 + col + 10 * row) as f32;
                // Somewhere in the step's square, or beside it, and what a colour of 8 bits can tell.
                let within = 11.0 * step as f32 + span / 255.0;
                assert!(
                    (value - expected - 5.5 * step as f32).abs() <= within,
                    "{step} {col} {row}: {value}"
                );
            }
        }
    }
}

#[test]
fn a_mosaic_that_is_gone_is_shown_from_the_chunks() {
    let folder = tempfile::tempdir().unwrap();
    let input = Input::default();
    let cube = input.build(folder.path());
    let composite = Composite::new(features([0, 1, 0]), Stretch { low: [0.0; 3], high: [4000.0; 3] });
    let window = cube.info().grid.window();
    let whole = picture(&cube, 1, &composite, window, 1).unwrap();
    for damage in [Some("II*"), None] {
        let path = cube.path().join("mosaics/2020-02-15.tif");
        match damage {
            Some(text) => std::fs::write(&path, text).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let cube = Cube::open(cube.path()).unwrap();
        assert_eq!(picture(&cube, 1, &composite, window, 1).unwrap().rgba, whole.rgba);
    }
}
