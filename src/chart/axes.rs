//! Two scales on one plot: bands on the left, indices on the right, with round numbers on the same grid lines.

/// The left scale, and how values of the right one lie on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axes {
    /// Where the left scale begins.
    pub bottom: f64,
    /// Between two grid lines on the left.
    pub step: f64,
    /// Grid lines above the first.
    pub lines: u32,
    /// The right scale.
    pub right: Option<Right>,
}

/// The right scale: it begins where the left one does, and shares its grid lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Right {
    /// Where it begins.
    pub bottom: f64,
    /// Between two grid lines.
    pub step: f64,
}

/// Grid lines above the first that are enough anywhere.
const MOST_LINES: u32 = 8;

impl Axes {
    /// Scales that hold these ranges with the least empty room.
    pub fn fit(left: (f64, f64), right: Option<(f64, f64)>) -> Self {
        Self::fit_in(left, right, MOST_LINES)
    }

    /// Scales that hold these ranges with the least empty room and have so many grid lines above the first at most: where more
    /// stood too close for their numbers.
    pub fn fit_in(left: (f64, f64), right: Option<(f64, f64)>, most: u32) -> Self {
        let (left, right) = (proper(left), right.map(proper));
        let most = most.clamp(1, MOST_LINES);
        // Two tell little: only where there is no room for many.
        let least = if most < 5 { most.min(2) } else { 3 };
        let fitted = (least..=most).map(|lines| {
            let (bottom, step, used) = scale(left, lines);
            let right = right.map(|range| scale(range, lines));
            let axes =
                Self { bottom, step, lines, right: right.map(|(bottom, step, _)| Right { bottom, step }) };
            (used + right.map_or(0.0, |(.., used)| used), axes)
        });
        let best = fitted.max_by(|a, b| a.0.total_cmp(&b.0));
        best.map_or(Self { bottom: 0.0, step: 1.0, lines: 1, right: None }, |(_, axes)| axes)
    }

    /// The end of the left scale.
    pub fn top(&self) -> f64 {
        self.bottom + f64::from(self.lines) * self.step
    }

    /// Where a value of the right scale lies on the left one.
    pub fn place_of(&self, value: f64) -> f64 {
        self.right.map_or(value, |right| self.bottom + (value - right.bottom) / right.step * self.step)
    }

    /// The value of the right scale at a place on the left one.
    pub fn value_at(&self, at: f64) -> f64 {
        self.right.map_or(at, |right| right.bottom + (at - self.bottom) / self.step * right.step)
    }

    /// Grid lines, on the left scale.
    pub fn grid(&self) -> impl Iterator<Item = f64> + use<> {
        let (bottom, step) = (self.bottom, self.step);
        (0..=self.lines).map(move |line| bottom + f64::from(line) * step)
    }
}

/// A range that holds something.
fn proper((low, high): (f64, f64)) -> (f64, f64) {
    match (low.is_finite() && high.is_finite(), high > low) {
        (true, true) => (low, high),
        // One value stands in the middle, with room around it that fits its size.
        (true, false) if high == low && low != 0.0 => (low - 0.1 * low.abs(), low + 0.1 * low.abs()),
        (true, false) => (low, low + 1.0),
        _ => (0.0, 1.0),
    }
}

/// Begin and step of a scale with so many steps of round size, and the share of it that the range fills.
fn scale((low, high): (f64, f64), lines: u32) -> (f64, f64, f64) {
    let mut exponent = ((high - low) / f64::from(lines)).log10().floor();
    loop {
        for round in [1.0, 2.0, 2.5, 5.0] {
            let step = round * 10f64.powf(exponent);
            let bottom = (low / step + 1e-9).floor() * step;
            if bottom + f64::from(lines) * step >= high - step * 1e-9 {
                return (bottom, step, (high - low) / (f64::from(lines) * step));
            }
        }
        exponent += 1.0;
    }
}

/// A number of a scale with this step: no more decimals than tell its steps apart.
pub fn number(value: f64, step: f64) -> String {
    let decimals = (0..6).find(|d| {
        let scaled = step * 10f64.powi(*d);
        (scaled - scaled.round()).abs() < 1e-6
    });
    let decimals = decimals.unwrap_or(6) as usize;
    let value = if value.abs() < step * 1e-6 { 0.0 } else { value };
    format!("{value:.decimals$}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_scales_have_round_numbers_on_the_same_lines() {
        let axes = Axes::fit((0.0, 4241.0), Some((-0.2, 1.0)));
        let left: Vec<f64> = axes.grid().collect();
        let right: Vec<String> =
            left.iter().map(|at| number(axes.value_at(*at), axes.right.unwrap().step)).collect();
        assert_eq!((left[0], left[1] - left[0]), (0.0, 1000.0));
        assert!(axes.top() >= 4241.0);
        assert_eq!(right[..3], ["−0.25", "0.00", "0.25"]);
    }

    #[test]
    fn a_scale_of_indices_alone_is_the_left_one() {
        let axes = Axes::fit((-0.2, 1.0), None);
        assert_eq!((axes.lines, number(axes.bottom, axes.step)), (6, "−0.2".to_string()));
        assert_eq!(number(axes.top(), axes.step), "1.0");
        assert_eq!(axes.place_of(0.3), 0.3);
    }

    #[test]
    fn little_room_has_few_lines() {
        for most in 0..12 {
            let axes = Axes::fit_in((0.0, 3650.0), Some((-0.2, 1.0)), most);
            assert!((1..=8).contains(&axes.lines) && axes.lines <= most.max(1), "{most}: {axes:?}");
            assert!(axes.top() >= 3650.0 && axes.value_at(axes.top()) >= 1.0, "{most}: {axes:?}");
        }
    }

    #[test]
    fn ranges_that_hold_nothing_still_have_a_scale() {
        for range in [(5.0, 5.0), (f64::INFINITY, f64::NEG_INFINITY), (f64::NAN, 1.0), (3.0, 1.0)] {
            let axes = Axes::fit(range, Some(range));
            assert!(axes.top() > axes.bottom && axes.right.unwrap().step > 0.0, "{range:?}");
        }
    }

    #[test]
    fn values_all_equal_stand_in_the_middle_of_a_scale_that_tells_them() {
        for value in [0.12, -0.4, 5000.0] {
            let axes = Axes::fit((value, value), None);
            assert!(axes.bottom < value && axes.top() > value, "{value}");
            let marks: Vec<String> = axes.grid().map(|at| number(at, axes.step)).collect();
            assert!(marks.windows(2).all(|pair| pair[0] != pair[1]), "{marks:?}");
        }
    }

    proptest! {
        #[test]
        fn everything_lies_within_and_comes_back(low in -1e5..1e5f64, size in 1e-3..1e5f64, rlow in -3.0..3.0f64, rsize in 1e-2..5.0f64, share in 0.0..1.0f64) {
            let axes = Axes::fit((low, low + size), Some((rlow, rlow + rsize)));
            prop_assert!(axes.bottom <= low + axes.step * 1e-6 && axes.top() >= low + size - axes.step * 1e-6);
            let value = rlow + share * rsize;
            let at = axes.place_of(value);
            prop_assert!(at >= axes.bottom - axes.step * 1e-6 && at <= axes.top() + axes.step * 1e-6);
            prop_assert!((axes.value_at(at) - value).abs() < 1e-6);
        }
    }
}
