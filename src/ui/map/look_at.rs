//! Bringing something into view: layers, pixels at a scale, a place for a while marked.

use super::{Bounds, MapView, Place, bounds, plane::mercator};
use crate::app::{Command, OpenProject};
use crate::geo::{FoundPlace, Grid};
use crate::jobs::OpenedCube;
use crate::project::LayerKind;
use crate::ui::view::View;
use crate::ui::{listing, tokens};
use egui::{Painter, Stroke};
use std::time::{Duration, Instant};
use walkers::{Projector, lon_lat};

/// So long a place is marked that one was brought to.
const MARKED: Duration = Duration::from_secs(8);
/// A pixel that one is brought to is at least so many points wide.
const LEAST_PIXEL: f64 = 2.0;
/// And so many, where it was less.
const GOOD_PIXEL: f64 = 8.0;

/// A place that is marked for a while.
pub struct Marked {
    pub place: Place,
    since: Instant,
}

impl MapView {
    /// Goes to a place that was written: marks it, and comes nearer where its pixel is too small to see.
    pub fn go_to_place(&mut self, project: &OpenProject, found: &FoundPlace) -> Option<Command> {
        let (opened, _) = project.cube()?;
        let grid = &opened.cube.info().grid;
        let zoom = self.memory.zoom();
        let near = |points: f64| zoom_of_pixel(grid, found.at, points);
        // Beside the site there is no pixel to see.
        let zoom = match found.pixel.and_then(|_| near(LEAST_PIXEL)) {
            Some(least) if zoom < least => near(GOOD_PIXEL).unwrap_or(zoom),
            _ => zoom,
        };
        let xy = grid.xy_from_pixel(found.at[0], found.at[1]);
        let place = Place { lonlat: found.lonlat, xy, pixel: found.pixel };
        self.marked = Some(Marked { place, since: Instant::now() });
        Some(Command::LookAt { centre: found.lonlat, zoom })
    }

    /// The place that is marked, for as long as it is: one that was gone to lately, or else the uncertain one, or the unit of a reference sample, that one is at.
    pub fn marked(&self) -> Option<&Place> {
        let lately = self.marked.as_ref().filter(|marked| marked.since.elapsed() < MARKED);
        lately.map(|marked| &marked.place).or(self.uncertain.as_ref())
    }

    /// Shows pixels so many points wide: those around the mouse, which stay under it, or those in the middle.
    pub fn zoom_to_pixel(&mut self, project: &OpenProject, points: f64) {
        let Some((opened, _)) = project.cube() else { return };
        let Some((rect, _)) = self.panes.first() else { return };
        let rect = *rect;
        let grid = &opened.cube.info().grid;
        let Some(middle) = self.memory.detached() else { return };
        let lonlat = self.hovered.map_or([middle.x(), middle.y()], |place| place.lonlat);
        let mut xy = [lonlat];
        if grid.crs.xy_from_lonlat(&mut xy).is_err() {
            return;
        }
        let Some(zoom) = zoom_of_pixel(grid, grid.pixel_from_xy(xy[0][0], xy[0][1]), points) else { return };
        let projector =
            Projector::new(rect, &walkers::MercatorProjection, &self.memory, lon_lat(lonlat[0], lonlat[1]));
        let before = projector.project(lon_lat(lonlat[0], lonlat[1]));
        if self.memory.set_zoom(zoom.clamp(0.0, 26.0)).is_err() {
            return;
        }
        let projector = Projector::new(rect, &walkers::MercatorProjection, &self.memory, middle);
        let after = projector.project(lon_lat(lonlat[0], lonlat[1]));
        let centre = projector.unproject(rect.center().to_vec2() + after - before);
        self.memory.center_at(centre);
    }

    /// Fills the view with a layer.
    pub fn zoom_to_layer(&mut self, project: &OpenProject, layer: LayerKind) {
        if layer == LayerKind::Annotations && !project.annotations.is_empty() {
            let ids: Vec<_> = project.annotations.iter().map(|annotation| annotation.id).collect();
            listing::zoom_to_all(project, &ids, self);
        } else {
            // The others lie where the cube does; a basemap is everywhere.
            self.fit();
        }
    }

    /// Follows the document where a command brought the map to a place.
    pub(super) fn follow(&mut self, project: &OpenProject) {
        if let Some((open, _)) = project.labelling() {
            self.uncertain =
                open.unit().zip(project.grid()).and_then(|(unit, grid)| place_of(grid, unit.lonlat));
        } else {
            self.follow_uncertain(project);
        }
        if self.jumps == project.places.jumps() {
            return;
        }
        self.jumps = project.places.jumps();
        let view = &project.document.view;
        let Some(centre) = view.centre else { return };
        self.fit = false;
        self.target = None;
        self.memory.center_at(lon_lat(centre[0], centre[1]));
        // A zoom from a file may be anything; then the map keeps its own.
        let _ = self.memory.set_zoom(view.zoom);
    }

    /// The uncertain place that one is at.
    fn follow_uncertain(&mut self, project: &OpenProject) {
        let at = project.uncertain().and_then(|tour| tour.current()).zip(project.grid());
        self.uncertain = at.map(|(place, grid)| {
            let [col, row] = place.window.middle();
            Place { lonlat: place.lonlat, xy: grid.xy_from_pixel(col, row), pixel: Some(place.pixel()) }
        });
    }

    /// Where the map looks: the longitude and latitude of its middle, and its zoom.
    pub fn looks_at(&self) -> Option<([f64; 2], f64)> {
        let centre = self.memory.detached()?;
        Some(([centre.x(), centre.y()], self.memory.zoom()))
    }
}

/// The zoom at which the pixel at these pixel coordinates is so many points wide; `None` where it cannot be projected.
fn zoom_of_pixel(grid: &Grid, [col, row]: [f64; 2], points: f64) -> Option<f64> {
    let mut corners =
        [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)].map(|(right, down)| grid.xy_from_pixel(col + right, row + down));
    grid.crs.lonlat_from_xy(&mut corners).ok()?;
    let [here, right, down] = corners.map(mercator);
    let far = |to: [f64; 2]| (to[0] - here[0]).hypot(to[1] - here[1]);
    let zoom = (points / (256.0 * far(right).max(far(down)))).log2();
    zoom.is_finite().then_some(zoom)
}

/// A place on a grid; `None` where it cannot be projected.
fn place_of(grid: &Grid, lonlat: [f64; 2]) -> Option<Place> {
    let mut xy = [lonlat];
    grid.crs.xy_from_lonlat(&mut xy).ok()?;
    let pixel = grid.pixel_from_lonlat(lonlat[0], lonlat[1]).ok().flatten();
    Some(Place { lonlat, xy: xy[0], pixel })
}

/// Paints a ring around the place that is marked.
pub fn paint_mark(painter: &Painter, projector: &Projector, view: &View) {
    let Some(place) = view.map.marked() else { return };
    let at = projector.project(lon_lat(place.lonlat[0], place.lonlat[1])).to_pos2();
    for (width, colour) in [(4.0, tokens::HALO), (2.0, tokens::PINS[0])] {
        let line = Stroke::new(width, colour);
        painter.circle_stroke(at, 14.0, line);
        for side in [egui::vec2(1.0, 0.0), egui::vec2(-1.0, 0.0), egui::vec2(0.0, 1.0), egui::vec2(0.0, -1.0)]
        {
            painter.line_segment([at + side * 9.0, at + side * 20.0], line);
        }
    }
    painter.ctx().request_repaint_after(MARKED);
}

/// Whether a place lies near enough to a cube to start from it.
pub(super) fn near(opened: &OpenedCube, [lon, lat]: [f64; 2]) -> bool {
    let (lons, lats): Bounds = bounds(opened);
    let (w, h) = (lons.1 - lons.0, lats.1 - lats.0);
    (lons.0 - w..=lons.1 + w).contains(&lon) && (lats.0 - h..=lats.1 + h).contains(&lat)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Crs;

    #[test]
    fn a_pixel_is_as_wide_as_asked() {
        let grid = Grid {
            crs: Crs::from_epsg(3857).unwrap(),
            left: 0.0,
            top: 0.0,
            pixel_width: 10.0,
            pixel_height: 10.0,
            width: 100,
            height: 100,
        };
        let zoom = zoom_of_pixel(&grid, [50.0, 50.0], 16.0).unwrap();
        // Of web mercator's own metres the world is 40 075 017 wide.
        let points = 10.0 / 40_075_016.686 * 256.0 * zoom.exp2();
        assert!((points - 16.0).abs() < 1e-3, "{points}");
    }
}
