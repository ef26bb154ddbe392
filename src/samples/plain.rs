//! Plain tables: named columns of cells that may be empty, as Parquet or as comma-separated text, written part by part to a
//! temporary file that is put in its place at the end.

use super::SampleError;
use crate::files::{put_in_place, temporary_beside};
use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::NamedTempFile;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    /// Whole numbers.
    Whole,
    /// Numbers in 64 bits.
    Real,
    /// Numbers in 32 bits.
    Single,
    /// Text.
    Text,
}

/// Cells of one column, one under the other; `None` for an empty one.
#[derive(Debug, Clone, PartialEq)]
pub enum CellColumn {
    /// Whole numbers.
    Whole(Vec<Option<i64>>),
    /// Numbers in 64 bits.
    Real(Vec<Option<f64>>),
    /// Numbers in 32 bits.
    Single(Vec<Option<f32>>),
    /// Text.
    Text(Vec<Option<String>>),
}

impl CellColumn {
    /// How many cells.
    pub fn len(&self) -> usize {
        match self {
            Self::Whole(cells) => cells.len(),
            Self::Real(cells) => cells.len(),
            Self::Single(cells) => cells.len(),
            Self::Text(cells) => cells.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A cell as text; empty for an empty one.
    fn text(&self, row: usize) -> String {
        fn of<T: ToString>(cells: &[Option<T>], row: usize) -> String {
            cells.get(row).and_then(Option::as_ref).map_or(String::new(), T::to_string)
        }
        match self {
            Self::Whole(cells) => of(cells, row),
            Self::Real(cells) => of(cells, row),
            Self::Single(cells) => of(cells, row),
            Self::Text(cells) => of(cells, row),
        }
    }
}

/// A Parquet file under way, into a file that is open for writing.
pub(super) struct ParquetSink {
    writer: SerializedFileWriter<File>,
}

impl ParquetSink {
    /// Begins a file of these columns.
    ///
    /// # Errors
    /// When the system cannot write.
    pub fn new(file: File, columns: &[(String, CellKind)]) -> Result<Self, ParquetError> {
        let field = |(name, kind): &(String, CellKind)| {
            let (physical, logical) = match kind {
                CellKind::Whole => (PhysicalType::INT64, None),
                CellKind::Real => (PhysicalType::DOUBLE, None),
                CellKind::Single => (PhysicalType::FLOAT, None),
                CellKind::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
            };
            let field = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
            field.with_logical_type(logical).build().map(Arc::new)
        };
        let fields = columns.iter().map(field).collect::<Result<_, _>>()?;
        let schema = Type::group_type_builder("table").with_fields(fields).build()?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .set_created_by(concat!("Ritmo ", env!("CARGO_PKG_VERSION")).into())
            .build();
        Ok(Self { writer: SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))? })
    }

    /// Adds rows as a group of their own.
    ///
    /// # Errors
    /// When the system cannot write, or columns are of other kinds or lengths than they were said to be.
    pub fn add(&mut self, columns: &[CellColumn]) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for column in columns {
            match column {
                CellColumn::Whole(cells) => put::<Int64Type, _>(&mut group, cells, |v| *v)?,
                CellColumn::Real(cells) => put::<DoubleType, _>(&mut group, cells, |v| *v)?,
                CellColumn::Single(cells) => put::<FloatType, _>(&mut group, cells, |v| *v)?,
                CellColumn::Text(cells) => {
                    let bytes = |text: &String| ByteArray::from(text.as_bytes().to_vec());
                    put::<ByteArrayType, _>(&mut group, cells, bytes)?;
                }
            }
        }
        group.close()?;
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When the system cannot write.
    pub fn close(self) -> Result<(), ParquetError> {
        self.writer.close().map(drop)
    }
}

fn put<T: DataType, V>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    cells: &[Option<V>],
    value: impl Fn(&V) -> T::T,
) -> Result<(), ParquetError> {
    let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let values: Vec<T::T> = cells.iter().flatten().map(value).collect();
    let none = || ParquetError::General("the table has fewer columns than its schema".into());
    let mut writer = group.next_column()?.ok_or_else(none)?;
    writer.typed::<T>().write_batch(&values, Some(&levels), None)?;
    writer.close()
}

/// A table under way.
pub struct PlainWriter {
    path: PathBuf,
    file: NamedTempFile,
    sink: Sink,
}

enum Sink {
    Parquet(ParquetSink),
    Text(Box<csv::Writer<File>>),
}

impl PlainWriter {
    /// Whether the ending of a file is one that is written: `.parquet` or `.csv`.
    pub fn knows(path: &Path) -> bool {
        is_text(path) || path.extension().is_some_and(|end| end.eq_ignore_ascii_case("parquet"))
    }

    /// Begins a table of these columns, as the ending says: `.csv`, else Parquet.
    ///
    /// # Errors
    /// [`SampleError::Write`] when there is no such folder, or no right to write there.
    pub fn create(path: &Path, columns: &[(String, CellKind)]) -> Result<Self, SampleError> {
        let failed = |why: String| SampleError::Write { path: path.into(), why };
        let file = temporary_beside(path).map_err(|e| failed(e.to_string()))?;
        let inner = file.reopen().map_err(|e| failed(e.to_string()))?;
        let sink = if is_text(path) {
            let mut writer = csv::Writer::from_writer(inner);
            let titles = columns.iter().map(|(name, _)| name);
            writer.write_record(titles).map_err(|e| failed(e.to_string()))?;
            Sink::Text(Box::new(writer))
        } else {
            Sink::Parquet(ParquetSink::new(inner, columns).map_err(|e| failed(e.to_string()))?)
        };
        Ok(Self { path: path.into(), file, sink })
    }

    /// Adds rows.
    ///
    /// # Errors
    /// [`SampleError::Write`] when the disk is full, or columns are of other kinds or lengths than they were said to be.
    pub fn add(&mut self, columns: &[CellColumn]) -> Result<(), SampleError> {
        let rows = columns.first().map_or(0, CellColumn::len);
        let written = match &mut self.sink {
            Sink::Parquet(sink) => sink.add(columns).map_err(|e| e.to_string()),
            Sink::Text(writer) => (0..rows).try_for_each(|row| {
                let cells = columns.iter().map(|column| column.text(row));
                writer.write_record(cells).map_err(|e| e.to_string())
            }),
        };
        written.map_err(|why| SampleError::Write { path: self.path.clone(), why })
    }

    /// Ends the table and puts it in its place.
    ///
    /// # Errors
    /// [`SampleError::Write`] when the disk is full.
    pub fn finish(self) -> Result<(), SampleError> {
        let Self { path, file, sink } = self;
        let failed = |why: String| SampleError::Write { path: path.clone(), why };
        match sink {
            Sink::Parquet(sink) => sink.close().map_err(|e| failed(e.to_string()))?,
            Sink::Text(mut writer) => writer.flush().map_err(|e| failed(e.to_string()))?,
        }
        put_in_place(file, &path).map_err(|e| failed(e.to_string()))?;
        Ok(())
    }
}

/// Whether a file is comma-separated text, by its ending.
pub(super) fn is_text(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| ["csv", "tsv", "txt"].iter().any(|text| end.eq_ignore_ascii_case(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    fn columns() -> Vec<(String, CellKind)> {
        [("id", CellKind::Whole), ("who, or what", CellKind::Text), ("share", CellKind::Single)]
            .map(|(name, kind)| (name.to_string(), kind))
            .to_vec()
    }

    fn cells() -> [CellColumn; 3] {
        [
            CellColumn::Whole(vec![Some(3), Some(-4)]),
            CellColumn::Text(vec![Some("maíz \"dulce\"".into()), None]),
            CellColumn::Single(vec![None, Some(0.25)]),
        ]
    }

    #[test]
    fn text_has_titles_quotes_and_empty_cells() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let mut writer = PlainWriter::create(&path, &columns()).unwrap();
        writer.add(&cells()).unwrap();
        assert!(!path.exists(), "it is put in its place when it is whole");
        writer.finish().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "id,\"who, or what\",share\n3,\"maíz \"\"dulce\"\"\",\n-4,,0.25\n");
    }

    #[test]
    fn parquet_has_the_same_and_nulls() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let mut writer = PlainWriter::create(&path, &columns()).unwrap();
        writer.add(&cells()).unwrap();
        writer.add(&cells()).unwrap();
        writer.finish().unwrap();
        let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
        let rows: Vec<Vec<Field>> = reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().into_columns().into_iter().map(|(_, field)| field).collect())
            .collect();
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[0], [Field::Long(3), Field::Str("maíz \"dulce\"".into()), Field::Null]);
        assert_eq!(rows[3], [Field::Long(-4), Field::Null, Field::Float(0.25)]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("absent/a.csv");
        let why = PlainWriter::create(&path, &columns()).err().unwrap().to_string();
        assert!(why.contains("absent/a.csv") && why.contains("Check the folder"), "{why}");
        assert!(PlainWriter::knows(&path) && !PlainWriter::knows(Path::new("a.xlsx")));
    }
}
