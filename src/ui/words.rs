//! Text on screen, in the language that people chose. English stands in the code and is the key; other languages stand in
//! `assets/words/LANGUAGE/ROOM.json`, one object of English to the other language for each room of the window.
//!
//! `tr!("Layers")` is a `&'static str`; `tr!("{n} dates of {site}", n = 3, site = name)` fills the places in braces and is a
//! `String`. A test reads the source and fails where a text has no translation, or one with other places.

pub use crate::project::Language;

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::OnceLock;

/// Text on screen: see the room's docs.
macro_rules! tr {
    ($text:literal) => {
        $crate::ui::words::told($text)
    };
    ($text:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::ui::words::filled($text, &[$((stringify!($name), $value.to_string())),+])
    };
}
pub(crate) use tr;

/// Rooms of the window with texts of their own.
const SPANISH: &[&str] = &[include_str!("../../assets/words/es/shell.json")];

thread_local! {
    /// Of the window that this thread paints: windows of tests speak apart from one another.
    static LANGUAGE: Cell<Language> = const { Cell::new(Language::English) };
}

/// From now on this thread paints in a language.
pub fn speak(language: Language) {
    LANGUAGE.set(language);
}

/// The language that this thread paints in.
pub fn language() -> Language {
    LANGUAGE.get()
}

/// The text in the language that this thread paints in; English where it lacks.
pub fn told(text: &'static str) -> &'static str {
    match LANGUAGE.get() {
        Language::English => text,
        Language::Spanish => spanish().get(text).map_or(text, String::as_str),
    }
}

/// As [`told`], with its places in braces filled.
pub fn filled(text: &'static str, values: &[(&str, String)]) -> String {
    let mut rest = told(text);
    let mut out = String::with_capacity(rest.len());
    while let Some(start) = rest.find('{') {
        let Some(end) = rest[start..].find('}').map(|end| start + end) else { break };
        out.push_str(&rest[..start]);
        let name = &rest[start + 1..end];
        match values.iter().find(|(of, _)| *of == name) {
            Some((_, value)) => out.push_str(value),
            None => out.push_str(&rest[start..=end]),
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

fn spanish() -> &'static HashMap<String, String> {
    static TABLE: OnceLock<HashMap<String, String>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let rooms = SPANISH.iter().filter_map(|text| serde_json::from_str::<HashMap<_, _>>(text).ok());
        rooms.flatten().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// The texts of `tr!` in a piece of source.
    fn texts(source: &str) -> Vec<String> {
        let mut found = Vec::new();
        for part in source.split("tr!(").skip(1) {
            let part = part.trim_start();
            let Some(part) = part.strip_prefix('"') else { continue };
            let (mut text, mut chars) = (String::new(), part.chars());
            while let Some(c) = chars.next() {
                match c {
                    '"' => break,
                    '\\' => match chars.next() {
                        Some('n') => text.push('\n'),
                        // The end of a line and what indents the next one.
                        Some('\n') => {
                            let rest = chars.as_str().trim_start();
                            chars = rest.chars();
                        }
                        Some(other) => text.push(other),
                        None => break,
                    },
                    c => text.push(c),
                }
            }
            found.push(text);
        }
        found
    }

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
    }

    fn sources(folder: &std::path::Path, to: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => sources(&path, to),
                false if path.ends_with("words.rs") => {}
                false => to.push(std::fs::read_to_string(path).unwrap()),
            }
        }
    }

    #[test]
    fn every_text_on_screen_is_told_in_spanish_with_the_same_places() {
        let mut all = Vec::new();
        sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui"), &mut all);
        let used: BTreeSet<String> = all.iter().flat_map(|source| texts(source)).collect();
        let mut told: BTreeMap<String, String> = BTreeMap::new();
        for room in SPANISH {
            told.extend(serde_json::from_str::<BTreeMap<String, String>>(room).unwrap());
        }
        let lacking: Vec<_> = used.iter().filter(|text| !told.contains_key(*text)).collect();
        assert!(lacking.is_empty(), "no Spanish for {lacking:#?}");
        let idle: Vec<_> = told.keys().filter(|text| !used.contains(*text)).collect();
        assert!(idle.is_empty(), "Spanish for what is nowhere on screen: {idle:#?}");
        for (text, spanish) in &told {
            assert_eq!(places(text), places(spanish), "{text} | {spanish}");
            assert!(!spanish.trim().is_empty(), "{text}");
        }
    }

    #[test]
    fn places_are_filled_and_braces_that_are_none_stay() {
        assert_eq!(filled("{n} of {m}", &[("n", "1".into()), ("m", "2".into())]), "1 of 2");
        assert_eq!(filled("a {b", &[]), "a {b");
        assert_eq!(filled("{other}", &[("n", "1".into())]), "{other}");
        assert_eq!(tr!("{n} dates", n = 3), "3 dates");
    }

    #[test]
    fn source_is_read_as_the_compiler_reads_it() {
        let found = texts("tr!(\"a \\\"b\\\"\") tr!(\n    \"c \\\n      d\",\n n = 1) tr!($text)");
        assert_eq!(found, ["a \"b\"", "c d"]);
    }
}
