//! Sites: which one is on screen, where they lie, and taking one off the list.

use super::state::{AppState, CubeState, OpenProject, SiteView};
use super::update::{Refused, refuse, start, the_project};
use crate::jobs::{self, JobId, JobKind};
use crate::project::Site;

/// Shows a site: opens its cube.
pub(super) fn show(state: &mut AppState, name: &str) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let Some(site) = project.document.site(name).cloned() else {
        return refuse(format!("there is no site {name} in this project"));
    };
    let spec = jobs::OpenCubeSpec {
        path: project.folder.path().join(&site.cube),
        maps: project.folder.maps_path(name),
        map: project.document.view.map.clone(),
        site: site.name.clone(),
        channels: project.document.view.composite.clone(),
        indices: project.document.settings.indices.clone(),
        display: project.document.view.display.clone(),
    };
    // Of several sites that are shown in haste only the last is waited for.
    if let Some(SiteView { cube: CubeState::Opening(job), .. }) = &project.site {
        let job = *job;
        state.runner.cancel(job);
        state.jobs.retain(|j| j.id != job);
    }
    let job = start(state, JobKind::OpenCube, name, move |c| jobs::open_cube(&spec, c));
    let project = the_project(state)?;
    leave(project);
    project.looking_at(&site.name);
    project.site = Some(SiteView {
        name: site.name.clone(),
        cube: CubeState::Opening(job),
        map: None,
        corrected: None,
        correcting: None,
        maps: Vec::new(),
        made_by: Default::default(),
        named: Default::default(),
        other: None,
        live: None,
        opening: Vec::new(),
        composing: None,
    });
    project.document.view.site = Some(site.name);
    Ok(Some(job))
}

/// Shows no site, but where all of them lie.
pub(super) fn show_all(state: &mut AppState) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    leave(project);
    project.document.view.site = None;
    project.save();
    Ok(None)
}

/// Shows the site so many places further in the list; nothing beyond its ends.
pub(super) fn step(state: &mut AppState, step: i64) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let sites = &project.document.sites;
    let shown = project.site.as_ref().map(|s| s.name.as_str()).or(project.document.view.site.as_deref());
    let at = shown.and_then(|name| sites.iter().position(|site| site.name == name));
    let next = match at {
        Some(at) => at as i64 + step,
        None if step < 0 => sites.len() as i64 - 1,
        None => 0,
    };
    let next = usize::try_from(next).ok().and_then(|next| sites.get(next)).map(|site| site.name.clone());
    next.map_or(Ok(None), |name| show(state, &name))
}

/// The site on screen goes. Its threads may be in the midst of a picture: the window does not wait for them.
pub(super) fn leave(project: &mut OpenProject) {
    project.derived.forget_cores();
    if let Some(site) = project.site.take() {
        // Where no thread can be had, it goes here.
        let _ = std::thread::Builder::new().name("ritmo-close".into()).spawn(move || drop(site));
    }
}

/// Takes a site off the list; gives the name of the change.
pub(super) fn remove(project: &mut OpenProject, name: &str) -> Result<String, Refused> {
    let Some(at) = project.document.sites.iter().position(|site| site.name == name) else {
        return refuse(format!("there is no site {name} in this project"));
    };
    let site = project.document.sites.remove(at);
    if project.site.as_ref().is_some_and(|shown| shown.name == name) {
        leave(project);
    }
    if project.document.view.site.as_deref() == Some(name) {
        project.document.view.site = None;
    }
    project.removed_sites.push((at, site));
    Ok(format!("removing site {name}"))
}

/// Takes a site off the list and deletes its cube from the disk (a job). This cannot be undone.
pub(super) fn delete(state: &mut AppState, name: &str) -> Result<Option<JobId>, Refused> {
    if let Some(job) =
        state.jobs.iter().find(|j| matches!(j.kind, JobKind::BuildCube | JobKind::Map | JobKind::Train))
    {
        return refuse(format!(
            "{} {} is still under way: wait for it or cancel it before you delete a cube",
            job.kind.title(),
            job.subject
        ));
    }
    let project = the_project(state)?;
    remove(project, name)?;
    let Some((_, site)) = project.removed_sites.pop() else { return Ok(None) };
    project.save();
    let spec =
        jobs::DeleteCubeSpec { project: project.folder.path().into(), site: site.name, cube: site.cube };
    Ok(Some(start(state, JobKind::DeleteCube, name, move |_| jobs::delete_cube(&spec))))
}

/// Brings the list of sites back to where these were removed. Sites that were built since stay.
pub(super) fn restore_removed(project: &mut OpenProject, removed: Vec<(usize, Site)>) {
    let now = std::mem::replace(&mut project.removed_sites, removed.clone());
    for (at, site) in now.iter().rev().filter(|entry| !removed.contains(entry)) {
        let sites = &mut project.document.sites;
        // One of this name may have been built since: that one stays.
        if sites.iter().all(|other| other.name != site.name) {
            sites.insert((*at).min(sites.len()), site.clone());
        }
    }
    for (_, site) in removed.iter().filter(|entry| !now.contains(entry)) {
        project.document.sites.retain(|other| other.name != site.name || other.cube != site.cube);
        if project.site.as_ref().is_some_and(|shown| shown.name == site.name) {
            leave(project);
            project.document.view.site = None;
        }
    }
}

/// Starts the job that finds out where sites lie that do not say so yet.
pub(super) fn find_footprints(state: &mut AppState) {
    let Some(project) = &state.project else { return };
    let lacking = project.document.sites.iter().filter(|site| site.footprint.is_none());
    let sites: Vec<_> =
        lacking.map(|site| (site.name.clone(), project.folder.path().join(&site.cube))).collect();
    if !sites.is_empty() {
        start(state, JobKind::Footprints, "", move |c| jobs::footprints(&sites, c));
    }
}

/// Takes in where sites lie.
pub(super) fn footprints_found(project: &mut OpenProject, found: Vec<(String, [[f64; 2]; 4])>) {
    let found: std::collections::HashMap<_, _> = found.into_iter().collect();
    for site in &mut project.document.sites {
        if let Some(footprint) = found.get(&site.name) {
            site.footprint = Some(*footprint);
        }
    }
    project.save();
}
