//! A plane in metres around an annotation, for areas and overlaps where there is no grid to measure in.

use super::repair::repair;
use crate::geo::metres_per_degree;
use geo::{Area, BoundingRect, Coord, Geometry, MapCoords, MultiPolygon, Polygon};

/// A plane in metres whose zero lies at a place: true there, and within a thousandth over the ten kilometres around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plane {
    origin: Coord<f64>,
    metres: [f64; 2],
}

impl Plane {
    /// The plane at the middle of a geometry in longitude and latitude; `None` of one without corners.
    pub(super) fn of(geometry: &Geometry<f64>) -> Option<Self> {
        Some(Self::at(geometry.bounding_rect()?.center()))
    }

    fn at(origin: Coord<f64>) -> Self {
        Self { origin, metres: metres_per_degree(origin.y) }
    }

    fn polygon(&self, polygon: &Polygon<f64>) -> Polygon<f64> {
        polygon.map_coords(|c| Coord {
            x: (c.x - self.origin.x) * self.metres[0],
            y: (c.y - self.origin.y) * self.metres[1],
        })
    }

    /// The polygons of a geometry, as they are drawn; none of a point.
    pub(super) fn drawn(&self, geometry: &Geometry<f64>) -> Vec<Polygon<f64>> {
        match geometry {
            Geometry::Polygon(polygon) => vec![self.polygon(polygon)],
            Geometry::MultiPolygon(polygons) => polygons.iter().map(|p| self.polygon(p)).collect(),
            _ => vec![],
        }
    }

    /// What a geometry covers. Overlays take one polygon as it is, by the even-odd rule; parts of several may overlap.
    pub(super) fn covered(&self, geometry: &Geometry<f64>) -> MultiPolygon<f64> {
        let mut drawn = self.drawn(geometry);
        match drawn.len() {
            0 => MultiPolygon::empty(),
            1 => MultiPolygon(vec![drawn.remove(0)]),
            _ => repair(&drawn).0,
        }
    }
}

/// The area of a geometry in longitude and latitude, in hectares, within a thousandth; 0 for a point.
pub fn area_ha(geometry: &Geometry<f64>) -> f64 {
    let covered = Plane::of(geometry).map(|plane| plane.covered(geometry));
    covered.map_or(0.0, |polygons| polygons.unsigned_area() / 10_000.0)
}

/// The area of a polygon as it is drawn, in hectares, within a thousandth.
pub(super) fn drawn_area_ha(polygon: &Polygon<f64>) -> f64 {
    let Some(bounds) = polygon.bounding_rect() else { return 0.0 };
    Plane::at(bounds.center()).polygon(polygon).unsigned_area() / 10_000.0
}
