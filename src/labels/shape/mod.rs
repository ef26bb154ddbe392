//! Editing what was drawn: corners, holes, splits, unions, strokes, snapping. Pure functions of longitude and latitude; what
//! they give is valid, with exteriors counter-clockwise as RFC 7946 asks.

mod corner;
mod overlay;
mod snap;
mod split;
mod stroke;
mod whole;

pub use corner::{CornerAt, corners, delete_corner, edges, insert_corner, move_corner, moved};
pub use overlay::{cut, extended, merged};
pub use snap::{Snapped, snap};
pub use split::split;
pub use stroke::simplified;
pub use whole::{Whole, whole};

use super::repair::repair;
use geo::algorithm::orient::{Direction, Orient};
use geo::{Area, Contains, Geometry, MultiPolygon, Point, Polygon};

/// Why a shape cannot be edited so; a sentence for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// Of a point, or of something that is no annotation.
    #[error("only polygons can be edited so: a point has no outline")]
    NoPolygon,
    /// Nothing would be left.
    #[error("nothing would be left of the annotation: delete it instead")]
    NothingLeft,
    /// What was drawn surrounds nothing.
    #[error("what was drawn has no area: its corners lie on one line")]
    NoArea,
    /// What was drawn lies beside the annotation.
    #[error("what was drawn does not reach into the annotation: draw it over a part of it")]
    Beside,
    /// A line that leaves the annotation in one piece.
    #[error(
        "the line does not cross an annotation from edge to edge: begin and end it outside of the annotation"
    )]
    NotCrossed,
    /// A corner that is not there.
    #[error("this corner is not there any more")]
    NoCorner,
}

/// Parts smaller than this share of the whole are what rounding left.
const SLIVER: f64 = 1e-9;

/// The polygons of a geometry.
fn polygons_of(geometry: &Geometry<f64>) -> Result<Vec<Polygon<f64>>, ShapeError> {
    match geometry {
        Geometry::Polygon(polygon) => Ok(vec![polygon.clone()]),
        Geometry::MultiPolygon(polygons) => Ok(polygons.0.clone()),
        _ => Err(ShapeError::NoPolygon),
    }
}

/// Its polygons, repaired where they cross themselves; where they are whole, to the last bit as they are, so that edges
/// that two annotations share stay the same.
fn sound(geometry: &Geometry<f64>) -> Result<MultiPolygon<f64>, ShapeError> {
    let polygons = polygons_of(geometry)?;
    let (repaired, changed) = repair(&polygons);
    Ok(if changed { repaired } else { MultiPolygon(polygons) })
}

/// Polygons as a geometry, wound as RFC 7946 asks: one alone is a polygon.
fn geometry_of(mut polygons: Vec<Polygon<f64>>) -> Result<Geometry<f64>, ShapeError> {
    match polygons.len() {
        0 => Err(ShapeError::NothingLeft),
        1 => Ok(polygons.remove(0).orient(Direction::Default).into()),
        _ => Ok(MultiPolygon(polygons).orient(Direction::Default).into()),
    }
}

/// Takes out what rounding left.
fn without_slivers(polygons: MultiPolygon<f64>, of_area: f64) -> Vec<Polygon<f64>> {
    let keeps = |polygon: &Polygon<f64>| polygon.unsigned_area() > SLIVER * of_area;
    polygons.into_iter().filter(keeps).collect()
}

/// Whether a place lies inside of a geometry.
pub fn holds(geometry: &Geometry<f64>, [lon, lat]: [f64; 2]) -> bool {
    geometry.contains(&Point::new(lon, lat))
}

#[cfg(test)]
mod tests;
