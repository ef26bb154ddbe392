//! Label: the legend, the inward buffer, the annotations.

use super::page;
use crate::app::{Command, OpenProject};
use crate::labels::{Annotation, Class, Confidence};
use crate::ui::view::View;
use crate::ui::{format, tokens, widgets};
use egui::{Align, Atom, ComboBox, DragValue, Layout, RichText, TextEdit, Ui};

pub fn label_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    page(ui, |ui| {
        widgets::section(ui, "Legend");
        if project.document.legend.classes.is_empty() {
            ui.label(RichText::new("No class yet: add one below, then draw.").weak());
        }
        for (i, class) in project.document.legend.classes.iter().enumerate() {
            class_ui(ui, project, view, i, class);
        }
        new_class_ui(ui, view);
        buffer_ui(ui, project, view);
        selected_ui(ui, project, view);
        list_ui(ui, project, view);
    });
}

fn class_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, i: usize, class: &Class) {
    if let Some((code, name, colour)) = &mut view.editing_class
        && *code == class.code
    {
        let mut done = None;
        ui.horizontal(|ui| {
            ui.color_edit_button_srgb(colour);
            let field = TextEdit::singleline(name).desired_width(128.0);
            let field = ui.add(field).on_hover_text("Name of the class");
            let enter = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
            if ui.button("OK").clicked() || enter {
                done = Some(Some(Command::EditClass { code: *code, name: name.clone(), colour: *colour }));
            }
            if ui.button("Delete").on_hover_text("Deletes the class; no annotation may use it").clicked() {
                done = Some(Some(Command::DeleteClass(*code)));
            }
            if ui.button("×").on_hover_text("Leaves it as it is").clicked() {
                done = Some(None);
            }
        });
        if let Some(command) = done {
            view.editing_class = None;
            view.commands.extend(command);
        }
        return;
    }
    ui.horizontal(|ui| {
        let key = match i {
            0..=8 => (i + 1).to_string(),
            9 => "0".into(),
            _ => " ".into(),
        };
        ui.label(RichText::new(key).monospace().weak());
        widgets::swatch(ui, class.colour);
        let chosen = project.class == Some(class.code);
        let button = egui::Button::selectable(chosen, (class.name.as_str(), Atom::grow())).truncate();
        let width = 132.0;
        let response = ui.add_sized([width, tokens::TARGET], button);
        if response.on_hover_text(format!("{}: what is drawn gets this class", class.name)).clicked() {
            view.send(Command::PickClass(class.code));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui
                .small_button("Edit")
                .on_hover_text(format!("Renames, recolours or deletes {}", class.name))
                .clicked()
            {
                view.editing_class = Some((class.code, class.name.clone(), class.colour));
            }
            let (polygons, pixels) = project.class_counts(class.code);
            let words = format!("{polygons} / {}", format::grouped(pixels as i64));
            ui.label(RichText::new(words).small().weak()).on_hover_text(format!(
                "{} with {}",
                format::count(polygons, "annotation"),
                format::count(pixels, "pure pixel")
            ));
        });
    });
}

fn new_class_ui(ui: &mut Ui, view: &mut View) {
    ui.horizontal(|ui| {
        let field = TextEdit::singleline(&mut view.new_class).hint_text("new class").desired_width(176.0);
        let field = ui.add(field);
        let enter = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let ready = !view.new_class.trim().is_empty();
        if (ui.add_enabled(ready, egui::Button::new("Add class")).clicked() || enter) && ready {
            let name = std::mem::take(&mut view.new_class);
            view.send(Command::AddClass(name.trim().to_string()));
        }
    });
}

fn buffer_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    widgets::section(ui, "Inward buffer");
    ui.horizontal(|ui| {
        let mut m = project.document.settings.buffer_m;
        let drag = DragValue::new(&mut m).range(0.0..=1000.0).speed(1.0).max_decimals(1).suffix(" m");
        let response = ui.add(drag).on_hover_text("How far from its edge a polygon's pixels are left out");
        response.widget_info(|| egui::WidgetInfo {
            value: Some(m),
            ..egui::WidgetInfo::labeled(egui::Role::SpinButton, true, "Inward buffer")
        });
        if response.changed() && !response.dragged() || response.drag_stopped() {
            view.send(Command::SetBuffer(m));
        }
        ui.label(RichText::new("from every edge").weak());
    });
}

fn selected_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let Some(annotation) = project.selected.and_then(|id| project.annotation(id)) else { return };
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
                        view.send(Command::SetAnnotationClass(annotation.id, class.code));
                    }
                }
            });
        let mut sure = annotation.confidence == Confidence::Sure;
        if ui.checkbox(&mut sure, "Sure").on_hover_text("Training takes the sure ones").changed() {
            let confidence = if sure { Confidence::Sure } else { Confidence::Likely };
            view.send(Command::SetAnnotationConfidence(annotation.id, confidence));
        }
        if ui.button("Delete").on_hover_text("Delete").clicked() {
            view.send(Command::DeleteAnnotation(annotation.id));
        }
    });
    match project.cores.get(&annotation.id) {
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
    if let Some(note) = &annotation.note {
        ui.label(RichText::new(note).small().weak());
    }
}

fn list_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    widgets::section(ui, &format::count(project.annotations.len(), "annotation"));
    if project.annotations.is_empty() {
        let words = "Pick a class, then click the corners of a place where you are sure. What stays after the inward buffer is what the model learns from.";
        ui.label(RichText::new(words).weak());
    }
    let row = tokens::TARGET;
    let list: Vec<&Annotation> = project.annotations.iter().collect();
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
    if ui.add_enabled(can, egui::Button::new("Import labels…")).on_hover_text("From GeoJSON files").clicked()
    {
        view.dialogs.ask_labels();
    }
}

fn row_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, annotation: &Annotation) {
    ui.horizontal(|ui| {
        let class = project.document.legend.class(annotation.class);
        widgets::swatch(ui, class.map_or([128; 3], |c| c.colour));
        let name = class.map_or("unknown class", |c| c.name.as_str());
        let chosen = project.selected == Some(annotation.id);
        let button =
            egui::Button::selectable(chosen, (format!("{}  {name}", annotation.id), Atom::grow())).truncate();
        if ui.add_sized([168.0, tokens::TARGET], button).clicked() {
            view.send(Command::Select((!chosen).then_some(annotation.id)));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let (words, hint) = match project.cores.get(&annotation.id) {
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
