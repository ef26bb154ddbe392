//! Rectangle: along the pixels of the grid, by a drag or by two clicks.

use super::Gesture;
use super::corners::polygon_of;
use super::scene::Scene;
use crate::geo::Grid;
use crate::labels::Annotation;
use crate::ui::view::View;
use egui::CursorIcon;

/// What is narrower on the screen, in points, was not meant.
const LEAST: f32 = 2.0;

/// The corners of a rectangle along the grid, from one corner to the opposite one, all in longitude and latitude; `None`
/// where they cannot be projected.
fn corners(grid: &Grid, from: [f64; 2], to: [f64; 2]) -> Option<Vec<[f64; 2]>> {
    let mut ends = [from, to];
    grid.crs.xy_from_lonlat(&mut ends).ok()?;
    let [[left, bottom], [right, top]] = ends;
    let mut corners = vec![from, [right, bottom], to, [left, top]];
    grid.crs.lonlat_from_xy(&mut corners[1..2]).ok()?;
    grid.crs.lonlat_from_xy(&mut corners[3..4]).ok()?;
    corners.iter().flatten().all(|v| v.is_finite()).then_some(corners)
}

pub fn rectangle_ui(scene: &Scene, view: &mut View) {
    scene.response.clone().on_hover_cursor(CursorIcon::Crosshair);
    let place = if scene.panning { None } else { scene.place(None) };
    let by_drag = match view.map.tools.gesture {
        Gesture::Rectangle(from) if scene.dragged() || scene.dropped() => Some(from),
        _ => None,
    };
    let by_clicks = view.map.tools.corners.first().copied();
    let Some(from) = by_drag.or(by_clicks) else {
        if scene.clicked() {
            view.map.tools.corners.extend(place);
        }
        return;
    };
    let Some(to) = place else { return };
    let size = scene.on_screen(to) - scene.on_screen(from);
    let wide = size.x.abs() >= LEAST && size.y.abs() >= LEAST;
    let rectangle = corners(scene.grid, from, to).filter(|_| wide).and_then(|ring| polygon_of(&ring));
    if scene.dropped() && by_drag.is_some() || scene.clicked() && by_clicks.is_some() {
        view.map.tools.corners.clear();
        view.map.tools.preview.forget();
        view.commands.extend(rectangle.map(|rectangle| view.map.tools.drawn(rectangle)));
        return;
    }
    scene.paint_corner(from, 4.0);
    let Some(rectangle) = rectangle else { return };
    let annotation = Annotation::new(0, rectangle.into(), scene.class());
    scene.tell(&scene.sketch(&mut view.map.tools, &annotation));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Crs;

    #[test]
    fn sides_follow_the_axes_of_the_grid() {
        let crs = Crs::from_epsg(6362).unwrap();
        let (left, top) = (2_700_000.0, 650_000.0);
        let grid = Grid { crs, left, top, pixel_width: 10.0, pixel_height: 10.0, width: 96, height: 96 };
        let at = |col, row| grid.lonlat_from_pixel(col, row).unwrap();
        let drawn = corners(&grid, at(10.0, 40.0), at(30.0, 20.0)).unwrap();
        for (corner, expected) in
            drawn.iter().zip([at(10.0, 40.0), at(30.0, 40.0), at(30.0, 20.0), at(10.0, 20.0)])
        {
            assert!((corner[0] - expected[0]).abs() < 1e-9 && (corner[1] - expected[1]).abs() < 1e-9);
        }
        assert!(drawn[0][1] != drawn[1][1], "this grid is turned against north");
    }
}
