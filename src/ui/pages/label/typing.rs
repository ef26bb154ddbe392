//! Fields that are saved when they are left: a word typed letter by letter is one change, and one step to undo.

use crate::labels::AnnotationId;
use crate::ui::words::tr;
use egui::{Key, TextEdit, Ui};

/// What is being typed of annotations, and of whom.
#[derive(Default)]
pub struct Typing {
    /// Whether a field had the focus in the last frame.
    pub focused: bool,
    /// The name of who draws here.
    pub you: Option<Typed>,
    /// The author of annotations.
    pub author: Option<Typed>,
    /// Their note.
    pub note: Option<Typed>,
    /// The dates that they hold for: the first, the last.
    pub period: Option<[Typed; 2]>,
    /// What is said of all that are selected.
    pub common: Option<super::selected::KnownCommon>,
}

/// A text that is being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// The annotations that it is of.
    pub ids: Vec<AnnotationId>,
    /// As far as it is typed.
    pub text: String,
    /// Whether anything was typed.
    pub changed: bool,
}

/// A field.
pub struct Field<'a> {
    /// For those who hear it.
    pub name: &'a str,
    /// What is saved.
    pub shown: &'a str,
    /// Whether several annotations say different things.
    pub mixed: bool,
    /// Lines that it shows.
    pub lines: usize,
    /// What it is for.
    pub hint: &'a str,
}

/// A field over all the width that is left. Gives the text to save once the field is left; Esc leaves it as it was.
pub fn field_ui(
    ui: &mut Ui,
    typed: &mut Option<Typed>,
    ids: &[AnnotationId],
    field: &Field<'_>,
) -> Option<String> {
    let mut text = typed.as_ref().map_or_else(|| field.shown.to_string(), |typed| typed.text.clone());
    let edit = match field.lines {
        1 => TextEdit::singleline(&mut text),
        lines => TextEdit::multiline(&mut text).desired_rows(lines),
    };
    let hint = if field.mixed { tr!("several") } else { "" };
    let response = ui.add(edit.hint_text(hint).desired_width(f32::INFINITY)).on_hover_text(field.hint);
    response.widget_info(|| egui::WidgetInfo {
        label: Some(field.name.into()),
        ..egui::WidgetInfo::text_edit(true, "", &text, hint)
    });
    if response.changed() || response.has_focus() {
        let changed = response.changed() || typed.as_ref().is_some_and(|typed| typed.changed);
        *typed = Some(Typed { ids: ids.to_vec(), text, changed });
    }
    if response.lost_focus() {
        let given_up = ui.input(|i| i.key_pressed(Key::Escape));
        let left = typed.take().filter(|typed| typed.changed && !given_up);
        return left.map(|typed| typed.text);
    }
    None
}
