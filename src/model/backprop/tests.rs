//! Proofs of the trainer.

use super::super::adamw::AdamW;
use super::super::definition::Definition;
use super::super::network::{Inference, Input, targets};
use super::super::tempcnn::{EPSILON, TempCnn, block};
use super::super::testing::{self, Reference, classes, series, shape, shape_of, tempcnn, weights};
use super::super::{ModelKind, Optimiser, PixelOptions, TempCnnOptions};
use super::*;
use candle_core::DType;

/// A step on classes given by index, all of weight 1.
fn step_on(
    shape: &Shape,
    weights: &Weights,
    (x, y): (&[f32], &[usize]),
    smoothing: f64,
    dropout: Option<(u64, u64)>,
) -> Step {
    let targets = targets(y, shape.classes, smoothing);
    let batch = Batch { input: Input::whole(x), targets: &targets, dropout };
    shape.trainer().step(weights, &batch).clone()
}

/// The network as the paper has it, in f64 and in loops: logits. Batch norm by the batch, or by running statistics.
fn plain_logits(shape: &Shape, weights: &[Vec<f64>], running: Option<&Weights>, x: &[f32]) -> Vec<f64> {
    let o = tempcnn(shape);
    let samples = x.len() / (shape.times * shape.bands);
    let mut x: Vec<f64> = x.iter().map(|v| f64::from(*v)).collect();
    let mut channels = shape.bands;
    for b in 0..=o.layers {
        let (w, gamma, beta) = (&weights[b * 3], &weights[b * 3 + 1], &weights[b * 3 + 2]);
        let filters = gamma.len();
        let mut z = Vec::new();
        if b < o.layers {
            for n in 0..samples {
                for t in 0..shape.times {
                    for f in 0..filters {
                        let mut s = 0.0;
                        for j in 0..o.kernel {
                            let at = (t + j) as isize - (o.kernel / 2) as isize;
                            if at < 0 || at >= shape.times as isize {
                                continue;
                            }
                            for c in 0..channels {
                                s += x[(n * shape.times + at as usize) * channels + c]
                                    * w[(j * channels + c) * filters + f];
                            }
                        }
                        z.push(s);
                    }
                }
            }
        } else {
            let inputs = shape.times * channels;
            for n in 0..samples {
                for f in 0..filters {
                    z.push((0..inputs).map(|i| x[n * inputs + i] * w[i * filters + f]).sum());
                }
            }
        }
        let rows = z.len() / filters;
        for f in 0..filters {
            let column: Vec<f64> = (0..rows).map(|r| z[r * filters + f]).collect();
            let (mean, variance) = match running {
                Some(r) => {
                    let [_, _, mean, variance] = r.norm(&block(b));
                    (f64::from(mean[f]), f64::from(variance[f]))
                }
                None => {
                    let mean = column.iter().sum::<f64>() / rows as f64;
                    (mean, column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / rows as f64)
                }
            };
            for r in 0..rows {
                let y = (column[r] - mean) / (variance + EPSILON).sqrt() * gamma[f] + beta[f];
                z[r * filters + f] = y.max(0.0);
            }
        }
        x = z;
        channels = filters;
    }
    let (w, bias) = (&weights[(o.layers + 1) * 3], &weights[(o.layers + 1) * 3 + 1]);
    let mut logits = Vec::new();
    for n in 0..samples {
        for k in 0..shape.classes {
            let inner = (0..o.dense).map(|i| x[n * o.dense + i] * w[i * shape.classes + k]);
            logits.push(bias[k] + inner.sum::<f64>());
        }
    }
    logits
}

fn plain_loss(shape: &Shape, weights: &[Vec<f64>], x: &[f32], classes: &[usize], smoothing: f64) -> f64 {
    let logits = plain_logits(shape, weights, None, x);
    let mut loss = 0.0;
    for (row, class) in logits.chunks(shape.classes).zip(classes) {
        let log_sum = row.iter().map(|z| z.exp()).sum::<f64>().ln();
        for (k, z) in row.iter().enumerate() {
            let target = smoothing / shape.classes as f64 + if k == *class { 1.0 - smoothing } else { 0.0 };
            loss -= target * (z - log_sum);
        }
    }
    loss / classes.len() as f64
}

fn in_f64(weights: &Weights) -> Vec<Vec<f64>> {
    weights.trained().map(|w| w.values.iter().map(|v| f64::from(*v)).collect()).collect()
}

#[test]
fn every_gradient_is_the_finite_difference_of_the_loss() {
    // One date; fewer dates than the kernel; one band; several parts with a short last one; no convolution pad.
    for (times, bands, kernel, layers, samples) in
        [(6, 3, 5, 3, 37), (1, 4, 5, 2, 9), (2, 1, 7, 1, 18), (4, 2, 1, 2, 16), (3, 2, 3, 2, 2)]
    {
        let shape = shape(times, bands, 4, kernel, layers);
        let weights = weights(&shape);
        let (x, y) = (series(&shape, samples), classes(&shape, samples));
        let step = step_on(&shape, &weights, (&x, &y), 0.1, None);
        let mut plain = in_f64(&weights);
        let loss = plain_loss(&shape, &plain, &x, &y, 0.1);
        assert!((step.loss - loss).abs() < 1e-5, "loss {} but {loss}", step.loss);
        assert_eq!(step.gradients.len(), plain.len());
        for p in 0..plain.len() {
            assert_eq!(step.gradients[p].len(), plain[p].len());
            let largest = step.gradients[p].iter().fold(0.0f32, |a, g| a.max(g.abs()));
            for i in 0..plain[p].len() {
                let w = plain[p][i];
                let h = 1e-6;
                plain[p][i] = w + h;
                let above = plain_loss(&shape, &plain, &x, &y, 0.1);
                plain[p][i] = w - h;
                let below = plain_loss(&shape, &plain, &x, &y, 0.1);
                plain[p][i] = w;
                let expected = (above - below) / (2.0 * h);
                let got = f64::from(step.gradients[p][i]);
                assert!(
                    (got - expected).abs() < 1e-5 + 1e-3 * f64::from(largest),
                    "T={times} kernel={kernel}: parameter {p}, element {i}: {got} but {expected}"
                );
            }
        }
    }
}

#[test]
fn gradients_are_right_under_dropout_too() {
    let shape = shape(6, 3, 4, 5, 2);
    let mut weights = weights(&shape);
    let (x, y) = (series(&shape, 40), classes(&shape, 40));
    let step = |weights: &Weights| step_on(&shape, weights, (&x, &y), 0.05, Some((3, 9)));
    let gradients = step(&weights).gradients;
    for (p, gradient) in gradients.iter().enumerate() {
        // Along the gradient itself, so that what is measured stands above the rounding of f32.
        let norm = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
        let mut loss_at = |h: f32| {
            let move_by = |weights: &mut Weights, h: f32| {
                weights.trained_mut()[p].iter_mut().zip(gradient).for_each(|(w, g)| *w += h * g / norm);
            };
            move_by(&mut weights, h);
            let loss = step(&weights).loss;
            move_by(&mut weights, -h);
            loss
        };
        let h = 3e-4;
        let expected = (loss_at(h) - loss_at(-h)) / f64::from(2.0 * h);
        let off = (f64::from(norm) - expected).abs();
        assert!(off < 0.01 * f64::from(norm) + 1e-4, "parameter {p}: {norm} but {expected}");
    }
}

#[test]
fn inference_with_batch_norm_folded_equals_the_plain_network() {
    for (times, bands, kernel, layers, samples) in [(12, 10, 5, 3, 150), (1, 2, 5, 2, 3), (3, 1, 9, 1, 65)] {
        let shape = shape(times, bands, 6, kernel, layers);
        let weights = weights(&shape);
        let x = series(&shape, samples);
        let net = TempCnn::new(&shape, tempcnn(&shape), &weights, Precision::Single);
        let got = net.logits(Input::whole(&x));
        let expected = plain_logits(&shape, &in_f64(&weights), Some(&weights.clone()), &x);
        assert_eq!(got.len(), expected.len());
        for (a, b) in got.iter().zip(&expected) {
            assert!((f64::from(*a) - b).abs() < 1e-4, "{a} but {b}");
        }
        assert_eq!(got, testing::logits_on_all_threads(&net, &shape, Input::whole(&x)));
    }
}

#[test]
fn a_batch_of_one_sample_gives_numbers() {
    let shape = shape(1, 3, 2, 5, 2);
    let mut weights = weights(&shape);
    let x = series(&shape, 1);
    let step = step_on(&shape, &weights, (&x, &[1]), 0.0, None);
    step.update_running(&mut weights);
    assert!(step.loss.is_finite() && step.gradients.iter().flatten().all(|g| g.is_finite()));
    assert!(weights.tensors.iter().flat_map(|t| &t.values).all(|v| v.is_finite()));
}

#[test]
fn pytorch_says_the_same_of_logits_loss_gradients_and_three_steps() {
    let reference = Reference::load();
    let shape = reference.shape.clone();
    let floats = |name: &str| reference.floats(name);
    let close = |what: &str, got: &[f32], expected: &[f32], tolerance: f32| {
        assert_eq!(got.len(), expected.len(), "{what}");
        for (i, (a, b)) in got.iter().zip(expected).enumerate() {
            assert!((a - b).abs() < tolerance, "{what}[{i}]: {a}, PyTorch has {b}");
        }
    };

    let mut weights = reference.weights("start.");
    let x = floats("x");
    let classes = reference.classes();
    let net = TempCnn::new(&shape, tempcnn(&shape), &weights, Precision::Single);
    close("logits", &net.logits(Input::whole(&x)), &floats("logits"), 1e-5);

    let mut adam = AdamW::new(Optimiser::AdamW, 1e-2);
    for (i, loss) in floats("losses").iter().enumerate() {
        let step = step_on(&shape, &weights, (&x, &classes), 0.05, None);
        close("loss", &[step.loss as f32], &[*loss], 1e-5);
        if i == 0 {
            let names: Vec<String> = weights.trained().map(|t| t.name.clone()).collect();
            for (name, gradient) in names.iter().zip(&step.gradients) {
                close(name, gradient, &floats(&format!("gradient.{name}")), 1e-5);
            }
        }
        step.update_running(&mut weights);
        adam.step(weights.trained_mut(), &step.gradients, 1e-3);
    }
    let end = reference.weights("end.");
    for (got, expected) in weights.tensors.iter().zip(&end.tensors) {
        close(&got.name, &got.values, &expected.values, 2e-5);
    }
}

fn pixel(filters: usize, dropout: f32) -> ModelKind {
    ModelKind::Pixel(PixelOptions { filters, dropout, ..PixelOptions::default() })
}

/// Both networks at the edges of what they take, and samples of a batch: parts, a short last one, one of one sample.
fn edges() -> Vec<(Shape, usize)> {
    let tempcnn = |filters, kernel, layers, dense| {
        let dropouts = TempCnnOptions { conv_dropout: 0.0, dense_dropout: 0.0, ..TempCnnOptions::default() };
        ModelKind::TempCnn(TempCnnOptions { filters, kernel, layers, dense, ..dropouts })
    };
    let kernels = |short_kernel, long_kernel| {
        ModelKind::Pixel(PixelOptions { filters: 6, short_kernel, long_kernel, dropout: 0.0 })
    };
    [
        (tempcnn(64, 5, 3, 256), 12, 10, 70),
        (tempcnn(5, 3, 2, 7), 1, 3, 19),
        (tempcnn(20, 9, 1, 70), 3, 1, 50),
        (tempcnn(6, 1, 2, 5), 7, 2, 17),
        (tempcnn(3, 5, 1, 4), 366, 2, 5),
        (pixel(32, 0.0), 13, 10, 70),
        (pixel(5, 0.0), 2, 1, 3),
        (pixel(7, 0.0), 3, 17, 33),
        (pixel(4, 0.0), 366, 2, 18),
        (kernels(1, 1), 6, 3, 65),
        (kernels(7, 1), 9, 2, 49),
        (kernels(3, 9), 5, 2, 20),
    ]
    .map(|(kind, times, bands, samples)| (shape_of(kind, times, bands, 4), samples))
    .into()
}

/// Targets with smoothing, mixed classes, and weights from 0.
fn mixed_targets(shape: &Shape, samples: usize) -> Vec<f32> {
    let mut all = targets(&classes(shape, samples), shape.classes, 0.1);
    for (i, row) in all.chunks_mut(shape.classes).enumerate() {
        row[i % 3] += 0.4;
        row.iter_mut().for_each(|t| *t *= ((i + 1) % 4) as f32 * 0.7);
    }
    all
}

#[test]
fn the_fast_path_learns_as_the_definition_does_with_any_targets() {
    for (shape, samples) in edges() {
        let weights = weights(&shape);
        let (x, targets) = (series(&shape, samples), mixed_targets(&shape, samples));
        let batch = Batch { input: Input::whole(&x), targets: &targets, dropout: None };
        let expected = Definition::new(&shape, &weights, DType::F64).unwrap().step(&batch).unwrap();
        let mut trainer = shape.trainer();
        // A larger batch before, and one after: nothing of it stays in the memory that is kept.
        let more = (series(&shape, samples + 21), mixed_targets(&shape, samples + 21));
        for _ in 0..2 {
            let got = trainer.step(&weights, &batch);
            assert!((got.loss - expected.loss).abs() < 1e-4 * expected.loss, "{shape:?}: {}", got.loss);
            assert_eq!(got.gradients.len(), expected.gradients.len());
            for (tensor, (g, e)) in weights.trained().zip(got.gradients.iter().zip(&expected.gradients)) {
                assert_eq!(g.len(), e.len(), "{}", tensor.name);
                let largest = e.iter().fold(1e-3f32, |a, v| a.max(v.abs()));
                for (i, (g, e)) in g.iter().zip(e).enumerate() {
                    assert!((g - e).abs() < 1e-4 * largest, "{shape:?}: {}[{i}]: {g} but {e}", tensor.name);
                }
            }
            assert_eq!(got.statistics.len(), expected.statistics.len());
            for (g, e) in got.statistics.iter().zip(&expected.statistics) {
                let e = expected.statistics.iter().find(|e| e.name == g.name).unwrap_or(e);
                for (g, e) in g.mean.iter().chain(&g.variance).zip(e.mean.iter().chain(&e.variance)) {
                    assert!((g - e).abs() < 1e-4 * e.abs().max(1.0), "{g} but {e}");
                }
            }
            let more = Batch { input: Input::whole(&more.0), targets: &more.1, dropout: Some((1, 1)) };
            trainer.step(&weights, &more);
        }
    }
}

#[test]
fn steps_are_the_same_bit_for_bit_on_any_number_of_threads() {
    for (shape, samples) in [(shape(6, 3, 4, 5, 2), 150), (shape_of(pixel(8, 0.3), 7, 3, 4), 150)] {
        let weights = weights(&shape);
        let (x, targets) = (series(&shape, samples), mixed_targets(&shape, samples));
        let on = |threads: usize, step: u64| {
            let batch = Batch { input: Input::whole(&x), targets: &targets, dropout: Some((5, step)) };
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let step = pool.install(|| shape.trainer().step(&weights, &batch).clone());
            let bits = step.gradients.concat().into_iter().map(f32::to_bits).collect::<Vec<_>>();
            (step.loss.to_bits(), bits)
        };
        let one = on(1, 3);
        assert_eq!(one, on(2, 3));
        assert_eq!(one, on(5, 3));
        assert_ne!(one, on(1, 4), "another step drops others");
    }
}

#[test]
fn gradients_of_the_pixel_network_are_right_under_dropout_too() {
    let shape = shape_of(pixel(6, 0.4), 7, 3, 4);
    let mut weights = weights(&shape);
    let (x, targets) = (series(&shape, 40), mixed_targets(&shape, 40));
    let mut trainer = shape.trainer();
    let mut step = |weights: &Weights| {
        let batch = Batch { input: Input::whole(&x), targets: &targets, dropout: Some((3, 9)) };
        trainer.step(weights, &batch).clone()
    };
    let gradients = step(&weights).gradients;
    for (p, gradient) in gradients.iter().enumerate() {
        let norm = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
        let mut loss_at = |h: f32| {
            let start = weights.clone();
            weights.trained_mut()[p].iter_mut().zip(gradient).for_each(|(w, g)| *w += h * g / norm);
            let loss = step(&weights).loss;
            weights = start;
            loss
        };
        let h = 3e-4;
        let expected = (loss_at(h) - loss_at(-h)) / f64::from(2.0 * h);
        let off = (f64::from(norm) - expected).abs();
        assert!(off < 0.02 * f64::from(norm) + 1e-3, "parameter {p}: {norm} but {expected}");
    }
}

#[test]
fn one_sample_and_bands_that_never_change_give_numbers() {
    for (shape, _) in edges() {
        for (samples, constant) in [(1, false), (20, true)] {
            let mut weights = weights(&shape);
            let mut x = series(&shape, samples);
            if constant {
                x.fill(0.25);
            }
            let step = step_on(&shape, &weights, (&x, &classes(&shape, samples)), 0.0, Some((1, 2)));
            step.update_running(&mut weights);
            assert!(step.loss.is_finite() && step.gradients.iter().flatten().all(|g| g.is_finite()));
            assert!(weights.tensors.iter().flat_map(|t| &t.values).all(|v| v.is_finite()));
        }
    }
}

#[test]
fn the_fast_path_classifies_as_the_definition_does_at_the_edges() {
    for (shape, samples) in edges() {
        let weights = weights(&shape);
        let x = series(&shape, samples);
        let ready = shape.ready(&weights);
        let got = ready.logits(Input::whole(&x));
        let expected = Definition::new(&shape, &weights, DType::F64).unwrap().logits(&x).unwrap();
        assert_eq!(got.len(), expected.len());
        for (g, e) in got.iter().zip(&expected) {
            assert!((g - e).abs() < 1e-4, "{shape:?}: {g} but {e}");
        }
        assert_eq!(got, testing::logits_on_all_threads(&*ready, &shape, Input::whole(&x)));
        assert!(ready.logits(Input::whole(&[])).is_empty());
    }
}

/// Names and numbers that PyTorch said, and weights from them.
fn numbers(file: &safetensors::SafeTensors, name: &str) -> Vec<f32> {
    let data = file.tensor(name).unwrap().data().to_vec();
    data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

fn start(file: &safetensors::SafeTensors, shape: &Shape, prefix: &str) -> Weights {
    let tensor = |name: &str, dims: &[usize]| -> Result<_, ()> {
        let name = format!("{prefix}{name}");
        assert_eq!(file.tensor(&name).unwrap().shape(), dims, "{name}");
        Ok(numbers(file, &name))
    };
    Weights::from_named(shape, tensor).unwrap()
}

/// The networks of `tests/references/curves_pytorch.py`.
fn of_the_curves() -> [(&'static str, Shape); 2] {
    let options =
        TempCnnOptions { filters: 8, kernel: 5, layers: 2, dense: 12, conv_dropout: 0.0, dense_dropout: 0.0 };
    [("tempcnn", shape_of(ModelKind::TempCnn(options), 7, 3, 4)), ("pixel", shape_of(pixel(6, 0.0), 7, 3, 4))]
}

#[test]
fn pytorch_says_the_same_of_the_pixel_network_and_both_learn_alike_for_fifty_steps() {
    let bytes = include_bytes!("../../../tests/references/curves.safetensors");
    let file = safetensors::SafeTensors::deserialize(bytes).unwrap();
    let (x, y) = (numbers(&file, "x"), numbers(&file, "y"));
    let (steps, batch) = (50, 32);
    for (name, shape) in of_the_curves() {
        let floats = |what: &str| numbers(&file, &format!("{name}.{what}"));
        let mut weights = start(&file, &shape, &format!("{name}.start."));
        let near = |what: &str, got: &[f32], expected: &[f32], tolerance: f32| {
            assert_eq!(got.len(), expected.len(), "{what}");
            for (i, (g, e)) in got.iter().zip(expected).enumerate() {
                assert!((g - e).abs() < tolerance, "{name}: {what}[{i}]: {g}, PyTorch has {e}");
            }
        };
        let first = &x[..batch * shape.values()];
        let logits = shape.ready(&weights).logits(Input::whole(first));
        near("logits", &logits, &floats("logits"), 1e-4);
        let mut adam = AdamW::new(Optimiser::AdamW, 1e-2);
        let mut trainer = shape.trainer();
        let losses = floats("losses");
        assert_eq!(losses.len(), steps);
        for (i, loss) in losses.iter().enumerate() {
            let from = i * batch;
            let series = &x[from * shape.values()..(from + batch) * shape.values()];
            let classes: Vec<usize> = y[from..from + batch].iter().map(|y| *y as usize).collect();
            let targets = targets(&classes, shape.classes, 0.05);
            let batch = Batch { input: Input::whole(series), targets: &targets, dropout: None };
            let step = trainer.step(&weights, &batch);
            // Within a thousandth after fifty steps in f32 and f64.
            near("loss", &[step.loss as f32], &[*loss], 1e-3 * loss);
            if i == 0 {
                for (tensor, gradient) in weights.trained().zip(&step.gradients) {
                    near(&tensor.name, gradient, &floats(&format!("gradient.{}", tensor.name)), 1e-5);
                }
            }
            step.update_running(&mut weights);
            adam.step(weights.trained_mut(), &step.gradients, 1e-3);
            if i == 2 {
                let three = start(&file, &shape, &format!("{name}.three."));
                for (got, expected) in weights.tensors.iter().zip(&three.tensors) {
                    near(&got.name, &got.values, &expected.values, 5e-5);
                }
            }
        }
        assert!(losses[steps - 1] < 0.8 * losses[0], "they learn");
    }
}
