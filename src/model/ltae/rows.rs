//! What a training step of L-TAE is made of: operations on matrices, row by row, in parts of [`ROWS`] rows that threads share.
//! What joins parts is joined in their order, so that results do not depend on the number of threads.

use super::super::engine::{Packed, View, product, vectorised};
use super::super::network::Statistics;
use super::super::tempcnn::EPSILON;
use super::super::weights::Weights;
use rayon::prelude::*;

/// Rows a part.
const ROWS: usize = 192;

/// `x` times the matrix of `weight` (`inputs x outputs`).
pub(super) fn times(x: &[f32], inputs: usize, weight: View) -> Vec<f32> {
    let (outputs, weight) = (weight.cols, Packed::new(weight));
    let parts = x.par_chunks(ROWS * inputs);
    let parts: Vec<Vec<f32>> =
        parts.map(|x| product(View::of(x, x.len() / inputs, inputs), &weight)).collect();
    debug_assert!(parts.iter().all(|part| part.len().is_multiple_of(outputs)));
    parts.concat()
}

/// The gradient by a weight, from its input and the gradient by its output.
pub(super) fn by_weight(x: &[f32], inputs: usize, gradient: &[f32], outputs: usize) -> Vec<f32> {
    let parts = x.par_chunks(ROWS * inputs).zip(gradient.par_chunks(ROWS * outputs));
    let parts = parts.map(|(x, gradient)| {
        let rows = gradient.len() / outputs;
        product(View::of(x, rows, inputs).transposed(), &Packed::new(View::of(gradient, rows, outputs)))
    });
    sum(parts.collect())
}

/// Changes each row of `to`, beside the same row of `from`.
pub(super) fn each_row(
    to: &mut [f32],
    from: &[f32],
    width: usize,
    change: impl Fn(&mut [f32], &[f32]) + Sync,
) {
    to.par_chunks_mut(ROWS * width).zip(from.par_chunks(ROWS * width)).for_each(|(to, from)| {
        vectorised(
            #[inline(always)]
            || {
                to.chunks_exact_mut(width)
                    .zip(from.chunks_exact(width))
                    .for_each(|(to, from)| change(to, from))
            },
        );
    });
}

/// The sums over rows of what `add` adds for each row of `a` beside the same row of `b`.
pub(super) fn over_rows(
    a: &[f32],
    b: &[f32],
    width: usize,
    add: impl Fn(&mut [f32], &[f32], &[f32]) + Sync,
) -> Vec<f32> {
    let parts = a.par_chunks(ROWS * width).zip(b.par_chunks(ROWS * width)).map(|(a, b)| {
        let mut sums = vec![0.0; width];
        vectorised(
            #[inline(always)]
            || {
                for (a, b) in a.chunks_exact(width).zip(b.chunks_exact(width)) {
                    add(&mut sums, a, b);
                }
            },
        );
        sums
    });
    sum(parts.collect())
}

/// Sums vectors of one length in their order.
pub(super) fn sum(vectors: Vec<Vec<f32>>) -> Vec<f32> {
    let mut vectors = vectors.into_iter();
    let mut total = vectors.next().unwrap_or_default();
    for vector in vectors {
        total.iter_mut().zip(&vector).for_each(|(t, v)| *t += v);
    }
    total
}

/// The sums of the columns.
pub(super) fn columns(x: &[f32], width: usize) -> Vec<f32> {
    over_rows(
        x,
        x,
        width,
        #[inline(always)]
        |sums, x, _| {
            sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += x);
        },
    )
}

/// Product, batch norm over all rows, ReLU: what went forward.
pub(super) struct Block {
    name: String,
    input: Vec<f32>,
    inputs: usize,
    /// The product, made to have mean 0 and variance 1.
    standard: Vec<f32>,
    inverse: Vec<f32>,
    pub output: Vec<f32>,
    pub statistics: Statistics,
}

impl Block {
    pub fn forward(weights: &Weights, name: &str, input: Vec<f32>) -> Self {
        let [gamma, beta, ..] = weights.norm(name);
        let width = gamma.len();
        let weight = weights.values(&format!("{name}.weight"));
        let inputs = weight.len() / width;
        let mut standard = times(&input, inputs, View::of(weight, inputs, width));
        let rows = standard.len() / width;
        let mut mean = columns(&standard, width);
        mean.iter_mut().for_each(|mean| *mean /= rows as f32);
        let squares = over_rows(
            &standard,
            &standard,
            width,
            #[inline(always)]
            |sums, z, _| {
                for ((sum, z), mean) in sums.iter_mut().zip(z).zip(&mean) {
                    *sum += (z - mean) * (z - mean);
                }
            },
        );
        let inverse = squares.iter().map(|s| (1.0 / (f64::from(*s) / rows as f64 + EPSILON).sqrt()) as f32);
        let inverse: Vec<f32> = inverse.collect();
        let mut output = vec![0.0; standard.len()];
        standard.par_chunks_mut(ROWS * width).zip(output.par_chunks_mut(ROWS * width)).for_each(|(z, y)| {
            vectorised(
                #[inline(always)]
                || {
                    for (z, y) in z.chunks_exact_mut(width).zip(y.chunks_exact_mut(width)) {
                        let norm = mean.iter().zip(&inverse).zip(gamma.iter().zip(beta));
                        for ((z, y), ((mean, inverse), (gamma, beta))) in z.iter_mut().zip(y).zip(norm) {
                            *z = (*z - mean) * inverse;
                            *y = (*z * gamma + beta).max(0.0);
                        }
                    }
                },
            );
        });
        // A single row has no spread: zero, not NaN.
        let variance = squares.iter().map(|s| s / (rows as f32 - 1.0).max(1.0)).collect();
        let statistics = Statistics { name: name.into(), mean, variance };
        Self { name: name.into(), input, inputs, standard, inverse, output, statistics }
    }

    /// The gradient by the input from that by the output; and the gradients by weight, gamma and beta.
    pub fn back(&self, weights: &Weights, mut gradient: Vec<f32>) -> (Vec<f32>, [Vec<f32>; 3]) {
        let [gamma, ..] = weights.norm(&self.name);
        let width = gamma.len();
        each_row(
            &mut gradient,
            &self.output,
            width,
            #[inline(always)]
            |gradient, output| {
                for (gradient, output) in gradient.iter_mut().zip(output) {
                    *gradient = if *output > 0.0 { *gradient } else { 0.0 };
                }
            },
        );
        let by_beta = columns(&gradient, width);
        let by_gamma = over_rows(
            &gradient,
            &self.standard,
            width,
            #[inline(always)]
            |sums, gradient, z| {
                for ((sum, gradient), z) in sums.iter_mut().zip(gradient).zip(z) {
                    *sum += gradient * z;
                }
            },
        );
        let rows = (gradient.len() / width) as f32;
        let scale: Vec<f32> =
            gamma.iter().zip(&self.inverse).map(|(gamma, inverse)| gamma * inverse).collect();
        each_row(
            &mut gradient,
            &self.standard,
            width,
            #[inline(always)]
            |gradient, z| {
                let sums = by_beta.iter().zip(&by_gamma).zip(&scale);
                for ((gradient, z), ((beta, gamma), scale)) in gradient.iter_mut().zip(z).zip(sums) {
                    *gradient = scale * (*gradient - (beta + z * gamma) / rows);
                }
            },
        );
        let weight = View::of(weights.values(&format!("{}.weight", self.name)), self.inputs, width);
        let by_weight = by_weight(&self.input, self.inputs, &gradient, width);
        (times(&gradient, width, weight.transposed()), [by_weight, by_gamma, by_beta])
    }
}

/// Layer norm of each row: what went forward.
pub(super) struct LayerNorm {
    /// Each row made to have mean 0 and variance 1.
    standard: Vec<f32>,
    /// 1 / standard deviation of each row.
    inverse: Vec<f32>,
}

impl LayerNorm {
    /// The normalisation, and its output.
    pub fn forward(weights: &Weights, name: &str, mut x: Vec<f32>) -> (Self, Vec<f32>) {
        let [gamma, beta] = ["gamma", "beta"].map(|what| weights.values(&format!("{name}.{what}")));
        let width = gamma.len();
        let mut output = vec![0.0; x.len()];
        let rows = x.par_chunks_exact_mut(width).zip(output.par_chunks_exact_mut(width));
        let inverse = rows.map(|(x, y)| {
            vectorised(
                #[inline(always)]
                || {
                    let mean = x.iter().sum::<f32>() / width as f32;
                    x.iter_mut().for_each(|x| *x -= mean);
                    let variance = x.iter().map(|x| x * x).sum::<f32>() / width as f32;
                    let inverse = 1.0 / (variance + EPSILON as f32).sqrt();
                    for (((x, y), gamma), beta) in x.iter_mut().zip(y).zip(gamma).zip(beta) {
                        *x *= inverse;
                        *y = *x * gamma + beta;
                    }
                    inverse
                },
            )
        });
        let inverse = inverse.collect();
        (Self { standard: x, inverse }, output)
    }

    /// The gradient by the input from that by the output, in place; and the gradients by gamma and beta.
    pub fn back(&self, gamma: &[f32], gradient: &mut [f32]) -> [Vec<f32>; 2] {
        let width = gamma.len();
        let by_beta = columns(gradient, width);
        let by_gamma = over_rows(
            gradient,
            &self.standard,
            width,
            #[inline(always)]
            |sums, gradient, x| {
                for ((sum, gradient), x) in sums.iter_mut().zip(gradient).zip(x) {
                    *sum += gradient * x;
                }
            },
        );
        let rows = gradient.par_chunks_exact_mut(width).zip(self.standard.par_chunks_exact(width));
        rows.zip(&self.inverse).for_each(|((gradient, x), inverse)| {
            vectorised(
                #[inline(always)]
                || {
                    gradient.iter_mut().zip(gamma).for_each(|(gradient, gamma)| *gradient *= gamma);
                    let mean = gradient.iter().sum::<f32>() / width as f32;
                    let slope = gradient.iter().zip(x).map(|(g, x)| g * x).sum::<f32>() / width as f32;
                    for (gradient, x) in gradient.iter_mut().zip(x) {
                        *gradient = inverse * (*gradient - mean - x * slope);
                    }
                },
            );
        });
        [by_gamma, by_beta]
    }
}
