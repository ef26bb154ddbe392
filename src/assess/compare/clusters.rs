//! Two maps on units that come in clusters.

use super::{
    BootstrapSpec, ComparedPlaces, Kind, MapComparison, Paired, PairedUnit, Places, both_mapped,
    put_together, told_apart, usable,
};
use crate::assess::Estimated;
use crate::assess::bootstrap::{Clusters, OF_ALL, bootstrap, scores};
use crate::labels::{Class, ClassCode};
use std::collections::BTreeSet;

/// Compares two maps on units of which clusters are drawn anew, each unit counting alike. A unit without a cluster is one by
/// itself. What is compared is the units that both maps give a class.
pub fn compare_in_clusters(classes: &[Class], units: &[PairedUnit], spec: &BootstrapSpec) -> MapComparison {
    let (used, left_out) =
        usable(classes, units, |left_out, unit| left_out.known_reference(classes, unit.reference));
    // Units by themselves get numbers that no cluster has.
    let taken: BTreeSet<u64> = used.iter().filter_map(|(unit, _)| unit.cluster).collect();
    let mut free = (0..).filter(|number| !taken.contains(number));
    let numbers: Vec<u64> =
        used.iter().map(|(unit, _)| unit.cluster.or_else(|| free.next()).unwrap_or_default()).collect();
    let places = Places::ALL.map(|places| compared(classes, &used, &numbers, places, spec)).into();
    let mut notes = super::notes(&left_out, classes.len());
    notes.push(
        "Units count alike, whatever land they stand for: the figures are of the units, not of the map."
            .into(),
    );
    let together: BTreeSet<u64> = used
        .iter()
        .zip(&numbers)
        .filter(|((_, kind), _)| both_mapped(*kind))
        .map(|(_, number)| *number)
        .collect();
    let obtained = format!(
        "{} units in {} clusters that both maps give a class, each unit counting alike; intervals by drawing clusters anew \
         {} times",
        used.iter().filter(|(_, kind)| both_mapped(*kind)).count(),
        together.len(),
        spec.replicates
    );
    MapComparison { obtained, places, left_out, notes }
}

fn compared(
    classes: &[Class],
    used: &[(&PairedUnit, Kind)],
    numbers: &[u64],
    places: Places,
    spec: &BootstrapSpec,
) -> ComparedPlaces {
    let n = classes.len();
    // Cells of the first map's matrix, then of the second's.
    let inside = used.iter().zip(numbers).filter(|((_, kind), _)| both_mapped(*kind) && places.hold(kind.2));
    let samples = inside.flat_map(|((_, (mapped, reference, _)), number)| {
        let reference = usize::from(*reference);
        let cell = move |map: usize| {
            (*number, classes[reference].code, map * n * n + reference * n + usize::from(mapped[map]))
        };
        [cell(0), cell(1)]
    });
    let clusters = Clusters::new(2 * n * n, samples);
    // The scores of both maps, then their differences.
    let found = bootstrap(&clusters, spec, |counts| {
        let (first, second) = counts.split_at(n * n);
        let (mut first, second) = (scores(first, n), scores(second, n));
        let difference: Vec<_> = first.iter().zip(&second).map(|(a, b)| Some((*a)? - (*b)?)).collect();
        first.extend(second);
        first.extend(difference);
        first
    });
    let each = OF_ALL + 3 * n;
    let paired = |figure: usize, class: Option<ClassCode>| {
        let few = class.filter(|code| clusters.of_class(*code) < 2);
        let take = |figure: usize| {
            let found = found[figure].clone();
            match (few, found.value) {
                (Some(_), Some(value)) => Estimated::alone(
                    value,
                    "fewer than two clusters of the class: nothing tells how others would have differed",
                ),
                _ => found,
            }
        };
        Paired { maps: [take(figure), take(each + figure)], difference: told_apart(take(2 * each + figure)) }
    };
    let of_class = |i: usize| [0, 1, 2].map(|which| paired(OF_ALL + 3 * i + which, Some(classes[i].code)));
    put_together(
        places,
        classes,
        used,
        [paired(0, None), paired(1, None), paired(2, None)],
        (0..n).map(of_class).collect(),
    )
}
