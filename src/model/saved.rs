//! A trained model and its two files: `model.safetensors` (weights) and `model.json` (all else a map needs).

use super::bf16;
use super::labels_state::{LabelsState, fnv};
use super::learned::{self, Learned};
use super::network::{Inference, Input, Shape, softmax};
use super::weights::{Weights, little_endian};
use super::{EpochScore, ModelError, ModelKind, ModelSpec};
use crate::cube::{FeatureRecord, fill};
use crate::files::write_atomically;
use crate::labels::{AnnotationId, Class};
use crate::samples::Normalisation;
use chrono::{Datelike, NaiveDate};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;

/// The version of `model.json` that this program writes.
pub(super) const VERSION: u32 = 1;
/// In the metadata of the weights: the card's [`ModelCard::training_id`], so that two files of different trainings are told
/// apart. Not the time: the same training gives the same bytes.
const TRAINING: &str = "training";

/// What `model.json` holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// Version of this file.
    pub version: u32,
    /// The network and how it was trained.
    pub spec: ModelSpec,
    /// Names of the bands and indices, in the order of the input.
    pub bands: Vec<String>,
    /// How each of them is found on a cube; empty in models that know their bands by name only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<FeatureRecord>,
    /// Dates, in the order of the input.
    pub dates: Vec<NaiveDate>,
    /// Classes, in the order of the output.
    pub classes: Vec<Class>,
    /// Normalisation of the input.
    pub normalisation: Normalisation,
    /// Annotations it learned from.
    pub trained_on: Vec<AnnotationId>,
    /// Annotations held out for early stopping: not for a final score.
    pub held_out: Vec<AnnotationId>,
    /// Samples it learned from.
    pub samples: usize,
    /// Each epoch's losses.
    pub history: Vec<EpochScore>,
    /// The epoch whose weights were kept.
    pub best_epoch: usize,
    /// What the held-out annotations became at that epoch, in samples: a row a true class, a column a class given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_out_matrix: Vec<Vec<u32>>,
    /// What was used and left out, in sentences: weights of classes, caps, augmentation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The labels that trained it, as they were; `None` where it was imported, or an older program trained it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelsState>,
    /// The file it was imported from, where it was not trained here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_from: Option<String>,
    /// When, RFC 3339.
    pub created: String,
}

impl ModelCard {
    /// Tells trainings apart: the same for the same samples, options and losses, whenever it was run and whatever the
    /// classes are called.
    pub fn training_id(&self) -> String {
        let Self {
            spec,
            bands,
            dates,
            normalisation,
            trained_on,
            held_out,
            samples,
            history,
            best_epoch,
            ..
        } = self;
        let told = (spec, bands, dates, normalisation, trained_on, held_out, samples, history, best_epoch);
        // Plain structs always serialise.
        let mut text = serde_json::to_vec(&told).unwrap_or_default();
        if !self.features.is_empty() {
            text.extend(serde_json::to_vec(&self.features).unwrap_or_default());
        }
        fnv(&text)
    }

    /// The input: bands and indices, each as it is found on a cube.
    pub fn inputs(&self) -> Vec<FeatureRecord> {
        if self.features.len() == self.bands.len() {
            self.features.clone()
        } else {
            self.bands.iter().map(FeatureRecord::named).collect()
        }
    }

    /// What decides the shape of the weights.
    pub(super) fn shape(&self) -> Shape {
        Shape::new(&self.spec.kind, &self.dates, self.bands.len(), self.classes.len())
    }

    /// Of a network that was not trained here: no samples, no history.
    pub(super) fn untrained(
        kind: ModelKind,
        bands: Vec<String>,
        dates: Vec<NaiveDate>,
        classes: Vec<Class>,
        normalisation: Normalisation,
    ) -> Self {
        Self {
            version: VERSION,
            spec: ModelSpec { kind, ..ModelSpec::default() },
            bands,
            features: Vec::new(),
            dates,
            classes,
            normalisation,
            trained_on: Vec::new(),
            held_out: Vec::new(),
            samples: 0,
            history: Vec::new(),
            best_epoch: 0,
            held_out_matrix: Vec::new(),
            notes: Vec::new(),
            labels: None,
            imported_from: None,
            created: chrono::Utc::now().to_rfc3339(),
        }
    }

    /// The epoch whose weights were kept, and what it gave.
    pub fn best(&self) -> Option<&EpochScore> {
        self.history.iter().find(|score| score.epoch == self.best_epoch)
    }

    /// Checks what a file may have wrong and the program relies on.
    pub(super) fn check(&self) -> Result<(), String> {
        self.shape().check().map_err(|e| e.to_string())?;
        let Normalisation { low, high } = &self.normalisation;
        let bands = self.bands.len();
        if !self.features.is_empty() && self.features.len() != bands {
            return Err(format!("it has {bands} bands, but tells of {}", self.features.len()));
        }
        if low.len() != bands || high.len() != bands {
            return Err(format!("it has {bands} bands, but normalises {} and {}", low.len(), high.len()));
        }
        if low.iter().zip(high).any(|(l, h)| !(h - l).is_finite() || l == h) {
            return Err("its normalisation is not made of numbers apart from one another".into());
        }
        if self.dates.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err("its dates are not in order".into());
        }
        let mut codes: Vec<u8> = self.classes.iter().map(|c| c.code).collect();
        codes.sort_unstable();
        if codes.windows(2).any(|pair| pair[0] == pair[1]) || codes.iter().any(|c| !(1..=254).contains(c)) {
            return Err("its class codes are not different ones from 1 to 254".into());
        }
        Ok(())
    }
}

/// A trained model: all that a map needs. Shared between threads.
pub struct Model {
    /// Everything but the weights.
    pub card: ModelCard,
    pub(super) weights: Weights,
    pub(super) network: Box<dyn Inference>,
    /// The network in f32, where the other one is in bfloat16.
    exact: Option<Box<dyn Inference>>,
    days: Vec<f64>,
    /// What its training saw; `None` in models of before this was kept, and in imported ones.
    pub learned: Option<Learned>,
}

/// What bfloat16 changed on a probe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// Series that were classified in both ways.
    pub series: usize,
    /// Those of them that got another label than in f32.
    pub changed: usize,
}

impl Probe {
    /// Both together.
    pub fn add(&mut self, more: Self) {
        self.series += more.series;
        self.changed += more.changed;
    }
}

impl Model {
    pub(super) fn new(card: ModelCard, weights: Weights) -> Self {
        let network = card.shape().ready(&weights);
        let days = days(&card.dates);
        Self { card, weights, network, exact: None, days, learned: None }
    }

    /// The same model, which classifies in bfloat16 from now on: faster, and rounded so that some labels near a border change
    /// ([`Model::probe`]).
    ///
    /// # Errors
    /// [`ModelError::Options`] where the processor or the network has no bfloat16.
    pub fn in_bf16(mut self) -> Result<Self, ModelError> {
        let refuse = |why: String| ModelError::Options { why: format!("{why}. Map without bf16") };
        if !bf16::is_available() {
            return Err(refuse("this processor does not multiply in bf16 (it takes AVX-512 BF16)".into()));
        }
        let network = self.card.shape().ready_in_bf16(&self.weights);
        let title = self.card.spec.kind.title();
        let network =
            network.ok_or_else(|| refuse(format!("{title} has no bf16, TempCNN and Pixel have")))?;
        self.exact = Some(std::mem::replace(&mut self.network, network));
        Ok(self)
    }

    /// Whether it classifies in bfloat16.
    pub fn is_in_bf16(&self) -> bool {
        self.exact.is_some()
    }

    /// How many labels of raw series are others in bfloat16 than in f32; nothing where it classifies in f32.
    ///
    /// # Errors
    /// When the length does not fit.
    pub fn probe(&self, values: &[f32]) -> Result<Probe, ModelError> {
        let Some(exact) = &self.exact else { return Ok(Probe::default()) };
        let (values, Prepared { missing, unusable }) = self.prepared(values)?;
        let input = Input { series: &values, missing: missing.as_deref() };
        let classes = self.card.classes.len();
        let label = |row: &[f32]| (0..classes).max_by(|a, b| row[*a].total_cmp(&row[*b]).then(b.cmp(a)));
        let (rounded, exact) = (self.network.logits(input), exact.logits(input));
        let pairs = rounded.chunks_exact(classes).zip(exact.chunks_exact(classes)).enumerate();
        let mut probe = Probe::default();
        for (_, (rounded, exact)) in pairs.filter(|(i, _)| !unusable.contains(i)) {
            probe.add(Probe { series: 1, changed: usize::from(label(rounded) != label(exact)) });
        }
        Ok(probe)
    }

    /// Writes both files into `folder`, made where it is absent, and beside them what its training saw, where that is known;
    /// each to a temporary name, flushed, then renamed.
    ///
    /// # Errors
    /// [`ModelError::Write`].
    pub fn save(&self, folder: &Path) -> Result<(), ModelError> {
        let failed = |path: &Path, why: String| ModelError::Write { path: path.into(), why };
        std::fs::create_dir_all(folder).map_err(|e| failed(folder, e.to_string()))?;

        let path = folder.join("model.safetensors");
        let bytes: Vec<Vec<u8>> = self.weights.tensors.iter().map(|t| little_endian(&t.values)).collect();
        let views = self.weights.tensors.iter().zip(&bytes).map(|(tensor, bytes)| {
            TensorView::new(Dtype::F32, tensor.dims.clone(), bytes).map(|v| (tensor.name.as_str(), v))
        });
        let views: Result<Vec<(&str, TensorView)>, _> = views.collect();
        let metadata = HashMap::from([(TRAINING.to_string(), self.card.training_id())]);
        let bytes = views.and_then(|views| safetensors::serialize(views, Some(metadata)));
        let bytes = bytes.map_err(|e| failed(&path, e.to_string()))?;
        write_atomically(&path, &bytes).map_err(|e| failed(&path, e.to_string()))?;

        if let Some(learned) = &self.learned {
            let path = folder.join(learned::FILE);
            let text = learned.written(self.card.training_id());
            let text = text.map_err(|e| failed(&path, e.to_string()))?;
            write_atomically(&path, &text).map_err(|e| failed(&path, e.to_string()))?;
        }

        let path = folder.join("model.json");
        let mut text = serde_json::to_vec_pretty(&self.card).map_err(|e| failed(&path, e.to_string()))?;
        text.push(b'\n');
        write_atomically(&path, &text).map_err(|e| failed(&path, e.to_string()))
    }

    /// Reads a model folder.
    ///
    /// # Errors
    /// [`ModelError::Read`] when a file is absent, damaged, or its shapes do not fit.
    pub fn load(folder: &Path) -> Result<Self, ModelError> {
        let path = folder.join("model.json");
        let failed = |why: String| ModelError::Read { path: path.clone(), why };
        let text = std::fs::read(&path).map_err(|e| failed(e.to_string()))?;
        let damaged = |e: serde_json::Error| failed(format!("it is damaged ({e}). Train it again"));
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_slice(&text).map_err(damaged)?;
        if version > VERSION {
            return Err(failed(format!(
                "it is of version {version} and this program knows up to {VERSION}. Use a newer Ritmo"
            )));
        }
        let card: ModelCard = serde_json::from_slice(&text).map_err(damaged)?;
        card.check().map_err(|why| failed(format!("{why}. Train it again")))?;

        let path = folder.join("model.safetensors");
        let failed = |why: String| ModelError::Read { path: path.clone(), why };
        let damaged =
            |e: safetensors::SafeTensorError| failed(format!("it is damaged ({e}). Train it again"));
        let bytes = std::fs::read(&path).map_err(|e| failed(e.to_string()))?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(damaged)?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(damaged)?;
        let weights = Weights::from_named(&card.shape(), |name, shape| {
            let tensor = tensors.tensor(name).map_err(damaged)?;
            if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
                return Err(failed(format!(
                    "{name} is {:?} of {:?} where model.json asks for {:?} of {shape:?}. Train it again",
                    tensor.shape(),
                    tensor.dtype(),
                    Dtype::F32
                )));
            }
            let (words, _) = tensor.data().as_chunks::<4>();
            let values: Vec<f32> = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
            if values.iter().any(|v| !v.is_finite()) {
                return Err(failed(format!("{name} holds values that are no numbers. Train it again")));
            }
            Ok(values)
        })?;
        let training = header.metadata().as_ref().and_then(|m| m.get(TRAINING));
        if training != Some(&card.training_id()) {
            return Err(failed(
                "it is of another training than the model.json beside it. Train it again".into(),
            ));
        }
        let mut model = Self::new(card, weights);
        // A map does not need it: where it is absent or damaged, the model is one that does not know what it learned from.
        if let Ok(bytes) = std::fs::read(folder.join(learned::FILE)) {
            let ModelCard { dates, bands, .. } = &model.card;
            let cells = dates.len() * bands.len();
            model.learned = Learned::read(&bytes, &model.card.training_id(), cells);
        }
        Ok(model)
    }

    /// Class probabilities, `series x class` (in the order of `card.classes`), of raw series `series x time x band`
    /// in the units of the cube, gaps NaN: filling (as it was while training) and normalising happen here. A series with a
    /// band that was never observed, or with any gap where gaps are not filled, gets NaN. Works on this thread; callable
    /// from many.
    ///
    /// # Errors
    /// When the length does not fit.
    pub fn probabilities(&self, values: &[f32]) -> Result<Vec<f32>, ModelError> {
        let mut probabilities = self.raw_logits(values)?;
        softmax(&mut probabilities, self.card.classes.len());
        Ok(probabilities)
    }

    /// [`Model::probabilities`] before the softmax.
    ///
    /// # Errors
    /// When the length does not fit.
    pub fn raw_logits(&self, values: &[f32]) -> Result<Vec<f32>, ModelError> {
        if let Some(reach) = self.reach() {
            let why = format!(
                "a {} looks around a pixel, up to {reach} pixels on each side, and makes nothing of its series. Take a network of series",
                self.kind().title()
            );
            return Err(ModelError::Mismatch { why });
        }
        let (values, Prepared { missing, unusable }) = self.prepared(values)?;
        let mut logits = self.network.logits(Input { series: &values, missing: missing.as_deref() });
        let classes = self.card.classes.len();
        for i in unusable {
            logits[i * classes..(i + 1) * classes].fill(f32::NAN);
        }
        Ok(logits)
    }

    /// Raw series filled and normalised, and what was found in them.
    ///
    /// # Errors
    /// When the length does not fit.
    pub(super) fn prepared(&self, values: &[f32]) -> Result<(Vec<f32>, Prepared), ModelError> {
        let ModelCard { dates, bands, normalisation, spec, .. } = &self.card;
        let each = dates.len() * bands.len();
        if !values.len().is_multiple_of(each) {
            let why = format!("{} values are not whole series of {each}", values.len());
            return Err(ModelError::Engine { doing: "took in series", why });
        }
        let mut values = values.to_vec();
        let prepared = prepare(&mut values, bands.len(), &self.days, normalisation, spec);
        Ok((values, prepared))
    }

    /// The network.
    pub fn kind(&self) -> &ModelKind {
        &self.card.spec.kind
    }
}

/// Days since a fixed one.
pub(super) fn days(dates: &[NaiveDate]) -> Vec<f64> {
    dates.iter().map(|date| f64::from(date.num_days_from_ce())).collect()
}

/// What [`prepare`] found in series.
pub(super) struct Prepared {
    /// Dates that were a gap in any band, `series x time`, for networks that look past them.
    pub missing: Option<Vec<bool>>,
    /// Series that cannot be used, because a band was never observed or gaps are not filled; they become zeros.
    pub unusable: Vec<usize>,
}

/// Fills the gaps of raw series (any number of `time x band`) and normalises them, in place.
pub(super) fn prepare(
    values: &mut [f32],
    bands: usize,
    days: &[f64],
    normalisation: &Normalisation,
    spec: &ModelSpec,
) -> Prepared {
    let missing = spec
        .masks_gaps()
        .then(|| values.chunks_exact(bands.max(1)).map(|date| date.iter().any(|v| v.is_nan())).collect());
    let each = (days.len() * bands).max(1);
    values.chunks_exact_mut(each).for_each(|series| fill(series, bands, days, spec.filling()));
    normalisation.apply(values);
    let mut unusable = Vec::new();
    for (i, series) in values.chunks_exact_mut(each).enumerate() {
        // All are looked at, which is faster than to stop at the first.
        let usable = series.iter().fold(true, |usable, value| usable & value.is_finite());
        if !usable {
            series.fill(0.0);
            unusable.push(i);
        }
    }
    Prepared { missing, unusable }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::TempCnnOptions;
    use std::path::PathBuf;

    fn model(created: &str) -> Model {
        let options = TempCnnOptions { filters: 4, kernel: 3, layers: 2, dense: 6, ..Default::default() };
        model_of(ModelKind::TempCnn(options), created)
    }

    /// A model of two bands, four dates and two classes that learned nothing.
    pub fn model_of(kind: ModelKind, created: &str) -> Model {
        let class = |code: u8| Class::new(code, format!("class {code}"), [code, 0, 0]);
        let mut spec = ModelSpec { kind, ..ModelSpec::default() };
        spec.training.seed = u64::MAX;
        let card = ModelCard {
            version: VERSION,
            spec,
            bands: vec!["NDVI".into(), "EVI".into()],
            features: vec![],
            dates: (1..=4).map(|m| NaiveDate::from_ymd_opt(2013, m, 1).unwrap()).collect(),
            classes: vec![class(3), class(1)],
            normalisation: Normalisation { low: vec![0.1, 0.2], high: vec![0.9, 0.8] },
            trained_on: vec![1, 2],
            held_out: vec![3],
            samples: 20,
            history: vec![EpochScore { epoch: 1, train_loss: 0.5, ..EpochScore::default() }],
            best_epoch: 1,
            held_out_matrix: vec![],
            notes: vec![],
            labels: None,
            imported_from: None,
            created: created.into(),
        };
        let weights = Weights::new(&card.shape(), 3);
        Model::new(card, weights)
    }

    fn saved() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        model("2026-01-01T00:00:00Z").save(folder.path()).unwrap();
        let (json, weights) = (folder.path().join("model.json"), folder.path().join("model.safetensors"));
        (folder, json, weights)
    }

    fn why(folder: &tempfile::TempDir) -> String {
        Model::load(folder.path()).err().unwrap().to_string()
    }

    #[test]
    fn what_is_saved_is_loaded_and_gives_the_same_numbers() {
        let (folder, ..) = saved();
        let before = model("2026-01-01T00:00:00Z");
        let after = Model::load(folder.path()).unwrap();
        assert_eq!(before.card, after.card);
        let series: Vec<f32> = (0..40).map(|i| i as f32 / 40.0).collect();
        assert_eq!(before.probabilities(&series).unwrap(), after.probabilities(&series).unwrap());
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 2, "no temporary file is left");
    }

    #[test]
    fn what_the_training_saw_is_kept_beside_the_model_and_damage_to_it_leaves_the_model_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut model = model("2026-01-01T00:00:00Z");
        let set = crate::samples::SampleSet {
            bands: model.card.bands.clone(),
            features: vec![],
            dates: model.card.dates.clone(),
            values: crate::samples::Rows::of(8, (0..80).map(|i| i as f32).collect()),
            classes: vec![1; 10],
            annotations: vec![1; 10],
            places: vec![],
            locations: vec![],
        };
        let site = super::super::TrainedSite { cube: "field".into(), checksum: 7 };
        let mut learned = Learned::of(&set, &[0, 1, 2, 3, 4]).unwrap();
        learned.sites = vec![site.clone()];
        model.learned = Some(learned);
        model.save(folder.path()).unwrap();
        let again = Model::load(folder.path()).unwrap().learned.unwrap();
        assert_eq!((again.samples, again.sites), (5, vec![site]));
        std::fs::write(folder.path().join(learned::FILE), "{").unwrap();
        assert!(Model::load(folder.path()).unwrap().learned.is_none());
        std::fs::remove_file(folder.path().join(learned::FILE)).unwrap();
        assert!(Model::load(folder.path()).unwrap().learned.is_none());
    }

    #[test]
    fn the_same_training_gives_the_same_weights_file_on_another_day() {
        let (folder, _, weights) = saved();
        let first = std::fs::read(&weights).unwrap();
        model("2031-12-31T00:00:00Z").save(folder.path()).unwrap();
        assert_eq!(std::fs::read(&weights).unwrap(), first);
    }

    #[test]
    fn a_truncated_or_absent_file_is_a_sentence_that_names_it() {
        let (folder, json, weights) = saved();
        for (path, name) in [(weights, "model.safetensors"), (json, "model.json")] {
            let whole = std::fs::read(&path).unwrap();
            for keep in [whole.len() - 5, whole.len() / 2, 4, 0] {
                std::fs::write(&path, &whole[..keep]).unwrap();
                assert!(why(&folder).contains(name), "{}", why(&folder));
            }
            std::fs::remove_file(&path).unwrap();
            assert!(why(&folder).contains(name), "{}", why(&folder));
            std::fs::write(&path, &whole).unwrap();
        }
        assert!(Model::load(folder.path()).is_ok());
    }

    #[test]
    fn a_newer_version_asks_for_a_newer_program_even_when_all_else_changed() {
        let (folder, json, _) = saved();
        std::fs::write(json, br#"{"version": 2, "spec": "other"}"#).unwrap();
        assert!(why(&folder).contains("Use a newer Ritmo"), "{}", why(&folder));
    }

    #[test]
    fn a_card_that_contradicts_itself_or_the_weights_is_refused() {
        let (folder, json, weights) = saved();
        let text = std::fs::read_to_string(&json).unwrap();
        for (from, to, says) in [
            ("\"filters\": 4", "\"filters\": 5", "block1.weight"),
            ("\"filters\": 4", "\"filters\": 0", "filters"),
            ("\"kernel\": 3", "\"kernel\": 18446744073709551615", "kernel"),
            ("\"NDVI\",", "", "bands"),
            ("\"2013-02-01\"", "\"2013-01-01\"", "dates"),
            ("\"code\": 3", "\"code\": 1", "codes"),
            ("0.9,", "0.1,", "normalisation"),
            ("\"samples\": 20", "\"samples\": 21", "another training"),
        ] {
            assert!(text.contains(from), "{from}");
            std::fs::write(&json, text.replacen(from, to, 1)).unwrap();
            assert!(why(&folder).contains(says), "{from}: {}", why(&folder));
        }
        std::fs::write(&json, &text).unwrap();
        let mut bytes = std::fs::read(&weights).unwrap();
        let end = bytes.len();
        bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
        std::fs::write(&weights, bytes).unwrap();
        assert!(why(&folder).contains("no numbers"), "{}", why(&folder));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_loading_panic(place in 0usize..20_000, byte in 0u8..=255) {
            let (folder, json, weights) = saved();
            for path in [json, weights] {
                let whole = std::fs::read(&path).unwrap();
                let mut bytes = whole.clone();
                let at = place % bytes.len();
                bytes[at] = byte;
                std::fs::write(&path, bytes).unwrap();
                let _ = Model::load(folder.path());
                std::fs::write(&path, whole).unwrap();
            }
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("taken");
        std::fs::write(&file, b"").unwrap();
        let error = model("now").save(&file).unwrap_err().to_string();
        assert!(error.contains("taken"), "{error}");
    }
}
