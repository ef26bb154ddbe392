//! `ritmo uncertain PROJECT --map N [--site S] [--count K] --output F.geojson`

use super::{Failure, Shell};
use crate::app::{Command, UncertainRequest};
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// The map; that of the newest model unless given.
    #[arg(long)]
    pub map: Option<String>,
    /// The site; the only one unless given.
    #[arg(long)]
    pub site: Option<String>,
    /// At most so many places.
    #[arg(long, value_name = "K", default_value_t = 50)]
    pub count: usize,
    /// The points to write.
    #[arg(long, value_name = "F.geojson")]
    pub output: PathBuf,
    /// Replace a file that is there.
    #[arg(long)]
    pub replace: bool,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    shell.run(Command::FindUncertain(UncertainRequest {
        map: args.map,
        site: args.site,
        count: args.count,
        file: args.output,
        replace: args.replace,
    }))?;
    let found = shell.project_mut()?.last.uncertain.take();
    let found = found.ok_or_else(|| Failure("nothing was looked for".into()))?;
    let value = json!({
        "map": found.map,
        "site": found.site,
        "path": found.output,
        "places": found.places.len(),
        "highest_entropy": found.places.first().map(|place| place.entropy),
    });
    let mut text =
        format!("{} uncertain places of {} that no annotation touches", found.places.len(), found.site);
    for place in found.places.iter().take(10) {
        let best: Vec<_> =
            place.best.iter().map(|(name, share)| format!("{name} {:.0} %", share * 100.0)).collect();
        let [lon, lat] = place.lonlat;
        text += &format!("\n  {lon:.5}, {lat:.5}  entropy {:.2}  {}", place.entropy, best.join(" or "));
    }
    shell.print(&value, &text);
    Ok(())
}
