//! Damaged, absent, odd and many files.

use super::*;

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
    const N: u64 = 500;
    let first = day(2000, 1, 1);
    for i in 0..N {
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
    println!("{} files in {:?}", 6 * N, start.elapsed());
    assert_eq!((found.acquisitions.len(), found.placements.len()), (N as usize, 1));
    assert_eq!(found.acquisitions[0].layers.len(), 6);
    assert!(start.elapsed().as_secs() < 60, "it took {:?}", start.elapsed());
}
