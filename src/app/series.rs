//! Series of pixels: what the plot shows of them, and files of them.

use super::labels_out::check_target;
use super::state::{AppState, Level, OpenProject};
use super::update::{Refused, busy, refuse, start, the_project, the_site, view};
use crate::chart::ChartFormat;
use crate::cube::{Filling, Smoothing, Units};
use crate::jobs::{self, JobId, JobKind, PixelAt, SavedSeries};
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
    let site = the_site(project, request.site)?;
    check_target(&request.file, request.replace)?;
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
    };
    project.last.series = None;
    let subject = spec.file.display().to_string();
    Ok(Some(start(state, JobKind::ExportSeries, subject, move |c| jobs::export_series(&spec, c))))
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
    if let Some(code) = classes.iter().find(|code| project.document.legend.class(**code).is_none()) {
        return refuse(format!("there is no class with code {code}"));
    }
    if classes.len() > MOST_ENVELOPES {
        return refuse(format!(
            "the usual years of more than {MOST_ENVELOPES} classes would cover one another: take one off first"
        ));
    }
    view(project, |p| p.document.view.envelopes = classes)
}
