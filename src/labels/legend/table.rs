//! Legends as CSV: `code,name,colour`, and `group` and `buffer_m` where a class has one.

use super::entries::{Entry, buffer_of, colour_of, hex, legend_of, no_colour};
use super::{CODES, Class, Legend, LegendFormat};
use csv::{ReaderBuilder, StringRecord, Terminator, WriterBuilder};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Code,
    Name,
    Colour,
    Channel(usize),
    Group,
    Buffer,
    Other,
}

impl Column {
    fn of(title: &str) -> Self {
        match title.trim().trim_start_matches('#').trim().to_lowercase().as_str() {
            "code" | "value" | "id" | "class_code" | "class_id" | "pixel" | "código" | "codigo" | "valor" => {
                Self::Code
            }
            "name" | "class" | "label" | "class_name" | "nombre" | "clase" => Self::Name,
            "colour" | "color" | "hex" | "rgb" => Self::Colour,
            "r" | "red" => Self::Channel(0),
            "g" | "green" => Self::Channel(1),
            "b" | "blue" => Self::Channel(2),
            "group" | "grupo" => Self::Group,
            "buffer_m" | "buffer" => Self::Buffer,
            _ => Self::Other,
        }
    }
}

/// The legend in this text; a sentence without the file's name where there is none.
pub(super) fn read(text: &str) -> Result<Legend, String> {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let delimiter = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|d| (first.bytes().filter(|b| b == d).count(), *d == b','))
        .unwrap_or(b',');
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut lines = Lines { text, byte: 0, line: 1 };
    let mut columns: Option<Vec<Column>> = None;
    let mut entries = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| format!("it is no table: {e}"))?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        let at = format!("line {}", lines.of(&record));
        if entries.len() == CODES.len() {
            return Err(format!(
                "{at}: there are more than 254 classes, and no more codes than that. Leave some out"
            ));
        }
        match &columns {
            Some(columns) => entries.push(entry(columns, &record, at)?),
            None => {
                let titles: Vec<_> = record.iter().map(Column::of).collect();
                if titles.contains(&Column::Name) {
                    columns = Some(titles);
                } else if record.get(0).is_some_and(|first| first.parse::<f64>().is_ok()) && record.len() > 1
                {
                    // Without titles the columns are those that this program writes.
                    let is_number = |i: usize| record.get(i).is_some_and(|text| text.parse::<u8>().is_ok());
                    let plain = match record.len() == 5 && (2..5).all(is_number) {
                        true => [0, 1, 2].map(Column::Channel),
                        false => [Column::Colour, Column::Group, Column::Buffer],
                    };
                    let plain = [&[Column::Code, Column::Name], &plain[..]].concat();
                    entries.push(entry(&plain, &record, at)?);
                    columns = Some(plain);
                } else {
                    return Err(format!(
                        "{at}: no column holds the names. Give a table with the columns code, name and colour"
                    ));
                }
            }
        }
    }
    legend_of(entries)
}

/// Counts the lines of a text up to its records: the reader passes over empty lines and counts them to the record behind.
struct Lines<'a> {
    text: &'a str,
    byte: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line that a record begins on; records come in order.
    fn of(&mut self, record: &StringRecord) -> usize {
        let start = record.position().map_or(0, |position| position.byte() as usize);
        let rest = self.text.get(start..).unwrap_or_default();
        let start = start + rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        let passed = self.text.get(self.byte..start).unwrap_or_default();
        self.line += passed.bytes().filter(|byte| *byte == b'\n').count();
        self.byte = self.byte.max(start);
        self.line
    }
}

fn entry(columns: &[Column], record: &StringRecord, at: String) -> Result<Entry, String> {
    let mut entry = Entry { at, ..Entry::default() };
    let mut channels = [""; 3];
    let mut colour = String::new();
    for (column, text) in columns.iter().zip(record) {
        match column {
            Column::Code => entry.code = Some(text.to_owned()),
            Column::Name => entry.name = text.to_owned(),
            Column::Colour => colour = text.to_owned(),
            Column::Channel(i) => channels[*i] = text,
            Column::Group => entry.group = Some(text.to_owned()),
            Column::Buffer => entry.buffer_m = buffer_of(text, &entry.at)?,
            Column::Other => {}
        }
    }
    // A colour `r,g,b` without quotes falls apart into three columns, where it is the last one.
    let beyond = record.iter().skip(columns.len());
    if columns.last() == Some(&Column::Colour) && record.len() == columns.len() + 2 {
        colour = [colour.as_str()].into_iter().chain(beyond).collect::<Vec<_>>().join(",");
    }
    if colour.is_empty() && channels.iter().any(|channel| !channel.is_empty()) {
        colour = channels.join(",");
    }
    if !colour.is_empty() {
        entry.colour = Some(colour_of(&colour).ok_or_else(|| no_colour(&entry.at, &entry.name, &colour))?);
    }
    Ok(entry)
}

/// The text of the table.
pub(super) fn write(legend: &Legend) -> Result<String, String> {
    let more = legend.classes.iter().any(|class| class.group.is_some() || class.buffer_m.is_some());
    let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
    let failed = |e: csv::Error| format!("{} cannot be made: {e}", LegendFormat::Csv.title());
    let titles = ["code", "name", "colour", "group", "buffer_m"];
    let columns = if more { 5 } else { 3 };
    writer.write_record(&titles[..columns]).map_err(failed)?;
    for Class { code, name, colour, group, buffer_m } in &legend.classes {
        let fields = [
            code.to_string(),
            name.clone(),
            hex(*colour),
            group.clone().unwrap_or_default(),
            buffer_m.map(|m| m.to_string()).unwrap_or_default(),
        ];
        writer.write_record(&fields[..columns]).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map_err(|e| e.to_string())
}
