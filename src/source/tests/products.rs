//! Products of the agencies, made small.

use super::*;

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
fn radiances_of_planetscope_are_no_reflectances() {
    let folder = tempfile::tempdir().unwrap();
    for (name, factor) in
        [("20220301_143012_1032_3B_AnalyticMS.tif", 1.0), ("20220302_143012_1032_3B_AnalyticMS_SR.tif", 1e-4)]
    {
        write(&folder.path().join(name), &[""; 4], PixelType::Uint16);
        let found = look_at(&InputSpec::of([folder.path().join(name)])).unwrap();
        assert_eq!(layer(&found.acquisitions[0], "red").knowledge.scale.factor, factor);
    }
}
