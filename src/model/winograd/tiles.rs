//! Tiles of dates to their points and back. Channels lie side by side, so each tile is gone through vector by vector; all rows
//! of a tile are cut to the same number of vectors before, so that nothing is looked after within.

use super::super::engine::{Finish, Rows};
use super::points::{EIGHT, MOST_DATES, Points, TEN};
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
        let mut sample = rows.offset + self.first / a_sample * rows.jump;
        let mut date = self.first % a_sample * dates;
        (0..self.count).map(move |i| {
            let tile = (i, sample, date);
            date += dates;
            if date >= rows.run {
                (sample, date) = (sample + rows.jump, 0);
            }
            tile
        })
    }
}

/// What there is at each point: at zero and infinity, and at pairs of ±a.
#[derive(Clone, Copy)]
struct At<T, const P: usize> {
    ends: [T; 2],
    pairs: [[T; 2]; P],
}

impl<V: Copy, const P: usize> At<&[V], P> {
    /// A vector of each.
    #[inline(always)]
    fn get(&self, at: usize) -> At<V, P> {
        let ends = [self.ends[0][at], self.ends[1][at]];
        let mut pairs = [ends; P];
        for (to, pair) in pairs.iter_mut().zip(self.pairs) {
            *to = [pair[0][at], pair[1][at]];
        }
        At { ends, pairs }
    }
}

/// The points that are written, each a slice of whole vectors.
struct ToPoints<'a, V, const P: usize> {
    ends: [&'a mut [V]; 2],
    pairs: [[&'a mut [V]; 2]; P],
}

impl<'a, V: Copy, const P: usize> ToPoints<'a, V, P> {
    #[inline(always)]
    fn of<S: Simd<f32s = V>>(points: &'a mut [f32], point: usize) -> Self {
        let mut points = points.chunks_exact_mut(point).map(|p| S::as_mut_simd_f32s(p).0);
        let mut next = || points.next().unwrap_or_default();
        Self { ends: [next(), next()], pairs: std::array::from_fn(|_| [next(), next()]) }
    }

    #[inline(always)]
    fn set(&mut self, at: usize, values: At<V, P>) {
        for (to, value) in self.ends.iter_mut().zip(values.ends) {
            to[at] = value;
        }
        for (to, values) in self.pairs.iter_mut().zip(values.pairs) {
            for (to, value) in to.iter_mut().zip(values) {
                to[at] = value;
            }
        }
    }
}

/// The numbers of the points, in all lanes of vectors.
struct Splat<S: Simd, const P: usize> {
    simd: S,
    powers: [[S::f32s; P]; MOST_DATES],
    others: [[S::f32s; P]; P],
    all: [S::f32s; P],
}

impl<S: Simd, const P: usize> Splat<S, P> {
    #[inline(always)]
    fn of(simd: S, points: &Points<P>) -> Self {
        let Points { powers, others, all, .. } = points;
        Self {
            simd,
            powers: splat_each(simd, powers),
            others: splat_each(simd, others),
            all: splat(simd, all),
        }
    }

    /// Dates of the input to their points: the first and the last one, and of those between the odd and the even ones.
    #[inline(always)]
    fn of_input(&self, [first, last]: [S::f32s; 2], odd: [S::f32s; P], even: [S::f32s; P]) -> At<S::f32s, P> {
        let Self { simd, powers, others, all } = self;
        let (mut zero, mut infinity) = (simd.mul_f32s(first, all[0]), last);
        for j in 1..P {
            zero = simd.mul_add_e_f32s(even[j - 1], all[j], zero);
        }
        for j in 0..P {
            infinity = simd.mul_add_e_f32s(odd[j], all[j], infinity);
        }
        let mut pairs = [[zero; 2]; P];
        for ((pair, a), others) in pairs.iter_mut().zip(&powers[1]).zip(others) {
            let (mut evens, mut odds) = (even[P - 1], odd[P - 1]);
            for j in 0..P - 1 {
                evens = simd.mul_add_e_f32s(even[j], others[j], evens);
                odds = simd.mul_add_e_f32s(odd[j], others[j], odds);
            }
            let odds = simd.mul_f32s(odds, *a);
            *pair = [simd.add_f32s(evens, odds), simd.sub_f32s(evens, odds)];
        }
        At { ends: [simd.add_f32s(zero, even[P - 1]), infinity], pairs }
    }

    /// Points to dates of the output.
    #[inline(always)]
    fn to_output<const D: usize>(&self, at: At<S::f32s, P>, shift: S::f32s, relu: bool) -> [S::f32s; D] {
        let Self { simd, powers, .. } = self;
        let mut dates = [shift; D];
        dates[0] = simd.add_f32s(shift, at.ends[0]);
        dates[D - 1] = simd.add_f32s(dates[D - 1], at.ends[1]);
        for (i, [plus, minus]) in at.pairs.into_iter().enumerate() {
            let sums = [simd.add_f32s(plus, minus), simd.sub_f32s(plus, minus)];
            dates[0] = simd.add_f32s(dates[0], sums[0]);
            for j in 1..D {
                dates[j] = simd.mul_add_e_f32s(sums[j % 2], powers[j][i], dates[j]);
            }
        }
        if relu {
            for date in &mut dates {
                *date = simd.max_f32s(*date, simd.splat_f32s(0.0));
            }
        }
        dates
    }

    /// Dates of the gradient by the output to their points.
    #[inline(always)]
    fn of_gradient<const D: usize>(&self, dates: [S::f32s; D]) -> At<S::f32s, P> {
        let Self { simd, powers, .. } = self;
        let mut pairs = [[dates[0]; 2]; P];
        for (i, pair) in pairs.iter_mut().enumerate() {
            let (mut even, mut odd) = (dates[0], simd.mul_f32s(dates[1], powers[1][i]));
            for j in (2..D).step_by(2) {
                even = simd.mul_add_e_f32s(dates[j], powers[j][i], even);
                odd = simd.mul_add_e_f32s(dates[j + 1], powers[j + 1][i], odd);
            }
            *pair = [simd.add_f32s(even, odd), simd.sub_f32s(even, odd)];
        }
        At { ends: [dates[0], dates[D - 1]], pairs }
    }
}

/// The last vectors of rows, of which only so many lanes are there.
#[inline(always)]
fn last<S: Simd, const N: usize>(simd: S, rows: [&[f32]; N], lanes: usize) -> [S::f32s; N] {
    let mut vectors = [simd.splat_f32s(0.0); N];
    for (to, row) in vectors.iter_mut().zip(rows) {
        *to = simd.partial_load_f32s(&row[row.len() - lanes..]);
    }
    vectors
}

/// Takes tiles of dates to their points.
pub(super) struct InputToPoints<'a> {
    pub part: Part,
    pub values: &'a [f32],
    /// A row of zeros.
    pub none: &'a [f32],
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
        let Self { part, values, none, rows, points: out } = self;
        let Cut { kernel, channels, .. } = part.cut;
        let none = &none[..channels];
        let (row, point) = strides(channels);
        let (whole, left) = (channels / S::F32_LANES, channels % S::F32_LANES);
        let mut out = ToPoints::of::<S>(out, point);
        let numbers = Splat::of(simd, points);
        for (tile, sample, date) in part.tiles(rows) {
            let (mut ends, mut odd, mut even) = ([none; 2], [none; P], [none; P]);
            for i in 0..2 * P + 2 {
                let to = match i {
                    0 => &mut ends[0],
                    i if i == 2 * P + 1 => &mut ends[1],
                    i if i % 2 == 1 => &mut odd[i / 2],
                    i => &mut even[i / 2 - 1],
                };
                if let Some(t) = (date + i).checked_sub(kernel / 2).filter(|t| *t < rows.run) {
                    *to = &values[sample + t * rows.stride..][..channels];
                }
            }
            let to = tile * (row / S::F32_LANES);
            let of =
                (vectors::<S, 2>(ends, whole), vectors::<S, P>(odd, whole), vectors::<S, P>(even, whole));
            for i in 0..whole {
                out.set(to + i, numbers.of_input(each(&of.0, i), each(&of.1, i), each(&of.2, i)));
            }
            if left > 0 {
                let of = (last(simd, ends, left), last(simd, odd, left), last(simd, even, left));
                out.set(to + whole, numbers.of_input(of.0, of.1, of.2));
            }
        }
    }
}

/// Work on tiles that is compiled for each number of points and dates that they have.
trait OfDates: Sized {
    fn cut(&self) -> Cut;

    /// With `P` pairs of points and `D` dates a tile.
    fn tiles<S: Simd, const P: usize, const D: usize>(self, simd: S, points: &Points<P>);

    #[inline(always)]
    fn with_dates<S: Simd>(self, simd: S) {
        match (self.cut().points, self.cut().dates()) {
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

/// Takes tiles from their points to dates, adds the shift, and cuts below zero.
pub(super) struct PointsToOutput<'a> {
    pub part: Part,
    pub points: &'a [f32],
    pub finish: Finish<'a>,
    /// A row of zeros.
    pub none: &'a [f32],
    pub out: &'a mut [f32],
    pub rows: Rows,
}

impl WithSimd for PointsToOutput<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.with_dates(simd);
    }
}

impl OfDates for PointsToOutput<'_> {
    fn cut(&self) -> Cut {
        self.part.cut
    }

    #[inline(always)]
    fn tiles<S: Simd, const P: usize, const D: usize>(self, simd: S, points: &Points<P>) {
        let Self { part, points: from, finish, none, out, rows } = self;
        let Cut { filters, .. } = part.cut;
        let (row, point) = strides(filters);
        let (whole, left) = (filters / S::F32_LANES, filters % S::F32_LANES);
        let from = from_points::<S, P>(from, point);
        let shift = if finish.shift.is_empty() { &none[..filters] } else { finish.shift };
        let shifts = &S::as_simd_f32s(shift).0[..whole];
        let numbers = Splat::of(simd, points);
        for (tile, sample, date) in part.tiles(rows) {
            let (start, within) = (sample + date * rows.stride, D.min(rows.run - date));
            let at = tile * (row / S::F32_LANES);
            let mut to: [&mut [S::f32s]; D] = std::array::from_fn(|_| Default::default());
            for (to, row) in to.iter_mut().zip(out[start..].chunks_mut(rows.stride)).take(within) {
                *to = S::as_mut_simd_f32s(&mut row[..filters]).0;
            }
            for (i, shift) in shifts.iter().enumerate() {
                let dates: [_; D] = numbers.to_output(from.get(at + i), *shift, finish.relu);
                for (to, date) in to.iter_mut().zip(dates) {
                    // Dates after the last have no row.
                    if let Some(to) = to.get_mut(i) {
                        *to = if finish.add { simd.add_f32s(*to, date) } else { date };
                    }
                }
            }
            if left > 0 {
                let shift = simd.partial_load_f32s(&shift[filters - left..]);
                let dates: [_; D] = numbers.to_output(from.get(at + whole), shift, finish.relu);
                for (j, date) in dates.into_iter().enumerate().take(within) {
                    let to = &mut out[start + j * rows.stride + filters - left..][..left];
                    let before = simd.partial_load_f32s(to);
                    simd.partial_store_f32s(to, if finish.add { simd.add_f32s(before, date) } else { date });
                }
            }
        }
    }
}

/// Takes tiles of the gradient by the output to their points: the way back of [`PointsToOutput`].
pub(super) struct GradientToPoints<'a> {
    pub part: Part,
    pub values: &'a [f32],
    /// A row of zeros.
    pub none: &'a [f32],
    pub rows: Rows,
    pub points: &'a mut [f32],
}

impl WithSimd for GradientToPoints<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.with_dates(simd);
    }
}

impl OfDates for GradientToPoints<'_> {
    fn cut(&self) -> Cut {
        self.part.cut
    }

    #[inline(always)]
    fn tiles<S: Simd, const P: usize, const D: usize>(self, simd: S, points: &Points<P>) {
        let Self { part, values, none, rows, points: out } = self;
        let Cut { filters, .. } = part.cut;
        let none = &none[..filters];
        let (row, point) = strides(filters);
        let (whole, left) = (filters / S::F32_LANES, filters % S::F32_LANES);
        let mut out = ToPoints::of::<S>(out, point);
        let numbers = Splat::of(simd, points);
        for (tile, sample, date) in part.tiles(rows) {
            let mut dates = [none; D];
            for (i, to) in dates.iter_mut().enumerate().take(rows.run - date) {
                *to = &values[sample + (date + i) * rows.stride..][..filters];
            }
            let (to, of) = (tile * (row / S::F32_LANES), vectors::<S, D>(dates, whole));
            for i in 0..whole {
                out.set(to + i, numbers.of_gradient(each(&of, i)));
            }
            if left > 0 {
                out.set(to + whole, numbers.of_gradient(last(simd, dates, left)));
            }
        }
    }
}

/// Rows as so many whole vectors.
#[inline(always)]
fn vectors<S: Simd, const N: usize>(rows: [&[f32]; N], whole: usize) -> [&[S::f32s]; N] {
    let mut vectors: [&[S::f32s]; N] = [&[]; N];
    for (to, row) in vectors.iter_mut().zip(rows) {
        *to = &S::as_simd_f32s(row).0[..whole];
    }
    vectors
}

/// A vector of each of some rows.
#[inline(always)]
fn each<V: Copy, const N: usize>(rows: &[&[V]; N], at: usize) -> [V; N] {
    let mut vectors = [rows[0][at]; N];
    for (to, row) in vectors.iter_mut().zip(rows) {
        *to = row[at];
    }
    vectors
}

/// The points that are read, each a slice of whole vectors.
#[inline(always)]
fn from_points<S: Simd, const P: usize>(points: &[f32], point: usize) -> At<&[S::f32s], P> {
    let mut points = points.chunks_exact(point).map(|p| S::as_simd_f32s(p).0);
    let mut next = || points.next().unwrap_or_default();
    At { ends: [next(), next()], pairs: std::array::from_fn(|_| [next(), next()]) }
}

#[inline(always)]
fn splat<S: Simd, const P: usize>(simd: S, values: &[f32; P]) -> [S::f32s; P] {
    let mut all = [simd.splat_f32s(0.0); P];
    for (to, v) in all.iter_mut().zip(values) {
        *to = simd.splat_f32s(*v);
    }
    all
}

#[inline(always)]
fn splat_each<S: Simd, const P: usize, const N: usize>(simd: S, values: &[[f32; P]; N]) -> [[S::f32s; P]; N] {
    let mut all = [[simd.splat_f32s(0.0); P]; N];
    for (to, values) in all.iter_mut().zip(values) {
        *to = splat(simd, values);
    }
    all
}
