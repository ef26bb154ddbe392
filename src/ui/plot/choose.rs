//! What the plot shows: bands, indices, and an index that is being written.

use crate::app::{Command, OpenProject};
use crate::cube::index::common_names;
use crate::cube::{Band, Feature, Filling, IndexError, NamedIndex, Smoothing};
use crate::jobs::OpenedCube;
use crate::ui::tokens;
use crate::ui::view::View;
use egui::{Key, RichText, TextEdit, Ui};
use std::collections::HashMap;

/// What the plot remembers of indices.
#[derive(Debug, Default)]
pub struct IndexChoice {
    /// Names of those that are shown.
    pub shown: Vec<String>,
    /// The index that is being written.
    pub draft: String,
    /// The index of the project that it takes the place of.
    pub editing: Option<String>,
    /// Least and greatest value seen of each, so that the scale does not jump from pixel to pixel.
    pub seen: HashMap<String, (f64, f64)>,
}

impl IndexChoice {
    /// Begins to edit an index of the project.
    pub fn edit(&mut self, index: &NamedIndex) {
        self.draft = format!("{} = {}", index.name, index.expression);
        self.editing = Some(index.name.clone());
    }

    /// The index that is being written, on a cube: `name = expression`, or an expression that is its own name.
    pub fn drafted(&self, opened: &OpenedCube) -> Option<Result<(NamedIndex, Feature), IndexError>> {
        let text = self.draft.trim();
        if text.is_empty() {
            return None;
        }
        let (name, expression) = text.split_once('=').unwrap_or((text, text));
        let index = NamedIndex { name: name.trim().into(), expression: expression.trim().into() };
        // Places are told from the start of the field.
        let before = self.draft.find(&index.expression).map_or(0, |at| self.draft[..at].chars().count());
        let found = Feature::resolve(&index.expression, &opened.cube.info().bands, &[]);
        Some(match found {
            Ok(feature) => Ok((index.clone(), feature.called(index.name))),
            Err(IndexError::Syntax { at, why }) => Err(IndexError::Syntax { at: at + before, why }),
            Err(other) => Err(other),
        })
    }
}

/// The indices that a cube has: those of the catalogue, then the project's own.
pub fn indices(project: &OpenProject, opened: &OpenedCube) -> Vec<Feature> {
    let bands = &opened.cube.info().bands;
    let own = &project.document.settings.indices;
    let mut found = Feature::known_indices(bands);
    found.extend(own.iter().filter_map(|index| Feature::resolve(&index.name, bands, own).ok()));
    found
}

/// The colour of each band: those with a common name have the same in every cube, red a red one; others what is left.
pub fn band_colours(bands: &[Band], dark: bool) -> Vec<egui::Color32> {
    const PLACES: [&str; 10] =
        ["blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir", "nir08", "swir1", "swir2"];
    let place = |common: Option<String>| PLACES.iter().position(|name| Some(*name) == common.as_deref());
    let mut places: Vec<Option<usize>> = common_names(bands).into_iter().map(place).collect();
    let mut free: Vec<usize> = (0..PLACES.len()).filter(|i| !places.contains(&Some(*i))).rev().collect();
    for (i, place) in places.iter_mut().enumerate() {
        place.get_or_insert_with(|| free.pop().unwrap_or(i));
    }
    places.into_iter().flatten().map(|place| tokens::band(place, dark)).collect()
}

/// Buttons that show and hide bands.
pub fn bands_ui(ui: &mut Ui, opened: &OpenedCube, view: &mut View) {
    let dark = ui.visuals().dark_mode;
    let bands = &opened.cube.info().bands;
    let colours = band_colours(bands, dark);
    ui.horizontal(|ui| {
        for ((i, band), colour) in bands.iter().enumerate().zip(colours) {
            let on = view.bands.contains(&i);
            let hint = format!("Shows or hides {}", band.name);
            if toggle(ui, on, &band.name, colour, &hint) {
                if on && view.bands.len() + view.indices.shown.len() > 1 {
                    view.bands.retain(|&b| b != i);
                } else if !on {
                    view.bands.push(i);
                    view.bands.sort_unstable();
                }
            }
        }
    });
}

/// How gaps are shown; gives another choice.
pub fn gaps_ui(ui: &mut Ui, shown: Filling) -> Option<Filling> {
    let choices = [
        (Filling::Off, "as they are", "Curves break where there is no clear observation"),
        (Filling::Linear, "linear", "Filled linearly by date: hollow markers on a dotted line"),
        (
            Filling::LastClear,
            "last clear",
            "Filled by the last clear observation: hollow markers on a dotted line",
        ),
    ];
    let hint = "How the plot shows dates without a clear observation; how a model fills them is chosen on the Map page";
    one_of(ui, "Gaps", &choices, shown, hint)
}

/// Which smooth line is drawn beside what was observed; gives another choice.
pub fn smooth_ui(ui: &mut Ui, shown: Smoothing) -> Option<Smoothing> {
    let choices = [
        (Smoothing::Off, "none", "Only what was observed and what is filled"),
        (Smoothing::WhittakerLight, "light", "Whittaker's smoother: what is shorter than 60 days goes"),
        (
            Smoothing::WhittakerStrong,
            "strong",
            "Whittaker's smoother: what is shorter than 120 days goes, for noisy series",
        ),
        (
            Smoothing::SavitzkyGolay,
            "Savitzky–Golay",
            "A parabola through the seven nearest clear observations of each date",
        ),
    ];
    let hint = "A smooth line beside what was observed, for the eye and the season; models learn from what was observed";
    one_of(ui, "Smooth", &choices, shown, hint)
}

/// A list of choices with a word and a hint each; gives another one than is shown.
fn one_of<T: Copy + PartialEq>(
    ui: &mut Ui,
    what: &str,
    choices: &[(T, &str, &str)],
    shown: T,
    hint: &str,
) -> Option<T> {
    let words = choices.iter().find(|(choice, ..)| *choice == shown).map_or("", |(_, words, _)| *words);
    let mut chosen = None;
    let text = RichText::new(format!("{what} {words}")).small();
    let combo = egui::ComboBox::from_id_salt(what).selected_text(text).width(96.0);
    let response = combo.show_ui(ui, |ui| {
        for (choice, words, hint) in choices {
            if ui.selectable_label(*choice == shown, *words).on_hover_text(*hint).clicked() {
                chosen = Some(*choice);
            }
        }
    });
    let name = || egui::WidgetInfo::labeled(egui::Role::ComboBox, true, format!("{what} {words}"));
    response.response.widget_info(name);
    response.response.on_hover_text(hint);
    chosen.filter(|choice| *choice != shown)
}

/// Buttons that show and hide indices.
pub fn indices_ui(ui: &mut Ui, indices: &[Feature], view: &mut View) {
    let dark = ui.visuals().dark_mode;
    ui.horizontal(|ui| {
        for (i, index) in indices.iter().enumerate() {
            let on = view.indices.shown.contains(&index.name);
            let formula = index.expression().unwrap_or_default();
            let hint = match index.known() {
                Some(known) => format!("{}\n{formula}\n{}", known.title, known.reference),
                None => format!("{formula}\nof this project"),
            };
            if toggle(ui, on, &index.name, tokens::index(i, dark), &hint) {
                if on && view.bands.len() + view.indices.shown.len() > 1 {
                    view.indices.shown.retain(|name| *name != index.name);
                } else if !on {
                    view.indices.shown.push(index.name.clone());
                }
            }
        }
    });
}

fn toggle(ui: &mut Ui, on: bool, name: &str, colour: egui::Color32, hint: &str) -> bool {
    // An expression may be its own name.
    let short: String =
        if name.chars().count() > 20 { name.chars().take(19).chain(['…']).collect() } else { name.into() };
    let text = RichText::new(short).small();
    let text = if on { text.color(colour).strong() } else { text.weak() };
    let button = egui::Button::selectable(on, text).min_size(egui::vec2(34.0, 20.0));
    ui.add(button).on_hover_text(hint).clicked()
}

/// The field for an index of one's own; Enter adds it to the project.
pub fn draft_ui(ui: &mut Ui, project: &OpenProject, opened: &OpenedCube, view: &mut View) {
    let words = if view.indices.editing.is_some() { "Edit index" } else { "New index" };
    let label = ui.label(RichText::new(words).small().weak());
    let hint = "name = (nir - swir1) / (nir + swir1)";
    let can = project.folder.read_only().is_none();
    let field = TextEdit::singleline(&mut view.indices.draft)
        .desired_width(ui.available_width() - 4.0)
        .font(egui::TextStyle::Small)
        .hint_text(hint);
    let response = ui.add_enabled(can, field).labelled_by(label.id).on_hover_text(
        "An expression over common names (blue, green, red, nir, swir1 …), bands and indices, with + - * / ^, sqrt, abs, log, min, max. Enter adds it to the project",
    );
    let keys = |key| ui.input(|i| i.key_pressed(key));
    if response.lost_focus() && keys(Key::Enter) {
        if let Some(Ok((index, _))) = view.indices.drafted(opened) {
            view.indices.shown.push(index.name.clone());
            view.indices.draft.clear();
            let command = match view.indices.editing.take() {
                None => Command::AddIndex(index),
                Some(name) => {
                    view.indices.seen.remove(&name);
                    Command::EditIndex { name, index }
                }
            };
            view.send(command);
        } else {
            response.request_focus();
        }
    } else if (response.has_focus() || response.lost_focus()) && keys(Key::Escape) {
        view.indices.draft.clear();
        view.indices.editing = None;
    }
}

/// What is wrong with the index that is being written.
pub fn error_ui(ui: &mut Ui, opened: &OpenedCube, view: &View) {
    if let Some(Err(why)) = view.indices.drafted(opened) {
        let text = RichText::new(why.to_string()).small().color(tokens::error(ui.visuals().dark_mode));
        ui.add(egui::Label::new(text).truncate()).on_hover_text(why.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn red_has_its_colour_wherever_it_stands_and_no_two_bands_share_one() {
        let bands = |names: &[&str]| names.iter().map(|name| Band::named(*name)).collect::<Vec<_>>();
        for (names, red) in
            [(vec!["B04", "B08", "VV", "VH"], 0), (vec!["x", "swir2", "nir", "red", "blue"], 3)]
        {
            let colours = band_colours(&bands(&names), true);
            assert_eq!(colours.len(), names.len());
            assert_eq!(colours[red], tokens::band(2, true), "{names:?}");
            assert!(
                colours.iter().enumerate().all(|(i, colour)| !colours[..i].contains(colour)),
                "{names:?}"
            );
        }
        assert_eq!(band_colours(&bands(&["a"; 14]), false).len(), 14, "more bands than colours");
    }
}
