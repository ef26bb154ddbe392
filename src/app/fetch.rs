//! Imagery by area: looking what there is, and fetching it.

use super::events::summarise;
use super::imagery::{site_name, size};
use super::state::{AppState, Level, SurveyState};
use super::surveying::{self, Survey};
use super::update::{Refused, busy, start, the_project};
use crate::jobs::{self, FetchImagerySpec, FetchedImagery, ImageryRequest, JobId, JobKind, PlannedImagery};

/// How far looking for imagery of an area is, and what it found.
pub type PlanningImagery = Survey<PlannedImagery>;

/// Starts looking; a look under way is given up.
pub(super) fn plan(state: &mut AppState, request: ImageryRequest) -> Result<Option<JobId>, Refused> {
    let spec = spec(state, request)?;
    surveying::give_up(state, |project| &mut project.imagery_plan);
    let subject = spec.request.site.clone();
    let job = start(state, JobKind::PlanImagery, subject, move |c| jobs::plan_imagery(&spec, c));
    the_project(state)?.imagery_plan.state = SurveyState::Looking(job);
    Ok(Some(job))
}

/// Starts fetching, by the plan that was made for the same request where there is one.
pub(super) fn fetch(state: &mut AppState, request: ImageryRequest) -> Result<Option<JobId>, Refused> {
    for kind in [JobKind::ChooseSites, JobKind::FetchImagery, JobKind::BuildCube, JobKind::AppendToCube] {
        busy(state, kind)?;
    }
    let site = site_name(the_project(state)?, &request.site)?;
    let job = fetch_job(state, request)?;
    let project = the_project(state)?;
    project.last.cubes.clear();
    project.last.built = None;
    project.last.fetched = None;
    project.fetching.begin(job, site);
    Ok(Some(job))
}

/// Starts the job that fetches.
pub(super) fn fetch_job(state: &mut AppState, request: ImageryRequest) -> Result<JobId, Refused> {
    let spec = spec(state, request)?;
    let subject = spec.request.site.clone();
    Ok(start(state, JobKind::FetchImagery, subject, move |c| jobs::fetch_imagery(&spec, c)))
}

fn spec(state: &mut AppState, mut request: ImageryRequest) -> Result<FetchImagerySpec, Refused> {
    let project = the_project(state)?;
    request.site = site_name(project, &request.site)?;
    Ok(FetchImagerySpec {
        project: project.folder.path().into(),
        sites: project.document.sites.clone(),
        planned: project.imagery_plan.last.clone(),
        request,
    })
}

/// The windows are on the disk; the cube is built next.
pub(super) fn fetched(state: &mut AppState, job: JobId, made: FetchedImagery) {
    if super::fetch_sites::is_of_many(state, job) {
        if let Some(project) = &mut state.project {
            project.last.fetched = Some(made);
        }
        return;
    }
    let (planned, fetched) = (&made.planned, &made.fetched);
    let left_out = planned.wanted.left_out.iter().chain(&fetched.left_out).chain(&planned.odd);
    let left_out: Vec<String> = left_out.map(|(id, why)| format!("{id}: {why}")).collect();
    let text = format!(
        "{} windows of {} scenes are fetched ({}), {} were there already",
        fetched.now,
        planned.wanted.scenes.len(),
        size(fetched.bytes),
        fetched.there
    );
    summarise(state, ("scene was left out", "scenes were left out"), &left_out);
    state.notify(Level::Done, text);
    if let Some(project) = &mut state.project {
        project.last.fetched = Some(made);
        // What is there now costs nothing any more: another look is due.
        project.imagery_plan = PlanningImagery::default();
    }
}
