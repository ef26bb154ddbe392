//! Where annotations lie: an R-tree of their bounds, for the mouse, the screen and overlaps.

use super::{Annotation, AnnotationId, Annotations};
use geo::{Area, BoundingRect, Contains, Distance, Euclidean, Geometry, Point};
use rstar::{AABB, Envelope, RTree, RTreeObject};
use std::sync::Arc;

/// The bounds of an annotation, longitude and latitude.
#[derive(Debug, Clone)]
struct Entry {
    annotation: Arc<Annotation>,
    bounds: AABB<[f64; 2]>,
}

impl RTreeObject for Entry {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.bounds
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.annotation, &other.annotation)
    }
}

impl Entry {
    /// `None` of a geometry without places.
    fn new(annotation: &Arc<Annotation>) -> Option<Self> {
        let rect = annotation.geometry.bounding_rect()?;
        let bounds = AABB::from_corners([rect.min().x, rect.min().y], [rect.max().x, rect.max().y]);
        Some(Self { annotation: Arc::clone(annotation), bounds })
    }
}

/// An R-tree over the bounds of annotations, kept up to date change by change.
#[derive(Default)]
pub struct AnnotationIndex {
    tree: RTree<Entry>,
    of: Annotations,
}

impl AnnotationIndex {
    /// Takes in what has changed since the last call; many changes build the tree anew.
    pub fn follow(&mut self, annotations: &Annotations) {
        if self.of.is_same(annotations) {
            return;
        }
        let changes = annotations.changes_since(&self.of);
        self.of = annotations.clone();
        if changes.len() > 64 + annotations.len() / 8 {
            self.tree = RTree::bulk_load(annotations.iter().filter_map(Entry::new).collect());
            return;
        }
        for change in changes {
            if let Some(was) = change.was.as_ref().and_then(Entry::new) {
                self.tree.remove(&was);
            }
            if let Some(is) = change.is.as_ref().and_then(Entry::new) {
                self.tree.insert(is);
            }
        }
    }

    /// Annotations whose bounds touch a box of longitude and latitude (left, bottom, right, top), in no order.
    pub fn within(&self, [left, bottom, right, top]: [f64; 4]) -> impl Iterator<Item = &Arc<Annotation>> {
        let bounds = AABB::from_corners([left, bottom], [right, top]);
        self.tree.locate_in_envelope_intersecting(&bounds).map(|entry| &entry.annotation)
    }

    /// The smallest annotation at a place; a point counts within `near` degrees of it (longitude, latitude).
    pub fn at(&self, [lon, lat]: [f64; 2], near: [f64; 2]) -> Option<AnnotationId> {
        let place = Point::new(lon, lat);
        let around = AABB::from_corners([lon - near[0], lat - near[1]], [lon + near[0], lat + near[1]]);
        let here = AABB::from_point([lon, lat]);
        let hits = self.tree.locate_in_envelope_intersecting(&around).filter_map(|entry| {
            let a = &entry.annotation;
            // Only points are hit from beside; where the map shows much, many polygons lie beside.
            if !matches!(a.geometry, Geometry::Point(_)) && !entry.bounds.intersects(&here) {
                return None;
            }
            let size = match &a.geometry {
                Geometry::Polygon(p) => p.contains(&place).then(|| p.unsigned_area()),
                Geometry::MultiPolygon(p) => p.contains(&place).then(|| p.unsigned_area()),
                // Points come before polygons, the nearest first.
                Geometry::Point(p) => Some(-1.0 / (1e-300 + Euclidean.distance(p, &place))),
                _ => None,
            };
            size.map(|size| (size, a.id))
        });
        hits.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).map(|(_, id)| id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Rect;
    use proptest::prelude::*;

    fn square(id: AnnotationId, x: f64, y: f64, side: f64) -> Annotation {
        Annotation::new(id, Rect::new((x, y), (x + side, y + side)).to_polygon().into(), 1)
    }

    #[test]
    fn the_smallest_one_is_hit_and_points_come_first() {
        let mut all: Annotations =
            [square(1, 0.0, 0.0, 10.0), square(2, 4.0, 4.0, 2.0)].into_iter().collect();
        let mut index = AnnotationIndex::default();
        index.follow(&all);
        assert_eq!(index.at([5.0, 5.0], [0.1; 2]), Some(2));
        assert_eq!(index.at([1.0, 1.0], [0.1; 2]), Some(1));
        assert_eq!(index.at([11.0, 1.0], [0.1; 2]), None);
        all.insert(Annotation::new(3, Point::new(5.05, 5.0).into(), 1));
        index.follow(&all);
        assert_eq!(index.at([5.0, 5.0], [0.1; 2]), Some(3));
        all.remove(2);
        all.remove(3);
        index.follow(&all);
        assert_eq!(index.at([5.0, 5.0], [0.1; 2]), Some(1));
    }

    proptest! {
        #[test]
        fn following_changes_finds_what_looking_at_all_finds(
            steps in prop::collection::vec((0..40u64, 0.0..20.0f64, 0.0..20.0f64, 0.1..9.0f64, prop::bool::ANY), 1..80),
        ) {
            let (mut all, mut index) = (Annotations::default(), AnnotationIndex::default());
            for (id, x, y, side, gone) in steps {
                if gone { drop(all.remove(id)) } else { all.insert(square(id, x, y, side)) }
                index.follow(&all);
                let mut found: Vec<_> = index.within([8.0, 8.0, 12.0, 12.0]).map(|a| a.id).collect();
                found.sort_unstable();
                let touches = |a: &&Arc<Annotation>| {
                    let rect = a.geometry.bounding_rect().unwrap();
                    rect.min().x <= 12.0 && rect.max().x >= 8.0 && rect.min().y <= 12.0 && rect.max().y >= 8.0
                };
                let expected: Vec<_> = all.iter().filter(touches).map(|a| a.id).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
