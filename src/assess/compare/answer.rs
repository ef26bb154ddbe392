//! The answer in a sentence: which of two maps is better, and by how much.

use super::{MapComparison, PairedUnit, Winner};

/// Answers which map is better. `names` are those of the maps as they stand in a sentence ("the series model m"), `on` is what
/// they were held against ("300 reference units"); figures are overall accuracies, differences percentage points.
pub fn answer(names: [&str; 2], on: &str, comparison: &MapComparison) -> String {
    let [first, second] = names;
    let Some(all) = comparison.places.first().filter(|all| all.units > 0) else {
        return format!(
            "Nothing tells whether {first} or {second} is better: of {on} none has a class by reference and on both maps. Check \
             that they lie on the maps, and that their classes are those of the legend."
        );
    };
    let overall = &all.overall_accuracy;
    let percent =
        |value: Option<f64>| value.map_or("an unknown share".into(), |v| format!("{:.1} %", v * 100.0));
    let [a, b] = [0, 1].map(|map| percent(overall.maps[map].value));
    let start = format!("On {on}, {first} is right on {a} and {second} on {b}");
    let difference = overall.difference.value.unwrap_or_default();
    let interval = |flipped: bool| {
        let [low, high] = overall.difference.interval?;
        let [low, high] = if flipped { [-high, -low] } else { [low, high] };
        Some(format!("95 % interval {} to {}", points(low), points(high)))
    };
    match (overall.winner(), interval(difference < 0.0)) {
        (Winner::First, Some(interval)) => {
            format!("{start}: {first} is better by {} points ({interval}).", points(difference))
        }
        (Winner::Second, Some(interval)) => {
            format!("{start}: {second} is better by {} points ({interval}).", points(-difference))
        }
        (_, Some(interval)) => format!(
            "{start}: the two cannot be told apart (a difference of {} points, {interval}).",
            points(difference.abs())
        ),
        (_, None) => {
            let why = overall.difference.why.as_deref().unwrap_or("it cannot be had");
            format!(
                "{start}: the two cannot be told apart, since there is no interval of the difference ({why})."
            )
        }
    }
}

/// What becomes of the units that one map gives a class and the other none, which the comparison leaves out: a sentence for each
/// map that leaves out a hundredth of all. `what` are the units, in many.
pub fn on_one_alone(names: [&str; 2], what: &str, units: &[PairedUnit]) -> Vec<String> {
    let is_class = |code: Option<u8>| code.is_some_and(|code| code != 0 && code != 255);
    let known = units.iter().filter(|unit| unit.reference.is_some());
    let told = |side: usize| {
        let alone =
            known.clone().filter(|unit| !is_class(unit.mapped[side]) && is_class(unit.mapped[1 - side]));
        let (n, right) = alone.fold((0u64, 0u64), |(n, right), unit| {
            (n + 1, right + u64::from(unit.mapped[1 - side] == unit.reference))
        });
        (n > 0 && n * 100 >= known.clone().count() as u64).then(|| {
            format!(
                "Left out are {n} {what} to which {} gives no class: on them {} is right on {:.1} %.",
                names[side],
                names[1 - side],
                right as f64 / n as f64 * 100.0
            )
        })
    };
    [0, 1].into_iter().filter_map(told).collect()
}

/// A difference of shares as percentage points: "6.2".
pub fn points(difference: f64) -> String {
    let text = format!("{:.1}", difference * 100.0);
    if text == "-0.0" { "0.0".into() } else { text.replace('-', "−") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{BootstrapSpec, compare_in_clusters};
    use crate::labels::Class;

    /// Units of which the maps are right on so many.
    fn units(right: [usize; 2], n: usize) -> MapComparison {
        let classes = [Class::new(1, "a", [0; 3]), Class::new(2, "b", [9; 3])];
        let unit = |i: usize| PairedUnit {
            stratum: 0,
            cluster: None,
            mapped: right.map(|right| Some(if i < right { 1 } else { 2 })),
            reference: Some(1),
            edge: false,
        };
        compare_in_clusters(&classes, &(0..n).map(unit).collect::<Vec<_>>(), &BootstrapSpec::default())
    }

    fn told(right: [usize; 2], n: usize) -> String {
        answer(["the series model m", "the UNet u"], &format!("{n} reference units"), &units(right, n))
    }

    #[test]
    fn the_better_map_is_named_with_its_lead_whichever_it_is() {
        let first = told([180, 120], 200);
        assert!(
            first.starts_with(
                "On 200 reference units, the series model m is right on 90.0 % and the UNet u on 60.0 %: the series model m is \
                 better by 30.0 points (95 % interval 2"
            ),
            "{first}"
        );
        let second = told([120, 180], 200);
        assert!(second.contains("the UNet u is better by 30.0 points (95 % interval 2"), "{second}");
    }

    #[test]
    fn maps_that_are_alike_and_units_that_tell_nothing_are_told() {
        let near = told([100, 101], 200);
        assert!(
            near.contains("cannot be told apart (a difference of 0.5 points, 95 % interval 0.0 to 1."),
            "{near}"
        );
        let same = told([100, 100], 200);
        assert!(same.contains("no interval of the difference (the maps do not differ"), "{same}");
        assert!(told([0, 0], 0).starts_with("Nothing tells whether the series model m or the UNet u"));
        assert_eq!((points(-0.0004), points(-0.062)), ("0.0".into(), "−6.2".into()));
    }

    #[test]
    fn what_one_map_leaves_empty_is_told_with_what_the_other_makes_of_it() {
        let unit = |i: usize| PairedUnit {
            stratum: 0,
            cluster: None,
            mapped: [Some(if i < 15 { 1 } else { 2 }), if i < 20 { None } else { Some(1) }],
            reference: (i < 99).then_some(1),
            edge: false,
        };
        let mut units: Vec<PairedUnit> = (0..100).map(unit).collect();
        let told = on_one_alone(["the series model m", "the UNet u"], "reference units", &units);
        let expected = "Left out are 20 reference units to which the UNet u gives no class: on them the series model m is right on \
                        75.0 %.";
        assert_eq!(told, [expected]);
        units.iter_mut().for_each(|unit| unit.mapped[1] = Some(2));
        assert!(on_one_alone(["a", "b"], "units", &units).is_empty());
    }
}
