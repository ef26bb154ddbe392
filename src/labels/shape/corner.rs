//! Corners of rings: moved, put in, taken out; and the whole shape moved.

use super::{ShapeError, geometry_of, polygons_of};
use geo::{Coord, Geometry, LineString, MapCoords, Polygon};

/// Which corner of a polygon or multipolygon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CornerAt {
    /// The part of a multipolygon; 0 of a polygon.
    pub part: usize,
    /// 0 is the exterior, holes follow.
    pub ring: usize,
    /// Along the ring, from its first corner.
    pub corner: usize,
}

/// Each ring of each part without the corner that closes it.
type Rings = Vec<Vec<Vec<Coord<f64>>>>;

fn open_ring(ring: &LineString<f64>) -> Vec<Coord<f64>> {
    let mut corners = ring.0.clone();
    if corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    corners
}

fn rings_of(geometry: &Geometry<f64>) -> Result<Rings, ShapeError> {
    let rings = |polygon: &Polygon<f64>| {
        std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(open_ring).collect()
    };
    Ok(polygons_of(geometry)?.iter().map(rings).collect())
}

/// Rings with fewer than three corners go: the part with its exterior, a hole alone.
fn from_rings(rings: Rings) -> Result<Geometry<f64>, ShapeError> {
    let polygon = |mut rings: Vec<Vec<Coord<f64>>>| {
        rings.first().filter(|exterior| exterior.len() >= 3)?;
        let exterior = LineString(rings.remove(0));
        rings.retain(|hole| hole.len() >= 3);
        Some(Polygon::new(exterior, rings.into_iter().map(LineString).collect()))
    };
    geometry_of(rings.into_iter().filter_map(polygon).collect())
}

/// All corners of a polygon or multipolygon, each once; none of anything else.
pub fn corners(geometry: &Geometry<f64>) -> Vec<(CornerAt, [f64; 2])> {
    let rings = rings_of(geometry).unwrap_or_default();
    let mut all = Vec::new();
    for (part, rings) in rings.iter().enumerate() {
        for (ring, corners) in rings.iter().enumerate() {
            let numbered = corners.iter().enumerate();
            all.extend(numbered.map(|(corner, c)| (CornerAt { part, ring, corner }, [c.x, c.y])));
        }
    }
    all
}

/// All edges of a polygon or multipolygon, each with the corner that it begins at; none of anything else.
pub fn edges(geometry: &Geometry<f64>) -> Vec<(CornerAt, [[f64; 2]; 2])> {
    let rings = rings_of(geometry).unwrap_or_default();
    let mut all = Vec::new();
    for (part, rings) in rings.iter().enumerate() {
        for (ring, corners) in rings.iter().enumerate() {
            for (corner, a) in corners.iter().enumerate() {
                let b = corners[(corner + 1) % corners.len()];
                all.push((CornerAt { part, ring, corner }, [[a.x, a.y], [b.x, b.y]]));
            }
        }
    }
    all
}

fn ring_at(rings: &mut Rings, at: CornerAt) -> Result<&mut Vec<Coord<f64>>, ShapeError> {
    let ring = rings.get_mut(at.part).and_then(|rings| rings.get_mut(at.ring));
    ring.filter(|ring| at.corner < ring.len()).ok_or(ShapeError::NoCorner)
}

/// With a corner elsewhere. The outline may cross itself then: [`super::whole`] repairs it.
///
/// # Errors
/// Of a point, and where the corner is not there.
pub fn move_corner(
    geometry: &Geometry<f64>,
    at: CornerAt,
    to: [f64; 2],
) -> Result<Geometry<f64>, ShapeError> {
    let mut rings = rings_of(geometry)?;
    ring_at(&mut rings, at)?[at.corner] = to.into();
    from_rings(rings)
}

/// With one more corner, on the edge that begins at a corner.
///
/// # Errors
/// As [`move_corner`].
pub fn insert_corner(
    geometry: &Geometry<f64>,
    after: CornerAt,
    place: [f64; 2],
) -> Result<Geometry<f64>, ShapeError> {
    let mut rings = rings_of(geometry)?;
    ring_at(&mut rings, after)?.insert(after.corner + 1, place.into());
    from_rings(rings)
}

/// Without a corner. A hole that would be left with two goes, and so does a part.
///
/// # Errors
/// As [`move_corner`]; and where nothing would be left.
pub fn delete_corner(geometry: &Geometry<f64>, at: CornerAt) -> Result<Geometry<f64>, ShapeError> {
    let mut rings = rings_of(geometry)?;
    ring_at(&mut rings, at)?.remove(at.corner);
    from_rings(rings)
}

/// The whole geometry, moved by so many degrees east and north.
pub fn moved(geometry: &Geometry<f64>, [east, north]: [f64; 2]) -> Geometry<f64> {
    geometry.map_coords(|c| Coord { x: c.x + east, y: c.y + north })
}
