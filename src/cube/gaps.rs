//! Filling gaps in time when a series is read, for a network or for the eye. A cube itself keeps its gaps.

use serde::{Deserialize, Serialize};

/// How gaps of a series are filled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filling {
    /// Not at all.
    Off,
    /// Between the observations before and after, linearly by date; the first and last observation carry on outwards.
    #[default]
    Linear,
    /// By the last clear observation, carried forward; before the first there is none, and the first is carried back.
    LastClear,
}

impl Filling {
    /// All, in the order they are offered.
    pub const ALL: [Self; 3] = [Self::Off, Self::Linear, Self::LastClear];

    /// Whether it is the one that is used unless another is asked for.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// How it is done, for people: "filled linearly by date".
    pub fn words(self) -> &'static str {
        match self {
            Self::Off => "not filled",
            Self::Linear => "filled linearly by date",
            Self::LastClear => "filled by the last clear observation",
        }
    }
}

impl std::fmt::Display for Filling {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Linear => "linear",
            Self::LastClear => "last",
        })
    }
}

impl std::str::FromStr for Filling {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let asked = text.trim().to_lowercase();
        let found = Self::ALL.into_iter().find(|filling| filling.to_string() == asked);
        found.ok_or_else(|| format!("gaps cannot be filled by `{text}`: give off, linear or last"))
    }
}

/// Fills the gaps of one series: `values` is `time x band`, a gap is what is no finite number; `days` are days since any
/// epoch, one a step, rising. Each band is filled from itself; one without any observation stays as it is.
pub fn fill(values: &mut [f32], bands: usize, days: &[f64], filling: Filling) {
    // Most series have no gap: one look at all values at once tells, and is nearly free.
    let has_gap = values.iter().fold(false, |gap, value| gap | !value.is_finite());
    if !has_gap || filling == Filling::Off {
        return;
    }
    let times = days.len().min(values.len() / bands.max(1));
    for band in 0..bands {
        let mut before: Option<(usize, f32)> = None;
        for time in 0..times {
            let value = values[time * bands + band];
            if !value.is_finite() {
                continue;
            }
            let first_gap = before.map_or(0, |(time, _)| time + 1);
            for gap in first_gap..time {
                values[gap * bands + band] = match before {
                    Some((start, from)) if filling == Filling::Linear => {
                        let share = (days[gap] - days[start]) / (days[time] - days[start]);
                        (f64::from(from) + share * (f64::from(value) - f64::from(from))) as f32
                    }
                    Some((_, from)) => from,
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

    fn filled(filling: Filling, bands: usize, values: &[f32], days: &[f64]) -> Vec<f32> {
        let mut values = values.to_vec();
        fill(&mut values, bands, days, filling);
        values
    }

    #[test]
    fn a_gap_is_filled_by_date_not_by_step() {
        let linear = |values: &[f32], days: &[f64]| filled(Filling::Linear, 1, values, days);
        assert_eq!(linear(&[0.0, GAP, 100.0], &[0.0, 10.0, 100.0]), [0.0, 10.0, 100.0]);
        assert_eq!(linear(&[0.0, GAP, GAP, 30.0], &[0.0, 1.0, 2.0, 3.0]), [0.0, 10.0, 20.0, 30.0]);
        assert_eq!(
            linear(&[0.0, f32::INFINITY, 2.0], &[0.0, 1.0, 2.0]),
            [0.0, 1.0, 2.0],
            "infinity is a gap"
        );
    }

    #[test]
    fn the_last_clear_observation_is_carried_forward_and_the_first_one_back() {
        let days = [0.0, 1.0, 2.0, 3.0, 4.0];
        let last = filled(Filling::LastClear, 1, &[GAP, 3.0, GAP, 7.0, GAP], &days);
        assert_eq!(last, [3.0, 3.0, 3.0, 7.0, 7.0]);
    }

    #[test]
    fn nothing_is_filled_where_it_is_switched_off() {
        let off = filled(Filling::Off, 1, &[GAP, 3.0, GAP], &[0.0, 1.0, 2.0]);
        assert!(off[0].is_nan() && off[1] == 3.0 && off[2].is_nan());
    }

    #[test]
    fn the_ends_carry_on() {
        let days = [0.0, 1.0, 2.0, 3.0];
        assert_eq!(filled(Filling::Linear, 1, &[GAP, GAP, 5.0, GAP], &days), [5.0; 4]);
    }

    #[test]
    fn each_band_is_filled_from_itself() {
        let values = [1.0, GAP, GAP, 7.0, 3.0, GAP];
        let days = [0.0, 1.0, 2.0];
        assert_eq!(filled(Filling::Linear, 2, &values, &days), [1.0, 7.0, 2.0, 7.0, 3.0, 7.0]);
        assert_eq!(filled(Filling::LastClear, 2, &values, &days), [1.0, 7.0, 1.0, 7.0, 3.0, 7.0]);
    }

    #[test]
    fn a_band_without_observation_stays_empty() {
        for filling in Filling::ALL {
            let out = filled(filling, 2, &[1.0, GAP, 2.0, GAP], &[0.0, 1.0]);
            assert!(out[1].is_nan() && out[3].is_nan());
            assert_eq!((out[0], out[2]), (1.0, 2.0));
        }
    }

    #[test]
    fn a_filling_is_written_as_it_is_read() {
        for filling in Filling::ALL {
            assert_eq!(filling.to_string().parse(), Ok(filling));
            let json = serde_json::to_string(&filling).unwrap();
            assert_eq!(serde_json::from_str::<Filling>(&json).unwrap(), filling);
        }
        assert_eq!(" Last ".parse(), Ok(Filling::LastClear));
        assert!("spline".parse::<Filling>().unwrap_err().contains("give off, linear or last"));
    }

    proptest! {
        #[test]
        fn observations_stay_and_fillings_lie_between(
            values in prop::collection::vec(prop::option::of(-1e4f32..1e4), 1..40), linear in any::<bool>(),
        ) {
            let days: Vec<f64> = (0..values.len()).map(|i| (i * i) as f64).collect();
            let gappy: Vec<f32> = values.iter().map(|v| v.unwrap_or(GAP)).collect();
            let filling = if linear { Filling::Linear } else { Filling::LastClear };
            let out = filled(filling, 1, &gappy, &days);
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
