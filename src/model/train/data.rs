//! The samples of a training, made ready for the network: filled, normalised, in memory or in a file.

use crate::cube::Filling;
use crate::labels::{AnnotationId, Class, Legend};
use crate::model::network::{Input, Shape, log_sum};
use crate::model::saved::{Prepared, days, prepare};
use crate::model::weights::Weights;
use crate::model::{Model, ModelError, ModelSpec, augment, balance};
use crate::progress::Cancel;
use crate::samples::{Normalisation, Rows, SampleSet, Split};
use rayon::prelude::*;

/// Samples that are made ready or scored at once, between two looks at whether to stop.
const AT_ONCE: usize = 256;

/// One side of the split, made ready for the network.
pub(in crate::model) struct Side {
    /// Normalised, without gaps: a row a sample, `time x band`.
    pub series: Rows,
    /// Dates that were a gap, `sample x time`, where the network looks past them.
    pub missing: Option<Vec<bool>>,
    /// Index of the class of each sample in the model's classes.
    pub classes: Vec<usize>,
    /// Annotations the samples are of, each once.
    pub annotations: Vec<AnnotationId>,
}

impl Side {
    /// Series and gaps of the samples chosen, of `times` dates.
    pub fn gather(
        &self,
        chosen: &[usize],
        times: usize,
    ) -> Result<(Vec<f32>, Option<Vec<bool>>), ModelError> {
        let missing = self.missing.as_ref().map(|missing| {
            chosen.iter().flat_map(|i| &missing[i * times..(i + 1) * times]).copied().collect()
        });
        Ok((self.series.gather(chosen)?, missing))
    }

    /// What the network makes of the samples, on all threads of the pool it is called in; `None` where there is no sample.
    ///
    /// # Errors
    /// Asked to stop; samples that cannot be read.
    pub fn score(
        &self,
        shape: &Shape,
        weights: &Weights,
        cancel: &Cancel,
    ) -> Result<Option<HeldOut>, ModelError> {
        if self.classes.is_empty() {
            return Ok(None);
        }
        let all: Vec<usize> = (0..self.classes.len()).collect();
        self.score_of(&all, shape, weights, cancel).map(Some)
    }

    /// As [`Side::score`], of at most so many samples, evenly spread.
    ///
    /// # Errors
    /// Asked to stop; samples that cannot be read.
    pub fn glance(
        &self,
        shape: &Shape,
        weights: &Weights,
        at_most: usize,
        cancel: &Cancel,
    ) -> Result<Option<HeldOut>, ModelError> {
        if self.classes.is_empty() {
            return Ok(None);
        }
        let apart = self.classes.len().div_ceil(at_most.max(1));
        let some: Vec<usize> = (0..self.classes.len()).step_by(apart).collect();
        self.score_of(&some, shape, weights, cancel).map(Some)
    }

    fn score_of(
        &self,
        samples: &[usize],
        shape: &Shape,
        weights: &Weights,
        cancel: &Cancel,
    ) -> Result<HeldOut, ModelError> {
        let network = shape.ready(weights);
        let parts = samples.par_chunks(AT_ONCE).map(|some| {
            cancel.check()?;
            let (series, missing) = self.gather(some, shape.times)?;
            let logits = network.logits(Input { series: &series, missing: missing.as_deref() });
            let mut part = HeldOut::nothing(shape.classes);
            logits.chunks_exact(shape.classes).zip(some).for_each(|(row, i)| part.add(row, self.classes[*i]));
            Ok(part)
        });
        // In the order of the parts, so that sums do not depend on the threads.
        let parts = parts.collect::<Result<Vec<_>, ModelError>>()?;
        Ok(parts.into_iter().fold(HeldOut::nothing(shape.classes), HeldOut::with))
    }
}

/// What a network makes of the samples held out.
pub(in crate::model) struct HeldOut {
    /// Sum of the cross entropy.
    loss: f64,
    /// Samples: a row a true class, a column a class given.
    pub matrix: Vec<Vec<u32>>,
}

impl HeldOut {
    pub fn nothing(classes: usize) -> Self {
        Self { loss: 0.0, matrix: vec![vec![0; classes]; classes] }
    }

    pub fn add(&mut self, logits: &[f32], class: usize) {
        let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        self.loss += f64::from(log_sum(logits) - logits[class]);
        if let Some(given) = logits.iter().position(|z| *z == top) {
            self.matrix[class][given] += 1;
        }
    }

    fn with(mut self, more: Self) -> Self {
        self.loss += more.loss;
        for (row, more) in self.matrix.iter_mut().zip(more.matrix) {
            row.iter_mut().zip(more).for_each(|(n, more)| *n += more);
        }
        self
    }

    fn samples(&self) -> u32 {
        self.matrix.iter().flatten().sum()
    }

    /// Mean cross entropy.
    pub fn loss(&self) -> f32 {
        (self.loss / f64::from(self.samples().max(1))) as f32
    }

    /// Overall accuracy.
    pub fn accuracy(&self) -> f32 {
        let right: u32 = self.matrix.iter().enumerate().map(|(k, row)| row[k]).sum();
        right as f32 / self.samples().max(1) as f32
    }

    /// Whether more samples got their class than would if each were given the most frequent one.
    pub fn beats_the_most_frequent(&self) -> bool {
        let right: u32 = self.matrix.iter().enumerate().map(|(k, row)| row[k]).sum();
        right > self.matrix.iter().map(|row| row.iter().sum::<u32>()).max().unwrap_or(0)
    }

    /// F1 a class; `None` for one that no sample has or was given.
    pub fn f1(&self) -> Vec<Option<f32>> {
        let of = |k: usize| {
            let true_ones: u32 = self.matrix[k].iter().sum();
            let given: u32 = self.matrix.iter().map(|row| row[k]).sum();
            (true_ones + given > 0).then(|| 2.0 * self.matrix[k][k] as f32 / (true_ones + given) as f32)
        };
        (0..self.matrix.len()).map(of).collect()
    }
}

/// The samples made ready for the network.
pub(in crate::model) struct Ready {
    pub classes: Vec<Class>,
    /// How much a sample of each class counts.
    pub weights: Vec<f32>,
    /// What is used and left out, in sentences.
    pub notes: Vec<String>,
    pub normalisation: Normalisation,
    pub train: Side,
    pub held_out: Side,
}

impl Ready {
    /// # Errors
    /// A split of other samples; fewer than two classes to learn from; samples that cannot be read; asked to stop.
    pub fn new(
        set: &SampleSet,
        split: &Split,
        legend: &Legend,
        spec: &ModelSpec,
        from: Option<&Model>,
        cancel: &Cancel,
    ) -> Result<Self, ModelError> {
        let (samples, each) = (set.len(), set.dates.len() * set.bands.len());
        let fits = (set.values.len(), set.values.width(), set.annotations.len()) == (samples, each, samples);
        if each == 0 || !fits {
            return Err(ModelError::Mismatch { why: "the samples do not fit their bands and dates".into() });
        }
        if split.train.iter().chain(&split.held_out).any(|i| *i >= samples) {
            return Err(ModelError::Mismatch { why: "the split is not of these samples".into() });
        }
        let chosen = |part: &[usize]| chosen(set, part, legend, spec.filling(), cancel);
        let all = chosen(&split.train)?;
        let train = balance::capped(set, &all, &spec.training);
        let has_sample = |class: &&Class| train.iter().any(|i| set.classes[*i] == class.code);
        let classes: Vec<Class> = legend.classes.iter().filter(has_sample).cloned().collect();
        at_least_two(&classes, split.train.len())?;
        let mut index = [None; 256];
        classes.iter().enumerate().for_each(|(k, class)| index[usize::from(class.code)] = Some(k));
        let index = |i: &usize| index[usize::from(set.classes[*i])];
        let held_out: Vec<usize> =
            chosen(&split.held_out)?.into_iter().filter(|i| index(i).is_some()).collect();

        let kept = from.map(|model| &model.card.normalisation).filter(|n| n.low.len() == set.bands.len());
        let normalisation = match kept {
            Some(kept) => kept.clone(),
            None => Normalisation::fit(set, &train)?,
        };
        let days = days(&set.dates);
        let side = |chosen: &[usize]| -> Result<Side, ModelError> {
            let mut series = Rows::new(each);
            let mut missing: Option<Vec<bool>> = spec.masks_gaps().then(Vec::new);
            for some in chosen.chunks(AT_ONCE) {
                cancel.check()?;
                let mut values = set.values.gather(some)?;
                let prepared = prepare(&mut values, set.bands.len(), &days, &normalisation, spec);
                let Prepared { missing: more, .. } = prepared;
                if let (Some(missing), Some(more)) = (&mut missing, more) {
                    missing.extend(more);
                }
                series.extend(&values)?;
            }
            let mut annotations: Vec<AnnotationId> = chosen.iter().map(|i| set.annotations[*i]).collect();
            annotations.sort_unstable();
            annotations.dedup();
            Ok(Side { series, missing, classes: chosen.iter().filter_map(index).collect(), annotations })
        };
        let (train, held_out) = (side(&train)?, side(&held_out)?);
        let mut counts = vec![0; classes.len()];
        train.classes.iter().for_each(|class| counts[*class] += 1);
        let weights = balance::weights(spec.training.class_weights, &counts);
        let mut notes = balance::notes(&spec.training, &classes, &weights, all.len(), train.classes.len());
        notes.extend(augment::words(&spec.training));
        if train.series.is_on_disk() {
            notes.push(
                "the samples take more than a third of the free memory: they are read from a temporary file"
                    .into(),
            );
        }
        Ok(Self { classes, weights, notes, normalisation, train, held_out })
    }
}

/// The samples of a part whose class is in the legend and that can be used.
fn chosen(
    set: &SampleSet,
    part: &[usize],
    legend: &Legend,
    filling: Filling,
    cancel: &Cancel,
) -> Result<Vec<usize>, ModelError> {
    let mut known = [false; 256];
    legend.classes.iter().for_each(|class| known[usize::from(class.code)] = true);
    let of_legend: Vec<usize> =
        part.iter().copied().filter(|i| known[usize::from(set.classes[*i])]).collect();
    let mut usable = Vec::with_capacity(of_legend.len());
    for some in of_legend.chunks(AT_ONCE) {
        cancel.check()?;
        usable.extend(set.usable(some, filling)?);
    }
    Ok(usable)
}

/// Refuses what there is too little of, of so many samples that were to train.
fn at_least_two(classes: &[Class], samples: usize) -> Result<(), ModelError> {
    let why = match classes {
        [] if samples > 0 => format!(
            "there is no sample to learn from: none of {samples} can be used, since in each some band was never observed, has \
             gaps that are not to be filled, or its class is not in the legend. Take other bands, fill the gaps, or label more"
        ),
        [] => "there is no sample to learn from. Label at least two classes inside of the cube, in polygons large enough that \
               whole pixels are left after the buffer"
            .into(),
        [only] => format!("there are samples of one class only, {}. Label at least one more class", only.name),
        _ => return Ok(()),
    };
    Err(ModelError::TooFew { why })
}
