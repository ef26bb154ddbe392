use super::*;
use crate::labels::{Annotation, Annotations, Confidence, read_labels, write_labels};
use geo::{Area, Geometry, Point};
use proptest::prelude::*;
use serde_json::Map;
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

#[test]
fn a_geometry_collection_gives_its_polygons_and_points_and_says_what_is_left() {
    let part = |kind: &str, coordinates: Value| json!({ "type": kind, "coordinates": coordinates });
    let collection_of = |parts: Vec<Value>| {
        json!({ "type": "Feature", "properties": { "class": "a" },
            "geometry": { "type": "GeometryCollection", "geometries": parts } })
    };
    let square = part("Polygon", json!([[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]));
    let line = part("LineString", json!([[0, 0], [1, 1]]));
    let point = part("Point", json!([5, 5]));
    let nested = json!({ "type": "GeometryCollection", "geometries": [point] });
    let whole = collection_of(vec![square, line.clone(), nested]);
    let report = imported(collection(&[whole]), &mut Legend::default()).unwrap();
    assert_eq!(report.annotations.len(), 2, "a polygon and a point");
    assert!(report.in_part[0].why.contains("the line in its GeometryCollection"), "{:?}", report.in_part);
    assert!(why_skipped(collection_of(vec![line])).contains("only polygons and points"));
}

#[test]
fn heights_ids_that_are_there_twice_and_scripts_of_all_kinds_do_not_matter() {
    let three_d = json!([[[0, 0, 9], [1, 0, 9], [1, 1, 9], [0, 0, 9]]]);
    let mut features: Vec<Value> = ["غابة", "Matorral desértico micrófilo", "יער", "森林"]
        .map(|name| feature(json!(name), "Polygon", three_d.clone()))
        .to_vec();
    features.iter_mut().for_each(|f| f["id"] = json!(7));
    let mut legend = Legend::default();
    let report = imported(collection(&features), &mut legend).unwrap();
    assert_eq!(report.annotations.len(), 4);
    assert_eq!(report.new_classes, ["غابة", "Matorral desértico micrófilo", "יער", "森林"]);
}

#[test]
fn a_coordinate_system_counts_wherever_in_the_file_it_stands() {
    let point = feature(json!("a"), "Point", json!([500_000.0, 0.0]));
    let text = format!(
        r#"{{"features":[{point}],"type":"FeatureCollection","crs":{{"type":"name","properties":{{"name":"EPSG:32638"}}}}}}"#
    );
    let report = imported(text, &mut Legend::default()).unwrap();
    let Geometry::Point(point) = report.annotations[0].geometry else { panic!() };
    assert!((point.x() - 45.0).abs() < 1e-9);
}

#[test]
fn a_letter_that_is_cut_by_the_end_of_a_piece_is_read_whole() {
    // Pieces are 65 536 bytes: letters of two and three bytes lie across all their ends.
    for shift in 0..3 {
        let name = format!("{}{}", "x".repeat(shift), "é森".repeat(60_000));
        let report = imported(collection(&[triangle(json!(name))]), &mut Legend::default()).unwrap();
        assert_eq!(report.new_classes, [name]);
    }
}

#[test]
fn the_class_field_is_guessed_by_its_name_and_then_by_what_it_holds() {
    let with = |properties: Value| {
        let mut feature = triangle(json!("x"));
        feature["properties"] = properties;
        feature
    };
    let fields =
        |features: &[Value]| imported(collection(features), &mut Legend::default()).unwrap().class_fields;
    assert_eq!(fields(&[with(json!({ "id": 1, "name": "a parcel", "LULC": "water" }))]), ["LULC"]);
    let parcels: Vec<_> = (0..6)
        .map(|i| with(json!({ "parcel": format!("p{i}"), "cultivo": (["maíz", "trigo"][i % 2]) })))
        .collect();
    assert_eq!(fields(&parcels), ["cultivo"]);
}

/// Imports features with settings.
fn with_settings(
    features: &[Value],
    settings: &ImportSettings,
    legend: &mut Legend,
) -> Result<ImportReport, LabelError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("field work.geojson");
    fs::write(&path, collection(features)).unwrap();
    import(&path, settings, legend, 1)
}

#[test]
fn values_become_the_classes_that_people_choose() {
    let mut settings = ImportSettings::default();
    let new = ClassTarget::New { name: "selva".into(), code: Some(40), colour: Some([1, 2, 3]) };
    settings.classes.insert("No Data".into(), ClassTarget::Skip);
    settings.classes.insert("bosque".into(), ClassTarget::Class("forest".into()));
    settings.classes.insert("jungle".into(), new);
    let features = ["no data", "Bosque ", "jungle", "water"].map(|name| triangle(json!(name)));
    let mut legend = Legend::reforestamos();
    let report = with_settings(&features, &settings, &mut legend).unwrap();
    assert_eq!(report.annotations.iter().map(|a| a.class).collect::<Vec<_>>(), [1, 40, 8]);
    assert_eq!(legend.class(40).unwrap().colour, [1, 2, 3]);
    assert_eq!(report.new_classes, ["selva"]);
    assert!(report.skipped[0].why.contains("“no data” is left aside, as asked"));
    let skipped = report.values.iter().find(|taken| taken.value == "no data").unwrap();
    assert_eq!((skipped.features, skipped.annotations, skipped.class), (1, 0, None));
}

#[test]
fn numbers_mean_what_people_say() {
    let features = [1, 4].map(|number| triangle(json!(number)));
    let names = |numbers| {
        let settings = ImportSettings { numbers: Some(numbers), ..ImportSettings::default() };
        let mut legend = Legend::reforestamos();
        let report = with_settings(&features, &settings, &mut legend).unwrap();
        let name = |a: &Annotation| legend.class(a.class).unwrap().name.clone();
        report.annotations.iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(names(Numbers::Wikidata), ["forest", "pasture"]);
    assert_eq!(names(Numbers::Alphabetical), ["agriculture", "forest"]);
    assert_eq!(names(Numbers::Codes), ["forest", "pasture"]);
    assert_eq!(names(Numbers::Names), ["1", "4"]);
}

#[test]
fn fields_with_more_are_taken_and_what_they_cannot_say_is_told() {
    let fields = MoreFields {
        confidence: Some("seguridad".into()),
        author: Some("quien".into()),
        note: Some("nota".into()),
        from: Some("desde".into()),
        to: Some("hasta".into()),
        buffer: Some("m".into()),
    };
    let settings = ImportSettings { fields, ..ImportSettings::default() };
    let with = |key: &str, value: Value| {
        let mut feature = triangle(json!("a"));
        let full = json!({ "class": "a", "seguridad": "Likely", "quien": "Ñandú", "nota": "cerca del río",
            "desde": "2021/11/01", "hasta": 2022, "m": "12.5" });
        feature["properties"] = full;
        feature["properties"][key] = value;
        feature
    };
    let bad = [with("seguridad", json!("quizás")), with("desde", json!("spring")), with("m", json!(-3))];
    let features = [&[with("class", json!("a"))][..], &bad].concat();
    let report = with_settings(&features, &settings, &mut Legend::default()).unwrap();
    let [one] = report.annotations.as_slice() else { panic!("{:?}", report.annotations) };
    assert_eq!((one.confidence, one.author.as_deref()), (Confidence::Likely, Some("Ñandú")));
    assert_eq!((one.note.as_deref(), one.buffer_m), (Some("cerca del río"), Some(12.5)));
    let day = chrono::NaiveDate::from_ymd_opt;
    assert_eq!((one.holds.from, one.holds.to), (day(2021, 11, 1), day(2022, 12, 31)));
    let whys: Vec<_> = report.skipped.iter().map(|told| told.why.as_str()).collect();
    assert!(whys[0].contains("quizás") && whys[1].contains("spring") && whys[2].contains("-3"), "{whys:?}");
}

#[test]
fn coordinates_in_the_wrong_order_are_told_and_turned_about() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("swapped.geojson");
    let swapped = feature(json!("a"), "Polygon", json!([[[19, -99], [19, -98], [20, -98], [19, -99]]]));
    fs::write(&path, collection(&[swapped])).unwrap();
    let mut settings = ImportSettings::default();
    let read_it = |settings: &ImportSettings| {
        read(std::slice::from_ref(&path), settings, &|_| {}, &crate::progress::Cancel::new()).unwrap()
    };
    let as_it_is = read_it(&settings);
    assert!(as_it_is.files[0].seems_swapped.as_ref().unwrap().contains("wrong way round"));
    settings.reading.swap_xy = true;
    assert!(!as_it_is.answers(std::slice::from_ref(&path), &settings));
    let turned = read_it(&settings);
    assert!(turned.files[0].seems_swapped.is_none());
    let report = plan(&turned, &settings, &mut Legend::default(), 1).unwrap();
    let Geometry::Polygon(polygon) = &report.annotations[0].geometry else { panic!() };
    assert_eq!((polygon.exterior().0[0].x, polygon.exterior().0[0].y), (-99.0, 19.0));
    assert!(turned.answers(std::slice::from_ref(&path), &settings), "it need not be read again");
}

#[test]
fn metres_without_a_system_are_told_and_read_with_one() {
    let metres = feature(json!("a"), "Point", json!([500_000.0, 4_400_000.0]));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metres.geojson");
    fs::write(&path, collection(&[metres])).unwrap();
    let mut settings = ImportSettings::default();
    let cancel = crate::progress::Cancel::new();
    assert!(read(std::slice::from_ref(&path), &settings, &|_| {}, &cancel).unwrap().files[0].lacks_crs);
    settings.reading.crs = Some("EPSG:32638".into());
    let read = read(&[path], &settings, &|_| {}, &cancel).unwrap();
    assert!(!read.files[0].lacks_crs);
    let Ok(placed) = &read.files[0].rows[0].placed else { panic!() };
    assert!((placed.points[0].x() - 45.0).abs() < 1e-9);
}

#[test]
fn reading_stops_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.geojson");
    fs::write(&path, collection(&vec![triangle(json!("a")); 2000])).unwrap();
    let cancel = crate::progress::Cancel::new();
    cancel.cancel();
    let error = read(&[path], &ImportSettings::default(), &|_| {}, &cancel).unwrap_err();
    assert!(error.to_string().contains("stopped"), "{error}");
}

#[test]
fn sentences_of_the_same_kind_are_put_together() {
    let told = |feature, why: &str| Told { file: "f".into(), feature, count: 1, why: why.into() };
    let groups =
        grouped(&[told(1, "(1, 2) is none"), told(2, "it has no geometry"), told(9, "(7.5, -2) is none")]);
    assert_eq!((groups.len(), groups[0].count, groups[0].first.as_slice()), (2, 2, &[1, 9][..]));
    assert!(groups[0].differ && !groups[1].differ);
}

/// JSON of all shapes, with the names that GeoJSON uses.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "(Point|Polygon|MultiPolygon|GeometryCollection|Feature|FeatureCollection|[a-z]{0,3})"
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        let key = prop_oneof![
            Just("type"),
            Just("features"),
            Just("geometry"),
            Just("geometries"),
            Just("coordinates"),
            Just("properties"),
            Just("class"),
            Just("crs"),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(key, inner, 0..6).prop_map(|map| map
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect::<Map<_, _>>()
                .into()),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_makes_the_import_panic_and_the_root_is_told_from_the_features(
        root in any_json(), feature in any_json(), geometry in any_json(),
    ) {
        let _ = imported(root.to_string(), &mut Legend::default());
        let shaped = json!({ "type": "Feature", "properties": { "class": "a" }, "geometry": geometry });
        // What is no feature, or has no good geometry, is left aside, and those beside it are taken.
        let report = imported(collection(&[feature, shaped, triangle(json!("b"))]), &mut Legend::default());
        let report = report.unwrap();
        prop_assert!(report.annotations.iter().any(|a| matches!(a.geometry, Geometry::Polygon(_))));
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
