//! Proofs of products, on every kind of SIMD that the machine has.

use super::super::definition::Definition;
use super::super::network::Input;
use super::super::testing::{series, shape_of, weights};
use super::super::{LtaeOptions, ModelKind, PixelOptions, TempCnnOptions};
use super::*;
use candle_core::DType;
use std::cell::Cell;

thread_local! {
    pub(super) static FORCED: Cell<Option<Arch>> = const { Cell::new(None) };
}

/// Does `check` with every kind of SIMD that this machine has, down to none; tells it which. On threads of a pool
/// nothing is forced.
pub(in crate::model) fn on_each_machine(check: impl Fn(&str)) {
    let mut machines = vec![("the widest", Arch::new()), ("none", Arch::Scalar)];
    #[cfg(target_arch = "x86_64")]
    match pulp::x86::V3::try_new() {
        Some(v3) => machines.push(("AVX2", Arch::V3(v3))),
        None => println!("this machine has no AVX2: it is not tried"),
    }
    for (name, arch) in machines {
        FORCED.set(Some(arch));
        check(name);
    }
    FORCED.set(None);
}

#[test]
fn products_are_the_same_on_every_machine() {
    for (m, k, n) in [(1, 1, 1), (7, 33, 10), (13, 5, 70), (24, 64, 64), (6, 2, 129)] {
        let a: Vec<f32> = (0..m * k).map(|i| ((i * 37 % 19) as f32 - 9.0) / 8.0).collect();
        let b: Vec<f32> = (0..k * n).map(|i| ((i * 53 % 23) as f32 - 11.0) / 8.0).collect();
        let (lhs, rhs) = (View::of(&a, m, k), View::of(&b, k, n));
        let turned = View::of(&a, k, m).transposed();
        let (expected, expected_turned) = (naive(lhs, rhs), naive(turned, rhs));
        let shift: Vec<f32> = (0..n).map(|i| (i % 7) as f32 - 3.0).collect();
        let shifted =
            |r: &[f32]| -> Vec<f32> { r.iter().zip(&shift).map(|(v, s)| (v + s).max(0.0)).collect() };
        let expected_shifted: Vec<f32> = expected.chunks(n).flat_map(shifted).collect();
        on_each_machine(|name| {
            let packed = Packed::new(rhs);
            // Small numbers of eighths: exact whatever the order.
            assert_eq!(product(lhs, &packed), expected, "{name}");
            assert_eq!(product(turned, &packed), expected_turned, "{name}");
            let mut out = vec![0.0; m * n];
            let finish = Finish { shift: &shift, relu: true, add: false };
            product_to(&a, Rows::even(0, k), m, &packed, finish, (&mut out, Rows::even(0, n)));
            assert_eq!(out, expected_shifted, "{name}");
        });
    }
    FORCED.set(Some(Arch::Scalar));
    assert_eq!(machine().dispatch(Width { cols: 64 }).1, 1, "what is forced is what runs");
    FORCED.set(None);
}

fn naive(lhs: View, rhs: View) -> Vec<f32> {
    let at = |v: &View, r: usize, c: usize| v.values[v.offset + r * v.row_stride + c * v.col_stride];
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
        m in 1usize..70, k in 1usize..40, n in 1usize..140, step in 1usize..5,
        transpose_left in proptest::bool::ANY, transpose_right in proptest::bool::ANY,
    ) {
        let a: Vec<f32> = (0..m * step + k + 3).map(|i| ((i * 37 % 19) as f32 - 9.0) / 8.0).collect();
        let b: Vec<f32> = (0..k.max(m) * n).map(|i| ((i * 53 % 23) as f32 - 11.0) / 8.0).collect();
        let lhs = View { values: &a, offset: 2, rows: m, cols: k, row_stride: step, col_stride: 1 };
        let lhs = if transpose_left { lhs.transposed() } else { lhs };
        let rhs = View::of(&b, lhs.cols, n);
        let rhs = if transpose_right { View::of(&b, n, lhs.cols).transposed() } else { rhs };
        let got = product(lhs, &Packed::new(rhs));
        // All of it is in eighths and small: exact in f32 whatever the order.
        let expected = naive(lhs, rhs);
        proptest::prop_assert_eq!(&got, &expected);
        let (stride, before) = (n + step, 0.5);
        let mut out = vec![before; lhs.rows * stride];
        let mut packed = Packed::new(View::of(&a, 1, 2));
        packed.fill(rhs);
        product_into(lhs, &packed, &mut out, stride, true);
        for (row, expected) in out.chunks(stride).zip(expected.chunks(n)) {
            for (c, v) in row.iter().enumerate() {
                proptest::prop_assert_eq!(*v, before + expected.get(c).unwrap_or(&0.0));
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn a_product_into_a_layout_adds_the_shift_cuts_below_zero_and_leaves_what_lies_between(
        runs in 1usize..9, run in 1usize..15, k in 1usize..40, n in 1usize..140, pad in 0usize..4,
        relu in proptest::bool::ANY,
    ) {
        let from = Rows { offset: 1, run, stride: 2, jump: 2 * run + 3 };
        let values: Vec<f32> = (0..1 + runs * from.jump + k).map(|i| ((i * 37 % 19) as f32 - 9.0) / 8.0).collect();
        let b: Vec<f32> = (0..k * n).map(|i| ((i * 53 % 23) as f32 - 11.0) / 8.0).collect();
        let shift: Vec<f32> = (0..n).map(|i| (i % 7) as f32 - 3.0).collect();
        let to = Rows { offset: pad * n, run, stride: n, jump: (run + pad) * n };
        let mut out = vec![-99.0; to.offset + runs * to.jump];
        let mut expected = out.clone();
        for row in 0..runs * run {
            for c in 0..n {
                let at = from.tile(row, row)[0];
                let sum: f32 = (0..k).map(|i| values[at + i] * b[i * n + c]).sum();
                let sum = sum + shift[c];
                expected[to.tile(row, row)[0] + c] = if relu { sum.max(0.0) } else { sum };
            }
        }
        let rhs = Packed::new(View::of(&b, k, n));
        let finish = Finish { shift: &shift, relu, add: false };
        product_to(&values, from, runs * run, &rhs, finish, (&mut out, to));
        proptest::prop_assert_eq!(out, expected);
    }
}

#[test]
#[should_panic(expected = "range")]
fn a_view_that_reaches_out_of_its_values_is_refused() {
    let lhs = View { values: &[0.0; 10], offset: 1, rows: 2, cols: 5, row_stride: 5, col_stride: 1 };
    product(lhs, &Packed::new(View::of(&[0.0; 10], 5, 2)));
}

#[test]
fn networks_classify_as_their_definitions_do_on_every_machine() {
    let wide = TempCnnOptions { dense: 40, ..TempCnnOptions::default() };
    for kind in [
        ModelKind::TempCnn(wide),
        ModelKind::Pixel(PixelOptions::default()),
        ModelKind::Ltae(LtaeOptions::default()),
    ] {
        let shape = shape_of(kind, 12, 10, 5);
        let weights = weights(&shape);
        let x = series(&shape, 53);
        let expected = Definition::new(&shape, &weights, DType::F64).unwrap().logits(&x).unwrap();
        on_each_machine(|name| {
            // Weights are made ready on the machine that they are for.
            let got = shape.ready(&weights).logits(Input::whole(&x));
            assert_eq!(got.len(), expected.len());
            for (g, e) in got.iter().zip(&expected) {
                assert!((g - e).abs() < 1e-4, "{} on {name}: {g} but {e}", shape.kind.name());
            }
        });
    }
}
