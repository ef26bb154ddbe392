//! Rows of any file with points or numbers: what their fields say of a unit, whatever program wrote them.

use super::{Answer, ReferenceError, Told};
use crate::geo::vector::VectorReader;
use crate::labels::{ClassCode, Confidence, Legend};
use geo::Geometry;
use serde_json::{Map, Value};
use std::path::Path;

/// A row of a file.
pub(super) struct Row {
    /// Its fields.
    pub fields: Map<String, Value>,
    /// Longitude and latitude of its point, where it has one that lies on the Earth.
    pub lonlat: Option<[f64; 2]>,
    /// Whether it has a point at all.
    pub has_point: bool,
}

/// An answer of a file, to be taken into a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenAnswer {
    /// The number of its unit.
    pub number: u32,
    /// Where the file says that it lies.
    pub lonlat: Option<[f64; 2]>,
    /// What is said.
    pub answer: Answer,
}

/// Names of the fields that are looked for, the likeliest first, in lower case.
const NUMBER: &[&str] = &["number", "plotid", "plot_id", "id"];
const CLASS: &[&str] = &[
    "class",
    "code",
    "class_name",
    "clase",
    "label",
    "etiqueta",
    "lulc",
    "land_cover",
    "land cover",
    "landcover",
    "cover",
    "cobertura",
    "category",
    "reference",
];
const LON: &[&str] = &["lon", "longitude", "center_lon", "x"];
const LAT: &[&str] = &["lat", "latitude", "center_lat", "y"];
const INTERPRETER: &[&str] = &["interpreter", "analyst", "author", "email", "user_id", "username"];
const AT: &[&str] = &["at", "collection_time", "date", "time"];
const NOTE: &[&str] = &["note", "notes", "comment"];

/// Reads the answers of a table or a vector file by the numbers of their units (`number` or `PLOTID`). `interpreter` is who
/// gave those that do not say who.
///
/// # Errors
/// When the file cannot be read, or has no numbers or no classes.
pub fn read_answers(
    path: &Path,
    legend: &Legend,
    class_field: Option<&str>,
    interpreter: &str,
) -> Result<(Vec<GivenAnswer>, Told), ReferenceError> {
    let rows = read_rows(path)?;
    let classes = ClassField::of(&rows, class_field, legend);
    let unreadable = |why: &str| ReferenceError::Read { path: path.into(), why: why.into() };
    let classes = classes.ok_or_else(|| unreadable(&no_class(&rows, class_field)))?;
    if !rows.iter().any(|row| number_of(row).is_some()) {
        return Err(unreadable("no field holds the numbers of its units. Name it number or PLOTID"));
    }
    let (mut told, mut given) = (Told::default(), Vec::new());
    for row in &rows {
        let answers = answers_of(row, &classes, legend, interpreter, &mut told);
        match number_of(row) {
            Some(number) => given.extend(answers.into_iter().map(|answer| GivenAnswer {
                number,
                lonlat: row.lonlat,
                answer,
            })),
            None => told.no_such_number += 1,
        }
    }
    Ok((given, told))
}

/// Where the class of a row stands.
pub(super) enum ClassField {
    /// In a field of this name.
    Named(String),
    /// In shares of several fields, one a class (Collect Earth Online: "LAND COVER:forest"): the greatest counts.
    Shares(Vec<(String, ClassCode)>),
}

impl ClassField {
    /// The field asked for, or the likely one.
    pub fn of(rows: &[Row], asked: Option<&str>, legend: &Legend) -> Option<Self> {
        let first = rows.first()?;
        let named = |name: &str| first.fields.keys().find(|key| folded(key) == folded(name)).cloned();
        if let Some(found) = asked.and_then(named) {
            return Some(Self::Named(found));
        }
        let shares: Vec<(String, ClassCode)> = first
            .fields
            .keys()
            .filter_map(|key| {
                let (question, class) = key.split_once(':')?;
                let wanted = asked.is_none_or(|asked| folded(asked) == folded(question));
                Some((key.clone(), legend.by_name(class)?.code)).filter(|_| wanted)
            })
            .collect();
        if shares.len() > 1 {
            return Some(Self::Shares(shares));
        }
        asked.is_none().then(|| CLASS.iter().find_map(|name| named(name)))?.map(Self::Named)
    }
}

/// That no field holds a class, and which fields there are.
pub(super) fn no_class(rows: &[Row], asked: Option<&str>) -> String {
    let names: Vec<&str> =
        rows.first().map(|row| row.fields.keys().map(String::as_str).collect()).unwrap_or_default();
    let what = asked.map_or("no field holds classes".into(), |name| format!("it has no field “{name}”"));
    format!("{what}. Give the one that holds the class: {}", names.join(", "))
}

/// The number of a row's unit.
pub(super) fn number_of(row: &Row) -> Option<u32> {
    let value = NUMBER.iter().find_map(|name| field(row, name))?;
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    ((0.0..=f64::from(u32::MAX)).contains(&number) && number.fract() == 0.0).then_some(number as u32)
}

/// The stratum of a row: a code, or a class of the legend.
pub(super) fn stratum_of(row: &Row, legend: &Legend) -> Option<ClassCode> {
    let value = ["stratum", "strata", "estrato"].iter().find_map(|name| field(row, name))?;
    let code = || value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    match value.as_str().and_then(|name| legend.by_name(name)) {
        Some(class) => Some(class.code),
        None => {
            code().and_then(|code| ClassCode::try_from(code).ok()).filter(|code| (1..=254).contains(code))
        }
    }
}

/// The answers of a row: those in its list, or the one that its fields give.
pub(super) fn answers_of(
    row: &Row,
    classes: &ClassField,
    legend: &Legend,
    interpreter: &str,
    told: &mut Told,
) -> Vec<Answer> {
    if let Some(list) = field(row, "answers").and_then(list_of) {
        return list.iter().filter_map(|value| listed_answer(value, legend, told)).collect();
    }
    let class = match classes {
        ClassField::Named(name) => row.fields.get(name).and_then(|value| class_of(value, legend, told)),
        ClassField::Shares(fields) => {
            let share = |name: &str| row.fields.get(name).and_then(as_number).unwrap_or(0.0);
            let most = fields.iter().map(|(name, _)| share(name)).fold(0.0, f64::max);
            let mut first = fields.iter().filter(|(name, _)| most > 0.0 && share(name) == most);
            // Two classes with the same share are none.
            first.next().filter(|_| first.next().is_none()).map(|(_, code)| *code)
        }
    };
    let text = |names: &[&str]| names.iter().find_map(|name| field(row, name)).map(as_text);
    let answer = |class| Answer {
        interpreter: text(INTERPRETER).unwrap_or_else(|| interpreter.to_string()),
        class: Some(class),
        confidence: field(row, "confidence").map_or(Confidence::Sure, confidence_of),
        at: text(AT),
        note: text(NOTE),
    };
    class.map(answer).into_iter().collect()
}

/// An answer as this program writes it.
fn listed_answer(value: &Value, legend: &Legend, told: &mut Told) -> Option<Answer> {
    let Some(fields) = value.as_object() else {
        told.damaged_answers += 1;
        return None;
    };
    let text = |key: &str| fields.get(key).and_then(Value::as_str).map(str::to_owned);
    let Some(interpreter) = text("interpreter") else {
        told.damaged_answers += 1;
        return None;
    };
    // A class that was given another code since is known by its name, one that was given another name by its code.
    let by_name = text("class").and_then(|name| legend.by_name(&name)).map(|class| class.code);
    let code = fields.get("code").and_then(Value::as_u64).and_then(|code| ClassCode::try_from(code).ok());
    let code = code.filter(|code| (1..=254).contains(code));
    let class = by_name.or(code);
    let known = class.is_some_and(|code| legend.class(code).is_some());
    if !known && let Some(name) = text("class").or_else(|| class.map(|code| format!("code {code}"))) {
        *told.unknown_classes.entry(name).or_default() += 1;
    }
    let confidence = fields.get("confidence").map_or(Confidence::Sure, confidence_of);
    Some(Answer { interpreter, class, confidence, at: text("at"), note: text("note") })
}

/// The class that a value names: by its name, then by its code.
fn class_of(value: &Value, legend: &Legend, told: &mut Told) -> Option<ClassCode> {
    let text = as_text(value);
    if text.trim().is_empty() || value.is_null() {
        return None;
    }
    let by_code = || {
        let code = as_number(value).filter(|code| code.fract() == 0.0 && (1.0..=254.0).contains(code))?;
        legend.class(code as ClassCode)
    };
    let found = legend.by_name(&text).or_else(by_code);
    if found.is_none() {
        *told.unknown_classes.entry(text).or_default() += 1;
    }
    found.map(|class| class.code)
}

fn confidence_of(value: &Value) -> Confidence {
    let sure = match value {
        Value::Null => true,
        Value::Number(number) => number.as_f64().is_some_and(|share| share >= 80.0 || share == 1.0),
        other => ["", "sure", "high", "alta", "segura", "seguro"].contains(&folded(&as_text(other)).as_str()),
    };
    if sure { Confidence::Sure } else { Confidence::Likely }
}

/// A field by its name, case and surrounding space apart; `None` where it is empty.
fn field<'a>(row: &'a Row, name: &str) -> Option<&'a Value> {
    let found = row.fields.iter().find(|(key, _)| folded(key) == name)?.1;
    let empty = found.is_null() || found.as_str().is_some_and(|text| text.trim().is_empty());
    (!empty).then_some(found)
}

/// A list, also where a table has it as text.
fn list_of(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(list) => Some(list.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn as_number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().trim_end_matches('%').trim().parse().ok())
}

fn folded(name: &str) -> String {
    name.trim().trim_start_matches('\u{feff}').to_lowercase()
}

/// Whether a place lies on the Earth.
pub(super) fn on_earth([lon, lat]: [f64; 2]) -> bool {
    lon.abs() <= 180.0 && lat.abs() <= 90.0
}

/// All rows of a CSV file or of the first layer of a vector file.
pub(super) fn read_rows(path: &Path) -> Result<Vec<Row>, ReferenceError> {
    let ending = path.extension().and_then(|e| e.to_str()).map(str::to_lowercase);
    match ending.as_deref() {
        Some("csv" | "tsv" | "txt") => {
            table_rows(path, if ending.as_deref() == Some("tsv") { b'\t' } else { b',' })
        }
        _ => vector_rows(path),
    }
}

fn table_rows(path: &Path, between: u8) -> Result<Vec<Row>, ReferenceError> {
    let unreadable = |why: String| ReferenceError::Read { path: path.into(), why };
    let bytes = std::fs::read(path).map_err(|e| unreadable(format!("{e}. Check the path and its rights")))?;
    let mut reader =
        csv::ReaderBuilder::new().delimiter(between).flexible(true).from_reader(bytes.as_slice());
    let no_table = |e: csv::Error| unreadable(format!("it is no table in UTF-8 ({e})"));
    let header: Vec<String> = reader
        .headers()
        .map_err(no_table)?
        .iter()
        .map(|n| n.trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(no_table)?;
        let value = |text: &str| if text.trim().is_empty() { Value::Null } else { Value::from(text.trim()) };
        let fields: Map<String, Value> = header
            .iter()
            .enumerate()
            .map(|(i, name)| (name.clone(), value(record.get(i).unwrap_or(""))))
            .collect();
        let mut row = Row { fields, lonlat: None, has_point: false };
        let side = |names: &[&str]| names.iter().find_map(|name| field(&row, name)).and_then(as_number);
        let place = side(LON).zip(side(LAT)).map(|(lon, lat)| [lon, lat]);
        (row.has_point, row.lonlat) = (place.is_some(), place.filter(|place| on_earth(*place)));
        rows.push(row);
    }
    Ok(rows)
}

fn vector_rows(path: &Path) -> Result<Vec<Row>, ReferenceError> {
    let reader = VectorReader::open(path, None)?;
    let Some(layer) = reader.layers.first() else { return Ok(Vec::new()) };
    let (names, crs) = (&layer.fields, layer.crs.as_ref());
    let mut rows = Vec::new();
    reader.features(0, |feature| {
        let fields = names.iter().cloned().zip(feature.values).collect();
        let place = match feature.geometry {
            Ok(Some(Geometry::Point(point))) => Some([point.x(), point.y()]),
            Ok(Some(Geometry::MultiPoint(points))) => match points.0.as_slice() {
                [point] => Some([point.x(), point.y()]),
                _ => None,
            },
            _ => None,
        };
        let lonlat = place.and_then(|place| {
            let mut place = [place];
            crs.map_or(Ok(()), |crs| crs.lonlat_from_xy(&mut place)).ok()?;
            Some(place[0]).filter(|place| on_earth(*place))
        });
        rows.push(Row { fields, lonlat, has_point: place.is_some() });
        true
    })?;
    Ok(rows)
}
