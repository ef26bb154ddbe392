//! A UNet learns what no pixel tells by itself, its gradients are right, and its windows have no seams.

use super::*;
use crate::labels::Class;
use crate::model::definition::Definition;
use crate::model::network::Shape;
use crate::model::weights::Weights;
use crate::model::{Model, ModelCard, ModelSpec, TrainOptions};
use crate::progress::Cancel;
use crate::samples::{LabelledPixel, Normalisation, Patch, Rows, SampleSet, Split};
use candle_core::DType;

fn small() -> UNetOptions {
    UNetOptions { width: 4, depth: 2, patch: 16, patches: 4, date: None, best_date: false }
}

fn date() -> NaiveDate {
    NaiveDate::from_ymd_opt(2022, 6, 15).unwrap()
}

fn shape(options: &UNetOptions, bands: usize) -> Shape {
    Shape::new(&ModelKind::UNet(options.clone()), &[date()], bands, 2)
}

fn noise(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as f32 / u32::MAX as f32
    };
    (0..n).map(next).collect()
}

fn classes() -> Vec<Class> {
    vec![Class::new(1, "chequered", [1, 2, 3]), Class::new(2, "striped", [4, 5, 6])]
}

fn model(options: UNetOptions, bands: usize, seed: u64) -> Model {
    let names = (0..bands).map(|b| format!("b{b}")).collect();
    let normalisation = Normalisation { low: vec![0.0; bands], high: vec![1.0; bands] };
    let weights = Weights::new(&shape(&options, bands), seed);
    let kind = ModelKind::UNet(options);
    Model::new(ModelCard::untrained(kind, names, vec![date()], classes(), normalisation), weights)
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let options = UNetOptions { width: 2, depth: 1, ..small() };
    let shape = shape(&options, 2);
    let weights = Weights::new(&shape, 5);
    let (side, dims) = (4, [2, 4, 4, 2]);
    let values = noise(2 * side * side * 2, 9);
    let mut targets = vec![0.0; 2 * side * side * 2];
    for (i, row) in targets.chunks_exact_mut(2).enumerate().filter(|(i, _)| i % 3 == 0) {
        row[i % 2] = 1.0;
    }
    let loss = |weights: &Weights| {
        let definition = Definition::new(&shape, weights, DType::F64).unwrap();
        definition.step_of(&targets, |tape| define(tape, &options, &tape.constant(&values, &dims)?)).unwrap()
    };
    let gradients = loss(&weights).gradients;
    let trained = weights.tensors.iter().enumerate().filter(|(_, t)| t.trained);
    for ((at, tensor), gradient) in trained.zip(&gradients) {
        // A bias in front of nothing but its own output, and some places of each tensor.
        for place in (0..tensor.values.len()).step_by((tensor.values.len() / 5).max(1)) {
            let moved = |by: f32| {
                let mut weights = weights.clone();
                weights.tensors[at].values[place] += by;
                loss(&weights).loss
            };
            let by = 1.0 / 1024.0;
            let measured = (moved(by) - moved(-by)) / f64::from(2.0 * by);
            let told = f64::from(gradient[place]);
            assert!(
                (measured - told).abs() < 2e-3 * (1.0 + told.abs()),
                "{} {place}: {measured} but {told}",
                tensor.name
            );
        }
    }
}

#[test]
fn windows_have_no_seams() {
    let model = model(small(), 2, 7);
    let (reach, step) = (model.reach().unwrap(), model.step());
    assert_eq!((reach, step), (28, 4));
    // One large window, and a smaller one in it: behind the reach they agree.
    let (side, from, part) = (96usize, 8usize, 72usize);
    let values = noise(side * side * 2, 3);
    let whole = model.probabilities_around(values.clone(), (side, side)).unwrap();
    let cut: Vec<f32> =
        (from..from + part).flat_map(|y| values[(y * side + from) * 2..][..part * 2].to_vec()).collect();
    let of_part = model.probabilities_around(cut, (part, part)).unwrap();
    let mut compared = 0;
    for y in reach..part - reach {
        for x in reach..part - reach {
            let (a, b) = ((y * part + x) * 2, ((y + from) * side + x + from) * 2);
            assert!((of_part[a] - whole[b]).abs() < 1e-5, "{x} {y}");
            compared += 1;
        }
    }
    assert_eq!(compared, 16 * 16);
    // Just inside of the reach they need not.
    let differ = (0..part).any(|x| (of_part[x * 2] - whole[(from * side + from + x) * 2]).abs() > 1e-4);
    assert!(differ, "the edge of a window tells nothing of what is beyond it");
}

#[test]
fn a_uniform_field_gets_a_uniform_map() {
    let model = model(small(), 2, 11);
    let (reach, side) = (model.reach().unwrap(), 72);
    let found = model.probabilities_around(vec![0.3; side * side * 2], (side, side)).unwrap();
    let inner = (reach..side - reach).flat_map(|y| (reach..side - reach).map(move |x| (y * side + x) * 2));
    let values: Vec<f32> = inner.map(|at| found[at]).collect();
    assert!(values.iter().all(|v| (v - values[0]).abs() < 1e-6));
}

/// Two textures of the same two values: a chequerboard and stripes. No pixel tells which one it is of.
fn textures() -> (SampleSet, Split, Vec<Patch>) {
    let side = 24;
    let (mut patches, mut classes, mut annotations, mut values) = (vec![], vec![], vec![], vec![]);
    for annotation in 0..16u64 {
        let class = (annotation % 2) as u8 + 1;
        let shift = (annotation / 2) as usize;
        let pixel = |x: usize, y: usize| match class {
            1 => ((x + y + shift) % 2) as f32,
            _ => ((x + shift) / 2 % 2) as f32,
        };
        let all: Vec<f32> = (0..side * side).map(|i| 100.0 + 50.0 * pixel(i % side, i / side)).collect();
        let own: Vec<LabelledPixel> = (10..14)
            .flat_map(|y| (10..14).map(move |x| y * side + x))
            .map(|at| LabelledPixel { at, class, annotation })
            .collect();
        for pixel in &own {
            classes.push(class);
            annotations.push(annotation);
            values.push(all[pixel.at]);
        }
        patches.push(Patch { annotation, values: all, own, others: vec![] });
    }
    let n = classes.len();
    let set = SampleSet {
        bands: vec!["red".into()],
        features: vec![],
        dates: vec![date()],
        values: Rows::of(1, values),
        places: vec![(0, 0); n],
        locations: vec![],
        classes,
        annotations,
    };
    let part = |of: std::ops::Range<u64>| {
        (0..n).filter(|i| of.contains(&set.annotations[*i])).collect::<Vec<usize>>()
    };
    let split = Split { train: part(0..12), held_out: part(12..16), kept: vec![] };
    (set, split, patches)
}

#[test]
fn it_learns_textures_that_no_pixel_tells() {
    let (set, split, patches) = textures();
    let training = TrainOptions { epochs: 6, learning_rate: 1e-2, averaging: 0.8, ..TrainOptions::default() };
    let spec = ModelSpec { kind: ModelKind::UNet(small()), training, ..ModelSpec::default() };
    let legend = crate::labels::Legend { classes: classes() };
    let model = train_patches(&set, &split, &patches, &legend, &spec, &|_| (), &Cancel::new()).unwrap();
    let best = model.card.best().unwrap();
    assert!(best.held_out_accuracy.unwrap() > 0.95, "{best:?}");
    assert_eq!(model.card.dates, [date()]);
    assert!(model.card.notes[0].contains("15 June 2022"), "{:?}", model.card.notes);

    // It comes back from its files the same, and makes nothing of series.
    let folder = tempfile::tempdir().unwrap();
    model.save(folder.path()).unwrap();
    let loaded = Model::load(folder.path()).unwrap();
    let window = patches[0].values[..16 * 16].to_vec();
    assert_eq!(
        model.probabilities_around(window.clone(), (16, 16)).unwrap(),
        loaded.probabilities_around(window, (16, 16)).unwrap()
    );
    let why = loaded.probabilities(&[100.0]).unwrap_err().to_string();
    assert!(why.contains("looks around"), "{why}");
}

#[test]
fn annotations_held_out_do_not_train_where_they_lie_in_a_patch() {
    let (set, split, mut patches) = textures();
    let training = TrainOptions { epochs: 1, ..TrainOptions::default() };
    let spec = ModelSpec { kind: ModelKind::UNet(small()), training, ..ModelSpec::default() };
    let legend = crate::labels::Legend { classes: classes() };
    let run = |patches: &[Patch]| {
        let model = train_patches(&set, &split, patches, &legend, &spec, &|_| (), &Cancel::new()).unwrap();
        model.weights
    };
    let before = run(&patches);
    // The held-out annotation 12 reaches into the patch of annotation 0.
    patches[0].others = vec![LabelledPixel { at: 5, class: 2, annotation: 12 }];
    assert_eq!(run(&patches), before);
    patches[0].others = vec![LabelledPixel { at: 12 * 24 + 5, class: 2, annotation: 1 }];
    assert_ne!(run(&patches), before);
}

#[test]
fn options_that_cannot_be_are_refused() {
    for (options, says) in [
        (UNetOptions { patch: 20, depth: 3, ..small() }, "multiple of 8"),
        (UNetOptions { depth: 9, ..small() }, "depth"),
        (UNetOptions { width: 0, ..small() }, "width"),
    ] {
        let why = options.check().unwrap_err().to_string();
        assert!(why.contains(says), "{why}");
    }
}
