//! Building a cube and reading it back.

pub(super) mod acquisitions;
mod growing;
mod trouble;
mod warping;

use super::*;
use crate::geo::raster::{PixelType, RasterReader, write_cog_u8, write_mosaic};
use crate::geo::{Crs, Grid};
use crate::progress::{Cancel, Progress};
use crate::source::{InputSpec, recognise};
use crate::testing::shared_data;
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A folder of mosaics whose every value is known.
pub(super) struct Input {
    pub width: u32,
    pub height: u32,
    pub dates: usize,
    pub kind: PixelType,
    pub gaps_every: usize,
}

impl Default for Input {
    fn default() -> Self {
        Self { width: 70, height: 66, dates: 3, kind: PixelType::Int16, gaps_every: 13 }
    }
}

impl Input {
    fn grid(&self) -> Grid {
        let crs = Crs::from_epsg(6362).unwrap();
        let (width, height) = (self.width, self.height);
        Grid { crs, left: 2.7e6, top: 6.5e5, pixel_width: 10.0, pixel_height: 10.0, width, height }
    }

    fn nodata(&self) -> f64 {
        if self.kind == PixelType::Int16 { -9999.0 } else { 0.0 }
    }

    /// The value of a pixel, `None` for no observation.
    fn value(&self, time: usize, band: usize, col: u32, row: u32) -> Option<f32> {
        let n = ((time * 2 + band) * 1000 + row as usize) * 1000 + col as usize;
        let noise = (n.wrapping_mul(2_654_435_761) >> 7) % 4096;
        let low: i32 = if self.kind == PixelType::Int16 { -1000 } else { 62_000 - 1 };
        let is_gap = noise.is_multiple_of(self.gaps_every);
        (!is_gap).then(|| (low + noise as i32).min(65_535) as f32)
    }

    fn word(&self, time: usize, band: usize, col: u32, row: u32) -> u16 {
        let value = self.value(time, band, col, row).unwrap_or(self.nodata() as f32);
        (value as i32 & 0xffff) as u16
    }

    /// A pixel's series, `time x band`.
    pub fn expected(&self, col: u32, row: u32) -> Vec<Option<f32>> {
        (0..self.dates).flat_map(|time| (0..2).map(move |band| self.value(time, band, col, row))).collect()
    }

    fn file(time: usize) -> String {
        format!("site_20{:02}-{:02}-15.tif", 20 + time / 12, time % 12 + 1)
    }

    fn write(&self, folder: &Path) {
        for time in 0..self.dates {
            self.write_date(&folder.join(Self::file(time)), time, ["B04", "B08"]);
        }
    }

    fn write_date(&self, path: &Path, time: usize, bands: [&str; 2]) {
        // Bands are told by their names: B04 is 0, B08 is 1, whatever their order.
        let place = |name: &str| usize::from(name != "B04");
        let mut words = Vec::new();
        for name in bands {
            for row in 0..self.height {
                words.extend((0..self.width).map(|col| self.word(time, place(name), col, row)));
            }
        }
        let origin = [("RITMO_ORIGIN", "made for a test")];
        write_mosaic(path, &self.grid(), &bands, self.kind, self.nodata(), &words, &origin).unwrap();
    }

    /// Builds `folder/site.zarr` from `folder/in`.
    pub fn build(&self, folder: &Path) -> Cube {
        let mosaics = folder.join("in");
        std::fs::create_dir_all(&mosaics).unwrap();
        self.write(&mosaics);
        try_build(&mosaics, &folder.join("site.zarr"), None).unwrap()
    }
}

pub(super) fn values_of(series: &Series) -> Vec<Option<f32>> {
    series.values.iter().map(|value| (!value.is_nan()).then_some(*value)).collect()
}

fn spec(folder: &Path) -> BuildSpec {
    let found = recognise(&InputSpec::of([folder]), &|_| {}, &Cancel::new()).unwrap();
    BuildSpec { found, settings: BuildSettings::default() }
}

fn try_build(folder: &Path, store: &Path, bands: Option<&[&str]>) -> Result<Cube, CubeError> {
    let bands = bands.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    let mut spec = spec(folder);
    spec.settings.bands = bands;
    build(&spec, store, &|_| {}, &Cancel::new())?;
    Cube::open(store)
}

/// The error of a build that must fail, after a look that it left nothing behind.
fn failure(folder: &Path) -> String {
    let work = tempfile::tempdir().unwrap();
    let error = try_build(folder, &work.path().join("site.zarr"), None).err().expect("the build fails");
    assert_eq!(std::fs::read_dir(work.path()).unwrap().count(), 0, "something is left behind");
    error.to_string()
}

fn read_error(store: &Path) -> String {
    match Cube::open(store).and_then(|cube| cube.chunk((0, 0))) {
        Err(CubeError::Read { path, why }) => {
            assert_eq!(path, store);
            why
        }
        Err(damage @ CubeError::Damaged { .. }) => damage.to_string(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it reads"),
    }
}

fn assert_same_as_the_files(cube: &Cube, folder: &Path) {
    let (across, down) = cube.chunk_counts();
    let mosaics = spec(folder).found.acquisitions;
    assert_eq!(cube.info().dates.len(), mosaics.len());
    let mut pixels = 0;
    let readers: Vec<_> =
        mosaics.iter().map(|mosaic| RasterReader::open(&mosaic.layers[0].path).unwrap()).collect();
    for at in (0..down).flat_map(|row| (0..across).map(move |col| (col, row))) {
        let chunk = cube.chunk(at).unwrap();
        let mut words = Vec::new();
        for (reader, mosaic) in readers.iter().zip(&mosaics) {
            for band in &cube.info().bands {
                let place = mosaic.layers.iter().position(|layer| layer.name == band.name).unwrap();
                words.extend(reader.read_16(place, chunk.window, cube.info().pixel_type).unwrap());
            }
        }
        assert!(words == chunk.words(), "chunk {at:?}");
        pixels += chunk.window.pixels();
    }
    assert_eq!(pixels, cube.info().grid.pixels());
}

#[test]
fn every_value_is_copied_as_it_is() {
    for kind in [PixelType::Int16, PixelType::Uint16] {
        let folder = tempfile::tempdir().unwrap();
        let input = Input { width: 150, height: 130, kind, ..Input::default() };
        let cube = input.build(folder.path());
        let info = cube.info();
        assert!(info.grid.lines_up_with(&input.grid()));
        assert_eq!((info.pixel_type, info.nodata), (kind, input.nodata()));
        assert_eq!(info.origin.as_deref(), Some("made for a test"));
        assert_eq!(info.bands.iter().map(|band| band.name.as_str()).collect::<Vec<_>>(), ["B04", "B08"]);
        assert_eq!(info.dates[2].to_string(), "2020-03-15");
        assert_eq!(cube.chunk_counts(), (3, 3));
        for (col, row) in (0..input.height).flat_map(|row| (0..input.width).map(move |col| (col, row))) {
            let series = cube.series(col, row).unwrap();
            assert_eq!(values_of(&series), input.expected(col, row), "{col} {row}");
            assert_eq!(
                cube.cached_series(col, row).map(|series| values_of(&series)),
                Some(values_of(&series))
            );
        }
    }
}

#[test]
fn a_cube_of_several_shards_is_the_files_again() {
    let folder = tempfile::tempdir().unwrap();
    let input = Input { width: 600, height: 1050, dates: 1, kind: PixelType::Uint16, gaps_every: 7 };
    let cube = input.build(folder.path());
    assert_same_as_the_files(&cube, &folder.path().join("in"));
    assert_eq!(cube.chunk_window((9, 16)), crate::geo::Window { col: 576, row: 1024, width: 24, height: 26 });
}

#[test]
fn real_mosaics_with_gaps_are_the_files_again() {
    for (name, times, bands, label) in [
        ("flanders_s2_a_2018_monthly", 16, 10, "EPSG:32631"),
        ("sinop_modis_2013_2014", 23, 2, "without a name"),
    ] {
        let Some(folder) = shared_data(name) else { continue };
        let work = tempfile::tempdir().unwrap();
        let cube = try_build(&folder, &work.path().join("site.zarr"), None).unwrap();
        assert_eq!((cube.info().dates.len(), cube.info().bands.len()), (times, bands));
        assert!(cube.info().grid.crs.label().contains(label), "{}", cube.info().grid.crs.label());
        assert_same_as_the_files(&cube, &folder);
    }
}

#[test]
fn bands_are_matched_by_name_and_may_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let input = Input::default();
    input.write(folder.path());
    input.write_date(&folder.path().join(Input::file(1)), 1, ["B08", "B04"]);
    let work = tempfile::tempdir().unwrap();
    let cube = try_build(folder.path(), &work.path().join("all.zarr"), None).unwrap();
    assert_eq!(values_of(&cube.series(69, 65).unwrap()), input.expected(69, 65));
    let cube = try_build(folder.path(), &work.path().join("one.zarr"), Some(&["B08"])).unwrap();
    let expected: Vec<_> = input.expected(5, 6).into_iter().skip(1).step_by(2).collect();
    assert_eq!(values_of(&cube.series(5, 6).unwrap()), expected);
    let twice = try_build(folder.path(), &work.path().join("no.zarr"), Some(&["B08", "B08"]));
    assert!(twice.err().unwrap().to_string().contains("twice"));
}

#[test]
fn a_band_missing_in_one_date_is_an_error_with_file_and_band() {
    let folder = tempfile::tempdir().unwrap();
    let input = Input::default();
    input.write(folder.path());
    input.write_date(&folder.path().join(Input::file(1)), 1, ["B04", "B11"]);
    let error = failure(folder.path());
    assert!(error.contains("2020-02-15.tif has no band B08, only B04, B11"), "{error}");
}

#[test]
fn two_files_of_one_date_are_an_error_with_both() {
    let folder = tempfile::tempdir().unwrap();
    Input::default().write(folder.path());
    std::fs::copy(folder.path().join(Input::file(1)), folder.path().join("again_20200215.tif")).unwrap();
    let error = failure(folder.path());
    assert!(error.contains("again_20200215.tif") && error.contains("site_2020-02-15.tif"), "{error}");
    assert!(!error.contains("2020-01-15"), "{error}");
}

#[test]
fn files_on_other_grids_are_listed_by_grid() {
    let folder = tempfile::tempdir().unwrap();
    Input { dates: 4, ..Input::default() }.write(folder.path());
    Input { width: 71, ..Input::default() }.write_date(
        &folder.path().join("wide_2021-01-01.tif"),
        0,
        ["B04", "B08"],
    );
    let error = failure(folder.path());
    assert!(
        error.contains("2 different grids") && error.contains("4 files, 70 x 66 pixels of 10 x 10"),
        "{error}"
    );
    assert!(error.contains("1 file, 71 x 66") && error.contains("wide_2021-01-01.tif"), "{error}");
    if let Some(folder) = shared_data("newyork_l8_2018_misaligned") {
        let mut spec = spec(&folder);
        spec.found.acquisitions.dedup_by_key(|mosaic| mosaic.date);
        let work = tempfile::tempdir().unwrap();
        let error =
            build(&spec, &work.path().join("x.zarr"), &|_| {}, &Cancel::new()).unwrap_err().to_string();
        assert!(
            error.contains("different grids") && error.contains("more grids") && error.len() < 4000,
            "{error}"
        );
    }
}

#[test]
fn kinds_of_pixels_meet_in_one_that_holds_them_or_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    Input::default().write(folder.path());
    let unsigned = Input { kind: PixelType::Uint16, ..Input::default() };
    unsigned.write_date(&folder.path().join(Input::file(1)), 1, ["B04", "B08"]);
    // Both fit into floating point exactly.
    let work = tempfile::tempdir().unwrap();
    let cube = try_build(folder.path(), &work.path().join("site.zarr"), None).unwrap();
    assert_eq!(cube.info().pixel_type, PixelType::Float32);
    let expected: Vec<_> = [&Input::default(), &unsigned, &Input::default()]
        .iter()
        .enumerate()
        .flat_map(|(time, input)| [input.value(time, 0, 9, 9), input.value(time, 1, 9, 9)])
        .collect();
    assert_eq!(values_of(&cube.series(9, 9).unwrap()), expected);

    let mut spec = spec(folder.path());
    for layer in spec.found.acquisitions.iter_mut().flat_map(|a| &mut a.layers) {
        layer.pixel_type = "CFloat32".into();
    }
    let error = build(&spec, &work.path().join("x.zarr"), &|_| {}, &Cancel::new()).unwrap_err().to_string();
    assert!(error.contains("CFloat32") && error.contains("16 bits"), "{error}");
}

#[test]
fn bytes_become_words_and_zero_is_their_gap() {
    let folder = tempfile::tempdir().unwrap();
    let grid = Input::default().grid();
    let plane: Vec<u8> = (0..grid.pixels()).map(|i| (i % 251) as u8).collect();
    let bands = [("red".to_owned(), plane.as_slice()), ("nir".to_owned(), plane.as_slice())];
    write_cog_u8(&folder.path().join("2020-01-15.tif"), &grid, &bands, None, None, &[]).unwrap();
    let work = tempfile::tempdir().unwrap();
    let cube = try_build(folder.path(), &work.path().join("site.zarr"), None).unwrap();
    assert_eq!((cube.info().pixel_type, cube.info().nodata), (PixelType::Uint16, 0.0));
    assert_eq!(values_of(&cube.series(3, 0).unwrap()), [Some(3.0), Some(3.0)]);
    assert_eq!(values_of(&cube.series(0, 0).unwrap()), [None, None]);
}

#[test]
fn each_files_own_mark_of_gaps_is_heeded() {
    let folder = tempfile::tempdir().unwrap();
    let input = Input { dates: 2, ..Input::default() };
    input.write(folder.path());
    // The same pixels, their gaps marked otherwise.
    let (grid, other) = (input.grid(), -32_768.0);
    let word = |band, i: usize| {
        let value = input.value(2, band, i as u32 % grid.width, i as u32 / grid.width);
        (value.unwrap_or(other) as i16).cast_unsigned()
    };
    let words: Vec<u16> = (0..2).flat_map(|band| (0..grid.pixels()).map(move |i| word(band, i))).collect();
    let path = folder.path().join(Input::file(2));
    write_mosaic(&path, &grid, &["B04", "B08"], input.kind, other as f64, &words, &[]).unwrap();
    let work = tempfile::tempdir().unwrap();
    let cube = try_build(folder.path(), &work.path().join("site.zarr"), None).unwrap();
    assert_eq!(cube.info().nodata, -9999.0);
    let expected = Input { dates: 3, ..input };
    for (col, row) in [(0, 0), (13, 5), (69, 65), (7, 7)] {
        assert_eq!(values_of(&cube.series(col, row).unwrap()), expected.expected(col, row));
    }
}

#[test]
fn nothing_to_build_from_is_an_error() {
    let work = tempfile::tempdir().unwrap();
    let error = build(&BuildSpec::default(), &work.path().join("x.zarr"), &|_| {}, &Cancel::new());
    assert!(matches!(error, Err(CubeError::Input { .. })));
    let folder = tempfile::tempdir().unwrap();
    Input::default().write(folder.path());
    assert!(try_build(folder.path(), &work.path().join("x.zarr"), Some(&[])).is_err());
}

#[test]
fn a_truncated_mosaic_fails_the_build_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    Input { width: 300, height: 300, ..Input::default() }.write(folder.path());
    let path = folder.path().join(Input::file(2));
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() * 2 / 3]).unwrap();
    let error = failure(folder.path());
    assert!(error.contains(&Input::file(2)), "{error}");
}

/// What work gives that is asked to stop once it has reported more than so many times.
fn stopped_after<T>(reports: usize, work: impl FnOnce(crate::progress::Report, &Cancel) -> T) -> T {
    let cancel = Cancel::new();
    let seen = Mutex::new(0);
    let report = |_: Progress| {
        let mut seen = seen.lock().unwrap();
        *seen += 1;
        if *seen > reports {
            cancel.cancel();
        }
    };
    work(&report, &cancel)
}

#[test]
fn a_stop_leaves_the_old_cube_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let input = Input::default();
    let cube = input.build(folder.path());
    let before = std::fs::read_dir(folder.path()).unwrap().count();
    let spec = spec(&folder.path().join("in"));
    for after in 0..3 {
        let stopped = stopped_after(after, |report, cancel| build(&spec, cube.path(), report, cancel));
        assert!(matches!(stopped, Err(CubeError::Cancelled(_))), "{after}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), before);
        assert_eq!(values_of(&Cube::open(cube.path()).unwrap().series(1, 2).unwrap()), input.expected(1, 2));
    }
}

#[test]
fn a_cube_is_replaced_by_a_whole_one_and_what_is_open_reads_on() {
    let folder = tempfile::tempdir().unwrap();
    let old = Input::default().build(folder.path());
    old.series(0, 0).unwrap();
    let new = Input { dates: 2, kind: PixelType::Uint16, ..Input::default() };
    std::fs::remove_dir_all(folder.path().join("in")).unwrap();
    let cube = new.build(folder.path());
    assert_eq!(values_of(&cube.series(9, 9).unwrap()), new.expected(9, 9));
    assert_eq!(values_of(&old.series(9, 9).unwrap()), Input::default().expected(9, 9));
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn what_is_no_cube_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    Input::default().write(folder.path());
    let error = try_build(folder.path(), folder.path(), None).err().unwrap().to_string();
    assert!(error.contains("something else is there"), "{error}");
    let file = folder.path().join(Input::file(0));
    assert!(try_build(folder.path(), &file, None).is_err());
    assert!(file.is_file());
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    Input::default().write(folder.path());
    let below_a_file = folder.path().join(Input::file(0)).join("site.zarr");
    let error = try_build(folder.path(), &below_a_file, None).err().unwrap();
    assert!(matches!(error, CubeError::Write { .. }) && error.to_string().contains("site.zarr"), "{error}");

    let locked = tempfile::tempdir().unwrap();
    let rights = |read_only: bool| {
        let mut permissions = std::fs::metadata(locked.path()).unwrap().permissions();
        permissions.set_readonly(read_only);
        std::fs::set_permissions(locked.path(), permissions).unwrap();
    };
    rights(true);
    if std::fs::write(locked.path().join("probe"), "").is_ok() {
        println!("skipped: this user may write everywhere");
    } else {
        let error = try_build(folder.path(), &locked.path().join("site.zarr"), None).err().unwrap();
        assert!(matches!(error, CubeError::Write { .. }), "{error}");
    }
    let mut permissions = std::fs::metadata(locked.path()).unwrap().permissions();
    #[expect(clippy::permissions_set_readonly_false, reason = "the folder is about to be removed")]
    permissions.set_readonly(false);
    std::fs::set_permissions(locked.path(), permissions).unwrap();
}

#[test]
fn progress_rises_to_its_total() {
    let folder = tempfile::tempdir().unwrap();
    Input::default().write(folder.path());
    let seen = Mutex::new(Vec::new());
    let report = |progress: Progress| seen.lock().unwrap().push(progress);
    build(&spec(folder.path()), &folder.path().join("x.zarr"), &report, &Cancel::new()).unwrap();
    let mut seen = seen.into_inner().unwrap();
    seen.sort_by_key(|progress| progress.done);
    // Each date is read, the one shard is written, each date gets its overviews.
    assert_eq!(seen.iter().map(|progress| progress.done).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
    assert!(seen.iter().all(|progress| progress.total == 7));
    assert!(seen.iter().any(|progress| progress.what == "Reading 2020-02-15"));
}

#[test]
fn what_is_absent_or_foreign_is_an_error_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    assert!(read_error(&folder.path().join("absent.zarr")).contains("ritmo cube build"));
    assert!(read_error(folder.path()).contains("ritmo cube build"));
    let foreign = r#"{"zarr_format":3,"node_type":"group","attributes":{"title":"somebody else's"}}"#;
    std::fs::write(folder.path().join("zarr.json"), foreign).unwrap();
    assert!(read_error(folder.path()).contains("not one that Ritmo built"));
}

#[test]
fn a_damaged_store_is_an_error_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let store = Input::default().build(folder.path()).path().to_owned();
    let damage = |file: &str, with: &dyn Fn(&str) -> String, expected: &str| {
        let path = store.join(file);
        let whole = std::fs::read_to_string(&path).unwrap();
        let damaged = with(&whole);
        assert_ne!(whole, damaged, "{file} {expected}");
        std::fs::write(&path, damaged).unwrap();
        let why = read_error(&store);
        assert!(why.contains(expected), "{file}: {why}");
        std::fs::write(&path, whole).unwrap();
    };
    damage("zarr.json", &|text| text[..text.len() / 2].into(), "zarr.json is damaged");
    damage("zarr.json", &|_| String::new(), "zarr.json is damaged");
    damage("zarr.json", &|text| text.replace("\"version\": 2", "\"version\": 3"), "newer version");
    let doubled = |text: &str| text.replacen("\"bands\": [", "\"bands\": [\"B11\",", 1);
    damage("zarr.json", &doubled, "stored");
    let later = |text: &str| text.replacen("\"dates\": [", "\"dates\": [\"2019-01-15\",", 1);
    damage("zarr.json", &later, "stored");
    damage("zarr.json", &|text| text.replacen("\"2020-01-15\",", "\"2021-01-15\",", 1), "order");
    damage("zarr.json", &|text| text.replace("2020-01-15", "2020-01-32"), "zarr.json is damaged");
    damage("zarr.json", &|text| text.replace("-9999", "99999"), "nodata");
    damage("data/zarr.json", &|text| text.replace("int16", "float64"), "data is damaged");
    damage("data/zarr.json", &|text| text.replacen("66", "0", 1), "data is damaged");
    damage("data/zarr.json", &|text| text.replacen("66", "99999999999", 1), "data is damaged");
    damage("data/zarr.json", &|text| text.replacen("little", "big", 1), "packed");
    damage("data/zarr.json", &|text| text[..200].into(), "data is damaged");
    damage("spatial_ref/zarr.json", &|text| text.replace("GeoTransform", "Geo"), "GeoTransform");
    damage("spatial_ref/zarr.json", &|text| text.replace("crs_wkt", "crs"), "spatial_ref is damaged");
    std::fs::rename(store.join("data"), store.join("gone")).unwrap();
    assert!(read_error(&store).contains("data is damaged"));
}

#[test]
fn a_truncated_or_missing_shard_is_an_error_never_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let store = Input::default().build(folder.path()).path().to_owned();
    let shard = store.join("data/c/0/0/0/0");
    let whole = std::fs::read(&shard).unwrap();
    for length in [0, 1, 40, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&shard, &whole[..length]).unwrap();
        let why = read_error(&store);
        assert!(why.contains("data/c/0/0/0/0") && why.contains("Build the cube again"), "{length}: {why}");
    }
    std::fs::remove_file(&shard).unwrap();
    assert!(read_error(&store).contains("missing"));
    let empty: PathBuf = store.join("data/c/0/0/0/0");
    std::fs::write(empty, whole).unwrap();
    assert!(Cube::open(&store).unwrap().chunk((0, 0)).is_ok());
}

#[test]
fn the_series_of_a_chunk_are_those_of_its_pixels() {
    let folder = tempfile::tempdir().unwrap();
    let input = Input::default();
    let cube = input.build(folder.path());
    for at in [(0, 0), (1, 0), (1, 1)] {
        let chunk = cube.chunk(at).unwrap();
        let mut all = vec![0.0; chunk.window.pixels() * 6];
        let (one, rest) = all.split_at_mut(5 * 6);
        let planes: Vec<usize> = (0..6).collect();
        chunk.series_of(&planes, 0, one);
        chunk.series_of(&planes, 5, rest);
        for (i, values) in all.chunks(6).enumerate() {
            let (col, row) = (i as u32 % chunk.window.width, i as u32 / chunk.window.width);
            let expected = input.expected(chunk.window.col + col, chunk.window.row + row);
            let series = Series { times: 3, bands: 2, values: values.to_vec() };
            assert_eq!(values_of(&series), expected, "{at:?} {i}");
        }
    }
}

#[test]
fn pixels_outside_of_the_cube_have_no_series() {
    let folder = tempfile::tempdir().unwrap();
    let cube = Input::default().build(folder.path());
    for (col, row) in [(70, 0), (0, 66), (u32::MAX, u32::MAX)] {
        assert!(matches!(cube.series(col, row), Err(CubeError::Read { .. })));
        assert!(cube.cached_series(col, row).is_none());
    }
    assert!(cube.chunk((2, 0)).is_err() && cube.chunk((u32::MAX, 0)).is_err());
    assert_eq!(cube.chunk_window((2, 0)).pixels(), 0);
    let chunk = cube.chunk((0, 0)).unwrap();
    assert!(values_of(&cube.series_in(&chunk, 65, 0)).iter().all(Option::is_none));
}

#[test]
fn many_threads_read_the_same_as_one() {
    use rayon::prelude::*;
    let folder = tempfile::tempdir().unwrap();
    let input = Input { width: 600, height: 300, dates: 2, ..Input::default() };
    let cube = input.build(folder.path());
    let small = Cube::open_with_cache(cube.path(), 100_000).unwrap();
    (0..3000u32).into_par_iter().for_each(|i| {
        let (col, row) = (i * 7919 % 600, i * 104_729 % 300);
        assert_eq!(values_of(&small.series(col, row).unwrap()), input.expected(col, row));
    });
}

#[test]
fn damaged_bytes_anywhere_in_the_store_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    let store = Input::default().build(folder.path()).path().to_owned();
    let files = ["zarr.json", "data/zarr.json", "spatial_ref/zarr.json", "data/c/0/0/0/0"];
    proptest!(ProptestConfig::with_cases(150), |(file in 0usize..4, place in 0.0f64..1.0, byte in any::<u8>())| {
        let path = store.join(files[file]);
        let whole = std::fs::read(&path).unwrap();
        let mut damaged = whole.clone();
        damaged[(place * whole.len() as f64) as usize] = byte;
        std::fs::write(&path, damaged).unwrap();
        let _ = Cube::open(&store).and_then(|cube| cube.series(3, 3));
        std::fs::write(&path, whole).unwrap();
    });
}
