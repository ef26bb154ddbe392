//! What a plain method makes of the same samples: random forest (Breiman 2001, 10.1023/A:1010933404324) and nearest neighbours
//! (Cover, Hart 1967, 10.1109/TIT.1967.1053964), so that one sees what a network adds.
//!
//! Both see a series as one row of numbers, date by date and band by band, normalised by the training part and with gaps filled
//! as for the network.

use crate::labels::ClassCode;
use crate::progress::{Cancel, Cancelled};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use smartcore::algorithm::neighbour::KNNAlgorithmName;
use smartcore::ensemble::random_forest_classifier::{RandomForestClassifier, RandomForestClassifierParameters};
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::metrics::distance::euclidian::Euclidian;
use smartcore::neighbors::knn_classifier::{KNNClassifier, KNNClassifierParameters};

/// Trees of the forest.
pub const TREES: usize = 100;
/// Neighbours that vote.
pub const NEIGHBOURS: usize = 5;
/// Training samples at most: the forest's time grows faster than their number.
pub const AT_MOST: usize = 5000;

/// A method to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Baseline {
    /// A forest of decision trees.
    RandomForest,
    /// The nearest training samples vote.
    NearestNeighbours,
}

impl Baseline {
    /// All, in the order they are told.
    pub const ALL: [Self; 2] = [Self::RandomForest, Self::NearestNeighbours];

    /// The name as people write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::RandomForest => "Random forest",
            Self::NearestNeighbours => "k-NN",
        }
    }

    /// How it is set.
    pub fn words(self) -> String {
        match self {
            Self::RandomForest => format!("{TREES} trees, the square root of all values tried at each split"),
            Self::NearestNeighbours => format!("{NEIGHBOURS} nearest by Euclidean distance"),
        }
    }

    /// Learns from `train` and gives a class to each row of `test`; both are rows of `width` finite numbers. Where one class only
    /// trains, all get it.
    ///
    /// # Errors
    /// Asked to stop; what the method refuses, in a sentence.
    pub fn classify(
        self,
        train: &[f32],
        classes: &[ClassCode],
        test: &[f32],
        width: usize,
        seed: u64,
        cancel: &Cancel,
    ) -> Result<Vec<ClassCode>, BaselineError> {
        let rows = test.len().checked_div(width).unwrap_or(0);
        let Some(first) = classes.first() else {
            return Err(BaselineError::Failed("there is no sample to learn from".into()));
        };
        if rows == 0 || classes.iter().all(|class| class == first) {
            return Ok(vec![*first; rows]);
        }
        cancel.check()?;
        match self {
            Self::RandomForest => forest(train, classes, test, width, seed, cancel),
            Self::NearestNeighbours => neighbours(train, classes, test, width, cancel),
        }
    }
}

/// Why a baseline has no figures.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// The method's own refusal.
    #[error("{0}")]
    Failed(String),
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl From<smartcore::error::Failed> for BaselineError {
    fn from(failed: smartcore::error::Failed) -> Self {
        Self::Failed(failed.to_string())
    }
}

/// The places of at most [`AT_MOST`] samples, drawn from the seed with as much of each class as there is of it, but of each at
/// least one.
pub fn drawn(classes: &[ClassCode], seed: u64) -> Vec<usize> {
    if classes.len() <= AT_MOST {
        return (0..classes.len()).collect();
    }
    let mut of_class = vec![Vec::new(); 256];
    classes.iter().enumerate().for_each(|(i, class)| of_class[usize::from(*class)].push(i));
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn = Vec::new();
    for mut places in of_class.into_iter().filter(|places| !places.is_empty()) {
        places.shuffle(&mut random);
        let share = (places.len() * AT_MOST / classes.len()).max(1);
        drawn.extend(places.into_iter().take(share));
    }
    drawn.sort_unstable();
    drawn
}

fn matrix(values: &[f32], width: usize) -> Result<DenseMatrix<f32>, BaselineError> {
    Ok(DenseMatrix::new(values.len() / width, width, values.to_vec(), false)?)
}

/// Each tree is a forest of its own, so that they grow side by side and a wish to stop is heard between them.
fn forest(
    train: &[f32],
    classes: &[ClassCode],
    test: &[f32],
    width: usize,
    seed: u64,
    cancel: &Cancel,
) -> Result<Vec<ClassCode>, BaselineError> {
    let (x, y, test) = (matrix(train, width)?, of_classes(classes), matrix(test, width)?);
    let tried = (width as f64).sqrt().round().max(1.0) as usize;
    let votes: Vec<Vec<u32>> = (0..TREES as u64)
        .into_par_iter()
        .map(|tree| {
            cancel.check()?;
            let parameters = RandomForestClassifierParameters::default()
                .with_n_trees(1)
                .with_m(tried)
                .with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(tree));
            let tree = RandomForestClassifier::fit(&x, &y, parameters)?;
            Ok::<_, BaselineError>(tree.predict(&test)?)
        })
        .collect::<Result<_, _>>()?;
    let rows = votes.first().map_or(0, Vec::len);
    let winner = |row: usize| {
        let mut counts = [0u32; 256];
        votes.iter().for_each(|tree| counts[(tree[row] & 255) as usize] += 1);
        let most = counts.iter().copied().max().unwrap_or(0);
        counts.iter().position(|count| *count == most).unwrap_or(0) as ClassCode
    };
    Ok((0..rows).map(winner).collect())
}

fn neighbours(
    train: &[f32],
    classes: &[ClassCode],
    test: &[f32],
    width: usize,
    cancel: &Cancel,
) -> Result<Vec<ClassCode>, BaselineError> {
    let (x, y) = (matrix(train, width)?, of_classes(classes));
    // A tree of covers gains nothing among a hundred values.
    let parameters = KNNClassifierParameters::<f32, Euclidian<f32>>::default()
        .with_k(NEIGHBOURS.min(classes.len()))
        .with_algorithm(KNNAlgorithmName::LinearSearch);
    let fitted = KNNClassifier::fit(&x, &y, parameters)?;
    let mut found = Vec::with_capacity(test.len() / width);
    for part in test.chunks(width * 256) {
        cancel.check()?;
        let classes: Vec<u32> = fitted.predict(&matrix(part, width)?)?;
        found.extend(classes.into_iter().map(|class| (class & 255) as ClassCode));
    }
    Ok(found)
}

fn of_classes(classes: &[ClassCode]) -> Vec<u32> {
    classes.iter().map(|class| u32::from(*class)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two clouds of points in three dimensions, alternating, and their classes.
    fn clouds(n: usize, shift: u64) -> (Vec<f32>, Vec<ClassCode>) {
        let noise = |i: usize, k: usize| crate::testing::chance(&[i as u64, k as u64, shift]) as f32;
        let values = (0..n).flat_map(|i| (0..3).map(move |k| (i % 2) as f32 * 1.5 + noise(i, k)));
        (values.collect(), (0..n).map(|i| [4, 250][i % 2]).collect())
    }

    #[test]
    fn both_tell_two_clouds_apart_and_the_forest_is_the_same_on_any_number_of_threads() {
        let (train, classes) = clouds(200, 1);
        let (test, expected) = clouds(101, 2);
        for baseline in Baseline::ALL {
            let run = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| baseline.classify(&train, &classes, &test, 3, 5, &Cancel::new()).unwrap())
            };
            let found = run(1);
            let right = found.iter().zip(&expected).filter(|(a, b)| a == b).count();
            assert!(right >= 99, "{}: {right} of 101", baseline.title());
            assert_eq!(found, run(3));
        }
    }

    #[test]
    fn one_class_one_sample_each_and_constant_values_are_answered() {
        for baseline in Baseline::ALL {
            let run = |train: &[f32], classes: &[ClassCode], test: &[f32]| {
                baseline.classify(train, classes, test, 2, 1, &Cancel::new())
            };
            assert_eq!(run(&[0.0; 4], &[7, 7], &[1.0; 6]).unwrap(), [7, 7, 7]);
            assert_eq!(run(&[0.0, 0.0, 9.0, 9.0], &[7, 8], &[]).unwrap(), Vec::<ClassCode>::new());
            assert_eq!(run(&[0.0, 0.0, 9.0, 9.0], &[7, 8], &[1.0; 2]).unwrap().len(), 1);
            let constant = run(&[1.0; 20], &[7, 8, 7, 8, 7, 8, 7, 8, 7, 7], &[1.0; 4]).unwrap();
            assert!(constant.iter().all(|class| [7, 8].contains(class)), "{constant:?}");
            assert!(run(&[], &[], &[1.0; 2]).is_err());
            let cancel = Cancel::new();
            cancel.cancel();
            let stopped = baseline.classify(&[0.0, 0.0, 9.0, 9.0], &[7, 8], &[1.0; 2], 2, 1, &cancel);
            assert!(matches!(stopped, Err(BaselineError::Cancelled(_))));
        }
    }

    #[test]
    fn of_many_samples_some_are_drawn_with_each_class_among_them() {
        let classes: Vec<ClassCode> = (0..20_000).map(|i| if i == 77 { 9 } else { 1 + (i % 4 == 0) as u8 }).collect();
        let some = drawn(&classes, 3);
        assert!(some.len() <= AT_MOST + 3 && some.len() > AT_MOST - 5 && some.contains(&77));
        let twos = some.iter().filter(|i| classes[**i] == 2).count();
        assert!(twos.abs_diff(AT_MOST / 4) < 3, "{twos}");
        assert_eq!(drawn(&classes[..100], 1).len(), 100);
    }
}
