//! A thousand labelled chips of 256 x 256 pixels and four bands, from their files to sites and annotations of a project: in
//! under three minutes on two cores. Run with `cargo bench --bench chips`.
#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

#[path = "../tests/chip_set/mod.rs"]
mod chip_set;

use chip_set::Chips;
use chrono::NaiveDate;
use criterion::{Criterion, criterion_group, criterion_main};
use rayon::prelude::*;
use ritmo::app::{AppState, Command, run_to_end};
use ritmo::cube::GridSetting;
use ritmo::jobs::{ChipChoice, ChipLabels};
use ritmo::labels::Preset;
use ritmo::progress::Cancel;
use ritmo::project::Recent;
use ritmo::source::ChipSites;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(180);

fn run(state: &mut AppState, command: Command) {
    run_to_end(state, command, &mut |_, _| (), &Cancel::new()).unwrap();
}

/// Imports the set into a new project; gives how many annotations it has.
fn import(chips: &Chips, project: &Path, sites: ChipSites) -> usize {
    let mut state = AppState::new(Recent::load(None), Arc::new(|| {}));
    let legend = Preset::Reforestamos.legend();
    run(&mut state, Command::NewProject { folder: project.into(), name: "chips".into(), legend });
    let choice = ChipChoice {
        images: None,
        date: NaiveDate::from_ymd_opt(2022, 3, 15).unwrap(),
        sites,
        labels: ChipLabels::Vectors,
        coding: None,
        buffer_m: None,
        grid: GridSetting::default(),
    };
    run(&mut state, Command::ImportChips { prefix: chips.prefix.clone(), choice });
    state.project.as_ref().unwrap().annotations.len()
}

fn benches(criterion: &mut Criterion) {
    let chips = Chips::new(256);
    // Forty columns and twenty-five rows of neighbours.
    (0..1000u32).into_par_iter().for_each(|i| {
        let (x, y) = (3440 + i % 40, 7200 + i / 40);
        chips.image(x, y, true);
        chips.raster(x, y, false);
        chips.vectors(x, y);
    });
    let mut group = criterion.benchmark_group("a thousand chips");
    group.sample_size(10).measurement_time(Duration::from_secs(1));
    for (name, sites) in [("each a site", ChipSites::Each), ("neighbours together", ChipSites::Neighbours)] {
        let home = tempfile::tempdir().unwrap();
        let started = Instant::now();
        assert_eq!(import(&chips, &home.path().join("first"), sites), 2000);
        let took = started.elapsed();
        assert!(took < LIMIT, "{name}: {took:?}, and the limit is {LIMIT:?}");
        println!("{name}: {took:.1?} of {LIMIT:?}");
    }
    let home = tempfile::tempdir().unwrap();
    let small = Chips::new(64);
    (0..100u32).for_each(|i| {
        small.image(3440 + 2 * i, 7200, true);
        small.vectors(3440 + 2 * i, 7200);
    });
    let mut n = 0;
    group.bench_function("a hundred small ones", |bench| {
        bench.iter(|| {
            n += 1;
            import(&small, &home.path().join(n.to_string()), ChipSites::Each)
        });
    });
    group.finish();
}

criterion_group!(chips, benches);
criterion_main!(chips);
