//! What is remembered of the person at this desk.

use super::*;
use crate::project::{Language, Layout, Place};

/// A state that remembers in a folder.
fn remembering(folder: &Path) -> AppState {
    AppState::new(Recent::load(Some(folder.join("recent.json"))), Arc::new(|| {}))
}

#[test]
fn language_theme_and_layout_are_remembered_without_a_project() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = remembering(folder.path());
    assert_eq!((state.language, state.recent.light), (Language::English, false));
    let mut layout = Layout::default();
    layout.series.place = Place::Right;
    layout.page.width = 9000.0;
    for command in
        [Command::SetLanguage(Language::Spanish), Command::SetLight(true), Command::SetLayout(layout.clone())]
    {
        assert_eq!(update(&mut state, command), Ok(None));
    }
    let again = remembering(folder.path());
    assert_eq!((again.language, again.recent.light), (Language::Spanish, true));
    assert_eq!(again.layout, layout.sensible(), "a pane is no wider than a window");
    assert!(again.notices.is_empty());
}

#[test]
fn what_cannot_be_written_is_not_remembered_and_harms_nothing() {
    let mut state = AppState::new(Recent::load(Some("/proc/nowhere/recent.json".into())), Arc::new(|| {}));
    let layout = Layout {
        layers: crate::project::Spot { shown: false, ..Layout::default().layers },
        ..Layout::default()
    };
    assert_eq!(update(&mut state, Command::SetLayout(layout.clone())), Ok(None));
    assert_eq!(state.layout, layout);
    assert_eq!(update(&mut state, Command::AnswerHints), Ok(None));
    assert!(state.recent.hints_answered);
}
