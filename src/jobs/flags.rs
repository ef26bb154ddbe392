//! What is wrong with annotations: which overlap others of another class, which claim the same pixels, which leave nothing
//! to learn from. Worked out for all of them at once, or for one.

use super::{DrawnCore, JobContext, Outcome};
use crate::labels::{
    Annotation, AnnotationId, AnnotationIndex, Annotations, Emptied, Holds, area_ha, overlaps_of,
};
use crate::progress::Progress;
use imbl::OrdMap;
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A core, or why an annotation has none.
pub type CoreResult = Result<Arc<DrawnCore>, String>;

/// A pixel (column, row).
pub type PixelPlace = (u32, u32);

/// Something that people should know of an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// It cannot be used at all.
    Unusable,
    /// It lies outside of the images.
    OutsideSite,
    /// It lies on the images, but leaves no pure pixel.
    NoPurePixel,
    /// Pure pixels of it are claimed for another class too.
    ClaimedTwice,
    /// It overlaps an annotation of another class.
    Overlaps,
    /// Its ring crossed itself and was repaired.
    Repaired,
    /// Pixels of it that stand apart were dropped.
    Dropped,
    /// It holds only for some dates.
    SomeDates,
}

impl Mark {
    /// All marks, the gravest first.
    pub const ALL: [Self; 8] = [
        Self::Unusable,
        Self::OutsideSite,
        Self::NoPurePixel,
        Self::ClaimedTwice,
        Self::Overlaps,
        Self::Repaired,
        Self::Dropped,
        Self::SomeDates,
    ];

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Unusable => "unusable",
            Self::OutsideSite => "outside of the site",
            Self::NoPurePixel => "no pure pixel",
            Self::ClaimedTwice => "pixels claimed twice",
            Self::Overlaps => "overlaps another class",
            Self::Repaired => "ring repaired",
            Self::Dropped => "pixels dropped",
            Self::SomeDates => "only for some dates",
        }
    }
}

/// A set of marks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Marks(u16);

impl Marks {
    /// Adds a mark.
    pub fn insert(&mut self, mark: Mark) {
        self.0 |= 1 << mark as u16;
    }

    /// Whether it holds a mark.
    pub fn contains(self, mark: Mark) -> bool {
        self.0 & (1 << mark as u16) != 0
    }

    /// Whether it holds none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its marks, the gravest first.
    pub fn iter(self) -> impl Iterator<Item = Mark> {
        Mark::ALL.into_iter().filter(move |mark| self.contains(*mark))
    }
}

/// What is known of one annotation.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Its core on the grid of the site on screen; `None` while it is not known.
    pub core: Option<CoreResult>,
    /// The area that was drawn, in hectares; 0 of a point.
    pub drawn_ha: f64,
    /// Pure pixels of it that annotations of other classes claim too.
    pub claimed_twice: usize,
    /// What is wrong with it.
    pub marks: Marks,
}

impl Facts {
    /// Its pure pixels; `None` while they are not known.
    pub fn pure_pixels(&self) -> Option<usize> {
        self.core.as_ref().map(|core| core.as_ref().map_or(0, |core| core.core.pure_pixels.len()))
    }
}

/// Facts of all annotations; cheap to clone.
pub type AllFacts = OrdMap<AnnotationId, Facts>;

/// Who overlaps whom, and who claims the pixels of whom. What one annotation says of another, that one says of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Relations {
    /// For each annotation that overlaps some of another class: which, and by how many hectares, in the order of ids.
    pub overlaps: HashMap<AnnotationId, Vec<(AnnotationId, f64)>>,
    /// For each annotation some of whose pure pixels are claimed for another class: by which, and which pixels, in the order
    /// of ids and of rows.
    pub claims: HashMap<AnnotationId, Vec<(AnnotationId, Vec<PixelPlace>)>>,
}

impl Relations {
    /// Takes an annotation out; gives those that it had to do with.
    pub fn forget(&mut self, id: AnnotationId) -> Vec<AnnotationId> {
        let mut others = forget(&mut self.overlaps, id);
        others.extend(forget(&mut self.claims, id));
        others
    }

    /// Works an annotation out anew; gives those that it has to do with. It must have been forgotten before.
    pub fn follow<'a>(
        &mut self,
        annotation: &Annotation,
        index: &AnnotationIndex,
        core_of: impl Fn(AnnotationId) -> Option<&'a CoreResult>,
    ) -> Vec<AnnotationId> {
        let mut others = relate(&mut self.overlaps, annotation.id, overlaps_of(annotation, index));
        others.extend(relate(&mut self.claims, annotation.id, claims_of(annotation, index, core_of)));
        others
    }

    /// What is known of an annotation with this core.
    pub fn facts(&self, annotation: &Annotation, core: Option<&CoreResult>) -> Facts {
        let mut marks = Marks::default();
        let mut drawn_ha = None;
        match core {
            Some(Ok(core)) => {
                drawn_ha = Some(core.core.drawn_area_ha);
                match core.core.emptied {
                    Some(Emptied::OutsideGrid) => marks.insert(Mark::OutsideSite),
                    Some(_) => marks.insert(Mark::NoPurePixel),
                    None => {}
                }
                if core.core.repaired {
                    marks.insert(Mark::Repaired);
                }
            }
            Some(Err(_)) => marks.insert(Mark::Unusable),
            None => {}
        }
        if self.overlaps.contains_key(&annotation.id) {
            marks.insert(Mark::Overlaps);
        }
        let claimed_twice = self.claimed_of(annotation.id).len();
        if claimed_twice > 0 {
            marks.insert(Mark::ClaimedTwice);
        }
        if !annotation.dropped.is_empty() {
            marks.insert(Mark::Dropped);
        }
        if annotation.holds != Holds::ALWAYS {
            marks.insert(Mark::SomeDates);
        }
        let drawn_ha = drawn_ha.unwrap_or_else(|| area_ha(&annotation.geometry));
        Facts { core: core.cloned(), drawn_ha, claimed_twice, marks }
    }

    /// Pixels of an annotation that others claim too, in the order of rows.
    pub fn claimed_of(&self, id: AnnotationId) -> Vec<PixelPlace> {
        let claims = self.claims.get(&id).into_iter().flatten();
        in_rows(claims.flat_map(|(_, pixels)| pixels.iter().copied()).collect())
    }

    /// All pixels that are claimed for different classes, in the order of rows.
    pub fn claimed(&self) -> Vec<PixelPlace> {
        // Each pair tells of its pixels twice.
        let once =
            self.claims.iter().flat_map(|(id, claims)| claims.iter().filter(move |(other, _)| id < other));
        in_rows(once.flat_map(|(_, pixels)| pixels.iter().copied()).collect())
    }
}

fn in_rows(mut pixels: Vec<PixelPlace>) -> Vec<PixelPlace> {
    pixels.sort_unstable_by_key(|&(col, row)| (row, col));
    pixels.dedup();
    pixels
}

fn forget<T>(
    relations: &mut HashMap<AnnotationId, Vec<(AnnotationId, T)>>,
    id: AnnotationId,
) -> Vec<AnnotationId> {
    let others: Vec<_> = relations.remove(&id).into_iter().flatten().map(|(other, _)| other).collect();
    for other in &others {
        if let Some(of_other) = relations.get_mut(other) {
            of_other.retain(|(named, _)| *named != id);
            if of_other.is_empty() {
                relations.remove(other);
            }
        }
    }
    others
}

fn relate<T: Clone>(
    relations: &mut HashMap<AnnotationId, Vec<(AnnotationId, T)>>,
    id: AnnotationId,
    found: Vec<(AnnotationId, T)>,
) -> Vec<AnnotationId> {
    for (other, what) in &found {
        let of_other = relations.entry(*other).or_default();
        match of_other.binary_search_by_key(&id, |(named, _)| *named) {
            Ok(at) => of_other[at].1 = what.clone(),
            Err(at) => of_other.insert(at, (id, what.clone())),
        }
    }
    let others = found.iter().map(|(other, _)| *other).collect();
    if !found.is_empty() {
        relations.insert(id, found);
    }
    others
}

/// Pure pixels of an annotation that others of another class claim too: by whom, and which, in the order of ids and rows.
fn claims_of<'a>(
    annotation: &Annotation,
    index: &AnnotationIndex,
    core_of: impl Fn(AnnotationId) -> Option<&'a CoreResult>,
) -> Vec<(AnnotationId, Vec<PixelPlace>)> {
    let usable = |id| core_of(id).and_then(|core| core.as_ref().ok());
    let Some(core) = usable(annotation.id).filter(|core| !core.core.pure_pixels.is_empty()) else {
        return Vec::new();
    };
    let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for [lon, lat] in core.outline.iter().flatten() {
        bounds = [bounds[0].min(*lon), bounds[1].min(*lat), bounds[2].max(*lon), bounds[3].max(*lat)];
    }
    let near =
        index.within(bounds).filter(|other| other.class != annotation.class && other.id != annotation.id);
    let mut found: Vec<_> = near
        .filter_map(|other| {
            let theirs = usable(other.id)?;
            let shared = shared(&core.core.pure_pixels, &theirs.core.pure_pixels);
            (!shared.is_empty()).then_some((other.id, shared))
        })
        .collect();
    found.sort_unstable_by_key(|(id, _)| *id);
    found
}

/// Pixels that are in both lists, both in the order of rows.
fn shared(a: &[PixelPlace], b: &[PixelPlace]) -> Vec<PixelPlace> {
    let in_order = |&(col, row): &PixelPlace| (row, col);
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut both = Vec::new();
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        match in_order(x).cmp(&in_order(y)) {
            std::cmp::Ordering::Less => drop(a.next()),
            std::cmp::Ordering::Greater => drop(b.next()),
            std::cmp::Ordering::Equal => {
                both.push(**x);
                a.next();
                b.next();
            }
        }
    }
    both
}

/// Whose flags to work out.
pub struct FlagSpec {
    /// Annotations.
    pub annotations: Annotations,
    /// Their cores, as far as they are known.
    pub cores: HashMap<AnnotationId, CoreResult>,
}

/// The flags of all annotations.
#[derive(Debug, Clone, Default)]
pub struct Flagged {
    /// The annotations that they are of.
    pub annotations: Annotations,
    /// Facts of each.
    pub facts: AllFacts,
    /// Who overlaps whom.
    pub relations: Relations,
    /// All pixels that are claimed for different classes, in the order of rows.
    pub claimed: Arc<Vec<PixelPlace>>,
}

/// Works out the flags of all annotations.
///
/// # Errors
/// Only when cancelled.
pub fn flags(spec: &FlagSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let report = |done, total| {
        context.progress(Progress::new(done, total, "Looking for overlaps"));
        Ok(context.cancel.check()?)
    };
    Ok(Outcome::Flagged(Box::new(flag_all(spec, &report)?)))
}

/// The same, reporting how many of how many are done; stops where that gives an error.
///
/// # Errors
/// That of `report`.
pub fn flag_all(
    spec: &FlagSpec,
    report: &(dyn Fn(u64, u64) -> anyhow::Result<()> + Sync),
) -> anyhow::Result<Flagged> {
    let mut index = AnnotationIndex::default();
    index.follow(&spec.annotations);
    let all = spec.annotations.to_vec();
    let done = AtomicU64::new(0);
    let core_of = |id| spec.cores.get(&id);
    let found = all.par_iter().map(|annotation| {
        let done = done.fetch_add(1, Ordering::Relaxed);
        if done.is_multiple_of(64) {
            report(done, all.len() as u64)?;
        }
        Ok((annotation.id, overlaps_of(annotation, &index), claims_of(annotation, &index, core_of)))
    });
    let found: Vec<_> = found.collect::<anyhow::Result<_>>()?;
    let mut relations = Relations::default();
    for (id, overlaps, claims) in found {
        if !overlaps.is_empty() {
            relations.overlaps.insert(id, overlaps);
        }
        if !claims.is_empty() {
            relations.claims.insert(id, claims);
        }
    }
    let facts = all.iter().map(|a| (a.id, relations.facts(a, core_of(a.id)))).collect();
    let claimed = Arc::new(relations.claimed());
    Ok(Flagged { annotations: spec.annotations.clone(), facts, relations, claimed })
}
