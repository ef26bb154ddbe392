//! What is printed of cubes and surveys, as JSON and as words.

use crate::app::{about, size};
use crate::cube::index::common_names;
use crate::cube::{Band, CubeInfo, Made, Method, Period, StepSurvey};
use crate::geo::Placement;
use crate::jobs::{SiteNaming, Surveyed};
use crate::source::{Acquisition, Recognised, Role};
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::path::PathBuf;

/// A cube as JSON.
pub fn describe(info: &CubeInfo, made: &Made) -> Value {
    let step = |(i, date): (usize, &NaiveDate)| {
        let span = made.spans.get(i);
        json!({
            "date": date,
            "from": span.map_or(date, |span| &span.0),
            "to": span.map_or(date, |span| &span.1),
            "acquisitions": made.acquisitions.get(i),
            "clear_share": made.clear_shares.get(i),
        })
    };
    let dropped = made.dropped.iter().map(|(date, share)| json!({ "date": date, "clear_share": share }));
    json!({
        "steps": info.dates.iter().enumerate().map(step).collect::<Vec<_>>(),
        "dropped": dropped.collect::<Vec<_>>(),
        "mask": made.has_mask,
        "period": made.settings.period.to_string(),
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
pub fn words(info: &CubeInfo, made: &Made) -> String {
    let dates = match info.dates.as_slice() {
        [] => "no date".into(),
        [one] => one.to_string(),
        [first, .., last] => format!("{} dates from {first} to {last}", info.dates.len()),
    };
    let period = match made.settings.period {
        Period::None => String::new(),
        period => format!(", one for each period ({period}), {}", method(made.settings.method)),
    };
    let mask = if made.has_mask { "clear observations are told from others" } else { "none" };
    let mut text = format!(
        "  time   {dates}{period}\n  bands  {}\n  grid   {}\n  mask   {mask}\n",
        bands(&info.bands),
        info.grid.label(),
    );
    for (date, share) in &made.dropped {
        text += &format!("  left out {date}, {} clear\n", percent(Some(*share)));
    }
    if let Some(origin) = &info.origin {
        text += &format!("  origin {origin}\n");
    }
    text
}

fn method(method: Method) -> &'static str {
    match method {
        Method::Median => "median",
        Method::Medoid => "medoid",
        Method::LeastCloudy => "least cloudy",
    }
}

/// The steps of a cube in words: a table.
pub fn step_words(info: &CubeInfo, made: &Made) -> String {
    let row = |(i, date): (usize, &NaiveDate)| {
        let span = made.spans.get(i).copied().unwrap_or((*date, *date));
        let share = made.clear_shares.get(i).copied();
        step_row(*date, span, made.acquisitions.get(i).map(|count| *count as usize), share)
    };
    table(&info.dates.iter().enumerate().map(row).collect::<Vec<_>>())
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
        let row = |s: &StepSurvey| step_row(s.date, s.span, Some(s.acquisitions.len()), s.clear_share);
        let rows: Vec<_> = survey.steps.iter().map(row).collect();
        text += &table(&rows);
    }
    if let Some(grid) = &survey.grid {
        text += &format!("\nGrid     {}\nBands    {}\n", grid.label(), bands(&survey.bands));
    }
    if surveyed.naming == SiteNaming::PerTile {
        text += &format!("Sites    {}\n", few(&sites(surveyed)));
    }
    let free = survey.free_bytes.map_or(String::new(), |free| format!("; {} are free", size(free)));
    text += &format!("Size     about {}{free}\n", size(survey.bytes));
    text += &format!("Time     {}\n", about(survey.seconds));
    for (title, list) in [("Problem", problems), ("Advice", &survey.advice)] {
        list.iter().for_each(|sentence| text += &format!("{title:<8} {sentence}\n"));
    }
    text
}

fn step_row(
    date: NaiveDate,
    span: (NaiveDate, NaiveDate),
    acquisitions: Option<usize>,
    clear_share: Option<f32>,
) -> [String; 4] {
    let s = if acquisitions == Some(1) { "" } else { "s" };
    [
        date.to_string(),
        if span.0 == span.1 { String::new() } else { format!("{} to {}", span.0, span.1) },
        acquisitions.map_or_else(String::new, |count| format!("{count} acquisition{s}")),
        clear_share.map_or_else(String::new, |_| format!("{} clear", percent(clear_share))),
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

/// Names, of many the first and how many more.
fn few(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let more = names.len().saturating_sub(SHOWN);
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{tail}", names[..names.len() - more].join(" "))
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
