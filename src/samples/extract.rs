//! From annotations on a cube to samples.

use super::{SampleError, SampleSet};
use crate::cube::{CHUNK, Cube, CubeError, CubeInfo, Feature, Series};
use crate::labels::{Annotation, AnnotationId, ClassCode, Confidence, core_of};
use crate::progress::{Cancel, Progress, Report};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

/// What was left out, and why.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExtractReport {
    /// Annotations without a pure pixel, with why (outside of the cube, emptied by the buffer …).
    pub without_pixels: Vec<(AnnotationId, String)>,
    /// Pixels claimed by annotations of different classes, used for none.
    pub claimed_twice: usize,
    /// Pixels without a single observation in some band, used for none.
    pub without_observation: usize,
    /// Classes that have annotations but no sample left.
    pub classes_without_samples: Vec<ClassCode>,
}

/// Reads the series of all pure pixels of the sure annotations. `buffer_m` is the project's inward buffer.
/// Chunks are read once each, in parallel.
///
/// Samples come in the order of the annotations, and of rows within one. A pixel that several annotations of one class
/// claim belongs to the first of them.
///
/// # Errors
/// When the cube cannot be read; when asked to stop.
pub fn extract(
    cube: &Cube,
    annotations: &[Annotation],
    buffer_m: f64,
    report: Report,
    cancel: &Cancel,
) -> Result<(SampleSet, ExtractReport), SampleError> {
    extract_features(cube, &Feature::all_bands(&cube.info().bands), annotations, buffer_m, report, cancel)
}

/// As [`extract`], with these bands and indices. An index is computed from each date's bands before gaps are filled: where
/// one of its bands is a gap, so is the index.
///
/// # Errors
/// As [`extract`].
pub fn extract_features(
    cube: &Cube,
    features: &[Feature],
    annotations: &[Annotation],
    buffer_m: f64,
    report: Report,
    cancel: &Cancel,
) -> Result<(SampleSet, ExtractReport), SampleError> {
    let read = |chunk: (u32, u32), pixels: &[Pixel]| {
        let decoded = cube.chunk(chunk)?;
        Ok(pixels.iter().map(|p| columns(features, &cube.series_in(&decoded, p.col, p.row))).collect())
    };
    extract_with(cube.info(), features, &read, annotations, buffer_m, report, cancel)
}

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

fn extract_with(
    info: &CubeInfo,
    features: &[Feature],
    read: ReadChunk,
    annotations: &[Annotation],
    buffer_m: f64,
    report: Report,
    cancel: &Cancel,
) -> Result<(SampleSet, ExtractReport), SampleError> {
    let mut left_out = ExtractReport::default();
    let claims = claims(info, annotations, buffer_m, &mut left_out, report, cancel)?;
    let (pixels, claimed_twice) = settle(claims, |i| annotations[i].class);
    left_out.claimed_twice = claimed_twice;

    let mut in_chunks: Vec<(usize, Pixel)> = pixels.iter().copied().enumerate().collect();
    in_chunks.par_sort_unstable_by_key(|(i, p)| (p.chunk().1, p.chunk().0, *i));
    let groups: Vec<&[(usize, Pixel)]> = in_chunks.chunk_by(|a, b| a.1.chunk() == b.1.chunk()).collect();
    let (done, total) = (AtomicU64::new(0), groups.len() as u64);
    let mut series: Vec<(usize, Series)> = groups
        .par_iter()
        .filter_map(|group| Some((group, group.first()?.1.chunk())))
        .map(|(group, chunk)| {
            cancel.check()?;
            let members: Vec<Pixel> = group.iter().map(|(_, pixel)| *pixel).collect();
            let series = read(chunk, &members)?;
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            report(Progress::new(done, total, "Reading samples"));
            Ok::<_, SampleError>(group.iter().map(|(i, _)| *i).zip(series).collect::<Vec<_>>())
        })
        .collect::<Result<Vec<_>, _>>()?
        .concat();
    series.sort_unstable_by_key(|(i, _)| *i);

    let mut set = SampleSet {
        bands: features.iter().map(|feature| feature.name.clone()).collect(),
        features: features.iter().map(Feature::record).collect(),
        dates: info.dates.clone(),
        values: vec![],
        classes: vec![],
        annotations: vec![],
        places: vec![],
    };
    for (i, series) in series {
        if !observed_in_every_band(&series) {
            left_out.without_observation += 1;
            continue;
        }
        let Pixel { annotation, row, col } = pixels[i];
        set.values.extend(series.values);
        set.classes.push(annotations[annotation].class);
        set.annotations.push(annotations[annotation].id);
        set.places.push((col, row));
    }
    let annotated: BTreeSet<ClassCode> = annotations.iter().map(|a| a.class).collect();
    let sampled: BTreeSet<ClassCode> = set.classes.iter().copied().collect();
    left_out.classes_without_samples = annotated.difference(&sampled).copied().collect();
    Ok((set, left_out))
}

/// The pure pixels of every sure annotation, in the order of the annotations.
fn claims(
    info: &CubeInfo,
    annotations: &[Annotation],
    buffer_m: f64,
    left_out: &mut ExtractReport,
    report: Report,
    cancel: &Cancel,
) -> Result<Vec<Pixel>, SampleError> {
    let done = AtomicU64::new(0);
    let total = annotations.len() as u64;
    let cores: Vec<Result<Vec<Pixel>, String>> = annotations
        .par_iter()
        .enumerate()
        .map(|(i, annotation)| {
            cancel.check()?;
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            report(Progress::new(done, total, "Laying annotations on the grid"));
            if annotation.confidence != Confidence::Sure {
                return Ok(Ok(vec![]));
            }
            let buffer_m = annotation.buffer_m.unwrap_or(buffer_m);
            Ok::<_, SampleError>(match core_of(&annotation.geometry, &info.grid, buffer_m) {
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

fn observed_in_every_band(series: &Series) -> bool {
    (0..series.bands).all(|band| (0..series.times).any(|time| !series.value(time, band).is_nan()))
}

#[cfg(test)]
mod tests;
