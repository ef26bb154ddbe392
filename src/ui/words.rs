//! Text on screen, in the language that people chose. English stands in the code and is the key; other languages stand in
//! `assets/words/LANGUAGE/ROOM.json`, one object of English to the other language for each room of the window.
//!
//! `tr!("Layers")` is a `&'static str`; `tr!("{n} dates of {site}", n = 3, site = name)` fills the places in braces and is a
//! `String`. A test reads the source and fails where a text has no translation, or one with other places.

pub use crate::project::Language;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
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

/// A text that stands where nothing can be called, as in a table of constants: it stays English there, and is told by [`told`]
/// where it is painted.
macro_rules! text {
    ($text:literal) => {
        $text
    };
}
pub(crate) use text;

/// Rooms of the window with texts of their own.
const SPANISH: &[&str] = &[
    include_str!("../../assets/words/es/assess.json"),
    include_str!("../../assets/words/es/chips.json"),
    include_str!("../../assets/words/es/clean.json"),
    include_str!("../../assets/words/es/compare.json"),
    include_str!("../../assets/words/es/comparing.json"),
    include_str!("../../assets/words/es/correct.json"),
    include_str!("../../assets/words/es/dialogs.json"),
    include_str!("../../assets/words/es/drift.json"),
    include_str!("../../assets/words/es/fetch.json"),
    include_str!("../../assets/words/es/format.json"),
    include_str!("../../assets/words/es/general.json"),
    include_str!("../../assets/words/es/imagery.json"),
    include_str!("../../assets/words/es/label.json"),
    include_str!("../../assets/words/es/labels.json"),
    include_str!("../../assets/words/es/live.json"),
    include_str!("../../assets/words/es/looking.json"),
    include_str!("../../assets/words/es/models.json"),
    include_str!("../../assets/words/es/navigate.json"),
    include_str!("../../assets/words/es/output.json"),
    include_str!("../../assets/words/es/picture.json"),
    include_str!("../../assets/words/es/plot.json"),
    include_str!("../../assets/words/es/queue.json"),
    include_str!("../../assets/words/es/reference.json"),
    include_str!("../../assets/words/es/shell.json"),
    include_str!("../../assets/words/es/stores.json"),
    include_str!("../../assets/words/es/trust.json"),
    include_str!("../../assets/words/es/unet.json"),
];

/// Words that come from the rooms below: what is counted, and names of kinds of things.
const SPANISH_WORDS: &str = include_str!("../../assets/words/es/words.json");

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

/// A word that comes from a room below, out of a small closed set (`Mark::title`, say), in the language that this thread
/// paints in; as it is where it lacks.
pub fn tr_word(word: &str) -> &str {
    match LANGUAGE.get() {
        Language::English => word,
        Language::Spanish => spanish_words().get(word).map_or(word, String::as_str),
    }
}

/// A finished sentence that comes from a room below (an error, a note, what a job does), in the language that this thread
/// paints in, as far as it is known: see [`crate::words`]. What was told once is kept, so that painting stays fast.
pub fn tr_below(text: &str) -> Cow<'_, str> {
    /// Sentences that are kept; more than any screen has.
    const KEPT: usize = 1024;
    thread_local! {
        static KNOWN: RefCell<HashMap<String, String>> = RefCell::default();
    }
    let language = LANGUAGE.get();
    if language == Language::English || text.is_empty() {
        return Cow::Borrowed(text);
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(told) = known.get(text) {
            return Cow::Owned(told.clone());
        }
        let told = language.tell(text);
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(text.to_owned(), told.clone().into_owned());
        told
    })
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
            // A reason comes from a room below.
            Some((_, value)) if name == "why" => out.push_str(&tr_below(value)),
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

fn spanish_words() -> &'static HashMap<String, String> {
    static TABLE: OnceLock<HashMap<String, String>> = OnceLock::new();
    TABLE.get_or_init(|| serde_json::from_str(SPANISH_WORDS).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Page;
    use crate::assess::Measure;
    use crate::classify::foreign::{How, MapForm, Meaning};
    use crate::cube::{Filling, PixelState, Smoothing};
    use crate::jobs::Basis;
    use crate::jobs::{JobKind, Mark};
    use crate::labels::import::Numbers;
    use crate::labels::{Emptied, FindingKind, Preset};
    use crate::model::exchange::ModelFormat;
    use crate::model::{ModelKind, ModelSpec, OptionKind};
    use crate::source::ChipImages;
    use std::collections::{BTreeMap, BTreeSet};

    /// The texts of `tr!` and `text!` in a piece of source.
    fn texts(source: &str) -> Vec<String> {
        let parts = ["tr!(", "text!("].into_iter().flat_map(|call| source.split(call).skip(1));
        parts.filter_map(|part| literal(part.trim_start())).collect()
    }

    /// The text that a piece of source begins with, if it does.
    fn literal(source: &str) -> Option<String> {
        let source = source.strip_prefix('"')?;
        let (mut text, mut chars) = (String::new(), source.chars());
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
        Some(text)
    }

    /// What is counted in a piece of source: `count(n, "file")`, one and many.
    fn counted(source: &str) -> Vec<String> {
        let nouns = source.split("count(").skip(1).filter_map(|call| {
            let mut open = 1;
            let end = call.find(|c| {
                open += i32::from(c == '(') - i32::from(c == ')');
                open == 0
            })?;
            let call = call[..end].trim_end().strip_suffix('"')?;
            let (before, noun) = call.rsplit_once('"')?;
            before.trim_end().ends_with(',').then(|| noun.to_string())
        });
        nouns.flat_map(|noun| [format!("{noun}s"), noun]).collect()
    }

    /// All words of closed sets of the rooms below that are painted.
    fn words_of_below() -> Vec<String> {
        let mut words: Vec<&str> = Vec::new();
        words.extend(Mark::ALL.map(Mark::title));
        words.extend(Page::ALL.map(Page::title));
        words.extend(PixelState::ALL.map(PixelState::name));
        words.extend(Filling::ALL.map(Filling::words));
        words.extend(Smoothing::ALL.map(Smoothing::words));
        words.extend(Numbers::ALL.map(Numbers::title));
        words.extend(ChipImages::ALL.map(ChipImages::title));
        words.extend(JOBS.iter().map(|kind| kind.title()));
        words.extend(Measure::ALL.map(Measure::measures));
        words.extend(crate::classify::TrustInput::all_words());
        words.extend(FINDINGS.map(FindingKind::title));
        words.extend(How::ALL.map(How::title));
        words.extend(Meaning::ALL.map(Meaning::title));
        words.extend([MapForm::Values, MapForm::Palette, MapForm::Colours].map(MapForm::title));
        words.extend(["the list of classes"]);
        words.extend([Basis::Reference, Basis::Annotations, Basis::TrueMap].map(Basis::title));
        words.extend(Preset::ALL.iter().flat_map(|preset| [preset.title(), preset.explanation()]));
        words.extend(ModelFormat::ALL.iter().flat_map(|format| [format.title(), format.sentence()]));
        let mut options = ModelSpec::training_options().to_vec();
        for kind in ModelKind::all() {
            words.push(kind.sentence());
            options.extend_from_slice(kind.options());
        }
        for option in options {
            words.extend([option.title, option.sentence]);
            if let OptionKind::Choice(names) = option.kind {
                words.extend(names);
            }
        }
        let emptied = [Emptied::OutsideGrid, Emptied::ByBuffer, Emptied::NoWholePixel, Emptied::Dropped];
        // What is counted by a name that depends.
        let regions = ["region", "regions"].map(str::to_string);
        let words = words.into_iter().map(str::to_string);
        words.chain(emptied.map(|why| why.to_string())).chain(regions).collect()
    }

    const JOBS: &[JobKind] = &[
        JobKind::CopyHere,
        JobKind::SurveyChips,
        JobKind::ImportChips,
        JobKind::KeepMap,
        JobKind::ReadCorrections,
        JobKind::CarryOut,
        JobKind::Correct,
        JobKind::SurveyMap,
        JobKind::ImportMap,
        JobKind::CompareMaps,
        JobKind::CountStrata,
        JobKind::DesignReference,
        JobKind::ReadReference,
        JobKind::ExportReference,
        JobKind::OpenMap,
        JobKind::Measure,
        JobKind::CheckTrust,
        JobKind::ExportSeries,
        JobKind::SavePicture,
        JobKind::Demo,
        JobKind::OpenProject,
        JobKind::Survey,
        JobKind::BuildCube,
        JobKind::AppendToCube,
        JobKind::PlanImagery,
        JobKind::FetchImagery,
        JobKind::ChooseSites,
        JobKind::OpenCube,
        JobKind::Footprints,
        JobKind::DeleteCube,
        JobKind::Compose,
        JobKind::Cores,
        JobKind::Flags,
        JobKind::List,
        JobKind::SurveyLabels,
        JobKind::ImportLabels,
        JobKind::ImportLegend,
        JobKind::ExportLegend,
        JobKind::ExportLabels,
        JobKind::CheckLabels,
        JobKind::SaveSamples,
        JobKind::Train,
        JobKind::CheckSites,
        JobKind::ForgetMaps,
        JobKind::Map,
        JobKind::Clean,
        JobKind::FindUncertain,
        JobKind::MergeMaps,
        JobKind::SaveAreas,
        JobKind::Assess,
        JobKind::TryModel,
        JobKind::FindCell,
        JobKind::SaveReport,
        JobKind::RenameModel,
        JobKind::DuplicateModel,
        JobKind::DeleteModel,
        JobKind::ExportModel,
    ];

    const FINDINGS: [FindingKind; 16] = [
        FindingKind::UnknownClass,
        FindingKind::Unusable,
        FindingKind::NoArea,
        FindingKind::SelfCrossing,
        FindingKind::Duplicate,
        FindingKind::Overlap,
        FindingKind::OutsideSites,
        FindingKind::EmptiedByBuffer,
        FindingKind::NoWholePixel,
        FindingKind::AllDropped,
        FindingKind::PastSite,
        FindingKind::Dates,
        FindingKind::StandApart,
        FindingKind::Points,
        FindingKind::TooLittle,
        FindingKind::NoAnnotation,
    ];

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

    fn all_sources() -> Vec<String> {
        let mut all = Vec::new();
        sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui"), &mut all);
        all
    }

    #[test]
    fn every_word_that_comes_from_below_is_told_in_spanish() {
        let told: BTreeMap<String, String> = serde_json::from_str(SPANISH_WORDS).unwrap();
        let counted = all_sources().iter().flat_map(|source| counted(source)).collect::<Vec<_>>();
        let used: BTreeSet<String> = words_of_below().into_iter().chain(counted).collect();
        let lacking: Vec<_> = used.iter().filter(|word| !told.contains_key(*word)).collect();
        assert!(lacking.is_empty(), "no Spanish for {lacking:#?}");
        let idle: Vec<_> = told.keys().filter(|word| !used.contains(*word)).collect();
        assert!(idle.is_empty(), "Spanish for what is no word of below: {idle:#?}");
        assert!(told.values().all(|spanish| !spanish.trim().is_empty()));
    }

    #[test]
    fn every_text_on_screen_is_told_in_spanish_with_the_same_places() {
        let used: BTreeSet<String> = all_sources().iter().flat_map(|source| texts(source)).collect();
        let mut told: BTreeMap<String, String> = BTreeMap::new();
        for room in SPANISH {
            for (text, spanish) in serde_json::from_str::<BTreeMap<String, String>>(room).unwrap() {
                let twice = told.insert(text.clone(), spanish);
                assert!(twice.is_none(), "{text:?} stands in two files");
            }
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
        assert_eq!(texts("const A: &str = text!(\"e\");"), ["e"]);
        assert_eq!(counted("count(of(n, \"x\").len(), \"pure pixel\")"), ["pure pixels", "pure pixel"]);
        assert_eq!(counted("count(a, b); f(c, \"d\")"), Vec::<String>::new());
    }

    #[test]
    fn a_window_speaks_one_language_at_a_time() {
        speak(Language::Spanish);
        assert_eq!(tr!("Not now"), "Ahora no");
        assert_eq!(tr!("{n} classes", n = 3), "3 clases");
        assert_eq!(tr_word("pure pixels"), "píxeles puros");
        assert_eq!(tr_word("what nobody counts"), "what nobody counts");
        speak(Language::English);
        assert_eq!(tr!("Not now"), "Not now");
        assert_eq!(tr_word("pure pixels"), "pure pixels");
    }
}
