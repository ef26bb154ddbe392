//! A convolution over time with the same padding, the fastest way that its size allows: by points ([`super::winograd`]), or as
//! one product with overlapping windows.

use super::engine::{Finish, Rows, View};
use super::side::{Precision, Side};
use super::winograd::{Cut, Kernel};

/// Values in a row from which on bfloat16 is faster: before that, rounding costs what it saves, and so it does by points.
const LONG: usize = 256;

/// A convolution, and its weight once it is filled in. A kernel of 1 is a product row by row: a dense layer.
pub(super) struct Convolution {
    kernel: usize,
    channels: usize,
    filters: usize,
    way: Way,
    /// A weight turned around.
    turned: Vec<f32>,
}

enum Way {
    Direct(Side),
    Points(Kernel),
}

impl Convolution {
    /// Of a `kernel` over `channels` values a date to `filters`, for series of `times` dates; without a weight yet. It is in the
    /// precision that is asked for where that makes it faster.
    pub fn new(kernel: usize, channels: usize, filters: usize, times: usize, precision: Precision) -> Self {
        let way = match Cut::of(kernel, channels, filters, times) {
            Some(cut) => Way::Points(Kernel::new(cut)),
            None if kernel * channels < LONG => Way::Direct(Side::new(Precision::Single)),
            None => Way::Direct(Side::new(precision)),
        };
        Self { kernel, channels, filters, way, turned: Vec::new() }
    }

    /// Takes in a weight, `kernel * channels x filters`.
    pub fn fill(&mut self, weight: &[f32]) {
        match &mut self.way {
            Way::Direct(side) => side.fill(View::of(weight, self.kernel * self.channels, self.filters)),
            Way::Points(kernel) => kernel.fill(weight),
        }
    }

    /// Takes in the weight, `kernel * filters x channels`, of the convolution that this one takes gradients back through: the
    /// kernel is reversed, channels and filters are exchanged.
    pub fn fill_turned(&mut self, weight: &[f32]) {
        let (channels, filters) = (self.filters, self.channels);
        if let (Way::Direct(side), 1) = (&mut self.way, self.kernel) {
            side.fill(View::of(weight, channels, filters).transposed());
            return;
        }
        let mut turned = std::mem::take(&mut self.turned);
        turned.resize(weight.len(), 0.0);
        let taps = weight.chunks_exact(channels * filters);
        for (tap, to) in taps.rev().zip(turned.chunks_exact_mut(filters * channels)) {
            for (c, row) in tap.chunks_exact(filters).enumerate() {
                to[c..].iter_mut().step_by(channels).zip(row).for_each(|(t, w)| *t = *w);
            }
        }
        self.fill(&turned);
        self.turned = turned;
    }

    /// How it is cut into tiles, where it goes by points.
    pub fn cut(&self) -> Option<Cut> {
        match &self.way {
            Way::Direct(_) => None,
            Way::Points(kernel) => Some(kernel.cut()),
        }
    }

    /// Convolves `samples` samples: `from.run` dates each, rows of `channels` values in `input`, `filters` in `out`. At least
    /// `kernel / 2` rows of zeros lie before, between and after the samples of the input.
    ///
    /// # Panics
    /// Where rows reach out of their values or `finish.shift` is neither empty nor as long as the filters: the networks' own
    /// fault, never the input's.
    pub fn run(
        &self,
        (input, from): (&[f32], Rows),
        samples: usize,
        finish: Finish,
        (out, to): (&mut [f32], Rows),
    ) {
        match &self.way {
            Way::Direct(side) => {
                let windows = Rows { offset: from.offset - self.kernel / 2 * from.stride, ..from };
                side.product_to(input, windows, samples * from.run, finish, (out, to));
            }
            Way::Points(kernel) => kernel.convolve((input, from), samples, finish, (out, to)),
        }
    }
}
