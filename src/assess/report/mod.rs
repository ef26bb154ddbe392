//! The report: what is known of how right a map or a model is, as a document that is written as JSON, as CSV and as one HTML
//! page that needs nothing beside it.
//!
//! The page's first sentence answers the reader's question ([`Report::headline`]); figures stand with their intervals and
//! with how they were obtained. Text comes out of structs: nothing here reads files.

mod comparing;
mod curves;
mod figures;
mod html;
mod matrix;
mod page;
mod rows;
mod sections;
#[cfg(test)]
mod tests;
mod words;

use super::bootstrap::AssessmentIntervals;
use super::compare::MapComparison;
use super::disagreement::Disagreement;
use super::estimate::MapEstimate;
use super::estimated::Estimated;
use super::matrix::Assessment;
use crate::labels::Class;
use crate::model::EpochScore;
use crate::words::{Language, translated_markup};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A document with all that is known; parts that were not made are absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// Of this document; 0 in files of before it had one.
    pub version: u32,
    /// The project's name.
    pub project: String,
    /// The site; empty where it is of all sites.
    pub site: String,
    /// The map, or the model that was tried.
    pub map: String,
    /// When it was made, RFC 3339.
    pub created: String,
    /// The map on annotations that neither trained nor chose anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Scores>,
    /// The map against the true map of a simulated landscape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub true_map: Option<Scores>,
    /// The map on a reference sample drawn at random.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<MapEstimate>,
    /// The file of that sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_file: Option<PathBuf>,
    /// The model trained again without what then tests it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trials: Option<Trials>,
    /// Two maps on the same places; the one that answers the question first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comparisons: Vec<Comparison>,
    /// How the training of the model went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training: Option<Training>,
    /// How it was made, and of what: names and values.
    pub method: Vec<Fact>,
    /// What a reader must know, a sentence each.
    pub notes: Vec<String>,
}

/// The scores of an error matrix inside the labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    #[serde(flatten)]
    pub assessment: Assessment,
    /// Each count of the matrix as a share of all, row by row; empty where nothing was counted.
    #[serde(default)]
    pub shares: Vec<f64>,
    /// Quantity and allocation disagreement, and kappa.
    #[serde(default)]
    pub disagreement: Option<Disagreement>,
    /// Over annotations; `None` where every pixel was looked at, which leaves nothing to chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<AssessmentIntervals>,
}

impl Scores {
    /// Of an assessment, with its intervals where chance chose what it is of.
    pub fn new(assessment: Assessment, intervals: Option<AssessmentIntervals>) -> Self {
        let (shares, disagreement) = (assessment.matrix.shares(), assessment.matrix.disagreement());
        Self { assessment, shares, disagreement, intervals }
    }
}

/// A model trained again without what then tests it, some times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trials {
    /// What was held out: "annotations", "blocks of 5000 m with 500 m between them", "whole sites", "one mosaic".
    pub held_out: String,
    /// All samples that were tested, each from the training that did not see it.
    pub pooled: Scores,
    pub trials: Vec<TrialScore>,
}

/// One of the trainings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TrialScore {
    /// "fold 2 of 5", the name of a site, "without 2022-03".
    pub name: String,
    /// Samples that trained, that tested, and that did neither.
    pub trained: usize,
    pub tested: usize,
    pub left_out: usize,
    pub overall_accuracy: Option<f64>,
    pub macro_f1: Option<f64>,
    pub weighted_f1: Option<f64>,
    /// Classes that were tested and that nothing taught.
    pub unlearned: Vec<String>,
    /// What overall accuracy became against the training that lacked nothing, on the same samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Estimated>,
}

/// Two maps compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// On what: "reference sample", "annotations that neither map saw".
    pub title: String,
    /// What the maps are called.
    pub maps: [String; 2],
    /// Their names alone, for tables; empty where they are called so in sentences too.
    #[serde(default)]
    pub short: [String; 2],
    #[serde(flatten)]
    pub compared: MapComparison,
}

/// How a training went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Training {
    pub history: Vec<EpochScore>,
    /// The epoch whose weights were kept.
    pub best_epoch: usize,
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub name: String,
    pub value: String,
}

impl Fact {
    /// Of a name and a value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// A picture of the page, which JSON and CSV do without.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    pub title: String,
    /// An encoded PNG.
    pub png: Vec<u8>,
    /// The classes in it.
    pub legend: Vec<Class>,
}

impl Report {
    /// The version that is written.
    pub const VERSION: u32 = 1;

    /// The document as JSON, without pictures; [`Report`] reads it back.
    pub fn json(&self) -> String {
        // Plain structs always serialise.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// All figures as CSV (RFC 4180), one a row: part, subject, class, measure, value, standard error, ends of the 95 %
    /// interval, unit, why something is absent. Shares are fractions from 0 to 1, areas hectares.
    ///
    /// # Errors
    /// Only those of memory.
    pub fn csv(&self) -> std::io::Result<String> {
        rows::csv(self)
    }

    /// One page with style, drawings and pictures inside, without scripts; well-formed XML too. Its texts are in a language;
    /// figures are written alike in all, and names of classes stay as people gave them.
    pub fn html(&self, pictures: &[Picture], language: Language) -> String {
        translated_markup(&html::html(self, pictures), language)
    }
}
