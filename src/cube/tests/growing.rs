//! Adding steps to a cube that is there.

use super::*;
use std::collections::BTreeMap;

/// Builds from the first `first` dates, then adds the others one by one or together.
fn grown(input: &Input, first: usize, together: usize) -> (tempfile::TempDir, Cube) {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("in");
    std::fs::create_dir(&files).unwrap();
    let store = folder.path().join("site.zarr");
    for time in 0..first {
        input.write_date(&files.join(Input::file(time)), time, ["B04", "B08"]);
    }
    try_build(&files, &store, None).unwrap();
    for start in (first..input.dates).step_by(together) {
        for time in start..(start + together).min(input.dates) {
            input.write_date(&files.join(Input::file(time)), time, ["B08", "B04"]);
        }
        append(&spec(&files), &store, &|_| {}, &Cancel::new()).unwrap();
    }
    let cube = Cube::open(&store).unwrap();
    (folder, cube)
}

fn files_of(folder: &Path) -> BTreeMap<PathBuf, (std::time::SystemTime, u64)> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let about = path.metadata().unwrap();
                files.insert(path, (about.modified().unwrap(), about.len()));
            }
        }
    }
    files
}

#[test]
fn a_cube_that_grew_holds_what_one_built_at_once_holds() {
    for (first, together) in [(3, 1), (2, 5), (4, 2), (1, 1)] {
        let input = Input { dates: 7, width: 150, ..Input::default() };
        let (_folder, cube) = grown(&input, first, together);
        assert_eq!(cube.info().dates.len(), 7);
        for (col, row) in [(0, 0), (13, 5), (69, 65), (130, 60)] {
            assert_eq!(
                values_of(&cube.series(col, row).unwrap()),
                input.expected(col, row),
                "{first} {together}"
            );
        }
        let composite = picture::Composite::new(
            [0, 1, 0].map(|band| Feature::band_at(&cube.info().bands, band).unwrap()).to_vec(),
            picture::Stretch { low: [0.0; 3], high: [4000.0; 3] },
        );
        for time in 0..7 {
            picture::picture(&cube, time, &composite, cube.info().grid.window(), 1).unwrap();
            assert!(cube.mosaics().has(time));
        }
        assert_eq!(cube.made().clear_shares.len(), 7);
    }
}

#[test]
fn what_is_there_already_is_not_written_again() {
    let input = Input { dates: 4, ..Input::default() };
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("in");
    std::fs::create_dir(&files).unwrap();
    let store = folder.path().join("site.zarr");
    for time in 0..3 {
        input.write_date(&files.join(Input::file(time)), time, ["B04", "B08"]);
    }
    try_build(&files, &store, None).unwrap();
    let before = files_of(&store);
    input.write_date(&files.join(Input::file(3)), 3, ["B04", "B08"]);
    append(&spec(&files), &store, &|_| {}, &Cancel::new()).unwrap();
    let after = files_of(&store);
    let pixels = |path: &&PathBuf| {
        path.extension().is_some_and(|e| e == "tif") || path.components().any(|c| c.as_os_str() == "data")
    };
    for path in before.keys().filter(pixels).filter(|path| !path.ends_with("zarr.json")) {
        assert_eq!(before[path], after[path], "{}", path.display());
    }
    assert!(after.contains_key(&store.join("data/c/1/0/0/0")));
    assert!(after.contains_key(&store.join("mosaics/2020-04-15.tif")));
}

#[test]
fn only_what_is_later_and_fits_is_added() {
    let input = Input::default();
    let folder = tempfile::tempdir().unwrap();
    let cube = input.build(folder.path());
    let files = folder.path().join("in");
    let fails =
        |spec: &BuildSpec| append(spec, cube.path(), &|_| {}, &Cancel::new()).unwrap_err().to_string();
    assert!(fails(&spec(&files)).contains("later than the cube's last step"), "{}", fails(&spec(&files)));

    let other = folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    let wide = Input { width: 71, ..Input::default() };
    wide.write_date(&other.join("2021-01-01.tif"), 0, ["B04", "B08"]);
    assert!(fails(&spec(&other)).contains("brought to the cube's grid"));
    // Warping brings it there: the pixels lie on the same lattice, so that they keep their values.
    let mut warped = spec(&other);
    warped.settings.grid.resolution = Some(10.0);
    append(&warped, cube.path(), &|_| {}, &Cancel::new()).unwrap();
    let cube = Cube::open(cube.path()).unwrap();
    assert_eq!(values_of(&cube.series(20, 30).unwrap())[6..], wide.expected(20, 30)[..2]);

    let unsigned = Input { kind: PixelType::Uint16, ..Input::default() };
    unsigned.write_date(&other.join("2021-02-01.tif"), 0, ["B04", "B08"]);
    std::fs::remove_file(other.join("2021-01-01.tif")).unwrap();
    let error = append(&spec(&other), cube.path(), &|_| {}, &Cancel::new()).unwrap_err().to_string();
    assert!(error.contains("Int16") && error.contains("Uint16"), "{error}");
    assert!(append(&spec(&files), &folder.path().join("absent.zarr"), &|_| {}, &Cancel::new()).is_err());
}

#[test]
fn a_stop_while_growing_leaves_the_cube_as_it_was() {
    let input = Input { dates: 4, ..Input::default() };
    let folder = tempfile::tempdir().unwrap();
    let cube = Input::default().build(folder.path());
    let files = folder.path().join("in");
    input.write_date(&files.join(Input::file(3)), 3, ["B04", "B08"]);
    let before = files_of(cube.path());
    for after in 0..3 {
        let stopped =
            stopped_after(after, |report, cancel| append(&spec(&files), cube.path(), report, cancel));
        assert!(matches!(stopped, Err(CubeError::Cancelled(_))), "{after}");
        assert_eq!(files_of(cube.path()), before);
    }
}
