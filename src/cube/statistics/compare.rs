//! Sites and dates held against one another.

use super::bands::{Key, band, keys, name_apart};
use super::drift::{Drift, STANDS_OUT, drift};
use super::finding::{Finding, Kind};
use super::matching::{Matching, matched, period_days};
use super::{Statistics, Unit, distance, median};
use crate::cube::CubeError;
use crate::progress::{Cancel, Progress, Report};
use chrono::NaiveDate;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Of fewer sites it cannot be told which one is apart.
const ENOUGH_SITES: usize = 4;

/// A band that sites have in common, by its common name where that is known.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedBand {
    /// For people: "red (B04)", unique.
    pub name: String,
    /// Its common name, where it is known.
    pub common: Option<String>,
    /// What its numbers are.
    pub unit: Unit,
    /// The range that histograms are held against one another on: that of 99 of 100 values of all sites and dates.
    pub range: (f32, f32),
    /// The least and the greatest median, without the 2 % that are most extreme.
    pub medians: (f32, f32),
}

/// A site that is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedSite {
    /// Its name.
    pub name: String,
    /// What its values are like.
    pub statistics: Arc<Statistics>,
    /// Its band for each band of the comparison, where it has it.
    pub band_of: Vec<Option<usize>>,
    /// How far its dates are from what one expects.
    pub drift: Drift,
}

/// Dates of several sites that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The first of them.
    pub date: NaiveDate,
    /// The index of the date for each site that has one.
    pub times: Vec<Option<usize>>,
}

/// Two sites.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The first site, by its place in the comparison.
    pub a: usize,
    /// The second one.
    pub b: usize,
    /// The mean over bands and dates of their distances, in quartile ranges; NaN where nothing can be compared.
    pub distance: f32,
    /// The mean over dates for each band of the comparison; NaN where one of the two lacks it.
    pub bands: Vec<f32>,
    /// Pairs of dates that were compared.
    pub dates: usize,
    /// By what the dates were matched.
    pub matching: Matching,
    /// The date of either site where they differ most.
    pub worst: (usize, usize),
}

/// Sites and dates held against one another.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comparison {
    /// Bands, in the order of the first site.
    pub bands: Vec<ComparedBand>,
    /// Sites, in the order given.
    pub sites: Vec<ComparedSite>,
    /// Their dates, those that belong together in one column.
    pub columns: Vec<Column>,
    /// All pairs of sites, those that differ most first.
    pub pairs: Vec<Pair>,
    /// What stands out, the worst first.
    pub findings: Vec<Finding>,
    /// What could not be compared, in sentences.
    pub notes: Vec<String>,
}

impl Comparison {
    /// The values of a band of the comparison at a date of a site.
    pub fn cell(&self, site: usize, time: usize, band: usize) -> Option<&super::Distribution> {
        let site = self.sites.get(site)?;
        site.statistics.cell(time, (*site.band_of.get(band)?)?)
    }

    /// How far it is from what its neighbours in time lead one to expect, in spreads; NaN where it cannot be told.
    pub fn z(&self, site: usize, time: usize, band: usize) -> f32 {
        let of = || {
            let site = self.sites.get(site)?;
            Some(site.drift.z(time, (*site.band_of.get(band)?)?))
        };
        of().unwrap_or(f32::NAN)
    }
}

/// Compares sites by the bands that are wanted (by name or common name; all where none are named). 500 sites of 12 dates
/// and 10 bands take a second or two.
///
/// # Errors
/// [`CubeError::Input`] when no site has a band that is wanted; when asked to stop.
pub fn compare(
    sites: Vec<(String, Arc<Statistics>)>,
    wanted: &[String],
    report: Report,
    cancel: &Cancel,
) -> Result<Comparison, CubeError> {
    let mut comparison = Comparison::default();
    let keys = keys(&sites, wanted)?;
    for (name, statistics) in sites {
        let key_of = |key: &Key| statistics.bands.iter().position(|band| Key::of(band) == *key);
        let band_of: Vec<Option<usize>> = keys.iter().map(key_of).collect();
        let own: Vec<usize> = band_of.iter().flatten().copied().collect();
        let drift = drift(&statistics, &own);
        comparison.sites.push(ComparedSite { name, statistics, band_of, drift });
    }
    comparison.bands = keys.iter().enumerate().map(|(at, key)| band(&comparison.sites, at, key)).collect();
    name_apart(&mut comparison);
    comparison.columns = columns(&comparison.sites);
    comparison.pairs = pairs(&comparison, report, cancel)?;
    let unmatched = comparison.pairs.iter().filter(|pair| pair.distance.is_nan()).count();
    if unmatched > 0 {
        let what = if unmatched == 1 {
            "1 pair of sites has".into()
        } else {
            format!("{unmatched} pairs of sites have")
        };
        comparison.notes.push(format!("{what} no date and band in common, so that no distance can be told"));
    }
    let by_season = comparison.pairs.iter().filter(|pair| pair.matching == Matching::Season).count();
    if by_season > 0 {
        let what = if by_season == 1 {
            "1 pair of sites is".into()
        } else {
            format!("{by_season} pairs of sites are")
        };
        comparison.notes.push(format!("{what} of other years, and compared by the time of year"));
    }
    comparison.findings = findings(&comparison);
    Ok(comparison)
}

/// Dates of all sites, those that lie within half a period (of the finest) of the first of them in one column.
fn columns(sites: &[ComparedSite]) -> Vec<Column> {
    let mut all: Vec<(NaiveDate, usize, usize)> = Vec::new();
    let mut period = f64::INFINITY;
    for (place, site) in sites.iter().enumerate() {
        let dates = &site.statistics.dates;
        period = period.min(period_days(dates));
        all.extend(dates.iter().enumerate().map(|(time, date)| (*date, place, time)));
    }
    all.sort_unstable();
    let half = period / 2.0;
    let mut columns: Vec<Column> = Vec::new();
    for (date, site, time) in all {
        let near = |column: &&mut Column| (date - column.date).num_days() as f64 <= half;
        match columns.last_mut().filter(near).filter(|column| column.times[site].is_none()) {
            Some(column) => column.times[site] = Some(time),
            None => {
                let mut times = vec![None; sites.len()];
                times[site] = Some(time);
                columns.push(Column { date, times });
            }
        }
    }
    columns
}

fn pairs(comparison: &Comparison, report: Report, cancel: &Cancel) -> Result<Vec<Pair>, CubeError> {
    let count = comparison.sites.len();
    let done = AtomicU64::new(0);
    let rows = (0..count).into_par_iter().map(|a| -> Result<Vec<Pair>, CubeError> {
        cancel.check()?;
        let row: Vec<Pair> = (a + 1..count).map(|b| pair(comparison, a, b)).collect();
        report(Progress::new(done.fetch_add(1, Ordering::Relaxed) + 1, count as u64, "Comparing sites"));
        Ok(row)
    });
    let rows: Vec<Vec<Pair>> = rows.collect::<Result<_, CubeError>>()?;
    let mut pairs: Vec<Pair> = rows.into_iter().flatten().collect();
    // Those of which nothing is known come last.
    let known = |pair: &Pair| if pair.distance.is_nan() { -1.0 } else { pair.distance };
    pairs.sort_by(|x, y| known(y).total_cmp(&known(x)));
    Ok(pairs)
}

fn pair(comparison: &Comparison, a: usize, b: usize) -> Pair {
    let (first, second) = (&comparison.sites[a], &comparison.sites[b]);
    let (matching, times) = matched(&first.statistics.dates, &second.statistics.dates);
    let bands = comparison.bands.len();
    let (mut sums, mut counts) = (vec![0.0f32; bands], vec![0u32; bands]);
    let (mut worst, mut most) = (times.first().copied().unwrap_or((0, 0)), -1.0);
    for (i, j) in &times {
        let (mut sum, mut count) = (0.0, 0u32);
        for band in 0..bands {
            let (Some(one), Some(other)) = (comparison.cell(a, *i, band), comparison.cell(b, *j, band))
            else {
                continue;
            };
            let step =
                |site: &ComparedSite| site.band_of[band].map_or(0.0, |own| site.statistics.bands[own].step);
            let apart = distance(one, other, step(first).max(step(second)));
            sums[band] += apart;
            counts[band] += 1;
            (sum, count) = (sum + apart, count + 1);
        }
        if count > 0 && sum / count as f32 > most {
            (most, worst) = (sum / count as f32, (*i, *j));
        }
    }
    let total: u32 = counts.iter().sum();
    let mean = |sum: f32, count: u32| if count > 0 { sum / count as f32 } else { f32::NAN };
    Pair {
        a,
        b,
        distance: mean(sums.iter().sum(), total),
        bands: sums.iter().zip(&counts).map(|(sum, count)| mean(*sum, *count)).collect(),
        dates: times.len(),
        matching,
        worst,
    }
}

fn findings(comparison: &Comparison) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (place, site) in comparison.sites.iter().enumerate() {
        let of = |time: usize| {
            site.band_of.iter().flatten().any(|band| site.statistics.cell(time, *band).is_some())
        };
        let mut unseen = (0..site.statistics.dates.len()).filter(|time| !of(*time));
        if let Some(time) = unseen.next() {
            // As bad as what stands out just so.
            let kind = Kind::Unseen { dates: 1 + unseen.count() };
            findings.push(Finding { site: place, time, score: STANDS_OUT, kind });
        }
        let dates = (0..site.statistics.dates.len()).filter(|time| site.drift.stands_out(*time));
        findings.extend(dates.map(|time| Finding::date(comparison, place, time, &site.drift)));
    }
    findings.extend(sites_apart(comparison));
    findings.sort_by(|a, b| b.score.total_cmp(&a.score));
    findings
}

/// Sites that are further from the others than these are from one another.
fn sites_apart(comparison: &Comparison) -> Vec<Finding> {
    let count = comparison.sites.len();
    if count < ENOUGH_SITES {
        return Vec::new();
    }
    let mut of_site: BTreeMap<usize, Vec<&Pair>> = BTreeMap::new();
    for pair in comparison.pairs.iter().filter(|pair| pair.distance.is_finite()) {
        of_site.entry(pair.a).or_default().push(pair);
        of_site.entry(pair.b).or_default().push(pair);
    }
    let middle: BTreeMap<usize, f32> =
        of_site.iter().map(|(site, pairs)| (*site, median(pairs.iter().map(|pair| pair.distance)))).collect();
    let usual = median(middle.values().copied());
    let spread = 1.4826 * median(middle.values().map(|distance| (distance - usual).abs()));
    let spread = spread.max(0.1 * usual).max(f32::MIN_POSITIVE);
    let mut findings = Vec::new();
    for (site, distance) in &middle {
        let score = (distance - usual) / spread;
        if score < STANDS_OUT {
            continue;
        }
        let pairs = &of_site[site];
        let of_band = |band: usize| median(pairs.iter().map(|pair| pair.bands[band]));
        let mut bands: Vec<(usize, f32)> =
            (0..comparison.bands.len()).map(|band| (band, of_band(band))).collect();
        bands.retain(|(_, apart)| apart.is_finite());
        bands.sort_by(|a, b| b.1.total_cmp(&a.1));
        let bands = bands.into_iter().take(2).map(|(band, _)| band).collect();
        let worst = pairs.iter().max_by(|a, b| a.distance.total_cmp(&b.distance));
        let time = worst.map_or(0, |pair| if pair.a == *site { pair.worst.0 } else { pair.worst.1 });
        let kind = Kind::Site { distance: *distance, usual, bands };
        findings.push(Finding { site: *site, time, score, kind });
    }
    findings
}
