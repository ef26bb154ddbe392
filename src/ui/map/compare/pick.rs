//! What a side shows, and another date or map for it.

use super::other_time;
use crate::app::{Command, OpenProject};
use crate::jobs::OpenedCube;
use crate::project::{CompareMode, Comparison};
use crate::ui::map::pane::Side;
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{format, tokens};
use egui::{ComboBox, Frame, Pos2, Rect, RichText, Role, Ui, UiBuilder, Vec2, WidgetInfo};

/// Width of all of it.
pub const WIDTH: f32 = 192.0;
/// Width of the list.
const LIST: f32 = 116.0;

/// What was picked.
enum Picked {
    Date(usize),
    Map(String),
}

/// What a side shows, in a list of what it can show, and steps of its date.
pub fn side_ui(
    ui: &mut Ui,
    at: Pos2,
    side: Side,
    project: &OpenProject,
    opened: &OpenedCube,
    view: &mut View,
) {
    let comparison = &project.document.view.comparison;
    let dates = &opened.cube.info().dates;
    let differ = comparison.mode == CompareMode::Differences;
    let time = match side {
        Side::Main => project.time(),
        Side::Other => other_time(project),
    };
    let map = match side {
        Side::Main => project.map().map(|map| &map.name).filter(|_| comparison.main_map || differ),
        Side::Other => comparison.other_map.as_ref(),
    };
    let image = !differ && map.is_none() && !(side == Side::Main && comparison.main_map);
    let shown = match map {
        Some(name) => name.clone(),
        None if !image => tr!("No map").into(),
        None => dates.get(time).map_or(String::new(), |&date| format::date(date)),
    };
    let (name, hint) = match side {
        Side::Main => {
            (tr!("Left side"), tr!("What the left side shows: the date of the timeline, or a class map"))
        }
        Side::Other => {
            (tr!("Right side"), tr!("What the right side shows: a date of its own, or a class map"))
        }
    };
    let (before, after) = match side {
        Side::Main => (tr!("Date before on the left (Left, A)"), tr!("Date after on the left (Right, D)")),
        Side::Other => (tr!("Date before on the right (Shift+,)"), tr!("Date after on the right (Shift+.)")),
    };
    let mut picked = None;
    let mut child = ui
        .new_child(UiBuilder::new().max_rect(Rect::from_min_size(at, Vec2::new(WIDTH, 36.0))).id_salt(name));
    Frame::popup(child.style()).inner_margin(4).show(&mut child, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let mut step = |ui: &mut Ui, word: &str, words: &str, to: Option<usize>| {
                let button = egui::Button::new(word).min_size(Vec2::splat(tokens::TARGET));
                let response = ui.add_enabled(image && to.is_some(), button).on_hover_text(words);
                response.widget_info(|| WidgetInfo::labeled(Role::Button, image && to.is_some(), words));
                if response.clicked() {
                    picked = to.map(Picked::Date);
                }
            };
            step(ui, "<", before, time.checked_sub(1));
            let combo =
                ComboBox::from_id_salt(name).selected_text(&shown).width(LIST).height(360.0).truncate();
            let combo = combo.show_ui(ui, |ui| list_ui(ui, (image, differ), (time, map), project, opened));
            let response = combo.response.on_hover_text(hint);
            response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("{name}: {shown}")));
            let in_list = combo.inner.flatten();
            step(ui, ">", after, Some(time + 1).filter(|&next| next < dates.len()));
            picked = in_list.or(picked.take());
        });
    });
    if let Some(picked) = picked {
        send(project, view, side, picked);
    }
}

/// The list of what a side can show.
fn list_ui(
    ui: &mut Ui,
    (image, differ): (bool, bool),
    (time, map): (usize, Option<&String>),
    project: &OpenProject,
    opened: &OpenedCube,
) -> Option<Picked> {
    let mut picked = None;
    let names = project.map_names();
    ui.label(RichText::new(tr!("Class maps")).small().weak());
    if names.is_empty() {
        ui.label(RichText::new(tr!("none of this site yet")).weak());
    }
    for name in names {
        if ui.selectable_label(map == Some(name), name).clicked() {
            picked = Some(Picked::Map(name.clone()));
        }
    }
    if differ {
        return picked;
    }
    ui.separator();
    ui.label(RichText::new(tr!("Images")).small().weak());
    for (i, &date) in opened.cube.info().dates.iter().enumerate() {
        let chosen = image && i == time;
        let clear = opened.clear_share.get(i).map(|share| format!("{:.0} %", share * 100.0));
        let button =
            egui::Button::selectable(chosen, format::date(date)).right_text(clear.unwrap_or_default());
        let response = ui.add(button).on_hover_text(tr!("The share beside it was observed without clouds"));
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, format::date(date)));
        if response.clicked() {
            picked = Some(Picked::Date(i));
        }
    }
    picked
}

fn send(project: &OpenProject, view: &mut View, side: Side, picked: Picked) {
    let now = project.document.view.comparison.clone();
    match (side, picked) {
        (Side::Main, Picked::Date(time)) => {
            view.playing = None;
            view.send(Command::ShowTime(time));
            view.send(Command::Compare(Comparison { main_map: false, ..now }));
        }
        (Side::Main, Picked::Map(name)) => {
            view.send(Command::ShowMap(name));
            view.send(Command::Compare(Comparison { main_map: true, ..now }));
        }
        (Side::Other, Picked::Date(other_time)) => {
            view.send(Command::Compare(Comparison { other_time, other_map: None, ..now }));
        }
        (Side::Other, Picked::Map(name)) => {
            view.send(Command::Compare(Comparison { other_map: Some(name), ..now }));
        }
    }
}

/// Which of several class maps is shown, for the list of layers.
pub fn choose_map_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let names = project.map_names();
    let shown = project.map().map(|map| map.name.clone());
    if names.len() < 2 && (names.is_empty() || names.first() == shown.as_ref()) {
        return;
    }
    ui.horizontal(|ui| {
        ui.add_space(20.0);
        let text = shown.clone().unwrap_or_else(|| tr!("No map").into());
        let combo = ComboBox::from_id_salt("class map").selected_text(&text).width(156.0).truncate();
        let combo = combo.show_ui(ui, |ui| {
            for name in names {
                if ui.selectable_label(shown.as_ref() == Some(name), name).clicked() {
                    view.send(Command::ShowMap(name.clone()));
                }
            }
        });
        let response = combo.response.on_hover_text(tr!("Which class map of this site is shown"));
        response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, tr!("Shown map")));
    });
}
