//! The engine: matrix products, through candle's CPU storage, which picks the widest SIMD of the machine when it runs.
//!
//! candle 0.11.1 gets gradients of `conv1d` wrong on the CPU and its `unfold` copies. So networks take nothing from it
//! but this product: of two matrices that are seen through strides. A view whose rows overlap is a convolution
//! (row r starts one time step after row r - 1 and is `kernel` steps long), and nothing is copied.
//!
//! A product runs on the thread that asks for it: networks share work among threads by samples, in parts whose size does
//! not depend on the number of threads, so that results do not either.

use super::ModelError;
use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, Layout, Shape};
use std::sync::Once;

/// Values that can take part in a product.
#[derive(Debug, Clone)]
pub(super) struct Buffer(CpuStorage);

impl Buffer {
    pub fn new(values: Vec<f32>) -> Self {
        Self(CpuStorage::F32(values))
    }

    pub fn zeros(len: usize) -> Self {
        Self::new(vec![0.0; len])
    }

    pub fn values(&self) -> &[f32] {
        match &self.0 {
            CpuStorage::F32(values) => values,
            _ => &[],
        }
    }

    pub fn into_values(self) -> Vec<f32> {
        match self.0 {
            CpuStorage::F32(values) => values,
            _ => Vec::new(),
        }
    }

    pub fn values_mut(&mut self) -> &mut [f32] {
        match &mut self.0 {
            CpuStorage::F32(values) => values,
            _ => &mut [],
        }
    }
}

/// A matrix seen in a buffer: element (r, c) is at `offset + r * row_stride + c * col_stride`. Rows may overlap.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub buffer: &'a Buffer,
    pub offset: usize,
    pub rows: usize,
    pub cols: usize,
    pub row_stride: usize,
    pub col_stride: usize,
}

impl<'a> View<'a> {
    /// A whole buffer, row by row.
    pub fn of(buffer: &'a Buffer, rows: usize, cols: usize) -> Self {
        Self { buffer, offset: 0, rows, cols, row_stride: cols, col_stride: 1 }
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

    fn fits(&self) -> bool {
        self.rows > 0
            && self.cols > 0
            && self.offset + (self.rows - 1) * self.row_stride + (self.cols - 1) * self.col_stride
                < self.buffer.values().len()
    }

    fn layout(&self) -> Layout {
        let shape = Shape::from((self.rows, self.cols));
        Layout::new(shape, vec![self.row_stride, self.col_stride], self.offset)
    }
}

/// The product of two matrices, row by row.
///
/// # Errors
/// [`ModelError::Engine`] where a view reaches out of its buffer or the inner sizes differ.
pub(super) fn product(lhs: View, rhs: View) -> Result<Buffer, ModelError> {
    static SERIAL: Once = Once::new();
    // Threads come from above, see the head of this file.
    SERIAL.call_once(|| gemm::set_threading_threshold(usize::MAX));
    let failed = |why: String| ModelError::Engine { doing: "multiplied matrices", why };
    // candle does not check this, and the product underneath would read foreign memory.
    if !lhs.fits() || !rhs.fits() || lhs.cols != rhs.rows {
        return Err(failed(format!(
            "{} x {} times {} x {} does not fit",
            lhs.rows, lhs.cols, rhs.rows, rhs.cols
        )));
    }
    let sizes = (1, lhs.rows, rhs.cols, lhs.cols);
    let product = lhs.buffer.0.matmul(&rhs.buffer.0, sizes, &lhs.layout(), &rhs.layout());
    product.map(Buffer).map_err(|e| failed(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(lhs: View, rhs: View) -> Vec<f32> {
        let at =
            |v: &View, r: usize, c: usize| v.buffer.values()[v.offset + r * v.row_stride + c * v.col_stride];
        let mut out = Vec::new();
        for r in 0..lhs.rows {
            for c in 0..rhs.cols {
                out.push((0..lhs.cols).map(|i| at(&lhs, r, i) * at(&rhs, i, c)).sum());
            }
        }
        out
    }

    proptest::proptest! {
        #[test]
        fn a_product_of_overlapping_or_transposed_views_is_the_sum_of_products(
            m in 1usize..70, k in 1usize..40, n in 1usize..40, step in 1usize..5, transpose in proptest::bool::ANY,
        ) {
            let a = Buffer::new((0..m * step + k + 3).map(|i| ((i * 37 % 19) as f32 - 9.0) / 8.0).collect());
            let b = Buffer::new((0..k.max(m) * n).map(|i| ((i * 53 % 23) as f32 - 11.0) / 8.0).collect());
            let lhs = View { buffer: &a, offset: 2, rows: m, cols: k, row_stride: step, col_stride: 1 };
            let lhs = if transpose { lhs.transposed() } else { lhs };
            let rhs = View::of(&b, lhs.cols, n);
            let got = product(lhs, rhs).unwrap();
            // All of it is in eighths and small: exact in f32 whatever the order.
            proptest::prop_assert_eq!(got.values(), &naive(lhs, rhs)[..]);
        }
    }

    #[test]
    fn a_view_that_reaches_out_of_its_buffer_is_refused() {
        let buffer = Buffer::zeros(10);
        let wide = View { buffer: &buffer, offset: 1, rows: 2, cols: 5, row_stride: 5, col_stride: 1 };
        assert!(product(wide, View::of(&buffer, 5, 2)).is_err());
        assert!(product(View::of(&buffer, 2, 5), View::of(&buffer, 2, 5)).is_err());
    }
}
