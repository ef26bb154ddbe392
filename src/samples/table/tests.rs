use super::*;
use crate::geo::Crs;
use crate::labels::Class;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};

fn grid() -> Grid {
    Grid {
        crs: Crs::from_epsg(32615).unwrap(),
        left: 500_000.0,
        top: 1_900_000.0,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: 500,
        height: 500,
    }
}

fn spec(filling: Option<Filling>) -> TableSpec {
    let day = |day| NaiveDate::from_yo_opt(2022, day).unwrap();
    TableSpec {
        bands: vec!["B04".into(), "NDVI".into()],
        features: vec![],
        dates: vec![day(1), day(101), day(201)],
        legend: Legend { classes: vec![Class::new(3, "selva húmeda", [0; 3])] },
        filling,
    }
}

/// So many samples; the second date of every third one is a gap.
fn samples(n: usize) -> SampleSet {
    let TableSpec { bands, dates, .. } = spec(None);
    let value = |at: usize| {
        let (sample, within) = (at / 6, at % 6);
        if sample.is_multiple_of(3) && within / 2 == 1 {
            f32::NAN
        } else {
            sample as f32 + within as f32 / 8.0
        }
    };
    SampleSet {
        bands,
        features: vec![],
        dates,
        values: crate::samples::Rows::of(6, (0..n * 6).map(value).collect()),
        classes: vec![3; n],
        annotations: (0..n as u64).map(|i| 100 + i / 10).collect(),
        places: (0..n as u32).map(|i| (i % 500, i / 500 % 500)).collect(),
        locations: Vec::new(),
    }
}

fn read(path: &Path) -> (SerializedFileReader<std::fs::File>, Vec<Row>) {
    let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    (reader, rows)
}

fn cell<'a>(row: &'a Row, name: &str) -> &'a Field {
    row.get_column_iter().find(|(column, _)| *column == name).unwrap().1
}

fn metadata(reader: &SerializedFileReader<std::fs::File>, key: &str) -> serde_json::Value {
    let all = reader.metadata().file_metadata().key_value_metadata().unwrap();
    let value = all.iter().find(|entry| entry.key == key).unwrap().value.as_ref().unwrap();
    serde_json::from_str(value).unwrap()
}

#[test]
fn a_row_tells_what_a_sample_is_and_where_and_its_series() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.parquet");
    let mut table = TableWriter::create(&path, spec(None)).unwrap();
    table.add("field", &grid(), &samples(4)).unwrap();
    table.add("other", &grid(), &samples(2)).unwrap();
    assert_eq!(table.gaps(), 6, "three samples with a gap in two bands");
    assert_eq!(table.finish().unwrap(), 6);
    let (reader, rows) = read(&path);
    let ids: Vec<_> = rows.iter().map(|row| cell(row, "sample_id").clone()).collect();
    assert_eq!(ids, [0, 1, 2, 3, 4, 5].map(Field::Long));
    let row = &rows[1];
    assert_eq!(cell(row, "annotation_id"), &Field::Long(100));
    assert_eq!(cell(row, "class"), &Field::Str("selva húmeda".into()));
    assert_eq!(cell(row, "code"), &Field::Int(3));
    assert_eq!(cell(row, "site"), &Field::Str("field".into()));
    assert_eq!((cell(row, "col"), cell(row, "row")), (&Field::Int(1), &Field::Int(0)));
    let [lon, lat] = grid().lonlat_from_pixel(1.5, 0.5).unwrap();
    assert_eq!((cell(row, "longitude"), cell(row, "latitude")), (&Field::Double(lon), &Field::Double(lat)));
    let Field::Bytes(wkb) = cell(row, "geometry") else { panic!("{row}") };
    let wkb = wkb.data();
    assert_eq!(wkb[..5], [1, 1, 0, 0, 0]);
    assert_eq!(wkb[5..13], lon.to_le_bytes());
    assert_eq!(wkb[13..], lat.to_le_bytes());
    let series: Vec<_> =
        ["B04_0", "NDVI_0", "B04_1", "NDVI_1", "B04_2", "NDVI_2"].map(|name| cell(row, name).clone()).into();
    assert_eq!(series, [1.0, 1.125, 1.25, 1.375, 1.5, 1.625].map(Field::Float));
    assert_eq!(cell(&rows[0], "B04_1"), &Field::Null, "a gap");
    assert_eq!(cell(&rows[0], "B04_2"), &Field::Float(0.5));
    let own = metadata(&reader, "ritmo");
    assert_eq!(own["dates"], serde_json::json!(["2022-01-01", "2022-04-11", "2022-07-20"]));
    assert_eq!((&own["bands"][1], &own["fill"]), (&"NDVI".into(), &"none".into()));
    let geo = metadata(&reader, "geo");
    assert_eq!((&geo["version"], &geo["primary_column"]), (&"1.1.0".into(), &"geometry".into()));
    assert_eq!(geo["columns"]["geometry"]["encoding"], "WKB");
    assert!(geo["columns"]["geometry"]["bbox"][0].as_f64().unwrap() < lon);
}

#[test]
fn gaps_are_filled_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.parquet");
    let mut table = TableWriter::create(&path, spec(Some(Filling::Linear))).unwrap();
    table.add("field", &grid(), &samples(1)).unwrap();
    assert_eq!(table.gaps(), 0);
    table.finish().unwrap();
    let (reader, rows) = read(&path);
    assert_eq!(cell(&rows[0], "B04_1"), &Field::Float(0.25), "half way between 0 and 0.5");
    assert_eq!(metadata(&reader, "ritmo")["fill"], "linear");
}

#[test]
fn many_samples_come_in_groups_of_bounded_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.parquet");
    let mut table = TableWriter::create(&path, spec(None)).unwrap();
    table.add("field", &grid(), &samples(2 * GROUP_ROWS + 5)).unwrap();
    table.finish().unwrap();
    let (reader, rows) = read(&path);
    let groups: Vec<_> = reader.metadata().row_groups().iter().map(|g| g.num_rows() as usize).collect();
    assert_eq!(groups, [GROUP_ROWS, GROUP_ROWS, 5]);
    let last = rows.last().unwrap();
    assert_eq!(cell(last, "sample_id"), &Field::Long(2 * GROUP_ROWS as i64 + 4));
    assert_eq!(cell(last, "B04_0"), &Field::Float((2 * GROUP_ROWS + 4) as f32));
}

#[test]
fn a_table_that_is_not_finished_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.parquet");
    std::fs::write(&path, "old").unwrap();
    let mut table = TableWriter::create(&path, spec(None)).unwrap();
    table.add("field", &grid(), &samples(4)).unwrap();
    let mut other = samples(1);
    other.bands[0] = "B08".into();
    assert!(table.add("field", &grid(), &other).unwrap_err().to_string().contains("other bands"));
    drop(table);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    let absent = folder.path().join("absent/s.parquet");
    let why = TableWriter::create(&absent, spec(None)).err().unwrap().to_string();
    assert!(why.contains("absent/s.parquet"), "{why}");
}
