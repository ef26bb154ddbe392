//! Folds for cross-validation, by groups that are never parted.
//!
//! Samples that lie close together are alike: where some train and some test, the score flatters. So folds go by annotation,
//! by block or by cell; `none` parts samples at random, and says what a network has learned by heart.

use super::{SampleSet, Split};
use crate::labels::ClassCode;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};

/// Metres of a degree of latitude on a sphere of the Earth's surface area.
const DEGREE_M: f64 = 111_195.0;

/// What is never parted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Group {
    /// Samples of one annotation.
    Annotation,
    /// Samples in one square of so many metres.
    Block(f64),
    /// Samples in one cell of so many degrees, centred on the multiples of it.
    Cell(f64),
    /// Nothing: each sample by itself.
    None,
}

impl std::str::FromStr for Group {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let size =
            |text: &str, most: f64| text.parse::<f64>().ok().filter(|size| *size > 0.0 && *size <= most);
        let group = match text.split_once(':') {
            None if text == "annotation" => Some(Self::Annotation),
            None if text == "none" => Some(Self::None),
            Some(("block", metres)) => size(metres, 1e7).map(Self::Block),
            Some(("cell", degrees)) => size(degrees, 90.0).map(Self::Cell),
            _ => None,
        };
        group.ok_or_else(|| {
            format!("{text} is no group: give annotation, block:METRES (block:5000), cell:DEGREES (cell:0.1) or none")
        })
    }
}

impl std::fmt::Display for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Self::Annotation => write!(f, "annotation"),
            Self::Block(metres) => write!(f, "block:{metres}"),
            Self::Cell(degrees) => write!(f, "cell:{degrees}"),
            Self::None => write!(f, "none"),
        }
    }
}

impl Group {
    /// How it parts samples, for people.
    pub fn words(self) -> String {
        match self {
            Self::Annotation => "no annotation on both sides".into(),
            Self::Block(metres) => format!("no block of {metres} m on both sides"),
            Self::Cell(degrees) => format!("no cell of {degrees} degrees on both sides"),
            Self::None => {
                "samples parted at random, so that neighbours stand on both sides and the score flatters"
                    .into()
            }
        }
    }

    /// The group of each sample, numbered from 0 in order of first sight.
    ///
    /// # Errors
    /// Where places are needed and not known, in a sentence.
    pub fn of(self, set: &SampleSet) -> Result<Vec<usize>, String> {
        let located = |cell: &dyn Fn([f64; 2]) -> (i64, i64)| -> Result<Vec<(i64, i64)>, String> {
            if set.locations.len() != set.len() {
                return Err(format!(
                    "the samples have no longitude and latitude: {self} needs them. Group by annotation"
                ));
            }
            if set.locations.iter().flatten().any(|v| !v.is_finite()) {
                return Err(format!(
                    "some samples have no longitude and latitude: {self} needs them. Group by annotation"
                ));
            }
            Ok(set.locations.iter().map(|place| cell(*place)).collect())
        };
        let keys = match self {
            Self::None => return Ok((0..set.len()).collect()),
            Self::Annotation => set.annotations.iter().map(|id| (*id as i64, 0)).collect(),
            Self::Cell(degrees) => {
                located(&|[lon, lat]| ((lon / degrees).round() as i64, (lat / degrees).round() as i64))?
            }
            Self::Block(metres) => located(&|place| block_at(metres, place))?,
        };
        let mut numbers = BTreeMap::new();
        Ok(keys
            .into_iter()
            .map(|key| {
                let next = numbers.len();
                *numbers.entry(key).or_insert(next)
            })
            .collect())
    }
}

/// The block (column, row) of `metres` that holds a longitude and latitude: rows of one height, each cut into squares at the
/// latitude of its middle.
fn block_at(metres: f64, [lon, lat]: [f64; 2]) -> (i64, i64) {
    let row = (lat * DEGREE_M / metres).floor();
    ((lon * degree_east_m(metres, row) / metres).floor() as i64, row as i64)
}

/// Metres of a degree of longitude in the middle of a row of blocks.
fn degree_east_m(metres: f64, row: f64) -> f64 {
    DEGREE_M * ((row + 0.5) * metres / DEGREE_M).clamp(-89.9, 89.9).to_radians().cos()
}

/// Blocks of `metres` that hold some places.
pub struct Blocks {
    metres: f64,
    held: BTreeSet<(i64, i64)>,
}

impl Blocks {
    /// Those that hold these longitudes and latitudes.
    pub fn holding(metres: f64, places: impl Iterator<Item = [f64; 2]>) -> Self {
        Self { metres, held: places.map(|place| block_at(metres, place)).collect() }
    }

    /// Whether a place lies in one of them, or nearer to its edge than so many metres.
    pub fn near(&self, [lon, lat]: [f64; 2], buffer_m: f64) -> bool {
        let metres = self.metres;
        let north = lat * DEGREE_M;
        let rows =
            ((north - buffer_m) / metres).floor() as i64..=((north + buffer_m) / metres).floor() as i64;
        rows.into_iter().any(|row| {
            let east = lon * degree_east_m(metres, row as f64);
            let bottom = row as f64 * metres;
            let up = (bottom - north).max(north - bottom - metres).max(0.0);
            let from = ((east - buffer_m) / metres).floor() as i64;
            let to = ((east + buffer_m) / metres).floor() as i64;
            self.held.range((from, i64::MIN)..=(to, i64::MAX)).any(|(col, own)| {
                let left = *col as f64 * metres;
                let aside = (left - east).max(east - left - metres).max(0.0);
                *own == row && ((up == 0.0 && aside == 0.0) || up.hypot(aside) < buffer_m)
            })
        })
    }
}

/// The fold of each sample; no group is in two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folds {
    /// How many there are.
    pub count: usize,
    /// Of each sample, from 0.
    pub of: Vec<usize>,
    /// The group of each sample.
    groups: Vec<usize>,
}

impl Folds {
    /// Parts samples into `count` folds, each with about its share of every class, drawn from `seed`: groups go to folds
    /// one by one, those with the most samples first, each where it leaves the classes most even.
    ///
    /// # Errors
    /// Fewer groups than folds, or places that are not known; in a sentence.
    pub fn new(set: &SampleSet, count: usize, group: Group, seed: u64) -> Result<Self, String> {
        let groups = group.of(set)?;
        let how_many = groups.iter().max().map_or(0, |most| most + 1);
        if count < 2 || how_many < count {
            return Err(format!(
                "{how_many} groups ({}) cannot be parted into {count} folds: give from 2 folds on, and at most as many as \
                 there are groups",
                group.words()
            ));
        }
        let codes: Vec<ClassCode> = {
            let mut codes = set.classes.clone();
            codes.sort_unstable();
            codes.dedup();
            codes
        };
        let mut tally = vec![vec![0usize; codes.len()]; how_many];
        for (group, class) in groups.iter().zip(&set.classes) {
            if let Ok(class) = codes.binary_search(class) {
                tally[*group][class] += 1;
            }
        }
        let totals: Vec<usize> = (0..codes.len()).map(|c| tally.iter().map(|t| t[c]).sum()).collect();
        let mut order: Vec<usize> = (0..how_many).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        order.sort_by_key(|group| std::cmp::Reverse(tally[*group].iter().sum::<usize>()));

        let mut folds = vec![vec![0usize; codes.len()]; count];
        let mut fold_of = vec![0; how_many];
        for group in order {
            // The fold that has least of what the group brings, each class by its share; then the smallest fold.
            let had = |fold: &[usize]| -> f64 {
                let of =
                    |(c, n): (usize, &usize)| *n as f64 * fold[c] as f64 / (totals[c] * totals[c]) as f64;
                tally[group].iter().enumerate().filter(|(_, n)| **n > 0).map(of).sum()
            };
            let best = (0..count).min_by(|a, b| {
                let size = |f: usize| folds[f].iter().sum::<usize>();
                had(&folds[*a]).total_cmp(&had(&folds[*b])).then_with(|| size(*a).cmp(&size(*b)))
            });
            let best = best.unwrap_or(0);
            fold_of[group] = best;
            folds[best].iter_mut().zip(&tally[group]).for_each(|(f, t)| *f += t);
        }
        Ok(Self { count, of: groups.iter().map(|group| fold_of[*group]).collect(), groups })
    }

    /// Samples that are tested in a fold.
    pub fn test(&self, fold: usize) -> Vec<usize> {
        (0..self.of.len()).filter(|i| self.of[*i] == fold).collect()
    }

    /// What trains for a fold, and what is held out of that to stop early: about `share` of each class's groups. The fold's
    /// own samples are in neither.
    pub fn split(&self, set: &SampleSet, fold: usize, share: f64, seed: u64) -> Split {
        let mut groups_of: BTreeMap<ClassCode, Vec<usize>> = BTreeMap::new();
        for i in 0..self.of.len() {
            if self.of[i] != fold {
                groups_of.entry(set.classes[i]).or_default().push(self.groups[i]);
            }
        }
        let mut held = BTreeSet::new();
        for (class, mut groups) in groups_of {
            groups.sort_unstable();
            groups.dedup();
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(fold as u64 * 256 + u64::from(class));
            groups.shuffle(&mut rng);
            // A class of few groups has none to spare.
            let apart = if groups.len() < 3 { 0 } else { (groups.len() as f64 * share).round() as usize };
            held.extend(groups.into_iter().take(apart));
        }
        let mut split = Split::default();
        for i in (0..self.of.len()).filter(|i| self.of[*i] != fold) {
            if held.contains(&self.groups[i]) { split.held_out.push(i) } else { split.train.push(i) }
        }
        split
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(samples: &[(ClassCode, u64, [f64; 2])]) -> SampleSet {
        SampleSet {
            bands: vec![],
            features: vec![],
            dates: vec![],
            values: crate::samples::Rows::new(0),
            classes: samples.iter().map(|s| s.0).collect(),
            annotations: samples.iter().map(|s| s.1).collect(),
            places: vec![],
            locations: samples.iter().map(|s| s.2).collect(),
        }
    }

    #[test]
    fn groups_are_read_and_written_and_nonsense_is_refused() {
        for text in ["annotation", "none", "block:5000", "cell:0.1"] {
            assert_eq!(text.parse::<Group>().unwrap().to_string(), text);
        }
        for text in ["", "cell", "cell:0", "cell:-1", "cell:NaN", "block:many", "tile:3"] {
            assert!(text.parse::<Group>().unwrap_err().contains("annotation"), "{text}");
        }
    }

    #[test]
    fn blocks_are_squares_wherever_they_lie() {
        for lat in [0.0, 45.0, -60.0] {
            let metres = |east: f64, north: f64| {
                let lat = lat + north / DEGREE_M;
                [10.0 + east / DEGREE_M / lat.to_radians().cos(), lat]
            };
            let samples: Vec<_> =
                (0..200).map(|i| (1, i, metres(f64::from(i as u32) * 100.0, 0.0))).collect();
            let groups = Group::Block(1000.0).of(&set(&samples)).unwrap();
            let blocks = groups.iter().max().unwrap() + 1;
            assert!((19..=22).contains(&blocks), "20 km make {blocks} blocks of 1 km at {lat}");
        }
    }

    #[test]
    fn a_place_is_near_a_block_where_its_edge_is_nearer_than_the_buffer() {
        for lat in [0.0, 45.0, -60.0] {
            // A block around a corner of the grid of blocks near 10 degrees east.
            let row = (lat * DEGREE_M / 1000.0_f64).floor();
            let degree = degree_east_m(1000.0, row);
            let col = (10.0 * degree / 1000.0).floor();
            let at =
                |east: f64, north: f64| [(col * 1000.0 + east) / degree, (row * 1000.0 + north) / DEGREE_M];
            let blocks = Blocks::holding(1000.0, [at(500.0, 500.0)].into_iter());
            assert!(blocks.near(at(1.0, 999.0), 0.0) && !blocks.near(at(-1.0, 500.0), 0.0));
            assert!(blocks.near(at(-299.0, 500.0), 300.0) && !blocks.near(at(-301.0, 500.0), 300.0));
            assert!(blocks.near(at(1299.0, 500.0), 300.0) && !blocks.near(at(1301.0, 500.0), 300.0));
            assert!(blocks.near(at(500.0, 1299.0), 300.0) && !blocks.near(at(500.0, 1301.0), 300.0));
            // Beyond a corner: 3, 4, 5.
            assert!(blocks.near(at(-299.0, -399.0), 500.0) && !blocks.near(at(-301.0, -401.0), 500.0));
            assert!(blocks.near(at(-2500.0, 500.0), 2501.0) && !blocks.near(at(-2500.0, 500.0), 2499.0));
        }
    }

    proptest! {
        #[test]
        fn no_group_is_on_both_sides_and_every_sample_is_tested_once(
            samples in proptest::collection::vec((1u8..6, 0u64..30, -1.0f64..1.0, -1.0f64..1.0), 10..200),
            count in 2usize..6, seed in 0u64..9, which in 0usize..4,
        ) {
            let samples: Vec<_> = samples.into_iter().map(|(c, a, x, y)| (c, a, [x, y])).collect();
            let set = set(&samples);
            let group = [Group::Annotation, Group::Block(20_000.0), Group::Cell(0.25), Group::None][which];
            let Ok(folds) = Folds::new(&set, count, group, seed) else { return Ok(()) };
            prop_assert_eq!(&folds, &Folds::new(&set, count, group, seed).unwrap());
            let groups = group.of(&set).unwrap();
            let mut tested = vec![0; set.len()];
            for fold in 0..count {
                let test = folds.test(fold);
                test.iter().for_each(|i| tested[*i] += 1);
                let Split { train, held_out, .. } = folds.split(&set, fold, 0.2, seed);
                prop_assert_eq!(test.len() + train.len() + held_out.len(), set.len());
                let of = |part: &[usize]| part.iter().map(|i| groups[*i]).collect::<std::collections::BTreeSet<_>>();
                prop_assert!(of(&test).is_disjoint(&of(&train)));
                prop_assert!(of(&test).is_disjoint(&of(&held_out)));
                prop_assert!(of(&train).is_disjoint(&of(&held_out)));
            }
            prop_assert!(tested.iter().all(|n| *n == 1));
        }
    }

    #[test]
    fn folds_are_even_in_every_class_and_differ_by_seed() {
        let samples: Vec<_> = (0..500u64).map(|i| (1 + (i % 5) as u8, i, [0.0, 0.0])).collect();
        let set = set(&samples);
        let folds = Folds::new(&set, 5, Group::None, 3).unwrap();
        for fold in 0..5 {
            for class in 1..=5 {
                let n = folds.test(fold).iter().filter(|i| set.classes[**i] == class).count();
                assert_eq!(n, 20, "class {class} in fold {fold}");
            }
        }
        assert_ne!(folds.of, Folds::new(&set, 5, Group::None, 4).unwrap().of);
        assert!(Folds::new(&set, 5, Group::Cell(0.1), 1).unwrap_err().contains("1 groups"));
    }
}
