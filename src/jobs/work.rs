//! The work of each job: plain functions of a snapshot, composed from the rooms below.

use super::{
    Assessed, BufferedAnnotation, DrawnCore, EventBody, JobContext, Mapped, OpenedCube, OpenedProject,
    Outcome, Trained, footprint,
};
use crate::assess::ErrorMatrix;
use crate::cube::picture::{self, Composite, Display};
use crate::cube::{BuildSettings, BuildSpec, Cube, CubeError, CubeInfo, Feature, FeatureRecord, NamedIndex};
use crate::geo::{Grid, Window, raster};
use crate::labels::{
    Annotation, AnnotationId, Annotations, Buffers, ClassCode, Confidence, Core, LabelError, Legend,
    Translation, core_of_annotation,
};
use crate::model::{Model, ModelSpec};
use crate::progress::Progress;
use crate::samples::{ExtractReport, ExtractSpec, SampleSet, Split, extract};
use crate::source::InputSpec;
use crate::{classify, cube, model, project, source};
use anyhow::{Context, bail};
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// In a map's metadata: which training made it ([`model::ModelCard::training_id`]).
const TRAINING: &str = "RITMO_TRAINING";

/// How a sentence of a class that was left out ends, unless too few remain.
const GOES_ON: &str = ": training goes on without it";

/// Where to make the demo.
#[derive(Debug, Clone)]
pub struct DemoSpec {
    /// The project's folder; must not exist or be empty.
    pub folder: PathBuf,
    /// Same seed, same bytes.
    pub seed: u64,
}

/// Which cube to open.
#[derive(Debug, Clone)]
pub struct OpenCubeSpec {
    /// The site it belongs to.
    pub site: String,
    /// Its folder.
    pub path: PathBuf,
    /// Folder of the site's maps.
    pub maps: PathBuf,
    /// The map to show, where it is there; else the newest.
    pub map: Option<String>,
    /// What to show: bands or indices by name, three or one; natural colour where there is none.
    pub channels: Vec<String>,
    /// The project's own indices.
    pub indices: Vec<NamedIndex>,
    /// How values become brightness and colour.
    pub display: Display,
}

/// What to show of a cube that is open.
#[derive(Clone)]
pub struct ComposeSpec {
    /// The cube.
    pub cube: Cube,
    /// Bands or indices, three or one; natural colour where there is none.
    pub channels: Vec<Feature>,
    /// The part of the grid that the stretch is found in; all of it unless given.
    pub window: Option<Window>,
    /// How values become brightness and colour.
    pub display: Display,
}

/// Whose cores to compute.
#[derive(Debug, Clone)]
pub struct CoreSpec {
    /// The grid.
    pub grid: Grid,
    /// Annotations.
    pub annotations: Vec<Arc<Annotation>>,
    /// The inward buffers.
    pub buffers: Buffers,
}

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
    /// Whether to go on with a training of this name that was stopped, with the network and options that it had.
    pub resume: bool,
    /// The project's own indices.
    pub indices: Vec<NamedIndex>,
}

/// What to map.
#[derive(Debug, Clone)]
pub struct MapSpec {
    /// The site.
    pub site: String,
    /// Its cube.
    pub cube: PathBuf,
    /// The model's folder.
    pub model: PathBuf,
    /// The map's name.
    pub name: String,
    /// Where the map is written.
    pub folder: PathBuf,
    /// The pixel in the middle of the view: chunks near it come first.
    pub focus: Option<(u32, u32)>,
    /// Whether to classify in bfloat16.
    pub bf16: bool,
}

/// What to assess.
#[derive(Debug, Clone)]
pub struct AssessSpec {
    /// The map's name.
    pub name: String,
    /// Class codes of the map.
    pub classes: PathBuf,
    /// The folder of the model that made it; `None` where it does not lie in the project.
    pub model: Option<PathBuf>,
    /// The true map, where there is one.
    pub true_map: Option<PathBuf>,
    /// Annotations.
    pub annotations: Annotations,
    /// The inward buffers.
    pub buffers: Buffers,
    /// The legend.
    pub legend: Legend,
    /// Where the figures are written, as JSON.
    pub output: PathBuf,
}

/// Makes the demo project, like real data: mosaic files, a cube built from them, annotations, and apart from them the
/// true map. It is made beside `folder` and renamed: a stop leaves nothing.
///
/// # Errors
/// When the folder holds something already or cannot be written.
pub fn demo(spec: &DemoSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let folder = &spec.folder;
    if folder.exists() && std::fs::read_dir(folder).map_or(true, |mut d| d.next().is_some()) {
        bail!("{} is not empty: give another folder for the demo, or empty it", folder.display());
    }
    let parent = folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::create_dir_all(folder))
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let cannot_write = || format!("cannot write into {}", parent.display());
    let beside =
        tempfile::Builder::new().prefix(".ritmo-demo-").tempdir_in(parent).with_context(cannot_write)?;
    // Temporary folders are private; what is made in them is not.
    let making = beside.path().join("demo");
    std::fs::create_dir(&making).with_context(cannot_write)?;
    let step = |done, what: &str| context.progress(Progress::new(done, 10, what));

    step(0, "Simulating the landscape");
    let landscape = crate::demo::simulate(spec.seed)?;
    context.cancel.check()?;
    step(4, "Writing mosaics");
    let inputs = crate::demo::write_inputs(&landscape, &making)?;
    context.cancel.check()?;
    step(6, "Building the cube");
    let cube = "cubes/corridor.zarr";
    let quiet = |_: Progress| {};
    let found = source::recognise(&InputSpec::of([inputs.mosaics]), &quiet, &context.cancel)?.whole()?;
    let build = BuildSpec { found, settings: BuildSettings::default() };
    cube::build(&build, &making.join(cube), &quiet, &context.cancel)?;
    step(9, "Writing the project");

    let mut document = project::Document::new("Simulated corridor (demo)", landscape.legend.clone());
    document.sites.push(project::Site {
        name: "corridor".into(),
        cube: cube.into(),
        true_map: inputs.truth.file_name().map(|n| n.to_string_lossy().into_owned()),
        footprint: Some(footprint(&landscape.grid)?),
    });
    let (made, contents) = project::ProjectFolder::create(&making, document)?;
    let saver = project::Saver::start(&made, Arc::new(|| {}));
    saver.save(contents.document, landscape.annotations.into_iter().collect());
    saver.flush();
    if let Some(project::SaveOutcome::Failed(why)) = saver.outcome() {
        bail!(why);
    }
    drop((saver, made));

    // An empty folder of this name is in the way of the rename on some systems.
    let _ = std::fs::remove_dir(folder);
    std::fs::rename(&making, folder)
        .with_context(|| format!("cannot put the demo at {}", folder.display()))?;
    Ok(Outcome::Demo(folder.clone()))
}

/// Opens a project: its documents, the cards of its models, its newest assessment.
///
/// # Errors
/// When the documents are absent or damaged.
pub fn open_project(folder: &Path) -> anyhow::Result<Outcome> {
    let (folder, contents) = project::ProjectFolder::open(folder)?;
    Ok(opened(folder, contents))
}

/// Makes a project and opens it.
///
/// # Errors
/// When there is one already or the folder cannot be written.
pub fn new_project(folder: &Path, name: &str, legend: &Legend) -> anyhow::Result<Outcome> {
    legend.check()?;
    let (folder, contents) =
        project::ProjectFolder::create(folder, project::Document::new(name, legend.clone()))?;
    Ok(opened(folder, contents))
}

fn opened(folder: project::ProjectFolder, contents: project::Contents) -> Outcome {
    let mut unreadable = Vec::new();
    let mut models = Vec::new();
    for (name, path) in folder.models() {
        match Model::load(&path).map(|m| m.card) {
            Ok(card) => models.push((name, path, card)),
            Err(e) => unreadable.push((name, path, e.to_string())),
        }
    }
    let assessed = newest_assessment(&folder.assessments_path());
    let stopped = super::models::stopped_trainings(&folder.models_path());
    Outcome::ProjectOpened(Box::new(OpenedProject {
        folder,
        contents,
        models,
        assessed,
        unreadable,
        stopped,
    }))
}

fn newest_assessment(folder: &Path) -> Option<Assessed> {
    let newest = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .filter(|e| e.path().extension().is_some_and(|x| x == "json"))
        .filter_map(|e| Some((e.metadata().ok()?.modified().ok()?, e.path())))
        .max()?;
    let assessed: Assessed = serde_json::from_slice(&std::fs::read(&newest.1).ok()?).ok()?;
    Some(Assessed { file: newest.1, ..assessed })
}

/// Opens a cube for the window: with its composite, its corners, and how much of each date was observed.
///
/// # Errors
/// When the cube is absent or damaged.
pub fn open_cube(spec: &OpenCubeSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    super::runner::apart(|| open_cube_here(spec, context))
}

fn open_cube_here(spec: &OpenCubeSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let cube = Cube::open(&spec.path)?;
    let bands = &cube.info().bands;
    let (channels, look_lacks) = match picture::channels(&spec.channels, bands, &spec.indices) {
        _ if spec.channels.is_empty() => (picture::natural_channels(bands), None),
        Ok(channels) => (channels, None),
        Err(why) => (picture::natural_channels(bands), Some(why.to_string())),
    };
    let grid = &cube.info().grid;
    let composite = Composite::sampled(&cube, channels, grid.window(), &spec.display, &context.cancel)?;
    let corners = footprint(grid)?;
    let clear_share = clear_shares(&cube)?;
    let maps = super::maps_on(&spec.maps, grid, spec.map.as_deref());
    let opened = OpenedCube {
        site: spec.site.clone(),
        cube: cube.clone(),
        composite,
        look: 0,
        look_lacks,
        corners,
        clear_share,
    };
    Ok(Outcome::CubeOpened(opened, maps))
}

/// Finds the stretch of a composite.
///
/// # Errors
/// When the cube cannot be read, or it is cancelled.
pub fn compose(spec: &ComposeSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let channels = match spec.channels.as_slice() {
        [] => picture::natural_channels(&spec.cube.info().bands),
        channels => channels.to_vec(),
    };
    let window = spec.window.unwrap_or(spec.cube.info().grid.window());
    let sampled = || Composite::sampled(&spec.cube, channels, window, &spec.display, &context.cancel);
    Ok(Outcome::Composed(super::runner::apart(sampled)?))
}

/// The share of pixels with a clear observation at each date: counted when the cube was built; else, in the first band, from
/// up to nine chunks spread over the cube.
fn clear_shares(cube: &Cube) -> anyhow::Result<Vec<f32>> {
    let (times, bands) = (cube.info().dates.len(), cube.info().bands.len());
    if cube.made().clear_shares.len() == times {
        return Ok(cube.made().clear_shares.clone());
    }
    let (across, down) = cube.chunk_counts();
    let spread = |n: u32| (0..n.min(3)).map(move |i| (2 * i + 1) * n / (2 * n.min(3)));
    let (mut seen, mut all) = (vec![0u64; times], 0u64);
    for y in spread(down) {
        for x in spread(across) {
            let chunk = match cube.chunk((x, y)) {
                // The others tell enough.
                Err(CubeError::Damaged { .. }) => continue,
                other => other?,
            };
            let pixels = chunk.window.pixels();
            all += pixels as u64;
            for (t, seen) in seen.iter_mut().enumerate() {
                let first = t * bands * pixels;
                *seen +=
                    (first..first + pixels).filter(|&at| !cube.value_in(&chunk, at).is_nan()).count() as u64;
            }
        }
    }
    Ok(seen.iter().map(|&s| s as f32 / all.max(1) as f32).collect())
}

/// Computes cores with their outlines.
///
/// # Errors
/// Only when cancelled; what is wrong with an annotation is its own result.
pub fn cores(spec: &CoreSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let (done, total) = (AtomicU64::new(0), spec.annotations.len() as u64);
    let core = |annotation: &Arc<Annotation>| {
        context.cancel.check()?;
        let done = done.fetch_add(1, Ordering::Relaxed);
        if done.is_multiple_of(256) {
            context.progress(Progress::new(done, total, "Buffering annotations"));
        }
        Ok(BufferedAnnotation {
            annotation: Arc::clone(annotation),
            buffer_m: spec.buffers.of(annotation),
            core: drawn_core(annotation, &spec.grid, &spec.buffers),
        })
    };
    Ok(Outcome::Cores(spec.annotations.par_iter().map(core).collect::<anyhow::Result<_>>()?))
}

/// The core of an annotation with its outline in longitude and latitude, or why there is none.
pub fn drawn_core(annotation: &Annotation, grid: &Grid, buffers: &Buffers) -> Result<Arc<DrawnCore>, String> {
    outlined(core_of_annotation(annotation, grid, buffers), grid).map(Arc::new).map_err(|e| e.to_string())
}

/// A core with its rings in longitude and latitude.
pub fn outlined(core: Result<Core, LabelError>, grid: &Grid) -> Result<DrawnCore, LabelError> {
    let core = core?;
    let mut outline = Vec::new();
    for polygon in &core.polygons {
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            let mut points: Vec<[f64; 2]> = ring.coords().map(|c| [c.x, c.y]).collect();
            grid.crs.lonlat_from_xy(&mut points)?;
            outline.push(points);
        }
    }
    Ok(DrawnCore { core, outline })
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
    let from = warm_start.as_deref().map(Model::load).transpose()?;
    if let Some(from) = &from {
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
    let annotations = spec.annotations.to_vec();
    for path in &spec.cubes {
        let cube = Cube::open(path)?;
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
        left_out.extend(pixels_left_out(&report));
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

    let training = &model_spec.training;
    let split: Split = crate::samples::split_by_annotation(&set, training.held_out_share, training.seed);
    let tell = |event| context.send(EventBody::Train(event));
    let (legend, cancel) = (&spec.legend, &context.cancel);
    let start = model::Start {
        from: from.as_ref().zip(warm_start.as_deref()),
        checkpoint: Some(&checkpoint),
        resume: spec.resume,
    };
    let model = model::train_from(start, &set, &split, legend, model_spec, &tell, cancel)?;
    save_model(&model, &spec.folder)?;
    Ok(Outcome::Trained(Box::new(Trained {
        name: spec.name.clone(),
        folder: spec.folder.clone(),
        card: model.card,
        left_out,
        seconds: started.elapsed().as_secs_f64(),
        stopped: super::models::stopped_training(&checkpoint),
    })))
}

/// What was left out of the pixels of a site, in sentences.
pub(super) fn pixels_left_out(report: &ExtractReport) -> Vec<String> {
    let mut sentences = Vec::new();
    if report.claimed_twice > 0 {
        sentences.push(format!("{} pixels claimed by two classes were used for none", report.claimed_twice));
    }
    if report.without_observation > 0 {
        sentences
            .push(format!("{} pixels never observed in some band were left out", report.without_observation));
    }
    if report.with_gaps > 0 {
        let pixels = report.with_gaps;
        sentences.push(format!("{pixels} pixels with gaps were left out, since gaps are not to be filled"));
    }
    if let Some(first) = report.damaged.first() {
        let (chunks, pixels) = (report.damaged.len(), report.in_damaged);
        let more = if chunks > 1 { format!("; and {} more", chunks - 1) } else { String::new() };
        sentences.push(format!("{pixels} pixels in damaged chunks were left out: {first}{more}"));
    }
    sentences
}

/// Saves a model beside `folder` and puts it in its place, so that a model of this name stays whole until then.
fn save_model(model: &Model, folder: &Path) -> anyhow::Result<()> {
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

fn append(set: &mut SampleSet, more: SampleSet, path: &Path) -> anyhow::Result<()> {
    if set.bands != more.bands || set.dates != more.dates {
        return Err(another_kind(path, ""));
    }
    Ok(set.append(&more)?)
}

/// Maps a site, the chunks near the focus first, and writes the map's files.
///
/// # Errors
/// When the model does not fit the cube, or files cannot be read or written.
pub fn map(spec: &MapSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let cube = Cube::open(&spec.cube)?;
    let mut model = Model::load(&spec.model)?;
    if spec.bf16 {
        model = model.in_bf16()?;
    }
    let (fx, fy) = spec.focus.unwrap_or((cube.info().grid.width / 2, cube.info().grid.height / 2));
    let focus = (f64::from(fx) / f64::from(cube::CHUNK), f64::from(fy) / f64::from(cube::CHUNK));
    let distance = |&(x, y): &(u32, u32)| {
        (f64::from(x) + 0.5 - focus.0).powi(2) + (f64::from(y) + 0.5 - focus.1).powi(2)
    };
    let nearest = |left: &[(u32, u32)]| {
        (0..left.len()).min_by(|&a, &b| distance(&left[a]).total_cmp(&distance(&left[b]))).unwrap_or(0)
    };
    let classified = classify::classify(
        &cube,
        &model,
        &nearest,
        &|chunk| context.send(EventBody::Chunk(chunk)),
        &|p| context.progress(p),
        &context.cancel,
    )?;
    let probabilities = classified.map;
    context.cancel.check()?;
    context.progress(Progress::new(1, 1, "Writing the map"));
    std::fs::create_dir_all(&spec.folder)
        .with_context(|| format!("cannot make {}", spec.folder.display()))?;
    let origin = cube.info().origin.clone().unwrap_or_default();
    let training = model.card.training_id();
    let probe = classified.probe.map_or(String::new(), |probe| {
        format!("bf16; {} of {} labels differ from f32 on a probe", probe.changed, probe.series)
    });
    let metadata = [
        ("RITMO_PRECISION", if spec.bf16 { probe.as_str() } else { "f32" }),
        ("RITMO_MODEL", spec.name.as_str()),
        (TRAINING, training.as_str()),
        ("RITMO_ORIGIN", origin.as_str()),
    ];
    let files = classify::write_map(&probabilities, &spec.folder, &spec.name, &metadata)?;
    let classes = probabilities.class_map();
    let pixel_ha = classes.grid.pixel_area_ha();
    let mut counts = [0u64; 256];
    classes.codes.iter().for_each(|&c| counts[usize::from(c)] += 1);
    let areas_ha =
        classes.classes.iter().map(|c| (c.clone(), counts[usize::from(c.code)] as f64 * pixel_ha)).collect();
    Ok(Outcome::Mapped(Mapped {
        site: spec.site.clone(),
        name: spec.name.clone(),
        files,
        pixels: classes.codes.len() as u64 - counts[255],
        damaged: classified.damaged,
        probe: classified.probe,
        seconds: started.elapsed().as_secs_f64(),
        areas_ha,
    }))
}

/// Assesses a map on the sure annotations that its model has not seen, and against the true map where there is one.
///
/// # Errors
/// When another model made the map than the one of its name, files cannot be read or written, or there is nothing to
/// assess on.
pub fn assess(spec: &AssessSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let (grid, mut codes) = raster::read_u8(&spec.classes, 0)?;
    // The classes of today, and those of the map that are gone since: what is mapped as one of them is wrong.
    let mut classes = spec.legend.classes.clone();
    // Annotations that trained the model, or chose when its training stopped.
    let mut model_saw: HashSet<AnnotationId> = HashSet::new();
    let mut dates = Vec::new();
    if let Some(folder) = &spec.model {
        let card = Model::load(folder)?.card;
        let made_by = raster::RasterReader::open(&spec.classes)?.metadata_item(TRAINING);
        if made_by.is_some_and(|training| training != card.training_id()) {
            bail!(
                "{} was made before {} was trained anew: map the site again",
                spec.classes.display(),
                folder.display()
            );
        }
        model_saw.extend(card.trained_on.iter().chain(&card.held_out));
        let today = Translation::new(&card.classes, &spec.legend);
        codes.iter_mut().for_each(|code| *code = today.codes[usize::from(*code)]);
        classes = today.classes;
        dates = card.dates;
    }
    let at = |(col, row): (u32, u32)| row as usize * grid.width as usize + col as usize;
    let mut touched = vec![false; codes.len()];
    let mut unseen = Vec::new();
    for annotation in spec.annotations.iter() {
        context.cancel.check()?;
        let Ok(core) = core_of_annotation(annotation, &grid, &spec.buffers) else { continue };
        if model_saw.contains(&annotation.id) {
            core.pure_pixels.iter().for_each(|&pixel| touched[at(pixel)] = true);
        } else if annotation.confidence == Confidence::Sure && annotation.holds.at_all(&dates) {
            unseen.push((annotation.class, core.pure_pixels));
        }
    }
    // As for training: a pixel claimed for different classes counts for none, one claimed twice for one class counts once.
    let mut claimed: HashMap<usize, Option<ClassCode>> = HashMap::new();
    for (class, pixels) in &unseen {
        for pixel in pixels.iter().map(|&pixel| at(pixel)).filter(|&pixel| !touched[pixel]) {
            let claim = claimed.entry(pixel).or_insert(Some(*class));
            *claim = claim.filter(|of| of == class);
        }
    }
    let mut matrix = ErrorMatrix::new(&classes);
    let mut used = 0;
    for (class, pixels) in unseen {
        let once = pixels.into_iter().filter_map(|pixel| claimed.remove(&at(pixel)).flatten().map(|_| pixel));
        let counted = once.filter(|&pixel| matrix.add(class, codes[at(pixel)])).count();
        used += usize::from(counted > 0);
    }
    let annotations = (used > 0).then(|| {
        let which = match spec.model {
            Some(_) => "that neither trained the model nor chose when its training stopped",
            None => "(the model is not of this project: whether it learned from them is not known)",
        };
        matrix.assessment(format!(
            "Pure pixels of {used} annotation{} {which}. \
             Confident labels avoid edges and doubtful places, so this flatters the map as a whole.",
            if used == 1 { "" } else { "s" }
        ))
    });

    let true_map = match &spec.true_map {
        None => None,
        Some(path) => {
            let (true_grid, truth) = raster::read_u8(path, 0)?;
            if !true_grid.lines_up_with(&grid) {
                bail!("{} lies on another grid than the map", path.display());
            }
            // True maps are those of the demo, whose classes these are.
            let today = Translation::new(&Legend::reforestamos().classes, &spec.legend);
            let mut matrix = ErrorMatrix::new(&classes);
            let untouched = truth.iter().zip(&codes).zip(&touched).filter(|(_, touched)| !**touched);
            let mut add = |truth: u8, mapped| matrix.add(today.codes[usize::from(truth)], mapped);
            let counted = untouched.filter(|((truth, mapped), _)| add(**truth, **mapped)).count();
            Some(matrix.assessment(format!(
                "The simulated true map at {counted} pixels: all but those that trained the model or chose when its \
                 training stopped. Edges and mixed pixels are in it."
            )))
        }
    };
    if annotations.is_none() && true_map.is_none() {
        bail!(
            "there is nothing to assess {} on: every annotation trained it. Draw or import some more, at least three a class, and leave the model as it is",
            spec.name
        );
    }
    let assessed = Assessed { map: spec.name.clone(), annotations, true_map, file: spec.output.clone() };
    write_assessment(&assessed)?;
    Ok(Outcome::Assessed(assessed))
}

fn write_assessment(assessed: &Assessed) -> anyhow::Result<()> {
    let failed = || format!("cannot write {}", assessed.file.display());
    if let Some(folder) = assessed.file.parent() {
        std::fs::create_dir_all(folder).with_context(failed)?;
    }
    crate::files::write_atomically(&assessed.file, serde_json::to_string_pretty(assessed)?.as_bytes())
        .with_context(failed)
}
