//! Reading reference samples: those of this program, and points made elsewhere.

use super::rows::{ClassField, Row, answers_of, no_class, number_of, on_earth, read_rows, stratum_of};
use super::{PlacedUnit, ReferenceError, ReferenceSample, Told};
use crate::assess::{DesignUnit, SampleDesign};
use crate::labels::Legend;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::Path;

/// The interpreter of answers that do not say who gave them.
const UNNAMED: &str = "unnamed";
/// Degrees within which two places are the same.
const NEAR: f64 = 1e-6;

/// Reads a reference sample, or points made elsewhere ([`read_points`]) with the likely field as their class. What is off,
/// unknown or there twice is counted and told.
///
/// # Errors
/// When the file cannot be read, is damaged, holds no unit, or is of a newer version.
pub fn read_reference(path: &Path, legend: &Legend) -> Result<(ReferenceSample, Told), ReferenceError> {
    read_points(path, legend, None)
}

/// As [`read_reference`], with the field that holds the classes of points made elsewhere: GeoJSON, GeoPackage or whatever
/// vector file with points, and tables with longitude and latitude (those of Collect Earth Online too). Rows of one number
/// and place by several interpreters are one unit.
///
/// # Errors
/// As [`read_reference`].
pub fn read_points(
    path: &Path,
    legend: &Legend,
    class_field: Option<&str>,
) -> Result<(ReferenceSample, Told), ReferenceError> {
    let unreadable = |why: String| ReferenceError::Read { path: path.into(), why };
    let own = own_file(path)?;
    let (head, rows) = match own {
        Some((head, rows)) => (Some(head), rows),
        None => (None, read_rows(path)?),
    };
    if rows.is_empty() {
        return Err(unreadable("it holds no unit. Draw a sample, or choose another file".into()));
    }
    let mut told = Told::default();
    let classes = ClassField::of(&rows, class_field, legend);
    match (&classes, class_field) {
        (None, Some(_)) => return Err(unreadable(no_class(&rows, class_field))),
        (None, None) => told.notes.push("No field holds classes: its units have no answers.".into()),
        _ => {}
    }
    let classes = classes.unwrap_or(ClassField::Named(String::new()));
    let design = head.as_ref().and_then(|head| head.get("design")).filter(|design| !design.is_null());
    let mut design = design.map(|design| design_of(design).map_err(&unreadable)).transpose()?;
    let mut units: Vec<PlacedUnit> = Vec::with_capacity(rows.len());
    let mut places: HashMap<u32, usize> = HashMap::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        let Some(lonlat) = row.lonlat else {
            *(if row.has_point { &mut told.off_the_earth } else { &mut told.no_point }) += 1;
            continue;
        };
        let number = number_of(row).unwrap_or(i as u32 + 1);
        let answers = answers_of(row, &classes, legend, UNNAMED, &mut told);
        if let Some(place) = places.get(&number) {
            let same = |unit: &PlacedUnit| (0..2).all(|axis| (unit.lonlat[axis] - lonlat[axis]).abs() < NEAR);
            let unit = &mut units[*place];
            let is_new =
                !answers.is_empty() && answers.iter().all(|a| unit.answer_of(&a.interpreter).is_none());
            if head.is_none() && same(unit) && is_new {
                unit.answers.extend(answers);
            } else {
                told.duplicates += 1;
            }
            continue;
        }
        places.insert(number, units.len());
        let mut unit = PlacedUnit { number, lonlat, stratum: stratum_of(row, legend), answers: Vec::new() };
        answers.into_iter().for_each(|answer| unit.answer(answer));
        if let Some(design) = &mut design {
            let known = unit.stratum.and_then(|code| design.strata.iter().find(|s| s.stratum.code == code));
            told.unknown_strata += u64::from(known.is_none());
            let weight = known.map_or(0.0, |stratum| stratum.weight);
            design.units.push(drawn_of(&row.fields, &unit, weight));
        }
        units.push(unit);
    }
    if units.is_empty() {
        return Err(unreadable(format!("none of its {} rows has a point on the Earth", rows.len())));
    }
    if let Some(design) = &design {
        let drawn: u64 = design.strata.iter().map(|stratum| stratum.units).sum();
        told.missing_units = drawn.saturating_sub(units.len() as u64);
    }
    let text = |key: &str| head.as_ref().and_then(|head| head.get(key)?.as_str()).map(str::to_owned);
    let stem =
        || path.file_stem().map_or_else(|| "sample".into(), |stem| stem.to_string_lossy().into_owned());
    Ok((ReferenceSample { name: stem(), site: text("site"), design, units }, told))
}

fn drawn_of(fields: &Map<String, Value>, unit: &PlacedUnit, weight: f64) -> DesignUnit {
    let whole = |key: &str| fields.get(key).and_then(Value::as_u64).and_then(|v| u32::try_from(v).ok());
    DesignUnit {
        number: unit.number,
        col: whole("column").unwrap_or(0),
        row: whole("row").unwrap_or(0),
        stratum: unit.stratum.unwrap_or(0),
        weight: fields.get("weight").and_then(Value::as_f64).unwrap_or(weight),
    }
}

/// The design without its units, which are the features.
fn design_of(value: &Value) -> Result<SampleDesign, String> {
    let mut value = value.clone();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("units".into(), json!([]));
    }
    serde_json::from_value(value)
        .map_err(|e| format!("its design is damaged ({e}). Put back a copy of the file"))
}

/// What stands at the head of a file of this program, and its rows.
type OwnFile = (Map<String, Value>, Vec<Row>);

/// Reads a file of this program; `None` of files made elsewhere.
fn own_file(path: &Path) -> Result<Option<OwnFile>, ReferenceError> {
    let unreadable = |why: String| ReferenceError::Read { path: path.into(), why };
    let ending = path.extension().and_then(|e| e.to_str()).map(str::to_lowercase);
    if !matches!(ending.as_deref(), Some("geojson" | "json")) {
        return Ok(None);
    }
    let bytes = std::fs::read(path).map_err(|e| unreadable(format!("{e}. Check the path and its rights")))?;
    if bytes.trim_ascii().is_empty() {
        return Err(unreadable("the file is empty. Put back a copy of it, or draw the sample again".into()));
    }
    let root: Value = serde_json::from_slice(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes))
        .map_err(|e| unreadable(format!("it is no GeoJSON, or cut off ({e}). Put back a copy of it")))?;
    let Value::Object(mut root) = root else { return Ok(None) };
    let Some(Value::Object(head)) = root.remove("ritmo") else { return Ok(None) };
    if let Some(found) = head.get("version").and_then(Value::as_u64).filter(|v| *v > ReferenceSample::VERSION)
    {
        return Err(ReferenceError::Newer { path: path.into(), found });
    }
    let Some(Value::Array(features)) = root.remove("features") else {
        return Err(unreadable("it has no list of features".into()));
    };
    Ok(Some((head, features.into_iter().map(feature_row).collect())))
}

fn feature_row(mut feature: Value) -> Row {
    let fields = match feature.get_mut("properties").map(Value::take) {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let is_point = feature.pointer("/geometry/type").and_then(Value::as_str) == Some("Point");
    let side = |axis: usize| feature.pointer(&format!("/geometry/coordinates/{axis}"))?.as_f64();
    let place = side(0).zip(side(1)).filter(|_| is_point).map(|(lon, lat)| [lon, lat]);
    Row { fields, has_point: place.is_some(), lonlat: place.filter(|place| on_earth(*place)) }
}
