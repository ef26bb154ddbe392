//! Samples as a (Geo)Parquet table.
//!
//! One row a sample. First what it is and where: `sample_id`, `annotation_id`, `class`, `code`, `site`, `col`, `row`,
//! `longitude`, `latitude`, `geometry` (the pixel's centre as a WKB point, so that the file is GeoParquet 1.1 and opens in
//! QGIS, GDAL and geopandas). Then its series, one column a date and band: `B04_0`, `B08_0`, `B04_1` … with the place of the
//! date after the band's name. That is the wide layout that pandas, scikit-learn and torch take as a matrix without turning
//! it around; the dates stand in the file's own metadata under `ritmo`, as JSON (`dates`, `bands`, how each band is found or
//! computed, how gaps were filled). A gap is null.
//!
//! [GeoParquet 1.1](https://geoparquet.org/releases/v1.1.0/)

use super::{SampleError, SampleSet};
use crate::cube::{FeatureRecord, Filling, fill};
use crate::files::{put_in_place, temporary_beside};
use crate::geo::Grid;
use crate::labels::Legend;
use chrono::NaiveDate;
use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::NamedTempFile;

/// Rows of a group: few enough that a group of a hundred dates and ten bands takes some 130 MB.
const GROUP_ROWS: usize = 32_768;

/// What all samples of a table share.
#[derive(Debug, Clone)]
pub struct TableSpec {
    /// Names of the bands and indices.
    pub bands: Vec<String>,
    /// How each of them is found or computed.
    pub features: Vec<FeatureRecord>,
    /// The dates.
    pub dates: Vec<NaiveDate>,
    /// Names of classes.
    pub legend: Legend,
    /// How gaps are filled; they stay gaps where `None`.
    pub filling: Option<Filling>,
}

/// Writes a table part by part, to a temporary file that is put in its place at the end.
pub struct TableWriter {
    path: PathBuf,
    spec: TableSpec,
    writer: SerializedFileWriter<std::fs::File>,
    file: NamedTempFile,
    rows: usize,
    gaps: usize,
    /// Left, bottom, right, top of all places.
    bounds: [f64; 4],
}

impl TableWriter {
    /// Begins a table.
    ///
    /// # Errors
    /// [`SampleError::Write`] when there is no such folder, or no right to write there.
    pub fn create(path: &Path, spec: TableSpec) -> Result<Self, SampleError> {
        let failed = |why: String| SampleError::Write { path: path.into(), why };
        let file = temporary_beside(path).map_err(|e| failed(e.to_string()))?;
        let inner = file.reopen().map_err(|e| failed(e.to_string()))?;
        let begun = schema(&spec).and_then(|schema| {
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
                .set_created_by(concat!("Ritmo ", env!("CARGO_PKG_VERSION")).into())
                .build();
            SerializedFileWriter::new(inner, Arc::new(schema), Arc::new(properties))
        });
        let writer = begun.map_err(|e| failed(e.to_string()))?;
        let nowhere = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        Ok(Self { path: path.into(), spec, writer, file, rows: 0, gaps: 0, bounds: nowhere })
    }

    /// Adds samples of a site, whose places are on its grid.
    ///
    /// # Errors
    /// [`SampleError::Write`] when the disk is full, or the samples have other bands or dates than the table.
    pub fn add(&mut self, site: &str, grid: &Grid, samples: &SampleSet) -> Result<(), SampleError> {
        if samples.bands != self.spec.bands || samples.dates != self.spec.dates {
            return Err(
                self.failed(format!("the samples of {site} have other bands or dates than the table"))
            );
        }
        let mut lonlats: Vec<[f64; 2]> =
            samples.places.iter().map(|&(col, row)| grid.pixel_centre(col, row)).collect();
        grid.crs.lonlat_from_xy(&mut lonlats).map_err(|e| self.failed(e.to_string()))?;
        for &[lon, lat] in &lonlats {
            let [left, bottom, right, top] = self.bounds;
            self.bounds = [left.min(lon), bottom.min(lat), right.max(lon), top.max(lat)];
        }
        let all: Vec<usize> = (0..samples.len()).collect();
        for rows in all.chunks(GROUP_ROWS) {
            let series = self.series(samples, rows)?;
            let written = self.group(site, samples, &lonlats, rows, &series);
            written.map_err(|e| self.failed(e.to_string()))?;
            self.rows += rows.len();
        }
        Ok(())
    }

    /// Ends the table and puts it in its place; gives the number of samples.
    ///
    /// # Errors
    /// [`SampleError::Write`] when the disk is full.
    pub fn finish(mut self) -> Result<usize, SampleError> {
        let mut geometry = json!({ "encoding": "WKB", "geometry_types": ["Point"] });
        if self.rows > 0 {
            geometry["bbox"] = json!(self.bounds);
        }
        let geo =
            json!({ "version": "1.1.0", "primary_column": "geometry", "columns": { "geometry": geometry } });
        let own = json!({
            "layout": "one row a sample; <band>_<place of the date>",
            "bands": self.spec.bands,
            "dates": self.spec.dates,
            "features": self.spec.features,
            "fill": self.spec.filling.map_or("none".into(), |filling| filling.to_string()),
            "classes": self.spec.legend,
        });
        for (key, value) in [("geo", geo), ("ritmo", own)] {
            self.writer.append_key_value_metadata(KeyValue::new(key.to_string(), value.to_string()));
        }
        let Self { path, writer, file, rows, .. } = self;
        let failed = |why: String| SampleError::Write { path: path.clone(), why };
        writer.close().map_err(|e| failed(e.to_string()))?;
        put_in_place(file, &path).map_err(|e| failed(e.to_string()))?;
        Ok(rows)
    }

    /// Values that are gaps in what was written so far.
    pub fn gaps(&self) -> usize {
        self.gaps
    }

    fn failed(&self, why: String) -> SampleError {
        SampleError::Write { path: self.path.clone(), why }
    }

    /// Writes one row group; `series` are those of its rows.
    fn group(
        &mut self,
        site: &str,
        samples: &SampleSet,
        lonlats: &[[f64; 2]],
        rows: &[usize],
        series: &[f32],
    ) -> Result<(), ParquetError> {
        let first = self.rows as i64;
        let legend = &self.spec.legend;
        let mut group = self.writer.next_row_group()?;
        let text = |text: &str| ByteArray::from(text.as_bytes().to_vec());
        let class = |i: &usize| {
            let name = legend.class(samples.classes[*i]).map_or("", |class| &class.name);
            text(name)
        };
        let wkb = |i: &usize| {
            // Little-endian, a point, two numbers.
            let mut bytes = vec![1, 1, 0, 0, 0];
            lonlats[*i].iter().for_each(|v| bytes.extend(v.to_le_bytes()));
            ByteArray::from(bytes)
        };
        column::<Int64Type>(&mut group, &(first..).take(rows.len()).collect::<Vec<_>>())?;
        // Ids come from a counter: none is greater than fits.
        column::<Int64Type>(&mut group, &of(rows, |i| samples.annotations[*i] as i64))?;
        column::<ByteArrayType>(&mut group, &of(rows, class))?;
        column::<Int32Type>(&mut group, &of(rows, |i| i32::from(samples.classes[*i])))?;
        column::<ByteArrayType>(&mut group, &of(rows, |_| text(site)))?;
        column::<Int32Type>(&mut group, &of(rows, |i| samples.places[*i].0 as i32))?;
        column::<Int32Type>(&mut group, &of(rows, |i| samples.places[*i].1 as i32))?;
        column::<DoubleType>(&mut group, &of(rows, |i| lonlats[*i][0]))?;
        column::<DoubleType>(&mut group, &of(rows, |i| lonlats[*i][1]))?;
        column::<ByteArrayType>(&mut group, &of(rows, wkb))?;
        let width = self.spec.bands.len() * self.spec.dates.len();
        for at in 0..width {
            let values: Vec<f32> = series.iter().skip(at).step_by(width.max(1)).copied().collect();
            let levels: Vec<i16> = values.iter().map(|v| i16::from(v.is_finite())).collect();
            let there: Vec<f32> = values.into_iter().filter(|v| v.is_finite()).collect();
            self.gaps += rows.len() - there.len();
            let mut writer = group.next_column()?.ok_or_else(missing)?;
            writer.typed::<FloatType>().write_batch(&there, Some(&levels), None)?;
            writer.close()?;
        }
        group.close()?;
        Ok(())
    }

    /// The series of some samples, `sample x time x band`, their gaps filled where that was asked for.
    fn series(&self, samples: &SampleSet, rows: &[usize]) -> Result<Vec<f32>, SampleError> {
        let mut values = samples.values.gather(rows)?;
        if let Some(filling) = self.spec.filling {
            let days: Vec<f64> = samples
                .dates
                .iter()
                .map(|date| f64::from(chrono::Datelike::num_days_from_ce(date)))
                .collect();
            let (bands, width) = (samples.bands.len(), samples.bands.len() * days.len());
            values.chunks_mut(width.max(1)).for_each(|series| fill(series, bands, &days, filling));
        }
        Ok(values)
    }
}

/// A value for each row.
fn of<T>(rows: &[usize], value: impl Fn(&usize) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

fn missing() -> ParquetError {
    ParquetError::General("the table has fewer columns than its schema".into())
}

/// Writes a column without gaps.
fn column<T: parquet::data_type::DataType>(
    group: &mut SerializedRowGroupWriter<'_, std::fs::File>,
    values: &[T::T],
) -> Result<(), ParquetError> {
    let mut writer = group.next_column()?.ok_or_else(missing)?;
    writer.typed::<T>().write_batch(values, None, None)?;
    writer.close()
}

fn schema(spec: &TableSpec) -> Result<Type, ParquetError> {
    let plain = |name: &str, kind: PhysicalType, logical: Option<LogicalType>| {
        let field = Type::primitive_type_builder(name, kind).with_repetition(Repetition::REQUIRED);
        field.with_logical_type(logical).build().map(Arc::new)
    };
    let (text, bytes) = (Some(LogicalType::String), PhysicalType::BYTE_ARRAY);
    let mut fields = vec![
        plain("sample_id", PhysicalType::INT64, None)?,
        plain("annotation_id", PhysicalType::INT64, None)?,
        plain("class", bytes, text.clone())?,
        plain("code", PhysicalType::INT32, None)?,
        plain("site", bytes, text)?,
        plain("col", PhysicalType::INT32, None)?,
        plain("row", PhysicalType::INT32, None)?,
        plain("longitude", PhysicalType::DOUBLE, None)?,
        plain("latitude", PhysicalType::DOUBLE, None)?,
        plain("geometry", bytes, None)?,
    ];
    for date in 0..spec.dates.len() {
        for band in &spec.bands {
            let name = format!("{band}_{date}");
            let field = Type::primitive_type_builder(&name, PhysicalType::FLOAT);
            fields.push(Arc::new(field.with_repetition(Repetition::OPTIONAL).build()?));
        }
    }
    Type::group_type_builder("samples").with_fields(fields).build()
}

#[cfg(test)]
mod tests;
