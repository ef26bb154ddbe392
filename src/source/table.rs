//! A table (CSV) that gives files their dates.

use super::SourceError;
use super::dates::dates_in;
use super::files::{canonical, file_name};
use crate::geo::copied::small_file;
use chrono::{NaiveDate, NaiveTime};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

type When = (NaiveDate, Option<NaiveTime>);

/// Dates by path, by name, and by name without extension.
#[derive(Debug, Default)]
pub(super) struct Table {
    by_path: HashMap<PathBuf, When>,
    by_name: HashMap<String, When>,
    path: PathBuf,
}

/// The most bytes of a table of dates.
const MOST_BYTES: u64 = 64 << 20;

impl Table {
    /// Reads a table with the columns `file` and `date`, in any place and beside others, separated by commas, semicolons
    /// or tabs.
    ///
    /// # Errors
    /// When it cannot be read, lacks a column, or has a line without a file, without a date, or against another.
    pub fn read(path: &Path) -> Result<Self, SourceError> {
        let wrong = |why: String| SourceError::Table { table: path.to_owned(), why };
        let bytes = small_file(path, MOST_BYTES).map_err(wrong)?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_start_matches('\u{feff}');
        let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let separator =
            [',', ';', '\t'].into_iter().max_by_key(|c| header.matches(*c).count()).unwrap_or(',');
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let columns = lines.next().map(|(_, line)| cells(line, separator)).unwrap_or_default();
        let column = |names: &[&str]| {
            columns.iter().position(|column| names.contains(&column.trim().to_lowercase().as_str()))
        };
        let no_column = |name: &str| wrong(format!("it has no column {name}"));
        let files = column(&["file", "path", "filename", "file_name", "name", "image"])
            .ok_or_else(|| no_column("file"))?;
        let dates =
            column(&["date", "datetime", "acquired", "time", "day"]).ok_or_else(|| no_column("date"))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut table = Self { path: path.to_owned(), ..Self::default() };
        for (i, line) in lines {
            let wrong = |why: String| SourceError::TableLine { table: path.to_owned(), line: i + 1, why };
            let cells = cells(line, separator);
            let cell = |column: usize, what: &str| {
                let text = cells.get(column).map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
                text.ok_or_else(|| wrong(format!("it has no {what}")))
            };
            let file = cell(files, "file")?;
            let date = cell(dates, "date")?;
            let found = dates_in(date).into_iter().next().filter(|found| found.span.start == 0);
            let when = found
                .map(|found| (found.date, found.time))
                .ok_or_else(|| wrong(format!("\"{date}\" is no date")))?;
            let old = if file.contains(['/', '\\']) {
                table.by_path.insert(canonical(&folder.join(file)), when)
            } else {
                table.by_name.insert(file.to_owned(), when)
            };
            if let Some(old) = old.filter(|old| *old != when) {
                return Err(wrong(format!("{file} has the date {} in a line above", old.0)));
            }
        }
        if table.by_path.is_empty() && table.by_name.is_empty() {
            return Err(wrong("it has no lines".into()));
        }
        Ok(table)
    }

    /// The date of a file.
    pub fn date(&self, path: &Path) -> Option<When> {
        let stem = || path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let by_path = || (!self.by_path.is_empty()).then(|| self.by_path.get(&canonical(path))).flatten();
        by_path()
            .or_else(|| self.by_name.get(&file_name(path)))
            .or_else(|| self.by_name.get(&stem()?))
            .copied()
    }

    /// The error of a table that names none of the files.
    pub fn unused(&self, example: &Path) -> SourceError {
        let why = format!("none of its lines is about one of the files, such as {}", file_name(example));
        SourceError::Table { table: self.path.clone(), why }
    }
}

/// The cells of a line; quotes hold separators, two quotes are one.
fn cells(line: &str, separator: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '"' && is_quoted && chars.peek() == Some(&'"') {
            chars.next();
            cells.last_mut().map(|cell| cell.push('"')).unwrap_or_default();
        } else if c == '"' {
            is_quoted = !is_quoted;
        } else if c == separator && !is_quoted {
            cells.push(String::new());
        } else {
            cells.last_mut().map(|cell| cell.push(c)).unwrap_or_default();
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<Table, SourceError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dates.csv");
        std::fs::write(&path, text).unwrap();
        Table::read(&path)
    }

    fn date(table: &Table, path: &str) -> Option<String> {
        table.date(Path::new(path)).map(|(date, _)| date.to_string())
    }

    #[test]
    fn columns_are_found_by_name_and_files_with_or_without_extension() {
        let table =
            table("id;Date;FILE\n1;2022-03-15;a.tif\n2;20220415;\"b; c\"\n\n3;2022-05-15T10:11:12Z;é\n")
                .unwrap();
        assert_eq!(date(&table, "/x/a.tif").as_deref(), Some("2022-03-15"));
        assert_eq!(date(&table, "b; c.jp2").as_deref(), Some("2022-04-15"));
        assert_eq!(table.date(Path::new("é.tif")).unwrap().1, NaiveTime::from_hms_opt(10, 11, 12));
        assert_eq!(date(&table, "d.tif"), None);
    }

    #[test]
    fn a_path_goes_before_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dates.csv");
        std::fs::create_dir(folder.path().join("x")).unwrap();
        std::fs::write(folder.path().join("x/a.tif"), "").unwrap();
        std::fs::write(&path, "file,date\nx/a.tif,2022-03-15\na.tif,2021-03-15\n").unwrap();
        let table = Table::read(&path).unwrap();
        assert_eq!(
            date(&table, folder.path().join("x/a.tif").to_str().unwrap()).as_deref(),
            Some("2022-03-15")
        );
        assert_eq!(date(&table, "a.tif").as_deref(), Some("2021-03-15"));
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, words) in [
            ("file,date\na.tif,2022-03-15\nb.tif,soon\n", "line 3"),
            ("file,date\n\na.tif\n", "line 3"),
            ("file,date\n,2022-03-15\n", "no file"),
            ("file,date\na.tif,2022-03-15\na.tif,2022-03-16\n", "line 3"),
            ("file,day_of\na.tif,2022-03-15\n", "no column date"),
            ("", "no column file"),
            ("file,date\n", "no lines"),
        ] {
            let error = table(text).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("dates.csv"), "{text}: {error}");
        }
        assert!(matches!(Table::read(Path::new("absent.csv")), Err(SourceError::Table { .. })));
    }
}
