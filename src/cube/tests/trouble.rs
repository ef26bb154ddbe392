//! Bad input and bad luck.

use super::*;
use crate::geo::{TiledSpec, TiledWriter};

fn write_floats(path: &Path, values: &[f32]) {
    let grid = Grid { width: 4, height: 1, ..Input::default().grid() };
    let spec = TiledSpec {
        grid: &grid,
        bands: &["ndvi"],
        scaling: &[],
        kind: PixelType::Float32,
        nodata: -99.0,
        tile: (64, 64),
    };
    let mut writer = TiledWriter::create(path, &spec).unwrap();
    writer.write_floats(0, grid.window(), values).unwrap();
    writer.finish().unwrap();
}

#[test]
fn floating_point_is_kept_and_what_is_no_number_is_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    write_floats(&folder.path().join("2022-01-15.tif"), &[0.25, f32::NAN, f32::INFINITY, -99.0]);
    write_floats(&folder.path().join("2022-02-15.tif"), &[0.1, 0.2, -0.3, 1e-30]);
    let cube = try_build(folder.path(), &folder.path().join("site.zarr"), None).unwrap();
    assert_eq!(cube.info().pixel_type, PixelType::Float32);
    let series = |col| values_of(&cube.series(col, 0).unwrap());
    assert_eq!(series(0), [Some(0.25), Some(0.1)]);
    assert_eq!(series(1), [None, Some(0.2)]);
    assert_eq!(series(2), [None, Some(-0.3)]);
    assert_eq!(series(3), [None, Some(1e-30)]);
}

/// Flips a bit in the middle of a chunk; gives the cube opened anew, and which chunk that was.
fn damaged(cube: Cube) -> (Cube, (u32, u32)) {
    let shard = cube.path().join("data/c/0/0/0/0");
    let mut bytes = std::fs::read(&shard).unwrap();
    bytes[5000] ^= 0x10;
    std::fs::write(&shard, &bytes).unwrap();
    let cube = Cube::open(cube.path()).unwrap();
    let (across, down) = cube.chunk_counts();
    let all = (0..down).flat_map(|down| (0..across).map(move |across| (across, down)));
    let broken: Vec<_> = all.filter(|at| cube.chunk(*at).is_err()).collect();
    assert_eq!(broken.len(), 1, "one chunk's checksum does not match: {broken:?}");
    (cube, broken[0])
}

#[test]
fn a_damaged_chunk_is_told_and_the_others_work() {
    let folder = tempfile::tempdir().unwrap();
    let input = Input { width: 200, height: 130, ..Input::default() };
    let (cube, broken) = damaged(input.build(folder.path()));
    let error = cube.chunk(broken).unwrap_err().to_string();
    assert!(error.contains("checksum") && error.contains("Build the cube again"), "{error}");
}

#[test]
fn a_picture_without_its_mosaic_shows_the_chunks_that_are_whole() {
    use super::picture::{Composite, Stretch, picture};
    let folder = tempfile::tempdir().unwrap();
    let input = Input { width: 200, height: 130, ..Input::default() };
    let cube = input.build(folder.path());
    std::fs::remove_dir_all(cube.path().join("mosaics")).unwrap();
    let (cube, broken) = damaged(cube);
    let stretch = Stretch { low: [0.0; 3], high: [4000.0; 3] };
    let band = Feature::band_at(&cube.info().bands, 0).unwrap();
    let composite = Composite::new(vec![band; 3], stretch);
    let whole = cube.info().grid.window();
    let shown = picture(&cube, 0, &composite, whole, 1).unwrap();
    let hole = cube.chunk_window(broken);
    for (i, rgba) in shown.rgba.chunks_exact(4).enumerate() {
        let (col, row) = (i as u32 % 200, i as u32 / 200);
        let is_seen = input.expected(col, row)[0].is_some() && !hole.contains(col, row);
        assert_eq!(rgba[3] == 255, is_seen, "{col} {row}");
    }
    assert!(picture(&cube, 0, &composite, hole, 1).is_err(), "of nothing but damage there is no picture");
}

#[test]
fn one_cube_is_built_once_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("in");
    std::fs::create_dir(&files).unwrap();
    Input::default().write(&files);
    let store = folder.path().join("site.zarr");
    let second = Mutex::new(None);
    let report = |_: Progress| {
        second.lock().unwrap().get_or_insert_with(|| build(&spec(&files), &store, &|_| {}, &Cancel::new()));
    };
    build(&spec(&files), &store, &report, &Cancel::new()).unwrap();
    let error = second.into_inner().unwrap().unwrap().unwrap_err().to_string();
    assert!(error.contains("another program is building it"), "{error}");
    assert!(Cube::open(&store).is_ok());
}

#[test]
fn what_a_killed_build_left_goes_with_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let cube = Input::default().build(folder.path());
    let left = folder.path().join(".site.zarr.building");
    // Killed after the old cube was put aside and before the new one was put in its place.
    std::fs::create_dir_all(left.join("new/data")).unwrap();
    std::fs::rename(cube.path(), left.join("old")).unwrap();
    let empty = tempfile::tempdir().unwrap();
    std::fs::create_dir(empty.path().join("x.tif")).unwrap();
    let cancel = Cancel::new();
    let stopped = build(&spec(&folder.path().join("in")), cube.path(), &|_| cancel.cancel(), &cancel);
    assert!(stopped.is_err());
    assert!(!left.exists());
    let back = Cube::open(cube.path()).unwrap();
    assert_eq!(values_of(&back.series(1, 2).unwrap()), Input::default().expected(1, 2));
}

#[test]
fn a_file_that_vanishes_half_way_is_named_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let input = Input { width: 600, height: 1200, dates: 2, ..Input::default() };
    input.write(folder.path());
    let spec = spec(folder.path());
    let work = tempfile::tempdir().unwrap();
    let report = |_: Progress| {
        let _ = std::fs::remove_file(folder.path().join(Input::file(1)));
    };
    let result = build(&spec, &work.path().join("site.zarr"), &report, &Cancel::new());
    // All of it may have been read before the first report.
    if let Err(error) = result {
        assert!(error.to_string().contains(&Input::file(1)), "{error}");
        assert_eq!(std::fs::read_dir(work.path()).unwrap().count(), 0);
    }
}

#[test]
fn an_image_without_any_observation_is_a_step_of_gaps() {
    let folder = tempfile::tempdir().unwrap();
    Input { gaps_every: 1, dates: 2, ..Input::default() }.write(folder.path());
    let cube = try_build(folder.path(), &folder.path().join("site.zarr"), None).unwrap();
    assert!(values_of(&cube.series(5, 5).unwrap()).iter().all(Option::is_none));
    assert_eq!(cube.made().clear_shares, [0.0, 0.0]);
}
