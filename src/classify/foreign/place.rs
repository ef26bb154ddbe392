//! Where a raster from elsewhere lies against a site: whether they overlap, and how large its pixels are there.

use super::{ForeignError, refuse};
use crate::geo::{Crs, GeoError, Grid, Placement};
use std::path::Path;

/// Refuses a raster that does not touch the site, with both extents.
pub(super) fn check_overlap(path: &Path, from: &Placement, site: &Grid) -> Result<(), ForeignError> {
    // The site seen from the raster: a raster of the whole Earth need not fit into the system of the site.
    let there = Placement::from(site).extent_in(&from.crs);
    let own = from.extent_in(&from.crs)?;
    if let Ok([left, bottom, right, top]) = there
        && left < own[2]
        && right > own[0]
        && bottom < own[3]
        && top > own[1]
    {
        return Ok(());
    }
    refuse(format!(
        "{} does not cover the site: it lies at {}, the site at {}. Check its coordinate system, or choose the site that it shows",
        path.display(),
        extent(from),
        extent(&Placement::from(site))
    ))
}

/// "-97.2 to -96.9 E, 17.1 to 17.4 N" in degrees, or in its own units where they cannot be told.
pub(super) fn extent(place: &Placement) -> String {
    let degrees = || -> Result<String, GeoError> {
        let [west, south, east, north] = place.extent_in(&Crs::from_epsg(4326)?)?;
        Ok(format!("longitude {west:.4} to {east:.4}, latitude {south:.4} to {north:.4}"))
    };
    degrees().unwrap_or_else(|_| place.label())
}

/// The sides of a raster's pixel in the middle of a site, in metres; `None` where it cannot be told.
pub(super) fn pixel_m(from: &Placement, site: &Grid) -> Option<[f64; 2]> {
    let middle = site.window().middle();
    let mut at = [site.xy_from_pixel(middle[0], middle[1])];
    let same = from.crs.same_as(&site.crs);
    if !same {
        site.crs.lonlat_from_xy(&mut at).ok()?;
        from.crs.xy_from_lonlat(&mut at).ok()?;
    }
    let [col, row] = from.pixel_from_xy(at[0][0], at[0][1])?;
    let mut corners = [[col, row], [col + 1.0, row], [col, row + 1.0]].map(|[c, r]| from.xy_from_pixel(c, r));
    if !same {
        from.crs.lonlat_from_xy(&mut corners).ok()?;
        site.crs.xy_from_lonlat(&mut corners).ok()?;
    }
    let [east, north] = site.metres_per_unit();
    let side = |to: [f64; 2]| ((to[0] - corners[0][0]) * east).hypot((to[1] - corners[0][1]) * north);
    Some([side(corners[1]), side(corners[2])]).filter(|sides| sides.iter().all(|side| side.is_finite()))
}

/// What one must know where the pixels of both differ in size by a quarter or more.
pub(super) fn resolution_words(sides: [f64; 2], site: &Grid) -> Option<String> {
    let [east, north] = site.metres_per_unit();
    let own = [site.pixel_width * east, site.pixel_height * north];
    let times = (sides[0] * sides[1] / (own[0] * own[1])).sqrt();
    let mean = |sides: [f64; 2]| (sides[0] * sides[1]).sqrt();
    let words =
        format!("its pixels are {:.1} m wide here, those of the site {:.1} m", mean(sides), mean(own));
    if times > 1.25 {
        Some(format!("{words}: it is coarser, and edges of its classes are as coarse as that"))
    } else if times < 0.8 {
        Some(format!("{words}: it is finer, and of its pixels only the nearest one counts"))
    } else {
        None
    }
}
