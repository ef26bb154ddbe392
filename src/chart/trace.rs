//! One curve of a series: what was observed, and what stands in for what was not.

use crate::cube::{Filling, fill};

/// A day and a value.
pub type Point = [f64; 2];

/// One curve: what was observed, and what stands in for what was not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    /// Observations that follow one another without a gap.
    pub runs: Vec<Vec<Point>>,
    /// From one observation to the next, over what is filled between them; at the ends from or to what is filled.
    pub bridges: Vec<Vec<Point>>,
    /// What is filled.
    pub filled: Vec<Point>,
}

impl Trace {
    /// The curve of the values of a feature, one a date; a gap is what is no finite number.
    pub fn new(days: &[f64], values: &[f32], filling: Filling) -> Self {
        let mut whole = values.to_vec();
        fill(&mut whole, 1, days, filling);
        let mut trace = Self::default();
        let mut last: Option<(Point, bool)> = None;
        for ((day, seen), value) in days.iter().zip(values).zip(&whole) {
            if !value.is_finite() {
                last = None;
                continue;
            }
            let (point, is_seen) = ([*day, f64::from(*value)], seen.is_finite());
            if !is_seen {
                trace.filled.push(point);
            }
            match (last, is_seen) {
                (Some((_, true)), true) => extend(&mut trace.runs, point),
                (Some((_, false)), _) => extend(&mut trace.bridges, point),
                (Some((before, true)), false) => trace.bridges.push(vec![before, point]),
                (None, true) => {}
                (None, false) => trace.bridges.push(vec![point]),
            }
            if is_seen && !matches!(last, Some((_, true))) {
                trace.runs.push(vec![point]);
            }
            last = Some((point, is_seen));
        }
        trace
    }
}

fn extend(lists: &mut [Vec<Point>], point: Point) {
    if let Some(list) = lists.last_mut() {
        list.push(point);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: f32 = f32::NAN;
    const DAYS: [f64; 6] = [0.0, 10.0, 20.0, 40.0, 50.0, 60.0];

    #[test]
    fn what_was_seen_is_told_from_what_is_filled() {
        let values = [GAP, 2.0, 3.0, GAP, 9.0, GAP];
        let linear = Trace::new(&DAYS, &values, Filling::Linear);
        assert_eq!(linear.runs, [vec![[10.0, 2.0], [20.0, 3.0]], vec![[50.0, 9.0]]]);
        assert_eq!(linear.filled, [[0.0, 2.0], [40.0, 7.0], [60.0, 9.0]]);
        assert_eq!(
            linear.bridges,
            [
                vec![[0.0, 2.0], [10.0, 2.0]],
                vec![[20.0, 3.0], [40.0, 7.0], [50.0, 9.0]],
                vec![[50.0, 9.0], [60.0, 9.0]],
            ]
        );
        let last = Trace::new(&DAYS, &values, Filling::LastClear);
        assert_eq!(last.filled, [[0.0, 2.0], [40.0, 3.0], [60.0, 9.0]]);
        assert_eq!(last.runs, linear.runs);
    }

    #[test]
    fn gaps_as_they_are_break_the_curve() {
        let trace = Trace::new(&DAYS, &[1.0, 2.0, GAP, 4.0, 5.0, GAP], Filling::Off);
        assert_eq!(trace.runs, [vec![[0.0, 1.0], [10.0, 2.0]], vec![[40.0, 4.0], [50.0, 5.0]]]);
        assert!(trace.bridges.is_empty() && trace.filled.is_empty());
    }

    #[test]
    fn a_curve_without_gaps_is_one_run_and_one_without_observations_is_nothing() {
        for filling in Filling::ALL {
            let trace = Trace::new(&DAYS, &[1.0; 6], filling);
            assert_eq!((trace.runs.len(), trace.runs[0].len(), trace.bridges.len()), (1, 6, 0));
            assert_eq!(Trace::new(&DAYS, &[GAP; 6], filling), Trace::default());
        }
    }

    #[test]
    fn a_single_date_is_a_run_of_one_point() {
        let trace = Trace::new(&[5.0], &[2.0], Filling::Linear);
        assert_eq!(trace.runs, [vec![[5.0, 2.0]]]);
        assert_eq!(Trace::new(&[], &[], Filling::Linear), Trace::default());
    }
}
