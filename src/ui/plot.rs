//! The rhythm: the series under the mouse and those of the pins, over real dates; bands on the left scale, indices on the
//! right one.

mod axes;
mod choose;
mod spread;
mod trace;

pub use choose::{IndexChoice, indices};

use super::view::View;
use super::{format, opinion, rhythm, tokens};
use crate::app::{Command, OpenProject};
use crate::cube::{Feature, Filling, Period, PixelMask, PixelState, Series};
use crate::jobs::OpenedCube;
use axes::Axes;
use egui::{Color32, RichText, Ui, WidgetInfo};
use egui_plot::{AxisHints, GridMark, HPlacement, Plot, VLine};

/// A series to draw.
struct Drawn {
    name: String,
    series: Series,
    /// What the cube's masks say of it; `None` where it has none.
    mask: Option<PixelMask>,
    /// The number of the pin; the pixel under the mouse has none.
    pin: Option<usize>,
}

/// The plot, in its pane.
pub fn plot_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let dark = ui.visuals().dark_mode;
    let Some((opened, indices)) = ready(ui.ctx(), dark, project, view) else { return };
    let drawn = series(project, opened, view);
    head_ui(ui, project, opened, view, &drawn);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Indices").strong());
        ui.spacing_mut().item_spacing.x = 4.0;
        let room = (ui.available_width() - 300.0).max(120.0);
        let scroll = egui::ScrollArea::horizontal().id_salt("indices").max_width(room);
        scroll.show(ui, |ui| choose::indices_ui(ui, &indices, view));
        ui.add_space(8.0);
        choose::draft_ui(ui, project, opened, view);
    });
    choose::error_ui(ui, opened, view);
    let curves = curves(opened, view, &indices, dark);
    curves_ui(ui, project, opened, view, &drawn, &curves);
}

/// Where the plot is hidden, what other panes tell of the series still follows what one does.
pub fn unseen(ctx: &egui::Context, dark: bool, project: &OpenProject, view: &mut View) {
    ready(ctx, dark, project, view);
}

/// Asks for what belongs to what is pointed at, drawn and selected; gives the cube and its indices, once it is open.
fn ready<'a>(
    ctx: &egui::Context,
    dark: bool,
    project: &'a OpenProject,
    view: &mut View,
) -> Option<(&'a OpenedCube, Vec<Feature>)> {
    let Some((opened, _)) = project.cube() else {
        rhythm::forget(view);
        opinion::forget(view);
        return None;
    };
    let bands = opened.cube.info().bands.len();
    view.bands.retain(|&b| b < bands);
    let indices = indices(project, opened);
    view.indices.shown.retain(|name| indices.iter().any(|index| index.name == *name));
    if view.bands.is_empty() && view.indices.shown.is_empty() {
        view.bands = first_bands(opened);
    }
    let shown = curves(opened, view, &indices, dark);
    let features: Vec<Feature> = shown.into_iter().map(|curve| curve.feature).collect();
    rhythm::follow(ctx, project, opened, view, &features);
    opinion::follow(ctx, project, opened, view);
    Some((opened, indices))
}

impl Drawn {
    /// Why there is nothing to see at a date, where there is nothing.
    fn missing(&self, time: usize) -> Option<PixelState> {
        let masked = self.mask.as_ref().and_then(|mask| mask.states.get(time)).copied();
        let bands = self.series.bands;
        let mut values = self.series.values.iter().skip(time * bands).take(bands);
        match masked {
            Some(state) if state != PixelState::Clear => Some(state),
            _ => values.all(|value| !value.is_finite()).then_some(PixelState::NotObserved),
        }
    }

    /// "pin 1: 2 of 6 dates without a clear observation (cloud, shadow)", for those who hear the plot.
    fn told(&self, filling: Filling) -> Option<String> {
        let mut missing: Vec<PixelState> =
            (0..self.series.times).filter_map(|time| self.missing(time)).collect();
        let dates = missing.len();
        missing.sort_unstable();
        missing.dedup();
        let why: Vec<&str> = missing.into_iter().map(PixelState::name).collect();
        let (name, times) = (&self.name, self.series.times);
        let (why, how) = (why.join(", "), filling.words());
        (dates > 0)
            .then(|| format!("{name}: {dates} of {times} dates without a clear observation ({why}), {how}"))
    }
}

/// Red, near infrared and shortwave infrared tell most, as far as they are there; else the first three.
fn first_bands(opened: &OpenedCube) -> Vec<usize> {
    let bands = &opened.cube.info().bands;
    let named = |name: &str| {
        let feature = Feature::resolve(name, bands, &[]).ok()?;
        feature.bands().first().copied()
    };
    let found: Vec<_> = ["red", "nir", "swir1"].into_iter().filter_map(named).collect();
    if found.len() > 1 { found } else { (0..bands.len().min(3)).collect() }
}

fn series(project: &OpenProject, opened: &OpenedCube, view: &View) -> Vec<Drawn> {
    let mut drawn = Vec::new();
    for (i, &(col, row)) in project.document.view.pins.iter().enumerate() {
        if let Some(series) = opened.cube.cached_series(col, row) {
            let mask = opened.cube.cached_mask(col, row);
            drawn.push(Drawn { name: format!("pin {}", i + 1), series, mask, pin: Some(i) });
        }
    }
    if let Some((col, row)) = view.map.hovered.and_then(|p| p.pixel)
        && let Some(series) = opened.cube.cached_series(col, row)
    {
        view.timings.series(true, 0.0);
        let mask = opened.cube.cached_mask(col, row);
        drawn.push(Drawn { name: format!("pixel {col}, {row}"), series, mask, pin: None });
    }
    drawn
}

fn head_ui(ui: &mut Ui, project: &OpenProject, opened: &OpenedCube, view: &mut View, drawn: &[Drawn]) {
    ui.horizontal(|ui| {
        ui.label(RichText::new("Series").strong());
        ui.spacing_mut().item_spacing.x = 4.0;
        let room = (ui.available_width() - 312.0).max(56.0);
        let scroll = egui::ScrollArea::horizontal().id_salt("bands").max_width(room);
        scroll.show(ui, |ui| choose::bands_ui(ui, opened, view));
        ui.add_space(8.0);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if let Some(filling) = choose::gaps_ui(ui, project.document.view.gaps) {
                view.send(Command::ShowGaps(filling));
            }
            if let Some(smoothing) = choose::smooth_ui(ui, project.document.view.smoothing) {
                view.send(Command::ShowSmoothing(smoothing));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let pins = project.document.view.pins.len();
                if pins > 0 && ui.small_button("Clear pins").on_hover_text("Takes all pins off").clicked() {
                    view.send(Command::ClearPins);
                }
                hint_ui(ui, opened, view, drawn);
            });
        });
    });
}

/// Which pixel is drawn, or what to do to see one.
fn hint_ui(ui: &mut Ui, opened: &OpenedCube, view: &View, drawn: &[Drawn]) {
    let pixel = view.map.hovered.and_then(|place| place.pixel);
    if let Some(why) = pixel.and_then(|pixel| view.map.damage_at(opened, pixel)) {
        let words = RichText::new("damaged: no series").small().color(ui.visuals().warn_fg_color);
        ui.add(egui::Label::new(words).truncate()).on_hover_text(why);
        return;
    }
    let hovered = drawn.iter().find(|d| d.pin.is_none()).map(|d| d.name.as_str());
    let hint = "Point at a pixel to read its year; click it on the Look page to pin it.";
    let rhythm = view.rhythm.told_shortly();
    let attention = view.opinion.told(&opened.cube.info().dates);
    let told: Vec<&str> = hovered.into_iter().chain(rhythm.as_deref()).chain(attention.as_deref()).collect();
    let words = if told.is_empty() && drawn.is_empty() { hint.into() } else { told.join(" · ") };
    ui.add(egui::Label::new(RichText::new(&words).small().weak()).truncate()).on_hover_text(&words);
}

/// A band or an index to draw.
struct Curve {
    feature: Feature,
    colour: Color32,
}

/// What is shown: bands, then indices, then the one being written.
fn curves(opened: &OpenedCube, view: &View, indices: &[Feature], dark: bool) -> Vec<Curve> {
    let bands = &opened.cube.info().bands;
    let colours = choose::band_colours(bands, dark);
    let of_band =
        |&band: &usize| Some(Curve { feature: Feature::band_at(bands, band)?, colour: *colours.get(band)? });
    let mut curves: Vec<Curve> = view.bands.iter().filter_map(of_band).collect();
    let shown = |(_, index): &(usize, &Feature)| view.indices.shown.contains(&index.name);
    let of_index =
        |(i, index): (usize, &Feature)| Curve { feature: index.clone(), colour: tokens::index(i, dark) };
    curves.extend(indices.iter().enumerate().filter(shown).map(of_index));
    if let Some(Ok((_, feature))) = view.indices.drafted(opened) {
        curves.push(Curve { feature, colour: tokens::accent(dark) });
    }
    curves
}

/// Least and greatest value.
type Span = (f64, f64);

/// The scales of the plot. They keep what was seen, so that they do not jump from pixel to pixel.
fn axes(opened: &OpenedCube, view: &mut View, curves: &[Curve], drawn: &[Drawn]) -> Axes {
    let range = |values: &[f32]| {
        let finite = values.iter().copied().filter(|v| v.is_finite()).map(f64::from);
        finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
    };
    let union = |a: (f64, f64), b: (f64, f64)| (a.0.min(b.0), a.1.max(b.1));
    let (mut left, mut right): (Option<Span>, Option<Span>) = (None, None);
    for Curve { feature, .. } in curves {
        let now = drawn.iter().map(|d| range(&feature.series(&d.series)));
        let now = now.fold((f64::INFINITY, f64::NEG_INFINITY), union);
        let all = view.rhythm.shown().and_then(|(_, all)| all.curves.iter().find(|c| c.name == feature.name));
        let now = all.map_or(now, |all| union(now, spread::range(all)));
        let seen = view.indices.seen.entry(feature.name.clone()).or_insert(now);
        *seen = union(*seen, now);
        if feature.is_index() {
            let usual = feature.known().map(|known| known.range.map(f64::from));
            let all = usual.map_or(*seen, |[low, high]| union(*seen, (low, high)));
            right = Some(right.map_or(all, |right| union(right, all)));
        } else {
            let stretch = &opened.composite.stretch.high;
            let channels = opened.composite.channels.iter().zip(stretch);
            let shown = channels.filter(|(channel, _)| !channel.is_index()).map(|(_, high)| f64::from(*high));
            let all = union(*seen, (0.0, shown.fold(0.0, f64::max)));
            left = Some(left.map_or(all, |left| union(left, all)));
        }
    }
    match (left, right) {
        (Some(left), right) => Axes::fit(left, right),
        // Indices alone stand on the left.
        (None, Some(right)) => Axes::fit(right, None),
        (None, None) => Axes::fit((0.0, 1.0), None),
    }
}

fn curves_ui(
    ui: &mut Ui,
    project: &OpenProject,
    opened: &OpenedCube,
    view: &mut View,
    drawn: &[Drawn],
    curves: &[Curve],
) {
    let info = opened.cube.info();
    let days: Vec<f64> = info.dates.iter().map(|&d| format::days(d)).collect();
    let dark = ui.visuals().dark_mode;
    let now = days.get(project.time()).copied().unwrap_or(0.0);
    let (first, last) = (days.first().copied().unwrap_or(0.0), days.last().copied().unwrap_or(1.0));
    let margin = ((last - first) * 0.02).max(5.0);
    let axes = axes(opened, view, curves, drawn);
    let only_indices = curves.iter().all(|curve| curve.feature.is_index());
    let weak = ui.visuals().weak_text_color();
    let left = AxisHints::new_y()
        .label(if only_indices { "index" } else { "digital number" })
        .min_thickness(48.0)
        .label_spacing(egui::Rangef::new(14.0, 24.0))
        .formatter(move |mark, _| match only_indices {
            true => axes::number(mark.value, axes.step),
            false => format::grouped(mark.value.round() as i64),
        });
    let right = axes.right.map(|right| {
        AxisHints::new_y()
            .label("index")
            .placement(HPlacement::Right)
            .min_thickness(44.0)
            .label_spacing(egui::Rangef::new(14.0, 24.0))
            .tick_label_color(weak)
            .formatter(move |mark, _| axes::number(axes.value_at(mark.value), right.step))
    });
    let filling = project.document.view.gaps;
    // Of a single acquisition it is clear how often it was seen.
    let counted = opened.cube.made().settings.period != Period::None;
    // Black or white: a colour of warnings would be that of a band.
    let (apart, ground) = (ui.visuals().strong_text_color(), ui.visuals().extreme_bg_color);
    let rhythm = view.rhythm.shown();
    let together = rhythm
        .map(|(_, all)| spread::painted(&days, all, curves, &axes, (apart, ground)))
        .unwrap_or_default();
    let how = trace::How { filling, smoothing: project.document.view.smoothing, weak };
    let painted = trace::painted(&days, drawn, curves, &axes, how);
    let labels = trace::Labels::new(&days, drawn, curves, filling, counted);
    let plot = Plot::new("series")
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_drag(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .include_x(first - margin)
        .include_x(last + margin)
        .include_y(axes.bottom)
        .include_y(axes.top())
        .grid_color(ui.visuals().widgets.noninteractive.bg_stroke.color.gamma_multiply(0.9))
        .x_grid_spacer(move |input| months(input.bounds))
        .y_grid_spacer(move |_| axes.grid().map(|value| GridMark { value, step_size: axes.step }).collect())
        .custom_x_axes(vec![
            AxisHints::new_x()
                .formatter(|mark, _| month_name(mark.value))
                .label_spacing(egui::Rangef::new(20.0, 40.0))
                .tick_label_color(weak),
        ])
        .custom_y_axes(std::iter::once(left).chain(right).collect())
        .set_margin_fraction(egui::vec2(0.0, 0.04))
        .label_formatter(move |at| labels.at(at, &axes));
    let accent = tokens::accent(dark);
    let response = plot.show(ui, |plot| {
        plot.vline(VLine::new("date", now).color(accent).width(1.0).allow_hover(false));
        spread::paint(plot, together);
        painted.lines.into_iter().for_each(|line| plot.line(line));
        painted.markers.into_iter().for_each(|markers| plot.points(markers));
    });
    let painter = ui.painter().with_clip_rect(*response.transform.frame());
    view.opinion.paint(&painter, &response.transform, &days, accent);
    let names: Vec<&str> = curves.iter().map(|curve| curve.feature.name.as_str()).collect();
    let told = drawn.iter().filter_map(|d| d.told(filling)).map(|words| format!("; {words}"));
    let rhythm = view.rhythm.told().map_or(String::new(), |words| format!("; {words}"));
    let attention = view.opinion.told(&info.dates).map_or(String::new(), |words| format!("; {words}"));
    let words = format!("Series plot of {}{rhythm}{attention}{}", names.join(", "), told.collect::<String>());
    response.response.widget_info(|| WidgetInfo::labeled(egui::Role::Figure, true, &words));
    if response.response.clicked()
        && let Some(pos) = response.response.interact_pointer_pos()
    {
        let day = response.transform.value_from_position(pos).x;
        let nearest =
            (0..days.len()).min_by(|&a, &b| (days[a] - day).abs().total_cmp(&(days[b] - day).abs()));
        if let Some(time) = nearest {
            view.send(Command::ShowTime(time));
        }
    }
}

/// A mark at the first of each month, or of fewer where there are many.
fn months((from, to): (f64, f64)) -> Vec<GridMark> {
    use chrono::{Datelike, NaiveDate};
    let (Some(first), Some(last)) = (format::date_of_days(from), format::date_of_days(to)) else {
        return Vec::new();
    };
    let many = (to - from) / 30.4;
    let every = if many <= 14.0 { 1 } else { (many / 12.0).ceil() as i32 };
    let start = first.year() * 12 + first.month0() as i32;
    let end = last.year() * 12 + last.month0() as i32;
    (start..=end)
        .filter(|m| m % every == 0)
        .filter_map(|m| NaiveDate::from_ymd_opt(m.div_euclid(12), m.rem_euclid(12) as u32 + 1, 1))
        .map(|date| GridMark { value: format::days(date), step_size: 30.0 * f64::from(every) })
        .filter(|mark| (from..=to).contains(&mark.value))
        .collect()
}

fn month_name(days: f64) -> String {
    use chrono::Datelike;
    match format::date_of_days(days) {
        Some(date) if date.month() == 1 => date.format("%b %Y").to_string(),
        Some(date) => date.format("%b").to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_marked_on_their_first_day() {
        use chrono::NaiveDate;
        let day = |m, d| format::days(NaiveDate::from_ymd_opt(2022, m, d).unwrap());
        let marks = months((day(1, 10), day(4, 2)));
        let values: Vec<_> = marks.iter().map(|m| m.value).collect();
        assert_eq!(values, [day(2, 1), day(3, 1), day(4, 1)]);
    }
}
