//! Work on labels that are taken out: checking them, exporting them, writing samples of them.

use super::labelled::labelled;
use super::train::{another_kind, inputs};
use super::{CheckedLabels, ExportedLabels, JobContext, Outcome, SavedSamples};
use crate::cube::{Cube, Filling, NamedIndex};
use crate::labels::{
    self, Annotations, Buffers, ExportSpec, ExportWhat, Finding, FindingKind, LabelSite, Legend,
};
use crate::progress::Progress;
use crate::samples::{ExtractSpec, SampleError, TableSpec, TableWriter, extract_in_parts, stand_apart};
use anyhow::bail;
use std::path::{Path, PathBuf};

/// Samples that are in memory at once hold at most so many values (4 bytes each).
const VALUES_AT_ONCE: usize = 32 << 20;

/// Labels to check.
#[derive(Debug, Clone)]
pub struct CheckSpec {
    /// Annotations.
    pub annotations: Annotations,
    /// The legend.
    pub legend: Legend,
    /// The inward buffers.
    pub buffers: Buffers,
    /// Sites and their cubes.
    pub sites: Vec<(String, PathBuf)>,
}

/// Labels to export.
#[derive(Debug, Clone)]
pub struct ExportLabelsSpec {
    /// What.
    pub what: ExportWhat,
    /// Where to.
    pub file: PathBuf,
    /// Annotations.
    pub annotations: Annotations,
    /// The legend.
    pub legend: Legend,
    /// The inward buffers.
    pub buffers: Buffers,
    /// Sites and their cubes.
    pub sites: Vec<(String, PathBuf)>,
    /// Whether what lies outside of these sites is left out.
    pub only_sites: bool,
    /// Whether a GeoPackage is written in the coordinate system of the sites, not in WGS 84.
    pub in_site_crs: bool,
}

/// Samples to write.
#[derive(Debug, Clone)]
pub struct SamplesSpec {
    /// Where to.
    pub file: PathBuf,
    /// Annotations.
    pub annotations: Annotations,
    /// The legend.
    pub legend: Legend,
    /// The inward buffers.
    pub buffers: Buffers,
    /// Sites and their cubes.
    pub sites: Vec<(String, PathBuf)>,
    /// Bands and indices, all bands where `None`.
    pub inputs: Option<Vec<String>>,
    /// The project's own indices.
    pub indices: Vec<NamedIndex>,
    /// How gaps are filled; they stay gaps where `None`.
    pub filling: Option<Filling>,
    /// Whether annotations that are only likely give samples too.
    pub take_likely: bool,
}

/// Grids and dates of sites; what cannot be opened is told in sentences.
fn label_sites(
    sites: &[(String, PathBuf)],
    context: &JobContext,
) -> anyhow::Result<(Vec<LabelSite>, Vec<String>)> {
    let (mut opened, mut closed) = (Vec::new(), Vec::new());
    for (i, (name, path)) in sites.iter().enumerate() {
        context.cancel.check()?;
        context.progress(Progress::new(i as u64, sites.len() as u64, format!("Opening {name}")));
        match Cube::open_with_cache(path, 0) {
            Ok(cube) => {
                let (grid, dates) = (cube.info().grid.clone(), cube.info().dates.clone());
                opened.push(LabelSite { name: name.clone(), grid, dates });
            }
            Err(error) => closed.push(format!("{name} was left aside: {error}")),
        }
    }
    Ok((opened, closed))
}

/// Looks for what is wrong with labels.
///
/// # Errors
/// Only when cancelled.
pub fn check_labels(spec: &CheckSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let (sites, closed) = label_sites(&spec.sites, context)?;
    let report = |p: Progress| context.progress(p);
    let mut found =
        labels::check(&spec.annotations, &spec.legend, &spec.buffers, &sites, &report, &context.cancel)?;
    found.findings.extend(standing_apart(spec, context)?);
    found.findings.sort_by_key(|finding| finding.kind);
    Ok(Outcome::Checked(CheckedLabels { report: found, annotations: spec.annotations.clone(), closed }))
}

/// Annotations some of whose pixels have another year than the others, on each site.
fn standing_apart(spec: &CheckSpec, context: &JobContext) -> anyhow::Result<Vec<Finding>> {
    let annotations = spec.annotations.to_vec();
    let mut findings = Vec::new();
    for (name, path) in &spec.sites {
        // What cannot be opened is told already.
        let Ok(cube) = Cube::open(path) else { continue };
        let report = |p: Progress| context.progress(p);
        let found = stand_apart(&cube, &annotations, &spec.buffers, &report, &context.cancel)?;
        findings.extend(found.into_iter().filter(|(_, pixels)| !pixels.is_empty()).map(|(id, pixels)| {
            let why = format!(
                "{} of its pixels on {name} have another year than the others: look at them, and drop them or draw it anew",
                pixels.len()
            );
            let pixels = Some(pixels.len() as u64);
            Finding { pixels, ..Finding::new(FindingKind::StandApart, vec![id], why) }
        }));
    }
    Ok(findings)
}

/// Writes annotations or cores to a file.
///
/// # Errors
/// When the file cannot be written, or a site's cube cannot be opened.
pub fn export_labels(spec: &ExportLabelsSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let (sites, closed) = label_sites(&spec.sites, context)?;
    // What is written tells of all sites: one that is missing would be missed later.
    if let Some(why) = closed.first() {
        bail!("nothing was exported: {why}");
    }
    let crs = match (spec.in_site_crs, sites.split_first()) {
        (false, _) => None,
        (true, None) => bail!("there is no site whose coordinate system could be taken: build a cube first"),
        (true, Some((first, others))) => match others.iter().find(|o| !o.grid.crs.same_as(&first.grid.crs)) {
            None => Some(first.grid.crs.clone()),
            Some(other) => bail!(
                "{} is in {} and {} in {}: export one site at a time, or in WGS 84",
                first.name,
                first.grid.crs.label(),
                other.name,
                other.grid.crs.label()
            ),
        },
    };
    let wanted = ExportSpec {
        what: spec.what,
        annotations: spec.annotations.clone(),
        legend: spec.legend.clone(),
        buffers: spec.buffers.clone(),
        sites,
        only_sites: spec.only_sites,
        crs,
    };
    let report = labels::export(&wanted, &spec.file, &|p| context.progress(p), &context.cancel)?;
    Ok(Outcome::Exported(ExportedLabels { what: spec.what, file: spec.file.clone(), report }))
}

/// Writes the samples of all sites as a table, part by part.
///
/// # Errors
/// When cubes differ in bands or dates, no sample is left, or files cannot be read or written.
pub fn save_samples(spec: &SamplesSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let annotations = spec.annotations.to_vec();
    let mut table: Option<TableWriter> = None;
    let mut like: Option<TableSpec> = None;
    let mut saved = SavedSamples { file: spec.file.clone(), ..SavedSamples::default() };
    for ((name, path), cube) in labelled(&spec.sites, |(_, path)| path.as_path(), &spec.annotations)? {
        let info = cube.info();
        let before = like.as_ref().map(|like| like.features.as_slice());
        let features = inputs(spec.inputs.as_deref(), &spec.indices, info, before, path)?;
        let bands: Vec<String> = features.iter().map(|feature| feature.name.clone()).collect();
        let like = like.get_or_insert_with(|| TableSpec {
            bands: bands.clone(),
            features: features.iter().map(crate::cube::Feature::record).collect(),
            dates: info.dates.clone(),
            legend: spec.legend.clone(),
            filling: spec.filling,
        });
        if like.dates != info.dates || like.bands != bands {
            return Err(another_kind(path, ""));
        }
        let wanted = ExtractSpec {
            features: &features,
            annotations: &annotations,
            take_likely: spec.take_likely,
            buffers: &spec.buffers,
            filling: spec.filling.unwrap_or_default(),
        };
        if table.is_none() {
            table = Some(TableWriter::create(&spec.file, like.clone())?);
        }
        let Some(table) = &mut table else { continue };
        let values = (bands.len() * info.dates.len()).max(1);
        let mut take = |part: crate::samples::SampleSet| -> Result<(), SampleError> {
            for class in &part.classes {
                *saved.classes.entry(*class).or_default() += 1;
            }
            table.add(name, &info.grid, &part)
        };
        let report = |p: Progress| context.progress(p);
        let at_most = VALUES_AT_ONCE / values;
        let left_out = extract_in_parts(&cube, &wanted, at_most, &mut take, &report, &context.cancel)?;
        saved.left_out.extend(super::train::pixels_left_out(&left_out));
        (saved.bands, saved.dates) = (bands, info.dates.len());
    }
    let Some(table) = table else {
        bail!("there is no cube to take samples from: build one with `cube build`")
    };
    if saved.classes.is_empty() {
        let why = saved.left_out.first().map_or(String::new(), |why| format!(" ({why})"));
        bail!(
            "no pure pixel is left to write{why}. Look with `labels check` what is wrong, or lower the inward buffer"
        );
    }
    saved.gaps = table.gaps();
    saved.samples = table.finish()?;
    saved.bytes = std::fs::metadata(&spec.file).map_or(0, |file| file.len());
    Ok(Outcome::SamplesSaved(saved))
}

/// Whether a file's name ends as that of a table does.
pub fn is_table(file: &Path) -> bool {
    file.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("parquet") || e.eq_ignore_ascii_case("geoparquet"))
}
