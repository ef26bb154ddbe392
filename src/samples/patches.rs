//! Patches: the pixels around annotations at one date, for networks that look at neighbours.

use super::{SampleError, SampleSet};
use crate::cube::{Around, Cube, Feature};
use crate::labels::{AnnotationId, ClassCode};
use crate::progress::{Cancel, Progress, Report};
use std::collections::{BTreeMap, HashSet};

/// A pixel of a patch that has a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelledPixel {
    /// Its place in the patch, in order of rows.
    pub at: usize,
    /// Its class.
    pub class: ClassCode,
    /// The annotation that says so.
    pub annotation: AnnotationId,
}

/// A square of pixels around pure pixels of one annotation.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// The annotation it was cut out for.
    pub annotation: AnnotationId,
    /// Raw values, `row x column x feature`, NaN for gaps.
    pub values: Vec<f32>,
    /// The pure pixels it was cut out for: each sample of a site is one of exactly one patch.
    pub own: Vec<LabelledPixel>,
    /// Pure pixels of this and other annotations that lie in it too.
    pub others: Vec<LabelledPixel>,
}

/// Cuts patches of `side` pixels a side out of a cube at a date, so that each sample of `set`, which was read from this
/// cube, lies in the middle half of one. An annotation larger than a quarter of a side gives several.
///
/// # Errors
/// When the cube cannot be read; asked to stop.
pub fn cut_patches(
    cube: &Cube,
    set: &SampleSet,
    features: &[Feature],
    time: usize,
    side: usize,
    report: Report,
    cancel: &Cancel,
) -> Result<Vec<Patch>, SampleError> {
    let part = (side as u32 / 4).max(1);
    let mut groups: BTreeMap<(AnnotationId, u32, u32), Vec<usize>> = BTreeMap::new();
    for (i, (annotation, (col, row))) in set.annotations.iter().zip(&set.places).enumerate() {
        groups.entry((*annotation, row / part, col / part)).or_default().push(i);
    }
    // Who lies where, by cells of a quarter of a side, so that neighbours are found without a walk over all samples.
    let mut cells: BTreeMap<(i64, i64), Vec<usize>> = BTreeMap::new();
    let cell = |at: i64| at.div_euclid(i64::from(part));
    for (i, (col, row)) in set.places.iter().enumerate() {
        cells.entry((cell(i64::from(*row)), cell(i64::from(*col)))).or_default().push(i);
    }
    let (total, mut patches) = (groups.len() as u64, Vec::with_capacity(groups.len()));
    for (done, ((annotation, ..), samples)) in groups.into_iter().enumerate() {
        cancel.check()?;
        report(Progress::new(done as u64, total, "Cutting patches"));
        let middle = |of: &dyn Fn(&(u32, u32)) -> u32| {
            samples.iter().map(|i| u64::from(of(&set.places[*i]))).sum::<u64>() / samples.len() as u64
        };
        let window = Around {
            col: middle(&|place| place.0) as i64 - side as i64 / 2,
            row: middle(&|place| place.1) as i64 - side as i64 / 2,
            width: side,
            height: side,
        };
        let values = cube.around(features, time, window)?;
        let labelled = |i: usize| {
            let (col, row) = set.places[i];
            let (x, y) = (i64::from(col) - window.col, i64::from(row) - window.row);
            if !(0..side as i64).contains(&x) || !(0..side as i64).contains(&y) {
                return None;
            }
            let at = y as usize * side + x as usize;
            let seen = values[at * features.len()..][..features.len()].iter().all(|v| v.is_finite());
            seen.then(|| LabelledPixel { at, class: set.classes[i], annotation: set.annotations[i] })
        };
        let own: Vec<LabelledPixel> = samples.iter().filter_map(|i| labelled(*i)).collect();
        if own.is_empty() {
            continue;
        }
        let rows = cell(window.row)..=cell(window.row + side as i64);
        let columns = || cell(window.col)..=cell(window.col + side as i64);
        let near = rows.flat_map(|row| columns().map(move |col| (row, col)));
        let near = near.filter_map(|at| cells.get(&at)).flatten();
        let mine: HashSet<usize> = samples.iter().copied().collect();
        let others = near.filter(|i| !mine.contains(i)).filter_map(|i| labelled(*i)).collect();
        patches.push(Patch { annotation, values, own, others });
    }
    Ok(patches)
}
