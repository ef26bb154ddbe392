//! The right side of a product in the precision that was asked for.

use super::bf16;
use super::engine::{Finish, Packed, Rows, View, product_to};

/// In what precision products are made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Precision {
    /// f32.
    #[default]
    Single,
    /// bfloat16, where the processor has it; sums in f32.
    Half,
}

/// A right side made ready.
pub(super) enum Side {
    Single(Packed),
    Half(bf16::Packed),
}

impl Side {
    /// Of nothing yet.
    pub fn new(precision: Precision) -> Self {
        match precision {
            Precision::Single => Self::Single(Packed::default()),
            Precision::Half => Self::Half(bf16::Packed::default()),
        }
    }

    /// Takes in a matrix.
    pub fn fill(&mut self, view: View) {
        match self {
            Self::Single(packed) => packed.fill(view),
            Self::Half(packed) => packed.fill(view),
        }
    }

    /// As [`product_to`].
    ///
    /// # Panics
    /// As it does.
    pub fn product_to(
        &self,
        values: &[f32],
        from: Rows,
        count: usize,
        finish: Finish,
        out: (&mut [f32], Rows),
    ) {
        match self {
            Self::Single(rhs) => product_to(values, from, count, rhs, finish, out),
            Self::Half(rhs) => bf16::product_to(values, from, count, rhs, finish, out),
        }
    }
}
