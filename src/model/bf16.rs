//! Inference in bfloat16, where the processor multiplies pairs of them: half the bytes, and twice the products an instruction.
//!
//! Inputs, weights and what one layer gives the next are rounded to 8 bits of precision; sums are kept in f32. That changes
//! some labels near the border between two classes, so it is asked for, never taken for granted, and who asks is told how many
//! labels it changed on a probe ([`super::Probe`]).
//!
//! Two values of a row that lie side by side are a pair in a `u32`. A product multiplies pairs of the left side with pairs of
//! rows of the right one (`VDPBF16PS` of AVX-512).

use super::engine::{Finish, Rows, TILE};
use super::network::{Inference, Input, Shape};
use super::tempcnn::{self, Plan, TempCnnOptions};
use super::weights::Weights;
use half::bf16;

/// Values of f32, and pairs, in a vector.
const LANES: usize = 16;
/// Series a block of inference: its activations stay in the cache.
const SERIES: usize = 48;

/// Whether this processor multiplies in bfloat16.
pub fn is_available() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx512f")
        && std::arch::is_x86_feature_detected!("avx512bf16");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

fn pair(low: f32, high: f32) -> u32 {
    u32::from(bf16::from_f32(low).to_bits()) | u32::from(bf16::from_f32(high).to_bits()) << 16
}

/// A right side made ready: panels of as many columns as a register tile is wide; of each two rows, pairs of their values.
struct Packed {
    /// Pairs of rows.
    pairs: usize,
    cols: usize,
    /// Vectors across a panel: 1, 2 or 4.
    vectors: usize,
    /// Panel by panel, pair by pair, vector by vector.
    panels: Vec<[u32; LANES]>,
}

impl Packed {
    /// Of `rows x cols` values, row by row; an odd last row is paired with zeros.
    fn new(values: &[f32], cols: usize) -> Self {
        let rows = values.len() / cols.max(1);
        let pairs = rows.div_ceil(2);
        let vectors = cols.div_ceil(LANES).next_power_of_two().clamp(1, 4);
        let at = |r: usize, c: usize| if r < rows && c < cols { values[r * cols + c] } else { 0.0 };
        let mut panels = Vec::new();
        for first in (0..cols).step_by(vectors * LANES) {
            for p in 0..pairs {
                for v in 0..vectors {
                    let column = |lane: usize| first + v * LANES + lane;
                    panels.push(std::array::from_fn(|lane| {
                        pair(at(2 * p, column(lane)), at(2 * p + 1, column(lane)))
                    }));
                }
            }
        }
        Self { pairs, cols, vectors, panels }
    }
}

/// Where a product is written.
enum Out<'a> {
    /// In pairs: what the next layer reads.
    Pairs(&'a mut [u32], Rows),
    /// In f32: logits.
    Values(&'a mut [f32], Rows),
}

#[cfg(target_arch = "x86_64")]
mod kernel {
    use super::{Finish, LANES, Out, Packed, Rows, TILE};
    use std::arch::x86_64::{
        __m512, __m512bh, _mm512_add_ps, _mm512_cvtneps_pbh, _mm512_dpbf16_ps, _mm512_max_ps,
        _mm512_set1_epi32, _mm512_setzero_ps,
    };

    /// `count` rows of pairs times `rhs`.
    ///
    /// # Panics
    /// Where a row reaches out of its values.
    #[target_feature(enable = "avx512f,avx512bf16")]
    pub fn product(values: &[u32], from: Rows, count: usize, rhs: &Packed, finish: Finish, out: Out) {
        match rhs.vectors {
            1 => tiles::<1>(values, from, count, rhs, finish, out),
            2 => tiles::<2>(values, from, count, rhs, finish, out),
            _ => tiles::<4>(values, from, count, rhs, finish, out),
        }
    }

    #[target_feature(enable = "avx512f,avx512bf16")]
    fn tiles<const VECTORS: usize>(
        values: &[u32],
        from: Rows,
        count: usize,
        rhs: &Packed,
        finish: Finish,
        mut out: Out,
    ) {
        let width = VECTORS * LANES;
        for (panel, first) in rhs.panels.chunks_exact(VECTORS * rhs.pairs).zip((0..rhs.cols).step_by(width)) {
            let (panel, _) = panel.as_chunks::<VECTORS>();
            let take = width.min(rhs.cols - first);
            let mut shift = [[0.0; LANES]; VECTORS];
            shift.as_flattened_mut()[..take].copy_from_slice(&finish.shift[first..first + take]);
            for next in (0..count).step_by(TILE) {
                let row = next.min(count.saturating_sub(TILE));
                let rows = from.tile(row, count - 1).map(|at| &values[at..at + rhs.pairs]);
                let tile = tile(rows, panel);
                let starts = match &out {
                    Out::Pairs(_, to) | Out::Values(_, to) => to.tile(row, count - 1),
                };
                for (at, sums) in starts.into_iter().zip(tile).take(count) {
                    let mut sums: [__m512; VECTORS] =
                        std::array::from_fn(|v| _mm512_add_ps(sums[v], vector(shift[v])));
                    if finish.relu {
                        sums = sums.map(|sum| _mm512_max_ps(sum, _mm512_setzero_ps()));
                    }
                    match &mut out {
                        Out::Values(out, _) => {
                            let at = at + first;
                            let sums = sums.map(floats);
                            out[at..at + take].copy_from_slice(&sums.as_flattened()[..take]);
                        }
                        Out::Pairs(out, _) => {
                            let at = at + first / 2;
                            let sums = sums.map(|sum| halves(sum));
                            out[at..at + take / 2].copy_from_slice(&sums.as_flattened()[..take / 2]);
                        }
                    }
                }
            }
        }
    }

    /// A register tile of sums.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bf16")]
    fn tile<const VECTORS: usize>(
        rows: [&[u32]; TILE],
        panel: &[[[u32; LANES]; VECTORS]],
    ) -> [[__m512; VECTORS]; TILE] {
        let mut sums = [[_mm512_setzero_ps(); VECTORS]; TILE];
        let [a, b, c, d, e, f] = rows;
        for ((((((rhs, a), b), c), d), e), f) in panel.iter().zip(a).zip(b).zip(c).zip(d).zip(e).zip(f) {
            let rhs = rhs.map(pairs);
            for (sums, lhs) in sums.iter_mut().zip([a, b, c, d, e, f]) {
                let lhs = splat(*lhs);
                for (sum, rhs) in sums.iter_mut().zip(rhs) {
                    *sum = _mm512_dpbf16_ps(*sum, lhs, rhs);
                }
            }
        }
        sums
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    #[expect(unsafe_code, reason = "the same 64 bytes under another type")]
    fn splat(pair: u32) -> __m512bh {
        // SAFETY: both are 64 bytes, and any bits are values of both.
        unsafe { std::mem::transmute(_mm512_set1_epi32(pair.cast_signed())) }
    }

    #[inline(always)]
    #[expect(unsafe_code, reason = "the same 64 bytes under another type")]
    fn pairs(pairs: [u32; LANES]) -> __m512bh {
        // SAFETY: as for `splat`.
        unsafe { std::mem::transmute(pairs) }
    }

    #[inline(always)]
    #[expect(unsafe_code, reason = "the same 64 bytes under another type")]
    fn vector(values: [f32; LANES]) -> __m512 {
        // SAFETY: as for `splat`.
        unsafe { std::mem::transmute(values) }
    }

    #[inline(always)]
    #[expect(unsafe_code, reason = "the same 64 bytes under another type")]
    fn floats(values: __m512) -> [f32; LANES] {
        // SAFETY: as for `splat`.
        unsafe { std::mem::transmute(values) }
    }

    /// Rounded to bfloat16, in pairs.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bf16")]
    #[expect(unsafe_code, reason = "the same 32 bytes under another type")]
    fn halves(values: __m512) -> [u32; LANES / 2] {
        // SAFETY: both are 32 bytes, and any bits are values of both.
        unsafe { std::mem::transmute(_mm512_cvtneps_pbh(values)) }
    }
}

/// [`kernel::product`] where there is one.
///
/// # Panics
/// On a processor that has none: [`is_available`] was not asked.
#[cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "a function compiled for a processor that is looked for")
)]
fn product(values: &[u32], from: Rows, count: usize, rhs: &Packed, finish: Finish, out: Out) {
    assert!(is_available(), "this processor does not multiply in bfloat16");
    #[cfg(target_arch = "x86_64")]
    if count > 0 && rhs.pairs > 0 {
        // SAFETY: the processor has AVX-512 and its bfloat16.
        unsafe { kernel::product(values, from, count, rhs, finish, out) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (values, from, count, rhs, finish, out);
}

/// A trained TempCNN made ready for inference in bfloat16: channels come in pairs, where they are odd with one of zeros.
struct TempCnn {
    shape: Shape,
    plans: Vec<Plan>,
    /// Weight and shift of each block, then of the output.
    layers: Vec<(Packed, Vec<f32>)>,
}

/// The network for inference in bfloat16; `None` where the processor or the network has none.
pub(super) fn ready(shape: &Shape, weights: &Weights) -> Option<Box<dyn Inference>> {
    match &shape.kind {
        super::ModelKind::TempCnn(options) if is_available() => {
            Some(Box::new(TempCnn::new(shape, options, weights)))
        }
        _ => None,
    }
}

impl TempCnn {
    fn new(shape: &Shape, options: &TempCnnOptions, weights: &Weights) -> Self {
        let even = |n: usize| n.next_multiple_of(2);
        let mut plans = tempcnn::plans(shape, options);
        let mut layers = Vec::new();
        for (i, plan) in plans.iter_mut().enumerate() {
            let (weight, shift) = weights.folded(&tempcnn::block(i));
            // The dense block's row is all dates of the last one's filters.
            let (dates, channels) = if plan.times == 1 && i == options.layers {
                (shape.times, options.filters)
            } else {
                (plan.kernel, plan.channels)
            };
            let mut wide = vec![0.0; dates * even(channels) * even(plan.filters)];
            for (row, from) in weight.chunks_exact(plan.filters).enumerate() {
                let at = (row / channels * even(channels) + row % channels) * even(plan.filters);
                wide[at..at + plan.filters].copy_from_slice(from);
            }
            let mut shift = shift;
            shift.resize(even(plan.filters), 0.0);
            layers.push((Packed::new(&wide, even(plan.filters)), shift));
            plan.offset = plan.offset / channels.max(1) * even(channels);
            plan.stride = plan.stride / channels.max(1) * even(channels);
            plan.channels = plan.channels / channels.max(1) * even(channels);
            plan.filters = even(plan.filters);
        }
        let classes = shape.classes;
        let mut output = weights.values("output.weight").to_vec();
        output.resize(even(options.dense) * classes, 0.0);
        layers.push((Packed::new(&output, classes), weights.values("output.bias").to_vec()));
        Self { shape: shape.clone(), plans, layers }
    }

    /// Logits of at most [`SERIES`] series into `logits`; rows of zeros between samples are there already.
    fn block_logits(
        &self,
        series: &[f32],
        [first, even, odd, dense]: &mut [Vec<u32>; 4],
        logits: &mut [f32],
    ) {
        let Shape { bands, classes, .. } = self.shape;
        let samples = series.len() / self.shape.values();
        let plan = &self.plans[0];
        let (row, pad) = (plan.channels / 2, plan.pad);
        for (sample, dates) in series.chunks_exact(self.shape.values()).enumerate() {
            let start = (pad + sample * (plan.times + pad)) * row;
            for (to, from) in first[start..].chunks_exact_mut(row).zip(dates.chunks_exact(bands)) {
                for (to, from) in to.iter_mut().zip(from.chunks(2)) {
                    *to = pair(from[0], from.get(1).copied().unwrap_or(0.0));
                }
            }
        }
        let [mut from, mut to] = [even, odd];
        let ends = self.plans.len() - 1;
        for (i, (plan, (weight, shift))) in self.plans[..ends].iter().zip(&self.layers).enumerate() {
            let input: &[u32] = if i == 0 { first } else { from };
            let windows = Rows {
                offset: plan.offset / 2,
                run: plan.times,
                stride: plan.stride / 2,
                jump: (plan.times + plan.pad) * plan.stride / 2,
            };
            let places = Rows {
                offset: plan.pad * plan.filters / 2,
                run: plan.times,
                stride: plan.filters / 2,
                jump: (plan.times + plan.pad) * plan.filters / 2,
            };
            let finish = Finish { shift, relu: true, add: false };
            product(input, windows, samples * plan.times, weight, finish, Out::Pairs(to, places));
            std::mem::swap(&mut from, &mut to);
        }
        let each = Rows::even;
        let (plan, (weight, shift)) = (&self.plans[ends], &self.layers[ends]);
        let finish = Finish { shift, relu: true, add: false };
        let places = each(0, plan.filters / 2);
        let out = Out::Pairs(dense, places);
        product(from, each(plan.offset / 2, plan.stride / 2), samples, weight, finish, out);
        let (weight, bias) = &self.layers[ends + 1];
        let finish = Finish { shift: bias, relu: false, add: false };
        product(dense, places, samples, weight, finish, Out::Values(logits, each(0, classes)));
    }
}

impl Inference for TempCnn {
    fn logits(&self, input: Input) -> Vec<f32> {
        let (values, classes) = (self.shape.values(), self.shape.classes);
        let samples = input.series.len() / values;
        let mut logits = vec![0.0; samples * classes];
        let (plan, last) = (&self.plans[0], &self.plans[self.plans.len() - 1]);
        let rows = plan.pad + samples.min(SERIES) * (plan.times + plan.pad);
        let convolved = vec![0; rows * plan.filters / 2];
        let dense = vec![0; samples.min(SERIES) * last.filters / 2];
        let mut buffers = [vec![0; rows * plan.channels / 2], convolved.clone(), convolved, dense];
        let blocks = input.series.chunks(SERIES * values).zip(logits.chunks_mut(SERIES * classes));
        for (series, logits) in blocks {
            self.block_logits(series, &mut buffers, logits);
        }
        logits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing;

    #[test]
    fn logits_are_those_of_f32_within_the_rounding_for_odd_and_even_sizes() {
        if !is_available() {
            println!("skipped: this processor does not multiply in bfloat16");
            return;
        }
        for (times, bands, classes, filters, dense, kernel) in
            [(12, 10, 10, 64, 256, 5), (5, 3, 2, 5, 7, 3), (23, 1, 9, 33, 40, 7), (3, 4, 20, 100, 66, 1)]
        {
            let options = TempCnnOptions { filters, dense, kernel, layers: 2, ..Default::default() };
            let shape = testing::shape_of(super::super::ModelKind::TempCnn(options), times, bands, classes);
            let weights = testing::weights(&shape);
            let series = testing::series(&shape, 101);
            let halved = ready(&shape, &weights).unwrap().logits(Input::whole(&series));
            let whole = shape.ready(&weights).logits(Input::whole(&series));
            let largest = whole.iter().fold(0.0f32, |m, v| m.max(v.abs()));
            let far = halved.iter().zip(&whole).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(far < 0.03 * largest && far > 0.0, "{times} {bands}: {far} of {largest}");
        }
    }
}
