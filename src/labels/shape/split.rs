//! Splitting along a line.

use super::{ShapeError, geometry_of, sound, without_slivers};
use geo::{Area, BooleanOps, Contains, Coord, Geometry, LineString, MultiPolygon, Point, Polygon};

/// The pieces of a geometry along a line, the largest first; parts that the line does not cross stay with the largest. What
/// the line does inside of a hole splits nothing, nor does an end of it that hangs inside.
///
/// # Errors
/// Of a point; where the line does not cross the geometry from edge to edge.
pub fn split(geometry: &Geometry<f64>, line: &[[f64; 2]]) -> Result<Vec<Geometry<f64>>, ShapeError> {
    let whole = sound(geometry)?;
    let line: Vec<Coord<f64>> = line.iter().map(|place| Coord::from(*place)).collect();
    let (mut pieces, mut untouched) = (Vec::new(), Vec::new());
    for part in whole {
        let found = pieces_of(&part, &line);
        if found.len() > 1 { pieces.extend(found) } else { untouched.push(part) }
    }
    if pieces.is_empty() {
        return Err(ShapeError::NotCrossed);
    }
    pieces.sort_by(|a, b| b.unsigned_area().total_cmp(&a.unsigned_area()));
    let mut pieces = pieces.into_iter().map(|piece| vec![piece]);
    let largest = pieces.next().unwrap_or_default().into_iter().chain(untouched).collect();
    std::iter::once(largest).chain(pieces).map(geometry_of).collect()
}

/// One polygon's pieces: on this side of each chord, and on the other.
fn pieces_of(polygon: &Polygon<f64>, line: &[Coord<f64>]) -> Vec<Polygon<f64>> {
    let area = polygon.unsigned_area();
    let mut pieces = vec![polygon.clone()];
    for side in chords(polygon.exterior(), line) {
        let side = MultiPolygon(vec![side]);
        pieces = pieces
            .into_iter()
            .flat_map(|piece| {
                let here = piece.intersection(&side);
                let there = piece.difference(&side);
                let found: Vec<_> =
                    without_slivers(here, area).into_iter().chain(without_slivers(there, area)).collect();
                // What lies on one side stays to the last bit.
                if found.len() > 1 { found } else { vec![piece] }
            })
            .collect();
    }
    pieces
}

/// Where the line meets the ring.
#[derive(Clone, Copy)]
struct Crossing {
    /// Along the line: the number of its piece, and how far into that.
    along: f64,
    /// The edge of the ring, and how far along it.
    edge: usize,
    on_edge: f64,
    place: Coord<f64>,
}

/// What the ring surrounds on one side of each piece of the line that runs through it from edge to edge.
fn chords(ring: &LineString<f64>, line: &[Coord<f64>]) -> Vec<Polygon<f64>> {
    let filled = Polygon::new(ring.clone(), vec![]);
    let mut crossings = crossings(ring, line);
    crossings.sort_by(|a, b| a.along.total_cmp(&b.along));
    let through = crossings.windows(2).filter_map(|pair| {
        let (from, to) = (pair[0], pair[1]);
        if to.along - from.along < 1e-9 {
            return None;
        }
        let between: Vec<_> = (0..line.len())
            .filter(|&i| from.along < i as f64 && (i as f64) < to.along)
            .map(|i| line[i])
            .collect();
        let next = between.first().copied().unwrap_or(to.place);
        let inside = filled.contains(&Point((from.place + next) / 2.0));
        inside.then(|| side_of(ring, from, to, &between))
    });
    through.collect()
}

fn crossings(ring: &LineString<f64>, line: &[Coord<f64>]) -> Vec<Crossing> {
    let cross = |a: Coord<f64>, b: Coord<f64>| a.x * b.y - a.y * b.x;
    let mut found = Vec::new();
    for (i, piece) in line.windows(2).enumerate() {
        let along = piece[1] - piece[0];
        for (edge, ends) in ring.0.windows(2).enumerate() {
            let side = ends[1] - ends[0];
            let turn = cross(along, side);
            if turn == 0.0 {
                continue;
            }
            let off = ends[0] - piece[0];
            let (t, u) = (cross(off, side) / turn, cross(off, along) / turn);
            // A corner belongs to the edge that begins there.
            if (0.0..=1.0).contains(&t) && (0.0..1.0).contains(&u) {
                let place = ends[0] + side * u;
                found.push(Crossing { along: i as f64 + t, edge, on_edge: u, place });
            }
        }
    }
    found
}

/// What lies between the ring, from one crossing on to the other, and the line.
fn side_of(ring: &LineString<f64>, from: Crossing, to: Crossing, between: &[Coord<f64>]) -> Polygon<f64> {
    let corners = &ring.0[..ring.0.len() - 1];
    let mut outline = vec![from.place];
    if from.edge != to.edge || from.on_edge > to.on_edge {
        let mut at = from.edge;
        loop {
            at = (at + 1) % corners.len();
            outline.push(corners[at]);
            if at == to.edge {
                break;
            }
        }
    }
    outline.push(to.place);
    outline.extend(between.iter().rev());
    Polygon::new(LineString(outline), vec![])
}
