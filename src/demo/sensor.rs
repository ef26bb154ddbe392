//! What the sensor makes of the ground: light, mixed pixels, thin cloud and shadow, gaps, drift, noise.

use super::cover::{Cover, FINE, Patch};
use super::noise::{Field, hash, normal, smoothstep};
use super::phenology::{BANDS, Kind, Spectrum, State, reflectance};
use super::terrain::{SIDE, Terrain};
use rayon::prelude::*;

/// Width (one deviation) of the sensor's point spread, in pixels.
const POINT_SPREAD: f32 = 0.50;

/// Share of the month's sky under left-over thin cloud, about; the rains bring it.
const CLOUD: [f32; 12] = [0.05, 0.0, 0.02, 0.0, 0.07, 0.16, 0.12, 0.14, 0.18, 0.10, 0.04, 0.05];
/// Share of the month that is without any observation, about.
const GAPS: [f32; 12] = [0.0, 0.0, 0.0, 0.0, 0.0, 0.015, 0.012, 0.0, 0.022, 0.008, 0.0, 0.0];
/// How bright thin cloud is in each band at its thickest.
const VEIL: Spectrum = [0.40, 0.36, 0.34, 0.33, 0.31, 0.30, 0.29, 0.28, 0.17, 0.12];
/// How much light is left in the shadow of a cloud.
const SHADE: Spectrum = [0.78, 0.72, 0.68, 0.66, 0.63, 0.62, 0.61, 0.60, 0.55, 0.53];
/// Path radiance that atmospheric correction leaves over flat ground.
const HAZE: Spectrum = [0.012, 0.008, 0.006, 0.005, 0.003, 0.003, 0.002, 0.002, 0.001, 0.001];

/// The patches that one pixel sees, with their shares.
type Mixture = Vec<(u16, f32)>;

/// Blends fine points into pixels with a Gaussian point spread.
fn mixtures(cover: &Cover) -> Vec<Mixture> {
    let side = (SIDE * FINE) as i64;
    let reach = (FINE + 1) as i64;
    let weight = |d: i64| (-0.5 * (d as f32 / FINE as f32 / POINT_SPREAD).powi(2)).exp();
    (0..SIDE * SIDE)
        .into_par_iter()
        .map(|i| {
            let (x, y) = ((i % SIDE * FINE + FINE / 2) as i64, (i / SIDE * FINE + FINE / 2) as i64);
            let mut mixture: Mixture = Vec::with_capacity(2);
            let mut total = 0.0;
            for dy in -reach..=reach {
                for dx in -reach..=reach {
                    let (fx, fy) = ((x + dx).clamp(0, side - 1), (y + dy).clamp(0, side - 1));
                    let patch = cover.fine[(fy * side + fx) as usize];
                    let w = weight(dx) * weight(dy);
                    total += w;
                    match mixture.iter_mut().find(|(p, _)| *p == patch) {
                        Some((_, share)) => *share += w,
                        None => mixture.push((patch, w)),
                    }
                }
            }
            mixture.retain(|(_, share)| *share > 0.01 * total);
            let kept: f32 = mixture.iter().map(|(_, share)| share).sum();
            for (_, share) in &mut mixture {
                *share /= kept;
            }
            mixture
        })
        .collect()
}

/// How a pixel differs from its patch all year long.
#[derive(Clone, Copy)]
struct Place {
    late: f32,
    vigour: f32,
    paleness: f32,
    redness: f32,
    leaf: f32,
    dead: f32,
    rock: f32,
    depth: f32,
    built: f32,
    shade: f32,
}

fn places(seed: u64, terrain: &Terrain) -> Vec<Place> {
    let field = |which, wavelength, octaves| Field::new(seed, which, wavelength, octaves);
    let (broad, fine) = (field(40, 34.0, 2), field(41, 6.0, 2));
    let (late, dead, leaf) = (field(42, 40.0, 2), field(43, 16.0, 3), field(44, 18.0, 3));
    let (pale, red) = (field(45, 60.0, 4), field(46, 90.0, 3));
    let (rock, shade, built) = (field(47, 9.0, 3), field(48, 4.5, 2), field(49, 3.2, 2));
    (0..SIDE * SIDE)
        .into_par_iter()
        .map(|i| {
            let (x, y) = ((i % SIDE) as f32 + 0.5, (i / SIDE) as f32 + 0.5);
            let grain = normal(hash(seed, i as i64, 50));
            Place {
                late: late.at(x, y),
                vigour: 0.40 * broad.at(x, y) + 0.80 * fine.at(x, y) + 0.40 * grain,
                paleness: pale.at(x, y),
                redness: red.at(x, y),
                leaf: leaf.at(x, y),
                dead: dead.at(x, y),
                rock: rock.at(x, y),
                depth: terrain.water_depth(x, y),
                built: 0.5 + 0.35 * built.at(x, y) + 0.12 * normal(hash(seed, i as i64, 51)),
                shade: shade.at(x, y),
            }
        })
        .collect()
}

/// What a month does to the landscape apart from the season: showers, grazing, mowing, haze.
struct Weather {
    month: usize,
    seed: u64,
    shower: Field,
    flush: Field,
    grain: Field,
    veil: Field,
    gap: Field,
    gain: Spectrum,
    offset: Spectrum,
}

impl Weather {
    fn new(seed: u64, month: usize) -> Self {
        let seed = hash(seed, month as i64, 60);
        let field = |which, wavelength, octaves| Field::new(seed, which, wavelength, octaves);
        // A mosaic differs from the next as a whole, and a little by band.
        let whole = 0.022 * normal(hash(seed, 1, 0));
        let drift = |band: usize| normal(hash(seed, band as i64, 2));
        Self {
            month,
            seed,
            shower: field(3, 150.0, 3),
            flush: field(4, 24.0, 3),
            grain: field(5, 5.0, 2),
            veil: field(6, 110.0, 4),
            gap: field(7, 75.0, 4),
            gain: std::array::from_fn(|band| 1.0 + whole + 0.010 * drift(band)),
            offset: std::array::from_fn(|band| 0.0018 * drift(band + 20)),
        }
    }

    /// Whether the month saw nothing at a place.
    fn is_gap(&self, x: f32, y: f32) -> bool {
        GAPS[self.month] > 0.0 && self.gap.at(x, y) > threshold(GAPS[self.month])
    }

    /// How thick thin cloud is, from 0 to 1.
    fn veil_at(&self, x: f32, y: f32) -> f32 {
        if CLOUD[self.month] == 0.0 {
            return 0.0;
        }
        let start = threshold(CLOUD[self.month]);
        0.30 * smoothstep(start, start + 2.4, self.veil.at(x, y))
    }
}

/// The value that a field exceeds on about this share of the plane (a normal quantile, good to a few hundredths).
fn threshold(share: f32) -> f32 {
    let t = (-2.0 * share.ln()).sqrt();
    t - (2.30753 + 0.27061 * t) / (1.0 + 0.99229 * t + 0.04481 * t * t)
}

/// How much a kind varies where nothing tells it from others: the spread within, all year and by month.
struct Spread {
    vigour: f32,
    monthly: f32,
    late: f32,
}

fn spread(patch: &Patch) -> Spread {
    let (vigour, monthly, late) = match patch.kind {
        Kind::Forest | Kind::HumidJungle => (0.05, 0.10, 0.10),
        Kind::DryJungle => (0.08, 0.16, 0.12),
        Kind::Scrub => (0.09, 0.20, 0.12),
        Kind::Pasture => (0.08, 0.22, 0.12),
        Kind::Agriculture => (0.08, 0.14, 0.12),
        Kind::WithoutApparentVegetation => (0.20, 0.32, 0.15),
        Kind::BareSoil => (0.20, 0.25, 0.0),
        Kind::Urban => (0.30, 0.12, 0.0),
        Kind::Water => (0.0, 0.0, 0.0),
    };
    Spread { vigour, monthly, late }
}

/// Reflectance of one patch at a pixel in a month.
fn seen(patch: &Patch, place: &Place, weather: &Weather, (x, y): (f32, f32), i: usize) -> Spectrum {
    let spread = spread(patch);
    // Land use changes by the parcel, nature by the place.
    let event = if patch.managed {
        0.35 * normal(hash(patch.seed, weather.month as i64, 70)) + 0.9 * weather.grain.at(x, y)
    } else {
        0.35 * weather.flush.at(x, y) + 0.9 * weather.grain.at(x, y)
    };
    let chance = 0.45 * normal(hash(weather.seed, i as i64, 71));
    let state = State {
        month: weather.month,
        late: patch.late + spread.late * place.late,
        vigour: patch.vigour + spread.vigour * place.vigour + spread.monthly * (event + chance),
        paleness: (patch.soil[0] + 0.11 * place.paleness).clamp(0.0, 1.0),
        redness: (patch.soil[1] + 0.12 * place.redness).clamp(0.0, 1.0),
        leaf: patch.leaf + 0.06 * place.leaf,
        dead: 0.06 * place.dead + 0.16 * event,
        wetness: 0.22 * weather.shower.at(x, y),
        rock: match patch.kind {
            Kind::WithoutApparentVegetation => 0.68 + 0.22 * place.rock,
            Kind::BareSoil => 0.12 + 0.18 * place.rock,
            Kind::Scrub => 0.3 + 0.2 * place.rock,
            _ => 0.1,
        },
        depth: place.depth.max(0.0),
        built: place.built.clamp(0.0, 1.0),
    };
    let mut spectrum = reflectance(patch.calendar, &state);
    let shade = match patch.kind {
        Kind::Forest | Kind::HumidJungle => 0.12 + 0.09 * place.shade,
        Kind::DryJungle => 0.10 + 0.07 * place.shade,
        Kind::Scrub => 0.08 + 0.06 * place.shade,
        Kind::Urban => 0.05 + 0.04 * place.shade,
        _ => 0.02,
    };
    for value in &mut spectrum {
        *value *= 1.0 - shade.clamp(0.0, 0.5);
    }
    spectrum
}

/// The mosaics of the year: for each month band x y x x digital numbers, 0 where there is a gap.
pub fn mosaics(seed: u64, terrain: &Terrain, cover: &Cover) -> Vec<Vec<u16>> {
    let mixtures = mixtures(cover);
    let places = places(seed, terrain);
    (0..12).map(|month| mosaic(&Weather::new(seed, month), terrain, cover, &mixtures, &places)).collect()
}

fn mosaic(
    weather: &Weather,
    terrain: &Terrain,
    cover: &Cover,
    mixtures: &[Mixture],
    places: &[Place],
) -> Vec<u16> {
    let light = terrain.illumination(weather.month);
    let pixels: Vec<[u16; BANDS]> = (0..SIDE * SIDE)
        .into_par_iter()
        .map(|i| {
            let (x, y) = ((i % SIDE) as f32 + 0.5, (i / SIDE) as f32 + 0.5);
            if weather.is_gap(x, y) {
                return [0; BANDS];
            }
            let mut ground = [0.0; BANDS];
            for (patch, share) in &mixtures[i] {
                let spectrum = seen(&cover.patches[usize::from(*patch)], &places[i], weather, (x, y), i);
                for (sum, value) in ground.iter_mut().zip(spectrum) {
                    *sum += share * value;
                }
            }
            let veil = weather.veil_at(x, y);
            // The morning sun stands in the south-east, so shadows fall to the north-west of their cloud.
            let shadow = weather.veil_at(x + 14.0, y + 11.0);
            std::array::from_fn(|band| {
                let lit = ground[band] * light[i] * (1.0 - shadow * 0.9 * (1.0 - SHADE[band]));
                let clouded = lit * (1.0 - veil) + veil * VEIL[band] + HAZE[band];
                let drifted = clouded * weather.gain[band] + weather.offset[band];
                let noise = normal(hash(weather.seed, i as i64, 80 + band as i64));
                let noisy = drifted + noise * (0.0018 + 0.012 * drifted);
                (noisy * 10_000.0).round().clamp(1.0, 16_000.0) as u16
            })
        })
        .collect();
    let mut values = vec![0; BANDS * SIDE * SIDE];
    for (band, plane) in values.chunks_mut(SIDE * SIDE).enumerate() {
        for (value, pixel) in plane.iter_mut().zip(&pixels) {
            *value = pixel[band];
        }
    }
    values
}
