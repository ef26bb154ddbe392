//! The engine: training samples and classified series a second, at the shape of the demo (12 dates, 10 bands, 10 classes).

use chrono::NaiveDate;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ritmo::labels::{Class, Legend};
use ritmo::model::{Model, ModelSpec, train};
use ritmo::progress::Cancel;
use ritmo::samples::{SampleSet, Split};

const TIMES: usize = 12;
const BANDS: usize = 10;
const CLASSES: usize = 10;

/// `samples` series whose classes differ in level and season.
fn samples(samples: usize) -> (SampleSet, Legend) {
    let class = |code: u8| Class { code, name: format!("class {code}"), colour: [code, 0, 0] };
    let legend = Legend { classes: (1..=CLASSES as u8).map(class).collect() };
    let codes: Vec<u8> = (0..samples).map(|i| (i % CLASSES) as u8 + 1).collect();
    let mut values = Vec::with_capacity(samples * TIMES * BANDS);
    for (i, code) in codes.iter().enumerate() {
        for j in 0..TIMES * BANDS {
            let noise = ((i * 131 + j * 71) * 2_654_435_761 % 1000) as f32;
            let season = (f32::from(*code) + (j / BANDS) as f32 / 2.0).sin();
            values.push(1500.0 + 700.0 * season + noise);
        }
    }
    let month = |m: u32| NaiveDate::from_ymd_opt(2022, m, 15).unwrap_or_default();
    let set = SampleSet {
        bands: (1..=BANDS).map(|b| format!("B{b}")).collect(),
        dates: (1..=TIMES as u32).map(month).collect(),
        values,
        annotations: (0..samples as u64).map(|i| i / 20).collect(),
        places: vec![(0, 0); samples],
        classes: codes,
    };
    (set, legend)
}

fn trained(set: &SampleSet, legend: &Legend, epochs: usize) -> Option<Model> {
    let split = Split { train: (0..set.len()).collect(), held_out: Vec::new(), kept: Vec::new() };
    let mut spec = ModelSpec::default();
    spec.training.epochs = epochs;
    train(set, &split, legend, &spec, &|_| (), &Cancel::new()).ok()
}

fn benches(criterion: &mut Criterion) {
    let (set, legend) = samples(3000);
    let mut group = criterion.benchmark_group("tempcnn");
    group.sample_size(10);
    group.throughput(Throughput::Elements(set.len() as u64));
    group.bench_function("train one epoch", |bencher| bencher.iter(|| trained(&set, &legend, 1)));
    if let Some(model) = trained(&set, &legend, 1) {
        group.bench_function("classify on one thread", |bencher| {
            bencher.iter(|| model.probabilities(&set.values).map(|p| p.len()));
        });
    }
    group.finish();
}

criterion_group!(engine, benches);
criterion_main!(engine);
