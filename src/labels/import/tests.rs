use super::*;
use crate::labels::{Annotation, Annotations, Confidence, read_labels, write_labels};
use geo::{Area, Geometry, Point};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fs;

/// Imports a text as if it were a file.
fn imported(text: impl AsRef<[u8]>, legend: &mut Legend) -> Result<ImportReport, LabelError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("field work.geojson");
    fs::write(&path, text).unwrap();
    import(&path, &ImportSettings::default(), legend, 1)
}

fn collection(features: &[Value]) -> String {
    json!({ "type": "FeatureCollection", "features": features }).to_string()
}

fn feature(class: Value, kind: &str, coordinates: Value) -> Value {
    let geometry = json!({ "type": kind, "coordinates": coordinates });
    json!({ "type": "Feature", "properties": { "class": class }, "geometry": geometry })
}

fn triangle(class: Value) -> Value {
    feature(class, "Polygon", json!([[[-99.0, 19.0], [-98.9, 19.0], [-98.9, 19.1], [-99.0, 19.0]]]))
}

fn why_skipped(feature: Value) -> String {
    let report = imported(collection(&[triangle(json!("forest")), feature]), &mut Legend::default()).unwrap();
    assert_eq!((report.annotations.len(), report.skipped.len()), (1, 1));
    let Told { file, feature, why, .. } = report.skipped[0].clone();
    assert!(file.ends_with("field work.geojson") && feature == 2);
    why
}

#[test]
fn polygons_multipolygons_and_points_become_sure_annotations() {
    let part = json!([[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]]);
    let far = json!([[[5.0, 0.0], [6.0, 0.0], [6.0, 1.0], [5.0, 0.0]]]);
    let features = [
        triangle(json!("Matorral desértico")),
        feature(json!("water"), "MultiPolygon", json!([part, far])),
        feature(json!("WATER "), "Point", json!([-99.1, 19.2])),
        feature(json!("water"), "MultiPoint", json!([[1.0, 2.0], [3.0, 4.0, 2500.0]])),
    ];
    let mut legend = Legend::default();
    let report = imported(collection(&features), &mut legend).unwrap();
    assert_eq!(report.new_classes, ["Matorral desértico", "water"]);
    assert_eq!(report.annotations.iter().map(|a| a.id).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(report.annotations.iter().map(|a| a.class).collect::<Vec<_>>(), [1, 2, 2, 2, 2]);
    assert!(report.skipped.is_empty() && report.repaired.is_empty());
    let first = &report.annotations[0];
    assert_eq!((first.confidence, first.note.as_deref()), (Confidence::Sure, Some("field work.geojson")));
    assert!(chrono::DateTime::parse_from_rfc3339(first.created.as_deref().unwrap()).is_ok());
    assert!(matches!(&report.annotations[1].geometry, Geometry::MultiPolygon(m) if m.0.len() == 2));
    assert_eq!(report.annotations[4].geometry, Point::new(3.0, 4.0).into(), "heights are left off");
}

#[test]
fn a_number_is_a_name_then_a_code_of_the_old_legend_then_a_new_class() {
    let mut legend = Legend::reforestamos();
    legend.add("7").unwrap();
    let numbers = [json!(4), json!("4"), json!(4.0), json!(7), json!(30), json!(12), json!(999)];
    let features: Vec<_> = numbers.into_iter().map(triangle).collect();
    let report = imported(collection(&features), &mut legend).unwrap();
    let classes: Vec<_> = report.annotations.iter().map(|a| a.class).collect();
    assert_eq!(classes, [4, 4, 4, 11, 30, 12, 31]);
    assert_eq!(report.new_classes, ["30", "12", "999"]);
}

#[test]
fn a_code_given_out_during_the_import_is_not_taken_for_a_number_in_the_file() {
    let mut legend = Legend::default();
    let features = [triangle(json!("forest")), triangle(json!(1))];
    let report = imported(collection(&features), &mut legend).unwrap();
    assert_ne!(report.annotations[0].class, report.annotations[1].class);
}

#[test]
fn what_cannot_be_a_label_is_left_aside_with_the_reason() {
    let class = || json!("forest");
    let mut without_geometry = triangle(class());
    without_geometry["geometry"] = Value::Null;
    assert!(why_skipped(without_geometry).contains("no geometry"));
    assert!(why_skipped(triangle(json!(""))).contains("empty"));
    assert!(why_skipped(triangle(Value::Null)).contains("empty"));
    assert!(why_skipped(triangle(json!(["a"]))).contains("neither text nor a number"));
    assert!(why_skipped(feature(class(), "LineString", json!([[0, 0], [1, 1]]))).contains("LineString"));
    let nested = json!({ "type": "Feature", "properties": { "class": "forest" },
        "geometry": { "type": "GeometryCollection", "geometries": [] } });
    assert!(why_skipped(nested).contains("GeometryCollection"));
    let polygon = |ring: Value| why_skipped(feature(class(), "Polygon", json!([ring])));
    assert!(polygon(json!([[0, 0], [1, 1], [2, 2], [0, 0]])).contains("one line"));
    assert!(polygon(json!([[0, 0], [1, 1], [0, 0]])).contains("fewer than three corners"));
    assert!(polygon(json!([])).contains("fewer than three corners"));
    assert!(polygon(json!([[0], [1], [2]])).contains("damaged"));
    assert!(polygon(json!("nonsense")).contains("damaged"));
    assert!(polygon(json!([[19, -99], [19, -98], [20, -98], [19, -99]])).contains("swapped"));
    assert!(polygon(json!([[731271, 4391371], [731271, 4391372], [731272, 4391371]])).contains("metres"));
    assert!(why_skipped(json!({ "type": "Feature" })).contains("no geometry"));
    assert!(why_skipped(json!(17)).contains("no geometry"));
    assert!(why_skipped(feature(class(), "Point", json!([]))).contains("damaged"));
    assert!(why_skipped(feature(class(), "MultiPoint", json!([]))).contains("no geometry"));
}

#[test]
fn a_skipped_feature_adds_no_class() {
    let mut legend = Legend::default();
    let line = feature(json!("road"), "LineString", json!([[0, 0], [1, 1]]));
    imported(collection(&[line, triangle(json!("forest"))]), &mut legend).unwrap();
    assert_eq!(legend.classes.len(), 1);
}

#[test]
fn a_ring_that_crosses_itself_is_repaired_and_the_change_told() {
    let bow_tie = json!([[[0.0, 0.0], [0.01, 0.01], [0.01, 0.0], [0.0, 0.01], [0.0, 0.0]]]);
    let report =
        imported(collection(&[feature(json!("a"), "Polygon", bow_tie)]), &mut Legend::default()).unwrap();
    assert!(matches!(&report.annotations[0].geometry, Geometry::MultiPolygon(m) if m.0.len() == 2));
    let Repaired { feature, before_ha, after_ha, .. } = report.repaired[0];
    // Two triangles of 1113 x 553 m; the crossing ring's own area is nothing.
    assert!(feature == 1 && before_ha < 1e-6 && (after_ha - 61.5).abs() < 0.2, "{before_ha} {after_ha}");
}

#[test]
fn rings_are_wound_as_the_standard_asks_and_keep_their_corners() {
    let clockwise = json!([[[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]]);
    let report =
        imported(collection(&[feature(json!("a"), "Polygon", clockwise)]), &mut Legend::default()).unwrap();
    let Geometry::Polygon(polygon) = &report.annotations[0].geometry else { panic!() };
    assert!(polygon.signed_area() > 0.0);
    assert_eq!(polygon.exterior().0.len(), 5);
}

#[test]
fn a_class_field_that_is_not_there_lists_the_properties_that_are() {
    let feature = json!({ "type": "Feature", "properties": { "LULC": "a", "área": 3 }, "geometry": null });
    let mut legend = Legend::reforestamos();
    let file = tempfile::tempdir().unwrap();
    let path = file.path().join("field work.geojson");
    fs::write(&path, collection(&[feature])).unwrap();
    let settings = ImportSettings { class_field: Some("class".into()), ..Default::default() };
    let error = import(&path, &settings, &mut legend, 1).unwrap_err().to_string();
    assert!(error.contains("“class”") && error.contains("LULC, área"), "{error}");
    assert!(error.contains("field work.geojson"));
    assert_eq!(legend, Legend::reforestamos());
    assert!(
        imported(collection(&[]), &mut legend).unwrap().annotations.is_empty(),
        "an empty chip is no fault"
    );
}

#[test]
fn a_file_that_is_no_geojson_is_an_error_that_names_it() {
    let error = |text: &[u8]| {
        let error = imported(text, &mut Legend::default()).unwrap_err().to_string();
        assert!(error.contains("field work.geojson"), "{error}");
        error
    };
    assert!(error(b"").contains("no GeoJSON"));
    assert!(error(&collection(&[triangle(json!("a"))]).as_bytes()[..120]).contains("cut off"));
    assert!(error(b"[1, 2]").contains("FeatureCollection"));
    assert!(error(br#"{"type":"FeatureCollection"}"#).contains("no list of features"));
    assert!(error(br#"{"type":"FeatureCollection","features":{}}"#).contains("no list of features"));
    assert!(error(b"{\"class\":\"matorral des\xe9rtico\"}").contains("UTF-8"));
    assert!(
        imported(format!("\u{feff}{}", collection(&[triangle(json!("a"))])), &mut Legend::default()).is_ok()
    );
    let missing = import(Path::new("nowhere.geojson"), &ImportSettings::default(), &mut Legend::default(), 1);
    assert!(missing.unwrap_err().to_string().contains("nowhere.geojson"));
}

#[test]
fn the_legacy_coordinate_system_is_honoured() {
    let with_crs = |crs: Value, point: Value| {
        let mut root: Value =
            serde_json::from_str(&collection(&[feature(json!("a"), "Point", point)])).unwrap();
        root["crs"] = crs;
        imported(root.to_string(), &mut Legend::default())
    };
    let named = |name: &str| json!({ "type": "name", "properties": { "name": name } });
    for name in ["urn:ogc:def:crs:EPSG::32638", "EPSG:32638", "http://www.opengis.net/def/crs/EPSG/0/32638"] {
        let report = with_crs(named(name), json!([500_000.0, 0.0])).unwrap();
        let Geometry::Point(point) = report.annotations[0].geometry else { panic!() };
        assert!((point.x() - 45.0).abs() < 1e-9 && point.y().abs() < 1e-9, "{name} {point:?}");
    }
    for name in ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326"] {
        let report = with_crs(named(name), json!([47.5, 39.5])).unwrap();
        assert_eq!(report.annotations[0].geometry, Point::new(47.5, 39.5).into());
    }
    assert!(with_crs(Value::Null, json!([47.5, 39.5])).is_ok());
    for bad in
        [named("urn:ogc:def:crs:EPSG::999999"), named("the usual one"), json!({ "type": "link" }), json!(3)]
    {
        let error = with_crs(bad.clone(), json!([47.5, 39.5])).unwrap_err().to_string();
        assert!(error.contains("coordinate system"), "{bad} {error}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_import_panic(text in "\\PC*", cut in 0..400usize) {
        let _ = imported(&text, &mut Legend::default());
        let whole = collection(&[triangle(json!("a")), triangle(json!(text))]);
        let _ = imported(whole.get(..cut).unwrap_or(&whole), &mut Legend::default());
    }
}

/// Imports a file of the real data; the legend as well.
fn real(folder: &str, file: &str, class_field: &str) -> Option<(ImportReport, Legend)> {
    let path = crate::testing::shared_data(folder)?.join(file);
    let settings =
        ImportSettings { class_field: Some(class_field.into()), buffer_m: Some(10.0), ..Default::default() };
    let mut legend = Legend::default();
    let report = import(&path, &settings, &mut legend, 1).unwrap();
    legend.check().unwrap();
    let all: Annotations = report.annotations.iter().cloned().collect();
    let text = write_labels(&all, &legend);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("labels.geojson"), text).unwrap();
    assert_eq!(read_labels(&folder.path().join("labels.geojson")).unwrap(), all);
    Some((report, legend))
}

#[test]
fn the_polygons_of_azerbaijan_are_the_same_in_degrees_and_from_metres() {
    let degrees = real("polygons", "azerbaijan_lulc_1704_epsg4326.geojson", "class");
    let metres = real("polygons", "azerbaijan_lulc_1704_epsg32638_original.geojson", "LULC");
    let (Some((degrees, legend)), Some((metres, legend_of_metres))) = (degrees, metres) else { return };
    assert_eq!(legend, legend_of_metres);
    assert!(legend.by_name("no data").is_some());
    for report in [&degrees, &metres] {
        assert_eq!((report.annotations.len(), report.skipped.len()), (1704, 0));
        let repaired: Vec<_> = report.repaired.iter().map(|r| r.feature).collect();
        assert_eq!(repaired, [41, 1280, 1607, 1613, 1635], "those that GEOS finds invalid");
    }
    // Shoelace area against the area of the even-odd rule by GEOS: (47238.9 - 7747.7) m2.
    let change_ha = metres.repaired[0].after_ha - metres.repaired[0].before_ha;
    assert!((change_ha - 3.949).abs() < 0.03, "{change_ha}");
    use geo::BoundingRect;
    for (a, b) in degrees.annotations.iter().zip(&metres.annotations) {
        let (a, b) = (a.geometry.bounding_rect().unwrap(), b.geometry.bounding_rect().unwrap());
        assert!((a.min().x - b.min().x).abs() < 2e-7 && (a.max().y - b.max().y).abs() < 2e-7);
    }
}

#[test]
fn slovenias_polygons_without_a_class_name_are_left_aside() {
    let Some((report, legend)) = real("slovenia_s2_l1c_2015", "labels.geojson", "class") else { return };
    assert_eq!((report.annotations.len(), report.skipped.len()), (84, 4));
    assert!(report.skipped.iter().all(|told| told.why.contains("no class")));
    let mut names: Vec<_> = legend.classes.iter().map(|c| c.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["artificial surface", "cultivated land", "forest", "grassland", "schrubland"]);
    assert_eq!(report.repaired.len(), 0);
}

#[test]
fn the_polygons_of_flanders_mexico_and_the_points_of_sinop_are_all_taken() {
    if let Some((report, legend)) = real("flanders_s2_a_2018_monthly", "labels.geojson", "class") {
        assert_eq!((report.annotations.len(), report.skipped.len(), legend.classes.len()), (22, 0, 6));
    }
    if let Some((report, _)) = real("polygons", "inegi_usv_san_quintin_serie_I.geojson", "class") {
        assert_eq!((report.annotations.len(), report.skipped.len(), report.repaired.len()), (73, 0, 0));
        let multi = |a: &&Annotation| matches!(a.geometry, Geometry::MultiPolygon(_));
        assert!(report.annotations.iter().filter(multi).count() > 0);
    }
    if let Some((report, legend)) = real("sinop_modis_2013_2014", "labels.geojson", "class") {
        assert_eq!((report.annotations.len(), legend.classes.len()), (18, 4));
        assert!(report.annotations.iter().all(|a| matches!(a.geometry, Geometry::Point(_))));
    }
}
