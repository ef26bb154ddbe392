//! Folders as people have them, made small, and the shared ones.

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

#[test]
fn a_folder_is_recognised_in_order_of_date() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for name in ["b_2022-01-15.TIF", "b_2022-03-15.tiff", "b_2022-02-15.tif"] {
        write_on(
            &folder.join(name),
            &small_grid(),
            &["B04", "B08"],
            PixelType::Int16,
            &[("RITMO_ORIGIN", "simulated")],
        );
    }
    write_u8(&folder.join("mask_2022-01-15.tif"), "mask");
    write(&folder.join("undated.tif"), &["B04", "B08"], PixelType::Int16);
    std::fs::write(folder.join("notes_2022-01-15.txt"), "x").unwrap();
    std::fs::write(folder.join("._c_2022-02-15.tif"), "x").unwrap();
    let seen = std::sync::Mutex::new(Vec::new());
    let report = |progress: Progress| seen.lock().unwrap().push(progress.done);
    let spec = InputSpec::of([folder.to_owned(), folder.join("mask_2022-01-15.tif")]);
    let found = recognise(&spec, &report, &Cancel::new()).unwrap();
    let dates: Vec<_> = found.acquisitions.iter().map(|a| a.date).collect();
    assert_eq!(dates, [day(2022, 1, 15), day(2022, 2, 15), day(2022, 3, 15)]);
    assert_eq!(names(&found.acquisitions[0]), ["B04", "B08"]);
    assert_eq!(found.acquisitions[0].key, "b_2022-01-15.TIF");
    // The undated file and the mask say nothing of an origin.
    assert_eq!(found.origin, None);
    let why: Vec<_> =
        found.skipped.iter().map(|(path, why)| (files::file_name(path), why.as_str())).collect();
    assert_eq!(why.len(), 2, "{why:?}");
    assert!(why[0].0 == "mask_2022-01-15.tif" && why[0].1.contains("8 bits"), "{why:?}");
    assert!(why[1].0 == "undated.tif" && why[1].1.contains("no date"));
    assert_eq!(seen.lock().unwrap().iter().max(), Some(&5));
}

#[test]
fn an_origin_is_told_where_all_imagery_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, origin: &str| {
        let path = folder.path().join(name);
        write_on(&path, &small_grid(), &["B04", "B08"], PixelType::Int16, &[("RITMO_ORIGIN", origin)]);
    };
    write("2022-01-15.tif", "simulated");
    assert_eq!(look_in(folder.path()).origin.as_deref(), Some("simulated"));
    write("2022-02-15.tif", "seen");
    assert_eq!(look_in(folder.path()).origin, None);
}

#[test]
fn a_product_of_sentinel_2_is_one_acquisition_with_its_finest_bands() {
    let folder = tempfile::tempdir().unwrap();
    let product = "S2B_MSIL2A_20211203T170701_N0301_R069_T14QMJ_20211203T200708";
    let safe = folder.path().join(format!("{product}.SAFE"));
    let images = safe.join("GRANULE/L2A_T14QMJ/IMG_DATA");
    for (resolution, bands) in [
        (10, &["B02", "B04", "B08", "TCI"][..]),
        (20, &["B02", "B04", "B8A", "B11", "SCL", "AOT"]),
        (60, &["B02", "B04", "B11", "B01", "SCL", "AOT"]),
    ] {
        let folder = images.join(format!("R{resolution}m"));
        std::fs::create_dir_all(&folder).unwrap();
        for band in bands {
            let path = folder.join(format!("T14QMJ_20211203T170701_{band}_{resolution}m.jp2"));
            write_jp2(&path, &grid_at(5e5, f64::from(resolution)));
        }
    }
    let found = look_in(folder.path());
    let [scene] = found.acquisitions.as_slice() else { panic!("{:?}", found.acquisitions) };
    assert_eq!(names(scene), ["B01", "B02", "B04", "B08", "B8A", "B11", "SCL"]);
    assert_eq!(commons(scene), ["coastal", "blue", "red", "nir", "nir08", "swir1", "-"]);
    assert_eq!(scene.key, product);
    assert_eq!((scene.tile.as_deref(), scene.sensor.as_deref()), (Some("14QMJ"), Some("sentinel-2-l2a")));
    assert_eq!((scene.baseline, scene.time), (Some((3, 1)), chrono::NaiveTime::from_hms_opt(17, 7, 1)));
    assert_eq!(layer(scene, "SCL").role, Role::Mask(MaskKind::Scl));
    assert!(layer(scene, "B02").path.ends_with("R10m/T14QMJ_20211203T170701_B02_10m.jp2"));
    assert_eq!(layer(scene, "B04").knowledge.scale, Scale { factor: 1e-4, offset: 0.0 });
    let sides: Vec<_> = found.placements.iter().map(|place| place.pixel_size()[0]).collect();
    assert_eq!(found.placements.len(), 3);
    assert_eq!(sides[2], 60.0, "the rarest comes last: {sides:?}");
    let why: Vec<_> = found.skipped.iter().map(|(_, why)| why.as_str()).collect();
    assert_eq!(why.iter().filter(|why| why.starts_with("B02 at 20 m: it is there at 10 m")).count(), 1);
    assert!(why.iter().any(|why| why.starts_with("AOT") && why.contains("1 more")), "{why:?}");

    // The metadata know the baseline better than the name, unless they contradict themselves.
    let xml = |baseline: &str, offset: &str| {
        let text = format!(
            "<PROCESSING_BASELINE>{baseline}</PROCESSING_BASELINE><BOA_ADD_OFFSET band_id=\"0\">{offset}</BOA_ADD_OFFSET>"
        );
        std::fs::write(safe.join("MTD_MSIL2A.xml"), text).unwrap();
        look_in(&images).acquisitions[0].baseline
    };
    assert_eq!(xml("05.00", "-1000"), Some((5, 0)));
    assert_eq!(xml("05.00", "0"), None);
}

#[test]
fn two_products_of_one_scene_stay_two_acquisitions() {
    let folder = tempfile::tempdir().unwrap();
    for baseline in ["N0214", "N0500"] {
        let safe = format!(
            "S2B_MSIL2A_20180704T105029_{baseline}_R051_T31UFS_20230811T064525.SAFE/GRANULE/L/IMG_DATA/R10m"
        );
        write(&folder.path().join(safe).join("T31UFS_20180704T105029_B04_10m.tif"), &[""], PixelType::Uint16);
    }
    let found = look_in(folder.path());
    let baselines: Vec<_> = found.acquisitions.iter().map(|a| a.baseline).collect();
    assert_eq!(baselines, [Some((2, 14)), Some((5, 0))]);
}

#[test]
fn landsat_is_one_acquisition_a_scene() {
    let folder = tempfile::tempdir().unwrap();
    for date in ["20180131", "20180216"] {
        let product = format!("LC08_L2SP_013032_{date}_20200902_02_T1");
        for band in ["SR_B2", "SR_B4", "SR_B5", "ST_B10", "QA_PIXEL", "QA_RADSAT", "SR_QA_AEROSOL", "ST_EMIS"]
        {
            write(&folder.path().join(format!("{product}_{band}.TIF")), &[""], PixelType::Uint16);
        }
    }
    let mtl = "DATE_ACQUIRED = 2018-01-31\nSCENE_CENTER_TIME = \"15:40:12.02Z\"\n";
    std::fs::write(folder.path().join("LC08_L2SP_013032_20180131_20200902_02_T1_MTL.txt"), mtl).unwrap();
    let found = look_in(folder.path());
    assert_eq!(found.acquisitions.len(), 2);
    let scene = &found.acquisitions[0];
    assert_eq!(names(scene), ["SR_B2", "SR_B4", "SR_B5", "ST_B10", "QA_PIXEL"]);
    assert_eq!(commons(scene), ["blue", "red", "nir", "tir1", "-"]);
    assert_eq!((scene.tile.as_deref(), scene.sensor.as_deref()), (Some("013032"), Some("landsat-8-l2")));
    assert_eq!(layer(scene, "QA_PIXEL").role, Role::Mask(MaskKind::QaPixel));
    assert_eq!(layer(scene, "SR_B4").knowledge.scale, Scale { factor: 2.75e-5, offset: -0.2 });
    assert_eq!(scene.time, chrono::NaiveTime::from_hms_opt(15, 40, 12));
    assert_eq!(found.skipped.len(), 3, "each kind once: {:?}", found.skipped);
}

#[test]
fn modis_cbers_and_hls_are_known_by_their_names() {
    for (files, sensor, tile, bands, mask) in [
        (
            &[
                "MOD13Q1.A2013257.h12v10.061.2021234012345_250m_16_days_NDVI.tif",
                "MOD13Q1.A2013257.h12v10.061.2021234012345_250m_16_days_red_reflectance.tif",
                "MOD13Q1.A2013257.h12v10.061.2021234012345_250m_16_days_VI_Quality.tif",
                "MOD13Q1.A2013257.h12v10.061.2021234012345_250m_16_days_pixel_reliability.tif",
            ][..],
            "mod13q1",
            "h12v10",
            &["ndvi", "red", "-"][..],
            Some(MaskKind::Reliability),
        ),
        (
            &[
                "TERRA_MODIS_012010_NDVI_2013-09-14.tif",
                "TERRA_MODIS_012010_EVI_2013-09-14.tif",
                "TERRA_MODIS_012010_CLOUD_2013-09-14.tif",
            ],
            "mod13q1",
            "012010",
            &["ndvi", "evi", "-"],
            Some(MaskKind::Reliability),
        ),
        (
            &[
                "CB4_64_16D_STK_v001_022024_2018-08-29_2018-09-13_EVI.tif",
                "CB4_64_16D_STK_v001_022024_2018-08-29_2018-09-13_BAND15.tif",
                "CB4_64_16D_STK_v001_022024_2018-08-29_2018-09-13_CMASK.tif",
            ],
            "cbers-4-wfi",
            "022024",
            &["red", "evi", "-"],
            Some(MaskKind::Cmask),
        ),
        (
            &[
                "HLS.S30.T10TFS.2021123T185911.v2.0.B04.tif",
                "HLS.S30.T10TFS.2021123T185911.v2.0.B8A.tif",
                "HLS.S30.T10TFS.2021123T185911.v2.0.SZA.tif",
                "HLS.S30.T10TFS.2021123T185911.v2.0.Fmask.tif",
            ],
            "hls-s30",
            "10TFS",
            &["red", "nir08", "-"],
            Some(MaskKind::HlsFmask),
        ),
        (
            &["20220301_143012_1032_3B_AnalyticMS_SR.tif", "20220301_143012_1032_3B_udm2.tif"],
            "planetscope-4",
            "",
            &["blue", "green", "red", "nir", "-"],
            Some(MaskKind::Udm2),
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let bands = match *file {
                _ if file.contains("Analytic") => &[""; 4][..],
                _ if file.contains("udm2") => &[""; 8],
                _ => &[""],
            };
            write(&folder.path().join(file), bands, PixelType::Uint16);
        }
        let found = look_in(folder.path());
        let [scene] = found.acquisitions.as_slice() else { panic!("{files:?}: {:?}", found.acquisitions) };
        assert_eq!(scene.sensor.as_deref(), Some(sensor));
        assert_eq!(scene.tile.as_deref().unwrap_or_default(), tile);
        assert_eq!(commons(scene), bands, "{:?}", names(scene));
        let last = scene.layers.last().unwrap();
        assert_eq!(mask.map(Role::Mask), Some(last.role), "{}", last.name);
    }
}

#[test]
fn chips_are_places_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    for (i, chip) in ["0001", "0002", "0003"].iter().enumerate() {
        for date in ["2022-01-15", "2022-02-15"] {
            let path = folder.path().join(format!("chip_{chip}_{date}.tif"));
            write_on(
                &path,
                &grid_at(5e5 + 1e4 * i as f64, 10.0),
                &["B2", "B3", "B4", "B8"],
                PixelType::Uint16,
                &[],
            );
        }
    }
    let found = look_in(folder.path());
    let tiles: Vec<_> = found.acquisitions.iter().filter_map(|a| a.tile.as_deref()).collect();
    assert_eq!(tiles, ["0001", "0002", "0003", "0001", "0002", "0003"]);
    assert_eq!(found.placements.len(), 3);
    assert_eq!(commons(&found.acquisitions[0]), ["blue", "green", "red", "nir"]);
}

#[test]
fn folders_tell_places_where_names_do_not() {
    let folder = tempfile::tempdir().unwrap();
    for (i, site) in ["north", "south"].iter().enumerate() {
        let path = folder.path().join(format!("{site}/2022-01-15.tif"));
        write_on(&path, &grid_at(5e5 + 1e4 * i as f64, 10.0), &["B4", "B8"], PixelType::Uint16, &[]);
    }
    let found = look_in(folder.path());
    let told: Vec<_> = found.acquisitions.iter().map(|a| (a.tile.as_deref(), a.key.as_str())).collect();
    assert_eq!(told, [(Some("north"), "north/2022-01-15.tif"), (Some("south"), "south/2022-01-15.tif")]);
}

#[test]
fn two_files_of_one_day_that_nothing_tells_apart_stay_two() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["m_2022-01-15.tif", "again_20220115.tif"] {
        write(&folder.path().join(name), &["B4", "B8"], PixelType::Uint16);
    }
    let found = look_in(folder.path());
    assert_eq!(found.acquisitions.len(), 2);
    assert!(found.acquisitions.iter().all(|a| a.tile.is_none()));
}

#[test]
fn bands_without_a_known_word_are_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    for date in ["2022-01-15", "2022-02-15"] {
        for band in ["greenness", "wetness"] {
            write_u8(&folder.path().join(format!("tc_{band}_{date}.tif")), "");
        }
    }
    let found = look_in(folder.path());
    assert_eq!(found.acquisitions.len(), 2, "{:?}", found.skipped);
    assert_eq!(names(&found.acquisitions[0]), ["greenness", "wetness"]);
    // Alone, nothing tells a band from labels.
    let alone = look_at(&InputSpec::of([folder.path().join("tc_wetness_2022-01-15.tif")]));
    assert!(alone.unwrap_err().to_string().contains("8 bits"));
}

#[test]
fn bands_in_another_order_are_told_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("m_2022-01-15.tif"), &["B04", "B08"], PixelType::Uint16);
    write(&folder.path().join("m_2022-02-15.tif"), &["B08", "B04"], PixelType::Uint16);
    let found = look_in(folder.path());
    let red: Vec<_> = found.acquisitions.iter().map(|a| layer(a, "B04").index).collect();
    assert_eq!(red, [0, 1]);
}

#[test]
fn a_mask_beside_a_mosaic_belongs_to_it() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("m_2022-01-15.tif"), &["B04", "B8A"], PixelType::Uint16);
    write_u8(&folder.path().join("m_2022-01-15_SCL.tif"), "");
    let found = look_in(folder.path());
    let [scene] = found.acquisitions.as_slice() else { panic!("{:?}", found.acquisitions) };
    assert_eq!(names(scene), ["B04", "B8A", "SCL"]);
    assert_eq!(scene.key, "m_2022-01-15");
}

#[test]
fn dates_come_from_a_table_and_from_corrections() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["january.tif", "february.tif", "m_2022-03-15.tif"] {
        write(&folder.path().join(name), &["B04", "B08"], PixelType::Uint16);
    }
    let table = folder.path().join("dates.csv");
    std::fs::write(&table, "file,date\njanuary,2022-01-15\nfebruary.tif,2022-02-15\n").unwrap();
    let correct =
        |name: &str, date, leave_out| Correction { path: folder.path().join(name), date, leave_out };
    let spec = InputSpec {
        dates: Some(table.clone()),
        corrections: vec![
            correct("m_2022-03-15.tif", Some(day(2022, 4, 1)), false),
            correct("january.tif", None, true),
        ],
        ..InputSpec::of([folder.path()])
    };
    let found = look_at(&spec).unwrap();
    let dates: Vec<_> = found.acquisitions.iter().map(|a| a.date).collect();
    assert_eq!(dates, [day(2022, 2, 15), day(2022, 4, 1)]);
    assert!(found.skipped[0].0.ends_with("january.tif") && found.skipped[0].1 == LEFT_OUT);
    std::fs::write(&table, "file,date\nmarch.tif,2022-01-15\n").unwrap();
    assert!(look_at(&spec).unwrap_err().to_string().contains("dates.csv"));
    std::fs::write(&table, "file,date\njanuary,soon\n").unwrap();
    assert!(look_at(&spec).unwrap_err().to_string().contains("line 2"));
}

#[test]
fn dates_come_from_metadata_where_names_have_none() {
    let folder = tempfile::tempdir().unwrap();
    let items =
        [("ACQUISITIONDATETIME", "2022-03-15T10:11:12Z"), ("TIFFTAG_DATETIME", "2023:01:01 00:00:00")];
    write_on(&folder.path().join("image.tif"), &small_grid(), &["B04", "B8A"], PixelType::Uint16, &items);
    let found = look_in(folder.path());
    assert_eq!(found.acquisitions[0].date, day(2022, 3, 15));
    assert_eq!(found.acquisitions[0].time, chrono::NaiveTime::from_hms_opt(10, 11, 12));
}

#[test]
fn the_baseline_may_stand_in_the_file_itself() {
    let folder = tempfile::tempdir().unwrap();
    let items = [("PROCESSING_BASELINE", "05.11")];
    write_on(
        &folder.path().join("m_2022-01-15.tif"),
        &small_grid(),
        &["B04", "B8A"],
        PixelType::Uint16,
        &items,
    );
    assert_eq!(look_in(folder.path()).acquisitions[0].baseline, Some((5, 11)));
}

#[test]
fn a_pattern_a_sensor_and_new_names_of_bands_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    for (i, tile) in ["a", "b"].iter().enumerate() {
        for band in ["x1", "x2"] {
            let path = folder.path().join(format!("{band}+{tile}+v20210101+20220315.tif"));
            write_on(&path, &grid_at(5e5 + 1e4 * i as f64, 10.0), &[""], PixelType::Uint16, &[]);
        }
    }
    let spec = InputSpec {
        pattern: Some("{band}+{tile}+*+{date}".into()),
        sensor: Some("landsat-5-l2".into()),
        rename: vec![("X1".into(), "SR_B3".into()), ("x2".into(), "QA_PIXEL".into())],
        ..InputSpec::of([folder.path()])
    };
    let found = look_at(&spec).unwrap();
    let tiles: Vec<_> = found.acquisitions.iter().map(|a| a.tile.as_deref().unwrap()).collect();
    assert_eq!(tiles, ["a", "b"]);
    let scene = &found.acquisitions[0];
    assert_eq!((names(scene), scene.date), (vec!["SR_B3", "QA_PIXEL"], day(2022, 3, 15)));
    assert_eq!(layer(scene, "SR_B3").knowledge.common.as_deref(), Some("red"));
    assert_eq!(layer(scene, "QA_PIXEL").role, Role::Mask(MaskKind::QaPixel));
    for (wrong, words) in [
        (InputSpec { pattern: Some("{date}-{band}".into()), ..spec.clone() }, "no name fits"),
        (InputSpec { sensor: Some("spot-5".into()), ..spec.clone() }, "sentinel-2-l2a"),
        (InputSpec { rename: vec![("x3".into(), "red".into())], ..spec.clone() }, "x1, x2"),
    ] {
        let error = look_at(&wrong).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_scale_that_the_file_states_goes_before_the_catalogue() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m_2022-01-15.vrt");
    write(&folder.path().join("below/data.tif"), &["B04", "B8A"], PixelType::Uint16);
    let band = |n: u32, name: &str| {
        format!(
        "<VRTRasterBand dataType=\"UInt16\" band=\"{n}\"><Description>{name}</Description><Offset>-0.1</Offset><Scale>0.0001</Scale>
        <SimpleSource><SourceFilename relativeToVRT=\"1\">below/data.tif</SourceFilename><SourceBand>{n}</SourceBand></SimpleSource></VRTRasterBand>"
    )
    };
    let text = format!(
        "<VRTDataset rasterXSize=\"4\" rasterYSize=\"3\"><SRS>EPSG:32614</SRS><GeoTransform>500000,10,0,2200000,0,-10</GeoTransform>{}{}</VRTDataset>",
        band(1, "B04"),
        band(2, "B8A")
    );
    std::fs::write(&path, text).unwrap();
    let found = look_in(folder.path());
    let known = &layer(&found.acquisitions[0], "B04").knowledge;
    assert_eq!((known.scale, known.common.as_deref()), (Scale { factor: 1e-4, offset: -0.1 }, Some("red")));
}

#[test]
fn damaged_files_are_told_and_the_rest_is_recognised() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write(&at("2022-01-15.tif"), &["B04", "B8A"], PixelType::Uint16);
    std::fs::write(at("2022-02-15.tif"), "II*").unwrap();
    std::fs::write(at("2022-03-15.tif"), "").unwrap();
    std::fs::create_dir(at("2022-04-15.tif")).unwrap();
    let bare = DriverManager::get_driver_by_name("GTiff").unwrap();
    bare.create_with_band_type::<u16, _>(at("2022-05-15.tif"), 4, 3, 2).unwrap().close().unwrap();
    let found = look_in(folder.path());
    assert_eq!(found.acquisitions.len(), 1);
    let why: Vec<_> = found.damaged.iter().map(|(_, why)| why.as_str()).collect();
    assert_eq!(why.len(), 3, "{why:?}");
    assert!(why[1].contains("empty") && why[2].contains("coordinate system"), "{why:?}");
    assert!(found.skipped[0].1.contains("folder"));
    let error = found.whole().unwrap_err().to_string();
    assert!(error.contains("3 of the files") && error.contains("2022-02-15.tif"), "{error}");
    // Nothing at all is an error with the reasons.
    let error =
        look_at(&InputSpec::of([at("2022-02-15.tif"), at("2022-03-15.tif")])).unwrap_err().to_string();
    assert!(error.contains("2022-03-15.tif: the file is empty"), "{error}");
}

#[test]
fn an_empty_folder_and_an_absent_file_are_errors_with_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let error = look_at(&InputSpec::of([folder.path()])).unwrap_err();
    assert!(matches!(error, SourceError::Empty { .. }), "{error}");
    assert!(error.to_string().contains(folder.path().to_str().unwrap()));
    assert!(matches!(look_at(&InputSpec::default()), Err(SourceError::Empty { .. })));
    let error = look_at(&InputSpec::of([folder.path().join("2022-01-15.tif")])).unwrap_err().to_string();
    assert!(error.contains("2022-01-15.tif"), "{error}");
}

#[test]
fn names_without_a_date_tell_how_names_should_look() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("january.tif"), &["B04", "B08"], PixelType::Int16);
    let error = look_at(&InputSpec::of([folder.path()])).unwrap_err().to_string();
    assert!(error.contains("january.tif") && error.contains("2022-03-15"), "{error}");
}

#[test]
fn a_file_that_vanishes_is_damaged_and_a_stop_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write(&at("2022-01-15.tif"), &["B04", "B8A"], PixelType::Uint16);
    #[cfg(unix)]
    {
        // A link to nothing is what a file is that goes after it was listed.
        std::os::unix::fs::symlink(at("gone"), at("2022-02-15.tif")).unwrap();
        let found = look_in(folder.path());
        assert_eq!((found.acquisitions.len(), found.damaged.len()), (1, 1));
    }
    let cancel = Cancel::new();
    cancel.cancel();
    let result = recognise(&InputSpec::of([folder.path()]), &|_| {}, &cancel);
    assert!(matches!(result, Err(SourceError::Cancelled(_))));
}

#[test]
fn odd_names_are_names() {
    let folder = tempfile::tempdir().unwrap();
    let long = format!("{}_2022-03-15.tif", "ü".repeat(110));
    for name in ["sitio ñandú 2022-01-15.tif", "(a) [b] {c} 2022-02-15.tif", &long] {
        write(&folder.path().join("año 1").join(name), &["B04", "B8A"], PixelType::Uint16);
    }
    assert_eq!(look_in(folder.path()).acquisitions.len(), 3);
    let glob = folder.path().join("año*/*.tif");
    assert_eq!(look_at(&InputSpec::of([glob])).unwrap().acquisitions.len(), 3);
}

#[test]
fn thousands_of_files_are_recognised_quickly() {
    let folder = tempfile::tempdir().unwrap();
    let one = folder.path().join("one.tmp");
    write(&one, &[""], PixelType::Uint16);
    let images = folder.path().join("images");
    std::fs::create_dir(&images).unwrap();
    let first = day(2000, 1, 1);
    for i in 0..500 {
        let date = first + chrono::Days::new(i);
        for band in ["B2", "B3", "B4", "B5", "B6", "B7"] {
            let name = format!("LC08_L1TP_013032_{}_20200902_02_T1_{band}.TIF", date.format("%Y%m%d"));
            std::fs::hard_link(&one, images.join(&name))
                .or_else(|_| std::fs::copy(&one, images.join(&name)).map(|_| ()))
                .unwrap();
        }
    }
    let start = std::time::Instant::now();
    let found = look_in(&images);
    println!("3000 files in {:?}", start.elapsed());
    assert_eq!((found.acquisitions.len(), found.placements.len()), (500, 1));
    assert_eq!(found.acquisitions[0].layers.len(), 6);
    assert!(start.elapsed().as_secs() < 20, "it took {:?}", start.elapsed());
}

#[test]
fn the_shared_folders_are_recognised_whole() {
    let mask = |kind| Some(Role::Mask(kind));
    for (name, dates, skipped, sensor, commons_of, mask) in [
        (
            "flanders_s2_a_2018_monthly",
            16,
            0,
            "sentinel-2-l2a",
            "blue green red nir rededge1 rededge2 rededge3 nir08 swir1 swir2",
            None,
        ),
        (
            "flanders_s2_a_2018",
            118,
            1,
            "sentinel-2-l2a",
            "blue green red nir rededge1 rededge2 rededge3 nir08 swir1 swir2 -",
            mask(MaskKind::Scl),
        ),
        (
            "flanders_s2_c_2019_20m",
            143,
            1,
            "sentinel-2-l2a",
            "rededge1 rededge2 rededge3 nir08 swir1 swir2 -",
            mask(MaskKind::Scl),
        ),
        (
            "tanzania_s2_2020_2021_20m",
            134,
            1,
            "sentinel-2-l2a",
            "rededge1 rededge2 rededge3 nir08 swir1 swir2 -",
            mask(MaskKind::Scl),
        ),
        ("sinop_modis_2013_2014", 23, 0, "mod13q1", "ndvi evi", None),
        ("mt_modis_pixels", 137, 0, "mod13q1", "blue red nir swir2 ndvi evi -", None),
        (
            "newyork_l8_2018_misaligned",
            19,
            0,
            "landsat-8-l1",
            "coastal blue green red nir swir1 swir2 -",
            mask(MaskKind::Bqa),
        ),
        (
            "slovenia_s2_l1c_2015",
            5,
            1,
            "sentinel-2-l1c",
            "coastal blue green red rededge1 rededge2 rededge3 nir nir08 watervapour cirrus swir1 swir2",
            None,
        ),
    ] {
        let Some(folder) = shared_data(name) else { continue };
        let found = look_in(&folder);
        assert_eq!(
            (found.acquisitions.len(), found.skipped.len(), found.damaged.len()),
            (dates, skipped, 0),
            "{name}"
        );
        for acquisition in &found.acquisitions {
            assert_eq!(acquisition.sensor.as_deref(), Some(sensor), "{name}");
            assert_eq!(commons(acquisition).join(" "), commons_of, "{name}");
            let found_mask = acquisition.layers.iter().map(|l| l.role).find(|role| *role != Role::Band);
            assert_eq!(found_mask, mask, "{name}");
        }
    }
    let Some(folder) = shared_data("newyork_l8_2018_misaligned") else { return };
    let found = look_in(&folder);
    let tiles: std::collections::BTreeSet<_> =
        found.acquisitions.iter().map(|a| a.tile.clone().unwrap()).collect();
    assert_eq!(tiles.len(), 3, "{tiles:?}");
    assert_eq!(found.placements.len(), 19);
}
