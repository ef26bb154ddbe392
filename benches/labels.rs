//! Labels: inward buffers, pure pixels, and 50 000 annotations of 30 vertices in the project on screen. Run with
//! `cargo bench --bench labels`.
//!
//! Beside criterion's figures it prints those that have limits: buffering all 1704 polygons of `azerbaijan_lulc_1704` by
//! 20 m; the core of one polygon of 10 000 pixels, as while it is edited; hitting one of 50 000 with the mouse; drawing,
//! undoing and deleting one of them; and saving such a gesture, flushed to the disk.

use criterion::{Criterion, criterion_group, criterion_main};
use rayon::prelude::*;
use ritmo::app::{AppState, Command, OpenProject, SaveState, pump, run_to_end, update};
use ritmo::geo::{Crs, Grid};
use ritmo::labels::{
    Annotation, AnnotationIndex, Annotations, ImportSettings, Legend, core_of, import, write_labels,
};
use ritmo::progress::Cancel;
use ritmo::project::Recent;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[path = "../tests/small/mod.rs"]
#[expect(clippy::unwrap_used, reason = "what makes a project for tests may fail loudly")]
#[allow(dead_code, clippy::allow_attributes, reason = "a part of it is used")]
mod small;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ANNOTATIONS: u64 = 50_000;
const VERTICES: u32 = 30;
/// Limits.
const BUFFERING: Duration = Duration::from_secs(1);
const ONE_CORE: Duration = Duration::from_millis(5);
const HIT: Duration = Duration::from_millis(1);
const EDIT: Duration = Duration::from_millis(2);
const SAVED: Duration = Duration::from_secs(1);

fn say(what: &str, took: Duration, limit: Duration) {
    let missed = if took <= limit { "" } else { "  <-- MISSED" };
    let (took, limit) = (took.as_secs_f64() * 1e3, limit.as_secs_f64() * 1e3);
    eprintln!("{what}: {took:.3} ms (limit {limit:.0} ms){missed}");
}

/// The value below which 95 of 100 lie, and the greatest.
fn spread(mut took: Vec<Duration>) -> (Duration, Duration) {
    took.sort_unstable();
    (took[took.len() * 95 / 100], took[took.len() - 1])
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let made = work();
    (start.elapsed(), made)
}

/// A round polygon, its middle and radius in pixels of a grid.
fn round(grid: &Grid, [col, row]: [f64; 2], radius: f64) -> geo::Polygon<f64> {
    let corner = |i: u32| {
        let turn = f64::from(i) / f64::from(VERTICES) * std::f64::consts::TAU;
        let place = grid.lonlat_from_pixel(col + radius * turn.cos(), row - radius * turn.sin());
        geo::Coord::from(place.expect("on the grid"))
    };
    geo::Polygon::new(geo::LineString::new((0..VERTICES).map(corner).collect()), Vec::new())
}

/// A place on the small site, another one for each number.
fn place(number: u64) -> [f64; 2] {
    let share = |by: u64| (number * by % 10_007) as f64 / 10_007.0;
    let side = f64::from(small::SIDE) - 8.0;
    [4.0 + share(6971) * side, 4.0 + share(3559) * side]
}

fn crowd(grid: &Grid, class: u8) -> Annotations {
    let one = |number: u64| {
        let polygon = round(grid, place(number), 1.0 + (number % 5) as f64 / 2.0);
        Annotation::new(number, polygon.into(), class)
    };
    (1..=ANNOTATIONS).into_par_iter().map(one).collect::<Vec<_>>().into_iter().collect()
}

fn buffering() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data/polygons/azerbaijan_lulc_1704_epsg32638_original.geojson");
    if !file.exists() {
        eprintln!("skipped: the polygons of Azerbaijan are absent");
        return;
    }
    let settings = ImportSettings { class_field: Some("LULC".into()), ..ImportSettings::default() };
    let imported = import(&file, &settings, &mut Legend::default(), 1).expect("read");
    let grid = Grid {
        crs: Crs::from_epsg(32638).expect("EPSG:32638 is known"),
        left: 720_000.0,
        top: 4_413_000.0,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: 3000,
        height: 4000,
    };
    let core = |a: &Annotation| core_of(&a.geometry, &grid, 20.0).map(|c| c.pure_pixels.len()).unwrap_or(0);
    let (took, pixels) = timed(|| imported.annotations.par_iter().map(core).sum::<usize>());
    let what = format!("buffering {} polygons by 20 m ({pixels} pure pixels)", imported.annotations.len());
    say(&what, took, BUFFERING);
}

fn the_project(state: &AppState) -> &OpenProject {
    state.project.as_ref().expect("a project is open")
}

/// A project with a cube on screen and 50 000 annotations on it.
fn open_crowd(home: &Path) -> AppState {
    let folder = small::make(home, small::Made::Cube);
    let mut state = AppState::new(Recent::load(None), Arc::new(|| {}));
    let run = |state: &mut AppState, command| {
        run_to_end(state, command, &mut |_, _| {}, &Cancel::new()).expect("done");
    };
    run(&mut state, Command::OpenProject(folder.clone()));
    let legend = the_project(&state).document.legend.clone();
    run(&mut state, Command::CloseProject);
    let text = write_labels(&crowd(&small::grid(), legend.classes[0].code), &legend);
    std::fs::write(folder.join("labels.geojson"), &text).expect("written");
    eprintln!("labels.geojson of {ANNOTATIONS} annotations: {:.1} MB", text.len() as f64 / 1e6);

    update(&mut state, Command::OpenProject(folder)).expect("opening starts");
    let (opened, slowest) = until_idle(&mut state);
    eprintln!("opening it took {:.2} s, {slowest:.0?} at most of the window's thread", opened.as_secs_f64());
    update(&mut state, Command::ShowSite("field".into())).expect("the site is shown");
    let (cores, slowest) = until_idle(&mut state);
    let known = the_project(&state).derived.cores.len();
    eprintln!(
        "{known} cores took {:.2} s, {slowest:.0?} at most of the window's thread",
        cores.as_secs_f64()
    );
    state
}

/// Frames go by until no job is under way: how long that took, and the longest time that one frame was kept.
fn until_idle(state: &mut AppState) -> (Duration, Duration) {
    let (start, mut slowest) = (Instant::now(), Duration::ZERO);
    while !state.jobs.is_empty() {
        slowest = slowest.max(timed(|| pump(state)).0);
        std::thread::sleep(Duration::from_micros(500));
    }
    (start.elapsed(), slowest)
}

/// The time from the gesture until everything is on the disk.
fn until_saved(state: &mut AppState, gesture: Command) -> Duration {
    let (took, ()) = timed(|| {
        update(state, gesture).expect("a gesture");
        while the_project(state).save != SaveState::Saved {
            pump(state);
            std::thread::sleep(Duration::from_micros(500));
        }
    });
    took
}

fn benches(criterion: &mut Criterion) {
    buffering();
    let grid = small::grid();
    let wide = Grid { width: 512, height: 512, ..grid.clone() };
    // About 10 000 pixels are left after the buffer of 20 m.
    let edited: geo::Geometry<f64> = round(&wide, [200.0, 200.0], 59.0).into();
    let pixels = core_of(&edited, &wide, 20.0).expect("a core").pure_pixels.len();
    let took = (0..50).map(|_| timed(|| black_box(core_of(black_box(&edited), &wide, 20.0))).0).collect();
    let (usual, slowest) = spread(took);
    say(&format!("the core of a polygon of {pixels} pure pixels, 95 of 100"), usual, ONE_CORE);
    eprintln!("  the slowest {slowest:.2?}");

    let all = crowd(&grid, 1);
    let mut index = AnnotationIndex::default();
    let (built, ()) = timed(|| index.follow(&all));
    eprintln!("the index of {ANNOTATIONS} annotations was built in {built:.1?}");
    let hit = |number: u64| {
        let [col, row] = place(number * 31 + 7);
        let at = grid.lonlat_from_pixel(col, row).expect("on the grid");
        // As far as the mouse reaches at a zoom that shows all of them.
        timed(|| black_box(index.at(black_box(at), [1e-4; 2]))).0
    };
    let (usual, slowest) = spread((0..2000).map(hit).collect());
    say(&format!("hitting one of {ANNOTATIONS}, 95 of 100"), usual, HIT);
    say(&format!("hitting one of {ANNOTATIONS}, the slowest of 2000"), slowest, HIT);

    let home = tempfile::tempdir().expect("a temporary folder");
    let mut state = open_crowd(home.path());
    let id = the_project(&state).annotations.iter().nth(20_000).map(|a| a.id).expect("one of them");
    let mut edits: [(&str, Vec<Duration>); 3] =
        [("drawing", Vec::new()), ("undoing", Vec::new()), ("deleting", Vec::new())];
    for number in 0..40u64 {
        let drawn = round(&grid, place(number + 77), 3.0);
        for (i, command) in
            [Command::Draw(drawn), Command::Undo, Command::DeleteAnnotations(vec![id]), Command::Undo]
                .into_iter()
                .enumerate()
        {
            let took = timed(|| update(&mut state, command).expect("an edit")).0;
            edits[if i == 3 { 1 } else { i }].1.push(took);
        }
        the_project(&state).flush();
    }
    for (what, took) in edits {
        let (usual, slowest) = spread(took);
        say(&format!("{what} one of {ANNOTATIONS}, 95 of 100"), usual, EDIT);
        eprintln!("  the slowest {slowest:.2?}");
    }
    let gesture = |number| Command::Draw(round(&grid, place(number), 3.0));
    let took: Vec<_> = (0..8).map(|number| until_saved(&mut state, gesture(number))).collect();
    let (_, slowest) = spread(took);
    say(&format!("saving a gesture among {ANNOTATIONS}, the slowest of 8"), slowest, SAVED);

    let mut group = criterion.benchmark_group("labels");
    group.sample_size(20);
    group.bench_function("the core of a polygon of 10 000 pixels", |bencher| {
        bencher.iter(|| black_box(core_of(black_box(&edited), &wide, 20.0)));
    });
    group.bench_function("hitting one of 50 000", |bencher| {
        let mut number = 0;
        bencher.iter(|| {
            number += 1;
            hit(number)
        });
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
