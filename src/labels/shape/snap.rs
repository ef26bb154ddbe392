//! Snapping to what lies around.

use super::{corners, edges};
use crate::labels::{AnnotationId, AnnotationIndex};
use geo::Geometry;

/// A place on an annotation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snapped {
    /// Longitude and latitude.
    pub place: [f64; 2],
    /// Whether it is a corner; else it lies on an edge.
    pub corner: bool,
    /// Whose.
    pub annotation: AnnotationId,
}

/// The nearest corner of the annotations around a place, else the nearest place on an edge, no farther than `near` degrees
/// (of longitude, of latitude). One annotation may be left out: that being reshaped.
pub fn snap(
    index: &AnnotationIndex,
    place: [f64; 2],
    near: [f64; 2],
    except: Option<AnnotationId>,
) -> Option<Snapped> {
    let around = [place[0] - near[0], place[1] - near[1], place[0] + near[0], place[1] + near[1]];
    // Degrees differ in length, so distances are measured in what is near.
    let scaled = |p: [f64; 2]| [(p[0] - place[0]) / near[0], (p[1] - place[1]) / near[1]];
    let mut corner: Option<(f64, Snapped)> = None;
    let mut edge: Option<(f64, Snapped)> = None;
    for annotation in index.within(around).filter(|a| Some(a.id) != except) {
        let point = match &annotation.geometry {
            Geometry::Point(point) => Some([point.x(), point.y()]),
            _ => None,
        };
        for at in corners(&annotation.geometry).into_iter().map(|(_, at)| at).chain(point) {
            let [x, y] = scaled(at);
            let snapped = Snapped { place: at, corner: true, annotation: annotation.id };
            nearer(&mut corner, x.hypot(y), snapped);
        }
        if corner.is_some() {
            continue;
        }
        for (_, [a, b]) in edges(&annotation.geometry) {
            let [x, y] = nearest_on([0.0, 0.0], scaled(a), scaled(b));
            let at = [place[0] + x * near[0], place[1] + y * near[1]];
            let snapped = Snapped { place: at, corner: false, annotation: annotation.id };
            nearer(&mut edge, x.hypot(y), snapped);
        }
    }
    corner.or(edge).map(|(_, snapped)| snapped)
}

/// Takes what lies near, and nearer than what was found.
fn nearer(found: &mut Option<(f64, Snapped)>, distance: f64, snapped: Snapped) {
    if distance <= 1.0 && found.is_none_or(|(least, _)| distance < least) {
        *found = Some((distance, snapped));
    }
}

/// The place nearest to `p` on the piece of line from `a` to `b`.
pub(super) fn nearest_on(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    let along = [b[0] - a[0], b[1] - a[1]];
    let length = along[0] * along[0] + along[1] * along[1];
    if length <= 0.0 {
        return a;
    }
    let t = (((p[0] - a[0]) * along[0] + (p[1] - a[1]) * along[1]) / length).clamp(0.0, 1.0);
    [a[0] + t * along[0], a[1] + t * along[1]]
}
