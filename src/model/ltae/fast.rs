//! L-TAE's inference by hand.
//!
//! What is constant is folded when the network is made ready: batch norms and the scale and shift of layer norms into the
//! products around them; the sinusoid into the shift of the layer norm in front of it; and, because there is one query a head
//! for all series, the query into the projection to keys, so that keys are never made: a head's score is a product with one
//! column (a bias of the keys adds the same to the scores of all dates, and goes).
//!
//! Series go through in blocks whose activations stay in the cache: products over all dates of a block, then, series by
//! series, layer norm, scores, softmax and the weighted sum of the values; the perceptrons behind, which see a series once, over
//! more series at a time.

use super::super::engine::{Packed, View, product, vectorised};
use super::super::network::{Inference, Input, Shape};
use super::super::tempcnn::EPSILON;
use super::super::weights::Weights;
use super::{DECODER, ENCODER, LtaeOptions, MODEL, positions};
use pulp::{Arch, Simd, WithSimd};

/// Heads worked on side by side.
const LANES: usize = 16;
/// Dates of a block, more where a single series has more.
const ROWS: usize = 240;
/// Series that go through the perceptrons at a time.
const SERIES: usize = 96;
/// Dates whose scores are made side by side.
const TILE: usize = 12;
/// Width of the encoder's end and of the attention's perceptron.
const WIDTH: usize = ENCODER[ENCODER.len() - 1];

/// A trained network made ready for inference.
pub(in super::super) struct Ltae {
    times: usize,
    bands: usize,
    classes: usize,
    heads: usize,
    encoder: Vec<Layer>,
    embed: Layer,
    /// Of the layer norm over dates and channels; the shift has the sinusoid in it.
    scale: Vec<[f32; MODEL]>,
    shift: Vec<[f32; MODEL]>,
    /// What makes the scores, for each [`LANES`] heads.
    scores: Vec<Box<[[f32; LANES]; MODEL]>>,
    mlp: Layer,
    decoder: Vec<Layer>,
    output: Layer,
}

/// A product and its shift.
struct Layer {
    inputs: usize,
    weight: Packed,
    shift: Vec<f32>,
}

impl Layer {
    fn new((weight, shift): (Vec<f32>, Vec<f32>)) -> Self {
        let inputs = weight.len() / shift.len().max(1);
        Self { inputs, weight: Packed::new(View::of(&weight, inputs, shift.len())), shift }
    }

    /// The product without its shift, row by row.
    fn product(&self, x: &[f32]) -> Vec<f32> {
        product(View::of(x, x.len() / self.inputs, self.inputs), &self.weight)
    }

    fn linear(&self, x: &[f32]) -> Vec<f32> {
        let mut y = self.product(x);
        for row in y.chunks_exact_mut(self.shift.len()) {
            row.iter_mut().zip(&self.shift).for_each(|(y, s)| *y += s);
        }
        y
    }

    fn relu(&self, x: &[f32]) -> Vec<f32> {
        let mut y = self.product(x);
        vectorised(
            #[inline(always)]
            || {
                for row in y.chunks_exact_mut(self.shift.len()) {
                    row.iter_mut().zip(&self.shift).for_each(|(y, s)| *y = (*y + s).max(0.0));
                }
            },
        );
        y
    }
}

/// A layer's weight and shift with the scale and shift of the layer norm in front of it folded in.
fn behind_norm(
    weights: &Weights,
    norm: &str,
    (mut weight, mut shift): (Vec<f32>, Vec<f32>),
) -> (Vec<f32>, Vec<f32>) {
    let gamma = weights.values(&format!("{norm}.gamma"));
    let beta = weights.values(&format!("{norm}.beta"));
    for ((row, gamma), beta) in weight.chunks_exact_mut(shift.len().max(1)).zip(gamma).zip(beta) {
        for (w, s) in row.iter_mut().zip(&mut shift) {
            *s += beta * *w;
            *w *= gamma;
        }
    }
    (weight, shift)
}

impl Ltae {
    pub fn new(shape: &Shape, options: &LtaeOptions, weights: &Weights) -> Self {
        let LtaeOptions { heads, key, .. } = *options;
        let linear = |name: &str| {
            let values = |what: &str| weights.values(&format!("{name}.{what}")).to_vec();
            (values("weight"), values("bias"))
        };
        let encoder = (1..=ENCODER.len()).map(|i| Layer::new(weights.folded(&format!("encoder{i}"))));
        let decoder = (1..=DECODER.len()).map(|i| {
            let layer = weights.folded(&format!("decoder{i}"));
            Layer::new(if i == 1 { behind_norm(weights, "out_norm", layer) } else { layer })
        });
        let scale = weights.values("embed_norm.gamma").as_chunks().0.to_vec();
        let beta = weights.values("embed_norm.beta").iter().zip(positions(shape, options));
        let shift: Vec<f32> = beta.map(|(beta, position)| beta + position).collect();

        let mut scores = vec![Box::new([[0.0; LANES]; MODEL]); heads.div_ceil(LANES)];
        let query = weights.values("query");
        for (c, row) in weights.values("key.weight").chunks_exact(heads * key).enumerate() {
            for (h, (key_weight, query)) in row.chunks_exact(key).zip(query.chunks_exact(key)).enumerate() {
                let score: f64 =
                    key_weight.iter().zip(query).map(|(k, q)| f64::from(*k) * f64::from(*q)).sum();
                scores[h / LANES][c][h % LANES] = (score / (key as f64).sqrt()) as f32;
            }
        }
        Self {
            times: shape.times,
            bands: shape.bands,
            classes: shape.classes,
            heads,
            encoder: encoder.collect(),
            embed: Layer::new(behind_norm(weights, "in_norm", linear("embed"))),
            scale,
            shift: shift.as_chunks().0.to_vec(),
            scores,
            mlp: Layer::new(weights.folded("mlp")),
            decoder: decoder.collect(),
            output: Layer::new(linear("output")),
        }
    }

    /// What the heads see of the series of `input`, `sample x 256`; `told` is told what each looks at, series by series,
    /// for each [`LANES`] heads, `time x head`.
    fn see(&self, input: Input, mut told: impl FnMut(&[Vec<[f32; LANES]>])) -> Vec<f32> {
        let values = self.times * self.bands;
        let mut seen = vec![0.0; input.series.len() / values * MODEL];
        let block = (ROWS / self.times).max(1);
        let mut looks = vec![vec![[0.0; LANES]; self.times]; self.scores.len()];
        for (i, (series, seen)) in
            input.series.chunks(block * values).zip(seen.chunks_mut(block * MODEL)).enumerate()
        {
            let mut x = self.encoder[0].relu(series);
            for layer in &self.encoder[1..] {
                x = layer.relu(&x);
            }
            vectorised(
                #[inline(always)]
                || standardise(&mut x),
            );
            let mut x = self.embed.product(&x);
            let (rows, _) = x.as_chunks_mut::<MODEL>();
            let (seen, _) = seen.as_chunks_mut::<MODEL>();
            for (s, (rows, seen)) in rows.chunks_exact_mut(self.times).zip(seen).enumerate() {
                let first = (i * block + s) * self.times;
                let missing = input.missing.and_then(|missing| missing.get(first..first + self.times));
                let missing = missing.filter(|missing| missing.contains(&false));
                self.look(rows, missing, &mut looks);
                self.sum_up(rows, &looks, seen);
                told(&looks);
            }
        }
        seen
    }

    /// Takes a series from the product of `embed` to the values of the attention, in place; and makes what the heads look
    /// at.
    fn look(&self, rows: &mut [[f32; MODEL]], missing: Option<&[bool]>, looks: &mut [Vec<[f32; LANES]>]) {
        vectorised(
            #[inline(always)]
            || normalise(rows, missing, &self.embed.shift, &self.scale, &self.shift),
        );
        for (weight, looks) in self.scores.iter().zip(looks) {
            Arch::new().dispatch(Scores { rows, weight, out: looks });
            vectorised(
                #[inline(always)]
                || softmax_over_dates(looks, missing),
            );
        }
    }

    /// The values, weighted by what each head looks at.
    fn sum_up(&self, rows: &[[f32; MODEL]], looks: &[Vec<[f32; LANES]>], seen: &mut [f32; MODEL]) {
        vectorised(
            #[inline(always)]
            || match self.heads {
                1 => weighted::<256>(rows, looks, seen),
                2 => weighted::<128>(rows, looks, seen),
                4 => weighted::<64>(rows, looks, seen),
                8 => weighted::<32>(rows, looks, seen),
                16 => weighted::<16>(rows, looks, seen),
                _ => weighted::<8>(rows, looks, seen),
            },
        );
    }
}

impl Inference for Ltae {
    fn logits(&self, input: Input) -> Vec<f32> {
        let values = self.times * self.bands;
        let mut logits = Vec::with_capacity(input.series.len() / values * self.classes);
        for (i, series) in input.series.chunks(SERIES * values).enumerate() {
            let first = i * SERIES * self.times;
            let missing = input.missing.and_then(|missing| missing.get(first..));
            let seen = self.see(Input { series, missing }, |_| ());
            let mut x = self.mlp.relu(&seen);
            vectorised(
                #[inline(always)]
                || standardise(&mut x),
            );
            for layer in &self.decoder {
                x = layer.relu(&x);
            }
            logits.extend(self.output.linear(&x));
        }
        logits
    }

    fn attention(&self, input: Input) -> Option<Vec<f32>> {
        let mut attention = Vec::new();
        self.see(input, |looks| {
            for h in 0..self.heads {
                attention.extend(looks[h / LANES].iter().map(|date| date[h % LANES]));
            }
        });
        Some(attention)
    }
}

/// The sum of values; in lanes, so that it vectorises.
#[inline(always)]
fn sum<const N: usize>(values: &[f32; N], of: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (parts, rest) = values.as_chunks::<LANES>();
    for part in parts {
        lanes.iter_mut().zip(part).for_each(|(lane, v)| *lane += of(*v));
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|v| of(*v)).sum::<f32>()
}

/// Layer norm of each row of [`WIDTH`] without scale and shift, in place.
#[inline(always)]
fn standardise(x: &mut [f32]) {
    let (rows, _) = x.as_chunks_mut::<WIDTH>();
    for row in rows {
        let mean = sum(
            row,
            #[inline(always)]
            |v| v,
        ) / WIDTH as f32;
        row.iter_mut().for_each(|v| *v -= mean);
        let variance = sum(
            row,
            #[inline(always)]
            |v| v * v,
        ) / WIDTH as f32;
        let inverse = 1.0 / (variance + EPSILON as f32).sqrt();
        row.iter_mut().for_each(|v| *v *= inverse);
    }
}

/// Adds the bias, then layer norm over the dates that are not missing and all channels; those that are become zeros.
#[inline(always)]
fn normalise(
    rows: &mut [[f32; MODEL]],
    missing: Option<&[bool]>,
    bias: &[f32],
    scale: &[[f32; MODEL]],
    shift: &[[f32; MODEL]],
) {
    let (mut total, mut dates) = (0.0, 0);
    for (t, row) in rows.iter_mut().enumerate() {
        if !is_missing(missing, t) {
            row.iter_mut().zip(bias).for_each(|(v, b)| *v += b);
            total += f64::from(sum(
                row,
                #[inline(always)]
                |v| v,
            ));
            dates += MODEL;
        }
    }
    let mean = (total / dates as f64) as f32;
    let mut squares = 0.0;
    for (t, row) in rows.iter_mut().enumerate() {
        if !is_missing(missing, t) {
            row.iter_mut().for_each(|v| *v -= mean);
            squares += f64::from(sum(
                row,
                #[inline(always)]
                |v| v * v,
            ));
        }
    }
    let inverse = (1.0 / (squares / dates as f64 + EPSILON).sqrt()) as f32;
    for (t, ((row, scale), shift)) in rows.iter_mut().zip(scale).zip(shift).enumerate() {
        if !is_missing(missing, t) {
            for ((v, scale), shift) in row.iter_mut().zip(scale).zip(shift) {
                *v = *v * inverse * scale + shift;
            }
        } else {
            row.fill(0.0);
        }
    }
}

#[inline(always)]
fn is_missing(missing: Option<&[bool]>, date: usize) -> bool {
    missing.is_some_and(|missing| missing[date])
}

/// Scores of [`LANES`] heads at each date.
struct Scores<'a> {
    rows: &'a [[f32; MODEL]],
    weight: &'a [[f32; LANES]; MODEL],
    out: &'a mut [[f32; LANES]],
}

impl WithSimd for Scores<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { rows, weight, out } = self;
        let Some(last) = rows.len().checked_sub(1) else { return };
        for part in 0..LANES / S::F32_LANES {
            for first in (0..rows.len()).step_by(TILE) {
                let tile: [&[f32; MODEL]; TILE] = std::array::from_fn(|r| &rows[(first + r).min(last)]);
                let mut sums = [simd.splat_f32s(0.0); TILE];
                for (c, weight) in weight.iter().enumerate() {
                    let weight = S::as_simd_f32s(weight).0[part];
                    for (sum, row) in sums.iter_mut().zip(tile) {
                        *sum = simd.mul_add_e_f32s(simd.splat_f32s(row[c]), weight, *sum);
                    }
                }
                for (out, sum) in out[first..].iter_mut().zip(sums) {
                    S::as_mut_simd_f32s(out).0[part] = sum;
                }
            }
        }
    }
}

/// Scores become weights over the dates that are not missing, in place.
#[inline(always)]
fn softmax_over_dates(looks: &mut [[f32; LANES]], missing: Option<&[bool]>) {
    let mut top = [f32::NEG_INFINITY; LANES];
    for (t, date) in looks.iter().enumerate() {
        if !is_missing(missing, t) {
            top.iter_mut().zip(date).for_each(|(top, score)| *top = top.max(*score));
        }
    }
    let mut total = [0.0; LANES];
    for (t, date) in looks.iter_mut().enumerate() {
        if is_missing(missing, t) {
            *date = [0.0; LANES];
            continue;
        }
        for ((score, top), total) in date.iter_mut().zip(&top).zip(&mut total) {
            *score = exp(*score - top);
            *total += *score;
        }
    }
    let share = total.map(|total| 1.0 / total);
    for date in looks {
        date.iter_mut().zip(&share).for_each(|(look, share)| *look *= share);
    }
}

/// e to a power of at most 0, to 2e-7 of its value; without branches, so that it vectorises (Cephes' polynomial).
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Adding it rounds to a whole number, which then stands in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.max(-87.0);
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let whole = rounded - ROUND;
    let r = x - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let p = p * r * r + r + 1.0;
    f32::from_bits(p.to_bits().wrapping_add(rounded.to_bits() << 23))
}

/// The values of each head, `EACH` channels, weighted by what it looks at.
#[inline(always)]
fn weighted<const EACH: usize>(rows: &[[f32; MODEL]], looks: &[Vec<[f32; LANES]>], seen: &mut [f32; MODEL]) {
    let (seen, _) = seen.as_chunks_mut::<EACH>();
    for (h, seen) in seen.iter_mut().enumerate() {
        let mut sums = [0.0; EACH];
        for (row, look) in rows.iter().zip(&looks[h / LANES]) {
            let look = look[h % LANES];
            let values = &row.as_chunks::<EACH>().0[h];
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += look * value);
        }
        *seen = sums;
    }
}

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn the_exponential_is_right_to_a_few_roundings() {
        for i in 0..87_000 {
            let x = -(i as f32) / 1000.0;
            let expected = f64::from(x).exp();
            let off = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(off < 3e-7, "e^{x} is off by {off}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
    }
}
