use super::*;
use crate::geo::Grid;
use crate::labels::{Class, Holds, ImportSettings, import};
use geo::{BoundingRect, Point, Rect, Winding};

fn grid() -> Grid {
    Grid {
        crs: Crs::from_epsg(32615).unwrap(),
        left: 500_000.0,
        top: 1_900_000.0,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: 100,
        height: 100,
    }
}

fn square(id: AnnotationId, col: f64, row: f64, side: f64) -> Annotation {
    // Against RFC 7946 on purpose: the clock's way round.
    let corners = [(col, row), (col + side, row), (col + side, row + side), (col, row + side)];
    let ring = corners.iter().map(|&(c, r)| Coord::from(grid().lonlat_from_pixel(c, r).unwrap())).collect();
    let polygon = geo::Polygon::new(geo::LineString(ring), vec![]);
    Annotation { author: Some("Ana".into()), ..Annotation::new(id, polygon.into(), 1) }
}

fn spec(what: ExportWhat, annotations: Vec<Annotation>) -> ExportSpec {
    let mut right = grid();
    right.left += 1000.0;
    let sites = [("left", grid()), ("right", right)].map(|(name, grid)| LabelSite {
        name: name.into(),
        grid,
        dates: vec![],
    });
    ExportSpec {
        what,
        annotations: annotations.into_iter().collect(),
        legend: Legend { classes: vec![Class::new(1, "selva húmeda", [0, 90, 0])] },
        buffers: Buffers::all(20.0),
        sites: sites.into(),
        only_sites: false,
        crs: None,
    }
}

/// Exports to GeoJSON; gives the features and what was left out.
fn exported(spec: &ExportSpec) -> (Vec<Value>, ExportReport) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.geojson");
    let report = export(spec, &path, &|_| {}, &Cancel::new()).unwrap();
    let value: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let features = value["features"].as_array().unwrap().clone();
    assert_eq!(features.len(), report.features);
    (features, report)
}

#[test]
fn annotations_carry_what_is_known_of_them() {
    let day = chrono::NaiveDate::from_ymd_opt(2022, 5, 1);
    let dated = Annotation {
        holds: Holds { from: day, to: None },
        confidence: Confidence::Likely,
        ..square(4, 10.0, 10.0, 10.0)
    };
    let point = Annotation::new(7, Point::from(grid().lonlat_from_pixel(50.5, 50.5).unwrap()).into(), 1);
    let far = square(9, 500.0, 10.0, 10.0);
    let (features, report) = exported(&spec(ExportWhat::Annotations, vec![dated, point, far]));
    assert_eq!(report.left_out, []);
    let first = &features[0]["properties"];
    let expected = json!({ "id": 4, "class": "selva húmeda", "code": 1, "confidence": "likely", "buffer_m": 20.0,
        "from": "2022-05-01", "to": null, "author": "Ana", "created": null, "note": null, "sites": "left" });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&first[key], value, "{key}");
    }
    assert!((first["area_ha"].as_f64().unwrap() - 1.0).abs() < 1e-6);
    assert!((first["core_area_ha"].as_f64().unwrap() - 0.36).abs() < 1e-6);
    assert_eq!(first["pure_pixels"], 36);
    assert_eq!(features[0]["id"], 4);
    let point = &features[1]["properties"];
    assert_eq!((&point["buffer_m"], &point["pure_pixels"]), (&Value::Null, &1.into()));
    let far = &features[2]["properties"];
    assert_eq!((&far["sites"], &far["pure_pixels"]), (&"".into(), &Value::Null));
    assert!((far["area_ha"].as_f64().unwrap() - 1.0).abs() < 2e-3, "measured in a plane: {far}");
}

#[test]
fn rings_turn_as_rfc_7946_asks() {
    let (features, _) = exported(&spec(ExportWhat::Annotations, vec![square(1, 10.0, 10.0, 10.0)]));
    let ring: Vec<[f64; 2]> =
        serde_json::from_value(features[0]["geometry"]["coordinates"][0].clone()).unwrap();
    let ring = geo::LineString(ring.into_iter().map(Coord::from).collect());
    assert!(ring.is_ccw());
}

#[test]
fn cores_come_once_a_site_and_emptied_ones_are_told() {
    let across = square(1, 90.0, 10.0, 20.0);
    let small = square(2, 10.0, 10.0, 3.0);
    let (features, report) =
        exported(&spec(ExportWhat::Cores, vec![across, small, square(3, 500.0, 0.0, 9.0)]));
    let sites: Vec<_> = features.iter().map(|f| f["properties"]["site"].as_str().unwrap()).collect();
    assert_eq!(sites, ["left", "right"]);
    let pixels: Vec<_> = features.iter().map(|f| f["properties"]["pure_pixels"].clone()).collect();
    assert_eq!(pixels, [128, 128], "16 rows of 8 columns on each side");
    let left_out: Vec<_> = report.left_out.iter().map(|(id, why)| (*id, why.as_str())).collect();
    assert_eq!(left_out[0], (2, "nothing is left of it after the inward buffer"));
    assert_eq!(left_out[1], (3, "it lies outside of every site"));
}

#[test]
fn a_core_in_two_parts_is_one_feature() {
    // Two squares of 10 pixels joined by a bridge of two: the buffer takes the bridge away.
    let corners = [
        (10., 10.),
        (20., 10.),
        (20., 14.),
        (30., 14.),
        (30., 10.),
        (40., 10.),
        (40., 20.),
        (30., 20.),
        (30., 16.),
        (20., 16.),
        (20., 20.),
        (10., 20.),
    ];
    let ring = corners.iter().map(|&(c, r)| Coord::from(grid().lonlat_from_pixel(c, r).unwrap())).collect();
    let polygon = geo::Polygon::new(geo::LineString(ring), vec![]);
    let (features, _) = exported(&spec(ExportWhat::Cores, vec![Annotation::new(1, polygon.into(), 1)]));
    assert_eq!(features.len(), 1);
    assert_eq!(features[0]["geometry"]["type"], "MultiPolygon");
    assert_eq!(features[0]["geometry"]["coordinates"].as_array().unwrap().len(), 2);
}

#[test]
fn what_was_exported_can_be_imported_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.geojson");
    let mut spec =
        spec(ExportWhat::Annotations, vec![square(4, 10.0, 10.0, 10.0), square(5, 30.0, 10.0, 10.0)]);
    export(&spec, &path, &|_| {}, &Cancel::new()).unwrap();
    let again = import(&path, &ImportSettings::default(), &mut spec.legend, 1).unwrap();
    assert_eq!(again.annotations.len(), 2);
    assert!(again.new_classes.is_empty());
    let bounds = |geometry: &Geometry<f64>| geometry.bounding_rect().unwrap();
    assert_eq!(bounds(&again.annotations[0].geometry), bounds(&spec.annotations.first().unwrap().geometry));
}

#[test]
fn a_geopackage_in_the_grids_own_system_has_cores_on_its_pixels() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cores.gpkg");
    let mut spec = spec(ExportWhat::Cores, vec![square(1, 10.0, 10.0, 10.0)]);
    spec.crs = Some(grid().crs);
    export(&spec, &path, &|_| {}, &Cancel::new()).unwrap();
    let cores = crate::geo::vector_write::testing::geometries(&path, "cores");
    let bounds = cores[0].bounding_rect().unwrap();
    let expected = Rect::new((500_120.0, 1_899_820.0), (500_180.0, 1_899_880.0));
    let near = |a: Coord<f64>, b: Coord<f64>| (a.x - b.x).abs() < 1e-3 && (a.y - b.y).abs() < 1e-3;
    assert!(near(bounds.min(), expected.min()) && near(bounds.max(), expected.max()), "{bounds:?}");
}

#[test]
fn only_the_sites_asked_for_are_exported() {
    let mut spec =
        spec(ExportWhat::Annotations, vec![square(1, 10.0, 10.0, 10.0), square(2, 150.0, 10.0, 10.0)]);
    spec.sites.truncate(1);
    spec.only_sites = true;
    let (features, report) = exported(&spec);
    assert_eq!(features.len(), 1);
    assert_eq!(report.left_out, [(2, "it lies outside of every site".to_string())]);
}

#[test]
fn an_export_that_makes_no_sense_is_refused_and_stopping_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut spec = spec(ExportWhat::Cores, vec![square(1, 10.0, 10.0, 10.0)]);
    let try_it = |spec: &ExportSpec, name: &str, cancel: &Cancel| {
        export(spec, &path(name), &|_| {}, cancel).unwrap_err().to_string()
    };
    assert!(try_it(&spec, "out.kml", &Cancel::new()).contains(".gpkg"));
    assert!(try_it(&spec, "absent/out.geojson", &Cancel::new()).contains("absent"));
    std::fs::write(path("out.geojson"), "old").unwrap();
    let cancel = Cancel::new();
    cancel.cancel();
    assert_eq!(try_it(&spec, "out.geojson", &cancel), "stopped, as asked");
    assert_eq!(std::fs::read_to_string(path("out.geojson")).unwrap(), "old");
    spec.crs = Some(grid().crs);
    assert!(try_it(&spec, "out.geojson", &Cancel::new()).contains("WGS 84"));
    spec.sites.clear();
    assert!(try_it(&spec, "out.gpkg", &Cancel::new()).contains("no"));
}
