//! The rhythm: the series under the mouse and those of the pins, over real dates or year over year; bands on the left scale,
//! indices on the right one; usual years of classes behind them; the spectrum of the date beside them.

mod chart;
mod choose;
mod cursor;
mod curves;
mod envelopes;
mod export;
mod head;
mod spectrum;
mod spread;
mod trace;

pub use choose::IndexChoice;
pub use curves::{indices, units};
pub use envelopes::EnvelopesView;
pub use export::request as export_request;
pub use trace::told;

use super::view::View;
use super::{format, opinion, rhythm, tokens};
use crate::app::OpenProject;
use crate::chart::{Along, Axes, number};
use crate::cube::Feature;
use crate::jobs::OpenedCube;
use curves::{curves, first_bands, series};
use egui::{Ui, UiBuilder};

/// Of what is left for the plot, the share that the spectrum takes, and its least and greatest width.
const SPECTRUM: (f32, f32, f32) = (0.34, 170.0, 360.0);

/// Numbers of a scale fade where they are nearer to one another than the second, and are gone at the first, in points.
const APART: egui::Rangef = egui::Rangef { min: 12.0, max: 17.0 };

/// Grid lines above the first of a plot of this height whose numbers can all be read.
fn lines_in(height: f32) -> u32 {
    /// What months and the names of scales take below it.
    const BELOW: f32 = 34.0;
    ((height - BELOW).max(0.0) / (APART.max + 1.0)) as u32
}

/// A number of the left scale: whole ones with their thousands apart.
fn on_left(axes: &Axes, value: f64) -> String {
    match axes.step >= 1.0 && axes.step.fract() == 0.0 {
        true => format::grouped(value.round() as i64),
        false => number(value, axes.step),
    }
}

/// The plot, in its pane.
pub fn plot_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let dark = ui.visuals().dark_mode;
    let Some((opened, indices)) = ready(ui.ctx(), dark, project, view) else { return };
    let (info, units) = (opened.cube.info(), units(project, opened));
    let drawn = series(project, opened, view);
    head::head_ui(ui, project, opened, view, &drawn);
    head::indices_ui(ui, project, opened, view, &indices);
    choose::error_ui(ui, opened, view);
    head::tools_ui(ui, project, opened, view);
    // What was clicked just now is drawn in this frame.
    let curves = curves(opened, view, &indices, units, dark);
    let room = ui.available_rect_before_wrap();
    let axes = curves::axes(opened, view, units, &curves, &drawn, lines_in(room.height()));
    let along = Along::new(&info.dates, lays_years(project, opened));
    let (share, least, most) = SPECTRUM;
    let beside = project.document.view.spectrum.then(|| (room.width() * share).clamp(least, most));
    let mut rest = room;
    let gap = 2.0 * tokens::GRID;
    let right = beside.map(|width| {
        let (left, right) = room.split_left_right_at_x(room.right() - width);
        rest = left.with_max_x(left.right() - gap);
        right
    });
    let what = chart::What { opened, along: &along, drawn: &drawn, curves: &curves, axes: &axes };
    ui.scope_builder(UiBuilder::new().max_rect(rest), |ui| chart::chart_ui(ui, project, view, what));
    if let Some(rect) = right {
        let of_bands = curves.iter().any(|curve| !curve.feature.is_index());
        let most = if of_bands { axes.top() } else { 0.0 };
        let time = project.time();
        ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
            spectrum::spectrum_ui(ui, &info.bands, &drawn, units, time, most);
        });
    }
}

/// Whether years lie over one another: where that is wanted, and there is more than one.
fn lays_years(project: &OpenProject, opened: &OpenedCube) -> bool {
    project.document.view.years && !Along::is_one_year(&opened.cube.info().dates)
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
        envelopes::forget(view);
        return None;
    };
    view.indices.look_at(&opened.cube);
    let bands = opened.cube.info().bands.len();
    view.bands.retain(|&b| b < bands);
    let indices = indices(project, opened);
    view.indices.shown.retain(|name| indices.iter().any(|index| index.name == *name));
    if view.bands.is_empty() && view.indices.shown.is_empty() {
        view.bands = first_bands(opened);
    }
    if let Some(pixel) = view.map.hovered.and_then(|place| place.pixel) {
        view.last_pixel = Some((opened.site.clone(), pixel));
    }
    let shown = curves(opened, view, &indices, units(project, opened), dark);
    envelopes::follow(ctx, project, opened, view, &shown);
    let features: Vec<Feature> = shown.into_iter().map(|curve| curve.feature).collect();
    rhythm::follow(ctx, project, opened, view, &features);
    opinion::follow(ctx, project, opened, view);
    Some((opened, indices))
}
