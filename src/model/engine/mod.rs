//! The engine: matrix products over strided views, with the widest SIMD the machine has (found when it runs, through pulp).
//!
//! candle 0.11.1 gets the gradients of `conv1d` wrong on the CPU, copies to unfold, and reads `/proc/cpuinfo` before each
//! product. So the fast path of networks stands on this product alone, and candle holds their `definition`. A view whose
//! rows overlap is a convolution (row r starts one time step after row r - 1 and is `kernel` steps long), and nothing is
//! copied; most convolutions take fewer multiplications than that, see `winograd`, and its products are these too.
//!
//! A product runs on the thread that asks for it: networks share work among threads by samples, in parts whose size does
//! not depend on the number of threads, so that results do not either.

#[cfg(test)]
mod tests;

use pulp::{Arch, Simd, WithSimd};
use std::ops::Range;
#[cfg(test)]
pub(super) use tests::on_each_machine;

/// Rows of a register tile: with 2 vectors across it fills 16 registers, with 4 it fills 32.
pub(super) const TILE: usize = 6;
/// Bytes to which panels are aligned: a line of the cache.
const LINE: usize = 64;

/// The widest SIMD of the machine, or what a test asks for on its thread.
pub(super) fn machine() -> Arch {
    #[cfg(test)]
    if let Some(arch) = tests::FORCED.get() {
        return arch;
    }
    Arch::new()
}

/// The widest instructions that networks are computed with on this machine, for people.
pub fn instructions() -> &'static str {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    match machine() {
        Arch::V4(_) => return "AVX-512",
        Arch::V3(_) => return "AVX2",
        _ => {}
    }
    "portable"
}

/// Runs loops over slices compiled for the SIMD of the machine, where `#[inline(always)]` stands before the closure: without it
/// they may be compiled for any machine, as those of `pulp`'s own `dispatch` may.
pub(super) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    machine().dispatch(work)
}

/// A matrix seen in values: element (r, c) is at `offset + r * row_stride + c * col_stride`. Rows may overlap.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub values: &'a [f32],
    pub offset: usize,
    pub rows: usize,
    pub cols: usize,
    pub row_stride: usize,
    pub col_stride: usize,
}

impl<'a> View<'a> {
    /// All values, row by row.
    pub fn of(values: &'a [f32], rows: usize, cols: usize) -> Self {
        Self { values, offset: 0, rows, cols, row_stride: cols, col_stride: 1 }
    }

    /// The same matrix with rows and columns exchanged.
    pub fn transposed(self) -> Self {
        Self {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
            ..self
        }
    }

    /// Row by row, copied.
    fn collected(&self) -> Vec<f32> {
        let mut out = Vec::with_capacity(self.rows * self.cols);
        for r in 0..self.rows {
            let row = self.values[self.offset + r * self.row_stride..].iter();
            out.extend(row.step_by(self.col_stride.max(1)).take(self.cols));
        }
        out
    }
}

/// A right side made ready: cut into panels of as many columns as a register tile is wide, filled up with zeros.
#[derive(Default)]
pub(super) struct Packed {
    rows: usize,
    cols: usize,
    /// Vectors across a panel.
    vectors: usize,
    /// Where the first panel starts: at the start of a cache line.
    start: usize,
    panels: Vec<f32>,
}

impl Packed {
    pub fn new(view: View) -> Self {
        let mut packed = Self::default();
        packed.fill(view);
        packed
    }

    /// Takes in another matrix, in the memory of the one before where it suffices.
    pub fn fill(&mut self, view: View) {
        let (vectors, lanes) = machine().dispatch(Width { cols: view.cols });
        let width = vectors * lanes;
        let len = view.cols.div_ceil(width) * width * view.rows + LINE / 4;
        if (self.rows, self.cols) != (view.rows, view.cols) || self.panels.len() < len {
            self.panels.clear();
            self.panels.resize(len, 0.0);
        }
        let start = self.panels.as_ptr().align_offset(LINE).min(LINE / 4);
        for (i, panel) in self.panels[start..].chunks_exact_mut((width * view.rows).max(1)).enumerate() {
            let first = i * width;
            if first >= view.cols {
                break;
            }
            let take = width.min(view.cols - first);
            if view.col_stride == 1 {
                for (r, row) in panel.chunks_exact_mut(width).enumerate() {
                    let from = &view.values[view.offset + r * view.row_stride + first..];
                    row[..take].copy_from_slice(&from[..take]);
                }
            } else if view.row_stride == 1 {
                // A transposed matrix is read along its rows, a few at a time, so that lines of the cache are used up.
                for r in (0..view.rows).step_by(LINE / 4) {
                    let some = (LINE / 4).min(view.rows - r);
                    for c in 0..take {
                        let at = view.offset + r + (first + c) * view.col_stride;
                        let to = panel[r * width + c..].iter_mut().step_by(width);
                        to.zip(&view.values[at..at + some]).for_each(|(to, from)| *to = *from);
                    }
                }
            } else {
                for (r, row) in panel.chunks_exact_mut(width).enumerate() {
                    let from = &view.values[view.offset + r * view.row_stride + first * view.col_stride..];
                    let from = from.iter().step_by(view.col_stride.max(1));
                    row[..take].iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                }
            }
        }
        (self.rows, self.cols, self.vectors, self.start) = (view.rows, view.cols, vectors, start);
    }
}

/// Where the rows of a matrix lie in values: runs of rows evenly apart (the dates of a sample), and the runs evenly apart
/// too (the samples).
#[derive(Clone, Copy)]
pub(super) struct Rows {
    /// Where the first row starts.
    pub offset: usize,
    /// Rows of a run.
    pub run: usize,
    /// From a row to the next one of its run.
    pub stride: usize,
    /// From a run to the next.
    pub jump: usize,
}

impl Rows {
    /// Rows evenly apart.
    pub fn even(offset: usize, stride: usize) -> Self {
        Self { offset, run: usize::MAX, stride, jump: 0 }
    }

    /// Where the rows of a register tile start, from `row` on; those after `last` lie as that one does.
    #[inline(always)]
    pub fn tile(&self, row: usize, last: usize) -> [usize; TILE] {
        let (mut run, mut step) = if row < self.run { (0, row) } else { (row / self.run, row % self.run) };
        let mut at = self.offset + run * self.jump + step * self.stride;
        let mut starts = [at; TILE];
        if row + TILE <= last + 1 && self.run - step >= TILE {
            // Of most tiles. Where this wraps, the row is out of range, and found to be.
            for start in &mut starts[1..] {
                at = at.wrapping_add(self.stride);
                *start = at;
            }
            return starts;
        }
        for (r, start) in starts.iter_mut().enumerate() {
            *start = self.offset + run * self.jump + step * self.stride;
            if row + r < last {
                step += 1;
                if step == self.run {
                    (run, step) = (run + 1, 0);
                }
            }
        }
        starts
    }
}

/// What becomes of the sums of a product before they are written.
#[derive(Clone, Copy, Default)]
pub(super) struct Finish<'a> {
    /// Added to each row; nothing where it is empty.
    pub shift: &'a [f32],
    /// Whether what is below zero becomes zero.
    pub relu: bool,
    /// Whether the result is added to what is there.
    pub add: bool,
}

/// The product of `count` rows of `values`, each as long as `rhs` has rows, written to `out` where `to` says; what lies
/// between the rows stays as it is. Nothing is allocated.
///
/// # Panics
/// As [`product`], and where there is a `shift` that is not as long as a row of the result.
pub(super) fn product_to(
    values: &[f32],
    from: Rows,
    count: usize,
    rhs: &Packed,
    finish: Finish,
    (out, to): (&mut [f32], Rows),
) {
    assert!(finish.shift.is_empty() || finish.shift.len() == rhs.cols, "a shift is not as long as the rows");
    if count > 0 {
        let lhs = Lhs::Rows(from);
        machine().dispatch(Product { values, lhs, count, rhs, finish, out, to });
    }
}

/// The product of two matrices, row by row.
///
/// # Panics
/// Where the inner sizes differ or a view reaches out of its values: the networks' own fault, never the input's.
pub(super) fn product(lhs: View, rhs: &Packed) -> Vec<f32> {
    let mut out = vec![0.0; lhs.rows * rhs.cols];
    product_into(lhs, rhs, &mut out, rhs.cols, false);
    out
}

/// [`product`] into `out`, whose rows start `stride` values apart; with `add`, added to what is there.
///
/// # Panics
/// As [`product`], and where `out` is too short.
pub(super) fn product_into(lhs: View, rhs: &Packed, out: &mut [f32], stride: usize, add: bool) {
    assert_eq!(lhs.cols, rhs.rows, "the inner sizes of a product differ");
    if lhs.rows == 0 || rhs.cols == 0 {
        return;
    }
    assert!(
        stride >= rhs.cols && out.len() >= (lhs.rows - 1) * stride + rhs.cols,
        "a product needs more room"
    );
    // Rows whose values lie side by side, or columns; of others, and of the lowest ones, a copy does.
    let copy;
    let (values, left) = if lhs.col_stride == 1 {
        (lhs.values, Lhs::Rows(Rows::even(lhs.offset, lhs.row_stride)))
    } else if lhs.row_stride == 1 && lhs.rows >= TILE {
        (lhs.values, Lhs::Columns { offset: lhs.offset, stride: lhs.col_stride })
    } else {
        copy = lhs.collected();
        (copy.as_slice(), Lhs::Rows(Rows::even(0, lhs.cols)))
    };
    let (finish, to) = (Finish { add, ..Finish::default() }, Rows::even(0, stride));
    machine().dispatch(Product { values, lhs: left, count: lhs.rows, rhs, finish, out, to });
}

/// Vectors across a register tile.
const fn vectors<S: Simd>() -> usize {
    if S::REGISTER_COUNT >= 32 { 4 } else { 2 }
}

/// Asks for the width of a register tile for `cols` columns: vectors, and values a vector.
struct Width {
    cols: usize,
}

impl WithSimd for Width {
    type Output = (usize, usize);

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> (usize, usize) {
        let needed = self.cols.div_ceil(S::F32_LANES).max(1).next_power_of_two();
        (vectors::<S>().min(needed), S::F32_LANES)
    }
}

/// How the rows of a left side lie: the values of each side by side, or the rows side by side and their values `stride`
/// apart.
#[derive(Clone, Copy)]
enum Lhs {
    Rows(Rows),
    Columns { offset: usize, stride: usize },
}

struct Product<'a> {
    values: &'a [f32],
    lhs: Lhs,
    count: usize,
    rhs: &'a Packed,
    finish: Finish<'a>,
    out: &'a mut [f32],
    to: Rows,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.rhs.vectors {
            1 => self.tiles::<S, 1>(simd),
            2 => self.tiles::<S, 2>(simd),
            _ => self.tiles::<S, 4>(simd),
        }
    }
}

impl Product<'_> {
    #[inline(always)]
    fn tiles<S: Simd, const VECTORS: usize>(self, simd: S) {
        let Self { values, lhs, count, rhs, finish, out, to } = self;
        let width = VECTORS * S::F32_LANES;
        let panels = rhs.panels[rhs.start..].chunks_exact((width * rhs.rows).max(1));
        for (panel, first) in panels.zip((0..rhs.cols).step_by(width)) {
            let (panel, _) = S::as_simd_f32s(panel).0.as_chunks::<VECTORS>();
            let take = width.min(rhs.cols - first);
            let plain = finish.shift.is_empty() && !finish.relu && !finish.add;
            let mut end = End { shift: [simd.splat_f32s(0.0); VECTORS], finish, plain, take, rows: 0..TILE };
            if !finish.shift.is_empty() {
                let shift = finish.shift[first..first + take].chunks(S::F32_LANES);
                for (to, from) in end.shift.iter_mut().zip(shift) {
                    *to = simd.partial_load_f32s(from);
                }
            }
            for next in (0..count).step_by(TILE) {
                // The last tile goes over some rows of the one before it once more, and leaves them as they are.
                let row = next.min(count.saturating_sub(TILE));
                end.rows = next - row..count - row;
                let sums = match lhs {
                    Lhs::Rows(from) => {
                        let starts = from.tile(row, count - 1);
                        let mut rows = [values; TILE];
                        for (row, start) in rows.iter_mut().zip(starts) {
                            *row = &values[start..start + rhs.rows];
                        }
                        by_rows(simd, rows, panel)
                    }
                    Lhs::Columns { offset, stride } => {
                        by_columns(simd, &values[offset + row..], stride, panel)
                    }
                };
                // Row by row by hand: an array that is gone through would go through memory.
                let ([a, b, c, d, e, f], at) = (sums, to.tile(row, count - 1));
                end.write(simd, a, 0, out, at[0] + first);
                end.write(simd, b, 1, out, at[1] + first);
                end.write(simd, c, 2, out, at[2] + first);
                end.write(simd, d, 3, out, at[3] + first);
                end.write(simd, e, 4, out, at[4] + first);
                end.write(simd, f, 5, out, at[5] + first);
            }
        }
    }
}

/// How the sums of a register tile end up.
struct End<'a, S: Simd, const VECTORS: usize> {
    shift: [S::f32s; VECTORS],
    finish: Finish<'a>,
    /// Whether there is nothing to finish.
    plain: bool,
    /// Values of a row that are written.
    take: usize,
    /// Rows of the tile that are written.
    rows: Range<usize>,
}

impl<S: Simd, const VECTORS: usize> End<'_, S, VECTORS> {
    /// What becomes of vector `v` of a row of sums.
    #[inline(always)]
    fn finished(&self, simd: S, sum: S::f32s, v: usize) -> S::f32s {
        let sum = simd.add_f32s(sum, self.shift[v]);
        if self.finish.relu { simd.max_f32s(sum, simd.splat_f32s(0.0)) } else { sum }
    }

    #[inline(always)]
    fn write(&self, simd: S, sums: [S::f32s; VECTORS], row: usize, out: &mut [f32], at: usize) {
        if row < self.rows.start || row >= self.rows.end {
            return;
        }
        let out = &mut out[at..at + self.take];
        if let ([whole, ..], _) = S::as_mut_simd_f32s(out).0.as_chunks_mut::<VECTORS>() {
            if self.plain {
                *whole = sums;
                return;
            }
            for (v, (to, sum)) in whole.iter_mut().zip(sums).enumerate() {
                let sum = self.finished(simd, sum, v);
                *to = if self.finish.add { simd.add_f32s(*to, sum) } else { sum };
            }
            return;
        }
        for (v, sum) in sums.into_iter().enumerate() {
            let first = v * S::F32_LANES;
            if first >= self.take {
                return;
            }
            let sum = self.finished(simd, sum, v);
            let to = &mut out[first..];
            match S::as_mut_simd_f32s(to).0 {
                [whole, ..] => *whole = if self.finish.add { simd.add_f32s(*whole, sum) } else { sum },
                [] => {
                    let sum =
                        if self.finish.add { simd.add_f32s(simd.partial_load_f32s(to), sum) } else { sum };
                    simd.partial_store_f32s(to, sum);
                }
            }
        }
    }
}

/// A register tile of rows that lie side by side.
#[inline(always)]
fn by_rows<S: Simd, const VECTORS: usize>(
    simd: S,
    rows: [&[f32]; TILE],
    panel: &[[S::f32s; VECTORS]],
) -> [[S::f32s; VECTORS]; TILE] {
    let mut sums = [[simd.splat_f32s(0.0); VECTORS]; TILE];
    let [a, b, c, d, e, f] = rows;
    for ((((((rhs, a), b), c), d), e), f) in panel.iter().zip(a).zip(b).zip(c).zip(d).zip(e).zip(f) {
        for (sums, lhs) in sums.iter_mut().zip([a, b, c, d, e, f]) {
            let lhs = simd.splat_f32s(*lhs);
            for (sum, rhs) in sums.iter_mut().zip(rhs) {
                *sum = simd.mul_add_e_f32s(lhs, *rhs, *sum);
            }
        }
    }
    sums
}

/// A register tile of rows whose values lie `stride` apart, the rows side by side.
#[inline(always)]
fn by_columns<S: Simd, const VECTORS: usize>(
    simd: S,
    values: &[f32],
    stride: usize,
    panel: &[[S::f32s; VECTORS]],
) -> [[S::f32s; VECTORS]; TILE] {
    let mut sums = [[simd.splat_f32s(0.0); VECTORS]; TILE];
    assert!(values.len() >= panel.len().saturating_sub(1) * stride + TILE, "a view reaches out of range");
    let mut rest = values;
    for rhs in panel {
        let Some(lhs) = rest.first_chunk::<TILE>() else { break };
        for (sums, lhs) in sums.iter_mut().zip(lhs) {
            let lhs = simd.splat_f32s(*lhs);
            for (sum, rhs) in sums.iter_mut().zip(rhs) {
                *sum = simd.mul_add_e_f32s(lhs, *rhs, *sum);
            }
        }
        rest = rest.get(stride..).unwrap_or_default();
    }
    sums
}
