//! What cannot be taken in, and says why.

use super::*;

#[test]
fn a_list_that_is_too_short_is_told_and_its_rest_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("raw.tif");
    let reading = raw(folder.path());
    std::fs::write(reading.classes.as_ref().unwrap(), r#"["agriculture", "bare_soil", "dry_jungle"]"#)
        .unwrap();
    let found = survey(&file, &reading).unwrap();
    assert!(found.notes.iter().any(|note| note.contains("3 classes and none for 7")), "{:?}", found.notes);
    let mut spec = spec(&file, reading);
    let refused = why(import(&spec));
    assert!(refused.contains("nothing tells") && refused.contains("and 1 more"), "{refused}");
    spec.chosen = (3..10).map(|value| (value, (value == 3).then_some(1))).collect();
    let codes = codes(&spec);
    assert_eq!((codes[10 * 100 + 70], codes[10 * 100 + 90]), (1, 255));
    spec.chosen.insert(3, Some(77));
    assert!(why(import(&spec)).contains("no class with the code 77"));
}

#[test]
fn a_map_elsewhere_is_refused_with_both_extents() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("raw.tif");
    let reading = raw(folder.path());
    let far = Grid { left: site().left + 900_000.0, ..site() };
    let refused = why(import(&ForeignSpec { grid: far, ..spec(&file, reading.clone()) }));
    assert!(
        refused.contains("does not cover the site") && refused.matches("longitude").count() == 2,
        "{refused}"
    );
    // Beside one another within the same rectangle there is no data either.
    write(&file, &site(), &vec![255; 4000], None, Some(255));
    assert!(why(import(&spec(&file, reading))).contains("no data over the site"));
}

#[test]
fn damaged_files_pictures_and_measurements_are_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("raw.tif");
    let reading = raw(folder.path());
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let refused = why(import(&spec(&file, reading.clone())));
    assert!(refused.contains("raw.tif"), "{refused}");
    std::fs::write(&file, []).unwrap();
    assert!(why(import(&spec(&file, reading.clone()))).contains("the file is empty"));
    assert!(why(import(&spec(&folder.path().join("none.tif"), reading.clone()))).contains("none.tif"));
    std::fs::write(&file, "no raster").unwrap();
    assert!(import(&spec(&file, reading.clone())).is_err());
    let many: Vec<u8> = (0..4000).map(|at| (at % 251) as u8).collect();
    let other: Vec<u8> = (0..4000).map(|at| (at / 16) as u8).collect();
    let bands = [("r".into(), &many[..]), ("g".into(), &other[..]), ("b".into(), &many[..])];
    write_cog_u8(&file, &site(), &bands, None, None, &[]).unwrap();
    assert!(why(import(&spec(&file, MapReading::default()))).contains("it is a picture"));
    let bands = [("a".into(), &many[..]), ("b".into(), &other[..])];
    write_cog_u8(&file, &site(), &bands, None, None, &[]).unwrap();
    assert!(why(import(&spec(&file, MapReading::default()))).contains("has 2 bands"));
    assert!(!folder.path().join("maps/other.tif").exists());
    raw(folder.path());
    let cancel = Cancel::new();
    cancel.cancel();
    let stopped = import_map(&spec(&file, reading), &|_| {}, &cancel);
    assert!(matches!(stopped, Err(ForeignError::Cancelled(_))));
}

#[test]
fn a_map_is_replaced_only_where_asked_and_never_that_of_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("raw.tif");
    let mut spec = spec(&file, raw(folder.path()));
    spec.replace = false;
    import(&spec).unwrap();
    assert!(why(import(&spec)).contains("--replace"));
    spec.replace = true;
    import(&spec).unwrap();
    write(&spec.folder.join("other.tif"), &site(), &vec![1; 4000], None, Some(255));
    assert!(why(import(&spec)).contains("made by a model"));
}
