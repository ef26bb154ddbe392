//! In the middle: how the looking goes, and the table of values with the classes they become.

use super::{LabelsIn, details, files, name_list};
use crate::app::{AppState, Command, OpenProject, SurveyState};
use crate::jobs::{LabelsSurveyed, ToldOfImport};
use crate::labels::Legend;
use crate::labels::import::{ClassTarget, ValueTaken};
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below};
use crate::ui::{format, tokens, widgets};
use egui::{
    Align, ComboBox, DragValue, Frame, Label, Layout, Panel, RichText, ScrollArea, TextEdit, Ui, Vec2,
};

/// Width of numbers of features.
const COUNT: f32 = 64.0;
/// Width of classes.
const CLASS: f32 = 196.0;
/// So many values are listed.
const LISTED: usize = 400;

pub fn values_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    let View { labels_in: page, commands, .. } = view;
    head_ui(ui, state, project, page, commands);
    let Some(last) = page.last(project) else { return };
    match &last.told {
        Ok(told) => {
            Panel::bottom("labels-details").frame(Frame::NONE).resizable(false).show(ui, |ui| {
                details::details_ui(ui, told);
            });
            table_ui(ui, told, page);
        }
        Err(why) => {
            ui.label(RichText::new(format::without_options(why)).color(ui.visuals().error_fg_color));
        }
    }
}

/// How the looking goes, and what was read.
fn head_ui(
    ui: &mut Ui,
    state: &AppState,
    project: &OpenProject,
    page: &mut LabelsIn,
    commands: &mut Vec<Command>,
) {
    ui.add_space(tokens::GRID);
    match &project.labels_in.state {
        SurveyState::Looking(id) => {
            let progress = state.jobs.iter().find(|job| job.id == *id).and_then(|job| job.progress.as_ref());
            ui.horizontal(|ui| {
                ui.spinner();
                let share = progress.and_then(crate::progress::Progress::share);
                ui.add(egui::ProgressBar::new(share.unwrap_or(0.0)).desired_width(96.0).desired_height(6.0));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui.small_button(tr!("Stop looking")).clicked() {
                        commands.push(Command::Cancel(*id));
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let what = progress.map_or(tr!("Looking at the files"), |p| p.what.as_str());
                        let what = tr_below(what).into_owned();
                        ui.add(Label::new(RichText::new(what).weak()).truncate());
                    });
                });
            });
        }
        SurveyState::Failed(why) => {
            ui.label(RichText::new(tr!("These files cannot be imported yet")).strong());
            ui.label(RichText::new(format::without_options(why)).color(ui.visuals().error_fg_color));
            if ui.button(tr!("Look again")).clicked() {
                page.look_again(commands);
            }
        }
        SurveyState::Stopped => {
            ui.label(tr!("The looking was stopped."));
            if ui.button(tr!("Look again")).clicked() {
                page.look_again(commands);
            }
        }
        SurveyState::None | SurveyState::Ready => {
            for file in page.last(project).iter().flat_map(|last| &last.read.files) {
                let what = if file.is_raster { "region" } else { "feature" };
                let layer =
                    file.layer.as_ref().map_or(String::new(), |layer| tr!(", layer {layer}", layer = layer));
                let words = format!(
                    "{}  {}, {}{layer}, {}",
                    files::name_of(&file.path),
                    format::count(file.rows.len(), what),
                    file.format,
                    file.crs
                );
                ui.add(Label::new(RichText::new(words).weak()).truncate())
                    .on_hover_text(file.path.display().to_string());
            }
        }
    }
    if let Some(last) = page.last(project) {
        hints_ui(ui, last, page);
    }
}

/// Places that seem to be wrong, with the way out at hand.
fn hints_ui(ui: &mut Ui, last: &LabelsSurveyed, page: &mut LabelsIn) {
    let warning = tokens::warning(ui.visuals().dark_mode);
    if let Some(why) = &last.doubts.seems_swapped {
        let why = format::without_options(why);
        ui.label(RichText::new(format::sentence(&why)).color(warning));
        let words = if page.reading.swap_xy {
            tr!("Leave them as they are in the file")
        } else {
            tr!("Turn them about")
        };
        if ui.button(words).clicked() {
            page.reading.swap_xy = !page.reading.swap_xy;
        }
    }
    if let Some(why) = &last.doubts.lacks_crs {
        ui.label(RichText::new(format::sentence(why)).color(warning));
    }
}

fn table_ui(ui: &mut Ui, told: &ToldOfImport, page: &mut LabelsIn) {
    ui.add_space(tokens::GRID);
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr!("Value")).weak());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.allocate_ui_with_layout(
                Vec2::new(CLASS + 22.0, tokens::TARGET),
                Layout::left_to_right(Align::Center),
                |ui| {
                    ui.set_min_width(CLASS + 22.0);
                    ui.label(RichText::new(tr!("Becomes")).weak());
                },
            );
            ui.label(RichText::new(tr!("Features")).weak());
        });
    });
    ui.separator();
    ScrollArea::vertical().id_salt("values").auto_shrink(false).show(ui, |ui| {
        for taken in told.values.iter().take(LISTED) {
            value_ui(ui, &told.legend, taken, page);
        }
        let more = told.values.len().saturating_sub(LISTED);
        if more > 0 {
            let words = tr!(
                "and {n} more values: is this the field with the class?",
                n = format::grouped(more as i64)
            );
            ui.label(RichText::new(words).weak());
        }
        if told.values.is_empty() {
            widgets::empty(ui, tr!("No values"), tr!("No feature has a class in this field."));
        }
    });
}

fn value_ui(ui: &mut Ui, legend: &Legend, taken: &ValueTaken, page: &mut LabelsIn) {
    let target = page.classes.get(&taken.value).cloned();
    let class = taken.class.and_then(|code| legend.class(code));
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.set_max_height(tokens::TARGET);
            target_ui(ui, legend, taken, class.map(|class| class.name.as_str()), target.as_ref(), page);
            match class {
                Some(class) => drop(widgets::swatch(ui, class.colour)),
                None => ui.add_space(22.0),
            }
            let count = RichText::new(format::grouped(taken.features as i64)).monospace();
            ui.add_sized([COUNT, tokens::TARGET], Label::new(count));
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(&taken.value).truncate()).on_hover_text(&taken.value);
            });
        });
    });
    if let Some(ClassTarget::New { .. }) = target {
        new_class_ui(ui, &taken.value, page);
    }
}

fn target_ui(
    ui: &mut Ui,
    legend: &Legend,
    taken: &ValueTaken,
    class: Option<&str>,
    target: Option<&ClassTarget>,
    page: &mut LabelsIn,
) {
    let shown = match (target, class) {
        (Some(ClassTarget::Skip), _) => tr!("Skip").to_owned(),
        (_, Some(class)) if taken.is_new => tr!("{class} (new)", class = class),
        (_, Some(class)) => class.to_owned(),
        (_, None) => tr!("left aside").into(),
    };
    let choice =
        ComboBox::from_id_salt(("becomes", &taken.value)).selected_text(&shown).width(CLASS).truncate();
    let mut chosen: Option<Option<ClassTarget>> = None;
    let response = choice.show_ui(ui, |ui| {
        if ui.selectable_label(target.is_none(), tr!("By its name")).clicked() {
            chosen = Some(None);
        }
        if ui.selectable_label(target == Some(&ClassTarget::Skip), tr!("Skip")).clicked() {
            chosen = Some(Some(ClassTarget::Skip));
        }
        let is_new = matches!(target, Some(ClassTarget::New { .. }));
        if ui.selectable_label(is_new, tr!("New class…")).clicked() && !is_new {
            let name = taken.value.clone();
            chosen = Some(Some(ClassTarget::New { name, code: None, colour: None }));
        }
        ui.separator();
        for class in &legend.classes {
            let to = ClassTarget::Class(class.name.clone());
            let is_it = target == Some(&to);
            ui.horizontal(|ui| {
                widgets::swatch(ui, class.colour);
                if ui.selectable_label(is_it, &class.name).clicked() {
                    chosen = Some(Some(to));
                    ui.close();
                }
            });
        }
    });
    let name = tr!("What “{value}” becomes", value = taken.value);
    name_list(&response.response, &name, &shown);
    match chosen {
        Some(Some(target)) => drop(page.classes.insert(taken.value.clone(), target)),
        Some(None) => drop(page.classes.remove(&taken.value)),
        None => {}
    }
}

/// Name, code and colour of a new class.
fn new_class_ui(ui: &mut Ui, value: &str, page: &mut LabelsIn) {
    let Some(ClassTarget::New { name, code, colour }) = page.classes.get_mut(value) else { return };
    ui.horizontal(|ui| {
        ui.add_space(4.0 * tokens::GRID);
        let label = ui.label(RichText::new(tr!("New class")).weak());
        ui.add(TextEdit::singleline(name).desired_width(140.0)).labelled_by(label.id);
        let mut has_code = code.is_some();
        ui.checkbox(&mut has_code, tr!("code")).on_hover_text(tr!("The next free code otherwise"));
        match (has_code, &mut *code) {
            (true, Some(code)) => drop(ui.add(DragValue::new(code).range(1..=254))),
            (true, none) => *none = Some(1),
            (false, some) => *some = None,
        }
        let mut rgb = colour.unwrap_or([128; 3]);
        if ui.color_edit_button_srgb(&mut rgb).changed() {
            *colour = Some(rgb);
        }
    });
}
