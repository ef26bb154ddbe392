//! A figure from a sample, with how far chance may have moved it.

use super::normal::Z95;
use serde::{Deserialize, Serialize};

/// A figure, its standard error and its 95 % interval; where one of them cannot be had it is `None`, and `why` tells.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimated {
    pub value: Option<f64>,
    /// Standard error.
    pub se: Option<f64>,
    /// From and to, in the units of the value.
    pub interval: Option<[f64; 2]>,
    /// Why there is no value, or no interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What a sample tells of a variance.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Variance {
    /// Units differ enough to know it.
    Known(f64),
    /// Every pixel was looked at: there is no chance in it.
    Census,
    /// Units of each stratum are all alike, so that the sample shows no spread, which is not to say that there is none.
    NoSpread,
    /// A stratum with a single unit: nothing tells its spread.
    Unknown(String),
}

impl Estimated {
    /// No figure, and why.
    pub(super) fn none(why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..Self::default() }
    }

    /// A value with no interval, and why.
    pub(super) fn alone(value: f64, why: impl Into<String>) -> Self {
        Self { value: Some(value), why: Some(why.into()), ..Self::default() }
    }

    /// A value with its variance; the interval is the normal one, cut to what such a value can be.
    pub(super) fn of(value: f64, variance: Variance, [least, most]: [f64; 2]) -> Self {
        match variance {
            Variance::Known(variance) => {
                let se = variance.sqrt();
                let interval = [value - Z95 * se, value + Z95 * se].map(|bound| bound.max(least).min(most));
                Self { value: Some(value), se: Some(se), interval: Some(interval), why: None }
            }
            Variance::Census => {
                Self { value: Some(value), se: Some(0.0), interval: Some([value; 2]), why: None }
            }
            Variance::NoSpread => Self::alone(
                value,
                "the units that tell it are all alike, so that the sample shows no spread: more of them would show how rare \
                 others are",
            ),
            Variance::Unknown(why) => Self::alone(value, why),
        }
    }

    /// The same in other units, say hectares for a share.
    pub fn times(&self, factor: f64) -> Self {
        Self {
            value: self.value.map(|v| v * factor),
            se: self.se.map(|v| v * factor),
            interval: self.interval.map(|i| i.map(|v| v * factor)),
            why: self.why.clone(),
        }
    }

    /// Whether its interval leaves out 0, and on which side it then lies.
    pub fn side(&self) -> Option<std::cmp::Ordering> {
        let [low, high] = self.interval?;
        if low > 0.0 {
            Some(std::cmp::Ordering::Greater)
        } else if high < 0.0 {
            Some(std::cmp::Ordering::Less)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_stays_within_what_the_value_can_be() {
        let high = Estimated::of(0.98, Variance::Known(0.0004), [0.0, 1.0]);
        assert_eq!((high.se, high.interval.unwrap()[1]), (Some(0.02), 1.0));
        assert!((high.interval.unwrap()[0] - 0.9408).abs() < 1e-4);
        let area = high.times(100.0);
        assert_eq!((area.value, area.interval.unwrap()[1]), (Some(98.0), 100.0));
        assert_eq!(Estimated::of(0.3, Variance::Census, [0.0, 1.0]).interval, Some([0.3, 0.3]));
    }

    #[test]
    fn no_interval_is_given_where_none_can_be_had() {
        for variance in [Variance::NoSpread, Variance::Unknown("one unit".into())] {
            let found = Estimated::of(1.0, variance, [0.0, 1.0]);
            assert!(
                found.value == Some(1.0)
                    && found.se.is_none()
                    && found.interval.is_none()
                    && found.why.is_some()
            );
            assert_eq!(found.side(), None);
        }
        let side = |low, high| Estimated { interval: Some([low, high]), ..Default::default() }.side();
        assert_eq!(side(0.1, 0.2), Some(std::cmp::Ordering::Greater));
        assert_eq!((side(-0.2, -0.1), side(-0.1, 0.1)), (Some(std::cmp::Ordering::Less), None));
    }
}
