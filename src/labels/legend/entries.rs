//! What files of legends have in common: entries, each with its place in the file, that become classes.

use super::{CODES, Class, ClassCode, Legend, folded};

/// An entry of a file, not checked yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Entry {
    /// Where it stands, for people: "line 3", "entry 2".
    pub at: String,
    /// As it was written.
    pub code: Option<String>,
    /// As it was written.
    pub name: String,
    /// `None` where the file has none: one that stands apart is given.
    pub colour: Option<[u8; 3]>,
    /// The group it stands in.
    pub group: Option<String>,
    /// In metres.
    pub buffer_m: Option<f64>,
}

/// The legend that the entries of a file make; a sentence without the file's name where they make none.
pub(super) fn legend_of(entries: Vec<Entry>) -> Result<Legend, String> {
    if entries.is_empty() {
        return Err("it has no class. Give a file with at least one, each with a name".into());
    }
    let mut codes = Vec::with_capacity(entries.len());
    let mut names: std::collections::HashMap<String, usize> = Default::default();
    let mut taken: [Option<usize>; 256] = [None; 256];
    for (i, Entry { at, code, name, .. }) in entries.iter().enumerate() {
        if folded(name).is_empty() {
            return Err(format!("{at}: the class has no name. Give it one, or take it out"));
        }
        if let Some(first) = names.insert(folded(name), i) {
            return Err(format!(
                "{at}: “{}” is there already ({}). Give each class a name of its own",
                name.trim(),
                entries[first].at
            ));
        }
        let code = code.as_deref().map(str::trim).filter(|code| !code.is_empty());
        let code = code.map(|code| code_of(code, at, name.trim())).transpose()?;
        if let Some(code) = code
            && let Some(first) = taken[usize::from(code)].replace(i)
        {
            return Err(format!(
                "{at}: “{}” has the code {code}, which “{}” has already ({}). Give each class a code of its own",
                name.trim(),
                entries[first].name.trim(),
                entries[first].at
            ));
        }
        codes.push(code);
    }
    let mut legend = Legend::default();
    // Classes with codes come first into being, so that a code is not given away that a later entry asks for.
    for with_code in [true, false] {
        for (entry, code) in entries.iter().zip(&codes).filter(|(_, code)| code.is_some() == with_code) {
            let given = legend.add_with_code(&entry.name, *code).map_err(|e| format!("{}: {e}", entry.at))?;
            if let Some(class) = legend.classes.iter_mut().find(|class| class.code == given) {
                class.colour = entry.colour.unwrap_or(class.colour);
                let group = entry.group.as_deref().map(str::trim).filter(|group| !group.is_empty());
                class.group = group.map(str::to_string);
                class.buffer_m = entry.buffer_m;
            }
        }
    }
    let place = |class: &Class| names.get(&folded(&class.name)).copied();
    legend.classes.sort_by_key(place);
    // A colour that was given for want of one was chosen before all of those in the file were known.
    for (i, entry) in entries.iter().enumerate() {
        if entry.colour.is_none() {
            let mut others = legend.clone();
            others.classes.remove(i);
            legend.classes[i].colour = others.colour_apart();
        }
    }
    legend.check().map_err(|e| e.to_string())?;
    Ok(legend)
}

/// A code as tables write it: "4", "4.0".
fn code_of(text: &str, at: &str, name: &str) -> Result<ClassCode, String> {
    let number: f64 = match text.parse() {
        Ok(number) => number,
        Err(_) => return Err(format!("{at}: the code “{text}” of “{name}” is no number. Give 1 to 254")),
    };
    let code = CODES.clone().find(|code| f64::from(*code) == number);
    code.ok_or_else(|| {
        format!(
            "{at}: “{name}” has the code {text}. Codes go from 1 to 254 (0 is unlabelled, 255 is nodata): give it \
             another, or take it out"
        )
    })
}

/// A buffer in metres.
pub(super) fn buffer_of(text: &str, at: &str) -> Result<Option<f64>, String> {
    match text.trim() {
        "" => Ok(None),
        text => match text.parse() {
            Ok(m) if (0.0..=10_000.0).contains(&m) => Ok(Some(m)),
            _ => Err(format!("{at}: a buffer of “{text}” m makes no sense. Give 0 to 10 000, or nothing")),
        },
    }
}

/// A colour as files write it: `#rrggbb`, `#rgb`, `#rrggbbaa`, `r,g,b`, `r g b`, `rgb(r, g, b)`; what stands for
/// opacity is passed over.
pub(crate) fn colour_of(text: &str) -> Option<[u8; 3]> {
    let text = text.trim();
    let hex = text.strip_prefix('#').unwrap_or(text);
    let is_hex = hex.bytes().all(|b| b.is_ascii_hexdigit());
    let digit = |i: usize| hex.get(i..=i).and_then(|d| u8::from_str_radix(d, 16).ok());
    let pair = |i: usize| hex.get(i..i + 2).and_then(|d| u8::from_str_radix(d, 16).ok());
    match hex.len() {
        3 if is_hex && hex.len() < text.len() => {
            return Some([digit(0)? * 17, digit(1)? * 17, digit(2)? * 17]);
        }
        6 | 8 if is_hex => return Some([pair(0)?, pair(2)?, pair(4)?]),
        _ => {}
    }
    let inside = text.strip_prefix("rgba(").or_else(|| text.strip_prefix("rgb(")).unwrap_or(text);
    let inside = inside.trim_end_matches(')');
    // QGIS 3.36 and later repeat the colour behind a name: `1,50,32,255,rgb:0.003,0.19,0.12,1`.
    let inside = inside.split(",rgb:").next().unwrap_or_default();
    let parts: Vec<_> = inside
        .split(|c: char| matches!(c, ',' | ';' | '/') || c.is_whitespace())
        .filter(|part| !part.is_empty())
        .collect();
    match parts.as_slice() {
        [r, g, b] | [r, g, b, _] => Some([r.parse().ok()?, g.parse().ok()?, b.parse().ok()?]),
        _ => None,
    }
}

/// As files of ours write it.
pub(super) fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Why a colour cannot be read.
pub(super) fn no_colour(at: &str, name: &str, text: &str) -> String {
    let text: String = text.chars().take(40).collect();
    format!("{at}: the colour “{text}” of “{}” is none. Write it as #rrggbb or as r,g,b", name.trim())
}
