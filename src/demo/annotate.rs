//! Draws polygons as a person would: inside one parcel or stand, away from its border, a few a class.

use super::cover::Cover;
use super::noise::{hash, unit};
use super::phenology::Kind;
use super::terrain::SIDE;

/// How many polygons of each class.
const WANTED: [(Kind, usize); 10] = [
    (Kind::Forest, 4),
    (Kind::DryJungle, 5),
    (Kind::HumidJungle, 4),
    (Kind::Pasture, 5),
    (Kind::Agriculture, 5),
    (Kind::Urban, 3),
    (Kind::WithoutApparentVegetation, 4),
    (Kind::Water, 4),
    (Kind::Scrub, 4),
    (Kind::BareSoil, 4),
];

/// Directions that are felt for the border.
const RAYS: usize = 36;
/// Least and largest distance from a polygon's middle to its border, in pixels.
const NEAR: f32 = 5.6;
const FAR: f32 = 15.0;
/// A person stays off the border by about so many pixels.
const MARGIN: f32 = 0.8;

/// A polygon in pixel places; first and last point differ.
pub struct Drawn {
    /// What it shows.
    pub kind: Kind,
    /// 5 to 12 corners, clockwise on screen.
    pub ring: Vec<[f32; 2]>,
}

/// Draws the polygons of a cover.
pub fn draw(seed: u64, cover: &Cover) -> Vec<Drawn> {
    let mut drawn = vec![];
    for (kind, wanted) in WANTED {
        let mut candidates = candidates(seed, cover, kind);
        candidates.sort_by_key(|c| c.order);
        let mut chosen: Vec<Candidate> = vec![];
        // Spread them out as far as the landscape allows.
        for apart in [110.0, 80.0, 55.0, 40.0, 31.0] {
            for candidate in &candidates {
                if chosen.len() == wanted {
                    break;
                }
                let clear = |c: &Candidate| (c.x - candidate.x).hypot(c.y - candidate.y) >= apart;
                if chosen.iter().all(clear) {
                    chosen.push(candidate.clone());
                }
            }
        }
        drawn.extend(chosen.into_iter().map(|c| Drawn { kind, ring: c.ring }));
    }
    drawn
}

#[derive(Clone)]
struct Candidate {
    x: f32,
    y: f32,
    order: u64,
    ring: Vec<[f32; 2]>,
}

/// Places all over the landscape where a polygon of this kind can be drawn.
fn candidates(seed: u64, cover: &Cover, kind: Kind) -> Vec<Candidate> {
    let step = 3;
    let mut found = vec![];
    for row in (step..SIDE - step).step_by(step) {
        for col in (step..SIDE - step).step_by(step) {
            let i = row * SIDE + col;
            if cover.patches[usize::from(cover.centre[i])].kind != kind {
                continue;
            }
            let chance = hash(hash(seed, i as i64, 90), kind as i64, 0);
            let (x, y) = (col as f32 + 0.5, row as f32 + 0.5);
            if let Some(ring) = ring_around(cover, x, y, chance) {
                found.push(Candidate { x, y, order: chance, ring });
            }
        }
    }
    found
}

/// Whether what lies at a place belongs with what lies at pixel `of`: the same parcel, or in town the same town.
fn belongs(cover: &Cover, of: u16, x: f32, y: f32) -> bool {
    if x < 0.0 || y < 0.0 || x >= SIDE as f32 || y >= SIDE as f32 {
        return false;
    }
    let here = cover.centre[y as usize * SIDE + x as usize];
    here == of || {
        let (a, b) = (&cover.patches[usize::from(here)], &cover.patches[usize::from(of)]);
        a.kind == Kind::Urban && b.kind == Kind::Urban
    }
}

fn ring_around(cover: &Cover, x: f32, y: f32, chance: u64) -> Option<Vec<[f32; 2]>> {
    let of = cover.centre[y as usize * SIDE + x as usize];
    let mut free = [0.0f32; RAYS];
    for (ray, free) in free.iter_mut().enumerate() {
        let (sin, cos) = (ray as f32 / RAYS as f32 * std::f32::consts::TAU).sin_cos();
        let mut distance = 0.0;
        while distance < FAR + MARGIN && belongs(cover, of, x + cos * distance, y + sin * distance) {
            distance += 0.5;
        }
        *free = distance - MARGIN;
        if *free < NEAR {
            return None;
        }
    }
    let corners = 5 + (hash(chance, 1, 0) % 8) as usize;
    let turn = unit(hash(chance, 2, 0));
    let reach = FAR * (0.62 + 0.38 * unit(hash(chance, 3, 0)));
    let mut ring: Vec<[f32; 2]> = (0..corners)
        .map(|corner| {
            let jitter = 0.5 * (unit(hash(chance, 4, corner as i64)) - 0.5);
            let angle = (corner as f32 + turn + jitter) / corners as f32;
            let ray = (angle * RAYS as f32) as usize;
            // The nearer of two rays, so that no corner crosses a border between them.
            let free = free[ray % RAYS].min(free[(ray + 1) % RAYS]);
            let hand = 0.86 + 0.14 * unit(hash(chance, 5, corner as i64));
            let distance = free.min(reach) * hand;
            let (sin, cos) = (angle * std::f32::consts::TAU).sin_cos();
            [x + cos * distance, y + sin * distance]
        })
        .collect();
    for _ in 0..6 {
        if stays_inside(cover, of, &ring) {
            return Some(ring).filter(|ring| area(ring) > 150.0);
        }
        for [cx, cy] in &mut ring {
            *cx = x + (*cx - x) * 0.9;
            *cy = y + (*cy - y) * 0.9;
        }
    }
    None
}

/// Whether no edge leaves the parcel, nor touches the pixels beside it.
fn stays_inside(cover: &Cover, of: u16, ring: &[[f32; 2]]) -> bool {
    ring.iter().zip(ring.iter().cycle().skip(1)).all(|(a, b)| {
        let steps = ((b[0] - a[0]).hypot(b[1] - a[1]) * 2.0).ceil().max(1.0);
        (0..=steps as usize).all(|step| {
            let share = step as f32 / steps;
            let (x, y) = (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share);
            [(0.0, 0.0), (0.6, 0.0), (-0.6, 0.0), (0.0, 0.6), (0.0, -0.6)]
                .iter()
                .all(|(dx, dy)| belongs(cover, of, x + dx, y + dy))
        })
    })
}

/// Pixels inside (shoelace).
fn area(ring: &[[f32; 2]]) -> f32 {
    let twice: f32 =
        ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum();
    twice.abs() / 2.0
}
