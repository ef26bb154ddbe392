//! Measuring sites and comparing them: what is asked for, and what comes back.

use super::state::{AppState, OpenProject};
use super::update::{Refused, refuse, start, the_project};
use crate::jobs::{self, JobId, JobKind, Measured};
use crate::project::Site;
use std::sync::Arc;

/// Which sites to measure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MeasureRequest {
    /// The sites, by name; all where none are named.
    pub sites: Vec<String>,
    /// The bands to compare, by name or common name; all where none are named.
    pub bands: Vec<String>,
    /// Whether sites are measured again that were before.
    pub afresh: bool,
}

/// Sites that are measured. What was known last stays while they are.
#[derive(Default)]
pub struct Measuring {
    /// How far it is.
    pub state: MeasureState,
    /// The last answer.
    pub last: Option<Arc<Measured>>,
}

/// How far measuring is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum MeasureState {
    /// Nothing is asked for.
    #[default]
    None,
    /// A job is measuring.
    Running(JobId),
    /// [`Measuring::last`] answers what was asked for.
    Ready,
    /// It was stopped.
    Stopped,
    /// It failed; a sentence for people.
    Failed(String),
}

/// Starts measuring; a job under way is given up.
pub(super) fn measure(state: &mut AppState, request: MeasureRequest) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let all = &project.document.sites;
    if all.is_empty() {
        return refuse("there is no imagery yet: add a folder of mosaics first");
    }
    if let Some(unknown) = request.sites.iter().find(|name| project.document.site(name).is_none()) {
        return refuse(format!("there is no site {unknown} in this project"));
    }
    let is_wanted = |site: &&Site| request.sites.is_empty() || request.sites.contains(&site.name);
    let to_measure = |site: &Site| jobs::SiteToMeasure {
        name: site.name.clone(),
        cube: project.folder.path().join(&site.cube),
        file: project.folder.statistics_path(&site.name),
    };
    let sites: Vec<_> = all.iter().filter(is_wanted).map(to_measure).collect();
    let subject = match sites.as_slice() {
        [one] => one.name.clone(),
        several => format!("{} sites", several.len()),
    };
    let keep = project.folder.read_only().is_none();
    let spec = jobs::MeasureSpec { sites, bands: request.bands, keep, afresh: request.afresh };
    if let MeasureState::Running(earlier) = std::mem::take(&mut project.statistics.state) {
        // No longer listed: whatever it still has to say is dropped.
        state.runner.cancel(earlier);
        state.jobs.retain(|listed| listed.id != earlier);
    }
    let job = start(state, JobKind::Measure, subject, move |c| jobs::measure_sites(&spec, c));
    the_project(state)?.statistics.state = MeasureState::Running(job);
    Ok(Some(job))
}

/// Sites were measured.
pub(super) fn measured(state: &mut AppState, job: JobId, measured: Arc<Measured>) {
    let Some(project) = &mut state.project else { return };
    if project.statistics.state == MeasureState::Running(job) {
        project.statistics.state = MeasureState::Ready;
        project.statistics.last = Some(measured);
    }
}

/// Measuring failed, or was stopped.
pub(super) fn ended(project: &mut OpenProject, job: JobId, why: Option<&str>) {
    if project.statistics.state == MeasureState::Running(job) {
        project.statistics.state = match why {
            Some(why) => MeasureState::Failed(why.to_owned()),
            None => MeasureState::Stopped,
        };
    }
}
