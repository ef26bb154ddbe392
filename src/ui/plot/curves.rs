//! What the plot shows: pixels, bands and indices, and the scales that hold them.

use super::{choose, spread};
use crate::app::OpenProject;
use crate::chart::{Axes, indices_of};
use crate::cube::{Feature, Filling, PixelMask, PixelState, Series, Units};
use crate::jobs::OpenedCube;
use crate::ui::tokens;
use crate::ui::view::View;
use crate::ui::words::tr;
use egui::Color32;

/// A series to draw.
pub struct Drawn {
    /// What it is called: "pin 1".
    pub name: String,
    /// All bands.
    pub series: Series,
    /// What the cube's masks say of it; `None` where it has none.
    pub mask: Option<PixelMask>,
    /// The number of the pin; the pixel under the mouse has none.
    pub pin: Option<usize>,
}

impl Drawn {
    /// Why there is nothing to see at a date, where there is nothing.
    pub fn missing(&self, time: usize) -> Option<PixelState> {
        self.series.missing(self.mask.as_ref(), time)
    }

    /// "pin 1: 2 of 6 dates without a clear observation (cloud, shadow)", for those who hear the plot.
    pub fn told(&self, filling: Filling) -> Option<String> {
        let mut missing: Vec<PixelState> =
            (0..self.series.times).filter_map(|time| self.missing(time)).collect();
        let dates = missing.len();
        missing.sort_unstable();
        missing.dedup();
        let why: Vec<&str> = missing.into_iter().map(PixelState::name).collect();
        (dates > 0).then(|| {
            tr!(
                "{name}: {n} of {times} dates without a clear observation ({why}), {how}",
                name = self.name,
                n = dates,
                times = self.series.times,
                why = why.join(", "),
                how = filling.words()
            )
        })
    }

    /// Whether nothing of these curves was observed at any date.
    pub fn is_empty(&self, curves: &[Curve]) -> bool {
        let seen = |curve: &Curve| curve.feature.series(&self.series).iter().any(|value| value.is_finite());
        !curves.iter().any(seen)
    }
}

/// The pins, then the pixel under the mouse, as far as they are in memory.
pub fn series(project: &OpenProject, opened: &OpenedCube, view: &View) -> Vec<Drawn> {
    let of = |pixel: (u32, u32), name: String, pin: Option<usize>| {
        let series = opened.cube.cached_series(pixel.0, pixel.1)?;
        let mask = opened.cube.cached_mask(pixel.0, pixel.1);
        Some(Drawn { name, series, mask, pin })
    };
    let pins = project.document.view.pins.iter().enumerate();
    let mut drawn: Vec<Drawn> =
        pins.filter_map(|(i, &pixel)| of(pixel, tr!("pin {n}", n = i + 1), Some(i))).collect();
    if let Some((col, row)) = view.map.hovered.and_then(|p| p.pixel)
        && let Some(hovered) = of((col, row), tr!("pixel {col}, {row}", col = col, row = row), None)
    {
        view.timings.series(true, 0.0);
        drawn.push(hovered);
    }
    drawn
}

/// A band or an index to draw.
pub struct Curve {
    /// What, in the units that are shown.
    pub feature: Feature,
    /// Its colour.
    pub colour: Color32,
}

/// The indices that a cube has: those of the catalogue, then the project's own.
pub fn indices(project: &OpenProject, opened: &OpenedCube) -> Vec<Feature> {
    indices_of(&opened.cube.info().bands, &project.document.settings.indices)
}

/// The units that values are told in, as far as the cube knows them.
pub fn units(project: &OpenProject, opened: &OpenedCube) -> Units {
    project.document.view.units.on(opened.cube.info())
}

/// What is shown: bands, then indices, then the one being written.
pub fn curves(opened: &OpenedCube, view: &View, indices: &[Feature], units: Units, dark: bool) -> Vec<Curve> {
    let bands = &opened.cube.info().bands;
    let colours = choose::band_colours(bands, dark);
    let of_band = |&band: &usize| {
        Some(Curve { feature: Feature::band_at(bands, band)?.in_units(units), colour: *colours.get(band)? })
    };
    let mut curves: Vec<Curve> = view.bands.iter().filter_map(of_band).collect();
    let shown = |(_, index): &(usize, &Feature)| view.indices.shown.contains(&index.name);
    let of_index =
        |(i, index): (usize, &Feature)| Curve { feature: index.clone(), colour: tokens::index(i, dark) };
    curves.extend(indices.iter().enumerate().filter(shown).map(of_index));
    if let Some(Ok((_, feature))) = view.indices.drafted(opened) {
        curves.push(Curve { feature: feature.in_units(units), colour: tokens::accent(dark) });
    }
    curves
}

/// Red, near infrared and shortwave infrared tell most, as far as they are there; else the first three.
pub fn first_bands(opened: &OpenedCube) -> Vec<usize> {
    let bands = &opened.cube.info().bands;
    let named = |name: &str| {
        let feature = Feature::resolve(name, bands, &[]).ok()?;
        feature.bands().first().copied()
    };
    let found: Vec<_> = ["red", "nir", "swir1"].into_iter().filter_map(named).collect();
    if found.len() > 1 { found } else { (0..bands.len().min(3)).collect() }
}

/// Least and greatest value.
type Span = (f64, f64);

const NOTHING: Span = (f64::INFINITY, f64::NEG_INFINITY);

fn union(a: Span, b: Span) -> Span {
    (a.0.min(b.0), a.1.max(b.1))
}

/// Least and greatest of what is a number.
fn range<'a>(values: impl IntoIterator<Item = &'a f32>) -> Span {
    let finite = values.into_iter().copied().filter(|v| v.is_finite()).map(f64::from);
    finite.fold(NOTHING, |span, v| union(span, (v, v)))
}

/// The scales of the plot, with so many grid lines at most. They keep what was seen, so that they do not jump from pixel to pixel.
pub fn axes(
    opened: &OpenedCube,
    view: &mut View,
    units: Units,
    curves: &[Curve],
    drawn: &[Drawn],
    lines: u32,
) -> Axes {
    let (mut left, mut right): (Option<Span>, Option<Span>) = (None, None);
    for Curve { feature, .. } in curves {
        let now = drawn.iter().map(|d| range(&feature.series(&d.series))).fold(NOTHING, union);
        let all = view.rhythm.shown().and_then(|(_, all)| all.curves.iter().find(|c| c.name == feature.name));
        let now = all.map_or(now, |all| union(now, spread::range(all)));
        let usual = view.envelopes.of(feature).flat_map(|envelope| envelope.low.iter().chain(&envelope.high));
        let now = union(now, range(usual));
        // In other units it is another curve.
        let key = (feature.name.clone(), feature.unit());
        let seen = view.indices.seen.entry(key).or_insert(now);
        *seen = union(*seen, now);
        if feature.is_index() {
            let usual = feature.known().map(|known| known.range.map(f64::from));
            let all = usual.map_or(*seen, |[low, high]| union(*seen, (low, high)));
            right = Some(right.map_or(all, |right| union(right, all)));
        } else {
            let all = union(*seen, (0.0, brightest(opened, units)));
            left = Some(left.map_or(all, |left| union(left, all)));
        }
    }
    match (left, right) {
        (Some(left), right) => Axes::fit_in(left, right, lines),
        // Indices alone stand on the left.
        (None, Some(right)) => Axes::fit_in(right, None, lines),
        (None, None) => Axes::fit_in((0.0, 1.0), None, lines),
    }
}

/// The greatest value that the map shows of a band: what is usual, before anything was seen.
fn brightest(opened: &OpenedCube, units: Units) -> f64 {
    let channels = opened.composite.channels.iter().zip(&opened.composite.stretch.high);
    let told = channels.filter(|(channel, _)| !channel.is_index()).map(|(channel, high)| {
        let mut told = [f32::NAN];
        channel.clone().in_units(units).evaluate(&[&[*high]], &mut told);
        f64::from(told[0])
    });
    told.filter(|value| value.is_finite()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::Band;

    fn drawn(values: Vec<f32>) -> Drawn {
        let series = Series { times: values.len() / 2, bands: 2, values };
        Drawn { name: "pin 1".into(), series, mask: None, pin: Some(0) }
    }

    fn curve(text: &str) -> Curve {
        let bands = ["B04", "B08"].map(Band::named);
        Curve { feature: Feature::resolve(text, &bands, &[]).unwrap(), colour: Color32::WHITE }
    }

    #[test]
    fn a_pixel_that_is_nothing_but_gaps_is_told_from_one_with_something() {
        const GAP: f32 = f32::NAN;
        let half = drawn(vec![GAP, 3.0, GAP, GAP]);
        assert!(half.is_empty(&[curve("B04")]) && !half.is_empty(&[curve("B04"), curve("B08")]));
        assert!(half.is_empty(&[curve("B04 / B08")]), "an index of a gap is a gap");
        assert!(half.is_empty(&[]));
    }

    #[test]
    fn a_division_by_nothing_is_a_gap_and_no_end_of_a_scale() {
        let nothing = drawn(vec![0.0, 0.0, 5.0, 0.0]);
        let values = curve("B04 / B08").feature.series(&nothing.series);
        assert!(values.iter().all(|value| !value.is_finite()), "{values:?}");
        assert_eq!(range(&values), NOTHING);
        let ndvi = curve("(B08 - B04) / (B08 + B04)").feature.series(&nothing.series);
        assert!(!ndvi[0].is_finite() && ndvi[1] == -1.0);
    }

    #[test]
    fn an_index_that_names_a_band_the_cube_lacks_is_no_curve() {
        let bands = ["B04", "B08"].map(Band::named);
        let own = [crate::cube::NamedIndex { name: "Mine".into(), expression: "B99 / B04".into() }];
        assert!(indices_of(&bands, &own).iter().all(|index| index.name != "Mine"));
    }
}
