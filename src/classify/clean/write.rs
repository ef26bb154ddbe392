//! The files of a cleaned map: those of any map, its recipe, and areas before and after.

use super::planes::Planes;
use super::run::paste;
use super::{CleanError, Cleaned, Cleaner, Recipe, Step};
use crate::classify::areas::change_csv;
use crate::classify::correct::{Correction, corrections_text, layer_path};
use crate::classify::derived::Derived;
use crate::classify::run::has_room;
use crate::classify::unfinished::{DERIVED, Making};
use crate::classify::write::{Content, write_content};
use crate::classify::{ClassifyError, MapFiles, RUN};
use crate::files::write_atomically;
use crate::geo::{GeoError, Window};
use crate::labels::Class;
use crate::progress::{Cancel, Report};
use serde_json::json;
use std::cmp::Ordering;
use std::path::{Path, PathBuf};

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanedFiles {
    /// Those of any map.
    pub map: MapFiles,
    /// `<name>.recipe.json`: what was cleaned, and how.
    pub recipe: PathBuf,
    /// `<name>.cleaning.csv`: pixels and hectares a class, before and after.
    pub areas: PathBuf,
}

impl CleanedFiles {
    fn new(folder: &Path, name: &str) -> Self {
        let at = |end: &str| folder.join(format!("{name}.{end}"));
        Self { map: MapFiles::new(folder, name), recipe: at("recipe.json"), areas: at("cleaning.csv") }
    }
}

/// What the files tell of themselves.
#[derive(Debug, Clone, Copy)]
pub struct Story<'a> {
    /// The recipe.
    pub recipe: &'a Recipe,
    /// What people corrected on the map that is cleaned: it lies over the new one as a layer, since what a person decided
    /// stays whatever the probabilities around say.
    pub corrections: &'a [Correction],
    /// Metadata beside the recipe and the map it began with.
    pub metadata: &'a [(&'a str, &'a str)],
}

/// Cleans a whole map and writes it under another name into `folder`, as a whole once all of it is there. Of the planes only a
/// block is held at a time.
///
/// # Errors
/// When the map cannot be read, the disk is too small or full, or it was asked to stop; there is no new map then.
pub fn write_cleaned(
    cleaner: &Cleaner,
    folder: &Path,
    name: &str,
    story: Story,
    report: Report,
    cancel: &Cancel,
) -> Result<(Cleaned, CleanedFiles), CleanError> {
    cancel.check()?;
    let source = cleaner.source();
    let (grid, classes) = (&source.grid, &source.classes);
    // The planes on their way, and files as large as all of them, with a third of that for overviews.
    has_room(folder, ((classes.len() + DERIVED) * grid.pixels()) as u64 / 3 * 7)?;
    let making = Making::begin(folder, name)?;
    let recipe = serde_json::to_string(story.recipe).map_err(|e| CleanError::Recipe(e.to_string()))?;
    // Of what came of each block, after what was done.
    let mut checksum = crc32c::crc32c(recipe.as_bytes());
    let planes = Planes::new(&making.folder(), grid.window(), cleaner.block(), classes.len() + 2)?;
    let mut take = |block: Window, probabilities: &[u8]| {
        let Derived { entropy, margin } = Derived::of(probabilities, block.pixels());
        checksum = crc32c::crc32c_append(checksum, probabilities);
        Ok(planes.keep(block, &[probabilities, &entropy, &margin].concat())?)
    };
    let cleaned = cleaner.clean(grid.window(), Some(&mut take), report, cancel)?;

    let run = format!("{checksum:08x}{:08x}", crc32c::crc32c(&cleaned.codes));
    let own = [
        ("RITMO_VERSION", env!("CARGO_PKG_VERSION")),
        (RUN, run.as_str()),
        ("RITMO_SOURCE_MAP", source.name.as_str()),
        ("RITMO_RECIPE", recipe.as_str()),
    ];
    let metadata: Vec<(&str, &str)> = own.into_iter().chain(story.metadata.iter().copied()).collect();
    let count = |class: &Class| (class.clone(), cleaned.after[usize::from(class.code)]);
    let counts: Vec<_> = classes.iter().map(count).collect();
    let read = |plane: usize, window: Window, out: &mut [u8]| match plane.cmp(&classes.len()) {
        Ordering::Less => planes.read(plane, window, out),
        Ordering::Equal => {
            paste(&cleaned.codes, grid.window(), window, out, window);
            Ok(())
        }
        Ordering::Greater => planes.read(plane - 1, window, out),
    };
    let content = Content { grid, classes, counts: &counts, metadata: &metadata, read: &read };
    let files = CleanedFiles::new(&making.folder(), name);
    let text = |path: &Path, text: String| {
        write_atomically(path, text.as_bytes())
            .map_err(|e| GeoError::Write { path: path.into(), why: e.to_string() })
    };
    let told = json!({
        "source": source.name,
        "recipe": story.recipe,
        "sentences": story.recipe.taken().map(Step::sentence).collect::<Vec<_>>(),
        "changed_pixels": cleaned.changed,
        "corrections_over_it": story.corrections.len(),
    });
    let told = serde_json::to_string_pretty(&told).map_err(|e| CleanError::Recipe(e.to_string()))?;
    text(&files.recipe, told + "\n")?;
    text(&files.areas, change_csv(classes, &cleaned.before, &cleaned.after))?;
    if !story.corrections.is_empty() {
        text(&layer_path(&making.folder(), name), corrections_text(story.corrections, &[]))?;
    }
    write_content(&making.folder(), name, &content, report, cancel).map_err(|error| match error {
        ClassifyError::Geo(GeoError::Cancelled(asked)) => asked.into(),
        other => CleanError::Write(other),
    })?;
    cancel.check()?;
    drop(planes);
    making.put_in_place()?;
    Ok((cleaned, CleanedFiles::new(folder, name)))
}
