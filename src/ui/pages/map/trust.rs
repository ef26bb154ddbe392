//! How far the site on screen lies from what a model learned from: a word, a sentence, and a table of colours, inputs down and
//! dates across, before the site is mapped.

use crate::app::{AppState, Command, ModelEntry, OpenProject, TrustState};
use crate::classify::{Cell, Place, Shift, Trust, Verdict};
use crate::jobs::{JobKind, Standing, Trusted};
use crate::project::Language;
use crate::ui::view::View;
use crate::ui::words::{language, tr, tr_below, tr_word};
use crate::ui::{format, tokens};
use egui::{
    Align, Color32, Label, Layout, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo,
    vec2,
};

/// Width of the names of inputs.
const NAMES: f32 = 74.0;
/// Height of a row, and the greatest width of a cell.
const CELL: Vec2 = vec2(20.0, 13.0);
/// A shift of so many spreads has the strongest colour.
const STRONGEST: f32 = 2.0;

/// What is known of a model on the site on screen, as far as it is not the site that trained it. The newest model and the one
/// whose details are open are looked at by themselves.
pub fn trust_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View, model: &ModelEntry) {
    let Some(site) = project.site.as_ref().filter(|_| project.cube().is_some()) else { return };
    let selected = view.models.selected.as_deref() == Some(model.name.as_str());
    let check = || Command::CheckTrust { model: Some(model.name.clone()), site: Some(site.name.clone()) };
    match project.trust(&model.name, &site.name) {
        TrustState::None => {
            let first = project.models.first().is_some_and(|first| first.name == model.name);
            // Not beside what takes all the machine has.
            let busy = [JobKind::CheckTrust, JobKind::Train, JobKind::Map, JobKind::BuildCube];
            if (first || selected) && busy.iter().all(|kind| state.job(*kind).is_none()) {
                view.send(check());
            }
        }
        TrustState::Running => {
            let words = tr!("Comparing the site with what it learned from …");
            ui.label(RichText::new(words).small().weak());
        }
        TrustState::Failed(why) => {
            ui.horizontal_wrapped(|ui| {
                let words = tr!("The site could not be compared with the training");
                ui.label(RichText::new(words).small().color(tokens::error(ui.visuals().dark_mode)));
                if ui.small_button(tr!("Compare again")).on_hover_text(tr_below(why)).clicked() {
                    view.send(check());
                }
            });
        }
        TrustState::Known(known) => known_ui(ui, known, selected, view),
    }
}

/// Whether a model is known to be unable to map a site.
pub fn cannot_map(project: &OpenProject, model: &str) -> bool {
    let Some(site) = &project.site else { return false };
    matches!(project.trust(model, &site.name),
        TrustState::Known(known) if matches!(known.standing, Standing::CannotMap(_)))
}

fn known_ui(ui: &mut Ui, known: &Trusted, selected: bool, view: &mut View) {
    let dark = ui.visuals().dark_mode;
    let (word, colour) = match known.state() {
        "trained" => return,
        "fits" => (tr!("Fits this site"), ui.visuals().text_color()),
        "unknown" => (tr!("Not known how it fits this site"), ui.visuals().weak_text_color()),
        "cannot_map" => (tr!("Cannot map this site"), tokens::error(dark)),
        _ => (tr!("This site is shifted"), tokens::warning(dark)),
    };
    let sentence = sentence(known);
    let doubtful = known.is_doubtful() || matches!(known.standing, Standing::CannotMap(_));
    let response = ui.label(RichText::new(word).small().color(colour)).on_hover_text(&sentence);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, word));
    if doubtful || selected {
        ui.add(Label::new(RichText::new(tr_below(&sentence)).small()).wrap());
    }
    if doubtful || selected {
        for note in &known.notes {
            ui.add(Label::new(RichText::new(tr_below(note)).small().weak()).wrap());
        }
    }
    let Some(trust) = known.table() else { return };
    if selected || matches!(trust.verdict, Verdict::Shifted(_) | Verdict::Scattered) {
        table_ui(ui, trust);
        let hint = tr!(
            "Hatches, on the map of this model, pixels of which a quarter of the values lies beyond what it learned from, or some \
             very far"
        );
        let words = tr!("Hatch pixels it never learned");
        let mut on = view.map.outside.is_on();
        if ui.checkbox(&mut on, RichText::new(words).small()).on_hover_text(hint).changed() {
            view.map.outside.set(on);
        }
    }
}

/// What it comes to, in the language of the window.
fn sentence(known: &Trusted) -> String {
    if language() == Language::English {
        return known.sentence();
    }
    match &known.standing {
        Standing::Trained | Standing::CannotMap(_) => known.sentence(),
        Standing::Unknown => tr!(
            "It is not known what {model} learned from: it was imported, or trained before this was kept. Train it anew to be \
             told how far a site lies from it",
            model = known.model
        ),
        Standing::Checked(trust) => {
            let share = percent(trust.outside);
            match &trust.verdict {
                Verdict::Fits => tr!("This site looks like the ground it learned from").into(),
                Verdict::Empty => {
                    tr!("No pixel of this site that was looked at has an observation: the map would be empty")
                        .into()
                }
                Verdict::Scattered => tr!(
                    "{share} of the pixels lie outside the training's range, in no band or month above all: expect them to be \
                     wrong",
                    share = share
                ),
                Verdict::Shifted(shift) => shifted(trust, shift, &share),
            }
        }
    }
}

fn shifted(trust: &Trust, shift: &Shift, share: &str) -> String {
    let Some(input) = trust.inputs.get(shift.input) else { return String::new() };
    let than = match (shift.above, shift.place) {
        (true, Place::Beyond) => tr!("higher than anything it learned from"),
        (true, Place::Rare) => tr!("higher than nearly all that it learned from"),
        (true, Place::Usual) => tr!("higher than what it learned from"),
        (false, Place::Beyond) => tr!("lower than anything it learned from"),
        (false, Place::Rare) => tr!("lower than nearly all that it learned from"),
        (false, Place::Usual) => tr!("lower than what it learned from"),
    };
    let date = |at: usize| trust.dates.get(at).map_or(String::new(), |date| format::date(*date));
    let words = tr!(
        "{input}, {from} to {to}: {than} (median {here} against {learned}); {expectation}; {share} of the pixels lie outside the \
         training's range",
        input = input.words_in(&tr_word),
        from = date(shift.dates.0),
        to = date(shift.dates.1),
        than = than,
        here = input.value(shift.here),
        learned = input.value(shift.learned),
        expectation = tr_word(trust.expectation(shift)),
        share = share
    );
    match shift.others {
        0 => words,
        n => tr!("{words}. Other inputs that are shifted: {n}", words = words, n = n),
    }
}

fn percent(share: f32) -> String {
    format::percent(Some(f64::from(share)))
}

/// Inputs down, dates across: blue is lower than what it learned from, red is higher.
fn table_ui(ui: &mut Ui, trust: &Trust) {
    ui.add_space(tokens::GRID);
    let columns = trust.dates.len().max(1) as f32;
    let width = ((ui.available_width() - NAMES) / columns).clamp(3.0, CELL.x);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing = Vec2::ZERO;
        for (at, input) in trust.inputs.iter().enumerate() {
            let size = vec2(NAMES + width * columns, CELL.y);
            let (_, row) = ui.allocate_space(size);
            let names = Rect::from_min_size(row.min, vec2(NAMES - tokens::GRID, CELL.y));
            let mut name = ui.new_child(
                egui::UiBuilder::new().max_rect(names).layout(Layout::left_to_right(Align::Center)),
            );
            name.add(Label::new(RichText::new(&input.name).small().weak()).truncate())
                .on_hover_text(input.words_in(&tr_word));
            for time in 0..trust.dates.len() {
                let Some(cell) = trust.cell(time, at) else { continue };
                let min = row.min + vec2(NAMES + width * time as f32, 0.0);
                cell_ui(ui, trust, cell, (time, at), Rect::from_min_size(min, vec2(width, CELL.y)));
            }
        }
    });
    let ends = |date: Option<&chrono::NaiveDate>| date.map_or(String::new(), |date| format::date(*date));
    let words = tr!(
        "{first} to {last}. Blue is lower than what it learned from, red is higher",
        first = ends(trust.dates.first()),
        last = ends(trust.dates.last())
    );
    ui.add(Label::new(RichText::new(words).small().weak()).wrap());
}

fn cell_ui(ui: &Ui, trust: &Trust, cell: &Cell, (time, at): (usize, usize), rect: Rect) {
    let inner = rect.shrink(0.5);
    match cell.shift {
        Some(shift) => {
            ui.painter().rect_filled(inner, 1.0, colour(shift, ui.visuals().dark_mode));
        }
        None => {
            let line = ui.visuals().widgets.noninteractive.bg_stroke;
            ui.painter().rect_stroke(inner, 1.0, line, StrokeKind::Inside);
        }
    }
    let response = ui.interact(rect, ui.scope_id().with(("trust", time, at)), Sense::hover());
    let words = || cell_words(trust, cell, time, at);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, words()));
    if response.hovered() {
        let line = Stroke::new(1.0, ui.visuals().strong_text_color());
        ui.painter().rect_stroke(inner, 1.0, line, StrokeKind::Outside);
    }
    response.on_hover_ui(|ui| {
        ui.label(words());
    });
}

/// What a cell says.
fn cell_words(trust: &Trust, cell: &Cell, time: usize, at: usize) -> String {
    let input = &trust.inputs[at];
    let head = format!("{}, {}", input.words_in(&tr_word), format::date(trust.dates[time]));
    let value = |value: f32| match input.unit.as_str() {
        "" => input.value(value),
        "reflectance" => format!("{} {}", input.value(value), tr!("reflectance")),
        unit => format!("{} {unit}", input.value(value)),
    };
    match (cell.here, cell.learned.zip(cell.ground), cell.shift) {
        (Some(here), Some(([low, _, high], middle)), Some(shift)) => tr!(
            "{head}: median {here} against {middle}, {shift} spreads; it learned {low} to {high}, {outside} of the values lie outside",
            head = head,
            here = value(here),
            middle = value(middle),
            low = input.value(low),
            high = input.value(high),
            shift = format!("{shift:+.1}"),
            outside = percent(cell.outside[0])
        ),
        (Some(here), ..) => {
            tr!("{head}: median {here}; it learned from gaps only", head = head, here = value(here))
        }
        (None, ..) => tr!("{head}: this site has no observation", head = head),
    }
}

/// From blue over the ground of the panel to red.
fn colour(shift: f32, dark: bool) -> Color32 {
    let (lower, higher) = tokens::SHIFTS;
    let ground = if dark { Color32::from_gray(64) } else { Color32::from_gray(214) };
    let far = (shift.abs() / STRONGEST).min(1.0);
    ground.lerp_to_gamma(if shift < 0.0 { lower } else { higher }, far)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_is_bluer_and_higher_is_redder_the_further_the_stronger() {
        for dark in [true, false] {
            let (low, high) = (colour(-1.0, dark), colour(1.0, dark));
            assert!(low.b() > low.r() && high.r() > high.b());
            assert_eq!(colour(-9.0, dark), tokens::SHIFTS.0);
            assert_eq!(colour(9.0, dark), tokens::SHIFTS.1);
        }
    }
}
