//! Editing one class: name, colour, code, group, buffer; moving, merging and deleting it.

use crate::app::{Command, OpenProject, Orphans};
use crate::labels::{Class, ClassCode};
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{format, tokens};
use egui::{Button, DragValue, Frame, Key, RichText, TextEdit, Ui};

/// A class as it will be.
pub(super) struct Draft {
    /// The code that it has.
    code: ClassCode,
    /// What it is going to be.
    class: Class,
    /// Its group so far; none where it is empty.
    group: String,
    /// Its buffer, in metres, where it has one of its own.
    buffer_m: f64,
}

/// Whether this class is being edited.
pub(super) fn is_edited(view: &View, code: ClassCode) -> bool {
    view.legend.editing.as_ref().is_some_and(|draft| draft.code == code)
}

/// Begins to edit a class; what was begun with another one is given up.
pub(super) fn begin(view: &mut View, project: &OpenProject, class: &Class) {
    view.legend.editing = Some(Draft {
        code: class.code,
        group: class.group.clone().unwrap_or_default(),
        buffer_m: class.buffer_m.unwrap_or(project.document.settings.buffer_m),
        class: class.clone(),
    });
}

/// Width of the names of fields.
const NAMES: f32 = 52.0;

pub(super) fn edit_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, place: usize, class: &Class) {
    let Some(mut draft) = view.legend.editing.take() else { return };
    if draft.class.group != class.group {
        // The class was moved into a group or out of one.
        draft.class.group = class.group.clone();
        draft.group = class.group.clone().unwrap_or_default();
    }
    let mut keep = true;
    Frame::group(ui.style()).inner_margin(2.0 * tokens::GRID).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let enter = fields_ui(ui, project, &mut draft);
        let why_not = code_ui(ui, project, &draft, class);
        ui.horizontal(|ui| {
            let ok = ui.add_enabled(why_not.is_none(), Button::new(tr!("OK")));
            if ok.on_hover_text(tr!("Enter")).clicked() || (enter && why_not.is_none()) {
                keep = false;
                view.commands.extend(draft.command(class));
            }
            keep &= !ui.button(tr!("Leave")).on_hover_text(tr!("Leaves the class as it is")).clicked();
            let last = project.document.legend.classes.len().saturating_sub(1);
            for (words, can, to) in [
                (tr!("Move up"), place > 0, place.saturating_sub(1)),
                (tr!("Move down"), place < last, place + 1),
            ] {
                if ui.add_enabled(can, Button::new(words)).clicked() {
                    view.send(Command::MoveClass { code: class.code, to });
                }
            }
        });
        ui.horizontal(|ui| {
            let others = project.document.legend.classes.iter().filter(|other| other.code != class.code);
            let menu = ui.menu_button(tr!("Merge into"), |ui| {
                egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
                    for other in others {
                        if ui.button(&other.name).clicked() {
                            view.dialogs.ask_merge(class.code, other.code);
                            ui.close();
                        }
                    }
                });
            });
            menu.response
                .on_hover_text(tr!("Gives the annotations of {name} another class", name = class.name));
            let annotations = project.tally(class.code).annotations;
            let words = if annotations > 0 { tr!("Delete…") } else { tr!("Delete") };
            let hint = match annotations {
                0 => tr!("Deletes {name}; no annotation uses it", name = class.name),
                n => {
                    tr!(
                        "Deletes {name}; asks what becomes of {annotations}",
                        name = class.name,
                        annotations = format::count(n, "annotation")
                    )
                }
            };
            if ui.button(words).on_hover_text(hint).clicked() {
                if annotations > 0 {
                    view.dialogs.ask_delete_class(class.code);
                } else {
                    keep = false;
                    view.send(Command::DeleteClass { code: class.code, annotations: Orphans::Refuse });
                }
            }
        });
    });
    if keep {
        view.legend.editing = Some(draft);
    }
}

/// Name, colour, code, group and buffer; whether Enter was pressed in one of them.
fn fields_ui(ui: &mut Ui, project: &OpenProject, draft: &mut Draft) -> bool {
    let mut enter = false;
    let text_ui = |ui: &mut Ui, name: &str, hint: &str, text: &mut String| {
        let label = ui.add_sized([NAMES, tokens::TARGET], egui::Label::new(RichText::new(name).weak()));
        let width = (ui.available_width() - 52.0).max(80.0);
        let field = ui.add(TextEdit::singleline(text).desired_width(width)).labelled_by(label.id);
        let enter = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        field.on_hover_text(hint);
        enter
    };
    ui.horizontal(|ui| {
        enter |= text_ui(ui, tr!("Name"), tr!("Name of the class"), &mut draft.class.name);
        ui.color_edit_button_srgb(&mut draft.class.colour).on_hover_text(tr!("Colour of the class"));
    });
    ui.horizontal(|ui| {
        enter |= text_ui(
            ui,
            tr!("Group"),
            tr!("Classes of one group stand under one heading; empty for none"),
            &mut draft.group,
        );
        let mut groups: Vec<_> =
            project.document.legend.classes.iter().filter_map(|class| class.group.as_deref()).collect();
        groups.dedup();
        if !groups.is_empty() {
            let menu = ui.menu_button(RichText::new(tr!("Pick")).small(), |ui| {
                for group in groups {
                    if ui.button(group).clicked() {
                        draft.group = group.to_owned();
                    }
                }
            });
            menu.response.on_hover_text(tr!("Groups that are there"));
        }
    });
    ui.horizontal(|ui| {
        ui.add_sized([NAMES, tokens::TARGET], egui::Label::new(RichText::new(tr!("Code")).weak()));
        let code = f64::from(draft.class.code);
        let field = ui.add(DragValue::new(&mut draft.class.code).range(1..=254).speed(0.2));
        named(&field, tr!("Code"), code);
        field.on_hover_text(tr!(
            "In rasters, models and maps: 1 to 254. The order of the legend is apart from it"
        ));
        let mut own = draft.class.buffer_m.is_some();
        ui.checkbox(&mut own, tr!("Own buffer")).on_hover_text(tr!(
            "The inward buffer of its annotations; the project's, {m} m, otherwise",
            m = format::trimmed(project.document.settings.buffer_m)
        ));
        let drag = DragValue::new(&mut draft.buffer_m).range(0.0..=1000.0).speed(1.0).max_decimals(1);
        let field = ui.add_enabled(own, drag.suffix(" m"));
        named(&field, tr!("Buffer of the class"), draft.buffer_m);
        draft.class.buffer_m = own.then_some(draft.buffer_m);
    });
    enter
}

/// Gives a field of a number its name for assistive technology.
fn named(field: &egui::Response, name: &str, value: f64) {
    let enabled = field.enabled();
    field.widget_info(|| egui::WidgetInfo {
        value: Some(value),
        ..egui::WidgetInfo::labeled(egui::Role::SpinButton, enabled, name)
    });
}

/// What another code brings, or why it cannot be given.
fn code_ui(ui: &mut Ui, project: &OpenProject, draft: &Draft, class: &Class) -> Option<String> {
    if draft.class.code == draft.code {
        return None;
    }
    if let Some(other) = project.document.legend.class(draft.class.code) {
        let why = tr!("{name} has the code {code} already", name = other.name, code = other.code);
        ui.label(RichText::new(&why).color(ui.visuals().error_fg_color));
        return Some(why);
    }
    let models = project.models_with(class.code);
    let words = match models.is_empty() {
        true => tr!("Annotations follow.").to_string(),
        false => tr!(
            "Annotations follow. Files of maps made with {models} keep the code {code} for {class}.",
            models = models.join(", "),
            code = class.code,
            class = class.name
        ),
    };
    ui.label(RichText::new(words).color(ui.visuals().warn_fg_color));
    None
}

impl Draft {
    /// The code that the class has.
    pub(super) fn code(&self) -> ClassCode {
        self.code
    }

    /// What carries it out; nothing where nothing was changed.
    fn command(&self, class: &Class) -> Option<Command> {
        let group = Some(self.group.trim().to_owned()).filter(|group| !group.is_empty());
        let edited = Class { name: self.class.name.trim().to_owned(), group, ..self.class.clone() };
        match () {
            () if edited == *class => None,
            () if edited.code == class.code => Some(Command::EditClass(edited)),
            () => Some(Command::RecodeClass { from: class.code, class: edited }),
        }
    }
}
