//! Writing a reference sample.

use super::{Answer, PlacedUnit, ReferenceError, ReferenceSample};
use crate::files::write_atomically;
use crate::labels::Legend;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Writes a sample: to a temporary file, then renamed over what is there. Its folder is made where it is absent.
///
/// # Errors
/// [`ReferenceError::Write`]; what was there is then untouched.
pub fn write_reference(sample: &ReferenceSample, legend: &Legend, path: &Path) -> Result<(), ReferenceError> {
    let failed = |e: std::io::Error| ReferenceError::Write { path: path.into(), why: e.to_string() };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    write_atomically(path, reference_text(sample, legend).as_bytes()).map_err(failed)
}

/// The text of a sample's file, one feature a line: the same sample gives the same text.
pub fn reference_text(sample: &ReferenceSample, legend: &Legend) -> String {
    let design = sample.design.as_ref().and_then(|design| {
        let mut design = serde_json::to_value(design).ok()?;
        // The features are its units; twice in one file they could differ.
        design.as_object_mut()?.shift_remove("units");
        Some(design)
    });
    let head = json!({
        "version": ReferenceSample::VERSION,
        "kind": "reference sample",
        "name": sample.name,
        "site": sample.site,
        "design": design,
    });
    let drawn = sample.design.as_ref().map(|design| &design.units);
    let line = |(i, unit): (usize, &PlacedUnit)| {
        let drawn = drawn.and_then(|units| units.get(i)).filter(|drawn| drawn.number == unit.number);
        let mut properties = properties(unit, legend);
        if let Some(drawn) = drawn {
            properties.insert("weight".into(), json!(drawn.weight));
            properties.insert("column".into(), json!(drawn.col));
            properties.insert("row".into(), json!(drawn.row));
        }
        let answers: Vec<Value> = unit.answers.iter().map(|answer| answer_json(answer, legend)).collect();
        properties.insert("answers".into(), answers.into());
        let geometry = json!({ "type": "Point", "coordinates": unit.lonlat });
        json!({ "type": "Feature", "id": unit.number, "properties": properties, "geometry": geometry })
            .to_string()
    };
    let lines: Vec<String> = sample.units.iter().enumerate().map(line).collect();
    let lines = if lines.is_empty() { String::new() } else { format!("\n{}\n", lines.join(",\n")) };
    format!("{{\"type\":\"FeatureCollection\",\"ritmo\":{head},\"features\":[{lines}]}}\n")
}

/// What is said of a unit, for other programs: its class is the one that its answers come to.
pub(super) fn properties(unit: &PlacedUnit, legend: &Legend) -> Map<String, Value> {
    let class = ReferenceSample::class_of(unit);
    let given = unit.answers.iter().filter(|answer| class.is_some() && answer.class == class);
    // The least sure of those who say so.
    let confidence = given.map(|answer| answer.confidence).max();
    let mut properties = Map::new();
    properties.insert("number".into(), json!(unit.number));
    properties.insert("stratum".into(), json!(unit.stratum));
    properties
        .insert("class".into(), json!(class.and_then(|code| legend.class(code)).map(|class| &class.name)));
    properties.insert("code".into(), json!(class));
    properties.insert("confidence".into(), json!(confidence));
    properties
}

/// An answer as the file has it.
pub(super) fn answer_json(answer: &Answer, legend: &Legend) -> Value {
    json!({
        "interpreter": answer.interpreter,
        "class": answer.class.and_then(|code| legend.class(code)).map(|class| &class.name),
        "code": answer.class,
        "confidence": answer.confidence,
        "at": answer.at,
        "note": answer.note,
    })
}
