//! Where a training stands between two epochs: written while it runs, so that one that was stopped or killed goes on from
//! there and comes to the same weights, bit for bit, as one that ran through.
//!
//! One safetensors file: the weights (`now.`), the best ones so far (`best.`), their running average (`average.`) and the
//! optimiser's moments (`first.`, `second.`, by the place of the tensor); the rest as JSON in its metadata.

use super::{EpochScore, Kept};
use crate::files::write_atomically;
use crate::model::adamw::AdamW;
use crate::model::network::Shape;
use crate::model::weights::{Tensor, Weights, little_endian};
use crate::model::{ModelError, ModelSpec};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// In the metadata of the file.
const KEY: &str = "ritmo_training";
/// Bytes that a file may have; the metadata of safetensors cannot be trusted before its size is known.
const MOST: u64 = 4 << 30;

/// Tells a training from others.
pub(super) struct Identity<'a> {
    /// The network and its options.
    pub spec: &'a ModelSpec,
    /// The folder of the model that it goes on from.
    pub from: Option<&'a Path>,
    /// A sum over the options and the samples as they are made ready.
    pub sum: String,
}

/// The file in which the training of the model in `folder` stands: beside it, so that a model of before stays whole.
pub fn checkpoint_of(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!(".{name}.checkpoint"))
}

/// A training that was stopped before its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Stopped {
    /// Its network and options.
    pub spec: ModelSpec,
    /// The folder of the model that it went on from.
    pub from: Option<PathBuf>,
    /// Epochs that had ended.
    pub epochs: usize,
}

impl Stopped {
    /// Reads what a checkpoint tells of its training.
    ///
    /// # Errors
    /// [`ModelError::Read`] where there is no such file, or a damaged one.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let (_, Head { spec, from, history, .. }) = read(path)?;
        Ok(Self { spec, from, epochs: history.len() })
    }
}

/// The bytes of a checkpoint, and its head.
fn read(path: &Path) -> Result<(Vec<u8>, Head), ModelError> {
    let failed = |why: String| ModelError::Read { path: path.into(), why };
    let nothing = |e: std::io::Error| {
        failed(format!("{e}. There is no training of this name that was stopped: train it anew"))
    };
    if std::fs::metadata(path).map_err(nothing)?.len() > MOST {
        return Err(failed("it is larger than any training that was stopped. Train anew".into()));
    }
    let bytes = std::fs::read(path).map_err(nothing)?;
    let head = Head::of(&bytes).map_err(|why| failed(damaged(&why)))?;
    Ok((bytes, head))
}

fn damaged(why: &dyn std::fmt::Display) -> String {
    format!("it is damaged ({why}). Train anew")
}

/// All that changes from one epoch to the next.
#[derive(Clone)]
pub(super) struct State {
    pub weights: Weights,
    /// Running average of the weights, where one is kept.
    pub average: Option<Weights>,
    pub optimiser: AdamW,
    pub history: Vec<EpochScore>,
    pub best: Option<Kept>,
    /// Steps taken.
    pub taken: u64,
}

#[derive(Serialize, Deserialize)]
struct Head {
    /// [`Identity::sum`].
    identity: String,
    spec: ModelSpec,
    from: Option<PathBuf>,
    history: Vec<EpochScore>,
    best_epoch: Option<usize>,
    matrix: Vec<Vec<u32>>,
    taken: u64,
    optimiser_steps: i32,
}

impl Head {
    /// From the start of a file.
    fn of(bytes: &[u8]) -> Result<Self, String> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| e.to_string())?;
        let text = header.metadata().as_ref().and_then(|m| m.get(KEY));
        serde_json::from_str(text.ok_or("it says nothing of a training")?).map_err(|e| e.to_string())
    }
}

impl State {
    /// Writes the state; the file of before is whole until then.
    ///
    /// # Errors
    /// [`ModelError::Write`].
    pub fn write(&self, path: &Path, identity: &Identity) -> Result<(), ModelError> {
        let failed = |why: String| ModelError::Write { path: path.into(), why };
        let head = Head {
            identity: identity.sum.clone(),
            spec: identity.spec.clone(),
            from: identity.from.map(Path::to_path_buf),
            history: self.history.clone(),
            best_epoch: self.best.as_ref().map(|best| best.score.epoch),
            matrix: self.best.as_ref().map(|best| best.matrix.clone()).unwrap_or_default(),
            taken: self.taken,
            optimiser_steps: self.optimiser.steps,
        };
        let named = |prefix: &'static str, weights: Option<&Weights>| -> Vec<(String, Vec<usize>, Vec<u8>)> {
            let tensors = weights.map(|w| w.tensors.as_slice()).unwrap_or_default();
            let of = |t: &Tensor| (format!("{prefix}.{}", t.name), t.dims.clone(), little_endian(&t.values));
            tensors.iter().map(of).collect()
        };
        let moments = |prefix: &'static str, moments: &[Vec<f32>]| -> Vec<(String, Vec<usize>, Vec<u8>)> {
            let of = |(i, m): (usize, &Vec<f32>)| (format!("{prefix}.{i}"), vec![m.len()], little_endian(m));
            moments.iter().enumerate().map(of).collect()
        };
        let tensors = [
            named("now", Some(&self.weights)),
            named("best", self.best.as_ref().map(|best| &best.weights)),
            named("average", self.average.as_ref()),
            moments("first", &self.optimiser.first),
            moments("second", &self.optimiser.second),
        ]
        .concat();
        let views = tensors
            .iter()
            .map(|(name, dims, bytes)| Ok((name, TensorView::new(Dtype::F32, dims.clone(), bytes)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(|e| failed(e.to_string()))?;
        let head = serde_json::to_string(&head).map_err(|e| failed(e.to_string()))?;
        let metadata = HashMap::from([(KEY.to_string(), head)]);
        let bytes = safetensors::serialize(views, Some(metadata)).map_err(|e| failed(e.to_string()))?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| failed(e.to_string()))?;
        }
        write_atomically(path, &bytes).map_err(|e| failed(e.to_string()))
    }

    /// Takes up where a training stood. `self` is the state that it began with.
    ///
    /// # Errors
    /// [`ModelError::Read`] where there is no such file, or a damaged one; [`ModelError::Mismatch`] where the samples or the
    /// options were others.
    pub fn read(&mut self, path: &Path, identity: &Identity, shape: &Shape) -> Result<(), ModelError> {
        let failed = |why: String| ModelError::Read { path: path.into(), why };
        let (bytes, head) = read(path)?;
        let damaged = |why: String| failed(damaged(&why));
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| damaged(e.to_string()))?;
        if head.identity != identity.sum {
            let why = format!(
                "the training that stands in {} had other samples or options than this one. Train anew, or go on from the \
                 model that it left",
                path.display()
            );
            return Err(ModelError::Mismatch { why });
        }
        let values = |name: &str, dims: &[usize]| -> Result<Vec<f32>, ModelError> {
            let tensor = tensors.tensor(name).map_err(|e| damaged(e.to_string()))?;
            if tensor.dtype() != Dtype::F32 || tensor.shape() != dims {
                return Err(damaged(format!("{name} has another shape")));
            }
            let (words, _) = tensor.data().as_chunks::<4>();
            Ok(words.iter().map(|word| f32::from_le_bytes(*word)).collect())
        };
        let weights =
            |prefix: &str| Weights::from_named(shape, |name, dims| values(&format!("{prefix}.{name}"), dims));
        let mut now = weights("now")?;
        if self.average.is_some() {
            self.average = Some(weights("average")?);
        }
        let score = |epoch| head.history.iter().find(|score| score.epoch == epoch);
        self.best = match head.best_epoch {
            None => None,
            Some(epoch) => {
                let score =
                    score(epoch).ok_or_else(|| damaged("its best epoch is none it tells of".into()))?;
                Some(Kept { score: score.clone(), matrix: head.matrix, weights: weights("best")? })
            }
        };
        let sizes: Vec<usize> = now.trained_mut().iter().map(|values| values.len()).collect();
        let moments = |prefix: &str| -> Result<Vec<Vec<f32>>, ModelError> {
            sizes.iter().enumerate().map(|(i, n)| values(&format!("{prefix}.{i}"), &[*n])).collect()
        };
        (self.optimiser.first, self.optimiser.second) = (moments("first")?, moments("second")?);
        self.optimiser.steps = head.optimiser_steps;
        (self.weights, self.history, self.taken) = (now, head.history, head.taken);
        Ok(())
    }
}
