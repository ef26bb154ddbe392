//! Polygons of a GeoJSON file with what is said of them, whatever that is.

use super::LabelError;
use super::geojson::{Collection, Shape, geometry_of, read_collection};
use super::repair::repair;
use crate::geo::Crs;
use geo::{Area, CoordsIter, MapCoordsInPlace, MultiPolygon, Polygon};
use serde_json::{Map, Value};
use std::path::Path;

/// A feature of a file.
#[derive(Debug, Clone)]
pub struct PolygonFeature {
    /// Where it lies, in longitude and latitude, and whether it had to be repaired since it crosses itself; or why that cannot
    /// be used, in a sentence.
    pub polygons: Result<(MultiPolygon<f64>, bool), String>,
    /// What is said of it.
    pub properties: Map<String, Value>,
}

/// Reads the polygons of a GeoJSON file, which is in longitude and latitude or names its coordinate system.
///
/// # Errors
/// [`LabelError::Read`] when the file is damaged, or its coordinate system is not known.
pub fn read_polygons(path: &Path) -> Result<Vec<PolygonFeature>, LabelError> {
    let Collection { features, crs } = read_collection(path)?;
    let read = |feature: &Value| PolygonFeature {
        polygons: polygons_of(feature, crs.as_ref()),
        properties: feature.get("properties").and_then(Value::as_object).cloned().unwrap_or_default(),
    };
    Ok(features.iter().map(read).collect())
}

fn polygons_of(feature: &Value, crs: Option<&Crs>) -> Result<(MultiPolygon<f64>, bool), String> {
    let Shape::Polygons(polygons) = geometry_of(feature)? else {
        return Err("it is a point; only a polygon covers pixels".into());
    };
    let mut polygons = MultiPolygon(polygons);
    if let Some(crs) = crs {
        polygons
            .try_map_coords_in_place(|coord| {
                let mut place = [[coord.x, coord.y]];
                crs.lonlat_from_xy(&mut place).map(|()| place[0].into())
            })
            .map_err(|error| error.to_string())?;
    }
    whole_polygons(&polygons.0)
}

/// Polygons in longitude and latitude as valid geometry, and whether that changed what they cover.
///
/// # Errors
/// Why they cannot be used, in a sentence: places off the Earth, or polygons that surround nothing.
pub fn whole_polygons(polygons: &[Polygon<f64>]) -> Result<(MultiPolygon<f64>, bool), String> {
    let on_earth = |c: geo::Coord<f64>| c.x.abs() <= 180.0 && c.y.abs() <= 90.0;
    if !polygons.iter().flat_map(CoordsIter::coords_iter).all(on_earth) {
        return Err(
            "its places are no longitudes and latitudes: save it in WGS 84 (EPSG:4326), or let the file \
                    name its coordinate system"
                .into(),
        );
    }
    let (whole, repaired) = repair(polygons);
    // A ring of no width has rounding errors for an area.
    if whole.unsigned_area() < 1e-16 {
        return Err("it surrounds nothing: it needs three corners that do not lie on a line".into());
    }
    // What is whole stays as it is, to the last bit.
    Ok((if repaired { whole } else { MultiPolygon(polygons.to_vec()) }, repaired))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<PolygonFeature>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.geojson");
        std::fs::write(&path, text).unwrap();
        read_polygons(&path).map_err(|error| error.to_string())
    }

    fn one(geometry: &str, crs: &str) -> Result<(MultiPolygon<f64>, bool), String> {
        let feature = format!(r#"{{"type":"Feature","properties":{{"to":"x"}},"geometry":{geometry}}}"#);
        let text = format!(r#"{{"type":"FeatureCollection",{crs}"features":[{feature}]}}"#);
        read(&text).unwrap().remove(0).polygons
    }

    fn square(left: f64, top: f64, side: f64) -> String {
        let (right, bottom) = (left + side, top - side);
        format!(
            r#"{{"type":"Polygon","coordinates":[[[{left},{top}],[{right},{top}],[{right},{bottom}],[{left},{bottom}],[{left},{top}]]]}}"#
        )
    }

    #[test]
    fn polygons_in_another_coordinate_system_come_in_longitude_and_latitude() {
        let crs = r#""crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32614"}},"#;
        let (found, repaired) = one(&square(500_000.0, 2_200_000.0, 1000.0), crs).unwrap();
        let corner = found.0[0].exterior().0[0];
        assert!(!repaired && (corner.x + 99.0).abs() < 0.02 && (corner.y - 19.9).abs() < 0.02, "{corner:?}");
        let why = one(&square(500_000.0, 2_200_000.0, 1000.0), "").unwrap_err();
        assert!(why.contains("no longitudes and latitudes"), "{why}");
        let unknown = r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"my own"}},"features":[]}"#;
        assert!(read(unknown).unwrap_err().contains("my own"));
    }

    #[test]
    fn what_is_no_polygon_that_covers_something_is_told() {
        let why = |geometry| one(geometry, "").unwrap_err();
        assert!(why(r#"{"type":"Point","coordinates":[1,2]}"#).contains("point"));
        assert!(why(r#"{"type":"LineString","coordinates":[[1,2],[3,4]]}"#).contains("LineString"));
        assert!(why(r#"{"type":"Polygon","coordinates":[]}"#).contains("surrounds nothing"));
        assert!(why(r#"{"type":"Polygon","coordinates":[[[1,1],[2,2],[3,3],[1,1]]]}"#).contains("nothing"));
        assert!(why("null").contains("no geometry"));
        let tie = r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}"#;
        let (whole, repaired) = one(tie, "").unwrap();
        assert!(repaired && whole.0.len() == 2);
        assert!(read("[1]").is_err() && read("{").is_err());
    }
}
