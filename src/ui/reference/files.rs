//! The questions for a file: points to import, answers to take in, where to write a sample.

use crate::app::{AppState, Command, ReferenceOrder};
use crate::project::reference::ReferenceFormat;
use crate::ui::dialogs::{answer_ui, path_ui};
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{tokens, widgets};
use egui::{Context, Id, Modal, RichText, TextEdit};
use std::path::{Path, PathBuf};

/// What is done with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Import,
    Answers { sample: String },
    Export { sample: String },
}

/// What is asked for so far.
#[derive(Debug, Clone)]
pub struct FileForm {
    what: What,
    file: String,
    /// The name of an imported sample; that of the file where it is empty.
    name: String,
    field: String,
    replace: bool,
}

impl FileForm {
    fn of(what: What) -> Self {
        Self { what, file: String::new(), name: String::new(), field: String::new(), replace: false }
    }

    /// Points to take in.
    pub fn import() -> Self {
        Self::of(What::Import)
    }

    /// Answers to take into a sample.
    pub fn answers(sample: &str) -> Self {
        Self::of(What::Answers { sample: sample.into() })
    }

    /// A sample to write.
    pub fn export(sample: &str) -> Self {
        Self::of(What::Export { sample: sample.into() })
    }

    /// Takes the file that was chosen in a dialog of the system.
    pub fn take(&mut self, file: &Path) {
        self.file = file.display().to_string();
        self.replace |= matches!(self.what, What::Export { .. });
    }

    fn order(&self, state: &AppState) -> ReferenceOrder {
        let given = |text: &str| Some(text.trim().to_string()).filter(|text| !text.is_empty());
        let file = PathBuf::from(self.file.trim());
        let class_field = given(&self.field);
        match &self.what {
            What::Import => {
                ReferenceOrder::Import { file, name: given(&self.name), class_field, replace: self.replace }
            }
            What::Answers { sample } => ReferenceOrder::TakeAnswers {
                name: sample.clone(),
                file,
                class_field,
                interpreter: given(&self.name).or_else(|| state.author.clone()),
            },
            What::Export { sample } => {
                ReferenceOrder::Export { name: sample.clone(), file, replace: self.replace }
            }
        }
    }
}

/// Paints the question, where there is one.
pub fn files_ui(ctx: &Context, state: &AppState, view: &mut View) {
    let Some(mut form) = view.reference.file.take() else { return };
    let (mut command, mut cancelled) = (None, false);
    let modal = Modal::new(Id::unique("reference file")).show(ctx, |ui| {
        ui.set_width(460.0);
        ui.heading(match &form.what {
            What::Import => tr!("Import points as a reference sample").to_string(),
            What::Answers { sample } => tr!("Take answers into {sample}", sample = sample),
            What::Export { sample } => tr!("Export {name}", name = sample),
        });
        ui.add_space(tokens::GRID);
        let save = matches!(form.what, What::Export { .. });
        let before = form.file.clone();
        path_ui(ui, tr!("File"), &mut form.file, |ui| view.dialogs.browse_reference(ui.ctx(), save));
        if form.file != before {
            // Whoever typed another name has not been asked about that one.
            form.replace = false;
        }
        let mut field = |name: &str, text: &mut String, hint: &str| {
            ui.horizontal(|ui| {
                let label = widgets::left_name(ui, tokens::NAMES, name);
                ui.add(TextEdit::singleline(text).desired_width(f32::INFINITY).hint_text(hint))
                    .labelled_by(label.id);
            });
        };
        let of_file = tr!("that of the file unless given");
        let likely = tr!("the likely one unless given");
        match &form.what {
            What::Import => {
                field(tr!("Name"), &mut form.name, of_file);
                field(tr!("Class field"), &mut form.field, likely);
            }
            What::Answers { .. } => {
                field(
                    tr!("Interpreter"),
                    &mut form.name,
                    tr!("of answers that do not say who; you unless given"),
                );
                field(tr!("Class field"), &mut form.field, likely);
            }
            What::Export { .. } => {}
        }
        let words = match &form.what {
            What::Import => tr!(
                "GeoJSON, GeoPackage, other vector files with points, or a table with longitude and latitude."
            ),
            What::Answers { .. } => {
                tr!("A table or vector file with the number of each unit (number or PLOTID) and its class.")
            }
            What::Export { .. } => {
                tr!("End the name in .geojson or .gpkg, or in .csv for Collect Earth Online.")
            }
        };
        ui.label(RichText::new(words).small().weak());
        if !matches!(form.what, What::Answers { .. }) {
            ui.checkbox(&mut form.replace, tr!("Replace what is there"));
        }
        let file = form.file.trim();
        let ready = !file.is_empty() && (!save || ReferenceFormat::of(Path::new(file)).is_some());
        let yes = match &form.what {
            What::Import => tr!("Import"),
            What::Answers { .. } => tr!("Take in"),
            What::Export { .. } => tr!("Export"),
        };
        (command, cancelled) = answer_ui(ui, yes, ready, || Command::Reference(form.order(state)));
    });
    if let Some(command) = command {
        view.send(command);
    } else if !cancelled && !modal.should_close() {
        view.reference.file = Some(form);
    }
}
