//! Noise that depends on the seed and the place alone, so that no thread and no order changes a byte.

/// Mixes a seed with two whole numbers (the finaliser of SplitMix64).
pub fn hash(seed: u64, a: i64, b: i64) -> u64 {
    let mut z = seed
        .wrapping_add((a as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))
        .wrapping_add((b as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number from 0 to 1 out of a hash.
pub fn unit(hash: u64) -> f32 {
    (hash >> 40) as f32 / (1u64 << 24) as f32
}

/// A number of mean 0 and deviation 1 out of a hash: the sum of four uniform ones, so never beyond 3.5.
pub fn normal(hash: u64) -> f32 {
    let sum: u64 = (0..4).map(|i| (hash >> (16 * i)) & 0xFFFF).sum();
    (sum as f32 / 65_535.0 - 2.0) * 1.732_051
}

/// A smooth field over the plane of mean 0 and deviation about 1 (gradient noise, Perlin 2002).
#[derive(Debug, Clone, Copy)]
pub struct Field {
    seed: u64,
    wavelength: f32,
    octaves: u32,
}

impl Field {
    /// `which` tells the fields of one seed apart; `wavelength` in pixels is that of the coarsest octave.
    pub fn new(seed: u64, which: u64, wavelength: f32, octaves: u32) -> Self {
        Self { seed: hash(seed, which as i64, 0x71), wavelength, octaves }
    }

    /// The value at a place in pixels.
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let (mut sum, mut power) = (0.0, 0.0);
        let (mut frequency, mut amplitude) = (1.0 / self.wavelength, 1.0f32);
        for octave in 0..self.octaves {
            // Octaves are shifted so that their lattices, where each is 0, do not fall together.
            let shift = octave as f32 * 17.37 + 0.41;
            let seed = self.seed.wrapping_add(u64::from(octave));
            sum += amplitude * gradient_noise(seed, x * frequency + shift, y * frequency - shift);
            power += amplitude * amplitude;
            frequency *= 2.0;
            amplitude *= 0.5;
        }
        sum / power.sqrt()
    }
}

const DIAGONAL: f32 = std::f32::consts::FRAC_1_SQRT_2;
const DIRECTIONS: [(f32, f32); 8] = [
    (1.0, 0.0),
    (DIAGONAL, DIAGONAL),
    (0.0, 1.0),
    (-DIAGONAL, DIAGONAL),
    (-1.0, 0.0),
    (-DIAGONAL, -DIAGONAL),
    (0.0, -1.0),
    (DIAGONAL, -DIAGONAL),
];

fn gradient_noise(seed: u64, x: f32, y: f32) -> f32 {
    let (x0, y0) = (x.floor(), y.floor());
    let (fx, fy) = (x - x0, y - y0);
    let corner = |i: i64, j: i64| {
        let (east, south) = DIRECTIONS[(hash(seed, x0 as i64 + i, y0 as i64 + j) >> 61) as usize];
        east * (fx - i as f32) + south * (fy - j as f32)
    };
    let fade = |t: f32| t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
    let (tx, ty) = (fade(fx), fade(fy));
    let top = corner(0, 0) * (1.0 - tx) + corner(1, 0) * tx;
    let bottom = corner(0, 1) * (1.0 - tx) + corner(1, 1) * tx;
    (top * (1.0 - ty) + bottom * ty) * 4.5
}

/// 0 below `low`, 1 above `high`, smooth between.
pub fn smoothstep(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_mean_nought_and_deviation_one() {
        let field = Field::new(7, 1, 9.0, 3);
        let values: Vec<f32> =
            (0..40_000).map(|i| field.at((i % 200) as f32 * 1.7, (i / 200) as f32 * 1.7)).collect();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len() as f32).sqrt();
        assert!(mean.abs() < 0.1, "mean {mean}");
        assert!((deviation - 1.0).abs() < 0.15, "deviation {deviation}");
    }

    #[test]
    fn normal_numbers_have_mean_nought_and_deviation_one() {
        let values: Vec<f32> = (0..20_000).map(|i| normal(hash(3, i, 5))).collect();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let deviation = (values.iter().map(|v| v * v).sum::<f32>() / values.len() as f32).sqrt();
        assert!(mean.abs() < 0.03, "mean {mean}");
        assert!((deviation - 1.0).abs() < 0.03, "deviation {deviation}");
    }
}
