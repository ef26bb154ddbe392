//! Sentences translated by templates.

use std::borrow::Cow;
use std::collections::HashMap;

/// How deep sentences may stand in one another.
const DEPTH: usize = 6;
/// Longer texts are no messages.
const LONGEST: usize = 8192;

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Fixed text.
    Text(String),
    /// A place, by its number.
    Place(usize),
    /// A place for a number only: `{#}`.
    Number(usize),
    /// A place for one word only: `{w}`.
    Word(usize),
}

impl Piece {
    fn is_place(&self) -> bool {
        !matches!(self, Self::Text(_))
    }
}

/// The pieces of a template: `{}` are places in order, `{1}` is one by number, `{#}` one that takes numbers only,
/// `{w}` one that takes a single word; any other word in braces is a place in order. Braces are written twice.
pub fn pieces(template: &str) -> Vec<Piece> {
    let (mut all, mut text, mut next) = (Vec::new(), String::new(), 0);
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let brace = &rest[at..=at];
        text.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(behind) = after.strip_prefix(brace) {
            text.push_str(brace);
            rest = behind;
            continue;
        }
        let Some(end) = after.find('}').filter(|_| brace == "{") else {
            text.push_str(brace);
            rest = after;
            continue;
        };
        if !text.is_empty() {
            all.push(Piece::Text(std::mem::take(&mut text)));
        }
        let name = &after[..end];
        let number = name.parse().unwrap_or(next);
        all.push(match name {
            "#" => Piece::Number(number),
            "w" => Piece::Word(number),
            _ => Piece::Place(number),
        });
        next += 1;
        rest = &after[end + 1..];
    }
    text.push_str(rest);
    if !text.is_empty() {
        all.push(Piece::Text(text));
    }
    all
}

/// A template and its translation.
#[derive(Debug)]
struct Template {
    english: Vec<Piece>,
    told: Vec<Piece>,
}

impl Template {
    /// Bytes of fixed text: of two templates that fit, the one that has more is meant.
    fn weight(&self) -> usize {
        let fixed = self.english.iter().map(|piece| match piece {
            Piece::Text(text) => text.len(),
            _ => 0,
        });
        fixed.sum()
    }

    /// What stands in the places, where the text is one of this template. Of places side by side the last takes all.
    fn places<'a>(&self, text: &'a str) -> Option<Vec<&'a str>> {
        let mut found = Vec::new();
        let mut rest = text;
        let mut pieces = self.english.as_slice();
        loop {
            match pieces {
                [] => return rest.is_empty().then_some(found),
                [Piece::Text(fixed), more @ ..] => {
                    rest = rest.strip_prefix(fixed.as_str())?;
                    pieces = more;
                }
                [place, more @ ..] if place.is_place() && more.first().is_some_and(Piece::is_place) => {
                    found.push("");
                    pieces = more;
                }
                [place, more @ ..] => {
                    let end = match more {
                        [] => rest.len(),
                        [Piece::Text(last)] => rest.len().checked_sub(last.len())?,
                        [Piece::Text(fixed), ..] => {
                            let from = rest.chars().next()?.len_utf8();
                            from + rest[from..].find(fixed.as_str())?
                        }
                        // Handled above.
                        _ => return None,
                    };
                    // A text may end with nothing in its last place, as an error without a hint.
                    let may_be_empty = more.is_empty() && !found.is_empty();
                    if !rest.is_char_boundary(end) || (end == 0 && !may_be_empty) {
                        return None;
                    }
                    let (what, after) = rest.split_at(end);
                    let fits = match place {
                        Piece::Number(_) => is_number(what),
                        Piece::Word(_) => !what.contains(char::is_whitespace),
                        _ => true,
                    };
                    // What a sentence begins with does not reach back over a full stop or a colon.
                    let reaches_back = found.is_empty()
                        && rest.len() == text.len()
                        && (what.contains(". ") || what.contains(": "))
                        && !after.starts_with(['.', ':', ';', ',']);
                    if !fits || reaches_back {
                        return None;
                    }
                    found.push(what);
                    (rest, pieces) = (after, more);
                }
            }
        }
    }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | ' ' | '\u{202f}' | '\u{a0}'))
}

/// Templates by the word that they begin with.
#[derive(Debug, Default)]
pub struct Templates {
    whole: HashMap<String, String>,
    begin: HashMap<String, Vec<Template>>,
    /// Those that begin with a place, or within a word.
    others: Vec<Template>,
}

impl Templates {
    /// Of pairs of a template and its translation.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut all = Self::default();
        for (english, told) in pairs {
            let template = Template { english: pieces(&english), told: pieces(&told) };
            match template.english.as_slice() {
                [] => {}
                [Piece::Text(text)] => {
                    let told = fill::<&str>(&template.told, &[]);
                    all.whole.insert(text.clone(), told);
                }
                [Piece::Text(text), ..] => match text.split_once(' ') {
                    Some((word, _)) => all.begin.entry(word.to_owned()).or_default().push(template),
                    None => all.others.push(template),
                },
                _ => all.others.push(template),
            }
        }
        let by_weight = |all: &mut Vec<Template>| all.sort_by_key(|t| std::cmp::Reverse(t.weight()));
        all.begin.values_mut().for_each(by_weight);
        by_weight(&mut all.others);
        all
    }

    /// The text, translated as far as it is known.
    pub fn translate<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if text.len() > LONGEST || !text.contains(|c: char| c.is_alphabetic()) {
            return Cow::Borrowed(text);
        }
        match self.whole.get(text) {
            Some(told) => Cow::Owned(told.clone()),
            None => self.told(text, 0).map_or(Cow::Borrowed(text), Cow::Owned),
        }
    }

    /// A text that may be several sentences.
    fn told(&self, text: &str, depth: usize) -> Option<String> {
        let core = text.trim();
        // A single word inside of a sentence is a name, not a message.
        if depth > DEPTH || !core.contains(' ') {
            return None;
        }
        if core.len() < text.len() {
            let start = text.len() - text.trim_start().len();
            let told = self.told(core, depth)?;
            return Some(format!("{}{told}{}", &text[..start], &text[start + core.len()..]));
        }
        if let Some(told) = self.sentence(text, depth) {
            return Some(told);
        }
        ["\n", ". ", "; ", ": "].into_iter().find_map(|mark| self.parted(text, mark, depth))
    }

    /// Parts between a mark, where at least one of them is known.
    fn parted(&self, text: &str, mark: &str, depth: usize) -> Option<String> {
        let known = text.rmatch_indices(mark).find_map(|(at, _)| {
            let left = &text[..at];
            let told = self.sentence(left, depth + 1)?;
            let right = &text[at + mark.len()..];
            let right = self.told(right, depth + 1).map_or(Cow::Borrowed(right), Cow::Owned);
            Some(format!("{told}{mark}{right}"))
        });
        known.or_else(|| {
            let at = text.find(mark)?;
            let rest = &text[at + mark.len()..];
            let right = self.told(rest, depth + 1)?;
            // A sentence that began with a number may begin with a word now.
            let is_begun = mark == ". " && !rest.starts_with(char::is_lowercase);
            let right =
                if is_begun && right.starts_with(char::is_lowercase) { other_case(&right) } else { right };
            Some(format!("{}{mark}{right}", &text[..at]))
        })
    }

    /// One sentence; its full stop and the case of its first letter are its own.
    fn sentence(&self, text: &str, depth: usize) -> Option<String> {
        let swapped = other_case(text);
        for (text, is_other) in [(text, false), (swapped.as_str(), true)] {
            for (text, stop) in [(Some(text), ""), (text.strip_suffix('.'), ".")] {
                let Some(told) = text.and_then(|text| self.matched(text, depth)) else { continue };
                let told = if is_other { other_case(&told) } else { told };
                return Some(told + stop);
            }
        }
        // What is counted stands behind its number: "3 scenes were left out".
        let (number, rest) = text.split_once(' ').filter(|(number, _)| is_number(number))?;
        Some(format!("{number} {}", self.matched(rest, depth + 1)?))
    }

    fn matched(&self, text: &str, depth: usize) -> Option<String> {
        if let Some(told) = self.whole.get(text).filter(|_| text.contains(' ')) {
            return Some(told.clone());
        }
        let word = text.split(' ').next().unwrap_or_default();
        let begun = self.begin.get(word).and_then(|known| fitting(known, text));
        let (template, places) = match (begun, fitting(&self.others, text)) {
            (Some(a), Some(b)) => {
                if b.0.weight() > a.0.weight() {
                    b
                } else {
                    a
                }
            }
            (a, b) => a.or(b)?,
        };
        let places: Vec<Cow<'_, str>> = places
            .into_iter()
            .map(|what| self.told(what, depth + 1).map_or(Cow::Borrowed(what), Cow::Owned))
            .collect();
        Some(fill(&template.told, &places))
    }
}

/// The first template that a text is of, the weightiest first, and what stands in its places.
fn fitting<'t, 'a>(templates: &'t [Template], text: &'a str) -> Option<(&'t Template, Vec<&'a str>)> {
    templates.iter().find_map(|template| Some((template, template.places(text)?)))
}

/// The pieces as a text, places filled.
pub fn fill<S: AsRef<str>>(pieces: &[Piece], places: &[S]) -> String {
    let each = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.as_str(),
        Piece::Place(n) | Piece::Number(n) | Piece::Word(n) => places.get(*n).map_or("", AsRef::as_ref),
    });
    each.collect()
}

/// With a small first letter for a capital one, and the other way round.
fn other_case(text: &str) -> String {
    let mut letters = text.chars();
    let Some(first) = letters.next() else { return String::new() };
    let mut other: String =
        if first.is_uppercase() { first.to_lowercase().collect() } else { first.to_uppercase().collect() };
    other.push_str(letters.as_str());
    other
}
