//! Annotations, and their cores, to files that other programs open.

use super::core::Core;
use super::geojson::json_of_geometry;
use super::plane::area_ha;
use super::{
    Annotation, AnnotationId, AnnotationIndex, Annotations, Buffers, Confidence, Emptied, LabelError,
    LabelSite, Legend, core_of_annotation,
};
use crate::files::write_atomically;
use crate::geo::vector_write::{Field, FieldKind, FieldValue, Layer, write_geopackage};
use crate::geo::{Crs, GeoError};
use crate::progress::{Cancel, Cancelled, Progress, Report};
use geo::algorithm::orient::Direction;
use geo::{Coord, CoordsIter, Geometry, MapCoords, MultiPolygon, Orient};
use rayon::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What to export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExportWhat {
    /// What was drawn, one feature an annotation.
    #[default]
    Annotations,
    /// What is left after the inward buffer, one feature an annotation and site.
    Cores,
}

/// The kinds of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// RFC 7946; always in WGS 84.
    GeoJson,
    /// An OGC GeoPackage.
    GeoPackage,
}

impl ExportFormat {
    /// What a file's name tells, if it tells.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_lowercase().as_str() {
            "geojson" | "json" => Some(Self::GeoJson),
            "gpkg" => Some(Self::GeoPackage),
            _ => None,
        }
    }
}

/// What to export, and how.
#[derive(Debug, Clone)]
pub struct ExportSpec {
    /// What.
    pub what: ExportWhat,
    /// All annotations; with sites given, those that lie in one of them.
    pub annotations: Annotations,
    /// Names of classes.
    pub legend: Legend,
    /// The inward buffers.
    pub buffers: Buffers,
    /// Sites on whose grids the cores are computed.
    pub sites: Vec<LabelSite>,
    /// Whether annotations outside of these sites are left out.
    pub only_sites: bool,
    /// The coordinate system of a GeoPackage; WGS 84 where `None`.
    pub crs: Option<Crs>,
}

/// What became of an export.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExportReport {
    /// Features written.
    pub features: usize,
    /// Annotations left out, with why.
    pub left_out: Vec<(AnnotationId, String)>,
}

/// A feature to be written.
struct Row {
    annotation: Arc<Annotation>,
    /// In the file's coordinate system, rings wound as RFC 7946 asks.
    geometry: Geometry<f64>,
    /// The sites it lies in.
    sites: String,
    /// Hectares; measured in the first site's grid where there is one.
    area_ha: f64,
    /// Hectares of the core; `None` where it lies in no site.
    core_area_ha: Option<f64>,
    pure_pixels: Option<u64>,
}

/// Writes annotations or their cores to a GeoJSON file or a GeoPackage, as the file's name tells: to a temporary file, then
/// renamed over what is there.
///
/// Properties: `id`, `class`, `code`, `confidence`, `buffer_m` (the one that counts; none of points), `from`, `to`,
/// `author`, `created`, `note`, `sites` (those it lies in; of a core `site`, whose grid it was computed on), `area_ha` (what
/// was drawn), `core_area_ha`, `pure_pixels` (of all these sites together). A GeoPackage has a layer of multipolygons; points
/// have one of their own.
///
/// # Errors
/// When the file's name tells no format, it cannot be written, cores are asked for without a site, or when asked to stop.
pub fn export(
    spec: &ExportSpec,
    path: &Path,
    report: Report,
    cancel: &Cancel,
) -> Result<ExportReport, LabelError> {
    let unwritable = |why: &str| LabelError::Write { path: path.into(), why: why.into() };
    let format = ExportFormat::of(path)
        .ok_or_else(|| unwritable("its name tells no format. End it in .geojson or .gpkg"))?;
    if format == ExportFormat::GeoJson && spec.crs.as_ref().is_some_and(|crs| !is_wgs84(crs)) {
        return Err(unwritable(
            "GeoJSON is always in WGS 84 (RFC 7946). Write a GeoPackage for another system",
        ));
    }
    if spec.what == ExportWhat::Cores && spec.sites.is_empty() {
        return Err(unwritable(
            "a core is computed on the grid of a site, and there is none. Build a cube first",
        ));
    }
    let (rows, left_out) = rows(spec, report, cancel)?;
    report(Progress::new(0, 0, format!("Writing {}", path.display())));
    match format {
        ExportFormat::GeoJson => {
            let text = geojson_text(spec, &rows, cancel)?;
            write_atomically(path, text.as_bytes())
                .map_err(|e| unwritable(&format!("{e}. Check the folder, its rights and the free space")))?;
        }
        ExportFormat::GeoPackage => geopackage(spec, &rows, path, cancel)?,
    }
    Ok(ExportReport { features: rows.len(), left_out })
}

fn is_wgs84(crs: &Crs) -> bool {
    Crs::from_epsg(4326).is_ok_and(|wgs84| wgs84.same_as(crs))
}

/// The place of a site in the list, with the core of an annotation there or why there is none.
type SiteCore = (usize, Result<Core, String>);

/// What is to be written in the order of the annotations, and what is not.
type Rows = (Vec<Row>, Vec<(AnnotationId, String)>);

fn rows(spec: &ExportSpec, report: Report, cancel: &Cancel) -> Result<Rows, LabelError> {
    let mut index = AnnotationIndex::default();
    index.follow(&spec.annotations);
    let mut cores: HashMap<AnnotationId, Vec<SiteCore>> = HashMap::new();
    for (i, site) in spec.sites.iter().enumerate() {
        let near = site.near(&index);
        let (done, total) = (AtomicU64::new(0), near.len() as u64);
        let of = |annotation: &Arc<Annotation>| {
            cancel.check()?;
            let done = done.fetch_add(1, Ordering::Relaxed);
            if done.is_multiple_of(256) {
                report(Progress::new(done, total, format!("Buffering annotations on {}", site.name)));
            }
            let core = core_of_annotation(annotation, &site.grid, &spec.buffers).map_err(|e| e.to_string());
            Ok((annotation.id, core))
        };
        let on_site: Vec<_> = near.par_iter().map(of).collect::<Result<_, Cancelled>>()?;
        for (id, core) in on_site {
            let outside = core.as_ref().is_ok_and(|core| core.emptied == Some(Emptied::OutsideGrid));
            if !outside {
                cores.entry(id).or_default().push((i, core));
            }
        }
    }
    let (mut rows, mut left_out) = (Vec::new(), Vec::new());
    for annotation in spec.annotations.iter() {
        cancel.check()?;
        let on_sites = cores.remove(&annotation.id).unwrap_or_default();
        if on_sites.is_empty() && (spec.only_sites || spec.what == ExportWhat::Cores) {
            left_out.push((annotation.id, "it lies outside of every site".into()));
            continue;
        }
        let made = match spec.what {
            ExportWhat::Annotations => annotation_row(spec, annotation, &on_sites).map(|row| vec![row]),
            ExportWhat::Cores => core_rows(spec, annotation, &on_sites),
        };
        match made {
            Ok(more) => rows.extend(more),
            Err(why) => left_out.push((annotation.id, why)),
        }
    }
    Ok((rows, left_out))
}

fn annotation_row(
    spec: &ExportSpec,
    annotation: &Arc<Annotation>,
    on_sites: &[SiteCore],
) -> Result<Row, String> {
    let geometry = match &spec.crs {
        None => annotation.geometry.clone(),
        Some(crs) => moved(&annotation.geometry, |places| crs.xy_from_lonlat(places))?,
    };
    let usable: Vec<(usize, &Core)> =
        on_sites.iter().filter_map(|(i, core)| Some((*i, core.as_ref().ok()?))).collect();
    let first = usable.first().map(|(_, core)| *core);
    let names: Vec<_> =
        usable.iter().filter_map(|(i, _)| spec.sites.get(*i)).map(|s| s.name.as_str()).collect();
    Ok(Row {
        annotation: Arc::clone(annotation),
        geometry: wound(geometry),
        sites: names.join(", "),
        area_ha: first.map_or_else(|| area_ha(&annotation.geometry), |core| core.drawn_area_ha),
        core_area_ha: first.map(|core| core.area_ha),
        pure_pixels: first.map(|_| usable.iter().map(|(_, core)| core.pure_pixels.len() as u64).sum()),
    })
}

fn core_rows(
    spec: &ExportSpec,
    annotation: &Arc<Annotation>,
    on_sites: &[SiteCore],
) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    let mut why = None;
    for (i, core) in on_sites {
        let Some(site) = spec.sites.get(*i) else { continue };
        let core = match core {
            Ok(core) if !core.polygons.0.is_empty() => core,
            Ok(core) => {
                why = core.emptied.map(|emptied| emptied.to_string());
                continue;
            }
            Err(error) => {
                why = Some(error.clone());
                continue;
            }
        };
        let polygons: Geometry<f64> = core.polygons.clone().into();
        let own = &site.grid.crs;
        let geometry = match &spec.crs {
            Some(crs) if crs.same_as(own) => polygons,
            Some(crs) => moved(&polygons, |places| {
                own.lonlat_from_xy(places)?;
                crs.xy_from_lonlat(places)
            })?,
            None => moved(&polygons, |places| own.lonlat_from_xy(places))?,
        };
        rows.push(Row {
            annotation: Arc::clone(annotation),
            geometry: wound(geometry),
            sites: site.name.clone(),
            area_ha: core.drawn_area_ha,
            core_area_ha: Some(core.area_ha),
            pure_pixels: Some(core.pure_pixels.len() as u64),
        });
    }
    match (rows.is_empty(), why) {
        (true, Some(why)) => Err(why),
        _ => Ok(rows),
    }
}

/// A geometry in another coordinate system.
fn moved(
    geometry: &Geometry<f64>,
    project: impl Fn(&mut [[f64; 2]]) -> Result<(), GeoError>,
) -> Result<Geometry<f64>, String> {
    let mut places: Vec<[f64; 2]> = geometry.coords_iter().map(|c| [c.x, c.y]).collect();
    project(&mut places).map_err(|error| error.to_string())?;
    // Corners are visited in the order they were collected in.
    let mut places = places.into_iter();
    let next = std::cell::RefCell::new(&mut places);
    Ok(geometry.map_coords(|c| next.borrow_mut().next().map_or(c, Coord::from)))
}

/// Outer rings against the clock, holes with it.
fn wound(geometry: Geometry<f64>) -> Geometry<f64> {
    match geometry {
        Geometry::Polygon(polygon) => polygon.orient(Direction::Default).into(),
        Geometry::MultiPolygon(polygons) => match polygons.0.as_slice() {
            [one] => one.orient(Direction::Default).into(),
            _ => polygons.orient(Direction::Default).into(),
        },
        other => other,
    }
}

impl Row {
    /// The buffer that counts; points have none.
    fn buffer_m(&self, spec: &ExportSpec) -> Option<f64> {
        let is_point = matches!(self.annotation.geometry, Geometry::Point(_));
        (!is_point).then(|| spec.buffers.of(&self.annotation))
    }

    fn confidence(&self) -> &'static str {
        match self.annotation.confidence {
            Confidence::Sure => "sure",
            Confidence::Likely => "likely",
        }
    }
}

/// How the property that names sites is called.
fn site_field(what: ExportWhat) -> &'static str {
    match what {
        ExportWhat::Annotations => "sites",
        ExportWhat::Cores => "site",
    }
}

/// RFC 7946, one feature a line. An annotation keeps its id as that of its feature; cores of one may lie in several sites,
/// and ids of features must not be there twice.
fn geojson_text(spec: &ExportSpec, rows: &[Row], cancel: &Cancel) -> Result<String, Cancelled> {
    let feature = |row: &Row| {
        cancel.check()?;
        let a = &row.annotation;
        let mut properties = Map::new();
        for (key, value) in [
            ("id", json!(a.id)),
            ("class", json!(spec.legend.class(a.class).map(|class| &class.name))),
            ("code", json!(a.class)),
            ("confidence", json!(row.confidence())),
            ("buffer_m", json!(row.buffer_m(spec))),
            ("from", json!(a.holds.from)),
            ("to", json!(a.holds.to)),
            ("author", json!(a.author)),
            ("created", json!(a.created)),
            ("note", json!(a.note)),
            (site_field(spec.what), json!(row.sites)),
            ("area_ha", json!(row.area_ha)),
            ("core_area_ha", json!(row.core_area_ha)),
            ("pure_pixels", json!(row.pure_pixels)),
        ] {
            properties.insert(key.into(), value);
        }
        let mut feature = Map::new();
        feature.insert("type".into(), "Feature".into());
        if spec.what == ExportWhat::Annotations {
            feature.insert("id".into(), json!(a.id));
        }
        feature.insert("properties".into(), properties.into());
        feature.insert("geometry".into(), json_of_geometry(&row.geometry));
        Ok(Value::from(feature).to_string())
    };
    let features: Vec<String> = rows.par_iter().map(feature).collect::<Result<_, Cancelled>>()?;
    let lines = if features.is_empty() { String::new() } else { format!("\n{}\n", features.join(",\n")) };
    Ok(format!("{{\"type\":\"FeatureCollection\",\"features\":[{lines}]}}\n"))
}

fn geopackage(spec: &ExportSpec, rows: &[Row], path: &Path, cancel: &Cancel) -> Result<(), LabelError> {
    let text = FieldKind::Text;
    let fields = [
        ("id", FieldKind::Integer),
        ("class", text),
        ("code", FieldKind::Integer),
        ("confidence", text),
        ("buffer_m", FieldKind::Real),
        ("from", FieldKind::Date),
        ("to", FieldKind::Date),
        ("author", text),
        ("created", text),
        ("note", text),
        (site_field(spec.what), text),
        ("area_ha", FieldKind::Real),
        ("core_area_ha", FieldKind::Real),
        ("pure_pixels", FieldKind::Integer),
    ]
    .map(|(name, kind)| Field { name, kind });
    let values = |row: &Row| -> Vec<FieldValue> {
        let a = &row.annotation;
        let text = |text: &Option<String>| text.clone().map(FieldValue::Text);
        let whole = |number: u64| i64::try_from(number).ok().map(FieldValue::Integer);
        let date = |date: Option<chrono::NaiveDate>| date.map(FieldValue::Date);
        let real = |number: Option<f64>| number.map(FieldValue::Real);
        [
            whole(a.id),
            spec.legend.class(a.class).map(|class| FieldValue::Text(class.name.clone())),
            whole(a.class.into()),
            Some(FieldValue::Text(row.confidence().into())),
            real(row.buffer_m(spec)),
            date(a.holds.from),
            date(a.holds.to),
            text(&a.author),
            text(&a.created),
            text(&a.note),
            Some(FieldValue::Text(row.sites.clone())),
            real(Some(row.area_ha)),
            real(row.core_area_ha),
            row.pure_pixels.and_then(whole),
        ]
        .map(|value| value.unwrap_or(FieldValue::Null))
        .into()
    };
    let crs = match &spec.crs {
        Some(crs) => crs.clone(),
        None => Crs::from_epsg(4326)?,
    };
    let name = match spec.what {
        ExportWhat::Annotations => "annotations",
        ExportWhat::Cores => "cores",
    };
    let is_point = |row: &&Row| matches!(row.geometry, Geometry::Point(_));
    let (points, polygons): (Vec<_>, Vec<_>) = rows.iter().partition(is_point);
    let feature = |row: &&Row| {
        // One kind of geometry a layer, as other programs expect.
        let geometry = match &row.geometry {
            Geometry::Polygon(polygon) => MultiPolygon(vec![polygon.clone()]).into(),
            other => other.clone(),
        };
        (geometry, values(row))
    };
    let mut layers = vec![Layer { name, points: false, features: Box::new(polygons.iter().map(feature)) }];
    if !points.is_empty() {
        let features = Box::new(points.iter().map(feature));
        layers.push(Layer { name: "points", points: true, features });
    }
    write_geopackage(path, &crs, &fields, layers, cancel)
}

#[cfg(test)]
mod tests;
