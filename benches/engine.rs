//! The engine: training samples and classified series a second, at the shape of the demo (12 dates, 10 bands, 10 classes);
//! and side by side with the definition of the network in candle, on one thread each.

use chrono::NaiveDate;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use ritmo::labels::{Class, Legend};
use ritmo::model::definition::Definition;
use ritmo::model::{Model, ModelSpec, train};
use ritmo::progress::Cancel;
use ritmo::samples::{SampleSet, Split};
use std::hint::black_box;
use std::time::Instant;

/// As in the program: both sides of the comparison ask for megabytes all the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TIMES: usize = 12;
const BANDS: usize = 10;
const CLASSES: usize = 10;
/// Samples a training step, as in training.
const BATCH: usize = 64;
/// Series that are classified at a time.
const SERIES: usize = 256;

/// `samples` series whose classes differ in level and season.
fn samples(samples: usize) -> (SampleSet, Legend) {
    let class = |code: u8| Class::new(code, format!("class {code}"), [code, 0, 0]);
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
        features: vec![],
        dates: (1..=TIMES as u32).map(month).collect(),
        values,
        annotations: (0..samples as u64).map(|i| i / 20).collect(),
        places: vec![(0, 0); samples],
        locations: Vec::new(),
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

/// Measures `work` on `samples` samples on the one thread of `pool`; gives the most samples a second, which other work
/// on the machine disturbs least; `None` where the command line leaves this one out.
fn samples_a_second(
    group: &mut BenchmarkGroup<WallTime>,
    pool: &rayon::ThreadPool,
    name: &str,
    samples: usize,
    work: impl Fn() + Sync,
) -> Option<f64> {
    let mut seconds = f64::INFINITY;
    group.throughput(Throughput::Elements(samples as u64));
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|times| {
            let took = pool.install(|| {
                let start = Instant::now();
                (0..times).for_each(|_| work());
                start.elapsed()
            });
            seconds = seconds.min(took.as_secs_f64() / times as f64);
            took
        });
    });
    seconds.is_finite().then(|| samples as f64 / seconds)
}

/// The fast path and the definition, asked the same in one run:
/// `RAYON_NUM_THREADS=1 cargo bench --bench engine -- definition`. candle splits its products for that number of threads,
/// by default all cores; in a pool of one thread that was measured to halve its classification and more.
fn against_the_definition(criterion: &mut Criterion) {
    let (set, legend) = samples(600);
    let Some(model) = trained(&set, &legend, 1) else { return };
    let (Ok(definition), Ok(pool)) =
        (Definition::of(&model), rayon::ThreadPoolBuilder::new().num_threads(1).build())
    else {
        return;
    };
    let each = TIMES * BANDS;
    let mut series = set.values[..SERIES * each].to_vec();
    model.card.normalisation.apply(&mut series);
    let batch = &series[..BATCH * each];
    let classes: Vec<usize> = set.classes[..BATCH].iter().map(|code| usize::from(*code) - 1).collect();

    let mut group = criterion.benchmark_group("engine and definition");
    group.sample_size(10);
    let mut measure = |name: &str, samples: usize, work: &(dyn Fn() + Sync)| {
        samples_a_second(&mut group, &pool, name, samples, work)
    };
    let rates = [
        (
            "classify",
            measure("classify by the engine", SERIES, &|| drop(black_box(model.logits(&series)))),
            measure("classify by the definition", SERIES, &|| drop(black_box(definition.logits(&series)))),
        ),
        (
            "loss and gradients",
            measure("gradients by the engine", BATCH, &|| {
                drop(black_box(model.gradients(batch, &classes, 0.05)))
            }),
            measure("gradients by the definition", BATCH, &|| {
                drop(black_box(definition.gradients(batch, &classes, 0.05)));
            }),
        ),
    ];
    group.finish();
    if std::env::var_os("RAYON_NUM_THREADS").is_none_or(|threads| threads != "1") {
        println!(
            "RAYON_NUM_THREADS is not 1: candle splits its products for more threads than run here, and is slower"
        );
    }
    for (what, engine, definition) in rates {
        if let (Some(engine), Some(definition)) = (engine, definition) {
            let ratio = engine / definition;
            println!("{what}: engine {engine:.0}/s, definition {definition:.0}/s, {ratio:.2} times as fast");
        }
    }
}

criterion_group!(engine, benches, against_the_definition);
criterion_main!(engine);
