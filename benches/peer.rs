//! The engine beside PyTorch, in one run and per second of CPU: `cargo bench --bench peer`.
//!
//! PyTorch is run by `RITMO_TORCH_PYTHON`, or by `python3` where that can import it; without it, only the limits of this
//! machine are compared with. Both sides have one thread, 12 dates, 10 bands and 10 classes; PyTorch takes the batch that is
//! best for it.

mod support;
#[path = "support/torch.rs"]
mod torch;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;
use ritmo::labels::Legend;
use ritmo::model::{Model, ModelKind, ModelSpec, TempCnnOptions, train};
use ritmo::progress::Cancel;
use ritmo::samples::{SampleSet, Split};
use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use std::time::{Duration, Instant};
use support::{BANDS, TIMES, samples};
use torch::pytorch;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How far classes lie apart: within the noise, so that there is something to learn.
const APART: f32 = 300.0;
/// Series that are classified at a time.
const SERIES: usize = 4096;
/// A kernel that is convolved directly; shorter ones take fewer multiplications than there are in the definition.
const DIRECT: usize = 11;
/// Multiplications and additions of a TempCNN with that kernel a series: three convolutions, the dense layer, the output.
const DIRECT_FLOP: f64 = 2.0 * (12 * DIRECT * (10 * 64 + 2 * 64 * 64) + 768 * 256 + 256 * 10) as f64;

/// Time of the processors that this process has taken.
fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

fn trained(set: &SampleSet, legend: &Legend, spec: &ModelSpec, held_out: bool) -> Option<Model> {
    let (held_out, train_on) = (0..set.len()).partition(|i| held_out && set.annotations[*i] % 8 == 7);
    let split = Split { train: train_on, held_out, kept: Vec::new() };
    train(set, &split, legend, spec, &|_| (), &Cancel::new()).ok()
}

/// Measures `work` on `samples` samples; gives the most of them per second of CPU, `None` where the command line leaves it out.
fn per_cpu_second(
    group: &mut BenchmarkGroup<WallTime>,
    name: &str,
    samples: usize,
    work: impl Fn() + Sync,
) -> Option<f64> {
    let mut best: f64 = 0.0;
    group.throughput(Throughput::Elements(samples as u64));
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|times| {
            let start = cpu();
            (0..times).for_each(|_| work());
            let took = cpu() - start;
            best = best.max(samples as f64 * times as f64 / took.as_secs_f64());
            took
        });
    });
    (best > 0.0).then_some(best)
}

/// Multiplies and adds in registers alone: what the machine can do at most.
struct Peak(usize);

impl WithSimd for Peak {
    type Output = (f32, usize);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let x = black_box(simd.splat_f32s(1.000_000_1));
        let y = black_box(simd.splat_f32s(1e-9));
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = [simd.splat_f32s(1.0); 8];
        let [mut i, mut j, mut k, mut l, mut m, mut n, mut o, mut p] = [simd.splat_f32s(2.0); 8];
        for _ in 0..self.0 {
            for sum in [
                &mut a, &mut b, &mut c, &mut d, &mut e, &mut f, &mut g, &mut h, &mut i, &mut j, &mut k,
                &mut l, &mut m, &mut n, &mut o, &mut p,
            ] {
                *sum = simd.mul_add_e_f32s(*sum, x, y);
            }
        }
        let all = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p];
        let sum = all.into_iter().fold(simd.splat_f32s(0.0), |s, v| simd.add_f32s(s, v));
        (simd.reduce_sum_f32s(sum), S::F32_LANES)
    }
}

/// Floating-point operations a second at most, by fused multiplications and additions.
fn peak() -> f64 {
    let steps = 4_000_000;
    let once = || {
        let start = cpu();
        let (sum, lanes) = Arch::new().dispatch(Peak(steps));
        black_box(sum);
        (steps * 16 * lanes * 2) as f64 / (cpu() - start).as_secs_f64()
    };
    (0..5).map(|_| once()).fold(0.0, f64::max)
}

fn say(what: &str, is: f64, at_least: f64, unit: &str) {
    let verdict = if is >= at_least { "REACHED" } else { "MISSED" };
    println!("{what}: {is:.2} {unit}, asked at least {at_least}: {verdict}");
}

fn benches(criterion: &mut Criterion) {
    let peer = pytorch(1, None).pop();
    let of_peer = |network: &str, what: &str| peer.as_ref().and_then(|p| p[network][what].as_f64());
    let Ok(one) = rayon::ThreadPoolBuilder::new().num_threads(1).build() else { return };
    let (set, legend) = samples(3000, APART);
    let mut group = criterion.benchmark_group("peer");
    group.sample_size(10);

    for (kind, ask_inference, ask_training) in
        ModelKind::all().into_iter().zip([2.5, 2.5, 3.0]).map(|(k, i)| {
            let training = if k.name() == "tempcnn" { Some(2.5) } else { None };
            (k, i, training)
        })
    {
        let name = kind.name();
        let mut spec = ModelSpec { kind, ..ModelSpec::default() };
        spec.training.epochs = 1;
        let Some(model) = one.install(|| trained(&set, &legend, &spec, false)) else { return };
        let mut series: Vec<f32> = set
            .values
            .in_memory()
            .expect("in memory")
            .iter()
            .cycle()
            .take(SERIES * TIMES * BANDS)
            .copied()
            .collect();
        model.card.normalisation.apply(&mut series);
        let rate = per_cpu_second(&mut group, &format!("classify, {name}"), SERIES, || {
            drop(black_box(model.logits(&series)));
        });
        if let Some(rate) = rate {
            println!("{name} classifies {rate:.0} series per second of CPU");
            if let Some(peer) = of_peer(name, "inference") {
                println!("PyTorch: {peer:.0}, at its best batch");
                say(&format!("{name}, inference"), rate / peer, ask_inference, "x PyTorch");
            }
            if name == "tempcnn" {
                threads(&model, &series);
            }
        }
        if name == "tempcnn"
            && let Ok(halved) = model.in_bf16()
        {
            let rate = per_cpu_second(&mut group, "classify, tempcnn, bf16", SERIES, || {
                drop(black_box(halved.logits(&series)));
            });
            if let (Some(rate), Some(peer)) = (rate, of_peer(name, "inference")) {
                println!("tempcnn classifies {rate:.0} series per second of CPU in bf16");
                say("tempcnn, inference in bf16", rate / peer, 4.0, "x PyTorch in f32");
            }
        }
        if let ModelKind::TempCnn(options) = &spec.kind {
            let direct = TempCnnOptions { kernel: DIRECT, ..options.clone() };
            let spec = ModelSpec { kind: ModelKind::TempCnn(direct), ..spec.clone() };
            let Some(model) = one.install(|| trained(&set, &legend, &spec, false)) else { return };
            let rate = per_cpu_second(&mut group, "classify, tempcnn, direct kernel", SERIES, || {
                drop(black_box(model.logits(&series)));
            });
            if let Some(rate) = rate {
                let share = rate * DIRECT_FLOP / peak();
                say("tempcnn, direct kernel", share, 0.85, "of the FMA peak");
            }
        }
        for batch in [64, 256] {
            spec.training.batch = batch;
            spec.training.epochs = 2;
            let rate =
                per_cpu_second(&mut group, &format!("train, {name}, batch {batch}"), 2 * set.len(), || {
                    drop(black_box(one.install(|| trained(&set, &legend, &spec, false))));
                });
            let Some(rate) = rate else { continue };
            println!("{name} trains on {rate:.0} samples per second of CPU, batch {batch}");
            if let Some(peer) = of_peer(name, &format!("training_{batch}")) {
                println!("PyTorch with fused AdamW: {peer:.0}");
                match ask_training {
                    Some(ask) => {
                        say(&format!("{name}, training, batch {batch}"), rate / peer, ask, "x PyTorch")
                    }
                    None => println!("{name}, training, batch {batch}: {:.2} x PyTorch", rate / peer),
                }
            }
        }
    }
    group.finish();

    let start = Instant::now();
    if let Some(model) = trained(&set, &legend, &ModelSpec::default(), true) {
        let seconds = start.elapsed().as_secs_f64();
        let epochs = model.card.history.len();
        let verdict = if seconds < 10.0 { "REACHED" } else { "MISSED" };
        println!(
            "3000 samples trained to early stopping, {epochs} epochs, in {seconds:.1} s, asked under 10 s: {verdict}"
        );
    }
}

/// How much faster two threads are than one.
fn threads(model: &Model, series: &[f32]) {
    let seconds = |threads: usize| -> Option<f64> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok()?;
        let once = || {
            let start = Instant::now();
            pool.install(|| {
                series.par_chunks(256 * TIMES * BANDS).for_each(|part| drop(black_box(model.logits(part))));
            });
            start.elapsed().as_secs_f64()
        };
        Some((0..30).map(|_| once()).fold(f64::INFINITY, f64::min))
    };
    if let (Some(one), Some(two)) = (seconds(1), seconds(2)) {
        say("tempcnn, two threads", one / two, 1.8, "x one");
    }
}

criterion_group!(peer, benches);
criterion_main!(peer);
