//! From series to what is painted: solid where a pixel was observed, hollow and dotted where a gap is filled, and a small
//! cross at the bottom for each date that has nothing to show, with the reason.

use super::curves::{Curve, Drawn};
use crate::chart::{Along, Axes, Point, Trace};
use crate::cube::{Filling, Smoothing};
use crate::ui::words::tr;
use crate::ui::{format, tokens};
use egui::{Align2, Color32, RichText};
use egui_plot::{HoverPosition, Line, LineStyle, MarkerShape, PlotPoint, PlotPoints, Points, Text};

/// Markers of the pins, in order.
pub const MARKERS: [MarkerShape; 6] = [
    MarkerShape::Square,
    MarkerShape::Diamond,
    MarkerShape::Up,
    MarkerShape::Down,
    MarkerShape::Left,
    MarkerShape::Right,
];

/// More lines than these have no word each for their year: only those of the first curve of the first series have.
const MOST_WORDS: usize = 12;

/// Radius of a hollow circle, and of what is hollow in it, in points.
const RING: (f32, f32) = (3.3, 2.5);

/// What is painted.
pub struct Painted {
    /// Lines.
    pub lines: Vec<Line<'static>>,
    /// Markers, over the lines.
    pub markers: Vec<Points<'static>>,
    /// The year of each line, where there is a line a year.
    pub words: Vec<Text>,
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
    /// The colour of the ground, which is seen in hollow markers.
    pub ground: Color32,
}

/// Lines and markers of every curve of every series, and the crosses of dates without observation: those of the pixel under
/// the mouse in the `weak` colour, of pins in their own. Where years lie over one another each has its own line, the later the
/// stronger.
pub fn painted(along: &Along, drawn: &[Drawn], curves: &[Curve], axes: &Axes, how: How) -> Painted {
    let mut painted = Painted { lines: Vec::new(), markers: Vec::new(), words: Vec::new() };
    let years = along.years().len();
    for (i, d) in drawn.iter().enumerate() {
        for (j, curve) in curves.iter().enumerate() {
            let with_words =
                along.folded && ((i, j) == (0, 0) || drawn.len() * curves.len() * years <= MOST_WORDS);
            one(&mut painted, along, (d, curve), axes, how, with_words);
        }
        // The crosses of the pixel under the mouse stand lowest, those of pins above, each in a row of its own.
        let row = d.pin.map_or(0, |pin| 1 + pin % MARKERS.len());
        let at = axes.bottom + (axes.top() - axes.bottom) * (0.02 + 0.045 * row as f64);
        let missing = |(time, day): (usize, &f64)| d.missing(time).map(|_| [*day, at]);
        let crosses: Vec<Point> = along.days.iter().enumerate().filter_map(missing).collect();
        for (year, crosses) in along.parts(&crosses) {
            let colour = look(d).1.unwrap_or(how.weak).gamma_multiply(along.strength(year));
            let crosses = Points::new(with_year(&d.name, year), PlotPoints::from(crosses));
            painted.markers.push(crosses.shape(MarkerShape::Cross).radius(3.0).color(colour));
        }
    }
    painted
}

/// The shape of the markers of a series, and their colour where it is not that of the curve.
pub fn look(d: &Drawn) -> (MarkerShape, Option<Color32>) {
    match d.pin {
        None => (MarkerShape::Circle, None),
        Some(pin) => (MARKERS[pin % MARKERS.len()], Some(tokens::PINS[pin % tokens::PINS.len()])),
    }
}

fn one(
    painted: &mut Painted,
    along: &Along,
    (d, curve): (&Drawn, &Curve),
    axes: &Axes,
    How { filling, smoothing, ground, .. }: How,
    with_words: bool,
) {
    let (shape, colour) = look(d);
    let place = |[day, value]: Point| match curve.feature.is_index() {
        true => [day, axes.place_of(value)],
        false => [day, value],
    };
    // The parts of a line over days, where they lie and as strong as they are.
    let parts = |points: &[Point]| -> Vec<(Option<i32>, Vec<Point>)> {
        let placed: Vec<Point> = points.iter().map(|point| place(*point)).collect();
        along.parts(&placed)
    };
    let lines = |points: &[Point], width: f32| -> Vec<Line<'static>> {
        let line = |(year, part): (Option<i32>, Vec<Point>)| {
            let colour = curve.colour.gamma_multiply(along.strength(year));
            Line::new(name_of(curve, d, year), PlotPoints::from(part)).color(colour).width(width)
        };
        parts(points).into_iter().map(line).collect()
    };
    let values = curve.feature.series(&d.series);
    let trace = Trace::new(&along.days, &values, filling);
    let smooth = smoothing.of(&along.days, &values);
    // What was observed stands back behind the smooth line, which stands for it.
    let width = match (&smooth, d.pin) {
        (Some(_), _) => 0.7,
        (None, None) => 2.2,
        (None, Some(_)) => 1.4,
    };
    if let Some(smooth) = smooth {
        let points: Vec<Point> = along.days.iter().zip(smooth).map(|(day, z)| [*day, z]).collect();
        painted.lines.extend(lines(&points, 2.4).into_iter().map(|line| line.allow_hover(false)));
    }
    let dotted = LineStyle::Dotted { spacing: 5.0 };
    let bridges = trace.bridges.iter().flat_map(|bridge| lines(bridge, 1.0));
    painted.lines.extend(bridges.map(|line| line.style(dotted)));
    painted.lines.extend(trace.runs.iter().flat_map(|run| lines(run, width)));
    let seen = trace.runs.concat();
    for (points, filled) in [(&seen, true), (&trace.filled, false)] {
        for (year, part) in parts(points) {
            let colour = colour.unwrap_or(curve.colour).gamma_multiply(along.strength(year));
            let markers = |part: Vec<Point>| Points::new(name_of(curve, d, year), PlotPoints::from(part));
            if !filled && shape == MarkerShape::Circle {
                // A disc on a disc is four triangles, a ring a hundred: of years with many gaps that is most of a frame.
                painted.markers.push(markers(part.clone()).shape(shape).color(colour).radius(RING.0));
                let inside = markers(part).shape(shape).color(ground).radius(RING.1);
                painted.markers.push(inside.allow_hover(false));
                continue;
            }
            painted.markers.push(markers(part).shape(shape).color(colour).radius(3.2).filled(filled));
        }
    }
    if with_words {
        for (year, part) in parts(&seen) {
            let (Some(year), Some([x, y])) = (year, part.last()) else { continue };
            let words = RichText::new(year.to_string()).size(tokens::SMALL);
            let text = Text::new(format!("{year}"), PlotPoint::new(*x, *y), words);
            painted.words.push(text.color(curve.colour).anchor(Align2::RIGHT_BOTTOM).allow_hover(false));
        }
    }
}

/// Curves are told apart in the plot by what they show, whose series it is, and of which year.
fn name_of(curve: &Curve, drawn: &Drawn, year: Option<i32>) -> String {
    with_year(&format!("{} {}", curve.feature.name, drawn.name), year)
}

fn with_year(name: &str, year: Option<i32>) -> String {
    year.map_or_else(|| name.to_string(), |year| format!("{name} {year}"))
}

/// What is said where the mouse is near a marker.
pub struct Labels {
    along: Along,
    all: Vec<Label>,
}

struct Label {
    /// That of the lines and markers it is for.
    name: String,
    /// The year of the line, where there is a line a year.
    year: Option<i32>,
    /// Whether its values are an index, and their unit; crosses have no values.
    values: Option<(bool, &'static str)>,
    /// A line or two for each date, beside the value.
    notes: Vec<String>,
}

impl Labels {
    /// Of all curves; with how many clear observations there were, where these are `counted`.
    pub fn new(along: Along, drawn: &[Drawn], curves: &[Curve], filling: Filling, counted: bool) -> Self {
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
                let notes: Vec<String> = values.iter().enumerate().map(note).collect();
                let values = Some((curve.feature.is_index(), curve.feature.unit()));
                all.extend(along.years().into_iter().map(|year| Label {
                    name: name_of(curve, d, year),
                    year,
                    values,
                    notes: notes.clone(),
                }));
            }
            let notes: Vec<String> =
                (0..along.dates.len()).map(|time| why(time).unwrap_or_default().into()).collect();
            all.extend(along.years().into_iter().map(|year| Label {
                name: with_year(&d.name, year),
                year,
                values: None,
                notes: notes.clone(),
            }));
        }
        Self { along, all }
    }

    /// What is said there.
    pub fn at(&self, at: &HoverPosition<'_>, axes: &Axes) -> Option<String> {
        let HoverPosition::NearDataPoint { plot_name, position, .. } = at else { return None };
        self.told(plot_name, position.x, position.y, axes)
    }

    fn told(&self, name: &str, place: f64, at: f64, axes: &Axes) -> Option<String> {
        let label = self.all.iter().find(|label| label.name == name)?;
        let time = self.along.at(place, label.year);
        let date =
            time.and_then(|time| self.along.dates.get(time)).map_or(String::new(), |d| format::date(*d));
        let value = match label.values {
            None => String::new(),
            Some((true, _)) => format!("{:.3}", axes.value_at(at)),
            Some((false, unit)) => told_with_unit(at, unit),
        };
        let note = time.and_then(|time| label.notes.get(time)).cloned().unwrap_or_default();
        let lines = [name.into(), date, value, note];
        Some(lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"))
    }
}

/// "1234 DN", "0.1234" of a reflectance, "296.4 K".
pub fn told_with_unit(value: f64, unit: &str) -> String {
    let number = told(value, unit);
    match unit {
        "reflectance" => tr!("reflectance {number}", number = number),
        "index" => number,
        unit => format!("{number} {unit}"),
    }
}

/// A value of a band as its unit wants it: whole numbers as they are stored, reflectances with four decimals.
pub fn told(value: f64, unit: &str) -> String {
    match unit {
        "reflectance" => format!("{value:.4}"),
        "K" => format!("{value:.1}"),
        "index" => format!("{value:.3}"),
        // Cubes of floating-point numbers hold small ones too.
        _ if value.fract() != 0.0 && value.abs() < 100.0 => format!("{value:.4}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::{Band, Feature, PixelMask, PixelState, Series};

    const GAP: f32 = f32::NAN;

    fn along(days: [u64; 6], folded: bool) -> Along {
        let first = chrono::NaiveDate::from_ymd_opt(2019, 4, 14).unwrap();
        let dates: Vec<_> = days.map(|day| first + chrono::Days::new(day)).to_vec();
        Along::new(&dates, folded)
    }

    const DAYS: [u64; 6] = [0, 10, 20, 40, 50, 60];

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
        How { filling: Filling::Off, smoothing, weak: Color32::GRAY, ground: Color32::BLACK }
    }

    fn curve() -> Curve {
        Curve { feature: Feature::band_at(&[Band::named("B")], 0).unwrap(), colour: Color32::WHITE }
    }

    #[test]
    fn each_date_tells_what_it_is() {
        let axes = Axes::fit((0.0, 10.0), None);
        let days = along(DAYS, false).days;
        let of = |counted| Labels::new(along(DAYS, false), &[drawn()], &[curve()], Filling::Linear, counted);
        let labels = of(true);
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
        let single = of(false);
        assert_eq!(single.told("B pin 1", days[0], 1.0, &axes).unwrap().lines().count(), 3);
    }

    #[test]
    fn dates_without_observation_have_a_cross_each_and_are_told_to_those_who_hear() {
        let axes = Axes::fit((0.0, 10.0), None);
        let painted = painted(&along(DAYS, false), &[drawn()], &[curve()], &axes, how(Smoothing::Off));
        // Observations, filled ones, crosses.
        assert_eq!((painted.lines.len(), painted.markers.len()), (3, 3));
        let smooth = super::painted(
            &along(DAYS, false),
            &[drawn()],
            &[curve()],
            &axes,
            how(Smoothing::WhittakerLight),
        );
        assert_eq!((smooth.lines.len(), smooth.markers.len()), (4, 3), "one line more");
        assert_eq!(
            drawn().told(Filling::LastClear).unwrap(),
            "pin 1: 3 of 6 dates without a clear observation (not observed, cloud, shadow), filled by the last clear observation"
        );
    }

    #[test]
    fn each_year_has_its_own_lines_markers_and_word_and_says_its_date() {
        let axes = Axes::fit((0.0, 10.0), None);
        let years = || along([0, 100, 365, 465, 730, 830], true);
        let mut whole = drawn();
        (whole.series.values, whole.mask) = (vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], None);
        let painted = painted(&years(), &[whole], &[curve()], &axes, how(Smoothing::Off));
        assert_eq!((painted.lines.len(), painted.words.len()), (3, 3));
        let labels = Labels::new(years(), &[drawn()], &[curve()], Filling::Off, false);
        let place = years().places[2];
        let told = labels.told("B pin 1 2020", place, 3.0, &axes).unwrap();
        assert!(told.contains("13 Apr 2020") && told.contains("3 DN"), "{told}");
    }

    #[test]
    fn values_are_told_in_their_units() {
        assert_eq!(told_with_unit(1234.0, "DN"), "1234 DN");
        assert_eq!(told_with_unit(0.12346, "reflectance"), "reflectance 0.1235");
        assert_eq!(told_with_unit(296.44, "K"), "296.4 K");
        assert_eq!(told(0.25, "DN"), "0.2500", "of a cube of floating-point numbers");
    }
}
