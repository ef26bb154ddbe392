//! The question what to write of a model, and where to.

use super::dialogs::{Dialogs, answer_ui, path_ui};
use super::words::{tr, tr_word};
use super::{tokens, widgets};
use crate::app::{Command, ExportModelRequest};
use crate::model::exchange::ModelFormat;
use egui::{RichText, Ui};
use std::path::{Path, PathBuf};

/// What is asked for so far.
#[derive(Clone)]
pub struct ModelExportForm {
    /// The model.
    pub name: String,
    format: ModelFormat,
    file: String,
    replace: bool,
}

impl ModelExportForm {
    /// For this model.
    pub fn of(name: &str) -> Self {
        Self { name: name.into(), format: ModelFormat::default(), file: String::new(), replace: false }
    }

    /// Takes what was chosen in a dialog of the system, which has asked whether to replace it.
    pub fn take(&mut self, file: &Path) {
        self.file = file.display().to_string();
        self.replace = true;
    }
}

/// Paints the question; gives the command once it is answered, and whether it was given up.
pub(super) fn export_model_ui(
    ui: &mut Ui,
    form: &mut ModelExportForm,
    dialogs: &Dialogs,
) -> (Option<Command>, bool) {
    ui.horizontal(|ui| {
        widgets::left_name(ui, tokens::NAMES, tr!("As"));
        for format in ModelFormat::ALL {
            ui.radio_value(&mut form.format, format, tr_word(format.title()));
        }
    });
    ui.label(RichText::new(tr_word(form.format.sentence())).small().weak());
    let before = form.file.clone();
    let what = if form.format == ModelFormat::Folder { tr!("Folder") } else { tr!("File") };
    path_ui(ui, what, &mut form.file, |ui| {
        dialogs.browse_model_export(ui.ctx(), form.format, format!("{}{}", form.name, form.format.ending()));
    });
    if form.file != before {
        // Whoever typed another name has not been asked about that one.
        form.replace = false;
    }
    ui.checkbox(&mut form.replace, tr!("Replace what is there"));
    answer_ui(ui, tr!("Export"), !form.file.trim().is_empty(), || {
        Command::ExportModel(ExportModelRequest {
            name: form.name.clone(),
            format: form.format,
            file: PathBuf::from(form.file.trim()),
            replace: form.replace,
        })
    })
}
