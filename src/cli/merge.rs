//! `ritmo merge PROJECT --map N [--site S]... --crs EPSG [--resolution M] --output F.tif|F.vrt`

use super::{Failure, Shell};
use crate::app::{Command, MergeRequest};
use crate::classify::Overlap;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// The maps' name; that of the newest model unless given.
    #[arg(long)]
    pub map: Option<String>,
    /// A site, the first one first; all that have a map of this name unless given.
    #[arg(long)]
    pub site: Vec<String>,
    /// The coordinate system, as EPSG:CODE, the code alone or WKT; that of the first site unless given.
    #[arg(long)]
    pub crs: Option<String>,
    /// Side of a pixel in units of the coordinate system; that of the finest map unless given.
    #[arg(long, value_name = "M")]
    pub resolution: Option<f64>,
    /// Which counts where sites overlap: the site given first, or the map that is more certain. The latter unless given, where
    /// all maps have their entropy beside them and a .tif is written.
    #[arg(long, value_enum)]
    pub overlap: Option<Rule>,
    /// The map to write: .tif, a COG, or .vrt, which points at the maps and needs them on one lattice.
    #[arg(long, value_name = "F.tif|F.vrt")]
    pub output: PathBuf,
    /// Replace a file that is there.
    #[arg(long)]
    pub replace: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Rule {
    First,
    Certain,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    shell.run(Command::MergeMaps(MergeRequest {
        map: args.map,
        sites: args.site,
        crs: args.crs,
        resolution: args.resolution,
        overlap: args.overlap.map(|rule| match rule {
            Rule::First => Overlap::First,
            Rule::Certain => Overlap::Certain,
        }),
        file: args.output,
        replace: args.replace,
    }))?;
    let maps = shell.project_mut()?.last.merged.take().ok_or_else(|| Failure("nothing was merged".into()))?;
    let merged = &maps.merged;
    let value = json!({
        "path": merged.file,
        "sites": maps.sites,
        "crs": merged.grid.crs.label(),
        "width": merged.grid.width,
        "height": merged.grid.height,
        "resolution": merged.grid.pixel_width,
        "overlap": merged.overlap.sentence(),
        "rewritten": merged.rewritten,
        "classes": merged.classes.iter()
            .map(|(class, pixels)| json!({ "code": class.code, "name": class.name, "pixels": pixels }))
            .collect::<Vec<_>>(),
    });
    let text = format!(
        "{} sites in {}: {}\n{}",
        maps.sites.len(),
        merged.file.display(),
        merged.grid.label(),
        merged.overlap.sentence()
    );
    shell.print(&value, &text);
    Ok(())
}
