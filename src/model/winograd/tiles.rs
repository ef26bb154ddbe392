//! Tiles to their points and back: sums over dates, channels side by side.

use super::super::engine::{Finish, Rows};
use super::points::{EIGHT, Points, TEN};
use super::{Cut, LINE};
use pulp::{Simd, WithSimd};

/// Tiles that go through the products together: whole register tiles, and their points stay in the cache.
pub(super) const TILES: usize = 48;

/// Values of a row of points, and from a point to the next: one line more than the rows, so that points do not share the
/// places of the cache.
pub(super) fn strides(channels: usize) -> (usize, usize) {
    let row = channels.next_multiple_of(LINE);
    (row, TILES * row + LINE)
}

/// Some tiles: `count` from `first` on, numbered through the samples.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub cut: Cut,
    pub first: usize,
    pub count: usize,
}

impl Part {
    /// Each tile: its number in the part, where its sample starts in `rows`, and its first date out.
    #[inline(always)]
    fn tiles(self, rows: Rows) -> impl Iterator<Item = (usize, usize, usize)> {
        let (dates, a_sample) = (self.cut.dates(), rows.run.div_ceil(self.cut.dates()));
        (0..self.count).map(move |i| {
            let tile = self.first + i;
            (i, rows.offset + tile / a_sample * rows.jump, tile % a_sample * dates)
        })
    }
}

/// Takes tiles of dates to their points.
pub(super) struct InputToPoints<'a> {
    pub part: Part,
    pub values: &'a [f32],
    pub rows: Rows,
    pub points: &'a mut [f32],
}

impl WithSimd for InputToPoints<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.part.cut.points {
            8 => self.tiles(simd, &EIGHT),
            _ => self.tiles(simd, &TEN),
        }
    }
}

impl InputToPoints<'_> {
    #[inline(always)]
    fn tiles<S: Simd, const P: usize>(self, simd: S, points: &Points<P>) {
        let Self { part, values, rows, points: out } = self;
        let Cut { kernel, channels, .. } = part.cut;
        let (row, point) = strides(channels);
        let mut out = out.chunks_exact_mut(point).map(|p| S::as_mut_simd_f32s(p).0);
        let mut next = || out.next().unwrap_or_default();
        let (at_zero, at_infinity) = (next(), next());
        let mut pairs: [[&mut [S::f32s]; 2]; P] = std::array::from_fn(|_| [next(), next()]);
        let (at, all) = (splat(simd, points.at), splat(simd, points.all));
        let mut others = [at; P];
        for (to, others) in others.iter_mut().zip(points.others) {
            *to = splat(simd, others);
        }
        for (tile, sample, date) in part.tiles(rows) {
            let mut dated: [&[f32]; 10] = [&[]; 10];
            for (i, row) in dated[..2 * P + 2].iter_mut().enumerate() {
                match (date + i).checked_sub(kernel / 2) {
                    Some(t) if t < rows.run => *row = &values[sample + t * rows.stride..][..channels],
                    _ => {}
                }
            }
            for (i, c) in (0..channels).step_by(S::F32_LANES).enumerate() {
                let to = tile * (row / S::F32_LANES) + i;
                let mut zero = load(simd, dated[0], c);
                let mut infinity = load(simd, dated[2 * P + 1], c);
                let (mut high, mut low) = (at, at);
                for j in 0..P {
                    high[j] = load(simd, dated[2 * j + 2], c);
                    low[j] = load(simd, dated[2 * j + 1], c);
                }
                zero = simd.mul_f32s(zero, all[0]);
                for j in 1..P {
                    zero = simd.mul_add_e_f32s(high[j - 1], all[j], zero);
                }
                for j in 0..P {
                    infinity = simd.mul_add_e_f32s(low[j], all[j], infinity);
                }
                at_zero[to] = simd.add_f32s(zero, high[P - 1]);
                at_infinity[to] = infinity;
                for ((pair, a), others) in pairs.iter_mut().zip(at).zip(others) {
                    let (mut even, mut odd) = (high[P - 1], low[P - 1]);
                    for j in 0..P - 1 {
                        even = simd.mul_add_e_f32s(high[j], others[j], even);
                        odd = simd.mul_add_e_f32s(low[j], others[j], odd);
                    }
                    let odd = simd.mul_f32s(odd, a);
                    pair[0][to] = simd.add_f32s(even, odd);
                    pair[1][to] = simd.sub_f32s(even, odd);
                }
            }
        }
    }
}

/// Takes tiles from their points to dates, adds the shift, and cuts below zero.
pub(super) struct PointsToOutput<'a> {
    pub part: Part,
    pub points: &'a [f32],
    pub finish: Finish<'a>,
    pub out: &'a mut [f32],
    pub rows: Rows,
}

impl WithSimd for PointsToOutput<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match (self.part.cut.points, self.part.cut.dates()) {
            (8, 2) => self.tiles::<S, 3, 2>(simd, &EIGHT),
            (8, 4) => self.tiles::<S, 3, 4>(simd, &EIGHT),
            (8, _) => self.tiles::<S, 3, 6>(simd, &EIGHT),
            (_, 2) => self.tiles::<S, 4, 2>(simd, &TEN),
            (_, 4) => self.tiles::<S, 4, 4>(simd, &TEN),
            (_, 6) => self.tiles::<S, 4, 6>(simd, &TEN),
            _ => self.tiles::<S, 4, 8>(simd, &TEN),
        }
    }
}

impl PointsToOutput<'_> {
    /// With `P` pairs of points and `D` dates a tile.
    #[inline(always)]
    fn tiles<S: Simd, const P: usize, const D: usize>(self, simd: S, points: &Points<P>) {
        let Self { part, points: from, finish, out, rows } = self;
        let Cut { filters, .. } = part.cut;
        let (row, point) = strides(filters);
        let mut from = from.chunks_exact(point).map(|p| S::as_simd_f32s(p).0);
        let mut next = || from.next().unwrap_or_default();
        let (at_zero, at_infinity) = (next(), next());
        let pairs: [[&[S::f32s]; 2]; P] = std::array::from_fn(|_| [next(), next()]);
        let (at, squares) = (splat(simd, points.at), splat(simd, points.squares));
        let none = simd.splat_f32s(0.0);
        for (tile, sample, date) in part.tiles(rows) {
            let (start, within) = (sample + date * rows.stride, D.min(rows.run - date));
            for (i, f) in (0..filters).step_by(S::F32_LANES).enumerate() {
                let at_tile = tile * (row / S::F32_LANES) + i;
                let some = S::F32_LANES.min(filters - f);
                let shift = match finish.shift {
                    [] => none,
                    shift => simd.partial_load_f32s(&shift[f..f + some]),
                };
                let (mut even, mut odd) = (at, at);
                for (i, [plus, minus]) in pairs.iter().enumerate() {
                    even[i] = simd.add_f32s(plus[at_tile], minus[at_tile]);
                    odd[i] = simd.mul_f32s(simd.sub_f32s(plus[at_tile], minus[at_tile]), at[i]);
                }
                for j in (0..D).step_by(2) {
                    let mut first = if j == 0 { at_zero[at_tile] } else { none };
                    let mut second = if j + 2 == D { at_infinity[at_tile] } else { none };
                    first = simd.add_f32s(first, shift);
                    second = simd.add_f32s(second, shift);
                    for i in 0..P {
                        first = simd.add_f32s(first, even[i]);
                        second = simd.add_f32s(second, odd[i]);
                        if j + 2 < D {
                            even[i] = simd.mul_f32s(even[i], squares[i]);
                            odd[i] = simd.mul_f32s(odd[i], squares[i]);
                        }
                    }
                    for (j, value) in [(j, first), (j + 1, second)] {
                        if j >= within {
                            break;
                        }
                        let value = if finish.relu { simd.max_f32s(value, none) } else { value };
                        let to = start + j * rows.stride + f;
                        if some == S::F32_LANES {
                            let to = &mut out[to..to + S::F32_LANES];
                            for to in S::as_mut_simd_f32s(to).0 {
                                *to = if finish.add { simd.add_f32s(*to, value) } else { value };
                            }
                        } else {
                            let to = &mut out[to..to + some];
                            let value = if finish.add {
                                simd.add_f32s(simd.partial_load_f32s(to), value)
                            } else {
                                value
                            };
                            simd.partial_store_f32s(to, value);
                        }
                    }
                }
            }
        }
    }
}

/// Takes tiles of the gradient by the output to their points: the way back of [`PointsToOutput`].
pub(super) struct GradientToPoints<'a> {
    pub part: Part,
    pub values: &'a [f32],
    pub rows: Rows,
    pub points: &'a mut [f32],
}

impl WithSimd for GradientToPoints<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.part.cut.points {
            8 => self.tiles(simd, &EIGHT),
            _ => self.tiles(simd, &TEN),
        }
    }
}

impl GradientToPoints<'_> {
    #[inline(always)]
    fn tiles<S: Simd, const P: usize>(self, simd: S, points: &Points<P>) {
        let Self { part, values, rows, points: out } = self;
        let (Cut { filters, .. }, dates) = (part.cut, part.cut.dates());
        let (row, point) = strides(filters);
        let mut out = out.chunks_exact_mut(point).map(|p| S::as_mut_simd_f32s(p).0);
        let mut next = || out.next().unwrap_or_default();
        let (at_zero, at_infinity) = (next(), next());
        let mut pairs: [[&mut [S::f32s]; 2]; P] = std::array::from_fn(|_| [next(), next()]);
        let (at, squares) = (splat(simd, points.at), splat(simd, points.squares));
        let none = [simd.splat_f32s(0.0); P];
        for (tile, sample, date) in part.tiles(rows) {
            let mut dated: [&[f32]; 10] = [&[]; 10];
            for (i, row) in dated[..dates].iter_mut().enumerate().take(rows.run - date) {
                *row = &values[sample + (date + i) * rows.stride..][..filters];
            }
            for (i, f) in (0..filters).step_by(S::F32_LANES).enumerate() {
                let to = tile * (row / S::F32_LANES) + i;
                let (mut even, mut odd) = (none, none);
                for j in (0..dates).step_by(2).rev() {
                    let (first, second) = (load(simd, dated[j], f), load(simd, dated[j + 1], f));
                    for i in 0..P {
                        even[i] = simd.mul_add_e_f32s(even[i], squares[i], first);
                        odd[i] = simd.mul_add_e_f32s(odd[i], squares[i], second);
                    }
                }
                at_zero[to] = load(simd, dated[0], f);
                at_infinity[to] = load(simd, dated[dates - 1], f);
                for (i, pair) in pairs.iter_mut().enumerate() {
                    let odd = simd.mul_f32s(odd[i], at[i]);
                    pair[0][to] = simd.add_f32s(even[i], odd);
                    pair[1][to] = simd.sub_f32s(even[i], odd);
                }
            }
        }
    }
}

#[inline(always)]
fn splat<S: Simd, const P: usize>(simd: S, values: [f32; P]) -> [S::f32s; P] {
    let mut all = [simd.splat_f32s(0.0); P];
    for (to, v) in all.iter_mut().zip(values) {
        *to = simd.splat_f32s(v);
    }
    all
}

/// A vector of a row from value `at` on; the last one may be short. A row that is not there is zero.
#[inline(always)]
fn load<S: Simd>(simd: S, row: &[f32], at: usize) -> S::f32s {
    let rest = row.get(at..).unwrap_or_default();
    match S::as_simd_f32s(rest).0 {
        [whole, ..] => *whole,
        [] => simd.partial_load_f32s(rest),
    }
}
