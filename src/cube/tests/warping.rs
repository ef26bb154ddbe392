//! Inputs that do not lie on one grid.

use super::*;

#[test]
fn newyork_is_refused_as_it_is_and_warped_when_asked() {
    let Some(folder) = shared_data("newyork_l8_2018_misaligned") else { return };
    let mut spec = spec(&folder);
    spec.settings.period = Period::Month;
    spec.settings.bands = Some(["B4", "B5"].map(String::from).to_vec());
    spec.settings.mask = "BQA=1".parse().unwrap();
    let work = tempfile::tempdir().unwrap();
    let store = work.path().join("x.zarr");
    let error = build(&spec, &store, &|_| {}, &Cancel::new()).unwrap_err().to_string();
    assert!(
        error.contains("different grids") && error.contains("--resolution") && error.len() < 4000,
        "{error}"
    );

    spec.settings.grid.resolution = Some(3000.0);
    let surveyed = survey(&spec.found, &spec.settings, None, &|_| {}, &Cancel::new()).unwrap();
    let info = build(&spec, &store, &|_| {}, &Cancel::new()).unwrap();
    assert_eq!(info.grid.crs.label(), "EPSG:32618");
    assert_eq!(info.dates.len(), 12);
    let cube = Cube::open(&store).unwrap();
    // Scenes cover a part of the grid each: the survey tells that as the cube does.
    for (step, share) in surveyed.steps.iter().zip(&cube.made().clear_shares) {
        let told = step.clear_share.unwrap();
        assert!((told - share).abs() < 0.03, "{}: {told} and {share}", step.date);
    }
    // A place in the middle of one scene has the values that lie around it there.
    let scene = spec.found.acquisitions.iter().find(|a| a.date.to_string() == "2018-08-27").unwrap();
    let reader = RasterReader::open(&scene.layers[0].path).unwrap();
    let own = reader.info().placement.grid().unwrap();
    let [lon, lat] = own.lonlat_from_pixel(f64::from(own.width) / 2.0, f64::from(own.height) / 2.0).unwrap();
    let (col, row) = info.grid.pixel_from_lonlat(lon, lat).unwrap().unwrap();
    let (own_col, own_row) = own.pixel_from_lonlat(lon, lat).unwrap().unwrap();
    let around = crate::geo::Window { col: own_col - 2, row: own_row - 2, width: 5, height: 5 };
    let band = scene.layers.iter().position(|layer| layer.name == "B5").unwrap();
    let values = reader.read_f32(band, around).unwrap();
    let (least, most) =
        (values.iter().copied().fold(f32::MAX, f32::min), values.iter().copied().fold(0.0, f32::max));
    let warped = cube.series(col, row).unwrap().value(7, 1);
    assert!((least..=most).contains(&warped), "{warped} is not within {least} to {most}");
}

#[test]
fn half_the_resolution_is_brought_onto_the_full_one_with_its_mask() {
    let folder = tempfile::tempdir().unwrap();
    let fine = Input { width: 80, height: 60, dates: 1, ..Input::default() };
    fine.write(folder.path());
    let coarse = Grid { pixel_width: 20.0, pixel_height: 20.0, width: 40, height: 30, ..fine.grid() };
    let words: Vec<u16> = (0..coarse.pixels()).map(|i| (i / 40 * 100) as u16).collect();
    let mask: Vec<u16> = (0..coarse.pixels()).map(|i| u16::from(i % 40 >= 20) * 9).collect();
    let path = folder.path().join("coarse_2020-01-15.tif");
    let both = [words, mask].concat();
    write_mosaic(&path, &coarse, &["B11", "SCL"], PixelType::Int16, -1.0, &both, &[]).unwrap();
    let mut spec = spec(folder.path());
    // One acquisition with layers of two resolutions, as Sentinel-2 has them.
    let mut both = spec.found.acquisitions.clone();
    let more = both.remove(0).layers;
    both[0].layers.extend(more);
    spec.found.acquisitions = both;
    spec.settings.mask = "SCL=8-10".parse().unwrap();
    spec.settings.bands = Some(["B04", "B11"].map(String::from).to_vec());
    let store = folder.path().join("site.zarr");
    let error = build(&spec, &store, &|_| {}, &Cancel::new()).unwrap_err().to_string();
    assert!(error.contains("2 different grids"), "{error}");
    spec.settings.grid.resolution = Some(10.0);
    let info = build(&spec, &store, &|_| {}, &Cancel::new()).unwrap();
    assert!(info.grid.lines_up_with(&fine.grid()), "{}", info.grid.label());
    let cube = Cube::open(&store).unwrap();
    for (col, row) in [(11, 11), (38, 21), (39, 59)] {
        let series = cube.series(col, row).unwrap();
        assert_eq!(values_of(&series)[0], fine.expected(col, row)[0], "the fine band is copied");
        let smooth = (f64::from(row) + 0.5) / 2.0 - 0.5;
        let expected = (100.0 * smooth.clamp(0.0, 29.0)).round() as f32;
        assert!((series.value(0, 1) - expected).abs() <= 1.0, "{col} {row}: {}", series.value(0, 1));
    }
    assert!(
        values_of(&cube.series(40, 11).unwrap()).iter().all(Option::is_none),
        "masked by the coarse mask"
    );
}

#[test]
fn south_up_and_rotated_images_are_refused_or_warped() {
    let folder = tempfile::tempdir().unwrap();
    let input = Input { dates: 1, gaps_every: 5000, ..Input::default() };
    input.write(folder.path());
    let mut spec = spec(folder.path());
    let grid = input.grid();
    let bottom = grid.top - 10.0 * f64::from(grid.height);
    spec.found.placements[0].geotransform = [grid.left, 10.0, 0.0, bottom, 0.0, 10.0];
    let store = folder.path().join("site.zarr");
    let error = build(&spec, &store, &|_| {}, &Cancel::new()).unwrap_err().to_string();
    assert!(error.contains("north to south") && error.contains("--resolution"), "{error}");
    spec.settings.grid.resolution = Some(10.0);
    spec.settings.grid.resampling = Resampling::Nearest;
    let info = build(&spec, &store, &|_| {}, &Cancel::new()).unwrap();
    assert_eq!((info.grid.width, info.grid.height, info.grid.top), (grid.width, grid.height, grid.top));
    let cube = Cube::open(&store).unwrap();
    assert_eq!(values_of(&cube.series(3, 0).unwrap()), input.expected(3, grid.height - 1));
}

#[test]
fn a_system_without_a_code_is_a_grid_like_others() {
    let Some(folder) = shared_data("sinop_modis_2013_2014") else { return };
    let mut spec = spec(&folder);
    spec.settings.to = Some("2013-10-31".parse().unwrap());
    let work = tempfile::tempdir().unwrap();
    let store = work.path().join("x.zarr");
    let own = build(&spec, &store, &|_| {}, &Cancel::new()).unwrap();
    assert!(own.grid.crs.label().starts_with("Sinusoidal"));
    spec.settings.grid =
        GridSetting { crs: Some("EPSG:32721".into()), resolution: Some(250.0), ..GridSetting::default() };
    let warped = build(&spec, &store, &|_| {}, &Cancel::new()).unwrap();
    assert_eq!(warped.grid.crs.label(), "EPSG:32721");
    let cube = Cube::open(&store).unwrap();
    let [lon, lat] = own.grid.lonlat_from_pixel(127.0, 72.0).unwrap();
    let (col, row) = warped.grid.pixel_from_lonlat(lon, lat).unwrap().unwrap();
    let ndvi = cube.series(col, row).unwrap().value(0, 0);
    assert!((500.0..9800.0).contains(&ndvi), "{ndvi}");
}
