//! Looks at the files: their names, then, in parallel and once each, what they say of themselves. No pixel is read.

use super::files::{Listed, file_name};
use super::metadata::{Items, items};
use super::names::{NameFacts, read_name};
use super::pattern::Pattern;
use super::words::Word;
use super::{InputSpec, SourceError};
use crate::geo::GeoError;
use crate::geo::raster::{RasterInfo, RasterReader};
use crate::progress::{Cancel, Progress, Report};
use chrono::NaiveDate;
use rayon::prelude::*;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A file that was looked at.
#[derive(Debug)]
pub(super) struct Seen {
    pub path: PathBuf,
    pub facts: NameFacts,
    pub info: RasterInfo,
    pub items: Items,
}

/// Files that are not part of the imagery, with why.
#[derive(Debug, Default)]
pub(super) struct Aside {
    /// Each for its own reason.
    pub skipped: Vec<(PathBuf, String)>,
    pub damaged: Vec<(PathBuf, String)>,
    /// Kinds of file that products have many of: the first, and how many there are.
    kinds: HashMap<String, (PathBuf, usize)>,
}

impl Aside {
    fn kind(&mut self, path: PathBuf, why: String) {
        self.kinds.entry(why).or_insert((path, 0)).1 += 1;
    }

    /// Puts the kinds among those left aside, once each, and all in order.
    pub fn finish(&mut self) {
        for (why, (path, count)) in self.kinds.drain() {
            let more = if count > 1 {
                format!(" (and {} more files of this kind)", count - 1)
            } else {
                String::new()
            };
            self.skipped.push((path, why + &more));
        }
        self.skipped.sort();
        self.damaged.sort();
    }
}

/// Looks at all files that can be imagery.
///
/// # Errors
/// When a pattern fits no file, or asked to stop.
pub(super) fn look(
    listed: Listed,
    spec: &InputSpec,
    aside: &mut Aside,
    report: Report,
    cancel: &Cancel,
) -> Result<Vec<Seen>, SourceError> {
    aside.skipped.extend(listed.skipped);
    let pattern =
        spec.pattern.as_deref().filter(|text| !text.trim().is_empty()).map(Pattern::new).transpose()?;
    check_pattern(pattern.as_ref(), spec, &listed.files)?;
    let named: Vec<(PathBuf, NameFacts)> = listed
        .files
        .into_par_iter()
        .map(|path| {
            let facts = read_name(&path, pattern.as_ref());
            (path, facts)
        })
        .collect();
    let chosen = without_coarser(without_other_layers(named, aside), aside);
    let total = chosen.len() as u64;
    let done = AtomicU64::new(0);
    let opened = chosen
        .into_par_iter()
        .map(|(path, facts)| {
            cancel.check()?;
            let opened = open(&path);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            report(Progress::new(done, total, format!("Looking at {}", file_name(&path))));
            Ok((path, facts, opened))
        })
        .collect::<Result<Vec<_>, SourceError>>()?;
    let mut seen = Vec::new();
    for (path, facts, opened) in opened {
        match opened {
            Ok((info, items)) => seen.push(Seen { path, facts, info, items }),
            Err(why) => aside.damaged.push((path, why)),
        }
    }
    Ok(seen)
}

fn open(path: &Path) -> Result<(RasterInfo, Items), String> {
    // GDAL lists a file's folder on opening it, which for thousands of files of one folder takes longer than all else. It
    // looks for side files by their names instead. Where the option is not known, it is only slower.
    let _ = gdal::config::set_thread_local_config_option("GDAL_DISABLE_READDIR_ON_OPEN", "TRUE");
    match RasterReader::open(path) {
        Ok(reader) => Ok((reader.info().clone(), items(&reader))),
        // The file is named beside it already.
        Err(GeoError::Read { why, .. }) => Err(why),
        Err(error) => Err(error.to_string()),
    }
}

fn check_pattern(pattern: Option<&Pattern>, spec: &InputSpec, files: &[PathBuf]) -> Result<(), SourceError> {
    let (Some(pattern), Some(first)) = (pattern, files.first()) else { return Ok(()) };
    let fits =
        |path: &PathBuf| pattern.read(&path.file_stem().unwrap_or_default().to_string_lossy()).is_some();
    if files.iter().any(fits) {
        return Ok(());
    }
    let why = format!("no name fits it, such as {}", file_name(first));
    Err(SourceError::Pattern { pattern: spec.pattern.clone().unwrap_or_default(), why })
}

/// Leaves the layers of products aside that are no imagery, by their names.
fn without_other_layers(named: Vec<(PathBuf, NameFacts)>, aside: &mut Aside) -> Vec<(PathBuf, NameFacts)> {
    let mut kept = Vec::with_capacity(named.len());
    for (path, facts) in named {
        match &facts.band {
            Some((band, Some(Word::Aside(why)))) => aside.kind(path, format!("{band}: {why}")),
            _ => kept.push((path, facts)),
        }
    }
    kept
}

/// Of a band that a product has at several resolutions, leaves all but the finest aside.
fn without_coarser(named: Vec<(PathBuf, NameFacts)>, aside: &mut Aside) -> Vec<(PathBuf, NameFacts)> {
    type Key = (Option<PathBuf>, String, Option<NaiveDate>, String);
    let key = |facts: &NameFacts| -> Option<(Key, u32)> {
        let (band, _) = facts.band.as_ref()?;
        Some(((facts.root.clone(), facts.core.clone(), facts.date, band.clone()), facts.resolution?))
    };
    let mut finest: HashMap<Key, u32> = HashMap::new();
    for (key, metres) in named.iter().filter_map(|(_, facts)| key(facts)) {
        let least = finest.entry(key).or_insert(metres);
        *least = metres.min(*least);
    }
    let mut kept = Vec::with_capacity(named.len());
    for (path, facts) in named {
        match key(&facts).and_then(|(key, metres)| Some((key.3.clone(), metres, *finest.get(&key)?))) {
            Some((band, metres, least)) if metres > least => {
                aside.kind(path, format!("{band} at {metres} m: it is there at {least} m"));
            }
            _ => kept.push((path, facts)),
        }
    }
    kept
}
