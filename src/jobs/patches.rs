//! What a network that looks around pixels learns from: patches of one mosaic, gathered site by site.

use super::JobContext;
use super::work::clear_shares;
use crate::cube::{Cube, Feature};
use crate::labels::{ClassCode, Legend};
use crate::model::{self, Baseline, Model, ModelError, ModelKind, ModelSpec, TrainEvent};
use crate::progress::{Cancel, Progress, Report};
use crate::samples::{Patch, SampleError, SampleSet, Split, cut_patches};
use anyhow::bail;
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;

/// A site to cut patches from: its cube, its samples and what is read of it.
pub(super) type Ground = (Cube, SampleSet, Vec<Feature>);

/// Patches of one date.
pub(super) struct Patches {
    /// Which date it is of the sites' dates.
    time: usize,
    date: NaiveDate,
    /// Why this date, where it was chosen among others.
    why: Option<String>,
    patches: Vec<Patch>,
}

impl Patches {
    /// Of the date that is asked for, of the best or the clearest one otherwise, around the samples of all sites.
    ///
    /// # Errors
    /// When there is no such date, nothing tells which is best, or a cube cannot be read; for a network of series.
    pub fn cut(
        spec: &ModelSpec,
        grounds: &[Ground],
        (set, split): (&SampleSet, &Split),
        context: &JobContext,
    ) -> anyhow::Result<Self> {
        let (ModelKind::UNet(options), Some((cube, ..))) = (&spec.kind, grounds.first()) else {
            bail!("{} learns from series, not from patches of a mosaic", spec.kind.title())
        };
        let dates = &cube.info().dates;
        let (time, why) = match options.date {
            Some(date) => (date_of(date, dates)?, None),
            None if options.best_date => {
                let (time, why) = best_date(set, split, spec, &|p| context.progress(p), &context.cancel)?;
                (time, Some(why))
            }
            None => {
                let shares = clear_shares(cube)?;
                let clearest =
                    (0..dates.len()).max_by(|a, b| shares[*a].total_cmp(&shares[*b]).then(b.cmp(a)));
                (clearest.unwrap_or(0), None)
            }
        };
        let Some(&date) = dates.get(time) else { bail!("the cube has no date to learn from") };
        // Half a patch more than the network's, so that it can be moved.
        let side = options.patch + options.patch / 2;
        let (report, mut patches) = (|p: Progress| context.progress(p), Vec::new());
        for (cube, set, features) in grounds {
            patches.extend(cut_patches(cube, set, features, time, side, &report, &context.cancel)?);
        }
        Ok(Self { time, date, why, patches })
    }

    /// Samples at their date alone.
    ///
    /// # Errors
    /// Those of [`SampleSet::at_date`].
    pub fn at_date(&self, set: &SampleSet) -> Result<SampleSet, SampleError> {
        set.at_date(self.time)
    }

    /// Trains on them and on the samples at their date; the model knows its date.
    ///
    /// # Errors
    /// Those of [`model::train_patches`].
    pub fn train(
        &self,
        (set, split): (&SampleSet, &Split),
        legend: &Legend,
        spec: &ModelSpec,
        tell: &dyn Fn(TrainEvent),
        cancel: &Cancel,
    ) -> Result<Model, ModelError> {
        let mut spec = spec.clone();
        if let ModelKind::UNet(options) = &mut spec.kind {
            (options.date, options.best_date) = (Some(self.date), false);
        }
        let mut model = model::train_patches(set, split, &self.patches, legend, &spec, tell, cancel)?;
        model.card.notes.extend(self.why.clone());
        Ok(model)
    }
}

/// The date whose pixels alone tell classes apart best, and why it is that one. A random forest learns from the annotations
/// that train and is held against those that choose when training stops: neither are assessed on later. What was not
/// observed counts as wrong, as a map would have no class there.
fn best_date(
    set: &SampleSet,
    split: &Split,
    spec: &ModelSpec,
    report: Report,
    cancel: &Cancel,
) -> anyhow::Result<(usize, String)> {
    if split.held_out.is_empty() {
        bail!(
            "no annotation is held out that could tell which date is best: draw three of a class at least, or name a date with --date"
        );
    }
    let of_series = ModelSpec { training: spec.training.clone(), ..ModelSpec::default() };
    let mut shares = Vec::with_capacity(set.dates.len());
    for time in 0..set.dates.len() {
        report(Progress::new(time as u64, set.dates.len() as u64, "Trying each date"));
        let forest = Baseline::RandomForest;
        let one = set.at_date(time)?;
        let given = forest.classify(&one, &split.train, &split.held_out, &of_series, cancel)?;
        let mut of_class: BTreeMap<ClassCode, (f64, f64)> = BTreeMap::new();
        for (i, given) in split.held_out.iter().zip(given) {
            let (right, all) = of_class.entry(set.classes[*i]).or_default();
            *right += f64::from(u8::from(given == Some(set.classes[*i])));
            *all += 1.0;
        }
        shares.push(of_class.values().map(|(right, all)| right / all).sum::<f64>() / of_class.len() as f64);
    }
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]).then(a.cmp(b)));
    let told: Vec<String> = order
        .iter()
        .map(|time| format!("{} {:.1} %", set.dates[*time].format("%-d %B"), shares[*time] * 100.0))
        .collect();
    let why = format!(
        "chosen among {} dates as the one whose pixels alone a random forest tells apart best, on the annotations that also chose when training stopped (mean share of each class that is right: {})",
        set.dates.len(),
        told.join(", ")
    );
    order
        .first()
        .map(|best| (*best, why))
        .ok_or_else(|| anyhow::anyhow!("the cube has no date to learn from"))
}

/// Which of the dates is asked for: that day, else the nearest one of the same month.
fn date_of(asked: NaiveDate, dates: &[NaiveDate]) -> anyhow::Result<usize> {
    let month = |date: &NaiveDate| (date.year(), date.month());
    let of_month = (0..dates.len()).filter(|i| month(&dates[*i]) == month(&asked));
    let nearest = of_month.min_by_key(|i| (dates[*i] - asked).num_days().abs());
    nearest.ok_or_else(|| {
        let has: Vec<String> = dates.iter().map(NaiveDate::to_string).collect();
        anyhow::anyhow!("the site has no mosaic of {} (it has {})", asked.format("%B %Y"), has.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Rows, split_by_annotation};

    /// Two classes that the first date does not tell apart, the second does, and the third would where it was not under clouds.
    #[test]
    fn the_best_date_tells_most_of_what_is_held_out_and_clouds_count_against_it() {
        let mut set = SampleSet {
            bands: vec!["B04".into()],
            features: vec![],
            dates: (1..=3).map(|m| NaiveDate::from_ymd_opt(2022, m, 15).unwrap()).collect(),
            values: Rows::new(3),
            classes: vec![],
            annotations: vec![],
            places: vec![],
            locations: vec![],
        };
        for i in 0..80u16 {
            let class = i % 2;
            let of_class = f32::from(100 + 500 * class + i % 7);
            let clouded = if i % 5 < 3 { f32::NAN } else { of_class };
            set.values.push(&[f32::from(i / 2 % 9), of_class, clouded]).unwrap();
            set.classes.push(1 + class as u8);
            set.annotations.push(u64::from(2 * (i / 8) + class));
        }
        let split = split_by_annotation(&set, 0.3, 1);
        let best = |split: &Split| best_date(&set, split, &ModelSpec::default(), &|_| {}, &Cancel::new());
        let (best_time, why) = best(&split).unwrap();
        assert_eq!(best_time, 1, "{why}");
        assert!(why.contains("chosen among 3 dates") && why.contains("15 February 100.0 %"), "{why}");
        let none = Split { held_out: vec![], ..split_by_annotation(&set, 0.3, 1) };
        assert!(best(&none).unwrap_err().to_string().contains("--date"));
    }

    #[test]
    fn a_date_is_found_by_its_day_or_its_month() {
        let day = |m, d| NaiveDate::from_ymd_opt(2022, m, d).unwrap();
        let dates = [day(5, 15), day(6, 2), day(6, 28)];
        assert_eq!(date_of(day(6, 28), &dates).unwrap(), 2);
        assert_eq!(date_of(day(6, 5), &dates).unwrap(), 1);
        let why = date_of(day(8, 1), &dates).unwrap_err().to_string();
        assert!(why.contains("August 2022") && why.contains("2022-05-15"), "{why}");
    }
}
