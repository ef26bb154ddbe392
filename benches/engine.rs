//! The engine side by side with the definition of the network in candle, on one thread each. `peer` has its figures beside
//! PyTorch.

mod support;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use ritmo::labels::Legend;
use ritmo::model::definition::Definition;
use ritmo::model::{Model, ModelSpec, train};
use ritmo::progress::Cancel;
use ritmo::samples::{SampleSet, Split};
use std::hint::black_box;
use std::time::Instant;
use support::{BANDS, TIMES, samples};

/// As in the program: both sides of the comparison ask for megabytes all the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How far classes lie apart.
const APART: f32 = 700.0;
/// Samples a training step, as in training.
const BATCH: usize = 64;
/// Series that are classified at a time.
const SERIES: usize = 256;

fn trained(set: &SampleSet, legend: &Legend, epochs: usize) -> Option<Model> {
    let split = Split { train: (0..set.len()).collect(), held_out: Vec::new(), kept: Vec::new() };
    let mut spec = ModelSpec::default();
    spec.training.epochs = epochs;
    train(set, &split, legend, &spec, &|_| (), &Cancel::new()).ok()
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
    let (set, legend) = samples(600, APART);
    let Some(model) = trained(&set, &legend, 1) else { return };
    let (Ok(definition), Ok(pool)) =
        (Definition::of(&model), rayon::ThreadPoolBuilder::new().num_threads(1).build())
    else {
        return;
    };
    let each = TIMES * BANDS;
    let mut series = set.values.in_memory().expect("in memory")[..SERIES * each].to_vec();
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

criterion_group!(engine, against_the_definition);
criterion_main!(engine);
