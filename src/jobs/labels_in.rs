//! Bringing labels in: a survey says what an import would do, and the import does it.

use super::{JobContext, Outcome};
use crate::cube::Cube;
use crate::geo::Grid;
use crate::labels::import::{self, Group, ReadFile, ReadLabels, Repaired, Told, ValueTaken};
use crate::labels::{
    Annotation, AnnotationId, AnnotationIndex, Annotations, Buffers, Emptied, ImportReport, ImportSettings,
    Legend, core_of_annotation, largest_buffer_m,
};
use crate::progress::Progress;
use anyhow::bail;
use geo::{Area, BooleanOps, BoundingRect, CoordsIter, Geometry, MultiPolygon};
use rayon::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which labels to import, or to look at before.
#[derive(Debug, Clone)]
pub struct ImportSpec {
    /// Vector files, or label rasters.
    pub files: Vec<PathBuf>,
    /// How.
    pub settings: ImportSettings,
    /// The legend so far.
    pub legend: Legend,
    /// The first free id.
    pub first_id: AnnotationId,
    /// The project's inward buffer, in metres.
    pub buffer_m: f64,
    /// Sites with their cubes.
    pub cubes: Vec<(String, PathBuf)>,
    /// Annotations that are there already.
    pub annotations: Annotations,
    /// What was read before; read again where it does not fit.
    pub known: Option<Arc<ReadLabels>>,
}

/// What an import would do.
#[derive(Debug)]
pub struct LabelsSurveyed {
    /// The files.
    pub files: Vec<PathBuf>,
    /// How they were looked at.
    pub settings: ImportSettings,
    /// What is in them.
    pub read: Arc<ReadLabels>,
    /// What would become of it; an error where something has to be chosen first.
    pub told: Result<ToldOfImport, String>,
    /// What seems to be wrong with its places.
    pub doubts: Doubts,
}

/// What seems to be wrong with the places in files, each in a sentence.
#[derive(Debug, Clone, Default)]
pub struct Doubts {
    /// Why x and y seem to be the wrong way round, where they do.
    pub seems_swapped: Option<String>,
    /// Why the coordinate system is asked for, where it is.
    pub lacks_crs: Option<String>,
}

/// What is told of a file that was read.
#[derive(Debug, Clone)]
pub struct FileTold {
    /// The file.
    pub path: PathBuf,
    /// For people: "GeoJSON", "GPKG" …
    pub format: String,
    /// The layer that was read.
    pub layer: Option<String>,
    /// Its layers with their numbers of features.
    pub layers: Vec<(String, Option<u64>)>,
    /// Its coordinate system, for people.
    pub crs: String,
    /// How many features, or regions, it has.
    pub features: usize,
    /// Names of its fields.
    pub fields: Vec<String>,
    /// The field that holds the class.
    pub class_field: String,
}

/// What becomes of what files hold.
#[derive(Debug, Clone, Default)]
pub struct ToldOfImport {
    /// Annotations.
    pub count: usize,
    /// The files.
    pub files: Vec<FileTold>,
    /// Values of the class field, and what they become.
    pub values: Vec<ValueTaken>,
    /// The legend, with the classes that are new.
    pub legend: Legend,
    /// Names of classes that are new.
    pub new_classes: Vec<String>,
    /// Features left aside.
    pub skipped: Vec<Told>,
    /// Features of which a part is left aside.
    pub in_part: Vec<Told>,
    /// Features whose rings were repaired.
    pub repaired: Vec<Repaired>,
    /// Annotations without a pure pixel on any site.
    pub without_pixels: Vec<WithoutPixels>,
    /// Features that overlap one of another class, or an annotation that is there already.
    pub overlaps: Vec<Told>,
    /// Whether there were more pairs to look at for overlaps than were looked at.
    pub overlaps_cut_short: bool,
    /// Sites whose cube could not be opened, so that nothing is known of pixels there; each with why.
    pub sites_unread: Vec<String>,
    /// How many sites there are.
    pub sites: usize,
}

/// An annotation without a pure pixel on any site.
#[derive(Debug, Clone)]
pub struct WithoutPixels {
    /// Its id.
    pub annotation: AnnotationId,
    /// Its file, and its place in it from 1.
    pub source: (PathBuf, usize),
    /// How it is without.
    pub how: Without,
    /// Why, with the way out.
    pub why: String,
}

/// How an annotation is without pure pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// It lies outside of every site.
    Outside,
    /// The buffer leaves nothing of it.
    Emptied,
    /// The buffer leaves something, but no whole pixel fits into it.
    NoWholePixel,
    /// It cannot be buffered at all.
    Failed,
}

impl ToldOfImport {
    /// How many are without pixels in this way.
    pub fn without(&self, how: Without) -> usize {
        self.without_pixels.iter().filter(|one| one.how == how).count()
    }

    /// Those without pixels, as sentences of features.
    pub fn without_told(&self, how: Without) -> Vec<Told> {
        let those = self.without_pixels.iter().filter(|one| one.how == how);
        let told = |one: &WithoutPixels| {
            let (file, feature) = one.source.clone();
            Told { file, feature, count: 1, why: one.why.clone() }
        };
        those.map(told).collect()
    }

    /// How many features are left aside.
    pub fn skipped_features(&self) -> usize {
        self.skipped.iter().map(|told| told.count).sum()
    }
}

/// Labels that were read from files.
#[derive(Debug)]
pub struct Imported {
    /// Annotations, with ids of their own; handed on to the document.
    pub annotations: Vec<Annotation>,
    /// What became of everything.
    pub told: ToldOfImport,
    /// What seems to be wrong with the places.
    pub doubts: Doubts,
}

/// At most so many pairs of annotations are looked at for overlaps.
const PAIRS: usize = 50_000;
/// Overlaps of less, in hectares, are edges that two parcels share: a pixel of 10 m.
const LEAST_OVERLAP_HA: f64 = 0.01;
/// At most so many places are looked at to find out whether x and y are turned about.
const PLACES: usize = 2000;

/// Says what an import would do.
///
/// # Errors
/// When a file cannot be read.
pub fn survey_labels(spec: &ImportSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let read = read(spec, context)?;
    let (grids, sites_unread) = grids(spec);
    let doubts = doubts(&read, &grids);
    let mut legend = spec.legend.clone();
    let told = match import::plan(&read, &spec.settings, &mut legend, spec.first_id) {
        Ok(report) => Ok(look_at(spec, &read, report, legend, &grids, sites_unread, context)?.1),
        Err(why) => Err(why.to_string()),
    };
    Ok(Outcome::LabelsSurveyed(Arc::new(LabelsSurveyed {
        files: spec.files.clone(),
        settings: spec.settings.clone(),
        read,
        told,
        doubts,
    })))
}

fn doubts(read: &ReadLabels, grids: &[SiteGrid]) -> Doubts {
    let seems_swapped = read.files.iter().find_map(|file| file.seems_swapped.clone());
    let seems_swapped = seems_swapped.or_else(|| lies_on_sites_when_swapped(read, grids));
    let way_out = if read.reading.swap_xy { "" } else { ". Turn them about (--swap-xy)" };
    let lacks_crs = read.files.iter().find(|file| file.lacks_crs).map(|file| {
        format!(
            "{} has places that are no degrees, and does not say what they are. Give its coordinate system, for example EPSG:32614 (--crs)",
            file.path.display()
        )
    });
    Doubts { seems_swapped: seems_swapped.map(|why| why + way_out), lacks_crs }
}

/// Reads labels from files: annotations with ids from the first free one on.
///
/// # Errors
/// When a file cannot be read, or nothing in the files can be imported.
pub fn import_labels(spec: &ImportSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let read = read(spec, context)?;
    let (grids, sites_unread) = grids(spec);
    let mut legend = spec.legend.clone();
    let report = import::plan(&read, &spec.settings, &mut legend, spec.first_id)?;
    if report.annotations.is_empty() {
        let files: Vec<_> = spec.files.iter().map(|f| f.display().to_string()).collect();
        let doubts = doubts(&read, &grids);
        let mut whys: Vec<String> = doubts.seems_swapped.into_iter().chain(doubts.lacks_crs).collect();
        whys.extend(import::grouped(&report.skipped).iter().take(3).map(group_words));
        let features: usize = report.skipped.iter().map(|told| told.count).sum();
        bail!(
            "nothing could be imported from {}: {features} features, none of which can be used{}. Nothing was changed; mend the file or give another",
            files.join(", "),
            whys.iter().map(|why| format!("; {why}")).collect::<String>()
        );
    }
    let doubts = doubts(&read, &grids);
    let (annotations, told) = look_at(spec, &read, report, legend, &grids, sites_unread, context)?;
    Ok(Outcome::Imported(Imported { annotations, told, doubts }))
}

/// "it has no geometry (3 features: 7, 12, 40)".
pub fn group_words(group: &Group) -> String {
    let Group { why, count, first, differ } = group;
    let places: Vec<String> = first.iter().map(usize::to_string).collect();
    let more = if *count > first.len() && !first.is_empty() { " …" } else { "" };
    let like = if *differ { ", and the like" } else { "" };
    match (count, places.as_slice()) {
        (1, [place]) => format!("{why} (feature {place})"),
        (_, []) => format!("{why} ({count})"),
        _ => format!("{why}{like} ({count} features: {}{more})", places.join(", ")),
    }
}

fn read(spec: &ImportSpec, context: &JobContext) -> anyhow::Result<Arc<ReadLabels>> {
    if let Some(known) = spec.known.as_ref().filter(|known| known.answers(&spec.files, &spec.settings)) {
        return Ok(Arc::clone(known));
    }
    let report = |progress: Progress| context.progress(progress);
    Ok(Arc::new(import::read(&spec.files, &spec.settings, &report, &context.cancel)?))
}

/// A site's grid with the box of longitude and latitude that holds it.
struct SiteGrid {
    grid: Grid,
    bounds: [f64; 4],
}

fn grids(spec: &ImportSpec) -> (Vec<SiteGrid>, Vec<String>) {
    let mut unread = Vec::new();
    let mut grids = Vec::new();
    for (site, path) in &spec.cubes {
        match Cube::open_with_cache(path, 0) {
            Ok(cube) => {
                let grid = cube.info().grid.clone();
                let bounds = bounds(&grid).unwrap_or([-180.0, -90.0, 180.0, 90.0]);
                grids.push(SiteGrid { grid, bounds });
            }
            Err(why) => unread.push(format!("{site}: {why}")),
        }
    }
    (grids, unread)
}

/// The box around a grid's edges, with a little room, since edges between the places looked at may bulge.
fn bounds(grid: &Grid) -> Option<[f64; 4]> {
    const STEPS: u32 = 16;
    let (width, height) = (f64::from(grid.width), f64::from(grid.height));
    let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for step in 0..=STEPS {
        let share = f64::from(step) / f64::from(STEPS);
        let (col, row) = (width * share, height * share);
        for (col, row) in [(col, 0.0), (col, height), (0.0, row), (width, row)] {
            let [lon, lat] = grid.lonlat_from_pixel(col, row).ok()?;
            bounds = [bounds[0].min(lon), bounds[1].min(lat), bounds[2].max(lon), bounds[3].max(lat)];
        }
    }
    let room = 0.02 * (bounds[2] - bounds[0]).max(bounds[3] - bounds[1]);
    Some([bounds[0] - room, bounds[1] - room, bounds[2] + room, bounds[3] + room])
}

/// Where nothing lies on any site, and nearly everything does once x and y are turned about.
fn lies_on_sites_when_swapped(read: &ReadLabels, grids: &[SiteGrid]) -> Option<String> {
    let rows = read.files.iter().filter(|file| !file.is_raster).flat_map(|file| &file.rows);
    let placed = rows.filter_map(|row| row.placed.as_ref().ok());
    let first = placed.filter_map(|placed| placed.geometries().next()?.coords_iter().next());
    let places: Vec<_> = first.take(PLACES).collect();
    if places.is_empty() || grids.is_empty() {
        return None;
    }
    let on_a_site = |lon: f64, lat: f64| {
        lat.abs() <= 90.0
            && grids.iter().any(|site| matches!(site.grid.pixel_from_lonlat(lon, lat), Ok(Some(_))))
    };
    let as_they_are = places.iter().filter(|place| on_a_site(place.x, place.y)).count();
    let swapped = places.iter().filter(|place| on_a_site(place.y, place.x)).count();
    (as_they_are == 0 && swapped * 10 >= places.len() * 9).then(|| {
        format!(
            "none of {} places lies on a site, and {swapped} do with longitude and latitude turned about: they seem to be the wrong way round",
            places.len()
        )
    })
}

/// What can be told of annotations before they are imported.
fn look_at(
    spec: &ImportSpec,
    read: &ReadLabels,
    report: ImportReport,
    legend: Legend,
    grids: &[SiteGrid],
    sites_unread: Vec<String>,
    context: &JobContext,
) -> anyhow::Result<(Vec<Annotation>, ToldOfImport)> {
    let buffers = Buffers::new(spec.buffer_m, &legend);
    let total = report.annotations.len() as u64;
    let done = AtomicU64::new(0);
    let source = |at: usize| {
        let (file, feature) = report.sources[at];
        (spec.files[file as usize].clone(), feature as usize)
    };
    let without = |(at, annotation): (usize, &Annotation)| {
        if context.cancel.is_cancelled() || grids.is_empty() {
            return None;
        }
        let done = done.fetch_add(1, Ordering::Relaxed);
        if done.is_multiple_of(256) {
            context.progress(Progress::new(done, total, "Buffering what is imported"));
        }
        let (how, why) = without_pixels(annotation, grids, &buffers)?;
        Some(WithoutPixels { annotation: annotation.id, source: source(at), how, why })
    };
    let without_pixels: Vec<_> = report.annotations.par_iter().enumerate().filter_map(without).collect();
    context.cancel.check()?;
    context.progress(Progress::new(0, 0, "Looking for overlaps"));
    let (pairs, overlaps_cut_short) = overlaps(spec, &report, &legend, context);
    context.cancel.check()?;
    let told_of = |(at, why): (usize, String)| {
        let (file, feature) = source(at);
        Told { file, feature, count: 1, why }
    };
    let overlaps = pairs.into_iter().map(told_of).collect();
    let told = ToldOfImport {
        count: report.annotations.len(),
        files: read.files.iter().zip(report.class_fields).map(file_told).collect(),
        values: report.values,
        legend,
        new_classes: report.new_classes,
        skipped: report.skipped,
        in_part: report.in_part,
        repaired: report.repaired,
        without_pixels,
        overlaps,
        overlaps_cut_short,
        sites: spec.cubes.len(),
        sites_unread,
    };
    Ok((report.annotations, told))
}

fn file_told((file, class_field): (&ReadFile, String)) -> FileTold {
    FileTold {
        path: file.path.clone(),
        format: file.format.clone(),
        layer: file.layer.clone(),
        layers: file.layers.clone(),
        crs: file.crs.clone(),
        features: file.rows.len(),
        fields: file.columns.iter().map(|column| column.name.clone()).collect(),
        class_field,
    }
}

/// Why an annotation has no pure pixel on any of these grids, with the way out; `None` where it has one.
fn without_pixels(
    annotation: &Annotation,
    grids: &[SiteGrid],
    buffers: &Buffers,
) -> Option<(Without, String)> {
    let rect = annotation.geometry.bounding_rect()?;
    let near = grids.iter().filter(|site| {
        let [left, bottom, right, top] = site.bounds;
        rect.min().x <= right && rect.max().x >= left && rect.min().y <= top && rect.max().y >= bottom
    });
    let mut worst: Option<(Without, String)> = None;
    for site in near {
        match core_of_annotation(annotation, &site.grid, buffers) {
            Ok(core) => {
                let emptied = core.emptied?;
                if emptied == Emptied::OutsideGrid {
                    continue;
                }
                let way_out = match largest_buffer_m(&annotation.geometry, &site.grid).ok().flatten() {
                    Some(m) => format!("a buffer of {m} m or less leaves it a pixel"),
                    None => "it is too small for pixels of this size".into(),
                };
                let how = if emptied == Emptied::ByBuffer { Without::Emptied } else { Without::NoWholePixel };
                worst = Some((how, format!("{emptied}: {way_out}")));
            }
            Err(why) => worst = worst.or(Some((Without::Failed, why.to_string()))),
        }
    }
    Some(worst.unwrap_or_else(|| {
        let why = format!("{}: build a cube that covers it, or leave it out", Emptied::OutsideGrid);
        (Without::Outside, why)
    }))
}

/// Annotations that are to come and overlap one of another class: which, and in what way.
fn overlaps(
    spec: &ImportSpec,
    report: &ImportReport,
    legend: &Legend,
    context: &JobContext,
) -> (Vec<(usize, String)>, bool) {
    let coming: Vec<Arc<Annotation>> = report.annotations.iter().cloned().map(Arc::new).collect();
    let mut all = spec.annotations.clone();
    coming.iter().for_each(|annotation| all.insert(Arc::clone(annotation)));
    let mut index = AnnotationIndex::default();
    index.follow(&all);
    let mut pairs = Vec::new();
    'all: for (at, one) in coming.iter().enumerate() {
        let Some(rect) = one.geometry.bounding_rect() else { continue };
        let bounds = [rect.min().x, rect.min().y, rect.max().x, rect.max().y];
        for other in index.within(bounds) {
            // Each pair once, told of the one that comes later.
            if other.id < one.id && other.class != one.class {
                pairs.push((at, Arc::clone(other)));
                if pairs.len() >= PAIRS {
                    break 'all;
                }
            }
        }
    }
    pairs.sort_by_key(|(at, other)| (*at, other.id));
    let overlap = |(at, other): &(usize, Arc<Annotation>)| {
        if context.cancel.is_cancelled() {
            return None;
        }
        let ha = overlap_ha(&coming[*at].geometry, &other.geometry)?;
        let class = legend.class(other.class).map_or("another class", |class| class.name.as_str());
        let which = match other.id.checked_sub(spec.first_id).and_then(|i| report.sources.get(i as usize)) {
            Some((_, feature)) => format!("feature {feature}"),
            None => format!("annotation {} of the project", other.id),
        };
        Some((*at, format!("it overlaps “{class}”: {which}, by {ha:.2} ha")))
    };
    let found = pairs.par_iter().filter_map(overlap).collect();
    (found, pairs.len() >= PAIRS)
}

/// The area that two have in common, in hectares, where it is more than an edge.
fn overlap_ha(a: &Geometry<f64>, b: &Geometry<f64>) -> Option<f64> {
    let polygons = |geometry: &Geometry<f64>| match geometry {
        Geometry::Polygon(polygon) => Some(MultiPolygon(vec![polygon.clone()])),
        Geometry::MultiPolygon(polygons) => Some(polygons.clone()),
        _ => None,
    };
    let (a, b) = (polygons(a)?, polygons(b)?);
    let lat = a.bounding_rect()?.center().y;
    let common = a.intersection(&b).unsigned_area();
    let ha = common * 111_319.5 * lat.to_radians().cos() * 110_574.0 / 10_000.0;
    (ha >= LEAST_OVERLAP_HA).then_some(ha)
}
