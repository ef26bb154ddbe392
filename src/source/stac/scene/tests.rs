//! Items as the catalogues have them, made short.

use super::*;
use serde_json::{Value, json};

fn item(value: Value) -> Item {
    serde_json::from_value(value).unwrap()
}

fn base(id: &str, properties: Value, assets: Value) -> Item {
    let geometry = json!({"type": "Polygon", "coordinates": [[[-93.0, 16.0], [-92.0, 16.0], [-92.0, 17.0], [-93.0, 17.0], [-93.0, 16.0]]]});
    let mut all = json!({"datetime": "2022-03-03T16:49:01.024Z", "eo:cloud_cover": 12.5});
    all.as_object_mut().unwrap().extend(properties.as_object().unwrap().clone());
    item(
        json!({"type": "Feature", "id": id, "collection": "sentinel-2-l2a", "geometry": geometry, "properties": all, "assets": assets}),
    )
}

fn scene(item: &Item) -> Scene {
    Scene::of(item, &|href| href.to_owned()).unwrap()
}

#[test]
fn an_item_of_planetary_computer_is_a_scene() {
    let found = scene(&base(
        "S2A_MSIL2A_20220303T164901_R026_T15QVV_20220304T000000",
        json!({"platform": "Sentinel-2A", "s2:mgrs_tile": "15QVV", "s2:processing_baseline": "04.00"}),
        json!({
            "B04": {"href": "https://x.blob.core.windows.net/c/B04.tif?sig=secret", "proj:shape": [10980, 10980], "proj:transform": [10, 0, 399960, 0, -10, 1900020]},
            "B8A": {"href": "a/B8A.tif"},
            "SCL": {"href": "a/SCL.tif"},
            "visual": {"href": "v.tif", "eo:bands": [{"name": "B04"}, {"name": "B03"}, {"name": "B02"}]},
            "AOT": {"href": "aot.tif"},
        }),
    ));
    assert_eq!(found.assets.keys().collect::<Vec<_>>(), ["B04", "B8A", "SCL"]);
    assert_eq!(found.assets["B04"].path, PathBuf::from("https://x.blob.core.windows.net/c/B04.tif"));
    assert_eq!((found.assets["B04"].shape, found.assets["B04"].pixel), (Some([10980, 10980]), Some(10.0)));
    assert_eq!((found.tile.as_deref(), found.sensor), (Some("15QVV"), Some("sentinel-2-l2a")));
    assert_eq!((found.baseline, found.offset), (Some((4, 0)), Offset::Shifted));
    assert_eq!((found.cloud, found.mask()), (Some(0.125), Some("SCL")));
    assert_eq!(found.taken.to_string(), "2022-03-03 16:49:01.024");
    assert!(!format!("{found:?}").contains("secret"));
}

#[test]
fn common_names_of_earth_search_are_bands_of_sentinel_2() {
    let keys = [
        ("coastal", "B01"),
        ("blue", "B02"),
        ("green", "B03"),
        ("red", "B04"),
        ("rededge1", "B05"),
        ("rededge2", "B06"),
        ("rededge3", "B07"),
        ("nir", "B08"),
        ("nir08", "B8A"),
        ("nir09", "B09"),
        ("swir16", "B11"),
        ("swir22", "B12"),
        ("scl", "SCL"),
    ];
    let mut assets = serde_json::Map::new();
    for (key, _) in keys {
        assets.insert(
            key.into(),
            json!({"href": format!("{key}.tif"), "type": "image/tiff; application=geotiff"}),
        );
        assets.insert(format!("{key}-jp2"), json!({"href": format!("{key}.jp2"), "type": "image/jp2"}));
    }
    let found = scene(&base("S2B_15QVV_20220303_0_L2A", json!({"grid:code": "MGRS-15QVV"}), assets.into()));
    for (key, band) in keys {
        assert_eq!(found.assets[band].path, PathBuf::from(format!("{key}.tif")), "{key}");
    }
    assert_eq!((found.assets.len(), found.tile.as_deref()), (keys.len(), Some("15QVV")));
}

#[test]
fn the_offset_is_what_all_that_is_stated_agrees_on() {
    let with = |properties: Value, offset: Option<f64>| {
        let bands = offset.map(|offset| json!([{"scale": 0.0001, "offset": offset}]));
        let asset = match bands {
            Some(bands) => json!({"href": "a.tif", "raster:bands": bands}),
            None => json!({"href": "a.tif"}),
        };
        scene(&base("S2A", properties, json!({"red": asset, "scl": {"href": "b"}}))).offset
    };
    let old = || json!({"s2:processing_baseline": "03.01"});
    let new = || json!({"s2:processing_baseline": "05.09"});
    let applied =
        |flag: bool| json!({"s2:processing_baseline": "05.09", "earthsearch:boa_offset_applied": flag});
    assert_eq!(with(json!({}), None), Offset::Unknown);
    assert_eq!(with(old(), None), Offset::Unshifted);
    assert_eq!(with(new(), None), Offset::Shifted);
    assert_eq!(with(new(), Some(-0.1)), Offset::Shifted);
    assert_eq!(with(json!({}), Some(-0.1)), Offset::Shifted);
    assert_eq!(with(applied(true), Some(0.0)), Offset::Unshifted);
    assert_eq!(with(applied(true), None), Offset::Unshifted);
    assert_eq!(with(applied(false), Some(-0.1)), Offset::Shifted);
    for contradiction in [
        with(applied(true), Some(-0.1)),
        with(old(), Some(-0.1)),
        with(new(), Some(0.0)),
        with(applied(false), Some(0.0)),
    ] {
        assert_eq!(contradiction, Offset::Contradictory);
    }
}

#[test]
fn bands_of_landsat_have_common_names() {
    let mut found = base(
        "LC08_L2SP_022048_20220303_02_T1",
        json!({"platform": "landsat-8", "landsat:wrs_path": "022", "landsat:wrs_row": "048", "landsat:collection_number": "02"}),
        json!({
            "red": {"href": "r.tif", "raster:bands": [{"scale": 2.75e-5, "offset": -0.2, "nodata": 0}]},
            "nir08": {"href": "n.tif"},
            "swir16": {"href": "s.tif"},
            "qa_pixel": {"href": "q.tif"},
            "qa_radsat": {"href": "x.tif"},
        }),
    );
    found.collection = Some("landsat-c2-l2".into());
    let found = scene(&found);
    assert_eq!(found.assets.keys().collect::<Vec<_>>(), ["nir", "qa_pixel", "red", "swir1"]);
    assert_eq!((found.sensor, found.tile.as_deref()), (Some("landsat-8-l2"), Some("022048")));
    assert_eq!(found.assets["red"].scaling, Some((2.75e-5, -0.2)));
    assert_eq!(found.offset, Offset::Unshifted);
}

#[test]
fn items_that_cannot_be_used_say_why() {
    let why = |change: fn(&mut Item)| {
        let mut item = base("S2", json!({}), json!({}));
        change(&mut item);
        Scene::of(&item, &|href| href.to_owned()).unwrap_err()
    };
    assert!(why(|item| item.geometry = None).contains("no geometry"));
    assert!(why(|item| item.geometry = Some(Value::Null)).contains("no geometry"));
    assert!(
        why(|item| item.geometry = Some(json!({"type": "Point", "coordinates": [1, 2]}))).contains("polygon")
    );
    assert!(why(|item| item.geometry = Some(json!("odd"))).contains("polygon"));
    assert!(why(|item| drop(item.properties.remove("datetime"))).contains("no date"));
}

#[test]
fn a_scene_touches_what_its_footprint_touches() {
    let found = scene(&base("S2", json!({}), json!({})));
    assert!(found.touches([-92.5, 16.5, -92.4, 16.6]));
    assert!(found.touches([-94.0, 15.0, -91.0, 18.0]));
    assert!(!found.touches([-91.9, 16.5, -91.0, 16.6]));
}
