//! Annotations from and to GeoJSON.

use super::core::not_lonlat;
use super::repair::repair;
use super::{Annotation, AnnotationId, Annotations, ClassCode, Confidence, Holds, LabelError, Legend};
use crate::geo::Crs;
use geo::algorithm::orient::Direction;
use geo::{Area, Coord, Geometry, LineString, MapCoords, MultiPolygon, Orient, Point, Polygon};
use geojson::GeometryValue;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// How to import.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportSettings {
    /// The property that holds the class's name (or code, where no class has that name).
    pub class_field: String,
    /// The inward buffer given to what is imported; the project's where `None`.
    pub buffer_m: Option<f64>,
}

impl Default for ImportSettings {
    fn default() -> Self {
        Self { class_field: "class".into(), buffer_m: None }
    }
}

/// What an import found.
#[derive(Debug, Clone, Default)]
pub struct ImportReport {
    /// Annotations taken, with ids from the first free one on.
    pub annotations: Vec<Annotation>,
    /// Names of classes that the legend did not have and now has.
    pub new_classes: Vec<String>,
    /// Features left aside: file, which (its place in the file, from 1), why.
    pub skipped: Vec<(PathBuf, usize, String)>,
    /// Features whose rings were repaired: file, which, and the change in area in hectares.
    pub repaired: Vec<(PathBuf, usize, f64)>,
}

/// Reads features of a GeoJSON file as annotations; a legacy `crs` member is honoured. Adds missing classes to `legend`.
///
/// Polygons and multipolygons become one annotation each, points one each. Rings that cross themselves are repaired and
/// wound as RFC 7946 asks. A number is a class's name first, then the code of a class that `legend` had before; a class
/// added for a number gets it as its code where that is free.
///
/// # Errors
/// When the file is no GeoJSON, its coordinate system is not understood, or it lacks the class field altogether (the
/// message lists the properties there are).
pub fn import(
    path: &Path,
    settings: &ImportSettings,
    legend: &mut Legend,
    first_id: AnnotationId,
) -> Result<ImportReport, LabelError> {
    let file = read_collection(path)?;
    check_class_field(path, &file.features, &settings.class_field)?;
    let mut classes = Classes { before: legend.clone(), legend, added: vec![] };
    let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let created = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);

    let mut report = ImportReport::default();
    for (i, feature) in file.features.iter().enumerate() {
        let taken = imported_geometries(feature, file.crs.as_ref()).and_then(|(geometries, change_ha)| {
            Ok((geometries, change_ha, classes.code_of(feature, &settings.class_field)?))
        });
        let (geometries, change_ha, class) = match taken {
            Ok(taken) => taken,
            Err(why) => {
                report.skipped.push((path.into(), i + 1, why));
                continue;
            }
        };
        if let Some(change_ha) = change_ha {
            report.repaired.push((path.into(), i + 1, change_ha));
        }
        for geometry in geometries {
            let id = first_id + report.annotations.len() as u64;
            report.annotations.push(Annotation {
                buffer_m: settings.buffer_m,
                created: Some(created.clone()),
                note: file_name.clone(),
                ..Annotation::new(id, geometry, class)
            });
        }
    }
    report.new_classes = classes.added;
    Ok(report)
}

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
    for (i, feature) in features.iter().enumerate() {
        let damaged = |why: String| unreadable(path, format!("feature {} is damaged: {why}", i + 1));
        let (id, annotation) = stored_annotation(feature).map_err(damaged)?;
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
    let features: Vec<String> = annotations
        .iter()
        .map(|a| {
            let mut properties = Map::new();
            properties.insert("class".into(), json!(legend.class(a.class).map(|c| &c.name)));
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
            json!({ "type": "Feature", "id": a.id, "properties": properties, "geometry": geometry })
                .to_string()
        })
        .collect();
    if features.is_empty() {
        return "{\"type\":\"FeatureCollection\",\"features\":[]}\n".into();
    }
    format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}\n", features.join(",\n"))
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
fn crs_of(member: Option<&Value>) -> Result<Option<Crs>, String> {
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

fn check_class_field(path: &Path, features: &[Value], field: &str) -> Result<(), LabelError> {
    let mut names: Vec<&str> = Vec::new();
    for properties in features.iter().filter_map(|f| f.get("properties")?.as_object()) {
        if properties.contains_key(field) {
            return Ok(());
        }
        for name in properties.keys() {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
    }
    if features.is_empty() {
        return Ok(());
    }
    let there = match names.as_slice() {
        [] => "Its features have no properties at all".into(),
        names => format!("Give the one that holds the class: {}", names.join(", ")),
    };
    Err(unreadable(path, format!("no feature has the property “{field}”. {there}")))
}

/// Finds classes for property values, adding those that are missing.
struct Classes<'a> {
    /// As it was before the import: numbers are codes of its classes, not of those just added.
    before: Legend,
    legend: &'a mut Legend,
    added: Vec<String>,
}

impl Classes<'_> {
    fn code_of(&mut self, feature: &Value, field: &str) -> Result<ClassCode, String> {
        let value = feature.get("properties").and_then(|p| p.get(field)).unwrap_or(&Value::Null);
        let name = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => match number.as_f64() {
                // "4.0" is how tables write a code.
                Some(v) if v.fract() == 0.0 && v.abs() < 1e15 => format!("{v:.0}"),
                _ => number.to_string(),
            },
            Value::Null => String::new(),
            other => return Err(format!("its class {other} is neither text nor a number")),
        };
        if name.is_empty() {
            return Err(format!("its “{field}” is empty: it has no class"));
        }
        if let Some(class) = self.legend.by_name(&name) {
            return Ok(class.code);
        }
        let code: Option<ClassCode> = name.parse().ok();
        if let Some(class) = code.and_then(|code| self.before.class(code)) {
            return Ok(class.code);
        }
        let code = self.legend.add_with_code(&name, code).map_err(|e| e.to_string())?;
        self.added.push(name);
        Ok(code)
    }
}

/// The geometries a feature is imported as, and the change in area (hectares) where it had to be repaired.
pub(super) fn imported_geometries(
    feature: &Value,
    crs: Option<&Crs>,
) -> Result<(Vec<Geometry<f64>>, Option<f64>), String> {
    let (polygons, points) = match geometry_of(feature)? {
        Shape::Polygons(polygons) => (polygons, vec![]),
        Shape::Points(points) => (vec![], points),
    };
    let points = points.iter().map(|p| in_lonlat(&[p.0], crs)).collect::<Result<Vec<_>, _>>()?;
    if !points.is_empty() {
        return Ok((points.into_iter().flatten().map(|c| Point(c).into()).collect(), None));
    }
    let mut drawn = Vec::new();
    for polygon in polygons {
        let ring = |ring: &LineString<f64>| Ok::<_, String>(LineString(in_lonlat(&ring.0, crs)?));
        let holes = polygon.interiors().iter().map(ring).collect::<Result<Vec<_>, _>>()?;
        drawn.push(Polygon::new(ring(polygon.exterior())?, holes));
    }
    let whole_rings = |p: &Polygon<f64>| p.exterior().0.len() >= 4;
    if !drawn.iter().any(whole_rings) {
        return Err("it has fewer than three corners".into());
    }
    drawn.retain(whole_rings);
    let (whole, repaired) = repair(&drawn);
    if whole.unsigned_area() <= 0.0 {
        return Err("it has no area: its corners lie on one line".into());
    }
    let change_ha = repaired.then(|| {
        let before: f64 = drawn.iter().map(area_ha).sum();
        whole.iter().map(area_ha).sum::<f64>() - before
    });
    let mut polygons = if repaired { whole.0 } else { drawn };
    let geometry: Geometry<f64> = match polygons.len() {
        1 => polygons.remove(0).orient(Direction::Default).into(),
        _ => MultiPolygon(polygons).orient(Direction::Default).into(),
    };
    Ok((vec![geometry], change_ha))
}

/// Longitudes and latitudes of places in `crs`.
fn in_lonlat(places: &[Coord<f64>], crs: Option<&Crs>) -> Result<Vec<Coord<f64>>, String> {
    let mut places: Vec<[f64; 2]> = places.iter().map(|c| [c.x, c.y]).collect();
    if let Some(crs) = crs {
        crs.lonlat_from_xy(&mut places).map_err(|e| e.to_string())?;
    }
    match places.iter().find_map(|place| not_lonlat(*place)) {
        Some(why) => Err(why),
        None => Ok(places.into_iter().map(Coord::from).collect()),
    }
}

/// Area of a polygon in degrees, in a plane that touches the sphere at its first corner: good enough to be told.
pub(super) fn area_ha(polygon: &Polygon<f64>) -> f64 {
    let lat = polygon.exterior().0.first().map_or(0.0, |c| c.y);
    let (east, north) = (111_319.490_793 * lat.to_radians().cos(), 110_574.0);
    polygon.map_coords(|c| Coord { x: c.x * east, y: c.y * north }).unsigned_area() / 10_000.0
}

/// What GeoJSON geometries become labels.
enum Shape {
    Polygons(Vec<Polygon<f64>>),
    Points(Vec<Point<f64>>),
}

/// A feature's geometry in its file's coordinates, heights left off.
fn geometry_of(feature: &Value) -> Result<Shape, String> {
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

fn json_of_geometry(geometry: &Geometry<f64>) -> Value {
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
