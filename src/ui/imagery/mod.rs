//! The Add imagery page: from folders and files, by a table of what was recognised, to a cube.
//!
//! Everything on it makes one [`SurveyRequest`]; a short while after the last change it is sent, and what comes back is
//! painted. So every guess can be corrected before anything is written.

mod answer;
mod aside;
mod facts;
mod fields;
mod inputs;
mod settings;
mod steps;
mod table;

use super::pause::Pause;
use super::tokens;
use super::view::View;
use crate::app::{AppState, Command, OpenProject, SurveyRequest};
use crate::cube::BuildSettings;
use crate::jobs::{JobKind, SiteNaming};
use crate::source::{Correction, InputSpec, Recognised};
use crate::ui::words::tr;
use chrono::NaiveDate;
use egui::{Align2, CentralPanel, Color32, Context, FontId, Frame, Id, LayerId, Order, Panel, Ui};
use fields::{Fields, Sent};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Width of the inputs.
const INPUTS: f32 = 232.0;

/// What the page remembers.
#[derive(Default)]
pub struct Imagery {
    open: bool,
    /// The project it was opened in; another one starts with an empty page.
    project: PathBuf,
    inputs: Vec<PathBuf>,
    /// Dates given to files.
    dates: BTreeMap<PathBuf, NaiveDate>,
    /// Files that are left out.
    left_out: BTreeSet<PathBuf>,
    fields: Fields,
    settings: BuildSettings,
    table: table::Table,
    facts: facts::Facts,
    /// The request as it is on the page, until it is asked.
    pause: Pause<SurveyRequest>,
    /// The request that was sent last.
    asked: Option<SurveyRequest>,
}

impl Imagery {
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

    /// Adds folders and files, and shows the page.
    pub fn add(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        self.open = true;
        for path in paths {
            if !self.inputs.contains(&path) {
                self.inputs.push(path);
            }
        }
    }

    /// Takes a table of dates.
    pub fn take_dates(&mut self, file: &Path) {
        self.fields.dates = file.display().to_string();
    }

    /// What the page asks for.
    ///
    /// # Errors
    /// A sentence where something typed cannot be read.
    fn request(&self) -> Result<SurveyRequest, String> {
        let mut corrections: Vec<Correction> = Vec::new();
        let paths: BTreeSet<&PathBuf> = self.dates.keys().chain(&self.left_out).collect();
        for path in paths {
            corrections.push(Correction {
                path: path.clone(),
                date: self.dates.get(path).copied(),
                leave_out: self.left_out.contains(path),
            });
        }
        let site = if self.fields.each { SiteNaming::PerTile } else { SiteNaming::One(self.site()) };
        Ok(SurveyRequest {
            site,
            input: self.fields.input(&self.inputs, corrections)?,
            settings: self.fields.settings(&self.settings)?,
            afresh: false,
        })
    }

    fn site(&self) -> String {
        self.fields.site.trim().to_owned()
    }

    /// Whether the last request sent is what is on the page.
    fn is_asked(&self, request: &SurveyRequest) -> bool {
        self.asked.as_ref().is_some_and(|asked| same_question(asked, request))
    }

    /// The command to carry out now: a survey, where the page has changed and a short while has passed. To be asked after
    /// the commands of the page were carried out.
    pub fn look(&mut self, state: &AppState, ctx: &Context) -> Option<Command> {
        let Some(project) = &state.project else {
            *self = Self::default();
            return None;
        };
        if self.project != project.folder.path() {
            *self = Self { open: self.open, project: project.folder.path().into(), ..Self::default() };
        }
        let runs = state.job(JobKind::BuildCube).or(state.job(JobKind::AppendToCube)).is_some();
        match self.fields.sent {
            Sent::No => {}
            Sent::Asked => self.fields.sent = if runs { Sent::Running } else { Sent::No },
            Sent::Running if runs => {}
            Sent::Running if project.last.built.is_none() => self.fields.sent = Sent::No,
            Sent::Running => {
                // What was asked for is built: the page is ready for the next.
                *self = Self { open: self.open, project: self.project.clone(), ..Self::default() };
                return Some(survey_of_nothing());
            }
        }
        if !self.open {
            return None;
        }
        self.fields.suggest_site(self.inputs.first().map(PathBuf::as_path), project);
        let request = self.request().ok()?;
        if self.is_asked(&request) || (request.input.inputs.is_empty() && self.asked.is_none()) {
            self.pause.forget();
            return None;
        }
        let request = self.pause.wait(request, same_question, ctx)?;
        self.asked = Some(request.clone());
        Some(Command::Survey(request))
    }

    /// Looks at all files again.
    fn look_again(&mut self, commands: &mut Vec<Command>) {
        if let Ok(request) = self.request() {
            self.asked = Some(request.clone());
            commands.push(Command::Survey(SurveyRequest { afresh: true, ..request }));
        }
    }

    /// What was recognised in the inputs on the page.
    fn found<'a>(&self, project: &'a OpenProject) -> Option<&'a Arc<Recognised>> {
        (!self.inputs.is_empty()).then_some(())?;
        project.survey.found.as_ref().map(|found| &found.recognised)
    }
}

/// Whether two requests have the same answer: the name of the site is not part of it.
fn same_question(a: &SurveyRequest, b: &SurveyRequest) -> bool {
    let each = |request: &SurveyRequest| request.site == SiteNaming::PerTile;
    a.input == b.input && a.settings == b.settings && each(a) == each(b)
}

fn survey_of_nothing() -> Command {
    Command::Survey(SurveyRequest {
        site: SiteNaming::PerTile,
        input: InputSpec::default(),
        settings: BuildSettings::default(),
        afresh: false,
    })
}

/// The page, between the bar on top and the one at the bottom.
pub fn imagery_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    Panel::left("imagery-inputs").exact_size(INPUTS).resizable(false).show(ui, |ui| {
        inputs::inputs_ui(ui, project, view);
    });
    Panel::right("imagery-settings").exact_size(tokens::RIGHT_PANEL + 16.0).resizable(false).show(ui, |ui| {
        Panel::bottom("imagery-answer").frame(Frame::NONE).resizable(false).show(ui, |ui| {
            answer::answer_ui(ui, state, project, view);
        });
        CentralPanel::default().frame(Frame::NONE).show(ui, |ui| settings::settings_ui(ui, project, view));
    });
    CentralPanel::default().show(ui, |ui| {
        if view.imagery.inputs.is_empty() {
            inputs::empty_ui(ui, view);
        } else {
            table::table_ui(ui, state, project, view);
        }
    });
}

/// What is dropped on the window, and the words while it hovers.
pub fn drop_ui(ctx: &Context, project: Option<&OpenProject>, labels: bool) {
    if ctx.input(|i| i.raw.hovered_files.is_empty()) {
        return;
    }
    let words = match project {
        Some(_) if labels => tr!("Drop files to import labels"),
        Some(_) => tr!("Drop folders or files to add imagery, vector files to import labels"),
        None => tr!("Open a project or make a new one first, then drop imagery onto it"),
    };
    let painter = ctx.layer_painter(LayerId::new(Order::Foreground, Id::unique("drop")));
    let rect = ctx.content_rect();
    painter.rect_filled(rect, 0.0, Color32::from_black_alpha(170));
    painter.text(rect.center(), Align2::CENTER_CENTER, words, FontId::proportional(20.0), tokens::OVER_IMAGE);
}
