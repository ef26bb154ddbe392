//! Annotations of different classes that cover the same ground.

use super::repair::repair;
use super::{Annotation, AnnotationId, AnnotationIndex};
use geo::{
    Area, BooleanOps, BoundingRect, ChamberlainDuquetteArea, Contains, Geometry, MapCoords, MultiPolygon,
};

/// Polygons that share less than this do not overlap: rounded coordinates of a common border make slivers.
const SLIVER_M2: f64 = 1.0;

/// Radius of the sphere that has the area of the Earth, in metres.
const RADIUS_M: f64 = 6_371_007.2;

/// Annotations of other classes that cover some of the same ground, each with the area in hectares, in the order of their
/// ids. A point within a polygon shares no area (0 ha), but it claims a pixel there. Areas are those on a sphere, right within
/// 1 %; of two annotations each tells the same of the other.
pub fn overlaps_of(annotation: &Annotation, index: &AnnotationIndex) -> Vec<(AnnotationId, f64)> {
    let Some(bounds) = annotation.geometry.bounding_rect() else { return Vec::new() };
    let within = [bounds.min().x, bounds.min().y, bounds.max().x, bounds.max().y];
    let near =
        index.within(within).filter(|other| other.class != annotation.class && other.id != annotation.id);
    let mut own = None;
    let mut found: Vec<_> = near
        .filter_map(|other| {
            let own = own.get_or_insert_with(|| Ground::new(&annotation.geometry));
            let theirs = Ground::new(&other.geometry);
            // In one order, so that both tell the same to the last bit.
            let (first, second) = if annotation.id < other.id { (&*own, &theirs) } else { (&theirs, &*own) };
            Some((other.id, first.shared_ha(second)?))
        })
        .collect();
    found.sort_unstable_by_key(|(id, _)| *id);
    found
}

/// The area of a geometry in longitude and latitude, in hectares, right within 1 %; 0 for a point.
pub fn area_ha(geometry: &Geometry<f64>) -> f64 {
    geometry.chamberlain_duquette_unsigned_area() / 10_000.0
}

/// What an annotation covers, on a plane of equal areas in metres (Lambert's cylinder).
enum Ground {
    Point(geo::Point<f64>),
    Polygons(MultiPolygon<f64>),
    Nothing,
}

impl Ground {
    fn new(geometry: &Geometry<f64>) -> Self {
        let in_plane = |c: geo::Coord<f64>| geo::Coord {
            x: c.x.to_radians() * RADIUS_M,
            y: c.y.to_radians().sin() * RADIUS_M,
        };
        match geometry.map_coords(in_plane) {
            Geometry::Point(point) => Self::Point(point),
            Geometry::Polygon(polygon) => Self::Polygons(repair(&[polygon]).0),
            Geometry::MultiPolygon(polygons) => Self::Polygons(repair(&polygons.0).0),
            _ => Self::Nothing,
        }
    }

    /// The hectares that both cover; `None` where they do not overlap.
    fn shared_ha(&self, other: &Self) -> Option<f64> {
        match (self, other) {
            (Self::Polygons(a), Self::Polygons(b)) => {
                let shared = a.intersection(b).unsigned_area();
                (shared >= SLIVER_M2).then_some(shared / 10_000.0)
            }
            (Self::Polygons(polygons), Self::Point(point))
            | (Self::Point(point), Self::Polygons(polygons)) => polygons.contains(point).then_some(0.0),
            (Self::Point(a), Self::Point(b)) => (a == b).then_some(0.0),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::Annotations;
    use geo::{Point, polygon};

    const METRES_A_DEGREE: f64 = RADIUS_M * std::f64::consts::PI / 180.0;

    /// A square of so many metres near the equator.
    fn square(id: AnnotationId, class: u8, x: f64, y: f64, side: f64) -> Annotation {
        let d = |m: f64| m / METRES_A_DEGREE;
        let (x, y, side) = (d(x), d(y), d(side));
        let polygon =
            polygon![(x: x, y: y), (x: x + side, y: y), (x: x + side, y: y + side), (x: x, y: y + side)];
        Annotation::new(id, polygon.into(), class)
    }

    fn index(all: &[Annotation]) -> AnnotationIndex {
        let annotations: Annotations = all.iter().cloned().collect();
        let mut index = AnnotationIndex::default();
        index.follow(&annotations);
        index
    }

    #[test]
    fn other_classes_overlap_by_the_area_they_share_and_the_own_class_does_not() {
        let all = [
            square(1, 1, 0.0, 0.0, 200.0),
            square(2, 2, 100.0, 100.0, 200.0),
            square(3, 1, 50.0, 50.0, 200.0),
            square(4, 2, 200.0, 0.0, 50.0),
            square(5, 3, 199.999, 60.0, 30.0),
        ];
        let index = index(&all);
        let found = overlaps_of(&all[0], &index);
        assert_eq!(found.len(), 1, "touching and slivers are no overlap: {found:?}");
        assert_eq!(found[0].0, 2);
        assert!((found[0].1 - 1.0).abs() < 1e-6, "{found:?}");
        assert_eq!(overlaps_of(&all[1], &index).iter().map(|o| o.0).collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn a_point_in_a_polygon_of_another_class_claims_its_place() {
        let point = |id, class, m: f64| {
            Annotation::new(id, Point::new(m / METRES_A_DEGREE, m / METRES_A_DEGREE).into(), class)
        };
        let all = [square(1, 1, 0.0, 0.0, 100.0), point(2, 2, 50.0), point(3, 1, 50.0), point(4, 2, 150.0)];
        let index = index(&all);
        assert_eq!(overlaps_of(&all[0], &index), [(2, 0.0)]);
        assert_eq!(overlaps_of(&all[1], &index), [(1, 0.0), (3, 0.0)]);
        assert_eq!(overlaps_of(&all[3], &index), []);
    }

    #[test]
    fn a_ring_that_crosses_itself_overlaps_where_it_covers() {
        let d = |m: f64| m / METRES_A_DEGREE;
        let bow = polygon![(x: 0.0, y: 0.0), (x: d(100.0), y: d(100.0)), (x: d(100.0), y: 0.0), (x: 0.0, y: d(100.0))];
        let all = [Annotation::new(1, bow.into(), 1), square(2, 2, 0.0, 0.0, 100.0)];
        let found = overlaps_of(&all[0], &index(&all));
        assert!((found[0].1 - 0.5).abs() < 1e-6, "{found:?}");
    }

    #[test]
    fn areas_are_right_within_a_hundredth() {
        let area = area_ha(&square(1, 1, 0.0, 0.0, 1000.0).geometry);
        assert!((area - 100.0).abs() < 1.0, "{area}");
    }
}
