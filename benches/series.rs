//! Reading a cube of 12 dates x 10 bands x 2048 x 2048 pixels, and building it beside `gdal_translate`.
//! Run with `cargo bench --bench series`.
//!
//! Beside criterion's figures it prints those that have limits: the 95th percentile of one random series, warm and with the
//! shard's pages put out of memory; whole-cube reading a core; building as a ratio to `gdal_translate` of the same files to
//! zstd COGs with as many threads; and the builder's peak memory. `RITMO_BENCH_LARGE=1` builds 8192 x 8192 as well (it
//! needs 30 GB of disk and several minutes).

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rayon::prelude::*;
use ritmo::cube::picture::{Composite, Display, natural_channels, picture};
use ritmo::cube::{BuildSpec, Cube, Filling, build, fill};
use ritmo::geo::raster::{PixelType, write_mosaic};
use ritmo::geo::{Crs, Grid};
use ritmo::progress::Cancel;
use ritmo::source::{InputSpec, recognise};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIDE: u32 = 2048;
const BANDS: [&str; 10] = ["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"];
/// Limits of the 95th percentile of one random series.
const WARM: Duration = Duration::from_millis(1);
const COLD: Duration = Duration::from_millis(5);
/// Pixels a second and core: read; and read, masked, filled and normalised.
const READ: f64 = 8e6;
const PREPARED: f64 = 5e6;
/// What series are normalised by.
const MEAN: f32 = 1500.0;
const DEVIATION: f32 = 700.0;

fn say(what: &str, value: String, limit: String, holds: bool) {
    eprintln!("{what}: {value} (limit {limit}){}", if holds { "" } else { "  <-- MISSED" });
}

fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status();
    assert!(status.is_ok_and(|status| status.success()), "{program} {arguments:?}");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// Smooth fields with noise, a few per cent of gaps: compression is about as good as on real mosaics. As zstd COGs.
fn write_mosaics(folder: &Path) -> Vec<PathBuf> {
    let crs = Crs::from_epsg(6362).expect("EPSG:6362 is known");
    let (left, top, pixel) = (2.7e6, 6.5e5, 10.0);
    let grid = Grid { crs, left, top, pixel_width: pixel, pixel_height: pixel, width: SIDE, height: SIDE };
    let plain = folder.join("plain");
    let cogs = folder.join("cogs");
    std::fs::create_dir_all(&plain).and_then(|()| std::fs::create_dir_all(&cogs)).expect("folders");
    let paths: Vec<PathBuf> =
        (1..=12u32).map(|month| cogs.join(format!("site_2022-{month:02}-15.tif"))).collect();
    paths.par_iter().zip(1..13u32).for_each(|(cog, month)| {
        let mut state = month;
        let values: Vec<u16> = (0..10 * SIDE * SIDE)
            .map(|i| {
                let (band, row, col) = (i / (SIDE * SIDE), i / SIDE % SIDE, i % SIDE);
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                if (row / 40 + month * 3) % 25 == 0 && (col / 60 + month) % 3 == 0 {
                    return (-9999i16).cast_unsigned();
                }
                let field =
                    ((row as f32 / 90.0).sin() + (col as f32 / 70.0 + month as f32 / 2.0).cos()) * 400.0;
                (1000.0 + 150.0 * band as f32 + field + (state >> 25) as f32) as u16
            })
            .collect();
        let path = plain.join(cog.file_name().expect("a name"));
        write_mosaic(&path, &grid, &BANDS, PixelType::Int16, -9999.0, &values, &[]).expect("written");
        run("gdal_translate", &["-q", "-of", "COG", "-co", "COMPRESS=ZSTD", text(&path), text(cog)]);
        std::fs::remove_file(path).expect("removed");
    });
    paths
}

/// The same files, repeated `times` across and down without being copied.
fn write_large(folder: &Path, cogs: &[PathBuf], times: u32) {
    std::fs::create_dir_all(folder).expect("a folder");
    let crs = Crs::from_epsg(6362).expect("EPSG:6362 is known");
    let side = SIDE * times;
    for cog in cogs {
        let bands: String = (1..=10)
            .map(|band| {
                let sources: String = (0..times * times)
                    .map(|i| {
                        let (x, y) = (i % times * SIDE, i / times * SIDE);
                        format!(
                            r#"<SimpleSource><SourceFilename relativeToVRT="0">{}</SourceFilename><SourceBand>{band}</SourceBand><SrcRect xOff="0" yOff="0" xSize="{SIDE}" ySize="{SIDE}"/><DstRect xOff="{x}" yOff="{y}" xSize="{SIDE}" ySize="{SIDE}"/></SimpleSource>"#,
                            text(cog)
                        )
                    })
                    .collect();
                format!(
                    r#"<VRTRasterBand dataType="Int16" band="{band}"><Description>{}</Description><NoDataValue>-9999</NoDataValue>{sources}</VRTRasterBand>"#,
                    BANDS[band - 1]
                )
            })
            .collect();
        let srs = crs.wkt().replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        let vrt = format!(
            r#"<VRTDataset rasterXSize="{side}" rasterYSize="{side}"><SRS>{srs}</SRS><GeoTransform>2700000, 10, 0, 650000, 0, -10</GeoTransform>{bands}</VRTDataset>"#
        );
        let name = Path::new(cog.file_name().expect("a name")).with_extension("vrt");
        std::fs::write(folder.join(name), vrt).expect("written");
    }
}

fn build_cube(inputs: &Path, store: &Path) {
    let found = recognise(&InputSpec::of([inputs]), &|_| {}, &Cancel::new()).expect("recognised");
    let spec = BuildSpec { found, ..BuildSpec::default() };
    build(&spec, store, &|_| {}, &Cancel::new()).expect("built");
}

/// Most memory that this process has had, in bytes.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) << 10
}

/// Builds in a process of its own; gives its seconds and its peak memory.
fn build_apart(inputs: &Path, store: &Path) -> (f64, u64) {
    let this = std::env::current_exe().expect("this program");
    let output = Command::new(this)
        .env("RITMO_BENCH_BUILD", format!("{}\n{}", text(inputs), text(store)))
        .output()
        .expect("started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut words = said.split_whitespace();
    let mut number = || words.next().and_then(|word| word.parse::<f64>().ok()).expect("a number");
    (number(), number() as u64)
}

fn as_asked_by_the_parent() -> bool {
    let Ok(asked) = std::env::var("RITMO_BENCH_BUILD") else { return false };
    let (inputs, store) = asked.split_once('\n').expect("two paths");
    let start = Instant::now();
    build_cube(Path::new(inputs), Path::new(store));
    println!("{} {}", start.elapsed().as_secs_f64(), peak_memory());
    true
}

fn building(folder: &Path, cogs: &[PathBuf]) -> PathBuf {
    let store = folder.join("site.zarr");
    let (seconds, memory) = build_apart(&folder.join("cogs"), &store);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = format!("NUM_THREADS={threads}");
    let target = folder.join("translated.tif");
    let start = Instant::now();
    for cog in cogs {
        let options = ["-q", "-of", "COG", "-co", "COMPRESS=ZSTD", "-co", &threads, text(cog), text(&target)];
        run("gdal_translate", &options);
    }
    let peer = start.elapsed().as_secs_f64();
    let ratio = seconds / peer;
    let what = format!("building 12 x 10 x {SIDE} x {SIDE}, {seconds:.1} s, to gdal_translate's {peer:.1} s");
    say(&what, format!("{ratio:.2}"), "1".into(), ratio <= 1.0);
    let megabytes = memory >> 20;
    say("its peak memory", format!("{megabytes} MiB"), "1024 MiB".into(), megabytes < 1024);
    if std::env::var_os("RITMO_BENCH_LARGE").is_some() {
        let large = folder.join("large");
        write_large(&large, cogs, 4);
        let (seconds, memory) = build_apart(&large, &folder.join("large.zarr"));
        let megabytes = memory >> 20;
        let what = format!("peak memory of building 12 x 10 x 8192 x 8192 in {seconds:.0} s");
        say(&what, format!("{megabytes} MiB"), "1024 MiB".into(), megabytes < 1024);
    }
    store
}

/// The 95th percentile of one series at random places; `before` is called ahead of each, and not timed.
fn percentile(cube: &Cube, mut before: impl FnMut()) -> Duration {
    let mut state = 1u32;
    let mut times: Vec<Duration> = (0..1000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (col, row) = (state >> 8 & (SIDE - 1), state >> 20 & (SIDE - 1));
            before();
            let start = Instant::now();
            black_box(cube.series(col, row)).expect("read");
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() * 95 / 100]
}

/// Puts the pages of all shards out of memory.
fn forget_pages(shards: &[std::fs::File]) {
    for shard in shards {
        let _ = rustix::fs::fadvise(shard, 0, None, rustix::fs::Advice::DontNeed);
    }
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("listed").flatten() {
        let path = entry.path();
        if path.is_dir() { files_below(&path, files) } else { files.push(path) }
    }
}

fn limits(cube: &Cube, uncached: &Cube, chunks: &[(u32, u32)]) {
    // Warm: all pages are in memory, as they are once a cube was walked through.
    chunks.iter().for_each(|at| drop(uncached.decode(*at).expect("read")));
    let warm = percentile(uncached, || {});
    let ms = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    say("one random series, p95, chunk not in memory", ms(warm), ms(WARM), warm <= WARM);

    // The processor's time of this thread: what else the machine does is not the reader's.
    let now = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
    };
    let rate = |work: &dyn Fn((u32, u32))| {
        let start = now();
        chunks.iter().for_each(|at| work(*at));
        f64::from(SIDE) * f64::from(SIDE) / (now() - start)
    };
    let millions = |rate: f64| format!("{:.1} million pixels/s", rate / 1e6);
    let read = rate(&|at| {
        black_box(uncached.decode(at)).expect("read");
    });
    say("whole cube read, a core", millions(read), millions(READ), read >= READ);
    let prepared = rate(&|at| {
        prepare(uncached, at);
    });
    let what = "whole cube read, masked, filled, normalised, a core";
    say(what, millions(prepared), millions(PREPARED), prepared >= PREPARED);

    let mut files = Vec::new();
    files_below(&cube.path().join("data"), &mut files);
    let shards: Vec<_> = files.iter().filter_map(|path| std::fs::File::open(path).ok()).collect();
    shards.iter().for_each(|shard| shard.sync_all().expect("on the disk"));
    let cold = percentile(uncached, || forget_pages(&shards));
    say("one random series, p95, pages not in memory", ms(cold), ms(COLD), cold <= COLD);
}

/// Reads the series of a chunk as a network takes them, some at a time.
fn prepare(cube: &Cube, at: (u32, u32)) {
    let chunk = cube.decode(at).expect("read");
    let info = cube.info();
    let days: Vec<f64> = info.dates.iter().map(|date| (*date - info.dates[0]).num_days() as f64).collect();
    let (times, bands, pixels) = (info.dates.len(), info.bands.len(), chunk.window.pixels());
    let each = times * bands;
    // So few that they stay in the first cache.
    const PIXELS: usize = 64;
    let planes: Vec<usize> = (0..each).collect();
    let mut series = vec![0.0; PIXELS * each];
    for first in (0..pixels).step_by(PIXELS) {
        let series = &mut series[..PIXELS.min(pixels - first) * each];
        chunk.series_of(&planes, first, series);
        for series in series.chunks_exact_mut(each) {
            fill(series, bands, &days, Filling::Linear);
            series.iter_mut().for_each(|value| *value = (*value - MEAN) * (1.0 / DEVIATION));
        }
        black_box(series);
    }
}

fn read_cube(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cogs = write_mosaics(folder.path());
    let store = building(folder.path(), &cogs);
    let cube = Cube::open(&store).expect("opened");
    let uncached = Cube::open_with_cache(&store, 0).expect("opened");
    let (across, down) = cube.chunk_counts();
    let chunks: Vec<_> = (0..down).flat_map(|row| (0..across).map(move |col| (col, row))).collect();
    limits(&cube, &uncached, &chunks);

    let mut group = criterion.benchmark_group("series");
    group.sample_size(20);
    let mut state = 1u32;
    let mut place = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8 & (SIDE - 1), state >> 20 & (SIDE - 1))
    };
    group.bench_function("one series, chunk not in memory", |bencher| {
        bencher.iter_batched(
            &mut place,
            |(col, row)| black_box(uncached.series(col, row)),
            BatchSize::SmallInput,
        );
    });
    cube.series(10, 10).expect("read");
    group.bench_function("one series, chunk in memory", |bencher| {
        bencher.iter(|| black_box(cube.cached_series(10, 10)));
    });
    group.bench_function("opening the cube", |bencher| {
        bencher.iter(|| black_box(Cube::open(cube.path())).expect("opened"));
    });

    group.sample_size(10);
    group.throughput(Throughput::Elements(u64::from(SIDE) * u64::from(SIDE)));
    group.bench_function("whole cube, all threads", |bencher| {
        bencher.iter(|| {
            chunks.par_iter().map(|at| uncached.decode(*at).expect("read").pixels.len()).sum::<usize>()
        });
    });

    let channels = natural_channels(&cube.info().bands);
    let whole = cube.info().grid.window();
    let composite = Composite::sampled(&cube, channels, whole, &Display::default(), &Cancel::new());
    let composite = composite.expect("read");
    let part = ritmo::geo::Window { col: 512, row: 512, width: 1024, height: 1024 };
    group.throughput(Throughput::Elements(1024 * 1024));
    group.bench_function("picture of 1024 x 1024 at full resolution", |bencher| {
        bencher.iter(|| black_box(picture(&uncached, 5, &composite, part, 1)).expect("painted"));
    });
    let whole = cube.info().grid.window();
    group.bench_function("picture of all of it at an eighth", |bencher| {
        bencher.iter(|| black_box(picture(&uncached, 5, &composite, whole, 8)).expect("painted"));
    });
    group.finish();
}

fn all(criterion: &mut Criterion) {
    // The same program builds a cube for the one that measures it.
    if !as_asked_by_the_parent() {
        read_cube(criterion);
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
