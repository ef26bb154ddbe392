//! Columns of a Parquet file as numbers and texts, whatever they are stored as.

use crate::progress::{Cancel, Cancelled};
use chrono::{DateTime, NaiveDate};
use parquet::basic::{LogicalType, TimeUnit, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::fs::File;

/// Rows read at a time.
const BATCH: usize = 65_536;

/// Why reading stopped.
pub enum Stop {
    Cancelled(Cancelled),
    Why(String),
}

impl From<String> for Stop {
    fn from(why: String) -> Self {
        Self::Why(why)
    }
}

impl From<Cancelled> for Stop {
    fn from(cancelled: Cancelled) -> Self {
        Self::Cancelled(cancelled)
    }
}

impl From<ParquetError> for Stop {
    fn from(error: ParquetError) -> Self {
        Self::Why(format!("it is damaged ({error})"))
    }
}

/// The columns of a file.
pub struct Columns<'a> {
    reader: &'a SerializedFileReader<File>,
    names: Vec<String>,
}

impl<'a> Columns<'a> {
    pub fn new(reader: &'a SerializedFileReader<File>) -> Self {
        let columns = reader.metadata().file_metadata().schema_descr().columns();
        Self { reader, names: columns.iter().map(|c| c.name().to_string()).collect() }
    }

    /// All names, in the order of the file.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The first of these names that is a column.
    pub fn first_of(&self, names: &[&str]) -> Option<&str> {
        names
            .iter()
            .find_map(|name| self.names.iter().find(|n| n.eq_ignore_ascii_case(name)))
            .map(String::as_str)
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|n| n == name)
    }

    /// Whether a column holds numbers (dates are none).
    pub fn is_number(&self, name: &str) -> bool {
        let Some(i) = self.place(name) else { return false };
        let column = &self.reader.metadata().file_metadata().schema_descr().columns()[i];
        let number = matches!(
            column.physical_type(),
            Physical::INT32 | Physical::INT64 | Physical::FLOAT | Physical::DOUBLE
        );
        let date = matches!(
            column.logical_type_ref(),
            Some(LogicalType::Date | LogicalType::Timestamp { .. } | LogicalType::Time { .. })
        );
        number && !date && column.max_rep_level() == 0
    }

    /// How many columns hold numbers.
    pub fn numbers(&self) -> usize {
        self.names.iter().filter(|name| self.is_number(name)).count()
    }

    /// A column as numbers; what is null or no number becomes NaN.
    pub fn numbers_of(&self, name: &str, cancel: &Cancel) -> Result<Vec<f64>, Stop> {
        let unsigned = self.is_unsigned(name);
        self.read(
            name,
            cancel,
            |cell| match cell {
                Cell::Int(v) if unsigned && v < 0 => f64::from(v as i32 as u32),
                Cell::Int(v) => v as f64,
                Cell::Float(v) => v,
                Cell::Text(text) => text.trim().parse().unwrap_or(f64::NAN),
            },
            f64::NAN,
        )
    }

    /// A column as texts; null is empty.
    pub fn texts_of(&self, name: &str, cancel: &Cancel) -> Result<Vec<String>, Stop> {
        self.read(
            name,
            cancel,
            |cell| match cell {
                Cell::Int(v) => v.to_string(),
                Cell::Float(v) => v.to_string(),
                Cell::Text(text) => text,
            },
            String::new(),
        )
    }

    /// A column as dates.
    pub fn dates_of(&self, name: &str, cancel: &Cancel) -> Result<Vec<Option<NaiveDate>>, Stop> {
        let place = self.place(name).ok_or_else(|| Stop::Why(format!("it has no column {name}")))?;
        let column = &self.reader.metadata().file_metadata().schema_descr().columns()[place];
        let unit = match column.logical_type_ref() {
            Some(LogicalType::Timestamp(stamp)) => Some(stamp.unit),
            _ => None,
        };
        let date = |cell: Cell| match (cell, unit) {
            (Cell::Int(v), None) => NaiveDate::from_epoch_days(i32::try_from(v).ok()?),
            (Cell::Int(v), Some(unit)) => {
                let seconds = match unit {
                    TimeUnit::MILLIS => v.div_euclid(1_000),
                    TimeUnit::MICROS => v.div_euclid(1_000_000),
                    TimeUnit::NANOS => v.div_euclid(1_000_000_000),
                };
                DateTime::from_timestamp(seconds, 0).map(|d| d.date_naive())
            }
            (Cell::Text(text), _) => text.get(..10)?.parse().ok(),
            (Cell::Float(_), _) => None,
        };
        self.read(name, cancel, date, None)
    }

    fn is_unsigned(&self, name: &str) -> bool {
        let Some(i) = self.place(name) else { return false };
        let column = &self.reader.metadata().file_metadata().schema_descr().columns()[i];
        matches!(column.logical_type_ref(), Some(LogicalType::Integer(kind)) if !kind.is_signed)
    }

    fn read<T: Clone>(
        &self,
        name: &str,
        cancel: &Cancel,
        of: impl Fn(Cell) -> T,
        null: T,
    ) -> Result<Vec<T>, Stop> {
        let place = self.place(name).ok_or_else(|| Stop::Why(format!("it has no column {name}")))?;
        let mut out = Vec::new();
        for group in 0..self.reader.num_row_groups() {
            let group = self.reader.get_row_group(group)?;
            let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
            let before = out.len();
            let int = |v: i64| of(Cell::Int(v));
            match group.get_column_reader(place)? {
                ColumnReader::Int32ColumnReader(r) => {
                    drain(r, cancel, &mut out, |v| int(i64::from(v)), &null)?
                }
                ColumnReader::Int64ColumnReader(r) => drain(r, cancel, &mut out, int, &null)?,
                ColumnReader::BoolColumnReader(r) => {
                    drain(r, cancel, &mut out, |v| int(i64::from(v)), &null)?
                }
                ColumnReader::FloatColumnReader(r) => {
                    drain(r, cancel, &mut out, |v| of(Cell::Float(f64::from(v))), &null)?;
                }
                ColumnReader::DoubleColumnReader(r) => {
                    drain(r, cancel, &mut out, |v| of(Cell::Float(v)), &null)?
                }
                ColumnReader::ByteArrayColumnReader(r) => {
                    let text = |v: parquet::data_type::ByteArray| {
                        of(Cell::Text(String::from_utf8_lossy(v.data()).into_owned()))
                    };
                    drain(r, cancel, &mut out, text, &null)?;
                }
                _ => return Err(Stop::Why(format!("its column {name} is of a kind that is not read"))),
            }
            if out.len() - before != rows {
                return Err(Stop::Why(format!(
                    "it is damaged: its column {name} has another length than its rows"
                )));
            }
        }
        Ok(out)
    }
}

enum Cell {
    Int(i64),
    Float(f64),
    Text(String),
}

/// Reads a column of a row group to its end.
fn drain<D: DataType, T: Clone>(
    mut reader: ColumnReaderImpl<D>,
    cancel: &Cancel,
    out: &mut Vec<T>,
    of: impl Fn(D::T) -> T,
    null: &T,
) -> Result<(), Stop> {
    loop {
        cancel.check()?;
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        let (records, ..) = reader.read_records(BATCH, Some(&mut levels), None, &mut values)?;
        if records == 0 {
            return Ok(());
        }
        let mut values = values.into_iter();
        if levels.is_empty() {
            out.extend(values.map(&of));
        } else {
            // Flat columns are there at level 1, or are always there.
            let most = levels.iter().copied().max().unwrap_or(0).max(1);
            for level in levels {
                let value = if level == most { values.next().map(&of) } else { None };
                out.push(value.unwrap_or_else(|| null.clone()));
            }
        }
    }
}
