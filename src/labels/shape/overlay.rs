//! Holes, unions: what boolean operations do.

use super::{ShapeError, geometry_of, sound, without_slivers};
use geo::algorithm::unary_union;
use geo::{Area, BooleanOps, Geometry, MultiPolygon, Polygon};

/// What was drawn as valid polygons.
fn drawn(polygon: &Polygon<f64>) -> Result<MultiPolygon<f64>, ShapeError> {
    let whole = sound(&polygon.clone().into())?;
    if whole.unsigned_area() > 0.0 { Ok(whole) } else { Err(ShapeError::NoArea) }
}

/// What is left where a polygon is cut out.
///
/// # Errors
/// Of a point; where nothing is left; where the polygon surrounds nothing or lies beside the geometry.
pub fn cut(geometry: &Geometry<f64>, hole: &Polygon<f64>) -> Result<Geometry<f64>, ShapeError> {
    let before = sound(geometry)?;
    let area = before.unsigned_area();
    let left = before.difference(&drawn(hole)?);
    if area - left.unsigned_area() <= super::SLIVER * area {
        return Err(ShapeError::Beside);
    }
    geometry_of(without_slivers(left, area))
}

/// The geometry and a polygon, together; two parts where they do not touch.
///
/// # Errors
/// Of a point; where the polygon surrounds nothing.
pub fn extended(geometry: &Geometry<f64>, with: &Polygon<f64>) -> Result<Geometry<f64>, ShapeError> {
    let before = sound(geometry)?;
    let whole = before.union(&drawn(with)?);
    let area = whole.unsigned_area();
    geometry_of(without_slivers(whole, area))
}

/// Several geometries as one; where they do not touch it has several parts.
///
/// # Errors
/// Where one is a point.
pub fn merged<'a>(
    geometries: impl IntoIterator<Item = &'a Geometry<f64>>,
) -> Result<Geometry<f64>, ShapeError> {
    let mut whole = Vec::new();
    for geometry in geometries {
        whole.push(sound(geometry)?);
    }
    let whole = unary_union(&whole);
    let area = whole.unsigned_area();
    geometry_of(without_slivers(whole, area))
}
