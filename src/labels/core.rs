//! The core: an annotation after its inward buffer, and the pure pixels that lie wholly inside.

use super::pure::pure_pixels;
use super::repair::repair;
use super::{Annotation, Buffers, LabelError};
use crate::geo::Grid;
use geo::algorithm::buffer::{BufferStyle, LineJoin};
use geo::{
    Area, BoundingRect, Buffer, Coord, Geometry, Intersects, LineString, MapCoords, MultiPolygon, Polygon,
    Rect,
};
use std::collections::HashSet;

/// Why a core has no pure pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emptied {
    /// It lies outside of the grid.
    OutsideGrid,
    /// Nothing is left after the buffer.
    ByBuffer,
    /// Something is left, but no whole pixel fits in.
    NoWholePixel,
    /// All of its pure pixels were dropped by hand.
    Dropped,
}

impl std::fmt::Display for Emptied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::OutsideGrid => "it lies outside of the images",
            Self::ByBuffer => "nothing is left of it after the inward buffer",
            Self::NoWholePixel => "no whole pixel fits into what is left of it after the inward buffer",
            Self::Dropped => "all of its pure pixels were dropped",
        })
    }
}

/// An annotation after its inward buffer on a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Core {
    /// What is left, in the grid's `xy`.
    pub polygons: MultiPolygon<f64>,
    /// Its area in hectares.
    pub area_ha: f64,
    /// Area of what was drawn, in hectares (0 for a point).
    pub drawn_area_ha: f64,
    /// Pixels (column, row) whose whole footprint lies in the core, in row order.
    pub pure_pixels: Vec<(u32, u32)>,
    /// Pure pixels (column, row) that were dropped by hand, in row order; they are not among the others.
    pub dropped: Vec<(u32, u32)>,
    /// Why there is none, if there is none.
    pub emptied: Option<Emptied>,
    /// Whether the ring had to be repaired (it crossed itself) before it was buffered.
    pub repaired: bool,
}

/// An edge that intrudes into a pixel by less than this share of it does not count.
const TOLERANCE_PIXELS: f64 = 1e-6;

/// Turn of a round join from one corner to the next, in radians: 32 corners to a half circle, as GEOS has.
const JOIN_ANGLE: f64 = 0.1;

/// The core of a geometry in longitude and latitude, buffered inward by `buffer_m` metres with round joins, measured
/// in the grid's system. A point's core is the pixel that holds it, whatever the buffer. Fast enough for every mouse move.
///
/// # Errors
/// When the geometry cannot be projected, is neither polygon nor point, has no area, or holds numbers that are no
/// longitudes and latitudes; when the buffer is negative.
pub fn core_of(geometry: &Geometry<f64>, grid: &Grid, buffer_m: f64) -> Result<Core, LabelError> {
    if !(buffer_m.is_finite() && buffer_m >= 0.0) {
        return Err(unusable(format!("an inward buffer of {buffer_m} m is no distance")));
    }
    match projected(geometry, grid)? {
        Geometry::Point(point) => Ok(core_of_point(point, grid)),
        drawn => Ok(Drawn::new(&drawn, grid)?.core(buffer_m)),
    }
}

/// The core of an annotation with its own buffer, without the pixels that were dropped from it.
///
/// # Errors
/// As [`core_of`].
pub fn core_of_annotation(
    annotation: &Annotation,
    grid: &Grid,
    buffers: &Buffers,
) -> Result<Core, LabelError> {
    let mut core = core_of(&annotation.geometry, grid, buffers.of(annotation))?;
    if !annotation.dropped.is_empty() {
        let mut places = annotation.dropped.clone();
        grid.crs.xy_from_lonlat(&mut places)?;
        let pixels: HashSet<(i64, i64)> = places
            .into_iter()
            .map(|[x, y]| grid.pixel_from_xy(x, y).map(|v| v.floor() as i64))
            .map(|[col, row]| (col, row))
            .collect();
        let (dropped, kept) = core
            .pure_pixels
            .into_iter()
            .partition(|&(col, row)| pixels.contains(&(i64::from(col), i64::from(row))));
        (core.dropped, core.pure_pixels) = (dropped, kept);
        if core.pure_pixels.is_empty() && core.emptied.is_none() {
            core.emptied = Some(Emptied::Dropped);
        }
    }
    Ok(core)
}

/// The largest inward buffer, in metres and to a tenth of a metre, that leaves at least one pure pixel; `None` where
/// even the drawn polygon holds none. Tells the annotator how far a polygon too small for its buffer is off.
///
/// # Errors
/// As [`core_of`]; also for a point, which has no buffer.
pub fn largest_buffer_m(geometry: &Geometry<f64>, grid: &Grid) -> Result<Option<f64>, LabelError> {
    let drawn = Drawn::new(&projected(geometry, grid)?, grid)?;
    let leaves_a_pixel = |tenths: u64| !drawn.core(tenths as f64 / 10.0).pure_pixels.is_empty();
    if !leaves_a_pixel(0) {
        return Ok(None);
    }
    // A larger buffer never brings a pixel back. Doubled first, then halved: buffers far wider than the polygon are slow.
    let (mut leaves, mut empties) = (0, 10);
    while leaves_a_pixel(empties) {
        (leaves, empties) = (empties, empties * 2);
    }
    while empties - leaves > 1 {
        let middle = leaves + (empties - leaves) / 2;
        if leaves_a_pixel(middle) { leaves = middle } else { empties = middle }
    }
    Ok(Some(leaves as f64 / 10.0))
}

/// What was drawn, in a plane in metres, so that one way serves grids in metres, feet and degrees.
struct Drawn<'a> {
    grid: &'a Grid,
    /// Where the plane's zero lies in the grid's `xy`: near, so that no digits are lost.
    origin: Coord<f64>,
    /// Metres in one `xy` unit, east and north.
    metres: [f64; 2],
    /// To the last bit what was drawn where that is whole; otherwise as `whole`.
    drawn: MultiPolygon<f64>,
    /// Repaired, rings in order: what is buffered.
    whole: MultiPolygon<f64>,
    repaired: bool,
}

impl<'a> Drawn<'a> {
    /// From polygons in the grid's `xy`.
    fn new(geometry: &Geometry<f64>, grid: &'a Grid) -> Result<Self, LabelError> {
        let polygons = polygons_of(geometry)?;
        let first = polygons.first().and_then(|p| p.exterior().0.first());
        let origin = *first.ok_or_else(|| unusable("it has no corners"))?;
        let metres = grid.metres_per_unit();
        let in_plane =
            |c: Coord<f64>| Coord { x: (c.x - origin.x) * metres[0], y: (c.y - origin.y) * metres[1] };
        let polygons: Vec<Polygon<f64>> = polygons.iter().map(|p| p.map_coords(in_plane)).collect();
        let (whole, repaired) = repair(&polygons);
        if whole.unsigned_area() <= 0.0 {
            return Err(unusable("it has no area: its corners lie on one line"));
        }
        let drawn = match (repaired, polygons.len()) {
            (false, 1) => MultiPolygon(polygons),
            _ => whole.clone(),
        };
        Ok(Self { grid, origin, metres, drawn, whole, repaired })
    }

    fn core(&self, buffer_m: f64) -> Core {
        let core = self.buffered(buffer_m);
        let area_ha = core.unsigned_area() / 10_000.0;
        let polygons = self.in_xy(&core);
        let in_pixels = |c: Coord<f64>| Coord::from(self.grid.pixel_from_xy(c.x, c.y));
        let on_grid = polygons.map_coords(in_pixels);
        // Overlay and buffer work on an integer grid of 2^-29 of the extent.
        let extent = on_grid.bounding_rect().map_or(0.0, |b| b.width().max(b.height()));
        let tolerance = TOLERANCE_PIXELS + extent * 2f64.powi(-28);
        let pure_pixels = pure_pixels(&on_grid, self.grid.width, self.grid.height, tolerance);
        let emptied = pure_pixels.is_empty().then(|| {
            let whole_grid = Rect::new((0.0, 0.0), (f64::from(self.grid.width), f64::from(self.grid.height)));
            if !self.in_xy(&self.whole).map_coords(in_pixels).intersects(&whole_grid) {
                Emptied::OutsideGrid
            } else if core.0.is_empty() {
                Emptied::ByBuffer
            } else if !on_grid.intersects(&whole_grid) {
                Emptied::OutsideGrid
            } else {
                Emptied::NoWholePixel
            }
        });
        let drawn_area_ha = self.whole.unsigned_area() / 10_000.0;
        let repaired = self.repaired;
        Core { polygons, area_ha, drawn_area_ha, pure_pixels, dropped: vec![], emptied, repaired }
    }

    fn buffered(&self, buffer_m: f64) -> MultiPolygon<f64> {
        if buffer_m == 0.0 {
            return self.drawn.clone();
        }
        if buffer_m >= self.widest_m() {
            return MultiPolygon::empty();
        }
        let style = BufferStyle::new(-buffer_m).line_join(LineJoin::Round(JOIN_ANGLE));
        let mut core = self.whole.buffer_with_style(style);
        core.0.retain(|p| p.unsigned_area() > 0.0);
        core
    }

    /// The radius, in metres, of a circle that can no longer lie inside: no buffer as wide leaves anything.
    fn widest_m(&self) -> f64 {
        let half_width = self.whole.bounding_rect().map_or(0.0, |b| b.width().min(b.height()) / 2.0);
        half_width.min((self.whole.unsigned_area() / std::f64::consts::PI).sqrt())
    }

    fn in_xy(&self, polygons: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        polygons.map_coords(|c| Coord {
            x: c.x / self.metres[0] + self.origin.x,
            y: c.y / self.metres[1] + self.origin.y,
        })
    }
}

/// The core of a point in the grid's `xy`: its pixel.
fn core_of_point(point: geo::Point<f64>, grid: &Grid) -> Core {
    let [col, row] = grid.pixel_from_xy(point.x(), point.y());
    let inside = col >= 0.0 && row >= 0.0 && col < f64::from(grid.width) && row < f64::from(grid.height);
    if !inside {
        return Core {
            polygons: MultiPolygon::empty(),
            area_ha: 0.0,
            drawn_area_ha: 0.0,
            pure_pixels: vec![],
            dropped: vec![],
            emptied: Some(Emptied::OutsideGrid),
            repaired: false,
        };
    }
    let (col, row) = (col.floor(), row.floor());
    let square = Rect::new(grid.xy_from_pixel(col, row), grid.xy_from_pixel(col + 1.0, row + 1.0));
    Core {
        polygons: MultiPolygon(vec![square.to_polygon()]),
        area_ha: grid.pixel_area_ha(),
        drawn_area_ha: 0.0,
        pure_pixels: vec![(col as u32, row as u32)],
        dropped: vec![],
        emptied: None,
        repaired: false,
    }
}

/// The polygons of a geometry, each with three corners at least. Holes that surround nothing are left out: what they cut
/// away would depend on the buffer.
pub(super) fn polygons_of(geometry: &Geometry<f64>) -> Result<Vec<Polygon<f64>>, LabelError> {
    let polygons = match geometry {
        Geometry::Polygon(polygon) => vec![polygon.clone()],
        Geometry::MultiPolygon(polygons) => polygons.0.clone(),
        _ => return Err(unusable("it is no polygon")),
    };
    let surrounds = |hole: &LineString<f64>| {
        // Projecting bends a line by less than this.
        let length: f64 = hole.0.windows(2).map(|p| (p[1].x - p[0].x).hypot(p[1].y - p[0].y)).sum();
        hole.0.len() >= 4 && Polygon::new(hole.clone(), vec![]).unsigned_area() > 1e-9 * length * length
    };
    let without_lines = |polygon: Polygon<f64>| {
        let (shell, mut holes) = polygon.into_inner();
        holes.retain(surrounds);
        Polygon::new(shell, holes)
    };
    let whole: Vec<_> =
        polygons.into_iter().filter(|p| p.exterior().0.len() >= 4).map(without_lines).collect();
    if whole.is_empty() { Err(unusable("it has fewer than three corners")) } else { Ok(whole) }
}

/// Takes a geometry from longitude and latitude to the grid's `xy`.
pub(super) fn projected(geometry: &Geometry<f64>, grid: &Grid) -> Result<Geometry<f64>, LabelError> {
    use geo::CoordsIter;
    if !matches!(geometry, Geometry::Polygon(_) | Geometry::MultiPolygon(_) | Geometry::Point(_)) {
        return Err(unusable("it is neither polygon nor point"));
    }
    let mut places: Vec<[f64; 2]> = geometry.coords_iter().map(|c| [c.x, c.y]).collect();
    if let Some(why) = places.iter().find_map(|place| not_lonlat(*place)) {
        return Err(unusable(why));
    }
    grid.crs.xy_from_lonlat(&mut places)?;
    if places.iter().flatten().any(|v| !v.is_finite()) {
        return Err(unusable(format!("it lies outside of what {} can express", grid.crs.label())));
    }
    // Corners are visited in the order they were collected in.
    let visited = std::cell::Cell::new(0);
    Ok(geometry.map_coords(|c| places.get(visited.replace(visited.get() + 1)).map_or(c, |p| Coord::from(*p))))
}

/// Why a place is no longitude and latitude, if it is none.
pub(super) fn not_lonlat([lon, lat]: [f64; 2]) -> Option<String> {
    let why = match (lon.abs(), lat.abs()) {
        (lon, lat) if lon <= 180.0 && lat <= 90.0 => return None,
        (lon, lat) if lon <= 90.0 && lat <= 180.0 => "longitude and latitude seem to be swapped",
        _ => "are these metres? Export the file as WGS 84, or with its coordinate system",
    };
    Some(format!("({lon}, {lat}) is no longitude and latitude in degrees; {why}"))
}

fn unusable(why: impl Into<String>) -> LabelError {
    LabelError::Geometry { why: why.into() }
}

#[cfg(test)]
mod tests;
