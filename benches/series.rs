//! Reading a cube of 12 dates x 10 bands x 1024 x 1024 pixels: one series from the disk and from memory, all of it, and
//! a picture of one date. Run with `cargo bench --bench series`.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rayon::prelude::*;
use ritmo::cube::picture::{Composite, picture};
use ritmo::cube::{BuildSpec, Cube, build};
use ritmo::geo::raster::{PixelType, write_mosaic};
use ritmo::geo::{Crs, Grid};
use ritmo::progress::Cancel;
use ritmo::source::folder::recognise;
use std::hint::black_box;
use std::path::Path;

const SIDE: u32 = 1024;
const BANDS: [&str; 10] = ["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"];

/// Smooth fields with noise, so that compression is about as good as on real mosaics.
fn write_mosaics(folder: &Path) {
    let crs = Crs::from_epsg(6362).expect("EPSG:6362 is known");
    let grid = Grid {
        crs,
        left: 2.7e6,
        top: 6.5e5,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: SIDE,
        height: SIDE,
    };
    (1..=12u32).into_par_iter().for_each(|month| {
        let mut state = month;
        let values: Vec<u16> = (0..10 * SIDE * SIDE)
            .map(|i| {
                let (band, row, col) = (i / (SIDE * SIDE), i / SIDE % SIDE, i % SIDE);
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let field =
                    ((row as f32 / 90.0).sin() + (col as f32 / 70.0 + month as f32 / 2.0).cos()) * 400.0;
                (1000.0 + 150.0 * band as f32 + field + (state >> 25) as f32) as u16
            })
            .collect();
        let path = folder.join(format!("site_2022-{month:02}-15.tif"));
        write_mosaic(&path, &grid, &BANDS, PixelType::Int16, -9999.0, &values, &[])
            .expect("the mosaic is written");
    });
}

fn make_cube(folder: &Path) -> Cube {
    write_mosaics(folder);
    let found = recognise(&[folder.to_owned()], &|_| {}, &Cancel::new()).expect("recognised");
    let store = folder.join("site.zarr");
    let start = std::time::Instant::now();
    build(&BuildSpec { found, ..BuildSpec::default() }, &store, &|_| {}, &Cancel::new()).expect("built");
    eprintln!("building took {:.2} s", start.elapsed().as_secs_f64());
    Cube::open(&store).expect("opened")
}

fn read_cube(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cube = make_cube(folder.path());
    let uncached = Cube::open_with_cache(cube.path(), 0).expect("opened");
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

    let (across, down) = cube.chunk_counts();
    let chunks: Vec<_> = (0..down).flat_map(|row| (0..across).map(move |col| (col, row))).collect();
    group.sample_size(10);
    group.throughput(Throughput::Elements(u64::from(SIDE) * u64::from(SIDE)));
    group.bench_function("whole cube, one thread", |bencher| {
        bencher
            .iter(|| chunks.iter().map(|at| uncached.decode(*at).expect("read").words.len()).sum::<usize>());
    });
    group.bench_function("whole cube, all threads", |bencher| {
        bencher.iter(|| {
            chunks.par_iter().map(|at| uncached.decode(*at).expect("read").words.len()).sum::<usize>()
        });
    });

    let composite = Composite::natural(&cube).expect("read");
    let window = cube.info().grid.window();
    group.bench_function("picture from the disk", |bencher| {
        bencher.iter(|| black_box(picture(&uncached, 5, &composite, window, 1)).expect("painted"));
    });
    picture(&cube, 5, &composite, window, 1).expect("painted");
    group.bench_function("picture from memory", |bencher| {
        bencher.iter(|| black_box(picture(&cube, 6, &composite, window, 1)).expect("painted"));
    });
    group.finish();
}

criterion_group!(benches, read_cube);
criterion_main!(benches);
