//! `ritmo picture PROJECT --date D|all --output F.png [--site S] [--composite natural|B8,B4,B3|NDVI] [--stretch site|view|LO,HI]
//! [--percentiles LO,HI] [--per-date] [--gamma G] [--ramp R] [--window COL,ROW,W,H] [--size N]`

use super::{Failure, Shell};
use crate::app::{Command, PictureRequest};
use crate::cube::index::split_list;
use crate::cube::picture::{Display, PRESETS, Ramp, StretchFrom};
use crate::geo::Window;
use crate::jobs::Dated;
use clap::builder::PossibleValuesParser;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// The picture to write; of one date a world file (.pgw) is written beside it.
    #[arg(long, value_name = "F.png")]
    pub output: PathBuf,
    /// The date, as 2022-01-31, or all: a sheet of small pictures, each with its date.
    #[arg(long, value_name = "DATE|all", value_parser = dated)]
    pub date: Dated,
    /// The site; the only one unless given.
    #[arg(long)]
    pub site: Option<String>,
    /// A composite by name (natural, infrared, shortwave, agriculture, land-water, built-up), three bands or indices
    /// separated by commas, or one.
    #[arg(long, default_value = "natural", value_name = "NAME|LIST")]
    pub composite: String,
    /// Which values are shown black and white: percentiles of the site or of what the picture shows, or two values, or
    /// two for each of three channels.
    #[arg(long, default_value = "site", value_name = "site|view|LO,HI", allow_hyphen_values = true)]
    pub stretch: String,
    /// Percentiles shown black and white.
    #[arg(long, value_name = "LO,HI", value_parser = numbers::<2>, default_value = "2,98")]
    pub percentiles: [f32; 2],
    /// Give each date a stretch of its own.
    #[arg(long)]
    pub per_date: bool,
    /// Brightness of the middle, from 0.2 to 5: above 1 brighter.
    #[arg(long, default_value_t = 1.0)]
    pub gamma: f32,
    /// The colours of a single band or index.
    #[arg(long, default_value = "violet-yellow", value_parser = ramps())]
    pub ramp: String,
    /// Let the ramp run the other way.
    #[arg(long)]
    pub inverted: bool,
    /// The value in the middle of a ramp that has one (brown-green, blue-red).
    #[arg(long, allow_hyphen_values = true)]
    pub centre: Option<f32>,
    /// The part of the grid, in pixels.
    #[arg(long, value_name = "COL,ROW,W,H", value_parser = window)]
    pub window: Option<Window>,
    /// Pixels of the longer side at most; of all dates, of each. 1024 unless given, 200 of all dates.
    #[arg(long, value_name = "N")]
    pub size: Option<u32>,
    /// Replace a file that is there.
    #[arg(long)]
    pub replace: bool,
}

fn ramps() -> PossibleValuesParser {
    PossibleValuesParser::new(Ramp::ALL.map(Ramp::name))
}

fn dated(text: &str) -> Result<Dated, String> {
    if text.eq_ignore_ascii_case("all") {
        return Ok(Dated::All);
    }
    let date = text.parse().map_err(|_| format!("{text} is no date: write it as 2022-01-31, or all"))?;
    Ok(Dated::One(date))
}

fn numbers<const N: usize>(text: &str) -> Result<[f32; N], String> {
    let all: Option<Vec<f32>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    let found = all.and_then(|all| <[f32; N]>::try_from(all).ok());
    found.ok_or_else(|| format!("{text} is not {N} numbers separated by commas"))
}

fn window(text: &str) -> Result<Window, String> {
    let parts: Option<Vec<u32>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    match parts.as_deref() {
        Some(&[col, row, width, height]) => Ok(Window { col, row, width, height }),
        _ => Err(format!("{text} is no window: give column, row, width and height, as 0,0,512,512")),
    }
}

/// What the texts of a composite are.
fn channels(text: &str) -> Vec<String> {
    match PRESETS.iter().position(|preset| preset.name.eq_ignore_ascii_case(text.trim())) {
        Some(0) => Vec::new(),
        Some(place) => PRESETS[place].channels.map(str::to_string).to_vec(),
        None => split_list(text),
    }
}

/// Values given by hand: two for all channels, or two for each of three.
fn by_hand(text: &str) -> Result<Vec<[f32; 2]>, Failure> {
    if let Ok(ends) = numbers::<2>(text) {
        return Ok(vec![ends]);
    }
    let [a, b, c, d, e, f] = numbers::<6>(text).map_err(|_| {
        Failure(format!("--stretch {text}: give site, view, two values, or two for each of three channels"))
    })?;
    Ok(vec![[a, b], [c, d], [e, f]])
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    let channels = channels(&args.composite);
    let mut display = Display {
        percentiles: args.percentiles,
        per_date: args.per_date,
        gamma: args.gamma,
        ramp: Ramp::named(&args.ramp).unwrap_or_default(),
        inverted: args.inverted,
        centre: args.centre,
        ..Display::default()
    };
    let mut ends = Vec::new();
    match args.stretch.as_str() {
        "site" => {}
        "view" => display.from = StretchFrom::View,
        values => ends = by_hand(values)?,
    }
    let size = args.size.unwrap_or(if args.date == Dated::All { 200 } else { 1024 });
    shell.run(Command::SavePicture(PictureRequest {
        site: args.site,
        dates: args.date,
        channels,
        display,
        ends,
        window: args.window,
        size,
        file: args.output,
        replace: args.replace,
    }))?;
    let saved = shell.project_mut()?.last.picture.take();
    let saved = saved.ok_or_else(|| Failure("nothing was written".into()))?;
    let ends = |(name, [low, high]): &(String, [f32; 2])| json!({ "name": name, "low": low, "high": high });
    let value = json!({
        "path": saved.file,
        "world_file": saved.world_file,
        "width": saved.size.0,
        "height": saved.size.1,
        "step": saved.step,
        "dates": saved.dates,
        "channels": saved.channels.iter().map(ends).collect::<Vec<_>>(),
    });
    let mut text = format!("{} x {} pixels in {}", saved.size.0, saved.size.1, saved.file.display());
    for (name, [low, high]) in &saved.channels {
        text += &format!("\n  {name} from {low} to {high}");
    }
    shell.print(&value, &text);
    Ok(())
}
