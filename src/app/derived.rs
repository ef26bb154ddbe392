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
    /// What each annotation counts in the tallies.
    counted: HashMap<AnnotationId, Counted>,
    /// Annotations whose cores are neither known nor under way.
    missing: BTreeMap<AnnotationId, Arc<Annotation>>,
    /// What is wrong with them.
    pub flags: Flags,
    /// The list of them, as it is asked for.
    pub listing: Listing,
    /// The annotations that all of this follows from.
    of: Annotations,
    /// The buffers that the cores follow from; `None` before any.
    buffers: Option<Buffers>,
}

/// What an annotation counts in the tally of its class.
#[derive(Debug, Clone, Copy)]
struct Counted {
    class: ClassCode,
    sure: bool,
    pixels: usize,
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
    /// The job under way, and the annotations that it computes.
    job: Option<(JobId, Vec<Arc<Annotation>>)>,
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
            same(&known.annotation, annotation) && known.buffer_m == buffers.of(annotation)
        })
    }

    /// A core stays where only what is said of its annotation has changed.
    fn pass_on(&mut self, annotation: &Arc<Annotation>, buffers: &Buffers) {
        if let Some(known) = self.known.get_mut(&annotation.id)
            && known.buffer_m == buffers.of(annotation)
            && known.annotation.geometry == annotation.geometry
            && known.annotation.dropped == annotation.dropped
        {
            known.annotation = Arc::clone(annotation);
        }
    }
}

/// Whether both are the same; those that are shared are not looked into.
fn same(a: &Arc<Annotation>, b: &Arc<Annotation>) -> bool {
    Arc::ptr_eq(a, b) || a == b
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
        self.buffers = None;
        self.counted.clear();
        self.tallies.clear();
        self.missing.clear();
        self.of = Annotations::default();
    }

    /// Counts an annotation as it is now, with its core where that is known; what it counted before goes.
    fn count(&mut self, id: AnnotationId, annotation: Option<&Annotation>) {
        if let Some(was) = self.counted.remove(&id)
            && let Some(tally) = self.tallies.get_mut(&was.class)
        {
            tally.annotations -= 1;
            tally.pixels -= was.pixels;
            if was.sure {
                tally.sure -= 1;
                tally.sure_pixels -= was.pixels;
            }
            if tally.annotations == 0 {
                self.tallies.remove(&was.class);
            }
        }
        let Some(annotation) = annotation else { return };
        let (class, sure) = (annotation.class, annotation.confidence == Confidence::Sure);
        let pixels = self.cores.pure_pixels(id);
        self.counted.insert(id, Counted { class, sure, pixels });
        let tally = self.tallies.entry(class).or_default();
        tally.annotations += 1;
        tally.pixels += pixels;
        if sure {
            tally.sure += 1;
            tally.sure_pixels += pixels;
        }
    }

    /// Keeps a core that was computed, unless its annotation has changed since.
    fn keep(&mut self, now: &Annotations, core: BufferedAnnotation) {
        let id = core.annotation.id;
        if now.get(id).is_some_and(|annotation| same(annotation, &core.annotation)) {
            let annotation = Arc::clone(&core.annotation);
            self.cores.known.insert(id, core);
            self.count(id, Some(&annotation));
        }
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

/// Brings what follows from the annotations up to date: a few cores at once, many in a job. Only what has changed since the
/// last call is looked at, unless the buffers have.
pub(super) fn follow(state: &mut AppState) {
    follow_cores(state);
    if let Some(project) = &mut state.project {
        super::uncertain::follow(project);
    }
    flags::follow(state);
    listing::follow(state);
}

fn follow_cores(state: &mut AppState) {
    let Some(project) = &mut state.project else { return };
    let (buffers, annotations) = (project.buffers(), project.annotations.clone());
    let derived = &mut project.derived;
    derived.index.follow(&annotations);
    for change in annotations.changes_since(&derived.of) {
        match (change.was, change.is) {
            (_, Some(is)) => {
                derived.cores.pass_on(&is, &buffers);
                derived.count(is.id, Some(&is));
                if !derived.cores.fits(&is, &buffers) {
                    derived.missing.insert(is.id, is);
                }
            }
            (Some(was), None) => {
                derived.cores.known.remove(&was.id);
                derived.missing.remove(&was.id);
                derived.count(was.id, None);
                derived.cores.revision += 1;
            }
            (None, None) => {}
        }
    }
    derived.of = annotations.clone();
    let of_other_buffers = derived.buffers.as_ref() != Some(&buffers);
    if of_other_buffers {
        let lacks = |a: &&Arc<Annotation>| !derived.cores.fits(a, &buffers);
        derived.missing = annotations.iter().filter(lacks).map(|a| (a.id, Arc::clone(a))).collect();
        derived.buffers = Some(buffers.clone());
    }
    let Some(grid) = project.grid().cloned() else { return };
    let derived = &mut project.derived;
    if derived.missing.len() <= CORES_AT_ONCE {
        for annotation in std::mem::take(&mut derived.missing).into_values() {
            let buffer_m = buffers.of(&annotation);
            let core = jobs::drawn_core(&annotation, &grid, &buffers);
            derived.keep(&annotations, BufferedAnnotation { annotation, buffer_m, core });
            derived.cores.revision += 1;
        }
        if of_other_buffers {
            stop_cores(state);
        }
    } else if derived.cores.job.is_none() || of_other_buffers {
        stop_cores(state);
        start_cores(state, grid);
    }
    // Otherwise a job is under way: what it does not compute waits for its end.
}

/// Stops the job of cores under way: they are no longer asked for.
fn stop_cores(state: &mut AppState) {
    let Some(project) = &mut state.project else { return };
    if let Some((job, _)) = project.derived.cores.job.take() {
        state.runner.cancel(job);
        state.jobs.retain(|listed| listed.id != job);
    }
}

/// Starts a job for the cores that are missing.
fn start_cores(state: &mut AppState, grid: Grid) {
    let Some(project) = &mut state.project else { return };
    let missing: Vec<_> = std::mem::take(&mut project.derived.missing).into_values().collect();
    let spec = jobs::CoreSpec { grid, annotations: missing.clone(), buffers: project.buffers() };
    let job = start(state, JobKind::Cores, "", move |c| jobs::cores(&spec, c));
    if let Some(project) = &mut state.project {
        project.derived.cores.job = Some((job, missing));
    }
}

/// Takes in the cores that a job computed; those of annotations that have changed since are computed again.
pub(super) fn cores_came(state: &mut AppState, job: JobId, cores: Vec<BufferedAnnotation>) {
    let Some(project) = &mut state.project else { return };
    let derived = &mut project.derived;
    if derived.cores.job.take_if(|(waiting, _)| *waiting == job).is_none() {
        return;
    }
    derived.cores.revision += 1;
    for core in cores {
        derived.keep(&project.annotations, core);
    }
    follow(state);
}

/// A job of cores ended without any: they are missing as before, until the next change.
pub(super) fn cores_ended(project: &mut OpenProject, job: JobId) {
    let derived = &mut project.derived;
    let Some((_, asked)) = derived.cores.job.take_if(|(waiting, _)| *waiting == job) else { return };
    for annotation in asked {
        let now = project.annotations.get(annotation.id);
        if now.is_some_and(|now| same(now, &annotation)) {
            derived.missing.insert(annotation.id, annotation);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The tallies as counting everything gives them.
    pub fn counted_anew(project: &OpenProject) -> BTreeMap<ClassCode, Tally> {
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
}
