use super::super::adamw::AdamW;
use super::super::definition::Definition;
use super::super::network::{Batch, Inference, Input, Shape, targets};
use super::super::testing::{self, classes, made, series, shape_of, weights};
use super::super::weights::Weights;
use super::super::{LtaeOptions, ModelKind, Optimiser};
use super::Ltae;
use candle_core::DType;
use proptest::prelude::*;
use safetensors::SafeTensors;

fn ltae(times: usize, bands: usize, classes: usize, heads: usize, key: usize) -> Shape {
    let options = LtaeOptions { heads, key, ..LtaeOptions::default() };
    shape_of(ModelKind::Ltae(options), times, bands, classes)
}

fn fast(shape: &Shape, weights: &Weights) -> Ltae {
    let ModelKind::Ltae(options) = &shape.kind else { panic!("another network") };
    Ltae::new(shape, options, weights)
}

fn close(what: &str, got: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (i, (g, e)) in got.iter().zip(expected).enumerate() {
        assert!((g - e).abs() < tolerance * e.abs().max(1.0), "{what}[{i}]: {g} but {e}");
    }
}

/// The weights that the reference starts from.
fn start(shape: &Shape) -> Weights {
    let mut weights = Weights::new(shape, 0);
    for (stream, tensor) in weights.tensors.iter_mut().enumerate() {
        let made = made(stream as u64, tensor.values.len());
        let what = tensor.name.rsplit('.').next().unwrap();
        let of = |u: f64| match what {
            "weight" => u * (24.0 / tensor.dims[0] as f64).sqrt(),
            "gamma" | "running_variance" => 1.0 + 0.8 * u,
            "query" => 3.0 * u,
            _ => 0.6 * u,
        };
        tensor.values = made.iter().map(|u| of(f64::from(*u)) as f32).collect();
    }
    weights
}

/// Sum, sum of squares and every n-th value, as the reference keeps them.
fn digest(values: &[f32]) -> Vec<f32> {
    let wide = || values.iter().map(|v| f64::from(*v));
    let sums = [wide().sum::<f64>() as f32, wide().map(|v| v * v).sum::<f64>() as f32];
    sums.into_iter().chain(values.iter().step_by(values.len() / 100 + 1).copied()).collect()
}

/// A reference with or without masks, and what it was made from.
struct Reference {
    file: SafeTensors<'static>,
    prefix: &'static str,
    shape: Shape,
    x: Vec<f32>,
    missing: Option<Vec<bool>>,
    targets: Vec<f32>,
}

impl Reference {
    fn both() -> [Self; 2] {
        let shape = ltae(6, 4, 5, 4, 3);
        ["", "masked."].map(|prefix| {
            let file = include_bytes!("../../../tests/references/ltae.safetensors");
            let gaps = made(1001, 5 * 6).iter().map(|u| *u > 0.2).collect();
            Self {
                file: SafeTensors::deserialize(file).unwrap(),
                prefix,
                shape: shape.clone(),
                x: made(1000, 5 * shape.values()).iter().map(|u| u * 4.0).collect(),
                missing: (!prefix.is_empty()).then_some(gaps),
                targets: targets(&classes(&shape, 5), 5, 0.05),
            }
        })
    }

    fn input(&self) -> Input<'_> {
        Input { series: &self.x, missing: self.missing.as_deref() }
    }

    fn batch(&self) -> Batch<'_> {
        Batch { input: self.input(), targets: &self.targets, dropout: None }
    }

    fn floats(&self, name: &str) -> Vec<f32> {
        let bytes = self.file.tensor(&format!("{}{name}", self.prefix)).unwrap().data().to_vec();
        bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
    }
}

#[test]
fn pytorch_says_the_same_of_logits_and_attention_with_and_without_masks() {
    for reference in Reference::both() {
        let weights = start(&reference.shape);
        let definition = Definition::new(&reference.shape, &weights, DType::F64).unwrap();
        let fast = fast(&reference.shape, &weights);
        let logits = reference.floats("logits");
        close("definition", &definition.evaluate(reference.input()).unwrap(), &logits, 1e-5);
        close("fast path", &fast.logits(reference.input()), &logits, 1e-5);
        let attention = fast.attention(reference.input()).unwrap();
        close("attention", &attention, &reference.floats("attention"), 1e-5);
    }
}

#[test]
fn pytorch_says_the_same_of_loss_gradients_and_three_steps_with_and_without_masks() {
    for reference in Reference::both() {
        let mut weights = start(&reference.shape);
        let mut adam = AdamW::new(Optimiser::AdamW, 1e-2);
        for (i, loss) in reference.floats("losses").iter().enumerate() {
            let definition = Definition::new(&reference.shape, &weights, DType::F64).unwrap();
            let defined = definition.step(&reference.batch()).unwrap();
            let step = reference.shape.trainer().step(&weights, &reference.batch()).clone();
            for (step, tolerance) in [(&defined, 1e-5), (&step, 5e-5)] {
                close("loss", &[step.loss as f32], &[*loss], 1e-5);
                if i == 0 {
                    for (tensor, gradient) in weights.trained().zip(&step.gradients) {
                        let expected = reference.floats(&format!("gradient.{}", tensor.name));
                        let got = digest(gradient);
                        // Sums are over up to 32 768 values.
                        close(&tensor.name, &got[..2], &expected[..2], tolerance * 20.0);
                        close(&tensor.name, &got[2..], &expected[2..], tolerance);
                    }
                }
            }
            step.update_running(&mut weights);
            adam.step(weights.trained_mut(), &step.gradients, 1e-3);
        }
        for tensor in &weights.tensors {
            let expected = reference.floats(&format!("end.{}", tensor.name));
            // A step moves a weight by about 1e-3; sums are over thousands of them.
            let got = digest(&tensor.values);
            close(&tensor.name, &got[..2], &expected[..2], 1e-3);
            close(&tensor.name, &got[2..], &expected[2..], 2e-5);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_fast_path_classifies_as_the_definition_does(
        times in prop_oneof![3usize..20, 20usize..90, Just(366usize)],
        bands in 1usize..14,
        classes in 2usize..20,
        heads in 0u32..6,
        key in 1usize..10,
        samples in 1usize..6,
        seed in 0u64..1000,
        share_missing in prop_oneof![Just(None), (-0.5f32..0.6).prop_map(Some)],
    ) {
        let shape = ltae(times, bands, classes, 1 << heads, key);
        let weights = weights(&shape);
        let x = series(&shape, samples);
        // Some series without any gap, some of gaps only.
        let missing: Option<Vec<bool>> = share_missing
            .map(|share| made(seed, samples * times).iter().map(|u| *u < share).collect());
        let input = Input { series: &x, missing: missing.as_deref() };
        let definition = Definition::new(&shape, &weights, DType::F64).unwrap();
        let expected = definition.evaluate(input).unwrap();
        let fast = fast(&shape, &weights);
        let got = fast.logits(input);
        prop_assert_eq!(got.len(), expected.len());
        for (g, e) in got.iter().zip(&expected) {
            prop_assert!((g - e).abs() < 1e-4, "{} but {}", g, e);
        }
        let attention = fast.attention(input).unwrap();
        for (h, head) in attention.chunks(times).enumerate() {
            let series = h >> heads;
            prop_assert!((head.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            let Some(missing) = &missing else { continue };
            let missing = &missing[series * times..(series + 1) * times];
            if missing.contains(&false) {
                prop_assert!(head.iter().zip(missing).all(|(look, gap)| !gap || *look == 0.0));
            }
        }
    }
}

#[test]
fn a_masked_date_has_no_influence_whatever_it_was_filled_with() {
    let shape = ltae(7, 3, 4, 8, 4);
    let weights = weights(&shape);
    let x = series(&shape, 30);
    let missing: Vec<bool> = made(5, 30 * 7).iter().map(|u| *u < -0.2).collect();
    let mut other = x.clone();
    for (date, gap) in other.chunks_exact_mut(3).zip(&missing) {
        if *gap {
            date.copy_from_slice(&[3e3, -7.0, 1e-3]);
        }
    }
    let fast = fast(&shape, &weights);
    let logits = |x: &[f32], missing: Option<&[bool]>| fast.logits(Input { series: x, missing });
    assert_eq!(logits(&x, Some(&missing)), logits(&other, Some(&missing)));
    assert_ne!(logits(&x, None), logits(&other, None), "without masks it has");
    let definition = Definition::new(&shape, &weights, DType::F64).unwrap();
    let defined = |x: &[f32]| definition.evaluate(Input { series: x, missing: Some(&missing) }).unwrap();
    close("definition", &defined(&x), &defined(&other), 1e-6);
}

#[test]
fn a_series_of_gaps_only_is_seen_as_it_was_filled() {
    let shape = ltae(5, 2, 3, 16, 8);
    let weights = weights(&shape);
    let x = series(&shape, 2);
    let mut missing = vec![true; 10];
    missing[7] = false;
    let got = fast(&shape, &weights).logits(Input { series: &x, missing: Some(&missing) });
    let whole = fast(&shape, &weights).logits(Input::whole(&x));
    assert_eq!(got[..3], whole[..3]);
    assert_ne!(got[3..], whole[3..]);
}

#[test]
fn blocks_and_threads_do_not_change_the_numbers() {
    let shape = ltae(12, 4, 4, 16, 8);
    let weights = weights(&shape);
    let x = series(&shape, 600);
    let missing: Vec<bool> = made(6, 600 * 12).iter().map(|u| *u < -0.3).collect();
    let fast = fast(&shape, &weights);
    let all = testing::logits_on_all_threads(&fast, &shape, Input { series: &x, missing: Some(&missing) });
    for i in [0, 1, 95, 96, 255, 256, 599] {
        let series = &x[i * shape.values()..(i + 1) * shape.values()];
        let input = Input { series, missing: Some(&missing[i * 12..(i + 1) * 12]) };
        assert_eq!(fast.logits(input), all[i * 4..(i + 1) * 4], "series {i}");
    }
}

#[test]
fn a_step_by_hand_is_a_step_of_the_definition_with_and_without_masks() {
    for (times, bands, heads, key, samples, masked) in
        [(12, 10, 16, 8, 37, false), (5, 3, 1, 4, 20, true), (1, 2, 32, 2, 9, false), (9, 4, 8, 5, 33, true)]
    {
        let shape = ltae(times, bands, 4, heads, key);
        let weights = weights(&shape);
        let x = series(&shape, samples);
        let missing: Vec<bool> = made(9, samples * times).iter().map(|u| *u < 0.1).collect();
        let targets = targets(&classes(&shape, samples), 4, 0.1);
        let input = Input { series: &x, missing: masked.then_some(missing.as_slice()) };
        let batch = Batch { input, targets: &targets, dropout: None };
        let got = shape.trainer().step(&weights, &batch).clone();
        let expected = Definition::new(&shape, &weights, DType::F64).unwrap().step(&batch).unwrap();
        assert!((got.loss - expected.loss).abs() < 1e-5, "loss {} but {}", got.loss, expected.loss);
        for (tensor, (g, e)) in weights.trained().zip(got.gradients.iter().zip(&expected.gradients)) {
            assert_eq!(g.len(), e.len(), "{}", tensor.name);
            let largest = e.iter().fold(1e-3f32, |a, v| a.max(v.abs()));
            let off = g.iter().zip(e).fold(0.0f32, |a, (g, e)| a.max((g - e).abs())) / largest;
            assert!(off < 1e-3, "T={times} heads={heads}: {} is off by {off}", tensor.name);
        }
        assert_eq!(got.statistics.len(), expected.statistics.len());
        for (g, e) in got.statistics.iter().zip(&expected.statistics) {
            assert_eq!(g.name, e.name);
            close(&g.name, &g.mean, &e.mean, 1e-4);
            close(&g.name, &g.variance, &e.variance, 1e-4);
        }
    }
}

#[test]
fn gradients_are_right_under_dropout_too_and_do_not_depend_on_threads() {
    let shape = ltae(6, 3, 4, 8, 4);
    let mut weights = weights(&shape);
    let (x, targets) = (series(&shape, 40), targets(&classes(&shape, 40), 4, 0.05));
    let missing: Vec<bool> = made(9, 40 * 6).iter().map(|u| *u < -0.2).collect();
    let input = Input { series: &x, missing: Some(&missing) };
    let step = |weights: &Weights| {
        shape.trainer().step(weights, &Batch { input, targets: &targets, dropout: Some((3, 9)) }).clone()
    };
    let gradients = step(&weights).gradients;
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(one.install(|| step(&weights)).gradients, gradients);
    let names: Vec<String> = weights.trained().map(|t| t.name.clone()).collect();
    for (p, gradient) in gradients.iter().enumerate() {
        // Along the gradient itself, so that what is measured stands above the rounding of f32.
        let norm = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
        if ["key.bias", "out_norm.beta"].contains(&names[p].as_str()) {
            assert_eq!(norm, 0.0);
            continue;
        }
        let mut loss_at = |h: f32| {
            weights.trained_mut()[p].iter_mut().zip(gradient).for_each(|(w, g)| *w += h * g / norm);
            let loss = step(&weights).loss;
            weights.trained_mut()[p].iter_mut().zip(gradient).for_each(|(w, g)| *w -= h * g / norm);
            loss
        };
        let h = 1e-3;
        let expected = (loss_at(h) - loss_at(-h)) / f64::from(2.0 * h);
        let off = (f64::from(norm) - expected).abs();
        assert!(off < 0.02 * f64::from(norm) + 2e-4, "{}: {norm} but {expected}", names[p]);
    }
}
