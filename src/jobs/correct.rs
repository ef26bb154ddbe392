//! Corrections of a map by hand: read from a file, and carried out into a new map.

use super::clean::{free_name, kept};
use super::{JobContext, Outcome};
use crate::classify::Extent;
use crate::classify::clean::Source;
use crate::classify::correct::{
    Corrected, CorrectedFiles, Correction, Placed, Skipped, layer_path, log_path, read_corrections,
    write_corrected,
};
use crate::labels::Class;
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A file of corrections of a map.
#[derive(Debug, Clone)]
pub struct ReadCorrectionsSpec {
    /// The site.
    pub site: String,
    /// The folder of its maps.
    pub maps: PathBuf,
    /// The map.
    pub map: String,
    /// The file.
    pub file: PathBuf,
}

/// Corrections that were read from a file.
#[derive(Debug)]
pub struct CorrectionsRead {
    /// The site.
    pub site: String,
    /// The map.
    pub map: String,
    /// Those that can be carried out on the map.
    pub corrections: Vec<Correction>,
    /// Those that cannot.
    pub skipped: Vec<Skipped>,
    /// The layer of the map as it lies on the disk.
    pub layer: Vec<Correction>,
}

/// Reads the corrections of a file, and holds each against the map.
///
/// # Errors
/// When the map or the file cannot be read, or none of the corrections fits.
pub fn read_corrections_of(spec: &ReadCorrectionsSpec) -> anyhow::Result<Outcome> {
    let source = Source::open(&spec.maps, &spec.map)?;
    let layer = layer(&spec.maps, &spec.map)?;
    let (read, mut skipped) = read_corrections(&spec.file)?;
    // Numbers of features that were passed over before one.
    let numbers: Vec<usize> = (1..=read.len() + skipped.len())
        .filter(|number| skipped.iter().all(|skipped| skipped.feature != *number))
        .collect();
    let mut corrections = Vec::new();
    for (correction, feature) in read.into_iter().zip(numbers) {
        match Placed::new(&correction, &source.grid, &source.classes) {
            Ok(_) => corrections.push(correction),
            Err(why) => skipped.push(Skipped { feature, why }),
        }
    }
    skipped.sort_by_key(|skipped| skipped.feature);
    if corrections.is_empty() {
        let first = skipped.first().map_or(String::new(), |Skipped { feature, why }| {
            format!(": feature {feature} cannot be used, since {why}")
        });
        bail!("{} has no correction of {}{first}", spec.file.display(), spec.map);
    }
    let (site, map) = (spec.site.clone(), spec.map.clone());
    Ok(Outcome::CorrectionsRead(CorrectionsRead { site, map, corrections, skipped, layer }))
}

/// The layer of a map; empty where it has none.
fn layer(maps: &Path, map: &str) -> anyhow::Result<Vec<Correction>> {
    all_of(&layer_path(maps, map))
}

/// All that people corrected on a map: what it was made with, then what lies over it: this layer, or that on the disk.
///
/// # Errors
/// When the files of them cannot be read.
pub(super) fn corrections_of(
    maps: &Path,
    map: &str,
    known: Option<&[Correction]>,
) -> anyhow::Result<Vec<Correction>> {
    let mut corrections = all_of(&log_path(maps, map))?;
    match known {
        Some(layer) => corrections.extend_from_slice(layer),
        None => corrections.extend(layer(maps, map)?),
    }
    Ok(corrections)
}

/// The corrections of a file; none where there is no such file.
fn all_of(path: &Path) -> anyhow::Result<Vec<Correction>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let (layer, skipped) = read_corrections(path)?;
    if let Some(Skipped { feature, why }) = skipped.first() {
        bail!("feature {feature} of {} cannot be used: {why}. Repair the file, or delete it", path.display());
    }
    Ok(layer)
}

/// Which map to correct.
#[derive(Debug, Clone)]
pub struct CorrectSpec {
    /// The site.
    pub site: String,
    /// The folder of its maps.
    pub maps: PathBuf,
    /// The map.
    pub map: String,
    /// The new map's name; one that is free unless given.
    pub output: Option<String>,
    /// The corrections; those of the map's layer on the disk unless given.
    pub corrections: Option<Vec<Correction>>,
}

/// A map that was corrected into another one.
#[derive(Debug)]
pub struct CorrectedMap {
    /// The site.
    pub site: String,
    /// The map that was corrected.
    pub source: String,
    /// The new map's name.
    pub name: String,
    /// Its files.
    pub files: CorrectedFiles,
    /// The corrections, each with what it changed.
    pub corrections: Vec<(Correction, Extent)>,
    /// Hectares a class, before and after.
    pub areas_ha: Vec<(Class, f64, f64)>,
    /// Seconds it took.
    pub seconds: f64,
}

impl CorrectedMap {
    /// What all corrections together changed; a pixel that was set twice counts twice.
    pub fn changed(&self) -> Extent {
        self.corrections.iter().map(|(_, changed)| *changed).sum()
    }
}

/// Carries out the corrections of a map and writes it under another name.
///
/// # Errors
/// When there are none, one does not fit the map, a map of the name is there, files cannot be read or written, or it is cancelled.
pub fn correct(spec: &CorrectSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let name = free_name(&spec.maps, &spec.site, spec.output.as_deref(), &format!("{}-corrected", spec.map))?;
    let source = Source::open(&spec.maps, &spec.map)?;
    let corrections = match &spec.corrections {
        Some(corrections) => corrections.clone(),
        None => layer(&spec.maps, &spec.map)?,
    };
    if corrections.is_empty() {
        bail!("{} has no corrections yet: draw some on it, or import a file of them", spec.map);
    }
    let earlier = all_of(&log_path(&spec.maps, &spec.map))?;
    let (kept, classes) = (kept(&source), source.classes.clone());
    let metadata: Vec<(&str, &str)> = kept.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let report = |progress| context.progress(progress);
    let place = (spec.maps.as_path(), name.as_str());
    let (Corrected { changed, before, after }, files) =
        write_corrected(source, (&earlier, &corrections), place, &metadata, &report, &context.cancel)
            .with_context(|| format!("cannot correct {}", spec.map))?;
    let areas = classes.iter().map(|class| {
        let of = usize::from(class.code);
        (class.clone(), before[of].ha, after[of].ha)
    });
    Ok(Outcome::Corrected(Box::new(CorrectedMap {
        site: spec.site.clone(),
        source: spec.map.clone(),
        files,
        areas_ha: areas.collect(),
        corrections: corrections.into_iter().zip(changed).collect(),
        seconds: started.elapsed().as_secs_f64(),
        name,
    })))
}
