//! The labels of chips: which files are read, what their numbers mean, and reading them.

use super::{Chip, ChipLabels, ChipsTold, ImportChipsSpec, Taken, look_at_coding};
use crate::jobs::labels_in::{ImportSpec, Imported, import_labels};
use crate::jobs::{JobContext, Outcome};
use crate::labels::ImportSettings;
use crate::labels::import::{self, Numbers, ReadFile, ReadLabels};
use crate::progress::Progress;
use crate::project::cube_folder;
use crate::source::{ChipPlace, ChipSet, ChipSite};
use anyhow::bail;
use rayon::prelude::*;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The files of labels to read: all but those whose annotations are there.
pub(super) fn label_files(
    taken: &BTreeMap<ChipPlace, Taken>,
    spec: &ImportChipsSpec,
    told: &mut ChipsTold,
    context: &JobContext,
) -> anyhow::Result<Vec<PathBuf>> {
    let before: HashSet<&str> = spec.annotations.iter().filter_map(|a| a.note.as_deref()).collect();
    let is_before = |path: &&PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| before.contains(name))
    };
    let (mut vectors, mut rasters) = (Vec::new(), Vec::new());
    for Taken { chip, .. } in taken.values() {
        let Chip { vectors: polygons, raster, .. } = chip;
        match (spec.choice.labels, polygons, raster) {
            (ChipLabels::Both | ChipLabels::Vectors, Some(polygons), _) => vectors.push(polygons),
            (ChipLabels::Both | ChipLabels::Rasters, _, Some(raster)) => rasters.push(raster),
            _ => {}
        }
    }
    let all = vectors.len() + rasters.len();
    vectors.retain(|path| !is_before(path));
    rasters.retain(|path| !is_before(path));
    told.labels_before = all - vectors.len() - rasters.len();
    if !rasters.is_empty() {
        let set = ChipSet {
            chips: taken.iter().map(|(place, taken)| (*place, taken.chip.clone())).collect(),
            ..ChipSet::default()
        };
        check_coding(&set, rasters.len(), spec.choice.coding, told, context)?;
    }
    Ok(vectors.into_iter().chain(rasters).cloned().collect())
}

/// Label rasters are taken only where somebody said what they mean.
fn check_coding(
    set: &ChipSet,
    rasters: usize,
    coding: Option<Numbers>,
    told: &mut ChipsTold,
    context: &JobContext,
) -> anyhow::Result<()> {
    let (seen, ..) = look_at_coding(set, context)?;
    let fits = |coding| {
        let (fit, all) = seen.fits(coding);
        format!("{fit} of {all} polygons fit {}", coding.name())
    };
    let told_of = match seen.pairs.is_empty() {
        true => "no chip has both polygons and a raster to tell by".to_owned(),
        false => format!("{}, {}", fits(Numbers::Wikidata), fits(Numbers::Alphabetical)),
    };
    let mixed = seen.is_mixed().then(|| {
        let files: Vec<_> = seen.files.iter().map(|(name, n)| format!("{n} chips fit {name}")).collect();
        format!("both codings seem to be mixed: {}", files.join(", "))
    });
    match coding {
        Some(coding) => {
            let name = coding.name();
            told.notes.push(if rasters == 1 {
                format!("1 label raster was read as {name}: {told_of}")
            } else {
                format!("{rasters} label rasters were read as {name}: {told_of}")
            });
            told.notes.extend(mixed.map(|mixed| format!("{mixed}. Look at the annotations of rasters")));
            Ok(())
        }
        None => bail!(
            "{} labels in rasters, whose numbers mean one thing in wikidata's order (1 is forest) and another in alphabetical order (1 is agriculture); {told_of}{}. Say which (--coding), or take polygons only (--labels vectors)",
            if rasters == 1 { "1 chip has its".to_owned() } else { format!("{rasters} chips have their") },
            mixed.map_or(String::new(), |mixed| format!("; {mixed}"))
        ),
    }
}

/// Reads the labels, those that cannot be read apart, and imports the rest.
pub(super) fn import_all(
    spec: &ImportChipsSpec,
    files: Vec<PathBuf>,
    sites: &[ChipSite],
    told: &mut ChipsTold,
    context: &JobContext,
) -> anyhow::Result<Option<Imported>> {
    let settings = ImportSettings {
        numbers: spec.choice.coding,
        buffer_m: spec.choice.buffer_m,
        ..ImportSettings::default()
    };
    let done = AtomicU64::new(0);
    let total = files.len() as u64;
    let read_one = |path: &PathBuf| -> anyhow::Result<Option<ReadFile>> {
        context.cancel.check()?;
        let done = done.fetch_add(1, Ordering::Relaxed);
        context.progress(Progress::new(done, total, "Reading labels"));
        let one = import::read(std::slice::from_ref(path), &settings, &|_| (), &context.cancel)?;
        let Some(file) = one.files.into_iter().next().filter(|file| !file.rows.is_empty()) else {
            return Ok(None);
        };
        file.class_column(None)?;
        Ok(Some(file))
    };
    let results: Vec<_> = files.par_iter().map(read_one).collect();
    context.cancel.check()?;
    let (mut files_read, mut read) = (Vec::new(), Vec::new());
    for (path, result) in files.into_iter().zip(results) {
        match result {
            Ok(Some(file)) => {
                files_read.push(path);
                read.push(file);
            }
            Ok(None) => told.aside.push((path, "it holds no label".into())),
            Err(why) => told.aside.push((path, format!("{why:#}"))),
        }
    }
    if read.is_empty() {
        return Ok(None);
    }
    let cubes = sites.iter().map(|site| (site.name.clone(), spec.project.join(cube_folder(&site.name))));
    let import = ImportSpec {
        files: files_read,
        known: Some(Arc::new(ReadLabels { files: read, reading: settings.reading.clone() })),
        settings,
        legend: spec.legend.clone(),
        first_id: spec.first_id,
        buffer_m: spec.buffer_m,
        cubes: cubes.filter(|(_, path)| path.join("zarr.json").exists()).collect(),
        annotations: spec.annotations.clone(),
    };
    match import_labels(&import, context)? {
        Outcome::Imported(imported) => {
            let skipped = imported.told.skipped.iter().filter(|one| one.feature > 0);
            let why =
                |one: &import::Told| (one.file.clone(), format!("feature {}: {}", one.feature, one.why));
            told.aside.extend(skipped.map(why));
            Ok(Some(imported))
        }
        _ => bail!("labels were asked for and none came"),
    }
}
