//! `ritmo stac PROJECT (--site S (--bbox W S E N | --area F) | --each [SITE…]) --from D --to D [--endpoint URL] [--plan]`

use super::cube::options::{crs, metres, side};
use super::{Failure, Shell};
use crate::app::{Command, about, size};
use crate::cube::{BuildSettings, GridSetting, MaskSetting, OffsetSetting, Period};
use crate::jobs::{AreaGiven, FetchedImagery, ImageryRequest, PlannedImagery};
use crate::source::stac;
use chrono::NaiveDate;
use clap::builder::PossibleValuesParser;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// The site that the cube is for.
    #[arg(long, required_unless_present = "each")]
    pub site: Option<String>,
    /// The series of sites that are there, each of its own area, one after the other: of these, or of all that labelled chips
    /// made. Their cubes are built anew from it; a site that has a series already is passed over, so that it goes on where it
    /// was stopped.
    #[arg(long, num_args = 0.., value_name = "SITE", conflicts_with_all = ["site", "bbox", "area", "plan"])]
    pub each: Option<Vec<String>>,
    /// The area in degrees: west, south, east, north; over the antimeridian west is the greater, as in 179 and -179.
    #[arg(long, num_args = 4, value_names = ["W", "S", "E", "N"], allow_negative_numbers = true, required_unless_present_any = ["area", "each"], conflicts_with = "area")]
    pub bbox: Vec<f64>,
    /// The area around the polygons of a file: GeoJSON, GeoPackage, Shapefile …
    #[arg(long, value_name = "FILE")]
    pub area: Option<PathBuf>,
    /// The first day.
    #[arg(long, value_name = "DATE")]
    pub from: NaiveDate,
    /// The last day.
    #[arg(long, value_name = "DATE")]
    pub to: NaiveDate,
    /// The catalogue: planetary-computer, earth-search, the address of a STAC API, or a file or folder of a static one.
    #[arg(long, default_value = "planetary-computer", value_name = "NAME|URL|PATH")]
    pub endpoint: String,
    /// The collection: sentinel-2-l2a, sentinel-2-c1-l2a, landsat-c2-l2 …
    #[arg(long)]
    pub collection: Option<String>,
    /// A header that the server wants, "Name: value"; may be given several times.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub headers: Vec<(String, String)>,
    /// Only these bands, in this order: B02,B03,B04, or red,nir.
    #[arg(long, value_delimiter = ',')]
    pub bands: Option<Vec<String>>,
    /// Leave out scenes of which clouds cover more, in percent.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub cloud: Option<f64>,
    /// One step for each month, or so many days (14d); none: each date is a step.
    #[arg(long, default_value = "month")]
    pub period: Period,
    /// Which pixels are not clear: by the scene classes or quality bits (auto), none, or a layer and its masked values.
    #[arg(long, default_value_t, value_name = "auto|none|LAYER[=VALUES]")]
    pub mask: MaskSetting,
    /// Mask also what lies within so many metres of a masked pixel.
    #[arg(long, default_value_t = 60.0, value_name = "METRES", value_parser = metres)]
    pub dilate: f64,
    /// What to do about Sentinel-2's offset of 1000: as the catalogue says, keep the values, or subtract it.
    #[arg(long, default_value = "metadata", value_parser = PossibleValuesParser::new(["metadata", "keep", "subtract"]))]
    pub offset: String,
    /// The coordinate system of the cube: EPSG:CODE, WKT, or a .prj file; UTM of the area unless given.
    #[arg(long, value_parser = crs)]
    pub crs: Option<String>,
    /// The side of a pixel in units of the coordinate system; that of the sensor's finest bands unless given.
    #[arg(long, value_parser = side)]
    pub resolution: Option<f64>,
    /// Say which scenes there are, how cloudy they are and what fetching them costs; fetch nothing.
    #[arg(long)]
    pub plan: bool,
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("give a header as \"Name: value\"")?;
    // The value may be a secret: it is not repeated.
    stac::header(name, value).ok_or_else(|| "give a header as \"Name: value\", in plain letters".into())
}

fn percent(text: &str) -> Result<f64, String> {
    let number: f64 =
        text.trim().trim_end_matches('%').parse().map_err(|_| format!("\"{text}\" is no number"))?;
    (0.0..=100.0)
        .contains(&number)
        .then_some(number)
        .ok_or_else(|| "give a share from 0 to 100 percent".into())
}

impl Args {
    fn request(&self) -> Result<ImageryRequest, Failure> {
        let area = match (&self.area, self.bbox.as_slice()) {
            (Some(file), _) => AreaGiven::File(file.clone()),
            (None, [west, south, east, north]) => AreaGiven::Bbox([*west, *south, *east, *north]),
            _ if self.each.is_some() => AreaGiven::Bbox([0.0; 4]),
            _ => return Err(Failure("give the area: --bbox W S E N, or --area FILE".into())),
        };
        Ok(ImageryRequest {
            site: self.site.clone().unwrap_or_default(),
            area,
            from: self.from,
            to: self.to,
            catalogue: self.endpoint.clone(),
            headers: self.headers.clone(),
            collection: self.collection.clone(),
            cloud: self.cloud.map(|percent| percent / 100.0),
            settings: BuildSettings {
                bands: self.bands.clone(),
                period: self.period,
                mask: self.mask.clone(),
                dilate_m: if self.mask == MaskSetting::Off { 0.0 } else { self.dilate },
                offset: match self.offset.as_str() {
                    "keep" => OffsetSetting::Keep,
                    "subtract" => OffsetSetting::Subtract,
                    _ => OffsetSetting::Metadata,
                },
                grid: GridSetting {
                    crs: self.crs.clone(),
                    resolution: self.resolution,
                    ..GridSetting::default()
                },
                ..BuildSettings::default()
            },
        })
    }
}

pub fn run(args: &Args, shell: &mut Shell) -> Result<(), Failure> {
    let request = Box::new(args.request()?);
    shell.open(&args.project)?;
    if let Some(sites) = &args.each {
        return each(sites, request, shell);
    }
    if args.plan {
        shell.run(Command::PlanImagery(request))?;
        let planned = shell.project()?.imagery_plan.last.clone();
        let planned = planned.ok_or_else(|| Failure("nothing was looked for".into()))?;
        shell.print(&describe(&planned), &words(&planned));
        return Ok(());
    }
    shell.run(Command::FetchImagery(request))?;
    let project = shell.project()?;
    let missing = || Failure("nothing was fetched".into());
    let FetchedImagery { planned, fetched } = project.last.fetched.as_ref().ok_or_else(missing)?;
    let cube = project.last.cubes.first().ok_or_else(missing)?;
    let mut value = super::cube::words::describe(&cube.info, &cube.made);
    value["site"] = json!(cube.site);
    value["cube"] = json!(project.folder.path().join(&cube.cube));
    value["catalogue"] = json!(planned.server);
    value["collection"] = json!(planned.collection);
    value["scenes"] = json!(planned.wanted.scenes.len());
    value["left_out"] = left_out(planned, &fetched.left_out);
    value["fetched"] = json!({
        "windows": fetched.now, "there_already": fetched.there, "bytes": fetched.bytes, "beside_the_area": fetched.beside,
    });
    shell.print(&value, &super::cube::words::words(&cube.info, &cube.made));
    Ok(())
}

/// The series of sites that are there. Those that failed are told; it is a failure where all did.
fn each(sites: &[String], request: Box<ImageryRequest>, shell: &mut Shell) -> Result<(), Failure> {
    let sites = (!sites.is_empty()).then(|| sites.to_vec());
    let result = shell.run(Command::FetchSites { sites, request });
    let project = shell.project()?;
    let fetching = project.fetching();
    let (done, there, failed) = (&fetching.done, &fetching.there, &fetching.failed);
    // What was stopped, or had nothing to begin with, has failed; of many the others count.
    if shell.cancel().is_cancelled() || (done.is_empty() && there.is_empty()) {
        return result;
    }
    let value = json!({
        "project": project.folder.path(),
        "fetched": done,
        "there_already": there,
        "failed": failed.iter().map(|(site, why)| json!({ "site": site, "why": why })).collect::<Vec<_>>(),
    });
    let mut text = fetching.words();
    for (site, why) in failed {
        text += &format!("\n  {site}: {why}");
    }
    shell.print(&value, &text);
    Ok(())
}

fn left_out(planned: &PlannedImagery, more: &[(String, String)]) -> Value {
    let all = planned.wanted.left_out.iter().chain(&planned.odd).chain(more);
    all.map(|(id, why)| json!({ "id": id, "why": why })).collect()
}

/// A plan as JSON.
fn describe(planned: &PlannedImagery) -> Value {
    let scenes = planned.wanted.scenes.iter().map(|scene| {
        json!({
            "id": scene.id, "taken": scene.taken.and_utc().to_rfc3339(), "cloud": scene.cloud, "platform": scene.platform,
            "tile": scene.tile, "baseline": scene.baseline.map(|(major, minor)| format!("{major:02}.{minor:02}")),
        })
    });
    let periods = planned.periods.iter().map(|period| {
        json!({
            "from": period.from, "to": period.to, "scenes": period.scenes, "cloud": period.cloud, "bytes": period.bytes,
        })
    });
    let estimate = planned.estimate.unwrap_or_default();
    json!({
        "site": planned.request.site,
        "catalogue": planned.server,
        "collection": planned.collection,
        "bbox": planned.bbox,
        "crs": planned.grid.crs.label(),
        "resolution": planned.grid.pixel_width,
        "width": planned.grid.width,
        "height": planned.grid.height,
        "bands": planned.wanted.bands,
        "scenes": scenes.collect::<Vec<_>>(),
        "periods": periods.collect::<Vec<_>>(),
        "too_cloudy": planned.too_cloudy,
        "left_out": left_out(planned, &[]),
        "told": planned.told,
        "windows": planned.wanted.windows.len(),
        "bytes": estimate.bytes,
        "seconds": estimate.seconds,
        "estimated_from_files": estimate.looked_at,
    })
}

/// A plan in words.
fn words(planned: &PlannedImagery) -> String {
    let percent = |share: Option<f64>| share.map_or("?".into(), |share| format!("{:.0} %", share * 100.0));
    let mut text = format!(
        "{} of {}\n{}\n\nScene                                                              Taken             Clouds\n",
        planned.collection.as_deref().unwrap_or("scenes"),
        planned.server,
        planned.grid.label()
    );
    for scene in &planned.wanted.scenes {
        let taken = scene.taken.format("%Y-%m-%d %H:%M");
        text += &format!("{:<66} {taken} {:>7}\n", scene.id, percent(scene.cloud));
    }
    text += "\nPeriod                   Scenes  Clouds       Bytes\n";
    for period in &planned.periods {
        let bytes = period.bytes.map_or("?".into(), size);
        text += &format!(
            "{} to {} {:>6} {:>7} {bytes:>11}\n",
            period.from,
            period.to,
            period.scenes,
            percent(period.cloud)
        );
    }
    let estimate = planned.estimate.unwrap_or_default();
    text += &format!(
        "\n{} windows, {} to fetch in {} (told from {} files that were looked at)\n",
        planned.wanted.windows.len(),
        size(estimate.bytes),
        about(estimate.seconds),
        estimate.looked_at
    );
    if planned.too_cloudy > 0 {
        text += &format!("{} scenes have more clouds than asked for\n", planned.too_cloudy);
    }
    for (id, why) in planned.wanted.left_out.iter().chain(&planned.odd) {
        text += &format!("left out: {id}: {why}\n");
    }
    for sentence in &planned.told {
        text += &format!("{sentence}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Verb};
    use clap::Parser;

    fn parse(options: &str) -> Result<ImageryRequest, String> {
        let words = ["ritmo", "stac", "p"].into_iter().chain(options.split_whitespace());
        match Cli::try_parse_from(words).map_err(|error| error.to_string())?.verb {
            Some(Verb::Stac(args)) => args.request().map_err(|failure| failure.0),
            other => panic!("{other:?}"),
        }
    }

    const USUAL: &str = "--site s --from 2022-01-01 --to 2022-12-31";

    #[test]
    fn an_area_west_and_south_of_zero_is_understood() {
        let request = parse(&format!("{USUAL} --bbox -93.5 -16.2 -93.4 -16.1")).unwrap();
        assert_eq!(request.area, AreaGiven::Bbox([-93.5, -16.2, -93.4, -16.1]));
        assert_eq!(
            (request.catalogue.as_str(), request.settings.period),
            ("planetary-computer", Period::Month)
        );
        let request =
            parse(&format!("{USUAL} --area a.geojson --cloud 40 --bands red,nir --mask none")).unwrap();
        assert_eq!(request.area, AreaGiven::File("a.geojson".into()));
        assert_eq!((request.cloud, request.settings.dilate_m), (Some(0.4), 0.0));
    }

    #[test]
    fn a_site_with_an_area_is_asked_for_or_each_site_of_its_own() {
        const DATES: &str = "--from 2022-01-01 --to 2022-12-31";
        for options in ["--each", "--each a b", "--site s --bbox 1 2 3 4", "--site s --area a.geojson"] {
            assert!(parse(&format!("{DATES} {options}")).is_ok(), "{options}");
        }
        for options in
            ["", "--bbox 1 2 3 4", "--site s", "--each --site s", "--each --bbox 1 2 3 4", "--each --plan"]
        {
            assert!(parse(&format!("{DATES} {options}")).is_err(), "{options}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_no_header_is_repeated() {
        for (options, words) in [
            ("", "--bbox"),
            ("--bbox 1 2 3", "4 values"),
            ("--bbox 1 2 3 4 --area a", "--area"),
            ("--bbox 1 2 3 4 --cloud 101", "100 percent"),
            ("--bbox 1 2 3 4 --period week", "14d"),
            ("--bbox 1 2 3 4 --resolution 0", "more than 0"),
        ] {
            let why = parse(&format!("{USUAL} {options}")).expect_err(options);
            assert!(why.contains(words), "{options}: {why}");
        }
        let why = header("secret without colon").unwrap_err();
        assert!(!why.contains("secret"), "{why}");
        assert_eq!(header("X-Key: a b").unwrap(), ("X-Key".into(), "a b".into()));
    }
}
