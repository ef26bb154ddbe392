//! Cross-validation: how well a kind of model does on groups of samples that it has not seen.
//!
//! It serves for choosing between networks, bands and options. It does not measure a map: samples are not drawn at random
//! from the ground (Wadoux et al. 2021, 10.1016/j.ecolmodel.2021.109692).

use super::{Assessment, ErrorMatrix};
use crate::labels::{Class, ClassCode, Legend};
use crate::model::{Baseline, ModelError, ModelSpec, TrainEvent, train};
use crate::progress::{Cancel, Progress, Report};
use crate::samples::{Folds, Group, SampleSet};
use rayon::prelude::*;
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};

/// Steps that a baseline counts for, beside a network's epochs.
const BASELINE_STEPS: u64 = 5;

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
            let test = folds.test(fold);
            let mut values = Vec::with_capacity(test.len() * set.dates.len() * set.bands.len());
            test.iter().for_each(|i| values.extend_from_slice(set.series(*i)));
            let probabilities = model.probabilities(&values)?;
            let classes = &model.card.classes;
            let best = |row: &[f32]| {
                let top = (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b]).then(b.cmp(a)))?;
                (!row[top].is_nan()).then(|| classes[top].code)
            };
            Ok(probabilities.chunks_exact(classes.len()).map(best).collect())
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
    let mut fold_accuracies = Vec::new();
    for (fold, given) in given.iter().enumerate() {
        let (mut right, mut counted) = (0usize, 0usize);
        for (i, given) in folds.test(fold).into_iter().zip(given) {
            match given {
                Some(given) if pooled.add(set.classes[i], *given) => {
                    counted += 1;
                    right += usize::from(*given == set.classes[i]);
                }
                _ => left_out += 1,
            }
        }
        if counted > 0 {
            fold_accuracies.push(right as f64 / counted as f64);
        }
    }
    let n = fold_accuracies.len().max(1) as f64;
    let mean = fold_accuracies.iter().sum::<f64>() / n;
    let squares: f64 = fold_accuracies.iter().map(|a| (a - mean).powi(2)).sum();
    Crossvalidated {
        name: name.into(),
        pooled: pooled.assessment(obtained),
        mean_accuracy: mean,
        spread: (squares / (n - 1.0).max(1.0)).sqrt(),
        fold_accuracies,
        left_out,
    }
}
