use super::*;
use crate::testing::shared_data;
use proptest::prelude::*;

fn grid(width: u32, height: u32) -> Grid {
    let crs = Crs::from_epsg(6362).unwrap();
    Grid { crs, left: 2_700_000.0, top: 650_000.0, pixel_width: 10.0, pixel_height: 10.0, width, height }
}

fn ramp(n: usize) -> Vec<u16> {
    (0..n).map(|i| (i * 7919 % 65_536) as u16).collect()
}

fn write_ramp(path: &Path, grid: &Grid, kind: PixelType) -> Vec<u16> {
    let values = ramp(2 * grid.pixels());
    write_mosaic(path, grid, &["B04", "B08"], kind, -9999.0, &values, &[("RITMO_ORIGIN", "made & tested")])
        .unwrap();
    values
}

/// Writes a small float raster with this geotransform and system, to be refused.
fn write_odd(path: &Path, geotransform: Option<[f64; 6]>, epsg: Option<u32>) {
    quiet();
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let mut dataset = driver.create_with_band_type::<f32, _>(path, 8, 8, 1).unwrap();
    if let Some(geotransform) = geotransform {
        dataset.set_geo_transform(&geotransform).unwrap();
    }
    if let Some(epsg) = epsg {
        dataset.set_spatial_ref(&SpatialRef::from_epsg(epsg).unwrap()).unwrap();
    }
    dataset.close().unwrap();
}

fn names(info: &RasterInfo) -> Vec<&str> {
    info.bands.iter().map(|band| band.name.as_str()).collect()
}

#[test]
fn a_mosaic_reads_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("2022-01-15.tif");
    let grid = grid(300, 270);
    for kind in [PixelType::Int16, PixelType::Uint16] {
        let values = write_ramp(&path, &grid, kind);
        let reader = RasterReader::open(&path).unwrap();
        let info = reader.info();
        assert!(info.placement.grid().unwrap().lines_up_with(&grid));
        assert_eq!(info.placement.crs.label(), "EPSG:6362");
        assert_eq!(names(info), ["B04", "B08"]);
        assert_eq!(info.bands[0].pixel_type, if kind == PixelType::Int16 { "Int16" } else { "UInt16" });
        assert_eq!(reader.metadata_item("RITMO_ORIGIN").as_deref(), Some("made & tested"));
        for (band, plane) in values.chunks(grid.pixels()).enumerate() {
            assert!(reader.read_16(band, grid.window(), kind).unwrap() == plane);
        }
        let window = Window { col: 255, row: 200, width: 3, height: 2 };
        let part = reader.read_16(1, window, kind).unwrap();
        let at = |col: usize, row: usize| values[grid.pixels() + row * 300 + col];
        assert_eq!(
            part,
            [at(255, 200), at(256, 200), at(257, 200), at(255, 201), at(256, 201), at(257, 201)]
        );
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing temporary is left");
}

#[test]
fn the_same_mosaic_has_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.tif"), folder.path().join("b.tif"));
    write_ramp(&a, &grid(300, 270), PixelType::Int16);
    write_ramp(&b, &grid(300, 270), PixelType::Int16);
    assert!(std::fs::read(a).unwrap() == std::fs::read(b).unwrap());
}

#[test]
fn nodata_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.tif");
    write_ramp(&path, &grid(10, 10), PixelType::Int16);
    assert_eq!(info(&path).unwrap().bands[0].nodata, Some(-9999.0));
}

#[test]
fn pixels_that_would_be_clamped_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.tif");
    write_ramp(&path, &grid(10, 10), PixelType::Uint16);
    let error =
        RasterReader::open(&path).unwrap().read_16(0, grid(10, 10).window(), PixelType::Int16).unwrap_err();
    assert!(error.to_string().contains("UInt16"), "{error}");
    assert!(read_u8(&path, 0).is_err());
}

#[test]
fn windows_and_bands_outside_of_the_file_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.tif");
    write_ramp(&path, &grid(10, 10), PixelType::Int16);
    let reader = RasterReader::open(&path).unwrap();
    let all = grid(10, 10).window();
    assert!(reader.read_16(2, all, PixelType::Int16).unwrap_err().to_string().contains("no band 3"));
    for window in [
        Window { col: 1, ..all },
        Window { row: u32::MAX, ..all },
        Window { width: 0, ..all },
        Window { col: u32::MAX, width: u32::MAX, ..all },
    ] {
        assert!(reader.read_16(0, window, PixelType::Int16).is_err(), "{window:?}");
    }
}

#[test]
fn a_truncated_file_is_an_error_that_names_it_never_zeros() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.tif");
    let grid = grid(300, 270);
    let values = write_ramp(&whole, &grid, PixelType::Int16);
    let bytes = std::fs::read(&whole).unwrap();
    let mut failed = 0;
    for length in (0..bytes.len()).step_by(bytes.len() / 97) {
        let path = folder.path().join(format!("cut_{length}.tif"));
        std::fs::write(&path, &bytes[..length]).unwrap();
        let read = RasterReader::open(&path).and_then(|reader| {
            (0..2)
                .map(|band| reader.read_16(band, grid.window(), PixelType::Int16))
                .collect::<Result<Vec<_>, _>>()
        });
        match read {
            Ok(planes) => assert!(planes.concat() == values, "cut at {length} reads other values"),
            Err(error) => {
                assert!(error.to_string().contains(&format!("cut_{length}.tif")), "{error}");
                failed += 1;
            }
        }
    }
    assert!(failed > 90, "{failed}");
}

#[test]
fn a_truncated_file_in_strips_without_compression_is_an_error() {
    let Some(folder) = shared_data("flanders_s2_a_2018_monthly") else { return };
    let source = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|e| e == "tif"))
        .unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let whole = temporary.path().join("whole.tif");
    quiet();
    let options = RasterCreationOptions::from_iter(["COMPRESS=NONE", "TILED=NO"]);
    Dataset::open(&source)
        .unwrap()
        .create_copy(&DriverManager::get_driver_by_name("GTiff").unwrap(), &whole, &options)
        .unwrap()
        .close()
        .unwrap();
    let bytes = std::fs::read(&whole).unwrap();
    let cut = temporary.path().join("cut.tif");
    std::fs::write(&cut, &bytes[..bytes.len() - 100]).unwrap();
    let reader = RasterReader::open(&cut).unwrap();
    let window = reader.window();
    let last = reader.info().bands.len() - 1;
    assert!(reader.read_16(last, window, PixelType::Int16).unwrap_err().to_string().contains("cut.tif"));
}

#[test]
fn what_is_no_raster_is_an_error_with_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.tif");
    std::fs::write(&text, "not a raster").unwrap();
    let empty = folder.path().join("empty.tif");
    std::fs::write(&empty, "").unwrap();
    let absent = folder.path().join("absent.tif");
    for (path, why) in [(text, "no raster"), (empty, "empty"), (absent, "No such file")] {
        let error = info(&path).unwrap_err().to_string();
        assert!(error.contains(why) && error.contains(path.to_str().unwrap()), "{error}");
    }
    assert!(info(folder.path()).is_err());
}

#[test]
fn rasters_that_lie_nowhere_or_askew_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.tif");
    for (geotransform, epsg, why) in [
        (Some([0.0, 10.0, 0.0, 0.0, 0.0, -10.0]), None, "no coordinate system"),
        (None, Some(6362), "where it lies"),
        (Some([0.0, 10.0, 1.0, 0.0, 1.0, -10.0]), Some(6362), "rotated"),
        (Some([0.0, 10.0, 0.0, 0.0, 0.0, 10.0]), Some(6362), "north to south"),
        (Some([0.0, -10.0, 0.0, 0.0, 0.0, -10.0]), Some(6362), "east to west"),
    ] {
        write_odd(&path, geotransform, epsg);
        let error = match info(&path) {
            Err(error) => error.to_string(),
            Ok(info) => info.placement.north_up().unwrap_err(),
        };
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_class_map_is_a_cog_with_palette_and_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.tif");
    let grid = grid(1100, 700);
    let codes: Vec<u8> = (0..grid.pixels()).map(|i| if i % 1100 < 550 { 1 } else { 3 }).collect();
    let palette =
        Palette { entries: vec![(1, "selva <húmeda> & más", [1, 50, 32]), (3, "pasture", [76, 230, 0])] };
    std::fs::write(folder.path().join("map.tif.aux.xml"), "stale").unwrap();
    write_cog_u8(&path, &grid, &[("class".into(), &codes)], Some(&palette), None, &[("MODEL", "tempcnn")])
        .unwrap();

    let (read_grid, read) = read_u8(&path, 0).unwrap();
    assert!(read_grid.lines_up_with(&grid) && read == codes);
    let dataset = Dataset::open(&path).unwrap();
    assert_eq!(dataset.metadata_item("MODEL", "").as_deref(), Some("tempcnn"));
    let band = dataset.rasterband(1).unwrap();
    assert_eq!(band.no_data_value(), Some(255.0));
    assert!(band.overview_count().unwrap() >= 1);
    let colour = band.color_table().unwrap().entry_as_rgb(3).unwrap();
    assert_eq!((colour.r, colour.g, colour.b), (76, 230, 0));
    // MODE makes no class that was not there; AVERAGE would give 2 at the border.
    let overview = band.overview(0).unwrap();
    let small = overview.read_band_as::<u8>().unwrap();
    assert!(small.data().iter().all(|code| [1, 3].contains(code)));
    let names = std::fs::read_to_string(folder.path().join("map.tif.aux.xml")).unwrap();
    assert!(names.contains("<Category>selva &lt;húmeda&gt; &amp; más</Category>"), "{names}");
    assert_eq!(names.matches("<Category>").count(), 4);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing temporary is left");
}

#[test]
fn probabilities_are_a_cog_with_a_name_a_band_and_no_stale_side_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.probs.tif");
    std::fs::write(folder.path().join("map.probs.tif.aux.xml"), "stale").unwrap();
    let grid = grid(64, 50);
    let (a, b) = (vec![10u8; grid.pixels()], vec![240u8; grid.pixels()]);
    write_cog_u8(&path, &grid, &[("forest".into(), &a), ("water".into(), &b)], None, Some(255), &[]).unwrap();
    let info = info(&path).unwrap();
    assert_eq!((names(&info), info.bands[0].nodata), (vec!["forest", "water"], Some(255.0)));
    assert_eq!(read_u8(&path, 1).unwrap().1, b);
    assert!(!folder.path().join("map.probs.tif.aux.xml").exists());
}

#[test]
fn a_file_that_cannot_be_written_leaves_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.tif");
    let grid = grid(10, 10);
    write_cog_u8(&path, &grid, &[("a".into(), &[7; 100])], None, None, &[]).unwrap();
    assert!(write_cog_u8(&path, &grid, &[("a".into(), &[8; 99])], None, None, &[]).is_err());
    assert!(write_cog_u8(&path, &grid, &[("a\0".into(), &[8; 100])], None, None, &[]).is_err());
    assert_eq!(read_u8(&path, 0).unwrap().1, [7; 100]);
    let error = write_cog_u8(
        &folder.path().join("no/such/map.tif"),
        &grid,
        &[("a".into(), &[8; 100])],
        None,
        None,
        &[],
    );
    assert!(error.unwrap_err().to_string().contains("map.tif"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_shared_folders_say_what_their_readmes_say() {
    if let Some(folder) = shared_data("flanders_s2_a_2018_monthly") {
        let info = info(&folder.join("flanders_s2_a_2018_2017-08-15.tif")).unwrap();
        assert_eq!((info.placement.width, info.placement.height), (64, 64));
        assert_eq!(names(&info), ["B02", "B03", "B04", "B08", "B05", "B06", "B07", "B8A", "B11", "B12"]);
        assert_eq!((info.bands[0].pixel_type.as_str(), info.bands[0].nodata), ("Int16", Some(-9999.0)));
        assert_eq!(info.placement.crs.label(), "EPSG:32631");
    }
    if let Some(folder) = shared_data("sinop_modis_2013_2014") {
        let info = info(&folder.join("sinop_2013-09-14.tif")).unwrap();
        assert_eq!(names(&info), ["NDVI", "EVI"]);
        let [lon, lat] = info.placement.grid().unwrap().lonlat_from_pixel(0.0, 0.0).unwrap();
        assert!((-57.0..-54.0).contains(&lon) && (-13.0..-11.0).contains(&lat), "{lon} {lat}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn damaged_bytes_never_panic(position in 0usize..4000, byte in any::<u8>(), cut in 0usize..6000) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.tif");
        write_ramp(&path, &grid(20, 20), PixelType::Int16);
        let mut bytes = std::fs::read(&path).unwrap();
        let length = bytes.len();
        bytes[position % length] = byte;
        bytes.truncate(cut);
        std::fs::write(&path, bytes).unwrap();
        if let Ok(reader) = RasterReader::open(&path) {
            // Another size may stand in the damaged header: never read more than was there.
            let _ = reader.read_16(0, Window { col: 0, row: 0, width: 20, height: 20 }, PixelType::Int16);
        }
    }
}
