//! Imagery by area: from a catalogue to the cube of a site.

use super::runner::apart;
use super::{BuildCubeSpec, EventBody, JobContext, Outcome, SiteNaming, build_cube};
use crate::cube::{BuildSettings, Period};
use crate::files::write_atomically;
use crate::geo::remote::keep_query;
use crate::geo::{Crs, Grid};
use crate::labels;
use crate::progress::Progress;
use crate::project::{Site, file_name};
use crate::source::InputSpec;
use crate::source::fetch::{self, Estimate, FetchSpec, Fetched, Wanted};
use crate::source::stac::{self, Catalogue, FoundScenes, Patience, Query, Signer};
use anyhow::{Context, bail};
use chrono::{Datelike, Months, NaiveDate, TimeDelta};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The share of the work that is done once all windows are there; the rest is the cube.
const FETCHED: f32 = 0.8;

/// Which imagery is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageryRequest {
    /// The site that the cube is for.
    pub site: String,
    /// Where.
    pub area: AreaGiven,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The catalogue, as people write it.
    pub catalogue: String,
    /// Headers that its server wants; they may be secret.
    pub headers: Vec<(String, String)>,
    /// The collection; the usual one unless given.
    pub collection: Option<String>,
    /// The greatest share of a scene that clouds may cover, from 0 to 1.
    pub cloud: Option<f64>,
    /// What is chosen of the cube; the extent is that of the area.
    pub settings: BuildSettings,
}

/// Where imagery is wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum AreaGiven {
    /// West, south, east, north, in degrees.
    Bbox([f64; 4]),
    /// Around the polygons of a file.
    File(PathBuf),
}

/// What would be fetched.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedImagery {
    /// What was asked for.
    pub request: ImageryRequest,
    /// The catalogue, for people.
    pub server: String,
    /// The collection.
    pub collection: Option<String>,
    /// West, south, east, north of the area.
    pub bbox: [f64; 4],
    /// The grid of the cube.
    pub grid: Grid,
    /// The windows and scenes.
    pub wanted: Wanted,
    /// Items that cannot be used: id, why.
    pub odd: Vec<(String, String)>,
    /// Scenes with more clouds than asked for.
    pub too_cloudy: usize,
    /// What people should know, in sentences.
    pub told: Vec<String>,
    /// The periods, in order, also those without a scene.
    pub periods: Vec<PlannedPeriod>,
    /// What it costs, where that was looked at.
    pub estimate: Option<Estimate>,
}

/// What a period of the cube gets.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedPeriod {
    /// Its first day.
    pub from: NaiveDate,
    /// Its last day.
    pub to: NaiveDate,
    /// Scenes in it.
    pub scenes: usize,
    /// The mean share of them under clouds, as the catalogue has it.
    pub cloud: Option<f64>,
    /// Bytes to fetch for it, estimated.
    pub bytes: Option<u64>,
}

/// What was fetched for a cube.
#[derive(Debug, Clone, PartialEq)]
pub struct FetchedImagery {
    /// What was planned.
    pub planned: Arc<PlannedImagery>,
    /// What came of it.
    pub fetched: Fetched,
}

/// What a job of this kind works on.
#[derive(Debug, Clone)]
pub struct FetchImagerySpec {
    /// The project's folder.
    pub project: PathBuf,
    /// The sites there are.
    pub sites: Vec<Site>,
    /// What is wanted.
    pub request: ImageryRequest,
    /// The plan that was made before for the same request.
    pub planned: Option<Arc<PlannedImagery>>,
}

/// Looks what would be fetched, and what it costs. Nothing is kept of what it looks at.
///
/// # Errors
/// When the area, the catalogue or the bands make no sense, or nothing is found.
pub fn plan_imagery(spec: &FetchImagerySpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let mut planned = find(&spec.request, context)?;
    let folder = folder_of(&spec.project, &spec.request.site, &planned.grid);
    let signer = signer(&spec.request, context)?;
    let report = |p: Progress| context.progress(p);
    let estimate =
        fetch::estimate(&planned.wanted, &planned.grid, &folder, &signer, &report, &context.cancel)?;
    share_bytes(&mut planned.periods, estimate.bytes);
    planned.estimate = Some(estimate);
    Ok(Outcome::ImageryPlanned(Arc::new(planned)))
}

/// Fetches what a cube needs and builds it. What is there from an earlier run is not fetched again.
///
/// # Errors
/// As [`plan_imagery`], and when a server stops the work; what was fetched stays.
pub fn fetch_imagery(spec: &FetchImagerySpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let request = &spec.request;
    let planned = match &spec.planned {
        Some(planned) if planned.request == *request => Arc::clone(planned),
        _ => Arc::new(find(request, context)?),
    };
    for sentence in &planned.told {
        context.send(EventBody::Told(sentence.clone()));
    }
    let folder = folder_of(&spec.project, &request.site, &planned.grid);
    let part = context.span(0.0, FETCHED);
    let signer = signer(request, &part)?;
    let tell = |words: String| part.waits(words);
    let report = |p: Progress| part.progress(p);
    let fetching = FetchSpec {
        wanted: &planned.wanted,
        grid: &planned.grid,
        folder: &folder,
        signer: &signer,
        patience: Patience::default(),
        tell: &tell,
    };
    let fetched = fetch::fetch(&fetching, &report, &context.cancel)?;
    if fetched.files.is_empty() {
        match fetched.left_out.first() {
            Some((id, why)) => bail!("no scene could be fetched whole; of {id}, {why}"),
            None => bail!("none of the scenes' files reaches into the area: their footprints only seemed to"),
        }
    }
    record(&folder, &planned, &fetched)?;
    let input = InputSpec {
        sensor: planned
            .wanted
            .scenes
            .iter()
            .find_map(|s| s.sensor)
            .filter(|key| key.starts_with("sentinel-2"))
            .map(Into::into),
        ..InputSpec::of(fetched.files.clone())
    };
    context
        .send(EventBody::ImageryFetched(Box::new(FetchedImagery { planned: Arc::clone(&planned), fetched })));
    let build = BuildCubeSpec {
        project: spec.project.clone(),
        sites: spec.sites.clone(),
        naming: SiteNaming::One(request.site.clone()),
        input,
        settings: settings_of(&planned),
        skip_damaged: false,
        known: None,
        estimate: None,
    };
    // On threads of their own: whoever rests there holds nobody else up.
    apart(|| build_cube(&build, &context.span(FETCHED, 1.0)))
}

/// How the cube is built: as asked, on the grid of the area.
fn settings_of(planned: &PlannedImagery) -> BuildSettings {
    let grid = &planned.grid;
    let mut settings = planned.request.settings.clone();
    settings.bands = Some(planned.wanted.bands.clone());
    settings.from = Some(planned.request.from);
    settings.to = Some(planned.request.to);
    settings.grid.crs = Some(grid.crs.wkt().to_owned());
    settings.grid.resolution = Some(grid.pixel_width);
    let [right, bottom] = grid.xy_from_pixel(f64::from(grid.width), f64::from(grid.height));
    settings.grid.extent = Some([grid.left, bottom, right, grid.top]);
    settings
}

fn signer(request: &ImageryRequest, context: &JobContext) -> anyhow::Result<Signer> {
    let catalogue = Catalogue::with_headers(&request.catalogue, &request.headers)?;
    let tell = context.teller();
    Ok(Signer::new(&catalogue, Patience::default(), tell, &context.cancel))
}

/// Where the windows of a site lie: `fetched/<site>/<grid>`.
fn folder_of(project: &Path, site: &str, grid: &Grid) -> PathBuf {
    project.join("fetched").join(file_name(site)).join(fetch::folder_name(grid))
}

/// Searches the catalogue and plans.
fn find(request: &ImageryRequest, context: &JobContext) -> anyhow::Result<PlannedImagery> {
    if request.from > request.to {
        bail!("the first day, {}, is after the last, {}", request.from, request.to);
    }
    let catalogue = Catalogue::with_headers(&request.catalogue, &request.headers)?;
    let degrees = Crs::from_epsg(4326)?;
    let bbox = match &request.area {
        AreaGiven::Bbox(bbox) => *bbox,
        AreaGiven::File(file) => {
            let bbox = labels::extent_of_file(file, &degrees)?;
            if bbox[2] - bbox[0] > 180.0 {
                bail!(
                    "the polygons of {} lie on both sides of the antimeridian: give the area by its corners (--bbox W S E N), with west greater than east",
                    keep_query(file).display()
                );
            }
            bbox
        }
    };
    fetch::check_bbox(bbox)?;
    let asked = &request.settings.grid;
    let (crs, mut told) = match &asked.crs {
        Some(text) => (Crs::from_text(text)?, Vec::new()),
        None => fetch::utm_of(bbox)?,
    };
    let extent = match &request.area {
        AreaGiven::Bbox(bbox) => fetch::extent_of_bbox(*bbox, &crs)?,
        AreaGiven::File(file) => labels::extent_of_file(file, &crs)?,
    };
    let query = Query {
        bbox,
        from: request.from,
        to: request.to,
        collection: request.collection.clone(),
        cloud: request.cloud,
    };
    let report = |p: Progress| context.progress(p);
    let found =
        stac::search(&catalogue, &query, Patience::default(), context.teller(), &report, &context.cancel)?;
    if found.scenes.is_empty() {
        bail!(nothing(&found, request));
    }
    let resolution = match asked.resolution {
        Some(resolution) => resolution,
        None => own_resolution(&found, &crs)?,
    };
    // In a system of one's own choice scenes are warped anyway.
    let corner = if asked.crs.is_none() { corner(&found, resolution) } else { [0.0; 2] };
    let grid = fetch::area_grid(crs, extent, corner, resolution)?;
    let wanted = fetch::wanted(&found.scenes, request.settings.bands.as_deref())?;
    told.extend(found.told);
    let periods = periods(&wanted, request);
    Ok(PlannedImagery {
        request: request.clone(),
        server: catalogue.label(),
        collection: found.collection,
        bbox,
        grid,
        wanted,
        odd: found.odd,
        too_cloudy: found.too_cloudy,
        told,
        periods,
        estimate: None,
    })
}

/// Why nothing was found.
fn nothing(found: &FoundScenes, request: &ImageryRequest) -> String {
    let span = format!("from {} to {}", request.from, request.to);
    match (found.too_cloudy, found.odd.first(), request.cloud) {
        (n, _, Some(most)) if n > 0 => format!(
            "all {n} scenes {span} have more clouds than {:.0} %: raise the limit, or take other dates",
            most * 100.0
        ),
        (_, Some((id, why)), _) => {
            format!("none of {} items {span} can be used; of {id}, {why}", found.odd.len())
        }
        _ => format!("the catalogue has no scene of the area {span}: widen the dates, or ask another one"),
    }
}

/// The side of a pixel where nobody says it: that of the sensor's finest bands, in units of the coordinate system.
fn own_resolution(found: &FoundScenes, crs: &Crs) -> anyhow::Result<f64> {
    if crs.is_geographic() {
        bail!(
            "a coordinate system in degrees needs a resolution in degrees too (--resolution), such as 0.0001"
        );
    }
    let sensor = found.scenes.iter().find_map(|scene| scene.sensor).unwrap_or_default();
    let metres = match sensor {
        key if key.starts_with("sentinel-2") => 10.0,
        key if key.starts_with("landsat") => 30.0,
        _ => {
            let pixels = found.scenes.iter().flat_map(|scene| scene.assets.values()).filter_map(|a| a.pixel);
            // Degrees are no metres.
            pixels.filter(|side| *side >= 0.1).fold(f64::INFINITY, f64::min)
        }
    };
    if !metres.is_finite() {
        bail!("the catalogue does not tell how large pixels are: give a resolution (--resolution)");
    }
    Ok(metres / crs.metres_per_linear_unit())
}

/// A corner of the lattice on which the scenes' pixels of this side lie, in any zone of UTM: as the catalogue has it, else as
/// the sensor's agency lays them.
fn corner(found: &FoundScenes, side: f64) -> [f64; 2] {
    let assets = found.scenes.iter().flat_map(|scene| scene.assets.values());
    let stated = assets.filter(|asset| asset.pixel == Some(side)).find_map(|asset| asset.corner);
    let landsat = found.scenes.iter().any(|scene| scene.sensor.is_some_and(|key| key.starts_with("landsat")));
    let usual = if landsat { [side / 2.0; 2] } else { [0.0; 2] };
    stated.unwrap_or(usual).map(|place| place.rem_euclid(side))
}

/// The periods between the first and the last day, with their scenes.
fn periods(wanted: &Wanted, request: &ImageryRequest) -> Vec<PlannedPeriod> {
    let mut periods = Vec::new();
    let days: Vec<NaiveDate> = wanted.scenes.iter().map(|scene| scene.taken.date()).collect();
    let (Some(first), Some(last)) = (days.iter().min().copied(), days.iter().max().copied()) else {
        return periods;
    };
    let spans: Vec<(NaiveDate, NaiveDate)> = match request.settings.period {
        Period::None => {
            let mut days = days.clone();
            days.sort_unstable();
            days.dedup();
            days.into_iter().map(|day| (day, day)).collect()
        }
        Period::Month => {
            let start = request.from.with_day(1).unwrap_or(request.from);
            let starts = (0..).map_while(|n| start.checked_add_months(Months::new(n)));
            let starts = starts.take_while(|day| *day <= request.to);
            let end =
                |day: NaiveDate| day.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt());
            starts.filter_map(|day| Some((day, end(day)?))).collect()
        }
        Period::Days(days) => {
            let days = i64::from(days.max(1));
            let anchor = request.settings.anchor.unwrap_or(first);
            let back = (first - anchor).num_days().div_euclid(days) * days;
            let starts = (0..).map_while(|n| anchor.checked_add_signed(TimeDelta::days(back + n * days)));
            let starts = starts.take_while(|day| *day <= last);
            starts.map(|day| (day, day + TimeDelta::days(days - 1))).collect()
        }
    };
    for (from, to) in spans {
        let own = wanted.scenes.iter().filter(|scene| (from..=to).contains(&scene.taken.date()));
        let (mut scenes, mut clouds) = (0, Vec::new());
        for scene in own {
            scenes += 1;
            clouds.extend(scene.cloud);
        }
        let cloud = (!clouds.is_empty()).then(|| clouds.iter().sum::<f64>() / clouds.len() as f64);
        periods.push(PlannedPeriod { from, to, scenes, cloud, bytes: None });
    }
    periods
}

/// Shares the bytes among the periods, by their scenes.
fn share_bytes(periods: &mut [PlannedPeriod], bytes: u64) {
    let all: usize = periods.iter().map(|period| period.scenes).sum();
    for period in periods {
        period.bytes = Some((bytes as f64 * period.scenes as f64 / all.max(1) as f64) as u64);
    }
}

/// Writes beside the windows where they are from.
fn record(folder: &Path, planned: &PlannedImagery, fetched: &Fetched) -> anyhow::Result<()> {
    let scene = |scene: &stac::Scene| {
        json!({
            "id": scene.id,
            "taken": scene.taken.and_utc().to_rfc3339(),
            "cloud": scene.cloud,
            "platform": scene.platform,
            "baseline": scene.baseline.map(|(major, minor)| format!("{major:02}.{minor:02}")),
            "offset": format!("{:?}", scene.offset).to_lowercase(),
        })
    };
    let left_out = planned.wanted.left_out.iter().chain(&fetched.left_out).chain(&planned.odd);
    let value = json!({
        "catalogue": planned.server,
        "collection": planned.collection,
        "bbox": planned.bbox,
        "from": planned.request.from,
        "to": planned.request.to,
        "scenes": planned.wanted.scenes.iter().map(scene).collect::<Vec<_>>(),
        "left_out": left_out.map(|(id, why)| json!({ "id": id, "why": why })).collect::<Vec<_>>(),
    });
    let path = folder.join("fetched.json");
    let text = serde_json::to_string_pretty(&value)?;
    write_atomically(&path, text.as_bytes())
        .with_context(|| format!("cannot write {}: check the folder and the free space", path.display()))
}
