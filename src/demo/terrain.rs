//! The lie of the land: a valley with a river and a reservoir between two ranges of hills.
//!
//! Places are in pixels of 10 m from the top left corner. `u` runs along the valley, `v` across it, to the south-east.

use super::noise::{Field, smoothstep};
use rayon::prelude::*;

/// Pixels along a side of the landscape.
pub const SIDE: usize = 512;
/// Metres along a side of a pixel.
pub const PIXEL_M: f32 = 10.0;

/// Direction of the valley.
const VALLEY_ANGLE: f32 = -0.49;

/// Heights, slopes and waters.
pub struct Terrain {
    seed: u64,
    /// Metres above the river, y x x.
    pub height_m: Vec<f32>,
    /// Rise per metre to the east, y x x.
    pub rise_east: Vec<f32>,
    /// Rise per metre to the north, y x x.
    pub rise_north: Vec<f32>,
}

impl Terrain {
    /// The terrain of a seed.
    pub fn new(seed: u64) -> Self {
        let mut terrain = Self { seed, height_m: vec![], rise_east: vec![], rise_north: vec![] };
        // One pixel more on each side, so that slopes at the edge are as those within.
        let wide = SIDE + 2;
        let height: Vec<f32> = (0..wide * wide)
            .into_par_iter()
            .map(|i| terrain.height_at((i % wide) as f32 - 0.5, (i / wide) as f32 - 0.5))
            .collect();
        let at = |x: usize, y: usize| height[y * wide + x];
        for y in 1..=SIDE {
            for x in 1..=SIDE {
                terrain.height_m.push(at(x, y));
                terrain.rise_east.push((at(x + 1, y) - at(x - 1, y)) / (2.0 * PIXEL_M));
                terrain.rise_north.push((at(x, y - 1) - at(x, y + 1)) / (2.0 * PIXEL_M));
            }
        }
        terrain
    }

    /// Along and across the valley, from the middle of the landscape.
    pub fn valley_from_pixel(x: f32, y: f32) -> (f32, f32) {
        let (sin, cos) = VALLEY_ANGLE.sin_cos();
        let half = SIDE as f32 / 2.0;
        let (dx, dy) = (x - half, y - half);
        (dx * cos + dy * sin, dy * cos - dx * sin)
    }

    /// Back from valley to pixel places.
    pub fn pixel_from_valley(u: f32, v: f32) -> (f32, f32) {
        let (sin, cos) = VALLEY_ANGLE.sin_cos();
        let half = SIDE as f32 / 2.0;
        (u * cos - v * sin + half, u * sin + v * cos + half)
    }

    /// How far across the valley from the river's middle, in pixels: negative to the north-west.
    pub fn across_river(&self, x: f32, y: f32) -> f32 {
        let (u, v) = Self::valley_from_pixel(x, y);
        let bend = Field::new(self.seed, 1, 150.0, 3).at(u, 0.5) * 20.0;
        v - 28.0 - 16.0 * (u / 70.0).sin() - bend
    }

    fn height_at(&self, x: f32, y: f32) -> f32 {
        let across = self.across_river(x, y);
        let relief = Field::new(self.seed, 2, 120.0, 5).at(x, y);
        // Ridges run where a field changes its sign, valleys between them.
        let spurs = 1.0 - Field::new(self.seed, 3, 105.0, 4).at(x, y).abs();
        let north = smoothstep(70.0, 330.0, -across + 22.0 * relief);
        let south = smoothstep(75.0, 250.0, across + 20.0 * relief);
        let floor = 6.0 + 3.0 * relief + across.abs() * 0.06;
        floor
            + north * (560.0 + 260.0 * spurs + 70.0 * relief)
            + south * (170.0 + 130.0 * spurs + 35.0 * relief)
    }

    /// Metres above the river, between pixel centres too.
    pub fn height_between(&self, x: f32, y: f32) -> f32 {
        let last = (SIDE - 1) as f32;
        let (x, y) = ((x - 0.5).clamp(0.0, last - 0.001), (y - 0.5).clamp(0.0, last - 0.001));
        let (x0, y0) = (x as usize, y as usize);
        let (tx, ty) = (x - x0 as f32, y - y0 as f32);
        let h = |dx: usize, dy: usize| self.height_m[(y0 + dy) * SIDE + x0 + dx];
        (h(0, 0) * (1.0 - tx) + h(1, 0) * tx) * (1.0 - ty) + (h(0, 1) * (1.0 - tx) + h(1, 1) * tx) * ty
    }

    /// Steepness (rise over run) of the pixel that holds a place.
    pub fn steepness(&self, x: f32, y: f32) -> f32 {
        let i = (y as usize).min(SIDE - 1) * SIDE + (x as usize).min(SIDE - 1);
        self.rise_east[i].hypot(self.rise_north[i])
    }

    /// How deep standing or running water is here at its highest, as a share of its deepest; below 0 on land.
    pub fn water_depth(&self, x: f32, y: f32) -> f32 {
        let (u, _) = Self::valley_from_pixel(x, y);
        let across = self.across_river(x, y);
        let shore = Field::new(self.seed, 4, 46.0, 4).at(x, y);
        let river_half_width = 2.1 + 0.7 * Field::new(self.seed, 5, 60.0, 2).at(u, 9.0);
        let river = 0.75 * (1.0 - across.abs() / river_half_width);
        let reservoir = 1.0 - ((u + 205.0) / 88.0).powi(2) - ((across - 8.0) / 40.0).powi(2) + 0.22 * shore;
        let north_lake = 1.0 - ((u - 215.0) / 23.0).powi(2) - ((across + 48.0) / 18.0).powi(2) + 0.18 * shore;
        let south_lake = 1.0 - ((u - 20.0) / 17.0).powi(2) - ((across - 62.0) / 21.0).powi(2) + 0.18 * shore;
        river.max(reservoir).max(north_lake).max(south_lake)
    }

    /// How strongly the sun of a month (0 is January) lights each pixel compared with flat ground, at half past ten
    /// in the morning, when the satellite passes, at 16.6 degrees north.
    pub fn illumination(&self, month: usize) -> Vec<f32> {
        let day = 15.0 + 30.4 * month as f32;
        let latitude = 16.6f32.to_radians();
        let declination = (-23.44f32).to_radians() * ((day + 10.0) / 365.0 * std::f32::consts::TAU).cos();
        let hour_angle = (-22.5f32).to_radians();
        let up = latitude.sin() * declination.sin() + latitude.cos() * declination.cos() * hour_angle.cos();
        let east = -declination.cos() * hour_angle.sin();
        let north =
            latitude.cos() * declination.sin() - latitude.sin() * declination.cos() * hour_angle.cos();
        let pixels = self.rise_east.iter().zip(&self.rise_north);
        pixels
            .map(|(rise_east, rise_north)| {
                let incidence = (up - rise_east * east - rise_north * north)
                    / (1.0 + rise_east * rise_east + rise_north * rise_north).sqrt();
                // A third of the light comes from the sky, not from the sun, and canopies soften slopes.
                (0.32 + 0.68 * incidence.max(0.0) / up).clamp(0.4, 1.4)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valley_places_go_there_and_back() {
        let (u, v) = Terrain::valley_from_pixel(100.0, 400.0);
        let (x, y) = Terrain::pixel_from_valley(u, v);
        assert!((x - 100.0).abs() < 1e-2 && (y - 400.0).abs() < 1e-2);
    }

    #[test]
    fn slopes_that_face_the_morning_sun_are_brighter() {
        let terrain = Terrain::new(1);
        let light = terrain.illumination(0);
        let mean = |of: &dyn Fn(usize) -> bool| {
            let (sum, count) =
                (0..SIDE * SIDE).filter(|&i| of(i)).fold((0.0, 0.0), |(s, n), i| (s + light[i], n + 1.0));
            sum / count
        };
        // Rising to the west means facing east.
        assert!(mean(&|i| terrain.rise_east[i] < -0.2) > mean(&|i| terrain.rise_east[i] > 0.2) + 0.1);
    }
}
