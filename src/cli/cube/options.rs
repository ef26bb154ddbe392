//! The options of `ritmo cube build`.

use crate::cube::{BuildSettings, GridSetting, MaskSetting, Method, OffsetSetting, Period, Resampling};
use crate::geo::Crs;
use crate::geo::remote::is_remote;
use crate::jobs::SiteNaming;
use crate::source::InputSpec;
use chrono::NaiveDate;
use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub struct BuildArgs {
    /// The project's folder.
    pub project: PathBuf,
    /// The site that the cube is of.
    #[arg(long, required_unless_present = "each")]
    pub site: Option<String>,
    /// One site for each tile or chip, named after it.
    #[arg(long, conflicts_with_all = ["site", "append"])]
    pub each: bool,
    /// Folders of images, files, patterns with *, or lists (.txt, one path a line).
    #[arg(required = true)]
    pub inputs: Vec<PathBuf>,
    /// Say what was recognised and what the cube would be and cost; write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Add the dates to the cube that the site has.
    #[arg(long)]
    pub append: bool,
    /// Build without the files that are damaged.
    #[arg(long)]
    pub skip_damaged: bool,

    /// Only these bands, in this order: B02,B03,B04.
    #[arg(long, value_delimiter = ',', help_heading = "What the files are")]
    pub bands: Option<Vec<String>>,
    /// Other names for bands: band_1=B02,band_2=B03.
    #[arg(long, value_delimiter = ',', value_name = "OLD=NEW", value_parser = renaming, help_heading = "What the files are")]
    pub rename: Vec<(String, String)>,
    /// How file names are read: {date}, {band}, {tile} and *.
    #[arg(long, help_heading = "What the files are")]
    pub pattern: Option<String>,
    /// A table (CSV) with the columns `file` and `date`, for files whose names have none.
    #[arg(long, value_name = "CSV", help_heading = "What the files are")]
    pub dates: Option<PathBuf>,
    /// The sensor, where it is not recognised: sentinel-2-l2a, landsat-8 …
    #[arg(long, value_name = "KEY", help_heading = "What the files are")]
    pub sensor: Option<String>,
    /// What to do about the offset of 1000 that Sentinel-2 has since processing baseline 04.00: as the metadata say, keep
    /// the values, or subtract it.
    #[arg(long, default_value = "metadata", value_parser = PossibleValuesParser::new(["metadata", "keep", "subtract"]), help_heading = "What the files are")]
    pub offset: String,

    /// One step for each month, or so many days (14d); none: each date is a step.
    #[arg(long, default_value_t, help_heading = "Steps in time")]
    pub period: Period,
    /// A day on which a period begins; that of the first acquisition otherwise. Not for months.
    #[arg(long, value_name = "DATE", help_heading = "Steps in time")]
    pub anchor: Option<NaiveDate>,
    /// No acquisition before this day.
    #[arg(long, value_name = "DATE", help_heading = "Steps in time")]
    pub from: Option<NaiveDate>,
    /// No acquisition after this day.
    #[arg(long, value_name = "DATE", help_heading = "Steps in time")]
    pub to: Option<NaiveDate>,
    /// How the clear observations of a step become one.
    #[arg(long, default_value = "median", value_parser = PossibleValuesParser::new(["median", "medoid", "least-cloudy"]), help_heading = "Steps in time")]
    pub method: String,
    /// Which pixels are not clear: as recognised (auto), none, scl, qa_pixel …, or a band and its masked values (scl=3,8-10).
    #[arg(long, default_value_t, value_name = "auto|none|BAND[=VALUES]", help_heading = "Steps in time")]
    pub mask: MaskSetting,
    /// Mask also what lies within so many metres of a masked pixel.
    #[arg(long, default_value_t = 0.0, value_name = "METRES", value_parser = metres, help_heading = "Steps in time")]
    pub dilate: f64,
    /// Leave out steps of which a smaller share of the pixels is clear, from 0 to 1.
    #[arg(long, value_name = "SHARE", value_parser = share, help_heading = "Steps in time")]
    pub drop_below: Option<f64>,

    /// Warp to this coordinate system: EPSG:CODE, WKT, or a .prj file.
    #[arg(long, value_parser = crs, help_heading = "Warping to one grid")]
    pub crs: Option<String>,
    /// Warp to pixels of this side, in units of the coordinate system.
    #[arg(long, value_parser = side, help_heading = "Warping to one grid")]
    pub resolution: Option<f64>,
    /// Warp to this extent: left,bottom,right,top in the coordinate system, or a GeoJSON file of polygons.
    #[arg(long, value_name = "L,B,R,T|FILE", value_parser = extent, allow_hyphen_values = true, help_heading = "Warping to one grid")]
    pub extent: Option<Extent>,
    /// How values between pixels are found; masks take the nearest.
    #[arg(long, value_parser = PossibleValuesParser::new(["bilinear", "cubic", "nearest"]), help_heading = "Warping to one grid")]
    pub resampling: Option<String>,
}

/// What a grid is to cover.
#[derive(Debug, Clone, PartialEq)]
pub enum Extent {
    /// Left, bottom, right, top.
    Numbers([f64; 4]),
    /// The polygons of a file.
    File(PathBuf),
}

impl BuildArgs {
    /// Ends the program as wrong usage does where options contradict each other.
    pub fn check_or_exit(&self) {
        if let Some(why) = self.contradiction() {
            super::super::Cli::command().error(ErrorKind::ArgumentConflict, why).exit();
        }
    }

    fn contradiction(&self) -> Option<String> {
        let warps = self.crs.is_some() || self.resolution.is_some() || self.extent.is_some();
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from > to
        {
            return Some(format!("--from {from} is after --to {to}"));
        }
        if self.anchor.is_some() && !matches!(self.period, Period::Days(_)) {
            return Some("--anchor is for periods of days, such as --period 14d".into());
        }
        if self.resampling.is_some() && !warps {
            return Some("--resampling is for warping: give --crs, --resolution or --extent too".into());
        }
        if self.dilate > 0.0 && self.mask == MaskSetting::Off {
            return Some("--dilate widens a mask, and --mask none has none".into());
        }
        if self.append && warps {
            return Some(
                "--append takes the grid of the cube: leave out --crs, --resolution and --extent".into(),
            );
        }
        if self.append && self.bands.is_some() {
            return Some("--append takes the bands of the cube: leave out --bands".into());
        }
        None
    }

    /// Folders, files, and how they are read.
    pub fn input(&self) -> InputSpec {
        InputSpec {
            inputs: self.inputs.clone(),
            pattern: self.pattern.clone(),
            dates: self.dates.clone(),
            rename: self.rename.clone(),
            sensor: self.sensor.clone(),
            corrections: Vec::new(),
        }
    }

    /// What is chosen of the cube; the extent of a file is not in it yet.
    pub fn settings(&self) -> BuildSettings {
        BuildSettings {
            bands: self.bands.clone(),
            period: self.period,
            anchor: self.anchor,
            from: self.from,
            to: self.to,
            method: match self.method.as_str() {
                "medoid" => Method::Medoid,
                "least-cloudy" => Method::LeastCloudy,
                _ => Method::Median,
            },
            mask: self.mask.clone(),
            dilate_m: self.dilate,
            drop_below: self.drop_below,
            grid: GridSetting {
                crs: self.crs.clone(),
                resolution: self.resolution,
                extent: match self.extent {
                    Some(Extent::Numbers(extent)) => Some(extent),
                    _ => None,
                },
                resampling: match self.resampling.as_deref() {
                    Some("cubic") => Resampling::Cubic,
                    Some("nearest") => Resampling::Nearest,
                    _ => Resampling::Bilinear,
                },
            },
            offset: match self.offset.as_str() {
                "keep" => OffsetSetting::Keep,
                "subtract" => OffsetSetting::Subtract,
                _ => OffsetSetting::Metadata,
            },
        }
    }

    /// One site, or one for each tile.
    pub fn naming(&self) -> SiteNaming {
        match (&self.site, self.each) {
            (Some(site), false) => SiteNaming::One(site.clone()),
            _ => SiteNaming::PerTile,
        }
    }
}

fn renaming(text: &str) -> Result<(String, String), String> {
    match text.split_once('=').map(|(old, new)| (old.trim(), new.trim())) {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => Ok((old.into(), new.into())),
        _ => Err("give the name in the files and the new one, as in band_1=B02".into()),
    }
}

fn number(text: &str) -> Result<f64, String> {
    text.trim().parse().ok().filter(|v: &f64| v.is_finite()).ok_or_else(|| format!("\"{text}\" is no number"))
}

pub(crate) fn metres(text: &str) -> Result<f64, String> {
    let metres = number(text)?;
    let sensible = (0.0..=10_000.0).contains(&metres);
    sensible.then_some(metres).ok_or_else(|| "give 0 to 10000 metres".into())
}

fn share(text: &str) -> Result<f64, String> {
    let share = number(text)?;
    (0.0..=1.0)
        .contains(&share)
        .then_some(share)
        .ok_or_else(|| "give a share from 0 to 1, such as 0.2".into())
}

pub(crate) fn side(text: &str) -> Result<f64, String> {
    let side = number(text)?;
    (side > 0.0).then_some(side).ok_or_else(|| "a pixel has a side of more than 0".into())
}

pub(crate) fn crs(text: &str) -> Result<String, String> {
    let is_file = text.to_lowercase().ends_with(".prj");
    let text = if is_file {
        std::fs::read_to_string(text).map_err(|e| format!("{text} cannot be read ({e})"))?
    } else {
        text.to_owned()
    };
    Crs::from_text(&text).map_err(|e| e.to_string())?;
    Ok(text.trim().to_owned())
}

fn extent(text: &str) -> Result<Extent, String> {
    let lower = text.to_lowercase();
    if lower.ends_with(".geojson") || lower.ends_with(".json") || is_remote(Path::new(text)) {
        return Ok(Extent::File(text.into()));
    }
    let numbers = text.split(',').map(number).collect::<Result<Vec<_>, _>>()?;
    match numbers[..] {
        [left, bottom, right, top] if left < right && bottom < top => {
            Ok(Extent::Numbers([left, bottom, right, top]))
        }
        [_, _, _, _] => Err("left must be less than right, and bottom less than top".into()),
        _ => Err("give four numbers, left,bottom,right,top, or a GeoJSON file".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Verb, cube};
    use clap::Parser;

    fn parse(options: &[&str]) -> Result<BuildArgs, String> {
        let words = [&["ritmo", "cube", "build", "p", "in"], options].concat();
        match Cli::try_parse_from(words).map_err(|e| e.to_string())?.verb {
            Some(Verb::Cube(cube::Verb::Build(args))) => match args.contradiction() {
                Some(why) => Err(why),
                None => Ok(*args),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn without_options_the_settings_are_those_of_the_window() {
        let args = parse(&["--site", "s"]).unwrap();
        assert_eq!(args.settings(), BuildSettings::default());
        assert_eq!(args.naming(), SiteNaming::One("s".into()));
        assert_eq!(args.input(), InputSpec { inputs: vec!["in".into()], ..InputSpec::default() });
        assert_eq!(parse(&["--each"]).unwrap().naming(), SiteNaming::PerTile);
    }

    #[test]
    fn every_option_reaches_the_settings() {
        let line = "--site s --bands B04,B08 --period 14d --anchor 2018-01-01 --from 2018-01-01 --to 2018-12-31 \
            --method medoid --mask scl=3,8-10 --dilate 20 --drop-below 0.2 --crs EPSG:32631 --resolution 10 \
            --extent -5,-6,7,8.5 --resampling cubic --offset subtract --rename a=B04,b=B08 --pattern {date}_{band} \
            --sensor landsat-8 --dates d.csv";
        let args = parse(&line.split_whitespace().collect::<Vec<_>>()).unwrap();
        let day = |month, day| NaiveDate::from_ymd_opt(2018, month, day);
        let expected = BuildSettings {
            bands: Some(vec!["B04".into(), "B08".into()]),
            period: Period::Days(14),
            anchor: day(1, 1),
            from: day(1, 1),
            to: day(12, 31),
            method: Method::Medoid,
            mask: "scl=3,8-10".parse().unwrap(),
            dilate_m: 20.0,
            drop_below: Some(0.2),
            grid: GridSetting {
                crs: Some("EPSG:32631".into()),
                resolution: Some(10.0),
                extent: Some([-5.0, -6.0, 7.0, 8.5]),
                resampling: Resampling::Cubic,
            },
            offset: OffsetSetting::Subtract,
        };
        assert_eq!(args.settings(), expected);
        let input = args.input();
        assert_eq!(input.rename, [("a".to_string(), "B04".to_string()), ("b".into(), "B08".into())]);
        assert_eq!(input.pattern.as_deref(), Some("{date}_{band}"));
        assert_eq!((input.sensor.as_deref(), input.dates), (Some("landsat-8"), Some("d.csv".into())));
    }

    #[test]
    fn what_makes_no_sense_is_refused_before_anything_is_opened() {
        for (options, words) in [
            ("", "--site"),
            ("--site s --each", "--each"),
            ("--site s --period week", "14d"),
            ("--site s --period month --anchor 2018-01-01", "--anchor"),
            ("--site s --from 2019-01-01 --to 2018-01-01", "after"),
            ("--site s --from yesterday", "yesterday"),
            ("--site s --method mean", "medoid"),
            ("--site s --mask scl=x", "whole numbers"),
            ("--site s --mask none --dilate 20", "--mask none"),
            ("--site s --dilate=-3", "metres"),
            ("--site s --drop-below 20", "0 to 1"),
            ("--site s --crs EPSG:1", "EPSG"),
            ("--site s --crs nonsense", "not understood"),
            ("--site s --crs absent.prj", "absent.prj"),
            ("--site s --resolution 0", "more than 0"),
            ("--site s --extent 1,2,3", "four numbers"),
            ("--site s --extent 3,2,1,4", "less than right"),
            ("--site s --resampling cubic", "--crs"),
            ("--site s --rename B04", "B02"),
            ("--site s --append --resolution 10", "--append"),
            ("--site s --append --bands B04", "--append"),
            ("--each --append", "--append"),
            ("--site s --offset maybe", "subtract"),
        ] {
            let why = parse(&options.split_whitespace().collect::<Vec<_>>()).expect_err(options);
            assert!(why.contains(words), "{options}: «{words}» is missing in {why}");
        }
    }
}
