//! How many units, and how many in each stratum.

use super::{Allocated, Allocation, DesignSpec, Stratum};

/// Units that a stratum needs for its variance to be known.
const LEAST: u64 = 2;

/// Units for a wanted standard error of overall accuracy: (sum of W S)^2 / (SE^2 + sum of W S^2 / N), with S^2 = U (1 - U)
/// (Olofsson et al. 2014, equation 13). `spec` tells the user's accuracies expected.
///
/// # Errors
/// A standard error that is not between 0 and 0.5, or no pixels; in a sentence.
pub fn sample_size(strata: &[Stratum], spec: &DesignSpec, standard_error: f64) -> Result<u64, String> {
    if !(standard_error > 0.0 && standard_error < 0.5) {
        return Err(format!(
            "a standard error of {standard_error} cannot be had: give one between 0 and 0.5, say 0.01"
        ));
    }
    let all = pixels(strata)? as f64;
    let of = |stratum: &Stratum| {
        let expected = spec.expected_of(stratum.code);
        (stratum.pixels as f64 / all, (expected * (1.0 - expected)).sqrt())
    };
    let sum: f64 = strata.iter().map(of).map(|(w, s)| w * s).sum();
    let squares: f64 = strata.iter().map(of).map(|(w, s)| w * s * s).sum();
    let size = sum * sum / (standard_error * standard_error + squares / all);
    Ok((size.ceil() as u64).max(LEAST * strata.iter().filter(|s| s.pixels > 0).count() as u64))
}

/// Shares units out. Each stratum gets at least two, so that its variance can be known, and at most all of its pixels;
/// strata without pixels get none and are left out. The minimum for rare classes is kept even where it makes the sample
/// larger than was asked for.
///
/// # Errors
/// No pixels, or no units wanted; in a sentence.
pub fn allocate(strata: &[Stratum], spec: &DesignSpec) -> Result<Vec<Allocated>, String> {
    let all = pixels(strata)? as f64;
    if spec.size == 0 {
        return Err(
            "a sample of no units tells nothing: give a size, or a standard error that it follows from"
                .into(),
        );
    }
    let there: Vec<&Stratum> = strata.iter().filter(|s| s.pixels > 0).collect();
    let share = |stratum: &Stratum| stratum.pixels as f64 / all;
    let weights: Vec<f64> = there
        .iter()
        .map(|stratum| match spec.allocation {
            Allocation::Equal => 1.0,
            Allocation::Proportional | Allocation::Rare { .. } => share(stratum),
            Allocation::Neyman => {
                let expected = spec.expected_of(stratum.code);
                share(stratum) * (expected * (1.0 - expected)).sqrt()
            }
        })
        .collect();
    let least = match spec.allocation {
        Allocation::Rare { minimum } => minimum.max(LEAST),
        _ => LEAST,
    };
    let bounds: Vec<[u64; 2]> = there.iter().map(|s| [least.min(s.pixels), s.pixels]).collect();
    let units = share_out(spec.size, &weights, &bounds);
    let allocated = |(stratum, units): (&Stratum, u64)| Allocated {
        share: share(stratum),
        expected_users_accuracy: spec.expected_of(stratum.code),
        weight: stratum.pixels as f64 / units as f64,
        units,
        stratum: stratum.clone(),
    };
    Ok(there.into_iter().zip(units).map(allocated).collect())
}

/// The standard error of overall accuracy to be expected of strata with these units: the root of the sum of
/// W^2 U (1 - U) / n (1 - n / N) (Cochran 1977, theorem 5.3, with U as expected).
pub fn expected_error(strata: &[Allocated]) -> f64 {
    let of = |stratum: &Allocated| {
        let (units, expected) = (stratum.units as f64, stratum.expected_users_accuracy);
        let left = 1.0 - units / stratum.stratum.pixels as f64;
        stratum.share.powi(2) * expected * (1.0 - expected) / units * left
    };
    strata.iter().filter(|stratum| stratum.units > 0).map(of).sum::<f64>().sqrt()
}

fn pixels(strata: &[Stratum]) -> Result<u64, String> {
    let all = strata.iter().map(|s| s.pixels).sum();
    if all == 0 {
        return Err("the map has no pixel of any stratum: there is nothing to draw from".into());
    }
    Ok(all)
}

/// Shares `size` out by weight within bounds: what a bound holds is fixed and the rest shared out anew, and what is left of
/// rounding down goes to the largest remainders.
fn share_out(size: u64, weights: &[f64], bounds: &[[u64; 2]]) -> Vec<u64> {
    let mut fixed: Vec<Option<u64>> = vec![None; weights.len()];
    loop {
        let rest = size.saturating_sub(fixed.iter().flatten().sum());
        let free = |i: &usize| fixed[*i].is_none();
        let all: f64 = (0..weights.len()).filter(free).map(|i| weights[i]).sum();
        let ideal = |i: usize| if all > 0.0 { rest as f64 * weights[i] / all } else { 0.0 };
        // Those below their least first: they take from the others.
        let below = (0..weights.len()).filter(free).filter(|i| ideal(*i) < bounds[*i][0] as f64);
        let below: Vec<(usize, u64)> = below.map(|i| (i, bounds[i][0])).collect();
        let above = (0..weights.len()).filter(free).filter(|i| ideal(*i) > bounds[*i][1] as f64);
        let held = if below.is_empty() { above.map(|i| (i, bounds[i][1])).collect() } else { below };
        if held.is_empty() {
            let mut units: Vec<u64> =
                (0..weights.len()).map(|i| fixed[i].unwrap_or_else(|| ideal(i).floor() as u64)).collect();
            // Where all others are full, those held at their least have room.
            let left = |i: usize| if fixed[i].is_none() { ideal(i).fract() } else { 0.0 };
            let mut order: Vec<usize> = (0..weights.len()).collect();
            order.sort_by(|a, b| left(*b).total_cmp(&left(*a)).then(a.cmp(b)));
            loop {
                let short = size.saturating_sub(units.iter().sum());
                let room: Vec<usize> = order.iter().copied().filter(|i| units[*i] < bounds[*i][1]).collect();
                if short == 0 || room.is_empty() {
                    return units;
                }
                room.into_iter().take(short as usize).for_each(|i| units[i] += 1);
            }
        }
        held.into_iter().for_each(|(i, units)| fixed[i] = Some(units));
    }
}

/// What a reader of the design must know.
pub(super) fn notes(strata: &[Allocated], spec: &DesignSpec) -> Vec<String> {
    let drawn: u64 = strata.iter().map(|s| s.units).sum();
    let mut notes = Vec::new();
    if drawn > spec.size {
        notes.push(format!("{drawn} units instead of {}: each stratum has a least number.", spec.size));
    }
    if drawn < spec.size {
        notes.push(format!("{drawn} units instead of {}: the map has no more pixels.", spec.size));
    }
    for stratum in strata.iter().filter(|s| s.units == s.stratum.pixels) {
        notes.push(format!(
            "All {} pixels of {} are in the sample: it has no more.",
            stratum.units, stratum.stratum.name
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Olofsson et al. 2014, table 5: deforestation, forest gain, stable forest, stable non-forest.
    fn olofsson() -> (Vec<Stratum>, DesignSpec) {
        let pixels = [200_000, 150_000, 3_200_000, 6_450_000];
        let stratum = |(code, pixels)| Stratum { code, name: format!("class {code}"), pixels };
        let expected = [(1, 0.70), (2, 0.60), (3, 0.90), (4, 0.95)].into();
        ((1..).zip(pixels).map(stratum).collect(), DesignSpec { expected, ..DesignSpec::default() })
    }

    fn units(size: u64, allocation: Allocation) -> Vec<u64> {
        let (strata, spec) = olofsson();
        let spec = DesignSpec { size, allocation, ..spec };
        allocate(&strata, &spec).unwrap().iter().map(|s| s.units).collect()
    }

    #[test]
    fn olofssons_sample_size_and_allocations_are_those_published() {
        let (strata, spec) = olofsson();
        assert_eq!(sample_size(&strata, &spec, 0.01), Ok(641));
        // Their table: 160 each of 640, and 13, 10, 205, 413.
        assert_eq!(units(640, Allocation::Equal), [160; 4]);
        assert_eq!(units(641, Allocation::Proportional), [13, 10, 205, 413]);
        // 100 for each change class and the rest by area: 441 by 0.32 to 0.645. The table has 149 and 292, which is not
        // quite by area.
        assert_eq!(units(641, Allocation::Rare { minimum: 100 }), [100, 100, 146, 295]);
    }

    #[test]
    fn the_error_expected_of_neymans_allocation_is_the_one_that_the_size_was_for() {
        let (strata, spec) = olofsson();
        let error = |allocation| {
            let spec = DesignSpec { size: 641, allocation, ..spec.clone() };
            expected_error(&allocate(&strata, &spec).unwrap())
        };
        assert!((error(Allocation::Neyman) - 0.01).abs() < 2e-5);
        // By hand: the roots of 0.06724 / 641 and of 0.029115 / 160.25.
        assert!(
            (error(Allocation::Proportional) - 0.0102).abs() < 5e-5,
            "{}",
            error(Allocation::Proportional)
        );
        assert!((error(Allocation::Equal) - 0.01348).abs() < 5e-5, "{}", error(Allocation::Equal));
        let census = DesignSpec { size: 100, ..DesignSpec::default() };
        let one = Stratum { code: 1, name: String::new(), pixels: 60 };
        assert_eq!(expected_error(&allocate(&[one], &census).unwrap()), 0.0);
    }

    #[test]
    fn neyman_takes_from_the_classes_that_are_sure() {
        // W S: 0.00917, 0.00735, 0.096, 0.14058 of 0.2531, of 1000.
        assert_eq!(units(1000, Allocation::Neyman), [36, 29, 379, 556]);
        let (strata, spec) = olofsson();
        let sure = DesignSpec { expected: [(1, 1.0), (2, 1.0), (3, 1.0), (4, 1.0)].into(), ..spec };
        let sure = DesignSpec { allocation: Allocation::Neyman, ..sure };
        let units: Vec<u64> = allocate(&strata, &sure).unwrap().iter().map(|s| s.units).collect();
        assert_eq!(units, [125; 4], "where all are sure, alike");
    }

    #[test]
    fn small_strata_are_taken_whole_and_what_cannot_be_kept_is_told() {
        let stratum = |code, pixels| Stratum { code, name: format!("class {code}"), pixels };
        let strata = [stratum(1, 30), stratum(2, 100_000), stratum(3, 0), stratum(4, 1)];
        let spec =
            DesignSpec { size: 80, allocation: Allocation::Rare { minimum: 50 }, ..DesignSpec::default() };
        let found = allocate(&strata, &spec).unwrap();
        assert_eq!(
            found.iter().map(|s| (s.stratum.code, s.units)).collect::<Vec<_>>(),
            [(1, 30), (2, 50), (4, 1)]
        );
        assert_eq!(found[0].weight, 1.0);
        let told = notes(&found, &spec).join(" ");
        assert!(
            told.contains("81 units instead of 80") && told.contains("All 30 pixels of class 1"),
            "{told}"
        );
        assert!(allocate(&strata[2..3], &spec).unwrap_err().contains("no pixel"));
        assert!(sample_size(&strata, &spec, 0.0).unwrap_err().contains("standard error"));
        assert!(sample_size(&strata, &spec, f64::NAN).is_err());
        assert!(allocate(&strata, &DesignSpec { size: 0, ..spec }).is_err());
    }

    proptest! {
        #[test]
        fn the_size_is_kept_where_bounds_let_it_and_no_stratum_gives_more_than_it_has(
            pixels in prop::collection::vec(0u64..5000, 1..8), size in 1u64..3000, which in 0usize..4,
        ) {
            let stratum = |(code, pixels)| Stratum { code, name: String::new(), pixels };
            let strata: Vec<Stratum> = (1..).zip(pixels).map(stratum).collect();
            let allocation =
                [Allocation::Equal, Allocation::Proportional, Allocation::Rare { minimum: 50 }, Allocation::Neyman][which];
            let Ok(found) = allocate(&strata, &DesignSpec { size, allocation, ..DesignSpec::default() }) else { return Ok(()) };
            let all: u64 = found.iter().map(|s| s.stratum.pixels).sum();
            let least: u64 = found.iter().map(|s| s.stratum.pixels.min(if which == 2 { 50 } else { 2 })).sum();
            prop_assert_eq!(found.iter().map(|s| s.units).sum::<u64>(), size.clamp(least, all.max(least)));
            for s in found {
                prop_assert!(s.units <= s.stratum.pixels && s.units >= s.stratum.pixels.min(2));
                prop_assert!((s.weight * s.units as f64 - s.stratum.pixels as f64).abs() < 1e-6);
            }
        }
    }
}
