//! A model as an ONNX file (opset 17), normalisation inside, for ONNX Runtime and the like.

mod graph;
mod proto;

use crate::cube::Filling;
use crate::files::write_atomically;
use crate::model::{Model, ModelCard, ModelError};
use prost::Message;
use proto::{GraphProto, ModelProto, OperatorSetId, StringStringEntry};
use serde_json::{Value, json};
use std::path::Path;

/// The set of operators; LayerNormalization came with it.
const OPSET: i64 = 17;
/// The version of the file format that goes with it.
const IR_VERSION: i64 = 8;

/// Writes `model` as an ONNX file. Its input `series` is `batch x band x time` in the units of the cube, without gaps: they
/// are filled before ([`onnx_gaps`] says how). A network that looks past gaps also takes `missing`, `batch x time`, true for a
/// date that was a gap; it may be left out. Its outputs `logits` and `probabilities` are `batch x class`. Bands, dates and
/// classes stand in the file's metadata as lists in JSON, in the order of the axes.
///
/// # Errors
/// [`ModelError::Write`] when the file cannot be written, or the network reads no series.
pub fn export_onnx(model: &Model, path: &Path) -> Result<(), ModelError> {
    let failed = |why: String| ModelError::Write { path: path.into(), why };
    let graph = graph::graph(&model.card.shape(), &model.weights, &model.card.normalisation);
    let graph = graph.ok_or_else(|| {
        failed(format!("a {} has no ONNX form here. Copy its folder", model.kind().title()))
    })?;
    write_atomically(path, &bytes(model, graph))
        .map_err(|e| failed(format!("{e}. Is its folder there, and may you write into it?")))
}

/// What becomes of gaps before an ONNX file of this model reads a series, in a sentence.
pub fn onnx_gaps(card: &ModelCard) -> String {
    let filled = match card.spec.filling() {
        Filling::Linear => "filled linearly by date",
        Filling::LastClear => "filled by the last clear observation",
        Filling::Off => return "Series with a gap were left out of its training: give it none.".into(),
    };
    match graph::masks_gaps(&card.spec.kind) {
        true => format!(
            "Gaps are {filled} before; the input {} (batch x time, bool, optional) is true for a date with a gap in any band, so \
             that the network looks past it.",
            graph::MISSING
        ),
        false => format!("Gaps are {filled} before, as they were in training."),
    }
}

fn bytes(model: &Model, graph: GraphProto) -> Vec<u8> {
    let card = &model.card;
    // Names may have commas in them.
    let list = |items: Vec<Value>| Value::from(items).to_string();
    let properties = [
        ("network", card.spec.kind.name().to_string()),
        ("layout", "series: batch x band x time, raw values, gaps filled; outputs: batch x class".into()),
        ("gaps", onnx_gaps(card)),
        ("bands", list(card.bands.iter().map(|name| json!(name)).collect())),
        ("dates", list(card.dates.iter().map(|date| json!(date)).collect())),
        ("class_names", list(card.classes.iter().map(|class| json!(class.name)).collect())),
        ("class_codes", list(card.classes.iter().map(|class| json!(class.code)).collect())),
    ];
    let property = |(key, value): (&str, String)| StringStringEntry { key: key.into(), value };
    let onnx = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "Ritmo".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        doc_string: format!("{} for land cover from image time series", card.spec.kind.title()),
        graph: Some(graph),
        opset_import: vec![OperatorSetId { domain: String::new(), version: OPSET }],
        metadata_props: properties.into_iter().map(property).collect(),
    };
    onnx.encode_to_vec()
}

#[cfg(test)]
pub(super) mod tests;
