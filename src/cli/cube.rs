//! `ritmo cube build PROJECT --site NAME INPUT...` and `ritmo cube info PROJECT|CUBE`

use super::{Failure, Shell};
use crate::app::Command;
use crate::cube::index::common_names;
use crate::cube::{Cube, CubeInfo};
use clap::Subcommand;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Build the cube of a site from a folder with one multi-band GeoTIFF a date.
    Build(BuildArgs),
    /// Say what is in a cube, or in the cubes of a project.
    Info {
        /// A project's folder, or a cube's.
        cube: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub struct BuildArgs {
    /// The project's folder.
    pub project: PathBuf,
    /// The site that the cube is of.
    #[arg(long)]
    pub site: String,
    /// Folders of GeoTIFFs, or files.
    #[arg(required = true)]
    pub inputs: Vec<PathBuf>,
    /// Only these bands, in this order: B02,B03,B04.
    #[arg(long, value_delimiter = ',')]
    pub bands: Option<Vec<String>>,
}

pub fn build(args: BuildArgs, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    shell.run(Command::BuildCube { site: args.site, inputs: args.inputs, bands: args.bands })?;
    let project = shell.project()?;
    let built = project.last.built.as_ref().ok_or_else(|| Failure("no cube was built".into()))?;
    let mut value = describe(&built.info);
    value["site"] = json!(built.site);
    value["cube"] = json!(project.folder.path().join(&built.cube));
    value["skipped"] = built.skipped.iter().map(|(file, why)| json!({ "file": file, "why": why })).collect();
    shell.print(&value, &words(&built.info));
    Ok(())
}

pub fn info(path: &Path, shell: &mut Shell) -> Result<(), Failure> {
    if !path.join("ritmo.json").exists() {
        if !path.join("zarr.json").exists() {
            let what = "is neither a project nor a cube: it has no ritmo.json and no zarr.json. Give a project's folder, or a cube's";
            return Err(Failure(format!("{} {what}", path.display())));
        }
        let cube = Cube::open(path).map_err(|e| Failure(e.to_string()))?;
        shell.print(&describe(cube.info()), &words(cube.info()));
        return Ok(());
    }
    shell.open(path)?;
    let project = shell.project()?;
    let mut cubes = Vec::new();
    for site in &project.document.sites {
        let folder = project.folder.path().join(&site.cube);
        let cube = Cube::open(&folder).map_err(|e| Failure(e.to_string()))?;
        cubes.push((site.name.clone(), cube.info().clone()));
    }
    let text: String = cubes.iter().map(|(name, info)| format!("{name}\n{}", words(info))).collect();
    // One site is the usual case: its figures stand at the top; with several, each has an entry of its own.
    let value = match cubes.as_slice() {
        [] => {
            return Err(Failure(format!("{} has no cube yet: build one with `cube build`", path.display())));
        }
        [(name, info)] => {
            let mut value = describe(info);
            value["site"] = json!(name);
            value
        }
        many => {
            let sites = many.iter().map(|(name, info)| {
                let mut value = describe(info);
                value["site"] = json!(name);
                value
            });
            json!({ "sites": sites.collect::<Vec<_>>() })
        }
    };
    shell.print(&value, &text);
    Ok(())
}

fn describe(info: &CubeInfo) -> Value {
    json!({
        "time": info.dates.len(),
        "band": info.bands.len(),
        "y": info.grid.height,
        "x": info.grid.width,
        "bands": info.bands.iter().map(|b| b.name.as_str()).collect::<Vec<_>>(),
        "common_names": common_names(&info.bands),
        "dates": info.dates,
        "crs": info.grid.crs.label(),
        "pixel": [info.grid.pixel_width, info.grid.pixel_height],
        "nodata": info.nodata,
        "origin": info.origin,
    })
}

fn words(info: &CubeInfo) -> String {
    let dates = match info.dates.as_slice() {
        [] => "no date".into(),
        [one] => one.to_string(),
        [first, .., last] => format!("{} dates from {first} to {last}", info.dates.len()),
    };
    let bands: Vec<_> = info.bands.iter().map(|b| b.name.as_str()).collect();
    let unit = if info.grid.crs.is_geographic() { "degrees" } else { "units" };
    let mut text = format!(
        "  time   {dates}\n  bands  {}\n  pixels {} x {} of {} x {} {unit} in {}\n",
        bands.join(" "),
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
