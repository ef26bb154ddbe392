//! Quadratic discriminant analysis, for the tests: each class is a normal distribution, in closed form, no training.

use super::phenology::BANDS;
use crate::labels::ClassCode;
use std::collections::BTreeMap;

type Matrix = [[f64; BANDS]; BANDS];

/// A normal distribution a class.
pub struct Quadratic {
    classes: Vec<Normal>,
}

struct Normal {
    class: ClassCode,
    mean: [f64; BANDS],
    /// Lower triangle whose product with its transpose is the covariance (Cholesky).
    root: Matrix,
    /// Logarithm of the class's share less half that of the covariance's determinant.
    offset: f64,
}

impl Quadratic {
    /// From pixels of known class.
    pub fn fit(told: &[(ClassCode, Vec<f64>)]) -> Self {
        let mut of_class: BTreeMap<ClassCode, Vec<&[f64]>> = BTreeMap::new();
        for (class, values) in told {
            of_class.entry(*class).or_default().push(values);
        }
        let normal = |(class, pixels): (ClassCode, Vec<&[f64]>)| {
            let n = pixels.len() as f64;
            let mean = std::array::from_fn(|b| pixels.iter().map(|p| p[b]).sum::<f64>() / n);
            let covariance: Matrix = std::array::from_fn(|a| {
                std::array::from_fn(|b| {
                    pixels.iter().map(|p| (p[a] - mean[a]) * (p[b] - mean[b])).sum::<f64>() / n
                })
            });
            let root = cholesky(&covariance);
            let log_root_determinant: f64 = (0..BANDS).map(|b| root[b][b].ln()).sum();
            Normal { class, mean, root, offset: (n / told.len() as f64).ln() - log_root_determinant }
        };
        Self { classes: of_class.into_iter().map(normal).collect() }
    }

    /// The likeliest class of a pixel.
    pub fn class(&self, values: &[f64]) -> ClassCode {
        let score = |normal: &Normal| {
            let mut solved = [0.0; BANDS];
            for b in 0..BANDS {
                let known: f64 = (0..b).map(|k| normal.root[b][k] * solved[k]).sum();
                solved[b] = (values[b] - normal.mean[b] - known) / normal.root[b][b];
            }
            normal.offset - 0.5 * solved.iter().map(|v| v * v).sum::<f64>()
        };
        let best = self.classes.iter().max_by(|a, b| score(a).total_cmp(&score(b)));
        best.expect("has classes").class
    }
}

fn cholesky(matrix: &Matrix) -> Matrix {
    let mut root = [[0.0; BANDS]; BANDS];
    for a in 0..BANDS {
        for b in 0..=a {
            let known: f64 = (0..b).map(|k| root[a][k] * root[b][k]).sum();
            root[a][b] =
                if a == b { (matrix[a][a] - known).sqrt() } else { (matrix[a][b] - known) / root[b][b] };
        }
    }
    root
}
