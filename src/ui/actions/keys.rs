//! Keys of the actions, and how they are written.

use super::Action;
use crate::app::Page;
use crate::project::Pane;
use crate::ui::words::tr;
use egui::{Key, KeyboardShortcut, Modifiers};
use std::sync::LazyLock;

/// Where the keys of an action are heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// On every screen.
    Everywhere,
    /// Where a project is open.
    Project,
    /// Where the map is on screen.
    Map,
    /// On the Label page.
    Label,
    /// Elsewhere: the key is more than a press.
    Apart,
}

const fn plain(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

const fn shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::SHIFT, key)
}

const fn alt(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::ALT, key)
}

/// Composites by number.
const COMPOSITES: [Key; 6] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6];

const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };

impl Action {
    /// Where its keys are heard.
    pub fn scope(self) -> Scope {
        match self {
            Self::Open | Self::New | Self::Palette => Scope::Everywhere,
            Self::Page(_) | Self::AddImagery | Self::ImportLabels | Self::CompareSites | Self::Queue => {
                Scope::Project
            }
            Self::Tool(_)
            | Self::Snapping
            | Self::Merge
            | Self::Delete
            | Self::DropApart
            | Self::Table
            | Self::ZoomToSelected
            | Self::SelectAll => Scope::Label,
            // Space pans while it is held, and ? is a letter that lies elsewhere on each keyboard.
            Self::Play | Self::Shortcuts => Scope::Apart,
            _ => Scope::Map,
        }
    }

    /// Its keys, the usual ones first.
    pub fn keys(self) -> Vec<KeyboardShortcut> {
        match self {
            Self::Page(Page::Look) => vec![plain(Key::F1)],
            Self::Page(Page::Label) => vec![plain(Key::F2)],
            Self::Page(Page::Map) => vec![plain(Key::F3)],
            Self::Page(Page::Assess) => vec![plain(Key::F4)],
            Self::DateBefore => vec![plain(Key::ArrowLeft), plain(Key::A)],
            Self::DateAfter => vec![plain(Key::ArrowRight), plain(Key::D)],
            Self::Play => vec![plain(Key::Space)],
            Self::SiteBefore => vec![plain(Key::PageUp)],
            Self::SiteAfter => vec![plain(Key::PageDown)],
            Self::Fit => vec![plain(Key::F)],
            Self::AllAnnotations => vec![shift(Key::F)],
            Self::LargePixels => vec![plain(Key::G)],
            Self::OnePoint => vec![shift(Key::G)],
            Self::ViewBack => vec![alt(Key::ArrowLeft)],
            Self::ViewForward => vec![alt(Key::ArrowRight)],
            Self::GoTo => vec![ctrl(Key::G)],
            Self::Bookmark => vec![ctrl(Key::D)],
            Self::StretchToView => vec![plain(Key::U)],
            Self::Calendar => vec![plain(Key::C)],
            Self::Compare => vec![shift(Key::C)],
            Self::HandleLeft => vec![shift(Key::ArrowLeft)],
            Self::HandleRight => vec![shift(Key::ArrowRight)],
            Self::OtherBefore => vec![shift(Key::Comma)],
            Self::OtherAfter => vec![shift(Key::Period)],
            Self::Fade => vec![plain(Key::Comma)],
            Self::Unfade => vec![plain(Key::Period)],
            Self::Composite(place) => COMPOSITES.get(place).map(|key| ctrl(*key)).into_iter().collect(),
            Self::CompareSites => vec![KeyboardShortcut::new(CTRL_SHIFT, Key::D)],
            Self::ClassMap => vec![plain(Key::M)],
            Self::Uncertainty => vec![shift(Key::M)],
            Self::Mask => vec![plain(Key::K)],
            Self::Pane(Pane::Layers) => vec![ctrl(Key::B)],
            Self::Pane(Pane::Page) => vec![ctrl(Key::J)],
            Self::Pane(Pane::Series) => vec![KeyboardShortcut::new(CTRL_SHIFT, Key::J)],
            Self::MapAlone => vec![plain(Key::F11)],
            Self::NextUncertain => vec![plain(Key::N)],
            Self::UncertainBefore => vec![shift(Key::N)],
            Self::NextPixels => vec![plain(Key::Y)],
            Self::PixelsBefore => vec![shift(Key::Y)],
            Self::Undo => vec![ctrl(Key::Z)],
            Self::Redo => vec![ctrl(Key::Y), KeyboardShortcut::new(CTRL_SHIFT, Key::Z)],
            Self::Train => vec![ctrl(Key::T)],
            Self::TrainAndMap => vec![ctrl(Key::Enter)],
            Self::AddImagery => vec![ctrl(Key::I)],
            Self::ImportLabels => vec![KeyboardShortcut::new(CTRL_SHIFT, Key::I)],
            Self::Queue => vec![KeyboardShortcut::new(CTRL_SHIFT, Key::M)],
            Self::Open => vec![ctrl(Key::O)],
            Self::New => vec![ctrl(Key::N)],
            Self::Tool(tool) => vec![plain(tool.key())],
            Self::Snapping => vec![plain(Key::S)],
            Self::Merge => vec![plain(Key::J)],
            Self::Delete => vec![plain(Key::Delete)],
            Self::DropApart => vec![plain(Key::O)],
            Self::Table => vec![plain(Key::T)],
            Self::ZoomToSelected => vec![plain(Key::Z)],
            Self::SelectAll => vec![ctrl(Key::A)],
            Self::Shortcuts => vec![plain(Key::Questionmark)],
            Self::Palette => vec![ctrl(Key::P)],
            _ => Vec::new(),
        }
    }

    /// Its usual keys, for people; nothing where it has none.
    pub fn keys_text(self) -> String {
        self.keys().first().map_or(String::new(), shortcut_name)
    }
}

/// All ways to press an action, in the order in which they are to be looked for: Ctrl+Shift+Z is a way to press Ctrl+Z too,
/// and Alt+Left one to press Left.
pub fn ways() -> &'static [(Scope, KeyboardShortcut, Action)] {
    static WAYS: LazyLock<Vec<(Scope, KeyboardShortcut, Action)>> = LazyLock::new(|| {
        let of = |action: Action| action.keys().into_iter().map(move |keys| (action.scope(), keys, action));
        let mut ways: Vec<_> = Action::all().iter().copied().flat_map(of).collect();
        ways.sort_by_key(|(_, keys, _)| !keys.modifiers.shift && !keys.modifiers.alt);
        ways
    });
    &WAYS
}

/// "Ctrl+Shift+I".
fn shortcut_name(shortcut: &KeyboardShortcut) -> String {
    let mut parts = Vec::new();
    if shortcut.modifiers.command {
        parts.push("Ctrl");
    }
    if shortcut.modifiers.alt {
        parts.push("Alt");
    }
    if shortcut.modifiers.shift {
        parts.push(tr!("Shift"));
    }
    parts.push(key_name(shortcut.logical_key));
    parts.join("+")
}

/// What stands on a key.
fn key_name(key: Key) -> &'static str {
    match key {
        Key::ArrowLeft => tr!("Left"),
        Key::ArrowRight => tr!("Right"),
        Key::Space => tr!("Space"),
        Key::PageUp => tr!("Page Up"),
        Key::PageDown => tr!("Page Down"),
        Key::Delete => tr!("Del"),
        Key::Enter => tr!("Enter"),
        Key::Comma => tr!("comma"),
        Key::Period => tr!("period"),
        key => key.symbol_or_name(),
    }
}

/// Actions in one row of the sheet: "Left, Right or A, D", "Date before, date after".
pub fn words_of(actions: &[Action]) -> (String, String) {
    let keys: Vec<Vec<KeyboardShortcut>> = actions.iter().map(|action| action.keys()).collect();
    let ways = keys.iter().map(Vec::len).max().unwrap_or(0);
    let way = |i: usize| {
        let names: Vec<_> = keys.iter().filter_map(|keys| keys.get(i)).map(shortcut_name).collect();
        names.join(", ")
    };
    let keys = (0..ways).map(way).collect::<Vec<_>>().join(tr!(" or "));
    let names = actions.iter().enumerate().map(|(i, action)| match i {
        0 => action.name().trim_end_matches('…').to_string(),
        _ => uncapitalised(action.name().trim_end_matches('…')),
    });
    (keys, names.collect::<Vec<_>>().join(", "))
}

fn uncapitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_actions_have_the_same_keys_in_the_same_place() {
        let meet = |a: Scope, b: Scope| a == b || a != Scope::Apart && b != Scope::Apart;
        let all = Action::all();
        for (i, one) in all.iter().enumerate() {
            for other in &all[i + 1..] {
                for keys in one.keys() {
                    let same = other.keys().contains(&keys) && meet(one.scope(), other.scope());
                    assert!(!same, "{one:?} and {other:?} have {keys:?}");
                }
            }
        }
    }

    #[test]
    fn a_row_of_the_sheet_tells_all_ways_of_its_actions() {
        let (keys, words) = words_of(&[Action::DateBefore, Action::DateAfter]);
        assert_eq!((keys.as_str(), words.as_str()), ("Left, Right or A, D", "Date before, date after"));
        let (keys, words) = words_of(&[Action::Undo, Action::Redo]);
        assert_eq!((keys.as_str(), words.as_str()), ("Ctrl+Z, Ctrl+Y or Ctrl+Shift+Z", "Undo, redo"));
        assert_eq!(Action::Palette.keys_text(), "Ctrl+P");
        assert_eq!(Action::Theme.keys_text(), "");
    }

    #[test]
    fn every_action_that_has_no_key_of_its_own_stands_in_the_list_once() {
        let all = Action::all();
        for (i, action) in all.iter().enumerate() {
            assert!(!all[i + 1..].contains(action), "{action:?} twice");
        }
    }
}
