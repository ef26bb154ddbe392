//! What is wrong with the annotations, kept up to date: those that changed and their neighbours are looked at again, many
//! in a job.

use super::state::{AppState, OpenProject};
use super::update::start;
use crate::jobs::{self, AllFacts, Facts, FlagSpec, Flagged, JobId, JobKind, PixelPlace, Relations};
use crate::labels::{Annotation, AnnotationId, Emptied, largest_buffer_m};
use std::collections::BTreeSet;
use std::sync::Arc;

/// So many annotations are looked at at once, more in a job.
const FLAGS_AT_ONCE: usize = 64;

/// What is wrong with the annotations.
#[derive(Default)]
pub struct Flags {
    known: Flagged,
    /// The number of the cores that are taken in.
    cores: u64,
    job: Option<JobId>,
    offer: Option<Offer>,
}

/// The largest buffer that leaves the selected annotation a pure pixel.
struct Offer {
    of: Arc<Annotation>,
    largest_m: Option<f64>,
}

impl Flags {
    /// What is known of an annotation; `None` while it is not looked at.
    pub fn of(&self, id: AnnotationId) -> Option<&Facts> {
        self.known.facts.get(&id)
    }

    /// What is known of all of them.
    pub fn facts(&self) -> &AllFacts {
        &self.known.facts
    }

    /// Annotations of other classes that overlap this one, each with the area in hectares.
    pub fn overlaps(&self, id: AnnotationId) -> &[(AnnotationId, f64)] {
        self.known.relations.overlaps.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Who overlaps whom, and who claims the pixels of whom.
    pub fn relations(&self) -> &Relations {
        &self.known.relations
    }

    /// Pixels of the site on screen that are claimed for different classes, in the order of rows.
    pub fn claimed(&self) -> &Arc<Vec<PixelPlace>> {
        &self.known.claimed
    }

    /// The largest inward buffer, in metres, that leaves this annotation a pure pixel. Known of the selected one, where its
    /// own buffer leaves none.
    pub fn largest_buffer_m(&self, id: AnnotationId) -> Option<f64> {
        self.offer.as_ref().filter(|offer| offer.of.id == id)?.largest_m
    }
}

/// Brings the flags up to date with the annotations, their index and their cores.
pub(super) fn follow(state: &mut AppState) {
    let Some(project) = &mut state.project else { return };
    offer(project);
    // Nobody sees them before there is a site or a list.
    if project.derived.flags.job.is_some()
        || (project.grid().is_none() && !project.derived.listing.is_asked())
    {
        return;
    }
    let derived = &mut project.derived;
    if derived.cores.are_coming() && derived.cores.is_empty() {
        // What is known is of another grid.
        derived.flags.known = Flagged::default();
        derived.flags.offer = None;
        return;
    }
    let changed = changed(project);
    if changed.len() > FLAGS_AT_ONCE {
        // With the cores that are on their way the job would have to begin anew.
        if !project.derived.cores.are_coming() {
            start_job(state);
        }
        return;
    }
    look_again(project, changed);
}

/// The annotations that are not as they were when they were looked at, or whose cores are not.
fn changed(project: &OpenProject) -> BTreeSet<AnnotationId> {
    let flags = &project.derived.flags;
    let changes = project.annotations.changes_since(&flags.known.annotations);
    let of_change = |change: &crate::labels::Change| change.was.as_ref().or(change.is.as_ref()).map(|a| a.id);
    let mut changed: BTreeSet<_> = changes.iter().filter_map(of_change).collect();
    // The number moves with every core that comes or goes: where that are no more than changed, none else has moved.
    let moved = project.derived.cores.revision.abs_diff(flags.cores);
    if moved > changed.len() as u64 {
        let is_new = |id: &AnnotationId| match (
            flags.of(*id).map(|facts| &facts.core),
            project.derived.cores.get(*id),
        ) {
            (Some(Some(Ok(was))), Some(Ok(is))) => !Arc::ptr_eq(was, is),
            (Some(was), is) => was.as_ref() != is,
            (None, _) => true,
        };
        changed.extend(project.annotations.iter().map(|annotation| annotation.id).filter(is_new));
    }
    changed
}

/// Looks at some annotations again, and at their neighbours.
fn look_again(project: &mut OpenProject, changed: BTreeSet<AnnotationId>) {
    let derived = &mut project.derived;
    let (flags, cores, index) = (&mut derived.flags, &derived.cores, &derived.index);
    flags.cores = cores.revision;
    if changed.is_empty() {
        return;
    }
    let known = &mut flags.known;
    known.annotations = project.annotations.clone();
    let had_claims = !known.claimed.is_empty();
    let mut touched = changed.clone();
    for id in &changed {
        touched.extend(known.relations.forget(*id));
    }
    for annotation in changed.iter().filter_map(|id| project.annotations.get(*id)) {
        touched.extend(known.relations.follow(annotation, index, |id| cores.get(id)));
    }
    for id in touched {
        match project.annotations.get(id) {
            Some(annotation) => {
                drop(known.facts.insert(id, known.relations.facts(annotation, cores.get(id))))
            }
            None => drop(known.facts.remove(&id)),
        }
    }
    if had_claims || !known.relations.claims.is_empty() {
        known.claimed = Arc::new(known.relations.claimed());
    }
}

/// Looks at all annotations in a job.
fn start_job(state: &mut AppState) {
    let Some(project) = &state.project else { return };
    let cores = &project.derived.cores;
    let known = project.annotations.iter().filter_map(|a| Some((a.id, cores.get(a.id)?.clone())));
    let spec = FlagSpec { annotations: project.annotations.clone(), cores: known.collect() };
    let of_cores = cores.revision;
    let job = start(state, JobKind::Flags, "", move |c| jobs::flags(&spec, c));
    if let Some(project) = &mut state.project {
        project.derived.flags.job = Some(job);
        project.derived.flags.cores = of_cores;
    }
}

/// Takes in what a job found; what has changed since is looked at again.
pub(super) fn came(state: &mut AppState, job: JobId, flagged: Flagged) {
    let Some(project) = &mut state.project else { return };
    let flags = &mut project.derived.flags;
    if flags.job != Some(job) {
        return;
    }
    flags.job = None;
    flags.known = flagged;
    super::derived::follow(state);
}

/// A job of flags ended without any.
pub(super) fn ended(project: &mut OpenProject, job: JobId) {
    project.derived.flags.job.take_if(|waiting| *waiting == job);
}

/// Finds the largest buffer for the selected annotation where its own leaves nothing, once.
fn offer(project: &mut OpenProject) {
    let selected = project.selected().and_then(|id| project.annotations.get(id)).cloned();
    let Some(annotation) = selected else {
        project.derived.flags.offer = None;
        return;
    };
    let emptied = match project.derived.cores.get(annotation.id) {
        Some(Ok(core)) => core.core.emptied,
        _ => None,
    };
    let offer = &project.derived.flags.offer;
    if offer.as_ref().is_some_and(|offer| Arc::ptr_eq(&offer.of, &annotation)) {
        return;
    }
    project.derived.flags.offer = match (emptied, project.grid()) {
        (Some(Emptied::ByBuffer | Emptied::NoWholePixel), Some(grid)) => {
            let largest_m = largest_buffer_m(&annotation.geometry, grid).ok().flatten();
            Some(Offer { of: annotation, largest_m })
        }
        _ => None,
    };
}

impl OpenProject {
    /// The annotations that are selected, in the order of their ids.
    pub fn selected_annotations(&self) -> impl Iterator<Item = &Arc<Annotation>> {
        self.selection.iter().filter_map(|id| self.annotations.get(*id))
    }
}

/// The flags of all annotations from scratch, for tests.
#[cfg(test)]
pub(super) fn from_scratch(project: &OpenProject) -> Flagged {
    let cores = &project.derived.cores;
    let known = project.annotations.iter().filter_map(|a| Some((a.id, cores.get(a.id)?.clone())));
    let spec = FlagSpec { annotations: project.annotations.clone(), cores: known.collect() };
    jobs::flag_all(&spec, &|_, _| Ok(())).unwrap_or_default()
}

/// What following changes led to, for tests.
#[cfg(test)]
pub(super) fn followed(project: &OpenProject) -> &Flagged {
    &project.derived.flags.known
}
