//! A site has a map of the name that another one would get: what becomes of it.

use super::{answer_ui, title};
use crate::app::Command;
use crate::ui::words::tr;
use crate::ui::{tokens, widgets};
use egui::{TextEdit, Ui};

/// What was chosen so far.
pub struct AgainForm {
    /// The model, and its map.
    model: String,
    /// Whether the map that is there stays, under this name.
    keep: bool,
    name: String,
}

impl AgainForm {
    /// For a model whose name a map bears; `taken` are the names of all maps of the site.
    pub fn new(model: &str, taken: &[String]) -> Self {
        let free = |name: &String| !taken.contains(name);
        let name = (1..).map(|i| format!("{model}-before-{i}")).find(free).unwrap_or_default();
        Self { model: model.into(), keep: false, name }
    }
}

pub fn again_ui(ui: &mut Ui, form: &mut AgainForm) -> (Option<Command>, bool) {
    title(ui, &tr!("This site has a map {name} already", name = form.model));
    ui.radio_value(&mut form.keep, false, tr!("Replace it, once the new one is whole"));
    ui.radio_value(&mut form.keep, true, tr!("Keep it under another name"));
    if form.keep {
        ui.horizontal(|ui| {
            let label = widgets::left_name(ui, tokens::NAMES, tr!("Its name"));
            ui.add(TextEdit::singleline(&mut form.name).desired_width(f32::INFINITY)).labelled_by(label.id);
        });
    }
    let ready = !form.keep || !form.name.trim().is_empty();
    answer_ui(ui, tr!("Map again"), ready, || Command::MapAgain {
        model: form.model.clone(),
        keep: form.keep.then(|| form.name.trim().to_string()),
    })
}
