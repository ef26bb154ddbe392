//! A reference sample of 10 000 units of a map of 10980 x 10980 pixels, from the map on the disk to its figures: designed,
//! drawn, written, read and assessed; and intervals over 1704 annotations. Run with `cargo bench --bench assess`.
//!
//! Beside criterion's figures it prints those that have limits.

use criterion::{Criterion, criterion_group, criterion_main};
use ritmo::assess::{
    Allocation, AssessmentIntervals, BootstrapSpec, MapEstimate, assessment_intervals, estimate,
};
use ritmo::classify::pixels_at;
use ritmo::geo::raster::{read_u8, write_cog_u8};
use ritmo::geo::{Crs, Grid, Placement};
use ritmo::labels::{Class, Confidence, Legend};
use ritmo::progress::Cancel;
use ritmo::project::reference::{
    Answer, DesignFrom, MapCounts, Size, Wanted, design_sample, read_reference, write_reference,
};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// For the whole way from the map to its areas.
const LIMIT: Duration = Duration::from_secs(5);
const WIDTH: u32 = 10_980;
const CLASSES: u8 = 12;

fn classes() -> Vec<Class> {
    (1..=CLASSES).map(|code| Class::new(code, format!("class {code}"), [0; 3])).collect()
}

/// Patches of 37 pixels, the first classes larger than the last, as a map on the disk.
fn map(folder: &Path) -> DesignFrom {
    let mixed = |a: u32, b: u32| (a.wrapping_mul(2_654_435_761) ^ b.wrapping_mul(2_246_822_519)) >> 16;
    let class = |patch: u32| 1 + (patch % 97 * (patch % 89) * u32::from(CLASSES) / (97 * 89)) as u8;
    let codes: Vec<u8> =
        (0..WIDTH).flat_map(|row| (0..WIDTH).map(move |col| class(mixed(col / 37, row / 37)))).collect();
    let grid = Grid {
        crs: Crs::from_epsg(32_614).expect("UTM"),
        left: 5e5,
        top: 2e6,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: WIDTH,
        height: WIDTH,
    };
    let map = folder.join("map.tif");
    write_cog_u8(&map, &grid, &[("class".into(), &codes)], None, Some(255), &[]).expect("written");
    let legend = Legend { classes: classes() };
    DesignFrom { map, map_name: "site/map".into(), site: Some("site".into()), legend }
}

/// From the map on the disk to a sample on the disk, and from that with answers to figures.
fn assessed(from: &DesignFrom) -> (usize, MapEstimate) {
    let quiet = |_| {};
    let wanted = Wanted {
        size: Size::Units(10_000),
        allocation: Allocation::Rare { minimum: 100 },
        ..Wanted::default()
    };
    let (mut sample, _) = design_sample(from, "bench", &wanted, &quiet, &Cancel::new()).expect("drawn");
    for unit in &mut sample.units {
        let stratum = unit.stratum.unwrap_or(1);
        let class = if unit.number.is_multiple_of(7) { 1 + stratum % CLASSES } else { stratum };
        unit.answers.push(Answer {
            interpreter: "bench".into(),
            class: Some(class),
            confidence: Confidence::Sure,
            at: None,
            note: None,
        });
    }
    let file = from.map.with_file_name("bench.geojson");
    write_reference(&sample, &from.legend, &file).expect("written");

    let (sample, _) = read_reference(&file, &from.legend).expect("read");
    let (grid, codes) = read_u8(&from.map, 0).expect("read");
    let placement = Placement::from(&grid);
    let counts = MapCounts::of_codes(&placement, &codes).expect("counted");
    let at = pixels_at(&placement, &sample.places());
    let code = |(col, row): (u32, u32)| codes[(row * WIDTH + col) as usize];
    let mapped: Vec<Option<u8>> = at.into_iter().map(|at| at.map(code)).collect();
    let units = sample.reference_units(&counts, &mapped);
    let population = sample.population(&counts, &from.legend);
    (units.len(), estimate(&population, &from.legend.classes, &units))
}

/// 1704 annotations of 60 pixels.
fn intervals() -> AssessmentIntervals {
    let sample = |i: u64| {
        let class = (i / 60 % u64::from(CLASSES)) as u8;
        let mapped = if i.is_multiple_of(11) { (class + 1) % CLASSES } else { class };
        (i / 60, 1 + class, 1 + mapped)
    };
    assessment_intervals(&classes(), (0..1704 * 60).map(sample), &BootstrapSpec::default())
}

fn benches(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let map = map(folder.path());
    let start = Instant::now();
    let (units, found) = assessed(&map);
    let took = start.elapsed();
    println!(
        "{} units drawn and assessed in {:.2} s (limit {} s), overall accuracy {:.3}",
        units,
        took.as_secs_f64(),
        LIMIT.as_secs(),
        found.overall_accuracy.value.unwrap_or_default()
    );
    assert!(took < LIMIT, "too slow");
    let start = Instant::now();
    black_box(intervals());
    println!("2000 draws of 1704 annotations in {:.2} s", start.elapsed().as_secs_f64());

    let mut group = criterion.benchmark_group("assess");
    group.sample_size(10);
    group.bench_function("10 000 units of a map of 10980 x 10980", |bencher| bencher.iter(|| assessed(&map)));
    group.bench_function("intervals over 1704 annotations", |bencher| bencher.iter(intervals));
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
