use super::*;
use crate::classify::clean::{CleanError, Source};
use crate::classify::testing::write_map;
use crate::geo::Crs;
use crate::geo::raster::read_u8;
use crate::progress::Cancel;
use geo::{LineString, polygon};
use std::path::Path;

fn grid(epsg: u32) -> Grid {
    let crs = Crs::from_epsg(epsg).unwrap();
    let (left, top, side) = if crs.is_geographic() { (-99.0, 60.0, 0.01) } else { (2.7e6, 6.5e5, 10.0) };
    Grid { crs, left, top, pixel_width: side, pixel_height: side, width: 40, height: 300 }
}

fn classes() -> Vec<Class> {
    [(4, "Forest"), (2, "Water"), (9, "City, old")]
        .map(|(code, name)| Class::new(code, name, [code; 3]))
        .to_vec()
}

/// A rectangle along the pixels of a grid.
fn rectangle(grid: &Grid, left: f64, top: f64, right: f64, bottom: f64) -> MultiPolygon<f64> {
    let corner = |(col, row)| grid.lonlat_from_pixel(col, row).unwrap().into();
    let ring: Vec<geo::Coord<f64>> =
        [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)].map(corner).to_vec();
    MultiPolygon(vec![Polygon::new(LineString(ring), Vec::new())])
}

fn to(class: &str, polygons: MultiPolygon<f64>) -> Correction {
    Correction { polygons, to: class.into(), from: None, by: None, at: None, note: None }
}

fn apply(codes: &mut [u8], grid: &Grid, correction: &Correction) -> Extent {
    Placed::new(correction, grid, &classes()).unwrap().apply(codes, grid)
}

#[test]
fn pixels_whose_centre_lies_inside_get_the_class_and_those_without_data_stay() {
    let grid = grid(6362);
    let mut codes = vec![4; grid.pixels()];
    codes[3 * 40 + 3] = 255;
    codes[3 * 40 + 4] = 2;
    // The columns 2 to 5 and the rows 3 to 9 have their centre inside.
    let all = to("Water", rectangle(&grid, 1.6, 2.6, 6.4, 10.3));
    let placed = Placed::new(&all, &grid, &classes()).unwrap();
    let told = placed.would_change(&codes, &grid);
    let changed = placed.apply(&mut codes, &grid);
    assert_eq!((changed.pixels, told), (4 * 7 - 2, changed));
    assert!((changed.ha - 0.26).abs() < 1e-9);
    assert_eq!(codes.iter().filter(|code| **code == 2).count(), 4 * 7 - 1);
    assert_eq!(codes[3 * 40 + 3], 255);
    let back =
        Correction { from: Some("Water".into()), ..to("City, old", rectangle(&grid, 0.0, 0.0, 4.0, 300.0)) };
    assert_eq!(apply(&mut codes, &grid, &back).pixels, 2 * 7 - 1, "only where it is water");
}

#[test]
fn hectares_in_degrees_are_those_of_each_row() {
    let grid = grid(4326);
    let mut codes = vec![4; grid.pixels()];
    let north = apply(&mut codes, &grid, &to("Water", rectangle(&grid, 0.0, 0.0, 40.0, 1.0)));
    let south = apply(&mut codes, &grid, &to("Water", rectangle(&grid, 0.0, 299.0, 40.0, 300.0)));
    assert_eq!((north.pixels, south.pixels), (40, 40));
    assert_eq!(north.ha, 40.0 * row_pixel_ha(&grid, 0));
    assert!(south.ha > 1.07 * north.ha);
}

#[test]
fn what_cannot_be_placed_is_told() {
    let grid = grid(6362);
    let why = |correction: Correction| Placed::new(&correction, &grid, &classes()).unwrap_err();
    assert!(
        why(to("Ice", rectangle(&grid, 0.0, 0.0, 9.0, 9.0))).contains("no class Ice, only Forest, Water")
    );
    assert!(why(to("Water", rectangle(&grid, -90.0, 0.0, -50.0, 9.0))).contains("beside the map"));
    assert!(why(to("Water", rectangle(&grid, 1.1, 1.1, 1.3, 1.3))).contains("no pixel"));
    let same = Correction { from: Some("Water".into()), ..to("Water", rectangle(&grid, 0.0, 0.0, 9.0, 9.0)) };
    assert!(why(same).contains("already"));
    assert!(why(to("Water", MultiPolygon(Vec::new()))).contains("beside the map"));
    let far = MultiPolygon(vec![polygon![(x: 179.0, y: -89.0), (x: 180.0, y: -89.0), (x: 180.0, y: -90.0)]]);
    assert!(Placed::new(&to("Water", far), &grid, &classes()).is_err());
}

#[test]
fn a_layer_is_read_as_it_was_written() {
    let home = tempfile::tempdir().unwrap();
    let grid = grid(6362);
    let first = Correction {
        from: Some("Forest".into()),
        by: Some("Ana".into()),
        at: Some("2026-11-27T00:00:00Z".into()),
        note: Some("the \"new\" lake".into()),
        ..to("Water", rectangle(&grid, 1.0, 1.0, 9.0, 9.0))
    };
    let second = to("City, old", rectangle(&grid, 3.0, 3.0, 4.0, 4.0));
    let path = layer_path(home.path(), "m.1");
    let changed = [Extent { pixels: 64, ha: 0.64 }, Extent { pixels: 1, ha: 0.01 }];
    std::fs::write(&path, corrections_text(&[first.clone(), second.clone()], &changed.map(Some))).unwrap();
    let (read, skipped) = read_corrections(&path).unwrap();
    assert_eq!((read, skipped), (vec![first.clone(), second], vec![]));
    let text: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(text["features"][0]["properties"]["pixels"], 64);
    assert_eq!(layers_in(home.path())["m.1"].as_ref().unwrap()[0], first);
    std::fs::write(&path, "{").unwrap();
    assert!(layers_in(home.path())["m.1"].as_ref().unwrap_err().contains("corrections.geojson"));
}

#[test]
fn features_that_cannot_be_used_are_told_by_their_number() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("f.geojson");
    let square = r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}"#;
    let feature = |properties: &str, geometry: &str| {
        format!(r#"{{"type":"Feature","properties":{properties},"geometry":{geometry}}}"#)
    };
    let features = [
        feature(r#"{"class":"Water"}"#, square),
        feature(r#"{"kind":"Water"}"#, square),
        feature(r#"{"to":"Water"}"#, "null"),
        feature("null", square),
    ];
    let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    std::fs::write(&path, text).unwrap();
    let (read, skipped) = read_corrections(&path).unwrap();
    assert_eq!((read.len(), read[0].to.as_str()), (1, "Water"));
    assert_eq!(skipped.iter().map(|s| s.feature).collect::<Vec<_>>(), [2, 3, 4]);
    assert!(skipped[0].why.contains("no class") && skipped[1].why.contains("no geometry"));
}

fn made(home: &Path) -> Source {
    let grid = grid(6362);
    let mut planes = vec![30; 3 * grid.pixels()];
    planes[..grid.pixels()].fill(190);
    planes[5] = 255;
    planes[grid.pixels() + 5] = 255;
    planes[2 * grid.pixels() + 5] = 255;
    write_map(home, "raw", &grid, &classes(), &planes, &[("RITMO_MODEL", "net-1")]);
    Source::open(home, "raw").unwrap()
}

#[test]
fn a_corrected_map_is_another_map_with_a_log_and_areas_before_and_after() {
    let home = tempfile::tempdir().unwrap();
    let source = made(home.path());
    let before = read_u8(&home.path().join("raw.tif"), 0).unwrap().1;
    let grid = source.grid.clone();
    let corrections = [
        to("Water", rectangle(&grid, 0.0, 0.0, 10.0, 10.0)),
        to("City, old", rectangle(&grid, 5.0, 5.0, 15.0, 10.0)),
    ];
    let place = (home.path(), "raw-corrected");
    let (corrected, files) = write_corrected(
        source,
        (&[], &corrections),
        place,
        &[("RITMO_MODEL", "net-1")],
        &|_| {},
        &Cancel::new(),
    )
    .unwrap();
    assert_eq!(corrected.changed.iter().map(|c| c.pixels).collect::<Vec<_>>(), [99, 50]);
    assert_eq!(corrected.after[9].pixels, 50);
    let codes = read_u8(&files.map.classes, 0).unwrap().1;
    let mut expected = before.clone();
    for correction in &corrections {
        apply(&mut expected, &grid, correction);
    }
    assert!(codes == expected && codes[5] == 255);
    assert_eq!(read_u8(&home.path().join("raw.tif"), 0).unwrap().1, before, "the map stays");
    for plane in 0..3 {
        let of = |name: &str| read_u8(&home.path().join(name), plane).unwrap().1;
        assert!(of("raw.probs.tif") == of("raw-corrected.probs.tif"));
    }
    let again = Source::open(home.path(), "raw-corrected").unwrap();
    assert_eq!(again.metadata("RITMO_SOURCE_MAP").as_deref(), Some("raw"));
    assert!(again.metadata("RITMO_CORRECTIONS").unwrap().starts_with("2 by hand, 149 pixels"));
    let (log, _) = read_corrections(&files.log).unwrap();
    assert_eq!(log, corrections);
    let areas = std::fs::read_to_string(&files.areas).unwrap();
    assert!(areas.ends_with("\"City, old\",0,0.00,50,0.50\n"), "{areas}");
}

#[test]
fn a_stop_or_a_correction_that_does_not_fit_leaves_no_new_map() {
    let home = tempfile::tempdir().unwrap();
    let source = made(home.path());
    let count = || std::fs::read_dir(home.path()).unwrap().count();
    let there = count();
    let grid = source.grid.clone();
    drop(source);
    let write = |corrections: &[Correction], cancel: &Cancel| {
        let source = Source::open(home.path(), "raw").unwrap();
        write_corrected(source, (&[], corrections), (home.path(), "new"), &[], &|_| {}, cancel).unwrap_err()
    };
    let stop = Cancel::new();
    stop.cancel();
    assert!(matches!(write(&[], &stop), CleanError::Cancelled(_)));
    let unknown = to("Ice", rectangle(&grid, 0.0, 0.0, 10.0, 10.0));
    let why = write(&[unknown], &Cancel::new()).to_string();
    assert!(why.contains("correction 1") && why.contains("Ice"), "{why}");
    assert_eq!(count(), there);
}
