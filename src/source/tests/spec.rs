//! What people say of their files, and what files say of themselves.

use super::*;

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
