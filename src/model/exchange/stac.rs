//! A model as a STAC item with the Machine Learning Model extension (MLM 1.5.2), so that catalogues can hold it.
//!
//! [The extension](https://github.com/stac-extensions/mlm)

use super::onnx::onnx_gaps;
use crate::files::write_atomically;
use crate::model::{Model, ModelError};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// The extensions that the item uses.
const EXTENSIONS: [&str; 2] = [
    "https://stac-extensions.github.io/mlm/v1.5.2/schema.json",
    "https://stac-extensions.github.io/classification/v1.1.0/schema.json",
];

/// What an item refers to: files, as its assets.
#[derive(Debug, Clone, Copy)]
pub struct StacFiles<'a> {
    /// The model's folder.
    pub model: &'a Path,
    /// The ONNX file, where there is one.
    pub onnx: Option<&'a Path>,
}

/// Writes `model` as a STAC item beside the files it refers to; places are told relative to the item where they can be.
///
/// # Errors
/// [`ModelError::Write`] when the file cannot be written, or the network reads no series.
pub fn export_stac(model: &Model, files: StacFiles, path: &Path) -> Result<(), ModelError> {
    if model.reach().is_some() {
        let why = format!("a {} has no STAC item here. Copy its folder", model.kind().title());
        return Err(ModelError::Write { path: path.into(), why });
    }
    let failed = |e: String| {
        let why = format!("{e}. Is its folder there, and may you write into it?");
        ModelError::Write { path: path.into(), why }
    };
    let mut text = serde_json::to_vec_pretty(&item(model, files, path)).map_err(|e| failed(e.to_string()))?;
    text.push(b'\n');
    write_atomically(path, &text).map_err(|e| failed(e.to_string()))
}

fn item(model: &Model, files: StacFiles, path: &Path) -> Value {
    let card = &model.card;
    let (times, bands, classes) = (card.dates.len(), card.bands.len(), card.classes.len());
    let name = files.model.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let day = |date: Option<&chrono::NaiveDate>| date.map(|d| format!("{d}T00:00:00Z"));
    let scaling: Vec<Value> = card
        .normalisation
        .low
        .iter()
        .zip(&card.normalisation.high)
        .map(|(low, high)| json!({ "type": "min-max", "minimum": low, "maximum": high }))
        .collect();
    let described: Vec<Value> = card
        .inputs()
        .iter()
        .map(|input| {
            let mut band = json!({ "name": input.name });
            if let Some(expression) = &input.expression {
                band["description"] = json!(format!("computed: {expression}"));
            }
            band
        })
        .collect();
    let legend: Vec<Value> = card
        .classes
        .iter()
        .enumerate()
        .map(|(i, class)| {
            let [r, g, b] = class.colour;
            json!({
                "value": i,
                "name": plain(&class.name, &format!("class-{}", class.code)),
                "description": format!("{}, code {}", class.name, class.code),
                "color_hint": format!("{r:02X}{g:02X}{b:02X}"),
            })
        })
        .collect();
    let mut hyperparameters = Map::new();
    // How an imported network was trained is not known.
    let training = card.imported_from.is_none().then(|| serde_json::to_value(&card.spec.training));
    for value in [Some(serde_json::to_value(&card.spec.kind)), training].into_iter().flatten() {
        if let Ok(Value::Object(options)) = value {
            hyperparameters.extend(options);
        }
    }
    let parameters: usize = model.weights.tensors.iter().filter(|t| t.trained).map(|t| t.values.len()).sum();
    let result = |name: &str, description: &str| {
        json!({
            "name": name,
            "description": description,
            "tasks": ["classification"],
            "result": { "shape": [-1, classes], "dim_order": ["batch", "class"], "data_type": "float32" },
            "classification:classes": legend,
        })
    };
    let input = json!({
        "name": "series",
        "description": format!("Series of pixels in the units of the cube. {}", onnx_gaps(card)),
        "bands": card.bands,
        "input": { "shape": [-1, bands, times], "dim_order": ["batch", "bands", "time"], "data_type": "float32" },
        "value_scaling": scaling,
    });
    let mut assets = json!({
        "weights": {
            "href": href(&files.model.join("model.safetensors"), path),
            "title": "The weights",
            "type": "application/vnd.safetensors",
            "roles": ["mlm:model", "mlm:weights"],
            "mlm:artifact_type": "safetensors",
        },
        "card": {
            "href": href(&files.model.join("model.json"), path),
            "title": "How it was trained, its normalisation and its legend",
            "type": "application/json",
            "roles": ["metadata"],
        },
    });
    if let Some(onnx) = files.onnx {
        assets["onnx"] = json!({
            "href": href(onnx, path),
            "title": "ONNX, normalisation inside",
            "type": "application/onnx",
            "roles": ["mlm:model"],
            "mlm:artifact_type": "onnx",
        });
    }
    json!({
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": EXTENSIONS,
        "id": plain(&name, "model"),
        "geometry": null,
        "properties": {
            "title": format!("{name}: {} for land cover from image time series", card.spec.kind.title()),
            "description": card.notes.join(". "),
            "datetime": null,
            "start_datetime": day(card.dates.first()),
            "end_datetime": day(card.dates.last()),
            "created": card.created,
            "bands": described,
            "mlm:name": plain(&name, "model"),
            "mlm:architecture": card.spec.kind.title(),
            "mlm:framework": "Ritmo",
            "mlm:framework_version": env!("CARGO_PKG_VERSION"),
            "mlm:tasks": ["classification"],
            "mlm:total_parameters": parameters,
            "mlm:memory_size": parameters * 4,
            "mlm:pretrained": card.imported_from.is_some(),
            "mlm:pretrained_source": card.imported_from,
            "mlm:batch_size_suggestion": 1024,
            "mlm:hyperparameters": hyperparameters,
            "mlm:input": [input],
            "mlm:output": [
                result("logits", "Before the softmax."),
                result("probabilities", "Of each class, one in sum; in a map 255 is nodata."),
            ],
        },
        "links": [],
        "assets": assets,
    })
}

/// A name of letters, digits, `-` and `_` that begins with a letter, as the extensions ask for.
fn plain(name: &str, otherwise: &str) -> String {
    let letters: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let letters = letters.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let begins = letters.starts_with(|c: char| c.is_ascii_alphabetic());
    if begins && letters.len() > 2 {
        letters.into()
    } else {
        format!("{otherwise}-{letters}").trim_end_matches('-').into()
    }
}

/// A file as the item refers to it: relative to the item where both have a common folder, else in full.
fn href(file: &Path, item: &Path) -> String {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.into());
    let (file, item) = (whole(file), whole(item));
    let folder = item.parent().unwrap_or(Path::new(""));
    let relative = file.strip_prefix(folder).map(|below| PathBuf::from(".").join(below));
    relative.unwrap_or(file).to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::super::onnx::tests::{model, python};
    use super::*;
    use crate::model::ModelKind;
    use std::process::Command;

    #[test]
    fn names_fit_what_the_extensions_ask_for() {
        for (name, expected) in
            [("model-1", "model-1"), ("maíz y sorgo", "ma_z_y_sorgo"), ("3", "class-3"), ("", "class")]
        {
            assert_eq!(plain(name, "class"), expected);
        }
    }

    #[test]
    fn the_item_fits_the_schema_of_the_extension() {
        let Some(python) = python("import jsonschema, referencing") else { return };
        let folder = tempfile::tempdir().unwrap();
        for kind in ModelKind::all().into_iter().filter(ModelKind::reads_series) {
            let model = model(kind, 12);
            let place = folder.path().join("my model");
            model.save(&place).unwrap();
            let item = folder.path().join("item.json");
            let onnx = place.join("model.onnx");
            export_stac(&model, StacFiles { model: &place, onnx: Some(&onnx) }, &item).unwrap();
            let text = std::fs::read_to_string(&item).unwrap();
            assert!(text.contains("\"./my model/model.safetensors\""), "{text}");
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/readers/stac_mlm.py");
            let output = Command::new(&python).arg(script).arg(&item).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
