//! Measuring sites, and holding them against one another.

use super::{JobContext, Outcome};
use crate::cube::statistics::{Comparison, Statistics, compare, identity, load, measure, save};
use crate::cube::{Cube, CubeError};
use crate::progress::Progress;
use anyhow::bail;
use rayon::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

/// Sites to measure.
#[derive(Debug, Clone)]
pub struct MeasureSpec {
    /// The sites.
    pub sites: Vec<SiteToMeasure>,
    /// The bands to compare, by name or common name; all where none are named.
    pub bands: Vec<String>,
    /// Whether what is measured is kept on the disk.
    pub keep: bool,
    /// Whether sites are measured again that were before.
    pub afresh: bool,
}

/// A site to measure.
#[derive(Debug, Clone)]
pub struct SiteToMeasure {
    /// Its name.
    pub name: String,
    /// Its cube.
    pub cube: PathBuf,
    /// Where what is measured is kept.
    pub file: PathBuf,
}

/// Sites that were measured and compared.
#[derive(Debug, Default)]
pub struct Measured {
    /// The sites, held against one another.
    pub comparison: Comparison,
    /// Sites that could not be measured, with why.
    pub failed: Vec<(String, String)>,
    /// What was left out, in sentences.
    pub notes: Vec<String>,
    /// Sites that were read now; the others were known.
    pub read: usize,
}

/// Measures sites, one after another (what is known of a site is taken from its file, unless its cube has changed since), and
/// compares them. A site that fails is told, and the others go on.
///
/// # Errors
/// When all sites fail, no site has a band that is named, or when asked to stop: what was measured until then is kept.
pub fn measure_sites(spec: &MeasureSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let known = |site: &SiteToMeasure| -> Option<Statistics> {
        let is_wanted = !spec.afresh && !context.cancel.is_cancelled();
        is_wanted.then(|| load(&site.file, identity(&site.cube).ok()?))?
    };
    context.progress(Progress::new(0, 0, "Looking up what is known"));
    let known: Vec<Option<Statistics>> = spec.sites.par_iter().map(known).collect();
    let lacking = known.iter().filter(|known| known.is_none()).count() as u64;
    let mut measured = Measured::default();
    let mut sites = Vec::new();
    for (site, known) in spec.sites.iter().zip(known) {
        context.cancel.check()?;
        let statistics = match known {
            Some(known) => known,
            None => {
                let before = (measured.read + measured.failed.len()) as u64 * 1000;
                let report = |progress: Progress| {
                    let part = (progress.share().unwrap_or(0.0) * 1000.0) as u64;
                    let what = format!("Measuring {}", site.name);
                    context.progress(Progress::new(before + part, lacking * 1000, what));
                };
                report(Progress::new(0, 0, ""));
                match measure_one(spec, site, &report, context) {
                    Ok((statistics, note)) => {
                        measured.notes.extend(note);
                        measured.read += 1;
                        statistics
                    }
                    Err(CubeError::Cancelled(cancelled)) => return Err(cancelled.into()),
                    Err(error) => {
                        measured.failed.push((site.name.clone(), error.to_string()));
                        continue;
                    }
                }
            }
        };
        if let Some(first) = statistics.damaged.first() {
            let count = statistics.damaged.len();
            let more = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
            measured.notes.push(format!("{}: damaged pixels are left out: {first}{more}", site.name));
        }
        sites.push((site.name.clone(), Arc::new(statistics)));
    }
    if let (true, Some((name, why))) = (sites.is_empty(), measured.failed.first()) {
        bail!("no site can be measured. {name}: {why}");
    }
    measured.comparison =
        compare(sites, &spec.bands, &|progress| context.progress(progress), &context.cancel)?;
    measured.notes.extend(measured.comparison.notes.iter().cloned());
    Ok(Outcome::Measured(Arc::new(measured)))
}

/// Measures a site and keeps what comes of it; tells where that fails.
fn measure_one(
    spec: &MeasureSpec,
    site: &SiteToMeasure,
    report: crate::progress::Report,
    context: &JobContext,
) -> Result<(Statistics, Option<String>), CubeError> {
    // Looked at before the pixels are: a cube that changes meanwhile is measured again the next time.
    let identity = identity(&site.cube);
    let cube = Cube::open_with_cache(&site.cube, 0)?;
    let statistics = measure(&cube, report, &context.cancel)?;
    let (true, Ok(identity)) = (spec.keep, identity) else { return Ok((statistics, None)) };
    let note = save(&site.file, identity, &statistics).err().map(|why| {
        let file = site.file.display();
        format!(
            "what was measured of {} cannot be kept in {file}: {why}. It is measured again the next time",
            site.name
        )
    });
    Ok((statistics, note))
}
