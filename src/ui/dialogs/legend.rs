//! Questions about the legend: what becomes of annotations, which file, which preset.

use super::{Chosen, answer_ui, path_ui, title};
use crate::app::{AppState, Command, OpenProject, Orphans};
use crate::labels::{ClassCode, Combine, Preset};
use crate::ui::format;
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below, tr_word};
use egui::{ComboBox, Context, Id, Modal, RichText, Ui};
use std::path::{Path, PathBuf};

/// A question on screen.
pub enum Question {
    Delete { code: ClassCode, annotations: Orphans },
    Merge { code: ClassCode, into: ClassCode },
    Import { file: String, how: Combine },
    Export { file: String },
    Preset { preset: Preset, how: Combine },
}

impl super::Dialogs {
    /// Asks what becomes of the annotations of a class that is to be deleted.
    pub fn ask_delete_class(&mut self, code: ClassCode) {
        self.legend = Some(Question::Delete { code, annotations: Orphans::Refuse });
    }

    /// Asks whether a class is to be merged into another one.
    pub fn ask_merge(&mut self, code: ClassCode, into: ClassCode) {
        self.legend = Some(Question::Merge { code, into });
    }

    /// Asks for a file with a legend.
    pub fn ask_legend_import(&mut self) {
        self.legend = Some(Question::Import { file: String::new(), how: Combine::Replace });
    }

    /// Asks where to write the legend.
    pub fn ask_legend_export(&mut self) {
        self.legend = Some(Question::Export { file: String::new() });
    }

    /// Asks how to take in a preset.
    pub fn ask_preset(&mut self, preset: Preset) {
        self.legend = Some(Question::Preset { preset, how: Combine::Replace });
    }

    /// A file of a legend was chosen.
    pub fn legend_file(&mut self, path: &Path) {
        if let Some(Question::Import { file, .. } | Question::Export { file }) = &mut self.legend {
            *file = path.display().to_string();
        }
    }
}

pub fn questions_ui(ctx: &Context, state: &AppState, view: &mut View) {
    let Some(mut question) = view.dialogs.legend.take() else { return };
    let Some(project) = &state.project else { return };
    let mut answer = (None, false);
    let modal = Modal::new(Id::unique("legend question")).show(ctx, |ui| {
        ui.set_width(460.0);
        answer = question_ui(ui, project, view, &mut question);
    });
    match answer {
        (Some(command), _) => view.send(command),
        (None, false) if !modal.should_close() => view.dialogs.legend = Some(question),
        _ => {}
    }
}

fn question_ui(
    ui: &mut Ui,
    project: &OpenProject,
    view: &mut View,
    question: &mut Question,
) -> (Option<Command>, bool) {
    match question {
        Question::Delete { code, annotations } => {
            let name = name_of(project, *code);
            title(ui, &tr!("Delete {name}", name = name));
            ui.label(tr!(
                "{name} has {annotations}. What becomes of them?",
                name = name,
                annotations = amount(project, *code)
            ));
            ui.radio_value(annotations, Orphans::Delete, tr!("Delete them too"));
            let legend = &project.document.legend;
            let first = legend.classes.iter().map(|class| class.code).find(|other| other != code);
            if let Some(first) = first {
                ui.horizontal(|ui| {
                    let gives = matches!(annotations, Orphans::Give(_));
                    if ui.radio(gives, tr!("Give them another class")).clicked() && !gives {
                        *annotations = Orphans::Give(first);
                    }
                    if let Orphans::Give(other) = annotations {
                        other_class_ui(ui, project, *code, other);
                    }
                });
            }
            ui.label(RichText::new(tr!("Models and maps made before keep their own legend.")).small().weak());
            answer_ui(ui, tr!("Delete class"), *annotations != Orphans::Refuse, || Command::DeleteClass {
                code: *code,
                annotations: *annotations,
            })
        }
        Question::Merge { code, into } => {
            let (name, other) = (name_of(project, *code), name_of(project, *into));
            title(ui, &tr!("Merge {name} into {other}", name = name, other = other));
            ui.label(tr!(
                "{name} goes. Its {annotations} become {other}.",
                name = name,
                annotations = amount(project, *code),
                other = other
            ));
            answer_ui(ui, tr!("Merge"), true, || Command::DeleteClass {
                code: *code,
                annotations: Orphans::Give(*into),
            })
        }
        Question::Import { file, how } => {
            title(ui, tr!("Import a legend"));
            path_ui(ui, tr!("File"), file, |ui| {
                // The dialog's thread does not know the window's language.
                let kinds = tr!("QGIS style, table, list");
                view.dialogs.browse(ui.ctx(), move || {
                    let dialog = rfd::FileDialog::new();
                    let dialog = dialog.add_filter(kinds, &["qml", "csv", "txt", "json"]);
                    dialog.pick_file().map(Chosen::Legend)
                });
            });
            ui.radio_value(how, Combine::Replace, tr!("Replace the legend")).on_hover_text(tr!(
                "Annotations follow their classes by name; classes in use that the file lacks are kept"
            ));
            ui.radio_value(how, Combine::Merge, tr!("Merge by name")).on_hover_text(tr!(
                "Classes of the same name take the file's colour and keep their code; the rest is added"
            ));
            let words = tr!(
                "A QGIS style (.qml), a table with the columns code, name and colour (.csv), or a list (.json)."
            );
            ui.label(RichText::new(words).small().weak());
            answer_ui(ui, tr!("Import"), !file.trim().is_empty(), || Command::ImportLegend {
                file: PathBuf::from(file.trim()),
                how: *how,
            })
        }
        Question::Export { file } => {
            title(ui, tr!("Export the legend"));
            path_ui(ui, tr!("File"), file, |ui| {
                let kinds = tr!("QGIS style, table, list");
                view.dialogs.browse(ui.ctx(), move || {
                    let dialog = rfd::FileDialog::new().set_file_name("legend.qml");
                    let dialog = dialog.add_filter(kinds, &["qml", "csv", "json"]);
                    dialog.save_file().map(Chosen::Legend)
                });
            });
            let words = tr!(
                "Its ending says how it is written: .qml is a QGIS style for rasters (without groups and buffers), .csv a table, .json a list. A file of this name is replaced."
            );
            ui.label(RichText::new(words).small().weak());
            answer_ui(ui, tr!("Export"), !file.trim().is_empty(), || {
                Command::ExportLegend(PathBuf::from(file.trim()))
            })
        }
        Question::Preset { preset, how } => {
            title(ui, tr_word(preset.title()));
            ui.label(format!("{}.", tr_word(preset.explanation())));
            ui.radio_value(how, Combine::Replace, tr!("Replace the legend"));
            ui.radio_value(how, Combine::AddMissing, tr!("Add what is missing"));
            let what_comes = project.combined(&preset.legend(), *how);
            let words = match &what_comes {
                Ok(combined) if !combined.kept.is_empty() => tr!(
                    "The legend will have {classes}. Kept at its end, since annotations use them: {kept}.",
                    classes = classes(combined.legend.classes.len()),
                    kept = combined.kept.join(", ")
                ),
                Ok(combined) => {
                    tr!("The legend will have {classes}.", classes = classes(combined.legend.classes.len()))
                }
                Err(why) => tr_below(why).into_owned(),
            };
            ui.label(RichText::new(words).weak());
            answer_ui(ui, tr!("Take it"), what_comes.is_ok(), || Command::TakeLegend {
                legend: preset.legend(),
                how: *how,
            })
        }
    }
}

fn classes(n: usize) -> String {
    if n == 1 { tr!("1 class").into() } else { tr!("{n} classes", n = n) }
}

fn name_of(project: &OpenProject, code: ClassCode) -> String {
    project
        .document
        .legend
        .class(code)
        .map_or_else(|| tr!("class {code}", code = code), |class| class.name.clone())
}

/// "4 annotations with 1 024 pure pixels".
fn amount(project: &OpenProject, code: ClassCode) -> String {
    let tally = project.tally(code);
    let annotations = format::count(tally.annotations, "annotation");
    match project.grid() {
        Some(_) => tr!(
            "{annotations} with {pixels}",
            annotations = annotations,
            pixels = format::count(tally.pixels, "pure pixel")
        ),
        None => annotations,
    }
}

fn other_class_ui(ui: &mut Ui, project: &OpenProject, code: ClassCode, other: &mut ClassCode) {
    let combo =
        ComboBox::from_id_salt("heir").selected_text(name_of(project, *other)).width(180.0).truncate();
    let response = combo.show_ui(ui, |ui| {
        for class in project.document.legend.classes.iter().filter(|class| class.code != code) {
            ui.selectable_value(other, class.code, &class.name);
        }
    });
    let name = || egui::WidgetInfo::labeled(egui::Role::ComboBox, true, tr!("Class for the annotations"));
    response.response.widget_info(name);
}
