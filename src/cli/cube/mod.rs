//! `ritmo cube build PROJECT --site NAME INPUT...` and `ritmo cube info PROJECT|CUBE`

pub(super) mod options;
pub(super) mod words;

use super::{Failure, Shell};
use crate::app::{Command, SurveyRequest};
use crate::cube::{BuildSettings, Cube, CubeInfo};
use crate::geo::Crs;
use crate::jobs::{CubeBuilt, CubesBuilt, SiteNaming, Surveyed, stopped_by_damage};
use clap::Subcommand;
use options::{BuildArgs, Extent};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use words::{aside, describe, describe_survey, step_words, survey_words, words};

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Build the cube of a site from images: folders, files, patterns, lists.
    Build(Box<BuildArgs>),
    /// Say what is in a cube, or in the cubes of a project.
    Info {
        /// A project's folder, or a cube's.
        cube: PathBuf,
    },
}

pub fn build(args: &BuildArgs, shell: &mut Shell) -> Result<(), Failure> {
    args.check_or_exit();
    shell.open(&args.project)?;
    let mut settings = args.settings();
    if let Some(Extent::File(file)) = &args.extent {
        settings.grid.extent = Some(extent_of(file, args, &settings, shell)?);
    }
    if args.dry_run {
        return dry_run(args, settings, shell);
    }
    let (input, skip_damaged) = (args.input(), args.skip_damaged);
    shell.run(match (args.naming(), args.append) {
        (SiteNaming::One(site), true) => Command::AppendToCube { site, input, settings, skip_damaged },
        (site, _) => Command::BuildCube { site, input, settings, skip_damaged },
    })?;
    let project = shell.project()?;
    let built = project.last.built.as_ref().ok_or_else(|| Failure("no cube was built".into()))?;
    let values: Vec<Value> = project
        .last
        .cubes
        .iter()
        .map(|cube| {
            let mut value = describe(&cube.info, &cube.made);
            value["site"] = json!(cube.site);
            value["cube"] = json!(project.folder.path().join(&cube.cube));
            value
        })
        .collect();
    let (mut value, text) = match (args.naming(), project.last.cubes.as_slice()) {
        (SiteNaming::One(_), [cube]) => (values[0].clone(), words(&cube.info, &cube.made)),
        (_, cubes) => (json!({ "sites": values }), cubes.iter().map(line).collect()),
    };
    add_report(&mut value, built);
    shell.print(&value, &text);
    Ok(())
}

/// One of many cubes in a line.
fn line(cube: &CubeBuilt) -> String {
    let CubeInfo { dates, bands, grid, .. } = &cube.info;
    format!("{}  {} dates, {} bands, {}\n", cube.site, dates.len(), bands.len(), grid.label())
}

/// What became of a build, in its JSON.
fn add_report(value: &mut Value, built: &CubesBuilt) {
    value["skipped"] = aside(&built.skipped);
    value["failed"] = built.failed.iter().map(|(site, why)| json!({ "site": site, "why": why })).collect();
    value["bytes"] = json!(built.bytes);
    value["seconds"] = json!(built.seconds);
    if let Some(added) = built.added_dates {
        value["added_dates"] = json!(added);
    }
}

fn survey(args: &BuildArgs, settings: BuildSettings, shell: &mut Shell) -> Result<Arc<Surveyed>, Failure> {
    let (site, input) = (args.naming(), args.input());
    shell.run(Command::Survey(SurveyRequest { site, input, settings, afresh: false }))?;
    let answer = shell.project()?.survey.last.clone();
    answer.ok_or_else(|| Failure("the imagery was not surveyed".into()))
}

/// The extent of a file's polygons in the coordinate system of the cube: the one asked for, or that of most files.
fn extent_of(
    file: &Path,
    args: &BuildArgs,
    settings: &BuildSettings,
    shell: &mut Shell,
) -> Result<[f64; 4], Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure(e.to_string());
    let crs = match &settings.grid.crs {
        Some(text) => Crs::from_text(text).map_err(|e| failed(&e))?,
        None => {
            let surveyed = survey(args, settings.clone(), shell)?;
            let placements = &surveyed.found.recognised.placements;
            placements.first().map(|p| p.crs.clone()).ok_or_else(|| {
                Failure("no file has a coordinate system to put the extent into: give --crs".into())
            })?
        }
    };
    crate::labels::extent_of_file(file, &crs).map_err(|e| failed(&e))
}

/// Says what was recognised, and what the cube would be and cost. Writes nothing.
fn dry_run(args: &BuildArgs, settings: BuildSettings, shell: &mut Shell) -> Result<(), Failure> {
    let surveyed = survey(args, settings, shell)?;
    let damage = stopped_by_damage(&surveyed.found.recognised).filter(|_| !args.skip_damaged);
    let problems: Vec<String> = surveyed.survey.problems.iter().cloned().chain(damage).collect();
    shell.print(&describe_survey(&surveyed, &problems), &survey_words(&surveyed, &problems));
    match problems.as_slice() {
        [] => Ok(()),
        problems => {
            // All of each was printed above.
            let heads: Vec<_> = problems
                .iter()
                .filter_map(|problem| problem.lines().next()?.strip_suffix(':').or(problem.lines().next()))
                .collect();
            Err(Failure(format!("no cube can be built of this yet: {}", heads.join("; "))))
        }
    }
}

/// All that is told of a cube in words.
fn all_words(cube: &Cube) -> String {
    words(cube.info(), cube.made()) + &step_words(cube.info(), cube.made())
}

pub fn info(path: &Path, shell: &mut Shell) -> Result<(), Failure> {
    if !path.join("ritmo.json").exists() {
        if !path.join("zarr.json").exists() {
            let what = "is neither a project nor a cube: it has no ritmo.json and no zarr.json. Give a project's folder, or a cube's";
            return Err(Failure(format!("{} {what}", path.display())));
        }
        let cube = Cube::open(path).map_err(|e| Failure(e.to_string()))?;
        shell.print(&describe(cube.info(), cube.made()), &all_words(&cube));
        return Ok(());
    }
    shell.open(path)?;
    let project = shell.project()?;
    let mut cubes = Vec::new();
    for site in &project.document.sites {
        let folder = project.folder.path().join(&site.cube);
        let cube = Cube::open_with_cache(&folder, 0).map_err(|e| Failure(e.to_string()))?;
        cubes.push((site.name.as_str(), cube));
    }
    let text: String = cubes.iter().map(|(name, cube)| format!("{name}\n{}", all_words(cube))).collect();
    // One site is the usual case: its figures stand at the top; with several, each has an entry of its own.
    let value = match cubes.as_slice() {
        [] => {
            return Err(Failure(format!("{} has no cube yet: build one with `cube build`", path.display())));
        }
        [(name, cube)] => {
            let mut value = describe(cube.info(), cube.made());
            value["site"] = json!(name);
            value
        }
        many => {
            let sites = many.iter().map(|(name, cube)| {
                let mut value = describe(cube.info(), cube.made());
                value["site"] = json!(name);
                value
            });
            json!({ "sites": sites.collect::<Vec<_>>() })
        }
    };
    shell.print(&value, &text);
    Ok(())
}
