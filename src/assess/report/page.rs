//! Well-formed pieces of the page: tables, lists, base64.

use crate::xml::escaped;
use std::fmt::Write;

/// Bytes as base64 (RFC 4648).
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            match digit <= three.len() {
                true => out.push(char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize])),
                false => out.push('='),
            }
        }
    }
    out
}

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    Words,
    Figures,
    /// A drawing.
    Drawn,
}

/// A table that grows row by row; cells are pieces of HTML.
pub struct Table {
    out: String,
    columns: Vec<Set>,
}

impl Table {
    /// With a caption (text) and the heads of its columns (text), each with how it is set.
    pub fn new(caption: &str, heads: &[(&str, Set)]) -> Self {
        let mut out = String::from("<table>\n");
        if !caption.is_empty() {
            let _ = writeln!(out, "<caption>{}</caption>", escaped(caption));
        }
        out += "<thead><tr>";
        for (head, set) in heads {
            let _ = write!(out, "<th scope=\"col\"{}>{}</th>", class(*set), escaped(head));
        }
        out += "</tr></thead>\n<tbody>\n";
        Self { out, columns: heads.iter().map(|(_, set)| *set).collect() }
    }

    /// A row; its first cell is its head.
    pub fn row(&mut self, cells: &[String]) {
        self.out += "<tr>";
        for (i, (cell, set)) in cells.iter().zip(&self.columns).enumerate() {
            let (class, tag) = (class(*set), if i == 0 { "th scope=\"row\"" } else { "td" });
            let _ = write!(self.out, "<{tag}{class}>{cell}</{}>", &tag[..2]);
        }
        self.out += "</tr>\n";
    }

    /// The whole table.
    pub fn done(self) -> String {
        self.out + "</tbody>\n</table>\n"
    }
}

fn class(set: Set) -> &'static str {
    match set {
        Set::Words => "",
        Set::Figures => " class=\"figure\"",
        Set::Drawn => " class=\"drawn\"",
    }
}

/// A paragraph of text.
pub fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escaped(text))
}

/// Sentences as a list; nothing where there is none.
pub fn list(sentences: &[String]) -> String {
    if sentences.is_empty() {
        return String::new();
    }
    let items: String = sentences.iter().map(|s| format!("<li>{}</li>\n", escaped(s))).collect();
    format!("<ul>\n{items}</ul>\n")
}

/// A square of a colour and a name.
pub fn swatched(colour: [u8; 3], name: &str) -> String {
    let [r, g, b] = colour;
    format!(
        "<span class=\"swatch\" style=\"background:#{r:02x}{g:02x}{b:02x}\"></span><span translate=\"no\">{}</span>",
        escaped(name)
    )
}
