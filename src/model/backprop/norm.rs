//! Batch norm (Ioffe and Szegedy 2015), ReLU, dropout and max-pool on a part of a batch, forward and back.
//!
//! What a channel needs (mean, scale, ...) is repeated over some rows, a span, so that loops run over many values side by
//! side whatever the number of channels.

use super::super::engine::vectorised;
use super::super::tempcnn::EPSILON;
use super::dice::{Dice, throw};
use super::graph::{Block, Sheet};

/// Values a span has about.
const SPAN: usize = 512;

/// Count, mean and sum of squared deviations of each channel over a part.
pub(super) struct Moments {
    count: f64,
    mean: Vec<f32>,
    squares: Vec<f32>,
}

/// The rows of a sheet's samples as long slices, a span at most each.
macro_rules! spans {
    ($sheet:expr, $samples:expr, $len:expr) => {
        (0..$samples).flat_map(|s| {
            let from = $sheet.start() + s * $sheet.stride();
            (from..from + $sheet.real())
                .step_by($len)
                .map(move |at| (at, (from + $sheet.real()).min(at + $len)))
        })
    };
}

/// Rows in a span, times channels.
fn span_of(sheet: &Sheet) -> usize {
    (SPAN / sheet.channels).clamp(1, sheet.rows) * sheet.channels
}

/// The sums of the columns of a span.
fn folded(span: &[f32], channels: usize) -> Vec<f32> {
    let mut sums = vec![0.0; channels];
    for row in span.chunks(channels) {
        sums.iter_mut().zip(row).for_each(|(s, v)| *s += v);
    }
    sums
}

/// `values` over and over.
fn repeated(values: &[f32], len: usize) -> Vec<f32> {
    values.iter().copied().cycle().take(len).collect()
}

impl Moments {
    /// Of a part's product.
    pub fn of(sheet: &Sheet, z: &[f32], samples: usize) -> Self {
        let len = span_of(sheet);
        let count = (samples * sheet.rows) as f32;
        let mut sums = vec![0.0f32; len];
        vectorised(
            #[inline(always)]
            || {
                for (from, to) in spans!(sheet, samples, len) {
                    sums.iter_mut().zip(&z[from..to]).for_each(|(s, z)| *s += z);
                }
            },
        );
        let mut mean = folded(&sums, sheet.channels);
        mean.iter_mut().for_each(|m| *m /= count);
        let means = repeated(&mean, len);
        sums.fill(0.0);
        vectorised(
            #[inline(always)]
            || {
                for (from, to) in spans!(sheet, samples, len) {
                    for ((s, z), m) in sums.iter_mut().zip(&z[from..to]).zip(&means) {
                        *s += (z - m) * (z - m);
                    }
                }
            },
        );
        Self { count: f64::from(count), mean, squares: folded(&sums, sheet.channels) }
    }
}

/// Batch norm of a block for one batch.
pub(super) struct Norm {
    pub mean: Vec<f32>,
    pub unbiased_variance: Vec<f32>,
    /// 1 / standard deviation.
    inverse: Vec<f32>,
    /// Over a span: mean, gamma / standard deviation, beta.
    means: Vec<f32>,
    scales: Vec<f32>,
    shifts: Vec<f32>,
    /// 0, 1, 2, ... over a span.
    count: Vec<u32>,
}

impl Norm {
    /// Joins the moments of all parts in their order (Chan et al. 1979).
    pub fn new(sheet: &Sheet, [gamma, beta, ..]: [&[f32]; 4], parts: &[Moments]) -> Self {
        let len = span_of(sheet);
        let (mut all, mut variances) = (Vec::new(), Vec::new());
        let (mut inverses, mut scales) = (Vec::new(), Vec::new());
        for (f, gamma) in gamma.iter().enumerate() {
            let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
            for part in parts {
                let away = f64::from(part.mean[f]) - mean;
                let total = count + part.count;
                mean += away * part.count / total;
                squares += f64::from(part.squares[f]) + away * away * count * part.count / total;
                count = total;
            }
            let inverse = 1.0 / (squares / count + EPSILON).sqrt();
            all.push(mean as f32);
            // A single row has no spread: zero, not NaN.
            variances.push((squares / (count - 1.0).max(1.0)) as f32);
            inverses.push(inverse as f32);
            scales.push((inverse * f64::from(*gamma)) as f32);
        }
        Self {
            means: repeated(&all, len),
            scales: repeated(&scales, len),
            shifts: repeated(beta, len),
            count: (0..len as u32).collect(),
            mean: all,
            unbiased_variance: variances,
            inverse: inverses,
        }
    }

    /// Batch norm of a part's product `z`, then ReLU (of a block with a window) and dropout; samples of `to` are `stride`
    /// apart and the first starts at `start`. `first` is the number of the part's first sample.
    pub fn activate(
        &self,
        block: &Block,
        z: &[f32],
        to: &mut [f32],
        (start, stride): (usize, usize),
        samples: usize,
        first: usize,
        dice: Option<&Dice>,
    ) {
        let (sheet, len) = (&block.product, self.means.len());
        let real = sheet.real();
        let floor = if block.window.is_some() { 0.0 } else { f32::NEG_INFINITY };
        vectorised(
            #[inline(always)]
            || {
                for s in 0..samples {
                    let from = &z[sheet.start() + s * sheet.stride()..][..real];
                    let to = &mut to[start + s * stride..][..real];
                    for (i, (from, to)) in from.chunks(len).zip(to.chunks_mut(len)).enumerate() {
                        let values =
                            to.iter_mut().zip(from).zip(&self.means).zip(&self.scales).zip(&self.shifts);
                        match dice {
                            None => {
                                values.for_each(|((((y, z), m), s), b)| *y = ((z - m) * s + b).max(floor))
                            }
                            Some(dice) => {
                                let at = ((first + s) * real + i * len) as u32;
                                values.zip(&self.count).for_each(|(((((y, z), m), s), b), n)| {
                                    let kept = throw(dice.keys, n.wrapping_add(at)) >= dice.threshold;
                                    let kept = if kept { dice.scale } else { 0.0 };
                                    *y = ((z - m) * s + b).max(0.0) * kept;
                                });
                            }
                        }
                    }
                }
            },
        );
    }

    /// Takes the gradient by a block's output (`flow`, a part; samples `stride` apart, the first at `start`) back through
    /// max-pool, dropout and ReLU into `gradient`; gives what is summed for the gradients by beta and gamma.
    /// `active` is what [`Norm::activate`] gave, laid out as `flow` or, before a max-pool, as the product.
    pub fn begin_back(
        &self,
        block: &Block,
        (z, active, flow): (&[f32], &[f32], &[f32]),
        gradient: &mut [f32],
        (start, stride): (usize, usize),
        samples: usize,
        keep: f32,
    ) -> [Vec<f32>; 2] {
        let (sheet, len) = (&block.product, self.means.len());
        let real = sheet.real();
        let (mut beta, mut gamma) = (vec![0.0f32; len], vec![0.0f32; len]);
        vectorised(
            #[inline(always)]
            || {
                for s in 0..samples {
                    let at = sheet.start() + s * sheet.stride();
                    let (z, to) = (&z[at..][..real], &mut gradient[at..][..real]);
                    if block.pool {
                        let flow = &flow[start + s * stride..][..block.written()];
                        unpool(sheet.channels, &active[at..][..real], flow, to, keep);
                    } else {
                        let flow = &flow[start + s * stride..][..real];
                        let active = &active[start + s * stride..][..real];
                        if block.window.is_some() {
                            for ((g, y), from) in to.iter_mut().zip(active).zip(flow) {
                                *g = if *y > 0.0 { from * keep } else { 0.0 };
                            }
                        } else {
                            to.copy_from_slice(flow);
                        }
                    }
                    for (g, z) in to.chunks(len).zip(z.chunks(len)) {
                        let sums = beta.iter_mut().zip(gamma.iter_mut());
                        for (((g, z), m), (beta, gamma)) in g.iter().zip(z).zip(&self.means).zip(sums) {
                            *beta += g;
                            *gamma += g * (z - m);
                        }
                    }
                }
            },
        );
        let mut gamma = folded(&gamma, sheet.channels);
        gamma.iter_mut().zip(&self.inverse).for_each(|(s, i)| *s *= i);
        [folded(&beta, sheet.channels), gamma]
    }

    /// What takes gradients back through batch norm: the sums of all parts are the gradients by beta and gamma, over `rows`.
    pub fn slopes(&self, by_beta: &[f32], by_gamma: &[f32], rows: usize) -> Slopes {
        let (rows, len) = (rows as f32, self.means.len());
        let means: Vec<f32> = by_beta.iter().map(|s| s / rows).collect();
        let slopes: Vec<f32> = by_gamma.iter().zip(&self.inverse).map(|(s, i)| s / rows * i).collect();
        Slopes { means: repeated(&means, len), slopes: repeated(&slopes, len) }
    }

    /// Takes a part's `gradient` back through batch norm to the product `z`, in place.
    pub fn back(&self, sheet: &Sheet, slopes: &Slopes, z: &[f32], gradient: &mut [f32], samples: usize) {
        let len = self.means.len();
        // dz = gamma / sd * (g - mean(g) - (z - mean) / sd * mean(g * (z - mean) / sd))
        vectorised(
            #[inline(always)]
            || {
                for (from, to) in spans!(sheet, samples, len) {
                    let values = gradient[from..to].iter_mut().zip(&z[from..to]);
                    let values =
                        values.zip(&self.means).zip(&slopes.means).zip(&slopes.slopes).zip(&self.scales);
                    values.for_each(|(((((g, z), m), mean), slope), scale)| {
                        *g = scale * (*g - mean - (z - m) * slope);
                    });
                }
            },
        );
    }
}

/// See [`Norm::slopes`]; over a span.
pub(super) struct Slopes {
    means: Vec<f32>,
    slopes: Vec<f32>,
}

/// Max-pool of two dates of a sample: the larger of each two rows.
#[inline(always)]
pub(in crate::model) fn pool(channels: usize, from: &[f32], to: &mut [f32]) {
    for (from, to) in from.chunks_exact(2 * channels).zip(to.chunks_exact_mut(channels)) {
        let (first, second) = from.split_at(channels);
        to.iter_mut().zip(first).zip(second).for_each(|((y, a), b)| *y = a.max(*b));
    }
}

/// The way back through [`pool`], dropout and ReLU: to the larger of two dates; to the first of equal ones, as PyTorch.
#[inline(always)]
fn unpool(channels: usize, active: &[f32], flow: &[f32], to: &mut [f32], keep: f32) {
    to[flow.len() * 2..].fill(0.0);
    let pairs = active.chunks_exact(2 * channels).zip(to.chunks_exact_mut(2 * channels));
    for ((active, to), flow) in pairs.zip(flow.chunks_exact(channels)) {
        let (a, b) = active.split_at(channels);
        let (first, second) = to.split_at_mut(channels);
        for ((((first, second), a), b), from) in first.iter_mut().zip(second).zip(a).zip(b).zip(flow) {
            let (winner, other) = (a.max(*b), *a >= *b);
            let g = if winner > 0.0 { from * keep } else { 0.0 };
            *first = if other { g } else { 0.0 };
            *second = g - *first;
        }
    }
}
