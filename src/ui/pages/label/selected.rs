//! The annotation that is selected: its class, how sure, what is left of it.

use crate::app::{AnnotationChange, Command, OpenProject};
use crate::labels::Confidence;
use crate::ui::view::View;
use crate::ui::{format, rhythm, widgets};
use egui::{ComboBox, RichText, Ui};

pub fn selected_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let Some(annotation) = project.selected().and_then(|id| project.annotation(id)) else { return };
    widgets::section(ui, &format!("Annotation {}", annotation.id));
    ui.horizontal(|ui| {
        let class = project.document.legend.class(annotation.class);
        ComboBox::from_id_salt("class of the selected")
            .selected_text(class.map_or("unknown class", |c| c.name.as_str()))
            .width(148.0)
            .show_ui(ui, |ui| {
                for class in &project.document.legend.classes {
                    let chosen = class.code == annotation.class;
                    if ui.selectable_label(chosen, &class.name).clicked() && !chosen {
                        let change = AnnotationChange::Class(class.code);
                        view.send(Command::ChangeAnnotations { ids: vec![annotation.id], change });
                    }
                }
            });
        let mut sure = annotation.confidence == Confidence::Sure;
        if ui.checkbox(&mut sure, "Sure").on_hover_text("Training takes the sure ones").changed() {
            let confidence = if sure { Confidence::Sure } else { Confidence::Likely };
            let change = AnnotationChange::Confidence(confidence);
            view.send(Command::ChangeAnnotations { ids: vec![annotation.id], change });
        }
        if ui.button("Delete").on_hover_text("Delete").clicked() {
            view.send(Command::DeleteAnnotations(vec![annotation.id]));
        }
    });
    match project.derived.cores.get(annotation.id) {
        Some(Ok(core)) => {
            widgets::figure(ui, "Drawn", &format::hectares(core.core.drawn_area_ha));
            widgets::figure(ui, "Core", &format::hectares(core.core.area_ha));
            widgets::figure(ui, "Pure pixels", &format::grouped(core.core.pure_pixels.len() as i64));
            if let Some(why) = core.core.emptied {
                ui.label(RichText::new(format!("No pure pixel: {why}.")).color(ui.visuals().warn_fg_color));
            }
        }
        Some(Err(why)) => {
            ui.label(RichText::new(why).color(ui.visuals().error_fg_color));
        }
        None => {}
    }
    rhythm::selected_ui(ui, project, annotation, view);
    if let Some(note) = &annotation.note {
        ui.label(RichText::new(note).small().weak());
    }
}
