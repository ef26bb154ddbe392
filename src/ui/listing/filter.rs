//! The filters of the list: words, class, confidence, what is wrong.

use crate::app::OpenProject;
use crate::jobs::{ListSpec, Mark, Marked};
use crate::labels::Confidence;
use crate::ui::words::{tr, tr_word};
use crate::ui::{format, widgets};
use egui::{ComboBox, RichText, TextEdit, Ui};

/// The filters, in a row that wraps; `width` is that of the field for words.
pub fn filter_ui(ui: &mut Ui, project: &OpenProject, spec: &mut ListSpec, width: f32) {
    let field = TextEdit::singleline(&mut spec.text).hint_text(tr!("filter")).desired_width(width);
    let response = ui.add(field).on_hover_text(
        tr!("Only annotations that have all of these words in their class, sites, author, date or note, or this number"),
    );
    let text = spec.text.clone();
    response.widget_info(|| egui::WidgetInfo {
        label: Some(tr!("Filter annotations").into()),
        ..egui::WidgetInfo::text_edit(true, "", &text, tr!("filter"))
    });
    let legend = &project.document.legend;
    let class =
        spec.class.map(|code| legend.class(code).map_or(tr!("unknown class"), |class| class.name.as_str()));
    combo(ui, tr!("Filter by class"), class.unwrap_or(tr!("any class")), |ui| {
        ui.selectable_value(&mut spec.class, None, tr!("any class"));
        for class in &legend.classes {
            ui.horizontal(|ui| {
                widgets::swatch(ui, class.colour);
                ui.selectable_value(&mut spec.class, Some(class.code), &class.name);
            });
        }
    });
    let confidence = spec.confidence.map_or(tr!("sure or not"), super::confidence_words);
    combo(ui, tr!("Filter by confidence"), confidence, |ui| {
        ui.selectable_value(&mut spec.confidence, None, tr!("sure or not"));
        for confidence in [Confidence::Sure, Confidence::Likely] {
            ui.selectable_value(&mut spec.confidence, Some(confidence), super::confidence_words(confidence));
        }
    });
    combo(ui, tr!("Filter by flag"), marked_words(spec.marked), |ui| {
        let all = [None, Some(Marked::Any), Some(Marked::None)];
        for marked in all.into_iter().chain(Mark::ALL.map(|mark| Some(Marked::With(mark)))) {
            ui.selectable_value(&mut spec.marked, marked, marked_words(marked));
        }
    });
    if !spec.lists_all() && ui.button(tr!("Show all")).on_hover_text(tr!("Takes the filters off")).clicked() {
        let ListSpec { by, descending, .. } = *spec;
        *spec = ListSpec { by, descending, ..ListSpec::default() };
    }
}

/// "12 of 340 annotations".
pub fn count_words(project: &OpenProject) -> String {
    let (all, shown) = (project.annotations.len(), project.derived.listing.rows().len());
    let of = format::count(all, "annotation");
    if shown == all { of } else { tr!("{n} of {all}", n = format::grouped(shown as i64), all = of) }
}

fn marked_words(marked: Option<Marked>) -> &'static str {
    match marked {
        None => tr!("flagged or not"),
        Some(Marked::Any) => tr!("with any flag"),
        Some(Marked::None) => tr!("without a flag"),
        Some(Marked::With(mark)) => tr_word(mark.title()),
    }
}

fn combo(ui: &mut Ui, name: &str, words: &str, content: impl FnOnce(&mut Ui)) {
    let shown = RichText::new(words);
    let response =
        ComboBox::from_id_salt(name).selected_text(shown).width(104.0).truncate().show_ui(ui, content);
    let (name, words) = (name.to_string(), words.to_string());
    response.response.on_hover_text(&name).widget_info(|| egui::WidgetInfo {
        current_text_value: Some(words.clone()),
        ..egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &name)
    });
}
