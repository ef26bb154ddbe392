//! The spectrum at the date on screen: the bands of the pins and of the pixel under the mouse over their wavelengths.

use super::curves::Drawn;
use super::trace::{look, told_with_unit};
use crate::chart::Axes;
use crate::cube::index::common_names;
use crate::cube::{Band, Feature, Units};
use crate::ui::tokens;
use crate::ui::words::tr;
use egui::{Align2, Color32, FontId, Ui, WidgetInfo};
use egui_plot::{AxisHints, GridMark, HoverPosition, Line, Plot, PlotPoints, Points};

/// Bands of longer waves see heat, which is no reflectance.
const LONGEST_NM: f64 = 3000.0;
/// Between bands without a wavelength, in nanometres of the axis.
const STEP: f64 = 120.0;

/// A band in the spectrum.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The band.
    pub band: usize,
    /// Where it stands: its wavelength in nanometres, or to the right of all that have one.
    pub at: f64,
    /// Whether that is its wavelength.
    pub known: bool,
}

/// Where bands stand, from left to right: by wavelength; those without one after them, in their order. Bands that see heat, and
/// bands that are indices, stand nowhere.
pub fn places(bands: &[Band]) -> Vec<Place> {
    let common = common_names(bands);
    let is_reflectance = |band: &usize| {
        let nm = bands[*band].knowledge.wavelength_nm;
        let other = matches!(common[*band].as_deref(), Some("tir1" | "tir2" | "ndvi" | "evi"));
        !other && nm.is_none_or(|nm| nm < LONGEST_NM)
    };
    let mut known: Vec<Place> = Vec::new();
    let mut unknown: Vec<usize> = Vec::new();
    for band in (0..bands.len()).filter(is_reflectance) {
        match bands[band].knowledge.wavelength_nm.filter(|nm| nm.is_finite()) {
            Some(at) => known.push(Place { band, at, known: true }),
            None => unknown.push(band),
        }
    }
    known.sort_by(|a, b| a.at.total_cmp(&b.at));
    let last = known.last().map_or(0.0, |place| place.at);
    let right = unknown.into_iter().enumerate().map(|(i, band)| Place {
        band,
        at: last + STEP * (i + 1) as f64,
        known: false,
    });
    known.extend(right);
    known
}

/// What is said below the spectrum where not all bands have a wavelength.
fn lacking(bands: &[Band], places: &[Place]) -> Option<String> {
    let names: Vec<&str> =
        places.iter().filter(|place| !place.known).map(|place| bands[place.band].name.as_str()).collect();
    match (names.is_empty(), names.len() == places.len()) {
        (true, _) => None,
        (false, true) => Some(tr!("by order: no wavelength is known").into()),
        (false, false) => Some(tr!("at the right, without a wavelength: {names}", names = names.join(", "))),
    }
}

/// The values of a pixel at a date, a list for each line without a gap.
fn lines(drawn: &Drawn, features: &[Feature], places: &[Place], time: usize) -> Vec<Vec<[f64; 2]>> {
    let mut lines: Vec<Vec<[f64; 2]>> = Vec::new();
    let mut joins = None;
    for place in places {
        let value = features.get(place.band).and_then(|feature| {
            let stored = drawn.series.values.get(time * drawn.series.bands + place.band)?;
            let mut value = [f32::NAN];
            feature.evaluate(&[&[*stored]], &mut value);
            Some(f64::from(value[0])).filter(|value| value.is_finite())
        });
        let Some(value) = value else {
            joins = None;
            continue;
        };
        match lines.last_mut() {
            Some(line) if joins == Some(place.known) => line.push([place.at, value]),
            _ => lines.push(vec![[place.at, value]]),
        }
        joins = Some(place.known);
    }
    lines
}

/// Paints the spectrum of the date at `time`.
pub fn spectrum_ui(ui: &mut Ui, bands: &[Band], drawn: &[Drawn], units: Units, time: usize, most: f64) {
    let places = places(bands);
    let features: Vec<Feature> =
        Feature::all_bands(bands).into_iter().map(|feature| feature.in_units(units)).collect();
    let unit = places.first().and_then(|place| features.get(place.band)).map_or("DN", Feature::unit);
    let all: Vec<(&Drawn, Vec<Vec<[f64; 2]>>)> =
        drawn.iter().map(|d| (d, lines(d, &features, &places, time))).collect();
    let values = all.iter().flat_map(|(_, lines)| lines.iter().flatten()).map(|[_, value]| *value);
    let (low, high) = values.fold((0.0f64, most), |(low, high), v| (low.min(v), high.max(v)));
    let (first, last) =
        (places.first().map_or(0.0, |place| place.at), places.last().map_or(1.0, |place| place.at));
    let margin = ((last - first) * 0.05).max(20.0);
    let named: Vec<(f64, String)> =
        places.iter().map(|place| (place.at, bands[place.band].name.clone())).collect();
    let longest = places.iter().filter(|place| place.known).map(|place| place.at).fold(0.0, f64::max);
    let (ticks, labels) = (named.clone(), named);
    let weak = ui.visuals().weak_text_color();
    let by_order = longest == 0.0;
    let lacks = lacking(bands, &places);
    let x_axis = AxisHints::new_x()
        .tick_label_color(weak)
        .label_spacing(egui::Rangef::new(22.0, 40.0))
        .label(lacks.clone().unwrap_or_else(|| tr!("wavelength, nm").into()))
        .formatter(move |mark, _| match by_order {
            true => {
                let tick = ticks.iter().find(|(at, _)| (at - mark.value).abs() < 1.0);
                tick.map_or(String::new(), |(_, name)| name.clone())
            }
            false if mark.value > longest => String::new(),
            false => format!("{:.0}", mark.value),
        });
    // As on the left scale of the series beside it.
    let axes = Axes::fit_in((low, high), None, super::lines_in(ui.available_height()));
    let y_axis = AxisHints::new_y()
        .min_thickness(48.0)
        .label_spacing(super::APART)
        .tick_label_color(weak)
        .formatter(move |mark, _| super::on_left(&axes, mark.value));
    let plot = Plot::new("spectrum")
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_drag(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .include_x(first - margin)
        .include_x(last + margin)
        .include_y(low)
        .include_y(high)
        .grid_color(ui.visuals().widgets.noninteractive.bg_stroke.color.gamma_multiply(0.9))
        .x_grid_spacer(move |_| marks(by_order, first, last))
        .y_grid_spacer(move |_| axes.grid().map(|value| GridMark { value, step_size: axes.step }).collect())
        .custom_x_axes(vec![x_axis])
        .custom_y_axes(vec![y_axis])
        .set_margin_fraction(egui::vec2(0.0, 0.06))
        .label_formatter(move |at| {
            let HoverPosition::NearDataPoint { plot_name, position, .. } = at else { return None };
            let (nm, band) =
                labels.iter().min_by(|a, b| (a.0 - position.x).abs().total_cmp(&(b.0 - position.x).abs()))?;
            let place = if *nm <= longest { format!("{band}, {nm:.0} nm") } else { band.clone() };
            Some(format!("{plot_name}\n{place}\n{}", told_with_unit(position.y, unit)))
        });
    let ground = ui.visuals().strong_text_color();
    let response = plot.show(ui, |plot| {
        for (d, lines) in &all {
            let (shape, colour) = look(d);
            let colour: Color32 = colour.unwrap_or(ground);
            for line in lines {
                let points = PlotPoints::from(line.clone());
                plot.line(Line::new(d.name.clone(), points).color(colour.gamma_multiply(0.85)).width(1.6));
            }
            let points = PlotPoints::from(lines.concat());
            plot.points(Points::new(d.name.clone(), points).shape(shape).color(colour).radius(3.2));
        }
    });
    let nothing = all.iter().all(|(_, lines)| lines.is_empty());
    if nothing {
        let words = match drawn.is_empty() {
            true => tr!("Point at a pixel"),
            false => tr!("Nothing observed at this date"),
        };
        let font = FontId::proportional(tokens::SMALL);
        let middle = response.transform.frame().center();
        ui.painter().text(middle, Align2::CENTER_CENTER, words, font, weak);
    }
    let told: Vec<String> = all
        .iter()
        .map(|(d, lines)| {
            let seen = lines.iter().map(Vec::len).sum::<usize>();
            tr!("{name}: {n} of {all} bands", name = d.name, n = seen, all = places.len())
        })
        .collect();
    let told: Vec<String> = told.into_iter().chain(lacks).collect();
    let words = tr!("Spectrum of {what}", what = told.join("; "));
    response.response.widget_info(|| WidgetInfo::labeled(egui::Role::Figure, true, &words));
}

/// Marks along the axis: round wavelengths, or one a band.
fn marks(by_order: bool, first: f64, last: f64) -> Vec<GridMark> {
    let step = match by_order {
        true => STEP * ((last - first) / STEP / 8.0).ceil().max(1.0),
        false => [100.0, 200.0, 500.0].into_iter().find(|step| (last - first) / step <= 6.0).unwrap_or(500.0),
    };
    let from = if by_order { first } else { (first / step).ceil() * step };
    let many = ((last - from) / step).floor().max(0.0) as usize + 1;
    (0..many.min(100)).map(|i| GridMark { value: from + step * i as f64, step_size: step }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::Series;

    fn band(name: &str, common: &str, nm: Option<f64>) -> Band {
        let mut band = Band::named(name);
        band.knowledge.common = Some(common.into());
        band.knowledge.wavelength_nm = nm;
        band
    }

    fn drawn(values: Vec<f32>) -> Drawn {
        let series = Series { times: 1, bands: values.len(), values };
        Drawn { name: "pin 1".into(), series, mask: None, pin: Some(0) }
    }

    #[test]
    fn bands_stand_by_wavelength_and_heat_and_indices_stand_nowhere() {
        let bands = [
            band("B08", "nir", Some(832.8)),
            band("ST_B10", "tir1", Some(10_895.0)),
            band("B04", "red", Some(664.6)),
            Band::named("VV"),
            band("NDVI", "ndvi", None),
        ];
        let found = places(&bands);
        let order: Vec<(usize, bool)> = found.iter().map(|place| (place.band, place.known)).collect();
        assert_eq!(order, [(2, true), (0, true), (3, false)]);
        assert!(found[2].at > 832.8);
        assert_eq!(lacking(&bands, &found).unwrap(), "at the right, without a wavelength: VV");
        assert_eq!(lacking(&bands[..1], &places(&bands[..1])), None);
        let nameless = [Band::named("VV"), Band::named("VH")];
        assert_eq!(lacking(&nameless, &places(&nameless)).unwrap(), "by order: no wavelength is known");
        assert!(places(&[]).is_empty());
    }

    #[test]
    fn a_gap_is_missing_and_what_has_no_wavelength_is_not_joined_to_what_has() {
        let bands = [
            band("a", "blue", Some(490.0)),
            band("b", "green", Some(560.0)),
            band("c", "red", Some(665.0)),
            band("d", "nir", Some(830.0)),
            Band::named("VV"),
        ];
        let features = Feature::all_bands(&bands);
        let found = places(&bands);
        let lines = lines(&drawn(vec![1.0, f32::NAN, 3.0, 4.0, 5.0]), &features, &found, 0);
        assert_eq!(lines, [vec![[490.0, 1.0]], vec![[665.0, 3.0], [830.0, 4.0]], vec![[950.0, 5.0]]]);
        assert!(super::lines(&drawn(vec![f32::NAN; 5]), &features, &found, 0).is_empty());
        assert!(super::lines(&drawn(vec![1.0; 5]), &features, &found, 7).is_empty(), "no such date");
    }

    #[test]
    fn marks_are_few_whatever_the_bands() {
        for (first, last) in [(440.0, 2200.0), (440.0, 865.0), (500.0, 500.0)] {
            assert!((1..=8).contains(&marks(false, first, last).len()));
        }
        assert!((1..=10).contains(&marks(true, STEP, 60.0 * STEP).len()));
    }
}
