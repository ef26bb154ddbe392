//! The line around a region: along the edges of its pixels, or smooth.

use super::Region;
use crate::geo::{GeoError, Grid};
use geo::algorithm::validation::Validation;
use geo::{Area, Coord, LineString, MapCoords, Polygon, Simplify};

/// How far a smooth line may leave that through the middles of pixel edges, in pixels; less is tried where rings
/// would cross.
const TOLERANCES: [f64; 4] = [0.75, 0.5, 0.25, 0.1];

/// East, south, west, north, as steps of a column and a row.
const STEPS: [(i64, i64); 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];

/// A step along the edge of a pixel: from a corner in a direction.
type Step = ((i64, i64), usize);

/// The rings around a region, each a list of steps of one pixel's length with the region on their right. Where two
/// pixels touch by a corner alone the region counts as joined: of a region that hangs together by the sides of its
/// pixels no ring then touches itself, and no two share more than corners.
fn rings(region: &Region) -> Vec<Vec<Step>> {
    let (width, height) = (i64::from(region.window.width), i64::from(region.window.height));
    let corners = width as usize + 1;
    let mut leaving = vec![0u8; corners * (height as usize + 1)];
    let place = |(col, row): (i64, i64)| row as usize * corners + col as usize;
    for row in 0..height {
        for col in (0..width).filter(|&col| region.has(col, row)) {
            let edges = [
                ((col, row), 0, (col, row - 1)),
                ((col + 1, row), 1, (col + 1, row)),
                ((col + 1, row + 1), 2, (col, row + 1)),
                ((col, row + 1), 3, (col - 1, row)),
            ];
            for (from, direction, beyond) in edges {
                if !region.has(beyond.0, beyond.1) {
                    leaving[place(from)] |= 1 << direction;
                }
            }
        }
    }
    let mut walked = vec![0u8; leaving.len()];
    let mut rings = Vec::new();
    for row in 0..=height {
        for col in 0..=width {
            for direction in 0..4usize {
                let first: Step = ((col, row), direction);
                let (there, bit) = (place(first.0), 1 << direction);
                if leaving[there] & bit == 0 || walked[there] & bit != 0 {
                    continue;
                }
                let (mut ring, mut step) = (Vec::new(), first);
                loop {
                    let (at, direction) = step;
                    walked[place(at)] |= 1 << direction;
                    ring.push(step);
                    let at = (at.0 + STEPS[direction].0, at.1 + STEPS[direction].1);
                    // To the left first: around the pixel outside, which joins what touches by a corner.
                    let turns = [direction + 3, direction, direction + 1].map(|turn| turn % 4);
                    let next = turns.into_iter().find(|turn| leaving[place(at)] & (1 << turn) != 0);
                    // As many edges end in a corner as leave it.
                    step = (at, next.unwrap_or(first.1));
                    if step == first || next.is_none() {
                        break;
                    }
                }
                rings.push(ring);
            }
        }
    }
    rings
}

/// The polygon of a region's rings, drawn by `line`, in pixel coordinates of the grid; `None` for an empty region. Of
/// a region in several parts only the part with the longest ring.
fn polygon(region: &Region, line: impl Fn(&[Step]) -> Vec<Coord<f64>>) -> Option<Polygon<f64>> {
    let (left, top) = (f64::from(region.window.col), f64::from(region.window.row));
    let mut shell: Option<LineString<f64>> = None;
    let mut holes = Vec::new();
    for ring in rings(region) {
        let points = line(&ring).into_iter().map(|c| Coord { x: c.x + left, y: c.y + top });
        let mut ring = LineString::from_iter(points);
        ring.close();
        // The region lies on the right, rows count downwards: around it a ring has a positive area, around a hole a
        // negative.
        if Polygon::new(ring.clone(), vec![]).signed_area() < 0.0 {
            holes.push(ring);
        } else if shell.as_ref().is_none_or(|shell| shell.0.len() < ring.0.len()) {
            shell = Some(ring);
        }
    }
    Some(Polygon::new(shell?, holes))
}

/// The polygon that covers exactly the pixels of a region that hangs together by its sides, in pixel coordinates of
/// the grid; `None` for an empty one.
pub fn outline(region: &Region) -> Option<Polygon<f64>> {
    polygon(region, |ring| {
        let turns = |i: usize| ring[i].1 != ring[(i + ring.len() - 1) % ring.len()].1;
        let corner = |i: usize| Coord { x: ring[i].0.0 as f64, y: ring[i].0.1 as f64 };
        (0..ring.len()).filter(|&i| turns(i)).map(corner).collect()
    })
}

/// A smooth polygon around a region, within a pixel or so (1.11) of its edge, in pixel coordinates of the grid;
/// always valid; `None` for an empty region.
///
/// The line goes through the middles of the pixels' edges (marching squares, Lorensen and Cline 1987): its pieces lie
/// in squares of their own, so that it can neither touch nor cross itself. Then it is simplified (Douglas and Peucker
/// 1973) as far as that stays true.
pub fn smooth_outline(region: &Region) -> Option<Polygon<f64>> {
    let through_middles = polygon(region, |ring| {
        let middle = |&((col, row), direction): &Step| {
            let step = STEPS[direction];
            Coord { x: col as f64 + step.0 as f64 / 2.0, y: row as f64 + step.1 as f64 / 2.0 }
        };
        ring.iter().map(middle).collect()
    })?;
    let simpler = TOLERANCES.into_iter().map(|tolerance| through_middles.simplify(tolerance));
    let valid = simpler.into_iter().find(|polygon| polygon.is_valid() && polygon.unsigned_area() > 0.0);
    Some(valid.unwrap_or(through_middles))
}

/// A polygon in pixel coordinates as one in longitude and latitude, its shell counter-clockwise (RFC 7946).
///
/// # Errors
/// When it cannot be projected.
pub fn polygon_lonlat(polygon: &Polygon<f64>, grid: &Grid) -> Result<Polygon<f64>, GeoError> {
    use geo::CoordsIter;
    let mut places: Vec<[f64; 2]> = polygon.coords_iter().map(|c| grid.xy_from_pixel(c.x, c.y)).collect();
    grid.crs.lonlat_from_xy(&mut places)?;
    // Corners are visited in the order they were collected in.
    let visited = std::cell::Cell::new(0);
    let projected =
        polygon.map_coords(|c| places.get(visited.replace(visited.get() + 1)).map_or(c, |p| Coord::from(*p)));
    Ok(geo::orient::Orient::orient(&projected, geo::orient::Direction::Default))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Window;
    use geo::{Contains, Point};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Regions that hang together by their sides: what random walks from a middle pixel come by.
    fn region() -> impl Strategy<Value = Region> {
        prop::collection::vec((0..4usize, 1..6u32), 1..60).prop_map(|walks| {
            let (mut at, mut taken) = ((30i64, 30i64), BTreeSet::from([(30u32, 30u32)]));
            for (direction, length) in walks {
                for _ in 0..length {
                    let step = STEPS[direction];
                    at = ((at.0 + step.0).clamp(0, 60), (at.1 + step.1).clamp(0, 60));
                    taken.insert((at.0 as u32, at.1 as u32));
                }
            }
            Region::of_pixels(&taken.into_iter().collect::<Vec<_>>())
        })
    }

    fn covered(polygon: &Polygon<f64>) -> Vec<(u32, u32)> {
        let all = (0..62u32).flat_map(|row| (0..62u32).map(move |col| (col, row)));
        let centre = |&(col, row): &(u32, u32)| Point::new(f64::from(col) + 0.5, f64::from(row) + 0.5);
        all.filter(|pixel| polygon.contains(&centre(pixel))).collect()
    }

    proptest! {
        #[test]
        fn the_outline_along_pixel_edges_covers_exactly_the_region(region in region()) {
            let outline = outline(&region).unwrap();
            prop_assert!(outline.is_valid(), "{outline:?}");
            prop_assert_eq!(outline.unsigned_area(), region.len() as f64);
            prop_assert_eq!(covered(&outline), region.pixels().collect::<Vec<_>>());
        }

        #[test]
        fn the_smooth_outline_is_valid_and_stays_within_a_pixel_or_so(region in region()) {
            let (exact, smooth) = (outline(&region).unwrap(), smooth_outline(&region).unwrap());
            prop_assert!(smooth.is_valid(), "{smooth:?}");
            let lines = |polygon: &Polygon<f64>| -> Vec<LineString<f64>> {
                std::iter::once(polygon.exterior()).chain(polygon.interiors()).cloned().collect()
            };
            let far = |from: &Polygon<f64>, to: &Polygon<f64>| {
                let to = geo::MultiLineString(lines(to));
                let corners: Vec<Point<f64>> = lines(from).iter().flat_map(|line| line.points()).collect();
                corners.iter().map(|corner| geo::Distance::distance(&geo::Euclidean, corner, &to)).fold(0.0, f64::max)
            };
            // Half the diagonal of a quarter of a pixel is cut at corners, and what is simplified.
            prop_assert!(far(&exact, &smooth) <= 1.11, "{} away", far(&exact, &smooth));
            prop_assert!(far(&smooth, &exact) <= 1e-9, "{} away", far(&smooth, &exact));
            // What differs lies along the edge.
            let deep = |polygon: &Polygon<f64>, (col, row): (u32, u32)| {
                let centre = Point::new(f64::from(col) + 0.5, f64::from(row) + 0.5);
                polygon.contains(&centre)
            };
            for pixel in region.pixels().filter(|&(col, row)| {
                let (c, r) = (i64::from(col - region.window.col), i64::from(row - region.window.row));
                (r - 1..=r + 1).all(|r| (c - 1..=c + 1).all(|c| region.has(c, r)))
            }) {
                prop_assert!(deep(&smooth, pixel), "{pixel:?} lies deep inside");
            }
        }

        #[test]
        fn a_tidy_region_is_in_one_part_and_its_outlines_are_valid(region in region()) {
            let tidy = super::super::tidy(&region, (30, 30));
            prop_assert!(!tidy.is_empty());
            prop_assert!(outline(&tidy).unwrap().is_valid());
            prop_assert_eq!(outline(&tidy).unwrap().unsigned_area(), tidy.len() as f64);
            prop_assert!(smooth_outline(&tidy).unwrap().is_valid());
        }
    }

    #[test]
    fn a_ring_has_a_hole_and_a_corner_that_touches_is_joined() {
        let ring = Region {
            window: Window { col: 0, row: 0, width: 3, height: 3 },
            inside: "####.####".chars().map(|c| c == '#').collect(),
        };
        let outline_of_ring = outline(&ring).unwrap();
        assert_eq!((outline_of_ring.interiors().len(), outline_of_ring.unsigned_area()), (1, 8.0));
        assert_eq!(smooth_outline(&ring).unwrap().interiors().len(), 1);
        // Two pixels touch by a corner and hang together around it.
        let open = Region { inside: "###..#.##".chars().map(|c| c == '#').collect(), ..ring };
        assert!(outline(&open).unwrap().is_valid() && smooth_outline(&open).unwrap().is_valid());
        assert_eq!(outline(&Region::of_pixels(&[])), None);
    }

    #[test]
    fn a_large_square_is_drawn_with_few_corners() {
        let all = (0..50u32).flat_map(|row| (0..50u32).map(move |col| (col, row)));
        let square = Region::of_pixels(&all.collect::<Vec<_>>());
        assert_eq!(outline(&square).unwrap().exterior().0.len(), 5);
        assert!(smooth_outline(&square).unwrap().exterior().0.len() <= 10);
    }
}
