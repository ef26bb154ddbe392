//! Names as the agencies and people write them.

use crate::source::names::read_name;
use crate::source::pattern::Pattern;
use chrono::{NaiveDate, NaiveTime};
use proptest::prelude::*;
use std::path::Path;

/// Date, band, tile and sensor of a name, `-` where it tells none.
fn tell(path: &str) -> String {
    let facts = read_name(Path::new(path), None);
    let date = facts.date.map_or("-".into(), |date| date.to_string());
    let band = facts.band.map_or("-".into(), |(band, _)| band);
    let tile = facts.tile.unwrap_or("-".into());
    format!("{date} {band} {tile} {}", facts.sensor.unwrap_or("-"))
}

#[test]
fn names_tell_date_band_tile_and_sensor() {
    let mut wrong = Vec::new();
    for (path, expected) in [
        ("T14QMJ_20211203T170701_B04_10m.jp2", "2021-12-03 B04 14QMJ sentinel-2-l2a"),
        ("T14QMJ_20211203T170701_SCL_20m.jp2", "2021-12-03 SCL 14QMJ sentinel-2-l2a"),
        ("T14QMJ_20211203T170701_B8A.jp2", "2021-12-03 B8A 14QMJ sentinel-2-l1c"),
        ("T14QMJ_20211203T170701_TCI_10m.jp2", "2021-12-03 TCI 14QMJ sentinel-2-l2a"),
        ("T14QMJ_20211203T170701.tif", "2021-12-03 - 14QMJ -"),
        (
            "S2A_MSIL1C_20151231T105442_N0201_R051_T31UFS_20151231T105438.SAFE/GRANULE/L1C/IMG_DATA/T31UFS_20151231T105442_B02.jp2",
            "2015-12-31 B02 31UFS sentinel-2-l1c",
        ),
        (
            "S2A_OPER_PRD_MSIL1C_PDMC_20160105T162353_R051_V20151231T105029_20151231T105029.SAFE/GRANULE/x/IMG_DATA/S2A_OPER_MSI_L1C_TL_SGS__20160105T110000_A002758_T31UFS_B04.jp2",
            "2015-12-31 B04 31UFS sentinel-2-l1c",
        ),
        ("S2B_14QMJ_20211203_0_L2A/B04.tif", "2021-12-03 B04 14QMJ sentinel-2-l2a"),
        ("20180704T105029_20180705T105210_T31UFS.tif", "2018-07-04 - 31UFS -"),
        ("SENTINEL-2_MSI_20LKP_B02_2020-06-04.tif", "2020-06-04 B02 20LKP sentinel-2-l2a"),
        ("SENTINEL-2_MSI_20LKP_CLOUD_2020-06-04.tif", "2020-06-04 CLOUD 20LKP sentinel-2-l2a"),
        ("S2-16D_V2_012014_20220101_B04.tif", "2022-01-01 B04 012014 sentinel-2-l2a"),
        ("LC08_L2SP_013032_20180131_20200902_02_T1_SR_B4.TIF", "2018-01-31 SR_B4 013032 landsat-8-l2"),
        ("LC09_L2SP_013032_20220131_20220902_02_T1_QA_PIXEL.TIF", "2022-01-31 QA_PIXEL 013032 landsat-9-l2"),
        ("LC08_L2SP_013032_20180131_20200902_02_T1_ST_B10.TIF", "2018-01-31 ST_B10 013032 landsat-8-l2"),
        (
            "LC08_L2SP_013032_20180131_20200902_02_T1_QA_RADSAT.TIF",
            "2018-01-31 QA_RADSAT 013032 landsat-8-l2",
        ),
        ("LC08_L1TP_013032_20180131_20180207_01_T1_B4.TIF", "2018-01-31 B4 013032 landsat-8-l1"),
        ("LC08_L1TP_013032_20180131_20180207_01_T1_BQA.TIF", "2018-01-31 BQA 013032 landsat-8-l1"),
        (
            "LC08_L1TP_013032_20180131_20180207_01_T1_sr_band4.tif",
            "2018-01-31 SR_BAND4 013032 landsat-8-c1-l2",
        ),
        (
            "LE07_L1TP_013032_20010131_20180207_02_T1_B6_VCID_1.TIF",
            "2001-01-31 B6_VCID_1 013032 landsat-7-l1",
        ),
        ("LT05_L2SP_013032_19950131_20200902_02_T1_SR_B7.TIF", "1995-01-31 SR_B7 013032 landsat-5-l2"),
        ("LC80130322018031LGN00_B4.TIF", "2018-01-31 B4 013032 landsat-8-l1"),
        ("LC08_013032_20180131.tif", "2018-01-31 - 013032 -"),
        ("MOD13Q1.A2013257.h12v10.061.2021234012345_250m_16_days_NDVI.tif", "2013-09-14 NDVI h12v10 mod13q1"),
        (
            "MOD13Q1.A2013257.h12v10.061.2021234012345_250m_16_days_MIR_reflectance.tif",
            "2013-09-14 MIR h12v10 mod13q1",
        ),
        (
            "MOD13Q1.A2013257.h12v10.061.2021234012345_250m_16_days_pixel_reliability.tif",
            "2013-09-14 PIXEL_RELIABILITY h12v10 mod13q1",
        ),
        ("MOD13Q1.061__250m_16_days_EVI_doy2013257_aid0001.tif", "2013-09-14 EVI - mod13q1"),
        ("TERRA_MODIS_012010_NDVI_2013-09-14.jp2", "2013-09-14 NDVI 012010 mod13q1"),
        ("TERRA-MODIS_h12v10_EVI_2013-09-14.jp2", "2013-09-14 EVI h12v10 mod13q1"),
        ("CB4_64_16D_STK_v001_022024_2018-08-29_2018-09-13_EVI.tif", "2018-08-29 EVI 022024 cbers-4-wfi"),
        ("CB4_64_16D_STK_v001_022024_2018-08-29_2018-09-13_CMASK.tif", "2018-08-29 CMASK 022024 cbers-4-wfi"),
        ("CBERS-4_WFI_022024_B13_2018-02-02.tif", "2018-02-02 B13 022024 cbers-4-wfi"),
        ("CB4-16D-2_V2_007004_20180101_BAND15.tif", "2018-01-01 BAND15 007004 cbers-4-wfi"),
        ("CBERS_4_MUX_20171121_057_094_L4_BAND5.tif", "2017-11-21 BAND5 057094 cbers-4-mux"),
        ("HLS.S30.T10TFS.2021123T185911.v2.0.B04.tif", "2021-05-03 B04 10TFS hls-s30"),
        ("HLS.L30.T10TFS.2021124T185911.v2.0.Fmask.tif", "2021-05-04 Fmask 10TFS hls-l30"),
        ("20220301_143012_1032_3B_AnalyticMS_SR.tif", "2022-03-01 - - -"),
        ("20220301_143012_57_2414_3B_AnalyticMS_SR_8b_harmonized_clip.tif", "2022-03-01 - - -"),
        ("20220301_143012_1032_3B_udm2.tif", "2022-03-01 UDM2 - -"),
        ("site_2022-03-15.tif", "2022-03-15 - - -"),
        ("red_river_2022-03-15_nir.tif", "2022-03-15 nir - -"),
        ("2022-03-15/B04.tif", "2022-03-15 B04 - -"),
        ("NDVI/site_2022-03-15.tif", "2022-03-15 NDVI - -"),
        ("Año nuevo — sitio 1_2022-03-15_B04.tif", "2022-03-15 B04 - -"),
        ("reference_LULC.tif", "- - - -"),
        ("", "- - - -"),
    ] {
        let found = tell(path);
        if found != expected {
            wrong.push(format!("{path}: {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_that_belong_together_share_a_core() {
    for names in [
        ["T14QMJ_20211203T170701_B04_10m.jp2", "T14QMJ_20211203T170701_SCL_20m.jp2"],
        [
            "LC08_L2SP_013032_20180131_20200902_02_T1_SR_B4.TIF",
            "LC08_L2SP_013032_20180131_20200902_02_T1_QA_PIXEL.TIF",
        ],
        ["HLS.S30.T10TFS.2021123T185911.v2.0.B04.tif", "HLS.S30.T10TFS.2021123T185911.v2.0.Fmask.tif"],
        ["20220301_143012_1032_3B_AnalyticMS_SR.tif", "20220301_143012_1032_3B_udm2.tif"],
        ["TERRA_MODIS_012010_NDVI_2013-09-14.jp2", "TERRA_MODIS_012010_EVI_2013-09-14.jp2"],
        ["M.A2013257_16_days_NDVI.tif", "M.A2013257_16_days_red_reflectance.tif"],
        ["ndvi/site_2022-03-15.tif", "evi/site_2022-03-15.tif"],
        ["B04-2022-03-15.tif", "2022-03-15.B08.tif"],
    ] {
        let [a, b] = names.map(|name| read_name(Path::new(name), None).core);
        assert!(a == b && !a.is_empty(), "{a} {b}");
    }
}

#[test]
fn names_tell_time_resolution_and_baseline() {
    let folder =
        "S2B_MSIL2A_20211203T170701_N0301_R069_T14QMJ_20211203T200708.SAFE/GRANULE/L2A/IMG_DATA/R10m";
    let facts = read_name(Path::new(&format!("{folder}/T14QMJ_20211203T170701_B04_10m.jp2")), None);
    assert_eq!(facts.time, NaiveTime::from_hms_opt(17, 7, 1));
    assert_eq!((facts.resolution, facts.baseline), (Some(10), Some((3, 1))));
    assert!(facts.root.unwrap().to_str().unwrap().ends_with(".SAFE"));
    let planet = read_name(Path::new("20220301_143012_1032_3B_AnalyticMS_SR.tif"), None);
    assert_eq!(planet.time, NaiveTime::from_hms_opt(14, 30, 12));
}

#[test]
fn what_people_say_of_names_goes_before_what_is_known() {
    let pattern = Pattern::new("{tile}_x_{date}_{band}").unwrap();
    let facts = read_name(Path::new("T14QMJ_x_20211203_SCL.tif"), Some(&pattern));
    assert_eq!(facts.band.unwrap().0, "SCL");
    assert_eq!((facts.tile.as_deref(), facts.core.as_str()), (Some("T14QMJ"), "T14QMJ_x_20211203"));
    let other = read_name(Path::new("T14QMJ_20211203T170701_B04_10m.jp2"), Some(&pattern));
    assert_eq!(other.tile.as_deref(), Some("14QMJ"));
}

proptest! {
    #[test]
    fn no_path_panics(path in "(\\PC{0,12}|[LSTCB0-9_.-]{0,20})(/\\PC{0,12})?(/(LC08|S2A_OPER|T14QMJ|HLS|MOD13Q1|CB4|20220301)[_.]\\PC{0,30})?") {
        let _ = read_name(Path::new(&path), None);
    }

    #[test]
    fn any_band_of_any_day_is_found_in_products(days in 0u64..20_000, band in 0usize..13, form in 0usize..4) {
        let bands = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"];
        let date = NaiveDate::from_ymd_opt(1982, 1, 1).unwrap() + chrono::Days::new(days);
        let band = bands[band];
        let name = match form {
            0 => format!("T14QMJ_{}_{band}_20m.jp2", date.format("%Y%m%dT170701")),
            1 => format!("LC08_L2SP_013032_{}_20200902_02_T1_SR_{band}.TIF", date.format("%Y%m%d")),
            2 => format!("HLS.S30.T10TFS.{}.v2.0.{band}.tif", date.format("%Y%jT185911")),
            _ => format!("my site {band} {}.tif", date.format("%Y-%m-%d")),
        };
        let facts = read_name(Path::new(&name), None);
        prop_assert_eq!(facts.date, Some(date));
        prop_assert!(facts.band.unwrap().0.ends_with(band));
    }
}
