//! Training on patches: the loss counts labelled pixels only.

use super::window::prepare;
use super::{UNetOptions, define, options_of};
use crate::labels::{AnnotationId, Legend};
use crate::model::adamw::AdamW;
use crate::model::definition::Definition;
use crate::model::network::Shape;
use crate::model::train::data::{HeldOut, Ready};
use crate::model::train::{card, left_of_average};
use crate::model::weights::Weights;
use crate::model::{EpochScore, Model, ModelCard, ModelError, ModelSpec, TrainEvent};
use crate::progress::{Cancel, Cancelled};
use crate::samples::{LabelledPixel, Patch, SampleSet, Split};
use candle_core::DType;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;
use std::time::Instant;

/// An epoch takes at least so many steps: with few annotations each is seen several times, turned and moved.
const STEPS: usize = 16;

/// Trains a UNet on patches that were cut out around samples of one date, each larger than the network's patches by half
/// a patch so that they can be moved. Annotations of `split.train` train: what others say is hidden from the loss, also
/// where it lies in the same patch. Turned, mirrored and moved at random; early stopping and averaging of weights as for
/// networks of series. When `cancel` is set after the first epoch, the best so far is given.
///
/// # Errors
/// Options that cannot be; fewer than two classes; the loss growing beyond all bounds; cancelled before the first epoch
/// ended; samples of more dates than one.
pub fn train_patches(
    set: &SampleSet,
    split: &Split,
    patches: &[Patch],
    legend: &Legend,
    spec: &ModelSpec,
    on_event: &dyn Fn(TrainEvent),
    cancel: &Cancel,
) -> Result<Model, ModelError> {
    let options = options_of(&spec.kind)?;
    let ready = Ready::new(set, split, legend, spec, None, cancel)?;
    let shape = Shape::new(&spec.kind, &set.dates, set.bands.len(), ready.classes.len());
    shape.check()?;
    let [date] = set.dates[..] else {
        let why = format!("a UNet learns from one date, and there are {}", set.dates.len());
        return Err(ModelError::Mismatch { why });
    };
    let ids = |part: &[usize]| part.iter().map(|i| set.annotations[*i]).collect::<HashSet<AnnotationId>>();
    let mut index = [None; 256];
    ready.classes.iter().enumerate().for_each(|(k, class)| index[usize::from(class.code)] = Some(k));
    let (train, held_out) = (ids(&split.train), ids(&split.held_out));
    let view = |of: &HashSet<AnnotationId>, others: bool| -> Vec<View> {
        let mine = |patch: &&Patch| of.contains(&patch.annotation);
        let views = patches.iter().filter(mine).map(|patch| {
            let mut values = patch.values.clone();
            prepare(&mut values, &ready.normalisation);
            let more = patch.others.iter().filter(|pixel| others && of.contains(&pixel.annotation));
            let class = |p: &LabelledPixel| index[usize::from(p.class)].map(|class| (p.at, class));
            let labels: Vec<_> = patch.own.iter().chain(more).filter_map(class).collect();
            View { values, labels }
        });
        views.filter(|view| !view.labels.is_empty()).collect()
    };
    let run = Run {
        shape: &shape,
        options,
        spec,
        weights: &ready.weights,
        train: view(&train, true),
        held_out: view(&held_out, false),
        cancel,
    };
    let side = options.patch + options.patch / 2;
    if run.train.is_empty() || run.train.iter().any(|v| v.values.len() != side * side * shape.bands) {
        let why = format!("there is no patch of {side} x {side} pixels around the annotations that train");
        return Err(ModelError::TooFew { why });
    }
    let mut notes = vec![
        format!("sees the mosaic of {} alone: not the year", date.format("%-d %B %Y")),
        format!(
            "{} patches of {} x {} pixels, turned, mirrored and moved; only labelled pixels count",
            run.train.len(),
            options.patch,
            options.patch
        ),
        "pixels that were not observed at that date are taken as the middle of their band".into(),
    ];
    // What is said of weights of classes holds here too; clouds, dropped dates and mixing are of series.
    notes.extend(ready.notes.iter().filter(|note| note.contains("class")).cloned());
    on_event(TrainEvent::Started {
        classes: ready.classes.clone(),
        samples: ready.train.classes.len(),
        held_out: ready.held_out.classes.len(),
        notes: notes.clone(),
        before: Vec::new(),
    });

    let mut state = State {
        average: Weights::new(&shape, spec.training.seed),
        weights: Weights::new(&shape, spec.training.seed),
        optimiser: AdamW::new(spec.training.optimiser, spec.training.weight_decay),
        taken: 0,
    };
    let (mut history, mut best): (Vec<EpochScore>, Option<Best>) = (Vec::new(), None);
    let began = Instant::now();
    while history.len() < spec.training.epochs
        && best.as_ref().is_none_or(|best| history.len() - best.score.epoch < spec.training.patience.max(1))
    {
        let (score, matrix) = match run.epoch(history.len() + 1, &mut state, on_event) {
            Err(ModelError::Cancelled(_)) => break,
            other => other?,
        };
        let before = best.as_ref().and_then(|best| best.score.held_out_loss);
        if before.zip(score.held_out_loss).is_none_or(|(best, now)| now < best) {
            let weights = state.average.clone();
            best = Some(Best { score: score.clone(), matrix: matrix.clone(), weights });
        }
        history.push(score.clone());
        let left = began.elapsed() / history.len() as u32 * (spec.training.epochs - history.len()) as u32;
        on_event(TrainEvent::Epoch { score, matrix, left });
    }
    let Best { score, matrix, weights } = best.ok_or(Cancelled)?;
    let best_epoch = score.epoch;
    let card = ModelCard { history, best_epoch, held_out_matrix: matrix, notes, ..card(set, &ready, spec) };
    Ok(Model::new(card, weights))
}

/// A patch made ready: normalised values, and the labels that count with their places.
struct View {
    values: Vec<f32>,
    labels: Vec<(usize, usize)>,
}

/// An epoch that gave the best weights so far.
struct Best {
    score: EpochScore,
    matrix: Vec<Vec<u32>>,
    weights: Weights,
}

/// What changes from step to step.
struct State {
    weights: Weights,
    average: Weights,
    optimiser: AdamW,
    taken: u64,
}

/// What stays the same over all epochs.
struct Run<'a> {
    shape: &'a Shape,
    options: &'a UNetOptions,
    spec: &'a ModelSpec,
    /// How much a pixel of each class counts.
    weights: &'a [f32],
    train: Vec<View>,
    held_out: Vec<View>,
    cancel: &'a Cancel,
}

impl Run<'_> {
    fn epoch(
        &self,
        epoch: usize,
        state: &mut State,
        on_event: &dyn Fn(TrainEvent),
    ) -> Result<(EpochScore, Vec<Vec<u32>>), ModelError> {
        let training = &self.spec.training;
        let at_once = self.options.patches;
        let steps = self.train.len().div_ceil(at_once).max(STEPS);
        let mut random = ChaCha8Rng::seed_from_u64(training.seed);
        random.set_stream(epoch as u64);
        let mut order: Vec<usize> = Vec::new();
        while order.len() < steps * at_once {
            let mut once: Vec<usize> = (0..self.train.len()).collect();
            once.shuffle(&mut random);
            order.extend(once);
        }
        let (mut sum, mut counted) = (0.0, 0);
        for (done, chosen) in order.chunks_exact(at_once).take(steps).enumerate() {
            self.cancel.check()?;
            let share = training.schedule.share(state.taken as usize, training.epochs * steps, epoch);
            if let Some(loss) = self.step(chosen, state, training.learning_rate * share, &mut random)? {
                if !loss.is_finite() {
                    let why = format!(
                        "the loss grew beyond all bounds in epoch {epoch}. Use a smaller learning rate"
                    );
                    return Err(ModelError::Engine { doing: "trained", why });
                }
                (sum, counted) = (sum + loss, counted + 1);
            }
            on_event(TrainEvent::Step { epoch, done: done + 1, of: steps });
        }
        let held_out = self.score(&state.average)?;
        let score = EpochScore {
            epoch,
            train_loss: (sum / f64::from(counted.max(1))) as f32,
            held_out_loss: held_out.as_ref().map(HeldOut::loss),
            held_out_accuracy: held_out.as_ref().map(HeldOut::accuracy),
            held_out_f1: held_out.as_ref().map(HeldOut::f1).unwrap_or_default(),
        };
        Ok((score, held_out.map(|h| h.matrix).unwrap_or_default()))
    }

    /// A step; its loss, `None` where no labelled pixel was left in the patches.
    fn step(
        &self,
        chosen: &[usize],
        state: &mut State,
        rate: f64,
        random: &mut ChaCha8Rng,
    ) -> Result<Option<f64>, ModelError> {
        let (side, bands, classes) = (self.options.patch, self.shape.bands, self.shape.classes);
        let mut values = Vec::with_capacity(chosen.len() * side * side * bands);
        let mut targets = vec![0.0; chosen.len() * side * side * classes];
        let smoothing = self.spec.training.label_smoothing as f32;
        for (view, targets) in chosen.iter().zip(targets.chunks_exact_mut(side * side * classes)) {
            let view = &self.train[*view];
            let turn = Turn::draw(side, random);
            turn.cut(&view.values, bands, &mut values);
            for (at, class) in view.labels.iter().filter_map(|(at, class)| Some((turn.place(*at)?, *class))) {
                let (row, weight) = (&mut targets[at * classes..][..classes], self.weights[class]);
                row.fill(weight * smoothing / classes as f32);
                row[class] += weight * (1.0 - smoothing);
            }
        }
        if targets.iter().all(|t| *t == 0.0) {
            return Ok(None);
        }
        let definition = Definition::new(self.shape, &state.weights, DType::F32)?;
        let dims = [chosen.len(), side, side, bands];
        let step = definition
            .step_of(&targets, |tape| define(tape, self.options, &tape.constant(&values, &dims)?))?;
        state.taken += 1;
        step.update_running(&mut state.weights);
        state.optimiser.step(state.weights.trained_mut(), &step.gradients, rate);
        state.average.average(&state.weights, left_of_average(&self.spec.training, state.taken));
        Ok(Some(step.loss))
    }

    /// What the network makes of the annotations held out; `None` where there are none.
    fn score(&self, weights: &Weights) -> Result<Option<HeldOut>, ModelError> {
        if self.held_out.is_empty() {
            return Ok(None);
        }
        let side = self.options.patch + self.options.patch / 2;
        let definition = Definition::new(self.shape, weights, DType::F32)?;
        // The middle of it: of a size that halves evenly.
        let turn = Turn::straight(self.options.patch, side);
        let mut scored = HeldOut::nothing(self.shape.classes);
        for view in &self.held_out {
            self.cancel.check()?;
            let mut values = Vec::new();
            turn.cut(&view.values, self.shape.bands, &mut values);
            let dims = [1, self.options.patch, self.options.patch, self.shape.bands];
            let logits =
                definition.evaluate_of(|tape| define(tape, self.options, &tape.constant(&values, &dims)?))?;
            for (at, class) in view.labels.iter().filter_map(|(at, class)| Some((turn.place(*at)?, *class))) {
                scored.add(&logits[at * self.shape.classes..][..self.shape.classes], class);
            }
        }
        Ok(Some(scored))
    }
}

/// A square of a patch: where it begins, and one of the eight ways to lay it.
struct Turn {
    /// Pixels a side of the square and of the patch.
    side: usize,
    whole: usize,
    /// Column and row in the patch where the square begins.
    left: usize,
    top: usize,
    mirror: bool,
    upside_down: bool,
    transpose: bool,
}

impl Turn {
    fn draw(side: usize, random: &mut ChaCha8Rng) -> Self {
        let room = side as u32 / 2;
        let mut at = || (random.next_u32() % (room + 1)) as usize;
        let (left, top) = (at(), at());
        let way = random.next_u32() % 8;
        Self {
            side,
            whole: side + side / 2,
            left,
            top,
            mirror: way & 1 != 0,
            upside_down: way & 2 != 0,
            transpose: way & 4 != 0,
        }
    }

    fn straight(side: usize, whole: usize) -> Self {
        let from = (whole - side) / 2;
        Self { side, whole, left: from, top: from, mirror: false, upside_down: false, transpose: false }
    }

    /// Where a pixel of the square lies in it, of where it lies before it is laid.
    fn laid(&self, x: usize, y: usize) -> (usize, usize) {
        let x = if self.mirror { self.side - 1 - x } else { x };
        let y = if self.upside_down { self.side - 1 - y } else { y };
        if self.transpose { (y, x) } else { (x, y) }
    }

    /// Adds the pixels of the square to `out`.
    fn cut(&self, values: &[f32], bands: usize, out: &mut Vec<f32>) {
        let start = out.len();
        out.resize(start + self.side * self.side * bands, 0.0);
        for y in 0..self.side {
            for x in 0..self.side {
                let (to_x, to_y) = self.laid(x, y);
                let from = ((self.top + y) * self.whole + self.left + x) * bands;
                let to = start + (to_y * self.side + to_x) * bands;
                out[to..to + bands].copy_from_slice(&values[from..from + bands]);
            }
        }
    }

    /// Where a pixel of the patch, in order of rows, lies in the square; `None` outside of it.
    fn place(&self, at: usize) -> Option<usize> {
        let (x, y) = ((at % self.whole).checked_sub(self.left)?, (at / self.whole).checked_sub(self.top)?);
        let (x, y) = (x < self.side && y < self.side).then(|| self.laid(x, y))?;
        Some(y * self.side + x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_and_its_label_are_laid_alike() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let values: Vec<f32> = (0..12 * 12).map(|v| v as f32).collect();
        for _ in 0..50 {
            let turn = Turn::draw(8, &mut random);
            let mut cut = Vec::new();
            turn.cut(&values, 1, &mut cut);
            let inside: Vec<usize> = (0..144).filter(|at| turn.place(*at).is_some()).collect();
            assert_eq!(inside.len(), 64);
            assert!(inside.iter().all(|at| cut[turn.place(*at).unwrap()] == *at as f32));
        }
    }
}
