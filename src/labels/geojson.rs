//! Annotations from and to GeoJSON.

use super::{Annotation, AnnotationId, Annotations, ClassCode, Confidence, Holds, LabelError, Legend};
use crate::geo::Crs;
use geo::{Coord, Geometry, LineString, MultiPolygon, Point, Polygon};
use geojson::GeometryValue;
use rayon::prelude::*;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Reads a project's `labels.geojson`, the last bit of every coordinate included. A feature that lost its id (other
/// programs drop it) gets one above all others.
///
/// # Errors
/// When the file is damaged; says which feature.
pub fn read_labels(path: &Path) -> Result<Annotations, LabelError> {
    let Collection { features, crs } = read_collection(path)?;
    if let Some(crs) = crs {
        let why = format!("its places are in {}. Save it as WGS 84 (EPSG:4326)", crs.label());
        return Err(unreadable(path, why));
    }
    let mut ids = std::collections::HashSet::new();
    let mut without_id = Vec::new();
    let mut annotations = Vec::with_capacity(features.len());
    let stored: Vec<_> = features.into_par_iter().map(|feature| stored_annotation(&feature)).collect();
    for (i, stored) in stored.into_iter().enumerate() {
        let damaged = |why: String| unreadable(path, format!("feature {} is damaged: {why}", i + 1));
        let (id, annotation) = stored.map_err(damaged)?;
        match id {
            None => without_id.push(i),
            Some(id) if ids.insert(id) => {}
            Some(id) => return Err(damaged(format!("the id {id} is there twice"))),
        }
        annotations.push(annotation);
    }
    let mut next = ids.into_iter().max().unwrap_or(0);
    for i in without_id {
        next = next.checked_add(1).ok_or_else(|| unreadable(path, "the ids are used up"))?;
        annotations[i].id = next;
    }
    Ok(annotations.into_iter().collect())
}

/// The text of a project's `labels.geojson` (RFC 7946; class name, code, confidence, buffer_m, from, to, author, created,
/// note, dropped as properties).
///
/// One feature a line, so that versions can be compared; the same annotations give the same text, and [`read_labels`]
/// gives back the same coordinates, bit for bit. Rings are written as they are wound.
pub fn write_labels(annotations: &Annotations, legend: &Legend) -> String {
    let mut lines = super::LabelLines::default();
    lines.follow(annotations, legend);
    let mut text = Vec::new();
    // Writing into memory cannot fail, and lines are text.
    let _ = lines.write_to(&mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// The line of one feature, its class's name given.
pub(super) fn feature_line(a: &Annotation, class: Option<&str>) -> String {
    let mut properties = Map::new();
    properties.insert("class".into(), json!(class));
    properties.insert("code".into(), json!(a.class));
    properties.insert("confidence".into(), json!(a.confidence));
    let mut add = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            properties.insert(key.into(), value);
        }
    };
    add("buffer_m", a.buffer_m.map(|v| json!(v)));
    add("from", a.holds.from.map(|v| json!(v)));
    add("to", a.holds.to.map(|v| json!(v)));
    add("author", a.author.as_ref().map(|v| json!(v)));
    add("created", a.created.as_ref().map(|v| json!(v)));
    add("note", a.note.as_ref().map(|v| json!(v)));
    add("dropped", (!a.dropped.is_empty()).then(|| json!(a.dropped)));
    let geometry = json_of_geometry(&a.geometry);
    json!({ "type": "Feature", "id": a.id, "properties": properties, "geometry": geometry }).to_string()
}

/// A file's features, and its coordinate system where that is not longitude and latitude.
pub(super) struct Collection {
    pub(super) features: Vec<Value>,
    pub(super) crs: Option<Crs>,
}

pub(super) fn read_collection(path: &Path) -> Result<Collection, LabelError> {
    let bytes =
        std::fs::read(path).map_err(|e| unreadable(path, format!("{e}. Check the path and its rights")))?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| unreadable(path, "it is not UTF-8 text. Export it again as GeoJSON in UTF-8"))?;
    let mut root: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|e| unreadable(path, format!("it is no GeoJSON, or cut off ({e})")))?;
    let crs = crs_of(root.get("crs")).map_err(|why| unreadable(path, why))?;
    let features = match root.get("type").and_then(Value::as_str) {
        Some("Feature") => vec![root],
        Some("FeatureCollection") => match root.get_mut("features").map(Value::take) {
            Some(Value::Array(features)) => features,
            _ => return Err(unreadable(path, "the FeatureCollection has no list of features")),
        },
        _ => return Err(unreadable(path, "it is no GeoJSON FeatureCollection")),
    };
    Ok(Collection { features, crs })
}

/// The legacy `crs` member (GeoJSON 2008): `urn:ogc:def:crs:EPSG::32638`, `EPSG:32638`, `urn:ogc:def:crs:OGC:1.3:CRS84` …
pub(super) fn crs_of(member: Option<&Value>) -> Result<Option<Crs>, String> {
    let Some(member) = member.filter(|m| !m.is_null()) else { return Ok(None) };
    let Some(name) = member.pointer("/properties/name").and_then(Value::as_str) else {
        return Err(format!("its coordinate system {member} has no name. Export it as WGS 84"));
    };
    let upper = name.to_uppercase();
    let last = upper.rsplit([':', '/']).next().unwrap_or_default();
    if last == "CRS84" || last == "CRS84H" {
        return Ok(None);
    }
    let code: Option<u32> = last.parse().ok().filter(|_| upper.contains("EPSG"));
    match code {
        // Written with the longitude first in GeoJSON, whatever EPSG says.
        Some(4326 | 4979) => Ok(None),
        Some(code) => Crs::from_epsg(code).map(Some).map_err(|e| e.to_string()),
        None => Err(format!("its coordinate system “{name}” is not understood. Export it as WGS 84")),
    }
}

/// What GeoJSON geometries become labels.
pub(super) enum Shape {
    Polygons(Vec<Polygon<f64>>),
    Points(Vec<Point<f64>>),
}

/// A feature's geometry in its file's coordinates, heights left off.
pub(super) fn geometry_of(feature: &Value) -> Result<Shape, String> {
    let value = feature.get("geometry").filter(|g| !g.is_null()).ok_or("it has no geometry")?;
    let geometry: geojson::Geometry =
        serde_json::from_value(value.clone()).map_err(|e| format!("its geometry is damaged: {e}"))?;
    match &geometry.value {
        GeometryValue::Point { coordinates } => Ok(Shape::Points(vec![Point(place(coordinates)?)])),
        GeometryValue::MultiPoint { coordinates } if !coordinates.is_empty() => {
            let points = coordinates.iter().map(|c| Ok(Point(place(c)?)));
            Ok(Shape::Points(points.collect::<Result<_, String>>()?))
        }
        GeometryValue::Polygon { coordinates } => Ok(Shape::Polygons(vec![polygon(coordinates)?])),
        GeometryValue::MultiPolygon { coordinates } => {
            Ok(Shape::Polygons(coordinates.iter().map(|rings| polygon(rings)).collect::<Result<_, _>>()?))
        }
        GeometryValue::MultiPoint { .. } => Err("it has no geometry".into()),
        other => Err(format!("it is a {}; only polygons and points can be labels", other.type_name())),
    }
}

fn polygon(rings: &[Vec<geojson::Position>]) -> Result<Polygon<f64>, String> {
    let ring = |ring: &Vec<geojson::Position>| ring.iter().map(place).collect::<Result<Vec<_>, _>>();
    let mut rings = rings.iter().map(ring).collect::<Result<Vec<_>, _>>()?.into_iter().map(LineString);
    let exterior = rings.next().unwrap_or_else(|| LineString(vec![]));
    Ok(Polygon::new(exterior, rings.collect()))
}

fn place(position: &geojson::Position) -> Result<Coord<f64>, String> {
    match position.as_slice() {
        [x, y, ..] => Ok(Coord { x: *x, y: *y }),
        _ => Err("its geometry is damaged: a place has fewer than two numbers".into()),
    }
}

/// A geometry as GeoJSON has it.
pub fn json_of_geometry(geometry: &Geometry<f64>) -> Value {
    let place = |c: &Coord<f64>| json!([c.x, c.y]);
    let ring = |ring: &LineString<f64>| -> Value { ring.0.iter().map(place).collect() };
    let rings = |p: &Polygon<f64>| -> Value {
        if p.exterior().0.is_empty() {
            return json!([]);
        }
        std::iter::once(p.exterior()).chain(p.interiors()).map(ring).collect()
    };
    match geometry {
        Geometry::Point(p) => json!({ "type": "Point", "coordinates": place(&p.0) }),
        Geometry::Polygon(p) => json!({ "type": "Polygon", "coordinates": rings(p) }),
        Geometry::MultiPolygon(m) => {
            json!({ "type": "MultiPolygon", "coordinates": m.iter().map(rings).collect::<Value>() })
        }
        // No annotation is anything else.
        _ => Value::Null,
    }
}

/// An annotation as [`write_labels`] wrote it, and its id where it has one.
fn stored_annotation(feature: &Value) -> Result<(Option<AnnotationId>, Annotation), String> {
    let id = match feature.get("id") {
        None | Some(Value::Null) => None,
        Some(id) => Some(id.as_u64().ok_or_else(|| format!("its id {id} is no whole number"))?),
    };
    let geometry: Geometry<f64> = match geometry_of(feature)? {
        Shape::Points(points) => match points.as_slice() {
            [point] => (*point).into(),
            _ => return Err("it has several points".into()),
        },
        Shape::Polygons(mut polygons) => {
            let multi = feature.pointer("/geometry/type").and_then(Value::as_str) == Some("MultiPolygon");
            if multi { MultiPolygon(polygons).into() } else { polygons.remove(0).into() }
        }
    };
    let property = |key: &str| feature.get("properties").and_then(|p| p.get(key)).filter(|v| !v.is_null());
    let code = property("code").and_then(Value::as_u64).and_then(|code| ClassCode::try_from(code).ok());
    let class = code.filter(|code| (1..=254).contains(code)).ok_or("it has no class code from 1 to 254")?;
    let confidence = match property("confidence") {
        None => Confidence::Sure,
        Some(value) => serde_json::from_value(value.clone())
            .map_err(|_| format!("its confidence {value} is neither “sure” nor “likely”"))?,
    };
    let buffer_m = match property("buffer_m") {
        None => None,
        Some(value) => Some(value.as_f64().ok_or_else(|| format!("its buffer_m {value} is no number"))?),
    };
    let text = |key| property(key).and_then(Value::as_str).map(str::to_owned);
    let date = |key| match property(key) {
        None => Ok(None),
        Some(value) => serde_json::from_value(value.clone())
            .map(Some)
            .map_err(|_| format!("its “{key}” {value} is no date such as 2022-03-15")),
    };
    let dropped = match property("dropped") {
        None => Vec::new(),
        Some(value) => serde_json::from_value(value.clone())
            .map_err(|_| "its “dropped” is no list of longitudes and latitudes".to_string())?,
    };
    let annotation = Annotation {
        confidence,
        buffer_m,
        holds: Holds { from: date("from")?, to: date("to")? },
        author: text("author"),
        created: text("created"),
        note: text("note"),
        dropped,
        ..Annotation::new(id.unwrap_or(0), geometry, class)
    };
    Ok((id, annotation))
}

pub(super) fn unreadable(path: &Path, why: impl Into<String>) -> LabelError {
    LabelError::Read { path: path.into(), why: why.into() }
}

#[cfg(test)]
mod tests;
