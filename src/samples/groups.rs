//! Folds of cross-validation that part no group, as evenly filled with each class as groups allow.
//!
//! Samples that lie near one another are alike; a fold that is tested on the neighbours of what it learned from flatters. Which
//! samples count as near is the [`Group`]: those of one annotation, block or cell are in one fold.

use super::SampleError;
use crate::labels::{AnnotationId, ClassCode};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

/// Metres from the middle of the Earth to the sphere that has its surface.
const RADIUS_M: f64 = 6_371_007.2;

/// What samples are never parted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Group {
    /// Those of one annotation.
    #[default]
    Annotation,
    /// Those in one square of so many metres.
    Block(f64),
    /// Those in one cell of so many degrees of longitude and latitude.
    Cell(f64),
    /// None.
    None,
}

impl FromStr for Group {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || {
            format!(
                "samples cannot be grouped by `{text}`: give annotation, block:METRES, cell:DEGREES (such as cell:0.1) or none"
            )
        };
        let text = text.trim().to_lowercase();
        let size = |size: &str, most: f64| {
            size.trim().parse::<f64>().ok().filter(|size| *size > 0.0 && *size <= most).ok_or_else(refused)
        };
        match text.split_once(':') {
            None if text == "annotation" => Ok(Self::Annotation),
            None if text == "none" => Ok(Self::None),
            Some(("block", metres)) => Ok(Self::Block(size(metres, 2e7)?)),
            Some(("cell", degrees)) => Ok(Self::Cell(size(degrees, 180.0)?)),
            _ => Err(refused()),
        }
    }
}

impl std::fmt::Display for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Self::Annotation => f.write_str("annotation"),
            Self::Block(metres) => write!(f, "block:{metres}"),
            Self::Cell(degrees) => write!(f, "cell:{degrees}"),
            Self::None => f.write_str("none"),
        }
    }
}

impl Group {
    /// What is never parted, for people: "cells of 0.1 degrees".
    pub fn words(&self) -> String {
        match self {
            Self::Annotation => "annotations".into(),
            Self::Block(metres) => format!("blocks of {metres} m"),
            Self::Cell(degrees) => format!("cells of {degrees} degrees"),
            Self::None => "single samples".into(),
        }
    }

    /// The group of each sample, counted from 0 in the order they are met. `locations` are longitude and latitude a sample.
    ///
    /// Blocks are squares on an equal-area cylinder that touches the Earth at the mean latitude of the samples (Lambert 1772), so
    /// that a metre there is a metre on the ground about the samples.
    ///
    /// # Errors
    /// [`SampleError::Unusable`] where blocks or cells are asked for and a sample has no place.
    pub fn of(
        &self,
        annotations: &[AnnotationId],
        locations: &[[f64; 2]],
    ) -> Result<Vec<usize>, SampleError> {
        let n = annotations.len();
        if let Self::Block(_) | Self::Cell(_) = self {
            let placed = locations.iter().filter(|place| place.iter().all(|v| v.is_finite())).count();
            if placed < n || locations.len() != n {
                let why = format!(
                    "{} of {n} samples have no longitude and latitude, so {} cannot be made. Group by annotation or none",
                    n.saturating_sub(placed),
                    self.words()
                );
                return Err(SampleError::Unusable { why });
            }
        }
        let latitude = locations.iter().map(|place| place[1]).sum::<f64>() / n.max(1) as f64;
        // At a pole all widths are none.
        let narrowing = latitude.to_radians().cos().max(1e-3);
        let mut seen: HashMap<(i64, i64), usize> = HashMap::new();
        let groups = (0..n).map(|i| {
            let key = match self {
                Self::Annotation => (annotations[i].cast_signed(), 0),
                Self::None => (i as i64, 0),
                Self::Cell(degrees) => {
                    let [lon, lat] = locations[i];
                    ((lon / degrees).floor() as i64, (lat / degrees).floor() as i64)
                }
                Self::Block(metres) => {
                    let [lon, lat] = locations[i].map(f64::to_radians);
                    let (x, y) = (RADIUS_M * lon * narrowing, RADIUS_M * lat.sin() / narrowing);
                    ((x / metres).floor() as i64, (y / metres).floor() as i64)
                }
            };
            let next = seen.len();
            *seen.entry(key).or_insert(next)
        });
        Ok(groups.collect())
    }
}

/// The fold of each sample, from 0 to `k` - 1. Groups are taken from the largest to the smallest, those of one size in an order
/// drawn from `seed`; each goes to the fold that lacks most of its classes. No group is in two folds, and none is empty.
///
/// # Errors
/// [`SampleError::Unusable`] where there are fewer than two folds or fewer groups than folds.
pub fn folds(
    classes: &[ClassCode],
    groups: &[usize],
    k: usize,
    seed: u64,
) -> Result<Vec<usize>, SampleError> {
    if k < 2 {
        let why = format!("cross-validation takes at least 2 folds, not {k}");
        return Err(SampleError::Unusable { why });
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, group) in groups.iter().enumerate() {
        members.entry(*group).or_default().push(i);
    }
    if members.len() < k {
        let why = format!(
            "there are {} groups of samples for {k} folds. Give fewer folds, or smaller groups",
            members.len()
        );
        return Err(SampleError::Unusable { why });
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut members: Vec<Vec<usize>> = members.into_values().collect();
    members.shuffle(&mut random);
    members.sort_by_key(|group| std::cmp::Reverse(group.len()));

    let mut totals = [0usize; 256];
    classes.iter().for_each(|class| totals[usize::from(*class)] += 1);
    // What a fold has of each class, and in all.
    let mut held = vec![([0usize; 256], 0usize); k];
    let mut fold_of = vec![0; classes.len()];
    let groups = members.len();
    for (taken, group) in members.iter().enumerate() {
        let mut counts: BTreeMap<ClassCode, usize> = BTreeMap::new();
        group.iter().for_each(|i| *counts.entry(classes[*i]).or_default() += 1);
        let lacks = |(of_class, _): &([usize; 256], usize)| -> f64 {
            let each = counts.iter().map(|(class, count)| {
                let class = usize::from(*class);
                let total = totals[class] as f64;
                let share = total / k as f64;
                *count as f64 * (share - of_class[class] as f64) / total
            });
            each.sum()
        };
        let empty = held.iter().filter(|(_, all)| *all == 0).count();
        // The last groups go where there is none yet.
        let only_empty = groups - taken <= empty;
        let open = (0..k).filter(|fold| !only_empty || held[*fold].1 == 0);
        let best = open.min_by(|a, b| {
            let (left, right) = (&held[*a], &held[*b]);
            lacks(right).total_cmp(&lacks(left)).then(left.1.cmp(&right.1)).then(a.cmp(b))
        });
        let best = best.unwrap_or(0);
        for (class, count) in counts {
            held[best].0[usize::from(class)] += count;
        }
        held[best].1 += group.len();
        group.iter().for_each(|i| fold_of[*i] = best);
    }
    Ok(fold_of)
}

/// Parts some samples (`of`, places in `classes` and `groups`) into those that train and about a `share` of each class that is
/// held out; no group is on both sides, and each class keeps a group that trains. Nothing is held out where there are too few
/// groups.
pub fn hold_out(
    of: &[usize],
    classes: &[ClassCode],
    groups: &[usize],
    share: f64,
    seed: u64,
) -> (Vec<usize>, Vec<usize>) {
    let all_train = || (of.to_vec(), Vec::new());
    if share.is_nan() || share <= 0.0 {
        return all_train();
    }
    let parts = ((1.0 / share).round() as usize).max(2);
    let own_classes: Vec<ClassCode> = of.iter().map(|i| classes[*i]).collect();
    let own_groups: Vec<usize> = of.iter().map(|i| groups[*i]).collect();
    let Ok(folds) = folds(&own_classes, &own_groups, parts, seed) else { return all_train() };
    let mut apart: HashMap<usize, bool> =
        own_groups.iter().copied().zip(folds.iter().map(|f| *f == 0)).collect();
    // A class all of whose groups would be held out takes the first of them back.
    for class in own_classes.iter().copied().collect::<std::collections::BTreeSet<_>>() {
        let of_class = || (0..of.len()).filter(|at| own_classes[*at] == class);
        if of_class().all(|at| apart.get(&own_groups[at]) == Some(&true))
            && let Some(first) = of_class().next()
        {
            apart.insert(own_groups[first], false);
        }
    }
    let held = |at: &usize| apart.get(&own_groups[*at]) == Some(&true);
    let (held_out, train): (Vec<usize>, Vec<usize>) = (0..of.len()).partition(held);
    let back = |side: Vec<usize>| side.into_iter().map(|at| of[at]).collect();
    (back(train), back(held_out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn groups_are_read_as_they_are_written_and_nonsense_is_refused() {
        for text in ["annotation", "none", "block:1000", "cell:0.1"] {
            assert_eq!(text.parse::<Group>().unwrap().to_string(), text);
        }
        for text in ["", "block", "cell:", "cell:0", "cell:-1", "block:nan", "block:inf", "none:1", "polygon"]
        {
            assert!(text.parse::<Group>().unwrap_err().contains("cell:0.1"), "{text}");
        }
    }

    #[test]
    fn cells_and_blocks_are_where_they_are() {
        let places = [[-55.05, -12.05], [-55.01, -12.09], [-54.99, -12.05], [-55.05, -11.95]];
        let of = |group: Group| group.of(&[7, 7, 8, 9], &places).unwrap();
        assert_eq!(of(Group::Cell(0.1)), [0, 0, 1, 2]);
        assert_eq!(of(Group::Annotation), [0, 0, 1, 2]);
        assert_eq!(of(Group::None), [0, 1, 2, 3]);
        assert_eq!(of(Group::Block(1e7)).iter().collect::<HashSet<_>>().len(), 1);
        // A degree of latitude is 111 km and one of longitude 96 km at 30 degrees north: blocks of 50 km part both.
        let places = [[10.0, 30.0], [10.0, 30.001], [11.0, 30.0], [10.0, 31.0]];
        assert_eq!(Group::Block(50_000.0).of(&[1; 4], &places).unwrap(), [0, 0, 1, 2]);
        let why = Group::Cell(0.1).of(&[1, 2], &[]).unwrap_err().to_string();
        assert!(why.contains("2 of 2") && why.contains("annotation"), "{why}");
        assert!(Group::Block(10.0).of(&[1, 2], &[[1.0, 1.0], [f64::NAN, 1.0]]).is_err());
    }

    #[test]
    fn single_samples_give_folds_that_have_the_same_share_of_each_class() {
        let classes: Vec<ClassCode> =
            (0..1000).map(|i| if i % 10 == 0 { 3 } else { 1 + (i % 2) as u8 }).collect();
        let groups: Vec<usize> = (0..1000).collect();
        let of = folds(&classes, &groups, 5, 1).unwrap();
        for class in [1, 2, 3] {
            let total = classes.iter().filter(|c| **c == class).count();
            for fold in 0..5 {
                let count = (0..1000).filter(|i| classes[*i] == class && of[*i] == fold).count();
                assert!(count.abs_diff(total / 5) <= 1, "class {class}, fold {fold}: {count} of {total}");
            }
        }
        assert_eq!(of, folds(&classes, &groups, 5, 1).unwrap());
        assert_ne!(of, folds(&classes, &groups, 5, 2).unwrap());
    }

    #[test]
    fn too_few_groups_are_a_sentence() {
        let why = folds(&[1, 1, 2, 2], &[0, 0, 1, 1], 3, 1).unwrap_err().to_string();
        assert!(why.contains("2 groups") && why.contains("fewer folds"), "{why}");
        assert!(folds(&[1, 2], &[0, 1], 1, 1).is_err());
        assert!(folds(&[], &[], 2, 1).is_err());
    }

    proptest! {
        #[test]
        fn no_group_stands_on_two_sides_and_no_fold_is_empty(
            samples in prop::collection::vec((1u8..6, 0usize..30), 2..200), k in 2usize..8, seed: u64, share in 0.0..0.6
        ) {
            let (classes, groups): (Vec<ClassCode>, Vec<usize>) = samples.into_iter().unzip();
            let distinct: HashSet<usize> = groups.iter().copied().collect();
            let of = folds(&classes, &groups, k, seed);
            prop_assert_eq!(of.is_ok(), distinct.len() >= k);
            let Ok(of) = of else { return Ok(()) };
            let pairs: HashSet<(usize, usize)> = groups.iter().copied().zip(of.iter().copied()).collect();
            prop_assert_eq!(pairs.len(), distinct.len());
            prop_assert_eq!(of.iter().collect::<HashSet<_>>().len(), k);
            for fold in 0..k {
                let outside: Vec<usize> = (0..of.len()).filter(|i| of[*i] != fold).collect();
                let (train, held_out) = hold_out(&outside, &classes, &groups, share, seed);
                let mut both: Vec<usize> = train.iter().chain(&held_out).copied().collect();
                both.sort_unstable();
                prop_assert_eq!(&both, &outside);
                let side = |of: &[usize]| of.iter().map(|i| groups[*i]).collect::<HashSet<_>>();
                prop_assert!(side(&train).is_disjoint(&side(&held_out)));
                let of_classes = |of: &[usize]| of.iter().map(|i| classes[*i]).collect::<HashSet<_>>();
                prop_assert!(of_classes(&train).is_superset(&of_classes(&outside)));
            }
        }
    }
}
