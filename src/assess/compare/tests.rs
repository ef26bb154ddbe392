use super::*;
use crate::assess::{Correction, ReferenceUnit, Stratum, estimate};
use crate::testing::chance;
use proptest::prelude::*;
use serde_json::Value;

fn classes() -> Vec<Class> {
    ["x", "y", "z"].into_iter().zip(1..).map(|(name, code)| Class::new(code, name, [0; 3])).collect()
}

/// The random sample of `tests/references/estimators.py`; every third unit is an edge.
fn sample() -> (Population, Vec<PairedUnit>, Value) {
    let mut reference: Value =
        serde_json::from_str(include_str!("../../../tests/references/estimators.json")).unwrap();
    let random = reference["random"].take();
    let number = |value: &Value| value.as_u64().unwrap();
    let stratum = |code: u8| {
        let pixels = number(&random["sizes"][code.to_string()]);
        Stratum { code, name: format!("stratum {code}"), pixels }
    };
    let population =
        Population { strata: (1..=5).map(stratum).collect(), pixel_ha: 1.0, correction: Correction::Finite };
    let unit = |(i, unit): (usize, &Value)| {
        let [stratum, a, b, reference] = [0, 1, 2, 3].map(|i| number(&unit[i]) as u8);
        PairedUnit {
            stratum,
            cluster: None,
            mapped: [Some(a), Some(b)],
            reference: Some(reference),
            edge: i.is_multiple_of(3),
        }
    };
    (population, random["units"].as_array().unwrap().iter().enumerate().map(unit).collect(), random)
}

fn near(found: Option<f64>, expected: f64) {
    assert!((found.unwrap() - expected).abs() < 1e-10, "{found:?} is not {expected}");
}

#[test]
fn differences_and_their_errors_are_those_of_a_survey_package() {
    let (population, units, reference) = sample();
    let found = compare(&population, &classes(), &units);
    let all = &found.places[0];
    assert_eq!((all.units, all.matrices[1].total()), (300, 300));
    let figure = |value: &Value, i: usize| value[i].as_f64().unwrap();
    near(all.overall_accuracy.difference.value, figure(&reference["difference"], 0));
    near(all.overall_accuracy.difference.se, figure(&reference["difference"], 1));
    for (map, name) in ["a", "b"].into_iter().enumerate() {
        near(all.overall_accuracy.maps[map].se, figure(&reference[name]["overall"], 1));
        for (class, expected) in all.classes.iter().zip(reference[name]["classes"].as_array().unwrap()) {
            near(class.users_accuracy.maps[map].value, figure(&expected["users"], 0));
            near(class.producers_accuracy.maps[map].se, figure(&expected["producers"], 1));
            near(class.f1.maps[map].se, figure(&expected["f1"], 1));
        }
    }
    assert_eq!(all.overall_accuracy.winner(), Winner::First);
    let only: Vec<u64> =
        reference["only_one_right"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    assert_eq!(all.mcnemar.only_one_right.to_vec(), only);
    assert!(all.mcnemar.p.unwrap() < 1e-5);
    assert!(serde_json::to_string(&found).unwrap().contains(r#""winner":"first""#));
}

#[test]
fn edges_and_interiors_make_the_whole() {
    let (population, units, _) = sample();
    let found = compare(&population, &classes(), &units);
    let [all, edges, interiors] = &found.places[..] else { panic!() };
    assert_eq!((edges.places, interiors.places), (Places::Edges, Places::Interiors));
    assert_eq!((all.units, edges.units, interiors.units), (300, 100, 200));
    // A part of the land is a ratio, and so less sure than the whole.
    let se = |part: &ComparedPlaces| part.overall_accuracy.maps[0].se.unwrap();
    assert!(se(edges) > se(interiors) && se(interiors) > se(all));
}

#[test]
fn a_map_against_itself_does_not_differ_and_gives_no_interval() {
    let (population, mut units, _) = sample();
    units.iter_mut().for_each(|unit| unit.mapped[1] = unit.mapped[0]);
    for found in [
        compare(&population, &classes(), &units),
        compare_in_clusters(&classes(), &units, &BootstrapSpec::default()),
    ] {
        let all = &found.places[0];
        assert_eq!(
            (all.overall_accuracy.difference.value, all.overall_accuracy.difference.interval),
            (Some(0.0), None)
        );
        assert!(all.overall_accuracy.difference.why.as_ref().unwrap().contains("do not differ"));
        assert!(all.classes.iter().all(|class| class.winner == Winner::Undecided) && all.mcnemar.p.is_none());
    }
}

#[test]
fn land_that_one_map_leaves_out_is_left_out_of_both_and_told() {
    let (population, mut units, _) = sample();
    units[0].mapped[1] = Some(255);
    units[1].mapped[1] = None;
    units[2].mapped[0] = Some(77);
    units[3].reference = None;
    let found = compare(&population, &classes(), &units);
    assert_eq!(found.places[0].units, 296);
    assert_eq!(
        (found.left_out[0].unknown_mapped, found.left_out[1].nodata, found.left_out[1].off_the_map),
        (1, 1, 1)
    );
    assert!(
        found.notes.iter().any(|note| note.starts_with("Second map: 1 unit off the map")),
        "{:?}",
        found.notes
    );
    units.iter_mut().for_each(|unit| unit.mapped[1] = Some(255));
    for found in [
        compare(&population, &classes(), &units),
        compare_in_clusters(&classes(), &units, &BootstrapSpec::default()),
    ] {
        let all = &found.places[0];
        assert!(all.units == 0 && all.overall_accuracy.difference.value.is_none());
        assert!(all.overall_accuracy.difference.why.is_some(), "{all:?}");
    }
}

/// Pixels of annotations: the first map is right on most annotations, the second on fewer, each pixel as its annotation.
fn clustered(annotations: u64, pixels: u64) -> Vec<PairedUnit> {
    let unit = |i: u64| {
        let reference = 1 + (i % 3) as u8;
        let other = 1 + ((i + 1) % 3) as u8;
        let mapped = |map: u64, right: f64| Some(if chance(&[map, i]) < right { reference } else { other });
        let mapped = [mapped(1, 0.85), mapped(2, 0.75)];
        PairedUnit { stratum: 0, cluster: Some(i), mapped, reference: Some(reference), edge: false }
    };
    (0..annotations).flat_map(|i| (0..pixels).map(move |_| unit(i))).collect()
}

#[test]
fn pixels_of_an_annotation_count_once_for_the_interval_and_not_for_the_test() {
    let width = |pixels| {
        let found = compare_in_clusters(&classes(), &clustered(90, pixels), &BootstrapSpec::default());
        let all = &found.places[0];
        let [low, high] = all.overall_accuracy.difference.interval.unwrap();
        (high - low, all.mcnemar.p.is_some(), found.places[1].units)
    };
    let (one, many) = (width(1), width(20));
    assert!((one.0 - many.0).abs() < 1e-12);
    assert!(one.1 && !many.1, "the test is of one unit a cluster");
    assert_eq!(one.2, 0);
}

#[test]
fn a_class_in_one_cluster_has_no_interval() {
    let mut units = clustered(30, 2);
    units
        .iter_mut()
        .filter(|u| u.reference == Some(3) && u.cluster != Some(2))
        .for_each(|u| u.reference = Some(1));
    let found = compare_in_clusters(&classes(), &units, &BootstrapSpec::default());
    let z = &found.places[0].classes[2];
    assert!(z.producers_accuracy.maps[0].interval.is_none());
    assert!(z.producers_accuracy.maps[0].why.as_ref().unwrap().contains("two clusters"));
}

proptest! {
    #[test]
    fn each_map_alone_is_as_it_is_when_it_is_compared(
        units in prop::collection::vec((1u8..3, 1u8..4, 1u8..4, 1u8..4), 4..60),
    ) {
        let stratum = |code| Stratum { code, name: String::new(), pixels: 500 * u64::from(code) };
        let population = Population { strata: vec![stratum(1), stratum(2)], pixel_ha: 1.0, correction: Correction::Finite };
        let paired: Vec<PairedUnit> = units
            .iter()
            .map(|&(stratum, a, b, r)| PairedUnit {
                stratum, cluster: None, mapped: [Some(a), Some(b)], reference: Some(r), edge: false,
            })
            .collect();
        let found = compare(&population, &classes(), &paired);
        for map in 0..2 {
            let alone: Vec<ReferenceUnit> = paired
                .iter()
                .map(|u| ReferenceUnit { stratum: u.stratum, mapped: u.mapped[map], reference: u.reference })
                .collect();
            let alone = estimate(&population, &classes(), &alone);
            let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-12,
                (a, b) => a == b,
            };
            let all = &found.places[0];
            for (paired, alone) in [
                (&all.overall_accuracy, &alone.overall_accuracy),
                (&all.macro_f1, &alone.macro_f1),
                (&all.weighted_f1, &alone.weighted_f1),
            ] {
                prop_assert!(near(paired.maps[map].value, alone.value) && near(paired.maps[map].se, alone.se));
            }
            prop_assert_eq!(&all.matrices[map], &alone.matrix);
        }
    }
}
