//! How people say their names are to be read: `{date}`, `{band}`, `{tile}` and `*`.

use super::SourceError;
use super::dates::{Dated, dates_in};
use std::collections::HashSet;
use std::ops::Range;

/// A pattern for names without extension, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pattern {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Date,
    Band,
    Tile,
    Anything,
}

/// Where the parts stand in a name.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Read {
    pub date: Option<Dated>,
    pub band: Option<Range<usize>>,
    pub tile: Option<Range<usize>>,
}

impl Pattern {
    /// Takes a pattern apart. An extension at its end counts for nothing.
    ///
    /// # Errors
    /// [`SourceError::Pattern`] when a brace is not closed, a word in braces is not known or comes twice, or nothing is
    /// in braces.
    pub fn new(text: &str) -> Result<Self, SourceError> {
        let wrong = |why: String| SourceError::Pattern { pattern: text.to_owned(), why };
        let mut pieces = Vec::new();
        let mut rest = ["tif", "tiff", "jp2", "vrt"]
            .iter()
            .find_map(|extension| {
                let start = text.len().checked_sub(extension.len() + 1)?;
                let end = text.get(start..)?.strip_prefix('.')?;
                end.eq_ignore_ascii_case(extension).then(|| &text[..start])
            })
            .unwrap_or(text);
        while let Some(first) = rest.chars().next() {
            if first == '{' {
                let end = rest.find('}').ok_or_else(|| wrong("a brace is not closed".into()))?;
                let piece = match &rest[1..end] {
                    "date" => Piece::Date,
                    "band" => Piece::Band,
                    "tile" => Piece::Tile,
                    other => return Err(wrong(format!("{{{other}}} is not known"))),
                };
                if pieces.contains(&piece) {
                    return Err(wrong(format!("{} comes twice", &rest[..=end])));
                }
                pieces.push(piece);
                rest = &rest[end + 1..];
            } else if first == '*' {
                // Two stars in a row are one.
                if pieces.last() != Some(&Piece::Anything) {
                    pieces.push(Piece::Anything);
                }
                rest = &rest[1..];
            } else {
                let end = rest.find(['{', '*']).unwrap_or(rest.len());
                pieces.push(Piece::Text(rest[..end].to_owned()));
                rest = &rest[end..];
            }
        }
        if !pieces.iter().any(|piece| matches!(piece, Piece::Date | Piece::Band | Piece::Tile)) {
            return Err(wrong("it names no part".into()));
        }
        Ok(Self { pieces })
    }

    /// Reads a name; `None` where it does not fit as a whole.
    pub fn read(&self, stem: &str) -> Option<Read> {
        let mut failed = HashSet::new();
        let mut read = Read::default();
        self.fit(stem, 0, 0, &mut failed, &mut read).then_some(read)
    }

    /// Whether the pieces from `piece` on fit the name from `at` on. Places where they do not are kept, so that the work
    /// stays within pieces times length.
    fn fit(
        &self,
        stem: &str,
        piece: usize,
        at: usize,
        failed: &mut HashSet<(usize, usize)>,
        read: &mut Read,
    ) -> bool {
        let Some(current) = self.pieces.get(piece) else { return at == stem.len() };
        if failed.contains(&(piece, at)) {
            return false;
        }
        let ends = || stem[at..].char_indices().map(move |(i, c)| at + i + c.len_utf8());
        let fits = match current {
            Piece::Text(text) => {
                stem[at..].starts_with(text.as_str())
                    && self.fit(stem, piece + 1, at + text.len(), failed, read)
            }
            Piece::Date => {
                // The longest first: 20220315 is no month and two digits more.
                let mut ends: Vec<usize> = ends().take(32).collect();
                ends.reverse();
                ends.into_iter().any(|end| {
                    let found = dates_in(&stem[at..end]).into_iter().next();
                    let Some(found) = found.filter(|found| found.span == (0..end - at)) else { return false };
                    read.date = Some(Dated { span: at..end, ..found });
                    self.fit(stem, piece + 1, end, failed, read)
                })
            }
            Piece::Band | Piece::Tile => ends().any(|end| {
                let part = Some(at..end);
                if *current == Piece::Band {
                    read.band = part
                } else {
                    read.tile = part
                }
                self.fit(stem, piece + 1, end, failed, read)
            }),
            Piece::Anything => {
                [at].into_iter().chain(ends()).any(|end| self.fit(stem, piece + 1, end, failed, read))
            }
        };
        if !fits {
            failed.insert((piece, at));
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read<'a>(pattern: &str, stem: &'a str) -> Option<(String, &'a str, &'a str)> {
        let read = Pattern::new(pattern).unwrap().read(stem)?;
        let part = |at: Option<Range<usize>>| at.map_or("", |at| &stem[at]);
        Some((read.date.map_or(String::new(), |d| d.date.to_string()), part(read.band), part(read.tile)))
    }

    #[test]
    fn the_parts_of_a_name_are_found() {
        for (pattern, stem, date, band, tile) in [
            ("{tile}_{date}_{band}", "chip_12_2022-03-15_my band", "2022-03-15", "my band", "chip_12"),
            ("{band}-*-{date}.tif", "ndvi-v1-b-20220315", "2022-03-15", "ndvi", ""),
            ("*{date}", "20191231_20220315", "2022-03-15", "", ""),
            ("{date}*", "20220315T101112_x", "2022-03-15", "", ""),
            ("x{date}*", "x2022-03_15", "2022-03-15", "", ""),
            ("ñ_{tile}_{date}", "ñ_é_2022074", "2022-03-15", "", "é"),
        ] {
            assert_eq!(read(pattern, stem), Some((date.into(), band, tile)), "{pattern} {stem}");
        }
        for (pattern, stem) in [("{tile}_{date}", "2022-03-15"), ("{date}", "2022-03-15_x"), ("a{band}", "a")]
        {
            assert_eq!(read(pattern, stem), None, "{pattern} {stem}");
        }
    }

    #[test]
    fn a_wrong_pattern_says_what_is_wrong() {
        for (pattern, why) in [
            ("{date", "not closed"),
            ("{day}", "{day} is not known"),
            ("{date}{date}", "twice"),
            ("*.tif", "names no part"),
            ("", "names no part"),
        ] {
            let error = Pattern::new(pattern).unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("{date}"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_name_and_no_pattern_panics(pattern in "(\\{date\\}|\\{band\\}|\\*|_|é|\\PC){0,8}", stem in "\\PC{0,40}") {
            if let Ok(pattern) = Pattern::new(&pattern) {
                let _ = pattern.read(&stem);
            }
        }
    }
}
