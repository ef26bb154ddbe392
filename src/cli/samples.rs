//! `ritmo samples PROJECT --output F.parquet [--site S] [--inputs B04,NDVI] [--fill off|linear|last] [--take-likely] [--replace]`

use super::{Failure, Shell};
use crate::app::{Command, SamplesRequest};
use crate::cube::Filling;
use crate::cube::index::split_list;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// The table to write: one row a sample, one column a band and date (B04_0, B08_0, B04_1 …), with the pixel's centre as
    /// GeoParquet. Dates and bands stand in the file's metadata under `ritmo`.
    #[arg(long, value_name = "F.parquet")]
    pub output: PathBuf,
    /// Only samples of this site.
    #[arg(long)]
    pub site: Option<String>,
    /// Bands, indices, or expressions over common names, separated by commas; what the project has set unless given.
    #[arg(long, value_name = "LIST")]
    pub inputs: Option<String>,
    /// How gaps are filled: off (a pixel with a gap is left out), linear (by date), or last (the last clear observation).
    /// Gaps stay null unless given.
    #[arg(long, value_name = "off|linear|last")]
    pub fill: Option<Filling>,
    /// Also take annotations that are only likely.
    #[arg(long)]
    pub take_likely: bool,
    /// Replace a file that is there.
    #[arg(long)]
    pub replace: bool,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    let request = SamplesRequest {
        file: args.output,
        site: args.site,
        inputs: args.inputs.as_deref().map(split_list),
        filling: args.fill,
        take_likely: args.take_likely,
        replace: args.replace,
    };
    shell.run(Command::SaveSamples(request))?;
    let saved =
        shell.project_mut()?.last.samples.take().ok_or_else(|| Failure("nothing was written".into()))?;
    let legend = &shell.project()?.document.legend;
    let name = |code| legend.class(code).map_or("", |class| class.name.as_str());
    let classes: Vec<_> = saved
        .classes
        .iter()
        .map(|(code, samples)| json!({ "code": code, "name": name(*code), "samples": samples }))
        .collect();
    let value = json!({
        "path": saved.file,
        "samples": saved.samples,
        "classes": classes,
        "bands": saved.bands,
        "dates": saved.dates,
        "gaps": saved.gaps,
        "bytes": saved.bytes,
        "left_out": saved.left_out,
    });
    let mut text = format!(
        "{} samples of {} bands and {} dates in {}",
        saved.samples,
        saved.bands.len(),
        saved.dates,
        saved.file.display()
    );
    for (code, samples) in &saved.classes {
        text += &format!("\n  {:>3} {}: {samples}", code, name(*code));
    }
    shell.print(&value, &text);
    Ok(())
}
