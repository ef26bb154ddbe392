//! Series of pixels: what the plot shows of them, and files of them.

use super::state::{AppState, Level, OpenProject};
use super::update::{Refused, busy, refuse, start_writing, the_project, the_site, view};
use crate::chart::{ChartFormat, UsualYear};
use crate::cube::{Filling, Smoothing, Units};
use crate::jobs::{self, JobId, JobKind, PixelAt, SavedSeries, UsualOf};
use crate::labels::ClassCode;
use std::path::PathBuf;

/// Of more classes the bands in the plot would cover one another.
pub const MOST_ENVELOPES: usize = 3;

/// Which series to write, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesRequest {
    /// Where to: `.csv`, `.svg` or `.png`.
    pub file: PathBuf,
    /// The site; the one on screen unless given.
    pub site: Option<String>,
    /// Which pixels, each with its name.
    pub pixels: Vec<(String, PixelAt)>,
    /// Bands, all where `None`.
    pub bands: Option<Vec<String>>,
    /// Indices, by name or expression.
    pub indices: Vec<String>,
    /// Names of bands and indices that a chart draws, all where `None`.
    pub drawn: Option<Vec<String>>,
    /// Units of bands.
    pub units: Units,
    /// How gaps are filled.
    pub filling: Filling,
    /// The smooth line.
    pub smoothing: Smoothing,
    /// Whether years lie over one another.
    pub years: bool,
    /// Usual years of classes that stand behind the pixels, in these units.
    pub usual: Vec<UsualYear>,
    /// Classes whose usual year is read for the file.
    pub usual_of: Vec<ClassCode>,
    /// Whether a file that is there is replaced.
    pub replace: bool,
}

pub(super) fn export(state: &mut AppState, request: SeriesRequest) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::ExportSeries)?;
    let project = the_project(state)?;
    let Some(format) = ChartFormat::of(&request.file) else {
        return refuse(format!(
            "cannot tell the format of {}: end its name in .csv, .svg or .png",
            request.file.display()
        ));
    };
    if request.pixels.is_empty() {
        return refuse("there is no pixel to write the series of yet: click one on the Look page to pin it");
    }
    let usual_of = usual_of(project, &request.usual_of)?;
    let site = the_site(project, request.site)?;
    let target = (request.file.clone(), request.replace);
    let spec = jobs::SeriesSpec {
        format,
        project: project.document.name.clone(),
        cube: project.folder.path().join(&site.cube),
        site: site.name,
        file: request.file,
        pixels: request.pixels,
        bands: request.bands,
        indices: request.indices,
        drawn: request.drawn,
        own: project.document.settings.indices.clone(),
        units: request.units,
        filling: request.filling,
        smoothing: request.smoothing,
        years: request.years,
        usual: request.usual,
        usual_of,
    };
    project.last.series = None;
    let subject = spec.file.display().to_string();
    Ok(Some(start_writing(state, JobKind::ExportSeries, subject, target, move |c| {
        jobs::export_series(&spec, c)
    })))
}

/// Classes whose usual year is asked for, with what tells it.
fn usual_of(project: &OpenProject, codes: &[ClassCode]) -> Result<Option<UsualOf>, Refused> {
    if codes.is_empty() {
        return Ok(None);
    }
    check_envelopes(project, codes)?;
    let legend = &project.document.legend;
    Ok(Some(UsualOf {
        classes: codes.iter().filter_map(|code| legend.class(*code)).cloned().collect(),
        annotations: project.annotations.iter().cloned().collect(),
        buffers: project.buffers(),
    }))
}

pub(super) fn saved(state: &mut AppState, saved: SavedSeries) {
    let Some(project) = &mut state.project else { return };
    let pixels = match saved.table.pixels.len() {
        1 => "The series of 1 pixel is".to_string(),
        n => format!("The series of {n} pixels are"),
    };
    let words = format!("{pixels} in {}", saved.file.display());
    project.last.series = Some(saved);
    state.notify(Level::Done, words);
}

/// Shows the usual year of these classes.
pub(super) fn show_envelopes(project: &mut OpenProject, classes: Vec<ClassCode>) -> Result<(), Refused> {
    check_envelopes(project, &classes)?;
    view(project, |p| p.document.view.envelopes = classes)
}

/// Whether there are such classes, and not too many of them.
fn check_envelopes(project: &OpenProject, classes: &[ClassCode]) -> Result<(), Refused> {
    if let Some(code) = classes.iter().find(|code| project.document.legend.class(**code).is_none()) {
        return refuse(format!("there is no class with code {code}"));
    }
    if classes.len() > MOST_ENVELOPES {
        return refuse(format!(
            "the usual years of more than {MOST_ENVELOPES} classes would cover one another: take one off first"
        ));
    }
    Ok(())
}
