//! Which raster, how it is read, the name, and the buttons.

use super::{MapIn, Sent};
use crate::app::{AppState, Command, OpenProject, SurveyState};
use crate::classify::foreign::{How, Meaning, Question};
use crate::jobs::JobKind;
use crate::ui::dialogs::path_ui;
use crate::ui::stores::{StoreFor, any_path_ui};
use crate::ui::view::View;
use crate::ui::words::{tr, tr_word};
use crate::ui::{tokens, widgets};
use egui::{ComboBox, RichText, Role, TextEdit, Ui, WidgetInfo};

pub fn form_ui(ui: &mut Ui, view: &mut View) {
    let View { map_in: page, dialogs, .. } = view;
    any_path_ui(ui, tr!("Raster"), &mut page.file, dialogs, StoreFor::Map, |ui| {
        dialogs.browse_map_in(ui.ctx());
    });
    path_ui(ui, tr!("Class list"), &mut page.list, |ui| dialogs.browse_class_list(ui.ctx()));
    ui.horizontal(|ui| {
        widgets::left_name(ui, tokens::NAMES, tr!("Values are"));
        meaning_ui(ui, page);
        zero_ui(ui, page);
    });
    ui.horizontal(|ui| {
        let label = widgets::left_name(ui, tokens::NAMES, tr!("Name"));
        let hint = tr!("that of the file unless given");
        ui.add(TextEdit::singleline(&mut page.name).desired_width(260.0).hint_text(hint))
            .labelled_by(label.id);
        ui.label(RichText::new(tr!("a map of {site}", site = page.place.1)).weak());
    });
}

fn meaning_ui(ui: &mut Ui, page: &mut MapIn) {
    let auto = tr!("as the file or the list says");
    let words = |meaning: Option<Meaning>| meaning.map_or(auto, |meaning| tr_word(meaning.title()));
    let shown = words(page.meaning);
    // A list says it all.
    let free = page.list.trim().is_empty();
    ui.add_enabled_ui(free, |ui| {
        let combo = ComboBox::from_id_salt("meaning of values").selected_text(shown).width(260.0).truncate();
        let response = combo.show_ui(ui, |ui| {
            for meaning in std::iter::once(None).chain(Meaning::ALL.map(Some)) {
                ui.selectable_value(&mut page.meaning, meaning, words(meaning));
            }
        });
        let name = || WidgetInfo::labeled(Role::ComboBox, free, tr!("What values are"));
        response.response.on_hover_text(tr!("What plain numbers stand for")).widget_info(name);
    });
    if !free {
        page.meaning = None;
    }
}

/// Of a list: whether 0 is its first class.
fn zero_ui(ui: &mut Ui, page: &mut MapIn) {
    if page.list.trim().is_empty() {
        page.zero_is_first = None;
        return;
    }
    let words = |zero: Option<bool>| match zero {
        None => tr!("0 is: choose…"),
        Some(true) => tr!("0 is the first class (PEARL)"),
        Some(false) => tr!("0 is unlabelled"),
    };
    let combo = ComboBox::from_id_salt("zero").selected_text(words(page.zero_is_first)).width(200.0);
    let response = combo.show_ui(ui, |ui| {
        for zero in [None, Some(true), Some(false)] {
            ui.selectable_value(&mut page.zero_is_first, zero, words(zero));
        }
    });
    let hint =
        tr!("Raw maps of PEARL count from 0; in label rasters 0 is unlabelled and 1 is the first class");
    let name = || WidgetInfo::labeled(Role::ComboBox, true, tr!("What 0 is"));
    response.response.on_hover_text(hint).widget_info(name);
}

/// What stands in the way, and the buttons.
pub fn answer_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    ui.add_space(tokens::GRID);
    ui.checkbox(&mut view.map_in.replace, tr!("Replace an imported map of this name"));
    let obstacle = obstacle(project, &view.map_in);
    // A line also where nothing stands in the way.
    ui.label(RichText::new(obstacle.as_deref().unwrap_or(" ")).small().weak());
    ui.add_space(tokens::GRID);
    let running = state.job(JobKind::ImportMap);
    ui.horizontal(|ui| {
        let ready = obstacle.is_none() && running.is_none();
        let enter = ui.input(|i| i.key_pressed(egui::Key::Enter)) && ready;
        if (widgets::primary(ui, ready, tr!("Import")).clicked() || enter)
            && let Some(request) = view.map_in.request()
        {
            view.map_in.sent = Sent::Asked;
            view.send(Command::ImportMap(request));
        }
        if let Some(job) = running {
            ui.spinner();
            let share = job.progress.as_ref().and_then(crate::progress::Progress::share).unwrap_or(0.0);
            ui.add(egui::ProgressBar::new(share).desired_width(160.0).desired_height(6.0));
            if ui.button(tr!("Stop")).clicked() {
                view.send(Command::Cancel(job.id));
            }
        } else if ui.button(tr!("Not now")).on_hover_text(tr!("Esc")).clicked() {
            view.map_in.open = false;
        }
    });
}

/// Why nothing can be imported now.
fn obstacle(project: &OpenProject, page: &MapIn) -> Option<String> {
    if page.file.trim().is_empty() {
        return Some(tr!("Choose a raster of classes: of PEARL, ESA WorldCover, or any other").into());
    }
    let answer =
        page.answer(project).filter(|_| page.is_asked() && project.map_in.state == SurveyState::Ready);
    let Some(answer) = answer else { return Some(tr!("The raster has to be looked at first").into()) };
    let classes = answer.found.classes.iter().zip(&answer.proposals);
    let open = classes
        .filter(|(class, proposal)| !page.chosen.contains_key(&class.value) && proposal.how == How::Nothing)
        .count();
    match (open, answer.found.question) {
        (0, _) => None,
        (_, Some(Question::Zero)) => Some(tr!("Say what 0 is").into()),
        (_, Some(Question::Meaning)) => {
            Some(tr!("The raster does not name its classes: give a list, or say what its values are").into())
        }
        (n, None) => Some(tr!("{n} values have no class yet: choose one for each, or leave them out", n = n)),
    }
}
