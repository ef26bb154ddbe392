//! Opening a project of 1000 sites, as the window does it: until its sites are listed; and the job that finds out where
//! they lie, for a project that does not know it yet. Run with `cargo bench --bench sites`.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use rayon::prelude::*;
use ritmo::app::{AppState, Command, pump, run_to_end, update};
use ritmo::cube::{BuildSpec, build};
use ritmo::geo::raster::{PixelType, write_mosaic};
use ritmo::geo::{Crs, Grid};
use ritmo::jobs::footprint;
use ritmo::labels::Legend;
use ritmo::progress::Cancel;
use ritmo::project::{Document, ProjectFolder, Recent, SaveOutcome, Saver, Site};
use ritmo::source::{InputSpec, recognise};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const SITES: u32 = 1000;
const SIDE: u32 = 32;

fn grid(site: u32) -> Grid {
    Grid {
        crs: Crs::from_epsg(6362).expect("EPSG:6362 is known"),
        left: 2.5e6 + f64::from(site % 40) * 9000.0,
        top: 6.5e5 + f64::from(site / 40) * 9000.0,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: SIDE,
        height: SIDE,
    }
}

/// A site with a cube of its own, built from two mosaics.
fn make_site(project: &Path, inputs: &Path, i: u32) -> Site {
    let (name, grid) = (format!("chip {i:04}"), grid(i));
    let folder = inputs.join(&name);
    std::fs::create_dir_all(&folder).expect("a folder");
    for month in 1..=2u32 {
        let values: Vec<u16> = (0..2 * SIDE * SIDE).map(|v| (v * month + i) as u16 % 5000 + 1).collect();
        let path = folder.join(format!("m_2022-{month:02}-15.tif"));
        write_mosaic(&path, &grid, &["B04", "B08"], PixelType::Uint16, 0.0, &values, &[]).expect("written");
    }
    let found = recognise(&InputSpec::of([folder]), &|_| {}, &Cancel::new()).expect("recognised");
    let cube = format!("cubes/{name}.zarr");
    build(&BuildSpec { found, ..BuildSpec::default() }, &project.join(&cube), &|_| {}, &Cancel::new())
        .expect("built");
    Site { name, cube, true_map: None, footprint: footprint(&grid).ok() }
}

fn save(folder: &ProjectFolder, document: Document) {
    let saver = Saver::start(folder, Arc::new(|| {}));
    saver.save(document, Default::default());
    saver.flush();
    assert_eq!(saver.outcome(), Some(SaveOutcome::Saved));
}

/// Opens the project until its sites are listed; the state that has it open.
fn open(project: &Path) -> AppState {
    let mut state = AppState::new(Recent::load(None), Arc::new(|| {}));
    update(&mut state, Command::OpenProject(project.to_owned())).expect("opening starts");
    while state.project.is_none() {
        pump(&mut state);
        assert!(state.notices.is_empty(), "{:?}", state.notices);
        std::thread::sleep(std::time::Duration::from_micros(200));
    }
    state
}

fn sites(state: &AppState) -> &[Site] {
    state.project.as_ref().map_or(&[], |project| &project.document.sites)
}

fn benches(criterion: &mut Criterion) {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (project, inputs) = (home.path().join("project"), home.path().join("inputs"));
    let (folder, contents) =
        ProjectFolder::create(&project, Document::new("Thousand", Legend::reforestamos())).expect("made");
    std::fs::create_dir_all(project.join("cubes")).expect("a folder");
    let mut document = contents.document;
    let start = Instant::now();
    document.sites = (0..SITES).into_par_iter().map(|i| make_site(&project, &inputs, i)).collect();
    eprintln!("building {SITES} cubes took {:.1} s", start.elapsed().as_secs_f64());

    // As it was before sites knew where they lie.
    let mut bare = document.clone();
    bare.sites.iter_mut().for_each(|site| site.footprint = None);
    save(&folder, bare);
    drop(folder);
    let start = Instant::now();
    let mut state = open(&project);
    let listed = start.elapsed().as_secs_f64();
    assert_eq!(sites(&state).len(), SITES as usize);
    while !state.jobs.is_empty() {
        pump(&mut state);
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert!(sites(&state).iter().all(|site| site.footprint.is_some()));
    eprintln!(
        "{SITES} sites were listed after {listed:.3} s, and where they lie was known after {:.3} s",
        start.elapsed().as_secs_f64()
    );
    run_to_end(&mut state, Command::CloseProject, &mut |_, _| {}, &Cancel::new()).expect("closed");
    drop(state);

    let mut group = criterion.benchmark_group("sites");
    group.sample_size(10);
    group.bench_function("opening a project of 1000 sites", |bencher| {
        // Closing is not counted.
        bencher.iter_batched(|| (), |()| open(&project), BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
