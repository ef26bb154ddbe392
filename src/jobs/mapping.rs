//! Mapping a site.

use super::{EventBody, JobContext, Looking, Mapped, Outcome};
use crate::classify::{Company, SiteRun, map_site};
use crate::cube::{CHUNK, Cube};
use crate::model::Model;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// What to map.
#[derive(Debug, Clone)]
pub struct MapSpec {
    /// The site.
    pub site: String,
    /// Its cube.
    pub cube: PathBuf,
    /// The model's folder.
    pub model: PathBuf,
    /// The map's name.
    pub name: String,
    /// Where the map is written.
    pub folder: PathBuf,
    /// What of the site is on screen: chunks near its middle come first.
    pub looking: Arc<Looking>,
    /// Whether to classify in bfloat16.
    pub bf16: bool,
    /// Whether to go on with a map of this name that was begun, where it is of the same model and cube.
    pub resume: bool,
}

/// Maps a site, the chunks in view first, and writes the map's files. What is finished of it stays when it is stopped.
///
/// # Errors
/// When the model does not fit the cube, or files cannot be read or written.
pub fn map(spec: &MapSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let cube = Cube::open(&spec.cube)?;
    let mut model = Model::load(&spec.model)?;
    if spec.bf16 {
        model = model.in_bf16()?;
    }
    let whole = cube.info().grid.window();
    let nearest = |left: &[(u32, u32)]| {
        let [col, row] = spec.looking.window().unwrap_or(whole).middle().map(|at| at / f64::from(CHUNK));
        let distance =
            |&(x, y): &(u32, u32)| (f64::from(x) + 0.5 - col).powi(2) + (f64::from(y) + 0.5 - row).powi(2);
        (0..left.len()).min_by(|&a, &b| distance(&left[a]).total_cmp(&distance(&left[b]))).unwrap_or(0)
    };
    let run = SiteRun {
        cube: &cube,
        model: &model,
        model_folder: &spec.model,
        folder: &spec.folder,
        name: &spec.name,
        resume: spec.resume,
    };
    let company = Company {
        next: &nearest,
        on_chunk: &|chunk| context.send(EventBody::Chunk(chunk)),
        tell: &|sentence| context.send(EventBody::Told(sentence)),
        report: &|progress| context.progress(progress),
        cancel: &context.cancel,
    };
    let replaced = spec.folder.join(format!("{}.tif", spec.name)).exists();
    let map = map_site(&run, &company)?;
    Ok(Outcome::Mapped(Mapped {
        site: spec.site.clone(),
        name: spec.name.clone(),
        files: map.files,
        pixels: map.counts.iter().map(|(_, extent)| extent.pixels).sum(),
        damaged: map.damaged,
        probe: map.probe,
        resumed: map.resumed,
        replaced,
        seconds: started.elapsed().as_secs_f64(),
        areas_ha: map.counts.into_iter().map(|(class, extent)| (class, extent.ha)).collect(),
    }))
}
