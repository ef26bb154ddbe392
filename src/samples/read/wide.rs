//! The wide form: a row a sample.

use super::columns::{Column, Kind, batches, observed};
use super::layout::{Form, Layout};
use super::timeline::{AT_MOST, counted};
use super::{Job, Key, Rows, Samples, TableRows, Trouble, lonlat};
use crate::labels::{ClassCode, Legend};
use crate::progress::Progress;
use crate::samples::rows::check_room;

pub(super) fn read(job: &Job, layout: &Layout) -> Result<TableRows, Trouble> {
    let Form::Wide { bands, columns, dates, legend } = &layout.form else {
        return Err(Trouble::Table("it is no wide table".into()));
    };
    let mut notes = layout.notes.clone();
    let width = columns.len();
    let times = width / bands.len().max(1);
    if times > AT_MOST {
        return Err(Trouble::Table(format!("it has {times} dates, and {AT_MOST} are the most")));
    }
    let dates = match dates {
        Some(dates) => dates.clone(),
        None => {
            let dates = counted(times);
            notes.push(format!("it tells no dates: {times} are spread evenly from {}", dates[0]));
            dates
        }
    };
    check_room(job.total, width as u64)?;

    let mut wanted: Vec<&Column> = columns.iter().collect();
    let optional = [&layout.id, &layout.label, &layout.longitude, &layout.latitude, &layout.polygon];
    let [id, label, longitude, latitude, polygon] = optional.map(|column| {
        column.as_ref().map(|column| {
            wanted.push(column);
            wanted.len() - 1
        })
    });
    let (mut samples, mut rows) = (Samples::default(), Rows::new(width));
    let (mut nodata, mut without) = (0, 0);
    let mut series = vec![0.0; width];
    batches(job.reader, &wanted, &mut |first, count, cells| {
        job.cancel.check()?;
        (job.report)(Progress::new(first as u64, job.total, "Reading the samples"));
        let key = |at: Option<usize>, row: usize| at.and_then(|at| cells[at].key(row));
        for row in 0..count {
            let class = key(label, row);
            if class.is_none() && !job.request.takes_all() {
                without += 1;
                continue;
            }
            let class = class.map(|key| samples.label(key));
            samples.classes.push(class);
            let number = i64::try_from(first + row).unwrap_or(i64::MAX);
            samples.ids.push(key(id, row).unwrap_or(Key::Whole(number)));
            samples.polygons.push(key(polygon, row));
            let number = |at: Option<usize>| at.map_or(f64::NAN, |at| cells[at].number(row));
            samples.lonlat.push(lonlat(number(longitude), number(latitude)));
            for ((value, cells), column) in series.iter_mut().zip(cells).zip(columns) {
                *value = observed(cells.number(row), column.kind, &mut nodata);
            }
            rows.push(&series)?;
        }
        Ok::<_, Trouble>(())
    })?;
    if samples.ids.is_empty() {
        let why = if without > 0 { "none of its samples has a label" } else { "it holds no sample" };
        return Err(Trouble::Table(why.into()));
    }
    if without > 0 {
        notes.push(format!("{without} samples without a label are left out"));
    }
    if nodata > 0 {
        notes.push(format!("{nodata} values that say nodata are gaps"));
    }
    let legend = match legend.as_ref().and_then(|legend| of_file(legend, &samples, layout)) {
        Some(legend) => legend,
        None => samples.legend(&mut notes)?,
    };
    Ok(samples.table(job, layout, (bands.clone(), dates, rows), legend, notes))
}

/// The legend that the file brings along, where it has all labels.
fn of_file(legend: &Legend, samples: &Samples, layout: &Layout) -> Option<(Legend, Vec<ClassCode>)> {
    let named = layout.label.as_ref().is_some_and(|column| column.kind == Kind::Text);
    let code = |key: &Key| legend.by_name(&key.to_string()).map(|class| class.code);
    let codes: Option<Vec<ClassCode>> = samples.labels.iter().map(code).collect();
    codes.filter(|_| named).map(|codes| (legend.clone(), codes))
}
