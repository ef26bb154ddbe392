//! What follows from the annotations, kept up to date after each change: where they lie, their cores on the grid of the
//! site on screen, and counts for each class.

use super::flags::{self, Flags};
use super::listing::{self, Listing};
use super::state::{AppState, OpenProject};
use super::update::start;
use crate::geo::Grid;
use crate::jobs::{self, BufferedAnnotation, DrawnCore, JobId, JobKind};
use crate::labels::{Annotation, AnnotationId, AnnotationIndex, Annotations, Buffers, ClassCode, Confidence};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Cores of so few annotations are computed at once, of more in a job.
const CORES_AT_ONCE: usize = 32;

/// A core on the grid of the site on screen, or why there is none.
pub type KnownCore = Result<Arc<DrawnCore>, String>;

/// What follows from the annotations.
#[derive(Default)]
pub struct Derived {
    /// Where they lie.
    pub index: AnnotationIndex,
    /// Their cores.
    pub cores: Cores,
    /// Annotations and pure pixels of each class.
    pub tallies: BTreeMap<ClassCode, Tally>,
    /// What is wrong with them.
    pub flags: Flags,
    /// The list of them, as it is asked for.
    pub listing: Listing,
    /// The annotations that all of this follows from.
    of: Annotations,
}

/// How much of a class there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Annotations.
    pub annotations: usize,
    /// Of these, the sure ones.
    pub sure: usize,
    /// Pure pixels of all of them on the site on screen, as far as they are known.
    pub pixels: usize,
    /// Pure pixels of the sure ones.
    pub sure_pixels: usize,
}

/// Cores on the grid of the site on screen.
#[derive(Default)]
pub struct Cores {
    known: HashMap<AnnotationId, BufferedAnnotation>,
    job: Option<JobId>,
    /// Another number after each change, for painters that keep what they made of them.
    pub revision: u64,
}

impl Cores {
    /// The core of an annotation; `None` while it is being computed.
    pub fn get(&self, id: AnnotationId) -> Option<&KnownCore> {
        self.known.get(&id).map(|known| &known.core)
    }

    /// Its pure pixels; none while they are not known.
    pub fn pure_pixels(&self, id: AnnotationId) -> usize {
        self.get(id).and_then(|core| core.as_ref().ok()).map_or(0, |core| core.core.pure_pixels.len())
    }

    /// Whether more are on their way.
    pub(super) fn are_coming(&self) -> bool {
        self.job.is_some()
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    fn fits(&self, annotation: &Arc<Annotation>, buffers: &Buffers) -> bool {
        self.known.get(&annotation.id).is_some_and(|known| {
            Arc::ptr_eq(&known.annotation, annotation) && known.buffer_m == buffers.of(annotation)
        })
    }
}

impl std::ops::Index<&AnnotationId> for Cores {
    type Output = KnownCore;

    fn index(&self, id: &AnnotationId) -> &KnownCore {
        &self.known[id].core
    }
}

impl Derived {
    /// Forgets the cores: they were on another grid.
    pub(super) fn forget_cores(&mut self) {
        self.cores.known.clear();
        self.cores.job = None;
        self.cores.revision += 1;
    }
}

impl OpenProject {
    /// The inward buffers as they are set.
    pub fn buffers(&self) -> Buffers {
        Buffers::new(self.document.settings.buffer_m, &self.document.legend)
    }

    /// The grid of the site on screen.
    pub fn grid(&self) -> Option<&Grid> {
        self.cube().map(|(opened, _)| &opened.cube.info().grid)
    }
}

/// Brings what follows from the annotations up to date: a few cores at once, many in a job.
pub(super) fn follow(state: &mut AppState) {
    let Some(project) = &mut state.project else { return };
    let derived = &mut project.derived;
    derived.index.follow(&project.annotations);
    for change in project.annotations.changes_since(&derived.of) {
        if let (Some(was), None) = (&change.was, &change.is) {
            derived.cores.known.remove(&was.id);
            derived.cores.revision += 1;
        }
    }
    derived.of = project.annotations.clone();
    let missing = missing_cores(project);
    match project.grid().cloned() {
        Some(grid) if missing.len() <= CORES_AT_ONCE => {
            let buffers = project.buffers();
            for annotation in missing {
                let buffer_m = buffers.of(&annotation);
                let core = jobs::drawn_core(&annotation, &grid, &buffers);
                let known = BufferedAnnotation { annotation, buffer_m, core };
                project.derived.cores.known.insert(known.annotation.id, known);
                project.derived.cores.revision += 1;
            }
        }
        Some(grid) => start_cores(state, grid, missing),
        None => {}
    }
    if let Some(project) = &mut state.project {
        project.derived.tallies = tallies(project);
    }
    flags::follow(state);
    listing::follow(state);
}

fn missing_cores(project: &OpenProject) -> Vec<Arc<Annotation>> {
    let buffers = project.buffers();
    let lacks = |a: &&Arc<Annotation>| !project.derived.cores.fits(a, &buffers);
    project.annotations.iter().filter(lacks).cloned().collect()
}

/// Starts a job for these cores; one under way for others is stopped.
fn start_cores(state: &mut AppState, grid: Grid, annotations: Vec<Arc<Annotation>>) {
    let Some(project) = &mut state.project else { return };
    let buffers = project.buffers();
    if let Some(job) = project.derived.cores.job.take() {
        state.runner.cancel(job);
        state.jobs.retain(|listed| listed.id != job);
    }
    let spec = jobs::CoreSpec { grid, annotations, buffers };
    let job = start(state, JobKind::Cores, "", move |c| jobs::cores(&spec, c));
    if let Some(project) = &mut state.project {
        project.derived.cores.job = Some(job);
    }
}

/// Takes in the cores that a job computed; those of annotations that have changed since are computed again.
pub(super) fn cores_came(state: &mut AppState, job: JobId, cores: Vec<BufferedAnnotation>) {
    let Some(project) = &mut state.project else { return };
    let known = &mut project.derived.cores;
    if known.job != Some(job) {
        return;
    }
    known.job = None;
    known.revision += 1;
    let alive = cores.into_iter().filter(|core| project.annotations.get(core.annotation.id).is_some());
    known.known.extend(alive.map(|core| (core.annotation.id, core)));
    follow(state);
}

/// A job of cores ended without any.
pub(super) fn cores_ended(project: &mut OpenProject, job: JobId) {
    project.derived.cores.job.take_if(|waiting| *waiting == job);
}

fn tallies(project: &OpenProject) -> BTreeMap<ClassCode, Tally> {
    let mut tallies: BTreeMap<ClassCode, Tally> = BTreeMap::new();
    for annotation in project.annotations.iter() {
        let pixels = project.derived.cores.pure_pixels(annotation.id);
        let tally = tallies.entry(annotation.class).or_default();
        tally.annotations += 1;
        tally.pixels += pixels;
        if annotation.confidence == Confidence::Sure {
            tally.sure += 1;
            tally.sure_pixels += pixels;
        }
    }
    tallies
}
