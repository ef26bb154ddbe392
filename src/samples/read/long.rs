//! The long form: a row a sample and date.
//!
//! The file is read twice: first the keys, which tell which row is which date of which sample; then the bands. Where the rows of
//! each sample follow one another, as they mostly do, one series at a time is in hand.

use super::columns::{Cells, Column, batches, observed};
use super::layout::{Form, Layout};
use super::timeline::{AT_MOST, Aligned, align, counted};
use super::{Job, Rows, Samples, TableRows, Trouble, lonlat};
use crate::progress::Progress;
use crate::samples::rows::{check_memory, check_room};
use std::collections::HashMap;

/// A row that belongs to no sample that is read.
const NO_SAMPLE: u32 = u32::MAX;

/// Which row is which date of which sample.
struct Keys {
    samples: Samples,
    /// For each row, its sample and its day or step.
    rows: Vec<(u32, i64)>,
    /// Rows without a sample or a date.
    incomplete: usize,
}

pub(super) fn read(job: &Job, layout: &Layout) -> Result<TableRows, Trouble> {
    let Form::Long { date, steps, bands } = &layout.form else {
        return Err(Trouble::Table("it is no long table".into()));
    };
    let mut notes = layout.notes.clone();
    let Keys { mut samples, mut rows, incomplete } = keys(job, layout, date, *steps)?;
    if incomplete > 0 {
        notes.push(format!("{incomplete} rows without a sample or a date are left out"));
    }
    leave_out_unlabelled(job, &mut samples, &mut rows, &mut notes)?;
    let n = samples.ids.len();
    let places = Places::new(&samples, &rows, *steps, &mut notes)?;
    let width = places.dates.len() * bands.len();
    check_room(n as u64, width as u64)?;
    let legend = samples.legend(&mut notes)?;

    let known = rows.iter().filter(|row| row.0 != NO_SAMPLE);
    let in_order = known.map(|row| row.0).is_sorted();
    let mut filled = match in_order {
        true => Filled::OneByOne { rows: Rows::new(width), series: vec![f32::NAN; width], of: 0 },
        false => {
            check_memory(n as u64, width as u64).map_err(|_| {
                let why = "its rows are not in the order of the samples, and it is too large to sort in memory. Sort it by \
                           sample_id and date";
                Trouble::Table(why.into())
            })?;
            Filled::AllAtOnce { values: vec![f32::NAN; n * width], width }
        }
    };
    let mut nodata = 0;
    let columns: Vec<&Column> = bands.iter().collect();
    batches(job.reader, &columns, &mut |first, count, cells| {
        job.cancel.check()?;
        (job.report)(Progress::new(first as u64, job.total, "Reading the bands"));
        for row in 0..count {
            let Some((sample, day)) = rows.get(first + row).copied().filter(|r| r.0 != NO_SAMPLE) else {
                continue;
            };
            let Some(time) = places.of(sample, day) else { continue };
            let series = filled.series(sample as usize)?;
            for (band, (cells, column)) in cells.iter().zip(bands).enumerate() {
                series[time * bands.len() + band] = observed(cells.number(row), column.kind, &mut nodata);
            }
        }
        Ok::<_, Trouble>(())
    })?;
    let rows = filled.finish(n, width)?;
    if nodata > 0 {
        notes.push(format!("{nodata} values that say nodata are gaps"));
    }
    let names = bands.iter().map(|c| c.name.clone()).collect();
    Ok(samples.table(job, layout, (names, places.dates, rows), legend, notes))
}

/// Reads the keys.
fn keys(job: &Job, layout: &Layout, date: &Column, steps: bool) -> Result<Keys, Trouble> {
    let Some(id) = &layout.id else { return Err(Trouble::Table("it has no sample_id".into())) };
    let optional = [&layout.label, &layout.longitude, &layout.latitude, &layout.polygon];
    let mut columns = vec![id, date];
    // Where each of the optional columns stands among those read.
    let at = optional.map(|column| {
        column.as_ref().map(|column| {
            columns.push(column);
            columns.len() - 1
        })
    });
    let [label, longitude, latitude, polygon] = at;
    let mut keys = Keys { samples: Samples::default(), rows: Vec::new(), incomplete: 0 };
    let mut seen: HashMap<super::Key, u32> = HashMap::new();
    batches(job.reader, &columns, &mut |first, count, cells| {
        job.cancel.check()?;
        (job.report)(Progress::new(first as u64, job.total, "Reading the samples"));
        let key = |at: Option<usize>, row: usize| at.and_then(|at| cells[at].key(row));
        for row in 0..count {
            let day = if steps { step(&cells[1], row) } else { cells[1].day(row) };
            let (Some(id), Some(day)) = (cells[0].key(row), day) else {
                keys.rows.push((NO_SAMPLE, 0));
                keys.incomplete += 1;
                continue;
            };
            let samples = &mut keys.samples;
            let found = seen.get(&id).copied();
            let sample = match found {
                Some(sample) => sample,
                None => {
                    let sample = u32::try_from(samples.ids.len()).ok().filter(|n| *n < NO_SAMPLE);
                    let sample =
                        sample.ok_or_else(|| "it has more than four thousand million samples".to_string())?;
                    seen.insert(id.clone(), sample);
                    samples.ids.push(id.clone());
                    let label = key(label, row).map(|key| samples.label(key));
                    samples.classes.push(label);
                    samples.polygons.push(key(polygon, row));
                    let number = |at: Option<usize>| at.map_or(f64::NAN, |at| cells[at].number(row));
                    samples.lonlat.push(lonlat(number(longitude), number(latitude)));
                    sample
                }
            };
            if found.is_some()
                && let (Some(now), Some(before)) = (key(label, row), samples.classes[sample as usize])
                && samples.labels[before] != now
            {
                let before = &samples.labels[before];
                return Err(Trouble::Table(format!(
                    "sample {id} is {before} in one row and {now} in another. Give a sample_id to each"
                )));
            }
            keys.rows.push((sample, day));
        }
        Ok(())
    })?;
    if keys.samples.ids.is_empty() {
        return Err(Trouble::Table("it holds no sample".into()));
    }
    Ok(keys)
}

/// A step as a whole number.
fn step(cells: &Cells, row: usize) -> Option<i64> {
    let number = cells.number(row);
    (number.fract() == 0.0 && number.abs() < 1e9).then_some(number as i64)
}

/// Drops the samples without a label, unless they are wanted.
fn leave_out_unlabelled(
    job: &Job,
    samples: &mut Samples,
    rows: &mut [(u32, i64)],
    notes: &mut Vec<String>,
) -> Result<(), Trouble> {
    let without = samples.classes.iter().filter(|class| class.is_none()).count();
    if without == 0 || job.request.takes_all() {
        return Ok(());
    }
    if without == samples.ids.len() {
        return Err(Trouble::Table("none of its samples has a label".into()));
    }
    notes.push(format!("{without} samples without a label are left out"));
    let keep: Vec<bool> = samples.classes.iter().map(Option::is_some).collect();
    let mut next = 0;
    let moved: Vec<u32> = keep
        .iter()
        .map(|keep| {
            next += u32::from(*keep);
            if *keep { next - 1 } else { NO_SAMPLE }
        })
        .collect();
    for row in rows.iter_mut().filter(|row| row.0 != NO_SAMPLE) {
        row.0 = moved[row.0 as usize];
    }
    samples.keep(&keep);
    Ok(())
}

/// Where each date of each sample lies on the common timeline.
struct Places {
    dates: Vec<chrono::NaiveDate>,
    /// For each sample, which kind of timeline it has.
    kind_of: Vec<u32>,
    /// For each kind, its days and their places.
    kinds: Vec<(Vec<i64>, Vec<u16>)>,
}

impl Places {
    fn new(
        samples: &Samples,
        rows: &[(u32, i64)],
        steps: bool,
        notes: &mut Vec<String>,
    ) -> Result<Self, Trouble> {
        // The days of each sample one behind the other, found by counting.
        let n = samples.ids.len();
        let mut starts = vec![0usize; n + 1];
        rows.iter().filter(|row| row.0 != NO_SAMPLE).for_each(|row| starts[row.0 as usize + 1] += 1);
        (0..n).for_each(|i| starts[i + 1] += starts[i]);
        let mut days = vec![0i64; starts[n]];
        let mut next = starts.clone();
        for (sample, day) in rows.iter().filter(|row| row.0 != NO_SAMPLE) {
            let at = &mut next[*sample as usize];
            days[*at] = *day;
            *at += 1;
        }
        let mut known: HashMap<Vec<i64>, u32> = HashMap::new();
        let mut kinds: Vec<(Vec<i64>, usize)> = Vec::new();
        let mut kind_of = Vec::with_capacity(n);
        for i in 0..n {
            let days = &mut days[starts[i]..starts[i + 1]];
            days.sort_unstable();
            if let Some(twice) = days.windows(2).find(|pair| pair[0] == pair[1]) {
                let when = match steps {
                    true => format!("step {}", twice[0]),
                    false => chrono::TimeDelta::try_days(twice[0])
                        .and_then(|days| chrono::NaiveDate::default().checked_add_signed(days))
                        .map_or("one date".into(), |date| date.to_string()),
                };
                return Err(Trouble::Table(format!(
                    "sample {} has two rows of {when}. Give each sample one row a date, and each its own sample_id",
                    samples.ids[i]
                )));
            }
            let kind = *known.entry(days.to_vec()).or_insert_with(|| {
                kinds.push((days.to_vec(), 0));
                kinds.len() as u32 - 1
            });
            kinds[kind as usize].1 += 1;
            kind_of.push(kind);
        }
        let Aligned { dates, places, notes: more } = if steps { by_steps(&kinds)? } else { align(&kinds)? };
        notes.extend(more);
        Ok(Self { dates, kind_of, kinds: kinds.into_iter().map(|k| k.0).zip(places).collect() })
    }

    /// The place of a day of a sample.
    fn of(&self, sample: u32, day: i64) -> Option<usize> {
        let (days, places) = &self.kinds[*self.kind_of.get(sample as usize)? as usize];
        days.binary_search(&day).ok().map(|at| usize::from(places[at]))
    }
}

/// The timeline of tables that count steps, from 0 or from 1.
fn by_steps(kinds: &[(Vec<i64>, usize)]) -> Result<Aligned, String> {
    let all = || kinds.iter().flat_map(|(steps, _)| steps.iter().copied());
    let (first, last) = (all().min().unwrap_or(0), all().max().unwrap_or(0));
    if first < 0 || last >= AT_MOST as i64 {
        return Err(format!(
            "its column t goes from {first} to {last}: it is to count steps from 0, at most {AT_MOST}"
        ));
    }
    let first = first.min(1);
    let dates = counted((last - first + 1) as usize);
    let note =
        format!("it tells steps and no dates: {} dates are spread evenly from {}", dates.len(), dates[0]);
    let places = kinds.iter().map(|(steps, _)| steps.iter().map(|step| (step - first) as u16).collect());
    Ok(Aligned { places: places.collect(), dates, notes: vec![note] })
}

/// Series as they fill.
enum Filled {
    /// The one in hand goes to the rows when the next begins.
    OneByOne {
        rows: Rows,
        series: Vec<f32>,
        of: usize,
    },
    AllAtOnce {
        values: Vec<f32>,
        width: usize,
    },
}

impl Filled {
    /// The series of a sample.
    fn series(&mut self, sample: usize) -> Result<&mut [f32], Trouble> {
        match self {
            Self::AllAtOnce { values, width } => Ok(&mut values[sample * *width..(sample + 1) * *width]),
            Self::OneByOne { rows, series, of } => {
                while *of < sample {
                    rows.push(series)?;
                    series.fill(f32::NAN);
                    *of += 1;
                }
                Ok(series)
            }
        }
    }

    fn finish(self, n: usize, width: usize) -> Result<Rows, Trouble> {
        match self {
            Self::AllAtOnce { values, .. } => Ok(Rows::of(width, values)),
            Self::OneByOne { mut rows, mut series, .. } => {
                while rows.len() < n {
                    rows.push(&series)?;
                    series.fill(f32::NAN);
                }
                Ok(rows)
            }
        }
    }
}
