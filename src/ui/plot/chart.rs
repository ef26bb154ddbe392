//! The plot itself: two scales, months, curves, what stands behind them, and the date on screen.

use super::cursor::cursor_ui;
use super::curves::{Curve, Drawn};
use super::{envelopes, spread, trace};
use crate::app::{Command, OpenProject};
use crate::chart::{Along, Axes, date_of_days, months, number};
use crate::cube::Period;
use crate::jobs::OpenedCube;
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{format, tokens};
use chrono::Datelike;
use egui::text::LayoutJob;
use egui::{Align, FontId, Ui, Vec2, WidgetInfo};
use egui_plot::{AxisHints, GridMark, HPlacement, Plot};

/// What is drawn.
#[derive(Clone, Copy)]
pub struct What<'a> {
    pub opened: &'a OpenedCube,
    pub along: &'a Along,
    pub drawn: &'a [Drawn],
    pub curves: &'a [Curve],
    pub axes: &'a Axes,
}

/// The unit of the left scale, in words.
fn left_words(curves: &[Curve]) -> String {
    let mut units = curves.iter().filter(|c| !c.feature.is_index()).map(|c| c.feature.unit());
    match units.next() {
        None => tr!("index").into(),
        Some(first) if !units.all(|unit| unit == first) => tr!("physical value").into(),
        Some("DN") => tr!("digital number").into(),
        Some("reflectance") => tr!("reflectance").into(),
        Some("K") => tr!("temperature, K").into(),
        Some(other) => other.into(),
    }
}

fn axes_of_plot(ui: &Ui, curves: &[Curve], axes: Axes) -> Vec<AxisHints<'static>> {
    let left = AxisHints::new_y()
        .label(left_words(curves))
        .min_thickness(48.0)
        .label_spacing(super::APART)
        .formatter(move |mark, _| super::on_left(&axes, mark.value));
    let weak = ui.visuals().weak_text_color();
    let right = axes.right.map(|right| {
        AxisHints::new_y()
            .label(tr!("index"))
            .placement(HPlacement::Right)
            .min_thickness(44.0)
            .label_spacing(super::APART)
            .tick_label_color(weak)
            .formatter(move |mark, _| number(axes.value_at(mark.value), right.step))
    });
    std::iter::once(left).chain(right).collect()
}

pub fn chart_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, what: What<'_>) {
    let What { opened, along, drawn, curves, axes } = what;
    let axes = *axes;
    let dark = ui.visuals().dark_mode;
    let weak = ui.visuals().weak_text_color();
    let filling = project.document.view.gaps;
    // Of a single acquisition it is clear how often it was seen.
    let counted = opened.cube.made().settings.period != Period::None;
    // Black or white: a colour of warnings would be that of a band.
    let (apart, ground) = (ui.visuals().strong_text_color(), ui.visuals().extreme_bg_color);
    let points = view.map.hovered.is_some_and(|place| place.pixel.is_some());
    let is_empty = drawn.is_empty()
        && !points
        && view.rhythm.shown().is_none()
        && view.envelopes.told(project).is_empty();
    let behind = envelopes::painted(along, project, view, curves, &axes, ground);
    let rhythm = view.rhythm.shown();
    let together = rhythm
        .map(|(_, all)| spread::painted(along, all, curves, &axes, (apart, ground)))
        .unwrap_or_default();
    let how = trace::How { filling, smoothing: project.document.view.smoothing, weak, ground };
    let painted = trace::painted(along, drawn, curves, &axes, how);
    let labels = trace::Labels::new(along.clone(), drawn, curves, filling, counted);
    // A name of a month takes so much room.
    let most = ((ui.available_width() - 100.0) / 30.0).max(2.0) as usize;
    let ((from, to), with_year) = (along.span(), !along.folded);
    let plot = Plot::new("series")
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_drag(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .include_x(from)
        .include_x(to)
        .include_y(axes.bottom)
        .include_y(axes.top())
        .grid_color(ui.visuals().widgets.noninteractive.bg_stroke.color.gamma_multiply(0.9))
        .x_grid_spacer(move |input| {
            let marks = months(input.bounds, most).into_iter();
            marks.map(|mark| GridMark { value: mark.day, step_size: mark.step }).collect()
        })
        .y_grid_spacer(move |_| axes.grid().map(|value| GridMark { value, step_size: axes.step }).collect())
        .custom_x_axes(vec![
            AxisHints::new_x()
                .formatter(move |mark, _| {
                    let date = date_of_days(mark.value);
                    date.map_or_else(String::new, |date| {
                        format::month_mark(date, with_year && date.month() == 1)
                    })
                })
                .label_spacing(egui::Rangef::new(20.0, 40.0))
                .tick_label_color(weak),
        ])
        .custom_y_axes(axes_of_plot(ui, curves, axes))
        .set_margin_fraction(egui::vec2(0.0, 0.04))
        .label_formatter(move |at| labels.at(at, &axes));
    let response = plot.show(ui, |plot| {
        envelopes::paint(plot, behind);
        spread::paint(plot, together);
        painted.lines.into_iter().for_each(|line| plot.line(line));
        painted.markers.into_iter().for_each(|markers| plot.points(markers));
        painted.words.into_iter().for_each(|words| plot.text(words));
    });
    let now = project.time();
    let painter = ui.painter().with_clip_rect(*response.transform.frame());
    let shown = |time: usize| along.year(time) == along.year(now);
    view.opinion.paint(&painter, &response.transform, &along.places, shown, tokens::accent(dark));
    // What to do to see something.
    let hint = || tr!("Point at a pixel to read its year; click it on the Look page to pin it.").to_string();
    if let Some(words) = nothing(drawn, curves).or_else(|| is_empty.then(hint)) {
        let frame = response.transform.frame().shrink(2.0 * tokens::GRID);
        let mut job = LayoutJob::simple(words, FontId::proportional(tokens::TEXT), weak, frame.width());
        job.halign = Align::Center;
        let galley = painter.layout_job(job);
        painter.galley(frame.center() - Vec2::new(0.0, galley.size().y / 2.0), galley, weak);
    }
    let words = in_words(project, view, what);
    response.response.widget_info(|| WidgetInfo::labeled(egui::Role::Figure, true, &words));
    if let Some(time) = cursor_ui(ui, &response.response, &response.transform, along, now) {
        view.playing = None;
        view.send(Command::ShowTime(time));
    }
}

/// Names the pixels of which nothing that is shown was observed at any date.
fn nothing(drawn: &[Drawn], curves: &[Curve]) -> Option<String> {
    let empty: Vec<&str> = drawn.iter().filter(|d| d.is_empty(curves)).map(|d| d.name.as_str()).collect();
    (!empty.is_empty()).then(|| tr!("{names}: nothing but gaps, at all dates", names = empty.join(", ")))
}

/// What is drawn, for those who hear the plot.
fn in_words(project: &OpenProject, view: &View, what: What<'_>) -> String {
    let What { opened, drawn, curves, along, .. } = what;
    let names: Vec<&str> = curves.iter().map(|curve| curve.feature.name.as_str()).collect();
    let mut parts = vec![tr!("Series plot of {curves}", curves = names.join(", "))];
    parts.extend(along.folded.then(|| tr!("years over one another").to_string()));
    parts.extend(view.rhythm.told());
    parts.extend(view.opinion.told(&opened.cube.info().dates));
    parts.extend(view.envelopes.told(project));
    parts.extend(drawn.iter().filter_map(|d| d.told(project.document.view.gaps)));
    parts.extend(nothing(drawn, curves));
    parts.join("; ")
}
