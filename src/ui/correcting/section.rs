//! The part of the Map page that corrects: what drawing sets, the list of corrections, and the button that makes a new map.

use super::can_correct;
use crate::app::{AppState, Command, CorrectRequest, CorrectionEntry, OpenProject};
use crate::jobs::JobKind;
use crate::labels::Class;
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below};
use crate::ui::{format, tokens, widgets};
use egui::{Align, Atom, Button, ComboBox, Label, Layout, RichText, ScrollArea, TextEdit, Ui};
use lucide_icons::Icon;

/// Rows that are in view.
const ROWS: f32 = 6.0;
/// Width of the names of what can be chosen.
const NAMES: f32 = 84.0;

pub fn section_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    let Some(map) = project.map().filter(|map| map.complete && map.live.is_none()) else { return };
    widgets::section(ui, tr!("Correct by hand"));
    if let Some(why) = project.corrections_lack() {
        let words = tr!("The corrections of {map} cannot be read: {why}", map = map.name, why = why);
        ui.add(Label::new(RichText::new(words).color(tokens::error(ui.visuals().dark_mode))).wrap());
        return;
    }
    let classes = project.classes_on(&map.name);
    let can = can_correct(project);
    ui.add_enabled_ui(can, |ui| {
        let hint = tr!("Draw on the map what is wrong; the map's file stays as it is. Esc ends it");
        ui.toggle_value(&mut view.map.correcting.on, tr!("Draw corrections")).on_hover_text(hint);
    });
    if can && view.map.correcting.on {
        choose_ui(ui, project, view, &classes);
    }
    let entries = project.corrections();
    if entries.is_empty() {
        let words = tr!("Nothing is corrected yet on {map}", map = map.name);
        ui.add(Label::new(RichText::new(words).small().weak()).wrap());
        return;
    }
    let all = project.corrections_change();
    let words = tr!(
        "{corrections} set {pixels}, {area}",
        corrections = format::count(entries.len(), "correction"),
        pixels = format::count(all.pixels as usize, "pixel"),
        area = format::hectares(all.ha)
    );
    ui.add(Label::new(RichText::new(words).small()).wrap());
    list_ui(ui, view, can, entries, &classes);
    let ready = can && state.job(JobKind::Correct).is_none();
    let hint = tr!("Makes a new map beside this one, which stays as it is");
    if widgets::primary(ui, ready, tr!("Apply into a new map")).on_hover_text(hint).clicked() {
        let request = CorrectRequest { map: Some(map.name.clone()), ..CorrectRequest::default() };
        view.send(Command::ApplyCorrections(request));
    }
}

/// What drawing sets, where, and why.
fn choose_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, classes: &[Class]) {
    let Some(draft) = view.map.correcting.draft(project) else { return };
    let correcting = &mut view.map.correcting;
    let names = classes.iter().map(|class| class.name.as_str());
    ui.horizontal(|ui| {
        widgets::left_name(ui, NAMES, tr!("Set to"));
        let room = ui.available_width();
        let combo = ComboBox::from_id_salt("correct to").width(room).truncate().selected_text(&draft.to);
        let combo = combo.show_ui(ui, |ui| {
            for name in names.clone() {
                if ui.selectable_label(name == draft.to, name).clicked() {
                    correcting.to = Some(name.into());
                }
            }
        });
        widgets::named_choice(&combo.response, tr!("Set to"), &draft.to);
    });
    ui.horizontal(|ui| {
        widgets::left_name(ui, NAMES, tr!("Only where"));
        let room = ui.available_width();
        let chosen = draft.from.as_deref().unwrap_or(tr!("any class"));
        let combo = ComboBox::from_id_salt("correct from").width(room).truncate().selected_text(chosen);
        let combo = combo.show_ui(ui, |ui| {
            if ui.selectable_label(draft.from.is_none(), tr!("any class")).clicked() {
                correcting.from = None;
            }
            for name in names.filter(|name| *name != draft.to) {
                if ui.selectable_label(draft.from.as_deref() == Some(name), name).clicked() {
                    correcting.from = Some(name.into());
                }
            }
        });
        widgets::named_choice(&combo.response, tr!("Only where"), chosen);
    });
    ui.horizontal(|ui| {
        widgets::left_name(ui, NAMES, tr!("Why"));
        let hint = tr!("A note for the log");
        let field = TextEdit::singleline(&mut correcting.note).hint_text(hint).desired_width(f32::INFINITY);
        let response = ui.add(field);
        widgets::named_field(&response, tr!("Why"), hint, &correcting.note);
    });
}

fn list_ui(ui: &mut Ui, view: &mut View, can: bool, entries: &[CorrectionEntry], classes: &[Class]) {
    let height = tokens::TARGET + ui.spacing().item_spacing.y;
    let list =
        ScrollArea::vertical().id_salt("corrections").max_height(ROWS * height).auto_shrink([false, true]);
    list.show_rows(ui, tokens::TARGET, entries.len(), |ui, range| {
        for (i, entry) in entries.iter().enumerate().take(range.end).skip(range.start) {
            row_ui(ui, view, can, (i, entry), classes);
        }
    });
}

/// A correction: what it sets, how much, and a button that deletes it. A click brings it into view.
fn row_ui(ui: &mut Ui, view: &mut View, can: bool, (i, entry): (usize, &CorrectionEntry), classes: &[Class]) {
    let correction = &entry.correction;
    ui.horizontal(|ui| {
        let class = classes.iter().find(|class| class.name == correction.to);
        widgets::swatch(ui, class.map_or([128; 3], |class| class.colour));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let delete = tr!("Delete correction {n}", n = i + 1);
            let button =
                ui.add_enabled_ui(can, |ui| widgets::icon_button(ui, Icon::X, &delete, &delete).clicked());
            if button.inner {
                view.send(Command::DeleteCorrection(i));
                view.map.correcting.chosen = None;
            }
            match &entry.changed {
                Ok(changed) => {
                    let words = tr!("{n} px", n = format::grouped(changed.pixels as i64));
                    ui.label(RichText::new(words).small().weak()).on_hover_text(format::hectares(changed.ha));
                }
                Err(why) => {
                    let words = RichText::new(tr!("unusable")).small().color(ui.visuals().warn_fg_color);
                    ui.label(words).on_hover_text(tr_below(why));
                }
            }
            let name = match &correction.from {
                None => format!("{}  {}", i + 1, correction.to),
                Some(from) => {
                    format!("{}  {}", i + 1, tr!("{to}, was {from}", to = correction.to, from = from))
                }
            };
            let chosen = view.map.correcting.chosen == Some(i);
            let button = Button::selectable(chosen, (name, Atom::grow())).truncate();
            let row = ui.add_sized([ui.available_width(), tokens::TARGET], button);
            if row.on_hover_text(said(entry)).clicked() {
                view.map.correcting.chosen = Some(i);
                if let Some(bounds) = correction.bounds() {
                    view.map.go_to(bounds, true);
                }
            }
        });
    });
}

/// Who made it, when and why.
fn said(entry: &CorrectionEntry) -> String {
    let correction = &entry.correction;
    let when = correction.at.as_deref().map(format::moment);
    let lines = [correction.by.clone(), when, correction.note.clone()];
    let lines: Vec<String> = lines.into_iter().flatten().collect();
    if lines.is_empty() { tr!("Brings it into view").into() } else { lines.join("\n") }
}
