//! Where tiles are evaluated, and the numbers that take dates to points and back, made before the program runs.

pub(super) const EIGHT: Points<3> = Points::new([0.5, 1.0, 2.0]);
pub(super) const TEN: Points<4> = Points::new([0.5, 0.75, 1.25, 2.5]);

/// Dates of a tile at most: with 10 points and a kernel of 3.
pub(super) const MOST_DATES: usize = 8;

/// Where the tiles are evaluated, and what takes dates to points and back.
pub(super) struct Points<const P: usize> {
    /// Powers of the a of each pair, from the zeroth.
    pub powers: [[f32; P]; MOST_DATES],
    /// Coefficients, by powers of x², of the product of x² - b² over all other pairs; the last is 1.
    pub others: [[f32; P]; P],
    /// The same over all pairs, without the leading 1.
    pub all: [f32; P],
    /// What the Lagrange polynomials of each pair, and of 0, are divided by; it goes into the kernel.
    divisors: [f64; P],
    divisor: f64,
}

impl<const P: usize> Points<P> {
    /// Before the program runs; so without what waits to be constant in the language.
    const fn new(at: [f32; P]) -> Self {
        let (mut powers, mut others) = ([[0.0; P]; MOST_DATES], [[0.0; P]; P]);
        let (mut divisors, mut divisor) = ([0.0; P], 1.0);
        let mut i = 0;
        while i < P {
            let a = at[i] as f64;
            let (mut power, mut n) = (1.0, 0);
            while n < powers.len() {
                powers[n][i] = power as f32;
                power *= a;
                n += 1;
            }
            divisor *= -a * a;
            divisors[i] = 2.0 * a * a;
            let mut j = 0;
            while j < P {
                if i != j {
                    divisors[i] *= a * a - at[j] as f64 * at[j] as f64;
                }
                j += 1;
            }
            others[i] = narrow(of_roots(at, i));
            i += 1;
        }
        Self { powers, others, all: narrow(of_roots(at, P)), divisors, divisor }
    }

    /// What each tap of a kernel is multiplied with, a row a point: 0, infinity, +a, -a, and on.
    pub fn of_kernel(&self, kernel: usize) -> Vec<Vec<f32>> {
        let powers = |a: f64, divisor: f64| -> Vec<f32> {
            (0..kernel).map(|k| (a.powi(k as i32) / divisor) as f32).collect()
        };
        let mut infinity = vec![0.0; kernel];
        infinity[kernel - 1] = 1.0;
        let mut rows = vec![powers(0.0, self.divisor), infinity];
        for (a, divisor) in self.powers[1].iter().zip(self.divisors) {
            rows.push(powers(f64::from(*a), divisor));
            rows.push(powers(-f64::from(*a), divisor));
        }
        rows
    }
}

/// The coefficients, from the lowest, of the product of y - b² over all b of `at` but number `left_out`; a leading 1 that
/// has no room is left out.
const fn of_roots<const P: usize>(at: [f32; P], left_out: usize) -> [f64; P] {
    let mut of = [0.0; P];
    of[0] = 1.0;
    let mut i = 0;
    while i < P {
        let square = at[i] as f64 * at[i] as f64;
        let mut power = if i == left_out { 0 } else { P };
        while power > 0 {
            power -= 1;
            let below = if power > 0 { of[power - 1] } else { 0.0 };
            of[power] = below - square * of[power];
        }
        i += 1;
    }
    of
}

const fn narrow<const P: usize>(of: [f64; P]) -> [f32; P] {
    let mut narrow = [0.0; P];
    let mut i = 0;
    while i < P {
        narrow[i] = of[i] as f32;
        i += 1;
    }
    narrow
}
