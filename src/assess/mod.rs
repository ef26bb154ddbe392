//! How far a map can be trusted.
//!
//! Two questions are kept apart. **Inside the labels**: how well does a model do on labelled places that it has not seen?
//! Annotations lie where somebody was sure, so that such scores flatter a map; they compare models.
//! **On an independent sample**: how right is the map, and how much of each class is there on the ground? Only pixels drawn at
//! random tell that.
//!
//! | to know | take | after |
//! |---|---|---|
//! | who trains and who tests | [`held_out_annotations`], [`spatial_blocks`], [`whole_sites`], [`leave_one_mosaic_out`] | arXiv 2303.07334 |
//! | a model trained again for each of them | [`try_trials`], [`try_without_mosaics`] | |
//! | folds of a network and its baselines | [`crossval`] | Wadoux et al. 2021, for what it is not |
//! | counts, accuracies, F1 | [`ErrorMatrix::assessment`] | Congalton 1991 |
//! | amounts and places of error, kappa | [`ErrorMatrix::disagreement`] | Pontius & Millones 2011; Foody 2020 |
//! | intervals inside the labels | [`assessment_intervals`], [`bootstrap`] over annotations, never over pixels | Davison & Hinkley 1997 |
//! | how many reference units, and where | [`sample_size`], [`allocate`], [`expected_error`], [`Drawing`], [`SampleDesign`] | Olofsson et al. 2014; Cochran 1977 |
//! | whether interpreters agree | [`interpreter_agreement`] | Cohen 1960 |
//! | accuracy and area of the map | [`estimate`] | Olofsson et al. 2014; Stehman 2014 |
//! | which of two maps is better, and where | [`compare`], [`compare_in_clusters`], [`mcnemar`] | Foody 2004; McNemar 1947 |
//! | what a score says and does not | [`Measure`] | |
//! | all of it as a document and a page | [`Report`] | |
//!
//! A figure is an [`Estimated`]: its value, standard error and 95 % interval, or why there is none. What cannot be used is
//! counted and told ([`LeftOut`]); nothing here reads files or knows of pictures.

mod agreement;
mod bootstrap;
mod compare;
mod crossval;
mod design;
mod disagreement;
mod estimate;
mod estimated;
mod interpreters;
mod matrix;
mod measures;
mod normal;
mod report;
mod trials;
mod tried;

pub use agreement::{Agreement, agreement, differ, transitions};
pub use bootstrap::{
    AssessmentIntervals, BootstrapSpec, ClassIntervals, Clusters, Interval, assessment_intervals, bootstrap,
};
pub use compare::{
    ClassComparison, ComparedPlaces, MapComparison, McNemar, Paired, PairedUnit, Places, Winner, answer,
    compare, compare_in_clusters, is_edge, mcnemar, on_one_alone, points,
};
pub use crossval::{CrossvalSpec, Crossvalidated, crossval};
pub use design::{
    Allocated, Allocation, DesignSpec, DesignUnit, Drawing, Drawn, SampleDesign, allocate, expected_error,
    sample_size,
};
pub use disagreement::Disagreement;
pub use estimate::{
    ClassEstimate, Correction, LeftOut, MapEstimate, Population, ReferenceUnit, Stratum, estimate,
};
pub use estimated::Estimated;
pub use interpreters::{InterpreterAgreement, interpreter_agreement};
pub use matrix::{Assessment, ClassScore, ErrorMatrix};
pub use measures::Measure;
pub use report::{Comparison, Fact, Picture, Report, Scores, Training, TrialScore, Trials};
pub use trials::{
    HoldOut, MosaicTrial, Trial, held_out_annotations, leave_one_mosaic_out, spatial_blocks, whole_sites,
};
pub use tried::{TryOf, try_trials, try_without_mosaics};
