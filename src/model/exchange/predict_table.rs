//! A table of samples in, a table of classes out.

use crate::cube::{Band, Feature, FeatureRecord};
use crate::model::network::softmax;
use crate::model::{Model, ModelError};
use crate::progress::{Cancel, Progress, Report};
use crate::samples::{CellColumn, CellKind, PlainWriter, TableRequest, TableRows, read_rows};
use rayon::prelude::*;
use std::path::Path;

/// Samples a part: what is in memory at a time, and a row group of the table.
const PART: usize = 16_384;
/// Samples a thread takes at a time.
const SERIES: usize = 256;

/// What [`predict_table`] did.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictedTable {
    /// Samples that came in.
    pub samples: usize,
    /// Samples that could not be classified, because of gaps; they have a row without a class.
    pub unusable: usize,
    /// How many became each class, in the order of the model's.
    pub counts: Vec<usize>,
    /// What was made of the table, in sentences.
    pub notes: Vec<String>,
}

/// Classifies the samples of a table, whatever their labels, and writes a table of `sample_id`, `longitude`, `latitude`, `class` (its
/// name), `probability` (of it) and one column a class, `p_` and its name. Bands are found by name and taken in the model's order;
/// dates by their place. An index that the table has no column of is computed from its bands. Nothing of the sort is guessed: other
/// bands, or another number of dates, are refused.
///
/// # Errors
/// A table that cannot be read; [`ModelError::Mismatch`] for one that lacks a band (says which, and which there are) or has
/// another number of dates; an output that cannot be written.
pub fn predict_table(
    model: &Model,
    input: &Path,
    output: &Path,
    report: Report,
    cancel: &Cancel,
) -> Result<PredictedTable, ModelError> {
    let card = &model.card;
    if !PlainWriter::knows(output) {
        let why = "a table of classes is Parquet or text: end its name in .parquet or .csv".into();
        return Err(ModelError::Series { path: output.into(), why });
    }
    let (table, computed) = read(model, input, report, cancel)?;
    let mut notes = table.notes.clone();
    if let Some(inputs) = &computed {
        let told =
            inputs.iter().filter_map(|input| Some(format!("{} as {}", input.name, input.expression()?)));
        notes.push(format!("computed from its bands: {}", told.collect::<Vec<_>>().join(", ")));
    }
    notes.extend(dates_fit(model, &table)?);

    let classes = card.classes.len();
    let names = names(model);
    let whole: Option<Vec<i64>> = table.ids.iter().map(|id| whole(id)).collect();
    let id_kind = if whole.is_some() { CellKind::Whole } else { CellKind::Text };
    let mut columns = vec![("sample_id".to_string(), id_kind)];
    columns.extend(["longitude", "latitude"].map(|name| (name.to_string(), CellKind::Real)));
    columns.push(("class".into(), CellKind::Text));
    columns.push(("probability".into(), CellKind::Single));
    columns.extend(names.into_iter().map(|name| (name, CellKind::Single)));
    let mut writer = PlainWriter::create(output, &columns)?;

    let (samples, width) = (table.len(), card.dates.len() * card.bands.len());
    let (mut counts, mut unusable) = (vec![0; classes], 0);
    for first in (0..samples).step_by(PART) {
        cancel.check()?;
        report(Progress::new(first as u64, samples as u64, "Classifying"));
        let part: Vec<usize> = (first..(first + PART).min(samples)).collect();
        let values = table.rows.gather(&part)?;
        let values = match &computed {
            None => values,
            Some(inputs) => inputs_of(inputs, &values, table.bands.len()),
        };
        let logits: Vec<Vec<f32>> = values
            .par_chunks(SERIES * width)
            .map(|series| model.raw_logits(series))
            .collect::<Result<_, _>>()?;
        let mut probabilities = logits.concat();
        softmax(&mut probabilities, classes);

        let of_class: Vec<Option<usize>> = probabilities.chunks_exact(classes).map(largest).collect();
        of_class.iter().for_each(|class| match class {
            Some(class) => counts[*class] += 1,
            None => unusable += 1,
        });
        let place = |axis: usize| {
            let at = |i: &usize| table.locations.get(*i).map(|at| at[axis]).filter(|v| v.is_finite());
            CellColumn::Real(part.iter().map(at).collect())
        };
        let probability = |row: usize, class: usize| Some(probabilities[row * classes + class]);
        let rows = || of_class.iter().enumerate();
        let mut cells = vec![
            match &whole {
                Some(ids) => CellColumn::Whole(part.iter().map(|i| Some(ids[*i])).collect()),
                None => CellColumn::Text(part.iter().map(|i| Some(table.ids[*i].clone())).collect()),
            },
            place(0),
            place(1),
            CellColumn::Text(of_class.iter().map(|k| k.map(|k| card.classes[k].name.clone())).collect()),
            CellColumn::Single(rows().map(|(row, class)| class.and_then(|k| probability(row, k))).collect()),
        ];
        cells.extend((0..classes).map(|k| {
            CellColumn::Single(rows().map(|(row, class)| class.and_then(|_| probability(row, k))).collect())
        }));
        writer.add(&cells)?;
    }
    writer.finish()?;
    Ok(PredictedTable { samples, unusable, counts, notes })
}

/// The table with the model's inputs in their order; where it lacks some that are computed from bands, with its own bands and how
/// the inputs are made of them.
fn read(
    model: &Model,
    input: &Path,
    report: Report,
    cancel: &Cancel,
) -> Result<(TableRows, Option<Vec<Feature>>), ModelError> {
    let card = &model.card;
    let request = TableRequest { bands: Some(&card.bands), without_labels: true, ..Default::default() };
    let lacks = match read_rows(input, &request, report, cancel) {
        Ok(table) => return Ok((table, None)),
        Err(error) if error.lacks_bands() => error,
        Err(other) => return Err(other.into()),
    };
    let refused = |why: &dyn std::fmt::Display| ModelError::Mismatch {
        why: format!(
            "{why} The model takes {}: give the table's columns these names, or train a model on this table",
            card.bands.join(", ")
        ),
    };
    let records = card.inputs();
    if records.iter().all(|record| record.expression.is_none()) {
        return Err(refused(&lacks));
    }
    let table = read_rows(input, &TableRequest { bands: None, ..request }, report, cancel)?;
    // The numbers are those that the model learned from, and so are their scales.
    let band = |name: &String| {
        let mut band = Band::named(name);
        let own = records.iter().find(|record| record.name == *name);
        band.knowledge.scale = own.and_then(|own| own.scale).unwrap_or_default();
        band
    };
    let bands: Vec<Band> = table.bands.iter().map(band).collect();
    let find = |record: &FeatureRecord| match table.bands.contains(&record.name) {
        true => FeatureRecord::named(&record.name).find(&bands),
        false => record.find(&bands),
    };
    let inputs = records.iter().map(find).collect::<Result<Vec<_>, _>>();
    let inputs = inputs.map_err(|why| refused(&format!("{}: {why}.", input.display())))?;
    Ok((table, Some(inputs)))
}

/// The model's inputs (`sample x time x input`) of values of so many bands (`sample x time x band`).
fn inputs_of(inputs: &[Feature], values: &[f32], bands: usize) -> Vec<f32> {
    let rows = values.len() / bands.max(1);
    let plane = |band: usize| values.iter().skip(band).step_by(bands).copied().collect::<Vec<f32>>();
    let mut out = vec![f32::NAN; rows * inputs.len()];
    let mut of_input = vec![f32::NAN; rows];
    for (at, input) in inputs.iter().enumerate() {
        let planes: Vec<Vec<f32>> = input.bands().iter().map(|band| plane(*band)).collect();
        input.evaluate(&planes.iter().map(Vec::as_slice).collect::<Vec<_>>(), &mut of_input);
        out.iter_mut().skip(at).step_by(inputs.len()).zip(&of_input).for_each(|(to, value)| *to = *value);
    }
    out
}

/// Refuses a table of another number of dates than the model's; tells where they are other dates.
fn dates_fit(model: &Model, table: &TableRows) -> Result<Option<String>, ModelError> {
    let (ours, theirs) = (&model.card.dates, &table.dates);
    let told = |dates: &[chrono::NaiveDate]| match dates {
        [] => "none".to_string(),
        [only] => format!("one, {only}"),
        [first, .., last] => format!("{}, {first} to {last}", dates.len()),
    };
    if ours.len() != theirs.len() {
        let why = format!(
            "{} has other dates ({}) than the model learned from ({}). Give series of {} dates, or train a model on this table",
            table.path.display(),
            told(theirs),
            told(ours),
            ours.len()
        );
        return Err(ModelError::Mismatch { why });
    }
    let note = format!(
        "its dates ({}) are taken, one after the other, for those the model learned from ({})",
        told(theirs),
        told(ours)
    );
    Ok((ours != theirs).then_some(note))
}

/// A column's name for each class; with the code where two classes have one name.
fn names(model: &Model) -> Vec<String> {
    let classes = &model.card.classes;
    let twice = |name: &str| classes.iter().filter(|other| other.name == name).count() > 1;
    let name = |class: &crate::labels::Class| match twice(&class.name) {
        true => format!("p_{}_{}", class.name, class.code),
        false => format!("p_{}", class.name),
    };
    classes.iter().map(name).collect()
}

/// The place of the largest probability, the first of equals; `None` where there is none.
fn largest(row: &[f32]) -> Option<usize> {
    if row.iter().any(|p| p.is_nan()) {
        return None;
    }
    (0..row.len()).reduce(|best, k| if row[k] > row[best] { k } else { best })
}

/// An id that is a whole number and written as such.
fn whole(id: &str) -> Option<i64> {
    id.parse().ok().filter(|number: &i64| number.to_string() == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelKind;
    use crate::model::saved::tests::model_of;
    use crate::testing::chance;
    use std::path::PathBuf;

    /// Four dates of EVI and NDVI, in this order, and of a band that the model does not know; in the second sample EVI was
    /// never seen.
    fn table(folder: &Path, ids: [&str; 3]) -> (PathBuf, Vec<f32>) {
        let (mut text, mut series) =
            (String::from("sample_id;longitude;latitude;date;EVI;NIR;NDVI\n"), Vec::new());
        for (i, id) in ids.into_iter().enumerate() {
            for month in 1..=4u32 {
                let [evi, ndvi] = [0, 1].map(|b| chance(&[i as u64, u64::from(month), b]) as f32);
                let told = if i == 1 { String::new() } else { evi.to_string() };
                text += &format!("{id};{};17.5;2019-{month:02}-01;{told};9;{ndvi}\n", 10 * i);
                series.extend([ndvi, if i == 1 { f32::NAN } else { evi }]);
            }
        }
        let path = folder.join("table.csv");
        std::fs::write(&path, text).unwrap();
        (path, series)
    }

    fn predict(model: &Model, input: &Path, output: &Path) -> Result<PredictedTable, String> {
        predict_table(model, input, output, &|_| (), &Cancel::default()).map_err(|e| e.to_string())
    }

    #[test]
    fn each_sample_gets_its_class_and_probabilities_and_what_cannot_be_classified_none() {
        let folder = tempfile::tempdir().unwrap();
        for kind in ModelKind::all().into_iter().filter(ModelKind::reads_series) {
            let model = model_of(kind, "now");
            let (input, series) = table(folder.path(), ["1", "2", "30"]);
            let output = folder.path().join("out.csv");
            let told = predict(&model, &input, &output).unwrap();
            assert_eq!((told.samples, told.unusable, told.counts.iter().sum()), (3, 1, 2usize));
            assert!(told.notes.iter().any(|note| note.contains("4, 2019-01-01 to 2019-04-01")), "{told:?}");
            let expected = model.probabilities(&series).unwrap();
            let text = std::fs::read_to_string(&output).unwrap();
            let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
            let titles = "sample_id,longitude,latitude,class,probability,p_class 3,p_class 1";
            assert_eq!(rows[0].join(","), titles);
            assert_eq!(rows[2], ["2", "10", "17.5", "", "", "", ""], "a row without a class");
            for (row, expected) in [(&rows[1], &expected[..2]), (&rows[3], &expected[4..])] {
                let [a, b] = [5, 6].map(|at| row[at].parse::<f32>().unwrap());
                assert!(
                    (a - expected[0]).abs() < 1e-6 && (b - expected[1]).abs() < 1e-6,
                    "{row:?} {expected:?}"
                );
                assert_eq!(row[3], if a >= b { "class 3" } else { "class 1" });
                assert_eq!(row[4].parse::<f32>().unwrap(), a.max(b));
            }
        }
    }

    #[test]
    fn other_bands_and_another_number_of_dates_are_refused_with_what_there_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut model = model_of(ModelKind::named("pixel").unwrap(), "now");
        let (input, _) = table(folder.path(), ["1", "2", "3"]);
        let output = folder.path().join("out.parquet");
        model.card.bands = vec!["ndvi".into(), "SWIR".into()];
        let why = predict(&model, &input, &output).unwrap_err();
        for words in [
            "table.csv",
            "no band ndvi, SWIR",
            "Its bands are EVI, NIR, NDVI",
            "Is NDVI meant?",
            "The model takes ndvi, SWIR: give",
        ] {
            assert!(why.contains(words), "{words}: {why}");
        }
        let mut model = model_of(ModelKind::named("pixel").unwrap(), "now");
        model.card.dates.pop();
        let why = predict(&model, &input, &output).unwrap_err();
        assert!(why.contains("(4, 2019-01-01 to 2019-04-01)") && why.contains("series of 3 dates"), "{why}");
        assert!(!output.exists());
        let why = predict(&model, &input, &folder.path().join("out.xlsx")).unwrap_err();
        assert!(why.contains("out.xlsx") && why.contains(".parquet or .csv"), "{why}");
    }

    #[test]
    fn an_index_that_the_table_lacks_is_computed_from_its_bands() {
        let folder = tempfile::tempdir().unwrap();
        let mut model = model_of(ModelKind::named("tempcnn").unwrap(), "now");
        let record = |name: &str, expression: Option<&str>| FeatureRecord {
            expression: expression.map(Into::into),
            ..FeatureRecord::named(name)
        };
        model.card.bands = vec!["NDVI".into(), "B08".into()];
        model.card.features = vec![record("NDVI", Some("(nir - red) / (nir + red)")), record("B08", None)];
        let (mut text, mut series) = (String::from("sample_id,date,B04,B08\n"), Vec::new());
        for sample in 0..3u64 {
            for month in 1..=4u32 {
                let [red, nir] =
                    [0, 1].map(|b| (1000.0 * chance(&[sample, u64::from(month), b])).round() as f32 + 1.0);
                text += &format!("{sample},2019-{month:02}-01,{red},{nir}\n");
                series.extend([(nir - red) / (nir + red), nir]);
            }
        }
        let (input, output) = (folder.path().join("bands.csv"), folder.path().join("out.csv"));
        std::fs::write(&input, &text).unwrap();
        let told = predict(&model, &input, &output).unwrap();
        let computed = "computed from its bands: NDVI as (nir - red) / (nir + red)";
        assert!(told.notes.iter().any(|note| note == computed), "{:?}", told.notes);
        let expected = model.probabilities(&series).unwrap();
        let out = std::fs::read_to_string(&output).unwrap();
        for (line, expected) in out.lines().skip(1).zip(expected.chunks_exact(2)) {
            let cells: Vec<&str> = line.split(',').collect();
            let [a, b] = [5, 6].map(|at| cells[at].parse::<f32>().unwrap());
            assert!((a - expected[0]).abs() < 1e-5 && (b - expected[1]).abs() < 1e-5, "{line} {expected:?}");
        }
        // Without one of its bands it cannot be.
        std::fs::write(&input, text.replace("B04", "B03")).unwrap();
        let why = predict(&model, &input, &output).unwrap_err();
        assert!(
            why.contains("bands.csv") && why.contains("red") && why.contains("The model takes NDVI, B08"),
            "{why}"
        );
    }

    #[test]
    fn ids_stay_numbers_where_they_are_numbers_and_names_where_they_are_names() {
        let folder = tempfile::tempdir().unwrap();
        let mut model = model_of(ModelKind::named("tempcnn").unwrap(), "now");
        model.card.classes.iter_mut().for_each(|class| class.name = "one name".into());
        for (ids, first) in [(["7", "8", "9"], "7"), (["007", "8", "9"], "007"), (["a;", "b", "c"], "a;")] {
            let ids = ids.map(|id| if id.contains(';') { "\"a;\"" } else { id });
            let (input, _) = table(folder.path(), ids);
            let (made, again) = (folder.path().join("out.parquet"), folder.path().join("again.csv"));
            predict(&model, &input, &made).unwrap();
            predict(&model, &input, &again).unwrap();
            let text = std::fs::read_to_string(&again).unwrap();
            assert!(text.contains("p_one name_3,p_one name_1"), "{text}");
            assert!(text.lines().nth(1).unwrap().starts_with(first), "{text}");
            assert!(std::fs::metadata(&made).unwrap().len() > 100);
        }
    }
}
