//! Web mercator as a plane from 0 to 1: places are projected once, and each frame only moves and scales them.

use crate::labels::Annotation;
use egui::{Pos2, Rect, pos2};
use geo::{CoordsIter, Geometry, LineString, Polygon};
use std::f64::consts::PI;
use walkers::Projector;

/// Least x and y, greatest x and y.
pub type Bounds = [f64; 4];

/// Whether two boxes touch.
pub fn touch(a: Bounds, b: Bounds) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

/// Longitude and latitude on the plane: 0 to 1 from west to east and from north to south.
pub fn mercator([lon, lat]: [f64; 2]) -> [f64; 2] {
    [(1.0 + lon.to_radians() / PI) / 2.0, (1.0 - lat.to_radians().tan().asinh() / PI) / 2.0]
}

/// Longitude and latitude of a place on the plane.
fn lonlat([x, y]: [f64; 2]) -> [f64; 2] {
    [((x * 2.0 - 1.0) * PI).to_degrees(), ((1.0 - y * 2.0) * PI).sinh().atan().to_degrees()]
}

/// How the plane lies on the screen.
#[derive(Debug, Clone, Copy)]
pub struct Plane {
    centre: [f64; 2],
    middle: Pos2,
    /// Points of the screen for the whole width of the plane.
    pub scale: f64,
}

impl Plane {
    /// As the map lies now.
    pub fn new(projector: &Projector) -> Self {
        let middle = projector.clip_rect().center();
        let there = projector.unproject(middle.to_vec2());
        let centre = mercator([there.x(), there.y()]);
        Self { centre, middle, scale: 256.0 * projector.zoom().exp2() }
    }

    /// Where a place of the plane is on the screen.
    pub fn at(&self, [x, y]: [f64; 2]) -> Pos2 {
        let offset = |v: f64, centre: f64| ((v - centre) * self.scale) as f32;
        pos2(self.middle.x + offset(x, self.centre[0]), self.middle.y + offset(y, self.centre[1]))
    }

    /// The part of the plane under a part of the screen.
    pub fn under(&self, rect: Rect) -> Bounds {
        let x = |v: f32| self.centre[0] + f64::from(v - self.middle.x) / self.scale;
        let y = |v: f32| self.centre[1] + f64::from(v - self.middle.y) / self.scale;
        [x(rect.left()), y(rect.top()), x(rect.right()), y(rect.bottom())]
    }
}

/// Least longitude and latitude, greatest longitude and latitude of a part of the plane.
pub fn lonlat_bounds([left, top, right, bottom]: Bounds) -> [f64; 4] {
    let ([west, north], [east, south]) = (lonlat([left, top]), lonlat([right, bottom]));
    [west, south, east, north]
}

/// The rings of an annotation on the plane, the last corner of each not given twice; a point is a ring of one corner.
#[derive(Debug, Clone)]
pub struct Placed {
    /// Its rings.
    pub rings: Vec<Vec<[f64; 2]>>,
    /// Where it lies.
    pub bounds: Bounds,
}

impl Placed {
    pub fn new(annotation: &Annotation) -> Self {
        let ring = |line: &LineString<f64>| {
            let mut places: Vec<_> = line.coords().map(|c| mercator([c.x, c.y])).collect();
            if places.len() > 1 && places.first() == places.last() {
                places.pop();
            }
            places
        };
        let polygon = |p: &Polygon<f64>| {
            std::iter::once(p.exterior()).chain(p.interiors()).map(ring).collect::<Vec<_>>()
        };
        let rings = match &annotation.geometry {
            Geometry::Polygon(p) => polygon(p),
            Geometry::MultiPolygon(many) => many.iter().flat_map(polygon).collect(),
            other => vec![other.coords_iter().map(|c| mercator([c.x, c.y])).collect()],
        };
        let bounds = bounds_of(rings.iter().flatten());
        Self { rings, bounds }
    }
}

fn bounds_of<'a>(places: impl Iterator<Item = &'a [f64; 2]>) -> Bounds {
    let nothing = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    places.fold(nothing, |b, p| [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])])
}

/// A ring where it is on the screen, without corners that nobody can tell from the one before.
pub fn corners_on_screen(ring: &[[f64; 2]], at: impl Fn([f64; 2]) -> Pos2, apart: f32) -> Vec<Pos2> {
    let mut corners: Vec<Pos2> = Vec::with_capacity(ring.len());
    for &place in ring {
        let corner = at(place);
        if corners.last().is_none_or(|last| last.distance_sq(corner) >= apart * apart) {
            corners.push(corner);
        }
    }
    // A ring of few corners keeps its shape.
    if corners.len() < 3 { ring.iter().map(|&place| at(place)).collect() } else { corners }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::vec2;
    use walkers::{MapMemory, MercatorProjection, lon_lat};

    #[test]
    fn a_place_is_where_the_map_projects_it_at_every_zoom() {
        let rect = Rect::from_min_size(pos2(240.0, 40.0), vec2(900.0, 600.0));
        for zoom in [4.0, 9.5, 14.0, 19.25] {
            let mut memory = MapMemory::default();
            memory.set_zoom(zoom).unwrap();
            memory.center_at(lon_lat(-92.31, 17.42));
            let projector = Projector::new(rect, &MercatorProjection, &memory, lon_lat(0.0, 0.0));
            let plane = Plane::new(&projector);
            for (dx, dy) in [(0.0, 0.0), (0.4, 0.1), (-0.3, 0.45)] {
                let step = 500.0 / plane.scale * 360.0;
                let (lon, lat) = (-92.31 + dx * step, 17.42 + dy * step);
                let by_map = projector.project(lon_lat(lon, lat)).to_pos2();
                let here = plane.at(mercator([lon, lat]));
                assert!(here.distance(by_map) < 0.02, "zoom {zoom}: {here:?} {by_map:?}");
                let bounds = lonlat_bounds(plane.under(Rect::from_min_max(here, here)));
                assert!((bounds[0] - lon).abs() < 1e-3 * step && (bounds[1] - lat).abs() < 1e-3 * step);
            }
        }
    }
}
