//! Training with early stopping on held-out annotations.

mod checkpoint;
pub(super) mod data;
mod mix;

pub use checkpoint::{Stopped, checkpoint_of};

use super::adamw::AdamW;
use super::augment::{Augment, indices};
use super::network::{Batch, Input, Shape, Trainer, targets};
use super::saved::{VERSION, days};
use super::snapshot::Snapshot;
use super::warm;
use super::weights::{Weights, little_endian};
use super::{Model, ModelCard, ModelError, ModelSpec, TrainOptions};
use crate::labels::{Class, Legend};
use crate::progress::{Cancel, Cancelled};
use crate::samples::{SampleSet, Split};
use checkpoint::{Identity, State};
use data::{HeldOut, Ready};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Between two writings of a checkpoint: what is lost at most when the program is killed.
const WRITE_EVERY: Duration = Duration::from_secs(2);
/// A running average of weights begins to forget as fast as one of so many steps, or the first weights would stay in it.
const YOUNG: f64 = 10.0;
/// Before the first epoch has ended, weights are handed out after so many steps, twice as many, and so on, if they are of
/// use by then.
const EARLY: usize = 8;
/// Where nothing is held out, nobody can tell whether they are: then after so many.
const EARLY_UNSEEN: usize = 32;
/// Held-out samples that tell whether early weights are of use.
const GLANCE: usize = 512;

/// What one epoch gave.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochScore {
    /// From 1.
    pub epoch: usize,
    /// Mean training loss over the epoch.
    pub train_loss: f32,
    /// Loss on the held-out annotations (plain cross entropy); NaN-free: `None` where nothing is held out.
    pub held_out_loss: Option<f32>,
    /// Overall accuracy on the held-out annotations.
    pub held_out_accuracy: Option<f32>,
    /// F1 on the held-out annotations, a class in the order of the model's classes; `None` for a class that none of them has
    /// or was given; empty where nothing is held out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_out_f1: Vec<Option<f32>>,
}

impl EpochScore {
    /// The mean of the classes' F1, of those that have one; `None` where nothing is held out.
    pub fn macro_f1(&self) -> Option<f32> {
        let known: Vec<f32> = self.held_out_f1.iter().copied().flatten().collect();
        (!known.is_empty()).then(|| known.iter().sum::<f32>() / known.len() as f32)
    }
}

/// What training tells while it runs.
#[derive(Debug, Clone)]
pub enum TrainEvent {
    /// Before the first epoch.
    Started {
        /// The classes, in the order of scores and matrices.
        classes: Vec<Class>,
        /// Samples that train.
        samples: usize,
        /// Samples held out.
        held_out: usize,
        /// What is used and left out, in sentences.
        notes: Vec<String>,
        /// Epochs of before it was stopped, where it goes on.
        before: Vec<EpochScore>,
    },
    /// A step within an epoch: epoch (from 1), steps done, steps an epoch.
    Step { epoch: usize, done: usize, of: usize },
    /// Weights that are better than any before, so far: after each such epoch and, within the first one, as soon as they
    /// are of use.
    Better(Snapshot),
    /// Where it stands cannot be kept, in a sentence; told once, and training goes on.
    NotKept(String),
    /// An epoch ended.
    Epoch {
        /// What it gave.
        score: EpochScore,
        /// What the held-out annotations became, in samples: a row a true class, a column a class given; empty where
        /// nothing is held out.
        matrix: Vec<Vec<u32>>,
        /// How long it takes if all epochs are run: at most, since training may stop earlier.
        left: Duration,
    },
}

/// Where a training begins, and where it is kept.
#[derive(Clone, Copy, Default)]
pub struct Start<'a> {
    /// A model to go on from where labels or classes have changed, and its folder: all weights and the normalisation are
    /// kept, a new class extends the output, one that is gone leaves it.
    pub from: Option<(&'a Model, &'a Path)>,
    /// The file in which the training stands between epochs, every few seconds and when it is cancelled; it is removed once
    /// training has come to its end. Where it cannot be written training goes on without.
    pub checkpoint: Option<&'a Path>,
    /// Whether to go on with the training that stands in that file. It comes to the same weights, bit for bit, as if it had
    /// not been stopped.
    pub resume: bool,
}

/// [`train_from`] the beginning, without a checkpoint.
///
/// # Errors
/// Those of [`train_from`].
pub fn train(
    set: &SampleSet,
    split: &Split,
    legend: &Legend,
    spec: &ModelSpec,
    on_event: &dyn Fn(TrainEvent),
    cancel: &Cancel,
) -> Result<Model, ModelError> {
    train_from(Start::default(), set, split, legend, spec, on_event, cancel)
}

/// Trains on `split.train`, stops early on `split.held_out`, keeps the best weights; where nothing is held out, runs all
/// epochs and keeps the last. Same seed, same samples, same machine: same weights, bit for bit, whatever the number of
/// threads. When `cancel` is set after the first epoch, the best so far is given.
///
/// The model's classes are those of the legend that have a sample in the training part. Samples of other classes, and
/// samples with a band that was never observed (or any gap, where gaps are not filled), are left out on both sides. Samples
/// that take more than a third of the free memory are read from a temporary file as they are needed.
///
/// # Errors
/// Options that cannot be; fewer than two classes in the training part; the loss growing beyond all bounds; cancelled
/// before the first epoch ended; a model to go on from that has another network, other bands or another number of dates; a
/// checkpoint that cannot be read or is of another training.
pub fn train_from(
    start: Start,
    set: &SampleSet,
    split: &Split,
    legend: &Legend,
    spec: &ModelSpec,
    on_event: &dyn Fn(TrainEvent),
    cancel: &Cancel,
) -> Result<Model, ModelError> {
    let options = &spec.training;
    check(options)?;
    if !spec.kind.reads_series() {
        let why = "a UNet learns from patches of a mosaic, not from series: choose another network".into();
        return Err(ModelError::Options { why });
    }
    let from = start.from.map(|(model, _)| model);
    let mut ready = Ready::new(set, split, legend, spec, from, cancel)?;
    let shape = Shape::new(&spec.kind, &set.dates, set.bands.len(), ready.classes.len());
    shape.check()?;
    let weights = match from {
        None => Weights::new(&shape, options.seed),
        Some(model) => {
            let (weights, note) = warm::start(model, &shape, set, &ready.classes, options.seed)?;
            ready.notes.push(note);
            weights
        }
    };
    let checkpoint = match start.checkpoint {
        None => None,
        Some(path) => {
            let from = start.from.map(|(_, folder)| folder);
            Some((path, Identity { spec, from, sum: sum(&ready, spec)? }))
        }
    };
    let mut state = State {
        average: (options.averaging > 0.0).then(|| weights.clone()),
        weights,
        optimiser: AdamW::new(options.optimiser, options.weight_decay),
        history: Vec::new(),
        best: None,
        taken: 0,
    };
    if let Some((path, identity)) = checkpoint.as_ref().filter(|_| start.resume) {
        state.read(path, identity, &shape)?;
        ready.notes.push(format!("went on after epoch {}, where it had been stopped", state.history.len()));
    }
    on_event(TrainEvent::Started {
        classes: ready.classes.clone(),
        samples: ready.train.classes.len(),
        held_out: ready.held_out.classes.len(),
        notes: ready.notes.clone(),
        before: state.history.clone(),
    });

    let augment = Augment::new(options, &ready.normalisation, indices(set), days(&set.dates));
    let card = Arc::new(card(set, &ready, spec));
    let run = Run { shape: &shape, ready: &ready, options, augment, card, on_event, cancel };
    let mut trainer = shape.trainer();
    let not_kept = Cell::new(false);
    let keep = |state: &State| {
        let Some((path, identity)) = &checkpoint else { return };
        if let Err(why) = state.write(path, identity)
            && !not_kept.replace(true)
        {
            on_event(TrainEvent::NotKept(format!(
                "{why}. Training goes on; once it is stopped it cannot be gone on with"
            )));
        }
    };
    let (before, began) = (state.history.len(), Instant::now());
    let mut written = Instant::now();
    while state.history.len() < options.epochs && !state.is_over(options.patience) {
        // A stopped epoch is begun anew: what it had learned is not in the state.
        let at_start = checkpoint.is_some().then(|| state.clone());
        match run.epoch(&mut *trainer, &mut state) {
            Ok((score, matrix)) => {
                let epochs = (state.history.len() - before) as u32;
                let left = options.epochs - state.history.len();
                let left = began.elapsed() / epochs.max(1) * left as u32;
                on_event(TrainEvent::Epoch { score, matrix, left });
                if let Some(best) = state.best.as_ref().filter(|best| best.score.epoch == state.history.len())
                {
                    run.offer(best.score.epoch, &best.weights);
                }
            }
            Err(ModelError::Cancelled(_)) => {
                if let Some(at_start) = at_start.filter(|at_start| !at_start.history.is_empty()) {
                    keep(&at_start);
                }
                return state.finish(set, &ready, spec);
            }
            Err(other) => return Err(other),
        }
        if checkpoint.is_some() && written.elapsed() > WRITE_EVERY {
            keep(&state);
            written = Instant::now();
        }
    }
    if let Some((path, _)) = &checkpoint {
        // One that stays for want of rights does no harm: it is of a training that is over, and says so.
        let _ = std::fs::remove_file(path);
    }
    state.finish(set, &ready, spec)
}

/// A sum over the options and the samples as they are made ready.
fn sum(ready: &Ready, spec: &ModelSpec) -> Result<String, ModelError> {
    let told = (spec, &ready.normalisation, ready.classes.iter().map(|c| c.code).collect::<Vec<_>>());
    let mut sum = crc32c::crc32c(&serde_json::to_vec(&told).unwrap_or_default());
    let mut add = |values: &[f32]| sum = crc32c::crc32c_append(sum, &little_endian(values));
    for side in [&ready.train, &ready.held_out] {
        (0..side.series.len()).try_for_each(|i| {
            add(&side.series.row(i)?);
            Ok::<_, ModelError>(())
        })?;
        add(&side.classes.iter().map(|class| *class as f32).collect::<Vec<_>>());
    }
    Ok(format!("{sum:08x} {} {}", ready.train.classes.len(), ready.held_out.classes.len()))
}

/// An epoch that gave the best weights so far, with these.
#[derive(Clone)]
pub(super) struct Kept {
    score: EpochScore,
    matrix: Vec<Vec<u32>>,
    weights: Weights,
}

/// What stays the same over all epochs.
struct Run<'a> {
    shape: &'a Shape,
    ready: &'a Ready,
    options: &'a TrainOptions,
    augment: Option<Augment<'a>>,
    card: Arc<ModelCard>,
    on_event: &'a dyn Fn(TrainEvent),
    cancel: &'a Cancel,
}

impl Run<'_> {
    /// Goes once over the samples, in an order drawn from the seed and the epoch, and scores what came of it.
    fn epoch(
        &self,
        trainer: &mut dyn Trainer,
        state: &mut State,
    ) -> Result<(EpochScore, Vec<Vec<u32>>), ModelError> {
        let Self { shape, ready, options, .. } = self;
        let epoch = state.history.len() + 1;
        let samples = ready.train.classes.len();
        let batch = options.batch.min(samples);
        // Batch norm learns nothing from a single sample: the last batch is left out where it would be one.
        let steps = samples / batch + usize::from(samples % batch > 1);
        let mut order: Vec<usize> = (0..samples).collect();
        let mut shuffling = ChaCha8Rng::seed_from_u64(options.seed);
        shuffling.set_stream(u64::MAX - epoch as u64);
        order.shuffle(&mut shuffling);
        let mut loss = 0.0;
        for (done, chosen) in order.chunks(batch).take(steps).enumerate() {
            self.cancel.check()?;
            loss += self.step(trainer, state, chosen, epoch, steps)?;
            (self.on_event)(TrainEvent::Step { epoch, done: done + 1, of: steps });
            if state.best.is_none() && epoch == 1 && done + 1 < steps {
                self.offer_early(done + 1, state)?;
            }
        }
        let State { weights, average, .. } = &*state;
        let weights = average.as_ref().unwrap_or(weights);
        let held_out = ready.held_out.score(shape, weights, self.cancel)?;
        let score = EpochScore {
            epoch,
            train_loss: (loss / steps as f64) as f32,
            held_out_loss: held_out.as_ref().map(HeldOut::loss),
            held_out_accuracy: held_out.as_ref().map(HeldOut::accuracy),
            held_out_f1: held_out.as_ref().map(HeldOut::f1).unwrap_or_default(),
        };
        let matrix = held_out.map(|h| h.matrix).unwrap_or_default();
        let best = state.best.as_ref().and_then(|best| best.score.held_out_loss);
        if best.zip(score.held_out_loss).is_none_or(|(best, now)| now < best) {
            let weights = weights.clone();
            state.best = Some(Kept { score: score.clone(), matrix: matrix.clone(), weights });
        }
        state.history.push(score.clone());
        Ok((score, matrix))
    }

    /// Hands out weights.
    fn offer(&self, epoch: usize, weights: &Weights) {
        (self.on_event)(TrainEvent::Better(Snapshot::new(epoch, &self.card, weights)));
    }

    /// Hands out the weights after so many steps of the first epoch, where it is time to and they are of use: where they
    /// beat giving every sample the most frequent class.
    fn offer_early(&self, taken: usize, state: &State) -> Result<(), ModelError> {
        let Self { shape, ready, .. } = self;
        if taken < EARLY || !taken.is_power_of_two() {
            return Ok(());
        }
        let weights = state.average.as_ref().unwrap_or(&state.weights);
        let is_of_use = match ready.held_out.glance(shape, weights, GLANCE, self.cancel)? {
            Some(seen) => seen.beats_the_most_frequent(),
            None => taken >= EARLY_UNSEEN,
        };
        if is_of_use {
            self.offer(1, weights);
        }
        Ok(())
    }

    /// One step; gives the loss.
    fn step(
        &self,
        trainer: &mut dyn Trainer,
        state: &mut State,
        chosen: &[usize],
        epoch: usize,
        steps: usize,
    ) -> Result<f64, ModelError> {
        let Self { shape, ready, options, .. } = self;
        let TrainOptions { seed, epochs, learning_rate, schedule, label_smoothing, .. } = **options;
        let (mut series, mut missing) = ready.train.gather(chosen, shape.times)?;
        if let Some(augment) = &self.augment {
            augment_all(augment, &mut series, missing.as_deref_mut(), chosen, (seed, epoch, shape.times));
        }
        let classes: Vec<usize> = chosen.iter().map(|i| ready.train.classes[*i]).collect();
        let rate = learning_rate * schedule.share(state.taken as usize, epochs * steps, epoch);
        state.taken += 1;
        let mut targets = targets(&classes, shape.classes, label_smoothing);
        for (row, class) in targets.chunks_exact_mut(shape.classes).zip(&classes) {
            row.iter_mut().for_each(|t| *t *= ready.weights[*class]);
        }
        if options.mixup > 0.0 {
            let key = (seed, state.taken);
            mix::mix(options.mixup, key, chosen.len(), &mut series, &mut targets, missing.as_deref_mut());
        }
        let batch = Batch {
            input: Input { series: &series, missing: missing.as_deref() },
            targets: &targets,
            dropout: Some((seed, state.taken)),
        };
        let result = trainer.step(&state.weights, &batch);
        if !result.loss.is_finite() {
            let why =
                format!("the loss grew beyond all bounds in epoch {epoch}. Use a smaller learning rate");
            return Err(ModelError::Engine { doing: "trained", why });
        }
        result.update_running(&mut state.weights);
        state.optimiser.step(state.weights.trained_mut(), &result.gradients, rate);
        if let Some(average) = &mut state.average {
            average.average(&state.weights, left_of_average(options, state.taken));
        }
        Ok(result.loss)
    }
}

impl State {
    /// Whether no epoch was better for so long that training stops.
    fn is_over(&self, patience: usize) -> bool {
        self.best.as_ref().is_some_and(|best| self.history.len() - best.score.epoch >= patience.max(1))
    }

    /// The best model so far.
    ///
    /// # Errors
    /// Where no epoch has ended: it was cancelled before.
    fn finish(self, set: &SampleSet, ready: &Ready, spec: &ModelSpec) -> Result<Model, ModelError> {
        let Kept { score, matrix, weights } = self.best.ok_or(Cancelled)?;
        let card = ModelCard {
            history: self.history,
            best_epoch: score.epoch,
            held_out_matrix: matrix,
            ..card(set, ready, spec)
        };
        Ok(Model::new(card, weights))
    }
}

/// What a model is like before any epoch has ended.
pub(super) fn card(set: &SampleSet, ready: &Ready, spec: &ModelSpec) -> ModelCard {
    ModelCard {
        version: VERSION,
        spec: spec.clone(),
        bands: set.bands.clone(),
        features: set.features.clone(),
        dates: set.dates.clone(),
        classes: ready.classes.clone(),
        normalisation: ready.normalisation.clone(),
        samples: ready.train.classes.len(),
        trained_on: ready.train.annotations.clone(),
        held_out: ready.held_out.annotations.clone(),
        history: Vec::new(),
        best_epoch: 0,
        held_out_matrix: Vec::new(),
        notes: ready.notes.clone(),
        labels: None,
        imported_from: None,
        created: chrono::Utc::now().to_rfc3339(),
    }
}

/// The share of the running average of weights that a step leaves, after so many steps.
pub(super) fn left_of_average(options: &TrainOptions, taken: u64) -> f32 {
    let taken = taken as f64;
    options.averaging.min(taken / (taken + YOUNG)) as f32
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

/// Augments the series of a batch, each on its own, on all threads.
fn augment_all(
    augment: &Augment,
    series: &mut [f32],
    missing: Option<&mut [bool]>,
    chosen: &[usize],
    (seed, epoch, times): (u64, usize, usize),
) {
    let each = series.len() / chosen.len().max(1);
    let series = series.par_chunks_exact_mut(each).zip(chosen);
    match missing {
        None => series.for_each(|(series, sample)| augment.apply(series, None, (seed, epoch, *sample))),
        Some(missing) => {
            series.zip(missing.par_chunks_exact_mut(times)).for_each(|((series, sample), missing)| {
                augment.apply(series, Some(missing), (seed, epoch, *sample));
            })
        }
    }
}

#[cfg(test)]
mod tests;
