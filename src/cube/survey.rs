//! What a cube would be, before anything is written.

use super::masks::PixelState;
use super::offset::look_at_offset;
use super::plan::{Observation, Plan, StepPlan};
use super::write::sample;
use super::{Band, BuildSettings, BuildSpec, CubeError, CubeInfo, Method};
use crate::geo::raster::{PixelType, RasterReader};
use crate::geo::{Grid, Placement, Window};
use crate::progress::{Cancel, Progress, Report};
use crate::source::Recognised;
use chrono::NaiveDate;
use rayon::prelude::*;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// What a cube would be: its grid, bands and steps, what it costs, and what stands in its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// What is known of each acquisition, in the order of [`Recognised::acquisitions`].
    pub acquisitions: Vec<AcquisitionSurvey>,
    /// The steps of the cube, in order.
    pub steps: Vec<StepSurvey>,
    /// Its grid; `None` where the inputs make no cube as they are.
    pub grid: Option<Grid>,
    /// Its bands.
    pub bands: Vec<Band>,
    /// How its pixels are stored.
    pub pixel_type: PixelType,
    /// Bytes on disk, estimated.
    pub bytes: u64,
    /// Bytes free where it would lie, where that is known.
    pub free_bytes: Option<u64>,
    /// Seconds that building takes, estimated from what was read for this survey.
    pub seconds: f64,
    /// What stands in the way, in sentences with the way out. Empty: it can be built.
    pub problems: Vec<String>,
    /// What one should know, in sentences.
    pub advice: Vec<String>,
}

/// What is known of one acquisition.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AcquisitionSurvey {
    /// The share of its pixels that were observed and are clear, from a sample, from 0 to 1; `None` without a mask.
    pub clear_share: Option<f32>,
    /// The offset that will be taken away from its values (1000 for Sentinel-2 since baseline 04.00).
    pub offset: f64,
}

/// One step of the cube.
#[derive(Debug, Clone, PartialEq)]
pub struct StepSurvey {
    /// The date it is shown at.
    pub date: NaiveDate,
    /// First and last day that belong to it.
    pub span: (NaiveDate, NaiveDate),
    /// The acquisitions that fall into it, as indices.
    pub acquisitions: Vec<usize>,
    /// The share of pixels with a clear observation, estimated from a sample, from 0 to 1.
    pub clear_share: Option<f32>,
}

/// Looks at the inputs without writing anything: masks are read at a few thousand places each, and a small window of a few
/// steps is made and packed to tell size and time. `store` is where the cube would lie, where that is known.
///
/// # Errors
/// When asked to stop. What is wrong with the inputs is told in [`Survey::problems`].
pub fn survey(
    found: &Recognised,
    settings: &BuildSettings,
    store: Option<&Path>,
    report: Report,
    cancel: &Cancel,
) -> Result<Survey, CubeError> {
    cancel.check()?;
    let mut survey = Survey {
        acquisitions: vec![AcquisitionSurvey::default(); found.acquisitions.len()],
        steps: Vec::new(),
        grid: None,
        bands: Vec::new(),
        pixel_type: PixelType::Int16,
        bytes: 0,
        free_bytes: store.and_then(crate::files::free_bytes),
        seconds: 0.0,
        problems: Vec::new(),
        advice: Vec::new(),
    };
    let spec = BuildSpec { found: found.clone(), settings: settings.clone() };
    let plan = match Plan::new(&spec) {
        Ok(plan) => plan,
        Err(why) => {
            survey.problems.push(why.to_string());
            return Ok(survey);
        }
    };
    let observations: Vec<&Observation> = plan.steps.iter().flat_map(|step| &step.observations).collect();
    let done = AtomicU64::new(0);
    let looks: Vec<(usize, Option<Vec<u8>>)> = observations
        .par_iter()
        .map(|observation| {
            cancel.check()?;
            let states = glance(observation, &plan.info.grid);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            report(Progress::new(done, observations.len() as u64, "Looking at masks"));
            Ok((observation.acquisition, states))
        })
        .collect::<Result<_, CubeError>>()?;
    for (observation, (acquisition, states)) in observations.iter().zip(&looks) {
        let told = &mut survey.acquisitions[*acquisition];
        told.offset = observation.offset;
        told.clear_share = states.as_deref().map(share_of_clear);
    }
    let by_acquisition: HashMap<usize, Option<Vec<u8>>> = looks.into_iter().collect();
    for step in &plan.steps {
        let acquisitions: Vec<usize> = step.observations.iter().map(|o| o.acquisition).collect();
        let looks: Vec<&Vec<u8>> =
            acquisitions.iter().filter_map(|a| by_acquisition.get(a)?.as_ref()).collect();
        let clear_share = if step.observations.is_empty() { Some(0.0) } else { share_of_any(&looks) };
        survey.steps.push(StepSurvey { date: step.date, span: step.span, acquisitions, clear_share });
    }
    cancel.check()?;
    report(Progress::new(1, 1, "Estimating size and time"));
    match estimate(&plan, cancel) {
        Ok(estimate) => (survey.bytes, survey.seconds) = (estimate.bytes, estimate.seconds),
        Err(CubeError::Cancelled(stop)) => return Err(stop.into()),
        Err(why) => survey.problems.push(why.to_string()),
    }
    if let Some(free) = survey.free_bytes.filter(|free| *free < survey.bytes) {
        survey.problems.push(no_space(survey.bytes, free));
    }
    if let Some(least) = settings.drop_below {
        let few = survey.steps.iter().filter(|s| s.clear_share.is_some_and(|share| f64::from(share) < least));
        let few: Vec<_> = few.map(|step| step.date.to_string()).collect();
        if !few.is_empty() {
            survey.advice.push(format!("left out, for too little of them is clear: {}", few.join(", ")));
        }
    }
    let empty = survey.steps.iter().filter(|step| step.acquisitions.is_empty()).count();
    if empty > 0 {
        let of = survey.steps.len();
        survey.advice.push(format!("{empty} of {of} steps have no acquisition and will be gaps"));
    }
    let offset = look_at_offset(found, settings, cancel);
    survey.problems.extend(offset.problem);
    survey.advice.extend(offset.advice);
    survey.advice.extend(plan.advice);
    survey.grid = Some(plan.info.grid);
    survey.bands = plan.info.bands;
    survey.pixel_type = plan.info.pixel_type;
    Ok(survey)
}

/// Pixels along a side at which masks are glanced at.
const GLANCE: u32 = 96;

/// The states of a mask at places spread evenly over its file, or over the cube's grid where it is warped to that; `None`
/// without a mask, or where it cannot be read, which the build tells.
fn glance(observation: &Observation, grid: &Grid) -> Option<Vec<u8>> {
    let (input, rule) = observation.mask.as_ref()?;
    let reader = RasterReader::open(&input.path).ok()?;
    let window = reader.window();
    let size = (window.width.min(GLANCE) as usize, window.height.min(GLANCE) as usize);
    let values = reader.read_reduced(input.index, window, size).ok()?;
    let state = |value: f32| match input.nodata {
        Some(nodata) if nodata == f64::from(value) => PixelState::NotObserved as u8,
        _ => rule.state(value as i32) as u8,
    };
    let states = values.into_iter().map(state).collect();
    if input.warp.is_none() { Some(states) } else { spread_over(grid, &states, size, &input.placement) }
}

/// The states, known at `size` places spread evenly over `place`, at places spread evenly over a grid.
fn spread_over(
    grid: &Grid,
    states: &[u8],
    (across, down): (usize, usize),
    place: &Placement,
) -> Option<Vec<u8>> {
    let centre = |i: u32, of: u32| (f64::from(i) + 0.5) / f64::from(GLANCE) * f64::from(of);
    let mut points: Vec<[f64; 2]> = (0..GLANCE * GLANCE)
        .map(|i| grid.xy_from_pixel(centre(i % GLANCE, grid.width), centre(i / GLANCE, grid.height)))
        .collect();
    if !place.crs.same_as(&grid.crs) {
        grid.crs.lonlat_from_xy(&mut points).ok()?;
        place.crs.xy_from_lonlat(&mut points).ok()?;
    }
    let at = |[x, y]: [f64; 2]| {
        let [col, row] = place.pixel_from_xy(x, y)?;
        let (col, row) = (col / f64::from(place.width), row / f64::from(place.height));
        let within = (0.0..1.0).contains(&col) && (0.0..1.0).contains(&row);
        within.then(|| states[(row * down as f64) as usize * across + (col * across as f64) as usize])
    };
    Some(points.into_iter().map(|point| at(point).unwrap_or(PixelState::NotObserved as u8)).collect())
}

/// The share of clear pixels among those that were observed.
fn share_of_clear(states: &[u8]) -> f32 {
    let observed = states.iter().filter(|state| **state != PixelState::NotObserved as u8).count();
    let clear = states.iter().filter(|state| **state == PixelState::Clear as u8).count();
    clear as f32 / observed.max(1) as f32
}

/// The share of places at which any observation is clear, where they are the same places; else the best of them.
fn share_of_any(looks: &[&Vec<u8>]) -> Option<f32> {
    let first = looks.first()?;
    if looks.iter().all(|look| look.len() == first.len()) {
        let any = |place: usize| looks.iter().any(|look| look[place] == PixelState::Clear as u8);
        let clear = (0..first.len()).filter(|&place| any(place)).count();
        return Some(clear as f32 / first.len().max(1) as f32);
    }
    looks.iter().map(|look| share_of_clear(look)).max_by(f32::total_cmp)
}

/// Gives each observation its clear share, for methods that prefer the clearest.
pub(super) fn know_clear_shares(plan: &mut Plan) {
    // The median takes no side, and its masks need not be opened twice.
    if plan.settings.method == Method::Median {
        return;
    }
    let needed = |step: &StepPlan| step.observations.len() > 1;
    let grid = plan.info.grid.clone();
    plan.steps.par_iter_mut().filter(|step| needed(step)).for_each(|step| {
        for observation in &mut step.observations {
            if let Some(states) = glance(observation, &grid) {
                observation.clear_share = share_of_clear(&states);
            }
        }
    });
}

struct Estimate {
    bytes: u64,
    seconds: f64,
}

/// What the cube will take, from a small window of up to three steps that is made and packed.
fn estimate(plan: &Plan, cancel: &Cancel) -> Result<Estimate, CubeError> {
    const SIDE: u32 = 256;
    const STEPS: usize = 3;
    // What a cube takes without its pixels: some thirty small files.
    const FILES_BYTES: u64 = 64 << 10;
    const FILES_SECONDS: f64 = 0.005;
    let grid = &plan.info.grid;
    let (width, height) = (grid.width.min(SIDE), grid.height.min(SIDE));
    let window = Window { col: (grid.width - width) / 2, row: (grid.height - height) / 2, width, height };
    let start = Instant::now();
    let full = plan.steps.iter().filter(|step| !step.observations.is_empty());
    let count = full.clone().count();
    let every = count.div_ceil(STEPS).max(1);
    let (mut raw, mut packed) = (0usize, 0usize);
    for step in full.step_by(every) {
        let (bytes, after) = sample(plan, step, window, cancel)?;
        raw += bytes;
        packed += after;
    }
    let seconds = start.elapsed().as_secs_f64();
    let whole = raw_bytes(&plan.info);
    let share = packed as f64 / raw.max(1) as f64;
    // The mosaics are packed about as well, and their overviews add a third.
    let bytes = (whole as f64 * share * 2.34) as u64 + FILES_BYTES;
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let of_all = whole as f64 / raw.max(1) as f64;
    Ok(Estimate { bytes, seconds: seconds * of_all * 1.5 / threads + FILES_SECONDS })
}

fn raw_bytes(info: &CubeInfo) -> u64 {
    let pixel = info.pixel_type.bytes() * info.bands.len() * info.dates.len();
    info.grid.pixels() as u64 * pixel as u64
}

/// Refuses before anything is written what the disk cannot hold.
pub(super) fn check_space(plan: &Plan, store: &Path, cancel: &Cancel) -> Result<(), CubeError> {
    let Some(free) = crate::files::free_bytes(store) else { return Ok(()) };
    // Where even unpacked it would fit twice over, there is nothing to work out.
    if free / 5 * 2 > raw_bytes(&plan.info) {
        return Ok(());
    }
    let needed = estimate(plan, cancel)?.bytes;
    if free < needed {
        let why = no_space(needed, free);
        return Err(CubeError::Write { path: store.to_owned(), why });
    }
    Ok(())
}

fn no_space(needed: u64, free: u64) -> String {
    let megabytes = |bytes: u64| (bytes as f64 / 1e6).ceil();
    format!(
        "the cube needs about {:.0} MB, and {:.0} MB are free on its disk. Make room, or take fewer bands, steps or pixels",
        megabytes(needed),
        megabytes(free)
    )
}
