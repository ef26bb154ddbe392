//! Proofs of convolutions by points.

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
    for (kernel, channels, filters, times) in
        [(5, 64, 64, 1), (1, 64, 64, 12), (11, 64, 64, 12), (5, 1, 64, 12), (5, 2, 64, 12), (4, 64, 64, 12)]
    {
        let cut = Cut::of(kernel, channels, filters, times);
        assert_eq!(cut, None, "kernel {kernel}, {channels} to {filters} channels, {times} dates");
    }
}
