//! From files to the store, block by block, within bounded memory.

use super::composite::{Composed, compose};
use super::layout::Layout;
use super::masks::PixelState;
use super::metadata::{Arrays, MOSAICS, keep_all};
use super::new_files::NewFiles;
use super::plan::{Input, Plan, StepPlan};
use super::read_inputs::{OpenFiles, rows_of};
use super::store::word_of;
use super::{Cube, CubeError, CubeInfo, Period};
use crate::geo::raster::PixelType;
use crate::geo::{GeoError, Grid, TiledSpec, TiledWriter, Window};
use crate::progress::{Cancel, Progress, Report};
use chrono::NaiveDate;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use zarrs::array::{Array, ArrayBytes};

/// Bytes of the observations of one step that are in memory at once, a thread.
const STACK_BYTES: usize = 64 << 20;

/// A pixel as it lies in memory while a block is worked on.
trait Stored: Copy + Send + Sync + 'static {
    fn of(value: f32, info: &CubeInfo, nodata: Self) -> Self;
    fn nodata(info: &CubeInfo) -> Self;
    /// The same for pixels that are the same, also where they are no number.
    fn key(self) -> u32;
    /// Reads pixels that need no change but that of nodata, the quick way; `None` where there is none.
    fn read_as_is(
        files: &mut OpenFiles,
        input: &Input,
        info: &CubeInfo,
        window: Window,
    ) -> Option<Result<Vec<Self>, CubeError>>;
    fn write(writer: &mut TiledWriter, band: usize, window: Window, values: &[Self]) -> Result<(), GeoError>;
    fn bytes(values: Vec<Self>) -> ArrayBytes<'static>;
    /// The pixels of a chunk that is stored already.
    fn of_chunk(cube: &Cube, chunk: (u32, u32)) -> Result<Vec<Self>, CubeError>;
}

impl Stored for u16 {
    fn of(value: f32, info: &CubeInfo, nodata: Self) -> Self {
        if value.is_nan() {
            return nodata;
        }
        // Halves go to the even number, as NumPy has it; what the type cannot hold stops at its ends.
        let whole = value.round_ties_even();
        let word = match info.pixel_type {
            PixelType::Int16 => (whole as i16).cast_unsigned(),
            _ => whole as u16,
        };
        if word == nodata { word.wrapping_add(1) } else { word }
    }

    fn nodata(info: &CubeInfo) -> Self {
        word_of(info.nodata, info.pixel_type).unwrap_or_default()
    }

    fn key(self) -> u32 {
        self.into()
    }

    fn read_as_is(
        files: &mut OpenFiles,
        input: &Input,
        info: &CubeInfo,
        window: Window,
    ) -> Option<Result<Vec<Self>, CubeError>> {
        let fits = match info.pixel_type {
            PixelType::Int16 => ["Int16", "Byte"].contains(&input.pixel_type.as_str()),
            _ => ["UInt16", "Byte"].contains(&input.pixel_type.as_str()),
        };
        if !fits || input.linear.is_some() || input.warp.is_some() {
            return None;
        }
        let (own, nodata) = (input.nodata.and_then(|n| word_of(n, info.pixel_type)), Self::nodata(info));
        let mut read = || {
            let (reader, index) = files.reader(input, &info.grid)?;
            let mut words = reader.read_16(index, window, info.pixel_type)?;
            if let Some(own) = own.filter(|own| *own != nodata) {
                words.iter_mut().filter(|word| **word == own).for_each(|word| *word = nodata);
            }
            Ok(words)
        };
        Some(read())
    }

    fn write(writer: &mut TiledWriter, band: usize, window: Window, values: &[Self]) -> Result<(), GeoError> {
        writer.write_words(band, window, values)
    }

    fn bytes(values: Vec<Self>) -> ArrayBytes<'static> {
        ArrayBytes::new_flen(zarrs::array::transmute_to_bytes_vec(values))
    }

    fn of_chunk(cube: &Cube, chunk: (u32, u32)) -> Result<Vec<Self>, CubeError> {
        Ok(cube.decode_as_stored(chunk)?.words().to_vec())
    }
}

impl Stored for f32 {
    fn of(value: f32, _: &CubeInfo, _: Self) -> Self {
        value
    }

    fn nodata(_: &CubeInfo) -> Self {
        f32::NAN
    }

    fn key(self) -> u32 {
        if self.is_nan() { u32::MAX } else { self.to_bits() }
    }

    fn read_as_is(
        _: &mut OpenFiles,
        _: &Input,
        _: &CubeInfo,
        _: Window,
    ) -> Option<Result<Vec<Self>, CubeError>> {
        None
    }

    fn write(writer: &mut TiledWriter, band: usize, window: Window, values: &[Self]) -> Result<(), GeoError> {
        writer.write_floats(band, window, values)
    }

    fn bytes(values: Vec<Self>) -> ArrayBytes<'static> {
        ArrayBytes::new_flen(zarrs::array::transmute_to_bytes_vec(values))
    }

    fn of_chunk(cube: &Cube, chunk: (u32, u32)) -> Result<Vec<Self>, CubeError> {
        Ok(cube.decode_as_stored(chunk)?.floats().to_vec())
    }
}

/// Where a block of time is written: `slots` are its steps in order, some of which lie in an older cube.
pub(super) struct Target<'a> {
    pub arrays: &'a Arrays,
    pub layout: &'a Layout,
    /// The store's folder.
    pub folder: &'a Path,
    /// Which chunk along time.
    pub time_block: u64,
    pub slots: Vec<Slot<'a>>,
}

/// One step in a block of time.
#[derive(Clone, Copy)]
pub(super) enum Slot<'a> {
    /// To be made; its place in the plan.
    New(usize),
    /// Copied from a cube that has it, at this place in its chunks.
    Old(&'a Cube, usize),
}

/// Writes one block of time and the mosaics of its new steps. Gives the share of pixels that each new step shows, by its
/// place in the plan.
pub(super) fn write_pixels(
    plan: &Plan,
    target: &Target,
    report: Report,
    cancel: &Cancel,
) -> Result<Vec<f32>, CubeError> {
    match plan.info.pixel_type {
        PixelType::Float32 => write_as::<f32>(plan, target, report, cancel),
        PixelType::Int16 | PixelType::Uint16 => write_as::<u16>(plan, target, report, cancel),
    }
}

fn write_as<S: Stored>(
    plan: &Plan,
    target: &Target,
    report: Report,
    cancel: &Cancel,
) -> Result<Vec<f32>, CubeError> {
    let info = &plan.info;
    let Target { layout, .. } = target;
    let blocks = layout.blocks(&info.grid);
    let new: Vec<usize> = target
        .slots
        .iter()
        .filter_map(|slot| match slot {
            Slot::New(step) => Some(*step),
            Slot::Old(..) => None,
        })
        .collect();
    let shards: usize = blocks.iter().map(|block| layout.shards_of(*block).len()).sum();
    let total = (blocks.len() * new.len() + shards + new.len()) as u64;
    let done = AtomicU64::new(0);
    let step_done =
        |what: String| report(Progress::new(done.fetch_add(1, Ordering::Relaxed) + 1, total, what));

    crate::files::allow_many_open_files();
    let mosaics: Vec<Mutex<TiledWriter>> =
        new.iter().map(|step| create_mosaic(plan, layout, target.folder, *step)).collect::<Result<_, _>>()?;
    let shown: Vec<AtomicU64> = plan.steps.iter().map(|_| AtomicU64::new(0)).collect();
    for block in blocks {
        let mut buffers: Vec<ShardBuffer<S>> =
            layout.shards_of(block).into_iter().map(|shard| ShardBuffer::new(plan, layout, shard)).collect();
        // Each slot fills its part of every shard in the block.
        let mut parts: Vec<Vec<Part<S>>> = target.slots.iter().map(|_| Vec::new()).collect();
        for buffer in &mut buffers {
            for (slot, part) in buffer.parts(layout, info.bands.len()).take(parts.len()).enumerate() {
                parts[slot].push(part);
            }
        }
        parts.into_par_iter().zip(&target.slots).try_for_each(|(mut parts, slot)| {
            cancel.check()?;
            match slot {
                Slot::Old(cube, time) => copy_old(cube, *time, layout, &mut parts),
                Slot::New(step) => {
                    let planes = read_step::<S>(plan, &plan.steps[*step], block, cancel)?;
                    shown[*step].fetch_add(planes.shown(plan, block) as u64, Ordering::Relaxed);
                    for part in &mut parts {
                        part.fill(&planes, block, layout);
                    }
                    if let Some(mosaic) = new.iter().position(|other| other == step).map(|at| &mosaics[at]) {
                        // Nobody else writes this step; a poisoned lock only means that another step failed.
                        let mut mosaic = mosaic.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                        for (band, plane) in planes.bands.iter().enumerate() {
                            S::write(&mut mosaic, band, block, plane)?;
                        }
                    }
                    step_done(format!("Reading {}", plan.steps[*step].date));
                    Ok(())
                }
            }
        })?;
        for buffer in buffers {
            cancel.check()?;
            buffer.store(target)?;
            step_done("Writing".into());
        }
    }
    mosaics.into_par_iter().try_for_each(|mosaic| {
        cancel.check()?;
        mosaic.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).finish()?;
        step_done("Writing overviews".into());
        Ok::<_, CubeError>(())
    })?;
    let pixels = info.grid.pixels() as f32;
    Ok(shown.iter().map(|shown| shown.load(Ordering::Relaxed) as f32 / pixels).collect())
}

/// The file of a step's mosaic in a store.
pub(super) fn mosaic_path(folder: &Path, date: NaiveDate) -> PathBuf {
    folder.join(MOSAICS).join(format!("{date}.tif"))
}

fn create_mosaic(
    plan: &Plan,
    layout: &Layout,
    folder: &Path,
    step: usize,
) -> Result<Mutex<TiledWriter>, CubeError> {
    let info = &plan.info;
    let names: Vec<&str> = info.bands.iter().map(|band| band.name.as_str()).collect();
    let scaling: Vec<Option<(f64, f64)>> = info
        .bands
        .iter()
        .map(|band| (band.knowledge.scale.factor, band.knowledge.scale.offset))
        .map(|scaling| (scaling != (1.0, 0.0)).then_some(scaling))
        .collect();
    let spec = TiledSpec {
        grid: &info.grid,
        bands: &names,
        scaling: &scaling,
        kind: info.pixel_type,
        nodata: info.nodata,
        tile: layout.tile,
    };
    Ok(Mutex::new(TiledWriter::create(&mosaic_path(folder, plan.steps[step].date), &spec)?))
}

/// What a step shows of a block.
struct Planes<S> {
    bands: Vec<Vec<S>>,
    states: Option<Vec<u8>>,
    counts: Option<Vec<u8>>,
}

impl<S: Stored> Planes<S> {
    /// Pixels with a clear observation.
    fn shown(&self, plan: &Plan, block: Window) -> usize {
        match &self.states {
            Some(states) => states.iter().filter(|state| **state == PixelState::Clear as u8).count(),
            None => {
                let nodata = S::key(S::nodata(&plan.info));
                (0..block.pixels())
                    .filter(|&pixel| self.bands.iter().any(|band| S::key(band[pixel]) != nodata))
                    .count()
            }
        }
    }
}

/// The block of a step as it will be stored.
fn read_step<S: Stored>(
    plan: &Plan,
    step: &StepPlan,
    block: Window,
    cancel: &Cancel,
) -> Result<Planes<S>, CubeError> {
    let info = &plan.info;
    let mut files = OpenFiles::default();
    let nodata = S::nodata(info);
    if let ([only], Period::None) = (step.observations.as_slice(), plan.settings.period) {
        // One acquisition is kept as it is, its clouds marked and not taken out.
        let mut bands = Vec::with_capacity(only.bands.len());
        for input in &only.bands {
            cancel.check()?;
            bands.push(match S::read_as_is(&mut files, input, info, block) {
                Some(words) => words?,
                None => {
                    let values = files.values(input, &info.grid, block)?;
                    values.into_iter().map(|value| S::of(value, info, nodata)).collect()
                }
            });
        }
        if !plan.has_mask {
            return Ok(Planes { bands, states: None, counts: None });
        }
        let mut states = files.states(plan, only, block)?;
        let empty = S::key(nodata);
        for (pixel, state) in states.iter_mut().enumerate() {
            if bands.iter().all(|band| S::key(band[pixel]) == empty) {
                *state = PixelState::NotObserved as u8;
            }
        }
        let counts = states.iter().map(|state| u8::from(*state == PixelState::Clear as u8)).collect();
        return Ok(Planes { bands, states: Some(states), counts: Some(counts) });
    }

    let mut bands = vec![vec![nodata; block.pixels()]; info.bands.len()];
    let mut states = vec![PixelState::NotObserved as u8; block.pixels()];
    let mut counts = vec![0u8; block.pixels()];
    for strip in strips(block, step.observations.len(), info.bands.len()) {
        let seen = step
            .observations
            .iter()
            .filter(|observation| observation.reaches(strip))
            .map(|observation| files.observe(plan, observation, strip, cancel))
            .collect::<Result<Vec<_>, _>>()?;
        let Composed { values, states: strip_states, counts: strip_counts } =
            compose(seen, info.bands.len(), strip.pixels(), plan.settings.method);
        let start = (strip.row - block.row) as usize * block.width as usize;
        for (band, values) in bands.iter_mut().zip(values.chunks_exact(strip.pixels())) {
            for (to, value) in band[start..].iter_mut().zip(values) {
                *to = S::of(*value, info, nodata);
            }
        }
        states[start..start + strip.pixels()].copy_from_slice(&strip_states);
        counts[start..start + strip.pixels()].copy_from_slice(&strip_counts);
    }
    Ok(Planes { bands, states: Some(states), counts: Some(counts) })
}

/// Bytes of a window of a step as it will be stored, before and after packing.
pub(super) fn sample(
    plan: &Plan,
    step: &StepPlan,
    window: Window,
    cancel: &Cancel,
) -> Result<(usize, usize), CubeError> {
    let bytes = match plan.info.pixel_type {
        PixelType::Float32 => planes_as_bytes(read_step::<f32>(plan, step, window, cancel)?),
        _ => planes_as_bytes(read_step::<u16>(plan, step, window, cancel)?),
    };
    let after = super::metadata::packed_size(&bytes, plan.info.pixel_type.bytes())
        .map_err(|why| CubeError::Input { why })?;
    Ok((bytes.len(), after))
}

fn planes_as_bytes<S: Stored>(planes: Planes<S>) -> Vec<u8> {
    let bytes = planes.bands.into_iter().map(|plane| S::bytes(plane).into_fixed());
    bytes.flatten().flat_map(|bytes| bytes.into_owned()).collect()
}

/// Rows of the block of which all observations fit into memory.
fn strips(block: Window, observations: usize, bands: usize) -> Vec<Window> {
    let row_bytes = 4 * block.width as usize * (bands + 1) * observations.max(1);
    let rows = u32::try_from(STACK_BYTES / row_bytes.max(1)).unwrap_or(u32::MAX).clamp(1, block.height);
    // Whole tiles of the usual files, where possible.
    let rows = if rows >= 128 { rows / 128 * 128 } else { rows };
    (0..block.height)
        .step_by(rows as usize)
        .map(|row| Window { row: block.row + row, height: rows.min(block.height - row), ..block })
        .collect()
}

/// A shard before it is packed.
struct ShardBuffer<S> {
    at: (u32, u32),
    window: Window,
    data: Vec<S>,
    mask: Option<(Vec<u8>, Vec<u8>)>,
}

/// One step's part of a shard.
struct Part<'a, S> {
    window: Window,
    data: &'a mut [S],
    mask: Option<(&'a mut [u8], &'a mut [u8])>,
}

impl<S: Stored> ShardBuffer<S> {
    fn new(plan: &Plan, layout: &Layout, at: (u32, u32)) -> Self {
        let pixels = layout.shard.0 as usize * layout.shard.1 as usize * layout.times;
        let info = &plan.info;
        Self {
            at,
            window: layout.shard_window(at, &info.grid),
            data: vec![S::nodata(info); pixels * info.bands.len()],
            mask: plan.has_mask.then(|| (vec![PixelState::NotObserved as u8; pixels], vec![0; pixels])),
        }
    }

    fn parts(&mut self, layout: &Layout, bands: usize) -> impl Iterator<Item = Part<'_, S>> {
        let plane = layout.shard.0 as usize * layout.shard.1 as usize;
        let window = self.window;
        let mut masks: Vec<Option<(&mut [u8], &mut [u8])>> = match &mut self.mask {
            None => (0..layout.times).map(|_| None).collect(),
            Some((states, counts)) => {
                states.chunks_exact_mut(plane).zip(counts.chunks_exact_mut(plane)).map(Some).collect()
            }
        };
        self.data.chunks_exact_mut(bands * plane).enumerate().map(move |(time, data)| Part {
            window,
            data,
            mask: masks.get_mut(time).and_then(Option::take),
        })
    }

    fn store(self, target: &Target) -> Result<(), CubeError> {
        let failed = |why: String| CubeError::Write {
            path: target.folder.to_owned(),
            why: format!("{why}. Check the free space"),
        };
        let (across, down) = (u64::from(self.at.0), u64::from(self.at.1));
        let time = target.time_block;
        let store = |array: &Array<NewFiles>, at: &[u64], bytes: ArrayBytes| {
            array.store_chunk_opt(at, bytes, &keep_all()).map_err(|error| failed(error.to_string()))
        };
        store(&target.arrays.data, &[time, 0, down, across], S::bytes(self.data))?;
        if let (Some((mask, count)), Some((states, counts))) = (&target.arrays.mask, self.mask) {
            store(mask, &[time, down, across], ArrayBytes::new_flen(states))?;
            store(count, &[time, down, across], ArrayBytes::new_flen(counts))?;
        }
        Ok(())
    }
}

impl<S: Stored> Part<'_, S> {
    /// Takes its pixels out of a step's block.
    fn fill(&mut self, planes: &Planes<S>, block: Window, layout: &Layout) {
        let window = self.window;
        let plane = layout.shard.0 as usize * layout.shard.1 as usize;
        for (to, from) in self.data.chunks_exact_mut(plane).zip(&planes.bands) {
            paste(to, layout.shard.0, from, block, window);
        }
        if let (Some((to_states, to_counts)), Some(states), Some(counts)) =
            (&mut self.mask, &planes.states, &planes.counts)
        {
            paste(to_states, layout.shard.0, states, block, window);
            paste(to_counts, layout.shard.0, counts, block, window);
        }
    }
}

/// Lays the part of a plane that covers `part` of `whole` into the corner of one of `to_width` columns.
fn paste<T: Copy>(to: &mut [T], to_width: u32, plane: &[T], whole: Window, part: Window) {
    for (to, from) in to.chunks_exact_mut(to_width as usize).zip(rows_of(plane, whole, part)) {
        to[..from.len()].copy_from_slice(from);
    }
}

/// Takes one step over from a cube that has it.
fn copy_old<S: Stored>(
    cube: &Cube,
    time: usize,
    layout: &Layout,
    parts: &mut [Part<S>],
) -> Result<(), CubeError> {
    let bands = cube.info().bands.len();
    for part in parts {
        let window = part.window;
        for row in (window.row..window.row + window.height).step_by(super::CHUNK as usize) {
            for col in (window.col..window.col + window.width).step_by(super::CHUNK as usize) {
                let at = cube.chunk_of(col, row);
                let chunk = cube.chunk_window(at);
                let values = S::of_chunk(cube, at)?;
                let plane = layout.shard.0 as usize * layout.shard.1 as usize;
                let start =
                    (row - window.row) as usize * layout.shard.0 as usize + (col - window.col) as usize;
                let width = layout.shard.0;
                for band in 0..bands {
                    let from = &values[(time * bands + band) * chunk.pixels()..][..chunk.pixels()];
                    lay(&mut part.data[band * plane..][..plane], start, width, from, chunk.width);
                }
                if let (Some((states, counts)), Some(old)) = (&mut part.mask, cube.decode_masks(at)?) {
                    let place = time * chunk.pixels()..(time + 1) * chunk.pixels();
                    lay(states, start, width, &old.states[place.clone()], chunk.width);
                    lay(counts, start, width, &old.counts[place], chunk.width);
                }
            }
        }
    }
    Ok(())
}

/// Lays a plane of `width` columns into one of `to_width`, from pixel `start` on.
fn lay<T: Copy>(to: &mut [T], start: usize, to_width: u32, from: &[T], width: u32) {
    for (row, from) in from.chunks_exact(width as usize).enumerate() {
        to[start + row * to_width as usize..][..width as usize].copy_from_slice(from);
    }
}

/// The share of the grid's pixels that are clear in each step, counted; for leaving steps out before anything is written.
pub(super) fn clear_shares(plan: &Plan, report: Report, cancel: &Cancel) -> Result<Vec<f32>, CubeError> {
    let grid: &Grid = &plan.info.grid;
    let windows: Vec<Window> = (0..grid.height)
        .step_by(512)
        .map(|row| Window { col: 0, row, width: grid.width, height: 512 }.cut_to(grid.window()))
        .collect();
    let done = AtomicU64::new(0);
    plan.steps
        .par_iter()
        .map(|step| {
            let mut clear = 0;
            let mut files = OpenFiles::default();
            for window in &windows {
                cancel.check()?;
                let mut any = vec![false; window.pixels()];
                for observation in step.observations.iter().filter(|o| o.reaches(*window)) {
                    let states = files.states(plan, observation, *window)?;
                    // A mask that does not know it is told by the pixels whether they were observed.
                    let knows = observation.mask.as_ref().is_some_and(|(_, rule)| rule.kind.is_some());
                    let seen = match (knows, observation.bands.first()) {
                        (false, Some(band)) => Some(files.values(band, grid, *window)?),
                        _ => None,
                    };
                    for (pixel, any) in any.iter_mut().enumerate() {
                        let observed = seen.as_ref().is_none_or(|values| !values[pixel].is_nan());
                        *any |= observed && states[pixel] == PixelState::Clear as u8;
                    }
                }
                clear += any.into_iter().filter(|any| *any).count();
            }
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            report(Progress::new(
                done,
                plan.steps.len() as u64,
                format!("Counting clear pixels of {}", step.date),
            ));
            Ok(clear as f32 / grid.pixels() as f32)
        })
        .collect()
}
