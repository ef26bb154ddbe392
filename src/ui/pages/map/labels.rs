//! The labels that trained a model: so many of each class, and what became of them since.

use crate::app::{ModelEntry, OpenProject};
use crate::jobs::{LabelsSince, LabelsSinceRequest, Newest, labels_since_thread};
use crate::model::ModelCard;
use crate::ui::words::tr;
use crate::ui::{format, tokens, widgets};
use egui::{Context, Label, RichText, Ui};
use std::sync::Arc;

/// What was asked for and found last.
#[derive(Default)]
pub struct SinceView {
    thread: Option<Newest<LabelsSinceRequest, (LabelsSinceRequest, Option<LabelsSince>)>>,
    asked: Option<LabelsSinceRequest>,
    found: Option<(LabelsSinceRequest, Option<LabelsSince>)>,
}

impl SinceView {
    /// What became of the labels since, as far as it is known; what was known of the same model stays until the new is there.
    fn follow(&mut self, ctx: &Context, project: &OpenProject, model: &ModelEntry) -> Option<LabelsSince> {
        if let Some(found) = self.thread.as_ref().and_then(Newest::take) {
            self.found = Some(found);
        }
        let request = LabelsSinceRequest {
            model: model.folder.clone(),
            created: model.card.created.clone(),
            annotations: project.annotations.clone(),
        };
        if !self.asked.as_ref().is_some_and(|asked| asked.is_same(&request)) {
            let start = || {
                let ctx = ctx.clone();
                labels_since_thread(Arc::new(move || ctx.request_repaint()))
            };
            self.thread.get_or_insert_with(start).ask(request.clone());
            self.asked = Some(request);
        }
        let (of, since) = self.found.as_ref()?;
        since.filter(|_| of.model == model.folder && of.created == model.card.created)
    }
}

/// Classes of a model, each with what was used of it, and whether the labels have changed since.
pub fn labels_ui(ui: &mut Ui, project: &OpenProject, model: &ModelEntry, view: &mut SinceView) {
    let card = &model.card;
    ui.add_space(tokens::GRID);
    for class in &card.classes {
        ui.horizontal(|ui| {
            ui.spacing_mut().interact_size.y = 0.0;
            widgets::swatch(ui, class.colour);
            ui.add(Label::new(RichText::new(&class.name).small()).truncate());
            if let Some(words) = used(card, class.code) {
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    ui.label(RichText::new(words).small().weak());
                });
            }
        });
    }
    if let Some(labels) = &card.labels {
        let all = format::count(labels.annotations, "annotation");
        let words = match view.follow(ui.ctx(), project, model) {
            Some(since) => tr!("{all} when it was trained; {since}.", all = all, since = words_of(since)),
            None => tr!("{all} when it was trained.", all = all),
        };
        let hint = tr!("The labels as they were then lie in the model's folder, in labels.geojson");
        ui.add(Label::new(RichText::new(words).small().weak()).wrap()).on_hover_text(hint);
    }
}

/// "4 annotations, 1 024 pixels", of a class.
fn used(card: &ModelCard, code: u8) -> Option<String> {
    let used = card.labels.as_ref()?.of(code)?;
    let annotations = format::count(used.annotations, "annotation");
    Some(tr!(
        "{annotations}, {pixels}",
        annotations = annotations,
        pixels = format::count(used.pixels, "pixel")
    ))
}

/// "12 drawn since, 3 changed, 1 deleted".
fn words_of(since: LabelsSince) -> String {
    let LabelsSince { drawn, changed, deleted } = since;
    let parts = [
        (drawn, tr!("{n} drawn since", n = drawn)),
        (changed, tr!("{n} changed", n = changed)),
        (deleted, tr!("{n} deleted", n = deleted)),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect();
    if parts.is_empty() { tr!("they are as they were").into() } else { parts.join(", ") }
}
