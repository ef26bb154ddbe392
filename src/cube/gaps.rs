//! Filling gaps in time when a series is read for a network.

use super::Series;

/// Fills NaN linearly between the observations before and after, by date; the first and last observation carry on
/// outwards. A band without any observation stays NaN. `days` are days since any epoch, one a step, rising.
pub fn fill_gaps(series: &mut Series, days: &[f64]) {
    fill_gaps_in(&mut series.values, series.bands, days);
}

/// As [`fill_gaps`], for the `time x band` values of one series.
pub fn fill_gaps_in(values: &mut [f32], bands: usize, days: &[f64]) {
    let times = days.len().min(values.len() / bands.max(1));
    for band in 0..bands {
        let mut before: Option<(usize, f32)> = None;
        for time in 0..times {
            let value = values[time * bands + band];
            if value.is_nan() {
                continue;
            }
            let first_gap = before.map_or(0, |(time, _)| time + 1);
            for gap in first_gap..time {
                values[gap * bands + band] = match before {
                    Some((start, from)) => {
                        let share = (days[gap] - days[start]) / (days[time] - days[start]);
                        (f64::from(from) + share * (f64::from(value) - f64::from(from))) as f32
                    }
                    None => value,
                };
            }
            before = Some((time, value));
        }
        if let Some((last, value)) = before {
            for gap in last + 1..times {
                values[gap * bands + band] = value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GAP: f32 = f32::NAN;

    fn filled(bands: usize, values: &[f32], days: &[f64]) -> Vec<f32> {
        let mut series = Series { times: values.len() / bands, bands, values: values.to_vec() };
        fill_gaps(&mut series, days);
        series.values
    }

    #[test]
    fn a_gap_is_filled_by_date_not_by_step() {
        assert_eq!(filled(1, &[0.0, GAP, 100.0], &[0.0, 10.0, 100.0]), [0.0, 10.0, 100.0]);
        assert_eq!(filled(1, &[0.0, GAP, GAP, 30.0], &[0.0, 1.0, 2.0, 3.0]), [0.0, 10.0, 20.0, 30.0]);
    }

    #[test]
    fn the_ends_carry_on() {
        assert_eq!(filled(1, &[GAP, GAP, 5.0, GAP], &[0.0, 1.0, 2.0, 3.0]), [5.0; 4]);
    }

    #[test]
    fn each_band_is_filled_from_itself() {
        let out = filled(2, &[1.0, GAP, GAP, 7.0, 3.0, GAP], &[0.0, 1.0, 2.0]);
        assert_eq!(out, [1.0, 7.0, 2.0, 7.0, 3.0, 7.0]);
    }

    #[test]
    fn a_band_without_observation_stays_empty() {
        let out = filled(2, &[1.0, GAP, 2.0, GAP], &[0.0, 1.0]);
        assert!(out[1].is_nan() && out[3].is_nan());
        assert_eq!((out[0], out[2]), (1.0, 2.0));
    }

    proptest! {
        #[test]
        fn observations_stay_and_fillings_lie_between(values in prop::collection::vec(prop::option::of(-1e4f32..1e4), 1..40)) {
            let days: Vec<f64> = (0..values.len()).map(|i| (i * i) as f64).collect();
            let gappy: Vec<f32> = values.iter().map(|v| v.unwrap_or(GAP)).collect();
            let out = filled(1, &gappy, &days);
            let seen: Vec<f32> = values.iter().flatten().copied().collect();
            for (out, value) in out.iter().zip(&values) {
                match value {
                    Some(value) => prop_assert_eq!(out, value),
                    None if seen.is_empty() => prop_assert!(out.is_nan()),
                    None => prop_assert!(seen.iter().any(|s| s <= out) && seen.iter().any(|s| s >= out), "{out}"),
                }
            }
        }
    }
}
