//! McNemar's test of two maps on the same units (McNemar 1947, 10.1007/BF02295996; for maps Foody 2004,
//! 10.14358/PERS.70.5.627).

use crate::assess::normal::chi_squared_above;
use crate::words::grouped;
use serde::{Deserialize, Serialize};

/// Units on which one map alone is right, from which on chi-squared will do; below it chance is counted out.
const MANY: u64 = 25;

/// What the test tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct McNemar {
    /// Units on which only the first map is right, and only the second.
    pub only_one_right: [u64; 2],
    /// The chance of so uneven a split or a more uneven one, were both maps equally good; two-sided. `None` where the test
    /// cannot be made.
    pub p: Option<f64>,
    /// Chi-squared with continuity correction (Edwards 1948), where units are many.
    pub chi_squared: Option<f64>,
    /// How it was made, or why it was not.
    pub how: String,
}

/// The test, on units of which each is one by itself: `units_in_clusters` tells how many share their cluster with another.
pub fn mcnemar(only_one_right: [u64; 2], units_in_clusters: u64) -> McNemar {
    let [first, second] = only_one_right;
    let uneven = first + second;
    let mut found = McNemar { only_one_right, p: None, chi_squared: None, how: String::new() };
    if units_in_clusters > 0 {
        found.how = format!(
            "not made: {} units share their cluster with others, and what is alike counts once. Take one \
             unit of each cluster, or the interval over clusters",
            grouped(units_in_clusters as i64)
        );
    } else if uneven == 0 {
        found.how = "not made: on no unit is one map right and the other wrong".into();
    } else if uneven < MANY {
        found.p = Some(exact(first.min(second), uneven));
        found.how = format!("exact binomial test of {uneven} units on which one map alone is right");
    } else {
        let apart = first.abs_diff(second).saturating_sub(1) as f64;
        let chi_squared = apart * apart / uneven as f64;
        found.p = Some(chi_squared_above(chi_squared));
        found.chi_squared = Some(chi_squared);
        found.how = format!(
            "chi-squared with continuity correction of {uneven} units on which one map alone is right"
        );
    }
    found
}

/// Twice the chance of at most `fewer` heads in `n` throws, at most 1.
fn exact(fewer: u64, n: u64) -> f64 {
    let (mut ways, mut sum) = (1.0, 0.0);
    for k in 0..=fewer {
        sum += ways;
        ways *= (n - k) as f64 / (k + 1) as f64;
    }
    (2.0 * sum * 0.5_f64.powi(n as i32)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As statsmodels has them; `tests/references/estimators.py` made them.
    #[test]
    fn p_is_that_of_statsmodels() {
        let reference: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/references/estimators.json")).unwrap();
        let (mut few, mut many) = (0, 0);
        for case in reference["mcnemar"].as_array().unwrap() {
            let [b, c] = ["b", "c"].map(|name| case[name].as_u64().unwrap());
            let found = mcnemar([b, c], 0);
            let expected = case[if b + c < MANY { "exact" } else { "corrected" }].as_f64().unwrap();
            assert!((found.p.unwrap() / expected - 1.0).abs() < 1e-9, "{b} {c}: {:?} {expected}", found.p);
            if let Some(chi_squared) = found.chi_squared {
                many += 1;
                assert!((chi_squared - case["statistic"].as_f64().unwrap()).abs() < 1e-9);
            } else {
                few += 1;
            }
        }
        assert_eq!((few, many), (3, 3));
    }

    #[test]
    fn units_in_clusters_and_maps_that_never_differ_have_no_test_and_say_so() {
        let clustered = mcnemar([30, 5], 12);
        assert!(clustered.p.is_none() && clustered.how.contains("12 units share"), "{}", clustered.how);
        let same = mcnemar([0, 0], 0);
        assert!(same.p.is_none() && same.how.contains("no unit"));
        assert_eq!(mcnemar([13, 13], 0).p, Some(1.0));
    }
}
