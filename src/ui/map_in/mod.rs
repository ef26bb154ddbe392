//! Taking in a map from elsewhere: which raster, how it is read, and a table of its values with the classes they become.
//!
//! As on the page for labels, what is asked of the file is asked a short while after the last change, and what comes back is
//! painted: everything can be corrected before anything is written.

mod form;
mod table;

use super::pause::Pause;
use super::tokens;
use super::view::View;
use super::words::tr;
use crate::app::{AppState, Command, ImportMapRequest, OpenProject};
use crate::classify::foreign::{Chosen, MapReading, Meaning};
use crate::jobs::{JobKind, MapSurveyed};
use egui::{Context, Id, Modal};
use std::path::{Path, PathBuf};

/// Width of the question.
const WIDTH: f32 = 680.0;

/// What the question remembers.
#[derive(Default)]
pub struct MapIn {
    open: bool,
    /// The project and site it was opened for; others start with an empty question.
    place: (PathBuf, String),
    file: String,
    list: String,
    meaning: Option<Meaning>,
    zero_is_first: Option<bool>,
    name: String,
    chosen: Chosen,
    replace: bool,
    /// The question as it is on screen, until it is asked.
    pause: Pause<Question>,
    /// The question that was asked last.
    asked: Option<Question>,
    sent: Sent,
}

/// What is asked of a file.
type Question = (PathBuf, MapReading);

/// How far the import is that was started here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Sent {
    #[default]
    No,
    Asked,
    Running,
}

impl MapIn {
    /// Whether the question is on screen.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Shows the question.
    pub fn show(&mut self) {
        self.open = true;
    }

    /// A raster was chosen in a dialog of the system.
    pub fn take_file(&mut self, file: &Path) {
        self.file = file.display().to_string();
    }

    /// A list of classes was chosen in a dialog of the system.
    pub fn take_list(&mut self, file: &Path) {
        self.list = file.display().to_string();
    }

    fn question(&self) -> Option<Question> {
        let path = |text: &str| {
            let text = text.trim().trim_matches(['"', '\'']);
            (!text.is_empty()).then(|| PathBuf::from(text))
        };
        let reading = MapReading {
            classes: path(&self.list),
            meaning: self.meaning,
            zero_is_first: self.zero_is_first,
        };
        Some((path(&self.file)?, reading))
    }

    /// Whether what was asked last is what is on screen.
    fn is_asked(&self) -> bool {
        self.asked.is_some() && self.asked == self.question()
    }

    /// The command to carry out now: a survey, where the question has changed and a short while has passed. To be asked after
    /// the commands of the window were carried out.
    pub fn look(&mut self, state: &AppState, ctx: &Context) -> Option<Command> {
        let place = state.project.as_ref().and_then(place_of)?;
        if self.place != place {
            *self = Self { open: self.open, place, ..Self::default() };
        }
        let project = state.project.as_ref()?;
        let runs = state.job(JobKind::ImportMap).is_some();
        match self.sent {
            Sent::No => {}
            Sent::Asked => self.sent = if runs { Sent::Running } else { Sent::No },
            Sent::Running if runs => {}
            Sent::Running if project.last.map_in.is_none() => self.sent = Sent::No,
            Sent::Running => {
                // What was asked for is there: the question is ready for the next.
                *self = Self { place: std::mem::take(&mut self.place), ..Self::default() };
                return Some(Command::SurveyMap { file: None, site: None, reading: MapReading::default() });
            }
        }
        let question = self.question().filter(|_| self.open && self.sent == Sent::No)?;
        if self.asked.as_ref() == Some(&question) {
            self.pause.forget();
            return None;
        }
        let question = self.pause.wait(question, PartialEq::eq, ctx)?;
        if self.asked.as_ref().is_none_or(|asked| asked.0 != question.0) {
            // What was chosen for the values of another file says nothing of this one.
            self.chosen.clear();
        }
        self.asked = Some(question.clone());
        let (file, reading) = question;
        Some(Command::SurveyMap { file: Some(file), site: Some(self.place.1.clone()), reading })
    }

    /// The last answer, while it answers what is on screen.
    fn answer<'a>(&self, project: &'a OpenProject) -> Option<&'a MapSurveyed> {
        let asked = self.asked.as_ref()?;
        let answers = |last: &&MapSurveyed| last.file == asked.0 && last.site == self.place.1;
        project.map_in.last.as_deref().filter(answers)
    }

    fn request(&self) -> Option<ImportMapRequest> {
        let (file, reading) = self.question()?;
        let name = Some(self.name.trim().to_string()).filter(|name| !name.is_empty());
        let (chosen, replace) = (self.chosen.clone(), self.replace);
        Some(ImportMapRequest { file, site: Some(self.place.1.clone()), name, reading, chosen, replace })
    }
}

fn place_of(project: &OpenProject) -> Option<(PathBuf, String)> {
    Some((project.folder.path().into(), project.site.as_ref()?.name.clone()))
}

/// The question, over everything else.
pub fn map_in_ui(ctx: &Context, state: &AppState, view: &mut View) {
    let Some(project) = state.project.as_ref().filter(|_| view.map_in.open) else { return };
    let modal = Modal::new(Id::unique("map from elsewhere")).show(ctx, |ui| {
        ui.set_width(WIDTH);
        ui.heading(tr!("Import a map"));
        ui.add_space(tokens::GRID);
        form::form_ui(ui, view);
        table::table_ui(ui, state, project, view);
        form::answer_ui(ui, state, project, view);
    });
    if modal.should_close() {
        view.map_in.open = false;
    }
}
