//! Imagery that is being fetched: of one area, or of many sites one after the other; and what became of it.

use super::events::summarise;
use super::state::{AppState, JobView, Level, OpenProject};
use super::update::{Refused, busy, refuse, start, the_project};
use crate::jobs::{self, AreaGiven, CubesBuilt, ImageryRequest, JobId, JobKind, SitesToFetch};
use std::collections::VecDeque;
use std::time::Instant;

/// Imagery that is being fetched, and what became of it last.
#[derive(Debug, Default)]
pub struct Fetching {
    /// The site whose imagery is being fetched, with its job.
    running: Option<(JobId, String)>,
    /// Sites that wait: name; west, south, east, north.
    waiting: VecDeque<(String, [f64; 4])>,
    /// What is asked for of those that wait.
    request: Option<ImageryRequest>,
    /// Sites whose cubes are there since the last command to fetch.
    pub done: Vec<String>,
    /// Sites that failed or were stopped since then, with why.
    pub failed: Vec<(String, String)>,
    /// Sites that had a series already.
    pub there: Vec<String>,
}

impl Fetching {
    /// How many sites wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The site whose imagery is being fetched.
    pub fn site(&self) -> Option<&str> {
        self.running.as_ref().map(|(_, site)| site.as_str())
    }

    /// Whether the sites of a project are fetched one after the other.
    pub fn is_of_many(&self) -> bool {
        self.request.is_some()
    }

    /// What became of many sites, in a line.
    pub fn words(&self) -> String {
        let (done, there, failed) = (self.done.len(), self.there.len(), self.failed.len());
        let sites = if done == 1 { "1 site".to_owned() } else { format!("{done} sites") };
        format!("{sites} fetched, {there} passed over, {failed} could not be had")
    }

    /// What is fetched now, and nothing before.
    pub(super) fn begin(&mut self, job: JobId, site: String) {
        *self = Self { running: Some((job, site)), ..Self::default() };
    }

    fn is_job(&self, job: JobId) -> bool {
        self.running.as_ref().is_some_and(|(own, _)| *own == job)
    }
}

/// Looks of which sites imagery is to be fetched (a job): those given, or all that chips made.
pub(super) fn choose(
    state: &mut AppState,
    chosen: Option<Vec<String>>,
    request: ImageryRequest,
) -> Result<Option<JobId>, Refused> {
    for kind in [JobKind::ChooseSites, JobKind::FetchImagery, JobKind::BuildCube, JobKind::AppendToCube] {
        busy(state, kind)?;
    }
    let project = the_project(state)?;
    if let Some(unknown) = chosen.iter().flatten().find(|name| project.document.site(name).is_none()) {
        return refuse(format!("there is no site {unknown} in this project"));
    }
    project.last.cubes.clear();
    project.last.built = None;
    project.last.fetched = None;
    project.fetching = Fetching::default();
    let spec = jobs::FetchSitesSpec {
        project: project.folder.path().into(),
        sites: project.document.sites.clone(),
        chosen,
        request,
    };
    Ok(Some(start(state, JobKind::ChooseSites, "", move |c| jobs::choose_sites(&spec, c))))
}

/// It is known of which: they are fetched one after the other.
pub(super) fn chosen(state: &mut AppState, chosen: SitesToFetch) {
    let Some(project) = &mut state.project else { return };
    let SitesToFetch { request, wanted, there, unfit } = chosen;
    project.fetching = Fetching {
        waiting: wanted.into(),
        request: Some(request),
        failed: unfit,
        there,
        ..Fetching::default()
    };
    advance(state);
}

/// Begins the next site, where none is being fetched; tells what became of them once all are through.
fn advance(state: &mut AppState) {
    loop {
        let Some(project) = &mut state.project else { return };
        let fetching = &mut project.fetching;
        let (None, Some(request)) = (&fetching.running, &fetching.request) else { return };
        let Some((site, area)) = fetching.waiting.pop_front() else { break };
        let request = ImageryRequest { site: site.clone(), area: AreaGiven::Bbox(area), ..request.clone() };
        match super::fetch::fetch_job(state, request) {
            Ok(job) => {
                let Some(project) = &mut state.project else { return };
                project.fetching.running = Some((job, site));
                return;
            }
            Err(refused) => {
                let Some(project) = &mut state.project else { return };
                project.fetching.failed.push((site, refused.to_string()));
            }
        }
    }
    let Some(project) = &mut state.project else { return };
    let fetching = &mut project.fetching;
    fetching.request = None;
    let text = fetching.words();
    let failed: Vec<_> = fetching.failed.iter().map(|(site, why)| format!("{site}: {why}")).collect();
    summarise(state, ("site has no series", "sites have no series"), &failed);
    state.notify(Level::Done, text);
}

/// A cube of fetched imagery is there; gives back what is not of many sites, to be told like any other.
pub(super) fn built(state: &mut AppState, job: JobId, made: CubesBuilt) -> Option<CubesBuilt> {
    let Some(project) = &mut state.project else { return Some(made) };
    let fetching = &mut project.fetching;
    let Some((_, site)) = fetching.running.take_if(|(own, _)| *own == job) else { return Some(made) };
    fetching.done.push(site);
    if !fetching.is_of_many() {
        return Some(made);
    }
    project.last.built = Some(made);
    advance(state);
    None
}

/// Fetching failed, or was stopped; of many sites the next one begins.
pub(super) fn ended(state: &mut AppState, job: JobId, why: Option<&str>) {
    let Some(project) = &mut state.project else { return };
    let fetching = &mut project.fetching;
    let Some((_, site)) = fetching.running.take_if(|(own, _)| *own == job) else { return };
    fetching.failed.push((site, why.unwrap_or("stopped, as asked").to_owned()));
    advance(state);
}

/// Whether a failure of this job is told in one sentence with those of other sites.
pub(super) fn is_of_many(state: &AppState, job: JobId) -> bool {
    state.project.as_ref().is_some_and(|p| p.fetching.is_job(job) && p.fetching.is_of_many())
}

/// Nothing that waits begins, and what is being fetched is asked to stop.
pub(super) fn stop_all(state: &mut AppState) {
    let Some(project) = &mut state.project else { return };
    project.fetching.waiting.clear();
    if let Some((job, _)) = project.fetching.running {
        state.runner.cancel(job);
        state.jobs.iter_mut().filter(|j| j.id == job).for_each(|j| j.cancelling = true);
    }
}

/// Lets a job that fetches rest, or go on.
pub(super) fn rest(state: &mut AppState, job: JobId, rest: bool) -> Result<(), Refused> {
    let Some(view) = state.jobs.iter_mut().find(|view| view.id == job) else { return Ok(()) };
    if view.kind != JobKind::FetchImagery {
        return refuse(format!("{} cannot rest: stop it instead", view.kind.title()));
    }
    rest_view(view, rest);
    state.runner.pause(job, rest);
    Ok(())
}

/// Notes that a job rests, or goes on: the time that it rests does not count.
pub(super) fn rest_view(view: &mut JobView, rest: bool) {
    match (rest, view.paused) {
        (true, None) => view.paused = Some(Instant::now()),
        (false, Some(since)) => {
            view.rested += since.elapsed();
            view.paused = None;
        }
        _ => {}
    }
}

impl OpenProject {
    /// Imagery that is being fetched, and what became of it last.
    pub fn fetching(&self) -> &Fetching {
        &self.fetching
    }
}
