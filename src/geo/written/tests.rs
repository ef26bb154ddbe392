//! What people write, and where it leads.

use super::*;
use crate::testing::grid;
use proptest::prelude::*;

#[track_caller]
fn lonlat(text: &str) -> [f64; 2] {
    match WrittenPlace::read(text).unwrap() {
        WrittenPlace::LonLat(lonlat) => lonlat,
        WrittenPlace::Degrees([lat, lon]) => [lon, lat],
        other => panic!("{text}: {other:?}"),
    }
}

#[track_caller]
fn assert_near(text: &str, [lon, lat]: [f64; 2]) {
    let found = lonlat(text);
    assert!((found[0] - lon).abs() < 1e-6 && (found[1] - lat).abs() < 1e-6, "{text}: {found:?}");
}

#[test]
fn degrees_are_read_in_the_ways_people_write_them() {
    let mexico = [-99.13, 19.43];
    for text in [
        "19.43, -99.13",
        "19.43 -99.13",
        "-99.13 19.43",
        "-99.13,19.43",
        "19.43N 99.13W",
        "19.43° N  99.13° W",
        "N 19.43 W 99.13",
        "99.13 W, 19.43 N",
        "lat 19.43 lon -99.13",
        "lat: 19.43, lng: -99.13",
        "(19.43, -99.13)",
        "19,43 -99,13",
        "19,43; -99,13",
        "19.43 norte 99.13 oeste",
        "19.43° −99.13°",
    ] {
        assert_near(text, mexico);
    }
}

#[test]
fn minutes_and_seconds_are_read_with_and_without_their_marks() {
    let place = [-(99.0 + 7.0 / 60.0 + 58.5 / 3600.0), 19.0 + 25.0 / 60.0 + 48.0 / 3600.0];
    for text in [
        "19°25'48\"N 99°07'58.5\"W",
        "19° 25′ 48″ N, 99° 7′ 58.5″ O",
        "19°25'48''N 99°07'58.5''W",
        "N19 25 48 W99 7 58.5",
        "19 25 48 N 99 7 58.5 W",
        "19 25 48 -99 7 58.5",
        "19°25'48\" -99°7'58.5\"",
    ] {
        assert_near(text, place);
    }
    assert_near("0°30'S 0°15'W", [-0.25, -0.5]);
    assert_near("-0°30' -0°15'", [-0.25, -0.5]);
    assert_near("19 25.5 N 99 7.5 W", [-99.125, 19.425]);
}

#[test]
fn numbers_too_large_for_degrees_are_of_the_grid() {
    assert_eq!(
        WrittenPlace::read("500000 2150000").unwrap(),
        WrittenPlace::Xy([500_000.0, 2_150_000.0], None)
    );
    for text in ["500000, 2150000", "500000 m E, 2150000 m N", "x 500000 y 2150000", "500000.0;2150000"] {
        assert_eq!(
            WrittenPlace::read(text).unwrap(),
            WrittenPlace::Xy([500_000.0, 2_150_000.0], None),
            "{text}"
        );
    }
}

#[test]
fn a_place_in_another_system_lies_where_it_lies_on_the_earth() {
    let place = WrittenPlace::read("EPSG:32614 500000 2150000").unwrap().find(&grid()).unwrap();
    assert_eq!(place.at, [2000.0, 1000.0]);
    let other = WrittenPlace::read("epsg 32613: 1128000, 2160000").unwrap().find(&grid()).unwrap();
    assert!((other.lonlat[0] - -99.0).abs() < 0.1, "{other:?}");
    let why = WrittenPlace::read("EPSG:999999 1 2").unwrap_err();
    assert!(why.to_string().contains("999999"), "{why}");
}

#[test]
fn a_pixel_is_looked_at_in_its_middle() {
    for text in [
        "pixel 120, 340",
        "px 120 340",
        "col 120 row 340",
        "column 120, row 340",
        "columna 120 fila 340",
        "Pixel: 120;340",
    ] {
        let place = WrittenPlace::read(text).unwrap().find(&grid()).unwrap();
        assert_eq!((place.pixel, place.at), (Some((120, 340)), [120.5, 340.5]), "{text}");
    }
    let place = WrittenPlace::read("pixel -3, 340").unwrap().find(&grid()).unwrap();
    assert_eq!(place.pixel, None);
    assert!((place.metres_off(&grid())[0] + 25.0).abs() < 1e-6);
}

#[test]
fn two_numbers_that_may_be_either_are_read_the_way_round_that_lies_within_the_site() {
    let near_zero = Grid {
        crs: Crs::from_epsg(4326).unwrap(),
        left: 40.0,
        top: 21.0,
        pixel_width: 0.001,
        pixel_height: 0.001,
        width: 1000,
        height: 1000,
    };
    for text in ["20.5, 40.5", "40.5, 20.5"] {
        let place = WrittenPlace::read(text).unwrap().find(&near_zero).unwrap();
        assert_eq!(place.lonlat, [40.5, 20.5], "{text}");
    }
    let elsewhere = WrittenPlace::read("10, 20").unwrap().find(&near_zero).unwrap();
    assert_eq!(elsewhere.lonlat, [20.0, 10.0], "latitude first, as most write");
}

#[test]
fn what_is_no_place_says_why() {
    let why = |text: &str| WrittenPlace::read(text).unwrap_err();
    assert_eq!(why("  "), PlaceError::Empty);
    assert_eq!(why("Oaxaca"), PlaceError::Word("Oaxaca".into()));
    assert_eq!(why("19.43"), PlaceError::NotTwo);
    assert_eq!(why("1 2 3"), PlaceError::NotTwo);
    assert_eq!(why("19.43 N 99.13"), PlaceError::Letters);
    assert_eq!(why("19.43 N 99.13 S"), PlaceError::Letters);
    assert_eq!(why("19 75 N 99 10 W"), PlaceError::Minutes);
    assert_eq!(why("19.5 25 N 99 10 W"), PlaceError::Minutes);
    assert!(matches!(why("95 N 99 W"), PlaceError::Beyond(_)));
    assert!(matches!(why("1.2.3 4"), PlaceError::Word(_)));
    assert!(matches!(why("pixel 3"), PlaceError::NotTwo));
}

#[test]
fn how_far_off_a_place_lies_is_told_in_metres() {
    let place = WrittenPlace::read("501000 2165000").unwrap().find(&grid()).unwrap();
    assert_eq!(place.pixel, None);
    assert_eq!(place.metres_off(&grid()), [1000.0, 5000.0]);
    let within = WrittenPlace::read("490000 2150000").unwrap().find(&grid()).unwrap();
    assert_eq!(within.metres_off(&grid()), [0.0, 0.0]);
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        if let Ok(place) = WrittenPlace::read(&text) {
            let _ = place.find(&grid());
        }
    }

    #[test]
    fn no_text_of_the_signs_of_places_panics(text in "[0-9NSEWOnsewo°'\"′″.,;: +\\-−mxylatepsg]{0,30}") {
        if let Ok(place) = WrittenPlace::read(&text) {
            let _ = place.find(&grid());
        }
    }

    #[test]
    fn a_place_that_is_written_is_read_again(lon in -180.0f64..180.0, lat in -90.0f64..90.0) {
        let letters = format!(
            "{:.6}° {}  {:.6}° {}",
            lat.abs(), if lat < 0.0 { "S" } else { "N" }, lon.abs(), if lon < 0.0 { "W" } else { "E" }
        );
        let [found_lon, found_lat] = lonlat(&letters);
        prop_assert!((found_lon - lon).abs() < 1e-6 && (found_lat - lat).abs() < 1e-6, "{}", letters);
        let whole = |v: f64| {
            let seconds = (v.abs() * 3600.0 * 1000.0).round() / 1000.0;
            let (degrees, rest) = ((seconds / 3600.0).floor(), seconds % 3600.0);
            format!("{degrees}°{}'{:.3}\"", (rest / 60.0).floor(), (rest % 60.0).min(59.999))
        };
        let text = format!(
            "{}{} {}{}",
            whole(lat), if lat < 0.0 { "S" } else { "N" }, whole(lon), if lon < 0.0 { "W" } else { "E" }
        );
        let [found_lon, found_lat] = lonlat(&text);
        prop_assert!((found_lon - lon).abs() < 1e-5 && (found_lat - lat).abs() < 1e-5, "{}", text);
    }

    #[test]
    fn a_pixel_that_is_written_is_found_again(col in 0u32..2000, row in 0u32..2000) {
        let place = WrittenPlace::read(&format!("pixel {col}, {row}")).unwrap().find(&grid()).unwrap();
        prop_assert_eq!(place.pixel, Some((col, row)));
        let [x, y] = grid().pixel_centre(col, row);
        let place = WrittenPlace::read(&format!("{x} {y}")).unwrap().find(&grid()).unwrap();
        prop_assert_eq!(place.pixel, Some((col, row)));
    }
}
