//! The legend: picking, adding, editing and deleting classes.

use crate::app::{Command, OpenProject};
use crate::labels::Class;
use crate::ui::view::View;
use crate::ui::{format, tokens, widgets};
use egui::{Align, Atom, Layout, RichText, TextEdit, Ui};

pub fn legend_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    widgets::section(ui, "Legend");
    if project.document.legend.classes.is_empty() {
        ui.label(RichText::new("No class yet: add one below, then draw.").weak());
    }
    for (i, class) in project.document.legend.classes.iter().enumerate() {
        class_ui(ui, project, view, i, class);
    }
    new_class_ui(ui, view);
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
                done = Some(Some(Command::EditClass(Class {
                    name: name.clone(),
                    colour: *colour,
                    ..class.clone()
                })));
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
            let tally = project.tally(class.code);
            let (polygons, pixels) = (tally.annotations, tally.pixels);
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
