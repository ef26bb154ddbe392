//! Folders as people have them: mosaics, chips, one file a band; and the shared ones.

use super::*;

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
