//! Mosaics from acquisitions: masks, periods, offsets, compared with what other programs make of the same files.

use super::*;
use crate::geo::Window;
use crate::source::{Recognised, Role};

/// Four acquisitions of two bands and a mask whose value 1 is cloud: the column tells which are clouded.
fn write_acquisitions(folder: &Path, grid: &Grid) {
    for (i, date) in ["2022-01-03", "2022-01-09", "2022-01-20", "2022-02-11"].into_iter().enumerate() {
        let mut words = Vec::new();
        for band in 0..2u32 {
            words.extend((0..grid.pixels()).map(|at| {
                let (col, row) = (at as u32 % grid.width, at as u32 / grid.width);
                if (col, row) == (0, 0) { 0 } else { value(i, band, col, row) }
            }));
        }
        words.extend((0..grid.pixels()).map(|at| u16::from(is_cloud(i, at as u32 % grid.width))));
        let path = folder.join(format!("{date}.tif"));
        write_mosaic(&path, grid, &["red", "nir", "clouds"], PixelType::Uint16, 0.0, &words, &[]).unwrap();
    }
}

fn value(acquisition: usize, band: u32, col: u32, row: u32) -> u16 {
    [400, 100, 903, 700][acquisition] + 10 * band as u16 + (col % 7) as u16 + row as u16
}

fn is_cloud(acquisition: usize, col: u32) -> bool {
    match col {
        10..20 => acquisition == 0,
        20..30 => acquisition <= 1,
        30..40 => acquisition <= 2,
        _ => false,
    }
}

fn grid() -> Grid {
    let crs = Crs::from_epsg(6362).unwrap();
    Grid { crs, left: 2.7e6, top: 6.5e5, pixel_width: 10.0, pixel_height: 10.0, width: 80, height: 70 }
}

fn found(folder: &Path) -> Recognised {
    let mut found = spec(folder).found;
    for layer in found.acquisitions.iter_mut().flat_map(|a| &mut a.layers).filter(|l| l.name == "clouds") {
        // In the mask 0 is a value like others.
        layer.nodata = None;
    }
    found
}

fn made(settings: BuildSettings) -> (tempfile::TempDir, Cube) {
    let folder = tempfile::tempdir().unwrap();
    write_acquisitions(folder.path(), &grid());
    let spec = BuildSpec { found: found(folder.path()), settings };
    let store = folder.path().join("site.zarr");
    build(&spec, &store, &|_| {}, &Cancel::new()).unwrap();
    (folder, Cube::open(&store).unwrap())
}

/// A cube of acquisitions with their masks.
pub(in crate::cube) fn masked() -> (tempfile::TempDir, Cube) {
    made(settings(Period::None))
}

fn settings(period: Period) -> BuildSettings {
    BuildSettings { period, mask: "clouds=1".parse().unwrap(), ..BuildSettings::default() }
}

fn states(cube: &Cube, col: u32, row: u32) -> (Vec<u8>, Vec<u8>) {
    let at = cube.chunk_of(col, row);
    let window = cube.chunk_window(at);
    let Masks { states, counts } = cube.decode_masks(at).unwrap().unwrap();
    let place = ((row - window.row) * window.width + col - window.col) as usize;
    let of = |planes: &[u8]| planes.iter().skip(place).step_by(window.pixels()).copied().collect();
    (of(&states), of(&counts))
}

#[test]
fn a_month_is_the_median_of_its_clear_acquisitions_and_a_gap_where_all_are_clouded() {
    let (_folder, cube) = made(settings(Period::Month));
    let dates: Vec<_> = cube.info().dates.iter().map(ToString::to_string).collect();
    assert_eq!(dates, ["2022-01-15", "2022-02-15"]);
    let names: Vec<_> = cube.info().bands.iter().map(|band| band.name.as_str()).collect();
    assert_eq!(names, ["red", "nir"]);
    let of = |acquisition: usize, col: u32| Some(f32::from(value(acquisition, 0, col, 5)));
    for (col, january, counts, why) in [
        (5, of(0, 5), [3, 1], [0, 0]),
        // The mean of two in the middle ends in a half, which goes to the even number.
        (15, Some(((100.0f32 + 903.0) / 2.0 + 1.0 + 5.0).round_ties_even()), [2, 1], [0, 0]),
        (25, of(2, 25), [1, 1], [0, 0]),
        (35, None, [0, 1], [PixelState::Other as u8, 0]),
    ] {
        let series = cube.series(col, 5).unwrap();
        assert_eq!(values_of(&series)[0], january, "column {col}");
        assert_eq!(values_of(&series)[2], of(3, col));
        assert_eq!(states(&cube, col, 5), (why.to_vec(), counts.to_vec()), "column {col}");
    }
    // Never observed is told from clouded.
    assert_eq!(states(&cube, 0, 0), (vec![1, 1], vec![0, 0]));
    let share = |columns: f32| (columns * 70.0 - 1.0) / (80.0 * 70.0);
    let shares = &cube.made().clear_shares;
    assert!((shares[0] - share(70.0)).abs() < 1e-6 && (shares[1] - share(80.0)).abs() < 1e-6, "{shares:?}");
    assert_eq!(cube.made().acquisitions, [3, 1]);
}

#[test]
fn single_acquisitions_keep_their_pixels_under_the_mask() {
    let (_folder, cube) = made(settings(Period::None));
    assert_eq!(cube.info().dates.len(), 4);
    let series = values_of(&cube.series(35, 5).unwrap());
    assert_eq!(series[..6], [None; 6]);
    assert!(series[6].is_some());
    // The picture shows the clouds, and the store has their pixels.
    let stored = cube.decode_as_stored((0, 0)).unwrap();
    let at = 5 * 64 + 35;
    assert_eq!(stored.value(at), f32::from(value(0, 0, 35, 5)));
    let composite = picture::Composite::new(
        vec![Feature::band_at(&cube.info().bands, 0).unwrap(); 3],
        picture::Stretch { low: [0.0; 3], high: [1000.0; 3] },
    );
    let window = Window { col: 35, row: 5, width: 1, height: 1 };
    assert_eq!(picture::picture(&cube, 0, &composite, window, 1).unwrap().rgba[3], 255);
    // Without masks all of it is seen.
    let (_folder, cube) = made(BuildSettings {
        mask: MaskSetting::Off,
        bands: Some(vec!["red".into()]),
        ..settings(Period::None)
    });
    assert!(values_of(&cube.series(35, 5).unwrap()).iter().all(Option::is_some));
    assert!(cube.decode_masks((0, 0)).unwrap().is_none());
}

#[test]
fn a_chunk_in_memory_tells_why_pixels_are_masked_and_one_read_for_a_walk_does_not() {
    let (_folder, cube) = made(settings(Period::Month));
    assert!(cube.cached_mask(35, 5).is_none(), "nothing is read yet");
    cube.chunk((0, 0)).unwrap();
    let mask = cube.cached_mask(35, 5).unwrap();
    assert_eq!(mask.states, [PixelState::Other, PixelState::Clear]);
    assert_eq!(mask.counts, [0, 1]);
    assert!(cube.cached_mask(70, 5).is_none(), "it lies in another chunk");
    assert!(cube.decode((0, 0)).unwrap().masks.is_none());
    let (_folder, without) = made(BuildSettings { mask: MaskSetting::Off, ..settings(Period::None) });
    assert!(without.chunk((0, 0)).unwrap().masks.is_none());
}

#[test]
fn a_damaged_mask_hides_no_composite_but_what_is_stored_under_it() {
    let (_folder, cube) = made(settings(Period::Month));
    let cut = |cube: &Cube| {
        let shard = cube.path().join("mask/c/0/0/0");
        let length = std::fs::metadata(&shard).unwrap().len();
        std::fs::OpenOptions::new().write(true).open(shard).unwrap().set_len(length / 2).unwrap();
        Cube::open(cube.path()).unwrap()
    };
    let damaged = cut(&cube);
    let chunk = damaged.chunk((0, 0)).unwrap();
    assert!(chunk.pixels == cube.chunk((0, 0)).unwrap().pixels);
    let Some(Err(why)) = &chunk.masks else { panic!("{:?}", chunk.masks) };
    assert!(why.contains("mask/c/0/0/0") && why.contains("Build the cube again"), "{why}");
    assert!(damaged.cached_mask(35, 5).is_none());
    // Without it clouds would pass for the ground.
    let (_folder, cube) = made(settings(Period::None));
    let damaged = cut(&cube);
    for read in [damaged.chunk((0, 0)).map(drop), damaged.decode((0, 0)).map(drop)] {
        assert!(matches!(read, Err(CubeError::Damaged { chunk: (0, 0), .. })), "{read:?}");
    }
}

#[test]
fn doubt_reaches_as_far_as_was_asked_in_metres() {
    let (_folder, cube) = made(BuildSettings { dilate_m: 25.0, ..settings(Period::Month) });
    for (col, counts) in
        [(7, 3), (8, 2), (9, 2), (17, 2), (18, 1), (27, 1), (28, 0), (40, 0), (41, 0), (42, 3)]
    {
        assert_eq!(states(&cube, col, 5).1[0], counts, "column {col}");
    }
    assert_eq!(states(&cube, 41, 5).0[0], PixelState::Near as u8);
}

#[test]
fn steps_with_too_little_to_see_are_left_out_and_told() {
    let (_folder, cube) = made(BuildSettings { drop_below: Some(0.9), ..settings(Period::Month) });
    let dates: Vec<_> = cube.info().dates.iter().map(ToString::to_string).collect();
    assert_eq!(dates, ["2022-02-15"]);
    let (date, share) = cube.made().dropped[0];
    assert_eq!(date.to_string(), "2022-01-15");
    assert!((share - 0.875).abs() < 1e-3, "{share}");
    let folder = tempfile::tempdir().unwrap();
    write_acquisitions(folder.path(), &grid());
    let settings = BuildSettings { drop_below: Some(1.0), ..settings(Period::Month) };
    let spec = BuildSpec { found: found(folder.path()), settings };
    let error = build(&spec, &folder.path().join("x.zarr"), &|_| {}, &Cancel::new()).unwrap_err().to_string();
    assert!(error.contains("Ask for less"), "{error}");
}

#[test]
fn medoid_and_least_cloudy_show_what_was_observed() {
    for method in [Method::Medoid, Method::LeastCloudy] {
        let (_folder, cube) = made(BuildSettings { method, ..settings(Period::Month) });
        for col in [5, 15, 25] {
            let series = values_of(&cube.series(col, 5).unwrap());
            let seen = (0..3).filter(|&i| !is_cloud(i, col));
            let pairs: Vec<_> =
                seen.map(|i| [0, 1].map(|band| Some(f32::from(value(i, band, col, 5))))).collect();
            assert!(pairs.iter().any(|pair| pair[..] == series[..2]), "{method:?} {col}: {series:?}");
        }
    }
}

#[test]
fn the_offset_is_taken_away_and_zero_stays_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    write_acquisitions(folder.path(), &grid());
    let mut found = found(folder.path());
    found.acquisitions[0].baseline = Some((4, 0));
    let settings =
        BuildSettings { mask: MaskSetting::Off, bands: Some(vec!["nir".into()]), ..BuildSettings::default() };
    let store = folder.path().join("site.zarr");
    build(&BuildSpec { found, settings }, &store, &|_| {}, &Cancel::new()).unwrap();
    let cube = Cube::open(&store).unwrap();
    let series = values_of(&cube.series(5, 5).unwrap());
    assert_eq!(series[0], Some(f32::from(value(0, 1, 5, 5)) - 1000.0));
    assert_eq!(series[1], Some(f32::from(value(1, 1, 5, 5))));
    assert!(values_of(&cube.series(0, 0).unwrap()).iter().all(Option::is_none));
}

#[test]
fn flanders_gives_the_monthly_medians_that_numpy_gives() {
    // The reference is made by tests/references/monthly_medians.py: median of SCL 4 to 7, halves to the even number.
    let (Some(all), Some(monthly)) =
        (shared_data("flanders_s2_a_2018"), shared_data("flanders_s2_a_2018_monthly"))
    else {
        return;
    };
    let mut spec = spec(&all);
    spec.settings.period = Period::Month;
    spec.settings.mask = "SCL=0-3,8-11".parse().unwrap();
    assert_eq!(spec.found.acquisitions.len(), 118);
    let work = tempfile::tempdir().unwrap();
    let store = work.path().join("site.zarr");
    build(&spec, &store, &|_| {}, &Cancel::new()).unwrap();
    let cube = Cube::open(&store).unwrap();
    assert_eq!(cube.info().dates.len(), 16);
    let chunk = cube.chunk((0, 0)).unwrap();
    let mut gaps = 0;
    for (time, date) in cube.info().dates.iter().enumerate() {
        let reader = RasterReader::open(&monthly.join(format!("flanders_s2_a_2018_{date}.tif"))).unwrap();
        for (band, name) in cube.info().bands.iter().enumerate() {
            assert_eq!(reader.info().bands[band].name, name.name);
            let expected = reader.read_16(band, reader.window(), PixelType::Int16).unwrap();
            let plane = &chunk.words()[(time * 10 + band) * 4096..][..4096];
            assert!(plane == expected, "{date} {}", name.name);
            let mut values = Vec::new();
            chunk.plane(time * 10 + band, &mut values);
            gaps += values.iter().filter(|value| value.is_nan()).count();
        }
    }
    assert!(gaps > 1000, "there are real gaps: {gaps}");
    for layer in spec.found.acquisitions.iter_mut().flat_map(|a| &mut a.layers) {
        layer.role = if layer.name == "SCL" { Role::Mask(crate::source::MaskKind::Scl) } else { layer.role };
    }
    let looked = survey(&spec.found, &spec.settings, Some(&store), &|_| {}, &Cancel::new()).unwrap();
    assert_eq!((looked.problems.len(), looked.steps.len(), looked.bands.len()), (0, 16, 10));
    for (step, exact) in looked.steps.iter().zip(&cube.made().clear_shares) {
        assert!((step.clear_share.unwrap() - exact).abs() < 0.02, "{}", step.date);
    }
    let size = crate::files::folder_bytes(&store);
    assert!((size / 3..size * 3).contains(&looked.bytes), "{} bytes, estimated {}", size, looked.bytes);
}
