//! How far a site lies from what a model learned from: what is asked for, and what is known.

use super::state::{AppState, Level, OpenProject};
use super::update::{Refused, model_on_site, start, the_project};
use crate::jobs::{self, JobId, JobKind, Trusted};
use std::sync::Arc;

/// How the sites stand to the models, as far as it was asked for. What is known stays while something newer is looked for.
#[derive(Default)]
pub struct Trusting {
    /// What is known, the newest last.
    known: Vec<Arc<Trusted>>,
    /// What is being found out: model, site, job.
    running: Option<(String, String, JobId)>,
    /// What failed or was stopped: model, training, site, why.
    failed: Vec<(String, String, String, String)>,
}

/// How far it is known how a site stands to a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TrustState<'a> {
    /// It was not asked for.
    None,
    /// It is being found out.
    Running,
    /// It is known.
    Known(&'a Trusted),
    /// It cannot be found out; a sentence for people.
    Failed(&'a str),
}

impl OpenProject {
    /// How a site stands to a model of the project.
    pub fn trust(&self, model: &str, site: &str) -> TrustState<'_> {
        let trust = &self.trust;
        if trust.running.as_ref().is_some_and(|(of, on, _)| of == model && on == site) {
            return TrustState::Running;
        }
        let training = self.models.iter().find(|m| m.name == model).map(|m| m.card.training_id());
        let of = |name: &str, of: &str, on: &str| {
            name == model && on == site && training.as_deref().is_none_or(|training| training == of)
        };
        if let Some(known) = trust.known.iter().rev().find(|t| of(&t.model, &t.training, &t.site)) {
            return TrustState::Known(known);
        }
        match trust.failed.iter().find(|(name, training, on, _)| of(name, training, on)) {
            Some((.., why)) => TrustState::Failed(why),
            None => TrustState::None,
        }
    }

    /// What was found out last.
    pub fn last_trust(&self) -> Option<&Arc<Trusted>> {
        self.trust.known.last()
    }
}

/// Starts to find out how a site stands to a model; a job under way is given up.
pub(super) fn check(
    state: &mut AppState,
    model: Option<String>,
    site: Option<String>,
) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let (site, name, model) = model_on_site(project, model.as_deref(), site)?;
    let spec = jobs::TrustSpec {
        cube: project.folder.path().join(&site.cube),
        name: name.clone(),
        model,
        legend: project.document.legend.clone(),
        statistics: project.folder.statistics_path(&site.name),
        keep: project.folder.read_only().is_none(),
        site: site.name.clone(),
    };
    project.trust.failed.retain(|(of, _, on, _)| *of != name || *on != site.name);
    if let Some((.., earlier)) = project.trust.running.take() {
        // No longer listed: whatever it still has to say is dropped.
        state.runner.cancel(earlier);
        state.jobs.retain(|listed| listed.id != earlier);
    }
    let subject = format!("{} for {name}", site.name);
    let job = start(state, JobKind::CheckTrust, subject, move |c| jobs::check_trust(&spec, c));
    the_project(state)?.trust.running = Some((name, site.name, job));
    Ok(Some(job))
}

/// It is known.
pub(super) fn checked(state: &mut AppState, job: JobId, trusted: Arc<Trusted>) {
    let Some(project) = &mut state.project else { return };
    let trust = &mut project.trust;
    if trust.running.take_if(|(.., running)| *running == job).is_some() {
        trust.known.retain(|known| known.model != trusted.model || known.site != trusted.site);
        trust.known.push(trusted);
    }
}

/// It failed, or was stopped.
pub(super) fn ended(project: &mut OpenProject, job: JobId, why: Option<&str>) {
    let Some((model, site, _)) = project.trust.running.take_if(|(.., running)| *running == job) else {
        return;
    };
    let training = project.models.iter().find(|m| m.name == model).map(|m| m.card.training_id());
    let why = why.unwrap_or("stopped, as asked").to_string();
    project.trust.failed.push((model, training.unwrap_or_default(), site, why));
}

/// A map is begun: what is known to be doubtful of it is said.
pub(super) fn warn(state: &mut AppState, model: &str, site: &str) {
    let Some(project) = &state.project else { return };
    if let TrustState::Known(known) = project.trust(model, site)
        && known.is_doubtful()
    {
        let words = format!("{site} with {model}: {}", known.sentence());
        state.notify(Level::Warning, words);
    }
}
