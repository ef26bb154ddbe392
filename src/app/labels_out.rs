//! Labels that are taken out: checks, exports, tables of samples.

use super::events::summarise;
use super::state::{AppState, Level, OpenProject};
use super::update::{Refused, busy, refuse, start, start_writing, the_project, the_site};
use crate::cube::Filling;
use crate::jobs::{self, CheckedLabels, ExportedLabels, JobId, JobKind, SavedSamples};
use crate::labels::{ExportFormat, ExportWhat};
use crate::words::grouped;
use std::path::PathBuf;

/// Which labels to export, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRequest {
    /// What.
    pub what: ExportWhat,
    /// Where to: `.geojson` or `.gpkg`.
    pub file: PathBuf,
    /// Only what lies in this site.
    pub site: Option<String>,
    /// Whether a GeoPackage is written in the coordinate system of the sites, not in WGS 84.
    pub in_site_crs: bool,
    /// Whether a file that is there is replaced.
    pub replace: bool,
}

/// Which samples to write, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct SamplesRequest {
    /// Where to: `.parquet`.
    pub file: PathBuf,
    /// Only those of this site.
    pub site: Option<String>,
    /// Bands and indices; what the project's models learn from where `None`.
    pub inputs: Option<Vec<String>>,
    /// How gaps are filled; they stay gaps where `None`.
    pub filling: Option<Filling>,
    /// Whether annotations that are only likely give samples too.
    pub take_likely: bool,
    /// Whether a file that is there is replaced.
    pub replace: bool,
}

/// Sites with the folders of their cubes: one, or all.
fn sites(project: &OpenProject, only: Option<String>) -> Result<Vec<(String, PathBuf)>, Refused> {
    let with_path = |site: &crate::project::Site| (site.name.clone(), project.folder.path().join(&site.cube));
    match only {
        Some(name) => Ok(vec![with_path(&the_site(project, Some(name))?)]),
        None => Ok(project.document.sites.iter().map(with_path).collect()),
    }
}

pub(super) fn export(state: &mut AppState, request: ExportRequest) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::ExportLabels)?;
    let project = the_project(state)?;
    let file = request.file;
    match ExportFormat::of(&file) {
        None => {
            return refuse(format!(
                "cannot tell the format of {}: end its name in .geojson or .gpkg",
                file.display()
            ));
        }
        Some(ExportFormat::GeoJson) if request.in_site_crs => {
            return refuse("GeoJSON is always in WGS 84: end the file's name in .gpkg for another system");
        }
        Some(_) => {}
    }
    if project.annotations.is_empty() {
        return refuse("there is nothing to export yet: draw some polygons, or import labels");
    }
    if request.what == ExportWhat::Cores && project.document.sites.is_empty() {
        return refuse("a core is computed on the grid of a site, and there is none yet: add imagery first");
    }
    let target = (file.clone(), request.replace);
    let spec = jobs::ExportLabelsSpec {
        what: request.what,
        annotations: project.annotations.clone(),
        legend: project.document.legend.clone(),
        buffers: project.buffers(),
        only_sites: request.site.is_some(),
        sites: sites(project, request.site)?,
        in_site_crs: request.in_site_crs,
        file,
    };
    let subject = spec.file.display().to_string();
    Ok(Some(start_writing(state, JobKind::ExportLabels, subject, target, move |c| {
        jobs::export_labels(&spec, c)
    })))
}

pub(super) fn check(state: &mut AppState) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::CheckLabels)?;
    let project = the_project(state)?;
    let spec = jobs::CheckSpec {
        annotations: project.annotations.clone(),
        legend: project.document.legend.clone(),
        buffers: project.buffers(),
        sites: sites(project, None)?,
    };
    Ok(Some(start(state, JobKind::CheckLabels, "", move |c| jobs::check_labels(&spec, c))))
}

pub(super) fn samples(state: &mut AppState, request: SamplesRequest) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::SaveSamples)?;
    let project = the_project(state)?;
    let file = request.file;
    if !jobs::is_table(&file) {
        return refuse(format!(
            "samples are written as Parquet: end the name of {} in .parquet",
            file.display()
        ));
    }
    if project.document.sites.is_empty() {
        return refuse("there is no imagery yet: add a folder of mosaics first");
    }
    if project.annotations.is_empty() {
        return refuse("there is nothing to take samples of yet: draw some polygons, or import labels");
    }
    let target = (file.clone(), request.replace);
    let spec = jobs::SamplesSpec {
        annotations: project.annotations.clone(),
        legend: project.document.legend.clone(),
        buffers: project.buffers(),
        sites: sites(project, request.site)?,
        inputs: request.inputs.or_else(|| project.document.settings.model.inputs.clone()),
        indices: project.document.settings.indices.clone(),
        filling: request.filling,
        take_likely: request.take_likely,
        file,
    };
    let subject = spec.file.display().to_string();
    Ok(Some(start_writing(state, JobKind::SaveSamples, subject, target, move |c| {
        jobs::save_samples(&spec, c)
    })))
}

pub(super) fn exported(state: &mut AppState, exported: ExportedLabels) {
    let Some(project) = &mut state.project else { return };
    let what = match exported.what {
        ExportWhat::Annotations => "annotation",
        ExportWhat::Cores => "core",
    };
    let n = exported.report.features;
    let text =
        format!("{n} {what}{} exported to {}", if n == 1 { " is" } else { "s are" }, exported.file.display());
    let left_out: Vec<_> =
        exported.report.left_out.iter().map(|(id, why)| format!("annotation {id}: {why}")).collect();
    project.last.exported = Some(exported);
    summarise(state, ("annotation left out of the export", "annotations left out of the export"), &left_out);
    state.notify(Level::Done, text);
}

pub(super) fn checked(state: &mut AppState, checked: CheckedLabels) {
    let Some(project) = &mut state.project else { return };
    let closed = checked.closed.clone();
    project.last.checked = Some(checked);
    summarise(state, ("site left aside", "sites left aside"), &closed);
}

pub(super) fn samples_saved(state: &mut AppState, saved: SavedSamples) {
    let Some(project) = &mut state.project else { return };
    let text = format!("{} samples are written to {}", grouped(saved.samples as i64), saved.file.display());
    let left_out = saved.left_out.clone();
    project.last.samples = Some(saved);
    summarise(state, ("left out of the samples", "left out of the samples"), &left_out);
    state.notify(Level::Done, text);
}
