//! Label rasters: each region of equal values becomes a polygon along the edges of its pixels.

use geo::{Coord, LineString, Polygon};

/// A region of pixels with the same value, joined by their edges.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// The value.
    pub value: i32,
    /// How many pixels it has.
    pub pixels: u32,
    /// Its outline in pixel coordinates (column, row), with corners only where it turns.
    pub polygon: Polygon<f64>,
}

/// The regions of a raster (rows of `width` values), in the order of their first pixels. Pixels join by edges, not by
/// corners; those that `is_label` refuses belong to none. Of regions with fewer than `min_pixels` pixels only their number is
/// given.
pub fn regions(
    values: &[i32],
    width: usize,
    is_label: impl Fn(i32) -> bool,
    min_pixels: u32,
) -> (Vec<Region>, usize) {
    if width == 0 || values.is_empty() {
        return (Vec::new(), 0);
    }
    let mut joined = join(values, width, &is_label);
    let mut found: Vec<(Region, Vec<LineString<f64>>)> = Vec::new();
    // From the first pixel of a region, which comes before all others of it, to its place in the list.
    for pixel in 0..joined.len() {
        let first = joined[pixel] as usize;
        if joined[pixel] == NONE {
            continue;
        }
        if first == pixel {
            let polygon = Polygon::new(LineString(Vec::new()), Vec::new());
            joined[pixel] = found.len() as u32;
            found.push((Region { value: values[pixel], pixels: 0, polygon }, Vec::new()));
        } else {
            joined[pixel] = joined[first];
        }
        found[joined[pixel] as usize].0.pixels += 1;
    }
    let walk = Walk { joined: &joined, width, height: values.len() / width };
    // Each ring has an edge that runs east, with its region below.
    let mut walked = vec![false; values.len()];
    for (pixel, &region) in joined.iter().enumerate() {
        if region == NONE || walked[pixel] || !walk.is_top_edge(pixel) {
            continue;
        }
        let (region, rings) = &mut found[region as usize];
        if region.pixels >= min_pixels {
            rings.push(walk.ring(pixel, &mut walked));
        }
    }
    let all = found.len();
    found.retain(|(region, _)| region.pixels >= min_pixels);
    let small = all - found.len();
    let regions = found.into_iter().map(|(region, mut rings)| {
        // The first ring begins at the region's first pixel: it is the shell.
        let shell = rings.remove(0);
        Region { polygon: Polygon::new(shell, rings), ..region }
    });
    (regions.collect(), small)
}

/// Belongs to no region.
const NONE: u32 = u32::MAX;

/// For each pixel the first pixel of its region.
fn join(values: &[i32], width: usize, is_label: &impl Fn(i32) -> bool) -> Vec<u32> {
    let mut parents: Vec<u32> = Vec::with_capacity(values.len());
    for (pixel, &value) in values.iter().enumerate() {
        if !is_label(value) {
            parents.push(NONE);
            continue;
        }
        parents.push(pixel as u32);
        if pixel % width > 0 && values[pixel - 1] == value {
            unite(&mut parents, pixel - 1, pixel);
        }
        if pixel >= width && values[pixel - width] == value {
            unite(&mut parents, pixel - width, pixel);
        }
    }
    for pixel in 0..parents.len() {
        if parents[pixel] != NONE {
            parents[pixel] = first_of(&mut parents, pixel);
        }
    }
    parents
}

fn first_of(parents: &mut [u32], pixel: usize) -> u32 {
    let mut at = pixel;
    while parents[at] as usize != at {
        let above = parents[parents[at] as usize];
        parents[at] = above;
        at = above as usize;
    }
    at as u32
}

fn unite(parents: &mut [u32], a: usize, b: usize) {
    let (a, b) = (first_of(parents, a), first_of(parents, b));
    // The lower one is the first pixel.
    parents[a.max(b) as usize] = a.min(b);
}

/// Walks along the edges of regions, with the region on the right hand.
struct Walk<'a> {
    joined: &'a [u32],
    width: usize,
    height: usize,
}

/// East, south, west, north, rows running south.
const STEPS: [(i64, i64); 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];

impl Walk<'_> {
    fn region(&self, col: i64, row: i64) -> u32 {
        let inside = col >= 0 && row >= 0 && col < self.width as i64 && row < self.height as i64;
        if inside { self.joined[row as usize * self.width + col as usize] } else { NONE }
    }

    fn is_top_edge(&self, pixel: usize) -> bool {
        pixel < self.width || self.joined[pixel - self.width] != self.joined[pixel]
    }

    /// The ring that holds the upper edge of a pixel.
    fn ring(&self, pixel: usize, walked: &mut [bool]) -> LineString<f64> {
        let own = self.joined[pixel];
        let start = ((pixel % self.width) as i64, (pixel / self.width) as i64);
        let (mut at, mut heading) = (start, 0usize);
        let mut corners = Vec::new();
        loop {
            if heading == 0 {
                walked[at.1 as usize * self.width + at.0 as usize] = true;
            }
            let step = STEPS[heading];
            at = (at.0 + step.0, at.1 + step.1);
            let (left, right) = self.ahead(at, heading);
            let turned = if left == own {
                // Also where the two meet at a corner only: so the shell and a hole touch there, and no ring crosses itself.
                (heading + 3) % 4
            } else if right == own {
                heading
            } else {
                (heading + 1) % 4
            };
            if turned != heading {
                corners.push(Coord { x: at.0 as f64, y: at.1 as f64 });
            }
            heading = turned;
            if at == start && heading == 0 {
                break;
            }
        }
        // The first corner is the one where the walk began, or the next one after it.
        if let Some(&last) = corners.last() {
            corners.insert(0, last);
        }
        LineString(corners)
    }

    /// Regions of the two pixels ahead of a corner, on the left and on the right hand.
    fn ahead(&self, (col, row): (i64, i64), heading: usize) -> (u32, u32) {
        match heading {
            0 => (self.region(col, row - 1), self.region(col, row)),
            1 => (self.region(col, row), self.region(col - 1, row)),
            2 => (self.region(col - 1, row), self.region(col - 1, row - 1)),
            _ => (self.region(col - 1, row - 1), self.region(col, row - 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Area, Contains, Validation};
    use proptest::prelude::*;

    fn of(values: &[i32], width: usize) -> Vec<Region> {
        regions(values, width, |v| v != 0, 1).0
    }

    #[test]
    fn a_region_with_a_hole_is_one_polygon_with_corners_where_it_turns() {
        #[rustfmt::skip]
        let found = of(&[7, 7, 7,
                         7, 0, 7,
                         7, 7, 7], 3);
        assert_eq!((found.len(), found[0].value, found[0].pixels), (1, 7, 8));
        assert_eq!(found[0].polygon.exterior().0.len(), 5);
        assert_eq!(found[0].polygon.interiors().len(), 1);
        assert_eq!(found[0].polygon.unsigned_area(), 8.0);
    }

    #[test]
    fn pixels_that_touch_at_a_corner_are_two_regions() {
        let found = of(&[3, 0, 0, 3], 2);
        assert_eq!(found.len(), 2);
        assert_eq!(found.iter().map(|r| r.polygon.unsigned_area()).sum::<f64>(), 2.0);
    }

    #[test]
    fn small_regions_are_counted() {
        let (found, small) = regions(&[1, 0, 2, 2], 4, |v| v != 0, 2);
        assert_eq!((found.len(), found[0].value, small), (1, 2, 1));
    }

    proptest! {
        #[test]
        fn polygons_are_valid_and_cover_their_pixels_and_no_others(
            values in prop::collection::vec(0..3i32, 1..120),
            width in 1..12usize,
        ) {
            let values = &values[..values.len() / width * width];
            let found = of(values, width);
            for region in &found {
                prop_assert!(region.polygon.is_valid(), "{:?}", region.polygon);
                prop_assert_eq!(region.polygon.unsigned_area(), f64::from(region.pixels));
            }
            for (pixel, &value) in values.iter().enumerate() {
                let centre = geo::Point::new((pixel % width) as f64 + 0.5, (pixel / width) as f64 + 0.5);
                let here: Vec<_> = found.iter().filter(|r| r.polygon.contains(&centre)).collect();
                prop_assert_eq!(here.len(), usize::from(value != 0));
                prop_assert!(here.iter().all(|r| r.value == value));
            }
        }
    }
}
