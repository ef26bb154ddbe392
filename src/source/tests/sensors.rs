//! The catalogue.

use crate::source::Scale;
use crate::source::sensors::*;

#[test]
fn red_means_the_same_everywhere() {
    for (sensor, name) in [
        ("sentinel-2-l1c", "B04"),
        ("sentinel-2-l2a", "B4"),
        ("landsat-5-l2", "SR_B3"),
        ("landsat-7-l1", "B3"),
        ("landsat-8-l2", "SR_B4"),
        ("landsat-9-l1", "band4"),
        ("landsat-8-c1-l2", "sr_band4"),
        ("hls-l30", "B04"),
        ("mod13q1", "red_reflectance"),
        ("cbers-4-wfi", "BAND15"),
        ("cbers-4-mux", "B7"),
        ("planetscope-4", "red"),
        ("planetscope-8", "Red"),
    ] {
        let known = sensor_by_key(sensor).unwrap().knowledge(name, false);
        assert_eq!(known.common.as_deref(), Some("red"), "{sensor} {name}");
        assert!((620.0..700.0).contains(&known.wavelength_nm.unwrap()), "{sensor}");
    }
}

#[test]
fn a_band_is_found_by_its_name() {
    let oli = sensor_by_key("landsat-8-l2").unwrap();
    assert_eq!(oli.band("sr_b5").unwrap().common, Some("nir"));
    assert_eq!(oli.band("ST_B10").unwrap().common, Some("tir1"));
    assert!(oli.band("B12").is_none() && oli.band("").is_none());
    let s2 = sensor_by_key("sentinel-2-l2a").unwrap();
    assert_eq!(s2.band("b8a").unwrap().common, Some("nir08"));
    assert_eq!(s2.band("B8").unwrap().common, Some("nir"));
    assert!(s2.band("B10").is_none());
}

#[test]
fn numbers_become_reflectances_by_their_sensor() {
    let physical = |sensor: &str, band: &str, stored: f32| {
        sensor_by_key(sensor).unwrap().knowledge(band, false).scale.physical(stored)
    };
    assert!((physical("landsat-8-l2", "SR_B4", 18_182.0) - 0.300_005).abs() < 1e-5);
    assert!((physical("landsat-8-l2", "ST_B10", 44_000.0) - 299.392_88).abs() < 1e-3);
    assert!((physical("sentinel-2-l2a", "B04", 2500.0) - 0.25).abs() < 1e-6);
    assert!((physical("mod13q1", "NDVI", 8000.0) - 0.8).abs() < 1e-6);
    assert_eq!(physical("landsat-8-l1", "B4", 9000.0), 9000.0);
    let float = sensor_by_key("sentinel-2-l2a").unwrap().knowledge("B04", true);
    assert_eq!(float.scale, Scale::default());
}

#[test]
fn keys_and_common_names_of_the_catalogue_are_sound() {
    for (i, sensor) in SENSORS.iter().enumerate() {
        assert!(SENSORS[..i].iter().all(|other| other.key != sensor.key), "{}", sensor.key);
        for (j, band) in sensor.bands.iter().enumerate() {
            let twice = sensor.bands[..j].iter().any(|other| {
                other.common.is_some() && other.common == band.common || other.is_called(band.names[0])
            });
            assert!(!twice, "{} {:?}", sensor.key, band.names);
            if let Some(common) = band.common {
                assert_eq!(common_name(common), Some(common));
            }
        }
    }
}

#[test]
fn other_words_for_common_names_are_understood() {
    for (word, common) in [
        ("SWIR16", "swir1"),
        ("swir22", "swir2"),
        ("MIR", "swir2"),
        ("rededge", "rededge1"),
        ("nir_narrow", "nir08"),
        ("NarrowNIR", "nir08"),
        ("green_i", "green1"),
        ("Coastal Aerosol", "coastal"),
    ] {
        assert_eq!(common_name(word), Some(common), "{word}");
    }
    assert!(["B04", "", "scl", "réd"].iter().all(|word| common_name(word).is_none()));
}

#[test]
fn a_sensor_is_told_by_its_bands() {
    let tell = |names: &str, facts: BandFacts| sensor_of_bands(&names.split(' ').collect::<Vec<_>>(), facts);
    let none = BandFacts::default();
    let scl = BandFacts { is_scl: true, ..none };
    let landsat = BandFacts { is_landsat_mask: true, is_16_bit: true, ..none };
    for (names, facts, expected) in [
        ("B02 B03 B04 B08 B05 B06 B07 B8A B11 B12 SCL", scl, Some("sentinel-2-l2a")),
        ("B05 B06 B07 B8A B11 B12", none, Some("sentinel-2-l2a")),
        ("B02 B03 B04 B08", none, Some("sentinel-2-l2a")),
        ("B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B10 B11 B12", none, Some("sentinel-2-l1c")),
        ("B2 B3 B4 B8", scl, Some("sentinel-2-l2a")),
        ("B1 B2 B3 B4 B5 B6 B7 BQA", landsat, Some("landsat-8-l1")),
        ("B1 B2 B3 B4 B5 B7 QA_PIXEL", landsat, Some("landsat-5-l1")),
        ("SR_B1 SR_B2 SR_B3 SR_B4 SR_B5 SR_B6 SR_B7 QA_PIXEL", landsat, Some("landsat-8-l2")),
        ("SR_B1 SR_B2 SR_B3 SR_B4 SR_B5 SR_B7 QA_PIXEL", landsat, Some("landsat-7-l2")),
        ("BAND13 BAND14 BAND15 BAND16", none, Some("cbers-4-wfi")),
        ("B5 B6 B7 B8", none, Some("cbers-4-mux")),
        ("BLUE RED NIR MIR NDVI EVI DOY", none, Some("mod13q1")),
        ("NDVI EVI", none, None),
        ("NDVI EVI", BandFacts { is_modis_sphere: true, ..none }, Some("mod13q1")),
        ("B04 B08", none, None),
        ("coastal_blue blue green_i green yellow red rededge nir", none, Some("planetscope-8")),
        ("blue green red nir", none, None),
        ("blue green red nir", BandFacts { is_udm2: true, ..none }, Some("planetscope-4")),
        ("band1 band2", none, None),
        ("", none, None),
    ] {
        assert_eq!(tell(names, facts), expected, "{names}");
    }
}
