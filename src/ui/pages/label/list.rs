//! The list of annotations.

use crate::app::{Command, OpenProject};
use crate::labels::Annotation;
use crate::ui::view::View;
use crate::ui::{format, tokens, widgets};
use egui::{Align, Atom, Layout, RichText, Ui};

pub fn list_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    widgets::section(ui, &format::count(project.annotations.len(), "annotation"));
    if project.annotations.is_empty() {
        let words = "Pick a class, then click the corners of a place where you are sure. What stays after the inward buffer is what the model learns from.";
        ui.label(RichText::new(words).weak());
    }
    let row = tokens::TARGET;
    let list: Vec<_> = project.annotations.iter().collect();
    egui::ScrollArea::vertical()
        .id_salt("annotations")
        .max_height(240.0)
        .auto_shrink([false, true])
        .show_rows(ui, row, list.len(), |ui, range| {
            for annotation in range.filter_map(|i| list.get(i)) {
                row_ui(ui, project, view, annotation);
            }
        });
    ui.add_space(tokens::GRID);
    let can = project.folder.read_only().is_none();
    let hint = "From GeoJSON, GeoPackage, Shapefiles or label rasters (Ctrl+Shift+I)";
    if ui.add_enabled(can, egui::Button::new("Import labels…")).on_hover_text(hint).clicked() {
        view.labels_in.show();
    }
}

fn row_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, annotation: &Annotation) {
    ui.horizontal(|ui| {
        let class = project.document.legend.class(annotation.class);
        widgets::swatch(ui, class.map_or([128; 3], |c| c.colour));
        let name = class.map_or("unknown class", |c| c.name.as_str());
        let chosen = project.selection.contains(&annotation.id);
        let button =
            egui::Button::selectable(chosen, (format!("{}  {name}", annotation.id), Atom::grow())).truncate();
        if ui.add_sized([168.0, tokens::TARGET], button).clicked() {
            view.send(Command::Select((!chosen).then_some(annotation.id).into_iter().collect()));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let (words, hint) = match project.derived.cores.get(annotation.id) {
                Some(Ok(core)) => match core.core.emptied {
                    None => {
                        (format!("{} px", format::grouped(core.core.pure_pixels.len() as i64)), String::new())
                    }
                    Some(why) => ("none".into(), why.to_string()),
                },
                Some(Err(why)) => ("unusable".into(), why.clone()),
                None => ("…".into(), String::new()),
            };
            let label = ui.label(RichText::new(words).small().weak());
            if !hint.is_empty() {
                label.on_hover_text(hint);
            }
        });
    });
}
