//! Files of legends: QGIS styles, CSV and JSON.

use super::{Legend, json, style, table};
use crate::files::write_atomically;
use crate::geo::copied::small_file;
use crate::geo::remote::keep_query;
use crate::labels::LabelError;
use std::path::Path;

/// No legend is as large as this; styles of QGIS with all that is in them are far smaller.
const MOST_BYTES: u64 = 16 << 20;

/// What a file of a legend is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegendFormat {
    /// A QGIS style; it has no place for groups and buffers.
    Qml,
    /// A table.
    Csv,
    /// A list of classes.
    Json,
}

impl LegendFormat {
    /// By the ending of a file's name.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_lowercase().as_str() {
            "qml" => Some(Self::Qml),
            "csv" | "tsv" | "txt" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Qml => "a QGIS style",
            Self::Csv => "a table",
            Self::Json => "a list in JSON",
        }
    }
}

/// Reads a legend from a QGIS style (`.qml`), a table (`.csv`) or a list in JSON, which may lie in a store; other endings are told apart by what
/// the file begins with. Classes without a code get the next free one, classes without a colour one that stands apart.
///
/// # Errors
/// [`LabelError::ReadLegend`] that names the file, the line or entry, and the way out.
pub fn read_legend(path: &Path) -> Result<Legend, LabelError> {
    let path = keep_query(path);
    let failed = |why: String| LabelError::ReadLegend { path: path.clone(), why };
    let bytes = small_file(&path, MOST_BYTES).map_err(failed)?;
    parse(&bytes, LegendFormat::of(&path)).map_err(failed)
}

/// The legend in these bytes.
pub(super) fn parse(bytes: &[u8], format: Option<LegendFormat>) -> Result<Legend, String> {
    const WAY_OUT: &str = "Give a QGIS style (.qml), a table (.csv) or a list (.json)";
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("it is larger than 16 MiB, which no legend is. {WAY_OUT}"));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let at = e.valid_up_to();
        format!("it is no UTF-8 text (from byte {at} on). Save it as text in UTF-8. {WAY_OUT}")
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let first = text.trim_start().chars().next();
    let Some(first) = first.filter(|_| !text.contains('\0')) else {
        let why = if text.trim().is_empty() { "it is empty" } else { "it is no text" };
        return Err(format!("{why}. {WAY_OUT}"));
    };
    match (format, first) {
        (Some(LegendFormat::Qml), _) | (None, '<') => style::read(text),
        (Some(LegendFormat::Json), _) | (None, '[' | '{') => json::read(text),
        (Some(LegendFormat::Csv) | None, _) => table::read(text),
    }
}

/// Writes a legend in the format of the file's ending. What was there is replaced, whole or not at all.
///
/// # Errors
/// [`LabelError::WriteLegend`] for another ending, no space, no rights.
pub fn write_legend(path: &Path, legend: &Legend) -> Result<(), LabelError> {
    let failed = |why: String| LabelError::WriteLegend { path: path.into(), why };
    let text = match LegendFormat::of(path) {
        Some(LegendFormat::Qml) => style::qgis_style(&legend.classes),
        Some(LegendFormat::Csv) => table::write(legend).map_err(failed)?,
        Some(LegendFormat::Json) => json::write(legend).map_err(failed)?,
        None => return Err(failed("give it the ending .qml, .csv or .json".into())),
    };
    let unwritten = |e: std::io::Error| failed(format!("{e}. Check the folder, or give another one"));
    write_atomically(path, text.as_bytes()).map_err(unwritten)
}
