//! A training step of L-TAE by hand: forward in training mode, loss, and gradients.
//!
//! As in inference the query is folded into the projection to keys, and unfolded when gradients come back; so keys are
//! never made. A bias of the keys moves no score past another: its gradient is exactly zero. So is that of `out_norm.beta`,
//! which the batch norm of `decoder1` takes away.

use super::super::engine::View;
use super::super::network::{Batch, Shape, Step, Trainer, log_sum};
use super::super::tempcnn::EPSILON;
use super::super::weights::Weights;
use super::rows::{Block, LayerNorm, by_weight, columns, each_row, sum, times};
use super::{DECODER, ENCODER, LtaeOptions, MODEL, positions};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// A network in training by hand.
pub(in super::super) struct ByHand {
    shape: Shape,
    options: LtaeOptions,
    step: Step,
}

impl ByHand {
    pub fn new(shape: &Shape, options: &LtaeOptions) -> Self {
        let step = Step { loss: 0.0, gradients: Vec::new(), statistics: Vec::new() };
        Self { shape: shape.clone(), options: options.clone(), step }
    }
}

impl Trainer for ByHand {
    fn step(&mut self, weights: &Weights, batch: &Batch) -> &Step {
        self.step = step(&self.shape, &self.options, weights, batch);
        &self.step
    }
}

/// Loss and gradients of a batch of at least one sample.
fn step(shape: &Shape, options: &LtaeOptions, weights: &Weights, batch: &Batch) -> Step {
    let width = ENCODER[ENCODER.len() - 1];
    let value = |name: &str| weights.values(name);
    let mut encoder: Vec<Block> = Vec::with_capacity(ENCODER.len());
    for i in 1..=ENCODER.len() {
        let input = encoder.last().map_or_else(|| batch.input.series.to_vec(), |block| block.output.clone());
        encoder.push(Block::forward(weights, &format!("encoder{i}"), input));
    }
    let (in_norm, encoded) =
        LayerNorm::forward(weights, "in_norm", encoder[ENCODER.len() - 1].output.clone());
    let embed = View::of(value("embed.weight"), width, MODEL);
    let mut x = times(&encoded, width, embed);
    add_to_rows(&mut x, value("embed.bias"));

    let attention = Attention::new(shape, options, weights);
    let looks = attention.forward(&mut x, batch);
    let seen: Vec<f32> = looks.iter().flat_map(|look| &look.seen).copied().collect();
    let mlp = Block::forward(weights, "mlp", seen);
    let mut dropped = mlp.output.clone();
    let kept: Vec<f32> = looks.iter().flat_map(|look| &look.kept_of_mlp).copied().collect();
    multiply(&mut dropped, &kept);
    let (out_norm, mut y) = LayerNorm::forward(weights, "out_norm", dropped);
    let mut decoder: Vec<Block> = Vec::with_capacity(DECODER.len());
    for i in 1..=DECODER.len() {
        decoder.push(Block::forward(weights, &format!("decoder{i}"), y));
        y = decoder[i - 1].output.clone();
    }
    let last = DECODER[DECODER.len() - 1];
    let output = View::of(value("output.weight"), last, shape.classes);
    let mut gradient = times(&y, last, output);
    add_to_rows(&mut gradient, value("output.bias"));
    let loss = cross_entropy(&mut gradient, batch.targets, shape.classes);

    // Backwards; each list of gradients ends up in the order of the layout.
    let by_output = [by_weight(&y, last, &gradient, shape.classes), columns(&gradient, shape.classes)];
    let mut gradient = times(&gradient, shape.classes, output.transposed());
    let mut by_decoder = Vec::new();
    for block in decoder.iter().rev() {
        let (next, by_block) = block.back(weights, gradient);
        by_decoder.push(by_block);
        gradient = next;
    }
    let [by_gamma, mut by_beta] = out_norm.back(value("out_norm.gamma"), &mut gradient);
    // The batch norm behind takes a shift away, so its gradient is rounding only, which Adam would blow up.
    by_beta.fill(0.0);
    let by_out_norm = [by_gamma, by_beta];
    multiply(&mut gradient, &kept);
    let (by_seen, by_mlp) = mlp.back(weights, gradient);
    let (mut gradient, by_attention) = attention.back(&x, &looks, &by_seen);
    let by_embed = [by_weight(&encoded, width, &gradient, MODEL), columns(&gradient, MODEL)];
    gradient = times(&gradient, MODEL, embed.transposed());
    let by_in_norm = in_norm.back(value("in_norm.gamma"), &mut gradient);
    let mut by_encoder = Vec::new();
    for block in encoder.iter().rev() {
        let (next, by_block) = block.back(weights, gradient);
        by_encoder.push(by_block);
        gradient = next;
    }

    let mut gradients: Vec<Vec<f32>> = by_encoder.into_iter().rev().flatten().collect();
    gradients.extend(by_in_norm.into_iter().chain(by_embed).chain(by_attention).chain(by_mlp));
    gradients.extend(by_out_norm.into_iter().chain(by_decoder.into_iter().rev().flatten()).chain(by_output));
    let blocks = encoder.into_iter().chain([mlp]).chain(decoder);
    Step { loss, gradients, statistics: blocks.map(|block| block.statistics).collect() }
}

fn add_to_rows(x: &mut [f32], bias: &[f32]) {
    for row in x.chunks_exact_mut(bias.len().max(1)) {
        row.iter_mut().zip(bias).for_each(|(x, b)| *x += b);
    }
}

fn multiply(x: &mut [f32], by: &[f32]) {
    x.iter_mut().zip(by).for_each(|(x, by)| *x *= by);
}

/// The loss of logits, which become the gradient by them.
fn cross_entropy(logits: &mut [f32], targets: &[f32], classes: usize) -> f64 {
    let total: f64 = targets.iter().map(|t| f64::from(*t)).sum();
    let mut loss = 0.0;
    for (row, targets) in logits.chunks_exact_mut(classes).zip(targets.chunks_exact(classes)) {
        let log_sum = log_sum(row);
        let weight: f32 = targets.iter().sum();
        for (z, target) in row.iter_mut().zip(targets) {
            loss -= f64::from(target * (*z - log_sum));
            *z = ((*z - log_sum).exp() * weight - target) / total as f32;
        }
    }
    loss / total
}

/// The layer norm over dates and channels, the sinusoid, and the heads.
struct Attention<'a> {
    options: &'a LtaeOptions,
    times: usize,
    gamma: &'a [f32],
    beta: &'a [f32],
    positions: Vec<f32>,
    query: &'a [f32],
    key: &'a [f32],
    /// What makes the scores of the heads, `256 x head`.
    scores: Vec<f32>,
}

/// What the heads made of a series.
struct Look {
    /// Dates that count.
    dates: Vec<bool>,
    /// The input, made to have mean 0 and variance 1 over the dates that count; zeros elsewhere.
    standard: Vec<f32>,
    inverse: f32,
    /// What each head looks at, `time x head`.
    looks: Vec<f32>,
    /// What dropout multiplies it by.
    kept: Vec<f32>,
    /// What dropout multiplies the perceptron's output by.
    kept_of_mlp: Vec<f32>,
    /// The weighted values.
    seen: Vec<f32>,
}

impl<'a> Attention<'a> {
    fn new(shape: &Shape, options: &'a LtaeOptions, weights: &'a Weights) -> Self {
        let (query, key) = (weights.values("query"), weights.values("key.weight"));
        let scale = 1.0 / (options.key as f32).sqrt();
        let heads = key.chunks_exact(options.key).zip(query.chunks_exact(options.key).cycle());
        let score =
            |(key, query): (&[f32], &[f32])| key.iter().zip(query).map(|(k, q)| k * q).sum::<f32>() * scale;
        Self {
            options,
            times: shape.times,
            gamma: weights.values("embed_norm.gamma"),
            beta: weights.values("embed_norm.beta"),
            positions: positions(shape, options),
            query,
            key,
            scores: heads.map(score).collect(),
        }
    }

    /// Takes `x`, `sample * time x 256`, to the values of the heads, in place.
    fn forward(&self, x: &mut [f32], batch: &Batch) -> Vec<Look> {
        let each = self.times * MODEL;
        let mut looks: Vec<Look> = x
            .par_chunks_exact_mut(each)
            .enumerate()
            .map(|(i, x)| {
                let missing = batch.input.missing.and_then(|m| m.get(i * self.times..(i + 1) * self.times));
                let dates = match missing.filter(|missing| missing.contains(&false)) {
                    Some(missing) => missing.iter().map(|gap| !gap).collect(),
                    None => vec![true; self.times],
                };
                self.normalise(x, dates, batch.dropout, i)
            })
            .collect();
        let heads = self.options.heads;
        let scores = times(x, MODEL, View::of(&self.scores, MODEL, heads));
        let series = looks.par_iter_mut().zip(x.par_chunks_exact(each));
        series.zip(scores.par_chunks_exact(self.times * heads)).for_each(|((look, x), scores)| {
            look.looks = softmax(scores, &look.dates, heads);
            for (t, row) in x.chunks_exact(MODEL).enumerate() {
                let weights = look.looks[t * heads..].iter().zip(&look.kept[t * heads..]);
                let parts = row.chunks_exact(MODEL / heads).zip(look.seen.chunks_exact_mut(MODEL / heads));
                for ((values, seen), (look, kept)) in parts.zip(weights) {
                    seen.iter_mut().zip(values).for_each(|(seen, value)| *seen += look * kept * value);
                }
            }
        });
        looks
    }

    fn normalise(&self, x: &mut [f32], dates: Vec<bool>, dropout: Option<(u64, u64)>, i: usize) -> Look {
        let rows = || dates.iter().zip(0..self.times).filter(|(counts, _)| **counts).map(|(_, t)| t * MODEL);
        let count = (rows().count() * MODEL) as f64;
        let total: f64 = rows().map(|at| f64::from(x[at..at + MODEL].iter().sum::<f32>())).sum();
        let mean = (total / count) as f32;
        x.iter_mut().for_each(|x| *x -= mean);
        let squares = rows().map(|at| f64::from(x[at..at + MODEL].iter().map(|x| x * x).sum::<f32>()));
        let inverse = (1.0 / (squares.sum::<f64>() / count + EPSILON).sqrt()) as f32;
        for (row, counts) in x.chunks_exact_mut(MODEL).zip(&dates) {
            row.iter_mut().for_each(|x| *x = if *counts { *x * inverse } else { 0.0 });
        }
        let standard = x.to_vec();
        for (((x, gamma), beta), position) in x.iter_mut().zip(self.gamma).zip(self.beta).zip(&self.positions)
        {
            *x = *x * gamma + beta + position;
        }
        let mut rng = dropout.map(|(seed, step)| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream((step << 20) + i as u64 + 1);
            rng
        });
        let kept = dice(rng.as_mut(), self.options.attention_dropout, self.times * self.options.heads);
        let kept_of_mlp = dice(rng.as_mut(), self.options.dropout, ENCODER[ENCODER.len() - 1]);
        Look { dates, standard, inverse, looks: vec![], kept, kept_of_mlp, seen: vec![0.0; MODEL] }
    }

    /// The gradient by the input from that by what was seen; and the gradients by gamma, beta, query, key's weight and key's
    /// bias. `x` are the values of the heads.
    fn back(&self, x: &[f32], looks: &[Look], by_seen: &[f32]) -> (Vec<f32>, [Vec<f32>; 5]) {
        let (heads, each) = (self.options.heads, self.times * MODEL);
        let by_scores: Vec<Vec<f32>> = looks
            .par_iter()
            .zip(x.par_chunks_exact(each))
            .zip(by_seen.par_chunks_exact(MODEL))
            .map(|((look, x), by_seen)| look.by_scores(x, by_seen, heads))
            .collect();
        let by_scores = by_scores.concat();
        let mut gradient = times(&by_scores, heads, View::of(&self.scores, MODEL, heads).transposed());
        let by_weight = by_weight(x, MODEL, &by_scores, heads);
        let (by_query, by_key) = self.unfold(&by_weight);

        let series = gradient.par_chunks_exact_mut(each).zip(looks).zip(by_seen.par_chunks_exact(MODEL));
        let by_norm: Vec<(Vec<f32>, Vec<f32>)> = series
            .map(|((gradient, look), by_seen)| look.back(gradient, by_seen, self.gamma, heads))
            .collect();
        let (by_gamma, by_beta): (Vec<_>, Vec<_>) = by_norm.into_iter().unzip();
        let by_bias = vec![0.0; heads * self.options.key];
        (gradient, [sum(by_gamma), sum(by_beta), by_query, by_key, by_bias])
    }

    /// The gradients by query and key's weight from that by what makes the scores.
    fn unfold(&self, by_scores: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let width = self.options.key;
        let scale = 1.0 / (width as f32).sqrt();
        let (mut by_query, mut by_key) = (vec![0.0; self.query.len()], vec![0.0; self.key.len()]);
        let keys = self.key.chunks_exact(width).zip(by_key.chunks_exact_mut(width)).zip(by_scores);
        for (i, ((key, by_key), gradient)) in keys.enumerate() {
            let at = i % self.options.heads * width;
            for j in 0..width {
                by_key[j] = gradient * self.query[at + j] * scale;
                by_query[at + j] += gradient * key[j] * scale;
            }
        }
        (by_query, by_key)
    }
}

impl Look {
    /// The gradient by the scores, `time x head`.
    fn by_scores(&self, x: &[f32], by_seen: &[f32], heads: usize) -> Vec<f32> {
        let mut gradient = vec![0.0; self.looks.len()];
        let mut sums = vec![0.0; heads];
        for (t, row) in x.chunks_exact(MODEL).enumerate() {
            let parts = row.chunks_exact(MODEL / heads).zip(by_seen.chunks_exact(MODEL / heads));
            for (h, (values, by_seen)) in parts.enumerate() {
                let at = t * heads + h;
                let by_look: f32 = values.iter().zip(by_seen).map(|(value, g)| value * g).sum();
                gradient[at] = by_look * self.kept[at];
                sums[h] += gradient[at] * self.looks[at];
            }
        }
        for (row, looks) in gradient.chunks_exact_mut(heads).zip(self.looks.chunks_exact(heads)) {
            row.iter_mut().zip(looks).zip(&sums).for_each(|((g, look), sum)| *g = look * (*g - sum));
        }
        gradient
    }

    /// Adds the gradient by way of the values to that by way of the scores, and takes it back through the layer norm, in
    /// place; gives the gradients by gamma and beta.
    fn back(
        &self,
        gradient: &mut [f32],
        by_seen: &[f32],
        gamma: &[f32],
        heads: usize,
    ) -> (Vec<f32>, Vec<f32>) {
        for (t, row) in gradient.chunks_exact_mut(MODEL).enumerate() {
            let weights = self.looks[t * heads..].iter().zip(&self.kept[t * heads..]);
            let parts = row.chunks_exact_mut(MODEL / heads).zip(by_seen.chunks_exact(MODEL / heads));
            for ((row, by_seen), (look, kept)) in parts.zip(weights) {
                row.iter_mut().zip(by_seen).for_each(|(row, g)| *row += look * kept * g);
            }
            if !self.dates[t] {
                row.fill(0.0);
            }
        }
        let by_beta = gradient.to_vec();
        let by_gamma: Vec<f32> = gradient.iter().zip(&self.standard).map(|(g, x)| g * x).collect();
        multiply(gradient, gamma);
        let count = (self.dates.iter().filter(|counts| **counts).count() * MODEL) as f64;
        let (mut total, mut slope) = (0.0, 0.0);
        for (g, x) in gradient.chunks_exact(MODEL).zip(self.standard.chunks_exact(MODEL)) {
            total += f64::from(g.iter().sum::<f32>());
            slope += f64::from(g.iter().zip(x).map(|(g, x)| g * x).sum::<f32>());
        }
        let (mean, slope) = ((total / count) as f32, (slope / count) as f32);
        let rows = gradient.chunks_exact_mut(MODEL).zip(self.standard.chunks_exact(MODEL));
        for ((row, x), _) in rows.zip(&self.dates).filter(|(_, counts)| **counts) {
            row.iter_mut().zip(x).for_each(|(g, x)| *g = self.inverse * (*g - mean - x * slope));
        }
        (by_gamma, by_beta)
    }
}

/// Softmax over the dates that count, `time x head`; zero at the others.
fn softmax(scores: &[f32], dates: &[bool], heads: usize) -> Vec<f32> {
    let mut top = vec![f32::NEG_INFINITY; heads];
    for (row, _) in scores.chunks_exact(heads).zip(dates).filter(|(_, counts)| **counts) {
        top.iter_mut().zip(row).for_each(|(top, score)| *top = top.max(*score));
    }
    let (mut looks, mut total) = (vec![0.0; scores.len()], vec![0.0; heads]);
    let rows = looks.chunks_exact_mut(heads).zip(scores.chunks_exact(heads)).zip(dates);
    for ((row, scores), _) in rows.filter(|(_, counts)| **counts) {
        for (((look, score), top), total) in row.iter_mut().zip(scores).zip(&top).zip(&mut total) {
            *look = (score - top).exp();
            *total += *look;
        }
    }
    each_row(&mut looks, &total.repeat(dates.len()), heads, |row, total| {
        row.iter_mut().zip(total).for_each(|(look, total)| *look /= total);
    });
    looks
}

/// What dropout multiplies values by; the share is kept to 1/256.
fn dice(rng: Option<&mut ChaCha8Rng>, share: f32, count: usize) -> Vec<f32> {
    let threshold = (share * 256.0).round().clamp(0.0, 255.0);
    let Some(rng) = rng.filter(|_| threshold > 0.0) else { return vec![1.0; count] };
    let mut dice = vec![0u8; count];
    rng.fill_bytes(&mut dice);
    let scale = 256.0 / (256.0 - threshold);
    dice.into_iter().map(|die| if f32::from(die) >= threshold { scale } else { 0.0 }).collect()
}
