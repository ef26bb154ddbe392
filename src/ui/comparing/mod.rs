//! Comparing two maps on the Assess page: the choice, how to look at them, and which is better, by how much and where.

mod figures;

use super::view::View;
use super::widgets;
use super::words::tr;
use crate::app::{AppState, Command, CompareRequest, OpenProject};
use crate::jobs::JobKind;
use crate::project::CompareMode;
use egui::{ComboBox, Label, RichText, Role, Ui, WidgetInfo};

/// Width of the lists of maps.
const LIST: f32 = 200.0;

/// What the section remembers.
#[derive(Default)]
pub struct ComparingView {
    /// The site that maps were chosen for.
    site: String,
    maps: [Option<String>; 2],
    reference: Option<String>,
}

impl ComparingView {
    /// Both maps: those chosen, else the one on screen and the first other one. `None` where there are not two.
    fn chosen(&mut self, project: &OpenProject) -> Option<[String; 2]> {
        let names = project.map_names();
        let site = project.site.as_ref().map_or("", |site| site.name.as_str());
        if self.site != site {
            *self = Self { site: site.into(), ..Self::default() };
        }
        self.maps.iter_mut().for_each(|map| drop(map.take_if(|map| !names.contains(map))));
        let shown = project.map().map(|map| &map.name).filter(|name| names.contains(name));
        let first = self.maps[0].clone().or_else(|| shown.cloned()).or_else(|| names.first().cloned())?;
        let other = names.iter().find(|name| **name != first).cloned();
        let second = self.maps[1].clone().filter(|name| *name != first).or(other)?;
        Some([first, second])
    }
}

/// The section of the page.
pub fn comparing_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    ui.separator();
    widgets::section(ui, tr!("Compare maps"));
    let Some(maps) = view.comparing.chosen(project) else {
        let words =
            tr!("Two maps of this site are needed: map it with another model, or import a map of it.");
        ui.add(Label::new(RichText::new(words).weak()).wrap());
        import_ui(ui, project, view);
        return;
    };
    for (side, name) in [(0, tr!("First map")), (1, tr!("Second map"))] {
        map_ui(ui, project, view, (side, name), &maps[side]);
    }
    reference_ui(ui, project, view);
    ui.horizontal_wrapped(|ui| {
        for (mode, words) in
            [(CompareMode::Swipe, tr!("Swipe both")), (CompareMode::Differences, tr!("Show differences"))]
        {
            if ui.button(words).clicked() {
                look(project, view, &maps, mode);
            }
        }
        import_ui(ui, project, view);
    });
    let busy = state.job(JobKind::CompareMaps).is_some();
    let ready = !busy && project.folder.read_only().is_none();
    ui.horizontal(|ui| {
        let hint = tr!("On annotations that neither model has seen, with an interval of the difference");
        if widgets::primary(ui, ready, tr!("Compare")).on_hover_text(hint).clicked() {
            let reference = view.comparing.reference.clone();
            view.send(Command::CompareMaps(CompareRequest { maps: maps.clone(), site: None, reference }));
        }
        if busy {
            ui.spinner();
        }
    });
    let here = project.site.as_ref().map(|site| &site.name);
    if let Some(compared) = project.last.compared.as_ref().filter(|of| Some(&of.site) == here) {
        figures::figures_ui(ui, compared);
    }
}

fn map_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, (side, words): (usize, &str), chosen: &str) {
    ui.horizontal(|ui| {
        widgets::left_name(ui, 88.0, words);
        let combo = ComboBox::from_id_salt(words).selected_text(chosen).width(LIST).truncate();
        let response = combo.show_ui(ui, |ui| {
            for name in project.map_names() {
                if ui.selectable_label(name == chosen, name).clicked() {
                    view.comparing.maps[side] = Some(name.clone());
                }
            }
        });
        response.response.widget_info(|| WidgetInfo {
            current_text_value: Some(chosen.to_owned()),
            ..WidgetInfo::labeled(Role::ComboBox, true, words)
        });
    });
}

/// The reference sample that both are held against, where the project has one.
fn reference_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let names = &project.references().names;
    let chosen = &mut view.comparing.reference;
    chosen.take_if(|name| !names.contains(name));
    if names.is_empty() {
        return;
    }
    ui.horizontal(|ui| {
        widgets::left_name(ui, 88.0, tr!("Held against"));
        let shown = chosen.clone().unwrap_or_else(|| tr!("annotations alone").into());
        let combo = ComboBox::from_id_salt("held against").selected_text(&shown).width(LIST).truncate();
        let response = combo.show_ui(ui, |ui| {
            ui.selectable_value(chosen, None, tr!("annotations alone"));
            for name in names {
                ui.selectable_value(chosen, Some(name.clone()), name);
            }
        });
        response.response.widget_info(|| WidgetInfo {
            current_text_value: Some(shown.clone()),
            ..WidgetInfo::labeled(Role::ComboBox, true, tr!("Reference sample to compare on"))
        });
    });
}

fn import_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let ready = project.folder.read_only().is_none() && project.site.is_some();
    let hint = tr!("A map of PEARL, ESA WorldCover or any other raster of classes");
    if ui.add_enabled(ready, egui::Button::new(tr!("Import a map…"))).on_hover_text(hint).clicked() {
        view.map_in.show();
    }
}

/// Shows both maps on the map.
fn look(project: &OpenProject, view: &mut View, [first, second]: &[String; 2], mode: CompareMode) {
    view.map.calendar.open = false;
    view.send(Command::ShowMap(first.clone()));
    let mut comparison = project.comparing(mode);
    (comparison.main_map, comparison.other_map) = (true, Some(second.clone()));
    view.send(Command::Compare(comparison));
}
