//! Overlaps of annotations of different classes: at least one of the two is wrong there.

use super::plane::Plane;
use super::{Annotation, AnnotationId, AnnotationIndex, Annotations};
use crate::progress::{Cancel, Cancelled, Progress, Report};
use geo::{Area, BooleanOps, BoundingRect, Geometry, Intersects, MultiPolygon, Rect};
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Less is no overlap, in hectares (1 m²): neighbours that share an edge overlap by slivers where their corners differ.
const SLIVER_HA: f64 = 1e-4;

/// Two annotations of different classes that cover the same place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// Their ids, the smaller first.
    pub annotations: [AnnotationId; 2],
    /// The area both cover, in hectares; 0 where one is a point.
    pub area_ha: f64,
}

/// Annotations of another class that cover some of the same place as this one, in the order of their ids, with the area both
/// cover in hectares (0 where one of the two is a point). Those that hold at other dates do not count.
pub fn overlaps_of(annotation: &Annotation, index: &AnnotationIndex) -> Vec<(AnnotationId, f64)> {
    let mut found = found(annotation, index, |other| other != annotation.id);
    found.sort_unstable_by_key(|(id, _)| *id);
    found
}

/// All overlaps of annotations of different classes, the largest first.
///
/// # Errors
/// When asked to stop.
pub fn overlaps(
    annotations: &Annotations,
    index: &AnnotationIndex,
    report: Report,
    cancel: &Cancel,
) -> Result<Vec<Overlap>, Cancelled> {
    let (done, total) = (AtomicU64::new(0), annotations.len() as u64);
    let of = |annotation: &Arc<Annotation>| {
        cancel.check()?;
        let done = done.fetch_add(1, Ordering::Relaxed);
        if done.is_multiple_of(512) {
            report(Progress::new(done, total, "Looking for overlaps"));
        }
        // Each pair is looked at once.
        let found = found(annotation, index, |other| other > annotation.id);
        let pair = |(other, area_ha)| Overlap { annotations: [annotation.id, other], area_ha };
        Ok(found.into_iter().map(pair).collect())
    };
    let all: Vec<Vec<Overlap>> = annotations.to_vec().par_iter().map(of).collect::<Result<_, _>>()?;
    let mut all: Vec<Overlap> = all.into_iter().flatten().collect();
    all.sort_by(|a, b| b.area_ha.total_cmp(&a.area_ha).then(a.annotations.cmp(&b.annotations)));
    Ok(all)
}

fn found(
    annotation: &Annotation,
    index: &AnnotationIndex,
    wanted: impl Fn(AnnotationId) -> bool,
) -> Vec<(AnnotationId, f64)> {
    let Some(bounds) = annotation.geometry.bounding_rect() else { return vec![] };
    let around = [bounds.min().x, bounds.min().y, bounds.max().x, bounds.max().y];
    let is_rival = |other: &&Arc<Annotation>| {
        wanted(other.id) && other.class != annotation.class && other.holds.meets(annotation.holds)
    };
    let mut own: Option<(Plane, MultiPolygon<f64>)> = None;
    let mut found = Vec::new();
    for other in index.within(around).filter(is_rival) {
        let shared = match (&annotation.geometry, &other.geometry) {
            (Geometry::Point(point), other) | (other, Geometry::Point(point)) => {
                other.intersects(point).then_some(0.0)
            }
            // Measured around the one with the smaller id, and in that order, so that each tells the same of the other.
            _ if annotation.id < other.id => {
                if own.is_none() {
                    own = Plane::of(&annotation.geometry).map(|p| (p, p.covered(&annotation.geometry)));
                }
                own.as_ref().and_then(|(plane, ours)| shared_ha(ours, &plane.covered(&other.geometry)))
            }
            _ => Plane::of(&other.geometry).and_then(|plane| {
                shared_ha(&plane.covered(&other.geometry), &plane.covered(&annotation.geometry))
            }),
        };
        found.extend(shared.map(|area_ha| (other.id, area_ha)));
    }
    found
}

/// Hectares that both cover; `None` where their bounds tell that there is next to nothing.
fn shared_ha(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>) -> Option<f64> {
    let (a_bounds, b_bounds) = (a.bounding_rect()?, b.bounding_rect()?);
    let at_most = shared_bounds(a_bounds, b_bounds) / 10_000.0;
    if at_most < SLIVER_HA {
        return None;
    }
    Some(a.intersection(b).unsigned_area() / 10_000.0).filter(|ha| *ha >= SLIVER_HA)
}

/// The area that two boxes share.
fn shared_bounds(a: Rect<f64>, b: Rect<f64>) -> f64 {
    let width = a.max().x.min(b.max().x) - a.min().x.max(b.min().x);
    let height = a.max().y.min(b.max().y) - a.min().y.max(b.min().y);
    width.max(0.0) * height.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Crs;
    use crate::labels::Holds;
    use geo::{Coord, MapCoords, Point, Polygon, wkt};

    /// A geometry in metres of a UTM zone, as an annotation.
    fn utm(id: AnnotationId, class: u8, geometry: impl Into<Geometry<f64>>) -> Annotation {
        let crs = Crs::from_epsg(32615).unwrap();
        let lonlat = |c: Coord<f64>| {
            let mut place = [[500_000.0 + c.x, 1_900_000.0 + c.y]];
            crs.lonlat_from_xy(&mut place).unwrap();
            Coord::from(place[0])
        };
        Annotation::new(id, geometry.into().map_coords(lonlat), class)
    }

    fn square(x: f64, y: f64, side: f64) -> Polygon<f64> {
        Rect::new((x, y), (x + side, y + side)).to_polygon()
    }

    fn indexed(annotations: Vec<Annotation>) -> (Annotations, AnnotationIndex) {
        let annotations: Annotations = annotations.into_iter().collect();
        let mut index = AnnotationIndex::default();
        index.follow(&annotations);
        (annotations, index)
    }

    fn all(annotations: Vec<Annotation>) -> Vec<Overlap> {
        let (annotations, index) = indexed(annotations);
        let found = overlaps(&annotations, &index, &|_| {}, &Cancel::new()).unwrap();
        // Asked one by one they say the same.
        let mut single: Vec<_> = annotations
            .iter()
            .flat_map(|a| overlaps_of(a, &index).into_iter().map(|(b, _)| [a.id.min(b), a.id.max(b)]))
            .collect();
        single.sort_unstable();
        let mut both: Vec<_> = found.iter().flat_map(|o| [o.annotations; 2]).collect();
        both.sort_unstable();
        assert_eq!(single, both);
        found
    }

    #[test]
    fn the_area_that_two_classes_share_is_told_in_hectares() {
        let found = all(vec![
            utm(1, 1, square(0.0, 0.0, 200.0)),
            utm(2, 2, square(100.0, 100.0, 200.0)),
            utm(3, 2, square(150.0, 150.0, 20.0)),
            utm(4, 1, square(1000.0, 0.0, 10.0)),
        ]);
        let pairs: Vec<_> = found.iter().map(|o| o.annotations).collect();
        assert_eq!(pairs, [[1, 2], [1, 3]], "2 and 3 are of one class, 4 lies apart");
        assert!((found[0].area_ha - 1.0).abs() < 2e-3 && (found[1].area_ha - 0.04).abs() < 1e-4, "{found:?}");
    }

    #[test]
    fn neighbours_and_holes_do_not_overlap_what_lies_beside_and_in_them() {
        let holed = wkt!(POLYGON((0. 0.,300. 0.,300. 300.,0. 300.,0. 0.),(100. 100.,100. 200.,200. 200.,200. 100.,100. 100.)));
        let found = all(vec![
            utm(1, 1, holed),
            utm(2, 2, square(100.0, 100.0, 100.0)),
            utm(3, 3, square(300.0, 0.0, 150.0)),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn what_holds_at_other_dates_is_no_overlap() {
        let year = |year| chrono::NaiveDate::from_ymd_opt(year, 6, 1);
        let before = Holds { from: None, to: year(2018) };
        let after = Holds { from: year(2019), to: None };
        let with = |holds| Annotation { holds, ..utm(2, 2, square(0.0, 0.0, 100.0)) };
        let first = Annotation { holds: before, ..utm(1, 1, square(0.0, 0.0, 100.0)) };
        assert!(all(vec![first.clone(), with(after)]).is_empty());
        assert_eq!(all(vec![first, with(before)]).len(), 1);
    }

    #[test]
    fn a_point_in_another_class_is_an_overlap_without_area() {
        let inside = utm(2, 2, Point::new(50.0, 50.0));
        let found = all(vec![utm(1, 1, square(0.0, 0.0, 100.0)), inside, utm(3, 2, Point::new(150.0, 50.0))]);
        assert_eq!(found, [Overlap { annotations: [1, 2], area_ha: 0.0 }]);
    }

    #[test]
    fn parts_that_overlap_one_another_count_once() {
        let parts = MultiPolygon(vec![square(0.0, 0.0, 100.0), square(50.0, 0.0, 100.0)]);
        let found = all(vec![utm(1, 1, parts), utm(2, 2, square(0.0, 0.0, 150.0))]);
        assert!((found[0].area_ha - 1.5).abs() < 3e-3, "{found:?}");
    }

    #[test]
    fn it_stops_when_asked() {
        let (annotations, index) = indexed(vec![utm(1, 1, square(0.0, 0.0, 100.0))]);
        let cancel = Cancel::new();
        cancel.cancel();
        assert_eq!(overlaps(&annotations, &index, &|_| {}, &cancel), Err(Cancelled));
    }
}
