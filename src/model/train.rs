//! Training with early stopping on held-out annotations.

use super::adamw::AdamW;
use super::backprop::{Batch, step};
use super::saved::{VERSION, days, prepare};
use super::tempcnn::{Shape, TempCnn, Weights};
use super::{Model, ModelCard, ModelError, ModelKind, ModelSpec, TrainOptions};
use crate::labels::{AnnotationId, Class, Legend};
use crate::progress::{Cancel, Cancelled};
use crate::samples::{Normalisation, SampleSet, Split};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// What one epoch gave.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpochScore {
    /// From 1.
    pub epoch: usize,
    /// Mean training loss over the epoch.
    pub train_loss: f32,
    /// Loss on the held-out annotations (plain cross entropy); NaN-free: `None` where nothing is held out.
    pub held_out_loss: Option<f32>,
    /// Overall accuracy on the held-out annotations.
    pub held_out_accuracy: Option<f32>,
}

/// What training tells while it runs.
#[derive(Debug, Clone)]
pub enum TrainEvent {
    /// A step within an epoch: epoch (from 1), steps done, steps an epoch.
    Step { epoch: usize, done: usize, of: usize },
    /// An epoch ended.
    Epoch(EpochScore),
}

/// Trains on `split.train`, stops early on `split.held_out`, keeps the best weights; where nothing is held out, runs all
/// epochs and keeps the last. Same seed, same samples, same machine: same weights, bit for bit, whatever the number of
/// threads. When `cancel` is set after the first epoch, the best so far is given.
///
/// The model's classes are those of the legend that have a sample in the training part. Samples of other classes, and
/// samples with a band that was never observed, are left out on both sides.
///
/// # Errors
/// Options that cannot be; fewer than two classes in the training part; the loss growing beyond all bounds; cancelled
/// before the first epoch ended.
pub fn train(
    set: &SampleSet,
    split: &Split,
    legend: &Legend,
    spec: &ModelSpec,
    on_event: &dyn Fn(TrainEvent),
    cancel: &Cancel,
) -> Result<Model, ModelError> {
    let TrainOptions { seed, epochs, batch, learning_rate, weight_decay, label_smoothing, patience, .. } =
        spec.training;
    check(&spec.training)?;
    let ready = Ready::new(set, split, legend)?;
    let ModelKind::TempCnn(options) = &spec.kind;
    let shape = Shape {
        times: set.dates.len(),
        bands: set.bands.len(),
        classes: ready.classes.len(),
        options: options.clone(),
    };
    shape.check()?;

    let each = shape.times * shape.bands;
    let samples = ready.train.classes.len();
    let batch = batch.min(samples);
    // Batch norm learns nothing from a single sample: the last batch is left out where it would be one.
    let steps = samples / batch + usize::from(samples % batch > 1);
    let mut weights = Weights::new(&shape, seed);
    let mut adam = AdamW::new(weight_decay);
    let mut shuffling = ChaCha8Rng::seed_from_u64(seed);
    shuffling.set_stream(u64::MAX);
    let mut order: Vec<usize> = (0..samples).collect();
    let mut history: Vec<EpochScore> = Vec::new();
    let mut best: Option<(EpochScore, Weights)> = None;
    let mut taken = 0u64;

    'epochs: for epoch in 1..=epochs {
        let rate =
            learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * (epoch - 1) as f64 / epochs as f64).cos());
        order.shuffle(&mut shuffling);
        let mut loss = 0.0;
        for (done, chosen) in order.chunks(batch).take(steps).enumerate() {
            if cancel.is_cancelled() {
                break 'epochs;
            }
            let mut series = Vec::with_capacity(chosen.len() * each);
            chosen
                .iter()
                .for_each(|i| series.extend_from_slice(&ready.train.series[i * each..(i + 1) * each]));
            let classes: Vec<usize> = chosen.iter().map(|i| ready.train.classes[*i]).collect();
            taken += 1;
            let dropout = Some((seed, taken));
            let result = step(
                &shape,
                &weights,
                &Batch { series: &series, classes: &classes, label_smoothing, dropout },
            )?;
            if !result.loss.is_finite() {
                let why =
                    format!("the loss grew beyond all bounds in epoch {epoch}. Use a smaller learning rate");
                return Err(ModelError::Engine { doing: "trained", why });
            }
            loss += result.loss;
            result.update_running(&mut weights);
            adam.step(weights.trained_mut(), &result.gradients, rate);
            on_event(TrainEvent::Step { epoch, done: done + 1, of: steps });
        }
        let held_out = ready.held_out.score(&shape, &weights)?;
        let score = EpochScore {
            epoch,
            train_loss: (loss / steps as f64) as f32,
            held_out_loss: held_out.map(|(loss, _)| loss),
            held_out_accuracy: held_out.map(|(_, accuracy)| accuracy),
        };
        history.push(score);
        on_event(TrainEvent::Epoch(score));
        let better = match (best.as_ref().and_then(|(best, _)| best.held_out_loss), score.held_out_loss) {
            (Some(best), Some(now)) => now < best,
            _ => true,
        };
        if better {
            best = Some((score, weights.clone()));
        } else if best.as_ref().is_some_and(|(best, _)| epoch - best.epoch >= patience.max(1)) {
            break;
        }
    }

    let (score, weights) = best.ok_or(Cancelled)?;
    let card = ModelCard {
        version: VERSION,
        spec: spec.clone(),
        bands: set.bands.clone(),
        dates: set.dates.clone(),
        classes: ready.classes,
        normalisation: ready.normalisation,
        trained_on: ready.train.annotations,
        held_out: ready.held_out.annotations,
        samples,
        history,
        best_epoch: score.epoch,
        created: chrono::Utc::now().to_rfc3339(),
    };
    Ok(Model::new(card, weights))
}

/// Refuses options that cannot be.
fn check(options: &TrainOptions) -> Result<(), ModelError> {
    let refuse = |why: String| Err(ModelError::Options { why });
    let TrainOptions { epochs, batch, learning_rate, weight_decay, label_smoothing, .. } = options;
    if *epochs == 0 || *batch < 2 {
        return refuse(format!("training takes at least 1 epoch and batches of 2, not {epochs} and {batch}"));
    }
    if !(*learning_rate > 0.0 && *learning_rate <= 1.0) {
        return refuse(format!("the learning rate must be above 0 and at most 1, not {learning_rate}"));
    }
    if !(0.0..=1.0).contains(weight_decay) {
        return refuse(format!("the weight decay must be from 0 to 1, not {weight_decay}"));
    }
    if !(0.0..1.0).contains(label_smoothing) {
        return refuse(format!("the label smoothing must be from 0 to below 1, not {label_smoothing}"));
    }
    Ok(())
}

/// One side of the split, made ready for the network.
struct Side {
    /// Normalised, without gaps: `sample x time x band`.
    series: Vec<f32>,
    /// Index of the class of each sample in the model's classes.
    classes: Vec<usize>,
    /// Annotations the samples are of, each once.
    annotations: Vec<AnnotationId>,
}

impl Side {
    /// Mean cross entropy and overall accuracy; `None` where there is no sample.
    fn score(&self, shape: &Shape, weights: &Weights) -> Result<Option<(f32, f32)>, ModelError> {
        if self.classes.is_empty() {
            return Ok(None);
        }
        let logits = TempCnn::new(shape, weights).logits_on_all_threads(&self.series)?;
        let (mut loss, mut right) = (0.0, 0);
        for (row, class) in logits.chunks_exact(shape.classes).zip(&self.classes) {
            let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let log_sum = top + row.iter().map(|z| (z - top).exp()).sum::<f32>().ln();
            loss += f64::from(log_sum - row[*class]);
            right += usize::from(row.iter().position(|z| *z == top) == Some(*class));
        }
        let samples = self.classes.len();
        Ok(Some(((loss / samples as f64) as f32, right as f32 / samples as f32)))
    }
}

/// The samples made ready for the network.
struct Ready {
    classes: Vec<Class>,
    normalisation: Normalisation,
    train: Side,
    held_out: Side,
}

impl Ready {
    fn new(set: &SampleSet, split: &Split, legend: &Legend) -> Result<Self, ModelError> {
        let (samples, each) = (set.len(), set.dates.len() * set.bands.len());
        if each == 0 || set.values.len() != samples * each || set.annotations.len() != samples {
            return Err(ModelError::Mismatch { why: "the samples do not fit their bands and dates".into() });
        }
        if split.train.iter().chain(&split.held_out).any(|i| *i >= samples) {
            return Err(ModelError::Mismatch { why: "the split is not of these samples".into() });
        }
        let usable = |i: &usize| {
            let series = set.series(*i);
            (0..set.bands.len())
                .all(|b| series.iter().skip(b).step_by(set.bands.len()).any(|v| v.is_finite()))
        };
        let of_legend = |i: &usize| legend.class(set.classes[*i]).is_some();
        let chosen = |part: &[usize]| -> Vec<usize> {
            part.iter().copied().filter(of_legend).filter(usable).collect()
        };
        let train = chosen(&split.train);
        let has_sample = |class: &&Class| train.iter().any(|i| set.classes[*i] == class.code);
        let classes: Vec<Class> = legend.classes.iter().filter(has_sample).cloned().collect();
        if classes.len() < 2 {
            let why = match classes.first() {
                None => {
                    "there is no sample to learn from. Label at least two classes inside of the cube, in \
                         polygons large enough that whole pixels are left after the buffer"
                        .into()
                }
                Some(only) => format!(
                    "there are samples of one class only, {}. Label at least one more class",
                    only.name
                ),
            };
            return Err(ModelError::TooFew { why });
        }
        let index = |i: usize| classes.iter().position(|c| c.code == set.classes[i]);
        let held_out: Vec<usize> =
            chosen(&split.held_out).into_iter().filter(|i| index(*i).is_some()).collect();

        let normalisation = Normalisation::fit(set, &train);
        let days = days(&set.dates);
        let side = |chosen: &[usize]| {
            let mut series = Vec::with_capacity(chosen.len() * each);
            chosen.iter().for_each(|i| series.extend_from_slice(set.series(*i)));
            prepare(&mut series, set.bands.len(), &days, &normalisation);
            let mut annotations: Vec<AnnotationId> = chosen.iter().map(|i| set.annotations[*i]).collect();
            annotations.sort_unstable();
            annotations.dedup();
            Side { series, classes: chosen.iter().filter_map(|i| index(*i)).collect(), annotations }
        };
        let (train, held_out) = (side(&train), side(&held_out));
        Ok(Self { classes, normalisation, train, held_out })
    }
}
