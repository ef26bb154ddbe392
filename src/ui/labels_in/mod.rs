//! The Import labels page: from files, by a table of what their values become, to annotations.
//!
//! Everything on it makes one question to the survey of labels; a short while after the last change it is asked, and what
//! comes back is painted. So everything can be corrected before anything is written.

mod answer;
mod details;
mod files;
mod settings;
mod values;

use super::pause::Pause;
use super::tokens;
use super::view::View;
use crate::app::{AppState, Command, OpenProject};
use crate::jobs::{JobKind, LabelsSurveyed};
use crate::labels::import::{ClassTarget, MoreFields, Numbers, Reading};
use crate::labels::{Confidence, ImportSettings};
use egui::{CentralPanel, Context, Frame, Panel, Response, Role, Ui, WidgetInfo};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Width of the files.
const FILES: f32 = 240.0;

/// What the page remembers.
#[derive(Default)]
pub struct LabelsIn {
    open: bool,
    /// The project it was opened in; another one starts with an empty page.
    project: PathBuf,
    inputs: Vec<PathBuf>,
    /// A path that is being typed.
    path: String,
    reading: Reading,
    crs: String,
    encoding: String,
    class_field: Option<String>,
    numbers: Option<Numbers>,
    classes: BTreeMap<String, ClassTarget>,
    confidence: Confidence,
    fields: MoreFields,
    own_buffer: bool,
    buffer_m: f64,
    /// The question as it is on the page, until it is asked.
    pause: Pause<Question>,
    /// The question that was asked last.
    asked: Option<Question>,
    sent: Sent,
}

/// What is asked of the files.
type Question = (Vec<PathBuf>, ImportSettings);

/// How far the import is that was started here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Sent {
    #[default]
    No,
    Asked,
    Running,
}

/// Whether a file holds vectors, by its name.
pub fn is_vector(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    matches!(extension.as_str(), "geojson" | "json" | "gpkg" | "shp" | "fgb" | "kml" | "gml")
}

impl LabelsIn {
    /// Whether the page is on screen.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Shows the page.
    pub fn show(&mut self) {
        self.open = true;
    }

    /// Takes the page away; what was chosen on it stays.
    pub fn close(&mut self) {
        self.open = false;
    }

    /// Adds files, and shows the page.
    pub fn add(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        self.open = true;
        for path in paths {
            if !self.inputs.contains(&path) {
                self.inputs.push(path);
            }
        }
    }

    fn settings(&self) -> ImportSettings {
        let typed = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let reading = Reading {
            first_layer: true,
            crs: typed(&self.crs),
            encoding: typed(&self.encoding),
            ..self.reading.clone()
        };
        ImportSettings {
            reading,
            class_field: self.class_field.clone(),
            classes: self.classes.clone(),
            numbers: self.numbers,
            confidence: self.confidence,
            fields: self.fields.clone(),
            buffer_m: self.own_buffer.then_some(self.buffer_m),
        }
    }

    fn question(&self) -> Question {
        (self.inputs.clone(), self.settings())
    }

    /// Whether what was asked last is what is on the page.
    fn is_asked(&self) -> bool {
        self.asked.as_ref() == Some(&self.question())
    }

    /// The command to carry out now: a survey, where the page has changed and a short while has passed. To be asked after
    /// the commands of the page were carried out.
    pub fn look(&mut self, state: &AppState, ctx: &Context) -> Option<Command> {
        let Some(project) = &state.project else {
            *self = Self::default();
            return None;
        };
        if self.project != project.folder.path() {
            let (open, inputs) = (self.open, std::mem::take(&mut self.inputs));
            *self = Self { open, inputs, ..Self::fresh(project) };
        }
        let runs = state.job(JobKind::ImportLabels).is_some();
        match self.sent {
            Sent::No => {}
            Sent::Asked => self.sent = if runs { Sent::Running } else { Sent::No },
            Sent::Running if runs => {}
            Sent::Running if project.last.imported.is_none() => self.sent = Sent::No,
            Sent::Running => {
                // What was asked for is imported: the page is ready for the next.
                *self = Self { open: self.open, ..Self::fresh(project) };
                return Some(Command::SurveyLabels {
                    files: Vec::new(),
                    settings: ImportSettings::default(),
                });
            }
        }
        if !self.open {
            return None;
        }
        let question = self.question();
        if self.is_asked() || (question.0.is_empty() && self.asked.is_none()) {
            self.pause.forget();
            return None;
        }
        let question = self.pause.wait(question, PartialEq::eq, ctx)?;
        self.asked = Some(question.clone());
        let (files, settings) = question;
        Some(Command::SurveyLabels { files, settings })
    }

    fn fresh(project: &OpenProject) -> Self {
        Self {
            project: project.folder.path().into(),
            buffer_m: project.document.settings.buffer_m,
            ..Self::default()
        }
    }

    /// Looks at the files again.
    fn look_again(&mut self, commands: &mut Vec<Command>) {
        let (files, settings) = self.question();
        self.asked = Some((files.clone(), settings.clone()));
        commands.push(Command::SurveyLabels { files, settings });
    }

    /// The last answer, while the page asks of the same files.
    fn last<'a>(&self, project: &'a OpenProject) -> Option<&'a LabelsSurveyed> {
        project.labels_in.last.as_deref().filter(|last| last.files == self.inputs)
    }
}

/// Tells assistive technology what a list is for, and what is chosen in it.
fn name_list(response: &Response, name: &str, shown: &str) {
    let info = || WidgetInfo {
        current_text_value: Some(shown.to_owned()),
        ..WidgetInfo::labeled(Role::ComboBox, true, name)
    };
    response.widget_info(info);
}

/// The page, between the bar on top and the one at the bottom.
pub fn labels_in_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    Panel::left("labels-files").exact_size(FILES).resizable(false).show(ui, |ui| {
        files::files_ui(ui, project, view);
    });
    Panel::right("labels-settings").exact_size(tokens::RIGHT_PANEL).resizable(false).show(ui, |ui| {
        Panel::bottom("labels-answer").frame(Frame::NONE).resizable(false).show(ui, |ui| {
            answer::answer_ui(ui, state, project, view);
        });
        CentralPanel::default().frame(Frame::NONE).show(ui, |ui| settings::settings_ui(ui, project, view));
    });
    CentralPanel::default().show(ui, |ui| {
        if view.labels_in.inputs.is_empty() {
            files::empty_ui(ui, view);
        } else {
            values::values_ui(ui, state, project, view);
        }
    });
}
