//! Cross-validation: how well a kind of model does on groups of samples that it has not seen.
//!
//! It serves for choosing between networks, bands and options. It does not measure a map: samples are not drawn at random
//! from the ground (Wadoux et al. 2021, 10.1016/j.ecolmodel.2021.109692).

use super::{Assessment, ErrorMatrix};
use crate::labels::{Class, ClassCode, Legend};
use crate::model::{Baseline, Model, ModelError, ModelSpec, TrainEvent, train};
use crate::progress::{Cancel, Progress, Report};
use crate::samples::{Folds, Group, SampleSet};
use rayon::prelude::*;
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};

/// Steps that a baseline counts for, beside a network's epochs.
const BASELINE_STEPS: u64 = 5;
/// Samples that are classified at once.
const AT_ONCE: usize = 4096;

/// How to cross-validate.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossvalSpec {
    /// The network and how it is trained.
    pub model: ModelSpec,
    /// How many folds.
    pub folds: usize,
    /// What is never parted.
    pub group: Group,
    /// Share of each class's groups of the training part held out to stop early; 0 runs all epochs.
    pub held_out_share: f64,
    /// What to compare with, on the same folds.
    pub baselines: Vec<Baseline>,
}

/// The scores of one classifier over all folds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Crossvalidated {
    /// `tempcnn`, `random forest` …
    pub name: String,
    /// Every sample once, each from the fold in which it was tested.
    #[serde(flatten)]
    pub pooled: Assessment,
    /// Overall accuracy of each fold.
    pub fold_accuracies: Vec<f64>,
    /// Mean of the folds' overall accuracies.
    pub mean_accuracy: f64,
    /// Their standard deviation.
    pub spread: f64,
    /// Macro F1 of each fold, over the classes that it tests.
    pub fold_macro_f1: Vec<f64>,
    /// Mean of the folds' macro F1.
    pub mean_macro_f1: f64,
    /// Their standard deviation.
    pub macro_f1_spread: f64,
    /// Samples that could not be classified, and count as wrong in nothing: they are left out.
    pub left_out: usize,
}

/// Trains and tests `spec.folds` times, folds side by side on the threads of the pool it is called in; the network first,
/// then the baselines. Normalisation, early stopping and augmentation see the training part of a fold alone.
///
/// # Errors
/// Folds that cannot be made; a fold that leaves fewer than two classes to learn from; cancelled.
pub fn crossval(
    set: &SampleSet,
    legend: &Legend,
    spec: &CrossvalSpec,
    report: Report,
    cancel: &Cancel,
) -> Result<Vec<Crossvalidated>, ModelError> {
    let seed = spec.model.training.seed;
    let refuse = |why: String| ModelError::Options { why: format!("cannot cross-validate: {why}") };
    let all: Vec<usize> = (0..set.len()).collect();
    if let Some(only) = only_class(set, &all) {
        let name = legend.class(only).map_or("unknown class", |class| &class.name);
        let why = format!(
            "all samples are of one class, {name}: there is nothing to tell apart. Take samples of at least two"
        );
        return Err(ModelError::TooFew { why });
    }
    if set.usable(&all, spec.model.filling())?.is_empty() {
        let why = "no sample can be used: in each some band was never observed, or has gaps that are not to be filled".into();
        return Err(ModelError::TooFew { why });
    }
    let folds = Folds::new(set, spec.folds, spec.group, seed).map_err(refuse)?;
    let epochs = spec.model.training.epochs as u64;
    let total = spec.folds as u64 * (epochs + BASELINE_STEPS * spec.baselines.len() as u64);
    let done = AtomicU64::new(0);
    let step = |steps: u64, what: String| {
        let now = done.fetch_add(steps, Ordering::Relaxed) + steps;
        report(Progress::new(now, total, what));
    };
    report(Progress::new(0, total, "Parting samples into folds"));

    let network: Vec<Vec<Option<ClassCode>>> = (0..spec.folds)
        .into_par_iter()
        .map(|fold| {
            let split = folds.split(set, fold, spec.held_out_share, seed);
            if let Some(only) = only_class(set, &split.train) {
                step(epochs, format!("Fold {} of {}", fold + 1, spec.folds));
                return Ok(vec![Some(only); folds.test(fold).len()]);
            }
            let ran = AtomicU64::new(0);
            let on_event = |event: TrainEvent| {
                if let TrainEvent::Epoch { score, .. } = event {
                    ran.fetch_add(1, Ordering::Relaxed);
                    step(1, format!("Fold {} of {}, epoch {}", fold + 1, spec.folds, score.epoch));
                }
            };
            let model = train(set, &split, legend, &spec.model, &on_event, cancel)?;
            cancel.check()?;
            // Epochs that early stopping spared.
            step(epochs.saturating_sub(ran.into_inner()), format!("Fold {} of {}", fold + 1, spec.folds));
            given(&model, set, &folds.test(fold), cancel)
        })
        .collect::<Result<_, ModelError>>()?;

    let stopping = if spec.held_out_share > 0.0 {
        format!(
            "{:.0} % of each class's groups of the training part chose when to stop",
            spec.held_out_share * 100.0
        )
    } else {
        "all epochs were run, so that nothing chose when to stop".into()
    };
    let obtained = |learner: &str| {
        format!(
            "cross-validation in {} folds, {}; {learner}. It compares models and does not measure a map",
            spec.folds,
            spec.group.words()
        )
    };
    let mut all = vec![scored(spec.model.kind.name(), set, legend, &folds, &network, obtained(&stopping))];
    for baseline in &spec.baselines {
        let given: Vec<Vec<Option<ClassCode>>> = (0..spec.folds)
            .into_par_iter()
            .map(|fold| {
                let split = folds.split(set, fold, 0.0, seed);
                if let Some(only) = only_class(set, &split.train) {
                    step(BASELINE_STEPS, format!("{}, fold {} of {}", baseline.name(), fold + 1, spec.folds));
                    return Ok(vec![Some(only); folds.test(fold).len()]);
                }
                let given = baseline.classify(set, &split.train, &folds.test(fold), &spec.model, cancel)?;
                step(BASELINE_STEPS, format!("{}, fold {} of {}", baseline.name(), fold + 1, spec.folds));
                Ok(given)
            })
            .collect::<Result<_, ModelError>>()?;
        all.push(scored(
            baseline.name(),
            set,
            legend,
            &folds,
            &given,
            obtained("learned from all of the training part"),
        ));
    }
    Ok(all)
}

/// What a model makes of samples; `None` of those that it cannot classify.
pub(super) fn given(
    model: &Model,
    set: &SampleSet,
    test: &[usize],
    cancel: &Cancel,
) -> Result<Vec<Option<ClassCode>>, ModelError> {
    let classes = &model.card.classes;
    let best = |row: &[f32]| {
        let top = (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b]).then(b.cmp(a)))?;
        (!row[top].is_nan()).then(|| classes[top].code)
    };
    let mut given = Vec::with_capacity(test.len());
    for some in test.chunks(AT_ONCE) {
        let probabilities = model.probabilities(&set.values.gather(some)?)?;
        given.extend(probabilities.chunks_exact(classes.len()).map(best));
        cancel.check()?;
    }
    Ok(given)
}

/// The class of these samples where they are all of one: a fold that leaves nothing to tell apart gives it to all.
pub(super) fn only_class(set: &SampleSet, part: &[usize]) -> Option<ClassCode> {
    let first = set.classes[*part.first()?];
    part.iter().all(|i| set.classes[*i] == first).then_some(first)
}

/// Mean and standard deviation (divided by one less than there are).
fn mean_and_spread(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|a| (a - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0).max(1.0)).sqrt())
}

fn scored(
    name: &str,
    set: &SampleSet,
    legend: &Legend,
    folds: &Folds,
    given: &[Vec<Option<ClassCode>>],
    obtained: String,
) -> Crossvalidated {
    let there = |class: &&Class| set.classes.contains(&class.code);
    let classes: Vec<Class> = legend.classes.iter().filter(there).cloned().collect();
    let mut pooled = ErrorMatrix::new(&classes);
    let mut left_out = 0;
    let (mut fold_accuracies, mut fold_macro_f1) = (Vec::new(), Vec::new());
    for (fold, given) in given.iter().enumerate() {
        let mut own = ErrorMatrix::new(&classes);
        for (i, given) in folds.test(fold).into_iter().zip(given) {
            match given {
                Some(given) if pooled.add(set.classes[i], *given) => {
                    own.add(set.classes[i], *given);
                }
                _ => left_out += 1,
            }
        }
        let own = own.assessment("");
        fold_accuracies.extend(own.overall_accuracy);
        fold_macro_f1.extend(own.macro_f1);
    }
    let (mean_accuracy, spread) = mean_and_spread(&fold_accuracies);
    let (mean_macro_f1, macro_f1_spread) = mean_and_spread(&fold_macro_f1);
    Crossvalidated {
        name: name.into(),
        pooled: pooled.assessment(obtained),
        fold_accuracies,
        mean_accuracy,
        spread,
        fold_macro_f1,
        mean_macro_f1,
        macro_f1_spread,
        left_out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ModelKind, TempCnnOptions};
    use crate::samples::Rows;
    use chrono::NaiveDate;

    fn legend() -> Legend {
        let class = |code, name: &str| Class::new(code, name, [code; 3]);
        Legend { classes: vec![class(5, "crop"), class(9, "forest"), class(7, "water")] }
    }

    /// Series of 4 dates and 2 bands, the second constant, that tell the class; two samples an annotation.
    fn set(classes: &[ClassCode]) -> SampleSet {
        let n = classes.len();
        let value = |i: usize, t: usize| {
            f32::from(classes[i]) * [0.1, 0.4, 0.2, 0.1][t]
                + crate::testing::chance(&[i as u64, t as u64]) as f32 * 0.1
        };
        SampleSet {
            bands: vec!["NDVI".into(), "constant".into()],
            features: vec![],
            dates: (1..=4).map(|m| NaiveDate::from_ymd_opt(2020, 3 * m, 1).unwrap()).collect(),
            values: Rows::of(8, (0..n).flat_map(|i| (0..4).flat_map(move |t| [value(i, t), 0.5])).collect()),
            classes: classes.to_vec(),
            annotations: (0..n as u64).map(|i| i / 2).collect(),
            places: vec![],
            locations: vec![],
        }
    }

    fn spec() -> CrossvalSpec {
        let options = TempCnnOptions { filters: 8, kernel: 3, layers: 1, dense: 8, ..Default::default() };
        let mut model = ModelSpec { kind: ModelKind::TempCnn(options), ..ModelSpec::default() };
        model.training.epochs = 15;
        model.training.batch = 8;
        model.training.learning_rate = 1e-2;
        CrossvalSpec {
            model,
            folds: 3,
            group: Group::Annotation,
            held_out_share: 0.0,
            baselines: Baseline::ALL.to_vec(),
        }
    }

    fn run(set: &SampleSet, spec: &CrossvalSpec) -> Result<Vec<Crossvalidated>, ModelError> {
        crossval(set, &legend(), spec, &|_| (), &Cancel::new())
    }

    #[test]
    fn every_sample_is_tested_once_and_the_figures_are_the_same_on_any_number_of_threads() {
        let set = set(&[5, 5, 9, 9].repeat(12));
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| run(&set, &spec()).unwrap())
        };
        let all = with(1);
        assert_eq!(all, with(3));
        let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["tempcnn", "random forest", "nearest neighbours"]);
        for one in &all {
            assert_eq!((one.pooled.matrix.total(), one.left_out, one.fold_macro_f1.len()), (48, 0, 3));
            assert!(one.pooled.overall_accuracy.unwrap() > 0.9, "{}: {:?}", one.name, one.pooled.matrix);
            assert!(one.pooled.obtained.contains("3 folds"));
        }
    }

    #[test]
    fn a_class_with_one_sample_counts_as_wrong_and_ends_nothing() {
        let mut classes = [5, 5, 9, 9].repeat(6);
        classes.push(7);
        let all = run(&set(&classes), &spec()).unwrap();
        for one in &all {
            let water = one.pooled.classes.iter().find(|c| c.name == "water").unwrap();
            assert_eq!((water.support, water.producers_accuracy), (1, Some(0.0)), "{}", one.name);
        }
        // Where it is the only one of the second class, a fold has one class to learn: all get it.
        let mut classes = vec![5; 12];
        classes.push(9);
        let all = run(&set(&classes), &spec()).unwrap();
        assert!(all.iter().all(|one| one.pooled.overall_accuracy == Some(12.0 / 13.0)), "{all:?}");
    }

    #[test]
    fn one_class_no_observation_too_many_folds_and_a_wish_to_stop_are_sentences() {
        let why = run(&set(&[9; 12]), &spec()).unwrap_err().to_string();
        assert!(why.contains("one class, forest"), "{why}");
        let mut empty = set(&[5, 5, 9, 9].repeat(3));
        empty.values.values_mut().fill(f32::NAN);
        let why = run(&empty, &spec()).unwrap_err().to_string();
        assert!(why.contains("no sample can be used"), "{why}");
        let few = set(&[5, 5, 9, 9]);
        let why = run(&few, &spec()).unwrap_err().to_string();
        assert!(why.contains("folds"), "{why}");
        let cell = CrossvalSpec { group: Group::Cell(0.1), ..spec() };
        let why = run(&set(&[5, 5, 9, 9].repeat(3)), &cell).unwrap_err().to_string();
        assert!(why.contains("longitude"), "{why}");
        let cancel = Cancel::new();
        cancel.cancel();
        let stopped = crossval(&set(&[5, 5, 9, 9].repeat(3)), &legend(), &spec(), &|_| (), &cancel);
        assert!(matches!(stopped, Err(ModelError::Cancelled(_))));
    }

    #[test]
    fn samples_that_cannot_be_used_are_counted_and_change_nothing_else() {
        let mut set = set(&[5, 5, 9, 9].repeat(6));
        set.values.values_mut()[..8].fill(f32::NAN);
        for one in run(&set, &spec()).unwrap() {
            assert_eq!((one.left_out, one.pooled.matrix.total()), (1, 23), "{}", one.name);
        }
    }
}
