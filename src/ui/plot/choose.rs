//! What the plot shows: bands, indices, and an index that is being written.

use crate::app::{Command, OpenProject};
use crate::chart::colours;
use crate::cube::{Band, Cube, CubeInfo, Feature, Filling, IndexError, NamedIndex, Smoothing, Units};
use crate::jobs::OpenedCube;
use crate::ui::tokens;
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below};
use egui::{Key, RichText, TextEdit, Ui};
use std::collections::HashMap;

/// What the plot remembers of indices.
#[derive(Default)]
pub struct IndexChoice {
    /// Names of those that are shown.
    pub shown: Vec<String>,
    /// The index that is being written.
    pub draft: String,
    /// The index of the project that it takes the place of.
    pub editing: Option<String>,
    /// Least and greatest value seen of each, by its name and its unit, so that the scale does not jump from pixel to pixel.
    pub seen: HashMap<(String, &'static str), (f64, f64)>,
    /// The cube that it was seen on.
    on: Option<Cube>,
}

impl IndexChoice {
    /// Forgets what was seen on another cube: other ground has other values.
    pub fn look_at(&mut self, cube: &Cube) {
        if !self.on.as_ref().is_some_and(|on| on.is_same(cube)) {
            self.on = Some(cube.clone());
            self.seen.clear();
        }
    }

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

/// The colour of each band.
pub fn band_colours(bands: &[Band], dark: bool) -> Vec<egui::Color32> {
    colours::band_places(bands).into_iter().map(|place| tokens::band(place, dark)).collect()
}

/// Buttons that show and hide bands.
pub fn bands_ui(ui: &mut Ui, opened: &OpenedCube, view: &mut View) {
    let dark = ui.visuals().dark_mode;
    let bands = &opened.cube.info().bands;
    let colours = band_colours(bands, dark);
    ui.horizontal(|ui| {
        for ((i, band), colour) in bands.iter().enumerate().zip(colours) {
            let on = view.bands.contains(&i);
            let hint = tr!("Shows or hides {band}", band = band.name);
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
        (Filling::Off, tr!("as they are"), tr!("Curves break where there is no clear observation")),
        (Filling::Linear, tr!("linear"), tr!("Filled linearly by date: hollow markers on a dotted line")),
        (
            Filling::LastClear,
            tr!("last clear"),
            tr!("Filled by the last clear observation: hollow markers on a dotted line"),
        ),
    ];
    let hint = tr!(
        "How the plot shows dates without a clear observation; how a model fills them is chosen on the Map page"
    );
    one_of(ui, tr!("Gaps"), &choices, shown, hint)
}

/// Which smooth line is drawn beside what was observed; gives another choice.
pub fn smooth_ui(ui: &mut Ui, shown: Smoothing) -> Option<Smoothing> {
    let choices = [
        (Smoothing::Off, tr!("none"), tr!("Only what was observed and what is filled")),
        (
            Smoothing::WhittakerLight,
            tr!("light"),
            tr!("Whittaker's smoother: what is shorter than 60 days goes"),
        ),
        (
            Smoothing::WhittakerStrong,
            tr!("strong"),
            tr!("Whittaker's smoother: what is shorter than 120 days goes, for noisy series"),
        ),
        (
            Smoothing::SavitzkyGolay,
            "Savitzky–Golay",
            tr!("A parabola through the seven nearest clear observations of each date"),
        ),
    ];
    let hint = tr!(
        "A smooth line beside what was observed, for the eye and the season; models learn from what was observed"
    );
    one_of(ui, tr!("Smooth"), &choices, shown, hint)
}

/// In which units values of bands are told, where the cube knows them; gives another choice.
pub fn units_ui(ui: &mut Ui, info: &CubeInfo, shown: Units) -> Option<Units> {
    let choices = [
        (Units::Dn, "DN", tr!("Digital numbers: as they are stored")),
        (
            Units::Reflectance,
            tr!("Reflectance"),
            tr!("Reflectances from 0 to 1, by the scale and offset of the cube"),
        ),
    ];
    let lack = Units::lack(info);
    let enabled = ui.add_enabled_ui(lack.is_none(), |ui| {
        one_of(
            ui,
            tr!("Units"),
            &choices,
            shown.on(info),
            tr!("Units of bands, in the plot, the tables and exports"),
        )
    });
    if let Some(why) = lack {
        enabled.response.on_disabled_hover_text(tr_below(why));
    }
    enabled.inner
}

/// A list of choices with a word and a hint each; gives another one than is shown.
fn one_of<T: Copy + PartialEq>(
    ui: &mut Ui,
    what: &'static str,
    choices: &[(T, &'static str, &'static str)],
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
    let enabled = ui.is_enabled();
    let name = || egui::WidgetInfo::labeled(egui::Role::ComboBox, enabled, format!("{what} {words}"));
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
                None => tr!("{formula}\nof this project", formula = formula),
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
    let words = if view.indices.editing.is_some() { tr!("Edit index") } else { tr!("New index") };
    let label = ui.label(RichText::new(words).small().weak());
    let hint = "name = (nir - swir1) / (nir + swir1)";
    let can = project.folder.read_only().is_none();
    let field = TextEdit::singleline(&mut view.indices.draft)
        .desired_width(ui.available_width() - 4.0)
        .font(egui::TextStyle::Small)
        .hint_text(hint);
    let response = ui.add_enabled(can, field).labelled_by(label.id).on_hover_text(
        tr!("An expression over common names (blue, green, red, nir, swir1 …), bands and indices, with + - * / ^, sqrt, abs, log, min, max. Enter adds it to the project"),
    );
    let keys = |key| ui.input(|i| i.key_pressed(key));
    if response.lost_focus() && keys(Key::Enter) {
        if let Some(Ok((index, _))) = view.indices.drafted(opened) {
            view.indices.shown.push(index.name.clone());
            view.indices.draft.clear();
            let command = match view.indices.editing.take() {
                None => Command::AddIndex(index),
                Some(name) => {
                    view.indices.seen.retain(|(other, _), _| *other != name);
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
        let text =
            RichText::new(tr_below(&why.to_string())).small().color(tokens::error(ui.visuals().dark_mode));
        ui.add(egui::Label::new(text).truncate()).on_hover_text(tr_below(&why.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_keeps_what_was_seen_on_this_cube_alone() {
        let [one, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [one, other] =
            [&one, &other].map(|home| crate::testing::cube(home.path(), (8, 8), 1, |_, _, _, _| 7));
        let (mut choice, key) = (IndexChoice::default(), ("B04".to_string(), "DN"));
        choice.look_at(&one);
        choice.seen.insert(key.clone(), (0.0, 9000.0));
        choice.look_at(&one.clone());
        assert_eq!(choice.seen.get(&key), Some(&(0.0, 9000.0)));
        choice.look_at(&other);
        assert!(choice.seen.is_empty(), "other ground has other values");
    }
}
