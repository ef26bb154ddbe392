//! At the bottom right: what would be imported, what stands in the way, and the buttons.

use super::{LabelsIn, Sent};
use crate::app::{AppState, Command, OpenProject, SurveyState};
use crate::jobs::{JobKind, ToldOfImport, Without};
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below};
use crate::ui::{format, tokens, widgets};
use egui::{Key, Modifiers, RichText, Ui};

pub fn answer_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    ui.add_space(tokens::GRID);
    let page = &mut view.labels_in;
    let told = page.last(project).and_then(|last| last.told.as_ref().ok());
    if let Some(told) = told {
        told_ui(ui, told);
    }
    let obstacle = obstacle(state, project, page, told);
    let text = match told {
        Some(told) if told.count > 0 => {
            tr!("Import {annotations}", annotations = format::count(told.count, "annotation"))
        }
        _ => tr!("Import").into(),
    };
    let ready = obstacle.is_none();
    if let Some(why) = obstacle.as_ref().filter(|_| !page.inputs.is_empty()) {
        ui.label(RichText::new(why).small().weak());
    }
    let mut command = None;
    ui.horizontal_wrapped(|ui| {
        let pressed = ui.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::Enter)) && ready;
        let import = widgets::primary(ui, ready, &text)
            .on_hover_text(tr!("All of them in one step, which Ctrl+Z takes back (Ctrl+Enter)"))
            .on_disabled_hover_text(obstacle.unwrap_or_default());
        if import.clicked() || pressed {
            let (files, settings) = page.question();
            command = Some(Command::ImportLabels { files, settings });
        }
        let hint = tr!("Back to the project; what is chosen here stays (Esc)");
        if ui.button(tr!("Not now")).on_hover_text(hint).clicked() {
            page.close();
        }
    });
    if let Some(command) = command {
        page.sent = Sent::Asked;
        page.close();
        view.send(command);
    }
    ui.add_space(tokens::GRID);
}

fn told_ui(ui: &mut Ui, told: &ToldOfImport) {
    let mut figure = |name: &str, number: usize| {
        if number > 0 {
            widgets::figure(ui, name, &format::grouped(number as i64));
        }
    };
    figure(tr!("Annotations"), told.count);
    figure(tr!("New classes"), told.new_classes.len());
    figure(tr!("Features skipped"), told.skipped_features());
    figure(tr!("Repaired"), told.repaired.len());
    figure(tr!("Without a pure pixel"), told.without_pixels.len() - told.without(Without::Outside));
    figure(tr!("Outside of every site"), told.without(Without::Outside));
    figure(tr!("Overlaps with another class"), told.overlaps.len());
    if told.sites == 0 {
        let words = tr!("No site yet: what the buffer leaves is told once there is imagery.");
        ui.label(RichText::new(words).small().weak());
    }
    for why in &told.sites_unread {
        ui.label(RichText::new(tr_below(why)).small().color(tokens::warning(ui.visuals().dark_mode)));
    }
}

/// Why nothing can be imported now.
fn obstacle(
    state: &AppState,
    project: &OpenProject,
    page: &LabelsIn,
    told: Option<&ToldOfImport>,
) -> Option<String> {
    if project.folder.read_only().is_some() {
        return Some(tr!("This project is open read-only").into());
    }
    if page.inputs.is_empty() {
        return Some(tr!("Add a file first").into());
    }
    if state.job(JobKind::ImportLabels).is_some() {
        return Some(tr!("An import is still under way").into());
    }
    match &project.labels_in.state {
        _ if !page.is_asked() => return Some(tr!("The files are about to be looked at").into()),
        SurveyState::Ready => {}
        SurveyState::Failed(_) => {
            return Some(tr!("These files cannot be imported yet: see why in the middle").into());
        }
        SurveyState::None | SurveyState::Looking(_) => {
            return Some(tr!("The files are still being looked at").into());
        }
        SurveyState::Stopped => return Some(tr!("The looking was stopped: look again").into()),
    }
    match told {
        None => Some(tr!("Something has to be chosen first: see in the middle").into()),
        Some(told) if told.count == 0 => {
            Some(tr!("Nothing would be imported: see why below the table").into())
        }
        Some(_) => None,
    }
}
