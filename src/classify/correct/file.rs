//! The layer of corrections of a map, `<map>.corrections.geojson`: a feature a correction, in the order in which they are
//! carried out, with `to`, `from`, `by`, `at`, `note`, and the `pixels` and `ha` that it changed. It is the log too.

use super::{Correction, Extent};
use crate::labels::{LabelError, PolygonFeature, json_of_geometry, read_polygons};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the file ends with, after the map's name.
const ENDING: &str = "corrections.geojson";
/// The same of what went into a map when it was made.
const LOG: &str = "corrected.geojson";

/// A feature of a file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Which, from 1.
    pub feature: usize,
    /// Why, in a sentence.
    pub why: String,
}

/// Where the layer of a map lies.
pub fn layer_path(maps: &Path, map: &str) -> PathBuf {
    maps.join(format!("{map}.{ENDING}"))
}

/// All layers of a folder of maps, by the map's name; one that cannot be read is a sentence.
pub fn layers_in(maps: &Path) -> BTreeMap<String, Result<Vec<Correction>, String>> {
    let entries = std::fs::read_dir(maps).into_iter().flatten().flatten();
    let layer = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().strip_suffix(&format!(".{ENDING}"))?.to_string();
        let read = read_corrections(&entry.path()).map_err(|error| error.to_string());
        let whole = read.and_then(|(corrections, skipped)| match skipped.first() {
            None => Ok(corrections),
            Some(Skipped { feature, why }) => {
                Err(format!("feature {feature} of {} cannot be used: {why}", entry.path().display()))
            }
        });
        Some((name, whole))
    };
    entries.filter_map(layer).collect()
}

/// Reads polygons that set a class, named by their property `to` or `class`; those that cannot be used are told.
///
/// # Errors
/// When the file cannot be read at all.
pub fn read_corrections(path: &Path) -> Result<(Vec<Correction>, Vec<Skipped>), LabelError> {
    let (mut read, mut skipped) = (Vec::new(), Vec::new());
    for (i, feature) in read_polygons(path)?.into_iter().enumerate() {
        match correction(feature) {
            Ok(correction) => read.push(correction),
            Err(why) => skipped.push(Skipped { feature: i + 1, why }),
        }
    }
    Ok((read, skipped))
}

fn correction(PolygonFeature { polygons, properties }: PolygonFeature) -> Result<Correction, String> {
    let (polygons, _) = polygons?;
    let said = |key: &str| {
        let text = properties.get(key).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_string)
    };
    let to = said("to").or_else(|| said("class"));
    let to = to.ok_or("it has no class: give it a property “to” or “class” with the name of one")?;
    Ok(Correction { polygons, to, from: said("from"), by: said("by"), at: said("at"), note: said("note") })
}

/// Where what was corrected in a map lies that was made with corrections.
pub fn log_path(maps: &Path, map: &str) -> PathBuf {
    maps.join(format!("{map}.{LOG}"))
}

/// The text of a layer: RFC 7946, one feature a line; each with what it changed, where that is known.
pub fn corrections_text(corrections: &[Correction], changed: &[Option<Extent>]) -> String {
    let feature = |(i, correction): (usize, &Correction)| {
        let Correction { polygons, to, from, by, at, note } = correction;
        let mut properties = json!({ "to": to });
        let mut add = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                properties[key] = value;
            }
        };
        let text = |text: &Option<String>| text.as_ref().map(|text| json!(text));
        add("from", text(from));
        add("by", text(by));
        add("at", text(at));
        add("note", text(note));
        let changed = changed.get(i).copied().flatten();
        add("pixels", changed.map(|changed| json!(changed.pixels)));
        add("ha", changed.map(|changed| json!((changed.ha * 1e4).round() / 1e4)));
        let geometry = match polygons.0.as_slice() {
            [one] => json_of_geometry(&one.clone().into()),
            _ => json_of_geometry(&polygons.clone().into()),
        };
        json!({ "type": "Feature", "properties": properties, "geometry": geometry }).to_string()
    };
    let features: Vec<String> = corrections.iter().enumerate().map(feature).collect();
    format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}\n", features.join(",\n"))
}
