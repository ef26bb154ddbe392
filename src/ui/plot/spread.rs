//! All series of a polygon in the plot: each a thin line, their mean a strong one, the 10th to 90th percentile a
//! filled band, and those that stand apart in black or white.

use super::curves::Curve;
use crate::chart::{Along, Axes};
use crate::samples::{Spread, SpreadCurve};
use egui::{Color32, Shape, Stroke, Ui};
use egui_plot::{
    FilledArea, Line, PlotBounds, PlotGeometry, PlotItem, PlotItemBase, PlotPoint, PlotPoints, PlotTransform,
    PlotUi,
};
use std::ops::RangeInclusive;

/// Thin lines together: one item, so that hundreds of them cost no more than they need.
struct Bundle {
    base: PlotItemBase,
    lines: Vec<Vec<PlotPoint>>,
    stroke: Stroke,
}

impl PlotItem for Bundle {
    fn shapes(&self, _ui: &Ui, transform: &PlotTransform, shapes: &mut Vec<Shape>) {
        shapes.extend(self.lines.iter().map(|line| {
            let points = line.iter().map(|point| transform.position_from_point(point)).collect();
            Shape::line(points, self.stroke)
        }));
    }

    fn initialize(&mut self, _x_range: RangeInclusive<f64>) {}

    fn color(&self) -> Color32 {
        self.stroke.color
    }

    fn geometry(&self) -> PlotGeometry<'_> {
        PlotGeometry::None
    }

    /// The scales were fitted to it already.
    fn bounds(&self) -> PlotBounds {
        PlotBounds::NOTHING
    }

    fn base(&self) -> &PlotItemBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut PlotItemBase {
        &mut self.base
    }
}

/// Least and greatest value of all that is drawn of a curve.
pub fn range(curve: &SpreadCurve) -> (f64, f64) {
    let lines = curve.lines.iter().chain(&curve.apart).chain([&curve.low, &curve.high]).flatten();
    let finite = lines.filter(|value| value.is_finite()).map(|value| f64::from(*value));
    finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

/// What is drawn of a curve.
pub struct Painted {
    band: Vec<FilledArea>,
    bundles: Vec<Bundle>,
    mean: Vec<Line<'static>>,
}

/// The curves that are shown, those of which the series have come; pixels that stand `apart` in a colour of their
/// own, means set off by that of the `ground`.
pub fn painted(
    along: &Along,
    spread: &Spread,
    curves: &[Curve],
    axes: &Axes,
    (apart, ground): (Color32, Color32),
) -> Vec<Painted> {
    let shown = curves.iter().filter_map(|curve| {
        let found = spread.curves.iter().find(|found| found.name == curve.feature.name)?;
        Some((curve, found))
    });
    shown.map(|(curve, found)| one(along, curve, found, axes, (apart, ground))).collect()
}

fn one(
    along: &Along,
    curve: &Curve,
    found: &SpreadCurve,
    axes: &Axes,
    (apart, ground): (Color32, Color32),
) -> Painted {
    let place = |value: f32| match curve.feature.is_index() {
        true => axes.place_of(f64::from(value)),
        false => f64::from(value),
    };
    let name = &curve.feature.name;
    let placed = |values: &[f32]| -> Vec<Vec<PlotPoint>> {
        let point = |time: usize| PlotPoint::new(along.places[time], place(values[time]));
        along.runs(values).into_iter().map(|run| run.map(point).collect()).collect()
    };
    let bundle = |what: &str, lines: &[Vec<f32>], stroke: Stroke| Bundle {
        base: PlotItemBase::new(format!("{name} {what}")),
        lines: lines.iter().flat_map(|line| placed(line)).collect(),
        stroke,
    };
    // More lines are fainter ones, so that they never make one dark mass.
    let faint = (10.0 / found.lines.len().max(1) as f32).clamp(0.12, 0.5);
    let areas = along.runs(&found.low).into_iter().map(|run| {
        let times: Vec<f64> = along.places[run.clone()].to_vec();
        let of = |values: &[f32]| -> Vec<f64> { values[run.clone()].iter().map(|v| place(*v)).collect() };
        FilledArea::new(format!("{name} spread"), &times, &of(&found.low), &of(&found.high))
            .fill_color(curve.colour.gamma_multiply(0.22))
            .allow_hover(false)
    });
    // On a line of the ground's colour, which sets it off from the many.
    let strokes = [("ground", 6.0, ground), ("mean", 3.2, curve.colour)];
    let means = strokes.into_iter().flat_map(|(what, width, colour)| {
        let line = move |run| {
            let line = Line::new(format!("{name} {what}"), PlotPoints::Owned(run));
            line.color(colour).width(width).allow_hover(false)
        };
        placed(&found.mean).into_iter().map(line)
    });
    Painted {
        band: areas.collect(),
        bundles: vec![
            bundle("of each pixel", &found.lines, Stroke::new(1.0, curve.colour.gamma_multiply(faint))),
            bundle("of pixels that stand apart", &found.apart, Stroke::new(1.2, apart)),
        ],
        mean: means.collect(),
    }
}

/// Paints them: bands lowest, means on top.
pub fn paint<'a>(plot: &mut PlotUi<'a>, painted: Vec<Painted>) {
    let mut means = Vec::new();
    let mut bundles = Vec::new();
    for curve in painted {
        curve.band.into_iter().for_each(|band| plot.add(band));
        bundles.extend(curve.bundles);
        means.extend(curve.mean);
    }
    bundles.into_iter().for_each(|bundle| plot.add(bundle));
    means.into_iter().for_each(|mean| plot.line(mean));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::{Band, Feature};

    const GAP: f32 = f32::NAN;

    /// Dates half a year apart.
    fn along(dates: u64, folded: bool) -> Along {
        let first = chrono::NaiveDate::from_ymd_opt(2020, 1, 10).unwrap();
        let dates: Vec<_> = (0..dates).map(|i| first + chrono::Days::new(183 * i)).collect();
        Along::new(&dates, folded)
    }

    #[test]
    fn gaps_part_what_is_drawn() {
        let along = along(5, false);
        assert_eq!(along.runs(&[GAP, 1.0, 2.0, GAP, 3.0]), [1..3, 4..5]);
        assert!(along.runs(&[GAP]).is_empty() && along.runs(&[]).is_empty());
    }

    #[test]
    fn years_over_one_another_part_what_is_drawn() {
        assert_eq!(along(5, true).runs(&[1.0; 5]), [0..2, 2..4, 4..5]);
    }

    #[test]
    fn lines_bands_and_means_are_drawn_for_what_is_shown() {
        let curve = |name: &str| Curve {
            feature: Feature::band_at(&[Band::named(name)], 0).unwrap(),
            colour: Color32::WHITE,
        };
        let of = |name: &str| SpreadCurve {
            name: name.into(),
            mean: vec![2.0, GAP, 4.0],
            low: vec![1.0, GAP, 3.0],
            high: vec![3.0, GAP, 5.0],
            lines: vec![vec![2.0, GAP, 4.0], vec![2.5, 3.0, 3.5]],
            apart: vec![vec![9.0, 9.0, -9.0]],
        };
        let spread = Spread { pixels: 3, curves: vec![of("A"), of("B")], apart: vec![(1, 1)] };
        assert_eq!(range(&spread.curves[0]), (-9.0, 9.0));
        let axes = Axes::fit((0.0, 10.0), None);
        let painted = painted(
            &along(3, false),
            &spread,
            &[curve("B"), curve("C")],
            &axes,
            (Color32::RED, Color32::BLACK),
        );
        let [b] = painted.as_slice() else { panic!("only B is shown and known") };
        assert_eq!((b.band.len(), b.mean.len()), (2, 4));
        let lines: Vec<usize> = b.bundles.iter().map(|bundle| bundle.lines.len()).collect();
        assert_eq!(lines, [3, 1]);
        assert_eq!(b.bundles[1].stroke.color, Color32::RED);
    }
}
