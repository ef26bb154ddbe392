//! `ritmo labels export PROJECT FILE [--what annotations|cores] [--site S] [--crs wgs84|site] [--replace]`

use crate::app::{Command, ExportRequest};
use crate::cli::{Failure, Shell};
use crate::labels::ExportWhat;
use clap::ValueEnum;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// The project's folder.
    pub project: PathBuf,
    /// The file to write: .geojson or .gpkg.
    pub file: PathBuf,
    /// What was drawn, or what is left of it after the inward buffer, on the grid of each site.
    #[arg(long, value_enum, default_value = "annotations")]
    pub what: What,
    /// Only what lies in this site.
    #[arg(long)]
    pub site: Option<String>,
    /// The coordinate system of a GeoPackage: WGS 84, or that of the sites. GeoJSON is always in WGS 84.
    #[arg(long, value_enum, default_value = "wgs84")]
    pub crs: System,
    /// Replace a file that is there.
    #[arg(long)]
    pub replace: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    Annotations,
    Cores,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum System {
    Wgs84,
    Site,
}

pub fn run(args: ExportArgs, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    let request = ExportRequest {
        what: match args.what {
            What::Annotations => ExportWhat::Annotations,
            What::Cores => ExportWhat::Cores,
        },
        file: args.file,
        site: args.site,
        in_site_crs: args.crs == System::Site,
        replace: args.replace,
    };
    shell.run(Command::ExportLabels(request))?;
    let exported =
        shell.project_mut()?.last.exported.take().ok_or_else(|| Failure("nothing was exported".into()))?;
    let report = &exported.report;
    let left_out: Vec<_> =
        report.left_out.iter().map(|(id, why)| json!({ "annotation": id, "why": why })).collect();
    let value = json!({ "path": exported.file, "features": report.features, "left_out": left_out });
    let mut text = format!("{} features in {}", report.features, exported.file.display());
    for (id, why) in &report.left_out {
        text += &format!("\n  left out  annotation {id}: {why}");
    }
    shell.print(&value, &text);
    Ok(())
}
