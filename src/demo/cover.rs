//! What covers the ground: natural stands that follow the terrain, parcels that people made, a town, a road, water.

use super::noise::{Field, hash, normal, unit};
use super::phenology::{Calendar, Kind};
use super::terrain::{SIDE, Terrain};
use rayon::prelude::*;

/// Cover is laid out on so many points along a pixel's side, so that the sensor can mix them.
pub const FINE: usize = 3;

/// A parcel, or a natural stand of one kind: what its pixels have in common.
#[derive(Debug, Clone)]
pub struct Patch {
    /// What it is.
    pub kind: Kind,
    /// The year it goes through.
    pub calendar: Calendar,
    /// Months by which its year is late.
    pub late: f32,
    /// Greener or less green than its kind, as a share.
    pub vigour: f32,
    /// From dark to pale, and from grey to red.
    pub soil: [f32; 2],
    /// From dark canopy leaves (0) to bright young ones (1), apart from its kind's.
    pub leaf: f32,
    /// Tells patches apart where chance is drawn.
    pub seed: u64,
    /// Parcels differ between, natural stands within themselves.
    pub managed: bool,
}

/// Which patch lies where.
pub struct Cover {
    /// All patches.
    pub patches: Vec<Patch>,
    /// Index of the patch at each fine point, y x x, `SIDE * FINE` along a side.
    pub fine: Vec<u16>,
    /// Index of the patch at each pixel's centre, y x x.
    pub centre: Vec<u16>,
}

/// The first patches are natural stands, one of each.
const NATURAL: [Kind; 8] = [
    Kind::Forest,
    Kind::HumidJungle,
    Kind::DryJungle,
    Kind::Scrub,
    Kind::WithoutApparentVegetation,
    Kind::BareSoil,
    Kind::Water,
    Kind::Pasture,
];
const FOREST: u16 = 0;
const HUMID: u16 = 1;
const DRY: u16 = 2;
const SCRUB: u16 = 3;
const ROCK: u16 = 4;
const SAND: u16 = 5;
const WATER: u16 = 6;
const CLEARING: u16 = 7;
/// Then comes the road, then town blocks, then parcels.
const ROAD: u16 = 8;
const FIRST_BLOCK: u16 = 9;
const BLOCKS: u16 = 64;

/// A parcel tree: the valley is cut in two again and again, as land is inherited.
enum Cut {
    At { along_u: bool, at: f32, tilt: f32, middle: f32, before: usize, after: usize },
    Parcel(u16),
}

struct Planner<'a> {
    seed: u64,
    terrain: &'a Terrain,
    patches: Vec<Patch>,
    cuts: Vec<Cut>,
    farming: Field,
    upland: Field,
    moisture: Field,
    dryness: Field,
    outcrop: Field,
    clearing: Field,
    thicket: Field,
    bend: Field,
    ragged: [Field; 2],
}

impl Cover {
    /// Lays out the cover of a terrain.
    pub fn new(seed: u64, terrain: &Terrain) -> Self {
        let field = |which, wavelength, octaves| Field::new(seed, which, wavelength, octaves);
        let mut planner = Planner {
            seed,
            terrain,
            patches: vec![],
            cuts: vec![],
            farming: field(20, 130.0, 2),
            upland: field(21, 60.0, 3),
            moisture: field(22, 95.0, 3),
            dryness: field(23, 90.0, 2),
            outcrop: field(24, 62.0, 2),
            clearing: field(25, 62.0, 2),
            thicket: field(26, 40.0, 2),
            bend: field(27, 160.0, 2),
            ragged: [field(28, 26.0, 3), field(29, 26.0, 3)],
        };
        for (i, kind) in NATURAL.into_iter().enumerate() {
            planner.patches.push(Patch::natural(kind, hash(seed, i as i64, 30)));
        }
        planner.patches.push(Patch::block(Calendar::Road, hash(seed, 0, 31)));
        for i in 0..BLOCKS {
            planner.patches.push(Patch::block(Calendar::Town, hash(seed, i64::from(i), 32)));
        }
        planner.cut([-380.0, -380.0, 380.0, 380.0], 0);

        let side = SIDE * FINE;
        let fine: Vec<u16> = (0..side * side)
            .into_par_iter()
            .map(|i| {
                let place = |index: usize| (index as f32 + 0.5) / FINE as f32;
                planner.patch_at(place(i % side), place(i / side))
            })
            .collect();
        let centre = (0..SIDE * SIDE)
            .map(|i| fine[(i / SIDE * FINE + FINE / 2) * side + i % SIDE * FINE + FINE / 2])
            .collect();
        Self { patches: planner.patches, fine, centre }
    }

    /// What each pixel's centre is, y x x.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.centre.iter().map(|&patch| self.patches[usize::from(patch)].kind)
    }
}

impl Patch {
    fn natural(kind: Kind, seed: u64) -> Self {
        let calendar = Calendar::of(kind, 0.0);
        Self { kind, calendar, late: 0.0, vigour: 0.0, soil: [0.4, 0.5], leaf: 0.0, seed, managed: false }
    }

    fn block(calendar: Calendar, seed: u64) -> Self {
        let soil = [unit(hash(seed, 1, 0)), unit(hash(seed, 2, 0))];
        Self { kind: Kind::Urban, calendar, late: 0.0, vigour: 0.0, soil, leaf: 0.5, seed, managed: true }
    }

    fn parcel(kind: Kind, seed: u64) -> Self {
        let draw = |i| normal(hash(seed, i, 0));
        Self {
            kind,
            calendar: Calendar::of(kind, unit(hash(seed, 9, 0))),
            late: 0.15 * draw(1),
            vigour: 0.06 * draw(2),
            soil: [(0.42 + 0.22 * draw(3)).clamp(0.0, 1.0), (0.45 + 0.24 * draw(4)).clamp(0.0, 1.0)],
            leaf: 0.06 * draw(5),
            seed,
            managed: true,
        }
    }
}

impl Planner<'_> {
    /// Cuts a rectangle of the valley (u, v, u, v) until it is as small as a parcel. Gives the cut's index.
    fn cut(&mut self, [u0, v0, u1, v1]: [f32; 4], depth: i64) -> usize {
        let chance = hash(hash(self.seed, (u0 * 16.0) as i64, (v0 * 16.0) as i64), (u1 * 16.0) as i64, depth);
        let (wide, high) = (u1 - u0, v1 - v0);
        let middle_across = {
            let (x, y) = Terrain::pixel_from_valley((u0 + u1) / 2.0, (v0 + v1) / 2.0);
            self.terrain.across_river(x, y).abs()
        };
        // Fields near the river are smaller than ranches further away.
        let largest = (560.0 + 6.0 * middle_across.min(130.0)) * (0.6 + 0.9 * unit(chance));
        let index = self.cuts.len();
        if wide * high < largest {
            let parcel = self.parcel_in((u0 + u1) / 2.0, (v0 + v1) / 2.0, chance);
            self.cuts.push(Cut::Parcel(self.patches.len() as u16));
            self.patches.push(parcel);
            return index;
        }
        let along_u = wide > high;
        let share = 0.36 + 0.28 * unit(hash(chance, 1, 0));
        let tilt = 0.14 * (unit(hash(chance, 2, 0)) - 0.5);
        self.cuts.push(Cut::Parcel(0));
        let (at, middle, first, second) = if along_u {
            let at = u0 + wide * share;
            (at, (v0 + v1) / 2.0, [u0, v0, at, v1], [at, v0, u1, v1])
        } else {
            let at = v0 + high * share;
            (at, (u0 + u1) / 2.0, [u0, v0, u1, at], [u0, at, u1, v1])
        };
        let before = self.cut(first, depth + 1);
        let after = self.cut(second, depth + 1);
        self.cuts[index] = Cut::At { along_u, at, tilt, middle, before, after };
        index
    }

    /// What people do with the land around a place of the valley.
    fn parcel_in(&self, u: f32, v: f32, chance: u64) -> Patch {
        let (x, y) = Terrain::pixel_from_valley(u, v);
        let across = self.terrain.across_river(x, y).abs();
        let draw = unit(hash(chance, 3, 0));
        let farmed = 0.95 + 0.75 * self.farming.at(x, y) - across / 75.0;
        let kind = if draw < 0.055 {
            Kind::BareSoil
        } else if draw < 0.10 {
            Kind::WithoutApparentVegetation
        } else if draw < 0.15 {
            Kind::Scrub
        } else if farmed + 0.5 * (unit(hash(chance, 4, 0)) - 0.5) > 0.0 {
            Kind::Agriculture
        } else if draw > 0.93 {
            Kind::DryJungle
        } else if draw > 0.85 {
            Kind::Scrub
        } else {
            Kind::Pasture
        };
        Patch::parcel(kind, hash(chance, 5, 0))
    }

    /// The patch at a place in pixels.
    fn patch_at(&self, x: f32, y: f32) -> u16 {
        if self.terrain.water_depth(x, y) > 0.0 {
            return WATER;
        }
        let (u, v) = Terrain::valley_from_pixel(x, y);
        let across = self.terrain.across_river(x, y);
        let road = across + 34.0 - 9.0 * self.bend.at(u, 3.0);
        if road.abs() < 0.75 && (u > -140.0 || across < -46.0) {
            return ROAD;
        }
        if let Some(block) = self.town_block(u, v, x, y, road) {
            return block;
        }
        let thicket = self.thicket.at(x, y);
        if across.abs() < 8.0 && u > -120.0 {
            let bank = across.abs() - 3.2;
            if bank < 1.6 && thicket < -0.9 {
                return SAND;
            }
            if bank < 1.2 + 2.6 * thicket {
                return HUMID;
            }
        }
        let (wx, wy) = (x + 2.2 * self.ragged[0].at(x, y), y + 2.2 * self.ragged[1].at(x, y));
        let height = self.terrain.height_between(x, y);
        if height + 22.0 * self.upland.at(wx, wy) > 62.0 {
            return self.natural_at(wx, wy, height, across);
        }
        // Parcels have straight borders, but not ruled ones.
        let (u, v) = Terrain::valley_from_pixel(x + 0.18 * (wx - x), y + 0.18 * (wy - y));
        let mut cut = 0;
        loop {
            match &self.cuts[cut] {
                Cut::Parcel(patch) => return *patch,
                Cut::At { along_u, at, tilt, middle, before, after } => {
                    let (along, beside) = if *along_u { (u, v) } else { (v, u) };
                    cut = if along < at + tilt * (beside - middle) { *before } else { *after };
                }
            }
        }
    }

    fn natural_at(&self, x: f32, y: f32, height: f32, across: f32) -> u16 {
        let steep = self.terrain.steepness(x, y);
        let outcrop = self.outcrop.at(x, y);
        let dry_below = if across > 0.0 { 330.0 } else { 215.0 };
        let wet = self.moisture.at(x, y);
        if outcrop > 1.75 - 0.35 * steep {
            return ROCK;
        }
        if height + 70.0 * wet < dry_below {
            if self.dryness.at(x, y) > 0.95 {
                return SCRUB;
            }
            if self.clearing.at(x, y) > 2.0 && steep < 0.3 {
                return CLEARING;
            }
            return DRY;
        }
        if self.clearing.at(x, y) > 2.1 && steep < 0.3 {
            return CLEARING;
        }
        if wet + (height - 480.0) / 260.0 > 0.0 { HUMID } else { FOREST }
    }

    /// The town lies on the road; streets part its blocks.
    fn town_block(&self, u: f32, v: f32, x: f32, y: f32, road: f32) -> Option<u16> {
        let outline = 0.22 * self.thicket.at(x, y);
        let town = ((u - 60.0) / 52.0).powi(2) + ((road + 6.0) / 25.0).powi(2) + outline;
        let hamlet = ((u + 95.0) / 16.0).powi(2) + ((road + 2.0) / 13.0).powi(2) + outline;
        if town > 1.0 && hamlet > 1.0 {
            return None;
        }
        let block = |along: f32, size: f32| ((along / size).floor(), (along / size).fract().abs() * size);
        let (i, du) = block(u + 400.0, 9.0);
        let (j, dv) = block(v + 400.0, 7.0);
        if du < 1.0 || dv < 1.0 {
            return Some(ROAD);
        }
        Some(FIRST_BLOCK + (hash(self.seed, i as i64, j as i64) % u64::from(BLOCKS)) as u16)
    }
}
