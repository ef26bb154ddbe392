//! The work of each job: plain functions of a snapshot, composed from the rooms below.

use super::{BufferedAnnotation, DrawnCore, JobContext, OpenedCube, OpenedProject, Outcome, footprint};
use crate::cube::picture::{self, Composite, Display};
use crate::cube::{BuildSettings, BuildSpec, Cube, CubeError, Feature, NamedIndex};
use crate::geo::{Grid, Window};
use crate::labels::{Annotation, Buffers, Core, LabelError, Legend, core_of_annotation};
use crate::model::Model;
use crate::progress::Progress;
use crate::source::InputSpec;
use crate::{cube, project, source};
use anyhow::{Context, bail};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where to make the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoSpec {
    /// The project's folder; must not exist or be empty.
    pub folder: PathBuf,
    /// Same seed, same bytes.
    pub seed: u64,
    /// A month of which so many percent are put under clouds.
    pub cloud: Option<(chrono::NaiveDate, u8)>,
}

impl DemoSpec {
    /// The usual demo, in a folder.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, seed: 1, cloud: None }
    }
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
    let mut landscape = crate::demo::simulate(spec.seed)?;
    if let Some((month, percent)) = spec.cloud {
        landscape.cloud(month, percent).map_err(anyhow::Error::msg)?;
    }
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
    let reports = super::reporting::reports_in(&folder.assessments_path());
    let stopped = super::models::stopped_trainings(&folder.models_path());
    let left = match folder.read_only() {
        Some(_) => Vec::new(),
        None => super::queue::left_maps(&folder, &contents.document),
    };
    Outcome::ProjectOpened(Box::new(OpenedProject {
        references: folder.references(),
        folder,
        contents,
        models,
        reports,
        unreadable,
        stopped,
        left,
    }))
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
pub(super) fn clear_shares(cube: &Cube) -> anyhow::Result<Vec<f32>> {
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
                *seen += (first..first + pixels).filter(|&at| !chunk.value(at).is_nan()).count() as u64;
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
