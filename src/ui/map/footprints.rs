//! Where the sites lie: outlines, with names where there is room, and points where they are too small to see.

use crate::app::OpenProject;
use crate::ui::tokens;
use egui::{Align2, FontId, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2};
use walkers::{Projector, lon_lat};

/// A footprint smaller than this on screen is a point.
const SMALL: f32 = 8.0;
/// A click this near to a point means it.
const NEAR: f32 = 8.0;

/// Least and greatest longitude and latitude of all footprints.
pub fn bounds(project: &OpenProject) -> Option<((f64, f64), (f64, f64))> {
    let corners = project.document.sites.iter().filter_map(|site| site.footprint).flatten();
    corners.filter(|c| c[0].is_finite() && c[1].is_finite()).fold(None, |all, [lon, lat]| {
        let (lons, lats) = all.unwrap_or(((lon, lon), (lat, lat)));
        let grown = |(low, high): (f64, f64), v: f64| (low.min(v), high.max(v));
        Some((grown(lons, lon), grown(lats, lat)))
    })
}

fn on_screen(projector: &Projector, footprint: &[[f64; 2]; 4]) -> [Pos2; 4] {
    footprint.map(|[lon, lat]| {
        let at = projector.project(lon_lat(lon, lat));
        pos2(at.x, at.y)
    })
}

/// Paints the footprints of all sites but the one on screen, whose picture tells where it lies.
pub fn paint(painter: &Painter, projector: &Projector, project: &OpenProject, hovered: Option<&str>) {
    let shown = project.site.as_ref().map(|site| site.name.as_str()).filter(|_| project.cube().is_some());
    paint_but(painter, projector, project, hovered, shown);
}

/// Paints the footprints of all sites but `shown`.
pub fn paint_but(
    painter: &Painter,
    projector: &Projector,
    project: &OpenProject,
    hovered: Option<&str>,
    shown: Option<&str>,
) {
    let font = FontId::proportional(tokens::SMALL);
    let mut taken: Vec<Rect> = Vec::new();
    for site in &project.document.sites {
        let Some(footprint) = &site.footprint else { continue };
        if shown == Some(site.name.as_str()) {
            continue;
        }
        let corners = on_screen(projector, footprint);
        let rect = Rect::from_points(&corners);
        if !rect.expand(NEAR).intersects(projector.clip_rect()) || !rect.is_finite() {
            continue;
        }
        let is_hovered = hovered == Some(site.name.as_str());
        let colour = if is_hovered { tokens::PINS[0] } else { tokens::OVER_IMAGE };
        if rect.width().max(rect.height()) < SMALL {
            painter.circle_filled(rect.center(), 4.5, tokens::HALO);
            painter.circle_filled(rect.center(), 3.0, colour);
        } else {
            let ring = corners.to_vec();
            painter.add(Shape::closed_line(ring.clone(), Stroke::new(3.0, tokens::HALO)));
            painter.add(Shape::closed_line(ring, Stroke::new(1.5, colour)));
        }
        let galley = painter.layout_no_wrap(site.name.clone(), font.clone(), colour);
        let size = galley.size();
        let place = Align2::CENTER_BOTTOM.anchor_size(rect.center_top() - Vec2::new(0.0, 4.0), size);
        // Names that would hide one another stay away, unless one is pointed at.
        let room = rect.width() >= size.x * 0.6 && taken.iter().all(|other| !other.intersects(place));
        if room || is_hovered {
            painter.rect_filled(place.expand2(Vec2::new(4.0, 1.0)), 3.0, tokens::HALO);
            painter.galley(place.min, galley, colour);
            taken.push(place.expand(2.0));
        }
    }
}

/// The site whose footprint lies under a point of the screen: of several the smallest.
pub fn at<'a>(projector: &Projector, project: &'a OpenProject, pos: Pos2) -> Option<&'a str> {
    let under = |site: &'a crate::project::Site| {
        let corners = on_screen(projector, site.footprint.as_ref()?);
        let rect = Rect::from_points(&corners);
        let size = rect.width().max(rect.height());
        let hit = if size < SMALL { rect.center().distance(pos) <= NEAR } else { inside(&corners, pos) };
        hit.then_some((size, site.name.as_str()))
    };
    let hits = project.document.sites.iter().filter_map(under);
    hits.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

/// Whether a point lies within four corners in order.
fn inside(corners: &[Pos2; 4], pos: Pos2) -> bool {
    let side = |i: usize| {
        let (a, b) = (corners[i], corners[(i + 1) % 4]);
        (b.x - a.x) * (pos.y - a.y) - (b.y - a.y) * (pos.x - a.x)
    };
    (0..4).all(|i| side(i) >= 0.0) || (0..4).all(|i| side(i) <= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_inside_whichever_way_the_corners_run() {
        let corners = [pos2(0.0, 0.0), pos2(10.0, 1.0), pos2(9.0, 11.0), pos2(-1.0, 10.0)];
        let mut back = corners;
        back.reverse();
        for corners in [corners, back] {
            assert!(inside(&corners, pos2(5.0, 5.0)));
            assert!(!inside(&corners, pos2(5.0, 0.0)));
            assert!(!inside(&corners, pos2(12.0, 5.0)));
        }
    }
}
