//! Holding a site against what a model learned from, before it is mapped.

use super::{JobContext, Outcome};
use crate::classify::{Fit, Limits, SeriesReader, Sounding, Trust, Verdict};
use crate::cube::statistics::{Identity, Sample, identity};
use crate::cube::{Cube, CubeError, Feature};
use crate::files::write_atomically;
use crate::labels::Legend;
use crate::model::{Ground, Learned, Model, ModelCard, ModelError, TrainedSite};
use crate::progress::{Cancel, Progress, Report};
use crate::samples::SampleSet;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// At most so many values are in memory (4 bytes each).
const MOST_VALUES: usize = 16 << 20;
/// At most so many pixels are looked at.
const MOST_PIXELS: usize = 32_768;
/// At least so many, however many dates and inputs there are.
const LEAST_PIXELS: usize = 512;
/// Of the sites that trained a model, at most so many are looked at, so many of their chunks together, and so many pixels:
/// little beside the training.
const GROUND_SITES: usize = 64;
const GROUND_CHUNKS: usize = 16;
const GROUND_PIXELS: usize = 8192;
/// The version of the file that is kept.
const VERSION: u32 = 1;

/// A model and a site.
#[derive(Debug, Clone)]
pub struct TrustSpec {
    /// The site.
    pub site: String,
    /// Its cube.
    pub cube: PathBuf,
    /// The model's name.
    pub name: String,
    /// Its folder.
    pub model: PathBuf,
    /// The project's legend.
    pub legend: Legend,
    /// Where what is measured of the site is kept: what is found here lies beside it.
    pub statistics: PathBuf,
    /// Whether it is kept.
    pub keep: bool,
}

/// How a site stands to a model.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// It trained the model.
    Trained,
    /// It is not known what the model learned from.
    Unknown,
    /// The model cannot map it; a sentence for people.
    CannotMap(String),
    /// It was held against what the model learned from.
    Checked(Trust),
}

/// A site and a model, held against one another.
#[derive(Debug, Clone, PartialEq)]
pub struct Trusted {
    /// The site.
    pub site: String,
    /// The model's name.
    pub model: String,
    /// Which training it is of.
    pub training: String,
    /// How they stand.
    pub standing: Standing,
    /// What else is to be known before mapping, in sentences: dates that are missing, classes that the legend lacks.
    pub notes: Vec<String>,
}

impl Trusted {
    /// What it comes to, in one sentence.
    pub fn sentence(&self) -> String {
        match &self.standing {
            Standing::Trained => "This site trained the model".into(),
            Standing::Unknown => format!(
                "It is not known what {} learned from: it was imported, or trained before this was kept. Train it anew to be told \
                 how far a site lies from it",
                self.model
            ),
            Standing::CannotMap(why) => why.clone(),
            Standing::Checked(trust) => trust.sentence(),
        }
    }

    /// One word for it: trained, unknown, cannot_map, empty, fits or shifted.
    pub fn state(&self) -> &'static str {
        match &self.standing {
            Standing::Trained => "trained",
            Standing::Unknown => "unknown",
            Standing::CannotMap(_) => "cannot_map",
            Standing::Checked(Trust { verdict: Verdict::Empty, .. }) => "empty",
            Standing::Checked(Trust { verdict: Verdict::Fits, .. }) => "fits",
            Standing::Checked(_) => "shifted",
        }
    }

    /// Whether a map of it is to be taken with care.
    pub fn is_doubtful(&self) -> bool {
        matches!(self.state(), "shifted" | "empty")
    }

    /// The table, where there is one.
    pub fn table(&self) -> Option<&Trust> {
        match &self.standing {
            Standing::Checked(trust) => Some(trust),
            _ => None,
        }
    }
}

/// What a training saw of these samples, and of the sites that they came from: their folders, cubes, and inputs.
///
/// # Errors
/// Samples that cannot be read. A site that cannot is passed over.
pub(super) fn learned(
    set: &SampleSet,
    chosen: &[usize],
    sites: &[(PathBuf, Cube, Vec<Feature>)],
) -> Result<Learned, ModelError> {
    let mut learned = Learned::of(set, chosen)?;
    learned.sites = sites.iter().filter_map(|(path, ..)| trained_site(path)).collect();
    let each = set.dates.len() * set.bands.len();
    let limits = Limits::of(&learned);
    let few: Vec<_> = sites.iter().step_by(sites.len().div_ceil(GROUND_SITES).max(1)).collect();
    let (pixels, chunks) = (GROUND_PIXELS / few.len().max(1), (GROUND_CHUNKS / few.len().max(1)).max(1));
    let mut values = Vec::new();
    for (_, cube, features) in few {
        let fit = Fit::whole(features.clone(), cube.info());
        // A training that is stopped keeps its best model, and what it saw.
        if let Ok(more) = sound(cube, &fit, (pixels.max(64), chunks), &|_| {}, &Cancel::new())
            && fit.values() == each
        {
            values.extend(more.values);
        }
    }
    if !values.is_empty() {
        let outside = limits.share_outside(&values).1;
        learned.ground = Some(Ground::of(&values, each, outside));
    }
    Ok(learned)
}

/// What a training keeps of a site that samples came from; nothing where its cube cannot be told.
pub(super) fn trained_site(cube: &Path) -> Option<TrainedSite> {
    let name = cube.file_stem()?.to_string_lossy().into_owned();
    Some(TrainedSite { cube: name, checksum: identity(cube).ok()?.checksum })
}

/// Matches a model's bands, dates and classes to a site, and holds a sample of the site's values against those that the model
/// learned from. What was found before is taken from its file, unless the model was trained anew or the cube has changed.
///
/// # Errors
/// When the model or the cube cannot be read, or when asked to stop. That they do not fit is an answer.
pub fn check_trust(spec: &TrustSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let cube = Cube::open_with_cache(&spec.cube, 0)?;
    let model = Model::load(&spec.model)?;
    let training = model.card.training_id();
    let mut notes = Vec::new();
    let standing = standing(spec, &cube, &model, &training, &mut notes, context)?;
    Ok(Outcome::TrustChecked(Arc::new(Trusted {
        site: spec.site.clone(),
        model: spec.name.clone(),
        training,
        standing,
        notes,
    })))
}

fn standing(
    spec: &TrustSpec,
    cube: &Cube,
    model: &Model,
    training: &str,
    notes: &mut Vec<String>,
    context: &JobContext,
) -> anyhow::Result<Standing> {
    let info = cube.info();
    let fit = match Fit::of(&model.card, info) {
        Ok(fit) => fit,
        Err(ModelError::Mismatch { why }) => return Ok(Standing::CannotMap(why)),
        Err(other) => return Err(other.into()),
    };
    notes.extend(notes_of(&model.card, &fit, &spec.legend));
    let Some(learned) = &model.learned else { return Ok(Standing::Unknown) };
    if trained_site(&spec.cube).is_some_and(|site| learned.sites.contains(&site)) {
        return Ok(Standing::Trained);
    }
    let file = kept_file(&spec.statistics, training);
    // Looked at before the pixels are: a cube that changes meanwhile is looked at again the next time.
    let identity = identity(&spec.cube).ok();
    if let Some(trust) = identity.and_then(|identity| load(&file, identity, &model.card)) {
        return Ok(Standing::Checked(trust));
    }
    let pixels = (MOST_VALUES / fit.values().max(1)).clamp(LEAST_PIXELS, MOST_PIXELS);
    let report = |progress| context.progress(progress);
    let sounding = sound(cube, &fit, (pixels, usize::MAX), &report, &context.cancel)?;
    let trust = super::runner::apart(|| Trust::of(&model.card, learned, &fit, &info.dates, &sounding));
    if let (true, Some(identity)) = (spec.keep, identity) {
        // What cannot be kept is found again the next time.
        let _ = save(&file, identity, &trust);
    }
    Ok(Standing::Checked(trust))
}

/// Dates that are gaps, and classes that the legend lacks.
fn notes_of(card: &ModelCard, fit: &Fit, legend: &Legend) -> Vec<String> {
    let mut notes = Vec::new();
    let missing = fit.missing(&card.dates);
    if !missing.is_empty() {
        let dates: Vec<String> = missing.iter().map(ToString::to_string).collect();
        notes.push(format!(
            "{} of the {} dates that it learned from are gaps, since this site has none near them: {}",
            missing.len(),
            card.dates.len(),
            dates.join(", ")
        ));
    }
    let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
    let lacks = |name: &str| !legend.classes.iter().any(|class| same(&class.name, name));
    let lacking: Vec<&str> =
        card.classes.iter().map(|class| class.name.as_str()).filter(|n| lacks(n)).collect();
    if !lacking.is_empty() {
        notes.push(format!(
            "the legend lacks {} of its {} classes, which are mapped all the same: {}",
            lacking.len(),
            card.classes.len(),
            lacking.join(", ")
        ));
    }
    notes
}

/// An even sample of a site's pixels as the model takes them: all of a small one, of a large one some `most` of at most 64 or
/// `chunks` chunks. Damaged chunks are passed over.
fn sound(
    cube: &Cube,
    fit: &Fit,
    (most, chunks): (usize, usize),
    report: Report,
    cancel: &Cancel,
) -> anyhow::Result<Sounding> {
    /// Pixels whose series are made at once.
    const PIXELS: usize = 512;
    let each = fit.values();
    let mut sample = Sample::of(cube, most);
    if sample.chunks.len() > chunks {
        // Fewer chunks, and so much more of each.
        let fewer = sample.chunks.len().div_ceil(chunks.max(1));
        sample.chunks = sample.chunks.into_iter().skip(fewer / 2).step_by(fewer).collect();
        sample.every = (sample.every / fewer).max(1) | 1;
    }
    let (done, total) = (AtomicU64::new(0), sample.chunks.len() as u64);
    let of_chunk = |at: &(u32, u32)| -> anyhow::Result<Vec<f32>> {
        cancel.check()?;
        let chunk = match cube.decode(*at) {
            Err(CubeError::Damaged { .. }) => return Ok(Vec::new()),
            other => other?,
        };
        fit.check(&chunk)?;
        let mut reader = SeriesReader::new(fit);
        let (mut taken, mut series) = (Vec::new(), Vec::new());
        let pixels = chunk.window.pixels();
        for start in (0..pixels).step_by(PIXELS) {
            let end = pixels.min(start + PIXELS);
            reader.read(&chunk, start..end, &mut series);
            let chosen = (start..end).zip(series.chunks_exact(each.max(1)));
            let chosen = chosen.filter(|(pixel, _)| pixel.is_multiple_of(sample.every));
            chosen.for_each(|(_, series)| taken.extend_from_slice(series));
        }
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        report(Progress::new(done, total, "Reading pixels"));
        Ok(taken)
    };
    let parts: Vec<Vec<f32>> =
        super::runner::apart(|| sample.chunks.par_iter().map(of_chunk).collect::<anyhow::Result<_>>())?;
    Ok(Sounding { values: parts.concat() })
}

#[derive(Serialize, Deserialize)]
struct Kept<T> {
    version: u32,
    cube: Identity,
    trust: T,
}

fn kept_file(statistics: &Path, training: &str) -> PathBuf {
    let site = statistics.file_stem().unwrap_or_default().to_string_lossy();
    statistics.with_file_name(format!("{site}.{training}.trust.json"))
}

/// What was found before; `None` where nothing was, of another state of the cube, or where the file is damaged.
fn load(file: &Path, cube: Identity, card: &ModelCard) -> Option<Trust> {
    let kept: Kept<Trust> = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    let trust = kept.trust;
    let sound = kept.version == VERSION
        && kept.cube == cube
        && trust.dates == card.dates
        && trust.inputs.iter().map(|input| &input.name).eq(&card.bands)
        && trust.site_dates.len() == trust.dates.len()
        && trust.cells.len() == trust.dates.len() * trust.inputs.len();
    sound.then_some(trust)
}

fn save(file: &Path, cube: Identity, trust: &Trust) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    write_atomically(file, &serde_json::to_vec(&Kept { version: VERSION, cube, trust })?)
}
