//! Tables as comma-separated text: what their columns hold is found out in a first pass, and a temporary Parquet file made of
//! them in a second one, which is then read as any other table.

use super::Trouble;
use crate::progress::Cancel;
use crate::samples::SampleError;
use crate::samples::plain::{CellColumn, CellKind, ParquetSink};
use csv::{Reader, ReaderBuilder, StringRecord, Trim};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use tempfile::NamedTempFile;

/// Rows of a group.
const GROUP_ROWS: usize = 32_768;
/// What people write into cells that are empty.
const EMPTY: [&str; 7] = ["", "NA", "N/A", "NaN", "nan", "null", "None"];

/// The table as a temporary Parquet file, in the system's folder for such files.
pub(super) fn as_parquet(path: &Path, cancel: &Cancel) -> Result<NamedTempFile, Trouble> {
    let separator = separator(path)?;
    let mut reader = open(path, separator)?;
    let titles = reader.headers().map_err(|e| said(&e))?.clone();
    if titles.iter().all(str::is_empty) {
        return Err(Trouble::Table(
            "it is empty: a table has the names of its columns in its first line".into(),
        ));
    }
    if let Some(twice) =
        titles.iter().enumerate().find(|(i, name)| titles.iter().take(*i).any(|n| n == *name))
    {
        return Err(Trouble::Table(format!("it has two columns {}. Give each its own name", twice.1)));
    }
    let mut kinds = vec![CellKind::Whole; titles.len()];
    let mut known = vec![false; titles.len()];
    let mut any = false;
    each_record(&mut reader, cancel, &mut |record| {
        any = true;
        for ((kind, known), cell) in kinds.iter_mut().zip(&mut known).zip(record) {
            if EMPTY.contains(&cell) {
                continue;
            }
            *known = true;
            if *kind == CellKind::Whole && whole(cell).is_none() {
                *kind = CellKind::Real;
            }
            if *kind == CellKind::Real && real(cell).is_none() {
                *kind = CellKind::Text;
            }
        }
        Ok(())
    })?;
    if !any {
        return Err(Trouble::Table("it holds no sample".into()));
    }
    // A column of which nothing is known is one of numbers that are all gaps.
    kinds.iter_mut().zip(known).filter(|(_, known)| !known).for_each(|(kind, _)| *kind = CellKind::Real);

    let room = |what: &'static str| {
        move |e: std::io::Error| {
            let folder = std::env::temp_dir();
            Trouble::Sample(SampleError::Room { folder, what, why: e.to_string() })
        }
    };
    let file = NamedTempFile::new().map_err(room("made"))?;
    let columns: Vec<(String, CellKind)> =
        titles.iter().map(String::from).zip(kinds.iter().copied()).collect();
    let written = |e: parquet::errors::ParquetError| room("written")(std::io::Error::other(e));
    let mut sink = ParquetSink::new(file.reopen().map_err(room("written"))?, &columns).map_err(written)?;
    let empty = || -> Vec<CellColumn> {
        let column = |kind: &CellKind| match kind {
            CellKind::Whole => CellColumn::Whole(Vec::new()),
            CellKind::Text => CellColumn::Text(Vec::new()),
            CellKind::Real | CellKind::Single => CellColumn::Real(Vec::new()),
        };
        kinds.iter().map(column).collect()
    };
    let (mut cells, mut rows) = (empty(), 0);
    each_record(&mut open(path, separator)?, cancel, &mut |record| {
        for (column, cell) in cells.iter_mut().zip(record) {
            let there = !EMPTY.contains(&cell);
            match column {
                CellColumn::Whole(cells) => cells.push(whole(cell)),
                CellColumn::Real(cells) => cells.push(real(cell).filter(|_| there)),
                CellColumn::Text(cells) => cells.push(there.then(|| cell.to_string())),
                CellColumn::Single(_) => {}
            }
        }
        rows += 1;
        if rows % GROUP_ROWS == 0 {
            sink.add(&std::mem::replace(&mut cells, empty())).map_err(written)?;
        }
        Ok(())
    })?;
    if rows % GROUP_ROWS > 0 {
        sink.add(&cells).map_err(written)?;
    }
    sink.close().map_err(written)?;
    Ok(file)
}

/// What stands between the cells of the first line, most often.
fn separator(path: &Path) -> Result<u8, Trouble> {
    let mut line = Vec::new();
    let file = File::open(path).map_err(|e| Trouble::Table(e.to_string()))?;
    // A file without a single end of a line is none of these.
    let read = BufReader::new(file.take(1 << 20)).read_until(b'\n', &mut line);
    read.map_err(|e| Trouble::Table(e.to_string()))?;
    let count = |separator: &u8| line.iter().filter(|byte| *byte == separator).count();
    Ok([b',', b';', b'\t'].into_iter().max_by_key(|s| (count(s), *s == b',')).unwrap_or(b','))
}

fn open(path: &Path, separator: u8) -> Result<Reader<File>, Trouble> {
    let mut file = File::open(path).map_err(|e| Trouble::Table(e.to_string()))?;
    let mut mark = [0; 3];
    let marked = file.read_exact(&mut mark).is_ok() && mark == *b"\xef\xbb\xbf";
    if !marked {
        file = File::open(path).map_err(|e| Trouble::Table(e.to_string()))?;
    }
    Ok(ReaderBuilder::new().delimiter(separator).trim(Trim::All).from_reader(file))
}

fn each_record(
    reader: &mut Reader<File>,
    cancel: &Cancel,
    take: &mut dyn FnMut(&StringRecord) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let mut record = StringRecord::new();
    let mut rows = 0usize;
    while reader.read_record(&mut record).map_err(|e| said(&e))? {
        if rows.is_multiple_of(GROUP_ROWS) {
            cancel.check()?;
        }
        rows += 1;
        take(&record)?;
    }
    Ok(())
}

/// What is wrong with a line, for people.
fn said(error: &csv::Error) -> Trouble {
    let line = error.position().map_or(String::new(), |at| format!("line {}: ", at.line()));
    Trouble::Table(match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{line}it has {len} cells where the first line has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => format!("{line}it is not UTF-8 text. Save the table in UTF-8"),
        _ => format!("it is no table of text ({error})"),
    })
}

/// A whole number, written as such: what begins with zeros is a name.
fn whole(cell: &str) -> Option<i64> {
    cell.parse().ok().filter(|number: &i64| number.to_string() == cell)
}

/// A number: what begins with zeros is a name.
fn real(cell: &str) -> Option<f64> {
    let digits = cell.trim_start_matches(['-', '+']).as_bytes();
    let name = digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit();
    let begins = digits.first().is_some_and(|first| first.is_ascii_digit() || *first == b'.');
    cell.parse().ok().filter(|_| begins && !name)
}

#[cfg(test)]
mod tests {
    use super::super::{TableRequest, read_rows};
    use super::*;

    fn read(text: &[u8]) -> Result<super::super::TableRows, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("muestras ñ.csv");
        std::fs::write(&path, text).unwrap();
        let request = TableRequest { take_unlabelled: true, ..Default::default() };
        let table = read_rows(&path, &request, &|_| (), &Cancel::default()).map_err(|e| e.to_string())?;
        assert_eq!(table.path, path);
        Ok(table)
    }

    const LONG: &str = "sample_id,label,longitude,latitude,date,NDVI,EVI\n\
        007,Maize,-97.5,17.1,2021-01-01,0.25,1\n\
        007,Maize,-97.5,17.1,2021-02-01,NA,2\n\
        010,\"Forest, dry\",-97,17,2021-01-01,5e-1,-9999\n\
        010,\"Forest, dry\",-97,17,2021-02-01,,4\n";

    #[test]
    fn a_long_table_of_text_is_read_as_one_of_parquet() {
        for text in [LONG.to_string(), format!("\u{feff}{}", LONG.replace('\n', "\r\n"))] {
            let table = read(text.as_bytes()).unwrap();
            assert_eq!(table.ids, ["007", "010"], "what begins with zeros is a name");
            assert_eq!(table.bands, ["NDVI", "EVI"]);
            assert_eq!(table.dates.len(), 2);
            let names: Vec<&str> = table.legend.classes.iter().map(|c| c.name.as_str()).collect();
            assert_eq!(names, ["Forest, dry", "Maize"]);
            assert_eq!(table.locations[0], [-97.5, 17.1]);
            let values = table.rows.gather(&[0, 1]).unwrap();
            let expected = [0.25, 1.0, f32::NAN, 2.0, 0.5, f32::NAN, f32::NAN, 4.0];
            for (got, expected) in values.iter().zip(expected) {
                assert!(*got == expected || (got.is_nan() && expected.is_nan()), "{values:?}");
            }
        }
    }

    #[test]
    fn semicolons_and_tabs_part_cells_too() {
        for separator in [";", "\t"] {
            let text = LONG.replace("\"Forest, dry\"", "Forest").replace(',', separator);
            assert_eq!(read(text.as_bytes()).unwrap().bands, ["NDVI", "EVI"]);
        }
    }

    #[test]
    fn what_is_no_table_is_told_with_its_line() {
        for (text, says) in [
            (&b""[..], "it is empty"),
            (b"sample_id,date,a,a\n1,2021-01-01,1,1\n", "two columns a"),
            (
                b"sample_id,date,a\n1,2021-01-01,1\n1,2021-02-01\n",
                "line 3: it has 2 cells where the first line has 3",
            ),
            (b"sample_id,date,a\n\xff\xfe,2021-01-01,1\n", "UTF-8"),
            (b"sample_id,date,a\n", "it holds no sample"),
            (b"x,y\n1,2\n", "it is no table of series"),
            (b"sample_id,date,a\n1,2021-01-01,many\n", "no column of numbers"),
        ] {
            let why = read(text).err().unwrap();
            assert!(why.contains(says) && why.contains("muestras ñ.csv"), "{says}: {why}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(0u8..=255, 0..200), cut in 0usize..300) {
            let _ = read(&bytes);
            let mut text = LONG.as_bytes().to_vec();
            text.truncate(cut);
            text.extend(bytes);
            let _ = read(&text);
        }
    }
}
