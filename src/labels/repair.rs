//! Rings that cross themselves, made whole.

use geo::algorithm::unary_union;
use geo::{Area, BooleanOps, BoundingRect, Coord, LineString, MultiPolygon, Polygon};

/// The polygons as valid geometry, and whether that changed what they cover.
///
/// Of a ring that crosses itself, what an odd number of its turns surrounds is inside (the even-odd rule); holes are
/// taken from the shell, also where they reach beyond it; overlapping parts of a multipolygon count once. Whether
/// something had to be repaired is read from the area, which any crossing changes.
pub(super) fn repair(polygons: &[Polygon<f64>]) -> (MultiPolygon<f64>, bool) {
    let mut repaired = false;
    let mut parts = Vec::new();
    for polygon in polygons {
        let (part, changed) = repair_one(polygon);
        repaired |= changed;
        parts.push(part);
    }
    if parts.len() == 1 {
        return (parts.remove(0), repaired);
    }
    let whole = unary_union(&parts);
    let sum: f64 = parts.iter().map(Area::unsigned_area).sum();
    repaired |= sum - whole.unsigned_area() > polygons.iter().map(area_tolerance).sum::<f64>();
    (whole, repaired)
}

fn repair_one(polygon: &Polygon<f64>) -> (MultiPolygon<f64>, bool) {
    let whole = even_odd(polygon);
    let drawn = polygon.unsigned_area();
    if (whole.unsigned_area() - drawn).abs() <= area_tolerance(polygon) {
        return (whole, false);
    }
    let shell = even_odd(&Polygon::new(polygon.exterior().clone(), vec![]));
    let holes: Vec<_> =
        polygon.interiors().iter().map(|hole| even_odd(&Polygon::new(hole.clone(), vec![]))).collect();
    let whole = if holes.is_empty() { shell } else { shell.difference(&unary_union(&holes)) };
    (whole, true)
}

/// What an odd number of turns surrounds.
fn even_odd(polygon: &Polygon<f64>) -> MultiPolygon<f64> {
    polygon.union(&MultiPolygon::empty())
}

/// What snapping to the overlay's integer grid (2^-29 of the extent) can change in the area.
fn area_tolerance(polygon: &Polygon<f64>) -> f64 {
    let Some(bounds) = polygon.bounding_rect() else { return 0.0 };
    let perimeter: f64 =
        std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring_length).sum();
    perimeter * bounds.width().max(bounds.height()) * 2f64.powi(-27)
}

fn ring_length(ring: &LineString<f64>) -> f64 {
    let length = |a: Coord<f64>, b: Coord<f64>| (b.x - a.x).hypot(b.y - a.y);
    ring.0.windows(2).map(|pair| length(pair[0], pair[1])).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::wkt;

    #[test]
    fn a_whole_polygon_with_a_hole_stays_as_it_is() {
        let polygon = wkt!(POLYGON((0. 0.,10. 0.,10. 10.,0. 10.,0. 0.),(2. 2.,2. 4.,4. 4.,4. 2.,2. 2.)));
        let (whole, repaired) = repair(&[polygon]);
        assert!(!repaired);
        assert!((whole.unsigned_area() - 96.0).abs() < 1e-6);
    }

    #[test]
    fn a_bow_tie_becomes_its_two_triangles() {
        let (whole, repaired) = repair(&[wkt!(POLYGON((0. 0.,10. 10.,10. 0.,0. 10.,0. 0.)))]);
        assert!(repaired);
        assert_eq!(whole.0.len(), 2);
        assert!((whole.unsigned_area() - 50.0).abs() < 1e-6);
    }

    #[test]
    fn a_hole_that_reaches_beyond_its_shell_adds_nothing_outside() {
        let polygon = wkt!(POLYGON((0. 0.,10. 0.,10. 10.,0. 10.,0. 0.),(8. 4.,14. 4.,14. 6.,8. 6.,8. 4.)));
        let (whole, repaired) = repair(&[polygon]);
        assert!(repaired);
        assert!((whole.unsigned_area() - 96.0).abs() < 1e-6);
    }

    #[test]
    fn holes_that_overlap_are_taken_out_once() {
        let polygon = wkt!(POLYGON((0. 0.,10. 0.,10. 10.,0. 10.,0. 0.),
            (2. 2.,5. 2.,5. 5.,2. 5.,2. 2.),(4. 4.,6. 4.,6. 6.,4. 6.,4. 4.)));
        let (whole, repaired) = repair(&[polygon]);
        assert!(repaired);
        assert!((whole.unsigned_area() - (100.0 - 9.0 - 4.0 + 1.0)).abs() < 1e-6);
    }

    #[test]
    fn overlapping_parts_of_a_multipolygon_count_once() {
        let square = |x: f64| {
            let c = [(x, 0.), (x + 4., 0.), (x + 4., 4.), (x, 4.)];
            Polygon::new(LineString::from(c.to_vec()), vec![])
        };
        let (whole, repaired) = repair(&[square(0.), square(2.)]);
        assert!(repaired);
        assert!((whole.unsigned_area() - 24.0).abs() < 1e-6);
        let (whole, repaired) = repair(&[square(0.), square(4.)]);
        assert!(!repaired, "parts that only touch are whole");
        assert!((whole.unsigned_area() - 32.0).abs() < 1e-6);
    }
}
