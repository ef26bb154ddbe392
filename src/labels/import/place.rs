//! From a geometry as it stands in a file to one that can be an annotation's: in longitude and latitude, whole, wound in
//! order.

use crate::geo::Crs;
use crate::labels::core::not_lonlat;
use crate::labels::plane::drawn_area_ha;
use crate::labels::repair::repair;
use geo::algorithm::orient::Direction;
use geo::{Area, Coord, Geometry, LineString, MultiPoint, MultiPolygon, Orient, Point, Polygon};

/// A geometry that can be an annotation's.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// A polygon or multipolygon, and points; each becomes an annotation. Longitude and latitude.
    pub polygons: Option<Geometry<f64>>,
    /// Its points.
    pub points: Vec<Point<f64>>,
    /// Area in hectares before and after, where rings had to be repaired.
    pub repaired: Option<(f64, f64)>,
    /// What else was in it and is left aside, in words.
    pub aside: Option<String>,
}

impl Placed {
    /// What become annotations.
    pub fn geometries(&self) -> impl Iterator<Item = Geometry<f64>> + '_ {
        self.polygons.iter().cloned().chain(self.points.iter().map(|point| (*point).into()))
    }
}

/// What a collection holds.
#[derive(Default)]
struct Parts {
    polygons: Vec<Polygon<f64>>,
    points: Vec<Point<f64>>,
    lines: usize,
}

impl Parts {
    fn add(&mut self, geometry: Geometry<f64>) {
        match geometry {
            Geometry::Polygon(polygon) => self.polygons.push(polygon),
            Geometry::MultiPolygon(polygons) => self.polygons.extend(polygons.0),
            Geometry::Point(point) => self.points.push(point),
            Geometry::MultiPoint(points) => self.points.extend(points.0),
            Geometry::GeometryCollection(parts) => parts.0.into_iter().for_each(|part| self.add(part)),
            _ => self.lines += 1,
        }
    }
}

/// Takes a geometry from its file's coordinates (`crs`; longitude and latitude where `None`) to one that can be an
/// annotation's. `swap` turns x and y about first.
///
/// # Errors
/// Why it cannot be a label, in a sentence.
pub fn place(geometry: Geometry<f64>, crs: Option<&Crs>, swap: bool) -> Result<Placed, String> {
    let is_collection = matches!(geometry, Geometry::GeometryCollection(_));
    let kind = match &geometry {
        Geometry::LineString(_) | Geometry::Line(_) => "LineString",
        Geometry::MultiLineString(_) => "MultiLineString",
        Geometry::MultiPoint(MultiPoint(points)) if points.is_empty() => {
            return Err("it has no geometry".into());
        }
        _ => "GeometryCollection without any",
    };
    let mut parts = Parts::default();
    parts.add(geometry);
    if parts.polygons.is_empty() && parts.points.is_empty() {
        return Err(match is_collection || kind != "GeometryCollection without any" {
            true => format!("it is a {kind}; only polygons and points can be labels"),
            false => "it has fewer than three corners".into(),
        });
    }
    let aside = (parts.lines > 0).then(|| match parts.lines {
        1 => "the line in its GeometryCollection".to_owned(),
        lines => format!("{lines} lines in its GeometryCollection"),
    });
    let turned = |c: Coord<f64>| if swap { Coord { x: c.y, y: c.x } } else { c };
    let points: Vec<Coord<f64>> = parts.points.iter().map(|point| turned(point.0)).collect();
    let points = in_lonlat(&points, crs)?.into_iter().map(Point).collect();
    let mut placed = Placed { polygons: None, points, repaired: None, aside };
    if parts.polygons.is_empty() {
        return Ok(placed);
    }
    let mut drawn = Vec::new();
    for polygon in parts.polygons {
        let ring = |ring: &LineString<f64>| {
            let places: Vec<_> = ring.0.iter().map(|c| turned(*c)).collect();
            Ok::<_, String>(LineString(in_lonlat(&places, crs)?))
        };
        let holes = polygon.interiors().iter().map(ring).collect::<Result<Vec<_>, _>>()?;
        drawn.push(Polygon::new(ring(polygon.exterior())?, holes));
    }
    let whole_rings = |p: &Polygon<f64>| p.exterior().0.len() >= 4;
    if !drawn.iter().any(whole_rings) {
        return Err("it has fewer than three corners".into());
    }
    drawn.retain(whole_rings);
    let (whole, repaired) = repair(&drawn);
    if whole.unsigned_area() <= 0.0 {
        return Err("it has no area: its corners lie on one line".into());
    }
    placed.repaired =
        repaired.then(|| (drawn.iter().map(drawn_area_ha).sum(), whole.iter().map(drawn_area_ha).sum()));
    let mut polygons = if repaired { whole.0 } else { drawn };
    placed.polygons = Some(match polygons.len() {
        1 => polygons.remove(0).orient(Direction::Default).into(),
        _ => MultiPolygon(polygons).orient(Direction::Default).into(),
    });
    Ok(placed)
}

/// Longitudes and latitudes of places in `crs`.
fn in_lonlat(places: &[Coord<f64>], crs: Option<&Crs>) -> Result<Vec<Coord<f64>>, String> {
    let mut places: Vec<[f64; 2]> = places.iter().map(|c| [c.x, c.y]).collect();
    if let Some(crs) = crs {
        crs.lonlat_from_xy(&mut places).map_err(|e| e.to_string())?;
    }
    match places.iter().find_map(|place| not_lonlat(*place)) {
        Some(why) => Err(why),
        None => Ok(places.into_iter().map(Coord::from).collect()),
    }
}
