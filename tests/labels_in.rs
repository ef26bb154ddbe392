//! Labels from files that people have: GeoPackage, Shapefiles, label rasters, and the real data.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use gdal::DriverManager;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Feature, FieldDefn, Geometry, LayerAccess, LayerOptions, OGRFieldType};
use ritmo::geo::Grid;
use ritmo::geo::raster::{PixelType, write_mosaic};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use support::{arg, command, geojson, grid, project, ritmo, shared_data, square, two_classes};

/// A square of `side` pixels at (col, row) of the small inputs, as WKT in metres.
fn wkt(col: f64, row: f64, side: f64) -> String {
    let (left, top) = (500_000.0 + 10.0 * col, 1_900_000.0 - 10.0 * row);
    let (right, bottom) = (left + 10.0 * side, top - 10.0 * side);
    format!("POLYGON(({left} {top},{right} {top},{right} {bottom},{left} {bottom},{left} {top}))")
}

/// Writes a vector file: layers with the class and place of each feature.
fn vector_file(path: &Path, driver: &str, options: &[&str], layers: &[(&str, &[(&str, String)])]) {
    let mut dataset = DriverManager::get_driver_by_name(driver).unwrap().create_vector_only(path).unwrap();
    let srs = SpatialRef::from_epsg(32615).unwrap();
    for (name, features) in layers {
        let layer = dataset
            .create_layer(LayerOptions {
                name,
                srs: Some(&srs),
                options: Some(options),
                ..Default::default()
            })
            .unwrap();
        FieldDefn::new("clase", OGRFieldType::OFTString).unwrap().add_to_layer(&layer).unwrap();
        for (class, place) in *features {
            let mut feature = Feature::new(layer.defn()).unwrap();
            feature.set_geometry(Geometry::from_wkt(place).unwrap()).unwrap();
            feature.set_field_string(0, class).unwrap();
            feature.create(&layer).unwrap();
        }
    }
}

fn import(project: &Path, file: &Path, more: &[&str]) -> support::Ran {
    ritmo(&[&["labels", "import", arg(project), arg(file), "--json"], more].concat())
}

fn empty_project(folder: &Path) -> PathBuf {
    project(folder, None)
}

#[test]
fn a_geopackage_with_several_layers_asks_which_and_gives_it() {
    let folder = tempfile::tempdir().unwrap();
    let project = empty_project(folder.path());
    let file = folder.path().join("labels.gpkg");
    let fields: &[_] = &[("bosque", wkt(4.0, 4.0, 16.0)), ("río", wkt(60.0, 30.0, 12.0))];
    vector_file(&file, "GPKG", &[], &[("campo", fields), ("empty", &[])]);
    let why = import(&project, &file, &[]).failure().to_owned();
    assert!(why.contains("campo") && why.contains("--layer"), "{why}");
    assert!(import(&project, &file, &["--layer", "x"]).failure().contains("only campo, empty"));
    let told = import(&project, &file, &["--layer", "campo"]).json();
    assert_eq!((&told["imported"], &told["new_classes"]), (&2.into(), &serde_json::json!(["bosque", "río"])));
    assert_eq!(told["emptied_by_buffer"], serde_json::json!([]), "they lie where the cube is");
    assert_eq!(
        (&told["files"][0]["format"], &told["files"][0]["crs"]),
        (&"GPKG".into(), &"EPSG:32615".into())
    );
}

#[test]
fn a_shapefile_keeps_its_accents_and_without_prj_asks_for_the_coordinate_system() {
    let folder = tempfile::tempdir().unwrap();
    let project = empty_project(folder.path());
    let file = folder.path().join("parcelas.shp");
    let features: &[_] = &[("matorral desértico", wkt(4.0, 4.0, 16.0))];
    vector_file(&file, "ESRI Shapefile", &["ENCODING=ISO-8859-1"], &[("parcelas", features)]);
    let told = import(&project, &file, &[]).json();
    assert_eq!(told["new_classes"], serde_json::json!(["matorral desértico"]));
    fs::remove_file(file.with_extension("prj")).unwrap();
    let why = import(&project, &file, &[]).failure().to_owned();
    assert!(why.contains(".prj") && why.contains("--crs"), "{why}");
    assert!(import(&project, &file, &["--crs", "EPSG:0"]).failure().contains("coordinate system"));
    let told = import(&project, &file, &["--crs", "32615"]).json();
    assert_eq!((&told["imported"], &told["emptied_by_buffer"]), (&1.into(), &serde_json::json!([])));
    // Cut off in the middle of its shapes.
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 40]).unwrap();
    let ran = import(&project, &file, &["--crs", "32615"]);
    assert!(ran.failure().contains("parcelas.shp"), "{}", ran.stderr);
}

/// A raster of class codes: a block of 4 with a hole, a block of 9, a single pixel of 9; nodata 250.
#[test]
fn a_feature_without_geometry_is_skipped_and_the_others_of_its_file_are_imported() {
    let folder = tempfile::tempdir().unwrap();
    for (name, driver) in [("holes.shp", "ESRI Shapefile"), ("holes.gpkg", "GPKG")] {
        let project = empty_project(&folder.path().join(driver));
        let source = folder.path().join("source.geojson");
        let absent =
            serde_json::json!({ "type": "Feature", "properties": { "class": "lost" }, "geometry": null });
        support::geojson(&source, vec![support::square("forest", 4.0, 4.0, 16.0), absent]);
        let file = folder.path().join(name);
        let ran = std::process::Command::new("ogr2ogr")
            .args(["-f", driver, support::arg(&file), support::arg(&source)])
            .status();
        if !ran.is_ok_and(|status| status.success()) {
            println!("skipped: ogr2ogr is absent");
            return;
        }
        let value = import(&project, &file, &["--class-field", "class"]).json();
        assert_eq!(value["imported"], 1, "{value}");
        let skipped = value["skipped"].as_array().unwrap();
        assert_eq!(skipped.len(), 1, "{value}");
        assert!(skipped[0]["why"].as_str().unwrap().contains("no geometry"), "{value}");
    }
}

fn label_raster(path: &Path) {
    let grid = grid();
    let mut values = vec![0u16; grid.pixels()];
    let mut fill = |cols: std::ops::Range<usize>, rows: std::ops::Range<usize>, value| {
        for row in rows {
            for col in cols.clone() {
                values[row * 96 + col] = value;
            }
        }
    };
    fill(4..24, 4..24, 4);
    fill(12..14, 12..14, 250);
    fill(50..70, 10..30, 9);
    fill(80..81, 50..51, 9);
    write_mosaic(path, &grid, &["class"], PixelType::Uint16, 250.0, &values, &[]).unwrap();
}

#[test]
fn the_regions_of_a_label_raster_become_annotations_once_its_numbers_have_a_meaning() {
    let folder = tempfile::tempdir().unwrap();
    let project = empty_project(folder.path());
    let file = folder.path().join("labels.tif");
    label_raster(&file);
    let why = import(&project, &file, &[]).failure().to_owned();
    assert!(why.contains("4, 9") && why.contains("--numbers"), "{why}");
    let options = ["--numbers", "wikidata", "--min-pixels", "2", "--buffer", "10"];
    let told = import(&project, &file, &options).json();
    assert_eq!(
        (&told["imported"], &told["new_classes"]),
        (&2.into(), &serde_json::json!(["pasture", "scrub"]))
    );
    assert_eq!(told["skipped"][0]["count"], 1);
    // By distance: a ring of one pixel goes at each edge of 20 x 20, and around the hole of 2 x 2.
    let labels = fs::read_to_string(project.join("labels.geojson")).unwrap();
    assert_eq!(labels.matches("\"buffer_m\":10").count(), 2);
    assert_eq!(told["emptied_by_buffer"], serde_json::json!([]));
    let mapped = ["--map", "4=bosque", "--skip", "9", "--dry-run"];
    let told = import(&project, &file, &mapped).json();
    assert_eq!((&told["would_be_imported"], &told["imported"]), (&1.into(), &0.into()));
}

#[test]
fn a_raster_of_fractions_is_no_label_raster() {
    let folder = tempfile::tempdir().unwrap();
    let project = empty_project(folder.path());
    let file = folder.path().join("ndvi.tif");
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let mut raster = driver.create_with_band_type::<f32, _>(&file, 8, 8, 1).unwrap();
    raster.set_geo_transform(&grid().geotransform()).unwrap();
    raster.set_spatial_ref(&SpatialRef::from_epsg(32615).unwrap()).unwrap();
    drop(raster);
    let why = import(&project, &file, &["--numbers", "codes"]).failure().to_owned();
    assert!(why.contains("Float32") && why.contains("no label raster"), "{why}");
}

#[test]
fn a_wrong_extension_does_not_matter_and_what_is_no_label_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let project = empty_project(folder.path());
    let file = folder.path().join("labels.shp");
    geojson(&file, two_classes());
    assert_eq!(import(&project, &file, &["--dry-run"]).json()["would_be_imported"], two_classes().len());
    for (name, text) in
        [("empty.gpkg", ""), ("words.gpkg", "these are words"), ("a.shp", "x"), ("b.kml", "<kml")]
    {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        let ran = import(&project, &file, &[]);
        assert!(ran.failure().contains(name), "{}", ran.stderr);
    }
    let ran = import(&project, &folder.path().join("nowhere.gpkg"), &[]);
    assert!(ran.failure().contains("nowhere.gpkg"), "{}", ran.stderr);
}

/// Turns x and y of all places about.
fn turn(coordinates: &mut Value) {
    let list = coordinates.as_array_mut().unwrap();
    if list[0].is_number() {
        list.swap(0, 1);
    } else {
        list.iter_mut().for_each(turn);
    }
}

/// Features with x and y turned about.
fn swapped(features: Vec<Value>) -> Vec<Value> {
    let turned = |mut feature: Value| {
        turn(&mut feature["geometry"]["coordinates"]);
        feature
    };
    features.into_iter().map(turned).collect()
}

#[test]
fn coordinates_in_the_wrong_order_are_told_and_turned_about_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let project = empty_project(folder.path());
    let file = folder.path().join("swapped.geojson");
    geojson(&file, swapped(two_classes()));
    let ran = import(&project, &file, &["--dry-run"]);
    let told = ran.json();
    assert!(told["seems_swapped"].as_str().unwrap().contains("wrong way round"), "{told}");
    assert!(ran.stderr.contains("--swap-xy"), "{}", ran.stderr);
    let told = import(&project, &file, &["--swap-xy"]).json();
    assert_eq!((&told["imported"], &told["outside_of_sites"]), (&two_classes().len().into(), &0.into()));
}

#[test]
fn overlaps_with_another_class_are_told_and_a_dry_run_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), Some(two_classes()));
    let before = fs::read(project.join("labels.geojson")).unwrap();
    let file = folder.path().join("more.geojson");
    geojson(&file, vec![square("water", 10.0, 10.0, 10.0), square("urban", 15.0, 10.0, 10.0)]);
    let told = import(&project, &file, &["--dry-run", "--confidence", "likely"]).json();
    let words = told["overlaps"].to_string();
    assert!(words.contains("of the project") && words.contains("“water”: feature 1, by 0.50 ha"), "{words}");
    assert_eq!(fs::read(project.join("labels.geojson")).unwrap(), before);
    let ran = command(&["labels", "import", arg(&project), arg(&file), "--map", "water"]).output().unwrap();
    assert!(String::from_utf8(ran.stderr).unwrap().contains("VALUE=CLASS"));
}

/// A project with a cube of pixels of 100 m over the polygons of Azerbaijan.
fn azerbaijan(folder: &Path) -> PathBuf {
    let crs = ritmo::geo::Crs::from_epsg(32638).unwrap();
    let grid = Grid {
        crs,
        left: 720_000.0,
        top: 4_413_000.0,
        pixel_width: 100.0,
        pixel_height: 100.0,
        width: 300,
        height: 400,
    };
    let mosaics = folder.join("mosaics");
    fs::create_dir(&mosaics).unwrap();
    support::mosaic(&mosaics.join("m_2022-01-15.tif"), &grid, &["B04", "B08"], 1);
    let project = folder.join("azerbaijan");
    ritmo(&["new", arg(&project), "--json"]).json();
    ritmo(&["cube", "build", arg(&project), "--site", "s", arg(&mosaics), "--json"]).json();
    project
}

#[test]
fn the_polygons_of_azerbaijan_import_with_a_report() {
    let Some(data) = shared_data("polygons") else { return };
    let folder = tempfile::tempdir().unwrap();
    let project = azerbaijan(folder.path());
    let file = data.join("azerbaijan_lulc_1704_epsg32638_original.geojson");
    for (buffer, share) in [("10", 0.40), ("20", 0.82)] {
        let told = import(&project, &file, &["--buffer", buffer, "--dry-run"]).json();
        assert_eq!((&told["would_be_imported"], &told["outside_of_sites"]), (&1704.into(), &0.into()));
        assert_eq!(told["repaired"].as_array().unwrap().len(), 5);
        let emptied = told["emptied_by_buffer"].as_array().unwrap();
        let emptied = emptied.iter().filter(|one| one["how"] == "emptied").count() as f64 / 1704.0;
        assert!((emptied - share).abs() < 0.006, "{buffer} m: {emptied}");
        assert!(!told["emptied_by_buffer"].to_string().contains("\"how\":\"failed\""));
    }
    let told = import(&project, &file, &["--skip", "NO DATA"]).json();
    assert_eq!(told["imported"], 1704 - 346);
    assert_eq!(told["skipped"].as_array().unwrap().len(), 346);
    assert_eq!(told["files"][0]["class_field"], "LULC");
    let told = import(&project, &data.join("azerbaijan_crops_103.geojson"), &["--dry-run"]).json();
    assert_eq!((&told["would_be_imported"], &told["skipped"]), (&103.into(), &serde_json::json!([])));
    // 47° E, 40° N is a place either way round: only the site tells.
    let degrees = fs::read_to_string(data.join("azerbaijan_lulc_1704_epsg4326.geojson")).unwrap();
    let mut degrees: Value = serde_json::from_str(&degrees).unwrap();
    degrees["features"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .for_each(|f| turn(&mut f["geometry"]["coordinates"]));
    let file = folder.path().join("turned.geojson");
    fs::write(&file, degrees.to_string()).unwrap();
    let told = import(&project, &file, &["--dry-run"]).json();
    assert!(
        told["seems_swapped"].as_str().unwrap().starts_with("none of 1704 places lies on a site"),
        "{told}"
    );
    let told = import(&project, &file, &["--dry-run", "--swap-xy"]).json();
    assert_eq!((&told["seems_swapped"], &told["outside_of_sites"]), (&Value::Null, &0.into()));
}
