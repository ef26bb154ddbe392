//! The map's files: classes as a COG with palette, category names and QGIS style; probabilities; entropy; margin; areas.

use super::areas::{Extent, Extents, NOTHING, tally};
use super::journal::Finished;
use super::run::{ClassifyError, FULL, NODATA, SiteRun};
use super::unfinished::UnfinishedMap;
use crate::cube::CHUNK;
use crate::files::write_atomically;
use crate::geo::raster::Palette;
use crate::geo::{CogSpec, GeoError, Grid, ReadPixels, Window, write_cog};
use crate::labels::{Class, qgis_style};
use crate::model::{ModelCard, Probe};
use crate::progress::{Cancel, Progress, Report};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// In the metadata of a map's files: which training made it ([`ModelCard::training_id`]).
pub const TRAINING: &str = "RITMO_TRAINING";
/// In the metadata of a map's files: the same in all files of one run, and another where any pixel, the model or the cube
/// is another.
pub const RUN: &str = "RITMO_RUN";

/// Metadata of files: names and values.
pub(super) type Facts = Vec<(&'static str, String)>;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapFiles {
    /// `<name>.tif`: class codes; beside it `<name>.tif.aux.xml` with the names of classes, and `<name>.qml`.
    pub classes: PathBuf,
    /// `<name>.probs.tif`: a band a class, 0 to 250 for 0 to 1.
    pub probabilities: PathBuf,
    /// `<name>.entropy.tif`: 0 to 250, from certain to undecided.
    pub entropy: PathBuf,
    /// `<name>.margin.tif`: the largest probability less the second, 0 to 250 for 0 to 1.
    pub margin: PathBuf,
    /// `<name>.areas.csv`: pixels and hectares a class.
    pub areas: PathBuf,
}

impl MapFiles {
    pub(super) fn new(folder: &Path, name: &str) -> Self {
        let at = |end: &str| folder.join(format!("{name}.{end}"));
        Self {
            classes: at("tif"),
            probabilities: at("probs.tif"),
            entropy: at("entropy.tif"),
            margin: at("margin.tif"),
            areas: at("areas.csv"),
        }
    }
}

/// What each of the map's files says of the map.
pub(super) fn facts(
    map: &UnfinishedMap,
    finished: &BTreeMap<u32, Finished>,
    run: &SiteRun,
    probe: Option<Probe>,
    damaged: &[(u32, u32)],
) -> Facts {
    let (info, card) = (run.cube.info(), &run.model.card);
    let list = |items: Vec<String>| items.join(", ");
    let precision = probe.map_or("f32".into(), |Probe { series, changed }| {
        format!("bf16; {changed} of {series} labels differ from f32 on a probe")
    });
    let legend = card
        .classes
        .iter()
        .map(|Class { code, name, colour: [r, g, b], .. }| format!("{code} {name} #{r:02x}{g:02x}{b:02x}"));
    let mut facts = vec![
        ("RITMO_VERSION", env!("CARGO_PKG_VERSION").into()),
        (RUN, run_id(map, finished)),
        ("RITMO_MODEL", run.name.into()),
        (TRAINING, card.training_id()),
        ("RITMO_SCORES", scores(card)),
        ("RITMO_BANDS", list(card.bands.clone())),
        ("RITMO_DATES", list(info.dates.iter().map(ToString::to_string).collect())),
        ("RITMO_LEGEND", legend.collect::<Vec<_>>().join("; ")),
        ("RITMO_PRECISION", precision),
        ("RITMO_ORIGIN", info.origin.clone().unwrap_or_default()),
    ];
    if !damaged.is_empty() {
        let places = damaged.iter().map(|(x, y)| format!("{x} across, {y} down"));
        let places = places.collect::<Vec<_>>().join("; ");
        facts.push(("RITMO_DAMAGED", format!("{} chunks of the cube, nodata here: {places}", damaged.len())));
    }
    facts
}

/// How well the model did on what it was not trained on, and how that was obtained.
fn scores(card: &ModelCard) -> String {
    let best = card.best();
    let Some(accuracy) = best.and_then(|best| best.held_out_accuracy) else {
        return "none were held out".into();
    };
    let f1 = best.and_then(|best| best.macro_f1()).map_or(String::new(), |f1| format!(", macro F1 {f1:.4}"));
    format!(
        "overall accuracy {accuracy:.4}{f1}; on samples of {} held-out annotations, which chose when the training stopped",
        card.held_out.len()
    )
}

/// FNV-1a of what the map is of and of all its pixels: the same whenever it was made, and from how many runs.
fn run_id(map: &UnfinishedMap, finished: &BTreeMap<u32, Finished>) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut take = |bytes: &[u8]| {
        hash = bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    };
    take(&map.header.identity());
    for (chunk, Finished { checksum, .. }) in finished {
        take(&chunk.to_le_bytes());
        take(&checksum.to_le_bytes());
    }
    format!("{hash:016x}")
}

/// Writes `<name>.tif` (+ `.aux.xml`, `.qml`), `<name>.probs.tif`, `<name>.entropy.tif`, `<name>.margin.tif` and
/// `<name>.areas.csv` and puts them in the place of those that are there. Gives what each class takes.
///
/// # Errors
/// When the disk is full or the folder is read-only; when asked to stop.
pub(super) fn write_files(
    map: UnfinishedMap,
    finished: &BTreeMap<u32, Finished>,
    run: &SiteRun,
    facts: &Facts,
    report: Report,
    cancel: &Cancel,
) -> Result<(Vec<(Class, Extent)>, MapFiles), ClassifyError> {
    let counts = count(&map, finished, cancel)?;
    let metadata: Vec<(&str, &str)> = facts.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let content = Content {
        grid: &map.header.grid,
        classes: &map.header.classes,
        counts: &counts,
        metadata: &metadata,
        read: &|plane: usize, window: Window, out: &mut [u8]| map.read(plane, window, finished, out),
    };
    write_content(&map.making()?, run.name, &content, report, cancel)?;
    cancel.check()?;
    map.put_in_place()?;
    Ok((counts, MapFiles::new(run.folder, run.name)))
}

/// What the files of a map are made of.
pub(super) struct Content<'a> {
    /// Where it lies.
    pub(super) grid: &'a Grid,
    /// Its classes, in the order of the planes.
    pub(super) classes: &'a [Class],
    /// What each class takes.
    pub(super) counts: &'a [(Class, Extent)],
    /// What each of the files says of the map.
    pub(super) metadata: &'a [(&'a str, &'a str)],
    /// Reads a window of a plane: the probabilities of each class, the class codes, entropy and margin.
    pub(super) read: ReadPixels<'a>,
}

/// Writes all files of a map into a folder, tile by tile and two at a time.
///
/// # Errors
/// When the disk is full; when asked to stop; those of reading.
pub(super) fn write_content(
    folder: &Path,
    name: &str,
    &Content { grid, classes, counts, metadata, read }: &Content,
    report: Report,
    cancel: &Cancel,
) -> Result<(), ClassifyError> {
    let files = MapFiles::new(folder, name);
    let names: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
    let scale = format!("1/{FULL}");
    let facts: Vec<(&str, &str)> = metadata.iter().copied().chain([("SCALE", scale.as_str())]).collect();
    let scaled = |bands| CogSpec {
        grid,
        bands,
        palette: None,
        nodata: Some(NODATA),
        scale: Some(1.0 / f64::from(FULL)),
        metadata: &facts,
    };
    let specs = [scaled(&names), scaled(&["entropy"]), scaled(&["margin"])];
    // All files are told of as one: they are written at the same time.
    let classes_alone = scaled(&["class"]).steps();
    let (total, done) = (specs.iter().map(CogSpec::steps).sum::<u64>() + classes_alone, AtomicU64::new(0));
    let report = |_: Progress| {
        report(Progress::new(done.fetch_add(1, Ordering::Relaxed) + 1, total, "Writing the map"));
    };
    let planes = |path: &Path, spec: &CogSpec, first: usize| {
        let read = |band: usize, window: Window, out: &mut [u8]| read(first + band, window, out);
        write_cog(path, spec, &read, &report, cancel)
    };
    let few = || -> Result<(), ClassifyError> {
        let of_classes =
            |band: usize, window: Window, out: &mut [u8]| read(classes.len() + band, window, out);
        write_classes(folder, name, (grid, classes, counts), metadata, &of_classes, &report, cancel)?;
        planes(&files.entropy, &specs[1], classes.len() + 1)?;
        Ok(planes(&files.margin, &specs[2], classes.len() + 2)?)
    };
    let (few, many) = std::thread::scope(|scope| {
        let few = scope.spawn(few);
        let many = planes(&files.probabilities, &specs[0], 0);
        (few.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), many)
    });
    few?;
    Ok(many?)
}

/// Writes `<name>.tif` (+ `.aux.xml`, `.qml`) and `<name>.areas.csv` into a folder; `read` gives class codes.
///
/// # Errors
/// When the disk is full; when asked to stop; those of reading.
pub(super) fn write_classes(
    folder: &Path,
    name: &str,
    (grid, classes, counts): (&Grid, &[Class], &[(Class, Extent)]),
    metadata: &[(&str, &str)],
    read: ReadPixels,
    report: Report,
    cancel: &Cancel,
) -> Result<(), ClassifyError> {
    let files = MapFiles::new(folder, name);
    let text = |path: &Path, text: String| {
        write_atomically(path, text.as_bytes())
            .map_err(|e| GeoError::Write { path: path.into(), why: e.to_string() })
    };
    text(&folder.join(format!("{name}.qml")), qgis_style(classes))?;
    text(&files.areas, areas(counts))?;
    let palette = Palette { entries: classes.iter().map(|c| (c.code, c.name.as_str(), c.colour)).collect() };
    let spec = CogSpec {
        grid,
        bands: &["class"],
        palette: Some(&palette),
        nodata: Some(NODATA),
        scale: None,
        metadata,
    };
    write_cog(&files.classes, &spec, read, report, cancel)?;
    Ok(())
}

/// What each class takes.
fn count(
    map: &UnfinishedMap,
    finished: &BTreeMap<u32, Finished>,
    cancel: &Cancel,
) -> Result<Vec<(Class, Extent)>, ClassifyError> {
    let (grid, classes) = (&map.header.grid, &map.header.classes);
    let strip = |row: u32| -> Result<Extents, ClassifyError> {
        cancel.check()?;
        let strip = Window { row, height: CHUNK, ..grid.window() }.cut_to(grid.window());
        let (mut codes, mut of) = (vec![NODATA; strip.pixels()], NOTHING);
        map.read(classes.len(), strip, finished, &mut codes)?;
        tally(&mut of, grid, strip, &codes);
        Ok(of)
    };
    let rows: Vec<u32> = (0..grid.height).step_by(CHUNK as usize).collect();
    let strips: Vec<Extents> = rows.into_par_iter().map(strip).collect::<Result<_, _>>()?;
    // Added up in order, so that the sums are always the same.
    let of = |class: &Class| strips.iter().map(|strip| strip[usize::from(class.code)]).sum();
    Ok(classes.iter().map(|class| (class.clone(), of(class))).collect())
}

/// Pixels and hectares of each class, as CSV.
fn areas(counts: &[(Class, Extent)]) -> String {
    let mut out = String::from("class,pixels,hectares\n");
    for (class, Extent { pixels, ha }) in counts {
        let name = class.name.replace('"', "\"\"");
        let quoted = name.contains([',', '"', '\n', '\r']);
        let name = if quoted { format!("\"{name}\"") } else { name };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{name},{pixels},{ha:.2}");
    }
    out
}
