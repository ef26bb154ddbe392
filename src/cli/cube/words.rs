//! What is printed of cubes and surveys, as JSON and as words.

use crate::app::{about, size};
use crate::cube::index::common_names;
use crate::cube::{Band, CubeInfo, StepSurvey};
use crate::geo::{Grid, Placement};
use crate::jobs::{SiteNaming, Surveyed};
use crate::source::{Acquisition, Recognised, Role};
use serde_json::{Value, json};
use std::path::PathBuf;

/// A cube as JSON.
pub fn describe(info: &CubeInfo) -> Value {
    json!({
        "time": info.dates.len(),
        "band": info.bands.len(),
        "y": info.grid.height,
        "x": info.grid.width,
        "bands": info.bands.iter().map(|b| b.name.as_str()).collect::<Vec<_>>(),
        "common_names": common_names(&info.bands),
        "known_bands": info.bands.iter().map(|b| json!({
            "name": b.name,
            "common_name": b.knowledge.common,
            "wavelength_nm": b.knowledge.wavelength_nm,
        })).collect::<Vec<_>>(),
        "dates": info.dates,
        "crs": info.grid.crs.label(),
        "pixel": [info.grid.pixel_width, info.grid.pixel_height],
        "nodata": info.nodata,
        "origin": info.origin,
    })
}

/// A cube in words.
pub fn words(info: &CubeInfo) -> String {
    let dates = match info.dates.as_slice() {
        [] => "no date".into(),
        [one] => one.to_string(),
        [first, .., last] => format!("{} dates from {first} to {last}", info.dates.len()),
    };
    let unit = unit(&info.grid);
    let mut text = format!(
        "  time   {dates}\n  bands  {}\n  pixels {} x {} of {} x {} {unit} in {}\n",
        bands(&info.bands),
        info.grid.width,
        info.grid.height,
        info.grid.pixel_width,
        info.grid.pixel_height,
        info.grid.crs.label()
    );
    if let Some(origin) = &info.origin {
        text += &format!("  origin {origin}\n");
    }
    text
}

fn unit(grid: &Grid) -> &'static str {
    if grid.crs.is_geographic() { "degrees" } else { "units" }
}

/// "B04 (red, 665 nm) B08 (nir, 833 nm)", or the names alone where no more is known.
fn bands(bands: &[Band]) -> String {
    let one = |band: &Band| {
        let wavelength = band.knowledge.wavelength_nm.map(|nm| format!("{nm:.0} nm"));
        let known: Vec<String> = band.knowledge.common.iter().cloned().chain(wavelength).collect();
        if known.is_empty() { band.name.clone() } else { format!("{} ({})", band.name, known.join(", ")) }
    };
    bands.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// A survey as JSON; `problems` are those of the survey and those of what is asked of it.
pub fn describe_survey(surveyed: &Surveyed, problems: &[String]) -> Value {
    let Recognised { acquisitions, placements, skipped, damaged, .. } = &*surveyed.found.recognised;
    let survey = &surveyed.survey;
    let rows = acquisitions.iter().zip(&survey.acquisitions).map(|(acquisition, surveyed)| {
        json!({
            "key": acquisition.key,
            "date": acquisition.date,
            "time": acquisition.time,
            "tile": acquisition.tile,
            "sensor": acquisition.sensor,
            "baseline": acquisition.baseline.map(|(major, minor)| format!("{major:02}.{minor:02}")),
            "files": files(acquisition),
            "bands": names(acquisition, true),
            "masks": names(acquisition, false),
            "grids": grids(acquisition, placements).iter().map(|p| p.label()).collect::<Vec<_>>(),
            "clear_share": surveyed.clear_share,
            "offset": surveyed.offset,
        })
    });
    let step = |step: &StepSurvey| {
        let keys: Vec<_> = step.acquisitions.iter().map(|&i| acquisitions[i].key.as_str()).collect();
        json!({
            "date": step.date,
            "from": step.span.0,
            "to": step.span.1,
            "clear_share": step.clear_share,
            "acquisitions": keys,
        })
    };
    json!({
        "acquisitions": rows.collect::<Vec<_>>(),
        "skipped": aside(skipped),
        "damaged": aside(damaged),
        "steps": survey.steps.iter().map(step).collect::<Vec<_>>(),
        "bands": survey.bands.iter().map(|b| b.name.as_str()).collect::<Vec<_>>(),
        "grid": survey.grid.as_ref().map(|grid| json!({
            "y": grid.height,
            "x": grid.width,
            "crs": grid.crs.label(),
            "pixel": [grid.pixel_width, grid.pixel_height],
            "left": grid.left,
            "top": grid.top,
        })),
        "sites": sites(surveyed),
        "bytes": survey.bytes,
        "free_bytes": survey.free_bytes,
        "seconds": survey.seconds,
        "problems": problems,
        "advice": survey.advice,
    })
}

/// Files, each with why, as JSON.
pub fn aside(files: &[(PathBuf, String)]) -> Value {
    files.iter().map(|(file, why)| json!({ "file": file, "why": why })).collect()
}

/// A survey in words: a table of acquisitions, what was left aside, the steps, what it costs, what is wrong.
pub fn survey_words(surveyed: &Surveyed, problems: &[String]) -> String {
    let Recognised { acquisitions, placements, skipped, damaged, .. } = &*surveyed.found.recognised;
    let survey = &surveyed.survey;
    let mut rows =
        vec![["date", "key", "tile", "sensor", "bands", "clear", "offset", "grid"].map(String::from)];
    for (acquisition, surveyed) in acquisitions.iter().zip(&survey.acquisitions) {
        let labels: Vec<_> = grids(acquisition, placements).iter().map(|p| p.label()).collect();
        rows.push([
            acquisition.date.to_string(),
            acquisition.key.clone(),
            acquisition.tile.clone().unwrap_or_else(|| "-".into()),
            acquisition.sensor.clone().unwrap_or_else(|| "-".into()),
            names(acquisition, true).join(" "),
            percent(surveyed.clear_share),
            if surveyed.offset == 0.0 { "-".into() } else { surveyed.offset.to_string() },
            labels.join("; "),
        ]);
    }
    let mut text = table(&rows);
    for (title, list) in [("Damaged", damaged), ("Left aside", skipped)] {
        if !list.is_empty() {
            text += &format!("\n{title}\n");
            list.iter().for_each(|(file, why)| text += &format!("  {}: {why}\n", file.display()));
        }
    }
    if !survey.steps.is_empty() {
        text += "\nSteps\n";
        let rows: Vec<_> = survey.steps.iter().map(step_row).collect();
        text += &table(&rows);
    }
    if let Some(grid) = &survey.grid {
        text += &format!("\nGrid     {}\nBands    {}\n", grid.label(), bands(&survey.bands));
    }
    if surveyed.naming == SiteNaming::PerTile {
        text += &format!("Sites    {}\n", sites(surveyed).join(" "));
    }
    let free = survey.free_bytes.map_or(String::new(), |free| format!("; {} are free", size(free)));
    text += &format!("Size     about {}{free}\n", size(survey.bytes));
    text += &format!("Time     {}\n", about(survey.seconds));
    for (title, list) in [("Problem", problems), ("Advice", &survey.advice)] {
        list.iter().for_each(|sentence| text += &format!("{title:<8} {sentence}\n"));
    }
    text
}

fn step_row(step: &StepSurvey) -> [String; 4] {
    let count = step.acquisitions.len();
    [
        step.date.to_string(),
        if step.span.0 == step.span.1 {
            String::new()
        } else {
            format!("{} to {}", step.span.0, step.span.1)
        },
        format!("{count} acquisition{}", if count == 1 { "" } else { "s" }),
        step.clear_share.map_or_else(String::new, |_| format!("{} clear", percent(step.clear_share))),
    ]
}

/// Columns as wide as what is in them; the last one has no end.
fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let line = |row: &[String; COLUMNS]| {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("  {}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn percent(share: Option<f32>) -> String {
    share.map_or_else(|| "-".into(), |share| format!("{:.0} %", share * 100.0))
}

/// The sites that would be made.
fn sites(surveyed: &Surveyed) -> Vec<String> {
    match &surveyed.naming {
        SiteNaming::One(site) => vec![site.clone()],
        SiteNaming::PerTile => surveyed.found.places.clone(),
    }
}

/// Names of its bands, or of its masks.
fn names(acquisition: &Acquisition, bands: bool) -> Vec<&str> {
    let wanted = acquisition.layers.iter().filter(|layer| (layer.role == Role::Band) == bands);
    wanted.map(|layer| layer.name.as_str()).collect()
}

fn files(acquisition: &Acquisition) -> Vec<&PathBuf> {
    let mut files: Vec<_> = acquisition.layers.iter().map(|layer| &layer.path).collect();
    files.dedup();
    files
}

fn grids<'a>(acquisition: &Acquisition, placements: &'a [Placement]) -> Vec<&'a Placement> {
    let mut those: Vec<_> = acquisition.layers.iter().map(|layer| layer.placement).collect();
    those.sort_unstable();
    those.dedup();
    those.into_iter().map(|i| &placements[i]).collect()
}
