//! What the tests of the network share: small shapes, weights, series, and what PyTorch says.

use super::network::{Inference, Input, Shape};
use super::weights::Weights;
use super::{ModelKind, TempCnnOptions};
use rayon::prelude::*;
use safetensors::SafeTensors;

/// Series a thread takes at a time.
const SERIES: usize = 256;

pub(super) fn shape(times: usize, bands: usize, classes: usize, kernel: usize, layers: usize) -> Shape {
    let options =
        TempCnnOptions { filters: 5, kernel, layers, dense: 7, conv_dropout: 0.2, dense_dropout: 0.5 };
    shape_of(ModelKind::TempCnn(options), times, bands, classes)
}

/// A shape of any network, a date a fortnight.
pub(super) fn shape_of(kind: ModelKind, times: usize, bands: usize, classes: usize) -> Shape {
    let days = (0..times).map(|t| 1.0 + 14.0 * t as f32).collect();
    Shape { times, bands, classes, days, kind }
}

/// The options of a shape that is a TempCNN's.
pub(super) fn tempcnn(shape: &Shape) -> &TempCnnOptions {
    match &shape.kind {
        ModelKind::TempCnn(options) => options,
        other => panic!("the shape is of {}", other.name()),
    }
}

/// Weights away from their special start: gamma not 1, beta not 0.
pub(super) fn weights(shape: &Shape) -> Weights {
    let mut weights = Weights::new(shape, 7);
    for (i, tensor) in weights.tensors.iter_mut().enumerate() {
        let i = i / 5;
        let (_, what) = tensor.name.rsplit_once('.').unwrap_or(("", &tensor.name));
        let values = tensor.values.iter_mut().enumerate();
        match what {
            "gamma" => values.for_each(|(f, g)| *g = 0.6 + 0.2 * ((f + i) % 5) as f32),
            "beta" => values.for_each(|(f, b)| *b = 0.1 * ((f * 3 + i) % 7) as f32 - 0.3),
            "running_mean" => values.for_each(|(f, m)| *m = 0.1 * (f % 9) as f32 - 0.2),
            "running_variance" => values.for_each(|(f, v)| *v = 0.5 + 0.1 * (f % 9) as f32),
            _ => {}
        }
    }
    weights
}

pub(super) fn series(shape: &Shape, samples: usize) -> Vec<f32> {
    let n = samples * shape.times * shape.bands;
    (0..n).map(|i| ((i * 7919 % 1009) as f32 / 1009.0 - 0.5) * 2.0).collect()
}

/// What the references of L-TAE (`tests/references/ltae_pytorch.py`) make their weights and series of: numbers between -0.5 and
/// 0.5 that look random.
pub(super) fn made(stream: u64, count: usize) -> Vec<f32> {
    let number = |i: u64| {
        let low = |x: u64| x & u64::from(u32::MAX);
        let mut x = low(i * 2_654_435_761 + stream * 40_503 + 12_345);
        x = low((x ^ (x >> 15)) * 2_246_822_519);
        x = low((x ^ (x >> 13)) * 3_266_489_917);
        x ^= x >> 16;
        (x as f64 / f64::from(2.0f32.powi(32)) - 0.5) as f32
    };
    (0..count as u64).map(number).collect()
}

pub(super) fn classes(shape: &Shape, samples: usize) -> Vec<usize> {
    (0..samples).map(|i| (i * 5 + 1) % shape.classes).collect()
}

/// What PyTorch says of a small TempCNN; made by `tests/references/tempcnn_pytorch.py`.
pub(super) struct Reference {
    file: SafeTensors<'static>,
    pub shape: Shape,
}

impl Reference {
    pub fn load() -> Self {
        let file = include_bytes!("../../tests/references/tempcnn.safetensors");
        let options = TempCnnOptions {
            filters: 8,
            kernel: 5,
            layers: 2,
            dense: 12,
            conv_dropout: 0.0,
            dense_dropout: 0.0,
        };
        let shape = shape_of(ModelKind::TempCnn(options), 6, 3, 3);
        Self { file: SafeTensors::deserialize(file).unwrap(), shape }
    }

    pub fn floats(&self, name: &str) -> Vec<f32> {
        let bytes = self.file.tensor(name).unwrap().data().to_vec();
        bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
    }

    pub fn classes(&self) -> Vec<usize> {
        self.floats("y").iter().map(|y| *y as usize).collect()
    }

    pub fn weights(&self, prefix: &str) -> Weights {
        Weights::from_named(&self.shape, |name, dims| -> Result<_, ()> {
            let name = format!("{prefix}{name}");
            assert_eq!(self.file.tensor(&name).unwrap().shape(), dims, "{name}");
            Ok(self.floats(&name))
        })
        .unwrap()
    }
}

/// Logits on all threads of the pool it is called in; the same numbers as on one.
pub(super) fn logits_on_all_threads(network: &dyn Inference, shape: &Shape, input: Input) -> Vec<f32> {
    let series = input.series.par_chunks(SERIES * shape.values());
    let parts: Vec<Vec<f32>> = series
        .enumerate()
        .map(|(i, series)| {
            let missing = input.missing.map(|missing| {
                let end = missing.len().min((i + 1) * SERIES * shape.times);
                &missing[i * SERIES * shape.times..end]
            });
            network.logits(Input { series, missing })
        })
        .collect();
    parts.concat()
}
