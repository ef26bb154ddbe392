//! From annotations on a cube to samples.

use super::{Rows, SampleError, SampleSet};
use crate::cube::{CHUNK, Cube, CubeError, CubeInfo, Feature, Filling, Series};
use crate::labels::{Annotation, AnnotationId, Buffers, ClassCode, Confidence, core_of_annotation};
use crate::progress::{Cancel, Progress, Report};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What to read, and for whom.
#[derive(Debug, Clone, Copy)]
pub struct ExtractSpec<'a> {
    /// Bands and indices, in the order of the samples. An index is computed from each date's bands before gaps are filled:
    /// where one of its bands is a gap, so is the index.
    pub features: &'a [Feature],
    /// All annotations; only the sure ones give samples, and only those that hold at all dates of the cube.
    pub annotations: &'a [Arc<Annotation>],
    /// Whether the likely ones give samples too.
    pub take_likely: bool,
    /// The inward buffers.
    pub buffers: &'a Buffers,
    /// How gaps will be filled: what could not be used then is left out.
    pub filling: Filling,
}

/// What was left out, and why.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExtractReport {
    /// Annotations without a pure pixel, with why (outside of the cube, emptied by the buffer …).
    pub without_pixels: Vec<(AnnotationId, String)>,
    /// Pixels claimed by annotations of different classes, used for none.
    pub claimed_twice: usize,
    /// Pixels without a single observation in some band, used for none.
    pub without_observation: usize,
    /// Pixels with some gap, used for none, where gaps are not to be filled.
    pub with_gaps: usize,
    /// Damaged chunks, each in a sentence, in order of rows.
    pub damaged: Vec<String>,
    /// Pixels in damaged chunks, used for none.
    pub in_damaged: usize,
    /// Classes that have annotations but no sample left.
    pub classes_without_samples: Vec<ClassCode>,
}

/// Why a series cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lack {
    /// A band was never observed.
    Observation,
    /// It has gaps, which are not filled.
    Filling,
}

/// What a series (`time x band`) lacks to be used, once its gaps are filled in this way.
pub(super) fn lacks(series: &[f32], bands: usize, filling: Filling) -> Option<Lack> {
    let mut of_bands = (0..bands).map(|band| series.iter().skip(band).step_by(bands));
    if series.iter().all(|value| value.is_finite()) {
        None
    } else if of_bands.any(|mut band| !band.any(|value| value.is_finite())) {
        Some(Lack::Observation)
    } else {
        (filling == Filling::Off).then_some(Lack::Filling)
    }
}

/// Reads the series of all pure pixels of the sure annotations. Chunks are read once each, in parallel; the pixels of
/// damaged ones are left out.
///
/// Samples come in the order of the annotations, and of rows within one. A pixel that several annotations of one class
/// claim belongs to the first of them.
///
/// # Errors
/// When the cube cannot be read, or every chunk that is needed is damaged; when asked to stop.
pub fn extract(
    cube: &Cube,
    spec: &ExtractSpec,
    report: Report,
    cancel: &Cancel,
) -> Result<(SampleSet, ExtractReport), SampleError> {
    let read = |chunk: (u32, u32), pixels: &[Pixel]| {
        let decoded = cube.decode(chunk)?;
        Ok(pixels.iter().map(|p| columns(spec.features, &cube.series_in(&decoded, p.col, p.row))).collect())
    };
    extract_with(cube.info(), spec, &read, report, cancel)
}

/// As [`extract`], but hands the samples on in parts of at most `at_most` pixels, so that no more of them are in memory at
/// once. A chunk that holds pixels of several parts is read for each.
///
/// # Errors
/// As [`extract`], and what `take` gives.
pub fn extract_in_parts(
    cube: &Cube,
    spec: &ExtractSpec,
    at_most: usize,
    take: TakePart,
    report: Report,
    cancel: &Cancel,
) -> Result<ExtractReport, SampleError> {
    let read = |chunk: (u32, u32), pixels: &[Pixel]| {
        let decoded = cube.decode(chunk)?;
        Ok(pixels.iter().map(|p| columns(spec.features, &cube.series_in(&decoded, p.col, p.row))).collect())
    };
    extract_parts(cube.info(), spec, at_most.max(1), &read, take, report, cancel)
}

/// Takes a part of the samples.
pub type TakePart<'a> = &'a mut dyn FnMut(SampleSet) -> Result<(), SampleError>;

/// The series of bands and indices, from that of all bands.
fn columns(features: &[Feature], series: &Series) -> Series {
    let mut out = Series::empty(series.times, features.len());
    for (place, feature) in features.iter().enumerate() {
        let values = feature.series(series);
        out.values
            .iter_mut()
            .skip(place)
            .step_by(features.len())
            .zip(values)
            .for_each(|(to, value)| *to = value);
    }
    out
}

/// A pure pixel and who claims it. The order is that of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pixel {
    /// The place of the annotation in the list of them.
    annotation: usize,
    row: u32,
    col: u32,
}

impl Pixel {
    fn chunk(self) -> (u32, u32) {
        (self.col / CHUNK, self.row / CHUNK)
    }
}

/// Reads the series of pixels that all lie in one chunk (across, down).
type ReadChunk<'a> = &'a (dyn Fn((u32, u32), &[Pixel]) -> Result<Vec<Series>, CubeError> + Sync);

/// Pixels that are read at once: of twelve dates and ten bands, 250 MB.
const AT_ONCE: usize = 1 << 19;

/// What came of one chunk: series with the places of their pixels, or why it is damaged and how many pixels it would have
/// given.
type ChunkSeries = Result<Vec<(usize, Series)>, (CubeError, usize)>;

fn extract_with(
    info: &CubeInfo,
    spec: &ExtractSpec,
    read: ReadChunk,
    report: Report,
    cancel: &Cancel,
) -> Result<(SampleSet, ExtractReport), SampleError> {
    let mut set = empty_set(info, spec);
    let mut take = |part: SampleSet| set.append(&part);
    let left_out = extract_parts(info, spec, AT_ONCE, read, &mut take, report, cancel)?;
    Ok((set, left_out))
}

/// A set of what is asked for, without samples.
fn empty_set(info: &CubeInfo, spec: &ExtractSpec) -> SampleSet {
    SampleSet {
        bands: spec.features.iter().map(|feature| feature.name.clone()).collect(),
        features: spec.features.iter().map(Feature::record).collect(),
        dates: info.dates.clone(),
        values: Rows::new(info.dates.len() * spec.features.len()),
        classes: vec![],
        annotations: vec![],
        places: vec![],
        locations: Vec::new(),
    }
}

/// Reads samples, at most `at_most` pixels at once, and hands each part on.
fn extract_parts(
    info: &CubeInfo,
    spec: &ExtractSpec,
    at_most: usize,
    read: ReadChunk,
    take: TakePart,
    report: Report,
    cancel: &Cancel,
) -> Result<ExtractReport, SampleError> {
    let ExtractSpec { annotations, .. } = *spec;
    let mut left_out = ExtractReport::default();
    let claims = claims(info, spec, &mut left_out, report, cancel)?;
    let (pixels, claimed_twice) = settle(claims, |i| annotations[i].class);
    left_out.claimed_twice = claimed_twice;

    // Chunks read so far, those of them that are damaged, and why the first one is.
    let (mut chunks, mut damaged, mut first) = (0, 0, None);
    let mut sampled: BTreeSet<ClassCode> = BTreeSet::new();
    for (i, part) in pixels.chunks(at_most).enumerate() {
        let whole = (pixels.len(), i * at_most.min(pixels.len()));
        let groups = read_part(part, whole, read, report, cancel)?;
        chunks += groups.len();
        damaged += groups.iter().filter(|group| group.is_err()).count();
        let mut series = gather(groups, &mut left_out, &mut first);
        series.sort_unstable_by_key(|(i, _)| *i);
        let set = usable(empty_set(info, spec), part, series, spec, &mut left_out)?;
        sampled.extend(&set.classes);
        take(set)?;
    }
    if let Some(damage) = first
        && damaged == chunks
    {
        return Err(damage.into());
    }
    let annotated: BTreeSet<ClassCode> = annotations.iter().map(|a| a.class).collect();
    left_out.classes_without_samples = annotated.difference(&sampled).copied().collect();
    Ok(left_out)
}

/// The series of some pixels, chunk by chunk. `whole` is how many pixels there are in all, and how many were read before.
fn read_part(
    pixels: &[Pixel],
    (all, before): (usize, usize),
    read: ReadChunk,
    report: Report,
    cancel: &Cancel,
) -> Result<Vec<ChunkSeries>, SampleError> {
    let mut in_chunks: Vec<(usize, Pixel)> = pixels.iter().copied().enumerate().collect();
    in_chunks.par_sort_unstable_by_key(|(i, p)| (p.chunk().1, p.chunk().0, *i));
    let groups: Vec<&[(usize, Pixel)]> = in_chunks.chunk_by(|a, b| a.1.chunk() == b.1.chunk()).collect();
    let done = AtomicU64::new(before as u64);
    groups
        .par_iter()
        .filter_map(|group| Some((group, group.first()?.1.chunk())))
        .map(|(group, chunk)| {
            cancel.check()?;
            let members: Vec<Pixel> = group.iter().map(|(_, pixel)| *pixel).collect();
            let series = match read(chunk, &members) {
                Err(damage @ CubeError::Damaged { .. }) => Err((damage, members.len())),
                other => Ok(group.iter().map(|(i, _)| *i).zip(other?).collect()),
            };
            let more = members.len() as u64;
            let done = done.fetch_add(more, Ordering::Relaxed) + more;
            report(Progress::new(done, all as u64, "Reading samples"));
            Ok::<_, SampleError>(series)
        })
        .collect()
}

/// Puts series that can be used into a set; the others are counted.
fn usable(
    mut set: SampleSet,
    pixels: &[Pixel],
    series: Vec<(usize, Series)>,
    spec: &ExtractSpec,
    left_out: &mut ExtractReport,
) -> Result<SampleSet, SampleError> {
    for (i, series) in series {
        match lacks(&series.values, series.bands, spec.filling) {
            Some(Lack::Observation) => left_out.without_observation += 1,
            Some(Lack::Filling) => left_out.with_gaps += 1,
            None => {
                let Pixel { annotation, row, col } = pixels[i];
                set.values.push(&series.values)?;
                set.classes.push(spec.annotations[annotation].class);
                set.annotations.push(spec.annotations[annotation].id);
                set.places.push((col, row));
            }
        }
    }
    Ok(set)
}

/// The series of all chunks together; damaged ones are noted down, each once.
fn gather(
    groups: Vec<ChunkSeries>,
    left_out: &mut ExtractReport,
    first: &mut Option<CubeError>,
) -> Vec<(usize, Series)> {
    let mut series = Vec::new();
    for group in groups {
        match group {
            Ok(more) => series.extend(more),
            Err((damage, pixels)) => {
                let words = damage.to_string();
                if !left_out.damaged.contains(&words) {
                    left_out.damaged.push(words);
                }
                left_out.in_damaged += pixels;
                first.get_or_insert(damage);
            }
        }
    }
    series
}

/// The pure pixels of every annotation that is to give samples, in the order of the annotations.
fn claims(
    info: &CubeInfo,
    spec: &ExtractSpec,
    left_out: &mut ExtractReport,
    report: Report,
    cancel: &Cancel,
) -> Result<Vec<Pixel>, SampleError> {
    let done = AtomicU64::new(0);
    let annotations = spec.annotations;
    let total = annotations.len() as u64;
    let cores: Vec<Result<Vec<Pixel>, String>> = annotations
        .par_iter()
        .enumerate()
        .map(|(i, annotation)| {
            cancel.check()?;
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            report(Progress::new(done, total, "Laying annotations on the grid"));
            if annotation.confidence != Confidence::Sure && !spec.take_likely {
                return Ok(Ok(vec![]));
            }
            if !annotation.holds.at_all(&info.dates) {
                return Ok(Err("it does not hold at all dates of the cube".into()));
            }
            Ok::<_, SampleError>(match core_of_annotation(annotation, &info.grid, spec.buffers) {
                Ok(core) => match core.emptied {
                    Some(why) => Err(why.to_string()),
                    None => Ok(core
                        .pure_pixels
                        .into_iter()
                        .map(|(col, row)| Pixel { annotation: i, row, col })
                        .collect()),
                },
                Err(error) => Err(error.to_string()),
            })
        })
        .collect::<Result<_, _>>()?;
    let mut claims = Vec::new();
    for (annotation, core) in annotations.iter().zip(cores) {
        match core {
            Ok(pixels) => claims.extend(pixels),
            Err(why) => left_out.without_pixels.push((annotation.id, why)),
        }
    }
    Ok(claims)
}

/// One claim a pixel, in the order of samples, and how many pixels were claimed for different classes and so left out.
fn settle(mut claims: Vec<Pixel>, class_of: impl Fn(usize) -> ClassCode) -> (Vec<Pixel>, usize) {
    claims.par_sort_unstable_by_key(|p| (p.row, p.col, p.annotation));
    let mut settled = Vec::with_capacity(claims.len());
    let mut claimed_twice = 0;
    for claims in claims.chunk_by(|a, b| (a.row, a.col) == (b.row, b.col)) {
        let Some(first) = claims.first() else { continue };
        if claims.iter().all(|p| class_of(p.annotation) == class_of(first.annotation)) {
            settled.push(*first);
        } else {
            claimed_twice += 1;
        }
    }
    settled.par_sort_unstable();
    (settled, claimed_twice)
}

#[cfg(test)]
mod tests;
