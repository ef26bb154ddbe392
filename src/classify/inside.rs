//! Which pixels lie inside of polygons: those whose centre does.

use crate::geo::{Crs, GeoError, Grid, Window};
use geo::{BoundingRect, Coord, Geometry, LineString, MapCoords, Polygon};

/// Adds the polygons of a geometry, which is in `crs` or else in longitude and latitude.
pub(super) fn collect(
    geometry: Geometry<f64>,
    crs: Option<&Crs>,
    grid: &Grid,
    found: &mut Vec<Polygon<f64>>,
) -> Result<(), GeoError> {
    let mut add = |polygon: Polygon<f64>| -> Result<(), GeoError> {
        let in_pixels = polygon.try_map_coords(|Coord { x, y }| -> Result<Coord<f64>, GeoError> {
            let mut place = [[x, y]];
            if !crs.is_some_and(|crs| crs.same_as(&grid.crs)) {
                crs.map_or(Ok(()), |crs| crs.lonlat_from_xy(&mut place))?;
                grid.crs.xy_from_lonlat(&mut place)?;
            }
            Ok(Coord::from(grid.pixel_from_xy(place[0][0], place[0][1])))
        })?;
        found.push(in_pixels);
        Ok(())
    };
    match geometry {
        Geometry::Polygon(polygon) => add(polygon),
        Geometry::MultiPolygon(polygons) => polygons.0.into_iter().try_for_each(add),
        Geometry::GeometryCollection(parts) => {
            parts.0.into_iter().try_for_each(|part| collect(part, crs, grid, found))
        }
        _ => Ok(()),
    }
}

/// The window of a grid that holds all pixels inside of polygons; `None` where they lie beside it.
pub(super) fn window_around(polygons: &[Polygon<f64>], grid: &Grid) -> Option<Window> {
    let bounds = polygons.iter().filter_map(BoundingRect::bounding_rect).reduce(|a, b| {
        let low = Coord { x: a.min().x.min(b.min().x), y: a.min().y.min(b.min().y) };
        geo::Rect::new(low, Coord { x: a.max().x.max(b.max().x), y: a.max().y.max(b.max().y) })
    })?;
    let first = |v: f64, size: u32| v.floor().clamp(0.0, f64::from(size)) as u32;
    let last = |v: f64, size: u32| v.ceil().clamp(0.0, f64::from(size)) as u32;
    let (col, row) = (first(bounds.min().x, grid.width), first(bounds.min().y, grid.height));
    let (right, bottom) = (last(bounds.max().x, grid.width), last(bounds.max().y, grid.height));
    (right > col && bottom > row).then(|| Window { col, row, width: right - col, height: bottom - row })
}

/// Which pixels of a window have their centre in one of the polygons.
pub(super) fn within(polygons: &[Polygon<f64>], window: Window) -> Vec<bool> {
    let mut within = vec![false; window.pixels()];
    let width = window.width as usize;
    let mut crossings = Vec::new();
    for polygon in polygons {
        let Some(bounds) = polygon.bounding_rect() else { continue };
        let row_of = |y: f64| (y - f64::from(window.row)).clamp(0.0, f64::from(window.height)) as usize;
        for y in row_of(bounds.min().y)..row_of(bounds.max().y.ceil()) {
            let middle = f64::from(window.row) + y as f64 + 0.5;
            crossings.clear();
            let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
            for line in rings.flat_map(LineString::lines) {
                let (a, b) = (line.start, line.end);
                if (a.y <= middle) != (b.y <= middle) {
                    crossings.push(a.x + (middle - a.y) / (b.y - a.y) * (b.x - a.x));
                }
            }
            crossings.sort_by(f64::total_cmp);
            for span in crossings.chunks_exact(2) {
                // The first column whose centre is not left of a crossing.
                let column = |x: f64| {
                    (x - f64::from(window.col) - 0.5).ceil().clamp(0.0, f64::from(window.width)) as usize
                };
                within[y * width..][column(span[0])..column(span[1])].fill(true);
            }
        }
    }
    within
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_is_within_where_its_centre_is_and_a_hole_is_not() {
        let ring = |left: f64, top: f64, right: f64, bottom: f64| {
            LineString::from(vec![(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])
        };
        let with_hole = Polygon::new(ring(10.4, 20.4, 15.6, 24.4), vec![ring(12.0, 21.0, 13.0, 23.0)]);
        let beside = Polygon::new(ring(14.0, 20.0, 17.0, 22.0), Vec::new());
        let window = Window { col: 10, row: 20, width: 7, height: 5 };
        let found = within(&[with_hole, beside], window);
        let rows: Vec<String> = found
            .chunks(7)
            .map(|row| row.iter().map(|within| if *within { '#' } else { '.' }).collect())
            .collect();
        // Where both lie they do not cancel out; the last row's centres lie below.
        assert_eq!(rows, ["#######", "##.####", "##.###.", "######.", "......."]);
    }
}
