use super::*;
use crate::labels::wand::AT_MOST;
use crate::testing::{chance, cube};
use std::collections::BTreeSet;
use tempfile::TempDir;

const SIZE: (u32, u32) = (100, 80);
const STEPS: usize = 4;

/// Fields of three kinds with noise, and a gap here and there.
fn value(step: usize, band: usize, col: u32, row: u32) -> u16 {
    let numbers = [step as u64, band as u64, u64::from(col), u64::from(row)];
    if chance(&[numbers[0], numbers[2], numbers[3], 77]) < 0.1 {
        return 0;
    }
    let field = (col / 23 + row / 17 * 2) % 3;
    let year = [[300, 2500], [900, 1500], [500, 4000]][field as usize][band]
        + step as u16 * 100 * (field as u16 + 1);
    year + (chance(&numbers) * 300.0) as u16
}

fn fields() -> (TempDir, Cube, BandSpreads) {
    let home = tempfile::tempdir().unwrap();
    let cube = cube(home.path(), SIZE, STEPS, value);
    let spreads = BandSpreads::of(&cube, &Cancel::new()).unwrap();
    (home, cube, spreads)
}

/// The same by series of single pixels, all of them.
fn by_brute_force(
    cube: &Cube,
    spreads: &BandSpreads,
    seed: (u32, u32),
    tolerance: f32,
) -> BTreeSet<(u32, u32)> {
    let series = cube.series(seed.0, seed.1).unwrap();
    let resembles = |&(col, row): &(u32, u32)| {
        let other = cube.series(col, row).unwrap();
        let (mut sum, mut count) = (0.0f32, 0.0f32);
        for (i, (a, b)) in series.values.iter().zip(&other.values).enumerate() {
            let difference = (b - a) * (1.0 / spreads.of_bands[i % 2]);
            if !difference.is_nan() {
                sum += difference * difference;
                count += 1.0;
            }
        }
        count * 2.0 >= series.values.len() as f32 && sum / count <= tolerance * tolerance
    };
    let all = (0..SIZE.1).flat_map(|row| (0..SIZE.0).map(move |col| (col, row)));
    let like: BTreeSet<(u32, u32)> = all.filter(resembles).collect();
    let (mut taken, mut queue) = (BTreeSet::from([seed]), vec![seed]);
    while let Some((col, row)) = queue.pop() {
        for next in [(col.wrapping_sub(1), row), (col + 1, row), (col, row.wrapping_sub(1)), (col, row + 1)] {
            if like.contains(&next) && taken.insert(next) {
                queue.push(next);
            }
        }
    }
    taken
}

#[test]
fn a_region_is_what_hangs_together_with_the_seed_and_resembles_it() {
    let (_home, cube, spreads) = fields();
    for (near, tolerance) in [((10, 10), 0.3), ((60, 40), 0.4), ((70, 66), 0.9), ((96, 79), 5.0)] {
        let seen = |col: &u32| (0..STEPS).all(|step| value(step, 0, *col, near.1) != 0);
        let seed = ((near.0..SIZE.0).find(seen).unwrap(), near.1);
        let spec = WandSpec { seed, tolerance, at_most: AT_MOST };
        let grown = grow(&cube, &spreads, &spec, &Cancel::new()).unwrap();
        let expected = by_brute_force(&cube, &spreads, seed, tolerance);
        assert_eq!(grown.region.pixels().collect::<BTreeSet<_>>(), expected, "{seed:?}, {tolerance}");
        assert!(!grown.bounded && expected.len() > 20, "{seed:?}: {} pixels", expected.len());
    }
}

#[test]
fn a_region_stops_at_its_bound_and_says_so() {
    let (_home, cube, spreads) = fields();
    let mut spec = WandSpec { seed: (50, 40), tolerance: 50.0, at_most: 300 };
    let grown = grow(&cube, &spreads, &spec, &Cancel::new()).unwrap();
    assert!(grown.bounded);
    assert_eq!(grown.region.len(), 300);
    spec.at_most = AT_MOST;
    let all = grow(&cube, &spreads, &spec, &Cancel::new()).unwrap();
    assert!(!all.bounded && all.region.len() > 7000, "{} pixels", all.region.len());
}

#[test]
fn spreads_are_those_of_most_values_whatever_a_few_do() {
    let mut values: Vec<f32> = (0..1001).map(|i| i as f32).collect();
    assert!((spread_of(&mut values.clone()) - 250.0 * TO_SIGMA).abs() < 1.0);
    values.iter_mut().take(100).for_each(|value| *value = 1e6);
    assert!(spread_of(&mut values) < 500.0);
    assert_eq!(spread_of(&mut [7.0; 5]), 0.0);
    assert!(spread_of(&mut [0.0, 0.0, 0.0, 9.0]) > 0.0);
    assert_eq!(spread_of(&mut []), 0.0);
}

#[test]
fn a_seed_that_was_hardly_observed_or_lies_outside_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let hidden = |step: usize, band: usize, col: u32, row: u32| match (col, row) {
        (3, 3) if step > 0 => 0,
        _ => value(step, band, col, row).max(1),
    };
    let cube = cube(home.path(), (20, 20), STEPS, hidden);
    let spreads = BandSpreads::of(&cube, &Cancel::new()).unwrap();
    let spec = |seed| WandSpec { seed, tolerance: 1.0, at_most: AT_MOST };
    let refused = grow(&cube, &spreads, &spec((3, 3)), &Cancel::new());
    assert!(matches!(refused, Err(WandError::HardlyObserved { seed: (3, 3) })), "{refused:?}");
    assert!(matches!(grow(&cube, &spreads, &spec((20, 3)), &Cancel::new()), Err(WandError::Outside { .. })));
    // Neither is it part of another's region, whatever the tolerance.
    let around = grow(&cube, &spreads, &WandSpec { tolerance: 1e9, ..spec((9, 9)) }, &Cancel::new()).unwrap();
    assert!(!around.region.pixels().any(|pixel| pixel == (3, 3)));
}

#[test]
fn growing_stops_when_asked() {
    let (_home, cube, spreads) = fields();
    let cancel = Cancel::new();
    cancel.cancel();
    let spec = WandSpec { seed: (50, 40), tolerance: 1.0, at_most: AT_MOST };
    assert!(matches!(grow(&cube, &spreads, &spec, &cancel), Err(WandError::Cancelled(_))));
    assert!(matches!(BandSpreads::of(&cube, &cancel), Err(WandError::Cancelled(_))));
}
