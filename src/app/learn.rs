//! Learning that follows the labels: a short training, from the last weights on, once labels have changed and rest.

use super::state::{AppState, OpenProject, Training};
use super::update::{Learn, Refused, refuse, the_project, train, view};
use crate::jobs::{JobId, JobKind};
use crate::labels::{Annotations, Buffers, ClassCode, Confidence};
use crate::model::ModelSpec;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// The model that follows the labels.
pub const LIVE: &str = "live";
/// Labels rest for so long before they are learned from.
const REST: Duration = Duration::from_secs(2);
/// A training that goes on for less is waited for, and not begun anew, when labels change.
const NEARLY_OVER: Duration = Duration::from_millis(500);
/// So often it is looked at whether a training that is waited for has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// Epochs of a training that goes on from other weights, and of one that begins anew.
const WARM_EPOCHS: usize = 8;
const COLD_EPOCHS: usize = 20;

/// What learning that follows the labels remembers.
#[derive(Default)]
pub struct Following {
    /// The labels as they were looked at last.
    seen: Option<(Annotations, Buffers)>,
    /// When they changed, until they are learned from.
    changed: Option<Instant>,
    /// Why nothing was learned last, in a sentence; `None` where it was.
    pub why_not: Option<String>,
}

/// Retrains where labels have changed and rest for a while; while something is being drawn, `drawing`, it waits. Gives the
/// time after which to look again.
pub fn follow(state: &mut AppState, drawing: bool, now: Instant) -> Option<Duration> {
    let project = state.project.as_mut()?;
    let labels = (project.annotations.clone(), project.buffers());
    let follows = project.document.settings.keep_learning && project.folder.read_only().is_none();
    let following = &mut project.following;
    let before = following.seen.replace(labels.clone());
    if !follows {
        following.changed = None;
        return None;
    }
    if before.is_some_and(|before| before != labels) {
        following.changed = Some(now);
    }
    let changed = following.changed?;
    if drawing {
        following.changed = Some(now);
        return Some(REST);
    }
    let left = REST.saturating_sub(now.saturating_duration_since(changed));
    if !left.is_zero() {
        return Some(left);
    }
    if let Some(job) = state.job(JobKind::Train) {
        let (id, nearly_over) = (job.id, job.time_left().is_some_and(|left| left < NEARLY_OVER));
        // One that was asked for in its own right is let end; of ours, newer labels are learned sooner by beginning anew. What
        // it has learned so far is where the next one goes on.
        let ours = project_training(state).is_some_and(|training| training.job == id && is_live(training));
        if ours && !nearly_over && !job.cancelling {
            state.runner.cancel(id);
            state.jobs.iter_mut().filter(|job| job.id == id).for_each(|job| job.cancelling = true);
        }
        return Some(LOOK_AGAIN);
    }
    // Whatever comes of it, it is not tried again before labels change again.
    let tried = retrain(state);
    let project = state.project.as_mut()?;
    project.following.changed = None;
    project.following.why_not = tried.err().map(|refused| refused.to_string());
    None
}

fn project_training(state: &AppState) -> Option<&Training> {
    state.project.as_ref()?.training.as_ref()
}

/// Whether a training is of the model that follows the labels.
fn is_live(training: &Training) -> bool {
    training.name == LIVE
}

/// Switches it on or off. When it is switched on, what is there is learned from at once.
pub(super) fn switch(project: &mut OpenProject, on: bool) -> Result<(), Refused> {
    let following = &mut project.following;
    following.why_not = None;
    following.changed = on.then(|| Instant::now().checked_sub(REST).unwrap_or_else(Instant::now));
    view(project, |project| project.document.settings.keep_learning = on)
}

/// Trains the model that follows the labels, once.
pub(super) fn retrain(state: &mut AppState) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let spec = &project.document.settings.model;
    let counts = |confidence| spec.training.take_likely || confidence == Confidence::Sure;
    let classes: BTreeSet<ClassCode> =
        project.annotations.iter().filter(|a| counts(a.confidence)).map(|a| a.class).collect();
    match classes.len() {
        0 => return refuse("there is nothing to learn from yet: draw polygons of two classes"),
        1 => return refuse("there are labels of one class only: draw polygons of one more"),
        _ => {}
    }
    let alike = |other: &ModelSpec| {
        (&other.kind, &other.inputs, other.filling) == (&spec.kind, &spec.inputs, spec.filling)
    };
    let from = project.models.iter().find(|model| {
        model.card.imported_from.is_none() && model.card.samples > 0 && alike(&model.card.spec)
    });
    let from = from.map(|model| model.name.clone());
    let spec = short(spec, from.is_some());
    train(state, Some(LIVE.into()), Learn { spec: Some(spec), from, live: true, ..Learn::default() })
}

/// A short training like a long one.
fn short(spec: &ModelSpec, warm: bool) -> ModelSpec {
    let mut spec = spec.clone();
    let training = &mut spec.training;
    training.epochs = training.epochs.min(if warm { WARM_EPOCHS } else { COLD_EPOCHS });
    if warm {
        // What is known already is not to be shaken.
        training.learning_rate /= 6.0;
    }
    spec
}

/// A training that was asked for in its own right does not wait for one that follows the labels: that is given up.
pub(super) fn give_way(state: &mut AppState) {
    let Some(id) = state.job(JobKind::Train).map(|job| job.id).filter(|id| is_ours(state, *id)) else {
        return;
    };
    state.runner.cancel(id);
    state.jobs.retain(|job| job.id != id);
    if let Some(training) = state.project.as_mut().and_then(|project| project.training.as_mut()) {
        training.running = false;
    }
}

/// Whether a job is a training that follows the labels: it has its own place to tell what came of it.
pub(super) fn is_ours(state: &AppState, job: JobId) -> bool {
    project_training(state).is_some_and(|training| training.job == job && is_live(training))
}

/// A training ended without a model.
pub(super) fn failed(project: &mut OpenProject, job: JobId, why: Option<&str>) {
    if project.training.as_ref().is_some_and(|training| training.job == job && is_live(training))
        && let Some(why) = why
    {
        project.following.why_not = Some(why.into());
    }
}

impl OpenProject {
    /// Why the labels were not learned from last, in a sentence; `None` where they were.
    pub fn not_learned(&self) -> Option<&str> {
        self.following.why_not.as_deref()
    }
}
