use super::*;
use crate::samples::{TableSpec, TableWriter};
use crate::testing::shared_data;
use parquet::basic::{Compression, ConvertedType, GzipLevel, LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use proptest::prelude::*;
use std::sync::Arc;

/// A column as tests write it.
#[derive(Clone)]
enum Data {
    Whole(Vec<Option<i64>>),
    U16(Vec<Option<i32>>),
    Real(Vec<Option<f64>>),
    Single(Vec<Option<f32>>),
    Text(Vec<Option<String>>),
    Days(Vec<Option<i32>>),
}

fn write(path: &Path, columns: &[(&str, Data)], rows_a_group: usize) {
    write_by(path, columns, rows_a_group, Compression::UNCOMPRESSED);
}

fn write_by(path: &Path, columns: &[(&str, Data)], rows_a_group: usize, compression: Compression) {
    let field = |(name, data): &(&str, Data)| {
        let (physical, logical) = match data {
            Data::Whole(_) => (PhysicalType::INT64, None),
            Data::U16(_) => (PhysicalType::INT32, Some(LogicalType::integer(16, false))),
            Data::Real(_) => (PhysicalType::DOUBLE, None),
            Data::Single(_) => (PhysicalType::FLOAT, None),
            Data::Text(_) => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
            Data::Days(_) => (PhysicalType::INT32, Some(LogicalType::Date)),
        };
        let field = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
        Arc::new(field.with_converted_type(ConvertedType::NONE).with_logical_type(logical).build().unwrap())
    };
    let fields = columns.iter().map(field).collect();
    let schema = Arc::new(Type::group_type_builder("schema").with_fields(fields).build().unwrap());
    let file = std::fs::File::create(path).unwrap();
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
    let rows = match &columns[0].1 {
        Data::Whole(c) => c.len(),
        Data::Real(c) => c.len(),
        Data::Text(c) => c.len(),
        _ => panic!("the first column is a key"),
    };
    for start in (0..rows).step_by(rows_a_group) {
        let part = start..(start + rows_a_group).min(rows);
        let mut group = writer.next_row_group().unwrap();
        macro_rules! put {
            ($kind:ty, $cells:expr, $value:expr) => {{
                let cells = &$cells[part.clone()];
                let levels: Vec<i16> = cells.iter().map(|c| i16::from(c.is_some())).collect();
                let values: Vec<_> = cells.iter().flatten().map($value).collect();
                let mut column = group.next_column().unwrap().unwrap();
                column.typed::<$kind>().write_batch(&values, Some(&levels), None).unwrap();
                column.close().unwrap();
            }};
        }
        for (_, data) in columns {
            match data {
                Data::Whole(c) => put!(Int64Type, c, |v| *v),
                Data::U16(c) | Data::Days(c) => put!(Int32Type, c, |v| *v),
                Data::Real(c) => put!(DoubleType, c, |v| *v),
                Data::Single(c) => put!(FloatType, c, |v| *v),
                Data::Text(c) => put!(ByteArrayType, c, |v| ByteArray::from(v.as_bytes().to_vec())),
            }
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
}

fn all<T, U>(rows: impl IntoIterator<Item = T>, of: impl Fn(T) -> U) -> Vec<Option<U>> {
    rows.into_iter().map(|row| Some(of(row))).collect()
}

/// A value that tells its sample, time and band.
fn value(sample: usize, time: usize, band: usize) -> f64 {
    sample as f64 + time as f64 / 10.0 + band as f64 / 1000.0
}

/// Long columns of `n` samples and `times` dates, the rows in this order.
fn long(n: usize, times: usize, order: &[(usize, usize)]) -> Vec<(&'static str, Data)> {
    assert_eq!(order.len(), n * times);
    let rows = || order.iter().copied();
    vec![
        ("sample_id", Data::Whole(all(rows(), |(s, _)| s as i64 + 100))),
        ("label", Data::Text(all(rows(), |(s, _)| ["soja", "forest"][s % 2].to_string()))),
        ("longitude", Data::Real(all(rows(), |(s, _)| -55.0 - (s / 2) as f64))),
        ("latitude", Data::Real(all(rows(), |_| -12.5))),
        // Every third sample is a year later.
        ("date", Data::Days(all(rows(), |(s, t)| 16_000 + if s % 3 == 0 { 365 } else { 0 } + 16 * t as i32))),
        ("NDVI", Data::Single(all(rows(), |(s, t)| value(s, t, 0) as f32))),
        ("EVI", Data::Real(all(rows(), |(s, t)| value(s, t, 1)))),
    ]
}

fn by_sample(n: usize, times: usize) -> Vec<(usize, usize)> {
    (0..n).flat_map(|s| (0..times).map(move |t| (s, t))).collect()
}

fn read(path: &Path, request: &TableRequest) -> Result<TableRows, SampleError> {
    read_rows(path, request, &|_| (), &Cancel::new())
}

fn refusal(columns: &[(&str, Data)]) -> String {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("table.parquet");
    write(&path, columns, 1000);
    let why = read(&path, &TableRequest::default()).unwrap_err().to_string();
    assert!(why.contains("table.parquet"), "{why}");
    why
}

fn read_columns(columns: &[(&str, Data)], rows_a_group: usize, request: &TableRequest) -> TableRows {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("table.parquet");
    write(&path, columns, rows_a_group);
    read(&path, request).unwrap()
}

#[test]
fn a_long_table_is_read_whatever_its_row_groups_and_the_order_of_its_rows() {
    let (n, times) = (7, 5);
    let sorted = by_sample(n, times);
    let mut by_date = sorted.clone();
    by_date.sort_by_key(|(s, t)| (*t, *s));
    let backwards: Vec<_> = sorted.iter().rev().copied().collect();
    for (order, rows_a_group) in
        [(&sorted, 1000), (&sorted, 3), (&by_date, 1000), (&by_date, 4), (&backwards, 9)]
    {
        let table = read_columns(&long(n, times, order), rows_a_group, &TableRequest::default());
        assert_eq!((table.len(), table.bands.as_slice()), (n, &["NDVI".to_string(), "EVI".into()][..]));
        assert_eq!(table.dates.len(), times);
        let mut row = vec![0.0; times * 2];
        for i in 0..n {
            let sample: usize = table.ids[i].parse::<usize>().unwrap() - 100;
            table.rows.read(i, &mut row).unwrap();
            for t in 0..times {
                assert_eq!([row[t * 2], row[t * 2 + 1]], [0, 1].map(|band| value(sample, t, band) as f32));
            }
            let class = table.legend.class(table.classes[i]).unwrap();
            assert_eq!(class.name, ["soja", "forest"][sample % 2]);
            assert_eq!(table.locations[i], [-55.0 - (sample / 2) as f64, -12.5]);
        }
        assert_eq!(table.legend.classes[0].name, "forest", "classes are in the order of their names");
        assert_eq!(table.annotations_are, "places");
        let distinct: std::collections::BTreeSet<_> = table.annotations.iter().collect();
        assert_eq!(distinct.len(), 4, "two samples of a place are one annotation");
        assert!(table.notes[0].contains("by position"), "{:?}", table.notes);
        let set = table.into_set();
        assert_eq!((set.len(), set.values.len(), set.values.width()), (n, n, times * 2));
    }
}

#[test]
fn bands_come_in_the_order_asked_for_and_one_that_is_not_there_is_told() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("table.parquet");
    write(&path, &long(2, 3, &by_sample(2, 3)), 100);
    let asked = ["EVI".to_string(), "NDVI".into()];
    let table = read(&path, &TableRequest { bands: Some(&asked), ..Default::default() }).unwrap();
    assert_eq!(table.bands, asked);
    let mut row = [0.0; 6];
    table.rows.read(1, &mut row).unwrap();
    assert_eq!(row[..2], [value(1, 0, 1) as f32, value(1, 0, 0) as f32]);
    let asked = ["ndvi".to_string()];
    let why =
        read(&path, &TableRequest { bands: Some(&asked), ..Default::default() }).unwrap_err().to_string();
    assert!(why.contains("no band ndvi") && why.contains("Is NDVI meant?"), "{why}");
}

#[test]
fn nulls_nan_nodata_and_rows_that_are_lacking_are_gaps() {
    let mut order = by_sample(4, 6);
    let mut columns = long(4, 6, &order);
    columns.push((
        "B02",
        Data::U16(
            order
                .iter()
                .map(|(s, t)| (*t != 1).then_some(if *t == 2 { 65_535 } else { *s as i32 }))
                .collect(),
        ),
    ));
    if let Data::Single(cells) = &mut columns[5].1 {
        cells[0] = Some(f32::NAN);
        cells[1] = Some(-9999.0);
    }
    // The last date of the last sample is not there.
    order.pop();
    let drop_last = |data: &Data| match data.clone() {
        Data::Whole(mut c) => {
            c.pop();
            Data::Whole(c)
        }
        Data::U16(mut c) => {
            c.pop();
            Data::U16(c)
        }
        Data::Real(mut c) => {
            c.pop();
            Data::Real(c)
        }
        Data::Single(mut c) => {
            c.pop();
            Data::Single(c)
        }
        Data::Text(mut c) => {
            c.pop();
            Data::Text(c)
        }
        Data::Days(mut c) => {
            c.pop();
            Data::Days(c)
        }
    };
    let columns: Vec<_> = columns.iter().map(|(name, data)| (*name, drop_last(data))).collect();
    let table = read_columns(&columns, 7, &TableRequest::default());
    let at = |sample: usize, time: usize| {
        let mut row = vec![0.0; 18];
        table.rows.read(sample, &mut row).unwrap();
        [row[time * 3], row[time * 3 + 1], row[time * 3 + 2]]
    };
    assert!(at(0, 0)[0].is_nan() && at(0, 1)[0].is_nan() && at(0, 2)[0].is_finite());
    assert!(at(2, 1)[2].is_nan() && at(2, 2)[2].is_nan() && at(2, 3)[2] == 2.0);
    assert!(at(3, 5).iter().all(|v| v.is_nan()) && at(3, 4)[0].is_finite());
    assert!(table.notes.iter().any(|n| n.contains("5 values that say nodata")), "{:?}", table.notes);
}

#[test]
fn tables_that_count_steps_and_tell_numbers_and_polygons_are_read() {
    let order = by_sample(3, 4);
    let columns = [
        ("sample_id", Data::Text(all(&order, |(s, _)| format!("point {s}")))),
        ("split", Data::Text(all(&order, |_| "train".to_string()))),
        ("label", Data::Whole(all(&order, |(s, _)| [10, 9, 10][*s]))),
        ("polygon_id", Data::Whole(all(&order, |(s, _)| [21, 22, 21][*s]))),
        ("t", Data::Whole(all(&order, |(_, t)| *t as i64 + 1))),
        ("some_code", Data::Whole(all(&order, |(s, _)| *s as i64))),
        ("value", Data::Single(all(&order, |(s, t)| value(*s, *t, 0) as f32))),
    ];
    let table = read_columns(&columns, 5, &TableRequest::default());
    assert_eq!((table.bands.as_slice(), table.dates.len()), (&["value".to_string()][..], 4));
    let names: Vec<&str> = table.legend.classes.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["9", "10"], "numbers are ordered as numbers");
    assert_eq!((table.classes, table.annotations), (vec![2, 1, 2], vec![21, 22, 21]));
    assert!(table.locations.is_empty());
    assert!(
        table.notes.iter().any(|n| n.contains("some_code"))
            && table.notes.iter().any(|n| n.contains("evenly"))
    );
}

#[test]
fn what_ritmo_writes_it_reads() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("samples.parquet");
    let day = |day| NaiveDate::from_yo_opt(2022, day).unwrap();
    let class = |code, name: &str| crate::labels::Class::new(code, name, [code; 3]);
    let spec = TableSpec {
        bands: vec!["B8A".into(), "(nir_1 - red) / 2".into()],
        features: vec![],
        dates: vec![day(3), day(120), day(200)],
        legend: Legend { classes: vec![class(7, "selva"), class(3, "agua")] },
        filling: None,
    };
    let values: Vec<f32> = (0..24).map(|v| if v == 5 { f32::NAN } else { v as f32 / 8.0 }).collect();
    let set = SampleSet {
        bands: spec.bands.clone(),
        features: vec![],
        dates: spec.dates.clone(),
        values: Rows::of(6, values.clone()),
        classes: vec![3, 7, 7, 3],
        annotations: vec![5, 6, 6, 9],
        places: vec![(0, 0), (1, 0), (2, 0), (40, 40)],
        locations: vec![],
    };
    let grid = crate::geo::Grid {
        crs: crate::geo::Crs::from_epsg(32615).unwrap(),
        left: 500_000.0,
        top: 1_900_000.0,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: 500,
        height: 500,
    };
    let mut writer = TableWriter::create(&path, spec.clone()).unwrap();
    writer.add("corridor", &grid, &set).unwrap();
    writer.finish().unwrap();
    let table = read(&path, &TableRequest::default()).unwrap();
    assert_eq!((&table.bands, &table.dates, &table.legend), (&spec.bands, &spec.dates, &spec.legend));
    assert!((table.locations[0][0] + 93.0).abs() < 1e-3, "{:?}", table.locations);
    assert_eq!(table.annotations_are, "polygons (annotation_id)");
    let back = table.into_set();
    assert_eq!((&back.classes, &back.annotations), (&set.classes, &set.annotations));
    let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(back.values.in_memory().unwrap()), bits(&values));
    let asked = [spec.bands[1].clone()];
    let one = read(&path, &TableRequest { bands: Some(&asked), ..Default::default() }).unwrap().into_set();
    assert_eq!(bits(&one.series(1).unwrap()), bits(&[values[7], values[9], values[11]]));
}

#[test]
fn what_a_table_lacks_is_told_in_a_sentence_with_the_way_out() {
    let order = by_sample(3, 2);
    let without = |name: &str| {
        let mut columns = long(3, 2, &order);
        columns.retain(|(column, _)| *column != name);
        columns
    };
    let why = refusal(&without("label"));
    assert!(why.contains("label") && why.contains("NDVI"), "{why}");
    let why = refusal(&without("sample_id").into_iter().rev().skip(2).rev().collect::<Vec<_>>()[1..]);
    assert!(why.contains("cannot read samples"), "{why}");
    let why = refusal(&without("date"));
    assert!(why.contains("B04_0") && why.contains("sample_id"), "{why}");
    let mut none = without("NDVI");
    none.retain(|(name, _)| *name != "EVI");
    assert!(refusal(&none).contains("no column of numbers"));

    let mut twice = long(3, 2, &order);
    if let Data::Days(cells) = &mut twice[4].1 {
        cells[1] = cells[0];
    }
    let why = refusal(&twice);
    assert!(why.contains("sample 100 has two rows of 2014-10-22"), "{why}");
    let mut torn = long(3, 2, &order);
    if let Data::Text(cells) = &mut torn[1].1 {
        cells[1] = Some("water".into());
    }
    let why = refusal(&torn);
    assert!(why.contains("sample 100 is soja in one row and water in another"), "{why}");
    let mut many = long(300, 2, &by_sample(300, 2));
    if let Data::Text(cells) = &mut many[1].1 {
        (0..600).for_each(|i| cells[i] = Some(format!("class {}", i / 2)));
    }
    let why = refusal(&many);
    assert!(why.contains("300 different labels") && why.contains("254"), "{why}");
    let mut empty = long(3, 2, &order);
    if let Data::Text(cells) = &mut empty[1].1 {
        cells.fill(None);
    }
    assert!(refusal(&empty).contains("none of its samples has a label"));
    assert!(refusal(&long(0, 2, &[])).contains("holds no sample"));
}

#[test]
fn samples_without_a_label_are_left_out_unless_they_are_wanted() {
    let order = by_sample(4, 3);
    let mut columns = long(4, 3, &order);
    if let Data::Text(cells) = &mut columns[1].1 {
        cells[3..6].fill(None);
    }
    let table = read_columns(&columns, 5, &TableRequest::default());
    assert_eq!(table.ids, ["100", "102", "103"]);
    let mut row = vec![0.0; 6];
    table.rows.read(1, &mut row).unwrap();
    assert_eq!(row[0], value(2, 0, 0) as f32);
    let wanted = TableRequest { take_unlabelled: true, ..Default::default() };
    assert_eq!(read_columns(&columns, 5, &wanted).classes, [2, 0, 2, 1]);
    columns.remove(1);
    assert_eq!(read_columns(&columns, 5, &wanted).classes, [0; 4]);
}

#[test]
fn labels_that_differ_in_case_only_are_one_class_and_it_is_said() {
    let mut columns = long(4, 2, &by_sample(4, 2));
    if let Data::Text(cells) = &mut columns[1].1 {
        cells[0..2].fill(Some("Soja".into()));
    }
    let table = read_columns(&columns, 100, &TableRequest::default());
    assert_eq!(table.legend.classes.len(), 2);
    assert!(table.notes.iter().any(|n| n.contains("one class")), "{:?}", table.notes);
}

#[test]
fn a_file_that_is_absent_foreign_or_a_folder_is_a_sentence() {
    let home = tempfile::tempdir().unwrap();
    let why = |path: &Path| read(path, &TableRequest::default()).unwrap_err().to_string();
    assert!(why(&home.path().join("none.parquet")).contains("none.parquet"));
    assert!(why(home.path()).contains("cannot read samples"));
    let text = home.path().join("table.csv");
    std::fs::write(&text, "sample_id,label\n1,2\n").unwrap();
    assert!(why(&text).contains("no table of series"), "{}", why(&text));
    let other = home.path().join("table.xlsx");
    std::fs::write(&other, "sample_id,label\n1,2\n").unwrap();
    assert!(why(&other).contains("no Parquet file") && why(&other).contains(".csv"), "{}", why(&other));
}

#[test]
fn tables_are_read_however_they_are_compressed() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("table.parquet");
    let columns = long(3, 4, &by_sample(3, 4));
    write(&path, &columns, 100);
    let plain = read(&path, &TableRequest::default()).unwrap().into_set();
    let zstd = Compression::ZSTD(parquet::basic::ZstdLevel::default());
    // As pyarrow, pandas and DuckDB have it unless told otherwise, and the other ones people ask for.
    for codec in [Compression::SNAPPY, Compression::GZIP(GzipLevel::default()), Compression::LZ4_RAW, zstd] {
        write_by(&path, &columns, 100, codec);
        assert_eq!(read(&path, &TableRequest::default()).unwrap().into_set(), plain, "{codec}");
    }
}

#[test]
fn reading_stops_when_asked() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("table.parquet");
    write(&path, &long(2, 3, &by_sample(2, 3)), 100);
    let cancel = Cancel::new();
    cancel.cancel();
    let result = read_rows(&path, &TableRequest::default(), &|_| (), &cancel);
    assert!(matches!(result, Err(SampleError::Cancelled(_))));
}

#[test]
fn the_tables_people_have_are_read() {
    let Some(folder) = shared_data("samples") else { return };
    let expected = [
        ("mt_mod13q1_2115_9classes_2017", 2115, 23, 6, 9),
        ("mt_agri_mod13q1_7043_23classes", 7043, 23, 6, 23),
        ("l8_rondonia_160_4classes", 160, 25, 2, 4),
        ("formosat2_tempcnn_260_260_13classes", 520, 149, 3, 13),
        ("brazilian_amazon_univariate", 5000, 23, 1, 5),
        ("worldcereal_africa_500_monthly_s2s1", 500, 12, 14, 15),
    ];
    for (name, samples, dates, bands, classes) in expected {
        let table = read(&folder.join(format!("{name}.parquet")), &TableRequest::default()).unwrap();
        let shape = (table.len(), table.dates.len(), table.bands.len(), table.legend.classes.len());
        assert_eq!(shape, (samples, dates, bands, classes), "{name}: {:?}", table.notes);
        let mut row = vec![0.0; dates * bands];
        table.rows.read(samples - 1, &mut row).unwrap();
        assert!(row.iter().any(|v| v.is_finite()));
    }
}

/// The bytes of a small table, long or wide.
fn bytes(wide: bool) -> Vec<u8> {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("table.parquet");
    if wide {
        let columns = [
            ("label", Data::Text(vec![Some("a".into()), Some("b".into()), None])),
            ("B04_0", Data::Real(vec![Some(1.0), None, Some(2.0)])),
            ("B04_1", Data::Real(vec![Some(1.0), None, Some(2.0)])),
        ];
        let columns = [("id", Data::Whole(vec![Some(1), Some(2), Some(3)]))].into_iter().chain(columns);
        write(&path, &columns.collect::<Vec<_>>(), 2);
        assert_eq!(read(&path, &TableRequest::default()).unwrap().classes, [1, 2]);
    } else {
        write(&path, &long(4, 3, &by_sample(4, 3)), 5);
    }
    std::fs::read(&path).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn no_bytes_make_it_panic(
        wide: bool,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
        alone in prop::option::of(prop::collection::vec(any::<u8>(), 0..300)),
    ) {
        let mut bytes = alone.filter(|_| cut.is_some()).unwrap_or_else(|| bytes(wide));
        if !bytes.is_empty() {
            for (at, to) in changes {
                let at = at.index(bytes.len());
                bytes[at] = to;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
        }
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("table.parquet");
        std::fs::write(&path, &bytes).unwrap();
        if let Err(error) = read(&path, &TableRequest::default()) {
            let why = error.to_string();
            prop_assert!(why.contains("table.parquet") || why.contains("room"), "{}", why);
        }
    }
}

#[test]
fn labels_are_passed_over_where_that_is_asked_though_they_could_not_be_learned() {
    // More labels than a legend has room for, and two for one sample.
    let order = by_sample(300, 2);
    let mut columns = long(300, 2, &order);
    let names = all(order.iter().enumerate(), |(row, _)| format!("name {row}"));
    columns[1].1 = Data::Text(names);
    let why = refusal(&columns);
    assert!(why.contains("name 0 in one row and name 1 in another"), "{why}");
    let request = TableRequest { without_labels: true, ..Default::default() };
    let table = read_columns(&columns, 1000, &request);
    assert!(table.len() == 300 && table.classes.iter().all(|class| *class == 0));
    assert!(table.legend.classes.is_empty());
    assert_eq!(table.bands, ["NDVI", "EVI"]);
}

/// Writes the file again, saying that it has so many rows.
fn say_rows(path: &Path, rows: i64) {
    use parquet::file::metadata::{FileMetaData, ParquetMetaData, ParquetMetaDataWriter, RowGroupMetaData};
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let old = reader.metadata();
    let of = old.file_metadata();
    let file = FileMetaData::new(
        of.version(),
        rows,
        of.created_by().map(String::from),
        of.key_value_metadata().cloned(),
        of.schema_descr_ptr(),
        None,
    );
    let group = |group: &RowGroupMetaData| group.clone().into_builder().set_num_rows(rows).build().unwrap();
    let new = ParquetMetaData::new(file, old.row_groups().iter().map(group).collect());
    let mut bytes = std::fs::read(path).unwrap();
    // The last eight bytes tell how long the metadata are, and end the file.
    let end = bytes.len() - 8;
    let length = u32::from_le_bytes(bytes[end..end + 4].try_into().unwrap()) as usize;
    bytes.truncate(end - length);
    let mut out = std::io::Cursor::new(bytes);
    out.set_position(out.get_ref().len() as u64);
    ParquetMetaDataWriter::new(&mut out, &new).finish().unwrap();
    std::fs::write(path, out.into_inner()).unwrap();
}

#[test]
fn a_table_that_fits_neither_memory_nor_disk_is_refused_before_it_is_read() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("huge.parquet");
    let bands: Vec<(String, Data)> =
        (0..3).map(|t| (format!("B04_{t}"), Data::Single(all(0..4, |i| i as f32)))).collect();
    let mut columns = vec![("sample_id", Data::Whole(all(0..4, |i| i)))];
    columns.extend(bands.iter().map(|(name, data)| (name.as_str(), data.clone())));
    write(&path, &columns, 100);
    let request = TableRequest { take_unlabelled: true, ..Default::default() };
    assert_eq!(read(&path, &request).unwrap().len(), 4);
    say_rows(&path, 1 << 50);
    let error = read(&path, &request).unwrap_err();
    assert!(matches!(error, SampleError::TooLarge { .. }), "{error}");
    let why = error.to_string();
    assert!(why.contains("GB") && why.contains("TMPDIR") && why.contains("fewer bands"), "{why}");
}
