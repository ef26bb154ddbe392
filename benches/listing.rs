//! 50 000 annotations of 30 vertices: sorting and filtering the list, looking for overlaps, and following one edit.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use criterion::{Criterion, criterion_group, criterion_main};
use ritmo::app::{AnnotationChange, AppState, Command, pump, run_to_end, update};
use ritmo::jobs::{AllFacts, Column, FlagSpec, ListInput, ListSpec, flag_all, list};
use ritmo::labels::{Annotation, AnnotationIndex, Annotations, Legend, overlaps_of};
use ritmo::progress::Cancel;
use ritmo::project::Recent;
use std::collections::HashMap;
use std::f64::consts::TAU;
use std::hint::black_box;
use std::sync::Arc;

const MANY: u64 = 50_000;
const VERTICES: u32 = 30;

/// Rings on a net, 250 to a row, so large that each touches its neighbours.
fn annotations() -> Annotations {
    let one = |id: u64| {
        let (x, y) = ((id % 250) as f64 * 0.002 - 92.0, (id / 250) as f64 * 0.002 + 17.0);
        let radius = 0.0009 + 0.0003 * (id % 3) as f64;
        let corner = |i: u32| {
            let turn = f64::from(i) / f64::from(VERTICES) * TAU;
            geo::Coord { x: x + radius * turn.cos(), y: y + radius * turn.sin() }
        };
        let ring: Vec<_> = (0..VERTICES).map(corner).collect();
        let polygon = geo::Polygon::new(geo::LineString::new(ring), vec![]);
        let mut annotation = Annotation::new(id, polygon.into(), 1 + (id % 11) as u8);
        annotation.author = Some(["Ana", "Zoë", "Li"][(id % 3) as usize].into());
        annotation.note = id.is_multiple_of(7).then(|| format!("seen on the way {id}"));
        annotation
    };
    (0..MANY).map(one).collect()
}

fn listing(c: &mut Criterion) {
    let annotations = annotations();
    let input = |spec| ListInput {
        annotations: annotations.clone(),
        facts: AllFacts::new(),
        legend: Legend::reforestamos(),
        sites: Vec::new(),
        spec,
    };
    let by_class = input(ListSpec { by: Column::Class, ..ListSpec::default() });
    let text = input(ListSpec { text: "zoë way".into(), ..ListSpec::default() });
    c.bench_function("50 000 annotations sorted by class", |b| {
        b.iter(|| list(black_box(&by_class), &Cancel::new()).unwrap());
    });
    c.bench_function("50 000 annotations filtered by two words", |b| {
        b.iter(|| list(black_box(&text), &Cancel::new()).unwrap());
    });
}

fn overlaps(c: &mut Criterion) {
    let annotations = annotations();
    let mut index = AnnotationIndex::default();
    index.follow(&annotations);
    let one = annotations.get(25_100).unwrap();
    c.bench_function("overlaps of one annotation among 50 000", |b| {
        b.iter(|| overlaps_of(black_box(one), &index))
    });
    let spec = FlagSpec { annotations, cores: HashMap::new() };
    let mut group = c.benchmark_group("all");
    group.sample_size(10);
    group.bench_function("overlaps of 50 000 annotations", |b| {
        b.iter(|| flag_all(&spec, &|_, _| Ok(())).unwrap())
    });
}

fn one_edit(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let mut state = AppState::new(Recent::load(None), Arc::new(|| {}));
    let new = Command::NewProject {
        folder: folder.path().join("many"),
        name: "Many".into(),
        legend: Legend::reforestamos(),
    };
    run_to_end(&mut state, new, &mut |_, _| {}, &Cancel::new()).unwrap();
    state.project.as_mut().unwrap().annotations = annotations();
    run_to_end(&mut state, Command::List(ListSpec::default()), &mut |_, _| {}, &Cancel::new()).unwrap();
    let mut class = 0;
    let mut group = c.benchmark_group("among 50 000");
    group.sample_size(20);
    group.bench_function("changing a class", |b| {
        b.iter(|| {
            class = class % 10 + 1;
            let change = AnnotationChange::Class(class);
            update(&mut state, Command::ChangeAnnotations { ids: vec![25_100], change }).unwrap();
            pump(&mut state);
        });
    });
    group.bench_function("selecting", |b| {
        b.iter(|| update(&mut state, Command::Select(vec![25_100])).unwrap());
    });
}

criterion_group!(benches, listing, overlaps, one_edit);
criterion_main!(benches);
