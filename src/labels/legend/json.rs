//! Legends as JSON: a list of classes, as it stands in `ritmo.json`; plain lists of names too.

use super::Legend;
use super::entries::{Entry, buffer_of, colour_of, legend_of, no_colour};
use serde_json::Value;

/// The legend in this text; a sentence without the file's name where there is none.
pub(super) fn read(text: &str) -> Result<Legend, String> {
    let value: Value = serde_json::from_str(text).map_err(|e| format!("it is no whole JSON ({e})"))?;
    let list = match &value {
        Value::Object(members) => members.get("legend").or_else(|| members.get("classes")).unwrap_or(&value),
        other => other,
    };
    let Value::Array(list) = list else {
        let shape = r##"[{"code": 1, "name": "forest", "colour": "#005a28"}]"##;
        return Err(format!("it holds no list of classes. Give a list like {shape}"));
    };
    let entries: Result<Vec<_>, _> = list.iter().enumerate().map(|(i, value)| entry(i + 1, value)).collect();
    legend_of(entries?)
}

fn entry(number: usize, value: &Value) -> Result<Entry, String> {
    let at = format!("entry {number}");
    let member = |names: &[&str]| {
        let found = names.iter().find_map(|name| value.get(name));
        found.filter(|value| !value.is_null())
    };
    if let Value::String(name) = value {
        return Ok(Entry { at, name: name.clone(), ..Entry::default() });
    }
    if !value.is_object() {
        return Err(format!("{at} is neither a class nor a name"));
    }
    let name = match member(&["name", "label", "class"]) {
        Some(Value::String(name)) => name.clone(),
        _ => return Err(format!("{at}: the class has no name. Give it one, or take it out")),
    };
    let code = member(&["code", "value", "id"]).map(|code| match code {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let colour = match member(&["colour", "color"]) {
        None => None,
        Some(given) => Some(colour_in(given).map_err(|text| no_colour(&at, &name, &text))?),
    };
    let group = member(&["group"]).and_then(Value::as_str).map(str::to_string);
    let buffer_m = match member(&["buffer_m"]) {
        None => None,
        Some(m) => buffer_of(&m.to_string(), &at)?,
    };
    Ok(Entry { at, code, name, colour, group, buffer_m })
}

/// A colour as lists in JSON have it: text, or red, green and blue.
///
/// # Errors
/// What stands there, where it is no colour.
pub(crate) fn colour_in(given: &Value) -> Result<[u8; 3], String> {
    let text = match given {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(Value::to_string).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    };
    colour_of(&text).ok_or(text)
}

/// A class a line.
pub(super) fn write(legend: &Legend) -> Result<String, String> {
    let lines: Result<Vec<_>, _> = legend.classes.iter().map(serde_json::to_string).collect();
    let lines = lines.map_err(|e| e.to_string())?;
    Ok(match lines.as_slice() {
        [] => "[]\n".into(),
        lines => format!("[\n  {}\n]\n", lines.join(",\n  ")),
    })
}
