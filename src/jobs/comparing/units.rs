//! Pixels whose class is known, with what both maps say of them.

use super::super::JobContext;
use super::super::assessing::read_true_map;
use super::CompareSpec;
use super::sides::Sides;
use crate::assess::{MapComparison, PairedUnit, Population};
use crate::labels::{ClassCode, Confidence, core_of_annotation};
use crate::progress::Cancel;
use crate::project::reference::{MapCounts, read_reference};
use crate::words::grouped;
use anyhow::bail;
use std::collections::HashMap;
use std::path::Path;

/// Sides of a block of pixels that counts as alike, in pixels.
const BLOCK: usize = 32;

/// Units, and what they are.
pub(super) struct Units {
    pub(super) units: Vec<PairedUnit>,
    /// What they are, in many: "pixels of unseen annotations".
    pub(super) what: &'static str,
    /// What figures of them are and what they are not.
    pub(super) obtained: String,
}

impl Units {
    /// "3 120 pixels of …": those that both maps give a class.
    pub(super) fn on(&self, comparison: &MapComparison) -> String {
        let counted = comparison.places.first().map_or(0, |all| all.units);
        let all = grouped(self.units.len() as i64);
        match counted {
            0 => format!("{all} {}", self.what),
            1 => format!("1 of {all} {}", self.what),
            _ => format!("{} {}", grouped(counted as i64), self.what),
        }
    }
}

/// The units of a reference sample, what they were drawn from, and what one must know.
pub(super) fn of_reference(
    path: &Path,
    spec: &CompareSpec,
    sides: &Sides,
    context: &JobContext,
) -> anyhow::Result<(Population, Units, Vec<String>)> {
    let (sample, told) = read_reference(path, &spec.legend)?;
    if let Some(site) = sample.site.as_ref().filter(|site| **site != spec.site) {
        bail!(
            "{} was drawn on {site}, and the maps are of {}: choose another sample",
            path.display(),
            spec.site
        );
    }
    // Where the file does not tell how it was drawn, the first map stands for the land.
    let counts = MapCounts::of(&spec.maps[0].1, &|_| {}, &context.cancel)?;
    let population = sample.population(&counts, &spec.legend);
    let drawn = sample.reference_units(&counts, &vec![None; sample.units.len()]);
    let mut units = Vec::with_capacity(drawn.len());
    for (place, unit) in sample.places().into_iter().zip(drawn) {
        let pixel = sides.grid.pixel_from_lonlat(place[0], place[1])?;
        let at = pixel.map(|(col, row)| row as usize * sides.grid.width as usize + col as usize);
        units.push(PairedUnit {
            stratum: unit.stratum,
            cluster: None,
            mapped: at.map_or([None; 2], |at| sides.mapped(at)),
            reference: unit.reference,
            edge: at.is_some_and(|at| sides.is_edge(at)),
        });
    }
    let obtained = format!(
        "The reference sample {}, of which {} units have a class; intervals are of the differences on the same units. {}",
        sample.name,
        units.iter().filter(|unit| unit.reference.is_some()).count(),
        sample.sampled(&counts).sentence()
    );
    Ok((population, Units { units, what: "reference units", obtained }, told.sentences()))
}

fn unit(sides: &Sides, at: usize, reference: ClassCode, cluster: u64) -> PairedUnit {
    PairedUnit {
        stratum: 0,
        cluster: Some(cluster),
        mapped: sides.mapped(at),
        reference: Some(reference),
        edge: sides.is_edge(at),
    }
}

/// Which pixels the models have seen, and the pure pixels of annotations that neither has; a pixel that is claimed for different
/// classes counts for none, one claimed twice for one class counts once. With what one must know.
pub(super) fn of_annotations(
    spec: &CompareSpec,
    sides: &Sides,
    cancel: &Cancel,
) -> anyhow::Result<(Vec<bool>, Units, Vec<String>)> {
    let at = |(col, row): (u32, u32)| row as usize * sides.grid.width as usize + col as usize;
    let mut seen = vec![false; sides.grid.pixels()];
    let mut unseen = Vec::new();
    for annotation in spec.annotations.iter() {
        cancel.check()?;
        let Ok(core) = core_of_annotation(annotation, &sides.grid, &spec.buffers) else { continue };
        let pixels = core.pure_pixels.into_iter().map(at);
        if sides.seen.contains(&annotation.id) {
            pixels.for_each(|pixel| seen[pixel] = true);
        } else if annotation.confidence == Confidence::Sure && annotation.holds.at_all(&sides.dates) {
            unseen.push((annotation.id, annotation.class, pixels.collect::<Vec<_>>()));
        }
    }
    let mut claimed: HashMap<usize, Option<ClassCode>> = HashMap::new();
    for (_, class, pixels) in &unseen {
        for &pixel in pixels.iter().filter(|&&pixel| !seen[pixel]) {
            let claim = claimed.entry(pixel).or_insert(Some(*class));
            *claim = claim.filter(|of| of == class);
        }
    }
    let mut units = Vec::new();
    let mut used = 0;
    for (id, class, pixels) in unseen {
        let before = units.len();
        for pixel in pixels {
            if claimed.remove(&pixel).flatten().is_some() {
                units.push(unit(sides, pixel, class, id));
            }
        }
        used += usize::from(units.len() > before);
    }
    let mut notes = Vec::new();
    for side in sides.told.iter().filter(|side| !side.training_is_known()) {
        notes.push(format!(
            "Nothing is known of the training of {}: where it learned from these annotations, they flatter it",
            side.phrase()
        ));
    }
    let obtained = format!(
        "Pure pixels of {used} annotations that neither trained a model of the project that made one of the maps nor chose when \
         its training stopped; intervals by drawing annotations anew. Confident labels avoid edges and doubtful places: they say \
         which map is better there, not how right either is as a whole."
    );
    Ok((seen, Units { units, what: "pixels of annotations that neither model has seen", obtained }, notes))
}

/// All pixels of a simulated true map but those that the models have seen; or why it does not count, in a sentence.
pub(super) fn of_true_map(
    path: &Path,
    spec: &CompareSpec,
    sides: &Sides,
    seen: &[bool],
) -> anyhow::Result<Result<Units, String>> {
    let truth = match read_true_map(path, &sides.grid, &spec.legend)? {
        Ok(truth) => truth,
        Err(why) => return Ok(Err(why)),
    };
    let width = sides.grid.width as usize;
    let across = width.div_ceil(BLOCK);
    let pixels = truth.iter().enumerate().filter(|(at, _)| !seen[*at]);
    let units = pixels.map(|(at, truth)| {
        let block = at / width / BLOCK * across + at % width / BLOCK;
        unit(sides, at, *truth, block as u64)
    });
    Ok(Ok(Units {
        units: units.collect(),
        what: "pixels of the simulated true map",
        obtained: format!(
            "The simulated true map at all pixels but those that trained a model or chose when its training stopped, edges and \
             mixed pixels too; intervals by drawing blocks of {BLOCK} x {BLOCK} pixels anew. The landscape is simulated: this \
             tells how the program works, not how maps of yours will be."
        ),
    }))
}
