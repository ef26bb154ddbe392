//! From files to cubes: recognising, surveying, building, adding dates.

use super::sites::footprint;
use super::{CubeBuilt, CubesBuilt, EventBody, Found, JobContext, Outcome, SiteNaming, Surveyed};
use crate::cube::{self, AcquisitionSurvey, BuildSettings, BuildSpec, Cube, StepSurvey, Survey};
use crate::files;
use crate::progress::{Progress, Report};
use crate::project::{Site, cube_folder};
use crate::source::{self, InputSpec, Recognised};
use anyhow::{Context, bail};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Names of files or sites in a sentence: the first few.
const NAMED: usize = 5;

/// What to look at.
#[derive(Debug, Clone)]
pub struct SurveySpec {
    /// The project's folder.
    pub project: PathBuf,
    /// Folders and files, and what people corrected.
    pub input: InputSpec,
    /// What people choose of the cube.
    pub settings: BuildSettings,
    /// One site, or one for each place.
    pub naming: SiteNaming,
    /// What was recognised before.
    pub known: Option<Found>,
}

/// What to build cubes from, and for which sites.
#[derive(Debug, Clone)]
pub struct BuildCubeSpec {
    /// The project's folder.
    pub project: PathBuf,
    /// The sites there are.
    pub sites: Vec<Site>,
    /// One site, or one for each place.
    pub naming: SiteNaming,
    /// Folders and files, and what people corrected.
    pub input: InputSpec,
    /// What people choose of the cube.
    pub settings: BuildSettings,
    /// Whether damaged files are left out; otherwise they stop it.
    pub skip_damaged: bool,
    /// What was recognised before.
    pub known: Option<Found>,
    /// Bytes and seconds as they were estimated, where they were.
    pub estimate: Option<(u64, f64)>,
}

/// What to recognise: leaving files out needs no second look at them.
pub fn to_recognise(input: &InputSpec) -> InputSpec {
    let mut input = input.clone();
    input.corrections.retain(|correction| correction.date.is_some());
    input.corrections.iter_mut().for_each(|correction| correction.leave_out = false);
    input
}

/// Recognises what the inputs hold, unless that is known.
fn find(
    input: &InputSpec,
    known: Option<&Found>,
    report: Report,
    context: &JobContext,
) -> anyhow::Result<Found> {
    let wanted = to_recognise(input);
    if let Some(known) = known.filter(|known| known.input == wanted) {
        return Ok(known.clone());
    }
    let recognised = Arc::new(source::recognise(&wanted, report, &context.cancel)?);
    let places = recognised.places().into_iter().map(|(name, _)| name).collect();
    Ok(Found { input: wanted, recognised, places })
}

/// Recognises the inputs and surveys the cube that they would make.
///
/// # Errors
/// When there is nothing to recognise. What else is wrong is told in [`Survey::problems`].
pub fn survey(spec: &SurveySpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let report = |p: Progress| context.progress(p);
    let found = find(&spec.input, spec.known.as_ref(), &report, context)?;
    if spec.known.as_ref().is_none_or(|known| !Arc::ptr_eq(&known.recognised, &found.recognised)) {
        context.send(EventBody::Found(found.clone()));
    }
    let (part, which) = found.recognised.without_left_out(&spec.input.corrections);
    let mut taken = vec![false; found.recognised.acquisitions.len()];
    which.iter().for_each(|&i| taken[i] = true);
    let cubes = spec.project.join("cubes");
    let mut survey = match &spec.naming {
        SiteNaming::One(_) => cube::survey(&part, &spec.settings, Some(&cubes), &report, &context.cancel)?,
        SiteNaming::PerTile => survey_places(&part, &spec.settings, &cubes, &report, context)?,
    };
    in_all(&mut survey, &which, taken.len());
    Ok(Outcome::Surveyed(Arc::new(Surveyed {
        naming: spec.naming.clone(),
        input: spec.input.clone(),
        settings: spec.settings.clone(),
        found,
        taken,
        survey,
    })))
}

/// Makes the indices of a survey those of all acquisitions, of which only `which` were surveyed.
fn in_all(survey: &mut Survey, which: &[usize], all: usize) {
    let mut acquisitions = vec![AcquisitionSurvey::default(); all];
    for (acquisition, &i) in survey.acquisitions.drain(..).zip(which) {
        acquisitions[i] = acquisition;
    }
    survey.acquisitions = acquisitions;
    let indices = survey.steps.iter_mut().flat_map(|step| &mut step.acquisitions);
    indices.for_each(|i| *i = which[*i]);
}

/// One survey for the cubes of all places: what they cost together, and what stands in the way of any.
fn survey_places(
    found: &Recognised,
    settings: &BuildSettings,
    cubes: &Path,
    report: Report,
    context: &JobContext,
) -> anyhow::Result<Survey> {
    let places = found.places();
    let mut whole: Option<Survey> = None;
    let mut steps: BTreeMap<_, StepSurvey> = BTreeMap::new();
    let mut with_problems = Vec::new();
    let mut acquisitions = vec![AcquisitionSurvey::default(); found.acquisitions.len()];
    let done = AtomicU64::new(0);
    let one = |(name, those): &(String, Vec<usize>)| {
        let (part, _) = one_place(found, those);
        let survey = cube::survey(&part, settings, Some(cubes), &|_| (), &context.cancel)?;
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        report(Progress::new(done, places.len() as u64, format!("Looking at {name}")));
        Ok(survey)
    };
    let surveys: Vec<Survey> = places.par_iter().map(one).collect::<anyhow::Result<_>>()?;
    for (mut survey, (name, those)) in surveys.into_iter().zip(&places) {
        for (acquisition, &i) in survey.acquisitions.drain(..).zip(those) {
            acquisitions[i] = acquisition;
        }
        for step in survey.steps.drain(..) {
            merge_step(&mut steps, step, those);
        }
        if let Some(problem) = survey.problems.first() {
            with_problems.push(format!("{name}: {problem}"));
        }
        match &mut whole {
            None => whole = Some(survey),
            Some(whole) => {
                whole.bytes += survey.bytes;
                whole.seconds += survey.seconds;
                for advice in survey.advice {
                    if !whole.advice.contains(&advice) && whole.advice.len() < NAMED {
                        whole.advice.push(advice);
                    }
                }
            }
        }
    }
    let Some(mut whole) = whole else {
        return Ok(cube::survey(found, settings, Some(cubes), report, &context.cancel)?);
    };
    whole.acquisitions = acquisitions;
    whole.steps = steps.into_values().collect();
    whole.problems.clear();
    if with_problems.len() == places.len() {
        whole.problems = first_few(&with_problems, "places");
    } else {
        // The others can be built.
        whole.advice.extend(first_few(&with_problems, "places"));
    }
    Ok(whole)
}

/// Steps of the same span are one; its clear share is the mean over the places.
fn merge_step(
    steps: &mut BTreeMap<(chrono::NaiveDate, chrono::NaiveDate), StepSurvey>,
    mut step: StepSurvey,
    those: &[usize],
) {
    step.acquisitions.iter_mut().for_each(|i| *i = those[*i]);
    let Some(known) = steps.get_mut(&step.span) else {
        steps.insert(step.span, step);
        return;
    };
    let (before, more) = (known.acquisitions.len() as f32, step.acquisitions.len() as f32);
    known.clear_share = known
        .clear_share
        .zip(step.clear_share)
        .map(|(a, b)| (a * before + b * more) / (before + more).max(1.0));
    known.acquisitions.append(&mut step.acquisitions);
}

fn first_few(sentences: &[String], what: &str) -> Vec<String> {
    let mut few: Vec<_> = sentences.iter().take(NAMED).cloned().collect();
    if sentences.len() > NAMED {
        few.push(format!("and so on for {} more {what}", sentences.len() - NAMED));
    }
    few
}

fn one_place(found: &Recognised, those: &[usize]) -> (Recognised, Vec<usize>) {
    let mut is_of_it = vec![false; found.acquisitions.len()];
    those.iter().for_each(|&i| is_of_it[i] = true);
    found.part(|i, _| is_of_it[i])
}

/// Progress of one of several like pieces of work, as that of all.
fn part_of<'a>(report: Report<'a>, n: usize, of: usize, name: &'a str) -> impl Fn(Progress) + Sync + 'a {
    const FINE: u64 = 1000;
    move |progress| {
        let share = f64::from(progress.share().unwrap_or(0.0));
        let done = n as u64 * FINE + (share * FINE as f64) as u64;
        report(Progress::new(done, of as u64 * FINE, format!("{name}: {}", progress.what)));
    }
}

/// Why no cube is built where files are damaged, unless they are to be left out.
pub fn stopped_by_damage(found: &Recognised) -> Option<String> {
    if found.damaged.is_empty() {
        return None;
    }
    let named: Vec<_> =
        found.damaged.iter().take(NAMED).map(|(path, why)| format!("{} ({why})", path.display())).collect();
    let more = found.damaged.len() - named.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let (count, s) = (found.damaged.len(), if found.damaged.len() == 1 { "" } else { "s" });
    Some(format!(
        "{count} file{s} cannot be read: {}{more}. Put whole ones in their place, or build without them (--skip-damaged)",
        named.join(", ")
    ))
}

/// Builds the cube of a site, or one for each place. Of several, one that fails is told, and the others go on; each is
/// handed over as soon as it is there.
///
/// # Errors
/// Whatever is wrong with the inputs or the target, with the files named.
pub fn build_cube(spec: &BuildCubeSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let report = |p: Progress| context.progress(p);
    let (found, part) = to_build(spec, &report, context)?;
    let mut made =
        CubesBuilt { skipped: found.skipped.clone(), estimate: spec.estimate, ..CubesBuilt::default() };
    if spec.skip_damaged {
        made.skipped.extend(part.damaged.iter().cloned());
    }
    let places = match &spec.naming {
        SiteNaming::One(site) => vec![(site.clone(), (0..part.acquisitions.len()).collect())],
        SiteNaming::PerTile => part.places(),
    };
    let at_once = at_once(&part, &places, &spec.settings);
    let doubles = doubles(spec, &places);
    let done = AtomicU64::new(0);
    let one = |n: usize| {
        let (site, those) = &places[n];
        let share = part_of(&report, n, places.len(), site);
        // Of many at once, those that are done are counted.
        let report: Report = match (places.len(), at_once) {
            (1, _) => &report,
            (_, 1) => &share,
            _ => &|_| (),
        };
        let built = match &doubles[n] {
            Some(other) => Err(anyhow::anyhow!(
                "it would be kept in the same folder as site {other}: rename one of them"
            )),
            None => build_one(spec, &part, those, site, report, context),
        };
        if at_once > 1 && places.len() > 1 {
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            context.progress(Progress::new(done, places.len() as u64, site));
        }
        built
    };
    for start in (0..places.len()).step_by(at_once) {
        context.cancel.check()?;
        let batch = start..(start + at_once).min(places.len());
        let built: Vec<anyhow::Result<CubeBuilt>> = batch.clone().into_par_iter().map(one).collect();
        let mut there = Vec::new();
        for (result, n) in built.into_iter().zip(batch.clone()) {
            let site = &places[n].0;
            match result {
                Ok(built) => {
                    made.bytes += files::folder_bytes(&spec.project.join(&built.cube));
                    made.sites.push(site.clone());
                    there.push(built);
                }
                Err(why) if places.len() == 1 => return Err(why),
                // What is done of them is handed over before it stops.
                Err(_) if context.cancel.is_cancelled() => {}
                Err(why) => made.failed.push((site.clone(), format!("{why:#}"))),
            }
        }
        if !there.is_empty() {
            context.send(EventBody::Built(there));
        }
    }
    context.cancel.check()?;
    if made.sites.is_empty() {
        let why: Vec<_> = made.failed.iter().map(|(site, why)| format!("{site}: {why}")).collect();
        bail!("none of {} cubes could be built. {}", places.len(), first_few(&why, "sites").join("; "));
    }
    made.seconds = started.elapsed().as_secs_f64();
    Ok(Outcome::CubesBuilt(made))
}

/// What was found, and the part of it that is not left out.
fn to_build(
    spec: &BuildCubeSpec,
    report: Report,
    context: &JobContext,
) -> anyhow::Result<(Arc<Recognised>, Recognised)> {
    let found = find(&spec.input, spec.known.as_ref(), report, context)?.recognised;
    let (part, _) = found.without_left_out(&spec.input.corrections);
    if let Some(why) = stopped_by_damage(&part).filter(|_| !spec.skip_damaged) {
        bail!(why);
    }
    if part.acquisitions.is_empty() {
        bail!("every acquisition is left out: take at least one");
    }
    Ok((found, part))
}

/// How many cubes are built at the same time: small ones many, so that none waits for the disk or one thread alone; of others
/// one, which has all the memory.
fn at_once(found: &Recognised, places: &[(String, Vec<usize>)], settings: &BuildSettings) -> usize {
    const TOGETHER: usize = 64;
    const TOGETHER_BYTES: u64 = 1 << 30;
    const SMALL_BYTES: u64 = 64 << 20;
    let mut all = places.iter().map(|(_, those)| bytes_of(found, those, settings));
    match all.try_fold(1, |most: u64, own| Some(most.max(own?))) {
        Some(bytes) if bytes <= SMALL_BYTES => ((TOGETHER_BYTES / bytes) as usize).clamp(1, TOGETHER),
        _ => 1,
    }
}

/// Bytes of the pixels of a place; `None` where its grid is not known from its files.
fn bytes_of(found: &Recognised, those: &[usize], settings: &BuildSettings) -> Option<u64> {
    let layers = || those.iter().flat_map(|&i| &found.acquisitions[i].layers);
    let placements: Vec<_> = layers().map(|layer| &found.placements[layer.placement]).collect();
    let asked = &settings.grid;
    if asked.crs.is_some() || asked.extent.is_some() {
        return None;
    }
    let Some(side) = asked.resolution else {
        let pixels = placements.iter().map(|place| u64::from(place.width) * u64::from(place.height));
        return Some(4 * pixels.sum::<u64>());
    };
    // One grid of this pixel around all of them.
    let first = placements.first()?;
    let extents = placements.iter().map(|place| place.extent_in(&first.crs).ok());
    let around = extents.reduce(|all, own| {
        let ([left, bottom, right, top], own) = (all?, own?);
        Some([left.min(own[0]), bottom.min(own[1]), right.max(own[2]), top.max(own[3])])
    });
    let [left, bottom, right, top] = around.flatten()?;
    let bands = those.iter().map(|&i| found.acquisitions[i].layers.len()).max().unwrap_or(1);
    let pixels = (right - left) / side * ((top - bottom) / side);
    (pixels.is_finite() && pixels >= 0.0).then_some((4.0 * pixels * bands as f64) as u64)
}

/// For each place the other site that is kept in its folder, if there is one: a site of the project, or a place before it.
fn doubles(spec: &BuildCubeSpec, places: &[(String, Vec<usize>)]) -> Vec<Option<String>> {
    let mut by_folder: HashMap<String, &str> =
        spec.sites.iter().map(|site| (site.cube.clone(), site.name.as_str())).collect();
    let mut other_of = |(name, _)| {
        let there: &str = by_folder.entry(cube_folder(name)).or_insert(name);
        (there != name).then(|| there.to_owned())
    };
    places.iter().map(|(name, those)| other_of((name, those))).collect()
}

fn build_one(
    spec: &BuildCubeSpec,
    found: &Recognised,
    those: &[usize],
    site: &str,
    report: Report,
    context: &JobContext,
) -> anyhow::Result<CubeBuilt> {
    let build = BuildSpec { found: one_place(found, those).0, settings: spec.settings.clone() };
    let cube = cube_folder(site);
    let path = spec.project.join(&cube);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    }
    cube::build(&build, &path, report, &context.cancel)?;
    built(site, cube, &path)
}

/// What is told of a cube that is there.
pub(super) fn built(site: &str, cube: String, path: &Path) -> anyhow::Result<CubeBuilt> {
    let opened = Cube::open_with_cache(path, 0)?;
    let info = opened.info().clone();
    let footprint = footprint(&info.grid).ok();
    Ok(CubeBuilt { site: site.into(), cube, info, made: opened.made().clone(), footprint })
}

/// Adds dates to the cube of a site.
///
/// # Errors
/// When the files do not fit the cube, or whatever is wrong with them.
pub fn append_to_cube(spec: &BuildCubeSpec, cube: &str, context: &JobContext) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let SiteNaming::One(site) = &spec.naming else { bail!("say which site's cube the dates belong to") };
    let report = |p: Progress| context.progress(p);
    let (found, part) = to_build(spec, &report, context)?;
    let path: &Path = &spec.project.join(cube);
    let before = cube::Cube::open(path)?.info().dates.len();
    let mut skipped = found.skipped.clone();
    skipped.extend(part.damaged.iter().cloned());
    let build = BuildSpec { found: part, settings: spec.settings.clone() };
    let info = cube::append(&build, path, &report, &context.cancel)?;
    let added = info.dates.len().saturating_sub(before);
    context.send(EventBody::Built(vec![built(site, cube.into(), path)?]));
    Ok(Outcome::CubesBuilt(CubesBuilt {
        sites: vec![site.clone()],
        skipped,
        added_dates: Some(added),
        bytes: files::folder_bytes(path),
        seconds: started.elapsed().as_secs_f64(),
        ..CubesBuilt::default()
    }))
}
