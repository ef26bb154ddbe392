//! What stands over the plot: bands, indices, and how they are shown.

use super::curves::Drawn;
use super::{choose, envelopes, export};
use crate::app::{Command, OpenProject};
use crate::chart::Along;
use crate::cube::Feature;
use crate::jobs::OpenedCube;
use crate::ui::view::View;
use crate::ui::widgets::icon_button;
use crate::ui::words::{tr, tr_below};
use egui::{Align, Button, Layout, RichText, Ui};
use lucide_icons::Icon;

/// A pane that is narrower has its lists of gaps and smooth lines among the tools: they would leave no room for the bands.
const WIDE: f32 = 560.0;

/// Bands, how gaps and smooth lines are shown, and what is drawn.
pub fn head_ui(ui: &mut Ui, project: &OpenProject, opened: &OpenedCube, view: &mut View, drawn: &[Drawn]) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr!("Series")).strong());
        ui.spacing_mut().item_spacing.x = 4.0;
        let is_wide = ui.available_width() >= WIDE;
        let others = if is_wide { 312.0 } else { 40.0 };
        let room = (ui.available_width() - others).max(56.0);
        let scroll = egui::ScrollArea::horizontal().id_salt("bands").max_width(room);
        scroll.show(ui, |ui| choose::bands_ui(ui, opened, view));
        ui.add_space(8.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if is_wide {
                lists_ui(ui, project, view);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let pins = project.document.view.pins.len();
                let (name, hint) = (tr!("Clear pins"), tr!("Takes all pins off"));
                if pins > 0 && icon_button(ui, Icon::PinOff, name, hint).clicked() {
                    view.send(Command::ClearPins);
                }
                // Fewer letters than these say nothing.
                if ui.available_width() > 56.0 {
                    hint_ui(ui, opened, view, drawn);
                }
            });
        });
    });
}

/// How gaps and smooth lines are shown.
fn lists_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    if let Some(filling) = choose::gaps_ui(ui, project.document.view.gaps) {
        view.send(Command::ShowGaps(filling));
    }
    if let Some(smoothing) = choose::smooth_ui(ui, project.document.view.smoothing) {
        view.send(Command::ShowSmoothing(smoothing));
    }
}

/// Indices, and the field for one of one's own.
pub fn indices_ui(
    ui: &mut Ui,
    project: &OpenProject,
    opened: &OpenedCube,
    view: &mut View,
    indices: &[Feature],
) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr!("Indices")).strong());
        ui.spacing_mut().item_spacing.x = 4.0;
        let room = (ui.available_width() - 300.0).max(120.0);
        let scroll = egui::ScrollArea::horizontal().id_salt("indices").max_width(room);
        scroll.show(ui, |ui| choose::indices_ui(ui, indices, view));
        ui.add_space(8.0);
        choose::draft_ui(ui, project, opened, view);
    });
}

/// How the plot is laid out, what stands behind the pixels, and the way out to files.
pub fn tools_ui(ui: &mut Ui, project: &OpenProject, opened: &OpenedCube, view: &mut View) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let is_wide = ui.available_width() >= WIDE;
        // In a narrow window the row scrolls, and does not push the plot out of the window.
        let scroll = egui::ScrollArea::horizontal().id_salt("tools").max_width(ui.available_width());
        scroll.show(ui, |ui| {
            ui.horizontal(|ui| {
                buttons_ui(ui, project, opened, view);
                if !is_wide {
                    lists_ui(ui, project, view);
                }
            });
        });
        let told = view.envelopes.told(project).join(" · ");
        if !told.is_empty() && ui.available_width() > 48.0 {
            let label = egui::Label::new(RichText::new(&told).small().weak());
            ui.add(label.truncate()).on_hover_text(&told);
        }
    });
}

fn buttons_ui(ui: &mut Ui, project: &OpenProject, opened: &OpenedCube, view: &mut View) {
    envelopes::menu_ui(ui, project, view);
    let info = opened.cube.info();
    if let Some(units) = choose::units_ui(ui, info, project.document.view.units) {
        view.send(Command::ShowUnits(units));
    }
    let one_year = Along::is_one_year(&info.dates);
    let on = project.document.view.years && !one_year;
    let years = ui
        .add_enabled_ui(!one_year, |ui| toggle(ui, on, tr!("Years")))
        .inner
        .on_hover_text(tr!("Lays the years over one another, by day of the year"))
        .on_disabled_hover_text(tr!("The dates of this site span one year: there is nothing to lay over it"));
    if years.clicked() {
        view.send(Command::ShowYears(!on));
    }
    let on = project.document.view.spectrum;
    let hint = tr!("Shows the bands over their wavelengths at the date on screen, beside the series");
    if toggle(ui, on, tr!("Spectrum")).on_hover_text(hint).clicked() {
        view.send(Command::ShowSpectrum(!on));
    }
    export::menu_ui(ui, project, opened, view);
}

fn toggle(ui: &mut Ui, on: bool, words: &str) -> egui::Response {
    ui.add(Button::selectable(on, RichText::new(words).small()))
}

/// Which pixel is drawn.
fn hint_ui(ui: &mut Ui, opened: &OpenedCube, view: &View, drawn: &[Drawn]) {
    let pixel = view.map.hovered.and_then(|place| place.pixel);
    if let Some(why) = pixel.and_then(|pixel| view.map.damage_at(opened, pixel)) {
        let words = RichText::new(tr!("damaged: no series")).small().color(ui.visuals().warn_fg_color);
        ui.add(egui::Label::new(words).truncate()).on_hover_text(tr_below(why));
        return;
    }
    let hovered = drawn.iter().find(|d| d.pin.is_none()).map(|d| d.name.as_str());
    let rhythm = view.rhythm.told_shortly();
    let attention = view.opinion.told(&opened.cube.info().dates);
    let told: Vec<&str> = hovered.into_iter().chain(rhythm.as_deref()).chain(attention.as_deref()).collect();
    let words = told.join(" · ");
    ui.add(egui::Label::new(RichText::new(&words).small().weak()).truncate()).on_hover_text(&words);
}
