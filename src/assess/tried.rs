//! A model trained again, some times, each time without what then tests it.

use super::bootstrap::{BootstrapSpec, assessment_intervals};
use super::compare::{PairedUnit, Places, compare_in_clusters};
use super::crossval::{given, only_class};
use super::matrix::ErrorMatrix;
use super::report::{Scores, TrialScore, Trials};
use super::trials::{HoldOut, MosaicTrial, Trial};
use crate::labels::{Class, ClassCode, Legend};
use crate::model::{ModelError, ModelSpec, TrainEvent, train};
use crate::progress::{Cancel, Progress, Report};
use crate::samples::{SampleSet, Split, split_by_annotation};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is tried, and on what.
#[derive(Clone, Copy)]
pub struct TryOf<'a> {
    pub set: &'a SampleSet,
    pub legend: &'a Legend,
    /// The network and how it is trained, a share of annotations held out to stop early included.
    pub model: &'a ModelSpec,
    /// What the trials hold out.
    pub hold_out: HoldOut,
}

/// What became of the samples that a trial tests, in their order; `None` of those that could not be classified.
type Given = Vec<Option<ClassCode>>;

/// Counts epochs of several trainings.
struct Steps<'a> {
    done: AtomicU64,
    total: u64,
    epochs: u64,
    report: Report<'a>,
}

impl<'a> Steps<'a> {
    fn new(model: &ModelSpec, trainings: usize, report: Report<'a>) -> Self {
        let epochs = model.training.epochs as u64;
        Self { done: AtomicU64::new(0), total: epochs * trainings as u64, epochs, report }
    }

    fn step(&self, steps: u64, what: String) {
        let now = self.done.fetch_add(steps, Ordering::Relaxed) + steps;
        (self.report)(Progress::new(now, self.total, what));
    }
}

impl TryOf<'_> {
    /// Classes that have samples.
    fn classes(&self) -> Vec<Class> {
        let there = |class: &&Class| self.set.classes.contains(&class.code);
        self.legend.classes.iter().filter(there).cloned().collect()
    }

    /// Trains on what trains, which also gives the annotations that choose when to stop, and classifies what tests.
    fn run(
        &self,
        set: &SampleSet,
        trial: &Trial,
        name: &str,
        steps: &Steps,
        cancel: &Cancel,
    ) -> Result<Given, ModelError> {
        if let Some(only) = only_class(set, &trial.train) {
            steps.step(steps.epochs, name.into());
            return Ok(vec![Some(only); trial.test.len()]);
        }
        let training = &self.model.training;
        let parts = split_by_annotation(set, training.held_out_share, training.seed);
        let mut part = vec![false; set.len()];
        parts.held_out.iter().for_each(|i| part[*i] = true);
        let (held_out, train_on) = trial.train.iter().partition(|i| part[**i]);
        let split = Split { train: train_on, held_out, kept: Vec::new() };
        let ran = AtomicU64::new(0);
        let on_event = |event: TrainEvent| {
            if let TrainEvent::Epoch { score, .. } = event {
                ran.fetch_add(1, Ordering::Relaxed);
                steps.step(1, format!("{name}, epoch {}", score.epoch));
            }
        };
        let model = train(set, &split, self.legend, self.model, &on_event, cancel)?;
        cancel.check()?;
        // Epochs that early stopping spared.
        steps.step(steps.epochs.saturating_sub(ran.into_inner()), name.into());
        given(&model, set, &trial.test, cancel)
    }

    fn score(&self, classes: &[Class], trial: &Trial, name: String, given: &Given) -> TrialScore {
        let mut matrix = ErrorMatrix::new(classes);
        let tested = trial.test.iter().zip(given);
        let counted =
            tested.filter(|(i, given)| given.is_some_and(|given| matrix.add(self.set.classes[**i], given)));
        let tested = counted.count();
        let scores = matrix.assessment("");
        let name_of = |code: &ClassCode| {
            let class = classes.iter().find(|class| class.code == *code);
            class.map_or_else(|| code.to_string(), |class| class.name.clone())
        };
        TrialScore {
            name,
            trained: trial.train.len(),
            tested,
            left_out: trial.left_out.len() + trial.test.len() - tested,
            overall_accuracy: scores.overall_accuracy,
            macro_f1: scores.macro_f1,
            weighted_f1: scores.weighted_f1,
            unlearned: trial.unlearned.iter().map(name_of).collect(),
            change: None,
        }
    }

    /// The scores of samples with their annotation, class and what they were given.
    fn pooled(&self, classes: &[Class], samples: &[(u64, ClassCode, ClassCode)], obtained: String) -> Scores {
        let mut matrix = ErrorMatrix::new(classes);
        samples.iter().for_each(|(_, class, given)| {
            matrix.add(*class, *given);
        });
        let found = assessment_intervals(classes, samples.iter().copied(), &BootstrapSpec::default());
        Scores::new(matrix.assessment(obtained), Some(found))
    }

    fn how(&self) -> String {
        let training = &self.model.training;
        let stopping = if training.held_out_share > 0.0 {
            "annotations held out of the training part chose when to stop"
        } else {
            "all epochs were run, so that nothing chose when to stop"
        };
        format!(
            "a {} with the options of the model, seed {}; {stopping}. It compares models inside the labels and does not measure a map",
            self.model.kind.title(),
            training.seed
        )
    }
}

fn only(given: &Given, trial: &Trial, set: &SampleSet) -> Vec<(u64, ClassCode, ClassCode)> {
    let known = trial.test.iter().zip(given).filter_map(|(i, given)| Some((*i, (*given)?)));
    known.map(|(i, given)| (set.annotations[i], set.classes[i], given)).collect()
}

/// Trains once for each trial, trials side by side on the threads of the pool it is called in. Normalisation and early
/// stopping see the training part of a trial alone; a trial that leaves one class to learn gives it to all.
///
/// # Errors
/// What keeps a model from being trained; cancelled.
pub fn try_trials(
    of: &TryOf,
    trials: &[Trial],
    report: Report,
    cancel: &Cancel,
) -> Result<Trials, ModelError> {
    let steps = Steps::new(of.model, trials.len(), report);
    let all: Vec<Given> = trials
        .par_iter()
        .map(|trial| of.run(of.set, trial, &trial.name, &steps, cancel))
        .collect::<Result<_, _>>()?;
    let classes = of.classes();
    let pooled: Vec<_> =
        trials.iter().zip(&all).flat_map(|(trial, given)| only(given, trial, of.set)).collect();
    let obtained = format!(
        "Each sample once, from the one of {} trainings that did not see its part (held out: {}): {}.",
        trials.len(),
        of.hold_out.words(),
        of.how()
    );
    Ok(Trials {
        held_out: of.hold_out.words(),
        pooled: of.pooled(&classes, &pooled, obtained),
        trials: trials
            .iter()
            .zip(&all)
            .map(|(trial, given)| of.score(&classes, trial, trial.name.clone(), given))
            .collect(),
    })
}

/// Trains with all mosaics, and once without each; the same annotations train and test each time. What a mosaic is worth is
/// the change of overall accuracy without it, on the same samples, with its interval over annotations.
///
/// # Errors
/// What keeps a model from being trained; cancelled.
pub fn try_without_mosaics(
    of: &TryOf,
    trial: &Trial,
    mosaics: &[MosaicTrial],
    report: Report,
    cancel: &Cancel,
) -> Result<Trials, ModelError> {
    let steps = Steps::new(of.model, mosaics.len() + 1, report);
    let with_all = of.run(of.set, trial, "with all mosaics", &steps, cancel)?;
    let classes = of.classes();
    let without: Vec<(String, Given)> = mosaics
        .par_iter()
        .map(|mosaic| {
            let name =
                of.set.dates.get(mosaic.without).map_or_else(String::new, |date| format!("without {date}"));
            let set = of.set.at_dates(&mosaic.dates)?;
            let given = of.run(&set, trial, &name, &steps, cancel)?;
            Ok((name, given))
        })
        .collect::<Result<_, ModelError>>()?;
    let mut scores = vec![of.score(&classes, trial, "with all mosaics".into(), &with_all)];
    for (name, given) in &without {
        let unit = |(place, i): (usize, &usize)| PairedUnit {
            stratum: 0,
            cluster: Some(of.set.annotations[*i]),
            mapped: [given[place], with_all[place]],
            reference: Some(of.set.classes[*i]),
            edge: false,
        };
        let units: Vec<PairedUnit> = trial.test.iter().enumerate().map(unit).collect();
        let compared = compare_in_clusters(&classes, &units, &BootstrapSpec::default());
        let all = compared.places.into_iter().find(|places| places.places == Places::All);
        let change = all.map(|all| all.overall_accuracy.difference);
        scores.push(TrialScore { change, ..of.score(&classes, trial, name.clone(), given) });
    }
    let obtained = format!(
        "Annotations held out once ({}), from a training with all mosaics; below, the same annotations after trainings without \
         one of them: {}.",
        trial.name,
        of.how()
    );
    Ok(Trials {
        held_out: of.hold_out.words(),
        pooled: of.pooled(&classes, &only(&with_all, trial, of.set), obtained),
        trials: scores,
    })
}
