//! What is wrong with a label set, before anything learns from it.

use super::core::{not_lonlat, polygons_of, projected};
use super::overlaps::overlaps;
use super::plane::Plane;
use super::repair::repair;
use super::{
    Annotation, AnnotationId, AnnotationIndex, Annotations, Buffers, ClassCode, Confidence, Emptied,
    LabelSite, Legend, core_of_annotation, largest_buffer_m,
};
use crate::progress::{Cancel, Cancelled, Progress, Report};
use geo::{
    Area, BooleanOps, BoundingRect, Coord, CoordsIter, Euclidean, Geometry, Length, LineString, MapCoords,
    Polygon, Rect,
};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A class with fewer sure annotations has none to learn from once some are kept for choosing and for assessing.
const FEWEST_ANNOTATIONS: usize = 3;
/// A class with fewer pure pixels shows too little of how it varies.
const FEWEST_PIXELS: u64 = 50;
/// A smaller area, as a share of the square of its outline's length, is a line that projecting has bent.
const THINNEST: f64 = 1e-6;
/// A smaller share of an annotation beyond its sites is not worth a word.
const PAST_SHARE: f64 = 1e-3;

/// What can be wrong, in the order it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Its class is not in the legend.
    UnknownClass,
    /// It cannot be used at all: fewer than three corners, numbers that are no longitudes and latitudes.
    Unusable,
    /// It has no area.
    NoArea,
    /// Its rings cross themselves or one another, so that a repair has to guess what is inside.
    SelfCrossing,
    /// The same geometry is there more than once.
    Duplicate,
    /// Annotations of different classes cover the same place.
    Overlap,
    /// It lies outside of every site.
    OutsideSites,
    /// Nothing is left of it after the inward buffer.
    EmptiedByBuffer,
    /// No whole pixel fits in.
    NoWholePixel,
    /// All of its pure pixels were dropped.
    AllDropped,
    /// A part of it lies outside of its site.
    PastSite,
    /// It does not hold at all dates of any site it lies in.
    Dates,
    /// Some of its pixels have another year than its others.
    StandApart,
    /// Points, of which nobody knows how pure their pixels are.
    Points,
    /// A class has too little to learn from.
    TooLittle,
    /// Classes of the legend without any annotation.
    NoAnnotation,
}

impl FindingKind {
    /// Whether it is about classes as a whole.
    pub fn is_about_classes(self) -> bool {
        matches!(self, Self::UnknownClass | Self::Points | Self::TooLittle | Self::NoAnnotation)
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::UnknownClass => "Class not in the legend",
            Self::Unusable => "Unusable",
            Self::NoArea => "No area",
            Self::SelfCrossing => "Crosses itself",
            Self::Duplicate => "There twice",
            Self::Overlap => "Overlap of classes",
            Self::OutsideSites => "Outside every site",
            Self::EmptiedByBuffer => "Emptied by the buffer",
            Self::NoWholePixel => "No whole pixel",
            Self::AllDropped => "All pixels dropped",
            Self::PastSite => "Reaches past its site",
            Self::Dates => "Does not hold at the dates",
            Self::StandApart => "Pixels that stand apart",
            Self::Points => "Points",
            Self::TooLittle => "Too little of a class",
            Self::NoAnnotation => "Classes without annotations",
        }
    }
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// The annotations it is about; none where it is about a class that has none.
    pub annotations: Vec<AnnotationId>,
    /// The sentence for people, with the way out.
    pub why: String,
    /// Hectares: what both of two annotations cover; how much more (or less) a repaired one covers than the rings it was
    /// drawn with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area_ha: Option<f64>,
    /// Pixels that annotations of different classes both claim: they are used for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pixels: Option<u64>,
    /// The largest inward buffer that leaves a pixel, in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_buffer_m: Option<f64>,
}

impl Finding {
    /// A finding without figures.
    pub fn new(kind: FindingKind, annotations: Vec<AnnotationId>, why: impl Into<String>) -> Self {
        Self { kind, annotations, why: why.into(), area_ha: None, pixels: None, largest_buffer_m: None }
    }
}

/// How much of a class there is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassCount {
    /// Its code.
    pub code: ClassCode,
    /// Its name; empty where the legend lacks it.
    pub name: String,
    /// Annotations.
    pub annotations: usize,
    /// Of these, the sure ones.
    pub sure: usize,
    /// Pixels of all sites that training would take: pure, of a sure annotation that holds, claimed for no other class.
    pub pure_pixels: u64,
}

/// What [`check`] found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CheckReport {
    /// What is wrong, in the order of the kinds; overlaps by their area, others by annotation.
    pub findings: Vec<Finding>,
    /// Annotations looked at.
    pub annotations: usize,
    /// Sites whose pixels were counted.
    pub sites: usize,
    /// Classes, in the order of the legend; then those that it lacks.
    pub classes: Vec<ClassCount>,
}

impl CheckReport {
    /// How many findings there are of each kind.
    pub fn counts(&self) -> BTreeMap<FindingKind, usize> {
        let mut counts = BTreeMap::new();
        for finding in &self.findings {
            *counts.entry(finding.kind).or_default() += 1;
        }
        counts
    }
}

/// Looks for what is wrong with a label set. Without a site nothing is said of pixels.
///
/// # Errors
/// When asked to stop.
pub fn check(
    annotations: &Annotations,
    legend: &Legend,
    buffers: &Buffers,
    sites: &[LabelSite],
    report: Report,
    cancel: &Cancel,
) -> Result<CheckReport, Cancelled> {
    let mut index = AnnotationIndex::default();
    index.follow(annotations);
    let mut findings = shapes(annotations, report, cancel)?;
    let unusable: Vec<AnnotationId> = findings
        .iter()
        .filter(|f| matches!(f.kind, FindingKind::Unusable | FindingKind::NoArea))
        .flat_map(|f| f.annotations.iter().copied())
        .collect();
    findings.extend(duplicates(annotations, legend));
    let on_sites = on_sites(annotations, buffers, sites, &index, report, cancel)?;
    findings.extend(overlapping(annotations, legend, &index, &on_sites, report, cancel)?);
    if !sites.is_empty() {
        let usable = annotations.to_vec();
        let usable: Vec<_> = usable.iter().filter(|a| unusable.binary_search(&a.id).is_err()).collect();
        let of = |annotation: &&Arc<Annotation>| {
            cancel.check()?;
            Ok(about_pixels(annotation, on_sites.fates.get(&annotation.id), buffers, sites))
        };
        let found: Vec<_> = usable.par_iter().map(of).collect::<Result<_, Cancelled>>()?;
        findings.extend(found.into_iter().flatten());
    }
    findings.extend(backwards(annotations));
    findings.extend(points(annotations));
    let classes = counts(annotations, legend, &on_sites);
    findings.extend(of_classes(annotations, legend, &classes, !sites.is_empty()));
    // What was put in order within its kind stays so.
    findings.sort_by_key(|finding| finding.kind);
    Ok(CheckReport { findings, annotations: annotations.len(), sites: sites.len(), classes })
}

/// What is wrong with geometries by themselves, in the order of the annotations.
fn shapes(annotations: &Annotations, report: Report, cancel: &Cancel) -> Result<Vec<Finding>, Cancelled> {
    let (done, total) = (AtomicU64::new(0), annotations.len() as u64);
    let of = |annotation: &Arc<Annotation>| {
        cancel.check()?;
        let done = done.fetch_add(1, Ordering::Relaxed);
        if done.is_multiple_of(512) {
            report(Progress::new(done, total, "Looking at rings"));
        }
        Ok(shape(annotation))
    };
    let found: Vec<_> = annotations.to_vec().par_iter().map(of).collect::<Result<_, Cancelled>>()?;
    Ok(found.into_iter().flatten().collect())
}

fn shape(annotation: &Annotation) -> Option<Finding> {
    let id = annotation.id;
    let unusable = |why: String| Some(Finding::new(FindingKind::Unusable, vec![id], why));
    let geometry = &annotation.geometry;
    if let Some(why) = geometry.coords_iter().find_map(|c| not_lonlat([c.x, c.y])) {
        return unusable(why);
    }
    if matches!(geometry, Geometry::Point(_)) {
        return None;
    }
    // What has holes that surround nothing is no worse for it: they are left out.
    let polygons = match polygons_of(geometry) {
        Ok(polygons) => polygons,
        Err(error) => return unusable(error.to_string()),
    };
    let plane = Plane::of(geometry)?;
    let drawn = plane.drawn(&geo::MultiPolygon(polygons).into());
    let before: f64 = drawn.iter().map(Area::unsigned_area).sum();
    let length: f64 = drawn.iter().map(|p| Euclidean.length(p.exterior())).sum();
    let (whole, repaired) = repair(&drawn);
    let after = whole.unsigned_area();
    if after <= THINNEST * length * length {
        let why = "it has no area: its corners lie on one line. Delete it or draw it again";
        return Some(Finding::new(FindingKind::NoArea, vec![id], why));
    }
    repaired.then(|| {
        let change_ha = (after - before) / 10_000.0;
        let why = format!(
            "its rings cross themselves or one another: they surround {:.4} ha as drawn and {:.4} ha once repaired ({change_ha:+.4} ha). Look whether that is what was meant",
            before / 10_000.0,
            after / 10_000.0
        );
        Finding { area_ha: Some(change_ha), ..Finding::new(FindingKind::SelfCrossing, vec![id], why) }
    })
}

/// Annotations with the same geometry, wherever their rings begin and whichever way they turn.
fn duplicates(annotations: &Annotations, legend: &Legend) -> Vec<Finding> {
    let mut same: HashMap<Vec<u64>, Vec<&Arc<Annotation>>> = HashMap::new();
    for annotation in annotations.iter() {
        same.entry(fingerprint(&annotation.geometry)).or_default().push(annotation);
    }
    let mut found = Vec::new();
    for group in same.into_values().filter(|group| group.len() > 1) {
        // The same field labelled for different years is no duplicate.
        let meets_another =
            |a: &&&Arc<Annotation>| group.iter().any(|b| b.id != a.id && b.holds.meets(a.holds));
        let group: Vec<_> = group.iter().filter(meets_another).collect();
        let Some(first) = group.first() else { continue };
        let why = if group.iter().all(|a| a.class == first.class) {
            format!(
                "the same geometry is there {} times with the same class. Delete all but one",
                group.len()
            )
        } else {
            let mut names: Vec<_> = group.iter().map(|a| class_name(legend, a.class)).collect();
            names.dedup();
            format!(
                "the same geometry is there {} times, as {}. Keep the right one",
                group.len(),
                names.join(" and ")
            )
        };
        found.push(Finding::new(FindingKind::Duplicate, group.iter().map(|a| a.id).collect(), why));
    }
    found.sort_by(|a, b| a.annotations.cmp(&b.annotations));
    found
}

/// The same numbers for the same geometry.
fn fingerprint(geometry: &Geometry<f64>) -> Vec<u64> {
    let bits = |c: &Coord<f64>| [c.x.to_bits(), c.y.to_bits()];
    let ring = |ring: &LineString<f64>| -> Vec<u64> {
        let mut open: Vec<[u64; 2]> = ring.0.iter().map(bits).collect();
        if open.len() > 1 && open.first() == open.last() {
            open.pop();
        }
        if let Some(least) = (0..open.len()).min_by_key(|i| open[*i]) {
            open.rotate_left(least);
        }
        if open.len() > 2 && open[1] > open[open.len() - 1] {
            open[1..].reverse();
        }
        std::iter::once(open.len() as u64).chain(open.into_iter().flatten()).collect()
    };
    let polygon = |polygon: &Polygon<f64>| -> Vec<u64> {
        let mut holes: Vec<_> = polygon.interiors().iter().map(&ring).collect();
        holes.sort_unstable();
        std::iter::once(ring(polygon.exterior())).chain(holes).flatten().collect()
    };
    match geometry {
        Geometry::Point(point) => bits(&point.0).to_vec(),
        Geometry::Polygon(one) => polygon(one),
        Geometry::MultiPolygon(several) => {
            let mut parts: Vec<_> = several.iter().map(&polygon).collect();
            parts.sort_unstable();
            parts.into_iter().flatten().collect()
        }
        // No annotation is anything else.
        _ => vec![],
    }
}

/// What becomes of annotations on the sites.
#[derive(Default)]
struct OnSites {
    fates: HashMap<AnnotationId, Fate>,
    /// Pixels that two annotations of different classes claim.
    claimed: HashMap<[AnnotationId; 2], u64>,
    /// Pixels of each class that training would take.
    taken: BTreeMap<ClassCode, u64>,
}

/// What becomes of an annotation on all sites together.
#[derive(Default)]
struct Fate {
    /// Pure pixels.
    pixels: u64,
    /// Why there are none on the site where it came closest to having some, and which site that is.
    emptied: Option<(Emptied, usize)>,
    /// The share of it that lies within sites, and the first of these.
    inside: f64,
    site: Option<usize>,
    /// Whether it holds at all dates of one of these sites.
    holds: bool,
    /// Why it cannot be laid on a site's grid.
    failed: Option<String>,
}

/// What becomes of an annotation on one site.
struct Laid {
    id: AnnotationId,
    class: ClassCode,
    /// Whether training would take it.
    taken: bool,
    holds: bool,
    result: Result<OnGrid, String>,
}

/// An annotation on a grid: its pure pixels, why there are none, and the share of it that lies on the grid.
type OnGrid = (Vec<(u32, u32)>, Option<Emptied>, f64);

fn on_sites(
    annotations: &Annotations,
    buffers: &Buffers,
    sites: &[LabelSite],
    index: &AnnotationIndex,
    report: Report,
    cancel: &Cancel,
) -> Result<OnSites, Cancelled> {
    let mut all = OnSites::default();
    for (i, site) in sites.iter().enumerate() {
        let near = site.near(index);
        let (done, total) = (AtomicU64::new(0), near.len() as u64);
        let lay = |annotation: &Arc<Annotation>| {
            cancel.check()?;
            let done = done.fetch_add(1, Ordering::Relaxed);
            if done.is_multiple_of(256) {
                report(Progress::new(done, total, format!("Laying annotations on {}", site.name)));
            }
            let holds = annotation.holds.at_all(&site.dates);
            Ok(Laid {
                id: annotation.id,
                class: annotation.class,
                taken: holds && annotation.confidence == Confidence::Sure,
                holds,
                result: lay(annotation, site, buffers),
            })
        };
        let laid: Vec<Laid> = near.par_iter().map(lay).collect::<Result<_, Cancelled>>()?;
        let mut claims: Vec<(u32, u32, usize)> = Vec::new();
        for (at, laid) in laid.iter().enumerate() {
            let fate = all.fates.entry(laid.id).or_default();
            match &laid.result {
                Err(why) => fate.failed = Some(why.clone()),
                Ok((_, Some(Emptied::OutsideGrid), share)) if *share <= 0.0 => {}
                Ok((pixels, emptied, share)) => {
                    fate.pixels += pixels.len() as u64;
                    fate.inside += share;
                    fate.site.get_or_insert(i);
                    fate.holds |= laid.holds;
                    let closest = fate.emptied.map_or(0, |(emptied, _)| closeness(emptied));
                    if let Some(emptied) = emptied.filter(|e| closeness(*e) > closest) {
                        fate.emptied = Some((emptied, i));
                    }
                    claims.extend(pixels.iter().map(|&(col, row)| (row, col, at)));
                }
            }
        }
        settle(claims, &laid, annotations, &mut all);
    }
    Ok(all)
}

/// The pure pixels of an annotation on a site, why there are none, and the share of it that lies on the grid.
fn lay(annotation: &Annotation, site: &LabelSite, buffers: &Buffers) -> Result<OnGrid, String> {
    let grid = &site.grid;
    let core = core_of_annotation(annotation, grid, buffers).map_err(|error| error.to_string())?;
    let in_pixels = |c: Coord<f64>| Coord::from(grid.pixel_from_xy(c.x, c.y));
    let drawn =
        projected(&annotation.geometry, grid).map_err(|error| error.to_string())?.map_coords(in_pixels);
    let whole_grid = Rect::new((0.0, 0.0), (f64::from(grid.width), f64::from(grid.height)));
    let share = match drawn.bounding_rect() {
        None => 0.0,
        Some(bounds)
            if bounds.min().x >= 0.0
                && bounds.min().y >= 0.0
                && bounds.max().x <= whole_grid.max().x
                && bounds.max().y <= whole_grid.max().y =>
        {
            1.0
        }
        Some(_) => {
            let (whole, _) = repair(&polygons_of(&drawn).unwrap_or_default());
            let area = whole.unsigned_area();
            if area > 0.0 { whole.intersection(&whole_grid.to_polygon()).unsigned_area() / area } else { 0.0 }
        }
    };
    Ok((core.pure_pixels, core.emptied, share))
}

/// A greater number where less was missing.
fn closeness(emptied: Emptied) -> u8 {
    match emptied {
        Emptied::OutsideGrid => 1,
        Emptied::ByBuffer => 2,
        Emptied::NoWholePixel => 3,
        Emptied::Dropped => 4,
    }
}

/// Counts the pixels of a site (row, column, place in `laid`) that training would take, and those claimed twice.
fn settle(mut claims: Vec<(u32, u32, usize)>, laid: &[Laid], annotations: &Annotations, all: &mut OnSites) {
    claims.par_sort_unstable();
    for claims in claims.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let of = |claim: &(u32, u32, usize)| &laid[claim.2];
        for (i, a) in claims.iter().map(of).enumerate() {
            for b in claims[i + 1..].iter().map(of).filter(|b| b.class != a.class) {
                let holds = |id| annotations.get(id).map(|annotation| annotation.holds);
                if holds(a.id).zip(holds(b.id)).is_some_and(|(a, b)| a.meets(b)) {
                    *all.claimed.entry([a.id.min(b.id), a.id.max(b.id)]).or_default() += 1;
                }
            }
        }
        let mut taken = claims.iter().map(of).filter(|laid| laid.taken);
        if let Some(first) = taken.next()
            && taken.all(|other| other.class == first.class)
        {
            *all.taken.entry(first.class).or_default() += 1;
        }
    }
}

fn overlapping(
    annotations: &Annotations,
    legend: &Legend,
    index: &AnnotationIndex,
    on_sites: &OnSites,
    report: Report,
    cancel: &Cancel,
) -> Result<Vec<Finding>, Cancelled> {
    let mut pairs: Vec<([AnnotationId; 2], f64)> = overlaps(annotations, index, report, cancel)?
        .into_iter()
        .map(|overlap| (overlap.annotations, overlap.area_ha))
        .collect();
    // Points claim the pixel they lie in, though they cover no area.
    let known: std::collections::HashSet<_> = pairs.iter().map(|(pair, _)| *pair).collect();
    let mut only_pixels: Vec<_> = on_sites.claimed.keys().filter(|pair| !known.contains(*pair)).collect();
    only_pixels.sort_unstable();
    pairs.extend(only_pixels.into_iter().map(|pair| (*pair, 0.0)));
    let name = |id| annotations.get(id).map_or("a class", |a| class_name(legend, a.class));
    let finding = |([a, b], area_ha): ([AnnotationId; 2], f64)| {
        let pixels = on_sites.claimed.get(&[a, b]).copied().unwrap_or(0);
        let used = match pixels {
            0 => "no pure pixel is claimed twice".to_string(),
            1 => "1 pixel is claimed twice and used for none".to_string(),
            n => format!("{n} pixels are claimed twice and used for none"),
        };
        let (first, second) = (name(a), name(b));
        let why = format!("{a} ({first}) and {b} ({second}) share {area_ha:.4} ha; {used}");
        Finding {
            area_ha: Some(area_ha),
            pixels: Some(pixels),
            ..Finding::new(FindingKind::Overlap, vec![a, b], why)
        }
    };
    Ok(pairs.into_iter().map(finding).collect())
}

/// What is wrong with an annotation on the sites.
fn about_pixels(
    annotation: &Annotation,
    fate: Option<&Fate>,
    buffers: &Buffers,
    sites: &[LabelSite],
) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |kind, why: String, largest: Option<f64>| {
        let finding = Finding::new(kind, vec![annotation.id], why);
        found.push(Finding { largest_buffer_m: largest, ..finding });
    };
    let Some((fate, site)) = fate.and_then(|fate| Some((fate, fate.site?))) else {
        match fate.and_then(|fate| fate.failed.clone()) {
            Some(why) => add(FindingKind::Unusable, why, None),
            None => {
                let why = "it lies outside of every site. Build a cube that covers it, or delete it";
                add(FindingKind::OutsideSites, why.into(), None);
            }
        }
        return found;
    };
    let site = &sites[site];
    if fate.pixels == 0 {
        let buffer_m = buffers.of(annotation);
        let (emptied, closest) =
            fate.emptied.map_or((Emptied::NoWholePixel, site), |(why, at)| (why, &sites[at]));
        let largest = largest_buffer_m(&annotation.geometry, &closest.grid).ok().flatten();
        let way_out = match largest {
            Some(m) => format!("a buffer of {m} m or less leaves it a pixel"),
            None => "it is too small for pixels of this size".into(),
        };
        match emptied {
            Emptied::ByBuffer => {
                let why = format!("nothing is left of it after its inward buffer of {buffer_m} m: {way_out}");
                add(FindingKind::EmptiedByBuffer, why, largest);
            }
            Emptied::NoWholePixel => {
                let why =
                    format!("no whole pixel fits in after its inward buffer of {buffer_m} m: {way_out}");
                add(FindingKind::NoWholePixel, why, largest);
            }
            Emptied::Dropped => {
                let why = "all of its pure pixels were dropped. Take them back or delete it";
                add(FindingKind::AllDropped, why.into(), None);
            }
            Emptied::OutsideGrid => {
                let why = format!(
                    "what is left of it after its inward buffer of {buffer_m} m lies outside of every site"
                );
                add(FindingKind::OutsideSites, why, None);
            }
        }
    }
    if fate.inside < 1.0 - PAST_SHARE {
        let share = (1.0 - fate.inside) * 100.0;
        let why = format!("{share:.1} % of it lies outside of {}: no pixel is taken there", site.name);
        add(FindingKind::PastSite, why, None);
    }
    let backwards = annotation.holds.from.zip(annotation.holds.to).is_some_and(|(from, to)| to < from);
    if !fate.holds && !backwards {
        let day = |date: Option<chrono::NaiveDate>, else_: &str| date.map_or(else_.into(), |d| d.to_string());
        let (first, last) = (site.dates.first().copied(), site.dates.last().copied());
        let why = format!(
            "it holds from {} to {}, not at all dates of {} ({} to {}): training leaves it out",
            day(annotation.holds.from, "ever"),
            day(annotation.holds.to, "ever"),
            site.name,
            day(first, "none"),
            day(last, "none")
        );
        add(FindingKind::Dates, why, None);
    }
    found
}

/// Periods that end before they begin.
fn backwards(annotations: &Annotations) -> Vec<Finding> {
    let of = |annotation: &Arc<Annotation>| {
        let (from, to) = annotation.holds.from.zip(annotation.holds.to)?;
        (to < from).then(|| {
            let why = format!("the period it holds for ends ({to}) before it begins ({from}). Set it anew");
            Finding::new(FindingKind::Dates, vec![annotation.id], why)
        })
    };
    annotations.iter().filter_map(of).collect()
}

fn points(annotations: &Annotations) -> Option<Finding> {
    let is_point = |a: &&Arc<Annotation>| matches!(a.geometry, Geometry::Point(_));
    let points: Vec<AnnotationId> = annotations.iter().filter(is_point).map(|a| a.id).collect();
    if points.is_empty() {
        return None;
    }
    let n = points.len();
    let why = format!(
        "{} gives the pixel it lies in, without an inward buffer: nobody knows whether that pixel is pure. Draw polygons where that matters",
        if n == 1 { "1 point".into() } else { format!("each of {n} points") }
    );
    Some(Finding::new(FindingKind::Points, points, why))
}

fn counts(annotations: &Annotations, legend: &Legend, on_sites: &OnSites) -> Vec<ClassCount> {
    let mut by_code: BTreeMap<ClassCode, (usize, usize)> = BTreeMap::new();
    for annotation in annotations.iter() {
        let (all, sure) = by_code.entry(annotation.class).or_default();
        *all += 1;
        *sure += usize::from(annotation.confidence == Confidence::Sure);
    }
    let lacking = by_code.keys().copied().filter(|code| legend.class(*code).is_none());
    let codes: Vec<_> = legend.classes.iter().map(|class| class.code).chain(lacking).collect();
    let count = |code: ClassCode| {
        let (annotations, sure) = by_code.get(&code).copied().unwrap_or_default();
        let name = legend.class(code).map_or(String::new(), |class| class.name.clone());
        ClassCount {
            code,
            name,
            annotations,
            sure,
            pure_pixels: on_sites.taken.get(&code).copied().unwrap_or(0),
        }
    };
    codes.into_iter().map(count).collect()
}

/// Classes that the legend lacks, that have too little, or nothing.
fn of_classes(
    annotations: &Annotations,
    legend: &Legend,
    classes: &[ClassCount],
    pixels_count: bool,
) -> Vec<Finding> {
    let members =
        |code| annotations.iter().filter(move |a| a.class == code).map(|a| a.id).collect::<Vec<_>>();
    let mut found = Vec::new();
    for class in classes {
        let code = class.code;
        if legend.class(code).is_none() {
            let why =
                format!("the legend has no class with the code {code}. Add one, or give them another class");
            found.push(Finding::new(FindingKind::UnknownClass, members(code), why));
            continue;
        }
        let few = class.sure < FEWEST_ANNOTATIONS || pixels_count && class.pure_pixels < FEWEST_PIXELS;
        if class.annotations > 0 && few {
            let polygons = annotations
                .iter()
                .filter(|a| a.class == code)
                .all(|a| !matches!(a.geometry, Geometry::Point(_)));
            let what = if polygons { "polygon" } else { "annotation" };
            let s = if class.sure == 1 { "" } else { "s" };
            let mut why = format!("{} has {} sure {what}{s}", class.name, class.sure);
            if pixels_count {
                let s = if class.pure_pixels == 1 { "" } else { "s" };
                why += &format!(" and {} pure pixel{s}", class.pure_pixels);
            }
            why += &format!(": at least {FEWEST_ANNOTATIONS} {what}s and {FEWEST_PIXELS} pixels are wanted");
            found.push(Finding::new(FindingKind::TooLittle, members(code), why));
        }
    }
    let empty: Vec<_> =
        classes.iter().filter(|class| class.annotations == 0).map(|class| class.name.as_str()).collect();
    if !empty.is_empty() {
        let why = format!("nothing is annotated as {}: a map will not have it", empty.join(", "));
        found.push(Finding::new(FindingKind::NoAnnotation, vec![], why));
    }
    found
}

fn class_name(legend: &Legend, code: ClassCode) -> &str {
    legend.class(code).map_or("a class that the legend lacks", |class| &class.name)
}

#[cfg(test)]
mod tests;
