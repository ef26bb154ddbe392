use super::*;
use proptest::prelude::*;
use serde_json::Value;

fn classes(names: &[&str]) -> Vec<Class> {
    (1..).zip(names).map(|(code, name)| Class::new(code, *name, [0; 3])).collect()
}

fn population(sizes: &[u64], pixel_ha: f64, correction: Correction) -> Population {
    let stratum =
        |(code, pixels): (u8, &u64)| Stratum { code, name: format!("stratum {code}"), pixels: *pixels };
    Population { strata: (1..).zip(sizes).map(stratum).collect(), pixel_ha, correction }
}

fn unit(stratum: u8, mapped: u8, reference: u8) -> ReferenceUnit {
    ReferenceUnit { stratum, mapped: Some(mapped), reference: Some(reference) }
}

/// Units of a matrix with the map's classes down and the reference across, as the papers print it.
fn units_of<const N: usize>(printed: &[[usize; N]; N]) -> Vec<ReferenceUnit> {
    let mut units = Vec::new();
    for (mapped, row) in (1..).zip(printed) {
        for (reference, count) in (1..).zip(row) {
            units.extend(std::iter::repeat_n(unit(mapped, mapped, reference), *count));
        }
    }
    units
}

fn near(found: Option<f64>, expected: f64, within: f64) {
    let found = found.unwrap();
    assert!((found - expected).abs() <= within, "{found} is not {expected}");
}

/// Half the width of the 95 % interval, before it is cut.
fn half_width(found: &Estimated) -> Option<f64> {
    Some(found.se? * 1.96)
}

#[test]
fn olofssons_good_practices_example_gives_the_published_figures() {
    // Olofsson et al. 2014, section 5 and tables 8 and 9: deforestation, forest gain, stable forest, stable non-forest.
    let printed = [[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]];
    let names = classes(&["deforestation", "forest gain", "stable forest", "stable non-forest"]);
    let pixels = [200_000, 150_000, 3_200_000, 6_450_000];
    let found = estimate(&population(&pixels, 0.09, Correction::None), &names, &units_of(&printed));

    near(found.overall_accuracy.value, 0.95, 0.005);
    near(half_width(&found.overall_accuracy), 0.02, 0.005);
    // Two half-widths of producer's accuracy are printed as 0.23 and 0.01, where equation 7 gives 0.254 and 0.018.
    let users = [(0.88, 0.07), (0.73, 0.10), (0.93, 0.04), (0.96, 0.02)];
    let producers = [(0.75, 0.21), (0.85, 0.254), (0.93, 0.03), (0.96, 0.018)];
    let areas = [(21_158.0, 6_158.0), (11_686.0, 3_756.0), (285_770.0, 15_510.0), (581_386.0, 16_282.0)];
    for (i, class) in found.classes.iter().enumerate() {
        near(class.users_accuracy.value, users[i].0, 0.0051);
        near(half_width(&class.users_accuracy), users[i].1, 0.005);
        near(class.producers_accuracy.value, producers[i].0, 0.005);
        near(half_width(&class.producers_accuracy), producers[i].1, 0.005);
        near(class.area_ha.value, areas[i].0, 1.0);
        near(half_width(&class.area_ha), areas[i].1, 1.0);
        near(Some(class.mapped_ha), pixels[i] as f64 * 0.09, 1e-6);
    }
    // Table 9, a cell: deforestation by the reference, mapped as stable non-forest.
    near(Some(found.area_shares[3]), 0.0040, 5e-5);
    assert_eq!((found.matrix.total(), found.matrix.count(0, 3), found.notes.len()), (640, 2, 0));
    near(Some(found.assessed_ha), 900_000.0, 1e-6);
    assert!(found.obtained.contains("Olofsson"));
}

#[test]
fn olofssons_earlier_example_gives_the_published_figures() {
    // Olofsson et al. 2013 (10.1016/j.rse.2012.10.031), equations 9 to 16: deforestation, forest, non-forest; in pixels.
    let printed = [[97, 0, 3], [3, 279, 18], [2, 1, 97]];
    let names = classes(&["deforestation", "forest", "non-forest"]);
    let sizes = [22_353, 1_122_543, 610_228];
    let found = estimate(&population(&sizes, 1.0, Correction::None), &names, &units_of(&printed));
    let deforestation = &found.classes[0];
    near(deforestation.share.value, 0.026, 0.0005);
    near(deforestation.area_ha.value, 45_112.0, 1.0);
    near(deforestation.users_accuracy.value, 0.97, 1e-9);
    near(deforestation.producers_accuracy.value, 0.48, 0.005);
    near(found.overall_accuracy.value, 0.944, 0.0005);
}

fn reference() -> Value {
    serde_json::from_str(include_str!("../../../tests/references/estimators.json")).unwrap()
}

/// As samplics has them; `tests/references/estimators.py` made them.
fn same_as(found: &MapEstimate, expected: &Value) {
    let same = |found: &Estimated, expected: &Value| {
        near(found.value, expected[0].as_f64().unwrap(), 1e-10);
        near(found.se, expected[1].as_f64().unwrap(), 1e-10);
    };
    same(&found.overall_accuracy, &expected["overall"]);
    for (class, expected) in found.classes.iter().zip(expected["classes"].as_array().unwrap()) {
        same(&class.share, &expected["share"]);
        same(&class.users_accuracy, &expected["users"]);
        same(&class.producers_accuracy, &expected["producers"]);
        same(&class.f1, &expected["f1"]);
    }
}

#[test]
fn stehmans_example_gives_the_published_figures_and_those_of_a_survey_package() {
    let reference = reference();
    let code = |letter: &Value| letter.as_str().unwrap().as_bytes()[0] - b'A' + 1;
    let units: Vec<ReferenceUnit> = reference["stehman"]["units"]
        .as_array()
        .unwrap()
        .iter()
        .map(|u| unit(code(&u[0]), code(&u[1]), code(&u[2])))
        .collect();
    let sizes = [40_000, 30_000, 20_000, 10_000];
    let found =
        estimate(&population(&sizes, 1.0, Correction::Finite), &classes(&["A", "B", "C", "D"]), &units);
    // Stehman 2014, pages 4932 to 4936.
    near(found.overall_accuracy.value, 0.63, 1e-9);
    near(found.overall_accuracy.se, 0.085, 0.0005);
    let [a, b, c, _] = &found.classes[..] else { panic!() };
    near(a.share.value, 0.35, 1e-9);
    near(a.share.se, 0.082, 0.0005);
    near(c.share.value, 0.20, 1e-9);
    near(c.share.se, 0.064, 0.0005);
    near(b.users_accuracy.value, 0.574, 0.0005);
    near(b.users_accuracy.se, 0.125, 0.0005);
    near(b.producers_accuracy.value, 0.794, 0.0005);
    near(b.producers_accuracy.se, 0.117, 0.0005);
    // Mapped as B, C by the reference.
    near(Some(found.area_shares[2 * 4 + 1]), 0.08, 1e-9);
    assert!(found.obtained.contains("Stehman"));
    same_as(&found, &reference["stehman"]["figures"]);
}

#[test]
fn a_sample_of_strata_across_the_classes_gives_the_figures_of_a_survey_package() {
    let reference = &reference()["random"];
    let number = |value: &Value| value.as_u64().unwrap();
    let sizes: Vec<u64> = (1..=5).map(|h: u8| number(&reference["sizes"][h.to_string()])).collect();
    for (map, name) in [(1, "a"), (2, "b")] {
        let units: Vec<ReferenceUnit> = reference["units"]
            .as_array()
            .unwrap()
            .iter()
            .map(|u| unit(number(&u[0]) as u8, number(&u[map]) as u8, number(&u[3]) as u8))
            .collect();
        let found =
            estimate(&population(&sizes, 1.0, Correction::Finite), &classes(&["x", "y", "z"]), &units);
        same_as(&found, &reference[name]);
        let disagreement = found.disagreement.unwrap();
        near(
            Some(disagreement.quantity + disagreement.allocation),
            1.0 - found.overall_accuracy.value.unwrap(),
            1e-9,
        );
    }
}

/// Olofsson et al. 2014 as it is printed, equations 1 to 11: (value, standard error) of overall accuracy, then of user's and
/// producer's accuracy and of the share of each class.
fn as_printed(counts: &[[f64; 3]; 3], pixels: &[f64; 3]) -> Vec<(f64, f64)> {
    let n: Vec<f64> = counts.iter().map(|row| row.iter().sum()).collect();
    let all: f64 = pixels.iter().sum();
    let w: Vec<f64> = pixels.iter().map(|p| p / all).collect();
    let p = |i: usize, j: usize| w[i] * counts[i][j] / n[i];
    let u: Vec<f64> = (0..3).map(|i| counts[i][i] / n[i]).collect();
    let overall: f64 = (0..3).map(|i| p(i, i)).sum();
    let v_overall: f64 = (0..3).map(|i| w[i].powi(2) * u[i] * (1.0 - u[i]) / (n[i] - 1.0)).sum();
    let of_class = |j: usize| {
        let share: f64 = (0..3).map(|i| p(i, j)).sum();
        let nj = share * all;
        let producers = p(j, j) / share;
        let spread = |i: usize| counts[i][j] / n[i] * (1.0 - counts[i][j] / n[i]) / (n[i] - 1.0);
        let others: f64 = (0..3).filter(|i| *i != j).map(|i| pixels[i].powi(2) * spread(i)).sum();
        let own = pixels[j].powi(2) * (1.0 - producers).powi(2) * u[j] * (1.0 - u[j]) / (n[j] - 1.0);
        [
            (u[j], (u[j] * (1.0 - u[j]) / (n[j] - 1.0)).sqrt()),
            (producers, ((own + producers.powi(2) * others) / nj.powi(2)).sqrt()),
            (share, (0..3).map(|i| w[i].powi(2) * spread(i)).sum::<f64>().sqrt()),
        ]
    };
    std::iter::once((overall, v_overall.sqrt())).chain((0..3).flat_map(of_class)).collect()
}

proptest! {
    #[test]
    fn where_strata_are_the_maps_classes_it_is_olofssons_estimate(
        printed in prop::array::uniform3(prop::array::uniform3(1usize..30)),
        pixels in prop::array::uniform3(1000u64..1_000_000),
    ) {
        let found = estimate(&population(&pixels, 1.0, Correction::None), &classes(&["a", "b", "c"]), &units_of(&printed));
        let mut figures = vec![&found.overall_accuracy];
        for class in &found.classes {
            figures.extend([&class.users_accuracy, &class.producers_accuracy, &class.share]);
        }
        let expected = as_printed(&printed.map(|row| row.map(|n| n as f64)), &pixels.map(|n| n as f64));
        for (found, (value, se)) in figures.into_iter().zip(expected) {
            prop_assert!((found.value.unwrap() - value).abs() < 1e-10);
            prop_assert!((found.se.unwrap() - se).abs() < 1e-10, "{:?} {}", found.se, se);
        }
    }

    #[test]
    fn no_input_panics_and_shares_of_the_land_stay_between_0_and_1(
        units in prop::collection::vec((0u8..5, prop::option::of(prop::sample::select(vec![0u8, 1, 2, 3, 9, 255])),
            prop::option::of(0u8..5)), 0..40),
        pixels in prop::collection::vec(0u64..60, 0..4),
    ) {
        let units: Vec<_> =
            units.into_iter().map(|(stratum, mapped, reference)| ReferenceUnit { stratum, mapped, reference }).collect();
        let found = estimate(&population(&pixels, 1.0, Correction::Finite), &classes(&["a", "b", "c"]), &units);
        let figures = found.classes.iter().flat_map(|c| [&c.users_accuracy, &c.producers_accuracy, &c.f1, &c.share]);
        for figure in figures.chain([&found.overall_accuracy, &found.macro_f1, &found.weighted_f1]) {
            for share in figure.value.iter().chain(figure.interval.iter().flatten()) {
                prop_assert!((-1e-9..=1.0 + 1e-9).contains(share), "{figure:?}");
            }
            prop_assert!(figure.interval.is_some() || figure.why.is_some(), "{figure:?}");
        }
        let left = &found.left_out;
        let out = left.unknown_stratum + left.unlabelled + left.unknown_reference + left.off_the_map + left.nodata
            + left.unknown_mapped;
        prop_assert_eq!(found.matrix.total() + out, units.len() as u64);
        prop_assert!(serde_json::to_string(&found).is_ok());
    }
}

#[test]
fn a_stratum_with_one_unit_leaves_the_variance_unknown_and_says_so() {
    let mut units = units_of(&[[5, 1], [1, 5]]);
    units.push(unit(3, 3, 3));
    let found =
        estimate(&population(&[100, 100, 50], 1.0, Correction::Finite), &classes(&["a", "b", "c"]), &units);
    let overall = &found.overall_accuracy;
    near(overall.value, (100.0 * 5.0 / 6.0 * 2.0 + 50.0) / 250.0, 1e-12);
    assert!(overall.interval.is_none() && overall.why.as_ref().unwrap().contains("stratum 3"), "{overall:?}");
    // The user's accuracy of the others is of their own stratum alone.
    assert!(found.classes[0].users_accuracy.interval.is_some());
    // All pixels of a stratum were looked at: one is enough.
    let found =
        estimate(&population(&[100, 100, 1], 1.0, Correction::Finite), &classes(&["a", "b", "c"]), &units);
    assert!(found.overall_accuracy.interval.is_some());
}

#[test]
fn units_that_cannot_be_used_are_counted_and_told() {
    let mut units = units_of(&[[5, 1], [1, 5]]);
    units.extend([unit(9, 1, 1), unit(1, 255, 1), unit(1, 7, 1), unit(1, 1, 7)]);
    units.push(ReferenceUnit { stratum: 1, mapped: None, reference: Some(1) });
    units.push(ReferenceUnit { stratum: 1, mapped: Some(1), reference: None });
    let found =
        estimate(&population(&[100, 100, 50], 1.0, Correction::Finite), &classes(&["a", "b"]), &units);
    let each = LeftOut {
        unknown_stratum: 1,
        unlabelled: 1,
        unknown_reference: 1,
        off_the_map: 1,
        nodata: 1,
        unknown_mapped: 1,
    };
    assert_eq!((found.left_out, found.matrix.total()), (each, 12));
    assert_eq!(found.notes.len(), 7, "{:?}", found.notes);
    assert!(found.notes[6].contains("stratum 3 (20.0 %"), "{}", found.notes[6]);
    assert_eq!(found.assessed_ha, 200.0);
}

#[test]
fn all_units_right_gives_no_interval_and_a_class_without_units_no_figure() {
    let found = estimate(
        &population(&[100, 100], 1.0, Correction::Finite),
        &classes(&["a", "b", "c"]),
        &units_of(&[[5, 0], [0, 5]]),
    );
    assert_eq!((found.overall_accuracy.value, found.overall_accuracy.interval), (Some(1.0), None));
    let absent = &found.classes[2];
    assert_eq!(
        (absent.users_accuracy.value, absent.producers_accuracy.value, absent.f1.value),
        (None, None, None)
    );
    assert!(absent.producers_accuracy.why.as_ref().unwrap().contains("no unit is c"));
    assert_eq!((absent.share.value, absent.share.interval), (Some(0.0), None));
    let nothing = estimate(&population(&[], 1.0, Correction::Finite), &classes(&["a"]), &[]);
    assert!(nothing.overall_accuracy.value.is_none() && nothing.classes[0].area_ha.value.is_none());
}

#[test]
fn units_beside_the_map_tell_no_areas() {
    let off = ReferenceUnit { stratum: 1, mapped: None, reference: Some(1) };
    let found = estimate(&population(&[100], 1.0, Correction::Finite), &classes(&["a", "b"]), &[off; 12]);
    for class in &found.classes {
        assert_eq!((class.area_ha.value, class.share.value), (None, None));
        assert!(class.area_ha.why.as_ref().unwrap().contains("no unit has both"), "{:?}", class.area_ha);
    }
}
