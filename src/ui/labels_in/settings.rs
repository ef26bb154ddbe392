//! On the right: which field is what, and what is said of everything that is imported.

use super::{LabelsIn, name_list};
use crate::app::OpenProject;
use crate::labels::Confidence;
use crate::labels::import::{Column, Numbers};
use crate::ui::view::View;
use crate::ui::words::{tr, tr_word};
use crate::ui::{format, tokens, widgets};
use egui::{Align, CollapsingHeader, ComboBox, DragValue, Label, Layout, RichText, ScrollArea, Ui, Vec2};
use serde_json::Value;

/// Width of the names of settings.
const NAMES: f32 = 92.0;
/// Width of what is chosen.
const CHOSEN: f32 = tokens::RIGHT_PANEL - NAMES - 40.0;

pub fn settings_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let page = &mut view.labels_in;
    let columns = columns(project, page);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        widgets::section(ui, tr!("Class"));
        class_ui(ui, project, page, &columns);
        widgets::section(ui, tr!("What is said of them"));
        row(ui, tr!("Confidence"), tr!("How sure what is imported is, where no field says"), |ui| {
            ui.selectable_value(&mut page.confidence, Confidence::Sure, tr!("Sure"))
                .on_hover_text(tr!("Training takes them"));
            ui.selectable_value(&mut page.confidence, Confidence::Likely, tr!("Likely"))
                .on_hover_text(tr!("Training leaves them unless told otherwise"));
        });
        row(
            ui,
            tr!("Inward buffer"),
            tr!("Of their own; otherwise that of their class or the project"),
            |ui| {
                ui.checkbox(&mut page.own_buffer, tr!("of their own"));
                ui.add_enabled(
                    page.own_buffer,
                    DragValue::new(&mut page.buffer_m).range(0.0..=1000.0).speed(1.0).suffix(" m"),
                );
            },
        );
        CollapsingHeader::new(tr!("Fields with more")).show(ui, |ui| {
            let fields = &mut page.fields;
            let choices = [
                (tr!("Confidence"), tr!("“sure” or “likely”"), &mut fields.confidence),
                (tr!("Author"), tr!("Who drew it"), &mut fields.author),
                (tr!("Note"), tr!("What was noted; the file's name otherwise"), &mut fields.note),
                (tr!("From"), tr!("The first date it holds for"), &mut fields.from),
                (tr!("To"), tr!("The last date it holds for"), &mut fields.to),
                (tr!("Buffer"), tr!("An inward buffer in metres"), &mut fields.buffer),
            ];
            for (name, hint, field) in choices {
                row(ui, name, hint, |ui| field_ui(ui, name, tr!("none"), field, &columns));
            }
        });
        ui.add_space(4.0 * tokens::GRID);
    });
}

/// A setting: its name, and what it is.
fn row(ui: &mut Ui, name: &str, hint: &str, content: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        let size = Vec2::new(NAMES, tokens::TARGET);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(NAMES);
            ui.add(Label::new(RichText::new(name).weak()).truncate()).on_hover_text(hint);
        });
        content(ui);
    });
}

/// A field with some of what it holds.
struct Choice {
    name: String,
    examples: String,
}

fn columns(project: &OpenProject, page: &LabelsIn) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for file in page.last(project).iter().flat_map(|last| &last.read.files) {
        for column in file.columns.iter().filter(|_| !file.is_raster) {
            if choices.iter().all(|choice| choice.name != column.name) {
                choices.push(Choice { name: column.name.clone(), examples: examples(column) });
            }
        }
    }
    choices
}

fn examples(column: &Column) -> String {
    const SHOWN: usize = 3;
    let text = |(value, _): (&Value, usize)| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let shown: Vec<String> = column.values().take(SHOWN).map(text).collect();
    let number = column.different();
    match number {
        0 => tr!("empty").into(),
        _ if column.overflowed => {
            tr!("{values} … more than {n}", values = shown.join(", "), n = format::grouped(number as i64))
        }
        _ if number > SHOWN => format!("{} … {}", shown.join(", "), format::count(number, "value")),
        _ => shown.join(", "),
    }
}

fn class_ui(ui: &mut Ui, project: &OpenProject, page: &mut LabelsIn, columns: &[Choice]) {
    let last = page.last(project);
    let is_raster = last.is_some_and(|last| last.read.files.iter().all(|file| file.is_raster));
    let guessed =
        last.and_then(|last| last.told.as_ref().ok()?.files.first().map(|file| file.class_field.clone()));
    if !is_raster {
        let none = guessed.map_or(tr!("choose one").to_owned(), |name| tr!("{name} (guessed)", name = name));
        row(ui, tr!("Class field"), tr!("The field that holds the class"), |ui| {
            field_ui(ui, tr!("Class field"), &none, &mut page.class_field, columns);
        });
    }
    let shown = page
        .numbers
        .map_or(if is_raster { tr!("choose one") } else { tr_word(Numbers::NamesThenCodes.title()) }, |n| {
            tr_word(n.title())
        });
    row(ui, tr!("Numbers are"), tr!("What values that are numbers mean"), |ui| {
        let choice = ComboBox::from_id_salt("numbers").selected_text(shown).width(CHOSEN).truncate();
        let response = choice.show_ui(ui, |ui| {
            for numbers in Numbers::ALL {
                ui.selectable_value(&mut page.numbers, Some(numbers), tr_word(numbers.title()));
            }
        });
        name_list(&response.response, tr!("Numbers are"), shown);
    });
}

fn field_ui(ui: &mut Ui, id: &str, none: &str, field: &mut Option<String>, columns: &[Choice]) {
    let shown = field.as_deref().unwrap_or(none).to_owned();
    let choice = ComboBox::from_id_salt(("field", id)).selected_text(&shown).width(CHOSEN).truncate();
    let response = choice.show_ui(ui, |ui| {
        ui.set_min_width(CHOSEN);
        ui.selectable_value(field, None, none);
        for choice in columns {
            let is_it = field.as_ref() == Some(&choice.name);
            let button =
                egui::Button::selectable(is_it, (&choice.name, RichText::new(&choice.examples).weak()));
            if ui.add(button.truncate()).on_hover_text(&choice.examples).clicked() {
                *field = Some(choice.name.clone());
            }
        }
    });
    name_list(&response.response, id, &shown);
}
