//! Figures with their intervals, as cells and as drawings.

use super::words::{hectares, percent, points, range};
use crate::assess::Estimated;
use crate::xml::escaped;
use std::fmt::Write;

/// Width and height of a bar.
const BAR: (f64, f64) = (150.0, 14.0);

/// "84.1 to 90.2 %", or a dash whose hint is why.
pub fn interval(of: &Estimated) -> String {
    range(of).unwrap_or_else(|| absent(of))
}

/// "−1.1 to +5.3 points".
pub fn interval_in_points(of: &Estimated) -> String {
    let Some([low, high]) = of.interval else { return absent(of) };
    let low = points(Some(low));
    format!("{} to {}", low.trim_end_matches(" points"), points(Some(high)))
}

/// "1 200 to 1 340".
pub fn interval_in_hectares(of: &Estimated) -> String {
    let Some([low, high]) = of.interval else { return absent(of) };
    format!("{} to {}", hectares(low), hectares(high))
}

fn absent(of: &Estimated) -> String {
    let why = of.why.as_deref().unwrap_or("no interval was made");
    format!("<span class=\"absent\" title=\"{}\">none</span>", escaped(why))
}

/// The value on a line from 0 to 100 %, its interval as a bar.
pub fn share_bar(of: &Estimated) -> String {
    bar(
        of,
        [0.0, 1.0],
        None,
        &format!("{}, {}", percent(of.value), range(of).unwrap_or("no interval".into())),
    )
}

/// A difference on a line from `-most` to `most`, with a mark at 0.
pub fn difference_bar(of: &Estimated, most: f64) -> String {
    bar(of, [-most, most], Some(0.0), &points(of.value))
}

/// An area on a line from 0 to `most` hectares, with a mark where the map has it.
pub fn area_bar(of: &Estimated, mapped: f64, most: f64) -> String {
    let value = of.value.map_or("–".into(), hectares);
    bar(of, [0.0, most], Some(mapped), &format!("{value} ha"))
}

fn bar(of: &Estimated, [least, most]: [f64; 2], mark: Option<f64>, title: &str) -> String {
    let (width, height) = BAR;
    let inner = width - 8.0;
    let span = if most > least { most - least } else { 1.0 };
    let x = |value: f64| 4.0 + ((value - least) / span).clamp(0.0, 1.0) * inner;
    let middle = height / 2.0;
    // Writing to a string cannot fail.
    let mut out = format!(
        "<svg class=\"bar\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\"><title>{}</title>\
         <line class=\"axis\" x1=\"4\" y1=\"{middle}\" x2=\"{}\" y2=\"{middle}\"/>",
        escaped(title),
        width - 4.0
    );
    if let Some(mark) = mark {
        let at = x(mark);
        let _ = write!(
            out,
            "<line class=\"mark\" x1=\"{at:.1}\" y1=\"1\" x2=\"{at:.1}\" y2=\"{}\"/>",
            height - 1.0
        );
    }
    if let Some([low, high]) = of.interval {
        let (low, high) = (x(low), x(high));
        let _ = write!(
            out,
            "<rect class=\"interval\" x=\"{low:.1}\" y=\"{}\" width=\"{:.1}\" height=\"6\" rx=\"2\"/>",
            middle - 3.0,
            (high - low).max(1.0)
        );
    }
    if let Some(value) = of.value {
        let _ = write!(out, "<circle class=\"value\" cx=\"{:.1}\" cy=\"{middle}\" r=\"3\"/>", x(value));
    }
    out + "</svg>"
}

/// A round number that no end of these intervals goes beyond: what a line of differences ends with.
pub fn most_of<'a>(all: impl Iterator<Item = &'a Estimated>) -> f64 {
    let ends = all.flat_map(|of| of.interval.into_iter().flatten().chain(of.value));
    let most = ends.map(f64::abs).filter(|end| end.is_finite()).fold(0.0, f64::max);
    [0.02, 0.05, 0.1, 0.2, 0.5].into_iter().find(|round| *round >= most).unwrap_or(1.0)
}
