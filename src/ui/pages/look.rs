//! Look: the pinned pixels and their values at the date.

use super::display::{display_ui, own_indices_ui};
use super::page;
use crate::app::{Command, OpenProject, Page};
use crate::cube::{Feature, Season, Smoothing};
use crate::jobs::OpenedCube;
use crate::ui::view::View;
use crate::ui::widgets::part;
use crate::ui::words::{tr, tr_word};
use crate::ui::{format, opinion, plot, tokens, widgets};
use egui::{Grid, RichText, Ui};

pub fn look_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    page(ui, Page::Look, |ui| {
        let Some((opened, _)) = project.cube() else {
            match (project.document.sites.len(), &project.site) {
                (0, _) => widgets::empty(ui, tr!("Nothing to look at yet"), tr!("Add imagery on the left.")),
                (_, Some(_)) => {}
                (1, None) => widgets::empty(ui, tr!("1 site"), tr!("Click it in the list on the left.")),
                (n, None) => {
                    let what = tr!("{n} sites", n = format::grouped(n as i64));
                    widgets::empty(ui, &what, tr!("Click one on the map or in the list on the left."));
                    compare_ui(ui, view);
                }
            }
            return;
        };
        part(ui, "display", |ui| display_ui(ui, project, opened, view));
        part(ui, "indices", |ui| own_indices_ui(ui, project, view));
        part(ui, "compare", |ui| compare_ui(ui, view));
        part(ui, "opinion", |ui| opinion::opinion_ui(ui, project, opened, view));
        widgets::section(ui, tr!("Pinned pixels"));
        let pins = &project.document.view.pins;
        if pins.is_empty() {
            let words =
                tr!("Click pixels on the map to pin them: their years stay in the plot, side by side.");
            ui.label(RichText::new(words).weak());
        }
        for (i, &(col, row)) in pins.iter().enumerate() {
            part(ui, ("pin", i), |ui| pin_ui(ui, opened, view, i, (col, row)));
        }
        if let Some(&date) = opened.cube.info().dates.get(project.time()) {
            part(ui, "values", |ui| values_ui(ui, project, opened, view, &format::date(date)));
            part(ui, "season", |ui| season_ui(ui, project, opened, view));
        }
    });
}

/// The way to the page that compares sites and dates.
fn compare_ui(ui: &mut Ui, view: &mut View) {
    ui.add_space(2.0 * tokens::GRID);
    let hint =
        tr!("Medians, histograms and distances of sites and dates, and what stands out (Ctrl+Shift+D)");
    if ui.button(tr!("Compare sites and dates…")).on_hover_text(hint).clicked() {
        view.drift.show();
    }
}

fn pin_ui(ui: &mut Ui, opened: &OpenedCube, view: &mut View, i: usize, (col, row): (u32, u32)) {
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(egui::Vec2::splat(16.0), egui::Sense::hover());
        ui.painter().circle_filled(rect.center(), 8.0, tokens::PINS[i % tokens::PINS.len()]);
        let font = egui::FontId::proportional(tokens::SMALL);
        let number = (i + 1).to_string();
        ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, number, font, egui::Color32::BLACK);
        let grid = &opened.cube.info().grid;
        let pixel = || tr!("pixel {col}, {row}", col = col, row = row);
        let place = grid.lonlat_from_pixel(f64::from(col) + 0.5, f64::from(row) + 0.5);
        let words = place.map_or_else(|_| pixel(), format::lonlat);
        ui.label(RichText::new(words).small()).on_hover_text(pixel());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.small_button(tr!("Unpin")).on_hover_text(tr!("Takes this pin off")).clicked() {
                view.send(Command::TogglePin(col, row));
            }
        });
    });
}

/// The pixels that tables tell of, each with its title: the one under the mouse, then the first pins.
fn columns(project: &OpenProject, view: &View) -> Vec<(String, Option<(u32, u32)>)> {
    let hovered = view.map.hovered.and_then(|p| p.pixel);
    let pins = project.document.view.pins.iter().take(3).enumerate();
    let pins = pins.map(|(i, &pin)| ((i + 1).to_string(), Some(pin)));
    std::iter::once((tr!("mouse").to_string(), hovered)).chain(pins).collect()
}

/// Values of all bands at the date: the pixel under the mouse, then the pins.
fn values_ui(ui: &mut Ui, project: &OpenProject, opened: &OpenedCube, view: &View, date: &str) {
    widgets::section(ui, &tr!("Values on {date}", date = date));
    let units = plot::units(project, opened);
    let columns = columns(project, view);
    let series: Vec<_> =
        columns.iter().map(|(_, p)| p.and_then(|(c, r)| opened.cube.cached_series(c, r))).collect();
    let bands = Feature::all_bands(&opened.cube.info().bands).into_iter();
    let bands: Vec<Feature> = bands.map(|feature| feature.in_units(units)).collect();
    let told = |value: f32, feature: &Feature| match feature.unit() {
        "DN" if value.fract() == 0.0 => format::grouped(value as i64),
        unit => plot::told(f64::from(value), unit),
    };
    Grid::new("values").num_columns(columns.len() + 1).spacing([16.0, 4.0]).striped(true).show(ui, |ui| {
        ui.label(RichText::new(if units.is_dn() { "DN" } else { tr!("reflectance") }).weak());
        for (name, _) in &columns {
            ui.label(RichText::new(format!("{name:>6}")).weak().monospace());
        }
        ui.end_row();
        for (band, feature) in opened.cube.info().bands.iter().zip(&bands) {
            ui.label(&band.name);
            for s in &series {
                let value = s.as_ref().and_then(|s| feature.series(s).get(project.time()).copied());
                let words = value.filter(|v| v.is_finite()).map_or_else(|| "–".into(), |v| told(v, feature));
                ui.label(RichText::new(format!("{words:>6}")).monospace());
            }
            ui.end_row();
        }
        let shown = plot::indices(project, opened);
        for index in shown.iter().filter(|index| view.indices.shown.contains(&index.name)) {
            // An expression may be its own name.
            let short: String = index.name.chars().take(12).collect();
            let short = if short == index.name { short } else { format!("{short}…") };
            ui.label(short).on_hover_text(&index.name);
            for s in &series {
                let value = s.as_ref().and_then(|s| index.series(s).get(project.time()).copied());
                let words = value.filter(|v| v.is_finite()).map_or_else(|| "–".into(), |v| format!("{v:.3}"));
                ui.label(RichText::new(format!("{words:>6}")).monospace());
            }
            ui.end_row();
        }
    });
}

/// The season of the first index shown, or else of NDVI: of the pixel under the mouse, then of the pins.
fn season_ui(ui: &mut Ui, project: &OpenProject, opened: &OpenedCube, view: &View) {
    let indices = plot::indices(project, opened);
    let shown = indices.iter().find(|index| view.indices.shown.contains(&index.name));
    let usual = || indices.iter().find(|index| index.name == "NDVI");
    let Some(index) = shown.or_else(usual) else { return };
    let smoothing = match project.document.view.smoothing {
        Smoothing::Off => Smoothing::WhittakerLight,
        other => other,
    };
    widgets::section(ui, &tr!("Season of {index}", index = index.name));
    let columns = columns(project, view);
    let days: Vec<f64> = opened.cube.info().dates.iter().map(|&date| format::days(date)).collect();
    let seasons: Vec<Option<Season>> = columns
        .iter()
        .map(|(_, pixel)| {
            let (col, row) = (*pixel)?;
            let values = index.series(&opened.cube.cached_series(col, row)?);
            Season::of(&days, &smoothing.of(&days, &values)?)
        })
        .collect();
    let day = |day: Option<f64>| {
        let date = day.and_then(format::date_of_days);
        date.map_or_else(|| "–".into(), format::day_and_month)
    };
    type Told<'a> = (&'a str, &'a str, &'a dyn Fn(&Season) -> String);
    let rows: [Told; 5] = [
        (tr!("Start"), tr!("The day it rises above the middle of its range"), &|s| day(s.start)),
        (tr!("Peak"), tr!("The day of its greatest value"), &|s| day(Some(s.peak))),
        (tr!("End"), tr!("The day it falls below the middle of its range"), &|s| day(s.end)),
        (tr!("Greatest"), tr!("Its greatest value"), &|s| format!("{:.3}", s.greatest)),
        (tr!("Amplitude"), tr!("Its greatest less its least value"), &|s| format!("{:.3}", s.amplitude)),
    ];
    Grid::new("season").num_columns(columns.len() + 1).spacing([16.0, 4.0]).striped(true).show(ui, |ui| {
        ui.label("");
        for (name, _) in &columns {
            ui.label(RichText::new(format!("{name:>6}")).weak().monospace());
        }
        ui.end_row();
        for (name, hint, of) in rows {
            ui.label(name).on_hover_text(hint);
            for season in &seasons {
                let words = season.as_ref().map_or_else(|| "–".into(), of);
                ui.label(RichText::new(format!("{words:>6}")).monospace());
            }
            ui.end_row();
        }
    });
    let words = tr!(
        "On the smooth line ({how}), start and end at half of the amplitude.",
        how = tr_word(smoothing.words())
    );
    ui.label(RichText::new(words).small().weak());
}
