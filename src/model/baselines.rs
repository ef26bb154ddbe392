//! Random forest and nearest neighbours on the same series, so that one sees what a network adds.

use super::saved::{days, prepare};
use super::{ModelError, ModelSpec};
use crate::labels::ClassCode;
use crate::progress::Cancel;
use crate::samples::{Normalisation, SampleSet};
use rayon::prelude::*;
use smartcore::algorithm::neighbour::KNNAlgorithmName;
use smartcore::ensemble::random_forest_classifier::{
    RandomForestClassifier, RandomForestClassifierParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::neighbors::KNNWeightFunction;
use smartcore::neighbors::knn_classifier::{KNNClassifier, KNNClassifierParameters};

/// Trees of the forest.
const TREES: u16 = 200;
/// Trees that are grown at a time, between two looks at whether to stop.
const TREES_A_PART: u16 = 10;
/// Neighbours that vote.
const NEIGHBOURS: usize = 5;

/// A classifier to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// Random forest (Breiman 2001) of 200 trees, the square root of the values tried at each split.
    RandomForest,
    /// The 5 nearest neighbours by the distance of normalised series, the near ones weighing more.
    NearestNeighbours,
}

impl Baseline {
    /// All.
    pub const ALL: [Self; 2] = [Self::RandomForest, Self::NearestNeighbours];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::RandomForest => "random forest",
            Self::NearestNeighbours => "nearest neighbours",
        }
    }

    /// Learns from the samples `train` and classifies the samples `test`: gaps filled and values normalised as for a
    /// network, from the training part alone. `None` for a sample that cannot be used.
    ///
    /// # Errors
    /// Fewer than two classes to learn from; cancelled; the crate's own.
    pub fn classify(
        self,
        set: &SampleSet,
        train: &[usize],
        test: &[usize],
        spec: &ModelSpec,
        cancel: &Cancel,
    ) -> Result<Vec<Option<ClassCode>>, ModelError> {
        let (train, known) = (set.usable(train, spec.filling())?, set.usable(test, spec.filling())?);
        let classes: Vec<u32> = train.iter().map(|i| u32::from(set.classes[*i])).collect();
        if classes.windows(2).all(|pair| pair[0] == pair[1]) {
            let why = "there are samples of fewer than two classes to learn from. Label at least two".into();
            return Err(ModelError::TooFew { why });
        }
        let normalisation = Normalisation::fit(set, &train)?;
        let days = days(&set.dates);
        let failed = |why: String| ModelError::Engine { doing: "ran a baseline", why };
        let matrix = |part: &[usize]| {
            let mut values = set.values.gather(part)?;
            prepare(&mut values, set.bands.len(), &days, &normalisation, spec);
            DenseMatrix::new(part.len(), set.values.width(), values, false).map_err(|e| failed(e.to_string()))
        };
        let x = matrix(&train)?;
        if known.is_empty() {
            return Ok(vec![None; test.len()]);
        }
        let unknown = matrix(&known)?;
        let given = match self {
            Self::NearestNeighbours => {
                let parameters = KNNClassifierParameters::default()
                    .with_k(NEIGHBOURS.min(train.len()))
                    .with_weight(KNNWeightFunction::Distance)
                    .with_algorithm(KNNAlgorithmName::LinearSearch);
                let learned = KNNClassifier::fit(&x, &classes, parameters);
                learned.and_then(|l| l.predict(&unknown)).map_err(|e| failed(e.to_string()))?
            }
            Self::RandomForest => forest(&x, &classes, &unknown, known.len(), spec.training.seed, cancel)?,
        };
        let mut given = given.into_iter();
        let mut known = known.into_iter().peekable();
        let of = |i: &usize| {
            known.next_if_eq(i)?;
            given.next().map(|code| code as ClassCode)
        };
        Ok(test.iter().map(of).collect())
    }
}

/// A forest in parts of some trees, grown side by side, each tree with one vote.
fn forest(
    x: &DenseMatrix<f32>,
    classes: &Vec<u32>,
    unknown: &DenseMatrix<f32>,
    count: usize,
    seed: u64,
    cancel: &Cancel,
) -> Result<Vec<u32>, ModelError> {
    let failed = |e: smartcore::error::Failed| ModelError::Engine {
        doing: "grew a random forest",
        why: e.to_string(),
    };
    let parts: Vec<u64> = (0..u64::from(TREES)).collect();
    let votes: Vec<Vec<u32>> = parts
        .par_chunks(usize::from(TREES_A_PART))
        .map(|trees| {
            let mut votes = Vec::new();
            for tree in trees {
                cancel.check()?;
                let parameters = RandomForestClassifierParameters::default()
                    .with_n_trees(1)
                    .with_seed(seed.wrapping_mul(1_000_003).wrapping_add(*tree));
                let grown = RandomForestClassifier::fit(x, classes, parameters).map_err(failed)?;
                votes.push(grown.predict(unknown).map_err(failed)?);
            }
            Ok(votes)
        })
        .collect::<Result<Vec<_>, ModelError>>()?
        .concat();
    let most = |i: usize| {
        let mut tally = [0u32; 256];
        votes.iter().for_each(|vote| tally[vote[i] as usize & 255] += 1);
        (0..256u32).max_by_key(|code| (tally[*code as usize], std::cmp::Reverse(*code))).unwrap_or(0)
    };
    Ok((0..count).map(most).collect())
}
