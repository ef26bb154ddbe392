//! The series wand on a cube of 12 dates x 10 bands, and the series of a polygon. Run with `cargo bench --bench wand`.
//!
//! Beside criterion's figures it prints those that have limits: a region of about 20 000 pixels from chunks in
//! memory, on one core, and the same until its polygon is there.

use criterion::{Criterion, criterion_group, criterion_main};
use ritmo::cube::{BuildSpec, Cube, Feature, build};
use ritmo::demo::{simulate, write_inputs};
use ritmo::labels::wand::{BandSpreads, WandSpec, grow, smooth_outline, tidy};
use ritmo::labels::{Annotation, Buffers, core_of_annotation};
use ritmo::progress::Cancel;
use ritmo::samples::{spread, stand_apart};
use ritmo::source::{InputSpec, recognise};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// For a region of 20 000 pixels.
const LIMIT: Duration = Duration::from_millis(100);
const PIXELS: usize = 20_000;

fn demo(folder: &Path) -> (Cube, Vec<Arc<Annotation>>) {
    let landscape = simulate(1).expect("simulated");
    let inputs = write_inputs(&landscape, folder).expect("written");
    let found = recognise(&InputSpec::of([inputs.mosaics]), &|_| {}, &Cancel::new()).expect("recognised");
    let store = folder.join("site.zarr");
    build(&BuildSpec { found, ..BuildSpec::default() }, &store, &|_| {}, &Cancel::new()).expect("built");
    let annotations = landscape.annotations.into_iter().map(Arc::new).collect();
    (Cube::open(&store).expect("opened"), annotations)
}

/// The seed and the tolerance whose region has about so many pixels, of some seeds spread over the cube.
fn about(cube: &Cube, spreads: &BandSpreads, pixels: usize) -> WandSpec {
    let grid = &cube.info().grid;
    let mut best = (usize::MAX, WandSpec { seed: (0, 0), tolerance: 1.0, at_most: 4 * pixels });
    for i in 0..12 {
        let seed = (grid.width * (i % 4 * 2 + 1) / 8, grid.height * (i / 4 * 2 + 1) / 6);
        for step in 0..40 {
            let spec = WandSpec { seed, tolerance: 0.1 * 1.1f32.powi(step), at_most: 4 * pixels };
            let Ok(grown) = grow(cube, spreads, &spec, &Cancel::new()) else { continue };
            let off = grown.region.len().abs_diff(pixels);
            if !grown.bounded && off < best.0 {
                best = (off, spec);
            }
        }
    }
    best.1
}

/// The processor's time of this thread, which does not count what other programs do meanwhile.
fn busy() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32)
}

/// The processor's time for it, the median of some runs; nothing of it runs on other threads.
fn timed<T>(mut work: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..31)
        .map(|_| {
            let start = busy();
            black_box(work());
            busy().saturating_sub(start)
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

fn say(what: &str, took: Duration) {
    let ratio = took.as_secs_f64() / LIMIT.as_secs_f64();
    let missed = if ratio > 1.0 { "  <-- MISSED" } else { "" };
    eprintln!("{what}: {:.2} ms, {ratio:.2} of the limit{missed}", took.as_secs_f64() * 1e3);
}

fn benches(criterion: &mut Criterion) {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (cube, annotations) = demo(home.path());
    let cancel = Cancel::new();
    let start = Instant::now();
    let spreads = BandSpreads::of(&cube, &cancel).expect("read");
    eprintln!("the spreads of the bands, once a cube: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let spec = about(&cube, &spreads, PIXELS);
    let region = || grow(&cube, &spreads, &spec, &cancel).expect("grown").region;
    let grown = region();
    let outline = |tidy: &_| smooth_outline(tidy).expect("a polygon");
    let corners = outline(&tidy(&grown, spec.seed)).exterior().0.len();
    eprintln!(
        "tolerance {:.2} takes {} pixels; their polygon has {corners} corners",
        spec.tolerance,
        grown.len()
    );
    say("growing that region from chunks in memory", timed(region));
    say("growing it, and its polygon", timed(|| outline(&tidy(&region(), spec.seed))));

    let square: Vec<(u32, u32)> = (100..200).flat_map(|row| (100..200).map(move |col| (col, row))).collect();
    let features: Vec<Feature> = Feature::all_bands(&cube.info().bands).into_iter().take(4).collect();
    let series = || spread(&cube, &square, &features, &cancel).expect("read");
    let found = series();
    eprintln!(
        "the series of {} pixels, of which {} stand apart: {:.1} ms",
        found.pixels,
        found.apart.len(),
        timed(series).as_secs_f64() * 1e3
    );

    let start = Instant::now();
    let apart = stand_apart(&cube, &annotations, &Buffers::all(20.0), &|_| {}, &cancel).expect("read");
    let pixels: usize = apart.iter().map(|(_, pixels)| pixels.len()).sum();
    let core = |a: &Arc<Annotation>| core_of_annotation(a, &cube.info().grid, &Buffers::all(20.0));
    let all: usize = annotations.iter().flat_map(core).map(|core| core.pure_pixels.len()).sum();
    eprintln!(
        "of the {} annotations of the simulated landscape {} have pixels that stand apart, {pixels} of {all}: {:.1} ms",
        annotations.len(),
        apart.len(),
        start.elapsed().as_secs_f64() * 1e3
    );

    let mut group = criterion.benchmark_group("wand");
    group.sample_size(20);
    group.bench_function("a region of 20 000 pixels", |bencher| bencher.iter(region));
    group.bench_function("its polygon too", |bencher| bencher.iter(|| outline(&tidy(&region(), spec.seed))));
    group.bench_function("the series of 10 000 pixels", |bencher| bencher.iter(series));
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
