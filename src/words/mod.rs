//! What the program says, in the languages of its people. English stands in the code; [`Language::tell`] takes a finished
//! sentence of any room (an error, a note, a line of a report) and gives it in another language, by the templates of
//! `assets/words/LANGUAGE/below/ROOM.json`. What no template knows stays as it is.
//!
//! A template is the text as the source has it, with `{}` for what is filled in: "cannot read {}: {}". Its translation has
//! the same places, in order as `{}` or by number as `{1}`.

mod language;
mod markup;
mod numbers;
mod templates;
#[cfg(test)]
mod tests;

pub use language::Language;
pub use markup::translated as translated_markup;
pub use numbers::{apart, grouped};

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use templates::Templates;

/// Rooms with texts of their own, and their Spanish.
const SPANISH: &[(&str, &str)] = &[
    ("app", include_str!("../../assets/words/es/below/app.json")),
    ("assess", include_str!("../../assets/words/es/below/assess.json")),
    ("chart", include_str!("../../assets/words/es/below/chart.json")),
    ("classify", include_str!("../../assets/words/es/below/classify.json")),
    ("cube", include_str!("../../assets/words/es/below/cube.json")),
    ("geo", include_str!("../../assets/words/es/below/geo.json")),
    ("jobs", include_str!("../../assets/words/es/below/jobs.json")),
    ("labels", include_str!("../../assets/words/es/below/labels.json")),
    ("model", include_str!("../../assets/words/es/below/model.json")),
    ("project", include_str!("../../assets/words/es/below/project.json")),
    ("report", include_str!("../../assets/words/es/below/report.json")),
    ("samples", include_str!("../../assets/words/es/below/samples.json")),
    ("short", include_str!("../../assets/words/es/below/short.json")),
    ("source", include_str!("../../assets/words/es/below/source.json")),
];

/// What is counted: "files", "archivos". Each gives a template for the noun behind a number.
const SPANISH_NOUNS: &str = include_str!("../../assets/words/es/words.json");

impl Language {
    /// A finished English text in this language, as far as it is known. Parts that are not stay as they are.
    ///
    /// Takes some microseconds; who paints keeps what it gives.
    pub fn tell(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::English => Cow::Borrowed(text),
            Self::Spanish => match spanish().translate(text) {
                // What was put together contracts.
                Cow::Owned(told) => Cow::Owned(told.replace(" de el ", " del ").replace(" a el ", " al ")),
                same => same,
            },
        }
    }

    /// The tag of the language in documents (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }
}

fn spanish() -> &'static Templates {
    static TABLE: OnceLock<Templates> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut all = BTreeMap::new();
        for (noun, told) in pairs(SPANISH_NOUNS) {
            if noun.chars().all(|c| c.is_lowercase() || c == ' ') {
                all.insert(format!("{{#}} {noun}"), format!("{{}} {told}"));
            }
            all.insert(noun, told);
        }
        for (_, room) in SPANISH {
            all.extend(pairs(room));
        }
        Templates::new(all)
    })
}

fn pairs(file: &str) -> BTreeMap<String, String> {
    // A test reads every file.
    serde_json::from_str(file).unwrap_or_default()
}
