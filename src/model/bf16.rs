//! Products in bfloat16, where the processor multiplies pairs of them (`VDPBF16PS` of AVX-512): twice the products an
//! instruction.
//!
//! Both sides are rounded to 8 bits of precision; sums are kept in f32. That changes some labels near the border between two
//! classes, so it is asked for, never taken for granted, and who asks is told how many labels it changed on a probe
//! ([`super::Probe`]).
//!
//! Two values of a row that lie side by side are a pair in a `u32`; a product multiplies pairs of the left side with pairs of
//! rows of the right one.

use super::engine::{Finish, Rows, TILE, View};
use ::half::bf16;
use std::cell::RefCell;

/// Values of f32, and pairs, in a vector.
const LANES: usize = 16;
/// Rows that are rounded at a time: whole register tiles, which stay in the cache.
const AT_ONCE: usize = 8 * TILE;

thread_local! {
    /// Rounded rows, kept from one product to the next.
    static ROUNDED: RefCell<Vec<u32>> = RefCell::default();
}

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
#[derive(Default)]
pub(super) struct Packed {
    rows: usize,
    cols: usize,
    /// Vectors across a panel: 1, 2 or 4.
    vectors: usize,
    /// Panel by panel, pair by pair, vector by vector.
    panels: Vec<[u32; LANES]>,
}

impl Packed {
    /// Takes in another matrix; an odd last row is paired with zeros.
    pub fn fill(&mut self, view: View) {
        let View { values, offset, rows, cols, row_stride, col_stride } = view;
        let vectors = cols.div_ceil(LANES).next_power_of_two().clamp(1, 4);
        let at = |r: usize, c: usize| match r < rows && c < cols {
            true => values[offset + r * row_stride + c * col_stride],
            false => 0.0,
        };
        self.panels.clear();
        for first in (0..cols).step_by(vectors * LANES) {
            for row in (0..rows).step_by(2) {
                for v in 0..vectors {
                    let column = first + v * LANES;
                    let pairs = |lane: usize| pair(at(row, column + lane), at(row + 1, column + lane));
                    self.panels.push(std::array::from_fn(pairs));
                }
            }
        }
        (self.rows, self.cols, self.vectors) = (rows, cols, vectors);
    }

    /// Pairs of a row of the left side.
    fn pairs(&self) -> usize {
        self.rows.div_ceil(2)
    }
}

/// [`super::engine::product_to`] of values rounded to bfloat16.
///
/// # Panics
/// As it does; and on a processor that has no bfloat16: [`is_available`] was not asked.
pub(super) fn product_to(
    values: &[f32],
    from: Rows,
    count: usize,
    rhs: &Packed,
    finish: Finish,
    (out, to): (&mut [f32], Rows),
) {
    assert!(finish.shift.is_empty() || finish.shift.len() == rhs.cols, "a shift is not as long as the rows");
    assert!(is_available(), "this processor does not multiply in bfloat16");
    if count == 0 || rhs.rows == 0 {
        return;
    }
    ROUNDED.with_borrow_mut(|rounded| {
        rounded.resize(AT_ONCE * rhs.pairs(), 0);
        for first in (0..count).step_by(AT_ONCE) {
            let some = AT_ONCE.min(count - first);
            on_this_processor(values, (from, first, some), rhs, finish, (out, to), rounded);
        }
    });
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "functions compiled for a processor that was looked for")]
fn on_this_processor(
    values: &[f32],
    (from, first, count): (Rows, usize, usize),
    rhs: &Packed,
    finish: Finish,
    out: (&mut [f32], Rows),
    rounded: &mut [u32],
) {
    // SAFETY: the processor has AVX-512 and its bfloat16.
    unsafe { kernel::product(values, (from, first, count), rhs, finish, out, rounded) }
}

#[cfg(not(target_arch = "x86_64"))]
fn on_this_processor(
    _: &[f32],
    _: (Rows, usize, usize),
    _: &Packed,
    _: Finish,
    _: (&mut [f32], Rows),
    _: &mut [u32],
) {
}

#[cfg(target_arch = "x86_64")]
mod kernel {
    use super::{Finish, LANES, Packed, Rows, TILE, pair};
    use std::arch::x86_64::{
        __m512, __m512bh, _mm512_add_ps, _mm512_cvtneps_pbh, _mm512_dpbf16_ps, _mm512_max_ps,
        _mm512_set1_epi32, _mm512_setzero_ps,
    };

    /// `count` rows from `first` on times `rhs`; `rounded` has room for their pairs.
    ///
    /// # Panics
    /// Where a row reaches out of its values.
    #[target_feature(enable = "avx512f,avx512bf16")]
    pub fn product(
        values: &[f32],
        (from, first, count): (Rows, usize, usize),
        rhs: &Packed,
        finish: Finish,
        out: (&mut [f32], Rows),
        rounded: &mut [u32],
    ) {
        for (row, to) in (first..first + count).zip(rounded.chunks_exact_mut(rhs.pairs())) {
            let [at, ..] = from.tile(row, row);
            round(&values[at..at + rhs.rows], to);
        }
        match rhs.vectors {
            1 => tiles::<1>(rounded, (first, count), rhs, finish, out),
            2 => tiles::<2>(rounded, (first, count), rhs, finish, out),
            _ => tiles::<4>(rounded, (first, count), rhs, finish, out),
        }
    }

    /// Rounds a row to pairs.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bf16")]
    fn round(values: &[f32], to: &mut [u32]) {
        let (whole, rest) = values.as_chunks::<LANES>();
        for (values, to) in whole.iter().zip(to.chunks_exact_mut(LANES / 2)) {
            to.copy_from_slice(&halves(vector(*values)));
        }
        for (values, to) in rest.chunks(2).zip(&mut to[whole.len() * LANES / 2..]) {
            *to = pair(values[0], values.get(1).copied().unwrap_or(0.0));
        }
    }

    #[target_feature(enable = "avx512f,avx512bf16")]
    fn tiles<const VECTORS: usize>(
        rounded: &[u32],
        (from, count): (usize, usize),
        rhs: &Packed,
        finish: Finish,
        (out, to): (&mut [f32], Rows),
    ) {
        let (width, pairs) = (VECTORS * LANES, rhs.pairs());
        for (panel, first) in rhs.panels.chunks_exact(VECTORS * pairs).zip((0..rhs.cols).step_by(width)) {
            let (panel, _) = panel.as_chunks::<VECTORS>();
            let take = width.min(rhs.cols - first);
            let mut shift = [[0.0; LANES]; VECTORS];
            if let Some(part) = finish.shift.get(first..first + take) {
                shift.as_flattened_mut()[..take].copy_from_slice(part);
            }
            for row in (0..count).step_by(TILE) {
                let rows = std::array::from_fn(|r| {
                    let at = (row + r).min(count - 1) * pairs;
                    &rounded[at..at + pairs]
                });
                let starts = to.tile(from + row, from + count - 1);
                for (at, sums) in starts.into_iter().zip(tile(rows, panel)).take(count - row) {
                    let to = &mut out[at + first..at + first + take];
                    for ((to, mut sum), shift) in to.chunks_mut(LANES).zip(sums).zip(&shift) {
                        sum = _mm512_add_ps(sum, vector(*shift));
                        if finish.relu {
                            sum = _mm512_max_ps(sum, _mm512_setzero_ps());
                        }
                        let sum = floats(sum);
                        match (to.first_chunk_mut::<LANES>(), finish.add) {
                            (Some(to), false) => *to = sum,
                            (_, false) => to.copy_from_slice(&sum[..to.len()]),
                            (_, true) => to.iter_mut().zip(sum).for_each(|(to, sum)| *to += sum),
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
            for (sums, lhs) in sums.iter_mut().zip([a, b, c, d, e, f]) {
                let lhs = splat(*lhs);
                for (sum, rhs) in sums.iter_mut().zip(rhs) {
                    *sum = _mm512_dpbf16_ps(*sum, lhs, pairs(*rhs));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::network::Input;
    use crate::model::{ModelKind, PixelOptions, TempCnnOptions, testing};
    use proptest::prelude::*;

    #[test]
    fn a_product_is_that_of_the_rounded_values() {
        if !is_available() {
            println!("skipped: this processor does not multiply in bfloat16");
            return;
        }
        proptest!(|(
            runs in 1usize..9, run in 1usize..15, k in 1usize..70, n in 1usize..140, relu in any::<bool>(), add in any::<bool>(),
        )| {
            let from = Rows { offset: 1, run, stride: 2, jump: 2 * run + 3 };
            // Of few bits: rounding changes nothing, and sums are exact.
            let values: Vec<f32> = (0..1 + runs * from.jump + k).map(|i| ((i * 37 % 19) as f32 - 9.0) / 8.0).collect();
            let b: Vec<f32> = (0..k * n).map(|i| ((i * 53 % 23) as f32 - 11.0) / 8.0).collect();
            let shift: Vec<f32> = (0..n).map(|i| (i % 7) as f32 - 3.0).collect();
            let to = Rows { offset: 2, run, stride: n + 1, jump: (run + 1) * (n + 1) };
            let mut out = vec![-1.0; to.offset + runs * to.jump];
            let mut expected = out.clone();
            for row in 0..runs * run {
                let ([at, ..], [there, ..]) = (from.tile(row, row), to.tile(row, row));
                for c in 0..n {
                    let sum: f32 = (0..k).map(|i| values[at + i] * b[i * n + c]).sum::<f32>() + shift[c];
                    let sum = if relu { sum.max(0.0) } else { sum };
                    expected[there + c] = if add { expected[there + c] + sum } else { sum };
                }
            }
            let mut rhs = Packed::default();
            rhs.fill(View::of(&b, k, n));
            product_to(&values, from, runs * run, &rhs, Finish { shift: &shift, relu, add }, (&mut out, to));
            prop_assert_eq!(out, expected);
        });
    }

    #[test]
    fn logits_are_those_of_f32_within_the_rounding_for_odd_and_even_sizes() {
        if !is_available() {
            println!("skipped: this processor does not multiply in bfloat16");
            return;
        }
        let tempcnn = |filters, dense, kernel| {
            ModelKind::TempCnn(TempCnnOptions { filters, dense, kernel, layers: 2, ..Default::default() })
        };
        for (kind, times, bands, classes) in [
            (tempcnn(64, 256, 5), 12, 10, 10),
            (tempcnn(33, 41, 3), 9, 3, 2),
            (tempcnn(33, 40, 7), 23, 1, 9),
            (tempcnn(100, 66, 1), 3, 4, 20),
            (ModelKind::Pixel(PixelOptions::default()), 13, 10, 9),
        ] {
            let shape = testing::shape_of(kind, times, bands, classes);
            let weights = testing::weights(&shape);
            let series = testing::series(&shape, 101);
            let halved = shape.ready_in_bf16(&weights).unwrap().logits(Input::whole(&series));
            let whole = shape.ready(&weights).logits(Input::whole(&series));
            let largest = whole.iter().fold(0.0f32, |m, v| m.max(v.abs()));
            let far = halved.iter().zip(&whole).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            println!(
                "{times} dates, {bands} bands: off by {:.2} % of the largest logit",
                100.0 * far / largest
            );
            assert!(far < 0.02 * largest, "{times} {bands}: {far} of {largest}");
        }
    }
}
