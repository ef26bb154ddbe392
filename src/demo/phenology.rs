//! The year of each kind of cover, as shares of a few pure spectra.
//!
//! A single month's shares say little: how green a stand is varies more within a kind than between kinds.
//! What tells kinds apart is how the shares go through the year.

/// How many bands.
pub const BANDS: usize = 10;
/// Their names.
pub const BAND_NAMES: [&str; BANDS] = ["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"];

/// Reflectances from 0 to 1.
pub type Spectrum = [f32; BANDS];

/// Leaves in the depth of a canopy.
const DARK_LEAF: Spectrum = [0.016, 0.038, 0.019, 0.064, 0.205, 0.270, 0.290, 0.300, 0.118, 0.050];
/// Young grass and crops.
const BRIGHT_LEAF: Spectrum = [0.027, 0.080, 0.037, 0.120, 0.335, 0.425, 0.450, 0.470, 0.205, 0.098];
/// Leafless branches.
const WOOD: Spectrum = [0.048, 0.066, 0.082, 0.110, 0.145, 0.162, 0.182, 0.196, 0.225, 0.165];
/// Dead grass and stubble.
const STRAW: Spectrum = [0.078, 0.112, 0.148, 0.185, 0.225, 0.245, 0.272, 0.292, 0.345, 0.262];
const DARK_SOIL: Spectrum = [0.042, 0.056, 0.074, 0.090, 0.102, 0.114, 0.126, 0.136, 0.180, 0.150];
const PALE_SOIL: Spectrum = [0.110, 0.150, 0.195, 0.220, 0.238, 0.252, 0.268, 0.282, 0.365, 0.315];
const RED_SOIL: Spectrum = [0.046, 0.078, 0.142, 0.172, 0.196, 0.214, 0.236, 0.256, 0.325, 0.268];
const ROCK: Spectrum = [0.078, 0.094, 0.108, 0.122, 0.134, 0.144, 0.156, 0.166, 0.222, 0.200];
const CLEAR_WATER: Spectrum = [0.030, 0.036, 0.022, 0.016, 0.012, 0.011, 0.010, 0.009, 0.005, 0.003];
const TURBID_WATER: Spectrum = [0.062, 0.096, 0.098, 0.088, 0.060, 0.056, 0.042, 0.032, 0.012, 0.007];
const PALE_ROOF: Spectrum = [0.145, 0.165, 0.182, 0.192, 0.202, 0.212, 0.222, 0.232, 0.262, 0.240];
const TILE_ROOF: Spectrum = [0.062, 0.084, 0.148, 0.172, 0.182, 0.192, 0.204, 0.216, 0.262, 0.226];
const ASPHALT: Spectrum = [0.072, 0.082, 0.091, 0.098, 0.105, 0.111, 0.118, 0.124, 0.145, 0.132];

/// The ten kinds of cover; the number is the class's code in `Legend::reforestamos`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    Forest = 1,
    DryJungle = 2,
    HumidJungle = 3,
    Pasture = 4,
    Agriculture = 5,
    Urban = 6,
    WithoutApparentVegetation = 7,
    Water = 8,
    Scrub = 9,
    BareSoil = 10,
}

/// Where a year differs within a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calendar {
    /// As the kind's.
    Natural(Kind),
    /// Rain-fed: sown in June, harvested in October.
    OneCrop,
    /// Irrigated as well: a second crop in winter.
    TwoCrops,
    /// Roofs, streets and gardens.
    Town,
    /// Asphalt.
    Road,
}

impl Calendar {
    /// The calendar of a parcel of a kind; `draw` from 0 to 1 decides where there is a choice.
    pub fn of(kind: Kind, draw: f32) -> Self {
        match kind {
            Kind::Agriculture if draw < 0.55 => Self::OneCrop,
            Kind::Agriculture => Self::TwoCrops,
            Kind::Urban => Self::Town,
            _ => Self::Natural(kind),
        }
    }

    /// Shares of green leaves, by month.
    fn green(self) -> [f32; 12] {
        match self {
            Self::OneCrop => [0.10, 0.07, 0.06, 0.06, 0.07, 0.10, 0.36, 0.74, 0.74, 0.32, 0.12, 0.11],
            Self::TwoCrops => [0.56, 0.68, 0.48, 0.16, 0.08, 0.18, 0.52, 0.70, 0.50, 0.16, 0.12, 0.30],
            Self::Town => [0.16, 0.14, 0.13, 0.13, 0.14, 0.18, 0.21, 0.22, 0.22, 0.21, 0.19, 0.17],
            Self::Road => [0.04, 0.04, 0.04, 0.04, 0.04, 0.05, 0.06, 0.06, 0.06, 0.06, 0.05, 0.04],
            Self::Natural(kind) => match kind {
                Kind::Forest => [0.59, 0.52, 0.47, 0.46, 0.54, 0.66, 0.74, 0.76, 0.76, 0.74, 0.69, 0.63],
                Kind::HumidJungle => [0.72, 0.72, 0.71, 0.71, 0.71, 0.71, 0.72, 0.73, 0.73, 0.73, 0.73, 0.72],
                Kind::DryJungle => [0.42, 0.22, 0.12, 0.09, 0.12, 0.47, 0.74, 0.77, 0.76, 0.72, 0.63, 0.54],
                Kind::Pasture => [0.30, 0.21, 0.15, 0.13, 0.26, 0.57, 0.48, 0.37, 0.54, 0.62, 0.52, 0.40],
                Kind::Scrub => [0.38, 0.34, 0.30, 0.28, 0.30, 0.38, 0.45, 0.48, 0.48, 0.46, 0.43, 0.41],
                Kind::WithoutApparentVegetation => {
                    [0.07, 0.06, 0.05, 0.05, 0.06, 0.13, 0.23, 0.28, 0.28, 0.23, 0.16, 0.11]
                }
                Kind::BareSoil => [0.03, 0.03, 0.03, 0.03, 0.03, 0.04, 0.05, 0.05, 0.05, 0.05, 0.04, 0.03],
                Kind::Water | Kind::Agriculture | Kind::Urban => [0.0; 12],
            },
        }
    }

    /// Share of what is not green that is dead: straw or branches. The rest is soil.
    fn dead(self) -> [f32; 12] {
        match self {
            Self::OneCrop => [0.62, 0.52, 0.42, 0.30, 0.18, 0.10, 0.15, 0.30, 0.45, 0.66, 0.74, 0.70],
            Self::TwoCrops => [0.25, 0.35, 0.55, 0.62, 0.40, 0.14, 0.18, 0.35, 0.55, 0.62, 0.40, 0.22],
            Self::Town | Self::Road => [0.0; 12],
            Self::Natural(kind) => match kind {
                Kind::Forest | Kind::HumidJungle => [0.75; 12],
                Kind::DryJungle => [0.78, 0.76, 0.74, 0.72, 0.70, 0.66, 0.66, 0.68, 0.70, 0.74, 0.76, 0.78],
                Kind::Pasture => [0.80, 0.78, 0.74, 0.68, 0.60, 0.52, 0.55, 0.60, 0.66, 0.72, 0.78, 0.80],
                Kind::Scrub => [0.45; 12],
                Kind::WithoutApparentVegetation => {
                    [0.30, 0.28, 0.26, 0.24, 0.22, 0.20, 0.22, 0.25, 0.28, 0.32, 0.33, 0.32]
                }
                Kind::BareSoil => [0.06; 12],
                Kind::Water | Kind::Agriculture | Kind::Urban => [0.0; 12],
            },
        }
    }

    /// From dark canopy (0) to bright young leaves (1).
    fn leaf(self) -> f32 {
        match self {
            Self::OneCrop | Self::TwoCrops => 0.72,
            Self::Town | Self::Road => 0.45,
            Self::Natural(kind) => match kind {
                Kind::Forest => 0.16,
                Kind::HumidJungle => 0.24,
                Kind::DryJungle => 0.40,
                Kind::Scrub => 0.44,
                _ => 0.64,
            },
        }
    }

    /// From branches (0) to straw (1).
    fn straw(self) -> f32 {
        match self {
            Self::OneCrop | Self::TwoCrops => 0.95,
            Self::Natural(Kind::Forest | Kind::HumidJungle) => 0.15,
            Self::Natural(Kind::DryJungle) => 0.42,
            Self::Natural(Kind::Scrub) => 0.55,
            _ => 0.75,
        }
    }
}

/// How wet the soil is through the year, from 0 to 1.
const WETNESS: [f32; 12] = [0.25, 0.12, 0.05, 0.05, 0.22, 0.62, 0.70, 0.78, 0.85, 0.60, 0.40, 0.30];
/// How turbid the water is through the year: the rains bring soil.
const TURBIDITY: [f32; 12] = [0.22, 0.16, 0.14, 0.16, 0.25, 0.62, 0.78, 0.72, 0.85, 0.62, 0.40, 0.28];
/// How far the water has fallen through the year, as a share of its greatest depth.
const DRAWDOWN: [f32; 12] = [0.0, 0.01, 0.03, 0.05, 0.06, 0.03, 0.0, -0.03, -0.05, -0.05, -0.03, -0.01];

/// What a pixel and a month add to its patch.
#[derive(Debug, Clone, Copy, Default)]
pub struct State {
    /// Month, 0 is January.
    pub month: usize,
    /// Months by which its year is late.
    pub late: f32,
    /// Greener or less green than the calendar says, as a share.
    pub vigour: f32,
    /// From dark to pale soil, 0 to 1.
    pub paleness: f32,
    /// From grey to red soil, 0 to 1.
    pub redness: f32,
    /// Brighter or darker leaves.
    pub leaf: f32,
    /// Share of dead matter more or less.
    pub dead: f32,
    /// Wetter or drier than the month's mean.
    pub wetness: f32,
    /// Share of what is not green that is rock.
    pub rock: f32,
    /// Depth of water at its highest, as a share of the deepest.
    pub depth: f32,
    /// From 0 to 1: which of roofs, yards and gardens prevail.
    pub built: f32,
}

/// A value of a yearly table at a month, late by a part of a year, between the months too.
fn at_month(table: [f32; 12], month: usize, late: f32) -> f32 {
    let place = (month as f32 - late).rem_euclid(12.0);
    let (first, share) = (place as usize % 12, place.fract());
    let share = share * share * (3.0 - 2.0 * share);
    table[first] * (1.0 - share) + table[(first + 1) % 12] * share
}

fn mix(a: &Spectrum, b: &Spectrum, share: f32) -> Spectrum {
    let share = share.clamp(0.0, 1.0);
    std::array::from_fn(|i| a[i] * (1.0 - share) + b[i] * share)
}

/// The reflectance of a calendar in a state.
pub fn reflectance(calendar: Calendar, state: &State) -> Spectrum {
    match calendar {
        Calendar::Natural(Kind::Water) => water(state),
        Calendar::Town => {
            let roofs = mix(&TILE_ROOF, &PALE_ROOF, state.paleness * 1.3 - 0.15);
            let yards = mix(&ASPHALT, &soil(state), 0.6);
            over_ground(calendar, state, &mix(&yards, &roofs, state.built))
        }
        Calendar::Road => over_ground(calendar, state, &mix(&ASPHALT, &soil(state), 0.15)),
        _ => over_ground(calendar, state, &mix(&soil(state), &ROCK, state.rock)),
    }
}

fn soil(state: &State) -> Spectrum {
    let grey = mix(&DARK_SOIL, &PALE_SOIL, state.paleness);
    let wet = (WETNESS[state.month] + state.wetness).clamp(0.0, 1.0);
    let mut soil = mix(&grey, &RED_SOIL, state.redness * 0.7);
    for (band, value) in soil.iter_mut().enumerate() {
        // Water darkens soil, most where it absorbs.
        *value *= 1.0 - wet * if band >= 8 { 0.42 } else { 0.30 };
    }
    soil
}

fn over_ground(calendar: Calendar, state: &State, ground: &Spectrum) -> Spectrum {
    let green = at_month(calendar.green(), state.month, state.late);
    // A little of the spread stays where the calendar says bare: a shower, a weed, a tree.
    let green = (green + (green + 0.12) * state.vigour).clamp(0.0, 0.97);
    let dead = at_month(calendar.dead(), state.month, state.late) + state.dead;
    let dead = (1.0 - green) * dead.clamp(0.0, 0.95);
    let leaves = mix(&DARK_LEAF, &BRIGHT_LEAF, calendar.leaf() + state.leaf);
    let litter = mix(&WOOD, &STRAW, calendar.straw() + 0.5 * state.leaf);
    let rest = 1.0 - green - dead;
    std::array::from_fn(|i| green * leaves[i] + dead * litter[i] + rest * ground[i])
}

fn water(state: &State) -> Spectrum {
    let turbid = (TURBIDITY[state.month] + 0.25 * state.leaf + 0.5 * (0.25 - state.depth)).clamp(0.05, 1.0);
    let open = mix(&CLEAR_WATER, &TURBID_WATER, turbid);
    // Below the falling water the bank comes out, wet first.
    let out = ((DRAWDOWN[state.month] - state.depth) / 0.04).clamp(0.0, 1.0);
    if out == 0.0 {
        return open;
    }
    let bank = over_ground(Calendar::Natural(Kind::BareSoil), state, &soil(state));
    mix(&open, &bank, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ndvi(calendar: Calendar, month: usize) -> f32 {
        let spectrum =
            reflectance(calendar, &State { month, paleness: 0.4, redness: 0.5, ..State::default() });
        (spectrum[6] - spectrum[2]) / (spectrum[6] + spectrum[2])
    }

    #[test]
    fn the_dry_jungle_drops_its_leaves_in_spring_and_the_humid_one_does_not() {
        let (dry, humid) = (Calendar::Natural(Kind::DryJungle), Calendar::Natural(Kind::HumidJungle));
        assert!(ndvi(dry, 8) - ndvi(dry, 3) > 0.35);
        assert!((ndvi(humid, 8) - ndvi(humid, 3)).abs() < 0.1);
    }

    #[test]
    fn irrigated_fields_green_twice() {
        let year: Vec<f32> = (0..12).map(|month| ndvi(Calendar::TwoCrops, month)).collect();
        let peaks =
            (0..12).filter(|&m| year[m] > year[(m + 1) % 12] && year[m] > year[(m + 11) % 12]).count();
        assert_eq!(peaks, 2);
    }

    #[test]
    fn a_table_between_months_stays_between_them() {
        let table = [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5];
        assert!((at_month(table, 1, 0.0) - 1.0).abs() < 1e-6);
        assert!((at_month(table, 1, 0.5) - 0.5).abs() < 1e-6);
        assert!((at_month(table, 0, 1.0) - 0.5).abs() < 1e-6);
    }
}
