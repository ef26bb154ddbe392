//! What the program remembers of the person at this desk: projects opened lately, their name, language and theme.

use super::Language;
use crate::files::write_atomically;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const KEPT: usize = 12;
/// So many commands are remembered as used lately.
const USED: usize = 12;

/// Projects opened lately, the last one first. Kept in the user's configuration folder; a damaged list is an empty one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// Folders, the last opened first.
    #[serde(default)]
    pub folders: Vec<PathBuf>,
    /// Who draws annotations here, where people said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The language of the window, where people chose one; that of the system else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Whether the window is light.
    #[serde(default)]
    pub light: bool,
    /// Commands used lately in the palette, the last one first, by their names in English.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used: Vec<String>,
    /// Whether the hints for beginners were answered.
    #[serde(default)]
    pub hints_answered: bool,
    #[serde(skip)]
    file: Option<PathBuf>,
}

impl Recent {
    /// Reads the list from `file`; without a file, a list that is not kept.
    pub fn load(file: Option<PathBuf>) -> Self {
        let mut recent: Self = file
            .as_deref()
            .and_then(|f| std::fs::read(f).ok())
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        recent.file = file;
        recent
    }

    /// Where the list of this user is kept.
    pub fn user_file() -> Option<PathBuf> {
        directories::ProjectDirs::from("", "", "ritmo").map(|d| d.config_dir().join("recent.json"))
    }

    /// Puts a folder first and saves the list; failing to save it harms nothing.
    pub fn opened(&mut self, folder: &Path) {
        let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
        self.folders.retain(|f| *f != folder);
        self.folders.insert(0, folder);
        self.folders.truncate(KEPT);
        self.save();
    }

    /// Takes a folder off the list.
    pub fn forget(&mut self, folder: &Path) {
        self.folders.retain(|f| f != folder);
        self.save();
    }

    /// Remembers who draws annotations here.
    pub fn set_author(&mut self, author: Option<String>) {
        self.author = author;
        self.save();
    }

    /// Remembers the language of the window.
    pub fn set_language(&mut self, language: Language) {
        self.language = Some(language);
        self.save();
    }

    /// Remembers whether the window is light.
    pub fn set_light(&mut self, light: bool) {
        self.light = light;
        self.save();
    }

    /// Puts a command of the palette first.
    pub fn used(&mut self, command: String) {
        self.used.retain(|other| *other != command);
        self.used.insert(0, command);
        self.used.truncate(USED);
        self.save();
    }

    /// Remembers that the hints for beginners were answered.
    pub fn answer_hints(&mut self) {
        self.hints_answered = true;
        self.save();
    }

    /// A file beside this one, for what is kept apart.
    pub fn beside(&self, name: &str) -> Option<PathBuf> {
        self.file.as_ref().map(|file| file.with_file_name(name))
    }

    fn save(&self) {
        if let (Some(file), Ok(text)) = (&self.file, serde_json::to_vec_pretty(self)) {
            let _ = file.parent().map(std::fs::create_dir_all);
            let _ = write_atomically(file, &text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_opened_comes_first_and_no_folder_twice() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config/recent.json");
        let mut recent = Recent::load(Some(file.clone()));
        for name in ["a", "b", "a"] {
            recent.opened(&folder.path().join(name));
        }
        let again = Recent::load(Some(file));
        assert_eq!(again.folders, [folder.path().join("a"), folder.path().join("b")]);
    }

    #[test]
    fn who_works_here_is_remembered_beside_the_projects() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("recent.json");
        let mut recent = Recent::load(Some(file.clone()));
        recent.opened(&folder.path().join("a"));
        recent.set_author(Some("Ana".into()));
        let again = Recent::load(Some(file));
        assert_eq!((again.author.as_deref(), again.folders.len()), (Some("Ana"), 1));
    }

    #[test]
    fn language_theme_and_commands_used_lately_are_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("recent.json");
        let mut recent = Recent::load(Some(file.clone()));
        assert_eq!((recent.language, recent.light, recent.hints_answered), (None, false, false));
        recent.set_language(Language::Spanish);
        recent.set_light(true);
        recent.answer_hints();
        for command in ["fit", "undo", "fit"] {
            recent.used(command.into());
        }
        let again = Recent::load(Some(file));
        assert_eq!(
            (again.language, again.light, again.hints_answered),
            (Some(Language::Spanish), true, true)
        );
        assert_eq!(again.used, ["fit", "undo"]);
    }

    #[test]
    fn a_file_of_before_there_were_languages_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("recent.json");
        std::fs::write(&file, r#"{"folders": ["/a"], "author": "Ana"}"#).unwrap();
        let recent = Recent::load(Some(file));
        assert_eq!((recent.folders.len(), recent.language), (1, None));
    }

    #[test]
    fn a_damaged_list_is_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("recent.json");
        std::fs::write(&file, "{\"folders\": [").unwrap();
        assert!(Recent::load(Some(file)).folders.is_empty());
    }
}
