//! Series in, logits and probabilities out, as files.

use crate::files::write_atomically;
use crate::model::network::softmax;
use crate::model::weights::little_endian;
use crate::model::{Model, ModelError};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::path::Path;

/// Series a part.
const PART: usize = 4096;

/// What [`predict_safetensors`] did.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicted {
    /// Series that came in.
    pub series: usize,
    /// Series that could not be classified, because a band was never observed: NaN.
    pub unusable: usize,
}

/// Classifies `x`, `series x band x time` of a safetensors file in the units of the model's training, NaN for gaps; writes
/// `logits` and `probabilities`, `series x class`.
///
/// # Errors
/// Files that cannot be read or written, or whose `x` has other bands or dates than the model.
pub fn predict_safetensors(model: &Model, input: &Path, output: &Path) -> Result<Predicted, ModelError> {
    let failed = |why: String| ModelError::Series { path: input.into(), why };
    let bytes = std::fs::read(input).map_err(|e| failed(e.to_string()))?;
    let file =
        SafeTensors::deserialize(&bytes).map_err(|e| failed(format!("it is no safetensors file ({e})")))?;
    let Ok(x) = file.tensor("x") else {
        let names = file.names().iter().map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
        return Err(failed(format!("it has no tensor x (series x band x time); it has {names}")));
    };
    let (times, bands) = (model.card.dates.len(), model.card.bands.len());
    let &[series, given_bands, given_times] = x.shape() else {
        return Err(failed(format!("its x has the sizes {:?}, not series x band x time", x.shape())));
    };
    if (given_bands, given_times) != (bands, times) {
        return Err(failed(format!(
            "its x has {given_bands} bands and {given_times} dates, and the model takes {bands} bands ({}) and {times} \
             dates, in this order. Nothing is reordered: write x as [series, {bands}, {times}]",
            model.card.bands.join(", ")
        )));
    }
    let x: Vec<f32> = match x.dtype() {
        Dtype::F32 => x.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
        Dtype::F64 => x.data().as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect(),
        other => return Err(failed(format!("its x is of {other:?}; 32- or 64-bit floats are read"))),
    };
    let mut logits = Vec::with_capacity(series * model.card.classes.len());
    for part in x.chunks(PART * bands * times) {
        let mut by_time = vec![0.0; part.len()];
        for (from, to) in part.chunks_exact(bands * times).zip(by_time.chunks_exact_mut(bands * times)) {
            for (t, date) in to.chunks_exact_mut(bands).enumerate() {
                date.iter_mut().enumerate().for_each(|(b, value)| *value = from[b * times + t]);
            }
        }
        logits.extend(model.raw_logits(&by_time)?);
    }
    let classes = model.card.classes.len();
    let unusable = logits.chunks(classes).filter(|row| row[0].is_nan()).count();
    let mut probabilities = logits.clone();
    softmax(&mut probabilities, classes);

    let (logits, probabilities) = (little_endian(&logits), little_endian(&probabilities));
    let view = |bytes| TensorView::new(Dtype::F32, vec![series, classes], bytes);
    let names: Vec<&str> = model.card.classes.iter().map(|c| c.name.as_str()).collect();
    let metadata = std::collections::HashMap::from([("classes".to_string(), names.join(","))]);
    let failed = |why: String| ModelError::Series { path: output.into(), why };
    let written = view(&logits)
        .and_then(|l| Ok([("logits", l), ("probabilities", view(&probabilities)?)]))
        .and_then(|views| safetensors::serialize(views, Some(metadata)));
    write_atomically(output, &written.map_err(|e| failed(e.to_string()))?)
        .map_err(|e| failed(e.to_string()))?;
    Ok(Predicted { series, unusable })
}
