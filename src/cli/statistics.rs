//! `ritmo statistics PROJECT [--site S]… [--band B]… [--histograms] [--output F.csv|.json]`

use super::{Failure, Shell};
use crate::app::{Command, MeasureRequest};
use crate::cube::statistics::{BINS, Comparison, Finding, Kind, distances_csv, values_csv};
use crate::files::write_atomically;
use crate::jobs::Measured;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Pairs of sites and findings that are printed for people; files and JSON have all of them.
const PRINTED: usize = 20;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// A site to measure, as often as there are; all unless given.
    #[arg(long = "site", value_name = "SITE")]
    pub sites: Vec<String>,
    /// A band to compare, by name or common name, as often as there are; all unless given.
    #[arg(long = "band", value_name = "BAND")]
    pub bands: Vec<String>,
    /// Measure sites again that were measured before.
    #[arg(long)]
    pub afresh: bool,
    /// Give the histograms in the JSON too: 64 even bins for each band, the same for all sites and dates.
    #[arg(long)]
    pub histograms: bool,
    /// Write all of it to a file: a line for each site, date and band (.csv; distances of pairs of sites stand beside it, in
    /// F.distances.csv), or what `--json` prints (.json). A file that is there is replaced.
    #[arg(long, value_name = "F.csv|F.json")]
    pub output: Option<PathBuf>,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    let kind = args.output.as_deref().map(kind_of).transpose()?;
    shell.open(&args.project)?;
    let Args { sites, bands, afresh, .. } = args;
    shell.run(Command::Measure(MeasureRequest { sites, bands, afresh }))?;
    let measured: Arc<Measured> =
        shell.project()?.statistics.last.clone().ok_or_else(|| Failure("nothing was measured".into()))?;
    let mut value = told(&measured, args.histograms);
    let mut text = words(&measured);
    if let (Some(file), Some(kind)) = (&args.output, kind) {
        let written = match kind {
            Kinds::Json => vec![(file.clone(), value.to_string())],
            Kinds::Csv => {
                let mut all = vec![(file.clone(), values_csv(&measured.comparison, None, None))];
                if measured.comparison.sites.len() > 1 {
                    all.push((file.with_extension("distances.csv"), distances_csv(&measured.comparison)));
                }
                all
            }
        };
        for (file, text) in &written {
            write_atomically(file, text.as_bytes())
                .map_err(|why| Failure(format!("cannot write {}: {why}", file.display())))?;
        }
        let files: Vec<_> = written.iter().map(|(file, _)| file.display().to_string()).collect();
        text += &format!("\nWritten to {}", files.join(" and "));
        value["paths"] = json!(files);
    }
    shell.print(&value, &text);
    Ok(())
}

/// What the ending of the file asks for.
#[derive(Clone, Copy)]
enum Kinds {
    Csv,
    Json,
}

fn kind_of(file: &Path) -> Result<Kinds, Failure> {
    let ending = file.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("csv") => Ok(Kinds::Csv),
        Some("json") => Ok(Kinds::Json),
        _ => Err(Failure(format!(
            "cannot tell what to write to {}: end its name in .csv or .json",
            file.display()
        ))),
    }
}

/// A figure, or null.
fn figure(value: f32) -> Value {
    if value.is_finite() { json!((f64::from(value) * 1e4).round() / 1e4) } else { Value::Null }
}

fn told(measured: &Measured, histograms: bool) -> Value {
    let all = &measured.comparison;
    let name = |site: usize| all.sites[site].name.as_str();
    let band_name = |band: usize| all.bands[band].name.as_str();
    let bands: Vec<_> = all
        .bands
        .iter()
        .map(|band| {
            json!({ "name": band.name, "common_name": band.common, "unit": band.unit.name(),
                "histogram_from": band.range.0, "histogram_to": band.range.1 })
        })
        .collect();
    let sites: Vec<_> = (0..all.sites.len()).map(|site| site_told(all, site, histograms)).collect();
    let distances: Vec<_> = all
        .pairs
        .iter()
        .map(|pair| {
            let of = pair.bands.iter().enumerate().map(|(at, value)| (band_name(at).to_string(), figure(*value)));
            json!({ "a": name(pair.a), "b": name(pair.b), "distance": figure(pair.distance), "dates": pair.dates,
                "matched_by": pair.matching, "bands": of.collect::<serde_json::Map<_, _>>() })
        })
        .collect();
    let findings: Vec<_> = all.findings.iter().map(|finding| finding_told(all, finding)).collect();
    let failed: Vec<_> =
        measured.failed.iter().map(|(site, why)| json!({ "site": site, "why": why })).collect();
    json!({ "bands": bands, "sites": sites, "distances": distances, "findings": findings, "failed": failed,
        "notes": measured.notes, "read": measured.read })
}

fn site_told(all: &Comparison, site: usize, histograms: bool) -> Value {
    let here = &all.sites[site];
    let mut values = Vec::new();
    for (time, date) in here.statistics.dates.iter().enumerate() {
        for (at, band) in all.bands.iter().enumerate() {
            let Some(own) = here.band_of[at] else { continue };
            let cell = all.cell(site, time, at);
            let mut one = json!({ "date": date, "band": band.name, "seen": cell.map_or(0, |cell| cell.seen),
                "clear_share": here.statistics.clear_share(time, own), "median": cell.map(|cell| cell.median),
                "spreads_from_neighbours": figure(all.z(site, time, at)) });
            if let Some(cell) = cell {
                for (name, value) in [
                    ("min", cell.min),
                    ("p5", cell.p5),
                    ("p25", cell.p25),
                    ("p75", cell.p75),
                    ("p95", cell.p95),
                    ("max", cell.max),
                    ("mean", cell.mean),
                    ("standard_deviation", cell.deviation),
                ] {
                    one[name] = json!(value);
                }
                if histograms {
                    one["histogram"] = json!(cell.histogram(band.range, BINS));
                }
            }
            values.push(one);
        }
    }
    let statistics = &here.statistics;
    json!({ "name": here.name, "pixels": statistics.pixels, "of_pixels": statistics.of_pixels,
        "exact": statistics.is_exact(), "damaged": statistics.damaged, "values": values })
}

fn finding_told(all: &Comparison, finding: &Finding) -> Value {
    let here = &all.sites[finding.site];
    let (kind, hint) = match &finding.kind {
        Kind::Date { hint, .. } => ("date", Some(hint)),
        Kind::Unseen { .. } => ("unseen", None),
        Kind::Site { .. } => ("site", None),
    };
    json!({ "site": here.name, "date": here.statistics.dates.get(finding.time), "kind": kind, "hint": hint,
        "spreads": figure(finding.score), "words": finding.words(all) })
}

fn words(measured: &Measured) -> String {
    let all = &measured.comparison;
    let mut text = String::new();
    for (site, here) in all.sites.iter().enumerate() {
        let statistics = &here.statistics;
        let sample = match statistics.is_exact() {
            true => format!("all {} pixels", statistics.pixels),
            false => format!("{} of {} pixels, evenly spread", statistics.pixels, statistics.of_pixels),
        };
        text += &format!("{}: medians of {sample}\n  date      ", here.name);
        let shown: Vec<usize> = (0..all.bands.len()).filter(|band| here.band_of[*band].is_some()).collect();
        let width = |band: usize| all.bands[band].name.chars().count().max(9);
        for band in &shown {
            text += &format!("  {:>1$}", all.bands[*band].name, width(*band));
        }
        text += "  seen\n";
        for (time, date) in statistics.dates.iter().enumerate() {
            text += &format!("  {date}");
            for band in &shown {
                let median = all.cell(site, time, *band).map_or("-".into(), |cell| significant(cell.median));
                text += &format!("  {median:>0$}", width(*band));
            }
            let share = here
                .band_of
                .iter()
                .flatten()
                .map(|own| statistics.clear_share(time, *own))
                .fold(0.0, f64::max);
            let mark = if here.drift.stands_out(time) { "  *" } else { "" };
            text += &format!("  {:>3.0} %{mark}\n", share * 100.0);
        }
    }
    if !all.pairs.is_empty() {
        text += "\nDistances of sites, in quartile ranges, at the mean of bands and dates\n";
        for pair in all.pairs.iter().take(PRINTED) {
            let (a, b) = (&all.sites[pair.a].name, &all.sites[pair.b].name);
            let distance =
                if pair.distance.is_finite() { format!("{:.2}", pair.distance) } else { "-".into() };
            text += &format!("  {distance:>6}  {a} - {b}\n");
        }
        text += &more(all.pairs.len());
    }
    text += "\nWhat stands out (hints: what changes on the ground stands out too)\n";
    if all.findings.is_empty() {
        text += "  nothing\n";
    }
    for finding in all.findings.iter().take(PRINTED) {
        text += &format!("  {}\n", finding.words(all));
    }
    text += &more(all.findings.len());
    for note in &measured.notes {
        text += &format!("\n{note}");
    }
    for (site, why) in &measured.failed {
        text += &format!("\n{site} was left out: {why}");
    }
    text
}

fn more(all: usize) -> String {
    if all > PRINTED {
        format!("  and {} more: --output or --json has all of them\n", all - PRINTED)
    } else {
        String::new()
    }
}

/// "0.0342", "1234": four figures that count.
fn significant(value: f32) -> String {
    let size = value.abs();
    match size {
        _ if size >= 1000.0 => format!("{value:.0}"),
        _ if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.4}"),
    }
}
