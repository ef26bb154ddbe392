//! What the page is about: which sites, which band, what the colours mean; copying, measuring again, closing.

use super::{Drift, progress_ui, trouble_ui};
use crate::app::{AppState, Command, MeasureRequest, MeasureState, OpenProject};
use crate::cube::picture::Ramp;
use crate::cube::statistics::{ComparedBand, Comparison, values_csv};
use crate::jobs::Measured;
use crate::ui::view::View;
use crate::ui::words::{tr, tr_word};
use crate::ui::{format, tokens};
use egui::{Align, ComboBox, Layout, Rect, RichText, Role, Sense, Ui, Vec2, WidgetInfo, pos2};

/// Of more sites than this, a site is chosen by its name in the table, not in a list.
const MOST_LISTED: usize = 200;

/// What the table shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// All sites by one band.
    Band(usize),
    /// All bands of one site.
    Site(usize),
}

impl Drift {
    /// What the table shows: of one site its bands, of several the band that was chosen, else the one that stands out most.
    pub(super) fn shown(&self, comparison: &Comparison) -> Shown {
        let named = |name: &String| comparison.sites.iter().position(|site| site.name == *name);
        if comparison.sites.len() == 1 {
            return Shown::Site(0);
        }
        if let Some(site) = self.site.as_ref().and_then(named) {
            return Shown::Site(site);
        }
        let of = |name: &String| comparison.bands.iter().position(|band| band.name == *name);
        let blue = || comparison.bands.iter().position(|band| band.common.as_deref() == Some("blue"));
        Shown::Band(self.band.as_ref().and_then(of).or_else(blue).unwrap_or(0))
    }
}

pub fn head_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, measured: &Measured, view: &mut View) {
    let comparison = &measured.comparison;
    ui.horizontal(|ui| {
        ui.heading(tr!("Compare sites and dates"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            close_ui(ui, view);
            let shown = view.drift.shown(comparison);
            let copy = ui.button(tr!("Copy as CSV"));
            if copy
                .on_hover_text(tr!("Copies the figures of this table: what was seen, percentiles, mean"))
                .clicked()
            {
                let (site, band) = match shown {
                    Shown::Site(site) => (Some(site), None),
                    Shown::Band(band) => (None, Some(band)),
                };
                ui.ctx().copy_text(values_csv(comparison, site, band));
            }
            if matches!(project.statistics.state, MeasureState::Running(_)) {
                progress_ui(ui, state, project, view, 72.0);
            } else {
                let hint = tr!("Reads the pixels again, though the cubes have not changed");
                if ui.button(tr!("Measure again")).on_hover_text(hint).clicked() {
                    view.send(Command::Measure(MeasureRequest { afresh: true, ..MeasureRequest::default() }));
                }
            }
        });
    });
    if matches!(project.statistics.state, MeasureState::Failed(_) | MeasureState::Stopped) {
        ui.horizontal(|ui| trouble_ui(ui, &project.statistics.state, view));
    }
    ui.horizontal(|ui| {
        let shown = view.drift.shown(comparison);
        if comparison.sites.len() > 1 {
            site_ui(ui, comparison, shown, &mut view.drift);
        }
        match shown {
            Shown::Band(band) => {
                band_ui(ui, comparison, band, &mut view.drift);
                legend_ui(ui, comparison.bands.get(band));
            }
            Shown::Site(_) => {
                ui.label(
                    RichText::new(tr!("Each band from its least median (dark) to its greatest (bright)"))
                        .small()
                        .weak(),
                );
            }
        }
        sample_ui(ui, comparison);
    });
    ui.add_space(tokens::GRID);
}

/// The button that takes the page away.
pub fn close_ui(ui: &mut Ui, view: &mut View) {
    if ui.button(tr!("Back to the map")).on_hover_text("Esc").clicked() {
        view.drift.close();
    }
}

fn site_ui(ui: &mut Ui, comparison: &Comparison, shown: Shown, drift: &mut Drift) {
    let (chosen, words) = match shown {
        Shown::Site(site) => (Some(site), comparison.sites[site].name.as_str()),
        Shown::Band(_) => (None, tr!("All sites")),
    };
    let combo =
        ComboBox::from_id_salt("drift-site").selected_text(words).width(128.0).truncate().height(360.0);
    let response = combo.show_ui(ui, |ui| {
        if ui.selectable_label(chosen.is_none(), tr!("All sites")).clicked() {
            drift.site = None;
        }
        for (at, site) in comparison.sites.iter().enumerate().take(MOST_LISTED) {
            if ui.selectable_label(chosen == Some(at), &site.name).clicked() {
                drift.site = Some(site.name.clone());
            }
        }
        if comparison.sites.len() > MOST_LISTED {
            ui.label(RichText::new(tr!("Click the name of another site in the table.")).small().weak());
        }
    });
    told(
        response.response,
        tr!("Site to compare"),
        tr!("All sites by one band, or all bands of one site"),
        words,
    );
}

fn band_ui(ui: &mut Ui, comparison: &Comparison, band: usize, drift: &mut Drift) {
    let words = comparison.bands.get(band).map_or("", |band| &band.name);
    let combo =
        ComboBox::from_id_salt("drift-band").selected_text(words).width(104.0).truncate().height(360.0);
    let response = combo.show_ui(ui, |ui| {
        for (at, one) in comparison.bands.iter().enumerate() {
            if ui.selectable_label(at == band, &one.name).clicked() {
                drift.band = Some(one.name.clone());
            }
        }
    });
    told(response.response, tr!("Band to compare"), tr!("The band whose medians the table shows"), words);
}

/// Names a list for those who do not see it.
fn told(response: egui::Response, name: &'static str, hint: &'static str, words: &str) {
    response.on_hover_text(hint).widget_info(|| WidgetInfo {
        current_text_value: Some(words.to_owned()),
        ..WidgetInfo::labeled(Role::ComboBox, true, name)
    });
}

/// What the colours of the table mean.
fn legend_ui(ui: &mut Ui, band: Option<&ComparedBand>) {
    let Some(band) = band else { return };
    let figure = |value: f32| RichText::new(value_words(value)).small().monospace();
    ui.label(RichText::new(tr!("Median")).small().weak());
    ui.label(figure(band.medians.0));
    let (rect, response) = ui.allocate_exact_size(Vec2::new(72.0, 10.0), Sense::hover());
    let steps = 36;
    for step in 0..steps {
        let of = |step: i32| rect.left() + rect.width() * step as f32 / steps as f32;
        let part = Rect::from_min_max(pos2(of(step), rect.top()), pos2(of(step + 1), rect.bottom()));
        let [r, g, b] = Ramp::default().colour((step as f32 + 0.5) / steps as f32);
        ui.painter().rect_filled(part, 0.0, egui::Color32::from_rgb(r, g, b));
    }
    response.on_hover_text(tr!(
        "A darker cell has a lower median. A mark in the corner tells a date that stands out"
    ));
    ui.label(figure(band.medians.1));
    ui.label(RichText::new(tr_word(band.unit.name())).small().weak());
}

/// How many pixels were looked at.
fn sample_ui(ui: &mut Ui, comparison: &Comparison) {
    let sites = &comparison.sites;
    let seen: u64 = sites.iter().map(|site| site.statistics.pixels).sum();
    let all: u64 = sites.iter().map(|site| site.statistics.of_pixels).sum();
    let grouped = |n: u64| format::grouped(n as i64);
    let words = match seen == all {
        true => tr!("all {n} pixels", n = grouped(seen)),
        false => tr!("{n} of {m} pixels, evenly spread", n = grouped(seen), m = grouped(all)),
    };
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let label = egui::Label::new(RichText::new(words).small().weak()).truncate();
        ui.add(label).on_hover_text(tr!("How many pixels the figures are of"));
    });
}

/// "0.0342", "1 234": figures that count.
pub fn value_words(value: f32) -> String {
    let size = value.abs();
    match size {
        _ if size >= 1000.0 => format::grouped(value.round() as i64),
        _ if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}
