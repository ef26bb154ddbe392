//! `ritmo correct PROJECT [--map M] [--site S] [--corrections F.geojson] [--name N] [--list]`

use super::{Failure, Shell};
use crate::app::{Command, CorrectRequest};
use crate::classify::Extent;
use crate::classify::correct::Correction;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// The map's name; that of the newest model unless given.
    #[arg(long)]
    pub map: Option<String>,
    /// The site; the only one unless given.
    #[arg(long)]
    pub site: Option<String>,
    /// Polygons that set a class, named by their property “to” or “class”; “from” names the class that pixels must have, “note”
    /// says why. They are added to the corrections that the map has, in the order of the file.
    #[arg(long, value_name = "F.geojson")]
    pub corrections: Option<PathBuf>,
    /// The new map's name; `<map>-corrected`, or the next that is free, unless given.
    #[arg(long)]
    pub name: Option<String>,
    /// Say which corrections the map has, and make no new one.
    #[arg(long, conflicts_with_all = ["corrections", "name"])]
    pub list: bool,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    if args.list {
        return list(args, shell);
    }
    let request = CorrectRequest { map: args.map, site: args.site, output: args.name };
    let mut skipped = Vec::new();
    if let Some(file) = args.corrections {
        shell.run(Command::ImportCorrections { file, request: request.clone() })?;
        skipped = std::mem::take(&mut shell.project_mut()?.last.corrections_skipped);
    }
    shell.run(Command::ApplyCorrections(request))?;
    let corrected = shell.project()?.last.corrected.as_ref();
    let corrected = corrected.ok_or_else(|| Failure("nothing was corrected".into()))?;
    let changed = corrected.changed();
    let told = |(correction, changed): &(Correction, Extent)| told(correction, Ok(changed));
    let value = json!({
        "map": corrected.name,
        "source": corrected.source,
        "site": corrected.site,
        "classes_path": corrected.files.map.classes,
        "log_path": corrected.files.log,
        "areas_path": corrected.files.areas,
        "corrections": corrected.corrections.iter().map(told).collect::<Vec<_>>(),
        "skipped": skipped,
        "changed_pixels": changed.pixels,
        "changed_ha": changed.ha,
        "seconds": corrected.seconds,
        "areas_ha": corrected.areas_ha.iter()
            .map(|(class, before, after)| json!({ "name": class.name, "before": before, "after": after }))
            .collect::<Vec<_>>(),
    });
    let mut text = format!(
        "{} is corrected in {:.1} s: {}\n{} corrections set {} pixels, {:.2} ha\n",
        corrected.source,
        corrected.seconds,
        corrected.files.map.classes.display(),
        corrected.corrections.len(),
        changed.pixels,
        changed.ha
    );
    text += &format!("  {:28} {:>12}    {:>12}\n", "", "before", "after");
    for (class, before, after) in &corrected.areas_ha {
        text += &format!("  {:28} {before:>12.2} ha {after:>12.2} ha\n", class.name);
    }
    shell.print(&value, &text);
    Ok(())
}

/// Says which corrections a map has.
fn list(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    let project = shell.project()?;
    let sites = &project.document.sites;
    let only = || sites.first().filter(|_| sites.len() == 1).map(|site| site.name.clone());
    let site = args.site.or_else(only).ok_or_else(|| Failure("say which site: give --site".into()))?;
    let map = args.map.or_else(|| project.models.first().map(|model| model.name.clone()));
    let map =
        map.ok_or_else(|| Failure("there is no map yet: train a model and map the site first".into()))?;
    shell.run(Command::ShowSite(site.clone()))?;
    shell.run(Command::ShowMap(map.clone()))?;
    let project = shell.project()?;
    if let Some(why) = project.corrections_lack() {
        return Err(Failure(format!("the corrections of {map} cannot be read: {why}")));
    }
    let entries = project.corrections();
    let all = project.corrections_change();
    let listed: Vec<Value> =
        entries.iter().map(|entry| told(&entry.correction, entry.changed.as_ref())).collect();
    let value = json!({
        "map": map,
        "site": site,
        "corrections": listed,
        "changed_pixels": all.pixels,
        "changed_ha": all.ha,
    });
    let mut text = format!(
        "{} corrections of {map} of {site}: {} pixels, {:.2} ha\n",
        entries.len(),
        all.pixels,
        all.ha
    );
    for (i, entry) in entries.iter().enumerate() {
        let Correction { to, from, by, at, note, .. } = &entry.correction;
        let from = from.as_ref().map_or(String::new(), |from| format!(" where it is {from}"));
        let changed = match &entry.changed {
            Ok(changed) => format!("{} pixels, {:.2} ha", changed.pixels, changed.ha),
            Err(why) => format!("cannot be carried out: {why}"),
        };
        let said = [by, at, note].into_iter().flatten().cloned().collect::<Vec<_>>().join(", ");
        text += &format!("  {:>3}  to {to}{from}  {changed}  {said}\n", i + 1);
    }
    shell.print(&value, &text);
    Ok(())
}

/// A correction as JSON, with what it changed or why it cannot be carried out.
fn told(correction: &Correction, changed: Result<&Extent, &String>) -> Value {
    let Correction { to, from, by, at, note, .. } = correction;
    let mut value = json!({ "to": to, "from": from, "by": by, "at": at, "note": note });
    match changed {
        Ok(changed) => {
            value["pixels"] = changed.pixels.into();
            value["ha"] = changed.ha.into();
        }
        Err(why) => value["why_not"] = why.as_str().into(),
    }
    value
}
