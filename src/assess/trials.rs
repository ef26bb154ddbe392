//! Which samples train and which test, for a score inside the labels.
//!
//! Whatever way they are parted, such a score is of places that somebody chose to label: it compares models and does not
//! measure a map (Wadoux et al. 2021, 10.1016/j.ecolmodel.2021.109692).

use crate::labels::ClassCode;
use crate::samples::{Blocks, Folds, Group, SampleSet};
use std::collections::BTreeMap;

/// What is held out of a training, to test it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HoldOut {
    /// Annotations.
    Annotations,
    /// Blocks of so many metres, with so many around them that neither train nor test.
    Blocks { metres: f64, buffer_m: f64 },
    /// Whole sites.
    Sites,
    /// One mosaic (date) at a time.
    Mosaics,
}

impl std::str::FromStr for HoldOut {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let size =
            |text: &str, least: f64| text.parse::<f64>().ok().filter(|size| (least..=1e7).contains(size));
        let blocks = |text: &str| {
            let (metres, buffer) = text.split_once(':').unwrap_or((text, "0"));
            let metres = size(metres, f64::MIN_POSITIVE)?;
            Some(Self::Blocks { metres, buffer_m: size(buffer, 0.0)? })
        };
        let found = match text.split_once(':') {
            None if text == "annotation" => Some(Self::Annotations),
            None if text == "site" => Some(Self::Sites),
            None if text == "mosaic" => Some(Self::Mosaics),
            Some(("block", sizes)) => blocks(sizes),
            _ => None,
        };
        found.ok_or_else(|| {
            format!(
                "{text} cannot be held out: give annotation, block:METRES or block:METRES:BUFFER (block:5000:500), site or mosaic"
            )
        })
    }
}

impl std::fmt::Display for HoldOut {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Self::Annotations => write!(f, "annotation"),
            Self::Blocks { metres, buffer_m: 0.0 } => write!(f, "block:{metres}"),
            Self::Blocks { metres, buffer_m } => write!(f, "block:{metres}:{buffer_m}"),
            Self::Sites => write!(f, "site"),
            Self::Mosaics => write!(f, "mosaic"),
        }
    }
}

impl HoldOut {
    /// For people.
    pub fn words(self) -> String {
        match self {
            Self::Annotations => "annotations".into(),
            Self::Blocks { metres, buffer_m: 0.0 } => format!("blocks of {metres} m"),
            Self::Blocks { metres, buffer_m } => {
                format!("blocks of {metres} m with {buffer_m} m around them left out")
            }
            Self::Sites => "whole sites".into(),
            Self::Mosaics => "one mosaic at a time".into(),
        }
    }
}

/// Samples by their places in the set: those that train, those that test, and those that do neither.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trial {
    /// Which it is, for people: "fold 2 of 5", the name of a site.
    pub name: String,
    pub train: Vec<usize>,
    pub test: Vec<usize>,
    /// Too near to what tests to train.
    pub left_out: Vec<usize>,
    /// Classes that are tested and that no sample trains.
    pub unlearned: Vec<ClassCode>,
}

impl Trial {
    fn new(
        name: String,
        set: &SampleSet,
        tests: impl Fn(usize) -> bool,
        near: impl Fn(usize) -> bool,
    ) -> Self {
        let mut trial = Self { name, ..Self::default() };
        for i in 0..set.len() {
            let part = if tests(i) {
                &mut trial.test
            } else if near(i) {
                &mut trial.left_out
            } else {
                &mut trial.train
            };
            part.push(i);
        }
        let classes =
            |part: &[usize]| part.iter().map(|i| set.classes[*i]).collect::<std::collections::BTreeSet<_>>();
        trial.unlearned = classes(&trial.test).difference(&classes(&trial.train)).copied().collect();
        trial
    }
}

/// Annotations held out, in `count` folds: no annotation both trains and tests.
///
/// # Errors
/// Fewer annotations than folds; in a sentence.
pub fn held_out_annotations(set: &SampleSet, count: usize, seed: u64) -> Result<Vec<Trial>, String> {
    let folds = Folds::new(set, count, Group::Annotation, seed)?;
    Ok(of_folds(set, &folds, |_| |_| false))
}

/// Blocks of `block_m` metres held out, in `count` folds. What lies nearer than `buffer_m` metres to a block that tests does
/// not train, since neighbours are alike across a block's edge (arXiv 2303.07334).
///
/// # Errors
/// Places that are not known, fewer blocks than folds, sizes that are none; in a sentence.
pub fn spatial_blocks(
    set: &SampleSet,
    block_m: f64,
    buffer_m: f64,
    count: usize,
    seed: u64,
) -> Result<Vec<Trial>, String> {
    let sizes = block_m > 0.0 && block_m <= 1e7 && (0.0..=1e7).contains(&buffer_m);
    if !sizes {
        return Err(format!(
            "blocks of {block_m} m with {buffer_m} m between them cannot be made: give metres, say 5000 and 500"
        ));
    }
    let folds = Folds::new(set, count, Group::Block(block_m), seed)?;
    let trials = of_folds(set, &folds, |fold| {
        let blocks = Blocks::holding(block_m, folds.test(fold).into_iter().map(|i| set.locations[i]));
        move |i: usize| blocks.near(set.locations[i], buffer_m)
    });
    if let Some(empty) = trials.iter().find(|trial| trial.train.is_empty()) {
        return Err(format!(
            "in {} all samples that do not test lie nearer than {buffer_m} m to one that does: nothing is left to learn from. \
             Take a smaller buffer, or smaller blocks",
            empty.name
        ));
    }
    Ok(trials)
}

/// Each site held out once; `site_of` tells the site of each sample.
///
/// # Errors
/// Fewer than two sites with samples, or a sample without its site; in a sentence.
pub fn whole_sites(set: &SampleSet, site_of: &[String]) -> Result<Vec<Trial>, String> {
    if site_of.len() != set.len() {
        return Err(format!(
            "{} of {} samples have a site: whole sites cannot be held out",
            site_of.len(),
            set.len()
        ));
    }
    let mut sites: BTreeMap<&str, ()> = BTreeMap::new();
    site_of.iter().for_each(|site| {
        sites.insert(site, ());
    });
    if sites.len() < 2 {
        return Err(format!(
            "samples of {} site: holding out whole sites takes at least two. Hold out blocks",
            sites.len()
        ));
    }
    Ok(sites
        .keys()
        .map(|site| Trial::new((*site).into(), set, |i| site_of[i] == **site, |_| false))
        .collect())
}

/// A mosaic left out: what a map loses where that date is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MosaicTrial {
    /// The place of the date that is left out.
    pub without: usize,
    /// Those of the others.
    pub dates: Vec<usize>,
}

/// Each mosaic (date) left out once.
///
/// # Errors
/// Fewer than two dates; in a sentence.
pub fn leave_one_mosaic_out(set: &SampleSet) -> Result<Vec<MosaicTrial>, String> {
    let all = set.dates.len();
    if all < 2 {
        return Err(format!("{all} mosaic: leaving one out takes at least two"));
    }
    let trial = |without| MosaicTrial { without, dates: (0..all).filter(|date| *date != without).collect() };
    Ok((0..all).map(trial).collect())
}

fn of_folds<N: Fn(usize) -> bool>(set: &SampleSet, folds: &Folds, near: impl Fn(usize) -> N) -> Vec<Trial> {
    let trial = |fold: usize| {
        let name = format!("fold {} of {}", fold + 1, folds.count);
        Trial::new(name, set, |i| folds.of[i] == fold, near(fold))
    };
    (0..folds.count).map(trial).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Rows;
    use crate::testing::chance;
    use chrono::NaiveDate;

    /// Metres of a degree at the equator, on the sphere that blocks are made on.
    const DEGREE_M: f64 = 111_195.0;

    /// Samples strewn over 10 km at the equator, two an annotation.
    fn set(n: u64) -> SampleSet {
        let place = |i: u64, axis: u64| chance(&[i / 2, axis]) * 10_000.0 / DEGREE_M;
        SampleSet {
            bands: vec![],
            features: vec![],
            dates: (1..=3).map(|m| NaiveDate::from_ymd_opt(2022, m, 1).unwrap()).collect(),
            values: Rows::new(0),
            classes: (0..n).map(|i| 1 + (i / 2 % 3) as u8).collect(),
            annotations: (0..n).map(|i| i / 2).collect(),
            places: vec![],
            locations: (0..n).map(|i| [place(i, 1), place(i, 2)]).collect(),
        }
    }

    #[test]
    fn what_is_held_out_is_read_and_written_and_nonsense_is_refused() {
        for text in ["annotation", "block:5000", "block:5000:250", "site", "mosaic"] {
            assert_eq!(text.parse::<HoldOut>().unwrap().to_string(), text);
        }
        for text in
            ["", "block", "block:", "block:0", "block:-5", "block:5000:-1", "block:NaN", "block:5:x", "sites"]
        {
            assert!(text.parse::<HoldOut>().unwrap_err().contains("block:METRES"), "{text}");
        }
    }

    fn each_tests_once(set: &SampleSet, trials: &[Trial]) {
        let mut tested = vec![0; set.len()];
        for trial in trials {
            trial.test.iter().for_each(|i| tested[*i] += 1);
            let mut all = [trial.train.clone(), trial.test.clone(), trial.left_out.clone()].concat();
            all.sort_unstable();
            assert_eq!(all, (0..set.len()).collect::<Vec<_>>());
        }
        assert!(tested.iter().all(|n| *n == 1));
    }

    #[test]
    fn no_annotation_trains_and_tests() {
        let set = set(60);
        let trials = held_out_annotations(&set, 5, 1).unwrap();
        each_tests_once(&set, &trials);
        for trial in &trials {
            let of = |part: &[usize]| {
                part.iter().map(|i| set.annotations[*i]).collect::<std::collections::BTreeSet<_>>()
            };
            assert!(of(&trial.test).is_disjoint(&of(&trial.train)) && trial.left_out.is_empty());
            assert!(trial.unlearned.is_empty());
        }
        assert!(held_out_annotations(&set, 31, 1).unwrap_err().contains("30 groups"));
    }

    #[test]
    fn nothing_trains_that_is_nearer_than_the_buffer_to_what_tests() {
        let set = set(600);
        let apart = |trials: &[Trial]| {
            let metres = |a: usize, b: usize| {
                let [x, y] = [0, 1].map(|axis| (set.locations[a][axis] - set.locations[b][axis]) * DEGREE_M);
                x.hypot(y)
            };
            let pairs = trials
                .iter()
                .flat_map(|t| t.train.iter().flat_map(|a| t.test.iter().map(|b| metres(*a, *b))));
            pairs.fold(f64::INFINITY, f64::min)
        };
        let without = spatial_blocks(&set, 2000.0, 0.0, 4, 1).unwrap();
        each_tests_once(&set, &without);
        assert!(without.iter().all(|t| t.left_out.is_empty()) && apart(&without) < 200.0);
        let with = spatial_blocks(&set, 2000.0, 400.0, 4, 1).unwrap();
        each_tests_once(&set, &with);
        assert!(with.iter().all(|t| !t.left_out.is_empty() && !t.train.is_empty()) && apart(&with) >= 400.0);
        assert!(with.iter().zip(&without).all(|(a, b)| a.test == b.test));
        assert!(spatial_blocks(&set, 2000.0, 50_000.0, 4, 1).unwrap_err().contains("smaller buffer"));
        assert!(
            spatial_blocks(&set, -1.0, 0.0, 4, 1).is_err()
                && spatial_blocks(&set, 1.0, f64::NAN, 4, 1).is_err()
        );
        let nowhere = SampleSet { locations: vec![], ..set };
        assert!(spatial_blocks(&nowhere, 2000.0, 0.0, 4, 1).unwrap_err().contains("longitude"));
    }

    #[test]
    fn each_site_tests_once_and_what_nothing_else_teaches_is_told() {
        let mut set = set(30);
        let sites: Vec<String> = (0..30).map(|i| ["north", "south", "west"][i / 10].into()).collect();
        set.classes[29] = 9;
        let trials = whole_sites(&set, &sites).unwrap();
        each_tests_once(&set, &trials);
        assert_eq!(trials.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["north", "south", "west"]);
        assert_eq!(trials[2].unlearned, [9]);
        assert!(whole_sites(&set, &vec!["north".into(); 30]).unwrap_err().contains("1 site"));
        assert!(whole_sites(&set, &[]).is_err());
    }

    #[test]
    fn each_mosaic_is_left_out_once() {
        let mut set = set(4);
        let trials = leave_one_mosaic_out(&set).unwrap();
        assert_eq!(trials.len(), 3);
        assert_eq!(trials[1], MosaicTrial { without: 1, dates: vec![0, 2] });
        set.dates.truncate(1);
        assert!(leave_one_mosaic_out(&set).unwrap_err().contains("at least two"));
    }
}
