//! A model as an ONNX file (opset 17), normalisation inside, for ONNX Runtime and the like.

mod graph;
mod proto;

use crate::files::write_atomically;
use crate::model::{Model, ModelError};
use prost::Message;
use proto::{ModelProto, OperatorSetId, StringStringEntry};
use std::path::Path;

/// The set of operators; LayerNormalization came with it.
const OPSET: i64 = 17;
/// The version of the file format that goes with it.
const IR_VERSION: i64 = 8;

/// Writes `model` as an ONNX file. Its input `series` is `batch x band x time` in the units of the cube, without gaps: they
/// are filled before. Its outputs `logits` and `probabilities` are `batch x class`. Bands, dates and classes stand in the
/// file's metadata, in the order of the axes.
///
/// # Errors
/// [`ModelError::Write`] when the file cannot be written.
pub fn export_onnx(model: &Model, path: &Path) -> Result<(), ModelError> {
    write_atomically(path, &bytes(model)).map_err(|e| {
        let why = format!("{e}. Is its folder there, and may you write into it?");
        ModelError::Write { path: path.into(), why }
    })
}

fn bytes(model: &Model) -> Vec<u8> {
    let card = &model.card;
    let joined = |words: Vec<String>| words.join(",");
    let properties = [
        ("network", card.spec.kind.name().to_string()),
        ("layout", "series: batch x band x time, raw values, gaps filled; outputs: batch x class".into()),
        ("bands", joined(card.bands.clone())),
        ("dates", joined(card.dates.iter().map(ToString::to_string).collect())),
        ("class_names", joined(card.classes.iter().map(|c| c.name.clone()).collect())),
        ("class_codes", joined(card.classes.iter().map(|c| c.code.to_string()).collect())),
    ];
    let property = |(key, value): (&str, String)| StringStringEntry { key: key.into(), value };
    let onnx = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "Ritmo".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        doc_string: format!("{} for land cover from image time series", card.spec.kind.title()),
        graph: Some(graph::graph(&card.shape(), &model.weights, &card.normalisation)),
        opset_import: vec![OperatorSetId { domain: String::new(), version: OPSET }],
        metadata_props: properties.into_iter().map(property).collect(),
    };
    onnx.encode_to_vec()
}

#[cfg(test)]
pub(super) mod tests;
