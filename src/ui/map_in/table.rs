//! How the looking goes, and what each value becomes.

use super::MapIn;
use crate::app::{AppState, Command, OpenProject, SurveyState};
use crate::classify::foreign::{FoundClass, How, MapForm, Proposal};
use crate::jobs::MapSurveyed;
use crate::labels::{ClassCode, Legend};
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below, tr_word};
use crate::ui::{format, tokens, widgets};
use egui::{Align, ComboBox, Label, Layout, RichText, Role, ScrollArea, Ui, Vec2, WidgetInfo};

/// Widths of columns.
const VALUE: f32 = 72.0;
const NAME: f32 = 168.0;
const PIXELS: f32 = 68.0;
/// Between numbers on the right of their column and what is next.
const APART: f32 = 8.0;
const CLASS: f32 = 176.0;
/// Height of the table and of what is told around it.
const HEIGHT: f32 = 248.0;

/// How the looking goes and what it gave, always as high: what stands around it stays where it is while one chooses.
pub fn table_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    ui.separator();
    let size = Vec2::new(ui.available_width(), HEIGHT);
    ui.allocate_ui_with_layout(size, Layout::top_down(Align::Min), |ui| {
        ui.set_min_height(HEIGHT);
        let area = ScrollArea::vertical().id_salt("values of the map").max_height(HEIGHT);
        area.auto_shrink(false).show(ui, |ui| found_ui(ui, state, project, view));
    });
}

fn found_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    let View { map_in: page, commands, .. } = view;
    match &project.map_in.state {
        SurveyState::Looking(id) => looking_ui(ui, state, *id, commands),
        SurveyState::Failed(why) if page.asked.is_some() => {
            let why = format::without_options(why);
            ui.add(Label::new(RichText::new(tr_below(&why)).color(ui.visuals().error_fg_color)).wrap());
            return;
        }
        SurveyState::Stopped => {
            ui.label(tr!("The looking was stopped."));
            if ui.button(tr!("Look again")).clicked() {
                page.asked = None;
            }
            return;
        }
        _ => {}
    }
    let Some(answer) = page.answer(project) else { return };
    head_ui(ui, answer);
    for (class, proposal) in answer.found.classes.iter().zip(&answer.proposals) {
        row_ui(ui, &project.document.legend, (class, answer.found.form), *proposal, page);
    }
    let empty = answer.found.empty;
    if empty > 0 {
        let words =
            tr!("{pixels} of the site have no value", pixels = format::count(empty as usize, "pixel"));
        ui.label(RichText::new(words).small().weak());
    }
    for note in &answer.found.notes {
        let words = RichText::new(tr_below(note)).small().color(tokens::warning(ui.visuals().dark_mode));
        ui.add(Label::new(words).wrap());
    }
}

fn looking_ui(ui: &mut Ui, state: &AppState, id: crate::jobs::JobId, commands: &mut Vec<Command>) {
    let progress = state.jobs.iter().find(|job| job.id == id).and_then(|job| job.progress.as_ref());
    ui.horizontal(|ui| {
        ui.spinner();
        let share = progress.and_then(crate::progress::Progress::share);
        ui.add(egui::ProgressBar::new(share.unwrap_or(0.0)).desired_width(160.0).desired_height(6.0));
        if ui.small_button(tr!("Stop looking")).clicked() {
            commands.push(Command::Cancel(id));
        }
    });
}

fn head_ui(ui: &mut Ui, answer: &MapSurveyed) {
    let found = &answer.found;
    let mut words = format!("{}, {}", tr_word(found.form.title()), found.placement.crs.label());
    if let Some([across, _]) = found.pixel_m {
        words +=
            &format!(", {}", tr!("pixels of {m} m", m = format::trimmed((across * 10.0).round() / 10.0)));
    }
    if let Some(by) = &found.named_by {
        words += &format!(", {}", tr!("named by {file}", file = tr_word(by)));
    }
    ui.add(Label::new(RichText::new(words).weak()).truncate());
    ui.horizontal(|ui| {
        let weak = |title: &str| RichText::new(title).small().weak();
        for (width, title) in [(VALUE + 22.0, tr!("Value")), (NAME, tr!("Called"))] {
            cell(ui, width, |ui| ui.label(weak(title)));
        }
        widgets::right(ui, PIXELS, weak(tr!("Pixels")));
        ui.add_space(APART);
        for (width, title) in [(CLASS + 8.0, tr!("Becomes")), (90.0, tr!("Since"))] {
            cell(ui, width, |ui| ui.label(weak(title)));
        }
    });
}

fn cell<R>(ui: &mut Ui, width: f32, content: impl FnOnce(&mut Ui) -> R) -> R {
    widgets::cell(ui, (width, tokens::TARGET), Align::Min, content)
}

fn row_ui(
    ui: &mut Ui,
    legend: &Legend,
    (class, form): (&FoundClass, MapForm),
    proposal: Proposal,
    page: &mut MapIn,
) {
    let value = class.label(form);
    ui.horizontal(|ui| {
        cell(ui, VALUE + 22.0, |ui| {
            match class.colour {
                Some(colour) => drop(widgets::swatch(ui, colour)),
                None => ui.add_space(14.0),
            }
            ui.label(RichText::new(&value).monospace())
        });
        let name = class.name.as_deref().unwrap_or("–");
        cell(ui, NAME, |ui| ui.add(Label::new(name).truncate()).on_hover_text(name));
        let pixels = format::grouped(class.pixels as i64);
        widgets::right(ui, PIXELS, RichText::new(pixels).monospace().small());
        ui.add_space(APART);
        cell(ui, CLASS + 8.0, |ui| become_ui(ui, legend, (class.value, &value), proposal, page));
        let how = if page.chosen.contains_key(&class.value) { How::Said } else { proposal.how };
        cell(ui, 90.0, |ui| {
            ui.add(Label::new(RichText::new(tr_word(how.title())).small().weak()).truncate())
        });
    });
}

/// What a value becomes: a class, or nothing.
fn become_ui(
    ui: &mut Ui,
    legend: &Legend,
    (value, label): (i64, &str),
    proposal: Proposal,
    page: &mut MapIn,
) {
    let said = page.chosen.get(&value).copied();
    let name =
        |to: Option<ClassCode>| to.and_then(|code| legend.class(code)).map(|class| class.name.as_str());
    let shown = match (said, proposal.how) {
        (Some(to), _) => name(to).unwrap_or(tr!("left out")),
        (None, How::Nothing) => tr!("choose…"),
        (None, _) => name(proposal.to).unwrap_or(tr!("left out")),
    };
    let combo =
        ComboBox::from_id_salt(("class of value", value)).selected_text(shown).width(CLASS).truncate();
    let response = combo.show_ui(ui, |ui| {
        if said.is_some() && ui.selectable_label(false, tr!("As proposed")).clicked() {
            page.chosen.remove(&value);
        }
        if ui.selectable_label(said == Some(None), tr!("Leave out")).clicked() {
            page.chosen.insert(value, None);
        }
        ui.separator();
        for class in &legend.classes {
            ui.horizontal(|ui| {
                widgets::swatch(ui, class.colour);
                if ui.selectable_label(said == Some(Some(class.code)), &class.name).clicked() {
                    page.chosen.insert(value, Some(class.code));
                    ui.close();
                }
            });
        }
    });
    let words = tr!("What {value} becomes", value = label);
    response.response.widget_info(|| WidgetInfo {
        current_text_value: Some(shown.to_owned()),
        ..WidgetInfo::labeled(Role::ComboBox, true, &words)
    });
}
