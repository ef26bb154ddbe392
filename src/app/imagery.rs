//! Imagery: looking at it, building cubes of it, and what comes back from both.

use super::command::SurveyRequest;
use super::events::summarise;
use super::sites;
use super::state::{AppState, Level, OpenProject, SurveyState, Surveying};
use super::update::{Refused, busy, refuse, start, the_project};
use crate::cube::BuildSettings;
use crate::jobs::{self, CubeBuilt, CubesBuilt, Found, JobId, JobKind, SiteNaming, Surveyed};
use crate::project::{Site, cube_folder};
use crate::source::InputSpec;
use std::sync::Arc;

/// Starts a survey; one under way is given up.
pub(super) fn survey(state: &mut AppState, request: SurveyRequest) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let SurveyRequest { site, input, settings, afresh } = request;
    let earlier = match std::mem::take(&mut project.survey.state) {
        SurveyState::Looking(job) => Some(job),
        _ => None,
    };
    if afresh {
        project.survey.found = None;
    }
    if input.inputs.is_empty() {
        project.survey = Surveying::default();
    }
    let known = project.survey.found.clone();
    let folder = project.folder.path().to_path_buf();
    if let Some(job) = earlier {
        // No longer listed: whatever it still has to say is dropped.
        state.runner.cancel(job);
        state.jobs.retain(|listed| listed.id != job);
    }
    if input.inputs.is_empty() {
        return Ok(None);
    }
    let subject = match &site {
        SiteNaming::One(name) => name.clone(),
        SiteNaming::PerTile => String::new(),
    };
    let spec = jobs::SurveySpec { project: folder, input, settings, naming: site, known };
    let job = start(state, JobKind::Survey, subject, move |c| jobs::survey(&spec, c));
    the_project(state)?.survey.state = SurveyState::Looking(job);
    Ok(Some(job))
}

/// Files were recognised: they are shown while their masks are still being read.
pub(super) fn found(state: &mut AppState, job: JobId, found: Found) {
    let Some(project) = &mut state.project else { return };
    if project.survey.state == SurveyState::Looking(job) {
        project.survey.found = Some(found);
    }
}

pub(super) fn surveyed(state: &mut AppState, job: JobId, surveyed: Arc<Surveyed>) {
    let Some(project) = &mut state.project else { return };
    if project.survey.state == SurveyState::Looking(job) {
        project.survey.state = SurveyState::Ready;
        project.survey.last = Some(surveyed);
    }
}

/// A survey failed, or was stopped.
pub(super) fn survey_ended(project: &mut OpenProject, job: JobId, why: Option<&str>) {
    if project.survey.state == SurveyState::Looking(job) {
        project.survey.state = match why {
            Some(why) => SurveyState::Failed(why.to_owned()),
            None => SurveyState::Stopped,
        };
    }
}

pub(super) fn build(
    state: &mut AppState,
    site: SiteNaming,
    input: InputSpec,
    settings: BuildSettings,
    skip_damaged: bool,
) -> Result<Option<JobId>, Refused> {
    let naming = match site {
        SiteNaming::One(name) => SiteNaming::One(site_name(the_project(state)?, &name)?),
        per_tile => per_tile,
    };
    let subject = match &naming {
        SiteNaming::One(name) => name.clone(),
        SiteNaming::PerTile => "one site for each place".into(),
    };
    let spec = build_spec(state, naming, input, settings, skip_damaged)?;
    Ok(Some(start(state, JobKind::BuildCube, subject, move |c| jobs::build_cube(&spec, c))))
}

pub(super) fn append(
    state: &mut AppState,
    site: &str,
    input: InputSpec,
    settings: BuildSettings,
    skip_damaged: bool,
) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let Some(Site { name, cube, .. }) = project.document.site(site.trim()).cloned() else {
        return refuse(format!(
            "there is no site {site} in this project to add dates to: build its cube first"
        ));
    };
    let spec = build_spec(state, SiteNaming::One(name.clone()), input, settings, skip_damaged)?;
    Ok(Some(start(state, JobKind::AppendToCube, name, move |c| jobs::append_to_cube(&spec, &cube, c))))
}

/// What both ways to build need; refused while either is under way.
fn build_spec(
    state: &mut AppState,
    naming: SiteNaming,
    input: InputSpec,
    settings: BuildSettings,
    skip_damaged: bool,
) -> Result<jobs::BuildCubeSpec, Refused> {
    busy(state, JobKind::BuildCube)?;
    busy(state, JobKind::AppendToCube)?;
    let project = the_project(state)?;
    if input.inputs.is_empty() {
        return refuse("nothing to build a cube from: give folders or files");
    }
    project.last.cubes.clear();
    project.last.built = None;
    let last = project.survey.last.as_ref();
    let same_naming = |other: &SiteNaming| std::mem::discriminant(other) == std::mem::discriminant(&naming);
    let asked = last.filter(|s| s.input == input && s.settings == settings && same_naming(&s.naming));
    Ok(jobs::BuildCubeSpec {
        project: project.folder.path().into(),
        sites: project.document.sites.clone(),
        naming,
        known: project.survey.found.clone(),
        estimate: asked.map(|s| (s.survey.bytes, s.survey.seconds)),
        input,
        settings,
        skip_damaged,
    })
}

/// The name of a site whose cube may be built.
pub(super) fn site_name(project: &OpenProject, given: &str) -> Result<String, Refused> {
    let site = given.trim();
    if site.is_empty() {
        return refuse("a site needs a name");
    }
    let (cube, maps) = (cube_folder(site), project.folder.maps_path(site));
    let same_folder =
        |s: &&Site| s.name != site && (s.cube == cube || project.folder.maps_path(&s.name) == maps);
    match project.document.sites.iter().find(same_folder) {
        Some(other) => refuse(format!(
            "site {site} would be kept in the same folder as site {}: give a name that differs in letters or digits",
            other.name
        )),
        None => Ok(site.to_owned()),
    }
}

/// The cubes of sites are there.
pub(super) fn built(state: &mut AppState, built: Vec<CubeBuilt>) {
    let Some(project) = &mut state.project else { return };
    for cube in built {
        match project.document.sites.iter_mut().find(|site| site.name == cube.site) {
            Some(site) => site.footprint = cube.footprint,
            None => {
                let CubeBuilt { site: name, cube, footprint, .. } = cube.clone();
                project.document.sites.push(Site { name, cube, true_map: None, footprint });
            }
        }
        if project.site.as_ref().is_some_and(|shown| shown.name == cube.site) {
            // What is on screen is the cube that was replaced.
            sites::leave(project);
        }
        project.last.cubes.push(cube);
    }
    project.save();
}

/// The last of them is there.
pub(super) fn cubes_built(state: &mut AppState, made: CubesBuilt) {
    let Some(project) = &mut state.project else { return };
    if let Some(first) = made.sites.first() {
        sites::leave(project);
        project.document.view.site = Some(first.clone());
        project.save();
    }
    let text = told(&made, &project.last.cubes);
    let dropped = steps_told(&project.last.cubes, &made, dropped);
    let poor = steps_told(&project.last.cubes, &made, poor);
    let skipped: Vec<_> = made.skipped.iter().map(|(f, why)| format!("{}: {why}", f.display())).collect();
    let failed: Vec<_> = made.failed.iter().map(|(site, why)| format!("{site}: {why}")).collect();
    project.last.built = Some(made);
    summarise(state, ("file was left aside", "files were left aside"), &skipped);
    summarise(state, ("cube could not be built", "cubes could not be built"), &failed);
    let left_out = "left out, for too little of";
    let [one, many] =
        [format!("step was {left_out} it is clear"), format!("steps were {left_out} them is clear")];
    summarise(state, (&one, &many), &dropped);
    summarise(state, ("step has little that is clear", "steps have little that is clear"), &poor);
    state.notify(Level::Done, text);
}

/// Steps of which less is clear are told, as a share.
const LITTLE: f32 = 0.1;

/// Steps of the cubes that were built, in words; of several cubes each with its site. Of a cube that has grown, those
/// that are new.
fn steps_told(
    cubes: &[CubeBuilt],
    made: &CubesBuilt,
    of_cube: impl Fn(&CubeBuilt, usize) -> Vec<String>,
) -> Vec<String> {
    let told = |cube: &CubeBuilt| {
        let before = made.added_dates.map_or(0, |added| cube.info.dates.len().saturating_sub(added));
        let site = if cubes.len() > 1 { format!("{} ", cube.site) } else { String::new() };
        of_cube(cube, before).into_iter().map(move |step| format!("{site}{step}")).collect::<Vec<_>>()
    };
    cubes.iter().flat_map(told).collect()
}

/// Steps that were left out.
fn dropped(cube: &CubeBuilt, before: usize) -> Vec<String> {
    let first_new = before.checked_sub(1).and_then(|last| cube.info.dates.get(last));
    let is_new = |date: &chrono::NaiveDate| first_new.is_none_or(|last| date > last);
    let dropped = cube.made.dropped.iter().filter(|(date, _)| is_new(date));
    dropped.map(|(date, share)| format!("{date} ({})", percent(*share))).collect()
}

/// Steps of which little is clear.
fn poor(cube: &CubeBuilt, before: usize) -> Vec<String> {
    let made = &cube.made;
    let shares = cube.info.dates.iter().zip(&made.clear_shares).enumerate().skip(before);
    let told = |(i, (date, share)): (usize, (&chrono::NaiveDate, &f32))| {
        let has_none = made.acquisitions.get(i) == Some(&0);
        let why = if has_none { "no acquisition".into() } else { percent(*share) };
        (*share < LITTLE).then(|| format!("{date} ({why})"))
    };
    shares.filter_map(told).collect()
}

/// "3 %", "0.4 %".
fn percent(share: f32) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 1.0 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

/// What was built, in a sentence with what it took, and what it was thought to take.
fn told(made: &CubesBuilt, cubes: &[CubeBuilt]) -> String {
    let what = match (made.sites.as_slice(), cubes.last(), made.added_dates) {
        ([site], Some(cube), Some(added)) => {
            format!("{added} dates were added to the cube of {site}, which has {} now", cube.info.dates.len())
        }
        ([site], Some(CubeBuilt { info, .. }), None) => {
            format!("The cube of {site} is built: {} dates, {} bands", info.dates.len(), info.bands.len())
        }
        (sites, ..) => format!("The cubes of {} sites are built", sites.len()),
    };
    let took = format!("{} in {}", size(made.bytes), duration(made.seconds));
    match made.estimate {
        Some((bytes, seconds)) => {
            format!("{what}, {took} (estimated: {} in {})", size(bytes), duration(seconds))
        }
        None => format!("{what}, {took}"),
    }
}

/// "12.4 MB", in powers of ten.
pub fn size(bytes: u64) -> String {
    let number = bytes as f64;
    let (unit, by) = match bytes {
        0..1_000 => return format!("{bytes} B"),
        1_000..1_000_000 => ("kB", 1e3),
        1_000_000..1_000_000_000 => ("MB", 1e6),
        1_000_000_000..1_000_000_000_000 => ("GB", 1e9),
        _ => ("TB", 1e12),
    };
    let number = number / by;
    if number < 10.0 { format!("{number:.1} {unit}") } else { format!("{number:.0} {unit}") }
}

/// "0.4 s", "12 s", "3 min", "1.5 h".
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 0.1 => "less than 0.1 s".into(),
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 100.0 => format!("{s:.0} s"),
        s if s < 6000.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// "about 3.1 s", "less than 0.1 s".
pub fn about(seconds: f64) -> String {
    let words = duration(seconds);
    if words.starts_with("less") { words } else { format!("about {words}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_durations_read_well() {
        let sizes = [(12, "12 B"), (1_500, "1.5 kB"), (12_400_000, "12 MB"), (62_000_000_000, "62 GB")];
        sizes.iter().for_each(|(bytes, text)| assert_eq!(size(*bytes), *text));
        let durations = [(0.0, "less than 0.1 s"), (3.06, "3.1 s"), (130.0, "2 min"), (7200.0, "2.0 h")];
        durations.iter().for_each(|(seconds, text)| assert_eq!(duration(*seconds), *text));
    }
}
