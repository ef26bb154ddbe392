//! `ritmo series PROJECT --site S (--pixel COL,ROW | --lonlat LON,LAT)... --output F.csv|F.svg|F.png`

use super::{Failure, Shell};
use crate::app::{Command, SeriesRequest};
use crate::chart::UsualYear;
use crate::cube::index::split_list;
use crate::cube::{Filling, Smoothing, Units};
use crate::jobs::PixelAt;
use crate::labels::ClassCode;
use clap::ValueEnum;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// The site; the only one unless given.
    #[arg(long)]
    pub site: Option<String>,
    /// A pixel by column and row, counted from 0 at the top left. May be given several times.
    #[arg(long, value_name = "COL,ROW", value_parser = pixel)]
    pub pixel: Vec<(u32, u32)>,
    /// The pixel at a longitude and latitude (WGS 84, degrees). May be given several times.
    #[arg(long, value_name = "LON,LAT", value_parser = lonlat, allow_hyphen_values = true)]
    pub lonlat: Vec<(f64, f64)>,
    /// An index: NDVI, one of the project's own, or an expression over common names. May be given several times.
    #[arg(long, value_name = "INDEX")]
    pub index: Vec<String>,
    /// Bands, separated by commas; all unless given.
    #[arg(long, value_name = "LIST")]
    pub bands: Option<String>,
    /// Units of bands: dn as they are stored, or reflectance by the scale and offset of the cube.
    #[arg(long, default_value = "dn", value_name = "dn|reflectance")]
    pub units: Units,
    /// A smooth line beside what was observed.
    #[arg(long, value_enum, default_value = "off")]
    pub smooth: Smooth,
    /// How gaps are filled: off (an empty cell, a broken line), linear (by date), or last (the last clear observation).
    #[arg(long, default_value = "off", value_name = "off|linear|last")]
    pub gaps: Filling,
    /// Lay the years over one another, by day of the year; a table then tells it too.
    #[arg(long)]
    pub years: bool,
    /// A class, by name or code, whose usual year stands behind the first index, or else the first band: the median and the
    /// 10th to 90th percentile of its pure pixels. May be given up to three times.
    #[arg(long, value_name = "CLASS")]
    pub usual: Vec<String>,
    /// The file to write: values as .csv, a chart as .svg or .png.
    #[arg(long, value_name = "F.csv|F.svg|F.png")]
    pub output: PathBuf,
    /// Replace a file that is there.
    #[arg(long)]
    pub replace: bool,
}

/// The smooth line, as it is named on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Smooth {
    /// None.
    Off,
    /// Whittaker's smoother: what is shorter than 60 days goes.
    Light,
    /// Whittaker's smoother: what is shorter than 120 days goes.
    Strong,
    /// A parabola through the seven nearest observations.
    SavitzkyGolay,
}

/// Two numbers with a comma between them.
fn pair<T: std::str::FromStr>(text: &str, what: &str) -> Result<(T, T), String> {
    let read = |part: &str| part.trim().parse::<T>().ok();
    let parts = text.split_once(',').and_then(|(a, b)| Some((read(a)?, read(b)?)));
    parts.ok_or_else(|| format!("{text} is not {what}"))
}

fn pixel(text: &str) -> Result<(u32, u32), String> {
    pair(text, "a column and a row, such as 120,48")
}

fn lonlat(text: &str) -> Result<(f64, f64), String> {
    let what = "a longitude and a latitude in degrees, such as -92.12,17.21";
    let (lon, lat): (f64, f64) = pair(text, what)?;
    let is_place = (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat);
    if is_place { Ok((lon, lat)) } else { Err(format!("{text} is not {what}")) }
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    if args.pixel.is_empty() && args.lonlat.is_empty() {
        return Err(Failure(
            "say which pixels: --pixel COL,ROW or --lonlat LON,LAT, as often as needed".into(),
        ));
    }
    shell.open(&args.project)?;
    let usual_of = classes(shell, &args.usual)?;
    let pixels =
        args.pixel.iter().map(|&(col, row)| (format!("pixel {col}, {row}"), PixelAt::Pixel(col, row)));
    let places = args.lonlat.iter().map(|&(lon, lat)| (format!("{lon}, {lat}"), PixelAt::LonLat(lon, lat)));
    let request = SeriesRequest {
        pixels: pixels.chain(places).collect(),
        file: args.output,
        site: args.site,
        bands: args.bands.as_deref().map(split_list),
        indices: args.index,
        drawn: None,
        units: args.units,
        filling: args.gaps,
        smoothing: match args.smooth {
            Smooth::Off => Smoothing::Off,
            Smooth::Light => Smoothing::WhittakerLight,
            Smooth::Strong => Smoothing::WhittakerStrong,
            Smooth::SavitzkyGolay => Smoothing::SavitzkyGolay,
        },
        years: args.years,
        usual: Vec::new(),
        usual_of,
        replace: args.replace,
    };
    shell.run(Command::ExportSeries(request))?;
    let saved =
        shell.project_mut()?.last.series.take().ok_or_else(|| Failure("nothing was written".into()))?;
    let table = &saved.table;
    let observed =
        |missing: &[Option<crate::cube::PixelState>]| missing.iter().filter(|m| m.is_none()).count();
    let pixels: Vec<_> = table
        .pixels
        .iter()
        .map(|pixel| {
            json!({
                "name": pixel.name,
                "column": pixel.pixel.0,
                "row": pixel.pixel.1,
                "lonlat": pixel.lonlat,
                "observed": observed(&pixel.missing),
            })
        })
        .collect();
    let columns: Vec<_> =
        table.columns.iter().map(|column| json!({ "name": column.name, "unit": column.unit })).collect();
    let value = json!({
        "path": saved.file,
        "site": table.site,
        "pixels": pixels,
        "columns": columns,
        "dates": table.dates.len(),
        "units": table.units,
        "usual": table.usual.iter().map(usual_json).collect::<Vec<_>>(),
        "bytes": saved.bytes,
    });
    let mut text = format!(
        "{} bands and indices at {} dates in {}",
        table.columns.len(),
        table.dates.len(),
        saved.file.display()
    );
    for pixel in &table.pixels {
        text += &format!("\n  {}: {} dates observed", pixel.name, observed(&pixel.missing));
    }
    for usual in &table.usual {
        text += &format!(
            "\n  {}: usual year of {} from {} pure pixels",
            usual.class, usual.feature, usual.pixels
        );
    }
    shell.print(&value, &text);
    Ok(())
}

fn usual_json(usual: &UsualYear) -> serde_json::Value {
    json!({
        "class": usual.class,
        "feature": usual.feature,
        "pixels": usual.pixels,
        "annotations": usual.annotations,
    })
}

/// Classes by name or code.
fn classes(shell: &Shell, named: &[String]) -> Result<Vec<ClassCode>, Failure> {
    let legend = &shell.project()?.document.legend;
    let code = |text: &String| {
        let by_code = || text.trim().parse().ok().filter(|code| legend.class(*code).is_some());
        let found = legend.by_name(text).map(|class| class.code).or_else(by_code);
        found.ok_or_else(|| Failure(format!("there is no class “{text}” in the legend")))
    };
    named.iter().map(code).collect()
}
