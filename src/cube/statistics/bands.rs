//! The bands that sites have in common.

use super::compare::{ComparedBand, ComparedSite, Comparison};
use super::{MeasuredBand, Statistics, Unit, quantile};
use crate::cube::CubeError;
use crate::source::common_name;
use std::sync::Arc;

/// What tells a band from others: its common name, or its own, and what its numbers are.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    name: String,
    unit: Unit,
}

impl Key {
    /// That of a band of a site.
    pub fn of(band: &MeasuredBand) -> Self {
        let name = band.common.clone().unwrap_or_else(|| band.name.to_lowercase());
        Self { name, unit: band.unit }
    }
}

/// The bands of all sites, each once.
pub fn keys(sites: &[(String, Arc<Statistics>)], wanted: &[String]) -> Result<Vec<Key>, CubeError> {
    let mut keys: Vec<Key> = Vec::new();
    let mut found = vec![false; wanted.len()];
    for band in sites.iter().flat_map(|(_, statistics)| &statistics.bands) {
        let mut is_wanted = wanted.is_empty();
        for (wanted, found) in wanted.iter().zip(&mut found) {
            let common = common_name(wanted).map_or_else(|| wanted.to_lowercase(), str::to_string);
            if band.name.eq_ignore_ascii_case(wanted) || band.common.as_deref() == Some(common.as_str()) {
                (*found, is_wanted) = (true, true);
            }
        }
        if is_wanted && !keys.contains(&Key::of(band)) {
            keys.push(Key::of(band));
        }
    }
    let lacking = wanted.iter().zip(found).find(|(_, found)| !found);
    if let Some((wanted, _)) = lacking {
        let mut has: Vec<&str> = Vec::new();
        for band in sites.iter().flat_map(|(_, statistics)| &statistics.bands) {
            if !has.contains(&band.name.as_str()) {
                has.push(&band.name);
            }
        }
        let why = format!("no site has a band {wanted}: they have {}", has.join(", "));
        return Err(CubeError::Input { why });
    }
    Ok(keys)
}

/// What is to be known of a band over all sites.
pub fn band(sites: &[ComparedSite], at: usize, key: &Key) -> ComparedBand {
    let own = |site: &ComparedSite| site.band_of[at].map(|band| site.statistics.bands[band].clone());
    let mut own = sites.iter().filter_map(own);
    let first = own.next();
    let common = first.as_ref().and_then(|band| band.common.clone());
    let name = first.map_or_else(|| key.name.clone(), |band| band.name);
    // Sensors call it differently: then only its common name is good for all of them.
    let alike = own.all(|band| band.name == name);
    let name = match &common {
        Some(common) if !alike || common.eq_ignore_ascii_case(&name) => common.clone(),
        Some(common) => format!("{common} ({name})"),
        None => name,
    };
    let cells = || {
        sites.iter().flat_map(move |site| {
            let times = 0..site.statistics.dates.len();
            times.filter_map(move |time| site.statistics.cell(time, site.band_of[at]?))
        })
    };
    let count = cells().count();
    // So many are enough to tell the range.
    let every = (count / 4096).max(1);
    let points = cells().step_by(every).flat_map(|cell| cell.quantiles.iter().copied());
    let range = range(points.collect(), 0.005);
    let medians = range_of_medians(cells().map(|cell| cell.median).collect());
    ComparedBand { name, common, unit: key.unit, range, medians }
}

fn range_of_medians(values: Vec<f32>) -> (f32, f32) {
    range(values, 0.01)
}

/// The range of values without a share of them at both ends; never empty.
fn range(mut values: Vec<f32>, beyond: f64) -> (f32, f32) {
    values.sort_unstable_by(f32::total_cmp);
    let (low, high) = (quantile(&values, beyond), quantile(&values, 1.0 - beyond));
    if !low.is_finite() {
        (0.0, 1.0)
    } else if high > low {
        (low, high)
    } else {
        let room = (low.abs() * 0.05).max(f32::MIN_POSITIVE);
        (low - room, low + room)
    }
}

/// Bands whose numbers are of other units have other names, and are told.
pub fn name_apart(comparison: &mut Comparison) {
    let names: Vec<String> = comparison.bands.iter().map(|band| band.name.clone()).collect();
    let mut told = Vec::new();
    for (at, band) in comparison.bands.iter_mut().enumerate() {
        if names.iter().enumerate().any(|(other, name)| other != at && *name == names[at]) {
            let unit = match band.unit {
                Unit::Physical => "physical",
                unit => unit.name(),
            };
            band.name = format!("{}, {unit}", band.name);
            if !told.contains(&names[at]) {
                told.push(names[at].clone());
            }
        }
    }
    for name in told {
        comparison.notes.push(format!("{name} is not compared between sites that have it in other units"));
    }
}
