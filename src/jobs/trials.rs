//! Trials: a model trained again without what then tests it.

use super::assessing::intervals_fact;
use super::labelled::labelled;
use super::reporting::{facts_of_model, facts_of_program, now, only_class_note, save_report, settings};
use super::train::{append, inputs, pixels_left_out};
use super::{Assessed, JobContext, Outcome};
use crate::assess::{
    BootstrapSpec, Fact, HoldOut, Report, Trial, Trials, TryOf, held_out_annotations, leave_one_mosaic_out,
    spatial_blocks, try_trials, try_without_mosaics, whole_sites,
};
use crate::cube::NamedIndex;
use crate::labels::{Annotations, Buffers, Legend, write_labels};
use crate::model::{LabelsState, Model, ModelSpec};
use crate::progress::Progress;
use crate::samples::{ExtractSpec, SampleSet, extract};
use crate::words::Language;
use anyhow::bail;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What to try.
#[derive(Debug, Clone)]
pub struct TrySpec {
    /// The project's name.
    pub project: String,
    /// The model's name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The sites: names and cubes.
    pub cubes: Vec<(String, PathBuf)>,
    /// Annotations.
    pub annotations: Annotations,
    /// The legend.
    pub legend: Legend,
    /// The inward buffers.
    pub buffers: Buffers,
    /// The project's own indices.
    pub indices: Vec<NamedIndex>,
    /// What tests.
    pub hold_out: HoldOut,
    /// How many folds of annotations or blocks.
    pub folds: usize,
    /// The language of its page.
    pub language: Language,
    /// Where the report is written, as JSON; page and table lie beside it.
    pub output: PathBuf,
}

/// Trains a network like a model again, without what then tests it, and writes the report. Where the labels do not let it be
/// tried so, the report says why and has no scores.
///
/// # Errors
/// When cubes cannot be read or differ, a training fails, files cannot be written; for a UNet.
pub fn try_model(spec: &TrySpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let card = Model::load(&spec.folder)?.card;
    if !card.spec.kind.reads_series() {
        bail!(
            "a UNet looks around its pixels, of which a trial knows nothing: hold some annotations out of its training, map, and assess the map"
        );
    }
    let (set, site_of, left_out) = samples(spec, &card.spec, context)?;
    let of = TryOf { set: &set, legend: &spec.legend, model: &card.spec, hold_out: spec.hold_out };
    let (tried, mut notes) = match run(&of, spec, &site_of, context)? {
        Ok((trials, note)) => (Some(trials), note.into_iter().collect()),
        Err(why) => (None, vec![format!("Not tried with {} held out: {why}.", spec.hold_out.words())]),
    };
    if let Some(trials) = &tried {
        let matrix = &trials.pooled.assessment.matrix;
        let mapped = matrix.classes.iter().enumerate().filter_map(|(mapped, class)| {
            (0..matrix.classes.len()).any(|r| matrix.count(r, mapped) > 0).then_some(class.code)
        });
        notes.extend(only_class_note(mapped, &matrix.classes));
    }
    notes.extend(left_out.into_iter().map(|sentence| format!("{sentence}.")));
    let labels = LabelsState::new(
        spec.annotations.len(),
        &write_labels(&spec.annotations, &spec.legend),
        set.classes.iter().copied().zip(set.annotations.iter().copied()),
    );
    let mut method = facts_of_program();
    method.push(Fact::new("network of each trial", settings(&card.spec.kind)));
    method.push(Fact::new("settings of training", settings(&card.spec.training)));
    let state = format!("{} annotations, text {} (FNV-1a)", labels.annotations, labels.hash);
    method.push(Fact::new("labels of the trials", state));
    method.push(Fact::new("samples", format!("{} of {} sites", set.len(), spec.cubes.len())));
    method.push(intervals_fact(&BootstrapSpec::default()));
    method.extend(facts_of_model(&spec.name, &card));
    let report = Report {
        version: Report::VERSION,
        project: spec.project.clone(),
        map: spec.name.clone(),
        created: now(),
        trials: tried,
        method,
        notes,
        ..Report::default()
    };
    context.cancel.check()?;
    save_report(&report, &[], spec.language, &spec.output)?;
    Ok(Outcome::Assessed(Box::new(Assessed { report, file: spec.output.clone() })))
}

/// The samples of all sites, the site of each, and what was left out.
fn samples(
    spec: &TrySpec,
    model: &ModelSpec,
    context: &JobContext,
) -> anyhow::Result<(SampleSet, Vec<String>, Vec<String>)> {
    let annotations = spec.annotations.to_vec();
    let (mut set, mut site_of, mut left_out) = (None::<SampleSet>, Vec::new(), Vec::new());
    for ((site, path), cube) in labelled(&spec.cubes, |(_, path)| path.as_path(), &spec.annotations)? {
        let before = set.as_ref().map(|set| set.features.as_slice());
        let features = inputs(model.inputs.as_deref(), &spec.indices, cube.info(), before, path)?;
        let wanted = ExtractSpec {
            features: &features,
            annotations: &annotations,
            take_likely: model.training.take_likely,
            buffers: &spec.buffers,
            filling: model.filling,
        };
        let (mut more, report) = extract(&cube, &wanted, &|p| context.progress(p), &context.cancel)?;
        // Blocks lie on the ground, whatever the sites' grids are.
        let grid = &cube.info().grid;
        more.locations = more.places.iter().map(|&(col, row)| grid.pixel_centre(col, row)).collect();
        grid.crs.lonlat_from_xy(&mut more.locations)?;
        left_out.extend(pixels_left_out(&report));
        site_of.extend(std::iter::repeat_n(site.clone(), more.len()));
        match &mut set {
            None => set = Some(more),
            Some(set) => append(set, more, path)?,
        }
    }
    match set {
        Some(set) => Ok((set, site_of, left_out)),
        None => bail!("there is no cube to take samples from: build one with `cube build`"),
    }
}

/// The trials with what is to be said of them, or why there can be none.
fn run(
    of: &TryOf,
    spec: &TrySpec,
    site_of: &[String],
    context: &JobContext,
) -> anyhow::Result<Result<(Trials, Option<String>), String>> {
    let classes: BTreeSet<_> = of.set.classes.iter().collect();
    if classes.len() < 2 {
        return Ok(Err(match classes.len() {
            1 => "there are samples of 1 class, and telling apart takes two".into(),
            n => format!("there are samples of {n} classes, and telling apart takes two"),
        }));
    }
    let seed = of.model.training.seed;
    let report = |p: Progress| context.progress(p);
    let folds = |make: &dyn Fn(usize) -> Result<Vec<Trial>, String>| {
        fewer_folds(spec.folds, make).map(|trials| {
            let fewer = (trials.len() < spec.folds).then(|| {
                format!("{} folds and not {}: there is no more to hold out.", trials.len(), spec.folds)
            });
            (trials, fewer)
        })
    };
    let annotations = |count: usize| held_out_annotations(of.set, count, seed);
    let made = match spec.hold_out {
        HoldOut::Annotations => folds(&annotations),
        HoldOut::Blocks { metres, buffer_m } => {
            folds(&|count| spatial_blocks(of.set, metres, buffer_m, count, seed))
        }
        HoldOut::Sites => whole_sites(of.set, site_of).map(|trials| (trials, None)),
        HoldOut::Mosaics => {
            let mosaics = match leave_one_mosaic_out(of.set) {
                Ok(mosaics) => mosaics,
                Err(why) => return Ok(Err(why)),
            };
            return match folds(&annotations) {
                Err(why) => Ok(Err(why)),
                Ok((trials, note)) => {
                    let Some(first) = trials.first() else {
                        return Ok(Err("there is nothing to hold out".into()));
                    };
                    let tried = try_without_mosaics(of, first, &mosaics, &report, &context.cancel)?;
                    Ok(Ok((tried, note)))
                }
            };
        }
    };
    match made {
        Err(why) => Ok(Err(why)),
        Ok((trials, note)) => Ok(Ok((try_trials(of, &trials, &report, &context.cancel)?, note))),
    }
}

/// So many folds, or as many as there are groups for, which are two at least.
fn fewer_folds(
    folds: usize,
    make: &dyn Fn(usize) -> Result<Vec<Trial>, String>,
) -> Result<Vec<Trial>, String> {
    let mut made = make(folds);
    for count in (2..folds).rev() {
        if made.is_ok() {
            break;
        }
        made = make(count);
    }
    made
}
