//! A list to choose from that is narrowed by typing.

use crate::ui::words::tr;
use egui::{Button, ComboBox, Id, Key, PopupCloseBehavior, TextEdit, Ui};

/// An entry of the list.
pub struct Entry<T> {
    text: String,
    hint: String,
    /// Why it cannot be chosen.
    lacks: Option<String>,
    /// Whether a line stands above it.
    begins: bool,
    choice: T,
}

impl<T> Entry<T> {
    pub fn new(text: impl Into<String>, hint: String, choice: T) -> Self {
        Self { text: text.into(), hint, lacks: None, begins: false, choice }
    }

    /// The same, which cannot be chosen where something is lacking.
    pub fn lacking(self, lacks: Option<String>) -> Self {
        Self { lacks, ..self }
    }

    /// The same, with a line above it.
    pub fn begins(self) -> Self {
        Self { begins: true, ..self }
    }

    fn holds(&self, words: &str) -> bool {
        let (text, hint) = (self.text.to_lowercase(), self.hint.to_lowercase());
        words.split_whitespace().all(|word| text.contains(word) || hint.contains(word))
    }
}

/// The list, closed or open. While it is open what is typed narrows it, and Enter takes the first that is left.
pub fn choose_ui<T>(
    ui: &mut Ui,
    salt: &str,
    label: Id,
    title: &str,
    width: f32,
    entries: Vec<Entry<T>>,
) -> Option<T> {
    let typed = Id::unique(("typed to choose", salt));
    let combo = ComboBox::from_id_salt(salt)
        .selected_text(title)
        .width(width)
        .height(440.0)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let response = combo.show_ui(ui, |ui| {
        let before = ui.data(|data| data.get_temp::<String>(typed));
        let is_new = before.is_none();
        let mut text = before.unwrap_or_default();
        let field = ui.add(
            TextEdit::singleline(&mut text).hint_text(tr!("type to filter")).desired_width(f32::INFINITY),
        );
        if is_new {
            field.request_focus();
        }
        let enter = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        let words = text.trim().to_lowercase();
        ui.data_mut(|data| data.insert_temp(typed, text));
        let mut chosen = None;
        let mut found = false;
        for entry in entries.into_iter().filter(|entry| entry.holds(&words)) {
            if entry.begins && found {
                ui.separator();
            }
            found = true;
            let button = Button::selectable(entry.text == title, &entry.text);
            let button = ui.add_enabled(entry.lacks.is_none(), button);
            let button = if entry.hint.is_empty() { button } else { button.on_hover_text(&entry.hint) };
            let can = entry.lacks.is_none();
            let clicked = button.on_disabled_hover_text(entry.lacks.unwrap_or_default()).clicked();
            if (clicked || enter && can && !words.is_empty()) && chosen.is_none() {
                chosen = Some(entry.choice);
            }
        }
        if !found {
            ui.weak(tr!("Nothing has these words"));
        }
        if chosen.is_some() {
            ui.close();
        }
        chosen
    });
    if response.inner.is_none() || response.inner.as_ref().is_some_and(Option::is_some) {
        ui.data_mut(|data| data.remove_temp::<String>(typed));
    }
    response.response.labelled_by(label);
    response.inner.flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_holds_all_words_in_its_name_or_its_hint() {
        let entry = Entry::new("NDVI", "Normalised difference vegetation index".into(), ());
        assert!(entry.holds("") && entry.holds("ndv") && entry.holds("vege ndvi"));
        assert!(!entry.holds("ndvi water"));
    }
}
