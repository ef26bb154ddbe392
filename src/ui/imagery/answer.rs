//! At the bottom right: what the cube would be and cost, what stands in its way, and the buttons.

use super::Imagery;
use super::fields::Sent;
use crate::app::{AppState, Command, OpenProject, SurveyRequest, SurveyState, size};
use crate::cube::StepSurvey;
use crate::jobs::{JobKind, SiteNaming, Surveyed};
use crate::ui::view::View;
use crate::ui::words::{tr, tr_word};
use crate::ui::{format, tokens, widgets};
use egui::{Key, Modifiers, RichText, ScrollArea, Ui};
use std::path::PathBuf;

pub fn answer_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    ui.add_space(tokens::GRID);
    let imagery = &mut view.imagery;
    let last = project.survey.last.as_ref().filter(|_| !imagery.inputs.is_empty());
    if let Some(last) = last {
        estimate_ui(ui, last);
        sentences_ui(ui, last, &imagery.inputs);
        damaged_ui(ui, project, imagery);
    }
    let request = imagery.request();
    if let Err(why) = &request {
        ui.label(RichText::new(format::sentence(why)).color(ui.visuals().error_fg_color));
    }
    let site = project.document.site(&imagery.site()).filter(|_| !imagery.fields.each);
    if let (Some(site), Some(_)) = (site, last) {
        let words = tr!("{site} has a cube: building it anew replaces that one.", site = site.name);
        ui.label(RichText::new(words).small().color(tokens::warning(ui.visuals().dark_mode)));
    }
    let obstacle = obstacle(state, project, imagery, request.as_ref().ok());
    if let Some(command) = buttons_ui(ui, imagery, obstacle, request.ok(), last, site.is_some()) {
        imagery.fields.sent = Sent::Asked;
        imagery.close();
        view.send(command);
    }
    ui.add_space(tokens::GRID);
}

fn estimate_ui(ui: &mut Ui, last: &Surveyed) {
    let survey = &last.survey;
    if let Some(grid) = &survey.grid {
        let least = last.settings.drop_below.unwrap_or(0.0);
        let is_kept = |step: &&StepSurvey| step.clear_share.is_none_or(|share| f64::from(share) >= least);
        let steps = survey.steps.iter().filter(is_kept).count();
        let words = tr!(
            "{steps} x {bands} x {width} x {height} pixels",
            steps = format::count(steps, "step"),
            bands = format::count(survey.bands.len(), "band"),
            width = format::grouped(i64::from(grid.width)),
            height = format::grouped(i64::from(grid.height)),
        );
        let words = match last.naming {
            SiteNaming::One(_) => words,
            SiteNaming::PerTile => {
                let cubes = format::count(last.found.places.len(), "cube");
                tr!("{cubes} of {size}", cubes = cubes, size = words)
            }
        };
        ui.label(RichText::new(words).strong()).on_hover_text(grid.label());
        let (bytes, time) = (size(survey.bytes), format::about(survey.seconds));
        let words = match survey.free_bytes.map(size) {
            Some(free) => tr!("about {size}, {time}; {free} free", size = bytes, time = time, free = free),
            None => tr!("about {size}, {time}", size = bytes, time = time),
        };
        ui.label(RichText::new(words).weak());
    }
}

fn sentences_ui(ui: &mut Ui, last: &Surveyed, inputs: &[PathBuf]) {
    if last.survey.problems.is_empty() && last.survey.advice.is_empty() {
        return;
    }
    let height = (ui.ctx().content_rect().height() * 0.3).max(96.0);
    ScrollArea::vertical().id_salt("sentences").max_height(height).auto_shrink([false, true]).show(
        ui,
        |ui| {
            let colour = ui.visuals().error_fg_color;
            for problem in &last.survey.problems {
                // The first line says what is wrong, and those below which files.
                let words = format::sentence(&short_paths(problem, inputs));
                let (head, files) = words.split_once('\n').unwrap_or((words.as_str(), ""));
                ui.label(RichText::new(head).color(colour));
                files.lines().for_each(|line| drop(ui.label(RichText::new(line).small().weak())));
            }
            for advice in &last.survey.advice {
                ui.label(RichText::new(format::sentence(&short_paths(advice, inputs))).weak());
            }
        },
    );
}

/// Files by their paths in the folders that were given, which stand on the left.
fn short_paths(words: &str, inputs: &[PathBuf]) -> String {
    let shorter = |words: String, input: &PathBuf| {
        words.replace(&format!("{}{}", input.display(), std::path::MAIN_SEPARATOR), "")
    };
    inputs.iter().fold(words.to_owned(), shorter)
}

fn damaged_ui(ui: &mut Ui, project: &OpenProject, imagery: &mut Imagery) {
    let damaged = imagery.found(project).map_or(0, |found| found.damaged.len());
    if damaged > 0 {
        let words = tr!("Leave {files} out that cannot be read", files = format::count(damaged, "file"));
        ui.checkbox(&mut imagery.fields.skip_damaged, words)
            .on_hover_text(tr!("Otherwise put whole files in their place, and look again"));
    }
}

/// Why nothing can be built now.
fn obstacle(
    state: &AppState,
    project: &OpenProject,
    imagery: &Imagery,
    request: Option<&SurveyRequest>,
) -> Option<String> {
    if project.folder.read_only().is_some() {
        return Some(tr!("This project is open read-only").into());
    }
    if imagery.inputs.is_empty() {
        return Some(tr!("Add a folder or files first").into());
    }
    let Some(request) = request else { return Some(tr!("Something typed cannot be read").into()) };
    if !imagery.fields.each && imagery.site().is_empty() {
        return Some(tr!("The site needs a name").into());
    }
    for kind in [JobKind::BuildCube, JobKind::AppendToCube] {
        if state.job(kind).is_some() {
            return Some(tr!("{job} is still under way", job = tr_word(kind.title())));
        }
    }
    match &project.survey.state {
        _ if !imagery.is_asked(request) => return Some(tr!("The imagery is about to be looked at").into()),
        SurveyState::Ready => {}
        SurveyState::Failed(_) => {
            return Some(tr!("These files cannot be used yet: see why on the left").into());
        }
        SurveyState::None | SurveyState::Looking(_) => {
            return Some(tr!("The imagery is still being looked at").into());
        }
        SurveyState::Stopped => return Some(tr!("The looking was stopped: look again").into()),
    }
    let damaged = imagery.found(project).is_some_and(|found| !found.damaged.is_empty());
    if damaged && !imagery.fields.skip_damaged {
        return Some(tr!("Files cannot be read: leave them out, or put whole ones in their place").into());
    }
    let problems = project.survey.last.as_ref().map_or(&[][..], |last| &last.survey.problems);
    problems.first().and_then(|problem| problem.lines().next()).map(format::sentence)
}

fn buttons_ui(
    ui: &mut Ui,
    imagery: &mut Imagery,
    obstacle: Option<String>,
    request: Option<SurveyRequest>,
    last: Option<&std::sync::Arc<Surveyed>>,
    has_cube: bool,
) -> Option<Command> {
    let skip_damaged = imagery.fields.skip_damaged;
    let text = match (imagery.fields.each, last, has_cube) {
        (true, Some(last), _) => tr!("Build {cubes}", cubes = format::count(last.found.places.len(), "cube")),
        (false, _, true) => tr!("Build the cube anew").into(),
        _ => tr!("Build the cube").into(),
    };
    let ready = obstacle.is_none();
    let why = obstacle.unwrap_or_default();
    let mut command = None;
    ui.add_space(tokens::GRID);
    ui.horizontal_wrapped(|ui| {
        let pressed = ui.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::Enter)) && ready;
        let build = widgets::primary(ui, ready, &text)
            .on_hover_text(tr!("Reads the files once and writes the cube (Ctrl+Enter)"))
            .on_disabled_hover_text(&why);
        let append = has_cube.then(|| {
            // What the cube has already is not asked about: it keeps its grid and its bands.
            let hint =
                tr!("Adds the dates that the cube of this site does not have; the others stay as they are");
            ui.add_enabled(ready, egui::Button::new(tr!("Add to the cube of this site")))
                .on_hover_text(hint)
                .on_disabled_hover_text(&why)
        });
        if let Some(SurveyRequest { site, input, settings, .. }) = request {
            if build.clicked() || pressed {
                command = Some(Command::BuildCube { site, input, settings, skip_damaged });
            } else if append.is_some_and(|append| append.clicked())
                && let SiteNaming::One(site) = site
            {
                command = Some(Command::AppendToCube { site, input, settings, skip_damaged });
            }
        }
        if ui
            .button(tr!("Not now"))
            .on_hover_text(tr!("Back to the project; what is chosen here stays (Esc)"))
            .clicked()
        {
            imagery.close();
        }
    });
    command
}
