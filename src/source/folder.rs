//! A folder with one multi-band GeoTIFF a date.

use super::{Acquisition, BandKnowledge, Layer, Recognised, Role};
use crate::geo::raster::RasterReader;
use crate::geo::{GeoError, Placement};
use crate::progress::{Cancel, Cancelled, Progress, Report};
use chrono::NaiveDate;
use rayon::prelude::*;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What can be wrong with the files given.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A folder without images.
    #[error("no GeoTIFF in {folder}. Give a folder with one multi-band .tif a date")]
    Empty { folder: PathBuf },
    /// Images, but none that can be a mosaic.
    #[error(
        "none of the {count} files can be taken as a mosaic ({example}). Give multi-band GeoTIFFs with the date in the name, like site_2022-03-15.tif, site_20220315.tif, site_2022-03.tif or site_2022074.tif"
    )]
    NoMosaic { count: usize, example: String },
    /// A raster file.
    #[error(transparent)]
    Geo(#[from] GeoError),
    /// A folder that cannot be listed.
    #[error("cannot list {folder}: {why}. Check the path and its rights")]
    List { folder: PathBuf, why: String },
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// What one file turned out to be.
enum Looked {
    Mosaic(Box<(Acquisition, Placement)>, Option<String>),
    Aside(PathBuf, String),
}

/// Recognises mosaics in folders and files: the date from the name, the bands from descriptions. Of a folder all
/// `.tif` and `.tiff` files are looked at, not those in folders below. Files of one date are all given: whether that
/// is a mistake, the cube knows.
///
/// # Errors
/// When a folder is empty or a file is damaged, or when no file can be taken as a mosaic.
pub fn recognise(inputs: &[PathBuf], report: Report, cancel: &Cancel) -> Result<Recognised, SourceError> {
    let files = files(inputs)?;
    let done = AtomicU64::new(0);
    let looked = files
        .par_iter()
        .map(|path| {
            cancel.check()?;
            let looked = look(path)?;
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            report(Progress::new(done, files.len() as u64, format!("Looking at {}", file_name(path))));
            Ok(looked)
        })
        .collect::<Result<Vec<_>, SourceError>>()?;

    let mut recognised = Recognised::default();
    let mut origins = Vec::new();
    for looked in looked {
        match looked {
            Looked::Mosaic(found, origin) => {
                let (mut acquisition, placement) = *found;
                let known = recognised.placements.iter().position(|other| other.lines_up_with(&placement));
                let place = known.unwrap_or_else(|| {
                    recognised.placements.push(placement);
                    recognised.placements.len() - 1
                });
                acquisition.layers.iter_mut().for_each(|layer| layer.placement = place);
                recognised.acquisitions.push(acquisition);
                origins.push(origin);
            }
            Looked::Aside(path, why) => recognised.skipped.push((path, why)),
        }
    }
    if recognised.acquisitions.is_empty() {
        let example = recognised.skipped.first().map(|(path, why)| format!("{}: {why}", file_name(path)));
        return Err(SourceError::NoMosaic { count: files.len(), example: example.unwrap_or_default() });
    }
    recognised.acquisitions.sort_by(|a, b| (a.date, &a.key).cmp(&(b.date, &b.key)));
    origins.dedup();
    if origins.len() == 1 {
        recognised.origin = origins.swap_remove(0);
    }
    Ok(recognised)
}

fn look(path: &Path) -> Result<Looked, SourceError> {
    let Some(date) = date_in_name(path) else {
        return Ok(Looked::Aside(path.to_owned(), "its name has no date".into()));
    };
    let reader = RasterReader::open(path)?;
    let info = reader.info();
    if info.bands.len() == 1 && info.bands[0].pixel_type == "Byte" {
        return Ok(Looked::Aside(path.to_owned(), "one band of 8 bits: labels or a mask, no image".into()));
    }
    let origin = reader.metadata_item("RITMO_ORIGIN");
    let layer = |(index, band): (usize, &crate::geo::raster::BandInfo)| Layer {
        path: path.to_owned(),
        index,
        name: band.name.clone(),
        role: Role::Band,
        knowledge: BandKnowledge::default(),
        pixel_type: band.pixel_type.clone(),
        nodata: band.nodata,
        scaling: band.scaling,
        placement: 0,
    };
    let acquisition = Acquisition {
        key: file_name(path),
        date,
        time: None,
        tile: None,
        sensor: None,
        baseline: None,
        layers: info.bands.iter().enumerate().map(layer).collect(),
    };
    Ok(Looked::Mosaic(Box::new((acquisition, info.placement.clone())), origin))
}

/// The files that the inputs name, each once, those of a folder in order of name.
fn files(inputs: &[PathBuf]) -> Result<Vec<PathBuf>, SourceError> {
    let mut files = Vec::new();
    for input in inputs {
        if !input.is_dir() {
            files.push(input.clone());
            continue;
        }
        let unlistable =
            |error: std::io::Error| SourceError::List { folder: input.clone(), why: error.to_string() };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(input).map_err(unlistable)? {
            let path = entry.map_err(unlistable)?.path();
            if is_geotiff(&path) {
                found.push(path);
            }
        }
        if found.is_empty() {
            return Err(SourceError::Empty { folder: input.clone() });
        }
        found.sort();
        files.append(&mut found);
    }
    if files.is_empty() {
        return Err(SourceError::Empty { folder: PathBuf::from("the inputs") });
    }
    let mut seen = HashSet::new();
    files.retain(|path| seen.insert(std::fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
    Ok(files)
}

fn is_geotiff(path: &Path) -> bool {
    let is_hidden = file_name(path).starts_with('.');
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    !is_hidden && matches!(extension.as_str(), "tif" | "tiff") && path.is_file()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The date in a file name: `2022-03-15`, `20220315`, `2022_03_15`, `2022-03` (its 15th), `2022074` (day of year),
/// each also followed by a time. Whole dates go before months, and the last one in the name counts; in the names that
/// agencies give their products (`S2A_MSIL2A_…`, `LC08_…`, `MOD13Q1.…`) the first, for there the last is when it was processed.
pub fn date_in_name(path: &Path) -> Option<NaiveDate> {
    let stem = path.file_stem()?.to_string_lossy();
    let runs = digit_runs(&stem);
    let mut days = Vec::new();
    let mut months = Vec::new();
    for (i, run) in runs.iter().enumerate() {
        // A date written with the same separator throughout.
        let next = |n: usize| runs.get(i + n).filter(|next| next.digits.len() == 2).map(|next| next.digits);
        let separator = |n: usize| runs.get(i + n).and_then(|next| next.separator);
        match run.digits.len() {
            4 => match (next(1), next(2), separator(1), separator(2)) {
                (Some(month), Some(day), Some(first), Some(second)) if first == second => {
                    days.extend(date(run.digits, month, day));
                }
                (Some(month), _, Some(_), _) => months.extend(date(run.digits, month, "15")),
                _ => {}
            },
            6 => months.extend(date(&run.digits[..4], &run.digits[4..], "15")),
            7 | 11 | 13 => days.extend(day_of_year(&run.digits[..4], &run.digits[4..7])),
            8 | 12 | 14 => days.extend(date(&run.digits[..4], &run.digits[4..6], &run.digits[6..8])),
            _ => {}
        }
    }
    let found = if days.is_empty() { months } else { days };
    if is_product_name(&stem) { found.first().copied() } else { found.last().copied() }
}

/// A run of ASCII digits in a name.
struct Run<'a> {
    digits: &'a str,
    /// The one character between it and the run before, if it is `-`, `_` or `.`.
    separator: Option<char>,
}

fn digit_runs(stem: &str) -> Vec<Run<'_>> {
    let mut runs: Vec<Run> = Vec::new();
    let mut between = "";
    let mut rest = stem;
    while !rest.is_empty() {
        let is_digits = rest.starts_with(|c: char| c.is_ascii_digit());
        let end = rest.find(|c: char| c.is_ascii_digit() != is_digits).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        if is_digits {
            let separator = match between {
                "-" => Some('-'),
                "_" => Some('_'),
                "." => Some('.'),
                _ => None,
            };
            runs.push(Run { digits: part, separator: separator.filter(|_| !runs.is_empty()) });
        } else {
            between = part;
        }
        rest = after;
    }
    runs
}

/// A day that exists, in the years in which satellites have looked.
fn date(year: &str, month: &str, day: &str) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(plausible_year(year)?, month.parse().ok()?, day.parse().ok()?)
}

fn day_of_year(year: &str, day: &str) -> Option<NaiveDate> {
    NaiveDate::from_yo_opt(plausible_year(year)?, day.parse().ok()?)
}

fn plausible_year(year: &str) -> Option<i32> {
    year.parse().ok().filter(|year| (1970..2100).contains(year))
}

fn is_product_name(stem: &str) -> bool {
    let stem = stem.to_uppercase();
    ["S1", "S2", "LC", "LE", "LT", "MOD", "MYD", "MCD", "VNP"].iter().any(|mission| {
        stem.strip_prefix(mission).is_some_and(|rest| {
            let level = rest.split(['_', '.']).next().unwrap_or_default();
            let continues = rest.len() > level.len();
            continues
                && !level.is_empty()
                && level.len() <= 5
                && level.chars().any(|c| c.is_ascii_alphanumeric())
        })
    }) && stem.chars().filter(char::is_ascii_digit).count() >= 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::raster::{PixelType, write_cog_u8, write_mosaic};
    use crate::geo::{Crs, Grid};
    use crate::testing::shared_data;
    use proptest::prelude::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn small_grid() -> Grid {
        let crs = Crs::from_epsg(6362).unwrap();
        Grid { crs, left: 2.7e6, top: 6.5e5, pixel_width: 10.0, pixel_height: 10.0, width: 4, height: 3 }
    }

    fn write(path: &Path, origin: &str) {
        write_mosaic(
            path,
            &small_grid(),
            &["B04", "B08"],
            PixelType::Int16,
            -9999.0,
            &[1; 24],
            &[("RITMO_ORIGIN", origin)],
        )
        .unwrap();
    }

    fn look_at(inputs: &[PathBuf]) -> Result<Recognised, SourceError> {
        recognise(inputs, &|_| {}, &Cancel::new())
    }

    #[test]
    fn dates_are_read_from_many_forms_of_names() {
        let mut wrong = Vec::new();
        for (name, expected) in [
            ("flanders_s2_a_2018_2017-08-15.tif", Some(day(2017, 8, 15))),
            ("sinop_2014-01-01.tif", Some(day(2014, 1, 1))),
            ("newyork_013032_2018-01-31.tif", Some(day(2018, 1, 31))),
            ("tanzania_s2_2020_2021_20m_2019-09-26.tif", Some(day(2019, 9, 26))),
            ("T14QMJ_20211203T170701.tif", Some(day(2021, 12, 3))),
            ("T14QMJ_20211203T170701_B04.tif", Some(day(2021, 12, 3))),
            ("20220315.tif", Some(day(2022, 3, 15))),
            ("site_2022_03_15.tiff", Some(day(2022, 3, 15))),
            ("2022.03.15.tif", Some(day(2022, 3, 15))),
            ("mosaic-2022-03.tif", Some(day(2022, 3, 15))),
            ("mosaic_202203.tif", Some(day(2022, 3, 15))),
            ("mosaic2022074.tif", Some(day(2022, 3, 15))),
            ("20220315123000.tif", Some(day(2022, 3, 15))),
            ("2022-01-01_2022-03-15.tif", Some(day(2022, 3, 15))),
            ("2021-11_made_2022-03-15.tif", Some(day(2022, 3, 15))),
            ("S2B_MSIL2A_20180704T105029_N0500_R051_T31UFS_20230811T064525.tif", Some(day(2018, 7, 4))),
            ("LC08_L2SP_013032_20180131_20200902_02_T1.tif", Some(day(2018, 1, 31))),
            ("MOD13Q1.A2013257.h12v10.061.2021234012345.tif", Some(day(2013, 9, 14))),
            ("S2_corridor_2022-03-15.tif", Some(day(2022, 3, 15))),
            ("s2_a_2017-01-01_2022-03-15.tif", Some(day(2022, 3, 15))),
            ("2024-02-29.tif", Some(day(2024, 2, 29))),
            ("2023-02-29.tif", None),
            ("2022-13-01.tif", None),
            ("20221345.tif", None),
            ("2022366.tif", None),
            ("1822-03-15.tif", None),
            ("reference_LULC.tif", None),
            ("reference_LC_CT_10m.tif", None),
            ("site_2022.tif", None),
            ("site_2022-03_15.tif", Some(day(2022, 3, 15))),
            ("site_v12_34.tif", None),
            ("über_2022-03-15_ñ.tif", Some(day(2022, 3, 15))),
            (".tif", None),
            ("", None),
        ] {
            let found = date_in_name(Path::new(name));
            if found != expected {
                wrong.push((name, found));
            }
        }
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn a_folder_is_recognised_in_order_of_date() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b_2022-01-15.TIF", "a_2022-03-15.tiff", "c_2022-02-15.tif"] {
            write(&folder.path().join(name), "simulated");
        }
        let mask = vec![1u8; 12];
        let mask_path = folder.path().join("mask_2022-01-15.tif");
        write_cog_u8(&mask_path, &small_grid(), &[("mask".into(), &mask)], None, None, &[]).unwrap();
        write(&folder.path().join("undated.tif"), "simulated");
        std::fs::write(folder.path().join("notes_2022-01-15.txt"), "x").unwrap();
        std::fs::write(folder.path().join("._c_2022-02-15.tif"), "x").unwrap();
        let seen = std::sync::Mutex::new(Vec::new());
        let report = |progress: Progress| seen.lock().unwrap().push(progress.done);
        let recognised = recognise(&[folder.path().to_owned(), mask_path], &report, &Cancel::new()).unwrap();
        let dates: Vec<_> = recognised.acquisitions.iter().map(|a| a.date).collect();
        assert_eq!(dates, [day(2022, 1, 15), day(2022, 2, 15), day(2022, 3, 15)]);
        let names: Vec<_> = recognised.acquisitions[0].layers.iter().map(|l| l.name.as_str()).collect();
        assert_eq!(names, ["B04", "B08"]);
        assert_eq!(recognised.origin.as_deref(), Some("simulated"));
        let why: Vec<_> =
            recognised.skipped.iter().map(|(path, why)| (file_name(path), why.as_str())).collect();
        assert_eq!(why.len(), 2, "{why:?}");
        assert!(why[0].0 == "mask_2022-01-15.tif" && why[0].1.contains("8 bits"));
        assert!(why[1].0 == "undated.tif" && why[1].1.contains("no date"));
        assert_eq!(seen.lock().unwrap().iter().max(), Some(&5));
    }

    #[test]
    fn origins_that_differ_are_none() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("2022-01-15.tif"), "simulated");
        write(&folder.path().join("2022-02-15.tif"), "seen");
        assert_eq!(look_at(&[folder.path().to_owned()]).unwrap().origin, None);
    }

    #[test]
    fn an_empty_folder_and_an_absent_file_are_errors_with_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let error = look_at(&[folder.path().to_owned()]).unwrap_err();
        assert!(matches!(error, SourceError::Empty { .. }), "{error}");
        assert!(error.to_string().contains(folder.path().to_str().unwrap()));
        assert!(matches!(look_at(&[]), Err(SourceError::Empty { .. })));
        let error = look_at(&[folder.path().join("2022-01-15.tif")]).unwrap_err().to_string();
        assert!(error.contains("2022-01-15.tif"), "{error}");
    }

    #[test]
    fn names_without_a_date_tell_how_names_should_look() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("january.tif"), "");
        let error = look_at(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(error.contains("january.tif") && error.contains("2022-03-15"), "{error}");
    }

    #[test]
    fn a_damaged_file_is_an_error_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("2022-01-15.tif"), "");
        std::fs::write(folder.path().join("2022-02-15.tif"), "II*").unwrap();
        let error = look_at(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(error.contains("2022-02-15.tif"), "{error}");
    }

    #[test]
    fn a_stop_is_heard() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("2022-01-15.tif"), "");
        let cancel = Cancel::new();
        cancel.cancel();
        let result = recognise(&[folder.path().to_owned()], &|_| {}, &cancel);
        assert!(matches!(result, Err(SourceError::Cancelled(_))));
    }

    #[test]
    fn the_shared_folders_are_recognised_whole() {
        for (name, dates, skipped) in [
            ("flanders_s2_a_2018_monthly", 16, 0),
            ("flanders_s2_a_2018", 118, 1),
            ("sinop_modis_2013_2014", 23, 0),
            ("mt_modis_pixels", 137, 0),
            ("newyork_l8_2018_misaligned", 19, 0),
            ("slovenia_s2_l1c_2015", 5, 1),
        ] {
            let Some(folder) = shared_data(name) else { continue };
            let recognised = look_at(&[folder]).unwrap();
            assert_eq!((recognised.acquisitions.len(), recognised.skipped.len()), (dates, skipped), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_date_is_found_in_any_form(days in 0i32..47_000, form in 0usize..5, prefix in "[a-z]{0,5}_", suffix in "(_[a-z]{1,5})?") {
            let date = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + chrono::Days::new(days as u64);
            let text = date.format(["%Y-%m-%d", "%Y%m%d", "%Y_%m_%d", "%Y%j", "%Y%m%dT101112"][form]);
            let found = date_in_name(Path::new(&format!("{prefix}{text}{suffix}.tif")));
            prop_assert_eq!(found, Some(date));
        }

        #[test]
        fn no_name_panics(name in "\\PC{0,40}") {
            let _ = date_in_name(Path::new(&name));
        }
    }
}
