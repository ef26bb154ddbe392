use super::*;
use chrono::NaiveDate;
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

/// A row: sample, label, day, value; a value may be null.
type Row = (i64, &'static str, i32, Option<f32>);

fn long(path: &Path, rows: &[Row]) {
    let schema = "message m { required int64 sample_id; required binary label (STRING); required double longitude; \
                  required double latitude; required int32 date (DATE); optional float NDVI; required float EVI; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let file = std::fs::File::create(path).unwrap();
    let mut writer =
        SerializedFileWriter::new(file, schema, Arc::new(WriterProperties::builder().build())).unwrap();
    // Two row groups, so that columns go on over them.
    for rows in rows.chunks(rows.len().div_ceil(2).max(1)) {
        let mut group = writer.next_row_group().unwrap();
        for column in 0..7 {
            let mut next = group.next_column().unwrap().unwrap();
            let doubles: Vec<f64> = rows.iter().map(|r| r.0 as f64 / 10.0 * f64::from(column)).collect();
            match column {
                0 => {
                    let ids: Vec<i64> = rows.iter().map(|r| r.0).collect();
                    next.typed::<Int64Type>().write_batch(&ids, None, None).unwrap();
                }
                1 => {
                    let labels: Vec<ByteArray> = rows.iter().map(|r| ByteArray::from(r.1)).collect();
                    next.typed::<ByteArrayType>().write_batch(&labels, None, None).unwrap();
                }
                2 | 3 => drop(next.typed::<DoubleType>().write_batch(&doubles, None, None).unwrap()),
                4 => {
                    let days: Vec<i32> = rows.iter().map(|r| r.2).collect();
                    next.typed::<Int32Type>().write_batch(&days, None, None).unwrap();
                }
                5 => {
                    let there: Vec<f32> = rows.iter().filter_map(|r| r.3).collect();
                    let levels: Vec<i16> = rows.iter().map(|r| i16::from(r.3.is_some())).collect();
                    next.typed::<FloatType>().write_batch(&there, Some(&levels), None).unwrap();
                }
                _ => {
                    let values: Vec<f32> = rows.iter().map(|r| r.2 as f32).collect();
                    next.typed::<FloatType>().write_batch(&values, None, None).unwrap();
                }
            }
            next.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
}

fn read(path: &Path, bands: Option<&[String]>) -> Result<SampleTable, SampleError> {
    read_table(path, bands, &Cancel::new())
}

fn file(rows: &[Row]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("muestras é.parquet");
    long(&path, rows);
    (folder, path)
}

#[test]
fn rows_become_series_in_order_of_the_dates_whatever_the_order_of_rows() {
    let (_folder, path) = file(&[
        (7, "soy", 30, Some(0.3)),
        (9, "Forest", 10, Some(0.7)),
        (7, "soy", 10, Some(0.1)),
        (9, "Forest", 30, None),
        (7, "soy", 20, Some(0.2)),
        (9, "Forest", 20, Some(0.8)),
    ]);
    let SampleTable { samples, legend, notes } = read(&path, None).unwrap();
    assert_eq!(samples.bands, ["NDVI", "EVI"]);
    assert_eq!(samples.dates.len(), 3);
    assert_eq!(samples.series(0), [0.1, 10.0, 0.2, 20.0, 0.3, 30.0]);
    assert!(samples.series(1)[4].is_nan(), "null is a gap");
    assert_eq!(samples.locations, [[0.7 * 2.0, 0.7 * 3.0], [0.9 * 2.0, 0.9 * 3.0]]);
    let names: Vec<&str> = samples.classes.iter().map(|c| legend.class(*c).unwrap().name.as_str()).collect();
    assert_eq!(names, ["soy", "Forest"]);
    assert_eq!(notes, Vec::<String>::new());

    let chosen = read(&path, Some(&["EVI".into()])).unwrap().samples;
    assert_eq!(
        (chosen.bands.as_slice(), chosen.series(0)),
        (&["EVI".to_string()][..], &[10.0, 20.0, 30.0][..])
    );
    let why = read(&path, Some(&["SWIR".into()])).unwrap_err().to_string();
    assert!(why.contains("no band SWIR; it has NDVI, EVI"), "{why}");
}

#[test]
fn samples_of_other_years_lie_side_by_side_and_a_note_says_so() {
    let (_folder, path) = file(&[
        (1, "a", 0, Some(0.1)),
        (1, "a", 16, Some(0.2)),
        (2, "a", 365, Some(0.3)),
        (2, "a", 381, Some(0.4)),
        (3, "b", 365, Some(0.5)),
        (3, "b", 381, Some(0.6)),
    ]);
    let table = read(&path, Some(&["NDVI".into()])).unwrap();
    assert_eq!(table.samples.values, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
    assert_eq!(table.samples.dates[0], NaiveDate::from_ymd_opt(1971, 1, 1).unwrap());
    assert!(table.notes[0].contains("2 periods"), "{:?}", table.notes);
}

#[test]
fn a_date_that_a_sample_lacks_is_a_gap() {
    let (_folder, path) = file(&[
        (1, "a", 0, Some(0.1)),
        (1, "a", 16, Some(0.2)),
        (1, "a", 32, Some(0.3)),
        (2, "b", 0, Some(0.4)),
        (2, "b", 32, Some(0.5)),
    ]);
    let table = read(&path, Some(&["NDVI".into()])).unwrap();
    let second = table.samples.series(1);
    assert!(second[0] == 0.4 && second[1].is_nan() && second[2] == 0.5, "{second:?}");
    assert!(table.notes[0].contains("1 dates"), "{:?}", table.notes);
}

#[test]
fn tables_that_contradict_themselves_are_sentences() {
    let why = |rows: &[Row]| {
        let (_folder, path) = file(rows);
        let why = read(&path, None).unwrap_err().to_string();
        assert!(why.contains("muestras é.parquet"), "{why}");
        why
    };
    assert!(why(&[]).contains("no rows"));
    assert!(why(&[(1, "", 0, None)]).contains("no label"));
    assert!(why(&[(1, "a", 5, None), (1, "a", 5, None)]).contains("two rows of one date"));
    assert!(
        why(&[(1, "a", 0, None), (1, "a", 9, None), (2, "b", 900, None), (3, "b", 1800, None)])
            .contains("cannot be laid side by side")
    );
}

#[test]
fn other_files_and_truncated_ones_are_named() {
    let (folder, path) = file(&[(1, "a", 0, Some(0.1)), (2, "b", 0, Some(0.2))]);
    let whole = std::fs::read(&path).unwrap();
    for keep in [0, 3, 50, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..keep]).unwrap();
        let why = read(&path, None).unwrap_err().to_string();
        assert!(why.contains("muestras é.parquet") && why.contains("Parquet"), "{why}");
    }
    assert!(read(&folder.path().join("absent.parquet"), None).is_err());
    assert!(read(folder.path(), None).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_changed_byte_makes_it_panic(at in 0usize..2000, byte in 0u8..=255) {
        let (_folder, path) = file(&[(1, "a", 0, Some(0.1)), (1, "a", 1, None), (2, "b", 0, Some(0.2)), (2, "b", 1, None)]);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = at % bytes.len();
        bytes[at] = byte;
        std::fs::write(&path, bytes).unwrap();
        let _ = read(&path, None);
    }
}

#[test]
fn the_sample_tables_at_hand_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/samples");
    if !folder.exists() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    for (name, samples, times, classes) in [
        ("mt_mod13q1_2115_9classes_2017", 2115, 23, 9),
        ("mt_agri_mod13q1_7043_23classes", 7043, 23, 23),
        ("l8_rondonia_160_4classes", 160, 25, 4),
        ("formosat2_tempcnn_260_260_13classes", 520, 149, 13),
        ("prodes_starfm_9269_2classes", 9269, 23, 2),
    ] {
        let table = read(&folder.join(format!("{name}.parquet")), None).unwrap();
        let SampleTable { samples: set, legend, .. } = &table;
        assert_eq!((set.len(), set.dates.len(), legend.classes.len()), (samples, times, classes), "{name}");
        assert!(set.values.iter().all(|v| v.is_finite()), "{name}");
    }
}
