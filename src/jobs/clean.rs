//! Cleaning a map: what is on screen at once, as a preview, and the whole map as a job.

use super::correct::corrections_of;
use super::{JobContext, Newest, Outcome};
use crate::classify::clean::{
    Cleaned, CleanedFiles, Cleaner, Recipe, Source, Step, Story, Surroundings, write_cleaned,
};
use crate::classify::correct::{Correction, Placed};
use crate::classify::{Extents, TRAINING, unfinished_maps};
use crate::cube::Cube;
use crate::geo::Window;
use crate::labels::Class;
use crate::progress::Progress;
use anyhow::bail;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Sides of the part that a preview cleans at most, in pixels: no more than can be shown within a moment.
const PREVIEW: u32 = 640;
/// Sides of its blocks: after each it can be told to stop.
const BLOCK: u32 = 160;

/// No class.
const NODATA: u8 = 255;

/// The names of what a map says of itself that holds of one made of it too.
const KEPT: [&str; 9] = [
    "RITMO_MODEL",
    TRAINING,
    "RITMO_SCORES",
    "RITMO_BANDS",
    "RITMO_DATES",
    "RITMO_LEGEND",
    "RITMO_PRECISION",
    "RITMO_ORIGIN",
    "RITMO_DAMAGED",
];

/// What to clean, and with what.
#[derive(Clone)]
pub struct CleanSpec {
    /// The site.
    pub site: String,
    /// The folder of its maps.
    pub maps: PathBuf,
    /// The map.
    pub map: String,
    /// The new map's name; one that is free unless given.
    pub output: Option<String>,
    /// The corrections that lie over the map; those of its layer on the disk unless given.
    pub corrections: Option<Vec<Correction>>,
    /// What to do.
    pub recipe: Recipe,
    /// Its cube's folder.
    pub cube: PathBuf,
    /// What rules may ask of beside the cube.
    pub around: CleanAround,
}

/// What rules may ask of beside the cube.
#[derive(Clone)]
pub struct CleanAround {
    /// The project's folder.
    pub folder: PathBuf,
    /// Indices of the project's own.
    pub indices: Vec<crate::cube::NamedIndex>,
    /// Annotations.
    pub annotations: crate::labels::Annotations,
    /// The legend.
    pub legend: crate::labels::Legend,
}

impl CleanAround {
    fn with(self, cube: Cube) -> Surroundings {
        let Self { folder, indices, annotations, legend } = self;
        Surroundings { folder, cube, indices, annotations, legend }
    }
}

/// A map that was cleaned.
#[derive(Debug)]
pub struct CleanedMap {
    /// The site.
    pub site: String,
    /// The map that was cleaned.
    pub source: String,
    /// The new map's name.
    pub name: String,
    /// Its files.
    pub files: CleanedFiles,
    /// What was done, in sentences.
    pub sentences: Vec<String>,
    /// What people corrected on the map that was cleaned: it lies over the new one.
    pub carried: Vec<Correction>,
    /// Pixels that have another class now.
    pub changed: u64,
    /// Their share of the pixels with data, from 0 to 1.
    pub share_changed: f64,
    /// Hectares a class, before and after.
    pub areas_ha: Vec<(Class, f64, f64)>,
    /// Seconds it took.
    pub seconds: f64,
}

/// Cleans a map and writes it under another name.
///
/// # Errors
/// When the recipe makes no sense on the map, a map of the name is there, files cannot be read or written, or it is cancelled.
pub fn clean(spec: &CleanSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let name = free_name(&spec.maps, &spec.site, spec.output.as_deref(), &format!("{}-clean", spec.map))?;
    let source = Source::open(&spec.maps, &spec.map)?;
    let kept = kept(&source);
    let metadata: Vec<(&str, &str)> = kept.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let around = spec.around.clone().with(Cube::open(&spec.cube)?);
    let cleaner = Cleaner::new(source, &spec.recipe, &around)?;
    let report = |progress: Progress| context.progress(progress);
    let carried = corrections_of(&spec.maps, &spec.map, spec.corrections.as_deref())?;
    let story = Story { recipe: &spec.recipe, corrections: &carried, metadata: &metadata };
    let (cleaned, files) = write_cleaned(&cleaner, &spec.maps, &name, story, &report, &context.cancel)?;
    let area = |of: &Extents, class: &Class| of[usize::from(class.code)].ha;
    let classes = cleaner.source().classes.iter();
    Ok(Outcome::Cleaned(Box::new(CleanedMap {
        site: spec.site.clone(),
        source: spec.map.clone(),
        name,
        files,
        sentences: spec.recipe.taken().map(Step::sentence).collect(),
        carried,
        changed: cleaned.changed,
        share_changed: cleaned.share_changed(),
        areas_ha: classes
            .map(|class| (class.clone(), area(&cleaned.before, class), area(&cleaned.after, class)))
            .collect(),
        seconds: started.elapsed().as_secs_f64(),
    })))
}

/// The name of a map that is made of another one: none that is there. The one given, else `usual` or the next that is free.
pub(super) fn free_name(maps: &Path, site: &str, given: Option<&str>, usual: &str) -> anyhow::Result<String> {
    let begun = unfinished_maps(maps);
    let there =
        |name: &str| maps.join(format!("{name}.tif")).exists() || begun.iter().any(|map| map.name == name);
    if let Some(name) = given {
        if there(name) {
            bail!("there is a map {name} of {site} already: choose another name");
        }
        return Ok(name.into());
    }
    let others = (2..).map(|i| format!("{usual}-{i}"));
    Ok(std::iter::once(usual.into()).chain(others).find(|name| !there(name)).unwrap_or_default())
}

/// What a map says of itself that holds of one made of it too.
pub(super) fn kept(source: &Source) -> Vec<(&'static str, String)> {
    KEPT.into_iter().filter_map(|key| Some((key, source.metadata(key)?))).collect()
}

/// Which part of which map is to be cleaned for the eye.
#[derive(Clone)]
pub struct PreviewRequest {
    /// Another number for another question.
    pub number: u64,
    /// The folder of the site's maps.
    pub maps: PathBuf,
    /// The map.
    pub map: String,
    /// All of its class codes, as they are shown.
    pub codes: Arc<Vec<u8>>,
    /// The corrections that lie over it.
    pub corrections: Arc<Vec<Correction>>,
    /// What is in view of it.
    pub view: Window,
    /// What to do.
    pub recipe: Recipe,
    /// The site's cube.
    pub cube: Cube,
    /// What rules may ask of beside the cube.
    pub around: CleanAround,
}

/// A part of a map, cleaned.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Of which question.
    pub number: u64,
    /// The map.
    pub map: String,
    /// What came of it, or why nothing did.
    pub result: Result<Previewed, String>,
}

/// What came of a preview.
#[derive(Debug, Clone)]
pub struct Previewed {
    /// The part that was cleaned: the middle of the view where all of it would take too long.
    pub window: Window,
    /// Class codes of the whole map, cleaned in the part.
    pub codes: Arc<Vec<u8>>,
    /// Share of the pixels of the part that have another class now.
    pub share_changed: f64,
}

/// Starts the thread that cleans what is on screen.
pub fn clean_preview(wake: Arc<dyn Fn() + Send + Sync>) -> Newest<PreviewRequest, Preview> {
    Newest::start("ritmo-preview", wake, |request: PreviewRequest, cancel| {
        let PreviewRequest { number, maps, map, codes, corrections, view, recipe, cube, around } = request;
        let window = middle(view);
        let clean = || -> anyhow::Result<(Cleaned, Vec<Placed>)> {
            let source = Source::open(&maps, &map)?;
            let carried = corrections_of(&maps, &map, Some(&corrections))?;
            let placed = |correction| Placed::new(correction, &source.grid, &source.classes).ok();
            let placed = carried.iter().filter_map(placed).collect();
            let cleaner = Cleaner::new(source, &recipe, &around.with(cube.clone()))?;
            Ok((cleaner.in_blocks_of(BLOCK).clean(window, None, &|_| {}, cancel)?, placed))
        };
        let found = clean();
        if cancel.is_cancelled() {
            return None;
        }
        let result = found.map_err(|e| e.to_string()).map(|(cleaned, corrections)| {
            let mut all = codes.to_vec();
            let (width, across) = (cleaned.window.width as usize, cube.info().grid.width as usize);
            for (row, values) in cleaned.codes.chunks_exact(width.max(1)).enumerate() {
                let start = (cleaned.window.row as usize + row) * across + cleaned.window.col as usize;
                if let Some(target) = all.get_mut(start..start + width) {
                    target.copy_from_slice(values);
                }
            }
            // What a person decided stays, as it will on the new map.
            for placed in &corrections {
                placed.apply_in(cleaned.window, &mut all, &cube.info().grid);
            }
            let share_changed = share_changed(&codes, &all, cleaned.window, across);
            Previewed { window: cleaned.window, codes: all.into(), share_changed }
        });
        Some(Preview { number, map, result })
    })
}

/// The share of the pixels with data of a window that have another class on the one than on the other.
fn share_changed(was: &[u8], is: &[u8], window: Window, across: usize) -> f64 {
    let (mut known, mut changed) = (0u64, 0u64);
    for row in window.row..window.row + window.height {
        let start = row as usize * across + window.col as usize;
        let place = start..start + window.width as usize;
        let (Some(was), Some(is)) = (was.get(place.clone()), is.get(place)) else { continue };
        known += was.iter().filter(|code| **code != NODATA).count() as u64;
        changed += was.iter().zip(is).filter(|(was, is)| was != is).count() as u64;
    }
    if known == 0 { 0.0 } else { changed as f64 / known as f64 }
}

/// The middle of a view, as large as a preview can be.
fn middle(view: Window) -> Window {
    let (width, height) = (view.width.min(PREVIEW), view.height.min(PREVIEW));
    Window {
        col: view.col + (view.width - width) / 2,
        row: view.row + (view.height - height) / 2,
        width,
        height,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_is_of_the_middle_of_a_large_view() {
        let view = Window { col: 10, row: 20, width: 300, height: 2640 };
        assert_eq!(middle(view), Window { col: 10, row: 1020, width: 300, height: 640 });
    }
}
