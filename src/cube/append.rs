//! Adding later steps to a cube; what it holds already is not written again.
//!
//! Chunks hold as many steps as the cube had at first. New ones go into chunks of their own behind them, which fill up
//! until they hold as many.

use super::build::{BuildSpec, Made, Site, flush, prepare};
use super::layout::Layout;
use super::metadata::{write_metadata, write_root};
use super::plan::{Plan, input};
use super::write::{Slot, Target, write_pixels};
use super::{BuildSettings, Cube, CubeError, CubeInfo};
use crate::progress::{Cancel, Report};
use chrono::Days;
use std::path::{Path, PathBuf};

/// Adds what is later than the cube's last step, in the way the cube was made (period, method, masks, bands); of the
/// settings given only the days, the grid and the offset count. A stop leaves the cube as it was.
///
/// # Errors
/// When there is nothing later, the inputs do not fit the cube, or the disk is full; each with the way out.
pub fn append(
    spec: &BuildSpec,
    store: &Path,
    report: Report,
    cancel: &Cancel,
) -> Result<CubeInfo, CubeError> {
    Cube::open(store)?;
    // Nobody else adds to it from here on, so that what is read now is what more is added to.
    let site = Site::new(store)?;
    let cube = Cube::open(store)?;
    let (old, made) = (cube.info(), cube.made());
    let last = made.spans.last().map(|span| span.1).or(old.dates.last().copied());
    let next = last.and_then(|last| last.checked_add_days(Days::new(1)));
    let settings = BuildSettings {
        bands: Some(old.bands.iter().map(|band| band.name.clone()).collect()),
        from: spec.settings.from.max(next),
        to: spec.settings.to,
        grid: spec.settings.grid.clone(),
        offset: spec.settings.offset,
        ..made.settings.clone()
    };
    if !spec.found.acquisitions.iter().any(|a| settings.from.is_none_or(|from| a.date >= from)) {
        return Err(input(format!(
            "nothing here is later than the cube's last step, which ends on {}. Only later steps can be added; build the cube again to put others in",
            last.unwrap_or_default()
        )));
    }
    let spec = BuildSpec { found: spec.found.clone(), settings };
    let mut plan = Plan::onto(&spec, Some(old))?;
    plan.has_mask = made.has_mask;
    let dropped = prepare(&mut plan, &spec, store, report, cancel)?;

    let mut all = old.clone();
    all.dates.extend(&plan.info.dates);
    let more = Made::of(&plan, &spec, dropped);
    let mut made = made.clone();
    made.spans.extend(more.spans);
    made.acquisitions.extend(more.acquisitions);
    made.dropped.extend(more.dropped);
    let layout = layout_of(&cube);
    let folder = site.new_store();
    let failed = |why| CubeError::Write { path: store.to_owned(), why };
    let arrays = write_metadata(&all, &made, &layout, &folder).map_err(failed)?;

    let (before, times) = (old.dates.len(), layout.times);
    let mut shares = vec![0.0; plan.steps.len()];
    for block in before / times..all.dates.len().div_ceil(times) {
        let steps = block * times..((block + 1) * times).min(all.dates.len());
        let slots = steps.map(|step| match step.checked_sub(before) {
            Some(new) => Slot::New(new),
            None => Slot::Old(&cube, step),
        });
        let target = Target {
            arrays: &arrays,
            layout: &layout,
            folder: &folder,
            time_block: block as u64,
            slots: slots.collect(),
        };
        let of_block = write_pixels(&plan, &target, report, cancel)?;
        shares.iter_mut().zip(of_block).for_each(|(share, more)| *share += more);
    }
    made.clear_shares.extend(shares);
    write_root(&all, &made, &folder).map_err(failed)?;
    cancel.check()?;
    flush(&folder).map_err(failed)?;
    move_in(&folder, store).map_err(|error| failed(format!("{error}. Check the rights of the folder")))?;
    Ok(Cube::open(store)?.info().clone())
}

/// How the cube is cut already.
fn layout_of(cube: &Cube) -> Layout {
    let (times, shard) = cube.cut();
    let usual = Layout::new(cube.info(), times);
    if usual.shard == shard { usual } else { Layout { times, shard, tile: shard, tiles_across: 1 } }
}

/// Moves the new files into the store: pixels first, which nobody looks at yet, and last the root's metadata, which tells
/// of them.
fn move_in(new: &Path, store: &Path) -> std::io::Result<()> {
    let mut files = Vec::new();
    list(new, &mut files)?;
    let root = new.join("zarr.json");
    let is_pixels = |path: &PathBuf| {
        let inside = path.strip_prefix(new).unwrap_or(path);
        let array = inside.iter().next().and_then(|name| name.to_str()).unwrap_or_default();
        ["data", "mask", "clear_count", "mosaics"].contains(&array) && !path.ends_with("zarr.json")
    };
    files.sort_by_key(|path| (*path == root, !is_pixels(path)));
    for file in files {
        let target = store.join(file.strip_prefix(new).unwrap_or(&file));
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::rename(&file, &target)?;
    }
    Ok(())
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { list(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
