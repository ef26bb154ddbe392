//! Training with early stopping on held-out annotations.

use super::adamw::AdamW;
use super::augment::{self, Augment, indices};
use super::balance::{self, capped};
use super::network::{Batch, Input, Shape, log_sum, logits_on_all_threads, targets};
use super::saved::{Prepared, VERSION, days, prepare};
use super::warm;
use super::weights::Weights;
use super::{Model, ModelCard, ModelError, ModelSpec, TrainOptions};
use crate::labels::{AnnotationId, Class, Legend};
use crate::progress::{Cancel, Cancelled};
use crate::samples::{Normalisation, SampleSet, Split};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

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
    },
    /// A step within an epoch: epoch (from 1), steps done, steps an epoch.
    Step { epoch: usize, done: usize, of: usize },
    /// An epoch ended.
    Epoch {
        /// What it gave.
        score: EpochScore,
        /// What the held-out annotations became, in samples: a row a true class, a column a class given; empty where
        /// nothing is held out.
        matrix: Vec<Vec<u32>>,
    },
}

/// Trains on `split.train`, stops early on `split.held_out`, keeps the best weights; where nothing is held out, runs all
/// epochs and keeps the last. Same seed, same samples, same machine: same weights, bit for bit, whatever the number of
/// threads. When `cancel` is set after the first epoch, the best so far is given.
///
/// The model's classes are those of the legend that have a sample in the training part. Samples of other classes, and
/// samples with a band that was never observed (or any gap, where gaps are not filled), are left out on both sides.
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
    run(set, split, legend, spec, None, on_event, cancel)
}

/// [`train`], going on from `model` where labels or classes have changed: all weights and the normalisation are kept, a new
/// class extends the output, one that is gone leaves it.
///
/// # Errors
/// Those of [`train`]; a model of another network, other bands or another number of dates.
pub fn train_on(
    model: &Model,
    set: &SampleSet,
    split: &Split,
    legend: &Legend,
    spec: &ModelSpec,
    on_event: &dyn Fn(TrainEvent),
    cancel: &Cancel,
) -> Result<Model, ModelError> {
    run(set, split, legend, spec, Some(model), on_event, cancel)
}

fn run(
    set: &SampleSet,
    split: &Split,
    legend: &Legend,
    spec: &ModelSpec,
    from: Option<&Model>,
    on_event: &dyn Fn(TrainEvent),
    cancel: &Cancel,
) -> Result<Model, ModelError> {
    let TrainOptions {
        seed,
        epochs,
        batch,
        learning_rate,
        schedule,
        weight_decay,
        label_smoothing,
        patience,
        ..
    } = spec.training;
    check(&spec.training)?;
    let mut ready = Ready::new(set, split, legend, spec, from)?;
    let shape = Shape::new(&spec.kind, &set.dates, set.bands.len(), ready.classes.len());
    shape.check()?;
    let mut weights = match from {
        None => Weights::new(&shape, seed),
        Some(model) => {
            let (weights, note) = warm::start(model, &shape, set, &ready.classes, seed)?;
            ready.notes.push(note);
            weights
        }
    };
    on_event(TrainEvent::Started {
        classes: ready.classes.clone(),
        samples: ready.train.classes.len(),
        held_out: ready.held_out.classes.len(),
        notes: ready.notes.clone(),
    });
    let augment = Augment::new(&spec.training, &ready.normalisation, indices(set), days(&set.dates));

    let each = shape.times * shape.bands;
    let samples = ready.train.classes.len();
    let batch = batch.min(samples);
    // Batch norm learns nothing from a single sample: the last batch is left out where it would be one.
    let steps = samples / batch + usize::from(samples % batch > 1);
    let mut adam = AdamW::new(weight_decay);
    let mut trainer = shape.trainer();
    let mut shuffling = ChaCha8Rng::seed_from_u64(seed);
    shuffling.set_stream(u64::MAX);
    let mut order: Vec<usize> = (0..samples).collect();
    let mut history: Vec<EpochScore> = Vec::new();
    let mut best: Option<(EpochScore, Vec<Vec<u32>>, Weights)> = None;
    let mut taken = 0u64;

    'epochs: for epoch in 1..=epochs {
        order.shuffle(&mut shuffling);
        let mut loss = 0.0;
        for (done, chosen) in order.chunks(batch).take(steps).enumerate() {
            if cancel.is_cancelled() {
                break 'epochs;
            }
            let (mut series, mut missing) = ready.train.gather(chosen, each, shape.times);
            if let Some(augment) = &augment {
                augment_all(augment, &mut series, missing.as_deref_mut(), chosen, (seed, epoch, shape.times));
            }
            let classes: Vec<usize> = chosen.iter().map(|i| ready.train.classes[*i]).collect();
            let rate = learning_rate * schedule.share(taken as usize, epochs * steps, epoch);
            taken += 1;
            let mut targets = targets(&classes, shape.classes, label_smoothing);
            for (row, class) in targets.chunks_exact_mut(shape.classes).zip(&classes) {
                row.iter_mut().for_each(|t| *t *= ready.weights[*class]);
            }
            let batch = Batch {
                input: Input { series: &series, missing: missing.as_deref() },
                targets: &targets,
                dropout: Some((seed, taken)),
            };
            let result = trainer.step(&weights, &batch);
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
        let held_out = ready.held_out.score(&shape, &weights);
        let score = EpochScore {
            epoch,
            train_loss: (loss / steps as f64) as f32,
            held_out_loss: held_out.as_ref().map(|h| h.loss),
            held_out_accuracy: held_out.as_ref().map(HeldOut::accuracy),
            held_out_f1: held_out.as_ref().map(HeldOut::f1).unwrap_or_default(),
        };
        let matrix = held_out.map(|h| h.matrix).unwrap_or_default();
        history.push(score.clone());
        on_event(TrainEvent::Epoch { score: score.clone(), matrix: matrix.clone() });
        let better = match (best.as_ref().and_then(|(best, ..)| best.held_out_loss), score.held_out_loss) {
            (Some(best), Some(now)) => now < best,
            _ => true,
        };
        if better {
            best = Some((score, matrix, weights.clone()));
        } else if best.as_ref().is_some_and(|(best, ..)| epoch - best.epoch >= patience.max(1)) {
            break;
        }
    }

    let (score, matrix, weights) = best.ok_or(Cancelled)?;
    let card = ModelCard {
        version: VERSION,
        spec: spec.clone(),
        bands: set.bands.clone(),
        features: set.features.clone(),
        dates: set.dates.clone(),
        classes: ready.classes,
        normalisation: ready.normalisation,
        trained_on: ready.train.annotations,
        held_out: ready.held_out.annotations,
        samples,
        history,
        best_epoch: score.epoch,
        held_out_matrix: matrix,
        notes: ready.notes,
        imported_from: None,
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

/// One side of the split, made ready for the network.
struct Side {
    /// Normalised, without gaps: `sample x time x band`.
    series: Vec<f32>,
    /// Dates that were a gap, `sample x time`, where the network looks past them.
    missing: Option<Vec<bool>>,
    /// Index of the class of each sample in the model's classes.
    classes: Vec<usize>,
    /// Annotations the samples are of, each once.
    annotations: Vec<AnnotationId>,
}

impl Side {
    /// Series and gaps of the samples chosen; `each` values and `times` dates a sample.
    fn gather(&self, chosen: &[usize], each: usize, times: usize) -> (Vec<f32>, Option<Vec<bool>>) {
        let mut series = Vec::with_capacity(chosen.len() * each);
        chosen.iter().for_each(|i| series.extend_from_slice(&self.series[i * each..(i + 1) * each]));
        let missing = self.missing.as_ref().map(|missing| {
            chosen.iter().flat_map(|i| &missing[i * times..(i + 1) * times]).copied().collect()
        });
        (series, missing)
    }

    /// What the network makes of the samples; `None` where there is no sample.
    fn score(&self, shape: &Shape, weights: &Weights) -> Option<HeldOut> {
        if self.classes.is_empty() {
            return None;
        }
        let network = shape.ready(weights);
        let input = Input { series: &self.series, missing: self.missing.as_deref() };
        let logits = logits_on_all_threads(&*network, shape, input);
        let mut loss = 0.0;
        let mut matrix = vec![vec![0; shape.classes]; shape.classes];
        for (row, class) in logits.chunks_exact(shape.classes).zip(&self.classes) {
            let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            loss += f64::from(log_sum(row) - row[*class]);
            if let Some(given) = row.iter().position(|z| *z == top) {
                matrix[*class][given] += 1;
            }
        }
        Some(HeldOut { loss: (loss / self.classes.len() as f64) as f32, matrix })
    }
}

/// What a network makes of the samples held out.
struct HeldOut {
    /// Mean cross entropy.
    loss: f32,
    /// Samples: a row a true class, a column a class given.
    matrix: Vec<Vec<u32>>,
}

impl HeldOut {
    fn accuracy(&self) -> f32 {
        let right: u32 = self.matrix.iter().enumerate().map(|(k, row)| row[k]).sum();
        let all: u32 = self.matrix.iter().flatten().sum();
        right as f32 / all.max(1) as f32
    }

    /// A class; `None` for one that no sample has or was given.
    fn f1(&self) -> Vec<Option<f32>> {
        let of = |k: usize| {
            let true_ones: u32 = self.matrix[k].iter().sum();
            let given: u32 = self.matrix.iter().map(|row| row[k]).sum();
            (true_ones + given > 0).then(|| 2.0 * self.matrix[k][k] as f32 / (true_ones + given) as f32)
        };
        (0..self.matrix.len()).map(of).collect()
    }
}

/// The samples made ready for the network.
struct Ready {
    classes: Vec<Class>,
    /// How much a sample of each class counts.
    weights: Vec<f32>,
    /// What is used and left out, in sentences.
    notes: Vec<String>,
    normalisation: Normalisation,
    train: Side,
    held_out: Side,
}

impl Ready {
    fn new(
        set: &SampleSet,
        split: &Split,
        legend: &Legend,
        spec: &ModelSpec,
        from: Option<&Model>,
    ) -> Result<Self, ModelError> {
        let (samples, each) = (set.len(), set.dates.len() * set.bands.len());
        if each == 0 || set.values.len() != samples * each || set.annotations.len() != samples {
            return Err(ModelError::Mismatch { why: "the samples do not fit their bands and dates".into() });
        }
        if split.train.iter().chain(&split.held_out).any(|i| *i >= samples) {
            return Err(ModelError::Mismatch { why: "the split is not of these samples".into() });
        }
        let usable = |i: &usize| set.is_usable(*i, spec.filling());
        let of_legend = |i: &usize| legend.class(set.classes[*i]).is_some();
        let chosen = |part: &[usize]| -> Vec<usize> {
            part.iter().copied().filter(of_legend).filter(usable).collect()
        };
        let all = chosen(&split.train);
        let train = capped(set, &all, &spec.training);
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

        let kept = from.map(|model| &model.card.normalisation).filter(|n| n.low.len() == set.bands.len());
        let normalisation = kept.cloned().unwrap_or_else(|| Normalisation::fit(set, &train));
        let days = days(&set.dates);
        let side = |chosen: &[usize]| {
            let mut series = Vec::with_capacity(chosen.len() * each);
            chosen.iter().for_each(|i| series.extend_from_slice(set.series(*i)));
            let Prepared { missing, .. } = prepare(&mut series, set.bands.len(), &days, &normalisation, spec);
            let mut annotations: Vec<AnnotationId> = chosen.iter().map(|i| set.annotations[*i]).collect();
            annotations.sort_unstable();
            annotations.dedup();
            Side { series, missing, classes: chosen.iter().filter_map(|i| index(*i)).collect(), annotations }
        };
        let (train, held_out) = (side(&train), side(&held_out));
        let mut counts = vec![0; classes.len()];
        train.classes.iter().for_each(|class| counts[*class] += 1);
        let weights = balance::weights(spec.training.class_weights, &counts);
        let mut notes = balance::notes(&spec.training, &classes, &weights, all.len(), train.classes.len());
        notes.extend(augment::words(&spec.training));
        Ok(Self { classes, weights, notes, normalisation, train, held_out })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ModelKind, TempCnnOptions};
    use chrono::NaiveDate;
    use std::cell::RefCell;

    #[test]
    fn the_mean_f1_is_that_of_the_classes_that_have_one() {
        let mean = |held_out_f1| EpochScore { held_out_f1, ..EpochScore::default() }.macro_f1();
        assert_eq!(mean(vec![Some(1.0), None, Some(0.5)]), Some(0.75));
        assert_eq!((mean(vec![]), mean(vec![None])), (None, None));
    }

    fn legend() -> Legend {
        let class = |(code, name): (u8, &str)| Class::new(code, name, [0, 0, code]);
        Legend { classes: [(30, "city"), (10, "forest"), (20, "crop")].into_iter().map(class).collect() }
    }

    /// Series of 5 dates and 2 bands; ten samples an annotation. Forest is flat, crop peaks, city is low; with noise.
    fn samples(annotations: u64) -> SampleSet {
        let mut set = SampleSet {
            bands: vec!["red".into(), "nir".into()],
            features: vec![],
            dates: (1..=5).map(|m| NaiveDate::from_ymd_opt(2022, 2 * m, 1).unwrap()).collect(),
            values: Vec::new(),
            classes: Vec::new(),
            annotations: Vec::new(),
            places: Vec::new(),
            locations: Vec::new(),
        };
        for annotation in 0..annotations {
            for i in 0..10u64 {
                let class = [10, 20, 30][annotation as usize % 3];
                for t in 0..5u64 {
                    let noise = ((annotation * 97 + i * 31 + t * 17) * 7919 % 601) as f32;
                    let level = match (class, t) {
                        (10, _) => 2400.0,
                        (20, 2) => 3000.0,
                        (20, _) => 1200.0,
                        _ => 900.0,
                    };
                    set.values.extend([600.0 + noise, level + noise]);
                }
                set.classes.push(class);
                set.annotations.push(annotation);
                set.places.push((i as u32, annotation as u32));
            }
        }
        set
    }

    fn spec(epochs: usize) -> ModelSpec {
        let mut spec = ModelSpec::default();
        let options = TempCnnOptions { filters: 8, kernel: 3, layers: 2, dense: 16, ..Default::default() };
        spec.kind = ModelKind::TempCnn(options);
        spec.training.epochs = epochs;
        spec.training.learning_rate = 3e-3;
        spec
    }

    /// Every fourth annotation is held out.
    fn split(set: &SampleSet) -> Split {
        let (held_out, train) = (0..set.len()).partition(|i| set.annotations[*i] % 4 == 3);
        Split { train, held_out, kept: Vec::new() }
    }

    fn all(set: &SampleSet) -> Split {
        Split { train: (0..set.len()).collect(), held_out: Vec::new(), kept: Vec::new() }
    }

    fn run(set: &SampleSet, split: &Split, spec: &ModelSpec) -> Result<Model, ModelError> {
        train(set, split, &legend(), spec, &|_| (), &Cancel::new())
    }

    #[test]
    fn what_is_easy_is_learned_and_the_card_tells_all() {
        let set = samples(24);
        let split = split(&set);
        let model = run(&set, &split, &spec(30)).unwrap();
        let names: Vec<&str> = model.card.classes.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["city", "forest", "crop"], "classes are in the order of the legend");
        assert_eq!(model.card.samples, 180);
        assert_eq!(model.card.held_out, [3, 7, 11, 15, 19, 23]);
        assert_eq!(model.card.trained_on.len(), 18);
        assert_eq!((model.card.bands.len(), model.card.dates.len()), (2, 5));
        let best = &model.card.history[model.card.best_epoch - 1];
        let least = model.card.history.iter().map(|e| e.held_out_loss.unwrap()).fold(f32::MAX, f32::min);
        assert_eq!((best.epoch, best.held_out_loss), (model.card.best_epoch, Some(least)));
        assert!(best.held_out_accuracy.unwrap() > 0.95, "{best:?}");

        let probabilities = model.probabilities(&set.values).unwrap();
        let mut right = 0;
        for (row, code) in probabilities.chunks(3).zip(&set.classes) {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            let best = (0..3).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
            right += usize::from(model.card.classes[best].code == *code);
        }
        assert!(right > 228, "{right} of 240");
    }

    fn weights_with_threads(threads: usize, seed: u64) -> Vec<f32> {
        let set = samples(9);
        let mut spec = spec(3);
        spec.training.seed = seed;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&set, &split(&set), &spec).unwrap().probabilities(&set.values).unwrap())
    }

    #[test]
    fn the_same_seed_gives_the_same_weights_on_any_number_of_threads() {
        let one = weights_with_threads(1, 5);
        assert_eq!(one, weights_with_threads(1, 5));
        assert_eq!(one, weights_with_threads(2, 5));
        assert_eq!(one, weights_with_threads(7, 5));
        assert_ne!(one, weights_with_threads(1, 6));
    }

    #[test]
    fn training_goes_on_from_a_model_and_a_new_class_changes_nothing_of_the_old_ones() {
        let set = samples(24);
        let split = split(&set);
        // City is not labelled yet.
        let mut two = split.clone();
        two.train.retain(|i| set.classes[*i] != 30);
        two.held_out.retain(|i| set.classes[*i] != 30);
        let before = run(&set, &two, &spec(10)).unwrap();

        // A rate so small that nothing moves: what the old classes are given is what they were given.
        let mut still = spec(1);
        still.training.learning_rate = 1e-7;
        still.training.weight_decay = 0.0;
        let on = |set: &SampleSet, spec: &ModelSpec| {
            train_on(&before, set, &split, &legend(), spec, &|_| (), &Cancel::new())
        };
        let after = on(&set, &still).unwrap();
        assert_eq!(after.card.normalisation, before.card.normalisation);
        let of = |model: &Model, name: &str| model.weights.values(name).to_vec();
        let codes: Vec<u8> = after.card.classes.iter().map(|c| c.code).collect();
        assert_eq!(codes, [30, 10, 20]);
        let (old, new) = (of(&before, "output.weight"), of(&after, "output.weight"));
        for (old, new) in old.chunks(2).zip(new.chunks(3)) {
            assert!((old[0] - new[1]).abs() < 1e-5 && (old[1] - new[2]).abs() < 1e-5, "{old:?} {new:?}");
        }
        assert!(after.card.notes.iter().any(|n| n.contains("new classes: city")), "{:?}", after.card.notes);
        let learned = on(&set, &spec(20)).unwrap();
        assert!(learned.card.best().unwrap().held_out_accuracy.unwrap() > 0.9);

        let mut other = set.clone();
        other.bands[1] = "swir".into();
        assert!(on(&other, &still).err().unwrap().to_string().contains("red, nir"));
        let mut wide = still.clone();
        wide.set_option("filters", &"9".into()).unwrap();
        assert!(on(&set, &wide).err().unwrap().to_string().contains("other options"));
        wide.kind = ModelKind::named("pixel").unwrap();
        assert!(on(&set, &wide).is_err());
    }

    #[test]
    fn without_anything_held_out_all_epochs_run_and_the_last_is_kept() {
        let set = samples(6);
        let mut spec = spec(20);
        spec.training.patience = 1;
        let model = run(&set, &all(&set), &spec).unwrap();
        assert_eq!((model.card.history.len(), model.card.best_epoch), (20, 20));
        assert!(model.card.history.iter().all(|e| e.held_out_loss.is_none()));
        assert!(model.card.held_out.is_empty());
    }

    #[test]
    fn training_stops_once_patience_is_over() {
        let set = samples(12);
        let mut split = split(&set);
        // Held out under wrong names: the better the training, the worse their loss.
        let mut wrong = set.clone();
        split.held_out.iter().for_each(|i| wrong.classes[*i] = 60 - wrong.classes[*i].clamp(30, 40));
        split.held_out.retain(|i| wrong.classes[*i] == 30 && set.classes[*i] != 30);
        let mut spec = spec(60);
        spec.training.patience = 4;
        let model = run(&wrong, &split, &spec).unwrap();
        let ran = model.card.history.len();
        assert!(ran < 60 && ran - model.card.best_epoch == 4, "{ran}, best {}", model.card.best_epoch);
    }

    #[test]
    fn classes_without_a_training_sample_and_foreign_codes_are_left_out_on_both_sides() {
        let mut set = samples(12);
        set.classes[0] = 99;
        let (held_out, train): (Vec<usize>, _) = (0..set.len()).partition(|i| set.classes[*i] == 30);
        let model = run(&set, &Split { train, held_out, kept: Vec::new() }, &spec(2)).unwrap();
        assert_eq!(model.card.classes.len(), 2);
        assert_eq!(model.card.samples, 79);
        assert!(model.card.held_out.is_empty() && model.card.history[1].held_out_loss.is_none());
    }

    #[test]
    fn fewer_than_two_classes_are_a_sentence() {
        let set = samples(12);
        let train: Vec<usize> = (0..set.len()).filter(|i| set.classes[*i] == 10).collect();
        let why = run(&set, &Split { train, held_out: vec![], kept: Vec::new() }, &spec(2)).err().unwrap();
        assert!(matches!(&why, ModelError::TooFew { why } if why.contains("forest")), "{why}");
        let why =
            run(&set, &Split { train: vec![], held_out: vec![], kept: Vec::new() }, &spec(2)).err().unwrap();
        assert!(matches!(why, ModelError::TooFew { .. }));
    }

    #[test]
    fn two_samples_are_enough_and_a_last_batch_of_one_is_left_out() {
        let set = samples(12);
        let two = Split { train: vec![0, 10], held_out: vec![], kept: Vec::new() };
        assert_eq!(run(&set, &two, &spec(2)).unwrap().card.samples, 2);

        let split = Split { train: (0..33).collect(), held_out: vec![], kept: Vec::new() };
        let mut spec = spec(1);
        spec.training.batch = 16;
        let steps = RefCell::new(Vec::new());
        let on_event = |event| {
            if let TrainEvent::Step { epoch, done, of } = event {
                steps.borrow_mut().push((epoch, done, of));
            }
        };
        train(&set, &split, &legend(), &spec, &on_event, &Cancel::new()).unwrap();
        assert_eq!(*steps.borrow(), [(1, 1, 2), (1, 2, 2)]);
    }

    #[test]
    fn a_band_never_observed_leaves_the_sample_out_and_gaps_do_not() {
        let mut set = samples(12);
        set.values.iter_mut().take(10).step_by(2).for_each(|v| *v = f32::NAN);
        set.values[13] = f32::NAN;
        let model = run(&set, &all(&set), &spec(2)).unwrap();
        assert_eq!(model.card.samples, 119);
        let probabilities = model.probabilities(&set.values).unwrap();
        assert!(probabilities[..3].iter().all(|p| p.is_nan()));
        assert!(probabilities[3..].iter().all(|p| p.is_finite()));
        assert!(model.probabilities(&set.values[..9]).is_err());
    }

    #[test]
    fn cancelling_gives_the_best_so_far_but_nothing_before_the_first_epoch() {
        let set = samples(12);
        let cancel = Cancel::new();
        let on_event = |event| {
            if matches!(event, TrainEvent::Step { epoch: 4, .. }) {
                cancel.cancel();
            }
        };
        let model = train(&set, &all(&set), &legend(), &spec(50), &on_event, &cancel).unwrap();
        assert_eq!((model.card.history.len(), model.card.best_epoch), (3, 3));
        let result = train(&set, &all(&set), &legend(), &spec(50), &|_| (), &cancel);
        assert!(matches!(result, Err(ModelError::Cancelled(_))));
    }

    #[test]
    fn options_that_cannot_be_and_splits_of_other_samples_are_refused() {
        let set = samples(6);
        let refused = |change: &dyn Fn(&mut ModelSpec)| {
            let mut spec = spec(1);
            change(&mut spec);
            matches!(run(&set, &all(&set), &spec), Err(ModelError::Options { .. }))
        };
        assert!(refused(&|s| s.training.epochs = 0));
        assert!(refused(&|s| s.training.batch = 1));
        assert!(refused(&|s| s.training.learning_rate = f64::NAN));
        assert!(refused(&|s| s.training.label_smoothing = 1.0));
        let options = |change: &dyn Fn(&mut TempCnnOptions)| {
            refused(&|s| {
                let ModelKind::TempCnn(options) = &mut s.kind else { return };
                change(options);
            })
        };
        assert!(options(&|o| o.kernel = 4));
        assert!(options(&|o| o.layers = 0));
        assert!(options(&|o| o.conv_dropout = 1.0));
        assert!(!options(&|_| ()));
        let split = Split { train: vec![0, 1, 10, 60], held_out: vec![], kept: Vec::new() };
        assert!(matches!(run(&set, &split, &spec(1)), Err(ModelError::Mismatch { .. })));
    }
}
