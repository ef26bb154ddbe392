//! What the map shows of a mosaic: its channels, and how their values become brightness and colour.

use super::state::{AppState, CubeState, Level};
use super::update::{Refused, busy, refuse, start, start_writing, the_project, the_site, view};
use crate::cube::picture::{self, Composite, Display, PRESETS, StretchFrom};
use crate::geo::Window;
use crate::jobs::{self, Dated, JobId, JobKind, SavedPicture};
use std::path::PathBuf;

/// A picture of a site to write.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureRequest {
    /// The site; the one on screen, or the only one, unless given.
    pub site: Option<String>,
    /// Which dates.
    pub dates: Dated,
    /// Bands or indices, three or one; natural colour where there is none.
    pub channels: Vec<String>,
    /// How values become brightness and colour; of the view is what the picture shows.
    pub display: Display,
    /// Values shown black and white, for all channels or for each; as `display` has it where there are none.
    pub ends: Vec<[f32; 2]>,
    /// The part of the grid; all of it unless given.
    pub window: Option<Window>,
    /// Pixels of the longer side at most, of each date.
    pub size: u32,
    /// Where to: `.png`.
    pub file: PathBuf,
    /// Whether a file that is there is replaced.
    pub replace: bool,
}

/// Composites that are remembered.
const RECENT: usize = 6;

/// Shows other bands or indices.
pub(super) fn set_composite(state: &mut AppState, channels: &[String]) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let channels: Vec<String> = channels.iter().map(|text| text.trim().to_string()).collect();
    if let Some((opened, _)) = project.cube()
        && !channels.is_empty()
    {
        let own = &project.document.settings.indices;
        picture::channels(&channels, &opened.cube.info().bands, own)
            .map_err(|why| Refused(why.to_string()))?;
    }
    view(project, |p| {
        let view = &mut p.document.view;
        let has_name = PRESETS.iter().any(|preset| preset.channels.iter().eq(channels.iter()));
        if !channels.is_empty() && !has_name {
            view.recent.retain(|other| *other != channels);
            view.recent.insert(0, channels.clone());
            view.recent.truncate(RECENT);
        }
        view.composite = channels;
    })?;
    Ok(compose(state, None))
}

/// How values become brightness and colour: at once where the values are there that the stretch is found among.
pub(super) fn set(state: &mut AppState, display: Display) -> Result<Option<JobId>, Refused> {
    if let Some(why) = display.fault() {
        return refuse(why);
    }
    let project = the_project(state)?;
    let before = project.document.view.display.clone();
    view(project, |p| p.document.view.display = display.clone())?;
    let Some(site) = &mut project.site else { return Ok(None) };
    let CubeState::Open { opened, loader } = &mut site.cube else { return Ok(None) };
    let whole = opened.cube.info().grid.window();
    let of_site = opened.composite.sampled.as_ref().is_none_or(|sampled| sampled.window == whole);
    let looks_at_view = site.composing.is_some() && before.from == StretchFrom::View;
    if display.from == StretchFrom::Site && (!of_site || looks_at_view) {
        return Ok(compose(state, None));
    }
    // What is in view is looked at once it has rested; until then the values stay that are there.
    opened.composite = opened.composite.displayed(&display);
    opened.look += 1;
    loader.show(opened.composite.clone(), opened.look);
    Ok(None)
}

/// Finds the stretch among the values in a part of the grid.
pub(super) fn stretch_to(state: &mut AppState, window: Window) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let Some((opened, _)) = project.cube() else {
        return refuse("no site is on screen: show one first");
    };
    let window = window.cut_to(opened.cube.info().grid.window());
    if window.pixels() == 0 {
        return refuse("the site is out of view: there is nothing to stretch to");
    }
    if project.document.view.display.from != StretchFrom::View {
        view(project, |p| p.document.view.display.from = StretchFrom::View)?;
    }
    Ok(compose(state, Some(window)))
}

/// Indices were changed: what the map shows may be another thing now, or nothing.
pub(super) fn look_again(state: &mut AppState) {
    if state.project.as_ref().is_some_and(|project| !project.document.view.composite.is_empty()) {
        compose(state, None);
    }
}

/// Starts the job that looks for the stretch of what the project wants to see: in a part of the grid, or where it was found
/// last. One that is under way is not waited for any more.
fn compose(state: &mut AppState, window: Option<Window>) -> Option<JobId> {
    let project = state.project.as_ref()?;
    let (opened, _) = project.cube()?;
    let wanted = &project.document.view.composite;
    let display = project.document.view.display.clone();
    let bands = &opened.cube.info().bands;
    let channels = match wanted.as_slice() {
        [] => Ok(Vec::new()),
        wanted => picture::channels(wanted, bands, &project.document.settings.indices),
    };
    let (channels, lacks) = match channels {
        Ok(channels) => (channels, None),
        Err(why) => (Vec::new(), Some(why.to_string())),
    };
    let subject = if channels.is_empty() { "natural colour".to_string() } else { wanted.join(", ") };
    let last = opened.composite.sampled.as_ref().map(|sampled| sampled.window);
    let window = window.or(last).filter(|_| display.from == StretchFrom::View);
    let spec = jobs::ComposeSpec { cube: opened.cube.clone(), channels, window, display };
    if let Some(why) = lacks {
        state.notify(Level::Warning, format!("{why}. Natural colour is shown instead"));
    }
    if let Some(before) = state.project.as_ref()?.site.as_ref()?.composing {
        state.runner.cancel(before);
        state.jobs.retain(|job| job.id != before);
    }
    let job = start(state, JobKind::Compose, subject, move |c| jobs::compose(&spec, c));
    if let Some(site) = state.project.as_mut().and_then(|project| project.site.as_mut()) {
        site.composing = Some(job);
    }
    Some(job)
}

/// The stretch was found.
pub(super) fn composed(state: &mut AppState, job: JobId, composite: &Composite) {
    let Some(project) = &mut state.project else { return };
    let display = &project.document.view.display;
    let Some(site) = &mut project.site else { return };
    if site.composing == Some(job)
        && let CubeState::Open { opened, loader } = &mut site.cube
    {
        site.composing = None;
        opened.composite = composite.displayed(display);
        opened.look += 1;
        opened.look_lacks = None;
        loader.show(opened.composite.clone(), opened.look);
    }
}

/// Writes a picture to a file.
pub(super) fn save_picture(state: &mut AppState, request: PictureRequest) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::SavePicture)?;
    let project = the_project(state)?;
    let site = the_site(project, request.site)?;
    if !request.file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png")) {
        return refuse(format!(
            "pictures are written as PNG: end the name of {} in .png",
            request.file.display()
        ));
    }
    if request.size == 0 {
        return refuse("a picture of no pixels shows nothing: give a size of 1 or more");
    }
    if let Some(why) = request.display.fault() {
        return refuse(why);
    }
    let target = (request.file.clone(), request.replace);
    let spec = jobs::PictureSpec {
        cube: project.folder.path().join(&site.cube),
        dates: request.dates,
        channels: request.channels,
        indices: project.document.settings.indices.clone(),
        display: request.display,
        ends: request.ends,
        window: request.window,
        size: request.size,
        file: request.file,
    };
    let subject = spec.file.display().to_string();
    Ok(Some(start_writing(state, JobKind::SavePicture, subject, target, move |c| {
        jobs::save_picture(&spec, c)
    })))
}

/// A picture was written.
pub(super) fn picture_saved(state: &mut AppState, saved: SavedPicture) {
    let text = format!("The picture is in {}", saved.file.display());
    if let Some(project) = &mut state.project {
        project.last.picture = Some(saved);
    }
    state.notify(Level::Done, text);
}
