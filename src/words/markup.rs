//! Texts inside of markup.

use super::Language;
use crate::xml::escaped;

/// A document (HTML as XML) with its texts in another language: what stands between tags, and in `alt`, `title` and
/// `aria-label`. Elements with `translate="no"` and styles stay as they are.
pub fn translated(document: &str, language: Language) -> String {
    if language == Language::English {
        return document.to_owned();
    }
    let mut out = String::with_capacity(document.len() + document.len() / 8);
    let (mut rest, mut kept_depth) = (document, 0_usize);
    while let Some(at) = rest.find('<') {
        text(&rest[..at], kept_depth == 0, language, &mut out);
        let Some(end) = rest[at..].find('>').map(|end| at + end) else { break };
        let tag = &rest[at..=end];
        rest = &rest[end + 1..];
        let opens = !tag.starts_with("</") && !tag.ends_with("/>") && !tag.starts_with("<!");
        if tag.starts_with("</") {
            kept_depth = kept_depth.saturating_sub(1);
        } else if opens && (kept_depth > 0 || tag.contains("translate=\"no\"") || tag.starts_with("<style")) {
            kept_depth += 1;
        }
        out.push_str(&attributes(tag, language));
    }
    out.push_str(rest);
    out.replacen("<html lang=\"en\"", &format!("<html lang=\"{}\"", language.tag()), 1)
}

fn text(raw: &str, is_told: bool, language: Language, out: &mut String) {
    let core = raw.trim();
    if !is_told || core.is_empty() {
        out.push_str(raw);
        return;
    }
    let start = raw.len() - raw.trim_start().len();
    out.push_str(&raw[..start]);
    out.push_str(&told(core, language));
    out.push_str(&raw[start + core.len()..]);
}

fn attributes(tag: &str, language: Language) -> String {
    let mut tag = tag.to_owned();
    for name in [" alt=\"", " title=\"", " aria-label=\""] {
        let Some(from) = tag.find(name).map(|at| at + name.len()) else { continue };
        let Some(to) = tag[from..].find('"').map(|end| from + end) else { continue };
        let new = told(&tag[from..to], language);
        tag.replace_range(from..to, &new);
    }
    tag
}

fn told(escaped_text: &str, language: Language) -> String {
    let plain = escaped_text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    let new = language.tell(&plain);
    if new == plain { escaped_text.to_owned() } else { escaped(&new).to_string() }
}
