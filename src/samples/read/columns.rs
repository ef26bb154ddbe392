//! Columns of a flat Parquet table, batch by batch, so that no more than a row group's pages are in memory.

use parquet::basic::{LogicalType, TimeUnit, Type as PhysicalType};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Rows read at a time.
const BATCH: usize = 8192;
const DAY_MILLIS: i64 = 86_400_000;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Integers.
    Whole { unsigned: bool, bits: u8 },
    /// Floating point.
    Real,
    /// Days since 1970.
    Days,
    /// Moments; so many ticks a day since 1970.
    Ticks { a_day: i64 },
    /// Moments as old writers have them.
    Int96,
    /// Text.
    Text,
    /// Anything else.
    Other,
}

impl Kind {
    /// Whether it can be a band.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Whole { .. } | Self::Real)
    }

    /// Numbers that say there is no observation, for a column of this kind.
    fn nodata(self) -> &'static [f64] {
        match self {
            Self::Whole { unsigned: true, bits: 16 } => &[65_535.0],
            Self::Whole { unsigned: false, .. } => &[-32_768.0, -9999.0],
            Self::Real => &[-32_768.0, -9999.0],
            _ => &[],
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub name: String,
    pub kind: Kind,
    /// Its place in the file.
    place: usize,
    /// The definition level of a value that is there.
    defined: i16,
}

/// Checks what the reader takes for granted: that all pieces of columns lie inside the file.
///
/// # Errors
/// In a sentence.
pub(super) fn check(reader: &SerializedFileReader<File>, path: &Path) -> Result<(), String> {
    let size = std::fs::metadata(path).map_err(|e| e.to_string())?.len();
    for group in reader.metadata().row_groups() {
        for column in group.columns() {
            let inside = |number: i64| u64::try_from(number).is_ok_and(|number| number <= size);
            let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
            let end = start.checked_add(column.compressed_size());
            let sound = [start, column.data_page_offset(), column.compressed_size()].into_iter().all(inside);
            if !sound || !end.is_some_and(inside) || column.num_values() < 0 {
                return Err(format!(
                    "it is damaged: its column {} does not lie inside the file",
                    column.column_descr().name()
                ));
            }
        }
    }
    Ok(())
}

/// The plain columns of a table; nested and repeated ones are passed over.
pub(super) fn columns(reader: &SerializedFileReader<File>) -> Vec<Column> {
    let schema = reader.metadata().file_metadata().schema_descr();
    let plain = schema.columns().iter().enumerate().filter(|(_, column)| {
        column.max_rep_level() == 0 && column.path().parts().len() == 1 && column.max_def_level() <= 1
    });
    plain
        .map(|(place, column)| {
            let kind = kind(column.physical_type(), column.logical_type_ref());
            Column { name: column.name().to_string(), kind, place, defined: column.max_def_level() }
        })
        .collect()
}

fn kind(physical: PhysicalType, logical: Option<&LogicalType>) -> Kind {
    match (physical, logical) {
        (_, Some(LogicalType::Decimal(_) | LogicalType::Time(_) | LogicalType::Uuid)) => Kind::Other,
        (PhysicalType::INT32, Some(LogicalType::Date)) => Kind::Days,
        (PhysicalType::INT64, Some(LogicalType::Timestamp(stamp))) => Kind::Ticks {
            a_day: match stamp.unit {
                TimeUnit::MILLIS => DAY_MILLIS,
                TimeUnit::MICROS => DAY_MILLIS * 1000,
                TimeUnit::NANOS => DAY_MILLIS * 1_000_000,
            },
        },
        (PhysicalType::INT32 | PhysicalType::INT64, Some(LogicalType::Integer(int))) => {
            Kind::Whole { unsigned: !int.is_signed, bits: int.bit_width.unsigned_abs() }
        }
        (PhysicalType::INT32, None) => Kind::Whole { unsigned: false, bits: 32 },
        (PhysicalType::INT64, None) => Kind::Whole { unsigned: false, bits: 64 },
        (PhysicalType::INT96, _) => Kind::Int96,
        (PhysicalType::FLOAT | PhysicalType::DOUBLE, _) => Kind::Real,
        // Writers leave out that bytes are text; what is no text is seen when it is read.
        (PhysicalType::BYTE_ARRAY, Some(LogicalType::String | LogicalType::Enum) | None) => Kind::Text,
        _ => Kind::Other,
    }
}

/// Cells of one column of a batch.
#[derive(Debug)]
pub(super) enum Cells {
    /// Integers.
    Whole(Vec<Option<i64>>),
    /// Numbers; NaN where there is none.
    Real(Vec<f64>),
    /// Days since 1970.
    Days(Vec<Option<i64>>),
    /// Text.
    Text(Vec<Option<String>>),
}

/// What tells a sample, a polygon or a label from others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    Whole(i64),
    Text(String),
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Self::Whole(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl Cells {
    /// The cell of a row as a key; `None` where there is nothing in it.
    pub fn key(&self, row: usize) -> Option<Key> {
        match self {
            Self::Whole(cells) | Self::Days(cells) => cells.get(row).copied().flatten().map(Key::Whole),
            Self::Real(cells) => {
                let number = cells.get(row).copied().filter(|n| n.is_finite())?;
                // Numbers that pandas made floating because one was lacking are whole ones still.
                let whole = number.fract() == 0.0 && number.abs() < 9e15;
                Some(if whole { Key::Whole(number as i64) } else { Key::Text(number.to_string()) })
            }
            Self::Text(cells) => {
                let text = cells.get(row)?.as_deref()?.trim();
                (!text.is_empty()).then(|| Key::Text(text.to_string()))
            }
        }
    }

    /// The cell of a row as a number; NaN where it is none.
    pub fn number(&self, row: usize) -> f64 {
        match self {
            Self::Whole(cells) | Self::Days(cells) => {
                cells.get(row).copied().flatten().map_or(f64::NAN, |n| n as f64)
            }
            Self::Real(cells) => cells.get(row).copied().unwrap_or(f64::NAN),
            Self::Text(_) => f64::NAN,
        }
    }

    /// The cell of a row as days since 1970.
    pub fn day(&self, row: usize) -> Option<i64> {
        match self {
            Self::Days(cells) => cells.get(row).copied().flatten(),
            Self::Text(cells) => {
                let text = cells.get(row)?.as_deref()?.trim().get(..10)?;
                let date: chrono::NaiveDate = text.parse().ok()?;
                Some(date.signed_duration_since(chrono::NaiveDate::default()).num_days())
            }
            Self::Whole(_) | Self::Real(_) => None,
        }
    }
}

/// A value of a band: NaN, and counted, where the number says that there is no observation.
pub(super) fn observed(value: f64, kind: Kind, nodata: &mut u64) -> f32 {
    if kind.nodata().contains(&value) {
        *nodata += 1;
        return f32::NAN;
    }
    let value = value as f32;
    if value.is_finite() { value } else { f32::NAN }
}

/// Takes a batch: its first row, how many there are, and the cells of each column.
pub(super) type TakeBatch<'a, E> = &'a mut dyn FnMut(usize, usize, &[Cells]) -> Result<(), E>;

/// Hands on batches of some columns, in the order of the rows; each with the cells a column.
///
/// # Errors
/// What the file has wrong, or what `take` gives.
pub(super) fn batches<E: From<ParquetError>>(
    reader: &SerializedFileReader<File>,
    columns: &[&Column],
    take: TakeBatch<E>,
) -> Result<(), E> {
    let mut first = 0;
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group)?;
        let mut left = usize::try_from(group.metadata().num_rows())
            .map_err(|_| ParquetError::General("a row group tells of fewer than no rows".into()))?;
        let mut readers = Vec::with_capacity(columns.len());
        for column in columns {
            readers.push(group.get_column_reader(column.place)?);
        }
        while left > 0 {
            let rows = left.min(BATCH);
            let mut cells = Vec::with_capacity(columns.len());
            for (reader, column) in readers.iter_mut().zip(columns) {
                cells.push(read(reader, column, rows)?);
            }
            take(first, rows, &cells)?;
            first += rows;
            left -= rows;
        }
    }
    Ok(())
}

fn read(reader: &mut ColumnReader, column: &Column, rows: usize) -> Result<Cells, ParquetError> {
    let unsigned = matches!(column.kind, Kind::Whole { unsigned: true, .. });
    let days = |ticks: i64, a_day: i64| ticks.div_euclid(a_day);
    Ok(match (reader, column.kind) {
        (ColumnReader::Int32ColumnReader(reader), Kind::Days) => {
            Cells::Days(typed(reader, column, rows, |v| Ok(i64::from(v)))?)
        }
        (ColumnReader::Int32ColumnReader(reader), _) => Cells::Whole(typed(reader, column, rows, |v| {
            Ok(if unsigned { i64::from(v as u32) } else { i64::from(v) })
        })?),
        (ColumnReader::Int64ColumnReader(reader), Kind::Ticks { a_day }) => {
            Cells::Days(typed(reader, column, rows, |v| Ok(days(v, a_day)))?)
        }
        (ColumnReader::Int64ColumnReader(reader), _) => Cells::Whole(typed(reader, column, rows, Ok)?),
        (ColumnReader::Int96ColumnReader(reader), _) => {
            Cells::Days(typed(reader, column, rows, |v| Ok(days(v.to_millis(), DAY_MILLIS)))?)
        }
        (ColumnReader::FloatColumnReader(reader), _) => {
            Cells::Real(or_nan(typed(reader, column, rows, |v| Ok(f64::from(v)))?))
        }
        (ColumnReader::DoubleColumnReader(reader), _) => {
            Cells::Real(or_nan(typed(reader, column, rows, Ok)?))
        }
        (ColumnReader::ByteArrayColumnReader(reader), _) => {
            Cells::Text(typed(reader, column, rows, |v| Ok(v.as_utf8()?.to_string()))?)
        }
        _ => {
            return Err(ParquetError::General(format!(
                "the column {} holds no numbers or text",
                column.name
            )));
        }
    })
}

fn or_nan(cells: Vec<Option<f64>>) -> Vec<f64> {
    cells.into_iter().map(|cell| cell.unwrap_or(f64::NAN)).collect()
}

/// The next cells of a column.
fn typed<T: DataType, V>(
    reader: &mut ColumnReaderImpl<T>,
    column: &Column,
    rows: usize,
    value: impl Fn(T::T) -> Result<V, ParquetError>,
) -> Result<Vec<Option<V>>, ParquetError> {
    let (mut values, mut levels, mut read) = (Vec::new(), Vec::new(), 0);
    while read < rows {
        let more = || reader.read_records(rows - read, Some(&mut levels), None, &mut values);
        // The crate panics where a damaged page asks for a dictionary that the column has not. Nothing of it is used then.
        let (records, ..) = catch_unwind(AssertUnwindSafe(more))
            .map_err(|_| ParquetError::General(format!("the column {} cannot be decoded", column.name)))??;
        if records == 0 {
            let why = format!("the column {} ends before the table does", column.name);
            return Err(ParquetError::General(why));
        }
        read += records;
    }
    let mut values = values.into_iter();
    if column.defined == 0 {
        return values.map(|v| value(v).map(Some)).collect();
    }
    let cell =
        |level: i16| if level == column.defined { values.next().map(&value).transpose() } else { Ok(None) };
    levels.into_iter().map(cell).collect()
}
