//! One training step of TempCNN: forward in training mode, loss, and gradients, written by hand (about three times as
//! fast as automatic differentiation on the same products). Proven by finite differences and against PyTorch, below.
//!
//! A batch is worked on in parts of [`PART`] samples, in parallel. What joins parts (the statistics of batch norm, the
//! sums of gradients) is joined in the order of the parts, so that results do not depend on the number of threads.

use super::engine::{Packed, View, product, vectorised};
use super::network::{Batch, Shape, Statistics, Step, log_sum};
use super::tempcnn::{EPSILON, Plan, TempCnnOptions, block, lay_out, plans};
use super::weights::Weights;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Samples a part.
const PART: usize = 16;

/// Loss and gradients of a batch of at least one sample.
pub(super) fn step(shape: &Shape, options: &TempCnnOptions, weights: &Weights, batch: &Batch) -> Step {
    let plans = plans(shape, options);
    let values = shape.times * shape.bands;
    let mut parts: Vec<Part> = batch
        .input
        .series
        .chunks(PART * values)
        .zip(batch.targets.chunks(PART * shape.classes))
        .enumerate()
        .map(|(i, (series, targets))| {
            let laid_out = lay_out(shape, options.kernel / 2, series);
            Part::new(laid_out, series.len() / values, targets, batch.dropout, i)
        })
        .collect();
    let samples = batch.targets.len() / shape.classes;

    let mut norms: Vec<Norm> = Vec::with_capacity(plans.len());
    for (b, plan) in plans.iter().enumerate() {
        let name = block(b);
        let weight = weights.values(&format!("{name}.weight"));
        let weight = Packed::new(View::of(weight, plan.width(), plan.filters));
        let before = b.checked_sub(1).map(|b| (&plans[b], &norms[b], dropout_after(options, b)));
        let moments = on_all(&mut parts, |part| {
            if let Some((plan, norm, dropout)) = before {
                part.activate(plan, norm, dropout);
            }
            part.multiply(plan, &weight)
        });
        norms.push(Norm::new(plan, weights.norm(&name), moments));
    }

    let last = plans.len() - 1;
    let output = Output::new(shape, options, weights, batch);
    let ends = on_all(&mut parts, |part| {
        part.activate(&plans[last], &norms[last], dropout_after(options, last));
        let (end, by_input) = part.end(&output);
        let sums = part.begin_back(
            &plans[last],
            last,
            &norms[last],
            dropout_after(options, last),
            &by_input,
            output.inputs,
        );
        (end, sums)
    });
    let (ends, mut sums): (Vec<_>, Vec<_>) = ends.into_iter().unzip();
    let loss = ends.iter().map(|end| end.loss).sum::<f64>() / output.weight_sum;
    let (by_weight, by_bias): (Vec<_>, Vec<_>) =
        ends.into_iter().map(|end| (end.by_weight, end.by_bias)).unzip();
    let mut gradients = vec![sum(by_bias), sum(by_weight)];

    for (b, plan) in plans.iter().enumerate().rev() {
        let (by_beta, by_gamma): (Vec<_>, Vec<_>) = sums.into_iter().unzip();
        let (by_beta, by_gamma) = (sum(by_beta), sum(by_gamma));
        let before = b.checked_sub(1).map(|b| (&plans[b], &norms[b], dropout_after(options, b)));
        let back = before.map(|_| weight_back(plan, weights.values(&format!("{}.weight", block(b)))));
        let steps = on_all(&mut parts, |part| {
            let by_weight = part.back(plan, b, &norms[b], &by_beta, &by_gamma, samples);
            let sums = match (before, &back) {
                (Some((plan_before, norm, dropout)), Some(back)) => {
                    let by_input = part.by_input(plan, back);
                    let stride = (plan.times + plan.pad) * plan.channels;
                    part.begin_back(plan_before, b - 1, norm, dropout, &by_input, stride)
                }
                _ => (Vec::new(), Vec::new()),
            };
            (by_weight, sums)
        });
        let (by_weight, next): (Vec<_>, Vec<_>) = steps.into_iter().unzip();
        sums = next;
        gradients.extend([by_beta, by_gamma, sum(by_weight)]);
    }
    gradients.reverse();
    let statistics = norms.into_iter().enumerate().map(|(b, norm)| Statistics {
        name: block(b),
        mean: norm.mean,
        variance: norm.unbiased_variance,
    });
    let statistics = statistics.collect();
    Step { loss, gradients, statistics }
}

/// Runs `work` on every part, in parallel; results in the order of the parts.
fn on_all<T: Send>(parts: &mut [Part], work: impl Fn(&mut Part) -> T + Sync + Send) -> Vec<T> {
    parts.par_iter_mut().map(work).collect()
}

/// Sums vectors of one length in their order.
fn sum(vectors: Vec<Vec<f32>>) -> Vec<f32> {
    let mut vectors = vectors.into_iter();
    let mut total = vectors.next().unwrap_or_default();
    for vector in vectors {
        total.iter_mut().zip(&vector).for_each(|(t, v)| *t += v);
    }
    total
}

/// Share dropped after block `b`.
fn dropout_after(options: &TempCnnOptions, b: usize) -> f32 {
    if b < options.layers { options.conv_dropout } else { options.dense_dropout }
}

/// The weight that takes gradients of a block's output to its input, as a convolution of its own: kernel reversed,
/// channels and filters exchanged; `kernel * filters x channels`.
fn weight_back(plan: &Plan, weight: &[f32]) -> Packed {
    if plan.kernel == 1 {
        return Packed::new(View::of(weight, plan.channels, plan.filters).transposed());
    }
    let mut out = vec![0.0; plan.width() * plan.filters];
    let taps = weight.chunks_exact(plan.channels * plan.filters);
    for (tap, to) in taps.rev().zip(out.chunks_exact_mut(plan.filters * plan.channels)) {
        for (c, row) in tap.chunks_exact(plan.filters).enumerate() {
            to[c..].iter_mut().step_by(plan.channels).zip(row).for_each(|(t, w)| *t = *w);
        }
    }
    Packed::new(View::of(&out, plan.kernel * plan.filters, plan.channels))
}

/// Count, mean and sum of squared deviations of each filter over a part.
struct Moments {
    count: f64,
    mean: Vec<f32>,
    squares: Vec<f32>,
}

/// Batch norm of a block for one batch.
struct Norm {
    mean: Vec<f32>,
    unbiased_variance: Vec<f32>,
    /// 1 / standard deviation.
    inverse: Vec<f32>,
    /// gamma / standard deviation.
    scale: Vec<f32>,
    beta: Vec<f32>,
}

impl Norm {
    /// Joins the moments of all parts (Chan et al. 1979).
    fn new(plan: &Plan, [gamma, beta, ..]: [&[f32]; 4], parts: Vec<Moments>) -> Self {
        let mut norm = Self {
            mean: Vec::with_capacity(plan.filters),
            unbiased_variance: Vec::with_capacity(plan.filters),
            inverse: Vec::with_capacity(plan.filters),
            scale: Vec::with_capacity(plan.filters),
            beta: beta.to_vec(),
        };
        for (f, gamma) in gamma.iter().enumerate() {
            let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
            for part in &parts {
                let away = f64::from(part.mean[f]) - mean;
                let total = count + part.count;
                mean += away * part.count / total;
                squares += f64::from(part.squares[f]) + away * away * count * part.count / total;
                count = total;
            }
            let inverse = 1.0 / (squares / count + EPSILON).sqrt();
            norm.mean.push(mean as f32);
            // A single row has no spread: zero, not NaN.
            norm.unbiased_variance.push((squares / (count - 1.0).max(1.0)) as f32);
            norm.inverse.push(inverse as f32);
            norm.scale.push((inverse * f64::from(*gamma)) as f32);
        }
        norm
    }
}

/// The output layer and the loss.
struct Output<'a> {
    inputs: usize,
    classes: usize,
    weight: Packed,
    weight_back: Packed,
    bias: &'a [f32],
    /// Sum of the weights of the batch's samples.
    weight_sum: f64,
}

impl<'a> Output<'a> {
    fn new(shape: &Shape, options: &TempCnnOptions, weights: &'a Weights, batch: &Batch) -> Self {
        let view = View::of(weights.values("output.weight"), options.dense, shape.classes);
        Self {
            inputs: options.dense,
            classes: shape.classes,
            weight: Packed::new(view),
            weight_back: Packed::new(view.transposed()),
            bias: weights.values("output.bias"),
            weight_sum: batch.targets.iter().map(|t| f64::from(*t)).sum(),
        }
    }
}

/// What the end of the network gives for a part.
struct End {
    /// Sum of the losses.
    loss: f64,
    by_weight: Vec<f32>,
    by_bias: Vec<f32>,
}

/// Some samples of a batch, on their way through the network and back.
struct Part<'a> {
    samples: usize,
    /// `sample x class`.
    targets: &'a [f32],
    /// Input of each block; the last is that of the output layer.
    inputs: Vec<Vec<f32>>,
    /// Products of each block, before batch norm.
    products: Vec<Vec<f32>>,
    /// Where dropout is drawn from.
    dropout: Option<ChaCha8Rng>,
    /// Gradient by the product of the block at hand, padded as its output is.
    gradient: Vec<f32>,
}

impl<'a> Part<'a> {
    fn new(
        laid_out: Vec<f32>,
        samples: usize,
        targets: &'a [f32],
        dropout: Option<(u64, u64)>,
        part: usize,
    ) -> Self {
        let dropout = dropout.map(|(seed, step)| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream((step << 20) + part as u64 + 1);
            rng
        });
        Self { samples, targets, inputs: vec![laid_out], products: Vec::new(), dropout, gradient: Vec::new() }
    }

    /// The block's product, and its moments.
    fn multiply(&mut self, plan: &Plan, weight: &Packed) -> Moments {
        let z = product(plan.windows(&self.inputs[self.inputs.len() - 1], self.samples), weight);
        let count = (self.samples * plan.times) as f32;
        let (mut mean, mut squares) = (vec![0.0; plan.filters], vec![0.0; plan.filters]);
        vectorised(
            #[inline(always)]
            || {
                let samples = || z.chunks(plan.sample_stride()).map(|s| &s[..plan.times * plan.filters]);
                for sample in samples() {
                    for row in sample.chunks_exact(plan.filters) {
                        mean.iter_mut().zip(row).for_each(|(m, z)| *m += z);
                    }
                }
                mean.iter_mut().for_each(|m| *m /= count);
                for sample in samples() {
                    for row in sample.chunks_exact(plan.filters) {
                        for ((s, m), z) in squares.iter_mut().zip(&mean).zip(row) {
                            *s += (z - m) * (z - m);
                        }
                    }
                }
            },
        );
        self.products.push(z);
        Moments { count: f64::from(count), mean, squares }
    }

    /// Batch norm, ReLU and dropout of the last product.
    fn activate(&mut self, plan: &Plan, norm: &Norm, dropout: f32) {
        let mut output = vec![0.0; plan.output_len(self.samples)];
        let z = &self.products[self.products.len() - 1];
        let real = plan.times * plan.filters;
        let (threshold, scale) = if self.dropout.is_some() { kept(dropout) } else { kept(0.0) };
        let mut dice = vec![u8::MAX; real];
        let to = output[plan.pad * plan.filters..].chunks_mut(plan.sample_stride());
        for (from, to) in z.chunks(plan.sample_stride()).zip(to) {
            if let Some(rng) = &mut self.dropout
                && threshold > 0
            {
                rng.fill_bytes(&mut dice);
            }
            vectorised(
                #[inline(always)]
                || {
                    let rows = from[..real]
                        .chunks_exact(plan.filters)
                        .zip(to[..real].chunks_exact_mut(plan.filters))
                        .zip(dice.chunks_exact(plan.filters));
                    for ((from, to), dice) in rows {
                        for (((((y, z), m), s), b), die) in
                            to.iter_mut().zip(from).zip(&norm.mean).zip(&norm.scale).zip(&norm.beta).zip(dice)
                        {
                            let keep = if *die >= threshold { scale } else { 0.0 };
                            *y = ((z - m) * s + b).max(0.0) * keep;
                        }
                    }
                },
            );
        }
        self.inputs.push(output);
    }

    /// Logits, loss, and the gradients by the output layer and its input.
    fn end(&self, output: &Output) -> (End, Vec<f32>) {
        let classes = output.classes;
        let input = View::of(&self.inputs[self.inputs.len() - 1], self.samples, output.inputs);
        let mut gradient = product(input, &output.weight);
        let mut loss = 0.0;
        let mut by_bias = vec![0.0; classes];
        for (row, targets) in gradient.chunks_exact_mut(classes).zip(self.targets.chunks_exact(classes)) {
            row.iter_mut().zip(output.bias).for_each(|(z, b)| *z += b);
            let log_sum = log_sum(row);
            let weight: f32 = targets.iter().sum();
            for (z, target) in row.iter_mut().zip(targets) {
                loss -= f64::from(target * (*z - log_sum));
                *z = ((*z - log_sum).exp() * weight - target) / output.weight_sum as f32;
            }
            by_bias.iter_mut().zip(row.iter()).for_each(|(b, g)| *b += g);
        }
        let gradient = View::of(&gradient, self.samples, classes);
        let by_weight = product(input.transposed(), &Packed::new(gradient));
        (End { loss, by_weight, by_bias }, product(gradient, &output.weight_back))
    }

    /// Takes the gradient by a block's output (samples `stride` values apart) back through dropout and ReLU into
    /// [`Part::gradient`]; gives the sums that are the gradients by beta and gamma.
    fn begin_back(
        &mut self,
        plan: &Plan,
        b: usize,
        norm: &Norm,
        dropout: f32,
        by_output: &[f32],
        stride: usize,
    ) -> (Vec<f32>, Vec<f32>) {
        let real = plan.times * plan.filters;
        let start = plan.pad * plan.filters;
        let scale = if self.dropout.is_some() { kept(dropout).1 } else { 1.0 };
        let (mut by_beta, mut by_gamma) = (vec![0.0; plan.filters], vec![0.0; plan.filters]);
        let mut gradient = vec![0.0; plan.output_len(self.samples)];
        vectorised(
            #[inline(always)]
            || {
                let samples = gradient[start..]
                    .chunks_mut(plan.sample_stride())
                    .zip(self.inputs[b + 1][start..].chunks(plan.sample_stride()))
                    .zip(self.products[b].chunks(plan.sample_stride()))
                    .zip(by_output.chunks(stride));
                for (((to, y), z), from) in samples {
                    let rows = to[..real]
                        .chunks_exact_mut(plan.filters)
                        .zip(y[..real].chunks_exact(plan.filters))
                        .zip(z[..real].chunks_exact(plan.filters))
                        .zip(from[..real].chunks_exact(plan.filters));
                    for (((to, y), z), from) in rows {
                        let norms = norm.mean.iter().zip(&norm.inverse);
                        let sums = by_beta.iter_mut().zip(by_gamma.iter_mut());
                        for (((((to, y), z), from), (m, i)), (beta, gamma)) in
                            to.iter_mut().zip(y).zip(z).zip(from).zip(norms).zip(sums)
                        {
                            let g = if *y > 0.0 { from * scale } else { 0.0 };
                            *to = g;
                            *beta += g;
                            *gamma += g * (z - m) * i;
                        }
                    }
                }
            },
        );
        self.gradient = gradient;
        (by_beta, by_gamma)
    }

    /// Takes [`Part::gradient`] back through batch norm to the product, and gives the gradient by the weight.
    fn back(
        &mut self,
        plan: &Plan,
        b: usize,
        norm: &Norm,
        by_beta: &[f32],
        by_gamma: &[f32],
        samples: usize,
    ) -> Vec<f32> {
        let count = (samples * plan.times) as f32;
        // dz = gamma / sd * (g - mean(g) - (z - mean) / sd * mean(g * (z - mean) / sd))
        let means: Vec<f32> = by_beta.iter().map(|s| s / count).collect();
        let slopes: Vec<f32> = by_gamma.iter().zip(&norm.inverse).map(|(s, i)| s / count * i).collect();
        let real = plan.times * plan.filters;
        let start = plan.pad * plan.filters;
        let to = self.gradient[start..].chunks_mut(plan.sample_stride());
        let from = self.products[b].chunks(plan.sample_stride());
        vectorised(
            #[inline(always)]
            || {
                for (to, z) in to.zip(from) {
                    let rows = to[..real].chunks_exact_mut(plan.filters).zip(z.chunks_exact(plan.filters));
                    for (to, z) in rows {
                        for (((((g, z), m), mean), slope), scale) in
                            to.iter_mut().zip(z).zip(&norm.mean).zip(&means).zip(&slopes).zip(&norm.scale)
                        {
                            *g = scale * (*g - mean - (z - m) * slope);
                        }
                    }
                }
            },
        );
        let rows = plan.rows(self.samples);
        let gradient = View { offset: start, ..View::of(&self.gradient, rows, plan.filters) };
        product(plan.windows(&self.inputs[b], self.samples).transposed(), &Packed::new(gradient))
    }

    /// The gradient by the block's input from [`Part::gradient`].
    fn by_input(&self, plan: &Plan, weight_back: &Packed) -> Vec<f32> {
        let windows = View {
            values: &self.gradient,
            offset: 0,
            rows: plan.rows(self.samples),
            cols: plan.kernel * plan.filters,
            row_stride: plan.filters,
            col_stride: 1,
        };
        product(windows, weight_back)
    }
}

/// Dropout by one byte a value: below which byte a value is dropped, and what the others are multiplied by. The share is
/// kept to 1/256.
fn kept(share: f32) -> (u8, f32) {
    let threshold = (share * 256.0).round().clamp(0.0, 255.0);
    (threshold as u8, 256.0 / (256.0 - threshold))
}

#[cfg(test)]
mod tests {
    use super::super::adamw::AdamW;
    use super::super::network::{Inference, Input, logits_on_all_threads, targets};
    use super::super::tempcnn::TempCnn;
    use super::super::testing::{Reference, classes, series, shape, tempcnn, weights};
    use super::*;

    /// A step on classes given by index, all of weight 1.
    fn step_on(
        shape: &Shape,
        weights: &Weights,
        (x, y): (&[f32], &[usize]),
        smoothing: f64,
        dropout: Option<(u64, u64)>,
    ) -> Step {
        let targets = targets(y, shape.classes, smoothing);
        let batch = Batch { input: Input::whole(x), targets: &targets, dropout };
        step(shape, tempcnn(shape), weights, &batch)
    }

    /// The network as the paper has it, in f64 and in loops: logits. Batch norm by the batch, or by running statistics.
    fn plain_logits(shape: &Shape, weights: &[Vec<f64>], running: Option<&Weights>, x: &[f32]) -> Vec<f64> {
        let o = tempcnn(shape);
        let samples = x.len() / (shape.times * shape.bands);
        let mut x: Vec<f64> = x.iter().map(|v| f64::from(*v)).collect();
        let mut channels = shape.bands;
        for b in 0..=o.layers {
            let (w, gamma, beta) = (&weights[b * 3], &weights[b * 3 + 1], &weights[b * 3 + 2]);
            let filters = gamma.len();
            let mut z = Vec::new();
            if b < o.layers {
                for n in 0..samples {
                    for t in 0..shape.times {
                        for f in 0..filters {
                            let mut s = 0.0;
                            for j in 0..o.kernel {
                                let at = (t + j) as isize - (o.kernel / 2) as isize;
                                if at < 0 || at >= shape.times as isize {
                                    continue;
                                }
                                for c in 0..channels {
                                    s += x[(n * shape.times + at as usize) * channels + c]
                                        * w[(j * channels + c) * filters + f];
                                }
                            }
                            z.push(s);
                        }
                    }
                }
            } else {
                let inputs = shape.times * channels;
                for n in 0..samples {
                    for f in 0..filters {
                        z.push((0..inputs).map(|i| x[n * inputs + i] * w[i * filters + f]).sum());
                    }
                }
            }
            let rows = z.len() / filters;
            for f in 0..filters {
                let column: Vec<f64> = (0..rows).map(|r| z[r * filters + f]).collect();
                let (mean, variance) = match running {
                    Some(r) => {
                        let [_, _, mean, variance] = r.norm(&block(b));
                        (f64::from(mean[f]), f64::from(variance[f]))
                    }
                    None => {
                        let mean = column.iter().sum::<f64>() / rows as f64;
                        (mean, column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / rows as f64)
                    }
                };
                for r in 0..rows {
                    let y = (column[r] - mean) / (variance + EPSILON).sqrt() * gamma[f] + beta[f];
                    z[r * filters + f] = y.max(0.0);
                }
            }
            x = z;
            channels = filters;
        }
        let (w, bias) = (&weights[(o.layers + 1) * 3], &weights[(o.layers + 1) * 3 + 1]);
        let mut logits = Vec::new();
        for n in 0..samples {
            for k in 0..shape.classes {
                let inner = (0..o.dense).map(|i| x[n * o.dense + i] * w[i * shape.classes + k]);
                logits.push(bias[k] + inner.sum::<f64>());
            }
        }
        logits
    }

    fn plain_loss(shape: &Shape, weights: &[Vec<f64>], x: &[f32], classes: &[usize], smoothing: f64) -> f64 {
        let logits = plain_logits(shape, weights, None, x);
        let mut loss = 0.0;
        for (row, class) in logits.chunks(shape.classes).zip(classes) {
            let log_sum = row.iter().map(|z| z.exp()).sum::<f64>().ln();
            for (k, z) in row.iter().enumerate() {
                let target =
                    smoothing / shape.classes as f64 + if k == *class { 1.0 - smoothing } else { 0.0 };
                loss -= target * (z - log_sum);
            }
        }
        loss / classes.len() as f64
    }

    fn in_f64(weights: &Weights) -> Vec<Vec<f64>> {
        weights.trained().map(|w| w.values.iter().map(|v| f64::from(*v)).collect()).collect()
    }

    #[test]
    fn every_gradient_is_the_finite_difference_of_the_loss() {
        // One date; fewer dates than the kernel; one band; several parts with a short last one; no convolution pad.
        for (times, bands, kernel, layers, samples) in
            [(6, 3, 5, 3, 37), (1, 4, 5, 2, 9), (2, 1, 7, 1, 18), (4, 2, 1, 2, 16), (3, 2, 3, 2, 2)]
        {
            let shape = shape(times, bands, 4, kernel, layers);
            let weights = weights(&shape);
            let (x, y) = (series(&shape, samples), classes(&shape, samples));
            let step = step_on(&shape, &weights, (&x, &y), 0.1, None);
            let mut plain = in_f64(&weights);
            let loss = plain_loss(&shape, &plain, &x, &y, 0.1);
            assert!((step.loss - loss).abs() < 1e-5, "loss {} but {loss}", step.loss);
            assert_eq!(step.gradients.len(), plain.len());
            for p in 0..plain.len() {
                assert_eq!(step.gradients[p].len(), plain[p].len());
                let largest = step.gradients[p].iter().fold(0.0f32, |a, g| a.max(g.abs()));
                for i in 0..plain[p].len() {
                    let w = plain[p][i];
                    let h = 1e-6;
                    plain[p][i] = w + h;
                    let above = plain_loss(&shape, &plain, &x, &y, 0.1);
                    plain[p][i] = w - h;
                    let below = plain_loss(&shape, &plain, &x, &y, 0.1);
                    plain[p][i] = w;
                    let expected = (above - below) / (2.0 * h);
                    let got = f64::from(step.gradients[p][i]);
                    assert!(
                        (got - expected).abs() < 1e-5 + 1e-3 * f64::from(largest),
                        "T={times} kernel={kernel}: parameter {p}, element {i}: {got} but {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn gradients_are_right_under_dropout_too() {
        let shape = shape(6, 3, 4, 5, 2);
        let mut weights = weights(&shape);
        let (x, y) = (series(&shape, 40), classes(&shape, 40));
        let step = |weights: &Weights| step_on(&shape, weights, (&x, &y), 0.05, Some((3, 9)));
        let gradients = step(&weights).gradients;
        for (p, gradient) in gradients.iter().enumerate() {
            // Along the gradient itself, so that what is measured stands above the rounding of f32.
            let norm = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
            let mut loss_at = |h: f32| {
                let move_by = |weights: &mut Weights, h: f32| {
                    weights.trained_mut()[p].iter_mut().zip(gradient).for_each(|(w, g)| *w += h * g / norm);
                };
                move_by(&mut weights, h);
                let loss = step(&weights).loss;
                move_by(&mut weights, -h);
                loss
            };
            let h = 3e-4;
            let expected = (loss_at(h) - loss_at(-h)) / f64::from(2.0 * h);
            let off = (f64::from(norm) - expected).abs();
            assert!(off < 0.01 * f64::from(norm) + 1e-4, "parameter {p}: {norm} but {expected}");
        }
    }

    #[test]
    fn dropout_drops_its_share_and_keeps_the_mean() {
        for share in [0.0, 0.2, 0.5, 0.95] {
            let (threshold, scale) = kept(share);
            let kept: Vec<f32> = (0..=255u8).map(|die| if die >= threshold { scale } else { 0.0 }).collect();
            assert!((kept.iter().sum::<f32>() / 256.0 - 1.0).abs() < 1e-5);
            let dropped = kept.iter().filter(|k| **k == 0.0).count() as f32 / 256.0;
            assert!((dropped - share).abs() <= 1.0 / 256.0);
        }
    }

    #[test]
    fn inference_with_batch_norm_folded_equals_the_plain_network() {
        for (times, bands, kernel, layers, samples) in
            [(12, 10, 5, 3, 150), (1, 2, 5, 2, 3), (3, 1, 9, 1, 65)]
        {
            let shape = shape(times, bands, 6, kernel, layers);
            let weights = weights(&shape);
            let x = series(&shape, samples);
            let net = TempCnn::new(&shape, tempcnn(&shape), &weights);
            let got = net.logits(Input::whole(&x)).unwrap();
            let expected = plain_logits(&shape, &in_f64(&weights), Some(&weights.clone()), &x);
            assert_eq!(got.len(), expected.len());
            for (a, b) in got.iter().zip(&expected) {
                assert!((f64::from(*a) - b).abs() < 1e-4, "{a} but {b}");
            }
            assert_eq!(got, logits_on_all_threads(&net, &shape, Input::whole(&x)).unwrap());
        }
    }

    #[test]
    fn a_batch_of_one_sample_gives_numbers() {
        let shape = shape(1, 3, 2, 5, 2);
        let mut weights = weights(&shape);
        let x = series(&shape, 1);
        let step = step_on(&shape, &weights, (&x, &[1]), 0.0, None);
        step.update_running(&mut weights);
        assert!(step.loss.is_finite() && step.gradients.iter().flatten().all(|g| g.is_finite()));
        assert!(weights.tensors.iter().flat_map(|t| &t.values).all(|v| v.is_finite()));
    }

    #[test]
    fn pytorch_says_the_same_of_logits_loss_gradients_and_three_steps() {
        let reference = Reference::load();
        let shape = reference.shape.clone();
        let floats = |name: &str| reference.floats(name);
        let close = |what: &str, got: &[f32], expected: &[f32], tolerance: f32| {
            assert_eq!(got.len(), expected.len(), "{what}");
            for (i, (a, b)) in got.iter().zip(expected).enumerate() {
                assert!((a - b).abs() < tolerance, "{what}[{i}]: {a}, PyTorch has {b}");
            }
        };

        let mut weights = reference.weights("start.");
        let x = floats("x");
        let classes = reference.classes();
        let net = TempCnn::new(&shape, tempcnn(&shape), &weights);
        close("logits", &net.logits(Input::whole(&x)).unwrap(), &floats("logits"), 1e-5);

        let mut adam = AdamW::new(1e-2);
        for (i, loss) in floats("losses").iter().enumerate() {
            let step = step_on(&shape, &weights, (&x, &classes), 0.05, None);
            close("loss", &[step.loss as f32], &[*loss], 1e-5);
            if i == 0 {
                let names: Vec<String> = weights.trained().map(|t| t.name.clone()).collect();
                for (name, gradient) in names.iter().zip(&step.gradients) {
                    close(name, gradient, &floats(&format!("gradient.{name}")), 1e-5);
                }
            }
            step.update_running(&mut weights);
            adam.step(weights.trained_mut(), &step.gradients, 1e-3);
        }
        let end = reference.weights("end.");
        for (got, expected) in weights.tensors.iter().zip(&end.tensors) {
            close(&got.name, &got.values, &expected.values, 2e-5);
        }
    }
}
