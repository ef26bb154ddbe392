//! Which pixels lie wholly inside polygons.

use geo::MultiPolygon;

/// An edge in pixel coordinates, its first end not below its second on the screen.
#[derive(Clone, Copy)]
struct Edge {
    x0: f64,
    y0: f64,
    x1: f64,
    y1: f64,
}

impl Edge {
    fn x_at(&self, y: f64) -> f64 {
        if self.y1 <= self.y0 {
            return self.x0;
        }
        let x = self.x0 + (y - self.y0) / (self.y1 - self.y0) * (self.x1 - self.x0);
        x.clamp(self.x0.min(self.x1), self.x0.max(self.x1))
    }
}

/// Pixels (column, row), in row order, of a grid of `width` x `height` whose whole footprint lies in `polygons` (in pixel
/// coordinates, interiors disjoint). An edge that intrudes into a pixel by less than `tolerance` pixels does not count.
///
/// A pixel lies wholly inside when no edge passes through it and its centre is inside, so each row is walked once:
/// columns that edges of the row pass through are blocked, and the rest are taken between the crossings of its centre line.
pub(super) fn pure_pixels(
    polygons: &MultiPolygon<f64>,
    width: u32,
    height: u32,
    tolerance: f64,
) -> Vec<(u32, u32)> {
    let mut edges = edges_of(polygons);
    edges.sort_by(|a, b| a.y0.total_cmp(&b.y0));
    let top = edges.first().map_or(0.0, |e| e.y0).floor().max(0.0);
    let bottom = edges.iter().map(|e| e.y1).fold(0.0, f64::max).ceil().min(f64::from(height));

    let mut pixels = Vec::new();
    let mut next = edges.iter().peekable();
    let (mut active, mut blocked, mut crossings): (Vec<Edge>, Vec<(i64, i64)>, Vec<f64>) = Default::default();
    for row in top as u32..bottom as u32 {
        let y = f64::from(row);
        while let Some(edge) = next.next_if(|e| e.y0 < y + 1.0) {
            active.push(*edge);
        }
        active.retain(|e| e.y1 > y);

        blocked.clear();
        crossings.clear();
        let (low, high, middle) = (y + tolerance, y + 1.0 - tolerance, y + 0.5);
        for edge in &active {
            if edge.y1 > low && edge.y0 < high {
                let level = edge.y0 == edge.y1;
                let from = if level { edge.x0 } else { edge.x_at(low.max(edge.y0)) };
                let to = if level { edge.x1 } else { edge.x_at(high.min(edge.y1)) };
                let first = (from.min(to) + tolerance).floor() as i64;
                let last = (from.max(to) - tolerance).ceil() as i64 - 1;
                if first <= last {
                    blocked.push((first, last));
                }
            }
            if edge.y0 <= middle && middle < edge.y1 {
                crossings.push(edge.x_at(middle));
            }
        }
        blocked.sort_unstable();
        crossings.sort_by(f64::total_cmp);
        for span in crossings.chunks_exact(2) {
            let first = (span[0] - 0.5).ceil().max(0.0) as i64;
            let last = (span[1] - 0.5).floor().min(f64::from(width) - 1.0) as i64;
            take_unblocked(first, last, row, &blocked, &mut pixels);
        }
    }
    pixels
}

/// Adds the columns from `first` to `last` that lie in none of the `blocked` ranges, which are sorted by their start.
fn take_unblocked(first: i64, last: i64, row: u32, blocked: &[(i64, i64)], pixels: &mut Vec<(u32, u32)>) {
    let mut take = |from: i64, to: i64| {
        pixels.extend((from..=to).filter_map(|col| u32::try_from(col).ok()).map(|col| (col, row)));
    };
    let mut col = first;
    for &(from, to) in blocked {
        if from > last {
            break;
        }
        take(col, from - 1);
        col = col.max(to.saturating_add(1));
    }
    take(col, last);
}

fn edges_of(polygons: &MultiPolygon<f64>) -> Vec<Edge> {
    let rings = polygons.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    rings
        .flat_map(|ring| ring.0.windows(2))
        .map(|pair| {
            let (a, b) = if pair[0].y <= pair[1].y { (pair[0], pair[1]) } else { (pair[1], pair[0]) };
            Edge { x0: a.x, y0: a.y, x1: b.x, y1: b.y }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::repair::repair;
    use geo::{Contains, LineString, Polygon, Rect, coord, wkt};
    use proptest::prelude::*;

    const TOLERANCE: f64 = 1e-6;

    /// The same by asking of every pixel whether the polygons hold its square.
    fn by_brute_force(polygons: &MultiPolygon<f64>, width: u32, height: u32) -> Vec<(u32, u32)> {
        let all = (0..height).flat_map(|row| (0..width).map(move |col| (col, row)));
        all.filter(|&(col, row)| {
            let corner = coord! { x: f64::from(col), y: f64::from(row) };
            let square = Rect::new(corner, corner + coord! { x: 1.0, y: 1.0 }).to_polygon();
            polygons.contains(&square)
        })
        .collect()
    }

    fn square(left: f64, top: f64, side: f64) -> MultiPolygon<f64> {
        let corner = coord! { x: left, y: top };
        MultiPolygon(vec![Rect::new(corner, corner + coord! { x: side, y: side }).to_polygon()])
    }

    #[test]
    fn a_square_on_pixel_edges_has_exactly_the_pixels_it_covers() {
        let expected: Vec<_> = (2..5).flat_map(|row| (3..6).map(move |col| (col, row))).collect();
        assert_eq!(pure_pixels(&square(3.0, 2.0, 3.0), 20, 20, TOLERANCE), expected);
        let hair = 4e-7;
        assert_eq!(pure_pixels(&square(3.0 + hair, 2.0 + hair, 3.0), 20, 20, TOLERANCE), expected);
        assert_eq!(pure_pixels(&square(3.0 - hair, 2.0 - hair, 3.0), 20, 20, TOLERANCE), expected);
        assert_eq!(pure_pixels(&square(3.01, 2.01, 3.0), 20, 20, TOLERANCE).len(), 4);
    }

    #[test]
    fn a_polygon_partly_outside_of_the_grid_keeps_what_is_inside() {
        assert_eq!(
            pure_pixels(&square(-4.0, -4.0, 6.0), 20, 20, TOLERANCE),
            [(0, 0), (1, 0), (0, 1), (1, 1)]
        );
        assert_eq!(pure_pixels(&square(18.5, 18.5, 6.0), 20, 20, TOLERANCE), [(19, 19)]);
        assert_eq!(pure_pixels(&square(-1e9, -1e9, 2e9), 3, 2, TOLERANCE).len(), 6);
        assert_eq!(pure_pixels(&square(30.0, 3.0, 5.0), 20, 20, TOLERANCE), []);
        assert_eq!(pure_pixels(&MultiPolygon::empty(), 20, 20, TOLERANCE), []);
    }

    #[test]
    fn a_hole_and_a_thin_wedge_take_the_pixels_they_touch() {
        let holed = wkt!(POLYGON((0. 0.,6. 0.,6. 6.,0. 6.,0. 0.),(2.5 2.5,3.5 2.5,3.5 3.5,2.5 3.5,2.5 2.5)));
        assert_eq!(pure_pixels(&MultiPolygon(vec![holed]), 6, 6, TOLERANCE).len(), 36 - 4);
        // A notch narrower than a pixel, clear of every pixel centre.
        let notched = wkt!(POLYGON((0. 0.,4. 0.,4. 4.,2.2 4.,2.15 1.1,2.1 4.,0. 4.,0. 0.)));
        assert_eq!(pure_pixels(&MultiPolygon(vec![notched]), 4, 4, TOLERANCE).len(), 16 - 3);
    }

    #[test]
    fn ten_thousand_pixels_are_found() {
        assert_eq!(pure_pixels(&square(0.5, 0.5, 102.0), 200, 200, TOLERANCE).len(), 101 * 101);
    }

    /// A star around a centre, with a star-shaped hole inside of it.
    fn star() -> impl Strategy<Value = Polygon<f64>> {
        let ring = |n| prop::collection::vec(0.4..1.0f64, n);
        (5.0..25.0f64, 5.0..25.0f64, 2.0..18.0f64, ring(3..40), prop::option::of(ring(3..20))).prop_map(
            |(x, y, size, outer, inner)| {
                let ring = |radii: Vec<f64>, size: f64| {
                    let n = radii.len() as f64;
                    let point = |(i, r): (usize, f64)| {
                        let angle = i as f64 / n * std::f64::consts::TAU;
                        coord! { x: x + r * size * angle.cos(), y: y + r * size * angle.sin() }
                    };
                    LineString(radii.into_iter().enumerate().map(point).collect())
                };
                let holes = inner.map(|inner| ring(inner, size * 0.19)).into_iter().collect();
                Polygon::new(ring(outer, size), holes)
            },
        )
    }

    /// Corners on halves of pixels, any order: crossings, spikes and edges along pixel edges.
    fn tangle() -> impl Strategy<Value = Polygon<f64>> {
        prop::collection::vec((0..24i32, 0..24i32), 3..9).prop_map(|corners| {
            let points = corners.into_iter().map(|(x, y)| (f64::from(x) / 2.0, f64::from(y) / 2.0));
            Polygon::new(points.collect::<Vec<_>>().into(), vec![])
        })
    }

    proptest! {
        #[test]
        fn the_scan_equals_brute_force_on_stars_with_holes(stars in prop::collection::vec(star(), 1..4)) {
            let (whole, _) = repair(&stars);
            prop_assert_eq!(pure_pixels(&whole, 24, 22, 1e-9), by_brute_force(&whole, 24, 22));
        }

        #[test]
        fn the_scan_equals_counting_covered_squares_on_tangles(tangle in tangle()) {
            use geo::{Area, BooleanOps};
            let (whole, _) = repair(&[tangle]);
            let covered: Vec<_> = (0..12u32).flat_map(|row| (0..12u32).map(move |col| (col, row))).filter(|&(c, r)| {
                (square(f64::from(c), f64::from(r), 1.0).intersection(&whole).unsigned_area() - 1.0).abs() < 1e-5
            }).collect();
            prop_assert_eq!(pure_pixels(&whole, 12, 12, TOLERANCE), covered);
        }
    }
}
