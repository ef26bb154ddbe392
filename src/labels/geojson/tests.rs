use super::*;
use proptest::prelude::*;
use std::fs;

fn read(text: &str) -> Result<Annotations, LabelError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("labels.geojson");
    fs::write(&path, text).unwrap();
    read_labels(&path)
}

#[test]
fn labels_are_written_one_feature_a_line() {
    let all = |annotation: &Annotation| Annotations::from_iter([annotation.clone()]);
    let mut annotation = Annotation {
        confidence: Confidence::Likely,
        buffer_m: Some(12.5),
        holds: Holds { from: chrono::NaiveDate::from_ymd_opt(2024, 1, 1), to: None },
        author: Some("Ñandú".into()),
        created: Some("2024-05-01T12:00:00Z".into()),
        note: Some("río \"seco\"".into()),
        dropped: vec![[-99.1, 19.25]],
        ..Annotation::new(7, Point::new(-99.1, 19.25).into(), 8)
    };
    let text = write_labels(&all(&annotation), &Legend::reforestamos());
    let line = r#"{"type":"Feature","id":7,"properties":{"class":"water","code":8,"confidence":"likely","buffer_m":12.5,"from":"2024-01-01","author":"Ñandú","created":"2024-05-01T12:00:00Z","note":"río \"seco\"","dropped":[[-99.1,19.25]]},"geometry":{"type":"Point","coordinates":[-99.1,19.25]}}"#;
    assert_eq!(text, format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{line}\n]}}\n"));
    assert_eq!(read(&text).unwrap(), all(&annotation));
    annotation.class = 200;
    let text = write_labels(&all(&annotation), &Legend::default());
    assert!(text.contains(r#""class":null,"code":200"#));
    assert_eq!(read(&text).unwrap(), all(&annotation));
    assert!(read(&write_labels(&Annotations::default(), &Legend::default())).unwrap().is_empty());
}

#[test]
fn a_damaged_labels_file_says_which_feature() {
    let good = r#"{"type":"Feature","id":3,"properties":{"code":8},"geometry":{"type":"Point","coordinates":[1.0,2.0]}}"#;
    let with = |from: &str, to: &str| {
        let features = format!("{good},{}", good.replace("\"id\":3", "\"id\":4").replace(from, to));
        read(&format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#))
    };
    assert_eq!(with("", "").unwrap().len(), 2);
    assert_eq!(with("\"id\":4,", "").unwrap().last().unwrap().id, 4, "a lost id is given anew");
    for (from, to, reason) in [
        ("\"id\":4", "\"id\":3", "twice"),
        ("\"id\":4", "\"id\":\"x\"", "whole number"),
        ("\"code\":8", "\"code\":0", "class code"),
        ("\"code\":8", "\"code\":255", "class code"),
        ("\"code\":8", "\"kode\":8", "class code"),
        ("\"code\":8", "\"code\":8,\"confidence\":\"maybe\"", "sure"),
        ("\"code\":8", "\"code\":8,\"buffer_m\":\"wide\"", "buffer_m"),
        ("\"code\":8", "\"code\":8,\"from\":\"spring\"", "no date"),
        ("\"code\":8", "\"code\":8,\"dropped\":[1]", "dropped"),
        ("[1.0,2.0]", "[1.0]", "geometry"),
        ("\"Point\"", "\"Circle\"", "geometry"),
    ] {
        let error = with(from, to).unwrap_err().to_string();
        assert!(error.contains("feature 2") && error.contains(reason), "{to}: {error}");
        assert!(error.contains("labels.geojson"));
    }
    let elsewhere =
        r#"{"type":"FeatureCollection","crs":{"properties":{"name":"EPSG:32638"}},"features":[]}"#;
    assert!(read(elsewhere).unwrap_err().to_string().contains("WGS 84"));
}

fn geometry() -> impl Strategy<Value = Geometry<f64>> {
    let place = || (-180.0..180.0f64, -90.0..90.0f64).prop_map(|(x, y)| Coord { x, y });
    let ring = move || prop::collection::vec(place(), 3..9).prop_map(LineString);
    let polygon = move || (ring(), prop::collection::vec(ring(), 0..3)).prop_map(|(e, i)| Polygon::new(e, i));
    prop_oneof![
        place().prop_map(|c| Point(c).into()),
        polygon().prop_map(Geometry::from),
        prop::collection::vec(polygon(), 1..4).prop_map(|p| MultiPolygon(p).into()),
    ]
}

fn annotation() -> impl Strategy<Value = Annotation> {
    let confidence = prop_oneof![Just(Confidence::Sure), Just(Confidence::Likely)];
    let rest = (prop::option::of(0.0..1e3f64), prop::option::of(".*"), prop::option::of(".*"));
    (geometry(), 1..=254u8, confidence, rest).prop_map(|(geometry, class, confidence, rest)| {
        let (buffer_m, created, note) = rest;
        Annotation { confidence, buffer_m, created, note, ..Annotation::new(0, geometry, class) }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_to_the_last_bit(
        mut annotations in prop::collection::vec(annotation(), 0..6),
        first_id in 0..u64::MAX - 10,
    ) {
        for (annotation, id) in annotations.iter_mut().zip(first_id..) {
            annotation.id = id;
        }
        let annotations: Annotations = annotations.into_iter().collect();
        let text = write_labels(&annotations, &Legend::reforestamos());
        prop_assert_eq!(read(&text).unwrap(), annotations);
    }
}
