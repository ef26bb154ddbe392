//! What was drawn, as valid geometry.

use super::{ShapeError, geometry_of, polygons_of};
use crate::labels::plane::drawn_area_ha;
use crate::labels::repair::repair;
use geo::{Area, Geometry, LineString, Polygon};

/// What was drawn, as valid geometry.
#[derive(Debug, Clone, PartialEq)]
pub struct Whole {
    /// Corner by corner what was drawn where that is whole.
    pub geometry: Geometry<f64>,
    /// By how much the area changed, in hectares, where it had to be repaired.
    pub change_ha: Option<f64>,
}

/// Repairs an outline that crosses itself; a whole one keeps its corners. Points stay as they are.
///
/// # Errors
/// Where it surrounds nothing, and of anything but polygons and points.
pub fn whole(geometry: &Geometry<f64>) -> Result<Whole, ShapeError> {
    if matches!(geometry, Geometry::Point(_)) {
        return Ok(Whole { geometry: geometry.clone(), change_ha: None });
    }
    let rings = |ring: &LineString<f64>| ring.0.len() >= 4;
    let mut drawn = polygons_of(geometry)?;
    drawn.retain(|polygon| rings(polygon.exterior()));
    let (repaired, changed) = repair(&drawn);
    if repaired.unsigned_area() <= 0.0 {
        return Err(ShapeError::NoArea);
    }
    let area = |polygons: &[Polygon<f64>]| polygons.iter().map(drawn_area_ha).sum::<f64>();
    let change_ha = changed.then(|| area(&repaired.0) - area(&drawn));
    Ok(Whole { geometry: geometry_of(if changed { repaired.0 } else { drawn })?, change_ha })
}
