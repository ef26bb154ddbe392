//! Convolution over time with fewer multiplications (Toom 1963, Cook 1966, Winograd 1980; Lavin and Gray 2016, "Fast
//! algorithms for convolutional neural networks").
//!
//! A tile of `m` dates out takes `n = m + kernel - 1` dates in. Seen as polynomials, a kernel slid over a tile is a product
//! that `n` values determine: those at 0, at infinity, and at pairs of ±a. So a tile goes to its points (sums of its dates),
//! each point has a product of `channels x filters` of its own, and sums over the points give the dates out: `n` products
//! instead of `m * kernel`. Channels lie side by side, so all sums run over whole vectors.
//!
//! With 8 points a kernel of 5 takes 2 products a date, with 10 points 1.67. The pairs of 10 points are those of least error
//! among pairs of short fractions (tried by simulation: 0.9e-6 of the spread of the output, root mean square; the usual
//! 1, 2, 1/2, 4 have 3.2e-6); more points are no longer good to five digits.

use super::engine::{Finish, Packed, Rows, View, machine, product_into};
use pulp::{Simd, WithSimd};
use std::cell::RefCell;

const EIGHT: Points<3> = Points::new([0.5, 1.0, 2.0]);
const TEN: Points<4> = Points::new([0.5, 0.75, 1.25, 2.5]);
/// Tiles that go through the products together: whole register tiles, and their points stay in the cache.
const TILES: usize = 48;
/// Values to which rows are filled up: a line of the cache, and whole vectors of any width.
const LINE: usize = 16;

/// Where the tiles are evaluated, and what takes dates to points and back.
struct Points<const P: usize> {
    /// a of each pair.
    at: [f32; P],
    squares: [f32; P],
    /// Coefficients, by powers of x², of the product of x² - b² over all other pairs; the last is 1.
    others: [[f32; P]; P],
    /// The same over all pairs, without the leading 1.
    all: [f32; P],
    /// What the Lagrange polynomials of each pair, and of 0, are divided by; it goes into the kernel.
    divisors: [f64; P],
    divisor: f64,
}

impl<const P: usize> Points<P> {
    /// Before the program runs; so without what waits to be constant in the language.
    const fn new(at: [f32; P]) -> Self {
        let (mut squares, mut others) = ([0.0; P], [[0.0; P]; P]);
        let (mut divisors, mut divisor) = ([0.0; P], 1.0);
        let mut i = 0;
        while i < P {
            let a = at[i] as f64;
            squares[i] = (a * a) as f32;
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
        Self { at, squares, others, all: narrow(of_roots(at, P)), divisors, divisor }
    }

    /// What each tap of a kernel is multiplied with, a row a point: 0, infinity, +a, -a, and on.
    fn of_kernel(&self, kernel: usize) -> Vec<Vec<f32>> {
        let powers = |a: f64, divisor: f64| -> Vec<f32> {
            (0..kernel).map(|k| (a.powi(k as i32) / divisor) as f32).collect()
        };
        let mut infinity = vec![0.0; kernel];
        infinity[kernel - 1] = 1.0;
        let mut rows = vec![powers(0.0, self.divisor), infinity];
        for (a, divisor) in self.at.iter().zip(self.divisors) {
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

/// How a convolution is cut into tiles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cut {
    kernel: usize,
    channels: usize,
    filters: usize,
    points: usize,
}

impl Cut {
    /// The best cut for series of `times` dates, or `None` where a direct convolution is about as fast (or the kernel even).
    pub fn of(kernel: usize, channels: usize, filters: usize, times: usize) -> Option<Self> {
        if kernel.is_multiple_of(2) {
            return None;
        }
        let products =
            |points: usize| (points > kernel).then(|| (times.div_ceil(points + 1 - kernel) * points, points));
        let (products, points) = [8, 10].into_iter().filter_map(products).min()?;
        // In vectors: going to the points and back costs about six operations a point, measured.
        let [from, to] = [channels, filters].map(|n| n.div_ceil(LINE));
        let cost = products * (channels * to + 6 * (from + to));
        (cost * 6 < times * kernel * channels * to * 5).then_some(Self { kernel, channels, filters, points })
    }

    /// Dates out of a tile.
    fn dates(&self) -> usize {
        self.points + 1 - self.kernel
    }

    /// Dates that the kernel spans.
    pub fn taps(&self) -> usize {
        self.kernel
    }

    /// Values of the points of a kernel.
    pub fn values(&self) -> usize {
        self.points * self.channels * self.filters
    }

    /// What takes a kernel to its points, a row of factors a point.
    fn of_kernel(&self) -> Vec<Vec<f32>> {
        if self.points == 8 { EIGHT.of_kernel(self.kernel) } else { TEN.of_kernel(self.kernel) }
    }
}

/// Memory for the points of some tiles.
#[derive(Default)]
struct Scratch {
    input: Aligned,
    output: Aligned,
    packed: Packed,
}

thread_local! {
    /// Kept from one convolution to the next; no convolution is within another.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Values whose first of use lies at the start of a cache line.
#[derive(Default)]
struct Aligned(Vec<f32>);

impl Aligned {
    fn room(&mut self, len: usize) -> &mut [f32] {
        if self.0.len() < len + LINE {
            self.0.resize(len + LINE, 0.0);
        }
        let start = self.0.as_ptr().align_offset(4 * LINE).min(LINE);
        &mut self.0[start..start + len]
    }
}

/// Values of a row of points, and from a point to the next: one line more than the rows, so that points do not share the
/// places of the cache.
fn strides(channels: usize) -> (usize, usize) {
    let row = channels.next_multiple_of(LINE);
    (row, TILES * row + LINE)
}

/// A kernel made ready: a right side a point.
pub(super) struct Kernel {
    cut: Cut,
    sides: Vec<Packed>,
    /// A point of the kernel, before it is packed.
    point: Vec<f32>,
}

impl Kernel {
    /// Of no weight yet.
    pub fn new(cut: Cut) -> Self {
        Self { cut, sides: Vec::new(), point: Vec::new() }
    }

    pub fn cut(&self) -> Cut {
        self.cut
    }

    /// Takes in a weight, `kernel * channels x filters`.
    pub fn fill(&mut self, weight: &[f32]) {
        let Cut { channels, filters, points, .. } = self.cut;
        self.sides.resize_with(points, Packed::default);
        self.point.resize(channels * filters, 0.0);
        for (row, side) in self.cut.of_kernel().iter().zip(&mut self.sides) {
            let mut taps = row.iter().zip(weight.chunks_exact(channels * filters));
            if let Some((factor, tap)) = taps.next() {
                self.point.iter_mut().zip(tap).for_each(|(p, w)| *p = factor * w);
            }
            for (factor, tap) in taps.filter(|(factor, _)| **factor != 0.0) {
                self.point.iter_mut().zip(tap).for_each(|(p, w)| *p += factor * w);
            }
            side.fill(View::of(&self.point, channels, filters));
        }
    }

    /// The convolution of `samples` samples with the same padding: `from.run` dates each, rows of `channels` values in
    /// `input` and of `filters` in `out`. Dates before the first and after the last are zero, whatever lies there.
    ///
    /// # Panics
    /// Where rows reach out of their values or `finish.shift` is neither empty nor as long as the filters: the networks' own
    /// fault, never the input's.
    pub fn convolve(
        &self,
        (input, from): (&[f32], Rows),
        samples: usize,
        finish: Finish,
        (out, to): (&mut [f32], Rows),
    ) {
        let Cut { channels, filters, points, .. } = self.cut;
        let tiles = samples * from.run.div_ceil(self.cut.dates());
        let (row, point) = strides(channels);
        let (row_out, point_out) = strides(filters);
        SCRATCH.with_borrow_mut(|scratch| {
            let into = scratch.input.room(points * point);
            let of = scratch.output.room(points * point_out);
            for first in (0..tiles).step_by(TILES) {
                let count = TILES.min(tiles - first);
                let part = Part { cut: self.cut, first, count };
                machine().dispatch(InputToPoints { part, values: input, rows: from, points: into });
                let sides = into.chunks_exact(point).zip(of.chunks_exact_mut(point_out)).zip(&self.sides);
                for ((lhs, to), side) in sides {
                    let lhs = View { row_stride: row, ..View::of(lhs, count, channels) };
                    product_into(lhs, side, to, row_out, false);
                }
                machine().dispatch(PointsToOutput { part, points: of, finish, out, rows: to });
            }
        });
    }
}

/// Adds to `sums`, a matrix of `channels x filters` a point, what the gradient by the output of a convolution of `samples`
/// samples gives for the gradient by its weight; `begin` where nothing is there yet. Rows lie as in [`Kernel::convolve`].
pub(super) fn add_by_points(
    cut: Cut,
    (input, from): (&[f32], Rows),
    (gradient, to): (&[f32], Rows),
    samples: usize,
    sums: &mut [f32],
    begin: bool,
) {
    let Cut { channels, filters, points, .. } = cut;
    let tiles = samples * from.run.div_ceil(cut.dates());
    let (row, point) = strides(channels);
    let (row_out, point_out) = strides(filters);
    SCRATCH.with_borrow_mut(|Scratch { input: into, output: of, packed }| {
        let into = into.room(points * point);
        let of = of.room(points * point_out);
        for first in (0..tiles).step_by(TILES) {
            let count = TILES.min(tiles - first);
            let part = Part { cut, first, count };
            machine().dispatch(InputToPoints { part, values: input, rows: from, points: into });
            machine().dispatch(GradientToPoints { part, values: gradient, rows: to, points: of });
            let sides = into.chunks_exact(point).zip(of.chunks_exact(point_out));
            for ((lhs, rhs), sum) in sides.zip(sums.chunks_exact_mut(channels * filters)) {
                packed.fill(View { row_stride: row_out, ..View::of(rhs, count, filters) });
                let lhs = View { row_stride: row, ..View::of(lhs, count, channels) };
                product_into(lhs.transposed(), packed, sum, filters, !begin || first > 0);
            }
        }
    });
}

/// The gradient by tap `tap` of a weight, `channels x filters`, from what [`add_by_points`] has summed.
pub(super) fn by_tap(cut: Cut, sums: &[f32], tap: usize, to: &mut [f32]) {
    to.fill(0.0);
    for (row, sum) in cut.of_kernel().iter().zip(sums.chunks_exact(cut.channels * cut.filters)) {
        to.iter_mut().zip(sum).for_each(|(t, s)| *t += row[tap] * s);
    }
}

/// Some tiles: `count` from `first` on, numbered through the samples.
#[derive(Clone, Copy)]
struct Part {
    cut: Cut,
    first: usize,
    count: usize,
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
struct InputToPoints<'a> {
    part: Part,
    values: &'a [f32],
    rows: Rows,
    points: &'a mut [f32],
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
struct PointsToOutput<'a> {
    part: Part,
    points: &'a [f32],
    finish: Finish<'a>,
    out: &'a mut [f32],
    rows: Rows,
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
        let floor = simd.splat_f32s(if finish.relu { 0.0 } else { f32::NEG_INFINITY });
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
                        let value = simd.max_f32s(value, floor);
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
struct GradientToPoints<'a> {
    part: Part,
    values: &'a [f32],
    rows: Rows,
    points: &'a mut [f32],
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

#[cfg(test)]
mod tests {
    use super::super::engine::on_each_machine;
    use super::*;

    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0).collect()
    }

    /// A convolution with the same padding, its samples without anything between them: the definition, in f64.
    fn plain(cut: Cut, times: usize, x: &[f32], weight: &[f32]) -> Vec<f64> {
        let Cut { kernel, channels, filters, .. } = cut;
        let mut out = vec![0.0; x.len() / channels * filters];
        for (x, out) in x.chunks(times * channels).zip(out.chunks_mut(times * filters)) {
            for (t, out) in out.chunks_mut(filters).enumerate() {
                for k in 0..kernel {
                    let Some(at) = (t + k).checked_sub(kernel / 2).filter(|at| *at < times) else { continue };
                    for c in 0..channels {
                        let row = &weight[(k * channels + c) * filters..][..filters];
                        let x = f64::from(x[at * channels + c]);
                        out.iter_mut().zip(row).for_each(|(o, w)| *o += x * f64::from(*w));
                    }
                }
            }
        }
        out
    }

    fn apart(got: &[f32], expected: &[f64]) -> f64 {
        assert_eq!(got.len(), expected.len());
        let largest = expected.iter().fold(0.0f64, |a, v| a.max(v.abs()));
        got.iter().zip(expected).fold(0.0f64, |a, (g, e)| a.max((f64::from(*g) - e).abs())) / largest
    }

    /// How far apart sums may be, as a share of the largest: rounding grows with the points.
    fn limit(cut: Cut) -> f64 {
        if cut.points == 8 { 1e-5 } else { 4e-5 }
    }

    const CUTS: [(usize, usize); 7] = [(3, 8), (3, 10), (5, 8), (5, 10), (7, 8), (7, 10), (9, 10)];

    proptest::proptest! {
        #[test]
        fn a_convolution_by_points_is_the_sum_of_products(
            times in 1usize..30, samples in 1usize..20, channels in 1usize..40, filters in 1usize..70,
            which in 0..CUTS.len(), gap in 0usize..5, shifted in proptest::bool::ANY,
            relu in proptest::bool::ANY, add in proptest::bool::ANY,
        ) {
            let (kernel, points) = CUTS[which];
            let cut = Cut { kernel, channels, filters, points };
            let x = numbers(samples * times * channels, 1);
            let weight = numbers(kernel * channels * filters, 2);
            let shift = numbers(if shifted { filters } else { 0 }, 3);
            let mut expected = plain(cut, times, &x, &weight);
            for row in expected.chunks_mut(filters) {
                row.iter_mut().zip(&shift).for_each(|(e, s)| *e += f64::from(*s));
                row.iter_mut().for_each(|e| *e = if relu { e.max(0.0) } else { *e });
                row.iter_mut().for_each(|e| *e += if add { 0.5 } else { 0.0 });
            }
            // What lies before, between and after samples is not read, and stays as it is.
            let spread = |values: &[f32], each: usize| -> (Vec<f32>, Rows) {
                let mut all = vec![f32::NAN; gap];
                for sample in values.chunks(times * each) {
                    all.extend_from_slice(sample);
                    all.extend(vec![f32::NAN; gap]);
                }
                (all, Rows { offset: gap, run: times, stride: each, jump: times * each + gap })
            };
            let (x, from) = spread(&x, channels);
            let (mut out, to) = spread(&vec![0.5; samples * times * filters], filters);
            let mut ready = Kernel::new(cut);
            ready.fill(&numbers(weight.len(), 9));
            ready.fill(&weight);
            ready.convolve((&x, from), samples, Finish { shift: &shift, relu, add }, (&mut out, to));
            let between = out.iter().filter(|v| v.is_nan()).count();
            proptest::prop_assert_eq!(between, (samples + 1) * gap);
            out.retain(|v| !v.is_nan());
            if expected.iter().any(|e| *e != 0.0) {
                let apart = apart(&out, &expected);
                proptest::prop_assert!(apart < limit(cut), "{:?}: {}", cut, apart);
            }
        }
    }

    #[test]
    fn the_gradient_by_the_weight_is_what_products_move_by() {
        for (kernel, points) in CUTS {
            for (times, samples, channels, filters) in
                [(12, 30, 20, 33), (1, 3, 4, 16), (5, 7, 16, 5), (13, 9, 1, 1)]
            {
                let cut = Cut { kernel, channels, filters, points };
                let x = numbers(2 * samples * times * channels, 1);
                let gradient = numbers(2 * samples * times * filters, 2);
                let (from, to) = (even(times, channels), even(times, filters));
                let mut sums = vec![f32::NAN; cut.values()];
                let halves = x.chunks(x.len() / 2).zip(gradient.chunks(gradient.len() / 2));
                for (i, (x, gradient)) in halves.enumerate() {
                    add_by_points(cut, (x, from), (gradient, to), samples, &mut sums, i == 0);
                }
                let mut got = vec![f32::NAN; kernel * channels * filters];
                for (tap, to) in got.chunks_mut(channels * filters).enumerate() {
                    by_tap(cut, &sums, tap, to);
                }
                // The loss is the sum of gradient times output, which is linear in the weight.
                let mut weight = vec![0.0; got.len()];
                let mut expected = Vec::new();
                for i in 0..weight.len() {
                    weight[i] = 1.0;
                    let out = plain(cut, times, &x, &weight);
                    expected.push(out.iter().zip(&gradient).map(|(o, g)| o * f64::from(*g)).sum::<f64>());
                    weight[i] = 0.0;
                }
                let apart = apart(&got, &expected);
                assert!(apart < limit(cut), "{cut:?}, {times} dates: {apart}");
            }
        }
    }

    fn even(times: usize, each: usize) -> Rows {
        Rows { offset: 0, run: times, stride: each, jump: times * each }
    }

    #[test]
    fn every_machine_convolves_alike() {
        let (times, samples) = (13, 9);
        for (kernel, points) in CUTS {
            let cut = Cut { kernel, channels: 20, filters: 37, points };
            let x = numbers(samples * times * 20, 1);
            let weight = numbers(kernel * 20 * 37, 2);
            let expected = plain(cut, times, &x, &weight);
            on_each_machine(|name| {
                let mut ready = Kernel::new(cut);
                ready.fill(&weight);
                let mut out = vec![0.0; expected.len()];
                let (from, to) = ((&*x, even(times, 20)), even(times, 37));
                ready.convolve(from, samples, Finish::default(), (&mut out, to));
                let off = apart(&out, &expected);
                assert!(off < limit(cut), "{cut:?} on {name}: {off}");
            });
        }
    }

    #[test]
    fn short_series_and_few_channels_are_left_to_the_direct_convolution() {
        assert_eq!(Cut::of(5, 64, 64, 12), Some(Cut { kernel: 5, channels: 64, filters: 64, points: 10 }));
        assert_eq!(Cut::of(5, 64, 64, 3), Some(Cut { kernel: 5, channels: 64, filters: 64, points: 8 }));
        for (kernel, channels, filters, times) in [
            (5, 64, 64, 1),
            (1, 64, 64, 12),
            (11, 64, 64, 12),
            (5, 1, 64, 12),
            (5, 2, 64, 12),
            (4, 64, 64, 12),
        ] {
            let cut = Cut::of(kernel, channels, filters, times);
            assert_eq!(cut, None, "kernel {kernel}, {channels} to {filters} channels, {times} dates");
        }
    }
}
