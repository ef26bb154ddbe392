//! From series to what is painted: solid where a pixel was observed, hollow and dotted where a gap is filled, and a small
//! cross at the bottom for each date that has nothing to show, with the reason.

use super::axes::Axes;
use super::{Curve, Drawn};
use crate::cube::{Filling, Smoothing, fill};
use crate::ui::{format, tokens};
use egui::Color32;
use egui_plot::{HoverPosition, Line, LineStyle, MarkerShape, PlotPoints, Points};

/// Markers of the pins, in order.
const MARKERS: [MarkerShape; 6] = [
    MarkerShape::Square,
    MarkerShape::Diamond,
    MarkerShape::Up,
    MarkerShape::Down,
    MarkerShape::Left,
    MarkerShape::Right,
];

/// A day and a value.
type Point = [f64; 2];

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

/// What is painted.
pub struct Painted {
    /// Lines.
    pub lines: Vec<Line<'static>>,
    /// Markers, over the lines.
    pub markers: Vec<Points<'static>>,
}

/// How series are painted.
#[derive(Clone, Copy)]
pub struct How {
    /// How gaps are filled.
    pub filling: Filling,
    /// The smooth line beside what was observed.
    pub smoothing: Smoothing,
    /// The colour of what stands back.
    pub weak: Color32,
}

/// Lines and markers of every curve of every series, and the crosses of dates without observation: those of the pixel under
/// the mouse in the `weak` colour, of pins in their own.
pub fn painted(
    days: &[f64],
    drawn: &[Drawn],
    curves: &[Curve],
    axes: &Axes,
    How { filling, smoothing, weak }: How,
) -> Painted {
    let mut painted = Painted { lines: Vec::new(), markers: Vec::new() };
    for d in drawn {
        let (shape, colour) = match d.pin {
            None => (MarkerShape::Circle, None),
            Some(pin) => (MARKERS[pin % MARKERS.len()], Some(tokens::PINS[pin % tokens::PINS.len()])),
        };
        for curve in curves {
            let name = name_of(curve, d);
            let place = |[day, value]: Point| match curve.feature.is_index() {
                true => [day, axes.place_of(value)],
                false => [day, value],
            };
            let placed = |points: &[Point]| -> Vec<Point> { points.iter().map(|p| place(*p)).collect() };
            let line = |points: &[Point], width: f32| {
                Line::new(name.clone(), PlotPoints::from(placed(points))).color(curve.colour).width(width)
            };
            let values = curve.feature.series(&d.series);
            let trace = Trace::new(days, &values, filling);
            let smooth = smoothing.of(days, &values);
            // What was observed stands back behind the smooth line, which stands for it.
            let width = match (&smooth, d.pin) {
                (Some(_), _) => 0.7,
                (None, None) => 2.2,
                (None, Some(_)) => 1.4,
            };
            if let Some(smooth) = smooth {
                let points: Vec<Point> = days.iter().zip(smooth).map(|(day, z)| [*day, z]).collect();
                painted.lines.push(line(&points, 2.4).allow_hover(false));
            }
            let dotted = LineStyle::Dotted { spacing: 5.0 };
            painted.lines.extend(trace.bridges.iter().map(|bridge| line(bridge, 1.0).style(dotted)));
            painted.lines.extend(trace.runs.iter().map(|run| line(run, width)));
            let marker = |points: &[Point]| {
                let points = PlotPoints::from(placed(points));
                Points::new(name.clone(), points).shape(shape).color(colour.unwrap_or(curve.colour))
            };
            painted.markers.push(marker(&trace.runs.concat()).radius(3.2));
            painted.markers.push(marker(&trace.filled).radius(3.2).filled(false));
        }
        // The crosses of the pixel under the mouse stand lowest, those of pins above, each in a row of its own.
        let row = d.pin.map_or(0, |pin| 1 + pin % MARKERS.len());
        let at = axes.bottom + (axes.top() - axes.bottom) * (0.02 + 0.045 * row as f64);
        let missing = |(time, day): (usize, &f64)| d.missing(time).map(|_| [*day, at]);
        let crosses: Vec<Point> = days.iter().enumerate().filter_map(missing).collect();
        let crosses = Points::new(d.name.clone(), PlotPoints::from(crosses));
        painted.markers.push(crosses.shape(MarkerShape::Cross).radius(3.0).color(colour.unwrap_or(weak)));
    }
    painted
}

/// Curves are told apart in the plot by what they show and whose series it is.
fn name_of(curve: &Curve, drawn: &Drawn) -> String {
    format!("{} {}", curve.feature.name, drawn.name)
}

/// What is said where the mouse is near a marker.
pub struct Labels {
    days: Vec<f64>,
    all: Vec<Label>,
}

struct Label {
    /// That of the lines and markers it is for.
    name: String,
    /// Whether its values are an index; crosses have no values.
    is_index: Option<bool>,
    /// A line or two for each date, beside the value.
    notes: Vec<String>,
}

impl Labels {
    /// Of all curves; with how many clear observations there were, where these are `counted`.
    pub fn new(days: &[f64], drawn: &[Drawn], curves: &[Curve], filling: Filling, counted: bool) -> Self {
        let mut all = Vec::new();
        for d in drawn {
            let why = |time: usize| d.missing(time).map(|state| state.name());
            let count = |time: usize| -> Option<String> {
                let count = *d.mask.as_ref().filter(|_| counted)?.counts.get(time)?;
                Some(format::count(usize::from(count), "clear observation"))
            };
            for curve in curves {
                let values = curve.feature.series(&d.series);
                let note = |(time, value): (usize, &f32)| match (value.is_finite(), why(time)) {
                    (true, _) => count(time).unwrap_or_default(),
                    (false, Some(why)) => format!("{} ({why})", filling.words()),
                    (false, None) => filling.words().into(),
                };
                let notes = values.iter().enumerate().map(note).collect();
                let is_index = Some(curve.feature.is_index());
                all.push(Label { name: name_of(curve, d), is_index, notes });
            }
            let notes = (0..days.len()).map(|time| why(time).unwrap_or_default().into()).collect();
            all.push(Label { name: d.name.clone(), is_index: None, notes });
        }
        Self { days: days.to_vec(), all }
    }

    /// What is said there.
    pub fn at(&self, at: &HoverPosition<'_>, axes: &Axes) -> Option<String> {
        let HoverPosition::NearDataPoint { plot_name, position, .. } = at else { return None };
        self.told(plot_name, position.x, position.y, axes)
    }

    fn told(&self, name: &str, day: f64, at: f64, axes: &Axes) -> Option<String> {
        let label = self.all.iter().find(|label| label.name == name)?;
        let date = format::date_of_days(day).map_or(String::new(), format::date);
        let time = self.days.iter().position(|other| (other - day).abs() < 0.5);
        let value = match label.is_index {
            None => String::new(),
            Some(true) => format!("{:.3}", axes.value_at(at)),
            Some(false) => format!("{at:.0} DN"),
        };
        let note = time.and_then(|time| label.notes.get(time)).cloned().unwrap_or_default();
        let lines = [name.into(), date, value, note];
        Some(lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::{Band, Feature, PixelMask, PixelState, Series};

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

    fn drawn() -> Drawn {
        use PixelState::{Clear, Cloud, Shadow};
        let mask = PixelMask {
            states: vec![Clear, Cloud, Clear, Shadow, Clear, Clear],
            counts: vec![3, 0, 1, 0, 2, 2],
        };
        let values = vec![1.0, GAP, 3.0, GAP, 5.0, GAP];
        Drawn {
            name: "pin 1".into(),
            series: Series { times: 6, bands: 1, values },
            mask: Some(mask),
            pin: Some(0),
        }
    }

    fn how(smoothing: Smoothing) -> How {
        How { filling: Filling::Off, smoothing, weak: Color32::GRAY }
    }

    fn curve() -> Curve {
        Curve { feature: Feature::band_at(&[Band::named("B")], 0).unwrap(), colour: Color32::WHITE }
    }

    #[test]
    fn each_date_tells_what_it_is() {
        let axes = Axes::fit((0.0, 10.0), None);
        let days = [18_000.0, 18_010.0, 18_020.0, 18_040.0, 18_050.0, 18_060.0];
        let labels = Labels::new(&days, &[drawn()], &[curve()], Filling::Linear, true);
        let told = |name: &str, time: usize, at: f64| {
            let words = labels.told(name, days[time], at, &axes).unwrap();
            words.lines().skip(2).map(str::to_string).collect::<Vec<_>>()
        };
        assert_eq!(told("B pin 1", 0, 1.0), ["1 DN", "3 clear observations"]);
        assert_eq!(told("B pin 1", 2, 3.0), ["3 DN", "1 clear observation"]);
        assert_eq!(told("B pin 1", 1, 2.0), ["2 DN", "filled linearly by date (cloud)"]);
        assert_eq!(told("pin 1", 3, 0.0), ["shadow"]);
        assert_eq!(
            told("pin 1", 5, 0.0),
            ["not observed"],
            "nothing is stored there, whatever the mask says"
        );
        assert_eq!(labels.told("another", days[0], 0.0, &axes), None);
        let single = Labels::new(&days, &[drawn()], &[curve()], Filling::Linear, false);
        assert_eq!(single.told("B pin 1", days[0], 1.0, &axes).unwrap().lines().count(), 3);
    }

    #[test]
    fn dates_without_observation_have_a_cross_each_and_are_told_to_those_who_hear() {
        let axes = Axes::fit((0.0, 10.0), None);
        let painted = painted(&DAYS, &[drawn()], &[curve()], &axes, how(Smoothing::Off));
        // Observations, filled ones, crosses.
        assert_eq!((painted.lines.len(), painted.markers.len()), (3, 3));
        let smooth = super::painted(&DAYS, &[drawn()], &[curve()], &axes, how(Smoothing::WhittakerLight));
        assert_eq!((smooth.lines.len(), smooth.markers.len()), (4, 3), "one line more");
        assert_eq!(
            drawn().told(Filling::LastClear).unwrap(),
            "pin 1: 3 of 6 dates without a clear observation (not observed, cloud, shadow), filled by the last clear observation"
        );
    }
}
