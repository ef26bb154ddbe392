//! Training a model on the annotations of a project.

use super::labelled::labelled;
use super::patches::{Ground, Patches};
use super::{EventBody, JobContext, Outcome, Trained};
use crate::cube::{CubeInfo, Feature, FeatureRecord, NamedIndex};
use crate::labels::{AnnotationId, Annotations, Buffers, Legend, write_labels};
use crate::model::{self, LABELS_FILE, LabelsState, Model, ModelSpec};
use crate::progress::Progress;
use crate::samples::{ExtractReport, ExtractSpec, SampleSet, Split, extract};
use crate::words::grouped;
use anyhow::{Context, bail};
use std::cell::Cell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How a sentence of a class that was left out ends, unless too few remain.
const GOES_ON: &str = ": training goes on without it";

/// What to train on.
#[derive(Debug, Clone)]
pub struct TrainSpec {
    /// The model's name.
    pub name: String,
    /// Where it is saved.
    pub folder: PathBuf,
    /// Cubes of the sites.
    pub cubes: Vec<PathBuf>,
    /// Annotations.
    pub annotations: Annotations,
    /// The legend.
    pub legend: Legend,
    /// The inward buffers.
    pub buffers: Buffers,
    /// What to train, and how.
    pub spec: ModelSpec,
    /// The folder of the model to go on from; none to start anew.
    pub warm_start: Option<PathBuf>,
    /// Whether it follows the labels: then it starts anew where it cannot go on from that model, and keeps no checkpoint.
    pub live: bool,
    /// Whether to go on with a training of this name that was stopped, with the network and options that it had.
    pub resume: bool,
    /// The project's own indices.
    pub indices: Vec<NamedIndex>,
}

/// Extracts samples, keeps some annotations for assessment, trains on the others, saves the model.
///
/// # Errors
/// When there is too little to learn from, cubes differ in bands or dates, or files cannot be read or written.
pub fn train(spec: &TrainSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let checkpoint = model::checkpoint_of(&spec.folder);
    let mut model_spec = spec.spec.clone();
    let mut warm_start = spec.warm_start.clone();
    if spec.resume {
        let stopped = model::Stopped::read(&checkpoint)?;
        (model_spec, warm_start) = (stopped.spec, stopped.from);
    }
    let looks_around = !model_spec.kind.reads_series();
    if looks_around && !spec.live && (warm_start.is_some() || spec.resume) {
        bail!("a UNet is trained from the start: it does not go on from a model");
    }
    let mut grounds: Vec<Ground> = Vec::new();
    let mut from = match warm_start.as_deref().filter(|_| !looks_around).map(Model::load) {
        Some(Err(_)) if spec.live => None,
        from => from.transpose()?,
    };
    // What follows the labels goes on from a model that is like what is asked for.
    if let Some(from) = from.as_ref().filter(|_| !spec.live) {
        // What it is and reads stays what it was; how it is trained may change.
        model_spec.kind = from.card.spec.kind.clone();
        model_spec.filling = from.card.spec.filling;
        let bands = || from.card.bands.clone();
        model_spec.inputs = Some(from.card.spec.inputs.clone().unwrap_or_else(bands));
    }
    let model_spec = &model_spec;
    let mut set: Option<SampleSet> = None;
    let mut left_out = Vec::new();
    let mut without: Option<Vec<(AnnotationId, String)>> = None;
    let mut sites = Vec::new();
    let annotations = spec.annotations.to_vec();
    for (path, cube) in labelled(&spec.cubes, PathBuf::as_path, &spec.annotations)? {
        let features = inputs(
            model_spec.inputs.as_deref(),
            &spec.indices,
            cube.info(),
            set.as_ref().map(|set| set.features.as_slice()),
            path,
        )?;
        let report = |p: Progress| context.progress(p);
        let wanted = ExtractSpec {
            features: &features,
            annotations: &annotations,
            take_likely: model_spec.training.take_likely,
            buffers: &spec.buffers,
            filling: model_spec.filling,
        };
        let (more, report) = extract(&cube, &wanted, &report, &context.cancel)?;
        if looks_around {
            // Which samples there are and where they lie is all that patches are cut by.
            grounds.push((cube.clone(), more.at_date(0)?, features.clone()));
        }
        left_out.extend(pixels_left_out(&report));
        if !more.is_empty() {
            sites.push((path.clone(), cube.clone(), features.clone()));
        }
        // With several sites an annotation counts as left out only where no site has a pixel of it.
        without = Some(match without {
            None => report.without_pixels,
            Some(before) => before
                .into_iter()
                .filter(|(id, _)| report.without_pixels.iter().any(|(other, _)| other == id))
                .collect(),
        });
        match &mut set {
            None => set = Some(more),
            Some(set) => append(set, more, path)?,
        }
    }
    let Some(set) = set else { bail!("there is no cube to train on: build one with `cube build`") };
    for (id, why) in without.unwrap_or_default() {
        let class = spec.annotations.get(id).map_or(0, |a| a.class);
        let name = spec.legend.class(class).map_or("unknown class", |c| c.name.as_str());
        left_out.push(format!("annotation {id} ({name}) has no pure pixel: {why}"));
    }
    let with_samples: HashSet<_> = set.classes.iter().copied().collect();
    for class in &spec.legend.classes {
        let annotated = spec.annotations.iter().any(|a| a.class == class.code);
        if annotated && !with_samples.contains(&class.code) {
            left_out.push(format!("class {} has no pure pixel{GOES_ON}", class.name));
        }
    }
    if with_samples.len() < 2 {
        let left_out = left_out.iter().map(|sentence| sentence.trim_end_matches(GOES_ON));
        let mut why = format!(
            "training needs pure pixels of at least two classes, and there are {}",
            with_samples.len()
        );
        // What is said of whole classes comes last, and is the most telling.
        for sentence in left_out.rev().take(5) {
            why += &format!("; {sentence}");
        }
        bail!("{why}. Draw polygons for more classes, or larger ones, or lower the inward buffer");
    }

    let goes_on = |from: &Model| from.card.bands == set.bands && from.card.dates.len() == set.dates.len();
    from = from.filter(|from| !spec.live || goes_on(from));
    let training = &model_spec.training;
    let split: Split = crate::samples::split_by_annotation(&set, training.held_out_share, training.seed);
    let patches = match looks_around {
        true => Some(Patches::cut(model_spec, &grounds, (&set, &split), context)?),
        false => None,
    };
    let set = match &patches {
        None => set,
        Some(patches) => patches.at_date(&set)?,
    };
    let tell = steps_now_and_then(context);
    let (legend, cancel) = (&spec.legend, &context.cancel);
    let start = model::Start {
        from: from.as_ref().zip(warm_start.as_deref()),
        checkpoint: (!spec.live).then_some(checkpoint.as_path()),
        resume: spec.resume,
    };
    let mut model = match &patches {
        None => model::train_from(start, &set, &split, legend, model_spec, &tell, cancel)?,
        Some(patches) => patches.train((&set, &split), legend, model_spec, &tell, cancel)?,
    };
    model.learned = Some(super::trust::learned(&set, &split.train, &sites)?);
    let labels = write_labels(&spec.annotations, legend);
    let used = set.classes.iter().copied().zip(set.annotations.iter().copied());
    model.card.labels = Some(LabelsState::new(spec.annotations.len(), &labels, used));
    save_model(&model, &labels, &spec.folder)?;
    Ok(Outcome::Trained(Box::new(Trained {
        name: spec.name.clone(),
        folder: spec.folder.clone(),
        card: model.card,
        left_out,
        seconds: started.elapsed().as_secs_f64(),
        stopped: if spec.live { None } else { super::models::stopped_training(&checkpoint) },
    })))
}

/// Hands on what a training tells; its steps not so often that the window does nothing but look at them.
fn steps_now_and_then(context: &JobContext) -> impl Fn(model::TrainEvent) {
    const EVERY: Duration = Duration::from_millis(150);
    let told = Cell::new(None::<Instant>);
    move |event| {
        if let model::TrainEvent::Step { done, of, .. } = event
            && done < of
            && told.get().is_some_and(|told| told.elapsed() < EVERY)
        {
            return;
        }
        told.set(Some(Instant::now()));
        context.send(EventBody::Train(event));
    }
}

/// What was left out of the pixels of a site, in sentences.
pub(super) fn pixels_left_out(report: &ExtractReport) -> Vec<String> {
    let mut sentences = Vec::new();
    if report.claimed_twice > 0 {
        sentences.push(format!(
            "{} pixels claimed by two classes were used for none",
            grouped(report.claimed_twice as i64)
        ));
    }
    if report.without_observation > 0 {
        sentences.push(format!(
            "{} pixels never observed in some band were left out",
            grouped(report.without_observation as i64)
        ));
    }
    if report.with_gaps > 0 {
        let pixels = grouped(report.with_gaps as i64);
        sentences.push(format!("{pixels} pixels with gaps were left out, since gaps are not to be filled"));
    }
    if let Some(first) = report.damaged.first() {
        let (chunks, pixels) = (report.damaged.len(), grouped(report.in_damaged as i64));
        let more = if chunks > 1 { format!("; and {} more", chunks - 1) } else { String::new() };
        sentences.push(format!("{pixels} pixels in damaged chunks were left out: {first}{more}"));
    }
    sentences
}

/// Saves a model, with the labels that trained it, beside `folder` and puts it in its place, so that a model of this name stays whole until then.
fn save_model(model: &Model, labels: &str, folder: &Path) -> anyhow::Result<()> {
    let failed = || {
        format!("cannot save the model {}. Check the folder's rights and the free space", folder.display())
    };
    if folder.exists() && !folder.join("model.json").is_file() {
        bail!(
            "cannot save the model {}: something else is there already. Give another name",
            folder.display()
        );
    }
    let parent = folder.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).with_context(failed)?;
    let beside = tempfile::Builder::new().prefix(".saving-").tempdir_in(parent).with_context(failed)?;
    let new = beside.path().join("new");
    model.save(&new)?;
    crate::files::write_atomically(&new.join(LABELS_FILE), labels.as_bytes()).with_context(failed)?;
    crate::files::replace_folder(&new, folder, &beside.path().join("old")).with_context(failed)
}

/// What a model learns from on a cube. The first cube decides; on the others its bands are found by their common names.
pub(super) fn inputs(
    texts: Option<&[String]>,
    own: &[NamedIndex],
    info: &CubeInfo,
    before: Option<&[FeatureRecord]>,
    path: &Path,
) -> anyhow::Result<Vec<Feature>> {
    if let Some(before) = before {
        let found: Result<Vec<_>, _> = before.iter().map(|input| input.find(&info.bands)).collect();
        return found.map_err(|why| another_kind(path, &format!(" ({why})")));
    }
    let Some(texts) = texts else { return Ok(Feature::all_bands(&info.bands)) };
    let mut features: Vec<Feature> = Vec::new();
    for text in texts {
        let feature = Feature::resolve(text, &info.bands, own)
            .map_err(|why| anyhow::anyhow!("cannot learn from {text}: {why}"))?;
        if features.iter().all(|other| other.name != feature.name) {
            features.push(feature);
        }
    }
    if features.is_empty() {
        bail!("there is nothing to learn from: choose a band or an index as input, or all bands");
    }
    Ok(features)
}

pub(super) fn another_kind(path: &Path, why: &str) -> anyhow::Error {
    anyhow::anyhow!(
        "{} has other bands or dates than the first site's cube{why}: take sites whose cubes agree",
        path.display()
    )
}

pub(super) fn append(set: &mut SampleSet, more: SampleSet, path: &Path) -> anyhow::Result<()> {
    if set.bands != more.bands || set.dates != more.dates {
        return Err(another_kind(path, ""));
    }
    Ok(set.append(&more)?)
}
