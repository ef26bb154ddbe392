//! Filling gaps in time when a series is read for a network.

use super::Series;

/// Fills NaN linearly between the observations before and after, by date; the first and last observation carry on
/// outwards. A band without any observation stays NaN. `days` are days since any epoch, one a step.
pub fn fill_gaps(_series: &mut Series, _days: &[f64]) {
    todo!()
}
