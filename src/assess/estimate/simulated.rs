//! A simulated map whose truth is known: what the intervals promise holds.

use super::super::design::{Allocation, DesignSpec, Drawing, Drawn, allocate};
use super::*;
use crate::geo::Window;
use crate::testing::chance;

const WIDTH: u32 = 120;
const CLASSES: u8 = 4;

/// A landscape of patches in four classes, one of them rare, and a map of it with errors: the rare class is often missed, and
/// edges are mapped worse than the rest.
fn landscape() -> (Vec<u8>, Vec<u8>) {
    let truth = |col: u32, row: u32| {
        let patch = chance(&[u64::from(col / 6), u64::from(row / 6)]);
        [(0.05, 4), (0.25, 3), (0.55, 2)]
            .into_iter()
            .find(|(upto, _)| patch < *upto)
            .map_or(1, |(_, class)| class)
    };
    let at = (0..WIDTH).flat_map(|row| (0..WIDTH).map(move |col| (col, row)));
    at.map(|(col, row)| {
        let truth = truth(col, row);
        let edge = col.is_multiple_of(6) || row.is_multiple_of(6);
        let wrong = if truth == 4 { 0.3 } else { 0.08 } + if edge { 0.15 } else { 0.0 };
        let (one, other) =
            (chance(&[7, u64::from(col), u64::from(row)]), chance(&[8, u64::from(col), u64::from(row)]));
        let mapped = if one < wrong { 1 + (other * f64::from(CLASSES)) as u8 } else { truth };
        (truth, mapped)
    })
    .unzip()
}

#[test]
fn intervals_of_the_areas_cover_the_truth_in_95_of_100_designs() {
    const DESIGNS: u64 = 500;
    let (truth, map) = landscape();
    let window = Window { col: 0, row: 0, width: WIDTH, height: WIDTH };
    let classes: Vec<Class> =
        (1..=CLASSES).map(|code| Class::new(code, format!("class {code}"), [0; 3])).collect();
    let spec =
        DesignSpec { size: 280, allocation: Allocation::Rare { minimum: 50 }, ..DesignSpec::default() };
    let strata: Vec<Stratum> = classes
        .iter()
        .map(|c| Stratum {
            code: c.code,
            name: c.name.clone(),
            pixels: map.iter().filter(|code| **code == c.code).count() as u64,
        })
        .collect();
    let allocated = allocate(&strata, &spec).unwrap();
    let population = Population { strata, pixel_ha: 0.01, correction: Correction::Finite };
    let truth_ha = |code: u8| truth.iter().filter(|t| **t == code).count() as f64 * 0.01;
    let right = truth.iter().zip(&map).filter(|(t, m)| t == m).count() as f64 / truth.len() as f64;

    let mut covered = [0u64; CLASSES as usize];
    let mut of_overall = 0;
    let mut mean = [0.0; CLASSES as usize];
    for seed in 0..DESIGNS {
        let mut drawing = Drawing::new(seed, |_| spec.size);
        drawing.take(window, &map);
        let drawn = drawing.units(&allocated).unwrap();
        let unit = |drawn: &Drawn| {
            let place = (drawn.row * WIDTH + drawn.col) as usize;
            ReferenceUnit { stratum: drawn.stratum, mapped: Some(map[place]), reference: Some(truth[place]) }
        };
        let units: Vec<ReferenceUnit> = drawn.iter().map(unit).collect();
        let found = estimate(&population, &classes, &units);
        let within = |figure: &Estimated, truth: f64| {
            let [low, high] = figure.interval.unwrap();
            u64::from(low <= truth && truth <= high)
        };
        of_overall += within(&found.overall_accuracy, right);
        for (i, class) in found.classes.iter().enumerate() {
            covered[i] += within(&class.area_ha, truth_ha(class.code));
            mean[i] += class.area_ha.value.unwrap() / DESIGNS as f64;
        }
    }
    for (i, covered) in covered.into_iter().chain([of_overall]).enumerate() {
        let share = covered as f64 / DESIGNS as f64;
        println!("{}: covered in {:.1} %", i + 1, share * 100.0);
        assert!((0.90..=0.99).contains(&share), "figure {}: {share}", i + 1);
    }
    for (code, mean) in (1..).zip(mean) {
        let truth = truth_ha(code);
        assert!(
            (mean - truth).abs() < 0.03 * truth,
            "class {code}: {mean} ha on average, {truth} ha in truth"
        );
    }
}
